"""The Weibull distribution."""

from typing import Any

from microgradx.creation import ones_like
from microgradx.distributions import constraints
from microgradx.distributions.exponential import Exponential
from microgradx.distributions.transformed_distribution import TransformedDistribution
from microgradx.distributions.transforms import AffineTransform, PowerTransform
from microgradx.distributions.utils import broadcast_all, euler_constant

__all__ = ["Weibull"]


class Weibull(TransformedDistribution):
    """The time until something fails: ``scale * x**(1 / concentration)``, where x has an exponential distribution.

    Args:
        scale: The unit of time.
        concentration: Less than 1 if things get better with age, 1 if they do not age, more if they wear out.
        validate_args: As for `Distribution`.

    Raises: ValueError: a parameter is not positive.
    Source: ``torch.distributions.Weibull``.

    Example:
        >>> Weibull(2.0, 1.0).mean
        tensor(2.)
    """

    arg_constraints = {"scale": constraints.positive, "concentration": constraints.positive}
    support = constraints.positive

    def __init__(self, scale: Any, concentration: Any, validate_args: bool | None = None) -> None:
        self.scale, self.concentration = broadcast_all(scale, concentration)
        base = Exponential(ones_like(self.scale), validate_args=validate_args)
        transforms = [PowerTransform(self.concentration_reciprocal), AffineTransform(0, self.scale)]
        super().__init__(base, transforms, validate_args=validate_args)

    def expand(self, batch_shape: Any, _instance: Any = None) -> Any:
        return self._expanded(Weibull, batch_shape, _instance)

    @property
    def concentration_reciprocal(self) -> Any:
        """``1 / concentration``."""
        return self.concentration.reciprocal()

    @property
    def mean(self) -> Any:
        return self.scale * (1 + self.concentration_reciprocal).lgamma().exp()

    @property
    def mode(self) -> Any:
        return self.scale * ((self.concentration - 1) / self.concentration) ** self.concentration_reciprocal

    @property
    def variance(self) -> Any:
        squares = (1 + 2 * self.concentration_reciprocal).lgamma().exp()
        return self.scale**2 * (squares - (2 * (1 + self.concentration_reciprocal).lgamma()).exp())

    def entropy(self) -> Any:
        reciprocal = self.concentration_reciprocal
        return euler_constant * (1 - reciprocal) + (self.scale * reciprocal).log() + 1
