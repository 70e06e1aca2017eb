"""Pixels to other places: by a matrix (turning, moving, scaling, shearing), in perspective, or each by itself."""

import math
import numbers
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from microgradx.creation import as_tensor, from_numpy, tensor
from microgradx.graph import Array
from microgradx.nn import functional as F
from microgradx.ops.indexing import where
from microgradx.tensor import Tensor
from microgradx.vision.transforms.convert import pil_to_tensor, to_pil_image
from microgradx.vision.transforms.geometry import as_float_batch
from microgradx.vision.transforms.image import (
    NUMBERS,
    InterpolationMode,
    check_image,
    color_for,
    get_dimensions,
    interpolation_mode,
    is_pillow,
    pillow,
)


def backward_matrix(
    center: Sequence[float], angle: float, translate: Sequence[float], scale: float, shear: Sequence[float]
) -> list[float]:
    """Where the pixel (x, y) of the result comes from: two rows of a matrix, for (x, y, 1).

    Forward, a pixel is sheared, scaled and turned around the center, and then moved; this is the inverse.
    """
    turn, shear_x, shear_y = (math.radians(v) for v in (angle, *shear))
    # Turn times shear, (a, b) over (c, d). Its determinant is 1, so its inverse is (d, -b) over (-c, a).
    a = math.cos(turn - shear_y) / math.cos(shear_y)
    b = -math.cos(turn - shear_y) * math.tan(shear_x) / math.cos(shear_y) - math.sin(turn)
    c = math.sin(turn - shear_y) / math.cos(shear_y)
    d = -math.sin(turn - shear_y) * math.tan(shear_x) / math.cos(shear_y) + math.cos(turn)
    xx, xy, yx, yy = (v / scale for v in (d, -b, -c, a))
    x, y = (-middle - way for middle, way in zip(center, translate))
    return [xx, xy, xx * x + xy * y + center[0], yx, yy, yx * x + yy * y + center[1]]


def expanded(matrix: Any, width: int, height: int) -> tuple[int, int]:
    """Width and height of the rectangle around the turned image."""
    half = np.array([width, height], np.float32) / 2
    corners = np.array([(x, y, 1) for x in (-1, 1) for y in (-1, 1)], np.float32) * np.append(half, np.float32(1))
    places = corners @ np.asarray(matrix, np.float32).reshape(2, 3).T
    # Rounding errors must not make the image larger: less than a ten thousandth of a pixel does not count.
    low, high = (
        np.trunc((limit + half) / np.float32(1e-4)) * np.float32(1e-4) for limit in (places.min(0), places.max(0))
    )
    new_width, new_height = np.ceil(high) - np.floor(low)
    return int(new_width), int(new_height)


def sample(img: Any, places: Callable[[Any], Any], mode: InterpolationMode, fill: Any) -> Any:
    """A tensor image of which each pixel comes from another place.

    Args:
        img: The image.
        places: A function of a dtype that returns an array, or a tensor, of shape (1, H', W', 2): for each pixel of the
            result x and y of its place, -1 being the left or upper edge of the image, and 1 the right or lower one.
        mode: Nearest or bilinear.
        fill: The color of places outside, one number or one for each channel; None is black.

    Raises: ValueError: another mode, or another number of colors.
    """
    channels, height, width = get_dimensions(check_image(img))
    if mode not in (InterpolationMode.NEAREST, InterpolationMode.BILINEAR):
        raise ValueError(f"Interpolation mode '{mode.value}' is unsupported with Tensor input; use nearest or bilinear")
    colors = fill if fill is None or isinstance(fill, (tuple, list)) else [fill]
    if colors is not None and len(colors) not in (1, channels):
        raise ValueError(
            "The number of elements in 'fill' cannot broadcast to match the number of channels of the image "
            f"({len(colors)} != {channels})"
        )

    def compute(x: Any) -> Any:
        grid = as_tensor(places(x.array.dtype), dtype=x.dtype)
        each = grid.expand(len(x), *grid.shape[1:])
        out = F.grid_sample(x, each, mode=mode.value, padding_mode="zeros", align_corners=False)
        if colors is None:
            return out
        # How much of each pixel comes from inside; elsewhere is the color.
        inside = F.grid_sample(x.new_ones(1, 1, height, width), grid, mode=mode.value, align_corners=False)
        color = tensor(colors, dtype=x.dtype).view(1, -1, 1, 1)
        if mode is InterpolationMode.NEAREST:
            return where(inside < 0.5, color, out)
        return out * inside + (1.0 - inside) * color

    return as_float_batch(img, compute)


def pixels(width: int, height: int, x: float, y: float, dtype: Any) -> Array:
    """(x, y, 1) for each pixel of an image, the given ones being those of the first."""
    places = [*np.meshgrid(np.arange(width) + x, np.arange(height) + y), np.ones((height, width))]
    return np.stack(places, axis=-1).astype(dtype)


def warp(img: Any, matrix: Sequence[float], mode: InterpolationMode, fill: Any, size: tuple[int, int] | None) -> Any:
    """A tensor image of which each pixel comes from where the matrix says; (0, 0) is the middle."""
    _, height, width = get_dimensions(check_image(img))
    new_width, new_height = size or (width, height)

    def places(dtype: Any) -> Array:
        middles = pixels(new_width, new_height, (1 - new_width) / 2, (1 - new_height) / 2, dtype)
        return (middles @ to_edges(matrix, width, height, dtype))[np.newaxis]

    return sample(img, places, mode, fill)


def to_edges(matrix: Any, width: int, height: int, dtype: Any) -> Array:
    """A matrix of two rows as one to multiply with from the left, and then to divide by half the image's size."""
    return np.asarray(matrix, dtype).reshape(2, 3).T / np.array([0.5 * width, 0.5 * height], dtype)


def from_middle(center: Any, img: Any) -> list[float]:
    """A center, given from the upper left corner, as seen from the middle of the image; None is the middle."""
    _, height, width = get_dimensions(img)
    return [0.0, 0.0] if center is None else [c - 0.5 * length for c, length in zip(center, (width, height))]


def rotate(
    img: Any,
    angle: float,
    interpolation: Any = InterpolationMode.NEAREST,
    expand: bool = False,
    center: Any = None,
    fill: Any = None,
) -> Any:
    """An image turned.

    Args:
        img: An image of Pillow or a tensor.
        angle: How far.
        interpolation: An `InterpolationMode`, or Pillow's number for it; for tensors nearest or bilinear.
        expand: Whether the result is so large that the whole turned image is in it.
        center: What stays in its place, as (x, y) from the upper left corner; by default the middle.
        fill: The color of what was outside of the image, one number or one for each channel; None is black.

    Units: degrees, counter-clockwise.
    Raises: TypeError, ValueError: arguments that are none of these.
    Source: ``torchvision.transforms.functional.rotate``.

    Example:
        >>> rotate(mgx.tensor([[1, 2], [3, 4]]), 90)
        tensor([[2, 4],
                [1, 3]])
    """
    mode = interpolation_mode(interpolation)
    if not isinstance(angle, (int, float)):
        raise TypeError(f"Argument angle should be int or float, got {type(angle)}")
    if center is not None and not isinstance(center, (list, tuple)):
        raise TypeError(f"Argument center should be a sequence, got {type(center)}")
    if is_pillow(img):
        return img.rotate(angle, NUMBERS[mode], expand, center, fillcolor=color_for(img, fill))
    matrix = backward_matrix(from_middle(center, img), -angle, (0.0, 0.0), 1.0, (0.0, 0.0))
    _, height, width = get_dimensions(img)
    return warp(img, matrix, mode, fill, expanded(matrix, width, height) if expand else None)


def affine(
    img: Any,
    angle: float,
    translate: Sequence[int],
    scale: float,
    shear: Any,
    interpolation: Any = InterpolationMode.NEAREST,
    fill: Any = None,
    center: Any = None,
) -> Any:
    """An image sheared, scaled, turned and moved.

    Args:
        img: An image of Pillow or a tensor.
        angle: How far to turn.
        translate: How far to move, across and down.
        scale: How many times as large, more than 0.
        shear: An angle along x, or one along x and one along y.
        interpolation: An `InterpolationMode`, or Pillow's number for it; for tensors nearest or bilinear.
        fill: The color of what was outside of the image, one number or one for each channel; None is black.
        center: What the turn leaves in its place, as (x, y) from the upper left corner; by default the middle.

    Units: degrees, clockwise; pixels.
    Raises: TypeError, ValueError: arguments that are none of these.
    Source: ``torchvision.transforms.functional.affine``.

    Example:
        >>> affine(mgx.tensor([[1, 2, 3]]), 0, (1, 0), 1.0, 0.0)
        tensor([[0, 1, 2]])
    """
    mode = interpolation_mode(interpolation)
    if not isinstance(angle, (int, float)):
        raise TypeError(f"Argument angle should be int or float, got {type(angle)}")
    if not isinstance(translate, (list, tuple)):
        raise TypeError(f"Argument translate should be a sequence, got {type(translate)}")
    if len(translate) != 2:
        raise ValueError(f"Argument translate should be a sequence of length 2, got {translate}")
    if scale <= 0.0:
        raise ValueError(f"Argument scale should be positive, got {scale}")
    if not isinstance(shear, (numbers.Number, list, tuple)):
        raise TypeError(f"Shear should be either a single value or a sequence of two values, got {shear!r}")
    shears: list[Any] = (
        list(shear) * (2 if len(shear) == 1 else 1) if isinstance(shear, (list, tuple)) else [shear, 0.0]
    )
    if len(shears) != 2:
        raise ValueError(f"Shear should be a sequence containing two values. Got {shear}")
    if center is not None and not isinstance(center, (list, tuple)):
        raise TypeError(f"Argument center should be a sequence, got {type(center)}")
    if is_pillow(img):
        middle = [0.5 * length for length in img.size] if center is None else center
        matrix = backward_matrix(middle, angle, translate, scale, shears)
        method = pillow().Transform.AFFINE
        return img.transform(img.size, method, matrix, NUMBERS[mode], fillcolor=color_for(img, fill))
    matrix = backward_matrix(from_middle(center, img), angle, translate, scale, shears)
    return warp(img, matrix, mode, fill, None)


def perspective_coefficients(startpoints: Any, endpoints: Any) -> list[float]:
    """The numbers a to h of a view in perspective: the pixel (x, y) of the result comes from
    ((a x + b y + c) / (g x + h y + 1), (d x + e y + f) / (g x + h y + 1)), the end points from the start points.
    """
    if len(startpoints) != 4 or len(endpoints) != 4:
        raise ValueError(
            f"Please provide exactly four corners, got {len(startpoints)} startpoints and {len(endpoints)} endpoints."
        )
    rows = []
    for (x, y), (u, v) in zip(endpoints, startpoints):
        rows += [[x, y, 1, 0, 0, 0, -u * x, -u * y], [0, 0, 0, x, y, 1, -v * x, -v * y]]
    try:
        solution = np.linalg.solve(np.array(rows, np.float64), np.array(startpoints, np.float64).reshape(8))
    except np.linalg.LinAlgError:
        raise ValueError(f"expected corners of which no three lie on a line, got endpoints {endpoints}") from None
    found: list[float] = solution.astype(np.float32).tolist()
    return found


def perspective(
    img: Any,
    startpoints: Sequence[Sequence[int]],
    endpoints: Sequence[Sequence[int]],
    interpolation: Any = InterpolationMode.BILINEAR,
    fill: Any = None,
) -> Any:
    """An image as it is seen from aside.

    Args:
        img: An image of Pillow or a tensor.
        startpoints: Four corners (x, y) in the image: upper left, upper right, lower right, lower left.
        endpoints: Where they are in the result.
        interpolation: An `InterpolationMode`, or Pillow's number for it; for tensors nearest or bilinear.
        fill: The color of what was outside of the image, one number or one for each channel; None is black.

    Raises: TypeError, ValueError: arguments that are none of these.
    Source: ``torchvision.transforms.functional.perspective``.

    Example:
        >>> corners = [(0, 0), (2, 0), (2, 1), (0, 1)]
        >>> perspective(mgx.tensor([[1.0, 2.0], [3.0, 4.0]]), corners, [(0, 0), (2, 0), (2, 1), (0, 1)])
        tensor([[1., 2.],
                [3., 4.]])
    """
    coefficients = perspective_coefficients(startpoints, endpoints)
    mode = interpolation_mode(interpolation)
    if is_pillow(img):
        method = pillow().Transform.PERSPECTIVE
        return img.transform(img.size, method, coefficients, NUMBERS[mode], fillcolor=color_for(img, fill))
    _, height, width = get_dimensions(check_image(img))

    def places(dtype: Any) -> Array:
        middles = pixels(width, height, 0.5, 0.5, dtype)
        nearness = middles @ np.array([*coefficients[6:], 1.0], dtype)
        return (middles @ to_edges(coefficients[:6], width, height, dtype) / nearness[..., np.newaxis] - 1)[np.newaxis]

    return sample(img, places, mode, fill)


def elastic_transform(
    img: Any, displacement: Any, interpolation: Any = InterpolationMode.BILINEAR, fill: Any = None
) -> Any:
    """An image with each pixel moved by itself, as if seen through water.

    Args:
        img: An image of Pillow or a tensor.
        displacement: (1, H, W, 2): for each pixel how far off x and y of its place are, 2 being the whole image.
        interpolation: An `InterpolationMode`, or Pillow's number for it; nearest or bilinear.
        fill: The color of what was outside of the image, one number or one for each channel; None is black.

    Raises: TypeError, ValueError: arguments that are none of these.
    Source: ``torchvision.transforms.functional.elastic_transform``.

    Example:
        >>> still = elastic_transform(mgx.tensor([[1.0, 2.0, 3.0]]), mgx.zeros(1, 1, 3, 2))
        >>> still
        tensor([[1., 2., 3.]])
    """
    mode = interpolation_mode(interpolation)
    if not isinstance(displacement, Tensor):
        raise TypeError(f"Argument displacement should be a Tensor, got {type(displacement)}")
    if is_pillow(img):
        return to_pil_image(elastic_transform(pil_to_tensor(img), displacement, mode, fill), mode=img.mode)
    _, height, width = get_dimensions(check_image(img))
    shape = (1, height, width, 2)
    if tuple(displacement.shape) != shape:
        raise ValueError(f"Argument displacement shape should be {shape}, but given {tuple(displacement.shape)}")

    def places(dtype: Any) -> Any:
        middles = pixels(width, height, (1 - width) / 2, (1 - height) / 2, np.float64)[..., :2]
        still = middles / np.array([0.5 * width, 0.5 * height])
        return displacement + from_numpy(still.astype(displacement.array.dtype)[np.newaxis])

    return sample(img, places, mode, fill)
