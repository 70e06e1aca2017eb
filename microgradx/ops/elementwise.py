"""Elementwise operations: arithmetic, powers, exponentials, selection.

Every rule here is one line of calculus: the gradient by an argument is ``g``, the gradient by the
result, times the derivative of the result by that argument. Where operands were broadcast, the engine
sums afterwards.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from microgradx.dtypes import default, promote
from microgradx.engine import primitive, renamed
from microgradx.graph import Array, Variable, wrap
from microgradx.ops.face import check_tensor, face

BOOL = np.dtype(bool)


def floating(x: Array) -> Array:
    """Integers and booleans as the default float, as PyTorch converts what only floats can hold."""
    return x if x.dtype.kind == "f" else x.astype(default.numpy)


def wide(x: Array) -> Array:
    """float16 as float32: what is computed in many steps needs more digits, and more range, than it returns.

    Its own sums would stop growing at 2048.
    """
    return x if x.itemsize > 2 else x.astype(np.float32)


def in_order(x: Array) -> Array:
    """In memory in the order of its elements, for `view`. NumPy's results are in the order of their operands, and so
    are PyTorch's, but only those of operations on each element by itself."""
    return x if x.flags.c_contiguous else np.ascontiguousarray(x)


def floats(x: Array, y: Array) -> tuple[Array, Array]:
    """Two operands of one floating dtype."""
    x, y = promote(x, y)
    if isinstance(x, (np.ndarray, np.generic)) and x.dtype.kind != "f":
        x = x.astype(default.numpy)
    if isinstance(y, (np.ndarray, np.generic)) and y.dtype.kind != "f":
        y = y.astype(default.numpy)
    return x, y


def is_boolean(x: Any) -> bool:
    """Of a tensor, array or number."""
    return isinstance(x, bool) or getattr(x.array if isinstance(x, Variable) else x, "dtype", None) is BOOL


def numbers(x: Array, y: Array) -> tuple[Array, Array]:
    """Two operands of one dtype, for what is not defined on booleans."""
    for operand, other in ((x, y), (y, x)):
        if is_boolean(operand):
            both = is_boolean(other)
            raise RuntimeError(
                "Subtraction, the `-` operator, with two bool tensors is not supported. "
                "Use the `^` or `logical_xor()` operator instead."
                if both
                else "Subtraction, the `-` operator, with a bool tensor is not supported. "
                "If you are trying to invert a mask, use the `~` or `logical_not()` operator instead."
            )
    return promote(x, y)


def whole(x: Array, y: Array) -> tuple[Array, Array]:
    """Two operands of one dtype, for what is only defined on integers and booleans."""
    x, y = promote(x, y)
    if any(isinstance(operand, float) or getattr(operand, "dtype", BOOL).kind == "f" for operand in (x, y)):
        raise NotImplementedError(
            "bitwise operation: expected integers or booleans, got floats; convert them with .long()"
        )
    return x, y


# ---------------------------------------------------------------- arithmetic


@primitive(np.add, name="Add", align=promote)
def plus(x: Array, y: Array) -> Array:
    """``x + y``."""
    return x + y


plus.derivatives(x=lambda g: g, y=lambda g: g)


@primitive(np.subtract, name="Sub", align=numbers)
def subtract(x: Array, y: Array) -> Array:
    """``x - y``."""
    return x - y


subtract.derivatives(x=lambda g: g, y=lambda g: -g)
subtract_from_number = renamed(subtract, "RsubBackward1")


@primitive(np.multiply, name="Mul", align=promote)
def multiply(x: Array, y: Array) -> Array:
    """``x * y``."""
    return x * y


multiply.derivatives(x=lambda g, y: g * y, y=lambda g, x: g * x)


@primitive(np.true_divide, name="Div", align=floats)
def divide(x: Array, y: Array) -> Array:
    """``x / y``."""
    return x / y


divide.derivatives(x=lambda g, y: g / y, y=lambda g, x, y: -g * (x / y / y))


@primitive(np.power, name="Pow", align=promote)
def power(x: Array, y: Array) -> Array:
    """``x ** y``."""
    if isinstance(y, (int, float)):
        return small_power(x, y)
    if y.dtype.kind == "i" and np.any(y < 0):
        return integer_power(x, y)
    return np.power(x, y)


def integer_power(x: Array, y: Array) -> Array:
    """``x ** y`` of integers, also for negative y, where only 1 and -1 leave more than 0."""
    return np.where(y >= 0, np.power(x, np.maximum(y, 0)), np.where(np.absolute(x) == 1, np.power(x, y & 1), 0))


def small_power(x: Array, n: float) -> Array:
    """A power by a number; NumPy's own is some fifty times slower than a product or two."""
    if n == 2:
        return x * x
    if n == 3:
        return x * x * x
    if n == 0.5:
        return np.sqrt(x)
    return x**n


def power_by_base(g: Array, x: Array, y: Array) -> Array:
    """``g · y · x^(y-1)``, and 0 where y = 0, also at x = 0, where x^(-1) is infinite."""
    if isinstance(y, (int, float)):
        if y == 0:
            return np.zeros_like(g)
        return g * (2 * x) if y == 2 else g * (y * small_power(x, y - 1))
    return g * (y * np.power(np.where((x == 0) & (y == 0), 1.0, x), y - 1))


def power_by_exponent(g: Array, x: Array, y: Array, out: Array) -> Array:
    """``g · x^y · ln x``; at x = 0 the power stays 0 for every y > 0, and so the derivative is 0."""
    if isinstance(x, (int, float)) and x != 0:
        return g * out * (math.log(x) if x > 0 else math.nan)
    constant = (x == 0) & (y >= 0)
    return np.where(constant, 0.0, g * out * np.log(np.where(constant, 1.0, x)))


power.derivatives(x=power_by_base, y=power_by_exponent)
power_of_tensors, power_of_number = renamed(power, "PowBackward1"), renamed(power, "PowBackward2")


@primitive(np.negative, name="Neg")
def negative(x: Array) -> Array:
    """``-x``."""
    return -x


negative.derivatives(x=lambda g: -g)


# ---------------------------------------------------------------- masks


LIMITS = {
    d: (limits.min, limits.max)
    for d in map(np.dtype, ("u1", "i1", "i2", "i4", "i8", "f2", "f4", "f8"))
    for limits in [(np.finfo if d.kind == "f" else np.iinfo)(d)]
}
"""The least and the greatest number of each dtype."""


def element(value: Any, dtype: Any) -> Array:
    """A number, or 0-d array, as an element of that dtype; PyTorch's error for what is beyond its range."""
    number = value if isinstance(value, (bool, int, float)) else value.item()
    low, high = LIMITS.get(dtype, (-math.inf, math.inf))
    if dtype.kind == "u" and isinstance(number, int):
        low = -high  # PyTorch lets negative integers wrap around
    if not low <= number <= high and (dtype.kind in "iu" or math.isfinite(number)):
        raise RuntimeError(f"value cannot be converted to type {dtype} without overflow; got {number}")
    return np.asarray(number).astype(dtype)


BITS = {4: np.int32, 8: np.int64}
"""By the size of an element: the integers that its bits are."""

FEW = 512
"""NumPy's ``where`` takes ten times as long when the mask is random, because it branches at each element. What has so
many elements, or more, is masked by its bits."""


@primitive()
def keep(x: Array, mask: Array) -> Array:
    """``np.where(mask, x, 0)``: exact where ``x * mask`` would make a nan of 0 · inf."""
    if x.ndim == mask.ndim == 0:
        return x if mask else x.dtype.type(0)
    bits = BITS.get(x.dtype.itemsize)
    if x.size < FEW or bits is None or x.shape != mask.shape:
        return np.where(mask, x, x.dtype.type(0))
    out = mask.astype(bits)
    out *= x.view(bits)
    return out.view(x.dtype)


keep.derivatives(x=lambda g, mask: keep(g, mask))


@primitive(name="Where")
def choose(condition: Array, x: Array, y: Array) -> Array:
    """``x`` where ``condition`` holds, ``y`` elsewhere."""
    x, y = promote(x, y)
    bits = BITS.get(getattr(x, "itemsize", 0)) if condition.dtype.kind == "b" else None
    if condition.size < FEW or bits is None or not np.shape(x) == np.shape(y) == condition.shape:
        return np.where(condition, x, y)
    mask = condition.astype(bits)
    np.negative(mask, out=mask)  # all bits, or none
    out = x.view(bits) ^ y.view(bits)
    out &= mask
    out ^= y.view(bits)
    return out.view(x.dtype)


choose.derivatives(
    x=lambda g, condition: keep(g, condition),
    y=lambda g, condition: keep(g, ~condition),
)


@face(inplace=True)
@primitive(name="MaskedFill")
def masked_fill(input: Array, mask: Array, value: Array) -> Array:
    """``input`` with ``value`` where ``mask`` is True.

    Args:
        input: Any tensor.
        mask: A bool tensor that can be broadcast to ``input``.
        value: A number or 0-d tensor.

    Derivative: ``input`` gets ``g`` outside the mask, ``value`` the sum of ``g`` inside.
    Source: ``torch.Tensor.masked_fill``.

    Example:
        >>> mgx.zeros(3).masked_fill(mgx.tensor([True, False, True]), 7.0)
        tensor([7., 0., 7.])
    """
    if mask.dtype.kind != "b":
        raise RuntimeError(f"masked_fill_ only supports boolean masks, but got mask with dtype {mask.dtype}")
    if getattr(value, "ndim", 0):
        raise RuntimeError(f"masked_fill: expected a number or a 0-dimensional value, got shape {value.shape}")
    return in_order(np.where(mask, element(value, input.dtype), input))


masked_fill.derivatives(
    input=lambda g, mask: keep(g, ~mask),
    value=lambda g, mask: keep(g, mask),
)


# ---------------------------------------------------------------- exponentials and powers


@face(inplace=True)
@primitive(np.exp, align=floating)
def exp(x: Array) -> Array:
    """e to the power ``x``.

    Derivative: ``g · exp(x)``, and exp(x) is the result itself.
    Source: ``torch.exp``.

    Example:
        >>> mgx.tensor([0.0, 1.0]).exp()
        tensor([1.0000, 2.7183])
    """
    return np.exp(x)


exp.derivatives(x=lambda g, out: g * out)


@face(inplace=True)
@primitive(np.expm1, align=floating)
def expm1(x: Array) -> Array:
    """``exp(x) - 1``, accurate near 0."""
    return np.expm1(x)


expm1.derivatives(x=lambda g, out: g * (out + 1))


@face(inplace=True)
@primitive(np.log, align=floating)
def log(x: Array) -> Array:
    """Natural logarithm; -inf at 0, nan below.

    Derivative: ``g / x``.
    Source: ``torch.log``.

    Example:
        >>> mgx.tensor([1.0, 10.0]).log()
        tensor([0.0000, 2.3026])
    """
    return np.log(x)


log.derivatives(x=lambda g, x: g / x)


@face(inplace=True)
@primitive(np.log2, align=floating)
def log2(x: Array) -> Array:
    """Logarithm to base 2."""
    return np.log2(x)


log2.derivatives(x=lambda g, x: g / (x * math.log(2)))


@face(inplace=True)
@primitive(np.log10, align=floating)
def log10(x: Array) -> Array:
    """Logarithm to base 10."""
    return np.log10(x)


log10.derivatives(x=lambda g, x: g / (x * math.log(10)))


@face(inplace=True)
@primitive(np.log1p, align=floating)
def log1p(x: Array) -> Array:
    """``log(1 + x)``, accurate near 0."""
    return np.log1p(x)


log1p.derivatives(x=lambda g, x: g / (x + 1))


@face(inplace=True)
@primitive(np.sqrt, align=floating)
def sqrt(x: Array) -> Array:
    """Square root; nan below 0.

    Derivative: ``g / (2 · sqrt(x))``, infinite at 0.
    Source: ``torch.sqrt``.

    Example:
        >>> mgx.tensor([4.0, 9.0]).sqrt()
        tensor([2., 3.])
    """
    return np.sqrt(x)


sqrt.derivatives(x=lambda g, out: g / (2 * out))


@face(inplace=True)
@primitive(align=floating)
def rsqrt(x: Array) -> Array:
    """``1 / sqrt(x)``."""
    return 1 / np.sqrt(x)


rsqrt.derivatives(x=lambda g, out: g * out * out * out * -0.5)


@face(inplace=True)
@primitive(np.reciprocal, align=floating)
def reciprocal(x: Array) -> Array:
    """``1 / x``."""
    return 1 / x


reciprocal.derivatives(x=lambda g, out: -g * out * out)


@face(inplace=True)
@primitive(np.square, name="Pow")
def square(x: Array) -> Array:
    """``x · x``."""
    return x * x if x.dtype.kind != "b" else x.astype(np.int64)


square.derivatives(x=lambda g, x: g * (2 * x))


# ---------------------------------------------------------------- trigonometric and hyperbolic


@face(inplace=True)
@primitive(np.sin, align=floating)
def sin(x: Array) -> Array:
    """Sine of ``x`` in radians."""
    return np.sin(x)


sin.derivatives(x=lambda g, x: g * np.cos(x))


@face(inplace=True)
@primitive(np.cos, align=floating)
def cos(x: Array) -> Array:
    """Cosine of ``x`` in radians."""
    return np.cos(x)


cos.derivatives(x=lambda g, x: -g * np.sin(x))


@face(inplace=True)
@primitive(np.tan, align=floating)
def tan(x: Array) -> Array:
    """Tangent of ``x`` in radians."""
    return np.tan(x)


tan.derivatives(x=lambda g, out: g + g * out * out)


@face(inplace=True)
@primitive(np.tanh, align=floating)
def tanh(x: Array) -> Array:
    """Hyperbolic tangent: squeezes the reals into (-1, 1), with slope 1 at 0.

    Derivative: ``g · (1 - tanh²(x))``.
    Source: ``torch.tanh``.

    Example:
        >>> mgx.tensor([0.0, 1.0]).tanh()
        tensor([0.0000, 0.7616])
    """
    return np.tanh(x)


tanh.derivatives(x=lambda g, out: g - g * out * out)


@face(inplace=True)
@primitive(align=floating)
def sigmoid(x: Array) -> Array:
    """Logistic function ``1 / (1 + exp(-x))``: squeezes the reals into (0, 1).

    Derivative: ``g · s · (1 - s)`` with s the result.
    Source: ``torch.sigmoid``.

    Example:
        >>> mgx.tensor([0.0, 2.0]).sigmoid()
        tensor([0.5000, 0.8808])
    """
    return 1 / (1 + np.exp(-x))


sigmoid.derivatives(x=lambda g, out: g * (out - out * out))


@face(inplace=True, also=("arcsin",))
@primitive(np.arcsin, align=floating)
def asin(x: Array) -> Array:
    """The angle, in radians, whose sine is ``x``; nan outside of [-1, 1]."""
    return np.arcsin(x)


asin.derivatives(x=lambda g, x: g / np.sqrt(1 - x * x))


@face(inplace=True, also=("arccos",))
@primitive(np.arccos, align=floating)
def acos(x: Array) -> Array:
    """The angle, in radians, whose cosine is ``x``; nan outside of [-1, 1]."""
    return np.arccos(x)


acos.derivatives(x=lambda g, x: -g / np.sqrt(1 - x * x))


@face(inplace=True, also=("arctan",))
@primitive(np.arctan, align=floating)
def atan(x: Array) -> Array:
    """The angle, in radians, whose tangent is ``x``; between -π/2 and π/2."""
    return np.arctan(x)


atan.derivatives(x=lambda g, x: g / (x * x + 1))


@face(inplace=True, also=("arctan2",), tensors=2)
@primitive(np.arctan2, align=floats)
def atan2(input: Array, other: Array) -> Array:
    """The angle, in radians, of the point with ordinate ``input`` and abscissa ``other``; from -π to π.

    Derivative: ``g · other / r²`` to input, ``-g · input / r²`` to other, r being the distance from the origin; 0 there.
    Source: ``torch.atan2``.

    Example:
        >>> mgx.atan2(mgx.tensor([1.0, 1.0]), mgx.tensor([1.0, -1.0]))
        tensor([0.7854, 2.3562])
    """
    return np.arctan2(input, other)


def squared_distance(x: Array, y: Array) -> Array:
    """``x² + y²``, and 1 at the origin, where the angle has no slope: PyTorch takes 0."""
    square = x * x + y * y
    return np.where(square == 0, 1, square)


atan2.derivatives(
    input=lambda g, input, other: g * (other / squared_distance(input, other)),
    other=lambda g, input, other: -g * (input / squared_distance(input, other)),
)


@face(inplace=True)
@primitive(np.sinh, align=floating)
def sinh(x: Array) -> Array:
    """Hyperbolic sine."""
    return np.sinh(x)


@face(inplace=True)
@primitive(np.cosh, align=floating)
def cosh(x: Array) -> Array:
    """Hyperbolic cosine."""
    return np.cosh(x)


sinh.derivatives(x=lambda g, x: g * np.cosh(x))
cosh.derivatives(x=lambda g, x: g * np.sinh(x))


# ---------------------------------------------------------------- kinks and steps


@face(inplace=True, also=("absolute",))
@primitive(np.absolute, name="Abs")
def abs(x: Array) -> Array:
    """Absolute value.

    Derivative: ``g · sign(x)``, which takes 0 at the kink.
    Source: ``torch.abs``.
    """
    return np.absolute(x)


abs.derivatives(x=lambda g, x: g * np.sign(x))


@face(inplace=True, also=("sgn",))
@primitive(np.sign)
def sign(x: Array) -> Array:
    """-1, 0 or 1; 0 also for nan."""
    return np.subtract(x > 0, x < 0, dtype=x.dtype) if x.dtype.kind != "b" else x.copy()


sign.derivatives(x=lambda g: np.zeros_like(g))


@face(inplace=True)
@primitive(np.floor)
def floor(x: Array) -> Array:
    """The largest integer that is not above ``x``."""
    return np.floor(x) if x.dtype.kind == "f" else x.copy()


floor.derivatives(x=lambda g: np.zeros_like(g))


@face(inplace=True)
@primitive(np.ceil)
def ceil(x: Array) -> Array:
    """The smallest integer that is not below ``x``."""
    return np.ceil(x) if x.dtype.kind == "f" else x.copy()


ceil.derivatives(x=lambda g: np.zeros_like(g))


@face(inplace=True, also=("fix",))
@primitive(np.trunc)
def trunc(x: Array) -> Array:
    """``x`` without its digits behind the point."""
    return np.trunc(x) if x.dtype.kind == "f" else x.copy()


trunc.derivatives(x=lambda g: np.zeros_like(g))


@face(inplace=True)
@primitive(np.round, name="Round")
def round(x: Array, decimals: int = 0) -> Array:
    """The nearest integer, or number of so many decimals; halves go to the even neighbour.

    Derivative: 0 almost everywhere, and 0 is what it returns.
    Source: ``torch.round``.

    Example:
        >>> mgx.tensor([0.5, 1.5, -2.7]).round()
        tensor([ 0.,  2., -3.])
    """
    if decimals and x.dtype.kind != "f":
        raise NotImplementedError(f"\"round_cpu\" not implemented for '{x.dtype}': an integer has no decimals")
    return np.round(wide(x), decimals).astype(x.dtype, copy=False) if decimals else np.round(x)


round.derivatives(x=lambda g: np.zeros_like(g))


@primitive(np.zeros_like)
def zeros_like(x: Array) -> Array:
    """Zeros of the shape and dtype of ``x``, for rules."""
    return np.zeros_like(x)


@face(tensors=2)
@primitive(np.maximum, align=promote)
def maximum(input: Array, other: Array) -> Array:
    """The greater of two tensors, element by element.

    Derivative: to the greater operand; half to each where they are equal.
    Source: ``torch.maximum``.

    Example:
        >>> mgx.maximum(mgx.tensor([1.0, 5.0]), mgx.tensor([3.0, 2.0]))
        tensor([3., 5.])
    """
    return np.maximum(input, other)


def to_greater(g: Array, x: Array, y: Array) -> Array:
    """``g`` where x is not below y, half of it where they are equal; a nan is not below, nor is what is beside it."""
    return np.where(x < y, 0, np.where(x == y, g / 2, g))


maximum.derivatives(
    input=lambda g, input, other: to_greater(g, input, other),
    other=lambda g, input, other: to_greater(g, other, input),
)


@face(tensors=2)
@primitive(np.minimum, align=promote)
def minimum(input: Array, other: Array) -> Array:
    """The smaller of two tensors, element by element; as `maximum`."""
    return np.minimum(input, other)


minimum.derivatives(
    input=lambda g, input, other: to_greater(g, other, input),
    other=lambda g, input, other: to_greater(g, input, other),
)


def inside(x: Array, min: Array, max: Array) -> Array:
    """Where ``x`` lies within the bounds, either of which may be None."""
    above = True if min is None else x >= min
    return np.logical_and(above, True if max is None else x <= max)


@primitive()
def clip(x: Array, min: Array, max: Array) -> Array:
    """``x`` moved to the nearest bound where it lies outside; a bound may be None."""
    if x.dtype.kind == "f" and all(b is None or isinstance(b, (int, float)) for b in (min, max)):
        # Six times as fast as NumPy's maximum with a number, which does not use the processor's vectors.
        return x.clip(-math.inf if min is None else min, math.inf if max is None else max)
    if min is not None:
        x = np.maximum(*promote(x, min))
    return x if max is None else np.minimum(*promote(x, max))


clip.derivatives(
    x=lambda g, x, min, max: keep(g, inside(x, min, max)),
    min=lambda g, x, min, max: np.where(x < min, g, 0) if max is None else np.where((x < min) & (min < max), g, 0),
    max=lambda g, x, min, max: np.where(x > max, g, 0) if min is None else np.where((x > max) | (max < min), g, 0),
)


clip_to_numbers, clip_to_tensors = renamed(clip, "ClampBackward1"), renamed(clip, "ClampBackward0")
clip_below, clip_above = renamed(clip, "ClampMinBackward0"), renamed(clip, "ClampMaxBackward0")


@face(inplace=True, also=("clip",), out=True)
def clamp(input: Any, min: Any = None, max: Any = None) -> Any:
    """``input`` limited to [min, max].

    Args:
        input: Any tensor.
        min: Lower bound, a number or a tensor; None for none.
        max: Upper bound, likewise. Where ``min > max`` the result is ``max``.

    Derivative: ``g`` where input lies within the bounds (bounds included), 0 outside.
    Raises: RuntimeError: both bounds are None.
    Source: ``torch.clamp``.

    Example:
        >>> mgx.tensor([-2.0, 0.5, 3.0]).clamp(0, 1)
        tensor([0.0000, 0.5000, 1.0000])
    """
    check_tensor("clamp", input)
    if min is None and max is None:
        raise RuntimeError("torch.clamp: At least one of 'min' or 'max' must not be None")
    tensors = isinstance(min, Variable) or isinstance(max, Variable)
    return (clip_to_tensors if tensors else clip_to_numbers)(input, min, max)


@face(inplace=True)
def clamp_min(input: Any, min: Any) -> Any:
    """``input`` limited to what is not below ``min``, a number or a tensor."""
    return clip_below(check_tensor("clamp_min", input), min, None)


@face(inplace=True)
def clamp_max(input: Any, max: Any) -> Any:
    """``input`` limited to what is not above ``max``, a number or a tensor."""
    return clip_above(check_tensor("clamp_max", input), None, max)


# ---------------------------------------------------------------- comparison and logic: no derivative


@face(inplace=True)
@primitive(np.equal, align=promote)
def eq(input: Array, other: Array) -> Array:
    """``input == other``, element by element."""
    return np.equal(input, other)


@face(inplace=True, also=("not_equal",))
@primitive(np.not_equal, align=promote)
def ne(input: Array, other: Array) -> Array:
    """``input != other``, element by element."""
    return np.not_equal(input, other)


@face(inplace=True, also=("less",))
@primitive(np.less, align=promote)
def lt(input: Array, other: Array) -> Array:
    """``input < other``, element by element."""
    return np.less(input, other)


@face(inplace=True, also=("less_equal",))
@primitive(np.less_equal, align=promote)
def le(input: Array, other: Array) -> Array:
    """``input <= other``, element by element."""
    return np.less_equal(input, other)


@face(inplace=True, also=("greater",))
@primitive(np.greater, align=promote)
def gt(input: Array, other: Array) -> Array:
    """``input > other``, element by element."""
    return np.greater(input, other)


@face(inplace=True, also=("greater_equal",))
@primitive(np.greater_equal, align=promote)
def ge(input: Array, other: Array) -> Array:
    """``input >= other``, element by element."""
    return np.greater_equal(input, other)


@face(inplace=True, tensors=2)
@primitive(np.logical_and)
def logical_and(input: Array, other: Array) -> Array:
    """Both are non-zero."""
    return np.logical_and(input, other)


@face(inplace=True, tensors=2)
@primitive(np.logical_or)
def logical_or(input: Array, other: Array) -> Array:
    """At least one is non-zero."""
    return np.logical_or(input, other)


@face(inplace=True, tensors=2)
@primitive(np.logical_xor)
def logical_xor(input: Array, other: Array) -> Array:
    """Exactly one is non-zero."""
    return np.logical_xor(input, other)


@face(inplace=True)
@primitive(np.logical_not)
def logical_not(input: Array) -> Array:
    """It is zero."""
    return np.logical_not(input)


@face(inplace=True, tensors=0)
@primitive(np.bitwise_and, align=whole)
def bitwise_and(input: Array, other: Array) -> Array:
    """``input & other``, of integers or booleans."""
    return np.bitwise_and(input, other)


@face(inplace=True, tensors=0)
@primitive(np.bitwise_or, align=whole)
def bitwise_or(input: Array, other: Array) -> Array:
    """``input | other``, of integers or booleans."""
    return np.bitwise_or(input, other)


@face(inplace=True, tensors=0)
@primitive(np.bitwise_xor, align=whole)
def bitwise_xor(input: Array, other: Array) -> Array:
    """``input ^ other``, of integers or booleans."""
    return np.bitwise_xor(input, other)


@face(inplace=True)
@primitive(np.invert)
def bitwise_not(input: Array) -> Array:
    """``~input``, of integers or booleans."""
    whole(input, 0)
    return np.invert(input)


@face(inplace=True, tensors=0)
@primitive(np.left_shift, align=whole)
def bitwise_left_shift(input: Array, other: Array) -> Array:
    """``input << other``, of integers: times 2 to the power ``other``."""
    return np.left_shift(input, other)


@face(inplace=True, tensors=0)
@primitive(np.right_shift, align=whole)
def bitwise_right_shift(input: Array, other: Array) -> Array:
    """``input >> other``, of integers: divided by 2 to the power ``other``, rounded down."""
    return np.right_shift(input, other)


@face
@primitive(np.isnan)
def isnan(input: Array) -> Array:
    """Where elements are nan."""
    return np.isnan(input)


@face
@primitive(np.isinf)
def isinf(input: Array) -> Array:
    """Where elements are infinite."""
    return np.isinf(input)


@face
@primitive(np.isfinite)
def isfinite(input: Array) -> Array:
    """Where elements are neither infinite nor nan."""
    return np.isfinite(input)


@face
def isclose(input: Any, other: Any, rtol: float = 1e-05, atol: float = 1e-08, equal_nan: bool = False) -> Any:
    """Where ``|input - other| <= atol + rtol · |other|``.

    Args:
        input: Any tensor.
        other: A tensor of the same dtype.
        rtol: The difference that is allowed, as a part of ``other``.
        atol: The difference that is allowed in any case.
        equal_nan: Whether two nans count as close.

    Raises: RuntimeError: different dtypes, or a negative tolerance.
    Source: ``torch.isclose``.

    Example:
        >>> mgx.isclose(mgx.tensor([1.0, 2.0]), mgx.tensor([1.000001, 2.1]))
        tensor([ True, False])
    """
    x, y = check_tensor("isclose", input), check_tensor("isclose", other, "other", 2)
    if x.dtype is not y.dtype:
        raise RuntimeError(
            f"isclose: expected tensors of one dtype, got {x.dtype} and {y.dtype}; convert one with .to()"
        )
    for name, value in (("rtol", rtol), ("atol", atol)):
        if value < 0:
            raise RuntimeError(f"{name} must be greater than or equal to zero, but got {value}")
    a, b = (v.array if v.array.dtype.kind == "f" else v.array.astype(np.float64) for v in (x, y))
    try:
        return wrap(np.asarray(np.isclose(a, b, rtol, atol, equal_nan)))
    except ValueError as error:
        raise subtract.primitive.wrong(error, (a, b)) from None


@face
def allclose(input: Any, other: Any, rtol: float = 1e-05, atol: float = 1e-08, equal_nan: bool = False) -> bool:
    """Whether all elements are close, as in `isclose`; a Python bool."""
    return bool(np.all(isclose(input, other, rtol, atol, equal_nan).array))


@face
def equal(input: Any, other: Any) -> bool:
    """Whether two tensors have the same shape and the same elements; a Python bool."""
    return np.array_equal(check_tensor("equal", input).array, check_tensor("equal", other, "other", 2).array)


# ---------------------------------------------------------------- PyTorch's arithmetic


def one_tensor(name: str, input: Any, other: Any) -> Any:
    """Return the first operand, a tensor, or a number if the second one is a tensor."""
    return input if isinstance(other, Variable) and isinstance(input, (int, float)) else check_tensor(name, input)


def weighted(name: str, input: Any, other: Any, alpha: Any) -> tuple[Any, Any]:
    """The two operands of a sum, the second one ``alpha`` times."""
    one_tensor(name, input, other)
    if isinstance(alpha, float):
        kinds = [x.array.dtype.kind if isinstance(x, Variable) else np.asarray(x).dtype.kind for x in (input, other)]
        if "f" not in kinds:
            raise RuntimeError("For integral input tensors, argument alpha must not be a floating point number.")
    return input, scaled(other, alpha)


def scaled(other: Any, alpha: Any) -> Any:
    return other if alpha == 1 else multiply(other, alpha) if isinstance(other, Variable) else other * alpha


@face(inplace=True, out=True)
def add(input: Any, other: Any, *, alpha: float = 1) -> Any:
    """``input + alpha · other``, broadcast.

    Derivative: ``g`` to input, ``alpha · g`` to other.
    Source: ``torch.add``.

    Example:
        >>> mgx.add(mgx.ones(2), mgx.ones(2), alpha=3)
        tensor([4., 4.])
    """
    return plus(*weighted("add", input, other, alpha))


@face(inplace=True, also=("subtract",), out=True)
def sub(input: Any, other: Any, *, alpha: float = 1) -> Any:
    """``input - alpha · other``, broadcast."""
    return subtract(*weighted("sub", input, other, alpha))


@face(inplace=True, also=("multiply",), out=True)
def mul(input: Any, other: Any) -> Any:
    """``input · other``, broadcast.

    Derivative: ``g · other`` to input, ``g · input`` to other.
    Source: ``torch.mul``.
    """
    return multiply(one_tensor("mul", input, other), other)


@face(inplace=True, also=("divide", "true_divide"), out=True)
def div(input: Any, other: Any, *, rounding_mode: str | None = None) -> Any:
    """``input / other``, broadcast; integers are divided as floats.

    Args:
        input: The dividend.
        other: The divisor, a tensor or number.
        rounding_mode: None; ``"trunc"`` rounds the quotient towards 0, ``"floor"`` down, and integers stay integers.

    Derivative: ``g / other`` to input, ``-g · input / other²`` to other; 0 where rounded.
    Raises: RuntimeError: another rounding_mode.
    Source: ``torch.div``.

    Example:
        >>> mgx.tensor([7, -7]).div(2, rounding_mode="floor")
        tensor([ 3, -4])
    """
    one_tensor("div", input, other)
    if rounding_mode is None:
        return divide(input, other)
    if rounding_mode not in ("trunc", "floor"):
        raise RuntimeError(
            f"div expected rounding_mode to be one of None, 'trunc', or 'floor' but found '{rounding_mode}'"
        )
    return floor_divide(input, other) if rounding_mode == "floor" else truncate_divide(input, other)


def check_divisor(x: Array, y: Array) -> None:
    """Integers cannot be divided by 0."""
    if np.result_type(x, y).kind in "iu" and not np.all(y):
        raise RuntimeError("ZeroDivisionError")


@face(inplace=True, tensors=0)
@primitive(np.floor_divide, align=promote)
def floor_divide(input: Array, other: Array) -> Array:
    """``input / other``, rounded down."""
    check_divisor(input, other)
    return np.floor_divide(input, other)


@primitive(align=promote)
def truncate_divide(input: Array, other: Array) -> Array:
    """``input / other``, rounded towards 0."""
    check_divisor(input, other)
    down = np.floor_divide(input, other)
    if down.dtype.kind == "f":
        return np.trunc(input / other)
    return down + ((down < 0) & (down * other != input))  # a float would not hold every integer


floor_divide.primitive.name = truncate_divide.primitive.name = "DivBackward2"
floor_divide.derivatives(input=lambda g: np.zeros_like(g), other=lambda g: np.zeros_like(g))
truncate_divide.derivatives(input=lambda g: np.zeros_like(g), other=lambda g: np.zeros_like(g))


@face(inplace=True, tensors=0)
@primitive(np.remainder, align=promote)
def remainder(input: Array, other: Array) -> Array:
    """``input - floor(input / other) · other``: what ``%`` means, with the sign of ``other``."""
    check_divisor(input, other)
    return np.remainder(input, other)


remainder.derivatives(
    input=lambda g: g,
    other=lambda g, input, other: -g * np.floor_divide(input, other),
)


@face(inplace=True, out=True)
def pow(input: Any, exponent: Any) -> Any:
    """``input ** exponent``, broadcast; either may be a number.

    Derivative: ``g · n · x^(n-1)`` to input, ``g · x^n · ln x`` to exponent.
    Raises: RuntimeError: integers to a negative integer power.
    Source: ``torch.pow``.

    Example:
        >>> mgx.pow(2.0, mgx.tensor([1.0, 3.0]))
        tensor([2., 8.])
    """
    if isinstance(exponent, int) and exponent < 0 and isinstance(input, Variable) and input.array.dtype.kind in "iub":
        raise RuntimeError("Integers to negative integer powers are not allowed.")
    if isinstance(exponent, (bool, Variable)) and is_boolean(exponent) and is_boolean(input):
        raise NotImplementedError("\"pow\" not implemented for 'Bool'; use logical_or(input, ~exponent)")
    if not isinstance(one_tensor("pow", input, exponent), Variable):
        return power_of_number(input, exponent)
    return (power_of_tensors if isinstance(exponent, Variable) else power)(input, exponent)


@face(inplace=True, also=("negative",), out=True)
def neg(input: Any) -> Any:
    """``-input``."""
    if check_tensor("neg", input).array.dtype.kind == "b":
        raise RuntimeError(
            "Negation, the `-` operator, on a bool tensor is not supported. "
            "If you are trying to invert a mask, use the `~` or `logical_not()` operator instead."
        )
    return negative(input)


@face(inplace=True, out=True)
def lerp(input: Any, end: Any, weight: Any) -> Any:
    """``input + weight · (end - input)``: on the line from input to end; all of one floating dtype."""
    x = check_tensor("lerp", input)
    if x.array.dtype.kind != "f":
        raise NotImplementedError(f"\"lerp_kernel_scalar\" not implemented for '{x.dtype}'; convert it with .float()")
    for name, other in (("end", end), ("weight", weight)):
        if isinstance(other, Variable) and other.array.dtype != x.array.dtype:
            raise RuntimeError(f"expected dtype {x.array.dtype} for `{name}` but got dtype {other.array.dtype}")
    return plus(input, multiply(subtract(end, input), weight))


@face(inplace=True, out=True)
def addcmul(input: Any, tensor1: Any, tensor2: Any, *, value: float = 1) -> Any:
    """``input + value · tensor1 · tensor2``."""
    return plus(input, scaled(multiply(tensor1, tensor2), value))


@face(inplace=True, out=True)
def addcdiv(input: Any, tensor1: Any, tensor2: Any, *, value: float = 1) -> Any:
    """``input + value · tensor1 / tensor2``, of which at least one is floating."""
    if "f" not in {check_tensor("addcdiv", t).array.dtype.kind for t in (tensor1, tensor2)}:
        raise RuntimeError("Integer division with addcdiv is no longer supported; convert one tensor with .float()")
    return plus(input, scaled(divide(tensor1, tensor2), value))


@primitive(name="Copy")
def overwrite(x: Array, y: Array) -> Array:
    """``y`` in place of ``x``, with the shape and dtype of ``x``."""
    return np.broadcast_to(y, x.shape).astype(x.dtype)


overwrite.derivatives(x=lambda g: np.zeros_like(g), y=lambda g: g)


@face(inplace=True, out=True)
def nan_to_num(input: Any, nan: float = 0.0, posinf: float | None = None, neginf: float | None = None) -> Any:
    """Other numbers in place of NaN and of infinite ones.

    Args:
        input: Any tensor; integers stay as they are.
        nan: What stands for NaN.
        posinf: What stands for infinity; by default the largest number of the dtype.
        neginf: What stands for minus infinity; by default the least one.

    Derivative: ``g``, but 0 where something was replaced.
    Source: ``torch.nan_to_num``.

    Example:
        >>> (mgx.tensor([0.0, 1.0, -1.0]) / mgx.tensor([0.0, 1.0, 0.0])).nan_to_num(neginf=-9.0)
        tensor([ 0.,  1., -9.])
    """
    x = check_tensor("nan_to_num", input)
    if x.array.dtype.kind != "f":
        return x.clone()
    limits = np.finfo(x.array.dtype)
    known: Any = x
    for where, value in (
        (np.isnan(x.array), nan or 0.0),
        (np.isposinf(x.array), float(limits.max) if posinf is None else posinf),
        (np.isneginf(x.array), float(limits.min) if neginf is None else neginf),
    ):
        known = masked_fill(known, where, value)
    return known
