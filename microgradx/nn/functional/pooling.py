"""Pooling by powers, and max pooling that also tells where the maxima are."""

from __future__ import annotations

import math
from typing import Any

from microgradx.nn.functional.activation import relu
from microgradx.nn.functional.fractional_pool import fractional_max_pool2d, fractional_max_pool3d
from microgradx.ops.conv import per_axis
from microgradx.ops.elementwise import abs, pow, sign
from microgradx.ops.face import check_tensor
from microgradx.ops.pool import (
    adaptive_max_pool1d,
    adaptive_max_pool2d,
    adaptive_max_pool3d,
    avg_pool1d,
    avg_pool2d,
    avg_pool3d,
    max_pool1d,
    max_pool2d,
    max_pool3d,
)

AVERAGE = {1: avg_pool1d, 2: avg_pool2d, 3: avg_pool3d}
LARGEST = {1: max_pool1d, 2: max_pool2d, 3: max_pool3d}


def lp_pool(d: int, input: Any, p: float, kernel_size: Any, stride: Any, ceil_mode: bool) -> Any:
    """The p-norm of each window over d spatial axes."""
    x = check_tensor(f"lp_pool{d}d", input)
    kernel = per_axis(f"lp_pool{d}d", "kernel_size", kernel_size, d)
    if p == math.inf:
        return LARGEST[d](abs(x), kernel, stride, ceil_mode=ceil_mode)
    if p == -math.inf:
        return -LARGEST[d](-abs(x), kernel, stride, ceil_mode=ceil_mode)
    mean = AVERAGE[d](pow(x, p), kernel, stride, 0, ceil_mode)
    # As in PyTorch: this is the mean itself, but it has no slope where the mean is 0.
    return pow(sign(mean) * relu(abs(mean)) * math.prod(kernel), 1.0 / p)


def lp_pool1d(input: Any, norm_type: float, kernel_size: Any, stride: Any = None, ceil_mode: bool = False) -> Any:
    """The p-norm of each window of a sequence: `lp_pool2d` with one spatial axis.

    Example:
        >>> mgx.nn.functional.lp_pool1d(mgx.tensor([[3.0, 4.0, 0.0, 2.0]]), 2, 2)
        tensor([[5., 2.]])
    """
    return lp_pool(1, input, norm_type, kernel_size, stride, ceil_mode)


def lp_pool2d(input: Any, norm_type: float, kernel_size: Any, stride: Any = None, ceil_mode: bool = False) -> Any:
    r"""The p-norm ``(Σ x^p)^(1/p)`` of each window of an image.

    Args:
        input: Images of a floating dtype.
        norm_type: p; ±∞ for the largest, or the smallest, magnitude.
        kernel_size: Cells of a window; like all sizes here one number, or one for each spatial axis.
        stride: Step from window to window; by default ``kernel_size``, so that windows do not overlap.
        ceil_mode: Have a last window that sticks out, if a part of the input would go unseen; what it sees is weighted
            as if it were a whole window.

    Shape:
        (N, C, H, W) or (C, H, W) -> (N, C, places, places) or (C, places, places), as `avg_pool2d`.

    Derivative:
        A cell of a window gets g · (x / out)^(p - 1).

    Raises: ZeroDivisionError: p is 0. RuntimeError: as `avg_pool2d`.
    Source: ``torch.nn.functional.lp_pool2d``; x^p keeps the sign of x for odd p, and then nan comes of a negative sum.

    Example:
        >>> mgx.nn.functional.lp_pool2d(mgx.tensor([[[3.0, 0.0], [0.0, 4.0]]]), 2, 2)
        tensor([[[5.]]])
    """
    return lp_pool(2, input, norm_type, kernel_size, stride, ceil_mode)


def lp_pool3d(input: Any, norm_type: float, kernel_size: Any, stride: Any = None, ceil_mode: bool = False) -> Any:
    """The p-norm of each window of a volume: `lp_pool2d` with three spatial axes.

    Example:
        >>> mgx.nn.functional.lp_pool3d(mgx.ones(1, 2, 2, 2), 3, 2)
        tensor([[[[2.]]]])
    """
    return lp_pool(3, input, norm_type, kernel_size, stride, ceil_mode)


def max_pool1d_with_indices(
    input: Any, kernel_size: Any, stride: Any = None, padding: Any = 0, dilation: Any = 1,
    ceil_mode: bool = False, return_indices: bool = False,
) -> Any:  # fmt: skip
    """`max_pool1d` and where its numbers are, whatever ``return_indices`` says."""
    return max_pool1d(input, kernel_size, stride, padding, dilation, ceil_mode, return_indices=True)


def max_pool2d_with_indices(
    input: Any, kernel_size: Any, stride: Any = None, padding: Any = 0, dilation: Any = 1,
    ceil_mode: bool = False, return_indices: bool = False,
) -> Any:  # fmt: skip
    """`max_pool2d` and where its numbers are, whatever ``return_indices`` says."""
    return max_pool2d(input, kernel_size, stride, padding, dilation, ceil_mode, return_indices=True)


def max_pool3d_with_indices(
    input: Any, kernel_size: Any, stride: Any = None, padding: Any = 0, dilation: Any = 1,
    ceil_mode: bool = False, return_indices: bool = False,
) -> Any:  # fmt: skip
    """`max_pool3d` and where its numbers are, whatever ``return_indices`` says."""
    return max_pool3d(input, kernel_size, stride, padding, dilation, ceil_mode, return_indices=True)


def adaptive_max_pool1d_with_indices(input: Any, output_size: Any, return_indices: bool = False) -> Any:
    """`adaptive_max_pool1d` and where its numbers are, whatever ``return_indices`` says."""
    return adaptive_max_pool1d(input, output_size, return_indices=True)


def adaptive_max_pool2d_with_indices(input: Any, output_size: Any, return_indices: bool = False) -> Any:
    """`adaptive_max_pool2d` and where its numbers are, whatever ``return_indices`` says."""
    return adaptive_max_pool2d(input, output_size, return_indices=True)


def adaptive_max_pool3d_with_indices(input: Any, output_size: Any, return_indices: bool = False) -> Any:
    """`adaptive_max_pool3d` and where its numbers are, whatever ``return_indices`` says."""
    return adaptive_max_pool3d(input, output_size, return_indices=True)


def fractional_max_pool2d_with_indices(
    input: Any, kernel_size: Any, output_size: Any = None, output_ratio: Any = None, return_indices: bool = False,
    _random_samples: Any = None,
) -> Any:  # fmt: skip
    """`fractional_max_pool2d` and where its numbers are, whatever ``return_indices`` says."""
    return fractional_max_pool2d(input, kernel_size, output_size, output_ratio, True, _random_samples)


def fractional_max_pool3d_with_indices(
    input: Any, kernel_size: Any, output_size: Any = None, output_ratio: Any = None, return_indices: bool = False,
    _random_samples: Any = None,
) -> Any:  # fmt: skip
    """`fractional_max_pool3d` and where its numbers are, whatever ``return_indices`` says."""
    return fractional_max_pool3d(input, kernel_size, output_size, output_ratio, True, _random_samples)
