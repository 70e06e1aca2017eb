"""Losses that are minus the logarithm of a probability: of counts, of numbers with a variance, of sequences."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from microgradx.graph import Variable, wrap
from microgradx.nn.functional.loss import cross_entropy, reduction_of, total
from microgradx.ops.ctc import ctc
from microgradx.ops.elementwise import choose, exp, keep, log
from microgradx.ops.face import check_tensor
from microgradx.ops.linalg import linear
from microgradx.ops.shape import rearrange
from microgradx.views import legacy_name


def poisson_nll_loss(
    input: Any,
    target: Any,
    log_input: bool = True,
    full: bool = False,
    size_average: bool | None = None,
    eps: float = 1e-8,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Any:
    """``rate - target · log(rate)``: minus the log-probability of counts, but for what the rate does not change.

    Args:
        input: The logarithms of the expected counts; without ``log_input``, these themselves.
        target: The counts.
        log_input: What the input is.
        full: Add Stirling's approximation of ``log target!`` where the target is above 1.
        size_average: Old spelling of ``reduction``.
        eps: Keeps the logarithm of a rate finite at 0.
        reduce: Old spelling of ``reduction``.
        reduction: ``"mean"``, ``"sum"``, or ``"none"`` for every element's own loss.

    Derivative: input gets ``g · (exp(input) - target)``, or ``g · (1 - target / (input + eps))``; over n for the mean.
    Units: nats.
    Raises: ValueError: another reduction.
    Source: ``torch.nn.functional.poisson_nll_loss``.

    Example:
        >>> mgx.nn.functional.poisson_nll_loss(mgx.tensor([0.0, 1.0]), mgx.tensor([1.0, 3.0]), reduction="none")
        tensor([ 1.0000, -0.2817])
    """
    x, y = check_tensor("poisson_nll_loss", input), check_tensor("poisson_nll_loss", target, "target", 2)
    if size_average is not None or reduce is not None:
        reduction = reduction_of(reduction, size_average, reduce)
    if reduction not in ("none", "mean", "sum"):
        raise ValueError(f"{reduction} is not a valid value for reduction")
    losses = exp(x) - y * x if log_input else x - y * log(x + eps)
    if full:
        many = ~(y.array <= 1)
        n = choose(many, y, 1)  # where it does not count, it must not be infinite either
        losses = losses + keep(n * log(n) - n + 0.5 * log(2 * math.pi * n), many)
    return total(losses, reduction)


def gaussian_nll_loss(
    input: Any,
    target: Any,
    var: Any,
    full: bool = False,
    eps: float = 1e-6,
    reduction: str = "mean",
) -> Any:
    """``(log var + (input - target)² / var) / 2``: minus the log-density of a normal distribution, but for a constant.

    Args:
        input: The expected values.
        target: What was found; of the same shape, or one that broadcasts.
        var: The variances, of the input's shape, or with 1 in one of its dimensions, or without its last one; or a
            float for all.
        full: Add the constant ``log(2π) / 2``.
        eps: The least variance that is computed with; its derivative is that of a variance which is not limited.
        reduction: ``"mean"``, ``"sum"``, or ``"none"`` for every element's own loss.

    Derivative: input gets ``g · (input - target) / var``, target its negative, var ``g · (1 - (input - target)² / var)
    / (2 var)``; over n for the mean.
    Units: nats.
    Raises: ValueError: another reduction, a negative variance, or variances of another shape. TypeError: ``var`` is
        neither a tensor nor a float. RuntimeError: it is a tensor of integers.
    Source: D. Nix and A. Weigend, "Estimating the mean and variance of the target probability distribution" (1994);
        ``torch.nn.functional.gaussian_nll_loss``.

    Example:
        >>> mgx.nn.functional.gaussian_nll_loss(mgx.tensor([0.0, 1.0]), mgx.tensor([2.0, 1.0]), 1.0)
        tensor(1.)
    """
    x, y = check_tensor("gaussian_nll_loss", input), check_tensor("gaussian_nll_loss", target, "target", 2)
    if isinstance(var, float):
        if var < 0:
            raise ValueError("var has negative entry/entries")
        var = wrap(np.full_like(x.array, var))
    elif not isinstance(var, Variable):
        raise TypeError(f"gaussian_nll_loss: expected var to be a tensor or a float, got {type(var).__name__}")
    elif var.array.dtype.kind != "f":
        raise RuntimeError(
            "result type Float can't be cast to the desired output type long int; convert var with .float()"
        )
    elif (var.array < 0).any():
        raise ValueError("var has negative entry/entries")
    shape, own = x.array.shape, var.array.shape
    if own != shape:
        if shape[:-1] == own:
            var = rearrange(var, (*own, 1))
        elif len(shape) != len(own) or sum(n for m, n in zip(shape, own) if m != n) != 1:
            raise ValueError("var is of incorrect size")
    if reduction not in ("none", "mean", "sum"):
        raise ValueError(f"{reduction} is not valid")
    lacking = np.maximum(eps - var.array, 0).astype(var.array.dtype)
    var = var + wrap(lacking)  # a constant: the slope stays that of the variance itself
    d = x - y
    losses = 0.5 * (log(var) + d * d / var)
    return total(losses + 0.5 * math.log(2 * math.pi) if full else losses, reduction)


# ---------------------------------------------------------------- sequences


def ctc_loss(
    log_probs: Any,
    targets: Any,
    input_lengths: Any,
    target_lengths: Any,
    blank: int = 0,
    reduction: str = "mean",
    zero_infinity: bool = False,
) -> Any:
    """Minus the log-probability of a sequence of labels, however it is aligned with the time steps.

    At each step one label or the blank is said; a text is read from that by dropping repetitions, then blanks. The
    loss sums the probabilities of all ways to say the text.

    Args:
        log_probs: Logarithms of probabilities, as from `log_softmax`: (T, N, C), or (T, C) for one sample.
        targets: The labels, without the blank: padded to (N, S), or one after another in one dimension.
        input_lengths: How many time steps of each sample count, an integer tensor (N), or a tuple.
        target_lengths: How many labels each sample has, likewise.
        blank: The class that stands for no label.
        reduction: ``"mean"`` divides each loss by its number of labels before it averages; ``"sum"``; ``"none"``.
        zero_infinity: Replace infinite losses, of texts too long for their time, and their gradients by 0.

    Derivative: log_probs gets ``g · (exp(log_probs) - q)``, q being the probability of each class at each step given
    the text. The first part, which is none of the slope, vanishes behind `log_softmax`, as in PyTorch. There is no
    second derivative.
    Units: nats.
    Raises: RuntimeError: shapes, lengths, labels or the blank do not fit; a second derivative. TypeError: the lengths
        are neither two tensors nor two tuples. ValueError: another reduction. NotImplementedError: float16, integers.
    Source: A. Graves et al., "Connectionist temporal classification" (2006); ``torch.nn.functional.ctc_loss``.

    Example:
        >>> said = mgx.tensor([[0.5, 0.5, 0.0], [0.5, 0.0, 0.5], [1.0, 0.0, 0.0]])  # three steps: blank, a, b
        >>> loss = mgx.nn.functional.ctc_loss(said.log(), mgx.tensor([1, 2]), (3,), (2,), reduction="sum")
        >>> (-loss).exp()  # only as "a", "b", blank: 0.5 · 0.5 · 1
        tensor(0.2500)
    """
    reduction = reduction_of(reduction)
    x, y = check_tensor("ctc_loss", log_probs), check_tensor("ctc_loss", targets, "targets", 2)
    steps, lengths = numbers("input", input_lengths), numbers("target", target_lengths)
    if isinstance(input_lengths, Variable) != isinstance(target_lengths, Variable):
        raise TypeError("ctc_loss: expected both lengths as tensors, or both as tuples of integers")
    if x.ndim not in (2, 3):
        raise RuntimeError(f"Expected 3-dimensional tensor, but got {x.ndim}-dimensional tensor for 'log_probs'")
    batch = x if x.ndim == 3 else rearrange(x, (x.array.shape[0], 1, x.array.shape[1]))
    labels = check_sequences(batch.array, y.array, steps, lengths, blank)
    losses, _ = ctc(batch, labels, steps, lengths, blank, zero_infinity)
    if zero_infinity:
        losses = choose(losses.array != math.inf, losses, 0)
    if reduction == "mean":
        return (losses / wrap(np.maximum(lengths, 1).astype(x.array.dtype))).mean()
    return losses.sum() if reduction == "sum" else losses if x.ndim == 3 else losses[0]


def numbers(what: str, lengths: Any) -> np.ndarray:
    """Lengths as an array, checked."""
    if isinstance(lengths, Variable):
        if lengths.array.dtype.kind not in "iu":
            raise RuntimeError(f"{what}_lengths must be integral")
        return np.asarray(lengths.array, np.int64).reshape(-1)
    if not isinstance(lengths, (tuple, list)) or not all(isinstance(n, (int, np.integer)) for n in lengths):
        raise TypeError(f"ctc_loss(): argument '{what}_lengths' must be a tensor or a tuple of ints, got {lengths!r}")
    return np.array(lengths, np.int64)


def check_sequences(x: np.ndarray, targets: np.ndarray, steps: np.ndarray, lengths: np.ndarray, blank: int) -> Any:
    """The labels as (N, S), those that do not count replaced by the blank; or PyTorch's errors."""
    n_steps, n, n_classes = x.shape
    if not x.size:
        raise RuntimeError("log_probs tensor must not be empty")
    if x.dtype.itemsize < 4 or x.dtype.kind != "f":
        raise NotImplementedError(f"\"ctc_loss_cpu\" not implemented for '{legacy_name(x.dtype.name)}'")
    if not 0 <= blank < n_classes:
        raise RuntimeError("blank must be in label range")
    for what, counts in (("input", steps), ("target", lengths)):
        if len(counts) != n:
            raise RuntimeError(f"{what}_lengths must be of size batch_size")
        if counts.min() < 0:
            raise RuntimeError(f"Expected {what}_lengths to have value at least 0, but got value {counts.min()}")
    if steps.max() > n_steps:
        raise RuntimeError(f"Expected input_lengths to have value at most {n_steps}, but got value {steps.max()}")
    if targets.ndim not in (1, 2):
        raise RuntimeError(f"Expected 1 to 2 dimensions, but got {targets.ndim}-dimensional tensor for 'targets'")
    longest = int(lengths.max())
    counts = np.arange(longest) < lengths[:, None]
    labels = np.full((n, longest), blank)
    expected = n if targets.ndim == 2 else int(lengths.sum())
    if len(targets) != expected:
        raise RuntimeError(
            f"Expected tensor to have size {expected} at dimension 0, but got size {len(targets)} for 'targets'"
        )
    if targets.ndim == 2 and targets.shape[1] < longest:
        raise RuntimeError(
            f"Expected tensor to have size at least {longest} at dimension 1, but got size {targets.shape[1]} for "
            "'targets'"
        )
    labels[counts] = targets if targets.ndim == 1 else targets[:, :longest][counts]
    if labels.size and not 0 <= labels.min() <= labels.max() < n_classes:
        raise RuntimeError(f"ctc_loss: expected labels from 0 to {n_classes - 1}, got {labels.min()} to {labels.max()}")
    return labels


# ---------------------------------------------------------------- classes of a linear layer


def linear_cross_entropy(
    input: Any,
    linear_weight: Any,
    target: Any,
    *,
    linear_bias: Any = None,
    weight: Any = None,
    reduction: str = "mean",
    ignore_index: int | None = None,
    label_smoothing: float = 0.0,
    options: Any = None,
) -> Any:
    """`cross_entropy` of the scores ``linear(input, linear_weight, linear_bias)``.

    Args:
        input: Features (N, D) or (D).
        linear_weight: (C, D), or (C, d1, ..., D) for a loss with more dimensions.
        target: As of `cross_entropy`, for scores (N, C, d1, ...).
        linear_bias: (C, d1, ...).
        weight: Factors of the classes (C).
        reduction: ``"mean"``, ``"sum"`` or ``"none"``.
        ignore_index: Targets of this value do not count; None is -100.
        label_smoothing: As of `cross_entropy`.
        options: None. (PyTorch's computes in chunks, to spare the memory of graphics cards.)

    Raises: RuntimeError: shapes do not fit, or an ignored index with probabilities. NotImplementedError: options.
    Source: ``torch.nn.functional.linear_cross_entropy``.

    Example:
        >>> x, w = mgx.tensor([[1.0, 2.0]]), mgx.tensor([[1.0, 0.0], [0.0, 1.0]])
        >>> mgx.nn.functional.linear_cross_entropy(x, w, mgx.tensor([1]))
        tensor(0.3133)
    """
    if options is not None:
        raise NotImplementedError("linear_cross_entropy: expected options=None, as there is no computation in chunks")
    if input.ndim not in (1, 2):
        raise RuntimeError(f"expected input with dimensionality 1 or 2, got {input.ndim}")
    if linear_weight.ndim < 2:
        raise RuntimeError(f"expected linear_weight with dimensionality at least 2, got {linear_weight.ndim}")
    *batch, features = input.array.shape
    *outputs, own_features = linear_weight.array.shape
    if features != own_features:
        raise RuntimeError(
            "expected equal input and linear_weight last dimensions (in_features), "
            f"got {features} and {own_features}, respectively"
        )
    if linear_bias is not None and list(linear_bias.array.shape) != outputs:
        raise RuntimeError(f"expected linear_bias shape {tuple(outputs)}, got {tuple(linear_bias.array.shape)}")
    if len(outputs) > 1 and not batch:
        raise RuntimeError(
            f"K-dimensional loss defined by linear_weight shape {tuple(linear_weight.array.shape)} requires"
            f" batched input, (N, {features}), got unbatched input with shape {tuple(input.array.shape)}"
        )
    if list(target.array.shape) == [*batch, *outputs] and ignore_index is not None:
        raise RuntimeError("ignore_index cannot be specified when target contains probabilities")
    if len(outputs) > 1:
        linear_weight = np.reshape(linear_weight, (-1, features))
        linear_bias = None if linear_bias is None else np.reshape(linear_bias, (-1,))
    scores = np.reshape(linear(input, linear_weight, linear_bias), (*batch, *outputs))
    return cross_entropy(
        scores, target, weight, ignore_index=-100 if ignore_index is None else ignore_index, reduction=reduction,
        label_smoothing=label_smoothing,
    )  # fmt: skip
