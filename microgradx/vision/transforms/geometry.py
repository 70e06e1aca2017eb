"""Pixels to other places, along rows and columns: sizes, crops, borders and flips."""

import math
import numbers
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np

from microgradx.dtypes import float32, float64, uint8
from microgradx.nn import functional as F
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


def pair(size: Any) -> Any:
    """A number as height and width; a sequence of one number too."""
    if isinstance(size, numbers.Number):
        return int(size), int(size)  # type: ignore[call-overload]
    return (size[0], size[0]) if len(size) == 1 else size


def as_float_batch(img: Any, compute: Callable[[Any], Any]) -> Any:
    """``compute`` on an image as a batch (N, C, H, W) of floats, the result in shape and dtype of the image again."""
    lead, dtype = img.shape[:-3], img.dtype
    batch = img.reshape(math.prod(lead), *img.shape[-3:] if img.ndim > 2 else (1, *img.shape))
    if dtype not in (float32, float64):
        batch = batch.to(float32)
    out = compute(batch)
    out = out.reshape(*img.shape[:-2], *out.shape[-2:])
    if out.dtype is dtype:
        return out
    return (out.round() if dtype.numpy.kind in "ui" else out).to(dtype)


def resized(height: int, width: int, size: Any, max_size: int | None) -> tuple[int, int]:
    """The height and width that `resize` gives."""
    if len(size) == 2:
        return size[0], size[1]
    short, long = min(height, width), max(height, width)
    new_short, new_long = size[0], int(size[0] * long / short)
    if max_size is not None:
        if max_size <= new_short:
            raise ValueError(
                f"max_size = {max_size} must be strictly greater than the requested size for the smaller edge "
                f"size = {list(size)}"
            )
        if new_long > max_size:
            new_short, new_long = int(max_size * new_short / new_long), max_size
    return (new_long, new_short) if width <= height else (new_short, new_long)


def resize(
    img: Any,
    size: Any,
    interpolation: Any = InterpolationMode.BILINEAR,
    max_size: int | None = None,
    antialias: bool | None = True,
) -> Any:
    """An image in another size.

    Args:
        img: An image of Pillow or a tensor.
        size: (height, width); or one number, for the shorter edge: the longer one then keeps the ratio.
        interpolation: An `InterpolationMode`, or Pillow's number for it.
        max_size: With one number: the longest that the longer edge may become; the shorter one then gives way.
        antialias: Whether in a smaller tensor all pixels of the larger one count, as they always do with Pillow; for
            bilinear and bicubic.

    Shape:
        (..., H, W) -> (..., H', W')

    Raises: TypeError, ValueError: the arguments do not go together. NotImplementedError: a mode only for Pillow.
    Source: ``torchvision.transforms.functional.resize``.

    Example:
        >>> resize(mgx.zeros(3, 20, 30), 10).shape
        torch.Size([3, 10, 15])
    """
    mode = interpolation_mode(interpolation)
    if isinstance(size, (list, tuple)):
        if len(size) not in (1, 2):
            raise ValueError(
                f"Size must be an int or a 1 or 2 element tuple/list, not a {len(size)} element tuple/list"
            )
        if max_size is not None and len(size) != 1:
            raise ValueError(
                "max_size should only be passed if size specifies the length of the smaller edge, i.e. size should be "
                f"an int, got {size}"
            )
    elif isinstance(size, int):
        size = [size]
    else:
        raise TypeError(f"Got inappropriate size arg: {size}; expected a number or (height, width)")
    _, height, width = get_dimensions(img)
    new = resized(height, width, size, max_size)
    if new == (height, width):
        return img
    if is_pillow(img):
        if antialias is False:
            warnings.warn(
                "Anti-alias option is always applied for PIL Image input. Argument antialias is ignored.", stacklevel=2
            )
        return img.resize(new[::-1], NUMBERS[mode])
    check_image(img)
    if mode in (InterpolationMode.BOX, InterpolationMode.HAMMING, InterpolationMode.LANCZOS):
        raise NotImplementedError(f"Interpolation mode {mode.value!r} is unsupported with Tensor input; use bicubic")
    mixes = mode in (InterpolationMode.BILINEAR, InterpolationMode.BICUBIC)

    def compute(x: Any) -> Any:
        out = F.interpolate(
            x, new, mode=mode.value, align_corners=False if mixes else None, antialias=bool(antialias) and mixes
        )
        # Cubic weights can be negative: then the result is not between the pixels.
        return out.clamp(0, 255) if mode is InterpolationMode.BICUBIC and img.dtype is uint8 else out

    return as_float_batch(img, compute)


# torchvision's names for what a border holds, and those of F.pad; "symmetric" F.pad does not have.
BORDERS = {"constant": "constant", "edge": "replicate", "reflect": "reflect", "symmetric": "symmetric"}


def check_padding(padding: Any, fill: Any, padding_mode: Any) -> None:
    """Raise if these are no arguments of `pad`, whatever the image is."""
    if not isinstance(padding, (numbers.Number, tuple, list)):
        raise TypeError(f"Got inappropriate padding arg: {padding!r}")
    if not isinstance(fill, (numbers.Number, tuple, list)):
        raise TypeError(f"Got inappropriate fill arg: {fill!r}")
    if not isinstance(padding_mode, str):
        raise TypeError(f"Got inappropriate padding_mode arg: {padding_mode!r}")
    if padding_mode not in BORDERS:
        raise ValueError(f"Padding mode should be either constant, edge, reflect or symmetric, got {padding_mode!r}")
    if isinstance(padding, (tuple, list)) and len(padding) not in (1, 2, 4):
        raise ValueError(f"Padding must be an int or a 1, 2, or 4 element tuple, not a {len(padding)} element tuple")


def pad(img: Any, padding: Any, fill: Any = 0, padding_mode: str = "constant") -> Any:
    """An image with a border.

    Args:
        img: An image of Pillow or a tensor.
        padding: How wide it is: one number; or left and right, top and bottom; or left, top, right, bottom. Negative
            numbers cut off.
        fill: What a constant border consists of; for Pillow also one number for each band.
        padding_mode: ``"constant"``, or what of the image comes again: ``"edge"`` its outermost pixel, ``"reflect"``
            its mirror image without this pixel, ``"symmetric"`` with it.

    Shape:
        (..., H, W) -> (..., top + H + bottom, left + W + right)

    Raises: TypeError, ValueError: arguments that are none of these.
    Source: ``torchvision.transforms.functional.pad``.

    Example:
        >>> pad(mgx.tensor([[1, 2, 3]]), (2, 0), padding_mode="symmetric")
        tensor([[2, 1, 1, 2, 3, 3, 2]])
    """
    fill = 0 if fill is None else fill
    check_padding(padding, fill, padding_mode)
    sides = list(padding) if isinstance(padding, (tuple, list)) else [padding]
    left, top, right, bottom = {1: sides * 4, 2: sides * 2, 4: sides}[len(sides)]
    if is_pillow(img):
        palette = img.getpalette() if img.mode == "P" else None
        if padding_mode == "constant":
            # With one number it also makes images of mode P by itself.
            border = sides[0] if len(sides) == 1 else tuple(sides)
            out = pillow("ImageOps").expand(img, border=border, fill=color_for(img, fill))
        else:
            array = np.asarray(img)
            inside = array[max(-top, 0) : img.height - max(-bottom, 0), max(-left, 0) : img.width - max(-right, 0)]
            widths = [(max(top, 0), max(bottom, 0)), (max(left, 0), max(right, 0)), (0, 0)][: array.ndim]
            out = pillow().fromarray(np.pad(inside, widths, mode=padding_mode))  # type: ignore[call-overload]
        if palette is not None:
            out.putpalette(palette)
        return out
    check_image(img)
    if not isinstance(fill, (int, float)):
        raise TypeError(f"Got inappropriate fill arg: {fill!r}; a tensor is filled with one number")
    if padding_mode == "constant":
        return F.pad(img, (left, right, top, bottom), value=float(fill))
    if padding_mode != "symmetric":
        planes = img.reshape(math.prod(img.shape[:-2]), *img.shape[-2:])
        out = F.pad(planes, (left, right, top, bottom), mode=BORDERS[padding_mode])
        return out.reshape(*img.shape[:-2], *out.shape[-2:])
    rows, columns = (
        np.pad(np.arange(n)[max(-a, 0) : n - max(-b, 0)], (max(a, 0), max(b, 0)), mode="symmetric")
        for n, a, b in ((img.shape[-2], top, bottom), (img.shape[-1], left, right))
    )
    return img[(..., *np.ix_(rows, columns))]


def crop(img: Any, top: int, left: int, height: int, width: int) -> Any:
    """The rectangle of an image below and right of (top, left); beyond the image it is 0.

    Args:
        img: An image of Pillow or a tensor.
        top, left: Row and column of the upper left corner.
        height, width: Size of the result.

    Shape:
        (..., H, W) -> (..., height, width)

    Source: ``torchvision.transforms.functional.crop``.

    Example:
        >>> crop(mgx.arange(6).reshape(2, 3), 0, 1, 2, 3)
        tensor([[1, 2, 0],
                [4, 5, 0]])
    """
    if is_pillow(img):
        return img.crop((left, top, left + width, top + height))
    _, h, w = get_dimensions(check_image(img))
    # What of the rectangle is inside: from the first row to before the second, and so for columns.
    a, b = min(max(top, 0), h), min(max(top + height, 0), h)
    c, d = min(max(left, 0), w), min(max(left + width, 0), w)
    inside = img[..., a:b, c:d]
    if inside.shape[-2:] == (height, width):
        return inside
    above, before = min(max(-top, 0), height), min(max(-left, 0), width)
    return pad(inside, [before, above, width - (d - c) - before, height - (b - a) - above])


def center_crop(img: Any, output_size: Any) -> Any:
    """The middle of an image, with a border of 0 where the image is smaller.

    Args:
        img: An image of Pillow or a tensor.
        output_size: (height, width), or one number for both.

    Source: ``torchvision.transforms.functional.center_crop``.

    Example:
        >>> center_crop(mgx.arange(5).reshape(1, 5), (1, 3))
        tensor([[1, 2, 3]])
    """
    height, width = pair(output_size)
    _, h, w = get_dimensions(img)
    down, across = max(height - h, 0), max(width - w, 0)  # how much is missing
    if down or across:
        img = pad(img, [across // 2, down // 2, (across + 1) // 2, (down + 1) // 2])
        h, w = h + down, w + across
        if (h, w) == (height, width):
            return img
    return crop(img, round((h - height) / 2), round((w - width) / 2), height, width)


def resized_crop(
    img: Any,
    top: int,
    left: int,
    height: int,
    width: int,
    size: Any,
    interpolation: Any = InterpolationMode.BILINEAR,
    antialias: bool | None = True,
) -> Any:
    """`crop`, and then `resize`."""
    return resize(crop(img, top, left, height, width), size, interpolation, antialias=antialias)


def hflip(img: Any) -> Any:
    """An image with left and right exchanged.

    Example:
        >>> hflip(mgx.tensor([[1, 2, 3]]))
        tensor([[3, 2, 1]])
    """
    return img.transpose(pillow().Transpose.FLIP_LEFT_RIGHT) if is_pillow(img) else check_image(img).flip(-1)


def vflip(img: Any) -> Any:
    """An image with top and bottom exchanged.

    Example:
        >>> vflip(mgx.tensor([[1], [2]]))
        tensor([[2],
                [1]])
    """
    return img.transpose(pillow().Transpose.FLIP_TOP_BOTTOM) if is_pillow(img) else check_image(img).flip(-2)


def five_crop(img: Any, size: Any) -> tuple[Any, ...]:
    """The four corners of an image (the two above, the two below) and its middle.

    Args:
        img: An image of Pillow or a tensor.
        size: (height, width) of each, or one number for both.

    Raises: ValueError: ``size`` has not two numbers, or is larger than the image.
    Source: ``torchvision.transforms.functional.five_crop``.

    Example:
        >>> [c.item() for c in five_crop(mgx.arange(9).reshape(3, 3), 1)]
        [0, 2, 6, 8, 4]
    """
    size = pair(size)
    if len(size) != 2:
        raise ValueError("Please provide only two dimensions (h, w) for size.")
    _, h, w = get_dimensions(img)
    height, width = size
    if width > w or height > h:
        raise ValueError(f"Requested crop size {size} is bigger than input size {(h, w)}")
    corners = [crop(img, top, left, height, width) for top in (0, h - height) for left in (0, w - width)]
    return (*corners, center_crop(img, (height, width)))


def ten_crop(img: Any, size: Any, vertical_flip: bool = False) -> tuple[Any, ...]:
    """`five_crop` of an image and of its mirror image, left and right exchanged, or top and bottom.

    Example:
        >>> [c.item() for c in ten_crop(mgx.arange(9).reshape(3, 3), 1)]
        [0, 2, 6, 8, 4, 2, 0, 8, 6, 4]
    """
    return five_crop(img, size) + five_crop(vflip(img) if vertical_flip else hflip(img), size)
