"""Products of vectors and matrices."""

from __future__ import annotations

import builtins
import math
from typing import Any

import numpy as np

from microgradx.engine import HALF, primitive, renamed
from microgradx.graph import Array
from microgradx.ops.elementwise import multiply, plus, scaled, subtract
from microgradx.ops.face import axis_of, check_tensor, face
from microgradx.ops.reduction import p_norm, require_floating, sum
from microgradx.ops.shape import broadcast_tensors, diagonal_of, expand, insert
from microgradx.views import legacy_name


def same_dtype(x: Array, y: Array) -> tuple[Array, Array]:
    """Matrix products do not promote: PyTorch's error for operands of different dtypes."""
    for operand in (x, y):
        if not isinstance(operand, (np.ndarray, np.generic)):
            raise TypeError(f"matmul(): expected Tensors, got {type(operand).__name__}; make one with tensor(...)")
    if x.dtype != y.dtype:
        raise RuntimeError(
            f"expected m1 and m2 to have the same dtype, but got: {x.dtype} != {y.dtype}; "
            "convert one, for example with .to(other.dtype)"
        )
    return x, y


def turned(x: Array) -> Array:
    """The transposes of matrices."""
    return x.T if x.ndim == 2 else np.swapaxes(x, -1, -2)


@face
@primitive(np.matmul, name="Mm", align=same_dtype)
def matmul(input: Array, other: Array) -> Array:
    """Matrix product, over the last two dimensions; the dimensions in front are broadcast.

    Shape:
        (..., n, m), (..., m, p) -> (..., n, p); a vector (m) counts as a row on the left, as a column on the
        right, and that dimension is dropped from the result.

    Derivative: ``g @ otherᵀ`` to input, ``inputᵀ @ g`` to other.
    Raises: RuntimeError: shapes or dtypes that do not fit.
    Source: ``torch.matmul``.

    Example:
        >>> mgx.matmul(mgx.ones(2, 3), mgx.ones(3, 1))
        tensor([[3.],
                [3.]])
    """
    if not input.ndim or not other.ndim or input.shape[-1] != other.shape[-2 if other.ndim > 1 else -1]:
        raise mismatch(input, other)
    return np.matmul(input, other)


def mismatch(x: Array, y: Array) -> RuntimeError:
    if not x.ndim or not y.ndim:
        return RuntimeError(f"both arguments to matmul need to be at least 1D, but they are {x.ndim}D and {y.ndim}D")
    if x.ndim == y.ndim == 1:
        return RuntimeError(
            f"inconsistent tensor size, expected tensor {list(x.shape)} and src {list(y.shape)} to have the same "
            f"number of elements, but got {x.size} and {y.size} elements respectively"
        )
    shapes = ["x".join(map(str, a.shape)) for a in (x, y)]
    return RuntimeError(f"mat1 and mat2 shapes cannot be multiplied ({shapes[0]} and {shapes[1]})")


def matmul_by_input(g: Array, other: Array) -> Array:
    """``g @ otherᵀ``; with vectors, the same sums written out."""
    if other.ndim == 1:
        return np.expand_dims(g, g.ndim) * other
    if g.ndim < other.ndim:  # input is a vector
        return np.matmul(other, np.expand_dims(g, g.ndim))[..., 0]
    return g @ turned(other)


def matmul_by_other(g: Array, input: Array) -> Array:
    """``inputᵀ @ g``; with vectors, the same sums written out."""
    if input.ndim == 1:
        return np.expand_dims(input, 1) * np.expand_dims(g, g.ndim - 1) if g.ndim else input * g
    if g.ndim < input.ndim:  # other is a vector
        return np.matmul(turned(input), np.expand_dims(g, g.ndim))[..., 0]
    return turned(input) @ g


matmul.derivatives(input=matmul_by_input, other=matmul_by_other)
matrix_products = renamed(matmul, "BmmBackward0")
matrix_by_vector = renamed(matmul, "MvBackward0")
vector_by_vector = renamed(matmul, "DotBackward0")


def check_linear(input: Array, weight: Array, bias: Array | None) -> None:
    """Nothing is converted silently: PyTorch's errors for operands of different dtypes."""
    hint = "; convert one, for example with .to(other.dtype)"
    names = [legacy_name(x.dtype.name) for x in (input, weight)]
    if bias is None:
        same_dtype(input, weight)
    elif input.dtype != weight.dtype:
        raise RuntimeError(f"mat1 and mat2 must have the same dtype, but got {names[0]} and {names[1]}{hint}")
    elif bias.dtype != weight.dtype:
        other = legacy_name(bias.dtype.name)
        raise RuntimeError(f"self and mat2 must have the same dtype, but got {other} and {names[1]}{hint}")


LARGE = 1 << 13
"""So many weights make it worth while to think about their order."""


@primitive(name="Addmm")
def linear(input: Array, weight: Array, bias: Array | None = None) -> Array:
    """``input @ weightᵀ + bias``: the linear map of a layer."""
    if input.dtype is not weight.dtype or (bias is not None and bias.dtype is not weight.dtype):
        check_linear(input, weight, bias)
    try:
        # One product for all rows: NumPy would make one for each matrix of a batch.
        rows = input.reshape(math.prod(input.shape[:-1]), input.shape[-1]) if input.ndim > 2 else input
        if rows.ndim == weight.ndim == 2 and 2 <= len(rows) <= len(weight) // 2 and weight.size >= LARGE:
            # BLAS is up to twice as fast if the smaller matrix comes second.
            product = (weight @ rows.T).T
            out = np.empty(product.shape, product.dtype)
            if bias is None:
                out[...] = product
            else:
                np.add(product, bias, out=out)
        else:
            out = rows @ weight.T
            if bias is not None:
                out += bias  # our own array
        out = out.reshape(*input.shape[:-1], *out.shape[rows.ndim - 1 :]) if input.ndim > 2 else out
    except ValueError:
        if bias is None or input.shape[-1:] != weight.shape[-1:]:
            raise mismatch(input, weight.T) from None
        raise RuntimeError(
            f"linear: expected a bias with {len(weight)} elements, got shape {list(bias.shape)}; "
            f"the weight has shape {list(weight.shape)}"
        ) from None
    return out


def linear_by_weight(g: Array, input: Array) -> Array:
    """``gᵀ @ input``, all dimensions but the last counting as one batch."""
    if g.ndim < input.ndim:  # the weight is one vector
        return np.sum(np.reshape(g, (*g.shape, 1)) * input, axis=tuple(range(g.ndim)))
    if g.ndim != 2:
        rows = math.prod(g.shape[:-1])
        g, input = np.reshape(g, (rows, g.shape[-1])), np.reshape(input, (rows, input.shape[-1]))
    return g.T @ input


linear.derivatives(
    input=lambda g, weight: g @ weight if weight.ndim == 2 else np.reshape(g, (*g.shape, 1)) * weight,
    weight=linear_by_weight,
    bias=lambda g: g,
)


# ---------------------------------------------------------------- PyTorch's names


def of_dimensions(name: str, *wanted: tuple[Any, int]) -> None:
    """Raise unless the tensors have the numbers of dimensions that ``name`` works on."""
    if any(check_tensor(name, x).ndim != n for x, n in wanted):
        kinds = {1: "1D", 2: "a matrix", 3: "a 3D tensor"}
        expected = " and ".join(kinds[n] for _, n in wanted)
        got = " and ".join(str(list(x.shape)) for x, _ in wanted)
        raise RuntimeError(f"{name}: expected {expected}, got shapes {got}; matmul works on any of them")


@face(out=True)
def mm(input: Any, mat2: Any) -> Any:
    """Product of two matrices."""
    of_dimensions("mm", (input, 2), (mat2, 2))
    return matmul(input, mat2)


@face(out=True)
def bmm(input: Any, mat2: Any) -> Any:
    """Products of two batches of matrices: (b, n, m), (b, m, p) -> (b, n, p)."""
    of_dimensions("bmm", (input, 3), (mat2, 3))
    if input.array.shape[0] != mat2.array.shape[0]:
        raise RuntimeError(f"bmm: expected batches of one size, got {input.array.shape[0]} and {mat2.array.shape[0]}")
    return matrix_products(input, mat2)


@face(out=True)
def mv(input: Any, vec: Any) -> Any:
    """Product of a matrix and a vector."""
    of_dimensions("mv", (input, 2), (vec, 1))
    return matrix_by_vector(input, vec)


@face(out=True)
def dot(input: Any, tensor: Any) -> Any:
    """Inner product of two vectors."""
    of_dimensions("dot", (input, 1), (tensor, 1))
    return vector_by_vector(input, tensor)


@face(also=("ger",), out=True)
def outer(input: Any, vec2: Any) -> Any:
    """All products of the elements of two vectors: (n), (m) -> (n, m)."""
    of_dimensions("outer", (input, 1), (vec2, 1))
    return multiply(insert(input, 1), vec2)


@face(inplace=True, out=True)
def addmm(input: Any, mat1: Any, mat2: Any, *, beta: float = 1, alpha: float = 1) -> Any:
    """``beta · input + alpha · (mat1 @ mat2)``; input is broadcast to the product, and may hold anything if beta is 0."""
    product = mm(mat1, mat2)
    if check_tensor("addmm", input).array.dtype != product.array.dtype:
        kinds = [legacy_name(x.array.dtype.name) for x in (input, mat2)]
        raise RuntimeError(f"self and mat2 must have the same dtype, but got {kinds[0]} and {kinds[1]}")
    if product.array.dtype.kind != "f" and not isinstance(alpha, int) & isinstance(beta, int):
        raise RuntimeError("addmm: for integral input tensors, alpha and beta must not be floating point numbers")
    spread = input if input.array.shape == product.array.shape else expand(input, *product.array.shape)
    product = scaled(product, alpha)
    return plus(scaled(spread, beta), product) if beta else product


@face
def trace(input: Any) -> Any:
    """Sum of the diagonal of a matrix."""
    of_dimensions("trace", (input, 2))
    return sum(diagonal_of(input))


@primitive(name="LinalgCross")
def cross_product(x: Array, y: Array, axis: int) -> Array:
    """The products of vectors of three numbers, which lie along an axis."""
    return np.ascontiguousarray(np.cross(x, y, axis=axis))


cross_product.derivatives(
    x=lambda g, y, axis: cross_product(y, g, axis),
    y=lambda g, x, axis: cross_product(g, x, axis),
)


def linalg_cross(input: Any, other: Any, *, dim: int = -1) -> Any:
    """Cross products of vectors in three dimensions: at right angles to both, as long as their parallelogram is large.

    Args:
        input: Vectors along ``dim``, which has size 3.
        other: Likewise; the other dimensions are broadcast.
        dim: The dimension of the vectors.

    Derivative: ``other × g`` to input, ``g × input`` to other.
    Raises: RuntimeError: a size that is not 3, different numbers of dimensions, or different dtypes.
    Source: ``torch.linalg.cross``.

    Example:
        >>> from microgradx import linalg
        >>> linalg.cross(mgx.tensor([1.0, 0.0, 0.0]), mgx.tensor([0.0, 1.0, 0.0]))
        tensor([0., 0., 1.])
    """
    x, y = check_tensor("linalg_cross", input), check_tensor("linalg_cross", other, "other", 2)
    if x.ndim != y.ndim:
        raise RuntimeError("linalg.cross: inputs must have the same number of dimensions.")
    a = axis_of(dim, x.ndim)
    sizes = [v.array.shape[a] if v.ndim else 1 for v in (x, y)]
    if sizes != [3, 3]:
        raise RuntimeError(f"linalg.cross: inputs dimension {dim} must have length 3. Got {sizes[0]} and {sizes[1]}")
    same_dtype(x.array, y.array)
    return cross_product(*broadcast_tensors(x, y), a)


@face
def cross(input: Any, other: Any, dim: int | None = None) -> Any:
    """As `linalg.cross`; without ``dim`` along the first dimension of size 3.

    Source: ``torch.cross``.
    """
    shape = check_tensor("cross", input).array.shape
    if dim is None and 3 not in shape:
        raise RuntimeError(f"no dimension of size 3 in input; got {list(shape)}")
    return linalg_cross(input, other, dim=shape.index(3) if dim is None else dim)


@primitive(name="EuclideanDist")
def euclidean(x: Array, y: Array) -> Array:
    """All distances by ``|x - y|² = |x|² - 2 x · y + |y|²``: one matrix product, but few digits of what is small."""
    squares = np.matmul(x, turned(y))
    squares *= -2
    squares += np.vecdot(x, x)[..., :, None]
    squares += np.vecdot(y, y)[..., None, :]
    return np.sqrt(squares.clip(0, math.inf))


def shares(g: Array, out: Array) -> Array:
    """``g / out``, and 0 where two points are one."""
    same = out == 0
    return np.where(same, 0, g / np.where(same, 1, out))


def euclidean_by_x(g: Array, x: Array, y: Array, out: Array) -> Array:
    """``Σ g · (x - y) / out`` over all y."""
    r = shares(g, out)
    return x * np.sum(r, (r.ndim - 1,), keepdims=True) - r @ y


euclidean.derivatives(
    x=euclidean_by_x,
    y=lambda g, x, y, out: euclidean_by_x(turned(g), y, x, turned(out)),
)


MODES = (None, "use_mm_for_euclid_dist_if_necessary", "use_mm_for_euclid_dist", "donot_use_mm_for_euclid_dist")


@face(method=False)
def cdist(x1: Any, x2: Any, p: float = 2.0, compute_mode: str | None = None) -> Any:
    """Distances between all pairs of points: (..., n, d), (..., m, d) -> (..., n, m).

    Args:
        x1: Points, a row each.
        x2: Points, a row each.
        p: The p-norm of differences that counts as distance.
        compute_mode: ``"use_mm_for_euclid_dist"`` finds Euclidean distances by a matrix product, which is ten times as
            fast, but with few digits where points are near each other; by default so, if more than 25 are on a side.
            ``"donot_use_mm_for_euclid_dist"`` always takes differences.

    Derivative: that of the norm of differences; 0 where two points are one.
    Raises: RuntimeError: points of different dimensions; a negative ``p``.
    Source: ``torch.cdist``.

    Example:
        >>> mgx.cdist(mgx.tensor([[0.0, 0.0]]), mgx.tensor([[3.0, 4.0], [0.0, 1.0]]))
        tensor([[5., 1.]])
    """
    for i, x in enumerate((x1, x2), 1):
        require_floating("cdist", x)
        if x.ndim < 2:
            raise RuntimeError(f"cdist only supports at least 2D tensors, X{i} got: {x.ndim}D")
    if x1.array.shape[-1] != x2.array.shape[-1]:
        raise RuntimeError(
            f"X1 and X2 must have the same number of columns. X1: {x1.array.shape[-1]} X2: {x2.array.shape[-1]}"
        )
    if x1.array.dtype != x2.array.dtype:
        raise RuntimeError(
            f"cdist: expected points of one dtype, got {x1.dtype} and {x2.dtype}; convert one with .to()"
        )
    if p < 0:
        raise RuntimeError(f"cdist only supports non-negative p values; got {p}")
    if compute_mode not in MODES:
        raise ValueError(f"{compute_mode} is not a valid value for compute_mode")
    if not x1.array.shape[-1]:
        p = 2.0  # points without coordinates are the same point by every norm
    n = max(x1.array.shape[-2], x2.array.shape[-2])
    if p == 2 and x1.array.dtype is not HALF and (n > 25 or compute_mode == MODES[2]) and compute_mode != MODES[3]:
        return euclidean(x1, x2)
    difference = subtract(insert(x1, x1.ndim - 1), insert(x2, x2.ndim - 2))
    return p_norm(difference, float(p), (difference.ndim - 1,), False)


@face(method=False)
def pdist(input: Any, p: float = 2.0) -> Any:
    """Distances between all pairs of points, each pair once, in the order (0, 1), (0, 2), ...: (n, d) -> (n (n - 1) / 2).

    Args:
        input: Points of a floating dtype, a row each.
        p: The p-norm of differences that counts as distance.

    Derivative: that of the norm of differences; 0 where two points are one.
    Raises: RuntimeError: the input is no matrix of floats; a negative ``p``.
    Source: ``torch.nn.functional.pdist``.

    Example:
        >>> mgx.nn.functional.pdist(mgx.tensor([[0.0, 0.0], [3.0, 4.0], [0.0, 1.0]]))
        tensor([5.0000, 1.0000, 4.2426])
    """
    x = check_tensor("pdist", input)
    if x.ndim != 2:
        raise RuntimeError(f"pdist only supports 2D tensors, got: {x.ndim}D")
    require_floating("pdist", x)
    if p < 0:
        raise RuntimeError(f"pdist only supports non-negative p values; got {p}")
    distances = p_norm(subtract(insert(x, 1), insert(x, 0)), float(p), (2,), False)
    return distances[np.triu_indices(len(x.array), 1)]


@face
def kron(input: Any, other: Any) -> Any:
    """The Kronecker product: each element of ``input``, times all of ``other``.

    Shape: (n, m), (k, l) -> (n · k, m · l); of the one with fewer dimensions, sizes of 1 are added in front.
    Source: ``torch.kron``.

    Example:
        >>> mgx.tensor([1, 10]).kron(mgx.tensor([1, 2]))
        tensor([ 1,  2, 10, 20])
    """
    x, y = check_tensor("kron", input), check_tensor("kron", other, "other", 2)
    n = builtins.max(x.ndim, y.ndim)
    first, second = ((*(1,) * (n - t.ndim), *t.array.shape) for t in (x, y))
    apart = [size for a in first for size in (a, 1)], [size for b in second for size in (1, b)]
    product = x.reshape(*apart[0]) * y.reshape(*apart[1])
    return product.reshape(*(a * b for a, b in zip(first, second)))
