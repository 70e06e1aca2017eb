"""Adadelta."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from microgradx.graph import Array
from microgradx.optim.elementwise import Elementwise, Rule
from microgradx.optim.optimizer import Group, check_lr, check_option


class Adadelta(Elementwise):
    """Steps have the units of ``x`` by themselves: the size of recent steps over that of recent gradients.

    ``x ← x - lr·d`` with ``d = g · √(u + eps) / √(v + eps)``; ``v`` and ``u`` are running means of ``g²`` and ``d²``.

    Args:
        params: Tensors to optimize, or dicts of parameter groups.
        lr: Factor of the step, without unit.
        rho: How much of the running means is kept at each step.
        eps: Gets the first step going.
        weight_decay: Factor of ``x`` that is added to the gradient.
        maximize: Climb instead.
        foreach: Accepted, without effect.

    Raises: ValueError: an option out of range.
    Source: Zeiler, "ADADELTA: An Adaptive Learning Rate Method", 2012; matches ``torch.optim.Adadelta``.

    Example:
        >>> x = mgx.tensor(1.0, requires_grad=True)
        >>> optimizer = mgx.optim.Adadelta([x], rho=0.75)
        >>> (x * x).backward()
        >>> optimizer.step()
        >>> round(x.item(), 4)
        0.998
    """

    def __init__(
        self,
        params: Iterable[Any],
        lr: Any = 1.0,
        rho: float = 0.9,
        eps: float = 1e-6,
        weight_decay: float = 0,
        foreach: bool | None = None,
        *,
        capturable: bool = False,
        maximize: bool = False,
        differentiable: bool = False,
    ) -> None:
        check_lr(lr)
        if not 0.0 <= rho <= 1.0:
            raise ValueError(f"Invalid rho value: {rho}")
        check_option(eps, "epsilon value")
        check_option(weight_decay, "weight_decay value")
        defaults = {
            "lr": lr, "rho": rho, "eps": eps, "weight_decay": weight_decay, "maximize": maximize,
            "capturable": capturable, "foreach": foreach, "differentiable": differentiable,
        }  # fmt: skip
        super().__init__(params, defaults)

    def slots(self, group: Group) -> dict[str, float]:
        return {"square_avg": 0.0, "acc_delta": 0.0}

    def rule(self, group: Group, s: dict[str, float], fresh: bool) -> Rule:
        lr, rho, eps = float(group["lr"]), group["rho"], group["eps"]

        def update(x: Array, g: Array, v: Array, u: Array) -> None:
            v *= rho
            v += (1 - rho) * g * g
            d = np.sqrt(u + eps) / np.sqrt(v + eps) * g
            u *= rho
            u += (1 - rho) * d * d
            x -= lr * d

        return update
