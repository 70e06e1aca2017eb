"""What an operation costs, forward and backward: a chain of 999 operations on small arrays.

Alternately a product, a sum and a tanh, so the numbers themselves are cheap and the recording shows.
"""

from __future__ import annotations

from typing import Any

import autograd
import autograd.numpy as anp
import numpy as np
import torch

import microgradx
from benchmarks.table import Goals, Row, compare
from benchmarks.timing import Step

LINKS = 333  # of three operations each


def data(shape: tuple[int, ...]) -> tuple[np.ndarray, np.ndarray]:
    """Arguments with which the gradient neither grows nor vanishes along the chain."""
    rng = np.random.default_rng(0)
    x = 0.01 * rng.standard_normal(shape, np.float32)
    y = 1 + 0.01 * rng.standard_normal(shape, np.float32)
    return x, y


def with_tensors(torch: Any, shape: tuple[int, ...]) -> Step:
    """For PyTorch and microgradx: it is the same program."""
    x, y = (torch.tensor(a, requires_grad=True) for a in data(shape))

    def step() -> Any:
        x.grad = y.grad = None
        h = x
        for _ in range(LINKS):
            h = (h * y + x).tanh()
        h.sum().backward()
        return x.grad.sum().item() + y.grad.sum().item()

    return step


def with_autograd(shape: tuple[int, ...]) -> Step:
    x, y = data(shape)

    def total(x: Any, y: Any) -> Any:
        h = x
        for _ in range(LINKS):
            h = anp.tanh(h * y + x)
        return anp.sum(h)

    gradients = autograd.grad(total, argnum=(0, 1))

    def step() -> float:
        by_x, by_y = gradients(x, y)
        return float(by_x.sum() + by_y.sum())

    return step


def by_hand(shape: tuple[int, ...]) -> Step:
    """What an expert writes who knows the derivatives: all memory is reserved once."""
    x, y = data(shape)
    hs = np.empty((LINKS + 1, *shape), np.float32)
    hs[0] = x
    t, g, by_x, by_y = (np.empty_like(x) for _ in range(4))

    def step() -> float:
        for i in range(LINKS):
            np.multiply(hs[i], y, out=t)
            np.add(t, x, out=t)
            np.tanh(t, out=hs[i + 1])
        g.fill(1)
        by_x.fill(0)
        by_y.fill(0)
        for i in reversed(range(LINKS)):
            np.square(hs[i + 1], out=t)
            np.multiply(t, g, out=t)
            np.subtract(g, t, out=g)  # now by h * y + x
            np.add(by_x, g, out=by_x)
            np.multiply(g, hs[i], out=t)
            np.add(by_y, t, out=by_y)
            np.multiply(g, y, out=g)  # now by the h before
        np.add(by_x, g, out=by_x)  # the chain begins with x
        return float(by_x.sum() + by_y.sum())

    return step


def rows(rounds: int) -> list[Row]:
    """On arrays where only the overhead counts, and on some where memory does."""
    found = []
    for shape in ((4,), (64, 64)):
        sides = {
            "microgradx": with_tensors(microgradx, shape),
            "PyTorch": with_tensors(torch, shape),
            "autograd": with_autograd(shape),
            "NumPy by hand": by_hand(shape),
        }
        goals: Goals = {
            ("microgradx", "PyTorch"): 0.7,
            ("microgradx", "autograd"): 0.3,
            ("autograd", "PyTorch"): None,
            ("NumPy by hand", "PyTorch"): None,
        }
        found += compare(f"999 operations on {shape}", sides, goals, rounds)
    return found
