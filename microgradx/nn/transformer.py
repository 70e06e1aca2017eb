"""The Transformer: an encoder that reads one sequence, and a decoder that looks at it while it writes another."""

import copy
from collections.abc import Callable
from typing import Any

from microgradx.creation import full
from microgradx.nn import functional as F
from microgradx.nn import init
from microgradx.nn.attention import MultiheadAttention
from microgradx.nn.container import ModuleList
from microgradx.nn.dropout import Dropout
from microgradx.nn.linear import Linear
from microgradx.nn.module import Module
from microgradx.nn.normalization import LayerNorm
from microgradx.ops.shape import triu

__all__ = [
    "Transformer",
    "TransformerDecoder",
    "TransformerDecoderLayer",
    "TransformerEncoder",
    "TransformerEncoderLayer",
]

Activation = str | Callable[[Any], Any]


class _Layer(Module):
    """Blocks that each add to their input what they found: one for each attention, then a small network.

    Every block has its norm and its dropout.
    """

    attentions: tuple[str, ...]

    def __init__(
        self,
        d_model: int,
        nhead: int,
        dim_feedforward: int = 2048,
        dropout: float = 0.1,
        activation: Activation = F.relu,
        layer_norm_eps: float = 1e-5,
        batch_first: bool = False,
        norm_first: bool = False,
        bias: bool = True,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        options: dict[str, Any] = {"bias": bias, "device": device, "dtype": dtype}
        for name in self.attentions:
            setattr(self, name, MultiheadAttention(d_model, nhead, dropout, batch_first=batch_first, **options))
        self.linear1 = Linear(d_model, dim_feedforward, **options)
        self.dropout = Dropout(dropout)
        self.linear2 = Linear(dim_feedforward, d_model, **options)
        self.norm_first = norm_first
        blocks = range(1, len(self.attentions) + 2)
        for i in blocks:
            setattr(self, f"norm{i}", LayerNorm(d_model, layer_norm_eps, **options))
        for i in blocks:
            setattr(self, f"dropout{i}", Dropout(dropout))
        if isinstance(activation, str):
            if activation not in ("relu", "gelu"):
                raise RuntimeError(f"activation should be relu/gelu, not {activation}")
            activation = F.relu if activation == "relu" else F.gelu
        self.activation = activation

    def _sa_block(self, x: Any, attn_mask: Any, key_padding_mask: Any, is_causal: bool = False) -> Any:
        """Self-attention: each place looks at all places."""
        found = self.self_attn(x, x, x, key_padding_mask, False, attn_mask, is_causal=is_causal)[0]
        return self.dropout1(found)


class TransformerEncoderLayer(_Layer):
    """A layer of a Transformer's encoder: self-attention, then a network of two linear layers at each place.

    Args:
        d_model: Number of features E.
        nhead: Number of heads of the attention; divides E.
        dim_feedforward: Width of the network.
        dropout: Probability that an element is dropped in training, also of the attention's weights.
        activation: Of the network: ``"relu"``, ``"gelu"``, or a function.
        layer_norm_eps: What keeps the norms' division finite.
        batch_first: The batch is the first dimension, not the second.
        norm_first: Put the norms in front of the attention and the network, not behind.
        bias: Whether linear layers and norms have biases.
        device: The CPU, under any of its names.
        dtype: Of the parameters; by default the default dtype.

    Raises: RuntimeError: ``activation`` is another word.
    Source: ``torch.nn.TransformerEncoderLayer``; Vaswani and others, 2017.

    Example:
        >>> layer = mgx.nn.TransformerEncoderLayer(8, 2, 16, batch_first=True)
        >>> layer(mgx.ones(3, 5, 8)).shape
        torch.Size([3, 5, 8])
    """

    attentions = ("self_attn",)

    def forward(self, src: Any, src_mask: Any = None, src_key_padding_mask: Any = None, is_causal: bool = False) -> Any:
        """The sequence after this layer; masks as in `MultiheadAttention`."""
        x = src
        if self.norm_first:
            x = x + self._sa_block(self.norm1(x), src_mask, src_key_padding_mask, is_causal)
            return x + self._ff_block(self.norm2(x))
        x = self.norm1(x + self._sa_block(x, src_mask, src_key_padding_mask, is_causal))
        return self.norm2(x + self._ff_block(x))

    def _ff_block(self, x: Any) -> Any:
        """The network, at each place by itself."""
        return self.dropout2(self.linear2(self.dropout(self.activation(self.linear1(x)))))


class TransformerDecoderLayer(_Layer):
    """A layer of a Transformer's decoder: self-attention, attention to the encoder's result, and a network.

    The arguments are those of `TransformerEncoderLayer`.

    Source: ``torch.nn.TransformerDecoderLayer``; Vaswani and others, 2017.

    Example:
        >>> layer = mgx.nn.TransformerDecoderLayer(8, 2, 16, batch_first=True)
        >>> layer(mgx.ones(3, 4, 8), memory=mgx.ones(3, 5, 8)).shape
        torch.Size([3, 4, 8])
    """

    attentions = ("self_attn", "multihead_attn")

    def forward(
        self,
        tgt: Any,
        memory: Any,
        tgt_mask: Any = None,
        memory_mask: Any = None,
        tgt_key_padding_mask: Any = None,
        memory_key_padding_mask: Any = None,
        tgt_is_causal: bool = False,
        memory_is_causal: bool = False,
    ) -> Any:
        """The sequence after this layer; ``memory`` is what it looks at, masks as in `MultiheadAttention`."""
        itself = tgt_mask, tgt_key_padding_mask, tgt_is_causal
        other = memory, memory_mask, memory_key_padding_mask, memory_is_causal
        x = tgt
        if self.norm_first:
            x = x + self._sa_block(self.norm1(x), *itself)
            x = x + self._mha_block(self.norm2(x), *other)
            return x + self._ff_block(self.norm3(x))
        x = self.norm1(x + self._sa_block(x, *itself))
        x = self.norm2(x + self._mha_block(x, *other))
        return self.norm3(x + self._ff_block(x))

    def _mha_block(self, x: Any, mem: Any, attn_mask: Any, key_padding_mask: Any, is_causal: bool = False) -> Any:
        """Attention to ``mem``: each place looks at all places of the other sequence."""
        found = self.multihead_attn(x, mem, mem, key_padding_mask, False, attn_mask, is_causal=is_causal)[0]
        return self.dropout2(found)

    def _ff_block(self, x: Any) -> Any:
        """The network, at each place by itself."""
        return self.dropout3(self.linear2(self.dropout(self.activation(self.linear1(x)))))


class _Stack(Module):
    """Copies of a layer, one behind the other, and perhaps a norm."""

    def __init__(self, layer: Module, num_layers: int, norm: Module | None) -> None:
        super().__init__()
        self.layers = ModuleList([copy.deepcopy(layer) for _ in range(num_layers)])
        self.num_layers = num_layers
        self.norm = norm

    def _through(self, x: Any, *others: Any, **masks: Any) -> Any:
        for layer in self.layers:
            x = layer(x, *others, **masks)
        return x if self.norm is None else self.norm(x)


class TransformerEncoder(_Stack):
    """Encoder layers one behind the other.

    Args:
        encoder_layer: A layer, of which copies are made; they begin with equal parameters.
        num_layers: Number of copies.
        norm: A layer behind the last one, or None.
        enable_nested_tensor: No effect: it chooses a faster way of PyTorch's.
        mask_check: No effect either.

    Source: ``torch.nn.TransformerEncoder``, but for the padded places, whose results mean nothing: in use and without
        gradients PyTorch may set these to 0.

    Example:
        >>> layer = mgx.nn.TransformerEncoderLayer(8, 2, 16, batch_first=True)
        >>> mgx.nn.TransformerEncoder(layer, num_layers=3)(mgx.ones(3, 5, 8)).shape
        torch.Size([3, 5, 8])
    """

    def __init__(
        self,
        encoder_layer: Module,
        num_layers: int,
        norm: Module | None = None,
        enable_nested_tensor: bool = True,
        mask_check: bool = True,
    ) -> None:
        super().__init__(encoder_layer, num_layers, norm)
        self.enable_nested_tensor = enable_nested_tensor
        self.mask_check = mask_check

    def forward(
        self, src: Any, mask: Any = None, src_key_padding_mask: Any = None, is_causal: bool | None = None
    ) -> Any:
        """The sequence after all layers; masks as in `MultiheadAttention`."""
        return self._through(src, src_mask=mask, src_key_padding_mask=src_key_padding_mask, is_causal=bool(is_causal))


class TransformerDecoder(_Stack):
    """Decoder layers one behind the other; all look at the same result of an encoder.

    Args:
        decoder_layer: A layer, of which copies are made; they begin with equal parameters.
        num_layers: Number of copies.
        norm: A layer behind the last one, or None.

    Source: ``torch.nn.TransformerDecoder``.

    Example:
        >>> layer = mgx.nn.TransformerDecoderLayer(8, 2, 16, batch_first=True)
        >>> mgx.nn.TransformerDecoder(layer, num_layers=3)(mgx.ones(3, 4, 8), mgx.ones(3, 5, 8)).shape
        torch.Size([3, 4, 8])
    """

    def __init__(self, decoder_layer: Module, num_layers: int, norm: Module | None = None) -> None:
        super().__init__(decoder_layer, num_layers, norm)

    def forward(
        self,
        tgt: Any,
        memory: Any,
        tgt_mask: Any = None,
        memory_mask: Any = None,
        tgt_key_padding_mask: Any = None,
        memory_key_padding_mask: Any = None,
        tgt_is_causal: bool | None = None,
        memory_is_causal: bool = False,
    ) -> Any:
        """The sequence after all layers; masks as in `MultiheadAttention`."""
        return self._through(
            tgt,
            memory,
            tgt_mask=tgt_mask,
            memory_mask=memory_mask,
            tgt_key_padding_mask=tgt_key_padding_mask,
            memory_key_padding_mask=memory_key_padding_mask,
            tgt_is_causal=bool(tgt_is_causal),
            memory_is_causal=memory_is_causal,
        )


class Transformer(Module):
    """Encoder and decoder, as in "Attention is all you need".

    Args:
        d_model: Number of features E.
        nhead: Number of heads of each attention; divides E.
        num_encoder_layers: Number of encoder layers.
        num_decoder_layers: Number of decoder layers.
        dim_feedforward: Width of the layers' networks.
        dropout: Probability that an element is dropped in training.
        activation: Of the networks: ``"relu"``, ``"gelu"``, or a function.
        custom_encoder: A module that takes the encoder's place.
        custom_decoder: A module that takes the decoder's place.
        layer_norm_eps: What keeps the norms' division finite.
        batch_first: The batch is the first dimension, not the second.
        norm_first: Put the norms in front of attentions and networks, not behind.
        bias: Whether linear layers and norms have biases.
        device: The CPU, under any of its names.
        dtype: Of the parameters; by default the default dtype.

    Source: ``torch.nn.Transformer``; Vaswani and others, 2017. There are no embeddings, no positions and no last
        layer: it maps features to features.

    Example:
        >>> model = mgx.nn.Transformer(8, 2, 1, 1, 16, batch_first=True)
        >>> source, target = mgx.ones(3, 5, 8), mgx.ones(3, 4, 8)
        >>> model(source, target, tgt_mask=model.generate_square_subsequent_mask(4)).shape
        torch.Size([3, 4, 8])
    """

    def __init__(
        self,
        d_model: int = 512,
        nhead: int = 8,
        num_encoder_layers: int = 6,
        num_decoder_layers: int = 6,
        dim_feedforward: int = 2048,
        dropout: float = 0.1,
        activation: Activation = F.relu,
        custom_encoder: Any = None,
        custom_decoder: Any = None,
        layer_norm_eps: float = 1e-5,
        batch_first: bool = False,
        norm_first: bool = False,
        bias: bool = True,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        layer = (d_model, nhead, dim_feedforward, dropout, activation, layer_norm_eps, batch_first, norm_first)
        options: dict[str, Any] = {"bias": bias, "device": device, "dtype": dtype}
        if custom_encoder is None:
            first = TransformerEncoderLayer(*layer, **options)
            norm = LayerNorm(d_model, layer_norm_eps, **options)
            custom_encoder = TransformerEncoder(first, num_encoder_layers, norm)
        if custom_decoder is None:
            second = TransformerDecoderLayer(*layer, **options)
            norm = LayerNorm(d_model, layer_norm_eps, **options)
            custom_decoder = TransformerDecoder(second, num_decoder_layers, norm)
        self.encoder = custom_encoder
        self.decoder = custom_decoder
        self._reset_parameters()
        self.d_model = d_model
        self.nhead = nhead
        self.batch_first = batch_first

    def _reset_parameters(self) -> None:
        for p in self.parameters():
            if p.ndim > 1:
                init.xavier_uniform_(p)

    def forward(
        self,
        src: Any,
        tgt: Any,
        src_mask: Any = None,
        tgt_mask: Any = None,
        memory_mask: Any = None,
        src_key_padding_mask: Any = None,
        tgt_key_padding_mask: Any = None,
        memory_key_padding_mask: Any = None,
        src_is_causal: bool | None = None,
        tgt_is_causal: bool | None = None,
        memory_is_causal: bool = False,
    ) -> Any:
        """What the decoder makes of ``tgt`` when it looks at what the encoder made of ``src``.

        Masks are those of `MultiheadAttention`: of ``src`` by itself, of ``tgt`` by itself, and of what ``tgt``
        sees of the encoder's result.

        Raises: RuntimeError: the numbers of sequences differ, or a number of features is not ``d_model``.
        """
        batch = 0 if self.batch_first else 1
        if src.ndim == 3 and src.shape[batch] != tgt.shape[batch]:
            raise RuntimeError("the batch number of src and tgt must be equal")
        if src.shape[-1] != self.d_model or tgt.shape[-1] != self.d_model:
            raise RuntimeError("the feature number of src and tgt must be equal to d_model")
        memory = self.encoder(src, mask=src_mask, src_key_padding_mask=src_key_padding_mask, is_causal=src_is_causal)
        return self.decoder(
            tgt,
            memory,
            tgt_mask=tgt_mask,
            memory_mask=memory_mask,
            tgt_key_padding_mask=tgt_key_padding_mask,
            memory_key_padding_mask=memory_key_padding_mask,
            tgt_is_causal=tgt_is_causal,
            memory_is_causal=memory_is_causal,
        )

    @staticmethod
    def generate_square_subsequent_mask(sz: int, device: Any = None, dtype: Any = None) -> Any:
        """The mask, (sz, sz), that lets each place see those up to itself: 0 there, minus infinity elsewhere.

        Example:
            >>> mgx.nn.Transformer.generate_square_subsequent_mask(3)
            tensor([[0., -inf, -inf],
                    [0., 0., -inf],
                    [0., 0., 0.]])
        """
        return triu(full((sz, sz), float("-inf"), dtype=dtype, device=device), 1)
