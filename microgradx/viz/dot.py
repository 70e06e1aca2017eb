"""A graph in Graphviz's language, as a `graphviz.Digraph` that draws without Graphviz too."""

from __future__ import annotations

from collections.abc import Callable, Collection
from pathlib import Path
from textwrap import wrap
from typing import Any

import graphviz  # type: ignore[import-untyped]

from microgradx.viz.engines import with_pygraphviz
from microgradx.viz.graph import Graph
from microgradx.viz.labels import SHOW, lines

ABSENT = (graphviz.ExecutableNotFound, OSError)
"""What starting ``dot`` raises where there is none; in a browser, where nothing can be started, OSError."""

LOOK = {
    "op": {"style": "rounded,filled", "fillcolor": "#e8f0fe"},
    "leaf": {"style": "filled", "fillcolor": "#e6f5e9"},
    "constant": {"style": "filled,dashed", "fillcolor": "#f3f4f6"},
    "output": {"style": "rounded,filled", "fillcolor": "#e8f0fe"},
    "cut": {"shape": "plaintext"},
}


class Drawing(graphviz.Digraph):  # type: ignore[misc]
    """A `graphviz.Digraph`; where the ``dot`` executable is missing, pygraphviz or the built-in layout draws.

    ``builtin`` gives the SVG of the built-in layout; it draws the graph as captured, without later changes.
    """

    builtin: Callable[[], str] | None = None

    def pipe(self, format: str | None = None, encoding: str | None = None, **options: Any) -> Any:
        """The picture as bytes, or as text if ``encoding`` is given: see ``graphviz.Digraph.pipe``."""
        try:
            return super().pipe(format=format, encoding=encoding, **options)
        except ABSENT:
            picture = self._without_dot(format or self.format)
            return picture.decode(encoding) if encoding else picture

    def render(self, filename: Any = None, directory: Any = None, **options: Any) -> str:
        """Write the source and the picture, return the picture's path: see ``graphviz.Digraph.render``."""
        try:
            return str(super().render(filename=filename, directory=directory, **options))
        except ABSENT:
            form = options.get("format") or self.format
            picture = self._without_dot(form)
            source = Path(self.save(filename=filename, directory=directory))
            path = Path(options.get("outfile") or f"{source}.{form}")
            path.write_bytes(picture)
            if options.get("cleanup"):
                source.unlink()
            return str(path)

    def _without_dot(self, form: str) -> bytes:
        try:
            return with_pygraphviz(self.source, form)
        except (ImportError, OSError, RuntimeError) as error:
            if form == "svg" and self.builtin is not None:
                return self.builtin().encode()
            raise RuntimeError(
                f"render: expected Graphviz for the format {form!r}, got none on this machine; "
                f"install Graphviz or the package pygraphviz, or use format='svg'"
            ) from error


def digraph(
    graph: Graph, show: Collection[str] = SHOW, rankdir: str = "TB", longest: int = 40, format: str = "svg"
) -> Drawing:
    """Write the graph in Graphviz's language.

    Args:
        graph: What to draw.
        show: What a box says, see `microgradx.viz.draw`.
        rankdir: Where edges lead: ``"TB"``, ``"BT"``, ``"LR"`` or ``"RL"``.
        longest: Characters in a line of a box.
        format: What ``render`` and ``pipe`` make: ``"svg"``, ``"png"``, ``"pdf"``, ...
    """
    note = "\n".join(graphviz.escape(row) for text in graph.notes for row in wrap(text, 60))
    notes = {"label": graphviz.nohtml(note), "fontname": "monospace", "fontsize": "10"} if note else {}
    picture = Drawing(
        format=format,
        graph_attr={"rankdir": rankdir} | notes,
        node_attr={"shape": "box", "fontname": "monospace", "fontsize": "10"},
        edge_attr={"color": "#6b7380"},
    )
    for node in graph.nodes:
        text = lines(node, show, longest)
        look = LOOK[node.kind] | ({"penwidth": "3"} if node.root else {})
        picture.node(node.id, graphviz.nohtml("\n".join(graphviz.escape(line.text) for line in text)), **look)
    for edge in graph.edges:
        picture.edge(edge.source, edge.target)
    return picture
