"""Reading a dataset in several processes, each a part of it."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

from microgradx.random import Generator, randperm
from microgradx.utils.data.sampler import Sampler


class DistributedSampler(Sampler[int]):
    """The part of a dataset that one of several processes reads: every ``num_replicas``-th sample.

    All parts are of one length: the first samples come again at the end, or the last ones are dropped.

    Args:
        dataset: The dataset.
        num_replicas: How many processes there are.
        rank: Which of them this is, from 0.
        shuffle: In a random order, which depends on ``seed`` and the epoch only: the same in all processes.
        seed: See ``shuffle``.
        drop_last: Drop samples, instead of repeating some.

    Raises: ValueError: ``rank`` is out of range; RuntimeError: without ``num_replicas`` and ``rank``, since there are
        no process groups here that could tell them.
    Source: ``torch.utils.data.DistributedSampler``, the same order for the same seed.

    Example:
        >>> sampler = mgx.utils.data.DistributedSampler(range(5), num_replicas=2, rank=1, shuffle=False)
        >>> list(sampler)
        [1, 3, 0]
    """

    def __init__(
        self,
        dataset: Any,
        num_replicas: int | None = None,
        rank: int | None = None,
        shuffle: bool = True,
        seed: int = 0,
        drop_last: bool = False,
    ) -> None:
        if num_replicas is None or rank is None:
            raise RuntimeError("Requires distributed package to be available; give num_replicas and rank")
        if rank >= num_replicas or rank < 0:
            raise ValueError(f"Invalid rank {rank}, rank should be in the interval [0, {num_replicas - 1}]")
        self.dataset = dataset
        self.num_replicas = num_replicas
        self.rank = rank
        self.epoch = 0
        self.drop_last = drop_last
        n = len(dataset)
        self.num_samples = n // num_replicas if drop_last else math.ceil(n / num_replicas)
        self.total_size = self.num_samples * num_replicas
        self.shuffle = shuffle
        self.seed = seed

    def __iter__(self) -> Iterator[int]:
        n = len(self.dataset)
        order = list(range(n))
        if self.shuffle:
            order = randperm(n, generator=Generator().manual_seed(self.seed + self.epoch)).tolist()
        order *= math.ceil(self.total_size / max(n, 1))
        return iter(order[self.rank : self.total_size : self.num_replicas])

    def __len__(self) -> int:
        return self.num_samples

    def set_epoch(self, epoch: int) -> None:
        """Shuffle anew: to be called before each epoch, else all have the same order."""
        self.epoch = epoch
