"""The negative binomial distribution."""

from typing import Any

from microgradx.autograd import no_grad
from microgradx.distributions import constraints
from microgradx.distributions.distribution import Distribution
from microgradx.distributions.gamma import Gamma
from microgradx.distributions.utils import ProbsOrLogits, broadcast_all, lazy_property
from microgradx.nn.functional import logsigmoid
from microgradx.random import poisson

__all__ = ["NegativeBinomial"]


class NegativeBinomial(ProbsOrLogits, Distribution):
    """The number of successes before ``total_count`` failures.

    Args:
        total_count: Numbers of failures; they need not be whole.
        probs: Probabilities of success, less than 1.
        logits: Instead, their log odds.
        validate_args: As for `Distribution`.

    Raises: ValueError: a parameter is outside of its range, or not exactly one of ``probs`` and ``logits`` is given.
    Source: ``torch.distributions.NegativeBinomial``, the same samples for the same seed.

    Example:
        >>> NegativeBinomial(3, probs=mgx.tensor(0.5)).mean
        tensor(3.)
    """

    arg_constraints = {
        "total_count": constraints.greater_than_eq(0),
        "probs": constraints.half_open_interval(0.0, 1.0),
        "logits": constraints.real,
    }
    support = constraints.nonnegative_integer

    def __init__(
        self, total_count: Any, probs: Any = None, logits: Any = None, validate_args: bool | None = None
    ) -> None:
        self._take(probs, logits)
        given = "probs" if logits is None else "logits"
        total_count, vars(self)[given] = broadcast_all(total_count, logits if probs is None else probs)
        self.total_count = total_count.to(self._param.dtype)
        super().__init__(self._param.shape, validate_args=validate_args)

    def expand(self, batch_shape: Any, _instance: Any = None) -> Any:
        return self._expanded(NegativeBinomial, batch_shape, _instance)

    @property
    def mean(self) -> Any:
        return self.total_count * self.logits.exp()

    @property
    def mode(self) -> Any:
        return ((self.total_count - 1) * self.logits.exp()).floor().clamp(min=0)

    @property
    def variance(self) -> Any:
        return self.mean / (-self.logits).sigmoid()

    @lazy_property
    def _gamma(self) -> Any:
        return Gamma(self.total_count, (-self.logits).exp(), validate_args=False)

    def sample(self, sample_shape: Any = ()) -> Any:
        with no_grad():
            return poisson(self._gamma.sample(sample_shape))

    def log_prob(self, value: Any) -> Any:
        self._check(value)
        n = self.total_count
        powers = n * logsigmoid(-self.logits) + value * logsigmoid(self.logits)
        arrangements = (n + value).lgamma() - (1 + value).lgamma() - n.lgamma()
        return powers + arrangements.masked_fill(n + value == 0, 0)
