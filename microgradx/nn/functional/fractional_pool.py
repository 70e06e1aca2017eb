"""Max pooling to a size that is no fraction of the input's: windows begin at places that are drawn at random."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from microgradx.graph import Array, wrap
from microgradx.ops.activation import real
from microgradx.ops.conv import Sizes, batch, per_axis
from microgradx.ops.face import check_tensor
from microgradx.ops.pool import rows, take
from microgradx.random import rand


def window_starts(u: Array, n: int, places: int, kernel: int) -> Array:
    """Where along an axis of n cells the windows begin, for random numbers u from 0 to 1: (...) -> (..., places).

    The steps differ by one at most; the last window ends with the axis.
    """
    step = u.dtype.type(n - kernel) / u.dtype.type(max(places - 1, 1))
    start = ((np.arange(places, dtype=u.dtype) + u[..., None]) * step).astype(np.intp)
    start -= (u[..., None] * step).astype(np.intp)
    start[..., -1:] = n - kernel
    return start


def largest_cells(x: Array, starts: list[Array], kernel: Sizes) -> Array:
    """Where in each flattened plane the windows have their largest cells; the windows of each plane are its own."""
    d, spatial = len(kernel), x.shape[2:]
    first: Any = 0  # where each window begins
    offset: Any = 0  # how far its cells are from there
    for a, start in enumerate(starts):
        shape = (*x.shape[:2], *(1,) * a, start.shape[2], *(1,) * (d - a - 1))
        first = first * spatial[a] + start.reshape(shape)
        offset = np.add.outer(offset * spatial[a], np.arange(kernel[a]))
    where, offset = rows(first, math.prod(spatial)), offset.reshape(-1)
    largest = x.reshape(-1)[where]
    number = np.zeros(where.shape, np.intp)
    for i in range(1, len(offset)):
        seen = x.reshape(-1)[where + offset[i]]
        np.maximum(number, i * ((seen > largest) | (seen != seen)), out=number)
        largest = np.maximum(largest, seen)
    return (first + offset[number]).astype(np.int64)


def fractional(
    d: int, x: Any, kernel: Any, output_size: Any, output_ratio: Any, return_indices: bool, samples: Any
) -> Any:
    """Fractional max pooling over d spatial axes, with PyTorch's options."""
    function = f"fractional_max_pool{d}d"
    check_tensor(function, x)
    if output_size is None and output_ratio is None:
        raise ValueError(f"{function} requires specifying either an output_size or an output_ratio")
    kernel = per_axis(function, "kernel_size", kernel, d)
    batched = batch(function, d, x)
    if not all(batched.shape[1:]):
        raise RuntimeError(
            f"{function}(): Expected input to have non-zero size for non-batch dimensions, but got {list(x.shape)}"
        )
    spatial = tuple(batched.shape[2:])
    if output_size is None:
        ratios = output_ratio if isinstance(output_ratio, (tuple, list)) else (output_ratio,) * d
        if len(ratios) != d:
            raise ValueError(f"{function} requires output_ratio to be one number or {d}, but got {output_ratio}")
        output_size = [int(n * ratio) for n, ratio in zip(spatial, ratios)]
    size = per_axis(function, "output_size", output_size, d)
    real(function)(batched.array)
    if samples is None:
        samples = rand(*batched.shape[:2], d, dtype=batched.dtype)
    if samples.dtype is not batched.dtype:
        raise RuntimeError(f"Expect _random_samples to have the same dtype as input; got {samples.dtype}")
    if samples.ndim != 3 or samples.shape[0] < batched.shape[0] or tuple(samples.shape[1:]) != (batched.shape[1], d):
        raise RuntimeError(
            f"{function}: expected _random_samples of shape {[*batched.shape[:2], d]}, got {list(samples.shape)}"
        )
    for n, m, k in zip(spatial, size, kernel, strict=True):
        if m < 0 or k < 1 or m + k - 1 > n - (d == 3):  # of volumes PyTorch wants one cell more
            raise RuntimeError(
                f"{function}(): pool of {kernel} cells and size {size} too large relative to input {spatial}"
            )
    u = samples.array[: batched.shape[0]]
    order = (1, 0) if d == 2 else range(d)  # PyTorch draws for the width first, but only of images
    starts = [window_starts(u[..., i], n, m, k) for i, n, m, k in zip(order, spatial, size, kernel, strict=True)]
    indices = largest_cells(batched.array, starts, kernel)
    out = take(batched, indices, spatial)
    if batched is not x:
        out, indices = out[0], indices[0]
    return (out, wrap(indices)) if return_indices else out


def fractional_max_pool2d(
    input: Any,
    kernel_size: Any,
    output_size: Any = None,
    output_ratio: Any = None,
    return_indices: bool = False,
    _random_samples: Any = None,
) -> Any:
    r"""The largest number of each window of an image, with as many windows as asked for, at random places.

    The steps from window to window are ⌊step⌋ or ⌈step⌉ cells, in an order that is drawn anew for each channel.

    Args:
        input: Images of a floating dtype.
        kernel_size: Cells of a window; like all sizes here one number, or one for each spatial axis.
        output_size: Windows along each axis.
        output_ratio: Instead of it: how many windows for each cell of the input, between 0 and 1.
        return_indices: Return beside the result where its numbers are in the flattened image.
        _random_samples: The random numbers, (N, C, 2), from 0 to 1; by default they are drawn.

    Shape:
        (N, C, H, W) or (C, H, W) -> (N, C, P, Q) or (C, P, Q).

    Derivative:
        g goes to the cell that was the largest, and to the first of equal ones.

    Raises: ValueError: neither size nor ratio. RuntimeError: so many windows do not fit.
    Source: B. Graham, "Fractional Max-Pooling" (2014); matches ``torch.nn.functional.fractional_max_pool2d``, with the
        same random numbers.

    Example:
        >>> fractional_max_pool2d(mgx.arange(25.0).reshape(1, 5, 5), 2, output_ratio=(0.4, 0.2))
        tensor([[[ 9.],
                 [24.]]])
    """
    return fractional(2, input, kernel_size, output_size, output_ratio, return_indices, _random_samples)


def fractional_max_pool3d(
    input: Any,
    kernel_size: Any,
    output_size: Any = None,
    output_ratio: Any = None,
    return_indices: bool = False,
    _random_samples: Any = None,
) -> Any:
    """The largest number of each window of a volume: `fractional_max_pool2d` with three spatial axes.

    Shape:
        (N, C, D, H, W) or (C, D, H, W) -> (N, C, P, Q, R) or (C, P, Q, R).

    Raises: as `fractional_max_pool2d`.

    Example:
        >>> fractional_max_pool3d(mgx.ones(1, 5, 5, 5), 2, 3).shape
        torch.Size([1, 3, 3, 3])
    """
    return fractional(3, input, kernel_size, output_size, output_ratio, return_indices, _random_samples)
