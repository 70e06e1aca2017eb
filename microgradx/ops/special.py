"""Special functions: the gamma function's logarithm with its derivatives, the inverse of erf, Bessel's, and kin.

NumPy has none of them. Where a formula needs coefficients, they were found by interpolation at Chebyshev's points in
60 digits; each says of which function. All are computed in float64, whatever the dtype of the result: their errors
are then the last rounding of a float32, and some units of the last place of a float64.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from microgradx.dtypes import default, promote
from microgradx.engine import cast, primitive
from microgradx.graph import Array
from microgradx.ops.elementwise import floating, floats, keep, wide
from microgradx.ops.erf import erf, erfc, polynomial
from microgradx.ops.face import METHODS, check_tensor, face, in_place
from microgradx.views import legacy_name

# ---------------------------------------------------------------- the gamma function

# log Γ(1 + u) / (u · (u - 1)) for u from 0 to 1, in u - 1/2
LOG_GAMMA = (
    -7.760660152513446e-06, 1.2140008083973407e-05, -8.355075869795273e-06, 1.3186019073996835e-05,
    -2.7201673025504752e-05, 4.30276814976503e-05, -6.614136022346414e-05, 0.00010535512483785591,
    -0.0001689178215524898, 0.00027131373861446925, -0.00043799307479613914, 0.000711519067515296,
    -0.0011644145847310124, 0.0019229163127905161, -0.0032120740737152814, 0.005446457839126065,
    -0.009425622448525798, 0.01679709863127416, -0.031308487501010646, 0.06291140107456439,
    -0.14595989591430608, 0.4831289505409809,
)  # fmt: skip
# x · (log Γ(x) - (x - 1/2) · log x + x - log √2π), what Stirling's formula leaves, for x >= 2, in (x - 5) / (x + 1)
STIRLING = (
    2.5791444622875463e-15, -3.0546432130802262e-15, 5.622686417419722e-14, -3.0925792612857925e-13,
    1.1628639793357112e-12, -8.875718249860847e-12, 5.14756174056388e-11, -2.631710785535425e-10,
    1.6787533542945783e-09, -1.0291477746681259e-08, 5.780494644970904e-08, -3.5949606072457883e-07,
    2.3770319887288653e-06, -1.3782594645332077e-05, 6.270707294145555e-05, -0.00020194067248708735,
    0.00026082706993009675, 0.08322345594910596,
)  # fmt: skip
# ψ(1 + u) / (u - u0) for u from 0 to 1, in u - 1/2; ψ(1 + u0) = 0
DIGAMMA = (
    -0.00017312261802727394, 0.00025968482126430747, -0.00015148586836773365, 0.0002272331660987376,
    -0.0004821990530566789, 0.0007233266279287554, -0.0010376374098418604, 0.0015566317474486838,
    -0.002345267632540769, 0.003519006401502276, -0.005279964873257405, 0.007926944646403797,
    -0.011908218001568644, 0.0179072524394512, -0.02697579675613825, 0.04076083381242074,
    -0.061922133273064534, 0.09498872445494122, -0.14840492305390884, 0.2405424842407742,
    -0.4236274212814605, 0.951055876031833,
)  # fmt: skip
DIGAMMA_ZERO = 0.46163214496836236, -1.5522348162858677e-17  # u0, as a sum
# x² · (log x - 1/(2x) - ψ(x)) for x >= 2, in (x - 5) / (x + 1)
DIGAMMA_TAIL = (
    3.225793068203455e-14, 9.802526614835435e-14, -9.719083525124338e-14, -1.428472757748423e-12,
    -2.844483566437492e-12, 1.936800961071271e-12, 7.905119362411299e-11, 2.8602882434199398e-11,
    2.2242097152583093e-10, -1.033089848661844e-08, 3.667514692770857e-08, -1.538158350133951e-07,
    2.909555825636068e-06, -2.9086943848447308e-05, 0.000166749643479706, -0.0005844914065018288,
    0.0007712795706953082, 0.08300610005749755,
)  # fmt: skip


def silent() -> Any:
    """For formulas that pass through infinities on their way, or are computed where they are not used."""
    return np.errstate(all="ignore")


def from_integer(x: Array) -> Array:
    """How far ``x`` lies above the nearest integer, exactly; 0 for infinities."""
    return np.where(np.isinf(x), 0, x - np.round(x))


def log_gamma(x: Array) -> Array:
    """``log Γ(x)`` for x >= 0.

    Below 3 by one polynomial and ``Γ(x + 1) = x Γ(x)``, so that the zeros at 1 and 2 are exact; then Stirling's way.
    """
    u = np.where(x < 1, x, np.where(x < 2, x - 1, x - 2))
    factor = np.where(x < 1, x, np.maximum(x - 1, 1))
    near = u * (u - 1) * polynomial(LOG_GAMMA, u - 0.5) + np.where(x < 1, -1, 1) * np.log(factor)
    v = np.maximum(x, 2)
    far = (v - 0.5) * (np.log(v) - 1) + polynomial(STIRLING, 1 - 6 / (v + 1)) / v + (math.log(2 * math.pi) - 1) / 2
    return np.where(x < 3, near, far)


@face(inplace=True)
@primitive(align=floating)
def lgamma(x: Array) -> Array:
    """Logarithm of the gamma function's absolute value: ``log (n-1)!`` at an integer n, infinite at 0, -1, -2, ...

    Derivative: ``g · ψ(x)``, with `digamma`.
    Units: nats.
    Source: ``torch.lgamma``; below 0 by ``Γ(x) Γ(1 - x) = π / sin πx``.

    Example:
        >>> mgx.tensor([0.5, 1.0, 5.0]).lgamma()
        tensor([0.5724, 0.0000, 3.1781])
    """
    v = x.astype(np.float64)
    with silent():
        out = log_gamma(np.where(v < 0, 1 - v, v))
        mirrored = np.log(math.pi / np.absolute(np.sin(math.pi * from_integer(v)))) - out
        return np.where((v < 0) & np.isfinite(v), mirrored, out).astype(x.dtype)


@face(inplace=True)
@primitive(align=floating)
def digamma(x: Array) -> Array:
    """ψ(x), the derivative of `lgamma`; nan at -1, -2, ..., infinite at 0.

    Derivative: ``g · ψ'(x)``, with `polygamma`.
    Source: ``torch.digamma``; below 0 by ``ψ(1 - x) - ψ(x) = π / tan πx``.

    Example:
        >>> mgx.tensor([1.0, 2.0]).digamma()
        tensor([-0.5772,  0.4228])
    """
    v = x.astype(np.float64)
    with silent():
        y = np.where(v < 0, 1 - v, v)
        u = np.where(y < 1, y, y - 1)
        zero, rest = DIGAMMA_ZERO
        near = (u - zero - rest) * polynomial(DIGAMMA, u - 0.5) - np.where(y < 1, 1 / y, 0)
        w = np.maximum(y, 2)
        far = np.log(w) - (0.5 + polynomial(DIGAMMA_TAIL, 1 - 6 / (w + 1)) / w) / w
        out = np.where(y < 2, near, far)
        r = from_integer(v)
        mirrored = np.where((r == 0) | np.isinf(v), math.nan, out - math.pi / np.tan(math.pi * r))
        return np.where(v < 0, mirrored, out).astype(x.dtype)


# Bernoulli's numbers B2, B4, ... over 2!, 4!, ...
BERNOULLI = [
    b / math.factorial(2 * j)
    for j, b in enumerate((1 / 6, -1 / 30, 1 / 42, -1 / 30, 5 / 66, -691 / 2730, 7 / 6, -3617 / 510, 43867 / 798), 1)
]


def power_sum(s: int, x: Array) -> Array:
    """``Σ (x + k)^-s`` over k = 0, 1, 2, ..., for x > 0 (Hurwitz's zeta function).

    Ten terms, and the rest by Euler and Maclaurin: the integral, and corrections by derivatives at its beginning.
    """
    head = sum((x + k) ** -float(s) for k in range(10))
    y = x + 10
    term = y ** -float(s)
    out = head + y ** (1.0 - s) / (s - 1) + term / 2
    for j, b in enumerate(BERNOULLI):
        term = term * (s / y if j == 0 else (s + 2 * j - 1) * (s + 2 * j) / (y * y))
        out = out + b * term
    return out


def cotangent_derivative(n: int, x: Array) -> Array:
    """``dⁿ/dxⁿ cot πx``: a polynomial in the cotangent, for its own derivative is ``-π (1 + cot² πx)``."""
    p = np.polynomial.Polynomial([0.0, 1.0])
    for _ in range(n):
        p = p.deriv() * np.polynomial.Polynomial([-math.pi, 0.0, -math.pi])
    return p(1 / np.tan(math.pi * from_integer(x)))


@primitive(name="Polygamma")
def digamma_derivative(x: Array, n: int) -> Array:
    """The n-th derivative of `digamma`, n >= 1."""
    v = x.astype(np.float64)
    sign = 1 if n % 2 else -1
    with silent():
        factorial = math.gamma(n + 1) if n <= 170 else math.inf
        out = factorial * power_sum(n + 1, np.where(v < 0, 1 - v, v))
        mirrored = -out - math.pi * cotangent_derivative(n, v)
        mirrored = np.where(from_integer(v) == 0, np.where(np.isinf(v), math.nan, sign * math.inf), mirrored)
        return np.where(v < 0, mirrored, sign * out).astype(x.dtype)


lgamma.derivatives(x=lambda g, x: g * digamma(x))
digamma.derivatives(x=lambda g, x: g * digamma_derivative(x, 1))
digamma_derivative.derivatives(x=lambda g, x, n: g * digamma_derivative(x, n + 1))


@face(method=False)
def polygamma(n: int, input: Any) -> Any:
    """The n-th derivative of `digamma`; as a method ``x.polygamma(n)``.

    Args:
        n: How many times, at least 0.
        input: Any tensor.

    Derivative: ``g · polygamma(n + 1, input)``.
    Raises: RuntimeError: ``n`` is negative.
    Source: ``torch.polygamma``.

    Example:
        >>> mgx.polygamma(1, mgx.tensor([1.0, 2.0]))
        tensor([1.6449, 0.6449])
    """
    x = check_tensor("polygamma", input, "input", 2)
    if isinstance(n, bool) or not isinstance(n, int):
        raise TypeError(f"polygamma(): argument 'n' (position 1) must be int, not {type(n).__name__}")
    if n < 0:
        raise RuntimeError("polygamma(n, x) does not support negative n.")
    if n == 0:
        return digamma(x)
    return digamma_derivative(x if x.array.dtype.kind == "f" else cast(x, default.numpy), n)


METHODS["polygamma"] = lambda self, n: polygamma(n, self)
METHODS["polygamma_"] = in_place(METHODS["polygamma"], "polygamma_")


# ---------------------------------------------------------------- products with logarithms


@face(inplace=True, tensors=0)
@primitive(align=floats)
def xlogy(input: Array, other: Array) -> Array:
    """``input · log(other)``, and 0 where input is 0, whatever the logarithm; nan where other is nan.

    Derivative: ``g · log(other)`` to input, ``g · input / other`` to other; 0 to input where it is 0 and other is not
    positive.
    Source: ``torch.xlogy``.

    Example:
        >>> mgx.xlogy(mgx.tensor([0.0, 2.0]), mgx.tensor([0.0, 1.0]))
        tensor([0., 0.])
    """
    y = np.asarray(other, getattr(input, "dtype", None))
    with silent():
        return np.where((input == 0) & ~np.isnan(y), y.dtype.type(0), input * np.log(y))


xlogy.derivatives(
    input=lambda g, input, other: keep(xlogy(g, other), ~((input == 0) & (other <= 0))),
    other=lambda g, input, other: g * (input / other),
)


# ---------------------------------------------------------------- the inverse of the error function


@face(inplace=True)
@primitive(align=floating)
def erfinv(x: Array) -> Array:
    """The number whose `erf` is ``x``; infinite at ±1, nan beyond.

    Derivative: ``g · √π/2 · exp(erfinv²(x))``.
    Source: a first guess by S. Winitzki (2008), good to 0.4 %, and two of Halley's steps, of which each triples the
        digits; as ``torch.erfinv``.

    Example:
        >>> mgx.tensor([0.0, 0.5, -1.0]).erfinv()
        tensor([0.0000, 0.4769,   -inf])
    """
    v = x.astype(np.float64)
    size = np.absolute(v)
    with silent():
        log = np.log((1 - size) * (1 + size))
        a = 0.147
        b = 2 / (math.pi * a) + log / 2
        y = np.sqrt(np.sqrt(b * b - log / a) - b)
        for _ in range(2):
            excess = np.where(size < 0.5, erf(y) - size, (1 - size) - erfc(y))
            step = excess / (2 / math.sqrt(math.pi) * np.exp(-y * y))
            y = y - step / (1 + y * step)
        y = np.where(size < 1, y, np.where(size == 1, math.inf, math.nan))
    return np.copysign(y, v).astype(x.dtype)


erfinv.derivatives(x=lambda g, out: g * (math.sqrt(math.pi) / 2 * np.exp(out * out)))


# ---------------------------------------------------------------- logarithms of odds and of sums


@primitive(name="Logit")
def log_odds(x: Array, eps: Any) -> Array:
    """``log(x / (1 - x))``, of ``x`` moved into [eps, 1 - eps] unless that is None."""
    if eps is not None:
        x = x.clip(eps, 1 - eps)
    with silent():
        return np.log(x / (1 - x))


def log_odds_by_x(g: Array, x: Array, eps: Any) -> Array:
    """``g / (x (1 - x))``, where ``x`` is a probability, or, with ``eps``, was not moved."""
    if eps is None:
        return np.where((x < 0) | (x > 1), math.nan, g / (x * (1 - x)))
    inside = (x >= eps) & (x <= 1 - eps)
    return np.where(inside | (x != x), g / (x * (1 - x)), 0)


log_odds.derivatives(x=log_odds_by_x)


@face(inplace=True)
def logit(input: Any, eps: float | None = None) -> Any:
    """``log(x / (1 - x))``, the inverse of `sigmoid`.

    Args:
        input: Probabilities; beyond 0 and 1 the result is nan.
        eps: Move them into [eps, 1 - eps] first.

    Derivative: ``g / (x (1 - x))``; 0 where ``eps`` moved the input.
    Units: nats.
    Source: ``torch.logit``.

    Example:
        >>> mgx.tensor([0.5, 0.9]).logit()
        tensor([0.0000, 2.1972])
    """
    x = check_tensor("logit", input)
    return log_odds(x if x.array.dtype.kind == "f" else cast(x, default.numpy), eps)


def real_pair(name: str) -> Any:
    """The check of an operation on two operands that is not defined on integers alone."""

    def check(x: Array, y: Array) -> tuple[Array, Array]:
        x, y = promote(x, y)
        if x.dtype.kind != "f":
            raise NotImplementedError(f"\"{name}\" not implemented for '{legacy_name(x.dtype.name)}'")
        return x, y

    return check


@face(tensors=2)
@primitive(np.logaddexp, align=real_pair("logaddexp_cpu"))
def logaddexp(input: Array, other: Array) -> Array:
    """``log(exp(input) + exp(other))``, where the exponentials alone might overflow.

    Derivative: ``g · sigmoid(input - other)`` to input, the rest of ``g`` to other.
    Units: nats.
    Source: ``torch.logaddexp``.

    Example:
        >>> mgx.logaddexp(mgx.tensor([0.0, 500.0]), mgx.tensor([0.0, 0.0]))
        tensor([  0.6931, 500.0000])
    """
    return np.logaddexp(input, other)


@face(tensors=2)
@primitive(np.logaddexp2, align=real_pair("logaddexp2_cpu"))
def logaddexp2(input: Array, other: Array) -> Array:
    """As `logaddexp`, with powers of 2 and the logarithm to base 2; in bits."""
    return np.logaddexp2(input, other)


logaddexp.derivatives(
    input=lambda g, input, other: g / (1 + np.exp(other - input)),
    other=lambda g, input, other: g / (1 + np.exp(input - other)),
)
logaddexp2.derivatives(
    input=lambda g, input, other: g / (1 + np.exp((other - input) * math.log(2))),
    other=lambda g, input, other: g / (1 + np.exp((input - other) * math.log(2))),
)


@face(inplace=True)
def mvlgamma(input: Any, p: int) -> Any:
    """Logarithm of the gamma function of p dimensions: ``p (p - 1) / 4 · log π + Σ lgamma(x - j / 2)`` over j < p.

    Args:
        input: Numbers above ``(p - 1) / 2``.
        p: The number of dimensions.

    Derivative: ``g · Σ digamma(x - j / 2)``.
    Raises: RuntimeError: ``p`` is below 1.
    Source: ``torch.mvlgamma``.

    Example:
        >>> mgx.mvlgamma(mgx.tensor([2.0, 3.0]), 2)
        tensor([0.4516, 1.5502])
    """
    x = check_tensor("mvlgamma", input).contiguous()
    if p < 1:
        raise RuntimeError("p has to be greater than or equal to 1")
    return sum((lgamma(x - j / 2) for j in range(p)), p * (p - 1) / 4 * math.log(math.pi))


# ---------------------------------------------------------------- waves


@face(inplace=True)
@primitive(np.sinc, align=floating)
def sinc(x: Array) -> Array:
    """``sin(πx) / (πx)``, and 1 at 0.

    Derivative: ``g · (cos(πx) - sinc(x)) / x``, and 0 at 0.
    Source: ``torch.sinc``.

    Example:
        >>> mgx.tensor([0.0, 0.5]).sinc()
        tensor([1.0000, 0.6366])
    """
    angle = math.pi * wide(x)
    with silent():
        return np.where(x == 0, 1, np.sin(angle) / angle).astype(x.dtype)


@primitive()
def sinc_ratio(x: Array, n: int) -> Array:
    """The n-th, n >= 1, of the functions of which the first is `sinc` and each next one ``-f'(x) / (π² x)``; smooth at 0.

    They are ``j(z) / zⁿ`` at z = πx, j being Bessel's spherical function of order n. Near 0 by the power series
    ``Σ (-z²/2)^k / (k! (2k + 2n + 1)!!)``, elsewhere by ``j[n+1] = (2n + 1)/z · j[n] - j[n-1]``.
    """
    z = math.pi * x.astype(np.float64)
    near = np.absolute(z) < n + 2
    series = [1 / (math.factorial(k) * math.prod(range(1, 2 * (k + n) + 2, 2))) for k in range(20 + 2 * n)]
    with silent():
        before = np.sin(z) / z
        now = (before - np.cos(z)) / z
        for m in range(1, n):
            before, now = now, (2 * m + 1) / z * now - before
        far = now / z**n
    return np.where(near, polynomial(tuple(series[::-1]), np.where(near, z * z / -2, 0)), far).astype(x.dtype)


sinc.derivatives(x=lambda g, x: g * (-(math.pi**2) * x * sinc_ratio(x, 1)))
sinc_ratio.derivatives(x=lambda g, x, n: g * (-(math.pi**2) * x * sinc_ratio(x, n + 1)))


# I(x) · exp(-x) · √x for x >= 8, in 16/x - 1
BESSEL_TAIL = (
    (
        2.0827128361368272e-11, -5.905351247361592e-11, -1.5069911314965846e-10, 4.4791076226745083e-10,
        5.123219344241254e-10, -1.59308349164589e-09, -1.1450332857137288e-09, 3.5986061174119615e-09,
        2.1054590921362036e-09, -5.915624891127836e-09, -3.9053292754176505e-09, 7.40627414418278e-09,
        7.737190586934452e-09, -5.39447256584035e-09, -1.3466305847930674e-08, -6.75054806754319e-09,
        7.566354978558951e-09, 2.1548892906932595e-08, 3.932437669867399e-08, 8.872214314513599e-08,
        2.973599622649477e-07, 1.4838475687858713e-06, 1.1143033787544778e-05, 0.00013621607439186714,
        0.0033605519836678944, 0.4021765094450081,
    ),
    (
        -1.9683555071206512e-11, 6.136264863503602e-11, 1.4180416318049543e-10, -4.656352378875901e-10,
        -4.799788572349276e-10, 1.6578135104696467e-09, 1.0717118658840645e-09, -3.753514378647805e-09,
        -1.992232311533578e-09, 6.203049516537961e-09, 3.803916747391097e-09, -7.863044450059506e-09,
        -7.817013242510877e-09, 5.963661897071631e-09, 1.4088534085726922e-08, 6.737489146647687e-09,
        -8.438803483315753e-09, -2.337446714964066e-08, -4.3127788894315365e-08, -1.000128261737259e-07,
        -3.483856740327739e-07, -1.8349101357954703e-06, -1.503854719735794e-05, -0.0002192357638338229,
        -0.009749577193235768, 0.38939845902587233,
    ),
)  # fmt: skip


def bessel(n: int, x: Array) -> Array:
    """``I(x) / xⁿ`` of order n, for x >= 0: ``Σ (x²/4)^k / (2ⁿ k! (k + n)!)``, and for large x by a fit.

    The fit is of orders 0 and 1; the others follow by ``I[n+1] = I[n-1] - 2n/x · I[n]``.
    """
    series = [1 / (2**n * math.factorial(k) * math.factorial(k + n)) for k in range(28)]
    half, v = np.minimum(x, 8) / 2, np.clip(x, 8, 1e4)
    before, now = (polynomial(tail, 16 / v - 1) / np.sqrt(v) for tail in BESSEL_TAIL)
    for m in range(n):
        before, now = now, before - 2 * (m + 1) / v * now
    grown = np.exp(v / 2)  # exp(x) may overflow where the result does not
    return np.where(x < 8, polynomial(tuple(series[::-1]), half * half), grown * (before / v**n) * grown)


@face(inplace=True)
@primitive(np.i0, align=floating)
def i0(x: Array) -> Array:
    """Modified Bessel function of the first kind, of order 0: the mean of ``exp(x cos φ)`` over all angles.

    Derivative: ``g · I1(x)``, the same of order 1; found as ``x · (I1(x) / x)``, which can be differentiated again at 0.
    Source: ``torch.i0``; by its power series up to 8, then by a fit.

    Example:
        >>> mgx.tensor([0.0, 1.0]).i0()
        tensor([1.0000, 1.2661])
    """
    with silent():
        return bessel(0, np.absolute(x.astype(np.float64))).astype(x.dtype)


@primitive()
def i0_ratio(x: Array, n: int) -> Array:
    """``I(x) / xⁿ`` of order n >= 1: of the functions of which the first is `i0` and each next one ``f'(x) / x``."""
    with silent():
        return bessel(n, np.absolute(x.astype(np.float64))).astype(x.dtype)


i0.derivatives(x=lambda g, x: g * (x * i0_ratio(x, 1)))
i0_ratio.derivatives(x=lambda g, x, n: g * (x * i0_ratio(x, n + 1)))
