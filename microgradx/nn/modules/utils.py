"""Numbers as tuples: what own layers import from here to treat ``3`` as ``(3, 3)``."""

from collections.abc import Callable, Iterable
from itertools import repeat
from typing import Any

__all__ = [
    "_ntuple",
    "_pair",
    "_quadruple",
    "_reverse_repeat_tuple",
    "_single",
    "_triple",
    "consume_prefix_in_state_dict_if_present",
]


def _ntuple(n: int, name: str = "parse") -> Callable[[Any], tuple[Any, ...]]:
    """A function that repeats a number ``n`` times, and leaves what is a sequence already.

    Example:
        >>> from microgradx.nn.modules.utils import _pair
        >>> _pair(3), _pair([1, 2])
        ((3, 3), (1, 2))
    """

    def parse(x: Any) -> tuple[Any, ...]:
        return tuple(x) if isinstance(x, Iterable) else tuple(repeat(x, n))

    parse.__name__ = name
    return parse


_single = _ntuple(1, "_single")
_pair = _ntuple(2, "_pair")
_triple = _ntuple(3, "_triple")
_quadruple = _ntuple(4, "_quadruple")


def _reverse_repeat_tuple(t: Any, n: int) -> tuple[Any, ...]:
    """The elements in reversed order, each ``n`` times: sizes of a border, as `F.pad` takes them."""
    return tuple(x for x in reversed(t) for _ in range(n))


def consume_prefix_in_state_dict_if_present(state_dict: dict[str, Any], prefix: str) -> None:
    """Take a prefix off the names of a state, in place: ``"module."``, when a model was saved inside of another.

    Source: ``torch.nn.modules.utils.consume_prefix_in_state_dict_if_present``.

    Example:
        >>> from microgradx.nn.modules.utils import consume_prefix_in_state_dict_if_present
        >>> state = mgx.nn.Sequential(mgx.nn.Linear(1, 1)).state_dict()
        >>> consume_prefix_in_state_dict_if_present(state, "0.")
        >>> list(state)
        ['weight', 'bias']
    """
    for key in list(state_dict):
        if key.startswith(prefix):
            state_dict[key[len(prefix) :]] = state_dict.pop(key)
    metadata = getattr(state_dict, "_metadata", {})
    for key in list(metadata):
        if key and (key == prefix.replace(".", "") or key.startswith(prefix)):
            metadata[key[len(prefix) :]] = metadata.pop(key)
