"""Every algorithm against PyTorch's: the same gradients in, the same parameters and state out."""

from __future__ import annotations

from typing import Any

import pytest
import torch

import microgradx as mgx
from microgradx import optim
from tests.optim.pairs import SHAPES, Pair

CASES: list[tuple[str, dict[str, Any]]] = [
    ("SGD", {}),
    ("SGD", {"lr": 0.1, "weight_decay": 0.1}),
    ("SGD", {"lr": 0.1, "momentum": 0.9}),
    ("SGD", {"lr": 0.1, "momentum": 0.9, "dampening": 0.3, "weight_decay": 0.01}),
    ("SGD", {"lr": 0.1, "momentum": 0.9, "nesterov": True, "maximize": True}),
    ("Adam", {}),
    ("Adam", {"lr": 0.1, "betas": (0.5, 0.7), "eps": 1e-3, "weight_decay": 0.1}),
    ("Adam", {"lr": 0.1, "amsgrad": True, "maximize": True, "weight_decay": 0.1}),
    ("Adam", {"lr": 0.1, "decoupled_weight_decay": True, "weight_decay": 0.1}),
    ("AdamW", {}),
    ("AdamW", {"lr": 0.1, "amsgrad": True, "weight_decay": 0.3}),
    ("Adagrad", {"lr": 0.1}),
    ("Adagrad", {"lr": 0.1, "lr_decay": 0.1, "weight_decay": 0.1, "initial_accumulator_value": 0.5}),
    ("RMSprop", {}),
    ("RMSprop", {"lr": 0.1, "momentum": 0.9, "weight_decay": 0.1, "alpha": 0.7}),
    ("RMSprop", {"lr": 0.1, "centered": True, "eps": 0.1}),
    ("RMSprop", {"lr": 0.1, "centered": True, "momentum": 0.5, "maximize": True, "eps": 0.1}),
    ("Adadelta", {}),
    ("Adadelta", {"lr": 0.5, "rho": 0.7, "weight_decay": 0.1, "maximize": True}),
    ("Adamax", {}),
    ("Adamax", {"lr": 0.1, "weight_decay": 0.1, "betas": (0.5, 0.7)}),
    ("NAdam", {}),
    ("NAdam", {"lr": 0.1, "weight_decay": 0.1, "momentum_decay": 0.1}),
    ("NAdam", {"lr": 0.1, "weight_decay": 0.1, "decoupled_weight_decay": True, "maximize": True}),
    ("RAdam", {}),
    ("RAdam", {"lr": 0.1, "weight_decay": 0.1, "betas": (0.8, 0.9)}),
    ("RAdam", {"lr": 0.1, "weight_decay": 0.1, "decoupled_weight_decay": True}),
    ("Rprop", {}),
    ("Rprop", {"lr": 0.3, "etas": (0.4, 1.5), "step_sizes": (0.05, 0.5), "maximize": True}),
    ("ASGD", {}),
    ("ASGD", {"lr": 0.1, "lambd": 0.01, "t0": 3, "weight_decay": 0.1}),
    ("Adafactor", {}),
    ("Adafactor", {"lr": 0.7, "beta2_decay": -0.3, "eps": (0.3, 0.1), "d": 1.1, "weight_decay": 0.1}),
    ("Adafactor", {"lr": 0.3, "eps": (1e-9, 1e-3), "maximize": True}),
    ("Muon", {}),
    ("Muon", {"lr": 0.1, "weight_decay": 0.3, "momentum": 0.4, "nesterov": False, "adjust_lr_fn": "match_rms_adamw"}),
    (
        "Muon",
        {"lr": 0.1, "momentum": 0.3, "adjust_lr_fn": "original", "ns_steps": 3, "ns_coefficients": (2, -1.5, 0.5)},
    ),
]
OWN_SHAPES = {
    "Adafactor": [(3, 4), (4,), (), (2, 1, 3), (1,)],  # PyTorch divides by the number of elements
    "Muon": [(3, 4), (5, 2), (1, 3), (4, 4)],
}


def run(name: str, options: dict[str, Any], shapes: list[tuple[int, ...]], dtype: str, steps: int = 10) -> None:
    pair = Pair(shapes, dtype)
    ours = getattr(optim, name)(pair.ours, **options)
    theirs = getattr(torch.optim, name)(pair.theirs, **options)
    for _ in range(steps):
        pair.set_gradients()
        ours.step()
        theirs.step()
    pair.compare(ours, theirs, 2e-5 if dtype == "float32" else 1e-12)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(("name", "options"), CASES)
def test_ten_steps_equal_pytorchs(name: str, options: dict[str, Any], dtype: str) -> None:
    if dtype == "float64" and name in ("NAdam", "ASGD"):
        torch.set_default_dtype(torch.float64)  # their numbers besides "step" are of the default dtype
        mgx.set_default_dtype(mgx.float64)
    try:
        run(name, options, OWN_SHAPES.get(name, SHAPES), dtype)
    finally:
        torch.set_default_dtype(torch.float32)
        mgx.set_default_dtype(mgx.float32)


@pytest.mark.parametrize("name", ["SGD", "Adam", "AdamW", "RMSprop", "Rprop"])
def test_large_parameters_in_blocks_and_small_ones_joined(name: str) -> None:
    run(name, {}, [(600, 500), (500,), (8192,), (7,)], "float32", 3)


def test_muon_equals_pytorchs_to_the_last_digit_of_bfloat16() -> None:
    pair = Pair([(64, 96), (100, 30)], "float32")
    ours, theirs = optim.Muon(pair.ours, lr=0.1), torch.optim.Muon(pair.theirs, lr=0.1)
    for _ in range(3):
        pair.set_gradients()
        ours.step()
        theirs.step()
    pair.compare(ours, theirs, 3 * 0.1 * 2 * 2.0**-7)
