"""Sums of products over named dimensions: einsum, and tensordot and inner, which are cases of it.

Two operands are multiplied in one way only: their dimensions are sorted into those that both keep (a batch),
those that are summed, and those of one operand alone; then it is a batch of matrix products. Everything here
is made of operations that know their derivatives.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from microgradx.engine import cast
from microgradx.ops.elementwise import multiply
from microgradx.ops.face import axes_of, check_tensor, face
from microgradx.ops.linalg import matmul, same_dtype
from microgradx.ops.reduction import kept_dtype, sum
from microgradx.ops.shape import diagonal, reorder

LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
"""The names that a dimension may have."""


def contract(x: Any, a: str, y: Any, b: str, keep: str) -> tuple[Any, str]:
    """The product of x, with dimensions named ``a``, and y, with ``b``, summed over all names not in ``keep``."""
    same_dtype(x.array, y.array)
    x, a = summed(x, a, b + keep)
    y, b = summed(y, b, a + keep)
    if x.array.dtype != y.array.dtype:  # the sum of small integers has become int64
        x, y = cast(x, np.int64), cast(y, np.int64)
    size = dict(zip(a, x.array.shape)) | {n: s for n, s in zip(b, y.array.shape) if s != 1 or n not in a}
    x, a = without_ones(x, a, b, size)
    y, b = without_ones(y, b, a, size)
    both = [n for n in a if n in b and n in keep]
    inner = [n for n in a if n in b and n not in keep]
    left, right = [n for n in a if n not in b], [n for n in b if n not in a]

    def arranged(v: Any, names: str, *groups: list[str]) -> Any:
        order = tuple(names.index(n) for group in groups for n in group)
        return np.reshape(reorder(v, order), tuple(math.prod(size[n] for n in group) for group in groups))

    out = matmul(arranged(x, a, both, left, inner), arranged(y, b, both, inner, right))
    names = "".join([*both, *left, *right])
    return np.reshape(out, tuple(size[n] for n in names)), names


def summed(x: Any, names: str, keep: str) -> tuple[Any, str]:
    """Summed over the dimensions whose names are not in ``keep``."""
    gone = tuple(i for i, n in enumerate(names) if n not in keep)
    return (sum(x, gone), "".join(n for n in names if n in keep)) if gone else (x, names)


def without_ones(x: Any, names: str, others: str, size: dict[str, int]) -> tuple[Any, str]:
    """Without the dimensions of size 1 that the other operand has larger: it is broadcast along them."""
    gone = [i for i, n in enumerate(names) if x.array.shape[i] == 1 and size[n] != 1 and n in others]
    kept = [i for i in range(len(names)) if i not in gone]
    return np.reshape(x, tuple(x.array.shape[i] for i in kept)), "".join(names[i] for i in kept)


@face(method=False)
def einsum(equation: Any, *operands: Any) -> Any:
    """Sum of products, by Einstein's convention: dimensions with the same letter go together.

    Args:
        equation: Letters for the dimensions of each operand, separated by commas, then ``->`` and the letters
            of the result; the other letters are summed. Without ``->`` the result has the letters that occur
            once, in alphabetical order. ``...`` stands for dimensions that are broadcast.
        operands: The tensors, or one sequence of them.

    Shape: ``"ij,jk->ik"``: (i, j), (j, k) -> (i, k)
    Derivative: for each operand the same sum, with ``g`` in its place.
    Raises: RuntimeError: letters and dimensions do not fit.
    Source: ``torch.einsum``; it multiplies from left to right.

    Example:
        >>> mgx.einsum("ij,j->i", mgx.tensor([[1.0, 2.0], [3.0, 4.0]]), mgx.tensor([1.0, 10.0]))
        tensor([21., 43.])
    """
    if not isinstance(equation, str):
        equation, operands = from_sublists((equation, *operands))
    if len(operands) == 1 and isinstance(operands[0], (tuple, list)):
        operands = tuple(operands[0])
    left, arrow, right = equation.replace(" ", "").partition("->")
    terms = left.split(",")
    if len(terms) != len(operands):
        raise RuntimeError(
            f"einsum(): expected one operand for each term of {equation!r}, got {len(operands)} for {len(terms)} terms"
        )
    dots = 0
    for term, x in zip(terms, operands):
        rest = check_tensor("einsum", x, "operands", 2).ndim - len(term.replace("...", ""))
        if rest < 0 or (rest and "..." not in term):
            raise RuntimeError(
                f"einsum(): the number of subscripts in the equation ({len(term)}) does not match the number of "
                f"dimensions ({x.ndim}) for term {term!r}"
            )
        dots = max(dots, rest)
    extra = "".join(c for c in LETTERS if c not in equation)[:dots]
    terms = [
        term.replace("...", extra[dots - (x.ndim - len(term.replace("...", ""))) :]) for term, x in zip(terms, operands)
    ]
    letters = "".join(terms)
    once = "".join(sorted(c for c in set(letters) - set(extra) if letters.count(c) == 1))
    out = right.replace("...", extra) if arrow else extra + once
    if bad := [c for c in letters + out if c not in LETTERS]:
        raise RuntimeError(f"einsum(): invalid subscript given: {bad[0]}, subscripts must be in [a-zA-Z]")
    for c in out:
        if c not in letters or out.count(c) > 1:
            raise RuntimeError(
                f"einsum(): output subscript {c} appears more than once, or in no operand, in {equation!r}"
            )
    return evaluated([once_each(x, term) for x, term in zip(operands, terms)], out)


def evaluated(parts: list[tuple[Any, str]], out: str) -> Any:
    """The product of tensors with named dimensions, taken from left to right, with dimensions in the order ``out``."""
    sizes: dict[str, int] = {}
    for x, names in parts:
        for c, n in zip(names, x.array.shape):
            if n != 1 and sizes.setdefault(c, n) != n:
                raise RuntimeError(f"einsum(): operands do not broadcast: subscript {c} has size {n} and {sizes[c]}")
    x, names = parts[0]
    for i, (y, more) in enumerate(parts[1:], 2):
        x, names = contract(x, names, y, more, out + "".join(n for _, n in parts[i:]))
    x, names = summed(x, names, out)
    return reorder(x, tuple(names.index(c) for c in out))


def once_each(x: Any, names: str) -> tuple[Any, str]:
    """Where a letter occurs twice, the diagonal of the two dimensions."""
    for c in names:
        while names.count(c) > 1:
            i, j = names.index(c), names.rindex(c)
            if x.array.shape[i] != x.array.shape[j]:
                raise RuntimeError(
                    f"einsum(): subscript {c} is repeated for an operand but the sizes don't match, "
                    f"{x.array.shape[j]} != {x.array.shape[i]}"
                )
            x = diagonal(x, 0, i, j)
            names = names[:i] + names[i + 1 : j] + names[j + 1 :] + c
    return x, names


def from_sublists(arguments: tuple[Any, ...]) -> tuple[str, tuple[Any, ...]]:
    """``einsum(x, [0, 1], y, [1, 2], [0, 2])`` as an equation and operands."""
    count = len(arguments) // 2
    terms = [
        "".join("..." if i is Ellipsis else LETTERS[i] for i in names)
        for names in (*arguments[1 : 2 * count : 2], *arguments[2 * count :])
    ]
    return ",".join(terms[:count]) + "".join("->" + t for t in terms[count:]), arguments[: 2 * count : 2]


@face(method=False)
def tensordot(a: Any, b: Any, dims: Any = 2, out: None = None) -> Any:
    """Product summed over pairs of dimensions.

    Args:
        a: A tensor.
        b: A tensor.
        dims: How many of the last dimensions of ``a`` go with the first ones of ``b``; or two lists that say which.
        out: Not supported.

    Raises: RuntimeError: the sizes differ.
    Source: ``torch.tensordot``.

    Example:
        >>> mgx.tensordot(mgx.ones(2, 3), mgx.ones(3, 4), dims=1).shape
        torch.Size([2, 4])
    """
    x, y = check_tensor("tensordot", a, "a"), check_tensor("tensordot", b, "b", 2)
    if isinstance(dims, int) or not isinstance(dims, (tuple, list)):
        n = int(dims)
        if n < 0:
            raise RuntimeError(f"tensordot expects dims >= 0, but got dims={n}")
        if n > min(x.ndim, y.ndim):
            raise RuntimeError(f"tensordot expects dims < ndim_a or ndim_b, but got dims={n}")
        dims = list(range(x.ndim - n, x.ndim)), list(range(n))
    first, second = axes_of(list(dims[0]), x.ndim) or (), axes_of(list(dims[1]), y.ndim) or ()
    if len(first) != len(second):
        raise RuntimeError(f"both dimension lists should have same length; got {dims}")
    pairs = [(x.array.shape[i], y.array.shape[j]) for i, j in zip(first, second)]
    if any(n != m and 1 not in (n, m) for n, m in pairs):
        raise RuntimeError(
            f"contracted dimensions need to match, but got {list(x.shape)}, {list(y.shape)}, dims={dims}"
        )
    names = LETTERS[: x.ndim]
    free = iter(LETTERS[x.ndim :])
    others = "".join(names[first[second.index(j)]] if j in second else next(free) for j in range(y.ndim))
    kept = [n for n in names if n not in others] + [n for n in others if n not in names]
    return kept_dtype(x, evaluated([(x, names), (y, others)], "".join(kept)))


@face
def inner(input: Any, other: Any) -> Any:
    """Sum of products over the last dimensions: (..., n), (---, n) -> (..., ---); a 0-d tensor is a factor.

    Source: ``torch.inner``.

    Example:
        >>> mgx.inner(mgx.tensor([1, 2, 3]), mgx.tensor([0, 2, 1]))
        tensor(7)
    """
    x, y = check_tensor("inner", input), check_tensor("inner", other, "other", 2)
    if not (x.ndim and y.ndim):
        return multiply(x, y)
    if x.array.shape[-1] != y.array.shape[-1]:
        raise RuntimeError(
            "inner() the last dimension must match on both input tensors but got shapes "
            f"{list(x.shape)} and {list(y.shape)}"
        )
    return tensordot(x, y, ([-1], [-1]))
