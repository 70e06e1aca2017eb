"""The older weight normalization: a hook computes the weight before each forward."""

import warnings
from typing import Any

from microgradx.nn.module import Module
from microgradx.nn.parameter import Parameter, is_lazy
from microgradx.nn.utils.hooks import remove_hook
from microgradx.nn.utils.parametrizations import norm_except_dim, with_length

__all__ = ["WeightNorm", "remove_weight_norm", "weight_norm"]


class WeightNorm:
    """The hook: ``name`` is computed from ``name_g``, the lengths, and ``name_v``, the directions."""

    def __init__(self, name: str, dim: int | None) -> None:
        self.name = name
        self.dim = -1 if dim is None else dim

    def compute_weight(self, module: Module) -> Any:
        """The weight."""
        return with_length(getattr(module, self.name + "_v"), getattr(module, self.name + "_g"), self.dim)

    @staticmethod
    def apply(module: Module, name: str, dim: int | None) -> "WeightNorm":
        """Add the hook to a module.

        Raises: RuntimeError, ValueError: there is one already; the weight is not initialised.
        """
        warnings.warn(
            "`torch.nn.utils.weight_norm` is deprecated in favor of `torch.nn.utils.parametrizations.weight_norm`.",
            FutureWarning,
            stacklevel=3,
        )
        if any(isinstance(h, WeightNorm) and h.name == name for h in module._forward_pre_hooks.values()):
            raise RuntimeError(f"Cannot register two weight_norm hooks on the same parameter {name}")
        hook = WeightNorm(name, dim)
        weight = getattr(module, name)
        if is_lazy(weight):
            raise ValueError(
                "The module passed to `WeightNorm` can't have uninitialized parameters. Make sure to run the dummy "
                "forward before applying weight normalization"
            )
        del module._parameters[name]
        module.register_parameter(name + "_g", Parameter(norm_except_dim(weight, hook.dim).data))
        module.register_parameter(name + "_v", Parameter(weight.data))
        setattr(module, name, hook.compute_weight(module))
        module.register_forward_pre_hook(hook)
        return hook

    def remove(self, module: Module) -> None:
        """Make the weight a parameter again, with the value that it has."""
        weight = self.compute_weight(module)
        for name in (self.name, self.name + "_g", self.name + "_v"):
            delattr(module, name)
        setattr(module, self.name, Parameter(weight.data))

    def __call__(self, module: Module, inputs: Any) -> None:
        setattr(module, self.name, self.compute_weight(module))


def weight_norm(module: Module, name: str = "weight", dim: int | None = 0) -> Module:
    """Train the length and the direction of a weight's rows by themselves; see `parametrizations.weight_norm`.

    It is the older form, with other names: ``weight_g`` and ``weight_v``.

    Returns: the module.
    Raises: RuntimeError, ValueError: there is such a hook already; the weight is not initialised.
    Source: ``torch.nn.utils.weight_norm``, which warns, as this does, that the newer form is to be used.

    Example:
        >>> import warnings
        >>> with warnings.catch_warnings(action="ignore"):
        ...     layer = mgx.nn.utils.weight_norm(mgx.nn.Linear(20, 40))
        >>> [(name, p.shape) for name, p in layer.named_parameters() if name != "bias"]
        [('weight_g', torch.Size([40, 1])), ('weight_v', torch.Size([40, 20]))]
    """
    WeightNorm.apply(module, name, dim)
    return module


def remove_weight_norm(module: Module, name: str = "weight") -> Module:
    """Make the weight an ordinary parameter again.

    Raises: ValueError: the module has no such hook.
    Source: ``torch.nn.utils.remove_weight_norm``.
    """
    hook = remove_hook(module._forward_pre_hooks, lambda h: isinstance(h, WeightNorm) and h.name == name)
    if hook is None:
        raise ValueError(f"weight_norm of '{name}' not found in {module}")
    hook.remove(module)
    return module
