"""``out=``: results are written into a tensor that there is already."""

import numpy as np
import pytest
import torch

import microgradx as mgx

A = np.arange(6.0, dtype="float32").reshape(2, 3) + 1
CALLS = {
    "add": lambda lib, a, out: lib.add(a, a, out=out),
    "add alpha": lambda lib, a, out: lib.add(a, a, alpha=2, out=out),
    "sub": lambda lib, a, out: lib.sub(a, 1, out=out),
    "multiply": lambda lib, a, out: lib.multiply(a, 2.0, out=out),
    "div": lambda lib, a, out: lib.div(a, a + 1, out=out),
    "pow": lambda lib, a, out: lib.pow(a, 2, out=out),
    "neg": lambda lib, a, out: lib.neg(a, out=out),
    "clamp": lambda lib, a, out: lib.clamp(a, 2, 4, out=out),
    "exp": lambda lib, a, out: lib.exp(a, out=out),
    "maximum": lambda lib, a, out: lib.maximum(a, a - 1, out=out),
    "matmul": lambda lib, a, out: lib.matmul(a, a.T, out=out),
    "mm": lambda lib, a, out: lib.mm(a, a.T, out=out),
    "outer": lambda lib, a, out: lib.outer(a[0], a[1], out=out),
    "addmm": lambda lib, a, out: lib.addmm(a, a[:, :2], a, out=out),
    "sum": lambda lib, a, out: lib.sum(a, 1, out=out),
    "mean": lambda lib, a, out: lib.mean(a, axis=1, keepdims=True, out=out),
    "cat": lambda lib, a, out: lib.cat([a, a], out=out),
    "none": lambda lib, a, out: lib.add(a, a, out=None),
}


@pytest.mark.parametrize("name", CALLS)
def test_as_in_pytorch(name):
    expected = CALLS[name](torch, torch.tensor(A), torch.empty(0))
    for out in (mgx.empty(0), mgx.zeros(*expected.shape)):
        found = CALLS[name](mgx, mgx.tensor(A), out)
        assert (found is out) == (name != "none")
        np.testing.assert_allclose(found.numpy(), expected.numpy(), 1e-6)


def test_memory_is_kept():
    z = mgx.zeros(4, 3)
    assert mgx.mul(mgx.tensor(A), 2, out=z[1:3])._version == 1
    np.testing.assert_array_equal(z.numpy(), np.pad(2 * A, ((1, 1), (0, 0))))
    x = mgx.tensor(A)
    assert mgx.exp(x, out=x) is x
    np.testing.assert_allclose(x.numpy(), np.exp(A), 1e-6)


@pytest.mark.parametrize("lib", [mgx, torch])
def test_the_dtype_is_that_of_out(lib):
    a = lib.tensor([1, 2])
    assert lib.add(a, a, out=lib.empty(2)).tolist() == [2.0, 4.0]
    assert lib.add(a, a, out=lib.empty(0)).dtype is lib.float32


@pytest.mark.parametrize("lib", [mgx, torch])
def test_several_results(lib):
    a = lib.tensor(A)
    places = lib.empty(2), lib.empty(0, dtype=lib.int64)
    found = lib.max(a, 1, out=places)
    assert [place.tolist() for place in places] == [[3.0, 6.0], [2, 2]]
    assert found.values is places[0]


REFUSED = {
    "gradient": lambda lib, a: lib.add(a.requires_grad_(), 1, out=lib.empty(0)),
    "gradient of out": lambda lib, a: lib.exp(a, out=lib.empty(0, requires_grad=True)),
    "dtype": lambda lib, a: lib.add(a, a, out=lib.empty(2, 3, dtype=lib.int64)),
    "gradient of one in a list": lambda lib, a: lib.cat([a, a.clone().requires_grad_()], out=lib.empty(0)),
    "another float": lambda lib, a: lib.softmax(a, 0, out=lib.empty(2, 3, dtype=lib.float64)),
    "floats for positions": lambda lib, a: lib.argmax(a, 0, out=lib.empty(3)),
    "no tensor": lambda lib, a: lib.exp(a, out=3),
    "one of two": lambda lib, a: lib.max(a, 1, out=lib.empty(0)),
    "two of one": lambda lib, a: lib.exp(a, out=(lib.empty(0), lib.empty(0))),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_pytorch_refuses(name):
    with pytest.raises((RuntimeError, TypeError)) as theirs:
        REFUSED[name](torch, torch.tensor(A))
    with pytest.raises(theirs.type) as ours:
        REFUSED[name](mgx, mgx.tensor(A))
    if theirs.type is RuntimeError:
        assert str(ours.value).startswith(str(theirs.value))


def test_another_shape_is_refused():
    """PyTorch gives ``out`` the right one, with a warning that it will not do so for ever."""
    with pytest.raises(RuntimeError, match=r"add\(\): expected out of shape \[2, 3\], got \[5\]; pass a tensor"):
        mgx.add(mgx.tensor(A), 1, out=mgx.empty(5))


@pytest.mark.parametrize("lib", [mgx, torch])
def test_positions_have_no_gradient(lib):
    out = lib.empty(3, dtype=lib.int64)
    assert lib.argmax(lib.tensor(A, requires_grad=True), 0, out=out) is out


def test_a_gradient_is_not_wanted_under_no_grad():
    a = mgx.tensor(A, requires_grad=True)
    with mgx.no_grad():
        assert not mgx.add(a, 1, out=mgx.empty(0)).requires_grad
