"""Tables: rows by their number, and numbers as rows."""

from __future__ import annotations

from typing import Any

import numpy as np

from microgradx.graph import Array, wrap
from microgradx.memory import mark_written
from microgradx.ops.elementwise import multiply
from microgradx.ops.embedding import add_up, by_frequency, check_indices, take_rows
from microgradx.ops.face import check_tensor
from microgradx.ops.indexing import gather


def embedding(
    input: Any,
    weight: Any,
    padding_idx: int | None = None,
    max_norm: float | None = None,
    norm_type: float = 2.0,
    scale_grad_by_freq: bool = False,
    sparse: bool = False,
) -> Any:
    """The rows of ``weight`` with the indices in ``input``.

    Args:
        input: Indices, int64 or int32.
        weight: The table.
        padding_idx: A row that gets no gradient.
        max_norm: Scale the rows that are used down to this norm, in place, before they are read.
        norm_type: Which norm.
        scale_grad_by_freq: Divide the gradient of each row by how often it was picked.
        sparse: Accepted; the gradient is dense all the same.

    Shape:
        (...), (V, D) -> (..., D)

    Derivative: each row of ``weight`` gets the sum of ``g`` over all places where it was picked.
    Raises: IndexError: an index is outside the table.
    Source: ``torch.nn.functional.embedding``.

    Example:
        >>> table = mgx.tensor([[1.0, 2.0], [3.0, 4.0]])
        >>> mgx.nn.functional.embedding(mgx.tensor([1, 1, 0]), table)
        tensor([[3., 4.],
                [3., 4.],
                [1., 2.]])
    """
    indices, table = check_tensor("embedding", input).array, check_tensor("embedding", weight, "weight", 2).array
    if table.ndim != 2:
        raise RuntimeError(f"'weight' must be 2-D, got shape {list(table.shape)}")
    if padding_idx is not None and not -len(table) <= padding_idx < len(table):
        raise AssertionError("Padding_idx must be within num_embeddings")
    check_indices(indices, len(table))
    if max_norm is not None:
        shorten(table, indices, max_norm, norm_type)
    rows = take_rows(indices, weight, None if padding_idx is None else padding_idx % len(table))
    return by_frequency(rows, indices)[0] if scale_grad_by_freq else rows


def shorten(table: Array, indices: Array, max_norm: float, norm_type: float) -> None:
    """Scale the rows with these indices down to ``max_norm``, in place."""
    used = np.unique(indices)
    norms = np.linalg.norm(table[used], norm_type, axis=1, keepdims=True)
    table[used] *= np.where(norms > max_norm, max_norm / (norms + 1e-7), 1)
    mark_written(table)


def embedding_bag(
    input: Any,
    weight: Any,
    offsets: Any = None,
    max_norm: float | None = None,
    norm_type: float = 2,
    scale_grad_by_freq: bool = False,
    mode: str = "mean",
    sparse: bool = False,
    per_sample_weights: Any = None,
    include_last_offset: bool = False,
    padding_idx: int | None = None,
) -> Any:
    """Rows of ``weight``, looked up by index as in `embedding`, and made one row for each bag of indices.

    Args:
        input: Indices, int64 or int32: a bag in each row of a matrix, or one bag after the other in a vector.
        weight: The table.
        offsets: Where in a vector each bag begins, from 0 on; an empty bag gives zeros.
        max_norm: Scale the rows that are used down to this norm, in place, before they are read.
        norm_type: Which norm.
        scale_grad_by_freq: Divide the gradient of each row by how often it was picked.
        mode: ``"sum"``, ``"mean"``, or ``"max"``, the largest number of each column.
        sparse: Accepted; the gradient is dense all the same.
        per_sample_weights: For ``"sum"``, what to multiply each row with: one number for each index.
        include_last_offset: The last of the offsets is no beginning, but the end of the last bag.
        padding_idx: Indices that do not count.

    Shape:
        (B, n), (V, D) -> (B, D), or (n), (V, D), offsets (B) -> (B, D)

    Derivative: a row of ``weight`` gets ``g`` of all bags that it is in, times its weight, or divided by the length of
        the bag, or only in the columns where it was the largest.
    Raises: ValueError: input, offsets and weights do not go together, or another mode. RuntimeError: an index or an
        offset is out of range. NotImplementedError: weights in another mode than ``"sum"``.
    Source: ``torch.nn.functional.embedding_bag``; but that, with ``scale_grad_by_freq``, divides by the frequencies of
        other rows.

    Example:
        >>> table = mgx.tensor([[1.0, 2.0], [3.0, 4.0], [5.0, 0.0]])
        >>> mgx.nn.functional.embedding_bag(mgx.tensor([1, 2, 0]), table, mgx.tensor([0, 2]))
        tensor([[4., 2.],
                [1., 2.]])
    """
    indices, table = (
        check_tensor("embedding_bag", input).array,
        check_tensor("embedding_bag", weight, "weight", 2).array,
    )
    if per_sample_weights is not None and per_sample_weights.array.shape != indices.shape:
        raise ValueError(
            f"embedding_bag: If per_sample_weights ({list(per_sample_weights.shape)}) is not None, then it must have "
            f"the same shape as the input ({list(input.shape)})"
        )
    if table.ndim != 2:
        raise ValueError(f"weight has to be a 2D Tensor, but got Tensor of dimension {table.ndim}")
    ends = bag_ends(indices, offsets, include_last_offset)
    if mode not in ("sum", "mean", "max"):
        raise ValueError(f"mode has to be one of sum, mean or max, but got {mode!r}")
    if mode == "max" and scale_grad_by_freq:
        raise ValueError("max mode does not support scaling the gradient by the frequency")
    if mode == "max" and sparse:
        raise ValueError("max mode does not support sparse weights")
    check_indices(indices, len(table), "embedding_bag", RuntimeError)
    indices = indices.reshape(-1)[: ends[-1] if len(ends) else 0]
    if max_norm is not None:
        shorten(table, indices, max_norm, norm_type)
    if per_sample_weights is not None:
        if mode != "sum":
            raise NotImplementedError(
                "embedding_bag: per_sample_weights was not None. per_sample_weights is only supported for "
                f"mode='sum' (got mode='{mode}')."
            )
        if per_sample_weights.dtype != weight.dtype:
            raise RuntimeError(
                f"embedding_bag: expected weight ({weight.dtype}) to have the same type as per_sample_weights "
                f"({per_sample_weights.dtype})"
            )

    bags = np.repeat(np.arange(len(ends)), np.diff(ends, prepend=0))
    counted = np.ones(len(indices), bool)
    if padding_idx is not None:
        if not -len(table) <= padding_idx < len(table):
            raise RuntimeError(
                f"padding_idx must be within the number of embeddings, -{len(table)} through {len(table) - 1}, but got "
                f"{padding_idx}"
            )
        counted = indices != padding_idx % len(table)
        indices, bags = indices[counted], bags[counted]
    rows = take_rows(indices, weight, None)
    if scale_grad_by_freq:
        rows = by_frequency(rows, indices)[0]
    lengths = np.bincount(bags, minlength=len(ends))
    if mode == "max":
        return largest_of_bags(rows, lengths)
    if per_sample_weights is not None:
        factors = np.reshape(per_sample_weights, (-1,))[np.flatnonzero(counted)]
        rows = multiply(rows, np.reshape(factors, (-1, 1)))
    divisors = np.maximum(lengths, 1) if mode == "mean" else np.ones_like(lengths)
    return add_up(rows, bags, divisors[:, None].astype(table.dtype))


def bag_ends(indices: Array, offsets: Any, include_last_offset: bool) -> Array:
    """Where each bag ends in the flattened indices; PyTorch's errors if that is not clear."""
    if indices.ndim == 2:
        if offsets is not None:
            raise ValueError(
                "if input is 2D, then offsets has to be None, as input is treated is a mini-batch of fixed length "
                f"sequences. However, found offsets of type {type(offsets)}"
            )
        if not indices.shape[1]:
            raise RuntimeError(f"embedding_bag: expected bags with something in them, got input {list(indices.shape)}")
        return (np.arange(len(indices)) + 1) * indices.shape[1]
    if indices.ndim != 1:
        raise ValueError(f"input has to be 1D or 2D Tensor, but got Tensor of dimension {indices.ndim}")
    if offsets is None or offsets.array.ndim != 1:
        raise ValueError(f"offsets has to be a 1D Tensor{' but got None' if offsets is None else ''}")
    starts = offsets.array
    if starts.dtype.kind != "i":
        raise RuntimeError(f"embedding_bag: expected offsets of dtype int64 or int32, got {offsets.dtype}")
    if include_last_offset and not len(starts):
        raise RuntimeError("include_last_offset: number of offset should be at least 1")
    if len(starts) and starts[0] != 0:
        raise RuntimeError(
            "offsets[0] has to be 0, i.e., the first sequence in the mini-batch has to start from position 0. "
            f"However, got {starts[0]}"
        )
    if len(starts) and starts[-1] > len(indices):
        raise RuntimeError(
            f"offsets[-1] can not be greater than input's length {len(indices)} but got offsets[-1] of {starts[-1]}"
        )
    if (np.diff(starts) < 0).any():
        raise RuntimeError(f"embedding_bag: expected offsets that do not fall, got {starts.tolist()}")
    return starts[1:] if include_last_offset else np.append(starts[1:], len(indices))[: len(starts)]


def largest_of_bags(rows: Any, lengths: Array) -> Any:
    """The largest number of each column for each bag of so many rows; of equal ones the first, of none 0."""
    filled = np.flatnonzero(lengths)
    sizes = lengths[filled]
    starts, place = np.cumsum(sizes) - sizes, np.arange(sizes.max(initial=0))
    inside = place < sizes[:, None]
    bags = rows.array[np.where(inside, starts[:, None] + place, 0)]  # (bags, longest, D)
    bags[~inside] = -np.inf
    best = starts[:, None] + bags.argmax(1) if len(filled) else np.zeros((0, bags.shape[2]), np.intp)
    largest = gather(rows, 0, wrap(best.astype(np.int64)))
    return add_up(largest, filled, np.ones((len(lengths), 1), rows.array.dtype))


def one_hot(tensor: Any, num_classes: int = -1) -> Any:
    """For each index a row of zeros with a 1 in its place.

    Args:
        tensor: Indices, int64.
        num_classes: Length of a row; -1 for the greatest index plus 1.

    Shape:
        (...) -> (..., num_classes)

    Raises: RuntimeError: another dtype, or an index that is negative or too large.
    Source: ``torch.nn.functional.one_hot``.

    Example:
        >>> mgx.nn.functional.one_hot(mgx.tensor([0, 2]))
        tensor([[1, 0, 0],
                [0, 0, 1]])
    """
    indices = np.asarray(check_tensor("one_hot", tensor).array)
    if indices.dtype != np.int64:
        raise RuntimeError("one_hot is only applicable to index tensor of type LongTensor; convert it with .long()")
    if indices.size == 0 and num_classes <= 0:
        raise RuntimeError("Can not infer total number of classes from empty tensor.")
    if (indices < 0).any():
        raise RuntimeError("Class values must be non-negative.")
    n = int(indices.max()) + 1 if num_classes == -1 else num_classes
    if (indices >= n).any():
        raise RuntimeError("Class values must be smaller than num_classes.")
    return wrap((indices[..., None] == np.arange(n)).astype(np.int64, order="C"))
