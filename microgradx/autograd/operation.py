"""A recorded operation that can be carried out again, on other values: what gradcheck questions."""

from __future__ import annotations

import inspect
import linecache
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from microgradx.autograd import numeric
from microgradx.autograd.formula import lambda_body
from microgradx.autograd.function import Function, FunctionCtx
from microgradx.engine import parameters
from microgradx.graph import OFF, ON, Leaf, Node, Output, Record, Variable, mode, wrap

STEP = 6e-6
"""The cube root of float64's precision: here a central difference is most exact."""


@dataclass
class Answer:
    """What a rule gives; when it is asked again; and whether it has changed its arguments in place."""

    first: np.ndarray
    second: np.ndarray
    spoiled: bool

    def repeats(self) -> bool:
        return self.first.shape == self.second.shape and np.allclose(
            self.first, self.second, rtol=1e-12, equal_nan=True
        )


class Operation:
    """A node's forward and rules as functions of its arguments, in float64.

    ``values`` are the arguments that it met: arrays of our own, and options.
    """

    def __init__(self, node: Node, record: Record) -> None:
        self.node = node
        self.record = record
        self.values = [_double(v) for v in record.args]

    @property
    def identity(self) -> Any:
        """The same for all calls of one operation."""
        return self.node.function if isinstance(self.node, FunctionCtx) else self.node.primitive

    def wanted(self) -> list[int]:
        """The arguments that get a gradient."""
        return [i for i, parent in enumerate(self.node.parents) if parent is not None and self.is_float(i)]

    def is_float(self, i: int) -> bool:
        value = self.values[i]
        return isinstance(value, np.ndarray) and value.dtype.kind == "f" and value.size > 0

    def argument(self, i: int) -> str:
        """The name of an argument."""
        node = self.node
        if isinstance(node, FunctionCtx):
            names = list(inspect.signature(node.function.forward).parameters)
            names = names if node.function.setup_context is not Function.setup_context else names[1:]
            return names[i] if i < len(names) else f"argument {i}"
        p = node.primitive
        last = len(p.arguments) - 1
        return f"{p.arguments[last]}[{i - last}]" if p.variadic and i >= last else str(p.arguments[i])

    def options(self) -> dict[str, float]:
        """The arguments that are plain numbers, by name."""
        return {
            self.argument(i): float(v)
            for i, v in enumerate(self.values)
            if isinstance(v, (int, float)) and not isinstance(v, bool)
        }

    def line(self) -> str:
        """Where the user's code carried it out."""
        where = self.record.line()
        if where is None:
            return ""
        text = linecache.getline(*where).strip()
        return f"{where[0]}:{where[1]}" + (f"\n    {text}" if text else "")

    def formula(self, i: int) -> str:
        """The text of the rule for an argument, and where it stands; empty if there is no source."""
        sources = self.node.primitive.sources
        last = len(self.node.primitive.arguments) - 1
        name = self.node.primitive.arguments[min(i, last)]
        return _source(sources[name]) if name in sources else ""

    def run(self, values: Sequence[Any]) -> tuple[np.ndarray, ...]:
        """The results for these arguments."""
        node = self.node
        if isinstance(node, FunctionCtx):
            before, mode.grad = mode.grad, OFF
            try:
                out = node.function.apply(*self.tensors(node, values))
            finally:
                mode.grad = before
            results = out if isinstance(out, tuple) else (out,)
            return tuple(np.asarray(r.array) for r in results if isinstance(r, Variable))
        p = node.primitive
        out = p.forward(*_scalars(values))
        out = out[0] if p.extras else out
        return tuple(np.asarray(a) for a in (out if p.multiple else (out,)))

    def gradient(self, values: Sequence[Any], g: Sequence[np.ndarray], i: int, swap: tuple[str, str] = ("", "")) -> Any:
        """What the rule for argument ``i`` gives for an upstream gradient; None if it gives none.

        With ``swap`` a primitive's rule finds the value of the second name under the first.
        """
        node = self.node
        if isinstance(node, FunctionCtx):
            return self.custom_gradient(node, values, g, i)
        p = node.primitive
        last = len(p.arguments) - 1
        rule = next(((r, reads) for k, r, reads in p.rules if k == min(i, last)), None)
        if rule is None:
            return None
        values = _scalars(values)
        out = p.forward(*values)
        out, *extras = out if p.extras else (out,)
        given = [*values[:last], tuple(values[last:])] if p.variadic else values
        known = [*given, out, *extras, *(_shape(given[k]) for k in p.shapes)]
        reads = [p.number(swap[1]) if p.number(swap[0]) == k else k for k in rule[1]] if swap[0] else rule[1]
        upstream = tuple(g) if p.multiple else g[0][()]
        result = rule[0](upstream, *[known[k] for k in reads])
        return list(result)[i - last] if p.variadic and i >= last else result

    def custom_gradient(self, node: FunctionCtx, values: Sequence[Any], g: Sequence[np.ndarray], i: int) -> Any:
        tensors = self.tensors(node, values)
        before, mode.grad = mode.grad, ON
        try:
            out = node.function.apply(*tensors)
            results = out if isinstance(out, tuple) else (out,)
            edge: Any = next(r.edge for r in results if isinstance(r, Variable) and r.edge)
            again: Any = edge.source if isinstance(edge, Output) else edge
            slots = iter(g)
            upstream = [next(slots)[()] if isinstance(r, Variable) else np.float64(0) for r in results]
            again.reached = set(range(len(results)))
            mode.grad = OFF
            ((_, rule, _),) = again.primitive.rules
            return rule(upstream if again.several else upstream[0])[i]
        finally:
            mode.grad = before

    def tensors(self, node: FunctionCtx, values: Sequence[Any]) -> list[Any]:
        """The arguments as `Function.apply` takes them."""
        result = []
        for value, is_tensor, parent in zip(_scalars(values), node.are_tensors, node.parents, strict=True):
            tensor = wrap(np.copy(value)[()]) if is_tensor else value
            if parent is not None:
                tensor.edge = Leaf(tensor)
            result.append(tensor)
        return result

    def question(self, values: Sequence[Any], g: Sequence[np.ndarray], i: int) -> Answer:
        """Ask the rule twice, and look whether it leaves its arguments alone."""
        own = [np.copy(a) for a in g]
        held = [*own, *(v for v in values if isinstance(v, np.ndarray))]
        before = [np.copy(a) for a in held]
        first = self.gradient(values, own, i)
        first = np.zeros_like(values[i]) if first is None else np.array(first)
        spoiled = not all(np.array_equal(a, b, equal_nan=a.dtype.kind == "f") for a, b in zip(held, before))
        for a, b in zip(held, before):
            a[...] = b
        second = self.gradient(values, own, i)
        return Answer(first, np.zeros_like(values[i]) if second is None else np.array(second), spoiled)

    def jacobian(self, values: Sequence[Any], i: int) -> np.ndarray:
        """The derivatives of all results by argument ``i``, by difference quotients."""
        return numeric.jacobian(lambda: flat(self.run(values)), values[i], step_for(values[i]))

    def repeats(self) -> bool:
        """Whether the same arguments give the result that was recorded."""
        out = self.record.out if isinstance(self.record.out, tuple) else (self.record.out,)
        again = self.run(self.values)
        return len(out) == len(again) and all(
            a.shape == b.shape and np.allclose(a, b, rtol=1e-4, atol=1e-6, equal_nan=True) for a, b in zip(out, again)
        )

    def nearby(self, rng: np.random.Generator) -> list[Any]:
        """Other arguments, of the same signs and a little smaller, so that they stay where the operation is defined."""
        return [
            np.asarray(v * rng.uniform(0.8, 1.0, v.shape)) if self.is_float(i) else v for i, v in enumerate(self.values)
        ]


def step_for(x: np.ndarray) -> float:
    return STEP * max(1.0, float(np.abs(x).max(initial=0)))


def flat(arrays: Sequence[np.ndarray]) -> np.ndarray:
    """All results of an operation in one row."""
    return np.concatenate([a.reshape(-1) for a in arrays]).astype(np.float64)


def _double(value: Any) -> Any:
    """An array of our own, floats in float64; options as they are."""
    if not isinstance(value, (np.ndarray, np.generic)):
        return value
    return np.array(value, np.float64 if value.dtype.kind == "f" else None, order="C")


def _scalars(values: Sequence[Any]) -> list[Any]:
    """0-d arrays as the scalars that operations compute with."""
    return [v[()] if isinstance(v, np.ndarray) else v for v in values]


def _shape(value: Any) -> Any:
    return tuple(v.shape for v in value) if isinstance(value, tuple) else value.shape


def _source(rule: Any) -> str:
    """The text of a rule, if it is a lambda, or its name; and where it stands."""
    code = inspect.unwrap(rule).__code__
    where = f"{code.co_filename}:{code.co_firstlineno}"
    if code.co_name != "<lambda>":
        return f"{rule.__qualname__}, {where}"
    body = lambda_body(code)
    return f"lambda {', '.join(parameters(rule))}: {body}, {where}" if body else where
