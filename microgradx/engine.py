"""The engine: operations that record themselves, and the chain rule.

`primitive` turns a function on arrays into an operation: called on Variables, it leaves a `Node` in the graph (see
`microgradx.graph`). `backpropagate` is the chain rule: it visits the nodes, youngest first, and applies their rules.

The engine knows no operation by name, but for the two that it needs itself (at the end of the file): the sum that
undoes broadcasting, and the cast.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterable, Sequence
from operator import attrgetter
from typing import Any, Protocol

import numpy as np

from microgradx.checks import FREED, check_finite, check_unchanged, where
from microgradx.graph import (
    NUMPY,
    OFF,
    ON,
    Array,
    Edge,
    Leaf,
    Node,
    Output,
    Record,
    Variable,
    make_node,
    mode,
    output_of,
    own_memory,
    wrap,
)
from microgradx.memory import Clock

Rule = Callable[..., Any]

USUAL = np.dtype(np.float32)
"""The dtype that no operand needs to be converted from."""

HALF = np.dtype(np.float16)
"""The dtype in which nothing is added up."""


# ---------------------------------------------------------------- recording


REQUIRED: Any = object()
VARARGS = 4  # the bit of a code object that says that the function takes `*arguments`


def parameters(function: Callable[..., Any]) -> tuple[str, ...]:
    """The names of a function's parameters, the starred one included; `inspect` would take a while to load."""
    code = function.__code__
    return code.co_varnames[: code.co_argcount + bool(code.co_flags & VARARGS)]


class Primitive:
    """What the engine knows of an operation: how to compute it, and one rule for each argument.

    The values of a call are numbered: its arguments, then its result, then its ``saves``, then the
    shapes that rules ask for. ``rules`` and ``keep`` speak in these numbers, and ``Node.saved`` has one
    place for each.
    """

    def __init__(
        self,
        forward: Callable[..., Any],
        name: str,
        saves: tuple[str, ...],
        align: Callable[..., Any] | None,
        multiple: bool,
        partial: bool,
        view: bool,
    ) -> None:
        self.forward = forward
        self.name = name
        self.align = align
        self.extras = bool(saves)
        self.multiple = multiple
        self.partial = partial
        self.view = view
        self.arguments = parameters(forward)
        self.variadic = bool(forward.__code__.co_flags & VARARGS)
        self.rest = len(self.arguments) - 1 if self.variadic else None
        required = len(self.arguments) - len(forward.__defaults__ or ())
        self.defaults = (REQUIRED,) * required + (forward.__defaults__ or ())
        # Of operands only, with one result: called by `_unary` or `_binary`. Options are annotated.
        operands = all(forward.__annotations__.get(a, Array) in ("Array", Array) for a in self.arguments)
        self.unrolled = operands and len(self.arguments) <= 2 and not (saves or multiple or view or self.variadic)
        self.values = [*self.arguments, "out", *saves]
        self.shapes: list[int] = []  # the arguments of which a rule reads the shape
        self.rules: tuple[tuple[int, Rule, tuple[int, ...]], ...] = ()
        self.sources: dict[str, Rule] = {}
        self.frees = False
        self.keep: dict[int, tuple[bool, ...]] = {}

    def derivatives(self, **rules: Rule) -> None:
        """Give the rules, each under the name of its argument.

        The first parameter of a rule is ``g``, the gradient by the result. Its other parameters say by
        their names what must be kept: an argument, ``out``, ``<argument>_shape``, or one of ``saves``.
        """
        table = []
        for argument, rule in rules.items():
            reads = tuple(map(self.number, parameters(rule)[1:]))
            table.append((self.arguments.index(argument), rule, reads))
        self.rules, self.sources = tuple(table), rules
        # PyTorch lets one go back a second time through operations that keep no values, only shapes and options.
        read = {k for _, _, reads in table for k in reads if k < len(self.values)}
        options = {k for k, a in enumerate(self.arguments) if self.forward.__annotations__.get(a, "Array") != "Array"}
        self.frees = bool(read - options)
        for tracked in range(1 << min(len(self.arguments), 2)):
            self.find_kept(tracked)

    def find_kept(self, tracked: int) -> tuple[bool, ...]:
        """Which values must be kept, if the arguments with a bit in ``tracked`` want their gradients."""
        if tracked not in self.keep:
            reads = {k for i, _, reads in self.rules if tracked >> i & 1 for k in reads}
            self.keep[tracked] = tuple(k in reads for k in range(len(self.values) + len(self.shapes)))
        return self.keep[tracked]

    def number(self, name: str) -> int:
        """The number of a value, by the name that a rule gives it."""
        if name in self.values:
            return self.values.index(name)
        if name.removesuffix("_shape") not in self.arguments:
            raise TypeError(f"{self.name}: a rule reads {name!r}, expected one of {self.values} or <argument>_shape")
        if self.unrolled:
            raise TypeError(
                f"{self.name}: a rule of an operation without options reads {name!r}; read the value itself"
            )
        argument = self.arguments.index(name.removesuffix("_shape"))
        if argument not in self.shapes:
            self.shapes.append(argument)
        return len(self.values) + self.shapes.index(argument)

    def bind(self, args: Sequence[Any], options: dict[str, Any]) -> tuple[Any, ...]:
        """All arguments in order, with defaults; unknown, double and missing ones raise."""
        called = self.forward.__name__
        values = [*args, *self.defaults[len(args) :]]
        if len(args) > len(self.arguments):
            raise TypeError(f"{called}() takes {len(self.arguments)} arguments but {len(args)} were given")
        for name, value in options.items():
            if name not in self.arguments:
                raise TypeError(f"{called}() got an unexpected keyword argument {name!r}; it takes {self.arguments}")
            if (i := self.arguments.index(name)) < len(args):
                raise TypeError(f"{called}() got multiple values for argument {name!r}")
            values[i] = value
        if missing := [a for a, v in zip(self.arguments, values) if v is REQUIRED]:
            raise TypeError(f"{called}() missing required arguments: {', '.join(missing)}")
        return tuple(values)

    def wrong(self, error: Exception, values: Sequence[Any]) -> Exception:
        """NumPy's error about the shapes of operands, in PyTorch's words."""
        shapes = [v.shape for v in values if isinstance(v, (np.ndarray, np.generic))]
        if "broadcast" not in str(error):
            return error
        for first, second in itertools.combinations(shapes, 2):
            for i in range(1, min(len(first), len(second)) + 1):
                a, b = first[-i], second[-i]
                if a != b and 1 not in (a, b):
                    at = max(len(first), len(second)) - i
                    return RuntimeError(
                        f"The size of tensor a ({a}) must match the size of tensor b ({b}) "
                        f"at non-singleton dimension {at}"
                    )
        return error


class Operation(Protocol):
    """A function that records what it does: what `primitive` makes of one that only computes."""

    __name__: str
    primitive: Primitive
    derivatives: Callable[..., None]

    def __call__(self, *args: Any, **options: Any) -> Any: ...


def primitive(
    *numpy_functions: Callable[..., Any],
    name: str = "",
    saves: tuple[str, ...] = (),
    align: Callable[..., Any] | None = None,
    multiple: bool = False,
    partial: bool = False,
    view: bool = False,
) -> Callable[[Callable[..., Any]], Operation]:
    """Make a function on arrays an operation that records itself when it is given Variables.

    Args:
        numpy_functions: NumPy's functions that mean this operation when they are called on Variables.
        name: For display; by default the function's name in CamelCase.
        saves: Names of what ``forward`` returns beside its result, for the rules to read (integers and
            masks only: to a second derivative they are constants).
        align: Called with the operands' arrays when they may differ in dtype; returns them aligned.
        multiple: ``forward`` returns a tuple of results; then ``g`` in the rules is a tuple as well.
        partial: Of results that nothing came of, ``g`` has None; otherwise zeros.
        view: The result looks at the memory of the first argument.

    Example:
        >>> from microgradx.engine import primitive
        >>> @primitive()
        ... def cube(x):
        ...     return x * x * x
        >>> cube.derivatives(x=lambda g, x: g * (3.0 * x * x))
        >>> x = mgx.tensor([1.0, 2.0], requires_grad=True)
        >>> cube(x).sum().backward()
        >>> x.grad
        tensor([ 3., 12.])
    """

    def decorate(forward: Callable[..., Any]) -> Operation:
        title = name or forward.__name__.strip("_").title().replace("_", "")
        p = Primitive(forward, f"{title}Backward0", saves, align, multiple, partial, view)
        record = {1: _unary, 2: _binary}.get(len(p.arguments) if p.unrolled else 0, _general)(p)
        record.__name__ = record.__qualname__ = forward.__name__
        record.__module__, record.__doc__ = forward.__module__, forward.__doc__
        record.__wrapped__, record.primitive, record.derivatives = forward, p, p.derivatives
        NUMPY.update(dict.fromkeys(numpy_functions, record))
        operation: Operation = record
        return operation

    return decorate


def renamed(operation: Operation, name: str) -> Operation:
    """The same operation under another name in the graph: PyTorch tells apart, say, sums of all and sums along some
    dimensions, which to the engine differ in an option."""
    p = operation.primitive
    saves = tuple(p.values[len(p.arguments) + 1 :])
    same = primitive(saves=saves, align=p.align, multiple=p.multiple, partial=p.partial, view=p.view)(p.forward)
    same.primitive.name = name
    same.derivatives(**p.sources)
    return same


# Three ways of calling, of which the first two are the third one unrolled: most operations of a small
# network have one or two operands and no options, and there the loop would cost more than the numbers.


def _unary(p: Primitive) -> Any:
    forward, align = p.forward, p.align

    def call(x: Any) -> Any:
        if not isinstance(x, Variable):
            return forward(x)  # a rule at work on plain arrays
        a = x.array
        if align is not None and a.dtype is not USUAL:
            a = align(a)
        out = forward(a)
        if x.alias is not None:
            x.alias.refresh(x)
        edge = x.edge
        if edge is None or not (grad := mode.grad) or not p.rules:
            return wrap(out, None)
        keep_x, keep_out = p.keep[1]
        node = make_node(p, (edge,), (a if keep_x else None, out if keep_out else None), out)
        if grad > ON:
            node.record = Record((a,), out)
        return wrap(out, node)

    return call


def _binary(p: Primitive) -> Any:
    forward, align = p.forward, p.align

    def call(x: Any, y: Any) -> Any:
        from_x = from_y = None
        if isinstance(x, Variable):
            if x.alias is not None:
                x.alias.refresh(x)
            a, from_x = x.array, x.edge
            if isinstance(y, Variable):
                if y.alias is not None:
                    y.alias.refresh(y)
                b, from_y = y.array, y.edge
                if align is not None and not (a.dtype is b.dtype is USUAL):
                    a, b = align(a, b)
            else:
                a, b = (a, y) if align is None else align(a, y)
        elif isinstance(y, Variable):
            if y.alias is not None:
                y.alias.refresh(y)
            b, from_y = y.array, y.edge
            a, b = (x, b) if align is None else align(x, b)
        else:
            return forward(x, y)
        try:
            out = forward(a, b)
        except ValueError as error:
            raise p.wrong(error, (a, b)) from None
        if (from_x is None and from_y is None) or not (grad := mode.grad) or not p.rules:
            return wrap(out, None)
        keep_x, keep_y, keep_out = p.keep[3 if from_x and from_y else 1 if from_x else 2]
        saved = (a if keep_x else None, b if keep_y else None, out if keep_out else None)
        node = make_node(p, (from_x, from_y), saved, out)
        if grad > ON:
            node.record = Record((a, b), out)
        return wrap(out, node)

    return call


def _general(p: Primitive) -> Any:
    arity = len(p.arguments)
    forward, variadic, view, has_extras, multiple = p.forward, p.variadic, p.view, p.extras, p.multiple

    def call(*args: Any, **options: Any) -> Any:
        if options or (len(args) != arity and not variadic):
            args = p.bind(args, options)
        operands: list[Any] = list(args)
        parents: list[Edge | None] = [None] * len(args)
        tracked, owner = 0, None
        for i, a in enumerate(args):
            if isinstance(a, Variable):
                if a.alias is not None:
                    a.alias.refresh(a)
                owner = a if owner is None else owner
                operands[i] = a.array
                if a.edge is not None:
                    parents[i] = a.edge
                    tracked |= 1 << i if i < arity else 1 << arity - 1
        if view and owner is not None:
            operands[0] = own_memory(owner)
        try:
            out = forward(*operands)
        except ValueError as error:
            raise p.wrong(error, operands) from None
        extras = ()
        if has_extras:
            out, *extras = out
        if owner is None:
            return (out, *extras) if has_extras else out
        edge = None
        if tracked and p.rules and mode.grad:
            rest = [*operands[: arity - 1], tuple(operands[arity - 1 :])] if variadic else operands
            values = [*rest, out, *extras, *[_shape(rest[i]) for i in p.shapes]]
            kept = p.keep.get(tracked) or p.find_kept(tracked)
            saved = tuple([v if k else None for v, k in zip(values, kept)])
            edge = make_node(p, tuple(parents), saved, _Several(out) if multiple else out)
            if mode.grad > ON:
                edge.record = Record(operands, out)
        if multiple:
            return tuple([wrap(a, edge and output_of(edge, i)) for i, a in enumerate(out)])
        result = wrap(out, edge)
        return (result, *map(wrap, extras)) if has_extras else result

    return call


class _Several:
    """The shapes and dtypes of several results."""

    def __init__(self, results: Sequence[Array]) -> None:
        self.shape = tuple(a.shape for a in results)
        self.dtype = tuple(a.dtype for a in results)


def _shape(value: Any) -> Any:
    return tuple(v.shape for v in value) if isinstance(value, tuple) else value.shape


# ---------------------------------------------------------------- the chain rule


def oldest_first(roots: Iterable[Edge]) -> list[Any]:
    """All nodes that the roots were computed from, in order of age.

    A result is younger than its arguments, so age is a topological order.
    """
    seen = {root for root in roots if type(root) is not Leaf}
    stack: list[Any] = list(seen)
    while stack:
        for parent in stack.pop().parents:
            if parent is not None and type(parent) is not Leaf and parent not in seen:
                seen.add(parent)
                stack.append(parent)
    return sorted(seen, key=_serial)


_serial = attrgetter("serial")


def leading_to(targets: Iterable[Edge], nodes: Iterable[Any]) -> set[Edge]:
    """The targets, and those of the nodes (oldest first) through which a gradient reaches a target."""
    leading = set(targets)
    for node in nodes:
        if not leading.isdisjoint(node.parents):
            leading.add(node)
    return leading


def backpropagate(
    roots: Sequence[Edge],
    gradients: Sequence[Any],
    *,
    retain_graph: bool = False,
    create_graph: bool = False,
    targets: set[Edge] | None = None,
) -> dict[Edge, Any]:
    """The chain rule: carry gradients from the roots to the leaves, or only to the ``targets``.

    Each node is visited once, when all that its result went into has been visited. Its rules turn the
    gradient by its result into gradients by its arguments, and these are added up, edge by edge.

    Returns the gradient of every leaf (or target) that was reached: arrays that nobody else holds; or
    Variables with ``create_graph``, and then what is computed here is itself recorded.
    """
    grads: dict[Edge, Any] = {}
    owned: set[Edge] = set()  # whose sum is an array of our own, which we may add to in place

    def add(edge: Edge, dx: Any, fresh: bool) -> None:
        if create_graph or dx.shape != edge.shape or dx.dtype is not edge.dtype:
            dx = fit(dx, edge)
        if edge not in grads:
            grads[edge] = dx
            if fresh and not create_graph and dx.base is None:
                owned.add(edge)
        elif edge in owned:
            grads[edge] += dx
        else:
            grads[edge] = grads[edge] + dx
            if not create_graph:
                owned.add(edge)

    for root, g in zip(roots, gradients, strict=True):
        if isinstance(g, Variable) != create_graph:
            g = wrap(g) if create_graph else g.array
        add(root, g, False)
    order = oldest_first(roots)
    wanted = None if targets is None else leading_to(targets, order)  # includes the targets
    found: dict[Edge, Any] = {}
    anomaly, previous = mode.anomaly, mode.grad
    mode.grad = max(previous, ON) if create_graph else OFF
    try:
        while order:
            node = order.pop()
            g = grads.pop(node, None)
            if g is None or (wanted is not None and node not in wanted):
                continue
            if node.hooks is not None:
                g = node.hooks.run(g, create_graph)
            if targets is not None and node in targets:
                found[node] = g if create_graph else np.copy(g)
                if wanted is not None and wanted.isdisjoint(node.parents):
                    continue  # the way ends here: a later pass may go on
            if type(node) is Output:
                slots = grads.setdefault(node.source, [None] * len(node.source.shape))
                slots[node.index] = g if slots[node.index] is None else slots[node.index] + g
                continue
            p, parents, saved = node.primitive, node.parents, node.saved
            if saved is None:
                raise RuntimeError(FREED)
            if node.serial < Clock.last_write:
                check_unchanged(node)
            if create_graph:
                saved = saved_variables(node)
            if p.frees and not retain_graph:
                node.saved = None  # memory that is freed here is still warm when the next rule needs some
            if p.multiple and not p.partial:
                g = [np.zeros(s, d) if x is None else x for x, s, d in zip(g, node.shape, node.dtype)]
            for i, rule, reads in p.rules:
                if i == p.rest:
                    for parent, dx in zip(parents[i:], rule(g, *[saved[k] for k in reads]), strict=True):
                        if parent is not None and dx is not None and (wanted is None or parent in wanted):
                            add(parent, dx, False)
                    continue
                parent = parents[i]
                if parent is None or (wanted is not None and parent not in wanted):
                    continue
                if not reads:
                    dx = rule(g)
                elif len(reads) == 1:
                    dx = rule(g, saved[reads[0]])
                else:
                    dx = rule(g, *[saved[k] for k in reads])
                if dx is None:
                    raise TypeError(f"{node.name}: expected a gradient from the rule for {p.arguments[i]!r}, got None")
                if anomaly:
                    check_finite(node, i, dx)
                add(parent, dx, dx is not g)
    except Exception as error:
        if type(node) is Node:
            error.add_note(f"(in the backward pass of {node.name}{where(node)})")
        raise
    finally:
        mode.grad = previous
    for edge, g in grads.items():
        if targets is None or edge in targets:
            if edge.hooks is not None:
                g = edge.hooks.run(g, create_graph)
            found[edge] = g if create_graph or edge in owned else np.copy(g)
    return found


def saved_variables(node: Node) -> tuple[Any, ...]:
    """What the rules of a node read, with its place in the graph: for derivatives of derivatives."""
    p, parents = node.primitive, node.parents
    here = len(p.arguments)  # the number of the result

    def variable(k: int, value: Any) -> Any:
        if value is None or k > here:
            return value
        if k == here:
            if p.multiple:
                return tuple(wrap(a, output_of(node, i)) for i, a in enumerate(value))
            return wrap(value, node)
        if p.variadic and k == here - 1:
            return tuple(wrap(a, e) if e else a for a, e in zip(value, parents[k:]))
        return wrap(value, parents[k]) if parents[k] else value

    return tuple(variable(k, value) for k, value in enumerate(node.saved or ()))


# ------------------------------------------- what the engine itself computes: un-broadcast, and cast


def fit(dx: Any, edge: Edge) -> Any:
    """Bring a gradient to the shape and dtype of what it belongs to.

    Where the forward broadcast a value, it was used many times, and the gradients of all uses add up.
    """
    a, add_up = (dx.array, sum_to) if isinstance(dx, Variable) else (dx, sum_to.primitive.forward)
    if a.shape != edge.shape:
        dx = add_up(dx, edge.shape)
    return dx if a.dtype == edge.dtype else cast(dx, edge.dtype)


@primitive()
def sum_to(x: Array, shape: tuple[int, ...]) -> Array:
    """Sum over the dimensions along which ``shape`` would be broadcast to ``x.shape``."""
    if x.dtype is HALF:  # whose sums would be too coarse, or exceed its range
        return sum_to(x.astype(np.float32), shape).astype(HALF)
    new = x.ndim - len(shape)
    if x.shape[new:] == shape:
        if len(shape) == 1 and x.dtype.char in "fd":  # the usual case, a bias: BLAS adds up rows twice as fast
            rows = x.reshape(math.prod(x.shape[:-1]), *shape)
            return np.ones(len(rows), x.dtype) @ rows
        return np.add.reduce(x, tuple(range(new)))
    if new < 0 or any(n not in (1, m) for n, m in zip(shape, x.shape[new:])):
        raise ValueError(
            f"sum_to: expected a shape that broadcasts to {x.shape}, got {shape}; is a rule's result transposed?"
        )
    stretched = [i for i, n in enumerate(shape, new) if n == 1 and x.shape[i] != 1]
    return np.add.reduce(x, (*range(new), *stretched), keepdims=True).reshape(shape)


@primitive(np.broadcast_to, name="Expand", view=True)
def broadcast_to(x: Array, shape: tuple[int, ...]) -> Array:
    """Repeat ``x`` along new dimensions and those of size 1, without a copy."""
    return np.broadcast_to(x, shape)


sum_to.derivatives(x=lambda g, x_shape: broadcast_to(g, x_shape))
broadcast_to.derivatives(x=lambda g: g)  # the engine sums


@primitive(name="ToCopy")
def cast(x: Array, dtype: Any) -> Array:
    """The same values in another dtype."""
    return x.astype(dtype)


cast.derivatives(x=lambda g: g)  # the engine casts back
