"""Losses: one number that says how wrong a prediction is."""

from __future__ import annotations

import warnings
from typing import Any

from microgradx.dtypes import result_type
from microgradx.engine import cast
from microgradx.ops import activation as act
from microgradx.ops import loss
from microgradx.ops.elementwise import numbers
from microgradx.ops.face import check_tensor
from microgradx.ops.loss import constant
from microgradx.ops.shape import broadcast_tensors
from microgradx.ops.special import xlogy
from microgradx.views import legacy_name

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
    x, y = pair(kernel, input, target)
    act.real(kernel)(x.array)
    return x, y


def pair(kernel: str, input: Any, target: Any) -> tuple[Any, Any]:
    """As `alike`, of any dtype."""
    x, y = check_tensor(kernel, input), check_tensor(kernel, target, "target", 2)
    if x.array.shape != y.array.shape:
        warnings.warn(
            f"Using a target size ({target.shape}) that is different to the input size ({input.shape}). "
            "This will likely lead to incorrect results due to broadcasting. "
            "Please ensure they have the same size.",
            stacklevel=4,
        )
        x, y = broadcast_tensors(x, y)
    if x.array.dtype != y.array.dtype:
        common = result_type(x.array, y.array).numpy
        x, y = (v if v.array.dtype == common else cast(v, common) for v in (x, y))
    return x, y


def weighted(losses: Any, input: Any, weight: Any, reduction: str, average: bool) -> Any:
    """Losses times weights, reduced; the mean is divided by the weights' sum, or only by their number."""
    if weight.array.shape != input.array.shape:
        raise ValueError("Weights and input must have the same size.")
    losses = losses * weight
    if reduction == "mean" and average:
        return losses.sum() / weight.sum()
    return total(losses, reduction)


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
        return weighted(loss.squared_error(x, y, "none"), input, weight, reduction, True)
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
    Raises: ValueError: another reduction. RuntimeError: truth values, or the mean of integers.
    Source: ``torch.nn.functional.l1_loss``.
    """
    reduction = reduction_of(reduction, size_average, reduce)
    x, y = pair("l1_loss", input, target)
    if weight is not None:
        return weighted(difference(x, y, "none"), input, weight, reduction, True)
    return difference(x, y, reduction)


def difference(x: Any, y: Any, reduction: str) -> Any:
    """The absolute difference, reduced: the only one of these losses that integers have, but for their mean."""
    numbers(x.array, y.array)
    if x.array.dtype.kind != "f" and reduction == "mean":
        raise RuntimeError(
            "mean(): could not infer output dtype. Input dtype must be either a floating point or complex dtype. "
            f"Got: {legacy_name(x.array.dtype.name)}"
        )
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
    if check_tensor("huber_loss", input).dtype != check_tensor("huber_loss", target, "target", 2).dtype:
        if not input.is_floating_point():
            found, result = legacy_name(input.array.dtype.name), legacy_name(target.array.dtype.name)
            raise RuntimeError(f"result type {result} can't be cast to the desired output type {found}")
        target = cast(target, input.array.dtype)
    x, y = alike("huber_cpu", input, target)
    if weight is not None:
        return weighted(loss.huber(x, y, "none", delta), input, weight, reduction, False)
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
    if not beta:
        return difference(*pair("l1_loss", input, target), reduction)
    x, y = alike("smooth_l1_cpu", input, target)
    return loss.huber(x, y, reduction, beta) / beta


# ---------------------------------------------------------------- losses on probabilities


def total(losses: Any, reduction: str) -> Any:
    """Losses, reduced."""
    return losses if reduction == "none" else losses.mean() if reduction == "mean" else losses.sum()


def factors(weight: Any, input: Any) -> None:
    """Raise unless weights can be broadcast to what they belong to."""
    shape = input.array.shape
    if weight is None or weight.array.shape == shape:
        return
    found = broadcast_tensors(input, weight)[0].array.shape
    if found != shape:
        raise RuntimeError(f"output with shape {list(shape)} doesn't match the broadcast shape {list(found)}")


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
    factors(constant("binary_cross_entropy", "weight", weight), x)
    if x.array.dtype != y.array.dtype:
        found, expected = legacy_name(y.array.dtype.name), legacy_name(x.array.dtype.name)
        raise RuntimeError(f"Found dtype {found} but expected {expected}; convert the target")
    act.real("binary_cross_entropy")(x.array)
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
            f"result type {legacy_name(input.array.dtype.name)} can't be cast to the desired output type "
            f"{legacy_name(target.array.dtype.name)}; convert the target with .float()"
        )
    act.real("log_sigmoid_cpu")(input.array)
    for option, weights in (("weight", weight), ("pos_weight", pos_weight)):
        factors(constant(name, option, weights), input)
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

    Derivative: input gets ``-g · y``, target ``g · (log y + 1 - input)``, as in PyTorch nan at 0.
    Units: nats.
    Raises: ValueError: another reduction. RuntimeError: integers.
    Source: ``torch.nn.functional.kl_div``.

    Example:
        >>> p = mgx.tensor([[0.5, 0.5]])
        >>> mgx.nn.functional.kl_div(mgx.tensor([[0.25, 0.75]]).log(), p, reduction="batchmean")
        tensor(0.1438)
    """
    batch_mean = reduction == "batchmean"
    if size_average is not None or reduce is not None:
        reduction = reduction_of(reduction, size_average, reduce)
    elif batch_mean:
        reduction = "sum"
    elif reduction == "mean":
        warnings.warn(
            "reduction: 'mean' divides the total loss by both the batch size and the support size."
            "'batchmean' divides only by the batch size, and aligns with the KL div math definition."
            "'mean' will be changed to behave the same as 'batchmean' in the next major release.",
            stacklevel=2,
        )
    reduction = reduction_of(reduction)
    x, y = check_tensor("kl_div", input), check_tensor("kl_div", target, "target", 2)
    if x.array.dtype.kind != "f" or y.array.dtype.kind != "f":
        raise RuntimeError("kl_div: Integral inputs not supported.")
    losses = y.exp() * (y - x) if log_target else xlogy(y, y) - y * x
    out = total(losses, reduction)
    return out / x.array.shape[0] if batch_mean and x.array.ndim else out


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
    if not x.ndim and y.ndim:
        raise IndexError("Dimension out of range (expected to be in range of [-1, 0], but got 1)")
    if x.shape != y.shape:
        return loss.class_loss(loss.cross_entropy, input, target, weight, ignore_index, reduction, label_smoothing)
    if ignore_index >= 0:
        raise RuntimeError("ignore_index is not supported for floating point target")
    return loss.soft_cross_entropy(input, target, weight, reduction, label_smoothing)
