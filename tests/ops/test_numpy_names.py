"""NumPy's functions on tensors: what they give for arrays, with whatever arguments, and with gradients."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import microgradx as mgx
from microgradx.graph import NUMPY

X = np.random.default_rng(0).uniform(0.5, 1.5, (2, 3, 1, 4))

AXES: list[dict[str, Any]] = [
    {},
    {"axis": 1},
    {"axis": -1},
    {"axis": (0, -1)},
    {"axis": -3, "keepdims": True},
    {"axis": ()},
]
REDUCTIONS = [np.sum, np.mean, np.prod, np.amax, np.amin, np.max, np.min]
CALLS: list[tuple[Any, tuple[Any, ...], dict[str, Any]]] = [
    *[(f, (), options) for f in REDUCTIONS for options in AXES],
    *[(f, (), options | more) for f in (np.var, np.std) for options in AXES[:5] for more in ({}, {"ddof": 1})],
    *[(f, (), options) for f in (np.cumsum, np.cumprod) for options in AXES[:3]],
    *[(np.flip, (), options) for options in AXES[:4]],
    (np.roll, (1,), {}), (np.roll, (1, -1), {}), (np.roll, ((1, 2), (0, -1)), {}),
    (np.squeeze, (), {}), (np.squeeze, (-2,), {}), (np.squeeze, ((2,),), {}),
    (np.expand_dims, (0,), {}), (np.expand_dims, (-1,), {}), (np.expand_dims, (-2,), {}), (np.expand_dims, ((0, -1),), {}),
    (np.moveaxis, (0, -1), {}), (np.moveaxis, ((0, 1), (-1, 0)), {}),
    (np.transpose, (), {}), (np.transpose, ((3, 0, 2, 1),), {}), (np.transpose, ((-1, 0, 2, 1),), {}),
    (np.swapaxes, (0, 1), {}), (np.swapaxes, (-1, -4), {}),
    (np.reshape, (-1,), {}), (np.reshape, ((6, -1),), {}),
    (np.broadcast_to, ((5, 2, 3, 1, 4),), {}), (np.tile, (2,), {}), (np.tile, ((2, 1, 1, 3),), {}),
    (np.diagonal, (), {}), (np.diagonal, (1, -1, 0), {}), (np.copy, (), {}),
]  # fmt: skip


@pytest.mark.parametrize(
    ("function", "arguments", "options"), CALLS, ids=lambda value: getattr(value, "__name__", None)
)
def test_calls(function: Any, arguments: tuple[Any, ...], options: dict[str, Any]) -> None:
    x = mgx.tensor(X, requires_grad=True)
    out = function(x, *arguments, **options)
    expected = function(X, *arguments, **options)
    assert isinstance(out, mgx.Tensor)
    assert tuple(out.shape) == expected.shape
    np.testing.assert_allclose(out.detach().numpy(), expected, rtol=1e-12)
    weights = np.random.default_rng(1).standard_normal(expected.shape)
    (g,) = mgx.autograd.grad((out * mgx.tensor(weights)).sum(), x)
    direction, step = np.random.default_rng(2).standard_normal(X.shape), 1e-6
    ahead, behind = (function(X + s * direction, *arguments, **options) for s in (step, -step))
    np.testing.assert_allclose((g.numpy() * direction).sum(), (weights * (ahead - behind)).sum() / (2 * step), 1e-6)


@pytest.mark.parametrize("axis", [0, 1, -1])
def test_joining(axis: int) -> None:
    for function in (np.concatenate, np.stack):
        x = mgx.tensor(X, requires_grad=True)
        out = function([x, x * 2], axis=axis)
        np.testing.assert_array_equal(out.detach().numpy(), function([X, X * 2], axis=axis))
        out.sum().backward()
        np.testing.assert_array_equal(x.grad.numpy(), np.full(X.shape, 3.0))


def test_every_function_with_an_axis_is_called_here() -> None:
    called = {f for f, *_ in CALLS} | {np.concatenate, np.stack}
    elsewhere = {np.round, np.where, np.zeros_like, np.ascontiguousarray, np.sinc, np.i0}
    assert {f for f in NUMPY if not isinstance(f, np.ufunc)} == called | elsewhere


@pytest.mark.parametrize("condition", [True, [True, False], np.array([[True], [False]])])
def test_where_takes_any_condition(condition: Any) -> None:
    x = mgx.tensor([1.0, 2.0], requires_grad=True)
    out = np.where(condition, x, 0.0)
    np.testing.assert_array_equal(out.detach().numpy(), np.where(condition, [1.0, 2.0], 0.0))
    out.sum().backward()
    np.testing.assert_array_equal(x.grad.numpy(), np.broadcast_to(condition, out.shape).reshape(-1, 2).sum(0))


@pytest.mark.parametrize("options", [{"dtype": np.float32}, {"out": np.zeros(())}, {"where": True}, {"axis": 4}])
def test_what_is_not_supported_raises(options: dict[str, Any]) -> None:
    with pytest.raises((TypeError, IndexError)):
        np.sum(mgx.tensor(X, requires_grad=True), **options)
