"""The less travelled parts of Module, in both libraries: extra state, older hooks, hooks of all modules, buffers."""

import copy
import importlib
import pickle
import warnings

import pytest
import torch

import microgradx as mgx
from tests.side_by_side import both, error

LIBS = pytest.mark.parametrize("lib", [mgx, torch])


class Counter:
    """A module whose state has a number beside its tensors."""

    def __new__(cls, lib, count=0):
        class Module(lib.nn.Module):
            def __init__(self):
                super().__init__()
                self.layer = lib.nn.Linear(1, 1)
                self.count = count

            def get_extra_state(self):
                return {"count": self.count}

            def set_extra_state(self, state):
                self.count = state["count"]

        return Module()


def test_extra_state_is_saved_and_loaded():
    def run(lib):
        outer = lib.nn.Sequential(Counter(lib, 3), Counter(lib, 4))
        new = lib.nn.Sequential(Counter(lib), Counter(lib))
        state = outer.state_dict()
        keys = new.load_state_dict(state)
        missing = {k: v for k, v in state.items() if "extra" not in k}
        plain = lib.nn.Sequential(lib.nn.Linear(1, 1))
        return (
            list(state),
            [m.count for m in new],
            repr(keys),
            error(lambda: new.load_state_dict(missing)),
            repr(new.load_state_dict(missing, strict=False)),
            error(lambda: plain.load_state_dict({**plain.state_dict(), "0._extra_state": 1})),
            repr(plain.load_state_dict({**plain.state_dict(), "0._extra_state": 1}, strict=False)),
        )

    assert both(run)[1] == [3, 4]


@LIBS
def test_a_module_without_extra_state_has_none_to_give(lib):
    with pytest.raises(RuntimeError, match="get_extra_state"):
        lib.nn.Module().get_extra_state()
    with pytest.raises(RuntimeError, match="set_extra_state"):
        lib.nn.Module().set_extra_state(3)


def test_older_hooks_of_the_state():
    def run(lib):
        log = []
        layer = lib.nn.Linear(1, 1)
        layer._register_state_dict_hook(
            lambda m, state, prefix, meta: log.append((type(m).__name__, prefix, dict(meta)))
        )
        layer._register_state_dict_hook(lambda m, state, *_: {k.upper(): v for k, v in state.items()})
        alone = list(layer.state_dict())
        below = list(lib.nn.Sequential(layer).state_dict())
        layer._register_load_state_dict_pre_hook(lambda state, prefix, *_: log.append((sorted(state), prefix)))
        layer._register_load_state_dict_pre_hook(lambda m, state, *_: log.append(m is layer), with_module=True)
        layer.register_load_state_dict_pre_hook(lambda m, state, *_: log.append(m is layer))
        layer.load_state_dict(lib.nn.Linear(1, 1).state_dict())
        public = lib.nn.Linear(1, 1)
        public.register_state_dict_post_hook(lambda m, state, *_: state)
        return alone, below, log, error(public.state_dict)

    assert both(run)[:2] == (["WEIGHT", "BIAS"], ["0.weight", "0.bias"])


@pytest.mark.parametrize("strict", [True, False])
def test_averages_that_an_instance_norm_does_not_keep(strict):
    def run(lib):
        model = lib.nn.Sequential(lib.nn.InstanceNorm1d(2, affine=True))
        state = lib.nn.Sequential(lib.nn.InstanceNorm1d(2, affine=True, track_running_stats=True)).state_dict()
        without_version = error(lambda: model.load_state_dict(dict(state), strict=strict))
        log = [error(lambda: model.load_state_dict(state))] if strict else [repr(model.load_state_dict(state, False))]
        return without_version, log, len(state)

    both(run)


def test_a_hook_after_loading_changes_the_keys_in_place_only():
    def run(lib):
        layer = lib.nn.Linear(1, 1)
        with layer.register_load_state_dict_post_hook(lambda m, keys: keys.missing_keys.clear()):
            keys = layer.load_state_dict({})
        layer.register_load_state_dict_post_hook(lambda m, keys: keys)
        return repr(keys), error(lambda: layer.load_state_dict(layer.state_dict()))

    both(run)


def test_a_state_by_positional_arguments():
    def run(lib):
        layer = lib.nn.Linear(1, 1)
        with pytest.warns(FutureWarning, match="Positional args are being deprecated, use kwargs instead"):
            return list(layer.state_dict({"a": 1}, "x.")), [
                p.requires_grad for p in layer.state_dict({}, "", True).values()
            ]

    assert both(run) == (["a", "x.weight", "x.bias"], [True, True])


def test_hooks_of_all_modules_around_the_forward():
    def run(lib):
        on, log = importlib.import_module(f"{lib.__name__}.nn.modules.module"), []
        model = lib.nn.Sequential(lib.nn.Identity(), lib.nn.ReLU())
        model[0].register_forward_pre_hook(lambda m, args: log.append("own before"))
        model[0].register_forward_hook(lambda m, args, out: log.append("own after"))
        with (
            on.register_module_forward_pre_hook(
                lambda m, args: (log.append((type(m).__name__, len(args))), (args[0] + 1,))[1]
            ),
            on.register_module_forward_hook(
                lambda m, args, out: (log.append((type(m).__name__, out.item())), out * 2)[1]
            ),
            on.register_module_forward_hook(lambda m, args, kw, out: log.append(kw), with_kwargs=True),
        ):
            out = model(lib.tensor(1.0)).item()
        return out, model(lib.tensor(1.0)).item(), log

    assert both(run)[:2] == (28.0, 1.0)


def test_hooks_of_all_modules_that_run_after_errors():
    def run(lib):
        on, log = importlib.import_module(f"{lib.__name__}.nn.modules.module"), []

        class Broken(lib.nn.Module):
            def forward(self, x):
                raise ValueError("broken")

        def broken(*_):
            raise TypeError("a hook")

        layer = Broken()
        with on.register_module_forward_hook(lambda m, args, out: log.append(out), always_call=True):
            log.append(error(lambda: layer(1)))
        layer.register_forward_hook(broken, always_call=True)
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            log.append(error(lambda: layer(1)))
        return log, [str(w.message) for w in caught]

    assert both(run)[0] == [None, ("ValueError", "broken"), ("ValueError", "broken")]


def test_hooks_of_all_modules_on_the_way_back():
    def run(lib):
        on, log = importlib.import_module(f"{lib.__name__}.nn.modules.module"), []
        model = lib.nn.Sequential(lib.nn.Tanh(), lib.nn.Identity())
        model[0].register_full_backward_hook(lambda m, g_in, g_out: log.append("own"))
        x = lib.tensor([0.0], requires_grad=True)
        with (
            on.register_module_full_backward_pre_hook(
                lambda m, g: (log.append(("pre", type(m).__name__)), (g[0] * 2,))[1]
            ),
            on.register_module_full_backward_hook(
                lambda m, g_in, g_out: log.append((type(m).__name__, g_in[0].item()))
            ),
        ):
            model(x).backward()
            mixed = error(lambda: on.register_module_backward_hook(print))
        return log, x.grad.item(), mixed

    assert both(run)[1] == 8.0


def test_hooks_of_registration():
    def run(lib):
        on, log = importlib.import_module(f"{lib.__name__}.nn.modules.module"), []
        with (
            on.register_module_parameter_registration_hook(
                lambda m, name, p: (log.append(name), None if p is None else lib.nn.Parameter(p.detach() * 0))[1]
            ),
            on.register_module_buffer_registration_hook(lambda m, name, b: log.append(("buffer", name))),
            on.register_module_module_registration_hook(
                lambda m, name, c: (log.append(c), lib.nn.Identity())[1] and None
            ),
        ):
            layer = lib.nn.BatchNorm1d(1, affine=False)
            linear = lib.nn.Linear(1, 1)
            outer = lib.nn.Module()
            outer.a = layer
            outer.a = None
            outer.add_module("b", layer)
            layer.running_mean = lib.zeros(1)
        return [x if isinstance(x, (str, tuple)) else type(x).__name__ for x in log], linear.weight.tolist()

    both(run)


def test_the_older_backward_hook_sees_the_gradients():
    def run(lib):
        log = []
        model = lib.nn.Sequential(lib.nn.Hardtanh(-0.5, 2.0), lib.nn.ReLU(inplace=True))
        model[0].register_backward_hook(lambda m, g_in, g_out: log.append((g_in[0].tolist(), g_out[0].tolist())))
        model[1].register_backward_hook(lambda m, g_in, g_out: (g_in[0] * 3,))
        x = lib.zeros(2, requires_grad=True)
        with warnings.catch_warnings():  # PyTorch's: its hooks do not see what happens inside of a module
            warnings.simplefilter("ignore", FutureWarning)
            out = model(x + 1)
        (out * lib.tensor([1.0, 2.0])).sum().backward()
        return len(log), [round(v, 5) for v in log[0][0] + log[0][1] + x.grad.tolist()]

    both(run)


def test_the_older_backward_hook_of_a_first_layer():
    def run(lib):
        log = []
        lib.manual_seed(0)
        model = lib.nn.Sequential(lib.nn.Conv2d(1, 2, 2), lib.nn.ReLU(inplace=True))
        model[0].register_backward_hook(lambda m, g_in, g_out: log.append(g_out[0].sum().item()))
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            model(lib.ones(1, 1, 3, 3)).sum().backward()
        return log, [w.category for w in caught if "Full backward hook is firing" in str(w.message)]

    assert both(run)[1] == []


def test_the_two_kinds_of_backward_hooks_do_not_mix():
    def run(lib):
        old, new = lib.nn.Identity(), lib.nn.Identity()
        old.register_backward_hook(print)
        new.register_full_backward_hook(print)
        return error(lambda: old.register_full_backward_hook(print)), error(lambda: new.register_backward_hook(print))

    both(run)


def test_unknown_arguments_of_the_constructor_raise():
    def run(lib):
        class Own(lib.nn.Module):
            def __init__(self, *args, **kwargs):
                super().__init__(*args, **kwargs)

        return error(lambda: Own(1, 2)), error(lambda: Own(size=3))

    both(run)


@LIBS
def test_a_second_base_can_be_initialised(lib):
    class Named:
        def __init__(self, name):
            self.name = name

    class Both(lib.nn.Module, Named):
        call_super_init = True

        def __init__(self):
            super().__init__(name="x")
            self.layer = lib.nn.Identity()

    assert Both().name == "x"


def test_buffers_as_attributes():
    def run(lib):
        module = lib.nn.Module()
        module.a = lib.nn.Buffer(lib.ones(2))
        module.b = lib.nn.Buffer(lib.ones(1), persistent=False)
        module.c = lib.ones(3)
        before = list(dict(module.named_buffers())), list(module.state_dict())
        module.b = lib.zeros(1)  # stays one that is not saved
        module.a = None
        module.d = lib.nn.Buffer()
        kinds = isinstance(module.b, lib.nn.Buffer), isinstance(lib.nn.Buffer(lib.ones(1)), lib.nn.Buffer)
        wrong = error(lambda: setattr(module, "a", 3))
        return before, list(dict(module.named_buffers())), list(module.state_dict()), kinds, wrong, repr(module.d)

    both(run)


@LIBS
def test_a_buffer_that_is_deleted_is_forgotten(lib):
    module = lib.nn.Module()
    module.register_buffer("x", lib.ones(1), persistent=False)
    del module.x
    module.y = lib.nn.Buffer(lib.ones(1), persistent=False)
    del module.y
    assert not module._non_persistent_buffers_set
    module.register_buffer("x", lib.zeros(1))
    assert list(module.state_dict()) == ["x"]


@LIBS
def test_memory_without_values(lib):
    layer = lib.nn.BatchNorm1d(3)
    kept = list(layer.parameters())
    assert layer.to_empty(device="cpu") is layer
    assert all(a is b for a, b in zip(kept, layer.parameters(), strict=True))
    assert layer.running_mean.shape == (3,)
    assert layer.num_batches_tracked.dtype is lib.int64


@LIBS
def test_what_is_accepted_and_does_nothing(lib):
    layer = lib.nn.Linear(1, 1)
    assert layer.share_memory() is layer
    assert list(lib.nn.Sequential(layer, layer).modules(remove_duplicate=False))[1:] == [layer, layer]
    assert lib.nn.Module.dump_patches is False
    assert lib.nn.Module.T_destination.__name__ == "T_destination"


def test_compile_is_accepted():
    layer = mgx.nn.Linear(1, 1)
    assert layer.compile(mode="default") is None
    assert layer(mgx.ones(1)).shape == (1,)


def test_bfloat16_says_why_not():
    with pytest.raises(TypeError, match="NumPy does not have this dtype"):
        mgx.nn.Linear(1, 1).bfloat16()


@LIBS
def test_states_of_pickles_can_be_changed(lib):
    class Old(lib.nn.Linear):
        def __setstate__(self, state):
            state.pop("_forward_hooks")
            super().__setstate__({**state, "version": 2})

    layer = Old(1, 2)
    state = layer.__getstate__()
    new = Old.__new__(Old)
    if lib is torch:  # it does not restore this one
        state["version"] = 2
        torch.nn.Module.__setstate__(new, state)
    else:
        new.__setstate__(state)
    assert new.version == 2
    assert new(lib.ones(1)).shape == (2,)
    assert copy.deepcopy(lib.nn.Linear(1, 2))(lib.ones(1)).shape == (2,)
    assert pickle.loads(pickle.dumps(lib.nn.Linear(1, 2)))(lib.ones(1)).shape == (2,)


def test_own_attributes_of_parameters_are_pickled_but_not_copied():
    def run(lib):
        layer = lib.nn.Linear(1, 1)
        layer.weight.tag = "frozen"
        layer.weight.requires_grad_(False)
        layer.weight.grad = lib.ones(1, 1)
        copies = copy.deepcopy(layer).weight, pickle.loads(pickle.dumps(layer)).weight
        return [(hasattr(p, "tag"), p.requires_grad, p.grad is None) for p in copies]

    both(run)


PATHS = [
    ("nn.modules", ["Linear", "Module", "Conv2d", "Sequential", "BatchNorm2d", "LSTM", "CrossEntropyLoss"]),
    ("nn.modules.module", ["Module", "register_module_forward_hook"]),
    ("nn.modules.batchnorm", ["_BatchNorm", "BatchNorm2d"]),
    ("nn.modules.instancenorm", ["InstanceNorm2d"]),
    ("nn.modules.conv", ["Conv2d", "_ConvNd", "ConvTranspose2d"]),
    ("nn.modules.container", ["Sequential", "ModuleList"]),
    ("nn.modules.linear", ["Linear", "Identity"]),
    ("nn.modules.loss", ["_Loss", "_WeightedLoss", "CrossEntropyLoss", "MSELoss"]),
    ("nn.modules.activation", ["ReLU"]),
    ("nn.modules.lazy", ["LazyModuleMixin"]),
    ("nn.modules.pooling", ["MaxPool2d"]),
    ("nn.modules.upsampling", ["Upsample"]),
    ("nn.modules.pixelshuffle", ["PixelShuffle"]),
    ("nn.modules.normalization", ["LayerNorm", "GroupNorm"]),
    ("nn.modules.transformer", ["TransformerEncoderLayer", "Transformer"]),
    ("nn.modules.rnn", ["LSTM", "GRUCell"]),
    ("nn.modules.sparse", ["Embedding"]),
    ("nn.modules.flatten", ["Flatten"]),
    ("nn.modules.fold", ["Fold", "Unfold"]),
    ("nn.modules.dropout", ["Dropout"]),
    ("nn.modules.distance", ["CosineSimilarity"]),
    ("nn.modules.padding", ["ZeroPad2d"]),
    ("nn.modules.utils", ["_single", "_pair", "_triple", "_quadruple", "_ntuple", "_reverse_repeat_tuple"]),
    ("nn.parameter", ["Parameter", "Buffer", "UninitializedParameter", "UninitializedBuffer", "is_lazy"]),
]


@LIBS
@pytest.mark.parametrize(("path", "names"), PATHS, ids=[path for path, _ in PATHS])
def test_paths_of_imports(lib, path, names):
    module = importlib.import_module(f"{lib.__name__}.{path}")
    for name in names:
        assert getattr(module, name) is getattr(lib.nn, name, getattr(module, name))


FILES = ["activation", "adaptive", "batchnorm", "channelshuffle", "container", "conv", "distance", "dropout", "flatten",
         "fold", "instancenorm", "lazy", "linear", "loss", "module", "normalization", "padding", "pixelshuffle",
         "pooling", "rnn", "sparse", "transformer", "upsampling", "utils"]  # fmt: skip


@pytest.mark.parametrize("name", FILES)
def test_files_of_modules_have_pytorchs_names(name):
    theirs = importlib.import_module(f"torch.nn.modules.{name}")
    space = {}
    exec(f"from microgradx.nn.modules.{name} import *", space)
    assert set(getattr(theirs, "__all__", ())) - set(space) == set()
    with pytest.raises(ImportError):
        exec(f"from microgradx.nn.modules.{name} import NoSuchLayer", space)


def test_a_prefix_is_taken_off_a_state():
    def run(lib):
        consume = lib.nn.modules.utils.consume_prefix_in_state_dict_if_present
        layer = lib.nn.Linear(1, 1)
        state = lib.nn.ModuleDict({"module": layer}).state_dict()
        consume(state, "module.")
        plain = {"module.weight": 1, "weigh": 2}
        consume(plain, "module.")
        return list(state), dict(state._metadata), repr(layer.load_state_dict(state)), plain

    both(run)


@LIBS
def test_an_instance_norm_is_no_batch_norm(lib):
    kind = lib.nn.modules.batchnorm._BatchNorm
    assert isinstance(lib.nn.LazyBatchNorm1d(), kind)
    assert not isinstance(lib.nn.InstanceNorm1d(1), kind)


def test_numbers_as_tuples():
    def run(lib):
        u = lib.nn.modules.utils
        return (
            u._pair(3),
            u._pair([1, 2]),
            u._single("a"),
            u._ntuple(4)(0),
            u._triple(1),
            u._reverse_repeat_tuple((1, 2), 2),
        )

    both(run)


@LIBS
def test_an_unknown_name_of_modules_raises(lib):
    with pytest.raises(AttributeError):
        lib.nn.modules.Linaer  # noqa: B018
