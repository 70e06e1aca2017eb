"""Student's t-distribution."""

import math
from typing import Any

from microgradx.distributions import constraints
from microgradx.distributions.chi2 import Chi2
from microgradx.distributions.distribution import Distribution
from microgradx.distributions.utils import broadcast_all, standard_normal

__all__ = ["StudentT"]


class StudentT(Distribution):
    """Like the normal distribution, but with heavier tails: the scale has been estimated from few observations.

    Args:
        df: Degrees of freedom; for large ones it is the normal distribution.
        loc: The middle.
        scale: The width.
        validate_args: As for `Distribution`.

    Raises: ValueError: ``df`` or ``scale`` is not positive.
    Source: ``torch.distributions.StudentT``, the same samples for the same seed; of the gradient see `Gamma`.

    Example:
        >>> StudentT(mgx.tensor([1.0, 1000.0])).log_prob(mgx.tensor(3.0))
        tensor([-3.4473, -5.4037])
    """

    arg_constraints = {"df": constraints.positive, "loc": constraints.real, "scale": constraints.positive}
    support = constraints.real
    has_rsample = True

    def __init__(self, df: Any, loc: Any = 0.0, scale: Any = 1.0, validate_args: bool | None = None) -> None:
        self.df, self.loc, self.scale = broadcast_all(df, loc, scale)
        self._chi2 = Chi2(self.df)
        super().__init__(self.df.shape, validate_args=validate_args)

    def expand(self, batch_shape: Any, _instance: Any = None) -> Any:
        new = self._expanded(StudentT, batch_shape, _instance)
        new._chi2 = self._chi2.expand(batch_shape)
        return new

    @property
    def mean(self) -> Any:
        """NaN up to one degree of freedom."""
        return self.loc.masked_fill(self.df <= 1, math.nan)

    @property
    def mode(self) -> Any:
        return self.loc

    @property
    def variance(self) -> Any:
        """Infinite up to two degrees of freedom, NaN up to one."""
        df = self.df.masked_fill(self.df <= 2, 3)  # where the formula holds
        finite = self.scale**2 * df / (df - 2)
        return finite.masked_fill(self.df <= 2, math.inf).masked_fill(self.df <= 1, math.nan)

    def rsample(self, sample_shape: Any = ()) -> Any:
        noise = standard_normal(self._extended_shape(sample_shape), self.df.dtype)
        return self.loc + self.scale * (noise * (self._chi2.rsample(sample_shape) / self.df).rsqrt())

    def log_prob(self, value: Any) -> Any:
        self._check(value)
        df, y = self.df, (value - self.loc) / self.scale
        gammas = (0.5 * df).lgamma() - (0.5 * (df + 1)).lgamma()
        log_normalizer = self.scale.log() + 0.5 * df.log() + 0.5 * math.log(math.pi) + gammas
        return -0.5 * (df + 1) * (y**2 / df).log1p() - log_normalizer

    def entropy(self) -> Any:
        half, more = 0.5 * self.df, 0.5 * (self.df + 1)
        log_beta = half.lgamma() + math.lgamma(0.5) - more.lgamma()
        return self.scale.log() + more * (more.digamma() - half.digamma()) + 0.5 * self.df.log() + log_beta
