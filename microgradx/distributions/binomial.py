"""The binomial distribution: how many of several coins show heads."""

from typing import Any

from microgradx.autograd import no_grad
from microgradx.creation import arange
from microgradx.distributions import constraints
from microgradx.distributions.distribution import Distribution
from microgradx.distributions.utils import ProbsOrLogits, broadcast_all
from microgradx.random import binomial

__all__ = ["Binomial"]


class Binomial(ProbsOrLogits, Distribution):
    """The number of successes in ``total_count`` trials.

    Args:
        total_count: Numbers of trials.
        probs: Probabilities of success in each.
        logits: Instead, their log odds.
        validate_args: As for `Distribution`.

    Raises: ValueError: a probability is not from 0 to 1, a count is no whole number, or not exactly one of ``probs``
        and ``logits`` is given.
    Source: ``torch.distributions.Binomial``, the same samples for the same seed.

    Example:
        >>> _ = mgx.manual_seed(0)
        >>> heads = Binomial(10, probs=mgx.tensor([0.5, 0.9]))
        >>> heads.sample(), heads.mean
        (tensor([7., 9.]), tensor([5., 9.]))
    """

    arg_constraints: Any = {
        "total_count": constraints.nonnegative_integer,
        "probs": constraints.unit_interval,
        "logits": constraints.real,
    }
    has_enumerate_support = True

    def __init__(
        self, total_count: Any = 1, probs: Any = None, logits: Any = None, validate_args: bool | None = None
    ) -> None:
        self._take(probs, logits)
        given = "probs" if logits is None else "logits"
        parameter = logits if probs is None else probs
        total_count, vars(self)[given] = broadcast_all(total_count, parameter)
        self.total_count = total_count.to(self._param.dtype)
        super().__init__(self._param.shape, validate_args=validate_args)

    def expand(self, batch_shape: Any, _instance: Any = None) -> Any:
        return self._expanded(Binomial, batch_shape, _instance)

    @constraints.dependent_property(is_discrete=True, event_dim=0)
    def support(self) -> Any:
        return constraints.integer_interval(0, self.total_count)

    @property
    def mean(self) -> Any:
        return self.total_count * self.probs

    @property
    def mode(self) -> Any:
        return ((self.total_count + 1) * self.probs).floor().clamp(max=self.total_count)

    @property
    def variance(self) -> Any:
        return self.total_count * self.probs * (1 - self.probs)

    def sample(self, sample_shape: Any = ()) -> Any:
        shape = self._extended_shape(sample_shape)
        with no_grad():
            return binomial(self.total_count.expand(shape), self.probs.expand(shape))

    def log_prob(self, value: Any) -> Any:
        self._check(value)
        n, logits = self.total_count, self.logits
        positive = (logits.clamp(min=0) + logits - logits.clamp(max=0)) / 2  # with the derivative 1/2 at 0
        log_normalizer = n * (positive + (-logits.abs()).exp().log1p())
        chosen = (n + 1).lgamma() - (value + 1).lgamma() - (n - value + 1).lgamma()
        return value * logits + chosen - log_normalizer

    def _one_count(self, method: str) -> int:
        count = int(self.total_count.max())
        if (self.total_count != count).any():
            raise NotImplementedError(f"Inhomogeneous total count not supported by `{method}`.")
        return count

    def entropy(self) -> Any:
        self._one_count("entropy")
        log_prob = self.log_prob(self.enumerate_support(False))
        return -(log_prob.exp() * log_prob).sum(0)

    def enumerate_support(self, expand: bool = True) -> Any:
        n = 1 + self._one_count("enumerate_support")
        values = arange(n, dtype=self._param.dtype).reshape(n, *[1] * len(self._batch_shape))
        return values.expand((n, *self._batch_shape)) if expand else values
