"""Dropout: in training, zeros at random."""

from __future__ import annotations

import math
import warnings
from typing import Any

import numpy as np

from microgradx.graph import wrap
from microgradx.ops.elementwise import multiply
from microgradx.ops.face import check_tensor
from microgradx.random import bernoulli_
from microgradx.views import legacy_name, past_hooks, write


def kept(name: str, input: Any, shape: tuple[int, ...] | None, p: float, training: bool) -> Any:
    """An array like the input's, or of ``shape``: 0 with probability ``p``, else 1. None if nothing is to be dropped."""
    if p < 0 or p > 1:
        raise ValueError(f"dropout probability has to be between 0 and 1, but got {p}")
    x = check_tensor(name, input).array
    if not training or p == 0 or x.size == 0:
        return None
    if x.dtype.kind != "f" and p != 1:
        raise RuntimeError(
            f"result type Float can't be cast to the desired output type {legacy_name(x.dtype.name)}; "
            "convert the input with .float()"
        )
    # Like x, so that the random numbers come in the order of the memory.
    mask = np.zeros_like(x) if shape is None else np.zeros(shape, x.dtype)
    return mask if p == 1 else bernoulli_(wrap(mask), 1 - p).array


def drop(name: str, input: Any, shape: tuple[int, ...] | None, p: float, training: bool, inplace: bool) -> Any:
    """The input times a mask, drawn in ``shape`` or in the input's, of zeros and of ``1 / (1 - p)``."""
    mask = kept(name, input, shape, p, training)
    if mask is None:
        return input
    out = multiply(past_hooks(input) if inplace else input, mask if p == 1 else mask / (1 - p))
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
    return drop("dropout", input, None, p, training, inplace)


def channels(name: str, input: Any, leading: int, p: float, training: bool) -> tuple[int, ...]:
    """The shape of a mask for whole channels: one number for what lies at an index of the leading dimensions."""
    shape = check_tensor(name, input).array.shape
    if len(shape) < leading and 0 not in shape and training and 0 < p < 1:
        raise RuntimeError("Feature dropout requires at least 2 dimensions in the input; drop single elements instead")
    return (*shape[:leading], *(1,) * len(shape[leading:]))


def warn_of_dimensions(name: str, d: int, ndim: int) -> None:
    """PyTorch's warning for what is neither (N, C, ...) nor (C, ...); it goes on all the same."""
    if ndim not in (d + 1, d + 2):
        warnings.warn(
            f"{name}: Received a {ndim}-D input to {name}, which is deprecated and will result in an error in a future "
            f"release. To retain the behavior and silence this warning, please use dropout instead. Note that {name} "
            f"exists to provide channel-wise dropout on inputs with {d} spatial dimensions, a channel dimension, and "
            f"an optional batch dimension (i.e. {d + 1}D or {d + 2}D inputs).",
            stacklevel=3,
        )


def dropout1d(input: Any, p: float = 0.5, training: bool = True, inplace: bool = False) -> Any:
    """`dropout` of whole channels: (N, C, L) or (C, L)."""
    if input.ndim not in (2, 3):
        raise RuntimeError(
            f"dropout1d: Expected 2D or 3D input, but received a {input.ndim}D input. Note that dropout1d exists to "
            "provide channel-wise dropout on inputs with 1 spatial dimension, a channel dimension, and an optional "
            "batch dimension (i.e. 2D or 3D inputs)."
        )
    return drop("dropout1d", input, channels("dropout1d", input, input.ndim - 1, p, training), p, training, inplace)


def dropout2d(input: Any, p: float = 0.5, training: bool = True, inplace: bool = False) -> Any:
    """`dropout` of whole channels: (N, C, H, W); the first two dimensions always count as these, as in PyTorch.

    Of an input (N, C) single elements are dropped, with a warning that `dropout` is meant.
    """
    if input.ndim == 3:
        warnings.warn(
            "dropout2d: Received a 3D input to dropout2d and assuming that channel-wise 1D dropout behavior is "
            "desired - input is interpreted as shape (N, C, L), where C is the channel dim. This behavior will change "
            "in a future release to interpret the input as one without a batch dimension, i.e. shape (C, H, W). To "
            "maintain the 1D channel-wise dropout behavior, please switch to using dropout1d instead.",
            stacklevel=2,
        )
    warn_of_dimensions("dropout2d", 2, input.ndim)
    return drop("dropout2d", input, channels("dropout2d", input, 2, p, training), p, training, inplace)


def dropout3d(input: Any, p: float = 0.5, training: bool = True, inplace: bool = False) -> Any:
    """`dropout` of whole channels: (N, C, D, H, W), or else (C, ...)."""
    warn_of_dimensions("dropout3d", 3, input.ndim)
    leading = 2 if input.ndim == 5 else 1
    return drop("dropout3d", input, channels("dropout3d", input, leading, p, training), p, training, inplace)


SATURATION = 1.7580993408473766  # what selu gives for -∞, without the sign


def drop_to_saturation(
    name: str, input: Any, shape: tuple[int, ...] | None, p: float, training: bool, inplace: bool
) -> Any:
    """The input with -`SATURATION` in the dropped places, scaled and shifted so that mean and variance stay."""
    mask = kept(name, input, shape, p, training)
    if mask is None:
        return input
    x = past_hooks(input) if inplace else input
    if p == 1:
        out = multiply(x, mask)
    else:
        scale = 1 / math.sqrt((SATURATION**2 * p + 1) * (1 - p))
        shift = (mask - 1) * (SATURATION * scale) + SATURATION * scale * p
        out = multiply(x, mask * scale) + wrap(shift)
    return write(input, out, name + "_") if inplace else out


def alpha_dropout(input: Any, p: float = 0.5, training: bool = False, inplace: bool = False) -> Any:
    """Dropout behind `selu`: what is dropped gets selu's lowest value, and mean and variance stay as they are.

    Args:
        input: A float tensor.
        p: Probability that an element is dropped.
        training: False returns the input as it is.
        inplace: Write the result into the input.

    Derivative: ``g · a`` where the input was kept, with ``a`` the scale that keeps the variance.
    Raises: ValueError: ``p`` is not from 0 to 1. RuntimeError: the input is not floating-point.
    Source: G. Klambauer et al., "Self-Normalizing Neural Networks" (2017); ``torch.nn.functional.alpha_dropout``, with
        the same random numbers.

    Example:
        >>> _ = mgx.manual_seed(0)
        >>> mgx.nn.functional.alpha_dropout(mgx.ones(4), training=True)
        tensor([-0.7792, -0.7792,  1.6656, -0.7792])
    """
    return drop_to_saturation("alpha_dropout", input, None, p, training, inplace)


def feature_alpha_dropout(input: Any, p: float = 0.5, training: bool = False, inplace: bool = False) -> Any:
    """`alpha_dropout` of whole channels: one number is drawn for each (sample, channel) of (N, C, ...).

    Raises: RuntimeError: the input has fewer than 2 dimensions; and as `alpha_dropout`.
    Source: ``torch.nn.functional.feature_alpha_dropout``.
    """
    name = "feature_alpha_dropout"
    return drop_to_saturation(name, input, channels(name, input, 2, p, training), p, training, inplace)
