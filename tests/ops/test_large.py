"""What large arrays take a faster way for gives what small ones give, exactly: against NumPy and PyTorch."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
import torch

import microgradx as mgx
from microgradx.engine import sum_to
from microgradx.ops.elementwise import choose, keep
from microgradx.ops.linalg import LARGE
from microgradx.ops.reduction import largest

SPECIAL = [math.inf, -math.inf, math.nan, 0.0, -0.0, 1.0, -2.5]
DTYPES = ["float16", "float32", "float64", "int32", "int64", "uint8"]


def special(shape: tuple[int, ...], dtype: str, seed: int) -> np.ndarray:
    """An array of the values at which a short cut would go wrong."""
    values = SPECIAL if dtype.startswith("float") else [0, 1, 2, 100]
    return np.random.default_rng(seed).choice(np.array(values, dtype), shape)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("shape", [(7,), (40, 50), (30, 1)])
def test_masks(dtype: str, shape: tuple[int, ...]) -> None:
    x, y = special(shape, dtype, 0), special(shape, dtype, 1)
    mask = np.random.default_rng(2).random(shape) < 0.5
    for layout in (lambda a: a, lambda a: a.T, lambda a: a[::-1]):
        a, b, m = layout(x), layout(y), layout(mask)
        before = a.copy(), b.copy(), m.copy()
        for got, expected in [(choose(m, a, b), np.where(m, a, b)), (keep(a, m), np.where(m, a, a.dtype.type(0)))]:
            assert got.dtype == expected.dtype
            np.testing.assert_array_equal(got, expected)
        for now, then in zip((a, b, m), before):
            np.testing.assert_array_equal(now, then)


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_relu_and_its_gradient(dtype: str) -> None:
    x, g = special((40, 50), dtype, 0), special((40, 50), dtype, 1)
    results = []
    for library in (mgx, torch):
        a = library.tensor(x, requires_grad=True)
        out = library.relu(a)
        out.backward(library.tensor(g))
        results.append((out.detach().numpy(), a.grad.numpy()))
    for ours, theirs in zip(*results):
        np.testing.assert_array_equal(ours, theirs)
        np.testing.assert_array_equal(np.signbit(ours) & ~np.isnan(ours), np.signbit(theirs) & ~np.isnan(theirs))


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64", "int64"])
@pytest.mark.parametrize("shape", [(5,), (3, 70), (0, 4), (2, 3, 33)])
def test_row_maxima(dtype: str, shape: tuple[int, ...]) -> None:
    x = special(shape, dtype, 0)
    for axis in [(x.ndim - 1,), (0,), tuple(range(x.ndim))]:
        if all(shape[i] for i in axis):
            np.testing.assert_array_equal(largest(x, axis), np.max(x, axis, keepdims=True))
    if shape[0]:
        np.testing.assert_array_equal(largest(x.T, (x.ndim - 1,)), np.max(x.T, -1, keepdims=True))


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("shape", [(6, 4), (0, 4), (2, 3, 4), (600, 4)])
def test_sums_of_rows(dtype: str, shape: tuple[int, ...]) -> None:
    x = (np.arange(math.prod(shape)).reshape(shape) % 5).astype(dtype)
    for a in (x, np.asfortranarray(x), x[..., ::-1]):
        expected = a.sum(tuple(range(a.ndim - 1)), dtype=np.float64 if dtype.startswith("float") else np.int64)
        np.testing.assert_array_equal(sum_to(a, (4,)).astype(expected.dtype), expected)


@pytest.mark.parametrize("rows", [0, 1, 2, 3, 8])
@pytest.mark.parametrize("columns", [1, 4, 15, 16, 17])
@pytest.mark.parametrize("with_bias", [False, True])
def test_few_rows_through_a_linear_map(rows: int, columns: int, with_bias: bool) -> None:
    rng, n = np.random.default_rng(0), LARGE // 16
    arrays: list[Any] = [rng.standard_normal(shape) for shape in ((rows, n), (columns, n), (columns,))]
    results = []
    for library in (mgx, torch):
        inputs = [library.tensor(a, requires_grad=True) for a in arrays[: 2 + with_bias]]
        out = library.nn.functional.linear(*inputs)
        assert out.is_contiguous()
        out.backward(library.ones_like(out) * 2)
        results.append([a.detach().numpy() for a in (out, *(x.grad for x in inputs))])
    for ours, theirs in zip(*results):
        np.testing.assert_allclose(ours, theirs, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("rows", [1, 2, 8])
def test_a_bias_of_more_rows_is_refused(rows: int) -> None:
    for library in (mgx, torch):
        with pytest.raises(RuntimeError):
            library.nn.functional.linear(library.ones(rows, LARGE), library.ones(4, LARGE), library.ones(5, 4))
