"""The engine: it records what a program does with numbers, and walks back through it.

Three kinds of object make a graph:

- a `Variable` holds an array and its *edge* into the graph (`microgradx.Tensor` is its public face);
- a `Node` is one operation that was carried out: its primitive, the edges of its arguments (its
  *parents*), and the values that its derivatives need;
- a `Leaf` stands for a variable that asks for its gradient, and collects it.

Edges lead from results back to arguments and never to a Variable, so there is no reference cycle:
the moment the last name of a result goes, its whole graph goes.

`primitive` turns a function on arrays into an operation that records. `backpropagate` is the chain
rule. The engine knows no operation by name, but for the two that it needs itself (at the end of the
file): the sum that undoes broadcasting, and the cast.
"""

from __future__ import annotations

import inspect
import sys
import threading
import weakref
from collections.abc import Callable, Iterable, Sequence
from operator import attrgetter
from types import CodeType, FrameType
from typing import Any, Protocol

import numpy as np

from microgradx.memory import Clock, tick, version, writings_since

Array = Any
"""An ndarray, a NumPy scalar (0-d), or, while a rule runs on them, a Variable."""

Rule = Callable[..., Any]


OFF, ON, LINES, FULL = 0, 1, 2, 3


class _Mode(threading.local):
    """What is recorded in this thread.

    ``grad`` is OFF (`no_grad`), ON, LINES (the user's lines too) or FULL (all values too, for viewing); ``on`` is
    what it becomes when it is switched on. Interactive shells keep lines: there, time matters less.
    """

    grad = on = LINES if hasattr(sys, "ps1") else ON
    inference = False
    anomaly = False
    module: tuple[str, int] | None = None  # path and number of the module call that is running


USUAL = np.dtype(np.float32)  # the dtype that no operand needs to be converted from
mode = _Mode()
NUMPY: dict[Any, Callable[..., Any]] = {}
"""Which recorded operation stands for a NumPy function when it meets a Variable."""


class Variable:
    """An array with its place in the graph.

    ``array`` is an ndarray, or a NumPy scalar if 0-d; ``edge`` is None, a Leaf, a Node or an Output;
    ``alias`` is set when the array looks at another variable's memory (see `microgradx.views`).
    """

    __slots__ = ("__dict__", "__weakref__", "alias", "array", "edge")
    array: Array
    edge: Edge | None
    alias: Any

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **options: Any) -> Any:
        recorded = NUMPY.get(ufunc)
        if method == "__call__" and recorded is not None and not options:
            return recorded(*inputs)
        return getattr(ufunc, method)(*_plain(inputs), **_plain(options))

    def __array_function__(self, function: Any, types: Any, args: Any, options: Any) -> Any:
        recorded = NUMPY.get(function)
        if recorded is not None:
            return recorded(*args, **options)
        return function(*_plain(args), **_plain(options))


def _plain(value: Any) -> Any:
    """Arguments for a NumPy function that the graph does not know: constants only."""
    if isinstance(value, Variable):
        if value.edge is not None:
            raise RuntimeError("Can't call numpy() on Tensor that requires grad. Use tensor.detach().numpy() instead.")
        return value.array
    if isinstance(value, (list, tuple)):
        return type(value)(map(_plain, value))
    return {k: _plain(v) for k, v in value.items()} if isinstance(value, dict) else value


class Leaf:
    """Where a gradient is collected: the edge of a variable that requires grad and was not computed."""

    __slots__ = ("__weakref__", "dtype", "grad", "hooks", "shape", "variable")
    name = "AccumulateGrad"
    parents: tuple[()] = ()

    def __init__(self, variable: Variable) -> None:
        self.shape = variable.array.shape
        self.dtype = variable.array.dtype
        self.grad: Any = None
        self.hooks: Hooks | None = None
        self.variable = weakref.ref(variable)  # weak: the variable owns its leaf, not the reverse


class Node:
    """One operation that was carried out."""

    __slots__ = (
        "__weakref__", "dtype", "hooks", "parents", "primitive", "record", "saved", "serial", "shape",
    )  # fmt: skip
    primitive: Any
    parents: tuple[Edge | None, ...]
    saved: tuple[Any, ...] | None  # None once a backward pass has freed it
    serial: int
    shape: Any  # of the result; a tuple of shapes if there are several results
    dtype: Any
    hooks: Hooks | None
    record: Record | None

    @property
    def name(self) -> str:
        name: str = self.primitive.name
        return name

    @property
    def next_functions(self) -> tuple[tuple[Edge | None, int], ...]:
        """The edges to the arguments, under PyTorch's name."""
        return tuple((p.source, p.index) if isinstance(p, Output) else (p, 0) for p in self.parents)

    def __repr__(self) -> str:
        return f"<{self.name} object at {id(self):#x}>"


class Output:
    """The edge of one result of an operation that has several."""

    __slots__ = ("__weakref__", "dtype", "hooks", "index", "parents", "serial", "shape", "source")

    def __init__(self, source: Node, index: int) -> None:
        self.source = source
        self.index = index
        self.parents = (source,)
        self.shape = source.shape[index]
        self.dtype = source.dtype[index]
        self.serial = tick()
        self.hooks: Hooks | None = None

    @property
    def name(self) -> str:
        return self.source.name

    @property
    def record(self) -> Record | None:
        return self.source.record

    __repr__ = Node.__repr__


Edge = Leaf | Node | Output


class Hooks:
    """Functions that see, and may replace, the gradient that arrives at an edge."""

    __slots__ = ("after", "before", "grad", "retains")

    def __init__(self) -> None:
        self.before: dict[int, Callable[[Any], Any]] = {}  # of `register_hook`, in order of registration
        self.after: dict[int, Callable[[Any], Any]] = {}  # of a leaf: once its gradient has been added
        self.retains = False  # `retain_grad`: keep the gradient of a result that is no leaf
        self.grad: Any = None

    def run(self, g: Any, create_graph: bool) -> Any:
        if self.before:
            value = g if create_graph else wrap(g)
            for hook in list(self.before.values()):
                replaced = hook(value)
                value = value if replaced is None else replaced
            g = value if create_graph else value.array
        if self.retains:
            # A copy: what comes later may add into the array in place.
            new = g if create_graph else wrap(np.copy(g))
            self.grad = new if self.grad is None else self.grad + new
        return g


class Record:
    """What recording in full keeps of one operation, for drawings and reports."""

    __slots__ = ("args", "code", "instruction", "module", "out")

    def __init__(self, args: Sequence[Any], out: Any) -> None:
        full = mode.grad == FULL
        self.args = tuple(args) if full else ()  # all argument values, arrays or options
        self.out = out if full else None
        self.module = mode.module
        frame = user_frame()
        self.code: CodeType | None = frame and frame.f_code
        self.instruction = frame.f_lasti if frame else -1

    def line(self) -> tuple[str, int] | None:
        """File and line number of the user's code that carried out the operation."""
        if self.code is None:
            return None
        position = list(self.code.co_positions())[self.instruction // 2]
        return self.code.co_filename, position[0] or self.code.co_firstlineno


_HERE = __file__.rpartition("engine.py")[0]


def user_frame() -> FrameType | None:
    """The innermost frame of a caller that is not part of this library."""
    frame: FrameType | None = sys._getframe(1)
    while frame is not None and frame.f_code.co_filename.startswith(_HERE):
        frame = frame.f_back
    return frame


# ---------------------------------------------------------------- recording


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
        view: bool,
    ) -> None:
        self.forward = forward
        self.name = name
        self.align = align
        self.extras = bool(saves)
        self.multiple = multiple
        self.view = view
        self.signature = inspect.signature(forward)
        kinds = [p.kind for p in self.signature.parameters.values()]
        self.variadic = inspect.Parameter.VAR_POSITIONAL in kinds
        self.arguments = tuple(self.signature.parameters)
        # Of operands only, with one result: called by `_unary` or `_binary`. Options are annotated.
        operands = all(p.annotation in (p.empty, "Array", Array) for p in self.signature.parameters.values())
        self.unrolled = operands and len(self.arguments) <= 2 and not (saves or multiple or view or self.variadic)
        self.values = [*self.arguments, "out", *saves]
        self.shapes: list[int] = []  # the arguments of which a rule reads the shape
        self.rules: tuple[tuple[int, Rule, tuple[int, ...]], ...] = ()
        self.sources: dict[str, Rule] = {}
        self.keep: dict[int, tuple[bool, ...]] = {}

    def derivatives(self, **rules: Rule) -> None:
        """Give the rules, each under the name of its argument.

        The first parameter of a rule is ``g``, the gradient by the result. Its other parameters say by
        their names what must be kept: an argument, ``out``, ``<argument>_shape``, or one of ``saves``.
        """
        table = []
        for argument, rule in rules.items():
            reads = tuple(map(self.number, list(inspect.signature(rule).parameters)[1:]))
            table.append((self.arguments.index(argument), rule, reads))
        self.rules, self.sources = tuple(table), rules
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
        """All arguments in order, with defaults; unknown ones raise."""
        bound = self.signature.bind(*args, **options)
        bound.apply_defaults()
        return bound.args

    def wrong(self, error: Exception, values: Sequence[Any]) -> Exception:
        """NumPy's error about the shapes of operands, in PyTorch's words."""
        shapes = [v.shape for v in values if isinstance(v, (np.ndarray, np.generic))]
        if self.align is not None and len(shapes) == 2:
            for i in range(1, min(map(len, shapes)) + 1):
                a, b = shapes[0][-i], shapes[1][-i]
                if a != b and 1 not in (a, b):
                    at = max(map(len, shapes)) - i
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
        p = Primitive(forward, f"{title}Backward0", saves, align, multiple, view)
        record = {1: _unary, 2: _binary}.get(len(p.arguments) if p.unrolled else 0, _general)(p)
        record.__name__ = record.__qualname__ = forward.__name__
        record.__module__, record.__doc__ = forward.__module__, forward.__doc__
        record.__wrapped__, record.primitive, record.derivatives = forward, p, p.derivatives
        NUMPY.update(dict.fromkeys(numpy_functions, record))
        operation: Operation = record
        return operation

    return decorate


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
                if align is not None and a.dtype is not b.dtype:
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

    def call(*args: Any, **options: Any) -> Any:
        if options or (len(args) != arity and not p.variadic):
            args = p.bind(args, options)
        operands: list[Any] = []
        parents: list[Edge | None] = []
        tracked, owner = 0, None
        for i, a in enumerate(args):
            edge = None
            if isinstance(a, Variable):
                if a.alias is not None:
                    a.alias.refresh(a)
                owner, edge, a = a if owner is None else owner, a.edge, a.array
                if edge is not None:
                    tracked |= 1 << min(i, arity - 1)
            operands.append(a)
            parents.append(edge)
        if p.view and owner is not None:
            operands[0] = own_memory(owner)
        try:
            out = p.forward(*operands)
        except ValueError as error:
            raise p.wrong(error, operands) from None
        out, *extras = out if p.extras else (out,)
        if owner is None:
            return (out, *extras) if extras else out
        edge = None
        if tracked and p.rules and mode.grad:
            rest = operands if not p.variadic else [*operands[: arity - 1], tuple(operands[arity - 1 :])]
            values = [*rest, out, *extras, *[_shape(rest[i]) for i in p.shapes]]
            saved = tuple([v if k else None for v, k in zip(values, p.find_kept(tracked))])
            edge = make_node(p, tuple(parents), saved, _Several(out) if p.multiple else out)
            if mode.grad > ON:
                edge.record = Record(operands, out)
        if p.multiple:
            return tuple(wrap(a, edge and Output(edge, i)) for i, a in enumerate(out))
        result = wrap(out, edge)
        return (result, *map(wrap, extras)) if extras else result

    return call


class _Several:
    """The shapes and dtypes of several results."""

    def __init__(self, results: Sequence[Array]) -> None:
        self.shape = tuple(a.shape for a in results)
        self.dtype = tuple(a.dtype for a in results)


def _shape(value: Any) -> Any:
    return tuple(v.shape for v in value) if isinstance(value, tuple) else value.shape


def own_memory(variable: Variable) -> np.ndarray:
    """The array of a variable as something that a view can look at: 0-d values may be NumPy scalars."""
    if not isinstance(variable.array, np.ndarray):
        variable.array = np.asarray(variable.array)
    return variable.array


def make_node(p: Primitive, parents: tuple[Edge | None, ...], saved: tuple[Any, ...], out: Any) -> Node:
    node: Node = _new(Node)
    node.primitive = p
    node.parents = parents
    node.saved = saved
    node.serial = tick()
    node.shape = out.shape
    node.dtype = out.dtype
    node.hooks = None
    node.record = None
    return node


_new: Any = object.__new__
_variable_class: Any = Variable


def use_variable_class(cls: type[Variable]) -> None:
    """Let results be of this class: how the engine makes Tensors without knowing them."""
    global _variable_class
    _variable_class = cls


def wrap(array: Array, edge: Edge | None = None) -> Any:
    """A result with its place in the graph."""
    variable = _new(_variable_class)
    variable.array = array
    variable.edge = edge
    variable.alias = None
    return variable


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
                found[node] = g
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
            if saved and not retain_graph:
                node.saved = None  # memory that is freed here is still warm when the next rule needs some
            if p.multiple:
                g = [np.zeros(s, d) if x is None else x for x, s, d in zip(g, node.shape, node.dtype)]
            for i, rule, reads in p.rules:
                if p.variadic and i == len(p.arguments) - 1:
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
                if anomaly:
                    check_finite(node, i, dx)
                add(parent, dx, dx is not g)
    finally:
        mode.grad = previous
    for edge, g in grads.items():
        if targets is None or edge in targets:
            if edge.hooks is not None:
                g = edge.hooks.run(g, create_graph)
            found[edge] = g if create_graph or edge in owned else np.copy(g)
    return found


FREED = (
    "Trying to backward through the graph a second time (or directly access saved tensors after they have "
    "already been freed). Saved intermediate values of the graph are freed when you call .backward() or "
    "autograd.grad(). Specify retain_graph=True if you need to backward through the graph a second time or "
    "if you need to access saved tensors after calling backward."
)


def saved_variables(node: Node) -> tuple[Any, ...]:
    """What the rules of a node read, with its place in the graph: for derivatives of derivatives."""
    p, parents = node.primitive, node.parents
    here = len(p.arguments)  # the number of the result

    def variable(k: int, value: Any) -> Any:
        if value is None or k > here:
            return value
        if k == here:
            if p.multiple:
                return tuple(wrap(a, Output(node, i)) for i, a in enumerate(value))
            return wrap(value, node)
        if p.variadic and k == here - 1:
            return tuple(wrap(a, e) if e else a for a, e in zip(value, parents[k:]))
        return wrap(value, parents[k]) if parents[k] else value

    return tuple(variable(k, value) for k, value in enumerate(node.saved or ()))


def check_unchanged(node: Node) -> None:
    """Raise if a value that the rules of a node will read has been overwritten since."""
    p = node.primitive
    for k, value in enumerate(node.saved or ()):
        for array in value if isinstance(value, tuple) else (value,):
            if not isinstance(array, (np.ndarray, np.generic)):
                continue
            if changes := writings_since(array, node.serial):
                now = version(array)
                made_by = node if k == len(p.arguments) else node.parents[k] if k < len(p.arguments) else None
                origin = f", which is output 0 of {made_by.name}," if made_by is not None else ""
                kind = {"float32": "Float", "float64": "Double", "float16": "Half", "int64": "Long"}
                raise RuntimeError(
                    "one of the variables needed for gradient computation has been modified by an inplace "
                    f"operation: [torch.{kind.get(array.dtype.name, array.dtype.name.title())}Tensor "
                    f"{list(array.shape)}]{origin} is at version {now}; expected version {now - changes} instead. "
                    f"{node.name} needs the old value{_where(node)}; use an operation that is not in place, "
                    "or change a clone()."
                )


def check_finite(node: Node, i: int, dx: Any) -> None:
    """Anomaly mode: raise at the first rule that gives a nan."""
    if np.isnan(dx.array if isinstance(dx, Variable) else dx).any():
        raise RuntimeError(
            f"Function '{node.name}' returned nan values in its {i}th output{_where(node)}; "
            "look at the values that this operation met."
        )


def _where(node: Node) -> str:
    line = node.record and node.record.line()
    return f" ({line[0]}:{line[1]})" if line else ""


# ------------------------------------------- what the engine itself computes: un-broadcast, and cast


def fit(dx: Any, edge: Edge) -> Any:
    """Bring a gradient to the shape and dtype of what it belongs to.

    Where the forward broadcast a value, it was used many times, and the gradients of all uses add up.
    """
    a = dx.array if isinstance(dx, Variable) else dx
    if a.shape != edge.shape:
        dx = sum_to(dx, edge.shape)
    return dx if a.dtype == edge.dtype else cast(dx, edge.dtype)


@primitive()
def sum_to(x: Array, shape: tuple[int, ...]) -> Array:
    """Sum over the dimensions along which ``shape`` would be broadcast to ``x.shape``."""
    new = x.ndim - len(shape)
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
