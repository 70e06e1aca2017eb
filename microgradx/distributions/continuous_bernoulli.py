"""The continuous Bernoulli distribution."""

import math
from typing import Any

from microgradx.creation import full_like, ones_like, zeros_like
from microgradx.distributions import constraints
from microgradx.distributions.exp_family import ExponentialFamily
from microgradx.distributions.utils import ProbsOrLogits, broadcast_all, clamp_probs, lazy_property, logits_to_probs
from microgradx.nn.functional import binary_cross_entropy_with_logits
from microgradx.ops.indexing import where
from microgradx.random import rand

__all__ = ["ContinuousBernoulli"]


class ContinuousBernoulli(ProbsOrLogits, ExponentialFamily):
    """Numbers x from 0 to 1 with a density proportional to ``probs**x * (1 - probs)**(1 - x)``.

    It is what makes binary cross-entropy a likelihood of grey values.

    Args:
        probs: From 0 to 1; not the mean.
        logits: Instead, their log odds.
        lims: Between these probabilities, where the exact formulas are 0/0, those of Taylor are used.
        validate_args: As for `Distribution`.

    Raises: ValueError: a probability is not from 0 to 1, or not exactly one of the two is given.
    Source: G. Loaiza-Ganem and J. Cunningham, "The continuous Bernoulli: fixing a pervasive error in variational
        autoencoders" (2019); ``torch.distributions.ContinuousBernoulli``.

    Example:
        >>> ContinuousBernoulli(probs=mgx.tensor([0.1, 0.5])).mean
        tensor([0.3301, 0.5000])
    """

    arg_constraints = {"probs": constraints.unit_interval, "logits": constraints.real}
    support = constraints.unit_interval
    has_rsample = True
    _mean_carrier_measure = 0

    def __init__(
        self,
        probs: Any = None,
        logits: Any = None,
        lims: tuple[float, float] = (0.499, 0.501),
        validate_args: bool | None = None,
    ) -> None:
        self._take(probs, logits)
        if probs is not None:
            if validate_args is not None and not constraints.unit_interval.check(self.probs).all():
                raise ValueError("The parameter probs has invalid values")
            self.probs = clamp_probs(self.probs)
        self._lims = lims
        super().__init__(self._param.shape, validate_args=validate_args)

    def expand(self, batch_shape: Any, _instance: Any = None) -> Any:
        new = self._expanded(ContinuousBernoulli, batch_shape, _instance)
        new._lims = self._lims
        return new

    @lazy_property
    def probs(self) -> Any:
        return clamp_probs(logits_to_probs(self.logits, is_binary=True))

    def _outside(self) -> Any:
        """Where the exact formulas hold."""
        return (self.probs <= self._lims[0]) | (self.probs > self._lims[1])

    def _safe_probs(self) -> Any:
        """The probabilities, where the exact formulas hold, else some with which they are finite."""
        return where(self._outside(), self.probs, full_like(self.probs, self._lims[0]))

    def _safe_logits(self) -> Any:
        p = self._safe_probs()
        return p.log() - (-p).log1p()

    def _cont_bern_log_norm(self) -> Any:
        """The logarithm of what makes the density integrate to 1."""
        p, x = self._safe_probs(), (self.probs - 0.5) ** 2
        below = where(p <= 0.5, p, zeros_like(p))
        above = where(p >= 0.5, p, ones_like(p))
        difference = where(p <= 0.5, (-2 * below).log1p(), (2 * above - 1).log())
        exact = self._safe_logits().abs().log() - difference
        return where(self._outside(), exact, math.log(2) + (4 / 3 + 104 / 45 * x) * x)

    @property
    def mean(self) -> Any:
        p, x = self._safe_probs(), self.probs - 0.5
        exact = p / (2 * p - 1) - 1 / self._safe_logits()
        return where(self._outside(), exact, 0.5 + (1 / 3 + 16 / 45 * x**2) * x)

    @property
    def variance(self) -> Any:
        p, x = self._safe_probs(), (self.probs - 0.5) ** 2
        exact = p * (p - 1) / (1 - 2 * p) ** 2 + 1 / self._safe_logits() ** 2
        return where(self._outside(), exact, 1 / 12 - (1 / 15 - 128 / 945 * x) * x)

    def rsample(self, sample_shape: Any = ()) -> Any:
        return self.icdf(rand(self._extended_shape(sample_shape), dtype=self.probs.dtype))

    def log_prob(self, value: Any) -> Any:
        self._check(value)
        logits, value = broadcast_all(self.logits, value)
        return self._cont_bern_log_norm() - binary_cross_entropy_with_logits(logits, value, reduction="none")

    def cdf(self, value: Any) -> Any:
        self._check(value)
        p = self._safe_probs()
        exact = (p**value * (1 - p) ** (1 - value) + p - 1) / (2 * p - 1)
        inside = where(self._outside(), exact, value)
        return where(value <= 0, zeros_like(value), where(value >= 1, ones_like(value), inside))

    def icdf(self, value: Any) -> Any:
        p = self._safe_probs()
        exact = ((-p + value * (2 * p - 1)).log1p() - (-p).log1p()) / self._safe_logits()
        return where(self._outside(), exact, value)

    def entropy(self) -> Any:
        log_zero, log_one = (-self.probs).log1p(), self.probs.log()
        return self.mean * (log_zero - log_one) - self._cont_bern_log_norm() - log_zero

    @property
    def _natural_params(self) -> Any:
        return (self.logits,)

    def _log_normalizer(self, x: Any) -> Any:
        far = (x <= self._lims[0] - 0.5) | (x > self._lims[1] - 0.5)
        safe = where(far, x, full_like(x, self._lims[0] - 0.5))
        return where(far, safe.expm1().abs().log() - safe.abs().log(), x / 2 + x**2 / 24 - x**4 / 2880)
