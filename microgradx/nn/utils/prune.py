"""Pruning: weights that are held at zero by a mask, so that one sees how many a network needs.

The parameter ``name`` becomes ``name_orig``, which is trained; ``name_mask`` is a buffer of zeros and ones; and
``name`` is their product, which a hook computes before each forward.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator
from numbers import Integral, Real
from typing import Any

import numpy as np

from microgradx.creation import ones_like, zeros_like
from microgradx.nn.module import Module
from microgradx.nn.utils.convert_parameters import parameters_to_vector
from microgradx.nn.utils.hooks import remove_hook
from microgradx.random import rand, rand_like

__all__ = [
    "BasePruningMethod",
    "CustomFromMask",
    "Identity",
    "L1Unstructured",
    "LnStructured",
    "PruningContainer",
    "RandomStructured",
    "RandomUnstructured",
    "custom_from_mask",
    "global_unstructured",
    "identity",
    "is_pruned",
    "l1_unstructured",
    "ln_structured",
    "random_structured",
    "random_unstructured",
    "remove",
]


class BasePruningMethod(ABC):
    """A way to choose what is pruned; a derived class writes ``compute_mask``, and sets ``PRUNING_TYPE``.

    The type is ``"unstructured"`` (single elements), ``"structured"`` (whole slices along ``self.dim``) or
    ``"global"``: it decides what is left to choose from if the tensor was pruned before.

    Source: ``torch.nn.utils.prune.BasePruningMethod``.

    Example:
        >>> from microgradx.nn.utils import prune
        >>> class Negative(prune.BasePruningMethod):
        ...     PRUNING_TYPE = "unstructured"
        ...     def compute_mask(self, t, default_mask):
        ...         return default_mask * (t >= 0)
        >>> layer = mgx.nn.Linear(3, 4)
        >>> _ = Negative.apply(layer, "weight")
        >>> bool((layer.weight >= 0).all())
        True
    """

    PRUNING_TYPE: str
    _tensor_name: str

    def __call__(self, module: Module, inputs: Any) -> None:
        setattr(module, self._tensor_name, self.apply_mask(module))

    @abstractmethod
    def compute_mask(self, t: Any, default_mask: Any) -> Any:
        """The mask, of the shape of ``t``: 0 for what is pruned.

        Args:
            t: The scores by which to choose; by default the values.
            default_mask: What was pruned before; what is 0 there stays 0.
        """

    def apply_mask(self, module: Module) -> Any:
        """The pruned tensor: mask · original."""
        original = getattr(module, self._tensor_name + "_orig")
        return getattr(module, self._tensor_name + "_mask").to(dtype=original.dtype) * original

    @classmethod
    def apply(cls, module: Module, name: str, *args: Any, importance_scores: Any = None, **kwargs: Any) -> Any:
        """Prune a parameter; what was pruned before stays so, and both methods go into a `PruningContainer`.

        Args:
            module: Has the parameter.
            name: Its name.
            importance_scores: What ``compute_mask`` looks at instead of the values; of the same shape.
            args, kwargs: The constructor's.

        Returns: the method, or the container.
        """
        # One that is there is replaced. If the arguments are wrong, the module stays as it is.
        method: Any = cls(*args, **kwargs)
        method._tensor_name = name
        old = remove_hook(module._forward_pre_hooks, _prunes(name))
        if old is not None:
            container = old if isinstance(old, PruningContainer) else PruningContainer(old)
            container.add_pruning_method(method)
            method = container
        original = getattr(module, name)
        if importance_scores is not None and importance_scores.shape != original.shape:
            raise AssertionError(
                f"importance_scores should have the same shape as parameter {name} of {module}, got "
                f"{importance_scores.shape} vs {original.shape}"
            )
        if old is None:
            module.register_parameter(name + "_orig", original)
            del module._parameters[name]
            before = ones_like(original)
        else:
            before = getattr(module, name + "_mask").detach().clone()
        try:
            scores = original if importance_scores is None else importance_scores
            module.register_buffer(name + "_mask", method.compute_mask(scores.detach(), default_mask=before))
            setattr(module, name, method.apply_mask(module))
            module.register_forward_pre_hook(method)
        except Exception:
            if old is None:
                module.register_parameter(name, original)
                del module._parameters[name + "_orig"]
            raise
        return method

    def prune(self, t: Any, default_mask: Any = None, importance_scores: Any = None) -> Any:
        """A tensor with what this method chooses set to 0.

        Raises: AssertionError: ``importance_scores`` has another shape.
        """
        if importance_scores is not None and importance_scores.shape != t.shape:
            raise AssertionError(
                f"importance_scores should have the same shape as tensor t, got {importance_scores.shape} vs {t.shape}"
            )
        scores = t if importance_scores is None else importance_scores
        return t * self.compute_mask(
            scores.detach(), default_mask=ones_like(t) if default_mask is None else default_mask
        )

    def remove(self, module: Module) -> None:
        """Make the tensor a parameter again, which has its zeros for good; `prune.remove` also takes out the hook."""
        name = self._tensor_name
        weight = self.apply_mask(module)
        delattr(module, name)
        original = module._parameters.pop(name + "_orig")
        original.data = weight.data
        del module._buffers[name + "_mask"]
        setattr(module, name, original)


class PruningContainer(BasePruningMethod):
    """Several methods, one after the other, on the same tensor.

    Source: ``torch.nn.utils.prune.PruningContainer``.

    Example:
        >>> from microgradx.nn.utils import prune
        >>> layer = mgx.nn.Linear(4, 4)
        >>> _ = prune.random_unstructured(layer, "weight", 0.5)
        >>> len(prune.L1Unstructured.apply(layer, "weight", 0.5))
        2
        >>> layer.weight_mask.sum()
        tensor(4.)
    """

    def __init__(self, *args: Any) -> None:
        self._pruning_methods: tuple[Any, ...] = ()
        if len(args) == 1:
            self._tensor_name = args[0]._tensor_name
        for method in args:
            self.add_pruning_method(method)

    def add_pruning_method(self, method: Any) -> None:
        """Add a method.

        Raises: TypeError, ValueError: it is none; it acts on another tensor.
        """
        if method is not None and not isinstance(method, BasePruningMethod):
            raise TypeError(f"{type(method)} is not a BasePruningMethod subclass")
        if method is not None and self._tensor_name != method._tensor_name:
            raise ValueError(
                f"Can only add pruning methods acting on the parameter named '{self._tensor_name}' to PruningContainer "
                f"{self}. Found '{method._tensor_name}'"
            )
        self._pruning_methods += (method,)

    def __len__(self) -> int:
        return len(self._pruning_methods)

    def __iter__(self) -> Iterator[Any]:
        return iter(self._pruning_methods)

    def __getitem__(self, idx: Any) -> Any:
        return self._pruning_methods[idx]

    def compute_mask(self, t: Any, default_mask: Any) -> Any:
        """The mask of the newest method, which chooses from what the others have left."""
        method = self._pruning_methods[-1]
        if method.PRUNING_TYPE == "unstructured":
            left: Any = default_mask == 1
        elif method.PRUNING_TYPE == "structured":
            if not hasattr(method, "dim"):
                raise AttributeError(
                    'Pruning methods of PRUNING_TYPE "structured" need to have the attribute `dim` defined.'
                )
            dim = method.dim if method.dim >= 0 else t.ndim + method.dim
            if dim < 0:
                raise IndexError(f"Index is out of bounds for tensor with dimensions {t.ndim}")
            others = [d for d in range(t.ndim) if d != dim]
            left = (*[slice(None)] * dim, default_mask.sum(others) != 0)
        elif method.PRUNING_TYPE == "global":
            left = (slice(None),) * t.ndim
        else:
            raise ValueError(f"Unrecognized PRUNING_TYPE {method.PRUNING_TYPE}")
        mask = default_mask.to(dtype=t.dtype).clone()
        mask[left] = method.compute_mask(t[left], default_mask=default_mask[left]).to(dtype=mask.dtype)
        return mask


class Identity(BasePruningMethod):
    """Prunes nothing, but makes the mask. Source: ``torch.nn.utils.prune.Identity``."""

    PRUNING_TYPE = "unstructured"

    def compute_mask(self, t: Any, default_mask: Any) -> Any:
        return default_mask

    @classmethod
    def apply(cls, module: Module, name: str) -> Any:  # type: ignore[override]
        return super().apply(module, name)


class RandomUnstructured(BasePruningMethod):
    """Prunes elements at random.

    Args:
        amount: How many: an integer; or a part of those that are left, from 0 to 1.

    Raises: TypeError, ValueError: ``amount`` is no number; too small or too large.
    Source: ``torch.nn.utils.prune.RandomUnstructured``, with the same draws.
    """

    PRUNING_TYPE = "unstructured"

    def __init__(self, amount: Any) -> None:
        _check_amount(amount)
        self.amount = amount

    def compute_mask(self, t: Any, default_mask: Any) -> Any:
        return _without_elements(self.amount, default_mask, lambda: rand_like(t), t.numel(), largest=True)

    @classmethod
    def apply(cls, module: Module, name: str, amount: Any) -> Any:  # type: ignore[override]
        return super().apply(module, name, amount=amount)


class L1Unstructured(BasePruningMethod):
    """Prunes the elements of the smallest absolute values; arguments as in `RandomUnstructured`.

    Source: ``torch.nn.utils.prune.L1Unstructured``.
    """

    PRUNING_TYPE = "unstructured"

    def __init__(self, amount: Any) -> None:
        _check_amount(amount)
        self.amount = amount

    def compute_mask(self, t: Any, default_mask: Any) -> Any:
        return _without_elements(self.amount, default_mask, t.abs, t.numel(), largest=False)

    @classmethod
    def apply(cls, module: Module, name: str, amount: Any, importance_scores: Any = None) -> Any:  # type: ignore[override]
        return super().apply(module, name, amount=amount, importance_scores=importance_scores)


class RandomStructured(BasePruningMethod):
    """Prunes slices at random.

    Args:
        amount: How many: an integer; or a part of those that are left, from 0 to 1.
        dim: The dimension along which the slices lie.

    Raises: TypeError, ValueError, IndexError: as in `RandomUnstructured`; a tensor of less than two dimensions; no
        such dimension.
    Source: ``torch.nn.utils.prune.RandomStructured``, with the same draws.
    """

    PRUNING_TYPE = "structured"

    def __init__(self, amount: Any, dim: int = -1) -> None:
        _check_amount(amount)
        self.amount = amount
        self.dim = dim

    def compute_mask(self, t: Any, default_mask: Any) -> Any:
        count, n = _count_of_slices(self.amount, t, self.dim)
        if count == 0:
            return default_mask
        drawn = rand(n)
        threshold = np.partition(drawn.array, count - 1)[count - 1]
        return _only_slices(t, self.dim, drawn > float(threshold), default_mask)

    @classmethod
    def apply(cls, module: Module, name: str, amount: Any, dim: int = -1) -> Any:  # type: ignore[override]
        return super().apply(module, name, amount=amount, dim=dim)


class LnStructured(BasePruningMethod):
    """Prunes the slices of the smallest norms.

    Args:
        amount, dim: As in `RandomStructured`.
        n: Which norm, as in `norm`: a number, inf, "fro".

    Raises: as in `RandomStructured`.
    Source: ``torch.nn.utils.prune.LnStructured``.
    """

    PRUNING_TYPE = "structured"

    def __init__(self, amount: Any, n: Any, dim: int = -1) -> None:
        _check_amount(amount)
        self.amount = amount
        self.n = n
        self.dim = dim

    def compute_mask(self, t: Any, default_mask: Any) -> Any:
        count, n = _count_of_slices(self.amount, t, self.dim)
        norms = t.norm(self.n, [d for d in range(t.ndim) if d != self.dim % t.ndim])
        kept = norms.topk(n - count, largest=True).indices
        return default_mask if count == 0 else _only_slices(t, self.dim, kept, default_mask)

    @classmethod
    def apply(  # type: ignore[override]
        cls, module: Module, name: str, amount: Any, n: Any, dim: int, importance_scores: Any = None
    ) -> Any:
        return super().apply(module, name, amount=amount, n=n, dim=dim, importance_scores=importance_scores)


class CustomFromMask(BasePruningMethod):
    """Prunes what a mask says. Source: ``torch.nn.utils.prune.CustomFromMask``."""

    PRUNING_TYPE = "global"

    def __init__(self, mask: Any) -> None:
        self.mask = mask

    def compute_mask(self, t: Any, default_mask: Any) -> Any:
        if default_mask.shape != self.mask.shape:
            raise AssertionError(
                f"default_mask shape {default_mask.shape} must match self.mask shape {self.mask.shape}"
            )
        return default_mask * self.mask.to(dtype=default_mask.dtype)

    @classmethod
    def apply(cls, module: Module, name: str, mask: Any) -> Any:  # type: ignore[override]
        return super().apply(module, name, mask=mask)


# ---------------------------------------------------------------- as functions


def identity(module: Module, name: str) -> Module:
    """Make the mask of a parameter, without pruning anything. Source: ``torch.nn.utils.prune.identity``."""
    Identity.apply(module, name)
    return module


def random_unstructured(module: Module, name: str, amount: Any) -> Module:
    """Prune elements of a parameter at random; see `RandomUnstructured`.

    Source: ``torch.nn.utils.prune.random_unstructured``.

    Example:
        >>> from microgradx.nn.utils import prune
        >>> layer = prune.random_unstructured(mgx.nn.Linear(2, 3), "weight", amount=1)
        >>> int((layer.weight == 0).sum())
        1
    """
    RandomUnstructured.apply(module, name, amount)
    return module


def l1_unstructured(module: Module, name: str, amount: Any, importance_scores: Any = None) -> Module:
    """Prune the elements of a parameter with the smallest absolute values; see `L1Unstructured`.

    Args:
        module: Has the parameter.
        name: Its name.
        amount: How many: an integer; or a part of those that are left, from 0 to 1.
        importance_scores: Numbers to compare instead of the values; of the same shape.

    Returns: the module.
    Source: ``torch.nn.utils.prune.l1_unstructured``.

    Example:
        >>> from microgradx.nn.utils import prune
        >>> layer = prune.l1_unstructured(mgx.nn.Linear(2, 3), "weight", amount=0.5)
        >>> sorted(layer.state_dict())
        ['bias', 'weight_mask', 'weight_orig']
    """
    L1Unstructured.apply(module, name, amount=amount, importance_scores=importance_scores)
    return module


def random_structured(module: Module, name: str, amount: Any, dim: int) -> Module:
    """Prune slices of a parameter at random; see `RandomStructured`.

    Source: ``torch.nn.utils.prune.random_structured``.
    """
    RandomStructured.apply(module, name, amount, dim)
    return module


def ln_structured(module: Module, name: str, amount: Any, n: Any, dim: int, importance_scores: Any = None) -> Module:
    """Prune the slices of a parameter with the smallest norms; see `LnStructured`.

    Source: ``torch.nn.utils.prune.ln_structured``.

    Example:
        >>> from microgradx.nn.utils import prune
        >>> layer = prune.ln_structured(mgx.nn.Conv2d(5, 3, 2), "weight", amount=0.4, n=2, dim=1)
        >>> layer.weight_mask[0, :, 0, 0].sum()
        tensor(3.)
    """
    LnStructured.apply(module, name, amount, n, dim, importance_scores=importance_scores)
    return module


def global_unstructured(
    parameters: Any, pruning_method: type[BasePruningMethod], importance_scores: Any = None, **kwargs: Any
) -> None:
    """Prune several parameters as if they were one: some lose more than others.

    Args:
        parameters: Pairs of modules and names.
        pruning_method: A class of the type ``"unstructured"``.
        importance_scores: A dictionary from such pairs to numbers to compare instead of the values.
        kwargs: The constructor's arguments, such as ``amount``.

    Raises: TypeError: other arguments than these.
    Source: ``torch.nn.utils.prune.global_unstructured``.

    Example:
        >>> from microgradx.nn.utils import prune
        >>> net = mgx.nn.Sequential(mgx.nn.Linear(10, 4), mgx.nn.Linear(4, 1))
        >>> pairs = [(net[0], "weight"), (net[1], "weight")]
        >>> prune.global_unstructured(pairs, pruning_method=prune.L1Unstructured, amount=10)
        >>> sum(int(module.weight_mask.sum()) for module in net)
        34
    """
    if not isinstance(parameters, Iterable):
        raise TypeError("global_unstructured(): parameters is not an Iterable")
    parameters = list(parameters)
    scores = {} if importance_scores is None else importance_scores
    if not isinstance(scores, dict):
        raise TypeError("global_unstructured(): importance_scores must be of type dict")
    tensors = [getattr(module, name) for module, name in parameters]
    compared = [scores.get((module, name), t).detach() for (module, name), t in zip(parameters, tensors)]
    masks = [getattr(module, f"{name}_mask", None) for module, name in parameters]
    before = [ones_like(t) if mask is None else mask for mask, t in zip(masks, tensors)]
    container = PruningContainer()
    container._tensor_name = "temp"
    method = pruning_method(**kwargs)
    method._tensor_name = "temp"
    if method.PRUNING_TYPE != "unstructured":
        raise TypeError(
            'Only "unstructured" PRUNING_TYPE supported for the `pruning_method`. Found method '
            f"{pruning_method} of type {method.PRUNING_TYPE}"
        )
    container.add_pruning_method(method)
    mask = container.compute_mask(parameters_to_vector(compared), parameters_to_vector(before))
    start = 0
    for (module, name), t in zip(parameters, tensors):
        custom_from_mask(module, name, mask[start : start + t.numel()].view(t.shape))
        start += t.numel()


def custom_from_mask(module: Module, name: str, mask: Any) -> Module:
    """Prune what a mask says: where it is 0.

    Source: ``torch.nn.utils.prune.custom_from_mask``.

    Example:
        >>> from microgradx.nn.utils import prune
        >>> layer = prune.custom_from_mask(mgx.nn.Linear(5, 3), "bias", mask=mgx.tensor([0, 1, 0]))
        >>> layer.bias_mask
        tensor([0., 1., 0.])
    """
    CustomFromMask.apply(module, name, mask)
    return module


def remove(module: Module, name: str) -> Module:
    """Make a pruned tensor a parameter again, which has its zeros for good.

    Raises: ValueError: it is not pruned.
    Source: ``torch.nn.utils.prune.remove``.

    Example:
        >>> from microgradx.nn.utils import prune
        >>> layer = prune.random_unstructured(mgx.nn.Linear(5, 7), "weight", amount=0.2)
        >>> sorted(prune.remove(layer, "weight").state_dict())
        ['bias', 'weight']
    """
    hook = remove_hook(module._forward_pre_hooks, _prunes(name))
    if hook is None:
        raise ValueError(f"Parameter '{name}' of module {module} has to be pruned before pruning can be removed")
    hook.remove(module)
    return module


def is_pruned(module: Module) -> bool:
    """Whether something in a module, or in one below, is pruned.

    Source: ``torch.nn.utils.prune.is_pruned``.
    """
    return any(isinstance(hook, BasePruningMethod) for m in module.modules() for hook in m._forward_pre_hooks.values())


# ---------------------------------------------------------------- how many, and which


def _prunes(name: str) -> Any:
    return lambda hook: isinstance(hook, BasePruningMethod) and hook._tensor_name == name


def _check_amount(amount: Any) -> None:
    if not isinstance(amount, Real):
        raise TypeError(f"Invalid type for amount: {amount}. Must be int or float.")
    too_small, too_large = float(amount) < 0, not isinstance(amount, Integral) and float(amount) > 1
    if too_small or too_large:
        raise ValueError(f"amount={amount} should either be a float in the range [0, 1] or a non-negative integer")


def _count(amount: Any, n: int) -> int:
    """How many of ``n`` are to be pruned."""
    if not isinstance(amount, Integral):
        return round(float(amount) * n)
    count = int(amount)
    if count > n:
        raise ValueError(f"amount={amount} should be smaller than the number of parameters to prune={n}")
    return count


def _count_of_slices(amount: Any, t: Any, dim: int) -> tuple[int, int]:
    """How many slices are to be pruned, and of how many."""
    if t.ndim <= 1:
        raise ValueError(
            "Structured pruning can only be applied to multidimensional tensors. Found tensor of shape "
            f"{t.shape} with {t.ndim} dims"
        )
    if dim >= t.ndim:
        raise IndexError(f"Invalid index {dim} for tensor of size {t.shape}")
    n = t.shape[dim]
    return _count(amount, n), n


def _without_elements(amount: Any, default_mask: Any, scores: Any, n: int, largest: bool) -> Any:
    """The mask without the elements of the largest, or smallest, scores."""
    mask = default_mask.clone()
    count = _count(amount, n)
    if count:
        mask.view(-1)[scores().reshape(-1).topk(count, largest=largest).indices] = 0
    return mask


def _only_slices(t: Any, dim: int, kept: Any, default_mask: Any) -> Any:
    """The mask that has some slices only, and of these what was there."""
    mask = zeros_like(t)
    mask[(*[slice(None)] * (dim % t.ndim), kept)] = 1
    return mask * default_mask.to(dtype=mask.dtype)
