"""Older names of `interpolate`, which warn."""

from __future__ import annotations

import warnings
from typing import Any

from microgradx.ops.resize import interpolate


def warn_of(name: str) -> None:
    """Warn, at the line of the caller's caller, that a name is an old one."""
    warnings.warn(f"`nn.functional.{name}` is deprecated. Use `nn.functional.interpolate` instead.", stacklevel=3)


def upsample(
    input: Any, size: Any = None, scale_factor: Any = None, mode: str = "nearest", align_corners: bool | None = None
) -> Any:
    """`interpolate` under its older name, which warns."""
    warn_of("upsample")
    return interpolate(input, size, scale_factor, mode, align_corners)


def upsample_nearest(input: Any, size: Any = None, scale_factor: Any = None) -> Any:
    """`interpolate` with the mode ``"nearest"``; warns."""
    warn_of("upsample_nearest")
    return interpolate(input, size, scale_factor, mode="nearest")


def upsample_bilinear(input: Any, size: Any = None, scale_factor: Any = None) -> Any:
    """`interpolate` with the mode ``"bilinear"`` and with ``align_corners=True``; warns."""
    warn_of("upsample_bilinear")
    return interpolate(input, size, scale_factor, mode="bilinear", align_corners=True)
