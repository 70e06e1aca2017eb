"""Normalisation: values moved and scaled so that groups of them have mean 0 and variance 1.

Layers differ in which values make a group: `layer_norm` takes the features of one sample, `batch_norm`
one channel of all samples. Both are `normalize` over other axes.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from microgradx.engine import HALF, primitive
from microgradx.graph import Array
from microgradx.ops.elementwise import in_order, wide
from microgradx.ops.reduction import Axes, add_up, count, reduce_var, total_product


@primitive(name="Inner")
def inner(x: Array, y: Array, axis: Axes) -> Array:
    """``Σ x · y`` along the axes, which stay with size 1."""
    return total_product(x, y, axis, True)


inner.derivatives(x=lambda g, y: g * y, y=lambda g, x: g * x)


def total(x: Array, axis: Axes) -> Array:
    """``Σ x`` along the axes, which stay with size 1."""
    return add_up(x, axis, True)


def normalize(x: Array, weight: Array | None, bias: Array | None, axis: Axes, eps: float) -> tuple[Array, Array, Array]:
    """``weight · (x - mean) / sqrt(var + eps) + bias``, and the mean and variance of each group.

    The variance is that of the group itself: divided by n. Of half precision, mean and variance stay in single.
    """
    if x.dtype is HALF:
        d, mean, var = normalize(wide(x), weight, bias, axis, eps)
        return d.astype(HALF), mean, var
    n = count(x.shape, axis)
    mean = total(x, axis) / n
    d = in_order(x - mean)
    var = inner(d, d, axis) / n
    scale = 1 / np.sqrt(var + eps)
    if weight is not None:
        if np.broadcast(scale, weight).size < d.size:
            scale = scale * weight  # one factor for many values
        else:
            d *= weight
    d *= scale
    if bias is not None:
        d += bias
    return d, mean, var


layer_norm = primitive(name="NativeLayerNorm", saves=("mean", "var"))(normalize)
batch_norm = primitive(name="NativeBatchNorm", saves=("mean", "var"))(normalize)


# Below, mean and var only spare a second pass over x: they are functions of x, and the rules for x are
# the derivatives of the whole.


@primitive()
def standardize(x: Array, axis: Axes, eps: float, mean: Array, var: Array) -> Array:
    """``(x - mean) / sqrt(var + eps)``."""
    d = x - mean
    d *= 1 / np.sqrt(var + eps)
    return d


@primitive()
def standardize_back(
    g: Array, x: Array, axis: Axes, eps: float, mean: Array, var: Array, weight: Array | None = None
) -> Array:
    """What reaches x through `standardize`: ``(g - mean(g) - z · mean(g · z)) / sqrt(var + eps)``, z being its result.

    The part of ``g`` that would move the whole group is taken off, and the part that would scale it. If there is a
    ``weight``, ``g · weight`` takes the place of ``g``.
    """
    n = count(x.shape, axis)
    scale = last = 1 / np.sqrt(var + eps)
    if weight is not None:
        if np.broadcast(scale, weight).size == scale.size:
            last = scale * weight  # the same for the whole group
        else:
            g = g * weight
    d = x - mean
    d *= inner(g, d, axis) * (scale * scale / n)  # z · mean(g · z)
    d += total(g, axis) / n
    np.subtract(g, d, out=d)
    d *= last
    return d


def standardize_back_by_x(
    h: Array,
    g: Array,
    x: Array,
    axis: Axes,
    eps: float,
    out: Array,
    mean: Array,
    var: Array,
    weight: Array | None = None,
) -> Array:
    """With J the (symmetric) Jacobian of `standardize`, J g is ``out``, and this is the gradient of h · J g by x."""
    g = g if weight is None else g * weight
    z = standardize(x, axis, eps, mean, var)
    scale = 1 / (np.sqrt(reduce_var(x, axis, 0, True) + eps) * count(x.shape, axis))
    back = standardize_back(h, x, axis, eps, mean, var)
    return -scale * (
        z * np.sum(h * out, axis, keepdims=True)
        + np.sum(g * z, axis, keepdims=True) * back
        + np.sum(h * z, axis, keepdims=True) * out
    )


standardize.derivatives(
    x=lambda g, x, axis, eps, mean, var: standardize_back(g, x, axis, eps, mean, var),
)


def standardize_back_by_g(
    h: Array, x: Array, axis: Axes, eps: float, mean: Array, var: Array, weight: Array | None
) -> Array:
    """As `standardize_back`, with the weight at the other side."""
    back = standardize_back(h, x, axis, eps, mean, var)
    return back if weight is None else back * weight


standardize_back.derivatives(
    g=standardize_back_by_g,
    x=standardize_back_by_x,
    weight=lambda h, g, x, axis, eps, mean, var: g * standardize_back(h, x, axis, eps, mean, var),
)


@primitive()
def weighed(g: Array, x: Array, axis: Axes, eps: float, mean: Array, var: Array, ones: int) -> Array:
    """``Σ g · standardize(x)`` along the last ``ones`` axes, which stay with size 1."""
    d = x - mean
    if ones:
        d = inner(g, d, tuple(range(x.ndim - ones, x.ndim)))
    else:
        d *= g
    d *= 1 / np.sqrt(var + eps)
    return d


weighed.derivatives(
    g=lambda h, x, axis, eps, mean, var: h * standardize(x, axis, eps, mean, var),
    x=lambda h, g, x, axis, eps, mean, var: standardize_back(h * g, x, axis, eps, mean, var),
)


def normalize_by_weight(g: Array, x: Array, weight: Array, axis: Axes, eps: float, mean: Array, var: Array) -> Array:
    """``Σ g · standardize(x)`` along the last axes for which there is one weight; along all others the engine adds up."""
    ones = 0
    while ones < weight.ndim and weight.shape[-1 - ones] == 1 and x.ndim - 1 - ones in axis:
        ones += 1
    return weighed(g, x, axis, eps, mean, var, ones)


for operation in (layer_norm, batch_norm):
    operation.derivatives(
        x=lambda g, x, weight, axis, eps, mean, var: standardize_back(g, x, axis, eps, mean, var, weight),
        weight=normalize_by_weight,
        bias=lambda g: g,
    )


def check_size(name: str, value: Any, n: int) -> None:
    """One number for each channel."""
    if value is not None and value.array.size != n:
        raise RuntimeError(f"{name} should contain {n} elements not {value.array.size}")
