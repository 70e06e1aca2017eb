"""Order: sorting, the largest few, the middle one, and what occurs at all.

To sort is to find where each element goes, which has no derivative, and then to pick the elements in that
order, which is `take_along`: its rule carries the gradient back to where each element came from.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from microgradx import return_types
from microgradx.engine import primitive, renamed
from microgradx.graph import Array, Variable, wrap
from microgradx.ops.face import axis_of, check_tensor, face
from microgradx.ops.reduction import take_along, to_extreme
from microgradx.ops.shape import rearrange
from microgradx.views import legacy_name


def order(x: Array, axis: int, descending: bool = False) -> Array:
    """The positions of the elements, sorted; equals keep their order, and nan counts as the greatest."""
    if not descending:
        return np.argsort(x, axis, kind="stable")
    return x.shape[axis] - 1 - np.flip(np.argsort(np.flip(x, axis), axis, kind="stable"), axis)


def first_in_order(x: Array, axis: int, k: int, descending: bool) -> Array:
    """The positions of the first ``k`` in order; only these are sorted, unless equals, or nan, compete for the last place."""
    n = x.shape[axis]
    if 0 < k <= n // 4:
        chosen = range(n - k, n) if descending else range(k)
        found = np.sort(np.argpartition(x, n - k if descending else k - 1, axis).take(chosen, axis), axis)
        values = np.take_along_axis(x, found, axis)
        last = (np.min if descending else np.max)(values, axis, keepdims=True)
        rivals = np.count_nonzero(x == last, axis)
        if rivals.all() and (rivals == np.count_nonzero(values == last, axis)).all():
            return np.take_along_axis(found, order(values, axis, descending), axis)
    return order(x, axis, descending).take(range(k), axis)


PICK = {
    "kthvalue": renamed(take_along, "KthvalueBackward0"),
    "sort": renamed(take_along, "SortBackward0"),
    "topk": renamed(take_along, "TopkBackward0"),
    "median": renamed(take_along, "MedianBackward1"),
}


def picked(name: str, x: Any, axis: int, choose: Any, keepdim: bool = True) -> Any:
    """Values and indices of the elements at the positions that ``choose(array, axis)`` finds."""
    line = x if x.ndim else rearrange(x, (1,))
    indices = choose(line.array, axis)
    values = PICK[name](line, indices, axis)
    if not x.ndim or not keepdim:
        shape = indices.shape[:axis] + indices.shape[axis + 1 :]
        values, indices = np.reshape(values, shape), indices.reshape(shape)
    return getattr(return_types, name)(values, wrap(indices))


@face
def sort(input: Any, dim: int = -1, descending: bool = False, stable: bool = False) -> Any:
    """The elements in rising order along ``dim``, and where they stood.

    Args:
        input: Any tensor.
        dim: The dimension along which elements are ordered.
        descending: In falling order.
        stable: Accepted: equals always keep their order.

    Returns: a named pair ``(values, indices)``.
    Derivative: ``g`` goes back to where each element stood.
    Raises: IndexError: ``dim`` is out of range.
    Source: ``torch.sort``.

    Example:
        >>> values, indices = mgx.tensor([2.0, 3.0, 1.0]).sort()
        >>> values, indices
        (tensor([1., 2., 3.]), tensor([2, 0, 1]))
    """
    x = check_tensor("sort", input)
    return picked("sort", x, axis_of(dim, x.ndim), lambda a, axis: order(a, axis, descending))


@face
def argsort(input: Any, dim: int = -1, descending: bool = False, stable: bool = False) -> Any:
    """The positions of the elements in rising order along ``dim``: the indices of `sort`.

    Source: ``torch.argsort``.

    Example:
        >>> mgx.tensor([2.0, 3.0, 1.0]).argsort()
        tensor([2, 0, 1])
    """
    return sort(check_tensor("argsort", input).detach(), dim, descending, stable).indices


@face
def topk(input: Any, k: int, dim: int = -1, largest: bool = True, sorted: bool = True) -> Any:
    """The ``k`` greatest elements along ``dim``, the greatest first, and where they stand.

    Args:
        input: Any tensor.
        k: How many.
        dim: The dimension along which they are sought.
        largest: False for the least ones.
        sorted: Accepted: they always are.

    Returns: a named pair ``(values, indices)``.
    Derivative: ``g`` goes to the elements that were chosen.
    Raises: RuntimeError: there are fewer than ``k``.
    Source: ``torch.topk``.

    Example:
        >>> mgx.tensor([1.0, 4.0, 3.0]).topk(2).indices
        tensor([1, 2])
    """
    x = check_tensor("topk", input)
    axis = axis_of(dim, x.ndim)
    if not 0 <= k <= (x.array.shape[axis] if x.ndim else 1):
        raise RuntimeError(f"selected index k out of range; got k = {k} for shape {list(x.shape)} and dim {dim}")
    picks = k if x.ndim else 1  # a number is picked in any case, as in PyTorch
    return picked("topk", x, axis, lambda a, axis: first_in_order(a, axis, picks, largest))


@face
def kthvalue(input: Any, k: int, dim: int = -1, keepdim: bool = False) -> Any:
    """The k-th least element along ``dim``, counted from 1, and where it stands.

    Returns: a named pair ``(values, indices)``.
    Derivative: ``g`` goes to the element that was chosen.
    Raises: RuntimeError: there is no k-th element.
    Source: ``torch.kthvalue``.

    Example:
        >>> mgx.tensor([3.0, 1.0, 2.0]).kthvalue(2).values
        tensor(2.)
    """
    x = check_tensor("kthvalue", input)
    axis = axis_of(dim, x.ndim)
    if not 1 <= k <= (x.array.shape[axis] if x.ndim else 1):
        raise RuntimeError(f"kthvalue(): selected number k out of range for dimension {axis}")
    return picked("kthvalue", x, axis, lambda a, axis: order(a, axis).take([k - 1], axis), keepdim)


@primitive(name="Median")
def middle(x: Array) -> Array:
    """The lower median of all elements."""
    if not x.size or np.isnan(x).any():
        return x.dtype.type(np.nan)
    return np.partition(x.reshape(-1), (x.size - 1) // 2)[(x.size - 1) // 2]


middle.derivatives(x=lambda g, x, out: to_extreme(g, x, None, out))


def middle_place(x: Array, axis: int) -> Array:
    """Where the lower median stands along an axis, as one index; if there is a nan, the first one."""
    chosen = order(x, axis).take([(x.shape[axis] - 1) // 2], axis)
    bad = np.isnan(x)
    return np.where(bad.any(axis, keepdims=True), bad.argmax(axis, keepdims=True), chosen)


@face
def median(input: Any, dim: int | None = None, keepdim: bool = False) -> Any:
    """The middle element in order, the lower of two; with ``dim`` that along it, and its index.

    Returns: a 0-d tensor; with ``dim`` a named pair ``(values, indices)``.
    Derivative: ``g`` goes to the element that was chosen; over all dimensions, equals share it.
    Raises: IndexError: ``dim`` is out of range, or there is nothing along it.
    Source: ``torch.median``.

    Example:
        >>> mgx.tensor([4.0, 1.0, 3.0, 2.0]).median()
        tensor(2.)
    """
    x = check_tensor("median", input)
    if dim is None:
        return middle(x)
    axis = axis_of(dim, x.ndim)
    if x.ndim and not x.array.shape[axis]:
        raise IndexError(f"median(): Expected reduction dim {dim} to have non-zero size.")
    return picked("median", x, axis, middle_place, keepdim)


@face
def unique(
    input: Any,
    sorted: bool = True,
    return_inverse: bool = False,
    return_counts: bool = False,
    dim: int | None = None,
) -> Any:
    """The different elements, or the different slices along ``dim``, in rising order.

    Args:
        input: Any tensor.
        sorted: Accepted: they always are.
        return_inverse: Also return, for each element, which of them it is.
        return_counts: Also return how often each occurs.
        dim: Compare slices along this dimension; None compares elements.

    Returns: a tensor; or a tuple of it and what else was asked for.
    Source: ``torch.unique``.

    Example:
        >>> mgx.tensor([3, 1, 3]).unique(return_counts=True)
        (tensor([1, 3]), tensor([1, 2]))
    """
    a = np.asarray(check_tensor("unique", input).array)
    axis = None if dim is None else axis_of(dim, a.ndim)
    values, inverse, counts = np.unique(a if a.ndim else a.reshape(1), False, True, True, axis, equal_nan=False)
    inverse = inverse.reshape(a.shape if axis is None else -1)
    found = [wrap(values), *[wrap(inverse)] * return_inverse, *[wrap(counts)] * return_counts]
    return tuple(found) if len(found) > 1 else found[0]


# ---------------------------------------------------------------- histograms


def between(function: str, x: Array, low: float, high: float, widen: float) -> tuple[float, float]:
    """The range of a histogram: that of the elements if none is given, and never empty."""
    if low == high and x.size:
        low, high = float(x.min()), float(x.max())
    if not np.isfinite([low, high]).all():
        raise RuntimeError(f"torch.{function}: range of [{low}, {high}] is not finite")
    if low > high:
        raise RuntimeError(f"torch.{function}: max must be larger than min; got {low} and {high}")
    return (low - widen, high + widen) if low == high else (low, high)


def check_histogram(function: str, input: Any, bins: Any) -> Array:
    """The elements, in one row, to be counted in so many bins; None if there are edges."""
    x = check_tensor(function, input).array
    if x.dtype.kind != "f":
        raise NotImplementedError(f"\"{function}\" not implemented for '{legacy_name(x.dtype.name)}'; use .float()")
    if bins is not None and bins <= 0:
        raise RuntimeError(f"torch.{function}(): bins must be > 0, but got {bins}")
    return x.reshape(-1)


@face
def histc(input: Any, bins: int = 100, min: float = 0, max: float = 0) -> Any:
    """How many elements fall in each of so many bins of one width.

    Args:
        input: A float tensor.
        bins: How many bins.
        min: Where the first one begins; what lies before is not counted.
        max: Where the last one ends. If the two are equal, the least and the greatest element take their place.

    Shape: any -> (bins), in the dtype of the input.
    Raises: RuntimeError: a range that is not finite; no bin.
    Source: ``torch.histc``.

    Example:
        >>> mgx.histc(mgx.tensor([1.0, 2.0, 1.0]), bins=4, min=0, max=3)
        tensor([0., 2., 1., 0.])
    """
    x = check_histogram("histc", input, bins)
    low, high = between("histc", x, float(min), float(max), 1)
    place = (x[(x >= low) & (x <= high)] - x.dtype.type(low)) / x.dtype.type(high - low) * bins
    counts = np.bincount(np.minimum(place.astype(np.intp), bins - 1), minlength=bins)
    return wrap(counts.astype(x.dtype))


@face
def histogram(input: Any, bins: Any = 100, *, range: Any = None, weight: Any = None, density: bool = False) -> Any:
    """How many elements fall in each bin, or how much they weigh; and the edges of the bins.

    Args:
        input: A float tensor.
        bins: How many bins of one width, or a tensor of their edges in rising order. A bin includes its left edge, the
            last one also the right one.
        range: The first and the last edge; by default the least and the greatest element.
        weight: What each element counts, in the shape of the input; None for 1.
        density: Divide by the sum and by the widths of the bins, so that the integral is 1.

    Returns: a named pair ``(hist, bin_edges)``.
    Raises: RuntimeError: a range that is not finite; no bin.
    Source: ``torch.histogram``.

    Example:
        >>> mgx.histogram(mgx.tensor([1.0, 2.0, 1.0]), mgx.tensor([0.0, 1.5, 2.0])).hist
        tensor([2., 1.])
    """
    given = isinstance(bins, Variable)
    x = check_histogram("histogram", input, None if given else bins)
    if given:
        edges = bins.array
    else:
        low, high = range or ((0, 0) if x.size else (0, 1))
        low, high = between("histogram", x, low, high, 0.5)
        edges = np.linspace(low, high, bins + 1, dtype=x.dtype)
    inside = (x >= edges[0]) & (x <= edges[-1])
    place = np.minimum(np.searchsorted(edges, x[inside], "right") - 1, len(edges) - 2)
    weights = None if weight is None else weight.array.reshape(-1)[inside]
    found = np.bincount(place, weights, len(edges) - 1).astype(x.dtype)
    if density:
        found = found / found.sum() / np.diff(edges)
    return return_types.histogram(wrap(found), wrap(edges))
