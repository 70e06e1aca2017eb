"""The half-Cauchy distribution."""

import math
from typing import Any

from microgradx.creation import as_tensor, full, zeros_like
from microgradx.distributions import constraints
from microgradx.distributions.cauchy import Cauchy
from microgradx.distributions.transformed_distribution import TransformedDistribution
from microgradx.distributions.transforms import AbsTransform

__all__ = ["HalfCauchy"]


class HalfCauchy(TransformedDistribution):
    """``|x|``, where x has a Cauchy distribution around 0.

    Args:
        scale: The median.
        validate_args: As for `Distribution`.

    Raises: ValueError: ``scale`` is not positive.
    Source: ``torch.distributions.HalfCauchy``, the same samples for the same seed.

    Example:
        >>> HalfCauchy(2.0).icdf(mgx.tensor(0.5))
        tensor(2.)
    """

    arg_constraints = {"scale": constraints.positive}
    support = constraints.nonnegative
    has_rsample = True

    def __init__(self, scale: Any, validate_args: bool | None = None) -> None:
        super().__init__(Cauchy(0, scale, validate_args=False), AbsTransform(), validate_args=validate_args)

    def expand(self, batch_shape: Any, _instance: Any = None) -> Any:
        return self._expanded(HalfCauchy, batch_shape, _instance)

    @property
    def scale(self) -> Any:
        """The median."""
        return self.base_dist.scale

    @property
    def mean(self) -> Any:
        """Infinite."""
        return full(self._extended_shape(), math.inf, dtype=self.scale.dtype)

    @property
    def mode(self) -> Any:
        return zeros_like(self.scale)

    @property
    def variance(self) -> Any:
        """Infinite."""
        return self.base_dist.variance

    def log_prob(self, value: Any) -> Any:
        self._check(value)
        value = as_tensor(value, dtype=self.scale.dtype)
        return (self.base_dist.log_prob(value) + math.log(2)).masked_fill(value < 0, -math.inf)

    def cdf(self, value: Any) -> Any:
        self._check(value)
        return 2 * self.base_dist.cdf(value) - 1

    def icdf(self, value: Any) -> Any:
        return self.base_dist.icdf((value + 1) / 2)

    def entropy(self) -> Any:
        return self.base_dist.entropy() - math.log(2)
