"""Muon."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from microgradx.creation import zeros_like
from microgradx.graph import Array, own_memory
from microgradx.memory import mark_written
from microgradx.optim.optimizer import Group, Optimizer, check_lr, evaluate


class Muon(Optimizer):
    """Momentum, of which every step of a matrix is made orthogonal: all directions get the same length.

    Gradients of a matrix are often nearly of low rank, so that other methods step in few directions. Here::

        b ← momentum·b + (1 - momentum)·g
        u ← (1 - momentum)·g + momentum·b             # nesterov; otherwise b
        x ← x - lr·weight_decay·x - lr·r·orthogonal(u)

    with ``r`` as ``adjust_lr_fn`` says. See `orthogonal`. For the matrices of hidden layers; biases, embeddings and
    the last layer are better optimized by `AdamW`.

    Args:
        params: Matrices to optimize, or dicts of parameter groups.
        lr: Step size, in units of x.
        weight_decay: Part of ``x`` that goes per step, in units of ``lr``.
        momentum: How much of the mean gradient is kept at each step.
        nesterov: Look ahead by one step.
        ns_coefficients: Three coefficients of the polynomial in `orthogonal`.
        eps: The smallest norm to divide by.
        ns_steps: How often the polynomial is applied.
        adjust_lr_fn: ``"original"`` (or None): ``r = √max(1, rows/columns)``; ``"match_rms_adamw"``: ``r =
            0.2·√max(rows, columns)``, so that learning rate and decay of AdamW fit.

    Raises: ValueError: an option out of range, or a parameter that is no matrix.
    Source: Jordan et al., "Muon: An optimizer for hidden layers in neural networks", 2024; matches
        ``torch.optim.Muon``, bfloat16 included.

    Example:
        >>> x = mgx.zeros(2, 2, requires_grad=True)
        >>> optimizer = mgx.optim.Muon([x], lr=0.1)
        >>> x.grad = mgx.tensor([[100.0, 0.0], [0.0, -50.0]])
        >>> optimizer.step()
        >>> x
        tensor([[-0.0688,  0.0000],
                [ 0.0000,  0.1117]], requires_grad=True)
    """

    def __init__(
        self,
        params: Iterable[Any],
        lr: Any = 1e-3,
        weight_decay: float = 0.1,
        momentum: float = 0.95,
        nesterov: bool = True,
        ns_coefficients: tuple[float, float, float] = (3.4445, -4.7750, 2.0315),
        eps: float = 1e-7,
        ns_steps: int = 5,
        adjust_lr_fn: str | None = None,
    ) -> None:
        check_lr(lr, "Learning rate should be >= 0 but is: {}")
        if not momentum >= 0.0:
            raise ValueError(f"momentum should be >= 0 but is: {momentum}")
        if not weight_decay >= 0.0:
            raise ValueError(f"weight decay should be >= 0 but is: {weight_decay}")
        if adjust_lr_fn not in (None, "original", "match_rms_adamw"):
            raise ValueError(f"Adjust learning rate function {adjust_lr_fn} is not supported")
        defaults = {
            "lr": lr, "weight_decay": weight_decay, "momentum": momentum, "nesterov": nesterov,
            "ns_coefficients": ns_coefficients, "eps": eps, "ns_steps": ns_steps, "adjust_lr_fn": adjust_lr_fn,
        }  # fmt: skip
        super().__init__(params, defaults)
        for group in self.param_groups:
            for p in group["params"]:
                if p.ndim != 2:
                    raise ValueError(
                        f"Muon only supports 2D parameters whereas we found a parameter with size: {p.size()}"
                    )

    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        loss = evaluate(closure)
        for group in self.param_groups:
            for p in group["params"]:
                if p.grad is not None:
                    self._update(p, group)
        return loss

    def _update(self, p: Any, group: Group) -> None:
        g: Array = p.grad.array
        if g.ndim != 2:
            raise ValueError("Param gradient must be a 2D matrix")
        state = self.state[p]
        if "momentum_buffer" not in state:
            state["momentum_buffer"] = zeros_like(p.grad.detach())
        mean = own_memory(state["momentum_buffer"])
        mean += (1 - group["momentum"]) * (g - mean)
        mark_written(mean)
        step = g + group["momentum"] * (mean - g) if group["nesterov"] else mean
        step = orthogonal(step, group["ns_coefficients"], group["ns_steps"], group["eps"])
        lr, (rows, columns) = float(group["lr"]), g.shape
        x = own_memory(p)
        x *= 1 - lr * group["weight_decay"]
        if group["adjust_lr_fn"] == "match_rms_adamw":
            x -= lr * 0.2 * math.sqrt(max(rows, columns)) * step
        else:
            x -= lr * math.sqrt(max(1, rows / columns)) * step
        mark_written(x)


def orthogonal(x: Array, coefficients: tuple[float, float, float], steps: int, eps: float) -> Array:
    """A matrix with the same singular vectors, and singular values near 1 (here between 0.7 and 1.2).

    A polynomial ``a·x + b·(x·xᵀ)·x + c·(x·xᵀ)²·x`` changes the singular values only. Applied again and again, this one
    brings all in (0, 1] near 1 (a Newton-Schulz iteration). That needs no precision: it is computed in bfloat16, as
    in PyTorch, where it was made for processors that are fast at it.
    """
    if steps >= 100:
        raise ValueError("Number of steps must be less than 100 for computational efficiency")
    if len(coefficients) != 3:
        raise ValueError("Coefficients must be a tuple of exactly 3 values")
    a, b, c = coefficients
    y = bfloat16(x.T if x.shape[0] > x.shape[1] else x)
    norm = bfloat16(np.sqrt(np.add.reduce(y * y, None)))
    y = bfloat16(y / np.maximum(norm, bfloat16(np.float32(eps))))
    for _ in range(steps):
        gram = bfloat16(y @ y.T)
        change = bfloat16(b * gram + c * (gram @ gram))
        y = bfloat16(a * y + change @ y)
    return (y.T if x.shape[0] > x.shape[1] else y).astype(x.dtype)


def bfloat16(x: Any) -> Array:
    """The nearest numbers with 8 binary digits, as float32; of two that are as near, the even one."""
    bits = np.asarray(x, np.float32).view(np.uint32)
    return ((bits + 0x7FFF + ((bits >> 16) & 1)) & 0xFFFF0000).view(np.float32)
