"""The multivariate normal distribution, with few directions that vary together."""

from typing import Any

from microgradx.creation import eye
from microgradx.distributions import constraints
from microgradx.distributions.covariance import NormalVectors, log_diagonal, on_diagonal, solve_lower, squared_lengths
from microgradx.distributions.utils import broadcast_shapes, lazy_property, standard_normal
from microgradx.linalg import cholesky
from microgradx.ops.shape import broadcast_tensors, cat

__all__ = ["LowRankMultivariateNormal"]


class LowRankMultivariateNormal(NormalVectors):
    """Normally distributed vectors with the covariance matrix ``cov_factor @ cov_factor.mT`` plus a diagonal.

    Such are the observations of a factor analysis: a few common causes, and noise of each number's own. With n numbers
    and r causes, the log probability costs n · r² operations instead of n³.

    Args:
        loc: The mean, (..., n).
        cov_factor: How the causes act, (..., n, r).
        cov_diag: The variances of the noise, (..., n).
        validate_args: As for `Distribution`.

    Raises: ValueError: shapes do not fit, or a variance is not positive.
    Source: M. Woodbury, "Inverting modified matrices" (1950); ``torch.distributions.LowRankMultivariateNormal``, the same
        samples for the same seed.

    Example:
        >>> twins = LowRankMultivariateNormal(mgx.zeros(2), mgx.ones(2, 1), mgx.full((2,), 0.5))
        >>> twins.covariance_matrix
        tensor([[1.5000, 1.0000],
                [1.0000, 1.5000]])
    """

    arg_constraints = {
        "loc": constraints.real_vector,
        "cov_factor": constraints.independent(constraints.real, 2),
        "cov_diag": constraints.independent(constraints.positive, 1),
    }

    def __init__(self, loc: Any, cov_factor: Any, cov_diag: Any, validate_args: bool | None = None) -> None:
        if loc.dim() < 1:
            raise ValueError("loc must be at least one-dimensional.")
        event_shape = loc.shape[-1:]
        if cov_factor.dim() < 2:
            raise ValueError("cov_factor must be at least two-dimensional, with optional leading batch dimensions")
        if cov_factor.shape[-2:-1] != event_shape:
            raise ValueError(f"cov_factor must be a batch of matrices with shape {event_shape[0]} x m")
        if cov_diag.shape[-1:] != event_shape:
            raise ValueError(f"cov_diag must be a batch of vectors with shape {event_shape}")
        try:
            loc_, self.cov_factor, diag_ = broadcast_tensors(loc.unsqueeze(-1), cov_factor, cov_diag.unsqueeze(-1))
        except RuntimeError:
            raise ValueError(
                f"Incompatible batch shapes: loc {loc.shape}, cov_factor {cov_factor.shape}, cov_diag {cov_diag.shape}"
            ) from None
        self.loc, self.cov_diag = loc_[..., 0], diag_[..., 0]
        self._unbroadcasted_cov_factor = cov_factor
        self._unbroadcasted_cov_diag = cov_diag
        super().__init__(self.loc.shape[:-1], event_shape, validate_args=validate_args)
        # The determinant and the inverse of the covariance matrix follow from those of this r by r matrix.
        small = self._scaled_factor().mT @ cov_factor + eye(cov_factor.shape[-1], dtype=cov_factor.dtype)
        self._capacitance_tril = cholesky(small)

    def expand(self, batch_shape: Any, _instance: Any = None) -> Any:
        new = self._expanded(LowRankMultivariateNormal, batch_shape, _instance)
        for name in ("_unbroadcasted_cov_factor", "_unbroadcasted_cov_diag", "_capacitance_tril"):
            setattr(new, name, getattr(self, name))
        return new

    def _scaled_factor(self) -> Any:
        """The factor, in units of the variances of the noise."""
        return self._unbroadcasted_cov_factor / self._unbroadcasted_cov_diag.unsqueeze(-1)

    def _broadcast(self, matrix: Any) -> Any:
        return matrix.expand(self._batch_shape + self._event_shape + self._event_shape)

    @lazy_property
    def variance(self) -> Any:
        """The diagonal of the covariance matrix."""
        variance = (self._unbroadcasted_cov_factor**2).sum(-1) + self._unbroadcasted_cov_diag
        return variance.expand(self._batch_shape + self._event_shape)

    @lazy_property
    def covariance_matrix(self) -> Any:
        factor = self._unbroadcasted_cov_factor
        return self._broadcast(factor @ factor.mT + on_diagonal(self._unbroadcasted_cov_diag))

    @lazy_property
    def scale_tril(self) -> Any:
        """The Cholesky factor of the covariance matrix, by that of the matrix in units of the noise's deviations."""
        deviations = self._unbroadcasted_cov_diag.sqrt().unsqueeze(-1)
        factor = self._unbroadcasted_cov_factor / deviations
        scaled = factor @ factor.mT + eye(self._event_shape[0], dtype=factor.dtype)
        return self._broadcast(deviations * cholesky(scaled))

    @lazy_property
    def precision_matrix(self) -> Any:
        """The inverse of the covariance matrix."""
        rows = solve_lower(self._capacitance_tril, self._scaled_factor())  # (..., n, r)
        return self._broadcast(on_diagonal(self._unbroadcasted_cov_diag.reciprocal()) - rows @ rows.mT)

    def _log_det(self) -> Any:
        return 2 * log_diagonal(self._capacitance_tril) + self._unbroadcasted_cov_diag.log().sum(-1)

    def _squares(self, rows: Any) -> Any:
        of_noise = (rows**2 / self._unbroadcasted_cov_diag.unsqueeze(-2)).sum(-1)
        return of_noise - squared_lengths(self._capacitance_tril, rows @ self._scaled_factor())

    def _columns(self) -> Any:
        noise = on_diagonal(self._unbroadcasted_cov_diag.sqrt())
        causes = self._unbroadcasted_cov_factor.mT
        batch_shape = broadcast_shapes(noise.shape[:-2], causes.shape[:-2])
        return cat([part.expand(batch_shape + part.shape[-2:]) for part in (causes, noise)], -2)

    def rsample(self, sample_shape: Any = ()) -> Any:
        shape = self._extended_shape(sample_shape)
        causes = standard_normal(shape[:-1] + self.cov_factor.shape[-1:], self.loc.dtype)
        noise = standard_normal(shape, self.loc.dtype)
        acting = (self._unbroadcasted_cov_factor @ causes.unsqueeze(-1)).squeeze(-1)
        return self.loc + acting + self._unbroadcasted_cov_diag.sqrt() * noise
