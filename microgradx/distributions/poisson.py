"""The Poisson distribution: how many events happen."""

from typing import Any

from microgradx.autograd import no_grad
from microgradx.distributions import constraints
from microgradx.distributions.exp_family import ExponentialFamily
from microgradx.distributions.utils import broadcast_all
from microgradx.random import poisson

__all__ = ["Poisson"]


class Poisson(ExponentialFamily):
    """The number of independent events of which ``rate`` are expected.

    Args:
        rate: The mean, and the variance.
        validate_args: As for `Distribution`.

    Raises: ValueError: ``rate`` is negative.
    Source: ``torch.distributions.Poisson``, the same samples for the same seed.

    Example:
        >>> _ = mgx.manual_seed(0)
        >>> Poisson(mgx.tensor([1.0, 5.0, 50.0])).sample()
        tensor([ 2.,  6., 49.])
    """

    arg_constraints: Any = {"rate": constraints.nonnegative}
    support = constraints.nonnegative_integer

    def __init__(self, rate: Any, validate_args: bool | None = None) -> None:
        (self.rate,) = broadcast_all(rate)
        super().__init__(self.rate.shape, validate_args=validate_args)

    def expand(self, batch_shape: Any, _instance: Any = None) -> Any:
        return self._expanded(Poisson, batch_shape, _instance)

    @property
    def mean(self) -> Any:
        return self.rate

    @property
    def mode(self) -> Any:
        return self.rate.floor()

    @property
    def variance(self) -> Any:
        return self.rate

    def sample(self, sample_shape: Any = ()) -> Any:
        with no_grad():
            return poisson(self.rate.expand(self._extended_shape(sample_shape)))

    def log_prob(self, value: Any) -> Any:
        self._check(value)
        rate, value = broadcast_all(self.rate, value)
        return value.xlogy(rate) - rate - (value + 1).lgamma()

    @property
    def _natural_params(self) -> Any:
        return (self.rate.log(),)

    def _log_normalizer(self, x: Any) -> Any:
        return x.exp()
