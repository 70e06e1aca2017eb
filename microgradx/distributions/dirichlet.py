"""The Dirichlet distribution: probabilities of probabilities."""

from typing import Any

from microgradx.distributions import constraints
from microgradx.distributions.exp_family import ExponentialFamily
from microgradx.distributions.implicit import sample_dirichlet
from microgradx.nn.functional import one_hot
from microgradx.ops.indexing import where

__all__ = ["Dirichlet"]


class Dirichlet(ExponentialFamily):
    """Vectors of probabilities, with a density proportional to the product of ``x**(concentration - 1)``.

    Args:
        concentration: (..., K); the larger the sum, the nearer the vectors are to the mean.
        validate_args: As for `Distribution`.

    Raises: ValueError: a concentration is not positive, or there is but a number.
    Source: ``torch.distributions.Dirichlet``, the same samples for the same seed. The gradient of ``rsample`` is exact
        here (see `microgradx.distributions.implicit`); PyTorch's is an approximation, off by about a thousandth.

    Example:
        >>> _ = mgx.manual_seed(0)
        >>> belief = Dirichlet(mgx.tensor([1.0, 2.0, 5.0]))
        >>> belief.sample(), belief.mean
        (tensor([0.4182, 0.1909, 0.3909]), tensor([0.1250, 0.2500, 0.6250]))
    """

    arg_constraints = {"concentration": constraints.independent(constraints.positive, 1)}
    support = constraints.simplex
    has_rsample = True

    def __init__(self, concentration: Any, validate_args: bool | None = None) -> None:
        if concentration.dim() < 1:
            raise ValueError("`concentration` parameter must be at least one-dimensional.")
        self.concentration = concentration
        super().__init__(concentration.shape[:-1], concentration.shape[-1:], validate_args=validate_args)

    def expand(self, batch_shape: Any, _instance: Any = None) -> Any:
        return self._expanded(Dirichlet, batch_shape, _instance)

    @property
    def mean(self) -> Any:
        return self.concentration / self.concentration.sum(-1, keepdim=True)

    @property
    def mode(self) -> Any:
        above = (self.concentration - 1).clamp(min=0)
        mode = above / above.sum(-1, keepdim=True)
        # The density is infinite at all corners: the first is as good as any.
        corners = (self.concentration < 1).all(-1)
        corner = one_hot(mode.argmax(-1), self._event_shape[0]).to(mode.dtype)
        return where(corners.unsqueeze(-1), corner, mode)

    @property
    def variance(self) -> Any:
        total = self.concentration.sum(-1, keepdim=True)
        return self.concentration * (total - self.concentration) / (total**2 * (total + 1))

    def rsample(self, sample_shape: Any = ()) -> Any:
        return sample_dirichlet(self.concentration.expand(self._extended_shape(sample_shape)))

    def log_prob(self, value: Any) -> Any:
        self._check(value)
        a = self.concentration
        return (a - 1.0).xlogy(value).sum(-1) + a.sum(-1).lgamma() - a.lgamma().sum(-1)

    def entropy(self) -> Any:
        a, k = self.concentration, self._event_shape[0]
        total = a.sum(-1)
        log_beta = a.lgamma().sum(-1) - total.lgamma()
        return log_beta - (k - total) * total.digamma() - ((a - 1) * a.digamma()).sum(-1)

    @property
    def _natural_params(self) -> Any:
        return (self.concentration,)

    def _log_normalizer(self, x: Any) -> Any:
        return x.lgamma().sum(-1) - x.sum(-1).lgamma()
