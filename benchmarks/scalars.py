"""10,000 operations on single numbers, as a learner writes them at first, beside micrograd.

The graph is 100 chains of 99 operations, and the sum of their ends: micrograd's backward is recursive, and a
single chain would be too deep for it.
"""

from __future__ import annotations

from typing import Any

import autograd
import autograd.numpy as anp
import torch
from micrograd.engine import Value

import microgradx
from benchmarks.table import Goals, Row, compare
from benchmarks.timing import Step

POINTS = [0.01 * i for i in range(100)]
LINKS = 33  # of three operations each
W, B = 0.9, 0.1


def total(w: Any, b: Any) -> Any:
    """The same for all that know ``*``, ``+`` and ``relu()``."""
    out = 0.0
    for x in POINTS:
        h: Any = x
        for _ in range(LINKS):
            h = (h * w + b).relu()
        out = out + h
    return out


def with_tensors(torch: Any) -> Step:
    """For PyTorch and microgradx: it is the same program."""
    w, b = torch.tensor(W, requires_grad=True), torch.tensor(B, requires_grad=True)

    def step() -> Any:
        w.grad = b.grad = None
        total(w, b).backward()
        return w.grad.item() + b.grad.item()

    return step


def with_micrograd() -> Step:
    w, b = Value(W), Value(B)

    def step() -> Any:
        w.grad = b.grad = 0
        total(w, b).backward()
        return w.grad + b.grad

    return step


def with_autograd() -> Step:
    def total(w: Any, b: Any) -> Any:
        out = 0.0
        for x in POINTS:
            h = x
            for _ in range(LINKS):
                h = anp.maximum(h * w + b, 0.0)
            out = out + h
        return out

    gradients = autograd.grad(total, argnum=(0, 1))

    def step() -> float:
        by_w, by_b = gradients(W, B)
        return float(by_w + by_b)

    return step


def rows(rounds: int) -> list[Row]:
    sides = {
        "microgradx": with_tensors(microgradx),
        "micrograd": with_micrograd(),
        "PyTorch": with_tensors(torch),
        "autograd": with_autograd(),
    }
    goals: Goals = {
        ("microgradx", "micrograd"): 1.0,
        ("microgradx", "PyTorch"): None,
        ("microgradx", "autograd"): None,
    }
    return compare("10,000 operations on scalars", sides, goals, rounds)
