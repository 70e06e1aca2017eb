"""What all public operations share: the names of NumPy for ``dim`` and ``keepdim``, as in PyTorch."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

import microgradx as mgx
from microgradx.ops.face import METHODS

VALUES = np.random.default_rng(0).normal(size=(3, 4)).astype("float32")
OPTIONS: dict[str, dict[str, Any]] = {
    "chunk": {"chunks": 2},
    "gather": {"index": [[0], [1], [2]]},
    "index_select": {"index": [0, 2]},
    "narrow": {"start": 1, "length": 2},
    "select": {"index": 1},
    "topk": {"k": 2},
    "unflatten": {"sizes": (2, 2)},
}  # fmt: skip
KEEPING = [
    "all",
    "amax",
    "amin",
    "any",
    "argmax",
    "logsumexp",
    "max",
    "mean",
    "median",
    "min",
    "prod",
    "std",
    "sum",
    "var",
]
ALONG = [*KEEPING, "argsort", "cumprod", "cumsum", "log_softmax", "softmax", "sort", "squeeze", "unbind", "unsqueeze"]


def result(lib: Any, name: str, method: bool, **options: Any) -> Any:
    x = lib.tensor(VALUES)
    given = {k: lib.tensor(v) if isinstance(v, list) else v for k, v in OPTIONS.get(name, {}).items()}
    out = getattr(x, name)(**given, **options) if method else getattr(lib, name)(x, **given, **options)
    return [t.tolist() for t in out] if isinstance(out, (tuple, list)) else out.tolist()


@pytest.mark.parametrize("method", [False, True])
@pytest.mark.parametrize("name", [*ALONG, *OPTIONS])
def test_axis_is_dim(name: str, method: bool) -> None:
    if (name, method) == ("unflatten", True):
        return  # a Python function in PyTorch
    assert result(mgx, name, method, axis=1) == result(mgx, name, method, dim=1)
    np.testing.assert_allclose(*map(flat, (result(lib, name, method, axis=1) for lib in (mgx, torch))), 1e-6)


@pytest.mark.parametrize("method", [False, True])
@pytest.mark.parametrize("name", KEEPING)
def test_keepdims_is_keepdim(name: str, method: bool) -> None:
    ours, theirs = (flat(result(lib, name, method, axis=0, keepdims=True)) for lib in (mgx, torch))
    assert ours.shape == theirs.shape
    np.testing.assert_allclose(ours, theirs, 1e-6)


def flat(value: Any) -> Any:
    return np.asarray(value, "float64") if not isinstance(value, list) or value else value


@pytest.mark.parametrize("name", ["cat", "stack"])
def test_joining(name: str) -> None:
    assert (
        getattr(mgx, name)([mgx.ones(2, 1)] * 2, axis=1).shape
        == getattr(torch, name)([torch.ones(2, 1)] * 2, axis=1).shape
    )


@pytest.mark.parametrize("lib", [mgx, torch])
def test_what_stays_an_error(lib: Any) -> None:
    x = lib.ones(2, 3)
    for call in (
        lambda: x.sum(dim=1, axis=1),
        lambda: x.sum(1, axis=1),
        lambda: x.norm(axis=1),
        lambda: x.exp(axis=1),
        lambda: lib.nn.functional.softmax(x, axis=1),
    ):
        with pytest.raises(TypeError):
            call()


def test_in_place_variants_take_them_too() -> None:
    x = mgx.ones(2, 2)
    x.cumsum_(axis=0)
    assert x.tolist() == [[1.0, 1.0], [2.0, 2.0]]
    assert METHODS["sum"].__name__ == "sum"
