"""Multi-head attention."""

from typing import Any

from microgradx.creation import empty
from microgradx.nn import functional as F
from microgradx.nn import init
from microgradx.nn.linear import Linear
from microgradx.nn.module import Module
from microgradx.nn.parameter import Parameter

__all__ = ["MultiheadAttention"]


class NonDynamicallyQuantizableLinear(Linear):
    """`Linear`, under the name that PyTorch prints for the last layer of its attention."""


class MultiheadAttention(Module):
    """Attention with several heads: each looks for something else, at its own part of the projected features.

    Query, key and value are each mapped linearly, and cut into ``num_heads`` parts. Every head makes
    `microgradx.nn.functional.scaled_dot_product_attention` of its parts; what they find is put side by side again, and
    mapped linearly.

    Args:
        embed_dim: Number of features E, of the query and of the result.
        num_heads: Number of heads; divides E.
        dropout: Probability that an attention weight is dropped in training.
        bias: Whether the linear maps have biases.
        add_bias_kv: Add one learned place to keys and values.
        add_zero_attn: Add a place that is zero to keys and values.
        kdim: Number of features of the key, if it is not E.
        vdim: Number of features of the value, if it is not E.
        batch_first: The batch is the first dimension, not the second.
        device: The CPU, under any of its names.
        dtype: Of the parameters; by default the default dtype.

    Raises: ValueError: a number that is not positive. AssertionError: ``num_heads`` does not divide E.
    Source: ``torch.nn.MultiheadAttention``; Vaswani and others, 2017.

    Example:
        >>> attention = mgx.nn.MultiheadAttention(8, 2, batch_first=True)
        >>> x = mgx.ones(3, 5, 8)  # 3 sequences of 5 places with 8 features
        >>> out, weights = attention(x, x, x)
        >>> out.shape, weights.shape
        (torch.Size([3, 5, 8]), torch.Size([3, 5, 5]))
    """

    def __init__(
        self,
        embed_dim: int,
        num_heads: int,
        dropout: float = 0.0,
        bias: bool = True,
        add_bias_kv: bool = False,
        add_zero_attn: bool = False,
        kdim: int | None = None,
        vdim: int | None = None,
        batch_first: bool = False,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        if embed_dim <= 0 or num_heads <= 0:
            raise ValueError(
                f"embed_dim and num_heads must be greater than 0, got embed_dim={embed_dim} and "
                f"num_heads={num_heads} instead"
            )
        if embed_dim % num_heads:
            raise AssertionError("embed_dim must be divisible by num_heads")
        super().__init__()
        self.embed_dim = embed_dim
        self.kdim = embed_dim if kdim is None else kdim
        self.vdim = embed_dim if vdim is None else vdim
        self.num_heads = num_heads
        self.head_dim = embed_dim // num_heads
        self.dropout = dropout
        self.batch_first = batch_first
        self.add_zero_attn = add_zero_attn
        self._qkv_same_embed_dim = self.kdim == self.vdim == embed_dim

        def parameter(wanted: bool, *shape: int) -> Any:
            return Parameter(empty(*shape, device=device, dtype=dtype)) if wanted else None

        packed, e = self._qkv_same_embed_dim, embed_dim
        self.register_parameter("q_proj_weight", parameter(not packed, e, e))
        self.register_parameter("k_proj_weight", parameter(not packed, e, self.kdim))
        self.register_parameter("v_proj_weight", parameter(not packed, e, self.vdim))
        self.register_parameter("in_proj_weight", parameter(packed, 3 * e, e))
        self.register_parameter("in_proj_bias", parameter(bias, 3 * e))
        self.register_parameter("bias_k", parameter(add_bias_kv, 1, 1, e))
        self.register_parameter("bias_v", parameter(add_bias_kv, 1, 1, e))
        self.out_proj = NonDynamicallyQuantizableLinear(e, e, bias=bias, device=device, dtype=dtype)
        self._reset_parameters()

    def _reset_parameters(self) -> None:
        for weight in (self.in_proj_weight, self.q_proj_weight, self.k_proj_weight, self.v_proj_weight):
            if weight is not None:
                init.xavier_uniform_(weight)
        if self.in_proj_bias is not None:
            init.zeros_(self.in_proj_bias)
            init.zeros_(self.out_proj.bias)
        for place in (self.bias_k, self.bias_v):
            if place is not None:
                init.xavier_normal_(place)

    def forward(
        self,
        query: Any,
        key: Any,
        value: Any,
        key_padding_mask: Any = None,
        need_weights: bool = True,
        attn_mask: Any = None,
        average_attn_weights: bool = True,
        is_causal: bool = False,
    ) -> tuple[Any, Any]:
        """The result of the attention, and its weights.

        Args:
            query: (L, N, E), or (N, L, E) with ``batch_first``, or without a batch (L, E).
            key: The same with S places; has ``kdim`` features.
            value: The same with S places; has ``vdim`` features.
            key_padding_mask: (N, S) or (S): True where a key is to be ignored; or numbers to be added.
            need_weights: Return the weights too, not None.
            attn_mask: (L, S) or (N · num_heads, L, S): True where a query may *not* look; or numbers to be added.
            average_attn_weights: Give the mean of the heads' weights, (N, L, S), not each: (N, num_heads, L, S).
            is_causal: A hint that ``attn_mask``, which is needed still, lets no query look behind its own place.

        Raises: AssertionError, RuntimeError: shapes or dtypes do not fit.
        """
        turn = self.batch_first and query.ndim == 3
        if turn and query is key is value:
            query = key = value = query.transpose(1, 0)
        elif turn:
            query, key, value = (x.transpose(1, 0) for x in (query, key, value))
        out, weights = F.multi_head_attention_forward(
            query,
            key,
            value,
            self.embed_dim,
            self.num_heads,
            self.in_proj_weight,
            self.in_proj_bias,
            self.bias_k,
            self.bias_v,
            self.add_zero_attn,
            self.dropout,
            self.out_proj.weight,
            self.out_proj.bias,
            training=self.training,
            key_padding_mask=key_padding_mask,
            need_weights=need_weights,
            attn_mask=attn_mask,
            use_separate_proj_weight=not self._qkv_same_embed_dim,
            q_proj_weight=self.q_proj_weight,
            k_proj_weight=self.k_proj_weight,
            v_proj_weight=self.v_proj_weight,
            average_attn_weights=average_attn_weights,
            is_causal=is_causal,
        )
        return out.transpose(1, 0) if turn else out, weights
