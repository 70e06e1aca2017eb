"""Hooks of modules, run in both libraries, which must see the same."""

import re
import warnings

import numpy as np
import pytest
import torch

import microgradx as mgx
from tests.side_by_side import both


def linear(lib):
    lib.manual_seed(0)
    layer = lib.nn.Linear(2, 1, bias=False)
    layer.weight.data.copy_(lib.tensor([[2.0, 3.0]]))
    return layer


def seen(values):
    return [None if v is None else v.tolist() for v in values]


def test_forward_hooks_replace_arguments_and_outputs():
    def run(lib):
        layer, log = lib.nn.Identity(), []
        layer.register_forward_pre_hook(lambda m, args: args[0] + 1)
        layer.register_forward_pre_hook(lambda m, args: (args[0] * 2,))
        layer.register_forward_pre_hook(lambda m, args: log.append(("args", seen(args))), prepend=True)
        layer.register_forward_hook(lambda m, args, out: out * 10)
        layer.register_forward_hook(lambda m, args, out: log.append((seen(args), out.tolist())))
        layer.register_forward_hook(lambda m, args, out: log.append("first"), prepend=True)
        return layer(lib.tensor([1.0])).tolist(), log

    assert both(run) == ([40.0], [("args", [[1.0]]), "first", ([[4.0]], [40.0])])


def test_forward_hooks_with_keywords():
    def run(lib):
        class Add(lib.nn.Module):
            def forward(self, x, *, y=0.0):
                return x + y

        layer, log = Add(), []
        layer.register_forward_pre_hook(lambda m, args, kwargs: (args, {"y": kwargs["y"] * 2}), with_kwargs=True)
        layer.register_forward_hook(lambda m, args, kwargs, out: log.append(kwargs), with_kwargs=True)
        return layer(lib.tensor(1.0), y=3.0).item(), log

    assert both(run) == (7.0, [{"y": 6.0}])


@pytest.mark.parametrize("lib", [mgx, torch])
def test_a_pre_hook_that_returns_something_else_raises(lib):
    layer = lib.nn.Identity()
    layer.register_forward_pre_hook(lambda m, args, kwargs: 3, with_kwargs=True)
    with pytest.raises(RuntimeError, match="forward pre-hook must return None or a tuple of"):
        layer(lib.tensor(1.0))


def test_handles_remove_hooks():
    def run(lib):
        layer, log = lib.nn.Identity(), []
        first = layer.register_forward_hook(lambda *_: log.append(1))
        with layer.register_forward_hook(lambda *_: log.append(2)):
            layer(lib.tensor(1.0))
        first.remove()
        first.remove()
        layer(lib.tensor(1.0))
        return log

    assert both(run) == [1, 2]


def test_a_hook_that_always_runs_runs_after_an_error():
    def run(lib):
        class Broken(lib.nn.Module):
            def forward(self, x):
                raise ValueError("broken")

        layer, log = Broken(), []
        layer.register_forward_hook(lambda m, args, out: log.append(out), always_call=True)
        layer.register_forward_hook(lambda m, args, out: log.append("never"))
        with pytest.raises(ValueError, match="broken"):
            layer(1)
        return log

    assert both(run) == [None]


def test_backward_hooks_see_the_gradients():
    def run(lib):
        layer, log = linear(lib), []
        layer.register_full_backward_pre_hook(lambda m, g: log.append(("pre", seen(g))))
        layer.register_full_backward_hook(lambda m, g_in, g_out: log.append((seen(g_in), seen(g_out))))
        x = lib.tensor([[1.0, 1.0]], requires_grad=True)
        (layer(x) * 5).sum().backward()
        return log, x.grad.tolist(), layer.weight.grad.tolist()

    log, *_ = both(run)
    assert log == [("pre", [[[5.0]]]), ([[[10.0, 15.0]]], [[[5.0]]])]


def test_backward_hooks_replace_gradients():
    def run(lib):
        layer = linear(lib)
        layer.register_full_backward_pre_hook(lambda m, g: (g[0] * 2,))
        layer.register_full_backward_hook(lambda m, g_in, g_out: (g_in[0] + 100,))
        layer.register_full_backward_hook(lambda m, g_in, g_out: (g_in[0] * 10,))
        x = lib.tensor([[1.0, 1.0]], requires_grad=True)
        layer(x).sum().backward()
        return x.grad.tolist(), layer.weight.grad.tolist()

    assert both(run) == ([[1040.0, 1060.0]], [[2.0, 2.0]])


REPLACEMENTS = {
    "of another size": lambda lib, g: (lib.ones(5),),
    "of a size that would broadcast": lambda lib, g: (lib.ones(2, 1, 2),),
    "of another dtype": lambda lib, g: (g.double(),),
    "not in a tuple": lambda lib, g: g,
    "a number": lambda lib, g: (3.0,),
}


@pytest.mark.parametrize("kind", ["register_full_backward_hook", "register_full_backward_pre_hook"])
@pytest.mark.parametrize("name", REPLACEMENTS)
def test_what_a_backward_hook_cannot_return(name, kind):
    errors = []
    for lib in (mgx, torch):
        layer = linear(lib)
        hook = REPLACEMENTS[name]
        getattr(layer, kind)(lambda m, *grads, lib=lib, hook=hook: hook(lib, grads[0][0]))
        with pytest.raises((RuntimeError, TypeError)) as error:
            layer(lib.ones(1, 2, requires_grad=True)).sum().backward()
        errors.append((error.type, re.sub("'.*?'", "", str(error.value))[:34]))  # PyTorch has another name for the hook
    assert errors[0] == errors[1]


def test_backward_hooks_of_several_inputs_and_outputs():
    def run(lib):
        class Many(lib.nn.Module):
            def forward(self, x, number, y):
                return x * y, "text", y[:1] * number

        layer, log = Many(), []
        layer.register_full_backward_hook(lambda m, g_in, g_out: log.append((seen(g_in), seen(g_out))))
        x = lib.tensor([1.0, 2.0], requires_grad=True)
        y = lib.tensor([3.0, 4.0], requires_grad=True)
        product, _, picked = layer(x, 5.0, y)
        (product.sum() + picked.sum()).backward()
        return log, x.grad.tolist(), y.grad.tolist()

    log, *_ = both(run)
    assert log[0][0] == [[3.0, 4.0], None, [6.0, 2.0]]


def test_integers_have_no_gradient():
    layer, log = mgx.nn.Embedding(3, 2), []
    layer.register_full_backward_hook(lambda m, g_in, g_out: log.append(g_in))
    with pytest.warns(UserWarning, match="no inputs require gradients"):
        layer(mgx.tensor([0, 2])).sum().backward()
    assert log == [(None,)]
    assert layer.weight.grad.tolist() == [[1.0, 1.0], [0.0, 0.0], [1.0, 1.0]]


def test_backward_hooks_of_nested_modules_run_from_the_outside_in():
    def run(lib):
        inner, log = lib.nn.Tanh(), []
        model = lib.nn.Sequential(inner, lib.nn.Identity())
        for name, module in (("model", model), ("inner", inner)):
            module.register_full_backward_pre_hook(lambda m, g, name=name: log.append(f"{name} out"))
            module.register_full_backward_hook(lambda m, *_, name=name: log.append(f"{name} in"))
        model(lib.tensor([1.0], requires_grad=True)).backward()
        return log

    assert both(run) == ["model out", "inner out", "inner in", "model in"]


def test_a_backward_hook_without_gradients_of_inputs():
    def run(lib):
        layer, log = linear(lib), []
        layer.register_full_backward_hook(lambda m, g_in, g_out: log.append((g_in, seen(g_out))))
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            layer(lib.ones(1, 2)).sum().backward()
        firing = [str(w.message)[:110] for w in caught if "Full backward hook" in str(w.message)]
        return log, firing, layer.weight.grad.tolist()

    log, firing, _ = both(run)
    assert log == [((None,), [[[1.0]]])]
    assert len(firing) == 1


@pytest.mark.parametrize("lib", [mgx, torch])
def test_a_backward_hook_that_returns_too_many_gradients_raises(lib):
    layer = linear(lib)
    layer.register_full_backward_hook(lambda m, g_in, g_out: (*g_in, None))
    with pytest.raises(RuntimeError, match="invalid number of grad_input, got 2, but expected 1"):
        layer(lib.ones(1, 2, requires_grad=True)).sum().backward()
    layer = linear(lib)
    layer.register_full_backward_pre_hook(lambda m, g_out: ())
    with pytest.raises(RuntimeError, match="invalid number of grad_output, got 0, but expected 1"):
        layer(lib.ones(1, 2, requires_grad=True)).sum().backward()


@pytest.mark.parametrize("lib", [mgx, torch])
@pytest.mark.filterwarnings("ignore:Full backward hook is firing")
def test_a_backward_hook_cannot_make_gradients_where_there_are_none(lib):
    layer = linear(lib)
    layer.register_full_backward_hook(lambda m, g_in, g_out: (lib.ones(1, 2),))
    with pytest.raises(RuntimeError, match="where no input requires gradient should always return None"):
        layer(lib.ones(1, 2)).sum().backward()


@pytest.mark.parametrize("lib", [mgx, torch])
def test_what_a_backward_hook_watches_cannot_be_written_to(lib):
    layer = lib.nn.ReLU(inplace=True)
    layer.register_full_backward_hook(lambda *_: None)
    x = lib.ones(2, requires_grad=True) * 1
    with pytest.raises(RuntimeError, match="is a view and is being modified inplace"):
        layer(x)


def test_backward_hooks_let_second_derivatives_through():
    def run(lib):
        layer = lib.nn.Tanh()
        layer.register_full_backward_hook(lambda m, g_in, g_out: (g_in[0] * 3,))
        x = lib.tensor([0.5], requires_grad=True)
        (g,) = lib.autograd.grad(layer(x).sum(), x, create_graph=True)
        g.sum().backward()
        return g.item(), x.grad.item()

    np.testing.assert_allclose(run(mgx), run(torch), rtol=1e-6)


def test_hooks_without_gradients_change_nothing():
    layer = linear(mgx)
    layer.register_full_backward_hook(lambda *_: 1 / 0)
    with mgx.no_grad():
        assert layer(mgx.ones(1, 2)).tolist() == [[5.0]]


def test_a_backward_hook_needs_a_tensor():
    layer = mgx.nn.Sequential()
    layer.register_full_backward_hook(lambda *_: None)
    with pytest.warns(UserWarning, match="module output should be a Tensor or a tuple of Tensors"):
        assert layer("text") == "text"
