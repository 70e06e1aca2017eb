"""Attention: means of values, by how well keys fit queries."""

from __future__ import annotations

import math
from typing import Any

from microgradx.nn.functional.dropout import dropout
from microgradx.ops import activation as act
from microgradx.ops import attention
from microgradx.ops.linalg import linear, matmul
from microgradx.ops.pad import pad
from microgradx.ops.shape import cat


def scaled_dot_product_attention(
    query: Any,
    key: Any,
    value: Any,
    attn_mask: Any = None,
    dropout_p: float = 0.0,
    is_causal: bool = False,
    *,
    scale: float | None = None,
    enable_gqa: bool = False,
) -> Any:
    """``softmax(scale · query @ keyᵀ + mask) @ value``: for each query a mean of the values, by how well the keys fit.

    Args:
        query: (..., L, E).
        key: (..., S, E).
        value: (..., S, V).
        attn_mask: (L, S), or what broadcasts to (..., L, S): True where a query may look, or numbers to be added.
        dropout_p: Probability that a weight is dropped. There is no ``training`` here: pass 0 in use.
        is_causal: Let query i look at the places up to i only.
        scale: By default ``1 / √E``.
        enable_gqa: Key and value may have fewer heads (dimension -3) than the query; each serves a group of these.

    Shape:
        (..., L, V)

    Derivative: with the weights W, value gets ``Wᵀ @ g``; the scores get ``W · (d - Σ d · W)`` with d = g @ valueᵀ.
    Raises: RuntimeError: shapes or dtypes do not fit, or there are both ``attn_mask`` and ``is_causal``.
    Source: ``torch.nn.functional.scaled_dot_product_attention``; Vaswani and others, 2017. Dropout draws as there.

    Example:
        >>> q, k, v = mgx.zeros(2, 4), mgx.ones(2, 4), mgx.tensor([[1.0], [3.0]])
        >>> mgx.nn.functional.scaled_dot_product_attention(q, k, v)
        tensor([[2.],
                [2.]])
        >>> mgx.nn.functional.scaled_dot_product_attention(q, k, v, is_causal=True)
        tensor([[1.],
                [2.]])
    """
    attention.check_operands(query, key, value, attn_mask, is_causal)
    dtype = query.array.dtype
    if enable_gqa:
        key, value = attention.serving(key, query.size(-3)), attention.serving(value, query.size(-3))
    if is_causal:
        attn_mask = attention.causal_mask(query.shape[-2], key.shape[-2], dtype)
    elif attn_mask is not None and attn_mask.array.dtype.kind == "b":
        attn_mask = attention.excluding(~attn_mask.array, dtype)
    if scale is None:
        scale = 1 / math.sqrt(query.shape[-1])
    weights = attention.masked_softmax(matmul(query * scale, key.mT), attn_mask)  # (..., L, S)
    return matmul(dropout(weights, dropout_p), value)


def multi_head_attention_forward(
    query: Any,
    key: Any,
    value: Any,
    embed_dim_to_check: int,
    num_heads: int,
    in_proj_weight: Any,
    in_proj_bias: Any,
    bias_k: Any,
    bias_v: Any,
    add_zero_attn: bool,
    dropout_p: float,
    out_proj_weight: Any,
    out_proj_bias: Any,
    training: bool = True,
    key_padding_mask: Any = None,
    need_weights: bool = True,
    attn_mask: Any = None,
    use_separate_proj_weight: bool = False,
    q_proj_weight: Any = None,
    k_proj_weight: Any = None,
    v_proj_weight: Any = None,
    static_k: Any = None,
    static_v: Any = None,
    average_attn_weights: bool = True,
    is_causal: bool = False,
) -> tuple[Any, Any]:
    """What `microgradx.nn.MultiheadAttention` computes, with its parameters as arguments.

    Shape:
        Sequences are (L, N, E), or (L, E): the batch is the second dimension.

    Raises: AssertionError, RuntimeError: shapes do not fit.
    Source: ``torch.nn.functional.multi_head_attention_forward``.
    """
    batched = attention.is_batch(query, key, value, key_padding_mask, attn_mask, num_heads)
    if not batched:
        query, key, value = (x.unsqueeze(1) for x in (query, key, value))
        key_padding_mask = None if key_padding_mask is None else key_padding_mask.unsqueeze(0)
    n_queries, n, width = query.shape
    n_keys, dtype = key.shape[0], query.array.dtype
    padding = attention.canonical(key_padding_mask, "key_padding_mask", dtype, attn_mask)
    if is_causal and attn_mask is None:
        raise RuntimeError(
            "Need attn_mask if specifying the is_causal hint. You may use the Transformer module method "
            "`generate_square_subsequent_mask` to create this mask."
        )
    is_causal = is_causal and padding is None and not need_weights  # else the mask itself is what counts
    mask = None if is_causal else attention.canonical(attn_mask, "attn_mask", dtype)

    if width != embed_dim_to_check:
        raise AssertionError(f"was expecting embedding dimension of {embed_dim_to_check}, but got {width}")
    if width % num_heads:
        raise AssertionError(f"embed_dim {width} not divisible by num_heads {num_heads}")
    if use_separate_proj_weight and key.shape[:2] != value.shape[:2]:
        raise AssertionError(f"key's sequence and batch dims {key.shape[:2]} do not match value's {value.shape[:2]}")
    if not use_separate_proj_weight and key.shape != value.shape:
        raise AssertionError(f"key shape {key.shape} does not match value shape {value.shape}")
    if mask is not None:
        wanted = (n_queries, n_keys) if mask.ndim == 2 else (n * num_heads, n_queries, n_keys)
        if mask.shape != wanted:
            raise RuntimeError(f"The shape of the {mask.ndim}D attn_mask is {mask.shape}, but should be {wanted}.")

    weights: Any = (q_proj_weight, k_proj_weight, v_proj_weight) if use_separate_proj_weight else in_proj_weight
    q, k, v = attention.projections(query, key, value, weights, in_proj_bias)
    if bias_k is not None:
        k, v = cat([k, bias_k.expand(1, n, width)]), cat([v, bias_v.expand(1, n, width)])
    q, k, v = (attention.heads(x, num_heads) for x in (q, k, v))  # (N, heads, L or S, E / heads)
    k = k if static_k is None else static_k.reshape(n, num_heads, *static_k.shape[1:])
    v = v if static_v is None else static_v.reshape(n, num_heads, *static_v.shape[1:])
    if add_zero_attn:
        k, v = pad(k, (0, 0, 0, 1)), pad(v, (0, 0, 0, 1))

    added = (bias_k is not None) + add_zero_attn  # places that no mask takes out
    if mask is not None:
        mask = pad(mask, (0, added))
        mask = mask if mask.ndim == 2 else mask.reshape(n, num_heads, n_queries, -1)
    if padding is not None:
        padding = attention.check_padding(pad(padding, (0, added)), n, k.shape[2]).reshape(n, 1, 1, -1)
        mask = padding if mask is None else mask + padding

    dropout_p = dropout_p if training else 0.0
    if need_weights:
        scores = matmul(q * math.sqrt(num_heads / width), k.mT)
        weights = dropout(act.softmax(scores if mask is None else scores + mask, -1), dropout_p)
        out = matmul(weights, v)
        weights = weights.mean(1) if average_attn_weights else weights
    else:
        weights, out = None, scaled_dot_product_attention(q, k, v, mask, dropout_p, is_causal)
    out = linear(out.permute(2, 0, 1, 3).reshape(n_queries, n, width), out_proj_weight, out_proj_bias)
    if not batched:
        out, weights = out.squeeze(1), None if weights is None else weights.squeeze(0)
    return out, weights
