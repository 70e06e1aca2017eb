"""Dropout: in training, zeros at random."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np

from microgradx.graph import wrap
from microgradx.ops.elementwise import multiply
from microgradx.ops.face import check_tensor
from microgradx.random import bernoulli_
from microgradx.views import legacy_name, write


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
