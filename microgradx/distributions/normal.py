"""The normal distribution."""

import math
from typing import Any

from microgradx.autograd import no_grad
from microgradx.distributions import constraints
from microgradx.distributions.exp_family import ExponentialFamily
from microgradx.distributions.utils import broadcast_all, standard_normal
from microgradx.random import normal

__all__ = ["Normal"]


class Normal(ExponentialFamily):
    """The normal (Gaussian) distribution.

    Args:
        loc: The mean.
        scale: The standard deviation.
        validate_args: As for `Distribution`.

    Raises: ValueError: ``scale`` is not positive.
    Source: ``torch.distributions.Normal``, the same samples for the same seed.

    Example:
        ``rsample`` is ``loc + scale * noise``, so gradients flow through it: the trick of a variational autoencoder. Here
        the encoder's belief about z is pulled towards a decoder that wants z = 1, and towards the prior N(0, 1).

        >>> from microgradx.distributions import Normal, kl_divergence
        >>> _ = mgx.manual_seed(0)
        >>> loc = mgx.tensor(0.0, requires_grad=True)
        >>> log_scale = mgx.tensor(0.0, requires_grad=True)
        >>> for step in range(500):
        ...     z = Normal(loc, log_scale.exp())
        ...     error = (z.rsample((32,)) - 1) ** 2 / 2  # of the decoder, up to a constant
        ...     loss = error.mean() + kl_divergence(z, Normal(0.0, 1.0))
        ...     for p, g in zip((loc, log_scale), mgx.autograd.grad(loss, (loc, log_scale))):
        ...         p.data -= 0.05 * g
        >>> print(f"{loc:.1f} {log_scale.exp() ** 2:.1f}")  # exactly: both 1/2
        0.5 0.5
    """

    arg_constraints: Any = {"loc": constraints.real, "scale": constraints.positive}
    support = constraints.real
    has_rsample = True
    _mean_carrier_measure = 0

    def __init__(self, loc: Any, scale: Any, validate_args: bool | None = None) -> None:
        self.loc, self.scale = broadcast_all(loc, scale)
        super().__init__(self.loc.shape, validate_args=validate_args)

    def expand(self, batch_shape: Any, _instance: Any = None) -> Any:
        return self._expanded(Normal, batch_shape, _instance)

    @property
    def mean(self) -> Any:
        return self.loc

    @property
    def mode(self) -> Any:
        return self.loc

    @property
    def stddev(self) -> Any:
        return self.scale

    @property
    def variance(self) -> Any:
        return self.scale**2

    def sample(self, sample_shape: Any = ()) -> Any:
        shape = self._extended_shape(sample_shape)
        with no_grad():
            return normal(self.loc.expand(shape), self.scale.expand(shape))

    def rsample(self, sample_shape: Any = ()) -> Any:
        return self.loc + standard_normal(self._extended_shape(sample_shape), self.loc.dtype) * self.scale

    def log_prob(self, value: Any) -> Any:
        self._check(value)
        return -((value - self.loc) ** 2) / (2 * self.scale**2) - self.scale.log() - math.log(math.sqrt(2 * math.pi))

    def cdf(self, value: Any) -> Any:
        self._check(value)
        return 0.5 * (1 + ((value - self.loc) * self.scale.reciprocal() / math.sqrt(2)).erf())

    def icdf(self, value: Any) -> Any:
        return self.loc + self.scale * (2 * value - 1).erfinv() * math.sqrt(2)

    def entropy(self) -> Any:
        return 0.5 + 0.5 * math.log(2 * math.pi) + self.scale.log()

    @property
    def _natural_params(self) -> Any:
        return self.loc / self.scale**2, -0.5 / self.scale**2

    def _log_normalizer(self, x: Any, y: Any) -> Any:
        return -0.25 * x**2 / y + 0.5 * (-math.pi / y).log()
