"""Convolution layers, in one, two and three dimensions, and their transposes."""

from collections.abc import Callable, Iterable
from typing import Any

from microgradx.creation import empty
from microgradx.nn import functional as F
from microgradx.nn import init
from microgradx.nn.module import Module
from microgradx.nn.parameter import Parameter

__all__ = ["Conv1d", "Conv2d", "Conv3d", "ConvTranspose1d", "ConvTranspose2d", "ConvTranspose3d"]

PADDING_MODES = ("zeros", "reflect", "replicate", "circular")


def repeated(value: Any, n: int) -> Any:
    """A number as a tuple of ``n``; a tuple as it is."""
    return tuple(value) if isinstance(value, Iterable) else (value,) * n


class _ConvNd(Module):
    """What all convolutions have in common; ``d`` is the number of spatial dimensions."""

    d: int
    transposed = False

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: Any,
        stride: Any,
        padding: Any,
        dilation: Any,
        output_padding: Any,
        groups: int,
        bias: bool,
        padding_mode: str,
        device: Any,
        dtype: Any,
    ) -> None:
        super().__init__()
        self.in_channels = in_channels
        self.out_channels = out_channels
        self.kernel_size = repeated(kernel_size, self.d)
        self.stride = repeated(stride, self.d)
        self.padding = padding if isinstance(padding, str) else repeated(padding, self.d)
        self.dilation = repeated(dilation, self.d)
        self.output_padding = repeated(output_padding, self.d)
        self.groups = groups
        self.padding_mode = padding_mode
        self._check()
        first, second = (in_channels, out_channels) if self.transposed else (out_channels, in_channels)
        shape = (first, second // groups, *self.kernel_size)
        self.weight = Parameter(empty(shape, device=device, dtype=dtype))
        self.register_parameter("bias", Parameter(empty(out_channels, device=device, dtype=dtype)) if bias else None)
        self.reset_parameters()

    def _check(self) -> None:
        if self.groups <= 0:
            raise ValueError("groups must be a positive integer")
        if self.in_channels % self.groups != 0:
            raise ValueError("in_channels must be divisible by groups")
        if self.out_channels % self.groups != 0:
            raise ValueError("out_channels must be divisible by groups")
        if isinstance(self.padding, str) and self.padding not in ("same", "valid"):
            raise ValueError(f"Invalid padding string {self.padding!r}, should be one of 'same', 'valid'")
        if self.padding == "same" and any(s != 1 for s in self.stride):
            raise ValueError("padding='same' is not supported for strided convolutions")
        if self.padding_mode not in PADDING_MODES:
            raise ValueError(f"padding_mode must be one of {PADDING_MODES}, but got padding_mode='{self.padding_mode}'")

    def reset_parameters(self) -> None:
        """Draw new initial values."""
        init.reset_weight_and_bias(self.weight, self.bias)

    def extra_repr(self) -> str:
        text = f"{self.in_channels}, {self.out_channels}, kernel_size={self.kernel_size}, stride={self.stride}"
        usual = (("padding", 0), ("dilation", 1), ("output_padding", 0))
        for name, value in usual:
            if getattr(self, name) != (value,) * self.d:
                text += f", {name}={getattr(self, name)}"
        if self.groups != 1:
            text += f", groups={self.groups}"
        if self.bias is None:
            text += ", bias=False"
        return text + (f", padding_mode={self.padding_mode}" if self.padding_mode != "zeros" else "")


class _Conv(_ConvNd):
    convolve: Callable[..., Any]

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: Any,
        stride: Any = 1,
        padding: Any = 0,
        dilation: Any = 1,
        groups: int = 1,
        bias: bool = True,
        padding_mode: str = "zeros",
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(
            in_channels, out_channels, kernel_size, stride, padding, dilation, 0, groups, bias, padding_mode,
            device, dtype,
        )  # fmt: skip

    def forward(self, input: Any) -> Any:
        padding = self.padding
        if self.padding_mode != "zeros":
            input, padding = F.pad(input, self._border(), mode=self.padding_mode), 0
        return self.convolve(input, self.weight, self.bias, self.stride, padding, self.dilation, self.groups)

    def _border(self) -> list[int]:
        """How much to add before and after each dimension, the last one first, as `F.pad` takes it."""
        border: list[int] = []
        for i in reversed(range(self.d)):
            if isinstance(self.padding, str):
                both = self.dilation[i] * (self.kernel_size[i] - 1) if self.padding == "same" else 0
                border += [both // 2, both - both // 2]
            else:
                border += [self.padding[i]] * 2
        return border


class Conv1d(_Conv):
    """Convolution of sequences; arguments as in `Conv2d`.

    Shape:
        (N, in_channels, L) -> (N, out_channels, L'), or the same without N.

    Source: ``torch.nn.Conv1d``.

    Example:
        >>> mgx.nn.Conv1d(2, 4, 3, padding="same")(mgx.ones(1, 2, 9)).shape
        torch.Size([1, 4, 9])
    """

    d = 1
    convolve = staticmethod(F.conv1d)


class Conv2d(_Conv):
    """Convolution of images: each output channel is a learned pattern, compared with every place of the input.

    Args:
        in_channels: Number of channels of the input.
        out_channels: Number of channels of the output, that is of patterns.
        kernel_size: Size of the patterns, as a number or one per dimension.
        stride: Step from place to place.
        padding: Border to add around the input; or ``"same"`` to keep the size, ``"valid"`` for none.
        dilation: Step between the elements of the input that meet neighbours of the pattern.
        groups: Number of parts into which the channels are divided; each output sees one part of the input.
        bias: Whether to add a bias to each output channel.
        padding_mode: What the border holds: ``"zeros"``, ``"reflect"``, ``"replicate"`` or ``"circular"``.
        device: The CPU, under any of its names.
        dtype: Of the parameters; by default the default dtype.

    Shape:
        (N, in_channels, H, W) -> (N, out_channels, H', W'), or the same without N, with
        H' = (H + 2·padding - dilation·(kernel_size - 1) - 1) // stride + 1.

    Raises: ValueError: ``groups`` does not divide the channels, or a padding that there is not.
    Source: ``torch.nn.Conv2d``, with the same initial values for the same seed.

    Example:
        >>> layer = mgx.nn.Conv2d(1, 6, 5, stride=2)
        >>> layer
        Conv2d(1, 6, kernel_size=(5, 5), stride=(2, 2))
        >>> layer(mgx.ones(2, 1, 28, 28)).shape
        torch.Size([2, 6, 12, 12])
    """

    d = 2
    convolve = staticmethod(F.conv2d)


class Conv3d(_Conv):
    """Convolution of volumes; arguments as in `Conv2d`.

    Shape:
        (N, in_channels, D, H, W) -> (N, out_channels, D', H', W'), or the same without N.

    Source: ``torch.nn.Conv3d``.

    Example:
        >>> mgx.nn.Conv3d(1, 2, 3)(mgx.ones(1, 1, 4, 5, 6)).shape
        torch.Size([1, 2, 2, 3, 4])
    """

    d = 3
    convolve = staticmethod(F.conv3d)


class _ConvTransposeNd(_ConvNd):
    transposed = True
    convolve: Callable[..., Any]

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: Any,
        stride: Any = 1,
        padding: Any = 0,
        output_padding: Any = 0,
        groups: int = 1,
        bias: bool = True,
        dilation: Any = 1,
        padding_mode: str = "zeros",
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        if padding_mode != "zeros":
            raise ValueError(f'Only "zeros" padding mode is supported for {type(self).__name__}')
        super().__init__(
            in_channels, out_channels, kernel_size, stride, padding, dilation, output_padding, groups, bias,
            padding_mode, device, dtype,
        )  # fmt: skip

    def forward(self, input: Any, output_size: Any = None) -> Any:
        extra = self.output_padding if output_size is None else self._reach(input, list(output_size))
        return self.convolve(
            input, self.weight, self.bias, self.stride, self.padding, extra, self.groups, self.dilation
        )

    def _reach(self, input: Any, output_size: list[int]) -> tuple[int, ...]:
        """The output padding that gives an output of the wanted size."""
        leading = input.ndim - self.d
        wanted = output_size[leading:] if len(output_size) == input.ndim else output_size
        if len(wanted) != self.d:
            raise ValueError(
                f"ConvTranspose{self.d}D: for {input.ndim}D input, output_size must have {self.d} or {input.ndim} "
                f"elements (got {len(output_size)})"
            )
        least = [
            (n - 1) * s - 2 * p + d * (k - 1) + 1
            for n, s, p, d, k in zip(input.shape[leading:], self.stride, self.padding, self.dilation, self.kernel_size)
        ]
        most = [size + s - 1 for size, s in zip(least, self.stride)]
        if any(not a <= size <= b for a, size, b in zip(least, wanted, most)):
            raise ValueError(
                f"requested an output size of {wanted}, but valid sizes range from {least} to {most} "
                f"(for an input of {input.shape[leading:]})"
            )
        return tuple(size - a for size, a in zip(wanted, least))


class ConvTranspose1d(_ConvTransposeNd):
    """The transpose of `Conv1d`; arguments as in `ConvTranspose2d`.

    Source: ``torch.nn.ConvTranspose1d``.

    Example:
        >>> mgx.nn.ConvTranspose1d(3, 2, 4, stride=2, padding=1)(mgx.ones(1, 3, 5)).shape
        torch.Size([1, 2, 10])
    """

    d = 1
    convolve = staticmethod(F.conv_transpose1d)


class ConvTranspose2d(_ConvTransposeNd):
    """The transpose of `Conv2d`: what goes back through a convolution, used to go forward, to larger images.

    Args:
        in_channels: Number of channels of the input.
        out_channels: Number of channels of the output.
        kernel_size: Size of the patterns that are added up in the output.
        stride: Step in the output from one pattern to the next.
        padding: How much of the output's border is left away.
        output_padding: How much is added to the output at its end; for a stride above 1, several output sizes
            belong to one input size. ``forward(input, output_size)`` chooses it.
        groups, bias, dilation, device, dtype: As in `Conv2d`.
        padding_mode: Only ``"zeros"``.

    Shape:
        (N, in_channels, H, W) -> (N, out_channels, H', W'), or the same without N, with
        H' = (H - 1)·stride - 2·padding + dilation·(kernel_size - 1) + output_padding + 1.

    Raises: ValueError: as in `Conv2d`; another padding mode; an ``output_size`` that cannot be reached.
    Source: ``torch.nn.ConvTranspose2d``, with the same initial values for the same seed.

    Example:
        >>> mgx.nn.ConvTranspose2d(8, 3, 4, stride=2, padding=1)(mgx.ones(1, 8, 7, 7)).shape
        torch.Size([1, 3, 14, 14])
    """

    d = 2
    convolve = staticmethod(F.conv_transpose2d)


class ConvTranspose3d(_ConvTransposeNd):
    """The transpose of `Conv3d`; arguments as in `ConvTranspose2d`.

    Source: ``torch.nn.ConvTranspose3d``.

    Example:
        >>> mgx.nn.ConvTranspose3d(1, 1, 2, stride=2)(mgx.ones(1, 1, 2, 3, 4)).shape
        torch.Size([1, 1, 4, 6, 8])
    """

    d = 3
    convolve = staticmethod(F.conv_transpose3d)
