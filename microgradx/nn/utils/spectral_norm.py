"""The older spectral normalization: a hook computes the weight before each forward."""

from typing import Any

from microgradx.autograd import no_grad
from microgradx.nn.functional import normalize
from microgradx.nn.module import Module
from microgradx.nn.parameter import Parameter, is_lazy
from microgradx.nn.utils.hooks import remove_hook
from microgradx.nn.utils.parametrizations import as_matrix, dim_of_outputs
from microgradx.ops.decompose import pinv

__all__ = [
    "SpectralNorm",
    "SpectralNormLoadStateDictPreHook",
    "SpectralNormStateDictHook",
    "remove_spectral_norm",
    "spectral_norm",
]


class SpectralNorm:
    """The hook: ``name`` is ``name_orig`` divided by its largest singular value, of which u and v are the vectors."""

    _version = 1

    def __init__(self, name: str = "weight", n_power_iterations: int = 1, dim: int = 0, eps: float = 1e-12) -> None:
        if n_power_iterations <= 0:
            raise ValueError(
                f"Expected n_power_iterations to be positive, but got n_power_iterations={n_power_iterations}"
            )
        self.name = name
        self.dim = dim
        self.n_power_iterations = n_power_iterations
        self.eps = eps

    def compute_weight(self, module: Module, do_power_iteration: bool) -> Any:
        """The weight; first, if asked, the vectors u and v are turned nearer to the right ones."""
        weight, u, v = (getattr(module, self.name + suffix) for suffix in ("_orig", "_u", "_v"))
        matrix = as_matrix(weight, self.dim)
        if do_power_iteration:
            with no_grad():
                for _ in range(self.n_power_iterations):
                    v.copy_(normalize(matrix.T.mv(u), dim=0, eps=self.eps))
                    u.copy_(normalize(matrix.mv(v), dim=0, eps=self.eps))
                u, v = u.clone(), v.clone()  # the next forward changes the buffers in place
        return weight / u.dot(matrix.mv(v))

    @staticmethod
    def apply(module: Module, name: str, n_power_iterations: int, dim: int, eps: float) -> "SpectralNorm":
        """Add the hook to a module.

        Raises: RuntimeError, ValueError: there is one already; the weight is None or not initialised.
        """
        if any(isinstance(h, SpectralNorm) and h.name == name for h in module._forward_pre_hooks.values()):
            raise RuntimeError(f"Cannot register two spectral_norm hooks on the same parameter {name}")
        hook = SpectralNorm(name, n_power_iterations, dim, eps)
        weight = module._parameters[name]
        if weight is None:
            raise ValueError(f"`SpectralNorm` cannot be applied as parameter `{name}` is None")
        if is_lazy(weight):
            raise ValueError(
                "The module passed to `SpectralNorm` can't have uninitialized parameters. Make sure to run the dummy "
                "forward before applying spectral normalization"
            )
        with no_grad():
            u, v = (normalize(weight.new_empty(n).normal_(0, 1), dim=0, eps=eps) for n in as_matrix(weight, dim).shape)
        delattr(module, name)
        module.register_parameter(name + "_orig", weight)
        setattr(module, name, weight.data)  # a plain tensor, until the first forward
        module.register_buffer(name + "_u", u)
        module.register_buffer(name + "_v", v)
        module.register_forward_pre_hook(hook)
        module._register_state_dict_hook(SpectralNormStateDictHook(hook))
        module._register_load_state_dict_pre_hook(SpectralNormLoadStateDictPreHook(hook))
        return hook

    def remove(self, module: Module) -> None:
        """Make the weight a parameter again, with the value that it has."""
        with no_grad():
            weight = self.compute_weight(module, do_power_iteration=False)
        for suffix in ("", "_u", "_v", "_orig"):
            delattr(module, self.name + suffix)
        module.register_parameter(self.name, Parameter(weight.detach()))

    def __call__(self, module: Module, inputs: Any) -> None:
        setattr(module, self.name, self.compute_weight(module, do_power_iteration=module.training))


class SpectralNormLoadStateDictPreHook:
    """Before loading: states of PyTorch before 1.0 have the weight itself, and no v, which follows from it."""

    def __init__(self, fn: SpectralNorm) -> None:
        self.fn = fn

    def __call__(
        self, state_dict: Any, prefix: str, local_metadata: Any, strict: bool, missing_keys: list[str], *_: Any
    ) -> None:
        key = prefix + self.fn.name
        if local_metadata.get("spectral_norm", {}).get(f"{self.fn.name}.version", 0) >= 1:
            return
        if all(key + suffix in state_dict for suffix in ("_orig", "_u", "_v")) and key not in state_dict:
            return  # a new one, that has lost its version
        missing = [key + suffix for suffix in ("_orig", "", "_u") if key + suffix not in state_dict]
        if missing:
            missing_keys += missing if strict else []
            return
        with no_grad():
            original, weight, u = state_dict[f"{key}_orig"], state_dict.pop(key), state_dict[f"{key}_u"]
            sigma = (original / weight).mean()
            matrix = as_matrix(original, self.fn.dim)
            v = pinv(matrix.T @ matrix) @ (matrix.T @ u)  # such that u is what a power iteration makes of it
            state_dict[f"{key}_v"] = v * (sigma / u.dot(matrix.mv(v)))


class SpectralNormStateDictHook:
    """After saving: notes the version, as PyTorch does."""

    def __init__(self, fn: SpectralNorm) -> None:
        self.fn = fn

    def __call__(self, module: Module, state_dict: Any, prefix: str, local_metadata: Any) -> None:
        versions = local_metadata.setdefault("spectral_norm", {})
        versions[f"{self.fn.name}.version"] = self.fn._version


def spectral_norm(
    module: Module, name: str = "weight", n_power_iterations: int = 1, eps: float = 1e-12, dim: int | None = None
) -> Module:
    """Divide a weight by its largest singular value; see `parametrizations.spectral_norm`.

    It is the older form, with other names: the parameter ``weight_orig`` and the buffers ``weight_u``, ``weight_v``.

    Args:
        module: Has the weight.
        name: Its name.
        n_power_iterations: How often the estimate of the value is improved at each forward, in training.
        eps: Added to norms, against division by 0.
        dim: Along which dimension the outputs lie; by default 1 for transposed convolutions, else 0.

    Returns: the module.
    Raises: RuntimeError, ValueError: there is such a hook already; no iterations; the weight is None or not initialised.
    Source: T. Miyato et al., "Spectral normalization for generative adversarial networks" (2018);
        ``torch.nn.utils.spectral_norm``, with the same draws.

    Example:
        >>> layer = mgx.nn.utils.spectral_norm(mgx.nn.Linear(20, 40))
        >>> list(layer.state_dict())
        ['bias', 'weight_orig', 'weight_u', 'weight_v']
    """
    SpectralNorm.apply(module, name, n_power_iterations, dim_of_outputs(module) if dim is None else dim, eps)
    return module


def remove_spectral_norm(module: Module, name: str = "weight") -> Module:
    """Make the weight an ordinary parameter again.

    Raises: ValueError: the module has no such hook.
    Source: ``torch.nn.utils.remove_spectral_norm``.
    """
    hook = remove_hook(module._forward_pre_hooks, lambda h: isinstance(h, SpectralNorm) and h.name == name)
    if hook is None:
        raise ValueError(f"spectral_norm of '{name}' not found in {module}")
    hook.remove(module)
    others = (SpectralNormStateDictHook, SpectralNormLoadStateDictPreHook)
    for hooks in (module._state_dict_hooks, module._load_state_dict_pre_hooks):
        remove_hook(hooks, lambda h: isinstance(h, others) and h.fn is hook)
    return module
