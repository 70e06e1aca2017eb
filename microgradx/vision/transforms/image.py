"""What an image is here: a tensor of shape (..., C, H, W), or an image of Pillow, which is loaded where it is needed."""

import sys
from enum import Enum
from typing import Any

from microgradx.tensor import Tensor


def pillow(part: str = "Image") -> Any:
    """A module of Pillow.

    Raises: ModuleNotFoundError: it is not installed.
    """
    try:
        from importlib import import_module

        return import_module(f"PIL.{part}")
    except ModuleNotFoundError as error:
        if error.name not in ("PIL", f"PIL.{part}"):
            raise
        raise ModuleNotFoundError(
            "this needs Pillow, which is not installed: pip install microgradx[vision]; tensors and arrays do without it",
            name=error.name,
        ) from None


def is_pillow(value: Any) -> bool:
    """Whether ``value`` is an image of Pillow; if Pillow was never loaded, nothing is."""
    module = sys.modules.get("PIL.Image")
    return module is not None and isinstance(value, module.Image)


def check_image(img: Any) -> Any:
    """An image that is not one of Pillow's, if it is a tensor.

    Raises: TypeError: it is something else, or has fewer than two dimensions.
    """
    if not isinstance(img, Tensor):
        raise TypeError(f"img should be PIL Image. Got {type(img)}; a Tensor will do as well, see to_tensor")
    if img.ndim < 2:
        raise TypeError(f"Tensor is not a torch image. It has shape {tuple(img.shape)}, expected (..., C, H, W)")
    return img


def check_channels(img: Any, allowed: tuple[int, ...] = (1, 3)) -> Any:
    """A tensor image, if it has as many channels as the operation knows what to do with."""
    channels = get_dimensions(check_image(img))[0]
    if channels not in allowed:
        raise TypeError(f"Input image tensor permitted channel values are {list(allowed)}, but found {channels}")
    return img


class InterpolationMode(Enum):
    """How to find a value between pixels; the last three are only for images of Pillow."""

    NEAREST = "nearest"
    NEAREST_EXACT = "nearest-exact"
    BILINEAR = "bilinear"
    BICUBIC = "bicubic"
    BOX = "box"
    HAMMING = "hamming"
    LANCZOS = "lanczos"


# The numbers that Pillow has for them; it has one kind of nearest neighbour.
NUMBERS = {
    InterpolationMode.NEAREST: 0,
    InterpolationMode.LANCZOS: 1,
    InterpolationMode.BILINEAR: 2,
    InterpolationMode.BICUBIC: 3,
    InterpolationMode.BOX: 4,
    InterpolationMode.HAMMING: 5,
    InterpolationMode.NEAREST_EXACT: 0,
}


def interpolation_mode(value: Any) -> InterpolationMode:
    """A mode, also by Pillow's number for it.

    Raises: TypeError: it is neither.
    """
    if isinstance(value, InterpolationMode):
        return value
    for mode, number in NUMBERS.items():
        if isinstance(value, int) and value == number:
            return mode
    raise TypeError(
        f"Argument interpolation should be a InterpolationMode or a corresponding Pillow integer constant, got {value!r}"
    )


def get_dimensions(img: Any) -> list[int]:
    """Number of channels, height and width of an image.

    Raises: TypeError: it is neither a tensor with two dimensions or more nor an image of Pillow.
    Source: ``torchvision.transforms.functional.get_dimensions``.

    Example:
        >>> get_dimensions(mgx.zeros(3, 28, 30))
        [3, 28, 30]
    """
    if is_pillow(img):
        width, height = img.size
        return [len(img.getbands()), height, width]
    if not isinstance(img, Tensor):
        raise TypeError(f"Unexpected type {type(img)}; expected a PIL Image or a Tensor")
    channels = img.shape[-3] if check_image(img).ndim > 2 else 1
    return [channels, *img.shape[-2:]]


def get_image_size(img: Any) -> list[int]:
    """Width and height of an image, in this order."""
    _, height, width = get_dimensions(img)
    return [width, height]


def get_image_num_channels(img: Any) -> int:
    """Number of channels of an image."""
    return get_dimensions(img)[0]


def color_for(img: Any, fill: Any) -> Any:
    """A fill color as Pillow takes it for ``img``: a number, or one for each band; whole, but for floats.

    Raises: ValueError: there are not as many numbers as bands.
    """
    bands = len(img.getbands())
    values = tuple(fill) if isinstance(fill, (list, tuple)) else (0 if fill is None else fill,)
    if len(values) == 1:
        values *= bands
    if len(values) != bands:
        raise ValueError(
            "The number of elements in 'fill' does not match the number of channels of the image "
            f"({len(values)} != {bands})"
        )
    if img.mode != "F":
        values = tuple(int(v) for v in values)
    return values if bands > 1 or isinstance(fill, (list, tuple)) else values[0]
