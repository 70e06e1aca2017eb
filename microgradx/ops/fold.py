"""Windows of an image as columns, and columns added up to an image again.

The data movement of `microgradx.ops.conv`, as two operations of their own: `unfold` copies, `fold` adds up what
`unfold` would copy. Each is the adjoint of the other, and so its derivative.
"""

from __future__ import annotations

import math
from typing import Any

from microgradx.engine import primitive
from microgradx.graph import Array
from microgradx.ops import conv
from microgradx.ops.activation import real
from microgradx.ops.conv import Sizes, Slide, inside, pad, per_axis
from microgradx.ops.elementwise import in_order
from microgradx.ops.face import check_tensor


@primitive(name="Im2Col")
def windows(x: Array, kernel: Sizes, places: Sizes, slide: Slide) -> Array:
    """(N, C, *spatial) -> (N, C · cells of a window, windows)."""
    columns = conv.unfold(pad(x, slide.padding), kernel, places, slide)
    columns = columns if columns.base is None else columns.copy()  # windows of one cell were only looked at
    return columns.reshape(len(x), x.shape[1] * math.prod(kernel), math.prod(places))


@primitive(name="Col2Im")
def overlap(columns: Array, spatial: Sizes, kernel: Sizes, places: Sizes, slide: Slide) -> Array:
    """(N, C · cells of a window, windows) -> (N, C, *spatial): the adjoint of `windows`."""
    channels = columns.shape[1] // math.prod(kernel)
    padded = tuple(n + sum(around) for n, around in zip(spatial, slide.padding, strict=True))
    columns = columns.reshape(len(columns), channels, *kernel, *places)
    return in_order(conv.fold(columns, padded, slide)[inside(spatial, slide.padding)])


windows.derivatives(x=lambda g, x_shape, kernel, places, slide: overlap(g, x_shape[2:], kernel, places, slide))
overlap.derivatives(columns=lambda g, kernel, places, slide: windows(g, kernel, places, slide))


def prepare(
    function: str, spatial: Sizes, kernel_size: Any, dilation: Any, padding: Any, stride: Any
) -> tuple[Sizes, Sizes, Slide]:
    """Kernel, number of places along each axis, and how the window slides, from PyTorch's options."""
    kernel, dilation, stride = (
        per_axis(function, name, value, 2)
        for name, value in (("kernel_size", kernel_size), ("dilation", dilation), ("stride", stride))
    )
    around = per_axis(function, "padding", padding, 2)
    if min(*kernel, *dilation, *stride) < 1:
        raise RuntimeError(
            f"{function}: kernel_size, dilation and stride should be greater than zero, "
            f"but got {kernel}, {dilation} and {stride}"
        )
    if min(around) < 0:
        raise RuntimeError(f"{function}: padding should be non-negative, but got {around}")
    places = tuple(
        (n + 2 * p - d * (k - 1) - 1) // s + 1
        for n, k, d, p, s in zip(spatial, kernel, dilation, around, stride, strict=True)
    )
    if min(places) < 1:
        raise RuntimeError(
            f"{function}: Given spatial size {spatial}, kernel_size={kernel}, dilation={dilation}, padding={around}, "
            f"stride={stride}, calculated shape of the array of sliding blocks as {places}, but its components must "
            "be at least one."
        )
    return kernel, places, Slide(stride, tuple((p, p) for p in around), dilation)


def unfold(input: Any, kernel_size: Any, dilation: Any = 1, padding: Any = 0, stride: Any = 1) -> Any:
    r"""Every window of an image as a column.

    Args:
        input: Images of a floating dtype.
        kernel_size: Size of a window; like all sizes here one number, or one for each of the two axes.
        dilation: Step between the cells of a window.
        padding: Zeros around the input.
        stride: Step from window to window.

    Shape:
        (N, C, H, W) or (C, H, W) -> (N, C · cells, windows) or (C · cells, windows): windows in reading order,
        ⌊(H + 2 padding - dilation (K - 1) - 1) / stride⌋ + 1 of them along each axis.

    Derivative:
        `fold` of g: what several windows saw gets the sum of their gradients.

    Raises: RuntimeError: there is no window, or a size is not positive.
    Source: matches ``torch.nn.functional.unfold``.

    Example:
        >>> unfold(mgx.arange(6.0).reshape(1, 2, 3), 2)
        tensor([[0., 1.],
                [1., 2.],
                [3., 4.],
                [4., 5.]])
    """
    shape = tuple(check_tensor("unfold", input).shape)
    if len(shape) not in (3, 4) or not all(shape[-3:]):
        raise RuntimeError(
            "Expected 3D or 4D (batch mode) tensor with possibly 0 batch size and other non-zero dimensions for "
            f"input, but got: {list(shape)}"
        )
    if input.array.dtype != bool:
        real("im2col_out_cpu")(input.array)
    kernel, places, slide = prepare("unfold", shape[-2:], kernel_size, dilation, padding, stride)
    if len(shape) == 4:
        return windows(input, kernel, places, slide)
    return windows(input[None], kernel, places, slide)[0]


def fold(
    input: Any, output_size: Any, kernel_size: Any, dilation: Any = 1, padding: Any = 0, stride: Any = 1
) -> Any:  # fmt: skip
    r"""Columns added up to an image, each where `unfold` would have read it.

    Args:
        input: Columns of a floating dtype.
        output_size: Size of the image; like all sizes here one number, or one for each of the two axes.
        kernel_size: Size of a window.
        dilation: Step between the cells of a window.
        padding: Zeros that `unfold` would put around the image.
        stride: Step from window to window.

    Shape:
        (N, C · cells, windows) or (C · cells, windows) -> (N, C, H, W) or (C, H, W)

    Derivative:
        `unfold` of g.

    Raises: RuntimeError: as `unfold`, or the columns are not those of such an image.
    Source: matches ``torch.nn.functional.fold``.

    Example:
        >>> fold(mgx.ones(4, 2), (2, 3), 2)  # two windows share the column in the middle
        tensor([[[1., 2., 1.],
                 [1., 2., 1.]]])
    """
    shape = tuple(check_tensor("fold", input).shape)
    if len(shape) not in (2, 3) or not all(shape[-2:]):
        raise RuntimeError(
            "Expected 2D or 3D (batch mode) tensor for input with possibly 0 batch size and non-zero dimensions for "
            f"input, but got: {list(shape)}"
        )
    spatial = per_axis("fold", "output_size", output_size, 2)
    kernel, places, slide = prepare("fold", spatial, kernel_size, dilation, padding, stride)
    if shape[-2] % math.prod(kernel):
        raise RuntimeError(
            "Expected size of input's dimension 1 to be divisible by the product of kernel_size, but got "
            f"input.size(1)={shape[-2]} and kernel_size={kernel}."
        )
    if shape[-1] != math.prod(places):
        raise RuntimeError(
            f"Given output_size={spatial}, kernel_size={kernel}, dilation={slide.dilation}, stride={slide.stride}, "
            f"expected size of input's dimension 2 to match the calculated number of sliding blocks "
            f"{places[0]} * {places[1]} = {math.prod(places)}, but got input.size(2)={shape[-1]}."
        )
    if input.array.dtype != bool:
        real("col2im_out_cpu")(input.array)
    if len(shape) == 3:
        return overlap(input, spatial, kernel, places, slide)
    return overlap(input[None], spatial, kernel, places, slide)[0]
