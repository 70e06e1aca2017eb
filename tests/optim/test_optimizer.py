"""What all optimizers share: groups, saving and loading, hooks, and what a program may change between steps."""

from __future__ import annotations

import copy
import importlib
import math
import pickle
import warnings
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import pytest
import torch

import microgradx as mgx
from microgradx import optim
from tests.optim.pairs import SHAPES, Pair

BOTH = ((mgx, optim), (torch, torch.optim))
NAMES = ["SGD", "Adam", "AdamW", "RMSprop", "NAdam", "ASGD", "Rprop"]


def pair_of(name: str = "Adam", **options: Any) -> tuple[Pair, Any, Any]:
    pair = Pair(SHAPES, "float32")
    return pair, getattr(optim, name)(pair.ours, **options), getattr(torch.optim, name)(pair.theirs, **options)


def steps(pair: Pair, ours: Any, theirs: Any, n: int = 2, without: tuple[int, ...] = ()) -> None:
    for _ in range(n):
        pair.set_gradients(without)
        ours.step()
        theirs.step()
    pair.compare(ours, theirs, 2e-5)


@pytest.mark.parametrize("name", NAMES)
def test_parameters_without_gradient_rest(name: str) -> None:
    pair, ours, theirs = pair_of(name, lr=0.1)
    for without in [(0, 2), (1,), (), (0, 1, 2, 3, 4, 5), (), (5,), ()]:
        steps(pair, ours, theirs, 2, without)


@pytest.mark.parametrize("name", ["SGD", "Adam", "RMSprop"])
def test_groups_have_their_own_options(name: str) -> None:
    pair = Pair(SHAPES, "float32")
    made = []
    for params, lib in ((pair.ours, optim), (pair.theirs, torch.optim)):
        groups = [{"params": params[:2], "lr": 0.5}, {"params": iter(params[2:4]), "weight_decay": 0.1}]
        optimizer = getattr(lib, name)(groups, lr=0.01)
        optimizer.add_param_group({"params": params[4]})
        optimizer.add_param_group({"params": [params[5]], "maximize": True})
        made.append(optimizer)
    steps(pair, *made)
    assert len(made[0].param_groups) == 4


CHANGES: list[Callable[[Any, Any], Any]] = [
    lambda optimizer, lib: optimizer.param_groups[0].update(lr=1.0),
    lambda optimizer, lib: optimizer.param_groups[0].update(lr=lib.tensor(0.3)),
    lambda optimizer, lib: optimizer.param_groups[0].update(maximize=True, weight_decay=0.2),
    lambda optimizer, lib: optimizer.state.pop(optimizer.param_groups[0]["params"].pop(1)),
    lambda optimizer, lib: optimizer.param_groups[0]["params"].reverse(),
    lambda optimizer, lib: optimizer.state.clear(),
    lambda optimizer, lib: optimizer.state.pop(optimizer.param_groups[0]["params"][0]),
    lambda optimizer, lib: optimizer.state[optimizer.param_groups[0]["params"][0]]["exp_avg"].fill_(2.0),
    lambda optimizer, lib: optimizer.state[optimizer.param_groups[0]["params"][0]].update(exp_avg=lib.ones(3, 4)),
    lambda optimizer, lib: optimizer.state[optimizer.param_groups[0]["params"][3]]["step"].fill_(7.0),
    lambda optimizer, lib: optimizer.load_state_dict(copy.deepcopy(optimizer.state_dict())),
    lambda optimizer, lib: optimizer.param_groups[0]["params"][1].data.fill_(3.0),
    lambda optimizer, lib: setattr(optimizer.param_groups[0]["params"][1], "data", lib.ones(4)),
    lambda optimizer, lib: setattr(optimizer.param_groups[0]["params"][0], "data", lib.ones(4, 3).T),
    lambda optimizer, lib: setattr(optimizer.param_groups[0]["params"][2], "data", lib.tensor(3.0)),
    lambda optimizer, lib: setattr(optimizer.param_groups[0]["params"][3], "data", lib.ones(3, 1, 2).permute(2, 1, 0)),
    lambda optimizer, lib: setattr(
        optimizer.param_groups[0]["params"][1], "data", optimizer.param_groups[0]["params"][0].data[1]
    ),  # they share memory: both updates count
]  # fmt: skip


@pytest.mark.parametrize("change", CHANGES)
def test_what_a_program_changes_between_steps_counts(change: Callable[[Any, Any], Any]) -> None:
    pair, ours, theirs = pair_of("Adam", lr=0.1)
    steps(pair, ours, theirs)
    change(ours, mgx)
    change(theirs, torch)
    steps(pair, ours, theirs, 3)


def test_momentum_may_be_switched_on_later() -> None:
    pair, ours, theirs = pair_of("SGD", lr=0.1)
    steps(pair, ours, theirs)
    for optimizer in (ours, theirs):
        optimizer.param_groups[0]["momentum"] = 0.9
    steps(pair, ours, theirs, 3)


def test_a_parameter_that_comes_twice_is_updated_twice() -> None:
    pair = Pair([(3,), (2,)], "float32")
    made = []
    for params, lib in ((pair.ours, optim), (pair.theirs, torch.optim)):
        with pytest.warns(UserWarning, match="a parameter group with duplicate parameters"):
            made.append(lib.Adam([params[0], params[1], params[0]], lr=0.1))
    steps(pair, *made, 3)


def test_gradients_are_only_read() -> None:
    for shape in [(3,), (300, 300)]:
        x = mgx.ones(shape, requires_grad=True)
        x.grad = mgx.full(shape, 2.0)
        optimizer = optim.SGD([x], lr=0.1, momentum=0.9, weight_decay=0.5, maximize=True)
        for _ in range(3):
            optimizer.step()
        assert (x.grad.numpy() == 2.0).all()
        assert not np.shares_memory(optimizer.state[x]["momentum_buffer"].numpy(), x.grad.numpy())


def test_a_gradient_of_another_shape_is_an_error() -> None:
    x = mgx.ones(2, 3, requires_grad=True)
    x.grad = mgx.ones(2, 3)
    x.data = mgx.ones(3, 2)
    with pytest.raises(RuntimeError, match=r"expected a gradient of shape \(3, 2\), as its parameter, got \(2, 3\)"):
        optim.Adam([x]).step()


def test_whole_numbers_cannot_be_optimized() -> None:
    x = mgx.tensor([1, 2])
    x.grad = mgx.tensor([1, 2])
    with pytest.raises(TypeError, match="step: expected parameters of a floating dtype, got int64"):
        optim.SGD([x]).step()


@pytest.mark.parametrize("name", ["Adafactor", "Muon"])
def test_matrices_without_gradient_rest(name: str) -> None:
    x, y = mgx.ones(2, 2, requires_grad=True), mgx.ones(2, 2, requires_grad=True)
    x.grad = mgx.eye(2)
    optimizer = getattr(optim, name)([x, y])
    optimizer.step()
    assert list(optimizer.state) == [x]
    assert y.tolist() == [[1.0, 1.0], [1.0, 1.0]]


@pytest.mark.parametrize("lib", [mgx, torch])
def test_what_retains_its_gradient_may_be_optimized(lib: Any) -> None:
    x = lib.ones(2, requires_grad=True) * 2
    x.retain_grad()
    (x * x).sum().backward()
    with lib.no_grad():
        lib.optim.SGD([x], lr=0.25).step()
    assert x.tolist() == [1.0, 1.0]


def test_a_number_that_was_computed_is_optimized() -> None:
    x = (mgx.tensor(2.0) * 3).requires_grad_()
    loss = x * x
    x.grad = mgx.tensor(1.0)
    optim.SGD([x], lr=0.5).step()
    assert x.item() == 5.5
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        loss.backward()


@pytest.mark.parametrize("shape", [(), (3,)])
def test_a_graph_from_before_the_step_is_out_of_date(shape: tuple[int, ...]) -> None:
    for lib, algorithms in BOTH:
        x = lib.full(shape, 2.0, requires_grad=True)
        loss = (x * x).sum()
        loss.backward(retain_graph=True)
        algorithms.SGD([x], lr=0.1).step()
        with pytest.raises(RuntimeError, match="modified by an inplace operation"):
            loss.backward()


def test_a_closure_is_called_with_recording_on() -> None:
    x = mgx.tensor([3.0], requires_grad=True)
    optimizer = optim.SGD([x], lr=0.25)

    def closure() -> Any:
        optimizer.zero_grad()
        loss = (x * x).sum()
        loss.backward()
        return loss

    with mgx.no_grad():
        assert optimizer.step(closure).item() == 9.0
        assert not mgx.is_grad_enabled()
    assert x.tolist() == [1.5]


def test_zero_grad() -> None:
    x = mgx.ones(3, requires_grad=True)
    optimizer = optim.SGD([x, mgx.ones(1)])
    (x * x).sum().backward(create_graph=True)
    assert x.grad.requires_grad
    optimizer.zero_grad(set_to_none=False)
    assert x.grad.tolist() == [0.0, 0.0, 0.0]
    assert not x.grad.requires_grad
    (x * x).sum().backward()
    grad = x.grad
    optimizer.zero_grad(set_to_none=False)
    assert x.grad is grad
    assert grad.tolist() == [0.0, 0.0, 0.0]
    optimizer.zero_grad()
    assert x.grad is None


# ------------------------------------------------------------- saving and loading


@pytest.mark.parametrize("name", NAMES)
def test_goes_on_from_a_saved_state(name: str) -> None:
    pair, ours, theirs = pair_of(name, lr=0.1)
    steps(pair, ours, theirs, 3)
    saved = pickle.loads(pickle.dumps(ours.state_dict()))
    before = [p.detach().clone() for p in pair.ours]
    steps(pair, ours, theirs, 1)
    after = [p.detach().numpy().copy() for p in pair.ours]
    again = [b.clone().requires_grad_() for b in before]
    for p, q in zip(again, pair.ours):
        p.grad = q.grad
    resumed = getattr(optim, name)(again)
    resumed.load_state_dict(saved)
    resumed.step()
    for p, expected in zip(again, after):
        np.testing.assert_array_equal(p.detach().numpy(), expected)
    assert repr(resumed) == repr(ours)


def test_a_loaded_state_is_a_copy_in_the_parameters_dtype() -> None:
    x = mgx.ones(2, requires_grad=True)
    x.grad = mgx.ones(2)
    first = optim.Adam([x])
    first.step()
    saved = first.state_dict()
    y = mgx.ones(2, dtype=mgx.float64, requires_grad=True)
    second = optim.Adam([y])
    second.load_state_dict(saved)
    assert second.state[y]["exp_avg"].dtype is mgx.float64
    assert second.state[y]["step"].dtype is mgx.float32
    second.state[y]["step"].fill_(9.0)
    assert first.state[x]["step"].item() == 1.0


def test_copies_are_independent() -> None:
    x = mgx.ones(2, requires_grad=True)
    x.grad = mgx.ones(2)
    first = optim.Adam([x], lr=0.5)
    first.step()
    second = copy.deepcopy(first)
    (y,) = second.param_groups[0]["params"]
    y.grad = mgx.ones(2)
    second.step()
    assert x.tolist() == pytest.approx([0.5, 0.5])
    assert y.tolist() == pytest.approx([0.0, 0.0], abs=1e-6)
    assert first.state[x]["step"].item() == 1.0
    assert second.state[y]["step"].item() == 2.0


def test_names_of_parameters_are_kept() -> None:
    for lib, algorithms in BOTH:
        x = lib.ones(2, requires_grad=True)
        optimizer = algorithms.SGD([("weight", x)])
        assert optimizer.param_groups[0]["param_names"] == ["weight"]
        saved = optimizer.state_dict()
        del saved["param_groups"][0]["param_names"]
        optimizer.load_state_dict(saved)
        assert optimizer.param_groups[0]["param_names"] == ["weight"]


def test_a_state_that_lacks_an_option_gets_the_default() -> None:
    optimizer = optim.Adam([mgx.ones(1, requires_grad=True)])
    saved = optimizer.state_dict()
    del saved["param_groups"][0]["maximize"]
    optimizer.load_state_dict(saved)
    assert optimizer.param_groups[0]["maximize"] is False


@pytest.mark.parametrize("name", [*NAMES, "Adagrad", "Adadelta", "Adamax", "RAdam", "Adafactor", "LBFGS"])
def test_a_state_goes_from_pytorch_to_here_and_back(name: str) -> None:
    """Half of a training here, the other half there."""

    def tensors_of(lib: Any, value: Any) -> Any:
        if isinstance(value, (mgx.Tensor, torch.Tensor)):
            return lib.tensor(value.numpy().copy())
        if isinstance(value, dict):
            return {k: tensors_of(lib, v) for k, v in value.items()}
        return [tensors_of(lib, v) for v in value] if isinstance(value, list) else value

    options: dict[str, Any] = {"lr": 0.1}
    options |= {"max_iter": 2} if name == "LBFGS" else {"weight_decay": 0.1} if name != "Rprop" else {}
    options |= {"momentum": 0.9} if name in ("SGD", "RMSprop") else {}
    ends = []
    for libs in ((mgx, torch), (torch, mgx), (torch, torch)):
        values, state = [np.arange(6.0).reshape(2, 3), np.ones(2)], None
        for lib in libs:
            params = [lib.tensor(v, requires_grad=True) for v in values]
            optimizer = getattr(lib.optim, name)(params, **(options if state is None else {}))
            if state is not None:
                optimizer.load_state_dict(tensors_of(lib, state))

            def closure(optimizer: Any = optimizer, params: Any = params) -> Any:
                optimizer.zero_grad()
                loss = sum(((p - 0.3) ** 4).sum() for p in params)
                loss.backward()
                return loss

            for _ in range(5):
                optimizer.step(closure)
            values, state = [p.detach().numpy().copy() for p in params], optimizer.state_dict()
        ends.append(np.concatenate(values, None))
    tolerance = 1e-5 if name in ("NAdam", "ASGD") else 1e-9  # some of their numbers are float32
    np.testing.assert_allclose(ends[0], ends[2], tolerance)
    np.testing.assert_allclose(ends[1], ends[2], tolerance)


def test_the_whole_optimizer_is_pickled_with_its_parameters() -> None:
    for lib, algorithms in BOTH:
        x = leaf(lib)
        optimizer = algorithms.Adam([x], lr=0.1)
        optimizer.register_step_pre_hook(print)
        x.grad = lib.ones(2)
        second = pickle.loads(pickle.dumps(optimizer))
        (y,) = second.param_groups[0]["params"]
        y.grad = lib.ones(2)
        second.step()
        assert x.tolist() == [1.0, 1.0]
        assert y.tolist() == pytest.approx([0.9, 0.9])
        assert repr(second) == repr(optimizer)


@pytest.mark.parametrize("name", ["SGD", "Adam", "Adagrad", "RMSprop", "Adafactor", "LBFGS"])
def test_memory_in_another_order_and_gradients_that_are_views(name: str) -> None:
    ends = []
    for lib, algorithms in BOTH:
        x = lib.arange(6.0).reshape(2, 3).t().detach().requires_grad_(True)
        y = lib.ones(3, requires_grad=True)
        z = lib.ones(2, dtype=lib.float64, requires_grad=True)
        optimizer = getattr(algorithms, name)([x, y, z] if name != "LBFGS" else [x, y], lr=0.1)
        for i in range(1, 4):
            table = lib.arange(12.0).reshape(3, 4).sin() * i
            x.grad, y.grad, z.grad = table[:, ::2], lib.ones(()).expand(3), table[1, 1:3].double()
            optimizer.step(partial(lib.tensor, 1.0))
            assert table[1, 1].item() == pytest.approx(math.sin(5) * i)
        ends.append([p.detach().numpy() for p in (x, y, z)])
    for a, b in zip(*ends):
        np.testing.assert_allclose(a, b, 1e-5)


def test_a_learning_rate_that_is_a_tensor_may_be_changed_in_place() -> None:
    for lib, algorithms in BOTH:
        x, lr = leaf(lib), lib.tensor(0.5)
        x.grad = lib.ones(2)
        optimizer = algorithms.SGD([x], lr=lr)
        optimizer.step()
        lr.fill_(0.25)
        optimizer.step()
        assert x.tolist() == [0.25, 0.25]


def test_adagrad_has_a_state_from_the_beginning() -> None:
    for lib, algorithms in BOTH:
        x = leaf(lib)
        optimizer = algorithms.Adagrad([x], initial_accumulator_value=0.5)
        assert {k: v.tolist() for k, v in optimizer.state[x].items()} == {"step": 0.0, "sum": [0.5, 0.5]}


def test_what_diverges_becomes_nan_without_a_warning() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        warnings.filterwarnings("ignore", category=RuntimeWarning, module=r"microgradx\.")  # as the package does
        for name in (*NAMES, "Adafactor", "Muon", "LBFGS"):
            x = mgx.tensor([[1e38, -1.0]], requires_grad=True)
            optimizer = getattr(optim, name)([x], lr=0.1)
            for g in ([1e38, 1.0], [math.inf, 0.0], [-math.inf, math.nan], [0.0, 0.0]):
                x.grad = mgx.tensor([g])
                optimizer.step(lambda: mgx.tensor(1.0))


# ------------------------------------------------------------- errors


def leaf(lib: Any) -> Any:
    return lib.ones(2, requires_grad=True)


def matrix(lib: Any) -> Any:
    x = lib.ones(2, 2, requires_grad=True)
    x.grad = lib.ones(2, 2)
    return x


def required_of(lib: Any) -> Any:
    return importlib.import_module(lib.__name__ + ".optim.optimizer").required


def vector_for_muon(lib: Any, algorithms: Any) -> None:
    optimizer, x = algorithms.Muon([matrix(lib)]), leaf(lib)
    optimizer.add_param_group({"params": [x]})
    x.grad = lib.ones(x.shape)
    optimizer.step()


WRONG: list[Callable[[Any, Any], Any]] = [
    lambda lib, o: o.SGD([], lr=0.1),
    lambda lib, o: o.SGD(leaf(lib), lr=0.1),
    lambda lib, o: o.SGD([1.0], lr=0.1),
    lambda lib, o: o.SGD([leaf(lib) * 2], lr=0.1),
    lambda lib, o: o.SGD([{"params": {leaf(lib)}}]),
    lambda lib, o: o.SGD([leaf(lib)]).add_param_group([leaf(lib)]),
    lambda lib, o: o.SGD([("a", leaf(lib)), leaf(lib)]),
    lambda lib, o: o.SGD([leaf(lib)]).add_param_group({"params": [("a", leaf(lib))]}),
    lambda lib, o: (lambda x: o.SGD([{"params": [x]}, {"params": [x]}]))(leaf(lib)),
    lambda lib, o: o.SGD([leaf(lib)]).load_state_dict({"state": {}, "param_groups": []}),
    lambda lib, o: o.SGD([leaf(lib)]).load_state_dict({"state": {}, "param_groups": [{"params": [0, 1]}]}),
    lambda lib, o: o.SGD([leaf(lib)], fused=True, foreach=True),
    lambda lib, o: o.SGD([leaf(lib)], lr=-1.0),
    lambda lib, o: o.SGD([leaf(lib)], momentum=-1.0),
    lambda lib, o: o.SGD([leaf(lib)], weight_decay=-1.0),
    lambda lib, o: o.SGD([leaf(lib)], nesterov=True),
    lambda lib, o: o.Adam([leaf(lib)], lr=-1.0),
    lambda lib, o: o.Adam([leaf(lib)], eps=-1.0),
    lambda lib, o: o.Adam([leaf(lib)], betas=(1.0, 0.9)),
    lambda lib, o: o.Adam([leaf(lib)], betas=(0.9, -0.1)),
    lambda lib, o: o.Adam([leaf(lib)], betas=(0, 0.9)),
    lambda lib, o: o.Adam([leaf(lib)], betas=(lib.tensor(0.5), 0.9)),
    lambda lib, o: o.Adam([leaf(lib)], lr=lib.tensor(0.1), foreach=True),
    lambda lib, o: o.Adam([leaf(lib)], fused=True, differentiable=True),
    lambda lib, o: o.SGD([leaf(lib)], lr=lib.tensor([0.1, 0.2])),
    lambda lib, o: o.SGD([leaf(lib)], lr=lib.tensor(-0.5)),
    lambda lib, o: o.LBFGS([leaf(lib)], lr=-1),
    lambda lib, o: o.Optimizer([leaf(lib)], {"lr": required_of(lib)}),
    lambda lib, o: setattr(leaf(lib), "grad", lib.ones(3)),
    lambda lib, o: o.AdamW([leaf(lib)], weight_decay=-0.1),
    lambda lib, o: o.Adafactor([leaf(lib)], lr=-1.0),
    lambda lib, o: o.Adafactor([leaf(lib)], beta2_decay=0.1),
    lambda lib, o: o.Adafactor([leaf(lib)], eps=(-1.0, 0.1)),
    lambda lib, o: o.Adafactor([leaf(lib)], eps=(None, -1.0)),
    lambda lib, o: o.Adafactor([leaf(lib)], d=0.9),
    lambda lib, o: o.Adafactor([leaf(lib)], weight_decay=-0.1),
    lambda lib, o: o.Muon([leaf(lib)]),
    lambda lib, o: vector_for_muon(lib, o),
    lambda lib, o: o.Muon([matrix(lib)], lr=-1),
    lambda lib, o: o.Muon([matrix(lib)], momentum=-1),
    lambda lib, o: o.Muon([matrix(lib)], weight_decay=-1),
    lambda lib, o: o.Muon([matrix(lib)], adjust_lr_fn="rms"),
    lambda lib, o: o.Muon([matrix(lib)], ns_steps=100).step(),
    lambda lib, o: o.Muon([matrix(lib)], ns_coefficients=(1, 2)).step(),
    lambda lib, o: o.Adagrad([leaf(lib)], lr_decay=-0.1),
    lambda lib, o: o.Adagrad([leaf(lib)], initial_accumulator_value=-0.1),
    lambda lib, o: o.RMSprop([leaf(lib)], alpha=-0.1),
    lambda lib, o: o.RMSprop([leaf(lib)], momentum=-0.1),
    lambda lib, o: o.Adadelta([leaf(lib)], rho=1.1),
    lambda lib, o: o.Adamax([leaf(lib)], betas=(2.0, 0.9)),
    lambda lib, o: o.NAdam([leaf(lib)], momentum_decay=-0.1),
    lambda lib, o: o.RAdam([leaf(lib)], eps=-0.1),
    lambda lib, o: o.Rprop([leaf(lib)], etas=(1.1, 1.2)),
    lambda lib, o: o.ASGD([leaf(lib)], weight_decay=-1),
]


@pytest.mark.parametrize("make", WRONG)
def test_errors_are_pytorchs(make: Callable[[Any, Any], Any]) -> None:
    caught = []
    for lib, algorithms in BOTH:
        with pytest.raises((ValueError, TypeError, RuntimeError)) as error:
            make(lib, algorithms)
        caught.append((error.type, str(error.value)))
    assert caught[0] == caught[1]


@pytest.mark.parametrize("option", ["differentiable", "capturable"])
def test_what_cannot_be_is_refused(option: str) -> None:
    with pytest.raises(NotImplementedError, match=f"Adam: expected {option}=False, got True"):
        optim.Adam([leaf(mgx)], **{option: True})
    with pytest.raises(NotImplementedError, match=f"Adam: expected {option}=False, got True"):
        optim.Adam([{"params": [leaf(mgx)], option: True}])


# ------------------------------------------------------------- hooks


@pytest.mark.parametrize(("lib", "algorithms"), BOTH)
def test_hooks_run_around_everything(lib: Any, algorithms: Any) -> None:
    log: list[str] = []
    x = leaf(lib)
    x.grad = lib.ones(2)
    optimizer = algorithms.SGD([x], lr=0.1)
    handles = [
        optimizer.register_step_pre_hook(lambda o, args, kwargs: log.append("before")),
        optimizer.register_step_post_hook(lambda o, args, kwargs: log.append("after")),
        optimizer.register_state_dict_pre_hook(lambda o: log.append("saving")),
        optimizer.register_state_dict_post_hook(lambda o, state: {**state, "more": 1}),
        optimizer.register_load_state_dict_pre_hook(lambda o, state: log.append("loading")),
        optimizer.register_load_state_dict_post_hook(lambda o: log.append("loaded")),
        optimizer.register_load_state_dict_post_hook(lambda o: log.append("first"), prepend=True),
    ]
    optimizer.step()
    state = optimizer.state_dict()
    assert state["more"] == 1
    optimizer.load_state_dict(state)
    assert log == ["before", "after", "saving", "loading", "first", "loaded"]
    optimizer.step()
    assert log[-2:] == ["before", "after"]
    for handle in handles:
        handle.remove()
    optimizer.step()
    optimizer.load_state_dict(optimizer.state_dict())
    assert len(log) == 8


@pytest.mark.parametrize("lib", [mgx, torch])
def test_hooks_of_all_optimizers(lib: Any) -> None:
    log: list[str] = []
    module = importlib.import_module(lib.__name__ + ".optim.optimizer")
    optimizer = lib.optim.SGD([leaf(lib)])
    optimizer.register_step_pre_hook(lambda *args: log.append("its own before"))
    optimizer.register_step_post_hook(lambda *args: log.append("its own after"))
    handles = [
        module.register_optimizer_step_pre_hook(lambda o, args, kwargs: log.append("before")),
        module.register_optimizer_step_post_hook(lambda o, args, kwargs: log.append("after")),
    ]
    optimizer.step()
    for handle in handles:
        handle.remove()
    optimizer.step()
    assert log == ["before", "its own before", "its own after", "after", "its own before", "its own after"]


@pytest.mark.parametrize(("lib", "algorithms"), BOTH)
def test_hooks_of_a_users_optimizer(lib: Any, algorithms: Any) -> None:
    class Times(algorithms.Optimizer):  # type: ignore[misc]
        def __init__(self, params: Any) -> None:
            super().__init__(params, {"factor": 2.0})

        def step(self, factor: float = 1.0) -> float:
            with lib.no_grad():
                for group in self.param_groups:
                    for p in group["params"]:
                        p.mul_(factor)
            return factor

    x = leaf(lib)
    optimizer = Times([x])
    assert optimizer.step(3.0) == 3.0
    optimizer.register_step_pre_hook(lambda o, args, kwargs: (args, {"factor": 5.0}))
    assert optimizer.step() == 5.0
    assert x.tolist() == [15.0, 15.0]
    optimizer.register_step_pre_hook(lambda o, args, kwargs: 3)
    with pytest.raises(RuntimeError, match="must return None or a tuple"):
        optimizer.step()


@pytest.mark.parametrize(("lib", "algorithms"), BOTH)
def test_step_is_for_subclasses(lib: Any, algorithms: Any) -> None:
    with pytest.raises(NotImplementedError):
        algorithms.Optimizer([leaf(lib)], {}).step()


def test_large_and_small_parameters_learn_together() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        target = mgx.linspace(-1, 1, 20_000)
        x, scale = mgx.zeros(20_000, requires_grad=True), mgx.tensor(0.5, requires_grad=True)
        optimizer = optim.Adam([x, scale], lr=0.05)
        for _ in range(100):
            optimizer.zero_grad()
            loss = ((x * scale - target) ** 2).mean()
            loss.backward()
            optimizer.step()
    assert loss.item() < 1e-3


def test_the_state_is_in_the_order_of_the_parameters() -> None:
    """Also if they are not updated in that order: small ones are joined."""
    parameters = [mgx.ones(n, requires_grad=True) for n in (1, 20_000, 2)]
    for p in parameters:
        p.grad = mgx.ones(p.shape)
    optimizer = optim.Adam(parameters)
    optimizer.step()
    assert list(optimizer.state_dict()["state"]) == [0, 1, 2]
