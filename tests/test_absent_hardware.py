"""What scripts ask about GPUs has PyTorch's answers on a machine without one."""

import importlib

import pytest
import torch

import microgradx as mgx


def answers(library, path, name, *args):
    module = importlib.import_module(f"{library.__name__}.{path}")
    try:
        return getattr(module, name)(*args)
    except Exception as error:
        return type(error), str(error).split(";")[0].rstrip(".")


CALLS = [
    *(("cuda", name) for name in mgx.cuda.__all__ if name not in ("set_device", "manual_seed", "manual_seed_all")),
    *(("accelerator", name) for name in mgx.accelerator.__all__),
    ("cuda", "manual_seed", 3), ("cuda", "manual_seed_all", 3), ("cuda", "FloatTensor", [1.0]), ("cuda", "LongTensor", 2),
    ("backends.cudnn", "is_available"), ("backends.cudnn", "version"), ("backends.mps", "is_available"),
    ("backends.mps", "is_built"), ("backends.cuda", "is_built"),
]  # fmt: skip


@pytest.mark.parametrize("call", CALLS, ids=lambda call: ".".join(map(str, call[:2])))
def test_answers_are_pytorchs(call):
    path, name, *args = call
    if name == "get_device_properties":
        args = [0]
    assert answers(mgx, path, name, *args) == answers(torch, path, name, *args)


def test_switches_have_pytorchs_defaults_and_can_be_set(monkeypatch):
    for name in ("benchmark", "deterministic", "enabled", "allow_tf32"):
        assert getattr(mgx.backends.cudnn, name) is getattr(torch.backends.cudnn, name)
    assert mgx.backends.cuda.matmul.allow_tf32 is torch.backends.cuda.matmul.allow_tf32
    monkeypatch.setattr(mgx.backends.cudnn, "benchmark", True)


def of_library(library, call):
    try:
        return call(library)
    except Exception as error:
        return type(error), str(error).partition(" There is one")[0]


@pytest.mark.parametrize(
    "call",
    [
        lambda lib: lib.nn.parallel.DistributedDataParallel(lib.nn.Linear(1, 1)),
        lambda lib: lib.distributed.get_rank(),
        lambda lib: lib.distributed.get_world_size(),
        lambda lib: lib.distributed.is_initialized(),
        lambda lib: lib.get_float32_matmul_precision(),
        lambda lib: (lib.set_float32_matmul_precision("high"), lib.get_float32_matmul_precision()),
        lambda lib: lib.set_float32_matmul_precision("highest"),
        lambda lib: lib.are_deterministic_algorithms_enabled(),
        lambda lib: (lib.use_deterministic_algorithms(True), lib.are_deterministic_algorithms_enabled()),
        lambda lib: lib.use_deterministic_algorithms(False, warn_only=True),
        lambda lib: (lib.are_deterministic_algorithms_enabled(), lib.is_deterministic_algorithms_warn_only_enabled()),
        lambda lib: lib.use_deterministic_algorithms(False),
        lambda lib: lib.set_num_threads(0),
        lambda lib: lib.set_num_threads(2.0),
        lambda lib: (lib.set_num_threads(2), lib.get_num_threads()),
        lambda lib: lib.set_num_threads(1),
    ],
)
def test_switches_and_processes(call):
    assert of_library(mgx, call) == of_library(torch, call)


def test_there_are_no_other_processes():
    assert not mgx.distributed.is_available()
    with pytest.raises(RuntimeError, match="expected several processes"):
        mgx.distributed.init_process_group("gloo")
    with pytest.raises(ValueError, match="has not been initialized"):
        mgx.distributed.destroy_process_group()
    with pytest.raises(TypeError, match="must be bool, not int"):
        mgx.use_deterministic_algorithms(1)
    with pytest.warns(UserWarning, match="low is not one of 'highest', 'high', or 'medium'"):
        mgx.set_float32_matmul_precision("low")


def test_no_tensor_is_one_of_a_gpu():
    assert not isinstance(mgx.ones(1), mgx.cuda.FloatTensor)


def test_the_callers_generator_is_left_alone():
    before = mgx.get_rng_state().tolist()
    mgx.cuda.manual_seed_all(7)
    assert mgx.get_rng_state().tolist() == before


def test_the_default_device():
    for m in (torch, mgx):
        m.set_default_device("cpu")
        assert str(m.get_default_device()) == "cpu"
        m.set_default_device(None)
    with pytest.raises(RuntimeError, match="expected 'cpu'"):
        mgx.set_default_device("cuda")
