"""Convolution against PyTorch: forward, gradient, gradient of the gradient, and what must raise."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F

import microgradx as mgx
from microgradx.ops import conv as ops

# function, shapes of input, weight and bias (or None), options
CONVOLUTIONS = {
    "plain": ("conv2d", (2, 3, 7, 6), (4, 3, 3, 3), (4,), {}),
    "no bias": ("conv2d", (2, 3, 7, 6), (4, 3, 3, 2), None, {}),
    "1x1": ("conv2d", (2, 3, 4, 5), (4, 3, 1, 1), (4,), {}),
    "1x1 strided": ("conv2d", (2, 3, 5, 6), (4, 3, 1, 1), (4,), {"stride": 2}),
    "1x1 padded": ("conv2d", (2, 3, 3, 4), (4, 3, 1, 1), (4,), {"padding": 2}),
    "stride": ("conv2d", (2, 3, 8, 9), (4, 3, 3, 3), (4,), {"stride": 2}),
    "stride over the kernel": ("conv2d", (2, 3, 9, 9), (4, 3, 2, 2), (4,), {"stride": 3}),
    "asymmetric": ("conv2d", (2, 3, 8, 9), (4, 3, 2, 5), (4,), {"stride": (2, 1), "padding": (0, 3)}),
    "padding": ("conv2d", (2, 3, 5, 5), (4, 3, 3, 3), (4,), {"padding": 1}),
    "more padding than kernel": ("conv2d", (1, 2, 3, 3), (2, 2, 2, 2), (2,), {"padding": 3}),
    "dilation": ("conv2d", (2, 3, 9, 9), (4, 3, 3, 2), (4,), {"dilation": (2, 3)}),
    "all": (
        "conv2d", (2, 4, 9, 10), (6, 2, 3, 3), (6,),
        {"stride": (2, 3), "padding": (2, 1), "dilation": (1, 2), "groups": 2},
    ),
    "groups": ("conv2d", (2, 6, 5, 5), (9, 2, 3, 3), (9,), {"groups": 3}),
    "depthwise": ("conv2d", (2, 4, 6, 5), (4, 1, 3, 3), (4,), {"groups": 4, "padding": 1}),
    "depthwise, two each": ("conv2d", (2, 4, 6, 5), (8, 1, 3, 3), (8,), {"groups": 4}),
    "kernel = input": ("conv2d", (2, 3, 4, 5), (4, 3, 4, 5), (4,), {}),
    "valid": ("conv2d", (2, 3, 5, 5), (4, 3, 3, 3), (4,), {"padding": "valid"}),
    "same": ("conv2d", (2, 3, 5, 6), (4, 3, 3, 4), (4,), {"padding": "same", "dilation": (1, 2)}),
    # a product for each row of the kernel: from 16 numbers in a row on, if the first stride is 1
    "rows": ("conv2d", (2, 6, 7, 6), (4, 6, 3, 3), (4,), {"padding": (0, 1)}),
    "rows, all": (
        "conv2d", (2, 12, 9, 10), (6, 6, 3, 3), (6,),
        {"stride": (1, 3), "padding": (2, 1), "dilation": (2, 3), "groups": 2},
    ),
    "rows, kernel = input": ("conv2d", (2, 6, 4, 3), (4, 6, 4, 3), None, {}),
    "rows, no samples": ("conv2d", (0, 6, 5, 5), (4, 6, 3, 3), (4,), {"padding": 1}),
    "rows, 1d": ("conv1d", (2, 16, 9), (4, 16, 3), (4,), {"dilation": 2, "padding": 1}),
    "rows, 3d": ("conv3d", (2, 3, 5, 4, 6), (3, 3, 2, 3, 2), (3,), {"stride": (1, 2, 3), "padding": (1, 0, 1)}),
    "rows, transposed": (
        "conv_transpose2d", (2, 6, 4, 5), (6, 8, 3, 2), (8,), {"stride": (1, 2), "padding": (1, 0), "dilation": 2},
    ),
    # from 16 channels on, with steps of 1, the way back is a convolution by mirrored kernels
    "mirrored": ("conv2d", (2, 16, 5, 6), (4, 16, 3, 2), (4,), {"padding": (1, 0)}),
    "mirrored, all": (
        "conv2d", (2, 32, 9, 7), (6, 16, 3, 2), (6,), {"padding": (3, 1), "dilation": (2, 3), "groups": 2},
    ),
    "mirrored, 3d": ("conv3d", (2, 16, 3, 4, 5), (2, 16, 2, 1, 3), (2,), {"padding": (1, 0, 2)}),
    "not mirrored, for its padding": ("conv2d", (2, 16, 4, 4), (3, 16, 2, 2), (3,), {"padding": 2}),
    "mirrored, transposed": (
        "conv_transpose2d", (2, 4, 4, 5), (4, 16, 3, 3), (32,),
        {"padding": (1, 2), "dilation": 3, "output_padding": (2, 1), "groups": 2},
    ),
    "mirrored, no samples": ("conv_transpose2d", (0, 3, 4, 5), (3, 16, 3, 3), (16,), {}),
    "no samples": ("conv2d", (0, 3, 5, 5), (4, 3, 3, 3), (4,), {"padding": 1}),
    "unbatched": ("conv2d", (3, 6, 7), (4, 3, 3, 3), (4,), {"stride": 2}),
    "1d": ("conv1d", (2, 3, 9), (4, 3, 3), (4,), {"stride": 2, "padding": 1}),
    "1d unbatched": ("conv1d", (4, 9), (4, 2, 3), (4,), {"dilation": 2, "groups": 2}),
    "3d": ("conv3d", (2, 2, 5, 4, 6), (3, 2, 2, 3, 2), (3,), {"stride": (1, 2, 3), "padding": (1, 0, 1)}),
    "transposed": ("conv_transpose2d", (2, 3, 4, 5), (3, 4, 3, 3), (4,), {}),
    "transposed, no bias": ("conv_transpose2d", (2, 3, 4, 5), (3, 4, 3, 2), None, {"padding": 1}),
    "transposed, stride": (
        "conv_transpose2d", (2, 3, 4, 5), (3, 4, 4, 3), (4,),
        {"stride": (2, 3), "padding": 1, "output_padding": (1, 2)},
    ),
    "transposed, all": (
        "conv_transpose2d", (2, 4, 3, 4), (4, 3, 3, 2), (6,),
        {"stride": 2, "padding": 2, "output_padding": (0, 1), "groups": 2, "dilation": (2, 1)},
    ),
    "transposed, output padding over the stride": (
        "conv_transpose2d", (2, 3, 4, 5), (3, 2, 3, 3), (2,), {"dilation": 3, "output_padding": 2},
    ),
    "transposed, no samples": ("conv_transpose2d", (0, 3, 4, 5), (3, 4, 3, 3), (4,), {}),
    "transposed, unbatched": ("conv_transpose2d", (3, 4, 5), (3, 4, 3, 3), (4,), {"stride": 2}),
    "transposed 1d": ("conv_transpose1d", (2, 3, 5), (3, 2, 4), (2,), {"stride": 3, "output_padding": 2}),
    "transposed 3d": ("conv_transpose3d", (2, 2, 3, 2, 3), (2, 3, 2, 3, 2), (3,), {"stride": (1, 2, 2)}),
}  # fmt: skip
cases = pytest.mark.parametrize("name", CONVOLUTIONS)


def operands(name, dtype=np.float64):
    random = np.random.default_rng(len(name))
    shapes = CONVOLUTIONS[name][1:4]
    return [random.standard_normal(shape).astype(dtype) for shape in shapes if shape is not None]


def functions(name):
    function, *_, options = CONVOLUTIONS[name]
    return (
        lambda *args: getattr(ops, function)(*args, **options),
        lambda *args: getattr(F, function)(*args, **options),
    )


def close(ours, theirs, tolerance=1e-10):
    theirs = theirs.detach().numpy()
    ours = ours.detach().numpy()
    assert ours.shape == theirs.shape
    assert ours.dtype == theirs.dtype
    np.testing.assert_allclose(ours, theirs, rtol=tolerance, atol=tolerance)


@cases
@pytest.mark.parametrize(("dtype", "tolerance"), [(np.float64, 1e-10), (np.float32, 1e-4)])
def test_result_and_gradient_are_pytorchs(name, dtype, tolerance):
    ours, theirs = functions(name)
    arrays = operands(name, dtype)
    before = [a.copy() for a in arrays]
    xs = [mgx.tensor(a, requires_grad=True) for a in arrays]
    zs = [torch.tensor(a, requires_grad=True) for a in arrays]
    y, z = ours(*xs), theirs(*zs)
    close(y, z, tolerance)
    g = np.random.default_rng(1).standard_normal(z.shape).astype(dtype)
    for dx, dz in zip(
        mgx.autograd.grad(y, xs, mgx.tensor(g)), torch.autograd.grad(z, zs, torch.tensor(g)), strict=True
    ):
        close(dx, dz, tolerance)
    for a, b in zip(arrays, before, strict=True):
        np.testing.assert_array_equal(a, b)


@cases
def test_gradient_of_gradient_is_pytorchs(name):
    def second(function, tensor, grad):
        xs = [tensor(a, requires_grad=True) for a in operands(name)]
        y = function(*xs)
        first = grad(y * y, xs, tensor(weights[0]), create_graph=True)
        total = sum((g * tensor(v)).sum() for g, v in zip(first, weights[1:], strict=True))
        return grad(total, xs)

    ours, theirs = functions(name)
    arrays = operands(name)
    random = np.random.default_rng(2)
    shape = theirs(*map(torch.tensor, arrays)).shape
    weights = [random.standard_normal(s) for s in (shape, *(a.shape for a in arrays))]
    for dx, dz in zip(
        second(ours, mgx.tensor, mgx.autograd.grad),
        second(theirs, torch.tensor, torch.autograd.grad),
        strict=True,
    ):
        close(dx, dz, 1e-9)


@pytest.mark.parametrize(
    "name", ["plain", "no bias", "1x1 padded", "asymmetric", "dilation", "all", "depthwise", "rows, all"]
)
def test_the_three_primitives_are_each_others_adjoints(name):
    """⟨y, conv(x, w)⟩ = ⟨x, conv_transpose(y, w)⟩ = ⟨w, conv_weight(y, x)⟩, on arrays that have gaps."""
    _, x_shape, w_shape, _, options = CONVOLUTIONS[name]
    random = np.random.default_rng(3)

    def gaps(shape):
        return random.standard_normal((*shape[:-1], 2 * shape[-1]))[..., ::2]

    stride, padding, dilation = (
        ops.per_axis("test", key, options.get(key, default), 2)
        for key, default in (("stride", 1), ("padding", 0), ("dilation", 1))
    )
    slide = ops.Slide(stride, tuple((p, p) for p in padding), dilation, options.get("groups", 1))
    x, w = gaps(x_shape), gaps(w_shape)
    size = tuple(
        (n + 2 * p - m * (k - 1) - 1) // s + 1
        for n, p, m, k, s in zip(x_shape[2:], padding, dilation, w_shape[2:], stride, strict=True)
    )
    y = gaps((x_shape[0], w_shape[0], *size))
    product = np.sum(y * ops.conv(x, w, None, size, slide))
    assert np.sum(x * ops.conv_transpose(y, w, None, x_shape[2:], slide)) == pytest.approx(product, rel=1e-10)
    assert np.sum(w * ops.conv_weight(y, x, w_shape[2:], slide)) == pytest.approx(product, rel=1e-10)


@pytest.mark.parametrize(("channels", "products"), [(3, 1), (8, 5)])
def test_large_batches_are_cut_into_blocks(channels, products):
    random = np.random.default_rng(4)
    x, w = random.standard_normal((47, channels, 20, 20)), random.standard_normal((4, channels, 5, 5))
    plan = ops.Plan.of(w.shape, (16, 16), (20, 20), ops.Slide((1, 1), ((0, 0), (0, 0)), (1, 1)))
    assert len(plan.ranges) == products
    assert len(list(plan.blocks(47, 1))) > 2
    xs, zs = ([t(a, requires_grad=True) for a in (x, w)] for t in (mgx.tensor, torch.tensor))
    y, z = ops.conv2d(*xs), F.conv2d(*zs)
    close(y, z)
    g = random.standard_normal(z.shape)
    for dx, dz in zip(
        mgx.autograd.grad(y, xs, mgx.tensor(g)), torch.autograd.grad(z, zs, torch.tensor(g)), strict=True
    ):
        close(dx, dz)


def test_only_what_is_wanted_is_computed(monkeypatch):
    x, w = mgx.ones(1, 1, 4, 4), mgx.tensor(np.ones((1, 1, 2, 2), np.float32), requires_grad=True)
    y = ops.conv2d(x, w)
    assert y.grad_fn.name == "ConvolutionBackward0"
    monkeypatch.setattr(ops, "conv_transpose", None)
    (dw,) = mgx.autograd.grad(y.sum(), [w])
    assert dw.tolist() == [[[[9, 9], [9, 9]]]]


WRONG = {
    "channels": ("conv2d", (2, 1, 8, 8), (6, 3, 5, 5), None, {}),
    "groups": ("conv2d", (2, 4, 8, 8), (6, 3, 5, 5), None, {"groups": 2}),
    "kernel too large": ("conv2d", (2, 3, 3, 3), (6, 3, 5, 5), None, {}),
    "dimensions": ("conv2d", (2, 3), (6, 3, 5, 5), None, {}),
    "no cells": ("conv2d", (2, 3, 0, 4), (6, 3, 2, 2), None, {"padding": 1}),
    "no cells to transpose": ("conv_transpose2d", (2, 3, 0, 4), (3, 6, 2, 2), None, {}),
    "dimensions 1d": ("conv1d", (2, 3, 8, 8), (6, 3, 5), None, {}),
    "dimensions of transposed": ("conv_transpose2d", (3, 8), (3, 6, 5, 5), None, {}),
    "bias": ("conv2d", (2, 3, 8, 8), (6, 3, 5, 5), (5,), {}),
    "2-d bias": ("conv2d", (2, 3, 8, 8), (6, 3, 5, 5), (6, 1), {}),
    "zero stride": ("conv2d", (2, 3, 8, 8), (6, 3, 5, 5), None, {"stride": 0}),
    "negative padding": ("conv2d", (2, 3, 8, 8), (6, 3, 5, 5), None, {"padding": -1}),
    "zero dilation": ("conv2d", (2, 3, 8, 8), (6, 3, 5, 5), None, {"dilation": 0}),
    "zero groups": ("conv2d", (2, 3, 8, 8), (6, 3, 5, 5), None, {"groups": 0}),
    "too many strides": ("conv2d", (2, 3, 8, 8), (6, 3, 5, 5), None, {"stride": (1, 1, 1)}),
    "stride with same": ("conv2d", (2, 3, 8, 8), (6, 3, 5, 5), None, {"stride": 2, "padding": "same"}),
    "padding by another name": ("conv2d", (2, 3, 8, 8), (6, 3, 5, 5), None, {"padding": "full"}),
    "indivisible": ("conv2d", (2, 4, 8, 8), (5, 2, 3, 3), None, {"groups": 2}),
    "too many groups": ("conv2d", (2, 4, 8, 8), (1, 2, 3, 3), None, {"groups": 2}),
    "fractional stride": ("conv2d", (2, 3, 8, 8), (6, 3, 5, 5), None, {"stride": 1.5}),
    "transposed channels": ("conv_transpose2d", (2, 4, 8, 8), (3, 6, 5, 5), None, {}),
    "transposed bias": ("conv_transpose2d", (2, 3, 8, 8), (3, 6, 5, 5), (3,), {}),
    "output padding": (
        "conv_transpose2d",
        (2, 3, 8, 8),
        (3, 6, 5, 5),
        None,
        {"output_padding": 2, "stride": 2},
    ),
    "nothing left": ("conv_transpose2d", (2, 3, 1, 1), (3, 6, 2, 2), None, {"padding": 2}),
}
LENGTH_OF_WORDS = 28  # of PyTorch's text that ours begins with, where it is not PyTorch's C++ that speaks


@pytest.mark.parametrize("name", WRONG)
def test_bad_input_raises_as_in_pytorch(name):
    function, *shapes, options = WRONG[name]
    arrays = [np.zeros(shape, np.float32) for shape in shapes if shape is not None]
    with pytest.raises((RuntimeError, TypeError)) as theirs:
        getattr(F, function)(*map(torch.tensor, arrays), **options)
    with pytest.raises(theirs.type) as ours:
        getattr(ops, function)(*map(mgx.tensor, arrays), **options)
    if name not in ("fractional stride", "nothing left"):
        assert str(ours.value)[:LENGTH_OF_WORDS] == str(theirs.value)[:LENGTH_OF_WORDS]


def test_dtypes_must_agree():
    x, w = mgx.ones(1, 1, 3, 3), mgx.ones(1, 1, 2, 2)
    with pytest.raises(RuntimeError, match=r"weight type .* should be the same"):
        ops.conv2d(x, w.double())
    with pytest.raises(RuntimeError, match=r"bias type .* should be the same"):
        ops.conv2d(x, w, mgx.ones(1).double())


def test_arrays_are_no_tensors():
    with pytest.raises(TypeError, match="must be Tensor"):
        ops.conv2d(np.ones((1, 1, 3, 3)), mgx.ones(1, 1, 2, 2))
    with pytest.raises(TypeError, match="must be Tensor"):
        ops.conv_transpose2d(mgx.ones(1, 1, 3, 3), np.ones((1, 1, 2, 2)))
