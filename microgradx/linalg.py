"""Linear algebra: ``torch.linalg``. The operations and their derivatives are in `microgradx.ops.decompose` and `orthogonal`."""

from microgradx.ops.decompose import (
    LinAlgError,
    cholesky,
    det,
    eigh,
    eigvalsh,
    inv,
    matrix_norm,
    pinv,
    qr,
    slogdet,
    solve,
    svd,
    svdvals,
    vector_norm,
)  # fmt: skip
from microgradx.ops.decompose import (
    linalg_norm as norm,
)
from microgradx.ops.linalg import linalg_cross as cross
from microgradx.ops.linalg import matmul
from microgradx.ops.orthogonal import householder_product, matrix_exp

__all__ = [
    "LinAlgError", "cholesky", "cross", "det", "eigh", "eigvalsh", "householder_product", "inv", "matmul", "matrix_exp", "matrix_norm", "norm", "pinv", "qr",
    "slogdet", "solve", "svd", "svdvals", "vector_norm",
]  # fmt: skip
