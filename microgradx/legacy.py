"""PyTorch's older names for tensors, which many scripts still use."""

from __future__ import annotations

from typing import Any

from microgradx.creation import old_array
from microgradx.dtypes import bool_, dtype, float16, float32, float64, int8, int16, int32, int64, uint8
from microgradx.graph import wrap
from microgradx.tensor import Tensor

__all__ = [
    "BoolTensor",
    "ByteTensor",
    "CharTensor",
    "DoubleTensor",
    "FloatTensor",
    "HalfTensor",
    "IntTensor",
    "LongTensor",
    "ShortTensor",
    "Variable",
]


class TensorType:
    """A constructor of tensors of one dtype, which ``isinstance`` and ``x.type(...)`` take as well.

    Source: ``torch.FloatTensor`` and its like. The old constructors take sizes or data.

    Example:
        >>> mgx.LongTensor([1.7, 2]), mgx.FloatTensor(1, 2).shape
        (tensor([1, 2]), torch.Size([1, 2]))
        >>> isinstance(mgx.ones(2), mgx.FloatTensor), isinstance(mgx.ones(2), mgx.LongTensor)
        (True, False)
    """

    def __init__(self, name: str, tensor_dtype: dtype) -> None:
        self.__name__ = name
        self.tensor_dtype = tensor_dtype

    def __call__(self, *data: Any) -> Any:
        return wrap(old_array(data, self.tensor_dtype))

    def __instancecheck__(self, instance: Any) -> bool:
        return isinstance(instance, Tensor) and instance.dtype is self.tensor_dtype

    def __repr__(self) -> str:
        return f"<class 'torch.{self.__name__}'>"


FloatTensor = TensorType("FloatTensor", float32)
DoubleTensor = TensorType("DoubleTensor", float64)
HalfTensor = TensorType("HalfTensor", float16)
LongTensor = TensorType("LongTensor", int64)
IntTensor = TensorType("IntTensor", int32)
ShortTensor = TensorType("ShortTensor", int16)
CharTensor = TensorType("CharTensor", int8)
ByteTensor = TensorType("ByteTensor", uint8)
BoolTensor = TensorType("BoolTensor", bool_)


class _AnyTensor(type):
    def __instancecheck__(cls, instance: Any) -> bool:
        return isinstance(instance, Tensor)


class Variable(metaclass=_AnyTensor):
    """The old wrapper of a tensor that is to be differentiated by; tensors need none any more.

    Source: ``torch.autograd.Variable``.

    Example:
        >>> x = mgx.autograd.Variable(mgx.ones(2), requires_grad=True)
        >>> x, isinstance(x, mgx.autograd.Variable)
        (tensor([1., 1.], requires_grad=True), True)
    """

    def __new__(cls, data: Any, requires_grad: bool = False, volatile: bool = False) -> Any:
        return data.detach().requires_grad_(requires_grad)
