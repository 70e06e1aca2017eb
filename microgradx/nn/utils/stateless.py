"""A module as a function of its parameters."""

import contextlib
import warnings
from collections.abc import Iterator, Mapping
from typing import Any

from microgradx.graph import Variable
from microgradx.nn.module import Module

__all__ = ["functional_call"]


def functional_call(
    module: Module,
    parameters_and_buffers: dict[str, Any],
    args: Any = None,
    kwargs: dict[str, Any] | None = None,
    *,
    tie_weights: bool = True,
    strict: bool = False,
) -> Any:
    """The older place of `microgradx.func.functional_call`; it warns.

    Source: ``torch.nn.utils.stateless.functional_call``.
    """
    warnings.warn(
        "`torch.nn.utils.stateless.functional_call` is deprecated as of PyTorch 2.0 and will be removed in a future "
        "version of PyTorch. Please use `torch.func.functional_call` instead which is a drop-in replacement.",
        FutureWarning,
        stacklevel=2,
    )
    return call_with(module, parameters_and_buffers, args, kwargs, tie_weights=tie_weights, strict=strict)


def call_with(
    module: Module,
    tensors: Mapping[str, Any],
    args: Any = None,
    kwargs: dict[str, Any] | None = None,
    *,
    tie_weights: bool = True,
    strict: bool = False,
) -> Any:
    """Call a module with other tensors in the places of its own."""
    args = () if args is None else args if isinstance(args, tuple) else (args,)
    with swapped(module, tensors, tie_weights, strict):
        return module(*args, **(kwargs or {}))


@contextlib.contextmanager
def swapped(module: Module, tensors: Mapping[str, Any], tie_weights: bool, strict: bool) -> Iterator[None]:
    """Within this, a module has other tensors; afterwards it has its own again, also after an error."""
    own = {
        **dict(module.named_parameters(remove_duplicate=False)),
        **dict(module.named_buffers(remove_duplicate=False)),
    }
    new = tied(own, tensors) if tie_weights else dict(tensors)
    if strict:
        unexpected = [k for k in new if k not in own]
        missing = [k for k in own if k not in new]
        lines = [
            f"{what} key(s): {', '.join(map(repr, sorted(keys)))}."
            for what, keys in (("Unexpected", unexpected), ("Missing", missing))
            if keys
        ]
        if lines:
            raise RuntimeError(f"Error(s) in reparametrizing for {module._get_name()}:\n\t" + "\n\t".join(lines))
    before: dict[str, Any] = {}
    try:
        for key, tensor in new.items():
            before[key] = swap(module, key, tensor)
        yield
    finally:
        for key, tensor in reversed(before.items()):
            last = swap(module, key, tensor)
            if key in tensors and isinstance(tensors, dict):
                tensors[key] = last  # the module may have set another one


MISSING = object()


def swap(module: Module, key: str, new: Any) -> Any:
    """Put a tensor in the place of that of a name, and return the old one; MISSING stands for none.

    Raises: TypeError: there is, or is to be, something else than a tensor.
    """
    path, _, name = key.rpartition(".")
    owner = module.get_submodule(path)
    if new is not MISSING and new is not None and not isinstance(new, Variable):
        raise TypeError(f"{new} is not an instance of torch.Tensor")
    for table in (owner._parameters, owner._buffers):
        if name in table:
            old = table[name]
            table[name] = new
            return old
    old = getattr(owner, name, MISSING)
    if old is not MISSING and old is not None and not isinstance(old, Variable):
        raise TypeError(f"attribute `{name}`: {old} is not an instance of torch.Tensor")
    if new is MISSING:
        delattr(owner, name)
    else:
        setattr(owner, name, new)
    return old


def tied(own: Mapping[str, Any], tensors: Mapping[str, Any]) -> dict[str, Any]:
    """With the other names under which the module has the same tensor.

    Raises: ValueError: two names of one tensor got different values.
    """
    names: dict[Any, list[str]] = {}
    for name, tensor in own.items():
        names.setdefault(tensor, []).append(name)
    new = dict(tensors)
    for several in names.values():
        given = [tensors[name] for name in several if name in tensors]
        if len(set(given)) > 1:
            raise ValueError(
                f"functional_call got multiple values for keys {sorted(several)}, which are tied. Consider using "
                "tie_weights=False"
            )
        if given:
            new.update(dict.fromkeys(several, given[0]))
    return new
