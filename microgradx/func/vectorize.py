"""One call of a function for a whole batch."""

import functools
from collections.abc import Callable
from typing import Any

from microgradx.func.tree import leaves_of, rebuilt
from microgradx.ops.shape import stack
from microgradx.random import get_rng_state, set_rng_state
from microgradx.tensor import Tensor

__all__ = ["vmap"]


def vmap(
    func: Callable[..., Any],
    in_dims: Any = 0,
    out_dims: Any = 0,
    randomness: str = "error",
    *,
    chunk_size: int | None = None,
) -> Callable[..., Any]:
    """A function of one example as a function of a batch of examples.

    PyTorch turns each operation into one on the batch; here ``func`` is called for each example, and what it returns is
    stacked: the results are the same, but it is no faster than a loop.

    Args:
        func: Of tensors, or of tuples, lists and dictionaries of them.
        in_dims: Along which dimension of the arguments the examples are: a number for all, or one for each in the structure
            of the arguments; None is for what all examples share.
        out_dims: Along which dimension of the outputs they are to be.
        randomness: Of random numbers: ``"error"`` if there are to be none, ``"different"`` ones for each example, or the
            ``"same"``.
        chunk_size: Accepted.

    Raises: ValueError: there are no examples, or different numbers of them; ``in_dims`` does not fit; ``func`` returns
        something else than tensors. RuntimeError: random numbers, with ``"error"``.
    Source: ``torch.func.vmap``; of ``"different"`` random numbers the draws are others.

    Example:
        The gradient of each example:

        >>> from microgradx.func import grad, vmap
        >>> w, x = mgx.tensor([1.0, 2.0]), mgx.tensor([[1.0, 0.0], [0.0, 3.0]])
        >>> vmap(grad(lambda w, x: (w @ x) ** 2), in_dims=(None, 0))(w, x)
        tensor([[ 2.,  0.],
                [ 0., 36.]])
    """
    if randomness not in ("error", "different", "same"):
        raise RuntimeError(f"Only allowed values for randomness are 'error', 'different', or 'same'. Got {randomness}")

    @functools.wraps(func)
    def of_batch(*args: Any, **kwargs: Any) -> Any:
        values = leaves_of(args)
        dims = _spread(in_dims, args)
        count = _count(values, dims)
        before = None if randomness == "different" else get_rng_state()
        results = []
        for i in range(count):
            if randomness == "same":
                set_rng_state(before)
            one = [v if d is None else v.select(d, i) for v, d in zip(values, dims)]
            results.append(func(*rebuilt(args, iter(one)), **kwargs))
        if randomness == "error" and not get_rng_state().equal(before):
            raise RuntimeError(
                "vmap: called random operation while in randomness error mode. Please either use the 'same' or "
                "'different' randomness flags on vmap or perform the randomness operation out of vmap"
            )
        columns = list(zip(*map(leaves_of, results)))
        for value in leaves_of(results):
            if not isinstance(value, Tensor):
                raise ValueError(f"vmap: `func` must only return Tensors, got type {type(value)}.")
        stacked = [stack(column, d) for column, d in zip(columns, _spread(out_dims, results[0], "out_dims"))]
        return rebuilt(results[0], iter(stacked))

    return of_batch


def _spread(dims: Any, tree: Any, name: str = "in_dims") -> list[Any]:
    """A dimension for each leaf of a tree: of a branch, all its leaves have the same."""
    if dims is None or isinstance(dims, int):
        return [dims] * len(leaves_of(tree))
    keys = list(dims) if isinstance(dims, dict) else range(len(dims)) if isinstance(dims, (tuple, list)) else None
    if keys is None or not isinstance(tree, (dict, tuple, list)) or len(keys) != len(tree):
        raise ValueError(f"vmap: {name} is not compatible with the structure of the {name[:-5]}puts; got {dims}")
    return [d for key in keys for d in _spread(dims[key], tree[key], name)]


def _count(values: list[Any], dims: list[Any]) -> int:
    """How many examples there are."""
    sizes = []
    for value, dim in zip(values, dims):
        if dim is None:
            continue
        if not isinstance(value, Tensor):
            raise ValueError(
                f"vmap: Got in_dim={dim} for an input but the input is of type {type(value)}; use None instead"
            )
        if not -value.dim() <= dim < value.dim():
            raise ValueError(
                f"vmap: Got in_dim={dim} for some input, but that input is a Tensor of dimensionality {value.dim()} so "
                f"expected in_dim to satisfy -{value.dim()} <= in_dim < {value.dim()}."
            )
        sizes.append(value.shape[dim])
    if not sizes:
        raise ValueError("vmap: at least one of the inputs must be mapped over, got in_dims of None only, or no inputs")
    if len(set(sizes)) > 1:
        raise ValueError(
            f"vmap: Expected all tensors to have the same size in the mapped dimension, got sizes {sizes} for the mapped "
            "dimension"
        )
    if not sizes[0]:
        raise ValueError("vmap: expected at least one example, got none; the shape of the output is not known")
    return int(sizes[0])
