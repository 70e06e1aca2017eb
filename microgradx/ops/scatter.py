"""Writing to places that an index tensor names: scatter, and its relatives.

All are `put_at`, the operation behind ``x[index] = value``; what differs is how the index is given.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from microgradx.engine import cast, renamed
from microgradx.graph import Variable, wrap
from microgradx.ops.elementwise import element, scaled
from microgradx.ops.face import axis_of, check_tensor, face
from microgradx.ops.indexing import checked, gather, index_select, item_of, places, put_at, slice_of
from microgradx.ops.reduction import along
from microgradx.ops.shape import broadcast_tensors, expand, ravel, rearrange

PUT = {
    name: renamed(put_at, f"{name.title().replace('_', '')}Backward0")
    for name in ("scatter", "scatter_add", "index_add", "index_copy", "index_fill", "masked_scatter")
}


def put(name: str, input: Any, spread: Any, value: Any, index: Any, accumulate: bool) -> Any:
    """`put_at` under PyTorch's name, into the input as it is ``spread``: a number as a vector."""
    out = PUT[name](spread, value, index, accumulate)
    return out if input is spread else np.reshape(out, input.array.shape)


def scattered(name: str, input: Any, dim: int, index: Any, src: Any, accumulate: bool) -> Any:
    """What the forms of `scatter` share: ``src``, a tensor or a number, put or added along one dimension."""
    x = check_tensor(name, input)
    if index.array.size == 0:
        return x.clone()
    a = axis_of(dim, x.ndim)
    spread = x if x.ndim else rearrange(x, (1,))
    at = places(name, spread.array.shape, a, index)
    if hasattr(src, "array"):
        if src.dtype is not x.dtype:
            raise RuntimeError(f"{name}(): Expected self.dtype to be equal to src.dtype; got {x.dtype} and {src.dtype}")
        src = src if src.ndim else rearrange(src, (1,))
        if src.ndim != at.ndim or any(n > m for n, m in zip(at.shape, src.array.shape)):
            raise RuntimeError(
                f"{name}(): Expected index {list(at.shape)} to be no larger than src {list(src.array.shape)} in any "
                "dimension"
            )
        src = src if src.array.shape == at.shape else slice_of(src, tuple(slice(n) for n in at.shape))
    else:
        src = element(src, x.array.dtype)
    return put(name, x, spread, src, along(spread.array, at, a), accumulate)


@face(inplace=True)
def scatter(input: Any, dim: int, index: Any, src: Any = None, *, value: Any = None, reduce: str | None = None) -> Any:
    """``input`` with elements of ``src`` written along ``dim``: for dim = 0, ``out[index[i, j], j] = src[i, j]``.

    Args:
        input: Any tensor.
        dim: The dimension along which ``index`` says the position.
        index: int64 tensor of as many dimensions, not larger than ``src``.
        src: A tensor, or a number.
        value: A number, in the place of ``src``.
        reduce: ``"add"`` or ``"multiply"`` to combine with what is there; None to replace it.

    Derivative: ``input`` gets ``g``, but 0 where it was replaced; ``src`` gets ``g`` at its places. Where one
        place is written twice without ``reduce``, the last one counts forward, but all get ``g``, as PyTorch's.
    Raises: RuntimeError: index of another dtype, out of range or too large; ``"multiply"`` with gradients.
    Source: ``torch.scatter``.

    Example:
        >>> mgx.zeros(2, 3).scatter(1, mgx.tensor([[2], [0]]), 1.0)
        tensor([[0., 0., 1.],
                [1., 0., 0.]])
    """
    src = value if src is None else src
    if reduce == "multiply":
        if input.requires_grad or getattr(src, "requires_grad", False):
            raise RuntimeError("scatter: reduce='multiply' is not differentiable; detach() the tensors first")
        x = np.atleast_1d(input.array).copy()
        at = along(x, places("scatter", x.shape, axis_of(dim, input.ndim), index), axis_of(dim, input.ndim))
        cut = np.atleast_1d(src.array)[tuple(map(slice, at[dim].shape))] if isinstance(src, Variable) else src
        np.multiply.at(x, at, cut)
        return wrap(x.reshape(input.array.shape))
    if reduce not in (None, "add"):
        raise RuntimeError(f"reduce argument must be either add or multiply; got {reduce!r}")
    return scattered("scatter", input, dim, index, src, reduce == "add")


@face(inplace=True)
def scatter_add(input: Any, dim: int, index: Any, src: Any) -> Any:
    """``input`` with elements of ``src`` added along ``dim``: for dim = 0, ``out[index[i, j], j] += src[i, j]``.

    Derivative: ``g`` to input, and to ``src`` at its places; it is the adjoint of `gather`.
    Source: ``torch.scatter_add``.

    Example:
        >>> mgx.zeros(2).scatter_add(0, mgx.tensor([1, 1, 0]), mgx.tensor([1.0, 2.0, 3.0]))
        tensor([3., 3.])
    """
    return scattered("scatter_add", input, dim, index, check_tensor("scatter_add", src, "src", 4), True)


@face(inplace=True)
def index_add(input: Any, dim: int, index: Any, source: Any, *, alpha: float = 1) -> Any:
    """``input`` with the slices of ``alpha · source`` added at the positions in ``index`` along ``dim``.

    Source: ``torch.index_add``.

    Example:
        >>> mgx.zeros(3).index_add(0, mgx.tensor([0, 2, 0]), mgx.ones(3))
        tensor([2., 0., 1.])
    """
    return sliced("index_add", input, dim, index, scaled(check_tensor("index_add", source, "source", 4), alpha), True)


@face(inplace=True)
def index_copy(input: Any, dim: int, index: Any, source: Any) -> Any:
    """``input`` with the slices of ``source`` in the place of those at the positions in ``index`` along ``dim``.

    Derivative: as `scatter`: ``input`` gets ``g`` but for these slices, ``source`` gets them.
    Source: ``torch.index_copy``.

    Example:
        >>> mgx.zeros(3).index_copy(0, mgx.tensor([2, 0]), mgx.tensor([5.0, 6.0]))
        tensor([6., 0., 5.])
    """
    return sliced("index_copy", input, dim, index, check_tensor("index_copy", source, "source", 4), False)


def sliced(name: str, input: Any, dim: int, index: Any, source: Any, accumulate: bool) -> Any:
    """What `index_add` and `index_copy` share: slices of a tensor, put or added along one dimension."""
    x = check_tensor(name, input)
    a = axis_of(dim, x.ndim)
    spread, source = (v if v.ndim else rearrange(v, (1,)) for v in (x, source))
    at = np.atleast_1d(index.array)
    if at.ndim > 1 or at.dtype not in (np.int64, np.int32):
        raise IndexError(
            f"{name}_(): Index is supposed to be a vector of integers, got {list(at.shape)}, {index.dtype}"
        )
    if source.dtype is not x.dtype:
        raise RuntimeError(f"{name}_(): self ({x.dtype}) and source ({source.dtype}) must have the same scalar type")
    wanted = (*spread.array.shape[:a], at.size, *spread.array.shape[a + 1 :])
    if source.array.shape != wanted:
        raise RuntimeError(f"{name}_(): expected source of shape {list(wanted)}, got {list(source.array.shape)}")
    if at.size and not 0 <= at.min() <= at.max() < spread.array.shape[a]:
        raise IndexError(f"index out of range in self: expected positions from 0 to {spread.array.shape[a] - 1}")
    return put(name, x, spread, source, (slice(None),) * a + (at,), accumulate)


@face(inplace=True)
def index_fill(input: Any, dim: int, index: Any, value: Any) -> Any:
    """``input`` with one value in the slices at the positions in ``index`` along ``dim``.

    Args:
        input: Any tensor.
        dim: The dimension along which slices are filled.
        index: int64 tensor of one or no dimension; negative positions count from the end.
        value: A number or 0-d tensor, which is cast to the dtype of ``input``.

    Derivative: ``input`` gets ``g`` but for these slices, ``value`` their sum.
    Raises: IndexError: a position out of range, or an index of another dtype. RuntimeError: a value that is no number.
    Source: ``torch.index_fill``.

    Example:
        >>> mgx.zeros(2, 3).index_fill(1, mgx.tensor([0, 2]), 5.0)
        tensor([[5., 0., 5.],
                [5., 0., 5.]])
    """
    x = check_tensor("index_fill", input)
    a = axis_of(dim, x.ndim)
    spread = x if x.ndim else rearrange(x, (1,))
    at, n = np.atleast_1d(index.array), spread.array.shape[a]
    if at.dtype != np.int64:
        raise IndexError("index_fill_(): Expected dtype int64 for index; convert it with .long()")
    if at.ndim > 1:
        raise RuntimeError(f"Index has to be a vector/scalar; got {list(at.shape)}")
    if isinstance(value, Variable) and value.array.ndim:
        raise RuntimeError(
            "index_fill_ only supports a 0-dimensional value tensor, but got tensor with "
            f"{value.array.ndim} dimension(s)."
        )
    if at.size and not -n <= at.min() <= at.max() < n:
        raise IndexError(f"index {at[(at < -n) | (at >= n)][0]} is out of bounds for dimension {a} with size {n}")
    value = cast(value, x.array.dtype) if isinstance(value, Variable) else element(value, x.array.dtype)
    each = (slice(None),) * a + (np.unique(at % n if n else at),)  # a slice that is named twice is filled once
    return put("index_fill", x, spread, value, each, False)


@face(inplace=True)
def masked_scatter(input: Any, mask: Any, source: Any) -> Any:
    """``input`` with the elements of ``source``, one after the other, where ``mask`` is True.

    Args:
        input: Any tensor.
        mask: A bool tensor; the two are broadcast.
        source: A tensor of the same dtype, of at least as many elements as the mask is True.

    Derivative: ``input`` gets ``g`` outside the mask, ``source`` that inside, and 0 for elements that were not used.
    Raises: RuntimeError: another dtype, or too few elements.
    Source: ``torch.masked_scatter``.

    Example:
        >>> mgx.zeros(3).masked_scatter(mgx.tensor([True, False, True]), mgx.tensor([1.0, 2.0, 3.0]))
        tensor([1., 0., 2.])
    """
    x = check_tensor("masked_scatter", input)
    if mask.array.dtype != bool:
        raise RuntimeError(f"masked_scatter_ only supports boolean masks, but got mask with dtype {mask.dtype}")
    if check_tensor("masked_scatter", source, "source", 3).array.dtype != x.array.dtype:
        raise RuntimeError(
            f"masked_scatter: expected self and source to have same dtypes but got {x.dtype} and {source.dtype}"
        )
    seen, chosen = broadcast_tensors(x, mask)
    n = np.count_nonzero(chosen.array)
    if source.array.size < n:
        raise RuntimeError(f"Number of elements of source < number of ones in mask; got {source.array.size} < {n}")
    return put("masked_scatter", seen, seen, ravel(source)[:n], (chosen.array,), False)


@face(inplace=True)
def index_put(input: Any, indices: Any, values: Any, accumulate: bool = False) -> Any:
    """``input`` with ``values`` at ``[indices]``, a tuple of integer tensors or masks; or added there.

    Source: ``torch.index_put``.

    Example:
        >>> mgx.zeros(3).index_put((mgx.tensor([1, 1]),), mgx.tensor([2.0, 3.0]), accumulate=True)
        tensor([0., 5., 0.])
    """
    x, index = check_tensor("index_put", input), tuple(item_of(i) for i in indices)
    if values.dtype is not x.dtype:
        raise RuntimeError(
            f"Index put requires the source and destination dtypes match, got {x.dtype} for the destination and "
            f"{values.dtype} for the source."
        )
    try:
        return checked("index_put", put_at, x, values, index, accumulate)
    except ValueError as error:
        raise RuntimeError(f"shape mismatch: {error}") from None


@face
def take_along_dim(input: Any, indices: Any, dim: int | None = None) -> Any:
    """As `gather`, where the other dimensions are broadcast; without ``dim``, from the flattened input.

    Source: ``torch.take_along_dim``.

    Example:
        >>> x = mgx.tensor([[3, 1, 2], [6, 5, 4]])
        >>> x.take_along_dim(x.argsort(1), 1)
        tensor([[1, 2, 3],
                [4, 5, 6]])
    """
    x = check_tensor("take_along_dim", input)
    if dim is None:
        return take_along_dim(ravel(x), ravel(indices), 0)
    if x.ndim != indices.ndim:
        raise RuntimeError(
            "torch.take_along_dim(): input and indices should have the same number of dimensions, "
            f"but got {x.ndim} dimensions for input, and {indices.ndim} dimensions for indices"
        )
    a = axis_of(dim, x.ndim)
    pairs = [(1, 1) if d == a else nm for d, nm in enumerate(zip(x.array.shape, indices.array.shape))]
    if any(n != m and 1 not in (n, m) for n, m in pairs):
        raise RuntimeError(
            f"take_along_dim: cannot broadcast {list(x.shape)} with {list(indices.shape)} beside dim {dim}"
        )
    others = [m if n == 1 else n for n, m in pairs]
    x, indices = (expand(v, *others[:a], v.array.shape[a], *others[a + 1 :]) for v in (x, indices))
    at = indices.array
    return gather(x, a, wrap(np.where(at < 0, at + x.array.shape[a], at)))  # unlike gather, it counts from the end too


@face
def repeat_interleave(
    input: Any, repeats: Any = None, dim: int | None = None, *, output_size: int | None = None
) -> Any:
    """Each element, or each slice along ``dim``, several times in a row.

    Args:
        input: Any tensor; if it is the only argument, it is ``repeats`` for the numbers 0, 1, 2, ...
        repeats: How many times: a number, or a tensor with one for each slice.
        dim: Along which dimension; None flattens the input.
        output_size: Accepted, not needed.

    Derivative: each slice gets the sum of ``g`` over its copies.
    Raises: RuntimeError: as many numbers as slices are needed, none below 0.
    Source: ``torch.repeat_interleave``.

    Example:
        >>> mgx.tensor([1, 2]).repeat_interleave(2)
        tensor([1, 1, 2, 2])
    """
    x = check_tensor("repeat_interleave", input)
    if repeats is None:
        x, repeats = wrap(np.arange(x.array.size)), x
    if dim is None:
        x, dim = ravel(x), 0
    n = x.array.shape[axis_of(dim, x.ndim)]
    counts = np.asarray(repeats.array if isinstance(repeats, Variable) else repeats)
    if counts.dtype.kind not in "iu":
        error = NotImplementedError if isinstance(repeats, Variable) else TypeError
        raise error(f"repeat_interleave(): expected whole numbers of repeats, got {counts.dtype}")
    if counts.ndim > 1 or counts.size not in (1, n) or (counts.size and counts.min() < 0):
        raise RuntimeError(
            f"repeats must have the same size as input along dim, {n}, and no negative number; got {counts}"
        )
    return index_select(x, dim, wrap(np.repeat(np.arange(n), counts)))
