"""The one device that there is: the CPU, on which NumPy computes."""

from typing import Any

__all__ = ["device", "get_default_device", "set_default_device"]


class device:
    """Where a tensor's elements live: always the CPU. Scripts that name it run unchanged.

    Args:
        type: ``"cpu"``, ``"cpu:0"``, or a device.
        index: Which CPU, as in ``"cpu:0"``; of no consequence.

    Raises: RuntimeError: any other type of device is asked for.
    Source: ``torch.device``.

    Example:
        >>> mgx.device("cpu:0")
        device(type='cpu', index=0)
        >>> str(mgx.device("cpu"))
        'cpu'
    """

    __slots__ = ("index", "type")

    def __init__(self, type: "str | device", index: int | None = None) -> None:
        text = str(type)
        name, _, number = text.partition(":")
        if name != "cpu":
            raise RuntimeError(f"device: expected 'cpu', got {text!r}; microgradx uses the CPU, with NumPy")
        if text != "cpu" and (index is not None or not number.isdigit()):
            raise RuntimeError(f"device: expected 'cpu' with at most one index, got {text!r}, index={index}")
        self.type = name
        self.index = int(number) if number else index

    def __eq__(self, other: object) -> bool:
        return isinstance(other, device) and (self.type, self.index) == (other.type, other.index)

    def __hash__(self) -> int:
        return hash((self.type, self.index))

    def __repr__(self) -> str:
        return f"device(type='{self.type}'" + (")" if self.index is None else f", index={self.index})")

    def __str__(self) -> str:
        return self.type if self.index is None else f"{self.type}:{self.index}"

    def __enter__(self) -> "device":
        return self  # `with device("cpu"):` sets where new tensors go; here they can go nowhere else

    def __exit__(self, *exception: Any) -> None:
        pass


Device = device


def set_default_device(device: "str | Device | None") -> None:
    """Accept the CPU, where all tensors are.

    Raises: RuntimeError: any other device.
    Source: ``torch.set_default_device``.

    Example:
        >>> mgx.set_default_device("cpu")
        >>> mgx.get_default_device()
        device(type='cpu')
    """
    if device is not None:
        Device(device)


def get_default_device() -> Device:
    """The CPU."""
    return Device("cpu")
