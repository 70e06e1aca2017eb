"""Reductions: sums, means, extremes, variances, log-sum-exp, running sums.

A reduction takes many elements to one, so its rule hands the gradient of the one back to the many:
``spread`` first gives ``g`` back the dimensions that were reduced away, and broadcasting does the rest.
"""

from __future__ import annotations

import builtins
import itertools
import math
from typing import Any

import numpy as np

from microgradx import return_types
from microgradx.dtypes import default, to_numpy
from microgradx.engine import HALF, broadcast_to, cast, primitive, renamed
from microgradx.graph import Array, wrap
from microgradx.ops.elementwise import in_order, plus, wide
from microgradx.ops.face import axes_of, axis_of, check_tensor, face

Axes = Any
"""A tuple of axes, or None for all of them."""


def kept(shape: tuple[int, ...], axis: Axes) -> tuple[int, ...]:
    """``shape`` with 1 in the place of the reduced dimensions."""
    return tuple(1 if axis is None or i in axis else n for i, n in enumerate(shape))


def count(shape: tuple[int, ...], axis: Axes) -> int:
    """How many elements are reduced to one."""
    return math.prod(shape if axis is None else [shape[i] for i in axis])


def spread(g: Array, shape: tuple[int, ...], axis: Axes) -> Array:
    """``g``, or a result, with the reduced dimensions back, of size 1."""
    return np.reshape(g, kept(shape, axis))


# NumPy's reductions without the wrappers around them, which cost as much as the work on small arrays.
sum_of: Any = np.add.reduce
product: Any = np.multiply.reduce
greatest: Any = np.maximum.reduce
least: Any = np.minimum.reduce
some: Any = np.logical_or.reduce
every: Any = np.logical_and.reduce


def trailing(shape: tuple[int, ...], axis: Axes, keepdims: bool) -> tuple[int, tuple[int, ...], tuple[int, ...]]:
    """Of the axes that end the shape: how many elements they hold, the shape without them, and the other axes."""
    first = len(shape)
    while first - 1 in axis:
        first -= 1
    ones = (1,) * (len(shape) - first) if keepdims else ()
    rest = () if len(axis) == len(shape) - first else tuple([a for a in axis if a < first])
    return math.prod(shape[first:]), shape[:first] + ones, rest


def total(x: Array, axis: Axes, keepdims: bool = False) -> Array:
    """``Σ x`` over ``axis``; along the last axes by einsum: three times as fast, and as exact, if they are not long."""
    if x.size < 1024 or x.dtype.char not in "fd" or not x.flags.c_contiguous:
        return sum_of(x, axis, keepdims=keepdims)
    if axis is None and not keepdims and x.size % 1024 == 0:
        return sum_of(np.einsum("ij->i", x.reshape(-1, 1024)))
    if type(axis) is not tuple:
        return sum_of(x, axis, keepdims=keepdims)
    n, shape, rest = trailing(x.shape, axis, keepdims)
    if not 1 < n <= 4096:
        return sum_of(x, axis, keepdims=keepdims)
    out = np.einsum("ij->i", x.reshape(-1, n)).reshape(shape)
    return sum_of(out, rest, keepdims=keepdims) if rest else out


def total_product(x: Array, y: Array, axis: Axes, keepdims: bool = False) -> Array:
    """``Σ x · y`` over ``axis``; along the last axes BLAS adds up, without writing the products, unless they are long."""
    if x.size < 512 or x.dtype.char not in "fd":
        return add_up(x * y, axis, keepdims)
    axis = tuple(range(x.ndim)) if axis is None else axis
    if type(axis) is tuple:
        n, shape, rest = trailing(x.shape, axis, keepdims)
        if 1 < n <= 2**18:
            out = np.vecdot(x.reshape(-1, n), y.reshape(-1, n)).reshape(shape)
            return sum_of(out, rest, keepdims=keepdims) if rest else out
    return add_up(x * y, axis, keepdims)


def largest(x: Array, axis: Axes) -> Array:
    """``max x`` along the axes, which stay with size 1; along the last one by its place, which NumPy finds faster."""
    if axis != (x.ndim - 1,):
        return greatest(x, axis, keepdims=True)
    places = x.argmax(-1)
    places += np.arange(0, x.size, x.shape[-1]).reshape(places.shape)
    return x.take(places)[..., None]


# ---------------------------------------------------------------- sums


def add_up(x: Array, axis: Axes = None, keepdims: bool = False) -> Array:
    """Sum over ``axis``."""
    if x.dtype is HALF:
        return add_up(wide(x), axis, keepdims).astype(HALF)
    return in_order(total(x, axis, keepdims=keepdims))


reduce_sum = primitive(name="Sum")(add_up)
reduce_sum.derivatives(x=lambda g, x_shape, axis: broadcast_to(spread(g, x_shape, axis), x_shape))
sum_along = renamed(reduce_sum, "SumBackward1")


@face
def sum(input: Any, dim: Any = None, keepdim: bool = False, *, dtype: Any = None) -> Any:
    """Sum of the elements, over all dimensions or over ``dim``.

    Args:
        input: Any tensor; integers and booleans are summed as int64.
        dim: Dimension, or tuple of dimensions, to reduce; None for all.
        keepdim: Keep reduced dimensions with size 1.
        dtype: Convert to this dtype first.

    Shape:
        (..., n, ...) -> (..., ...), or (..., 1, ...) with ``keepdim``.

    Derivative: every element that was summed gets ``g``.
    Raises: IndexError: ``dim`` is out of range.
    Source: ``torch.sum``.

    Example:
        >>> mgx.ones(2, 3).sum(dim=0)
        tensor([2., 2., 2.])
    """
    x = accumulated("sum", input, dtype)
    axis = axes_or_all(dim, x.ndim)
    return kept_dtype(x, (reduce_sum if dim is None else sum_along)(x, axis, keepdim))


def axes_or_all(dim: Any, ndim: int) -> Axes:
    """As `axes_of`, where an empty tuple means all dimensions too."""
    return None if dim is None or (isinstance(dim, (tuple, list)) and not dim) else axes_of(dim, ndim)


def accumulated(name: str, input: Any, dtype: Any) -> Any:
    """The input in the dtype that a sum or product has: int64 for integers and booleans."""
    kind = check_tensor(name, input).array.dtype.kind
    wanted = to_numpy(dtype) if dtype is not None else np.dtype(np.int64) if kind in "iub" else input.array.dtype
    return input if input.array.dtype == wanted else cast(input, wanted)


def kept_dtype(x: Any, out: Any) -> Any:
    """A sum or product in the dtype of ``x``: NumPy makes int64 of small integers and booleans that were asked for."""
    return out if out.array.dtype is x.array.dtype else cast(out, x.array.dtype)


@primitive(name="Mean")
def reduce_mean(x: Array, axis: Axes = None, keepdims: bool = False) -> Array:
    """Sum over ``axis``, divided by the number of elements."""
    if x.dtype is HALF:
        return reduce_mean(wide(x), axis, keepdims).astype(HALF)
    n = count(x.shape, axis)
    return in_order(total(x, axis, keepdims=keepdims)) / (n or math.nan)


reduce_mean.derivatives(
    x=lambda g, x_shape, axis: broadcast_to(spread(g / (count(x_shape, axis) or 1), x_shape, axis), x_shape)
)
mean_along = renamed(reduce_mean, "MeanBackward1")


@face
def mean(input: Any, dim: Any = None, keepdim: bool = False, *, dtype: Any = None) -> Any:
    """Arithmetic mean, over all dimensions or over ``dim``; arguments as `sum`.

    Derivative: every element gets ``g / n``, n being how many were averaged.
    Raises: RuntimeError: the input is not floating-point.
    Source: ``torch.mean``.

    Example:
        >>> mgx.tensor([[1.0, 3.0], [2.0, 6.0]]).mean(dim=1)
        tensor([2., 4.])
    """
    if dtype is not None:
        input = cast(check_tensor("mean", input), to_numpy(dtype))
    require_floating("mean", input)
    return (reduce_mean if dim is None else mean_along)(input, axes_or_all(dim, input.ndim), keepdim)


def require_floating(name: str, input: Any) -> None:
    if check_tensor(name, input).array.dtype.kind != "f":
        raise RuntimeError(
            f"{name}(): could not infer output dtype. Input dtype must be either a floating point or complex dtype. "
            f"Got: {input.dtype}; convert it with .float()"
        )


@primitive(name="Prod")
def reduce_prod(x: Array, axis: Axes = None, keepdims: bool = False) -> Array:
    """Product over ``axis``."""
    return in_order(product(x, axis, keepdims=keepdims))


def product_of_others(x: Array, axis: Axes) -> Array:
    """For each element the product of all others along ``axis``; no division, so zeros are no special case.

    The product of what stands before, times the product of what stands behind, in log₂ n doublings.
    """
    if axis is None or len(axis) != 1:
        order = range(x.ndim) if axis is None else (*(i for i in range(x.ndim) if i not in axis), *axis)
        moved = np.transpose(x, tuple(order))
        lead = moved.shape[: x.ndim - len(axis)] if axis is not None else ()
        flat = product_of_others(np.reshape(moved, (*lead, -1)), (len(lead),))
        return np.transpose(np.reshape(flat, moved.shape), tuple(np.argsort(order)))
    (a,) = axis
    n = x.shape[a]
    one = np.zeros_like(take(x, a, 0, 1)) + 1
    before = np.concatenate([one, take(x, a, 0, n - 1)], a)
    behind = np.concatenate([take(x, a, 1, n), one], a)
    step = 1
    while step < n:
        pad = np.concatenate([one] * builtins.min(step, n), a)
        before = before * np.concatenate([pad, take(before, a, 0, n - step)], a)
        behind = behind * np.concatenate([take(behind, a, step, n), pad], a)
        step *= 2
    return before * behind


def take(x: Array, axis: int, start: int, stop: int) -> Array:
    return x[(slice(None),) * axis + (slice(start, stop),)]


reduce_prod.derivatives(
    x=lambda g, x, axis: spread(g, x.shape, axis) * product_of_others(x, axis) if 0 not in x.shape else np.zeros_like(x)
)


prod_along = renamed(reduce_prod, "ProdBackward1")


@face
def prod(input: Any, dim: int | None = None, keepdim: bool = False, *, dtype: Any = None) -> Any:
    """Product of the elements, over all dimensions or over ``dim``.

    Derivative: ``g`` times the product of all other elements, also where some are 0.
    Source: ``torch.prod``.

    Example:
        >>> mgx.tensor([2.0, 3.0, 4.0]).prod()
        tensor(24.)
    """
    x = accumulated("prod", input, dtype)
    return kept_dtype(x, (reduce_prod if dim is None else prod_along)(x, axes_of(dim, x.ndim), keepdim))


# ---------------------------------------------------------------- variance


@primitive(name="Var")
def reduce_var(x: Array, axis: Axes = None, correction: float = 1, keepdims: bool = False) -> Array:
    """Mean squared deviation, with ``n - correction`` in the place of n."""
    if x.dtype is HALF:
        return reduce_var(wide(x), axis, correction, keepdims).astype(HALF)
    n = count(x.shape, axis)
    d = x - total(x, axis, keepdims=True) / (n or math.nan)
    return in_order(total_product(d, d, axis, keepdims)) / x.dtype.type(builtins.max(0, n - correction))


def var_by_x(g: Array, x: Array, axis: Axes, correction: float) -> Array:
    """``g · 2 (x - mean) / (n - correction)``; that the mean moves too adds nothing, as Σ (x - mean) = 0."""
    if 0 in x.shape:
        return np.zeros_like(x)
    d = x - reduce_mean(x, axis, True)
    n = builtins.max(0, count(x.shape, axis) - correction)
    return spread(g, x.shape, axis) * (d * (2 / n if n else math.inf))


reduce_var.derivatives(x=var_by_x)


@primitive(name="Std")
def reduce_std(x: Array, axis: Axes = None, correction: float = 1, keepdims: bool = False) -> Array:
    """Square root of the variance."""
    if x.dtype is HALF:
        return reduce_std(wide(x), axis, correction, keepdims).astype(HALF)
    return np.sqrt(reduce_var(x, axis, correction, keepdims))


def std_by_x(g: Array, x: Array, axis: Axes, correction: float, out: Array) -> Array:
    """That of the variance, divided by ``2 std``; 0 where all values are equal."""
    same = out == 0
    return var_by_x(np.where(same, 0, g / np.where(same, 1, 2 * out)), x, axis, correction)


reduce_std.derivatives(x=std_by_x)


@face
def var(
    input: Any, dim: Any = None, unbiased: bool | None = None, keepdim: bool = False, *, correction: float | None = None
) -> Any:
    """Variance, over all dimensions or over ``dim``.

    Args:
        input: A float tensor.
        dim: Dimension, or tuple of dimensions, to reduce; None for all.
        unbiased: False divides by n, not by n - 1.
        keepdim: Keep reduced dimensions with size 1.
        correction: Divide by ``n - correction``; 1 by default.

    Derivative: ``g · 2 (x - mean) / (n - correction)``.
    Units: those of the input, squared.
    Source: ``torch.var``.

    Example:
        >>> mgx.tensor([1.0, 2.0, 3.0, 4.0]).var()
        tensor(1.6667)
    """
    if isinstance(dim, bool):  # x.var(False)
        dim, unbiased = None, dim
    require_floating("var", input)
    if correction is None:
        correction = 0 if unbiased is False else 1
    return reduce_var(input, axes_or_all(dim, input.ndim), correction, keepdim)


@face
def std(
    input: Any, dim: Any = None, unbiased: bool | None = None, keepdim: bool = False, *, correction: float | None = None
) -> Any:
    """Standard deviation: the square root of `var`, with its arguments and in the units of the input.

    Derivative: ``g · (x - mean) / ((n - correction) · std)``; 0 where all values are equal, as PyTorch's.
    Source: ``torch.std``.

    Example:
        >>> mgx.tensor([1.0, 3.0]).std(correction=0)
        tensor(1.)
    """
    if isinstance(dim, bool):
        dim, unbiased = None, dim
    require_floating("std", input)
    if correction is None:
        correction = 0 if unbiased is False else 1
    return reduce_std(input, axes_or_all(dim, input.ndim), correction, keepdim)


@face(method=False)
def var_mean(
    input: Any, dim: Any = None, unbiased: bool | None = None, keepdim: bool = False, *, correction: float | None = None
) -> tuple[Any, Any]:
    """`var` and `mean`, with the arguments of `var`."""
    found = var(input, dim, unbiased, keepdim, correction=correction)
    return found, mean(input, None if isinstance(dim, bool) else dim, keepdim)


@face(method=False)
def std_mean(
    input: Any, dim: Any = None, unbiased: bool | None = None, keepdim: bool = False, *, correction: float | None = None
) -> tuple[Any, Any]:
    """`std` and `mean`, with the arguments of `std`."""
    found = std(input, dim, unbiased, keepdim, correction=correction)
    return found, mean(input, None if isinstance(dim, bool) else dim, keepdim)


# ---------------------------------------------------------------- log-sum-exp


@primitive(name="Logsumexp")
def log_sum_exp(x: Array, axis: Axes = None, keepdims: bool = False) -> Array:
    """``log Σ exp(x)``, computed as ``m + log Σ exp(x - m)`` with m the maximum, which cannot overflow."""
    if x.dtype is HALF:
        return log_sum_exp(wide(x), axis, keepdims).astype(HALF)
    m = largest(x, axis)
    m = np.where(np.isfinite(m), m, m.dtype.type(0))
    out = np.log(total(np.exp(x - m), axis, keepdims=True)) + m
    return out if keepdims else out.reshape([n for i, n in enumerate(x.shape) if axis is not None and i not in axis])


log_sum_exp.derivatives(x=lambda g, x, axis, out: spread(g, x.shape, axis) * np.exp(x - spread(out, x.shape, axis)))


@face
def logsumexp(input: Any, dim: Any, keepdim: bool = False) -> Any:
    """Numerically stable ``log Σ exp(x)`` along ``dim``.

    Args:
        input: Any tensor; integers are converted.
        dim: Dimension, or tuple of dimensions, to reduce.
        keepdim: Keep reduced dimensions with size 1.

    Shape:
        (..., n, ...) -> (..., ...), or (..., 1, ...) with ``keepdim``.

    Derivative: ``g · softmax(x)``, since softmax(x) = exp(x - out).
    Units: nats.
    Raises: IndexError: ``dim`` is out of range.
    Source: shift by the maximum; matches ``torch.logsumexp``.

    Example:
        >>> round(mgx.logsumexp(mgx.zeros(4), 0).item(), 4)
        1.3863
    """
    x = check_tensor("logsumexp", input)
    if x.array.dtype.kind != "f":
        x = cast(x, default.numpy)
    axis = axes_or_all(dim, x.ndim)
    if count(x.array.shape, axis) == 0:  # the maximum of nothing does not exist; the sum of nothing is 0
        return plus(reduce_sum(x, axis, keepdim), -math.inf)
    return log_sum_exp(x, axis, keepdim)


# ---------------------------------------------------------------- extremes


@primitive(name="Amax")
def reduce_max(x: Array, axis: Axes = None, keepdims: bool = False) -> Array:
    """Maximum over ``axis``."""
    return in_order(greatest(x, axis, keepdims=keepdims))


@primitive(name="Amin")
def reduce_min(x: Array, axis: Axes = None, keepdims: bool = False) -> Array:
    """Minimum over ``axis``."""
    return in_order(least(x, axis, keepdims=keepdims))


def to_extreme(g: Array, x: Array, axis: Axes, out: Array) -> Array:
    """``g``, shared equally by all elements that equal the result; if that is nan, by those that are."""
    chosen = spread(out, x.shape, axis)
    winners = (x == chosen) | ((x != x) & (chosen != chosen))
    return np.where(winners, spread(g, x.shape, axis) / np.sum(winners, axis, keepdims=True), 0)


reduce_max.derivatives(x=to_extreme)
reduce_min.derivatives(x=to_extreme)
max_of_all, min_of_all = renamed(reduce_max, "MaxBackward1"), renamed(reduce_min, "MinBackward1")


def along(x: Array, indices: Array, axis: int) -> tuple[Array, ...]:
    """Indices that pick one element along ``axis`` for each place of the other dimensions."""
    grid = list(np.ogrid[tuple(slice(n) for n in indices.shape)])
    grid[axis] = indices
    return tuple(grid)


def along_flat(shape: tuple[int, ...], indices: Array, axis: int) -> Array:
    """The same places as positions in the flattened array, where NumPy finds them several times faster."""
    positions, step = np.multiply(indices, math.prod(shape[axis + 1 :]), dtype=np.intp), 1
    for a in reversed(range(len(shape))):
        if a != axis:
            positions = positions + (np.arange(shape[a]) * step).reshape(-1, *(1,) * (len(shape) - a - 1))
        step *= shape[a]
    return positions


@primitive(name="Max", saves=("indices",))
def max_along(x: Array, axis: int, keepdims: bool = False) -> tuple[Array, Array]:
    """Maximum along one axis, and where it stands: the first of equals."""
    indices = np.expand_dims(np.argmax(x, axis), axis)
    return picked(x, indices, axis, keepdims)


@primitive(name="Min", saves=("indices",))
def min_along(x: Array, axis: int, keepdims: bool = False) -> tuple[Array, Array]:
    """Minimum along one axis, and where it stands: the first of equals."""
    indices = np.expand_dims(np.argmin(x, axis), axis)
    return picked(x, indices, axis, keepdims)


def picked(x: Array, indices: Array, axis: int, keepdims: bool) -> tuple[Array, Array]:
    out = np.take_along_axis(x, indices, axis)
    return (out, indices) if keepdims else (out.squeeze(axis), indices.squeeze(axis))


@primitive(name="Gather")
def take_along(x: Array, indices: Array, axis: int) -> Array:
    """``x[..., indices, ...]`` along one axis; all other dimensions go side by side."""
    if x.flags.c_contiguous:
        return x.take(along_flat(x.shape, indices, axis))
    return in_order(np.take_along_axis(x, indices, axis))


@primitive()
def add_along(x: Array, indices: Array, axis: int, shape: tuple[int, ...]) -> Array:
    """Zeros of ``shape``, and ``x`` added at the places from which `take_along` takes."""
    out = np.zeros(shape, x.dtype)
    flat, positions = out.reshape(-1), along_flat(shape, indices, axis)
    if indices.shape[axis] == 1:  # one in each line: no place comes twice
        flat[positions] = x
    else:
        np.add.at(flat, positions.reshape(-1), x.reshape(-1))
    return out


take_along.derivatives(x=lambda g, indices, axis, x_shape: add_along(g, indices, axis, x_shape))
add_along.derivatives(x=lambda g, indices, axis: take_along(g, indices, axis))


def to_picked(g: Array, indices: Array, axis: int, x_shape: tuple[int, ...]) -> Array:
    """``g`` at the place of the extreme, 0 elsewhere."""
    shape = kept(x_shape, (axis,))
    return add_along(np.reshape(g, shape), np.reshape(indices, shape), axis, x_shape)


max_along.derivatives(x=to_picked)
min_along.derivatives(x=to_picked)


def extreme(name: str, input: Any, dim: Any, keepdim: bool, whole: Any, along_one: Any, of_two: Any, pair: Any) -> Any:
    """What `max` and `min` share: with no dim over all, with a dim values and indices, with a tensor of two."""
    x = check_tensor(name, input)
    if hasattr(dim, "array"):
        return of_two(x, dim)
    if x.array.size == 0 and (dim is None or x.array.shape[axis_of(dim, x.ndim)] == 0):
        raise (RuntimeError if dim is None else IndexError)(
            f"{name}(): Expected reduction dim {'to be specified for input.numel() == 0' if dim is None else dim}"
            f"{'. Specify the reduction dim with the dim argument.' if dim is None else ' to have non-zero size.'}"
        )
    if dim is None:
        return whole(x)
    if x.ndim == 0:
        axis_of(dim, 0)
        return pair(x.clone(), wrap(np.int64(0)))
    return pair(*along_one(x, axis_of(dim, x.ndim), keepdim))


@face
def max(input: Any, dim: Any = None, keepdim: bool = False) -> Any:
    """The greatest element; with ``dim`` the greatest along it, and its index; of two tensors the greater.

    Args:
        input: Any tensor that is not empty.
        dim: Dimension to reduce; None for all; a second tensor for `maximum`.
        keepdim: Keep the reduced dimension with size 1.

    Returns: a 0-d tensor; with ``dim`` a named pair ``(values, indices)``.
    Derivative: ``g`` goes to the element that was chosen; over all dimensions, equals share it.
    Raises: IndexError: ``dim`` is out of range. RuntimeError: the input is empty.
    Source: ``torch.max``.

    Example:
        >>> values, indices = mgx.tensor([[1.0, 5.0], [7.0, 2.0]]).max(dim=1)
        >>> values, indices
        (tensor([5., 7.]), tensor([1, 0]))
    """
    return extreme("max", input, dim, keepdim, max_of_all, max_along, np.maximum, return_types.max)


@face
def min(input: Any, dim: Any = None, keepdim: bool = False) -> Any:
    """The least element; with ``dim`` the least along it, and its index; of two tensors the lesser. As `max`."""
    return extreme("min", input, dim, keepdim, min_of_all, min_along, np.minimum, return_types.min)


@face
def amax(input: Any, dim: Any = (), keepdim: bool = False) -> Any:
    """The greatest element over all dimensions or over ``dim``; equals share the gradient."""
    return reduce_max(input, axes_with_elements("amax", input, dim), keepdim)


@face
def amin(input: Any, dim: Any = (), keepdim: bool = False) -> Any:
    """The least element over all dimensions or over ``dim``; equals share the gradient."""
    return reduce_min(input, axes_with_elements("amin", input, dim), keepdim)


def axes_with_elements(name: str, input: Any, dim: Any) -> Axes:
    """As `axes_or_all`, or PyTorch's error where there is nothing to choose from."""
    axis = axes_or_all(dim, check_tensor(name, input).ndim)
    if count(input.array.shape, axis) == 0:
        raise (RuntimeError if axis is None else IndexError)(
            f"{name}(): Expected reduction dim {'to be specified for input.numel() == 0' if axis is None else dim}"
            f"{'' if axis is None else ' to have non-zero size'}; got shape {list(input.shape)}"
        )
    return axis


@primitive()
def index_of(x: Array, function: Any, axis: int | None, keepdims: bool) -> Array:
    """Where ``function``, np.argmax or np.argmin, finds its element."""
    if x.size == 0 and (axis is None or x.shape[axis] == 0):
        raise IndexError(
            f"{function.__name__}(): Expected reduction dim {'to be specified' if axis is None else axis} "
            f"{'for input.numel() == 0' if axis is None else 'to have non-zero size'}; got shape {x.shape}"
        )
    return function(x, axis, keepdims=keepdims)


@face
def argmax(input: Any, dim: int | None = None, keepdim: bool = False) -> Any:
    """Index of the greatest element, of the first if several are equal; without ``dim`` in the flattened tensor.

    Source: ``torch.argmax``.

    Example:
        >>> mgx.tensor([[1, 5], [7, 2]]).argmax(dim=1)
        tensor([1, 0])
    """
    return argument(input, np.argmax, dim, keepdim)


@face
def argmin(input: Any, dim: int | None = None, keepdim: bool = False) -> Any:
    """Index of the least element, of the first if several are equal; as `argmax`."""
    return argument(input, np.argmin, dim, keepdim)


def argument(input: Any, function: Any, dim: int | None, keepdim: bool) -> Any:
    x = check_tensor(function.__name__, input)
    if x.array.dtype.kind == "b":
        raise RuntimeError(f"{function.__name__}(): does not support bool input; convert it with .long()")
    axis = None if dim is None else axis_of(dim, x.ndim)
    return index_of(x, function, axis if x.ndim else None, keepdim)


# ---------------------------------------------------------------- any, all


@primitive()
def reduce_any(x: Array, axis: Axes, keepdims: bool) -> Array:
    """Whether some element is non-zero."""
    return in_order(some(x, axis, keepdims=keepdims))


@primitive()
def reduce_all(x: Array, axis: Axes, keepdims: bool) -> Array:
    """Whether every element is non-zero."""
    return in_order(every(x, axis, keepdims=keepdims))


@face
def any(input: Any, dim: Any = None, keepdim: bool = False) -> Any:
    """Whether any element is non-zero, over all dimensions or over ``dim``."""
    out = reduce_any(input, axes_of(dim, check_tensor("any", input).ndim), keepdim)
    return out if input.array.dtype != np.uint8 else cast(out, np.uint8)  # as in PyTorch's older masks


@face
def all(input: Any, dim: Any = None, keepdim: bool = False) -> Any:
    """Whether all elements are non-zero, over all dimensions or over ``dim``."""
    out = reduce_all(input, axes_of(dim, check_tensor("all", input).ndim), keepdim)
    return out if input.array.dtype != np.uint8 else cast(out, np.uint8)


@face
def count_nonzero(input: Any, dim: Any = None) -> Any:
    """How many elements are not 0, over all dimensions or over ``dim``, as int64.

    Source: ``torch.count_nonzero``.

    Example:
        >>> mgx.tensor([[0, 1], [2, 3]]).count_nonzero(dim=0)
        tensor([1, 2])
    """
    x = check_tensor("count_nonzero", input)
    return wrap(np.asarray(np.count_nonzero(x.array, axes_or_all(dim, x.ndim)), order="C"))


# ---------------------------------------------------------------- running sums


def sums_so_far(x: Array, axis: int) -> Array:
    """``np.add.accumulate``; in another order through memory, and up to eight times as fast, where slices are large."""
    if axis == x.ndim - 1 or x.size < 256 * x.shape[axis] or x.dtype.char not in "fd":
        return in_order(np.add.accumulate(x, axis))
    out = np.array(x, order="C")
    slices = np.moveaxis(out, axis, 0)
    for before, here in itertools.pairwise(slices):
        here += before
    return out


@primitive(name="Cumsum")
def running_sum(x: Array, axis: int) -> Array:
    """Sums of the elements up to each one."""
    if x.dtype is HALF:
        return running_sum(wide(x), axis).astype(HALF)
    return sums_so_far(x, axis) if x.ndim else x.copy()


@primitive()
def running_sum_back(x: Array, axis: int) -> Array:
    """Sums of the elements from each one on."""
    if x.dtype is HALF:
        return running_sum_back(wide(x), axis).astype(HALF)
    return np.flip(sums_so_far(np.flip(x, axis), axis), axis) if x.ndim else x.copy()


running_sum.derivatives(x=lambda g, axis: running_sum_back(g, axis))
running_sum_back.derivatives(x=lambda g, axis: running_sum(g, axis))


@face(inplace=True)
def cumsum(input: Any, dim: int, *, dtype: Any = None) -> Any:
    """Running sum along ``dim``.

    Derivative: each element gets the sum of ``g`` from its place on.
    Source: ``torch.cumsum``.

    Example:
        >>> mgx.tensor([1.0, 2.0, 3.0]).cumsum(0)
        tensor([1., 3., 6.])
    """
    x = accumulated("cumsum", input, dtype)
    return kept_dtype(x, running_sum(x, axis_of(dim, x.ndim)))


@primitive(name="Cumprod")
def running_product(x: Array, axis: int) -> Array:
    """Products of the elements up to each one."""
    return in_order(np.multiply.accumulate(x, axis))


def running_product_by_x(g: Array, x: Array, axis: int) -> Array:
    """The product of what stands before x, times s, with ``s_i = g_i + x_(i+1) · s_(i+1)``.

    No division, so zeros are no special case; and the sums s are found in log₂ n doublings.
    """
    n = x.shape[axis]
    zero = np.zeros_like(take(x, axis, 0, 1))
    before = np.cumprod(np.concatenate([zero + 1, take(x, axis, 0, n - 1)], axis), axis)
    s, factor, step = g, np.concatenate([take(x, axis, 1, n), zero], axis), 1
    while step < n:
        pad = np.concatenate([zero] * step, axis)
        s = s + factor * np.concatenate([take(s, axis, step, n), pad], axis)
        factor = factor * np.concatenate([take(factor, axis, step, n), pad], axis)
        step *= 2
    return before * s


running_product.derivatives(x=running_product_by_x)


@face(inplace=True)
def cumprod(input: Any, dim: int, *, dtype: Any = None) -> Any:
    """Running product along ``dim``.

    Derivative: each element gets the sum of ``g`` from its place on, each times the product of the other factors.
    Source: ``torch.cumprod``.

    Example:
        >>> mgx.tensor([1.0, 2.0, 3.0]).cumprod(0)
        tensor([1., 2., 6.])
    """
    x = accumulated("cumprod", input, dtype)
    axis = axis_of(dim, x.ndim)
    return kept_dtype(x, running_product(x, axis)) if x.ndim else x * 1


def norm_of(size: Array, p: float, axis: Axes, keepdims: bool) -> Array:
    """``(Σ size^p)^(1/p)``, of numbers that are not negative, unless p is 2."""
    if p == math.inf:
        return greatest(size, axis, keepdims=keepdims)
    if p == -math.inf:
        return least(size, axis, keepdims=keepdims)
    if p == 0:
        return total(size != 0, axis, keepdims=keepdims).astype(size.dtype)
    if p == 1:
        return total(size, axis, keepdims=keepdims)
    if p == 2:
        return np.sqrt(total_product(size, size, axis, keepdims))
    return total(size**p, axis, keepdims=keepdims) ** (1 / p)


@primitive(name="LinalgVectorNorm")
def p_norm(x: Array, p: float, axis: Axes, keepdims: bool) -> Array:
    """``(Σ |x|^p)^(1/p)``; the greatest or least |x| for p = ±inf, the number of non-zeros for p = 0."""
    if math.isinf(p) and 0 in [x.shape[a] for a in (range(x.ndim) if axis is None else axis)]:
        raise RuntimeError(
            f"linalg.vector_norm cannot compute the {p} norm on an empty dimension of shape {list(x.shape)}, as the "
            "operation does not have an identity"
        )
    size = wide(x)
    return norm_of(size if p == 2 else np.absolute(size), p, axis, keepdims).astype(x.dtype, order="C", copy=False)


def p_norm_by_x(g: Array, x: Array, p: float, axis: Axes, out: Array) -> Array:
    """``g · sign(x) · (|x| / norm)^(p-1)``; 0, one of the subgradients, where the norm is 0."""
    g, n = spread(g, x.shape, axis), spread(out, x.shape, axis)
    if p == 0:
        return np.zeros_like(x)
    if p == 1:
        return g * np.sign(x)
    if math.isinf(p):
        winners = np.absolute(x) == n
        return np.where(winners, g / np.sum(winners, axis, keepdims=True), 0) * np.sign(x)
    n = np.where(n == 0, 1, n)
    if p == 2:
        return g * (x / n)
    ratio = np.absolute(x) / n
    return g * np.sign(x) * np.where(ratio == 0, 0, np.where(ratio == 0, 1, ratio) ** (p - 1))


p_norm.derivatives(x=p_norm_by_x)
