"""Who places the boxes: Graphviz where there is one, else the layout of this package.

All three engines give the same kind of `Layout`, so a picture looks the same whoever placed its boxes.
"""

from __future__ import annotations

import importlib
import json
import shutil
import subprocess
from collections.abc import Callable, Sequence
from typing import Any

from microgradx.viz.layout import BESIDE, BETWEEN, Layout, Point, layered, ranks

ENGINES = ("auto", "dot", "pygraphviz", "builtin")
DIRECTIONS = ("TB", "BT", "LR", "RL")
INCH = 72  # pixels: then a pixel is Graphviz's point
LARGE = 1000  # ranks passed by all edges together; beyond, Graphviz takes seconds to minutes


def place(
    sizes: Sequence[Point], edges: Sequence[tuple[int, int]], rankdir: str = "TB", engine: str = "auto"
) -> Layout:
    """Lay out boxes with the given engine.

    ``"auto"`` takes the first that works of the ``dot`` executable, the package pygraphviz and the built-in
    layout (the built-in at once for a graph so large that Graphviz would be slow).

    Raises:
        ValueError: unknown ``engine`` or ``rankdir``.
        RuntimeError: the engine asked for does not work here.
    """
    check_layout(rankdir, engine)
    engines: dict[str, Callable[[], Layout]] = {
        "dot": lambda: graphviz_layout(with_dot, sizes, edges, rankdir),
        "pygraphviz": lambda: graphviz_layout(with_pygraphviz, sizes, edges, rankdir),
        "builtin": lambda: layered(sizes, edges, rankdir),
    }
    if engine != "auto":
        try:
            return engines[engine]()
        except (ImportError, OSError, RuntimeError) as error:
            raise RuntimeError(
                f"draw: expected the layout engine {engine!r} to work, got {error}; "
                f"install it, or use engine='auto', which needs no other program"
            ) from error
    if small(len(sizes), edges):
        for name in ("dot", "pygraphviz"):
            try:
                return engines[name]()
            except (ImportError, OSError, RuntimeError):
                pass  # not on this machine: the next engine
    return engines["builtin"]()


def check_layout(rankdir: str, engine: str = "auto") -> None:
    """Raises: ValueError: unknown ``rankdir`` or ``engine``."""
    if engine not in ENGINES:
        raise ValueError(f"draw: expected engine to be one of {ENGINES}, got {engine!r}")
    if rankdir not in DIRECTIONS:
        raise ValueError(f"draw: expected rankdir to be one of {DIRECTIONS}, got {rankdir!r}")


def small(count: int, edges: Sequence[tuple[int, int]]) -> bool:
    """Whether Graphviz lays the graph out in an instant: its time goes with the length of the edges."""
    if len(edges) > LARGE:
        return False
    rank = ranks(count, edges)
    return sum(rank[target] - rank[source] for source, target in edges) <= LARGE


def with_dot(source: str, form: str) -> bytes:
    """Run the ``dot`` executable. Raises: RuntimeError: there is none, or it fails."""
    if (program := shutil.which("dot")) is None:
        raise RuntimeError("no program 'dot' on the PATH")
    done = subprocess.run([program, f"-T{form}"], input=source.encode(), capture_output=True, check=False)
    if done.returncode:
        raise RuntimeError(f"dot failed: {done.stderr.decode(errors='replace').strip()}")
    return done.stdout


def with_pygraphviz(source: str, form: str) -> bytes:
    """Use the Graphviz inside the package pygraphviz. Raises: ImportError: it is not installed."""
    pygraphviz: Any = importlib.import_module("pygraphviz")
    drawn: bytes = pygraphviz.AGraph(string=source).draw(format=form, prog="dot")
    return drawn


def graphviz_layout(
    run: Callable[[str, str], bytes],
    sizes: Sequence[Point],
    edges: Sequence[tuple[int, int]],
    rankdir: str,
) -> Layout:
    """Ask Graphviz for positions only: boxes without text, of the sizes that our own text needs."""
    source = [
        f"digraph {{ graph [rankdir={rankdir} nodesep={BESIDE / INCH} ranksep={BETWEEN / INCH}]",
        'node [shape=box fixedsize=true label=""] edge [arrowhead=none]',
        *(f"{i} [width={width / INCH} height={height / INCH}]" for i, (width, height) in enumerate(sizes)),
        *(f"{a} -> {b} [id={e}]" for e, (a, b) in enumerate(edges)),
        "}",
    ]
    answer = json.loads(run("\n".join(source), "json0"))
    _, _, width, height = map(float, answer["bb"].split(","))

    def point(text: str) -> Point:
        x, y = map(float, text.split(","))
        return x, height - y  # Graphviz counts upward

    at = {box["name"]: point(box["pos"]) for box in answer.get("objects", ())}
    routes = {edge["id"]: [point(p) for p in edge["pos"].split()] for edge in answer.get("edges", ())}
    centers = [at[str(i)] for i in range(len(sizes))]
    return Layout(width, height, centers, [routes[str(e)] for e in range(len(edges))])
