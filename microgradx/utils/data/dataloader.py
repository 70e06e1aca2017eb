"""The loader: a dataset, in some order, in batches."""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from itertools import repeat
from multiprocessing import get_all_start_methods, get_context
from multiprocessing.context import BaseContext
from typing import Any, Generic, TypeVar

import numpy as np

from microgradx.graph import wrap
from microgradx.random import Generator
from microgradx.utils.data.collate import default_collate, default_convert
from microgradx.utils.data.dataset import IterableDataset, Subset, TensorDataset, samples
from microgradx.utils.data.iterator import LoadsHere
from microgradx.utils.data.sampler import BatchSampler, RandomSampler, SequentialSampler
from microgradx.utils.data.worker import Workers

T = TypeVar("T", covariant=True)


class DataLoader(Generic[T]):
    """Reads a dataset in batches.

    Args:
        dataset: Samples with numbers (anything with ``len`` and indices), or an `IterableDataset`.
        batch_size: How many samples are in a batch; None for single samples.
        shuffle: Read in a new random order each time.
        sampler: The order instead, as an iterable of sample numbers.
        batch_sampler: The batches instead, as an iterable of lists of sample numbers.
        num_workers: So many processes load batches ahead of time; 0 loads here, when asked.
        collate_fn: Makes a batch of a list of samples; by default `default_collate`.
        pin_memory, pin_memory_device: Accepted, without effect: there is no accelerator.
        drop_last: Leave out a last batch that is not full.
        timeout: Wait for a worker's batch no longer than this, in seconds; 0 is for ever.
        worker_init_fn: Called with the worker's number when it starts.
        multiprocessing_context: How workers are started: ``"fork"``, ``"spawn"``, or a context.
        generator: Where the random numbers come from.
        prefetch_factor: So many batches each worker loads ahead; 2 by default.
        persistent_workers: Keep the workers from one pass to the next. They, and their random numbers, go on then.
        in_order: Batches always come in order.

    Raises: ValueError: options that exclude each other, or out of range.
    Source: ``torch.utils.data.DataLoader``, the same batches for the same seed.

    Example:
        >>> _ = mgx.manual_seed(0)
        >>> data = mgx.utils.data.TensorDataset(mgx.arange(5), mgx.arange(5) ** 2)
        >>> for x, y in mgx.utils.data.DataLoader(data, batch_size=2, shuffle=True):
        ...     print(x, y)
        tensor([1, 4]) tensor([ 1, 16])
        tensor([2, 3]) tensor([4, 9])
        tensor([0]) tensor([0])
    """

    __initialized = False  # under this name, loaders of others set it to change what must not change

    def __init__(
        self,
        dataset: Any,
        batch_size: int | None = 1,
        shuffle: bool | None = None,
        sampler: Iterable[Any] | None = None,
        batch_sampler: Iterable[list[Any]] | None = None,
        num_workers: int = 0,
        collate_fn: Callable[[Any], Any] | None = None,
        pin_memory: bool = False,
        drop_last: bool = False,
        timeout: float = 0,
        worker_init_fn: Callable[[int], Any] | None = None,
        multiprocessing_context: Any = None,
        generator: Generator | None = None,
        *,
        prefetch_factor: int | None = None,
        persistent_workers: bool = False,
        pin_memory_device: str = "",
        in_order: bool = True,
    ) -> None:
        if num_workers < 0:
            raise ValueError("num_workers option should be non-negative; use num_workers=0 to disable multiprocessing.")
        if timeout < 0:
            raise ValueError("timeout option should be non-negative")
        if num_workers == 0 and prefetch_factor is not None:
            raise ValueError(
                "prefetch_factor option could only be specified in multiprocessing.let num_workers > 0 to enable "
                "multiprocessing, otherwise set prefetch_factor to None."
            )
        if prefetch_factor is not None and prefetch_factor < 0:
            raise ValueError("prefetch_factor option should be non-negative")
        if persistent_workers and num_workers == 0:
            raise ValueError("persistent_workers option needs num_workers > 0")
        self._streams = isinstance(dataset, IterableDataset)
        if self._streams:
            given = {"shuffle": shuffle or None, "sampler": sampler, "batch_sampler": batch_sampler}
            for option, value in given.items():
                if value is not None:
                    raise ValueError(
                        f"DataLoader with IterableDataset: expected unspecified {option} option, "
                        f"but got {option}={value}"
                    )
        if sampler is not None and shuffle:
            raise ValueError("sampler option is mutually exclusive with shuffle")
        if batch_sampler is not None:
            if batch_size != 1 or shuffle or sampler is not None or drop_last:
                raise ValueError(
                    "batch_sampler option is mutually exclusive with batch_size, shuffle, sampler, and drop_last"
                )
            batch_size = None
        elif batch_size is None and drop_last:
            raise ValueError("batch_size=None option disables auto-batching and is mutually exclusive with drop_last")
        if sampler is None:
            if self._streams:
                sampler = repeat(None)
            else:
                sampler = RandomSampler(dataset, generator=generator) if shuffle else SequentialSampler(dataset)
        if batch_size is not None and batch_sampler is None:
            batch_sampler = BatchSampler(sampler, batch_size, drop_last)
        self.dataset = dataset
        self.batch_size = batch_size
        self.sampler = sampler
        self.batch_sampler = batch_sampler
        self.num_workers = num_workers
        self.collate_fn = collate_fn or (default_convert if batch_sampler is None else default_collate)
        self.pin_memory = pin_memory
        self.pin_memory_device = pin_memory_device
        self.drop_last = drop_last
        self.timeout = timeout
        self.worker_init_fn = worker_init_fn
        self.multiprocessing_context = multiprocessing_context
        self.generator = generator
        self.prefetch_factor = 2 if num_workers > 0 and prefetch_factor is None else prefetch_factor
        self.persistent_workers = persistent_workers
        self.in_order = in_order
        self._reported: int | None = None
        self._iterator: Workers | None = None
        self.__initialized = True
        _check_number_of_workers(num_workers)

    def __setattr__(self, name: str, value: Any) -> None:
        if self.__initialized and name in (
            "batch_size",
            "batch_sampler",
            "sampler",
            "drop_last",
            "dataset",
            "persistent_workers",
        ):
            raise ValueError(f"{name} attribute should not be set after {type(self).__name__} is initialized")
        super().__setattr__(name, value)

    @property
    def multiprocessing_context(self) -> Any:
        """How workers are started: a context of `multiprocessing`, or None for its default."""
        return self._context

    @multiprocessing_context.setter
    def multiprocessing_context(self, value: Any) -> None:
        if value is not None:
            if self.num_workers == 0:
                raise ValueError(
                    "multiprocessing_context can only be used with multi-process loading (num_workers > 0), but got "
                    f"num_workers={self.num_workers}"
                )
            if isinstance(value, str):
                if value not in get_all_start_methods():
                    raise ValueError(
                        "multiprocessing_context option should specify a valid start method in "
                        f"{get_all_start_methods()!r}, but got multiprocessing_context={value!r}"
                    )
                value = get_context(value)
            if not isinstance(value, BaseContext):
                raise TypeError(
                    "multiprocessing_context option should be a valid context object or a string specifying the "
                    f"start method, but got multiprocessing_context={value}"
                )
        self._context = value

    @property
    def index_sampler(self) -> Any:
        """What says which samples are read: the batch sampler, or the sampler if there are no batches."""
        return self.sampler if self.batch_sampler is None else self.batch_sampler

    @property
    def reported(self) -> int | None:
        """The length of an iterable dataset, if ``len`` has been asked for."""
        return self._reported

    def __iter__(self) -> Iterator[Any]:
        if self._iterator is not None:
            self._iterator.again(self)
            return self._iterator
        if self.pin_memory and self.pin_memory_device:
            warnings.warn(
                "pin_memory_device is deprecated, the current accelerator will be used as the device,"
                f"ignore pin_memory_device='{self.pin_memory_device}'.",
                stacklevel=2,
            )
        if self.pin_memory:
            warnings.warn(
                "'pin_memory' argument is set as true but no accelerator is found, then device pinned memory won't "
                "be used.",
                stacklevel=2,
            )
        make = partial(Stream, drop_last=self.drop_last) if self._streams else Lookup
        make_fetch = partial(make, collate=self.collate_fn, batched=self.batch_sampler is not None)
        if self.num_workers == 0:
            return LoadsHere(self, make_fetch)
        _check_number_of_workers(self.num_workers)
        workers = Workers(self, make_fetch)
        if self.persistent_workers:
            self._iterator = workers
        return workers

    def __len__(self) -> int:
        if not self._streams:
            return len(self.index_sampler)
        n = self._reported = len(self.dataset)
        if self.batch_size is None:
            return n
        return n // self.batch_size if self.drop_last else -(-n // self.batch_size)


def _check_number_of_workers(number: int) -> None:
    """Warn if there will be more workers than processors."""
    processors = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    if number > processors:
        warnings.warn(
            f"This DataLoader will create {number} worker processes in total. Our suggested max number of worker in "
            f"current system is {processors}, which is smaller than what this DataLoader is going to create. Please be "
            "aware that excessive worker creation might get DataLoader running slow or even freeze, lower the worker "
            "number to avoid potential slowness/freeze if necessary.",
            stacklevel=3,
        )


class Lookup:
    """Loads batches of samples that have numbers."""

    def __init__(self, dataset: Any, collate: Callable[[Any], Any], batched: bool) -> None:
        self.dataset, self.collate, self.batched = dataset, collate, batched

    def __call__(self, index: Any) -> Any:
        if not self.batched:
            return self.collate(self.dataset[index])
        batch = rows(self.dataset, index) if self.collate is default_collate else None
        return self.collate(samples(self.dataset, index)) if batch is None else batch


class Stream:
    """Loads batches of a dataset that is read from front to back."""

    def __init__(self, dataset: Any, collate: Callable[[Any], Any], batched: bool, drop_last: bool) -> None:
        self.samples, self.collate, self.batched, self.drop_last = iter(dataset), collate, batched, drop_last
        self.ended = False

    def __call__(self, index: Any) -> Any:
        if not self.batched:
            return self.collate(next(self.samples))
        batch = [] if self.ended else [sample for _, sample in zip(index, self.samples)]
        self.ended = len(batch) < len(index)
        if not batch or (self.drop_last and len(batch) < len(index)):
            raise StopIteration
        return self.collate(batch)


def rows(dataset: Any, indices: list[Any]) -> list[Any] | None:
    """A batch of a TensorDataset, or of a part of one, by one indexing of each tensor; None for other datasets.

    The batch is that of the general way, which takes each sample and stacks them again.
    """
    if type(dataset) is Subset:
        return rows(dataset.dataset, [dataset.indices[i] for i in indices])
    if type(dataset) is not TensorDataset or any(t.requires_grad for t in dataset.tensors):
        return None
    return [wrap(tensor.array[np.array(indices)]) for tensor in dataset.tensors]
