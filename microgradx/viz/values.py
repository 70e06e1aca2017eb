"""Numbers as text, and large arrays in a few numbers."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np


@dataclass(frozen=True)
class Summary:
    """What a drawing keeps of an array: plain Python values only.

    ``elements`` is the nested list of all values, or None if there are too many. ``minimum``, ``maximum``,
    ``mean`` and ``norm`` (Euclidean) are over the finite elements, None if there are none; ``nonfinite``
    counts the others.
    """

    shape: tuple[int, ...]
    dtype: str
    elements: Any
    minimum: float | None
    maximum: float | None
    mean: float | None
    norm: float | None
    nonfinite: int

    def text(self) -> str:
        """One short line: the values if they are few, else their range."""
        if self.elements is not None and math.prod(self.shape) <= 3:
            return elements_text(self.elements)
        if self.minimum is None or self.maximum is None:
            return f"{self.nonfinite} not finite" if self.nonfinite else "empty"
        spread = f"{number(self.minimum)} to {number(self.maximum)}"
        return f"{spread}, {self.nonfinite} not finite" if self.nonfinite else spread

    def details(self) -> str:
        """All that is known, for a tooltip."""
        if self.elements is not None and math.prod(self.shape) <= 16:
            return elements_text(self.elements)
        if self.mean is None or self.norm is None:
            return self.text()
        return f"{self.text()}, mean {number(self.mean)}, norm {number(self.norm)}"


def summarize(array: Any, max_elems: int = 64) -> Summary:
    """Describe an array, a NumPy scalar or a Python number.

    Example:
        >>> from microgradx.viz.values import summarize
        >>> summarize(np.arange(100.0)).text()
        '0.0 to 99.0'
        >>> summarize(np.array([1.0, np.nan])).text()
        '[1.0, nan]'
    """
    array = np.asarray(array)
    small = array.size <= max_elems
    finite = array[np.isfinite(array)]
    if finite.size:
        lowest, highest = finite.min().item(), finite.max().item()
        wide = finite.astype(np.float64)
        mean, norm = wide.mean().item(), np.linalg.norm(wide).item()
    else:
        lowest = highest = mean = norm = None
    return Summary(
        shape=array.shape,
        dtype=array.dtype.name,
        elements=array.tolist() if small else None,
        minimum=lowest,
        maximum=highest,
        mean=mean,
        norm=norm,
        nonfinite=array.size - finite.size,
    )


def number(x: float) -> str:
    """Four decimals, or four digits where that says more; a float always looks like one.

    Example:
        >>> from microgradx.viz.values import number
        >>> number(24.70408), number(-4.0), number(3), number(1.5e-7), number(float("inf"))
        ('24.7041', '-4.0', '3', '1.5e-07', 'inf')
    """
    if isinstance(x, int):  # bool too
        return str(x)
    if not math.isfinite(x):
        return str(x)
    if x == 0 or 1e-3 <= abs(x) < 1e6:
        text = f"{x:.4f}".rstrip("0")
        return text + "0" if text.endswith(".") else text
    return f"{x:.4g}"


def elements_text(elements: Any) -> str:
    """A nested list of numbers as text."""
    if isinstance(elements, list):
        return f"[{', '.join(map(elements_text, elements))}]"
    return number(elements)
