"""Losses on what should differ by a margin, as modules; what each computes is in `microgradx.nn.functional`."""

from collections.abc import Callable
from typing import Any

from microgradx.nn import functional as F
from microgradx.nn.distance import PairwiseDistance
from microgradx.nn.loss import _Loss, _WeightedLoss

__all__ = [
    "CosineEmbeddingLoss",
    "HingeEmbeddingLoss",
    "MarginRankingLoss",
    "MultiLabelMarginLoss",
    "MultiLabelSoftMarginLoss",
    "MultiMarginLoss",
    "SoftMarginLoss",
    "TripletMarginLoss",
    "TripletMarginWithDistanceLoss",
]


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


class TripletMarginWithDistanceLoss(_Loss):
    """`TripletMarginLoss` with any distance.

    Args:
        distance_function: A function of two tensors; by default `PairwiseDistance`.
        margin: By how much nearer.
        swap: Use the distance from positive to negative where that is the smaller.
        reduction: ``"mean"``, ``"sum"`` or ``"none"``.

    Raises: ValueError: the margin is not positive.
    Source: ``torch.nn.TripletMarginWithDistanceLoss``.

    Example:
        >>> taxi = mgx.nn.TripletMarginWithDistanceLoss(distance_function=lambda x, y: (x - y).abs().sum(-1))
        >>> taxi(mgx.zeros(2), mgx.tensor([1.0, 2.0]), mgx.tensor([2.5, 0.0]))
        tensor(1.5000)
    """

    def __init__(
        self,
        *,
        distance_function: Callable[[Any, Any], Any] | None = None,
        margin: float = 1.0,
        swap: bool = False,
        reduction: str = "mean",
    ) -> None:
        super().__init__(reduction=reduction)
        if margin <= 0:
            raise ValueError(
                f"TripletMarginWithDistanceLoss: expected margin to be greater than 0, got {margin} instead"
            )
        self.distance_function = PairwiseDistance() if distance_function is None else distance_function
        self.margin = margin
        self.swap = swap

    def forward(self, anchor: Any, positive: Any, negative: Any) -> Any:
        return F.triplet_margin_with_distance_loss(
            anchor, positive, negative, distance_function=self.distance_function, margin=self.margin, swap=self.swap,
            reduction=self.reduction,
        )  # fmt: skip


class HingeEmbeddingLoss(_Loss):
    """A distance itself where the target is 1 (alike), how far it is below ``margin`` where it is -1 (not alike).

    Source: ``torch.nn.HingeEmbeddingLoss``.

    Example:
        >>> mgx.nn.HingeEmbeddingLoss(reduction="none")(mgx.tensor([0.2, 0.3]), mgx.tensor([1, -1]))
        tensor([0.2000, 0.7000])
    """

    def __init__(
        self, margin: float = 1.0, size_average: Any = None, reduce: Any = None, reduction: str = "mean"
    ) -> None:
        super().__init__(size_average, reduce, reduction)
        self.margin = margin

    def forward(self, input: Any, target: Any) -> Any:
        return F.hinge_embedding_loss(input, target, margin=self.margin, reduction=self.reduction)


class SoftMarginLoss(_Loss):
    """``log(1 + exp(-target · input))``, for scores whose sign should be that of the target, 1 or -1.

    Units: nats.
    Source: ``torch.nn.SoftMarginLoss``.

    Example:
        >>> mgx.nn.SoftMarginLoss()(mgx.tensor([0.0]), mgx.tensor([1.0]))
        tensor(0.6931)
    """

    def forward(self, input: Any, target: Any) -> Any:
        return F.soft_margin_loss(input, target, reduction=self.reduction)


class MultiMarginLoss(_WeightedLoss):
    """How far the right class's score misses leading every other one by ``margin``, averaged over the classes.

    Args:
        p: 1, or 2 for squares.
        margin: By how much.
        weight: A weight for each class.
        reduction: ``"mean"``, ``"sum"`` or ``"none"``.

    Shape:
        (N, C), (N) -> (), or (N) with ``reduction="none"``; (C), () -> ().

    Raises: ValueError: another p, or weights that are not one-dimensional.
    Source: ``torch.nn.MultiMarginLoss``.

    Example:
        >>> mgx.nn.MultiMarginLoss()(mgx.tensor([[0.1, 0.2, 0.4, 0.8]]), mgx.tensor([3]))
        tensor(0.3250)
    """

    def __init__(
        self,
        p: int = 1,
        margin: float = 1.0,
        weight: Any = None,
        size_average: Any = None,
        reduce: Any = None,
        reduction: str = "mean",
    ) -> None:
        super().__init__(weight, size_average, reduce, reduction)
        if p not in (1, 2):
            raise ValueError("only p == 1 and p == 2 supported")
        if weight is not None and weight.ndim != 1:
            raise ValueError(f"MultiMarginLoss: expected weight to be None or 1D tensor, got {weight.ndim}D instead")
        self.p = p
        self.margin = margin

    def forward(self, input: Any, target: Any) -> Any:
        return F.multi_margin_loss(input, target, self.p, self.margin, self.weight, reduction=self.reduction)


class MultiLabelMarginLoss(_Loss):
    """How far each right class's score misses leading each wrong one's by 1; targets list the right classes, then -1.

    Shape:
        (N, C), (N, C) -> (), or (N) with ``reduction="none"``; (C), (C) -> ().

    Source: ``torch.nn.MultiLabelMarginLoss``.

    Example:
        >>> mgx.nn.MultiLabelMarginLoss()(mgx.tensor([[0.1, 0.2, 0.4, 0.8]]), mgx.tensor([[3, 0, -1, 1]]))
        tensor(0.8500)
    """

    def forward(self, input: Any, target: Any) -> Any:
        return F.multilabel_margin_loss(input, target, reduction=self.reduction)


class MultiLabelSoftMarginLoss(_WeightedLoss):
    """The cross-entropy of each class's yes or no, from scores, averaged over the classes.

    Args:
        weight: A weight for each class.
        reduction: ``"mean"``, ``"sum"`` or ``"none"``.

    Shape:
        (..., C), (..., C) -> (), or (...) with ``reduction="none"``.

    Units: nats.
    Source: ``torch.nn.MultiLabelSoftMarginLoss``.

    Example:
        >>> mgx.nn.MultiLabelSoftMarginLoss()(mgx.tensor([[0.0, 3.0]]), mgx.tensor([[1.0, 1.0]]))
        tensor(0.3709)
    """

    def forward(self, input: Any, target: Any) -> Any:
        return F.multilabel_soft_margin_loss(input, target, weight=self.weight, reduction=self.reduction)
