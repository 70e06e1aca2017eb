"""The shape of a tensor: a tuple that prints and slices as PyTorch's."""

import math
import operator
from collections.abc import Iterable
from typing import Any

__all__ = ["Size"]


class Size(tuple[int, ...]):
    """A tuple of lengths, one per dimension.

    Slices, sums and repetitions of a Size are Sizes; in everything else it is the tuple it derives from.

    Source: ``torch.Size``.

    Example:
        >>> shape = mgx.Size([2, 3])
        >>> shape + (4,), shape[1:], shape.numel()
        (torch.Size([2, 3, 4]), torch.Size([3]), 6)
    """

    __slots__ = ()

    def __new__(cls, lengths: Iterable[Any] = ()) -> "Size":
        return super().__new__(cls, map(operator.index, lengths))

    def numel(self) -> int:
        """Number of elements of a tensor of this shape."""
        return math.prod(self)

    def __repr__(self) -> str:
        return f"torch.Size({list(self)})"

    def __getitem__(self, index: Any) -> Any:
        found = super().__getitem__(index)
        return Size(found) if isinstance(index, slice) else found

    def __add__(self, other: Any) -> "Size":
        return Size(super().__add__(other))

    def __radd__(self, other: tuple[int, ...]) -> "Size":
        return Size(other + tuple(self))

    def __mul__(self, times: Any) -> "Size":
        return Size(super().__mul__(times))

    __rmul__ = __mul__
