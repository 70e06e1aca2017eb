"""The error function, which NumPy does not have, by polynomials; and the normal distribution from it.

Two fits, each to the last digits of its dtype (the tests compare them with ``math.erf``):

- near 0, ``erf(x) = x · P(x²)`` for \\|x\\| < 1;
- elsewhere the scaled tail ``(1 + 2x) · exp(x²) · erfc(x) = Q((x - 3) / (x + 3))``, which stays between
  1 and 1.3 for all x >= 0, so that small tails keep all their digits.

Both were found by interpolation at Chebyshev's points in 50 digits.
"""

from __future__ import annotations

import math

import numpy as np

from microgradx.engine import primitive
from microgradx.graph import Array
from microgradx.ops.elementwise import floating, wide
from microgradx.ops.face import face
from microgradx.ops.pieces import elementwise

# by the itemsize of the dtype; the coefficient of the highest power first
CENTER = {
    4: (
        -0.0005648059865503044, 0.004921762027877231, -0.02671505423226643, 0.11280316652505075,
        -0.37612343775327806, 1.1283791261787373,
    ),
    8: (
        -7.795898827002142e-10, 1.3720064546777686e-08, -1.6208483801871705e-07, 1.6447424703317362e-06,
        -1.492473690741966e-05, 0.00012055294904839707, -0.0008548325975389692, 0.0052239776071164225,
        -0.02686617064323777, 0.11283791670945006, -0.37612638903183543, 1.1283791670955126,
    ),
}  # fmt: skip
TAIL = {
    4: (
        0.002596848723897626, 0.002347908493447253, -0.024217460763047396, 0.06823979067456265,
        -0.11918915688796668, 0.12966530993068107, -0.04756743896077327, -0.13562212111113636,
        1.253008110597011,
    ),
    8: (
        -4.182582514492672e-09, -8.434001655651974e-09, 3.287068163369429e-08, 9.165163529845378e-08,
        -1.3113322169787245e-07, -6.047180034444154e-07, 3.4908866785504095e-07, 3.4637798916718807e-06,
        -7.2768869661579e-07, -2.0096529953503006e-05, 4.94820186655648e-06, 0.00012509812224376389,
        -0.00010515950712088183, -0.0007798320325464751, 0.0018886903150891136, 0.002529391787669092,
        -0.023770514914554265, 0.06830802734584185, -0.1192736634155118, 0.12964515870270443,
        -0.04756229435344671, -0.13562110612458067, 1.2530080582697296,
    ),
}  # fmt: skip


def polynomial(coefficients: tuple[float, ...], x: Array) -> Array:
    """By Horner's rule, in one piece of memory."""
    y = coefficients[0] * x
    for c in coefficients[1:-1]:
        y += c
        y *= x
    y += coefficients[-1]
    return y


def tail(x: Array) -> Array:
    """``erfc(x)`` for x >= 0."""
    x = x.clip(0, 28)  # erfc(28) is 0 in every dtype, and infinities would make nans
    return polynomial(TAIL[x.itemsize], (x - 3) / (x + 3)) / (1 + 2 * x) * np.exp(-x * x)


@face(inplace=True)
@primitive(align=floating)
def erf(x: Array) -> Array:
    """Error function ``2/√π ∫ exp(-t²) dt`` from 0 to ``x``; goes from -1 to 1.

    Derivative: ``g · 2/√π · exp(-x²)``.
    Source: ``torch.erf``.

    Example:
        >>> mgx.tensor([0.0, 0.5, 2.0]).erf()
        tensor([0.0000, 0.5205, 0.9953])
    """
    v = wide(x)
    size = np.absolute(v)
    near = v * polynomial(CENTER[v.itemsize], size.clip(0, 1) ** 2)
    return np.where(size < 1, near, np.sign(v) * (1 - tail(size))).astype(x.dtype, copy=False)


@face(inplace=True)
@primitive(align=floating)
def erfc(x: Array) -> Array:
    """``1 - erf(x)``, accurate where it is small.

    Derivative: ``-g · 2/√π · exp(-x²)``.
    Source: ``torch.erfc``.

    Example:
        >>> mgx.tensor([0.0, 1.0]).erfc()
        tensor([1.0000, 0.1573])
    """
    v = wide(x)
    far = tail(np.absolute(v))
    return (far + (v < 0) * (2 - 2 * far)).astype(x.dtype, copy=False)  # 2 - far below 0


erf.derivatives(x=lambda g, x: g * ((2 / math.sqrt(math.pi)) * np.exp(-x * x)))
erfc.derivatives(x=lambda g, x: g * ((-2 / math.sqrt(math.pi)) * np.exp(-x * x)))


LOGIT = (
    1.8175005720717847e-09, -1.3397361871615968e-07, 3.977864228269093e-06, -5.530912965181505e-05,
    -3.2860996696161294e-05, 0.0363337968549223, 0.7978845308534334,
)  # fmt: skip


def phi(x: Array) -> Array:
    """Φ(x) in float32 by one tanh, or by `erfc`, which takes three times as long.

    ``Φ(x) = (1 + tanh(x · P(x²))) / 2``, with a P for which the error stays below ``1e-7 / max(1, |x|)``.
    """
    if x.itemsize > 4:
        return erfc(x * -math.sqrt(0.5)) / 2
    v = wide(x)
    with np.errstate(over="ignore"):  # P grows with x², to infinity if need be, and its tanh is 1 long before
        u = polynomial(LOGIT, v * v)
        u *= v
    out = np.tanh(u)
    out += 1
    out *= 0.5
    return out.astype(x.dtype, copy=False)


@primitive()
def normal_density(x: Array) -> Array:
    """The density of the standard normal distribution at ``x``."""
    v = x * x
    v *= -0.5
    out = np.exp(v)
    out *= 1 / math.sqrt(2 * math.pi)
    return out


normal_density.derivatives(x=lambda g, x, out: g * (-x * out))


@primitive()
def normal_cdf(x: Array) -> Array:
    """The probability Φ(x) that a standard normal variable is at most ``x``."""
    return elementwise(phi, x)


normal_cdf.derivatives(x=lambda g, x: g * normal_density(x))
