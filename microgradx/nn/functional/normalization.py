"""Normalisation: values moved and scaled to a common mean and size."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from microgradx.dtypes import finfo
from microgradx.graph import Array
from microgradx.memory import mark_written
from microgradx.ops import activation as act
from microgradx.ops import norm
from microgradx.ops.decompose import vector_norm
from microgradx.ops.elementwise import clamp
from microgradx.ops.face import check_tensor
from microgradx.ops.pad import pad
from microgradx.ops.pool import avg_pool2d
from microgradx.views import write


def normalize(input: Any, p: float = 2.0, dim: Any = 1, eps: float = 1e-12, out: Any = None) -> Any:
    """``x / max(‖x‖, eps)`` along ``dim``: vectors of length 1, by the norm p; written into ``out``, if that is given.

    Raises: RuntimeError: the result has a derivative, and is to be written into ``out``.
    Source: ``torch.nn.functional.normalize``.

    Example:
        >>> mgx.nn.functional.normalize(mgx.tensor([[3.0, 4.0]]))
        tensor([[0.6000, 0.8000]])
    """
    unit = input / clamp(vector_norm(input, p, dim, keepdim=True), min=eps)
    if out is None:
        return unit
    if unit.requires_grad or out.requires_grad:
        raise RuntimeError(
            "normalize(): functions with out=... arguments don't support automatic differentiation, but one of the "
            "arguments requires grad."
        )
    return write(out, unit, "normalize")


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


def check_dtypes(input: Any, *parameters: Any) -> None:
    """Raise PyTorch's errors unless all are of one dtype; beside a float16 input, parameters may be float32."""
    dtype = input.array.dtype
    for p in parameters:
        if p is not None and p.array.dtype is not dtype and p.array.dtype != dtype:
            if p.array.dtype != np.float32:
                what = "expect parameter to have scalar type of Float"
            elif dtype != np.float16:
                what = "all inputs must share same datatype."
            else:
                continue
            raise RuntimeError(
                f"mixed dtype (CPU): {what} Here the input is {dtype}, a parameter {p.array.dtype}; convert one with .to(dtype)"
            )


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
    check_dtypes(input, weight, bias)
    act.real("LayerNormKernelImpl")(input.array)
    return norm.layer_norm(input, weight, bias, axis, eps)[0]


def rms_norm(input: Any, normalized_shape: Any, weight: Any = None, eps: float | None = None) -> Any:
    """``weight · x / sqrt(mean(x²) + eps)``: `layer_norm` that does not move the mean.

    Args:
        input: A float tensor.
        normalized_shape: The sizes of the last dimensions, over which the mean is taken.
        weight: Factors of this shape, or None.
        eps: Keeps the division finite; None for the dtype's own, of float16 that of float32.

    Source: ``torch.nn.functional.rms_norm``.
    """
    axis = trailing("rms_norm", input, normalized_shape, weight)
    act.real("rms_norm")(input.array)
    x = input.contiguous() if input.itemsize > 2 else input.float()  # squares of half precision may exceed its range
    eps = finfo(x.dtype).eps if eps is None else eps
    out = x * ((x * x).mean(axis, keepdim=True) + eps).rsqrt()
    return (out if weight is None else out * weight).to(input.dtype)


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
    if not input.array.size:  # no values, no statistics; the gradients of weight and bias are zeros
        out = input.clone() if weight is None else input * weight[0]
        return out if bias is None else out + bias[0]
    if len(shape) < 2:
        raise RuntimeError(f"batch_norm: expected input (N, C) or (N, C, ...), got shape {list(shape)}")
    if not training and (running_mean is None or running_var is None):
        missing = "running_mean" if running_mean is None else "running_var"
        raise RuntimeError(f"{missing} must be defined in evaluation mode")
    named = (("running_mean", running_mean), ("running_var", running_var), ("weight", weight), ("bias", bias))
    for name, value in named:
        norm.check_size(name, value, shape[1])
    check_dtypes(input, running_mean, running_var, weight, bias)
    weight, bias = per_channel(weight, len(shape)), per_channel(bias, len(shape))
    if not training:
        mean, var = (per_channel(r.array, len(shape)) for r in (running_mean, running_var))
        factor = (1 if weight is None else weight) / np.sqrt(var + eps)
        summand = (0 if bias is None else bias) - mean * factor
        return (input.contiguous() * factor + summand).to(input.dtype)
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

    Raises: RuntimeError: the channels cannot be divided into so many groups. ValueError: one value has no variance.
    Source: ``torch.nn.functional.group_norm``.
    """
    shape = check_tensor("group_norm", input).array.shape
    if len(shape) < 2:
        raise RuntimeError(f"Expected at least 2 dimensions for input tensor but received {len(shape)}")
    sizes = [shape[0] * shape[1] // num_groups, num_groups, *shape[2:]]
    if math.prod(sizes) == num_groups:
        raise ValueError(f"Expected more than 1 value per channel when training, got input size {sizes}")
    act.real("GroupNormKernelImpl")(input.array)
    if shape[1] % num_groups:
        raise RuntimeError(
            "Expected number of channels in input to be divisible by num_groups, but got input of shape "
            f"{list(shape)} and num_groups={num_groups}"
        )
    for name, value in (("weight", weight), ("bias", bias)):
        norm.check_size(name, value, shape[1])
    check_dtypes(input, weight, bias)
    channels = (num_groups, shape[1] // num_groups)
    groups = np.reshape(input, (shape[0], *channels, math.prod(shape[2:])))
    weight, bias = (v if v is None else np.reshape(v, (*channels, 1)) for v in (weight, bias))
    return np.reshape(norm.layer_norm(groups, weight, bias, (2, 3), eps)[0], shape)


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
    if not use_input_stats and (running_mean is None or running_var is None):
        raise RuntimeError("Expected running_mean and running_var to be defined when use_input_stats is false")
    if not use_input_stats or not input.array.size:
        mean, var = (r if r is None else r.to(input.dtype) for r in (running_mean, running_var))
        return batch_norm(input, mean, var, weight, bias, use_input_stats, momentum, eps)
    act.real("instance_norm")(input.array)
    named = (("running_mean", running_mean), ("running_var", running_var), ("weight", weight), ("bias", bias))
    for name, value in named:
        norm.check_size(name, value, shape[1])
    check_dtypes(input, weight, bias)
    weight, bias = per_channel(weight, len(shape)), per_channel(bias, len(shape))
    out, mean, var = norm.batch_norm(input, weight, bias, tuple(range(2, len(shape))), eps)
    move(running_mean, mean.array.mean(0), momentum)
    move(running_var, var.array.mean(0) * (n / (n - 1)), momentum)
    return out


def local_response_norm(input: Any, size: int, alpha: float = 1e-4, beta: float = 0.75, k: float = 1.0) -> Any:
    """``x / (k + alpha · m)^beta``, m being the mean of the squares of the ``size`` channels around each one.

    Args:
        input: (N, C, ...), of a floating dtype, with at least one axis behind the channels.
        size: How many channels are looked at; where there are fewer, zeros count too.
        alpha: How much they count.
        beta: The power.
        k: What is added, so that it is not 0.

    Shape: that of the input.
    Derivative: with d = k + alpha · m, ``g / d^beta``, and what reaches x through the d of its neighbours.
    Raises: ValueError: the input has fewer than 3 dimensions. RuntimeError: ``size`` is not positive.
    Source: A. Krizhevsky et al., "ImageNet Classification with Deep Convolutional Neural Networks" (2012);
        ``torch.nn.functional.local_response_norm``.

    Example:
        >>> mgx.nn.functional.local_response_norm(mgx.ones(1, 3, 1), 3, alpha=3.0, beta=1.0).flatten()
        tensor([0.3333, 0.2500, 0.3333])
    """
    shape = check_tensor("local_response_norm", input).array.shape
    if len(shape) < 3:
        raise ValueError(f"Expected 3D or higher dimensionality input (got {len(shape)} dimensions)")
    return by_neighbours(input, size // 2, (size - 1) // 2, size, alpha, beta, k) if input.array.size else input


def by_neighbours(input: Any, before: int, after: int, size: int, alpha: float, beta: float, k: float) -> Any:
    """What `local_response_norm` computes, m being the sum over so many channels before and after, over ``size``."""
    shape = input.array.shape
    squares = np.reshape(input * input, (shape[0], 1, shape[1], math.prod(shape[2:])))
    window = (before + after + 1, 1)
    means = avg_pool2d(pad(squares, (0, 0, before, after)), window, 1, divisor_override=size)
    return input / (np.reshape(means, shape) * alpha + k) ** beta
