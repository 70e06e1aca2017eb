"""The picture's subject as plain data: what was computed from what.

Nothing here knows the engine or how to draw. Nodes are in the order of computation, arguments before
results, and are numbered in that order, so that the same program gives the same graph, to the byte.
"""

from __future__ import annotations

import json
import math
from collections import deque
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Literal

from microgradx.viz.values import Summary

Kind = Literal["leaf", "constant", "op", "output", "cut"]


@dataclass(frozen=True)
class Source:
    """The line of the user's program that carried out an operation."""

    file: str
    line: int
    text: str


@dataclass(frozen=True)
class GraphNode:
    """An operation with its result, or a value that was not computed here.

    ``kind`` is ``"op"``, ``"leaf"`` (collects a gradient), ``"constant"`` (needs none), ``"output"`` (one of
    the results of an operation that has several: these have the shapes and values, not the operation) or
    ``"cut"`` (stands for what is left out of the drawing). A ``shape``, ``value`` or ``grad`` that is not
    known is None.
    """

    id: str
    kind: Kind
    op: str = ""  # "MulBackward0"
    name: str = ""  # the user's name for the value
    shape: tuple[int, ...] | None = None
    dtype: str = ""
    value: Summary | None = None
    grad: Summary | None = None
    options: tuple[tuple[str, str], ...] = ()  # arguments that are no tensors: (("axis", "0"),)
    saved: tuple[tuple[str, str], ...] = ()  # what the derivatives keep: (("y", "(3, 4) float32"),)
    root: bool = False
    source: Source | None = None
    module: str = ""


@dataclass(frozen=True)
class GraphEdge:
    """A value on its way: from node ``source`` into ``argument`` of node ``target``."""

    source: str
    target: str
    argument: str = ""


@dataclass(frozen=True)
class Graph:
    """Nodes in order of computation, edges, and notes for the reader.

    Example:
        >>> from microgradx.viz.graph import Graph, GraphEdge, GraphNode
        >>> nodes = [GraphNode("n0", "leaf", name="x"), GraphNode("n1", "op", op="ExpBackward0", root=True)]
        >>> graph = Graph(nodes, [GraphEdge("n0", "n1", "x")])
        >>> graph
        <Graph: 2 nodes, 1 edge>
        >>> '"name": "x"' in graph.to_json()
        True
    """

    nodes: list[GraphNode]
    edges: list[GraphEdge]
    notes: list[str] = field(default_factory=list)

    def to_json(self) -> str:
        """The graph as JSON, safe inside a page: NaN and infinities are strings, ``<`` is escaped."""
        text = json.dumps(_plain(asdict(self)), allow_nan=False, ensure_ascii=False)
        return text.replace("<", "\\u003c")

    def nearest(self, limit: int) -> Graph:
        """The ``limit`` nodes nearest to the roots; a "cut" node stands where the rest would join."""
        if len(self.nodes) <= limit:
            return self
        incoming: dict[str, list[GraphEdge]] = {node.id: [] for node in self.nodes}
        for edge in self.edges:
            incoming[edge.target].append(edge)
        kept = {node.id for node in self.nodes if node.root}
        queue = deque(sorted(kept))
        while queue and len(kept) < limit:
            for edge in incoming[queue.popleft()]:
                if edge.source not in kept and len(kept) < limit:
                    kept.add(edge.source)
                    queue.append(edge.source)
        nodes: list[GraphNode] = []
        edges: list[GraphEdge] = []
        for node in self.nodes:
            if node.id not in kept:
                continue
            inside = [edge for edge in incoming[node.id] if edge.source in kept]
            if len(inside) < len(incoming[node.id]):
                nodes.append(GraphNode(f"{node.id}_cut", "cut"))
                edges.append(GraphEdge(f"{node.id}_cut", node.id))
            nodes.append(node)
            edges += inside
        note = (
            f"{len(kept)} of {len(self.nodes)} nodes are shown, those nearest to the result. "
            f"To see all: draw(..., max_nodes=None)."
        )
        return replace(self, nodes=nodes, edges=edges, notes=[*self.notes, note])

    def __repr__(self) -> str:
        return f"<Graph: {_count(len(self.nodes), 'node')}, {_count(len(self.edges), 'edge')}>"


def _count(n: int, noun: str) -> str:
    return f"{n} {noun}" if n == 1 else f"{n} {noun}s"


def _plain(value: Any) -> Any:
    """Replace what JSON cannot say: NaN, inf."""
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    return str(value) if isinstance(value, float) and not math.isfinite(value) else value
