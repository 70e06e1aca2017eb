"""Losses that are minus the logarithm of a probability, as modules, with the two that have a linear layer of their own."""

from __future__ import annotations

import itertools
import math
from collections import namedtuple
from collections.abc import Sequence
from typing import Any

import numpy as np

from microgradx.graph import wrap
from microgradx.nn import functional as F
from microgradx.nn.container import ModuleList, Sequential
from microgradx.nn.linear import Linear
from microgradx.nn.loss import _Loss, _WeightedLoss
from microgradx.nn.module import Module
from microgradx.ops.loss import pick
from microgradx.ops.shape import cat

__all__ = ["AdaptiveLogSoftmaxWithLoss", "CTCLoss", "GaussianNLLLoss", "LinearCrossEntropyLoss", "PoissonNLLLoss"]


class PoissonNLLLoss(_Loss):
    """Minus the log-probability of counts, given the logarithms of their expected values.

    Args:
        log_input: Whether the input holds logarithms.
        full: Add an approximation of ``log target!``, which no input changes.
        eps: Keeps the logarithm of a rate finite, without ``log_input``.
        reduction: ``"mean"``, ``"sum"`` or ``"none"``.

    Units: nats.
    Source: ``torch.nn.PoissonNLLLoss``.

    Example:
        >>> mgx.nn.PoissonNLLLoss()(mgx.tensor([0.0]), mgx.tensor([1.0]))
        tensor(1.)
    """

    def __init__(
        self,
        log_input: bool = True,
        full: bool = False,
        size_average: Any = None,
        eps: float = 1e-8,
        reduce: Any = None,
        reduction: str = "mean",
    ) -> None:
        super().__init__(size_average, reduce, reduction)
        self.log_input = log_input
        self.full = full
        self.eps = eps

    def forward(self, log_input: Any, target: Any) -> Any:
        return F.poisson_nll_loss(
            log_input, target, log_input=self.log_input, full=self.full, eps=self.eps, reduction=self.reduction
        )


class GaussianNLLLoss(_Loss):
    """Minus the log-density of normal distributions with the means ``input`` and the variances ``var``.

    Args:
        full: Add the constant ``log(2π) / 2``.
        eps: The least variance that is computed with.
        reduction: ``"mean"``, ``"sum"`` or ``"none"``.

    Units: nats.
    Source: ``torch.nn.GaussianNLLLoss``.

    Example:
        >>> mgx.nn.GaussianNLLLoss()(mgx.tensor([0.0]), mgx.tensor([2.0]), mgx.tensor([1.0]))
        tensor(2.)
    """

    def __init__(self, *, full: bool = False, eps: float = 1e-6, reduction: str = "mean") -> None:
        super().__init__(reduction=reduction)
        self.full = full
        self.eps = eps

    def forward(self, input: Any, target: Any, var: Any) -> Any:
        return F.gaussian_nll_loss(input, target, var, full=self.full, eps=self.eps, reduction=self.reduction)


class CTCLoss(_Loss):
    """Minus the log-probability of a sequence of labels, however it is aligned with the time steps.

    Args:
        blank: The class that stands for no label.
        reduction: ``"mean"`` (each loss divided by its number of labels), ``"sum"`` or ``"none"``.
        zero_infinity: Replace infinite losses and their gradients by 0.

    Shape:
        log-probabilities (T, N, C), targets (N, S) or one after another, lengths (N), (N) -> (), or (N) with
        ``reduction="none"``.

    Units: nats.
    Source: ``torch.nn.CTCLoss``.

    Example:
        >>> log_probs = mgx.tensor([[0.5, 0.5, 0.0], [0.5, 0.0, 0.5], [1.0, 0.0, 0.0]]).log()
        >>> mgx.nn.CTCLoss(reduction="sum")(log_probs, mgx.tensor([1, 2]), (3,), (2,))  # log 4
        tensor(1.3863)
    """

    def __init__(self, blank: int = 0, reduction: str = "mean", zero_infinity: bool = False) -> None:
        super().__init__(reduction=reduction)
        self.blank = blank
        self.zero_infinity = zero_infinity

    def forward(self, log_probs: Any, targets: Any, input_lengths: Any, target_lengths: Any) -> Any:
        return F.ctc_loss(
            log_probs, targets, input_lengths, target_lengths, self.blank, self.reduction, self.zero_infinity
        )


class LinearCrossEntropyLoss(_WeightedLoss):
    """A `Linear` layer, which makes scores, and the `CrossEntropyLoss` of these.

    Args:
        in_features: Length of the last dimension of the input.
        num_classes: How many classes, C.
        out_features: Further dimensions of the scores (N, C, d1, ...).
        bias: Whether the layer has a bias.
        device: The CPU, under any of its names.
        dtype: Of the parameters; by default the default dtype.
        reduction: ``"mean"``, ``"sum"`` or ``"none"``.
        weight: A weight for each class.
        ignore_index: Targets of this value do not count; None is -100.
        label_smoothing: How much of the target's probability is spread over all classes, from 0 to 1.
        options: None; PyTorch's computes in chunks.

    Shape:
        input (in_features) or (N, in_features); target of class indices () or (N, d1, ...), or probabilities -> (), or
        the shape of the indices with ``reduction="none"``.

    Units: nats.
    Raises: RuntimeError: another number of weights, or label_smoothing outside of [0, 1].
    Source: ``torch.nn.LinearCrossEntropyLoss``.

    Example:
        >>> _ = mgx.manual_seed(0)
        >>> layer = mgx.nn.LinearCrossEntropyLoss(3, 10)
        >>> layer(mgx.ones(2, 3), mgx.tensor([1, 7])).shape
        torch.Size([])
    """

    def __init__(
        self,
        in_features: int,
        num_classes: int,
        *,
        out_features: tuple[int, ...] = (),
        bias: bool = False,
        device: Any = None,
        dtype: Any = None,
        reduction: str = "mean",
        weight: Any = None,
        ignore_index: int | None = None,
        label_smoothing: float = 0.0,
        options: Any = None,
    ) -> None:
        if weight is not None and weight.shape != (num_classes,):
            raise RuntimeError(f"expected weight shape to be {(num_classes,)}, got {tuple(weight.shape)}")
        if not 0 <= label_smoothing <= 1:
            raise RuntimeError(f"expected label_smoothing to be in range [0, 1], got {label_smoothing}")
        super().__init__(weight, reduction=reduction)
        self.num_classes = num_classes
        self.out_features = out_features
        self.ignore_index = ignore_index
        self.label_smoothing = label_smoothing
        self.linear = Linear(in_features, math.prod(out_features, start=num_classes), bias, device, dtype)
        self.options = options

    def forward(self, input: Any, target: Any) -> Any:
        shape, bias = (self.num_classes, *self.out_features), self.linear.bias
        return F.linear_cross_entropy(
            input,
            self.linear.weight.reshape((*shape, self.linear.in_features)),
            target,
            linear_bias=None if bias is None else bias.reshape(shape),
            weight=self.weight,
            reduction=self.reduction,
            ignore_index=self.ignore_index,
            label_smoothing=self.label_smoothing,
            options=self.options,
        )

    def extra_repr(self) -> str:
        return (
            f"in_features={self.linear.in_features}, num_classes={self.num_classes}, out_features={self.out_features}, "
            f"bias={self.linear.bias is not None}, reduction={self.reduction}, ignore_index={self.ignore_index}, "
            f"label_smoothing={self.label_smoothing}, options={self.options}"
        )


_ASMoutput = namedtuple("_ASMoutput", ["output", "loss"])


class AdaptiveLogSoftmaxWithLoss(Module):
    """Log-softmax over many classes of which few are frequent: rare ones share a place, and have small layers of their own.

    Classes are numbered by falling frequency. The *head* scores the first ones, and one place for each *cluster* of
    the others; the layers of a cluster, the smaller the rarer it is, are only used for rows that need them.

    Args:
        in_features: Length of the last dimension of the input.
        n_classes: How many classes.
        cutoffs: The numbers of the classes at which clusters begin, in rising order.
        div_value: By which factor each cluster's layer is narrower than the one before it.
        head_bias: Whether the head has a bias.
        device: The CPU, under any of its names.
        dtype: Of the parameters; by default the default dtype.

    Shape:
        (N, in_features), (N) -> a named tuple of ``output`` (N), the log-probabilities of the targets, and ``loss`` (),
        minus their mean. (in_features), () -> (), ().

    Units: nats.
    Raises: ValueError: cutoffs that do not rise between 1 and ``n_classes - 1``. RuntimeError: shapes that do not fit,
        or a target that is no class.
    Source: E. Grave et al., "Efficient softmax approximation for GPUs" (2017);
        ``torch.nn.AdaptiveLogSoftmaxWithLoss``.

    Example:
        >>> _ = mgx.manual_seed(0)
        >>> layer = mgx.nn.AdaptiveLogSoftmaxWithLoss(16, 100, cutoffs=[10, 50])
        >>> x = mgx.randn(3, 16)
        >>> output, loss = layer(x, mgx.tensor([3, 99, 20]))
        >>> output.shape, layer.log_prob(x).shape
        (torch.Size([3]), torch.Size([3, 100]))
    """

    def __init__(
        self,
        in_features: int,
        n_classes: int,
        cutoffs: Sequence[int],
        div_value: float = 4.0,
        head_bias: bool = False,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        cutoffs = list(cutoffs)
        if not cutoffs:
            raise ValueError("cutoffs should be a sequence of length larger than 0")
        if cutoffs != sorted({int(c) for c in cutoffs}) or cutoffs[0] <= 0 or cutoffs[-1] > n_classes - 1:
            raise ValueError(
                "cutoffs should be a sequence of unique, positive integers sorted in an increasing order, where "
                "each value is between 1 and n_classes-1"
            )
        self.in_features = in_features
        self.n_classes = n_classes
        self.cutoffs = [*cutoffs, n_classes]
        self.div_value = div_value
        self.head_bias = head_bias
        self.shortlist_size = self.cutoffs[0]
        self.n_clusters = len(self.cutoffs) - 1
        self.head_size = self.shortlist_size + self.n_clusters
        self.head = Linear(in_features, self.head_size, head_bias, device, dtype)
        self.tail = ModuleList()
        for i, (low, high) in enumerate(itertools.pairwise(self.cutoffs), 1):
            width = int(in_features // div_value**i)
            self.tail.append(
                Sequential(
                    Linear(in_features, width, False, device, dtype), Linear(width, high - low, False, device, dtype)
                )
            )

    def reset_parameters(self) -> None:
        """Draw new parameters, in the order of the layers."""
        self.head.reset_parameters()
        for narrow, wide in self.tail:
            narrow.reset_parameters()
            wide.reset_parameters()

    def forward(self, input_: Any, target_: Any) -> Any:
        if target_.ndim > 1:
            raise RuntimeError("0D or 1D target tensor expected, multi-target not supported")
        if target_.ndim == 1 and len(input_) != len(target_):
            raise RuntimeError("Input and target should have the same size in the batch dimension.")
        if input_.ndim != target_.ndim + 1:
            raise RuntimeError(
                f"{target_.ndim}D target tensor expects {target_.ndim + 1}D input tensors, "
                f"but found inputs with size {input_.size()}"
            )
        x, target = (input_, target_) if target_.ndim else (input_[None], target_[None])
        indices = target.array
        if indices.size and not 0 <= indices.min() <= indices.max() < self.n_classes:
            raise RuntimeError(
                f"Target values should be in [0, {self.n_classes - 1}], "
                f"but values in range [{indices.min()}, {indices.max()}] were found. "
            )
        cluster = np.searchsorted(self.cutoffs, indices, "right")  # 0 is the head itself
        place = np.where(cluster > 0, self.shortlist_size + cluster - 1, indices)
        output = pick(F.log_softmax(self.head(x), 1), place)
        for i, low in enumerate(self.cutoffs[:-1], 1):
            (members,) = np.nonzero(cluster == i)
            if len(members):
                rows = wrap(members)
                within = pick(F.log_softmax(self.tail[i - 1](x[rows]), 1), indices[members] - low)
                output = output.index_add(0, rows, within)
        loss = (-output).mean()
        return _ASMoutput(output if target_.ndim else output[0], loss)

    def _get_full_log_prob(self, input: Any, head_output: Any) -> Any:
        """The log-probabilities of all classes, (N, n_classes)."""
        head, n = F.log_softmax(head_output, 1), self.shortlist_size
        clusters = [F.log_softmax(layer(input), 1) + head[:, n + i, None] for i, layer in enumerate(self.tail)]
        return cat([head[:, :n], *clusters], 1)

    def log_prob(self, input: Any) -> Any:
        """The log-probabilities of all classes: (N, in_features) -> (N, n_classes)."""
        return self._get_full_log_prob(input, self.head(input))

    def predict(self, input: Any) -> Any:
        """The most probable classes, (N): as ``log_prob(input).argmax(1)``, without clusters where the head decides."""
        scores = self.head(input)
        best = scores.argmax(1)
        rare = best >= self.shortlist_size
        if rare.any():
            best[rare] = self._get_full_log_prob(input[rare], scores[rare]).argmax(1)
        return best
