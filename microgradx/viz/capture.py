"""Read the engine's graph into plain data."""

from __future__ import annotations

import linecache
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from microgradx.engine import REQUIRED, oldest_first
from microgradx.graph import Edge, Leaf, Node, Output, Record, Variable
from microgradx.memory import writings_since
from microgradx.viz.graph import Graph, GraphEdge, GraphNode, Source
from microgradx.viz.values import Summary, number, summarize

Names = Mapping[str, Any] | Iterable[tuple[str, Any]]


def capture(
    *roots: Variable,
    params: Names | None = None,
    names: Names | None = None,
    values: str = "summary",
    max_elems: int = 64,
) -> Graph:
    """Read the graph behind some tensors into plain data that can be drawn, saved or compared.

    Values are those that are still alive: of leaves, of what derivatives need, of tensors in ``names``; all
    of them if the graph was made inside ``with mgx.viz.record():``.

    Args:
        roots: The results to start from.
        params: Names of leaves, as ``dict(model.named_parameters())`` gives them.
        names: Names of any tensors, also of results on the way; what is not a tensor is ignored, so that
            ``names=locals()`` works.
        values: ``"summary"``, or ``"none"`` to leave values and gradients out.
        max_elems: Up to so many elements are kept one by one; of a larger array shape and statistics.

    Raises:
        TypeError: a root is not a tensor.
        ValueError: unknown ``values``.

    Example:
        >>> x = mgx.tensor([1.0, 2.0], requires_grad=True)
        >>> graph = mgx.viz.capture((x * x).sum(), names={"x": x})
        >>> [(node.id, node.name or node.op) for node in graph.nodes]
        [('n0', 'x'), ('n1', 'MulBackward0'), ('n2', 'SumBackward0')]
        >>> [(edge.source, edge.target, edge.argument) for edge in graph.edges]
        [('n0', 'n1', 'x'), ('n0', 'n1', 'y'), ('n1', 'n2', 'x')]
    """
    if values not in ("summary", "none"):
        raise ValueError(f"capture: expected values to be 'summary' or 'none', got {values!r}")
    for root in roots:
        if not isinstance(root, Variable):
            raise TypeError(f"capture: expected tensors, got {type(root).__name__}; give what was computed")
    reader = _Reader(-1 if values == "none" else max_elems)
    named = {**dict(params or ()), **dict(names or ())}
    for name, value in named.items():
        if isinstance(value, Variable):
            reader.learn(value, name)
    for root in roots:
        reader.learn(root)
    return reader.read(roots)


class _Reader:
    """Collects nodes, oldest first; ``max_elems`` is negative if no values are wanted."""

    def __init__(self, max_elems: int) -> None:
        self.max_elems = max_elems
        self.recorded = False  # any of the operations
        self.names: dict[Any, str] = {}  # by edge, or by the id of a constant's array
        self.values: dict[Edge, Any] = {}  # arrays that are known
        self.ids: dict[Any, str] = {}
        self.calls: dict[str, list[int]] = {}  # of each module path
        self.nodes: list[GraphNode] = []
        self.edges: list[GraphEdge] = []

    def learn(self, variable: Variable, name: str = "") -> None:
        """Note the value, and the name, of a tensor that the caller holds."""
        if variable.alias is not None:
            variable.alias.refresh(variable)
        key = variable.edge or id(variable.array)
        if name:
            self.names.setdefault(key, name)
        if variable.edge is not None:
            self.values[variable.edge] = variable.array

    def read(self, roots: tuple[Variable, ...]) -> Graph:
        tops = {root.edge for root in roots}
        order = oldest_first([root.edge for root in roots if root.edge is not None])
        for node in order:
            if isinstance(node, Node):
                self.learn_alive(node)
        for node in order:
            if isinstance(node, Output):
                if node.source in self.values:
                    self.values.setdefault(node, self.values[node.source][node.index])
                self.add(node, tops, "output", op=f"result {node.index}", grad=self.gradient(node))
                self.edges.append(GraphEdge(self.ids[node.source], self.ids[node]))
            else:
                self.add_operation(node, tops)
        for root in roots:
            if isinstance(root.edge, Leaf):
                self.add_leaf(root.edge, tops)
            elif root.edge is None:
                self.add_constant(root.array, True, root=True)
        return Graph(self.nodes, self.edges, self.notes())

    def learn_alive(self, node: Node) -> None:
        """Note the values that the node keeps: its result and its arguments."""
        full, saved, place = recorded(node), node.saved, len(node.primitive.arguments)
        self.recorded = self.recorded or full is not None
        out = full.out if full else saved[place] if saved else None
        if out is not None and is_unchanged(out, node):
            self.values.setdefault(node, out)
        for parent, value in zip(node.parents, arguments(node), strict=True):
            # An argument of another dtype than its parent's is a copy, cast for this use.
            if parent and value is not None and value.dtype == parent.dtype and is_unchanged(value, node):
                self.values.setdefault(parent, value)

    def add(self, key: Any, tops: set[Edge | None], kind: Any, **what: Any) -> None:
        """Add a node for an edge of the engine's graph."""
        multiple = isinstance(key, Node) and key.primitive.multiple
        self.append(
            key,
            kind=kind,
            name=self.names.get(key, ""),
            shape=None if multiple else tuple(key.shape),
            dtype="" if multiple else key.dtype.name,
            value=None if multiple else self.summary(self.values.get(key)),
            root=key in tops,
            **what,
        )

    def append(self, key: Any, **what: Any) -> None:
        self.ids[key] = f"n{len(self.nodes)}"
        self.nodes.append(GraphNode(self.ids[key], **what))

    def add_operation(self, node: Node, tops: set[Edge | None]) -> None:
        incoming: list[tuple[Any, str]] = []
        options = []
        for i, (parent, value) in enumerate(zip(node.parents, arguments(node), strict=True)):
            name = argument_name(node, i)
            if parent is not None:
                if isinstance(parent, Leaf):
                    self.add_leaf(parent, tops)
                incoming.append((parent, name))
            elif is_operand(value, self.names):
                self.add_constant(value, is_unchanged(value, node))
                incoming.append((id(value), name))
            elif value is not None and not is_default(node, name, value):
                options.append((name, text(value)))
        record = node.record
        line = record and record.line()
        self.add(
            node,
            tops,
            "op",
            op=node.name,
            grad=self.gradient(node),
            options=tuple(options),
            saved=tuple(saved_values(node)),
            source=Source(*line, linecache.getline(*line).strip()) if line else None,
            module=self.call(*record.module) if record and record.module else "",
        )
        self.edges += [GraphEdge(self.ids[parent], self.ids[node], name) for parent, name in incoming]

    def call(self, path: str, number: int) -> str:
        """The module call, numbered within this graph: the program's own numbers never start again."""
        calls = self.calls.setdefault(path, [])
        if number not in calls:
            calls.append(number)
        return f"{path} (call {calls.index(number) + 1})"

    def add_leaf(self, leaf: Leaf, tops: set[Edge | None]) -> None:
        if leaf not in self.ids:
            variable = leaf.variable()
            if variable is not None:
                self.learn(variable)
            grad = None if leaf.grad is None else self.summary(leaf.grad.array)
            self.add(leaf, tops, "leaf", grad=grad)

    def add_constant(self, array: Any, unchanged: bool, root: bool = False) -> None:
        key = id(array)  # of an array that the graph holds; used here only, never shown
        if key not in self.ids:
            name, value = self.names.get(key, ""), self.summary(array) if unchanged else None
            shape, dtype = array.shape, array.dtype.name
            self.append(key, kind="constant", name=name, shape=shape, dtype=dtype, value=value, root=root)

    def gradient(self, edge: Node | Output) -> Summary | None:
        """The gradient that `retain_grad` has kept."""
        if edge.hooks is None or edge.hooks.grad is None:
            return None
        return self.summary(edge.hooks.grad.array)

    def summary(self, array: Any) -> Summary | None:
        return None if array is None or self.max_elems < 0 else summarize(array, self.max_elems)

    def notes(self) -> list[str]:
        results = [node for node in self.nodes if node.kind in ("op", "output") and node.shape is not None]
        missing = sum(node.value is None for node in results)
        if self.max_elems < 0 or not missing:
            return []
        note = f"The values of {missing} of {len(results)} operations are not shown: "
        if self.recorded:
            return [note + "they were overwritten in place, or computed outside of `with mgx.viz.record():`."]
        return [
            f"{note}nobody kept them, nor perhaps inputs that need no gradient. To see them, compute inside "
            "`with mgx.viz.record():`, or give the function: draw(f, inputs=(x, y))."
        ]


def recorded(node: Node) -> Record | None:
    """What `mgx.viz.record` kept; some modes keep a record of the line only."""
    return node.record if node.record and node.record.args else None


def arguments(node: Node) -> list[Any]:
    """The argument values of an operation; None for those that nobody kept."""
    if full := recorded(node):
        return list(full.args)
    p = node.primitive
    if not node.saved:
        return [None] * len(node.parents)
    kept = list(node.saved[: len(p.arguments)])
    if p.variadic:
        kept[-1:] = kept[-1] or [None] * (len(node.parents) - len(kept) + 1)
    return kept


def is_unchanged(value: Any, node: Node) -> bool:
    """Whether an array, or several, still holds what it held when the operation was carried out."""
    arrays = value if isinstance(value, tuple) else (value,)
    return not any(writings_since(array, node.serial) for array in arrays)


def argument_name(node: Node, i: int) -> str:
    p = node.primitive
    last = len(p.arguments) - 1
    return f"{p.arguments[last]}[{i - last}]" if p.variadic and i >= last else str(p.arguments[i])


def is_operand(value: Any, names: Mapping[Any, str]) -> bool:
    """Whether a value deserves a box of its own: an array, or a named number."""
    return (isinstance(value, np.ndarray) and value.ndim > 0) or id(value) in names


def is_default(node: Node, name: str, value: Any) -> bool:
    p = node.primitive
    default = p.defaults[p.arguments.index(name)] if name in p.arguments and not p.variadic else REQUIRED
    return default is not REQUIRED and text(default) == text(value)


def saved_values(node: Node) -> Iterable[tuple[str, str]]:
    """What the derivatives keep, by the names that the rules use."""
    p = node.primitive
    names = [*p.values, *(f"{p.arguments[i]}_shape" for i in p.shapes)]
    return [(name, text(value)) for name, value in zip(names, node.saved or ()) if value is not None]


def text(value: Any) -> str:
    """An argument as a few words; an array by its shape."""
    if isinstance(value, (np.ndarray, np.generic)):
        return f"{value.shape} {value.dtype}" if value.ndim else number(value.item())
    if isinstance(value, tuple):
        return f"({', '.join(map(text, value))}{',' if len(value) == 1 else ''})"
    if isinstance(value, float):
        return number(value)
    # The text of other objects may contain their address, which changes from run to run.
    known = value is None or value is ... or isinstance(value, (int, str, slice, np.dtype))
    return repr(value) if known else type(value).__name__
