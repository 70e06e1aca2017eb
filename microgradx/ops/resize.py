"""Images of another size: `interpolate`, and channels exchanged for pixels, or with each other.

Interpolation works along each spatial axis by itself. Where cell i of the result lies in the input is one number,
its *place*, ``scale · i`` or so. The nearest modes look up one cell there. All others take a weighted mean of the
cells around it: the weights of all places make a matrix (cells of the result, cells of the input), and the result is
the input times one such matrix for each axis.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from microgradx.engine import primitive, renamed
from microgradx.graph import Array, wrap
from microgradx.ops.activation import real
from microgradx.ops.conv import Sizes, per_axis
from microgradx.ops.face import check_tensor
from microgradx.ops.pool import adaptive_avg_pool1d, adaptive_avg_pool2d, adaptive_avg_pool3d, along_axes

# ---------------------------------------------------------------- places and weights, along one axis


def step(n: int, m: int, factor: float | None, align_corners: bool) -> float:
    """How far apart, in cells of the input, neighbouring cells of the result are; n and m are the two sizes."""
    if align_corners:
        return (n - 1) / (m - 1) if m > 1 else 0.0
    return 1 / factor if factor is not None else n / m


def centers(m: int, step: float, dtype: Any) -> Array:
    """Where the middles of the result's cells lie, the middle of the input's first cell being 0."""
    return (np.arange(m, dtype=dtype) + dtype.type(0.5)) * dtype.type(step) - dtype.type(0.5)


def nearest_cells(n: int, m: int, factor: float | None, exact: bool, dtype: Any) -> Array:
    """The one cell for each place: where its middle is, if ``exact``, or else where its left edge is."""
    scale = step(n, m, factor, False)
    places = centers(m, scale, dtype) + dtype.type(0.5) if exact else np.arange(m, dtype=dtype) * dtype.type(scale)
    # In single precision, as in PyTorch: what only rounding has put below a whole number counts as that number.
    cells: Array = np.clip(np.floor(places.astype(np.float32)).astype(np.intp), 0, n - 1)
    return cells


@primitive(name="UpsampleNearest")
def copied(x: Array, cells: tuple[Array, ...]) -> Array:
    """What x has at the cells of each spatial axis."""
    for a, places in reversed(list(enumerate(cells, start=2))):
        x = x.take(places, a)
    return x


@primitive()
def added(x: Array, cells: tuple[Array, ...], spatial: Sizes) -> Array:
    """The adjoint of `copied`: each cell gets the sum of its copies, which stand side by side."""
    for a, (places, n) in enumerate(zip(cells, spatial, strict=True), start=2):
        copies = np.bincount(places, minlength=n)
        first = np.cumsum(copies) - copies
        out = np.zeros((*x.shape[:a], n, *x.shape[a + 1 :]), x.dtype)
        for i in range(copies.max()):
            at = np.flatnonzero(copies > i)
            out[(slice(None),) * a + (slice(None) if len(at) == n else at,)] += x.take(first[at] + i, a)
        x = out
    return x


copied.derivatives(x=lambda g, x_shape, cells: added(g, cells, x_shape[2:]))
added.derivatives(x=lambda g, cells: copied(g, cells))


def cubic(t: Array, a: float) -> Array:
    """Keys' cubic: 1 at 0, and 0 at ±1 and from ±2 on; ``a`` is its slope at 1."""
    t = np.absolute(t)
    near = ((a + 2) * t - (a + 3)) * t * t + 1
    far = ((a * t - 5 * a) * t + 8 * a) * t - 4 * a
    return np.where(t < 1, near, np.where(t < 2, far, 0))


def hat(t: Array) -> Array:
    """The weights of linear interpolation: 1 at 0, and 0 from ±1 on."""
    return np.maximum(1 - np.absolute(t), 0)


def weights(n: int, m: int, factor: float | None, align_corners: bool, is_cubic: bool, dtype: Any) -> Array:
    """The matrix (m, n) of linear or cubic interpolation; beyond the edge, the cell at the edge counts again."""
    if n == m and not is_cubic:
        return np.eye(n, dtype=dtype)
    scale = step(n, m, factor, align_corners)
    places = np.arange(m, dtype=dtype) * dtype.type(scale) if align_corners else centers(m, scale, dtype)
    places = places if is_cubic else np.maximum(places, 0)
    first = np.floor(places).astype(np.intp)
    matrix = np.zeros((m, n), dtype)
    for cell in (-1, 0, 1, 2) if is_cubic else (0, 1):
        t = places - first.astype(dtype) - cell
        matrix[np.arange(m), np.clip(first + cell, 0, n - 1)] += cubic(t, -0.75) if is_cubic else hat(t)
    return matrix


def wide_weights(n: int, m: int, factor: float | None, align_corners: bool, is_cubic: bool, dtype: Any) -> Array:
    """The same with a window as wide as the step, so that in a smaller result every cell of the input counts."""
    if n == m:
        return np.eye(n, dtype=dtype)
    scale = step(n, m, factor, align_corners)
    middle = (np.arange(m, dtype=dtype) + dtype.type(0.5)) * dtype.type(scale)
    t = (np.arange(n, dtype=dtype) + dtype.type(0.5) - middle[:, None]) / dtype.type(max(scale, 1))
    matrix = cubic(t, -0.5) if is_cubic else hat(t)
    return matrix / matrix.sum(1, keepdims=True)


def resized_bytes(x: Array, matrices: list[Array]) -> Array:
    """Pixels from 0 to 255, along the width and then along the height, in whole numbers as PyTorch and Pillow do.

    The weights are rounded to multiples of 2^-p with the largest p for which they fit 16 bits, and each of the two results
    is rounded to a byte.
    """
    for axis in (3, 2):
        m = matrices[axis - 2]
        if m.shape[0] == m.shape[1]:
            continue  # as large as before
        p = next(p for p in range(22, 0, -1) if int(0.5 + m.max() * 2**p) < 2**15)
        steps = np.trunc(m * 2**p + np.copysign(0.5, m))
        sums = np.moveaxis(np.moveaxis(x, axis, -1) @ steps.T, -1, axis)  # whole numbers, exact in float64
        x = np.clip(np.floor(sums / 2**p + 0.5), 0, 255)
    return x.astype(np.uint8, order="C")


# ---------------------------------------------------------------- PyTorch's face

AREA = {3: adaptive_avg_pool1d, 4: adaptive_avg_pool2d, 5: adaptive_avg_pool3d}
DIMENSIONS = {"linear": 3, "bilinear": 4, "bicubic": 4, "trilinear": 5}
MIX = {mode: renamed(along_axes, f"Upsample{mode.title()}{n - 2}DBackward0") for mode, n in DIMENSIONS.items()}


def interpolate(
    input: Any,
    size: Any = None,
    scale_factor: Any = None,
    mode: str = "nearest",
    align_corners: bool | None = None,
    recompute_scale_factor: bool | None = None,
    antialias: bool = False,
) -> Any:
    r"""Sequences, images or volumes of another size.

    Args:
        input: One, two or three spatial axes behind samples and channels, of a floating dtype; images may be uint8.
        size: Size of the result: one number, or one for each spatial axis.
        scale_factor: Instead of ``size``: how many times as large, one number or one for each spatial axis.
        mode: ``"nearest"`` copies cells, ``"nearest-exact"`` too, without the shift by half a cell that the older
            mode has; ``"linear"``, ``"bilinear"``, ``"trilinear"`` mix the two neighbours along each of 1, 2, 3
            axes; ``"bicubic"`` mixes four; ``"area"`` takes means, as `adaptive_avg_pool2d`.
        align_corners: Whether the middles of the first and last cells stay where they are, and not their outer edges.
        recompute_scale_factor: Use the factor between the two sizes, which are whole, in place of ``scale_factor``.
        antialias: In a smaller result let all cells of the input count; for bilinear and bicubic.

    Shape:
        (N, C, n, ...) -> (N, C, m, ...) with m = ``size`` or ⌊n · scale_factor⌋.

    Derivative:
        Each cell gets the g of all places that it counted for, times its weights.

    Units: of a place, cells of the input; the middle of cell i is at i.
    Raises: ValueError, TypeError: options that do not go together. NotImplementedError: the mode is not one for so many
        axes, or the dtype is not floating. RuntimeError: a size is not positive.
    Source: matches ``torch.nn.functional.interpolate``, but for nan and inf, which spread along their rows and columns
        in all modes that mix; R. Keys, "Cubic convolution interpolation" (1981).

    Example:
        >>> interpolate(mgx.tensor([[[0.0, 2.0]]]), scale_factor=2)
        tensor([[[0., 0., 2., 2.]]])
        >>> interpolate(mgx.tensor([[[0.0, 2.0]]]), 5, mode="linear", align_corners=True)
        tensor([[[0.0000, 0.5000, 1.0000, 1.5000, 2.0000]]])
    """
    shape = tuple(check_tensor("interpolate", input).shape)
    is_nearest = mode in ("nearest", "nearest-exact")
    if align_corners is not None and (is_nearest or mode == "area"):
        raise ValueError(
            "align_corners option can only be set with the interpolating modes: linear | bilinear | bicubic | trilinear"
        )
    sizes, factors = sizes_and_factors(shape, size, scale_factor, bool(recompute_scale_factor))
    if antialias and mode not in ("bilinear", "bicubic"):
        raise ValueError("Anti-alias option is restricted to bilinear and bicubic modes and requires a 4-D tensor")
    if len(shape) not in AREA or not (is_nearest or mode == "area" or DIMENSIONS.get(mode) == len(shape)):
        raise NotImplementedError(
            f"interpolate: Got {len(shape)}D input and mode {mode!r}; use linear with 3D input, bilinear or bicubic "
            "with 4D, trilinear with 5D, and nearest, nearest-exact or area with any of these"
        )
    if mode == "area":
        return AREA[len(shape)](input, sizes)
    if min(*shape[2:], *sizes) < 1:
        raise RuntimeError(
            f"Input and output sizes should be greater than 0, but got input {shape[2:]} output {tuple(sizes)}"
        )
    if not shape[1]:
        raise RuntimeError(f"Non-empty {len(shape)}D data tensor expected but got a tensor with sizes {list(shape)}")

    axes = list(zip(shape[2:], sizes, factors, strict=True))
    dtype = np.result_type(input.array.dtype, np.float32)  # places in half precision would be too coarse
    if is_nearest:
        if input.array.dtype != np.uint8:  # an image as it comes from its file
            real("compute_indices_weights_nearest")(input.array)
        # Of images, PyTorch leaves an axis that keeps its size as it is, whatever the factor.
        axes = [(n, m, None if n == m and len(axes) == 2 else factor) for n, m, factor in axes]
        cells = [nearest_cells(n, m, factor, mode == "nearest-exact", dtype) for n, m, factor in axes]
        return copied(input, tuple(cells))
    make: Callable[..., Array] = wide_weights if antialias else weights
    if input.array.dtype == np.uint8 and len(axes) == 2:
        options = (bool(align_corners), mode == "bicubic", np.dtype(np.float64))
        return wrap(resized_bytes(input.array, [make(n, m, factor, *options) for n, m, factor in axes]))
    real("compute_indices_weights_linear")(input.array)
    matrices = [make(n, m, factor, bool(align_corners), mode == "bicubic", dtype) for n, m, factor in axes]
    return MIX[mode](input, tuple(matrix.astype(input.array.dtype) for matrix in matrices))


def sizes_and_factors(
    shape: Sizes, size: Any, scale_factor: Any, recompute: bool
) -> tuple[Sizes, Sequence[float | None]]:
    """The result's spatial size, and the factors by which it was asked for, or None for each axis."""
    d = len(shape) - 2
    if size is not None and scale_factor is not None:
        raise ValueError("only one of size or scale_factor should be defined")
    if size is None and scale_factor is None:
        raise ValueError("either size or scale_factor should be defined")
    if size is not None and recompute:
        raise ValueError("recompute_scale_factor is not meaningful with an explicit size.")
    given = scale_factor if size is None else size
    if isinstance(given, (tuple, list)) and len(given) != d:
        name = "scale_factor" if size is None else "output size"
        raise ValueError(
            "Input and output must have the same number of spatial dimensions, but got input with spatial dimensions "
            f"of {list(shape[2:])} and {name} of {given}"
        )
    if size is not None:
        return per_axis("interpolate", "size", size, d), (None,) * d
    factors = list(given) if isinstance(given, (tuple, list)) else [given] * d
    if not all(isinstance(f, (int, float)) for f in factors):
        raise TypeError(f"interpolate(): argument 'scale_factor' must be numbers, but got {given!r}")
    sizes = tuple(int(n * factor) for n, factor in zip(shape[2:], factors, strict=True))
    return sizes, (None,) * d if recompute else factors


# ---------------------------------------------------------------- channels and pixels


@primitive(name="PixelShuffle")
def shuffle(x: Array, r: int) -> Array:
    """(..., C · r², H, W) -> (..., C, H · r, W · r): the channels become the r by r pixels in place of each one."""
    *samples, c, h, w = x.shape
    blocks = x.reshape(*samples, c // (r * r), r, r, h, w)
    k = len(samples)
    mixed = blocks.transpose(*range(k + 1), k + 3, k + 1, k + 4, k + 2)  # (..., C, H, r, W, r)
    return mixed.copy().reshape(*samples, c // (r * r), h * r, w * r)


@primitive(name="PixelUnshuffle")
def unshuffle(x: Array, r: int) -> Array:
    """(..., C, H · r, W · r) -> (..., C · r², H, W): the adjoint of `shuffle`, and its inverse."""
    *samples, c, h, w = x.shape
    blocks = x.reshape(*samples, c, h // r, r, w // r, r)
    k = len(samples)
    mixed = blocks.transpose(*range(k + 1), k + 2, k + 4, k + 1, k + 3)  # (..., C, r, r, H, W)
    return mixed.copy().reshape(*samples, c * r * r, h // r, w // r)


shuffle.derivatives(x=lambda g, r: unshuffle(g, r))
unshuffle.derivatives(x=lambda g, r: shuffle(g, r))


def check_pixels(function: str, name: str, input: Any, factor: Any) -> tuple[int, ...]:
    """The shape of images whose pixels can be exchanged."""
    shape = tuple(check_tensor(function, input).shape)
    if len(shape) < 3:
        raise RuntimeError(
            f"{function} expects input to have at least 3 dimensions, but got input with {len(shape)} dimension(s)"
        )
    if isinstance(factor, bool) or not isinstance(factor, (int, np.integer)):
        raise TypeError(f"{function}(): argument '{name}' (position 2) must be int, not {type(factor).__name__}")
    if factor < 1:
        raise RuntimeError(f"{function} expects a positive {name}, but got {factor}")
    return shape


def pixel_shuffle(input: Any, upscale_factor: int) -> Any:
    r"""Larger images from more channels: what learned upsampling ends with.

    Args:
        input: Images.
        upscale_factor: r, how many times as high and as wide the result is.

    Shape:
        (..., C · r², H, W) -> (..., C, H · r, W · r)

    Derivative: `pixel_unshuffle` of g.
    Raises: RuntimeError: r² does not divide the channels.
    Source: W. Shi et al., "Real-time single image and video super-resolution" (2016);
        matches ``torch.nn.functional.pixel_shuffle``.

    Example:
        >>> pixel_shuffle(mgx.arange(4.0).reshape(4, 1, 1), 2)
        tensor([[[0., 1.],
                 [2., 3.]]])
    """
    shape = check_pixels("pixel_shuffle", "upscale_factor", input, upscale_factor)
    if shape[-3] % upscale_factor**2:
        raise RuntimeError(
            "pixel_shuffle expects its input's 'channel' dimension to be divisible by the square of upscale_factor, "
            f"but input.size(-3)={shape[-3]} is not divisible by {upscale_factor**2}"
        )
    return shuffle(input, upscale_factor)


def pixel_unshuffle(input: Any, downscale_factor: int) -> Any:
    r"""The inverse of `pixel_shuffle`: smaller images with more channels, no number lost.

    Args:
        input: Images.
        downscale_factor: r, how many times lower and narrower the result is.

    Shape:
        (..., C, H · r, W · r) -> (..., C · r², H, W)

    Derivative: `pixel_shuffle` of g.
    Raises: RuntimeError: r does not divide height and width.
    Source: matches ``torch.nn.functional.pixel_unshuffle``.

    Example:
        >>> pixel_unshuffle(mgx.arange(4.0).reshape(1, 2, 2), 2).flatten()
        tensor([0., 1., 2., 3.])
    """
    shape = check_pixels("pixel_unshuffle", "downscale_factor", input, downscale_factor)
    for name, n in zip(("height", "width"), shape[-2:], strict=True):
        if n % downscale_factor:
            raise RuntimeError(
                f"pixel_unshuffle expects {name} to be divisible by downscale_factor, but {n} is not divisible by "
                f"{downscale_factor}"
            )
    return unshuffle(input, downscale_factor)


# ---------------------------------------------------------------- channels in another order


@primitive(name="NativeChannelShuffle")
def interleave(x: Array, groups: int) -> Array:
    """(N, C, ...), its channels dealt from the groups in turn: the first of each group, then the second of each."""
    n, c, *rest = x.shape
    mixed = x.reshape(n, groups, c // groups, *rest).swapaxes(1, 2)
    return mixed.copy().reshape(x.shape)


# Dealing C channels from G groups is undone by dealing them from C / G groups.
interleave.derivatives(x=lambda g, groups: interleave(g, max(g.shape[1] // groups, 1)))


def channel_shuffle(input: Any, groups: int) -> Any:
    r"""The channels in another order, so that grouped convolutions see channels of all groups.

    Args:
        input: (N, C, ...), with at least one axis behind the channels.
        groups: Into how many groups, one after the other, the channels are divided.

    Shape: that of the input.
    Derivative: g in the old order.
    Raises: RuntimeError: ``groups`` does not divide C.
    Source: X. Zhang et al., "ShuffleNet" (2018); matches ``torch.nn.functional.channel_shuffle``.

    Example:
        >>> channel_shuffle(mgx.arange(4.0).reshape(1, 4, 1), 2).flatten()
        tensor([0., 2., 1., 3.])
    """
    shape = tuple(check_tensor("channel_shuffle", input).shape)
    if len(shape) < 3:
        raise RuntimeError(f"channel_shuffle expects input with > 2 dims, but got input with sizes {list(shape)}")
    if isinstance(groups, bool) or not isinstance(groups, (int, np.integer)):
        raise TypeError(f"channel_shuffle(): argument 'groups' (position 2) must be int, not {type(groups).__name__}")
    if groups < 1:
        raise RuntimeError(
            f"Number of groups to divide channels in must be positive. Value of groups:{groups}; use at least 1"
        )
    if shape[1] % groups:
        raise RuntimeError(
            f"Number of channels must be divisible by groups. Got {shape[1]} channels and {groups} groups."
        )
    return interleave(input, groups)


def native_channel_shuffle(input: Any, groups: int) -> Any:
    """The same as `channel_shuffle`: PyTorch's name of what it runs on a CPU."""
    return channel_shuffle(input, groups)
