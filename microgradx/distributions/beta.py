"""The beta distribution: the probability of a probability."""

from typing import Any

from microgradx.creation import tensor
from microgradx.distributions import constraints
from microgradx.distributions.dirichlet import Dirichlet
from microgradx.distributions.exp_family import ExponentialFamily
from microgradx.distributions.utils import broadcast_all
from microgradx.ops.shape import stack

__all__ = ["Beta"]


class Beta(ExponentialFamily):
    """Numbers from 0 to 1, with a density proportional to ``x**(a - 1) * (1 - x)**(b - 1)``.

    Args:
        concentration1: a.
        concentration0: b.
        validate_args: As for `Distribution`.

    Raises: ValueError: a parameter is not positive.
    Source: ``torch.distributions.Beta``, the same samples for the same seed; of the gradient see `Dirichlet`.

    Example:
        What is known of a coin after 7 heads and 3 tails, if nothing was known before:

        >>> coin = Beta(1.0 + 7, 1.0 + 3)
        >>> coin.mean, coin.mode
        (tensor(0.6667), tensor(0.7000))
    """

    arg_constraints = {"concentration1": constraints.positive, "concentration0": constraints.positive}
    support = constraints.unit_interval
    has_rsample = True

    def __init__(self, concentration1: Any, concentration0: Any, validate_args: bool | None = None) -> None:
        if all(isinstance(c, (int, float)) for c in (concentration1, concentration0)):
            both = tensor([float(concentration1), float(concentration0)])
        else:
            both = stack(broadcast_all(concentration1, concentration0), -1)
        self._dirichlet = Dirichlet(both, validate_args=validate_args)
        super().__init__(self._dirichlet.batch_shape, validate_args=validate_args)

    def expand(self, batch_shape: Any, _instance: Any = None) -> Any:
        new = self._expanded(Beta, batch_shape, _instance)
        new._dirichlet = self._dirichlet.expand(batch_shape)
        return new

    @property
    def concentration1(self) -> Any:
        """a."""
        return self._dirichlet.concentration[..., 0]

    @property
    def concentration0(self) -> Any:
        """b."""
        return self._dirichlet.concentration[..., 1]

    @property
    def mean(self) -> Any:
        return self.concentration1 / (self.concentration1 + self.concentration0)

    @property
    def mode(self) -> Any:
        return self._dirichlet.mode[..., 0]

    @property
    def variance(self) -> Any:
        total = self.concentration1 + self.concentration0
        return self.concentration1 * self.concentration0 / (total**2 * (total + 1))

    def rsample(self, sample_shape: Any = ()) -> Any:
        return self._dirichlet.rsample(sample_shape)[..., 0]

    def log_prob(self, value: Any) -> Any:
        self._check(value)
        return self._dirichlet.log_prob(stack([value, 1 - value], -1))

    def entropy(self) -> Any:
        return self._dirichlet.entropy()

    @property
    def _natural_params(self) -> Any:
        return self.concentration1, self.concentration0

    def _log_normalizer(self, x: Any, y: Any) -> Any:
        return x.lgamma() + y.lgamma() - (x + y).lgamma()
