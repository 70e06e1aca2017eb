"""Worker processes, which load batches ahead of time.

Each worker has a queue of tasks and a pipe for what it loaded. Tasks go round, one to each worker, and
batches are received from the workers in that order. Workers are stopped when the last batch has been
received (unless they are persistent) or the iterator goes, and stop by themselves when the process that started them
is gone.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import queue
import random
import signal
import traceback
import weakref
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from microgradx.random import manual_seed
from microgradx.utils.data.iterator import Batches

PATIENCE = 5.0
"""So often, in seconds, an idle worker looks whether the main process is still there."""


@dataclass(frozen=True)
class WorkerInfo:
    """What a worker process knows of itself: its number, how many there are, its seed, its copy of the dataset."""

    id: int
    num_workers: int
    seed: int
    dataset: Any
    rng: Any = None
    worker_method: str | None = "multiprocessing"


_worker_info: WorkerInfo | None = None


def get_worker_info() -> WorkerInfo | None:
    """Which worker this process is; None in the main process.

    Source: ``torch.utils.data.get_worker_info``.

    Example:
        >>> mgx.utils.data.get_worker_info() is None
        True
    """
    return _worker_info


@dataclass(frozen=True)
class _Failure:
    """An exception in a worker, as text: a traceback does not travel."""

    kind: type[BaseException]
    text: str

    @classmethod
    def of(cls, error: Exception, worker: int) -> _Failure:
        text = f"Caught {type(error).__name__} in DataLoader worker process {worker}.\nOriginal "
        return cls(type(error), text + traceback.format_exc())

    def raise_again(self) -> None:
        try:
            error = self.kind(_Text(self.text))
        except Exception:  # it takes other arguments
            error = RuntimeError(self.text)
        raise error


class _Text(str):
    """A text that a KeyError shows with its line breaks."""

    __repr__ = str.__str__


class _End:
    """Sent instead of a batch when a worker has read its dataset to the end."""


class _Again:
    """Given instead of a task to a persistent worker before each further pass."""


def _work(tasks: Any, results: Any, info: WorkerInfo, make_fetch: Callable[[Any], Any], init: Any) -> None:
    """What a worker process does."""
    global _worker_info
    _worker_info = info
    # Ctrl-C reaches the workers as well: it is for the main process, which then stops them.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _hold_interrupts(False)
    parent = os.getppid()
    random.seed(info.seed)
    base = info.seed - info.id
    entropy = [info.id, base % 2**32, base >> 32, 0]
    np.random.seed(np.random.SeedSequence(entropy).generate_state(4))  # as PyTorch does
    manual_seed(info.seed)
    failure: _Failure | None = None
    fetch: Callable[[Any], Any] | None = None

    def begin() -> None:
        nonlocal fetch, failure
        try:
            fetch, failure = make_fetch(info.dataset), None
        except Exception as error:
            failure = _Failure.of(error, info.id)

    try:
        if init is not None:
            init(info.id)
        begin()
    except Exception as error:
        failure = _Failure.of(error, info.id)
    try:
        while True:
            try:
                index = tasks.get(timeout=PATIENCE)
            except queue.Empty:
                if os.getppid() != parent:
                    return
                continue
            if isinstance(index, _Again):
                begin()
                continue
            batch: Any = failure
            if fetch is not None and failure is None:
                try:
                    batch = fetch(index)
                except StopIteration:
                    batch = _End()
                except Exception as error:
                    batch = _Failure.of(error, info.id)
            try:
                results.send(batch)
            except BrokenPipeError:
                raise
            except Exception as error:  # it cannot be pickled
                results.send(_Failure.of(error, info.id))
    except BrokenPipeError:
        return  # the main process is gone


def _hold_interrupts(hold: bool) -> None:
    if hasattr(signal, "pthread_sigmask"):  # not on Windows
        signal.pthread_sigmask(signal.SIG_BLOCK if hold else signal.SIG_UNBLOCK, {signal.SIGINT})


@contextlib.contextmanager
def _interrupts_held() -> Iterator[None]:
    """Hold Ctrl-C back while a worker starts: the worker inherits that, until it ignores it."""
    _hold_interrupts(True)
    try:
        yield
    finally:
        _hold_interrupts(False)


class Workers(Batches):
    """An iterator over the batches that worker processes load.

    Args:
        loader: The DataLoader.
        make_fetch: Called in the worker with its dataset; returns the function that loads a batch.
    """

    advice = (
        "For multiprocessing data-loading, this could be caused by not properly configuring the IterableDataset "
        "replica at each worker. Please see https://pytorch.org/docs/stable/data.html#torch.utils.data.IterableDataset "
        "for examples."
    )

    def __init__(self, loader: Any, make_fetch: Callable[[Any], Any]) -> None:
        super().__init__(loader)
        context = loader.multiprocessing_context or multiprocessing.get_context()
        self.timeout = loader.timeout or None
        self.persistent = loader.persistent_workers
        self.ahead = loader.prefetch_factor * loader.num_workers
        self.tasks: list[Any] = []
        self.results: list[Any] = []
        self.processes: list[Any] = []
        self.stop = weakref.finalize(self, _stop, os.getpid(), self.processes, self.tasks)
        for i in range(loader.num_workers):
            tasks = context.Queue()
            receive, send = context.Pipe(duplex=False)
            info = WorkerInfo(i, loader.num_workers, self.seed + i, loader.dataset)
            arguments = (tasks, send, info, make_fetch, loader.worker_init_fn)
            process = context.Process(target=_work, args=arguments, daemon=True)
            with _interrupts_held():
                process.start()
            send.close()  # only the worker holds this end: when it dies, ours reports it
            self.tasks.append(tasks)
            self.results.append(receive)
            self.processes.append(process)
        self.owing: deque[int] = deque()  # which worker has to deliver the next batch, and those after it
        self._give_first()

    def again(self, loader: Any) -> None:
        """Begin another pass, with the same workers."""
        while self.owing:  # batches that nobody wants any more
            self._receive(self.owing.popleft())
        self.start(loader)
        for tasks in self.tasks:
            tasks.put(_Again())
        self._give_first()

    def _give_first(self) -> None:
        self.turns: deque[int] = deque(range(len(self.tasks)))  # whose task the next one is
        for _ in range(self.ahead):
            self._give()

    def _give(self) -> None:
        """Give the next task, if there is one, to the worker whose turn it is."""
        if self.turns:
            for index in self.indices:
                worker = self.turns[0]
                self.turns.rotate(-1)
                self.tasks[worker].put(index)
                self.owing.append(worker)
                return

    def load(self) -> Any:
        while self.owing:
            worker = self.owing.popleft()
            batch = self._receive(worker)
            if isinstance(batch, _End) and worker in self.turns:
                self.turns.remove(worker)
            self._give()
            if isinstance(batch, _Failure):
                batch.raise_again()
            if not isinstance(batch, _End):
                return batch
        if not self.persistent:
            self.stop()
        raise StopIteration

    def _receive(self, worker: int) -> Any:
        try:
            if self.results[worker].poll(self.timeout):
                return self.results[worker].recv()
        except EOFError:
            process = self.processes[worker]
            process.join()
            raise RuntimeError(
                f"DataLoader worker (pid {process.pid}) exited unexpectedly with exit code {process.exitcode}; "
                "use num_workers=0 to see its error"
            ) from None
        raise RuntimeError(f"DataLoader timed out after {self.timeout} seconds")


def _stop(starter: int, processes: list[Any], tasks: list[Any]) -> None:
    if os.getpid() != starter:
        return  # a forked process has a copy of the iterator, but the workers are not its own
    for queue_ in tasks:
        queue_.cancel_join_thread()
        queue_.close()
    for process in processes:
        process.terminate()
    for process in processes:
        process.join()
