"""Parameter: a tensor that a module trains."""

from typing import Any

from microgradx.creation import empty
from microgradx.graph import Variable, own_memory
from microgradx.tensor import Tensor

__all__ = ["Parameter"]


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
        return self.requires_grad_(requires_grad)

    def __repr__(self) -> str:
        return "Parameter containing:\n" + super().__repr__()

    # As in PyTorch, a copy starts without a gradient.

    def __deepcopy__(self, memo: dict[int, Any]) -> "Parameter":
        if id(self) not in memo:
            memo[id(self)] = type(self)(self.detach().clone(), self.requires_grad)
        return memo[id(self)]  # type: ignore[no-any-return]

    def __reduce_ex__(self, protocol: Any) -> Any:
        return type(self), (self.detach(), self.requires_grad)
