"""How programs are compared: side by side in one process, by the processor time that they take.

On a shared machine absolute times drift by a factor of two from one minute to the next. So the sides take turns, there
and back again (A B C C B A), in many short rounds; each round gives a ratio, and the median of these is reported.
"""

from __future__ import annotations

import gc
import math
import time
from collections.abc import Callable

Step = Callable[[], float]
"""One repetition of a workload. What it returns must be the same on all sides: a loss, or a sum of gradients."""

SHORTEST = 0.05
"""Seconds that each side runs for, at least, whenever it is its turn."""


def race(sides: dict[str, Step], rounds: int) -> dict[str, list[float]]:
    """Seconds per step of every side, one number for each round.

    Raises: AssertionError: the sides do not compute the same.
    """
    check_agreement(sides)
    gc.collect()
    gc.freeze()  # what exists by now, libraries above all, is no side's garbage
    try:
        steps = {name: enough(step) for name, step in sides.items()}
        seconds: dict[str, list[float]] = {name: [] for name in sides}
        for _ in range(rounds):
            there = {name: cpu_time(step, steps[name]) for name, step in sides.items()}
            back = {name: cpu_time(step, steps[name]) for name, step in reversed(sides.items())}
            for name in sides:
                seconds[name].append((there[name] + back[name]) / (2 * steps[name]))
        return seconds
    finally:
        gc.unfreeze()


def check_agreement(sides: dict[str, Step]) -> None:
    """The first three steps must give the same numbers: of three losses, the second and third depend on gradients."""
    found = {name: [float(step()) for _ in range(3)] for name, step in sides.items()}
    first = next(iter(found.values()))
    for numbers in found.values():
        if not all(math.isclose(a, b, rel_tol=1e-3) for a, b in zip(first, numbers)):
            raise AssertionError(f"the sides do not compute the same: {found}")


def enough(step: Step) -> int:
    """How many steps take long enough to be timed."""
    n = 1
    while (seconds := cpu_time(step, n)) < SHORTEST:
        n = max(n + 1, math.ceil(1.2 * n * SHORTEST / max(seconds, SHORTEST / 50)))
    return n


def cpu_time(step: Step, n: int) -> float:
    """Seconds of processor time for ``n`` steps, and for collecting the garbage that they leave."""
    start = time.process_time()
    for _ in range(n):
        step()
    gc.collect()
    return time.process_time() - start
