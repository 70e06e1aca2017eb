"""Maps that are linear in each of two inputs."""

from __future__ import annotations

from typing import Any

from microgradx.ops.einsum import einsum
from microgradx.ops.face import check_tensor


def bilinear(input1: Any, input2: Any, weight: Any, bias: Any = None) -> Any:
    """``out[k] = input1ᵀ · weight[k] · input2 + bias[k]``: one number of two vectors for each matrix of ``weight``.

    Args:
        input1: Vectors along the last dimension.
        input2: As many vectors, which may have another length.
        weight: A matrix for each number of the result.
        bias: What is added to each number, or None.

    Shape:
        (..., n), (..., m), (o, n, m), (o) -> (..., o)

    Derivative: with G = ``weight · g`` summed over o, input1 gets ``G · input2``, and input2 ``Gᵀ · input1``; weight[k]
        gets ``g[k] · input1 · input2ᵀ``, bias g.
    Raises: RuntimeError: shapes or dtypes do not go together.
    Source: ``torch.nn.functional.bilinear``.

    Example:
        >>> x, y = mgx.tensor([1.0, 2.0]), mgx.tensor([3.0, 5.0])
        >>> mgx.nn.functional.bilinear(x, y, mgx.ones(1, 2, 2))
        tensor([24.])
    """
    x, y = check_tensor("bilinear", input1, "input1"), check_tensor("bilinear", input2, "input2", 2)
    w = check_tensor("bilinear", weight, "weight", 3)
    dtypes = {t.dtype for t in (x, y, w)}
    if len(dtypes) > 1:
        raise RuntimeError(f"bilinear(): expected operands of one dtype, got {x.dtype}, {y.dtype} and {w.dtype}")
    if w.ndim != 3:
        raise RuntimeError(f"bilinear(): expected a weight (o, n, m), got shape {list(w.shape)}")
    if x.ndim != y.ndim:
        raise RuntimeError(f"bilinear(): input dimensions do not match: got {x.ndim} and {y.ndim}")
    if not x.ndim:
        raise IndexError("bilinear(): expected vectors, got numbers; unsqueeze(0) makes a vector of a number")
    for i, (n, m) in enumerate(zip(x.array.shape[:-1], y.array.shape[:-1])):
        if n != m:
            raise RuntimeError(f"bilinear(): input batch dimensions do not match at dim {i}: got {n} and {m}")
    for name, t, n in (("input1", x, w.array.shape[1]), ("input2", y, w.array.shape[2])):
        if t.array.shape[-1] != n:
            raise RuntimeError(
                f"bilinear(): {name} size does not match weight size: got {t.array.shape[-1]} but expected {n}"
            )
    if bias is None:
        return einsum("...i,oij,...j->...o", x, w, y)
    if bias.array.shape != w.array.shape[:1]:
        raise RuntimeError(
            f"bilinear(): bias size does not match weight size: got {list(bias.shape)} but expected {list(w.shape[:1])}"
        )
    return einsum("...i,oij,...j->...o", x, w, y) + bias
