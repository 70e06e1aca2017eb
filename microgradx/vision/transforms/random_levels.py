"""Transforms that change brightness by chance, each with chance ``p``; the same images as torchvision's for one seed."""

from typing import Any

from microgradx.nn.module import Module
from microgradx.random import rand
from microgradx.vision.transforms import functional as F

__all__ = [
    "RandomAdjustSharpness",
    "RandomAutocontrast",
    "RandomEqualize",
    "RandomInvert",
    "RandomPosterize",
    "RandomSolarize",
]


class _Change(Module):
    """``change(img)``, with chance ``p``; ``option`` is the name of the attribute that says how much."""

    option = ""

    def __init__(self, p: float = 0.5) -> None:
        super().__init__()
        self.p = p

    def change(self, img: Any) -> Any:
        raise NotImplementedError

    def forward(self, img: Any) -> Any:
        return self.change(img) if rand(1).item() < self.p else img

    def __repr__(self) -> str:
        how = f"{self.option}={getattr(self, self.option)}," if self.option else ""
        return f"{type(self).__name__}({how}p={self.p})"


class RandomInvert(_Change):
    """Black and white exchanged, with chance ``p``; see `functional.invert`."""

    def change(self, img: Any) -> Any:
        return F.invert(img)


class RandomPosterize(_Change):
    """Only ``bits`` bits left of each value, with chance ``p``; see `functional.posterize`."""

    option = "bits"

    def __init__(self, bits: int, p: float = 0.5) -> None:
        super().__init__(p)
        self.bits = bits

    def change(self, img: Any) -> Any:
        return F.posterize(img, self.bits)


class RandomSolarize(_Change):
    """Inverted from ``threshold`` on, with chance ``p``; see `functional.solarize`."""

    option = "threshold"

    def __init__(self, threshold: float, p: float = 0.5) -> None:
        super().__init__(p)
        self.threshold = threshold

    def change(self, img: Any) -> Any:
        return F.solarize(img, self.threshold)


class RandomAdjustSharpness(_Change):
    """Sharper by a factor, with chance ``p``; see `functional.adjust_sharpness`."""

    option = "sharpness_factor"

    def __init__(self, sharpness_factor: float, p: float = 0.5) -> None:
        super().__init__(p)
        self.sharpness_factor = sharpness_factor

    def change(self, img: Any) -> Any:
        return F.adjust_sharpness(img, self.sharpness_factor)


class RandomAutocontrast(_Change):
    """Spread over the whole range, with chance ``p``; see `functional.autocontrast`."""

    def change(self, img: Any) -> Any:
        return F.autocontrast(img)


class RandomEqualize(_Change):
    """Levels equally frequent, with chance ``p``; see `functional.equalize`."""

    def change(self, img: Any) -> Any:
        return F.equalize(img)
