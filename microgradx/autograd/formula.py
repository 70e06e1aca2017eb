"""The text of a derivative, as it stands in the source: for drawings, reports and walks through a graph."""

import ast
import inspect
import linecache
import re
from collections.abc import Callable
from types import CodeType
from typing import Any

__all__ = ["formula", "lambda_body"]


def formula(rule: Callable[..., Any]) -> str:
    """The text of a rule: what a lambda returns; for a longer rule its name and its docstring's formula.

    Example:
        >>> from microgradx.ops.elementwise import multiply
        >>> from microgradx.autograd.formula import formula
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
