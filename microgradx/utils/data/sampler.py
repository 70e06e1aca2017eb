"""Samplers: the order in which a dataset is read."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Any, Generic, TypeVar

import numpy as np

from microgradx.creation import as_tensor
from microgradx.dtypes import float64
from microgradx.random import Generator, default_generator, multinomial, randint, randperm

T = TypeVar("T", covariant=True)


class Sampler(Generic[T]):
    """Base class of samplers; a subclass gives ``__iter__``, over the numbers of samples, and ``__len__``.

    Source: ``torch.utils.data.Sampler``.
    """

    def __iter__(self) -> Iterator[T]:
        raise NotImplementedError


def draw_seed(generator: Generator | None) -> int:
    """A seed for something else: 63 random bits."""
    return int((generator or default_generator).full_range(1, np.dtype(np.int64))[0])


def _check_count(name: str, value: Any) -> None:
    if not isinstance(value, int) or isinstance(value, bool) or value <= 0:
        raise ValueError(f"{name} should be a positive integer value, but got {name}={value}")


class SequentialSampler(Sampler[int]):
    """From the first sample to the last.

    Source: ``torch.utils.data.SequentialSampler``.
    """

    def __init__(self, data_source: Any) -> None:
        self.data_source = data_source

    def __iter__(self) -> Iterator[int]:
        return iter(range(len(self.data_source)))

    def __len__(self) -> int:
        return len(self.data_source)


class RandomSampler(Sampler[int]):
    """In random order.

    Args:
        data_source: The dataset.
        replacement: Whether a sample may come again before all have come.
        num_samples: How many; by default as many as the dataset has.
        generator: Where the random numbers come from; by default from a new one, with a seed that the default
            generator draws.

    Raises: ValueError: ``num_samples`` is not a positive integer.
    Source: ``torch.utils.data.RandomSampler``, the same order for the same seed.

    Example:
        >>> _ = mgx.manual_seed(0)
        >>> list(mgx.utils.data.RandomSampler(range(5)))
        [1, 3, 4, 2, 0]
    """

    def __init__(
        self,
        data_source: Any,
        replacement: bool = False,
        num_samples: int | None = None,
        generator: Generator | None = None,
    ) -> None:
        self.data_source = data_source
        self.replacement = replacement
        self._num_samples = num_samples
        self.generator = generator
        if not isinstance(replacement, bool):
            raise TypeError(f"replacement should be a boolean value, but got replacement={replacement}")
        _check_count("num_samples", self.num_samples)

    @property
    def num_samples(self) -> int:
        """How many samples come in one pass."""
        return len(self.data_source) if self._num_samples is None else self._num_samples

    def __iter__(self) -> Iterator[int]:
        n, count, generator = len(self.data_source), self.num_samples, self.generator
        if generator is None:
            generator = Generator().manual_seed(draw_seed(None))
        if self.replacement:
            for size in [32] * (count // 32) + [count % 32]:
                yield from randint(n, (size,), generator=generator).tolist()
        else:
            for _ in range(count // n):
                yield from randperm(n, generator=generator).tolist()
            yield from randperm(n, generator=generator).tolist()[: count % n]

    def __len__(self) -> int:
        return self.num_samples


class SubsetRandomSampler(Sampler[int]):
    """Some samples, in random order.

    Source: ``torch.utils.data.SubsetRandomSampler``, the same order for the same seed.
    """

    def __init__(self, indices: Sequence[int], generator: Generator | None = None) -> None:
        self.indices = indices
        self.generator = generator

    def __iter__(self) -> Iterator[int]:
        for i in randperm(len(self.indices), generator=self.generator).tolist():
            yield self.indices[i]

    def __len__(self) -> int:
        return len(self.indices)


class WeightedRandomSampler(Sampler[int]):
    """Random samples, each as often as its weight says.

    Args:
        weights: One for each sample; they need not sum to 1.
        num_samples: How many.
        replacement: Whether a sample may come again.
        generator: Where the random numbers come from.

    Raises: ValueError: weights that are not in one row; ``num_samples`` is not a positive integer.
    Source: ``torch.utils.data.WeightedRandomSampler``, the same order for the same seed.

    Example:
        >>> list(mgx.utils.data.WeightedRandomSampler([0.0, 1.0, 0.0], 4))
        [1, 1, 1, 1]
    """

    def __init__(
        self, weights: Any, num_samples: int, replacement: bool = True, generator: Generator | None = None
    ) -> None:
        _check_count("num_samples", num_samples)
        if not isinstance(replacement, bool):
            raise ValueError(f"replacement should be a boolean value, but got replacement={replacement}")
        self.weights = as_tensor(weights, float64)
        if self.weights.ndim != 1:
            raise ValueError(
                f"weights should be a 1d sequence but given weights have shape {tuple(self.weights.shape)}"
            )
        self.num_samples = num_samples
        self.replacement = replacement
        self.generator = generator

    def __iter__(self) -> Iterator[int]:
        yield from multinomial(self.weights, self.num_samples, self.replacement, generator=self.generator).tolist()

    def __len__(self) -> int:
        return self.num_samples


class BatchSampler(Sampler[list[int]]):
    """Lists of ``batch_size`` numbers of another sampler; the last one may be shorter, or dropped.

    Raises: ValueError: ``batch_size`` is not a positive integer.
    Source: ``torch.utils.data.BatchSampler``.

    Example:
        >>> list(mgx.utils.data.BatchSampler(range(5), batch_size=2, drop_last=False))
        [[0, 1], [2, 3], [4]]
    """

    def __init__(self, sampler: Iterable[int], batch_size: int, drop_last: bool) -> None:
        _check_count("batch_size", batch_size)
        if not isinstance(drop_last, bool):
            raise ValueError(f"drop_last should be a boolean value, but got drop_last={drop_last}")
        self.sampler = sampler
        self.batch_size = batch_size
        self.drop_last = drop_last

    def __iter__(self) -> Iterator[list[int]]:
        numbers = iter(self.sampler)
        if self.drop_last:
            yield from map(list, zip(*[numbers] * self.batch_size))
            return
        while batch := list(islice(numbers, self.batch_size)):
            yield batch

    def __len__(self) -> int:
        n = len(self.sampler)  # type: ignore[arg-type]
        return n // self.batch_size if self.drop_last else -(-n // self.batch_size)
