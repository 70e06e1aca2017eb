"""``torch.distributed`` where nothing was initialized: there is one process, and it has no others to talk to."""

from typing import Any, NoReturn

__all__ = [
    "destroy_process_group",
    "get_rank",
    "get_world_size",
    "init_process_group",
    "is_available",
    "is_initialized",
]

UNINITIALIZED = "Default process group has not been initialized, please make sure to call init_process_group."


def is_available() -> bool:
    """Whether processes can work together: no."""
    return False


def is_initialized() -> bool:
    """Whether they do: no."""
    return False


def init_process_group(backend: str | None = None, **options: Any) -> NoReturn:
    """Raise: there are no other processes.

    Raises: RuntimeError: always.
    """
    raise RuntimeError(
        "init_process_group: expected several processes, got the only one; run the script without a launcher"
    )


def destroy_process_group(group: Any = None) -> NoReturn:
    """Raise: there is none.

    Raises: ValueError: always.
    """
    raise ValueError(UNINITIALIZED)


def get_rank(group: Any = None) -> int:
    """Raise, as PyTorch does if no group was initialized.

    Raises: ValueError: always.
    """
    raise ValueError(UNINITIALIZED)


def get_world_size(group: Any = None) -> int:
    """Raise, as PyTorch does if no group was initialized.

    Raises: ValueError: always.
    """
    raise ValueError(UNINITIALIZED)
