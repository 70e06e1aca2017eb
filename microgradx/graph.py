"""The graph: what a program leaves behind when it is recorded, for the way back.

Three kinds of object make it:

- a `Variable` holds an array and its *edge* into the graph (`microgradx.Tensor` is its public face);
- a `Node` is one operation that was carried out: its primitive, the edges of its arguments (its *parents*), and the
  values that its derivatives need;
- a `Leaf` stands for a variable that asks for its gradient, and collects it.

Edges lead from results back to arguments and never to a Variable, so there is no reference cycle: the moment the last
name of a result goes, its whole graph goes.
"""

from __future__ import annotations

import sys
import threading
import weakref
from collections.abc import Callable, Sequence
from types import CodeType, FrameType
from typing import Any

import numpy as np

from microgradx.memory import tick

Array = Any
"""An ndarray, a NumPy scalar (0-d), or, while a rule runs on them, a Variable."""


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

    def __repr__(self) -> str:
        return f"<{self.name} object at {id(self):#x}>"


class Node:
    """One operation that was carried out."""

    __slots__ = (
        "__weakref__", "dtype", "hooks", "outputs", "parents", "primitive", "record", "saved", "serial", "shape",
    )  # fmt: skip
    primitive: Any
    parents: tuple[Edge | None, ...]
    saved: tuple[Any, ...] | None  # None once a backward pass has freed it
    serial: int
    shape: Any  # of the result; a tuple of shapes if there are several results
    dtype: Any
    hooks: Hooks | None
    outputs: dict[int, weakref.ref[Output]]  # the edges of several results; see `output_of`
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


def output_of(node: Node, i: int) -> Output:
    """The edge of one of several results: the same one, with its hooks, for as long as anybody holds it."""
    try:
        known = node.outputs
    except AttributeError:
        known = node.outputs = {}
    edge = known[i]() if i in known else None
    if edge is None:
        edge = Output(node, i)
        known[i] = weakref.ref(edge)
    return edge


copied: Any = np.copy  # of an array or of a Variable, where it is recorded


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
            value = copied(g) if create_graph else wrap(copied(g))  # a hook may write to what it is given
            for hook in list(self.before.values()):
                replaced = hook(value)
                if replaced is not None:
                    check_replacement(hook, value, replaced)
                    value = replaced
            g = value if create_graph else value.array
        if self.retains:
            new = g if create_graph else wrap(np.copy(g))
            self.grad = new if self.grad is None else self.grad + new
        return g


def check_replacement(hook: Callable[[Any], Any], old: Any, new: Any) -> None:
    """Raise PyTorch's errors if a hook returned what cannot stand for the gradient that it was given."""
    name = getattr(hook, "__name__", type(hook).__name__)
    if not isinstance(new, Variable):
        raise TypeError(f"expected Variable, but hook returned '{type(new).__name__}'; return a tensor, or None")
    if new.array.shape != old.array.shape:
        raise RuntimeError(
            f"hook '{name}' has changed the size of value: expected {list(old.array.shape)}, got {list(new.array.shape)}"
        )
    if new.array.dtype != old.array.dtype:
        raise RuntimeError(
            f"hook '{name}' has changed the type of value (was {old.array.dtype} got {new.array.dtype}); convert it back"
        )


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


_HERE = __file__.rpartition("graph.py")[0]


def user_frame() -> FrameType | None:
    """The innermost frame of a caller that is not part of this library."""
    frame: FrameType | None = sys._getframe(1)
    while frame is not None and frame.f_code.co_filename.startswith(_HERE):
        frame = frame.f_back
    return frame


# ---------------------------------------------------------------- making them


def plain_name(name: str) -> str:
    """The name of an operation: Sum for SumBackward0, and for SumBackward1, which PyTorch calls sums along dimensions."""
    stem = name.rstrip("0123456789")
    return name if stem == name else stem.removesuffix("Backward")


def own_memory(variable: Variable) -> np.ndarray:
    """The array of a variable as something that a view can look at: 0-d values may be NumPy scalars."""
    if not isinstance(variable.array, np.ndarray):
        variable.array = np.asarray(variable.array)
    return variable.array


def make_node(primitive: Any, parents: tuple[Edge | None, ...], saved: tuple[Any, ...], out: Any) -> Node:
    """A node for an operation that was just carried out; written out, for each operation pays for it."""
    node: Node = _new(Node)
    node.primitive = primitive
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
