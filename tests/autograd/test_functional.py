"""vjp, jvp, jacobian, hessian, hvp, vhp: against PyTorch's, values and errors."""

import numpy as np
import pytest
import torch

import microgradx as mgx
from microgradx.autograd import functional


def one(x):
    return (x * x * x).sum(1) + x.exp().sum(0)[:2]


def two_and_two(x, y):
    return x @ y, (x * x).sum()


def number(x):
    return (x**3).sum() * x.exp().sum()


def number_of_two(x, y):
    return (x * x * y.exp()).sum() + (x * y).sum() ** 2


def half_unused(x, y):
    return (x * 2).sum()


def constant(x):
    return (x * 0).detach().sum()


rng = np.random.default_rng(0)
A, B = rng.normal(size=(2, 3)), rng.normal(size=(2, 3))
C = rng.normal(size=(3, 2))

# name of the functional, function, inputs, further arguments
CASES = {
    "vjp": ("vjp", one, A, (A[0, :2],)),
    "vjp of a number": ("vjp", number, A, ()),
    "vjp of tuples": ("vjp", two_and_two, (A, C), ((B[:, :2], np.array(2.0)),)),
    "vjp unused": ("vjp", half_unused, (A, B), ()),
    "jvp": ("jvp", one, A, (B,)),
    "jvp by a number": ("jvp", lambda x: x * A, np.array(2.0), ()),
    "jvp of tuples": ("jvp", two_and_two, (A, C), ((B, C),)),
    "jvp unused": ("jvp", half_unused, (A, B), ((A, B),)),
    "jacobian": ("jacobian", one, A, ()),
    "jacobian of tuples": ("jacobian", two_and_two, (A, C), ()),
    "jacobian unused": ("jacobian", half_unused, (A, B), ()),
    "jacobian of a constant": ("jacobian", constant, A, ()),
    "hessian": ("hessian", number, A, ()),
    "hessian of two": ("hessian", number_of_two, (A, B), ()),
    "hessian of a linear function": ("hessian", half_unused, (A, B), ()),
    "vhp": ("vhp", number, A, (B,)),
    "vhp of two": ("vhp", number_of_two, (A, B), ((B, A),)),
    "hvp": ("hvp", number, A, (B,)),
    "hvp of two": ("hvp", number_of_two, (A, B), ((B, A),)),
    "hvp of a linear function": ("hvp", half_unused, (A, B), ((B, A),)),
}


def converted(value, tensor):
    if isinstance(value, tuple):
        return tuple(converted(v, tensor) for v in value)
    return tensor(value) if isinstance(value, np.ndarray) else value


def theirs(value, **options):
    return converted(value, lambda a: torch.tensor(a, **options))


def ours(value, **options):
    return converted(value, lambda a: mgx.tensor(a, **options))


def check_same(mine, reference):
    assert type(mine) is tuple or isinstance(mine, mgx.Tensor)
    if isinstance(reference, tuple):
        assert len(mine) == len(reference)
        for a, b in zip(mine, reference):
            check_same(a, b)
    else:
        assert tuple(mine.shape) == tuple(reference.shape)
        assert mine.requires_grad == reference.requires_grad
        np.testing.assert_allclose(mine.detach().numpy(), reference.detach().numpy(), rtol=1e-10, atol=1e-12)


def constants_as(func, tensor):
    """A lambda above multiplies with a NumPy array."""
    return (lambda x: x * tensor(A)) if func.__name__ == "<lambda>" else func


@pytest.mark.parametrize("create_graph", [False, True])
@pytest.mark.parametrize("name", CASES)
def test_the_numbers_are_those_of_pytorch(name, create_graph):
    which, func, inputs, arguments = CASES[name]
    options = {"requires_grad": create_graph}
    reference = getattr(torch.autograd.functional, which)(
        constants_as(func, torch.tensor), theirs(inputs, **options), *theirs(arguments), create_graph=create_graph
    )
    mine = getattr(functional, which)(
        constants_as(func, mgx.tensor), ours(inputs, **options), *ours(arguments), create_graph=create_graph
    )
    check_same(mine, reference)


@pytest.mark.parametrize("name", ["vjp", "jvp", "jacobian", "hessian", "vhp", "hvp"])
def test_results_can_be_differentiated(name):
    which, func, inputs, arguments = CASES[name]
    gradients = []
    for convert, lib, tensor in ((theirs, torch.autograd, torch), (ours, functional, mgx)):
        x = convert(inputs, requires_grad=True)
        f = getattr(lib.functional if lib is torch.autograd else lib, which)
        result = f(func, x, *convert(arguments), create_graph=True)
        result = result[1] if isinstance(result, tuple) else result
        gradients.append(tensor.autograd.grad((result * result).sum(), x)[0].tolist())
    np.testing.assert_allclose(gradients[1], gradients[0], rtol=1e-9)


@pytest.mark.parametrize(
    ("which", "func", "inputs", "arguments", "options"),
    [
        ("vjp", one, A, (), {}),
        ("vjp", one, A, (A,), {}),
        ("vjp", two_and_two, (A, C), ((A[:, :2],),), {}),
        ("vjp", two_and_two, (A, C), ((A, np.array(1.0)),), {}),
        ("vjp", half_unused, (A, B), (), {"strict": True}),
        ("vjp", constant, A, (), {"strict": True}),
        ("vjp", lambda x: 3, A, (), {}),
        ("jvp", one, A, (), {}),
        ("jvp", one, A, ((A, A),), {}),
        ("jacobian", half_unused, (A, B), (), {"strict": True}),
        ("jacobian", one, (A, 3), (), {}),
        ("hessian", one, A, (), {}),
        ("hessian", two_and_two, (A, C), (), {}),
        ("hessian", lambda x: (x * 2).sum(), A, (), {"strict": True}),
        ("vhp", one, A, (A,), {}),
        ("vhp", number, A, (), {}),
        ("hvp", two_and_two, (A, C), ((A, C),), {}),
        ("hvp", number, A, (A[0],), {}),
    ],
)
def test_the_errors_begin_with_the_words_of_pytorch(which, func, inputs, arguments, options):
    with pytest.raises((RuntimeError, TypeError)) as reference:
        getattr(torch.autograd.functional, which)(func, theirs(inputs), *theirs(arguments), **options)
    with pytest.raises((RuntimeError, TypeError)) as mine:
        getattr(functional, which)(func, ours(inputs), *ours(arguments), **options)
    assert mine.type is reference.type
    assert str(mine.value)[:40] == str(reference.value)[:40]


def test_the_strategies_give_the_same():
    x = mgx.tensor(A)
    reverse = functional.jacobian(one, x)
    assert functional.jacobian(one, x, vectorize=True, strategy="forward-mode").tolist() == reverse.tolist()
    with pytest.raises(AssertionError, match="forward-mode"):
        functional.jacobian(one, x, strategy="sideways")


def test_a_captured_tensor_is_not_the_argument():
    x = mgx.tensor(A, requires_grad=True)
    product = functional.vjp(lambda y: (y * x).sum(), x)[1]
    assert product.tolist() == x.tolist()  # not twice of it
    assert x.grad is None


def test_a_jacobian_of_nothing():
    assert functional.jacobian(lambda x: x[:0], mgx.ones(3)).shape == (0, 3)


def test_they_work_under_no_grad():
    with mgx.no_grad():
        assert functional.hessian(lambda x: (x * x).sum(), mgx.ones(2)).tolist() == [[2.0, 0.0], [0.0, 2.0]]
