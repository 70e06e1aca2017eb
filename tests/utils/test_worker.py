"""Worker processes: they report their errors, and none is left behind."""

from __future__ import annotations

import gc
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

import microgradx as mgx
from microgradx.utils.data import DataLoader, IterableDataset, get_worker_info

pytestmark = pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning", "ignore:This DataLoader will create")


class Faulty:
    """Six samples, of which the fifth does something else."""

    def __init__(self, what: Any) -> None:
        self.what = what

    def __len__(self) -> int:
        return 6

    def __getitem__(self, i: int) -> int:
        if i == 4:
            self.what()
        return i


def missing() -> None:
    raise KeyError("four")


class Odd(Exception):
    def __init__(self, a: int, b: int) -> None:
        super().__init__(a + b)


def odd() -> None:
    raise Odd(1, 2)


def is_running(pid: int) -> bool:
    try:
        with open(f"/proc/{pid}/stat") as file:
            return file.read().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def gone(pids: list[int], seconds: float = 20.0) -> bool:
    end = time.monotonic() + seconds
    while any(map(is_running, pids)) and time.monotonic() < end:
        time.sleep(0.02)
    return not any(map(is_running, pids))


def test_an_error_comes_with_its_traceback() -> None:
    batches = iter(DataLoader(Faulty(missing), 2, num_workers=2))
    assert next(batches).tolist() == [0, 1]
    assert next(batches).tolist() == [2, 3]
    with pytest.raises(KeyError) as error:
        next(batches)
    text = str(error.value)
    assert text.startswith("Caught KeyError in DataLoader worker process 0.\nOriginal Traceback")
    assert 'raise KeyError("four")' in text


def test_an_error_that_cannot_be_made_again_is_a_runtime_error() -> None:
    with pytest.raises(RuntimeError, match="Caught Odd in DataLoader worker process 0"):
        list(DataLoader(Faulty(odd), 2, num_workers=2))


def test_an_error_of_worker_init_fn() -> None:
    with pytest.raises(ZeroDivisionError, match="worker process 0"):
        list(DataLoader(range(4), num_workers=1, worker_init_fn=lambda i: i // 0))


def test_a_worker_that_dies() -> None:
    with pytest.raises(RuntimeError, match=r"worker \(pid \d+\) exited unexpectedly with exit code 7"):
        list(DataLoader(Faulty(lambda: os._exit(7)), 2, num_workers=2))


def test_a_worker_that_is_too_slow() -> None:
    with pytest.raises(RuntimeError, match=r"DataLoader timed out after 0.2 seconds"):
        list(DataLoader(Faulty(lambda: time.sleep(60)), 2, num_workers=1, timeout=0.2))


def test_large_tasks_and_results_do_not_block_each_other() -> None:
    loader = DataLoader(
        range(400_000), 100_000, num_workers=1, prefetch_factor=3, collate_fn=lambda batch: mgx.tensor(batch)
    )
    assert [batch.sum().item() for batch in loader] == [sum(range(i, i + 100_000)) for i in range(0, 400_000, 100_000)]


def test_each_worker_reads_its_part_of_a_stream() -> None:
    class Stream(IterableDataset[int]):
        def __iter__(self) -> Any:
            info = get_worker_info()
            assert info is not None
            assert info.num_workers == 2
            return iter(range(info.id, 7 + 6 * info.id, 2))

    batches = [batch.tolist() for batch in DataLoader(Stream(), 2, num_workers=2)]
    assert batches == [[0, 2], [1, 3], [4, 6], [5, 7], [9, 11]]


def test_spawned_workers() -> None:
    loader = DataLoader(range(3), 2, num_workers=1, multiprocessing_context="spawn")
    assert [batch.tolist() for batch in loader] == [[0, 1], [2]]


def test_an_iterator_that_goes_takes_its_workers_with_it() -> None:
    batches: Any = iter(DataLoader(range(100), num_workers=2))
    next(batches)
    pids = [process.pid for process in batches.processes]
    assert all(map(is_running, pids))
    del batches
    gc.collect()
    assert gone(pids)


def test_persistent_workers_stay_until_their_loader_goes() -> None:
    loader = DataLoader(Faulty(missing), 1, num_workers=2, persistent_workers=True, sampler=[0, 1, 4, 2])
    batches: Any = iter(loader)
    pids = [process.pid for process in batches.processes]
    for _ in range(2):
        with pytest.raises(KeyError, match="four"):
            list(loader)
    assert iter(loader) is batches
    assert [process.pid for process in batches.processes] == pids
    assert all(map(is_running, pids))
    del loader, batches
    gc.collect()
    assert gone(pids)


def test_what_cannot_be_sent_is_an_error() -> None:
    with pytest.raises((AttributeError, TypeError, RuntimeError), match="DataLoader worker process 0"):
        list(DataLoader(range(2), num_workers=1, collate_fn=lambda batch: lambda: batch))


def test_workers_without_a_task_are_prepared_too(tmp_path: Path) -> None:
    loader = DataLoader(
        range(1), num_workers=2, worker_init_fn=lambda i: (tmp_path / str(i)).touch(), persistent_workers=True
    )
    assert [batch.tolist() for batch in loader] == [[0]]
    end = time.monotonic() + 20
    while len(list(tmp_path.iterdir())) < 2 and time.monotonic() < end:
        time.sleep(0.01)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["0", "1"]


def test_a_forked_process_does_not_stop_the_workers_of_its_parent() -> None:
    batches: Any = iter(DataLoader(range(9), 3, num_workers=1))
    pid = os.fork()
    if pid == 0:
        batches.stop()
        os._exit(0)
    os.waitpid(pid, 0)
    assert [batch.tolist() for batch in batches] == [[0, 1, 2], [3, 4, 5], [6, 7, 8]]


PROGRAM = """
import signal, time
signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell may have started the tests without it
from microgradx.utils.data import worker
worker.PATIENCE = 0.1
from microgradx.utils.data import DataLoader
batches = iter(DataLoader(range(1000), num_workers=2, collate_fn=lambda b: time.sleep(0.05)))
print(*[process.pid for process in batches.processes], flush=True)
for batch in batches:
    pass
"""


@pytest.mark.parametrize(("sent", "to_all"), [(signal.SIGINT, True), (signal.SIGINT, False), (signal.SIGKILL, False)])
def test_no_worker_outlives_an_interrupted_program(sent: int, to_all: bool) -> None:
    pipe = subprocess.PIPE
    child = subprocess.Popen(
        [sys.executable, "-c", PROGRAM], stdout=pipe, stderr=pipe, text=True, start_new_session=True
    )
    assert child.stdout is not None
    pids = list(map(int, child.stdout.readline().split()))
    assert len(pids) == 2
    if to_all:
        os.killpg(child.pid, sent)  # as Ctrl-C does
    else:
        os.kill(child.pid, sent)
    assert gone([child.pid, *pids])
    _, text = child.communicate()
    assert text.count("KeyboardInterrupt") == (1 if sent == signal.SIGINT else 0)
