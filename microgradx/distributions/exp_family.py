"""Exponential families: distributions with the density h(x) exp(θ·t(x) - A(θ))."""

from typing import Any

from microgradx.autograd import grad
from microgradx.distributions.distribution import Distribution
from microgradx.distributions.utils import sum_rightmost

__all__ = ["ExponentialFamily"]


class ExponentialFamily(Distribution):
    """A distribution whose entropy and divergences follow from its log normalizer A(θ) by differentiation.

    A subclass gives the natural parameters θ as ``_natural_params``, A as ``_log_normalizer``, and the mean of log h
    as ``_mean_carrier_measure``.

    Source: F. Nielsen and R. Nock, "Entropies and cross-entropies of exponential families" (2010);
        ``torch.distributions.ExponentialFamily``, where no gradient flows from this entropy to the parameters.
    """

    _mean_carrier_measure: Any = None

    @property
    def _natural_params(self) -> Any:
        raise NotImplementedError

    def _log_normalizer(self, *natural_params: Any) -> Any:
        raise NotImplementedError

    def _normalizer_and_means(self) -> tuple[Any, Any, Any]:
        """θ, A(θ), and the gradient of A, which is the mean of t(x)."""
        theta = [p if p.requires_grad else p.detach().requires_grad_() for p in self._natural_params]
        normalizer = self._log_normalizer(*theta)
        return theta, normalizer, grad(normalizer.sum(), theta, create_graph=True)

    def entropy(self) -> Any:
        if self._mean_carrier_measure is None:
            raise NotImplementedError
        theta, normalizer, means = self._normalizer_and_means()
        result = normalizer - self._mean_carrier_measure
        for p, mean in zip(theta, means):
            result = result - sum_rightmost(p * mean, p.dim() - len(self._batch_shape))
        return result
