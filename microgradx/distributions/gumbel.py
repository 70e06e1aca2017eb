"""The Gumbel distribution: the largest of many numbers."""

import math
from typing import Any

from microgradx.creation import full_like, ones_like
from microgradx.distributions import constraints
from microgradx.distributions.transformed_distribution import TransformedDistribution
from microgradx.distributions.transforms import AffineTransform, ExpTransform
from microgradx.distributions.uniform import Uniform
from microgradx.distributions.utils import broadcast_all, euler_constant
from microgradx.dtypes import finfo

__all__ = ["Gumbel"]


class Gumbel(TransformedDistribution):
    """``loc - scale * log(-log(u))``, where u is uniform from 0 to 1.

    Args:
        loc: The mode.
        scale: The width.
        validate_args: As for `Distribution`.

    Raises: ValueError: ``scale`` is not positive.
    Source: ``torch.distributions.Gumbel``.

    Example:
        >>> Gumbel(0.0, 1.0).mean
        tensor(0.5772)
    """

    arg_constraints = {"loc": constraints.real, "scale": constraints.positive}
    support = constraints.real

    def __init__(self, loc: Any, scale: Any, validate_args: bool | None = None) -> None:
        self.loc, self.scale = broadcast_all(loc, scale)
        limits = finfo(self.loc.dtype)
        inside = Uniform(full_like(self.loc, limits.tiny), full_like(self.loc, 1 - limits.eps), validate_args)
        minus_log = [ExpTransform().inv, AffineTransform(0, -ones_like(self.scale))]
        transforms = [*minus_log, ExpTransform().inv, AffineTransform(self.loc, -self.scale)]
        super().__init__(inside, transforms, validate_args=validate_args)

    def expand(self, batch_shape: Any, _instance: Any = None) -> Any:
        return self._expanded(Gumbel, batch_shape, _instance)

    def log_prob(self, value: Any) -> Any:
        self._check(value)
        y = (self.loc - value) / self.scale
        return y - y.exp() - self.scale.log()

    @property
    def mean(self) -> Any:
        return self.loc + self.scale * euler_constant

    @property
    def mode(self) -> Any:
        return self.loc

    @property
    def stddev(self) -> Any:
        return (math.pi / math.sqrt(6)) * self.scale

    @property
    def variance(self) -> Any:
        return self.stddev**2

    def entropy(self) -> Any:
        return self.scale.log() + (1 + euler_constant)
