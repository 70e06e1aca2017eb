"""Clipping of gradients: steps that are not too long."""

import warnings
from types import GeneratorType
from typing import Any

import numpy as np

from microgradx.autograd import no_grad
from microgradx.creation import tensor
from microgradx.dtypes import as_dtype
from microgradx.graph import Variable
from microgradx.ops.reduction import require_floating

__all__ = ["clip_grad_norm", "clip_grad_norm_", "clip_grad_value_", "clip_grads_with_norm_", "get_total_norm"]


def get_total_norm(tensors: Any, norm_type: float = 2.0, error_if_nonfinite: bool = False, foreach: Any = None) -> Any:
    """The norm of all tensors' elements together, as one 0-d tensor.

    Args:
        tensors: A tensor, or several of them.
        norm_type: Which p-norm; ``inf`` for the largest absolute value.
        error_if_nonfinite: Whether to raise if the norm is infinite or nan.
        foreach: PyTorch's choice of implementation; of no consequence here.

    Raises: RuntimeError: the norm is not finite, with ``error_if_nonfinite``.
    Source: ``torch.nn.utils.get_total_norm``.

    Example:
        >>> mgx.nn.utils.get_total_norm([mgx.tensor([3.0]), mgx.tensor([4.0])])
        tensor(5.)
    """
    tensors = [tensors] if isinstance(tensors, Variable) else list(tensors)
    if not tensors:
        return tensor(0.0)
    # The norm of the norms, as PyTorch has it, so that roundings agree.
    order = float(norm_type)  # also "inf"
    for t in tensors:
        require_floating("linalg.vector_norm", t)
    norms = np.array([np.linalg.norm(t.array.ravel(), order) for t in tensors])
    total = np.linalg.norm(norms, order)
    if error_if_nonfinite and not np.isfinite(total):
        raise RuntimeError(
            f"The total norm of order {order} for gradients from `parameters` is non-finite, so it cannot "
            "be clipped. To disable this error and scale the gradients by the non-finite norm anyway, set "
            "`error_if_nonfinite=False`"
        )
    return tensor(total, dtype=as_dtype(norms.dtype))


def clip_grad_norm_(
    parameters: Any, max_norm: float, norm_type: float = 2.0, error_if_nonfinite: bool = False, foreach: Any = None
) -> Any:
    """Shorten all gradients by one factor, in place, so that their norm together is at most ``max_norm``.

    Args:
        parameters: A tensor, or several of them; those without a gradient do not count.
        max_norm: The largest norm that is left as it is.
        norm_type: Which p-norm; ``inf`` for the largest absolute value.
        error_if_nonfinite: Whether to raise if the norm is infinite or nan.
        foreach: PyTorch's choice of implementation; of no consequence here.

    Returns:
        The norm before clipping, a 0-d tensor.

    Raises: RuntimeError: the norm is not finite, with ``error_if_nonfinite``.
    Source: R. Pascanu et al., "On the difficulty of training recurrent neural networks" (2013);
        ``torch.nn.utils.clip_grad_norm_``.

    Example:
        >>> x = mgx.tensor([3.0, 4.0], requires_grad=True)
        >>> (x * x / 2).sum().backward()
        >>> mgx.nn.utils.clip_grad_norm_([x], max_norm=1.0)
        tensor(5.)
        >>> x.grad
        tensor([0.6000, 0.8000])
    """
    gradients = _gradients(parameters)
    norm = get_total_norm(gradients, norm_type, error_if_nonfinite)
    _shorten(gradients, max_norm, norm)
    return norm


def clip_grads_with_norm_(parameters: Any, max_norm: float, total_norm: Any, foreach: Any = None) -> None:
    """The same for a norm that is known: shorten all gradients by ``max_norm / total_norm``, if that is below 1.

    Args:
        parameters: A tensor, or several of them; those without a gradient do not count.
        max_norm: The largest norm that is left as it is.
        total_norm: What `get_total_norm` returned, perhaps for more than these.
        foreach: PyTorch's choice of implementation; of no consequence here.

    Source: ``torch.nn.utils.clip_grads_with_norm_``.

    Example:
        >>> x = mgx.tensor([3.0, 4.0], requires_grad=True)
        >>> (x * x / 2).sum().backward()
        >>> mgx.nn.utils.clip_grads_with_norm_([x], 1.0, mgx.tensor(10.0))
        >>> x.grad
        tensor([0.3000, 0.4000])
    """
    _shorten(_gradients(parameters), max_norm, total_norm)


def _shorten(gradients: list[Any], max_norm: float, norm: Any) -> None:
    with no_grad():
        # A number a little over max_norm / norm would not shorten enough: hence the 1e-6.
        factor = (float(max_norm) / (norm + 1e-6)).clamp(max=1.0)
        for g in gradients:
            g.mul_(factor)


def clip_grad_norm(
    parameters: Any, max_norm: float, norm_type: float = 2.0, error_if_nonfinite: bool = False, foreach: Any = None
) -> Any:
    """The older name of `clip_grad_norm_`; it warns. Source: ``torch.nn.utils.clip_grad_norm``."""
    warnings.warn(
        "`torch.nn.utils.clip_grad_norm` is now deprecated in favor of `torch.nn.utils.clip_grad_norm_`.",
        FutureWarning,
        stacklevel=2,
    )
    return clip_grad_norm_(parameters, max_norm, norm_type, error_if_nonfinite, foreach)


def clip_grad_value_(parameters: Any, clip_value: float, foreach: Any = None) -> None:
    """Limit each element of all gradients, in place, to between ``-clip_value`` and ``clip_value``.

    Source: ``torch.nn.utils.clip_grad_value_``.

    Example:
        >>> x = mgx.tensor([0.5, 4.0], requires_grad=True)
        >>> (x * x / 2).sum().backward()
        >>> mgx.nn.utils.clip_grad_value_(x, 1.0)
        >>> x.grad
        tensor([0.5000, 1.0000])
    """
    with no_grad():
        for g in _gradients(parameters, warn=False):
            g.clamp_(-float(clip_value), float(clip_value))


def _gradients(parameters: Any, warn: bool = True) -> list[Any]:
    if isinstance(parameters, Variable):
        parameters = [parameters]
    found = list(parameters)
    if warn and isinstance(parameters, GeneratorType) and not found:
        warnings.warn("`parameters` is an empty generator, no gradient clipping will occur.", stacklevel=3)
    return [p.grad for p in found if p.grad is not None]
