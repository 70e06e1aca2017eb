"""grid_sample and affine_grid against PyTorch, in all modes; PyTorch has no second derivatives, so these are checked alone."""

import itertools
import warnings

import numpy as np
import pytest
import torch

import microgradx as mgx
import microgradx.nn

SHAPES = [(2, 3, 4, 5), (1, 2, 1, 3), (0, 2, 3, 4), (2, 0, 3, 3), (2, 2, 3, 4, 2), (1, 1, 1, 2, 1)]
MODES = list(itertools.product(("bilinear", "nearest", "bicubic"), ("zeros", "border", "reflection"), (False, True)))
GRIDS = {
    "near": lambda rng, shape: rng.standard_normal(shape),
    "far": lambda rng, shape: rng.standard_normal(shape) * 5,
    "on edges and middles": lambda rng, shape: rng.integers(-8, 9, shape) / 4,
}


def operands(kind, shape, dtype):
    rng = np.random.default_rng(len(kind))
    d = len(shape) - 2
    grid = GRIDS[kind](rng, (shape[0], *(3, 6, 5)[:d], d))
    return rng.standard_normal(shape).astype(dtype), grid.astype(dtype)


def outcome(m, arrays, mode, padding_mode, align_corners):
    x, grid = (m.tensor(a, requires_grad=True) for a in arrays)
    out = m.nn.functional.grid_sample(x, grid, mode, padding_mode, align_corners)
    weights = np.cos(np.arange(out.numel())).reshape(tuple(out.shape)).astype(arrays[0].dtype)
    (out * m.tensor(weights)).sum().backward()
    return [t.detach().numpy() for t in (out, x.grad, grid.grad)]


@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize(("mode", "padding_mode", "align_corners"), MODES)
@pytest.mark.parametrize(("dtype", "tolerance"), [("float64", 1e-9), ("float32", 1e-4)])
def test_result_and_gradients_are_pytorchs(shape, mode, padding_mode, align_corners, dtype, tolerance):
    if mode == "bicubic" and len(shape) == 5:
        with pytest.raises(RuntimeError, match="bicubic interpolation only supports 4D input"):
            outcome(mgx, operands("near", shape, dtype), mode, padding_mode, align_corners)
        return
    for kind in GRIDS:
        arrays = operands(kind, shape, dtype)
        pairs = zip(*(outcome(m, arrays, mode, padding_mode, align_corners) for m in (mgx, torch)), strict=True)
        for ours, theirs in pairs:
            assert (ours.shape, ours.dtype) == (theirs.shape, theirs.dtype)
            np.testing.assert_allclose(ours, theirs, tolerance, tolerance, err_msg=kind)


@pytest.mark.parametrize("shape", [(2, 2, 3, 4), (1, 2, 2, 3, 2)], ids=str)
@pytest.mark.parametrize(("mode", "padding_mode", "align_corners"), MODES)
def test_derivatives_of_both_orders_are_slopes(shape, mode, padding_mode, align_corners):
    if mode == "bicubic" and len(shape) == 5:
        return
    d = len(shape) - 2
    x, grid = operands("near", shape, "float64")
    grid = grid[:, :2, :2, :1] if d == 3 else grid[:, :2, :2]
    inputs = [mgx.tensor(a, requires_grad=True) for a in (x, grid)]

    def sampled(x, grid):
        return mgx.nn.functional.grid_sample(x, grid, mode, padding_mode, align_corners)

    assert mgx.autograd.gradcheck(sampled, inputs)
    assert mgx.autograd.gradgradcheck(sampled, inputs)


def test_infinite_values_count_only_where_they_are_seen():
    x = np.array([[[[np.inf, 2.0], [3.0, 4.0]]]])
    places = np.array([[[[3.0, 3.0], [1.0, 1.0]]]])
    ours, theirs = (
        m.nn.functional.grid_sample(m.tensor(x), m.tensor(places), align_corners=True).tolist() for m in (mgx, torch)
    )
    assert ours == theirs == [[[[0.0, 4.0]]]]


@pytest.mark.parametrize("m", [mgx, torch])
def test_the_default_of_align_corners_warns(m):
    with pytest.warns(UserWarning, match="Please specify align_corners=True if the old behavior is desired"):
        m.nn.functional.grid_sample(m.ones(1, 1, 2, 2), m.zeros(1, 1, 1, 2))
    with pytest.warns(UserWarning, match="Default grid_sample and affine_grid behavior has changed"):
        m.nn.functional.affine_grid(m.zeros(1, 2, 3), (1, 1, 2, 2))
    with pytest.warns(UserWarning, match="for unit-size grids when align_corners=True"):
        m.nn.functional.affine_grid(m.zeros(1, 2, 3), (1, 1, 1, 2), align_corners=True)


@pytest.mark.parametrize("align_corners", [False, True])
@pytest.mark.parametrize("size", [(2, 1, 3, 4), (2, 1, 1, 4), (2, 5, 3, 4, 5)])
def test_affine_grids_are_pytorchs(size, align_corners):
    d = len(size) - 2
    theta = np.random.default_rng(0).standard_normal((2, d, d + 1))

    def result(m):
        t = m.tensor(theta, requires_grad=True)
        grid = m.nn.functional.affine_grid(t, list(size), align_corners)
        grid.pow(3).sum().backward()
        return grid.detach().numpy(), t.grad.numpy()

    with warnings.catch_warnings(action="ignore", category=UserWarning):
        for ours, theirs in zip(result(mgx), result(torch), strict=True):
            np.testing.assert_allclose(ours, theirs, 1e-12, 1e-12)


@pytest.mark.parametrize("align_corners", [False, True])
@pytest.mark.parametrize("n", [1, 2, 3, 7, 16, 28, 31, 32, 45, 61])
def test_the_grid_of_the_identity_is_pytorchs_bit_for_bit(n, align_corners):
    """Its places are middles of cells, where a rounding decides on which side the slope is taken."""
    theta = np.array([[[1, 0, 0], [0, 1, 0]]], np.float32)
    image = np.random.default_rng(0).standard_normal((1, 1, n, n)).astype(np.float32)
    results = []
    for m in (mgx, torch):
        with warnings.catch_warnings(action="ignore", category=UserWarning):
            grid = m.nn.functional.affine_grid(m.tensor(theta), (1, 1, n, n), align_corners).requires_grad_()
        m.nn.functional.grid_sample(m.tensor(image), grid, align_corners=align_corners).sum().backward()
        results.append((grid.detach().numpy(), grid.grad.numpy()))
    np.testing.assert_array_equal(results[0][0], results[1][0])
    np.testing.assert_allclose(results[0][1], results[1][1], 1e-4, 1e-4)
