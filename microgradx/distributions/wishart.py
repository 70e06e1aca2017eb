"""The Wishart distribution of covariance matrices."""

import math
import warnings
from typing import Any

import numpy as np

from microgradx.autograd import no_grad
from microgradx.creation import arange, tensor, zeros
from microgradx.distributions import constraints
from microgradx.distributions.chi2 import Chi2
from microgradx.distributions.covariance import FACTOR, MATRICES, GivenByMatrix, log_diagonal, on_diagonal, solve_lower
from microgradx.distributions.exp_family import ExponentialFamily
from microgradx.distributions.utils import broadcast_shapes
from microgradx.dtypes import finfo
from microgradx.linalg import slogdet
from microgradx.ops.indexing import where
from microgradx.random import randn
from microgradx.size import Size

__all__ = ["Wishart"]


class Wishart(GivenByMatrix, ExponentialFamily):
    """The sum of ``x xᵀ`` over ``df`` normally distributed vectors x with mean 0: what samples tell of a covariance.

    Args:
        df: Number of vectors, more than n - 1; it need not be whole.
        covariance_matrix: That of the vectors, (..., n, n), positive definite.
        precision_matrix: Instead, its inverse.
        scale_tril: Instead, its Cholesky factor, the fastest of the three.
        validate_args: As for `Distribution`.

    Raises: ValueError: ``df`` is too small, or a matrix is not of its kind. AssertionError: not exactly one is given.
    Warns: UserWarning: with ``df`` less than n, samples may be singular; a sample is.
    Source: M. Bartlett, "On the theory of statistical regression" (1933); ``torch.distributions.Wishart``, the same samples
        for the same seed; of the gradient see `Gamma`.

    Example:
        >>> of_five = Wishart(5.0, covariance_matrix=mgx.tensor([[2.0, 1.0], [1.0, 2.0]]))
        >>> of_five.mean
        tensor([[10.,  5.],
                [ 5., 10.]])
    """

    support = constraints.positive_definite
    has_rsample = True
    _mean_carrier_measure = 0

    @property
    def arg_constraints(self) -> Any:
        return {**MATRICES, "df": constraints.greater_than(self._event_shape[-1] - 1)}

    def __init__(
        self,
        df: Any,
        covariance_matrix: Any = None,
        precision_matrix: Any = None,
        scale_tril: Any = None,
        validate_args: bool | None = None,
    ) -> None:
        given = self._given(
            covariance_matrix=covariance_matrix, precision_matrix=precision_matrix, scale_tril=scale_tril
        )
        if given is None:
            raise AssertionError("Exactly one of covariance_matrix or precision_matrix or scale_tril may be specified.")
        name, matrix = given
        if matrix.dim() < 2:
            raise ValueError("scale_tril must be at least two-dimensional, with optional leading batch dimensions")
        n = matrix.shape[-1]
        self.df = tensor(df, dtype=matrix.dtype) if isinstance(df, (int, float)) else df
        batch_shape = broadcast_shapes(matrix.shape[:-2], self.df.shape)
        self.df = self.df.expand(batch_shape)
        if (self.df <= n - 1).any():
            raise ValueError(f"Value of df={df} expected to be greater than ndim - 1 = {n - 1}.")
        if (self.df < n).any():
            warnings.warn(
                "Low df values detected. Singular samples are highly likely to occur for ndim - 1 < df < ndim.",
                stacklevel=2,
            )
        setattr(self, name, matrix.expand(batch_shape + matrix.shape[-2:]))
        super().__init__(batch_shape, matrix.shape[-2:], validate_args=validate_args)
        self._unbroadcasted_scale_tril = FACTOR[name](matrix)
        self._chi2 = Chi2(self.df.unsqueeze(-1) - arange(n, dtype=self.df.dtype))

    def expand(self, batch_shape: Any, _instance: Any = None) -> Any:
        new = self._expanded(Wishart, batch_shape, _instance)
        new._unbroadcasted_scale_tril = self._unbroadcasted_scale_tril
        new._chi2 = self._chi2.expand((*batch_shape, self._event_shape[-1]))
        return new

    @property
    def mean(self) -> Any:
        return self.df[..., None, None] * self.covariance_matrix

    @property
    def mode(self) -> Any:
        """NaN up to ``df = n + 1``."""
        factor = self.df - self._event_shape[-1] - 1
        return factor.masked_fill(factor <= 0, math.nan)[..., None, None] * self.covariance_matrix

    @property
    def variance(self) -> Any:
        """Of each entry."""
        diagonal = self.covariance_matrix.diagonal(dim1=-2, dim2=-1)
        squares = self.covariance_matrix**2 + diagonal.unsqueeze(-1) * diagonal.unsqueeze(-2)
        return self.df[..., None, None] * squares

    def _draw(self, sample_shape: Any) -> Any:
        """Samples by Bartlett's decomposition: the Cholesky factor of a sample has independent entries."""
        n = self._event_shape[-1]
        lengths = self._chi2.rsample(sample_shape).sqrt()
        below = zeros(*lengths.shape, n, dtype=lengths.dtype)
        rows, columns = (i.tolist() for i in np.tril_indices(n, -1))
        below[..., rows, columns] = randn(*lengths.shape[:-1], len(rows), dtype=lengths.dtype)
        lengths = lengths.clamp(min=finfo(lengths.dtype).eps)
        factor = self._unbroadcasted_scale_tril @ (below + on_diagonal(lengths))
        return factor @ factor.mT

    def rsample(self, sample_shape: Any = (), max_try_correction: int | None = None) -> Any:
        """Samples with gradients.

        Args:
            sample_shape: As for `Distribution.rsample`.
            max_try_correction: How often singular samples are drawn again, by default up to 10 times.
        """
        sample_shape = Size(sample_shape)
        with no_grad():
            self._draw(sample_shape)  # PyTorch replaces its first samples, taking the regular ones for singular
        sample = self._draw(sample_shape)
        for attempt in range(10 if max_try_correction is None else max_try_correction):
            singular = ~self.support.check(sample)
            if not singular.any():
                break
            if not attempt:
                warnings.warn("Singular sample detected.", stacklevel=2)
            sample = where(singular[..., None, None], self._draw(sample_shape), sample)
        return sample

    def log_prob(self, value: Any) -> Any:
        self._check(value)
        df, n, factor = self.df, self._event_shape[-1], self._unbroadcasted_scale_tril
        half = solve_lower(factor, value)
        distance = solve_lower(factor, half.mT).diagonal(dim1=-2, dim2=-1).sum(-1)  # the trace of precision times value
        log_normalizer = df * (n * math.log(2) / 2 + log_diagonal(factor)) + (df / 2).mvlgamma(n)
        return (df - n - 1) / 2 * slogdet(value)[1] - distance / 2 - log_normalizer

    def entropy(self) -> Any:
        df, n = self.df, self._event_shape[-1]
        mean_log_det = (df.unsqueeze(-1) / 2 - arange(n, dtype=df.dtype) / 2).digamma().sum(-1)
        log_scale = (n + 1) * (n * math.log(2) / 2 + log_diagonal(self._unbroadcasted_scale_tril))
        return log_scale + (df / 2).mvlgamma(n) - (df - n - 1) / 2 * mean_log_det + df * n / 2

    @property
    def _natural_params(self) -> Any:
        return -self.precision_matrix / 2, (self.df - self._event_shape[-1] - 1) / 2

    def _log_normalizer(self, x: Any, y: Any) -> Any:
        n = self._event_shape[-1]
        half = y + (n + 1) / 2
        return half * (n * math.log(2) - slogdet(-2 * x)[1]) + half.mvlgamma(n)
