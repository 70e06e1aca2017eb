"""What the backward pass checks on its way, and what it says when something is wrong."""

from __future__ import annotations

from typing import Any

import numpy as np

from microgradx.graph import Node, Variable
from microgradx.memory import version, writings_since

FREED = (
    "Trying to backward through the graph a second time (or directly access saved tensors after they have "
    "already been freed). Saved intermediate values of the graph are freed when you call .backward() or "
    "autograd.grad(). Specify retain_graph=True if you need to backward through the graph a second time or "
    "if you need to access saved tensors after calling backward."
)


def check_unchanged(node: Node) -> None:
    """Raise if a value that the rules of a node will read has been overwritten since."""
    p = node.primitive
    for k, value in enumerate(node.saved or ()):
        for array in value if isinstance(value, tuple) else (value,):
            if not isinstance(array, (np.ndarray, np.generic)):
                continue
            if changes := writings_since(array, node.serial):
                now = version(array)
                made_by = node if k == len(p.arguments) else node.parents[k] if k < len(p.arguments) else None
                origin = f", which is output 0 of {made_by.name}," if made_by is not None else ""
                kind = {"float32": "Float", "float64": "Double", "float16": "Half", "int64": "Long"}
                raise RuntimeError(
                    "one of the variables needed for gradient computation has been modified by an inplace "
                    f"operation: [torch.{kind.get(array.dtype.name, array.dtype.name.title())}Tensor "
                    f"{list(array.shape)}]{origin} is at version {now}; expected version {now - changes} instead. "
                    f"{node.name} needs the old value{where(node)}; use an operation that is not in place, "
                    "or change a clone()."
                )


def check_finite(node: Node, i: int, dx: Any) -> None:
    """Anomaly mode: raise at the first rule that gives a nan."""
    if np.isnan(dx.array if isinstance(dx, Variable) else dx).any():
        raise RuntimeError(
            f"Function '{node.name}' returned nan values in its {i}th output{where(node)}; "
            "look at the values that this operation met."
        )


def where(node: Node) -> str:
    line = node.record and node.record.line()
    return f" ({line[0]}:{line[1]})" if line else ""
