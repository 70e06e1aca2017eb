"""`Function`: an operation of your own, with a backward that you write by hand."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np

from microgradx.checks import FREED, check_unchanged
from microgradx.graph import OFF, ON, Edge, Hooks, Leaf, Node, Record, Variable, mode, output_of, wrap
from microgradx.memory import owner, tick
from microgradx.views import check_writable, past_hooks, rebase


class FunctionCtx(Node):
    """What ``forward`` leaves for ``backward``; the same object is the result's ``grad_fn``.

    Any attribute can be set on it. Tensors go through `save_for_backward`: then a value that is written to
    before the backward pass is noticed, and a second derivative finds its way through them.
    """

    function: type[Function]
    needs_input_grad: tuple[bool, ...]  # one for each argument of `apply`
    are_tensors: tuple[bool, ...]
    several = False  # forward returned a tuple
    materialize = True

    def __init__(self) -> None:
        self.hooks = None
        self.record = None
        self.saved = ()
        self.to_save: tuple[Variable | None, ...] = ()
        self.dirty: tuple[Variable, ...] = ()
        self.constant: tuple[Variable, ...] = ()
        self.origins: tuple[Edge | int | None, ...] = ()  # of what is saved; a number is that of a result
        self.reached: set[int] = set()  # the results that a gradient has come from, if None stands for the others
        self.lent: tuple[Any, ...] | None = None  # the saved arrays, while backward runs

    @property
    def primitive(self) -> Any:
        # Made anew each time it is asked for: if the node held it, the node would hold itself.
        return _Description(self)

    @primitive.setter
    def primitive(self, value: Any) -> None:
        raise AttributeError(f"{self.name}: the operation of a node cannot be changed; call apply again")

    def save_for_backward(self, *tensors: Variable | None) -> None:
        """Keep tensors (or None) for ``backward``, which finds them in ``saved_tensors``."""
        for i, value in enumerate(tensors):
            if value is not None and not isinstance(value, Variable):
                raise TypeError(
                    f"save_for_backward can only save variables, but argument {i} is of type "
                    f"{type(value).__name__}; set other things as attributes: ctx.name = value"
                )
        self.to_save = tensors

    def mark_dirty(self, *tensors: Variable) -> None:
        """Say that ``forward`` changed these arguments in place; it must return them as well."""
        self.dirty = tensors

    def mark_non_differentiable(self, *tensors: Variable) -> None:
        """Say that these results have no gradient; results that hold integers never have."""
        self.constant = tensors

    def set_materialize_grads(self, value: bool) -> None:
        """Whether ``backward`` gets zeros (True) or None for results that nothing was computed from."""
        self.materialize = value

    @property
    def saved_tensors(self) -> tuple[Any, ...]:
        """What `save_for_backward` was given.

        Raises: RuntimeError: a backward pass has freed it, or it was written to in place.
        """
        if self.saved is None and self.lent is None:
            raise RuntimeError(FREED)
        check_unchanged(self)
        arrays = self.lent if self.lent is not None else self.saved[2] if self.saved else ()
        return tuple(a if a is None else wrap(a, self.edge_of(o)) for a, o in zip(arrays, self.origins))

    def edge_of(self, origin: Edge | int | None) -> Edge | None:
        """Where a saved value belongs in the graph."""
        return self.result(origin) if isinstance(origin, int) else origin

    def result(self, i: int) -> Edge:
        """The edge of a result."""
        if not self.several:
            return self
        edge = output_of(self, i)
        if not self.materialize and -1 not in (edge.hooks.before if edge.hooks else ()):
            # The engine fills in zeros for results that nothing came from; so let the others report.
            edge.hooks = edge.hooks or Hooks()
            edge.hooks.before[-1] = lambda g: self.reached.add(i)
        return edge

    def keep(self, inputs: tuple[Any, ...], results: tuple[Any, ...], outputs: list[Any]) -> None:
        """Put what is to be saved where the engine looks for it: arrays, and apart from them their edges."""
        arrays: list[Any] = []
        origins: list[Edge | int | None] = []
        for value in self.to_save:
            if value is None:
                arrays.append(None)
                origins.append(None)
                continue
            made_here = None if _among(value, inputs) and not _among(value, self.dirty) else _place(value, results)
            arrays.append(value.array if made_here is None else outputs[made_here].array)
            origins.append(value.edge if made_here is None else made_here)
        self.origins = tuple(origins)
        self.saved = (None, None, tuple(arrays)) if arrays else ()

    def gradients(self, arrays: tuple[Any, ...] | None, g: Any) -> list[Any]:
        """The rule that the engine calls: run ``backward``, and check what it returns."""
        slots = g if self.several else (g,)
        if self.several and not self.materialize:
            slots = [slot if i in self.reached else None for i, slot in enumerate(slots)]
        given = [slot if slot is None or isinstance(slot, Variable) else wrap(slot) for slot in slots]
        self.lent = arrays
        try:
            returned = self.function.backward(self, *given)
        finally:
            self.lent = None
            self.reached.clear()
        returned = returned if isinstance(returned, tuple) else (returned,)
        expected = len(self.parents)
        if len(returned) < expected or any(x is not None for x in returned[expected:]):
            raise RuntimeError(
                f"function {self.name} returned an incorrect number of gradients "
                f"(expected {expected}, got {len(returned)}); backward returns one for each argument of forward, "
                "None for those that need none"
            )
        return [self.checked(i, dx) for i, dx in enumerate(returned[:expected])]

    def checked(self, i: int, dx: Any) -> Any:
        """A gradient that ``backward`` returned, as the engine wants it."""
        edge = self.parents[i]
        if dx is None:
            return None
        if not isinstance(dx, Variable):
            raise RuntimeError(f"expected Variable or None (got {type(dx).__name__}); return a tensor")
        if not self.are_tensors[i]:
            raise RuntimeError(
                f"function {self.name} returned a gradient different than None at position {i + 1}, but the "
                "corresponding forward input was not a Variable; return None there"
            )
        if edge is not None and not expands_to(edge.shape, dx.array.shape):
            raise RuntimeError(
                f"Function {self.name} returned an invalid gradient at index {i} - got {list(dx.array.shape)} but "
                f"expected shape compatible with {list(edge.shape)}; a gradient has the shape of its argument"
            )
        return dx if mode.grad else dx.array


class _Description:
    """A `Function` as the engine sees it: an operation with one rule for all of its arguments."""

    arguments = ("inputs",)
    values = ("inputs", "out", "saved_tensors")
    shapes: tuple[int, ...] = ()
    variadic = True
    rest = 0
    defaults: tuple[Any, ...] = ()
    partial = False

    def __init__(self, ctx: FunctionCtx) -> None:
        self.name = f"{ctx.function.__name__}Backward"
        self.multiple = ctx.several
        self.frees = bool(ctx.saved)
        self.sources = {"inputs": ctx.function.backward}
        arrays = ctx.saved[2] if ctx.saved else None
        self.rules: Any = ((0, functools.partial(ctx.gradients, arrays), ()),)


def _place(value: Any, among: tuple[Any, ...]) -> int | None:
    return next((i for i, other in enumerate(among) if other is value), None)


def _among(value: Any, others: tuple[Any, ...]) -> bool:
    return _place(value, others) is not None


def expands_to(small: tuple[int, ...], large: tuple[int, ...]) -> bool:
    """Whether one shape can be broadcast to another: then a gradient of the other can be summed to the one."""
    new = len(large) - len(small)
    return new >= 0 and all(n in (1, m) for n, m in zip(small, large[new:], strict=True))


class Function:
    """Base class of operations whose backward is written by hand.

    Subclasses define two static methods. ``forward(ctx, *args)`` computes the result, unrecorded, and saves
    what is needed with ``ctx.save_for_backward``; or it is ``forward(*args)``, and a third static method
    ``setup_context(ctx, inputs, output)`` does the saving. ``backward(ctx, *grads)`` gets one gradient for
    each result and returns one for each argument (None where there is none). If it computes with tensors,
    its result can be differentiated again.

    Raises: RuntimeError: ``backward`` returns a wrong number of gradients, or one of a wrong shape.
    Source: ``torch.autograd.Function``.

    Example:
        >>> class Cube(mgx.autograd.Function):
        ...     @staticmethod
        ...     def forward(ctx, x):
        ...         ctx.save_for_backward(x)
        ...         return x**3
        ...     @staticmethod
        ...     def backward(ctx, g):
        ...         (x,) = ctx.saved_tensors
        ...         return g * 3 * x**2
        >>> x = mgx.tensor(2.0, requires_grad=True)
        >>> y = Cube.apply(x)
        >>> y
        tensor(8., grad_fn=<CubeBackward>)
        >>> y.backward()
        >>> x.grad
        tensor(12.)
    """

    @staticmethod
    def forward(*args: Any, **kwargs: Any) -> Any:
        """Compute the result from the arguments."""
        raise NotImplementedError("You must implement the forward function for custom autograd.Function.")

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Any, ...], output: Any) -> Any:
        """Save what ``backward`` needs, if ``forward`` does not take ``ctx``."""
        raise NotImplementedError("setup_context is not implemented.")

    @staticmethod
    def backward(ctx: Any, *grad_outputs: Any) -> Any:
        """Turn gradients by the results into gradients by the arguments."""
        raise NotImplementedError(
            "You must implement either the backward or vjp method for your custom autograd.Function to use it "
            "with backward mode AD."
        )

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        raise RuntimeError(
            "Legacy autograd function with non-static forward method is deprecated. Please use new-style autograd "
            f"function with static forward method: {type(self).__name__}.apply(...)"
        )

    @classmethod
    def apply(cls, *args: Any) -> Any:
        """Carry out the operation, and record it.

        Args:
            args: What ``forward`` takes; tensors among them can get a gradient (those inside of lists cannot).
        """
        ctx = FunctionCtx()
        ctx.function = cls
        for a in args:
            if isinstance(a, Variable) and a.alias is not None:
                a.alias.refresh(a)
        edges = [a.edge if isinstance(a, Variable) else None for a in args]
        ctx.needs_input_grad = tuple(edge is not None for edge in edges)
        ctx.are_tensors = tuple(isinstance(a, Variable) for a in args)
        before, mode.grad = mode.grad, OFF
        try:
            if cls.setup_context is Function.setup_context:
                returned = cls.forward(ctx, *args)
            else:
                returned = cls.forward(*args)
                cls.setup_context(ctx, args, returned)
        finally:
            mode.grad = before
        ctx.several = isinstance(returned, tuple)
        results = returned if isinstance(returned, tuple) else (returned,)
        for changed in ctx.dirty:
            if not _among(changed, results):
                raise RuntimeError(
                    "Some elements marked as dirty during the forward method were not returned as output. The "
                    "inputs that are modified inplace must all be outputs of the Function."
                )
        recorded = mode.grad != OFF and any(ctx.needs_input_grad)
        if recorded:
            # Results that are no tensors take part as numbers: nothing flows back from them.
            arrays = [r.array if isinstance(r, Variable) else np.float64(0) for r in results]
            ctx.parents = tuple([past_hooks(a).edge if _among(a, ctx.dirty) else e for a, e in zip(args, edges)])
            ctx.shape = tuple(a.shape for a in arrays) if ctx.several else arrays[0].shape
            ctx.dtype = tuple(a.dtype for a in arrays) if ctx.several else arrays[0].dtype
            if mode.grad > ON:
                operands = [a.array if isinstance(a, Variable) else a for a in args]
                ctx.record = Record(operands, tuple(arrays) if ctx.several else arrays[0])
            ctx.serial = tick()
        outputs = [_result(ctx, i, r, args, recorded) for i, r in enumerate(results)]
        if recorded:
            ctx.keep(args, results, outputs)
        ctx.to_save = ctx.dirty = ctx.constant = ()
        return tuple(outputs) if ctx.several else outputs[0]


def _result(ctx: FunctionCtx, i: int, result: Any, inputs: tuple[Any, ...], recorded: bool) -> Any:
    """One result of ``forward`` with its place in the graph."""
    if not isinstance(result, Variable):
        return result
    array: Any = result.array
    edge: Edge | None = None
    if recorded and array.dtype.kind == "f" and not _among(result, ctx.constant):
        edge = ctx.result(i)
    if _among(result, ctx.dirty):
        if recorded:
            check_writable(result, ctx.function.__name__)
            rebase(result, wrap(array, edge))
        return result
    # A result that looks at the memory of an argument gets its own: else writing to the one would
    # change the other behind the back of the graph.
    memory = owner(array)
    if any(isinstance(a, Variable) and owner(a.array) is memory for a in inputs):
        array = np.copy(array) if isinstance(array, np.ndarray) else array
    return wrap(array, edge)


class _Undifferentiable(Function):
    """The identity, for results that must not be differentiated again."""

    @staticmethod
    def forward(ctx: Any, *tensors: Any) -> Any:
        return tensors

    @staticmethod
    def backward(ctx: Any, *grads: Any) -> Any:
        raise RuntimeError(
            "trying to differentiate twice a function that was marked with @once_differentiable; write its backward "
            "with tensor operations only, and take the mark away"
        )


def once_differentiable(backward: Callable[..., Any]) -> Callable[..., Any]:
    """Mark a ``backward`` whose result cannot be differentiated again, since it leaves the graph.

    With ``create_graph=True`` such a result would be silently taken for a constant; marked, it raises.

    Example:
        >>> from microgradx.autograd.function import once_differentiable
        >>> class Double(mgx.autograd.Function):
        ...     @staticmethod
        ...     def forward(ctx, x):
        ...         return x * 2
        ...     @staticmethod
        ...     @once_differentiable
        ...     def backward(ctx, g):
        ...         return mgx.from_numpy(2 * g.numpy())
        >>> x = mgx.tensor([1.0], requires_grad=True)
        >>> Double.apply(x).sum().backward()
        >>> x.grad
        tensor([2.])
    """

    @functools.wraps(backward)
    def call(ctx: Any, *grads: Any) -> Any:
        before, mode.grad = mode.grad, OFF
        try:
            returned = backward(ctx, *grads)
        finally:
            mode.grad = before
        if not mode.grad or all(g is None or g.edge is None for g in grads):
            return returned
        results = returned if isinstance(returned, tuple) else (returned,)
        marked = iter(_Undifferentiable.apply(*[_requiring_grad(r) for r in results if r is not None]))
        results = tuple(r if r is None else next(marked) for r in results)
        return results if isinstance(returned, tuple) else results[0]

    return call


def _requiring_grad(tensor: Variable) -> Any:
    variable = wrap(tensor.array)
    variable.edge = Leaf(variable)
    return variable
