"""The Pareto distribution: few have much."""

from typing import Any

from microgradx.distributions import constraints
from microgradx.distributions.exponential import Exponential
from microgradx.distributions.transformed_distribution import TransformedDistribution
from microgradx.distributions.transforms import AffineTransform, ExpTransform
from microgradx.distributions.utils import broadcast_all

__all__ = ["Pareto"]


class Pareto(TransformedDistribution):
    """Numbers above ``scale``, of which the part above x falls as ``x**-alpha``.

    Args:
        scale: The least number.
        alpha: How fast the tail falls; there is a mean above 1, and a variance above 2.
        validate_args: As for `Distribution`.

    Raises: ValueError: a parameter is not positive.
    Source: ``torch.distributions.Pareto``.

    Example:
        >>> Pareto(1.0, 2.0).cdf(mgx.tensor([2.0, 10.0]))
        tensor([0.7500, 0.9900])
    """

    arg_constraints = {"alpha": constraints.positive, "scale": constraints.positive}

    def __init__(self, scale: Any, alpha: Any, validate_args: bool | None = None) -> None:
        self.scale, self.alpha = broadcast_all(scale, alpha)
        base = Exponential(self.alpha, validate_args=validate_args)
        super().__init__(base, [ExpTransform(), AffineTransform(0, self.scale)], validate_args=validate_args)

    def expand(self, batch_shape: Any, _instance: Any = None) -> Any:
        return self._expanded(Pareto, batch_shape, _instance)

    @property
    def mean(self) -> Any:
        alpha = self.alpha.clamp(min=1)
        return alpha * self.scale / (alpha - 1)

    @property
    def mode(self) -> Any:
        return self.scale

    @property
    def variance(self) -> Any:
        alpha = self.alpha.clamp(min=2)
        return self.scale**2 * alpha / ((alpha - 1) ** 2 * (alpha - 2))

    @constraints.dependent_property(is_discrete=False, event_dim=0)
    def support(self) -> Any:
        return constraints.greater_than_eq(self.scale)

    def entropy(self) -> Any:
        return (self.scale / self.alpha).log() + (1 + self.alpha.reciprocal())
