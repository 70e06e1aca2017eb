"""A drawing as a page: the picture, and the same as a table for readers who cannot see it."""

from __future__ import annotations

from html import escape

from microgradx.viz.graph import Graph, GraphNode
from microgradx.viz.labels import description, result_text, title

PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Computation graph</title>
<style>
:root {{ color-scheme: light dark; font: 15px system-ui, sans-serif; }}
body {{ margin: 1.5rem; }}
figure {{ margin: 0; overflow-x: auto; }}
table {{ border-collapse: collapse; margin-top: 1rem; font: 13px ui-monospace, monospace; }}
th, td {{ text-align: left; padding: .2rem .8rem; border-bottom: 1px solid #8886; }}
</style>
</head>
<body>
<h1>Computation graph</h1>
<p>{description}</p>
<figure>{svg}</figure>
<details>
<summary>The same as a table</summary>
<div style="overflow-x: auto"><table>
<thead><tr><th>Node</th><th>Arguments</th><th>Result</th><th>Value</th><th>Gradient</th><th>Line</th></tr></thead>
<tbody>
{rows}
</tbody>
</table></div>
</details>
</body>
</html>
"""


def page(graph: Graph, svg: str) -> str:
    """A page that needs nothing from elsewhere."""
    numbers = {node.id: i for i, node in enumerate(graph.nodes, 1)}
    incoming: dict[str, list[str]] = {}
    for edge in graph.edges:
        incoming.setdefault(edge.target, []).append(str(numbers[edge.source]))
    rows = [row(node, numbers[node.id], incoming.get(node.id, [])) for node in graph.nodes]
    return PAGE.format(description=escape(description(graph)), svg=svg, rows="\n".join(rows))


def row(node: GraphNode, number: int, arguments: list[str]) -> str:
    """A node as a row; arguments are given by the numbers of their rows."""
    what = "…" if node.kind == "cut" else title(node)
    given = arguments + [f"{name}={value}" for name, value in node.options]
    grad = node.grad.text() if node.grad else "none yet" if node.kind == "leaf" else ""
    cells = [
        f"{number}. {what}",
        ", ".join(given),
        result_text(node),
        node.value.text() if node.value else "",
        grad,
        f"{node.source.line}: {node.source.text}" if node.source else "",
    ]
    return f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in cells)}</tr>"
