"""A training step of the two networks that everyone starts with: two moons, and digits of 28 by 28 pixels."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from typing import Any

import autograd
import autograd.numpy as anp
import numpy as np
import torch

import microgradx
import microgradx.nn
import microgradx.optim
from benchmarks.table import Goals, Row, compare
from benchmarks.timing import Step

MOONS = (2, 16, 16, 1)
DIGITS = (784, 128, 64, 10)

Batch = tuple[np.ndarray, np.ndarray]


def moons() -> list[Batch]:
    """100 points of two half circles that reach into each other, and to which one each belongs."""
    rng = np.random.default_rng(0)
    angle = rng.uniform(0, math.pi, 50)
    upper = np.stack([np.cos(angle), np.sin(angle)], 1)  # (50, 2)
    lower = np.stack([1 - np.cos(angle), 0.5 - np.sin(angle)], 1)  # (50, 2)
    points = np.concatenate([upper, lower]) + 0.3 * rng.standard_normal((100, 2))  # (100, 2)
    classes = np.repeat(np.array([[0], [1]], np.float32), 50, axis=0)  # (100, 1)
    return [(points.astype(np.float32), classes)]


def digits() -> list[Batch]:
    """Ten batches of images of noise, and classes for them. What they show does not matter for the time."""
    rng = np.random.default_rng(0)
    return [(rng.random((64, 784), np.float32), rng.integers(10, size=64)) for _ in range(10)]


# ---------------------------------------------------------------- PyTorch and microgradx: the same program


def network(torch: Any, sizes: tuple[int, ...]) -> Any:
    """A multilayer perceptron; after ``manual_seed`` both libraries draw the same weights."""
    torch.manual_seed(0)
    layers: list[Any] = []
    for n, m in itertools.pairwise(sizes):
        layers += [torch.nn.Linear(n, m), torch.nn.ReLU()]
    return torch.nn.Sequential(*layers[:-1])


def with_tensors(torch: Any, sizes: tuple[int, ...], batches: list[Batch], rule: str) -> Step:
    model = network(torch, sizes)
    optimizer = getattr(torch.optim, rule)(model.parameters(), lr=1e-3)
    loss_of = torch.nn.BCEWithLogitsLoss() if sizes is MOONS else torch.nn.CrossEntropyLoss()
    stream = itertools.cycle([(torch.tensor(x), torch.tensor(y)) for x, y in batches])

    def step() -> Any:
        x, y = next(stream)
        loss = loss_of(model(x), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        return loss.item()

    return step


# ---------------------------------------------------------------- with arrays


def weights(sizes: tuple[int, ...]) -> list[np.ndarray]:
    """The weights that the others start with: (m, n), (m), (l, m), (l), ..."""
    return [p.detach().numpy() for p in network(microgradx, sizes).parameters()]


def updates(rule: str, parameters: list[np.ndarray]) -> Any:
    """SGD or Adam on arrays, in place."""
    moments = [(np.zeros_like(p), np.zeros_like(p)) for p in parameters]
    count = itertools.count(1)

    def sgd(gradients: list[np.ndarray]) -> None:
        for p, g in zip(parameters, gradients):
            p -= 1e-3 * g

    def adam(gradients: list[np.ndarray]) -> None:
        t = next(count)
        size, correction = 1e-3 / (1 - 0.9**t), math.sqrt(1 - 0.999**t)
        for p, g, (m, v) in zip(parameters, gradients, moments):
            m += 0.1 * (g - m)
            v += 0.001 * (g * g - v)
            p -= size * m / (np.sqrt(v) / correction + 1e-8)

    return adam if rule == "Adam" else sgd


def with_autograd(sizes: tuple[int, ...], batches: list[Batch], rule: str) -> Step:
    parameters = weights(sizes)
    update = updates(rule, parameters)
    stream = itertools.cycle(batches)

    def loss_of(parameters: list[Any], x: np.ndarray, y: np.ndarray) -> Any:
        h: Any = x
        for i in range(0, len(parameters), 2):
            h = anp.dot(h, parameters[i].T) + parameters[i + 1]
            if i < len(parameters) - 2:
                h = anp.maximum(h, 0)
        if sizes is MOONS:
            return anp.mean(anp.logaddexp(0, h) - y * h)
        return cross_entropy_in_autograd(h, y)

    value_and_gradients = autograd.value_and_grad(loss_of)

    def step() -> float:
        loss, gradients = value_and_gradients(parameters, *next(stream))
        update(gradients)
        return float(loss)

    return step


def cross_entropy_in_autograd(h: Any, y: np.ndarray) -> Any:
    """The mean of ``-log softmax(h)[y]``."""
    top = anp.max(h, axis=1, keepdims=True)
    log_total = top[:, 0] + anp.log(anp.sum(anp.exp(h - top), axis=1))
    return anp.mean(log_total - h[anp.arange(len(y)), y])


def by_hand(sizes: tuple[int, ...], batches: list[Batch], rule: str) -> Step:
    """What an expert writes who knows the derivatives.

    All parameters are views of one array, and so are their gradients: the update is one call for all.
    """
    shapes = [p.shape for p in weights(sizes)]
    parameters = np.concatenate(weights(sizes), axis=None)
    gradients = np.empty_like(parameters)
    w1, b1, w2, b2, w3, b3 = pieces(parameters, shapes)
    dw1, db1, dw2, db2, dw3, db3 = pieces(gradients, shapes)
    update = updates(rule, [parameters])
    loss_of = logistic_loss if sizes is MOONS else cross_entropy
    stream = itertools.cycle(batches)

    def step() -> float:
        x, y = next(stream)  # (b, n0)
        h1 = x @ w1.T  # (b, n1)
        h1 += b1
        np.maximum(h1, 0, out=h1)
        h2 = h1 @ w2.T  # (b, n2)
        h2 += b2
        np.maximum(h2, 0, out=h2)
        z = h2 @ w3.T  # (b, n3)
        z += b3
        loss, g = loss_of(z, y)  # (), (b, n3)
        np.matmul(g.T, h2, out=dw3)
        np.add.reduce(g, 0, out=db3)
        g = g @ w3  # (b, n2)
        g *= h2 > 0
        np.matmul(g.T, h1, out=dw2)
        np.add.reduce(g, 0, out=db2)
        g = g @ w2  # (b, n1)
        g *= h1 > 0
        np.matmul(g.T, x, out=dw1)
        np.add.reduce(g, 0, out=db1)
        update([gradients])
        return loss

    return step


def pieces(flat: np.ndarray, shapes: list[tuple[int, ...]]) -> Iterator[np.ndarray]:
    """Views of consecutive parts of a flat array."""
    end = 0
    for shape in shapes:
        start, end = end, end + math.prod(shape)
        yield flat[start:end].reshape(shape)


def logistic_loss(z: np.ndarray, y: np.ndarray) -> tuple[float, np.ndarray]:
    """The mean of ``log(1 + exp(z)) - y z``, and its gradient by z."""
    e = np.exp(-np.abs(z))  # (b, 1)
    loss = np.maximum(z, 0) - y * z + np.log1p(e)
    g = np.where(z >= 0, 1, e) / (1 + e) - y
    g /= len(z)
    return float(loss.mean()), g


def cross_entropy(z: np.ndarray, y: np.ndarray) -> tuple[float, np.ndarray]:
    """The mean of ``-log softmax(z)[y]``, and its gradient by z."""
    here = np.arange(len(y)), y
    z = z - z.max(1, keepdims=True)  # (b, 10)
    e = np.exp(z)
    total = e.sum(1, keepdims=True)  # (b, 1)
    loss = np.log(total).mean() - z[here].mean()
    e /= total
    e[here] -= 1
    e /= len(y)
    return float(loss), e


# ---------------------------------------------------------------- the rows


def rows(name: str, sizes: tuple[int, ...], batches: list[Batch], rule: str, goal: float, rounds: int) -> list[Row]:
    sides = {
        "microgradx": with_tensors(microgradx, sizes, batches, rule),
        "PyTorch": with_tensors(torch, sizes, batches, rule),
        "autograd": with_autograd(sizes, batches, rule),
        "NumPy by hand": by_hand(sizes, batches, rule),
    }
    goals: Goals = {
        ("microgradx", "PyTorch"): goal,
        ("microgradx", "autograd"): None,
        ("NumPy by hand", "PyTorch"): None,
    }
    return compare(f"{name}, {rule}", sides, goals, rounds)


def moons_rows(rounds: int) -> list[Row]:
    """Small arrays: what counts is the overhead of the operations and of the optimizer."""
    return rows("two moons 2-16-16-1, batch 100", MOONS, moons(), "Adam", 0.4, rounds)


def mlp_rows(rounds: int) -> list[Row]:
    """Larger arrays: what counts is the arithmetic."""
    name = "MLP 784-128-64-10, batch 64"
    goals = {"SGD": 0.9, "Adam": 0.75}
    return [row for rule, goal in goals.items() for row in rows(name, DIGITS, digits(), rule, goal, rounds)]
