"""Linear algebra: ``torch.linalg``. The operations and their derivatives are in `microgradx.ops.decompose`."""

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
from microgradx.ops.linalg import matmul

__all__ = [
    "LinAlgError", "cholesky", "det", "eigh", "eigvalsh", "inv", "matmul", "matrix_norm", "norm", "pinv", "qr",
    "slogdet", "solve", "svd", "svdvals", "vector_norm",
]  # fmt: skip
