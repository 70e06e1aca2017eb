"""How near two vectors are."""

from __future__ import annotations

from typing import Any

import numpy as np

from microgradx.dtypes import result_type
from microgradx.engine import cast
from microgradx.graph import wrap
from microgradx.ops.decompose import vector_norm
from microgradx.ops.face import check_tensor
from microgradx.ops.shape import broadcast_tensors


def cosine_similarity(x1: Any, x2: Any, dim: int = 1, eps: float = 1e-8) -> Any:
    """The cosine of the angle between vectors: 1 for the same direction, 0 for a right angle, -1 for opposite ones.

    Args:
        x1: Vectors along ``dim``.
        x2: Likewise; the two are broadcast.
        dim: The dimension of the vectors, which is reduced.
        eps: The least length that a vector is divided by.

    Derivative: with unit vectors u and v, x1 gets ``g · (v - (u · v) u) / ‖x1‖``.
    Raises: RuntimeError: the dtypes are not floating, or the shapes cannot be broadcast.
    Source: ``torch.nn.functional.cosine_similarity``.

    Example:
        >>> mgx.nn.functional.cosine_similarity(mgx.tensor([[1.0, 1.0]]), mgx.tensor([[2.0, 0.0]]))
        tensor([0.7071])
    """
    x, y = check_tensor("cosine_similarity", x1, "x1"), check_tensor("cosine_similarity", x2, "x2", 2)
    common = result_type(x, y)
    if not common.is_floating_point:
        raise RuntimeError(f"expected common dtype to be floating point, yet common dtype is {common}")
    x, y = broadcast_tensors(*(v if v.dtype == common else cast(v, common.numpy) for v in (x, y)))

    def direction(v: Any) -> Any:
        length = vector_norm(v, 2, dim, keepdim=True)
        short = np.maximum(eps - length.array, 0)  # a constant: as in PyTorch, the length's slope stays
        return v / (length + wrap(short.astype(length.array.dtype)))

    return (direction(x) * direction(y)).sum(dim)


def pairwise_distance(x1: Any, x2: Any, p: float = 2.0, eps: float = 1e-6, keepdim: bool = False) -> Any:
    """The length, by the norm p, of ``x1 - x2 + eps`` along the last dimension; eps keeps it off 0, where it has a kink.

    Source: ``torch.nn.functional.pairwise_distance``.

    Example:
        >>> mgx.nn.functional.pairwise_distance(mgx.tensor([[3.0, 4.0]]), mgx.zeros(1, 2))
        tensor([5.0000])
    """
    x, y = check_tensor("pairwise_distance", x1, "x1"), check_tensor("pairwise_distance", x2, "x2", 2)
    return vector_norm(x - y + eps, p, -1, keepdim)
