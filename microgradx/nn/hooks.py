"""Hooks of modules: registering them, and the backward hooks."""

import warnings
from collections import OrderedDict
from collections.abc import Callable, Iterable
from typing import Any

from microgradx.engine import primitive
from microgradx.graph import Variable, mode, wrap
from microgradx.tensor import Handle as RemovableHandle
from microgradx.views import attach

__all__ = ["BackwardHook", "RemovableHandle", "register"]


def register(hooks: "OrderedDict[int, Any]", hook: Any, prepend: bool = False) -> RemovableHandle:
    """Add a hook, as the last one or the first, and return its handle."""
    handle = RemovableHandle(hooks, hook)
    if prepend:
        hooks.move_to_end(handle.id, last=False)
    return handle


@primitive(name="BackwardHookFunction", multiple=True)
def watch(see: Callable[[Any], Any], *tensors: Any) -> Any:
    """The tensors themselves, as results of one operation: on the way back ``see`` gets all their gradients."""
    return tensors


watch.derivatives(tensors=lambda g, see: see(g))


class BackwardHook:
    """The backward hooks of one call of a module.

    The tensors that go into the module and those that come out of it pass through `watch`. On the way back the
    gradients of the outputs arrive first and are kept; with those of the inputs the hooks are then called.
    """

    def __init__(self, module: Any, pre_hooks: Iterable[Any], hooks: Iterable[Any]) -> None:
        self.module = module
        self.pre_hooks = list(pre_hooks)
        self.hooks = list(hooks)
        self.grad_output: tuple[Any, ...] | None = None
        self.inputs = 0
        self.watches_inputs = False

    def watch_inputs(self, args: tuple[Any, ...]) -> tuple[Any, ...]:
        """The arguments of the module, watched."""
        watched = self.pass_through(args, self.see_inputs)
        self.inputs, self.watches_inputs = len(args), watched is not args
        return watched

    def watch_outputs(self, result: Any) -> Any:
        """The result of the module, watched."""
        if isinstance(result, tuple):
            return self.pass_through(result, self.see_outputs)
        if not isinstance(result, Variable):
            warnings.warn(
                "For backward hooks to be called, module output should be a Tensor or a tuple of Tensors but "
                f"received {type(result)}",
                stacklevel=4,
            )
            return result
        return self.pass_through((result,), self.see_outputs)[0]

    def pass_through(self, values: tuple[Any, ...], see: Callable[[tuple[Any, ...]], Any]) -> tuple[Any, ...]:
        places = [i for i, v in enumerate(values) if isinstance(v, Variable) and v.array.dtype.kind == "f"]
        if not mode.grad or all(values[i].edge is None for i in places):
            return values

        def see_arrays(gradients: Any) -> list[Any]:
            """Let ``see`` meet tensors, at their places among the values."""
            padded: list[Any] = [None] * len(values)
            for i, g in zip(places, gradients, strict=True):
                padded[i] = g if isinstance(g, Variable) else wrap(g)
            seen = see(tuple(padded))
            # Of what arrives as arrays only the arrays go on: this backward pass is not recorded.
            recorded = any(isinstance(g, Variable) for g in gradients)
            return [seen[i] if recorded or seen[i] is None else seen[i].array for i in places]

        passed = list(values)
        for i, result in zip(places, watch(see_arrays, *[values[i] for i in places]), strict=True):
            # A view, of the kind that may not be written to: writing would go past the hook.
            passed[i] = attach(result, values[i], lambda array: array, several="BackwardHookFunction")
        return tuple(passed)

    def see_outputs(self, grad_output: tuple[Any, ...]) -> tuple[Any, ...]:
        for hook in self.pre_hooks:
            replaced = hook(self.module, grad_output)
            if replaced is not None:
                grad_output = self.checked("pre hook returned an invalid number of grad_output", replaced, grad_output)
        self.grad_output = grad_output
        if not self.watches_inputs and self.hooks:
            warnings.warn(
                "Full backward hook is firing when gradients are computed with respect to module outputs since no "
                "inputs require gradients.",
                stacklevel=2,
            )
            self.call_hooks((None,) * self.inputs)
        return grad_output

    def see_inputs(self, grad_input: tuple[Any, ...]) -> tuple[Any, ...]:
        # Without gradients of the outputs, these reached the inputs on a way around the module.
        return grad_input if self.grad_output is None else self.call_hooks(grad_input)

    def call_hooks(self, grad_input: tuple[Any, ...]) -> tuple[Any, ...]:
        for hook in self.hooks:
            replaced = hook(self.module, grad_input, self.grad_output)
            if replaced is None:
                continue
            if not self.watches_inputs and any(g is not None for g in replaced):
                raise RuntimeError(
                    "Backward hook for Modules where no input requires gradient should always return None or "
                    "None for all gradients."
                )
            grad_input = self.checked("hook returned an invalid number of grad_input", replaced, grad_input)
        self.grad_output = None
        return grad_input

    @staticmethod
    def checked(what: str, returned: Any, before: tuple[Any, ...]) -> tuple[Any, ...]:
        replaced = (returned,) if isinstance(returned, Variable) else tuple(returned)
        if len(replaced) != len(before):
            raise RuntimeError(f"Backward {what}, got {len(replaced)}, but expected {len(before)}")
        return replaced
