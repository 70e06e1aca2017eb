"""Padding: a border of a constant, or of the values that stand near it."""

from __future__ import annotations

from typing import Any

import numpy as np

from microgradx.engine import primitive
from microgradx.graph import Array
from microgradx.ops.face import check_tensor

Widths = tuple[tuple[int, int], ...]


@primitive(name="ConstantPadNd")
def surround(x: Array, widths: Widths, value: float) -> Array:
    """``x`` with (before, after) more places on each axis; negative widths cut off."""
    shape = [n + before + after for n, (before, after) in zip(x.shape, widths)]
    if any(n + min(before, 0) + min(after, 0) < 0 for n, (before, after) in zip(x.shape, widths)):
        raise RuntimeError(f"pad: expected widths that leave something of shape {x.shape}, got {widths}")
    out = np.full(shape, value, x.dtype)
    inner = tuple(slice(max(a, 0), n - max(b, 0)) for n, (a, b) in zip(shape, widths))
    rest = tuple(slice(max(-a, 0), n - max(-b, 0)) for n, (a, b) in zip(x.shape, widths))
    out[inner] = x[rest]
    return out


# The gradient comes from where x went: what was added is cut off, what was cut off gets zeros.
surround.derivatives(x=lambda g, widths: surround(g, tuple((-a, -b) for a, b in widths), 0))


@primitive()
def repeat_places(x: Array, axis: int, indices: Array) -> Array:
    """``x`` at the indices along one axis; places may come several times."""
    return x.take(indices, axis)


@primitive()
def add_places(x: Array, axis: int, indices: Array, n: int) -> Array:
    """The adjoint of `repeat_places`: what was taken from one place is added up there.

    Border and inside are runs of indices with one step, so that a whole run is added at once.
    """
    out = np.zeros((*x.shape[:axis], n, *x.shape[axis + 1 :]), x.dtype)
    before: Any = (slice(None),) * axis
    for run in np.split(np.arange(len(indices)), np.flatnonzero(np.diff(np.diff(indices))) + 2):
        if not len(run):
            continue
        first, last = int(indices[run[0]]), int(indices[run[-1]])
        step = (last - first) // max(len(run) - 1, 1)
        part = x[(*before, slice(run[0], run[-1] + 1))]
        if step == 0:
            out[(*before, first)] += part.sum(axis)
        else:
            part = part[(*before, slice(None, None, -1))] if step < 0 else part
            out[(*before, slice(min(first, last), max(first, last) + 1, abs(step)))] += part
    return out


repeat_places.derivatives(x=lambda g, axis, indices, x_shape: add_places(g, axis, indices, x_shape[axis]))
add_places.derivatives(x=lambda g, axis, indices: repeat_places(g, axis, indices))


def reflected(n: int, before: int, after: int) -> Array:
    """Mirrored at the outermost values, which are not repeated: 2 1 | 0 1 2 | 1 0."""
    i = np.absolute(np.arange(-before, n + after))
    return np.where(i < n, i, 2 * (n - 1) - i)


def replicated(n: int, before: int, after: int) -> Array:
    """The outermost values again: 0 0 | 0 1 2 | 2 2."""
    return np.clip(np.arange(-before, n + after), 0, n - 1)


def circular(n: int, before: int, after: int) -> Array:
    """As if x, cut first where a width is negative, were repeated: 1 2 | 0 1 2 | 0 1."""
    start, rest = max(-before, 0), n - max(-before, 0) - max(-after, 0)
    return start + np.arange(-max(before, 0), rest + max(after, 0)) % max(rest, 1)


BORDERS = {"reflect": reflected, "replicate": replicated, "circular": circular}


def pad(input: Any, pad: Any, mode: str = "constant", value: float | None = None) -> Any:
    """``input`` with a border.

    Args:
        input: Any tensor.
        pad: How many places to add before and after: first for the last dimension, then for the one before
            it, and so on. Negative numbers cut off.
        mode: ``"constant"``, or what to take from the input: ``"reflect"`` mirrors it at its outermost values,
            ``"replicate"`` repeats these, ``"circular"`` goes on at the other end.
        value: What a constant border consists of; None for 0.

    Shape:
        (..., n) -> (..., pad[0] + n + pad[1])

    Derivative: each element gets the sum of ``g`` over the places where it went.
    Raises: RuntimeError: an odd number of widths, or more than the dimensions need; a border that is too
        wide to be taken from the input. NotImplementedError: another mode.
    Source: ``torch.nn.functional.pad``.

    Example:
        >>> from microgradx.nn import functional as F
        >>> F.pad(mgx.tensor([[1.0, 2.0, 3.0]]), (2, 1), mode="reflect")
        tensor([[3., 2., 1., 2., 3., 2.]])
    """
    shape = check_tensor("pad", input).array.shape
    if mode != "constant" and mode not in BORDERS:
        raise NotImplementedError(f"Unrecognised padding mode {mode}; use constant, reflect, replicate or circular")
    if len(pad) % 2:
        raise RuntimeError(f"Padding length must be divisible by 2; got {len(pad)} numbers")
    if len(pad) > 2 * len(shape):
        raise RuntimeError(
            "Padding length should be less than or equal to two times the input dimension but got padding length "
            f"{len(pad)} and input of dimension {len(shape)}"
        )
    widths = [(int(pad[i]), int(pad[i + 1])) for i in range(0, len(pad), 2)][::-1]
    first = len(shape) - len(widths)
    if mode == "constant":
        return surround(input, ((0, 0),) * first + tuple(widths), 0 if value is None else value)
    if value:
        raise RuntimeError(f'Padding mode "{mode}" doesn\'t take in value argument; only "constant" does')
    if not 1 <= len(widths) <= 3 or len(shape) not in (len(widths) + 1, len(widths) + 2):
        raise NotImplementedError(
            f"Padding size {len(pad)} is not supported for {len(shape)}D input tensor in mode {mode}; "
            "give 2 numbers for a 2D or 3D input, 4 for 3D or 4D, 6 for 4D or 5D"
        )
    if mode != "circular" and (
        0 in shape[first - 1 :] or all(n + a + b < 1 for n, (a, b) in zip(shape[first:], widths))
    ):
        raise RuntimeError(
            f"pad: expected an input with something in all dimensions but the batch, and something of it to be left in "
            f"mode {mode}; got {list(shape)} and widths {pad}"
        )
    for axis, (before, after) in enumerate(widths, first):
        n, rest = shape[axis], shape[axis] + min(before, 0) + min(after, 0)
        widest = {"reflect": n - 1, "circular": rest}.get(mode, max(before, after))
        if max(before, after) > widest or n + before + after < 0:
            raise RuntimeError(
                f"Padding size should be less than the corresponding input dimension, but got: padding "
                f"({before}, {after}) at dimension {axis} of input {list(shape)}"
            )
        input = repeat_places(input, axis, BORDERS[mode](n, before, after))
    return input
