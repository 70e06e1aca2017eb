"""The Kumaraswamy distribution."""

import math
from typing import Any

from microgradx.creation import ones_like, zeros_like
from microgradx.distributions import constraints
from microgradx.distributions.transformed_distribution import TransformedDistribution
from microgradx.distributions.transforms import AffineTransform, PowerTransform
from microgradx.distributions.uniform import Uniform
from microgradx.distributions.utils import broadcast_all, euler_constant

__all__ = ["Kumaraswamy"]


class Kumaraswamy(TransformedDistribution):
    """Numbers from 0 to 1 with the distribution function ``1 - (1 - x**a)**b``: like Beta's, but easy to invert.

    Args:
        concentration1: a.
        concentration0: b.
        validate_args: As for `Distribution`.

    Raises: ValueError: a parameter is not positive.
    Source: ``torch.distributions.Kumaraswamy``.

    Example:
        >>> Kumaraswamy(1.0, 1.0).mean  # uniform
        tensor(0.5000)
    """

    arg_constraints = {"concentration1": constraints.positive, "concentration0": constraints.positive}
    support = constraints.unit_interval
    has_rsample = True

    def __init__(self, concentration1: Any, concentration0: Any, validate_args: bool | None = None) -> None:
        self.concentration1, self.concentration0 = broadcast_all(concentration1, concentration0)
        base = Uniform(zeros_like(self.concentration0), ones_like(self.concentration0), validate_args)
        transforms = [
            PowerTransform(self.concentration0.reciprocal()),
            AffineTransform(loc=1.0, scale=-1.0),
            PowerTransform(self.concentration1.reciprocal()),
        ]
        super().__init__(base, transforms, validate_args=validate_args)

    def expand(self, batch_shape: Any, _instance: Any = None) -> Any:
        return self._expanded(Kumaraswamy, batch_shape, _instance)

    def _moment(self, n: int) -> Any:
        """The mean of ``x**n``."""
        a, b = 1 + n / self.concentration1, self.concentration0
        return b * (a.lgamma() + b.lgamma() - (a + b).lgamma()).exp()

    @property
    def mean(self) -> Any:
        return self._moment(1)

    @property
    def mode(self) -> Any:
        a, b = self.concentration1, self.concentration0
        log_mode = b.reciprocal() * (-b).log1p() - (-b * a).log1p()
        return log_mode.masked_fill((b < 1) | (a < 1), math.nan).exp()

    @property
    def variance(self) -> Any:
        return self._moment(2) - self.mean**2

    def entropy(self) -> Any:
        a, b = self.concentration1, self.concentration0
        harmonic = (b + 1).digamma() + euler_constant
        return 1 - b.reciprocal() + (1 - a.reciprocal()) * harmonic - a.log() - b.log()
