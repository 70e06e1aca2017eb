"""The public face of the operations: which function is ``mgx.<name>`` and which ``Tensor.<name>``.

A function of `microgradx.ops` becomes public where it is defined, by one line above it::

    @face                    # mgx.tanh(x) and x.tanh()
    @face(inplace=True)      # and x.tanh_() beside them
    @face(turns=True)        # and x.squeeze_(), of a view: it changes how x looks at its memory
    @face(method=False)      # mgx.cat(tensors) only
    @face(function=False)    # x.view(2, 3) only

so that an operation, its derivatives and its names are read in one place.
"""

from __future__ import annotations

import functools
import inspect
import operator
from collections.abc import Callable
from typing import Any, TypeVar, overload

from microgradx.graph import Variable
from microgradx.ops.out import into, with_out
from microgradx.views import check_writable, past_hooks, turn, write

F = TypeVar("F", bound=Callable[..., Any])
FUNCTIONS: dict[str, Callable[..., Any]] = {}
METHODS: dict[str, Callable[..., Any]] = {}


@overload
def face(operation: F, /) -> F: ...
@overload
def face(
    *,
    function: bool = True,
    method: bool = True,
    inplace: bool = False,
    turns: bool = False,
    also: tuple[str, ...] = (),
    tensors: int = 1,
    out: bool = False,
) -> Callable[[F], F]: ...
def face(
    operation: Any = None,
    *,
    function: bool = True,
    method: bool = True,
    inplace: bool = False,
    turns: bool = False,
    also: tuple[str, ...] = (),
    tensors: int = 1,
    out: bool = False,
) -> Any:
    """Make an operation public, under its own name and those in ``also``.

    Of a primitive, the first argument must be a tensor; the first two, with ``tensors=2``; with
    ``tensors=0`` any one of them, the other may be a number. With ``out`` the function takes the keyword of this name;
    primitives, and what takes ``dim``, do so anyway.
    """
    if operation is None:
        options = {
            "function": function,
            "method": method,
            "inplace": inplace,
            "turns": turns,
            "also": also,
            "tensors": tensors,
            "out": out,
        }
        return functools.partial(face, **options)
    public = of_tensors = with_numpys_names(operation)
    if hasattr(operation, "primitive"):
        public = with_numpys_names(on_tensors(operation, tensors))
    if tensors == 2:
        of_tensors = public
    called = with_out(public) if out else public
    for name in (operation.__name__, *also):
        if function:
            FUNCTIONS[name] = called
        if method:
            METHODS[name] = of_tensors
        if inplace:
            METHODS[name + "_"] = in_place(METHODS[name], name + "_")
        if turns:
            METHODS[name + "_"] = turning(METHODS[name], name + "_")
    return operation


def on_tensors(operation: Callable[..., Any], tensors: int) -> Callable[..., Any]:
    """The public function of a primitive, which itself also works on plain arrays, as rules need it."""
    name = operation.__name__

    @functools.wraps(operation)
    def call(input: Any, *others: Any, **options: Any) -> Any:
        if "out" in options:
            return into(options.pop("out"), call, input, *others, **options)
        if tensors or not any(isinstance(x, Variable) for x in others):
            check_tensor(name, input)
        if tensors == 2 and others:
            check_tensor(name, others[0], "other", 2)
        return operation(input, *others, **options)

    return call


def with_numpys_names(operation: Callable[..., Any]) -> Callable[..., Any]:
    """The operation, which also takes ``axis`` for ``dim`` and ``keepdims`` for ``keepdim``, as in PyTorch."""
    parameters = inspect.signature(operation).parameters
    pairs = [(numpys, name) for numpys, name in (("axis", "dim"), ("keepdims", "keepdim")) if name in parameters]
    if not pairs or operation.__name__ in ("norm", "split", "unique"):  # those are Python functions in PyTorch
        return operation

    @functools.wraps(operation)
    def call(*args: Any, **options: Any) -> Any:
        if options:
            for numpys, name in pairs:
                if numpys in options and name not in options:
                    options[name] = options.pop(numpys)
            if "out" in options:
                return into(options.pop("out"), operation, *args, **options)
        return operation(*args, **options)

    return call


def in_place(operation: Callable[..., Any], name: str) -> Callable[..., Any]:
    """The variant of an operation that writes its result into its first operand."""

    def call(self: Variable, *args: Any, **options: Any) -> Any:
        check_writable(self, name)
        return write(self, operation(past_hooks(self), *args, **options), name)

    call.__name__ = call.__qualname__ = name
    call.__doc__ = f"In-place version of ``{name[:-1]}``; returns the tensor itself."
    return call


def turning(operation: Callable[..., Any], name: str) -> Callable[..., Any]:
    """The variant of a view that changes its operand's shape, or order of dimensions, and nothing in its memory."""

    def call(self: Variable, *args: Any, **options: Any) -> Any:
        return turn(self, lambda x: operation(x, *args, **options), name)

    call.__name__ = call.__qualname__ = name
    call.__doc__ = f"In-place version of ``{name[:-1]}``; returns the tensor itself."
    return call


def check_tensor(function: str, value: Any, argument: str = "input", position: int = 1) -> Any:
    """Return a tensor argument, or raise PyTorch's error for what is not one."""
    if not isinstance(value, Variable):
        raise TypeError(
            f"{function}(): argument '{argument}' (position {position}) must be Tensor, not {type(value).__name__}; "
            "make one with tensor(...)"
        )
    return value


def integer(value: Any) -> int:
    """A whole number, as a number or a 0-d tensor; True and False are none."""
    if isinstance(value, bool):
        raise TypeError("expected an int, got a bool; name the argument that it is for, such as keepdim=True")
    return operator.index(value)


def axis_of(dim: int, ndim: int) -> int:
    """A dimension as a number from 0, or PyTorch's error; a 0-d tensor counts as having one dimension."""
    if type(dim) is not int:
        dim = integer(dim)
    n = ndim or 1
    if not -n <= dim < n:
        raise IndexError(f"Dimension out of range (expected to be in range of [{-n}, {n - 1}], but got {dim})")
    return dim % n


def axes_of(dim: Any, ndim: int) -> tuple[int, ...] | None:
    """``dim`` of a reduction (None, a number, several) as NumPy's ``axis``; None is all."""
    if dim is None:
        return None
    if not isinstance(dim, (tuple, list)):
        axis = axis_of(dim, ndim)
        return (axis,) if ndim else ()
    axes = tuple(axis_of(d, ndim) for d in dim)
    for d in axes:
        if axes.count(d) > 1:
            raise RuntimeError(f"dim {d} appears multiple times in the list of dims")
    return axes if ndim else ()
