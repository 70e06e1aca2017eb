"""The logistic-normal distribution."""

from typing import Any

from microgradx.distributions import constraints
from microgradx.distributions.normal import Normal
from microgradx.distributions.transformed_distribution import TransformedDistribution
from microgradx.distributions.transforms import StickBreakingTransform

__all__ = ["LogisticNormal"]


class LogisticNormal(TransformedDistribution):
    """Vectors of probabilities: normally distributed numbers, transformed by `StickBreakingTransform`.

    Args:
        loc, scale: Of the numbers, one less than the probabilities.
        validate_args: As for `Distribution`.

    Raises: ValueError: ``scale`` is not positive.
    Source: ``torch.distributions.LogisticNormal``.

    Example:
        >>> LogisticNormal(mgx.zeros(2), 1.0).event_shape
        torch.Size([3])
    """

    arg_constraints = {"loc": constraints.real, "scale": constraints.positive}
    support = constraints.simplex
    has_rsample = True

    def __init__(self, loc: Any, scale: Any, validate_args: bool | None = None) -> None:
        base = Normal(loc, scale, validate_args=validate_args)
        base = base if base.batch_shape else base.expand((1,))
        super().__init__(base, StickBreakingTransform(), validate_args=validate_args)

    def expand(self, batch_shape: Any, _instance: Any = None) -> Any:
        return self._expanded(LogisticNormal, batch_shape, _instance)

    @property
    def loc(self) -> Any:
        """The means of the numbers."""
        return self.base_dist.base_dist.loc

    @property
    def scale(self) -> Any:
        """Their standard deviations."""
        return self.base_dist.base_dist.scale
