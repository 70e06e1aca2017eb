"""The same small program in both libraries."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch

import microgradx as mgx


def both(run: Callable[[Any], Any]) -> Any:
    """What a function that is given a library returns, with either."""
    ours, theirs = run(mgx), run(torch)
    assert ours == theirs
    return ours


def error(do: Callable[[], Any]) -> tuple[str, str]:
    """The class and the text of the error that a function raises."""
    with pytest.raises(Exception) as caught:  # noqa: PT011 - compared by those who call this
        do()
    return type(caught.value).__name__, str(caught.value)
