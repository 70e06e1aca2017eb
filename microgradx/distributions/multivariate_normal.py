"""The multivariate normal distribution."""

from typing import Any

from microgradx.distributions import constraints
from microgradx.distributions.covariance import (
    FACTOR,
    MATRICES,
    GivenByMatrix,
    NormalVectors,
    log_diagonal,
    squared_lengths,
)
from microgradx.distributions.utils import broadcast_shapes, standard_normal

__all__ = ["MultivariateNormal"]


class MultivariateNormal(GivenByMatrix, NormalVectors):
    """Normally distributed vectors.

    Args:
        loc: The mean, (..., n).
        covariance_matrix: (..., n, n), positive definite.
        precision_matrix: Instead, its inverse.
        scale_tril: Instead, its Cholesky factor, the fastest of the three.
        validate_args: As for `Distribution`.

    Raises: ValueError: a matrix is not of its kind, or not exactly one is given.
    Source: ``torch.distributions.MultivariateNormal``, the same samples for the same seed.

    Example:
        >>> cloud = MultivariateNormal(mgx.zeros(2), mgx.tensor([[2.0, 1.0], [1.0, 2.0]]))
        >>> cloud.log_prob(mgx.tensor([[0.0, 0.0], [1.0, 1.0], [1.0, -1.0]]))
        tensor([-2.3872, -2.7205, -3.3872])
    """

    arg_constraints = {"loc": constraints.real_vector, **MATRICES}

    def __init__(
        self,
        loc: Any,
        covariance_matrix: Any = None,
        precision_matrix: Any = None,
        scale_tril: Any = None,
        validate_args: bool | None = None,
    ) -> None:
        if loc.dim() < 1:
            raise ValueError("loc must be at least one-dimensional.")
        given = self._given(
            covariance_matrix=covariance_matrix, precision_matrix=precision_matrix, scale_tril=scale_tril
        )
        if given is None:
            raise ValueError("Exactly one of covariance_matrix or precision_matrix or scale_tril may be specified.")
        name, matrix = given
        if matrix.dim() < 2:
            what = "scale_tril matrix" if name == "scale_tril" else name
            raise ValueError(f"{what} must be at least two-dimensional, with optional leading batch dimensions")
        batch_shape = broadcast_shapes(matrix.shape[:-2], loc.shape[:-1])
        setattr(self, name, matrix.expand(batch_shape + matrix.shape[-2:]))
        self.loc = loc.expand(batch_shape + loc.shape[-1:])
        super().__init__(batch_shape, self.loc.shape[-1:], validate_args=validate_args)
        self._unbroadcasted_scale_tril = FACTOR[name](matrix)

    def expand(self, batch_shape: Any, _instance: Any = None) -> Any:
        new = self._expanded(MultivariateNormal, batch_shape, _instance)
        new._unbroadcasted_scale_tril = self._unbroadcasted_scale_tril
        return new

    @property
    def variance(self) -> Any:
        """The diagonal of the covariance matrix."""
        squares = (self._unbroadcasted_scale_tril**2).sum(-1)
        return squares.expand(self._batch_shape + self._event_shape)

    def _log_det(self) -> Any:
        return 2 * log_diagonal(self._unbroadcasted_scale_tril)

    def _squares(self, rows: Any) -> Any:
        return squared_lengths(self._unbroadcasted_scale_tril, rows)

    def _columns(self) -> Any:
        return self._unbroadcasted_scale_tril.mT

    def rsample(self, sample_shape: Any = ()) -> Any:
        noise = standard_normal(self._extended_shape(sample_shape), self.loc.dtype)
        return self.loc + (self._unbroadcasted_scale_tril @ noise.unsqueeze(-1)).squeeze(-1)
