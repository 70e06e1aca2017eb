"""Several devices: there is one, so nothing is divided."""

from typing import Any

from microgradx import distributed
from microgradx.nn.module import Module

__all__ = ["DataParallel", "DistributedDataParallel"]


class DataParallel(Module):
    """Calls the module that it holds, as in PyTorch where there is no GPU; the state has its keys with ``module.``.

    Args:
        module: What is called.
        device_ids: Accepted.
        output_device: Accepted.
        dim: Accepted.

    Source: ``torch.nn.DataParallel``.

    Example:
        >>> list(mgx.nn.DataParallel(mgx.nn.Linear(2, 1)).state_dict())
        ['module.weight', 'module.bias']
    """

    def __init__(self, module: Module, device_ids: Any = None, output_device: Any = None, dim: int = 0) -> None:
        super().__init__()
        self.module = module
        self.device_ids: list[int] = []

    def forward(self, *inputs: Any, **kwargs: Any) -> Any:
        return self.module(*inputs, **kwargs)


class DistributedDataParallel(Module):
    """Would divide the batch among processes; there is but one, so it cannot be made.

    Raises: ValueError: always, as in PyTorch if no process group was initialized.
    Source: ``torch.nn.parallel.DistributedDataParallel``.
    """

    def __init__(self, module: Module, **options: Any) -> None:
        super().__init__()
        raise ValueError(f"{distributed.UNINITIALIZED} There is one process: use the module itself")
