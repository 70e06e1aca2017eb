"""Large arrays by pieces: many passes over what exceeds the cache take twice as long as the same passes over pieces."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from microgradx.graph import Array

PIECE = 2**17
"""Elements that stay in the cache."""


def elementwise(f: Callable[..., Any], *arrays: Array) -> Any:
    """``f(*arrays)`` for a function of each element by itself, of arrays of one shape; it may return several."""
    size, shape = arrays[0].size, arrays[0].shape
    if size <= PIECE:
        return f(*arrays)
    flat = [a.reshape(-1) for a in arrays]
    out: list[Array] = []
    for i in range(0, size, PIECE):
        pieces = f(*[a[i : i + PIECE] for a in flat])
        several = isinstance(pieces, tuple)
        pieces = pieces if several else (pieces,)
        out = out or [np.empty(size, p.dtype) for p in pieces]
        for whole, piece in zip(out, pieces):
            whole[i : i + PIECE] = piece
    out = [a.reshape(shape) for a in out]
    return tuple(out) if several else out[0]
