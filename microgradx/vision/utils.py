"""Pictures of results: images in a grid, and into a file; boxes and masks over an image."""

import math
from typing import Any

from microgradx.autograd import no_grad
from microgradx.dtypes import uint8
from microgradx.ops.shape import stack
from microgradx.tensor import Tensor
from microgradx.vision.drawing import draw_bounding_boxes, draw_segmentation_masks
from microgradx.vision.transforms.convert import to_pil_image

__all__ = ["draw_bounding_boxes", "draw_segmentation_masks", "make_grid", "save_image"]


@no_grad()  # type: ignore[untyped-decorator]
def make_grid(
    tensor: Any,
    nrow: int = 8,
    padding: int = 2,
    normalize: bool = False,
    value_range: tuple[float, float] | None = None,
    scale_each: bool = False,
    pad_value: float = 0.0,
) -> Any:
    """Many images as one, in rows.

    Args:
        tensor: Images (N, C, H, W), or a list of images of one shape. Those with one channel get three equal ones.
        nrow: Number of images in a row.
        padding: Width of the lines between them and around them.
        normalize: Whether to shift and scale the values so that they go from 0 to 1.
        value_range: Which values become 0 and 1, with ``normalize``; by default the least and the greatest.
        scale_each: Whether to look for these in each image by itself.
        pad_value: What the lines hold.

    Shape:
        (N, C, H, W) -> (C, rows · (H + padding) + padding, nrow · (W + padding) + padding); a single image gets no lines.

    Raises: TypeError: these are no tensors.
    Source: ``torchvision.utils.make_grid``.

    Example:
        >>> make_grid(mgx.ones(3, 1, 2, 2), nrow=3, padding=1)[0]
        tensor([[0., 0., 0., 0., 0., 0., 0., 0., 0., 0.],
                [0., 1., 1., 0., 1., 1., 0., 1., 1., 0.],
                [0., 1., 1., 0., 1., 1., 0., 1., 1., 0.],
                [0., 0., 0., 0., 0., 0., 0., 0., 0., 0.]])
    """
    if isinstance(tensor, list):
        for each in tensor:
            if not isinstance(each, Tensor):
                raise TypeError(f"tensor or list of tensors expected, got a list containing {type(each)}")
        tensor = stack(tensor)
    if not isinstance(tensor, Tensor):
        raise TypeError(f"tensor or list of tensors expected, got {type(tensor)}")
    images: Any = tensor
    while images.ndim < 4:  # a picture without channels, then one without a number
        images = images.unsqueeze(0)
    if images.shape[1] == 1:
        images = images.expand(-1, 3, -1, -1)
    if normalize:
        if value_range is not None and not isinstance(value_range, tuple):
            raise TypeError(f"value_range has to be a tuple (min, max) of numbers if specified, got {value_range!r}")
        images = stack([scaled(i, value_range) for i in images]) if scale_each else scaled(images, value_range)
    count, channels, height, width = images.shape
    if count == 1:
        return images.squeeze(0)
    columns = min(nrow, count)
    rows = math.ceil(count / columns)
    down, across = height + padding, width + padding
    grid = images.new_full((channels, rows * down + padding, columns * across + padding), pad_value)
    for k in range(count):
        top, left = k // columns * down + padding, k % columns * across + padding
        grid[:, top : top + height, left : left + width] = images[k]
    return grid


def scaled(images: Any, value_range: tuple[float, float] | None) -> Any:
    """Values cut off at the limits, and then shifted and scaled so that the limits become 0 and 1."""
    low, high = (float(images.min()), float(images.max())) if value_range is None else value_range
    return (images.clamp(low, high) - low) / max(high - low, 1e-5)


@no_grad()  # type: ignore[untyped-decorator]
def save_image(tensor: Any, fp: Any, format: str | None = None, **kwargs: Any) -> None:
    """Write images to a file, many of them as the grid of `make_grid`.

    Args:
        tensor: Images with values from 0 to 1, as `make_grid` takes them.
        fp: A path, the end of which says the format (``.png``, ``.jpg``), or an open file.
        format: The format, for an open file.
        **kwargs: Arguments of `make_grid`.

    Raises: ModuleNotFoundError: Pillow is not installed.
    Source: ``torchvision.utils.save_image``.
    """
    grid = make_grid(tensor, **kwargs)
    pixels = grid.mul(255).add_(0.5).clamp_(0, 255).to(uint8)  # in place: integers, which have another range, raise
    to_pil_image(pixels).save(fp, format=format)
