"""The generalized Pareto distribution: what lies above a high threshold."""

import math
from typing import Any

from microgradx.creation import full_like, ones_like
from microgradx.distributions import constraints
from microgradx.distributions.distribution import Distribution
from microgradx.distributions.utils import broadcast_all
from microgradx.ops.indexing import where
from microgradx.random import rand

__all__ = ["GeneralizedPareto"]


class GeneralizedPareto(Distribution):
    """Excesses over a threshold: of an exponential distribution, or one with a heavier or a bounded tail.

    Args:
        loc: The threshold.
        scale: The width.
        concentration: The shape: above 0 the tail is heavy, at 0 exponential, below 0 it ends.
        validate_args: As for `Distribution`.

    Raises: ValueError: ``scale`` is not positive.
    Source: ``torch.distributions.GeneralizedPareto``.

    Example:
        >>> GeneralizedPareto(0.0, 1.0, mgx.tensor([0.0, 0.5])).cdf(mgx.tensor(2.0))
        tensor([0.8647, 0.7500])
    """

    arg_constraints = {"loc": constraints.real, "scale": constraints.positive, "concentration": constraints.real}
    has_rsample = True

    def __init__(self, loc: Any, scale: Any, concentration: Any, validate_args: bool | None = None) -> None:
        self.loc, self.scale, self.concentration = broadcast_all(loc, scale, concentration)
        super().__init__(self.loc.shape, validate_args=validate_args)

    def expand(self, batch_shape: Any, _instance: Any = None) -> Any:
        return self._expanded(GeneralizedPareto, batch_shape, _instance)

    @constraints.dependent_property(is_discrete=False, event_dim=0)
    def support(self) -> Any:
        end = self.loc - self.scale / self.concentration
        return constraints.interval(self.loc, where(self.concentration < 0, end, full_like(end, math.inf)))

    def _shape(self) -> tuple[Any, Any]:
        """Where the shape is 0, and the shape with 1 there, with which the formulas are finite."""
        zero = self.concentration.abs() <= 1e-8
        return zero, where(zero, ones_like(self.concentration), self.concentration)

    @property
    def mean(self) -> Any:
        """NaN from a concentration of 1 on."""
        c = self.concentration.masked_fill(self.concentration >= 1, 0.5)
        return (self.loc + self.scale / (1 - c)).masked_fill(self.concentration >= 1, math.nan)

    @property
    def mode(self) -> Any:
        return self.loc

    @property
    def variance(self) -> Any:
        """NaN from a concentration of 1/2 on."""
        c = self.concentration.masked_fill(self.concentration >= 0.5, 0.25)
        finite = self.scale**2 / ((1 - c) ** 2 * (1 - 2 * c))
        return finite.masked_fill(self.concentration >= 0.5, math.nan)

    def rsample(self, sample_shape: Any = ()) -> Any:
        return self.icdf(rand(self._extended_shape(sample_shape), dtype=self.loc.dtype))

    def log_prob(self, value: Any) -> Any:
        self._check(value)
        (zero, c), z = self._shape(), (value - self.loc) / self.scale
        power = 1 / c + ones_like(z)
        exponent = where(power == 0, power, power * (c * z).log1p())  # a uniform distribution, up to its end
        return -self.scale.log() - where(zero, z, exponent)

    def log_survival_function(self, value: Any) -> Any:
        """The logarithm of the probability of an outcome above ``value``."""
        self._check(value)
        (zero, c), z = self._shape(), (value - self.loc) / self.scale
        return where(zero, -z, -(c * z).log1p() / c)

    def log_cdf(self, value: Any) -> Any:
        """The logarithm of ``cdf``."""
        return (-self.log_survival_function(value).exp()).log1p()

    def cdf(self, value: Any) -> Any:
        return self.log_cdf(value).exp()

    def icdf(self, value: Any) -> Any:
        (zero, c), log_survival = self._shape(), (-value).log1p()
        steps = where(zero, -log_survival, (-c * log_survival).expm1() / c)
        return self.loc + self.scale * steps

    def entropy(self) -> Any:
        return self.scale.log() + self.concentration + 1
