"""Embedding: rows of a table, picked by index; and its adjoint, which adds rows to where they came from."""

from __future__ import annotations

from typing import Any

import numpy as np

from microgradx.engine import primitive
from microgradx.graph import Array
from microgradx.views import legacy_name


@primitive(name="Embedding")
def take_rows(indices: Array, weight: Array, padding: int | None) -> Array:
    """``weight[indices]``: (...), (V, D) -> (..., D). The row ``padding`` gets no gradient."""
    return weight.take(indices, 0)


def without_repeats(indices: Array, most: int) -> list[Array] | None:
    """All places, in lists: within each, no two have the same index, and equal ones stay in order.

    None if that takes more than ``most`` lists, because an index occurs more often.
    """
    order = np.argsort(indices, kind="stable")
    found = indices[order]
    turn = np.arange(len(found)) - np.searchsorted(found, found)  # how many of the same came before
    n_lists = int(turn.max(initial=-1)) + 1
    return [order[turn == i] for i in range(n_lists)] if n_lists <= most else None


@primitive(name="EmbeddingDenseBackward")
def add_rows(g: Array, indices: Array, shape: tuple[int, int], padding: int | None) -> Array:
    """Zeros (V, D), and to each row all that was picked from it; but the row ``padding`` stays 0."""
    out, flat, rows = np.zeros(shape, g.dtype), indices.reshape(-1), g.reshape(-1, shape[1])
    lists = without_repeats(flat, 8) if len(flat) <= len(out) else None
    if lists is not None:
        out[flat[::-1]] = rows[::-1]  # of equal indices the one that is written last stays: here, the first
        for places in lists[1:]:
            out[flat[places]] += rows[places]
    else:
        # NumPy adds at single places about four times as fast as it adds at rows.
        at = (flat[:, None] * shape[1] + np.arange(shape[1])).reshape(-1)
        np.add.at(out.reshape(-1), at, rows.reshape(-1))
    if padding is not None:
        out[padding] = 0
    return out


@primitive()
def take_rows_but(x: Array, indices: Array, padding: int | None) -> Array:
    """`take_rows`, with zeros for the row ``padding``: the adjoint of `add_rows`."""
    out = x.take(indices, 0)
    if padding is not None:
        out[indices == padding] = 0
    return out


take_rows.derivatives(weight=lambda g, indices, weight_shape, padding: add_rows(g, indices, weight_shape, padding))
add_rows.derivatives(g=lambda h, indices, padding: take_rows_but(h, indices, padding))
take_rows_but.derivatives(x=lambda g, indices, x_shape, padding: add_rows(g, indices, x_shape, padding))


@primitive(saves=("counts",))
def by_frequency(x: Array, indices: Array) -> tuple[Array, Array]:
    """Rows as they are, for a gradient that is divided by how often each was picked; (..., D), (...) -> (..., D).

    Beside them, these numbers, (..., 1).
    """
    _, place, counts = np.unique(indices, return_inverse=True, return_counts=True)
    return x.copy(), np.reshape(counts[place].astype(x.dtype), (*indices.shape, 1))


by_frequency.derivatives(x=lambda g, counts: g / counts)


@primitive(name="EmbeddingBag")
def add_up(rows: Array, bags: Array, divisors: Array) -> Array:
    """The sum of the rows of each bag, divided by its divisor: (n, D), numbers of bags (n,), (B, 1) -> (B, D)."""
    return add_rows(rows, bags, (len(divisors), rows.shape[1]), None) / divisors


add_up.derivatives(rows=lambda g, bags, divisors: take_rows(bags, g / divisors, None))


def check_indices(indices: Any, rows: int, function: str = "embedding", error: type[Exception] = IndexError) -> None:
    """PyTorch's errors for what does not index a table."""
    if indices.dtype not in (np.int64, np.int32):
        raise RuntimeError(
            "Expected tensor for argument #1 'indices' to have one of the following scalar types: Long, Int; "
            f"but got torch.{legacy_name(indices.dtype.name)}Tensor instead (while checking arguments for {function})"
        )
    if indices.size and (indices.min() < 0 or indices.max() >= rows):
        raise error(
            f"index out of range in self: expected indices from 0 to {rows - 1}, got {indices.min()} to {indices.max()}"
        )
