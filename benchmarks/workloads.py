"""What is measured, by name."""

from __future__ import annotations

import torch

from benchmarks import chain, imports, layers, memory, networks, scalars
from benchmarks.table import Row

WORKLOADS = {
    "chain": chain.rows,
    "scalars": scalars.rows,
    "moons": networks.moons_rows,
    "mlp": networks.mlp_rows,
    **{name: layers.rows(name) for name in layers.PROGRAMS},
    "memory": memory.rows,
    "import": imports.rows,
}


def measure(name: str, rounds: int) -> list[Row]:
    """The rows of one workload."""
    torch.set_num_threads(1)
    return WORKLOADS[name](rounds)
