"""All parameters as one vector, and back."""

from collections.abc import Iterable
from typing import Any

from microgradx.graph import Variable
from microgradx.ops.shape import cat

__all__ = ["parameters_to_vector", "vector_to_parameters"]


def parameters_to_vector(parameters: Iterable[Any]) -> Any:
    """The elements of all parameters, one after the other; gradients flow through.

    Source: ``torch.nn.utils.parameters_to_vector``.

    Example:
        >>> mgx.nn.utils.parameters_to_vector(mgx.nn.Linear(2, 3).parameters()).shape
        torch.Size([9])
    """
    return cat([p.view(-1) for p in parameters])


def vector_to_parameters(vec: Any, parameters: Iterable[Any]) -> None:
    """Give the parameters the values in a vector, whose memory they share from then on.

    Raises: TypeError: ``vec`` is no tensor.
    Source: ``torch.nn.utils.vector_to_parameters``.

    Example:
        >>> layer = mgx.nn.Linear(1, 2)
        >>> mgx.nn.utils.vector_to_parameters(mgx.arange(4.0), layer.parameters())
        >>> layer.bias
        Parameter containing:
        tensor([2., 3.], requires_grad=True)
    """
    if not isinstance(vec, Variable):
        raise TypeError(f"expected torch.Tensor, but got: {type(vec).__name__}; make one with tensor(...)")
    start = 0
    for p in parameters:
        end = start + p.numel()
        p.data = vec[start:end].view(p.shape).data  # type: ignore[index]
        start = end
