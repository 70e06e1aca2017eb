"""Adagrad."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from microgradx.creation import full, full_like
from microgradx.graph import Array
from microgradx.optim.elementwise import Elementwise, Rule
from microgradx.optim.optimizer import Group, check_lr, check_option


class Adagrad(Elementwise):
    """Steps shrink with all gradients so far: ``x ← x - lr·g / (√Σg² + eps)``.

    Elements that seldom have a gradient keep taking large steps, as wanted for sparse features.

    Args:
        params: Tensors to optimize, or dicts of parameter groups.
        lr: Step size, in units of x.
        lr_decay: At step t the step size is ``lr / (1 + (t - 1)·lr_decay)``.
        weight_decay: Factor of ``x`` that is added to the gradient.
        initial_accumulator_value: Where the sum of squares starts.
        eps: Keeps the denominator away from zero.
        maximize: Climb instead.
        foreach, fused: Accepted, without effect.

    Raises: ValueError: an option out of range.
    Source: Duchi et al., "Adaptive Subgradient Methods for Online Learning and Stochastic Optimization", 2011;
        matches ``torch.optim.Adagrad``.

    Example:
        >>> x = mgx.tensor([100.0, -1.0], requires_grad=True)
        >>> optimizer = mgx.optim.Adagrad([x], lr=0.1)
        >>> (x * x).sum().backward()
        >>> optimizer.step()
        >>> x
        tensor([99.9000, -0.9000], requires_grad=True)
    """

    def __init__(
        self,
        params: Iterable[Any],
        lr: Any = 1e-2,
        lr_decay: float = 0,
        weight_decay: float = 0,
        initial_accumulator_value: float = 0,
        eps: float = 1e-10,
        foreach: bool | None = None,
        *,
        maximize: bool = False,
        differentiable: bool = False,
        fused: bool | None = None,
    ) -> None:
        check_lr(lr)
        check_option(lr_decay, "lr_decay value")
        check_option(weight_decay, "weight_decay value")
        check_option(initial_accumulator_value, "initial_accumulator_value value")
        check_option(eps, "epsilon value")
        defaults = {
            "lr": lr, "lr_decay": lr_decay, "eps": eps, "weight_decay": weight_decay,
            "initial_accumulator_value": initial_accumulator_value, "foreach": foreach, "maximize": maximize,
            "differentiable": differentiable, "fused": fused,
        }  # fmt: skip
        super().__init__(params, defaults)
        for group in self.param_groups:
            for p in group["params"]:  # as in PyTorch, from the beginning
                self.state[p] = {"step": full((), 0.0), "sum": full_like(p, initial_accumulator_value).detach()}

    def slots(self, group: Group) -> dict[str, float]:
        return {"sum": self.defaults["initial_accumulator_value"]}

    def rule(self, group: Group, s: dict[str, float], fresh: bool) -> Rule:
        lr, eps = float(group["lr"]) / (1 + (s["step"] - 1) * group["lr_decay"]), group["eps"]

        def update(x: Array, g: Array, total: Array) -> None:
            total += g * g
            x -= lr * g / (np.sqrt(total) + eps)

        return update
