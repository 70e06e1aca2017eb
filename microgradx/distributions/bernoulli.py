"""The Bernoulli distribution: one toss of a coin."""

import math
from typing import Any

from microgradx.autograd import no_grad
from microgradx.creation import arange
from microgradx.distributions import constraints
from microgradx.distributions.exp_family import ExponentialFamily
from microgradx.distributions.utils import ProbsOrLogits, broadcast_all
from microgradx.nn.functional import binary_cross_entropy_with_logits
from microgradx.random import bernoulli

__all__ = ["Bernoulli"]


class Bernoulli(ProbsOrLogits, ExponentialFamily):
    """1 with probability ``probs``, else 0.

    Args:
        probs: Probabilities of 1.
        logits: Instead, their log odds, ``log(p / (1 - p))``.
        validate_args: As for `Distribution`.

    Raises: ValueError: a probability is not from 0 to 1, or not exactly one of the two is given.
    Source: ``torch.distributions.Bernoulli``, the same samples for the same seed.

    Example:
        >>> _ = mgx.manual_seed(0)
        >>> coin = Bernoulli(probs=mgx.tensor(0.25))
        >>> coin.sample((8,)), coin.mean, coin.log_prob(mgx.tensor(1.0)).exp()
        (tensor([0., 0., 1., 1., 0., 0., 0., 0.]), tensor(0.2500), tensor(0.2500))
    """

    arg_constraints: Any = {"probs": constraints.unit_interval, "logits": constraints.real}
    support = constraints.boolean
    has_enumerate_support = True
    _mean_carrier_measure = 0

    def __init__(self, probs: Any = None, logits: Any = None, validate_args: bool | None = None) -> None:
        self._take(probs, logits)
        super().__init__(self._param.shape, validate_args=validate_args)

    def expand(self, batch_shape: Any, _instance: Any = None) -> Any:
        return self._expanded(Bernoulli, batch_shape, _instance)

    @property
    def mean(self) -> Any:
        return self.probs

    @property
    def mode(self) -> Any:
        return (self.probs >= 0.5).to(self.probs.dtype).masked_fill(self.probs == 0.5, math.nan)

    @property
    def variance(self) -> Any:
        return self.probs * (1 - self.probs)

    def sample(self, sample_shape: Any = ()) -> Any:
        with no_grad():
            return bernoulli(self.probs.expand(self._extended_shape(sample_shape)))

    def log_prob(self, value: Any) -> Any:
        self._check(value)
        logits, value = broadcast_all(self.logits, value)
        return -binary_cross_entropy_with_logits(logits, value, reduction="none")

    def entropy(self) -> Any:
        return binary_cross_entropy_with_logits(self.logits, self.probs, reduction="none")

    def enumerate_support(self, expand: bool = True) -> Any:
        values = arange(2, dtype=self._param.dtype).reshape(2, *[1] * len(self._batch_shape))
        return values.expand((2, *self._batch_shape)) if expand else values

    @property
    def _natural_params(self) -> Any:
        return (self.logits,)

    def _log_normalizer(self, x: Any) -> Any:
        return x.exp().log1p()
