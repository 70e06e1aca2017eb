"""The half-normal distribution."""

import math
from typing import Any

from microgradx.creation import zeros_like
from microgradx.distributions import constraints
from microgradx.distributions.normal import Normal
from microgradx.distributions.transformed_distribution import TransformedDistribution
from microgradx.distributions.transforms import AbsTransform

__all__ = ["HalfNormal"]


class HalfNormal(TransformedDistribution):
    """``|x|``, where x is normally distributed with mean 0.

    Args:
        scale: The standard deviation of x.
        validate_args: As for `Distribution`.

    Raises: ValueError: ``scale`` is not positive.
    Source: ``torch.distributions.HalfNormal``.

    Example:
        >>> HalfNormal(1.0).mean, HalfNormal(1.0).cdf(mgx.tensor(1.0))
        (tensor(0.7979), tensor(0.6827))
    """

    arg_constraints = {"scale": constraints.positive}
    support = constraints.nonnegative
    has_rsample = True

    def __init__(self, scale: Any, validate_args: bool | None = None) -> None:
        super().__init__(Normal(0, scale, validate_args=False), AbsTransform(), validate_args=validate_args)

    def expand(self, batch_shape: Any, _instance: Any = None) -> Any:
        return self._expanded(HalfNormal, batch_shape, _instance)

    @property
    def scale(self) -> Any:
        """The standard deviation of x."""
        return self.base_dist.scale

    @property
    def mean(self) -> Any:
        return self.scale * math.sqrt(2 / math.pi)

    @property
    def mode(self) -> Any:
        return zeros_like(self.scale)

    @property
    def variance(self) -> Any:
        return self.scale**2 * (1 - 2 / math.pi)

    def log_prob(self, value: Any) -> Any:
        self._check(value)
        return (self.base_dist.log_prob(value) + math.log(2)).masked_fill(value < 0, -math.inf)

    def cdf(self, value: Any) -> Any:
        self._check(value)
        return 2 * self.base_dist.cdf(value) - 1

    def icdf(self, value: Any) -> Any:
        return self.base_dist.icdf((value + 1) / 2)

    def entropy(self) -> Any:
        return self.base_dist.entropy() - math.log(2)
