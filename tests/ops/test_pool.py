"""Pooling against PyTorch: forward, gradient, gradient of the gradient, and what must raise."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F

import microgradx as mgx
from microgradx.ops import pool as ops

# function, shape of the input, arguments, options
POOLS = {
    "max": ("max_pool2d", (2, 3, 6, 8), (2,), {}),
    "max, uneven": ("max_pool2d", (2, 3, 7, 9), (2,), {}),
    "max, overlapping": ("max_pool2d", (2, 3, 7, 8), (3, 1), {}),
    "max, gaps": ("max_pool2d", (2, 3, 7, 8), (2, 3), {}),
    "max, asymmetric": ("max_pool2d", (2, 3, 7, 8), ((2, 3), (1, 2)), {"padding": (1, 0)}),
    "max, padding": ("max_pool2d", (2, 3, 7, 8), (3, 2, 1), {}),
    "max, dilation": ("max_pool2d", (2, 3, 9, 9), (3, 2), {"dilation": (2, 3), "padding": 1}),
    "max, ceil": ("max_pool2d", (2, 3, 7, 8), (3, 2), {"ceil_mode": True}),
    "max, ceil and padding": ("max_pool2d", (2, 3, 5, 6), (2, 3, 1), {"ceil_mode": True}),
    "max, kernel = input": ("max_pool2d", (2, 3, 4, 5), ((4, 5),), {}),
    "max, large kernel": ("max_pool2d", (1, 2, 20, 20), (17, 1), {}),
    "max, one cell": ("max_pool2d", (2, 3, 4, 5), (1,), {}),
    "max, no samples": ("max_pool2d", (0, 3, 4, 4), (2,), {}),
    "max, unbatched": ("max_pool2d", (3, 6, 8), (2,), {}),
    "max 1d": ("max_pool1d", (2, 3, 9), (3, 2, 1), {}),
    "max 1d, unbatched": ("max_pool1d", (3, 9), (2,), {"ceil_mode": True}),
    "max 3d": ("max_pool3d", (2, 2, 5, 4, 6), ((2, 3, 2), (1, 2, 2), (1, 1, 0)), {}),
    "avg": ("avg_pool2d", (2, 3, 6, 8), (2,), {}),
    "avg, overlapping": ("avg_pool2d", (2, 3, 7, 8), (3, 2), {}),
    "avg, gaps": ("avg_pool2d", (2, 3, 7, 8), (2, 3), {}),
    "avg, padding": ("avg_pool2d", (2, 3, 7, 8), ((3, 2), 2, 1), {}),
    "avg, padding not counted": ("avg_pool2d", (2, 3, 7, 8), (3, 2, 1), {"count_include_pad": False}),
    "avg, ceil": ("avg_pool2d", (2, 3, 7, 8), (3, 2), {"ceil_mode": True}),
    "avg, ceil and padding": ("avg_pool2d", (2, 3, 6, 8), (3, 2, 1), {"ceil_mode": True}),
    "avg, ceil and padding not counted": (
        "avg_pool2d", (2, 3, 6, 8), (3, 2, 1), {"ceil_mode": True, "count_include_pad": False},
    ),
    "avg, divisor": ("avg_pool2d", (2, 3, 6, 8), (3, 2, 1), {"divisor_override": 5, "ceil_mode": True}),
    "avg, no samples": ("avg_pool2d", (0, 3, 6, 8), (2,), {}),
    "avg, unbatched": ("avg_pool2d", (3, 6, 8), (2,), {}),
    "avg 1d": ("avg_pool1d", (2, 3, 9), (3, 2, 1), {"count_include_pad": False}),
    "avg 3d": ("avg_pool3d", (2, 2, 5, 4, 6), ((2, 3, 2), (1, 2, 2), (1, 1, 0)), {}),
    "adaptive avg": ("adaptive_avg_pool2d", (2, 3, 6, 8), ((3, 2),), {}),
    "adaptive avg, uneven": ("adaptive_avg_pool2d", (2, 3, 7, 9), ((3, 4),), {}),
    "adaptive avg, to one": ("adaptive_avg_pool2d", (2, 3, 7, 9), (1,), {}),
    "adaptive avg, larger": ("adaptive_avg_pool2d", (2, 3, 3, 4), (5,), {}),
    "adaptive avg, None": ("adaptive_avg_pool2d", (2, 3, 5, 6), ((None, 4),), {}),
    "adaptive avg 1d, unbatched": ("adaptive_avg_pool1d", (3, 9), (4,), {}),
    "adaptive avg 3d": ("adaptive_avg_pool3d", (2, 2, 5, 4, 6), ((2, 3, 4),), {}),
    "adaptive max": ("adaptive_max_pool2d", (2, 3, 6, 8), ((3, 2),), {}),
    "adaptive max, uneven": ("adaptive_max_pool2d", (2, 3, 7, 9), ((3, 4),), {}),
    "adaptive max, larger": ("adaptive_max_pool2d", (2, 3, 3, 4), (5,), {}),
    "adaptive max, None": ("adaptive_max_pool2d", (2, 3, 5, 6), ((None, 4),), {}),
    "adaptive max 1d": ("adaptive_max_pool1d", (2, 3, 9), (4,), {}),
    "adaptive max 3d, unbatched": ("adaptive_max_pool3d", (2, 5, 4, 6), ((2, 3, 4),), {}),
}  # fmt: skip
cases = pytest.mark.parametrize("name", POOLS)
choosing = pytest.mark.parametrize("name", [name for name in POOLS if "max" in name])


def operand(name, dtype=np.float64):
    return np.random.default_rng(len(name)).standard_normal(POOLS[name][1]).astype(dtype)


def functions(name):
    function, _, args, options = POOLS[name]
    return (
        lambda x, **more: getattr(ops, function)(x, *args, **options, **more),
        lambda x, **more: getattr(F, function)(x, *args, **options, **more),
    )


def close(ours, theirs, tolerance=1e-10):
    ours, theirs = ours.detach().numpy(), theirs.detach().numpy()
    assert ours.shape == theirs.shape
    assert ours.dtype == theirs.dtype
    np.testing.assert_allclose(ours, theirs, rtol=tolerance, atol=tolerance)


@cases
@pytest.mark.parametrize(("dtype", "tolerance"), [(np.float64, 1e-12), (np.float32, 1e-5)])
def test_result_and_gradient_are_pytorchs(name, dtype, tolerance):
    ours, theirs = functions(name)
    array = operand(name, dtype)
    x, z = mgx.tensor(array, requires_grad=True), torch.tensor(array, requires_grad=True)
    y, r = ours(x), theirs(z)
    close(y, r, tolerance)
    g = np.random.default_rng(1).standard_normal(r.shape).astype(dtype)
    (dx,) = mgx.autograd.grad(y, [x], mgx.tensor(g))
    (dz,) = torch.autograd.grad(r, [z], torch.tensor(g))
    close(dx, dz, tolerance)
    np.testing.assert_array_equal(array, operand(name, dtype))


@cases
def test_gradient_of_gradient_is_pytorchs(name):
    def second(function, tensor, grad):
        x, g = tensor(operand(name), requires_grad=True), tensor(weights, requires_grad=True)
        y = function(x)
        (first,) = grad(y * y, [x], g, create_graph=True)
        return grad((first * first).sum(), [x, g])

    ours, theirs = functions(name)
    weights = np.random.default_rng(2).standard_normal(theirs(torch.tensor(operand(name))).shape)
    pairs = zip(
        second(ours, mgx.tensor, mgx.autograd.grad),
        second(theirs, torch.tensor, torch.autograd.grad),
        strict=True,
    )
    for dx, dz in pairs:
        close(dx, dz)


@choosing
def test_indices_are_pytorchs(name):
    ours, theirs = functions(name)
    x = operand(name)
    (y, i), (z, k) = (
        ours(mgx.tensor(x), return_indices=True),
        theirs(torch.tensor(x), return_indices=True),
    )
    close(y, z)
    close(i, k, 0)


@choosing
def test_of_equal_cells_the_first_is_chosen(name):
    ours, theirs = functions(name)
    x = np.round(operand(name))
    close(ours(mgx.tensor(x), return_indices=True)[1], theirs(torch.tensor(x), return_indices=True)[1], 0)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("padding", [0, 1])
def test_special_values(value, padding):
    x = np.random.default_rng(5).standard_normal((2, 3, 8, 8))
    x[np.random.default_rng(6).random(x.shape) < 0.5] = value
    x[0, 0] = value
    a, b = mgx.tensor(x, requires_grad=True), torch.tensor(x, requires_grad=True)
    y, i = ops.max_pool2d(a, 3, 2, padding, return_indices=True)
    z, k = F.max_pool2d(b, 3, 2, padding, return_indices=True)
    close(y, z)
    close(i, k, 0)
    g = np.full(z.shape, np.inf)
    (dx,) = mgx.autograd.grad(y, [a], mgx.tensor(g))
    (dz,) = torch.autograd.grad(z, [b], torch.tensor(g))
    close(dx, dz)


@pytest.mark.parametrize("options", [{}, {"divisor_override": -3}, {"padding": 1, "count_include_pad": False}])
def test_means_of_int64_are_rounded_towards_zero(options):
    x = np.arange(-20, 16).reshape(1, 1, 6, 6) ** 2 * np.sign(np.arange(-20, 16)).reshape(1, 1, 6, 6)
    close(ops.avg_pool2d(mgx.tensor(x), 2, **options), F.avg_pool2d(torch.tensor(x), 2, **options))


def test_integers_have_a_maximum_but_usually_no_mean():
    x = np.arange(-8, 8).reshape(1, 1, 4, 4)
    close(ops.max_pool2d(mgx.tensor(x), 3, 2, 1), F.max_pool2d(torch.tensor(x), 3, 2, 1))
    with pytest.raises(NotImplementedError, match="not implemented for"):
        ops.avg_pool2d(mgx.tensor(x.astype(np.int32)), 2)
    with pytest.raises(NotImplementedError, match="not implemented for"):
        ops.adaptive_avg_pool2d(mgx.tensor(x), 2)
    with pytest.raises(NotImplementedError, match="not implemented for"):
        ops.max_pool2d(mgx.tensor(x > 0), 2)


def test_arrays_with_gaps():
    x = np.random.default_rng(7).standard_normal((2, 3, 8, 12))[..., ::2].swapaxes(2, 3)
    slide = ops.Slide((2, 2), ((0, 0), (0, 0)), (1, 1))
    theirs = torch.tensor(x)
    out, cells = ops.max_pool(x, (2, 2), (3, 4), slide)
    z, indices = F.max_pool2d(theirs, 2, return_indices=True)
    np.testing.assert_array_equal(out, z)
    np.testing.assert_array_equal(ops.positions(cells, (2, 2), (6, 8), slide), indices)
    np.testing.assert_array_equal(ops.take(x, indices.numpy(), (6, 8)), z)
    np.testing.assert_allclose(ops.avg_pool(x, (2, 2), (3, 4), slide, 4), F.avg_pool2d(theirs, 2), rtol=1e-14)


def test_windows_of_one_cell_are_copied():
    x = np.arange(6.0).reshape(1, 1, 2, 3)
    slide = ops.Slide((1, 1), ((0, 0), (0, 0)), (1, 1))
    for out in (ops.max_pool(x, (1, 1), (2, 3), slide)[0], ops.avg_pool(x, (1, 1), (2, 3), slide, 1)):
        np.testing.assert_array_equal(out, x)
        assert not np.shares_memory(out, x)


def test_names_in_the_graph():
    x = mgx.tensor(np.ones((1, 1, 4, 4)), requires_grad=True)
    assert ops.max_pool2d(x, 2).grad_fn.name == "MaxPool2DWithIndicesBackward0"
    assert ops.avg_pool2d(x, 2).grad_fn.name == "AvgPool2DBackward0"


WRONG = {
    "dimensions": ("max_pool2d", (8, 8), (2,), {}, "Expected 3D"),
    "dimensions 1d": ("max_pool1d", (2, 3, 8, 8), (2,), {}, "Expected 2D"),
    "dimensions 3d": ("avg_pool3d", (8, 8), (2,), {}, "Expected 4D"),
    "padding": ("max_pool2d", (2, 3, 8, 8), (2,), {"padding": 2}, "pad should be at most half of effective"),
    "padding of a dilated window": (
        "max_pool2d", (2, 3, 8, 8), (3,), {"padding": 2, "dilation": 2}, "pad should be at most half of",
    ),
    "negative padding": ("max_pool2d", (2, 3, 8, 8), (2,), {"padding": -1}, "pad must be non-negative"),
    "too small": ("max_pool2d", (2, 3, 2, 2), (3,), {}, r"\(3x2x2\).*\(3x0x0\). Output size is too small"),
    "too small for avg": ("avg_pool2d", (2, 3, 2, 2), (3,), {}, "Output size is too small"),
    "kernel 0": ("max_pool2d", (2, 3, 8, 8), (0,), {}, "kernel_size should be greater than zero"),
    "stride 0": ("avg_pool2d", (2, 3, 8, 8), (2, 0), {}, "stride should be greater than zero"),
    "dilation 0": ("max_pool2d", (2, 3, 8, 8), (2,), {"dilation": 0}, "dilation should be greater than zero"),
    "kernel of three": ("max_pool2d", (2, 3, 8, 8), ((2, 2, 2),), {}, "expected kernel_size to be"),
    "divisor 0": ("avg_pool2d", (2, 3, 8, 8), (2,), {"divisor_override": 0}, "divisor must be not zero"),
    "volume smaller than a window": ("avg_pool3d", (2, 1, 2, 4, 4), (3, None, 1), {}, "smaller than kernel size"),
    "no cells": ("max_pool2d", (2, 3, 0, 8), (2, 1, 1), {}, "Expected something but samples to pool"),
    "no cells for avg": ("avg_pool1d", (2, 0, 8), (2,), {}, "Expected something but samples to pool"),
    "adaptive avg, no cells": ("adaptive_avg_pool2d", (2, 3, 0, 8), (2,), {}, "non-zero size for non-batch dimensions"),
    "adaptive max, no cells": ("adaptive_max_pool1d", (2, 3, 0), (1,), {}, "non-zero size for non-batch dimensions"),
    "adaptive max, no channels": ("adaptive_max_pool2d", (2, 0, 3, 3), (2,), {}, "non-zero size for non-batch dim"),
    "adaptive dimensions": ("adaptive_avg_pool2d", (8, 8), (2,), {}, "Expected 3D"),
    "adaptive size of three": ("adaptive_max_pool2d", (2, 3, 8, 8), ((2, 2, 2),), {}, "output_size must be"),
    "adaptive negative": ("adaptive_avg_pool2d", (2, 3, 8, 8), (-1,), {}, "greater than or equal to 0"),
}  # fmt: skip


@pytest.mark.parametrize("name", WRONG)
def test_bad_input_raises_as_in_pytorch(name):
    function, shape, args, options, text = WRONG[name]
    with pytest.raises((RuntimeError, IndexError)):
        getattr(F, function)(torch.zeros(shape), *args, **options)
    with pytest.raises(RuntimeError, match=text):
        getattr(ops, function)(mgx.tensor(np.zeros(shape, np.float32)), *args, **options)


def test_arrays_are_no_tensors():
    for function in (ops.max_pool2d, ops.avg_pool2d, ops.adaptive_avg_pool2d, ops.adaptive_max_pool2d):
        with pytest.raises(TypeError, match="must be Tensor"):
            function(np.ones((1, 1, 4, 4)), 2)


def test_a_window_of_padding_only_raises():
    """PyTorch returns -inf, and an index that is none."""
    with pytest.raises(RuntimeError, match="the first window sees nothing but padding"):
        ops.max_pool2d(mgx.ones(1, 1, 1, 1), 2, None, 1, (1, 2))


def test_the_mean_of_no_cells_is_nan():
    for m, function in ((mgx, ops.adaptive_avg_pool2d), (torch, F.adaptive_avg_pool2d)):
        assert np.isnan(function(m.ones(2, 3, 0, 4), 1).numpy()).tolist() == np.ones((2, 3, 1, 1), bool).tolist()
