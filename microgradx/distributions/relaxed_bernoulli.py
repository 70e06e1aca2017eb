"""The Bernoulli distribution, made differentiable."""

from typing import Any

from microgradx.distributions import constraints
from microgradx.distributions.distribution import Distribution
from microgradx.distributions.transformed_distribution import TransformedDistribution
from microgradx.distributions.transforms import SigmoidTransform
from microgradx.distributions.utils import ProbsOrLogits, broadcast_all, clamp_probs
from microgradx.random import rand

__all__ = ["LogitRelaxedBernoulli", "RelaxedBernoulli"]


class LogitRelaxedBernoulli(ProbsOrLogits, Distribution):
    """The log odds of `RelaxedBernoulli`: the logistic distribution, moved by the logits.

    Args:
        temperature: A tensor; the lower, the larger the log odds.
        probs, logits: As for `Bernoulli`.
        validate_args: As for `Distribution`.

    Raises: ValueError: as for `Bernoulli`.
    Source: C. Maddison, A. Mnih and Y. W. Teh, "The Concrete Distribution: A Continuous Relaxation of Discrete Random
        Variables" (2017); ``torch.distributions.relaxed_bernoulli.LogitRelaxedBernoulli``.
    """

    arg_constraints = {"probs": constraints.unit_interval, "logits": constraints.real}
    support = constraints.real

    def __init__(
        self, temperature: Any, probs: Any = None, logits: Any = None, validate_args: bool | None = None
    ) -> None:
        self.temperature = temperature
        self._take(probs, logits)
        super().__init__(self._param.shape, validate_args=validate_args)

    def expand(self, batch_shape: Any, _instance: Any = None) -> Any:
        new = self._expanded(LogitRelaxedBernoulli, batch_shape, _instance)
        new.temperature = self.temperature
        return new

    def rsample(self, sample_shape: Any = ()) -> Any:
        shape = self._extended_shape(sample_shape)
        probs = clamp_probs(self.probs.expand(shape))
        u = clamp_probs(rand(shape, dtype=probs.dtype))
        return (u.log() - (-u).log1p() + probs.log() - (-probs).log1p()) / self.temperature

    def log_prob(self, value: Any) -> Any:
        self._check(value)
        logits, value = broadcast_all(self.logits, value)
        difference = logits - value * self.temperature
        return self.temperature.log() + difference - 2 * difference.exp().log1p()


class RelaxedBernoulli(TransformedDistribution):
    """Numbers from 0 to 1, near to the ends: the lower the temperature, the more as of `Bernoulli`.

    ``rsample`` has a gradient by the probabilities, which samples of 0 and 1 cannot have.

    Args:
        temperature: A tensor.
        probs, logits: As for `Bernoulli`.
        validate_args: As for `Distribution`.

    Raises: ValueError: as for `Bernoulli`.
    Source: C. Maddison, A. Mnih and Y. W. Teh (2017); ``torch.distributions.RelaxedBernoulli``.

    Example:
        >>> _ = mgx.manual_seed(0)
        >>> RelaxedBernoulli(mgx.tensor(0.1), probs=mgx.tensor([0.1, 0.5, 0.9])).sample().round()
        tensor([0., 1., 0.])
    """

    arg_constraints = {"probs": constraints.unit_interval, "logits": constraints.real}
    support = constraints.unit_interval
    has_rsample = True

    def __init__(
        self, temperature: Any, probs: Any = None, logits: Any = None, validate_args: bool | None = None
    ) -> None:
        base = LogitRelaxedBernoulli(temperature, probs, logits)
        super().__init__(base, SigmoidTransform(), validate_args=validate_args)

    def expand(self, batch_shape: Any, _instance: Any = None) -> Any:
        return self._expanded(RelaxedBernoulli, batch_shape, _instance)

    @property
    def temperature(self) -> Any:
        """The temperature."""
        return self.base_dist.temperature

    @property
    def probs(self) -> Any:
        """The probabilities of 1."""
        return self.base_dist.probs

    @property
    def logits(self) -> Any:
        """Their log odds."""
        return self.base_dist.logits
