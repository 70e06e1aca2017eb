"""From one kind of image to another: arrays, images of Pillow, tensors; and the dtypes of these."""

import sys
from collections.abc import Sequence
from typing import Any

import numpy as np

from microgradx.creation import array_of, from_numpy
from microgradx.dtypes import default, float32, float64, int32, int64
from microgradx.dtypes import dtype as Dtype
from microgradx.tensor import Tensor
from microgradx.vision.transforms.image import check_image, is_pillow, pillow

SIXTEEN = "I;16" if sys.byteorder == "little" else "I;16B"
ARRAYS = {"I": np.int32, SIXTEEN: np.int16, "F": np.float32}  # others hold bytes


def to_tensor(pic: Any) -> Any:
    """An image of Pillow or an array as a tensor, bytes as numbers from 0 to 1.

    Args:
        pic: An image of Pillow, or an ndarray.

    Shape:
        (H, W, C) or (H, W) -> (C, H, W)

    Returns:
        A float tensor, the bytes divided by 255; what does not consist of bytes keeps its dtype and its values.

    Raises: TypeError: it is neither. ValueError: an array has not two or three dimensions.
    Source: ``torchvision.transforms.functional.to_tensor``.

    Example:
        >>> to_tensor(np.array([[0, 51], [255, 102]], dtype=np.uint8))
        tensor([[[0.0000, 0.2000],
                 [1.0000, 0.4000]]])
    """
    if is_pillow(pic):
        array = np.array(pic, ARRAYS.get(pic.mode, np.uint8), copy=True)
        if pic.mode == "1":
            array *= 255
    elif isinstance(pic, np.ndarray):
        array = pic
        if array.ndim not in (2, 3):
            raise ValueError(f"pic should be 2/3 dimensional. Got {array.ndim} dimensions.")
    else:
        raise TypeError(f"pic should be PIL Image or ndarray. Got {type(pic)}")
    array = np.ascontiguousarray(channels_first(array))
    return from_numpy(array / default.numpy.type(255) if array.dtype == np.uint8 else array)


def channels_first(array: np.ndarray) -> np.ndarray:
    """(H, W, C) or (H, W) -> (C, H, W), a view."""
    return array[np.newaxis] if array.ndim == 2 else array.transpose(2, 0, 1)


def pil_to_tensor(pic: Any) -> Any:
    """An image of Pillow as a tensor of its own dtype: bytes stay bytes.

    Shape: (C, H, W)
    Raises: TypeError: it is none, or no tensor holds its dtype (mode ``"I;16"``).
    Source: ``torchvision.transforms.functional.pil_to_tensor``.
    """
    if not is_pillow(pic):
        raise TypeError(f"pic should be PIL Image. Got {type(pic)}")
    return from_numpy(channels_first(np.array(pic, copy=True)))


# The modes of Pillow that images with so many channels may have; the first is the usual one.
MODES = {2: ("LA",), 3: ("RGB", "YCbCr", "HSV"), 4: ("RGBA", "CMYK", "RGBX")}
GRAY = {np.uint8: "L", np.int16: SIXTEEN, np.int32: "I", np.float32: "F"}


def to_pil_image(pic: Any, mode: str | None = None) -> Any:
    """A tensor or an array as an image of Pillow.

    Args:
        pic: A tensor, or an ndarray, with at most four channels. Floats, from 0 to 1, are multiplied with 255, and
            their fractions cut off.
        mode: Pillow's name for what the channels mean; by default L, LA, RGB or RGBA, by their number.

    Shape:
        A tensor (C, H, W) or (H, W), or an array (H, W, C) or (H, W).

    Raises: TypeError: it is neither, or of a dtype that images do not have. ValueError: a wrong number of dimensions or
        channels, or the mode does not fit. ModuleNotFoundError: Pillow is not installed.
    Source: ``torchvision.transforms.functional.to_pil_image``.

    Example:
        >>> to_pil_image(mgx.ones(3, 2, 4)).size  # width and height
        (4, 2)
    """
    if isinstance(pic, Tensor):
        array = pic.numpy(force=True)
        array = array.transpose(1, 2, 0) if array.ndim == 3 else array
    elif isinstance(pic, np.ndarray):
        array = pic
    else:
        raise TypeError(f"pic should be Tensor or ndarray. Got {type(pic)}.")
    if array.ndim not in (2, 3):
        raise ValueError(f"pic should be 2/3 dimensional. Got {array.ndim} dimensions.")
    channels = array.shape[2] if array.ndim == 3 else 1
    if not 1 <= channels <= 4:
        raise ValueError(f"pic should not have > 4 channels. Got {channels} channels; 1 to 4 are an image.")
    if array.dtype.kind == "f" and mode != "F":
        array = (array * 255).astype(np.uint8)
    if channels == 1:
        expected = GRAY.get(array.dtype.type)
        if mode is not None and mode != expected:
            raise ValueError(f"Incorrect mode ({mode}) supplied for input type {array.dtype}. Should be {expected}")
        mode, array = expected, array.reshape(array.shape[:2])
    else:
        if mode is not None and mode not in MODES[channels]:
            raise ValueError(f"Only modes {list(MODES[channels])} are supported for {channels}D inputs. Got {mode}")
        mode = (mode or MODES[channels][0]) if array.dtype == np.uint8 else None
    if mode is None:
        raise TypeError(f"Input type {array.dtype} is not supported; convert it to uint8 or float32")
    height, width = array.shape[:2]
    return pillow().frombytes(mode, (width, height), array.tobytes())


def largest(dtype: Dtype) -> int:
    """The value of white: the largest integer, or 1 for floats."""
    return int(np.iinfo(dtype.numpy).max) if dtype.numpy.kind in "ui" else 1


def convert_image_dtype(image: Any, dtype: Dtype = float32) -> Any:
    """A tensor image in another dtype, with black and white where they were: 0, and 1 or the largest integer.

    Args:
        image: Of any shape.
        dtype: The dtype of the result.

    Raises: TypeError: it is no tensor. RuntimeError: floats would become integers that they are too coarse for.
    Source: ``torchvision.transforms.functional.convert_image_dtype``.

    Example:
        >>> convert_image_dtype(mgx.tensor([0.0, 0.5, 1.0]), mgx.uint8)
        tensor([  0, 127, 255], dtype=torch.uint8)
    """
    if not isinstance(image, Tensor):
        raise TypeError(f"Input img should be Tensor Image, got {type(image)}")
    before = image.dtype
    if before is dtype:
        return image
    if before.is_floating_point:
        if dtype.is_floating_point:
            return image.to(dtype)
        if (before, dtype) in ((float32, int32), (float32, int64), (float64, int64)):
            raise RuntimeError(f"The cast from {before} to {dtype} cannot be performed safely.")
        # Nearly one more than the largest integer, so that all integers get equal parts of the interval.
        return (image * (largest(dtype) + 1.0 - 1e-3)).to(dtype)
    if dtype.is_floating_point:
        return image.to(dtype) / largest(before)
    ratio = (largest(dtype) + 1) / (largest(before) + 1)  # a power of two
    return image.to(dtype) * int(ratio) if ratio >= 1 else (image // int(1 / ratio)).to(dtype)


def normalize(tensor: Any, mean: Sequence[float], std: Sequence[float], inplace: bool = False) -> Any:
    """``(tensor - mean) / std``, for each channel.

    Args:
        tensor: A float image, or a batch of images.
        mean: One number for each channel, or one for all.
        std: One number for each channel, or one for all.
        inplace: Whether to write the result into ``tensor``.

    Shape:
        (..., C, H, W) -> the same

    Raises: TypeError: it is no float tensor. ValueError: fewer than three dimensions; a deviation of 0. RuntimeError: there
        are more numbers than channels.
    Source: ``torchvision.transforms.functional.normalize``.

    Example:
        >>> normalize(mgx.tensor([[[0.0, 1.0]]]), [0.5], [0.5])
        tensor([[[-1.,  1.]]])
    """
    if not isinstance(tensor, Tensor):
        raise TypeError(f"img should be Tensor Image. Got {type(tensor)}; convert it with to_tensor")
    if not check_image(tensor).is_floating_point():
        raise TypeError(f"Input tensor should be a float tensor. Got {tensor.dtype}.")
    if tensor.ndim < 3:
        raise ValueError(
            f"Expected tensor to be a tensor image of size (..., C, H, W). Got tensor.size() = {tensor.size()}"
        )
    means, deviations = (array_of(values, tensor.dtype) for values in (mean, std))
    if not deviations.all():
        raise ValueError(f"std evaluated to zero after conversion to {tensor.dtype}, leading to division by zero.")
    means, deviations = (v.reshape(-1, 1, 1) if v.ndim == 1 else v for v in (means, deviations))
    means, deviations = from_numpy(means), from_numpy(deviations)
    if inplace:
        return tensor.sub_(means).div_(deviations)
    out = (tensor - means) / deviations
    if out.shape != tensor.shape:
        raise RuntimeError(
            f"output with shape {list(tensor.shape)} doesn't match the broadcast shape {list(out.shape)}; give as many "
            "means and deviations as there are channels"
        )
    return out


def erase(img: Any, i: int, j: int, h: int, w: int, v: Any, inplace: bool = False) -> Any:
    """A tensor image with the value ``v`` in the rectangle of height h and width w below and right of (i, j).

    Args:
        img: Shape (..., C, H, W).
        i, j: Row and column of the upper left corner.
        h, w: Height and width.
        v: A tensor that broadcasts to the rectangle.
        inplace: Whether to write into ``img``.

    Raises: TypeError: ``img`` is no tensor.
    Source: ``torchvision.transforms.functional.erase``.
    """
    if not isinstance(img, Tensor):
        raise TypeError(f"img should be Tensor Image. Got {type(img)}; convert it with to_tensor")
    out = check_image(img) if inplace else check_image(img).clone()
    out[..., i : i + h, j : j + w] = v
    return out
