"""Ways to orthogonal matrices: the exponential of a matrix, and products of reflections."""

from __future__ import annotations

from typing import Any

import numpy as np

from microgradx import return_types
from microgradx.engine import primitive
from microgradx.graph import Array, wrap
from microgradx.ops.decompose import matrices, solution
from microgradx.ops.elementwise import keep
from microgradx.ops.face import FUNCTIONS, METHODS, check_tensor, face
from microgradx.ops.linalg import turned
from microgradx.ops.shape import tril, triu

PADE = (
    64764752532480000, 32382376266240000, 7771770303897600, 1187353796428800, 129060195264000, 10559470521600,
    670442572800, 33522128640, 1323241920, 40840800, 960960, 16380, 182, 1,
)  # fmt: skip
"""Coefficients of p with ``exp(x) ≈ p(x) / p(-x)``, exact to a double's precision up to the norm 5.37."""


@primitive(name="LinalgMatrixExp")
def exponential(x: Array) -> Array:
    """``Σ xᵏ / k!``: halve until the matrix is small, take the quotient of two polynomials, square as often."""
    a = x.astype(np.float64)
    n = a.shape[-1]
    norm = np.abs(a).sum(-2).max(-1, initial=0)
    with np.errstate(divide="ignore", invalid="ignore"):
        halvings = np.nan_to_num(np.maximum(np.ceil(np.log2(norm / 5.37)), 0), nan=0, posinf=0)
    a = a * 2.0 ** -halvings[..., None, None]
    power, odd, even = np.broadcast_to(np.eye(n), a.shape), np.zeros_like(a), np.zeros_like(a)
    square = a @ a
    for k in range(0, len(PADE), 2):
        even, odd = even + PADE[k] * power, odd + PADE[k + 1] * power
        power = power @ square
    odd = a @ odd
    out = np.linalg.solve(even - odd, even + odd)
    for i in range(int(halvings.max(initial=0))):
        out = np.where((i < halvings)[..., None, None], out @ out, out)
    return out.astype(x.dtype)


def exponential_by_x(g: Array, x: Array) -> Array:
    """The upper right block of ``exp([[xᵀ, g], [0, xᵀ]])``."""
    n, t = x.shape[-1], turned(x)
    rows, columns = x.ndim - 2, x.ndim - 1
    left = np.concatenate([t, keep(t, np.False_)], rows)
    return exponential(np.concatenate([left, np.concatenate([g, t], rows)], columns))[..., :n, n:]


exponential.derivatives(x=exponential_by_x)


@face
def matrix_exp(A: Any) -> Any:
    """The exponential of square matrices, ``1 + A + A² / 2 + A³ / 6 + ...``.

    Of an antisymmetric matrix it is a rotation.

    Shape: (..., n, n) -> the same
    Derivative: a block of a larger exponential (R. Mathias, 1996).
    Raises: RuntimeError: not square.
    Source: ``torch.linalg.matrix_exp``; N. Higham, "The scaling and squaring method for the matrix exponential
        revisited" (2005).

    Example:
        >>> mgx.matrix_exp(mgx.tensor([[0.0, 1.0], [0.0, 0.0]]))
        tensor([[1., 1.],
                [0., 1.]])
    """
    return exponential(matrices("matrix_exp", A))


def householder_product(A: Any, tau: Any) -> Any:
    """The first columns of a product of reflections ``1 - tau_i v_i v_iᵀ``.

    ``v_i`` is column i of ``A`` below the diagonal, with 1 on it, and 0 above: what `geqrf` returns.

    Args:
        A: Matrices (..., m, n), at least as high as wide.
        tau: (..., k), with k at most n.

    Shape: (..., m, n), (..., k) -> (..., m, n)
    Raises: RuntimeError: shapes that do not fit.
    Source: ``torch.linalg.householder_product``. All reflections are applied at once: their product is
        ``1 - V T Vᵀ`` with an upper triangular T (R. Schreiber and C. Van Loan, 1989).

    Example:
        >>> from microgradx import linalg
        >>> linalg.householder_product(mgx.tensor([[0.0], [1.0]]), mgx.tensor([1.0]))
        tensor([[ 0.],
                [-1.]])
    """
    name = "torch.linalg.householder_product"
    shape, factors = check_tensor(name, A).array.shape, check_tensor(name, tau, "tau", 2).array.shape
    if len(shape) < 2:
        raise RuntimeError(f"{name}: input must have at least 2 dimensions.")
    m, n = shape[-2:]
    if m < n:
        raise RuntimeError(f"{name}: input.shape[-2] must be greater than or equal to input.shape[-1]")
    if not factors or n < factors[-1]:
        raise RuntimeError(f"{name}: input.shape[-1] must be greater than or equal to tau.shape[-1]")
    if factors[:-1] != shape[:-2]:
        raise RuntimeError(
            f"{name}: Expected batch dimensions of tau to be equal to input.shape[:-2], but got {list(factors[:-1])}"
        )
    if A.array.dtype != tau.array.dtype:
        raise RuntimeError(f"{name}: tau dtype {tau.array.dtype} does not match input dtype {A.array.dtype}")
    k, dtype = factors[-1], A.array.dtype
    v = tril(A[..., :k], -1) + wrap(np.eye(m, k, dtype=dtype))
    # T = D (1 + U D)⁻¹, with D the factors on a diagonal and U the products of different v, above the diagonal.
    system = wrap(np.eye(k, dtype=dtype)) + triu(turned(v) @ v, 1) * tau[..., None, :]
    return wrap(np.eye(m, n, dtype=dtype)) - v @ (tau[..., None] * solution(system, turned(v[..., :n, :])))


FUNCTIONS["orgqr"] = METHODS["orgqr"] = householder_product


@face
def geqrf(input: Any) -> Any:
    """The QR decomposition as LAPACK leaves it: R, and below the diagonal the reflections whose product is Q.

    Returns: a named pair ``(a, tau)``, as `linalg.householder_product` takes it.
    Raises: RuntimeError: no matrices. NotImplementedError: a derivative is asked for; `linalg.qr` has one.
    Source: ``torch.geqrf``.

    Example:
        >>> a, tau = mgx.geqrf(mgx.tensor([[3.0], [4.0]]))
        >>> a[0]
        tensor([-5.])
    """
    x = matrices("geqrf", input, False)
    if x.requires_grad:
        raise NotImplementedError("the derivative for 'geqrf' is not implemented; use linalg.qr, or detach() the input")
    a, tau = np.linalg.qr(x.array, mode="raw")
    return return_types.geqrf(wrap(np.ascontiguousarray(turned(a))), wrap(tau))
