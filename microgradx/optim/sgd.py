"""Stochastic gradient descent."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from microgradx.graph import Array
from microgradx.optim.elementwise import Elementwise, Rule
from microgradx.optim.optimizer import Group, check_lr, check_option


class SGD(Elementwise):
    """Gradient descent, with momentum if wanted: a ball that rolls downhill and keeps its speed.

    ``x ← x - lr·b`` with ``b ← momentum·b + (1 - dampening)·g``; at the first step, ``b = g``. Nesterov's variant
    steps by ``g + momentum·b``.

    Args:
        params: Tensors to optimize, or dicts of parameter groups.
        lr: Step size, in units of x per unit of gradient.
        momentum: What is left of the speed after a step; 0 is plain descent.
        dampening: How much less of the gradient enters the speed.
        weight_decay: Factor of ``x`` that is added to the gradient.
        nesterov: Look ahead by one step.
        maximize: Climb instead.
        foreach, fused: Accepted, without effect.

    Raises: ValueError: an option out of range.
    Source: Sutskever et al., "On the importance of initialization and momentum in deep learning", 2013;
        matches ``torch.optim.SGD``.

    Example:
        >>> x = mgx.tensor(4.0, requires_grad=True)
        >>> optimizer = mgx.optim.SGD([x], lr=0.25)
        >>> (x * x).backward()
        >>> optimizer.step()
        >>> x.item()
        2.0
    """

    def __init__(
        self,
        params: Iterable[Any],
        lr: Any = 1e-3,
        momentum: float = 0,
        dampening: float = 0,
        weight_decay: float = 0,
        nesterov: bool = False,
        *,
        maximize: bool = False,
        foreach: bool | None = None,
        differentiable: bool = False,
        fused: bool | None = None,
    ) -> None:
        check_lr(lr)
        check_option(momentum, "momentum value")
        check_option(weight_decay, "weight_decay value")
        if nesterov and (momentum <= 0 or dampening != 0):
            raise ValueError("Nesterov momentum requires a momentum and zero dampening")
        defaults = {
            "lr": lr, "momentum": momentum, "dampening": dampening, "weight_decay": weight_decay,
            "nesterov": nesterov, "maximize": maximize, "foreach": foreach,
            "differentiable": differentiable, "fused": fused,
        }  # fmt: skip
        super().__init__(params, defaults)

    def numbers(self, group: Group) -> dict[str, float]:
        return {}

    def slots(self, group: Group) -> dict[str, float]:
        return {"momentum_buffer": 0.0} if group["momentum"] else {}

    def rule(self, group: Group, s: dict[str, float], fresh: bool) -> Rule:
        lr, momentum, nesterov = float(group["lr"]), group["momentum"], group["nesterov"]
        new = 1.0 if fresh else 1 - group["dampening"]

        def plain(x: Array, g: Array) -> None:
            x -= lr * g

        def rolling(x: Array, g: Array, b: Array) -> None:
            b *= momentum
            b += g if new == 1 else new * g
            x -= lr * (g + momentum * b if nesterov else b)

        return rolling if momentum else plain
