"""Tables: rows by their number, and numbers as rows."""

from __future__ import annotations

from typing import Any

import numpy as np

from microgradx.graph import wrap
from microgradx.memory import mark_written
from microgradx.ops.embedding import by_frequency, check_indices, take_rows
from microgradx.ops.face import check_tensor


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
        used = np.unique(indices)
        norms = np.linalg.norm(table[used], norm_type, axis=1, keepdims=True)
        table[used] *= np.where(norms > max_norm, max_norm / (norms + 1e-7), 1)
        mark_written(table)
    rows = take_rows(indices, weight, None if padding_idx is None else padding_idx % len(table))
    return by_frequency(rows, indices) if scale_grad_by_freq else rows


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
    return wrap((indices[..., None] == np.arange(n)).astype(np.int64))
