"""The distribution of a function of random numbers."""

import functools
import operator
from typing import Any

from microgradx.autograd import no_grad
from microgradx.distributions import constraints
from microgradx.distributions.distribution import Distribution
from microgradx.distributions.independent import Independent
from microgradx.distributions.transforms import ComposeTransform, Transform
from microgradx.distributions.utils import sum_rightmost

__all__ = ["TransformedDistribution"]


class TransformedDistribution(Distribution):
    """The distribution of ``f(x)``, where x has ``base_distribution``.

    Args:
        base_distribution: The distribution of x.
        transforms: f, a `Transform` or a list of them, the one that is applied first in front.
        validate_args: As for `Distribution`.

    Raises: ValueError: ``transforms`` is something else, or needs more dimensions than x has.
    Source: ``torch.distributions.TransformedDistribution``.

    Example:
        The log-normal distribution:

        >>> from microgradx.distributions import Normal
        >>> from microgradx.distributions.transforms import ExpTransform
        >>> income = TransformedDistribution(Normal(0.0, 1.0), ExpTransform())
        >>> income.log_prob(mgx.tensor(1.0)), income.cdf(mgx.tensor(1.0))
        (tensor(-0.9189), tensor(0.5000))
    """

    arg_constraints: Any = {}

    def __init__(self, base_distribution: Any, transforms: Any, validate_args: bool | None = None) -> None:
        if not isinstance(transforms, (Transform, list)):
            raise ValueError(f"transforms must be a Transform or list, but was {transforms}")
        self.transforms = transforms if isinstance(transforms, list) else [transforms]
        if not all(isinstance(t, Transform) for t in self.transforms):
            raise ValueError("transforms must be a Transform or a list of Transforms")
        whole = ComposeTransform(self.transforms)
        before, after = whole.domain.event_dim, whole.codomain.event_dim
        shape = base_distribution.batch_shape + base_distribution.event_shape
        event_dim = len(base_distribution.event_shape)
        if len(shape) < before:
            raise ValueError(f"base_distribution needs to have shape with size at least {before}, but got {shape}.")
        result_shape = whole.forward_shape(shape)
        needed = whole.inverse_shape(result_shape)  # the transforms' parameters may have more batch dimensions
        if needed != shape:
            base_distribution = base_distribution.expand(needed[: len(needed) - event_dim])
        if before > event_dim:
            base_distribution = Independent(base_distribution, before - event_dim)
        self.base_dist = base_distribution
        batch = len(result_shape) - max(after, event_dim + after - before)
        super().__init__(result_shape[:batch], result_shape[batch:], validate_args=validate_args)

    def expand(self, batch_shape: Any, _instance: Any = None) -> Any:
        return self._expanded(TransformedDistribution, batch_shape, _instance)

    def _expanded(self, cls: type, batch_shape: Any, _instance: Any) -> Any:
        new = super()._expanded(cls, batch_shape, _instance)
        shape = new._batch_shape + self._event_shape
        for transform in reversed(self.transforms):
            shape = transform.inverse_shape(shape)
        new.base_dist = self.base_dist.expand(shape[: len(shape) - len(self.base_dist.event_shape)])
        new.transforms = self.transforms
        return new

    @constraints.dependent_property(is_discrete=False)
    def support(self) -> Any:
        if not self.transforms:
            return self.base_dist.support
        codomain = self.transforms[-1].codomain
        more = len(self._event_shape) - codomain.event_dim
        return constraints.independent(codomain, more) if more > 0 else codomain

    @property
    def has_rsample(self) -> Any:
        return self.base_dist.has_rsample

    def _transformed(self, x: Any) -> Any:
        for transform in self.transforms:
            x = transform(x)
        return x

    def sample(self, sample_shape: Any = ()) -> Any:
        with no_grad():
            return self._transformed(self.base_dist.sample(sample_shape))

    def rsample(self, sample_shape: Any = ()) -> Any:
        return self._transformed(self.base_dist.rsample(sample_shape))

    def log_prob(self, value: Any) -> Any:
        self._check(value)
        event_dim, stretching, y = len(self._event_shape), 0.0, value
        for transform in reversed(self.transforms):
            x = transform.inv(y)
            event_dim += transform.domain.event_dim - transform.codomain.event_dim
            determinant = transform.log_abs_det_jacobian(x, y)
            stretching = stretching + sum_rightmost(determinant, event_dim - transform.domain.event_dim)
            y = x
        return sum_rightmost(self.base_dist.log_prob(y), event_dim - len(self.base_dist.event_shape)) - stretching

    def _rising(self, probability: Any) -> Any:
        """A probability turned round, where the transforms fall."""
        sign = functools.reduce(operator.mul, (t.sign for t in self.transforms), 1)
        if isinstance(sign, int) and sign == 1:
            return probability
        return sign * (probability - 0.5) + 0.5

    def cdf(self, value: Any) -> Any:
        for transform in reversed(self.transforms):
            value = transform.inv(value)
        if self._validate_args:
            self.base_dist._validate_sample(value)
        return self._rising(self.base_dist.cdf(value))

    def icdf(self, value: Any) -> Any:
        return self._transformed(self.base_dist.icdf(self._rising(value)))
