"""Images read at places that a grid names: `grid_sample`, and `affine_grid`, which makes grids.

A grid holds a place for each cell of the result: one coordinate for each spatial axis, from -1 to 1 over the whole
axis. Between the cells of the input, the cells around a place are mixed, each with a weight that depends on how far
it is. So a result is a sum over neighbours, of a weight, through which the gradient reaches the grid, times what the
image holds there.
"""

from __future__ import annotations

import itertools
import math
import warnings
from typing import Any

import numpy as np

from microgradx.engine import primitive
from microgradx.graph import Array, wrap
from microgradx.ops.activation import hardtanh, real
from microgradx.ops.elementwise import round
from microgradx.ops.face import check_tensor
from microgradx.ops.linalg import matmul
from microgradx.ops.pad import surround
from microgradx.ops.pool import take

# ---------------------------------------------------------------- places, along one axis


@primitive(saves=("sign",))
def mirror(x: Array, low: float, span: float) -> tuple[Array, Array]:
    """x, reflected at ``low`` and at ``low + span`` until it is between them; and the sign of its slope."""
    if not span:
        return np.zeros_like(x), np.zeros(x.shape, np.int8)
    distance = np.absolute(x - x.dtype.type(low))
    turns = np.floor(distance / x.dtype.type(span))
    rest = distance - turns * x.dtype.type(span)
    back = turns % 2 == 1
    out = np.where(back, x.dtype.type(span) - rest, rest) + x.dtype.type(low)
    return out, np.where((x < low) != back, np.int8(-1), np.int8(1))


mirror.derivatives(x=lambda g, sign: g * sign)


@primitive()
def scaled_and_moved(x: Array, factor: float, summand: float) -> Array:
    """``factor · x + summand``, in single precision rounded once, as PyTorch has it: middles of cells are whole numbers."""
    return (x.astype(np.float64) * factor + summand).astype(x.dtype, copy=False)


scaled_and_moved.derivatives(x=lambda g, factor: g * factor)


def edges(n: int, align_corners: bool) -> tuple[float, float]:
    """Where reflection happens first, and how far it is to the other end: the middles of the outermost cells, or their
    outer edges."""
    return (0.0, n - 1.0) if align_corners else (-0.5, float(n))


def place_of(coordinate: Any, n: int, padding_mode: str, align_corners: bool) -> Any:
    """A coordinate from -1 to 1 as a place in cells, the middle of the first cell being 0."""
    place = (coordinate + 1) * ((n - 1) / 2) if align_corners else scaled_and_moved(coordinate + 1, n / 2, -0.5)
    if padding_mode == "reflection":
        place = mirror(place, *edges(n, align_corners))[0]
    return place if padding_mode == "zeros" else hardtanh(place, 0, n - 1)


def cells_of(place: Array, n: int) -> Array:
    """Places that are whole numbers, as integers; what is far outside, or nan, is somewhere outside."""
    return np.nan_to_num(np.clip(place, -4, n + 4), nan=-4).astype(np.intp)


def neighbours(place: Any, n: int, mode: str, padding_mode: str, align_corners: bool) -> list[tuple[Array, Any]]:
    """The cells that count along an axis, -1 for those outside, each with its weight."""
    if mode == "nearest":
        nearest = round(place)  # its derivative is 0, and so is the grid's
        found = [(nearest.array, nearest - wrap(nearest.array) + 1)]
    else:
        first = np.floor(place.array)
        t = place - wrap(first)
        if mode == "bilinear":
            found = [(first, 1 - t), (first + 1, t)]
        else:
            found = [(first + i - 1, weight) for i, weight in enumerate(cubic_weights(t))]
    result = []
    for cell, weight in found:
        if mode == "bicubic" and padding_mode == "reflection":
            cell = mirror(cell, *edges(n, align_corners))[0]
        if mode == "bicubic" and padding_mode != "zeros":
            cell = np.clip(cell, 0, n - 1)
        at = cells_of(cell, n)
        result.append((np.where((at >= 0) & (at < n), at, -1), weight))
    return result


def cubic_weights(t: Any) -> list[Any]:
    """The weights of Keys' cubic, with slope -3/4 at 1, for a place t behind the second of four cells."""
    a = -0.75

    def near(d: Any) -> Any:
        return ((a + 2) * d - (a + 3)) * d * d + 1

    def far(d: Any) -> Any:
        return ((a * d - 5 * a) * d + 8 * a) * d - 4 * a

    return [far(t + 1), near(t), near(1 - t), far(2 - t)]


# ---------------------------------------------------------------- PyTorch's face

CHANGED = (
    "Default grid_sample and affine_grid behavior has changed to align_corners=False since 1.3.0. Please specify "
    "align_corners=True if the old behavior is desired. See the documentation of grid_sample for details."
)


def grid_sample(
    input: Any, grid: Any, mode: str = "bilinear", padding_mode: str = "zeros", align_corners: bool | None = None
) -> Any:
    r"""Images, or volumes, read at the places in ``grid``: turned, scaled, bent.

    Args:
        input: Images or volumes of a floating dtype.
        grid: A place for each cell of the result, (x, y) or (x, y, z): along the last axis of the input first. -1 is
            one end of an axis, 1 the other.
        mode: ``"bilinear"`` mixes the two cells around a place, along each axis; ``"bicubic"`` mixes four, in images;
            ``"nearest"`` takes one.
        padding_mode: What is outside of the input: ``"zeros"``, ``"border"``, its outermost cells, or
            ``"reflection"``, the input mirrored at its ends.
        align_corners: Whether -1 and 1 are the middles of the outermost cells, and not their outer edges.

    Shape:
        (N, C, H, W), (N, P, Q, 2) -> (N, C, P, Q), or (N, C, D, H, W), (N, P, Q, R, 3) -> (N, C, P, Q, R)

    Derivative:
        Each cell of the input gets the g of all places that it counted for, times its weights; a place gets the sum
        over its cells and channels of g, times the cell, times the slope of the weight.

    Raises: RuntimeError: shapes or dtypes do not go together. ValueError: another mode.
    Source: M. Jaderberg et al., "Spatial Transformer Networks" (2015); matches ``torch.nn.functional.grid_sample``,
        which has first derivatives only.

    Example:
        >>> image = mgx.tensor([[[[0.0, 2.0], [4.0, 6.0]]]])
        >>> grid_sample(image, mgx.tensor([[[[-1.0, -1.0], [0.0, 1.0]]]]), align_corners=True)
        tensor([[[[0., 5.]]]])
    """
    if mode not in ("bilinear", "nearest", "bicubic"):
        raise ValueError(
            f"nn.functional.grid_sample(): expected mode to be 'bilinear', 'nearest' or 'bicubic', but got: '{mode}'"
        )
    if padding_mode not in ("zeros", "border", "reflection"):
        raise ValueError(
            "nn.functional.grid_sample(): expected padding_mode to be 'zeros', 'border', or 'reflection', "
            f"but got: '{padding_mode}'"
        )
    if align_corners is None:
        warnings.warn(CHANGED, stacklevel=2)
    check_grid(input, grid, mode)
    spatial = tuple(input.shape[2:])
    d = len(spatial)
    along = []
    for a, n in enumerate(spatial):
        border = "zeros" if mode == "bicubic" else padding_mode  # which there applies to each of the four cells
        place = place_of(grid[..., d - 1 - a], n, border, bool(align_corners))
        along.append(neighbours(place, n, mode, padding_mode, bool(align_corners)))
    # Each plane in a row, with a zero behind it that stands for all that is outside.
    (n, c), cells = tuple(input.shape[:2]), math.prod(spatial)
    planes = surround(np.reshape(input, (n, c, cells)), ((0, 0), (0, 0), (0, 1)), 0)
    out: Any = None
    for corner in itertools.product(*along):
        (index, weight), outside = corner[0], corner[0][0] < 0
        for (cell, factor), length in zip(corner[1:], spatial[1:], strict=True):
            index, weight, outside = index * length + cell, weight * factor, outside | (cell < 0)
        index = np.where(outside, cells, index)[:, None]
        held = take(planes, np.broadcast_to(index, (n, c, *index.shape[2:])), (cells + 1,))
        part = held * weight[:, None]
        out = part if out is None else out + part
    return out.contiguous()


def check_grid(input: Any, grid: Any, mode: str) -> None:
    """PyTorch's errors for images and a grid that do not go together."""
    x = check_tensor("grid_sampler", input).array
    places = check_tensor("grid_sampler", grid, "grid", 2).array
    got = f"but got input with sizes {list(x.shape)} and grid with sizes {list(places.shape)}"
    if x.shape[:1] != places.shape[:1]:
        raise RuntimeError(f"grid_sampler(): expected grid and input to have same batch size, {got}")
    if places.shape[-1] != x.ndim - 2:
        raise RuntimeError(f"grid_sampler(): expected grid to have size {x.ndim - 2} in last dimension, {got}")
    if x.ndim not in (4, 5) or places.ndim != x.ndim:
        raise RuntimeError(f"grid_sampler(): expected 4D or 5D input and grid with same number of dimensions, {got}")
    if not all(x.shape[2:]):
        raise RuntimeError(f"grid_sampler(): expected input to have non-empty spatial dimensions, {got}")
    if mode == "bicubic" and x.ndim != 4:
        raise RuntimeError("grid_sampler(): bicubic interpolation only supports 4D input")
    if x.dtype != places.dtype:
        raise RuntimeError(f"grid_sampler(): expected input and grid of one dtype, got {input.dtype} and {grid.dtype}")
    real("grid_sampler_2d_cpu_kernel_impl")(x)


def middles(n: int, align_corners: bool, dtype: Any) -> Array:
    """The coordinates of n cells, with PyTorch's rounding: at middles of cells the slopes of `grid_sample` jump."""
    if n == 1:
        return np.zeros(1, dtype)
    step, i = np.float64(dtype.type(2) / dtype.type(n - 1)), np.arange(n)
    x = np.where(i < n // 2, step * i - 1, 1 - step * (n - 1 - i)).astype(dtype)
    return x if align_corners else x * dtype.type(n - 1) / dtype.type(n)


def affine_grid(theta: Any, size: Any, align_corners: bool | None = None) -> Any:
    r"""The grid that `grid_sample` needs for an affine map: places ``A · p + b`` for the places p of a regular grid.

    Args:
        theta: The matrices (A | b), of a floating dtype.
        size: Shape of the images to be made, (N, C, H, W), or of volumes, (N, C, D, H, W).
        align_corners: Whether -1 and 1 are the middles of the outermost cells, and not their outer edges.

    Shape:
        (N, 2, 3) -> (N, H, W, 2), or (N, 3, 4) -> (N, D, H, W, 3)

    Derivative: the sum over all places of g times (p, 1).
    Raises: ValueError: theta does not fit the size, or is not floating. NotImplementedError: a size of another length.
    Source: matches ``torch.nn.functional.affine_grid``.

    Example:
        >>> affine_grid(mgx.tensor([[[1.0, 0.0, 0.0], [0.0, 2.0, 0.5]]]), (1, 1, 2, 2), align_corners=True)
        tensor([[[[-1.0000, -1.5000],
                  [ 1.0000, -1.5000]],
        <BLANKLINE>
                 [[-1.0000,  2.5000],
                  [ 1.0000,  2.5000]]]])
    """
    if align_corners is None:
        warnings.warn(CHANGED, stacklevel=2)
    matrices, size = check_tensor("affine_grid", theta, "theta").array, tuple(map(int, size))
    if matrices.dtype.kind != "f":
        raise ValueError(f"Expected theta to have floating point type, but got {theta.dtype}")
    d = len(size) - 2
    if d not in (2, 3):
        raise NotImplementedError(
            "affine_grid only supports 4D and 5D sizes, for 2D and 3D affine transforms, respectively. "
            f"Got size {size}."
        )
    if matrices.ndim != 3 or matrices.shape[1:] != (d, d + 1):
        raise ValueError(
            f"Expected a batch of {d}D affine matrices of shape Nx{d}x{d + 1} for size {size}. Got {list(theta.shape)}."
        )
    spatial = size[2:]
    if align_corners and min(spatial) == 1:
        warnings.warn(
            "Since version 1.3.0, affine_grid behavior has changed for unit-size grids when align_corners=True. This "
            "is not an intended use case of affine_grid. See the documentation of affine_grid for details.",
            stacklevel=2,
        )
    elif min(size) <= 0:
        raise ValueError(f"Expected non-zero, positive output size. Got {size}")
    if size[0] != len(matrices):
        raise RuntimeError(f"affine_grid: expected one matrix for each of the {size[0]} images, got {len(matrices)}")
    axes = [middles(n, bool(align_corners), matrices.dtype) for n in spatial]
    places = np.stack([*reversed(np.meshgrid(*axes, indexing="ij")), np.ones(spatial)], axis=-1)
    base = wrap(places.reshape(1, math.prod(spatial), d + 1).astype(matrices.dtype, copy=False))
    return np.reshape(matmul(base, np.swapaxes(theta, 1, 2)), (len(matrices), *spatial, d))
