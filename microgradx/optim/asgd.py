"""Averaged stochastic gradient descent."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from microgradx.graph import Array
from microgradx.optim.elementwise import Elementwise, Rule
from microgradx.optim.optimizer import Group, check_lr, check_option


class ASGD(Elementwise):
    """Gradient descent that also averages where it has been, from step ``t0`` on: ``optimizer.state[p]["ax"]``.

    The average is often better than the last point, which still jumps about the minimum.

    Args:
        params: Tensors to optimize, or dicts of parameter groups.
        lr: First step size, in units of x per unit of gradient.
        lambd: Part of ``x`` that goes per step, in units of the step size; it also lets the step size fall.
        alpha: Power with which the step size falls.
        t0: The step at which averaging starts.
        weight_decay: Factor of ``x`` that is added to the gradient.
        maximize: Climb instead.
        foreach: Accepted, without effect.

    Raises: ValueError: an option out of range.
    Source: Polyak and Juditsky, "Acceleration of stochastic approximation by averaging", 1992; matches
        ``torch.optim.ASGD``.

    Example:
        >>> x = mgx.tensor(4.0, requires_grad=True)
        >>> optimizer = mgx.optim.ASGD([x], lr=0.25, lambd=0.0)
        >>> (x * x).backward()
        >>> optimizer.step()
        >>> x.item(), optimizer.state[x]["ax"].item()
        (2.0, 2.0)
    """

    def __init__(
        self,
        params: Iterable[Any],
        lr: Any = 1e-2,
        lambd: float = 1e-4,
        alpha: float = 0.75,
        t0: float = 1e6,
        weight_decay: float = 0,
        foreach: bool | None = None,
        maximize: bool = False,
        differentiable: bool = False,
        capturable: bool = False,
    ) -> None:
        check_lr(lr)
        check_option(weight_decay, "weight_decay value")
        defaults = {
            "lr": lr, "lambd": lambd, "alpha": alpha, "t0": t0, "weight_decay": weight_decay, "foreach": foreach,
            "maximize": maximize, "differentiable": differentiable, "capturable": capturable,
        }  # fmt: skip
        super().__init__(params, defaults)

    def numbers(self, group: Group) -> dict[str, float]:
        return {"step": 0.0, "eta": float(group["lr"]), "mu": 1.0}

    def slots(self, group: Group) -> dict[str, float]:
        return {"ax": 0.0}

    def rule(self, group: Group, s: dict[str, float], fresh: bool) -> Rule:
        lr, lambd, eta, mu = float(group["lr"]), group["lambd"], s["eta"], s["mu"]
        # For the next step:
        s["eta"] = lr / (1 + lambd * lr * s["step"]) ** group["alpha"]
        s["mu"] = 1 / max(1, s["step"] - group["t0"])

        def update(x: Array, g: Array, average: Array) -> None:
            x *= 1 - lambd * eta
            x -= eta * g
            if mu == 1:
                average[...] = x
            else:
                average += mu * (x - average)

        return update
