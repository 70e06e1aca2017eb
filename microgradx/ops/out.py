"""``out=``: a function that writes its result into a tensor that there is already, as ``mgx.add(x, y, out=z)``."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from microgradx.graph import Variable, mode
from microgradx.views import c_name, write

EXACT = {
    "addmm", "amax", "amin", "argmax", "argmin", "bmm", "dot", "gather", "index_add", "index_select", "log_softmax",
    "matmul", "max", "min", "mm", "multinomial", "mv", "scatter", "softmax", "sort", "take_along_dim", "topk",
}  # fmt: skip
"""The functions whose ``out`` must have the very dtype of the result; others convert."""


def with_out(operation: Callable[..., Any]) -> Callable[..., Any]:
    """The function, which also takes ``out``."""

    @functools.wraps(operation)
    def call(*args: Any, **options: Any) -> Any:
        if "out" in options:
            return into(options.pop("out"), operation, *args, **options)
        return operation(*args, **options)

    return call


def into(out: Any, operation: Callable[..., Any], *args: Any, **options: Any) -> Any:
    """Write what the operation returns into ``out``: a tensor, or one for each of several results; None is no tensor.

    Raises: RuntimeError: a gradient would be wanted; ``out`` has elements, but another shape; or it cannot hold the dtype.
    """
    if out is None:
        return operation(*args, **options)
    name, several = operation.__name__, isinstance(out, (tuple, list))
    places = out if several else (out,)
    for place in places:
        if not isinstance(place, Variable):
            raise TypeError(f"{name}(): argument 'out' must be Tensor, not {type(place).__name__}")
    results = operation(*args, **options)
    if several != isinstance(results, tuple):
        raise TypeError(f"{name}(): expected {'one tensor' if several else 'a tuple of tensors'} as out")
    found = results if several else (results,)
    if mode.grad and any(x.edge is not None for x in (*places, *found)):
        raise RuntimeError(
            f"{name}(): functions with out=... arguments don't support automatic differentiation, but one of the "
            "arguments requires grad."
        )
    for place, result in zip(places, found, strict=True):
        if name in EXACT and place.array.dtype != result.array.dtype:
            raise RuntimeError(
                f"Expected out tensor to have dtype {c_name(result)}, but got {c_name(place)} instead; {name} does not convert"
            )
        if place.array.size == 0 != result.array.size:
            place.data = result.to(place.dtype)
        elif place.array.shape != result.array.shape:
            raise RuntimeError(
                f"{name}(): expected out of shape {list(result.shape)}, got {list(place.shape)}; pass a tensor of this "
                "shape, or an empty one"
            )
        else:
            write(place, result, name)
    return type(results)(*places) if several else out
