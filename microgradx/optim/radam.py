"""RAdam."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

import numpy as np

from microgradx.graph import Array
from microgradx.optim.elementwise import Elementwise, Rule
from microgradx.optim.optimizer import Group, check_betas, check_lr, check_option


class RAdam(Elementwise):
    """Adam that does not trust its mean square before it has seen enough gradients: a warm-up by itself.

    ``rho`` counts how many gradients the mean square is worth. Up to 5, ``x ← x - lr·m̂``; from then on Adam's step,
    times a factor that rises to 1.

    Args:
        params: Tensors to optimize, or dicts of parameter groups.
        lr: Step size, in units of x.
        betas: How much of the mean gradient and of the mean square is kept at each step.
        eps: Keeps the denominator away from zero.
        weight_decay: Factor of ``x`` that is added to the gradient.
        decoupled_weight_decay: Shrink ``x`` by ``lr·weight_decay`` instead.
        maximize: Climb instead.
        foreach: Accepted, without effect.

    Raises: ValueError: an option out of range.
    Source: Liu et al., "On the Variance of the Adaptive Learning Rate and Beyond", 2020; matches
        ``torch.optim.RAdam``.

    Example:
        >>> x = mgx.tensor(1.0, requires_grad=True)
        >>> optimizer = mgx.optim.RAdam([x], lr=0.25)
        >>> (x * x).backward()
        >>> optimizer.step()
        >>> round(x.item(), 4)
        0.5
    """

    def __init__(
        self,
        params: Iterable[Any],
        lr: Any = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0,
        decoupled_weight_decay: bool = False,
        *,
        foreach: bool | None = None,
        maximize: bool = False,
        capturable: bool = False,
        differentiable: bool = False,
    ) -> None:
        check_lr(lr)
        check_option(eps, "epsilon value")
        check_betas(betas)
        check_option(weight_decay, "weight_decay value")
        defaults = {
            "lr": lr, "betas": betas, "eps": eps, "weight_decay": weight_decay, "maximize": maximize,
            "foreach": foreach, "capturable": capturable, "decoupled_weight_decay": decoupled_weight_decay,
            "differentiable": differentiable,
        }  # fmt: skip
        super().__init__(params, defaults)

    def slots(self, group: Group) -> dict[str, float]:
        return {"exp_avg": 0.0, "exp_avg_sq": 0.0}

    def rule(self, group: Group, s: dict[str, float], fresh: bool) -> Rule:
        (beta1, beta2), eps, t = group["betas"], group["eps"], s["step"]
        step_size = float(group["lr"]) / (1 - beta1**t)
        correction = 1 - beta2**t
        rho_end = 2 / (1 - beta2) - 1
        rho = rho_end - 2 * t * beta2**t / correction
        if rho > 5.0:
            trust = ((rho - 4) * (rho - 2) * rho_end) / ((rho_end - 4) * (rho_end - 2) * rho)
            step_size *= math.sqrt(trust * correction)

        def update(x: Array, g: Array, m: Array, v: Array) -> None:
            m += (1 - beta1) * (g - m)
            v *= beta2
            v += (1 - beta2) * g * g
            x -= step_size * m / (np.sqrt(v) + eps) if rho > 5.0 else step_size * m

        return update
