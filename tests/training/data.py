"""Data that the programs make."""

from __future__ import annotations

from typing import Any


def waves(lib: Any, n: int) -> tuple[Any, Any]:
    """Points in a square, and which side of a wave they are on."""
    x = lib.rand(n, 2) * 2 - 1
    return x, (x[:, 1] > 0.5 * (4 * x[:, 0]).sin()).long()


def bars(lib: Any, n: int, size: int = 8) -> tuple[Any, Any]:
    """Noisy images of one bright row (class 0), column (1), or diagonal (2)."""
    y = lib.randint(0, 3, (n,))
    x = 0.3 * lib.randn(n, 1, size, size)
    for i, label in enumerate(y.tolist()):
        k = i % size
        if label == 0:
            x[i, 0, k] += 1
        elif label == 1:
            x[i, 0, :, k] += 1
        else:
            x[i, 0] += lib.eye(size)
    return x, y
