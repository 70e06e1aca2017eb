"""Modules as functions of their parameters, in both libraries."""

import importlib

import numpy as np
import pytest
import torch

import microgradx as mgx
from tests.side_by_side import both, error

LIBS = pytest.mark.parametrize("lib", [mgx, torch])


def call(lib, *args, **kwargs):
    return importlib.import_module(f"{lib.__name__}.func").functional_call(*args, **kwargs)


class Tied:
    """Two layers that share a weight, and a buffer that is set anew at each forward."""

    def __new__(cls, lib):
        class Module(lib.nn.Module):
            def __init__(self):
                super().__init__()
                self.a = lib.nn.Linear(2, 2, bias=False)
                self.b = lib.nn.Linear(2, 2, bias=False)
                self.b.weight = self.a.weight
                self.register_buffer("count", lib.zeros(1))

            def forward(self, x, scale=1.0):
                self.count = self.count + 1
                return self.b(self.a(x)) * scale

        lib.manual_seed(0)
        return Module()


def values(t):
    return np.round(t.detach().numpy(), 5).tolist()


def test_gradients_flow_to_the_given_parameters():
    def run(lib):
        lib.manual_seed(0)
        model = lib.nn.Sequential(lib.nn.Linear(2, 3), lib.nn.Tanh(), lib.nn.Linear(3, 1))
        own = [p.detach().clone() for p in model.parameters()]
        given = {k: (p.detach() * 2).requires_grad_() for k, p in model.named_parameters()}
        x = lib.ones(4, 2)
        loss = call(lib, model, given, (x,)).sum()
        first = lib.autograd.grad(loss, list(given.values()), create_graph=True)
        sum(g.square().sum() for g in first).backward()
        same = all(lib.equal(a, b) for a, b in zip(own, model.parameters(), strict=True))
        return values(loss), [values(g) for g in first], [values(p.grad) for p in list(given.values())[:3]], same

    assert both(run)[3]


def test_one_step_of_learning_to_learn():
    def run(lib):
        lib.manual_seed(1)
        model = lib.nn.Linear(1, 1)
        x = lib.arange(4.0).view(4, 1)
        params = dict(model.named_parameters())
        inner = (call(lib, model, params, x) - x).square().mean()
        grads = lib.autograd.grad(inner, list(params.values()), create_graph=True)
        moved = {k: p - 0.1 * g for (k, p), g in zip(params.items(), grads, strict=True)}
        (call(lib, model, moved, x) - 2 * x).square().mean().backward()
        return [values(p.grad) for p in model.parameters()]

    both(run)


def test_tied_weights():
    def run(lib):
        model, new = Tied(lib), lib.eye(2) * 3
        x = lib.ones(1, 2)
        log = [
            values(call(lib, model, {"a.weight": new}, x)),
            values(call(lib, model, {"b.weight": new}, (x,), {"scale": 2})),
        ]
        log.append(values(call(lib, model, {"b.weight": new}, x, tie_weights=False)))
        log.append(error(lambda: call(lib, model, {"a.weight": new, "b.weight": new + 1}, x)))
        return log, model.a.weight is model.b.weight, model.count.item()

    both(run)


def test_buffers_that_are_set_anew():
    def run(lib):
        model = Tied(lib)
        given = {"count": lib.tensor([5.0])}
        call(lib, model, given, lib.ones(1, 2))
        return given["count"].tolist(), model.count.tolist()

    assert both(run) == ([6.0], [0.0])


def test_several_dictionaries():
    def run(lib):
        layer = lib.nn.Linear(1, 1)
        w, b = {"weight": lib.ones(1, 1)}, {"bias": lib.ones(1)}
        x = lib.ones(1, 1)
        return (
            call(lib, layer, (w, b), x).tolist(),
            call(lib, layer, [w, b], (x,)).tolist(),
            error(lambda: call(lib, layer, (w, w), x)),
            error(lambda: call(lib, layer, (w, 3), x)),
            error(lambda: call(lib, layer, 3, x)),
        )

    both(run)


def test_names_that_do_not_fit():
    def run(lib):
        layer = lib.nn.Linear(1, 1)
        w, x = lib.ones(1, 1), lib.ones(1, 1)
        log = [error(lambda: call(lib, layer, {"weight": w, "other": w}, x, strict=True))]
        log.append(error(lambda: call(lib, layer, {"weight": 3}, x)))
        log.append(error(lambda: call(lib, layer, {"a.weight": w}, x))[0])
        log.append(error(lambda: call(lib, layer, {"training": w}, x)))
        call(lib, layer, {"other": w}, x)
        return log, hasattr(layer, "other"), list(layer.state_dict())

    both(run)


@LIBS
def test_an_error_puts_everything_back(lib):
    layer = lib.nn.Linear(2, 1)
    kept = layer.weight
    with pytest.raises(RuntimeError):
        call(lib, layer, {"weight": lib.ones(1, 3)}, lib.ones(1, 2))
    assert layer.weight is kept


@LIBS
def test_the_older_place_warns(lib):
    older = importlib.import_module(f"{lib.__name__}.nn.utils.stateless").functional_call
    with pytest.warns(FutureWarning, match="stateless.functional_call` is deprecated as of PyTorch 2.0"):
        out = older(lib.nn.Linear(1, 1), {"weight": lib.ones(1, 1), "bias": lib.ones(1)}, lib.ones(1, 1))
    assert out.item() == 2.0


@LIBS
def test_parametrized_modules(lib):
    layer = lib.nn.utils.parametrizations.spectral_norm(lib.nn.Linear(2, 2)).eval()
    given = {"parametrizations.weight.original": lib.eye(2) * 4, "bias": lib.zeros(2)}
    before = layer.weight.detach().clone()
    out = call(lib, layer, given, lib.ones(1, 2))
    assert out.abs().sum() > 0
    assert (layer.weight == before).all()
