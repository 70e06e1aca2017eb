"""The categorical distribution, made differentiable: Gumbel-softmax."""

from typing import Any

from microgradx.creation import full_like
from microgradx.distributions import constraints
from microgradx.distributions.categorical import Categorical
from microgradx.distributions.distribution import Distribution
from microgradx.distributions.transformed_distribution import TransformedDistribution
from microgradx.distributions.transforms import ExpTransform
from microgradx.distributions.utils import broadcast_all, clamp_probs
from microgradx.random import rand

__all__ = ["ExpRelaxedCategorical", "RelaxedOneHotCategorical"]


class ExpRelaxedCategorical(Distribution):
    """The logarithms of `RelaxedOneHotCategorical`.

    Args:
        temperature: A tensor.
        probs, logits: As for `Categorical`.
        validate_args: As for `Distribution`.

    Raises: ValueError: as for `Categorical`.
    Source: C. Maddison, A. Mnih and Y. W. Teh (2017); ``torch.distributions.relaxed_categorical.ExpRelaxedCategorical``.
    """

    arg_constraints = {"probs": constraints.simplex, "logits": constraints.real_vector}
    support = constraints.real_vector
    has_rsample = True

    def __init__(
        self, temperature: Any, probs: Any = None, logits: Any = None, validate_args: bool | None = None
    ) -> None:
        self._categorical = Categorical(probs, logits)
        self.temperature = temperature
        super().__init__(self._categorical.batch_shape, self.param_shape[-1:], validate_args=validate_args)

    def expand(self, batch_shape: Any, _instance: Any = None) -> Any:
        new = self._get_checked_instance(ExpRelaxedCategorical, _instance)
        new.temperature = self.temperature
        new._categorical = self._categorical.expand(batch_shape)
        return self._shaped(new, batch_shape)

    @property
    def param_shape(self) -> Any:
        """The shape of ``probs`` and of ``logits``."""
        return self._categorical.param_shape

    @property
    def probs(self) -> Any:
        """Normalised probabilities."""
        return self._categorical.probs

    @property
    def logits(self) -> Any:
        """Normalised logarithms of the probabilities."""
        return self._categorical.logits

    def rsample(self, sample_shape: Any = ()) -> Any:
        u = clamp_probs(rand(self._extended_shape(sample_shape), dtype=self.logits.dtype))
        scores = (self.logits - (-u.log()).log()) / self.temperature
        return scores - scores.logsumexp(-1, keepdim=True)

    def log_prob(self, value: Any) -> Any:
        self._check(value)
        k = self._event_shape[0]
        logits, value = broadcast_all(self.logits, value)
        scale = full_like(self.temperature, float(k)).lgamma() + (k - 1) * self.temperature.log()
        score = logits - value * self.temperature
        return (score - score.logsumexp(-1, keepdim=True)).sum(-1) + scale


class RelaxedOneHotCategorical(TransformedDistribution):
    """Vectors of probabilities, near to one-hot vectors: the lower the temperature, the nearer.

    ``rsample`` has a gradient by the probabilities, which one-hot samples cannot have.

    Args:
        temperature: A tensor.
        probs, logits: As for `Categorical`.
        validate_args: As for `Distribution`.

    Raises: ValueError: as for `Categorical`.
    Source: E. Jang, S. Gu and B. Poole, "Categorical Reparameterization with Gumbel-Softmax" (2017);
        ``torch.distributions.RelaxedOneHotCategorical``.

    Example:
        >>> _ = mgx.manual_seed(0)
        >>> RelaxedOneHotCategorical(mgx.tensor(0.1), probs=mgx.tensor([0.3, 0.3, 0.4])).sample().round()
        tensor([0., 1., 0.])
    """

    arg_constraints = {"probs": constraints.simplex, "logits": constraints.real_vector}
    support = constraints.simplex
    has_rsample = True

    def __init__(
        self, temperature: Any, probs: Any = None, logits: Any = None, validate_args: bool | None = None
    ) -> None:
        base = ExpRelaxedCategorical(temperature, probs, logits, validate_args=validate_args)
        super().__init__(base, ExpTransform(), validate_args=validate_args)

    def expand(self, batch_shape: Any, _instance: Any = None) -> Any:
        return self._expanded(RelaxedOneHotCategorical, batch_shape, _instance)

    @property
    def temperature(self) -> Any:
        """The temperature."""
        return self.base_dist.temperature

    @property
    def probs(self) -> Any:
        """Normalised probabilities."""
        return self.base_dist.probs

    @property
    def logits(self) -> Any:
        """Normalised logarithms of the probabilities."""
        return self.base_dist.logits
