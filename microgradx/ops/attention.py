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
from microgradx.graph import Array, wrap
from microgradx.ops.activation import real, softmax_back
from microgradx.ops.face import check_tensor
from microgradx.ops.linalg import linear
from microgradx.ops.norm import total
from microgradx.ops.reduction import largest
from microgradx.ops.shape import chunk
from microgradx.views import c_name


@primitive(name="MaskedSoftmax")
def masked_softmax(scores: Array, mask: Array | None = None) -> Array:
    """``softmax(scores + mask)`` along the last dimension; a row that the mask leaves nothing of is 0, not nan."""
    if mask is not None:
        scores = np.add(scores, mask, dtype=scores.dtype)
    if not scores.size:
        return scores.copy()
    top = largest(scores, (scores.ndim - 1,))
    top[top == -math.inf] = 0
    e = scores - top
    np.exp(e, out=e)
    sums = total(e, (e.ndim - 1,))
    sums[sums == 0] = 1
    e /= sums
    return e


masked_softmax.derivatives(
    scores=lambda g, out: softmax_back(g, out, (out.ndim - 1,)),
    mask=lambda g, out: softmax_back(g, out, (out.ndim - 1,)),
)


# ---------------------------------------------------------------- masks


def causal_mask(n_queries: int, n_keys: int, dtype: Any) -> Any:
    """(L, S): place i sees the places up to i."""
    return wrap(np.triu(np.full((n_queries, n_keys), -math.inf, dtype), 1))


def excluding(excluded: Array, dtype: Any) -> Any:
    """The mask that takes out the places that are True."""
    return wrap(np.where(excluded, -math.inf, 0).astype(dtype))


def canonical(mask: Any, name: str, dtype: Any, other: Any = None) -> Any:
    """A mask of `MultiheadAttention`, where True takes a place out, as one that is added."""
    if mask is None:
        return None
    if mask.array.dtype.kind not in "bf":
        raise AssertionError(f"only bool and floating types of {name} are supported")
    if other is not None and other.array.dtype != mask.array.dtype:
        warnings.warn(
            f"Support for mismatched {name} and attn_mask is deprecated. Use same type for both instead.", stacklevel=4
        )
    return excluding(mask.array, dtype) if mask.array.dtype.kind == "b" else mask


# ---------------------------------------------------------------- PyTorch's checks


def check_operands(query: Any, key: Any, value: Any, mask: Any, is_causal: bool) -> None:
    """Of scaled dot product attention: PyTorch's errors for what does not fit together."""
    name, operands = "scaled_dot_product_attention", (query, key, value)
    for position, (which, x) in enumerate(zip(("query", "key", "value"), operands), 1):
        check_tensor(name, x, which, position)
    if is_causal and mask is not None:
        raise RuntimeError(f"_{name}: Explicit attn_mask should not be set when is_causal=True")
    if min(x.array.ndim for x in operands) < 2:
        q, k, v = (x.array.ndim for x in operands)
        raise RuntimeError(
            "Expected query, key, and value to all be  at least 2 dimensional, but got query.dim: "
            f"{q} key.dim: {k} and value.dim: {v} instead."
        )
    q, k, v = map(c_name, operands)
    if not q == k == v:
        raise RuntimeError(
            f"Expected query, key, and value to have the same dtype, but got query.dtype: {q} key.dtype: {k} and "
            f"value.dtype: {v} instead."
        )
    real("scaled_dot_product_attention")(query.array)
    if mask is not None and mask.array.dtype not in (np.bool_, np.float32, query.array.dtype):
        raise RuntimeError(
            "Expected attn_mask dtype to be bool or float or to match query dtype, but got attn_mask.dtype: "
            f"{c_name(mask)} and  query.dtype: {q} instead."
        )


def is_batch(query: Any, key: Any, value: Any, padding: Any, mask: Any, n_heads: int) -> bool:
    """Of multi-head attention: whether there is a batch of sequences, or one; and PyTorch's errors for other shapes."""
    n = query.ndim
    if n not in (2, 3):
        raise AssertionError(f"query should be unbatched 2D or batched 3D tensor but received {n}-D query tensor")
    what = f"For {'batched' if n == 3 else 'unbatched'} ({n}-D) `query`, expected"
    if key.ndim != n or value.ndim != n:
        raise AssertionError(
            f"{what} `key` and `value` to be {n}-D but found {key.ndim}-D and {value.ndim}-D tensors respectively"
        )
    if padding is not None and padding.ndim != n - 1:
        raise AssertionError(
            f"{what} `key_padding_mask` to be `None` or {n - 1}-D but found {padding.ndim}-D tensor instead"
        )
    if mask is not None and mask.ndim not in (2, 3):
        raise AssertionError(f"{what} `attn_mask` to be `None`, 2-D or 3-D but found {mask.ndim}-D tensor instead")
    if n == 2 and mask is not None and mask.ndim == 3 and mask.shape != (n_heads, query.shape[0], key.shape[0]):
        wanted = (n_heads, query.shape[0], key.shape[0])
        raise AssertionError(f"Expected `attn_mask` shape to be {wanted} but got {mask.shape}")
    return bool(n == 3)


def check_padding(padding: Any, n: int, n_keys: int) -> Any:
    """The padding mask, if there is one row for each sequence."""
    for i, wanted in enumerate((n, n_keys)):
        if padding.shape[i] != wanted:
            raise AssertionError(f"Expected key_padded_mask.shape[{i}] to be {wanted}, but got {padding.shape[i]}")
    return padding


# ---------------------------------------------------------------- heads


def serving(x: Any, n_heads: int) -> Any:
    """(..., heads, S, E) with every head repeated, until there are ``n_heads``."""
    n = x.size(-3)
    if n_heads % n:
        raise RuntimeError(
            f"Number of heads in key and value must divide the number of heads in query, got {n} and {n_heads}"
        )
    *batch, n, length, width = x.shape
    return x.unsqueeze(-3).expand(*batch, n, n_heads // n, length, width).flatten(-4, -3)


def projections(query: Any, key: Any, value: Any, weight: Any, bias: Any) -> Any:
    """The three linear maps, of which the weights are one matrix (3E, E), or three.

    What is the same tensor is multiplied at once.
    """
    if query is key is value and not isinstance(weight, tuple):
        return chunk(linear(query, weight, bias), 3, -1)
    weights = weight if isinstance(weight, tuple) else chunk(weight, 3)
    biases = (None,) * 3 if bias is None else chunk(bias, 3)
    return tuple(map(linear, (query, key, value), weights, biases))


def heads(x: Any, n_heads: int) -> Any:
    """(L, N, E) as (N, heads, L, E / heads): a batch of smaller attentions, side by side."""
    length, n, width = x.shape
    return x.reshape(length, n, n_heads, width // n_heads).permute(1, 2, 0, 3)
