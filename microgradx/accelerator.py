"""``torch.accelerator`` where there is none."""

from __future__ import annotations

from typing import Any, NoReturn

__all__ = ["current_accelerator", "current_device_index", "device_count", "empty_cache", "is_available", "synchronize"]


def is_available() -> bool:
    """False. Source: ``torch.accelerator.is_available``, as everything here.

    Example:
        >>> mgx.accelerator.current_accelerator().type if mgx.accelerator.is_available() else "cpu"
        'cpu'
    """
    return False


def device_count() -> int:
    """0."""
    return 0


def current_accelerator(check_available: bool = False) -> None:
    """None."""


def absent(*_: Any, **__: Any) -> NoReturn:
    """Raise, as there is nothing to be asked."""
    raise RuntimeError("Cannot access accelerator device when none is available.")


current_device_index = empty_cache = synchronize = absent
