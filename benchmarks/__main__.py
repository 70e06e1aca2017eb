"""The command ``python -m benchmarks``."""

from __future__ import annotations

import argparse
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

from benchmarks.table import Row, line, machine, table
from benchmarks.workloads import WORKLOADS, measure


def main() -> None:
    parser = argparse.ArgumentParser("python -m benchmarks", description="Compare microgradx with its peers.")
    parser.add_argument("--only", choices=WORKLOADS, action="append", help="run this workload; may be repeated")
    parser.add_argument("--rounds", type=int, default=9, help="ratios to take the median of (default 9)")
    parser.add_argument("--save", type=Path, help="write the table to this file, too")
    options = parser.parse_args()
    rows: list[Row] = []
    print(machine(), table([]), sep="\n\n", flush=True)
    for name in options.only or WORKLOADS:
        # In a process of its own, so that no workload finds the memory as another has left it.
        with ProcessPoolExecutor(1, get_context("spawn")) as process:
            new = process.submit(measure, name, options.rounds).result()
        print(*map(line, new), sep="\n", flush=True)
        rows += new
    if options.save:
        options.save.write_text(f"{machine()}\n\n{table(rows)}\n")


if __name__ == "__main__":
    main()
