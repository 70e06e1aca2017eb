"""Other colors at the same places: brightness, contrast, saturation, hue, gray; and blur."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from microgradx.creation import linspace
from microgradx.dtypes import float32
from microgradx.nn import functional as F
from microgradx.ops.indexing import where
from microgradx.ops.shape import stack
from microgradx.vision.transforms.convert import convert_image_dtype, largest, pil_to_tensor, to_pil_image
from microgradx.vision.transforms.geometry import as_float_batch
from microgradx.vision.transforms.image import check_channels, check_image, get_dimensions, is_pillow, pillow


def check_factor(name: str, factor: float) -> float:
    """Raise if a factor that multiplies colors is negative."""
    if factor < 0:
        raise ValueError(f"{name} ({factor}) is not non-negative.")
    return float(factor)


def blend(img: Any, other: Any, ratio: float) -> Any:
    """``other`` at ratio 0, ``img`` at 1, between them or beyond at others; from black to white."""
    mixed = (img * ratio + other * (1.0 - ratio)).clamp(0, largest(img.dtype))
    return mixed.to(img.dtype)


def adjust_brightness(img: Any, brightness_factor: float) -> Any:
    """An image with all values multiplied, up to white: 0 gives black, 1 the image.

    Args:
        img: An image of Pillow, or a tensor with 1 or 3 channels.
        brightness_factor: 0 or more.

    Raises: ValueError: the factor is negative and the image a tensor.
    Source: ``torchvision.transforms.functional.adjust_brightness``.

    Example:
        >>> adjust_brightness(mgx.tensor([[[0.1, 0.6]]]), 2)
        tensor([[[0.2000, 1.0000]]])
    """
    if is_pillow(img):
        return pillow("ImageEnhance").Brightness(img).enhance(brightness_factor)
    ratio = check_factor("brightness_factor", brightness_factor)
    return blend(check_channels(img), 0.0, ratio)


def adjust_contrast(img: Any, contrast_factor: float) -> Any:
    """An image nearer to its mean gray, or farther from it: 0 gives this gray, 1 the image.

    Args:
        img: An image of Pillow, or a tensor with 1 or 3 channels.
        contrast_factor: 0 or more.

    Raises: ValueError: the factor is negative and the image a tensor.
    Source: ``torchvision.transforms.functional.adjust_contrast``.

    Example:
        >>> adjust_contrast(mgx.tensor([[[0.2, 0.4]]]), 2)
        tensor([[[0.1000, 0.5000]]])
    """
    if is_pillow(img):
        return pillow("ImageEnhance").Contrast(img).enhance(contrast_factor)
    ratio = check_factor("contrast_factor", contrast_factor)
    gray = rgb_to_grayscale(img) if get_dimensions(check_channels(img))[0] == 3 else img
    gray = gray if gray.is_floating_point() else gray.to(float32)
    return blend(img, gray.mean((-3, -2, -1), keepdim=True), ratio)


def adjust_saturation(img: Any, saturation_factor: float) -> Any:
    """An image nearer to its gray version, or farther from it: 0 gives the gray one, 1 the image.

    Args:
        img: An image of Pillow, or a tensor with 1 or 3 channels.
        saturation_factor: 0 or more.

    Raises: ValueError: the factor is negative and the image a tensor.
    Source: ``torchvision.transforms.functional.adjust_saturation``.
    """
    if is_pillow(img):
        return pillow("ImageEnhance").Color(img).enhance(saturation_factor)
    ratio = check_factor("saturation_factor", saturation_factor)
    if get_dimensions(check_channels(img))[0] == 1:
        return img
    return blend(img, rgb_to_grayscale(img), ratio)


def adjust_hue(img: Any, hue_factor: float) -> Any:
    """An image with its colors moved on around the color wheel.

    Args:
        img: An image of Pillow, or a tensor with 1 or 3 channels; one channel, having no hue, stays as it is.
        hue_factor: From -0.5 to 0.5, which both give the opposite colors.

    Units: hue_factor is in turns.
    Raises: ValueError: the factor is out of this range.
    Source: ``torchvision.transforms.functional.adjust_hue``; A. R. Smith, "Color gamut transform pairs" (1978).

    Example:
        >>> adjust_hue(mgx.tensor([1.0, 0.0, 0.0]).reshape(3, 1, 1), 0.5).flatten()  # red
        tensor([0., 1., 1.])
    """
    if not -0.5 <= hue_factor <= 0.5:
        raise ValueError(f"hue_factor ({hue_factor}) is not in [-0.5, 0.5].")
    if is_pillow(img):
        if img.mode in ("L", "1", "I", "F"):
            return img
        hue, saturation, value = img.convert("HSV").split()
        turned = np.array(hue, dtype=np.uint8) + np.int32(hue_factor * 255).astype(np.uint8)  # modulo 256: a full turn
        turned_hue = pillow().frombytes("L", hue.size, turned.tobytes())
        return pillow().merge("HSV", (turned_hue, saturation, value)).convert(img.mode)
    if get_dimensions(check_channels(img))[0] == 1:
        return img
    h, s, v = hsv_of(convert_image_dtype(img, float32))
    return convert_image_dtype(rgb_of((h + hue_factor) % 1.0, s, v), img.dtype)


def hsv_of(img: Any) -> tuple[Any, Any, Any]:
    """Hue, saturation and value of a float RGB image, all from 0 to 1."""
    r, g, b = img.unbind(-3)
    highest, lowest = img.max(-3)[0], img.min(-3)[0]
    span, is_gray = highest - lowest, highest == lowest
    divisor = where(is_gray, 1.0, span)
    rc, gc, bc = ((highest - channel) / divisor for channel in (r, g, b))
    # Sixths of a turn, from the channel that is highest: red at 0, green at 2, blue at 4.
    sixths = where(highest == r, bc - gc, where(highest == g, 2.0 + rc - bc, 4.0 + gc - rc))
    return (sixths / 6.0 + 1.0) % 1.0, span / where(is_gray, 1.0, highest), highest


def rgb_of(h: Any, s: Any, v: Any) -> Any:
    """The RGB image of `hsv_of`."""
    sixth = (h * 6.0).floor()
    f = h * 6.0 - sixth
    falling = [v * (1.0 - part) for part in (s, s * f, s * (1.0 - f))]
    p, q, t = (channel.clamp(0.0, 1.0) for channel in falling)
    # In each sixth one channel is v, one is p, and the third goes up (t) or down (q).
    sixths = ((v, t, p), (q, v, p), (p, v, t), (p, q, v), (t, p, v), (v, p, q))
    which = sixth.detach() % 6
    rgb = sixths[0]
    for k in range(1, 6):
        rgb = tuple(where(which == k, new, old) for new, old in zip(sixths[k], rgb, strict=True))
    return stack(rgb, -3)


def adjust_gamma(img: Any, gamma: float, gain: float = 1) -> Any:
    """``gain * img ** gamma``, black being 0 and white 1: above 1 it makes shadows darker, below 1 lighter.

    Args:
        img: An image of Pillow, or a tensor with 1 or 3 channels.
        gamma: 0 or more.
        gain: A factor.

    Raises: ValueError: ``gamma`` is negative.
    Source: ``torchvision.transforms.functional.adjust_gamma``.

    Example:
        >>> adjust_gamma(mgx.tensor([[[0.5, 1.0]]]), 2)
        tensor([[[0.2500, 1.0000]]])
    """
    if gamma < 0:
        raise ValueError("Gamma should be a non-negative real number")
    if is_pillow(img):
        table = [int((255 + 1 - 1e-3) * gain * (value / 255.0) ** gamma) for value in range(256)]
        return img.convert("RGB").point(table * 3).convert(img.mode)
    check_channels(img)
    values = img if img.is_floating_point() else convert_image_dtype(img, float32)
    return convert_image_dtype((values**gamma * gain).clamp(0, 1), img.dtype)


def to_grayscale(img: Any, num_output_channels: int = 1) -> Any:
    """An image of Pillow in gray, as one channel, or as three equal ones; see `rgb_to_grayscale` for tensors.

    Raises: TypeError: it is no image of Pillow. ValueError: neither one nor three.
    """
    if not is_pillow(img):
        raise TypeError(f"Input should be PIL Image, got {type(img)}; rgb_to_grayscale takes a Tensor too")
    return rgb_to_grayscale(img, num_output_channels)


def rgb_to_grayscale(img: Any, num_output_channels: int = 1) -> Any:
    """An image in gray: the brightness of its colors, as the eye weighs them.

    Args:
        img: An image of Pillow, or a tensor with 1 or 3 channels.
        num_output_channels: 1, or 3 equal ones.

    Shape:
        (..., 3, H, W) or (..., 1, H, W) -> (..., num_output_channels, H, W)

    Raises: ValueError: neither one nor three. TypeError: a tensor without channels.
    Source: ``torchvision.transforms.functional.rgb_to_grayscale``; but one channel becomes three if these are asked for.

    Example:
        >>> rgb_to_grayscale(mgx.tensor([1.0, 0.0, 0.0]).reshape(3, 1, 1)).item()
        0.2989000082015991
    """
    if num_output_channels not in (1, 3):
        raise ValueError(f"num_output_channels should be either 1 or 3, got {num_output_channels}")
    if is_pillow(img):
        gray = img.convert("L")
        return gray if num_output_channels == 1 else pillow().merge("RGB", (gray, gray, gray))
    if check_image(img).ndim < 3:
        raise TypeError(f"Input image tensor should have at least 3 dimensions, but found {img.ndim}")
    if check_channels(img).shape[-3] == 3:
        r, g, b = img.unbind(-3)
        gray = (r * 0.2989 + g * 0.587 + b * 0.114).to(img.dtype).unsqueeze(-3)
    else:
        gray = img.clone()
    return gray if num_output_channels == 1 else gray.expand(*img.shape[:-3], 3, *img.shape[-2:])


def bell(size: int, sigma: float, dtype: Any) -> Any:
    """``size`` weights in the shape of a normal distribution; their sum is 1."""
    x = linspace(-(size - 1) * 0.5, (size - 1) * 0.5, size, dtype=dtype)
    weights = (-0.5 * (x / sigma) ** 2).exp()
    return weights / weights.sum()


def gaussian_blur(img: Any, kernel_size: Any, sigma: Any = None) -> Any:
    """An image blurred: each pixel is a mean of those around it, weighted by a normal distribution.

    Args:
        img: An image of Pillow or a tensor.
        kernel_size: Width and height of what counts, odd numbers; or one number for both.
        sigma: Standard deviations across and down, or one for both; by default ``0.15 * kernel_size + 0.35``.

    Shape:
        (..., C, H, W) -> the same; beyond the border, the image is mirrored.

    Units: sigma is in pixels.
    Raises: TypeError, ValueError: an even or negative size; a deviation that is not positive.
    Source: ``torchvision.transforms.functional.gaussian_blur``.

    Example:
        >>> gaussian_blur(mgx.tensor([[[0.0, 1.0, 0.0]]]), (3, 1))
        tensor([[[0.4780, 0.5220, 0.4780]]])
    """
    if not isinstance(kernel_size, (int, list, tuple)):
        raise TypeError(f"kernel_size should be int or a sequence of integers. Got {type(kernel_size)}")
    sizes = [kernel_size] * 2 if isinstance(kernel_size, int) else list(kernel_size)
    if len(sizes) != 2:
        raise ValueError(f"If kernel_size is a sequence its length should be 2. Got {len(sizes)}")
    if any(size % 2 == 0 or size < 0 for size in sizes):
        raise ValueError(f"kernel_size should have odd and positive integers. Got {sizes}")
    if sigma is None:
        sigma = [size * 0.15 + 0.35 for size in sizes]
    if not isinstance(sigma, (int, float, list, tuple)):
        raise TypeError(f"sigma should be either float or sequence of floats. Got {type(sigma)}")
    sigmas: Sequence[float] = sigma if isinstance(sigma, (list, tuple)) else [sigma]
    sigmas = list(sigmas) * 2 if len(sigmas) == 1 else sigmas
    if len(sigmas) != 2:
        raise ValueError(f"If sigma is a sequence, its length should be 2. Got {len(sigmas)}")
    if any(s <= 0 for s in sigmas):
        raise ValueError(f"sigma should have positive values. Got {sigmas}")
    if is_pillow(img):
        return to_pil_image(gaussian_blur(pil_to_tensor(img), sizes, sigmas), mode=img.mode)

    def compute(x: Any) -> Any:
        across, down = (bell(size, s, x.dtype) for size, s in zip(sizes, sigmas))
        channels = x.shape[1]
        kernel = (down[:, None] * across).expand(channels, 1, *sizes[::-1])
        border = [sizes[0] // 2] * 2 + [sizes[1] // 2] * 2
        return F.conv2d(F.pad(x, border, mode="reflect"), kernel, groups=channels)

    return as_float_batch(check_image(img), compute)
