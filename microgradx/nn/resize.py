"""Layers that change the size of images, or the order of their channels."""

from typing import Any

from microgradx.nn import functional as F
from microgradx.nn.module import Module

__all__ = [
    "ChannelShuffle",
    "PixelShuffle",
    "PixelUnshuffle",
    "Upsample",
    "UpsamplingBilinear2d",
    "UpsamplingNearest2d",
]


class Upsample(Module):
    """Sequences, images or volumes of another size; see `microgradx.nn.functional.interpolate`.

    Args:
        size: Size of the result: one number, or one for each spatial axis.
        scale_factor: Instead of ``size``: how many times as large.
        mode: ``"nearest"``, ``"linear"``, ``"bilinear"``, ``"bicubic"``, ``"trilinear"``, ...
        align_corners: Whether the middles of the first and last cells stay where they are, and not their outer edges.
        recompute_scale_factor: Use the factor between the two sizes, which are whole, in place of ``scale_factor``.

    Shape:
        (N, C, n, ...) -> (N, C, m, ...)

    Source: ``torch.nn.Upsample``.

    Example:
        >>> mgx.nn.Upsample(scale_factor=2)(mgx.ones(1, 3, 4, 5)).shape
        torch.Size([1, 3, 8, 10])
    """

    def __init__(
        self,
        size: Any = None,
        scale_factor: Any = None,
        mode: str = "nearest",
        align_corners: bool | None = None,
        recompute_scale_factor: bool | None = None,
    ) -> None:
        super().__init__()
        self.name = type(self).__name__
        self.size = size
        if isinstance(scale_factor, tuple):
            scale_factor = tuple(float(factor) for factor in scale_factor)
        else:
            scale_factor = float(scale_factor) if scale_factor else None
        self.scale_factor = scale_factor
        self.mode = mode
        self.align_corners = align_corners
        self.recompute_scale_factor = recompute_scale_factor

    def forward(self, input: Any) -> Any:
        return F.interpolate(
            input, self.size, self.scale_factor, self.mode, self.align_corners, self.recompute_scale_factor
        )

    def extra_repr(self) -> str:
        given = f"size={self.size!r}" if self.scale_factor is None else f"scale_factor={self.scale_factor!r}"
        return f"{given}, mode={self.mode!r}"


class UpsamplingNearest2d(Upsample):
    """`Upsample` of images in the mode ``"nearest"``. Source: ``torch.nn.UpsamplingNearest2d``."""

    def __init__(self, size: Any = None, scale_factor: Any = None) -> None:
        super().__init__(size, scale_factor, mode="nearest")


class UpsamplingBilinear2d(Upsample):
    """`Upsample` of images in the mode ``"bilinear"``, where the middles of the corners stay where they are.

    Source: ``torch.nn.UpsamplingBilinear2d``.
    """

    def __init__(self, size: Any = None, scale_factor: Any = None) -> None:
        super().__init__(size, scale_factor, mode="bilinear", align_corners=True)


class PixelShuffle(Module):
    """Larger images from more channels; see `microgradx.nn.functional.pixel_shuffle`.

    Shape:
        (..., C · r², H, W) -> (..., C, H · r, W · r), r being ``upscale_factor``.

    Source: ``torch.nn.PixelShuffle``.

    Example:
        >>> mgx.nn.PixelShuffle(2)(mgx.ones(1, 12, 4, 5)).shape
        torch.Size([1, 3, 8, 10])
    """

    def __init__(self, upscale_factor: int) -> None:
        super().__init__()
        self.upscale_factor = upscale_factor

    def forward(self, input: Any) -> Any:
        return F.pixel_shuffle(input, self.upscale_factor)

    def extra_repr(self) -> str:
        return f"upscale_factor={self.upscale_factor}"


class PixelUnshuffle(Module):
    """The inverse of `PixelShuffle`: smaller images with more channels. Source: ``torch.nn.PixelUnshuffle``."""

    def __init__(self, downscale_factor: int) -> None:
        super().__init__()
        self.downscale_factor = downscale_factor

    def forward(self, input: Any) -> Any:
        return F.pixel_unshuffle(input, self.downscale_factor)

    def extra_repr(self) -> str:
        return f"downscale_factor={self.downscale_factor}"


class ChannelShuffle(Module):
    """The channels of (N, C, ...) dealt from ``groups`` in turn. Source: ``torch.nn.ChannelShuffle``.

    Example:
        >>> mgx.nn.ChannelShuffle(2)(mgx.arange(4.0).reshape(1, 4, 1)).flatten()
        tensor([0., 2., 1., 3.])
    """

    def __init__(self, groups: int) -> None:
        super().__init__()
        self.groups = groups

    def forward(self, input: Any) -> Any:
        return F.channel_shuffle(input, self.groups)

    def extra_repr(self) -> str:
        return f"groups={self.groups}"
