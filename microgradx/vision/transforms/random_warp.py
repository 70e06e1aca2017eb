"""Transforms that move pixels by amounts that are drawn: turns and shears, perspective, and each pixel by itself."""

from collections.abc import Sequence
from typing import Any

from microgradx.nn.module import Module
from microgradx.ops.shape import cat
from microgradx.random import rand
from microgradx.vision.transforms import functional as F
from microgradx.vision.transforms.draws import (
    angles,
    chance,
    check_fill,
    check_sequence,
    fill_of,
    uniform,
    whole,
)
from microgradx.vision.transforms.image import InterpolationMode, interpolation_mode

__all__ = ["ElasticTransform", "RandomAffine", "RandomPerspective", "RandomRotation"]


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


class RandomPerspective(Module):
    """An image as it is seen from aside, with chance ``p``: where its corners go is drawn.

    Args:
        distortion_scale: How far they may go inward, as a share of half of the image, from 0 to 1.
        p: The chance.
        interpolation: An `InterpolationMode`, or Pillow's number for it.
        fill: The color of what was outside of the image.

    Raises: TypeError: a fill color that is none.
    Source: ``torchvision.transforms.RandomPerspective``, the same corners for the same seed.
    """

    def __init__(
        self,
        distortion_scale: float = 0.5,
        p: float = 0.5,
        interpolation: Any = InterpolationMode.BILINEAR,
        fill: Any = 0,
    ) -> None:
        super().__init__()
        self.p = p
        self.interpolation = interpolation_mode(interpolation)
        self.distortion_scale = distortion_scale
        self.fill = check_fill(fill)

    @staticmethod
    def get_params(width: int, height: int, distortion_scale: float) -> tuple[list[list[int]], list[list[int]]]:
        """The corners of an image, and where they go; from the upper left one, clockwise."""
        across, down = (int(distortion_scale * (length // 2)) for length in (width, height))
        corners = [[0, 0], [width - 1, 0], [width - 1, height - 1], [0, height - 1]]
        moved = []
        for x, y in corners:
            new_x = whole(across + 1) if x == 0 else width - across - 1 + whole(across + 1)
            new_y = whole(down + 1) if y == 0 else height - down - 1 + whole(down + 1)
            moved.append([new_x, new_y])
        return corners, moved

    def forward(self, img: Any) -> Any:
        channels, height, width = F.get_dimensions(img)
        if not chance(self.p):
            return img
        corners, moved = self.get_params(width, height, self.distortion_scale)
        return F.perspective(img, corners, moved, self.interpolation, fill_of(img, self.fill, channels))

    def __repr__(self) -> str:
        return f"{type(self).__name__}(p={self.p})"


def two_floats(value: Any, name: str) -> Any:
    """A float as two; two floats as they are."""
    if isinstance(value, float):
        return [value, value]
    if not isinstance(value, Sequence):
        raise TypeError(f"{name} should be float or a sequence of floats. Got {type(value)}")
    if len(value) != 2:
        raise ValueError(f"If {name} is a sequence its length should be 2. Got {len(value)}")
    for each in value:
        if not isinstance(each, float):
            raise TypeError(f"{name} should be a sequence of floats. Got {type(each)}")
    return value


class ElasticTransform(Module):
    """An image with each pixel moved by itself, as if seen through water; neighbours move nearly alike.

    Args:
        alpha: How far pixels move, or how far across and down.
        sigma: How smooth that is, or how smooth across and down: the deviation of a blur.
        interpolation: An `InterpolationMode`, or Pillow's number for it; nearest or bilinear.
        fill: The color of what was outside of the image.

    Units: pixels.
    Raises: TypeError, ValueError: arguments that are no floats.
    Source: ``torchvision.transforms.ElasticTransform``, the same ways for the same seed; P. Simard, D. Steinkraus,
        J. Platt, "Best practices for convolutional neural networks applied to visual document analysis" (2003).
    """

    def __init__(
        self, alpha: Any = 50.0, sigma: Any = 5.0, interpolation: Any = InterpolationMode.BILINEAR, fill: Any = 0
    ) -> None:
        super().__init__()
        self.alpha = two_floats(alpha, "alpha")
        self.sigma = two_floats(sigma, "sigma")
        self.interpolation = interpolation_mode(interpolation)
        if not isinstance(fill, (int, float, list, tuple)):
            raise TypeError(f"fill should be int or float or a list or tuple of them. Got {type(fill)}")
        self.fill = [float(f) for f in (fill if isinstance(fill, (list, tuple)) else [fill])]

    @staticmethod
    def get_params(alpha: Sequence[float], sigma: Sequence[float], size: Sequence[int]) -> Any:
        """How far each pixel moves, (1, H, W, 2), for a size (H, W)."""
        ways = []
        for far, smooth, length in zip(alpha, sigma, (size[1], size[0])):
            way = rand(1, 1, *size) * 2 - 1
            if smooth > 0.0:
                kernel = int(8 * smooth + 1)
                kernel += kernel % 2 == 0
                way = F.gaussian_blur(way, [kernel, kernel], list(sigma))
            ways.append(way * far / length)
        return cat(ways, 1).permute(0, 2, 3, 1)

    def forward(self, tensor: Any) -> Any:
        _, height, width = F.get_dimensions(tensor)
        displacement = self.get_params(self.alpha, self.sigma, [height, width])
        return F.elastic_transform(tensor, displacement, self.interpolation, self.fill)

    def __repr__(self) -> str:
        return (
            f"{type(self).__name__}(alpha={self.alpha}, sigma={self.sigma}, interpolation={self.interpolation}, "
            f"fill={self.fill})"
        )
