"""Windows as columns, and back: Unfold and Fold."""

from typing import Any

from microgradx.nn import functional as F
from microgradx.nn.module import Module

__all__ = ["Fold", "Unfold"]


class Unfold(Module):
    """Every window of an image as a column; see `microgradx.nn.functional.unfold`.

    Args:
        kernel_size: Size of a window; like all sizes here one number, or one for each of the two axes.
        dilation: Step between the cells of a window.
        padding: Zeros around the input.
        stride: Step from window to window.

    Shape:
        (N, C, H, W) -> (N, C · cells, windows)

    Source: ``torch.nn.Unfold``.

    Example:
        >>> mgx.nn.Unfold(2)(mgx.ones(1, 3, 4, 5)).shape
        torch.Size([1, 12, 12])
    """

    def __init__(self, kernel_size: Any, dilation: Any = 1, padding: Any = 0, stride: Any = 1) -> None:
        super().__init__()
        self.kernel_size = kernel_size
        self.dilation = dilation
        self.padding = padding
        self.stride = stride

    def forward(self, input: Any) -> Any:
        return F.unfold(input, self.kernel_size, self.dilation, self.padding, self.stride)

    def extra_repr(self) -> str:
        return f"kernel_size={self.kernel_size}, dilation={self.dilation}, padding={self.padding}, stride={self.stride}"


class Fold(Unfold):
    """Columns added up to an image of ``output_size``, where `Unfold` would have read them.

    Shape:
        (N, C · cells, windows) -> (N, C, H, W)

    Source: ``torch.nn.Fold``.

    Example:
        >>> mgx.nn.Fold((4, 5), 2)(mgx.ones(1, 12, 12)).shape
        torch.Size([1, 3, 4, 5])
    """

    def __init__(
        self, output_size: Any, kernel_size: Any, dilation: Any = 1, padding: Any = 0, stride: Any = 1
    ) -> None:
        super().__init__(kernel_size, dilation, padding, stride)
        self.output_size = output_size

    def forward(self, input: Any) -> Any:
        return F.fold(input, self.output_size, self.kernel_size, self.dilation, self.padding, self.stride)

    def extra_repr(self) -> str:
        return f"output_size={self.output_size}, {super().extra_repr()}"
