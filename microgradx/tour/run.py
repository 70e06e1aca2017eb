"""The tour from start to end, as the terminal shows it."""

import math
import time
from pathlib import Path

import click
import numpy as np
from rich import box
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
from rich.table import Table as RichTable
from rich.text import Text

from microgradx import viz
from microgradx.autograd import no_grad
from microgradx.datasets import digits
from microgradx.nn import functional as F
from microgradx.random import manual_seed
from microgradx.tensor import Tensor
from microgradx.tour.checking import check_gradients
from microgradx.tour.network import Epoch, Network, Settings, train
from microgradx.tour.page import page
from microgradx.tour.pictures import INK, WEIGHTS, Picture, loss_curve, tiles
from microgradx.tour.report import Example, Report, Table, check_table, digit_table, step_table
from microgradx.tour.walk import walk_back

SUGGESTIONS = [
    ("microgradx tour --hidden 4 --out narrow", "How few hidden units can still read?"),
    ("microgradx tour --activation sigmoid --out smooth", "Another h: watch the start of the loss curve."),
    ("microgradx tour --optimizer sgd --lr 2 --out leap", "Steps that are too long: what does the loss do?"),
]
"""Commands to try next, and what to look for."""

CHECKED = 2  # images in the check of the gradients
SHADES = " ░▒▓█"


def run(settings: Settings, folder: Path, console: Console) -> float:
    """Learn, look inside, and write the pictures and the page to ``folder``.

    Returns: the share of held-out images that are recognised.
    Raises: click.ClickException: a gradient is wrong, or training diverged.
    """
    manual_seed(settings.seed)
    images, labels = pixels("train")
    unseen, answers = pixels("test")
    model = Network(settings.hidden, settings.activation)
    parameters = dict(model.named_parameters())

    heading(console, "Real digits")
    console.print(f"{len(labels):,} to learn from, {len(answers)} held out; 8 × 8 pixels each, like these:\n")
    console.print(side_by_side(images[:4]))

    heading(console, "A network")
    console.print(description(settings))

    heading(console, "Is every gradient right?")
    console.print("Before training, each derivative against (L(w + ε) - L(w - ε)) / 2ε.")
    console.print("All entries are checked; shown is the largest derivative of each parameter.\n")
    with console.status("Moving each weight a little, both ways"):
        checks = check_gradients(model, images[:CHECKED], labels[:CHECKED])
    console.print(terminal_table(check_table(checks)))
    if wrong := [check.name for check in checks if not check.agrees]:
        raise click.ClickException(f"gradients differ from their difference quotients: {', '.join(wrong)}")

    heading(console, "Learning")
    started = time.perf_counter()
    history = learn(model, settings, (images, labels), (unseen, answers), console)
    seconds = time.perf_counter() - started
    accuracy = history[-1].held_out_accuracy
    console.print(f"{accuracy:.1%} of the unseen digits recognised, after {seconds:.1f} s.\n")
    with no_grad():
        guesses = model(unseen).argmax(1)
    console.print(terminal_table(digit_table(answers.tolist(), guesses.tolist())))

    heading(console, "One step back")
    misread = (guesses != answers).nonzero().flatten().tolist()
    chosen = misread[0] if misread else 0
    example = Example(unseen[chosen].tolist(), int(answers[chosen]), int(guesses[chosen]))
    model.zero_grad()
    with viz.record():  # so that the picture of the graph has all values
        loss = F.cross_entropy(model(unseen[chosen : chosen + 1]), answers[chosen : chosen + 1])
    steps = walk_back(loss, parameters)
    loss.backward(retain_graph=True)  # the picture shows the gradients too
    console.print(side_by_side(unseen[chosen : chosen + 1]))
    console.print(f"{example}; the loss is {loss.item():.4f}. Back from it, rule by rule.")
    console.print("g is the gradient of the loss by an operation's result, ‖g‖ its length.\n")
    console.print(terminal_table(step_table(steps)))

    report = Report(
        settings=settings,
        images=len(labels),
        checks=checks,
        history=history,
        seconds=seconds,
        labels=answers.tolist(),
        guesses=guesses.tolist(),
        example=example,
        loss=loss.item(),
        steps=steps,
    )
    pictures = {
        "loss-curve.svg": loss_curve(history),
        "filters.svg": filters(model.W1),
        "digit.svg": tiles([grid(example.pixels)], f"{example}: 8 by 8 pixels", INK, pixel=16),
        "graph.svg": Picture(
            viz.draw(loss, params=parameters).svg(),
            f"The graph of the loss: {len(steps)} operations from the pixels and six parameters to the loss.",
        ),
    }
    files = {name: picture.svg for name, picture in pictures.items()}
    files["index.html"] = page(report, pictures, SUGGESTIONS)
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8")

    heading(console, "Look inside")
    console.print(f"Open [bold]{folder / 'index.html'}[/] in a browser; beside it: {', '.join(pictures)}.")
    heading(console, "What to try next")
    for command, why in SUGGESTIONS:
        console.print(f"[bold]{command}[/]\n    {why}", highlight=False)
    return accuracy


def pixels(split: str) -> tuple[Tensor, Tensor]:
    """Images as rows of 64 pixels, and their labels."""
    images, labels = digits(split)
    return images.flatten(1), labels


def description(settings: Settings) -> Text:
    """The formulas of the network, with the activation that was chosen."""
    h, n = settings.activation, settings.hidden
    formulas = [f"a1 = {h}(x W1ᵀ + b1)", f"a2 = {h}(a1 W2ᵀ + b2)", "scores = a2 W3ᵀ + b3"]
    meanings = [
        f"64 pixels to {n} values",
        f"{n} values to {n}",
        f"{n} values to 10 scores; the highest wins",
    ]
    return Text("\n".join(f"{formula:<28} {meaning}" for formula, meaning in zip(formulas, meanings)))


def learn(
    model: Network,
    settings: Settings,
    training: tuple[Tensor, Tensor],
    held_out: tuple[Tensor, Tensor],
    console: Console,
) -> list[Epoch]:
    """Train under a progress bar."""
    history = []
    columns = (
        TextColumn("epoch"),
        MofNCompleteColumn(),
        BarColumn(),
        TextColumn("loss {task.fields[epoch].training_loss:.3f}"),
        TextColumn("held out: {task.fields[epoch].held_out_accuracy:.1%} right"),
    )
    with Progress(*columns, console=console) as bar, np.errstate(over="ignore", invalid="ignore"):
        task = None
        for epoch in train(model, settings, training, held_out):
            if not math.isfinite(epoch.training_loss):
                raise click.ClickException(
                    f"training diverged: the loss is {epoch.training_loss} after epoch {epoch.number}; "
                    f"take shorter steps than --lr {settings.lr:g}"
                )
            history.append(epoch)
            if task is None:
                task = bar.add_task("", total=settings.epochs, epoch=epoch)
            bar.update(task, completed=epoch.number, epoch=epoch)
    return history


def filters(W1: Tensor) -> Picture:
    """The rows of W1 as images, at most 64 of them."""
    weights = W1.detach()[:64]
    largest = weights.abs().max().item()
    shown = "all" if len(weights) == len(W1) else "the first"
    words = f"W1 of {shown} {len(weights)} units as 8 by 8 images, from {-largest:.2f} to {largest:.2f}"
    images = [grid(row) for row in (weights / largest).tolist()]
    return tiles(images, words, WEIGHTS, key=largest)


def grid(row: list[float]) -> list[list[float]]:
    """64 values as 8 rows of 8."""
    return [row[i : i + 8] for i in range(0, 64, 8)]


def side_by_side(images: Tensor) -> Text:
    """Images in a terminal's characters: the more ink, the denser."""
    lines = (
        "    ".join("".join(SHADES[round(4 * ink)] * 2 for ink in row[y : y + 8]) for row in images.tolist())
        for y in range(0, 64, 8)
    )
    return Text("\n".join(lines) + "\n")


def terminal_table(content: Table) -> RichTable:
    """A table of the report for a terminal."""
    header, rows = content
    table = RichTable(box=box.SIMPLE_HEAD, pad_edge=False)
    for name in header:
        table.add_column(name)
    for row in rows:
        table.add_row(*map(Text, row))
    return table


def heading(console: Console, text: str) -> None:
    """Start a part of the tour."""
    console.print(f"\n[bold]{text}[/]")
