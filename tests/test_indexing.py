"""Indices of every kind, read and assigned, against PyTorch: values, gradients, what shares memory, errors."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import assume, given
from hypothesis import strategies as st

import microgradx as mgx

# An index is data: numbers, slices, None, Ellipsis, lists, and arrays that stand for tensors.


def render(lib: Any, index: Any) -> Any:
    """An index with tensors of a library in place of the arrays."""
    if isinstance(index, tuple):
        return tuple(render(lib, entry) for entry in index)
    return lib.tensor(index) if isinstance(index, np.ndarray) else index


def positions(size: int) -> Any:
    """Positions counted from either end; now and then one too far."""
    return st.integers(-size - (size > 2), size - 1) if size else st.integers(-1, 0)


def integers_below(size: int, shape: tuple[int, ...]) -> Any:
    at = positions(size)
    return st.lists(at, min_size=int(np.prod(shape)), max_size=int(np.prod(shape))).map(
        lambda values: np.array(values, np.int64).reshape(shape)
    )


def masks(shape: tuple[int, ...]) -> Any:
    count = int(np.prod(shape))
    return st.lists(st.booleans(), min_size=count, max_size=count).map(lambda v: np.array(v, bool).reshape(shape))


def slices(size: int) -> Any:
    bound = st.none() | st.integers(-size - 1, size + 1)
    return st.builds(slice, bound, bound, st.none() | st.integers(1, 3))


KINDS = ["slice", "slice", "int", "int", "tensor", "tensor", "list", "mask", "mask2", "none", "dots", "true", "stop"]


@st.composite
def indices(draw: Any, shape: tuple[int, ...]) -> Any:
    """An index for a tensor of this shape; most are valid."""
    together = draw(st.sampled_from([(2,), (3,), (2, 1), (1, 3), (2, 3), (0,), ()]))  # the tensors broadcast to this
    entries: list[Any] = []
    d = 0
    while d < len(shape):
        kind = draw(st.sampled_from(KINDS))
        n = shape[d]
        if kind == "stop":
            break
        if kind == "none":
            entries.append(None)
            assume(len(entries) < 8)
            continue
        if kind == "true":
            entries.append(draw(st.booleans()))
            assume(len(entries) < 8)
            continue
        if kind == "dots":
            if Ellipsis not in [e for e in entries if not isinstance(e, (np.ndarray, list))]:
                entries.append(Ellipsis)
                d += draw(st.integers(0, len(shape) - d))
            continue
        if kind == "slice":
            entries.append(draw(slices(n)))
        elif kind == "int":
            entries.append(draw(positions(n)))
        elif kind == "tensor":
            part = together[draw(st.integers(0, len(together))) :]
            part = tuple(1 if draw(st.booleans()) and draw(st.booleans()) else k for k in part)
            entries.append(draw(integers_below(n, part)))
        elif kind == "list":
            entries.append(draw(integers_below(n, (together[-1] if together else 1,))).tolist())
        elif kind == "mask" or d + 1 == len(shape):
            entries.append(draw(masks((n,))))
            d += 1
            continue
        else:
            entries.append(draw(masks(shape[d : d + 2])))
            d += 1
        d += 1
    if len(entries) == 1 and draw(st.booleans()):
        return entries[0]
    return tuple(entries)


shapes = st.lists(st.sampled_from([0, 1, 2, 3, 3, 4]), max_size=4).map(tuple)


@st.composite
def cases(draw: Any) -> tuple[tuple[int, ...], Any]:
    shape = draw(shapes)
    return shape, draw(indices(shape))


def numbers(shape: tuple[int, ...], start: float = 1.0) -> np.ndarray:
    """Different numbers, none of them 0."""
    return np.arange(start, start + np.prod(shape, dtype=int)).reshape(shape)


def attempt(action: Any, *args: Any) -> tuple[Any, Exception | None]:
    try:
        return action(*args), None
    except (RuntimeError, IndexError, ValueError, TypeError) as error:
        return None, error


def check_same_errors(ours: Exception | None, theirs: Exception | None, what: Any) -> None:
    assert (ours is None) == (theirs is None), f"{what}: microgradx {ours!r}, PyTorch {theirs!r}"
    assert ours is None or isinstance(ours, type(theirs)) or isinstance(theirs, type(ours)), (
        f"{what}: {ours!r}, {theirs!r}"
    )


@given(cases())
def test_reading(case):
    check_reading(case)


def check_reading(case: Any) -> None:
    shape, index = case
    results = []
    for lib in (mgx, torch):
        leaf = lib.tensor(numbers(shape), requires_grad=True)
        x = leaf * 1
        out, error = attempt(lambda x=x, lib=lib: x[render(lib, index)])
        results.append((leaf, x, out, error))
    (leaf, x, out, error), (leaf2, x2, out2, error2) = results
    if error is not None and out2 is not None and out2.numel() == 0:
        return  # where there is nothing to read, PyTorch does not check all positions
    check_same_errors(error, error2, case)
    if error is not None:
        return
    assert tuple(out.shape) == tuple(out2.shape)
    np.testing.assert_array_equal(out.array, out2.detach())
    weights = numbers(tuple(out.shape), 2.0)
    (out * out * mgx.tensor(weights)).sum().backward()
    (out2 * out2 * torch.tensor(weights)).sum().backward()
    np.testing.assert_array_equal(leaf.grad.array, leaf2.grad)
    for y in (x, x2):  # what was read is a view in both, or a copy in both
        with mgx.no_grad(), torch.no_grad():
            y.zero_()
    np.testing.assert_array_equal(out.array, out2.detach())


@st.composite
def assignments(draw: Any) -> tuple[tuple[int, ...], Any, Any]:
    """A shape, an index, and a value: a number, or an array that mostly can be broadcast to what the index shows."""
    shape, index = draw(cases())
    places = torch.arange(int(np.prod(shape))).reshape(shape)
    shown, _ = attempt(lambda: places[render(torch, index)])
    value: Any = draw(st.sampled_from([7.5, 3, True]))
    if shown is None:
        return shape, index, value
    wanted = tuple(shown.shape)
    if draw(st.booleans()):
        once = shown.unique().numel() == shown.numel()  # which of two values for one place wins is not defined
        part = wanted[draw(st.integers(0, len(wanted))) :] if once else ()
        part = tuple(1 if draw(st.booleans()) and draw(st.booleans()) else n for n in part)
        part = (1,) * draw(st.sampled_from([0, 0, 1, 3])) + part
        if draw(st.integers(0, 9)) == 0:
            part = (*part, 2)
        kind = draw(st.sampled_from([np.float64, np.float64, np.float32, np.int64]))
        if any(isinstance(entry, bool) for entry in (index if isinstance(index, tuple) else (index,))):
            kind = np.float64  # beside True or False PyTorch has rules of its own for other dtypes
        value = numbers(part, 100.0).astype(kind) if not once or part else np.asarray(100, kind)
        if not once and int(np.prod(part)) > 1:
            value = np.full(part, 5, kind)
    return shape, index, value


@given(assignments())
def test_assigning(case):
    check_assigning(case)


def check_assigning(case: Any) -> None:
    shape, index, value = case
    results = []
    for lib in (mgx, torch):
        leaf = lib.tensor(numbers(shape), requires_grad=True)
        x = leaf * 1
        new = lib.tensor(value) if isinstance(value, np.ndarray) else value
        if isinstance(value, np.ndarray) and value.dtype.kind == "f":
            new.requires_grad_()
        _, error = attempt(lambda x=x, new=new, lib=lib: x.__setitem__(render(lib, index), new))
        results.append((leaf, x, new, error))
    (leaf, x, new, error), (leaf2, x2, new2, error2) = results
    if isinstance(error, IndexError) and error2 is None and not x2[render(torch, index)].numel():
        return  # as in reading
    check_same_errors(error, error2, case)
    if error is not None:
        np.testing.assert_array_equal(x.array, numbers(shape))  # nothing was written
        return
    np.testing.assert_array_equal(x.array, x2.detach())
    weights = numbers(shape, 2.0)
    (x * x * mgx.tensor(weights)).sum().backward()
    (x2 * x2 * torch.tensor(weights)).sum().backward()
    np.testing.assert_array_equal(leaf.grad.array, leaf2.grad)
    if isinstance(value, np.ndarray) and value.dtype.kind == "f":
        g = np.zeros(value.shape) if new2.grad is None else new2.grad.numpy()
        np.testing.assert_array_equal(new.grad.array, g)


@pytest.mark.parametrize("index", [0, 1, -1, (0,), (0, 0), slice(None), [0]])
def test_a_number_has_no_elements(index):
    with pytest.raises(IndexError) as theirs:
        torch.tensor(1.0)[index]
    with pytest.raises(IndexError) as ours:
        mgx.tensor(1.0)[index]
    assert str(ours.value) == str(theirs.value)


@pytest.mark.parametrize("shape", [(4, -1), (-1, 5), (2, 2)])
def test_the_error_of_a_reshape_names_the_shape_that_was_asked_for(shape):
    with pytest.raises(RuntimeError) as theirs:
        torch.ones(6).reshape(shape)
    with pytest.raises(RuntimeError) as ours:
        mgx.ones(6).reshape(shape)
    assert str(ours.value) == str(theirs.value)
