"""Shapes, broadcasting and memory layouts: every operation is right on whatever arrays look like."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

import microgradx as mgx

pytestmark = pytest.mark.filterwarnings("ignore:.*degrees of freedom")  # PyTorch, of a variance of one number

# Each test runs for many operations, so for each of them on fewer examples.
few = settings(max_examples=max(8, settings.default.max_examples // 8))
sizes = st.lists(st.sampled_from([0, 1, 1, 2, 3]), max_size=4).map(tuple)


@st.composite
def broadcastable(draw: Any) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Two shapes; most can be broadcast together, neither need be the result's."""
    shape = draw(sizes)
    pair = []
    for _ in range(2):
        part = shape[draw(st.integers(0, len(shape))) :]
        pair.append(tuple(1 if draw(st.booleans()) and draw(st.booleans()) else n for n in part))
    if draw(st.integers(0, 7)) == 0:
        pair[1] = draw(sizes)
    return pair[0], pair[1]


@st.composite
def layouts(draw: Any, shape: tuple[int, ...]) -> np.ndarray:
    """Numbers from 0.5 to 1.5 in this shape; in memory in any order, with gaps, reversed, or repeated."""
    order = draw(st.permutations(range(len(shape))))
    steps = [draw(st.sampled_from([1, 1, 2, -1, -2, 0])) for _ in shape]
    room = [1 if s == 0 else max(1, n * abs(s)) for n, s in zip(shape, steps)]
    flat = 0.5 + np.arange(math.prod(room)) * 0.618 % 1
    a = flat.reshape([room[i] for i in order]).transpose(np.argsort(order) if order else None)
    a = a[tuple(slice(None, None, s or 1) for s in steps)] if shape else a
    a = np.broadcast_to(a, [k if s == 0 else a.shape[i] for i, (k, s) in enumerate(zip(shape, steps))])
    return a[(*(slice(n) for n in shape), ...)]


def tensors(*arrays: np.ndarray) -> tuple[list[Any], list[Any]]:
    """Leaves on these very arrays for microgradx, on copies for PyTorch."""
    ours = [mgx.from_numpy(a).requires_grad_() for a in arrays]
    return ours, [torch.tensor(a.copy(), requires_grad=True) for a in arrays]


def check(operation: Any, *arrays: np.ndarray) -> None:
    """The same result and gradients from both libraries, or an error from both; and no input is changed."""
    before = [a.copy() for a in arrays]
    outcome: list[Any] = []
    for lib, leaves in zip((mgx, torch), tensors(*arrays)):
        try:
            out = operation(lib, *leaves)
        except (RuntimeError, IndexError) as error:
            outcome.append(error)
            continue
        weights = 1 + np.arange(out.numel()).reshape(tuple(out.shape)) % 5
        (out * out * lib.tensor(weights)).sum().backward()
        outcome.append([out.detach(), *(x.grad for x in leaves)])
    ours, theirs = outcome
    if isinstance(theirs, Exception) or isinstance(ours, Exception):
        assert isinstance(ours, Exception) == isinstance(theirs, Exception), f"{ours!r}, {theirs!r}"
        return
    for a, b in zip(ours, theirs):
        assert (a is None) == (b is None)
        if a is None:  # the gradient of an input of which only the shape, or a mask, was used
            continue
        assert tuple(a.shape) == tuple(b.shape)
        np.testing.assert_allclose(a.numpy(), b.numpy(), rtol=1e-9, atol=1e-12)
    for a, b in zip(arrays, before):
        np.testing.assert_array_equal(a, b)


BINARY = {
    "+": lambda m, x, y: x + y,
    "-": lambda m, x, y: x - y,
    "*": lambda m, x, y: x * y,
    "/": lambda m, x, y: x / y,
    "**": lambda m, x, y: x**y,
    "maximum": lambda m, x, y: m.maximum(x, y),
    "where": lambda m, x, y: m.where(x > y, x, y * 2),
    "addcmul": lambda m, x, y: x.addcmul(y, x, value=2),
    "lerp": lambda m, x, y: x.lerp(y, 0.25),
    "reused": lambda m, x, y: (x + y) * (x + y) / (x * y) + x,
    "masked_fill": lambda m, x, y: x.masked_fill(y.detach() > 1, 3.0),
    "expand_as": lambda m, x, y: x.expand_as(y),
}


@few
@given(st.data())
@pytest.mark.parametrize("name", BINARY)
def test_broadcasting(name, data):
    x, y = data.draw(broadcastable())
    check(BINARY[name], data.draw(layouts(x)), data.draw(layouts(y)))


ANY_SHAPE = {
    "exp": lambda m, x, d: x.exp(),
    "relu": lambda m, x, d: m.nn.functional.relu(x - 1),
    "clamp": lambda m, x, d: x.clamp(0.7, 1.2),
    "clone": lambda m, x, d: x.clone(),
    "contiguous": lambda m, x, d: x.contiguous(),
    "sum": lambda m, x, d: x.sum(),
    "mean": lambda m, x, d: x.mean(),
    "flatten": lambda m, x, d: x.flatten(),
    "unsqueeze": lambda m, x, d: x.unsqueeze(d),
    "squeeze": lambda m, x, d: x.squeeze(),
    "reshape": lambda m, x, d: x.reshape(1, *reversed(x.shape)),
    "permute": lambda m, x, d: x.permute(tuple(reversed(range(x.ndim)))),
    "expand": lambda m, x, d: x.expand(2, *x.shape),
    "repeat": lambda m, x, d: x.repeat(2, *[d % 3] * x.ndim),
    "tile": lambda m, x, d: x.tile(2, 1),
    "[None]": lambda m, x, d: x[None, ..., None],
    "nonzero": lambda m, x, d: x[x > 1],
    "prod": lambda m, x, d: x.prod(),
    "amax": lambda m, x, d: x.amax(),
    "norm": lambda m, x, d: x.norm(),
    "var": lambda m, x, d: x.var(correction=0),
    "x x": lambda m, x, d: x * x + x,
    "stack": lambda m, x, d: m.stack([x, x * 2], d),
    "view": lambda m, x, d: x.clone().contiguous().view(-1),
}

ALONG = {
    "sum": lambda m, x, d: x.sum(d),
    "sum keepdim": lambda m, x, d: x.sum((d, 0) if d else (d,), keepdim=True),
    "mean": lambda m, x, d: x.mean(d, keepdim=True),
    "prod": lambda m, x, d: x.prod(d),
    "var": lambda m, x, d: x.var(d),
    "max": lambda m, x, d: x.max(d).values,
    "min": lambda m, x, d: x.min(d, keepdim=True)[0],
    "amin": lambda m, x, d: x.amin(d),
    "logsumexp": lambda m, x, d: x.logsumexp(d),
    "softmax": lambda m, x, d: m.nn.functional.softmax(x, d),
    "log_softmax": lambda m, x, d: m.nn.functional.log_softmax(x, d),
    "cumsum": lambda m, x, d: x.cumsum(d),
    "flip": lambda m, x, d: x.flip(d),
    "roll": lambda m, x, d: x.roll(2, d),
    "transpose": lambda m, x, d: x.transpose(d, -1),
    "movedim": lambda m, x, d: x.movedim(d, -1),
    "cat": lambda m, x, d: m.cat([x, x * 2, x[..., :0] if d == x.ndim - 1 else x], d),
    "split": lambda m, x, d: x.split(2, d)[-1],
    "chunk": lambda m, x, d: x.chunk(2, d)[0],
    "unbind": lambda m, x, d: m.stack(x.unbind(d), d) if x.shape[d] else x * 1,
    "select": lambda m, x, d: x.select(d, -1),
    "narrow": lambda m, x, d: x.narrow(d, 1, 1),
    "index_select": lambda m, x, d: x.index_select(d, m.tensor([0, 1, 0])),
    "gather": lambda m, x, d: x.gather(d, m.zeros(tuple(x.shape), dtype=m.int64)),
    "unflatten": lambda m, x, d: x.unflatten(d, (-1, 1)),
    "[..., i]": lambda m, x, d: x[..., d - 1],
    "[list]": lambda m, x, d: x[[0, -1, 0]],
    "@": lambda m, x, d: x @ x.mT,
    "@ vector": lambda m, x, d: x @ m.ones(x.shape[-1], dtype=m.float64),
    "tril": lambda m, x, d: x.tril(d - 1),
}


@few
@given(st.data())
@pytest.mark.parametrize("name", ANY_SHAPE)
def test_any_shape(name, data):
    shape = data.draw(sizes)
    d = data.draw(st.integers(-len(shape) - 1, len(shape)))
    check(lambda m, x: ANY_SHAPE[name](m, x, d), data.draw(layouts(shape)))


@few
@given(st.data())
@pytest.mark.parametrize("name", ALONG)
def test_along_a_dimension(name, data):
    shape = data.draw(sizes.filter(len))
    d = data.draw(st.integers(0, len(shape) - 1))
    check(lambda m, x: ALONG[name](m, x, d), data.draw(layouts(shape)))


@given(st.data())
def test_matrix_products(data):
    inner = data.draw(st.sampled_from([0, 1, 3]))
    batches = data.draw(broadcastable())
    x = (*batches[0], *data.draw(st.sampled_from([(), (2,)])), inner)
    y = (*batches[1], inner, *data.draw(st.sampled_from([(), (1,), (2,)])))
    if len(batches[0]) + len(batches[1]) and (x[-1:] == x or y[:1] == y):
        batches = ((), ())
    check(lambda m, a, b: m.matmul(a, b), data.draw(layouts(x)), data.draw(layouts(y)))


@given(st.data())
def test_a_gradient_of_any_layout(data):
    """What flows back may be transposed, reversed or expanded as well."""
    shape = data.draw(sizes)
    a, g = data.draw(layouts(shape)), data.draw(layouts(shape))
    x = mgx.from_numpy(a).requires_grad_()
    y = x * x + x
    y.backward(mgx.from_numpy(g), retain_graph=True)
    y.backward(mgx.from_numpy(g))
    np.testing.assert_allclose(x.grad.numpy(), 2 * g * (2 * a + 1))
    before = g.copy()
    x.grad.zero_()
    np.testing.assert_array_equal(g, before)  # the gradient that was given is not the one that is kept
