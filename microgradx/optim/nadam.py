"""NAdam."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from microgradx.graph import Array
from microgradx.optim.elementwise import Elementwise, Rule
from microgradx.optim.optimizer import Group, check_betas, check_lr, check_option


class NAdam(Elementwise):
    """Adam with Nesterov's momentum: it steps by where its mean gradient will be next.

    Args:
        params: Tensors to optimize, or dicts of parameter groups.
        lr: Step size, in units of x.
        betas: How much of the mean gradient and of the mean square is kept at each step.
        eps: Keeps the denominator away from zero.
        weight_decay: Factor of ``x`` that is added to the gradient.
        momentum_decay: How fast the momentum approaches its final value, betas[0].
        decoupled_weight_decay: Shrink ``x`` by ``lr·weight_decay`` instead.
        maximize: Climb instead.
        foreach: Accepted, without effect.

    Raises: ValueError: an option out of range.
    Source: Dozat, "Incorporating Nesterov Momentum into Adam", 2016; matches ``torch.optim.NAdam``.

    Example:
        >>> x = mgx.tensor(1.0, requires_grad=True)
        >>> optimizer = mgx.optim.NAdam([x], lr=0.1)
        >>> (x * x).backward()
        >>> optimizer.step()
        >>> round(x.item(), 4)
        0.8944
    """

    def __init__(
        self,
        params: Iterable[Any],
        lr: Any = 2e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0,
        momentum_decay: float = 4e-3,
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
        check_option(momentum_decay, "momentum_decay value")
        defaults = {
            "lr": lr, "betas": betas, "eps": eps, "weight_decay": weight_decay, "momentum_decay": momentum_decay,
            "decoupled_weight_decay": decoupled_weight_decay, "maximize": maximize, "foreach": foreach,
            "capturable": capturable, "differentiable": differentiable,
        }  # fmt: skip
        super().__init__(params, defaults)

    def numbers(self, group: Group) -> dict[str, float]:
        return {"step": 0.0, "mu_product": 1.0}

    def slots(self, group: Group) -> dict[str, float]:
        return {"exp_avg": 0.0, "exp_avg_sq": 0.0}

    def rule(self, group: Group, s: dict[str, float], fresh: bool) -> Rule:
        lr, (beta1, beta2), eps, t = float(group["lr"]), group["betas"], group["eps"], s["step"]
        mu, mu_next = [beta1 * (1 - 0.5 * 0.96 ** (i * group["momentum_decay"])) for i in (t, t + 1)]
        s["mu_product"] *= mu
        by_g = lr * (1 - mu) / (1 - s["mu_product"])
        by_m = lr * mu_next / (1 - s["mu_product"] * mu_next)
        correction = 1 - beta2**t

        def update(x: Array, g: Array, m: Array, v: Array) -> None:
            m += (1 - beta1) * (g - m)
            v *= beta2
            v += (1 - beta2) * g * g
            x -= (by_g * g + by_m * m) / (np.sqrt(v / correction) + eps)

        return update
