"""Transforms that move pixels along rows and columns by chance: crops and flips."""

import math
from collections.abc import Sequence
from typing import Any

from microgradx.nn.module import Module
from microgradx.vision.transforms import functional as F
from microgradx.vision.transforms.draws import chance, check_ranges, log_uniform, uniform, whole
from microgradx.vision.transforms.fixed import two
from microgradx.vision.transforms.image import InterpolationMode, interpolation_mode

__all__ = [
    "RandomCrop",
    "RandomHorizontalFlip",
    "RandomResizedCrop",
    "RandomVerticalFlip",
]


class RandomCrop(Module):
    """A rectangle of an image, at a place that is drawn.

    Args:
        size: (height, width), or one number for both.
        padding: A border to add first, as `functional.pad` takes it.
        pad_if_needed: Whether to add what is missing to an image that is smaller than ``size``, on both sides.
        fill: What a constant border consists of.
        padding_mode: What a border consists of, as `functional.pad` takes it.

    Raises: ValueError, at the call: the image is smaller than ``size``.
    Source: ``torchvision.transforms.RandomCrop``, the same crops for the same seed.

    Example:
        >>> from microgradx.vision import transforms
        >>> transforms.RandomCrop(32, padding=4)(mgx.zeros(3, 32, 32)).shape
        torch.Size([3, 32, 32])
    """

    def __init__(
        self,
        size: Any,
        padding: Any = None,
        pad_if_needed: bool = False,
        fill: Any = 0,
        padding_mode: str = "constant",
    ) -> None:
        super().__init__()
        self.size = tuple(two(size))
        self.padding = padding
        self.pad_if_needed = pad_if_needed
        self.fill = fill
        self.padding_mode = padding_mode

    @staticmethod
    def get_params(img: Any, output_size: tuple[int, int]) -> tuple[int, int, int, int]:
        """Top, left, height and width of a crop."""
        _, h, w = F.get_dimensions(img)
        height, width = output_size
        if h < height or w < width:
            raise ValueError(f"Required crop size {(height, width)} is larger than input image size {(h, w)}")
        if (h, w) == (height, width):
            return 0, 0, h, w
        top = whole(h - height + 1)
        return top, whole(w - width + 1), height, width

    def forward(self, img: Any) -> Any:
        if self.padding is not None:
            img = F.pad(img, self.padding, self.fill, self.padding_mode)
        if self.pad_if_needed:
            _, h, w = F.get_dimensions(img)
            for missing in ([self.size[1] - w, 0], [0, self.size[0] - h]):
                if max(missing) > 0:
                    img = F.pad(img, missing, self.fill, self.padding_mode)
        return F.crop(img, *self.get_params(img, self.size))

    def __repr__(self) -> str:
        return f"{type(self).__name__}(size={self.size}, padding={self.padding})"


class RandomResizedCrop(Module):
    """A rectangle of an image, its size, its ratio and its place drawn, in the size that is wanted.

    Args:
        size: (height, width) of the result, or one number for both.
        scale: From which to which share of the image's area the rectangle is.
        ratio: From which to which width divided by height.
        interpolation: An `InterpolationMode`, or Pillow's number for it.
        antialias: As in `functional.resize`.

    Raises: TypeError: ``scale`` or ``ratio`` is no sequence.
    Source: ``torchvision.transforms.RandomResizedCrop``, the same crops for the same seed.

    Example:
        >>> from microgradx.vision import transforms
        >>> transforms.RandomResizedCrop(8)(mgx.zeros(3, 20, 30)).shape
        torch.Size([3, 8, 8])
    """

    def __init__(
        self,
        size: Any,
        scale: Sequence[float] = (0.08, 1.0),
        ratio: Sequence[float] = (3.0 / 4.0, 4.0 / 3.0),
        interpolation: Any = InterpolationMode.BILINEAR,
        antialias: bool | None = True,
    ) -> None:
        super().__init__()
        self.size = two(size)
        check_ranges(scale, ratio)
        self.interpolation = interpolation_mode(interpolation)
        self.antialias = antialias
        self.scale = scale
        self.ratio = ratio

    @staticmethod
    def get_params(img: Any, scale: Sequence[float], ratio: Sequence[float]) -> tuple[int, int, int, int]:
        """Top, left, height and width of a crop: one of ten that fits, or else the middle, as large as may be."""
        _, height, width = F.get_dimensions(img)
        for _ in range(10):
            area = height * width * uniform(scale[0], scale[1])
            aspect = log_uniform(ratio[0], ratio[1])
            w, h = round(math.sqrt(area * aspect)), round(math.sqrt(area / aspect))
            if 0 < w <= width and 0 < h <= height:
                top = whole(height - h + 1)
                return top, whole(width - w + 1), h, w
        w, h = width, height
        if width / height < min(ratio):
            h = round(w / min(ratio))
        elif width / height > max(ratio):
            w = round(h * max(ratio))
        return (height - h) // 2, (width - w) // 2, h, w

    def forward(self, img: Any) -> Any:
        place = self.get_params(img, self.scale, self.ratio)
        return F.resized_crop(img, *place, self.size, self.interpolation, self.antialias)

    def __repr__(self) -> str:
        scale, ratio = (tuple(round(limit, 4) for limit in limits) for limits in (self.scale, self.ratio))
        return (
            f"{type(self).__name__}(size={self.size}, scale={scale}, ratio={ratio}, "
            f"interpolation={self.interpolation.value}, antialias={self.antialias})"
        )


class _Chance(Module):
    """A transform that changes an image with chance ``p``."""

    def __init__(self, p: float = 0.5) -> None:
        super().__init__()
        self.p = p

    def __repr__(self) -> str:
        return f"{type(self).__name__}(p={self.p})"


class RandomHorizontalFlip(_Chance):
    """Left and right exchanged, with chance ``p``.

    Source: ``torchvision.transforms.RandomHorizontalFlip``, the same images for the same seed.
    """

    def forward(self, img: Any) -> Any:
        return F.hflip(img) if chance(self.p) else img


class RandomVerticalFlip(_Chance):
    """Top and bottom exchanged, with chance ``p``.

    Source: ``torchvision.transforms.RandomVerticalFlip``, the same images for the same seed.
    """

    def forward(self, img: Any) -> Any:
        return F.vflip(img) if chance(self.p) else img
