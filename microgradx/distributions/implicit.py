"""Samples of gamma and Dirichlet distributions, with derivatives by their parameters.

Such samples come from a loop that rejects proposals, and a loop has no derivative. But with F(a, x) the probability of an
outcome up to x, ``u = F(a, x)`` is uniformly distributed whatever the parameter a. If u is held, x moves with a so that F
does not change: ``dx/da = -(∂F/∂a) / (∂F/∂x)``. This is the implicit derivative.

The two F are sums of positive terms, which can be differentiated term by term. PyTorch approximates: its derivatives
differ from these by up to 5 parts in ten thousand.

Source: M. Figurnov, S. Mohamed and A. Mnih, "Implicit Reparameterization Gradients" (2018); ``torch._standard_gamma``,
``torch._sample_dirichlet``.
"""

from typing import Any

import numpy as np

from microgradx.engine import primitive
from microgradx.generator import Generator
from microgradx.graph import Array
from microgradx.ops.special import digamma, lgamma
from microgradx.random import default_generator
from microgradx.views import legacy_name

__all__ = ["gammainc", "sample_dirichlet", "standard_gamma"]

PRECISION = 1e-17
LARGEST = 1e8  # concentration: the sums have about nine times its root terms


def _check_size(a: Array) -> None:
    if np.any(a > LARGEST):
        raise NotImplementedError(
            f"the gradient of gamma and Dirichlet samples: expected concentrations up to {LARGEST:.0e}, "
            f"got {np.max(a)}; use a normal distribution, which is the same within 1e-4 standard deviations"
        )


def _check_floats(name: str, x: Array) -> None:
    if x.dtype.kind != "f":
        raise NotImplementedError(
            f"\"{name}\" not implemented for '{legacy_name(x.dtype.name)}'; convert the parameters with .float()"
        )


def _gamma_series(a: Array, x: Array) -> tuple[Array, Array]:
    """S, the sum of ``x**n / ((a + 1) ... (a + n))``, and its derivative by a.

    The probability of an outcome up to x is ``x**a * exp(-x) / Γ(a + 1) * S``.
    Source: M. Abramowitz and I. Stegun, "Handbook of Mathematical Functions" (1964), 6.5.29.
    """
    one: Array = np.ones(np.broadcast_shapes(a.shape, x.shape))
    term, sums, slope, harmonic = one, one, 0 * one, 0 * one
    n = 0
    while True:
        n += 1
        term = term * (x / (a + n))
        harmonic = harmonic + 1 / (a + n)
        sums = sums + term
        slope = slope - term * harmonic
        if not np.any((term * (1 + harmonic) > PRECISION * sums) & np.isfinite(term)):
            return sums, slope


@primitive()
def gamma_slope(concentration: Array, sample: Array) -> Array:
    """The implicit derivative of a standard gamma distribution's ``sample`` by its ``concentration``."""
    a, x = concentration.astype(np.float64), sample.astype(np.float64)
    _check_size(a)
    with np.errstate(all="ignore"):
        sums, slope = _gamma_series(a, x)
        out = -(x / a) * (sums * (np.log(x) - digamma(a + 1)) + slope)
    return np.where(x > 0, out, 0).astype(sample.dtype)


def _no_second(name: str) -> Any:
    def refuse(g: Any) -> Any:
        raise NotImplementedError(f"the derivative for '{name}' is not implemented; there is only a first derivative")

    return refuse


gamma_slope.derivatives(concentration=_no_second("_standard_gamma_grad"), sample=_no_second("_standard_gamma_grad"))


def _tiny(x: Array, dtype: Any) -> Array:
    """The numbers in ``dtype``, those that are too small as its smallest normal one."""
    return np.maximum(x.astype(dtype), np.finfo(dtype).tiny)


@primitive(name="StandardGamma")
def standard_gamma(concentration: Array, generator: Generator = default_generator) -> Array:
    """A sample of each gamma distribution with rate 1."""
    _check_floats("gamma_cpu", concentration)
    return _tiny(generator.gamma(concentration.ravel()), concentration.dtype).reshape(concentration.shape)


standard_gamma.derivatives(concentration=lambda g, out, concentration: g * gamma_slope(concentration, out))


@primitive(name="Igamma")
def gammainc(concentration: Array, x: Array) -> Array:
    """The probability that a sample of the gamma distribution with rate 1 is at most x. Source: ``torch.igamma``."""
    _check_floats("igamma_cpu", x)
    a, v = concentration.astype(np.float64), x.astype(np.float64)
    with np.errstate(all="ignore"):
        sums, _ = _gamma_series(a, v)
        inside = np.exp(a * np.log(v) - v - lgamma(a + 1) + np.log(sums))
    out = np.where(np.isfinite(sums), np.minimum(inside, 1), 1)  # where the sum overflows, nothing is left above x
    out = np.where((v == 0) | np.isinf(a), 0, out)
    known = (a >= 0) & (v >= 0) & ~((a == 0) & (v == 0)) & ~(np.isinf(a) & np.isinf(v))
    return np.where(known, out, np.nan).astype(x.dtype)


def _gamma_density(concentration: Any, x: Any) -> Any:
    return np.exp((concentration - 1) * np.log(x) - x - lgamma(concentration))


gammainc.derivatives(
    concentration=_no_second("igamma: input"),
    x=lambda g, concentration, x: g * _gamma_density(concentration, x),
)


def _beta_series(a: Array, b: Array, x: Array) -> tuple[Array, Array, Array]:
    """S, the sum of ``(a + b) ... (a + b + n - 1) / ((a + 1) ... (a + n)) * x**n``, and its derivatives by a and b.

    The probability of an outcome up to x of a beta distribution is ``x**a * (1 - x)**b / (a * B(a, b)) * S``.
    Source: M. Abramowitz and I. Stegun (1964), 26.5.4.
    """
    term, sums = np.ones_like(x), np.ones_like(x)
    above, below = np.zeros_like(x), np.zeros_like(x)  # sums of reciprocals of the factors
    by_a, by_b = np.zeros_like(x), np.zeros_like(x)
    n = 0
    while True:
        term = term * ((a + b + n) / (a + 1 + n) * x)
        above = above + 1 / (a + b + n)
        below = below + 1 / (a + 1 + n)
        n += 1
        sums = sums + term
        by_a = by_a + term * (above - below)
        by_b = by_b + term * above
        if not np.any((term * (1 + above + below) > PRECISION * sums) & np.isfinite(term)):
            return sums, by_a, by_b


def _beta_slope(a: Array, b: Array, x: Array) -> Array:
    """The implicit derivative by a of a sample x of a beta distribution, divided by ``1 - x``.

    Up to the mean by the series; above it by that of ``1 - x``, with a and b exchanged, which converges faster there.
    """
    lower = x <= a / (a + b)
    p: Array = np.where(lower, a, b)
    q: Array = np.where(lower, b, a)
    y, z = np.where(lower, x, 1 - x), np.where(lower, 1 - x, x)
    sums, by_p, by_q = _beta_series(p, q, y)
    # With F = y**p * z**q / (p * B(p, q)) * S, F divided by its density is y * z / p * S.
    total = digamma(p + q)
    of_first = sums * (np.log(y) - digamma(p + 1) + total) + by_p
    of_second = sums * (np.log(z) - digamma(q) + total) + by_q
    slope = np.where(lower, of_first, -of_second)
    return -(y * z / p) * slope / (1 - x)


@primitive()
def dirichlet_slope(concentration: Array, sample: Array) -> Array:
    """By how much each entry of a Dirichlet distribution's sample moves with its own concentration, divided by ``1 - x``."""
    a, x = concentration.astype(np.float64), sample.astype(np.float64)
    _check_size(a)
    with np.errstate(all="ignore"):
        out = _beta_slope(a, a.sum(-1, keepdims=True) - a, x)
    return np.where((x > 0) & (x < 1), out, 0).astype(sample.dtype)


dirichlet_slope.derivatives(
    concentration=_no_second("_dirichlet_grad"),
    sample=_no_second("_dirichlet_grad"),
)


@primitive(name="_Dirichlet")
def sample_dirichlet(concentration: Array, generator: Generator = default_generator) -> Array:
    """A sample of each Dirichlet distribution, along the last dimension: gamma samples, divided by their sum."""
    _check_floats("dirichlet", concentration)
    dtype = concentration.dtype
    gammas = generator.gamma(concentration.astype(np.float64).ravel()).reshape(concentration.shape)
    gammas = np.maximum(gammas, np.finfo(np.float64).tiny)
    shares = _tiny(gammas / gammas.sum(-1, keepdims=True), dtype)
    return np.minimum(shares, np.nextafter(dtype.type(1), dtype.type(0)))


def dirichlet_by_concentration(g: Array, out: Array, concentration: Array) -> Array:
    """Where one entry grows, the others shrink, all in the same proportion."""
    return dirichlet_slope(concentration, out) * (g - np.sum(out * g, (g.ndim - 1,), keepdims=True))


sample_dirichlet.derivatives(concentration=dirichlet_by_concentration)
