"""Views and in-place writing: several variables on one memory, and the graph that keeps up with it.

Writing in place changes a variable *and* every other variable that looks at the same memory. In the
graph nothing is ever changed; instead the variables get new edges:

- the target's new value was computed by an ordinary operation, whose node becomes the target's edge;
- if the target is a view, its base was changed in part: the base's new edge is a `put_view` node, whose
  arguments are the old base and what was written;
- all other views of that base are out of date: each takes its new edge from the base when it is next
  used (`View.refresh`).
"""

from __future__ import annotations

from collections.abc import Callable
from functools import update_wrapper
from typing import Any

import numpy as np

from microgradx.dtypes import as_dtype, can_cast
from microgradx.engine import Operation, cast, primitive
from microgradx.graph import (
    NUMPY,
    ON,
    Array,
    Hooks,
    Leaf,
    Node,
    Output,
    Variable,
    make_node,
    mode,
    own_memory,
    plain_name,
    wrap,
)
from microgradx.memory import mark_written, owner, shows_twice, tick

Steps = tuple[Callable[[Array], Array], ...]


class View:
    """How a variable looks at the memory of its base: the steps that lead from one to the other."""

    __slots__ = ("leaf", "of", "seen", "several", "steps", "with_grad")
    last_rebase = 0  # when any base was last written to in a way that its graph records

    def __init__(self, base: Variable, steps: Steps, several: str = "") -> None:
        self.of = base
        self.steps = steps
        self.leaf: Leaf | None = None  # of which it is a view, if that itself is a view of the base
        self.several = several  # the operation, if it returned several views: these refuse to be written to
        self.with_grad = mode.grad != 0
        self.seen = tick()

    @property
    def base(self) -> Variable:
        """The variable that owns the memory, in the shape to which the steps apply (see `turn`)."""
        base = self.of
        while base.alias is not None:
            base = base.alias.base
        return base

    def refresh(self, variable: Variable) -> None:
        """Renew the edge of the view if its base was written to since."""
        if self.seen > View.last_rebase:
            return
        if self.base.__dict__.get("rebased", 0) > self.seen:
            if not self.with_grad:
                raise RuntimeError(
                    "A view was created in no_grad mode and its base or another view of its base has been modified "
                    "inplace with grad mode enabled. Make the view outside of no_grad, or write inside of it."
                )
            set_edge(variable, recorded(take_view, self.base, self.steps).edge)
        self.seen = tick()


def recorded(operation: Callable[..., Any], *args: Any) -> Any:
    """The result of an operation that is recorded also in no_grad mode."""
    before, mode.grad = mode.grad, max(mode.grad, ON)
    try:
        return operation(*args)
    finally:
        mode.grad = before


def view(
    *numpy_functions: Callable[..., Any], multiple: bool = False, **options: Any
) -> Callable[[Callable[..., Any]], Operation]:
    """Like `microgradx.engine.primitive`, for an operation whose result looks at its first argument."""

    def decorate(forward: Callable[..., Any]) -> Any:
        record = primitive(multiple=multiple, view=True, **options)(forward)
        name = plain_name(record.primitive.name)

        def call(x: Any, *args: Any, **keywords: Any) -> Any:
            result = record(x, *args, **keywords)
            if not isinstance(x, Variable):
                return result
            step = _step(forward, args, keywords)
            if not multiple:
                return attach(result, x, step)
            for i, part in enumerate(result):
                attach(part, x, _part_of(step, i), several=name)
            return result

        update_wrapper(call, record)
        NUMPY.update(dict.fromkeys(numpy_functions, call))
        return call

    return decorate


def _step(forward: Callable[..., Any], args: tuple[Any, ...], keywords: dict[str, Any]) -> Callable[[Array], Array]:
    return lambda a: forward(a, *args, **keywords)


def _part_of(step: Callable[[Array], Any], i: int) -> Callable[[Array], Array]:
    return lambda a: step(a)[i]


def attach(result: Any, x: Variable, step: Callable[[Array], Array], several: str = "") -> Any:
    """Note that ``result`` is a view of ``x``, if it does look at the same memory."""
    if owner(result.array) is owner(x.array):
        before = x.alias
        base, steps = (x, ()) if before is None else (before.base, before.steps)
        result.alias = View(base, (*steps, step), several or (before.several if before else ""))
        if before is not None:
            result.alias.leaf = x.edge if isinstance(x.edge, Leaf) else before.leaf
    return result


# ------------------------------------------------- in the graph: the part of a base that a view shows


def look(array: Array, steps: Steps) -> Array:
    """The part of an array like the base that the view shows."""
    for step in steps:
        array = step(array)
    return array


def show(array: np.ndarray, steps: Steps, value: Array) -> np.ndarray:
    """Write ``value`` into the part of a new array that the view shows; what it shows twice gets the sum."""
    part = look(array, steps)
    if part.flags.writeable and owner(part) is owner(array):
        part[...] = value
    else:  # expanded; or the base's memory is in another order, where a reshape is a view that is none here
        positions = look(np.arange(array.size).reshape(array.shape), steps)
        array.reshape(-1)[positions] = 0
        np.add.at(array.reshape(-1), positions, value)
    return array


@primitive(name="AsStrided")
def take_view(x: Array, steps: Steps) -> Array:
    """The part of ``x`` that the view shows."""
    return look(x, steps)


@primitive()
def place_view(x: Array, steps: Steps, shape: tuple[int, ...]) -> Array:
    """Zeros of the base's shape, but for the part that the view shows, which is ``x``."""
    return show(np.zeros(shape, x.dtype), steps, x)


@primitive(name="CopySlices")
def put_view(x: Array, value: Array, steps: Steps) -> Array:
    """``x`` with ``value`` in the part that the view shows."""
    return show(np.array(x, order="C"), steps, value)


put_view.primitive.name = "CopySlices"  # as PyTorch prints it
take_view.derivatives(x=lambda g, steps, x_shape: place_view(g, steps, x_shape))
place_view.derivatives(x=lambda g, steps: take_view(g, steps))
put_view.derivatives(
    x=lambda g, steps: put_view(g, 0.0, steps),
    value=lambda g, steps: take_view(g, steps),
)


# ------------------------------------------------- writing


def check_writable(target: Variable, name: str, incoming: Any = None) -> None:
    """Raise PyTorch's errors for what cannot be written to in place while the graph is recorded.

    ``incoming`` is the edge of what is written, if that is known already.
    """
    if not mode.grad:
        return
    if isinstance(target.edge, Leaf):
        raise RuntimeError(
            f"a leaf Variable that requires grad is being used in an in-place operation ({name}). "
            "Write inside `with no_grad():`, or to a clone()."
        )
    view = target.alias
    if view is None:
        return
    if isinstance(view.base.edge, Leaf) or view.leaf is not None:
        raise RuntimeError(
            f"a view of a leaf Variable that requires grad is being used in an in-place operation ({name}). "
            "Write inside `with no_grad():`, or to a clone()."
        )
    if target.edge is None and view.base.edge is None and incoming is None:
        return
    if view.several:
        raise RuntimeError(
            f"Output 0 of {view.several}Backward0 is a view and is being modified inplace. This view is the output "
            "of a function that returns multiple views. Such functions do not allow the output views to be "
            "modified inplace. You should replace the inplace operation by an out-of-place one."
        )
    if not view.with_grad:
        raise RuntimeError(
            "A view was created in no_grad mode and is being modified inplace with grad mode enabled. "
            "Make the view outside of no_grad, or write inside of it."
        )


def past_hooks(target: Variable) -> Variable:
    """What an operation reads that will write into ``target``: of a hooked view, its part of the base, without hooks.

    As in PyTorch, a written view takes its old value from the base, and the hooks that were registered on it, or on a
    view between, see only the gradients of other uses. Hooks on a tensor that is no view stay in the way.
    """
    view = target.alias
    if view is None or not mode.grad:
        return target
    view.refresh(target)
    edge = target.edge
    while edge is not None and edge is not view.base.edge:
        if edge.hooks is not None:
            return take_view(view.base, view.steps)  # type: ignore[no-any-return]
        edge = edge.parents[0] if edge.parents else None
    return target


def write(target: Variable, result: Variable, name: str) -> Any:
    """Let ``target`` hold the value of ``result``, in its own memory, with the graph of ``result``.

    Args:
        target: The variable that is changed; what shares its memory changes with it.
        result: What an operation computed; nobody else may hold it.
        name: The in-place function, for error messages.

    Raises: RuntimeError: a leaf that requires grad, or another case that PyTorch refuses; a result of
        another shape; or of a dtype that the target cannot hold.
    """
    check_writable(target, name, result.edge)
    new, old = result.array, target.array
    if new.shape != old.shape:
        raise RuntimeError(
            f"output with shape {list(old.shape)} doesn't match the broadcast shape {list(new.shape)}; "
            f"{name} cannot change the shape of what it writes to"
        )
    if new.dtype != old.dtype:
        source, wanted = as_dtype(new.dtype), as_dtype(old.dtype)
        if not can_cast(source, wanted):
            raise RuntimeError(
                f"result type {legacy_name(source.name)} can't be cast to the desired output type "
                f"{legacy_name(wanted.name)}; convert the tensor first, or use the operation without underscore"
            )
        result = cast(result, old.dtype)
    array = writable(own_memory(target), name, one_value=name in ("zero_", "fill_") and result.edge is None)
    if array.dtype.kind != "f":
        result.edge = None  # integers have no gradient
    keep_old_values(result.edge, array, old)
    np.copyto(array, result.array)
    mark_written(array)
    if not isinstance(old, np.ndarray):
        mark_written(old)  # it was a NumPy scalar: graphs hold the old object
    if mode.grad:
        rebase(target, result)
    return target


def writable(array: np.ndarray, name: str, one_value: bool = False) -> np.ndarray:
    """The array, or, if it is part of an expanded one, which to NumPy is read-only, the same memory to write to.

    Args:
        one_value: The same value is written everywhere; then it does no harm if places are shown twice.
    """
    if array.flags.writeable:
        return array
    if shows_twice(array) and not one_value:
        raise RuntimeError(
            "unsupported operation: more than one element of the written-to tensor refers to a single memory location. "
            "Please clone() the tensor before performing the operation."
        )
    array = array.view()
    try:
        array.flags.writeable = True
    except ValueError:
        raise RuntimeError(
            f"{name}: expected memory that can be written to, got a read-only array; clone() it"
        ) from None
    return array


def legacy_name(name: str) -> str:
    """The name of a dtype in PyTorch's older messages."""
    older = {
        "float32": "Float",
        "float64": "Double",
        "float16": "Half",
        "int64": "Long",
        "int32": "Int",
        "int16": "Short",
    }
    return older.get(name) or {"uint8": "Byte", "int8": "Char", "bool": "Bool"}[name]


def c_name(x: Variable) -> str:
    """The name of a tensor's dtype in C++, which some of PyTorch's messages print."""
    name = x.array.dtype.name
    return {"float16": "c10::Half", "int64": "long int"}.get(name, legacy_name(name).lower())


def keep_old_values(edge: Any, array: np.ndarray, scalar: Any) -> None:
    """Copy what a new node saved of the memory that is about to be overwritten, or was as a NumPy scalar."""
    node = edge.source if isinstance(edge, Output) else edge
    if isinstance(node, Node) and node.saved:
        memory = owner(array)
        node.saved = tuple(
            np.array(v) if v is scalar or (isinstance(v, np.ndarray) and owner(v) is memory) else v for v in node.saved
        )


def set_edge(variable: Variable, edge: Any) -> None:
    """Give a variable a new place in the graph. Hooks stay at the old one, where they were registered, but a gradient
    that is retained, or was assigned, is that of the variable."""
    old = variable.edge
    before = old.hooks if isinstance(old, (Node, Output)) else None
    if edge is not None and before is not None and (before.retains or before.grad is not None):
        edge.hooks = edge.hooks or Hooks()
        edge.hooks.retains, edge.hooks.grad = before.retains, before.grad
        before.retains, before.grad = False, None
    elif edge is not None and variable.__dict__.get("_grad") is not None:
        edge.hooks = edge.hooks or Hooks()
        edge.hooks.grad = variable.__dict__.pop("_grad")
    variable.edge = edge


def rebase(target: Variable, result: Variable) -> None:
    """Give the target the edge of the result, and its base the edge that follows from it."""
    view = target.alias
    if view is None:
        if target.edge is None and result.edge is None:
            return
        set_edge(target, result.edge)
        target.__dict__["rebased"] = View.last_rebase = tick()
        return
    base = view.base
    if base.edge is None and result.edge is None:
        return
    saved = (None, None, view.steps, None)
    set_edge(base, make_node(put_view.primitive, (base.edge, result.edge, None), saved, base.array))
    base.__dict__["rebased"] = View.last_rebase = tick()
    view.refresh(target)


def turn(target: Variable, operation: Callable[[Variable], Any], name: str) -> Any:
    """Give ``target`` the shape, and the order of dimensions, of a view of itself: what ``x.unsqueeze_(0)`` does.

    Its other views, which go by the shape that it had, find that in a variable without a name that becomes their base.
    """
    check_writable(target, name)
    if isinstance(target.edge, Leaf):  # in no_grad mode: it stays a leaf
        target.array = operation(wrap(own_memory(target))).array
        target.edge.shape = target.array.shape
        return target
    before = target
    if target.alias is None:
        before = wrap(own_memory(target), target.edge)
        before.__dict__["rebased"] = target.__dict__.get("rebased", 0)
    result = recorded(operation, before)
    target.array, target.alias = result.array, result.alias
    set_edge(target, result.edge)
    return target
