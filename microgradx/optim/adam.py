"""Adam and AdamW."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

import numpy as np

from microgradx.graph import Array
from microgradx.optim.elementwise import Elementwise, Rule
from microgradx.optim.optimizer import Group, check_betas, check_lr, check_option
from microgradx.tensor import Tensor


class Adam(Elementwise):
    """Every element steps by about ``lr``: its mean gradient, divided by the size of its gradients.

    After ``t`` steps, with ``m`` and ``v`` starting at zero::

        m ← β1·m + (1 - β1)·g         # mean of the gradients, the recent ones weigh more
        v ← β2·v + (1 - β2)·g²        # mean of their squares
        x ← x - lr · m̂ / (√v̂ + eps)   # m̂ = m / (1 - β1^t) and v̂ = v / (1 - β2^t): without the zeros

    Args:
        params: Tensors to optimize, or dicts of parameter groups.
        lr: Step size, in units of x.
        betas: β1 and β2, how much of ``m`` and ``v`` is kept at each step.
        eps: Keeps the denominator away from zero.
        weight_decay: Factor of ``x`` that is added to the gradient.
        amsgrad: Let the denominator never shrink.
        maximize: Climb instead.
        decoupled_weight_decay: Shrink ``x`` by ``lr·weight_decay`` instead, which is AdamW.
        foreach, fused: Accepted, without effect.

    Raises: ValueError: an option out of range.
    Source: Kingma and Ba, "Adam: A Method for Stochastic Optimization", 2014; amsgrad: Reddi et al., "On the
        Convergence of Adam and Beyond", 2018; matches ``torch.optim.Adam``.

    Example:
        >>> x = mgx.tensor([100.0, -1.0], requires_grad=True)
        >>> optimizer = mgx.optim.Adam([x], lr=0.1)
        >>> (x * x).sum().backward()
        >>> optimizer.step()
        >>> x
        tensor([99.9000, -0.9000], requires_grad=True)
    """

    def __init__(
        self,
        params: Iterable[Any],
        lr: Any = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0,
        amsgrad: bool = False,
        *,
        foreach: bool | None = None,
        maximize: bool = False,
        capturable: bool = False,
        differentiable: bool = False,
        fused: bool | None = None,
        decoupled_weight_decay: bool = False,
    ) -> None:
        if isinstance(lr, Tensor) and foreach and not capturable:
            raise ValueError("lr as a Tensor is not supported for capturable=False and foreach=True")
        check_lr(lr)
        check_option(eps, "epsilon value")
        check_betas(betas)
        check_option(weight_decay, "weight_decay value")
        if not any(all(isinstance(beta, kind) for beta in betas) for kind in (float, Tensor)):
            raise ValueError("betas must be either both floats or both Tensors")
        defaults = {
            "lr": lr, "betas": tuple(betas), "eps": eps, "weight_decay": weight_decay, "amsgrad": amsgrad,
            "maximize": maximize, "foreach": foreach, "capturable": capturable,
            "differentiable": differentiable, "fused": fused, "decoupled_weight_decay": decoupled_weight_decay,
        }  # fmt: skip
        super().__init__(params, defaults)

    def slots(self, group: Group) -> dict[str, float]:
        slots = {"exp_avg": 0.0, "exp_avg_sq": 0.0}
        return slots | {"max_exp_avg_sq": 0.0} if group["amsgrad"] else slots

    def rule(self, group: Group, s: dict[str, float], fresh: bool) -> Rule:
        (beta1, beta2), eps = map(float, group["betas"]), group["eps"]
        step_size = float(group["lr"]) / (1 - beta1 ** s["step"])
        correction = math.sqrt(1 - beta2 ** s["step"])

        def update(x: Array, g: Array, m: Array, v: Array, largest: Array | None = None) -> None:
            part = g - m  # its memory serves for all that is computed on the way
            part *= 1 - beta1
            m += part
            np.multiply(g, g, out=part)
            part *= 1 - beta2
            v *= beta2
            v += part
            if largest is not None:
                v = np.maximum(largest, v, out=largest)
            size = np.sqrt(v)  # with √v̂ = √v / correction, the fraction m̂ / (√v̂ + eps) is expanded by the correction
            size += eps * correction
            np.multiply(m, step_size * correction, out=part)
            part /= size
            x -= part

        return update


class AdamW(Adam):
    """Adam with decoupled weight decay: parameters shrink by ``lr·weight_decay``, whatever their gradients.

    In Adam a weight with large gradients decays less, because what decay adds to the gradient is divided
    by their size; here all decay alike.

    Args:
        params, lr, betas, eps, amsgrad, maximize, foreach, fused: As for `Adam`.
        weight_decay: Part of ``x`` that goes per step, in units of ``lr``.

    Raises: ValueError: an option out of range.
    Source: Loshchilov and Hutter, "Decoupled Weight Decay Regularization", 2019; matches ``torch.optim.AdamW``.

    Example:
        >>> x = mgx.tensor([2.0, 4.0], requires_grad=True)
        >>> optimizer = mgx.optim.AdamW([x], lr=0.5, weight_decay=1.0)
        >>> x.grad = mgx.zeros(2)
        >>> optimizer.step()
        >>> x
        tensor([1., 2.], requires_grad=True)
    """

    def __init__(
        self,
        params: Iterable[Any],
        lr: Any = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 1e-2,
        amsgrad: bool = False,
        *,
        maximize: bool = False,
        foreach: bool | None = None,
        capturable: bool = False,
        differentiable: bool = False,
        fused: bool | None = None,
    ) -> None:
        super().__init__(
            params, lr, betas, eps, weight_decay, amsgrad, foreach=foreach, maximize=maximize,
            capturable=capturable, differentiable=differentiable, fused=fused, decoupled_weight_decay=True,
        )  # fmt: skip
