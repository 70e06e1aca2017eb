"""Transforms that change what pixels hold by chance: colors, blur, a part erased."""

import math
import numbers
from collections.abc import Sequence
from typing import Any

from microgradx.creation import empty, tensor
from microgradx.dtypes import float32
from microgradx.nn.module import Module
from microgradx.random import randperm
from microgradx.tensor import Tensor
from microgradx.vision.transforms import functional as F
from microgradx.vision.transforms.draws import chance, check_ranges, log_uniform, uniform, whole
from microgradx.vision.transforms.fixed import two

__all__ = ["ColorJitter", "GaussianBlur", "RandomErasing", "RandomGrayscale"]

Range = tuple[float, float]


def limits(value: Any, name: str, center: float = 1.0, least: float = 0.0, most: float = math.inf) -> Range | None:
    """A range of factors: within a number of the center, or two numbers; None if only the center is in it."""
    if isinstance(value, numbers.Number):
        if value < 0:  # type: ignore[operator]
            raise ValueError(f"If {name} is a single number, it must be non negative.")
        low, high = center - float(value), center + float(value)  # type: ignore[arg-type]
        low = max(low, 0.0) if center else low
    elif isinstance(value, (tuple, list)) and len(value) == 2:
        low, high = float(value[0]), float(value[1])
    else:
        raise TypeError(f"{name} should be a single number or a list/tuple with length 2.")
    if not least <= low <= high <= most:
        raise ValueError(f"{name} values should be between {(least, most)}, but got {[low, high]}.")
    return None if low == high == center else (low, high)


class ColorJitter(Module):
    """Brightness, contrast, saturation and hue changed, by factors that are drawn, in an order that is drawn.

    Args:
        brightness, contrast, saturation: From which to which factor; one number v is from max(0, 1 - v) to 1 + v.
        hue: From which to which turn, within -0.5 and 0.5; one number is from minus it to it.

    Raises: TypeError, ValueError: ranges that are none.
    Source: ``torchvision.transforms.ColorJitter``, the same factors for the same seed.

    Example:
        >>> from microgradx.vision import transforms
        >>> transforms.ColorJitter(0.5, hue=0.1)
        ColorJitter(brightness=(0.5, 1.5), contrast=None, saturation=None, hue=(-0.1, 0.1))
    """

    def __init__(self, brightness: Any = 0, contrast: Any = 0, saturation: Any = 0, hue: Any = 0) -> None:
        super().__init__()
        self.brightness = limits(brightness, "brightness")
        self.contrast = limits(contrast, "contrast")
        self.saturation = limits(saturation, "saturation")
        self.hue = limits(hue, "hue", 0.0, -0.5, 0.5)

    @staticmethod
    def get_params(
        brightness: Range | None, contrast: Range | None, saturation: Range | None, hue: Range | None
    ) -> tuple[Any, float | None, float | None, float | None, float | None]:
        """The order of the four changes, and their factors, or None."""
        order = randperm(4)
        b, c, s, h = (None if r is None else uniform(r[0], r[1]) for r in (brightness, contrast, saturation, hue))
        return order, b, c, s, h

    def forward(self, img: Any) -> Any:
        order, *factors = self.get_params(self.brightness, self.contrast, self.saturation, self.hue)
        changes = (F.adjust_brightness, F.adjust_contrast, F.adjust_saturation, F.adjust_hue)
        for i in order.tolist():
            if (factor := factors[i]) is not None:
                img = changes[i](img, factor)
        return img

    def __repr__(self) -> str:
        return (
            f"{type(self).__name__}(brightness={self.brightness}, contrast={self.contrast}, "
            f"saturation={self.saturation}, hue={self.hue})"
        )


class RandomGrayscale(Module):
    """An image in gray, with chance ``p``, its number of channels kept.

    Source: ``torchvision.transforms.RandomGrayscale``, the same images for the same seed.
    """

    def __init__(self, p: float = 0.1) -> None:
        super().__init__()
        self.p = p

    def forward(self, img: Any) -> Any:
        channels = F.get_image_num_channels(img)
        return F.rgb_to_grayscale(img, channels) if chance(self.p) else img

    def __repr__(self) -> str:
        return f"{type(self).__name__}(p={self.p})"


class RandomErasing(Module):
    """A rectangle of a tensor image erased, with chance ``p``: its size, its ratio and its place are drawn.

    Args:
        p: The chance.
        scale: From which to which share of the image's area the rectangle is.
        ratio: From which to which height divided by width.
        value: What is there then: one number, one for each channel, or ``"random"``, normally distributed numbers.
        inplace: Whether to write into the image.

    Raises: TypeError, ValueError: arguments that are none of these; at the call, an image of Pillow.
    Source: ``torchvision.transforms.RandomErasing``, the same rectangles for the same seed; Z. Zhong et al., "Random
        erasing data augmentation" (2017).
    """

    def __init__(
        self,
        p: float = 0.5,
        scale: Sequence[float] = (0.02, 0.33),
        ratio: Sequence[float] = (0.3, 3.3),
        value: Any = 0,
        inplace: bool = False,
    ) -> None:
        super().__init__()
        if not isinstance(value, (numbers.Number, str, tuple, list)):
            raise TypeError(f"Argument value should be either a number or str or a sequence, got {type(value)}")
        if isinstance(value, str) and value != "random":
            raise ValueError(f"If value is str, it should be 'random', got {value!r}")
        check_ranges(scale, ratio)
        if scale[0] < 0 or scale[1] > 1:
            raise ValueError(f"Scale should be between 0 and 1, got {scale}")
        if p < 0 or p > 1:
            raise ValueError(f"Random erasing probability should be between 0 and 1, got {p}")
        self.p = p
        self.scale = scale
        self.ratio = ratio
        self.value = value
        self.inplace = inplace

    @staticmethod
    def get_params(
        img: Any, scale: Sequence[float], ratio: Sequence[float], value: list[float] | None = None
    ) -> tuple[int, int, int, int, Any]:
        """Top, left, height, width and values of a rectangle: one of ten that fits, or else the image itself."""
        channels, height, width = img.shape[-3:]
        for _ in range(10):
            area = height * width * uniform(scale[0], scale[1])
            aspect = log_uniform(ratio[0], ratio[1])
            h, w = round(math.sqrt(area * aspect)), round(math.sqrt(area / aspect))
            if h < height and w < width:
                if value is None:
                    values = empty(channels, h, w, dtype=float32).normal_()
                else:
                    values = tensor(value)[:, None, None]
                top = whole(height - h + 1)
                return top, whole(width - w + 1), h, w, values
        return 0, 0, height, width, img

    def forward(self, img: Any) -> Any:
        if not chance(self.p):
            return img
        value: list[float] | None = None
        if isinstance(self.value, numbers.Number):
            value = [float(self.value)]  # type: ignore[arg-type]
        elif not isinstance(self.value, str):
            value = [float(v) for v in self.value]
        if not isinstance(img, Tensor) or img.ndim < 3:
            raise TypeError(f"img should be Tensor Image of shape (..., C, H, W). Got {type(img)}; use ToTensor first")
        if value is not None and len(value) not in (1, img.shape[-3]):
            raise ValueError(
                f"If value is a sequence, it should have either a single value or {img.shape[-3]} (number of input "
                f"channels), got {len(value)}"
            )
        return F.erase(img, *self.get_params(img, self.scale, self.ratio, value), inplace=self.inplace)

    def __repr__(self) -> str:
        return (
            f"{type(self).__name__}(p={self.p}, scale={self.scale}, ratio={self.ratio}, value={self.value}, "
            f"inplace={self.inplace})"
        )


class GaussianBlur(Module):
    """An image blurred, how much is drawn; see `functional.gaussian_blur`.

    Args:
        kernel_size: Width and height of what counts, odd numbers; or one number for both.
        sigma: From which to which standard deviation; or one number.

    Units: sigma is in pixels.
    Raises: ValueError: sizes or deviations that are none.
    Source: ``torchvision.transforms.GaussianBlur``, the same deviations for the same seed.
    """

    def __init__(self, kernel_size: Any, sigma: Any = (0.1, 2.0)) -> None:
        super().__init__()
        self.kernel_size = two(kernel_size, "Kernel size should be a tuple/list of two integers")
        if any(size <= 0 or size % 2 == 0 for size in self.kernel_size):
            raise ValueError(f"Kernel size value should be an odd and positive number, got {self.kernel_size}.")
        if isinstance(sigma, numbers.Number):
            if sigma <= 0:  # type: ignore[operator]
                raise ValueError("If sigma is a single number, it must be positive.")
            sigma = (sigma, sigma)
        elif not isinstance(sigma, Sequence) or len(sigma) != 2:
            raise ValueError("sigma should be a single number or a list/tuple with length 2.")
        elif not 0.0 < sigma[0] <= sigma[1]:
            raise ValueError(f"sigma values should be positive and of the form (min, max), got {sigma}.")
        self.sigma = sigma

    @staticmethod
    def get_params(sigma_min: float, sigma_max: float) -> float:
        """A standard deviation."""
        return uniform(sigma_min, sigma_max)

    def forward(self, img: Any) -> Any:
        sigma = self.get_params(self.sigma[0], self.sigma[1])
        return F.gaussian_blur(img, self.kernel_size, [sigma, sigma])

    def __repr__(self) -> str:
        return f"{type(self).__name__}(kernel_size={self.kernel_size}, sigma={self.sigma})"
