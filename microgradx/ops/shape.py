"""Shape: the same numbers in another arrangement.

Most of these are views: they cost nothing and share memory. Their rules arrange the gradient back.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Sequence
from typing import Any

import numpy as np

from microgradx.dtypes import as_dtype, dtype, promote_types
from microgradx.engine import broadcast_to, cast, primitive, renamed
from microgradx.graph import NUMPY, Array, Variable, own_memory, wrap
from microgradx.ops.elementwise import in_order, keep
from microgradx.ops.face import axes_of, axis_of, check_tensor, face
from microgradx.views import attach, view


def sizes_of(sizes: tuple[Any, ...]) -> tuple[int, ...]:
    """``f(2, 3)`` or ``f((2, 3))``: sizes as numbers or as one sequence."""
    if len(sizes) == 1 and isinstance(sizes[0], (tuple, list)):
        sizes = tuple(sizes[0])
    return tuple(map(operator.index, sizes))


# ---------------------------------------------------------------- reshape


@view(np.reshape, name="View")
def rearrange(x: Array, shape: tuple[int, ...]) -> Array:
    """``x`` in another shape; a view where the strides allow it."""
    return x.reshape(shape)


rearrange.derivatives(x=lambda g, x_shape: np.reshape(g, x_shape))


def fill_in(shape: tuple[int, ...], size: int) -> tuple[int, ...]:
    """``shape`` with a -1 replaced by what is left, or PyTorch's error."""
    known, wanted = math.prod(n for n in shape if n != -1), list(shape)
    if shape.count(-1) > 1:
        raise RuntimeError("only one dimension can be inferred")
    if any(n < -1 for n in shape):
        raise RuntimeError(f"invalid shape dimension {next(n for n in shape if n < -1)}")
    if -1 in shape:
        if known == 0:
            raise RuntimeError(
                f"cannot reshape tensor of 0 elements into shape {list(shape)} because the unspecified dimension "
                "size -1 can be any value and is ambiguous"
            )
        shape = tuple(size // known if n == -1 else n for n in shape)
    if math.prod(shape) != size:
        raise RuntimeError(f"shape '{wanted}' is invalid for input of size {size}")
    return shape


@face
def reshape(input: Any, *shape: Any) -> Any:
    """The same elements, in the same order, in another shape; one size may be -1, "what is left".

    Shape: any -> ``shape``, of as many elements.
    Derivative: ``g`` in the shape of the input.
    Raises: RuntimeError: the numbers of elements differ.
    Source: ``torch.reshape``; a view where possible, else a copy.

    Example:
        >>> mgx.arange(6).reshape(2, -1)
        tensor([[0, 1, 2],
                [3, 4, 5]])
    """
    x = check_tensor("reshape", input)
    return rearrange(x, fill_in(sizes_of(shape), x.array.size))


@face(function=False)
def view_as(self: Any, other: Any) -> Any:
    """``self.view(other.shape)``."""
    return as_view(self, *other.array.shape)


@face(function=False)
def reshape_as(self: Any, other: Any) -> Any:
    """``self.reshape(other.shape)``."""
    return reshape(self, *other.array.shape)


def as_view(self: Any, *shape: Any) -> Any:
    """As `reshape`, and always a view: it raises where a copy would be needed.

    Given a dtype, it reads the same bytes as elements of that dtype, outside of the graph.

    Raises: RuntimeError: the memory does not allow it, as after `transpose`; or the numbers of elements differ.
    Source: ``torch.Tensor.view``.

    Example:
        >>> x = mgx.zeros(4)
        >>> x.view(2, 2)[0, 0] = 1.0
        >>> x
        tensor([1., 0., 0., 0.])
    """
    if len(shape) == 1 and isinstance(shape[0], dtype):
        return bytes_as(self, shape[0])
    out = reshape(self, *shape)
    if out.alias is None and self.array.size:
        raise RuntimeError(
            "view size is not compatible with input tensor's size and stride (at least one dimension spans across "
            "two contiguous subspaces). Use .reshape(...) instead."
        )
    return out


def bytes_as(x: Any, wanted: dtype) -> Any:
    """The memory of a tensor, read as elements of another dtype."""
    if wanted.numpy == x.array.dtype:
        return rearrange(x, x.array.shape)
    if x.requires_grad and wanted.is_floating_point:
        raise RuntimeError(
            "view: bytes read as another float have no derivative; detach() the tensor, or use .to(dtype)"
        )
    try:
        return wrap(own_memory(x).view(wanted.numpy))
    except (TypeError, ValueError) as error:
        raise RuntimeError(f"view: {list(x.shape)} of {x.dtype} cannot be read as {wanted}: {error}") from None


@face
def flatten(input: Any, start_dim: int = 0, end_dim: int = -1) -> Any:
    """Join the dimensions from ``start_dim`` to ``end_dim`` into one; of one dimension, the tensor itself.

    Source: ``torch.flatten``.

    Example:
        >>> mgx.zeros(2, 3, 4).flatten(1).shape
        torch.Size([2, 12])
    """
    x = check_tensor("flatten", input)
    start, end = axis_of(start_dim, x.ndim), axis_of(end_dim, x.ndim)
    if start > end:
        raise RuntimeError("flatten() has invalid args: start_dim cannot come after end_dim")
    shape = x.array.shape
    if start == end and shape:
        return x
    return rearrange(x, (*shape[:start], math.prod(shape[start : end + 1]), *shape[end + 1 :]))


@face
def ravel(input: Any) -> Any:
    """All elements in one dimension."""
    return reshape(input, -1)


@face
def unflatten(input: Any, dim: int, sizes: Any) -> Any:
    """Split one dimension into several; one of ``sizes`` may be -1."""
    x = check_tensor("unflatten", input)
    a, shape = axis_of(dim, x.ndim), x.array.shape
    return rearrange(x, (*shape[:a], *fill_in(tuple(sizes), shape[a]), *shape[a + 1 :]))


@face(turns=True)
def squeeze(input: Any, dim: Any = None) -> Any:
    """Drop dimensions of size 1: all of them, or ``dim`` (a number or several) where it is of size 1.

    Source: ``torch.squeeze``.

    Example:
        >>> mgx.zeros(1, 3, 1).squeeze(0).shape
        torch.Size([3, 1])
    """
    x = check_tensor("squeeze", input)
    axes = range(x.ndim) if dim is None else axes_of(dim, x.ndim) or ()
    return drop(x, tuple(a for a in axes if x.array.shape[a] == 1))


@face(turns=True)
def unsqueeze(input: Any, dim: int) -> Any:
    """A new dimension of size 1 at ``dim``.

    Source: ``torch.unsqueeze``.

    Example:
        >>> mgx.zeros(3).unsqueeze(1).shape
        torch.Size([3, 1])
    """
    x = check_tensor("unsqueeze", input)
    return insert(x, axis_of(dim, x.ndim + 1))


@view(name="Squeeze")
def drop(x: Array, axis: tuple[int, ...]) -> Array:
    """Without the dimensions ``axis``, of size 1."""
    return x.reshape([n for i, n in enumerate(x.shape) if i not in axis])


@view(name="Unsqueeze")
def insert(x: Array, axis: int) -> Array:
    """With a new dimension of size 1 at ``axis``."""
    return x.reshape((*x.shape[:axis], 1, *x.shape[axis:]))


drop.derivatives(x=lambda g, x_shape: np.reshape(g, x_shape))
insert.derivatives(x=lambda g, x_shape: np.reshape(g, x_shape))


# ---------------------------------------------------------------- order of dimensions


@view(name="Permute")
def reorder(x: Array, axes: tuple[int, ...] | None = None) -> Array:
    """Dimensions in the order ``axes``, by default reversed."""
    return x.transpose(axes)


def reorder_back(g: Array, axes: tuple[int, ...] | None) -> Array:
    return np.transpose(g, None if axes is None else tuple(sorted(range(len(axes)), key=axes.__getitem__)))


reorder.derivatives(x=reorder_back)


@view(np.swapaxes, name="Transpose")
def swap(x: Array, axis1: int, axis2: int) -> Array:
    """Two dimensions exchanged."""
    return x.swapaxes(axis1, axis2)


@view(name="T")
def turned_over(x: Array) -> Array:
    """A matrix with rows for columns."""
    return x.T


turned_over.derivatives(x=lambda g: g.T)
swap.derivatives(x=lambda g, axis1, axis2: np.swapaxes(g, axis1, axis2))


@face(also=("swapaxes", "swapdims"), turns=True)
def transpose(input: Any, dim0: int, dim1: int) -> Any:
    """Exchange two dimensions; a view.

    Derivative: ``g`` with the same two exchanged.
    Source: ``torch.transpose``.

    Example:
        >>> mgx.zeros(2, 3, 4).transpose(0, 2).shape
        torch.Size([4, 3, 2])
    """
    x = check_tensor("transpose", input)
    a, b = axis_of(dim0, x.ndim), axis_of(dim1, x.ndim)
    return swap(x, a, b) if x.ndim else reorder(x)


@face(turns=True)
def t(input: Any) -> Any:
    """The transpose of a matrix; a tensor of fewer dimensions as it is."""
    x = check_tensor("t", input)
    if x.ndim > 2:
        raise RuntimeError(
            f"t() expects a tensor with <= 2 dimensions, but self is {x.ndim}D; use transpose(dim0, dim1)"
        )
    return turned_over(x)


@face
def permute(input: Any, *dims: Any) -> Any:
    """Dimensions in another order; a view.

    Source: ``torch.permute``.

    Example:
        >>> mgx.zeros(2, 3, 4).permute(2, 0, 1).shape
        torch.Size([4, 2, 3])
    """
    x = check_tensor("permute", input)
    order = sizes_of(dims)
    if len(order) != x.ndim:
        raise RuntimeError(
            f"permute(sparse_coo): number of dimensions in the tensor input does not match the length of the desired "
            f"ordering of dimensions i.e. input.dim() = {x.ndim} is not equal to len(dims) = {len(order)}"
        )
    axes = tuple(axis_of(d, x.ndim) for d in order)
    if len(set(axes)) < len(axes):
        raise RuntimeError("permute(): duplicate dims are not allowed.")
    return reorder(x, axes)


@face(also=("moveaxis",))
def movedim(input: Any, source: Any, destination: Any) -> Any:
    """Move dimensions to other places; the rest keep their order."""
    x = check_tensor("movedim", input)
    start, end = axes_of(source, x.ndim) or (), axes_of(destination, x.ndim) or ()
    if len(start) != len(end):
        raise RuntimeError(
            "movedim: Invalid source or destination dims: source "
            f"({list(start)} dims) should contain the same number of dims as destination ({list(end)} dims)"
        )
    order = [i for i in range(x.ndim) if i not in start]
    for to, origin in sorted(zip(end, start)):
        order.insert(to, origin)
    return reorder(x, tuple(order))


@face
def flip(input: Any, *sizes: Any, dims: Any = ()) -> Any:
    """Reverse the order along dimensions; a copy, as in PyTorch."""
    x = check_tensor("flip", input)
    return reverse(x, axes_of(sizes_of(sizes or (dims,)), x.ndim))


@primitive(name="Flip")
def reverse(x: Array, axis: tuple[int, ...]) -> Array:
    """Reversed along ``axis``."""
    return np.flip(x, axis).copy()


reverse.derivatives(x=lambda g, axis: reverse(g, axis))


@face
def roll(input: Any, shifts: Any, dims: Any = None) -> Any:
    """Shift elements along dimensions; what leaves at the end comes back at the start."""
    x = check_tensor("roll", input)
    if isinstance(shifts, (tuple, list)) and not shifts:
        raise RuntimeError("roll: `shifts` required; got none")
    if dims is None:
        return reshape(cycle(ravel(x), shifts, 0), *x.array.shape)
    steps = tuple(shifts) if isinstance(shifts, (tuple, list)) else (shifts,)
    axes = axes_of(dims, x.ndim) or ()
    if len(steps) != len(axes):
        raise RuntimeError(f"shifts and dimensions must align. shifts: {len(steps)}, dims:{len(axes)}")
    return cycle(x, steps, axes)


@primitive(name="Roll")
def cycle(x: Array, shift: Any, axis: Any) -> Array:
    """Shifted by ``shift`` along ``axis``, cyclically."""
    return in_order(np.roll(x, shift, axis))


cycle.derivatives(
    x=lambda g, shift, axis: np.roll(g, tuple(-s for s in shift) if isinstance(shift, tuple) else -shift, axis)
)


# ---------------------------------------------------------------- repetition


@face(also=("broadcast_to",))
def expand(input: Any, *sizes: Any) -> Any:
    """Repeat dimensions of size 1, and new ones in front, without a copy; -1 keeps a size.

    Derivative: ``g`` summed over the repeated dimensions.
    Raises: RuntimeError: a size that is neither 1 nor the wanted one.
    Source: ``torch.Tensor.expand``.

    Example:
        >>> mgx.tensor([[1], [2]]).expand(-1, 3)
        tensor([[1, 1, 1],
                [2, 2, 2]])
    """
    x = check_tensor("expand", input)
    wanted, have = sizes_of(sizes), x.array.shape
    new = len(wanted) - len(have)
    if new < 0:
        raise RuntimeError(
            f"expand({list(have)}, size={list(wanted)}): the number of sizes provided ({len(wanted)}) must be greater "
            f"or equal to the number of dimensions in the tensor ({len(have)})"
        )
    shape = tuple(have[i - new] if n == -1 and i >= new else n for i, n in enumerate(wanted))
    if any(n < 0 for n in shape):
        raise RuntimeError(f"The expanded size of the tensor ({min(shape)}) isn't allowed in a leading, new dimension")
    for i, n in enumerate(have):
        if n not in (1, shape[i + new]):
            raise RuntimeError(
                f"The expanded size of the tensor ({shape[i + new]}) must match the existing size ({n}) at "
                f"non-singleton dimension {i + new}.  Target sizes: {list(wanted)}.  Tensor sizes: {list(have)}"
            )
    return attach(broadcast_to(x, shape), x, lambda a: np.broadcast_to(a, shape))


@face
def expand_as(input: Any, other: Any) -> Any:
    """``input.expand(other.shape)``."""
    return expand(input, *other.array.shape)


@face
def broadcast_tensors(*tensors: Any) -> tuple[Any, ...]:
    """All tensors expanded to the shape that they have together; those that have it already are returned as they are."""
    try:
        shape = np.broadcast_shapes(*(x.array.shape for x in tensors))
    except ValueError as error:
        raise broadcast_to.primitive.wrong(error, [x.array for x in tensors]) from None
    return tuple(x if x.array.shape == shape else expand(x, *shape) for x in tensors)


@primitive(name="Repeat")
def repeat_whole(x: Array, reps: tuple[int, ...]) -> Array:
    """``x`` laid side by side, so many times along each dimension."""
    return np.tile(x, reps)


def sum_of_copies(g: Array, x_shape: tuple[int, ...], reps: tuple[int, ...]) -> Array:
    """The gradients of all copies, added up: each dimension is split into (copies, size)."""
    sizes = (1,) * (len(reps) - len(x_shape)) + tuple(x_shape)
    split = np.reshape(g, tuple(n for pair in zip(reps, sizes) for n in pair))
    return np.reshape(np.sum(split, tuple(range(0, 2 * len(reps), 2))), x_shape)


repeat_whole.derivatives(x=sum_of_copies)


@face(function=False)
def repeat(input: Any, *sizes: Any) -> Any:
    """Copies of the whole tensor side by side, ``sizes[i]`` times along dimension i.

    Source: ``torch.Tensor.repeat``.

    Example:
        >>> mgx.tensor([1, 2]).repeat(2, 2)
        tensor([[1, 2, 1, 2],
                [1, 2, 1, 2]])
    """
    x = check_tensor("repeat", input)
    reps = sizes_of(sizes)
    if len(reps) < x.ndim:
        raise RuntimeError(
            "Number of dimensions of repeat dims can not be smaller than number of dimensions of tensor; "
            f"got {len(reps)} for {x.ndim} dimensions"
        )
    if any(n < 0 for n in reps):
        raise RuntimeError(f"Trying to create tensor with negative dimension: repeat({list(reps)})")
    return repeat_whole(x, reps)


@face
def tile(input: Any, *dims: Any) -> Any:
    """As ``repeat``, where missing numbers of copies in front count as 1."""
    x = check_tensor("tile", input)
    reps = sizes_of(dims)
    return repeat_whole(x, (1,) * (x.ndim - len(reps)) + reps)


# ---------------------------------------------------------------- joining and splitting


def part(x: Array, axis: int, start: int, stop: int) -> Array:
    """The elements from ``start`` up to ``stop`` along one axis."""
    return x[(slice(None),) * axis + (slice(start, stop),)]


@primitive(name="Cat")
def concatenate(axis: int, *arrays: Array) -> Array:
    """Arrays one behind the other along an existing axis."""
    return in_order(np.concatenate(arrays, axis))


def parts(g: Array, axis: int, arrays_shape: tuple[tuple[int, ...], ...]) -> list[Array]:
    """``g`` cut again where it was joined."""
    ends = np.cumsum([shape[axis] for shape in arrays_shape]).tolist()
    return [part(g, axis, end - shape[axis], end) for end, shape in zip(ends, arrays_shape)]


concatenate.derivatives(arrays=parts)
NUMPY[np.concatenate] = lambda arrays, axis=0: concatenate(axis % arrays[0].ndim, *arrays)


@primitive(name="Stack")
def pile(axis: int, *arrays: Array) -> Array:
    """Arrays of one shape side by side along a new axis."""
    return in_order(piled(arrays) if axis == 0 else np.stack(arrays, axis))


def piled(arrays: Sequence[Array]) -> Array:
    """Arrays of one shape along a new first axis; `np.stack` makes a view of each before it joins them."""
    shape = arrays[0].shape
    return np.concatenate(arrays).reshape(len(arrays), *shape) if shape else np.array(arrays)


pile.derivatives(
    arrays=lambda g, axis: [g[(slice(None),) * axis + (i,)] for i in range(g.shape[axis])],
)
NUMPY[np.stack] = lambda arrays, axis=0: pile(axis % (arrays[0].ndim + 1), *arrays)


def tensors_of(name: str, tensors: Any) -> list[Any]:
    """A sequence of tensors, all cast to the dtype that they have together."""
    if isinstance(tensors, Variable) or not isinstance(tensors, (tuple, list)):
        raise TypeError(
            f"{name}(): argument 'tensors' (position 1) must be tuple of Tensors, not {type(tensors).__name__}"
        )
    if not tensors:
        raise (ValueError if name == "cat" else RuntimeError)(f"{name}(): expected a non-empty list of Tensors")
    for i, x in enumerate(tensors):
        if not isinstance(x, Variable):
            raise TypeError(f"expected Tensor as element {i} in argument 0, but got {type(x).__name__}")
    first = tensors[0].array.dtype
    if all(x.array.dtype is first for x in tensors):
        return list(tensors)
    common = as_dtype(first)
    for x in tensors[1:]:
        common = promote_types(common, as_dtype(x.array.dtype))
    return [x if x.array.dtype == common.numpy else cast(x, common.numpy) for x in tensors]


@face(method=False, also=("concat", "concatenate"))
def cat(tensors: Any, dim: int = 0) -> Any:
    """Join tensors along an existing dimension.

    Args:
        tensors: Sequence of tensors, equal in shape but for ``dim``; 1-d tensors without elements are skipped.
        dim: The dimension along which they are joined.

    Derivative: ``g`` cut where the tensors were joined.
    Raises: RuntimeError: no tensor, or shapes that do not fit.
    Source: ``torch.cat``.

    Example:
        >>> mgx.cat([mgx.zeros(2), mgx.ones(1)])
        tensor([0., 0., 1.])
    """
    parts = tensors_of("cat", tensors)
    solid = [x for x in parts if x.array.shape != (0,)] or parts[:1]
    shape = solid[0].array.shape
    if not shape:
        raise RuntimeError("zero-dimensional tensor (at position 0) cannot be concatenated")
    axis = axis_of(dim, len(shape))
    for i, x in enumerate(solid):
        other = x.array.shape
        if len(other) != len(shape):
            raise RuntimeError(f"Tensors must have same number of dimensions: got {len(shape)} and {len(other)}")
        for d, (n, m) in enumerate(zip(shape, other)):
            if d != axis and n != m:
                raise RuntimeError(
                    f"Sizes of tensors must match except in dimension {axis}. "
                    f"Expected size {n} but got size {m} for tensor number {i} in the list."
                )
    return concatenate(axis, *solid)


@face(method=False)
def stack(tensors: Any, dim: int = 0) -> Any:
    """Join tensors of one shape along a new dimension.

    Source: ``torch.stack``.

    Example:
        >>> mgx.stack([mgx.zeros(2), mgx.ones(2)])
        tensor([[0., 0.],
                [1., 1.]])
    """
    parts = tensors_of("stack", tensors)
    for i, x in enumerate(parts):
        if x.array.shape != parts[0].array.shape:
            raise RuntimeError(
                f"stack expects each tensor to be equal size, but got {list(parts[0].array.shape)} at entry 0 "
                f"and {list(x.array.shape)} at entry {i}"
            )
    return pile(axis_of(dim, parts[0].ndim + 1), *parts)


@face(method=False)
def hstack(tensors: Any) -> Any:
    """Join tensors side by side: along the second dimension, vectors along the first.

    Source: ``torch.hstack``.

    Example:
        >>> mgx.hstack([mgx.zeros(2, 1), mgx.ones(2, 1)])
        tensor([[0., 1.],
                [0., 1.]])
    """
    parts = [x if x.ndim else reshape(x, 1) for x in tensors_of("hstack", tensors)]
    return cat(parts, min(parts[0].ndim, 2) - 1)


@face(method=False, also=("row_stack",))
def vstack(tensors: Any) -> Any:
    """Join tensors below each other: along the first dimension; vectors are rows.

    Source: ``torch.vstack``.

    Example:
        >>> mgx.vstack([mgx.zeros(2), mgx.ones(2)])
        tensor([[0., 0.],
                [1., 1.]])
    """
    return cat([x if x.ndim > 1 else reshape(x, 1, -1) for x in tensors_of("vstack", tensors)])


@view(multiple=True, name="Split")
def cut(x: Array, sizes: tuple[int, ...], axis: int) -> tuple[Array, ...]:
    """Parts of those sizes along one axis."""
    ends = np.cumsum(sizes).tolist()
    return tuple(part(x, axis, end - n, end) for end, n in zip(ends, sizes))


@view(multiple=True, name="Unbind")
def slices(x: Array, axis: int) -> tuple[Array, ...]:
    """All slices along one axis."""
    lead = (slice(None),) * axis
    return tuple(x[(*lead, i, ...)] for i in range(x.shape[axis]))


cut.derivatives(x=lambda g, axis: np.concatenate(g, axis))
slices.derivatives(x=lambda g, axis, x_shape: np.stack(g, axis) if x_shape[axis] else np.zeros(x_shape))


@face
def split(tensor: Any, split_size_or_sections: Any, dim: int = 0) -> Any:
    """Cut along ``dim`` into parts of one size (the last may be smaller), or of the sizes in a list; views.

    Source: ``torch.split``.

    Example:
        >>> mgx.arange(5).split(2)
        (tensor([0, 1]), tensor([2, 3]), tensor([4]))
    """
    x = check_tensor("split", tensor)
    axis, size = axis_of(dim, x.ndim), split_size_or_sections
    if x.ndim == 0:
        raise RuntimeError("split expects at least a 1-dimensional tensor")
    n = x.array.shape[axis]
    if isinstance(size, (tuple, list)):
        if sum(size) != n or any(s < 0 for s in size):
            raise RuntimeError(
                f"split_with_sizes expects split_sizes to sum exactly to {n} (input tensor's size at dimension {axis}), "
                f"but got split_sizes={list(size)}"
            )
        return cut(x, tuple(size), axis)
    if size < 0 or (size == 0 and n):
        raise RuntimeError(f"split expects split_size be non-negative, but got split_size={size}")
    count = max(1, -(-n // size)) if size else 1
    return cut(x, (*[size] * (count - 1), n - size * (count - 1)), axis)


@face
def chunk(input: Any, chunks: int, dim: int = 0) -> Any:
    """Cut along ``dim`` into so many parts, or fewer if it does not go further; views.

    Source: ``torch.chunk``.
    """
    x = check_tensor("chunk", input)
    if chunks <= 0:
        raise RuntimeError(f"chunk expects `chunks` to be greater than 0, got: {chunks}")
    n = x.array.shape[axis_of(dim, x.ndim)]
    return split(x, -(-n // chunks), dim) if n else cut(x, (0,) * chunks, axis_of(dim, x.ndim))


@face
def unbind(input: Any, dim: int = 0) -> Any:
    """All slices along ``dim``, without that dimension; views."""
    x = check_tensor("unbind", input)
    if x.ndim == 0:
        raise IndexError("Dimension specified as 0 but tensor has no dimensions")
    return slices(x, axis_of(dim, x.ndim))


# ---------------------------------------------------------------- grids and diagonals


@face(method=False)
def meshgrid(*tensors: Any, indexing: str = "ij") -> tuple[Any, ...]:
    """The coordinates of a grid: vectors, each laid along a dimension of its own and repeated along the others.

    Args:
        tensors: Tensors of one or no dimension, or one sequence of them.
        indexing: ``"ij"``, or ``"xy"`` to exchange the first two dimensions, as when drawing.

    Source: ``torch.meshgrid``.

    Example:
        >>> mgx.meshgrid(mgx.arange(2), mgx.arange(3))[1]
        tensor([[0, 1, 2],
                [0, 1, 2]])
    """
    vectors = list(tensors[0] if len(tensors) == 1 and isinstance(tensors[0], (tuple, list)) else tensors)
    if not vectors:
        raise RuntimeError("meshgrid expects a non-empty TensorList")
    if indexing not in ("ij", "xy"):
        raise RuntimeError(f'torch.meshgrid: indexing must be one of "xy" or "ij", but received: {indexing}')
    for x in vectors:
        if check_tensor("meshgrid", x, "tensors").ndim > 1:
            raise RuntimeError(f"torch.meshgrid: Expected 0D or 1D tensor in the tensor list but got: {list(x.shape)}")
        if x.dtype is not vectors[0].dtype:
            raise RuntimeError("torch.meshgrid expects all tensors to have the same dtype; convert them with .to()")
    swapped = indexing == "xy" and len(vectors) > 1
    if swapped:
        vectors[:2] = vectors[1::-1]
    sizes = [x.array.size for x in vectors]
    ones = [1] * len(sizes)
    grids = [expand(reshape(x, *ones[:i], n, *ones[i + 1 :]), *sizes) for i, (x, n) in enumerate(zip(vectors, sizes))]
    if swapped:
        grids[:2] = grids[1::-1]
    return tuple(grids)


@view(np.diagonal, name="Diagonal")
def diagonal_of(x: Array, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Array:
    """The elements whose positions along two axes differ by ``offset``, along a new last axis."""
    out = x.diagonal(offset, axis1, axis2)
    out.flags.writeable = x.flags.writeable  # NumPy's own is read-only, out of caution
    return out


@primitive(name="DiagEmbed")
def place_diagonal(x: Array, shape: tuple[int, ...], offset: int, axis1: int, axis2: int) -> Array:
    """Zeros of ``shape``, but for that diagonal, which is ``x``."""
    out = np.zeros(shape, x.dtype)
    diagonal_of(out, offset, axis1, axis2)[...] = x
    return out


diagonal_of.derivatives(
    x=lambda g, x_shape, offset, axis1, axis2: place_diagonal(g, x_shape, offset, axis1, axis2),
)
place_diagonal.derivatives(x=lambda g, offset, axis1, axis2: diagonal_of(g, offset, axis1, axis2))


@face
def diagonal(input: Any, offset: int = 0, dim1: int = 0, dim2: int = 1) -> Any:
    """A diagonal of the matrices in two dimensions, which go, as the last dimension; a view.

    Args:
        input: A tensor of at least two dimensions.
        offset: 0 for the main diagonal, above 0 for one above it, below 0 for one below.
        dim1: The dimension of the rows.
        dim2: The dimension of the columns.

    Shape: (..., n, m) -> (..., k), k being the length of the diagonal.
    Derivative: ``g`` on the diagonal, 0 elsewhere.
    Raises: RuntimeError: the two dimensions are one.
    Source: ``torch.diagonal``.

    Example:
        >>> mgx.arange(4).reshape(2, 2).diagonal()
        tensor([0, 3])
    """
    x = check_tensor("diagonal", input)
    a, b = axis_of(dim1, x.ndim), axis_of(dim2, x.ndim)
    if a == b:
        raise RuntimeError(f"diagonal dimensions cannot be identical {dim1}, {dim2}")
    return diagonal_of(x, offset, a, b)


@face
def diag(input: Any, diagonal: int = 0) -> Any:
    """A matrix with the vector on its diagonal, zeros elsewhere; of a matrix, its diagonal, copied.

    Source: ``torch.diag``.

    Example:
        >>> mgx.tensor([1, 2]).diag()
        tensor([[1, 0],
                [0, 2]])
    """
    x = check_tensor("diag", input)
    if x.ndim not in (1, 2):
        raise RuntimeError(f"diag(): Supports 1D or 2D tensors. Got {x.ndim}D")
    if x.ndim == 2:
        return clone(diagonal_of(x, diagonal, 0, 1))
    n = x.array.size + (diagonal if diagonal > 0 else -diagonal)
    return place_diagonal(x, (n, n), diagonal, 0, 1)


@face
def diag_embed(input: Any, offset: int = 0, dim1: int = -2, dim2: int = -1) -> Any:
    """Matrices with the last dimension on a diagonal, zeros elsewhere; `diagonal` with the same arguments takes it back.

    Args:
        input: (..., k).
        offset: 0 for the main diagonal, above 0 for one above it, below 0 for one below.
        dim1: The dimension of the rows, in the result.
        dim2: The dimension of the columns.

    Shape: (..., k) -> (..., n, n), n being k and as much as ``offset`` says.
    Raises: RuntimeError: the two dimensions are one.
    Source: ``torch.diag_embed``.

    Example:
        >>> mgx.tensor([1, 2]).diag_embed()
        tensor([[1, 0],
                [0, 2]])
    """
    x = check_tensor("diag_embed", input)
    a, b = axis_of(dim1, x.ndim + 1), axis_of(dim2, x.ndim + 1)
    if a == b:
        raise RuntimeError(f"diagonal dimensions cannot be identical {dim1}, {dim2}")
    axis_of(-1, x.ndim)
    n = x.array.shape[-1] + (offset if offset > 0 else -offset)
    shape = list(x.array.shape[:-1])
    for axis in sorted((a, b)):
        shape.insert(axis, n)
    return place_diagonal(x, tuple(shape), offset, a, b)


@face(function=False)
def fill_diagonal_(self: Any, value: Any, wrap: bool = False) -> Any:
    """Write a number on the diagonal, where all indices are equal.

    Args:
        self: A matrix; or more dimensions, all of one size.
        value: The number.
        wrap: In a tall matrix the diagonal begins again, a row below its end.

    Raises: RuntimeError: fewer than two dimensions, or more of different sizes.
    Source: ``Tensor.fill_diagonal_``.

    Example:
        >>> mgx.zeros(2, 2).fill_diagonal_(3)
        tensor([[3., 0.],
                [0., 3.]])
    """
    shape = self.array.shape
    if len(shape) < 2:
        raise RuntimeError("dimensions must larger than 1")
    if len(shape) > 2 and len(set(shape)) > 1:
        raise RuntimeError("all dimensions of input must be of equal length")
    mask = np.zeros(shape, bool)
    np.fill_diagonal(mask, True, wrap)
    return self.masked_fill_(mask, value)


# ---------------------------------------------------------------- copies and triangles


@face
@primitive(np.copy, name="Clone")
def clone(input: Array) -> Array:
    """A copy, in memory in the same order, through which gradients flow.

    Source: ``torch.clone``.
    """
    return input.copy("C" if 0 in input.strides else "K")  # 0: expanded, and the copy has all elements


clone.derivatives(input=lambda g: g)


@face(function=False)
def contiguous(self: Any) -> Any:
    """The tensor itself if its memory is in the order of its elements, else a copy that is."""
    a = self.array
    return self if not isinstance(a, np.ndarray) or a.flags.c_contiguous else lay_out(self)


@primitive(np.ascontiguousarray, name="Clone")
def lay_out(x: Array) -> Array:
    """A copy in the order of the elements."""
    return np.ascontiguousarray(x)


lay_out.derivatives(x=lambda g: g)


keep_lower, keep_upper = renamed(keep, "TrilBackward0"), renamed(keep, "TriuBackward0")


def triangle(name: str, operation: Any, input: Any, diagonal: int, function: Any) -> Any:
    x = check_tensor(name, input)
    if x.ndim < 2:
        raise RuntimeError(f"{name}: input tensor must have at least 2 dimensions")
    return operation(
        x.contiguous(), np.broadcast_to(function(np.ones(x.array.shape[-2:], bool), diagonal), x.array.shape)
    )


@face(inplace=True)
def tril(input: Any, diagonal: int = 0) -> Any:
    """The lower triangle of matrices, up to and including a diagonal; 0 above.

    Source: ``torch.tril``.

    Example:
        >>> mgx.ones(2, 2).tril()
        tensor([[1., 0.],
                [1., 1.]])
    """
    return triangle("tril", keep_lower, input, diagonal, np.tril)


@face(inplace=True)
def triu(input: Any, diagonal: int = 0) -> Any:
    """The upper triangle of matrices, from a diagonal on; 0 below."""
    return triangle("triu", keep_upper, input, diagonal, np.triu)
