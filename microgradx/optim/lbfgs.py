"""L-BFGS: a method for smooth functions that are not noisy."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from microgradx.graph import Array, Variable, own_memory, wrap
from microgradx.memory import mark_written
from microgradx.optim.optimizer import Optimizer, check_lr, evaluate

Evaluation = tuple[float, Array]  # a loss, and the gradient by all parameters, flat
Trial = tuple[float, float, Array, float]  # of a line search: distance, loss, gradient, slope


class LBFGS(Optimizer):
    """A quasi-Newton method: from the last gradients it learns how the function curves, and steps accordingly.

    Args:
        params: Tensors to optimize, in one group.
        lr: Factor of the step; with a line search, where the search begins.
        max_iter: So many steps are taken at most in one ``step``.
        max_eval: So many evaluations at most; by default ``max_iter * 1.25``.
        tolerance_grad: Stop when no gradient is larger.
        tolerance_change: Stop when neither parameters nor loss change by more.
        history_size: So many pairs of step and change of the gradient are kept.
        line_search_fn: None, or ``"strong_wolfe"``.

    Raises: ValueError: several groups, or a negative ``lr``; RuntimeError: another line search.
    Source: Nocedal and Wright, "Numerical Optimization", 2006, algorithms 7.4, 3.5 and 3.6; matches
        ``torch.optim.LBFGS``.

    Example:
        >>> x = mgx.tensor([-1.0, 2.0], requires_grad=True)
        >>> optimizer = mgx.optim.LBFGS([x], line_search_fn="strong_wolfe", max_iter=50)
        >>> def rosenbrock():
        ...     optimizer.zero_grad()
        ...     loss = (1 - x[0]) ** 2 + 100 * (x[1] - x[0] ** 2) ** 2
        ...     loss.backward()
        ...     return loss
        >>> optimizer.step(rosenbrock).item()
        104.0
        >>> rosenbrock().item() < 1e-6
        True
    """

    def __init__(
        self,
        params: Iterable[Any],
        lr: Any = 1,
        max_iter: int = 20,
        max_eval: int | None = None,
        tolerance_grad: float = 1e-7,
        tolerance_change: float = 1e-9,
        history_size: int = 100,
        line_search_fn: str | None = None,
    ) -> None:
        check_lr(lr)
        defaults = {
            "lr": lr,
            "max_iter": max_iter,
            "max_eval": max_iter * 5 // 4 if max_eval is None else max_eval,
            "tolerance_grad": tolerance_grad,
            "tolerance_change": tolerance_change,
            "history_size": history_size,
            "line_search_fn": line_search_fn,
        }
        super().__init__(params, defaults)
        if len(self.param_groups) != 1:
            raise ValueError("LBFGS doesn't support per-parameter options (parameter groups)")

    def _point(self) -> Array:
        """All parameters as one flat array."""
        return np.concatenate([p.array for p in self.param_groups[0]["params"]], None)

    def _go_to(self, point: Array) -> None:
        start = 0
        for p in self.param_groups[0]["params"]:
            array = own_memory(p)
            array[...] = point[start : start + array.size].reshape(array.shape)
            mark_written(array)
            start += array.size

    def _evaluate(self, closure: Callable[[], Any]) -> Evaluation:
        loss = float(evaluate(closure))
        params = self.param_groups[0]["params"]
        grads = [np.zeros_like(p.array) if p.grad is None else p.grad.array for p in params]
        return loss, np.concatenate(grads, None)

    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """Take up to ``max_iter`` steps; the closure is called for each.

        Args:
            closure: A function that computes the loss and its gradients again, and returns the loss.

        Returns: What the closure returned first.
        """
        if closure is None:
            raise TypeError("LBFGS.step: expected a closure, got None; pass a function that returns the loss")
        group = self.param_groups[0]
        search = group["line_search_fn"]
        if search not in (None, "strong_wolfe"):
            raise RuntimeError("only 'strong_wolfe' is supported")
        lr, tolerance = float(group["lr"]), group["tolerance_change"]
        saved = self.state[group["params"][0]]
        state: dict[str, Any] = {"func_evals": 0, "n_iter": 0, "old_dirs": [], "old_stps": [], "ro": []}
        state.update({name: _arrays(value) for name, value in saved.items()})
        original = None

        def first_time() -> Any:
            nonlocal original
            original = closure()
            return original

        loss, g = self._evaluate(first_time)
        evaluations = 1
        state["func_evals"] += 1
        if np.abs(g).max() <= group["tolerance_grad"]:
            saved.update(func_evals=state["func_evals"], n_iter=state["n_iter"])
            return original
        for i in range(1, group["max_iter"] + 1):
            state["n_iter"] += 1
            d = self._direction(state, g, group["history_size"])
            state["prev_flat_grad"], last_loss = g, loss
            t = lr if state["n_iter"] > 1 else min(1.0, 1.0 / float(np.abs(g).sum())) * lr
            slope = float(g @ d)
            state["d"], state["t"] = d, t
            if slope > -tolerance:
                break
            x = self._point()

            def at(t: float, x: Array = x, d: Array = d) -> Evaluation:
                self._go_to(x + t * d)
                return self._evaluate(closure)

            used = 0
            if search is not None:
                limit = group["max_eval"] - evaluations
                loss, g, t, used = strong_wolfe(at, t, d, loss, g, slope, limit, tolerance)
                self._go_to(x + t * d)
                state["t"] = t
            elif i < group["max_iter"]:
                (loss, g), used = at(t), 1
            else:
                self._go_to(x + t * d)
            evaluations += used
            state["func_evals"] += used
            if (
                evaluations >= group["max_eval"]
                or np.abs(g).max() <= group["tolerance_grad"]
                or np.abs(t * d).max() <= tolerance
                or abs(loss - last_loss) < tolerance
            ):
                break
        state["prev_loss"] = last_loss
        saved.update({name: _tensors(value) for name, value in state.items()})
        return original

    def _direction(self, state: dict[str, Any], g: Array, history_size: int) -> Array:
        """Minus the gradient, times an estimate of the inverse Hessian that the remembered pairs make."""
        if state["n_iter"] == 1:
            state["H_diag"] = 1.0
            return -g
        changes, moves, inverses = state["old_dirs"], state["old_stps"], state["ro"]
        change, move = g - state["prev_flat_grad"], state["t"] * state["d"]
        if (product := float(change @ move)) > 1e-10:
            if len(changes) == history_size:
                del changes[0], moves[0], inverses[0]
            changes.append(change)
            moves.append(move)
            inverses.append(1.0 / product)
            state["H_diag"] = product / float(change @ change)
        d = -g
        factors = []
        for y, s, inverse in zip(reversed(changes), reversed(moves), reversed(inverses)):
            factors.append(float(s @ d) * float(inverse))
            d = d - factors[-1] * y
        d = float(state["H_diag"]) * d
        for y, s, inverse in zip(changes, moves, inverses):
            d = d + (factors.pop() - float(y @ d) * float(inverse)) * s
        return d


def _arrays(value: Any) -> Any:
    """A saved value, to compute with."""
    if isinstance(value, list):
        return [_arrays(v) for v in value]
    return value.array if isinstance(value, Variable) else value


def _tensors(value: Any) -> Any:
    """A value to be saved: tensors, as in all optimizers."""
    if isinstance(value, list):
        return [_tensors(v) for v in value]
    return wrap(value) if isinstance(value, np.ndarray) else value


def strong_wolfe(
    at: Callable[[float], Evaluation],
    t: float,
    d: Array,
    f: float,
    g: Array,
    slope: float,
    limit: int,
    tolerance: float,
    c1: float = 1e-4,
    c2: float = 0.9,
) -> tuple[float, Array, float, int]:
    """Find how far to go along ``d``: to where the loss is lower and flat enough (the strong Wolfe conditions).

    Args:
        at: Loss and gradient at a distance along ``d``.
        t: The distance to try first.
        d: The direction.
        f, g, slope: Loss, gradient, and slope along ``d`` where it begins.
        limit: So many evaluations at most, and one more.
        tolerance: Stop when the bracket is smaller.
        c1: The loss must fall by this part of what the slope promises.
        c2: The slope must fall to this part.

    Returns: loss, gradient, distance, and the number of evaluations.
    """
    # First go further and further, until there is a minimum between
    # the last two trials: the bracket.
    last, new = (0.0, f, g, slope), _trial(at, t, d)
    evaluations, tries, done = 1, 0, False
    bracket = [last, new]
    while tries < limit:
        bracket = [last, new]
        if new[1] > f + c1 * new[0] * slope or (tries > 1 and new[1] >= last[1]):
            break
        if abs(new[3]) <= -c2 * slope:
            bracket, done = [new], True
            break
        if new[3] >= 0:
            break
        bounds = (new[0] + 0.01 * (new[0] - last[0]), new[0] * 10)
        t = _cubic_minimum(last, new, bounds)
        last, new = new, _trial(at, t, d)
        evaluations, tries = evaluations + 1, tries + 1
    else:
        bracket = [(0.0, f, g, slope), new]
    # Then make the bracket smaller, by one trial inside of it after the other.
    stuck, reach = False, float(np.abs(d).max())
    bracket.sort(key=lambda trial: trial[1])  # the lower one first
    while not done and tries < limit:
        low, high = bracket
        left, right = min(low[0], high[0]), max(low[0], high[0])
        if (right - left) * reach < tolerance:
            break
        t = _cubic_minimum(low, high, (left, right))
        margin = 0.1 * (right - left)
        near = min(right - t, t - left) < margin
        if near and (stuck or t >= right or t <= left):
            t = right - margin if abs(t - right) < abs(t - left) else left + margin
            near = False
        stuck = near
        new = _trial(at, t, d)
        evaluations, tries = evaluations + 1, tries + 1
        if new[1] > f + c1 * t * slope or new[1] >= low[1]:
            bracket = [low, new] if low[1] <= new[1] else [new, low]
            continue
        done = abs(new[3]) <= -c2 * slope
        bracket = [new, low if not done and new[3] * (high[0] - low[0]) >= 0 else high]
    t, f, g, _ = bracket[0]
    return f, g, t, evaluations


def _trial(at: Callable[[float], Evaluation], t: float, d: Array) -> Trial:
    loss, g = at(t)
    return t, loss, g, float(g @ d)


def _cubic_minimum(a: Trial, b: Trial, bounds: tuple[float, float]) -> float:
    """Where the cubic with the losses and slopes of two trials has its minimum, within bounds."""
    (x1, f1, _, g1), (x2, f2, _, g2) = (a, b) if a[0] <= b[0] else (b, a)
    if x1 == x2:
        return sum(bounds) / 2
    d1 = g1 + g2 - 3 * (f1 - f2) / (x1 - x2)
    square = d1 * d1 - g1 * g2
    if not square >= 0:
        return sum(bounds) / 2
    d2 = math.sqrt(square)
    part = np.float64(g2 + d2 - d1) / (g2 - g1 + 2 * d2)  # infinite where the loss is a straight line
    t = float(x2 - (x2 - x1) * part)
    return min(max(t, bounds[0]), bounds[1])
