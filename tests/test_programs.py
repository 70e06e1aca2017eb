"""Random programs of 5 to 30 operations, on microgradx and on PyTorch: values, gradients, second derivatives.

A program is a list of `Step`; each takes two tensors from the pool and puts its result there, so that
values are used many times, broadcast, and sent through one another. Everything is float64.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

import microgradx as mgx


class Step(NamedTuple):
    """One operation. Numbers are taken modulo what there is, so that every program means something."""

    name: int
    first: int
    second: int
    option: int


def matrix(x: Any) -> Any:
    """Any tensor as a matrix."""
    return x.reshape(x.shape[0] if x.ndim else 1, -1)


def positions(lib: Any, x: Any, n: int) -> Any:
    return lib.tensor([n % x.shape[0], 0, (n * 3) % x.shape[0]])


# `m` is the library; `y` can be broadcast with `x`; `d` is a dimension of `x`, which has at least one.
OPERATIONS = {
    "+": lambda m, x, y, d, n: x + y,
    "-": lambda m, x, y, d, n: y - x,
    "*": lambda m, x, y, d, n: x * y,
    "/": lambda m, x, y, d, n: x / (y * y + 1),
    "/ x": lambda m, x, y, d, n: y / (x.abs() + 1),
    "** n": lambda m, x, y, d, n: x ** (n % 4),
    "** y": lambda m, x, y, d, n: (x * x + 0.5) ** y.tanh(),
    "2 **": lambda m, x, y, d, n: 2.0 ** x.tanh(),
    "neg": lambda m, x, y, d, n: -x,
    "exp": lambda m, x, y, d, n: x.tanh().exp(),
    "log": lambda m, x, y, d, n: (x * x + 0.1).log(),
    "log1p": lambda m, x, y, d, n: (x * x).log1p(),
    "expm1": lambda m, x, y, d, n: x.sin().expm1(),
    "sqrt": lambda m, x, y, d, n: (x * x + 0.2).sqrt(),
    "rsqrt": lambda m, x, y, d, n: (x * x + 0.2).rsqrt(),
    "reciprocal": lambda m, x, y, d, n: (x.cos() + 2).reciprocal(),
    "sin": lambda m, x, y, d, n: x.sin(),
    "cos": lambda m, x, y, d, n: x.cos(),
    "tan": lambda m, x, y, d, n: x.sin().tan(),
    "tanh": lambda m, x, y, d, n: x.tanh(),
    "sigmoid": lambda m, x, y, d, n: x.sigmoid(),
    "relu": lambda m, x, y, d, n: m.nn.functional.relu(x - 0.1),
    "gelu": lambda m, x, y, d, n: m.nn.functional.gelu(x),
    "softplus": lambda m, x, y, d, n: m.nn.functional.softplus(x),
    "silu": lambda m, x, y, d, n: m.nn.functional.silu(x),
    "abs": lambda m, x, y, d, n: x.abs(),
    "clamp": lambda m, x, y, d, n: x.clamp(-0.77, 0.83),
    "maximum": lambda m, x, y, d, n: m.maximum(x, y),
    "minimum": lambda m, x, y, d, n: m.minimum(x, y * 0.5),
    "where": lambda m, x, y, d, n: m.where(x > 0.05, x * x, y),
    "lerp": lambda m, x, y, d, n: x.lerp(y, 0.3),
    "masked_fill": lambda m, x, y, d, n: x.masked_fill(x > 0.5, 0.25),
    "sum": lambda m, x, y, d, n: x.sum() * 0.3,
    "sum dim": lambda m, x, y, d, n: x.sum(d, keepdim=n % 2 == 0),
    "mean": lambda m, x, y, d, n: x.mean(d),
    "mean all": lambda m, x, y, d, n: x.mean(),
    "prod": lambda m, x, y, d, n: x.tanh().prod(d),
    "var": lambda m, x, y, d, n: x.var(d, correction=0),
    "std": lambda m, x, y, d, n: (x + m.arange(x.shape[-1])).std(-1, correction=0) if x.shape[-1] > 1 else x,
    "norm": lambda m, x, y, d, n: (x * x + 0.3).norm(dim=d),
    "max": lambda m, x, y, d, n: x.max(d).values,
    "min": lambda m, x, y, d, n: x.min(d, keepdim=True).values,
    "amax": lambda m, x, y, d, n: x.amax(d),
    "logsumexp": lambda m, x, y, d, n: x.logsumexp(d),
    "softmax": lambda m, x, y, d, n: m.nn.functional.softmax(x, d),
    "log_softmax": lambda m, x, y, d, n: m.nn.functional.log_softmax(x, d),
    "cumsum": lambda m, x, y, d, n: x.cumsum(d),
    "reshape": lambda m, x, y, d, n: x.reshape(-1),
    "flatten": lambda m, x, y, d, n: x.flatten(d),
    "permute": lambda m, x, y, d, n: x.permute(tuple(reversed(range(x.ndim)))),
    "transpose": lambda m, x, y, d, n: x.transpose(d, 0),
    "unsqueeze": lambda m, x, y, d, n: x.unsqueeze(d) if x.ndim < 4 else x,
    "squeeze": lambda m, x, y, d, n: x.squeeze(),
    "expand": lambda m, x, y, d, n: x.expand(2, *x.shape) if x.ndim < 3 else x,
    "repeat": lambda m, x, y, d, n: x.repeat(*(1,) * (x.ndim - 1), 2) if x.numel() < 40 else x.sin(),
    "flip": lambda m, x, y, d, n: x.flip(d),
    "roll": lambda m, x, y, d, n: x.roll(n % 3 - 1, d),
    "tril": lambda m, x, y, d, n: matrix(x).tril(n % 3 - 1),
    "cat": lambda m, x, y, d, n: m.cat([x, x * 0.5], d) if x.numel() < 40 else x.cos(),
    "stack": lambda m, x, y, d, n: m.stack([x, x.sin()], d) if x.ndim < 3 else x.cos(),
    "split": lambda m, x, y, d, n: x.split(1 + n % 2, d)[0],
    "chunk": lambda m, x, y, d, n: x.chunk(2, d)[-1],
    "unbind": lambda m, x, y, d, n: m.stack(x.unbind(d), -1),
    "x[i]": lambda m, x, y, d, n: x[n % x.shape[0]],
    "x[a::2]": lambda m, x, y, d, n: x[..., n % x.shape[-1] :: 2],
    "x[tensor]": lambda m, x, y, d, n: x[positions(m, x, n)],
    "x[mask]": lambda m, x, y, d, n: x[m.tensor(np.arange(x.shape[0]) % 2 == 0)],
    "x[:, None, [0]]": lambda m, x, y, d, n: x[..., None, [0, -1]] if x.ndim < 3 else x,
    "gather": lambda m, x, y, d, n: matrix(x).gather(0, m.zeros((2, 1), dtype=m.int64)),
    "index_select": lambda m, x, y, d, n: x.index_select(0, positions(m, x, n)),
    "@": lambda m, x, y, d, n: matrix(x) @ matrix(x).T * 0.2,
    "@ vector": lambda m, x, y, d, n: x @ x[(0,) * (x.ndim - 1)] * 0.4,
    "batch @": lambda m, x, y, d, n: x[None] @ x.mT * 0.2 if 1 < x.ndim < 4 else x,
    "linear": lambda m, x, y, d, n: m.nn.functional.linear(matrix(x), matrix(x)[:2]),
    "outer": lambda m, x, y, d, n: m.outer(x.flatten()[:4], x.flatten()[-3:]),
    "layer_norm": lambda m, x, y, d, n: m.nn.functional.layer_norm(x, x.shape[-1:], eps=0.1),
    "mse_loss": lambda m, x, y, d, n: m.nn.functional.mse_loss(x, x.cos()),
    "cross_entropy": lambda m, x, y, d, n: m.nn.functional.cross_entropy(matrix(x), matrix(x)[:, 0].long() * 0),
    "detach": lambda m, x, y, d, n: x.detach() * y,
    "write": lambda m, x, y, d, n: x.clone().mul_(0.5).add_(y.mean()),
}  # fmt: skip
NAMES = list(OPERATIONS)
numbers = st.integers(0, 40)
programs = st.lists(st.builds(Step, st.integers(0, len(NAMES) - 1), numbers, numbers, numbers), min_size=5, max_size=30)


def run(lib: Any, program: list[Step]) -> tuple[list[Any], list[Any]]:
    """The leaves of a program, and all its tensors."""
    rng = np.random.default_rng(7)
    leaves = [lib.tensor(rng.uniform(-1, 1, shape), requires_grad=True) for shape in [(3, 4), (4,), (2, 1, 4), ()]]
    pool = [*leaves, lib.tensor(rng.uniform(-1, 1, (3, 1)))]
    for step in program:
        x, y = (pool[i % len(pool)] for i in (step.first, step.second))
        x = x if x.ndim else x.reshape(1)
        try:
            np.broadcast_shapes(tuple(x.shape), tuple(y.shape))
            y = y if x.numel() * y.numel() < 200 else y.mean()
        except ValueError:
            y = y.mean()
        out = OPERATIONS[NAMES[step.name]](lib, x, y, step.option % x.ndim, step.option)
        pool.append(out if float(out.detach().abs().max()) < 10 else out.sin())
    return leaves, pool


def check_close(a: Any, b: Any, what: str, tolerance: float = 1e-8) -> None:
    a, b = np.asarray(a), np.asarray(b)
    assert a.shape == b.shape, f"{what}: shapes {a.shape} and {b.shape}"
    same = (np.abs(a - b) <= tolerance * (1 + np.abs(b))) | (a == b) | (np.isnan(a) & np.isnan(b))
    assert same.all(), f"{what}:\n{a}\n{b}"


def check_program(program: list[Step], second: bool = False) -> None:
    ours, theirs = run(mgx, program), run(torch, program)
    for i, (a, b) in enumerate(zip(ours[1], theirs[1])):
        name = NAMES[program[i - 5].name] if i >= 5 else "start"
        check_close(a.array, b.detach(), f"value {i} ({name})")
        assert a.requires_grad == b.requires_grad, f"requires_grad of {i} ({name})"
    gradients = [gradients_of(mgx, *ours, second), gradients_of(torch, *theirs, second)]
    for i, (a, b) in enumerate(zip(*gradients)):
        # A second derivative sums many products: the rounding of each is relative to the largest.
        scale = 1e-8 * max(1.0, float(np.abs(np.nan_to_num(b.detach().numpy())).max()))
        check_close(a.array, b.detach(), f"gradient {i}", scale)


def gradients_of(lib: Any, leaves: list[Any], pool: list[Any], second: bool) -> list[Any]:
    """Of a loss that every tensor has a part in; ``second``: and of the sum of squares of these gradients."""
    terms = [(x * (0.5 + 0.1 * i)).sin().mean() for i, x in enumerate(pool)]
    loss = sum(terms[1:], terms[0])
    if not second:
        loss.backward()
        return [x.grad for x in leaves]
    first = list(lib.autograd.grad(loss, leaves, create_graph=True))
    squares = [(g * g).sum() for g in first]
    return first + list(lib.autograd.grad(sum(squares[1:], squares[0]), leaves))


@given(programs)
def test_programs(program):
    check_program(program)


@given(programs)
def test_second_derivatives(program):
    check_program(program, second=True)


@pytest.mark.parametrize("name", range(len(NAMES)), ids=NAMES)
def test_each_operation_twice_in_a_row(name):
    steps = [Step(name, 0, 4, 1), Step(name, 2, 1, 2), Step(name, -2, -1, 3), Step(name, -1, 3, 0), Step(name, 3, 0, 1)]
    check_program(steps, second=True)
