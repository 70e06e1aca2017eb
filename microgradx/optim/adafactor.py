"""Adafactor."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from microgradx.creation import full, zeros
from microgradx.graph import Array, own_memory
from microgradx.memory import mark_written
from microgradx.optim.optimizer import Group, Optimizer, check_lr, evaluate


class Adafactor(Optimizer):
    """An Adam that needs little memory: of the mean squares of a matrix it keeps those of rows and columns only.

    What it takes for the mean square of an element is the product of those of its row and its column, divided by
    that of all. Parameters with one dimension keep a mean square for each element. At step t::

        β ← 1 - t^beta2_decay
        v ← β·v + (1 - β)·g²              # or of the rows' and columns' means of g²
        u ← g / √v
        u ← u / max(1, rms(u) / d)        # rms: the root of the mean square
        x ← x - lr·weight_decay·x
        x ← x - max(eps2, rms(x)) · min(lr, 1/√t) · u

    Args:
        params: Tensors to optimize, or dicts of parameter groups.
        lr: The largest step size, relative to the size of ``x``.
        beta2_decay: Power with which the share of a new gradient falls.
        eps: The smallest ``√v`` (by default the dtype's epsilon), and the smallest size of ``x``.
        d: Updates with a larger root mean square are clipped to it.
        weight_decay: Part of ``x`` that goes per step, in units of ``lr``.
        foreach: Accepted, without effect.
        maximize: Climb instead.

    Raises: ValueError: an option out of range.
    Source: Shazeer and Stern, "Adafactor: Adaptive Learning Rates with Sublinear Memory Cost", 2018; matches
        ``torch.optim.Adafactor``.

    Example:
        >>> x = mgx.tensor([[100.0, -1.0]], requires_grad=True)
        >>> optimizer = mgx.optim.Adafactor([x], lr=0.1)
        >>> (x * x).sum().backward()
        >>> optimizer.step()
        >>> x
        tensor([[92.9286,  6.0714]], requires_grad=True)
    """

    def __init__(
        self,
        params: Iterable[Any],
        lr: Any = 1e-2,
        beta2_decay: float = -0.8,
        eps: tuple[float | None, float] = (None, 1e-3),
        d: float = 1.0,
        weight_decay: float = 0.0,
        *,
        foreach: bool | None = None,
        maximize: bool = False,
    ) -> None:
        check_lr(lr, "Learning rate should be >= 0 but is: {}")
        if not beta2_decay <= 0.0:
            raise ValueError(f"beta2_decay should be <= 0 but is: {beta2_decay}")
        if eps[0] is not None and not eps[0] >= 0.0:
            raise ValueError(f"epsilon1 should be >= 0 but is: {eps[0]}")
        if not eps[1] >= 0.0:
            raise ValueError(f"epsilon2 should be >= 0 but is: {eps[1]}")
        if not d >= 1.0:
            raise ValueError(f"Clipping threshold d should be >= 1 but is: {d}")
        if not weight_decay >= 0.0:
            raise ValueError(f"weight_decay should be >= 0 but is: {weight_decay}")
        defaults = {
            "lr": lr, "beta2_decay": beta2_decay, "eps": eps, "d": d, "weight_decay": weight_decay,
            "foreach": foreach, "maximize": maximize,
        }  # fmt: skip
        super().__init__(params, defaults)

    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        loss = evaluate(closure)
        for group in self.param_groups:
            smallest = group["eps"][0]
            for p in group["params"]:
                if p.grad is None:
                    continue
                if smallest is None:  # as in PyTorch, that of the group's first parameter
                    smallest = float(np.finfo(p.array.dtype).eps)
                self._update(p, group, smallest)
        return loss

    def _update(self, p: Any, group: Group, smallest: float) -> None:
        g: Array = -p.grad.array if group["maximize"] else p.grad.array
        state = self.state[p]
        if not state:
            state["step"] = full((), 0.0)
            names = ("row_var", "col_var") if g.ndim > 1 else ("variance",)
            for axis, name in zip((-1, -2), names):
                shape = list(g.shape)
                if g.ndim > 1:
                    shape[axis] = 1
                state[name] = zeros(shape, dtype=p.grad.dtype)
        step = float(state["step"]) + 1
        state["step"].fill_(step)
        lr, new = float(group["lr"]), step ** group["beta2_decay"]
        x = own_memory(p)
        alpha = max(group["eps"][1], _root_mean_square(x)) * min(lr, 1 / step**0.5)
        if group["weight_decay"] != 0:
            x *= 1 - lr * group["weight_decay"]
        if g.ndim > 1:
            rows, columns = (
                _mixed(state[name], _mean(g * g, axis), new) for name, axis in (("row_var", -1), ("col_var", -2))
            )
            v = rows @ columns / np.maximum(_mean(rows, -2), smallest)
        else:
            v = _mixed(state["variance"], g * g, new)
        update = g / np.sqrt(np.maximum(v, smallest * smallest))
        x -= alpha / max(1.0, _root_mean_square(update) / group["d"]) * update
        mark_written(x)


def _mixed(mean: Any, value: Array, new: float) -> Array:
    """A running mean, which gets the part ``new`` of a value."""
    array = own_memory(mean)
    array += new * (value - array)
    mark_written(array)
    return array


def _mean(x: Array, axis: int) -> Array:
    total: Array = np.add.reduce(x, axis, keepdims=True)
    return total / x.shape[axis]


def _root_mean_square(x: Array) -> float:
    return math.sqrt(np.add.reduce(x * x, None)) / math.sqrt(x.size)
