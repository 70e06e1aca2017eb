"""How long ``import microgradx`` takes; most of it is NumPy's own import."""

from __future__ import annotations

import subprocess
import sys

from benchmarks.table import Row

PROGRAM = "import time; start = time.process_time(); import {}; print(time.process_time() - start)"


def import_time(module: str) -> float:
    """Seconds of processor time for an import in a fresh interpreter."""
    command = [sys.executable, "-c", PROGRAM.format(module)]
    return float(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def rows(rounds: int) -> list[Row]:
    import_time("microgradx")  # leaves compiled files behind, so that no later import compiles
    ratios = []
    for _ in range(rounds):
        a, b, c, d = map(import_time, ("microgradx", "numpy", "numpy", "microgradx"))
        ratios.append((a + d) / (b + c))
    return [Row("import", "microgradx / numpy", ratios, 1.3)]
