"""How results here and in PyTorch are compared, with their gradients and second derivatives."""

import numpy as np
import torch

import microgradx as mgx


def plain(tensor):
    tensor = tensor.detach() + 0  # PyTorch has tensors of zeros without memory
    return np.array(tensor.tolist(), str(tensor.dtype).removeprefix("torch."))


def tolerance(row, tensor):
    """Of samples: those that are computed with exp or log differ in the last places."""
    if row.exact or not tensor.is_floating_point():
        return 0
    last_places = 16 * torch.finfo(tensor.dtype).eps
    if row.name == "LKJCholesky":  # the diagonal consists of square roots of differences, which may be small
        last_places /= tensor.diagonal(dim1=-2, dim2=-1).min().item()
    return last_places


def assert_close(ours, theirs, rtol):
    assert (tuple(ours.shape), str(ours.dtype)) == (tuple(theirs.shape), str(theirs.dtype))
    np.testing.assert_allclose(plain(ours), plain(theirs), rtol, rtol)


def gradients(lib, out, leaves, weights, second=True):
    """First derivatives of ``out``, and second ones: those of the sum of the squares of the first."""
    if not out.requires_grad:
        return []
    out = (out * lib.tensor(weights, dtype=out.dtype)).sum()
    first = [g for g in lib.autograd.grad(out, leaves, create_graph=True, allow_unused=True) if g is not None]
    squares = sum((g**2).sum() for g in first)
    if not (second and squares.requires_grad):
        return [g.detach() for g in first]
    found = lib.autograd.grad(squares, leaves, allow_unused=True)
    return [g.detach() for g in first] + [lib.zeros(()) if g is None else g for g in found]


def outcome(get, distribution):
    try:
        return get(distribution)
    except (NotImplementedError, AttributeError, ValueError, RuntimeError) as error:
        return type(error)


def compare(row, get, dtype="float64", rtol=1e-9, inputs=(), second=True, slack=100, requires_grad=True):
    """What ``get`` finds of the distribution, and its gradients by parameters and ``inputs``, or the same error."""
    (d, leaves), (e, others) = row.both(dtype, requires_grad)
    if not requires_grad:
        leaves, others = [], []
    for x in inputs:
        tensor = mgx.tensor(x), torch.tensor(x)
        if x.dtype.kind == "f":
            leaves.append(tensor[0].requires_grad_())
            others.append(tensor[1].requires_grad_())
        inputs = tensor
    ours = outcome(lambda d: get(d, *inputs[:1]), d)
    theirs = outcome(lambda e: get(e, *inputs[1:]), e)
    if isinstance(theirs, type):
        assert ours is theirs
        return
    if theirs.dtype == torch.float32:
        rtol = max(rtol, 1e-5)
    assert_close(ours, theirs, rtol)
    assert ours.requires_grad == theirs.requires_grad
    if not leaves:
        return
    weights = np.random.default_rng(0).uniform(0.5, 1.5, tuple(theirs.shape))
    found, expected = (
        gradients(lib, out, x, weights, second) for lib, out, x in ((mgx, ours, leaves), (torch, theirs, others))
    )
    for g, h in zip(found, expected, strict=True):
        np.testing.assert_allclose(plain(g), plain(h), slack * rtol, slack * rtol)
