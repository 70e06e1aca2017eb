"""Lazy layers, run in both libraries: before the first input, at it, and after."""

import copy
import inspect
import pickle

import numpy as np
import pytest
import torch

import microgradx as mgx

# class, arguments, options, shape of the first input
LAZY = [
    ("LazyLinear", (5,), {}, (4, 3)),
    ("LazyLinear", (5,), {"bias": False}, (2, 4, 20)),
    ("LazyConv1d", (6, 3), {"stride": 2, "padding": 1, "groups": 2}, (2, 4, 9)),
    ("LazyConv1d", (6, 3), {}, (4, 9)),
    ("LazyConv2d", (6, 5), {}, (2, 3, 8, 9)),
    ("LazyConv2d", (6, (3, 2)), {"bias": False, "padding": 1, "padding_mode": "reflect"}, (2, 3, 8, 9)),
    ("LazyConv3d", (3, 3), {"padding": "same"}, (1, 2, 4, 5, 6)),
    ("LazyConvTranspose1d", (6, 3), {"stride": 2, "groups": 2, "output_padding": 1}, (2, 4, 5)),
    ("LazyConvTranspose2d", (4, 3), {"stride": 2, "dilation": 2}, (2, 3, 4, 5)),
    ("LazyConvTranspose3d", (1, 2), {"bias": False}, (1, 2, 2, 3, 2)),
    ("LazyBatchNorm1d", (), {}, (4, 3)),
    ("LazyBatchNorm2d", (1e-3, None), {"bias": False}, (4, 3, 2, 5)),
    ("LazyBatchNorm3d", (), {"affine": False}, (3, 2, 2, 3, 2)),
    ("LazyInstanceNorm1d", (), {}, (4, 3, 5)),
    ("LazyInstanceNorm2d", (), {"track_running_stats": False}, (4, 3, 2, 5)),
    ("LazyInstanceNorm3d", (), {"affine": False}, (3, 2, 2, 3, 2)),
]
names = [f"{name}{args}{list(options)}" for name, args, options, _ in LAZY]


def state(module):
    """Names, and values of what has any."""
    return [(k, repr(v) if "Uninit" in type(v).__name__ else v.tolist()) for k, v in module.state_dict().items()]


def first_input(lib, shape):
    return lib.tensor(np.random.default_rng(0).standard_normal(shape).astype(np.float32), requires_grad=True)


@pytest.mark.parametrize(("name", "args", "options", "shape"), LAZY, ids=names)
def test_a_lazy_layer_is_pytorchs(name, args, options, shape):
    layers = []
    for lib in (mgx, torch):
        lib.manual_seed(7)
        layer = getattr(lib.nn, name)(*args, **options)
        after_making = lib.rand(1).item()  # nothing was drawn for the parameters
        layers.append((layer, after_making, repr(layer), state(layer)))
    assert layers[0][1:] == layers[1][1:]
    results = []
    for lib, (layer, *_) in zip((mgx, torch), layers, strict=True):
        x = first_input(lib, shape)
        parameters = list(layer.parameters())
        out = layer(x)
        assert all(a is b for a, b in zip(parameters, layer.parameters(), strict=True))  # an optimizer knows them
        assert all(type(p) is lib.nn.Parameter for p in parameters)
        (out * out).sum().backward()
        results.append([out, x.grad, *(p.grad for p in parameters)])
        assert type(layer) is getattr(lib.nn, name.removeprefix("Lazy"))
    ours, theirs = layers[0][0], layers[1][0]
    assert repr(ours) == repr(theirs)
    for a, b in zip(*results, strict=True):
        np.testing.assert_allclose(a.detach().numpy(), b.detach().numpy(), rtol=2e-5, atol=2e-5)
    for key, expected in theirs.state_dict().items():
        check = np.testing.assert_allclose if "running" in key else np.testing.assert_array_equal
        check(ours.state_dict()[key].numpy(), expected.numpy(), **({"rtol": 1e-5} if "running" in key else {}))
    assert not ours._forward_pre_hooks
    assert not ours._load_state_dict_pre_hooks


@pytest.mark.parametrize("name", sorted({name for name, *_ in LAZY}))
def test_the_constructor_has_pytorchs_parameters(name):
    def parameters(cls):
        return [(p.name, p.default) for p in inspect.signature(cls).parameters.values()]

    assert parameters(getattr(mgx.nn, name)) == parameters(getattr(torch.nn, name))


def test_every_lazy_layer_is_tested():
    assert {n for n in dir(torch.nn) if n.startswith("Lazy")} == {name for name, *_ in LAZY}


def zeroed(p):
    with mgx.no_grad(), torch.no_grad():
        p.zero_()


@pytest.mark.parametrize("lib", [mgx, torch])
@pytest.mark.parametrize(
    "use",
    [
        lambda p: p + 1,
        lambda p: p.sum(),
        lambda p: p.numel(),
        lambda p: p.clone(),
        lambda p: p.tolist(),
        lambda p: p @ p,
        zeroed,
        lambda p: p.detach(),
        lambda p: p[0],
    ],
)
def test_what_is_not_initialised_cannot_be_used(lib, use):
    parameter = lib.nn.LazyLinear(3).weight
    buffer = lib.nn.LazyBatchNorm1d().running_mean
    for t in (parameter, buffer):
        with pytest.raises(ValueError, match=r"Attempted to use an uninitialized (parameter|buffer)"):
            use(t)


@pytest.mark.parametrize("lib", [mgx, torch])
def test_what_is_not_initialised_has_no_shape(lib):
    p = lib.nn.LazyLinear(3).weight
    with pytest.raises(RuntimeError, match="Can't access the shape of an uninitialized parameter or buffer"):
        p.shape  # noqa: B018
    with pytest.raises(RuntimeError, match="Can't share memory on an uninitialized parameter or buffer"):
        p.share_memory_()
    with pytest.raises(ValueError, match="Attempted to use an uninitialized parameter"):
        lib.nn.init.xavier_uniform_(p)
    assert p.size() == (0,)
    assert p.requires_grad
    assert p.is_leaf
    assert p.grad is None
    assert str(p.device) == "cpu"


@pytest.mark.parametrize("lib", [mgx, torch])
def test_the_dtype_can_be_chosen_and_changed_before(lib):
    model = lib.nn.Sequential(lib.nn.LazyLinear(3, dtype=lib.float64), lib.nn.LazyBatchNorm1d(dtype=lib.float64))
    assert {t.dtype for t in (*model.parameters(), *model.buffers())} == {lib.float64, lib.int64}
    model.float().double()
    kept = list(model.parameters())
    assert all(type(p) is lib.nn.UninitializedParameter for p in kept)
    assert type(model[1].running_mean) is lib.nn.UninitializedBuffer
    assert model(lib.ones(2, 5, dtype=lib.float64)).dtype is lib.float64
    assert all(p is q and p.dtype is lib.float64 for p, q in zip(kept, model.parameters(), strict=True))


@pytest.mark.parametrize("lib", [mgx, torch])
def test_freezing_before_the_first_input_holds(lib):
    layer = lib.nn.LazyLinear(3)
    for p in layer.parameters():
        p.requires_grad = False
    assert not layer(lib.ones(2, 5)).requires_grad
    layer.requires_grad_(True)
    layer(lib.ones(2, 5)).sum().backward()
    assert layer.weight.grad.shape == (3, 5)


def trained(lib):
    """Losses of a lazy network, whose optimizer was made before the first input."""
    lib.manual_seed(3)
    model = lib.nn.Sequential(
        lib.nn.LazyConv2d(4, 3), lib.nn.LazyBatchNorm2d(), lib.nn.ReLU(), lib.nn.Flatten(), lib.nn.LazyLinear(2)
    )
    optimizer = lib.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
    x = first_input(lib, (8, 1, 5, 5)).detach()
    losses = []
    for _ in range(4):
        optimizer.zero_grad()
        loss = (model(x) ** 2).mean()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses


def test_a_lazy_network_is_trained_as_in_pytorch():
    np.testing.assert_allclose(trained(mgx), trained(torch), rtol=1e-5)


@pytest.mark.parametrize(("make", "args"), [("LazyLinear", (2,)), ("LazyBatchNorm1d", ()), ("LazyConv1d", (2, 1))])
def test_states_go_from_any_to_any(make, args):
    def run(lib):
        x = lib.ones(2, 3, 1) if make == "LazyConv1d" else lib.ones(2, 3)

        def layer(ready):
            lib.manual_seed(1)
            new = getattr(lib.nn, make)(*args)
            if ready:
                new(x)
            return new

        log = []
        for source in (False, True):
            for target in (False, True):
                new = layer(target)
                try:
                    new.load_state_dict(layer(source).state_dict())
                    log.append((type(new).__name__, repr(new), state(new)))
                    log.append((tuple(new(x).shape), type(new).__name__, repr(new)))
                except RuntimeError as error:
                    log.append(str(error)[:60])
        return log

    assert str(run(mgx)) == str(run(torch))


@pytest.mark.parametrize("lib", [mgx, torch])
def test_loaded_parameters_must_fit_the_first_input(lib):
    layer = lib.nn.LazyLinear(2)
    layer.load_state_dict(lib.nn.Linear(3, 2).state_dict())
    with pytest.raises(AssertionError, match="The in_features inferred from input: 4 is not equal to in_features from"):
        layer(lib.ones(1, 4))


@pytest.mark.parametrize("lib", [mgx, torch])
def test_copies_before_the_first_input_are_independent(lib):
    layer = lib.nn.LazyLinear(2, dtype=lib.float64)
    layer.bias.requires_grad = False
    other = copy.deepcopy(layer)
    layer(lib.ones(1, 3, dtype=lib.float64))
    assert repr(other) == "LazyLinear(in_features=0, out_features=2, bias=True)"
    assert not other.bias.requires_grad
    assert other(lib.ones(1, 4, dtype=lib.float64)).dtype is lib.float64
    assert other.weight.shape == (2, 4)
    assert layer.weight.shape == (2, 3)


@pytest.mark.parametrize("lib", [mgx, torch])
def test_pickles_before_the_first_input(lib):
    model = pickle.loads(pickle.dumps(lib.nn.Sequential(lib.nn.LazyLinear(2), lib.nn.LazyBatchNorm1d())))
    assert repr(model[0].weight) == "<UninitializedParameter>"
    assert model(lib.ones(2, 3)).shape == (2, 2)
    assert type(model[0]) is lib.nn.Linear


def test_a_pickle_keeps_the_dtype():
    layer = pickle.loads(pickle.dumps(mgx.nn.LazyLinear(2, dtype=mgx.float64)))
    assert layer.weight.dtype is mgx.float64


@pytest.mark.parametrize("lib", [mgx, torch])
def test_wrong_first_inputs_raise(lib):
    with pytest.raises(RuntimeError, match=r"Expected 3D \(unbatched\) or 4D \(batched\) input to LazyConv2d, but got"):
        lib.nn.LazyConv2d(2, 3)(lib.ones(3, 3))
    with pytest.raises(ValueError, match="in_channels must be divisible by groups"):
        lib.nn.LazyConv1d(4, 3, groups=2)(lib.ones(1, 3, 5))
    with pytest.raises(ValueError, match=r"Only \"zeros\" padding mode is supported"):
        lib.nn.LazyConvTranspose1d(4, 3, padding_mode="reflect")


@pytest.mark.parametrize("lib", [mgx, torch])
def test_own_lazy_modules(lib):
    mixin = lib.nn.modules.lazy.LazyModuleMixin

    class Unfinished(mixin, lib.nn.Module):
        pass

    class Half(mixin, lib.nn.Module):
        def __init__(self):
            super().__init__()
            self.a = lib.nn.UninitializedParameter()
            self.b = lib.nn.UninitializedParameter()
            self.register_buffer("c", lib.nn.UninitializedBuffer())

        def initialize_parameters(self, x, scale=1):
            if lib.nn.parameter.is_lazy(self.a):
                self.a.materialize(x.shape)
            self.a.data.fill_(scale)

        def forward(self, x, scale=1):
            return x * self.a

    with pytest.raises(NotImplementedError, match="initialize_parameters is not implemented for Unfinished"):
        Unfinished()(1)
    half = Half()
    with pytest.raises(RuntimeError, match="module Half has not been fully initialized"):
        half(lib.ones(2))
    half.b.materialize((1,))
    half.c.materialize((2, 2), dtype=lib.float64)
    assert type(half.c) is lib.Tensor
    assert half.c.dtype is lib.float64
    assert half.has_uninitialized_params() is False
    assert half(lib.ones(2), scale=3).tolist() == [3.0, 3.0]
    assert type(half) is Half


@pytest.mark.parametrize("lib", [mgx, torch])
def test_lazy_parameters_know_that_they_are(lib):
    is_lazy = lib.nn.parameter.is_lazy
    layer = lib.nn.LazyLinear(2)
    assert is_lazy(layer.weight)
    assert isinstance(layer.weight, lib.nn.Parameter)
    layer(lib.ones(1, 1))
    assert not is_lazy(layer.weight)
    assert not is_lazy(3)
