"""L-BFGS against PyTorch's, on functions that it finds easy and hard."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch

import microgradx as mgx
from microgradx import optim

BOTH = ((mgx, optim), (torch, torch.optim))
FUNCTIONS: dict[str, Callable[[Any, Any], Any]] = {
    "bowl": lambda x, y: ((x - 1) ** 2 * 3).sum() + (x.sum() - y) ** 2,
    "valley": lambda x, y: ((1 - x[:-1]) ** 2 + 100 * (x[1:] - x[:-1] ** 2) ** 2).sum() + (y - x[0]) ** 2,
    "kinks": lambda x, y: (x - 1).abs().sum() + (x[0] * x[1] * 5).sin() + (y - x.sum()) ** 2,
    "steps": lambda x, y: (50 * x).tanh().sum() + (x * x).sum() * 5 + y * y,
    "waves": lambda x, y: (x * x).sum() / 20 + (3 * x).sin().sum() + (y * y + 1).log(),
}


def run(lib: Any, algorithms: Any, name: str, calls: int, **options: Any) -> tuple[list[float], list[float], int]:
    x = lib.tensor([-1.2, 1.0, 0.7, 2.0], dtype=lib.float64, requires_grad=True)
    y = lib.tensor(0.3, dtype=lib.float64, requires_grad=True)
    optimizer = algorithms.LBFGS([x, y], **options)
    losses = []

    def closure() -> Any:
        optimizer.zero_grad()
        loss = FUNCTIONS[name](x, y)
        loss.backward()
        losses.append(loss.item())
        return loss

    returned = [optimizer.step(closure).item() for _ in range(calls)]
    assert returned[0] == losses[0]
    return losses, [*x.tolist(), y.item()], optimizer.state[x]["n_iter"]


@pytest.mark.parametrize("search", [None, "strong_wolfe"])
@pytest.mark.parametrize("options", [{}, {"history_size": 2, "max_iter": 7}, {"lr": 0.3, "max_eval": 9}])
@pytest.mark.parametrize("name", FUNCTIONS)
def test_every_evaluation_equals_pytorchs(name: str, options: dict[str, Any], search: str | None) -> None:
    if search is None and name in ("valley", "kinks", "steps"):
        options = {**options, "lr": 1e-3}  # without a search the full step leaps out of the valley
    (a, x, n), (b, y, m) = (run(*lib, name, 3, line_search_fn=search, **options) for lib in BOTH)
    assert n == m
    assert len(a) == len(b)
    np.testing.assert_allclose(a, b, 1e-6, 1e-9)
    np.testing.assert_allclose(x, y, 1e-5, 1e-7)


@pytest.mark.parametrize("options", [{}, {"tolerance_change": 0.0}])
def test_a_straight_line_is_followed_down(options: dict[str, Any]) -> None:
    """The cubic through two points of a line has no minimum: its formula divides by zero."""
    histories = []
    for lib, algorithms in BOTH:
        x = lib.tensor([1.0, 2.0], dtype=lib.float64, requires_grad=True)
        optimizer = algorithms.LBFGS([x], lr=1.0, max_iter=1, max_eval=6, line_search_fn="strong_wolfe", **options)
        losses: list[float] = []

        def closure(optimizer: Any = optimizer, x: Any = x, losses: list[float] = losses) -> Any:
            optimizer.zero_grad()
            loss = x.sum() * 0.5
            loss.backward()
            losses.append(loss.item())
            return loss

        optimizer.step(closure)
        histories.append((losses, x.tolist()))
    assert histories[0] == histories[1]
    assert len(histories[0][0]) > 4


def test_goes_on_from_a_saved_state() -> None:
    def closure(optimizer: Any, x: Any) -> Any:
        def evaluate() -> Any:
            optimizer.zero_grad()
            loss = FUNCTIONS["valley"](x, 0.5)
            loss.backward()
            return loss

        return evaluate

    x = mgx.tensor([-1.2, 1.0, 0.7], requires_grad=True)
    first = optim.LBFGS([x], max_iter=5, line_search_fn="strong_wolfe")
    first.step(closure(first, x))
    y = x.detach().clone().requires_grad_()
    second = optim.LBFGS([y])
    second.load_state_dict(pickle.loads(pickle.dumps(first.state_dict())))
    first.step(closure(first, x))
    second.step(closure(second, y))
    assert x.tolist() == y.tolist()
    assert isinstance(first.state[x]["d"], mgx.Tensor)


def test_errors() -> None:
    x, y = mgx.ones(1, requires_grad=True), mgx.ones(1, requires_grad=True)
    with pytest.raises(ValueError, match="doesn't support per-parameter options"):
        optim.LBFGS([{"params": [x]}, {"params": [y]}])
    with pytest.raises(RuntimeError, match="only 'strong_wolfe' is supported"):
        optim.LBFGS([x], line_search_fn="golden").step(lambda: x)
    with pytest.raises(TypeError, match="expected a closure, got None"):
        optim.LBFGS([x]).step()
