"""How long ``import microgradx`` takes; most of it is NumPy's own import."""

from __future__ import annotations

import os
import subprocess
import sys

from benchmarks.table import Row

PROGRAM = "import time; start = time.process_time(); import {}; print(time.process_time() - start)"

COMPILED_ONCE = {**os.environ, "PYTHONDONTWRITEBYTECODE": ""}
"""The first import leaves compiled files behind, as it does for users; otherwise each would compile again."""


def import_time(module: str) -> float:
    """Seconds of processor time for an import in a fresh interpreter."""
    command = [sys.executable, "-c", PROGRAM.format(module)]
    return float(subprocess.run(command, env=COMPILED_ONCE, check=True, capture_output=True, text=True).stdout)


def rows(rounds: int) -> list[Row]:
    import_time("microgradx")
    ratios = []
    for _ in range(rounds):
        a, b, c, d = map(import_time, ("microgradx", "numpy", "numpy", "microgradx"))
        ratios.append((a + d) / (b + c))
    return [Row("import", "microgradx / numpy", ratios, 1.3)]
