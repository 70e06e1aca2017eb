"""A training step of what a course builds after its first network: convolutions, recurrent cells, attention, a table.

Each program is written once, for whichever library it is given as ``torch``; after ``manual_seed`` both draw the same
weights.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import autograd
import autograd.numpy as anp
import numpy as np
import torch

import microgradx
import microgradx.nn
import microgradx.optim
from benchmarks.networks import cross_entropy_in_autograd
from benchmarks.table import Goals, Row, compare
from benchmarks.timing import Step

Program = Callable[[Any, np.random.Generator], Step]


def trained(model: Any, optimizer: Any, loss_of: Callable[[], Any]) -> Step:
    """A step of training."""

    def step() -> Any:
        loss = loss_of()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        return loss.item()

    return step


def classifier(torch: Any, rng: np.random.Generator, model: Any, shape: tuple[int, ...], rate: float) -> Step:
    """Training on noise, ten classes: what the images show does not matter for the time."""
    images = torch.tensor(rng.standard_normal(shape, np.float32))
    labels = torch.tensor(rng.integers(10, size=shape[0]))
    optimizer = torch.optim.SGD(model.parameters(), lr=rate)
    return trained(model, optimizer, lambda: torch.nn.functional.cross_entropy(model(images), labels))


# ---------------------------------------------------------------- images


def lenet(torch: Any, rng: np.random.Generator) -> Step:
    """LeNet-5 with rectifiers: (64, 1, 28, 28)."""
    nn = torch.nn
    model = nn.Sequential(
        nn.Conv2d(1, 6, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2),  # (64, 6, 14, 14)
        nn.Conv2d(6, 16, 5), nn.ReLU(), nn.MaxPool2d(2),  # (64, 16, 5, 5)
        nn.Flatten(), nn.Linear(400, 120), nn.ReLU(), nn.Linear(120, 84), nn.ReLU(), nn.Linear(84, 10),
    )  # fmt: skip
    return classifier(torch, rng, model, (64, 1, 28, 28), 0.01)


def cnn(torch: Any, rng: np.random.Generator) -> Step:
    """Three by three convolutions to 32 and 64 channels: (32, 3, 32, 32)."""
    nn = torch.nn
    model = nn.Sequential(
        nn.Conv2d(3, 32, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),  # (32, 32, 16, 16)
        nn.Conv2d(32, 64, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),  # (32, 64, 8, 8)
        nn.Flatten(), nn.Linear(4096, 10),
    )  # fmt: skip
    return classifier(torch, rng, model, (32, 3, 32, 32), 0.01)


# ---------------------------------------------------------------- sequences


def lstm(torch: Any, rng: np.random.Generator) -> Step:
    """`nn.LSTM` of width 128 over 32 steps of 32 sequences; the last output is classified."""
    layer, head = torch.nn.LSTM(128, 128), torch.nn.Linear(128, 10)
    x = torch.tensor(rng.standard_normal((32, 32, 128), np.float32))  # (T, N, C)
    y = torch.tensor(rng.integers(10, size=32))
    optimizer = torch.optim.SGD([*layer.parameters(), *head.parameters()], lr=0.1)
    return trained(layer, optimizer, lambda: torch.nn.functional.cross_entropy(head(layer(x)[0][-1]), y))


def cells(torch: Any, rng: np.random.Generator) -> Step:
    """The same with `nn.LSTMCell`, called at each step."""
    cell, head = torch.nn.LSTMCell(128, 128), torch.nn.Linear(128, 10)
    x = torch.tensor(rng.standard_normal((32, 32, 128), np.float32))  # (T, N, C)
    y = torch.tensor(rng.integers(10, size=32))
    optimizer = torch.optim.SGD([*cell.parameters(), *head.parameters()], lr=0.1)

    def loss_of() -> Any:
        state = torch.zeros(32, 128), torch.zeros(32, 128)
        for given in x:
            state = cell(given, state)
        return torch.nn.functional.cross_entropy(head(state[0]), y)

    return trained(cell, optimizer, loss_of)


def gpt(torch: Any, rng: np.random.Generator, approximate: str = "tanh") -> Step:
    """A decoder as in GPT-2, with its GELU by tanh: 4 blocks of width 128, 4 heads, 8 texts of 64 tokens, AdamW."""
    nn, F = torch.nn, torch.nn.functional
    B, T, C, heads, vocabulary = 8, 64, 128, 4, 65

    class Block(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.ln1, self.ln2 = nn.LayerNorm(C), nn.LayerNorm(C)
            self.qkv, self.out = nn.Linear(C, 3 * C), nn.Linear(C, C)
            self.up, self.down = nn.Linear(C, 4 * C), nn.Linear(4 * C, C)

        def forward(self, x: Any) -> Any:  # (B, T, C)
            q, k, v = (
                part.view(B, T, heads, C // heads).transpose(1, 2)  # (B, nh, T, hs)
                for part in self.qkv(self.ln1(x)).split(C, dim=2)
            )
            y = F.scaled_dot_product_attention(q, k, v, is_causal=True)  # (B, nh, T, hs)
            x = x + self.out(y.transpose(1, 2).reshape(B, T, C))
            return x + self.down(F.gelu(self.up(self.ln2(x)), approximate=approximate))

    class GPT(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.tokens, self.places = nn.Embedding(vocabulary, C), nn.Embedding(T, C)
            self.blocks = nn.Sequential(*[Block() for _ in range(4)])
            self.ln, self.head = nn.LayerNorm(C), nn.Linear(C, vocabulary, bias=False)

        def forward(self, i: Any) -> Any:  # (B, T)
            x = self.tokens(i) + self.places(torch.arange(T))
            return self.head(self.ln(self.blocks(x)))  # (B, T, vocabulary)

    model = GPT()
    text = torch.tensor(rng.integers(vocabulary, size=(B, T + 1)))
    x, y = text[:, :-1], text[:, 1:].reshape(-1)
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3)
    return trained(model, optimizer, lambda: F.cross_entropy(model(x).view(B * T, vocabulary), y))


def embedding(torch: Any, rng: np.random.Generator) -> Step:
    """A table of 50,000 rows of 64, of which 4,096 tokens pick theirs; SGD."""
    table = torch.nn.Embedding(50_000, 64)
    tokens = torch.tensor(rng.integers(50_000, size=4096))
    wanted = torch.tensor(rng.standard_normal((4096, 64), np.float32))
    optimizer = torch.optim.SGD(table.parameters(), lr=0.1)
    return trained(table, optimizer, lambda: torch.nn.functional.mse_loss(table(tokens), wanted))


# ---------------------------------------------------------------- two of them with arrays


def cells_in_autograd(rng: np.random.Generator) -> Step:
    """`cells`, written out for HIPS autograd."""
    cell, head = microgradx.nn.LSTMCell(128, 128), microgradx.nn.Linear(128, 10)
    parameters = [p.detach().numpy() for p in (*cell.parameters(), *head.parameters())]
    x = rng.standard_normal((32, 32, 128), np.float32)  # (T, N, C)
    y = rng.integers(10, size=32)

    def sigmoid(z: Any) -> Any:
        return 0.5 * anp.tanh(0.5 * z) + 0.5

    def loss_of(parameters: list[Any]) -> Any:
        w_ih, w_hh, b_ih, b_hh, w, b = parameters
        h = c = np.zeros((32, 128), np.float32)
        for given in x:
            z = anp.dot(given, w_ih.T) + anp.dot(h, w_hh.T) + (b_ih + b_hh)  # (N, 4 C)
            i, f, n, o = z[:, :128], z[:, 128:256], z[:, 256:384], z[:, 384:]
            c = sigmoid(f) * c + sigmoid(i) * anp.tanh(n)
            h = sigmoid(o) * anp.tanh(c)
        return cross_entropy_in_autograd(anp.dot(h, w.T) + b, y)

    value_and_gradients = autograd.value_and_grad(loss_of)

    def step() -> float:
        loss, gradients = value_and_gradients(parameters)
        for p, g in zip(parameters, gradients):
            p -= 0.1 * g
        return float(loss)

    return step


def embedding_by_hand(rng: np.random.Generator) -> Step:
    """`embedding` as an expert writes it, who knows that only the rows that were picked have a gradient."""
    table = microgradx.nn.Embedding(50_000, 64).weight.detach().numpy()
    tokens = rng.integers(50_000, size=4096)
    wanted = rng.standard_normal((4096, 64), np.float32)

    def step() -> float:
        d = table[tokens] - wanted
        loss = np.mean(d * d)
        d *= 0.1 * 2 / d.size
        np.subtract.at(table, tokens, d)
        return float(loss)

    return step


# ---------------------------------------------------------------- the rows

PROGRAMS: dict[str, tuple[str, Program, float | None]] = {
    "lenet": ("LeNet, batch 64, SGD", lenet, 1.1),
    "cnn": ("CNN 3x32x32, 32 and 64 channels, batch 32, SGD", cnn, 1.3),
    "lstm": ("nn.LSTM(128), 32 steps, batch 32, SGD", lstm, 1.3),
    "cells": ("the same as nn.LSTMCell", cells, 1.0),
    "gpt": ("GPT, 4 layers, width 128, 8 x 64 tokens, AdamW", gpt, 1.1),
    "gpt-erf": ("the same with the exact GELU", lambda torch, rng: gpt(torch, rng, "none"), None),
    "embedding": ("embedding 50,000 x 64, 4,096 tokens, SGD", embedding, 1.0),
}


def rows(name: str) -> Callable[[int], list[Row]]:
    """The workload of that name: a function of the number of rounds."""
    title, program, goal = PROGRAMS[name]
    goals: Goals = {("microgradx", "PyTorch"): goal}

    def run(rounds: int) -> list[Row]:
        sides: dict[str, Callable[[np.random.Generator], Step]] = {
            "microgradx": partial(program, microgradx),
            "PyTorch": partial(program, torch),
        }
        if name == "cells":
            sides["autograd"] = cells_in_autograd
            goals["microgradx", "autograd"] = None
        if name == "embedding":
            sides["NumPy by hand"] = embedding_by_hand
            goals["NumPy by hand", "PyTorch"] = None
        steps = {}
        for side, make in sides.items():
            microgradx.manual_seed(0)
            torch.manual_seed(0)
            steps[side] = make(np.random.default_rng(0))
        return compare(title, steps, goals, rounds)

    return run
