"""Whole training programs, as courses have them: each prints the same losses as with PyTorch.

The programs are in `tests.training`. Each is a function of the library: it makes data, a model and an optimizer from
one seed, trains, and yields its loss after each step. What it yields is printed with four decimals, and the lines of
both libraries must be equal. So the random numbers, the initial values, the gradients and the steps are, and stay,
PyTorch's.

Sums are rounded in another order than in PyTorch, so losses differ in their last digits: by less than 1e-6 in
float32 and 1e-14 in float64. A loss that lies so near to the border between two printed numbers may be printed as
either. Steps of L-BFGS multiply such differences by hundreds, so `style` always computes in float64.
"""

from __future__ import annotations

from types import ModuleType

import pytest
import torch

import microgradx as mgx
from tests.training import basics, decisions, generative, images, sequences
from tests.training.basics import Program

PROGRAMS = [p for part in (basics, images, sequences, generative, decisions) for p in part.PROGRAMS]


def losses(program: Program, lib: ModuleType, dtype: str = "float32") -> list[float]:
    lib.manual_seed(1)
    lib.set_default_dtype(getattr(lib, dtype))
    try:
        return [float(loss.detach() if hasattr(loss, "detach") else loss) for loss in program(lib)]
    finally:
        lib.set_default_dtype(lib.float32)


def lines(values: list[float], others: list[float]) -> list[str]:
    """The values as they are printed; but one that lies between two lines, as the other's, is printed as that."""
    return [
        f"{other if abs(value - other) <= 1e-6 * max(1, abs(other)) else value:.4f}"
        for value, other in zip(values, others)
    ]


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda program: program.__name__)
def test_the_same_losses_are_printed(program: Program) -> None:
    ours, theirs = losses(program, mgx), losses(program, torch)
    assert len(ours) == len(theirs) >= 50
    assert lines(ours, theirs) == [f"{loss:.4f}" for loss in theirs]


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda program: program.__name__)
def test_in_float64_the_losses_are_equal(program: Program) -> None:
    ours, theirs = losses(program, mgx, "float64"), losses(program, torch, "float64")
    assert len(ours) == len(theirs) >= 50
    assert ours == pytest.approx(theirs, rel=1e-9, abs=1e-9)
