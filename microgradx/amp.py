"""``torch.amp``: mixed precision, which a GPU would have. On the CPU, and for a GPU that is not there, it is off.

Example:
    The usual training loop runs, in float32:

    >>> scaler = mgx.amp.GradScaler("cuda", enabled=mgx.cuda.is_available())
    >>> layer = mgx.nn.Linear(2, 1)
    >>> optimizer = mgx.optim.SGD(layer.parameters(), lr=0.1)
    >>> with mgx.autocast("cuda", dtype=mgx.float16, enabled=mgx.cuda.is_available()):
    ...     loss = layer(mgx.ones(3, 2)).square().mean()
    >>> scaler.scale(loss).backward()
    >>> scaler.step(optimizer)
    >>> scaler.update()
    >>> scaler.get_scale()
    1.0
"""

import contextlib
import warnings
from typing import Any

__all__ = ["GradScaler", "autocast", "is_autocast_available"]


def is_autocast_available(device_type: str) -> bool:
    """Whether there is mixed precision for such a device: no."""
    return False


class autocast(contextlib.ContextDecorator):
    """A region, or a function, in which a GPU would compute in half precision: it does nothing.

    Args:
        device_type: ``"cuda"``, for example.
        dtype: Accepted.
        enabled: With True there is a warning for a GPU that is not there, and an error for the CPU, where PyTorch would
            compute in bfloat16.
        cache_enabled: Accepted.

    Raises: RuntimeError: it is to be enabled for the CPU.
    Source: ``torch.autocast``.
    """

    def __init__(
        self, device_type: str, dtype: Any = None, enabled: bool = True, cache_enabled: bool | None = None
    ) -> None:
        if enabled and device_type == "cpu":
            raise RuntimeError(
                "autocast: expected enabled=False for the CPU, got True; NumPy has no bfloat16, so compute in float32"
            )
        if enabled:
            warnings.warn(f"{device_type} is not available. Disabling autocast.", stacklevel=2)

    def __enter__(self) -> "autocast":
        return self

    def __exit__(self, *error: object) -> None:
        pass


class GradScaler:
    """Scales losses, so that float16 can hold their gradients: it is disabled, and changes nothing.

    Args:
        device: Accepted.
        enabled: With True there is a warning that the device is not there.
        **options: Accepted: how the scale would change.

    Source: ``torch.amp.GradScaler``.
    """

    def __init__(self, device: str = "cuda", *, enabled: bool = True, **options: Any) -> None:
        if enabled:
            warnings.warn(f"GradScaler is enabled, but {device} is not available.  Disabling.", stacklevel=2)

    def is_enabled(self) -> bool:
        """False."""
        return False

    def get_scale(self) -> float:
        """1: losses are as they are."""
        return 1.0

    def scale(self, outputs: Any) -> Any:
        """The loss itself."""
        return outputs

    def unscale_(self, optimizer: Any) -> None:
        """Nothing to do."""

    def step(self, optimizer: Any, *args: Any, **kwargs: Any) -> Any:
        """``optimizer.step``."""
        return optimizer.step(*args, **kwargs)

    def update(self, new_scale: Any = None) -> None:
        """Nothing to do."""

    def state_dict(self) -> dict[str, Any]:
        """Empty."""
        return {}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Nothing to do."""
