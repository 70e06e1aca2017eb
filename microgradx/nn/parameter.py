"""Parameter, a tensor that a module trains; Buffer, one that it keeps; and both before their shape is known."""

from collections.abc import Callable
from typing import Any

from microgradx.creation import empty
from microgradx.graph import Variable, own_memory
from microgradx.tensor import Tensor

__all__ = [
    "Buffer",
    "Parameter",
    "UninitializedBuffer",
    "UninitializedParameter",
    "UninitializedTensorMixin",
    "is_lazy",
]


class Parameter(Tensor):
    """A tensor that, set as an attribute of a `Module`, becomes one of its parameters.

    Args:
        data: The tensor whose memory the parameter shares; by default an empty one.
        requires_grad: Whether the parameter is to be trained; ``no_grad`` does not change this.

    Raises:
        TypeError: ``data`` is no tensor.
        RuntimeError: it holds no floats, and ``requires_grad`` is True.

    Source: ``torch.nn.Parameter``.

    Example:
        >>> mgx.nn.Parameter(mgx.zeros(2))
        Parameter containing:
        tensor([0., 0.], requires_grad=True)
    """

    def __new__(cls, data: Any = None, requires_grad: bool = True) -> Any:
        if data is None:
            data = empty(0)
        if not isinstance(data, Variable):
            raise TypeError(
                f"Parameter: expected a Tensor as data, got {type(data).__name__}; make one with tensor(...)"
            )
        self = object.__new__(cls)
        self.array, self.edge, self.alias = own_memory(data), None, None
        if requires_grad and not self.is_floating_point():
            raise RuntimeError(
                "Only Tensors of floating point and complex dtype can require gradients; give requires_grad=False, or "
                "convert the data with .float()"
            )
        return self.requires_grad_(requires_grad)

    def __repr__(self) -> str:
        return "Parameter containing:\n" + super().__repr__()

    # As in PyTorch, a copy starts without a gradient.

    def __deepcopy__(self, memo: dict[int, Any]) -> "Parameter":
        if id(self) not in memo:
            memo[id(self)] = type(self)(self.detach().clone(), self.requires_grad)
        return memo[id(self)]  # type: ignore[no-any-return]

    def __reduce_ex__(self, protocol: Any) -> Any:
        return type(self), (self.detach(), self.requires_grad), self._own_attributes() or None


def _unusable(self: Any, *_: Any, **__: Any) -> Any:
    raise ValueError(
        f"Attempted to use an uninitialized {self.kind}: it has no elements before the first forward. This error "
        "happens when you are using a `LazyModule` or explicitly manipulating "
        f"`torch.nn.parameter.{type(self).__name__}` objects. When using LazyModules Call `forward` with a dummy batch "
        "to initialize the parameters before calling torch functions"
    )


class UninitializedTensorMixin(Tensor):
    """A tensor whose shape is not known yet; ``materialize`` gives it one, and its ordinary class.

    Until then it has a dtype, which can be changed, and may require a gradient; every operation raises ValueError.

    Source: ``torch.nn.parameter.UninitializedTensorMixin``.
    """

    __slots__ = ()
    cls_to_become: type[Tensor]
    kind: str

    # The memory is there, without elements, for the dtype; only `ordinarily` comes to see it.
    array = property(_unusable)

    def ordinarily(self, do: Callable[[Any], Any]) -> Any:
        """What ``do`` returns when the tensor is shown to it as one of the ordinary class, without elements."""
        own = type(self)
        self.__class__ = self.cls_to_become  # type: ignore[assignment]
        try:
            return do(self)
        finally:
            self.__class__ = own

    def materialize(self, shape: Any, device: Any = None, dtype: Any = None) -> None:
        """Give it a shape, and memory that is still to be filled; it becomes an ordinary parameter or buffer.

        Args:
            shape: The shape.
            device: The CPU, under any of its names.
            dtype: By default the one that it has.

        Example:
            >>> p = mgx.nn.UninitializedParameter()
            >>> p.materialize((2, 3))
            >>> type(p).__name__, p.shape
            ('Parameter', torch.Size([2, 3]))
        """
        memory = empty(shape, device=device, dtype=self.dtype if dtype is None else dtype)
        self.__class__ = self.cls_to_become  # type: ignore[assignment]
        self.data = memory

    @property
    def shape(self) -> Any:
        """Raises: RuntimeError: always."""
        raise RuntimeError(
            "Can't access the shape of an uninitialized parameter or buffer. This error usually happens in "
            "`load_state_dict` when trying to load an uninitialized parameter into an initialized one. Call `forward` "
            "to initialize the parameters before accessing their attributes."
        )

    def share_memory_(self) -> Any:
        """Raises: RuntimeError: always."""
        raise RuntimeError(
            "Can't share memory on an uninitialized parameter or buffer. Call `forward` to initialize the parameters "
            "before calling `module.share_memory()`."
        )

    @property
    def dtype(self) -> Any:
        """The type that its elements will have."""
        return self.ordinarily(lambda t: t.dtype)

    @property
    def requires_grad(self) -> bool:
        """Whether a gradient is computed for it; may be set."""
        return bool(self.ordinarily(lambda t: t.requires_grad))

    @requires_grad.setter
    def requires_grad(self, value: bool) -> None:
        self.ordinarily(lambda t: t.requires_grad_(value))

    @property
    def data(self) -> Any:
        """An empty tensor of its dtype; assigning one changes the dtype."""
        return self.ordinarily(lambda t: t.detach())

    @data.setter
    def data(self, value: Any) -> None:
        memory = value.data if is_lazy(value) else value
        self.ordinarily(lambda t: setattr(t, "data", memory))

    def size(self, dim: int | None = None) -> Any:
        """That of the memory that it has until it is initialised: ``torch.Size([0])``."""
        return self.ordinarily(lambda t: t.size(dim))

    def is_floating_point(self) -> bool:
        """Whether its elements will be floats."""
        return bool(self.dtype.is_floating_point)

    def to(self, *args: Any, **kwargs: Any) -> Any:
        """With another dtype, still uninitialised; itself if it has that dtype already."""
        data = self.data
        changed = data.to(*args, **kwargs)
        return self if changed is data else type(self)(self.requires_grad, dtype=changed.dtype)

    def __repr__(self) -> str:
        return f"<{type(self).__name__}>"

    def __deepcopy__(self, memo: dict[int, Any]) -> Any:
        if id(self) not in memo:
            memo[id(self)] = type(self)(self.requires_grad, None, self.dtype)
        return memo[id(self)]

    def __reduce_ex__(self, protocol: Any) -> Any:
        return type(self), (self.requires_grad, None, self.dtype)


def is_lazy(param: Any) -> bool:
    """Whether a value is a parameter or buffer that is not initialised yet."""
    return isinstance(param, UninitializedTensorMixin)


class UninitializedParameter(UninitializedTensorMixin, Parameter):
    """A parameter whose shape is not known yet: lazy layers have them until their first input.

    Args:
        requires_grad: Whether it is to be trained.
        device: The CPU, under any of its names.
        dtype: Of its elements; by default the default dtype.

    Source: ``torch.nn.UninitializedParameter``.

    Example:
        >>> mgx.nn.LazyLinear(3).weight
        <UninitializedParameter>
    """

    __slots__ = ()
    cls_to_become = Parameter
    kind = "parameter"

    def __new__(cls, requires_grad: bool = True, device: Any = None, dtype: Any = None) -> Any:
        self = Parameter(empty(0, device=device, dtype=dtype), requires_grad)
        self.__class__ = cls
        return self


class UninitializedBuffer(UninitializedTensorMixin):
    """A buffer whose shape is not known yet.

    Args:
        requires_grad: Whether it asks for a gradient.
        device: The CPU, under any of its names.
        dtype: Of its elements; by default the default dtype.
        persistent: Whether ``state_dict`` has it.

    Source: ``torch.nn.UninitializedBuffer``.

    Example:
        >>> mgx.nn.LazyBatchNorm1d().running_mean
        <UninitializedBuffer>
    """

    __slots__ = ()
    cls_to_become = Tensor
    kind = "buffer"

    def __new__(
        cls, requires_grad: bool = False, device: Any = None, dtype: Any = None, persistent: bool = True
    ) -> Any:
        self = empty(0, device=device, dtype=dtype).requires_grad_(requires_grad)
        self.__class__ = cls
        self.persistent, self._is_buffer = persistent, True
        return self


class _BufferType(type):
    def __instancecheck__(cls, instance: Any) -> bool:
        return isinstance(instance, Tensor) and getattr(instance, "_is_buffer", False)


class Buffer(metaclass=_BufferType):
    """A tensor that, set as an attribute of a `Module`, becomes one of its buffers.

    Args:
        data: The tensor whose memory the buffer shares; by default an empty one.
        persistent: Whether ``state_dict`` has it.

    Source: ``torch.nn.Buffer``.

    Example:
        >>> module = mgx.nn.Module()
        >>> module.mean = mgx.nn.Buffer(mgx.zeros(2))
        >>> list(module.state_dict())
        ['mean']
    """

    def __new__(cls, data: Any = None, *, persistent: bool = True) -> Any:
        data = empty(0) if data is None else data
        self = data.detach().requires_grad_(data.requires_grad)
        self.persistent, self._is_buffer = persistent, True
        return self
