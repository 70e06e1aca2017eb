"""Pictures of a graph, in three dresses: our own, torchviz's and micrograd's."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from microgradx.autograd.modes import recording as record
from microgradx.graph import Variable
from microgradx.viz.capture import Names, capture
from microgradx.viz.engines import check_layout, place
from microgradx.viz.graph import Graph
from microgradx.viz.labels import SHOW, check_show, lines
from microgradx.viz.page import page
from microgradx.viz.svg import box_size, render

if TYPE_CHECKING:
    from microgradx.viz.dot import Drawing


@dataclass(frozen=True, repr=False)
class GraphView:
    """A graph with the wish how to draw it. In a notebook it shows itself."""

    graph: Graph
    show: Collection[str] = SHOW
    rankdir: str = "TB"
    engine: str = "auto"

    def svg(self) -> str:
        """The picture as SVG text."""
        labels = [lines(node, self.show) for node in self.graph.nodes]
        index = {node.id: i for i, node in enumerate(self.graph.nodes)}
        edges = [(index[edge.source], index[edge.target]) for edge in self.graph.edges]
        layout = place([box_size(text) for text in labels], edges, self.rankdir, self.engine)
        return render(self.graph, layout, labels)

    def to_dot(self) -> str:
        """The graph in Graphviz's language."""
        return str(self._digraph().source)

    def to_html(self) -> str:
        """A page with the picture and a table of the nodes; it needs nothing from elsewhere."""
        return page(self.graph, self.svg())

    def save(self, path: str | Path) -> Path:
        """Write the drawing to a file and return its path.

        The ending says what: ``.svg``, ``.html``, ``.json``, ``.dot`` or ``.gv``. Others such as ``.png`` and
        ``.pdf`` need Graphviz or pygraphviz.

        Raises: RuntimeError: the format needs Graphviz, and there is none.
        """
        path = Path(path)
        form = path.suffix.removeprefix(".").lower()
        writers: dict[str, Callable[[], str]] = {
            "svg": self.svg,
            "html": self.to_html,
            "json": self.graph.to_json,
            "dot": self.to_dot,
            "gv": self.to_dot,
        }
        if form in writers:
            path.write_text(writers[form](), encoding="utf-8")
        elif form:
            path.write_bytes(self._digraph().pipe(format=form))
        else:
            raise ValueError(f"save: expected a path with an ending such as .svg or .html, got {str(path)!r}")
        return path

    def _digraph(self) -> Drawing:
        from microgradx.viz.dot import digraph  # here, for it loads graphviz

        return digraph(self.graph, self.show, self.rankdir)

    def _repr_svg_(self) -> str:
        return self.svg()

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        svg = self.svg()
        return {"text/html": svg, "image/svg+xml": svg, "text/plain": repr(self)}

    def __repr__(self) -> str:
        return f"<GraphView of {repr(self.graph)[1:-1]}; see .save('graph.svg')>"


def draw(
    root: Variable | Sequence[Variable] | Callable[..., Any],
    *,
    inputs: Variable | Sequence[Any] | None = None,
    params: Names | None = None,
    names: Names | None = None,
    show: Collection[str] = SHOW,
    rankdir: str = "TB",
    engine: str = "auto",
    max_nodes: int | None = 200,
) -> GraphView:
    """Draw how something was computed: operations, values, gradients, shapes and names.

    Given a function with its inputs, runs it and records every value and every line. Given a result, draws
    what is still alive, and says in the picture what is missing. It needs no other program: see ``engine``.

    Args:
        root: A tensor, several of them, or a function (a module, too) to run on ``inputs``.
        inputs: The arguments for the function; their names in it become names in the picture.
        params: Names of leaves, as ``dict(model.named_parameters())`` gives them (for a module: found).
        names: Names of any tensors; ``names=locals()`` works.
        show: What a box says, of ``"op"``, ``"options"``, ``"shape"``, ``"dtype"``, ``"value"``, ``"grad"``,
            ``"source"``, ``"saved"``, ``"grad_fn"``.
        rankdir: Where edges lead: ``"TB"`` down, ``"LR"`` right, ``"BT"`` up, ``"RL"`` left.
        engine: Who places the boxes: ``"dot"``, ``"pygraphviz"``, ``"builtin"``, or ``"auto"``, the first of
            these that is there.
        max_nodes: Draw only so many nodes, those nearest to the result, and say so; None draws all.

    Raises:
        TypeError: a function without ``inputs``, or ``inputs`` without a function.
        ValueError: unknown ``show``, ``rankdir`` or ``engine``.

    Example:
        >>> def f(x, y):
        ...     return (x * y + 1).tanh()
        >>> view = mgx.viz.draw(f, inputs=(mgx.tensor(0.5, requires_grad=True), mgx.tensor(2.0)))
        >>> view
        <GraphView of Graph: 5 nodes, 4 edges; see .save('graph.svg')>
        >>> [node.name for node in view.graph.nodes]
        ['x', 'y', '', '', '']
    """
    check_show(show)
    check_layout(rankdir, engine)
    known = dict(names or ())
    if isinstance(root, Variable) or not callable(root):
        if inputs is not None:
            got = type(root).__name__
            raise TypeError(f"draw: expected a function beside inputs, got {got}; leave inputs out")
        results = root
    else:
        if inputs is None:
            raise TypeError("draw: expected inputs with a function, got none; give inputs=(x, y)")
        given = (inputs,) if isinstance(inputs, Variable) else tuple(inputs)
        known |= argument_names(root, given)
        if params is None and hasattr(root, "named_parameters"):
            params = root.named_parameters()
        with record():
            results = root(*given)
    roots = tuple(results) if isinstance(results, (tuple, list)) else (results,)
    graph = capture(*roots, params=params, names=known)
    return GraphView(graph if max_nodes is None else graph.nearest(max_nodes), tuple(show), rankdir, engine)


def argument_names(function: Any, given: Sequence[Any]) -> dict[str, Any]:
    """The arguments by the function's own names for them."""
    try:
        signature = inspect.signature(getattr(function, "forward", function))
    except (TypeError, ValueError):  # a function written in C may have none
        return {}
    return dict(zip(signature.parameters, given, strict=False))


def make_dot(
    var: Variable | Sequence[Variable],
    params: Names | None = None,
    show_attrs: bool = False,
    show_saved: bool = False,
    max_attr_chars: int = 50,
) -> Drawing:
    """The graph as a ``graphviz.Digraph``, with torchviz's signature and PyTorch's names of operations.

    Unlike torchviz it also shows values and gradients that are alive, and its SVG needs no ``dot``.

    Args:
        var: The result, or several.
        params: Names of leaves, as ``dict(model.named_parameters())`` gives them.
        show_attrs: Show arguments that are no tensors.
        show_saved: Show what is kept for the derivatives.
        max_attr_chars: Characters in a line of a box.

    Example:
        >>> w = mgx.tensor([1.0, 2.0], requires_grad=True)
        >>> "MulBackward0" in mgx.viz.make_dot((w * w).sum(), params={"w": w}).source
        True
    """
    show = ["op", "grad_fn", "shape", "value", "grad"]
    show += ["options"] * show_attrs + ["saved"] * show_saved
    return _drawing(draw(var, params=params, show=show, max_nodes=None), max_attr_chars)


def draw_dot(root: Variable | Sequence[Variable], format: str = "svg", rankdir: str = "LR") -> Drawing:
    """The graph as a ``graphviz.Digraph``, with micrograd's signature; as SVG it needs no ``dot``.

    Example:
        >>> x = mgx.tensor(2.0, requires_grad=True)
        >>> "rankdir=LR" in mgx.viz.draw_dot(x * x).source
        True
    """
    return _drawing(draw(root, rankdir=rankdir, max_nodes=None), format=format)


def _drawing(view: GraphView, longest: int = 40, format: str = "svg") -> Drawing:
    from microgradx.viz.dot import digraph  # here, for it loads graphviz

    drawing = digraph(view.graph, view.show, view.rankdir, longest, format)
    drawing.builtin = view.svg
    return drawing
