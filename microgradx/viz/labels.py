"""What a box says, and what its tooltip says: the text of every drawing, whatever draws it."""

from __future__ import annotations

from collections.abc import Collection
from typing import Literal, NamedTuple

from microgradx.graph import plain_name
from microgradx.viz.graph import Graph, GraphNode

SHOW = ("op", "options", "shape", "dtype", "value", "grad")
"""What a drawing shows unless told otherwise."""

MORE = ("source", "saved", "grad_fn")
"""What can be asked for: the user's line, what is kept for the derivative, PyTorch's name of an operation."""


class Line(NamedTuple):
    """A line of text in a box, and how it is set."""

    text: str
    style: Literal["title", "plain", "value", "grad", "absent"]


def check_show(show: Collection[str]) -> None:
    """Raises: ValueError: ``show`` asks for something that is not there."""
    if isinstance(show, str) or not set(show) <= {*SHOW, *MORE}:
        raise ValueError(f"draw: expected show to be a tuple of some of {(*SHOW, *MORE)}, got {show!r}")


def lines(node: GraphNode, show: Collection[str] = SHOW, longest: int = 40) -> list[Line]:
    """The text of a box, from top to bottom, each line at most ``longest`` characters.

    Example:
        >>> from microgradx.viz.graph import GraphNode
        >>> from microgradx.viz.labels import lines
        >>> for line in lines(GraphNode("n0", "leaf", name="w", shape=(2, 3), dtype="float32")):
        ...     print(line.text)
        w
        (2, 3) float32
        no gradient yet
    """
    if node.kind == "cut":
        return [Line("…", "title")]
    found = [Line(title(node, show), "title")]
    if "options" in show and node.options:
        found.append(Line(", ".join(f"{key}={value}" for key, value in node.options), "plain"))
    if result := result_text(node, show):
        found.append(Line(result, "plain"))
    if "value" in show and node.value is not None:
        found.append(Line(f"value {node.value.text()}", "value"))
    if "grad" in show:
        if node.grad is not None:
            found.append(Line(f"grad {node.grad.text()}", "grad"))
        elif node.kind == "leaf":
            found.append(Line("no gradient yet", "absent"))
    if "saved" in show:
        found += [Line(f"saved {name}: {text}", "plain") for name, text in node.saved]
    if "source" in show and node.source is not None:
        found.append(Line(f"{node.source.line}: {node.source.text}", "plain"))
    return [Line(clip(text, longest), style) for text, style in found]


def title(node: GraphNode, show: Collection[str] = SHOW) -> str:
    """The first line of a box: the user's name for the value, and the operation."""
    if node.kind in ("leaf", "constant"):
        return node.name or {"leaf": "leaf", "constant": "input"}[node.kind]
    what = node.op if "grad_fn" in show else plain_name(node.op)
    if not node.name:
        return what
    return f"{node.name} = {what}" if "op" in show else node.name


def result_text(node: GraphNode, show: Collection[str] = SHOW) -> str:
    """Shape and dtype."""
    words = []
    if "shape" in show and node.shape is not None:
        words.append(str(node.shape) if node.shape else "scalar")
    if "dtype" in show and node.dtype:
        words.append(node.dtype)
    return " ".join(words)


def tooltip(node: GraphNode) -> str:
    """All that is known of a node, one thing a line."""
    if node.kind == "cut":
        return "Nodes further from the result are left out here."
    kind = {
        "op": f"operation, its derivative is {node.op}",
        "output": "one result of an operation that has several",
        "leaf": "leaf: collects its gradient",
        "constant": "input: needs no gradient",
    }[node.kind]
    words = [title(node), kind + (", the result" if node.root else "")]
    words += [f"{key} = {value}" for key, value in node.options]
    if result := result_text(node):
        words.append(result)
    if node.value is not None:
        words.append(f"value {node.value.details()}")
    if node.grad is not None:
        words.append(f"gradient {node.grad.details()}")
    elif node.kind == "leaf":
        words.append("no gradient yet: no backward pass has reached this leaf")
    elif node.shape is not None and node.kind != "constant":
        words.append("gradient not kept: call retain_grad() on the value before backward()")
    words += [f"saved for the derivative: {name} {text}" for name, text in node.saved]
    if node.module:
        words.append(f"in module {node.module}")
    if node.source is not None:
        words.append(f"{node.source.file}, line {node.source.line}: {node.source.text}")
    return "\n".join(words)


def description(graph: Graph) -> str:
    """The picture in a sentence, for those who do not see it."""
    kinds = [node.kind for node in graph.nodes]
    leaves = [node.name for node in graph.nodes if node.kind == "leaf" and node.name]
    results = [title(node) for node in graph.nodes if node.root]
    named = f" ({', '.join(leaves[:12])}{', …' if len(leaves) > 12 else ''})" if leaves else ""
    return (
        f"Computation graph of {', '.join(results) or 'nothing'}. Operations: {kinds.count('op')}, "
        f"leaves: {kinds.count('leaf')}{named}, inputs: {kinds.count('constant')}."
    )


def clip(text: str, longest: int) -> str:
    return text if len(text) <= longest else text[: longest - 1] + "…"
