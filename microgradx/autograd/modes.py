"""Switches for what is recorded: `no_grad`, `enable_grad`, `set_grad_enabled`, `inference_mode`, anomaly mode.

Each works in a ``with``, and as a decorator. They hold for the thread in which they are set.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from microgradx import graph
from microgradx.graph import FULL, LINES, OFF, ON, mode

__all__ = [
    "detect_anomaly", "enable_grad", "inference_mode", "is_anomaly_enabled", "is_grad_enabled",
    "is_inference_mode_enabled", "no_grad", "set_detect_anomaly", "set_grad_enabled",
]  # fmt: skip


GENERATOR = 32  # the bit of a code object that says that the function yields


class _Switch:
    """A setting that holds inside a ``with``, or while a decorated function runs."""

    settings: dict[str, Any]

    def __enter__(self) -> None:
        self.before = {name: getattr(mode, name) for name in self.settings}
        self.set()

    def __exit__(self, *exception: Any) -> None:
        for name, value in self.before.items():
            setattr(mode, name, value)

    def set(self) -> None:
        for name, value in self.settings.items():
            setattr(mode, name, value)

    def fresh(self) -> _Switch:
        """A switch of its own for each call of a decorated function: calls may nest."""
        new = object.__new__(type(self))
        new.settings = self.settings
        return new

    def __call__(self, function: Callable[..., Any]) -> Any:
        if getattr(function, "__code__", None) is not None and function.__code__.co_flags & GENERATOR:

            @functools.wraps(function)
            def generate(*args: Any, **options: Any) -> Any:
                steps = function(*args, **options)
                answer = None
                while True:
                    with self.fresh():
                        try:
                            value = steps.send(answer)
                        except StopIteration as end:
                            return end.value
                    answer = yield value

            return generate

        @functools.wraps(function)
        def call(*args: Any, **options: Any) -> Any:
            with self.fresh():
                return function(*args, **options)

        return call


class no_grad(_Switch):
    """Record nothing: results do not require grad, and memory is freed at once.

    Source: ``torch.no_grad``.

    Example:
        >>> x = mgx.ones(2, requires_grad=True)
        >>> with mgx.no_grad():
        ...     y = x * 2
        >>> y.requires_grad
        False
    """

    def __new__(cls, function: Callable[..., Any] | None = None) -> Any:
        self = super().__new__(cls)
        self.settings = {"grad": OFF}
        return self if function is None else self(function)  # `@no_grad` without parentheses


class enable_grad(_Switch):
    """Record again, inside of `no_grad`."""

    def __new__(cls, function: Callable[..., Any] | None = None) -> Any:
        self = super().__new__(cls)
        self.settings = {"grad": mode.on}
        return self if function is None else self(function)


class set_grad_enabled(_Switch):
    """Record or not, from now on, or inside a ``with``.

    Example:
        >>> with mgx.set_grad_enabled(False):
        ...     mgx.is_grad_enabled()
        False
    """

    def __init__(self, mode: bool) -> None:
        self.settings = {"grad": graph.mode.on if mode else OFF}
        self.__enter__()  # it holds from the call on; a `with` undoes it

    def __enter__(self) -> None:
        if not hasattr(self, "before"):
            super().__enter__()
        self.set()

    def __call__(self, function: Callable[..., Any]) -> Any:
        self.__exit__()  # as a decorator it holds only inside of the function
        return super().__call__(function)


class inference_mode(_Switch):
    """As `no_grad`; a promise that no result will be used in a graph."""

    def __new__(cls, mode: Any = True) -> Any:
        self = super().__new__(cls)
        self.settings = {"grad": OFF, "inference": True} if mode else {}
        return self(mode) if callable(mode) else self


class detect_anomaly(_Switch):
    """Raise at the first derivative that gives a nan, and name the line of the operation.

    Args:
        check_nan: Look for nan; without, only the lines are kept.

    Source: ``torch.autograd.detect_anomaly``.

    Example:
        >>> x = mgx.tensor(0.0, requires_grad=True)
        >>> with mgx.autograd.detect_anomaly():
        ...     ((x * 0).sqrt() * 0).backward()
        Traceback (most recent call last):
        RuntimeError: Function 'SqrtBackward0' returned nan values in its 0th output...
    """

    def __init__(self, check_nan: bool = True) -> None:
        on = max(mode.on, LINES)
        self.settings = {"anomaly": check_nan, "on": on, "grad": mode.grad and on}


class set_detect_anomaly(set_grad_enabled):
    """Switch anomaly mode on or off, from now on, or inside a ``with``; see `detect_anomaly`."""

    def __init__(self, mode: bool, check_nan: bool = True) -> None:
        on = LINES if mode else ON
        self.settings = {"anomaly": mode and check_nan, "on": on, "grad": graph.mode.grad and on}
        self.__enter__()


def is_grad_enabled() -> bool:
    """Whether operations are recorded."""
    return mode.grad != OFF


def is_inference_mode_enabled() -> bool:
    """Whether `inference_mode` holds."""
    return mode.inference


def is_anomaly_enabled() -> bool:
    """Whether anomaly mode holds."""
    return mode.anomaly


class recording(_Switch):
    """Keep all values, all arguments and the user's line of every operation: for drawings and reports.

    Example:
        >>> x = mgx.tensor(2.0, requires_grad=True)
        >>> with mgx.viz.record():
        ...     y = x * x
        >>> float(y.grad_fn.record.out)
        4.0
    """

    def __init__(self) -> None:
        self.settings = {"grad": FULL, "on": FULL}
