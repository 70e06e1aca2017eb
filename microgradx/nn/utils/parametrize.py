"""Parametrizations: a parameter that is computed, each time it is read, from others that are trained."""

import copy
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any

from microgradx.autograd import no_grad
from microgradx.graph import Variable
from microgradx.nn.container import ModuleDict, ModuleList
from microgradx.nn.module import Module
from microgradx.nn.parameter import Parameter

__all__ = [
    "ParametrizationList",
    "cached",
    "is_parametrized",
    "register_parametrization",
    "remove_parametrizations",
    "transfer_parametrizations_and_params",
    "type_before_parametrizations",
]


class _Cache:
    """What was computed inside of `cached`, by module and name."""

    def __init__(self) -> None:
        self.depth = 0
        self.values: dict[tuple[Module, str], Any] = {}


_cache = _Cache()


@contextmanager
def cached() -> Iterator[None]:
    """Within this, a parametrized tensor is computed once, however often it is read.

    Source: ``torch.nn.utils.parametrize.cached``.

    Example:
        >>> from microgradx.nn.utils import parametrize
        >>> layer = mgx.nn.utils.parametrizations.weight_norm(mgx.nn.Linear(2, 2))
        >>> with parametrize.cached():
        ...     layer.weight is layer.weight
        True
        >>> layer.weight is layer.weight
        False
    """
    _cache.depth += 1
    try:
        yield
    finally:
        _cache.depth -= 1
        if not _cache.depth:
            _cache.values = {}


def _register(module: Module, name: str, tensor: Any) -> None:
    (module.register_parameter if isinstance(tensor, Parameter) else module.register_buffer)(name, tensor)


def _check_result(x: Any, dtype: Any, shape: Any, before: str, after: str, the: str) -> None:
    """Raise unless a parametrization returned a tensor of the dtype and the shape that it was given."""
    if not isinstance(x, Variable):
        raise ValueError(f"A parametrization must return a tensor. Got {type(x).__name__}.")
    for what, old, new in (("dtype", dtype, x.dtype), ("shape", shape, x.shape)):  # type: ignore[attr-defined]
        if old != new:
            raise ValueError(
                f"Registering a parametrization may not change the {what} of the tensor, unless {the}`unsafe` flag is "
                f"enabled.\n{before.format(what)}: {old}\n{after.format(what)}: {new}"
            )


class ParametrizationList(ModuleList):
    """The parametrizations of one tensor, and what it is computed from: ``original``, or ``original0``, ...

    Args:
        modules: Modules, the first of which gets the original tensors, and each further one the result before it.
        original: The tensor to be parametrized. If the modules have ``right_inverse``, the originals are such that it
            keeps its value.
        unsafe: Allow that the parametrization changes dtype or shape.

    Raises: ValueError: no modules; ``right_inverse`` returned no tensors; dtype or shape change.
    Source: ``torch.nn.utils.parametrize.ParametrizationList``.

    Example:
        >>> mgx.nn.utils.parametrizations.weight_norm(mgx.nn.Linear(2, 2)).parametrizations.weight
        ParametrizationList(
          (0): _WeightNorm()
        )
    """

    def __init__(self, modules: Sequence[Module], original: Any, unsafe: bool = False) -> None:
        if len(modules) == 0:
            raise ValueError("ParametrizationList requires one or more modules.")
        super().__init__(modules)
        self.unsafe = unsafe
        dtype, shape = original.dtype, original.shape
        new = original
        with no_grad():
            for module in reversed(modules):
                if hasattr(module, "right_inverse"):
                    with suppress(NotImplementedError):  # then the value changes
                        new = module.right_inverse(new)
        self.is_tensor = isinstance(new, Variable)
        wrong = "'right_inverse' must return a Tensor or a Sequence of tensors (list, tuple...). Got "
        if not self.is_tensor and not isinstance(new, Sequence):
            raise ValueError(f"{wrong}{type(new).__name__}")
        self.ntensors = 1 if self.is_tensor else len(new)
        if self.is_tensor:
            if new.dtype != dtype:
                raise ValueError(
                    "When `right_inverse` outputs one tensor, it may not change the dtype.\n"
                    f"original.dtype: {dtype}\nright_inverse(original).dtype: {new.dtype}"
                )
            original.data = new  # it stays the same object: optimizers know it
            _register(self, "original", original)
        else:
            for i, part in enumerate(new):
                if not isinstance(part, Variable):
                    raise ValueError(f"{wrong}element {i} of the sequence with type {type(part).__name__}.")
                if isinstance(original, Parameter):
                    part = Parameter(part, original.requires_grad)
                part.requires_grad_(original.requires_grad)
                _register(self, f"original{i}", part)
        if not unsafe:
            _check_result(self(), dtype, shape, "unparametrized {}", "parametrized {}", "")

    def right_inverse(self, value: Any) -> None:
        """Set the originals so that the tensor gets a value.

        Raises: RuntimeError, ValueError: a parametrization has no ``right_inverse``, or one that returned something else.
        """
        with no_grad():
            for module in reversed(list(self)):
                if not hasattr(module, "right_inverse"):
                    raise RuntimeError(f"parametrization {type(module).__name__} does not implement right_inverse.")
                value = module.right_inverse(value)
        if self.is_tensor:
            if not isinstance(value, Variable):
                raise ValueError(f"`right_inverse` should return a tensor. Got {type(value).__name__}")
            if value.dtype != self.original.dtype:  # type: ignore[attr-defined]
                raise ValueError(
                    f"The tensor returned by `right_inverse` has dtype {value.dtype} while `original` has dtype "  # type: ignore[attr-defined]
                    f"{self.original.dtype}"
                )
            self.original.data = value
            return
        if not isinstance(value, Sequence):
            raise ValueError(f"'right_inverse' must return a sequence of tensors. Got {type(value).__name__}.")
        if len(value) != self.ntensors:
            raise ValueError(
                f"'right_inverse' must return a sequence of tensors of length {self.ntensors}. Got a sequence of length "
                f"{len(value)}."
            )
        for i, (old, new) in enumerate(zip(self._originals(), value)):
            if not isinstance(new, Variable):
                raise ValueError(
                    f"'right_inverse' must return a sequence of tensors. Got element {i} of type {type(new).__name__}."
                )
            if new.dtype != old.dtype:  # type: ignore[attr-defined]
                raise ValueError(
                    f"Tensor {i} returned by `right_inverse` has dtype {new.dtype} while `original{i}` has dtype "  # type: ignore[attr-defined]
                    f"{old.dtype}"
                )
            old.data = new

    def _originals(self) -> list[Any]:
        return [self.original] if self.is_tensor else [getattr(self, f"original{i}") for i in range(self.ntensors)]

    def forward(self) -> Any:
        first, *others = self
        x = first(*self._originals())
        for module in others:
            x = module(x)
        return x


# ---------------------------------------------------------------- the class of a module that has computed tensors


def _getstate(self: Any) -> Any:
    raise RuntimeError(
        "Serialization of parametrized modules is only supported through state_dict(); make the same module again, and "
        "load_state_dict() into it"
    )


def _deepcopy(self: Any, memo: dict[int, Any]) -> Any:
    """A copy, with a class of its own: parametrizations are properties of the class."""
    if id(self) not in memo:
        replica: Any = object.__new__(_derived(type(self).__bases__[0]))
        memo[id(self)] = replica
        for name in self.parametrizations:
            _add_property(replica, name)
        replica.__dict__.update(copy.deepcopy(self.__dict__, memo))
    return memo[id(self)]


def _derived(cls: type) -> type:
    members: dict[str, Any] = {"__getstate__": _getstate, "__module__": cls.__module__}
    if not hasattr(cls, "__deepcopy__"):
        members["__deepcopy__"] = _deepcopy
    return type(f"Parametrized{cls.__name__}", (cls,), members)


def _add_property(module: Module, name: str) -> None:
    """Let reading an attribute compute it, and setting it go through ``right_inverse``."""

    def read(self: Any) -> Any:
        parametrization = self.parametrizations[name]
        if not _cache.depth:
            return parametrization()
        key = (self, name)
        if key not in _cache.values:
            _cache.values[key] = parametrization()
        return _cache.values[key]

    def write(self: Any, value: Any) -> None:
        self.parametrizations[name].right_inverse(value)

    setattr(type(module), name, property(read, write))


def register_parametrization(
    module: Module, tensor_name: str, parametrization: Module, *, unsafe: bool = False
) -> Module:
    """Let ``parametrization`` compute a parameter or buffer from its old value, whenever it is read.

    The old value moves to ``module.parametrizations.<name>.original`` and is what is trained. If the parametrization
    has a method ``right_inverse``, the original is such that the tensor keeps its value, and assigning to the tensor
    works. A tensor may get several parametrizations, which follow each other.

    Args:
        module: Has the parameter or buffer; it gets a class of its own, ``Parametrized...``.
        tensor_name: Its name.
        parametrization: A module that maps tensors to a tensor.
        unsafe: Allow that dtype or shape change.

    Returns: the module.
    Raises: ValueError: there is no such tensor; what is returned is no tensor, or has another dtype or shape.
    Source: ``torch.nn.utils.parametrize.register_parametrization``.

    Example:
        >>> class Symmetric(mgx.nn.Module):
        ...     def forward(self, x):
        ...         return x.triu() + x.triu(1).T
        >>> layer = mgx.nn.Linear(3, 3)
        >>> _ = mgx.nn.utils.parametrize.register_parametrization(layer, "weight", Symmetric())
        >>> bool((layer.weight == layer.weight.T).all())
        True
        >>> [name for name, _ in layer.named_parameters()]
        ['bias', 'parametrizations.weight.original']
    """
    parametrization.train(module.training)
    if is_parametrized(module, tensor_name):
        if not unsafe:
            _check_next(getattr(module, tensor_name), parametrization, tensor_name)
        chain = module.parametrizations[tensor_name]
        chain.append(parametrization)
        chain.unsafe |= unsafe
        return module
    if tensor_name not in module._buffers and tensor_name not in module._parameters:
        raise ValueError(
            f"Module '{module}' does not have a parameter, a buffer, or a parametrized element with name '{tensor_name}'"
        )
    # First what may raise, so that the module stays as it was if it does.
    parametrizations = ParametrizationList([parametrization], getattr(module, tensor_name), unsafe=unsafe)
    delattr(module, tensor_name)
    if not is_parametrized(module):
        module.__class__ = _derived(type(module))
        module.parametrizations = ModuleDict()
    _add_property(module, tensor_name)
    module.parametrizations[tensor_name] = parametrizations
    return module


def _check_next(y: Any, parametrization: Module, name: str) -> None:
    """Raise unless a further parametrization keeps dtype and shape, and its inverse, too."""
    x = parametrization(y)
    before, after = f"module.{name}.{{}}", f"parametrization(module.{name}).{{}}"
    _check_result(x, y.dtype, y.shape, before, after, "the ")
    if not hasattr(parametrization, "right_inverse"):
        return
    try:
        z = parametrization.right_inverse(x)
    except NotImplementedError:
        return
    if not isinstance(z, Variable):
        raise ValueError(f"parametrization.right_inverse must return a tensor. Got: {type(z).__name__}")
    for what, old, new in (("dtype", y.dtype, z.dtype), ("shape", y.shape, z.shape)):  # type: ignore[attr-defined]
        if old != new:
            raise ValueError(
                f"The tensor returned by parametrization.right_inverse must have the same {what} as module.{name}, "
                f"unless the `unsafe` flag is enabled.\nmodule.{name}.{what}: {old}\nreturned {what}: {new}"
            )


def is_parametrized(module: Module, tensor_name: str | None = None) -> bool:
    """Whether a module has parametrizations, or one for a tensor.

    Source: ``torch.nn.utils.parametrize.is_parametrized``.
    """
    parametrizations = getattr(module, "parametrizations", None)
    if not isinstance(parametrizations, ModuleDict):
        return False
    return len(parametrizations) > 0 if tensor_name is None else tensor_name in parametrizations


def remove_parametrizations(module: Module, tensor_name: str, leave_parametrized: bool = True) -> Module:
    """Make a tensor an ordinary one again.

    Args:
        module: Has the tensor.
        tensor_name: Its name.
        leave_parametrized: Keep the value that was computed last; else the original one comes back.

    Returns: the module, of its old class if it has no other parametrization.
    Raises: ValueError: there is no parametrization; or there are several original tensors, which to leave.
    Source: ``torch.nn.utils.parametrize.remove_parametrizations``.

    Example:
        >>> layer = mgx.nn.utils.parametrizations.weight_norm(mgx.nn.Linear(2, 2))
        >>> type(layer).__name__
        'ParametrizedLinear'
        >>> mgx.nn.utils.parametrize.remove_parametrizations(layer, "weight")
        Linear(in_features=2, out_features=2, bias=True)
    """
    if not is_parametrized(module, tensor_name):
        raise ValueError(f"Module {module} does not have a parametrization on {tensor_name}")
    chain = module.parametrizations[tensor_name]
    if chain.is_tensor:
        tensor = chain.original
        if leave_parametrized:
            with no_grad():
                tensor.data = getattr(module, tensor_name)
    elif leave_parametrized:
        tensor = getattr(module, tensor_name)
        tensor = Parameter(tensor) if tensor.requires_grad else tensor
    else:
        raise ValueError(
            "Cannot leave unparametrized (`leave_parametrized=False`) a tensor that is parametrized in terms of a "
            "sequence of tensors."
        )
    delattr(type(module), tensor_name)
    del module.parametrizations[tensor_name]
    _register(module, tensor_name, tensor)
    if not is_parametrized(module):
        del module.parametrizations
        module.__class__ = type(module).__bases__[0]
    return module


def type_before_parametrizations(module: Module) -> type:
    """The class of a module without regard to parametrizations.

    Source: ``torch.nn.utils.parametrize.type_before_parametrizations``.

    Example:
        >>> layer = mgx.nn.utils.parametrizations.spectral_norm(mgx.nn.Linear(2, 2))
        >>> mgx.nn.utils.parametrize.type_before_parametrizations(layer).__name__
        'Linear'
    """
    return type(module).__bases__[0] if is_parametrized(module) else type(module)


def transfer_parametrizations_and_params(
    from_module: Module, to_module: Module, tensor_name: str | None = None
) -> Module:
    """Give a module the parametrizations of another, and the originals, which both then share.

    Args:
        from_module: Where they are taken from.
        to_module: Where they go; what it lacks it gets.
        tensor_name: Only those of this tensor.

    Returns: ``to_module``.
    Source: ``torch.nn.utils.parametrize.transfer_parametrizations_and_params``.
    """
    if not is_parametrized(from_module):
        return to_module
    for name in [tensor_name] if tensor_name is not None else list(from_module.parametrizations):
        source = from_module.parametrizations[name]
        if not hasattr(to_module, name):
            setattr(to_module, name, Parameter(getattr(from_module, name)))
        for parametrization in source:
            register_parametrization(to_module, name, parametrization)
        target = to_module.parametrizations[name]
        for key in ["original"] if source.is_tensor else [f"original{i}" for i in range(source.ntensors)]:
            setattr(target, key, getattr(source, key))
    return to_module
