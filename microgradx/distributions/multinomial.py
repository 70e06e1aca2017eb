"""The multinomial distribution: how often each category comes up."""

import math
from typing import Any

from microgradx.creation import arange, ones, zeros
from microgradx.distributions import constraints
from microgradx.distributions.binomial import Binomial
from microgradx.distributions.categorical import Categorical
from microgradx.distributions.distribution import Distribution
from microgradx.distributions.utils import broadcast_all

__all__ = ["Multinomial"]


class Multinomial(Distribution):
    """How often each of K categories is drawn in ``total_count`` draws.

    Args:
        total_count: Number of draws, an integer.
        probs: Probabilities, or weights, of the categories, along the last dimension.
        logits: Instead, their logarithms, up to a constant.
        validate_args: As for `Distribution`.

    Raises: NotImplementedError: ``total_count`` is not one integer. ValueError: as for `Categorical`.
    Source: ``torch.distributions.Multinomial``, the same samples for the same seed.

    Example:
        >>> _ = mgx.manual_seed(0)
        >>> Multinomial(10, probs=mgx.tensor([1.0, 1.0, 2.0])).sample()
        tensor([1., 3., 6.])
    """

    arg_constraints: Any = {"probs": constraints.simplex, "logits": constraints.real_vector}

    def __init__(
        self, total_count: int = 1, probs: Any = None, logits: Any = None, validate_args: bool | None = None
    ) -> None:
        if not isinstance(total_count, int):
            raise NotImplementedError("inhomogeneous total_count is not supported")
        self.total_count = total_count
        self._categorical = Categorical(probs=probs, logits=logits)
        super().__init__(self._categorical.batch_shape, self.param_shape[-1:], validate_args=validate_args)

    def expand(self, batch_shape: Any, _instance: Any = None) -> Any:
        new = self._get_checked_instance(Multinomial, _instance)
        new.total_count = self.total_count
        new._categorical = self._categorical.expand(batch_shape)
        return self._shaped(new, batch_shape)

    @constraints.dependent_property(is_discrete=True, event_dim=1)
    def support(self) -> Any:
        return constraints.multinomial(self.total_count)

    @property
    def logits(self) -> Any:
        """Normalised logarithms of the probabilities."""
        return self._categorical.logits

    @property
    def probs(self) -> Any:
        """Normalised probabilities."""
        return self._categorical.probs

    @property
    def param_shape(self) -> Any:
        """The shape of ``probs`` and of ``logits``."""
        return self._categorical.param_shape

    @property
    def mean(self) -> Any:
        return self.probs * self.total_count

    @property
    def variance(self) -> Any:
        return self.total_count * self.probs * (1 - self.probs)

    def sample(self, sample_shape: Any = ()) -> Any:
        drawn = self._categorical.sample((self.total_count, *sample_shape)).movedim(0, -1)
        dtype = self.probs.dtype
        counts = zeros(self._extended_shape(sample_shape), dtype=dtype)
        return counts.scatter_add(-1, drawn, ones(drawn.shape, dtype=dtype))

    def log_prob(self, value: Any) -> Any:
        self._check(value)
        logits, value = broadcast_all(self.logits, value)
        logits = logits.masked_fill((value == 0) & (logits == -math.inf), 0)
        arrangements = (value.sum(-1) + 1).lgamma() - (value + 1).lgamma().sum(-1)
        return arrangements + (logits * value).sum(-1)

    def entropy(self) -> Any:
        n = self.total_count
        counts = arange(1, n + 1, dtype=self.probs.dtype).reshape(n, *[1] * self.probs.dim())
        each = Binomial(n, probs=self.probs, validate_args=False).log_prob(counts).exp()
        return n * self._categorical.entropy() - math.lgamma(n + 1) + (each * (counts + 1).lgamma()).sum((0, -1))
