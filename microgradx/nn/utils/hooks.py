"""Finding a hook of a kind among those of a module."""

from collections.abc import Callable
from typing import Any

from microgradx.nn.hooks import as_hook

__all__ = ["remove_hook"]


def remove_hook(hooks: dict[int, Any], wanted: Callable[[Any], bool]) -> Any:
    """Take out the first hook for which ``wanted`` says so, and return what was registered; None if there is none."""
    for number, hook in hooks.items():
        function = as_hook(hook).call
        if wanted(function):
            del hooks[number]
            return function
    return None
