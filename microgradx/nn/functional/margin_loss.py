"""Losses on scores and vectors that should differ by a margin: pairs, triplets, and classes against each other."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from microgradx.engine import cast
from microgradx.nn.functional.distance import pairwise_distance
from microgradx.nn.functional.loss import reduction_of, total
from microgradx.ops import activation as act
from microgradx.ops import margin_loss as margin_losses
from microgradx.ops.elementwise import clamp, keep, minimum
from microgradx.ops.face import check_tensor
from microgradx.ops.loss import constant
from microgradx.ops.shape import broadcast_tensors
from microgradx.views import legacy_name

# ---------------------------------------------------------------- pairs and triplets


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
    check_triplet(anchor, positive, negative, margin)
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


def triplet_margin_with_distance_loss(
    anchor: Any,
    positive: Any,
    negative: Any,
    *,
    distance_function: Callable[[Any, Any], Any] | None = None,
    margin: float = 1.0,
    swap: bool = False,
    reduction: str = "mean",
) -> Any:
    """`triplet_margin_loss` with any distance of two tensors in the place of `pairwise_distance`.

    Raises: ValueError: another reduction, or the margin is not positive. RuntimeError: shapes do not fit.
    Source: ``torch.nn.functional.triplet_margin_with_distance_loss``.

    Example:
        >>> a, p, n = mgx.zeros(2), mgx.tensor([1.0, 2.0]), mgx.tensor([2.5, 0.0])
        >>> taxi = lambda x, y: (x - y).abs().sum(-1)
        >>> mgx.nn.functional.triplet_margin_with_distance_loss(a, p, n, distance_function=taxi)
        tensor(1.5000)
    """
    if reduction not in ("none", "mean", "sum"):
        raise ValueError(f"{reduction} is not a valid value for reduction")
    check_triplet(anchor, positive, negative, margin)
    distance = distance_function or pairwise_distance
    near, far = distance(anchor, positive), distance(anchor, negative)
    if swap:
        far = minimum(far, distance(positive, negative))
    return total(clamp(margin + near - far, min=0), reduction)


def check_triplet(anchor: Any, positive: Any, negative: Any, margin: float) -> None:
    """PyTorch's errors for a margin or shapes that cannot be."""
    if margin <= 0:
        raise ValueError(f"margin must be greater than 0, got {margin}")
    if not anchor.ndim == positive.ndim == negative.ndim:
        raise RuntimeError(
            "The anchor, positive, and negative tensors are expected to have the same number of dimensions, but got: "
            f"anchor {anchor.ndim}D, positive {positive.ndim}D, and negative {negative.ndim}D inputs"
        )


def hinge_embedding_loss(
    input: Any,
    target: Any,
    margin: float = 1.0,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Any:
    """A distance itself where the target is 1 (alike), ``max(0, margin - distance)`` where it is -1 (not alike).

    Args:
        input: Distances.
        target: 1 or -1 for each; elsewhere the losses are added.
        margin: How far apart is far enough.
        size_average: Old spelling of ``reduction``.
        reduce: Old spelling of ``reduction``.
        reduction: ``"mean"``, ``"sum"``, or ``"none"`` for every element's own loss.

    Derivative: input gets ``g`` where the target is 1, ``-g`` where it is -1 and the distance below the margin.
    Raises: ValueError: another reduction.
    Source: ``torch.nn.functional.hinge_embedding_loss``.

    Example:
        >>> d = mgx.tensor([0.2, 0.3, 2.0])
        >>> mgx.nn.functional.hinge_embedding_loss(d, mgx.tensor([1, -1, -1]), reduction="none")
        tensor([0.2000, 0.7000, 0.0000])
    """
    reduction = reduction_of(reduction, size_average, reduce)
    x, y = check_tensor("hinge_embedding_loss", input), check_tensor("hinge_embedding_loss", target, "target", 2)
    return total(keep(clamp(margin - x, min=0), y.array != 1) + keep(x, y.array != -1), reduction)


# ---------------------------------------------------------------- classes


def soft_margin_loss(
    input: Any,
    target: Any,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Any:
    """``log(1 + exp(-target · input))``: a score for one of two classes, of which the target is the sign.

    Args:
        input: Scores.
        target: 1 or -1 for each.
        size_average: Old spelling of ``reduction``.
        reduce: Old spelling of ``reduction``.
        reduction: ``"mean"``, ``"sum"``, or ``"none"`` for every element's own loss.

    Derivative: input gets ``-g · y · sigmoid(-y x)``, over n for the mean. Where PyTorch's exponential overflows, at
    wrong scores beyond 88 in float32, loss and derivative stay finite here.
    Units: nats.
    Raises: ValueError: another reduction. RuntimeError: the input is no float, or the target requires its gradient.
    Source: ``torch.nn.functional.soft_margin_loss``.

    Example:
        >>> mgx.nn.functional.soft_margin_loss(mgx.tensor([0.0, 2.0]), mgx.tensor([1.0, -1.0]), reduction="none")
        tensor([0.6931, 2.1269])
    """
    reduction = reduction_of(reduction, size_average, reduce)
    name = "soft_margin_loss"
    x, y = check_tensor(name, input), constant(name, "target", check_tensor(name, target, "target", 2))
    if x.array.dtype.kind != "f":
        raise RuntimeError(
            f"result type Float can't be cast to the desired output type {legacy_name(x.array.dtype.name)}; "
            "convert the input with .float()"
        )
    if y.array.dtype.kind == "b":
        raise RuntimeError(
            "Negation, the `-` operator, on a bool tensor is not supported. "
            "If you are trying to invert a mask, use the `~` or `logical_not()` operator instead."
        )
    pair = broadcast_tensors(x, y)
    if pair[0].array.shape != x.array.shape:
        raise RuntimeError(
            f"output with shape {list(x.shape)} doesn't match the broadcast shape {list(pair[0].shape)}; "
            "the target may not have more elements than the input"
        )
    y = pair[1] if y.array.dtype == x.array.dtype else cast(pair[1], x.array.dtype)
    return margin_losses.soft_margin(x, y, reduction)


def check_table(input: Any) -> tuple[int, int]:
    """(N, C) of scores (N, C), (C) or (), or PyTorch's error."""
    shape = input.array.shape
    if len(shape) > 2 or (shape and not shape[-1]):
        raise RuntimeError(
            f"Expected non-empty vector or matrix with optional 0-dim batch size, but got: {list(shape)}"
        )
    return (shape[0] if len(shape) == 2 else 1), (shape[-1] if shape else 1)


def check_class_indices(kernel: str, input: Any, target: Any) -> None:
    """PyTorch's errors for dtypes."""
    if input.array.dtype.kind != "f" or input.array.dtype.itemsize < 4:
        raise NotImplementedError(f"\"{kernel}\" not implemented for '{legacy_name(input.array.dtype.name)}'")
    if target.array.dtype != np.int64:
        raise RuntimeError(f"expected scalar type Long but found {legacy_name(target.array.dtype.name)}")


def multi_margin_loss(
    input: Any,
    target: Any,
    p: int = 1,
    margin: float = 1.0,
    weight: Any = None,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Any:
    """``Σ max(0, margin - x[target] + x[i])^p / C`` over the wrong classes i: the right score should lead by a margin.

    Args:
        input: Scores (N, C) or (C).
        target: The indices of the right classes, int64 (N) or ().
        p: 1, or 2 for squares.
        margin: By how much.
        weight: Factors of the samples' losses by their right classes (C).
        size_average: Old spelling of ``reduction``.
        reduce: Old spelling of ``reduction``.
        reduction: ``"mean"`` over the samples, ``"sum"``, or ``"none"`` for every sample's own loss.

    Derivative: each class that is too near gets ``g / C``, the right one minus their sum; with p = 2 times twice what
    is missing. Unlike PyTorch's, it can be differentiated again.
    Raises: ValueError: another p, reduction or number of dimensions of weight. RuntimeError: shapes or dtypes do not
        fit, a target is no class, or weight requires its gradient.
    Source: ``torch.nn.functional.multi_margin_loss``.

    Example:
        >>> mgx.nn.functional.multi_margin_loss(mgx.tensor([[0.1, 0.2, 0.4, 0.8]]), mgx.tensor([3]))
        tensor(0.3250)
    """
    reduction, name = reduction_of(reduction, size_average, reduce), "multi_margin_loss"
    if p not in (1, 2):
        raise ValueError("only p == 1 and p == 2 supported")
    x, y = check_tensor(name, input), check_tensor(name, target, "target", 2)
    if weight is not None and weight.ndim != 1:
        raise ValueError("weight must be one-dimensional")
    constant(name, "weight", weight)
    n, n_classes = check_table(x)
    if y.ndim > 1 or y.array.size != n:
        raise RuntimeError(
            f"{name}: target tensor should be 1-D with size equal to the number of input samples (batch size). "
            f"Expected target size [{n}], but got {list(y.array.shape)}. Input has shape {list(x.array.shape)}."
        )
    if weight is not None and weight.array.size != n_classes:
        raise RuntimeError(f"inconsistent weight size, expected {n_classes} but got {list(weight.array.shape)}")
    check_class_indices("multi_margin_loss_cpu_kernel", x, y)
    indices = y.array.reshape(-1)
    if indices.size and not 0 <= indices.min() <= indices.max() < n_classes:
        raise RuntimeError(f"target out of range: expected classes from 0 to {n_classes - 1}")
    if weight is not None and weight.array.dtype != x.array.dtype:
        expected, found = legacy_name(x.array.dtype.name), legacy_name(weight.array.dtype.name)
        raise RuntimeError(f"expected scalar type {expected} but found {found}")
    shares = np.ones(n, x.array.dtype) if weight is None else weight.array[indices]
    shares = shares / (n_classes * (max(n, 1) if reduction == "mean" else 1))
    rows = np.reshape(x, (n, n_classes))
    out = margin_losses.multi_margin(rows, indices, p, margin, shares, reduction != "none")
    return out if reduction != "none" or x.ndim == 2 else np.reshape(out, y.array.shape)


def multilabel_margin_loss(
    input: Any,
    target: Any,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Any:
    """``Σ max(0, 1 - x[j] + x[i]) / C`` over all right classes j and wrong classes i.

    Args:
        input: Scores (N, C) or (C).
        target: The indices of the right classes, int64, of the input's shape; those from the first -1 on do not count.
        size_average: Old spelling of ``reduction``.
        reduce: Old spelling of ``reduction``.
        reduction: ``"mean"`` over the samples, ``"sum"``, or ``"none"`` for every sample's own loss.

    Derivative: in each pair that is too near, ``g / C`` to the wrong class and ``-g / C`` to the right one.
    Raises: ValueError: another reduction. RuntimeError: shapes or dtypes do not fit, or a target is no class.
    Source: ``torch.nn.functional.multilabel_margin_loss``.

    Example:
        >>> x, y = mgx.tensor([[0.1, 0.2, 0.4, 0.8]]), mgx.tensor([[3, 0, -1, 1]])
        >>> mgx.nn.functional.multilabel_margin_loss(x, y)
        tensor(0.8500)
    """
    reduction, name = reduction_of(reduction, size_average, reduce), "multilabel_margin_loss"
    x, y = check_tensor(name, input), check_tensor(name, target, "target", 2)
    n, n_classes = check_table(x)
    if y.array.shape != x.array.shape and not (x.ndim < 2 and y.ndim < 2 and y.array.size == n_classes):
        raise RuntimeError(f"inconsistent target size: {list(y.array.shape)} for input of size: {list(x.array.shape)}")
    check_class_indices("multilabel_margin_loss_forward_out_frame", x, y)
    labels = y.array.reshape(n, n_classes)
    if labels.size and not -1 <= labels.min() <= labels.max() < n_classes:
        raise RuntimeError(f"argument #2 'target' is out of range: expected classes from 0 to {n_classes - 1}, or -1")
    valid = np.logical_and.accumulate(labels >= 0, axis=1)
    most = int(valid.sum(1).max(initial=0))
    shares = np.full(n, 1 / (n_classes * (max(n, 1) if reduction == "mean" else 1)), x.array.dtype)
    rows = np.reshape(x, (n, n_classes))
    out, _ = margin_losses.multilabel_margin(rows, labels[:, :most], valid[:, :most], shares, reduction != "none")
    return out if reduction != "none" or x.ndim == 2 else np.reshape(out, ())


def multilabel_soft_margin_loss(
    input: Any,
    target: Any,
    weight: Any = None,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Any:
    """Cross-entropy of yes or no for each class, from scores, averaged over the classes.

    Args:
        input: Scores (..., C).
        target: 1 for the classes that are right, 0 for the others.
        weight: Factors of the classes' losses, which are broadcast.
        size_average: Old spelling of ``reduction``.
        reduce: Old spelling of ``reduction``.
        reduction: ``"mean"``, ``"sum"``, or ``"none"`` for every sample's own loss, (...).

    Derivative: input gets ``g · (sigmoid(x) - y) / C``.
    Units: nats.
    Raises: ValueError: another reduction. IndexError: no dimension.
    Source: ``torch.nn.functional.multilabel_soft_margin_loss``.

    Example:
        >>> x, y = mgx.tensor([[0.0, 3.0]]), mgx.tensor([[1.0, 1.0]])
        >>> mgx.nn.functional.multilabel_soft_margin_loss(x, y)
        tensor(0.3709)
    """
    if size_average is not None or reduce is not None:
        reduction = reduction_of(reduction, size_average, reduce)
    if reduction not in ("none", "mean", "sum"):
        raise ValueError(f"{reduction} is not valid")
    x, y = check_tensor("log_sigmoid", input), check_tensor("mul", target, "target", 2)
    if not x.ndim:
        raise IndexError("Dimension specified as -1 but tensor has no dimensions")
    losses = -(y * act.logsigmoid(x) + (1 - y) * act.logsigmoid(-x))
    if weight is not None:
        losses = losses * weight
    return total(losses.sum(x.ndim - 1) / x.array.shape[-1], reduction)
