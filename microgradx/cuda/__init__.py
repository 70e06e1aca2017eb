"""``torch.cuda`` where there is no GPU: it says so, and what scripts call regardless does nothing."""

from __future__ import annotations

from typing import Any, NoReturn

from microgradx.cuda import amp

__all__ = [
    "current_device", "device_count", "empty_cache", "get_device_name", "get_device_properties", "init",
    "is_available", "is_bf16_supported", "is_initialized", "manual_seed", "manual_seed_all", "max_memory_allocated",
    "max_memory_reserved", "memory_allocated", "memory_reserved", "set_device", "synchronize",
]  # fmt: skip


def is_available() -> bool:
    """False: microgradx computes on the CPU.

    Source: ``torch.cuda.is_available``, as everything here.

    Example:
        >>> mgx.device("cuda" if mgx.cuda.is_available() else "cpu")
        device(type='cpu')
    """
    return False


is_bf16_supported = is_initialized = is_available


def device_count() -> int:
    """0."""
    return 0


def memory_allocated(device: Any = None) -> int:
    """0 bytes."""
    return 0


max_memory_allocated = memory_reserved = max_memory_reserved = memory_allocated


def empty_cache() -> None:
    """Nothing to do."""


def manual_seed(seed: int) -> None:
    """Nothing to do; the CPU's generator is seeded by `microgradx.manual_seed`."""
    int(seed)


manual_seed_all = manual_seed


def absent(*_: Any, **__: Any) -> NoReturn:
    """Raise, as there is no GPU to be asked."""
    raise AssertionError("Torch not compiled with CUDA enabled; microgradx computes on the CPU, with NumPy")


current_device = get_device_name = get_device_properties = init = set_device = synchronize = absent


class _Typed(type):
    """Types such as ``torch.cuda.FloatTensor``, of which there are no tensors."""

    def __call__(cls, *_: Any, **__: Any) -> NoReturn:
        raise TypeError(
            f"type torch.cuda.{cls.__name__} not available. Torch not compiled with CUDA enabled.; "
            f"use {cls.__name__} without cuda"
        )

    def __instancecheck__(cls, instance: Any) -> bool:
        return False


for _name in ("Bool", "Byte", "Char", "Double", "Float", "Half", "Int", "Long", "Short"):
    globals()[f"{_name}Tensor"] = _Typed(f"{_name}Tensor", (), {"__module__": "torch.cuda"})
