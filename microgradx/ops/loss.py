"""Losses: one number that says how wrong a prediction is, for the backward pass to begin at.

The losses that compare element by element take a ``reduction`` (``"none"``, ``"mean"`` or ``"sum"``)
and are one operation each, the reduction included: `reduced` at the end of the forward, `share` at the
beginning of each rule. The two losses on classes know only rows, (N, C), with one index each; what each
row counts, class weights and the mean's division included, is its *share*.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from microgradx.engine import HALF, primitive
from microgradx.graph import Array, mode
from microgradx.ops.activation import log_softmax, normalized_exp
from microgradx.ops.elementwise import clip, keep, sigmoid, sign, wide
from microgradx.ops.reduction import add_up, largest, total_product
from microgradx.views import legacy_name

# ---------------------------------------------------------------- element by element


def reduced(losses: Array, reduction: str) -> Array:
    """The losses, their sum or their mean; the mean of none is nan."""
    if reduction == "none":
        return losses
    if losses.dtype is HALF:
        return reduced(wide(losses), reduction).astype(HALF)
    total = add_up(losses)
    return total if reduction == "sum" else total / (losses.size or math.nan)


def reduced_product(x: Array, y: Array, reduction: str) -> Array:
    """``x · y``, its sum or its mean, for which the products need not be written."""
    if reduction == "none" or x.dtype is HALF:
        return reduced(x * y, reduction)
    total = total_product(x, y, None)
    return total if reduction == "sum" else total / (x.size or math.nan)


def share(g: Array, shape: tuple[int, ...], reduction: str) -> Array:
    """The gradient by each of the losses that were reduced; if there are none, any number will do."""
    return g / (math.prod(shape) or 1) if reduction == "mean" else g


@primitive(name="MseLoss")
def squared_error(x: Array, y: Array, reduction: str) -> Array:
    """``(x - y)²``."""
    d = x - y
    return reduced_product(d, d, reduction)


squared_error.derivatives(
    x=lambda g, x, y, reduction: (2 * share(g, x.shape, reduction)) * (x - y),
    y=lambda g, x, y, reduction: (2 * share(g, x.shape, reduction)) * (y - x),
)


@primitive(name="L1Loss")
def absolute_error(x: Array, y: Array, reduction: str) -> Array:
    """``|x - y|``."""
    return reduced(np.absolute(x - y), reduction)


absolute_error.derivatives(
    x=lambda g, x, y, reduction: share(g, x.shape, reduction) * sign(x - y),
    y=lambda g, x, y, reduction: share(g, x.shape, reduction) * sign(y - x),
)


@primitive(name="HuberLoss")
def huber(x: Array, y: Array, reduction: str, delta: float) -> Array:
    """Half the squared error up to ``|x - y| = delta``, and from there on a line with the slope ``delta``."""
    d = np.absolute(x - y)
    near = d.clip(0, delta)
    return reduced_product(near, -0.5 * near + d, reduction)


huber.derivatives(
    x=lambda g, x, y, reduction, delta: share(g, x.shape, reduction) * clip(x - y, -delta, delta),
    y=lambda g, x, y, reduction, delta: share(g, x.shape, reduction) * clip(y - x, -delta, delta),
)


def limited(log: Array) -> Array:
    """A logarithm, but at least -100, so that one sure mistake does not make the loss infinite."""
    return log.clip(-100, math.inf)


@primitive(name="BinaryCrossEntropy")
def binary_cross_entropy(x: Array, y: Array, reduction: str) -> Array:
    """``-(y · log(x) + (1 - y) · log(1 - x))``, of probabilities."""
    for name, value in (("input", x), ("target", y)):
        if not ((value >= 0) & (value <= 1)).all():
            raise RuntimeError(
                f"all elements of {name} should be between 0 and 1; for scores use binary_cross_entropy_with_logits"
            )
    with np.errstate(divide="ignore"):
        return reduced((y - 1) * limited(np.log1p(-x)) - y * limited(np.log(x)), reduction)


binary_cross_entropy.derivatives(
    x=lambda g, x, y, reduction: share(g, x.shape, reduction) * (x - y) / clip(x * (1 - x), 1e-12, None),
    y=lambda g, x, reduction: share(g, x.shape, reduction) * (np.log1p(-x) - np.log(x)),
)


@primitive(name="BinaryCrossEntropyWithLogits")
def binary_cross_entropy_of_scores(x: Array, y: Array, reduction: str) -> Array:
    """`binary_cross_entropy` of sigmoid(x), without a logarithm of what may have become 0."""
    return reduced((1 - y) * x - x.clip(-math.inf, 0) + np.log1p(np.exp(-np.absolute(x))), reduction)


binary_cross_entropy_of_scores.derivatives(
    x=lambda g, x, y, reduction: share(g, x.shape, reduction) * (sigmoid(x) - y),
    y=lambda g, x, reduction: share(g, x.shape, reduction) * -x,
)


# ---------------------------------------------------------------- classes


def places(target: Array, shape: tuple[int, ...]) -> Array:
    """Where each row's target stands in the flattened (N, C)."""
    return np.arange(0, math.prod(shape), shape[1]) + target


@primitive()
def pick(x: Array, target: Array) -> Array:
    """Each row's element at its target: (N, C), (N,) -> (N,)."""
    return x.take(places(target, x.shape))


@primitive()
def place(x: Array, target: Array, shape: tuple[int, ...]) -> Array:
    """Zeros (N, C), but for each row's element at its target, which is ``x``."""
    out = np.zeros(shape, x.dtype)
    out.reshape(-1)[places(target, shape)] = x
    return out


pick.derivatives(x=lambda g, x, target: place(g, target, x.shape))
place.derivatives(x=lambda g, target: pick(g, target))


@primitive(name="NllLoss")
def nll(x: Array, target: Array, shares: Array, total: bool) -> Array:
    """``-shares · x[target]`` of each row, or the sum of all."""
    rows = -shares * x.take(places(target, x.shape))
    return np.add.reduce(rows) if total else rows


nll.derivatives(x=lambda g, target, shares, x_shape: place(-shares * g, target, x_shape))


@primitive(name="NllLoss", saves=("top", "sums"))
def cross_entropy(x: Array, target: Array, shares: Array, total: bool) -> tuple[Array, Array, Array]:
    """``shares · (log Σ exp(x) - x[target])`` of each row, or the sum of all; and each row's maximum and ``Σ exp``.

    Its name in the graph is that of PyTorch's last step of the same.
    """
    top = largest(x, (1,))
    e = x - top
    chosen = e.take(places(target, x.shape))
    np.exp(e, out=e)
    sums = np.vecdot(e, np.ones(x.shape[1], x.dtype))  # BLAS adds up rows twice as fast as np.sum
    rows = (np.log(sums) - chosen) * shares
    return np.add.reduce(rows) if total else rows, top, sums


@primitive(name="NllLossBackward")
def excess(g: Array, x: Array, target: Array, top: Array, sums: Array) -> Array:
    """``g · (softmax(x) - onehot(target))``, g being one number, or one for each row.

    ``top`` and ``sums`` only spare this forward to find the softmax's denominator again: they are parts of x's own
    derivative, which is therefore that of the whole softmax.
    """
    p = x - top
    np.exp(p, out=p)
    p *= (g / sums)[:, None]
    p[np.arange(len(p)), target] -= g
    return p


def excess_by_g(h: Array, x: Array, target: Array) -> Array:
    """For each row ``Σ h · (softmax(x) - onehot(target))``."""
    return np.sum(h * normalized_exp(x, (1,)), (1,)) - pick(h, target)


def excess_by_x(h: Array, g: Array, x: Array) -> Array:
    """The derivative of softmax, times g."""
    p = normalized_exp(x, (1,))
    return np.reshape(g, (-1, 1)) * (p * (h - np.sum(h * p, (1,), keepdims=True)))


cross_entropy.derivatives(x=lambda g, x, target, shares, top, sums: excess(g * shares, x, target, top, sums))
excess.derivatives(g=excess_by_g, x=excess_by_x)


# ---------------------------------------------------------------- classes, PyTorch's arguments


def constant(function: str, argument: str, value: Any) -> Any:
    """Return a tensor that has no derivative here, or raise PyTorch's error if it wants one."""
    if value is not None and value.edge is not None and mode.grad:
        raise RuntimeError(
            f"The function '{function}' is not differentiable with respect to argument '{argument}'. "
            "This input cannot have requires_grad True."
        )
    return value


def class_loss(
    operation: Any, input: Any, target: Any, weight: Any, ignore_index: int, reduction: str, smoothing: float
) -> Any:
    """`nll` or `cross_entropy` with PyTorch's shapes: (C), (N, C) or (N, C, d1, ...) and a target without C."""
    shape = input.array.shape
    check_classes(shape, target.array)
    x, n_classes = rows(input), shape[min(1, len(shape) - 1)]
    weights = class_weights(weight, n_classes, input.array.dtype)
    indices = np.asarray(target.array, np.int64).reshape(-1)
    indices, valid = valid_indices(indices, n_classes, ignore_index)
    shares: Any = 1 if valid is None else valid.astype(x.array.dtype)
    each = shares if weights is None else weights[indices] * shares
    if reduction == "mean":
        count = (len(indices) if isinstance(each, int) else each.sum()) or math.nan
        shares, each = shares / count, each / count
    if valid is not None:
        x = keep(x, valid[:, None])  # an ignored row may hold anything, also nan
    if smoothing:
        ideal = np.full(x.array.shape, smoothing / n_classes, x.array.dtype)
        ideal[np.arange(len(ideal)), indices] += 1 - smoothing
        ideal *= 1 if weights is None else weights
        ideal *= np.reshape(shares, (-1, 1))
        out = -(log_softmax(x, 1) * ideal).sum(1)
        out = out if reduction == "none" else out.sum()
    else:
        out = operation(x, indices, each, reduction != "none")
        out = out[0] if isinstance(out, tuple) else out
    if reduction != "none" or len(shape) == 2:
        return out * math.nan if reduction == "mean" and not len(indices) else out  # the mean of nothing
    return np.reshape(out, () if len(shape) == 1 else (shape[0], *shape[2:]))


def rows(x: Any) -> Any:
    """(C), (N, C) or (N, C, d1, ...) as (rows, C)."""
    n = x.array.ndim
    if n > 2:
        x = np.transpose(x, (0, *range(2, n), 1))
    return x if n == 2 else np.reshape(x, (-1, x.array.shape[-1]))


def check_classes(shape: tuple[int, ...], target: Array) -> None:
    """PyTorch's errors for a target that does not fit the input."""
    if not shape:
        raise ValueError("Expected 1 or more dimensions (got 0)")
    if len(shape) <= 2 and target.ndim > 1:
        raise RuntimeError(
            f"0D or 1D target tensor expected, multi-target not supported; got input {list(shape)}, "
            f"target {list(target.shape)}"
        )
    n, got = (1 if len(shape) == 1 else shape[0]), (target.shape[0] if target.ndim else 1)
    if n != got or (len(shape) > 1 and target.ndim == 0):
        raise ValueError(f"Expected input batch_size ({n}) to match target batch_size ({got}).")
    if len(shape) == 4 and target.ndim != 3:
        raise RuntimeError(
            f"only batches of spatial targets supported (3D tensors) but got targets of dimension: {target.ndim}"
        )
    if len(shape) > 2 and target.shape != (wanted := (n, *shape[2:])):
        if len(shape) == 4:
            raise RuntimeError(f"size mismatch (got input: {list(shape)} , target: {list(target.shape)}")
        raise RuntimeError(f"Expected target size {list(wanted)}, got {list(target.shape)}")
    if len(shape) == 4 and target.dtype == np.uint8:
        raise RuntimeError("expected scalar type Long but found Byte; convert the target with .long()")
    if target.dtype not in (np.int64, np.uint8):
        raise RuntimeError(
            f"expected target dtype to be Long or Byte, but got {legacy_name(target.dtype.name)}; "
            "class indices are integers, convert them with .long()"
        )


def class_weights(weight: Any, n_classes: int, dtype: Any) -> Array | None:
    """The weights of the classes, checked; constants."""
    if weight is None:
        return None
    check_weights(weight, n_classes)
    if weight.array.dtype != dtype:
        raise RuntimeError(
            f"expected scalar type {legacy_name(dtype.name)} but found {legacy_name(weight.array.dtype.name)}"
        )
    weights: Array = constant("nll_loss_forward", "weight", weight).array
    return weights


def check_weights(weight: Any, n_classes: int, name: str = "") -> None:
    """PyTorch's error for weights that are not one for each class."""
    if weight.array.shape != (n_classes,):
        raise RuntimeError(
            f"{name}weight tensor should be defined either for all {n_classes} classes or no classes but got weight "
            f"tensor of shape: {list(weight.array.shape)}"
        )


def valid_indices(target: Array, n_classes: int, ignore_index: int) -> tuple[Array, Array | None]:
    """The class indices, and where they count, or None if all do; what is ignored gets class 0."""
    # Seen as unsigned, negative numbers are large: one comparison finds both kinds of wrong index.
    ignores = 0 <= ignore_index < n_classes
    if not ignores and (target.size == 0 or target.view(np.uint64).max() < n_classes):
        return target, None
    valid = target != ignore_index
    wrong = target[valid & ((target < 0) | (target >= n_classes))]
    if wrong.size:
        raise IndexError(f"Target {wrong[0]} is out of bounds.")
    return np.where(valid, target, 0), valid


def soft_cross_entropy(input: Any, target: Any, weight: Any, reduction: str, smoothing: float) -> Any:
    """Cross entropy with a target that gives the probability of every class."""
    if target.array.dtype.kind != "f":
        raise RuntimeError(
            "Expected floating point type for target with class probabilities, got "
            f"{legacy_name(target.array.dtype.name)}"
        )
    axis = min(1, input.array.ndim - 1)
    if axis < 0:
        raise IndexError("Dimension specified as 1 but tensor has no dimensions")
    n_classes = input.array.shape[axis]
    if weight is not None:
        check_weights(weight, n_classes, "cross_entropy: ")
    if smoothing:
        target = target * (1 - smoothing) + smoothing / max(n_classes, 1)
    if weight is not None:
        target = target * np.reshape(weight, (-1, *(1,) * (input.array.ndim - axis - 1)))
    out = -(log_softmax(input, axis) * target).sum(axis)
    if reduction == "none":
        return out
    return out.sum() / ((out.array.size if n_classes else 0) or math.nan) if reduction == "mean" else out.sum()
