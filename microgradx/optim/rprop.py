"""Rprop."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from microgradx.graph import Array
from microgradx.optim.elementwise import Elementwise, Rule
from microgradx.optim.optimizer import Group, check_lr


class Rprop(Elementwise):
    """Every element has a step size of its own, and only the sign of its gradient matters.

    While the sign stays the same the step size grows; when it changes, the last step went too far: the step
    size shrinks, and the element rests for one step. For whole batches only.

    Args:
        params: Tensors to optimize, or dicts of parameter groups.
        lr: First step size, in units of x.
        etas: Factors by which a step size shrinks and grows.
        step_sizes: The smallest and the largest step size.
        maximize: Climb instead.
        foreach: Accepted, without effect.

    Raises: ValueError: an option out of range.
    Source: Riedmiller and Braun, "A direct adaptive method for faster backpropagation learning", 1993; matches
        ``torch.optim.Rprop``.

    Example:
        >>> x = mgx.tensor([100.0, -1.0], requires_grad=True)
        >>> optimizer = mgx.optim.Rprop([x], lr=0.1)
        >>> (x * x).sum().backward()
        >>> optimizer.step()
        >>> x
        tensor([99.9000, -0.9000], requires_grad=True)
    """

    def __init__(
        self,
        params: Iterable[Any],
        lr: Any = 1e-2,
        etas: tuple[float, float] = (0.5, 1.2),
        step_sizes: tuple[float, float] = (1e-6, 50),
        *,
        capturable: bool = False,
        foreach: bool | None = None,
        maximize: bool = False,
        differentiable: bool = False,
    ) -> None:
        check_lr(lr)
        if not 0.0 < etas[0] < 1.0 < etas[1]:
            raise ValueError(f"Invalid eta values: {etas[0]}, {etas[1]}")
        defaults = {
            "lr": lr, "etas": etas, "step_sizes": step_sizes, "foreach": foreach, "maximize": maximize,
            "differentiable": differentiable, "capturable": capturable,
        }  # fmt: skip
        super().__init__(params, defaults)

    def slots(self, group: Group) -> dict[str, float]:
        return {"prev": 0.0, "step_size": float(group["lr"])}

    def rule(self, group: Group, s: dict[str, float], fresh: bool) -> Rule:
        (shrink, grow), (smallest, largest) = group["etas"], group["step_sizes"]

        def update(x: Array, g: Array, last: Array, size: Array) -> None:
            agreement = g * last
            size[agreement > 0] *= grow
            size[agreement < 0] *= shrink
            np.clip(size, smallest, largest, out=size)
            last[...] = np.where(agreement < 0, 0, g)
            x -= np.sign(last) * size

        return update
