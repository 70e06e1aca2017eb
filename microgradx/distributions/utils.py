"""What the distributions share: broadcast parameters, and probabilities as logits and back."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from microgradx.autograd import enable_grad, no_grad
from microgradx.creation import empty, tensor
from microgradx.dtypes import finfo, get_default_dtype
from microgradx.nn.functional import softmax
from microgradx.ops.shape import broadcast_tensors
from microgradx.size import Size
from microgradx.tensor import Tensor

__all__ = ["broadcast_all", "clamp_probs", "lazy_property", "logits_to_probs", "probs_to_logits"]

euler_constant = 0.57721566490153286060


def broadcast_all(*values: Any) -> tuple[Any, ...]:
    """Parameters, given as tensors or numbers, as tensors of one shape.

    Numbers take the dtype of the first tensor, or the default dtype.

    Raises: ValueError: a value is neither a tensor nor a number.
    Source: ``torch.distributions.utils.broadcast_all``.

    Example:
        >>> broadcast_all(mgx.zeros(2), 1)
        (tensor([0., 0.]), tensor([1., 1.]))
    """
    if not all(isinstance(v, (Tensor, int, float)) for v in values):
        raise ValueError(
            "Input arguments must all be instances of Number, torch.Tensor or objects implementing __torch_function__."
        )
    dtype = next((v.dtype for v in values if isinstance(v, Tensor)), get_default_dtype())
    shaped = broadcast_tensors(*[v if isinstance(v, Tensor) else tensor(v, dtype=dtype) for v in values])
    return tuple(shaped)


def broadcast_shapes(*shapes: Any) -> Size:
    """The shape that they have together.

    Raises: RuntimeError: they cannot be broadcast.
    """
    try:
        return Size(np.broadcast_shapes(*map(tuple, shapes)))
    except ValueError as error:
        raise RuntimeError(f"broadcast_shapes: expected shapes that can be broadcast; {error}") from None


def logits_to_probs(logits: Any, is_binary: bool = False) -> Any:
    """Probabilities from log odds; or, if not binary, from unnormalised logarithms along the last dimension."""
    return logits.sigmoid() if is_binary else softmax(logits, dim=-1)


def clamp_probs(probs: Any) -> Any:
    """Probabilities kept away from 0 and 1 by the precision of their dtype, so that their logarithms are finite."""
    eps = finfo(probs.dtype).eps
    return probs.clamp(min=eps, max=1 - eps)


def probs_to_logits(probs: Any, is_binary: bool = False) -> Any:
    """The inverse of `logits_to_probs`, of probabilities that `clamp_probs` has clamped."""
    p = clamp_probs(probs)
    return p.log() - (-p).log1p() if is_binary else p.log()


def at_least_tiny(x: Any) -> Any:
    """Samples that are to be positive, without zeros; their gradients are as if nothing had been changed."""
    tiny = finfo(x.dtype).tiny
    with no_grad():
        lift = (tiny - x).clamp(min=0)
    return x + lift if lift.any() else x


def standard_normal(shape: Sequence[int], dtype: Any) -> Any:
    """Numbers with mean 0 and variance 1, drawn as `Tensor.normal_` draws them."""
    return empty(shape, dtype=dtype).normal_()


def sum_rightmost(value: Any, dims: int) -> Any:
    """The sum over the last ``dims`` dimensions."""
    return value.reshape(*value.shape[: value.dim() - dims], -1).sum(-1) if dims else value


class lazy_property:
    """A property that is computed when it is first asked for, and kept: from then on it is a plain attribute.

    It is recorded even under `no_grad`, because a later use may want its gradient.
    """

    def __init__(self, compute: Callable[[Any], Any]) -> None:
        self.compute = compute
        self.name = compute.__name__
        self.__doc__ = compute.__doc__

    def __get__(self, instance: Any, owner: Any = None) -> Any:
        if instance is None:
            return self
        with enable_grad():
            value = self.compute(instance)
        setattr(instance, self.name, value)
        return value


class ProbsOrLogits:
    """Of a distribution that is given by ``probs`` or by ``logits``: each is computed from the other if needed."""

    _is_binary = True

    def _take(self, probs: Any, logits: Any) -> None:
        """Keep the one that is given.

        Raises: ValueError: none is given, or both are.
        """
        if (probs is None) == (logits is None):
            raise ValueError("Either `probs` or `logits` must be specified, but not both.")
        if probs is not None:
            (self.probs,) = broadcast_all(probs)
        else:
            (self.logits,) = broadcast_all(logits)

    @lazy_property
    def logits(self) -> Any:
        return probs_to_logits(self.probs, self._is_binary)

    @lazy_property
    def probs(self) -> Any:
        return logits_to_probs(self.logits, self._is_binary)

    @property
    def _param(self) -> Any:
        return self.probs if "probs" in vars(self) else self.logits

    @property
    def param_shape(self) -> Any:
        """The shape of ``probs`` and of ``logits``."""
        return self._param.shape
