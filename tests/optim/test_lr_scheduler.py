"""Every schedule against PyTorch's, over 60 steps and for two groups."""

from __future__ import annotations

import copy
import importlib
import math
import warnings
from collections.abc import Callable
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

import microgradx as mgx

BOTH = (mgx, torch)


def optimizer_of(lib: Any, name: str = "SGD", **options: Any) -> Any:
    params = [lib.ones(2, requires_grad=True), lib.ones(3, requires_grad=True)]
    groups = [{"params": [params[0]]}, {"params": [params[1]], "lr": 0.3}]
    return getattr(lib.optim, name)(groups, lr=0.05, **options)


Make = Callable[[Any, Any], Any]  # of `lib.optim.lr_scheduler` and an optimizer

SCHEDULES: dict[str, Make] = {
    "StepLR": lambda s, o: s.StepLR(o, 7, 0.5),
    "MultiStepLR": lambda s, o: s.MultiStepLR(o, [3, 10, 10, 30], gamma=0.3),
    "ConstantLR": lambda s, o: s.ConstantLR(o, 0.4, 6),
    "LinearLR": lambda s, o: s.LinearLR(o, 0.1, 0.9, total_iters=20),
    "ExponentialLR": lambda s, o: s.ExponentialLR(o, 0.93),
    "LambdaLR": lambda s, o: s.LambdaLR(o, [lambda i: 0.9**i, lambda i: 1 / (1 + i)]),
    "MultiplicativeLR": lambda s, o: s.MultiplicativeLR(o, lambda i: 0.95 if i % 2 else 0.99),
    "PolynomialLR": lambda s, o: s.PolynomialLR(o, 30, 2.0),
    "CosineAnnealingLR": lambda s, o: s.CosineAnnealingLR(o, 11, 0.01),
    "CosineAnnealingWarmRestarts": lambda s, o: s.CosineAnnealingWarmRestarts(o, 4, 2, 0.01),
    "CosineAnnealingWarmRestarts of one length": lambda s, o: s.CosineAnnealingWarmRestarts(o, 4),
    "OneCycleLR": lambda s, o: s.OneCycleLR(o, 0.7, total_steps=60),
    "OneCycleLR of rates": lambda s, o: s.OneCycleLR(o, 0.7, total_steps=60, cycle_momentum=False),
    "OneCycleLR three phases": lambda s, o: s.OneCycleLR(
        o, [0.7, 0.5], epochs=6, steps_per_epoch=10, anneal_strategy="linear", three_phase=True
    ),
    "CyclicLR": lambda s, o: s.CyclicLR(o, 0.01, 0.4, step_size_up=5, step_size_down=3),
    "CyclicLR 2": lambda s, o: s.CyclicLR(o, [0.01, 0.1], 0.4, step_size_up=4, mode="triangular2"),
    "CyclicLR exp": lambda s, o: s.CyclicLR(o, 0.01, 0.4, 6, mode="exp_range", gamma=0.95),
    "CyclicLR own": lambda s, o: s.CyclicLR(
        o, 0.01, 0.4, 6, mode="own", scale_fn=lambda x: 1 / x, cycle_momentum=False
    ),
    "SequentialLR": lambda s, o: s.SequentialLR(
        o, [s.LinearLR(o, 0.2, total_iters=5), s.CosineAnnealingLR(o, 9), s.ExponentialLR(o, 0.8)], [5, 20]
    ),
    "SequentialLR in SequentialLR": lambda s, o: s.SequentialLR(
        o, [s.SequentialLR(o, [s.ConstantLR(o, 0.5, 3), s.ExponentialLR(o, 0.9)], [4]), s.StepLR(o, 5)], [12]
    ),
    "ChainedScheduler": lambda s, o: s.ChainedScheduler([s.ConstantLR(o, 0.1, 4), s.ExponentialLR(o, 0.9)]),
}


def options_of(optimizer: Any) -> list[dict[str, Any]]:
    return [{k: v for k, v in group.items() if k != "params"} for group in optimizer.param_groups]


@pytest.mark.filterwarnings("ignore:Detected call")  # of PyTorch too, where sequences are nested
@pytest.mark.parametrize("algorithm", [("SGD", {"momentum": 0.5}), ("Adam", {})])
@pytest.mark.parametrize("name", SCHEDULES)
def test_sixty_steps_equal_pytorchs(name: str, algorithm: tuple[str, dict[str, Any]]) -> None:
    histories = []
    for lib in BOTH:
        optimizer = optimizer_of(lib, algorithm[0], **algorithm[1])
        scheduler = SCHEDULES[name](lib.optim.lr_scheduler, optimizer)
        history = [(scheduler.get_last_lr(), options_of(optimizer))]
        for _ in range(60):
            optimizer.step()
            scheduler.step()
            history.append((scheduler.get_last_lr(), options_of(optimizer)))
        histories.append(history)
    assert histories[0] == histories[1]


@pytest.mark.parametrize("name", SCHEDULES)
@pytest.mark.filterwarnings("ignore:Detected call")
def test_goes_on_from_a_saved_state(name: str) -> None:
    def trained(steps: int) -> tuple[Any, Any]:
        optimizer = optimizer_of(mgx, momentum=0.5)
        scheduler = SCHEDULES[name](mgx.optim.lr_scheduler, optimizer)
        for _ in range(steps):
            optimizer.step()
            scheduler.step()
        return optimizer, scheduler

    optimizer, scheduler = trained(13)
    saved = copy.deepcopy((optimizer.state_dict(), scheduler.state_dict()))
    for _ in range(10):
        optimizer.step()
        scheduler.step()
    again, resumed = trained(0)
    resumed.load_state_dict(saved[1])
    again.load_state_dict(saved[0])
    for _ in range(10):
        again.step()
        resumed.step()
    assert resumed.get_last_lr() == scheduler.get_last_lr()
    assert options_of(again) == options_of(optimizer)


@pytest.mark.parametrize("name", [*SCHEDULES, "ReduceLROnPlateau"])
@pytest.mark.filterwarnings("ignore:Detected call")
def test_a_state_goes_from_pytorch_to_here_and_back(name: str) -> None:
    def made(lib: Any) -> tuple[Any, Any, tuple[Any, ...]]:
        optimizer = optimizer_of(lib, momentum=0.5)
        if name == "ReduceLROnPlateau":
            return optimizer, lib.optim.lr_scheduler.ReduceLROnPlateau(optimizer, patience=2), (1.0,)
        return optimizer, SCHEDULES[name](lib.optim.lr_scheduler, optimizer), ()

    for here, there in (BOTH, BOTH[::-1]):
        optimizer, scheduler, measure = made(here)
        for _ in range(13):
            optimizer.step()
            scheduler.step(*measure)
        other_optimizer, other, _ = made(there)
        assert other.state_dict().keys() == scheduler.state_dict().keys()
        other.load_state_dict(copy.deepcopy(scheduler.state_dict()))
        assert other.state_dict() == scheduler.state_dict()
        other_optimizer.load_state_dict(copy.deepcopy(optimizer.state_dict()))
        for a, b in ((optimizer, scheduler), (other_optimizer, other)):
            for _ in range(10):
                a.step()
                b.step(*measure)
        assert other.get_last_lr() == scheduler.get_last_lr()
        assert options_of(other_optimizer) == options_of(optimizer)


LOSSES = [5.0, 4.0, 3.0, 3.0, 3.0, 3.1, 2.9, 2.9999, 2.9, 2.9, 2.9, 2.9, 1.0, 1.0, 0.9999, 1.0, 1.1, 1.2] * 3


@pytest.mark.parametrize(
    "options",
    [
        {"patience": 2},
        {"patience": 1, "cooldown": 2, "factor": 0.5, "min_lr": [0.01, 0.2]},
        {"mode": "max", "patience": 3, "min_lr": 1e-3},
        {"patience": 2, "threshold_mode": "abs", "threshold": 0.5},
        {"mode": "max", "patience": 0, "threshold_mode": "abs", "threshold": 0.1, "eps": 0.02},
    ],
)
def test_reduce_on_plateau(options: dict[str, Any]) -> None:
    histories = []
    for lib in BOTH:
        optimizer = optimizer_of(lib)
        scheduler = lib.optim.lr_scheduler.ReduceLROnPlateau(optimizer, **options)
        history = []
        for loss in LOSSES:
            optimizer.step()
            scheduler.step(lib.tensor(loss))
            history.append((scheduler.get_last_lr(), scheduler.num_bad_epochs, scheduler.best))
        with pytest.warns(UserWarning, match="The epoch parameter in"):
            scheduler.step(0.5, epoch=3)
        histories.append([*history, scheduler.last_epoch])
    assert histories[0] == histories[1]


class Power:
    """A schedule that is an object, and so has a state."""

    def __init__(self, base: float) -> None:
        self.base = base

    def __call__(self, x: float) -> float:
        return self.base**x


WITH_OBJECTS: dict[str, Callable[[Any, Any, float], Any]] = {
    "LambdaLR": lambda s, o, base: s.LambdaLR(o, [Power(base), lambda i: 1.0]),
    "MultiplicativeLR": lambda s, o, base: s.MultiplicativeLR(o, Power(base)),
    "CyclicLR": lambda s, o, base: s.CyclicLR(o, 0.01, 0.4, 3, scale_fn=Power(base), cycle_momentum=False),
}


@pytest.mark.parametrize("name", WITH_OBJECTS)
def test_objects_are_saved_by_their_attributes(name: str) -> None:
    histories = []
    for lib in BOTH:
        make, s = WITH_OBJECTS[name], lib.optim.lr_scheduler
        saved = copy.deepcopy(make(s, optimizer_of(lib), 0.9).state_dict())
        optimizer = optimizer_of(lib)
        scheduler = make(s, optimizer, 0.5)
        scheduler.load_state_dict(saved)
        for _ in range(5):
            optimizer.step()
            scheduler.step()
            histories.append(scheduler.get_last_lr())
    assert histories[:5] == histories[5:]


MIDDLE: dict[str, tuple[Any, ...]] = {
    "StepLR": (3, 0.5), "MultiStepLR": ([3, 8, 9],), "ConstantLR": (0.5, 12), "LinearLR": (0.1, 0.9, 20),
    "ExponentialLR": (0.9,), "PolynomialLR": (30,), "CosineAnnealingLR": (11, 0.01),
    "CosineAnnealingWarmRestarts": (4, 2), "CyclicLR": (0.01, 0.4, 5), "OneCycleLR": (0.7, 40),
}  # fmt: skip


@pytest.mark.filterwarnings("ignore:Detected call")
@pytest.mark.parametrize("name", MIDDLE)
def test_a_schedule_begins_in_the_middle(name: str) -> None:
    histories = []
    for lib in BOTH:
        optimizer = optimizer_of(lib, momentum=0.5)
        make = getattr(lib.optim.lr_scheduler, name)
        first = make(optimizer, *MIDDLE[name])
        for _ in range(8):
            optimizer.step()
            first.step()
        scheduler = make(optimizer, *MIDDLE[name], last_epoch=8)
        with pytest.warns(UserWarning, match="please use `get_last_lr"):
            history: list[Any] = [scheduler.get_lr(), (scheduler.get_last_lr(), options_of(optimizer))]
        for _ in range(20):
            optimizer.step()
            scheduler.step()
            history.append((scheduler.get_last_lr(), options_of(optimizer)))
        histories.append(history)
    assert histories[0] == histories[1]


GIVEN = ["StepLR", "MultiStepLR", "LinearLR", "CosineAnnealingLR", "CyclicLR", "ExponentialLR"]
GIVEN += [name for name in SCHEDULES if "WarmRestarts" in name]


@pytest.mark.parametrize("name", GIVEN)
def test_an_epoch_may_be_given(name: str) -> None:
    rates = []
    for lib in BOTH:
        optimizer = optimizer_of(lib, momentum=0.5)
        scheduler = SCHEDULES[name](lib.optim.lr_scheduler, optimizer)
        optimizer.step()
        for epoch in (3, 9, 25):
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                scheduler.step(epoch)
            rates.append(scheduler.get_last_lr())
    assert rates[:3] == rates[3:]


def test_fractions_of_an_epoch() -> None:
    rates = []
    for lib in BOTH:
        scheduler = SCHEDULES["CosineAnnealingWarmRestarts"](lib.optim.lr_scheduler, optimizer_of(lib))
        for i in range(40):
            scheduler.step(i / 7)
            rates.append(scheduler.get_last_lr())
    assert rates[:40] == rates[40:]


@pytest.mark.parametrize("lib", BOTH)
def test_the_optimizer_steps_first(lib: Any) -> None:
    optimizer = optimizer_of(lib)
    scheduler = lib.optim.lr_scheduler.StepLR(optimizer, 3)
    with pytest.warns(UserWarning, match=r"call of `lr_scheduler.step\(\)` before `optimizer.step\(\)`"):
        scheduler.step()
    scheduler.step()  # once is enough
    optimizer.step()
    lib.optim.lr_scheduler.StepLR(optimizer, 3).step()  # the optimizer was seen to step


RATE, FACTOR = st.floats(0.001, 0.5), st.floats(0.1, 1.0)
COUNT = st.integers(1, 20)
OPTIONS: dict[str, dict[str, st.SearchStrategy[Any]]] = {
    "StepLR": {"step_size": COUNT, "gamma": FACTOR},
    "MultiStepLR": {"milestones": st.lists(COUNT, min_size=1, max_size=3), "gamma": FACTOR},
    "ConstantLR": {"factor": FACTOR, "total_iters": st.integers(0, 20)},
    "LinearLR": {"start_factor": FACTOR, "end_factor": st.floats(0.0, 1.0), "total_iters": COUNT},
    "ExponentialLR": {"gamma": FACTOR},
    "PolynomialLR": {"total_iters": st.integers(1, 50), "power": st.sampled_from([0.5, 1.0, 2.0])},
    "CosineAnnealingLR": {"T_max": st.integers(1, 50), "eta_min": st.sampled_from([0.0, 0.01])},
    "CosineAnnealingWarmRestarts": {"T_0": COUNT, "T_mult": st.integers(1, 3), "eta_min": st.sampled_from([0, 0.01])},
    "CyclicLR": {
        "base_lr": RATE | st.lists(RATE, min_size=2, max_size=2), "max_lr": RATE, "step_size_up": COUNT,
        "step_size_down": st.none() | COUNT, "gamma": FACTOR, "cycle_momentum": st.booleans(),
        "mode": st.sampled_from(["triangular", "triangular2", "exp_range"]),
    },
    "OneCycleLR": {
        "max_lr": RATE | st.lists(RATE, min_size=2, max_size=2), "total_steps": st.just(61),
        "pct_start": st.floats(0.1, 0.5), "anneal_strategy": st.sampled_from(["cos", "linear"]),
        "three_phase": st.booleans(), "cycle_momentum": st.booleans(), "div_factor": st.floats(1.0, 30.0),
    },
    "ReduceLROnPlateau": {
        "mode": st.sampled_from(["min", "max"]), "factor": st.floats(0.1, 0.9), "patience": st.integers(0, 3),
        "threshold": st.sampled_from([1e-4, 0.1]), "threshold_mode": st.sampled_from(["rel", "abs"]),
        "cooldown": st.integers(0, 3), "min_lr": st.sampled_from([0, 1e-3, [0.001, 0.1]]),
    },
}  # fmt: skip
schedules = st.sampled_from(sorted(OPTIONS)).flatmap(
    lambda name: st.tuples(st.just(name), st.fixed_dictionaries(OPTIONS[name]))
)


@pytest.mark.filterwarnings("ignore:The epoch parameter in")
@given(schedules, st.booleans(), st.sampled_from(["plain", "chained", "epochs"]), st.sampled_from(["SGD", "AdamW"]))
def test_any_options(schedule: tuple[str, dict[str, Any]], tensor: bool, how: str, algorithm: str) -> None:
    name, options = schedule
    measured = name == "ReduceLROnPlateau"
    histories = []
    for lib in BOTH:
        optimizer = optimizer_of(lib, algorithm)
        if tensor:
            for group in optimizer.param_groups:
                group["lr"] = lib.tensor(group["lr"])
        scheduler = getattr(lib.optim.lr_scheduler, name)(optimizer, **copy.deepcopy(options))
        second = lib.optim.lr_scheduler.ExponentialLR(optimizer, 0.97) if how == "chained" else None
        history = []
        for i in range(60):
            optimizer.step()
            if measured:
                scheduler.step([1.0, 2.0, 0.5, 0.5, 0.99, math.nan][i * i % 6])
            else:
                scheduler.step(*([i // 2] if how == "epochs" and i % 7 == 6 else []))
            if second is not None:
                second.step()
            rates = [[float(lr) for lr in rates] for rates in (scheduler.get_last_lr(), lr_of(optimizer))]
            history.append((rates, [group.get("momentum", group.get("betas")) for group in optimizer.param_groups]))
        histories.append(history)
    assert histories[0] == histories[1]


def lr_of(optimizer: Any) -> list[Any]:
    return [group["lr"] for group in optimizer.param_groups]


def test_a_schedule_of_ones_own() -> None:
    rates = []
    for lib in BOTH:
        base = importlib.import_module(lib.__name__ + ".optim.lr_scheduler")._LRScheduler

        class WarmUp(base):  # type: ignore[misc,valid-type]
            def __init__(self, optimizer: Any, steps: int, last_epoch: int = -1) -> None:
                self.steps = steps
                super().__init__(optimizer, last_epoch)

            def get_lr(self) -> list[float]:
                return [rate * min(1.0, (self.last_epoch + 1) / self.steps) for rate in self.base_lrs]

        optimizer = optimizer_of(lib)
        scheduler = WarmUp(optimizer, 5)
        assert isinstance(scheduler, lib.optim.lr_scheduler.LRScheduler)
        for _ in range(8):
            rates.append(scheduler.get_last_lr())
            optimizer.step()
            scheduler.step()
        rates.append(scheduler.state_dict())
    assert rates[:9] == rates[9:]


@pytest.mark.parametrize("lib", BOTH)
def test_a_step_that_is_replaced_is_not_seen(lib: Any) -> None:
    optimizer = optimizer_of(lib)
    scheduler = lib.optim.lr_scheduler.StepLR(optimizer, 3)
    optimizer.step = lambda: None
    optimizer.step()
    with pytest.warns(UserWarning, match="Seems like `optimizer.step\\(\\)` has been overridden"):
        scheduler.step()


@pytest.mark.parametrize("lib", BOTH)
def test_groups_added_later_are_reduced_too(lib: Any) -> None:
    for min_lr in (0.02, [0.01, 0.01]):
        optimizer = optimizer_of(lib)
        scheduler = lib.optim.lr_scheduler.ReduceLROnPlateau(optimizer, patience=0, min_lr=min_lr)
        optimizer.add_param_group({"params": [lib.ones(1, requires_grad=True)], "lr": 0.1})
        scheduler.step(1.0)
        if isinstance(min_lr, float):
            scheduler.step(1.0)
            assert scheduler.get_last_lr() == pytest.approx([0.02, 0.03, 0.02])
        else:
            with pytest.raises(RuntimeError, match=r"The number of param groups in the `optimizer` \(3\) differs"):
                scheduler.step(1.0)


@pytest.mark.parametrize("lib", BOTH)
def test_get_lr_is_for_the_scheduler(lib: Any) -> None:
    scheduler = lib.optim.lr_scheduler.StepLR(optimizer_of(lib), 3)
    with pytest.warns(UserWarning, match="please use `get_last_lr"):
        assert scheduler.get_lr() == [0.05, 0.3]


@pytest.mark.parametrize("lib", BOTH)
def test_a_tensor_stays_the_same_tensor(lib: Any) -> None:
    lr = lib.tensor(0.5)
    optimizer = lib.optim.SGD([lib.ones(2, requires_grad=True)], lr=lr)
    scheduler = lib.optim.lr_scheduler.ExponentialLR(optimizer, 0.5)
    optimizer.step()
    scheduler.step()
    assert optimizer.param_groups[0]["lr"] is lr
    assert lr.item() == 0.25
    assert scheduler.base_lrs[0].item() == 0.5


@pytest.mark.parametrize("lib", BOTH)
def test_resuming_needs_the_first_rate(lib: Any) -> None:
    with pytest.raises(KeyError, match="param 'initial_lr' is not specified in param_groups"):
        lib.optim.lr_scheduler.StepLR(optimizer_of(lib), 3, last_epoch=4)


WRONG: list[tuple[Make, type[Exception]]] = [
    (lambda s, o: s.StepLR(3, 1), TypeError),
    (lambda s, o: s.LambdaLR(o, [abs]), ValueError),
    (lambda s, o: s.MultiplicativeLR(o, 3), TypeError),
    (lambda s, o: s.ConstantLR(o, 2.0), ValueError),
    (lambda s, o: s.LinearLR(o, 0.0), ValueError),
    (lambda s, o: s.LinearLR(o, 0.5, 1.5), ValueError),
    (lambda s, o: s.CosineAnnealingWarmRestarts(o, 0), ValueError),
    (lambda s, o: s.CosineAnnealingWarmRestarts(o, 1, 0), ValueError),
    (lambda s, o: s.CosineAnnealingWarmRestarts(o, 3, eta_min="low"), ValueError),
    (lambda s, o: s.CosineAnnealingWarmRestarts(o, 3).step(-1), ValueError),
    (lambda s, o: s.ReduceLROnPlateau(o, threshold_mode="most"), ValueError),
    (lambda s, o: s.ChainedScheduler([s.StepLR(o, 1), 3]), TypeError),
    (lambda s, o: s.SequentialLR(o, [], []), ValueError),
    (lambda s, o: s.SequentialLR(o, [s.StepLR(o, 1)], [3]), ValueError),
    (lambda s, o: s.SequentialLR(o, [s.ReduceLROnPlateau(o)], []), ValueError),
    (lambda s, o: s.ChainedScheduler([]), ValueError),
    (lambda s, o: s.ChainedScheduler([s.StepLR(o, 1)], optimizer_of(mgx)), ValueError),
    (lambda s, o: s.CyclicLR(o, 0.1, 0.2, mode="round"), ValueError),
    (lambda s, o: s.CyclicLR(o, [0.1], 0.2), ValueError),
    (lambda s, o: s.OneCycleLR(o, 0.1), ValueError),
    (lambda s, o: s.OneCycleLR(o, 0.1, total_steps=-1), ValueError),
    (lambda s, o: s.OneCycleLR(o, 0.1, epochs=1, steps_per_epoch=0), ValueError),
    (lambda s, o: s.OneCycleLR(o, 0.1, 10, pct_start=2), ValueError),
    (lambda s, o: s.OneCycleLR(o, 0.1, 10, anneal_strategy="up"), ValueError),
    (lambda s, o: s.ReduceLROnPlateau(o, factor=1.0), ValueError),
    (lambda s, o: s.ReduceLROnPlateau(o, min_lr=[0.1]), ValueError),
    (lambda s, o: s.ReduceLROnPlateau(o, "down"), ValueError),
]


@pytest.mark.parametrize(("make", "error"), WRONG)
def test_errors_are_pytorchs(make: Make, error: type[Exception]) -> None:
    texts = []
    for lib in BOTH:
        with pytest.raises(error) as caught:
            make(lib.optim.lr_scheduler, optimizer_of(lib))
        texts.append(str(caught.value))
    assert texts[0] == texts[1]


@pytest.mark.parametrize("lib", BOTH)
def test_several_schedulers_have_one_optimizer(lib: Any) -> None:
    s = lib.optim.lr_scheduler
    parts = [s.StepLR(optimizer_of(lib), 1), s.StepLR(optimizer_of(lib), 1)]
    with pytest.raises(ValueError, match="expects all schedulers to belong to the same optimizer"):
        s.ChainedScheduler(parts)


@pytest.mark.parametrize("lib", BOTH)
def test_get_lr_is_for_subclasses(lib: Any) -> None:
    with pytest.raises(NotImplementedError):
        lib.optim.lr_scheduler.LRScheduler(optimizer_of(lib))


def test_momentum_is_cycled_only_if_there_is_some() -> None:
    optimizer = mgx.optim.Adagrad([mgx.ones(1, requires_grad=True)])
    with pytest.raises(ValueError, match="must support momentum or beta1"):
        mgx.optim.lr_scheduler.CyclicLR(optimizer, 0.1, 0.2)


def test_one_cycle_ends() -> None:
    optimizer = optimizer_of(mgx, momentum=0.5)
    scheduler = mgx.optim.lr_scheduler.OneCycleLR(optimizer, 0.1, total_steps=5)
    for _ in range(5):
        optimizer.step()
        scheduler.step()
    with pytest.raises(ValueError, match="Tried to step 6 times"):
        scheduler.step()
