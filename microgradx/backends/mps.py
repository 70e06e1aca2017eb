"""``torch.backends.mps``."""

__all__ = ["is_available", "is_built"]


def is_available() -> bool:
    """False."""
    return False


is_built = is_available
