"""Adamax."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from microgradx.graph import Array
from microgradx.optim.elementwise import Elementwise, Rule
from microgradx.optim.optimizer import Group, check_betas, check_lr, check_option


class Adamax(Elementwise):
    """Adam that divides by the largest recent gradient, instead of by the root of their mean square.

    ``x ← x - lr/(1 - β1^t) · m / u`` with ``m ← β1·m + (1 - β1)·g`` and ``u ← max(β2·u, |g| + eps)``.

    Args:
        params: Tensors to optimize, or dicts of parameter groups.
        lr: Step size, in units of x.
        betas: β1 and β2, how much of ``m`` and ``u`` is kept at each step.
        eps: Keeps the denominator away from zero.
        weight_decay: Factor of ``x`` that is added to the gradient.
        maximize: Climb instead.
        foreach: Accepted, without effect.

    Raises: ValueError: an option out of range.
    Source: Kingma and Ba, "Adam: A Method for Stochastic Optimization", 2014; matches ``torch.optim.Adamax``.

    Example:
        >>> x = mgx.tensor([100.0, -1.0], requires_grad=True)
        >>> optimizer = mgx.optim.Adamax([x], lr=0.1)
        >>> (x * x).sum().backward()
        >>> optimizer.step()
        >>> x
        tensor([99.9000, -0.9000], requires_grad=True)
    """

    def __init__(
        self,
        params: Iterable[Any],
        lr: Any = 2e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0,
        foreach: bool | None = None,
        *,
        maximize: bool = False,
        differentiable: bool = False,
        capturable: bool = False,
    ) -> None:
        check_lr(lr)
        check_option(eps, "epsilon value")
        check_betas(betas)
        check_option(weight_decay, "weight_decay value")
        defaults = {
            "lr": lr, "betas": betas, "eps": eps, "weight_decay": weight_decay, "foreach": foreach,
            "maximize": maximize, "differentiable": differentiable, "capturable": capturable,
        }  # fmt: skip
        super().__init__(params, defaults)

    def slots(self, group: Group) -> dict[str, float]:
        return {"exp_avg": 0.0, "exp_inf": 0.0}

    def rule(self, group: Group, s: dict[str, float], fresh: bool) -> Rule:
        (beta1, beta2), eps = group["betas"], group["eps"]
        step_size = float(group["lr"]) / (1 - beta1 ** s["step"])

        def update(x: Array, g: Array, m: Array, u: Array) -> None:
            m += (1 - beta1) * (g - m)
            np.maximum(beta2 * u, np.abs(g) + eps, out=u)
            x -= step_size * m / u

        return update
