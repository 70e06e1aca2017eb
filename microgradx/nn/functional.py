"""Layers as functions: ``torch.nn.functional``, usually imported as ``F``.

What an operation computes, and its derivative, is in `microgradx.ops`; here are PyTorch's arguments,
checks and error texts.
"""

from __future__ import annotations

import math
import warnings
from typing import Any

import numpy as np

from microgradx.dtypes import finfo, result_type
from microgradx.engine import cast
from microgradx.graph import Array, wrap
from microgradx.memory import mark_written
from microgradx.ops import activation as act
from microgradx.ops import attention, loss, norm
from microgradx.ops.conv import conv1d, conv2d, conv3d, conv_transpose1d, conv_transpose2d, conv_transpose3d
from microgradx.ops.decompose import vector_norm
from microgradx.ops.elementwise import clamp, keep, minimum, multiply, sigmoid, tanh
from microgradx.ops.embedding import by_frequency, check_indices, take_rows
from microgradx.ops.face import check_tensor
from microgradx.ops.fold import fold, unfold
from microgradx.ops.linalg import linear, matmul
from microgradx.ops.pad import pad
from microgradx.ops.pool import (
    adaptive_avg_pool1d,
    adaptive_avg_pool2d,
    adaptive_avg_pool3d,
    adaptive_max_pool1d,
    adaptive_max_pool2d,
    adaptive_max_pool3d,
    avg_pool1d,
    avg_pool2d,
    avg_pool3d,
    max_pool1d,
    max_pool2d,
    max_pool3d,
)  # fmt: skip
from microgradx.ops.resize import interpolate, pixel_shuffle, pixel_unshuffle
from microgradx.ops.shape import broadcast_tensors, cat, chunk
from microgradx.random import bernoulli_
from microgradx.views import legacy_name, write

__all__ = [
    "adaptive_avg_pool1d", "adaptive_avg_pool2d", "adaptive_avg_pool3d", "adaptive_max_pool1d", "adaptive_max_pool2d",
    "adaptive_max_pool3d", "avg_pool1d", "avg_pool2d", "avg_pool3d", "batch_norm", "binary_cross_entropy",
    "binary_cross_entropy_with_logits", "celu", "conv1d", "conv2d", "conv3d", "conv_transpose1d", "conv_transpose2d",
    "conv_transpose3d", "cosine_embedding_loss", "cosine_similarity", "cross_entropy", "dropout", "dropout1d",
    "dropout2d", "dropout3d", "elu", "embedding", "fold", "gelu", "glu", "group_norm", "hardshrink", "hardsigmoid",
    "hardswish", "hardtanh", "huber_loss", "instance_norm", "interpolate", "kl_div", "l1_loss", "layer_norm",
    "leaky_relu", "linear", "log_softmax", "logsigmoid", "margin_ranking_loss", "max_pool1d", "max_pool2d",
    "max_pool3d", "mish", "mse_loss", "multi_head_attention_forward", "nll_loss", "normalize", "one_hot", "pad",
    "pairwise_distance", "pixel_shuffle", "pixel_unshuffle", "prelu", "relu", "relu6", "rms_norm",
    "scaled_dot_product_attention", "selu", "sigmoid", "silu", "smooth_l1_loss", "softmax", "softmin", "softplus",
    "softshrink", "softsign", "tanh", "tanhshrink", "threshold", "triplet_margin_loss", "unfold",
]  # fmt: skip


# ---------------------------------------------------------------- activations


def activate(operation: Any, name: str, inplace: bool, input: Any, *options: Any) -> Any:
    """The result of an operation, or the input with the result written into it."""
    out = operation(check_tensor(name, input), *options)
    return write(input, out, name + "_") if inplace else out


def relu(input: Any, inplace: bool = False) -> Any:
    """``max(0, x)``.

    Derivative: ``g`` where x > 0, else 0.
    Source: ``torch.nn.functional.relu``.

    Example:
        >>> mgx.nn.functional.relu(mgx.tensor([-1.0, 2.0]))
        tensor([0., 2.])
    """
    return activate(act.relu, "relu", inplace, input)


def leaky_relu(input: Any, negative_slope: float = 0.01, inplace: bool = False) -> Any:
    """``x`` where it is positive, ``negative_slope · x`` elsewhere.

    Derivative: ``g``, or ``negative_slope · g``.
    Source: ``torch.nn.functional.leaky_relu``.

    Example:
        >>> mgx.nn.functional.leaky_relu(mgx.tensor([-1.0, 2.0]), 0.5)
        tensor([-0.5000,  2.0000])
    """
    return activate(act.leaky_relu, "leaky_relu", inplace, input, negative_slope)


def prelu(input: Any, weight: Any) -> Any:
    """`leaky_relu` with a learned slope, or one for each channel (dimension 1 of the input).

    Raises: RuntimeError: neither one slope nor one for each channel.
    Source: ``torch.nn.functional.prelu``.

    Example:
        >>> mgx.nn.functional.prelu(mgx.tensor([-1.0, 2.0]), mgx.tensor(0.1))
        tensor([-0.1000,  2.0000])
    """
    shape, n = check_tensor("prelu", input).array.shape, check_tensor("prelu", weight, "weight", 2).array.size
    channels = shape[1] if len(shape) > 1 else 1
    if n not in (1, channels) or weight.array.ndim > 1:
        raise RuntimeError(
            "Mismatch of parameter numbers and input channel size. "
            f"Found parameter numbers = {n} and channel size = {channels}."
        )
    return act.prelu(input, np.reshape(weight, (n, *(1,) * (len(shape) - 2)) if n > 1 else ()))


def elu(input: Any, alpha: float = 1.0, inplace: bool = False) -> Any:
    """``x`` where it is positive, ``alpha · (exp(x) - 1)`` elsewhere.

    Derivative: ``g``, or ``g · alpha · exp(x)``.
    Source: ``torch.nn.functional.elu``.
    """
    return activate(act.elu, "elu", inplace, input, alpha, 1.0, 1.0)


def celu(input: Any, alpha: float = 1.0, inplace: bool = False) -> Any:
    """``x`` where it is positive, ``alpha · (exp(x / alpha) - 1)`` elsewhere: no kink, whatever alpha."""
    if alpha == 0:
        raise RuntimeError("ZeroDivisionError: alpha cannot be 0 for CELU")
    return activate(act.elu, "celu", inplace, input, alpha, 1.0, 1 / alpha)


def selu(input: Any, inplace: bool = False) -> Any:
    """`elu` scaled so that layers keep mean 0 and variance 1 (Klambauer and others, 2017)."""
    return activate(act.elu, "selu", inplace, input, 1.6732632423543772, 1.0507009873554805, 1.0)


def gelu(input: Any, approximate: str = "none") -> Any:
    """``x · Φ(x)``, Φ being the distribution function of the standard normal.

    Args:
        input: A float tensor.
        approximate: ``"tanh"`` for ``x/2 · (1 + tanh(√(2/π) · (x + 0.044715 x³)))``, as in GPT-2.

    Derivative: ``g · (Φ(x) + x · φ(x))``, φ being the density.
    Raises: RuntimeError: another ``approximate``.
    Source: ``torch.nn.functional.gelu``.

    Example:
        >>> mgx.nn.functional.gelu(mgx.tensor([-1.0, 0.0, 1.0]))
        tensor([-0.1587,  0.0000,  0.8413])
    """
    if approximate not in ("none", "tanh"):
        raise RuntimeError(f"approximate argument must be either none or tanh. Got {approximate!r}.")
    x = check_tensor("gelu", input)
    return act.gelu(x)[0] if approximate == "none" else act.gelu_tanh(x)


def silu(input: Any, inplace: bool = False) -> Any:
    """``x · sigmoid(x)``, also called swish.

    Derivative: ``g · s · (1 + x · (1 - s))`` with s = sigmoid(x).
    Source: ``torch.nn.functional.silu``.
    """
    return activate(act.silu, "silu", inplace, input)


def mish(input: Any, inplace: bool = False) -> Any:
    """``x · tanh(softplus(x))``."""
    return activate(act.mish, "mish", inplace, input)


def softplus(input: Any, beta: float = 1, threshold: float = 20) -> Any:
    """``log(1 + exp(beta · x)) / beta``: a smooth relu; where ``beta · x > threshold``, x itself.

    Derivative: ``g · sigmoid(beta · x)``.
    Source: ``torch.nn.functional.softplus``.

    Example:
        >>> mgx.nn.functional.softplus(mgx.tensor([0.0, 30.0]))
        tensor([ 0.6931, 30.0000])
    """
    return act.softplus(check_tensor("softplus", input), beta, threshold)


def logsigmoid(input: Any) -> Any:
    """``log(sigmoid(x))``, also where sigmoid itself would be 0. Derivative: ``g · sigmoid(-x)``."""
    return act.logsigmoid(check_tensor("logsigmoid", input))


def hardtanh(input: Any, min_val: float = -1.0, max_val: float = 1.0, inplace: bool = False) -> Any:
    """``x`` limited to [min_val, max_val].

    Derivative: ``g`` between the limits, 0 at them and outside.
    Raises: ValueError: ``min_val`` is above ``max_val``.
    Source: ``torch.nn.functional.hardtanh``.
    """
    if min_val > max_val:
        raise ValueError("min_val cannot be greater than max_val")
    return activate(act.hardtanh, "hardtanh", inplace, input, min_val, max_val)


def relu6(input: Any, inplace: bool = False) -> Any:
    """``min(max(0, x), 6)``."""
    return activate(act.hardtanh, "relu6", inplace, input, 0, 6)


def hardsigmoid(input: Any, inplace: bool = False) -> Any:
    """``x / 6 + 1/2`` limited to [0, 1]."""
    return activate(act.hardsigmoid, "hardsigmoid", inplace, input)


def hardswish(input: Any, inplace: bool = False) -> Any:
    """``x · hardsigmoid(x)``."""
    return activate(act.hardswish, "hardswish", inplace, input)


def hardshrink(input: Any, lambd: float = 0.5) -> Any:
    """``x`` where it is farther from 0 than ``lambd``, else 0."""
    return keep(check_tensor("hardshrink", input), ~(np.absolute(input.array) <= lambd))  # a nan stays


def softshrink(input: Any, lambd: float = 0.5) -> Any:
    """``x`` moved towards 0 by ``lambd``, and 0 where it is nearer to 0 than that.

    Raises: RuntimeError: ``lambd`` is negative.
    Source: ``torch.nn.functional.softshrink``.
    """
    if lambd < 0:
        raise RuntimeError(f"softshrink: expected lambda to be at least 0, but found {lambd:g}")
    return act.softshrink(check_tensor("softshrink", input), lambd)


def threshold(input: Any, threshold: float, value: float, inplace: bool = False) -> Any:
    """``x`` where it is above ``threshold``, else ``value``."""
    return activate(act.threshold, "threshold", inplace, input, threshold, value)


def tanhshrink(input: Any) -> Any:
    """``x - tanh(x)``."""
    return input - tanh(input)


def softsign(input: Any) -> Any:
    """``x / (1 + |x|)``."""
    return input / (1 + abs(input))


def glu(input: Any, dim: int = -1) -> Any:
    """``a · sigmoid(b)``, a and b being the two halves of the input along ``dim``.

    Shape:
        (..., 2 n, ...) -> (..., n, ...)

    Raises: RuntimeError: the dimension is odd, or there is none.
    Source: ``torch.nn.functional.glu``.
    """
    shape = check_tensor("glu", input).array.shape
    if not shape:
        raise RuntimeError("glu does not support scalars because halving size must be even")
    if shape[dim] % 2:
        raise RuntimeError(f"Halving dimension must be even, but dimension {dim % len(shape)} is size {shape[dim]}")
    a, b = chunk(input, 2, dim)
    return a * sigmoid(b)


def legacy_dim(name: str, dim: int | None, ndim: int, stacklevel: int) -> int:
    """What softmax does when no dimension is named, which PyTorch warns of."""
    if dim is not None:
        return dim
    warnings.warn(
        f"Implicit dimension choice for {name} has been deprecated. Change the call to include dim=X as an argument.",
        stacklevel=stacklevel,
    )
    return 0 if ndim in (0, 1, 3) else 1


def softmax(input: Any, dim: int | None = None, _stacklevel: int = 3, dtype: Any = None) -> Any:
    """``exp(x) / Σ exp(x)`` along ``dim``; as `microgradx.softmax`.

    Example:
        >>> mgx.nn.functional.softmax(mgx.tensor([1.0, 2.0, 3.0]), dim=0)
        tensor([0.0900, 0.2447, 0.6652])
    """
    return act.softmax(input, legacy_dim("softmax", dim, input.ndim, _stacklevel), dtype)


def log_softmax(input: Any, dim: int | None = None, _stacklevel: int = 3, dtype: Any = None) -> Any:
    """``log(softmax(x))`` along ``dim``; as `microgradx.log_softmax`."""
    return act.log_softmax(input, legacy_dim("log_softmax", dim, input.ndim, _stacklevel), dtype)


def softmin(input: Any, dim: int | None = None, _stacklevel: int = 3, dtype: Any = None) -> Any:
    """``softmax(-x)`` along ``dim``."""
    return act.softmax(-input, legacy_dim("softmin", dim, input.ndim, _stacklevel), dtype)


# ---------------------------------------------------------------- dropout


def drop(name: str, input: Any, shape: tuple[int, ...], p: float, training: bool, inplace: bool) -> Any:
    """The input times a mask, drawn in ``shape``, of zeros and of ``1 / (1 - p)``."""
    if p < 0 or p > 1:
        raise ValueError(f"dropout probability has to be between 0 and 1, but got {p}")
    x = check_tensor(name, input).array
    if not training or p == 0 or x.size == 0:
        return input
    if x.dtype.kind != "f":
        raise RuntimeError(
            f"result type Float can't be cast to the desired output type {legacy_name(x.dtype.name)}; "
            "convert the input with .float()"
        )
    # Like x, so that the random numbers come in the order of the memory.
    mask = np.empty_like(x) if shape == x.shape else np.empty(shape, x.dtype)
    mask[...] = 0 if p == 1 else bernoulli_(wrap(mask), 1 - p).array / (1 - p)
    out = multiply(input, mask)
    return write(input, out, name + "_") if inplace else out


def dropout(input: Any, p: float = 0.5, training: bool = True, inplace: bool = False) -> Any:
    """Each element becomes 0 with probability ``p``; the others are divided by ``1 - p``, so that the mean stays.

    Args:
        input: A float tensor.
        p: Probability that an element is dropped.
        training: False returns the input as it is.
        inplace: Write the result into the input.

    Derivative: ``g`` times the same mask.
    Raises: ValueError: ``p`` is not from 0 to 1. RuntimeError: the input is not floating-point.
    Source: ``torch.nn.functional.dropout``; the mask is `Tensor.bernoulli_`'s.

    Example:
        >>> _ = mgx.manual_seed(0)
        >>> mgx.nn.functional.dropout(mgx.ones(6))
        tensor([0., 0., 2., 0., 0., 0.])
    """
    return drop("dropout", input, input.array.shape, p, training, inplace)


def drop_channels(name: str, input: Any, d: int, p: float, training: bool, inplace: bool) -> Any:
    """Dropout of whole channels: one number is drawn for the d dimensions of a channel."""
    shape = check_tensor(name, input).array.shape
    if len(shape) not in (d + 1, d + 2):
        raise RuntimeError(
            f"{name}: Expected {d + 1}D or {d + 2}D input, but received a {len(shape)}D input; use dropout"
        )
    return drop(name, input, (*shape[:-d], *(1,) * d), p, training, inplace)


def dropout1d(input: Any, p: float = 0.5, training: bool = True, inplace: bool = False) -> Any:
    """`dropout` of whole channels: (N, C, L) or (C, L)."""
    return drop_channels("dropout1d", input, 1, p, training, inplace)


def dropout2d(input: Any, p: float = 0.5, training: bool = True, inplace: bool = False) -> Any:
    """`dropout` of whole channels: (N, C, H, W); an input of three dimensions is (N, C, L), as in PyTorch."""
    if input.ndim == 3:
        warnings.warn(
            "dropout2d: Received a 3D input to dropout2d and assuming that channel-wise 1D dropout behavior is "
            "desired - input is interpreted as shape (N, C, L), where C is the channel dim.",
            stacklevel=2,
        )
        return drop_channels("dropout2d", input, 1, p, training, inplace)
    return drop_channels("dropout2d", input, 2, p, training, inplace)


def dropout3d(input: Any, p: float = 0.5, training: bool = True, inplace: bool = False) -> Any:
    """`dropout` of whole channels: (N, C, D, H, W) or (C, D, H, W)."""
    return drop_channels("dropout3d", input, 3, p, training, inplace)


# ---------------------------------------------------------------- tables


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


# ---------------------------------------------------------------- normalisation


def normalize(input: Any, p: float = 2.0, dim: Any = 1, eps: float = 1e-12) -> Any:
    """``x / max(‖x‖, eps)`` along ``dim``: vectors of length 1, by the norm p.

    Source: ``torch.nn.functional.normalize``.

    Example:
        >>> mgx.nn.functional.normalize(mgx.tensor([[3.0, 4.0]]))
        tensor([[0.6000, 0.8000]])
    """
    return input / clamp(vector_norm(input, p, dim, keepdim=True), min=eps)


def trailing(name: str, input: Any, normalized_shape: Any, *parameters: Any) -> tuple[int, ...]:
    """The axes that ``normalized_shape`` means: the last ones."""
    wanted = (normalized_shape,) if isinstance(normalized_shape, int) else tuple(normalized_shape)
    shape = check_tensor(name, input).array.shape
    if not wanted or shape[-len(wanted) :] != wanted:
        raise RuntimeError(
            f"Given normalized_shape={list(wanted)}, expected input with shape [*, {', '.join(map(str, wanted))}], "
            f"but got input of size{list(shape)}"
        )
    for which, value in zip(("weight", "bias"), parameters):
        if value is not None and value.array.shape != wanted:
            raise RuntimeError(
                f"Expected {which} to be of same shape as normalized_shape, but got {which} of shape "
                f"{list(value.array.shape)} and normalized_shape = {list(wanted)}"
            )
    return tuple(range(len(shape) - len(wanted), len(shape)))


def layer_norm(input: Any, normalized_shape: Any, weight: Any = None, bias: Any = None, eps: float = 1e-5) -> Any:
    """``weight · (x - mean) / sqrt(var + eps) + bias``, mean and variance being those of each sample.

    Args:
        input: A float tensor.
        normalized_shape: The sizes of the last dimensions, over which each sample is normalized.
        weight: Factors of this shape, or None.
        bias: Summands of this shape, or None.
        eps: Keeps the division finite.

    Derivative: with z the normalized input and h = g · weight, input gets
        ``(h - mean(h) - z · mean(h · z)) / sqrt(var + eps)``, weight ``Σ g · z``, bias ``Σ g``.
    Raises: RuntimeError: shapes do not fit.
    Source: ``torch.nn.functional.layer_norm``.

    Example:
        >>> mgx.nn.functional.layer_norm(mgx.tensor([[1.0, 3.0], [5.0, 5.0]]), (2,))
        tensor([[-1.0000,  1.0000],
                [ 0.0000,  0.0000]])
    """
    axis = trailing("layer_norm", input, normalized_shape, weight, bias)
    act.real("LayerNormKernelImpl")(input.array)
    return norm.layer_norm(input, weight, bias, axis, eps)[0]


def rms_norm(input: Any, normalized_shape: Any, weight: Any = None, eps: float | None = None) -> Any:
    """``weight · x / sqrt(mean(x²) + eps)``: `layer_norm` that does not move the mean.

    Args:
        input: A float tensor.
        normalized_shape: The sizes of the last dimensions, over which the mean is taken.
        weight: Factors of this shape, or None.
        eps: Keeps the division finite; None for the dtype's own.

    Source: ``torch.nn.functional.rms_norm``.
    """
    axis = trailing("rms_norm", input, normalized_shape, weight)
    eps = finfo(input.dtype).eps if eps is None else eps
    out = input * ((input * input).mean(axis, keepdim=True) + eps).rsqrt()
    return out if weight is None else out * weight


def per_channel(value: Any, ndim: int) -> Any:
    """(C) as (C, 1, ...), which is broadcast along the dimensions behind the channels."""
    return value if value is None or ndim == 2 else np.reshape(value, (-1, *(1,) * (ndim - 2)))


def batch_norm(
    input: Any,
    running_mean: Any,
    running_var: Any,
    weight: Any = None,
    bias: Any = None,
    training: bool = False,
    momentum: float = 0.1,
    eps: float = 1e-5,
) -> Any:
    """``weight · (x - mean) / sqrt(var + eps) + bias``, mean and variance being those of each channel.

    Args:
        input: A float tensor, with the channels in dimension 1.
        running_mean: (C): used when not training, moved towards the batch's mean, in place, when training.
        running_var: (C): likewise; it holds the unbiased variance.
        weight: Factors (C), or None.
        bias: Summands (C), or None.
        training: Whether to normalize by the batch's own mean and variance.
        momentum: How far the running values move.
        eps: Keeps the division finite.

    Shape: (N, C) or (N, C, ...), which is kept.
    Raises: ValueError: one value per channel has no variance. RuntimeError: sizes do not fit, or running
        values are missing when not training.
    Source: ``torch.nn.functional.batch_norm``.

    Example:
        >>> x = mgx.tensor([[1.0, 10.0], [3.0, 30.0]])
        >>> mgx.nn.functional.batch_norm(x, None, None, training=True)
        tensor([[-1.0000, -1.0000],
                [ 1.0000,  1.0000]])
    """
    shape = check_tensor("batch_norm", input).array.shape
    act.real("batch_norm")(input.array)
    if not input.array.size:
        return input.clone()  # no values, no statistics
    if len(shape) < 2:
        raise RuntimeError(f"batch_norm: expected input (N, C) or (N, C, ...), got shape {list(shape)}")
    if not training and (running_mean is None or running_var is None):
        missing = "running_mean" if running_mean is None else "running_var"
        raise RuntimeError(f"{missing} must be defined in evaluation mode")
    named = (("running_mean", running_mean), ("running_var", running_var), ("weight", weight), ("bias", bias))
    for name, value in named:
        norm.check_size(name, value, shape[1])
    weight, bias = per_channel(weight, len(shape)), per_channel(bias, len(shape))
    if not training:
        mean, var = (per_channel(r.array, len(shape)) for r in (running_mean, running_var))
        out = (input - mean) * (1 / np.sqrt(var + eps))
        out = out if weight is None else out * weight
        return out if bias is None else out + bias
    n = math.prod(shape) // max(shape[1], 1)
    if n == 1:
        raise ValueError(f"Expected more than 1 value per channel when training, got input size {input.shape}")
    out, mean, var = norm.batch_norm(input, weight, bias, (0, *range(2, len(shape))), eps)
    move(running_mean, mean.array, momentum)
    move(running_var, var.array * (n / max(n - 1, 1)), momentum)
    return out


def move(running: Any, new: Array, momentum: float) -> None:
    """Move a running value towards a new one, in place."""
    if running is not None:
        running.array *= 1 - momentum
        running.array += momentum * new.reshape(-1)
        mark_written(running.array)


def group_norm(input: Any, num_groups: int, weight: Any = None, bias: Any = None, eps: float = 1e-5) -> Any:
    """Normalization of each sample over groups of neighbouring channels; then a factor and a summand per channel.

    Raises: RuntimeError: the channels cannot be divided into so many groups.
    Source: ``torch.nn.functional.group_norm``.
    """
    shape = check_tensor("group_norm", input).array.shape
    if len(shape) < 2 or shape[1] % num_groups:
        raise RuntimeError(
            "Expected number of channels in input to be divisible by num_groups, but got input of shape "
            f"{list(shape)} and num_groups={num_groups}"
        )
    for name, value in (("weight", weight), ("bias", bias)):
        norm.check_size(name, value, shape[1])
    groups = np.reshape(input, (shape[0], num_groups, math.prod(shape[1:]) // num_groups))
    out = np.reshape(norm.layer_norm(groups, None, None, (2,), eps)[0], shape)
    out = out if weight is None else out * per_channel(weight, len(shape))
    return out if bias is None else out + per_channel(bias, len(shape))


def instance_norm(
    input: Any,
    running_mean: Any = None,
    running_var: Any = None,
    weight: Any = None,
    bias: Any = None,
    use_input_stats: bool = True,
    momentum: float = 0.1,
    eps: float = 1e-5,
) -> Any:
    """`batch_norm` of each sample by itself: every channel of every sample gets mean 0 and variance 1.

    Args:
        input: A float tensor (N, C, ...).
        running_mean: (C), or None; moved towards the mean of the samples' means, in place.
        running_var: (C), or None; likewise.
        weight: Factors (C), or None.
        bias: Summands (C), or None.
        use_input_stats: Whether to normalize by the samples' own mean and variance, and not by the running ones.
        momentum: How far the running values move.
        eps: Keeps the division finite.

    Shape: (N, C, ...), which is kept.
    Raises: ValueError: one value has no variance. RuntimeError: sizes do not fit.
    Source: ``torch.nn.functional.instance_norm``.

    Example:
        >>> mgx.nn.functional.instance_norm(mgx.tensor([[[1.0, 3.0], [10.0, 30.0]]]))
        tensor([[[-1.0000,  1.0000],
                 [-1.0000,  1.0000]]])
    """
    shape = check_tensor("instance_norm", input).array.shape
    n = math.prod(shape[2:])
    if use_input_stats and n == 1:
        raise ValueError(f"Expected more than 1 spatial element when training, got input size {input.shape}")
    if not use_input_stats or not input.array.size:
        return batch_norm(input, running_mean, running_var, weight, bias, use_input_stats, momentum, eps)
    act.real("instance_norm")(input.array)
    named = (("running_mean", running_mean), ("running_var", running_var), ("weight", weight), ("bias", bias))
    for name, value in named:
        norm.check_size(name, value, shape[1])
    weight, bias = per_channel(weight, len(shape)), per_channel(bias, len(shape))
    out, mean, var = norm.batch_norm(input, weight, bias, tuple(range(2, len(shape))), eps)
    move(running_mean, mean.array.mean(0), momentum)
    move(running_var, var.array.mean(0) * (n / (n - 1)), momentum)
    return out


# ---------------------------------------------------------------- how near two vectors are


def cosine_similarity(x1: Any, x2: Any, dim: int = 1, eps: float = 1e-8) -> Any:
    """The cosine of the angle between vectors: 1 for the same direction, 0 for a right angle, -1 for opposite ones.

    Args:
        x1: Vectors along ``dim``.
        x2: Likewise; the two are broadcast.
        dim: The dimension of the vectors, which is reduced.
        eps: The least length that a vector is divided by.

    Derivative: with unit vectors u and v, x1 gets ``g · (v - (u · v) u) / ‖x1‖``.
    Raises: RuntimeError: the dtypes are not floating, or the shapes cannot be broadcast.
    Source: ``torch.nn.functional.cosine_similarity``.

    Example:
        >>> mgx.nn.functional.cosine_similarity(mgx.tensor([[1.0, 1.0]]), mgx.tensor([[2.0, 0.0]]))
        tensor([0.7071])
    """
    x, y = check_tensor("cosine_similarity", x1, "x1"), check_tensor("cosine_similarity", x2, "x2", 2)
    common = result_type(x, y)
    if not common.is_floating_point:
        raise RuntimeError(f"expected common dtype to be floating point, yet common dtype is {common}")
    x, y = broadcast_tensors(*(v if v.dtype == common else cast(v, common.numpy) for v in (x, y)))

    def direction(v: Any) -> Any:
        length = vector_norm(v, 2, dim, keepdim=True)
        short = np.maximum(eps - length.array, 0)  # a constant: as in PyTorch, the length's slope stays
        return v / (length + wrap(short.astype(length.array.dtype)))

    return (direction(x) * direction(y)).sum(dim)


def pairwise_distance(x1: Any, x2: Any, p: float = 2.0, eps: float = 1e-6, keepdim: bool = False) -> Any:
    """The length, by the norm p, of ``x1 - x2 + eps`` along the last dimension; eps keeps it off 0, where it has a kink.

    Source: ``torch.nn.functional.pairwise_distance``.

    Example:
        >>> mgx.nn.functional.pairwise_distance(mgx.tensor([[3.0, 4.0]]), mgx.zeros(1, 2))
        tensor([5.0000])
    """
    x, y = check_tensor("pairwise_distance", x1, "x1"), check_tensor("pairwise_distance", x2, "x2", 2)
    return vector_norm(x - y + eps, p, -1, keepdim)


# ---------------------------------------------------------------- attention


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


# ---------------------------------------------------------------- losses on numbers


def reduction_of(reduction: str, size_average: bool | None = None, reduce: bool | None = None) -> str:
    """The reduction that is meant, also by the old arguments, of which PyTorch warns."""
    if size_average is not None or reduce is not None:
        average, reduce = size_average in (None, True), reduce in (None, True)
        reduction = "none" if not reduce else "mean" if average else "sum"
        warnings.warn(
            f"size_average and reduce args will be deprecated, please use reduction='{reduction}' instead.",
            stacklevel=3,
        )
    elif reduction == "elementwise_mean":
        warnings.warn("reduction='elementwise_mean' is deprecated. Please use reduction='mean' instead.", stacklevel=3)
        reduction = "mean"
    if reduction not in ("none", "mean", "sum"):
        raise ValueError(f"{reduction} is not a valid value for reduction")
    return reduction


def alike(kernel: str, input: Any, target: Any) -> tuple[Any, Any]:
    """Input and target of one float dtype and one shape; PyTorch warns where it has to broadcast."""
    x, y = check_tensor(kernel, input), check_tensor(kernel, target, "target", 2)
    if x.array.shape != y.array.shape:
        warnings.warn(
            f"Using a target size ({target.shape}) that is different to the input size ({input.shape}). "
            "This will likely lead to incorrect results due to broadcasting. "
            "Please ensure they have the same size.",
            stacklevel=3,
        )
        x, y = broadcast_tensors(x, y)
    if x.array.dtype != y.array.dtype:
        common = result_type(x.array, y.array).numpy
        x, y = (v if v.array.dtype == common else cast(v, common) for v in (x, y))
    act.real(kernel)(x.array)
    return x, y


def weighted(losses: Any, weight: Any, reduction: str, average: bool) -> Any:
    """Losses times weights, reduced; the mean is divided by the weights' sum, or only by their number."""
    if weight.array.shape != losses.array.shape:
        raise ValueError("Weights and input must have the same size.")
    losses = losses * weight
    if reduction == "none":
        return losses
    if reduction == "sum":
        return losses.sum()
    return losses.sum() / weight.sum() if average else losses.mean()


def mse_loss(
    input: Any,
    target: Any,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
    weight: Any = None,
) -> Any:
    """Mean squared error: ``(input - target)²``, averaged.

    Args:
        input: A float tensor.
        target: What it should be; of the same shape.
        size_average: Old spelling of ``reduction``.
        reduce: Old spelling of ``reduction``.
        reduction: ``"mean"``, ``"sum"``, or ``"none"`` for every element's own loss.
        weight: Factors of the elements' losses; their mean is then divided by the sum of the weights.

    Derivative: input gets ``g · 2 (input - target) / n``, target its negative.
    Units: those of the input, squared.
    Raises: ValueError: another reduction. NotImplementedError: integers.
    Source: ``torch.nn.functional.mse_loss``.

    Example:
        >>> mgx.nn.functional.mse_loss(mgx.tensor([1.0, 2.0]), mgx.tensor([1.0, 4.0]))
        tensor(2.)
    """
    reduction = reduction_of(reduction, size_average, reduce)
    x, y = alike("mse_cpu", input, target)
    if weight is not None:
        return weighted(loss.squared_error(x, y, "none"), weight, reduction, True)
    return loss.squared_error(x, y, reduction)


def l1_loss(
    input: Any,
    target: Any,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
    weight: Any = None,
) -> Any:
    """Mean absolute error: ``|input - target|``, averaged; arguments as `mse_loss`.

    Derivative: input gets ``g · sign(input - target) / n``.
    Source: ``torch.nn.functional.l1_loss``.
    """
    reduction = reduction_of(reduction, size_average, reduce)
    x, y = alike("l1_cpu", input, target)
    if weight is not None:
        return weighted(loss.absolute_error(x, y, "none"), weight, reduction, True)
    return loss.absolute_error(x, y, reduction)


def huber_loss(input: Any, target: Any, reduction: str = "mean", delta: float = 1.0, weight: Any = None) -> Any:
    """Half the squared error up to ``|d| = delta``, then the line ``delta · (|d| - delta / 2)``: mild on outliers.

    Derivative: input gets ``g · d``, limited to ``±delta``, with d = input - target; over n for the mean.
    Raises: RuntimeError: ``delta`` is not positive.
    Source: ``torch.nn.functional.huber_loss``.

    Example:
        >>> mgx.nn.functional.huber_loss(mgx.tensor([1.0, 5.0]), mgx.zeros(2), reduction="none")
        tensor([0.5000, 4.5000])
    """
    if delta <= 0:
        raise RuntimeError(f"huber_loss does not support non-positive values for delta. Got {delta}.")
    reduction = reduction_of(reduction)
    x, y = alike("huber_cpu", input, target)
    if weight is not None:
        return weighted(loss.huber(x, y, "none", delta), weight, reduction, False)
    return loss.huber(x, y, reduction, delta)


def smooth_l1_loss(
    input: Any,
    target: Any,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
    beta: float = 1.0,
) -> Any:
    """`huber_loss` with ``delta = beta``, divided by beta; for ``beta = 0`` it is `l1_loss`.

    Raises: RuntimeError: ``beta`` is negative.
    Source: ``torch.nn.functional.smooth_l1_loss``.
    """
    if beta < 0:
        raise RuntimeError(f"smooth_l1_loss does not support negative values for beta. Got {beta}.")
    reduction = reduction_of(reduction, size_average, reduce)
    x, y = alike("smooth_l1_cpu", input, target)
    return loss.huber(x, y, reduction, beta) / beta if beta else loss.absolute_error(x, y, reduction)


# ---------------------------------------------------------------- losses on comparisons


def margin_ranking_loss(
    input1: Any,
    input2: Any,
    target: Any,
    margin: float = 0,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Any:
    """``max(0, margin - target · (input1 - input2))``: which of two scores should be the larger, and by how much.

    Args:
        input1: Scores.
        input2: Scores, to be compared with these.
        target: 1 where the first should be the larger, -1 where the second should.
        margin: By how much.
        size_average: Old spelling of ``reduction``.
        reduce: Old spelling of ``reduction``.
        reduction: ``"mean"``, ``"sum"``, or ``"none"`` for every element's own loss.

    Derivative: input1 gets ``-g · target`` (over n for the mean), input2 its negative, where the loss is not 0.
    Raises: ValueError: another reduction. RuntimeError: other numbers of dimensions.
    Source: ``torch.nn.functional.margin_ranking_loss``.

    Example:
        >>> mgx.nn.functional.margin_ranking_loss(mgx.tensor([2.0]), mgx.tensor([5.0]), mgx.tensor([1]))
        tensor(3.)
    """
    reduction = reduction_of(reduction, size_average, reduce)
    if not input1.ndim == input2.ndim == target.ndim:
        raise RuntimeError(
            "margin_ranking_loss : All input tensors should have same dimension but got sizes: "
            f"input1: {input1.shape}, input2: {input2.shape}, target: {target.shape} "
        )
    return total(clamp(-target * (input1 - input2) + float(margin), min=0), reduction)


def triplet_margin_loss(
    anchor: Any,
    positive: Any,
    negative: Any,
    margin: float = 1.0,
    p: float = 2,
    eps: float = 1e-6,
    swap: bool = False,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Any:
    """``max(0, margin + d(anchor, positive) - d(anchor, negative))``, d being `pairwise_distance`.

    Args:
        anchor: Vectors (..., D).
        positive: Vectors that should lie near these.
        negative: Vectors that should lie farther away.
        margin: By how much.
        p: The norm of the distances.
        eps: Keeps them off 0.
        swap: Use the distance from positive to negative where that is the smaller.
        size_average: Old spelling of ``reduction``.
        reduce: Old spelling of ``reduction``.
        reduction: ``"mean"``, ``"sum"``, or ``"none"`` for every triplet's own loss.

    Shape:
        Three times (N, D) or (D) -> (), or (N) or () with ``"none"``.

    Raises: ValueError: another reduction, or the margin is not positive. RuntimeError: shapes do not fit.
    Source: V. Balntas et al., "Learning local feature descriptors with triplets" (2016);
        ``torch.nn.functional.triplet_margin_loss``.

    Example:
        >>> a, p, n = mgx.zeros(1, 2), mgx.tensor([[0.0, 3.0]]), mgx.tensor([[2.5, 0.0]])
        >>> mgx.nn.functional.triplet_margin_loss(a, p, n)
        tensor(1.5000)
    """
    reduction = reduction_of(reduction, size_average, reduce)
    if margin <= 0:
        raise ValueError(f"margin must be greater than 0, got {margin}")
    if not anchor.ndim == positive.ndim == negative.ndim:
        raise RuntimeError(
            "The anchor, positive, and negative tensors are expected to have the same number of dimensions, but got: "
            f"anchor {anchor.ndim}D, positive {positive.ndim}D, and negative {negative.ndim}D inputs"
        )
    near, far = pairwise_distance(anchor, positive, p, eps), pairwise_distance(anchor, negative, p, eps)
    if swap:
        far = minimum(far, pairwise_distance(positive, negative, p, eps))
    return total(clamp(margin + near - far, min=0), reduction)


def cosine_embedding_loss(
    input1: Any,
    input2: Any,
    target: Any,
    margin: float = 0,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Any:
    """``1 - cos`` where the target is 1, ``max(0, cos - margin)`` where it is -1, of the angle between vectors.

    Args:
        input1: Vectors (N, D) or (D).
        input2: Likewise.
        target: (N) or (): 1 for vectors that should have one direction, -1 for those that should not.
        margin: The cosine up to which directions count as different.
        size_average: Old spelling of ``reduction``.
        reduce: Old spelling of ``reduction``.
        reduction: ``"mean"``, ``"sum"``, or ``"none"`` for every pair's own loss.

    Raises: ValueError: another reduction. RuntimeError: shapes do not fit.
    Source: ``torch.nn.functional.cosine_embedding_loss``.

    Example:
        >>> x, y = mgx.tensor([[1.0, 0.0], [1.0, 0.0]]), mgx.tensor([[0.0, 2.0], [1.0, 0.0]])
        >>> mgx.nn.functional.cosine_embedding_loss(x, y, mgx.tensor([1, -1]), reduction="none")
        tensor([1., 1.])
    """
    reduction = reduction_of(reduction, size_average, reduce)
    n = target.ndim
    if n > 1:
        raise RuntimeError("0D or 1D target tensor expected, multi-target not supported")
    if not input1.ndim == input2.ndim == n + 1:
        raise RuntimeError(
            f"{n}D target tensor expects {n + 1}D input tensors, but found inputs with sizes "
            f"{list(input1.shape)} and {list(input2.shape)}."
        )
    squares = ((input1 * input1).sum(n) + 1e-12) * ((input2 * input2).sum(n) + 1e-12)
    cos = (input1 * input2).sum(n) / squares.sqrt()
    same, other = target.array == 1, target.array == -1
    return total(keep(1 - cos, same) + keep(clamp(cos - margin, min=0), other), reduction)


# ---------------------------------------------------------------- losses on probabilities


def total(losses: Any, reduction: str) -> Any:
    """Losses, reduced."""
    return losses if reduction == "none" else losses.mean() if reduction == "mean" else losses.sum()


def binary_cross_entropy(
    input: Any,
    target: Any,
    weight: Any = None,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Any:
    """``-(y · log(p) + (1 - y) · log(1 - p))`` of probabilities p and y; each logarithm is at least -100.

    Args:
        input: The probabilities p, from 0 to 1.
        target: What they should be, y, of the same shape and dtype.
        weight: Factors of the losses, which are broadcast.
        size_average: Old spelling of ``reduction``.
        reduce: Old spelling of ``reduction``.
        reduction: ``"mean"``, ``"sum"`` or ``"none"``.

    Derivative: input gets ``g · (p - y) / (p · (1 - p))``, over n for the mean.
    Units: nats.
    Raises: ValueError: the shapes differ. RuntimeError: a probability is not from 0 to 1, or the dtypes differ.
    Source: ``torch.nn.functional.binary_cross_entropy``.

    Example:
        >>> mgx.nn.functional.binary_cross_entropy(mgx.tensor([0.5, 0.9]), mgx.tensor([1.0, 1.0]))
        tensor(0.3993)
    """
    reduction = reduction_of(reduction, size_average, reduce)
    x, y = check_tensor("binary_cross_entropy", input), check_tensor("binary_cross_entropy", target, "target", 2)
    if x.array.shape != y.array.shape:
        raise ValueError(
            f"Using a target size ({y.shape}) that is different to the input size ({x.shape}) is deprecated. "
            "Please ensure they have the same size."
        )
    act.real("binary_cross_entropy")(x.array)
    if x.array.dtype != y.array.dtype:
        found, expected = legacy_name(y.array.dtype.name), legacy_name(x.array.dtype.name)
        raise RuntimeError(f"Found dtype {found} but expected {expected}; convert the target")
    if weight is None:
        return loss.binary_cross_entropy(x, y, reduction)
    return total(loss.binary_cross_entropy(x, y, "none") * weight, reduction)


def binary_cross_entropy_with_logits(
    input: Any,
    target: Any,
    weight: Any = None,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
    pos_weight: Any = None,
) -> Any:
    """`binary_cross_entropy` of ``sigmoid(input)``, computed so that no logarithm of 0 can occur.

    Args:
        input: Scores (logits).
        target: Probabilities, of the same shape.
        weight: Factors of the losses, which are broadcast.
        size_average: Old spelling of ``reduction``.
        reduce: Old spelling of ``reduction``.
        reduction: ``"mean"``, ``"sum"`` or ``"none"``.
        pos_weight: Factors of the positive part ``y · log(p)``, which are broadcast.

    Derivative: input gets ``g · (sigmoid(x) - y)``, over n for the mean.
    Units: nats.
    Raises: ValueError: the shapes differ. RuntimeError: the target is not floating-point.
    Source: ``torch.nn.functional.binary_cross_entropy_with_logits``.

    Example:
        >>> mgx.nn.functional.binary_cross_entropy_with_logits(mgx.tensor([0.0, 100.0]), mgx.tensor([1.0, 0.0]))
        tensor(50.3466)
    """
    name = "binary_cross_entropy_with_logits"
    reduction = reduction_of(reduction, size_average, reduce)
    if check_tensor(name, target, "target", 2).array.shape != check_tensor(name, input).array.shape:
        raise ValueError(f"Target size ({target.shape}) must be the same as input size ({input.shape})")
    if target.array.dtype.kind != "f":
        raise RuntimeError(
            f"result type Float can't be cast to the desired output type {legacy_name(target.array.dtype.name)}; "
            "convert the target with .float()"
        )
    x, y = alike(name, input, target)
    if pos_weight is not None:
        losses = (1 - y) * x - ((pos_weight - 1) * y + 1) * act.logsigmoid(x)
    elif weight is not None:
        losses = loss.binary_cross_entropy_of_scores(x, y, "none")
    else:
        return loss.binary_cross_entropy_of_scores(x, y, reduction)
    return total(losses if weight is None else losses * weight, reduction)


def kl_div(
    input: Any,
    target: Any,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
    log_target: bool = False,
) -> Any:
    """Kullback-Leibler divergence ``y · (log y - input)``, the input being log-probabilities.

    Args:
        input: Log-probabilities.
        target: Probabilities y; with ``log_target`` their logarithms.
        size_average: Old spelling of ``reduction``.
        reduce: Old spelling of ``reduction``.
        reduction: ``"batchmean"``, the sum over the length of the first dimension, is what mathematics calls
            so; ``"mean"`` divides by the number of elements, ``"sum"`` and ``"none"`` are as everywhere.
        log_target: Whether the target is given by its logarithms.

    Derivative: input gets ``-g · y``.
    Units: nats.
    Source: ``torch.nn.functional.kl_div``.

    Example:
        >>> p = mgx.tensor([[0.5, 0.5]])
        >>> mgx.nn.functional.kl_div(mgx.tensor([[0.25, 0.75]]).log(), p, reduction="batchmean")
        tensor(0.1438)
    """
    if size_average is None and reduce is None and reduction == "mean":
        warnings.warn(
            "reduction: 'mean' divides the total loss by both the batch size and the support size."
            "'batchmean' divides only by the batch size, and aligns with the KL div math definition."
            "'mean' will be changed to behave the same as 'batchmean' in the next major release.",
            stacklevel=2,
        )
    batch_mean = reduction == "batchmean"
    reduction = "sum" if batch_mean else reduction_of(reduction, size_average, reduce)
    losses = target.exp() * (target - input) if log_target else loss.times_own_log(target) - target * input
    out = total(losses, reduction)
    return out / input.array.shape[0] if batch_mean and input.array.ndim else out


def nll_loss(
    input: Any,
    target: Any,
    weight: Any = None,
    size_average: bool | None = None,
    ignore_index: int = -100,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Any:
    """Negative log-likelihood: minus the input at the target's class; arguments as `cross_entropy`.

    Args:
        input: Log-probabilities, as from `log_softmax`.
        target: The indices of the right classes.
        weight: Factors of the classes (C).
        size_average: Old spelling of ``reduction``.
        ignore_index: Targets of this value do not count.
        reduce: Old spelling of ``reduction``.
        reduction: ``"mean"``, divided by the weights that counted; ``"sum"`` or ``"none"``.

    Derivative: ``-g`` (times the weight, over n) at the target's class, 0 elsewhere.
    Raises: IndexError: a target is no class. ValueError, RuntimeError: shapes or dtypes do not fit.
    Source: ``torch.nn.functional.nll_loss``.

    Example:
        >>> mgx.nn.functional.nll_loss(mgx.tensor([[-1.0, -2.0], [-3.0, -4.0]]), mgx.tensor([0, 1]))
        tensor(2.5000)
    """
    reduction = reduction_of(reduction, size_average, reduce)
    check_tensor("nll_loss", target, "target", 2)
    act.real("nll_loss_out_frame")(check_tensor("nll_loss", input).array)
    return loss.class_loss(loss.nll, input, target, weight, ignore_index, reduction, 0)


def cross_entropy(
    input: Any,
    target: Any,
    weight: Any = None,
    size_average: bool | None = None,
    ignore_index: int = -100,
    reduce: bool | None = None,
    reduction: str = "mean",
    label_smoothing: float = 0.0,
) -> Any:
    """``-log(softmax(x)[target])``: how surprising the right class is, given scores x.

    Args:
        input: Scores (logits), with the classes in dimension 1, or 0 if it is the only one.
        target: The indices of the right classes; or, in the shape of the input, a probability for each.
        weight: Factors of the classes (C).
        size_average: Old spelling of ``reduction``.
        ignore_index: Targets of this value do not count.
        reduce: Old spelling of ``reduction``.
        reduction: ``"mean"``, divided by the weights that counted; ``"sum"`` or ``"none"``.
        label_smoothing: How much of the target's probability is spread evenly over all classes, from 0 to 1.

    Shape:
        (C), () -> (); (N, C), (N) -> () or (N) with ``"none"``; (N, C, d, ...), (N, d, ...) -> () or (N, d, ...)

    Derivative: ``g · (softmax(x) - target)``, the target as probabilities, over n for the mean.
    Units: nats.
    Raises: IndexError: a target is no class. ValueError, RuntimeError: shapes or dtypes do not fit.
    Source: ``torch.nn.functional.cross_entropy``.

    Example:
        >>> scores = mgx.tensor([[2.0, 0.0], [0.0, 0.0]])
        >>> mgx.nn.functional.cross_entropy(scores, mgx.tensor([0, 1]), reduction="none")
        tensor([0.1269, 0.6931])
    """
    reduction = reduction_of(reduction, size_average, reduce)
    x, y = check_tensor("cross_entropy", input).array, check_tensor("cross_entropy", target, "target", 2).array
    if not 0 <= label_smoothing <= 1:
        raise RuntimeError(f"label_smoothing must be between 0.0 and 1.0. Got: {label_smoothing}")
    act.real("log_softmax_lastdim_kernel_impl")(x)
    if x.shape != y.shape:
        return loss.class_loss(loss.cross_entropy, input, target, weight, ignore_index, reduction, label_smoothing)
    if ignore_index >= 0:
        raise RuntimeError("ignore_index is not supported for floating point target")
    return loss.soft_cross_entropy(input, target, weight, reduction, label_smoothing)
