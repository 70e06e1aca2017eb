"""Square matrices solved, matrices taken apart, and norms: what is behind ``linalg``.

NumPy's routines (LAPACK) do the work. Each rule follows from differentiating the equation that defines the result:
from ``A X = 1``, for the inverse, ``dA X + A dX = 0``, so ``dX = -X dA X``. All work on batches of matrices, in the
last two dimensions.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from microgradx import return_types
from microgradx.dtypes import to_numpy
from microgradx.engine import cast, primitive
from microgradx.graph import Array, Variable, wrap
from microgradx.ops.elementwise import abs, keep, subtract
from microgradx.ops.face import FUNCTIONS, METHODS, axes_of, check_tensor, face
from microgradx.ops.linalg import turned
from microgradx.ops.reduction import (
    amax,
    amin,
    axes_or_all,
    kept,
    p_norm,
    product_of_others,
    reduce_sum,
    require_floating,
)  # fmt: skip
from microgradx.ops.shape import contiguous, drop, movedim
from microgradx.views import legacy_name


class LinAlgError(RuntimeError):
    """A matrix for which the result does not exist: singular, or not positive definite."""


def attempt(name: str, function: Any, *args: Any) -> Any:
    """Call one of NumPy's routines, with PyTorch's class of error."""
    try:
        return function(*args)
    except np.linalg.LinAlgError as error:
        raise LinAlgError(f"linalg.{name}: the computation could not be completed: {error}") from None


def matrices(name: str, input: Any, square: bool = True) -> Any:
    """Return the argument, or raise PyTorch's errors for what is no batch of (square) float matrices."""
    shape = check_tensor(f"linalg_{name}", input).array.shape
    if input.array.dtype.kind != "f":
        kind = legacy_name(input.array.dtype.name)
        raise RuntimeError(f"linalg.{name}: Expected a floating point or complex tensor as input. Got {kind}")
    if input.array.itemsize < 4:
        raise NotImplementedError(f"linalg.{name}: Low precision dtypes not supported. Got Half; use .float()")
    if len(shape) < 2:
        raise RuntimeError(f"linalg.{name}: The input tensor A must have at least 2 dimensions.")
    if square and shape[-1] != shape[-2]:
        raise RuntimeError(
            f"linalg.{name}: A must be batches of square matrices, but they are {shape[-2]} by {shape[-1]} matrices"
        )
    return input


def diagonal(n: int) -> Array:
    """A mask of the diagonal."""
    return np.eye(n, dtype=bool)


# ---------------------------------------------------------------- inverse, determinant, equations


@primitive(name="LinalgInvEx")
def inverse(x: Array) -> Array:
    """The matrix whose product with ``x`` is the identity."""
    return attempt("inv", np.linalg.inv, x)


inverse.derivatives(x=lambda g, out: -(turned(out) @ g @ turned(out)))


def inv(A: Any) -> Any:
    """Inverse of square matrices; to solve equations, `solve` is faster and more exact.

    Derivative: ``-Xᵀ g Xᵀ`` with X the result.
    Raises: RuntimeError: not square. LinAlgError: singular.
    Source: ``torch.linalg.inv``.

    Example:
        >>> from microgradx import linalg
        >>> linalg.inv(mgx.tensor([[2.0, 0.0], [0.0, 4.0]]))
        tensor([[0.5000, 0.0000],
                [0.0000, 0.2500]])
    """
    return inverse(matrices("inv", A))


FUNCTIONS["inverse"] = METHODS["inverse"] = inv


@primitive(name="LinalgDet")
def determinant(x: Array) -> Array:
    """How much the linear map enlarges volumes."""
    return np.linalg.det(x)


@primitive()
def cofactors(x: Array) -> Array:
    """The derivative of the determinant by each element, ``det(x) · x⁻ᵀ``, which also exists if x has no inverse.

    With ``x = U S Vᵀ`` it is U times, for each singular value the product of the others, times Vᵀ.
    """
    u, s, vh = np.linalg.svd(x)
    others = product_of_others(s, (s.ndim - 1,)) if s.size else s
    sign = np.linalg.det(u) * np.linalg.det(vh)
    return (u * others[..., None, :]) @ vh * sign[..., None, None]


@primitive(saves=("regular",))
def cofactors_back(h: Array, x: Array) -> tuple[Array, Array]:
    """The derivative of ``⟨h, cofactors(x)⟩`` by x: ``(⟨h, C⟩ C - C hᵀ C) / det(x)``, which exists for all x, too.

    With ``x = U S Vᵀ``, ``k = Uᵀ h V`` and p[i, j] the product of the singular values but the i-th and the j-th, it is U
    times ``Σ p[i, j] k[j, j]`` over j on the diagonal, and ``-p[i, j] k[j, i]`` elsewhere, times Vᵀ. And whether x has
    an inverse.
    """
    u, s, vh = np.linalg.svd(x)
    n, one = s.shape[-1], np.eye(s.shape[-1], dtype=x.dtype)
    p = product_of_others(np.where(one == 1, 1, s[..., None, :]), (s.ndim,)) * (1 - one) if s.size else one
    k = turned(u) @ h @ turned(vh)
    diagonal = p @ np.sum(k * one, -1)[..., None]
    sign = np.linalg.det(u) * np.linalg.det(vh)
    regular = np.all(s > n * np.finfo(x.dtype).eps * s[..., :1], -1)
    return u @ (diagonal * one - p * turned(k)) @ vh * sign[..., None, None], regular


def cofactors_back_by_x(g: Array, h: Array, x: Array, out: Array, regular: Array) -> Array:
    """From differentiating ``(⟨h, C⟩ ⟨g, C⟩ - ⟨g, C hᵀ C⟩) / det(x)``; nan if x has no inverse."""
    c, last = cofactors(x), (x.ndim - 2, x.ndim - 1)
    volume = np.where(regular, determinant(x), math.nan)[..., None, None]
    g_c, h_c, g_out = (np.sum(product, last, keepdims=True) for product in (g * c, h * c, g * out))
    by_c = (g_c * h + h_c * g - g @ turned(c) @ h - h @ turned(c) @ g) / volume
    return cofactors_back(by_c, x)[0] - g_out / volume * c


determinant.derivatives(x=lambda g, x: g[..., None, None] * cofactors(x))
cofactors.derivatives(x=lambda h, x: cofactors_back(h, x)[0])
cofactors_back.derivatives(h=lambda g, x: cofactors_back(g, x)[0], x=cofactors_back_by_x)


@face
def det(A: Any) -> Any:
    """Determinant of square matrices.

    Derivative: ``g · det(A) · A⁻ᵀ``, computed so that it holds for singular matrices too, and so does the second one.
    Source: ``torch.linalg.det``.

    Example:
        >>> mgx.tensor([[2.0, 1.0], [0.0, 3.0]]).det()
        tensor(6.)
    """
    return determinant(matrices("det", A))


@primitive(name="LinalgSlogdet", multiple=True)
def log_determinant(x: Array) -> tuple[Array, Array]:
    """Sign and logarithm of the determinant."""
    sign, log = np.linalg.slogdet(x)
    return sign, log


log_determinant.derivatives(x=lambda g, x: g[1][..., None, None] * turned(inverse(x)))


@face
def slogdet(A: Any) -> Any:
    """Sign and logarithm of the absolute value of the determinant, which itself might overflow.

    Returns: a named pair ``(sign, logabsdet)``.
    Derivative: of the logarithm, ``g · A⁻ᵀ``; of the sign, 0.
    Source: ``torch.linalg.slogdet``.

    Example:
        >>> mgx.slogdet(-mgx.eye(3)).sign
        tensor(-1.)
    """
    return return_types.linalg_slogdet(*log_determinant(matrices("slogdet", A)))


@primitive(name="LinalgSolveEx")
def solution(a: Array, b: Array) -> Array:
    """The X for which ``a X = b``."""
    return attempt("solve", np.linalg.solve, a, b)


solution.derivatives(
    a=lambda g, a, out: -(solution(turned(a), g) @ turned(out)),
    b=lambda g, a: solution(turned(a), g),
)


def solve(A: Any, B: Any, *, left: bool = True) -> Any:
    """The X for which ``A X = B``.

    Args:
        A: Square matrices.
        B: Right sides, a column each; or one vector for each matrix.
        left: False for ``X A = B``.

    Shape: (..., n, n), (..., n, k) -> (..., n, k); or (..., n, n), (..., n) -> (..., n)
    Derivative: ``gB = A⁻ᵀ g`` and ``gA = -gB Xᵀ``.
    Raises: RuntimeError: sizes that do not fit. LinAlgError: singular.
    Source: ``torch.linalg.solve``.

    Example:
        >>> from microgradx import linalg
        >>> linalg.solve(mgx.tensor([[2.0, 0.0], [0.0, 4.0]]), mgx.tensor([2.0, 2.0]))
        tensor([1.0000, 0.5000])
    """
    matrices("solve", A)
    a, b = A.array.shape, check_tensor("linalg_solve", B, "B", 2).array.shape
    vector = len(b) == 1 or (len(b) == len(a) - 1 and b == a[:-1])
    if B.dtype is not A.dtype:
        raise RuntimeError(f"linalg.solve: Expected A and B to have the same dtype, got {A.dtype} and {B.dtype}")
    if (vector and not left) or b[-1 if vector or not left else -2] != a[-1]:
        equation = "AX = B" if left else "XA = B (of a matrix B)"
        raise RuntimeError(
            f"linalg.solve: Incompatible shapes of A and B for the equation {equation}: {list(a)}, {list(b)}"
        )
    if vector:
        return solution(A, B[..., None])[..., 0]
    return solution(A, B) if left else turned(solution(turned(A), turned(B))).contiguous()


# ---------------------------------------------------------------- factors


@primitive(name="LinalgCholeskyEx")
def lower_factor(x: Array) -> Array:
    """The lower triangular L with ``L Lᵀ = x``."""
    return attempt("cholesky", np.linalg.cholesky, x)


def lower_factor_by_x(g: Array, out: Array) -> Array:
    """``L⁻ᵀ Φ(Lᵀ g) L⁻¹``, its symmetric part; Φ keeps the lower triangle, and half of the diagonal."""
    n = out.shape[-1]
    product = turned(out) @ g
    half = keep(product, np.tri(n, k=-1, dtype=bool)) + keep(product, diagonal(n)) / 2
    s = solution(turned(out), turned(solution(turned(out), half)))
    return (s + turned(s)) / 2


lower_factor.derivatives(x=lower_factor_by_x)


def cholesky(A: Any, *, upper: bool = False) -> Any:
    """The lower triangular L with ``L Lᵀ = A``, for symmetric positive definite matrices.

    Args:
        A: The matrices; only the lower triangle is read.
        upper: Return Lᵀ.

    Raises: LinAlgError: not positive definite.
    Source: ``torch.linalg.cholesky``.

    Example:
        >>> from microgradx import linalg
        >>> linalg.cholesky(mgx.tensor([[4.0, 2.0], [2.0, 5.0]]))
        tensor([[2., 0.],
                [1., 2.]])
    """
    factor = lower_factor(matrices("cholesky", A))
    return turned(factor) if upper else factor


@primitive(name="LinalgQr", multiple=True)
def qr_factors(x: Array, mode: Any) -> tuple[Array, Array]:
    """Orthonormal columns Q and an upper triangle R with ``Q R = x``."""
    if mode == "r":
        return np.zeros(0, x.dtype), np.linalg.qr(x, "r")
    q, r = np.linalg.qr(x, mode)
    return q, r


def qr_by_x(g: Any, x: Array, mode: str, out: Any) -> Array:
    """For a tall matrix; of a wide one ``[X Y]``, R is ``[U QᵀY]``, and X is square."""
    (gq, gr), (q, r) = g, out
    m, n = x.shape[-2:]
    if mode == "r" or (mode == "complete" and m > n):
        raise RuntimeError(
            f"linalg.qr: the QR decomposition is not differentiable for mode={mode!r} and shape {list(x.shape)}; "
            "use mode='reduced'"
        )
    if m < n:
        rest = gr[..., m:]
        left = tall_by_x(gq + x[..., m:] @ turned(rest), gr[..., :m], q, r[..., :m])
        return np.concatenate([left, q @ rest], x.ndim - 1)
    return tall_by_x(gq, gr, q, r)


def tall_by_x(gq: Array, gr: Array, q: Array, r: Array) -> Array:
    """``(gQ + Q C) R⁻ᵀ``, C being symmetric with the lower triangle of ``R gRᵀ - gQᵀ Q``."""
    n = r.shape[-1]
    product = r @ turned(gr) - turned(gq) @ q
    below = keep(product, np.tri(n, k=-1, dtype=bool))
    c = below + turned(below) + keep(product, diagonal(n))
    return turned(solution(r, turned(gq + q @ c)))


qr_factors.derivatives(x=qr_by_x)


def qr(A: Any, mode: str = "reduced") -> Any:
    """Orthonormal columns Q and an upper triangle R with ``Q R = A``.

    Args:
        A: Matrices (..., m, n).
        mode: ``"reduced"``; ``"complete"`` for a square Q; ``"r"`` for R only.

    Returns: a named pair ``(Q, R)``.
    Derivative: as in Walter and Lehmann (2010); none for a Q that A does not determine.
    Raises: RuntimeError: another mode.
    Source: ``torch.linalg.qr``.

    Example:
        >>> from microgradx import linalg
        >>> abs(linalg.qr(mgx.tensor([[3.0], [4.0]])).R)
        tensor([[5.]])
    """
    if mode not in ("reduced", "complete", "r"):
        raise RuntimeError(f"qr received unrecognized mode '{mode}' but expected one of 'reduced', 'r', or 'complete'")
    return return_types.linalg_qr(*qr_factors(matrices("qr", A, False), mode))


# ---------------------------------------------------------------- singular values and eigenvalues


@primitive(name="LinalgSvd", multiple=True)
def singular(x: Array, full: bool) -> tuple[Array, Array, Array]:
    """Orthonormal U, numbers S in falling order and orthonormal Vᵀ with ``U S Vᵀ = x``."""
    u, s, vh = attempt("svd", np.linalg.svd, x, full)
    return u, s, vh


def gaps(values: Array) -> Array:
    """``value_j - value_i``, and 1 on the diagonal, where it is not used."""
    return np.where(diagonal(values.shape[-1]), 1, values[..., None, :] - values[..., :, None])


def singular_by_x(g: Any, out: Any) -> Array:
    """``U [T(Uᵀ gU) S + S T(Vᵀ gV) + gS] Vᵀ``, with ``T(X) = (X - Xᵀ) / (s_j² - s_i²)``; and what leaves the span."""
    (gu, gs, gvh), (u, s, vh) = g, out
    m, k, n = u.shape[-2], s.shape[-1], vh.shape[-1]
    u, gu, vh, gvh = u[..., :k], gu[..., :k], vh[..., :k, :], gvh[..., :k, :]
    gap = gaps(s * s)
    by_u, by_v = turned(u) @ gu, vh @ turned(gvh)
    by_u, by_v = (keep((t - turned(t)) / gap, ~diagonal(k)) for t in (by_u, by_v))
    row, column = s[..., None, :], s[..., :, None]
    by_x = u @ (by_u * row + column * by_v + keep(gs[..., None, :], diagonal(k))) @ vh
    if m > k:
        by_x = by_x + (gu - u @ (turned(u) @ gu)) / row @ vh
    if n > k:
        by_x = by_x + u @ ((gvh - gvh @ turned(vh) @ vh) / column)
    return by_x


singular.derivatives(x=singular_by_x)


def svd(A: Any, full_matrices: bool = True) -> Any:
    """Singular values S, in falling order, and orthonormal U and Vᵀ with ``U S Vᵀ = A``.

    Args:
        A: Matrices (..., m, n).
        full_matrices: U and Vᵀ square; else only as many columns and rows as there are singular values.

    Returns: a named triple ``(U, S, Vh)``. The signs of columns are not determined.
    Derivative: infinite where singular values are equal, but for that by S.
    Source: ``torch.linalg.svd``.

    Example:
        >>> from microgradx import linalg
        >>> linalg.svd(mgx.tensor([[0.0, 2.0], [3.0, 0.0]])).S
        tensor([3., 2.])
    """
    return return_types.linalg_svd(*singular(matrices("svd", A, False), full_matrices))


def older_svd(input: Any, some: bool = True, compute_uv: bool = True) -> Any:
    """The older form of `linalg.svd`, which returns V and not its transpose.

    Args:
        input: Matrices (..., m, n).
        some: Only as many columns of U and V as there are singular values.
        compute_uv: False for the singular values only: U and V are zeros.

    Returns: a named triple ``(U, S, V)`` with ``input = U S Vᵀ``.
    Source: ``torch.svd``.

    Example:
        >>> mgx.svd(mgx.tensor([[0.0, 2.0], [3.0, 0.0]])).S
        tensor([3., 2.])
    """
    if not compute_uv:
        (*batch, m, n), dtype = matrices("svd", input, False).array.shape, input.array.dtype
        u, v = (wrap(np.zeros((*batch, k, k), dtype)) for k in (m, n))
        return return_types.svd(u, svdvals(input), v)
    u, s, vh = svd(input, not some)
    return return_types.svd(u, s, contiguous(turned(vh)))


FUNCTIONS["svd"] = METHODS["svd"] = older_svd


@primitive(name="LinalgSvd")
def singular_values(x: Array) -> Array:
    """The singular values alone."""
    return attempt("svdvals", np.linalg.svd, x, False, False)


def singular_values_by_x(g: Array, x: Array) -> Array:
    """``U g Vᵀ``."""
    u, _, vh = singular(x, False)
    return (u * g[..., None, :]) @ vh


singular_values.derivatives(x=singular_values_by_x)


def svdvals(A: Any) -> Any:
    """Singular values in falling order; differentiable also where some are equal."""
    return singular_values(matrices("svdvals", A, False))


@primitive(name="LinalgEigh", multiple=True)
def eigen(x: Array, triangle: str) -> tuple[Array, Array]:
    """Numbers w in rising order and orthonormal V with ``V w Vᵀ = x``."""
    w, v = attempt("eigh", np.linalg.eigh, x, triangle)
    return w, v


def eigen_by_x(g: Any, out: Any) -> Array:
    """``V [gw + A / (w_j - w_i)] Vᵀ``, A being the antisymmetric part of ``Vᵀ gV``."""
    (gw, gv), (w, v) = g, out
    same, by_v = diagonal(w.shape[-1]), turned(v) @ gv
    by_v = (by_v - turned(by_v)) / (2 * gaps(w))
    return v @ (keep(gw[..., None, :], same) + keep(by_v, ~same)) @ turned(v)


eigen.derivatives(x=eigen_by_x)


def eigh(A: Any, UPLO: str = "L") -> Any:
    """Eigenvalues, in rising order, and orthonormal eigenvectors of symmetric matrices.

    Args:
        A: Symmetric matrices (..., n, n).
        UPLO: Which triangle is read, ``"L"`` or ``"U"``.

    Returns: a named pair ``(eigenvalues, eigenvectors)``, an eigenvector a column. Their signs are not determined.
    Derivative: infinite where eigenvalues are equal, but for that by the eigenvalues.
    Source: ``torch.linalg.eigh``.

    Example:
        >>> from microgradx import linalg
        >>> linalg.eigh(mgx.tensor([[2.0, 0.0], [0.0, 1.0]])).eigenvalues
        tensor([1., 2.])
    """
    return return_types.linalg_eigh(*eigen(matrices("eigh", A), triangle(UPLO)))


def triangle(UPLO: str) -> str:
    """Which triangle is read, as NumPy calls it."""
    if UPLO.upper() not in ("L", "U"):
        raise RuntimeError(f"Expected UPLO argument to be 'L' or 'U', but got {UPLO}")
    return UPLO.upper()


@primitive(name="LinalgEigh")
def eigen_values(x: Array, triangle: str) -> Array:
    """The eigenvalues alone."""
    return attempt("eigvalsh", np.linalg.eigvalsh, x, triangle)


def eigen_values_by_x(g: Array, x: Array, triangle: str) -> Array:
    """``V g Vᵀ``."""
    _, v = eigen(x, triangle)
    return (v * g[..., None, :]) @ turned(v)


eigen_values.derivatives(x=eigen_values_by_x)


def eigvalsh(A: Any, UPLO: str = "L") -> Any:
    """Eigenvalues of symmetric matrices in rising order; differentiable also where some are equal."""
    return eigen_values(matrices("eigvalsh", A), triangle(UPLO))


@primitive(name="LinalgPinv")
def pseudo_inverse(x: Array, atol: Array, rtol: Array, hermitian: bool) -> Array:
    """``V S⁺ Uᵀ``, S⁺ being 1 / S, but 0 for singular values that are as good as 0."""
    if hermitian:
        x = np.tril(x) + turned(np.tril(x, -1))
    u, s, vh = attempt("pinv", np.linalg.svd, x, False)
    least = np.maximum(atol, rtol * s.max(-1, initial=0))[..., None]
    large = s > least
    return turned(vh) @ (np.where(large, 1 / np.where(large, s, 1), 0)[..., None] * turned(u))


def pseudo_inverse_by_x(g: Array, x: Array, out: Array) -> Array:
    """``-Pᵀ g Pᵀ + (1 - A P) gᵀ P Pᵀ + Pᵀ P gᵀ (1 - P A)`` (Golub and Pereyra, 1973)."""
    h, k = turned(g) @ out @ turned(out), turned(out) @ out @ turned(g)
    return h - x @ (out @ h) + k - k @ out @ x - turned(out) @ g @ turned(out)


pseudo_inverse.derivatives(x=pseudo_inverse_by_x)


def pinv(A: Any, rcond: Any = None, *, atol: Any = None, rtol: Any = None, hermitian: bool = False) -> Any:
    """The pseudoinverse: of all X for which ``A X`` is nearest to the identity, the smallest.

    Args:
        A: Matrices (..., m, n).
        rcond: The older name of ``rtol``.
        atol: Singular values up to this count as 0; 0 by default.
        rtol: Likewise, as a part of the largest one; max(m, n) · eps by default, if there is no ``atol``.
        hermitian: A is symmetric, and only its lower triangle is read.

    Shape: (..., m, n) -> (..., n, m)
    Derivative: for a rank that stays the same (Golub and Pereyra, 1973).
    Source: ``torch.linalg.pinv``.

    Example:
        >>> from microgradx import linalg
        >>> linalg.pinv(mgx.tensor([[2.0], [0.0]]))
        tensor([[0.5000, 0.0000]])
    """
    shape = matrices("pinv", A, hermitian).array.shape
    atol, rtol = (v.array if isinstance(v, Variable) else v for v in (atol, rtol if rcond is None else rcond))
    if rtol is None:
        positive = atol is not None and bool(np.all(np.asarray(atol) > 0))
        rtol = 0.0 if positive else max(shape[-2:]) * float(np.finfo(A.array.dtype).eps)
    return pseudo_inverse(A, np.asarray(0.0 if atol is None else atol), np.asarray(rtol), hermitian)


# ---------------------------------------------------------------- norms


@face
def norm(input: Any, p: Any = "fro", dim: Any = None, keepdim: bool = False, *, dtype: Any = None) -> Any:
    """Vector norm ``(Σ |x|^p)^(1/p)``, over all dimensions or over ``dim``; "fro" means 2.

    "nuc" is the nuclear norm of a matrix, as in `matrix_norm`; ``dtype`` is that to compute in.

    Derivative: for p = 2, ``g · x / norm``, and 0 where the norm is 0.
    Source: ``torch.norm``.

    Example:
        >>> mgx.tensor([3.0, 4.0]).norm()
        tensor(5.)
    """
    x = in_dtype("norm", input, dtype)
    if p == "nuc":
        return matrix_norm(x, p, (0, 1) if dim is None else dim, keepdim)
    if p not in ("fro", None) and not isinstance(p, (int, float)):
        raise RuntimeError(f"norm: expected p to be a number, 'fro' or 'nuc', got {p!r}")
    return p_norm(x, 2.0 if p in ("fro", None) else float(p), axes_or_all(dim, x.ndim), keepdim)


@face
def dist(input: Any, other: Any, p: float = 2) -> Any:
    """The p-norm of the difference of two tensors, which are broadcast.

    Source: ``torch.dist``.

    Example:
        >>> mgx.dist(mgx.tensor([1.0, 2.0]), mgx.tensor([4.0, 6.0]))
        tensor(5.)
    """
    return vector_norm(subtract(check_tensor("dist", input), check_tensor("dist", other, "other", 2)), p)


def in_dtype(name: str, x: Any, dtype: Any) -> Any:
    """The argument of a norm, in the dtype that is asked for."""
    require_floating(name, x)
    return x if dtype is None or to_numpy(dtype) == x.array.dtype else cast(x, to_numpy(dtype))


def vector_norm(x: Any, ord: float = 2, dim: Any = None, keepdim: bool = False, *, dtype: Any = None) -> Any:
    """``(Σ |x|^ord)^(1/ord)``, over all dimensions or over ``dim``.

    Args:
        x: A float tensor.
        ord: The exponent; ±inf for the greatest or least absolute value, 0 for the number of non-zeros.
        dim: Dimension, or several, to reduce; None for all.
        keepdim: Keep reduced dimensions with size 1.
        dtype: Convert to this dtype first.

    Derivative: for 2, ``g · x / norm``, and 0 where the norm is 0.
    Source: ``torch.linalg.vector_norm``.

    Example:
        >>> from microgradx import linalg
        >>> linalg.vector_norm(mgx.tensor([3.0, -4.0]), 1)
        tensor(7.)
    """
    x = in_dtype("linalg.vector_norm", x, dtype)
    return p_norm(x, float(ord), axes_or_all(dim, x.ndim), keepdim)


def matrix_norm(A: Any, ord: Any = "fro", dim: Any = (-2, -1), keepdim: bool = False, *, dtype: Any = None) -> Any:
    """A norm of matrices.

    Args:
        A: A float tensor.
        ord: ``"fro"``, root of the sum of squares; ``"nuc"``, sum of the singular values; 2 or -2, the greatest or
            least of them; 1 or -1, the greatest or least sum of absolute values of a column; inf or -inf, of a row.
        dim: The two dimensions of the matrices.
        keepdim: Keep them with size 1.
        dtype: Convert to this dtype first.

    Raises: RuntimeError: another ``ord``, or not two dimensions.
    Source: ``torch.linalg.matrix_norm``.

    Example:
        >>> from microgradx import linalg
        >>> linalg.matrix_norm(mgx.tensor([[1.0, 2.0], [3.0, 4.0]]), 1)
        tensor(6.)
    """
    x = in_dtype("linalg.matrix_norm", A, dtype)
    if not isinstance(dim, (tuple, list)) or len(dim) != 2 or x.ndim < 2:
        raise RuntimeError(
            f"linalg.matrix_norm: dim must be a 2-tuple of dimensions of the matrices; got {dim}, {x.ndim}D"
        )
    axes = axes_of(dim, x.ndim) or ()
    if ord == "fro":
        return p_norm(x, 2.0, axes, keepdim)
    if ord == "nuc" or (isinstance(ord, (int, float)) and math.fabs(ord) == 2):
        values = singular_values(matrices("matrix_norm", movedim(x, axes, (-2, -1)), False))
        found = reduce_sum(values, (values.ndim - 1,)) if ord == "nuc" else outermost(values, values.ndim - 1, ord)
        return np.reshape(found, kept(x.array.shape, axes)) if keepdim else found
    if not isinstance(ord, (int, float)) or math.fabs(ord) not in (1, math.inf):
        raise RuntimeError(f"linalg.matrix_norm: Order {ord} not supported.")
    rows, columns = axes if math.fabs(ord) == 1 else axes[::-1]
    sums = reduce_sum(abs(x), (rows,), True)
    found = np.reshape(outermost(sums, columns, ord), kept(x.array.shape, axes))
    return found if keepdim else drop(found, axes)


def outermost(values: Any, axis: int, ord: float) -> Any:
    """The greatest value along an axis if ``ord`` is positive, else the least; the greatest of none is 0."""
    if ord > 0 and not values.array.shape[axis]:
        return reduce_sum(values, (axis,))
    return (amax if ord > 0 else amin)(values, axis)


def linalg_norm(A: Any, ord: Any = None, dim: Any = None, keepdim: bool = False, *, dtype: Any = None) -> Any:
    """The norm of vectors or of matrices: `vector_norm` for one dimension, or no ``ord``; `matrix_norm` for two.

    Source: ``torch.linalg.norm``.

    Example:
        >>> from microgradx import linalg
        >>> linalg.norm(mgx.tensor([[3.0, 4.0]]))
        tensor(5.)
    """
    several, A = isinstance(dim, (tuple, list)), check_tensor("linalg_norm", A, "A")
    if ord is None or (dim is not None and (not several or len(dim) == 1)) or (dim is None and A.ndim == 1):
        if isinstance(ord, str):
            raise RuntimeError(f"linalg.norm: Order {ord} not supported for a norm of vectors")
        return vector_norm(A, 2 if ord is None else ord, dim, keepdim, dtype=dtype)
    if dim is None and A.ndim != 2:
        raise RuntimeError(
            f"linalg.norm: If dim is not specified but ord is, the input must be 1D or 2D. Got {A.ndim}D."
        )
    return matrix_norm(A, ord, (0, 1) if dim is None else dim, keepdim, dtype=dtype)
