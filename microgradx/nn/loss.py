"""Losses as modules; what each computes is in `microgradx.nn.functional`.

All take ``reduction``: ``"mean"``, ``"sum"``, or ``"none"`` for the loss of each element. The older
``size_average`` and ``reduce`` are understood too.
"""

from typing import Any

from microgradx.nn import functional as F
from microgradx.nn.functional.loss import reduction_of
from microgradx.nn.module import Module

__all__ = [
    "BCELoss",
    "BCEWithLogitsLoss",
    "CosineEmbeddingLoss",
    "CrossEntropyLoss",
    "HuberLoss",
    "KLDivLoss",
    "L1Loss",
    "MSELoss",
    "MarginRankingLoss",
    "NLLLoss",
    "SmoothL1Loss",
    "TripletMarginLoss",
]


class _Loss(Module):
    def __init__(self, size_average: Any = None, reduce: Any = None, reduction: str = "mean") -> None:
        super().__init__()
        is_old = size_average is not None or reduce is not None
        self.reduction = reduction_of(reduction, size_average, reduce) if is_old else reduction


class _WeightedLoss(_Loss):
    def __init__(
        self, weight: Any = None, size_average: Any = None, reduce: Any = None, reduction: str = "mean"
    ) -> None:
        super().__init__(size_average, reduce, reduction)
        self.register_buffer("weight", weight)


class MSELoss(_Loss):
    """The square of the difference of input and target.

    Args:
        reduction: ``"mean"``, ``"sum"`` or ``"none"``.

    Shape:
        (...), (...) -> (), or (...) with ``reduction="none"``.

    Source: ``torch.nn.MSELoss``.

    Example:
        >>> mgx.nn.MSELoss()(mgx.tensor([1.0, 2.0]), mgx.tensor([0.0, 0.0]))
        tensor(2.5000)
    """

    def forward(self, input: Any, target: Any) -> Any:
        return F.mse_loss(input, target, reduction=self.reduction)


class L1Loss(_Loss):
    """The absolute difference of input and target; arguments as in `MSELoss`. Source: ``torch.nn.L1Loss``."""

    def forward(self, input: Any, target: Any) -> Any:
        return F.l1_loss(input, target, reduction=self.reduction)


class SmoothL1Loss(_Loss):
    """Quadratic for differences below ``beta``, linear above.

    Source: ``torch.nn.SmoothL1Loss``.

    Example:
        >>> mgx.nn.SmoothL1Loss(reduction="none")(mgx.tensor([0.5, 3.0]), mgx.zeros(2))
        tensor([0.1250, 2.5000])
    """

    def __init__(
        self, size_average: Any = None, reduce: Any = None, reduction: str = "mean", beta: float = 1.0
    ) -> None:
        super().__init__(size_average, reduce, reduction)
        self.beta = beta

    def forward(self, input: Any, target: Any) -> Any:
        return F.smooth_l1_loss(input, target, reduction=self.reduction, beta=self.beta)


class HuberLoss(_Loss):
    """``delta`` times the `SmoothL1Loss` with ``beta=delta``.

    Raises: TypeError: ``delta`` is no number.
    Source: ``torch.nn.HuberLoss``.

    Example:
        >>> mgx.nn.HuberLoss(delta=2.0)(mgx.tensor(5.0), mgx.tensor(0.0))
        tensor(8.)
    """

    def __init__(self, reduction: str = "mean", delta: float = 1.0) -> None:
        if not isinstance(delta, (float, int)):
            raise TypeError(f"delta must be a float or int, got: {type(delta)}")
        super().__init__(reduction=reduction)
        self.delta = delta

    def forward(self, input: Any, target: Any) -> Any:
        return F.huber_loss(input, target, reduction=self.reduction, delta=self.delta)


class CrossEntropyLoss(_WeightedLoss):
    """The negative log-probability of the right class, from scores (logits) that need no softmax.

    Args:
        weight: A weight for each class.
        ignore_index: Targets of this value do not count.
        reduction: ``"mean"`` (weighted), ``"sum"`` or ``"none"``.
        label_smoothing: How much of the target's probability is spread over all classes, from 0 to 1.

    Shape:
        input (C), (N, C) or (N, C, ...); target of class indices () or (N, ...), or probabilities of the input's
        shape -> (), or the shape of the indices with ``reduction="none"``.

    Units: nats.
    Source: ``torch.nn.CrossEntropyLoss``.

    Example:
        >>> scores = mgx.tensor([[2.0, 0.0], [0.0, 0.0]])
        >>> mgx.nn.CrossEntropyLoss(reduction="none")(scores, mgx.tensor([0, 1]))
        tensor([0.1269, 0.6931])
    """

    def __init__(
        self,
        weight: Any = None,
        size_average: Any = None,
        ignore_index: int = -100,
        reduce: Any = None,
        reduction: str = "mean",
        label_smoothing: float = 0.0,
    ) -> None:
        super().__init__(weight, size_average, reduce, reduction)
        self.ignore_index = ignore_index
        self.label_smoothing = label_smoothing

    def forward(self, input: Any, target: Any) -> Any:
        return F.cross_entropy(
            input, target, weight=self.weight, ignore_index=self.ignore_index, reduction=self.reduction,
            label_smoothing=self.label_smoothing,
        )  # fmt: skip


class NLLLoss(_WeightedLoss):
    """The negative of the right class's entry, of input that holds log-probabilities.

    Arguments and shapes are those of `CrossEntropyLoss`, which is this after `LogSoftmax`.

    Source: ``torch.nn.NLLLoss``.

    Example:
        >>> mgx.nn.NLLLoss()(mgx.tensor([[-0.1, -2.4]]), mgx.tensor([0]))
        tensor(0.1000)
    """

    def __init__(
        self,
        weight: Any = None,
        size_average: Any = None,
        ignore_index: int = -100,
        reduce: Any = None,
        reduction: str = "mean",
    ) -> None:
        super().__init__(weight, size_average, reduce, reduction)
        self.ignore_index = ignore_index

    def forward(self, input: Any, target: Any) -> Any:
        return F.nll_loss(input, target, weight=self.weight, ignore_index=self.ignore_index, reduction=self.reduction)


class BCELoss(_WeightedLoss):
    """Cross-entropy of two classes: ``-(t log p + (1 - t) log(1 - p))`` for probabilities ``p``.

    Args:
        weight: A weight for each element, broadcast.
        reduction: ``"mean"``, ``"sum"`` or ``"none"``.

    Units: nats.
    Source: ``torch.nn.BCELoss``. `BCEWithLogitsLoss` loses fewer digits.

    Example:
        >>> mgx.nn.BCELoss()(mgx.tensor([0.5]), mgx.tensor([1.0]))
        tensor(0.6931)
    """

    def forward(self, input: Any, target: Any) -> Any:
        return F.binary_cross_entropy(input, target, weight=self.weight, reduction=self.reduction)


class BCEWithLogitsLoss(_Loss):
    """`BCELoss` of ``sigmoid(input)``, without loss of digits.

    Args:
        weight: A weight for each element, broadcast.
        reduction: ``"mean"``, ``"sum"`` or ``"none"``.
        pos_weight: A weight for the targets that are 1, broadcast.

    Units: nats.
    Source: ``torch.nn.BCEWithLogitsLoss``.

    Example:
        >>> mgx.nn.BCEWithLogitsLoss()(mgx.tensor([0.0, 100.0]), mgx.tensor([1.0, 1.0]))
        tensor(0.3466)
    """

    def __init__(
        self,
        weight: Any = None,
        size_average: Any = None,
        reduce: Any = None,
        reduction: str = "mean",
        pos_weight: Any = None,
    ) -> None:
        super().__init__(size_average, reduce, reduction)
        self.register_buffer("weight", weight)
        self.register_buffer("pos_weight", pos_weight)

    def forward(self, input: Any, target: Any) -> Any:
        return F.binary_cross_entropy_with_logits(
            input, target, self.weight, pos_weight=self.pos_weight, reduction=self.reduction
        )


class KLDivLoss(_Loss):
    """The divergence ``t (log t - x)`` of a distribution ``t`` from one whose logarithm is the input ``x``.

    Args:
        reduction: ``"batchmean"`` (the sum, divided by the first dimension: the divergence as it is defined),
            ``"mean"``, ``"sum"`` or ``"none"``.
        log_target: Whether the target is a logarithm as well.

    Units: nats.
    Source: ``torch.nn.KLDivLoss``.

    Example:
        >>> half = mgx.tensor([[0.5, 0.5]])
        >>> mgx.nn.KLDivLoss(reduction="batchmean")(half.log(), mgx.tensor([[1.0, 0.0]]))
        tensor(0.6931)
    """

    def __init__(
        self,
        size_average: Any = None,
        reduce: Any = None,
        reduction: str = "mean",
        log_target: bool = False,
    ) -> None:
        super().__init__(size_average, reduce, reduction)
        self.log_target = log_target

    def forward(self, input: Any, target: Any) -> Any:
        return F.kl_div(input, target, reduction=self.reduction, log_target=self.log_target)


class MarginRankingLoss(_Loss):
    """How far the first of two scores misses being larger (target 1) or smaller (-1) than the second by ``margin``.

    Source: ``torch.nn.MarginRankingLoss``.

    Example:
        >>> mgx.nn.MarginRankingLoss(0.5)(mgx.tensor([2.0]), mgx.tensor([5.0]), mgx.tensor([1]))
        tensor(3.5000)
    """

    def __init__(
        self, margin: float = 0.0, size_average: Any = None, reduce: Any = None, reduction: str = "mean"
    ) -> None:
        super().__init__(size_average, reduce, reduction)
        self.margin = margin

    def forward(self, input1: Any, input2: Any, target: Any) -> Any:
        return F.margin_ranking_loss(input1, input2, target, self.margin, reduction=self.reduction)


class TripletMarginLoss(_Loss):
    """How far the positive misses being nearer to the anchor, by ``margin``, than the negative is.

    Args:
        margin: By how much nearer.
        p: The norm of the distances.
        eps: Keeps them off 0.
        swap: Use the distance from positive to negative where that is the smaller.
        size_average: Old spelling of ``reduction``.
        reduce: Old spelling of ``reduction``.
        reduction: ``"mean"``, ``"sum"`` or ``"none"``.

    Shape:
        Three times (N, D) or (D) -> (), or (N) or () with ``reduction="none"``.

    Raises: ValueError: the margin is not positive.
    Source: ``torch.nn.TripletMarginLoss``.

    Example:
        >>> a, p, n = mgx.zeros(1, 2), mgx.tensor([[0.0, 3.0]]), mgx.tensor([[2.5, 0.0]])
        >>> mgx.nn.TripletMarginLoss()(a, p, n)
        tensor(1.5000)
    """

    def __init__(
        self,
        margin: float = 1.0,
        p: float = 2.0,
        eps: float = 1e-6,
        swap: bool = False,
        size_average: Any = None,
        reduce: Any = None,
        reduction: str = "mean",
    ) -> None:
        super().__init__(size_average, reduce, reduction)
        if margin <= 0:
            raise ValueError(f"TripletMarginLoss: expected margin to be greater than 0, got {margin} instead")
        self.margin = margin
        self.p = p
        self.eps = eps
        self.swap = swap

    def forward(self, anchor: Any, positive: Any, negative: Any) -> Any:
        return F.triplet_margin_loss(
            anchor, positive, negative, self.margin, self.p, self.eps, self.swap, reduction=self.reduction
        )


class CosineEmbeddingLoss(_Loss):
    """``1 - cos`` for vectors that should have one direction (target 1), ``max(0, cos - margin)`` for others (-1).

    Source: ``torch.nn.CosineEmbeddingLoss``.

    Example:
        >>> x, y = mgx.tensor([[1.0, 0.0]]), mgx.tensor([[0.0, 2.0]])
        >>> mgx.nn.CosineEmbeddingLoss()(x, y, mgx.tensor([1]))
        tensor(1.)
    """

    def __init__(
        self, margin: float = 0.0, size_average: Any = None, reduce: Any = None, reduction: str = "mean"
    ) -> None:
        super().__init__(size_average, reduce, reduction)
        self.margin = margin

    def forward(self, input1: Any, input2: Any, target: Any) -> Any:
        return F.cosine_embedding_loss(input1, input2, target, self.margin, reduction=self.reduction)
