"""Which memory was written to, and when: the version counter behind PyTorch's in-place errors.

A rule may need a value from the forward pass. If the program has overwritten that value since, the
gradient would be silently wrong, so the backward pass must notice. PyTorch keeps a counter on every
tensor; here nothing is kept until a tensor is actually written to: then its *memory* gets an entry
with the time of the writing. A node of the graph knows the time of its own making, so

    value was overwritten  <=>  last writing of its memory  >  serial number of the node.

Time is one clock for nodes and writings: a running number. Views share memory, hence the entry.
"""

from __future__ import annotations

import copy
import itertools
import weakref
from collections import deque
from typing import Any

import numpy as np

# Linux takes large freed blocks back, and hands them out again page by page, which costs a small network
# more than its arithmetic. The C library stops that once a block of this size (never touched) has been freed.
np.empty(2**25 - 2**16, np.uint8)

tick = itertools.count(1).__next__
"""The clock: each recorded operation and each in-place writing takes the next number."""

REMEMBERED = 16
"""So many times of writing are kept for each memory, to count the writings since a node was made."""


class Clock:
    """The time of the last writing anywhere; nodes that are younger need no check at all."""

    last_write = 0


class _Writings:
    __slots__ = ("alive", "count", "times")

    def __init__(self, alive: Any) -> None:
        self.count = 0
        self.times: list[int] = []
        self.alive = alive


_written: dict[int, _Writings] = {}
_scalars: deque[int] = deque()


def owner(array: Any) -> Any:
    """The object that owns the memory an array looks at: the same one for all views of it."""
    while True:
        base = getattr(array, "base", None)
        # Of an array the attribute is made anew, a dict of its own, whenever one asks whether it is there.
        if base is None or (type(base) is not np.ndarray and not hasattr(base, "__array_interface__")):
            return array
        array = base


def shows_twice(array: np.ndarray) -> bool:
    """Whether two elements of an array are, or may be, in the same place of its memory."""
    reach = array.itemsize
    for step, n in sorted((abs(step), n) for step, n in zip(array.strides, array.shape) if n > 1):
        if step < reach:
            return array.size > 0
        reach += step * (n - 1)
    return False


def deep_copy(array: np.ndarray, memo: dict[int, Any]) -> np.ndarray:
    """A copy of an array, for `copy.deepcopy`: of arrays that look at the same memory the copies do so, too."""
    memory = owner(array)
    new = copy.deepcopy(memory, memo) if isinstance(memory, np.ndarray) else None
    if new is None or new.strides != memory.strides:  # memory of another library, with gaps
        return copy.deepcopy(array, memo)
    if array is memory:
        return new
    offset = array.__array_interface__["data"][0] - memory.__array_interface__["data"][0]
    view: np.ndarray = np.ndarray(array.shape, array.dtype, new.ravel(order="K"), offset, array.strides)
    view.flags.writeable = not shows_twice(view)
    return view


def _hold(memory: Any, key: int) -> Any:
    """What makes an entry go together with its memory: the number ``key`` may soon name something else."""
    if not isinstance(memory, np.generic):
        return weakref.ref(memory, lambda _: _written.pop(key, None))
    # A 0-d value that was a NumPy scalar cannot be referred to weakly: a few of them stay alive.
    _scalars.append(key)
    if len(_scalars) > 64:
        _written.pop(_scalars.popleft(), None)
    return memory


def mark_written(array: Any) -> None:
    """Note that ``array`` was written to just now."""
    memory = owner(array)
    key = id(memory)
    writings = _written.get(key)
    if writings is None:
        writings = _written[key] = _Writings(_hold(memory, key))
    Clock.last_write = now = tick()
    writings.count += 1
    writings.times.append(now)
    del writings.times[:-REMEMBERED]


def version(array: Any) -> int:
    """How often the memory of ``array`` has been written to in place."""
    writings = _written.get(id(owner(array)))
    return 0 if writings is None else writings.count


def writings_since(array: Any, time: int) -> int:
    """How often the memory of ``array`` was written to after ``time`` (at most ``REMEMBERED``)."""
    writings = _written.get(id(owner(array)))
    return 0 if writings is None else sum(t > time for t in writings.times)
