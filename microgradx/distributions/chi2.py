"""The chi-squared distribution."""

from typing import Any

from microgradx.distributions import constraints
from microgradx.distributions.gamma import Gamma

__all__ = ["Chi2"]


class Chi2(Gamma):
    """The sum of the squares of ``df`` standard normal numbers.

    Args:
        df: Degrees of freedom.
        validate_args: As for `Distribution`.

    Raises: ValueError: ``df`` is not positive.
    Source: ``torch.distributions.Chi2``, the same samples for the same seed.

    Example:
        >>> Chi2(3.0).mean, Chi2(3.0).variance
        (tensor(3.), tensor(6.))
    """

    arg_constraints = {"df": constraints.positive}

    def __init__(self, df: Any, validate_args: bool | None = None) -> None:
        super().__init__(0.5 * df, 0.5, validate_args=validate_args)

    def expand(self, batch_shape: Any, _instance: Any = None) -> Any:
        new = self._expanded(Chi2, batch_shape, _instance)
        new.concentration, new.rate = self.concentration.expand(batch_shape), self.rate.expand(batch_shape)
        return new

    @property
    def df(self) -> Any:
        """Degrees of freedom."""
        return self.concentration * 2
