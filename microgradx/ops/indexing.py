"""Indexing: reading parts of a tensor, and writing to them.

PyTorch reads an index in two steps, and so does this file. First what is *basic* (numbers, slices, None,
Ellipsis), which gives a view; then tensors of integers or masks, which pick elements into a new tensor.
(NumPy treats a number beside an array as an array, and then puts dimensions in another order.)
"""

from __future__ import annotations

import operator
from typing import Any

import numpy as np

from microgradx.dtypes import result_type
from microgradx.engine import primitive, renamed
from microgradx.graph import Array, Variable, wrap
from microgradx.memory import mark_written
from microgradx.ops.elementwise import choose, element, overwrite
from microgradx.ops.face import METHODS, axis_of, check_tensor, face
from microgradx.ops.reduction import take_along
from microgradx.ops.shape import broadcast_tensors, rearrange
from microgradx.views import check_writable, legacy_name, past_hooks, view, writable, write

Index = tuple[Any, ...]


# ---------------------------------------------------------------- basic: views


@view(name="Slice")
def slice_of(x: Array, index: Index) -> Array:
    """``x[index]`` for slices and None."""
    return x[index if Ellipsis in index else (*index, ...)]  # with `...` NumPy always returns a view


@view(name="Select")
def select_of(x: Array, index: Index) -> Array:
    """``x[index]`` where some of it are numbers: those dimensions go."""
    return x[index if Ellipsis in index else (*index, ...)]


@primitive()
def place(x: Array, index: Index, shape: tuple[int, ...]) -> Array:
    """Zeros of ``shape``, but for ``[index]``, which is ``x``."""
    out = np.zeros(shape, x.dtype)
    out[index] = x
    return out


slice_of.derivatives(x=lambda g, index, x_shape: place(g, index, x_shape))
select_of.derivatives(x=lambda g, index, x_shape: place(g, index, x_shape))
place.derivatives(x=lambda g, index: g[index])


# ---------------------------------------------------------------- integer arrays and masks: copies


@primitive(name="Index")
def gather_at(x: Array, index: Index) -> Array:
    """``x[index]`` for integer arrays and masks, and slices between them."""
    return np.asarray(x[index], order="C")


@primitive()
def add_at(x: Array, index: Index, shape: tuple[int, ...]) -> Array:
    """Zeros of ``shape``, and ``x`` added at ``[index]``; a place that comes twice gets both."""
    out = np.zeros(shape, x.dtype)
    return add_into(out, index, x)


def add_into(out: Array, index: Index, x: Array) -> Array:
    """``np.add.at(out, index, x)``, on flat positions, where it is several times faster."""
    if all(i.dtype == bool for i in index if isinstance(i, np.ndarray)):
        out[index] += x  # a mask meets no place twice
        return out
    positions = np.arange(out.size).reshape(out.shape)[index]
    np.add.at(out.reshape(-1), positions.reshape(-1), np.broadcast_to(x, positions.shape).reshape(-1))
    return out


gather_at.derivatives(x=lambda g, index, x_shape: add_at(g, index, x_shape))
add_at.derivatives(x=lambda g, index: gather_at(g, index))
select_indices, select_by_mask = (renamed(gather_at, f"{name}Backward0") for name in ("IndexSelect", "MaskedSelect"))


@primitive(name="IndexPut")
def put_at(x: Array, value: Array, index: Index, accumulate: bool) -> Array:
    """``x`` with ``value`` at ``[index]``, or added there."""
    out = np.array(x, order="C")  # `add_into` needs a flat view of it
    if accumulate:
        return add_into(out, index, np.asarray(value, x.dtype))
    out[index] = value
    return out


def put_by_x(g: Array, index: Index, accumulate: bool) -> Array:
    return g if accumulate else cleared_at(g, index)


@primitive()
def cleared_at(x: Array, index: Index) -> Array:
    """``x`` with zeros at ``[index]``."""
    out = np.array(x)
    out[index] = 0
    return out


put_at.derivatives(x=put_by_x, value=lambda g, index: gather_at(g, index))
cleared_at.derivatives(x=lambda g, index: cleared_at(g, index))


# ---------------------------------------------------------------- x[index]


def item_of(entry: Any) -> Any:
    """One entry of an index as NumPy reads it: arrays for tensors and lists, numbers for 0-d integers."""
    if isinstance(entry, Variable):
        entry = entry.array
    if isinstance(entry, (list, range)):
        entry = np.array([item_of(e) for e in entry]) if len(entry) else np.empty(0, np.int64)
    if isinstance(entry, (np.ndarray, np.generic)):
        if entry.dtype.kind not in "iub":
            raise IndexError(
                f"tensors used as indices must be long, int, byte or bool tensors; got {entry.dtype}, "
                "convert it with .long()"
            )
        if entry.dtype == np.uint8:
            entry = entry.astype(bool)  # PyTorch's older masks
        return entry if entry.ndim or entry.dtype == bool else int(entry)
    if isinstance(entry, slice):
        start, stop, step = (None if e is None else operator.index(e) for e in (entry.start, entry.stop, entry.step))
        if step is not None and step <= 0:
            raise ValueError("step must be greater than zero; use flip() to reverse")
        return slice(start, stop, step)
    if entry is None or entry is Ellipsis or isinstance(entry, bool):
        return np.bool_(entry) if isinstance(entry, bool) else entry
    try:
        return entry.__index__()
    except AttributeError:
        raise IndexError(
            "only integers, slices (`:`), ellipsis (`...`), None and long or byte Variables are valid indices "
            f"(got {type(entry).__name__})"
        ) from None


def two_steps(index: Any, x: Variable) -> tuple[Index, Index | None]:
    """An index as (basic, advanced): the second applies to what the first one gives; None if there is none."""
    if type(index) is int and x.array.ndim:
        return (index,), None
    entries = [item_of(e) for e in (index if isinstance(index, tuple) else (index,))]
    arrays = [e for e in entries if isinstance(e, (np.ndarray, np.bool_))]
    used = sum(e.ndim if isinstance(e, np.ndarray) and e.dtype == bool else 1 for e in entries if e is not None
               and e is not Ellipsis and not isinstance(e, np.bool_))  # fmt: skip
    ndim = x.array.ndim
    if used > ndim:
        if type(index) is int:
            raise IndexError(
                "invalid index of a 0-dim tensor. Use `tensor.item()` in Python or `tensor.item<T>()` in C++ to convert a "
                "0-dim tensor to a number"
                if index == 0
                else f"index {index} is out of bounds for dimension 0 with size 0"
            )
        if isinstance(index, slice):
            raise IndexError("slice() cannot be applied to a 0-dim tensor.")
        raise IndexError(f"too many indices for tensor of dimension {ndim}")
    if not arrays:
        return tuple(entries), None
    if not any(e is Ellipsis for e in entries):
        entries.append(Ellipsis)
    dots = next(i for i, e in enumerate(entries) if e is Ellipsis)
    entries[dots : dots + 1] = [slice(None)] * (ndim - used)
    basic: list[Any] = []
    advanced: list[Any] = []
    for entry in entries:
        if isinstance(entry, np.ndarray):
            dims = entry.ndim if entry.dtype == bool else 1
            basic += [slice(None)] * dims
            advanced.append(entry)
        elif isinstance(entry, np.bool_):
            advanced.append(entry)
        else:
            basic.append(entry)
            if not isinstance(entry, int):
                advanced.append(slice(None))
    return tuple(basic), tuple(advanced)


def view_at(x: Variable, index: Index) -> Any:
    """The basic step, a view; PyTorch's words for an index out of range."""
    try:
        return (select_of if any(type(e) is int for e in index) else slice_of)(x, index)
    except IndexError as error:
        raise IndexError(str(error).replace("axis", "dimension").replace("array", "tensor")) from None


def is_trivial(index: Index) -> bool:
    return all(type(e) is slice and e == slice(None) for e in index)


def checked(name: str, function: Any, *args: Any) -> Any:
    """Call an advanced step, with PyTorch's words for an index out of range."""
    try:
        return function(*args)
    except IndexError as error:
        text = str(error).replace("for axis", "for dimension").replace("boolean index did not match indexed array",
                                                                       "The shape of the mask does not match")  # fmt: skip
        raise IndexError(text.replace("indexing arrays could not be broadcast together", "shape mismatch: indexing tensors "
                                      "could not be broadcast together")) from None  # fmt: skip


def getitem(x: Any, index: Any) -> Any:
    """``x[index]``.

    Numbers, slices, None and Ellipsis give a view; integer tensors and masks a copy.

    Derivative: ``g`` at the places that were read, added up where one was read twice; 0 elsewhere.
    Raises: IndexError: out of range, or too many indices.
    """
    basic, advanced = two_steps(index, x)
    if advanced is None:
        return view_at(x, basic)
    seen = x if is_trivial(basic) else view_at(x, basic)
    return checked("index", gather_at, seen, advanced)


def setitem(x: Any, index: Any, value: Any) -> None:
    """``x[index] = value``, in place; ``value`` is broadcast, and cast if it is a number or the index is basic.

    Derivative: what was there before gets 0, ``value`` gets ``g`` at its places.
    Raises: IndexError: out of range, or too many indices. RuntimeError: shapes or dtypes that do not fit.
    """
    check_writable(x, "__setitem__")
    given = isinstance(value, Variable)
    if isinstance(value, (bool, int, float)):
        value = wrap(element(value, x.array.dtype))
    elif not given:
        value = wrap(np.asarray(value))
    basic, advanced = two_steps(index, x)
    target = x if is_trivial(basic) and not (advanced is None and x.array.ndim == 0) else None
    if advanced is None:
        target = view_at(x, basic)
        check_broadcast(value.array.shape, target.array.shape)
        value = without_excess(value)
        if x.edge is None and value.edge is None and x.alias is None:  # no graph: write, and that is all
            writable(target.array, "__setitem__")[...] = value.array
            mark_written(target.array)
            return
        write(target, overwrite(past_hooks(target), value), "__setitem__")
        return
    seen = x if target is not None else view_at(x, basic)
    value = without_excess(value)
    if value.array.dtype != x.array.dtype:
        kinds = [e.dtype for e in advanced if type(e) is not slice]
        filling = value.array.size == 1 and kinds == [bool]  # one mask: PyTorch then fills
        if given and not filling:
            raise RuntimeError(
                f"Index put requires the source and destination dtypes match, got {legacy_name(x.dtype.name)} for the "
                f"destination and {legacy_name(value.dtype.name)} for the source; convert the source with .to(x.dtype)"
            )
        value = value.to(x.dtype)
    try:
        result = checked("index", put_at, past_hooks(seen), value, advanced, False)
    except (ValueError, TypeError) as error:
        raise RuntimeError(f"shape mismatch: {error}") from None
    write(seen, result, "__setitem__")


def without_excess(value: Any) -> Any:
    """A value without dimensions of size 1 in front: broadcasting makes as many as it needs."""
    shape = value.array.shape
    ones = next((i for i, n in enumerate(shape) if n != 1), len(shape))
    return np.reshape(value, shape[ones:]) if ones else value


def check_broadcast(shape: tuple[int, ...], wanted: tuple[int, ...]) -> None:
    """Raise unless ``shape`` can be broadcast to ``wanted``; sizes 1 in front may be too many."""
    core = shape
    while len(core) > len(wanted) and core[0] == 1:
        core = core[1:]
    pairs = list(zip(reversed(core), reversed(wanted)))
    if len(core) > len(wanted) or any(n not in (1, m) for n, m in pairs):
        at = next((len(wanted) - 1 - i for i, (n, m) in enumerate(pairs) if n not in (1, m)), 0)
        a, b = (wanted[at], core[at - len(wanted)]) if pairs else (list(wanted), list(core))
        raise RuntimeError(
            f"The expanded size of the tensor ({a}) must match the existing size ({b}) at non-singleton dimension {at}.  "
            f"Target sizes: {list(wanted)}.  Tensor sizes: {list(shape)}"
        )


# ---------------------------------------------------------------- by name


@face
def select(input: Any, dim: int, index: int) -> Any:
    """The slice at ``index`` along ``dim``, without that dimension; a view."""
    a = axis_of(dim, check_tensor("select", input).ndim)
    return view_at(input, (slice(None),) * a + (int(index),))


@face
def narrow(input: Any, dim: int, start: int, length: int) -> Any:
    """``length`` elements along ``dim`` from ``start`` on; a view."""
    x = check_tensor("narrow", input)
    if not x.ndim:
        raise RuntimeError("narrow() cannot be applied to a 0-dim tensor.")
    if isinstance(start, Variable) and (start.array.ndim or start.array.dtype.kind not in "iu"):
        raise RuntimeError("start must be an 0-dim integral Tensor.")
    a, n = axis_of(dim, x.ndim), x.array.shape[axis_of(dim, x.ndim)]
    start = int(start) + (n if start < 0 else 0)
    if length < 0 or not 0 <= start <= n - length:
        raise RuntimeError(f"start ({start}) + length ({length}) exceeds dimension size ({n}).")
    return view_at(x, (slice(None),) * a + (slice(start, start + length),))


@face
def index_select(input: Any, dim: int, index: Any) -> Any:
    """The slices at the positions in ``index``, a 1-d tensor of integers, along ``dim``.

    Raises: IndexError: a position that is negative, or too large.
    Source: ``torch.index_select``.
    """
    x = check_tensor("index_select", input)
    a = axis_of(dim, x.ndim)
    if index.ndim > 1:
        raise IndexError("index_select(): Index is supposed to be a vector")
    if index.array.dtype not in (np.int64, np.int32):
        raise RuntimeError("index_select(): Expected dtype int32 or int64 for index; convert it with .long()")
    at, n = np.atleast_1d(index.array), x.array.shape[a] if x.ndim else 1
    # Seen as unsigned, negative numbers are large: one comparison finds both kinds of wrong position.
    if at.size and np.maximum.reduce(at.view(f"u{at.itemsize}")) >= n:
        raise IndexError(f"index out of range in self: expected positions from 0 to {n - 1}")
    if not x.ndim:
        if at.size != 1:
            raise RuntimeError(f"index_select(): Index to scalar can have only 1 value, got {at.size} value(s)")
        return x.clone()
    return select_indices(x, (slice(None),) * a + (at,))


@face
def masked_select(input: Any, mask: Any) -> Any:
    """The elements where ``mask``, broadcast with the input, is True, in one dimension."""
    if mask.array.dtype != bool:
        raise RuntimeError("masked_select: expected BoolTensor for mask; convert it with .bool()")
    seen, chosen = broadcast_tensors(check_tensor("masked_select", input), mask)
    return select_by_mask(seen, (chosen.array,))


@face
def gather(input: Any, dim: int, index: Any) -> Any:
    """Elements picked along ``dim``: for dim = 0, ``out[i, j] = input[index[i, j], j]``.

    Args:
        input: Any tensor.
        dim: The dimension along which ``index`` says the position.
        index: int64 tensor of as many dimensions, in the others not larger than input.

    Shape: that of ``index``.
    Derivative: ``g`` added at the places that were read.
    Raises: RuntimeError: index of another dtype or too large; IndexError: out of range.
    Source: ``torch.gather``.

    Example:
        >>> mgx.tensor([[1, 2], [3, 4]]).gather(1, mgx.tensor([[0], [1]]))
        tensor([[1],
                [4]])
    """
    x = check_tensor("gather", input)
    a = axis_of(dim, x.ndim)
    if index.array.size == 0:
        return gather_at(x.ravel(), (index.array.astype(np.int64),))
    x = x if x.ndim else rearrange(x, (1,))
    at = places("gather", x.array.shape, a, index)
    fits = tuple(slice(None) if d == a else slice(n) for d, n in enumerate(at.shape))
    out = take_along(x if is_trivial(fits) else view_at(x, fits), at, a)
    return out if index.ndim else np.reshape(out, ())


def places(name: str, shape: tuple[int, ...], a: int, index: Any) -> Array:
    """The positions along axis ``a`` that an index tensor gives for a tensor of ``shape``, checked."""
    at = np.atleast_1d(index.array)
    if at.dtype not in (np.int64, np.int32):
        raise RuntimeError(f"{name}(): Expected dtype int32/int64 for index; convert it with .long()")
    if at.ndim != len(shape):
        raise RuntimeError("Index tensor must have the same number of dimensions as input tensor")
    for d, (n, m) in enumerate(zip(at.shape, shape)):
        if n > m and d != a:
            raise RuntimeError(
                f"Size does not match at dimension {d} expected index {list(at.shape)} to be no larger than self "
                f"{list(shape)} apart from dimension {a}"
            )
    low, high = at.min(), at.max()
    if low < 0 or high >= shape[a]:
        raise RuntimeError(f"index {low if low < 0 else high} is out of bounds for dimension {a} with size {shape[a]}")
    return at


@face
def nonzero(input: Any, *, as_tuple: bool = False) -> Any:
    """Indices of the elements that are not 0: a row each, (n, ndim); or a tuple, a tensor per dimension.

    Source: ``torch.nonzero``.

    Example:
        >>> mgx.tensor([0, 5, 0, 7]).nonzero()
        tensor([[1],
                [3]])
    """
    found = np.nonzero(np.atleast_1d(check_tensor("nonzero", input).array))
    if as_tuple:
        return tuple(wrap(i) for i in found)
    return wrap(np.stack(found, 1)[:, : input.ndim])


@face(method=False)
def where(condition: Any, input: Any = None, other: Any = None) -> Any:
    """Elements of ``input`` where ``condition`` holds, of ``other`` elsewhere; the three are broadcast.

    With ``condition`` alone: the indices of its non-zero elements, as `nonzero` with ``as_tuple=True``.
    As a method ``input.where(condition, other)``.

    Derivative: each operand gets ``g`` where it was chosen, 0 elsewhere.
    Raises: RuntimeError: the condition is not bool.
    Source: ``torch.where``.

    Example:
        >>> x = mgx.tensor([-1.0, 2.0])
        >>> mgx.where(x > 0, x, 0.0)
        tensor([0., 2.])
    """
    check_tensor("where", condition, "condition")
    if input is None and other is None:
        return nonzero(condition, as_tuple=True)
    if condition.array.dtype.kind != "b":
        raise RuntimeError(
            f"where expected condition to be a boolean tensor, but got a tensor with dtype {condition.dtype}"
        )
    for number, tensor in ((input, other), (other, input)):
        if isinstance(number, (int, float)) and isinstance(tensor, Variable):
            element(number, result_type(tensor.array, number).numpy)  # raises for what is out of range
    return choose(condition, input, other)


METHODS["where"] = lambda self, condition, other: where(condition, self, other)
