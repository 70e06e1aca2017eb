"""Averaged models against PyTorch's: the same averages, states and errors."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
import torch.optim.swa_utils

import microgradx as mgx
from microgradx.optim import swa_utils

BOTH = ((mgx, swa_utils), (torch, torch.optim.swa_utils))


def model_of(lib: Any) -> Any:
    nn = lib.nn
    lib.manual_seed(3)
    return nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4), nn.Tanh(), nn.Linear(4, 2).to(lib.float64))


def check_states(ours: Any, theirs: Any) -> None:
    assert list(ours) == list(theirs)
    for name, value in theirs.items():
        assert str(ours[name].dtype)[-7:] == str(value.dtype)[-7:]
        np.testing.assert_allclose(ours[name].numpy(), value.numpy(), 1e-5, 2e-6)


AVERAGES: dict[str, Callable[[Any], dict[str, Any]]] = {
    "mean": lambda swa: {},
    "mean of buffers too": lambda swa: {"use_buffers": True},
    "mean, as a function": lambda swa: {"avg_fn": swa.get_swa_avg_fn(), "use_buffers": True},
    "mean, of lists": lambda swa: {"multi_avg_fn": swa.get_swa_multi_avg_fn()},
    "moving": lambda swa: {"avg_fn": swa.get_ema_avg_fn(0.9)},
    "moving, with buffers": lambda swa: {"avg_fn": swa.get_ema_avg_fn(0.7), "use_buffers": True},
    "moving, of lists": lambda swa: {"multi_avg_fn": swa.get_ema_multi_avg_fn(0.3), "use_buffers": True},
    "own": lambda swa: {"avg_fn": lambda average, new, n: average + 0.1 * n * new},
    "on a device": lambda swa: {"device": "cpu", "multi_avg_fn": swa.get_ema_multi_avg_fn()},
}


@pytest.mark.parametrize("name", AVERAGES)
def test_averages_over_a_training(name: str) -> None:
    states = []
    for lib, swa in BOTH:
        model = model_of(lib)
        averaged = swa.AveragedModel(model, **AVERAGES[name](swa))
        optimizer = lib.optim.SGD(model.parameters(), lr=0.1)
        for _ in range(5):
            x = lib.randn(16, 3)
            optimizer.zero_grad()
            (model[3](model[:3](x).double()) ** 2).mean().backward()
            optimizer.step()
            averaged.update_parameters(model)
        states.append(averaged.state_dict())
        assert repr(averaged).startswith("AveragedModel(\n  (module): Sequential(\n    (0): Linear(")
    check_states(*states)


@pytest.mark.parametrize("batch", [lambda x: x, lambda x: [x, 1], lambda x: (x,)])
@pytest.mark.parametrize("device", [None, "cpu"])
def test_update_bn(batch: Callable[[Any], Any], device: Any) -> None:
    states = []
    for lib, swa in BOTH:
        nn = lib.nn
        model = nn.Sequential(
            nn.Conv2d(2, 3, 2), nn.BatchNorm2d(3), nn.InstanceNorm2d(3, track_running_stats=True),
            nn.BatchNorm2d(3, momentum=0.3), nn.BatchNorm2d(3, track_running_stats=False),
        )  # fmt: skip
        with lib.no_grad():
            model[0].weight.copy_(lib.arange(24.0).reshape(3, 2, 2, 2).sin())
            model[0].bias.zero_()
        model(lib.ones(2, 2, 5, 5))
        model.eval()
        model[1].train()
        loader = [batch(lib.arange(100.0).reshape(2, 2, 5, 5).mul(i).cos()) for i in (1, 2, 3)]
        swa.update_bn(loader, model, device)
        assert [m.training for m in model] == [False] * 5
        assert [m.momentum for m in model[1:]] == [0.1, 0.1, 0.3, 0.1]
        states.append(model.state_dict())
    check_states(*states)


def test_nothing_to_update() -> None:
    def loader() -> Any:
        raise AssertionError("read")
        yield

    swa_utils.update_bn(loader(), mgx.nn.Linear(2, 2))


@pytest.mark.parametrize("schedule", [None, "ExponentialLR"])
@pytest.mark.parametrize(
    "options",
    [
        {"swa_lr": 0.5},
        {"swa_lr": [0.5, 0.01], "anneal_epochs": 5, "anneal_strategy": "linear"},
        {"swa_lr": 0.02, "anneal_epochs": 0},
        {"swa_lr": 0.02, "anneal_epochs": 1, "anneal_strategy": "linear"},
    ],
)
def test_swalr(options: dict[str, Any], schedule: str | None) -> None:
    histories, states = [], []
    for lib, swa in BOTH:
        groups = [{"params": [lib.ones(2, requires_grad=True)]}, {"params": [lib.ones(1, requires_grad=True)], "lr": 3}]
        optimizer = lib.optim.SGD(groups, lr=0.1)
        before = getattr(lib.optim.lr_scheduler, schedule)(optimizer, 0.9) if schedule else None
        scheduler = swa.SWALR(optimizer, **options)
        history = []
        for epoch in range(20):
            optimizer.step()
            (before if before and epoch < 6 else scheduler).step()
            history.append([(group["lr"], group["swa_lr"]) for group in optimizer.param_groups])
        histories.append((history, scheduler.get_last_lr()))
        states.append(scheduler.state_dict())
    assert histories[0] == histories[1]
    assert states[0] == {k: v for k, v in states[1].items() if k != "anneal_func"}


def test_goes_on_from_a_saved_state() -> None:
    optimizers = [mgx.optim.SGD([mgx.ones(1, requires_grad=True)], lr=1.0) for _ in range(2)]
    first, second = (swa_utils.SWALR(optimizer, 0.1, anneal_epochs=8) for optimizer in optimizers)
    for _ in range(3):
        optimizers[0].step()
        first.step()
    second.load_state_dict(copy.deepcopy(first.state_dict()))
    optimizers[1].load_state_dict(optimizers[0].state_dict())
    for _ in range(3):
        first.step()
        second.step()
    assert first.get_last_lr() == second.get_last_lr()


def optimizer_of(lib: Any) -> Any:
    return lib.optim.SGD([lib.ones(2, requires_grad=True)], lr=0.1)


WRONG: list[Callable[[Any, Any], Any]] = [
    lambda lib, swa: swa.SWALR(optimizer_of(lib), [1, 2]),
    lambda lib, swa: swa.SWALR(optimizer_of(lib), 1, anneal_strategy="up"),
    lambda lib, swa: swa.SWALR(optimizer_of(lib), 1, anneal_epochs=-1),
    lambda lib, swa: swa.SWALR(optimizer_of(lib), 1, anneal_epochs=1.5),
    lambda lib, swa: swa.get_ema_avg_fn(2),
    lambda lib, swa: swa.get_ema_multi_avg_fn(-0.1),
    lambda lib, swa: swa.AveragedModel(lib.nn.Linear(1, 1), avg_fn=max, multi_avg_fn=max),
]


@pytest.mark.parametrize("make", WRONG)
def test_errors_are_pytorchs(make: Callable[[Any, Any], Any]) -> None:
    caught = []
    for lib, swa in BOTH:
        with pytest.raises((ValueError, AssertionError)) as error:
            make(lib, swa)
        caught.append((error.type, str(error.value)))
    assert caught[0] == caught[1]


@pytest.mark.parametrize(("lib", "swa"), BOTH)
def test_the_mean_of_lists_of_integers_is_refused(lib: Any, swa: Any) -> None:
    model = lib.nn.BatchNorm1d(2)
    averaged = swa.AveragedModel(model, multi_avg_fn=swa.get_swa_multi_avg_fn(), use_buffers=True)
    averaged.update_parameters(model)
    with pytest.raises(RuntimeError, match=r"division with addcdiv|cast to the desired output type Long"):
        averaged.update_parameters(model)
