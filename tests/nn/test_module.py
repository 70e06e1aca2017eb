"""Module: attributes, walking through, state, conversion, printing; against PyTorch's where it can be."""

import copy
import pickle
import re

import numpy as np
import pytest
import torch

import microgradx as mgx
from microgradx import nn
from microgradx.graph import FULL, mode

libraries = pytest.mark.parametrize("lib", [mgx, torch], ids=["microgradx", "torch"])


def message(run, *args):
    """Type and text of the error that a function raises."""
    with pytest.raises(Exception) as error:  # noqa: PT011 - the caller compares it
        run(*args)
    return error.type, str(error.value)


def same_error(run):
    ours, theirs = message(run, mgx), message(run, torch)
    assert ours == theirs


class Scale(nn.Module):
    def __init__(self, value=2.0):
        super().__init__()
        self.factor = nn.Parameter(mgx.tensor(value))
        self.register_buffer("count", mgx.tensor(0))
        self.register_buffer("cache", mgx.zeros(2), persistent=False)

    def forward(self, x):
        return self.factor * x


def network(lib):
    """Nested, with a shared module and a shared parameter."""

    class Block(lib.nn.Module):
        def __init__(self):
            super().__init__()
            self.first = lib.nn.Linear(3, 3)
            self.again = self.first
            self.norm = lib.nn.BatchNorm1d(3)
            self.register_buffer("table", lib.ones(2), persistent=False)
            self.empty = None
            self.register_parameter("nothing", None)

        def forward(self, x):
            return self.norm(self.again(self.first(x)))

    lib.manual_seed(1)
    model = lib.nn.Sequential(Block(), lib.nn.ReLU(), Block(), lib.nn.Sequential(lib.nn.Linear(3, 2, bias=False)))
    model[2].first.weight = model[0].first.weight
    return model


# ---------------------------------------------------------------- attributes


def test_attributes_are_registered_by_their_type():
    module = Scale()
    assert list(module._parameters) == ["factor"]
    assert list(module._buffers) == ["count", "cache"]
    module.child = nn.Identity()
    assert list(module._modules) == ["child"]
    module.number = 3
    assert module.__dict__["number"] == 3
    assert not {"factor", "count", "child"} & set(module.__dict__)
    assert {"factor", "count", "child", "number", "forward"} <= set(dir(module))


def test_attributes_change_their_kind():
    module = Scale()
    module.thing = 1
    module.thing = nn.Parameter(mgx.zeros(1))
    assert "thing" not in module.__dict__
    assert "thing" in module._parameters
    del module.thing
    module.thing = nn.Identity()
    assert list(module._parameters) == ["factor"]
    module.thing = None
    assert module.thing is None
    assert "thing" in module._modules
    module.count = nn.Parameter(mgx.zeros(1))
    assert list(module._buffers) == ["cache"]
    module.cache = mgx.ones(3)
    assert "cache" not in module.state_dict()
    del module.cache
    module.register_buffer("cache", mgx.ones(1))
    assert "cache" in module.state_dict()


def test_deleting_an_attribute():
    module = Scale()
    module.number = 1
    module.child = nn.Identity()
    for name in ("factor", "count", "cache", "number", "child"):
        delattr(module, name)
        assert not hasattr(module, name)
    assert not list(module.state_dict())
    with pytest.raises(AttributeError):
        del module.nothing


class Bad:
    """Things that must not be done, on a module of either library."""

    @staticmethod
    def assign_before_init(lib, what):
        class Early(lib.nn.Module):
            def __init__(self):
                self.x = what(lib)

        Early()

    @staticmethod
    def parameter_early(lib):
        Bad.assign_before_init(lib, lambda lib: lib.nn.Parameter(lib.zeros(1)))

    @staticmethod
    def module_early(lib):
        Bad.assign_before_init(lib, lambda lib: lib.nn.ReLU())

    @staticmethod
    def buffer_early(lib):
        class Early(lib.nn.Module):
            def __init__(self):
                self.register_buffer("x", lib.zeros(1))

        Early()

    @staticmethod
    def missing_attribute(lib):
        _ = lib.nn.Linear(1, 1).wieght

    @staticmethod
    def tensor_as_parameter(lib):
        lib.nn.Linear(1, 1).weight = lib.zeros(1, 1)

    @staticmethod
    def long_tensor_as_parameter(lib):
        lib.nn.Linear(1, 1).weight = lib.zeros(1, 1, dtype=lib.int64)

    @staticmethod
    def module_as_parameter(lib):
        lib.nn.Linear(1, 1).weight = 3

    @staticmethod
    def number_as_module(lib):
        lib.nn.Sequential(lib.nn.ReLU()).__setattr__("0", 3)

    @staticmethod
    def number_as_buffer(lib):
        lib.nn.BatchNorm1d(1).running_mean = 3

    @staticmethod
    def register_number(lib):
        lib.nn.Module().register_parameter("x", 3)

    @staticmethod
    def register_tensor(lib):
        lib.nn.Module().register_parameter("x", lib.zeros(1))

    @staticmethod
    def register_with_dot(lib):
        lib.nn.Module().register_parameter("x.y", None)

    @staticmethod
    def register_without_name(lib):
        lib.nn.Module().register_parameter("", None)

    @staticmethod
    def register_with_number(lib):
        lib.nn.Module().register_parameter(3, None)

    @staticmethod
    def register_taken(lib):
        lib.nn.Linear(1, 1).register_parameter("forward", None)

    @staticmethod
    def buffer_taken(lib):
        lib.nn.Linear(1, 1).register_buffer("weight", None)

    @staticmethod
    def buffer_with_dot(lib):
        lib.nn.Module().register_buffer("x.y", None)

    @staticmethod
    def buffer_of_number(lib):
        lib.nn.Module().register_buffer("x", 3)

    @staticmethod
    def add_number(lib):
        lib.nn.Module().add_module("x", 3)

    @staticmethod
    def add_with_dot(lib):
        lib.nn.Module().add_module("x.y", lib.nn.ReLU())

    @staticmethod
    def add_without_name(lib):
        lib.nn.Module().add_module("", lib.nn.ReLU())

    @staticmethod
    def add_taken(lib):
        lib.nn.Module().add_module("forward", lib.nn.ReLU())

    @staticmethod
    def no_submodule(lib):
        network(lib).get_submodule("0.third")

    @staticmethod
    def parameter_as_submodule(lib):
        network(lib).get_submodule("0.first.weight")

    @staticmethod
    def no_parameter(lib):
        network(lib).get_parameter("0.first.wieght")

    @staticmethod
    def module_as_get_parameter(lib):
        network(lib).get_parameter("0.first")

    @staticmethod
    def parameter_as_get_buffer(lib):
        network(lib).get_buffer("0.first.weight")

    @staticmethod
    def none_as_get_parameter(lib):
        lib.nn.Linear(1, 1, bias=False).get_parameter("bias")

    @staticmethod
    def training_mode(lib):
        lib.nn.ReLU().train("yes")

    @staticmethod
    def set_nowhere(lib):
        network(lib).set_submodule("", lib.nn.ReLU())

    @staticmethod
    def set_a_number(lib):
        network(lib).set_submodule("1", 3)

    @staticmethod
    def computed_parameter(lib):
        computed = lib.nn.Parameter(lib.ones(1), requires_grad=False)
        computed.mul_(lib.ones(1, requires_grad=True))
        lib.nn.Module().register_parameter("x", computed)

    @staticmethod
    def set_under_a_parameter(lib):
        network(lib).set_submodule("0.first.weight", lib.nn.ReLU())

    @staticmethod
    def state_of_number(lib):
        lib.nn.ReLU().load_state_dict([])

    @staticmethod
    def unknown_argument(lib):
        lib.nn.Linear(1, 1)(lib.zeros(1), unknown=1)


mistakes = [name for name in vars(Bad) if not name.startswith("_") and name != "assign_before_init"]


@pytest.mark.parametrize("mistake", mistakes)
def test_mistakes_raise_pytorchs_errors(mistake):
    same_error(getattr(Bad, mistake))


def test_a_module_without_forward_says_so():
    with pytest.raises(NotImplementedError, match=r'^Module \[Module\] is missing the required "forward" function'):
        nn.Module()(1)


def test_a_computed_tensor_is_no_parameter():
    w = nn.Parameter(mgx.ones(2))
    assert not isinstance(w * 2, nn.Parameter)
    with pytest.raises(TypeError, match=r"cannot assign 'torch\.FloatTensor' object to parameter 'w'"):
        nn.Module().register_parameter("w", w * 2)


def test_submodules_can_be_set():
    model = network(mgx)
    model.set_submodule("3.0", nn.Tanh())
    assert isinstance(model[3][0], nn.Tanh)
    model.set_submodule("3.name", nn.ReLU())
    assert isinstance(model.get_submodule("3.name"), nn.ReLU)
    with pytest.raises(AttributeError):
        model.set_submodule("3.other", nn.ReLU(), strict=True)
    assert model.get_submodule("") is model


# ---------------------------------------------------------------- walking through


@pytest.mark.parametrize(
    "walk",
    [
        lambda m: [name for name, _ in m.named_parameters()],
        lambda m: [name for name, _ in m.named_parameters(prefix="top", recurse=True)],
        lambda m: [name for name, _ in m.named_parameters(remove_duplicate=False)],
        lambda m: [name for name, _ in m[0].named_parameters(recurse=False)],
        lambda m: [name for name, _ in m.named_buffers()],
        lambda m: [name for name, _ in m.named_modules()],
        lambda m: [name for name, _ in m.named_modules(remove_duplicate=False)],
        lambda m: [name for name, _ in m.named_modules(prefix="top")],
        lambda m: [name for name, _ in m[0].named_children()],
        lambda m: [type(child).__name__ for child in m.modules()],
        lambda m: [type(child).__name__ for child in m.children()],
        lambda m: [tuple(p.shape) for p in m.parameters()],
        lambda m: [tuple(b.shape) for b in m.buffers()],
        lambda m: list(m.state_dict()),
        lambda m: list(m.state_dict(prefix="top.")),
        lambda m: list(m.state_dict()._metadata.items()),
        lambda m: repr(m),
        lambda m: [type(child).__name__ for child in applied(m)],
    ],
)
def test_walks_are_pytorchs(walk):
    assert walk(network(mgx)) == walk(network(torch))


def applied(model):
    seen = []
    assert model.apply(seen.append) is model
    return seen


# ---------------------------------------------------------------- modes and conversion


def test_train_and_eval_reach_all_modules():
    model = network(mgx)
    assert model.eval() is model
    assert not any(m.training for m in model.modules())
    model.train()
    assert all(m.training for m in model.modules())


def test_freezing_and_forgetting_gradients():
    model = nn.Linear(2, 1)
    model(mgx.ones(1, 2)).sum().backward()
    model.zero_grad(set_to_none=False)
    assert model.weight.grad.tolist() == [[0.0, 0.0]]
    model.zero_grad()
    assert model.weight.grad is None
    assert model.requires_grad_(False) is model
    assert not any(p.requires_grad for p in model.parameters())


CONVERSIONS = ["double", "half", "float", lambda m: m.to(mgx.float64), lambda m: m.type(mgx.float16)]


@pytest.mark.parametrize("convert", CONVERSIONS)
def test_conversion_keeps_the_parameters_the_same_objects(convert):
    model = nn.Sequential(nn.Linear(2, 2), nn.BatchNorm1d(2))
    if not callable(convert):
        wanted = {"double": mgx.float64, "half": mgx.float16, "float": mgx.float32}[convert]
        run = getattr(type(model), convert)
    else:
        run, wanted = convert, convert(nn.Linear(1, 1)).weight.dtype
    before = list(model.parameters())
    for p in before:
        p.grad = mgx.ones(p.shape)
    assert run(model) is model
    for a, b in zip(before, model.parameters(), strict=True):
        assert a is b
        assert b.dtype is wanted
        assert b.grad.dtype is wanted
        assert b.requires_grad
        assert b.is_leaf
    assert model[1].running_mean.dtype is wanted
    if not callable(convert):
        assert model[1].num_batches_tracked.dtype is mgx.int64


def test_a_converted_module_trains():
    model = nn.Linear(3, 1).double()
    model(mgx.ones(2, 3, dtype=mgx.float64)).sum().backward()
    assert model.weight.grad.dtype is mgx.float64
    assert model.weight.grad.tolist() == [[2.0, 2.0, 2.0]]


@pytest.mark.parametrize(
    "to",
    [("cpu",), (mgx.device("cpu"),), ("cpu", mgx.float64), (mgx.zeros(1, dtype=mgx.float64),)],
)
def test_to_takes_devices_dtypes_and_tensors(to):
    layer = nn.Linear(1, 1)
    expected = mgx.float64 if len(to) == 2 or isinstance(to[0], mgx.Tensor) else mgx.float32
    assert layer.to(*to).weight.dtype is expected
    assert layer.cpu() is layer


def test_to_refuses_other_devices_and_integers():
    layer = nn.Linear(1, 1)
    for run in (layer.cuda, lambda: layer.to("cuda"), lambda: layer.to(device="cuda:0")):
        with pytest.raises(RuntimeError, match="cuda"):
            run()
    with pytest.raises(TypeError, match=r"nn\.Module\.to only accepts floating point"):
        layer.to(mgx.int64)
    with pytest.raises(TypeError, match="unexpected keyword argument 'dtpye'"):
        layer.to(dtpye=mgx.float64)
    with pytest.raises(TypeError, match="expected a dtype, a device or a tensor, got 5"):
        layer.to(5)
    assert layer.to("cpu", mgx.float64, True, memory_format=None).weight.dtype is mgx.float64


@libraries
def test_names_lead_to_what_they_name(lib):
    model = network(lib)
    assert model.get_parameter("0.first.weight") is model[0].first.weight
    assert model.get_buffer("2.norm.running_mean") is model[2].norm.running_mean
    assert model.get_submodule("2.norm") is model[2].norm
    model.register_module("last", lib.nn.Tanh())
    assert model.get_submodule("last") is model[-1]


@libraries
@pytest.mark.filterwarnings("ignore:Using backward.. with create_graph=True will create a reference cycle")
def test_zeroed_gradients_stay_the_same_tensors(lib):
    layer = lib.nn.Linear(2, 1)
    (layer(lib.ones(1, 2)) ** 2).sum().backward()
    grad = layer.weight.grad
    layer.zero_grad(set_to_none=False)
    assert layer.weight.grad is grad
    assert grad.tolist() == [[0.0, 0.0]]
    (layer(lib.ones(1, 2)) ** 2).sum().backward(create_graph=True)
    layer.zero_grad(set_to_none=False)
    assert not layer.weight.grad.requires_grad
    assert layer.weight.grad.tolist() == [[0.0, 0.0]]


@libraries
def test_what_is_not_there_yet(lib):
    module = lib.nn.Linear(1, 1)
    module.add_module("later", None)
    assert module.later is None
    assert list(module.children()) == []
    module.zero_grad(set_to_none=False)
    assert module.weight.grad is None
    module.register_buffer("mean", None)
    assert list(module.state_dict()) == ["weight", "bias"]


@libraries
def test_a_buffer_may_be_none(lib):
    assert lib.nn.BatchNorm1d(1, track_running_stats=False).get_buffer("running_mean") is None


# ---------------------------------------------------------------- state


def test_the_state_shares_memory_and_is_detached():
    layer = nn.Linear(2, 2)
    state = layer.state_dict()
    assert not state["weight"].requires_grad
    assert np.shares_memory(state["weight"].numpy(), layer.weight.detach().numpy())
    assert layer.state_dict(keep_vars=True)["weight"] is layer.weight


def test_loading_copies_and_keeps_the_objects():
    a, b = network(mgx), network(mgx)
    for p in b.parameters():
        p.data = p.data + 1
    kept = list(a.parameters())
    result = a.load_state_dict(b.state_dict())
    assert repr(result) == "<All keys matched successfully>"
    assert all(x is y for x, y in zip(kept, a.parameters(), strict=True))
    for x, y in zip(a.state_dict().values(), b.state_dict().values(), strict=True):
        np.testing.assert_array_equal(x.numpy(), y.numpy())
        assert not np.shares_memory(x.numpy(), y.numpy())


def test_loading_casts_but_assigning_does_not():
    state = nn.Linear(2, 2).double().state_dict()
    layer = nn.Linear(2, 2)
    weight = layer.weight
    layer.load_state_dict(state)
    assert layer.weight is weight
    assert weight.dtype is mgx.float32
    layer.load_state_dict(state, assign=True)
    assert layer.weight.dtype is mgx.float64
    assert isinstance(layer.weight, nn.Parameter)
    assert layer.weight.requires_grad
    assert np.shares_memory(layer.weight.detach().numpy(), state["weight"].numpy())


@libraries
def test_assigning_takes_over_parameters_and_buffers(lib):
    layer = lib.nn.BatchNorm1d(2)
    state = {name: t + 1 for name, t in layer.state_dict().items()}
    state["weight"] = lib.nn.Parameter(state["weight"], requires_grad=False)
    layer.load_state_dict(state, assign=True)
    assert layer.weight is state["weight"]
    assert layer.weight.requires_grad
    assert layer.running_mean is state["running_mean"]
    assert list(layer.state_dict()) == list(state)


def wrong_state(lib):
    state = network(lib).state_dict()
    state["extra"] = lib.zeros(1)
    state["0.first.extra"] = lib.zeros(1)
    state["3.0.weight"] = lib.zeros(2, 4)
    del state["0.first.bias"], state["2.norm.running_mean"]
    return state


def load_wrong(lib):
    network(lib).load_state_dict(wrong_state(lib))


def load_other_type(lib):
    lib.nn.Linear(1, 1, bias=False).load_state_dict({"weight": lib.zeros(1)})


def test_what_does_not_fit_is_listed_as_in_pytorch():
    for run in (load_wrong, load_other_type):
        kind, text = message(run, mgx)
        assert kind is RuntimeError
        assert text == message(run, torch)[1]
    with pytest.raises(RuntimeError, match=r"expected torch\.Tensor or Tensor-like object from checkpoint"):
        nn.Linear(1, 1).load_state_dict({"weight": [[1.0]], "bias": mgx.zeros(1)})


@libraries
def test_loading_leniently_returns_the_keys(lib):
    state = wrong_state(lib)
    del state["3.0.weight"]
    keys = network(lib).load_state_dict(state, strict=False)
    assert keys.missing_keys == ["0.first.bias", "2.norm.running_mean", "3.0.weight"]
    assert keys.unexpected_keys == ["extra", "0.first.extra"]
    assert repr(keys).startswith("_IncompatibleKeys(missing_keys=['0.first.bias'")


@libraries
def test_a_number_loads_from_a_vector_of_one(lib):
    module = lib.nn.Module()
    module.scale = lib.nn.Parameter(lib.tensor(1.0))
    module.load_state_dict({"scale": lib.tensor([3.0])})
    assert module.scale.item() == 3.0
    assert tuple(module.scale.shape) == ()


def test_loading_is_not_recorded_and_marks_what_is_needed_for_backward():
    layer = nn.Linear(2, 2)
    x = mgx.ones(1, 2, requires_grad=True)
    out = layer(x).sum()
    layer.load_state_dict(nn.Linear(2, 2).state_dict())
    assert layer.weight.is_leaf
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        out.backward()


@libraries
def test_state_hooks(lib):
    seen = []
    layer = lib.nn.Linear(1, 1)
    layer.register_state_dict_pre_hook(lambda module, prefix, keep_vars: seen.append(("pre", prefix, keep_vars)))
    layer.register_state_dict_post_hook(lambda m, state, prefix, meta: state.update(more=lib.zeros(1)))
    state = layer.state_dict(prefix="a.")
    assert list(state) == ["a.weight", "a.bias", "more"]
    assert seen == [("pre", "a.", False)]
    other = lib.nn.Linear(1, 1)
    other.register_load_state_dict_pre_hook(lambda m, state, prefix, *rest: state.pop("more"))
    other.register_load_state_dict_post_hook(lambda m, keys: seen.append(keys.missing_keys))
    handle = other.register_load_state_dict_pre_hook(lambda m, *rest: 1 / 0)
    handle.remove()
    other.load_state_dict({"more": 1, **lib.nn.Linear(1, 1).state_dict()})
    assert seen[-1] == []


# ---------------------------------------------------------------- copies


def test_a_deep_copy_is_independent_and_keeps_sharing():
    model = network(mgx)
    other = copy.deepcopy(model)
    assert other[0].first.weight is not model[0].first.weight
    assert other[2].first.weight is other[0].first.weight
    assert other[0].again is other[0].first
    x = mgx.randn(4, 3)
    np.testing.assert_array_equal(model(x).detach().numpy(), other(x).detach().numpy())


def test_a_pickle_keeps_values_and_sharing():
    model = nn.Sequential(Scale(3.0), nn.Linear(2, 2))
    model.second = model[0]
    other = pickle.loads(pickle.dumps(model))
    assert other.second is other[0]
    assert other[0].factor.item() == 3.0
    assert isinstance(other[0].factor, nn.Parameter)
    assert other[0].factor.requires_grad
    assert "0.cache" not in other.state_dict()
    other(mgx.ones(1, 2)).sum().backward()
    assert model[0].factor.grad is None


# ---------------------------------------------------------------- parameters


@libraries
def test_a_parameter_prints_as_in_pytorch(lib):
    assert repr(lib.nn.Parameter(lib.ones(2))) == "Parameter containing:\ntensor([1., 1.], requires_grad=True)"
    frozen = lib.nn.Parameter(lib.ones(2), requires_grad=False)
    assert repr(frozen) == "Parameter containing:\ntensor([1., 1.])"
    assert tuple(lib.nn.Parameter().shape) == (0,)


def test_a_parameter_shares_memory_and_is_a_leaf():
    data = mgx.zeros(2)
    p = nn.Parameter(data)
    with mgx.no_grad():
        p += 1
    assert data.tolist() == [1.0, 1.0]
    assert p.is_leaf
    assert type(p * 2) is mgx.Tensor
    assert type(p.detach()) is mgx.Tensor
    number = mgx.tensor(1.0)
    q = nn.Parameter(number)
    number.fill_(5)
    assert q.item() == 5.0
    computed = nn.Parameter(p * 2)
    assert computed.is_leaf
    with mgx.no_grad():
        assert nn.Parameter(mgx.zeros(1)).requires_grad


def test_a_parameter_must_be_a_tensor_of_floats():
    with pytest.raises(RuntimeError, match="floating point"):
        nn.Parameter(mgx.tensor([1, 2]))
    assert not nn.Parameter(mgx.tensor([1, 2]), requires_grad=False).requires_grad
    with pytest.raises(TypeError, match="expected a Tensor as data, got list"):
        nn.Parameter([1.0])


def test_a_copied_parameter_has_no_gradient():
    p = nn.Parameter(mgx.ones(2))
    (p * 2).sum().backward()
    for other in (copy.deepcopy(p), pickle.loads(pickle.dumps(p))):
        assert isinstance(other, nn.Parameter)
        assert other.grad is None
        assert other.tolist() == [1.0, 1.0]


# ---------------------------------------------------------------- recording


def test_recording_notes_the_call_of_the_module():
    class Twice(nn.Module):
        def __init__(self):
            super().__init__()
            self.inner = nn.Linear(2, 2)
            self.hidden = [nn.Linear(2, 2)]

        def forward(self, x):
            return self.hidden[0](self.inner(self.inner(x))) * 2

    model = nn.Sequential(Twice(), nn.Identity())
    before = mode.grad
    mode.grad = FULL
    try:
        out = model(mgx.ones(1, 2)) + 1
    finally:
        mode.grad = before
    calls, node = [], out.grad_fn
    while node is not None and node.record is not None:
        calls.append(node.record.module)
        node = next((p for p in node.parents if hasattr(p, "record")), None)
    assert calls[0] is None  # outside of any module
    paths = [path for path, _ in calls[1:]]
    assert list(dict.fromkeys(paths)) == ["Sequential.0", "Sequential.0.Linear", "Sequential.0.inner"]
    inner = sorted({number for path, number in calls[1:] if path == "Sequential.0.inner"})
    outer = next(number for path, number in calls[1:] if path == "Sequential.0")
    assert inner == [outer + 1, outer + 2]
    assert mode.module is None


def test_recording_restores_the_module_after_an_error():
    class Broken(nn.Module):
        def forward(self, x):
            raise ValueError("broken")

    mode.grad, before = FULL, mode.grad
    try:
        with pytest.raises(ValueError, match="broken"):
            nn.Sequential(Broken())(1)
    finally:
        mode.grad = before
    assert mode.module is None


def test_extra_repr_of_several_lines():
    def module(lib):
        class Verbose(lib.nn.Module):
            def __init__(self, child):
                super().__init__()
                if child:
                    self.child = lib.nn.ReLU()

            def extra_repr(self):
                return "one\ntwo"

        return [repr(Verbose(True)), repr(Verbose(False)), repr(lib.nn.Sequential(Verbose(True)))]

    assert module(mgx) == module(torch)
    assert re.search(r"\n  one\n  two\n  \(child\): ReLU\(\)\n", module(mgx)[0])
