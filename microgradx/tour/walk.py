"""One step back: the operations between a loss and the parameters, with their rules and gradients."""

import ast
import inspect
import linecache
import re
from collections.abc import Callable
from dataclasses import dataclass
from types import CodeType
from typing import Any

import numpy as np

from microgradx.backward import edge_of
from microgradx.engine import backpropagate, oldest_first
from microgradx.graph import Node
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
        Step(number, node.name.removesuffix("Backward0"), node.shape, norm, rules(node, places))
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


def formula(rule: Callable[..., Any]) -> str:
    """The text of a rule: what a lambda returns; for a longer rule its name and its docstring's formula.

    Example:
        >>> from microgradx.ops.elementwise import multiply
        >>> from microgradx.tour.walk import formula
        >>> formula(multiply.primitive.sources["x"])
        'g * y'
    """
    call = f"{rule.__name__.strip('<>')}({', '.join(inspect.signature(rule).parameters)})"
    if rule.__name__ == "<lambda>":
        return lambda_body(rule.__code__) or call
    stated = re.match("``(.+?)``", inspect.getdoc(rule) or "")
    return f"{call} = {stated[1]}" if stated else call


def lambda_body(code: CodeType) -> str:
    """What a lambda returns, as it was written: its code remembers the place; empty if the file is not at hand."""
    source = "".join(linecache.getlines(code.co_filename))
    places = set(code.co_positions())
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Lambda):
            body = node.body
            if (body.lineno, body.end_lineno, body.col_offset, body.end_col_offset) in places:
                return " ".join((ast.get_source_segment(source, body) or "").split())
    return ""
