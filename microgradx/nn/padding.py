"""Layers that only add a border: of a constant, or of the values that stand near it."""

from typing import Any

from microgradx.nn import functional as F
from microgradx.nn.conv import repeated
from microgradx.nn.module import Module

__all__ = [
    "CircularPad1d",
    "CircularPad2d",
    "CircularPad3d",
    "ConstantPad1d",
    "ConstantPad2d",
    "ConstantPad3d",
    "ReflectionPad1d",
    "ReflectionPad2d",
    "ReflectionPad3d",
    "ReplicationPad1d",
    "ReplicationPad2d",
    "ReplicationPad3d",
    "ZeroPad1d",
    "ZeroPad2d",
    "ZeroPad3d",
]


class _Pad(Module):
    """A border that is taken from the input; ``d`` is the number of spatial dimensions."""

    d: int
    mode: str

    def __init__(self, padding: Any) -> None:
        super().__init__()
        self.padding = repeated(padding, 2 * self.d)

    def forward(self, input: Any) -> Any:
        return F.pad(input, self.padding, self.mode)

    def extra_repr(self) -> str:
        return f"{self.padding}"


class ReflectionPad1d(_Pad):
    """A border in which (N, C, L) is mirrored; see `ReflectionPad2d`. Source: ``torch.nn.ReflectionPad1d``."""

    d, mode = 1, "reflect"


class ReflectionPad2d(_Pad):
    """A border in which the input is mirrored at its outermost values, which are not repeated.

    Args:
        padding: How much to add on each side: one number, or (left, right, top, bottom).

    Shape:
        (N, C, H, W) -> (N, C, top + H + bottom, left + W + right), or the same without N.

    Raises: RuntimeError: a side is to get as much as the input has, or more.
    Source: ``torch.nn.ReflectionPad2d``.

    Example:
        >>> mgx.nn.ReflectionPad2d((1, 1, 0, 0))(mgx.tensor([[[1.0, 2.0, 3.0]]]))
        tensor([[[2., 1., 2., 3., 2.]]])
    """

    d, mode = 2, "reflect"


class ReflectionPad3d(_Pad):
    """A border in which (N, C, D, H, W) is mirrored; see `ReflectionPad2d`. Source: ``torch.nn.ReflectionPad3d``."""

    d, mode = 3, "reflect"


class ReplicationPad1d(_Pad):
    """A border of the outermost values of (N, C, L); see `ReplicationPad2d`. Source: ``torch.nn.ReplicationPad1d``."""

    d, mode = 1, "replicate"


class ReplicationPad2d(_Pad):
    """A border that repeats the outermost values of the input; arguments as in `ReflectionPad2d`.

    Source: ``torch.nn.ReplicationPad2d``.

    Example:
        >>> mgx.nn.ReplicationPad2d((1, 2, 0, 0))(mgx.tensor([[[1.0, 2.0, 3.0]]]))
        tensor([[[1., 1., 2., 3., 3., 3.]]])
    """

    d, mode = 2, "replicate"


class ReplicationPad3d(_Pad):
    """A border of the outermost values of (N, C, D, H, W); see `ReplicationPad2d`.

    Source: ``torch.nn.ReplicationPad3d``.
    """

    d, mode = 3, "replicate"


class _CircularPad(_Pad):
    mode = "circular"

    def forward(self, input: Any) -> Any:
        if input.ndim not in (self.d + 1, self.d + 2):
            raise ValueError(f"expected {self.d + 1}D or {self.d + 2}D input (got {input.ndim}D input)")
        return super().forward(input)


class CircularPad1d(_CircularPad):
    """A border in which (N, C, L) goes on at its other end; see `CircularPad2d`. Source: ``torch.nn.CircularPad1d``."""

    d = 1


class CircularPad2d(_CircularPad):
    """A border in which the input goes on at its other end, as if it were repeated; arguments as in `ReflectionPad2d`.

    Raises: ValueError: the input is neither (N, C, H, W) nor (C, H, W). RuntimeError: a side is to get more than the
        input has.
    Source: ``torch.nn.CircularPad2d``.

    Example:
        >>> mgx.nn.CircularPad2d((1, 2, 0, 0))(mgx.tensor([[[1.0, 2.0, 3.0]]]))
        tensor([[[3., 1., 2., 3., 1., 2.]]])
    """

    d = 2


class CircularPad3d(_CircularPad):
    """A border in which (N, C, D, H, W) goes on at its other end; see `CircularPad2d`.

    Source: ``torch.nn.CircularPad3d``.
    """

    d = 3


class _ConstantPad(_Pad):
    mode = "constant"

    def __init__(self, padding: Any, value: float) -> None:
        super().__init__(padding)
        self.value = value

    def forward(self, input: Any) -> Any:
        return F.pad(input, self.padding, self.mode, self.value)

    def extra_repr(self) -> str:
        return f"padding={self.padding}, value={self.value}"


class ConstantPad1d(_ConstantPad):
    """A border of ``value`` around sequences; see `ConstantPad2d`. Source: ``torch.nn.ConstantPad1d``."""

    d = 1


class ConstantPad2d(_ConstantPad):
    """A border of ``value``.

    Args:
        padding: How much to add on each side: one number, or (left, right, top, bottom); negative numbers cut off.
        value: What the border consists of.

    Shape:
        (..., H, W) -> (..., top + H + bottom, left + W + right)

    Source: ``torch.nn.ConstantPad2d``.

    Example:
        >>> mgx.nn.ConstantPad2d((1, 0, 0, 1), 5.0)(mgx.tensor([[[1.0, 2.0]]]))
        tensor([[[5., 1., 2.],
                 [5., 5., 5.]]])
    """

    d = 2


class ConstantPad3d(_ConstantPad):
    """A border of ``value`` around volumes; see `ConstantPad2d`. Source: ``torch.nn.ConstantPad3d``."""

    d = 3


class _ZeroPad(_ConstantPad):
    def __init__(self, padding: Any) -> None:
        super().__init__(padding, 0.0)

    def extra_repr(self) -> str:
        return f"{self.padding}"


class ZeroPad1d(_ZeroPad, ConstantPad1d):
    """A border of zeros around sequences; see `ConstantPad2d`. Source: ``torch.nn.ZeroPad1d``."""


class ZeroPad2d(_ZeroPad, ConstantPad2d):
    """A border of zeros; see `ConstantPad2d`. Source: ``torch.nn.ZeroPad2d``."""


class ZeroPad3d(_ZeroPad, ConstantPad3d):
    """A border of zeros around volumes; see `ConstantPad2d`. Source: ``torch.nn.ZeroPad3d``."""
