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


def test_no_tensor_is_one_of_a_gpu():
    assert not isinstance(mgx.ones(1), mgx.cuda.FloatTensor)


def test_the_callers_generator_is_left_alone():
    before = mgx.get_rng_state().tolist()
    mgx.cuda.manual_seed_all(7)
    assert mgx.get_rng_state().tolist() == before
