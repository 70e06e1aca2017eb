"""The tour's own pictures, as SVG text: light on light pages, dark on dark ones."""

import math
from collections.abc import Sequence
from html import escape
from typing import NamedTuple

from microgradx.tour.network import Epoch

STYLE = """
text { font: 13px system-ui, sans-serif; fill: #3d444d }
.title { font-weight: 600; fill: #1f2328 }
.grid { stroke: #d9dee4 } .axis { stroke: #8a929c }
.training { stroke: #b45309; fill: none } .held-out { stroke: #1d5fbf; fill: none }
text.training { fill: #b45309; stroke: none } text.held-out { fill: #1d5fbf; stroke: none }
@media (prefers-color-scheme: dark) {
  text { fill: #b6bec8 } .title { fill: #eef1f4 }
  .grid { stroke: #333b45 } .axis { stroke: #707a86 }
  .training { stroke: #f2a65a } .held-out { stroke: #74b0ff }
  text.training { fill: #f2a65a } text.held-out { fill: #74b0ff }
}
"""


class Picture(NamedTuple):
    """A picture, and the same in words for those who cannot see it."""

    svg: str
    words: str


def picture(width: float, height: float, words: str, style: str, body: Sequence[str]) -> Picture:
    """Put the parts of a picture together."""
    svg = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:g} {height:g}" width="{width:g}" '
        f'height="{height:g}" role="img"><title>{escape(words)}</title><style>{style}</style>'
        + "".join(body)
        + "</svg>\n"
    )
    return Picture(svg, words)


def ticks(highest: float, about: int) -> list[float]:
    """From 0 to ``highest`` or past it, in about so many steps of 1, 2 or 5 times a power of 10."""
    rough = highest / about
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(m * power for m in (1, 2, 5, 10) if m * power >= rough)
    return [i * step for i in range(math.ceil(highest / step - 1e-9) + 1)]


def loss_curve(history: Sequence[Epoch]) -> Picture:
    """Both losses after each epoch, and the loss of guessing for comparison."""
    width, height, left, right, top, bottom = 520, 320, 46, 112, 46, 52
    guessing = math.log(10)
    epochs = [t for t in ticks(history[-1].number, 6) if t == int(t)]
    losses = ticks(max(guessing, *(max(e.training_loss, e.held_out_loss) for e in history)), 5)
    decimals = max(0, -math.floor(math.log10(losses[1])))

    def at(epoch: float, loss: float) -> tuple[float, float]:
        return (
            left + epoch / max(epochs[-1], 1) * (width - left - right),
            height - bottom - loss / losses[-1] * (height - top - bottom),
        )

    x0, y0 = at(0, 0)
    x1 = at(epochs[-1], 0)[0]
    body = ['<text class="title" x="16" y="24">Loss (cross-entropy, in nats)</text>']
    for loss in losses:
        y = at(0, loss)[1]
        body.append(f'<path class="grid" d="M{x0:.1f} {y:.1f}H{x1:.1f}"/>')
        body.append(f'<text x="{x0 - 8:.1f}" y="{y + 4:.1f}" text-anchor="end">{loss:.{decimals}f}</text>')
    body.append(f'<path class="axis" d="M{x0:.1f} {y0:.1f}H{x1:.1f}"/>')
    for epoch in epochs:
        x = at(epoch, 0)[0]
        body.append(f'<path class="axis" d="M{x:.1f} {y0:.1f}v5"/>')
        body.append(f'<text x="{x:.1f}" y="{y0 + 20:.1f}" text-anchor="middle">{epoch:g}</text>')
    body.append(
        f'<text x="{(x0 + x1) / 2:.1f}" y="{height - 8}" text-anchor="middle">'
        "epochs (passes over the training images)</text>"
    )
    y = at(0, guessing)[1]
    body.append(f'<path class="axis" stroke-dasharray="2 4" d="M{x0:.1f} {y:.1f}H{x1:.1f}"/>')
    body.append(f'<text x="{x1:.1f}" y="{y + 16:.1f}" text-anchor="end">guessing: ln 10 = {guessing:.2f}</text>')
    ends = {"training": history[-1].training_loss, "held-out": history[-1].held_out_loss}
    lower = min(ends, key=lambda name: ends[name])
    gap = abs(at(0, ends["training"])[1] - at(0, ends["held-out"])[1])
    for name, values in (
        ("training", [e.training_loss for e in history]),
        ("held-out", [e.held_out_loss for e in history]),
    ):
        points = " ".join("{:.1f},{:.1f}".format(*at(e.number, v)) for e, v in zip(history, values))
        dashes = ' stroke-dasharray="7 4"' if name == "held-out" else ""
        body.append(f'<polyline class="{name}" stroke-width="2.2"{dashes} points="{points}"/>')
        x, y = at(history[-1].number, values[-1])
        y += 4 if name == lower else 4 - max(0, 16 - gap)  # the two labels do not overlap
        body.append(f'<text class="{name}" x="{x + 8:.1f}" y="{y:.1f}">{name} {values[-1]:.3f}</text>')
    first, last = history[0], history[-1]
    words = (
        f"Loss by epoch, in nats: training goes from {first.training_loss:.2f} to {last.training_loss:.3f}, "
        f"held-out from {first.held_out_loss:.2f} to {last.held_out_loss:.3f}."
    )
    return picture(width, height, words, STYLE, body)


Color = tuple[int, int, int]
Ramp = tuple[Color, Color, Color]  # of -1, 0 and 1
LEVELS = 8  # shades on each side of 0
WEIGHTS: tuple[Ramp, Ramp] = (
    ((24, 90, 180), (246, 246, 244), (196, 80, 10)),
    ((110, 175, 255), (30, 35, 42), (255, 160, 70)),
)
INK: tuple[Ramp, Ramp] = (
    ((255, 255, 255), (255, 255, 255), (20, 24, 30)),
    ((24, 28, 34), (24, 28, 34), (240, 243, 246)),
)


def tiles(
    images: Sequence[Sequence[Sequence[float]]],
    words: str,
    themes: tuple[Ramp, Ramp],
    columns: int = 8,
    key: float | None = None,
    pixel: int = 8,
) -> Picture:
    """Small images in rows, values from -1 to 1, one shade of a ramp for each.

    Args:
        images: Equally large grids of numbers.
        words: What the picture shows.
        themes: The ramp of a light page and of a dark one.
        columns: Images in a row.
        key: What the value 1 stands for; a scale below the images shows it.
        pixel: Size of one square.
    """
    gap, margin, step = 14, 12, 14
    side = pixel * len(images[0])
    pitch = side + gap
    rows = math.ceil(len(images) / columns)
    across = min(columns, len(images)) * pitch - gap
    width = 2 * margin + (across if key is None else max(across, (2 * LEVELS + 1) * step))
    height = 2 * margin + rows * pitch - gap + (44 if key is not None else 0)

    cells: dict[int, list[str]] = {level: [] for level in range(-LEVELS, LEVELS + 1)}
    body = []
    for n, image in enumerate(images):
        x, y = (width - across) // 2 + n % columns * pitch, margin + n // columns * pitch
        body.append(f'<rect class="s0 frame" x="{x}" y="{y}" width="{side}" height="{side}"/>')
        for i, row in enumerate(image):
            for j, value in enumerate(row):
                if level := round(max(-1.0, min(1.0, value)) * LEVELS):
                    cells[level].append(f"M{x + j * pixel} {y + i * pixel}h{pixel}v{pixel}h-{pixel}z")
    if key is not None:
        y = height - 36
        for level in cells:
            middle = width / 2 + level * step
            body.append(f'<rect class="s{level}" x="{middle - step / 2:g}" y="{y}" width="{step}" height="12"/>')
            if level in (-LEVELS, 0, LEVELS):
                weight = f"{level / LEVELS * key:.2g}"
                body.append(f'<text x="{middle:g}" y="{y + 28}" text-anchor="middle">{weight}</text>')
    body += [f'<path class="s{level}" d="{"".join(d)}"/>' for level, d in cells.items() if d]
    light, dark = (shades(ramp) for ramp in themes)
    style = f"{STYLE}{light}\n@media (prefers-color-scheme: dark) {{ {dark} }}\n.frame {{ stroke: #8a929c }} "
    return picture(width, height, words, style + "path { shape-rendering: crispEdges }", body)


def shades(ramp: Ramp) -> str:
    """A CSS class s-8 ... s8 for each level of a ramp."""
    low, middle, high = ramp
    rules = []
    for level in range(-LEVELS, LEVELS + 1):
        end = low if level < 0 else high
        red, green, blue = (round(m + (e - m) * abs(level) / LEVELS) for m, e in zip(middle, end))
        rules.append(f".s{level} {{ fill: rgb({red} {green} {blue}) }}")
    return " ".join(rules)
