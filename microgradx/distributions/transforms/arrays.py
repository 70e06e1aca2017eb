"""Transforms of vectors and matrices."""

import math
from typing import Any

import numpy as np

from microgradx.creation import arange, eye, zeros
from microgradx.distributions import constraints
from microgradx.distributions.transforms.numbers import clipped_sigmoid
from microgradx.distributions.transforms.transform import Fixed, Transform, need_dimensions
from microgradx.dtypes import finfo
from microgradx.linalg import cholesky
from microgradx.nn.functional import logsigmoid, pad, softplus
from microgradx.size import Size

__all__ = [
    "CorrCholeskyTransform",
    "LowerCholeskyTransform",
    "PositiveDefiniteTransform",
    "ReshapeTransform",
    "SoftmaxTransform",
    "StickBreakingTransform",
]


class ReshapeTransform(Transform):
    """Events of one shape as events of another.

    Args:
        in_shape, out_shape: The two shapes.
        cache_size: As for `Transform`.

    Raises: ValueError: the shapes do not have equally many elements.
    Source: ``torch.distributions.transforms.ReshapeTransform``.
    """

    bijective = True

    def __init__(self, in_shape: Any, out_shape: Any, cache_size: int = 0) -> None:
        self.in_shape, self.out_shape = Size(in_shape), Size(out_shape)
        if self.in_shape.numel() != self.out_shape.numel():
            raise ValueError("in_shape, out_shape have different numbers of elements")
        super().__init__(cache_size=cache_size)

    @constraints.dependent_property()
    def domain(self) -> Any:
        return constraints.independent(constraints.real, len(self.in_shape))

    @constraints.dependent_property()
    def codomain(self) -> Any:
        return constraints.independent(constraints.real, len(self.out_shape))

    def with_cache(self, cache_size: int = 1) -> Any:
        if self._cache_size == cache_size:
            return self
        return ReshapeTransform(self.in_shape, self.out_shape, cache_size=cache_size)

    def _call(self, x: Any) -> Any:
        return x.reshape(x.shape[: x.dim() - len(self.in_shape)] + self.out_shape)

    def _inverse(self, y: Any) -> Any:
        return y.reshape(y.shape[: y.dim() - len(self.out_shape)] + self.in_shape)

    def log_abs_det_jacobian(self, x: Any, y: Any) -> Any:
        return zeros(x.shape[: x.dim() - len(self.in_shape)], dtype=x.dtype)

    def forward_shape(self, shape: Any) -> Any:
        return self._reshaped(shape, self.in_shape, self.out_shape)

    def inverse_shape(self, shape: Any) -> Any:
        return self._reshaped(shape, self.out_shape, self.in_shape)

    @staticmethod
    def _reshaped(shape: Any, old: Size, new: Size) -> Size:
        need_dimensions(shape, len(old))
        kept = len(shape) - len(old)
        if tuple(shape[kept:]) != old:
            raise ValueError(f"Shape mismatch: expected {shape[kept:]} but got {old}")
        return Size((*shape[:kept], *new))


class SoftmaxTransform(Fixed):
    """y = exp(x), divided by its sum; not bijective, the logarithm is one of the inverses.

    Source: ``torch.distributions.transforms.SoftmaxTransform``.
    """

    domain = constraints.real_vector
    codomain = constraints.simplex

    def _call(self, x: Any) -> Any:
        e = (x - x.max(-1, keepdim=True)[0]).exp()
        return e / e.sum(-1, keepdim=True)

    def _inverse(self, y: Any) -> Any:
        return y.log()

    def forward_shape(self, shape: Any) -> Any:
        need_dimensions(shape, 1)
        return shape

    inverse_shape = forward_shape


class StickBreakingTransform(Fixed):
    """n numbers as n + 1 probabilities: each breaks its share, a sigmoid, off what the ones before it have left.

    Source: ``torch.distributions.transforms.StickBreakingTransform``.

    Example:
        >>> StickBreakingTransform()(mgx.zeros(3))
        tensor([0.2500, 0.2500, 0.2500, 0.2500])
    """

    domain = constraints.real_vector
    codomain = constraints.simplex
    bijective = True

    @staticmethod
    def _offset(n: int, dtype: Any) -> Any:
        """What makes the shares of zeros equal: the logarithm of how many pieces are still to come."""
        return arange(n, 0, -1, dtype=dtype).log()

    def _call(self, x: Any) -> Any:
        share = clipped_sigmoid(x - self._offset(x.shape[-1], x.dtype))
        return pad(share, [0, 1], value=1) * pad((1 - share).cumprod(-1), [1, 0], value=1)

    def _inverse(self, y: Any) -> Any:
        pieces = y[..., :-1]
        left = (1 - pieces.cumsum(-1)).clamp(min=finfo(y.dtype).tiny)
        return pieces.log() - left.log() + self._offset(pieces.shape[-1], y.dtype)

    def log_abs_det_jacobian(self, x: Any, y: Any) -> Any:
        x = x - self._offset(x.shape[-1], x.dtype)
        return (-x + logsigmoid(x) + y[..., :-1].log()).sum(-1)

    def forward_shape(self, shape: Any) -> Any:
        need_dimensions(shape, 1)
        return Size((*shape[:-1], shape[-1] + 1))

    def inverse_shape(self, shape: Any) -> Any:
        need_dimensions(shape, 1)
        return Size((*shape[:-1], shape[-1] - 1))


class LowerCholeskyTransform(Fixed):
    """Square matrices as lower triangular ones with a positive diagonal: its logarithm is free.

    Source: ``torch.distributions.transforms.LowerCholeskyTransform``.
    """

    domain = constraints.independent(constraints.real, 2)
    codomain = constraints.lower_cholesky

    def _call(self, x: Any) -> Any:
        return self._with_diagonal(x, x.diagonal(dim1=-2, dim2=-1).exp())

    def _inverse(self, y: Any) -> Any:
        return self._with_diagonal(y, y.diagonal(dim1=-2, dim2=-1).log())

    @staticmethod
    def _with_diagonal(matrix: Any, diagonal: Any) -> Any:
        return matrix.tril(-1) + diagonal.unsqueeze(-1) * eye(diagonal.shape[-1], dtype=matrix.dtype)


class PositiveDefiniteTransform(Fixed):
    """Square matrices as positive definite ones: products of a `LowerCholeskyTransform`'s with their transposes.

    Source: ``torch.distributions.transforms.PositiveDefiniteTransform``.
    """

    domain = constraints.independent(constraints.real, 2)
    codomain = constraints.positive_definite

    def _call(self, x: Any) -> Any:
        factor = LowerCholeskyTransform()(x)
        return factor @ factor.mT

    def _inverse(self, y: Any) -> Any:
        return LowerCholeskyTransform().inv(cholesky(y))


class CorrCholeskyTransform(Transform):
    """n(n - 1)/2 numbers as the Cholesky factor of an n by n correlation matrix, whose rows have length 1.

    In each row, the hyperbolic tangents of the numbers divide the unit length like the sticks of
    `StickBreakingTransform`.

    Source: D. Lewandowski, D. Kurowicka and H. Joe, "Generating random correlation matrices based on vines and extended
        onion method" (2009); ``torch.distributions.transforms.CorrCholeskyTransform``.
    """

    domain = constraints.real_vector
    codomain = constraints.corr_cholesky
    bijective = True

    @staticmethod
    def _below(n: int, diagonal: int = -1) -> Any:
        """Where the entries below the diagonal are, row by row."""
        return tuple(i.tolist() for i in np.tril_indices(n, diagonal))

    def _call(self, x: Any) -> Any:
        eps = finfo(x.dtype).eps
        x = x.tanh().clamp(min=-1 + eps, max=1 - eps)
        n = _side(x.shape[-1])
        matrix = zeros((*x.shape[:-1], n, n), dtype=x.dtype)
        rows, columns = self._below(n)
        matrix[..., rows, columns] = x
        left = (1 - matrix**2).sqrt().cumprod(-1)
        return (matrix + eye(n, dtype=x.dtype)) * pad(left[..., :-1], [1, 0], value=1)

    def _inverse(self, y: Any) -> Any:
        left = pad(1 - (y * y).cumsum(-1)[..., :-1], [1, 0], value=1)
        rows, columns = self._below(y.shape[-1])
        t = y[..., rows, columns] / left[..., rows, columns].sqrt()
        return (t.log1p() - (-t).log1p()) / 2

    def log_abs_det_jacobian(self, x: Any, y: Any) -> Any:
        rows, columns = self._below(y.shape[-1], -2)
        sticks = 0.5 * (1 - (y * y).cumsum(-1))[..., rows, columns].log().sum(-1)
        return sticks - 2 * (x + softplus(-2 * x) - math.log(2)).sum(-1)

    def forward_shape(self, shape: Any) -> Any:
        need_dimensions(shape, 1)
        n = _side(shape[-1])
        if n * (n - 1) // 2 != shape[-1]:
            raise ValueError("Input is not a flattened lower-diagonal number")
        return Size((*shape[:-1], n, n))

    def inverse_shape(self, shape: Any) -> Any:
        need_dimensions(shape, 2)
        if shape[-2] != shape[-1]:
            raise ValueError("Input is not square")
        return Size((*shape[:-2], shape[-1] * (shape[-1] - 1) // 2))


def _side(entries: int) -> int:
    """How many rows a matrix has with so many entries below its diagonal."""
    return round(math.sqrt(0.25 + 2 * entries) + 0.5)
