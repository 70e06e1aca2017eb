"""NumPy's functions on tensors with NumPy's arguments: an axis may be one number, negative, or left out.

Rules use the same functions, so this is also what they call when they are recorded.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from microgradx.graph import NUMPY, Variable
from microgradx.ops.elementwise import choose
from microgradx.ops.face import axes_of, axis_of
from microgradx.ops.reduction import (
    reduce_max,
    reduce_mean,
    reduce_min,
    reduce_prod,
    reduce_std,
    reduce_sum,
    reduce_var,
    running_product,
    running_sum,
)
from microgradx.ops.shape import cycle, drop, insert, movedim, ravel, reorder, repeat_whole, reshape, reverse

Named = Callable[..., Any]


def reduction(operation: Named) -> Named:
    """``np.sum`` and its like."""

    def call(a: Any, axis: Any = None, *, keepdims: bool = False) -> Any:
        return operation(a, axes_of(axis, a.ndim), keepdims=keepdims)

    return call


def deviation(operation: Named) -> Named:
    """``np.var`` and ``np.std``, which divide by n - ``ddof``, where PyTorch divides by n - 1."""

    def call(a: Any, axis: Any = None, *, ddof: float = 0, keepdims: bool = False) -> Any:
        return operation(a, axes_of(axis, a.ndim), ddof, keepdims)

    return call


def running(operation: Named) -> Named:
    """``np.cumsum`` and ``np.cumprod``: of all elements in a row, without an axis."""

    def call(a: Any, axis: int | None = None) -> Any:
        return operation(ravel(a), 0) if axis is None else operation(a, axis_of(axis, a.ndim))

    return call


def flip(m: Any, axis: Any = None) -> Any:
    return reverse(m, tuple(range(m.ndim)) if axis is None else axes_of(axis, m.ndim))


def roll(a: Any, shift: Any, axis: Any = None) -> Any:
    return reshape(cycle(ravel(a), shift, 0), a.array.shape) if axis is None else cycle(a, shift, axis)


def squeeze(a: Any, axis: Any = None) -> Any:
    ones = tuple(i for i, n in enumerate(a.array.shape) if n == 1)
    return drop(a, ones if axis is None else axes_of(axis, a.ndim))


def expand_dims(a: Any, axis: Any) -> Any:
    axes = axis if isinstance(axis, tuple) else (axis,)
    for place in sorted(axis_of(i, a.ndim + len(axes)) for i in axes):
        a = insert(a, place)
    return a


def transpose(a: Any, axes: Any = None) -> Any:
    return reorder(a, axes if axes is None else axes_of(axes, a.ndim))


def tile(A: Any, reps: Any) -> Any:
    reps = tuple(reps) if isinstance(reps, (tuple, list)) else (reps,)
    return repeat_whole(A, (1,) * (A.ndim - len(reps)) + reps)


def where(condition: Any, x: Any, y: Any) -> Any:
    return choose(condition if isinstance(condition, Variable) else np.asarray(condition), x, y)


NUMPY.update({
    np.sum: reduction(reduce_sum), np.mean: reduction(reduce_mean), np.prod: reduction(reduce_prod),
    np.max: reduction(reduce_max), np.amax: reduction(reduce_max),
    np.min: reduction(reduce_min), np.amin: reduction(reduce_min),
    np.var: deviation(reduce_var), np.std: deviation(reduce_std),
    np.cumsum: running(running_sum), np.cumprod: running(running_product),
    np.flip: flip, np.roll: roll, np.squeeze: squeeze, np.moveaxis: movedim,
    np.expand_dims: expand_dims, np.transpose: transpose, np.tile: tile,
    np.where: where,
})  # fmt: skip
