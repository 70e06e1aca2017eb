"""Optimizers that treat every element alike, and how they do it fast.

The formula of such an optimizer does not care which tensor an element is in. So small parameters are
joined into one flat array and updated together: a formula of twelve NumPy calls then costs twelve calls,
however many parameters there are. A large parameter is updated where it is, a block at a time, so that
what the formula computes on the way stays in the processor's cache.
"""

from __future__ import annotations

from collections.abc import Callable
from operator import is_
from typing import Any

import numpy as np

from microgradx.dtypes import float64, get_default_dtype
from microgradx.graph import Array, own_memory, wrap
from microgradx.memory import mark_written, owner
from microgradx.optim.optimizer import Group, Optimizer, evaluate

SMALL = 1 << 14
"""Parameters with fewer elements are joined."""

BLOCK = 1 << 18
"""So many elements are updated at a time."""

Rule = Callable[..., None]


class Elementwise(Optimizer):
    """An optimizer whose rule treats every element alike.

    A subclass says what it remembers (``numbers`` and ``slots``) and what it does (``rule``). Options that
    all of them share are handled here: ``maximize``, and ``weight_decay``, which adds to the gradient, or
    shrinks the parameter if it is decoupled.
    """

    def numbers(self, group: Group) -> dict[str, float]:
        """What is remembered of each parameter, with its first value."""
        return {"step": 0.0}

    def slots(self, group: Group) -> dict[str, float]:
        """What is remembered of each element, with its first value."""
        raise NotImplementedError

    def rule(self, group: Group, s: dict[str, float], fresh: bool) -> Rule:
        """The update for one step, a function ``update(x, g, *slots)`` on flat arrays.

        It changes ``x`` and the slots in place, and only reads ``g``.

        Args:
            group: The options.
            s: The numbers. ``s["step"]`` has been counted up; others may be changed here.
            fresh: Whether the slots were made just now.
        """
        raise NotImplementedError

    def _set_up(self) -> None:
        super()._set_up()
        self._bundles: dict[int, list[Bundle]] = {}

    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        loss = evaluate(closure)
        for i, group in enumerate(self.param_groups):
            params = [p for p in group["params"] if p.grad is not None]
            if len(set(params)) != len(params):  # as in PyTorch, what occurs twice is updated twice
                for p in params:
                    self._bundle(group, [p])[0].update(self, group)
                continue
            bundles = self._bundles.get(i, [])
            if not self._fit(bundles, group, params):
                bundles = self._bundles[i] = self._bundle(group, params)
            for bundle in bundles:
                bundle.update(self, group)
        return loss

    def _fit(self, bundles: list[Bundle], group: Group, params: list[Any]) -> bool:
        """Whether the bundles are still about these parameters, their memory, and their state."""
        bundled = [p for bundle in bundles for p in bundle.params]
        if len(bundled) != len(params) or not set(bundled).issuperset(params):
            return False
        names = (*self.numbers(group), *self.slots(group))
        return all(bundle.is_current(self.state, names) for bundle in bundles)

    def _bundle(self, group: Group, params: list[Any]) -> list[Bundle]:
        """Sort parameters into bundles that can be updated as one array each."""
        numbers, slots = self.numbers(group), self.slots(group)
        found: dict[Any, list[Any]] = {}
        for p in params:
            state = self.state[p] if numbers or slots else {}  # made here, in the order of the parameters
            memory = id(owner(p.array))
            fresh = any(name not in state for name in slots)
            key: Any = (p.array.dtype, fresh, *[_number(state, name, numbers) for name in numbers])
            if p.array.size >= SMALL or any(id(owner(q.array)) == memory for q in found.get(key, ())):
                key = id(p)  # on its own: it is large, or it shares memory with another
            found.setdefault(key, []).append(p)
        return [Bundle(members, self.state, numbers, slots) for members in found.values()]


class Bundle:
    """Parameters that are updated as one flat array, and what is remembered of them."""

    def __init__(
        self, params: list[Any], state: dict[Any, Any], numbers: dict[str, float], slots: dict[str, float]
    ) -> None:
        for p in params:
            if p.array.dtype.kind != "f":
                raise TypeError(
                    f"step: expected parameters of a floating dtype, got {p.array.dtype}; convert with .float()"
                )
            if isinstance(p.array, np.generic):
                mark_written(p.array)  # graphs hold this object; from now on the parameter has memory
        self.params = params
        self.arrays = [own_memory(p) for p in params]
        self.shapes = [a.shape for a in self.arrays]
        self.names = (*numbers, *slots)
        self.states = [state[p] if self.names else {} for p in params]
        self.fresh = any(name not in self.states[0] for name in slots)
        dtype = self.arrays[0].dtype
        number_dtype = np.float64 if get_default_dtype() is float64 else np.float32
        self.numbers: dict[str, Array] = {}
        for name in numbers:
            values = np.array([_number(s, name, numbers) for s in self.states], number_dtype)
            self.numbers[name] = values
            self._keep(name, [values[i : i + 1].reshape(()) for i in range(len(params))])
        self.slots: list[Array] = []
        for name, first in slots.items():
            flat = _flat([s[name].array if name in s else np.full(shape, first, dtype)
                          for s, shape in zip(self.states, self.shapes)])  # fmt: skip
            self.slots.append(flat)
            self._keep(name, self._pieces(flat))
        self.kept = [s[name].array for s in self.states for name in self.names]
        # A bundle of one is updated in its own memory if that is one flat run of elements.
        self.joined = len(params) > 1 or not self.arrays[0].flags.c_contiguous
        if self.joined:
            self.x = np.empty(sum(a.size for a in self.arrays), dtype)
            self.x_pieces = self._pieces(self.x)
        else:
            self.x = self.arrays[0].reshape(-1)

    def _pieces(self, flat: Array) -> list[Array]:
        """The parts of a flat array that belong to each parameter, in its shape."""
        ends = np.cumsum([a.size for a in self.arrays]).tolist()
        return [flat[end - a.size : end].reshape(a.shape) for a, end in zip(self.arrays, ends)]

    def _keep(self, name: str, pieces: list[Array]) -> None:
        """Let the state look into the bundle's memory."""
        for state, piece in zip(self.states, pieces):
            if name in state and not isinstance(state[name], (int, float)):
                state[name].array = piece
            else:
                state[name] = wrap(piece)

    def is_current(self, state: dict[Any, Any], names: tuple[str, ...]) -> bool:
        """Whether nothing has been replaced since: a parameter's memory, its state, or an option."""
        if names != self.names or not all(map(is_, [p.array for p in self.params], self.arrays)):
            return False
        try:
            kept = [state[p][name].array for p in self.params for name in names]
        except (KeyError, AttributeError):
            return False
        one_value = all(len(set(values.tolist())) == 1 for values in self.numbers.values())
        return all(map(is_, kept, self.kept)) and one_value

    def update(self, optimizer: Elementwise, group: Group) -> None:
        """Carry out one step."""
        s = {name: values.item(0) for name, values in self.numbers.items()}
        if "step" in s:
            s["step"] += 1
        update = with_weight_decay(group, optimizer.rule(group, s, self.fresh))
        self.fresh = False
        grads = [p.grad.array for p in self.params]
        if [g.shape for g in grads] != self.shapes:
            shapes = next(pair for pair in zip(self.shapes, grads) if pair[0] != pair[1].shape)
            raise RuntimeError(
                f"step: expected a gradient of shape {shapes[0]}, as its parameter, got {shapes[1].shape}; "
                "compute the gradients anew"
            )
        if self.joined:
            np.concatenate(self.arrays, None, self.x)
        g = _flat(grads)
        if g.size <= BLOCK:
            update(self.x, g, *self.slots)
        else:
            for start in range(0, g.size, BLOCK):
                update(*[a[start : start + BLOCK] for a in (self.x, g, *self.slots)])
        if self.joined:
            for array, piece in zip(self.arrays, self.x_pieces):
                array[...] = piece
        for array in self.arrays:
            mark_written(array)
        for name, values in self.numbers.items():
            values.fill(s[name])


def with_weight_decay(group: Group, update: Rule) -> Rule:
    """A rule with what the options of its group do to the gradient, or to the parameter, before it."""
    decay, maximize = float(group.get("weight_decay", 0)), group["maximize"]
    if not (decay or maximize):
        return update
    decoupled = group.get("decoupled_weight_decay", False)
    shrink = 1 - float(group["lr"]) * decay

    def decayed(x: Array, g: Array, *slots: Array) -> None:
        if maximize:
            g = -g
        if decoupled:
            x *= shrink
        elif decay:
            g = g + decay * x
        update(x, g, *slots)

    return decayed


def _number(state: dict[str, Any], name: str, first: dict[str, float]) -> float:
    return float(state[name]) if name in state else first[name]


def _flat(arrays: list[Array]) -> Array:
    """Arrays as one flat array; a single one is not copied if its elements lie in a row."""
    return np.concatenate(arrays, None) if len(arrays) > 1 else arrays[0].reshape(-1)
