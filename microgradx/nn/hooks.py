"""Hooks of modules: registering them, and the backward hooks."""

import warnings
from collections import OrderedDict
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

from microgradx.engine import primitive
from microgradx.graph import Variable, check_replacement, mode, wrap
from microgradx.tensor import Handle as RemovableHandle
from microgradx.views import attach

__all__ = [
    "EVERYWHERE",
    "BackwardHook",
    "Hook",
    "RemovableHandle",
    "as_hook",
    "everywhere",
    "register",
    "register_module_backward_hook",
    "register_module_buffer_registration_hook",
    "register_module_forward_hook",
    "register_module_forward_pre_hook",
    "register_module_full_backward_hook",
    "register_module_full_backward_pre_hook",
    "register_module_module_registration_hook",
    "register_module_parameter_registration_hook",
    "registered",
]


class Hook(NamedTuple):
    """A function to call, and how."""

    call: Callable[..., Any]
    with_kwargs: bool = False
    always: bool = False  # even if an error occurs
    old: bool = False  # in PyTorch's older form
    kind: str = ""  # when, if it belongs to all modules


def as_hook(entry: Any) -> Hook:
    """An entry of a table of hooks: a function that is called as usual is there by itself, as in PyTorch."""
    return entry if isinstance(entry, Hook) else Hook(entry)


def register(hooks: "OrderedDict[int, Any]", hook: Any, prepend: bool = False) -> RemovableHandle:
    """Add a hook, as the last one or the first, and return its handle."""
    handle = RemovableHandle(hooks, hook)
    if prepend:
        hooks.move_to_end(handle.id, last=False)
    return handle


# ---------------------------------------------------------------- hooks of all modules

EVERYWHERE: OrderedDict[int, Hook] = OrderedDict()
"""Hooks that are called for every module, in front of its own."""

REGISTRATION: OrderedDict[int, Hook] = OrderedDict()
"""Hooks that are called when a module gets a parameter, a buffer or a child."""


def everywhere(kind: str) -> dict[int, Hook]:
    """The hooks of all modules that are called at one time."""
    return {number: hook for number, hook in EVERYWHERE.items() if hook.kind == kind}


def registered(kind: str, module: Any, name: str, value: Any) -> Any:
    """What a module is to register under a name: the value, or what hooks put in its place."""
    for hook in list(REGISTRATION.values()):
        if hook.kind == kind:
            replaced = hook.call(module, name, value)
            value = value if replaced is None else replaced
    return value


def register_module_forward_pre_hook(hook: Callable[..., Any]) -> RemovableHandle:
    """Call ``hook(module, args)`` before the ``forward`` of every module, in front of the module's own hooks.

    Source: ``torch.nn.modules.module.register_module_forward_pre_hook``.

    Example:
        >>> from microgradx.nn.modules.module import register_module_forward_pre_hook
        >>> with register_module_forward_pre_hook(lambda module, args: print(type(module).__name__)):
        ...     _ = mgx.nn.Sequential(mgx.nn.Identity(), mgx.nn.ReLU())(mgx.ones(1))
        Sequential
        Identity
        ReLU
    """
    return register(EVERYWHERE, Hook(hook, kind="forward_pre"))


def register_module_forward_hook(
    hook: Callable[..., Any], *, with_kwargs: bool = False, always_call: bool = False
) -> RemovableHandle:
    """Call ``hook(module, args, output)`` after the ``forward`` of every module; options as `Module`'s.

    Source: ``torch.nn.modules.module.register_module_forward_hook``.
    """
    return register(EVERYWHERE, Hook(hook, with_kwargs, always_call, kind="forward"))


def register_module_full_backward_pre_hook(hook: Callable[..., Any]) -> RemovableHandle:
    """Call ``hook(module, grad_output)`` for every module on the way back.

    Source: ``torch.nn.modules.module.register_module_full_backward_pre_hook``.
    """
    return register(EVERYWHERE, Hook(hook, kind="backward_pre"))


def register_module_full_backward_hook(hook: Callable[..., Any]) -> RemovableHandle:
    """Call ``hook(module, grad_input, grad_output)`` for every module on the way back.

    Raises: RuntimeError: there is one of the older form.
    Source: ``torch.nn.modules.module.register_module_full_backward_hook``.
    """
    return _register_backward(hook, old=False)


def register_module_backward_hook(hook: Callable[..., Any]) -> RemovableHandle:
    """The older form of `register_module_full_backward_hook`; see ``Module.register_backward_hook``.

    Raises: RuntimeError: there is one of the newer form.
    Source: ``torch.nn.modules.module.register_module_backward_hook``.
    """
    return _register_backward(hook, old=True)


def _register_backward(hook: Callable[..., Any], old: bool) -> RemovableHandle:
    if any(h.old != old for h in everywhere("backward").values()):
        raise RuntimeError(
            "Cannot use both regular backward hooks and full backward hooks as a global Module hook. Please use only "
            "one of them."
        )
    return register(EVERYWHERE, Hook(hook, old=old, kind="backward"))


def register_module_parameter_registration_hook(hook: Callable[..., Any]) -> RemovableHandle:
    """Call ``hook(module, name, parameter)`` when a module gets one; what it returns takes the parameter's place.

    Source: ``torch.nn.modules.module.register_module_parameter_registration_hook``.
    """
    return register(REGISTRATION, Hook(hook, kind="parameter"))


def register_module_buffer_registration_hook(hook: Callable[..., Any]) -> RemovableHandle:
    """Call ``hook(module, name, buffer)`` when a module gets one; what it returns takes the buffer's place.

    Source: ``torch.nn.modules.module.register_module_buffer_registration_hook``.
    """
    return register(REGISTRATION, Hook(hook, kind="buffer"))


def register_module_module_registration_hook(hook: Callable[..., Any]) -> RemovableHandle:
    """Call ``hook(module, name, submodule)`` when a module gets a child; what it returns takes the child's place.

    Source: ``torch.nn.modules.module.register_module_module_registration_hook``.
    """
    return register(REGISTRATION, Hook(hook, kind="module"))


# ---------------------------------------------------------------- backward hooks


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

    def __init__(self, module: Any, pre_hooks: Iterable[Any], hooks: Iterable[Any], old: bool = False) -> None:
        self.module = module
        self.old = old
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
            # A view, of the kind that may not be written to: writing would go past the hook. Older hooks allow it.
            several = "" if self.old else "BackwardHookFunction"
            passed[i] = attach(result, values[i], lambda array: array, several=several)
        return tuple(passed)

    def see_outputs(self, grad_output: tuple[Any, ...]) -> tuple[Any, ...]:
        for hook in self.pre_hooks:
            replaced = hook(self.module, grad_output)
            if replaced is not None:
                what = "pre hook returned an invalid number of grad_output"
                grad_output = self.checked(what, hook, replaced, grad_output)
        self.grad_output = grad_output
        if not self.watches_inputs and self.hooks:
            if not self.old:
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
            grad_input = self.checked("hook returned an invalid number of grad_input", hook, replaced, grad_input)
        self.grad_output = None
        return grad_input

    @staticmethod
    def checked(what: str, hook: Any, returned: Any, before: tuple[Any, ...]) -> tuple[Any, ...]:
        """What a hook returned, if it can stand for the gradients that were there before."""
        replaced = tuple(returned)
        if len(replaced) != len(before):
            raise RuntimeError(f"Backward {what}, got {len(replaced)}, but expected {len(before)}")
        for old, new in zip(before, replaced):
            if old is not None and new is not None:
                check_replacement(hook, old, new)
        return replaced
