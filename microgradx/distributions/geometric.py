"""The geometric distribution: failures before the first success."""

from typing import Any

from microgradx.autograd import no_grad
from microgradx.creation import empty, zeros_like
from microgradx.distributions import constraints
from microgradx.distributions.distribution import Distribution
from microgradx.distributions.utils import ProbsOrLogits, broadcast_all
from microgradx.dtypes import finfo
from microgradx.nn.functional import binary_cross_entropy_with_logits

__all__ = ["Geometric"]


class Geometric(ProbsOrLogits, Distribution):
    """How many trials fail before the first success.

    Args:
        probs: Probabilities of success, more than 0.
        logits: Instead, their log odds.
        validate_args: As for `Distribution`.

    Raises: ValueError: a probability is not more than 0 and at most 1, or not exactly one of the two is given.
    Source: ``torch.distributions.Geometric``, the same samples for the same seed. (``Tensor.geometric_`` counts the
        success too.)

    Example:
        >>> failures = Geometric(probs=mgx.tensor(0.5))
        >>> failures.log_prob(mgx.arange(3.0)).exp(), failures.mean
        (tensor([0.5000, 0.2500, 0.1250]), tensor(1.))
    """

    arg_constraints: Any = {"probs": constraints.unit_interval, "logits": constraints.real}
    support = constraints.nonnegative_integer

    def __init__(self, probs: Any = None, logits: Any = None, validate_args: bool | None = None) -> None:
        self._take(probs, logits)
        super().__init__(self._param.shape, validate_args=validate_args)
        if self._validate_args and probs is not None and not (self.probs > 0).all():
            raise ValueError(
                f"Expected parameter probs ({type(self.probs).__name__} of shape {tuple(self.probs.shape)}) of "
                f"distribution {self!r} to be positive but found invalid values:\n"
                f"{self.probs.detach()[~(self.probs > 0)]}"
            )

    def expand(self, batch_shape: Any, _instance: Any = None) -> Any:
        return self._expanded(Geometric, batch_shape, _instance)

    @property
    def mean(self) -> Any:
        return 1 / self.probs - 1

    @property
    def mode(self) -> Any:
        return zeros_like(self.probs)

    @property
    def variance(self) -> Any:
        return (1 / self.probs - 1) / self.probs

    def sample(self, sample_shape: Any = ()) -> Any:
        dtype = self.probs.dtype
        with no_grad():
            u = empty(self._extended_shape(sample_shape), dtype=dtype).uniform_(finfo(dtype).tiny, 1)
            return (u.log() / (-self.probs).log1p()).floor()

    def log_prob(self, value: Any) -> Any:
        self._check(value)
        value, probs = broadcast_all(value, self.probs)
        failing = probs.masked_fill((probs == 1) & (value == 0), 0)  # 0 log 0 is 0
        return value * (-failing).log1p() + self.probs.log()

    def entropy(self) -> Any:
        return binary_cross_entropy_with_logits(self.logits, self.probs, reduction="none") / self.probs
