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


def test_clipping_by_a_norm_that_is_known():
    ours, theirs = model(mgx), model(torch)
    for lib, m in ((mgx, ours), (torch, theirs)):
        lib.nn.utils.clip_grads_with_norm_(m.parameters(), 1.0, lib.tensor(7.0))
        lib.nn.utils.clip_grads_with_norm_(m[0].weight, 1.0, lib.tensor(2.0))
        lib.nn.utils.clip_grads_with_norm_(m.parameters(), 1.0, lib.tensor(0.5))
        lib.nn.utils.clip_grads_with_norm_([], 1.0, lib.tensor(2.0))
    for a, b in zip(gradients(ours), gradients(theirs), strict=True):
        if b is not None:
            np.testing.assert_allclose(a, b, rtol=1e-6)


@pytest.mark.parametrize("lib", [mgx, torch])
def test_the_older_clipping_warns(lib):
    x = lib.tensor([3.0, 4.0], requires_grad=True)
    x.sum().backward()
    with pytest.warns(FutureWarning, match=r"`torch.nn.utils.clip_grad_norm` is now deprecated in favor of"):
        assert lib.nn.utils.clip_grad_norm(x, 1.0).item() == pytest.approx(2**0.5)
    assert x.grad.norm().item() == pytest.approx(1.0)


FUSED = [
    ("Conv1d", (2, 3, 2), {}, "BatchNorm1d", (4, 2, 5), False),
    ("Conv2d", (4, 6, 3), {"groups": 2, "bias": False}, "BatchNorm2d", (2, 4, 5, 5), False),
    ("ConvTranspose2d", (4, 6, 3), {}, "BatchNorm2d", (2, 4, 5, 5), True),
    ("Linear", (3, 5), {}, "BatchNorm1d", (4, 3), None),
    ("Linear", (3, 5), {"bias": False}, "BatchNorm1d", (4, 3), None),
]


@pytest.mark.parametrize("affine", [True, False])
@pytest.mark.parametrize(("kind", "args", "options", "norm", "shape", "transpose"), FUSED)
def test_a_fused_layer_does_what_both_did(kind, args, options, norm, shape, transpose, affine):
    x = np.random.default_rng(0).standard_normal(shape).astype(np.float32)
    results = []
    for lib in (mgx, torch) if affine or transpose is not None else (mgx,):
        lib.manual_seed(0)
        layer = getattr(lib.nn, kind)(*args, **options)
        bn = getattr(lib.nn, norm)(args[1], affine=affine)
        both = lib.nn.Sequential(layer, bn)
        both(lib.tensor(x))
        both.eval()
        layer.weight.requires_grad_(False)
        if transpose is None:
            fused = lib.nn.utils.fuse_linear_bn_eval(layer, bn)
        else:
            fused = lib.nn.utils.fuse_conv_bn_eval(layer, bn, transpose)
        assert type(fused) is type(layer)
        assert not fused.weight.requires_grad
        out = fused(lib.tensor(x)).detach().numpy()
        np.testing.assert_allclose(out, both(lib.tensor(x)).detach().numpy(), rtol=1e-4, atol=1e-5)
        results.append([fused.weight.numpy(), fused.bias.detach().numpy(), out, fused.bias.requires_grad])
    for a, b in zip(*results, strict=True) if len(results) == 2 else ():
        np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("lib", [mgx, torch])
def test_only_what_is_trained_is_fused(lib):
    linear, bn = lib.nn.Linear(2, 3), lib.nn.BatchNorm1d(3)
    with pytest.raises(AssertionError, match="Fusion only for eval!"):
        lib.nn.utils.fuse_linear_bn_eval(linear, bn)
    with pytest.raises(AssertionError, match="Fusion only for eval!"):
        lib.nn.utils.fuse_conv_bn_eval(lib.nn.Conv1d(1, 3, 1), bn)
    with pytest.raises(AssertionError, match=r"To fuse, linear.out_features == bn.num_features or"):
        lib.nn.utils.fuse_linear_bn_eval(linear.eval(), lib.nn.BatchNorm1d(2).eval())
    with pytest.raises(AssertionError, match="must not be None"):
        lib.nn.utils.fuse_linear_bn_eval(linear, lib.nn.BatchNorm1d(3, track_running_stats=False).eval())


@pytest.mark.parametrize("lib", [mgx, torch])
def test_layers_without_initial_values(lib):
    before = lib.get_rng_state()
    layer = lib.nn.utils.skip_init(lib.nn.Linear, 5, 2, bias=False, dtype=lib.float64)
    assert (lib.get_rng_state() == before).all()
    assert layer.weight.shape == (2, 5)
    assert layer.weight.dtype is lib.float64
    layer.load_state_dict({"weight": lib.ones(2, 5)})
    assert layer(lib.ones(5, dtype=lib.float64)).tolist() == [5.0, 5.0]
    with pytest.raises(RuntimeError, match="Module must support a 'device' arg to skip initialization"):
        lib.nn.utils.skip_init(lib.nn.ReLU)
    with pytest.raises(RuntimeError, match="Expected a Module; got"):
        lib.nn.utils.skip_init(dict)


def test_all_of_the_helpers_are_here():
    missing = set(torch.nn.utils.__all__) - set(mgx.nn.utils.__all__)
    assert missing == {"convert_conv2d_weight_memory_format", "convert_conv3d_weight_memory_format"}


@pytest.mark.parametrize("dtypes", [("float32", "float64"), ("float64", "float32"), ("float32", "float32")])
@pytest.mark.parametrize("norm_type", ["inf", "2", 0, -1.0])
def test_norms_of_several_dtypes_and_of_orders_in_words(dtypes, norm_type):
    def run(lib):
        tensors = [lib.tensor([1.0, -4.0, 2.0], dtype=getattr(lib, d)) for d in dtypes]
        for t in tensors:
            t.requires_grad_().grad = t.detach() * 3
        norm = lib.nn.utils.clip_grad_norm_(tensors, 2.0, norm_type)
        return str(norm.dtype), round(norm.item(), 5), [t.grad.tolist()[0].__round__(5) for t in tensors]

    assert run(mgx) == run(torch)


@pytest.mark.parametrize("lib", [mgx, torch])
def test_integers_have_no_norm(lib):
    with pytest.raises(RuntimeError, match=r"linalg\.vector_norm"):
        lib.nn.utils.get_total_norm([lib.ones(2, dtype=lib.int64)])
