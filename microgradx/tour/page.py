"""The page that the tour writes: one file that holds all pictures, for any browser, offline."""

from base64 import b64encode
from collections.abc import Sequence
from dataclasses import asdict
from html import escape
from importlib import resources
from string import Template

from microgradx.tour.pictures import Picture
from microgradx.tour.report import Report, Table, check_table, digit_table, step_table


def page(report: Report, pictures: dict[str, Picture], suggestions: Sequence[tuple[str, str]]) -> str:
    """The template ``page.html``, filled in; ``pictures`` are named as the files that hold them too."""
    figures = {name.removesuffix(".svg").replace("-", "_"): figure(name, p) for name, p in pictures.items()}
    last = report.history[-1]
    template = resources.files("microgradx.tour").joinpath("page.html").read_text(encoding="utf-8")
    return Template(template).substitute(
        figures,
        **asdict(report.settings),
        images=f"{report.images:,}",
        unseen=len(report.labels),
        accuracy=f"{last.held_out_accuracy:.1%}",
        held_out_loss=f"{last.held_out_loss:.3f}",
        entries=f"{sum(check.entries for check in report.checks):,}",
        seconds=f"{report.seconds:.1f}",
        checks=table(check_table(report.checks)),
        by_digit=table(digit_table(report.labels, report.guesses)),
        example=report.example,
        loss=f"{report.loss:.4f}",
        steps=table(step_table(report.steps)),
        commands="\n\n".join(f"{escape(command)}\n    {escape(why)}" for command, why in suggestions),
    )


def figure(name: str, picture: Picture) -> str:
    """A picture inside the page, described in words, with a link to its own file."""
    data = b64encode(picture.svg.encode()).decode()
    image = f'<img alt="{escape(picture.words)}" src="data:image/svg+xml;base64,{data}">'
    link = f'<figcaption><a href="{name}">{name}</a></figcaption>'
    return f'<figure id="{name.removesuffix(".svg")}"><div class="frame tall" tabindex="0">{image}</div>{link}</figure>'


def table(content: Table) -> str:
    """A table of the report; wider than a phone, it scrolls by itself."""
    header, rows = content
    head = "".join(f"<th>{escape(cell)}</th>" for cell in header)
    body = "".join("<tr>" + "".join(map(td, row)) + "</tr>\n" for row in rows)
    return f'<div class="frame" tabindex="0"><table><tr>{head}</tr>\n{body}</table></div>'


def td(cell: str) -> str:
    """A cell; a formula is set as code."""
    text = escape(cell)
    return f"<td><code>{text}</code></td>" if text.startswith("∂") else f"<td>{text}</td>"
