"""Parametrizations, and the older hooks for weight and spectral norm, in both libraries."""

import copy
import importlib
import pickle
import warnings

import numpy as np
import pytest
import torch

import microgradx as mgx
from tests.side_by_side import both, error

LIBS = pytest.mark.parametrize("lib", [mgx, torch])
floats = np.random.default_rng(0).standard_normal


def tools(lib):
    return importlib.import_module(f"{lib.__name__}.nn.utils.parametrize")


class Make:
    """The modules of the tests, for one library."""

    def __init__(self, lib):
        self.lib = lib

    def module(self, forward, right_inverse=None):
        methods = {"forward": lambda self, *x: forward(*x)}
        if right_inverse is not None:
            methods["right_inverse"] = lambda self, x: right_inverse(x)
        return type("Own", (self.lib.nn.Module,), methods)()

    def symmetric(self):
        return self.module(lambda x: x.triu() + x.triu(1).T, lambda x: x.triu())

    def skew(self):
        return self.module(lambda x: x.triu(1) - x.triu(1).T)

    def linear(self, n=3, m=3, seed=0):
        self.lib.manual_seed(seed)
        return self.lib.nn.Linear(n, m)


def numbers(t):
    return None if t is None else np.round(t.detach().numpy().astype(np.float64), 5).tolist()


def test_a_parametrized_weight_is_computed_and_trained():
    def run(lib):
        layer = Make(lib).linear()
        kept = layer.weight
        tools(lib).register_parametrization(layer, "weight", Make(lib).symmetric())
        same = layer.parametrizations.weight.original is kept  # an optimizer knows it
        layer(lib.ones(2, 3)).square().sum().backward()
        return (
            same,
            repr(layer),
            type(layer).__name__,
            list(layer.state_dict()),
            [k for k, _ in layer.named_parameters()],
            numbers(layer.weight),
            numbers(kept.grad),
            tools(lib).is_parametrized(layer),
            tools(lib).is_parametrized(layer, "weight"),
            tools(lib).is_parametrized(layer, "bias"),
            tools(lib).type_before_parametrizations(layer).__name__,
        )

    both(run)


def test_parametrizations_follow_each_other():
    def run(lib):
        make = Make(lib)
        layer = make.linear()
        register = tools(lib).register_parametrization
        register(layer, "weight", make.skew())
        register(layer, "weight", make.module(lambda x: x.tanh()))
        register(layer, "bias", make.module(lambda x: x * 2, lambda y: y / 2))
        layer(lib.ones(1, 3)).sum().backward()
        return (
            repr(layer),
            [(k, numbers(p), numbers(p.grad)) for k, p in layer.named_parameters()],
            numbers(layer.weight),
            numbers(layer.bias),
        )

    both(run)


def test_assigning_goes_through_the_inverse():
    def run(lib):
        make = Make(lib)
        layer = make.linear()
        tools(lib).register_parametrization(layer, "weight", make.symmetric())
        original = layer.parametrizations.weight.original
        new = lib.arange(9.0).view(3, 3)
        layer.weight = new
        wrong = [error(lambda: setattr(layer, "weight", new.double()))]
        layer.parametrizations.weight[0].right_inverse = lambda w: 3
        wrong.append(error(lambda: setattr(layer, "weight", new)))
        tools(lib).register_parametrization(layer, "weight", make.skew())
        no_inverse = error(lambda: setattr(layer, "weight", new))
        return original is layer.parametrizations.weight.original, numbers(original), wrong, no_inverse

    both(run)


def test_several_originals():
    def run(lib):
        make = Make(lib)
        layer = make.linear(2, 3)
        rank_one = make.module(lambda a, b: a @ b, lambda w: (w[:, :1], w[:1]))
        tools(lib).register_parametrization(layer, "weight", rank_one)
        layer(lib.ones(1, 2)).sum().backward()
        chain = layer.parametrizations.weight
        rank_one.right_inverse = lambda w: (w[:, :1],)
        wrong = error(lambda: setattr(layer, "weight", lib.ones(3, 2)))
        rank_one.right_inverse = lambda w: (w[:, :1].double(), w[:1])
        dtype = error(lambda: setattr(layer, "weight", lib.ones(3, 2)))
        rank_one.right_inverse = lambda w: (w[:, :1], 3)
        number = error(lambda: setattr(layer, "weight", lib.ones(3, 2)))
        rank_one.right_inverse = lambda w: (w[:, :1], w[:1] / 2)
        layer.weight = lib.arange(1.0, 7.0).view(3, 2)
        rank_one.right_inverse = lambda w: w
        single = error(lambda: setattr(layer, "weight", lib.ones(3, 2)))
        with pytest.raises(ValueError, match="Cannot leave unparametrized"):
            tools(lib).remove_parametrizations(layer, "weight", leave_parametrized=False)
        gradients = [numbers(p.grad) for p in chain.parameters()]
        tools(lib).remove_parametrizations(layer, "weight")
        return (
            list(chain.state_dict()), chain.ntensors, chain.is_tensor, gradients, wrong, dtype, number[0], single[0],
            numbers(layer.weight), type(layer).__name__, [k for k, _ in layer.named_parameters()],
        )  # fmt: skip

    both(run)


@pytest.mark.parametrize("leave", [True, False])
def test_removing(leave):
    def run(lib):
        make = Make(lib)
        layer = make.linear()
        kept = layer.weight
        tools(lib).register_parametrization(layer, "weight", make.symmetric())
        tools(lib).register_parametrization(layer, "bias", make.module(lambda x: x * 2))
        tools(lib).remove_parametrizations(layer, "weight", leave_parametrized=leave)
        between = type(layer).__name__
        tools(lib).remove_parametrizations(layer, "bias", leave_parametrized=leave)
        layer(lib.ones(1, 3)).sum().backward()
        missing = error(lambda: tools(lib).remove_parametrizations(layer, "weight"))
        same = layer.weight is kept, type(layer) is lib.nn.Linear, hasattr(layer, "parametrizations")
        return between, numbers(layer.weight), numbers(layer.bias), same, repr(layer), missing, numbers(kept.grad)

    both(run)


def test_a_buffer_may_be_parametrized():
    def run(lib):
        module = lib.nn.BatchNorm1d(2)
        tools(lib).register_parametrization(module, "running_mean", Make(lib).module(lambda x: x + 1))
        before = list(module.state_dict()), numbers(module.running_mean)
        tools(lib).remove_parametrizations(module, "running_mean")
        return before, list(module.state_dict()), numbers(module.running_mean)

    both(run)


MISTAKES = [
    lambda lib, make: tools(lib).register_parametrization(make.linear(), "wight", make.skew()),
    lambda lib, make: tools(lib).register_parametrization(make.linear(), "weight", make.module(lambda x: x[0])),
    lambda lib, make: tools(lib).register_parametrization(make.linear(), "weight", make.module(lambda x: x.double())),
    lambda lib, make: tools(lib).register_parametrization(make.linear(), "weight", make.module(lambda x: 3)),
    lambda lib, make: tools(lib).register_parametrization(
        make.linear(), "weight", make.module(lambda x: x, lambda x: x.double())
    ),
    lambda lib, make: tools(lib).register_parametrization(
        make.linear(), "weight", make.module(lambda x: x, lambda x: 3)
    ),
    lambda lib, make: tools(lib).register_parametrization(
        make.linear(), "weight", make.module(lambda x, y: x, lambda x: (x, 3))
    ),
    lambda lib, make: tools(lib).ParametrizationList([], make.linear().weight),
    lambda lib, make: tools(lib).ParametrizationList([make.module(lambda x: x[0])], make.linear().weight),
]


@pytest.mark.parametrize("mistake", MISTAKES)
def test_mistakes_raise_pytorchs_errors(mistake):
    both(lambda lib: error(lambda: mistake(lib, Make(lib))))


SECOND = [
    lambda make: make.module(lambda x: x[0]),
    lambda make: make.module(lambda x: x.double()),
    lambda make: make.module(lambda x: 3),
    lambda make: make.module(lambda x: x, lambda x: 3),
    lambda make: make.module(lambda x: x, lambda x: x.double()),
    lambda make: make.module(lambda x: x, lambda x: x[0]),
]


@pytest.mark.parametrize("second", SECOND)
def test_mistakes_of_a_second_parametrization(second):
    def run(lib):
        make = Make(lib)
        layer = make.linear()
        tools(lib).register_parametrization(layer, "weight", make.symmetric())
        failed = error(lambda: tools(lib).register_parametrization(layer, "weight", second(make)))
        return failed, len(layer.parametrizations.weight)

    both(run)


@LIBS
def test_unsafe_allows_other_shapes(lib):
    make = Make(lib)
    layer = make.linear()
    tools(lib).register_parametrization(layer, "weight", make.module(lambda x: x[:1].double()), unsafe=True)
    assert layer.weight.shape == (1, 3)
    assert layer.weight.dtype is lib.float64
    assert layer.parametrizations.weight.unsafe
    no = make.module(lambda x: x * 2)
    no.right_inverse = lambda x: (_ for _ in ()).throw(NotImplementedError)
    other = make.linear()
    before = other.weight.detach().clone()
    tools(lib).register_parametrization(other, "weight", no)  # an inverse that is not implemented is none
    assert lib.equal(other.weight.detach(), before * 2)
    tools(lib).register_parametrization(other, "weight", no)
    assert lib.equal(other.weight.detach(), before * 4)


@LIBS
def test_cached(lib):
    layer = Make(lib).linear()
    tools(lib).register_parametrization(layer, "weight", Make(lib).symmetric())
    with tools(lib).cached():
        first = layer.weight
        with tools(lib).cached():
            assert layer.weight is first
        assert layer.weight is first
    assert layer.weight is not first


@LIBS
def test_copies_have_their_own_parametrizations(lib):
    layer = Make(lib).linear()
    tools(lib).register_parametrization(layer, "weight", Make(lib).symmetric())
    other = copy.deepcopy(layer)
    other(lib.ones(1, 3)).sum().backward()
    assert layer.parametrizations.weight.original.grad is None
    assert other.parametrizations.weight.original.grad is not None
    with lib.no_grad():
        other.parametrizations.weight.original.zero_()
    assert other.weight.abs().sum() == 0
    assert layer.weight.abs().sum() > 0
    with pytest.raises(RuntimeError, match=r"only supported through state_dict\(\)"):
        pickle.dumps(layer)


def test_a_copy_keeps_its_parametrization_when_the_first_loses_it():
    layer = Make(mgx).linear()
    tools(mgx).register_parametrization(layer, "weight", Make(mgx).symmetric())
    other = copy.deepcopy(layer)
    tools(mgx).remove_parametrizations(layer, "weight")
    assert (other.weight == layer.weight).all()
    assert tools(mgx).is_parametrized(copy.deepcopy(other))


def test_transferring():
    def run(lib):
        make, log = Make(lib), []
        source = make.linear()
        tools(lib).register_parametrization(source, "weight", make.symmetric())
        tools(lib).register_parametrization(source, "bias", make.module(lambda a, b: a + b, lambda x: (x, x)))
        for name in (None, "weight", "bias"):
            target = tools(lib).transfer_parametrizations_and_params(source, make.linear(seed=1), name)
            log.append((repr(target), numbers(target.weight), numbers(target.bias)))
        empty = tools(lib).transfer_parametrizations_and_params(source, lib.nn.Module())
        shared = empty.parametrizations.weight.original is source.parametrizations.weight.original
        plain = make.linear()
        same = tools(lib).transfer_parametrizations_and_params(make.linear(), plain) is plain
        return log, shared, same, list(empty.state_dict())

    both(run)


def test_training_and_dtypes_reach_parametrizations():
    def run(lib):
        layer = Make(lib).linear().eval()
        p = Make(lib).symmetric()
        tools(lib).register_parametrization(layer, "weight", p)
        before = p.training
        layer.train().double()
        return before, p.training, str(layer.weight.dtype), str(layer(lib.ones(1, 3, dtype=lib.float64)).dtype)

    both(run)


# ---------------------------------------------------------------- weight norm, spectral norm, orthogonal


LAYERS = [
    ("Linear", (3, 4), (2, 3), "weight"),
    ("Conv2d", (2, 3, 2), (1, 2, 4, 4), "weight"),
    ("ConvTranspose1d", (2, 3, 2), (1, 2, 4), "weight"),
    ("LSTM", (3, 4), (5, 2, 3), "weight_hh_l0"),
    ("Linear", (3, 4), (2, 3), "bias"),
]

NORMS = [
    ("parametrizations.weight_norm", {}),
    ("parametrizations.weight_norm", {"dim": None}),
    ("parametrizations.weight_norm", {"dim": -1}),
    ("parametrizations.spectral_norm", {}),
    ("parametrizations.spectral_norm", {"n_power_iterations": 3, "eps": 1e-6}),
    ("weight_norm", {}),
    ("weight_norm", {"dim": 1}),
    ("weight_norm", {"dim": None}),
    ("spectral_norm", {}),
    ("spectral_norm", {"n_power_iterations": 3, "dim": 1}),
]


def normed(lib, layer, norm, options, seed=3):
    kind, args, _, name = layer
    lib.manual_seed(seed)
    module = getattr(lib.nn, kind)(*args)
    path = norm.split(".")
    function = getattr(lib.nn.utils, path[0])
    function = getattr(function, path[1]) if len(path) > 1 else function
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)
        return function(module, name, **options)


@pytest.mark.parametrize("layer", LAYERS, ids=[f"{kind}-{name}" for kind, _, _, name in LAYERS])
@pytest.mark.parametrize(("norm", "options"), NORMS, ids=[f"{n}{o}" for n, o in NORMS])
def test_norms_are_pytorchs(layer, norm, options):
    if layer[3] == "bias":  # a vector: there is only one way
        options = {}
    x = floats(layer[2]).astype(np.float32)
    results = []
    for lib in (mgx, torch):
        module = normed(lib, layer, norm, options)
        log = [lib.rand(1), *module.state_dict().values()]
        names = list(module.state_dict()), [k for k, _ in module.named_parameters()], repr(module)
        for training in (True, True, False):
            module.train(training)
            module.zero_grad()
            t = lib.tensor(x, requires_grad=True)
            out = module(t)
            out = out[0] if isinstance(out, tuple) else out
            (out * out.detach().cos()).sum().backward()
            log += [out, t.grad, *(p.grad for p in module.parameters()), *module.state_dict().values()]
            log.append(getattr(module, layer[3]))
        results.append((names, log))
    assert results[0][0] == results[1][0]
    for a, b in zip(results[0][1], results[1][1], strict=True):
        np.testing.assert_allclose(a.detach().numpy(), b.detach().numpy(), rtol=2e-4, atol=2e-5)


@pytest.mark.parametrize("norm", ["weight_norm", "spectral_norm"])
def test_the_older_norms_can_be_removed(norm):
    def run(lib):
        module = normed(lib, LAYERS[0], norm, {})
        module.eval()
        before = numbers(module(lib.ones(1, 3)))
        remove = getattr(lib.nn.utils, f"remove_{norm}")
        twice = error(lambda: normed_again(lib, module, norm))
        remove(module)
        after = numbers(module(lib.ones(1, 3)))
        module(lib.ones(1, 3)).sum().backward()
        return (
            before == after,
            twice,
            list(module.state_dict()),
            [k for k, _ in module.named_parameters()],
            len(module._forward_pre_hooks) + len(module._state_dict_hooks),
            error(lambda: remove(module)),
            numbers(module.weight.grad),
        )

    both(run)


def normed_again(lib, module, norm):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)
        getattr(lib.nn.utils, norm)(module)


@LIBS
def test_the_older_weight_norm_warns(lib):
    with pytest.warns(FutureWarning, match=r"`torch.nn.utils.weight_norm` is deprecated in favor of"):
        lib.nn.utils.weight_norm(lib.nn.Linear(1, 1))


@LIBS
@pytest.mark.parametrize("norm", ["weight_norm", "spectral_norm"])
def test_the_older_norms_need_values(lib, norm):
    with pytest.raises(ValueError, match="can't have uninitialized parameters"):
        normed_again(lib, lib.nn.LazyLinear(3), norm)
    with pytest.raises(ValueError, match="cannot be applied as parameter `bias` is None"):
        lib.nn.utils.spectral_norm(lib.nn.Linear(1, 1, bias=False), "bias")
    with pytest.raises(ValueError, match="Expected n_power_iterations to be positive"):
        lib.nn.utils.spectral_norm(lib.nn.Linear(1, 1), n_power_iterations=0)


def test_states_of_the_older_norms_are_loaded_by_the_newer():
    def run(lib):
        old = normed(lib, LAYERS[0], "weight_norm", {})
        new = normed(lib, LAYERS[0], "parametrizations.weight_norm", {}, seed=4)
        keys = new.load_state_dict(old.state_dict())
        return repr(keys), numbers(new.weight)

    both(run)


def test_states_of_spectral_norm():
    def run(lib):
        first = normed(lib, LAYERS[1], "spectral_norm", {})
        first(lib.ones(1, 2, 4, 4))
        state = first.state_dict()
        second = normed(lib, LAYERS[1], "spectral_norm", {}, seed=5)
        log = [repr(second.load_state_dict(state)), state._metadata[""]]
        log.append(repr(second.load_state_dict(dict(state))))  # without the version
        ancient = {k: v for k, v in state.items() if k != "weight_v"}
        ancient["weight"] = first.weight.detach()
        log.append(repr(normed(lib, LAYERS[1], "spectral_norm", {}, seed=6).load_state_dict(ancient)))
        third = normed(lib, LAYERS[1], "spectral_norm", {}, seed=6)
        third.load_state_dict({**ancient})
        third.eval()
        log.append(np.round(third(lib.ones(1, 2, 4, 4)).detach().numpy(), 3).tolist())
        log.append(error(lambda: second.load_state_dict({})))
        return log

    both(run)


@LIBS
def test_norms_need_a_weight(lib):
    ready = lib.nn.utils.parametrizations
    with pytest.raises(ValueError, match="has no parameter or buffer with name 'wight'"):
        ready.spectral_norm(lib.nn.Linear(1, 1), "wight")
    with pytest.raises(IndexError, match=r"Dimension out of range \(expected to be in range of \[-2, 1\] but got 2\)"):
        ready.spectral_norm(lib.nn.Linear(1, 1), dim=2)
    with pytest.raises(ValueError, match="Expected n_power_iterations to be positive"):
        ready.spectral_norm(lib.nn.Linear(1, 1), n_power_iterations=0)
    with pytest.raises(ValueError, match="has no parameter or buffer with name 'wight'"):
        ready.orthogonal(lib.nn.Linear(1, 1), "wight")
    with pytest.raises(ValueError, match=r"Expected a matrix or batch of matrices. Got a tensor of 1 dimensions"):
        ready.orthogonal(lib.nn.Linear(1, 1), "bias")
    with pytest.raises(ValueError, match='orthogonal_map has to be one of "matrix_exp", "cayley", "householder"'):
        ready.orthogonal(lib.nn.Linear(1, 1), orthogonal_map="exp")


def test_a_removed_norm_leaves_no_hook_behind():
    module = normed(mgx, LAYERS[0], "spectral_norm", {})
    mgx.nn.utils.remove_spectral_norm(module)
    assert not module._load_state_dict_pre_hooks  # PyTorch leaves this one, and then cannot load a state
    assert repr(module.load_state_dict(mgx.nn.Linear(3, 4).state_dict())) == "<All keys matched successfully>"


def test_second_derivatives_go_through_norms():
    def run(lib, norm):
        layer = normed(lib, LAYERS[0], f"parametrizations.{norm}", {}).double().eval()
        parameters = dict(layer.named_parameters())
        x = lib.tensor(np.ones((1, 3)))
        if norm == "weight_norm" and lib is torch:  # PyTorch's own, fused, has a wrong second derivative
            g, v = parameters["parametrizations.weight.original0"], parameters["parametrizations.weight.original1"]
            out = (x @ (v * (g / v.norm(2, 1, keepdim=True))).T + layer.bias).tanh().sum()
        else:
            out = layer(x).tanh().sum()
        first = lib.autograd.grad(out, list(parameters.values()), create_graph=True)
        sum((g * g).sum() for g in first).backward()
        return [p.grad.numpy() for p in parameters.values() if p.grad is not None]

    for norm in ("weight_norm", "spectral_norm"):
        for a, b in zip(run(mgx, norm), run(torch, norm), strict=True):
            np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-6)  # what was drawn was made in float32


def test_the_second_derivative_of_weight_norm_is_a_slope():
    layer = normed(mgx, LAYERS[0], "parametrizations.weight_norm", {}).double()
    names, tensors = zip(*layer.named_parameters(), strict=True)

    def function(*values):
        return mgx.func.functional_call(layer, dict(zip(names, values, strict=True)), mgx.ones(1, 3).double()).tanh()

    assert mgx.autograd.gradgradcheck(function, tensors)


MAPS = [
    ("matrix_exp", True), ("matrix_exp", False), ("cayley", True), ("cayley", False), ("householder", True),
    ("householder", False), (None, True),
]  # fmt: skip


@pytest.mark.parametrize(("orthogonal_map", "base"), MAPS)
@pytest.mark.parametrize("shape", [(4, 4), (5, 3), (3, 5), (2, 4, 3)])
def test_orthogonal_weights_are_pytorchs(orthogonal_map, base, shape):
    results = []
    for lib in (mgx, torch):
        lib.manual_seed(1)
        module = lib.nn.Module()
        module.weight = lib.nn.Parameter(lib.randn(*shape, dtype=lib.float64))
        lib.nn.utils.parametrizations.orthogonal(module, orthogonal_map=orthogonal_map, use_trivialization=base)
        after = lib.rand(1)
        names = list(module.state_dict()), [k for k, _ in module.named_parameters()], repr(module)
        log = [after, *module.state_dict().values(), module.weight]
        optimizer = lib.optim.SGD(module.parameters(), lr=0.1)
        for _ in range(3):
            optimizer.zero_grad()
            weight = module.weight
            target = lib.arange(weight.numel(), dtype=lib.float64).view(weight.shape).cos()
            (weight - target).square().sum().backward()
            optimizer.step()
            log += [weight, *(p.grad for p in module.parameters()), module.weight]
        results.append((names, log, module.weight.detach().numpy()))
    assert results[0][0] == results[1][0]
    for a, b in zip(results[0][1], results[1][1], strict=True):
        np.testing.assert_allclose(a.detach().numpy(), b.detach().numpy(), rtol=1e-8, atol=1e-9)
    q = results[0][2]
    product = q @ q.swapaxes(-1, -2) if shape[-2] <= shape[-1] else q.swapaxes(-1, -2) @ q
    np.testing.assert_allclose(product, np.broadcast_to(np.eye(product.shape[-1]), product.shape), atol=1e-8)


@pytest.mark.parametrize("orthogonal_map", ["matrix_exp", "cayley", "householder"])
def test_orthogonal_weights_can_be_set(orthogonal_map):
    def run(lib):
        lib.manual_seed(1)
        make = lib.nn.utils.parametrizations.orthogonal
        layer, plain = make(lib.nn.Linear(3, 3), orthogonal_map=orthogonal_map), lib.nn.Linear(3, 3)
        layer.weight = lib.tensor([[0.0, 1.0, 0.0], [1.0, 0.0, 0.0], [0.0, 0.0, 1.0]])
        wrong = error(lambda: setattr(layer, "weight", lib.ones(2, 2)))
        make(plain, orthogonal_map=orthogonal_map, use_trivialization=False)
        refused = None if orthogonal_map == "householder" else error(lambda: setattr(plain, "weight", lib.eye(3)))
        weight = (np.round(layer.weight.detach().numpy(), 4) + 0.0).tolist()
        return weight, wrong, refused and refused[0]

    assert both(run)[0] == [[0.0, 1.0, 0.0], [1.0, 0.0, 0.0], [0.0, 0.0, 1.0]]


@pytest.mark.parametrize("older", [True, False])
def test_a_spectrally_normed_gan_is_trained_as_in_pytorch(older):
    def run(lib):
        nn = lib.nn
        norm = nn.utils.spectral_norm if older else nn.utils.parametrizations.spectral_norm
        lib.manual_seed(0)
        critic = nn.Sequential(
            norm(nn.Conv2d(1, 4, 4, 2, 1)), nn.LeakyReLU(0.2), norm(nn.Conv2d(4, 8, 4, 2, 1)), nn.LeakyReLU(0.2),
            nn.Flatten(), norm(nn.Linear(32, 1)),
        )  # fmt: skip
        generator = nn.Sequential(
            nn.LazyLinear(32), nn.Unflatten(1, (8, 2, 2)), nn.ReLU(), norm(nn.ConvTranspose2d(8, 4, 4, 2, 1)),
            nn.LazyBatchNorm2d(), nn.ReLU(), nn.ConvTranspose2d(4, 1, 4, 2, 1), nn.Tanh(),
        )  # fmt: skip
        generator(lib.randn(2, 5))
        by_critic = lib.optim.Adam(critic.parameters(), lr=0.01, betas=(0.5, 0.9))
        by_generator = lib.optim.Adam(generator.parameters(), lr=0.01, betas=(0.5, 0.9))
        real, losses = lib.rand(6, 1, 8, 8), []
        for _ in range(4):
            false = generator(lib.randn(6, 5))
            loss = nn.functional.relu(1 - critic(real)).mean() + nn.functional.relu(1 + critic(false.detach())).mean()
            by_critic.zero_grad()
            loss.backward()
            by_critic.step()
            by_generator.zero_grad()
            wish = -critic(false).mean()
            wish.backward()
            by_generator.step()
            losses += [loss.item(), wish.item()]
        return losses

    np.testing.assert_allclose(run(mgx), run(torch), rtol=1e-4)
