"""What all optimizers share: parameter groups, state, saving and loading. The numbers are elsewhere."""

from __future__ import annotations

import functools
import warnings
from collections import OrderedDict, defaultdict
from collections.abc import Callable, Iterable
from copy import deepcopy
from typing import Any

import numpy as np

from microgradx.graph import ON, mode, own_memory, wrap
from microgradx.memory import mark_written
from microgradx.nn.hooks import RemovableHandle, register
from microgradx.tensor import Tensor

Group = dict[str, Any]

_global_hooks: defaultdict[str, OrderedDict[int, Any]] = defaultdict(OrderedDict)
"""Hooks of all optimizers."""


class _Required:
    def __repr__(self) -> str:
        return "<required parameter>"


required = _Required()
"""As the default of an option: each parameter group has to give it."""


class Optimizer:
    """Base class of all optimizers.

    A subclass gives ``step``. One whose rule treats every element alike derives from
    `microgradx.optim.elementwise.Elementwise` instead, and gives only its formula.

    Args:
        params: Tensors, or (name, tensor) pairs, or dicts: groups of tensors with options of their own.
        defaults: Options of the groups that do not give them.

    Attributes:
        param_groups: A list of dicts, each with its ``"params"`` and its options. Options may be changed
            at any time (``optimizer.param_groups[0]["lr"] = 0.1``).
        state: What the optimizer remembers of each parameter: ``optimizer.state[p]`` is a dict.

    Raises: ValueError: no parameters, or one that is no leaf, or in two groups; TypeError: not tensors.
    Source: ``torch.optim.Optimizer``.

    Example:
        >>> class SignDescent(mgx.optim.Optimizer):
        ...     def __init__(self, params, lr):
        ...         super().__init__(params, {"lr": lr})
        ...
        ...     @mgx.no_grad()
        ...     def step(self):
        ...         for group in self.param_groups:
        ...             for p in group["params"]:
        ...                 p -= group["lr"] * p.grad.sign()
        >>> x = mgx.tensor([3.0, -2.0], requires_grad=True)
        >>> (x * x).sum().backward()
        >>> SignDescent([x], lr=0.5).step()
        >>> x
        tensor([ 2.5000, -1.5000], requires_grad=True)
    """

    step_called: bool | None = None  # False once a scheduler asks for it, True after the next step

    def __init__(self, params: Iterable[Any], defaults: dict[str, Any]) -> None:
        if isinstance(params, Tensor):
            raise TypeError(
                "params argument given to the optimizer should be an iterable of Tensors or dicts, "
                f"but got {_type_name(params)}"
            )
        if defaults.get("fused") and defaults.get("differentiable"):
            raise RuntimeError("`fused` does not support `differentiable`")
        if defaults.get("fused") and defaults.get("foreach"):
            raise RuntimeError("`fused` and `foreach` cannot be `True` together.")
        self.defaults = defaults
        self.state: defaultdict[Any, Any] = defaultdict(dict)
        self.param_groups: list[Group] = []
        self._set_up()
        groups = list(params)
        if not groups:
            raise ValueError("optimizer got an empty parameter list")
        if not isinstance(groups[0], dict):
            groups = [{"params": groups}]
        for group in groups:
            self.add_param_group(group)

    def _set_up(self) -> None:
        """What a copy of the optimizer starts with afresh."""
        self._hooks: defaultdict[str, OrderedDict[int, Any]] = defaultdict(OrderedDict)

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        if "step" in cls.__dict__:
            cls.step = _with_hooks(cls.__dict__["step"])  # type: ignore[method-assign]

    def __getstate__(self) -> dict[str, Any]:
        return {"defaults": self.defaults, "state": self.state, "param_groups": self.param_groups}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self._set_up()

    def __repr__(self) -> str:
        text = f"{type(self).__name__} ("
        for i, group in enumerate(self.param_groups):
            lines = [f"    {key}: {group[key]}\n" for key in sorted(group) if key != "params"]
            text += f"\nParameter Group {i}\n" + "".join(lines)
        return text + ")"

    def add_param_group(self, param_group: Group) -> None:
        """Optimize more parameters: a dict with ``"params"`` and the options that differ from the defaults.

        Example:
            >>> a, b = mgx.zeros(2, requires_grad=True), mgx.zeros(3, requires_grad=True)
            >>> optimizer = mgx.optim.SGD([a], lr=0.1)
            >>> optimizer.add_param_group({"params": [b], "lr": 0.01})
            >>> [group["lr"] for group in optimizer.param_groups]
            [0.1, 0.01]
        """
        if not isinstance(param_group, dict):
            raise TypeError(f"param_group must be a dict, but got {type(param_group)}")
        params = param_group["params"]
        if isinstance(params, set):
            raise TypeError(
                "optimizer parameters need to be organized in ordered collections, but "
                "the ordering of tensors in sets will change between runs. Please use a list instead."
            )
        params = [params] if isinstance(params, Tensor) else list(params)
        names = [p[0] for p in params if isinstance(p, tuple)]
        params = [p[1] if isinstance(p, tuple) else p for p in params]
        if names and len(names) != len(params):
            raise ValueError("all optimizer params should be with/without names. Some param names are missing")
        param_group["params"] = params
        if names:
            param_group["param_names"] = names
        for p in params:
            if not isinstance(p, Tensor):
                raise TypeError(f"optimizer can only optimize Tensors, but one of the params is {_type_name(p)}")
            if not (p.is_leaf or p.retains_grad):
                raise ValueError("can't optimize a non-leaf Tensor")
        for name, default in self.defaults.items():
            if default is required and name not in param_group:
                raise ValueError(f"parameter group didn't specify a value of required optimization parameter {name}")
            param_group.setdefault(name, default)
        for option in ("differentiable", "capturable"):
            if param_group.get(option):
                raise NotImplementedError(
                    f"{type(self).__name__}: expected {option}=False, got True; parameters are updated in place, "
                    "outside of the graph, on the CPU"
                )
        if len(set(params)) != len(params):
            warnings.warn(
                "optimizer contains a parameter group with duplicate parameters; "
                "in future, this will cause an error; "
                "see github.com/pytorch/pytorch/issues/40967 for more information",
                stacklevel=3,
            )
        for group in self.param_groups:
            if ("param_names" in param_group) != ("param_names" in group):
                raise ValueError(
                    "all optimizer param groups should be with/without names. cannot add param group "
                    f"{'with' if names else 'without'} names to the optimizer"
                )
            if not set(group["params"]).isdisjoint(params):
                raise ValueError("some parameters appear in more than one parameter group")
        self.param_groups.append(param_group)

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Forget the gradients of all parameters: they become None, or zeros if not ``set_to_none``."""
        for group in self.param_groups:
            for p in group["params"]:
                grad = p.grad
                if grad is None:
                    continue
                if set_to_none:
                    p.grad = None
                    continue
                if grad.edge is not None:
                    p.grad = grad = wrap(grad.array)
                array = own_memory(grad)
                array[...] = 0
                mark_written(array)

    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """Update the parameters once, by their gradients.

        Args:
            closure: A function that computes the loss and its gradients again, and returns the loss.

        Returns: What the closure returned, or None.
        """
        raise NotImplementedError

    # ------------------------------------------------------------- saving and loading

    def state_dict(self) -> dict[str, Any]:
        """The state and the options, with numbers in the place of the parameters.

        Example:
            >>> x = mgx.ones(2, requires_grad=True)
            >>> optimizer = mgx.optim.SGD([x], lr=0.1, momentum=0.9)
            >>> (x * x).sum().backward()
            >>> optimizer.step()
            >>> optimizer.state_dict()["state"]
            {0: {'momentum_buffer': tensor([2., 2.])}}
        """
        for hook in self._hooks["state_dict_pre"].values():
            hook(self)
        numbers: dict[Any, int] = {}
        groups, start = [], 0
        for group in self.param_groups:
            for i, p in enumerate(group["params"], start):
                numbers[p] = i
            start += len(group["params"])
            packed = {key: value for key, value in group.items() if key != "params"}
            groups.append({**packed, "params": [numbers[p] for p in group["params"]]})
        state = {numbers[p] if isinstance(p, Tensor) else p: s for p, s in self.state.items()}
        result: dict[str, Any] = {"state": state, "param_groups": groups}
        for hook in self._hooks["state_dict_post"].values():
            replaced = hook(self, result)
            result = result if replaced is None else replaced
        return result

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Continue from a saved state. Values are copied, and cast to the dtype of their parameter.

        Raises: ValueError: the groups differ in number or size from those of this optimizer.
        """
        state_dict = state_dict.copy()
        for hook in self._hooks["load_state_dict_pre"].values():
            replaced = hook(self, state_dict)
            state_dict = state_dict if replaced is None else replaced
        saved = deepcopy(state_dict["param_groups"])
        if len(self.param_groups) != len(saved):
            raise ValueError("loaded state dict has a different number of parameter groups")
        if any(len(g["params"]) != len(s["params"]) for g, s in zip(self.param_groups, saved)):
            raise ValueError(
                "loaded state dict contains a parameter group that doesn't match the size of optimizer's group"
            )
        param_of = {i: p for g, s in zip(self.param_groups, saved) for i, p in zip(s["params"], g["params"])}
        state: defaultdict[Any, Any] = defaultdict(dict)
        for i, value in state_dict["state"].items():
            state[param_of.get(i, i)] = _copied(value, param_of[i].array) if i in param_of else value
        for group, new in zip(self.param_groups, saved):
            new["params"] = group["params"]
            for name, default in self.defaults.items():
                new.setdefault(name, default)  # an option that did not exist when the state was saved
            if "param_names" in group:
                new.setdefault("param_names", group["param_names"])
        hooks = self._hooks
        self.__setstate__({"state": state, "param_groups": saved})
        self._hooks = hooks
        for hook in self._hooks["load_state_dict_post"].values():
            hook(self)

    # ------------------------------------------------------------- hooks

    def register_step_pre_hook(self, hook: Callable[..., Any]) -> RemovableHandle:
        """Call ``hook(optimizer, args, kwargs)`` before each step; it may return new (args, kwargs)."""
        return register(self._hooks["step_pre"], hook)

    def register_step_post_hook(self, hook: Callable[..., Any]) -> RemovableHandle:
        """Call ``hook(optimizer, args, kwargs)`` after each step."""
        return register(self._hooks["step_post"], hook)

    def register_state_dict_pre_hook(self, hook: Callable[..., Any], prepend: bool = False) -> RemovableHandle:
        """Call ``hook(optimizer)`` before ``state_dict``."""
        return register(self._hooks["state_dict_pre"], hook, prepend)

    def register_state_dict_post_hook(self, hook: Callable[..., Any], prepend: bool = False) -> RemovableHandle:
        """Call ``hook(optimizer, state_dict)`` after ``state_dict``; it may return another dict."""
        return register(self._hooks["state_dict_post"], hook, prepend)

    def register_load_state_dict_pre_hook(self, hook: Callable[..., Any], prepend: bool = False) -> RemovableHandle:
        """Call ``hook(optimizer, state_dict)`` before loading; it may return another dict."""
        return register(self._hooks["load_state_dict_pre"], hook, prepend)

    def register_load_state_dict_post_hook(self, hook: Callable[..., Any], prepend: bool = False) -> RemovableHandle:
        """Call ``hook(optimizer)`` after loading."""
        return register(self._hooks["load_state_dict_post"], hook, prepend)


def register_optimizer_step_pre_hook(hook: Callable[..., Any]) -> RemovableHandle:
    """Call ``hook(optimizer, args, kwargs)`` before each step of any optimizer; it may return new (args, kwargs)."""
    return register(_global_hooks["step_pre"], hook)


def register_optimizer_step_post_hook(hook: Callable[..., Any]) -> RemovableHandle:
    """Call ``hook(optimizer, args, kwargs)`` after each step of any optimizer."""
    return register(_global_hooks["step_post"], hook)


def _with_hooks(step: Callable[..., Any]) -> Callable[..., Any]:
    """A ``step`` that runs the hooks, also if a user's subclass defines it."""

    @functools.wraps(step)
    def call(self: Optimizer, *args: Any, **kwargs: Any) -> Any:
        if self.step_called is not None:
            self.step_called = True
        if not self._hooks and not _global_hooks:
            return step(self, *args, **kwargs)
        for hook in [*_global_hooks["step_pre"].values(), *self._hooks["step_pre"].values()]:
            result = hook(self, args, kwargs)
            if result is not None:
                if not (isinstance(result, tuple) and len(result) == 2):
                    raise RuntimeError(
                        f"{step} must return None or a tuple of (new_args, new_kwargs), but got {result}."
                    )
                args, kwargs = result
        out = step(self, *args, **kwargs)
        for hook in [*self._hooks["step_post"].values(), *_global_hooks["step_post"].values()]:
            hook(self, args, kwargs)
        return out

    return call


def evaluate(closure: Callable[[], Any] | None) -> Any:
    """Call a closure with recording on, whatever the mode is where ``step`` was called."""
    if closure is None:
        return None
    before, mode.grad = mode.grad, max(mode.grad, ON)
    try:
        return closure()
    finally:
        mode.grad = before


def check_lr(lr: Any, text: str = "Invalid learning rate: {}") -> None:
    """Raise PyTorch's error for a learning rate that is negative (or nan), or a tensor of several."""
    if isinstance(lr, Tensor) and lr.numel() != 1:
        raise ValueError("Tensor lr must be 1-element")
    if not float(lr) >= 0.0:
        raise ValueError(text.format(lr))


def check_option(value: Any, what: str) -> None:
    """Raise PyTorch's error for an option that must not be negative (nor nan)."""
    if not float(value) >= 0.0:
        raise ValueError(f"Invalid {what}: {value}")


def check_betas(betas: tuple[float, float]) -> None:
    """Raise PyTorch's error for decay rates outside of [0, 1)."""
    for i, beta in enumerate(betas):
        if not 0.0 <= beta < 1.0:
            raise ValueError(f"Invalid beta parameter at index {i}: {beta}")


def _copied(value: Any, like: Any, key: Any = None) -> Any:
    """A copy of a saved state; what belongs to the elements of a parameter gets its dtype."""
    if isinstance(value, Tensor):
        keeps = key == "step" or like.dtype.kind != "f"
        return wrap(np.array(value.array, None if keeps else like.dtype))
    if isinstance(value, dict):
        return {k: _copied(v, like, k) for k, v in value.items()}
    return type(value)(_copied(v, like) for v in value) if isinstance(value, (list, tuple)) else value


def _type_name(value: Any) -> str:
    """The name of a type as PyTorch's messages give it."""
    return value.type() if isinstance(value, Tensor) else type(value).__qualname__
