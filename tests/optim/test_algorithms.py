"""Every algorithm against PyTorch's: the same gradients in, the same parameters and state out."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

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
    tolerance = 2e-5 if dtype == "float32" else 1e-12
    pair.compare(ours, theirs, tolerance if name != "Muon" else bfloat16_tolerance(options.get("lr", 1e-3), steps))


def bfloat16_tolerance(lr: float, steps: int) -> float:
    """Muon computes in bfloat16: sums in another order may be rounded to a neighbour."""
    return lr * steps * 2.0**-7


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


BETAS = [(0.9, 0.999), (0.5, 0.7), (0.0, 0.9)]
OPTIONS: dict[str, dict[str, list[Any]]] = {
    "SGD": {"momentum": [0, 0.9, 1.0], "dampening": [0, 0.3], "nesterov": [False, True]},
    "Adam": {"betas": BETAS, "eps": [1e-8, 0.1], "amsgrad": [False, True], "decoupled_weight_decay": [False, True]},
    "AdamW": {"betas": BETAS, "eps": [1e-8, 0.1], "amsgrad": [False, True], "fused": [None, True]},
    "Adagrad": {"lr_decay": [0, 0.1], "initial_accumulator_value": [0, 0.5], "eps": [1e-10, 0.1]},
    "RMSprop": {"alpha": [0.99, 0.5], "momentum": [0, 0.9], "centered": [False, True], "eps": [0.1]},
    "Adadelta": {"rho": [0.9, 0.0, 1.0], "eps": [1e-6, 0.1]},
    "Adamax": {"betas": BETAS, "eps": [1e-8, 0.1]},
    "NAdam": {"betas": BETAS, "momentum_decay": [0, 4e-3, 0.3], "decoupled_weight_decay": [False, True]},
    "RAdam": {"betas": BETAS, "eps": [1e-8, 0.1], "decoupled_weight_decay": [False, True]},
    "Rprop": {"etas": [(0.5, 1.2), (0.4, 1.5)], "step_sizes": [(1e-6, 50), (0.05, 0.5)]},
    "ASGD": {"lambd": [1e-4, 0.1], "alpha": [0.75, 0.5], "t0": [1e6, 3]},
    "Adafactor": {"beta2_decay": [-0.8, -0.2], "eps": [(None, 1e-3), (1e-3, 0.1)], "d": [1.0, 1.5]},
    "Muon": {"momentum": [0.95, 0.3], "nesterov": [True, False], "adjust_lr_fn": [None, "match_rms_adamw"]},
}


@st.composite
def trainings(draw: Any) -> tuple[str, list[dict[str, Any]], str, list[tuple[int, ...]]]:
    """An optimizer, the options of its two groups, a dtype, and which parameters have no gradient at each step."""
    name = draw(st.sampled_from(sorted(OPTIONS)))
    space = {"lr": [0.1, 1e-3, "tensor"], **OPTIONS[name]}
    if name not in ("Rprop", "Muon"):
        space["weight_decay"] = [0, 0.1]
    if name != "Muon":
        space |= {"maximize": [False, True], "foreach": [None, False]}
    groups = [draw(st.fixed_dictionaries({}, optional={k: st.sampled_from(v) for k, v in space.items()})) for _ in "ab"]
    without = st.lists(st.integers(0, 5), max_size=2).map(tuple)
    return name, groups, draw(st.sampled_from(["float32", "float64"])), draw(st.lists(without, min_size=2, max_size=10))


@given(trainings())
def test_any_options_for_any_group(training: tuple[str, list[dict[str, Any]], str, list[tuple[int, ...]]]) -> None:
    name, groups, dtype, steps = training
    pair = Pair(OWN_SHAPES.get(name, SHAPES), dtype)
    made: list[Any] = []
    for lib, params in ((mgx, pair.ours), (torch, pair.theirs)):
        first, second = [
            {k: lib.tensor(0.1, dtype=lib.float64) if v == "tensor" else v for k, v in g.items()} for g in groups
        ]
        try:
            optimizer = getattr(lib.optim, name)(params[::2], **first)
            optimizer.add_param_group({"params": params[1::2], **second})
            made.append(optimizer)
        except (ValueError, RuntimeError) as error:
            made.append((type(error), str(error)))
    if isinstance(made[1], tuple):
        assert made[0] == made[1]
        return
    for without in steps:
        pair.set_gradients(without)
        for optimizer in made:
            optimizer.step()
    # Numbers besides "step" are float32 here, as by default in PyTorch.
    tolerance = 1e-4 if dtype == "float32" or name in ("NAdam", "ASGD") else 1e-10
    pair.compare(*made, tolerance if name != "Muon" else bfloat16_tolerance(0.1, len(steps)))


def test_muon_equals_pytorchs_to_the_last_digit_of_bfloat16() -> None:
    pair = Pair([(64, 96), (100, 30)], "float32")
    ours, theirs = optim.Muon(pair.ours, lr=0.1), torch.optim.Muon(pair.theirs, lr=0.1)
    for _ in range(3):
        pair.set_gradients()
        ours.step()
        theirs.step()
    pair.compare(ours, theirs, bfloat16_tolerance(0.1, 3))
