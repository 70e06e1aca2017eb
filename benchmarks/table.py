"""The table that is printed, and the facts about the machine that stand above it."""

from __future__ import annotations

import platform
import statistics
from collections.abc import Iterable, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import NamedTuple

from benchmarks.timing import Step, race


class Row(NamedTuple):
    """One ratio of the table; lower is better."""

    workload: str
    compared: str  # "microgradx / PyTorch"
    ratios: Sequence[float]  # one for each round
    goal: float | None = None


Goals = dict[tuple[str, str], float | None]
"""Which two sides to divide, and what the ratio should be at most."""


def compare(workload: str, sides: dict[str, Step], goals: Goals, rounds: int) -> list[Row]:
    """Let the sides race, and divide the times of each pair in ``goals``."""
    seconds = race(sides, rounds)
    return [
        Row(workload, f"{a} / {b}", [x / y for x, y in zip(seconds[a], seconds[b])], goal)
        for (a, b), goal in goals.items()
    ]


HEADER = """\
| workload | compared | ratio | middle half | goal | met |
|:---|:---|---:|:---:|---:|:---:|"""


def line(row: Row) -> str:
    """A row in Markdown: the median of the ratios, and between what the middle half of them lies."""
    ratio = statistics.median(row.ratios)
    spread = ""
    if len(row.ratios) > 1:
        low, _, high = statistics.quantiles(row.ratios, n=4, method="inclusive")
        spread = f"{low:.2f} to {high:.2f}"
    goal = "" if row.goal is None else f"{row.goal:.2f}"
    met = "" if row.goal is None else "yes" if ratio <= row.goal else "**no**"
    return f"| {row.workload} | {row.compared} | {ratio:.2f} | {spread} | {goal} | {met} |"


def table(rows: Iterable[Row]) -> str:
    """All rows in Markdown."""
    return "\n".join([HEADER, *map(line, rows)])


def machine() -> str:
    """On what was measured."""
    libraries = " ".join(f"{name} {version(name)}," for name in ("numpy", "torch", "autograd", "micrograd"))
    return f"{processor()}, {platform.system()}; Python {platform.python_version()}, {libraries} one thread each."


def processor() -> str:
    """The model of the processor."""
    file = Path("/proc/cpuinfo")
    if file.exists():
        for text in file.read_text().splitlines():
            if text.startswith("model name"):
                return text.partition(":")[2].strip()
    return platform.processor() or platform.machine()
