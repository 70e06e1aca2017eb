"""Transforms that move pixels by a matrix that is drawn: turns, and all that keeps lines straight and parallel."""

from collections.abc import Sequence
from typing import Any

from microgradx.nn.module import Module
from microgradx.vision.transforms import functional as F
from microgradx.vision.transforms.draws import angles, check_fill, check_sequence, fill_of, uniform
from microgradx.vision.transforms.image import InterpolationMode, interpolation_mode

__all__ = ["RandomAffine", "RandomRotation"]


class RandomRotation(Module):
    """An image turned by an angle that is drawn.

    Args:
        degrees: From which to which angle; one number is from minus it to it.
        interpolation: An `InterpolationMode`, or Pillow's number for it.
        expand: Whether the result is so large that the whole turned image is in it.
        center: What stays in its place, as (x, y) from the upper left corner; by default the middle.
        fill: The color of what was outside of the image.

    Units: degrees, counter-clockwise.
    Raises: TypeError, ValueError: arguments that are none of these.
    Source: ``torchvision.transforms.RandomRotation``, the same angles for the same seed.
    """

    def __init__(
        self,
        degrees: Any,
        interpolation: Any = InterpolationMode.NEAREST,
        expand: bool = False,
        center: Any = None,
        fill: Any = 0,
    ) -> None:
        super().__init__()
        self.interpolation = interpolation_mode(interpolation)
        self.degrees = angles(degrees, "degrees")
        if center is not None:
            check_sequence(center, "center")
        self.center = center
        self.expand = expand
        self.fill = check_fill(fill)

    @staticmethod
    def get_params(degrees: Sequence[float]) -> float:
        """An angle."""
        return uniform(float(degrees[0]), float(degrees[1]))

    def forward(self, img: Any) -> Any:
        fill = fill_of(img, self.fill, F.get_dimensions(img)[0])
        angle = self.get_params(self.degrees)
        return F.rotate(img, angle, self.interpolation, self.expand, self.center, fill)

    def __repr__(self) -> str:
        center = "" if self.center is None else f", center={self.center}"
        return (
            f"{type(self).__name__}(degrees={self.degrees}, interpolation={self.interpolation.value}, "
            f"expand={self.expand}{center}, fill={self.fill})"
        )


class RandomAffine(Module):
    """An image turned, moved, scaled and sheared, by amounts that are drawn.

    Args:
        degrees: From which to which angle to turn; one number is from minus it to it.
        translate: How far to move at most, across and down, as a share of width and height.
        scale: From which to which factor.
        shear: From which to which angle along x; one number is from minus it to it; with four numbers along y too.
        interpolation: An `InterpolationMode`, or Pillow's number for it.
        fill: The color of what was outside of the image.
        center: What stays in its place, as (x, y) from the upper left corner; by default the middle.

    Units: degrees, clockwise.
    Raises: TypeError, ValueError: arguments that are none of these.
    Source: ``torchvision.transforms.RandomAffine``, the same amounts for the same seed.
    """

    def __init__(
        self,
        degrees: Any,
        translate: Any = None,
        scale: Any = None,
        shear: Any = None,
        interpolation: Any = InterpolationMode.NEAREST,
        fill: Any = 0,
        center: Any = None,
    ) -> None:
        super().__init__()
        self.interpolation = interpolation_mode(interpolation)
        self.degrees = angles(degrees, "degrees")
        if translate is not None:
            check_sequence(translate, "translate")
            if not all(0.0 <= t <= 1.0 for t in translate):
                raise ValueError(f"translation values should be between 0 and 1, got {translate}")
        self.translate = translate
        if scale is not None:
            check_sequence(scale, "scale")
            if any(s <= 0 for s in scale):
                raise ValueError(f"scale values should be positive, got {scale}")
        self.scale = scale
        self.shear = None if shear is None else angles(shear, "shear", (2, 4))
        self.fill = check_fill(fill)
        if center is not None:
            check_sequence(center, "center")
        self.center = center

    @staticmethod
    def get_params(
        degrees: Sequence[float],
        translate: Sequence[float] | None,
        scale_ranges: Sequence[float] | None,
        shears: Sequence[float] | None,
        img_size: Sequence[int],
    ) -> tuple[float, tuple[int, int], float, tuple[float, float]]:
        """Angle, way (x, y), factor and shears (x, y), for an image of this width and height."""
        angle = uniform(float(degrees[0]), float(degrees[1]))
        x = y = 0
        if translate is not None:
            farthest = [float(share * length) for share, length in zip(translate, img_size)]
            x, y = (round(uniform(-far, far)) for far in farthest)
        factor = 1.0 if scale_ranges is None else uniform(scale_ranges[0], scale_ranges[1])
        along_x = along_y = 0.0
        if shears is not None:
            along_x = uniform(shears[0], shears[1])
            if len(shears) == 4:
                along_y = uniform(shears[2], shears[3])
        return angle, (x, y), factor, (along_x, along_y)

    def forward(self, img: Any) -> Any:
        channels, height, width = F.get_dimensions(img)
        fill = fill_of(img, self.fill, channels)
        amounts = self.get_params(self.degrees, self.translate, self.scale, self.shear, [width, height])
        return F.affine(img, *amounts, interpolation=self.interpolation, fill=fill, center=self.center)

    def __repr__(self) -> str:
        parts = [f"degrees={self.degrees}"]
        parts += [f"{name}={v}" for name in ("translate", "scale", "shear") if (v := getattr(self, name)) is not None]
        if self.interpolation is not InterpolationMode.NEAREST:
            parts.append(f"interpolation={self.interpolation.value}")
        if self.fill != 0:
            parts.append(f"fill={self.fill}")
        if self.center is not None:
            parts.append(f"center={self.center}")
        return f"{type(self).__name__}({', '.join(parts)})"
