"""Derivatives by difference quotients: slow, approximate, and independent of every rule.

All functions here move elements of an array ``x`` in place, call ``f()``, which reads ``x``, and put the
elements back. ``f`` returns a flat array.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

Evaluate = Callable[[], np.ndarray]


def moved(f: Evaluate, x: np.ndarray, k: int, step: float) -> np.ndarray:
    """``f`` with element ``k`` of ``x`` moved by ``step``."""
    flat = x.reshape(-1)  # a view: x is contiguous
    before = flat[k]
    flat[k] = before + step
    try:
        return f()
    finally:
        flat[k] = before


def central(f: Evaluate, x: np.ndarray, k: int, step: float) -> np.ndarray:
    """The derivative of ``f`` by element ``k`` of ``x``; its error falls with the square of ``step``."""
    difference: np.ndarray = moved(f, x, k, step) - moved(f, x, k, -step)
    return difference / (2 * step)


def one_sided(f: Evaluate, x: np.ndarray, k: int, step: float) -> tuple[np.ndarray, np.ndarray]:
    """The slopes to the left and to the right: at a kink they differ, however small the step."""
    here = f()
    return (here - moved(f, x, k, -step)) / step, (moved(f, x, k, step) - here) / step


def jacobian(f: Evaluate, x: np.ndarray, step: float) -> np.ndarray:
    """All partial derivatives: ``result[k]`` is the derivative of ``f`` by element ``k`` of ``x``."""
    return np.array([central(f, x, k, step) for k in range(x.size)])


def along(f: Evaluate, x: np.ndarray, direction: np.ndarray, step: float) -> tuple[np.ndarray, np.ndarray]:
    """The slopes of ``f`` to the left and to the right if all of ``x`` moves along ``direction``."""
    here, before = f(), x.copy()
    try:
        x += step * direction
        right = f()
        x[...] = before - step * direction
        left = f()
    finally:
        x[...] = before
    return (here - left) / step, (right - here) / step
