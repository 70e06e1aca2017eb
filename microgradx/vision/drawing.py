"""Boxes and masks drawn over an image."""

import warnings
from typing import Any

from microgradx.autograd import no_grad
from microgradx.creation import tensor
from microgradx.dtypes import bool_, int64, uint8
from microgradx.tensor import Tensor
from microgradx.vision.transforms.convert import convert_image_dtype, pil_to_tensor, to_pil_image
from microgradx.vision.transforms.image import pillow


def check_picture(image: Any, text: str, channels: tuple[int, ...]) -> None:
    """Raise if ``image`` is not one image to draw on, of bytes or floats, with so many channels."""
    if not isinstance(image, Tensor):
        raise TypeError(f"{text} {type(image)}")
    if not (image.dtype is uint8 or image.is_floating_point()):
        raise ValueError(f"The image dtype must be uint8 or float, got {image.dtype}")
    if image.ndim != 3:
        raise ValueError(f"Pass individual images, not batches; got {image.ndim} dimensions")
    if image.shape[0] not in channels:
        known = "an RGB image. Other Image formats are not supported" if channels == (3,) else "a gray or an RGB image"
        raise ValueError(f"Pass {known}, got {image.shape[0]} channels")


def parsed_colors(colors: Any, count: int) -> list[Any]:
    """``count`` colors as three numbers up to 255 each; by default some that are far from each other."""
    if colors is None:
        palette = (2**25 - 1, 2**15 - 1, 2**21 - 1)
        return [tuple(i * part % 255 for part in palette) for i in range(count)]
    if isinstance(colors, list):
        if len(colors) < count:
            raise ValueError(
                f"Number of colors must be equal or larger than the number of objects, but got {len(colors)} < {count}."
            )
    elif isinstance(colors, str) or (isinstance(colors, tuple) and len(colors) == 3):
        colors = [colors] * count
    else:
        raise ValueError(f"colors must be a RGB triplet or a string, or a list thereof, but got {colors}.")
    return [pillow("ImageColor").getrgb(color) if isinstance(color, str) else color for color in colors]


@no_grad()  # type: ignore[untyped-decorator]
def draw_segmentation_masks(image: Any, masks: Any, alpha: float = 0.8, colors: Any = None) -> Any:
    """An image with a color over each mask; where masks overlap, it is black.

    Args:
        image: (3, H, W), uint8, or floats from 0 to 1.
        masks: (N, H, W) or (H, W), bool.
        alpha: How much the color covers, from 0 to 1.
        colors: One for all masks or a list of N: names, for which Pillow is needed, or three numbers up to 255.

    Shape:
        (3, H, W) -> the same

    Raises: TypeError, ValueError: shapes, dtypes or colors that are others.
    Source: ``torchvision.utils.draw_segmentation_masks``.
    """
    check_picture(image, "The image must be a tensor, got", (3,))
    masks = masks[None] if masks.ndim == 2 else masks
    if masks.ndim != 3:
        raise ValueError(f"masks must be of shape (H, W) or (batch_size, H, W), got {tuple(masks.shape)}")
    if masks.dtype is not bool_:
        raise ValueError(f"The masks must be of dtype bool. Got {masks.dtype}")
    if masks.shape[-2:] != image.shape[-2:]:
        raise ValueError(
            f"The image and the masks must have the same height and width, got {tuple(image.shape)} and "
            f"{tuple(masks.shape)}"
        )
    if not len(masks):
        warnings.warn("masks doesn't contain any mask. No mask was drawn", stacklevel=2)
        return image
    white = 255 if image.is_floating_point() else 1  # what a color is divided by
    covered = image.clone()
    for mask, color in zip(masks, parsed_colors(colors, len(masks)), strict=False):
        covered[:, mask] = tensor([part / white for part in color]).to(image.dtype)[:, None]
    covered[:, masks.sum(0) > 1] = 0
    return (image * (1 - alpha) + covered * alpha).to(image.dtype)


@no_grad()  # type: ignore[untyped-decorator]
def draw_bounding_boxes(
    image: Any,
    boxes: Any,
    labels: list[str] | None = None,
    colors: Any = None,
    fill: bool = False,
    width: int = 1,
    font: str | None = None,
    font_size: int | None = None,
    label_colors: Any = None,
    label_background_colors: Any = None,
    fill_labels: bool = False,
) -> Any:
    """An image with boxes around what is in it, and with their labels.

    Args:
        image: (3, H, W) or (1, H, W), uint8, or floats from 0 to 1.
        boxes: (N, 4): left, top, right and bottom of each.
        labels: A text for each.
        colors: One for all boxes or a list of N: names, or three numbers up to 255.
        fill: Whether to color the inside too, so that the image shines through.
        width: Of the lines.
        font: The file of a font; by default the one that Pillow has.
        font_size: Of the text, with ``font``.
        label_colors: Of the text, as ``colors``; by default those of the boxes, or black with ``fill_labels``.
        label_background_colors: Of the rectangles behind the text, with ``fill_labels``; by default those of the boxes.
        fill_labels: Whether to draw these.

    Shape:
        (C, H, W) -> (3, H, W)

    Units: boxes, width and font_size are in pixels.
    Raises: TypeError, ValueError: shapes, dtypes, labels or colors that are others. ModuleNotFoundError: Pillow is not
        installed.
    Source: ``torchvision.utils.draw_bounding_boxes``, but for boxes that are turned.
    """
    check_picture(image, "Tensor expected, got", (1, 3))
    if boxes.ndim != 2 or boxes.shape[1] != 4:
        raise ValueError(f"boxes must be of shape (N, 4), got {tuple(boxes.shape)}")
    if (boxes[:, :2] > boxes[:, 2:]).any():
        raise ValueError("Boxes need to be in (xmin, ymin, xmax, ymax) format, the smaller number first")
    count = len(boxes)
    if not count:
        warnings.warn("boxes doesn't contain any box. No box was drawn", stacklevel=2)
        return image
    if labels is not None and len(labels) != count:
        raise ValueError(
            f"Number of boxes ({count}) and labels ({len(labels)}) mismatch. Please specify labels for each box."
        )
    if font is None and font_size is not None:
        warnings.warn("Argument 'font_size' will be ignored since 'font' is not set.", stacklevel=2)
    fonts = pillow("ImageFont")
    type_face = fonts.load_default() if font is None else fonts.truetype(font=font, size=font_size or 10)
    frames = parsed_colors(colors, count)
    behind = parsed_colors(label_background_colors, count) if fill_labels and label_background_colors else frames
    letters = parsed_colors(label_colors or "black", count) if label_colors or fill_labels else frames

    picture = to_pil_image(convert_image_dtype(image, uint8).expand(3, -1, -1))
    draw = pillow("ImageDraw").Draw(picture, "RGBA" if fill else None)
    for i, box in enumerate(boxes.to(int64).tolist()):
        draw.rectangle(box, width=width, outline=frames[i], fill=(*frames[i], 100) if fill else None)
        if labels is not None and labels[i] is not None:
            corner = box[0] + width + 1, box[1] + width + 1
            if fill_labels:
                left, top, right, bottom = draw.textbbox(corner, labels[i], font=type_face)
                draw.rectangle((left - 1, top - 1, right + 1, bottom + 1), fill=behind[i])
            draw.text(corner, labels[i], fill=letters[i], font=type_face)
    return convert_image_dtype(pil_to_tensor(picture), image.dtype)
