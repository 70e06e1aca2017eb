"""How near two vectors are: CosineSimilarity and PairwiseDistance."""

from typing import Any

from microgradx.nn import functional as F
from microgradx.nn.module import Module

__all__ = ["CosineSimilarity", "PairwiseDistance"]


class CosineSimilarity(Module):
    """The cosine of the angle between vectors along ``dim``; ``eps`` is the least length that they are divided by.

    Source: ``torch.nn.CosineSimilarity``.

    Example:
        >>> mgx.nn.CosineSimilarity()(mgx.tensor([[1.0, 0.0]]), mgx.tensor([[0.0, 2.0]]))
        tensor([0.])
    """

    def __init__(self, dim: int = 1, eps: float = 1e-8) -> None:
        super().__init__()
        self.dim = dim
        self.eps = eps

    def forward(self, x1: Any, x2: Any) -> Any:
        return F.cosine_similarity(x1, x2, self.dim, self.eps)


class PairwiseDistance(Module):
    """The length, by the norm p, of ``x1 - x2 + eps`` along the last dimension.

    Source: ``torch.nn.PairwiseDistance``.

    Example:
        >>> mgx.nn.PairwiseDistance(1)(mgx.tensor([[1.0, 0.0]]), mgx.tensor([[0.0, 2.0]]))
        tensor([3.])
    """

    def __init__(self, p: float = 2.0, eps: float = 1e-6, keepdim: bool = False) -> None:
        super().__init__()
        self.norm = p
        self.eps = eps
        self.keepdim = keepdim

    def forward(self, x1: Any, x2: Any) -> Any:
        return F.pairwise_distance(x1, x2, self.norm, self.eps, self.keepdim)
