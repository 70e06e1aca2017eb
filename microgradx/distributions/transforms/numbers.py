"""Transforms of numbers, each on its own."""

import math
from typing import Any

import numpy as np

from microgradx.creation import full_like
from microgradx.distributions import constraints
from microgradx.distributions.transforms.transform import Fixed, Transform
from microgradx.distributions.utils import broadcast_all, broadcast_shapes, lazy_property, sum_rightmost
from microgradx.dtypes import finfo
from microgradx.nn.functional import softplus
from microgradx.size import Size

__all__ = [
    "AbsTransform",
    "AffineTransform",
    "CumulativeDistributionTransform",
    "ExpTransform",
    "PowerTransform",
    "SigmoidTransform",
    "SoftplusTransform",
    "TanhTransform",
    "clipped_sigmoid",
]


class _Rising(Fixed):
    domain = constraints.real
    bijective = True
    sign: Any = 1


class ExpTransform(_Rising):
    """y = exp(x). Source: ``torch.distributions.transforms.ExpTransform``."""

    codomain = constraints.positive

    def _call(self, x: Any) -> Any:
        return x.exp()

    def _inverse(self, y: Any) -> Any:
        return y.log()

    def log_abs_det_jacobian(self, x: Any, y: Any) -> Any:
        return x


def clipped_sigmoid(x: Any) -> Any:
    limits = finfo(x.dtype)
    return x.sigmoid().clamp(min=limits.tiny, max=1 - limits.eps)


class SigmoidTransform(_Rising):
    """y = 1 / (1 + exp(-x)), kept away from 0 and 1. Source: ``torch.distributions.transforms.SigmoidTransform``."""

    codomain = constraints.unit_interval

    def _call(self, x: Any) -> Any:
        return clipped_sigmoid(x)

    def _inverse(self, y: Any) -> Any:
        limits = finfo(y.dtype)
        y = y.clamp(min=limits.tiny, max=1 - limits.eps)
        return y.log() - (-y).log1p()

    def log_abs_det_jacobian(self, x: Any, y: Any) -> Any:
        return -softplus(-x) - softplus(x)


class SoftplusTransform(_Rising):
    """y = log(1 + exp(x)). Source: ``torch.distributions.transforms.SoftplusTransform``."""

    codomain = constraints.positive

    def _call(self, x: Any) -> Any:
        return softplus(x)

    def _inverse(self, y: Any) -> Any:
        return (-(-y).expm1()).log() + y

    def log_abs_det_jacobian(self, x: Any, y: Any) -> Any:
        return -softplus(-x)


class TanhTransform(_Rising):
    """y = tanh(x), for squashed actions: with ``cache_size=1`` the inverse of a sample is exact, even near ±1.

    Source: ``torch.distributions.transforms.TanhTransform``.

    Example:
        >>> from microgradx.distributions import Normal, TransformedDistribution
        >>> squashed = TransformedDistribution(Normal(0.0, 10.0), TanhTransform(cache_size=1))
        >>> action = squashed.rsample((1000,))
        >>> bool(squashed.log_prob(action).isfinite().all())
        True
    """

    codomain = constraints.interval(-1.0, 1.0)

    def _call(self, x: Any) -> Any:
        return x.tanh()

    def _inverse(self, y: Any) -> Any:
        return 0.5 * (y.log1p() - (-y).log1p())

    def log_abs_det_jacobian(self, x: Any, y: Any) -> Any:
        return 2 * (math.log(2) - x - softplus(-2 * x))  # log(1 - tanh²x), without a difference of near numbers


class AbsTransform(Fixed):
    """y = |x|, with y itself as the inverse. Source: ``torch.distributions.transforms.AbsTransform``."""

    domain = constraints.real
    codomain = constraints.positive

    def _call(self, x: Any) -> Any:
        return x.abs()

    def _inverse(self, y: Any) -> Any:
        return y


class PowerTransform(Transform):
    """y = x**exponent, of positive numbers.

    Args:
        exponent: A number, or a tensor.
        cache_size: As for `Transform`.

    Source: ``torch.distributions.transforms.PowerTransform``.
    """

    domain = constraints.positive
    codomain = constraints.positive
    bijective = True

    def __init__(self, exponent: Any, cache_size: int = 0) -> None:
        super().__init__(cache_size=cache_size)
        (self.exponent,) = broadcast_all(exponent)

    def with_cache(self, cache_size: int = 1) -> Any:
        return self if self._cache_size == cache_size else PowerTransform(self.exponent, cache_size=cache_size)

    @lazy_property
    def sign(self) -> Any:
        return self.exponent.sign()

    def __eq__(self, other: object) -> bool:
        return isinstance(other, PowerTransform) and bool((self.exponent == other.exponent).all())

    __hash__ = None  # type: ignore[assignment]

    def _call(self, x: Any) -> Any:
        return x**self.exponent

    def _inverse(self, y: Any) -> Any:
        return y ** (1 / self.exponent)

    def log_abs_det_jacobian(self, x: Any, y: Any) -> Any:
        return (self.exponent * y / x).abs().log()

    def forward_shape(self, shape: Any) -> Any:
        return _broadcast(shape, self.exponent)

    inverse_shape = forward_shape


def _broadcast(shape: Any, *parameters: Any) -> Size:
    return broadcast_shapes(shape, *[getattr(p, "shape", ()) for p in parameters])


class AffineTransform(Transform):
    """y = loc + scale * x.

    Args:
        loc, scale: Numbers, or tensors.
        event_dim: How many of the last dimensions make an event.
        cache_size: As for `Transform`.

    Source: ``torch.distributions.transforms.AffineTransform``.
    """

    bijective = True

    def __init__(self, loc: Any, scale: Any, event_dim: int = 0, cache_size: int = 0) -> None:
        super().__init__(cache_size=cache_size)
        self.loc = loc
        self.scale = scale
        self._event_dim = event_dim

    @property
    def event_dim(self) -> Any:
        return self._event_dim

    @constraints.dependent_property(is_discrete=False)
    def domain(self) -> Any:
        return constraints.independent(constraints.real, self.event_dim) if self.event_dim else constraints.real

    @constraints.dependent_property(is_discrete=False)
    def codomain(self) -> Any:
        return self.domain

    def with_cache(self, cache_size: int = 1) -> Any:
        if self._cache_size == cache_size:
            return self
        return AffineTransform(self.loc, self.scale, self.event_dim, cache_size=cache_size)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, AffineTransform):
            return False
        pairs = ((self.loc, other.loc), (self.scale, other.scale))
        return all(bool(a == b) if _are_numbers(a, b) else bool((a == b).all()) for a, b in pairs)

    __hash__ = None  # type: ignore[assignment]

    @property
    def sign(self) -> Any:
        if _are_numbers(self.scale):
            return int(np.sign(self.scale))
        return self.scale.sign()

    def _call(self, x: Any) -> Any:
        return self.loc + self.scale * x

    def _inverse(self, y: Any) -> Any:
        return (y - self.loc) / self.scale

    def log_abs_det_jacobian(self, x: Any, y: Any) -> Any:
        known = full_like(x, math.log(abs(self.scale))) if _are_numbers(self.scale) else self.scale.abs().log()
        return sum_rightmost(known, self.event_dim).expand(x.shape[: x.dim() - self.event_dim])

    def forward_shape(self, shape: Any) -> Any:
        return _broadcast(shape, self.loc, self.scale)

    inverse_shape = forward_shape


def _are_numbers(*values: Any) -> bool:
    return all(isinstance(v, (int, float)) for v in values)


class CumulativeDistributionTransform(Transform):
    """y = the probability that an outcome of ``distribution`` is at most x: uniform, if x is such an outcome.

    Args:
        distribution: A distribution with ``cdf`` and ``icdf``.
        cache_size: As for `Transform`.

    Source: ``torch.distributions.transforms.CumulativeDistributionTransform``.
    """

    bijective = True
    codomain = constraints.unit_interval
    sign: Any = 1

    def __init__(self, distribution: Any, cache_size: int = 0) -> None:
        super().__init__(cache_size=cache_size)
        self.distribution = distribution

    @property
    def domain(self) -> Any:
        return self.distribution.support

    def _call(self, x: Any) -> Any:
        return self.distribution.cdf(x)

    def _inverse(self, y: Any) -> Any:
        return self.distribution.icdf(y)

    def log_abs_det_jacobian(self, x: Any, y: Any) -> Any:
        return self.distribution.log_prob(x)

    def with_cache(self, cache_size: int = 1) -> Any:
        if self._cache_size == cache_size:
            return self
        return CumulativeDistributionTransform(self.distribution, cache_size=cache_size)
