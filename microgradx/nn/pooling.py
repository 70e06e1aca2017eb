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
    "FractionalMaxPool2d",
    "FractionalMaxPool3d",
    "LPPool1d",
    "LPPool2d",
    "LPPool3d",
    "MaxPool1d",
    "MaxPool2d",
    "MaxPool3d",
    "MaxUnpool1d",
    "MaxUnpool2d",
    "MaxUnpool3d",
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


class _LPPool(Module):
    pool: Callable[..., Any]

    def __init__(self, norm_type: float, kernel_size: Any, stride: Any = None, ceil_mode: bool = False) -> None:
        super().__init__()
        self.norm_type = norm_type
        self.kernel_size = kernel_size
        self.stride = stride
        self.ceil_mode = ceil_mode

    def forward(self, input: Any) -> Any:
        return self.pool(input, float(self.norm_type), self.kernel_size, self.stride, self.ceil_mode)

    def extra_repr(self) -> str:
        return (
            f"norm_type={self.norm_type}, kernel_size={self.kernel_size}, stride={self.stride}, "
            f"ceil_mode={self.ceil_mode}"
        )


class LPPool1d(_LPPool):
    """The p-norm of each window of (N, C, L); see `LPPool2d`. Source: ``torch.nn.LPPool1d``."""

    pool = staticmethod(F.lp_pool1d)


class LPPool2d(_LPPool):
    """The p-norm of each window; see `microgradx.nn.functional.lp_pool2d`.

    Args:
        norm_type: p; infinity for the largest magnitude.
        kernel_size: Size of the windows, as a number or one per dimension.
        stride: Step from window to window; by default the size of the windows.
        ceil_mode: Whether windows may reach over the end.

    Shape:
        (N, C, H, W) -> (N, C, H', W'), or the same without N.

    Source: ``torch.nn.LPPool2d``.

    Example:
        >>> mgx.nn.LPPool2d(2, 2)(mgx.tensor([[[3.0, 0.0], [0.0, 4.0]]]))
        tensor([[[5.]]])
    """

    pool = staticmethod(F.lp_pool2d)


class LPPool3d(_LPPool):
    """The p-norm of each window of (N, C, D, H, W); see `LPPool2d`. Source: ``torch.nn.LPPool3d``."""

    pool = staticmethod(F.lp_pool3d)


class _MaxUnpool(Module):
    d: int
    unpool: Callable[..., Any]

    def __init__(self, kernel_size: Any, stride: Any = None, padding: Any = 0) -> None:
        super().__init__()
        self.kernel_size = repeated(kernel_size, self.d)
        self.stride = repeated(kernel_size if stride is None else stride, self.d)
        self.padding = repeated(padding, self.d)

    def forward(self, input: Any, indices: Any, output_size: Any = None) -> Any:
        return self.unpool(input, indices, self.kernel_size, self.stride, self.padding, output_size)

    def extra_repr(self) -> str:
        return f"kernel_size={self.kernel_size}, stride={self.stride}, padding={self.padding}"


class MaxUnpool1d(_MaxUnpool):
    """The way back from `MaxPool1d`; see `MaxUnpool2d`. Source: ``torch.nn.MaxUnpool1d``."""

    d, unpool = 1, staticmethod(F.max_unpool1d)


class MaxUnpool2d(_MaxUnpool):
    """The way back from `MaxPool2d`: the maxima where they were, and zeros between them.

    Called with the maxima, their indices, and, where the size that was pooled is not clear, with ``output_size``.

    Args:
        kernel_size: Size of the windows, as a number or one per dimension.
        stride: Step from window to window; by default the size of the windows.
        padding: Border that was around the input.

    Shape:
        (N, C, H', W') -> (N, C, H, W), or the same without N.

    Source: ``torch.nn.MaxUnpool2d``.

    Example:
        >>> pool = mgx.nn.MaxPool2d(2, return_indices=True)
        >>> mgx.nn.MaxUnpool2d(2)(*pool(mgx.tensor([[[1.0, 5.0], [2.0, 3.0]]])))
        tensor([[[0., 5.],
                 [0., 0.]]])
    """

    d, unpool = 2, staticmethod(F.max_unpool2d)


class MaxUnpool3d(_MaxUnpool):
    """The way back from `MaxPool3d`; see `MaxUnpool2d`. Source: ``torch.nn.MaxUnpool3d``."""

    d, unpool = 3, staticmethod(F.max_unpool3d)


class _FractionalMaxPool(Module):
    d: int
    pool: Callable[..., Any]

    def __init__(
        self,
        kernel_size: Any,
        output_size: Any = None,
        output_ratio: Any = None,
        return_indices: bool = False,
        _random_samples: Any = None,
    ) -> None:
        super().__init__()
        name = type(self).__name__
        if output_size is None and output_ratio is None:
            raise ValueError(f"{name} requires specifying either an output size, or a pooling ratio")
        if output_size is not None and output_ratio is not None:
            raise ValueError("only one of output_size and output_ratio may be specified")
        self.kernel_size = repeated(kernel_size, self.d)
        self.return_indices = return_indices
        self.register_buffer("_random_samples", _random_samples)
        self.output_size = None if output_size is None else repeated(output_size, self.d)
        self.output_ratio = None if output_ratio is None else repeated(output_ratio, self.d)
        if self.output_ratio is not None and not all(0 < ratio < 1 for ratio in self.output_ratio):
            raise ValueError(f"output_ratio must be between 0 and 1 (got {output_ratio})")

    def forward(self, input: Any) -> Any:
        return self.pool(
            input, self.kernel_size, self.output_size, self.output_ratio, self.return_indices, self._random_samples
        )


class FractionalMaxPool2d(_FractionalMaxPool):
    """The largest element of each window, with as many windows as asked for, at random places.

    Args:
        kernel_size: Size of the windows, as a number or one per dimension.
        output_size: How many windows, as a number or one per dimension.
        output_ratio: Instead of it: how many for each element, between 0 and 1.
        return_indices: Whether to return also where the largest elements are.

    Shape:
        (N, C, H, W) -> (N, C, H', W'), or the same without N.

    Raises: ValueError: neither size nor ratio, or both.
    Source: ``torch.nn.FractionalMaxPool2d``, with the same random numbers.

    Example:
        >>> mgx.nn.FractionalMaxPool2d(2, output_ratio=0.7)(mgx.ones(1, 3, 10, 10)).shape
        torch.Size([1, 3, 7, 7])
    """

    d, pool = 2, staticmethod(F.fractional_max_pool2d)


class FractionalMaxPool3d(_FractionalMaxPool):
    """Windows of (N, C, D, H, W) at random places; see `FractionalMaxPool2d`. Source: ``torch.nn.FractionalMaxPool3d``."""

    d, pool = 3, staticmethod(F.fractional_max_pool3d)
