"""What the tour found out, and its tables: the terminal and the page show the same rows."""

from collections import Counter
from dataclasses import dataclass

from microgradx.tour.checking import Check
from microgradx.tour.network import Epoch, Settings
from microgradx.tour.walk import Step

Rows = list[tuple[str, ...]]
Table = tuple[tuple[str, ...], Rows]


@dataclass(frozen=True)
class Example:
    """The held-out image of the step back: 64 pixels from 0 to 1."""

    pixels: list[float]
    label: int
    guess: int

    def __str__(self) -> str:
        verdict = "recognised" if self.guess == self.label else f"taken for a {self.guess}"
        return f"A {self.label}, {verdict}"


@dataclass(frozen=True)
class Report:
    """Everything that the page shows."""

    settings: Settings
    images: int  # to learn from
    checks: list[Check]
    history: list[Epoch]
    seconds: float  # of training
    labels: list[int]  # of the held-out images
    guesses: list[int]
    example: Example
    loss: float
    steps: list[Step]


def check_table(checks: list[Check]) -> Table:
    """One row for each parameter."""
    header = ("parameter", "shape", "entries", "by the rules", "by differences", "verdict")
    return header, [
        (c.name, size(c.shape), f"{c.entries:,}", f"{c.backward:+.8f}", f"{c.numerical:+.8f}", verdict(c))
        for c in checks
    ]


def verdict(check: Check) -> str:
    """In a word."""
    return "✓ agree" if check.agrees else "✗ differ"


def digit_table(labels: list[int], guesses: list[int]) -> Table:
    """One row for each digit: how many were recognised, and what the others were taken for."""
    rows: Rows = []
    for digit in range(10):
        taken_for = Counter(guess for label, guess in zip(labels, guesses) if label == digit)
        total, right = taken_for.total(), taken_for.pop(digit, 0)
        mistakes = ", ".join(f"{other} ({count}×)" for other, count in taken_for.most_common())
        rows.append((str(digit), str(total), str(right), f"{right / total:.0%}", mistakes or "-"))
    return ("digit", "held-out images", "recognised", "share", "taken for"), rows


def step_table(steps: list[Step]) -> Table:
    """One row for each rule that runs; an operation's own columns stand on its first row only."""
    rows: Rows = []
    for step in steps:
        own = (str(step.number), step.operation, size(step.shape), f"{step.norm:.4f}")
        for rule in step.rules:
            rows.append((*own, rule.goes_to, f"∂L/∂{rule.argument} = {rule.formula}"))
            own = ("", "", "", "")
    return ("step", "operation", "shape", "‖g‖", "goes to", "rule"), rows


def size(shape: tuple[int, ...]) -> str:
    """A shape as people write it."""
    return " × ".join(map(str, shape)) or "scalar"
