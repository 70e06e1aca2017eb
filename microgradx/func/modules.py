"""Modules as functions of their parameters."""

from collections.abc import Sequence
from typing import Any

from microgradx.nn.module import Module
from microgradx.nn.utils.stateless import call_with
from microgradx.ops.shape import stack

__all__ = ["functional_call", "stack_module_state"]


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


def stack_module_state(models: list[Module]) -> tuple[dict[str, Any], dict[str, Any]]:
    """The parameters, and the buffers, of several modules of one kind, stacked along a new first dimension.

    With `vmap` and `functional_call` they can be called as one.

    Raises: RuntimeError: there are no modules, of different kinds, or some in training and others not.
    Source: ``torch.func.stack_module_state``.

    Example:
        >>> from microgradx.func import functional_call, stack_module_state, vmap
        >>> models = [mgx.nn.Linear(3, 1) for _ in range(5)]
        >>> parameters, buffers = stack_module_state(models)
        >>> vmap(lambda p, x: functional_call(models[0], p, x), in_dims=(0, None))(parameters, mgx.ones(2, 3)).shape
        torch.Size([5, 2, 1])
    """
    if not models:
        raise RuntimeError("stack_module_state: Expected at least one model, got 0.")
    if len({m.training for m in models}) > 1:
        raise RuntimeError("stack_module_state: Expected all models to have the same training/eval mode.")
    if len({type(m) for m in models}) > 1:
        raise RuntimeError("stack_module_state: Expected all models to be of the same class.")
    parameters, buffers = (
        [dict(tensors(m)) for m in models] for tensors in (Module.named_parameters, Module.named_buffers)
    )
    return (
        {
            name: stack([p[name] for p in parameters]).detach().requires_grad_(first.requires_grad)
            for name, first in parameters[0].items()
        },
        {name: stack([b[name] for b in buffers]).detach() for name in buffers[0]},
    )
