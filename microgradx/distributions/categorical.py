"""The categorical distribution: one of several categories."""

import math
from typing import Any

from microgradx.creation import arange, full
from microgradx.distributions import constraints
from microgradx.distributions.distribution import Distribution
from microgradx.distributions.utils import ProbsOrLogits
from microgradx.dtypes import finfo
from microgradx.ops.shape import broadcast_tensors
from microgradx.random import multinomial
from microgradx.size import Size

__all__ = ["Categorical"]


class Categorical(ProbsOrLogits, Distribution):
    """One of the numbers 0 to K - 1, with probabilities along the last dimension of the parameter.

    Args:
        probs: Probabilities, or weights that are divided by their sum.
        logits: Instead, their logarithms, up to a constant.
        validate_args: As for `Distribution`.

    Raises: ValueError: a weight is negative, the parameter is a number, or not exactly one of the two is given.
    Source: ``torch.distributions.Categorical``, the same samples for the same seed.

    Example:
        REINFORCE (R. Williams, 1992) learns from rewards alone: an action is drawn, and its log probability is raised by
        the reward that it brought. Of three levers the last one pays.

        >>> from microgradx.distributions import Categorical
        >>> _ = mgx.manual_seed(0)
        >>> logits = mgx.zeros(3, requires_grad=True)
        >>> optimizer = mgx.optim.SGD([logits], lr=0.5)
        >>> for episode in range(100):
        ...     policy = Categorical(logits=logits)
        ...     action = policy.sample()
        ...     reward = 1.0 if action.item() == 2 else 0.0
        ...     loss = -policy.log_prob(action) * reward
        ...     optimizer.zero_grad()
        ...     loss.backward()
        ...     optimizer.step()
        >>> bool(policy.probs[2] > 0.9)
        True
    """

    arg_constraints: Any = {"probs": constraints.simplex, "logits": constraints.real_vector}
    has_enumerate_support = True
    _is_binary = False

    def __init__(self, probs: Any = None, logits: Any = None, validate_args: bool | None = None) -> None:
        self._take(probs, logits)
        if self._param.dim() < 1:
            given = "probs" if logits is None else "logits"
            raise ValueError(f"`{given}` parameter must be at least one-dimensional.")
        if logits is None:
            self.probs = self.probs / self.probs.sum(-1, keepdim=True)
        else:
            self.logits = self.logits - self.logits.logsumexp(-1, keepdim=True)
        super().__init__(self._param.shape[:-1], validate_args=validate_args)

    def expand(self, batch_shape: Any, _instance: Any = None) -> Any:
        return self._expanded(Categorical, batch_shape, _instance)

    @property
    def _num_events(self) -> int:
        return int(self._param.shape[-1])

    @constraints.dependent_property(is_discrete=True, event_dim=0)
    def support(self) -> Any:
        return constraints.integer_interval(0, self._num_events - 1)

    @property
    def mean(self) -> Any:
        """NaN: categories have no mean."""
        return full(self._extended_shape(), math.nan, dtype=self.probs.dtype)

    @property
    def mode(self) -> Any:
        return self.probs.argmax(-1)

    @property
    def variance(self) -> Any:
        """NaN: categories have no variance."""
        return self.mean

    def sample(self, sample_shape: Any = ()) -> Any:
        rows = self.probs.detach().reshape(-1, self._num_events)
        drawn = multinomial(rows, Size(sample_shape).numel(), replacement=True)
        return drawn.t().reshape(self._extended_shape(sample_shape))

    def log_prob(self, value: Any) -> Any:
        self._check(value)
        index, logits = broadcast_tensors(value.long().unsqueeze(-1), self.logits)
        return logits.gather(-1, index[..., :1]).squeeze(-1)

    def entropy(self) -> Any:
        least = finfo(self.logits.dtype).min  # 0 log 0 is 0, not NaN
        return -(self.logits.clamp(min=least) * self.probs).sum(-1)

    def enumerate_support(self, expand: bool = True) -> Any:
        k = self._num_events
        values = arange(k).reshape(k, *[1] * len(self._batch_shape))
        return values.expand((k, *self._batch_shape)) if expand else values
