"""What attention is made of: the weights with which the places of one sequence look at those of another.

A query, one for each of L places, is compared with the keys of S places. The softmax of these scores is a row of
weights, and the result of attention is the mean of the S values with these weights. A *mask* takes places out: as
numbers that are added to the scores, 0 or minus infinity.
"""

from __future__ import annotations

import math
import warnings
from typing import Any

import numpy as np

from microgradx.engine import primitive
from microgradx.graph import Array
from microgradx.ops.activation import softmax_back
from microgradx.ops.face import check_tensor
from microgradx.ops.linalg import linear
from microgradx.ops.norm import inner
from microgradx.ops.shape import chunk, split
from microgradx.views import legacy_name


@primitive(name="MaskedSoftmax")
def masked_softmax(scores: Array, mask: Array | None = None) -> Array:
    """``softmax(scores + mask)`` along the last dimension; a row that the mask leaves nothing of is 0, not nan."""
    e = scores + (0 if mask is None else mask)
    if e.shape != scores.shape:
        raise RuntimeError(f"attention: expected a mask that broadcasts to {scores.shape}, got {mask.shape}")
    if not e.size:
        return e
    top = np.maximum.reduce(e, -1, keepdims=True)
    top[top == -math.inf] = 0
    e -= top
    np.exp(e, out=e)
    total = np.add.reduce(e, -1, keepdims=True)
    total[total == 0] = 1
    e /= total
    return e


masked_softmax.derivatives(
    scores=lambda g, out: softmax_back(g, out, (out.ndim - 1,)),
    mask=lambda g, out: softmax_back(g, out, (out.ndim - 1,)),
)


# ---------------------------------------------------------------- masks


def causal_mask(n_queries: int, n_keys: int, dtype: Any) -> Array:
    """(L, S): place i sees the places up to i."""
    return np.triu(np.full((n_queries, n_keys), -math.inf, dtype), 1)


def excluding(mask: Any, dtype: Any) -> Any:
    """A mask of truth values, where True takes a place out, as one that is added; others stay as they are."""
    return np.where(mask.array, -math.inf, 0).astype(dtype) if mask.array.dtype.kind == "b" else mask


def canonical(mask: Any, name: str, dtype: Any, other: Any = None) -> Any:
    """A mask of `MultiheadAttention` as one that is added, or PyTorch's error for one that cannot be."""
    if mask is None:
        return None
    if mask.array.dtype.kind not in "bf":
        raise AssertionError(f"only bool and floating types of {name} are supported, got {mask.array.dtype}")
    if other is not None and other.array.dtype != mask.array.dtype:
        warnings.warn(
            f"Support for mismatched {name} and attn_mask is deprecated. Use same type for both instead.", stacklevel=4
        )
    return excluding(mask, dtype)
