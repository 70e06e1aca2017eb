"""Trees of tensors: tuples, lists and dictionaries, nested as one likes."""

from collections.abc import Callable
from typing import Any


def leaves_of(tree: Any) -> list[Any]:
    """What is in it, from left to right."""
    if isinstance(tree, dict):
        return [leaf for key in tree for leaf in leaves_of(tree[key])]
    if isinstance(tree, (tuple, list)):
        return [leaf for branch in tree for leaf in leaves_of(branch)]
    return [tree]


def rebuilt(tree: Any, leaves: Any) -> Any:
    """The same tree with other leaves, which an iterator gives."""
    if isinstance(tree, dict):
        return type(tree)((key, rebuilt(tree[key], leaves)) for key in tree)
    if isinstance(tree, (tuple, list)):
        branches = [rebuilt(branch, leaves) for branch in tree]
        return type(tree)(*branches) if hasattr(tree, "_fields") else type(tree)(branches)
    return next(leaves)


def mapped(function: Callable[[Any], Any], tree: Any) -> Any:
    """The tree with ``function`` of each leaf in its place."""
    return rebuilt(tree, iter([function(leaf) for leaf in leaves_of(tree)]))
