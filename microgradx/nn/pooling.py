"""Pooling layers: windows of the input become single elements."""

from collections.abc import Callable
from typing import Any

from microgradx.nn import functional as F
from microgradx.nn.conv import repeated
from microgradx.nn.module import Module

__all__ = [
    "AdaptiveAvgPool1d",
    "AdaptiveAvgPool2d",
    "AdaptiveAvgPool3d",
    "AdaptiveMaxPool1d",
    "AdaptiveMaxPool2d",
    "AdaptiveMaxPool3d",
    "AvgPool1d",
    "AvgPool2d",
    "AvgPool3d",
    "MaxPool1d",
    "MaxPool2d",
    "MaxPool3d",
]


class _MaxPool(Module):
    pool: Callable[..., Any]

    def __init__(
        self,
        kernel_size: Any,
        stride: Any = None,
        padding: Any = 0,
        dilation: Any = 1,
        return_indices: bool = False,
        ceil_mode: bool = False,
    ) -> None:
        super().__init__()
        self.kernel_size = kernel_size
        self.stride = kernel_size if stride is None else stride
        self.padding = padding
        self.dilation = dilation
        self.return_indices = return_indices
        self.ceil_mode = ceil_mode

    def forward(self, input: Any) -> Any:
        return self.pool(
            input, self.kernel_size, self.stride, self.padding, self.dilation,
            ceil_mode=self.ceil_mode, return_indices=self.return_indices,
        )  # fmt: skip

    def extra_repr(self) -> str:
        return (
            f"kernel_size={self.kernel_size}, stride={self.stride}, padding={self.padding}, "
            f"dilation={self.dilation}, ceil_mode={self.ceil_mode}"
        )


class MaxPool1d(_MaxPool):
    """The largest element of each window of (N, C, L); see `MaxPool2d`. Source: ``torch.nn.MaxPool1d``."""

    pool = staticmethod(F.max_pool1d)


class MaxPool2d(_MaxPool):
    """The largest element of each window.

    Args:
        kernel_size: Size of the windows, as a number or one per dimension.
        stride: Step from window to window; by default the size of the windows.
        padding: Border around the input, in which there is nothing to choose.
        dilation: Step between the elements of a window.
        return_indices: Whether to return also where the largest elements are.
        ceil_mode: Whether windows may reach over the end.

    Shape:
        (N, C, H, W) -> (N, C, H', W'), or the same without N.

    Source: ``torch.nn.MaxPool2d``.

    Example:
        >>> mgx.nn.MaxPool2d(2)(mgx.arange(16.0).view(1, 4, 4))
        tensor([[[ 5.,  7.],
                 [13., 15.]]])
    """

    pool = staticmethod(F.max_pool2d)


class MaxPool3d(_MaxPool):
    """The largest element of each window of (N, C, D, H, W); see `MaxPool2d`. Source: ``torch.nn.MaxPool3d``."""

    pool = staticmethod(F.max_pool3d)


class AvgPool1d(Module):
    """The mean of each window of (N, C, L); arguments as in `AvgPool2d`. Source: ``torch.nn.AvgPool1d``."""

    def __init__(
        self,
        kernel_size: Any,
        stride: Any = None,
        padding: Any = 0,
        ceil_mode: bool = False,
        count_include_pad: bool = True,
    ) -> None:
        super().__init__()
        self.kernel_size = repeated(kernel_size, 1)
        self.stride = repeated(kernel_size if stride is None else stride, 1)
        self.padding = repeated(padding, 1)
        self.ceil_mode = ceil_mode
        self.count_include_pad = count_include_pad

    def forward(self, input: Any) -> Any:
        return F.avg_pool1d(input, self.kernel_size, self.stride, self.padding, self.ceil_mode, self.count_include_pad)

    def extra_repr(self) -> str:
        return f"kernel_size={self.kernel_size}, stride={self.stride}, padding={self.padding}"


class AvgPool2d(Module):
    """The mean of each window.

    Args:
        kernel_size: Size of the windows, as a number or one per dimension.
        stride: Step from window to window; by default the size of the windows.
        padding: Border of zeros around the input.
        ceil_mode: Whether windows may reach over the end.
        count_include_pad: Whether the mean counts the zeros of the border.
        divisor_override: What to divide the sums by, instead of the number of elements.

    Shape:
        (N, C, H, W) -> (N, C, H', W'), or the same without N.

    Source: ``torch.nn.AvgPool2d``.

    Example:
        >>> mgx.nn.AvgPool2d(2)(mgx.arange(16.0).view(1, 4, 4))
        tensor([[[ 2.5000,  4.5000],
                 [10.5000, 12.5000]]])
    """

    pool = staticmethod(F.avg_pool2d)

    def __init__(
        self,
        kernel_size: Any,
        stride: Any = None,
        padding: Any = 0,
        ceil_mode: bool = False,
        count_include_pad: bool = True,
        divisor_override: int | None = None,
    ) -> None:
        super().__init__()
        self.kernel_size = kernel_size
        self.stride = kernel_size if stride is None else stride
        self.padding = padding
        self.ceil_mode = ceil_mode
        self.count_include_pad = count_include_pad
        self.divisor_override = divisor_override

    def forward(self, input: Any) -> Any:
        return self.pool(
            input, self.kernel_size, self.stride, self.padding, self.ceil_mode, self.count_include_pad,
            self.divisor_override,
        )  # fmt: skip

    def extra_repr(self) -> str:
        return f"kernel_size={self.kernel_size}, stride={self.stride}, padding={self.padding}"


class AvgPool3d(AvgPool2d):
    """The mean of each window of (N, C, D, H, W); see `AvgPool2d`. Source: ``torch.nn.AvgPool3d``."""

    pool = staticmethod(F.avg_pool3d)


class _AdaptivePool(Module):
    pool: Callable[..., Any]

    def __init__(self, output_size: Any) -> None:
        super().__init__()
        self.output_size = output_size

    def forward(self, input: Any) -> Any:
        return self.pool(input, self.output_size)

    def extra_repr(self) -> str:
        return f"output_size={self.output_size}"


class AdaptiveAvgPool1d(_AdaptivePool):
    """Means of windows, as many as asked for; see `AdaptiveAvgPool2d`. Source: ``torch.nn.AdaptiveAvgPool1d``."""

    pool = staticmethod(F.adaptive_avg_pool1d)


class AdaptiveAvgPool2d(_AdaptivePool):
    """Means of windows, whose sizes are such that the output has the size that is asked for.

    Args:
        output_size: A number, or one per dimension; None keeps the input's.

    Shape:
        (N, C, H, W) -> (N, C, *output_size), or the same without N.

    Source: ``torch.nn.AdaptiveAvgPool2d``.

    Example:
        >>> mgx.nn.AdaptiveAvgPool2d(1)(mgx.arange(16.0).view(1, 4, 4))
        tensor([[[7.5000]]])
    """

    pool = staticmethod(F.adaptive_avg_pool2d)


class AdaptiveAvgPool3d(_AdaptivePool):
    """Means of windows, as many as asked for; see `AdaptiveAvgPool2d`. Source: ``torch.nn.AdaptiveAvgPool3d``."""

    pool = staticmethod(F.adaptive_avg_pool3d)


class _AdaptiveMaxPool(_AdaptivePool):
    def __init__(self, output_size: Any, return_indices: bool = False) -> None:
        super().__init__(output_size)
        self.return_indices = return_indices

    def forward(self, input: Any) -> Any:
        return self.pool(input, self.output_size, self.return_indices)


class AdaptiveMaxPool1d(_AdaptiveMaxPool):
    """Maxima of windows, as many as asked for; see `AdaptiveMaxPool2d`. Source: ``torch.nn.AdaptiveMaxPool1d``."""

    pool = staticmethod(F.adaptive_max_pool1d)


class AdaptiveMaxPool2d(_AdaptiveMaxPool):
    """Maxima of windows, whose sizes are such that the output has the size that is asked for.

    Args:
        output_size: A number, or one per dimension; None keeps the input's.
        return_indices: Whether to return also where the maxima are.

    Source: ``torch.nn.AdaptiveMaxPool2d``.

    Example:
        >>> mgx.nn.AdaptiveMaxPool2d((1, 2))(mgx.arange(16.0).view(1, 4, 4))
        tensor([[[13., 15.]]])
    """

    pool = staticmethod(F.adaptive_max_pool2d)


class AdaptiveMaxPool3d(_AdaptiveMaxPool):
    """Maxima of windows, as many as asked for; see `AdaptiveMaxPool2d`. Source: ``torch.nn.AdaptiveMaxPool3d``."""

    pool = staticmethod(F.adaptive_max_pool3d)
