"""The exponential distribution: the time between events."""

from typing import Any

from microgradx.creation import empty, zeros_like
from microgradx.distributions import constraints
from microgradx.distributions.exp_family import ExponentialFamily
from microgradx.distributions.utils import broadcast_all

__all__ = ["Exponential"]


class Exponential(ExponentialFamily):
    """The time until an event, of which ``rate`` are expected per unit of time: density ``rate * exp(-rate * x)``.

    Args:
        rate: The inverse of the mean.
        validate_args: As for `Distribution`.

    Raises: ValueError: ``rate`` is not positive.
    Source: ``torch.distributions.Exponential``, the same samples for the same seed.

    Example:
        >>> _ = mgx.manual_seed(0)
        >>> wait = Exponential(mgx.tensor([1.0, 10.0]))
        >>> wait.sample(), wait.mean
        (tensor([3.5083, 0.1230]), tensor([1.0000, 0.1000]))
    """

    arg_constraints: Any = {"rate": constraints.positive}
    support = constraints.nonnegative
    has_rsample = True
    _mean_carrier_measure = 0

    def __init__(self, rate: Any, validate_args: bool | None = None) -> None:
        (self.rate,) = broadcast_all(rate)
        super().__init__(self.rate.shape, validate_args=validate_args)

    def expand(self, batch_shape: Any, _instance: Any = None) -> Any:
        return self._expanded(Exponential, batch_shape, _instance)

    @property
    def mean(self) -> Any:
        return self.rate.reciprocal()

    @property
    def mode(self) -> Any:
        return zeros_like(self.rate)

    @property
    def stddev(self) -> Any:
        return self.rate.reciprocal()

    @property
    def variance(self) -> Any:
        return self.rate**-2

    def rsample(self, sample_shape: Any = ()) -> Any:
        return empty(self._extended_shape(sample_shape), dtype=self.rate.dtype).exponential_() / self.rate

    def log_prob(self, value: Any) -> Any:
        self._check(value)
        return self.rate.log() - self.rate * value

    def cdf(self, value: Any) -> Any:
        self._check(value)
        return 1 - (-self.rate * value).exp()

    def icdf(self, value: Any) -> Any:
        return -(-value).log1p() / self.rate

    def entropy(self) -> Any:
        return 1 - self.rate.log()

    @property
    def _natural_params(self) -> Any:
        return (-self.rate,)

    def _log_normalizer(self, x: Any) -> Any:
        return -(-x).log()
