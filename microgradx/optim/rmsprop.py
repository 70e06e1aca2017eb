"""RMSprop."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from microgradx.graph import Array
from microgradx.optim.elementwise import Elementwise, Rule
from microgradx.optim.optimizer import Group, check_lr, check_option


class RMSprop(Elementwise):
    """Steps are divided by the recent size of the gradients: ``x ← x - lr·g / (√v + eps)``.

    ``v ← alpha·v + (1 - alpha)·g²``. With momentum, ``b ← momentum·b + g / (√v + eps)`` and ``x ← x - lr·b``.

    Args:
        params: Tensors to optimize, or dicts of parameter groups.
        lr: Step size, in units of x.
        alpha: How much of ``v`` is kept at each step.
        eps: Keeps the denominator away from zero.
        weight_decay: Factor of ``x`` that is added to the gradient.
        momentum: What is left of the speed after a step.
        centered: Divide by the deviation of the gradients from their mean, instead of their size.
        maximize: Climb instead.
        foreach: Accepted, without effect.

    Raises: ValueError: an option out of range.
    Source: Tieleman and Hinton, lecture 6.5 of "Neural Networks for Machine Learning", 2012; centered: Graves,
        "Generating Sequences With Recurrent Neural Networks", 2013; matches ``torch.optim.RMSprop``.

    Example:
        >>> x = mgx.tensor([100.0, -0.01], requires_grad=True)
        >>> optimizer = mgx.optim.RMSprop([x], lr=0.1, alpha=0.75)
        >>> (x * x).sum().backward()
        >>> optimizer.step()
        >>> x
        tensor([99.8000,  0.1900], requires_grad=True)
    """

    def __init__(
        self,
        params: Iterable[Any],
        lr: Any = 1e-2,
        alpha: float = 0.99,
        eps: float = 1e-8,
        weight_decay: float = 0,
        momentum: float = 0,
        centered: bool = False,
        capturable: bool = False,
        foreach: bool | None = None,
        maximize: bool = False,
        differentiable: bool = False,
    ) -> None:
        check_lr(lr)
        check_option(eps, "epsilon value")
        check_option(momentum, "momentum value")
        check_option(weight_decay, "weight_decay value")
        check_option(alpha, "alpha value")
        defaults = {
            "lr": lr, "momentum": momentum, "alpha": alpha, "eps": eps, "centered": centered,
            "weight_decay": weight_decay, "capturable": capturable, "foreach": foreach, "maximize": maximize,
            "differentiable": differentiable,
        }  # fmt: skip
        super().__init__(params, defaults)

    def slots(self, group: Group) -> dict[str, float]:
        slots = {"square_avg": 0.0}
        if group["momentum"] > 0:
            slots["momentum_buffer"] = 0.0
        if group["centered"]:
            slots["grad_avg"] = 0.0
        return slots

    def rule(self, group: Group, s: dict[str, float], fresh: bool) -> Rule:
        lr, alpha, eps, momentum = float(group["lr"]), group["alpha"], group["eps"], group["momentum"]

        def update(x: Array, g: Array, v: Array, *slots: Array) -> None:
            v *= alpha
            v += (1 - alpha) * g * g
            if group["centered"]:
                mean = slots[-1]
                mean += (1 - alpha) * (g - mean)
                v = v - mean * mean
            step = g / (np.sqrt(v) + eps)
            if momentum > 0:
                speed = slots[0]
                speed *= momentum
                speed += step
                step = speed
            x -= lr * step

        return update
