"""The command ``python -m benchmarks``."""

from __future__ import annotations

import argparse
from pathlib import Path

import torch

from benchmarks import chain, imports, layers, memory, networks, scalars
from benchmarks.table import Row, line, machine, table

WORKLOADS = {
    "chain": chain.rows,
    "scalars": scalars.rows,
    "moons": networks.moons_rows,
    "mlp": networks.mlp_rows,
    **{name: layers.rows(name) for name in layers.PROGRAMS},
    "memory": memory.rows,
    "import": imports.rows,
}


def main() -> None:
    parser = argparse.ArgumentParser("python -m benchmarks", description="Compare microgradx with its peers.")
    parser.add_argument("--only", choices=WORKLOADS, action="append", help="run this workload; may be repeated")
    parser.add_argument("--rounds", type=int, default=9, help="ratios to take the median of (default 9)")
    parser.add_argument("--save", type=Path, help="write the table to this file, too")
    options = parser.parse_args()
    torch.set_num_threads(1)
    rows: list[Row] = []
    print(machine(), table([]), sep="\n\n")
    for name in options.only or WORKLOADS:
        new = WORKLOADS[name](options.rounds)
        print(*map(line, new), sep="\n", flush=True)
        rows += new
    if options.save:
        options.save.write_text(f"{machine()}\n\n{table(rows)}\n")


if __name__ == "__main__":
    main()
