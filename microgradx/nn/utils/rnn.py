"""Sequences of different lengths in one batch: padded, or packed without a gap."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

import numpy as np

from microgradx.creation import as_tensor, full, tensor
from microgradx.dtypes import float16, float32, float64, int8, int16, int32, int64, uint8
from microgradx.ops.face import check_tensor
from microgradx.ops.shape import cat, stack

__all__ = [
    "PackedSequence",
    "invert_permutation",
    "pack_padded_sequence",
    "pack_sequence",
    "pad_packed_sequence",
    "pad_sequence",
    "unpack_sequence",
    "unpad_sequence",
]


class _Fields(NamedTuple):
    data: Any
    batch_sizes: Any
    sorted_indices: Any
    unsorted_indices: Any


class PackedSequence(_Fields):
    """Sequences packed step by step: the first elements of all, then the second ones of those that have one, ...

    Made by `pack_padded_sequence` and `pack_sequence`; all recurrent layers take it. The longest sequence comes first,
    so that at each step those that still run are at the front.

    Args:
        data: The elements, (sum of the lengths, ...).
        batch_sizes: How many sequences still run, for each step.
        sorted_indices: Where each of the sorted sequences was, if they had to be sorted.
        unsorted_indices: The inverse of that.

    Source: ``torch.nn.utils.rnn.PackedSequence``.

    Example:
        >>> from microgradx.nn.utils.rnn import pack_sequence
        >>> pack_sequence([mgx.tensor([1, 2, 3]), mgx.tensor([4])]).data
        tensor([1, 4, 2, 3])
    """

    def __new__(
        cls, data: Any, batch_sizes: Any, sorted_indices: Any = None, unsorted_indices: Any = None
    ) -> PackedSequence:
        if unsorted_indices is None:
            unsorted_indices = invert_permutation(sorted_indices)
        return super().__new__(cls, data, batch_sizes, sorted_indices, unsorted_indices)

    def to(self, *args: Any, **kwargs: Any) -> PackedSequence:
        """With the data converted, by the arguments of `Tensor.to`; itself if nothing changes."""
        data = self.data.to(*args, **kwargs)
        return self if data is self.data else type(self)(data, *self[1:])

    def double(self) -> PackedSequence:
        """In float64."""
        return self.to(float64)

    def float(self) -> PackedSequence:
        """In float32."""
        return self.to(float32)

    def half(self) -> PackedSequence:
        """In float16."""
        return self.to(float16)

    def long(self) -> PackedSequence:
        """In int64."""
        return self.to(int64)

    def int(self) -> PackedSequence:
        """In int32."""
        return self.to(int32)

    def short(self) -> PackedSequence:
        """In int16."""
        return self.to(int16)

    def char(self) -> PackedSequence:
        """In int8."""
        return self.to(int8)

    def byte(self) -> PackedSequence:
        """In uint8."""
        return self.to(uint8)

    def pin_memory(self) -> PackedSequence:
        """Itself: there is no GPU to copy to."""
        return self

    def is_pinned(self) -> bool:
        """Always False."""
        return False

    def cuda(self, *args: Any, **kwargs: Any) -> PackedSequence:
        """Raise, as there is no GPU."""
        self.data.cuda()
        return self

    def cpu(self) -> PackedSequence:
        """Itself: everything is on the CPU."""
        return self

    @property
    def is_cuda(self) -> bool:
        """False: everything is on the CPU."""
        return False


def invert_permutation(permutation: Any) -> Any:
    """The indices that put back what ``permutation`` reordered; None stays None.

    Example:
        >>> mgx.nn.utils.rnn.invert_permutation(mgx.tensor([2, 0, 1]))
        tensor([1, 2, 0])
    """
    return None if permutation is None else tensor(np.argsort(permutation.array))


def pack_padded_sequence(
    input: Any, lengths: Any, batch_first: bool = False, enforce_sorted: bool = True
) -> PackedSequence:
    """Leave out the padding of a batch of sequences.

    Args:
        input: The padded sequences.
        lengths: Their lengths, a list or a tensor of integers.
        batch_first: Whether the first dimension of ``input`` is that of the sequences; else it is time.
        enforce_sorted: Whether the longest sequence must come first; else they are sorted here.

    Shape: (T, B, ...), or (B, T, ...) with ``batch_first`` -> (sum of the lengths, ...)
    Raises: RuntimeError: lengths that are not positive, not sorted, longer than T, or not B in number.
    Source: ``torch.nn.utils.rnn.pack_padded_sequence``, which does not check that a length is at most T.

    Example:
        >>> padded = mgx.tensor([[1, 2, 0], [3, 0, 0], [4, 5, 6]])
        >>> packed = mgx.nn.utils.rnn.pack_padded_sequence(padded, [2, 1, 3], batch_first=True, enforce_sorted=False)
        >>> packed.data, packed.batch_sizes
        (tensor([4, 1, 3, 5, 2, 6]), tensor([3, 2, 1]))
    """
    steps = by_time(check_tensor("pack_padded_sequence", input), batch_first)
    size = np.asarray(as_tensor(lengths, dtype=int64).array)
    order = None
    if size.ndim != 1:
        raise RuntimeError(f"'lengths' argument should be a 1D CPU int64 tensor, but got {size.ndim}D cpu Long tensor")
    if len(size) != steps.shape[1]:
        raise RuntimeError(
            f"Expected `len(lengths)` to be equal to batch_size, but got {len(size)} (batch_size={steps.shape[1]})"
        )
    if not enforce_sorted:
        order = np.argsort(-size, kind="stable")
        size, steps = size[order], steps[:, order]
    elif (size[1:] > size[:-1]).any():
        raise RuntimeError(
            "`lengths` array must be sorted in decreasing order when `enforce_sorted` is True. You can pass "
            "`enforce_sorted=False` to pack_padded_sequence and/or pack_sequence to sidestep this requirement if you "
            "do not need ONNX exportability."
        )
    if (size <= 0).any():
        raise RuntimeError(
            "Length of all samples has to be greater than 0, but found an element in 'lengths' that is <= 0"
        )
    if (size > len(steps)).any():
        raise RuntimeError(
            f"pack_padded_sequence: expected lengths of at most {len(steps)}, the length of the padded sequences, "
            f"got {size.max()}; give the lengths before padding"
        )
    runs = running(size, int(size.max()))
    data = steps[: len(runs)][tensor(runs)]
    return PackedSequence(data, tensor(runs.sum(1)), None if order is None else tensor(order))


def pad_packed_sequence(
    sequence: PackedSequence, batch_first: bool = False, padding_value: float = 0.0, total_length: int | None = None
) -> tuple[Any, Any]:
    """The inverse of `pack_padded_sequence`: the padded sequences, in their first order, and their lengths.

    Args:
        sequence: What was packed.
        batch_first: Whether the sequences come first in the result, (B, T, ...), or time, (T, B, ...).
        padding_value: Goes where a sequence has ended.
        total_length: T; by default the length of the longest sequence.

    Raises: ValueError: ``total_length`` is less than that.
    Source: ``torch.nn.utils.rnn.pad_packed_sequence``.

    Example:
        >>> from microgradx.nn.utils import rnn
        >>> rnn.pad_packed_sequence(rnn.pack_sequence([mgx.tensor([1, 2]), mgx.tensor([3])]), batch_first=True)
        (tensor([[1, 2],
                [3, 0]]), tensor([2, 1]))
    """
    data, counts = sequence.data, sequence.batch_sizes.array
    longest = len(counts)
    if total_length is not None and total_length < longest:
        raise ValueError(
            "Expected total_length to be at least the length of the longest sequence in input, but got "
            f"total_length={total_length} and max sequence length being {longest}"
        )
    size = (np.arange(counts[0]) < counts[:, None]).sum(0)
    runs = running(size, longest if total_length is None else total_length)
    padded = full((*runs.shape, *data.shape[1:]), padding_value, dtype=data.dtype)
    padded[tensor(runs)] = data
    if sequence.unsorted_indices is not None:
        back = sequence.unsorted_indices.array
        padded, size = padded[:, back], size[back]
    return by_time(padded, batch_first), tensor(size)


def pad_sequence(
    sequences: Any, batch_first: bool = False, padding_value: float = 0.0, padding_side: str = "right"
) -> Any:
    """Sequences of different lengths as one tensor, filled up with ``padding_value``, in the first one's dtype.

    Args:
        sequences: Tensors (L, ...) that differ only in L.
        batch_first: Whether the sequences come first in the result, (B, T, ...), or time, (T, B, ...).
        padding_value: What to fill up with.
        padding_side: Where: "right" or "left".

    Raises: RuntimeError: no sequences, or other sizes than L differ.
    Source: ``torch.nn.utils.rnn.pad_sequence``.

    Example:
        >>> mgx.nn.utils.rnn.pad_sequence([mgx.tensor([1, 2]), mgx.tensor([3])], batch_first=True)
        tensor([[1, 2],
                [3, 0]])
    """
    if not isinstance(sequences, Iterable):
        raise RuntimeError(
            f"pad_sequence: Expected iterable for input sequences, but got arg of type: {type(sequences)}"
        )
    if padding_side not in ("left", "right"):
        raise RuntimeError(f"Expected padding_side to be one of left or right, but got {padding_side}.")
    sequences = [check_tensor("pad_sequence", s) for s in sequences]
    if not sequences:
        raise RuntimeError("received an empty list of sequences")
    longest = max(len(s) for s in sequences)
    padded = []
    for s in (s.to(sequences[0].dtype) for s in sequences):
        filling = full((longest - len(s), *s.shape[1:]), padding_value, dtype=s.dtype)
        padded.append(cat([s, filling] if padding_side == "right" else [filling, s]))
    return stack(padded, 0 if batch_first else 1)


def pack_sequence(sequences: Any, enforce_sorted: bool = True) -> PackedSequence:
    """Pack sequences of different lengths: `pad_sequence`, then `pack_padded_sequence`.

    Source: ``torch.nn.utils.rnn.pack_sequence``.

    Example:
        >>> mgx.nn.utils.rnn.pack_sequence([mgx.tensor([1, 2, 3]), mgx.tensor([4, 5])]).batch_sizes
        tensor([2, 2, 1])
    """
    return pack_padded_sequence(pad_sequence(sequences), [len(s) for s in sequences], enforce_sorted=enforce_sorted)


def unpad_sequence(padded_sequences: Any, lengths: Any, batch_first: bool = False) -> list[Any]:
    """The inverse of `pad_sequence`: a list of the sequences, given their lengths.

    Source: ``torch.nn.utils.rnn.unpad_sequence``, which also transposes its input in place.

    Example:
        >>> mgx.nn.utils.rnn.unpad_sequence(mgx.tensor([[1, 2], [3, 0]]), mgx.tensor([2, 1]), batch_first=True)
        [tensor([1, 2]), tensor([3])]
    """
    sequences = padded_sequences if batch_first else padded_sequences.transpose(0, 1)
    return [s[: int(n)] for s, n in zip(sequences, lengths, strict=True)]


def unpack_sequence(packed_sequences: PackedSequence) -> list[Any]:
    """The inverse of `pack_sequence`. Source: ``torch.nn.utils.rnn.unpack_sequence``."""
    return unpad_sequence(*pad_packed_sequence(packed_sequences, batch_first=True), batch_first=True)


def by_time(sequences: Any, batch_first: bool) -> Any:
    """Change between (B, T, ...) and (T, B, ...), if ``batch_first``."""
    return sequences.transpose(0, 1) if batch_first else sequences


def running(lengths: np.ndarray, steps: int) -> np.ndarray:
    """Which sequences (columns) still run at each step (rows)."""
    mask: np.ndarray = np.arange(steps)[:, None] < lengths
    return mask
