"""Activations: what stands between the layers of a network, and softmax behind the last one.

Most have a kink or a different formula on each side of 0. A rule then computes both sides and chooses;
`choose` and `keep` pick exactly, whatever stands on the side that is not taken.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from microgradx.dtypes import to_numpy
from microgradx.engine import HALF, cast, primitive
from microgradx.graph import Array
from microgradx.ops.elementwise import choose, in_order, keep, sigmoid, wide
from microgradx.ops.erf import normal_density, phi
from microgradx.ops.face import axis_of, check_tensor, face
from microgradx.ops.norm import inner, total
from microgradx.ops.pieces import elementwise
from microgradx.ops.reduction import largest, reduce_sum
from microgradx.views import legacy_name


def real(name: str) -> Callable[[Array], Array]:
    """The check of an operation that is only defined for floats."""

    def check(x: Array) -> Array:
        if x.dtype.kind != "f":
            raise NotImplementedError(
                f"\"{name}\" not implemented for '{legacy_name(x.dtype.name)}'; convert the tensor with .float()"
            )
        return x

    return check


# ---------------------------------------------------------------- rectifiers


@face(inplace=True)
@primitive()
def relu(x: Array) -> Array:
    """``max(0, x)``: passes what is positive.

    Derivative: ``g`` where x > 0, else 0, also at the kink.
    Raises: RuntimeError: the tensor is boolean.
    Source: ``torch.relu``.

    Example:
        >>> mgx.tensor([-1.0, 0.0, 2.0]).relu()
        tensor([0., 0., 2.])
    """
    if x.dtype.kind == "b":
        raise RuntimeError("Boolean inputs not supported for relu; convert the tensor first")
    # NumPy's maximum with a number takes four times as long: it does not use the processor's vectors.
    return x.clip(0, math.inf) if x.ndim and x.dtype.kind == "f" else np.maximum(x, 0)


relu.derivatives(x=lambda g, out: keep(g, out != 0))  # of nan too, as in PyTorch


@primitive()
def leaky_relu(x: Array, slope: float) -> Array:
    """``x`` where positive, ``slope · x`` elsewhere: the greater of the two, unless the slope is over 1."""
    real("leaky_relu_cpu")(x)
    return np.maximum(x, x * slope) if slope <= 1 else np.minimum(x, x * slope)


leaky_relu.derivatives(x=lambda g, x, slope: choose(x > 0, g, g * slope))


@primitive(name="PreluKernel")
def prelu(x: Array, slope: Array) -> Array:
    """`leaky_relu` with slopes that are learned; they are broadcast."""
    return np.where(x > 0, x, x * slope)


prelu.derivatives(
    x=lambda g, x, slope: choose(x > 0, g, g * slope),
    slope=lambda g, x: keep(g * x, x <= 0),
)


@primitive()
def threshold(x: Array, level: float, value: float) -> Array:
    """``x`` above the level, ``value`` elsewhere (nan stays nan)."""
    if x.dtype.kind in "iu" and not np.iinfo(x.dtype).min <= value <= np.iinfo(x.dtype).max:
        raise RuntimeError(f"value cannot be converted to type {x.dtype} without overflow; got {value}")
    return np.where(x <= level, x.dtype.type(value), x)


threshold.derivatives(x=lambda g, x, level: keep(g, ~(x <= level)))


@primitive()
def softshrink(x: Array, size: float) -> Array:
    """``x`` moved towards 0 by ``size``, and 0 where it is smaller than that."""
    real("softshrink_cpu")(x)
    return x - np.clip(x, -size, size)


softshrink.derivatives(x=lambda g, x, size: keep(g, ~(np.absolute(x) <= size)))


# ---------------------------------------------------------------- clipped lines


@primitive()
def hardtanh(x: Array, low: float, high: float) -> Array:
    """``x`` limited to [low, high]; of integers, to the integers that these become."""
    if x.dtype.kind == "b":
        raise RuntimeError("Bool inputs not supported for hardtanh; convert the tensor first")
    if x.dtype.kind == "u" and min(low, high) < 0:
        raise RuntimeError(f"cannot do hardtanh on an unsigned type with negative limits; got {low} and {high}")
    return np.clip(x, *(low, high) if x.dtype.kind == "f" else (int(low), int(high)))


hardtanh.derivatives(x=lambda g, x, low, high: keep(g, ~((x <= low) | (x >= high))))


@primitive(align=real("hardsigmoid"))
def hardsigmoid(x: Array) -> Array:
    """``x / 6 + 1/2`` limited to [0, 1]."""
    return np.clip(x / 6 + 0.5, 0, 1)


hardsigmoid.derivatives(x=lambda g, x: keep(g / 6, (x > -3) & (x < 3)))


@primitive(align=real("hardswish_cpu"))
def hardswish(x: Array) -> Array:
    """``x`` times its `hardsigmoid`."""
    return x * np.clip(x + 3, 0, 6) / 6


hardswish.derivatives(x=lambda g, x: keep(choose(x < 3, g * (x / 3 + 0.5), g), ~(x <= -3)))


# ---------------------------------------------------------------- smooth kinks


@primitive(name="Elu")
def elu(x: Array, alpha: float, scale: float, rate: float) -> Array:
    """``scale · x`` where positive, ``scale · alpha · (exp(rate · x) - 1)`` elsewhere."""
    real("elu_cpu")(x)
    return scale * x.clip(0, math.inf) + (scale * alpha) * np.expm1(rate * x.clip(-math.inf, 0))


def elu_by_x(g: Array, x: Array, alpha: float, scale: float, rate: float) -> Array:
    """``scale · g``, or ``scale · alpha · rate · exp(rate · x) · g`` below 0."""
    curved = np.exp(rate * keep(x, x < 0))  # above 0 it is not used, and might overflow
    return choose(x <= 0, g * (scale * alpha * rate) * curved, g * scale)


elu.derivatives(x=elu_by_x)


@primitive()
def softplus(x: Array, beta: float, threshold: float) -> Array:
    """``log(1 + exp(beta · x)) / beta``, and x itself from where the two are nearly equal."""
    real("softplus_cpu")(x)
    z = x * beta
    return choose(z > threshold, x, (z.clip(0, math.inf) + np.log1p(np.exp(-np.absolute(z)))) / beta)


softplus.derivatives(x=lambda g, x, beta, threshold: choose(x * beta > threshold, g, g * sigmoid(x * beta)))


@primitive(name="LogSigmoid", align=real("log_sigmoid_cpu"))
def logsigmoid(x: Array) -> Array:
    """``log(1 / (1 + exp(-x)))``, where sigmoid alone would have become 0."""
    return in_order(x.clip(-math.inf, 0) - np.log1p(np.exp(-np.absolute(x))))


logsigmoid.derivatives(x=lambda g, x: g * sigmoid(-x))


@primitive(align=real("silu_cpu"))
def silu(x: Array) -> Array:
    """``x · sigmoid(x)``."""
    return x * sigmoid(x)


def silu_by_x(g: Array, x: Array) -> Array:
    """``g · s · (1 + x · (1 - s))`` with s = sigmoid(x)."""
    s = sigmoid(x)
    return g * (s * (1 + x * (1 - s)))


silu.derivatives(x=silu_by_x)


@primitive(align=real("mish_cpu"))
def mish(x: Array) -> Array:
    """``x · tanh(log(1 + exp(x)))``."""
    return x * np.tanh(-logsigmoid(-x))


def mish_by_x(g: Array, x: Array) -> Array:
    """``g · (t + x · (1 - t²) · sigmoid(x))`` with t = tanh(softplus(x)), as softplus' is sigmoid."""
    t = np.tanh(-logsigmoid(-x))
    return g * (t + x * (1 - t * t) * sigmoid(x))


mish.derivatives(x=mish_by_x)


@primitive(name="Gelu", saves=("cdf",))
def gelu(x: Array) -> tuple[Array, Array]:
    """``x · Φ(x)``, Φ being the distribution function of the standard normal; and ``Φ(x)``."""
    return elementwise(lambda x: (x * (cdf := phi(x)), cdf), real("GeluKernelImpl")(x))  # type: ignore[no-any-return]


@primitive(name="GeluBackward")
def gelu_slope(x: Array, cdf: Array) -> Array:
    """``Φ(x) + x · φ(x)``, φ being the density.

    ``cdf`` only spares this forward to find Φ(x) again: it is a part of x's own derivative.
    """

    def slope(x: Array, cdf: Array) -> Array:
        out = normal_density(x)
        out *= x
        out += cdf
        return out

    return elementwise(slope, x, cdf)


gelu.derivatives(x=lambda g, x, cdf: g * gelu_slope(x, cdf))
gelu_slope.derivatives(x=lambda g, x: g * (normal_density(x) * (2 - x * x)))


# The other gelu has for Φ the logistic function σ(v) with v = a·x + b·x³, which is close to it.
LINEAR = 2 * math.sqrt(2 / math.pi)
CUBIC = 0.044715 * LINEAR


@primitive()
def logistic_cdf(x: Array) -> Array:
    """``σ(v) = (1 + tanh(v / 2)) / 2``, as NumPy's tanh is faster than its exp."""
    v = x * x
    v *= CUBIC / 2
    v += LINEAR / 2
    v *= x
    out = np.tanh(v)
    out += 1
    out *= 0.5
    return out


logistic_cdf.derivatives(x=lambda g, x, out: g * logistic_density(x, out))


def logistic_density(x: Array, cdf: Array) -> Array:
    """The derivative of `logistic_cdf`: ``σ · (1 - σ) · v'``."""
    return (cdf - cdf * cdf) * (LINEAR + 3 * CUBIC * (x * x))


@primitive(name="Gelu", saves=("cdf",))
def gelu_tanh(x: Array) -> tuple[Array, Array]:
    """`gelu` with a logistic function for Φ, by tanh; and that function."""
    return elementwise(lambda x: (x * (cdf := logistic_cdf(x)), cdf), real("GeluKernelImpl")(x))  # type: ignore[no-any-return]


@primitive(name="GeluBackward")
def gelu_tanh_slope(x: Array, cdf: Array) -> Array:
    """As `gelu_slope`."""

    def slope(x: Array, cdf: Array) -> Array:
        out = logistic_density(x, cdf)
        out *= x
        out += cdf
        return out

    return elementwise(slope, x, cdf)


def gelu_tanh_slope_by_x(g: Array, x: Array) -> Array:
    """``g · (2 φ + x φ')``, where ``φ = σ (1 - σ) v'`` and so ``φ' = (1 - 2 σ) φ v' + σ (1 - σ) v''``."""
    cdf = logistic_cdf(x)
    density = logistic_density(x, cdf)
    slope = (1 - 2 * cdf) * density * (LINEAR + 3 * CUBIC * (x * x)) + (cdf - cdf * cdf) * (6 * CUBIC * x)
    return g * (2 * density + x * slope)


gelu_tanh.derivatives(x=lambda g, x, cdf: g * gelu_tanh_slope(x, cdf))
gelu_tanh_slope.derivatives(x=gelu_tanh_slope_by_x)


# ---------------------------------------------------------------- softmax


@primitive(name="Softmax")
def normalized_exp(x: Array, axis: tuple[int]) -> Array:
    """``exp(x) / Σ exp(x)`` along one axis; with the maximum taken off, nothing overflows."""
    if x.dtype is HALF:
        return normalized_exp(wide(x), axis).astype(HALF)
    e = in_order(x - largest(x, axis))
    np.exp(e, out=e)
    e /= total(e, axis)
    return e


@primitive(name="SoftmaxBackward")
def softmax_back(g: Array, s: Array, axis: tuple[int]) -> Array:
    """``s · (g - Σ g · s)``: what reaches x through a softmax whose result is ``s``."""
    out = g - inner(g, s, axis)
    out *= s
    return out


softmax_back.derivatives(
    g=lambda h, s, axis: softmax_back(h, s, axis),
    s=lambda h, g, s, axis: h * (g - np.sum(g * s, axis, keepdims=True)) - g * np.sum(h * s, axis, keepdims=True),
)


@primitive(name="LogSoftmax")
def log_normalized_exp(x: Array, axis: tuple[int]) -> Array:
    """``x - log Σ exp(x)`` along one axis."""
    if x.dtype is HALF:
        return log_normalized_exp(wide(x), axis).astype(HALF)
    shifted = in_order(x - largest(x, axis))
    shifted -= np.log(total(np.exp(shifted), axis))
    return shifted


normalized_exp.derivatives(x=lambda g, out, axis: softmax_back(g, out, axis))
log_normalized_exp.derivatives(x=lambda g, out, axis: g - np.exp(out) * reduce_sum(g, axis, True))


def along(operation: Any, name: str, input: Any, dim: int, dtype: Any) -> Any:
    """One of the two above with PyTorch's arguments."""
    x = check_tensor(name, input)
    if dtype is not None and to_numpy(dtype) != x.array.dtype:
        x = cast(x, to_numpy(dtype))
    axis = axis_of(dim, x.array.ndim)
    real(f"{name}_lastdim_kernel_impl")(x.array)
    if x.array.size == 0:
        return x * 1
    if x.array.ndim == 0:
        return np.reshape(operation(np.reshape(x, (1,)), (0,)), ())
    return operation(x, (axis,))


@face
def softmax(input: Any, dim: int, dtype: Any = None) -> Any:
    """``exp(x) / Σ exp(x)`` along ``dim``: positive numbers that sum to 1.

    Args:
        input: A float tensor, of scores.
        dim: The dimension that is to sum to 1.
        dtype: Convert to this dtype first.

    Shape: that of the input.
    Derivative: ``s · (g - Σ g · s)`` with s the result.
    Raises: IndexError: ``dim`` is out of range. NotImplementedError: the input is not floating-point.
    Source: ``torch.softmax``.

    Example:
        >>> mgx.tensor([1.0, 2.0, 3.0]).softmax(dim=0)
        tensor([0.0900, 0.2447, 0.6652])
    """
    return along(normalized_exp, "softmax", input, dim, dtype)


@face
def log_softmax(input: Any, dim: int, dtype: Any = None) -> Any:
    """``log(softmax(x))`` along ``dim``, accurate also where softmax is nearly 0.

    Args:
        input: A float tensor, of scores.
        dim: The dimension along which the exponentials sum to 1.
        dtype: Convert to this dtype first.

    Shape: that of the input.
    Derivative: ``g - softmax(x) · Σ g``.
    Units: nats.
    Raises: IndexError: ``dim`` is out of range. NotImplementedError: the input is not floating-point.
    Source: ``torch.log_softmax``.

    Example:
        >>> mgx.tensor([1.0, 2.0, 3.0]).log_softmax(dim=0)
        tensor([-2.4076, -1.4076, -0.4076])
    """
    return along(log_normalized_exp, "log_softmax", input, dim, dtype)
