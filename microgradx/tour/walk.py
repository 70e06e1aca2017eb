"""One step back: the operations between a loss and the parameters, with their rules and gradients."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from microgradx.autograd.formula import formula
from microgradx.backward import edge_of
from microgradx.engine import backpropagate, oldest_first
from microgradx.graph import Node, plain_name
from microgradx.tensor import Tensor


@dataclass(frozen=True)
class Rule:
    """How one argument of an operation gets its gradient, and where that goes."""

    argument: str
    formula: str
    goes_to: str


@dataclass(frozen=True)
class Step:
    """One operation on the way back; ``norm`` is the length of the gradient of the loss by its result."""

    number: int
    operation: str
    shape: tuple[int, ...]
    norm: float
    rules: list[Rule]


def walk_back(loss: Tensor, parameters: dict[str, Tensor]) -> list[Step]:
    """The operations in the order in which ``loss.backward()`` visits them; no ``.grad`` is touched."""
    root = edge_of(loss)
    nodes = oldest_first([root])[::-1]
    gradients = backpropagate([root], [np.ones_like(loss.array)], retain_graph=True, targets=set(nodes))
    places: dict[Any, str] = {node: f"step {number}" for number, node in enumerate(nodes, start=1)}
    places.update({parameter.edge: name for name, parameter in parameters.items()})
    norms = [float(np.linalg.norm(gradients[node])) for node in nodes]
    return [
        Step(number, plain_name(node.name), node.shape, norm, rules(node, places))
        for number, (node, norm) in enumerate(zip(nodes, norms), start=1)
    ]


def rules(node: Node, places: dict[Any, str]) -> list[Rule]:
    """The rules that run at a node: those of the arguments that lead to a parameter."""
    arguments = zip(node.primitive.arguments, node.parents)
    return [
        Rule(argument, formula(node.primitive.sources[argument]), places[parent])
        for argument, parent in arguments
        if parent is not None
    ]
