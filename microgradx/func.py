"""Modules as functions of their parameters: ``torch.func``."""

from collections.abc import Sequence
from typing import Any

from microgradx.nn.module import Module
from microgradx.nn.utils.stateless import call_with

__all__ = ["functional_call"]


def functional_call(
    module: Module,
    parameter_and_buffer_dicts: Any,
    args: Any = None,
    kwargs: dict[str, Any] | None = None,
    *,
    tie_weights: bool = True,
    strict: bool = False,
) -> Any:
    """Call a module with other tensors in the places of its parameters and buffers; gradients flow to these.

    Args:
        module: Is the same afterwards as before.
        parameter_and_buffer_dicts: Tensors by the names that ``named_parameters`` gives; or several dictionaries of
            them, without a common name. If the module sets a buffer anew, the dictionary gets it.
        args: The arguments, a tuple; or the only one.
        kwargs: Those by keyword.
        tie_weights: What is one tensor in the module takes its value from any of its names.
        strict: Raise unless the names are exactly those of the module.

    Raises:
        ValueError, TypeError: a name is given twice, or two names of one tensor got different values; no tensors.
        RuntimeError: with ``strict``: names are missing or unexpected.
    Source: ``torch.func.functional_call``.

    Example:
        >>> layer = mgx.nn.Linear(1, 1)
        >>> w = mgx.tensor([[3.0]], requires_grad=True)
        >>> out = mgx.func.functional_call(layer, {"weight": w, "bias": mgx.zeros(1)}, mgx.tensor([2.0]))
        >>> out.item()
        6.0
    """
    given = parameter_and_buffer_dicts
    if not isinstance(given, dict):
        if not isinstance(given, Sequence):
            raise ValueError(
                f"Expected parameter_and_buffer_dicts to be a dict, or a list/tuple of dicts, but got {type(given)}"
            )
        if not all(isinstance(d, dict) for d in given):
            raise ValueError("Expected all elements of parameter_and_buffer_dicts to be dictionaries")
        keys = [key for d in given for key in d]
        repeated = [key for key in dict.fromkeys(keys) if keys.count(key) > 1]
        if repeated:
            raise ValueError(f"{repeated} appeared in multiple dictionaries; behavior of functional call is ambiguous")
        given = {key: tensor for d in given for key, tensor in d.items()}
    return call_with(module, given, args, kwargs, tie_weights=tie_weights, strict=strict)
