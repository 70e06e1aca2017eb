"""The older names of tensors, compared with PyTorch's."""

import numpy as np
import pytest
import torch

import microgradx as mgx

NAMES = [
    "FloatTensor",
    "DoubleTensor",
    "HalfTensor",
    "LongTensor",
    "IntTensor",
    "ShortTensor",
    "CharTensor",
    "ByteTensor",
]


@pytest.mark.parametrize("name", [*NAMES, "BoolTensor"])
@pytest.mark.parametrize("data", [([1, 2, 3],), ([[1.5, 0], [2, 3]],), ([],)])
def test_constructors_from_data(name, data):
    ours, theirs = getattr(mgx, name)(*data), getattr(torch, name)(*data)
    assert repr(ours) == repr(theirs)


@pytest.mark.parametrize("name", NAMES)
def test_constructors_from_sizes(name):
    assert tuple(getattr(mgx, name)(2, 3).shape) == (2, 3)
    assert tuple(getattr(mgx, name)().shape) == (0,)
    assert str(getattr(mgx, name)(2).dtype) == str(getattr(torch, name)(2).dtype)


def test_as_types():
    x = mgx.tensor([1.5, -2.5])
    assert x.type(mgx.LongTensor).tolist() == [1, -2]
    assert x.type() == "torch.FloatTensor"
    assert isinstance(x, mgx.FloatTensor)
    assert not isinstance(x, mgx.DoubleTensor)
    assert not isinstance(np.ones(2, np.float32), mgx.FloatTensor)
    assert repr(mgx.FloatTensor) == repr(torch.FloatTensor)


def test_variable():
    data = mgx.ones(2)
    x = mgx.autograd.Variable(data, requires_grad=True)
    (x * 3).sum().backward()
    assert x.grad.tolist() == [3.0, 3.0]
    assert not data.requires_grad
    x.data[0] = 7
    assert data.tolist() == [7.0, 1.0]
    assert isinstance(data, mgx.autograd.Variable)
    assert not isinstance(1.0, mgx.autograd.Variable)


@pytest.mark.parametrize(("name", "advice"), [("fft", "no complex numbers"), ("complex64", "two tensors")])
def test_what_is_outside_says_so(name, advice):
    with pytest.raises(AttributeError, match=advice):
        getattr(mgx, name)
    assert not hasattr(mgx, name)
    with pytest.raises(AttributeError, match="has no attribute 'nonsense'"):
        mgx.nonsense  # noqa: B018


@pytest.mark.parametrize("data", [(2, 3), ([1.5, 2.0],), ()])
@pytest.mark.parametrize("dtype", ["float64", "int64"])
def test_new_of_a_tensor(data, dtype):
    made = [m.ones(1, dtype=getattr(m, dtype)).new(*data) for m in (mgx, torch)]
    assert [str(t.dtype) for t in made] == [f"torch.{dtype}"] * 2
    assert made[0].shape == made[1].shape
    if len(data) == 1:
        assert made[0].tolist() == made[1].tolist()
