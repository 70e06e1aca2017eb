"""Copies of tensors: by `copy`, `deepcopy` and `pickle`."""

import copy
import pickle

import numpy as np
import pytest
import torch

import microgradx as mgx


def pickled(x):
    return pickle.loads(pickle.dumps(x))


both = pytest.mark.parametrize("lib", [mgx, torch])


@both
@pytest.mark.parametrize("made", [pickled, copy.copy])
def test_a_computed_tensor_comes_back_as_a_leaf(lib, made):
    x = lib.tensor([1.0, 2.0], requires_grad=True)
    y = x * 2
    y.note = "of two"
    other = made(y)
    assert (other.is_leaf, other.requires_grad, other.tolist(), other.note) == (True, True, [2, 4], "of two")
    (other * 3).sum().backward()
    assert (other.grad.tolist(), x.grad) == ([3, 3], None)


@both
def test_a_computed_tensor_is_not_copied_deeply(lib):
    y = lib.ones(2, requires_grad=True) * 2
    with pytest.raises(RuntimeError, match=r"Only Tensors created explicitly by the user \(graph leaves\) support the"):
        copy.deepcopy([y])


@both
def test_gradients_are_copied_but_not_pickled(lib):
    x = lib.tensor([1.0, 2.0], requires_grad=True)
    (x * x).sum().backward()
    for freeze in (False, True):
        x.requires_grad_(not freeze)
        deep = copy.deepcopy(x)
        deep.grad.add_(1)
        assert (deep.grad.tolist(), x.grad.tolist(), deep.requires_grad) == ([3, 5], [2, 4], not freeze)
        assert [made(x).grad for made in (pickled, copy.copy)] == [None, None]
        assert pickled(x).requires_grad is not freeze


@both
def test_pickling_warns_of_hooks(lib):
    x = lib.ones(2, requires_grad=True)
    x.register_hook(lambda g: g * 2)
    for made in (pickled, copy.copy):
        with pytest.warns(UserWarning, match="^backward hook <function .* on tensor will not be serialized"):
            other = made(x)
        other.sum().backward()
        assert other.grad.tolist() == [1, 1]


@both
def test_deep_copies_share_memory_as_their_originals_do(lib):
    """The base, views of it in any order, what is detached; before or after the base; and an expanded one stays so."""
    x = lib.arange(12.0).reshape(3, 4)
    parts = [x[1:].T, x, x.detach(), x[::2, 1:3], x[1, 2], x[:0], x[0].expand(5, 4), lib.ones(2)]
    new = copy.deepcopy(parts)
    assert [(t.tolist(), t.stride() if t.numel() else None) for t in new] == [
        (t.tolist(), t.stride() if t.numel() else None) for t in parts
    ]
    assert not any(t._is_view() for t in new)
    transposed, base, detached, spread, number, _, expanded, other = new
    base[1, 2] = 100.0
    assert (transposed[2, 0], detached[1, 2], number) == (100, 100, 100)
    detached[0, 1] = -1.0
    assert (base[0, 1], spread[0, 0], expanded[3, 1]) == (-1, -1, -1)
    with pytest.raises(RuntimeError, match="more than one element"):
        expanded.add_(1)
    other.add_(1)
    assert x.tolist() == lib.arange(12.0).reshape(3, 4).tolist()


def test_deep_copies_of_memory_of_others():
    memory = np.arange(12.0)[::2]  # with gaps
    x = mgx.from_dlpack(torch.from_numpy(memory))
    new, part = copy.deepcopy((x, x[1:]))
    new.add_(1)
    assert new.tolist() == [1, 3, 5, 7, 9, 11]
    assert part.tolist() == [2, 4, 6, 8, 10]
    assert memory.tolist() == [0, 2, 4, 6, 8, 10]
    frozen = np.arange(3.0)
    frozen.flags.writeable = False
    x = mgx.from_numpy(frozen)
    for part in copy.deepcopy([x[1:], x, x[:0]]):
        part.add_(1)
    assert frozen.tolist() == [0, 1, 2]


@both
def test_a_tensor_that_was_frozen_or_written_to_is_copied(lib):
    x = lib.ones(2, requires_grad=True)
    x.requires_grad_(False)
    y = lib.zeros(2)
    y.add_(lib.ones(2, requires_grad=True))
    z = y.detach_()
    for made in (pickled, copy.copy, copy.deepcopy):
        for original in (x, z):
            other = made(original)
            assert (other.tolist(), other.requires_grad, vars(other)) == ([1, 1], False, {})


@both
@pytest.mark.filterwarnings("ignore:.*weight_norm.* is deprecated")
@pytest.mark.parametrize("norm", ["weight_norm", "spectral_norm"])
def test_modules_with_computed_weights_are_pickled(lib, norm):
    layer = getattr(lib.nn.utils, norm)(lib.nn.Linear(3, 2)).eval()
    x = lib.ones(3)
    expected = layer(x)
    other = pickled(layer)
    assert other(x).tolist() == expected.tolist()
    other(x).sum().backward()
    assert [p.grad is not None for p in other.parameters()] == [True] * len(list(layer.parameters()))
    with pytest.raises(RuntimeError, match="support the deepcopy protocol"):
        copy.deepcopy(layer)
