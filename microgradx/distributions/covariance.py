"""What distributions with a covariance matrix share: all is computed from its Cholesky factor."""

import math
from typing import Any

from microgradx.creation import eye
from microgradx.distributions import constraints
from microgradx.distributions.distribution import Distribution
from microgradx.distributions.utils import broadcast_shapes, lazy_property
from microgradx.linalg import cholesky, inv, solve

MATRICES: dict[str, Any] = {
    "covariance_matrix": constraints.positive_definite,
    "precision_matrix": constraints.positive_definite,
    "scale_tril": constraints.lower_cholesky,
}


def solve_lower(lower: Any, rows: Any) -> Any:
    """``lower⁻¹ x`` for each row x of a matrix (..., k, n): all in one equation, if there is one ``lower``."""
    lower = lower.tril()  # so that the entries above the diagonal, which are not free, get no gradient
    if lower.dim() == 2:
        return solve(lower, rows.reshape(-1, rows.shape[-1]).mT).mT.reshape(rows.shape)
    batch_shape = broadcast_shapes(lower.shape[:-2], rows.shape[:-2])
    return solve(lower, rows.expand(batch_shape + rows.shape[-2:]).mT).mT


def squared_lengths(lower: Any, rows: Any) -> Any:
    """Of ``lower⁻¹ x``, for each row x of a matrix (..., k, n)."""
    return (solve_lower(lower, rows) ** 2).sum(-1)


def log_diagonal(lower: Any) -> Any:
    """Half of the logarithm of the determinant of ``lower @ lower.mT``."""
    return lower.diagonal(dim1=-2, dim2=-1).log().sum(-1)


def on_diagonal(values: Any) -> Any:
    """Diagonal matrices."""
    return values.unsqueeze(-1) * eye(values.shape[-1], dtype=values.dtype)


def _factor_of_inverse(precision: Any) -> Any:
    """The Cholesky factor of the inverse: by the one of the matrix with its rows and columns in reverse order."""
    upper = cholesky(precision.flip(-2, -1)).flip(-2, -1).mT
    return solve(upper, eye(precision.shape[-1], dtype=precision.dtype))


FACTOR: dict[str, Any] = {
    "covariance_matrix": cholesky,
    "precision_matrix": _factor_of_inverse,
    "scale_tril": lambda matrix: matrix,
}


class GivenByMatrix:
    """Of a distribution that is given by one of the three matrices: the others are computed if needed.

    The Cholesky factor may have fewer batch dimensions than the distribution.
    """

    _unbroadcasted_scale_tril: Any
    _batch_shape: Any

    @staticmethod
    def _given(**matrices: Any) -> tuple[str, Any] | None:
        """Name and value of the matrix, if there is exactly one."""
        given = [(name, matrix) for name, matrix in matrices.items() if matrix is not None]
        return given[0] if len(given) == 1 else None

    def _broadcast(self, matrix: Any) -> Any:
        return matrix.expand(self._batch_shape + matrix.shape[-2:])

    @lazy_property
    def scale_tril(self) -> Any:
        return self._broadcast(self._unbroadcasted_scale_tril)

    @lazy_property
    def covariance_matrix(self) -> Any:
        return self._broadcast(self._unbroadcasted_scale_tril @ self._unbroadcasted_scale_tril.mT)

    @lazy_property
    def precision_matrix(self) -> Any:
        inverse = inv(self._unbroadcasted_scale_tril)
        return self._broadcast(inverse.mT @ inverse)


class NormalVectors(Distribution):
    """What the multivariate normal distributions share.

    A subclass has ``loc`` and the ``_columns`` of its covariance matrix, its logarithm of the determinant, and measures.
    """

    loc: Any
    support = constraints.real_vector
    has_rsample = True

    def _log_det(self) -> Any:
        """Of the covariance matrix."""
        raise NotImplementedError

    def _squares(self, rows: Any) -> Any:
        """The squared lengths of vectors (..., k, n), each in units of the deviation along it (Mahalanobis)."""
        raise NotImplementedError

    def _columns(self) -> Any:
        """Rows of a matrix (..., k, n): the covariance matrix is the sum of their products with themselves."""
        raise NotImplementedError

    @property
    def mean(self) -> Any:
        return self.loc

    @property
    def mode(self) -> Any:
        return self.loc

    def log_prob(self, value: Any) -> Any:
        self._check(value)
        distance = self._squares((value - self.loc).unsqueeze(-2)).squeeze(-1)
        return -0.5 * (self._event_shape[0] * math.log(2 * math.pi) + self._log_det() + distance)

    def entropy(self) -> Any:
        entropy = 0.5 * (self._event_shape[0] * (1 + math.log(2 * math.pi)) + self._log_det())
        return entropy.expand(self._batch_shape)
