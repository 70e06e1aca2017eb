"""Iterators over the batches of a loader: what they share, and the one that loads batches itself."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from typing import Any, NoReturn

from microgradx.utils.data.sampler import draw_seed


class Batches(Iterator[Any]):
    """An iterator over the batches of a loader; a subclass gives ``load``.

    Args:
        loader: The DataLoader. The iterator keeps what it needs, not the loader.
    """

    advice = ""

    def __init__(self, loader: Any) -> None:
        self.dataset = loader.dataset
        self.index_sampler = loader.index_sampler
        self.start(loader)
        self.seed = draw_seed(loader.generator)  # PyTorch draws it even if there are no workers to seed

    def start(self, loader: Any) -> None:
        """Begin a pass."""
        self.indices: Iterator[Any] = iter(self.index_sampler)
        self.yielded = 0
        self.reported: int | None = loader.reported

    def load(self) -> Any:
        """The next batch, or StopIteration."""
        raise NotImplementedError

    def __next__(self) -> Any:
        batch = self.load()
        self.yielded += 1
        if self.reported is not None and self.yielded > self.reported:
            warnings.warn(
                f"Length of IterableDataset {self.dataset} was reported to be {self.reported}(when accessing "
                f"len(dataloader)), but {self.yielded} samples have been fetched. {self.advice}",
                stacklevel=2,
            )
        return batch

    def __len__(self) -> int:
        return len(self.index_sampler)

    def __getstate__(self) -> NoReturn:
        raise NotImplementedError(f"{type(self).__name__} cannot be pickled; pickle the loader")


class LoadsHere(Batches):
    """Loads each batch when it is asked for."""

    def __init__(self, loader: Any, make_fetch: Callable[[Any], Any]) -> None:
        super().__init__(loader)
        if loader.timeout != 0:
            raise AssertionError("DataLoader without workers requires timeout == 0; set num_workers, or no timeout")
        self.fetch = make_fetch(self.dataset)

    def load(self) -> Any:
        return self.fetch(next(self.indices))
