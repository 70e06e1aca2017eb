"""Statistics of samples: how often and where values fall, quantiles, covariance."""

from __future__ import annotations

import warnings
from typing import Any, Literal

import numpy as np

from microgradx.graph import Array, Variable, wrap
from microgradx.ops.elementwise import clamp, lerp, masked_fill
from microgradx.ops.face import axis_of, check_tensor, face
from microgradx.ops.indexing import gather
from microgradx.ops.scatter import scatter_add
from microgradx.ops.shape import diag, movedim
from microgradx.ops.sorting import sort
from microgradx.views import legacy_name

# ---------------------------------------------------------------- counting


@face
def bincount(input: Any, weights: Any = None, minlength: int = 0) -> Any:
    """How often each of the numbers 0, 1, 2, ... occurs; or the sums of their weights.

    Args:
        input: (n,), integers, none negative.
        weights: (n,): what each occurrence counts; by default 1.
        minlength: The length of the result at least; by default it ends with the greatest number.

    Derivative: ``weights`` gets ``g`` at the place of each number. (PyTorch has none.)
    Raises: RuntimeError: numbers or weights that are others. NotImplementedError: no integers.
    Source: ``torch.bincount``.

    Example:
        A confusion matrix, of what is and what was predicted:

        >>> is_, predicted = mgx.tensor([0, 0, 1, 1]), mgx.tensor([0, 1, 1, 1])
        >>> (2 * is_ + predicted).bincount(minlength=4).reshape(2, 2)
        tensor([[1, 1],
                [0, 2]])
    """
    x = check_tensor("bincount", input).array
    if x.dtype.kind in "fb":
        raise NotImplementedError(f"\"bincount_cpu\" not implemented for '{legacy_name(x.dtype.name)}'")
    if x.ndim != 1 or (x < 0).any():
        raise RuntimeError("bincount only supports 1-d non-negative integral inputs.")
    if minlength < 0:
        raise RuntimeError("minlength should be >= 0")
    if weights is None or not x.size:
        return wrap(np.bincount(x, minlength=minlength).astype(np.int64))
    if check_tensor("bincount", weights, "weights", 2).shape != input.shape:
        raise RuntimeError("weights should be 1-d and have the same length as input")
    weights = weights if weights.array.dtype == np.float32 else weights.double()
    sums = wrap(np.zeros(max(minlength, int(x.max()) + 1), weights.array.dtype))
    return scatter_add(sums, 0, input.long(), weights)


@face(method=False)
def searchsorted(
    sorted_sequence: Any,
    input: Any,
    *,
    out_int32: bool = False,
    right: bool = False,
    side: str | None = None,
    sorter: Any = None,
) -> Any:
    """Where values would have to be inserted, so that a sorted sequence stays sorted.

    Args:
        sorted_sequence: (n,); or (..., n), a sequence for each row of ``input``.
        input: Values of any shape, or a number; or (..., m).
        out_int32: The result consists of int32.
        right: Behind what is equal, not before.
        side: The same as a word: ``"left"`` or ``"right"``.
        sorter: The order in which the sequence is sorted, as `argsort` returns it.

    Shape: that of ``input``.
    Raises: RuntimeError: shapes do not fit, or ``side`` contradicts ``right``.
    Source: ``torch.searchsorted``.

    Example:
        >>> mgx.searchsorted(mgx.tensor([1.0, 3.0, 5.0]), mgx.tensor([0.0, 3.0, 9.0]))
        tensor([0, 1, 3])
    """
    sequence = check_tensor("searchsorted", sorted_sequence, "sorted_sequence").array
    values: Any = input.array if isinstance(input, Variable) else np.asarray(input)
    if side not in (None, "left", "right"):
        raise RuntimeError(f"torch.searchsorted(): side can only be 'left' or 'right' but got {side}")
    if right and side == "left":
        raise RuntimeError(
            "torch.searchsorted(): side and right can't be set to opposites, got side of left while right was True"
        )
    if not sequence.ndim:
        raise RuntimeError(
            "torch.searchsorted(): boundaries tensor should have positive dimension, but got 0 dimension"
        )
    if sequence.ndim > 1 and sequence.shape[:-1] != values.shape[:-1]:
        raise RuntimeError(
            "torch.searchsorted(): boundaries tensor should be 1 dimension or the first N-1 dimensions of boundaries tensor "
            f"and input value tensor must match, but we got boundaries tensor {list(sequence.shape)} and input value tensor "
            f"{list(values.shape)}"
        )
    if sorter is not None:
        sequence = np.take_along_axis(sequence, sorter.array, -1)
    edge: Literal["left", "right"] = "right" if right or side == "right" else "left"
    if sequence.ndim == 1:
        places = np.searchsorted(sequence, values, edge)
    else:
        places = np.empty(values.shape, np.int64)
        for row in np.ndindex(sequence.shape[:-1]):
            places[row] = np.searchsorted(sequence[row], values[row], edge)
    return wrap(np.asarray(places, np.int32 if out_int32 else np.int64))


@face(method=False)
def bucketize(input: Any, boundaries: Any, *, out_int32: bool = False, right: bool = False) -> Any:
    """In which of the intervals between sorted boundaries values are: 0 up to the first one, and so on.

    Args:
        input: Values of any shape, or a number.
        boundaries: (n,), sorted.
        out_int32: The result consists of int32.
        right: A value that equals a boundary belongs to the interval above it.

    Raises: RuntimeError: the boundaries are no sequence.
    Source: ``torch.bucketize``.

    Example:
        >>> mgx.bucketize(mgx.tensor([3, 18, 70]), mgx.tensor([12, 18, 65]))
        tensor([0, 1, 3])
    """
    if check_tensor("bucketize", boundaries, "boundaries", 2).ndim != 1:
        raise RuntimeError(f"boundaries tensor must be 1 dimension, but got dim({boundaries.ndim})")
    return searchsorted(boundaries, input, out_int32=out_int32, right=right)


# ---------------------------------------------------------------- quantiles

INTERPOLATIONS = ("linear", "lower", "higher", "midpoint", "nearest")


@face
def quantile(
    input: Any, q: Any, dim: int | None = None, keepdim: bool = False, *, interpolation: str = "linear"
) -> Any:
    """The value below which the part ``q`` of the elements is: 0.5 is the median; NaN where there is a NaN.

    Args:
        input: A float32 or float64 tensor with elements.
        q: From 0 to 1: a number, or a tensor (k,) of several.
        dim: The dimension along which elements are ordered; by default all elements.
        keepdim: Keep the reduced dimension with size 1.
        interpolation: What is between two elements: ``"linear"``, ``"lower"``, ``"higher"``, ``"midpoint"`` or
            ``"nearest"``.

    Shape: as of `mean`; with several ``q``, (k, ...).
    Derivative: ``g`` goes to the two elements, by their nearness.
    Raises: RuntimeError: arguments that are others.
    Source: ``torch.quantile``.

    Example:
        >>> mgx.arange(5.0).quantile(mgx.tensor([0.25, 0.9]))
        tensor([1.0000, 3.6000])
    """
    x = check_tensor("quantile", input)
    if x.array.dtype not in (np.float32, np.float64):
        raise RuntimeError("quantile() input tensor must be either float or double dtype")
    if interpolation not in INTERPOLATIONS:
        raise RuntimeError(
            f"quantile() interpolation must be one of {', '.join(INTERPOLATIONS[:-1])} or {INTERPOLATIONS[-1]}, but got {interpolation}"
        )
    if isinstance(q, Variable):
        if q.array.ndim > 1:
            raise RuntimeError("quantile() q must be a scalar or 1D tensor")
        if q.array.dtype != x.array.dtype:
            raise RuntimeError("quantile() q tensor must be same dtype as the input tensor")
    elif not 0 <= q <= 1:
        raise RuntimeError(f"quantile() q must be in the range [0, 1] but got {q}")
    else:
        q = wrap(np.asarray(q, x.array.dtype))
    if not ((q.array >= 0) & (q.array <= 1)).all():
        raise RuntimeError("quantile() q values must be in the range [0, 1]")
    if not x.array.size:
        raise RuntimeError("quantile() input tensor must be non-empty")
    if dim is None:
        shape = (1,) * x.ndim if keepdim else ()
        rows = x.reshape(-1)
    else:
        axis = axis_of(dim, x.ndim)
        rows = movedim(x if x.ndim else x.reshape(1), axis, -1)
        shape = (*x.shape[:axis], *(1,) * (keepdim and x.ndim > 0), *x.shape[axis + 1 :])
    found = at_ranks(sort(rows)[0], q.reshape(-1), interpolation)  # (..., k)
    found = movedim(found, -1, 0).reshape(-1, *shape)
    return found if q.ndim else found.reshape(shape)


def at_ranks(ordered: Any, q: Any, interpolation: str) -> Any:
    """The quantiles of each ordered row, along the last dimension."""
    last = ordered.array.shape[-1] - 1
    broken = np.isnan(ordered.array[..., -1:])  # a nan is ordered last
    ranks = masked_fill((q * last).expand(*ordered.shape[:-1], -1), broken, last)
    if interpolation == "nearest":
        return gather(ordered, -1, wrap(np.rint(ranks.array).astype(np.int64)))
    below, above = (wrap(rounded(ranks.array).astype(np.int64)) for rounded in (np.floor, np.ceil))
    low, high = (gather(ordered, -1, place) for place in (below, above))
    if interpolation in ("lower", "higher"):
        return low if interpolation == "lower" else high
    if interpolation == "midpoint":
        return lerp(low, high, 0.5)
    return lerp(low, high, ranks - below)


# ---------------------------------------------------------------- covariance


@face
def cov(input: Any, *, correction: int = 1, fweights: Any = None, aweights: Any = None) -> Any:
    """The covariance of variables, the rows, of which the columns are observations.

    Args:
        input: (n, m); or (m,), or a number: one variable.
        correction: What is subtracted from the number of observations, by which the sums are divided.
        fweights: (m,), integers: how often each observation was made.
        aweights: (m,), floats: how much each observation counts.

    Shape: (n, n); of one variable ().
    Raises: RuntimeError: more dimensions, bools, or weights that are others.
    Source: ``torch.cov``.

    Example:
        >>> mgx.tensor([[0.0, 1.0, 2.0], [2.0, 1.0, 0.0]]).cov()
        tensor([[ 1., -1.],
                [-1.,  1.]])
    """
    x = check_tensor("cov", input)
    if x.ndim > 2:
        raise RuntimeError(
            f"cov(): expected input to have two or fewer dimensions but got an input with {x.ndim} dimensions"
        )
    if x.array.dtype.kind == "b":
        raise RuntimeError("cov(): bool dtype is not supported for input")
    x = x if x.ndim == 2 else x.reshape(1, -1)
    count = x.shape[1]
    check_weights("fweights", fweights, count, "iu", "integral")
    check_weights("aweights", aweights, count, "f", "floating point")
    weights = fweights if aweights is None else aweights if fweights is None else fweights * aweights
    if weights is None:
        mean, norm = x.sum(1, keepdim=True) / count if count else x.sum(1, keepdim=True), count - correction
        scaled = deviations = x - mean
    else:
        total = weights.sum()
        deviations = x - (x * weights).sum(1, keepdim=True) / total
        scaled = deviations * weights
        lost = correction if aweights is None else correction * (weights * aweights).sum() / total
        norm = total - lost
    if norm <= 0:
        warnings.warn(
            "cov(): degrees of freedom is <= 0. Correction should be strictly less than the number of observations.",
            stacklevel=2,
        )
        norm = 0 * norm
    product = deviations @ scaled.T
    divided = product / norm if isinstance(norm, Variable) or norm else product * float("nan")
    return divided if divided.shape != (1, 1) else divided.reshape(())


def check_weights(name: str, weights: Any, count: int, kinds: str, wanted: str) -> None:
    """Raise PyTorch's errors for weights of observations."""
    if weights is None:
        return
    array: Array = check_tensor("cov", weights, name).array
    if array.ndim > 1:
        raise RuntimeError(
            f"cov(): expected {name} to have one or fewer dimensions but got {name} with {array.ndim} dimensions"
        )
    if array.dtype.kind not in kinds:
        got = legacy_name(array.dtype.name)
        raise RuntimeError(f"cov(): expected {name} to have {wanted} dtype but got {name} with {got} dtype")
    if array.size != count:
        raise RuntimeError(
            f"cov(): expected {name} to have the same numel as there are observations in the input but got {array.size} != "
            f"{count}"
        )
    if (array < 0).any():
        raise RuntimeError(f"cov(): {name} cannot be negative")


@face
def corrcoef(input: Any) -> Any:
    """The correlations of variables, the rows: their covariance, divided by their standard deviations.

    Shape: (n, m) -> (n, n); of one variable ().
    Raises: RuntimeError: more than two dimensions.
    Source: ``torch.corrcoef``.

    Example:
        >>> mgx.tensor([[0.0, 1.0, 2.0], [2.0, 1.0, 0.0]]).corrcoef()
        tensor([[ 1., -1.],
                [-1.,  1.]])
    """
    if check_tensor("corrcoef", input).ndim > 2:
        raise RuntimeError(
            f"corrcoef(): expected input to have two or fewer dimensions but got an input with {input.ndim} dimensions"
        )
    c = cov(input)
    if not c.ndim:
        return c / c
    deviations = diag(c).sqrt()
    return clamp(c / deviations.reshape(-1, 1) / deviations.reshape(1, -1), -1, 1)
