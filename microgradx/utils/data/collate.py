"""From a list of samples to a batch."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping, MutableMapping, MutableSequence, Sequence
from typing import Any

import numpy as np

from microgradx.creation import as_tensor, tensor
from microgradx.dtypes import float64
from microgradx.graph import wrap
from microgradx.ops.shape import piled, stack
from microgradx.tensor import Tensor

WRONG = "default_collate: batch must contain tensors, numpy arrays, numbers, dicts or lists; found {}"


def default_collate(batch: Any) -> Any:
    """Samples as one batch: tensors get a new first dimension, and containers are batched part by part.

    Args:
        batch: A list of samples of the same kind. Numbers become a tensor (Python floats one of float64);
            strings stay as they are; tuples, lists and dicts become a list, or a dict, of batches.

    Raises: TypeError: a sample is of none of these kinds; RuntimeError: sequences, or tensors, of different sizes.
    Source: ``torch.utils.data.default_collate``.

    Example:
        >>> mgx.utils.data.default_collate([{"x": 1, "y": "a"}, {"x": 2, "y": "b"}])
        {'x': tensor([1, 2]), 'y': ['a', 'b']}
        >>> mgx.utils.data.default_collate([(mgx.zeros(2), True), (mgx.ones(2), False)])
        [tensor([[0., 0.],
                [1., 1.]]), tensor([ True, False])]
    """
    sample = batch[0]
    if isinstance(sample, Tensor):
        return _stacked(batch)
    if isinstance(sample, np.ndarray):
        if sample.dtype.kind in "SUO":
            raise TypeError(WRONG.format(sample.dtype))
        return default_collate([as_tensor(b) for b in batch])
    if isinstance(sample, (np.bool_, np.number)):
        return as_tensor(np.array(batch))
    if isinstance(sample, float):
        return tensor(batch, dtype=float64)
    if isinstance(sample, int):
        return tensor(batch)
    if isinstance(sample, (str, bytes)):
        return batch
    if isinstance(sample, Mapping):
        return _like_mapping(sample, {key: default_collate([s[key] for s in batch]) for key in sample})
    if isinstance(sample, tuple) and hasattr(sample, "_fields"):
        return type(sample)(*map(default_collate, zip(*batch)))
    if isinstance(sample, Sequence):
        if any(len(s) != len(sample) for s in batch):
            raise RuntimeError("each element in list of batch should be of equal size")
        return _like_sequence(sample, [default_collate(part) for part in zip(*batch)])
    raise TypeError(WRONG.format(type(sample)))


def _stacked(batch: Any) -> Any:
    """Tensors as one; those without a graph directly."""
    first = batch[0].array
    if all(
        type(x) is Tensor and x.edge is None and x.array.shape == first.shape and x.array.dtype is first.dtype
        for x in batch
    ):
        return wrap(piled([x.array for x in batch]))
    return stack(batch, 0)


def default_convert(data: Any) -> Any:
    """A sample with its arrays as tensors: what a loader without batches does.

    Source: ``torch.utils.data.default_convert``.

    Example:
        >>> mgx.utils.data.default_convert({"x": np.arange(2), "y": "a"})
        {'x': tensor([0, 1]), 'y': 'a'}
    """
    if isinstance(data, (np.ndarray, np.bool_, np.number)):
        return data if data.dtype.kind in "SUO" else as_tensor(np.asarray(data))
    if isinstance(data, Mapping):
        return _like_mapping(data, {key: default_convert(value) for key, value in data.items()})
    if isinstance(data, tuple) and hasattr(data, "_fields"):
        return type(data)(*map(default_convert, data))
    if isinstance(data, Sequence) and not isinstance(data, (str, bytes)):
        return _like_sequence(data, [default_convert(part) for part in data])
    return data


def _like_mapping(sample: Mapping[Any, Any], parts: dict[Any, Any]) -> Any:
    """A dict as a mapping of the sample's type, with its attributes."""
    if isinstance(sample, MutableMapping):
        clone = copy.copy(sample)
        try:
            clone.update(parts)
        except TypeError:  # it holds other things only
            return parts
        return clone
    return _as_type(sample, parts)


def _like_sequence(sample: Sequence[Any], parts: list[Any]) -> Any:
    """A list as a sequence of the sample's type, with its attributes; but a tuple's parts stay a list."""
    if isinstance(sample, tuple):
        return parts
    if isinstance(sample, MutableSequence):
        clone = copy.copy(sample)
        try:
            for i, part in enumerate(parts):
                clone[i] = part
        except TypeError:  # it holds other things only, as ``array.array``
            return parts
        return clone
    return _as_type(sample, parts)


def _as_type(sample: Any, parts: Any) -> Any:
    make: Callable[[Any], Any] = type(sample)
    try:
        return make(parts)
    except TypeError:  # it cannot be made from its parts, as ``range``
        return parts
