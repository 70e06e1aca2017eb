"""`vmap` in both libraries."""

import numpy as np
import pytest
import torch

import microgradx as mgx

X = np.arange(12.0).reshape(3, 4)

CASES = {
    "rows": lambda f, x: f.vmap(lambda row: row.sum())(x),
    "columns": lambda f, x: f.vmap(lambda column: column.cumsum(0), in_dims=1)(x),
    "from the end": lambda f, x: f.vmap(lambda column: column * 2, in_dims=-1, out_dims=-1)(x),
    "two": lambda f, x: f.vmap(lambda a, b: a @ b)(x, x + 1),
    "shared": lambda f, x: f.vmap(lambda a, b: a @ b, in_dims=(0, None))(x, x[0]),
    "different": lambda f, x: f.vmap(lambda a, b: a * b, in_dims=(0, 1), out_dims=1)(x, x.T),
    "nested": lambda f, x: f.vmap(f.vmap(lambda a: a**2, out_dims=0), in_dims=1, out_dims=1)(x),
    "outer": lambda f, x: f.vmap(f.vmap(lambda a, b: a * b, in_dims=(None, 0)), in_dims=(0, None))(x[0], x[1]),
    "several": lambda f, x: f.vmap(lambda a: (a.sum(), a * 2), out_dims=(0, 1))(x),
    "dict": lambda f, x: f.vmap(lambda p: {"s": p["a"] + p["b"][0]}, in_dims=({"a": 0, "b": [None]},))(
        {"a": x, "b": [x[0]]}
    ),
    "dict of one dimension": lambda f, x: f.vmap(lambda p: p["a"] * p["b"])({"a": x, "b": x}),
    "chunks": lambda f, x: f.vmap(lambda a: a.exp(), chunk_size=2)(x),
}


@pytest.mark.parametrize("name", CASES)
def test_as_in_pytorch(name):
    ours, theirs = (CASES[name](lib.func, lib.tensor(X)) for lib in (mgx, torch))
    assert type(ours).__name__ == type(theirs).__name__
    values = [
        [v[key] for key in v] if isinstance(v, dict) else v if isinstance(v, tuple) else [v] for v in (ours, theirs)
    ]
    for a, b in zip(*values, strict=True):
        np.testing.assert_allclose(a.numpy(), b.numpy(), 1e-12)


REFUSED = {
    "sizes": lambda lib: lib.func.vmap(lambda a, b: a)(lib.ones(2), lib.ones(3)),
    "nothing": lambda lib: lib.func.vmap(lambda: lib.ones(1))(),
    "nothing mapped": lambda lib: lib.func.vmap(lambda a: a, in_dims=(None,))(lib.ones(2)),
    "number": lambda lib: lib.func.vmap(lambda a, b: a)(lib.ones(2), 3),
    "returns a number": lambda lib: lib.func.vmap(lambda a: 3)(lib.ones(2)),
    "dimension": lambda lib: lib.func.vmap(lambda a: a, in_dims=1)(lib.ones(2)),
    "structure": lambda lib: lib.func.vmap(lambda a, b: a, in_dims=(0,))(lib.ones(2), lib.ones(2)),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_refused(name):
    for lib in (mgx, torch):
        with pytest.raises((ValueError, IndexError)):
            REFUSED[name](lib)


def test_no_example():
    """In PyTorch the shapes of the outputs are known without one."""
    with pytest.raises(ValueError, match="expected at least one example, got none"):
        mgx.vmap(lambda a: a.sum())(mgx.ones(0, 2))


def test_random_numbers():
    x = mgx.zeros(5)
    with pytest.raises(RuntimeError, match="called random operation while in randomness error mode"):
        mgx.vmap(lambda a: a + mgx.rand(()))(x)
    same = mgx.vmap(lambda a: a + mgx.rand(()), randomness="same")(x)
    assert len(set(same.tolist())) == 1
    assert len(set(mgx.vmap(lambda a: a + mgx.rand(()), randomness="different")(x).tolist())) == 5
    with pytest.raises(RuntimeError, match="Only allowed values for randomness"):
        mgx.vmap(lambda a: a, randomness="no")


def test_it_is_a_function_of_the_package_too():
    assert mgx.vmap is mgx.func.vmap
    assert "vmap" in dir(mgx)


@pytest.mark.parametrize("lib", [mgx, torch])
def test_an_ensemble(lib):
    lib.manual_seed(0)
    models = [lib.nn.Sequential(lib.nn.Linear(3, 2), lib.nn.BatchNorm1d(2)).eval() for _ in range(4)]
    parameters, buffers = lib.func.stack_module_state(models)
    x = lib.ones(5, 3)
    found = lib.func.vmap(
        lambda p, b: lib.func.functional_call(models[0], (p, b), (x,)),
    )(parameters, buffers)
    np.testing.assert_allclose(
        found.detach().numpy(), np.stack([model(x).detach().numpy() for model in models]), 1e-6, 1e-7
    )
    assert parameters["0.weight"].requires_grad
    assert parameters["0.weight"].is_leaf
    for wrong in ([], [models[0], lib.nn.Linear(3, 2).eval()], [models[0], models[1].train()]):
        with pytest.raises(RuntimeError, match="stack_module_state: Expected"):
            lib.func.stack_module_state(wrong)
