"""The LKJ distribution of correlation matrices."""

import math
from typing import Any

from microgradx.autograd import no_grad
from microgradx.creation import arange, eye, zeros
from microgradx.distributions import constraints
from microgradx.distributions.beta import Beta
from microgradx.distributions.distribution import Distribution
from microgradx.distributions.utils import broadcast_all
from microgradx.dtypes import finfo
from microgradx.ops.shape import cat
from microgradx.random import randn

__all__ = ["LKJCholesky"]


class LKJCholesky(Distribution):
    """Cholesky factors of correlation matrices, whose determinants to the power ``concentration - 1`` are the density.

    Args:
        dim: How many rows they have, at least 2.
        concentration: 1 for all matrices equally likely; above 1, small correlations are likelier.
        validate_args: As for `Distribution`.

    Raises: ValueError: ``dim`` is less than 2, or ``concentration`` not positive.
    Source: D. Lewandowski, D. Kurowicka and H. Joe, "Generating random correlation matrices based on vines and extended
        onion method" (2009); ``torch.distributions.LKJCholesky``, the same samples for the same seed.

    Example:
        >>> factor = LKJCholesky(3, 0.5).sample()
        >>> (factor @ factor.T).diagonal()
        tensor([1.0000, 1.0000, 1.0000])
    """

    arg_constraints = {"concentration": constraints.positive}
    support = constraints.corr_cholesky

    def __init__(self, dim: int, concentration: Any = 1.0, validate_args: bool | None = None) -> None:
        if dim < 2:
            raise ValueError(f"Expected dim to be an integer greater than or equal to 2. Found dim={dim}.")
        self.dim = dim
        (self.concentration,) = broadcast_all(concentration)
        dtype = self.concentration.dtype
        before = cat([zeros(1, dtype=dtype), arange(dim - 1, dtype=dtype)])
        # Each row is a direction, evenly distributed, and a length: the square root of a beta sample.
        self._beta = Beta(before + 0.5, (self.concentration + 0.5 * (dim - 2)).unsqueeze(-1) - 0.5 * before)
        super().__init__(self.concentration.shape, (dim, dim), validate_args=validate_args)

    def expand(self, batch_shape: Any, _instance: Any = None) -> Any:
        new = self._expanded(LKJCholesky, batch_shape, _instance)
        new.dim = self.dim
        new._beta = self._beta.expand((*batch_shape, self.dim))
        return new

    def sample(self, sample_shape: Any = ()) -> Any:
        with no_grad():
            squares = self._beta.sample(sample_shape).unsqueeze(-1)
            directions = randn(self._extended_shape(sample_shape), dtype=squares.dtype).tril(-1)
            directions = directions / directions.norm(dim=-1, keepdim=True)
            directions[..., 0, :] = 0.0
            rows = squares.sqrt() * directions
            diagonal = (1 - (rows**2).sum(-1)).clamp(min=finfo(rows.dtype).tiny).sqrt()
            return rows + diagonal.unsqueeze(-1) * eye(self.dim, dtype=rows.dtype)

    def log_prob(self, value: Any) -> Any:
        self._check(value)
        diagonal, n = value.diagonal(dim1=-1, dim2=-2)[..., 1:], self.dim - 1
        power = 2 * (self.concentration - 1).unsqueeze(-1) + self.dim - arange(2, self.dim + 1)
        alpha = self.concentration + 0.5 * n
        gammas = ((alpha - 0.5).unsqueeze(-1) - 0.5 * arange(n)).lgamma().sum(-1)  # of the multivariate gamma function
        log_normalizer = 0.25 * n * (n + 1) * math.log(math.pi) + gammas - n * alpha.lgamma()
        return (power * diagonal.log()).sum(-1) - log_normalizer
