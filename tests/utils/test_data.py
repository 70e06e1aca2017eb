"""Datasets, samplers and loaders: each program is run with both libraries, and gives the same batches."""

from __future__ import annotations

import pickle
import random
import warnings
from array import array
from collections import OrderedDict, UserDict, deque, namedtuple
from collections.abc import Callable
from types import MappingProxyType
from typing import Any

import numpy as np
import pytest
import torch
import torch.utils.data
from hypothesis import given
from hypothesis import strategies as st

import microgradx as mgx
from microgradx.utils import data as ours
from microgradx.utils.data.worker import WorkerInfo

BOTH = ((mgx, ours), (torch, torch.utils.data))
Program = Callable[[Any, Any], Any]


def plain(value: Any) -> Any:
    """Tensors as (dtype, shape, values), in whatever containers; types of containers count."""
    if isinstance(value, (mgx.Tensor, torch.Tensor)):
        return str(value.dtype), tuple(value.shape), value.tolist()
    if isinstance(value, (dict, UserDict, MappingProxyType)):
        return type(value), {k: plain(v) for k, v in value.items()}
    if isinstance(value, (list, tuple, deque)):
        return type(value), [plain(v) for v in value]
    return value


def results(program: Program, seed: int = 0) -> list[Any]:
    out = []
    for lib, data in BOTH:
        lib.manual_seed(seed)
        result = program(lib, data)
        # What is drawn next shows whether as many random numbers have been used.
        out.append((plain(result), lib.rand(3).tolist()))
    return out


def table(lib: Any, data: Any, n: int = 23) -> Any:
    return data.TensorDataset(lib.arange(n), lib.arange(2.0 * n).reshape(n, 2), lib.zeros(n, 2, 3))


class Squares:
    def __init__(self, n: int = 11) -> None:
        self.n = n

    def __len__(self) -> int:
        return self.n

    def __getitem__(self, i: int) -> Any:
        return {"x": np.full((2,), i, np.float32), "y": i * i, "name": str(i), "half": (i / 2, i % 2 == 0)}


def epochs(loader: Any, n: int = 2) -> list[Any]:
    return [list(loader) for _ in range(n)]


def stream(data: Any, n: int) -> Any:
    class Stream(data.IterableDataset):  # type: ignore[misc,name-defined]
        def __iter__(self) -> Any:
            return iter(range(n))

        def __len__(self) -> int:
            return n

    return Stream()


def endless(lib: Any, data: Any) -> list[Any]:
    """A loader as others derive it, to keep its workers: its batch sampler is replaced by one that never ends."""

    class Again:
        def __init__(self, sampler: Any) -> None:
            self.sampler = sampler

        def __iter__(self) -> Any:
            while True:
                yield from self.sampler

    class Endless(data.DataLoader):  # type: ignore[misc,name-defined]
        def __init__(self, *args: Any, **options: Any) -> None:
            super().__init__(*args, **options)
            self._DataLoader__initialized = False
            self.batch_sampler = Again(self.batch_sampler)
            self._DataLoader__initialized = True
            self.batches = super().__iter__()

        def __len__(self) -> int:
            return len(self.batch_sampler.sampler)

        def __iter__(self) -> Any:
            for _ in range(len(self)):
                yield next(self.batches)

    return epochs(Endless(range(7), 3, shuffle=True), 3)


def goes_on(lib: Any, data: Any) -> list[Any]:
    class Faulty(Squares):
        def __getitem__(self, i: int) -> int:
            if i == 2:
                raise KeyError(i)
            return i

    batches = iter(data.DataLoader(Faulty(4)))
    out = [next(batches), next(batches)]
    with pytest.raises(KeyError):
        next(batches)
    return out + list(batches)


def restless(data: Any) -> Any:
    class Restless(data.IterableDataset):  # type: ignore[misc,name-defined]
        i = 0

        def __iter__(self) -> Any:
            return self

        def __next__(self) -> int:
            self.i += 1
            if self.i % 7 == 0:
                raise StopIteration
            return self.i

    return Restless()


def parts(data: Any, *lengths: int) -> Any:
    """A stream of which each worker reads its own part."""

    class Parts(data.IterableDataset):  # type: ignore[misc,name-defined]
        def __iter__(self) -> Any:
            info = data.get_worker_info()
            return iter(range(100 * info.id, 100 * info.id + lengths[info.id]))

    return Parts()


def persistent(lib: Any, data: Any) -> list[Any]:
    """Three passes, the second not to its end: workers go on drawing random numbers where they were."""
    loader = data.DataLoader(
        table(lib, data, 11), 2, shuffle=True, num_workers=2, persistent_workers=True, prefetch_factor=1,
        collate_fn=lambda batch: [(sample[0], lib.rand(1), np.random.rand(), random.random()) for sample in batch],
        worker_init_fn=lambda i: lib.rand(i), generator=lib.Generator().manual_seed(5),
    )  # fmt: skip
    first = list(loader)
    batches = iter(loader)
    second = [next(batches), next(batches)]
    assert iter(loader) is batches
    return [
        first,
        second,
        list(batches),
        loader.generator.initial_seed(),
        lib.randint(9, (2,), generator=loader.generator),
    ]


LOADERS: dict[str, Program] = {
    "plain": lambda lib, d: epochs(d.DataLoader(table(lib, d))),
    "batches": lambda lib, d: epochs(d.DataLoader(table(lib, d), 5)),
    "shuffled": lambda lib, d: epochs(d.DataLoader(table(lib, d), batch_size=5, shuffle=True)),
    "last one dropped": lambda lib, d: epochs(d.DataLoader(table(lib, d), 5, True, drop_last=True)),
    "own generator": lambda lib, d: epochs(
        d.DataLoader(table(lib, d), 4, shuffle=True, generator=lib.Generator().manual_seed(7)), 3
    ),
    "one, not read to the end": lambda lib, d: [
        next(iter(loader)) for loader in [d.DataLoader(table(lib, d), 4, shuffle=True)] * 3
    ],
    "no batches": lambda lib, d: epochs(d.DataLoader(Squares(), batch_size=None, shuffle=True)),
    "dicts": lambda lib, d: epochs(d.DataLoader(Squares(), 4, shuffle=True)),
    "range": lambda lib, d: epochs(d.DataLoader(range(7), 3, shuffle=True)),
    "own collate": lambda lib, d: epochs(d.DataLoader(table(lib, d), 6, collate_fn=lambda batch: len(batch))),
    "sampler": lambda lib, d: epochs(d.DataLoader(table(lib, d), 3, sampler=[5, 1, -1, 1])),
    "batch sampler": lambda lib, d: epochs(d.DataLoader(table(lib, d), batch_sampler=[[1, 2], [0], [22, 3, 4]])),
    "random sampler": lambda lib, d: epochs(d.DataLoader(table(lib, d), 9, sampler=d.RandomSampler(range(20)))),
    "more than all": lambda lib, d: list(d.RandomSampler(range(10), num_samples=25)),
    "with replacement": lambda lib, d: list(d.RandomSampler(range(10), True, 75)),
    "some at random": lambda lib, d: list(d.SubsetRandomSampler([3, 1, 4, 15])),
    "by weight": lambda lib, d: list(d.WeightedRandomSampler([0.1, 0.9, 0.4, 3.0], 20)),
    "by weight, once": lambda lib, d: list(d.WeightedRandomSampler([0.1, 0.9, 0.4, 3.0], 4, False)),
    "random_split": lambda lib, d: [list(part) for part in d.random_split(range(20), [12, 5, 3])],
    "random_split by fractions": lambda lib, d: [
        list(d.DataLoader(part, 4, shuffle=True)) for part in d.random_split(table(lib, d), [0.5, 0.3, 0.2])
    ],
    "split of a split": lambda lib, d: [
        list(d.DataLoader(part, 3)) for part in d.random_split(d.random_split(table(lib, d), [13, 10])[0], [6, 7])
    ],
    "iterable": lambda lib, d: epochs(d.DataLoader(stream(d, 10), 4)),
    "iterable, last one dropped": lambda lib, d: epochs(d.DataLoader(stream(d, 10), 4, drop_last=True)),
    "iterable, no batches": lambda lib, d: epochs(d.DataLoader(stream(d, 3), None)),
    "chain": lambda lib, d: list(d.DataLoader(stream(d, 3) + stream(d, 2), 2)),
    "concatenation": lambda lib, d: list(d.DataLoader(table(lib, d, 3) + table(lib, d, 4), 2)),
    "side by side": lambda lib, d: list(d.DataLoader(d.StackDataset(a=range(4), b=Squares(4)), 3)),
    "side by side, at once": lambda lib, d: [
        d.StackDataset(range(3), d.Subset("abc", [2, 1, 0])).__getitems__([2, 0]),
        d.StackDataset(range(3), "abc")[1], d.StackDataset(a=range(3), b="abc")[1],
        d.StackDataset(a=range(3), b=d.Subset("abc", [2, 1, 0])).__getitems__([2, 0]),
    ],
    "several of a part": lambda lib, d: d.Subset(lib.arange(9), [1, 3, 5])[[0, 2]].tolist(),
    "distributed": lambda lib, d: [
        [list(sampler), len(sampler), list(d.DataLoader(range(n), 2, sampler=sampler))]
        for n in (1, 5, 12)
        for rank in range(4)
        for options in ({}, {"shuffle": False}, {"drop_last": True}, {"seed": 3, "shuffle": True})
        if n >= 4 or "drop_last" not in options  # PyTorch fails
        for epoch in (0, 1)
        for sampler in [d.DistributedSampler(range(n), 4, rank, **options)]
        if sampler.set_epoch(epoch) is None
    ],
    "goes on after an error": goes_on,
    "endless": endless,
    "a stream that begins again at its end": lambda lib, d: list(d.DataLoader(restless(d), 4)),
    "arrays": lambda lib, d: epochs(d.DataLoader(np.arange(6.0).reshape(3, 2), 2, shuffle=True)),
    "a table of tensors": lambda lib, d: epochs(d.DataLoader(lib.arange(6).reshape(3, 2), 2)),
    "lists of numbers as samples": lambda lib, d: list(
        d.DataLoader(table(lib, d), None, sampler=d.BatchSampler(d.RandomSampler(range(23)), 5, False))
    ),
    "two at a time": lambda lib, d: list(zip(*[d.DataLoader(range(6), 2, shuffle=True) for _ in "ab"])),
    "one in the other": lambda lib, d: [
        (a, lib.rand(1), b) for loader in [d.DataLoader(range(4), 2, shuffle=True)] for a in loader for b in loader
    ],
    "lengths": lambda lib, d: [
        len(d.DataLoader(table(lib, d), 5)),
        len(d.DataLoader(table(lib, d), 5, drop_last=True)),
        len(d.DataLoader(stream(d, 10), 4)),
        len(d.DataLoader(stream(d, 10), 4, drop_last=True)),
        len(d.DataLoader(stream(d, 10), None)),
        len(d.DataLoader(range(9), None)),
        len(d.DataLoader(range(9), batch_sampler=[[1], [2]])),
        len(d.ConcatDataset([range(3), range(4)])),
        len(d.ChainDataset([stream(d, 3), stream(d, 2)])),
        len(d.Subset(range(9), [1, 2])),
        len(iter(d.DataLoader(range(9), 4))),
        d.ConcatDataset.cumsum([range(3), range(4)]),
    ],
    "workers": lambda lib, d: epochs(d.DataLoader(table(lib, d), 4, shuffle=True, num_workers=2)),
    "workers, more than batches": lambda lib, d: epochs(d.DataLoader(Squares(4), 3, num_workers=2)),
    "persistent workers": lambda lib, d: persistent(lib, d),
    "persistent workers of a stream": lambda lib, d: epochs(
        d.DataLoader(parts(d, 3, 2), 2, num_workers=2, persistent_workers=True), 3
    ),
    "each worker its part": lambda lib, d: epochs(d.DataLoader(parts(d, 7, 2), 2, num_workers=2, prefetch_factor=3)),
    "each worker its part, no batches": lambda lib, d: list(d.DataLoader(parts(d, 1, 5), None, num_workers=2)),
    "workers' random numbers": lambda lib, d: list(
        d.DataLoader([None] * 6, 2, num_workers=2, collate_fn=lambda _: (lib.rand(2), np.random.rand()))
    ),
}  # fmt: skip


@pytest.mark.filterwarnings("ignore:This DataLoader will create", "ignore:.*fork.*:DeprecationWarning")
@pytest.mark.parametrize("name", LOADERS)
def test_the_same_batches(name: str) -> None:
    for seed in (0, 3):
        first, second = results(LOADERS[name], seed)
        assert first == second


DATASETS: dict[str, Callable[[Any, Any, int], Any]] = {
    "range": lambda lib, d, n: range(n),
    "tensors": lambda lib, d, n: d.TensorDataset(lib.arange(n), lib.arange(1.0 * n)),
    "array": lambda lib, d, n: np.arange(2.0 * n).reshape(n, 2),
    "one after the other": lambda lib, d, n: d.ConcatDataset([range(n // 2), range(n - n // 2)]),
    "part": lambda lib, d, n: d.Subset(d.TensorDataset(lib.arange(2 * n)), list(range(0, 2 * n, 2))),
    "side by side": lambda lib, d, n: d.StackDataset(a=range(n), b=d.TensorDataset(lib.arange(n))),
}
SAMPLERS: dict[str, Callable[[Any, Any, int, int, Any], Any]] = {
    "none": lambda d, data, n, k, g: None,
    "random": lambda d, data, n, k, g: d.RandomSampler(data, generator=g),
    "replaced": lambda d, data, n, k, g: d.RandomSampler(data, True, k),
    "several times": lambda d, data, n, k, g: d.RandomSampler(data, num_samples=k),
    "weighted": lambda d, data, n, k, g: d.WeightedRandomSampler([0.1 + i % 3 for i in range(n)], k, generator=g),
    "some": lambda d, data, n, k, g: d.SubsetRandomSampler(range(0, n, 2), g),
    "distributed": lambda d, data, n, k, g: d.DistributedSampler(data, 3, k % 3),
}


@given(
    st.sampled_from(sorted(DATASETS)), st.integers(1, 17), st.sampled_from(sorted(SAMPLERS)), st.integers(1, 70),
    st.sampled_from([None, 1, 2, 5, 40]), st.booleans(), st.booleans(), st.booleans(), st.booleans(),
)  # fmt: skip
def test_any_options(
    dataset: str, n: int, sampler: str, k: int, size: int | None, shuffle: bool, drop: bool, seeded: bool, lists: bool
) -> None:
    def program(lib: Any, d: Any) -> list[Any]:
        data = DATASETS[dataset](lib, d, n)
        generator = lib.Generator().manual_seed(3) if seeded else None
        order = SAMPLERS[sampler](d, data, n, k, generator)
        if lists and order is not None:
            loader = d.DataLoader(data, batch_sampler=d.BatchSampler(order, size or 1, drop), generator=generator)
        else:
            options = {"shuffle": shuffle} if order is None else {"sampler": order}
            loader = d.DataLoader(data, size, drop_last=drop and size is not None, generator=generator, **options)
        not_to_its_end = next(iter(loader), None)
        return [len(loader), list(loader), not_to_its_end, list(loader)]

    first, second = results(program, k)
    assert first == second


def test_a_table_is_indexed_once_per_batch(monkeypatch: pytest.MonkeyPatch) -> None:
    loader = ours.DataLoader(table(mgx, ours), 5)
    slow = list(ours.DataLoader(table(mgx, ours), 5, collate_fn=lambda batch: ours.default_collate(batch)))
    monkeypatch.delattr(ours.TensorDataset, "__getitem__")  # no sample is taken
    assert plain(list(loader)) == plain(slow)


def test_a_batch_does_not_share_memory_and_keeps_the_graph() -> None:
    x = mgx.arange(4.0)
    (batch,) = next(iter(ours.DataLoader(ours.TensorDataset(x), 4)))
    batch.zero_()
    assert x.tolist() == [0.0, 1.0, 2.0, 3.0]
    x.requires_grad_()
    (batch,) = next(iter(ours.DataLoader(ours.TensorDataset(x), 3)))
    batch.sum().backward()
    assert x.grad.tolist() == [1.0, 1.0, 1.0, 0.0]


Point = namedtuple("Point", "x y")


class Short(Squares):
    """Gives a sample less than it is asked for."""

    def __getitems__(self, indices: list[int]) -> list[Any]:
        return [self[i] for i in indices[1:]]


class Numbers(UserDict[str, int]):
    """Holds numbers only."""

    def __setitem__(self, key: str, value: Any) -> None:
        if not isinstance(value, int):
            raise TypeError
        super().__setitem__(key, value)


BATCHES: list[Callable[[Any], list[Any]]] = [
    lambda lib: [lib.ones(2), lib.zeros(2)],
    lambda lib: [1, 2, 3],
    lambda lib: [True, False],
    lambda lib: [1.5, 2.0],
    lambda lib: ["a", "b"],
    lambda lib: [b"a", b"b"],
    lambda lib: [np.float32(1), np.float32(2)],
    lambda lib: [np.int16(1), np.int16(2)],
    lambda lib: [np.float64(1), np.float64(2)],
    lambda lib: [np.bool_(True), np.bool_(False)],
    lambda lib: [np.arange(3), np.arange(3)],
    lambda lib: [np.array(1.0), np.array(2.0)],
    lambda lib: [(1, 2.0), (3, 4.0)],
    lambda lib: [[1, 2.0], [3, 4.0]],
    lambda lib: [[], []],
    lambda lib: [Point(1, "a"), Point(2, "b")],
    lambda lib: [{"a": 1, "b": (2, 3)}, {"a": 4, "b": (5, 6)}],
    lambda lib: [OrderedDict(a=1, b=[lib.ones(1)]), OrderedDict(a=2, b=[lib.ones(1)])],
    lambda lib: [range(2), range(2, 4)],
    lambda lib: [(1, "a", b"c"), (2, "b", b"d")],
    lambda lib: [["a", 1], ["b", 2]],
    lambda lib: [{"a": [{"b": (1, "x")}]}, {"a": [{"b": (2, "y")}]}],
    lambda lib: [array("i", [1, 2]), array("i", [3, 4])],
    lambda lib: [deque([1, 2]), deque([3, 4])],
    lambda lib: [UserDict(a=1), UserDict(a=2)],
    lambda lib: [Numbers(a=1), Numbers(a=2)],
    lambda lib: [MappingProxyType({"a": 1}), MappingProxyType({"a": 2})],
    lambda lib: [1, 2.5],
    lambda lib: [np.str_("a"), np.str_("b")],
    lambda lib: [lib.ones(0), lib.ones(0)],
]


@pytest.mark.parametrize("make", BATCHES)
def test_default_collate_and_convert(make: Any) -> None:
    assert plain(ours.default_collate(make(mgx))) == plain(torch.utils.data.default_collate(make(torch)))
    assert plain(ours.default_convert(make(mgx))) == plain(torch.utils.data.default_convert(make(torch)))


WRONG: dict[str, Program] = {
    "workers": lambda lib, d: d.DataLoader(range(3), num_workers=-1),
    "timeout": lambda lib, d: d.DataLoader(range(3), timeout=-1),
    "prefetch without workers": lambda lib, d: d.DataLoader(range(3), prefetch_factor=2),
    "prefetch": lambda lib, d: d.DataLoader(range(3), num_workers=1, prefetch_factor=-2),
    "persistent": lambda lib, d: d.DataLoader(range(3), persistent_workers=True),
    "shuffled stream": lambda lib, d: d.DataLoader(stream(d, 3), shuffle=True),
    "sampled stream": lambda lib, d: d.DataLoader(stream(d, 3), sampler=[1]),
    "stream in batches": lambda lib, d: d.DataLoader(stream(d, 3), batch_sampler=[[1]]),
    "two orders": lambda lib, d: d.DataLoader(range(3), shuffle=True, sampler=[1]),
    "two sizes": lambda lib, d: d.DataLoader(range(3), 2, batch_sampler=[[1]]),
    "nothing to drop": lambda lib, d: d.DataLoader(range(3), None, drop_last=True),
    "batch size": lambda lib, d: d.DataLoader(range(3), 0),
    "context without workers": lambda lib, d: d.DataLoader(range(3), multiprocessing_context="fork"),
    "context": lambda lib, d: d.DataLoader(range(3), num_workers=1, multiprocessing_context="spoon"),
    "set later": lambda lib, d: setattr(d.DataLoader(range(3)), "batch_size", 2),
    "empty": lambda lib, d: d.DataLoader([], shuffle=True),
    "replacement": lambda lib, d: d.RandomSampler(range(3), replacement=1),
    "drop_last": lambda lib, d: d.BatchSampler(range(3), 2, 1),
    "weights": lambda lib, d: d.WeightedRandomSampler([[1.0]], 2),
    "number of samples": lambda lib, d: d.WeightedRandomSampler([1.0], 0),
    "weights' replacement": lambda lib, d: d.WeightedRandomSampler([1.0], 1, None),
    "rows": lambda lib, d: d.TensorDataset(lib.zeros(2), lib.zeros(3)),
    "no datasets": lambda lib, d: d.ConcatDataset([]),
    "stream among datasets": lambda lib, d: d.ConcatDataset([stream(d, 3)]),
    "dataset among streams": lambda lib, d: list(d.ChainDataset([range(3)])),
    "before the first": lambda lib, d: d.ConcatDataset([range(3)])[-4],
    "stacks": lambda lib, d: d.StackDataset(range(2), range(3)),
    "no stacks": lambda lib, d: d.StackDataset(),
    "mixed stacks": lambda lib, d: d.StackDataset(range(2), a=range(2)),
    "split": lambda lib, d: d.random_split(range(3), [1, 1]),
    "fractions": lambda lib, d: d.random_split(range(3), [1.5, -0.5]),
    "abstract": lambda lib, d: d.Dataset()[0],
    "no part of a stream": lambda lib, d: stream(d, 2)[0],
    "a context that is none": lambda lib, d: d.DataLoader(range(3), num_workers=1, multiprocessing_context=3),
    "workers set later": lambda lib, d: setattr(d.DataLoader(range(3)), "persistent_workers", True),
    "length of a stream": lambda lib, d: len(d.DataLoader(parts(d, 3))),
    "rank": lambda lib, d: d.DistributedSampler(range(3), 2, 2),
    "negative rank": lambda lib, d: d.DistributedSampler(range(3), 2, -1),
    "arguments of a sampler": lambda lib, d: d.Sampler(range(3)),
    "sizes of rows": lambda lib, d: d.DataLoader(d.StackDataset(Short(3)), 2).__iter__().__next__(),
    "no order": lambda lib, d: iter(d.Sampler()),
    "sizes of columns": lambda lib, d: d.StackDataset(range(3), a=1),
    "None": lambda lib, d: d.default_collate([None, None]),
    "other keys": lambda lib, d: d.default_collate([{"a": 1}, {"b": 1}]),
    "nothing": lambda lib, d: d.default_collate([]),
    "sizes": lambda lib, d: d.default_collate([[1], [1, 2]]),
    "objects": lambda lib, d: d.default_collate([{1}, {2}]),
    "strings": lambda lib, d: d.default_collate([np.array("a")]),
}


@pytest.mark.parametrize("name", WRONG)
def test_errors_are_pytorchs(name: str) -> None:
    caught = []
    for lib, data in BOTH:
        with pytest.raises(
            (ValueError, TypeError, AssertionError, RuntimeError, NotImplementedError, LookupError)
        ) as error:
            WRONG[name](lib, data)
        caught.append((error.type, str(error.value)))
    assert caught[0] == caught[1]


def test_other_errors_and_warnings() -> None:
    with pytest.raises(AssertionError, match="requires timeout == 0"):
        iter(ours.DataLoader(range(3), timeout=1))
    with pytest.raises(RuntimeError, match="give num_replicas and rank"):
        ours.DistributedSampler(range(3))
    with pytest.raises(NotImplementedError, match="cannot be pickled"):
        pickle.dumps(iter(ours.DataLoader(range(3))))
    with pytest.raises(NotImplementedError, match="Half overrides __getitem__ but not __getitems__"):
        type("Half", (ours.Subset,), {"__getitem__": lambda self, i: i})(range(3), [1])
    with pytest.raises(TypeError, match="abstract"):
        ours.IterableDataset()


WARNINGS: dict[str, Program] = {
    "pinned": lambda lib, d: list(d.DataLoader(range(2), pin_memory=True)),
    "device": lambda lib, d: list(d.DataLoader(range(2), pin_memory=True, pin_memory_device="cuda")),
    "many workers": lambda lib, d: d.DataLoader(range(3), num_workers=500) and None,
    "empty part": lambda lib, d: d.random_split(range(1), [0.5, 0.5]) and None,
    "a stream that is longer than it said": lambda lib, d: [
        (len(loader), list(loader)) for loader in [d.DataLoader(liar(d), 2)]
    ],
    "a stream of workers that is longer": lambda lib, d: [
        (len(loader), list(loader)) for loader in [d.DataLoader(liar(d), 2, num_workers=1)]
    ],
    "not asked": lambda lib, d: list(d.DataLoader(liar(d), 2)),
}


def liar(data: Any) -> Any:
    class Liar(data.IterableDataset):  # type: ignore[misc,name-defined]
        def __iter__(self) -> Any:
            return iter(range(9))

        def __len__(self) -> int:
            return 3

        def __repr__(self) -> str:
            return "Liar"

    return Liar()


@pytest.mark.parametrize("name", WARNINGS)
def test_warnings_are_pytorchs(name: str) -> None:
    caught = []
    for lib, data in BOTH:
        with warnings.catch_warnings(record=True) as record:
            warnings.simplefilter("always")
            warnings.filterwarnings("ignore", ".*fork.*", DeprecationWarning)
            result = plain(WARNINGS[name](lib, data))
        caught.append((result, [(w.category, str(w.message)) for w in record]))
        assert all(w.filename == __file__ for w in record) or lib is torch
    assert caught[0] == caught[1]
    assert caught[0][1] or name == "not asked"


def test_what_a_loader_is() -> None:
    loaders = []
    for lib, data in BOTH:
        assert data.DataLoader[int]
        loader = data.DataLoader(data.TensorDataset(lib.arange(5)), 2, shuffle=True, num_workers=1)
        assert loader.multiprocessing_context is None
        loader.multiprocessing_context = "spawn"
        assert loader.multiprocessing_context.get_start_method() == "spawn"
        kept = {"dataset", "sampler", "batch_sampler", "multiprocessing_context", "collate_fn"}
        loaders.append({k: v for k, v in vars(loader).items() if not k.startswith("_") and k not in kept})
        again = pickle.loads(pickle.dumps(data.DataLoader(range(4), 2)))
        assert [batch.tolist() for batch in again] == [[0, 1], [2, 3]]
    assert loaders[0] == loaders[1]
    assert repr(WorkerInfo(0, 1, 2, None)) == repr(torch.utils.data._utils.worker.WorkerInfo(0, 1, 2, None))


def test_tensors_of_one_kind_are_joined_directly_and_others_by_the_operation() -> None:
    x = mgx.arange(6.0).reshape(3, 2)
    rows = ours.default_collate([x[0], x[2]])
    assert rows.tolist() == [[0.0, 1.0], [4.0, 5.0]]
    rows.zero_()
    assert x[2].tolist() == [4.0, 5.0]
    mixed = ours.default_collate([x[0], x[0].double()])
    assert mixed.dtype is mgx.float64
    with pytest.raises(RuntimeError, match=r"stack expects each tensor to be equal size, but got \[2\] at entry 0"):
        ours.default_collate([x[0], x[:, 0]])
    leaf = mgx.ones(2, requires_grad=True)
    ours.default_collate([x[0], leaf]).sum().backward()
    assert leaf.grad.tolist() == [1.0, 1.0]
