"""Reductions where NumPy would keep the dtype of the elements, or not keep it: against PyTorch."""

import numpy as np
import pytest
import torch

import microgradx as mgx
import microgradx.nn

HALVES = {
    "many": np.ones((5000, 2)),
    "large": np.arange(2000.0).reshape(1000, 2) * 30,
    "negative": -np.arange(2000.0).reshape(1000, 2),
}
OF_HALVES = {
    "sum": lambda m, x: (x / 100).sum(0),
    "mean": lambda m, x: x.mean(0),
    "mean of all": lambda m, x: x.mean(),
    "var": lambda m, x: (x / 100).var(0),
    "std": lambda m, x: x.std(0),
    "logsumexp": lambda m, x: x.logsumexp(0),
    "softmax": lambda m, x: x.softmax(0),
    "log_softmax": lambda m, x: x.log_softmax(0),
    "cumsum": lambda m, x: (x / 1000).cumsum(0),
    "layer_norm": lambda m, x: m.nn.functional.layer_norm(x, x.shape),
    "rms_norm": lambda m, x: m.nn.functional.rms_norm(x, x.shape),
    "batch_norm": lambda m, x: m.nn.functional.batch_norm(x, None, None, training=True),
    "l1_loss": lambda m, x: m.nn.functional.l1_loss(x, m.zeros_like(x)),
    "round": lambda m, x: x.round(decimals=2),
}


@pytest.mark.parametrize("name", OF_HALVES)
@pytest.mark.parametrize("values", HALVES)
def test_half_precision_is_added_up_in_single(name, values):
    outs, grads = [], []
    for m in (mgx, torch):
        x = m.tensor(HALVES[values].tolist(), dtype=m.float16, requires_grad=True)
        out = OF_HALVES[name](m, x)
        assert out.dtype is m.float16
        out.backward(m.full(tuple(out.shape), 0.25, dtype=m.float16))
        outs.append(out.detach().numpy())
        grads.append(x.grad.numpy())
    np.testing.assert_allclose(*outs, rtol=2e-3, atol=1e-3)
    np.testing.assert_allclose(*grads, rtol=1e-2, atol=1e-3)


def test_half_precision_that_was_broadcast():
    bias = mgx.zeros(2, dtype=mgx.float16, requires_grad=True)
    (mgx.ones(5000, 2, dtype=mgx.float16) + bias).backward(mgx.ones(5000, 2, dtype=mgx.float16))
    assert bias.grad.tolist() == [5000.0, 5000.0]


@pytest.mark.parametrize("dtype", ["bool", "uint8", "int8", "int16", "int32", "int64", "float32"])
@pytest.mark.parametrize("name", ["sum", "prod", "cumsum", "cumprod"])
def test_a_dtype_that_is_asked_for(name, dtype):
    if dtype == "bool" and "cum" in name:
        return  # PyTorch has none of booleans

    def of(m):
        x = m.tensor([[1.5, 3.0], [2.0, 100.0]])
        return getattr(x, name)(*([1] if "cum" in name else []), dtype=getattr(m, dtype))

    np.testing.assert_array_equal(of(mgx).numpy(), of(torch).numpy(), strict=True)


LARGE = [
    ((4, 65536), None),
    ((4, 65537), None),
    ((3, 4096), 1),
    ((3, 5000), 1),
    ((600, 2), 1),
    ((2, 3, 1500), (0, 2)),
    ((8, 4, 16, 8), (2, 3)),
    ((8, 4, 16, 8), (3, 0, 2)),
    ((8, 4, 16, 8), (0, 1)),
    ((300, 1, 7), (1,)),
]


@pytest.mark.parametrize("keepdim", [False, True])
@pytest.mark.parametrize(("shape", "dim"), LARGE)
def test_sums_of_many_numbers(shape, dim, keepdim):
    x = np.random.default_rng(0).random(shape, dtype=np.float32)
    one, wide = mgx.tensor(x), torch.tensor(x.astype(np.float64))
    for out, exact in [
        (one.sum(dim, keepdim), wide.sum(dim, keepdim)),
        (one.var(dim, keepdim=keepdim, correction=0), wide.var(dim, keepdim=keepdim, correction=0)),
        (one.norm(2, dim, keepdim), wide.norm(2, dim, keepdim)),
    ]:
        assert out.shape == tuple(exact.shape)
        assert out.dtype is mgx.float32
        np.testing.assert_allclose(out.numpy(), exact.numpy(), rtol=1e-6)


def test_sums_of_a_transposed_array():
    x = np.random.default_rng(0).random((70, 50, 3), dtype=np.float32)
    np.testing.assert_allclose(mgx.tensor(x).transpose(0, 1).sum(2).numpy(), x.sum(2).T, rtol=1e-6)


@pytest.mark.parametrize(
    ("shape", "dim"), [((5, 300), 0), ((3, 6, 200), 1), ((2, 300), 1), ((0, 300), 0), ((6, 4, 0), 0)]
)
def test_running_sums_of_large_slices(shape, dim):
    x = np.random.default_rng(0).random(shape, dtype=np.float32)
    g = np.random.default_rng(1).random(shape, dtype=np.float32)
    outs, grads = [], []
    for m in (mgx, torch):
        t = m.tensor(x, requires_grad=True)
        out = t.cumsum(dim)
        out.backward(m.tensor(g))
        outs.append(out.detach().numpy())
        grads.append(t.grad.numpy())
    np.testing.assert_allclose(*outs, rtol=1e-6)
    np.testing.assert_allclose(*grads, rtol=1e-6)
