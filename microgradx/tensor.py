"""`Tensor`: PyTorch's face over the engine and its operations.

Most methods are not here: they are operations of `microgradx.ops`, which registers them under their
names. What is here is what makes a Tensor an object: its attributes, its place in the graph, its
operators, and how it converts to everything else.
"""

from __future__ import annotations

import copy
import itertools
import warnings
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from microgradx import creation, ops, random  # noqa: F401  (they register methods)
from microgradx.backward import backward as _backward
from microgradx.device import device as Device
from microgradx.dtypes import (
    as_dtype,
    bool_,
    dtype,
    float16,
    float32,
    float64,
    int8,
    int16,
    int32,
    int64,
    to_numpy,
    uint8,
)
from microgradx.engine import cast
from microgradx.graph import Hooks, Leaf, Node, Output, Variable, own_memory, use_variable_class, wrap
from microgradx.memory import deep_copy, version
from microgradx.ops import elementwise as _e
from microgradx.ops.face import FUNCTIONS, METHODS, axis_of, check_tensor, in_place
from microgradx.ops.indexing import check_broadcast, getitem, setitem
from microgradx.ops.linalg import matmul
from microgradx.ops.shape import as_view, reorder, swap
from microgradx.printing import tensor_text
from microgradx.size import Size

# Where a result is infinite or undefined, it is inf or nan, as in PyTorch, and that says enough.
warnings.filterwarnings("ignore", category=RuntimeWarning, module=r"microgradx\.")

_CPU = Device("cpu")
_SCALARS = (int, float, np.ndarray, np.generic)


def reflected(name: str, operation: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    """The operator that Python calls for ``2 - x``, where the number knows nothing of tensors."""

    def call(self: Any, other: Any) -> Any:
        return operation(other, check_tensor(name, self, "self"))

    call.__name__ = call.__qualname__ = name
    return call


class Tensor(Variable):
    """An array of numbers that remembers how it was computed.

    Args:
        data: As in PyTorch's old constructor: nested sequences, an array, or sizes; always float32. Use
            ``tensor(data)``, which keeps the type of the data.

    Attributes:
        shape, dtype, ndim: As in NumPy, with PyTorch's types.
        requires_grad: Whether `backward` carries a gradient here.
        grad: The collected gradient of a leaf, or None before the first `backward`.
        grad_fn: The operation that computed it; None for a leaf.
        data: The same memory, outside of the graph.

    Source: ``torch.Tensor``.

    Example:
        >>> x = mgx.tensor([1.0, 2.0, 3.0], requires_grad=True)
        >>> loss = (x**2).sum()
        >>> loss
        tensor(14., grad_fn=<SumBackward0>)
        >>> loss.backward()
        >>> x.grad
        tensor([2., 4., 6.])
    """

    __slots__ = ()
    __array_priority__ = 1000
    __hash__ = object.__hash__

    def __new__(cls, *data: Any, **options: Any) -> Any:
        out = object.__new__(cls)
        out.array, out.edge, out.alias = creation.old_array(data, float32), None, None
        return out

    if TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any:
            """The operations of `microgradx.ops`, which are attached below."""

    # ------------------------------------------------------------ what it holds

    @property
    def shape(self) -> Size:
        """The lengths of its dimensions."""
        return tuple.__new__(Size, self.array.shape)

    @property
    def ndim(self) -> int:
        """How many dimensions it has."""
        return int(self.array.ndim)

    @property
    def dtype(self) -> dtype:
        """The type of its elements."""
        return as_dtype(self.array.dtype)

    @property
    def device(self) -> Device:
        """Always the CPU."""
        return _CPU

    is_cuda = is_xpu = is_mps = is_sparse = is_quantized = is_meta = False
    names: tuple[()] = ()

    @property
    def itemsize(self) -> int:
        """Size of an element, in bytes."""
        return int(self.array.itemsize)

    @property
    def nbytes(self) -> int:
        """Size of all elements, in bytes."""
        return int(self.array.nbytes)

    @property
    def T(self) -> Any:
        """With all dimensions in reversed order; a view."""
        return reorder(self)

    @property
    def mT(self) -> Any:
        """With the last two dimensions exchanged; a view."""
        if self.ndim < 2:
            raise RuntimeError(
                f"tensor.mT is only supported on matrices or batches of matrices. Got {self.ndim}-D tensor."
            )
        return swap(self, -2, -1)

    mH = mT

    @property
    def H(self) -> Any:
        """The transpose of a matrix, whose elements are real; a view."""
        if self.ndim not in (0, 2):
            raise RuntimeError(f"tensor.H is only supported on matrices (2-D tensors). Got {self.ndim}-D tensor.")
        return swap(self, 0, 1) if self.ndim else self

    def size(self, dim: int | None = None) -> Any:
        """`shape`, or the length of one dimension."""
        return self.shape if dim is None else self.array.shape[axis_of(dim, self.ndim)]

    def dim(self) -> int:
        """How many dimensions it has."""
        return self.ndim

    def numel(self) -> int:
        """How many elements it has."""
        return int(self.array.size)

    ndimension, nelement = dim, numel

    def element_size(self) -> int:
        """Size of an element, in bytes."""
        return self.itemsize

    def stride(self, dim: int | None = None) -> Any:
        """How many elements of memory lie between neighbours along each dimension, or along one."""
        steps = tuple(s // self.array.itemsize for s in own_memory(self).strides)
        return steps if dim is None else steps[dim]

    def is_contiguous(self) -> bool:
        """Whether its memory is in the order of its elements."""
        return bool(own_memory(self).flags.c_contiguous)

    def data_ptr(self) -> int:
        """The address of its first element."""
        return int(own_memory(self).ctypes.data)

    def is_floating_point(self) -> bool:
        """Whether its elements are floats."""
        return bool(self.array.dtype.kind == "f")

    def is_nonzero(self) -> bool:
        """Whether its one element is not 0."""
        return bool(self)

    def is_complex(self) -> bool:
        """Always False: there are no complex tensors."""
        return False

    # ------------------------------------------------------------ its place in the graph

    def _edge(self) -> Any:
        if self.alias is not None:
            self.alias.refresh(self)
        return self.edge

    @property
    def requires_grad(self) -> bool:
        """Whether a gradient is computed for it; may be set on leaves."""
        return self._edge() is not None

    @requires_grad.setter
    def requires_grad(self, value: bool) -> None:
        edge = self._edge()
        if isinstance(edge, (Node, Output)):
            if value:
                return
            raise RuntimeError(
                "you can only change requires_grad flags of leaf variables. If you want to use a computed variable in "
                "a subgraph that doesn't require differentiation use var_no_grad = var.detach()."
            )
        if value and edge is None:
            if self.array.dtype.kind != "f":
                raise RuntimeError(
                    f"only Tensors of floating point dtype can require gradients; got {self.dtype}, convert it with .float()"
                )
            # A tensor that was a leaf before is the same leaf again: it keeps its hooks, and old graphs lead to it.
            leaf = self.__dict__.pop("_leaf", None) or Leaf(self)
            leaf.shape, leaf.dtype = self.array.shape, self.array.dtype
            leaf.grad = self.__dict__.pop("_grad", None)
            self.edge = leaf
        elif not value and edge is not None:
            self._leave_graph()

    def _leave_graph(self) -> None:
        """Have no edge any more; the gradient stays with the tensor, and the old edge collects no more into it."""
        edge, self.edge = self.edge, None
        holder: Leaf | Hooks | None = None
        if isinstance(edge, Leaf):
            self.__dict__["_leaf"] = holder = edge
        elif edge is not None:
            holder = edge.hooks
        if holder is not None and holder.grad is not None:
            self.__dict__["_grad"], holder.grad = holder.grad, None

    def requires_grad_(self, requires_grad: bool = True) -> Any:
        """Set `requires_grad`, and return the tensor."""
        self.requires_grad = requires_grad
        return self

    @property
    def is_leaf(self) -> bool:
        """Whether it was made by the user, not computed; only leaves collect gradients."""
        return self._edge() is None or isinstance(self.edge, Leaf)

    @property
    def grad_fn(self) -> Any:
        """The node of the operation that computed it; None for a leaf."""
        edge = self._edge()
        return None if isinstance(edge, Leaf) else edge.source if isinstance(edge, Output) else edge

    @property
    def output_nr(self) -> int:
        """Which of the results of its operation it is."""
        edge = self._edge()
        return edge.index if isinstance(edge, Output) else 0

    @property
    def grad(self) -> Any:
        """The collected gradient, a Tensor of the same shape; None if there is none yet."""
        edge = self.edge
        if isinstance(edge, Leaf):
            return edge.grad
        if edge is None:
            return self.__dict__.get("_grad")
        if edge.hooks is not None and (edge.hooks.retains or edge.hooks.grad is not None):
            return edge.hooks.grad
        warnings.warn(
            "The .grad attribute of a Tensor that is not a leaf Tensor is being accessed. Its .grad attribute won't be "
            "populated during autograd.backward(). If you indeed want the .grad field to be populated for a non-leaf "
            "Tensor, use .retain_grad() on the non-leaf Tensor. If you access the non-leaf Tensor by mistake, make sure "
            "you access the leaf Tensor instead.",
            stacklevel=2,
        )
        return None

    @grad.setter
    def grad(self, value: Any) -> None:
        if value is not None:
            if not isinstance(value, Tensor):
                raise TypeError(
                    f"assigned grad expected to be a Tensor or None but got grad of type {type(value).__name__}"
                )
            if value is self:
                raise RuntimeError("can't assign Variable as its own grad; assign its clone()")
            if value.array.shape != self.array.shape:
                raise RuntimeError(
                    f"attempting to assign a gradient of size '{list(value.shape)}' to a tensor of size "
                    f"'{list(self.shape)}'. Please ensure that the gradient and the tensor are the same size"
                )
            if value.array.dtype != self.array.dtype:
                raise RuntimeError(
                    f"attempting to assign a gradient with dtype {value.dtype} to a tensor with dtype {self.dtype}. "
                    "The gradient must match the tensor's dtype; convert it"
                )
        edge = self._edge()
        if isinstance(edge, Leaf):
            edge.grad = value
        elif edge is None:
            self.__dict__["_grad"] = value
        else:
            edge.hooks = edge.hooks or Hooks()
            edge.hooks.grad = value

    @grad.deleter
    def grad(self) -> None:
        self.grad = None

    def backward(
        self, gradient: Any = None, retain_graph: bool | None = None, create_graph: bool = False, inputs: Any = None
    ) -> None:
        """Carry the gradient back to all leaves that this tensor was computed from; see `autograd.backward`.

        Args:
            gradient: The gradient by this tensor; may be left out if it has one element.
            retain_graph: Keep what is needed to go back a second time.
            create_graph: Record the way back, so that it can be differentiated again.
            inputs: Only these leaves get a gradient.
        """
        _backward(self, gradient, retain_graph, create_graph, inputs=inputs)

    def detach(self) -> Any:
        """The same memory as a tensor outside of the graph."""
        return wrap(own_memory(self))

    def detach_(self) -> Any:
        """Take this tensor out of its graph."""
        if self.alias is not None:
            raise RuntimeError("Can't detach views in-place. Use detach() instead.")
        self._leave_graph()
        return self

    @property
    def data(self) -> Any:
        """The same memory as a tensor outside of the graph; may be assigned."""
        return self.detach()

    @data.setter
    def data(self, value: Any) -> None:
        if not isinstance(value, Tensor):
            raise TypeError(f"Variable data has to be a tensor, but got {type(value).__name__}")
        self.array = own_memory(value)
        if isinstance(self.edge, Leaf):
            self.edge.shape, self.edge.dtype = self.array.shape, self.array.dtype

    def retain_grad(self) -> None:
        """Keep the gradient of a result that is no leaf in its ``.grad``."""
        edge = self._edge()
        if edge is None:
            raise RuntimeError("can't retain_grad on Tensor that has requires_grad=False")
        if not isinstance(edge, Leaf):
            edge.hooks = edge.hooks or Hooks()
            edge.hooks.retains = True

    @property
    def retains_grad(self) -> bool:
        """Whether `retain_grad` was called on a result that is no leaf."""
        edge = self._edge()
        return not isinstance(edge, Leaf) and edge is not None and edge.hooks is not None and edge.hooks.retains

    def register_hook(self, hook: Callable[[Any], Any]) -> Any:
        """Call ``hook(gradient)`` when the gradient of this tensor is known; what it returns replaces it.

        Returns: a handle with ``remove()``.
        Source: ``torch.Tensor.register_hook``.

        Example:
            >>> x = mgx.tensor(3.0, requires_grad=True)
            >>> handle = x.register_hook(lambda g: g * 10)
            >>> (x * x).backward()
            >>> x.grad
            tensor(60.)
        """
        edge = self._edge()
        if edge is None:
            raise RuntimeError("cannot register a hook on a tensor that doesn't require gradient")
        edge.hooks = edge.hooks or Hooks()
        return Handle(edge.hooks.before, hook)

    def register_post_accumulate_grad_hook(self, hook: Callable[[Any], Any]) -> Any:
        """Call ``hook(tensor)`` when a gradient has been added to the ``.grad`` of this leaf."""
        edge = self._edge()
        if not isinstance(edge, Leaf):
            raise RuntimeError("post accumulate grad hooks cannot be registered on non-leaf tensors")
        edge.hooks = edge.hooks or Hooks()
        return Handle(edge.hooks.after, hook)

    @property
    def _version(self) -> int:
        """How often its memory was written to in place."""
        return version(self.array)

    @property
    def _base(self) -> Any:
        """The tensor of which it is a view, or None."""
        return None if self.alias is None else self.alias.base

    def _is_view(self) -> bool:
        return self.alias is not None

    # ------------------------------------------------------------ out of the library

    def item(self) -> Any:
        """The value of a tensor of one element, as a Python number."""
        if self.array.size != 1:
            raise RuntimeError(f"a Tensor with {self.numel()} elements cannot be converted to Scalar")
        return self.array.item()

    def tolist(self) -> Any:
        """Its values as nested lists of Python numbers."""
        return self.array.tolist()

    def numpy(self, *, force: bool = False) -> np.ndarray:
        """Its values as an ndarray that shares its memory; ``force`` detaches first."""
        if self.requires_grad and not force:
            raise RuntimeError("Can't call numpy() on Tensor that requires grad. Use tensor.detach().numpy() instead.")
        return own_memory(self)

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        return np.array(self.numpy(), dtype=dtype, copy=copy)

    def __dlpack__(self, **options: Any) -> Any:
        if self.requires_grad:
            raise BufferError("Can't export tensors that require gradient, use tensor.detach()")
        return own_memory(self).__dlpack__(**options)

    def __dlpack_device__(self) -> Any:
        return own_memory(self).__dlpack_device__()

    def __repr__(self) -> str:
        edge = self._edge()
        name = None if edge is None or isinstance(edge, Leaf) else edge.name
        return tensor_text(np.asarray(self.array), requires_grad=edge is not None, grad_fn=name)

    def __format__(self, spec: str) -> str:
        return self.array.item().__format__(spec) if not self.array.ndim else object.__format__(self, spec)

    def __bool__(self) -> bool:
        if self.array.size != 1:
            kind = "no values" if not self.array.size else "more than one value"
            raise RuntimeError(f"Boolean value of Tensor with {kind} is ambiguous")
        return bool(self.array.item())

    def __float__(self) -> float:
        return float(self.item())

    def __int__(self) -> int:
        return int(self.item())

    def __index__(self) -> int:
        if self.array.dtype.kind == "f" or self.array.size != 1:
            raise TypeError("only integer tensors of a single element can be converted to an index")
        return int(self.item())

    def __len__(self) -> int:
        if not self.array.ndim:
            raise TypeError("len() of a 0-d tensor")
        return len(self.array)

    def __iter__(self) -> Iterator[Any]:
        if not self.array.ndim:
            raise TypeError("iteration over a 0-d tensor")
        return iter(self.unbind(0))

    def __contains__(self, value: Any) -> bool:
        if not isinstance(value, (Variable, *_SCALARS)):
            raise RuntimeError(
                f"Tensor.__contains__ only supports Tensor or scalar, but you passed in a {type(value)}."
            )
        return bool(np.any((self == value).array))

    def __dir__(self) -> list[str]:
        return sorted({*object.__dir__(self), *METHODS})

    def __deepcopy__(self, memo: dict[int, Any]) -> Any:
        if not self.is_leaf:
            raise RuntimeError(
                "Only Tensors created explicitly by the user (graph leaves) support the deepcopy protocol at the moment.  "
                "If you were attempting to deepcopy a module, this may be because of a torch.nn.utils.weight_norm usage; "
                "use detach().clone() for the values of a computed tensor."
            )
        new = object.__new__(type(self))
        memo[id(self)] = new
        new.array, new.edge, new.alias = deep_copy(own_memory(self), memo), None, None
        new.requires_grad = self.requires_grad
        if self.grad is not None:
            new.grad = copy.deepcopy(self.grad, memo)
        new.__dict__.update(copy.deepcopy(self._own_attributes(), memo))
        return new

    def __reduce_ex__(self, protocol: Any) -> Any:
        # As in PyTorch: a computed tensor comes back as a leaf, and gradients and hooks stay behind.
        edge = self._edge()
        for hook in edge.hooks.before.values() if edge is not None and edge.hooks is not None else ():
            warnings.warn(
                f"backward hook {hook!r} on tensor will not be serialized. Register it again on what is loaded.",
                stacklevel=2,
            )
        return _rebuild, (type(self), own_memory(self), edge is not None), self._own_attributes() or None

    def _own_attributes(self) -> dict[str, Any]:
        """The attributes that the user has set."""
        return {k: v for k, v in self.__dict__.items() if k not in ("_grad", "_leaf", "rebased")}

    # ------------------------------------------------------------ other dtypes

    def to(
        self,
        *args: Any,
        dtype: Any = None,
        device: Any = None,
        copy: bool = False,
        non_blocking: bool = False,
        memory_format: Any = None,
    ) -> Any:
        """In another dtype; the tensor itself if it has that dtype already.

        Args:
            args: A dtype, a device (only the CPU), or a tensor whose dtype is wanted; then ``non_blocking`` and ``copy``.
            dtype: The dtype.
            device: Only ``"cpu"``.
            copy: Copy in any case.
            non_blocking: Accepted, without effect.
            memory_format: Accepted, without effect.
        """
        flags = []
        for arg in args:
            if isinstance(arg, Variable):
                dtype = as_dtype(arg.array.dtype)
            elif isinstance(arg, (str, Device)):
                device = arg
            elif isinstance(arg, bool):
                flags.append(arg)
            elif arg is not None:
                dtype = arg
        copy = copy or flags[1:] == [True]
        if device is not None:
            Device(device)
        wanted = self.array.dtype if dtype is None else to_numpy(dtype)
        if wanted != self.array.dtype:
            return cast(self if wanted.kind == "f" else self.detach(), wanted)
        return self.clone() if copy else self

    def type(self, dtype: Any = None, non_blocking: bool = False) -> Any:
        """The old name of its type, or the tensor in another."""
        if dtype is None:
            from microgradx.views import legacy_name

            return f"torch.{legacy_name(self.dtype.name)}Tensor"
        if isinstance(dtype, str):
            dtype = dtype.rpartition(".")[2].removesuffix("Tensor").lower()
            if dtype not in _CONVERTERS:
                raise ValueError(f"invalid type: {dtype!r}; expected one such as 'torch.FloatTensor'")
            dtype = _CONVERTERS[dtype]
        return self.to(getattr(dtype, "tensor_dtype", dtype))

    def new(self, *data: Any, device: Any = None) -> Any:
        """A new tensor of the same dtype, as PyTorch's old constructors make it: of data, or zeros of these sizes."""
        creation.check_device(device)
        return wrap(creation.old_array(data, self.dtype))

    def type_as(self, other: Any) -> Any:
        """In the dtype of another tensor."""
        return self.to(other.dtype)

    def cpu(self) -> Any:
        """The tensor itself."""
        return self

    def cuda(self, *_: Any, **__: Any) -> Any:
        """Raises: there is no GPU here."""
        raise RuntimeError(
            "cuda: expected no GPU, microgradx computes on the CPU, with NumPy; leave the tensor where it is"
        )

    def pin_memory(self, *_: Any) -> Any:
        """The tensor itself."""
        return self

    def is_pinned(self) -> bool:
        """Always False."""
        return False

    def copy_(self, src: Any, non_blocking: bool = False) -> Any:
        """Write the values of ``src``, broadcast and cast, into this tensor; gradients flow to ``src``."""
        if check_tensor("copy_", src, "other").array.ndim > self.ndim:
            raise RuntimeError(
                f"output with shape {list(self.shape)} doesn't match the broadcast shape {list(src.shape)}"
            )
        check_broadcast(src.array.shape, self.array.shape)
        return in_place(_e.overwrite, "copy_")(self, src)

    def fill_(self, value: Any) -> Any:
        """Write one value everywhere; a tensor must be 0-d, and its gradient is the sum of all."""
        if isinstance(value, Variable) and value.array.ndim:
            raise RuntimeError(
                f"fill_ only supports 0-dimension value tensor but got tensor with {value.array.ndim} dimensions."
            )
        filling = value if isinstance(value, Variable) else _e.element(value, self.array.dtype)
        return in_place(_e.overwrite, "fill_")(self, filling)

    def zero_(self) -> Any:
        """Write 0 everywhere."""
        return in_place(_e.overwrite, "zero_")(self, np.asarray(0))

    # ------------------------------------------------------------ operators

    __add__ = _e.plus
    __sub__ = _e.subtract
    __mul__ = _e.multiply
    __truediv__ = _e.divide
    __floordiv__ = _e.floor_divide
    __mod__ = _e.remainder
    __pow__ = _e.pow
    __matmul__ = matmul
    __neg__ = _e.neg
    __abs__ = _e.abs
    __and__, __or__, __xor__ = _e.bitwise_and, _e.bitwise_or, _e.bitwise_xor
    __lshift__, __rshift__ = _e.bitwise_left_shift, _e.bitwise_right_shift
    __lt__, __le__, __gt__, __ge__ = _e.lt, _e.le, _e.gt, _e.ge
    __radd__ = reflected("__radd__", _e.plus)
    __rsub__ = reflected("__rsub__", _e.subtract_from_number)
    __rmul__ = reflected("__rmul__", _e.multiply)
    __rtruediv__ = reflected("__rtruediv__", _e.divide)
    __rfloordiv__ = reflected("__rfloordiv__", _e.floor_divide)
    __rmod__ = reflected("__rmod__", _e.remainder)
    __rpow__ = reflected("__rpow__", _e.pow)
    __rmatmul__ = reflected("__rmatmul__", matmul)
    __rand__ = reflected("__rand__", _e.bitwise_and)
    __ror__ = reflected("__ror__", _e.bitwise_or)
    __rxor__ = reflected("__rxor__", _e.bitwise_xor)
    __rlshift__ = reflected("__rlshift__", _e.bitwise_left_shift)
    __rrshift__ = reflected("__rrshift__", _e.bitwise_right_shift)
    __getitem__ = getitem
    __setitem__ = setitem

    def __eq__(self, other: Any) -> Any:
        return _e.eq(self, other) if isinstance(other, (Variable, *_SCALARS)) else NotImplemented

    def __ne__(self, other: Any) -> Any:
        return _e.ne(self, other) if isinstance(other, (Variable, *_SCALARS)) else NotImplemented

    def __invert__(self) -> Any:
        if self.array.dtype.kind == "f":
            raise TypeError("~ (operator.invert) is only implemented on integer and Boolean-type tensors")
        return _e.bitwise_not(self)

    def __pos__(self) -> Any:
        return self


def _rebuild(cls: type[Tensor], array: np.ndarray, requires_grad: bool) -> Any:
    """A tensor from its pickle."""
    new = object.__new__(cls)
    new.array, new.edge, new.alias = array, None, None
    return new.requires_grad_(requires_grad)


class Handle:
    """What registering a hook returns: ``remove()`` takes it out again, and so does leaving a ``with``."""

    _number = itertools.count()

    def __init__(self, hooks: dict[int, Any], hook: Any) -> None:
        self.hooks = hooks
        self.id = next(Handle._number)
        hooks[self.id] = hook

    def remove(self) -> None:
        """Take the hook out; harmless if it is out already."""
        self.hooks.pop(self.id, None)

    def __enter__(self) -> Handle:
        return self

    def __exit__(self, *exception: Any) -> None:
        self.remove()


def _converter(name: str, wanted: dtype) -> Callable[[Any], Any]:
    def convert(self: Any) -> Any:
        return self.to(wanted)

    convert.__name__ = convert.__qualname__ = name
    convert.__doc__ = f"In dtype {wanted.name}; the tensor itself if it is already."
    return convert


_CONVERTERS = {
    "float": float32, "double": float64, "half": float16, "long": int64, "int": int32, "short": int16,
    "char": int8, "byte": uint8, "bool": bool_,
}  # fmt: skip
for _name, _wanted in _CONVERTERS.items():
    METHODS[_name] = _converter(_name, _wanted)
for _operator, _method in {"add": "add_", "sub": "sub_", "mul": "mul_", "truediv": "div_", "pow": "pow_",
                           "floordiv": "floor_divide_", "mod": "remainder_", "and": "bitwise_and_",
                           "or": "bitwise_or_", "xor": "bitwise_xor_", "lshift": "bitwise_left_shift_",
                           "rshift": "bitwise_right_shift_"}.items():  # fmt: skip
    METHODS[f"__i{_operator}__"] = METHODS[_method]
METHODS["view"] = as_view
for _name, _operation in METHODS.items():
    setattr(Tensor, _name, _operation)
FUNCTIONS["zero_"] = Tensor.zero_


def _asked(name: str) -> Callable[[Any], Any]:
    def ask(input: Any) -> Any:
        return getattr(check_tensor(name, input), name)()

    ask.__name__ = ask.__qualname__ = name
    ask.__doc__ = getattr(Tensor, name).__doc__
    return ask


for _name in ("numel", "is_floating_point", "is_complex", "is_nonzero"):
    FUNCTIONS[_name] = _asked(_name)
for _name in (
    "abs_", "acos_", "arccos_", "arcsin_", "arctan_", "asin_", "atan_", "ceil_", "clamp_", "clamp_max_", "clamp_min_", "clip_",
    "cos_", "cosh_", "erf_", "erfc_", "exp_", "expm1_", "fix_", "floor_", "i0_", "log10_", "log1p_", "log2_", "log_", "logit_",
    "nan_to_num_", "neg_", "negative_", "reciprocal_", "relu_", "round_", "rsqrt_", "sigmoid_", "sin_", "sinc_", "sinh_",
    "sqrt_", "square_", "tan_", "tanh_", "trunc_",
):  # fmt: skip
    FUNCTIONS[_name] = METHODS[_name]  # PyTorch has these, but not add_ and the like, as functions too
use_variable_class(Tensor)
