"""The command ``microgradx``. A subcommand is a function below, and loads what it needs when it runs."""

import io
import math
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import click
from rich.console import Console

from microgradx.version import VERSION


@click.group(invoke_without_command=True, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(VERSION, message="microgradx %(version)s")
@click.pass_context
def command(context: click.Context) -> None:
    """Learn how automatic differentiation works, by looking at it.

    Begin with: microgradx tour
    """
    if context.invoked_subcommand is None:
        click.echo(context.get_help())


def positive(context: click.Context, option: click.Parameter, value: float | None) -> float | None:
    """Refuse a learning rate that is no positive number."""
    if value is not None and not 0 < value < math.inf:
        raise click.BadParameter(f"{value} is not a positive number.")
    return value


def prepare(folder: Path) -> None:
    """Make the folder, and refuse it before any work is done if nothing can be written there."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        tempfile.TemporaryFile(dir=folder).close()
    except OSError as error:
        message = f"cannot write to {str(folder)!r}: {error.strerror}."
        raise click.BadParameter(message, param_hint="'--out'") from None


@command.command()
@click.option("--out", type=click.Path(path_type=Path), default="microgradx-tour", metavar="DIR",
              help="Folder for the page and its pictures.", show_default=True)  # fmt: skip
@click.option("--epochs", type=click.IntRange(1, 1000), default=30, show_default=True,
              help="Passes over the training images.")  # fmt: skip
@click.option("--hidden", type=click.IntRange(1, 128), default=32, show_default=True,
              help="Units in each hidden layer.")  # fmt: skip
@click.option("--activation", type=click.Choice(["relu", "leaky_relu", "sigmoid", "tanh"]), default="relu",
              show_default=True, help="What bends the network.")  # fmt: skip
@click.option("--optimizer", type=click.Choice(["adam", "sgd"]), default="adam", show_default=True,
              help="How a gradient becomes a step; sgd has momentum 0.9.")  # fmt: skip
@click.option("--lr", type=float, callback=positive,
              help="Learning rate: length of a step.  [default: 0.005 for adam, 0.05 for sgd]")  # fmt: skip
@click.option("--seed", type=click.IntRange(0, 2**32 - 1), default=0, show_default=True,
              help="Start of the random numbers: the same seed, the same tour.")  # fmt: skip
@click.option("--quiet", is_flag=True, help="Print only the result.")
def tour(
    out: Path,
    epochs: int,
    hidden: int,
    activation: str,
    optimizer: str,
    lr: float | None,
    seed: int,
    quiet: bool,
) -> None:
    """Watch a network learn handwritten digits.

    Checks every gradient numerically, trains for a second or two, steps back through the graph of one
    image, and writes a page with all pictures.
    """
    from microgradx.tour.network import LEARNING_RATES, Settings
    from microgradx.tour.run import run

    prepare(out)
    settings = Settings(epochs, hidden, activation, optimizer, lr or LEARNING_RATES[optimizer], seed)
    accuracy = run(settings, out, Console(quiet=quiet))
    if quiet:
        click.echo(f"{accuracy:.1%} of the unseen digits recognised; see {out / 'index.html'}")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; what goes wrong is one line, not a traceback.

    Returns: the exit code: 0, 1 if the work failed, 2 for a wrong argument, 130 if interrupted.
    """
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")  # a terminal that lacks ∂ shows a ? and the tour goes on
    try:
        return int(command.main(arguments, prog_name="microgradx", standalone_mode=False) or 0)
    except click.ClickException as error:
        click.echo(f"microgradx: {error.format_message()}", err=True)
        return error.exit_code
    except click.Abort:
        click.echo("microgradx: interrupted", err=True)
        return 130
