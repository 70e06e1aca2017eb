"""Convolution, its transpose, and the gradient by its kernel: three primitives that are each other's rules.

Call the input x, the kernel w and the result y. Convolution is linear in x and linear in w:
⟨y, conv(x, w)⟩ is one number, and its three partial derivatives are the three operations here:
by y it is ``conv(x, w)``, by x ``conv_transpose(y, w)``, by w ``conv_weight(y, x)``. So the derivative of
each one is a call of the other two, to any order.

All three are one product of matrices and one movement of data. `unfold` lays out what each place of the
result sees as a column; then a kernel is a row, and convolution is rows times columns. `fold`, its adjoint,
adds columns up where they came from. Shapes are (samples N, channels, *spatial) in any number of spatial
axes, and (O, C / groups, *kernel) for kernels.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np

from microgradx.engine import primitive
from microgradx.graph import Array
from microgradx.ops.elementwise import plus
from microgradx.ops.face import check_tensor
from microgradx.ops.linalg import matmul
from microgradx.ops.pad import surround
from microgradx.ops.reduction import reduce_sum

Sizes = tuple[int, ...]
"""One number for each spatial axis."""


class Slide(NamedTuple):
    """How a window slides over an input, with one entry for each spatial axis."""

    stride: Sizes
    padding: tuple[tuple[int, int], ...]  # cells before the input, and after it
    dilation: Sizes
    groups: int = 1


def tap(axis: int, i: int, n: int, stride: int, dilation: int) -> tuple[slice, ...]:
    """The index of what the i-th cell of a window sees along an axis, when the window takes n places."""
    first = i * dilation
    return (slice(None),) * axis + (slice(first, first + (n - 1) * stride + 1, stride),)


def pad(x: Array, padding: Sequence[tuple[int, int]], value: float = 0) -> Array:
    """Cells of a constant value around the spatial axes; x itself if there are none to add."""
    if not any(map(any, padding)):
        return x
    spatial = x.shape[2:]
    shape = (*x.shape[:2], *(before + n + after for n, (before, after) in zip(spatial, padding, strict=True)))
    padded = np.full(shape, value, x.dtype) if value else np.zeros(shape, x.dtype)
    padded[inside(spatial, padding)] = x
    return padded


def inside(spatial: Sizes, padding: Sequence[tuple[int, int]]) -> tuple[Any, ...]:
    """Where the input is in the padded input."""
    return (..., *(slice(before, before + n) for n, (before, _) in zip(spatial, padding, strict=True)))


def unfold(x: Array, kernel: Sizes, size: Sizes, slide: Slide, first: int = 0) -> Array:
    """What each place of the result sees: padded (N, C, *spatial) -> (N, C, *kernel, *size).

    The last axis is unfolded first. So the largest copies, which come last, are those of the longest runs. With
    ``first=1`` they are left out: the first spatial axis stays as it is, (N, C, *kernel[1:], rows, *size[1:]).
    """
    d = len(kernel)
    for a in reversed(range(first, d)):
        axis = x.ndim - d + a
        taps = [tap(axis, i, size[a], slide.stride[a], slide.dilation[a]) for i in range(kernel[a])]
        if len(taps) == 1:
            x = x[taps[0]][:, :, None]  # a view will do
            continue
        columns = np.empty((*x.shape[:2], len(taps), *x.shape[2:axis], size[a], *x.shape[axis + 1 :]), x.dtype)
        for i, seen in enumerate(taps):
            columns[:, :, i] = x[seen]
        x = columns
    return x


def fold(columns: Array, size: Sizes, slide: Slide, first: int = 0) -> Array:
    """Add up what `unfold` would copy: (N, C, *kernel, *places) -> (N, C, *size), padding included."""
    d = len(size)
    for a in range(first, d):
        axis = columns.ndim - d + a - 1
        taps = [
            tap(axis, i, columns.shape[axis + 1], slide.stride[a], slide.dilation[a]) for i in range(columns.shape[2])
        ]
        shape = (*columns.shape[:2], *columns.shape[3 : axis + 1], size[a], *columns.shape[axis + 2 :])
        x = np.zeros(shape, columns.dtype)
        x[taps[0]] = columns[:, :, 0]
        for i, seen in enumerate(taps[1:], start=1):
            x[seen] += columns[:, :, i]
        columns = x
    return columns


class Plan(NamedTuple):
    """How a convolution becomes products of matrices: one, or one for each row of the kernel.

    Where the step along the first axis is 1, what a row of the kernel sees at all places is a range of columns that
    are not unfolded along that axis. The ranges of the rows overlap, so most of the copies are spared; the products
    are smaller, and this pays if enough channels are left for them.
    """

    first: int  # the first spatial axis to unfold
    seen: int  # numbers in a column
    ranges: tuple[slice, ...]  # of the flattened columns: one for each product
    length: int  # of all flattened columns
    padded: Sizes

    @classmethod
    def of(cls, shape: Sizes, size: Sizes, spatial: Sizes, slide: Slide) -> Plan:
        """For kernels of a shape, which slide over ``spatial`` to ``size`` places."""
        rows, seen, places = shape[2], math.prod(shape[1:]), math.prod(size)
        padded = tuple(n + sum(around) for n, around in zip(spatial, slide.padding, strict=True))
        if rows == 1 or slide.stride[0] > 1 or seen // rows < 16:
            return cls(0, seen, (slice(places),), places, padded)
        line = math.prod(size[1:])
        starts = range(0, rows * slide.dilation[0] * line, slide.dilation[0] * line)
        return cls(1, seen // rows, tuple(slice(s, s + places) for s in starts), padded[0] * line, padded)

    def cut(self, w: Array, groups: int) -> Array:
        """The kernels as they are multiplied: (O, C / groups, *kernel) -> (products, groups, O / groups, seen)."""
        parts = np.moveaxis(w, 2, 0) if self.first else w
        return parts.reshape(len(self.ranges), groups, len(w) // groups, self.seen)

    def columns(self, x: Array, kernel: Sizes, size: Sizes, slide: Slide) -> Array:
        """(N, C, *spatial) -> (N, groups, seen, length)."""
        columns = unfold(pad(x, slide.padding), kernel, size, slide, self.first)
        return columns.reshape(len(x), slide.groups, self.seen, self.length)

    def blocks(self, samples: int, groups: int) -> Iterator[slice]:
        """Cut a batch so that the columns of a piece stay in the cache."""
        step = max(1, 2**18 // max(1, groups * self.seen * self.length))
        return (slice(i, i + step) for i in range(0, samples, step))


@primitive(name="Convolution")
def conv(x: Array, w: Array, b: Array | None, size: Sizes, slide: Slide) -> Array:
    """Slide the kernels w over x (as is the custom, without flipping them), and add the bias b or None.

    ``size`` is the spatial size of the result: (N, C, *spatial), (O, C / groups, *kernel) -> (N, O, *size).
    """
    groups = slide.groups
    plan = Plan.of(w.shape, size, x.shape[2:], slide)
    kernels = plan.cut(w, groups)
    out = np.empty((len(x), groups, len(w) // groups, math.prod(size)), x.dtype)
    for piece in plan.blocks(len(x), groups):
        columns = plan.columns(x[piece], w.shape[2:], size, slide)
        np.matmul(kernels[0], columns[..., plan.ranges[0]], out=out[piece])
        for rows, seen in zip(kernels[1:], plan.ranges[1:], strict=True):
            out[piece] += rows @ columns[..., seen]
        if b is not None:
            out[piece] += b.reshape(groups, -1, 1)
    return out.reshape(len(x), len(w), *size)


@primitive(name="Convolution")
def conv_transpose(y: Array, w: Array, b: Array | None, size: Sizes, slide: Slide) -> Array:
    """Give each cell of y, times the kernels, back to the places that a convolution would have read.

    ``size`` is the spatial size of the result: (N, O, *places), (O, C / groups, *kernel) -> (N, C, *size).
    """
    groups, channels, places = slide.groups, w.shape[1] * slide.groups, y.shape[2:]
    if (around := mirrored_padding(w.shape, size, places, slide)) is not None:
        return conv.__wrapped__(y, mirrored(w, groups), b, size, slide._replace(padding=around))  # type: ignore[attr-defined]
    plan = Plan.of(w.shape, places, size, slide)
    kernels = plan.cut(w, groups).swapaxes(2, 3)
    unfolded = (*w.shape[2 + plan.first :], *plan.padded[: plan.first], *places[plan.first :])
    out = np.empty((len(y), channels, *size), y.dtype)
    for piece in plan.blocks(len(y), groups):
        part = y[piece].reshape(-1, groups, len(w) // groups, math.prod(places))
        if len(kernels) == 1:
            columns = kernels[0] @ part
        else:
            columns = np.zeros((len(part), groups, plan.seen, plan.length), y.dtype)
            for rows, seen in zip(kernels, plan.ranges, strict=True):
                columns[..., seen] += rows @ part
        columns = columns.reshape(len(part), channels, *unfolded)
        out[piece] = fold(columns, plan.padded, slide, plan.first)[inside(size, slide.padding)]
        if b is not None:
            out[piece] += b.reshape(-1, *(1,) * len(size))
    return out


def mirrored_padding(shape: Sizes, size: Sizes, places: Sizes, slide: Slide) -> tuple[tuple[int, int], ...] | None:
    """With what padding a convolution by mirrored kernels does what `conv_transpose` does; None if that does not pay.

    Where all steps are 1, what comes back to a cell from the places that have read it is again a window of places.
    """
    if any(s > 1 for s in slide.stride) or shape[1] < min(16, shape[0] // slide.groups):
        return None
    reach = [m * (k - 1) for m, k in zip(slide.dilation, shape[2:], strict=True)]
    before = [r - p for r, (p, _) in zip(reach, slide.padding, strict=True)]
    after = [n - m + r - a for n, m, r, a in zip(size, places, reach, before, strict=True)]
    return tuple(zip(before, after, strict=True)) if min(*before, *after) >= 0 else None


def mirrored(w: Array, groups: int) -> Array:
    """Kernels that look from the result back: (O, C / groups, *kernel) -> (C, O / groups, *kernel), each turned round."""
    w = np.flip(w, tuple(range(2, w.ndim))).reshape(groups, len(w) // groups, *w.shape[1:])
    # Contiguous, because BLAS does not read backwards.
    return np.ascontiguousarray(w.swapaxes(1, 2)).reshape(-1, w.shape[1], *w.shape[3:])


@primitive(name="ConvolutionWeight")
def conv_weight(y: Array, x: Array, size: Sizes, slide: Slide) -> Array:
    """The products of y with what a convolution would have read for it, added up over samples and places.

    ``size`` is the spatial size of the kernel: (N, O, *places), (N, C, *spatial) -> (O, C / groups, *size).
    """
    groups, outputs, places = slide.groups, y.shape[1], y.shape[2:]
    shape = (outputs, x.shape[1] // groups, *size)
    plan = Plan.of(shape, places, x.shape[2:], slide)
    sums = np.zeros((len(plan.ranges), groups, plan.seen, outputs // groups), x.dtype)
    for piece in plan.blocks(len(x), groups):
        columns = plan.columns(x[piece], size, places, slide)
        part = y[piece].reshape(len(columns), groups, -1, math.prod(places)).swapaxes(2, 3)
        for total, seen in zip(sums, plan.ranges, strict=True):
            total += np.add.reduce(columns[..., seen] @ part, 0)
    kernels = sums.swapaxes(2, 3)
    if not plan.first:
        return kernels.reshape(shape)
    return np.moveaxis(kernels.reshape(size[0], *shape[:2], *size[1:]), 0, 2)


def bias_rule(g: Array) -> Array:
    """A bias is added to every sample and place of its channel."""
    return reduce_sum(g, (0, *range(2, g.ndim)))


conv.derivatives(
    x=lambda g, w, x_shape, slide: conv_transpose(g, w, None, x_shape[2:], slide),
    w=lambda g, x, w_shape, slide: conv_weight(g, x, w_shape[2:], slide),
    b=bias_rule,
)
conv_transpose.derivatives(
    y=lambda g, w, y_shape, slide: conv(g, w, None, y_shape[2:], slide),
    w=lambda g, y, w_shape, slide: conv_weight(y, g, w_shape[2:], slide),
    b=bias_rule,
)
conv_weight.derivatives(
    y=lambda g, x, y_shape, slide: conv(x, g, None, y_shape[2:], slide),
    x=lambda g, y, x_shape, slide: conv_transpose(y, g, None, x_shape[2:], slide),
)


# ------------------------------------------------------------------------------------ PyTorch's face


def per_axis(function: str, name: str, value: Any, d: int) -> Sizes:
    """An option that is one number, or one for each spatial axis."""
    values = tuple(value) if isinstance(value, Iterable) else (value,)
    if len(values) not in (1, d):
        raise RuntimeError(
            f"expected {name} to be a single integer value or a list of {d} values to match "
            f"the spatial dimensions of {function}, but got {name}={list(values)}"
        )
    if not all(isinstance(v, (int, np.integer)) and not isinstance(v, bool) for v in values):
        raise TypeError(f"{function}(): argument '{name}' must be int or a tuple of ints, but got {value!r}")
    return tuple(map(int, values)) * (d // len(values))


def check_convolution(function: str, d: int, x: Any, w: Any, b: Any, slide: Slide, transposed: bool) -> None:
    """PyTorch's errors for operands that do not go together; x is batched."""
    if min(slide.stride) < 1:
        raise RuntimeError(f"non-positive stride is not supported, got stride={slide.stride} in {function}")
    if min(slide.dilation) < 1:
        raise RuntimeError(f"non-positive dilation is not supported, got dilation={slide.dilation} in {function}")
    if min(map(min, slide.padding)) < 0:
        raise RuntimeError(f"negative padding is not supported, got padding={slide.padding} in {function}")
    if slide.groups < 1:
        raise RuntimeError(f"non-positive groups is not supported, got groups={slide.groups} in {function}")
    if w.ndim != d + 2:
        raise RuntimeError(f"{function}: expected a {d + 2}-dimensional weight, but got weight of size {list(w.shape)}")
    if not all(w.shape[2:]):
        raise RuntimeError(f"kernel size should be greater than zero, but got {list(w.shape[2:])} in {function}")
    for name, other in (("weight", w), ("bias", b)):
        if other is not None and other.dtype != x.dtype:
            raise RuntimeError(
                f"Input type ({x.dtype}) and {name} type ({other.dtype}) should be the same; "
                "convert one of them with .to(dtype)"
            )
    if not all(x.shape[2:]):
        raise RuntimeError(
            f"Only zero batch or zero channel inputs are supported, but got input shape: {list(x.shape)} in {function}"
        )
    size = list(w.shape)
    if w.shape[0] < slide.groups or w.shape[0] % slide.groups:
        raise RuntimeError(
            f"Given groups={slide.groups}, expected weight to be at least {slide.groups} and divisible by "
            f"{slide.groups} at dimension 0, but got weight of size {size} instead"
        )
    given = "transposed=1" if transposed else f"groups={slide.groups}"
    channels, outputs = w.shape[1] * slide.groups, w.shape[0]
    if transposed:
        channels, outputs = outputs, channels
    if x.shape[1] != channels:
        raise RuntimeError(
            f"Given {given}, weight of size {size}, expected input{list(x.shape)} to have {channels} "
            f"channels, but got {x.shape[1]} channels instead"
        )
    if b is not None and tuple(b.shape) != (outputs,):
        raise RuntimeError(
            f"Given {'transposed=1, ' * transposed}weight of size {size}, expected bias to be 1-dimensional "
            f"with {outputs} elements, but got bias of size {list(b.shape)} instead"
        )


def batch(function: str, d: int, x: Any) -> Any:
    """The input with its axis of samples, which may be missing."""
    if x.ndim not in (d + 1, d + 2):
        raise RuntimeError(
            f"Expected {d + 1}D (unbatched) or {d + 2}D (batched) input to {function}, "
            f"but got input of size: {list(x.shape)}"
        )
    return x if x.ndim == d + 2 else x[None]


def convolve(d: int, x: Any, w: Any, b: Any, stride: Any, padding: Any, dilation: Any, groups: int) -> Any:
    """Convolution over d spatial axes, with PyTorch's options."""
    function = f"conv{d}d"
    check_tensor(function, x)
    check_tensor(function, w, "weight", 2)
    if b is not None:
        check_tensor(function, b, "bias", 3)
    stride = per_axis(function, "stride", stride, d)
    dilation = per_axis(function, "dilation", dilation, d)
    kernel = tuple(w.shape[2:])
    if padding == "same":
        if any(s != 1 for s in stride):
            raise RuntimeError("padding='same' is not supported for strided convolutions; give padding as numbers")
        total = [n * (k - 1) for k, n in zip(kernel, dilation)]
        around = tuple((n // 2, n - n // 2) for n in total)
    elif isinstance(padding, str) and padding != "valid":
        raise RuntimeError(f"Invalid padding string: {padding!r}; expected 'same' or 'valid'")
    else:
        around = tuple((n, n) for n in per_axis(function, "padding", 0 if padding == "valid" else padding, d))
    slide = Slide(stride, around, dilation, groups)
    batched = batch(function, d, x)
    check_convolution(function, d, batched, w, b, slide, transposed=False)
    padded = [n + sum(p) for n, p in zip(batched.shape[2:], around, strict=True)]
    window = [n * (k - 1) + 1 for k, n in zip(kernel, dilation, strict=True)]
    if any(n < k for n, k in zip(padded, window, strict=True)):
        raise RuntimeError(
            f"Calculated padded input size per channel: ({' x '.join(map(str, padded))}). "
            f"Kernel size: ({' x '.join(map(str, window))}). "
            "Kernel size can't be greater than actual input size"
        )
    size = tuple((n - k) // s + 1 for n, k, s in zip(padded, window, stride, strict=True))
    out = conv(batched, w, b, size, slide)
    return out if batched is x else out[0]


def convolve_transposed(
    d: int, x: Any, w: Any, b: Any, stride: Any, padding: Any, output_padding: Any, groups: int, dilation: Any
) -> Any:
    """Transposed convolution over d spatial axes, with PyTorch's options."""
    function = f"conv_transpose{d}d"
    check_tensor(function, x)
    check_tensor(function, w, "weight", 2)
    if b is not None:
        check_tensor(function, b, "bias", 3)
    stride = per_axis(function, "stride", stride, d)
    dilation = per_axis(function, "dilation", dilation, d)
    extra = per_axis(function, "output_padding", output_padding, d)
    around = tuple((n, n) for n in per_axis(function, "padding", padding, d))
    slide = Slide(stride, around, dilation, groups)
    batched = batch(function, d, x)
    check_convolution(function, d, batched, w, b, slide, transposed=True)
    if any(not 0 <= e < max(s, n) for e, s, n in zip(extra, stride, dilation, strict=True)):
        raise RuntimeError(
            "output padding must be smaller than either stride or dilation, but got "
            f"output_padding={extra}, stride={stride}, dilation={dilation}"
        )
    size = tuple(
        (n - 1) * s - 2 * p + m * (k - 1) + 1 + e
        for n, s, (p, _), m, k, e in zip(batched.shape[2:], stride, around, dilation, w.shape[2:], extra, strict=True)
    )
    if min(size) < 1:
        raise RuntimeError(
            f"{function}: expected an output of at least one cell, got the calculated size "
            f"({' x '.join(map(str, size))}); use less padding"
        )
    out = conv_transpose(batched, w, b, size, slide)
    return out if batched is x else out[0]


def conv1d(
    input: Any,
    weight: Any,
    bias: Any = None,
    stride: Any = 1,
    padding: Any = 0,
    dilation: Any = 1,
    groups: int = 1,
) -> Any:
    """Slide kernels over a sequence: `conv2d` with one spatial axis.

    Shape:
        (N, C, L) or (C, L), weight (O, C / groups, K) -> (N, O, places) or (O, places).

    Raises: RuntimeError: as `conv2d`.

    Example:
        >>> conv1d(mgx.tensor([[1.0, 2.0, 4.0, 8.0]]), mgx.tensor([[[-1.0, 1.0]]]))
        tensor([[1., 2., 4.]])
    """
    return convolve(1, input, weight, bias, stride, padding, dilation, groups)


def conv2d(
    input: Any,
    weight: Any,
    bias: Any = None,
    stride: Any = 1,
    padding: Any = 0,
    dilation: Any = 1,
    groups: int = 1,
) -> Any:
    r"""Slide kernels over an image: what each one sees, times its weights, summed.

    Args:
        input: Images.
        weight: One kernel for each channel of the result.
        bias: A number for each channel of the result, or None.
        stride: Step from place to place; like all options here one number, or one for each spatial axis.
        padding: Zeros around the input; ``"same"`` for as many as keep its size, ``"valid"`` for none.
        dilation: Step between the cells that a kernel sees.
        groups: The channels are cut into so many groups, that are convolved apart.

    Shape:
        (N, C, H, W) or (C, H, W), weight (O, C / groups, K, M) -> (N, O, places, places) or without N, with
        places = ⌊(H + 2 padding - dilation (K - 1) - 1) / stride⌋ + 1 along each axis.

    Derivative:
        ∂L/∂input = `conv_transpose2d` of g by the same weight; ∂L/∂weight: the products of g with what each
        place sees, summed; ∂L/∂bias = Σ g over samples and places.

    Raises: RuntimeError: channels, groups or dtypes do not go together, or the kernel exceeds the input.
    Source: unfolding to columns, and one product of matrices; matches ``torch.nn.functional.conv2d``.

    Example:
        >>> conv2d(mgx.ones(1, 3, 3), mgx.ones(1, 1, 2, 2), padding="same")
        tensor([[[4., 4., 2.],
                 [4., 4., 2.],
                 [2., 2., 1.]]])
    """
    return convolve(2, input, weight, bias, stride, padding, dilation, groups)


def conv3d(
    input: Any,
    weight: Any,
    bias: Any = None,
    stride: Any = 1,
    padding: Any = 0,
    dilation: Any = 1,
    groups: int = 1,
) -> Any:
    """Slide kernels over a volume: `conv2d` with three spatial axes.

    Shape:
        (N, C, D, H, W), weight (O, C / groups, K, M, P) -> (N, O, places, places, places); N may be missing.

    Raises: RuntimeError: as `conv2d`.

    Example:
        >>> conv3d(mgx.ones(1, 2, 4, 4, 4), mgx.ones(5, 2, 3, 3, 3)).shape
        torch.Size([1, 5, 2, 2, 2])
    """
    return convolve(3, input, weight, bias, stride, padding, dilation, groups)


def conv_transpose1d(
    input: Any, weight: Any, bias: Any = None, stride: Any = 1, padding: Any = 0, output_padding: Any = 0,
    groups: int = 1, dilation: Any = 1,
) -> Any:  # fmt: skip
    """The transpose of `conv1d`: `conv_transpose2d` with one spatial axis.

    Shape:
        (N, C, L) or (C, L), weight (C, O / groups, K) -> (N, O, places) or (O, places).

    Raises: RuntimeError: as `conv_transpose2d`.

    Example:
        >>> conv_transpose1d(mgx.tensor([[1.0, 2.0]]), mgx.tensor([[[1.0, 10.0]]]), stride=2)
        tensor([[ 1., 10.,  2., 20.]])
    """
    return convolve_transposed(1, input, weight, bias, stride, padding, output_padding, groups, dilation)


def conv_transpose2d(
    input: Any, weight: Any, bias: Any = None, stride: Any = 1, padding: Any = 0, output_padding: Any = 0,
    groups: int = 1, dilation: Any = 1,
) -> Any:  # fmt: skip
    """The transpose of `conv2d` (not its inverse): each cell of the input prints its kernel on the result.

    Args:
        input: Images, of the shape that `conv2d` gives.
        weight: Kernels, as for `conv2d`: their first axis goes with the channels of this input.
        bias: A number for each channel of the result, or None.
        stride: Step from print to print; like all options here one number, or one for each spatial axis.
        padding: Cells cut off around the result.
        output_padding: Cells added at the end of the result, since `conv2d` gives one size for several.
        groups: The channels are cut into so many groups, that are treated apart.
        dilation: Step between the cells of a print.

    Shape:
        (N, C, H, W) or (C, H, W), weight (C, O / groups, K, M) -> (N, O, cells, cells) or without N, with
        cells = (H - 1) stride - 2 padding + dilation (K - 1) + output_padding + 1 along each axis.

    Derivative:
        ∂L/∂input = `conv2d` of g by the same weight; ∂L/∂bias = Σ g over samples and cells.

    Raises: RuntimeError: channels, groups or dtypes do not go together, or too large an ``output_padding``.
    Source: one product of matrices, and adding up overlaps; matches ``torch.nn.functional.conv_transpose2d``.

    Example:
        >>> conv_transpose2d(mgx.ones(1, 2, 2), mgx.ones(1, 1, 2, 2))
        tensor([[[1., 2., 1.],
                 [2., 4., 2.],
                 [1., 2., 1.]]])
    """
    return convolve_transposed(2, input, weight, bias, stride, padding, output_padding, groups, dilation)


def conv_transpose3d(
    input: Any, weight: Any, bias: Any = None, stride: Any = 1, padding: Any = 0, output_padding: Any = 0,
    groups: int = 1, dilation: Any = 1,
) -> Any:  # fmt: skip
    """The transpose of `conv3d`: `conv_transpose2d` with three spatial axes.

    Shape:
        (N, C, D, H, W), weight (C, O / groups, K, M, P) -> (N, O, cells, cells, cells); N may be missing.

    Raises: RuntimeError: as `conv_transpose2d`.

    Example:
        >>> conv_transpose3d(mgx.ones(1, 5, 2, 2, 2), mgx.ones(5, 2, 3, 3, 3)).shape
        torch.Size([1, 2, 4, 4, 4])
    """
    return convolve_transposed(3, input, weight, bias, stride, padding, output_padding, groups, dilation)


def conv_tbc(input: Any, weight: Any, bias: Any, pad: int = 0) -> Any:
    """Slide kernels over sequences whose dimensions are (time, batch, channels).

    Args:
        input: Sequences.
        weight: A matrix for each step of a window.
        bias: What is added to each channel of the result.
        pad: Zeros before and after; a negative number cuts off.

    Shape:
        (T, N, C), (K, C, O), (O) -> (T + 2 pad - K + 1, N, O)

    Derivative: as `conv1d`.
    Raises: RuntimeError: shapes or dtypes do not go together.
    Source: the sum of one product of matrices for each step of a window; matches ``torch.nn.functional.conv_tbc``.

    Example:
        >>> conv_tbc(mgx.tensor([[[1.0]], [[2.0]], [[4.0]]]), mgx.ones(2, 1, 1), mgx.zeros(1)).flatten()
        tensor([3., 6.])
    """
    for i, (name, t) in enumerate((("input", input), ("weight", weight), ("bias", bias)), 1):
        check_tensor("conv_tbc", t, name, i)
    if input.ndim != 3:
        raise RuntimeError(f"Input must have 3 dims: time, batch, in_channel; got {list(input.shape)}")
    if weight.ndim != 3:
        raise RuntimeError(
            f"Weight tensor must have 3 dims: kernel_width, in_channels, out_channels; got {list(weight.shape)}"
        )
    if bias.ndim != 1:
        raise RuntimeError(f"Bias must be 1-D; got {list(bias.shape)}")
    if input.shape[2] != weight.shape[1]:
        raise RuntimeError(
            f"Input dim 2 (input channels) is not == dim 1 in the weight tensor; got {input.shape[2]}, {weight.shape[1]}"
        )
    if bias.shape[0] != weight.shape[2]:
        raise RuntimeError(
            "Bias size must equal dim 2 in the weight tensor (output channels); "
            f"got {bias.shape[0]} and {weight.shape[2]}"
        )
    steps, places = weight.shape[0], input.shape[0] + 2 * pad - weight.shape[0] + 1
    if places < 0 or not steps:
        raise RuntimeError(f"conv_tbc: expected windows of 1 to {input.shape[0] + 2 * pad} steps, got {steps}")
    padded = surround(input, ((pad, pad), (0, 0), (0, 0)), 0)
    return functools.reduce(plus, (matmul(padded[k : k + places], weight[k]) for k in range(steps))) + bias
