"""Layers without initial values."""

import inspect
from typing import Any

from microgradx.nn.module import Module
from microgradx.random import get_rng_state, set_rng_state

__all__ = ["skip_init"]


def skip_init(module_cls: type[Module], *args: Any, **kwargs: Any) -> Any:
    """A module whose parameters are not filled, for values that are about to be loaded; no numbers are drawn.

    Args:
        module_cls: The class; its constructor must know ``device``.
        args, kwargs: The constructor's arguments.

    Raises: RuntimeError: it is no class of modules, or knows no ``device``.
    Source: ``torch.nn.utils.skip_init``.

    Example:
        >>> mgx.nn.utils.skip_init(mgx.nn.Linear, 5, 1)
        Linear(in_features=5, out_features=1, bias=True)
    """
    if not issubclass(module_cls, Module):
        raise RuntimeError(f"Expected a Module; got {module_cls}")
    if "device" not in inspect.signature(module_cls).parameters:
        raise RuntimeError("Module must support a 'device' arg to skip initialization")
    state = get_rng_state()
    try:
        return module_cls(*args, **kwargs).to_empty(device=kwargs.get("device", "cpu"))
    finally:
        set_rng_state(state)
