"""Switches for what there is no choice of here: they remember what they are set to, and change nothing.

Results are reproducible anyway, and float32 is multiplied as float32. How many threads multiply matrices is settled when
NumPy is loaded, by the environment variables ``OMP_NUM_THREADS`` and ``OPENBLAS_NUM_THREADS``.
"""

import os
import warnings

__all__ = [
    "are_deterministic_algorithms_enabled",
    "get_float32_matmul_precision",
    "get_num_threads",
    "is_deterministic_algorithms_warn_only_enabled",
    "set_float32_matmul_precision",
    "set_num_threads",
    "use_deterministic_algorithms",
]

_deterministic = False
_warn_only = False
_precision = "highest"
_threads = os.cpu_count() or 1


def use_deterministic_algorithms(mode: bool, *, warn_only: bool = False) -> None:
    """Ask for reproducible results, which one has anyway. Source: ``torch.use_deterministic_algorithms``."""
    global _deterministic, _warn_only
    if not isinstance(mode, bool):
        raise TypeError(f"use_deterministic_algorithms(): argument 'mode' must be bool, not {type(mode).__name__}")
    _deterministic, _warn_only = mode, warn_only


def are_deterministic_algorithms_enabled() -> bool:
    """What `use_deterministic_algorithms` was told last."""
    return _deterministic


def is_deterministic_algorithms_warn_only_enabled() -> bool:
    """Whether that was with ``warn_only``."""
    return _warn_only


def set_float32_matmul_precision(precision: str) -> None:
    """Allow coarser products of matrices; they are not. Source: ``torch.set_float32_matmul_precision``."""
    global _precision
    if precision in ("highest", "high", "medium"):
        _precision = precision
    else:
        warnings.warn(
            f"{precision} is not one of 'highest', 'high', or 'medium'; the current setFloat32MatmulPrecision call has "
            "no effect.",
            stacklevel=2,
        )


def get_float32_matmul_precision() -> str:
    """What `set_float32_matmul_precision` was told last."""
    return _precision


def set_num_threads(threads: int) -> None:
    """Say how many threads to use.

    Raises: RuntimeError: ``threads`` is no positive whole number.
    Source: ``torch.set_num_threads``.
    """
    global _threads
    if not isinstance(threads, int) or isinstance(threads, bool):
        raise RuntimeError(f"set_num_threads expects an int, but got {type(threads).__name__}")
    if threads < 1:
        raise RuntimeError("set_num_threads expects a positive integer")
    _threads = threads


def get_num_threads() -> int:
    """What `set_num_threads` was told last; at first, the number of processors."""
    return _threads
