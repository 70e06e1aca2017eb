"""Losses as modules; what each computes is in `microgradx.nn.functional`.

All take ``reduction``: ``"mean"``, ``"sum"``, or ``"none"`` for the loss of each element. The older
``size_average`` and ``reduce`` are understood too.
"""

import warnings
from typing import Any

from microgradx.nn import functional as F
from microgradx.nn.functional.loss import reduction_of
from microgradx.nn.module import Module

__all__ = [
    "BCELoss",
    "BCEWithLogitsLoss",
    "CrossEntropyLoss",
    "HuberLoss",
    "KLDivLoss",
    "L1Loss",
    "MSELoss",
    "NLLLoss",
    "NLLLoss2d",
    "SmoothL1Loss",
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


class NLLLoss2d(NLLLoss):
    """Old name of `NLLLoss`, which takes pictures too."""

    def __init__(
        self,
        weight: Any = None,
        size_average: Any = None,
        ignore_index: int = -100,
        reduce: Any = None,
        reduction: str = "mean",
    ) -> None:
        warnings.warn(
            "`NLLLoss2d` has been deprecated. Please use `NLLLoss` instead as a drop-in replacement and see "
            "https://pytorch.org/docs/main/nn.html#torch.nn.NLLLoss for more details.",
            FutureWarning,
            stacklevel=2,
        )
        super().__init__(weight, size_average, ignore_index, reduce, reduction)


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
