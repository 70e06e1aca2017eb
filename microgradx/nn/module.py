"""Module: a function with parameters, made of smaller ones."""

import itertools
import threading
import warnings
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from typing import Any, NamedTuple, Self, TypeVar

from microgradx.autograd import no_grad
from microgradx.creation import empty
from microgradx.device import device as Device
from microgradx.dtypes import dtype as Dtype
from microgradx.dtypes import float16, float32, float64
from microgradx.graph import ON, Variable, mode
from microgradx.nn.hooks import (
    EVERYWHERE,
    BackwardHook,
    Hook,
    RemovableHandle,
    as_hook,
    everywhere,
    register,
    register_module_backward_hook,
    register_module_buffer_registration_hook,
    register_module_forward_hook,
    register_module_forward_pre_hook,
    register_module_full_backward_hook,
    register_module_full_backward_pre_hook,
    register_module_module_registration_hook,
    register_module_parameter_registration_hook,
    registered,
)
from microgradx.nn.parameter import Buffer, Parameter, is_lazy
from microgradx.views import legacy_name

__all__ = [
    "Module",
    "register_module_backward_hook",
    "register_module_buffer_registration_hook",
    "register_module_forward_hook",
    "register_module_forward_pre_hook",
    "register_module_full_backward_hook",
    "register_module_full_backward_pre_hook",
    "register_module_module_registration_hook",
    "register_module_parameter_registration_hook",
]

EXTRA_STATE = "_extra_state"


NOT_BOTH = (
    "Cannot use both regular backward hooks and full backward hooks on a single Module. Please use only one of them."
)


class _Calls(threading.local):
    """For recording: the names of the modules below the one that was called first, and the calls' numbers."""

    def __init__(self) -> None:
        self.paths: dict[Module, str] = {}
        self.numbers = itertools.count(1)


_calls = _Calls()


class IncompatibleKeys(NamedTuple):
    """What ``load_state_dict`` returns: the keys that it did not find, and those that it could not place."""

    missing_keys: list[str]
    unexpected_keys: list[str]

    def __repr__(self) -> str:
        if not self.missing_keys and not self.unexpected_keys:
            return "<All keys matched successfully>"
        return f"_IncompatibleKeys(missing_keys={self.missing_keys}, unexpected_keys={self.unexpected_keys})"


def _tables() -> dict[str, Any]:
    """What a module holds from the start."""
    return {
        "training": True,
        "_parameters": {},
        "_buffers": {},
        "_non_persistent_buffers_set": set(),
        "_modules": {},
        "_forward_pre_hooks": OrderedDict(),
        "_forward_hooks": OrderedDict(),
        "_backward_pre_hooks": OrderedDict(),
        "_backward_hooks": OrderedDict(),
        "_state_dict_pre_hooks": OrderedDict(),
        "_state_dict_hooks": OrderedDict(),
        "_load_state_dict_pre_hooks": OrderedDict(),
        "_load_state_dict_post_hooks": OrderedDict(),
        "_is_full_backward_hook": None,
    }


class Module:
    """Base class of all layers and models: it keeps parameters, buffers and other modules under their names.

    Derive from it, call ``super().__init__()``, set attributes, and write ``forward``; then call the module
    like a function. What is set as an attribute is registered by its type: a `Parameter` is trained, another
    `Module` becomes a child, and ``register_buffer`` adds a tensor that belongs to the state but is not trained.

    Attributes:
        training: Whether layers such as Dropout behave as in training; see ``train`` and ``eval``.

    Source: ``torch.nn.Module``.

    Example:
        >>> class Scale(mgx.nn.Module):
        ...     def __init__(self):
        ...         super().__init__()
        ...         self.factor = mgx.nn.Parameter(mgx.tensor(2.0))
        ...     def forward(self, x):
        ...         return self.factor * x
        >>> scale = Scale()
        >>> scale(mgx.tensor([1.0, 2.0])).sum().backward()
        >>> scale.factor.grad
        tensor(3.)
    """

    training: bool
    _is_full_backward_hook: bool | None
    dump_patches = False
    call_super_init = False
    T_destination = TypeVar("T_destination", bound=dict[str, Any])  # for annotations of overridden methods
    _version = 1
    _parameters: dict[str, Any]
    _buffers: dict[str, Any]
    _modules: dict[str, Any]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        if not self.call_super_init and (args or kwargs):
            what = f"{type(self).__name__}.__init__()"
            if kwargs:
                raise TypeError(f"{what} got an unexpected keyword argument '{next(iter(kwargs))}'")
            given = len(args) + 1
            raise TypeError(f"{what} takes 1 positional argument but {given} were given")
        self.__dict__.update(_tables())  # around our own __setattr__, which looks at tables that do not exist yet
        if self.call_super_init:  # for a class that has another base beside Module
            super().__init__(*args, **kwargs)

    # ---------------------------------------------------------------- calling

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        """What the module computes; a class derived from Module writes it."""
        raise NotImplementedError(
            f'Module [{type(self).__name__}] is missing the required "forward" function; define forward(self, ...)'
        )

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        if mode.grad > ON:
            return self._recorded_call(args, kwargs)
        if (
            self._forward_hooks
            or self._forward_pre_hooks
            or self._backward_hooks
            or self._backward_pre_hooks
            or EVERYWHERE
        ):
            return self._call_with_hooks(args, kwargs)
        return self.forward(*args, **kwargs)

    def _recorded_call(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Note in which call of which module operations take place.

        A path starts with the class of the module that was called first: ``MLP``, ``MLP.layers.0``. Calls are
        numbered in the order in which they begin.
        """
        outer = mode.module
        if outer is None:
            root = type(self).__name__
            _calls.paths = {m: f"{root}.{name}" if name else root for name, m in self.named_modules()}
        # A module that is not registered with the others is named by its class.
        path = _calls.paths.get(self) or f"{outer[0] if outer else ''}.{type(self).__name__}"
        mode.module = path, next(_calls.numbers)
        try:
            return self._call_with_hooks(args, kwargs)
        finally:
            mode.module = outer
            if outer is None:
                _calls.paths = {}

    def _call_with_hooks(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        result = None
        after = {k: as_hook(hook) for k, hook in {**everywhere("forward"), **self._forward_hooks}.items()}
        waiting = dict(after)  # those that are to be called even if an error occurs
        try:
            for hook in map(as_hook, [*everywhere("forward_pre").values(), *self._forward_pre_hooks.values()]):
                if hook.with_kwargs:
                    replaced = hook.call(self, args, kwargs)
                    if replaced is not None:
                        if not (isinstance(replaced, tuple) and len(replaced) == 2):
                            raise RuntimeError(
                                "forward pre-hook must return None or a tuple of (new_args, new_kwargs), but got "
                                f"{replaced}."
                            )
                        args, kwargs = replaced
                else:
                    replaced = hook.call(self, args)
                    if replaced is not None:
                        args = replaced if isinstance(replaced, tuple) else (replaced,)
            backward = self._backward_hook()
            if backward is not None:
                args = backward.watch_inputs(args)
            result = self.forward(*args, **kwargs)
            for number, hook in after.items():
                waiting.pop(number, None)
                replaced = self._call_forward_hook(hook, args, kwargs, result)
                result = result if replaced is None else replaced
            return result if backward is None else backward.watch_outputs(result)
        except Exception:
            for hook in waiting.values():
                if hook.always:
                    try:
                        replaced = self._call_forward_hook(hook, args, kwargs, result)
                        result = result if replaced is None else replaced
                    except Exception as error:
                        warnings.warn(
                            "module forward hook with ``always_call=True`` raised an exception that was silenced as "
                            f"another error was raised in forward: {error}",
                            stacklevel=3,
                        )
            raise

    def _call_forward_hook(self, hook: Hook, args: Any, kwargs: Any, result: Any) -> Any:
        return hook.call(self, args, kwargs, result) if hook.with_kwargs else hook.call(self, args, result)

    def _backward_hook(self) -> BackwardHook | None:
        """What calls the backward hooks of one call, if there are any."""
        pre = [*everywhere("backward_pre").values(), *self._backward_pre_hooks.values()]
        every = everywhere("backward")
        hooks = [*(h.call for h in every.values()), *self._backward_hooks.values()]
        if not (pre or hooks):
            return None
        old = (self._backward_hooks and self._is_full_backward_hook is False) or any(h.old for h in every.values())
        return BackwardHook(self, [h.call if isinstance(h, Hook) else h for h in pre], hooks, old=bool(old))

    # ---------------------------------------------------------------- hooks

    def register_forward_pre_hook(
        self, hook: Callable[..., Any], *, prepend: bool = False, with_kwargs: bool = False
    ) -> RemovableHandle:
        """Call ``hook(module, args)`` before ``forward``; what it returns replaces the arguments.

        Args:
            hook: Returns None, or the new arguments (a tuple, or the only one).
            prepend: Call it before the hooks that are there already.
            with_kwargs: Call ``hook(module, args, kwargs)``, which returns None or ``(args, kwargs)``.

        Example:
            >>> double = mgx.nn.Identity()
            >>> _ = double.register_forward_pre_hook(lambda module, args: args[0] * 2)
            >>> double(mgx.tensor(3.0))
            tensor(6.)
        """
        return register(self._forward_pre_hooks, Hook(hook, True) if with_kwargs else hook, prepend)

    def register_forward_hook(
        self,
        hook: Callable[..., Any],
        *,
        prepend: bool = False,
        with_kwargs: bool = False,
        always_call: bool = False,
    ) -> RemovableHandle:
        """Call ``hook(module, args, output)`` after ``forward``; what it returns replaces the output.

        Args:
            hook: Returns None, or the new output.
            prepend: Call it before the hooks that are there already.
            with_kwargs: Call ``hook(module, args, kwargs, output)``.
            always_call: Call it even if ``forward`` raises an error; ``output`` is then None.

        Example:
            >>> shapes = []
            >>> layer = mgx.nn.Linear(2, 5)
            >>> _ = layer.register_forward_hook(lambda module, args, output: shapes.append(output.shape))
            >>> _ = layer(mgx.ones(3, 2))
            >>> shapes
            [torch.Size([3, 5])]
        """
        options = with_kwargs, always_call
        return register(self._forward_hooks, Hook(hook, *options) if any(options) else hook, prepend)

    def register_full_backward_pre_hook(self, hook: Callable[..., Any], prepend: bool = False) -> RemovableHandle:
        """Call ``hook(module, grad_output)`` when the gradients of the outputs are known.

        ``grad_output`` is a tuple with one entry per output, None for what is no tensor; a tuple that the hook
        returns replaces it.
        """
        return register(self._backward_pre_hooks, hook, prepend)

    def register_full_backward_hook(self, hook: Callable[..., Any], prepend: bool = False) -> RemovableHandle:
        """Call ``hook(module, grad_input, grad_output)`` when the gradients of the inputs are known.

        Both are tuples with one entry per positional argument and output, None for what is no tensor; a tuple
        that the hook returns replaces ``grad_input``.

        Example:
            >>> layer = mgx.nn.Linear(3, 1, bias=False)
            >>> _ = layer.register_full_backward_hook(lambda m, grad_input, grad_output: print(grad_output[0]))
            >>> layer(mgx.ones(1, 3, requires_grad=True)).sum().backward()
            tensor([[1.]])
        """
        if self._is_full_backward_hook is False:
            raise RuntimeError(NOT_BOTH)
        self._is_full_backward_hook = True
        return register(self._backward_hooks, hook, prepend)

    def register_backward_hook(self, hook: Callable[..., Any]) -> RemovableHandle:
        """Call ``hook(module, grad_input, grad_output)``: the older form of ``register_full_backward_hook``.

        Other than there, results may afterwards be changed in place.

        Raises: RuntimeError: the module has a hook of the newer form.
        Source: ``torch.nn.Module.register_backward_hook``, but ``grad_input`` is always that of the module's inputs; in
            PyTorch it is what its last operation hands on, which may be more, or something else.

        Example:
            >>> layer = mgx.nn.ReLU()
            >>> _ = layer.register_backward_hook(lambda m, grad_input, grad_output: print(grad_output[0]))
            >>> layer(mgx.ones(2, requires_grad=True)).sum().backward()
            tensor([1., 1.])
        """
        if self._is_full_backward_hook is True:
            raise RuntimeError(NOT_BOTH)
        self._is_full_backward_hook = False
        return register(self._backward_hooks, hook)

    def register_state_dict_pre_hook(self, hook: Callable[..., Any]) -> RemovableHandle:
        """Call ``hook(module, prefix, keep_vars)`` before ``state_dict`` collects."""
        return register(self._state_dict_pre_hooks, hook)

    def register_state_dict_post_hook(self, hook: Callable[..., Any]) -> RemovableHandle:
        """Call ``hook(module, state_dict, prefix, local_metadata)`` after ``state_dict`` has collected.

        The hook may change the dictionary in place.
        """
        return register(self._state_dict_hooks, Hook(hook))

    def _register_state_dict_hook(self, hook: Callable[..., Any]) -> RemovableHandle:
        """The older form, which libraries use: what the hook returns replaces the result, if it is not None."""
        return register(self._state_dict_hooks, Hook(hook, old=True))

    def register_load_state_dict_pre_hook(self, hook: Callable[..., Any]) -> RemovableHandle:
        """Call ``hook(module, state_dict, prefix, local_metadata, strict, missing, unexpected, errors)`` first."""
        return self._register_load_state_dict_pre_hook(hook, with_module=True)

    def _register_load_state_dict_pre_hook(
        self, hook: Callable[..., Any], with_module: bool = False
    ) -> RemovableHandle:
        """The older form, which libraries use: the hook is called without the module, unless ``with_module``."""
        return register(self._load_state_dict_pre_hooks, Hook(hook, old=not with_module))

    def register_load_state_dict_post_hook(self, hook: Callable[..., Any]) -> RemovableHandle:
        """Call ``hook(module, incompatible_keys)`` after loading; the hook may change the lists in place."""
        return register(self._load_state_dict_post_hooks, hook)

    # ---------------------------------------------------------------- attributes

    def register_parameter(self, name: str, param: Any) -> None:
        """Add a parameter under a name; None keeps the name free for one.

        Raises: AttributeError, TypeError, KeyError, ValueError: the module is not initialised; ``param`` is no
            Parameter, or the name no string; the name is taken or not allowed; ``param`` was computed.
        """
        self._check_name("parameter", name, self.__dict__.get("_parameters"))
        if param is not None and not isinstance(param, Parameter):
            raise TypeError(
                f"cannot assign '{_typename(param)}' object to parameter '{name}' (torch.nn.Parameter or None required)"
            )
        if param is not None and param.grad_fn:
            raise ValueError(
                f"Cannot assign non-leaf Tensor to parameter '{name}'. Model parameters must be created explicitly. "
                f"To express '{name}' as a function of another Tensor, compute the value in the forward() method."
            )
        self._parameters[name] = None if param is None else registered("parameter", self, name, param)

    def register_buffer(self, name: str, tensor: Any, persistent: bool = True) -> None:
        """Add a tensor that belongs to the module's state, but is not trained.

        Args:
            name: The attribute's name.
            tensor: The tensor; None keeps the name free for one.
            persistent: Whether ``state_dict`` has it.

        Raises: AttributeError, TypeError, KeyError: as in ``register_parameter``.

        Example:
            >>> module = mgx.nn.Module()
            >>> module.register_buffer("mean", mgx.zeros(2))
            >>> dict(module.state_dict())
            {'mean': tensor([0., 0.])}
        """
        self._check_name("buffer", name, self.__dict__.get("_buffers"))
        if tensor is not None and not isinstance(tensor, Variable):
            raise TypeError(
                f"cannot assign '{_typename(tensor)}' object to buffer '{name}' (torch Tensor or None required)"
            )
        self._buffers[name] = registered("buffer", self, name, tensor)
        change = self._non_persistent_buffers_set.discard if persistent else self._non_persistent_buffers_set.add
        change(name)

    def add_module(self, name: str, module: "Module | None") -> None:
        """Add a child under a name, which may be one that is no identifier, such as ``"0"``.

        Raises: AttributeError, TypeError, KeyError: as in ``register_parameter``.
        """
        if module is not None and not isinstance(module, Module):
            raise TypeError(f"{_typename(module)} is not a Module subclass")
        self._check_name("module", name, self.__dict__.get("_modules"))
        self._modules[name] = registered("module", self, name, module)

    def register_module(self, name: str, module: "Module | None") -> None:
        """The same as ``add_module``."""
        self.add_module(name, module)

    def _check_name(self, kind: str, name: Any, table: Any) -> None:
        if table is None:
            raise AttributeError(f"cannot assign {kind} before Module.__init__() call")
        if not isinstance(name, str):
            raise TypeError(f"{kind} name should be a string. Got {_typename(name)}")
        if "." in name:
            raise KeyError(f'{kind} name can\'t contain "."' + (f", got: {name}" if kind == "module" else ""))
        if name == "":
            raise KeyError(f'{kind} name can\'t be empty string ""')
        if name not in table and hasattr(self, name):
            raise KeyError(f"attribute '{name}' already exists")

    def __getattr__(self, name: str) -> Any:  # called only for what is not in __dict__ or the class
        own = self.__dict__
        try:
            return own["_parameters"][name]  # the shortest way: every forward takes it
        except KeyError:
            for table in ("_modules", "_buffers"):
                if name in own.get(table, ()):
                    return own[table][name]
        raise AttributeError(f"'{type(self).__name__}' object has no attribute '{name}'")

    def __setattr__(self, name: str, value: Any) -> None:
        own = self.__dict__
        parameters, modules, buffers = own.get("_parameters"), own.get("_modules"), own.get("_buffers")
        if isinstance(value, Parameter):
            if parameters is None:
                raise AttributeError("cannot assign parameters before Module.__init__() call")
            self._forget(name, keep=parameters)
            self.register_parameter(name, value)
        elif parameters and name in parameters:
            if value is not None:
                raise TypeError(_not_assignable(value, "parameter", name, "torch.nn.Parameter"))
            self.register_parameter(name, None)
        elif isinstance(value, Module):
            if modules is None:
                raise AttributeError("cannot assign module before Module.__init__() call")
            self._forget(name, keep=modules)
            modules[name] = registered("module", self, name, value)
        elif modules and name in modules:
            if value is not None:
                raise TypeError(_not_assignable(value, "child module", name, "torch.nn.Module"))
            modules[name] = registered("module", self, name, None)
        elif (buffers and name in buffers) or (isinstance(value, Variable) and isinstance(value, Buffer)):
            if value is not None and not isinstance(value, Variable):
                raise TypeError(_not_assignable(value, "buffer", name, "torch.nn.Buffer, torch.Tensor"))
            kept = value.persistent if isinstance(value, Buffer) else name not in self._non_persistent_buffers_set
            self.register_buffer(name, value, kept)
        else:
            object.__setattr__(self, name, value)

    def _forget(self, name: str, keep: dict[str, Any]) -> None:
        """Drop an attribute that is about to become one of another kind."""
        for table in (self.__dict__, self._parameters, self._buffers, self._modules):
            if table is not keep:
                table.pop(name, None)
        self._non_persistent_buffers_set.discard(name)

    def __delattr__(self, name: str) -> None:
        for table in (self._parameters, self._buffers, self._modules):
            if name in table:
                del table[name]
                self._non_persistent_buffers_set.discard(name)
                return
        object.__delattr__(self, name)

    def __dir__(self) -> list[str]:
        names = {*object.__dir__(self), *self._parameters, *self._buffers, *self._modules}
        return sorted(name for name in names if not name[0].isdigit())

    def get_submodule(self, target: str) -> "Module":
        """The module with a name such as ``"layers.0"``; the empty name is this module.

        Raises: AttributeError: there is none.

        Example:
            >>> mgx.nn.Sequential(mgx.nn.Linear(1, 2), mgx.nn.ReLU()).get_submodule("1")
            ReLU()
        """
        module = self
        for name in target.split(".") if target else ():
            if not hasattr(module, name):
                raise AttributeError(f"{module._get_name()} has no attribute `{name}`")
            module = getattr(module, name)
            if not isinstance(module, Module):
                raise AttributeError(f"`{name}` is not an nn.Module")
        return module

    def set_submodule(self, target: str, module: "Module", strict: bool = False) -> None:
        """Put a module under a name such as ``"layers.0"``; with ``strict`` there must be one already.

        Raises: ValueError, AttributeError: ``target`` is empty, ``module`` is no Module; a name is not found.
        """
        if target == "":
            raise ValueError("Cannot set the submodule without a target name!")
        if not isinstance(module, Module):
            raise ValueError(f"`module` is not an nn.Module, found {type(module)}")
        path, _, name = target.rpartition(".")
        parent = self.get_submodule(path)
        if strict or hasattr(parent, name):
            parent.get_submodule(name)
        setattr(parent, name, module)

    def get_parameter(self, target: str) -> Any:
        """The parameter with a name such as ``"layers.0.weight"``.

        Raises: AttributeError: there is none.
        """
        module, name = self._owner(target)
        found = getattr(module, name)
        if not isinstance(found, Parameter):
            raise AttributeError(f"`{name}` is not an nn.Parameter")
        return found

    def get_buffer(self, target: str) -> Any:
        """The buffer with a name such as ``"norm.running_mean"``; None if the name is kept free for one.

        Raises: AttributeError: there is none.
        """
        module, name = self._owner(target)
        if name not in module._buffers:
            raise AttributeError(f"`{name}` is not a buffer")
        return module._buffers[name]

    def _owner(self, target: str) -> tuple["Module", str]:
        """The module whose attribute a name such as ``"layers.0.weight"`` means, and the attribute's name."""
        path, _, name = target.rpartition(".")
        module = self.get_submodule(path)
        if not hasattr(module, name):
            raise AttributeError(f"{module._get_name()} has no attribute `{name}`")
        return module, name

    # ---------------------------------------------------------------- walking through

    def named_modules(
        self, memo: "set[Module] | None" = None, prefix: str = "", remove_duplicate: bool = True
    ) -> Iterator[tuple[str, "Module"]]:
        """This module and all below it, with their names, each once (unless ``remove_duplicate`` is False).

        Example:
            >>> model = mgx.nn.Sequential(mgx.nn.Identity(), mgx.nn.Sequential(mgx.nn.Identity()))
            >>> [name for name, module in model.named_modules()]
            ['', '0', '1', '1.0']
        """
        memo = set() if memo is None else memo
        if self in memo:
            return
        if remove_duplicate:
            memo.add(self)
        yield prefix, self
        for name, module in self._modules.items():
            if module is not None:
                yield from module.named_modules(memo, f"{prefix}.{name}" if prefix else name, remove_duplicate)

    def modules(self, remove_duplicate: bool = True) -> Iterator["Module"]:
        """This module and all below it, each once (unless ``remove_duplicate`` is False)."""
        return (module for _, module in self.named_modules(remove_duplicate=remove_duplicate))

    def named_children(self) -> Iterator[tuple[str, "Module"]]:
        """The modules directly below this one, with their names, each once."""
        seen = set()
        for name, module in self._modules.items():
            if module is not None and module not in seen:
                seen.add(module)
                yield name, module

    def children(self) -> Iterator["Module"]:
        """The modules directly below this one, each once."""
        return (module for _, module in self.named_children())

    def named_parameters(
        self, prefix: str = "", recurse: bool = True, remove_duplicate: bool = True
    ) -> Iterator[tuple[str, Any]]:
        """All parameters with their names; a shared one comes once (unless ``remove_duplicate`` is False).

        Args:
            prefix: What all names begin with.
            recurse: Whether to include those of the modules below.
            remove_duplicate: Whether a shared parameter comes only once.

        Example:
            >>> [(name, p.shape) for name, p in mgx.nn.Linear(2, 3).named_parameters()]
            [('weight', torch.Size([3, 2])), ('bias', torch.Size([3]))]
        """
        return self._named_members("_parameters", prefix, recurse, remove_duplicate)

    def parameters(self, recurse: bool = True) -> Iterator[Any]:
        """All parameters, each once, as an optimizer takes them.

        Example:
            >>> sum(p.numel() for p in mgx.nn.Linear(2, 3).parameters())
            9
        """
        return (p for _, p in self.named_parameters(recurse=recurse))

    def named_buffers(
        self, prefix: str = "", recurse: bool = True, remove_duplicate: bool = True
    ) -> Iterator[tuple[str, Any]]:
        """All buffers with their names; arguments as in ``named_parameters``."""
        return self._named_members("_buffers", prefix, recurse, remove_duplicate)

    def buffers(self, recurse: bool = True) -> Iterator[Any]:
        """All buffers, each once."""
        return (b for _, b in self.named_buffers(recurse=recurse))

    def _named_members(
        self, table: str, prefix: str, recurse: bool, remove_duplicate: bool
    ) -> Iterator[tuple[str, Any]]:
        seen = set()
        below = self.named_modules(prefix=prefix, remove_duplicate=remove_duplicate)
        for path, module in below if recurse else [(prefix, self)]:
            for name, member in getattr(module, table).items():
                if member is None or member in seen:
                    continue
                if remove_duplicate:
                    seen.add(member)
                yield f"{path}.{name}" if path else name, member

    def apply(self, fn: Callable[["Module"], Any]) -> Self:
        """Call ``fn`` with every module below, and last with this one; return the module.

        Example:
            >>> model = mgx.nn.Sequential(mgx.nn.Identity(), mgx.nn.Identity())
            >>> _ = model.apply(lambda module: print(type(module).__name__))
            Identity
            Identity
            Sequential
        """
        for module in self.children():
            module.apply(fn)
        fn(self)
        return self

    # ---------------------------------------------------------------- modes, gradients, dtypes

    def train(self, mode: bool = True) -> Self:
        """Let this module and all below it behave as in training (or, with False, as in use).

        Raises: ValueError: ``mode`` is no bool.
        """
        if not isinstance(mode, bool):
            raise ValueError("training mode is expected to be boolean")
        self.training = mode
        for module in self.children():
            module.train(mode)
        return self

    def eval(self) -> Self:
        """Let this module and all below it behave as in use: Dropout passes everything on.

        Example:
            >>> mgx.nn.Dropout(0.5).eval()(mgx.ones(3))
            tensor([1., 1., 1.])
        """
        return self.train(False)

    def requires_grad_(self, requires_grad: bool = True) -> Self:
        """Set whether the parameters are to be trained; False freezes them."""
        for p in self.parameters():
            p.requires_grad_(requires_grad)
        return self

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Forget the gradients of all parameters, or set them to zero."""
        for p in self.parameters():
            if set_to_none:
                p.grad = None
            elif p.grad is not None:
                if p.grad.requires_grad:
                    p.grad = p.grad.detach()
                p.grad.zero_()

    def _apply(self, fn: Callable[[Any], Any], recurse: bool = True) -> Self:
        """Replace the values of all parameters (and their gradients) and buffers by what ``fn`` makes of them."""
        for module in self.children() if recurse else ():
            module._apply(fn)
        for p in self._parameters.values():
            if p is None:
                continue
            with no_grad():  # the parameter stays the same object: optimizers know it
                grad = p.grad
                p.data = fn(p)
                p.grad = None if grad is None else fn(grad)
        for name, buffer in self._buffers.items():
            if buffer is not None:
                self._buffers[name] = fn(buffer)
        return self

    def to(
        self,
        *args: Any,
        device: Any = None,
        dtype: Any = None,
        non_blocking: bool = False,
        copy: bool = False,
        tensor: Any = None,
        memory_format: Any = None,
    ) -> Self:
        """Convert parameters and buffers: ``to(dtype)``, ``to(device)``, ``to(device, dtype)``, ``to(tensor)``.

        Integer buffers keep their dtype. The only device is the CPU. Other arguments are accepted, without effect.

        Raises: TypeError: ``dtype`` is not floating-point, or an argument nothing of these. RuntimeError: another
            device is asked for.

        Example:
            >>> mgx.nn.Linear(1, 1).to(mgx.float64).weight.dtype
            torch.float64
        """
        for value in (*args, tensor):
            if isinstance(value, Variable):
                dtype = value.dtype  # type: ignore[attr-defined]
            elif isinstance(value, Dtype):
                dtype = value
            elif isinstance(value, (str, Device)):
                device = value
            elif value is not None and not isinstance(value, bool):  # whether to block, and whether to copy
                raise TypeError(f"Module.to: expected a dtype, a device or a tensor, got {value!r}; see its arguments")
        if device is not None:
            Device(device)  # raises if it is not the CPU
        if dtype is None:
            return self
        if not dtype.is_floating_point:
            raise TypeError(
                "nn.Module.to only accepts floating point or complex dtypes, but got desired "
                f"dtype={dtype}; use float32 or float64"
            )
        return self._cast(dtype)

    def _cast(self, dtype: Dtype) -> Self:
        return self._apply(lambda t: t.to(dtype) if t.is_floating_point() else t)

    def float(self) -> Self:
        """Convert floating-point parameters and buffers to float32."""
        return self._cast(float32)

    def double(self) -> Self:
        """Convert floating-point parameters and buffers to float64."""
        return self._cast(float64)

    def half(self) -> Self:
        """Convert floating-point parameters and buffers to float16."""
        return self._cast(float16)

    def bfloat16(self) -> Self:
        """Raise: NumPy does not have this dtype.

        Raises: TypeError: always; use ``half()``, or stay with float32.
        """
        raise TypeError("Module.bfloat16: NumPy does not have this dtype; use half() for float16, or stay with float32")

    def to_empty(self, *, device: Any, recurse: bool = True) -> Self:
        """Give all parameters and buffers new memory, whose values are not filled in.

        Args:
            device: The CPU, under any of its names.
            recurse: Whether to do so in the modules below, too.

        Example:
            >>> mgx.nn.Linear(2, 3).to_empty(device="cpu").weight.shape
            torch.Size([3, 2])
        """
        return self._apply(lambda t: empty(t.shape, dtype=t.dtype, device=device), recurse)

    def share_memory(self) -> Self:
        """The module itself: threads share all memory; processes that are forked get copies."""
        return self._apply(lambda t: t.share_memory_() if is_lazy(t) else t)

    def compile(self, *args: Any, **kwargs: Any) -> None:
        """Accepted, and without effect: the module goes on as it is."""

    def type(self, dst_type: Any) -> Self:
        """Convert all parameters and buffers to a dtype."""
        return self._apply(lambda t: t.type(dst_type))

    def cpu(self) -> Self:
        """The module itself: everything is on the CPU."""
        return self

    def cuda(self, device: Any = None) -> Self:
        """Raise, as there is no GPU.

        Raises: RuntimeError: always; use ``to(device)`` with ``device("cpu")``.
        """
        return self.to("cuda")

    # ---------------------------------------------------------------- state

    def __getstate__(self) -> dict[str, Any]:
        return dict(self.__dict__)

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(_tables() | state)

    def get_extra_state(self) -> Any:
        """What else belongs to the state, beside tensors; a derived class may write it, with ``set_extra_state``.

        Example:
            >>> class Counter(mgx.nn.Identity):
            ...     def get_extra_state(self):
            ...         return 3
            ...     def set_extra_state(self, state):
            ...         print("loaded", state)
            >>> Counter().load_state_dict(Counter().state_dict())
            loaded 3
            <All keys matched successfully>
        """
        raise RuntimeError(
            "Module.get_extra_state: expected a derived class that defines it; Module has no extra state"
        )

    def set_extra_state(self, state: Any) -> None:
        """Take back what ``get_extra_state`` returned when the state was saved; ``load_state_dict`` calls it."""
        raise RuntimeError(
            "Module.set_extra_state: expected a derived class that defines it; Module has no extra state"
        )

    def state_dict(self, *args: Any, destination: Any = None, prefix: str = "", keep_vars: bool = False) -> Any:
        """All parameters and persistent buffers by name: what there is to save.

        Args:
            destination: A dictionary to add to; by default a new one.
            prefix: What all names begin with.
            keep_vars: Give the parameters themselves, not detached tensors that share their memory.

        Example:
            >>> list(mgx.nn.Sequential(mgx.nn.Linear(1, 2), mgx.nn.ReLU()).state_dict())
            ['0.weight', '0.bias']
        """
        if args:
            warnings.warn(
                "Positional args are being deprecated, use kwargs instead: state_dict(destination=..., prefix=..., "
                "keep_vars=...).",
                FutureWarning,
                stacklevel=2,
            )
            given = dict(zip(("destination", "prefix", "keep_vars"), args))
            options = {"destination": destination, "prefix": prefix, "keep_vars": keep_vars, **given}
            return Module.state_dict(self, **options)
        if destination is None:
            destination = OrderedDict()
            destination._metadata = OrderedDict()
        local_metadata = {"version": self._version}
        if hasattr(destination, "_metadata"):
            destination._metadata[prefix[:-1]] = local_metadata
        for hook in self._state_dict_pre_hooks.values():
            hook(self, prefix, keep_vars)
        self._save_to_state_dict(destination, prefix, keep_vars)
        for name, module in self._modules.items():
            if module is not None:
                module.state_dict(destination=destination, prefix=f"{prefix}{name}.", keep_vars=keep_vars)
        for hook in self._state_dict_hooks.values():
            replaced = hook.call(self, destination, prefix, local_metadata)
            if replaced is not None:
                if not hook.old:
                    raise RuntimeError("state_dict post-hook must return None")
                destination = replaced
        return destination

    def _own_state(self) -> dict[str, Any]:
        """The parameters and persistent buffers of this module, without those below."""
        state = {k: b for k, b in self._buffers.items() if k not in self._non_persistent_buffers_set}
        return {k: v for k, v in (*self._parameters.items(), *state.items()) if v is not None}

    def _save_to_state_dict(self, destination: Any, prefix: str, keep_vars: bool) -> None:
        for name, tensor in self._own_state().items():
            destination[prefix + name] = tensor if keep_vars else tensor.detach()
        if self._has_extra("get_extra_state"):
            destination[prefix + EXTRA_STATE] = self.get_extra_state()

    def _has_extra(self, method: str) -> bool:
        return getattr(type(self), method) is not getattr(Module, method)

    def load_state_dict(self, state_dict: Mapping[str, Any], strict: bool = True, assign: bool = False) -> Any:
        """Copy values into the parameters and buffers of the same names.

        Args:
            state_dict: What ``state_dict`` returned, or any mapping from names to tensors.
            strict: Raise unless the names are exactly those of this module.
            assign: Take over the tensors themselves (with their dtype), instead of copying their values.

        Returns:
            The names that are missing and those that are unexpected.

        Raises:
            TypeError: ``state_dict`` is no mapping.
            RuntimeError: with all that went wrong: names (if strict), shapes, values that are no tensors.

        Example:
            >>> a, b = mgx.nn.Linear(2, 1), mgx.nn.Linear(2, 1)
            >>> a.load_state_dict(b.state_dict())
            <All keys matched successfully>
            >>> bool((a.weight == b.weight).all())
            True
        """
        if not isinstance(state_dict, Mapping):
            raise TypeError(f"Expected state_dict to be dict-like, got {type(state_dict)}.")
        metadata = getattr(state_dict, "_metadata", {})
        keys = IncompatibleKeys([], [])
        errors: list[str] = []

        def load(module: Module, state: dict[str, Any], prefix: str) -> None:
            local_metadata = dict(metadata.get(prefix[:-1], {}), assign_to_params_buffers=assign)
            module._load_from_state_dict(state, prefix, local_metadata, True, *keys, errors)
            for name, child in module._modules.items():
                if child is not None:
                    below = f"{prefix}{name}."
                    load(child, {k: v for k, v in state.items() if k.startswith(below)}, below)
            for hook in module._load_state_dict_post_hooks.values():
                if hook(module, keys) is not None:
                    raise AssertionError(
                        "Hooks registered with ``register_load_state_dict_post_hook`` are not expected to return new "
                        "values, if incompatible_keys need to be modified, it should be done inplace."
                    )

        load(self, dict(state_dict), "")
        if strict:
            for what, names in (("Unexpected", keys.unexpected_keys), ("Missing", keys.missing_keys)):
                if names:
                    errors.insert(0, f"{what} key(s) in state_dict: " + ", ".join(f'"{k}"' for k in names) + ". ")
        if errors:
            raise RuntimeError(f"Error(s) in loading state_dict for {type(self).__name__}:\n\t" + "\n\t".join(errors))
        return keys

    def _load_from_state_dict(
        self,
        state_dict: dict[str, Any],
        prefix: str,
        local_metadata: dict[str, Any],
        strict: bool,
        missing_keys: list[str],
        unexpected_keys: list[str],
        error_msgs: list[str],
    ) -> None:
        """Load this module's own state; a module whose state looked different once overrides this."""
        for hook in list(self._load_state_dict_pre_hooks.values()):
            call = hook.call if hook.old else partial(hook.call, self)
            call(state_dict, prefix, local_metadata, strict, missing_keys, unexpected_keys, error_msgs)
        own = self._own_state()
        for name, tensor in own.items():
            key = prefix + name
            if key not in state_dict:
                if strict:
                    missing_keys.append(key)
                continue
            new = state_dict[key]
            if not isinstance(new, Variable):
                error_msgs.append(
                    f'While copying the parameter named "{key}", expected torch.Tensor or Tensor-like object from '
                    f"checkpoint but received {type(new)}"
                )
            elif is_lazy(tensor) and is_lazy(new):
                continue  # neither has values
            elif new.shape != tensor.shape and not (tensor.ndim == 0 and new.shape == (1,)):  # type: ignore[attr-defined]
                error_msgs.append(
                    f"size mismatch for {key}: copying a param with shape {_shape(new)} from checkpoint, "
                    f"the shape in current model is {_shape(tensor)}."
                )
            else:
                self._load_tensor(name, tensor, new, local_metadata.get("assign_to_params_buffers", False))
        extra = prefix + EXTRA_STATE
        if self._has_extra("set_extra_state"):
            if extra in state_dict:
                self.set_extra_state(state_dict[extra])
            elif strict:
                missing_keys.append(extra)
        elif strict and extra in state_dict:
            unexpected_keys.append(extra)
        for key in state_dict if strict else ():
            if key.startswith(prefix) and key != extra:
                name, _, rest = key[len(prefix) :].partition(".")
                if name not in (self._modules if rest else own):
                    unexpected_keys.append(key)

    def _load_tensor(self, name: str, tensor: Any, new: Any, assign: bool) -> None:
        with no_grad():
            new = new.reshape(tensor.shape) if new.ndim != tensor.ndim else new
            if not assign:
                tensor.copy_(new)
            elif name in self._buffers:
                self._buffers[name] = new
            elif isinstance(new, Parameter):
                self._parameters[name] = new.requires_grad_(tensor.requires_grad)
            else:
                self._parameters[name] = Parameter(new, tensor.requires_grad)

    # ---------------------------------------------------------------- printing

    def _get_name(self) -> str:
        return type(self).__name__

    def extra_repr(self) -> str:
        """What ``repr`` shows of this module besides its children; a derived class may write it."""
        return ""

    def __repr__(self) -> str:
        extra = self.extra_repr()
        lines = [f"({name}): {module!r}" for name, module in self._modules.items()]
        return block(self._get_name(), extra.split("\n") if extra else [], lines)


def block(name: str, extra: Iterable[str], children: Iterable[str]) -> str:
    """The text of a module: on one line if it has no children, else indented."""
    extra, children = list(extra), [child.replace("\n", "\n  ") for child in children]
    if not children and len(extra) <= 1:
        return f"{name}({''.join(extra)})"
    return f"{name}(\n  " + "\n  ".join([*extra, *children]) + "\n)"


def _shape(tensor: Any) -> str:
    return f"torch.Size({list(tensor.shape)})"


def _typename(value: Any) -> str:
    """The type of a value in PyTorch's error messages."""
    if isinstance(value, Variable):
        return f"torch.{legacy_name(value.array.dtype.name)}Tensor"
    cls = type(value)
    return cls.__qualname__ if cls.__module__ == "builtins" else f"{cls.__module__}.{cls.__qualname__}"


def _not_assignable(value: Any, kind: str, name: str, expected: str) -> str:
    return f"cannot assign '{_typename(value)}' as {kind} '{name}' ({expected} or None expected)"
