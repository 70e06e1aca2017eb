"""A graph and its layout as SVG that explains itself: it needs no font, script or style from elsewhere.

It follows the reader's light or dark theme; kinds of nodes differ in shape as well as in color.
"""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Sequence
from html import escape
from textwrap import wrap

from microgradx.viz.graph import Graph
from microgradx.viz.labels import Line, description, tooltip
from microgradx.viz.layout import Layout, Point

LETTER = 7.3  # width of a letter of the monospace font at 12 px
HEIGHT = 17.0  # of a line of text
PAD = 9.0  # between a box and its text
MARGIN = 14.0  # around the picture
TIP = 7.0  # length of an arrow's tip

# (selector, property, light, dark). A program that does not know `light-dark()` keeps the light color.
COLORS = [
    (".paper", "fill", "#ffffff", "#16181d"),
    ("text", "fill", "#1b1f26", "#e8eaee"),
    (".plain, .note", "fill", "#525b6b", "#a9b1bf"),
    (".grad", "fill", "#8a3b00", "#ffb482"),
    (".absent", "fill", "#6b7280", "#9aa2b1"),
    (".op .box, .output .box", "fill", "#e8f0fe", "#1f2d47"),
    (".op .box, .output .box", "stroke", "#4a6fb5", "#7fa3e6"),
    (".leaf .box", "fill", "#e6f5e9", "#1c3526"),
    (".leaf .box", "stroke", "#2f7d44", "#71c98a"),
    (".constant .box", "fill", "#f3f4f6", "#262a31"),
    (".constant .box", "stroke", "#7a8190", "#8d95a4"),
    (".cut .box", "fill", "none", "none"),
    (".root .box", "stroke", "#9a4a00", "#ffb35c"),
    (".edge path", "stroke", "#6b7380", "#98a0ae"),
    (".edge .tip", "fill", "#6b7380", "#98a0ae"),
]
STYLE = "\n".join(
    [
        # The picture itself follows the reader's theme; inside a page it follows the page.
        ".microgradx:root { color-scheme: light dark; }",
        ".microgradx text { font: 12px ui-monospace, 'DejaVu Sans Mono', Menlo, Consolas, monospace; }",
        ".microgradx .title { font-weight: 700; }",
        ".microgradx .absent { font-style: italic; }",
        ".microgradx .edge path { fill: none; stroke-width: 1.3; }",
        ".microgradx .box { stroke-width: 1.3; }",
        ".microgradx .constant .box { stroke-dasharray: 4 3; }",
        ".microgradx .root .box { stroke-width: 3; }",
        *(
            f"{', '.join('.microgradx ' + part for part in selector.split(', '))} "
            f"{{ {name}: {light}; {name}: light-dark({light}, {dark}); }}"
            for selector, name, light, dark in COLORS
        ),
    ]
)


def box_size(text: Sequence[Line]) -> Point:
    """Width and height in pixels of a box that holds the lines."""
    return max(columns(line.text) for line in text) * LETTER + 2 * PAD, len(text) * HEIGHT + PAD


def columns(text: str) -> int:
    """How many letters wide a text is: East Asian letters count twice, combining marks not at all."""
    return sum(0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


def render(graph: Graph, layout: Layout, labels: Sequence[Sequence[Line]]) -> str:
    """The picture.

    Args:
        graph: What to draw.
        layout: A place for each node and a route for each edge, in the same order.
        labels: The lines of each node's box.
    """
    letters = max(int(layout.width / LETTER), 56)
    notes = [row for note in graph.notes for row in wrap(note, letters)]
    width = max(layout.width, max(map(columns, notes), default=0) * LETTER) + 2 * MARGIN
    height = layout.height + 2 * MARGIN + (len(notes) * HEIGHT + 8 if notes else 0)
    left = (width - layout.width) / 2
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" class="microgradx" role="img" '
        f'aria-label="{escape(description(graph))}" width="{px(width)}" height="{px(height)}" '
        f'viewBox="0 0 {px(width)} {px(height)}">',
        f"<style>\n{STYLE}\n</style>",
        f'<rect class="paper" width="{px(width)}" height="{px(height)}" rx="8"/>',
        f'<g transform="translate({px(left)} {px(MARGIN)})">',
    ]
    for edge, route in zip(graph.edges, layout.routes, strict=True):
        words = f"<title>{escape(f'argument {edge.argument}')}</title>" if edge.argument else ""
        parts.append(f'<g class="edge">{words}{arrow(route)}</g>')
    for node, (x, y), text in zip(graph.nodes, layout.centers, labels, strict=True):
        wide, high = box_size(text)
        kind = f"{node.kind} root" if node.root else node.kind
        round_ = 3 if node.kind in ("leaf", "constant") else 12
        parts.append(
            f'<g class="node {kind}" data-node="{escape(node.id)}"><title>{escape(tooltip(node))}</title>'
            f'<rect class="box" x="{px(x - wide / 2)}" y="{px(y - high / 2)}" width="{px(wide)}" '
            f'height="{px(high)}" rx="{round_}"/>'
        )
        for i, line in enumerate(text):
            base = y - high / 2 + PAD / 2 + i * HEIGHT + 12.5
            parts.append(
                f'<text class="{line.style}" x="{px(x)}" y="{px(base)}" text-anchor="middle">{escape(line.text)}</text>'
            )
        parts.append("</g>")
    parts.append("</g>")
    for i, note in enumerate(notes):
        base = layout.height + 2 * MARGIN + i * HEIGHT + 8
        parts.append(f'<text class="note" x="{px(MARGIN)}" y="{px(base)}">{escape(note)}</text>')
    parts.append("</svg>")
    return "\n".join(parts)


def arrow(route: list[Point]) -> str:
    """A curve that ends in a tip."""
    x, y = route[-1]
    before = next((p for p in reversed(route) if math.dist(p, (x, y)) > 0.1), (x, y - 1))
    length = math.dist(before, (x, y))
    dx, dy = (x - before[0]) / length, (y - before[1]) / length
    bx, by = x - dx * TIP, y - dy * TIP  # the middle of the tip's back
    start, *curve = [*route[:-1], (bx, by)]
    wide, deep = dx * TIP / 2.2, dy * TIP / 2.2
    tip = [(x, y), (bx - deep, by + wide), (bx + deep, by - wide)]
    return f'<path d="M{points([start])} C{points(curve)}"/><polygon class="tip" points="{points(tip)}"/>'


def points(values: Sequence[Point]) -> str:
    return " ".join(f"{px(x)},{px(y)}" for x, y in values)


def px(x: float) -> str:
    """A length with one decimal at most."""
    return f"{round(x, 1) + 0.0:.1f}".removesuffix(".0")  # + 0.0 makes -0.0 plain
