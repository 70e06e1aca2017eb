"""Pooling: one number for each window, the largest or the mean.

As in `microgradx.ops.conv`, windows slide along any number of spatial axes: (N, C, *spatial) ->
(N, C, *size). A *tap* is the view of the input that holds one cell of every window; there are as many
taps as a window has cells, and all windows are pooled at once with operations between whole taps.
"""

from __future__ import annotations

import functools
import itertools
import math
from typing import Any

import numpy as np

from microgradx.engine import primitive, renamed
from microgradx.graph import Array, wrap
from microgradx.ops.conv import Sizes, Slide, batch, inside, pad, per_axis, tap
from microgradx.ops.elementwise import in_order
from microgradx.ops.face import check_tensor
from microgradx.ops.reduction import mean as average


def lowest(dtype: Any) -> Any:
    """What no value of a dtype is below."""
    return -math.inf if dtype.kind == "f" else np.iinfo(dtype).min


@primitive(name="MaxPool", saves=("cells",))
def max_pool(x: Array, kernel: Sizes, size: Sizes, slide: Slide) -> tuple[Array, Array]:
    """The largest cell of each window, and which cell that is, counted from 0 in the window.

    Of equal cells the first wins; a nan wins over everything, as in PyTorch.
    """
    padded = pad(x, slide.padding, lowest(x.dtype))
    out, cells = None, first_cells(x.shape, kernel, size, slide)
    for number, cell in enumerate(itertools.product(*map(range, kernel))):
        index = tuple(tap(0, i, *rest)[0] for i, *rest in zip(cell, size, slide.stride, slide.dilation, strict=True))
        seen = padded[(..., *index)].copy()
        if out is None:
            out = seen
            continue
        larger = seen > out
        if x.dtype.kind == "f":
            larger |= seen != seen
        np.maximum(cells, larger.view(np.uint8) * cells.dtype.type(number), out=cells)
        out = np.maximum(out, seen)
    return out, cells


def first_cells(shape: Sizes, kernel: Sizes, size: Sizes, slide: Slide) -> Array:
    """The first cell of each window that is not padding."""
    first = np.zeros((*shape[:2], *size), np.min_scalar_type(math.prod(kernel) - 1))
    for a, (before, _) in enumerate(slide.padding):
        if before:
            start = np.arange(size[a]) * slide.stride[a] - before
            cell = np.maximum(-(start // slide.dilation[a]), 0) * math.prod(kernel[a + 1 :])
            first += cell.astype(first.dtype).reshape(-1, *(1,) * (len(size) - a - 1))
    return first


def positions(cells: Array, kernel: Sizes, spatial: Sizes, slide: Slide) -> Array:
    """Where the chosen cells are in the flattened spatial axes of the input."""
    where: Any = 0  # the window is, by its place
    offset: Any = 0  # the cell is from there, by its number
    for a, coordinate in enumerate(np.unravel_index(np.arange(math.prod(kernel)), kernel)):
        start = np.arange(cells.shape[2 + a]) * slide.stride[a] - slide.padding[a][0]
        start = start.reshape(-1, *(1,) * (len(spatial) - a - 1))
        where, offset = where * spatial[a] + start, offset * spatial[a] + coordinate * slide.dilation[a]
    return np.take(offset, cells) + where


def rows(indices: Array, cells: int) -> Array:
    """Indices into each plane of a batch as indices into the flattened batch."""
    planes = np.arange(math.prod(indices.shape[:2])) * cells
    return indices + planes.reshape(*indices.shape[:2], *(1,) * (indices.ndim - 2))


@primitive(name="MaxUnpool")
def put(y: Array, indices: Array, spatial: Sizes) -> Array:
    """Zeros (N, C, *spatial) with y added at its indices."""
    out = np.zeros((*y.shape[:2], *spatial), y.dtype)
    np.add.at(out.reshape(-1), rows(indices, math.prod(spatial)).reshape(-1), y.reshape(-1))
    return out


@primitive(name="MaxPoolTake")
def take(x: Array, indices: Array, spatial: Sizes) -> Array:
    """What x (N, C, *spatial) has at the indices (N, C, *size)."""
    return x.reshape(-1)[rows(indices, math.prod(spatial))]


max_pool.derivatives(
    x=lambda g, cells, x_shape, kernel, slide: put(g, positions(cells, kernel, x_shape[2:], slide), x_shape[2:])
)
put.derivatives(y=lambda g, indices, spatial: take(g, indices, spatial))
take.derivatives(x=lambda g, indices, spatial: put(g, indices, spatial))


@primitive(name="AvgPool")
def avg_pool(x: Array, kernel: Sizes, size: Sizes, slide: Slide, divisor: Any) -> Array:
    """The sum of each window, divided by ``divisor``: a number, or an array (*size)."""
    x = pad(x, slide.padding)
    for a in range(len(kernel)):
        taps = [x[tap(2 + a, i, size[a], slide.stride[a], slide.dilation[a])] for i in range(kernel[a])]
        x = functools.reduce(np.add, taps)
    if x.dtype.kind == "i":  # towards 0, as PyTorch divides
        return np.sign(x) * np.sign(divisor) * (np.absolute(x) // np.absolute(divisor))
    return in_order(x) / divisor


@primitive(name="AvgUnpool")
def avg_unpool(y: Array, kernel: Sizes, spatial: Sizes, slide: Slide, divisor: Any) -> Array:
    """The adjoint of `avg_pool`: each cell, divided, is added to all places of its window."""
    y = y / divisor
    for a in range(len(kernel)):
        places, padded = y.shape[2 + a], spatial[a] + sum(slide.padding[a])
        wide = np.zeros((*y.shape[: 2 + a], padded, *y.shape[3 + a :]), y.dtype)
        for i in range(kernel[a]):
            wide[tap(2 + a, i, places, slide.stride[a], slide.dilation[a])] += y
        y = wide
    return y[inside(spatial, slide.padding)]


avg_pool.derivatives(x=lambda g, x_shape, kernel, slide, divisor: avg_unpool(g, kernel, x_shape[2:], slide, divisor))
avg_unpool.derivatives(y=lambda g, y_shape, kernel, slide, divisor: avg_pool(g, kernel, y_shape[2:], slide, divisor))


@primitive()
def along_axes(x: Array, matrices: tuple[Array, ...]) -> Array:
    """Multiply each spatial axis by its matrix (cells of the result, cells of x)."""
    for axis, m in enumerate(matrices, start=2):
        x = np.moveaxis(np.moveaxis(x, axis, -1) @ m.T, -1, axis)
    return np.ascontiguousarray(x)


along_axes.derivatives(x=lambda g, matrices: along_axes(g, tuple(m.T for m in matrices)))


# ------------------------------------------------------------------------------------ PyTorch's face

# By the number of spatial axes.
MAX_POOL, AVG_POOL, ADAPTIVE_AVG_POOL, ADAPTIVE_MAX_POOL = (
    {d: renamed(operation, f"{name.format(d)}Backward0") for d in (1, 2, 3)}
    for operation, name in (
        (max_pool, "MaxPool{}DWithIndices"),
        (avg_pool, "AvgPool{}D"),
        (along_axes, "AdaptiveAvgPool{}D"),
        (take, "AdaptiveMaxPool{}D"),
    )
)


def prepare(
    function: str, d: int, x: Any, kernel: Any, stride: Any, padding: Any, dilation: Any, ceil_mode: bool
) -> tuple[Any, Sizes, Sizes, Slide]:
    """Batched input, kernel, size of the result, and how the window slides, from PyTorch's options."""
    check_tensor(function, x)
    kernel = per_axis(function, "kernel_size", kernel, d)
    stride = kernel if stride is None or stride in ([], ()) else per_axis(function, "stride", stride, d)
    before = per_axis(function, "padding", padding, d)
    dilation = per_axis(function, "dilation", dilation, d)
    for name, values in (("kernel_size", kernel), ("stride", stride), ("dilation", dilation)):
        if min(values) < 1:
            raise RuntimeError(f"{function}: {name} should be greater than zero, but got {values}")
    if min(before) < 0:
        raise RuntimeError(f"{function}: pad must be non-negative, but got pad: {before}")
    reach = kernel if d > 1 else (dilation[0] * (kernel[0] - 1) + 1,)  # PyTorch's is different along one axis
    if any(p > n // 2 for p, n in zip(before, reach, strict=True)):
        raise RuntimeError(
            f"{function}: pad should be at most half of effective kernel size, "
            f"but got pad={before}, kernel_size={kernel} and dilation={dilation}"
        )
    x = batch(function, d, x)
    if not all(x.shape[1:]):
        raise RuntimeError(f"{function}: Expected something but samples to pool, got shape {list(x.shape)}")
    size, after = [], []
    for n, k, s, p, m in zip(x.shape[2:], kernel, stride, before, dilation, strict=True):
        window = m * (k - 1) + 1
        room = n + 2 * p - window
        places = room // s + 1
        if ceil_mode and room % s and places * s < n + p:
            places += 1  # a last window that sticks out, if it starts inside
        size.append(places)
        after.append(max(p, (places - 1) * s + window - n - p))
    if min(size) < 1:
        raise RuntimeError(
            f"{function}: Given input size: ({'x'.join(map(str, x.shape[1:]))}). Calculated output size: "
            f"({'x'.join(map(str, (x.shape[1], *size)))}). Output size is too small"
        )
    return x, kernel, tuple(size), Slide(stride, tuple(zip(before, after, strict=True)), dilation)


def check_float(function: str, x: Any) -> None:
    """Means need fractions."""
    if not x.dtype.is_floating_point:
        raise NotImplementedError(
            f'"{function}" not implemented for {x.dtype}; expected a floating dtype, convert with .float()'
        )


def largest(
    d: int,
    x: Any,
    kernel: Any,
    stride: Any,
    padding: Any,
    dilation: Any,
    ceil_mode: bool,
    return_indices: bool,
) -> Any:
    """Max pooling over d spatial axes, with PyTorch's options."""
    function = f"max_pool{d}d"
    batched, kernel, size, slide = prepare(function, d, x, kernel, stride, padding, dilation, ceil_mode)
    if batched.array.dtype == bool:
        raise NotImplementedError(f"\"{function}\" not implemented for 'Bool'; convert with .float()")
    for n, (p, _), m in zip(batched.shape[2:], slide.padding, slide.dilation, strict=True):
        if -(-p // m) * m - p >= n:
            raise RuntimeError(f"{function}: the first window sees nothing but padding, of an input {list(x.shape)}")
    out, cells = MAX_POOL[d](batched, kernel, size, slide)
    if not return_indices:
        return out if batched is x else out[0]
    indices = wrap(positions(cells.array, kernel, tuple(batched.shape[2:]), slide))
    return (out, indices) if batched is x else (out[0], indices[0])


def mean(
    d: int,
    x: Any,
    kernel: Any,
    stride: Any,
    padding: Any,
    ceil_mode: bool,
    count_include_pad: bool,
    divisor: Any,
) -> Any:
    """Average pooling over d spatial axes, with PyTorch's options."""
    function = f"avg_pool{d}d"
    batched, kernel, size, slide = prepare(function, d, x, kernel, stride, padding, 1, ceil_mode)
    if d == 3 and any(n < k for n, k in zip(batched.shape[2:], kernel, strict=True)):  # PyTorch asks it of volumes only
        raise RuntimeError(f"{function}: input {list(x.shape)} smaller than kernel size {kernel}")
    if x.array.dtype != np.int64:
        check_float(function, x)
    if divisor == 0:
        raise RuntimeError(f"{function}: divisor must be not zero")
    if divisor is None:
        divisor = math.prod(kernel)
        if ceil_mode or not count_include_pad:
            counts = []
            for n, k, m, s, (p, _) in zip(batched.shape[2:], kernel, size, slide.stride, slide.padding, strict=True):
                start, edge = np.arange(m) * s - p, p if count_include_pad else 0
                counts.append(np.minimum(start + k, n + edge) - np.maximum(start, -edge))
            cells: Any = math.prod(np.ix_(*counts))
            divisor = cells.astype(batched.array.dtype)
    out = AVG_POOL[d](batched, kernel, size, slide, divisor)
    return out if batched is x else out[0]


def adaptive_windows(function: str, d: int, x: Any, output_size: Any) -> tuple[Any, list[tuple[Array, Array]]]:
    """Batched input, and for each spatial axis where the windows begin and end, as even as can be."""
    check_tensor(function, x)
    x = batch(function, d, x)
    sizes = output_size if isinstance(output_size, (tuple, list)) else (output_size,) * d
    if len(sizes) != d:
        raise RuntimeError(f"{function}: output_size must be {d} numbers, but got {output_size}")
    sizes = per_axis(function, "output_size", [n if m is None else m for n, m in zip(x.shape[2:], sizes)], d)
    if min(sizes) < 0:
        raise RuntimeError(
            f"{function}: elements of output_size must be greater than or equal to 0 but received {sizes}"
        )
    places = [(np.arange(m), n, m) for n, m in zip(x.shape[2:], sizes, strict=True)]
    return x, [(i * n // m, -(-(i + 1) * n // m)) for i, n, m in places]


def adaptive_mean(d: int, x: Any, output_size: Any) -> Any:
    """Adaptive average pooling over d spatial axes."""
    function = f"adaptive_avg_pool{d}d"
    batched, windows = adaptive_windows(function, d, x, output_size)
    check_float(function, x)
    if all(len(start) == 1 for start, _ in windows):
        return average(x, tuple(range(x.ndim - d, x.ndim)), True)  # of no cells nan, as PyTorch has it
    if not all(batched.shape[2:]):
        raise RuntimeError(
            f"{function}(): Expected input to have non-zero size for non-batch dimensions, got {list(x.shape)}"
        )
    matrices = []
    for n, (start, end) in zip(batched.shape[2:], windows, strict=True):
        i = np.arange(n)
        seen = (start[:, None] <= i) & (i < end[:, None])
        matrices.append((seen / (end - start)[:, None]).astype(batched.array.dtype))
    out = ADAPTIVE_AVG_POOL[d](batched, tuple(matrices))
    return out if batched is x else out[0]


def adaptive_largest(d: int, x: Any, output_size: Any, return_indices: bool) -> Any:
    """Adaptive max pooling over d spatial axes.

    The windows differ in length. Shorter ones are filled up with their last cell, which changes no maximum;
    then all windows lie side by side, and are pooled as usual to find out which cells are the largest.
    """
    batched, windows = adaptive_windows(f"adaptive_max_pool{d}d", d, x, output_size)
    if not all(batched.shape[1:]):
        raise RuntimeError(
            f"adaptive_max_pool{d}d(): Expected input to have non-zero size for non-batch dimensions, got {list(x.shape)}"
        )
    spatial, size = tuple(batched.shape[2:]), tuple(len(start) for start, _ in windows)
    kernel = tuple(int(max(end - start, default=1)) for start, end in windows)
    cells = [
        np.minimum(start[:, None] + np.arange(k), end[:, None] - 1).reshape(-1)
        for k, (start, end) in zip(kernel, windows, strict=True)
    ]
    wide = batched.array[(..., *np.ix_(*cells))]
    slide = Slide(kernel, ((0, 0),) * d, (1,) * d)
    _, chosen = max_pool(wide, kernel, size, slide)
    found = np.unravel_index(positions(chosen, kernel, wide.shape[2:], slide), wide.shape[2:])
    indices = np.ravel_multi_index(tuple(c[f] for c, f in zip(cells, found, strict=True)), spatial)
    out = ADAPTIVE_MAX_POOL[d](batched, indices, spatial)
    if not return_indices:
        return out if batched is x else out[0]
    return (out, wrap(indices)) if batched is x else (out[0], wrap(indices[0]))


def max_pool1d(
    input: Any, kernel_size: Any, stride: Any = None, padding: Any = 0, dilation: Any = 1,
    ceil_mode: bool = False, return_indices: bool = False,
) -> Any:  # fmt: skip
    """The largest number of each window of a sequence: `max_pool2d` with one spatial axis.

    Shape:
        (N, C, L) or (C, L) -> (N, C, places) or (C, places).

    Raises: RuntimeError: as `max_pool2d`.

    Example:
        >>> max_pool1d(mgx.tensor([[1.0, 5.0, 2.0, 3.0]]), 2)
        tensor([[5., 3.]])
    """
    return largest(1, input, kernel_size, stride, padding, dilation, ceil_mode, return_indices)


def max_pool2d(
    input: Any, kernel_size: Any, stride: Any = None, padding: Any = 0, dilation: Any = 1,
    ceil_mode: bool = False, return_indices: bool = False,
) -> Any:  # fmt: skip
    r"""The largest number of each window of an image.

    Args:
        input: Images.
        kernel_size: Cells of a window; like all sizes here one number, or one for each spatial axis.
        stride: Step from window to window; by default ``kernel_size``, so that windows do not overlap.
        padding: Cells of -∞ around the input, at most half a window.
        dilation: Step between the cells of a window.
        ceil_mode: Have a last window that sticks out, if a part of the input would go unseen.
        return_indices: Return beside the result where its numbers are in the flattened image.

    Shape:
        (N, C, H, W) or (C, H, W) -> (N, C, places, places) or (C, places, places), with
        places = ⌊(H + 2 padding - dilation (K - 1) - 1) / stride⌋ + 1 along each axis, ⌈⌉ with ``ceil_mode``.

    Derivative:
        g goes to the cell that was the largest, and to the first of equal ones.

    Raises: RuntimeError: too much padding, or the window is larger than the input.
    Source: pairwise maxima of the strided views of the input; matches ``torch.nn.functional.max_pool2d``.

    Example:
        >>> max_pool2d(mgx.tensor([[[1.0, 5.0], [2.0, 3.0]]]), 2, return_indices=True)
        (tensor([[[5.]]]), tensor([[[1]]]))
    """
    return largest(2, input, kernel_size, stride, padding, dilation, ceil_mode, return_indices)


def max_pool3d(
    input: Any, kernel_size: Any, stride: Any = None, padding: Any = 0, dilation: Any = 1,
    ceil_mode: bool = False, return_indices: bool = False,
) -> Any:  # fmt: skip
    """The largest number of each window of a volume: `max_pool2d` with three spatial axes.

    Shape:
        (N, C, D, H, W) or (C, D, H, W) -> (N, C, places, places, places), or without N.

    Raises: RuntimeError: as `max_pool2d`.

    Example:
        >>> max_pool3d(mgx.ones(1, 2, 4, 4, 4), 2).shape
        torch.Size([1, 2, 2, 2, 2])
    """
    return largest(3, input, kernel_size, stride, padding, dilation, ceil_mode, return_indices)


def avg_pool1d(
    input: Any, kernel_size: Any, stride: Any = None, padding: Any = 0, ceil_mode: bool = False,
    count_include_pad: bool = True,
) -> Any:  # fmt: skip
    """The mean of each window of a sequence: `avg_pool2d` with one spatial axis.

    Shape:
        (N, C, L) or (C, L) -> (N, C, places) or (C, places).

    Raises: RuntimeError: as `avg_pool2d`.

    Example:
        >>> avg_pool1d(mgx.tensor([[1.0, 5.0, 2.0, 3.0]]), 2)
        tensor([[3.0000, 2.5000]])
    """
    return mean(1, input, kernel_size, stride, padding, ceil_mode, count_include_pad, None)


def avg_pool2d(
    input: Any, kernel_size: Any, stride: Any = None, padding: Any = 0, ceil_mode: bool = False,
    count_include_pad: bool = True, divisor_override: Any = None,
) -> Any:  # fmt: skip
    r"""The mean of each window of an image.

    Args:
        input: Images of a floating dtype, or of int64, of which the means are rounded towards 0.
        kernel_size: Cells of a window; like all sizes here one number, or one for each spatial axis.
        stride: Step from window to window; by default ``kernel_size``, so that windows do not overlap.
        padding: Zeros around the input, at most half a window.
        ceil_mode: Have a last window that sticks out, if a part of the input would go unseen.
        count_include_pad: The zeros of ``padding`` count as cells.
        divisor_override: Divide the sum by this, and not by the number of cells.

    Shape:
        (N, C, H, W) or (C, H, W) -> (N, C, places, places) or (C, places, places), with
        places = ⌊(H + 2 padding - K) / stride⌋ + 1 along each axis, ⌈⌉ with ``ceil_mode``.

    Derivative:
        Each cell of a window gets g / cells.

    Raises: RuntimeError: too much padding, or the window is larger than the input.
    Source: sums along one axis, then along the next; matches ``torch.nn.functional.avg_pool2d``.

    Example:
        >>> avg_pool2d(mgx.tensor([[[1.0, 5.0], [2.0, 4.0]]]), 2)
        tensor([[[3.]]])
    """
    return mean(2, input, kernel_size, stride, padding, ceil_mode, count_include_pad, divisor_override)


def avg_pool3d(
    input: Any, kernel_size: Any, stride: Any = None, padding: Any = 0, ceil_mode: bool = False,
    count_include_pad: bool = True, divisor_override: Any = None,
) -> Any:  # fmt: skip
    """The mean of each window of a volume: `avg_pool2d` with three spatial axes.

    Shape:
        (N, C, D, H, W) or (C, D, H, W) -> (N, C, places, places, places), or without N.

    Raises: RuntimeError: as `avg_pool2d`.

    Example:
        >>> avg_pool3d(mgx.ones(1, 2, 4, 4, 4), 2).shape
        torch.Size([1, 2, 2, 2, 2])
    """
    return mean(3, input, kernel_size, stride, padding, ceil_mode, count_include_pad, divisor_override)


def adaptive_avg_pool1d(input: Any, output_size: Any) -> Any:
    """Means of as many windows as asked for: `adaptive_avg_pool2d` with one spatial axis.

    Shape:
        (N, C, L) or (C, L) -> (N, C, output_size) or (C, output_size).

    Raises: RuntimeError: as `adaptive_avg_pool2d`.

    Example:
        >>> adaptive_avg_pool1d(mgx.tensor([[1.0, 5.0, 2.0, 4.0]]), 2)
        tensor([[3., 3.]])
    """
    return adaptive_mean(1, input, output_size)


def adaptive_avg_pool2d(input: Any, output_size: Any) -> Any:
    r"""Means of as many windows as asked for, whatever the size of the image.

    Args:
        input: Images of a floating dtype.
        output_size: Windows along each axis: one number or two; None for as many as the input has cells.

    Shape:
        (N, C, H, W) or (C, H, W) -> (N, C, P, Q) or (C, P, Q).

    Derivative:
        Each cell of a window gets g / cells, added up where windows overlap.

    Units: window i of P spans the cells from ⌊i H / P⌋ to ⌈(i + 1) H / P⌉.
    Raises: RuntimeError: ``output_size`` is negative or has another length.
    Source: a matrix of averages for each axis; matches ``torch.nn.functional.adaptive_avg_pool2d``.

    Example:
        >>> adaptive_avg_pool2d(mgx.tensor([[[1.0, 5.0], [2.0, 4.0]]]), 1)
        tensor([[[3.]]])
    """
    return adaptive_mean(2, input, output_size)


def adaptive_avg_pool3d(input: Any, output_size: Any) -> Any:
    """Means of as many windows as asked for: `adaptive_avg_pool2d` with three spatial axes.

    Shape:
        (N, C, D, H, W) or (C, D, H, W) -> (N, C, P, Q, R) or (C, P, Q, R).

    Raises: RuntimeError: as `adaptive_avg_pool2d`.

    Example:
        >>> adaptive_avg_pool3d(mgx.ones(2, 5, 4, 3), (None, 2, 1)).shape
        torch.Size([2, 5, 2, 1])
    """
    return adaptive_mean(3, input, output_size)


def adaptive_max_pool1d(input: Any, output_size: Any, return_indices: bool = False) -> Any:
    """The largest numbers of as many windows as asked for: `adaptive_max_pool2d` with one spatial axis.

    Shape:
        (N, C, L) or (C, L) -> (N, C, output_size) or (C, output_size).

    Raises: RuntimeError: as `adaptive_max_pool2d`.

    Example:
        >>> adaptive_max_pool1d(mgx.tensor([[1.0, 5.0, 2.0, 4.0]]), 2)
        tensor([[5., 4.]])
    """
    return adaptive_largest(1, input, output_size, return_indices)


def adaptive_max_pool2d(input: Any, output_size: Any, return_indices: bool = False) -> Any:
    r"""The largest numbers of as many windows as asked for, whatever the size of the image.

    Args:
        input: Images.
        output_size: Windows along each axis: one number or two; None for as many as the input has cells.
        return_indices: Return beside the result where its numbers are in the flattened image.

    Shape:
        (N, C, H, W) or (C, H, W) -> (N, C, P, Q) or (C, P, Q).

    Derivative:
        g goes to the cell that was the largest, and to the first of equal ones.

    Units: window i of P spans the cells from ⌊i H / P⌋ to ⌈(i + 1) H / P⌉.
    Raises: RuntimeError: ``output_size`` is negative or has another length.
    Source: matches ``torch.nn.functional.adaptive_max_pool2d``.

    Example:
        >>> adaptive_max_pool2d(mgx.tensor([[[1.0, 5.0], [2.0, 4.0]]]), 1)
        tensor([[[5.]]])
    """
    return adaptive_largest(2, input, output_size, return_indices)


def adaptive_max_pool3d(input: Any, output_size: Any, return_indices: bool = False) -> Any:
    """The largest numbers of as many windows as asked for: `adaptive_max_pool2d` with three spatial axes.

    Shape:
        (N, C, D, H, W) or (C, D, H, W) -> (N, C, P, Q, R) or (C, P, Q, R).

    Raises: RuntimeError: as `adaptive_max_pool2d`.

    Example:
        >>> adaptive_max_pool3d(mgx.ones(2, 5, 4, 3), (None, 2, 1)).shape
        torch.Size([2, 5, 2, 1])
    """
    return adaptive_largest(3, input, output_size, return_indices)
