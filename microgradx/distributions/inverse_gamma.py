"""The inverse gamma distribution."""

import math
from typing import Any

from microgradx.creation import ones
from microgradx.distributions import constraints
from microgradx.distributions.gamma import Gamma
from microgradx.distributions.transformed_distribution import TransformedDistribution
from microgradx.distributions.transforms import PowerTransform

__all__ = ["InverseGamma"]


class InverseGamma(TransformedDistribution):
    """``1 / x``, where x has a gamma distribution: often the prior of a variance.

    Args:
        concentration, rate: Those of x.
        validate_args: As for `Distribution`.

    Raises: ValueError: a parameter is not positive.
    Source: ``torch.distributions.InverseGamma``.

    Example:
        >>> InverseGamma(3.0, 2.0).mean
        tensor(1.)
    """

    arg_constraints = {"concentration": constraints.positive, "rate": constraints.positive}
    support = constraints.positive
    has_rsample = True

    def __init__(self, concentration: Any, rate: Any, validate_args: bool | None = None) -> None:
        base = Gamma(concentration, rate, validate_args=validate_args)
        super().__init__(base, PowerTransform(-ones((), dtype=base.rate.dtype)), validate_args=validate_args)

    def expand(self, batch_shape: Any, _instance: Any = None) -> Any:
        return self._expanded(InverseGamma, batch_shape, _instance)

    @property
    def concentration(self) -> Any:
        """That of the inverse."""
        return self.base_dist.concentration

    @property
    def rate(self) -> Any:
        """That of the inverse."""
        return self.base_dist.rate

    @property
    def mean(self) -> Any:
        return (self.rate / (self.concentration - 1)).masked_fill(self.concentration <= 1, math.inf)

    @property
    def mode(self) -> Any:
        return self.rate / (self.concentration + 1)

    @property
    def variance(self) -> Any:
        a = self.concentration
        return (self.rate**2 / ((a - 1) ** 2 * (a - 2))).masked_fill(a <= 2, math.inf)

    def entropy(self) -> Any:
        a = self.concentration
        return a + self.rate.log() + a.lgamma() - (1 + a) * a.digamma()
