"""The way back from max pooling: numbers at the places that they were the largest of, and zeros between them."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from microgradx.engine import primitive
from microgradx.graph import Array
from microgradx.ops.activation import real
from microgradx.ops.conv import Sizes, per_axis
from microgradx.ops.face import check_tensor
from microgradx.ops.pool import rows, take


@primitive(name="Unpool")
def place(y: Array, indices: Array, spatial: Sizes) -> Array:
    """Zeros (N, C, *spatial) with y written at its indices; where a place is written twice, the last one stays."""
    out = np.zeros((*y.shape[:2], *spatial), y.dtype)
    out.reshape(-1)[rows(indices, math.prod(spatial))] = y
    return out


place.derivatives(y=lambda g, indices, spatial: take(g, indices, spatial))


def unpool(d: int, x: Any, indices: Any, kernel: Any, stride: Any, padding: Any, output_size: Any) -> Any:
    """Max unpooling over d spatial axes, with PyTorch's options."""
    function = f"max_unpool{d}d"
    check_tensor(function, x)
    where = check_tensor(function, indices, "indices", 2).array
    kernel = per_axis(function, "kernel_size", kernel, d)
    stride = kernel if stride is None else per_axis(function, "stride", stride, d)
    padding = per_axis(function, "padding", padding, d)
    if x.ndim not in (d + 1, d + 2):
        raise RuntimeError(
            f"Input to {function} should be a {d + 1}d or {d + 2}d Tensor, but got a tensor with {x.ndim} dimensions."
        )
    spatial = unpooled_size(tuple(x.shape[-d:]), kernel, stride, padding, output_size)
    real("max_unpool2d")(x.array)
    if where.dtype != np.int64:
        raise RuntimeError(f"elements in indices should be type int64 but got: {indices.dtype}")
    if where.shape != x.array.shape:
        raise RuntimeError(
            f"Expected shape of indices to be same as that of the input tensor ({list(x.shape)}) but got indices tensor "
            f"with shape: {list(indices.shape)}"
        )
    if not all(x.shape[-d - 1 :]):
        raise RuntimeError(
            f"{function}: Expected input to have non-zero size for non-batch dimensions, but got {list(x.shape)}"
        )
    cells = math.prod(spatial)
    if where.size and not 0 <= where.min() <= where.max() < cells:
        wrong = where[(where < 0) | (where >= cells)][0]
        raise RuntimeError(
            f"Found an invalid max index: {wrong} (output volumes are of size {'x'.join(map(str, spatial))})"
        )
    if x.ndim == d + 2:
        return place(x, where, spatial)
    return place(x[None], where[None], spatial)[0]


def unpooled_size(spatial: Sizes, kernel: Sizes, stride: Sizes, padding: Sizes, output_size: Any) -> Sizes:
    """The size that was pooled, as far as it can be told: several sizes are pooled to one, ``output_size`` says which."""
    usual = [(n - 1) * s + k - 2 * p for n, k, s, p in zip(spatial, kernel, stride, padding, strict=True)]
    size = usual
    if output_size is not None:
        size = [int(n) for n in (output_size[2:] if len(output_size) == len(kernel) + 2 else output_size)]
        if len(size) != len(kernel):
            raise ValueError(
                f"output_size should be a sequence containing {len(kernel)} or {len(kernel) + 2} elements, "
                f"but it has a length of '{len(output_size)}'"
            )
        for i, (n, m, s) in enumerate(zip(size, usual, stride)):
            if not m - s < n < m + s:
                raise ValueError(f'invalid output_size "{output_size}" (dim {i} must be between {m - s} and {m + s})')
    for i, n in enumerate(size):
        if n < 0:
            raise ValueError(
                f"max_unpooling: output_size must contain non-negative spatial dimensions, but got output_size[{i}]={n}"
            )
    return tuple(size)


def max_unpool1d(
    input: Any, indices: Any, kernel_size: Any, stride: Any = None, padding: Any = 0, output_size: Any = None
) -> Any:
    """A sequence with the maxima of its windows where they were: `max_unpool2d` with one spatial axis.

    Shape:
        (N, C, places) or (C, places) -> (N, C, L) or (C, L).

    Raises: as `max_unpool2d`.

    Example:
        >>> from microgradx.nn import functional as F
        >>> y, indices = F.max_pool1d(mgx.tensor([[1.0, 5.0, 2.0, 3.0]]), 2, return_indices=True)
        >>> max_unpool1d(y, indices, 2)
        tensor([[0., 5., 0., 3.]])
    """
    return unpool(1, input, indices, kernel_size, stride, padding, output_size)


def max_unpool2d(
    input: Any, indices: Any, kernel_size: Any, stride: Any = None, padding: Any = 0, output_size: Any = None
) -> Any:
    r"""An image with the maxima of its windows where they were, and zeros everywhere else.

    Args:
        input: The maxima, of a floating dtype.
        indices: Where they are in the flattened image, as `max_pool2d` returns it with ``return_indices=True``.
        kernel_size: Cells of a window, as they were for pooling; like all sizes one number, or one for each axis.
        stride: Step from window to window; by default ``kernel_size``.
        padding: Cells around the input of pooling.
        output_size: Size of the result, with or without N and C: pooling gives one size for several.

    Shape:
        (N, C, places, places) or (C, places, places) -> (N, C, H, W) or (C, H, W), with
        H = (places - 1) · stride + K - 2 · padding, unless ``output_size`` says otherwise.

    Derivative:
        Each number gets g from where it was put.

    Raises: ValueError: ``output_size`` cannot have been pooled to this. RuntimeError: an index is outside, or of another
        dtype than int64, or the shapes do not go together.
    Source: matches ``torch.nn.functional.max_unpool2d``.

    Example:
        >>> max_unpool2d(mgx.tensor([[[5.0]]]), mgx.tensor([[[1]]]), 2)
        tensor([[[0., 5.],
                 [0., 0.]]])
    """
    return unpool(2, input, indices, kernel_size, stride, padding, output_size)


def max_unpool3d(
    input: Any, indices: Any, kernel_size: Any, stride: Any = None, padding: Any = 0, output_size: Any = None
) -> Any:
    """A volume with the maxima of its windows where they were: `max_unpool2d` with three spatial axes.

    Shape:
        (N, C, places, places, places) -> (N, C, D, H, W), or both without N.

    Raises: as `max_unpool2d`.

    Example:
        >>> max_unpool3d(mgx.ones(1, 1, 1, 1), mgx.tensor([[[[7]]]]), 2).shape
        torch.Size([1, 2, 2, 2])
    """
    return unpool(3, input, indices, kernel_size, stride, padding, output_size)
