"""``out=``: a function that writes its result into a tensor that there is already, as ``mgx.add(x, y, out=z)``."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from microgradx.graph import Variable, mode
from microgradx.views import write


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
    tensors: list[Any] = [x for x in (*args, *places) if isinstance(x, Variable)]
    if mode.grad and any(x.requires_grad for x in tensors):
        raise RuntimeError(
            f"{name}(): functions with out=... arguments don't support automatic differentiation, but one of the "
            "arguments requires grad."
        )
    results = operation(*args, **options)
    if several != isinstance(results, tuple):
        raise TypeError(f"{name}(): expected {'one tensor' if several else 'a tuple of tensors'} as out")
    for place, result in zip(places, results if several else (results,), strict=True):
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
