"""The multivariate normal distribution."""

import math
from typing import Any

from microgradx.creation import eye
from microgradx.distributions import constraints
from microgradx.distributions.distribution import Distribution
from microgradx.distributions.utils import broadcast_shapes, lazy_property, standard_normal
from microgradx.linalg import cholesky, inv, solve

__all__ = ["MultivariateNormal"]


def _solve_lower(lower: Any, vectors: Any) -> Any:
    """``lower⁻¹ x`` for each of the vectors: all in one equation, if there is one matrix."""
    lower = lower.tril()  # so that the entries above the diagonal, which are not free, get no gradient
    if lower.dim() == 2:
        return solve(lower, vectors.reshape(-1, vectors.shape[-1]).mT).mT.reshape(vectors.shape)
    matrices = lower.expand(vectors.shape[:-1] + lower.shape[-2:])
    return solve(matrices, vectors.unsqueeze(-1)).squeeze(-1)


def _mahalanobis(lower: Any, difference: Any) -> Any:
    """The squared length of ``lower⁻¹ x``."""
    return (_solve_lower(lower, difference) ** 2).sum(-1)


class MultivariateNormal(Distribution):
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

    arg_constraints = {
        "loc": constraints.real_vector,
        "covariance_matrix": constraints.positive_definite,
        "precision_matrix": constraints.positive_definite,
        "scale_tril": constraints.lower_cholesky,
    }
    support = constraints.real_vector
    has_rsample = True

    def __init__(
        self,
        loc: Any,
        covariance_matrix: Any = None,
        precision_matrix: Any = None,
        scale_tril: Any = None,
        validate_args: bool | None = None,
    ) -> None:
        matrices = {
            "covariance_matrix": covariance_matrix, "precision_matrix": precision_matrix, "scale_tril": scale_tril,
        }  # fmt: skip
        if loc.dim() < 1:
            raise ValueError("loc must be at least one-dimensional.")
        given = [(name, matrix) for name, matrix in matrices.items() if matrix is not None]
        if len(given) != 1:
            raise ValueError("Exactly one of covariance_matrix or precision_matrix or scale_tril may be specified.")
        ((name, matrix),) = given
        if matrix.dim() < 2:
            what = "scale_tril matrix" if name == "scale_tril" else name
            raise ValueError(f"{what} must be at least two-dimensional, with optional leading batch dimensions")
        batch_shape = broadcast_shapes(matrix.shape[:-2], loc.shape[:-1])
        setattr(self, name, matrix.expand(batch_shape + matrix.shape[-2:]))
        self.loc = loc.expand(batch_shape + loc.shape[-1:])
        super().__init__(batch_shape, self.loc.shape[-1:], validate_args=validate_args)
        self._unbroadcasted_scale_tril = _FACTOR[name](matrix)

    def expand(self, batch_shape: Any, _instance: Any = None) -> Any:
        new = self._expanded(MultivariateNormal, batch_shape, _instance)
        new._unbroadcasted_scale_tril = self._unbroadcasted_scale_tril
        return new

    def _broadcast(self, matrix: Any) -> Any:
        return matrix.expand(self._batch_shape + self._event_shape + self._event_shape)

    @lazy_property
    def scale_tril(self) -> Any:
        return self._broadcast(self._unbroadcasted_scale_tril)

    @lazy_property
    def covariance_matrix(self) -> Any:
        factor = self._unbroadcasted_scale_tril
        return self._broadcast(factor @ factor.mT)

    @lazy_property
    def precision_matrix(self) -> Any:
        inverse = inv(self._unbroadcasted_scale_tril)
        return self._broadcast(inverse.mT @ inverse)

    @property
    def mean(self) -> Any:
        return self.loc

    @property
    def mode(self) -> Any:
        return self.loc

    @property
    def variance(self) -> Any:
        """The diagonal of the covariance matrix."""
        squares = (self._unbroadcasted_scale_tril**2).sum(-1)
        return squares.expand(self._batch_shape + self._event_shape)

    def _half_log_det(self) -> Any:
        return self._unbroadcasted_scale_tril.diagonal(dim1=-2, dim2=-1).log().sum(-1)

    def rsample(self, sample_shape: Any = ()) -> Any:
        noise = standard_normal(self._extended_shape(sample_shape), self.loc.dtype)
        return self.loc + (self._unbroadcasted_scale_tril @ noise.unsqueeze(-1)).squeeze(-1)

    def log_prob(self, value: Any) -> Any:
        self._check(value)
        squares = _mahalanobis(self._unbroadcasted_scale_tril, value - self.loc)
        return -0.5 * (self._event_shape[0] * math.log(2 * math.pi) + squares) - self._half_log_det()

    def entropy(self) -> Any:
        entropy = 0.5 * self._event_shape[0] * (1 + math.log(2 * math.pi)) + self._half_log_det()
        return entropy.expand(self._batch_shape)


def _factor_of_inverse(precision: Any) -> Any:
    """The Cholesky factor of the inverse: by the one of the matrix with its rows and columns in reverse order."""
    upper = cholesky(precision.flip(-2, -1)).flip(-2, -1).mT
    return solve(upper, eye(precision.shape[-1], dtype=precision.dtype))


_FACTOR: dict[str, Any] = {
    "covariance_matrix": cholesky,
    "precision_matrix": _factor_of_inverse,
    "scale_tril": lambda matrix: matrix,
}
