"""Other brightnesses for the same colors: inverted, fewer levels, spread over the whole range; and sharpness."""

from typing import Any

import numpy as np

from microgradx.creation import from_numpy, full
from microgradx.dtypes import float32, uint8
from microgradx.nn import functional as F
from microgradx.ops.indexing import where
from microgradx.vision.transforms.color import blend, check_factor
from microgradx.vision.transforms.convert import largest
from microgradx.vision.transforms.geometry import as_float_batch
from microgradx.vision.transforms.image import check_channels, check_image, is_pillow, pillow


def check_levels(img: Any, bytes_only: bool = False) -> Any:
    """A tensor image of at least three dimensions with 1 or 3 channels; of bytes, if the operation counts levels."""
    if check_image(img).ndim < 3:
        raise TypeError(f"Input image tensor should have at least 3 dimensions, but found {img.ndim}")
    if bytes_only and img.dtype is not uint8:
        raise TypeError(f"Only torch.uint8 image tensors are supported, but found {img.dtype}")
    return check_channels(img)


def invert(img: Any) -> Any:
    """An image with black and white exchanged, and all between them.

    Source: ``torchvision.transforms.functional.invert``.

    Example:
        >>> invert(mgx.tensor([[[0.0, 0.25]]]))
        tensor([[[1.0000, 0.7500]]])
    """
    if is_pillow(img):
        return pillow("ImageOps").invert(img)
    return largest(check_levels(img).dtype) - img


def posterize(img: Any, bits: int) -> Any:
    """An image of bytes of which only the highest bits are left.

    Raises: ValueError: ``bits`` is not from 0 to 8. TypeError: a tensor that does not consist of bytes.
    Source: ``torchvision.transforms.functional.posterize``.

    Example:
        >>> posterize(mgx.tensor([[[0, 100, 255]]], dtype=mgx.uint8), 2)
        tensor([[[  0,  64, 192]]], dtype=torch.uint8)
    """
    if not 0 <= bits <= 8:
        raise ValueError(f"The number if bits should be between 0 and 8. Got {bits}")
    if is_pillow(img):
        return pillow("ImageOps").posterize(img, bits)
    return check_levels(img, bytes_only=True) & (256 - 2 ** (8 - bits))


def solarize(img: Any, threshold: float) -> Any:
    """An image with what is as bright as the threshold, or brighter, inverted.

    Raises: TypeError: a threshold above white.
    Source: ``torchvision.transforms.functional.solarize``.

    Example:
        >>> solarize(mgx.tensor([[[0.25, 0.75]]]), 0.5)
        tensor([[[0.2500, 0.2500]]])
    """
    if is_pillow(img):
        return pillow("ImageOps").solarize(img, threshold)
    if threshold > largest(check_levels(img).dtype):
        raise TypeError(f"Threshold should be less than bound of img. Got {threshold}")
    return where(img >= threshold, invert(img), img)


def adjust_sharpness(img: Any, sharpness_factor: float) -> Any:
    """An image farther from its blurred version, or nearer to it: 0 gives the blurred one, 1 the image.

    Args:
        img: An image of Pillow, or a tensor with 1 or 3 channels.
        sharpness_factor: 0 or more.

    Raises: ValueError: the factor is negative and the image a tensor.
    Source: ``torchvision.transforms.functional.adjust_sharpness``; in the blur the middle counts 5, its neighbours 1 each.
    """
    if is_pillow(img):
        return pillow("ImageEnhance").Sharpness(img).enhance(sharpness_factor)
    ratio = check_factor("sharpness_factor", sharpness_factor)
    if min(check_channels(img).shape[-2:]) <= 2:
        return img

    def compute(x: Any) -> Any:
        kernel = full((3, 3), 1.0, dtype=x.dtype)
        kernel[1, 1] = 5.0
        kernel = (kernel / kernel.sum()).expand(x.shape[1], 1, 3, 3)
        return F.conv2d(x, kernel, groups=x.shape[1])

    blurred = img.clone()  # the outermost pixels stay as they are
    blurred[..., 1:-1, 1:-1] = as_float_batch(img, compute)
    return blend(img, blurred, ratio)


def autocontrast(img: Any) -> Any:
    """An image with each channel spread over the whole range: its darkest place becomes black, its lightest white.

    Source: ``torchvision.transforms.functional.autocontrast``.

    Example:
        >>> autocontrast(mgx.tensor([[[0.25, 0.5, 0.75]]]))
        tensor([[[0.0000, 0.5000, 1.0000]]])
    """
    if is_pillow(img):
        return pillow("ImageOps").autocontrast(img)
    white, dtype = largest(check_levels(img).dtype), img.dtype
    values = img if img.is_floating_point() else img.to(float32)
    low, high = values.amin((-2, -1), keepdim=True), values.amax((-2, -1), keepdim=True)
    is_flat = low == high  # then there is nothing to spread
    scale = where(is_flat, 1.0, high - low).reciprocal() * white
    spread = (values - where(is_flat, 0.0, low)) * where(is_flat, 1.0, scale)
    return spread.clamp(0, white).to(dtype)


def equalize(img: Any) -> Any:
    """An image of bytes with its levels moved so that all are about equally frequent.

    Raises: TypeError: a tensor that does not consist of bytes, or has not three or four dimensions.
    Source: ``torchvision.transforms.functional.equalize``.
    """
    if is_pillow(img):
        return pillow("ImageOps").equalize(img)
    if not 3 <= check_image(img).ndim <= 4:
        raise TypeError(f"Input image tensor should have 3 or 4 dimensions, but found {img.ndim}")
    check_levels(img, bytes_only=True)
    out = np.empty_like(img.array)
    for place in np.ndindex(img.shape[:-2]):
        out[place] = equal_levels(img.array[place])
    return from_numpy(out)


def equal_levels(channel: np.ndarray) -> np.ndarray:
    """One channel: each level goes to the share of the pixels that are darker."""
    counts = np.bincount(channel.ravel(), minlength=256)
    step = (counts.sum() - counts[np.flatnonzero(counts)[-1]]) // 255  # the lightest level does not count
    if not step:
        return channel
    levels = (np.cumsum(counts) - counts + step // 2) // step
    moved: np.ndarray = np.minimum(levels, 255).astype(np.uint8)[channel]
    return moved
