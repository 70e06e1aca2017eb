"""Clipping of gradients, and parameters as one vector."""

import numpy as np
import pytest
import torch

import microgradx as mgx

inf = float("inf")


def model(lib):
    lib.manual_seed(2)
    net = lib.nn.Sequential(lib.nn.Linear(3, 4), lib.nn.Tanh(), lib.nn.Linear(4, 2))
    (net(lib.ones(5, 3)) * 3).sum().backward()
    net[2].bias.grad = None
    return net


def gradients(net):
    return [None if p.grad is None else p.grad.numpy() for p in net.parameters()]


@pytest.mark.parametrize("max_norm", [0.5, 1000.0])
@pytest.mark.parametrize("norm_type", [2.0, 1.0, 3.0, inf])
def test_clipping_the_norm(max_norm, norm_type):
    ours, theirs = model(mgx), model(torch)
    kept = [p.grad for p in ours.parameters()]
    norm = mgx.nn.utils.clip_grad_norm_(ours.parameters(), max_norm, norm_type)
    expected = torch.nn.utils.clip_grad_norm_(theirs.parameters(), max_norm, norm_type)
    assert isinstance(norm, mgx.Tensor)
    assert norm.dtype is mgx.float32
    np.testing.assert_allclose(norm.item(), expected.item(), rtol=1e-6)
    for a, b in zip(gradients(ours), gradients(theirs), strict=True):
        if b is not None:
            np.testing.assert_allclose(a, b, rtol=1e-6)
    assert all(a is p.grad for a, p in zip(kept, ours.parameters(), strict=True))


def test_clipping_the_norm_of_nothing_and_of_one():
    assert mgx.nn.utils.clip_grad_norm_([], 1.0).item() == 0.0
    x = mgx.tensor([3.0, 4.0], requires_grad=True)
    assert mgx.nn.utils.clip_grad_norm_(x, 1.0).item() == 0.0
    x.sum().backward()
    assert mgx.nn.utils.clip_grad_norm_(x, 1.0).item() == pytest.approx(2**0.5)
    with pytest.warns(UserWarning, match="empty generator"):
        mgx.nn.utils.clip_grad_norm_((p for p in ()), 1.0)


@pytest.mark.parametrize("lib", [mgx, torch])
def test_a_norm_that_is_not_finite(lib):
    x = lib.ones(2, requires_grad=True)
    x.grad = lib.tensor([1.0, inf])
    with pytest.raises(RuntimeError, match=r"The total norm of order 2\.0 for gradients from"):
        lib.nn.utils.clip_grad_norm_([x], 1.0, error_if_nonfinite=True)
    assert lib.nn.utils.clip_grad_norm_([x], 1.0).item() == inf


def test_clipping_values():
    ours, theirs = model(mgx), model(torch)
    mgx.nn.utils.clip_grad_value_(ours.parameters(), 2.0)
    torch.nn.utils.clip_grad_value_(theirs.parameters(), 2.0)
    for a, b in zip(gradients(ours), gradients(theirs), strict=True):
        if b is not None:
            np.testing.assert_allclose(a, b, rtol=1e-6)


def test_parameters_as_a_vector_and_back():
    ours, theirs = model(mgx), model(torch)
    vector = mgx.nn.utils.parameters_to_vector(ours.parameters())
    expected = torch.nn.utils.parameters_to_vector(theirs.parameters())
    np.testing.assert_array_equal(vector.detach().numpy(), expected.detach().numpy())
    (vector * vector).sum().backward()
    assert ours[2].bias.grad is not None
    kept = list(ours.parameters())
    new = mgx.arange(float(vector.numel()))
    mgx.nn.utils.vector_to_parameters(new, ours.parameters())
    assert all(a is b for a, b in zip(kept, ours.parameters(), strict=True))
    np.testing.assert_array_equal(mgx.nn.utils.parameters_to_vector(ours.parameters()).detach().numpy(), new.numpy())
    assert ours[0].weight.requires_grad
    with pytest.raises(TypeError, match=r"expected torch\.Tensor, but got: list"):
        mgx.nn.utils.vector_to_parameters([1.0], ours.parameters())
