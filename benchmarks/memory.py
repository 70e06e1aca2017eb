"""Memory of a training step: what its peak adds, beside what PyTorch must save for the way back."""

from __future__ import annotations

import tracemalloc
from typing import Any

import torch

import microgradx
import microgradx.nn
from benchmarks.networks import network
from benchmarks.table import Row

LAYERS, WIDTH, BATCH = 20, 256, 1024  # an activation takes 1 MB, a weight 0.25 MB


def program(torch: Any) -> tuple[Any, Any]:
    """Parameters and input of a deep network, and a function that carries out a step."""
    model = network(torch, (WIDTH,) * (LAYERS + 1))
    x = torch.ones(BATCH, WIDTH)

    def step() -> None:
        model.zero_grad()
        model(x).sum().backward()

    return [x, *model.parameters()], step


def peak() -> int:
    """The most bytes that microgradx had in use during a step, above those from before it."""
    _, step = program(microgradx)
    tracemalloc.start()
    try:
        before, _ = tracemalloc.get_traced_memory()
        step()
        return tracemalloc.get_traced_memory()[1] - before
    finally:
        tracemalloc.stop()


def saved() -> int:
    """Bytes that PyTorch's graph saves, without parameters and input."""
    given, step = program(torch)
    storages: dict[int, int] = {}

    def keep(tensor: torch.Tensor) -> torch.Tensor:
        storage = tensor.untyped_storage()
        storages[storage.data_ptr()] = storage.nbytes()
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor):
        step()
    own = {tensor.untyped_storage().data_ptr() for tensor in given}
    return sum(size for address, size in storages.items() if address not in own)


def rows(rounds: int) -> list[Row]:
    """One number: memory does not vary from one round to the next."""
    name = f"peak memory of a step, {LAYERS} layers"
    return [Row(name, "microgradx / saved by PyTorch", [peak() / saved()], 1.2)]
