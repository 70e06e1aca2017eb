"""Parameters here and in PyTorch, side by side."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

import microgradx as mgx

SHAPES = [(3, 4), (4,), (), (2, 1, 3), (0, 2), (1,)]


class Pair:
    """The same parameters here and in PyTorch, which get the same gradients."""

    def __init__(self, shapes: list[tuple[int, ...]], dtype: str, seed: int = 0) -> None:
        self.random = np.random.default_rng(seed)
        values = [np.asarray(self.random.normal(size=s)).astype(dtype) for s in shapes]
        self.ours = [mgx.tensor(v, requires_grad=True) for v in values]
        self.theirs = [torch.tensor(v, requires_grad=True) for v in values]

    def set_gradients(self, without: tuple[int, ...] = ()) -> None:
        for i, (p, q) in enumerate(zip(self.ours, self.theirs)):
            g = np.asarray(self.random.normal(size=p.shape)).astype(p.array.dtype)
            p.grad = None if i in without else mgx.tensor(g)
            q.grad = None if i in without else torch.tensor(g)

    def compare(self, ours: Any, theirs: Any, rtol: float) -> None:
        for p, q in zip(self.ours, self.theirs):
            np.testing.assert_allclose(p.detach().numpy(), q.detach().numpy(), rtol, rtol)
        a, b = ours.state_dict(), theirs.state_dict()
        assert a["state"].keys() == b["state"].keys()
        for i, state in b["state"].items():
            assert list(a["state"][i]) == list(state)
            for name, value in state.items():
                assert isinstance(a["state"][i][name], mgx.Tensor)
                assert a["state"][i][name].shape == value.shape
                np.testing.assert_allclose(a["state"][i][name].numpy(), value.numpy(), rtol, rtol)
        for group, other in zip(a["param_groups"], b["param_groups"], strict=True):
            assert {**group, "lr": float(group["lr"])} == {**other, "lr": float(other["lr"])}
        assert repr(ours) == repr(theirs)
