"""The von Mises distribution: angles."""

import math
from collections.abc import Sequence
from typing import Any

from microgradx.autograd import no_grad
from microgradx.creation import zeros
from microgradx.distributions import constraints
from microgradx.distributions.distribution import Distribution
from microgradx.distributions.utils import broadcast_all, lazy_property
from microgradx.dtypes import bool_, float64
from microgradx.ops.indexing import where
from microgradx.random import rand

__all__ = ["VonMises"]

# M. Abramowitz and I. Stegun, "Handbook of Mathematical Functions" (1964), 9.8.1 to 9.8.4: Bessel's I of order 0 and 1, by
# (x / 3.75)**2 for small x, and by 3.75 / x for large ones.
_SMALL = (
    (1.0, 3.5156229, 3.0899424, 1.2067492, 0.2659732, 0.0360768, 0.0045813),
    (0.5, 0.87890594, 0.51498869, 0.15084934, 0.02658733, 0.00301532, 0.00032411),
)
_LARGE = (
    (0.39894228, 0.01328592, 0.00225319, -0.00157565, 0.00916281, -0.02057706, 0.02635537, -0.01647633, 0.00392377),
    (0.39894228, -0.03988024, -0.00362018, 0.00163801, -0.01031555, 0.02282967, -0.02895312, 0.01787654, -0.00420059),
)


def _polynomial(coefficients: Sequence[float], x: Any) -> Any:
    value: Any = coefficients[-1]
    for coefficient in coefficients[-2::-1]:
        value = coefficient + x * value
    return value


def _log_bessel_i(x: Any, order: int) -> Any:
    """The logarithm of the modified Bessel function I, of positive numbers."""
    small = _polynomial(_SMALL[order], (x / 3.75) ** 2)
    if order == 1:
        small = x.abs() * small
    large = x - 0.5 * x.log() + _polynomial(_LARGE[order], 3.75 / x).log()
    return where(x < 3.75, small.log(), large)


class VonMises(Distribution):
    """Angles around a circle, with a density proportional to ``exp(concentration * cos(x - loc))``.

    Args:
        loc: The mean direction, in radians.
        concentration: How close the angles are to it; for large ones, the inverse of the variance.
        validate_args: As for `Distribution`.

    Units: radians, from -π to π.
    Raises: ValueError: ``concentration`` is not positive.
    Source: D. Best and N. Fisher, "Efficient simulation of the von Mises distribution" (1979);
        ``torch.distributions.VonMises``.

    Example:
        >>> _ = mgx.manual_seed(0)
        >>> wind = VonMises(mgx.tensor(0.5), mgx.tensor(4.0))
        >>> wind.sample((1000,)).mean().round(decimals=1)
        tensor(0.5000)
    """

    arg_constraints = {"loc": constraints.real, "concentration": constraints.positive}
    support = constraints.real

    def __init__(self, loc: Any, concentration: Any, validate_args: bool | None = None) -> None:
        self.loc, self.concentration = broadcast_all(loc, concentration)
        super().__init__(self.loc.shape, validate_args=validate_args)

    def expand(self, batch_shape: Any, _instance: Any = None) -> Any:
        return self._expanded(VonMises, batch_shape, _instance)

    @property
    def mean(self) -> Any:
        """The mean direction."""
        return self.loc

    @property
    def mode(self) -> Any:
        return self.loc

    @lazy_property
    def variance(self) -> Any:
        """The circular variance: 1 less the length of the mean of the unit vectors."""
        return 1 - (_log_bessel_i(self.concentration, 1) - _log_bessel_i(self.concentration, 0)).exp()

    def _proposal(self, kappa: Any) -> Any:
        """The parameter of the wrapped Cauchy distribution from which samples are proposed."""
        tau = 1 + (1 + 4 * kappa**2).sqrt()
        rho = (tau - (2 * tau).sqrt()) / (2 * kappa)
        return where(kappa < 1e-5, 1 / kappa + kappa, (1 + rho**2) / (2 * rho))

    def sample(self, sample_shape: Any = ()) -> Any:
        with no_grad():
            shape = self._extended_shape(sample_shape)
            loc, kappa = self.loc.to(float64), self.concentration.to(float64)
            r = self._proposal(kappa)
            x, done = zeros(shape, dtype=float64), zeros(shape, dtype=bool_)
            while not done.all():  # all are proposed anew, and an accepted one may be replaced
                u1, u2, u3 = rand((3, *shape), dtype=float64).unbind()
                z = (math.pi * u1).cos()
                f = (1 + r * z) / (r + z)
                c = kappa * (r - f)
                accepted = (c * (2 - c) - u2 > 0) | ((c / u2).log() + 1 - c >= 0)
                x = where(accepted, (u3 - 0.5).sign() * f.acos(), x)
                done = done | accepted
            return ((x + math.pi + loc) % (2 * math.pi) - math.pi).to(self.loc.dtype)

    def log_prob(self, value: Any) -> Any:
        self._check(value)
        height = self.concentration * (value - self.loc).cos()
        return height - math.log(2 * math.pi) - _log_bessel_i(self.concentration, 0)
