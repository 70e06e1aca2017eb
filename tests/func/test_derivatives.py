"""Derivatives as functions, in both libraries: values, structures, nesting, and errors."""

import numpy as np
import pytest
import torch

import microgradx as mgx

# PyTorch compiles something for its forward mode, in a way that it calls deprecated.
pytestmark = pytest.mark.filterwarnings("ignore:`torch.jit.script:DeprecationWarning")

X = np.array([[0.3, -1.2], [0.7, 2.0]])
Y = np.array([1.5, -0.5])


def plain(value):
    if isinstance(value, dict):
        return {key: plain(v) for key, v in value.items()}
    if isinstance(value, (tuple, list)):
        return type(value)(plain(v) for v in value)
    if isinstance(value, (mgx.Tensor, torch.Tensor)):
        assert not value.requires_grad
        return value.tolist()
    return value


def flat(value):
    if isinstance(value, dict):
        return [number for key in value for number in flat(value[key])]
    if isinstance(value, (tuple, list)):
        return [number for v in value for number in flat(v)]
    return [value]


def shape(value):
    if isinstance(value, dict):
        return {key: shape(v) for key, v in value.items()}
    return type(value), [shape(v) for v in value] if isinstance(value, (tuple, list)) else None


def weighted(x, y):
    return (x**2 @ y).sum() * y[0]


def of_dict(p, x):
    return ((x @ p["w"] + p["b"][0]) ** 2).mean()


CASES = {
    "grad": lambda f, x, y: f.grad(weighted)(x, y),
    "grad by the second": lambda f, x, y: f.grad(weighted, argnums=1)(x, y),
    "grad by the last": lambda f, x, y: f.grad(weighted, argnums=-1)(x, y),
    "grad by both": lambda f, x, y: f.grad(weighted, argnums=(1, 0))(x, y),
    "grad with aux": lambda f, x, y: f.grad(lambda x: ((x**3).sum(), {"x": x * 2}), has_aux=True)(x),
    "grad of a dict": lambda f, x, y: f.grad(of_dict)({"w": y, "b": [y * 2]}, x),
    "grad of what does not depend": lambda f, x, y: f.grad(lambda x, y: y.sum())(x, y),
    "grad by keyword": lambda f, x, y: f.grad(weighted)(x, y=y),
    "second": lambda f, x, y: f.grad(lambda y: f.grad(lambda z: (z**3 * y).sum())(y)[0])(y),
    "third": lambda f, x, y: f.grad(f.grad(f.grad(lambda x: x.sin() * x**2)))(y[0]),
    "two variables of one name": lambda f, x, y: f.grad(lambda x: x * f.grad(lambda z: x * z)(x))(y[0]),
    "grad and value": lambda f, x, y: f.grad_and_value(weighted)(x, y),
    "grad and value with aux": lambda f, x, y: f.grad_and_value(lambda x: (x.sum(), x), has_aux=True)(x),
    "vjp": lambda f, x, y: (lambda v, pull: (v, pull(v * 2)))(*f.vjp(lambda x, y: x @ y, x, y)),
    "vjp of several": lambda f, x, y: (lambda v, pull: (v, pull(v)))(*f.vjp(lambda x: (x.sin(), {"s": x.sum()}), x)),
    "vjp with aux": lambda f, x, y: (lambda v, pull, a: (v, pull(v), a))(*f.vjp(lambda x: (x**2, x), x, has_aux=True)),
    "jvp": lambda f, x, y: f.jvp(lambda x, y: x @ y, (x, y), (x + 1, y * 2)),
    "jvp of what does not depend": lambda f, x, y: f.jvp(lambda x, y: y * 3, (x, y), (x, y)),
    "jvp of a constant": lambda f, x, y: f.jvp(lambda x: y * 3, (x,), (x,)),
    "jvp of several": lambda f, x, y: f.jvp(lambda p: {"a": p[0].exp(), "b": (p[1],)}, ((x, y),), ((x, y),)),
    "jvp with aux": lambda f, x, y: f.jvp(lambda x: (x**2, x), (x,), (x,), has_aux=True),
    "jacrev": lambda f, x, y: f.jacrev(lambda x: x @ y)(x),
    "jacrev by both": lambda f, x, y: f.jacrev(lambda x, y: (x @ y).sin(), argnums=(0, 1))(x, y),
    "jacrev of several": lambda f, x, y: f.jacrev(lambda x: {"a": x.sum(), "b": [x[0], x[1] ** 2]})(x),
    "jacrev of a dict": lambda f, x, y: f.jacrev(lambda p: p["x"] @ p["y"])({"x": x, "y": y}),
    "jacrev with aux": lambda f, x, y: f.jacrev(lambda x: (x @ y, x), has_aux=True)(x),
    "jacrev of nothing": lambda f, x, y: f.jacrev(lambda x: x[:0])(x),
    "jacfwd": lambda f, x, y: f.jacfwd(lambda x: (x @ y) ** 2)(x),
    "hessian": lambda f, x, y: f.hessian(lambda y: ((x @ y) ** 3).sum())(y),
    "hessian by both": lambda f, x, y: f.hessian(weighted, argnums=(0, 1))(x, y),
    "vector product": lambda f, x, y: f.jvp(f.grad(lambda y: ((x @ y) ** 3).sum()), (y,), (y + 1,))[1],
    "each example": lambda f, x, y: f.vmap(f.grad(lambda y, row: (row @ y) ** 2), in_dims=(None, 0))(y, x),
    "jacobian of a batch": lambda f, x, y: f.vmap(f.jacrev(lambda row: row * y))(x),
    "vmap of a pull": lambda f, x, y: f.vmap(f.vjp(lambda y: x @ y, y)[1])(x),
    "grad of a vmap": lambda f, x, y: f.grad(lambda x: f.vmap(lambda row: row @ y)(x).prod())(x),
}


@pytest.mark.parametrize("name", CASES)
def test_as_in_pytorch(name):
    ours, theirs = (
        plain(CASES[name](lib.func, lib.tensor(X), lib.tensor(Y))) for lib in (mgx, torch)
    )  # fmt: skip
    assert shape(ours) == shape(theirs)
    np.testing.assert_allclose(flat(ours), flat(theirs), 1e-10)


@pytest.mark.parametrize("lib", [mgx, torch])
def test_what_is_outside_has_its_gradient_too(lib):
    """By a closure, and by arguments that require it; no hidden input keeps the graph of other results alive."""
    w, x = (lib.tensor(v, requires_grad=True) for v in (2.0, 3.0))
    slope = lib.func.grad(lambda x: w * x**2)(x)
    assert slope.item() == 12
    slope.backward()
    assert (w.grad.item(), x.grad.item()) == (6, 4)
    value, pull = lib.func.vjp(lambda x: w * x, lib.tensor(3.0))
    assert value.requires_grad
    assert pull(lib.tensor(1.0))[0].requires_grad
    with lib.no_grad():
        assert lib.func.grad(lambda x: x**2)(lib.tensor(3.0)).item() == 6


def test_arguments_are_left_alone():
    x = mgx.tensor(3.0)
    seen = []
    mgx.func.grad(lambda x: seen.append(x) or x**2)(x)
    assert not x.requires_grad
    assert x.grad is None
    assert seen[0] is not x


@pytest.mark.parametrize("lib", [mgx, torch])
@pytest.mark.parametrize(
    "call",
    [
        lambda f, x, y: f.grad(lambda x: x)(x),
        lambda f, x, y: f.grad(lambda x: 3.0)(x),
        lambda f, x, y: f.grad(weighted, argnums=2)(x, y),
        lambda f, x, y: f.jvp(weighted, [x, y], (x, y)),
        lambda f, x, y: f.jvp(weighted, (x, y), (x,)),
        lambda f, x, y: f.grad(weighted)(3.0, y),
        lambda f, x, y: f.vjp(lambda x: (x, x), x)[1](x),
    ],
)
def test_what_is_refused(lib, call):
    with pytest.raises((RuntimeError, ValueError)):
        call(lib.func, lib.tensor(X), lib.tensor(Y))


def test_the_famous_error():
    with pytest.raises(RuntimeError, match=r"scalar tensor, got tensor with 2 dims. Did you forget to sum\(\)\?"):
        mgx.func.grad(lambda x: x)(mgx.tensor(X))
