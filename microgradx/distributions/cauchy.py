"""The Cauchy distribution."""

import math
from typing import Any

from microgradx.creation import empty, full
from microgradx.distributions import constraints
from microgradx.distributions.distribution import Distribution
from microgradx.distributions.utils import broadcast_all

__all__ = ["Cauchy"]


class Cauchy(Distribution):
    """Numbers with so heavy tails that they have no mean: the ratio of two normally distributed ones.

    Args:
        loc: The median.
        scale: Half of the outcomes are nearer to the median than this.
        validate_args: As for `Distribution`.

    Raises: ValueError: ``scale`` is not positive.
    Source: ``torch.distributions.Cauchy``, the same samples for the same seed.

    Example:
        >>> Cauchy(0.0, 1.0).cdf(mgx.tensor([-1.0, 1.0]))
        tensor([0.2500, 0.7500])
    """

    arg_constraints = {"loc": constraints.real, "scale": constraints.positive}
    support = constraints.real
    has_rsample = True

    def __init__(self, loc: Any, scale: Any, validate_args: bool | None = None) -> None:
        self.loc, self.scale = broadcast_all(loc, scale)
        super().__init__(self.loc.shape, validate_args=validate_args)

    def expand(self, batch_shape: Any, _instance: Any = None) -> Any:
        return self._expanded(Cauchy, batch_shape, _instance)

    @property
    def mean(self) -> Any:
        """NaN: there is none."""
        return full(self._extended_shape(), math.nan, dtype=self.loc.dtype)

    @property
    def mode(self) -> Any:
        return self.loc

    @property
    def variance(self) -> Any:
        """Infinite."""
        return full(self._extended_shape(), math.inf, dtype=self.loc.dtype)

    def rsample(self, sample_shape: Any = ()) -> Any:
        return self.loc + empty(self._extended_shape(sample_shape), dtype=self.loc.dtype).cauchy_() * self.scale

    def log_prob(self, value: Any) -> Any:
        self._check(value)
        return -math.log(math.pi) - self.scale.log() - (((value - self.loc) / self.scale) ** 2).log1p()

    def cdf(self, value: Any) -> Any:
        self._check(value)
        return ((value - self.loc) / self.scale).atan() / math.pi + 0.5

    def icdf(self, value: Any) -> Any:
        return (math.pi * (value - 0.5)).tan() * self.scale + self.loc

    def entropy(self) -> Any:
        return math.log(4 * math.pi) + self.scale.log()
