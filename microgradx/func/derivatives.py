"""Functions whose values are derivatives of other functions.

Each call records the function on inputs of its own, and asks for a gradient. Gradients are recorded too, so these functions
can be nested: the derivative of a derivative is the second derivative. What nothing outside depends on is handed back
without its graph.

Source: ``torch.func``, where derivatives go through forward mode or `vmap`; the values are the same.
"""

import functools
from collections.abc import Callable, Sequence
from typing import Any

from microgradx import autograd
from microgradx.autograd import enable_grad
from microgradx.creation import zeros_like
from microgradx.func.tree import leaves_of, mapped, rebuilt
from microgradx.graph import Leaf
from microgradx.ops.shape import stack
from microgradx.tensor import Tensor

__all__ = ["grad", "grad_and_value", "hessian", "jacfwd", "jacrev", "jvp", "vjp"]

Function = Callable[..., Any]


def grad(func: Function, argnums: int | tuple[int, ...] = 0, has_aux: bool = False) -> Function:
    """The gradient of a function that returns one number.

    Args:
        func: Of tensors, or of tuples, lists and dictionaries of them.
        argnums: By which of its arguments; or by which ones, a tuple.
        has_aux: ``func`` returns a pair, of which the second part is handed on.

    Returns: a function with the arguments of ``func`` that returns what has the structure of the argument, or a tuple of such;
        with ``has_aux``, a pair with what is handed on.
    Raises: RuntimeError: ``func`` returns no tensor, or more than one number.
    Source: ``torch.func.grad``.

    Example:
        >>> second = mgx.func.grad(mgx.func.grad(mgx.sin))
        >>> second(mgx.tensor(1.0))
        tensor(-0.8415)
    """
    of_both = grad_and_value(func, argnums, has_aux)

    @functools.wraps(func)
    def gradient(*args: Any, **kwargs: Any) -> Any:
        found, value = of_both(*args, **kwargs)
        return (found, value[1]) if has_aux else found

    return gradient


def grad_and_value(func: Function, argnums: int | tuple[int, ...] = 0, has_aux: bool = False) -> Function:
    """As `grad`, but the function returns a pair: gradient and value (with ``has_aux``: value and what is handed on).

    Source: ``torch.func.grad_and_value``.

    Example:
        >>> mgx.func.grad_and_value(lambda x: x**2)(mgx.tensor(3.0))
        (tensor(6.), tensor(9.))
    """

    @functools.wraps(func)
    def both(*args: Any, **kwargs: Any) -> Any:
        with enable_grad():
            watched = _Watched(args, argnums)
            output, aux = _split(func(*watched.args, **kwargs), has_aux)
            if not isinstance(output, Tensor):
                raise RuntimeError(f"Expected f(*args) to return a tensor, got {type(output)}")
            if output.dim():
                raise RuntimeError(
                    f"Expected f(*args) to return a scalar tensor, got tensor with {output.dim()} dims. Did you forget to "
                    "sum()?"
                )
            found = watched.structured(watched.gradients(output))
        return watched.released(found), watched.released((output, aux) if has_aux else output)

    return both


def vjp(func: Function, *primals: Any, has_aux: bool = False) -> Any:
    """The value of a function, and its backward pass as a function of the gradient of the output.

    Args:
        func: Of tensors, or of tuples, lists and dictionaries of them.
        primals: Its arguments.
        has_aux: ``func`` returns a pair, of which the second part is handed on.

    Returns: the output and a function; with ``has_aux``, also what is handed on. The function takes what has the structure of
        the output, and returns a tuple: something with the structure of each argument.
    Source: ``torch.func.vjp``.

    Example:
        >>> value, pull = mgx.func.vjp(mgx.sin, mgx.zeros(2))
        >>> pull(mgx.tensor([1.0, 2.0]))
        (tensor([1., 2.]),)
    """
    with enable_grad():
        watched = _Watched(primals, tuple(range(len(primals))))
        output, aux = _split(func(*watched.args), has_aux)
    outputs = leaves_of(output)

    def pull(*cotangents: Any) -> Any:
        given = leaves_of(cotangents)
        if len(given) != len(outputs):
            raise RuntimeError(f"expected {len(outputs)} cotangents, as many as outputs, got {len(given)}")
        with enable_grad():
            found = watched.structured(watched.gradients(outputs, given))
        return watched.released(found, given)

    value = watched.released(output)
    return (value, pull, watched.released(aux)) if has_aux else (value, pull)


def jvp(
    func: Function, primals: tuple[Any, ...], tangents: tuple[Any, ...], *, strict: bool = False, has_aux: bool = False
) -> Any:
    """The value of a function, and how it changes if its arguments move along the tangents.

    Args:
        func: Of tensors, or of tuples, lists and dictionaries of them.
        primals: Its arguments, a tuple.
        tangents: Which way they move: of the same structure.
        strict: Accepted.
        has_aux: ``func`` returns a pair, of which the second part is handed on.

    Returns: the output and its change; with ``has_aux``, also what is handed on.
    Raises: RuntimeError: the arguments are no tuples, or do not have the same structure.
    Source: the backward pass is linear in the gradient of the output, and the gradient of that is this (J. Townsend, "A new
        trick for calculating Jacobian vector products", 2017); ``torch.func.jvp``.

    Example:
        >>> mgx.func.jvp(mgx.sin, (mgx.zeros(2),), (mgx.tensor([1.0, 2.0]),))
        (tensor([0., 0.]), tensor([1., 2.]))
    """
    if not isinstance(primals, tuple) or not isinstance(tangents, tuple):
        raise RuntimeError("jvp(f, primals, tangents): Expected primals and tangents to be tuples")
    moves = leaves_of(tangents)
    if len(leaves_of(primals)) != len(moves):
        raise RuntimeError("jvp(f, primals, tangents): Expected primals and tangents to have the same python structure")
    with enable_grad():
        watched = _Watched(primals, tuple(range(len(primals))))
        output, aux = _split(func(*watched.args), has_aux)
        outputs = leaves_of(output)
        seeds = [zeros_like(o).requires_grad_() for o in outputs]
        pulled = watched.gradients(outputs, seeds)
        reached = [(g, t) for g, t in zip(pulled, moves) if g.requires_grad]
        found = _gradients([g for g, _ in reached], seeds, [t for _, t in reached])
    value, change = watched.released(output), watched.released(rebuilt(output, iter(found)), moves, own=seeds)
    return (value, change, watched.released(aux)) if has_aux else (value, change)


def jacrev(
    func: Function, argnums: int | tuple[int, ...] = 0, *, has_aux: bool = False, chunk_size: int | None = None
) -> Function:
    """The Jacobian of a function: the derivative of each number of the output by each of the input.

    Args:
        func: Of tensors, or of tuples, lists and dictionaries of them.
        argnums: By which of its arguments; or by which ones, a tuple.
        has_aux: ``func`` returns a pair, of which the second part is handed on.
        chunk_size: Accepted.

    Returns: a function; for an output of shape (m, ...) and an input of shape (n, ...) it returns (m, ..., n, ...), in the
        structure of the output, and inside of it that of the input.
    Source: one backward pass for each number of the output; ``torch.func.jacrev``.

    Example:
        >>> mgx.func.jacrev(lambda x: x**2)(mgx.tensor([1.0, 2.0]))
        tensor([[2., 0.],
                [0., 4.]])
    """

    @functools.wraps(func)
    def jacobian(*args: Any, **kwargs: Any) -> Any:
        with enable_grad():
            watched = _Watched(args, argnums)
            output, aux = _split(func(*watched.args, **kwargs), has_aux)
            found = mapped(lambda o: watched.structured(_rows(watched, o)), output)
        return (watched.released(found), watched.released(aux)) if has_aux else watched.released(found)

    return jacobian


def jacfwd(
    func: Function,
    argnums: int | tuple[int, ...] = 0,
    has_aux: bool = False,
    *,
    chunk_size: int | None = None,
    randomness: str = "error",
) -> Function:
    """The same as `jacrev`; PyTorch computes it in forward mode, which there is not here.

    Example:
        >>> mgx.func.jacfwd(mgx.sin)(mgx.tensor(0.0))
        tensor(1.)
    """
    return jacrev(func, argnums, has_aux=has_aux)


def hessian(func: Function, argnums: int | tuple[int, ...] = 0) -> Function:
    """The matrix of second derivatives: the Jacobian of the Jacobian.

    Example:
        >>> mgx.func.hessian(lambda x: (x**3).sum())(mgx.tensor([1.0, 2.0]))
        tensor([[ 6.,  0.],
                [ 0., 12.]])
    """
    return jacfwd(jacrev(func, argnums), argnums)


def _rows(watched: "_Watched", output: Any) -> list[Any]:
    """The Jacobian of one output by each of the inputs."""
    rows = [watched.gradients(number) for number in output.reshape(-1)]
    if not rows:
        return [x.new_zeros((*output.shape, *x.shape)) for x in watched.inputs]
    return [stack(column).reshape(*output.shape, *column[0].shape) for column in zip(*rows)]


def _split(result: Any, has_aux: bool) -> tuple[Any, Any]:
    """Output, and what is handed on."""
    if not has_aux:
        return result, None
    if not isinstance(result, tuple) or len(result) != 2:
        raise RuntimeError(
            f"expected func to return a tuple of output and aux, as has_aux=True says, got {type(result).__name__}"
        )
    return result


def _gradients(outputs: Sequence[Any], inputs: Sequence[Any], cotangents: Any = None) -> list[Any]:
    """Recorded gradients; zeros where nothing depends on an input."""
    pairs = list(zip(outputs, [None] * len(outputs) if cotangents is None else cotangents))
    reached = [(o, c) for o, c in pairs if o.requires_grad]
    if not reached:
        return [zeros_like(x) for x in inputs]
    found = autograd.grad(
        [o for o, _ in reached], list(inputs), [c for _, c in reached], create_graph=True, allow_unused=True
    )
    return [zeros_like(x) if g is None else g for x, g in zip(inputs, found)]


class _Watched:
    """Arguments, of which those at ``argnums`` are inputs of this call only: nobody else depends on them."""

    def __init__(self, args: tuple[Any, ...], argnums: int | tuple[int, ...]) -> None:
        self.numbers = argnums
        places = [argnums] if isinstance(argnums, int) else list(argnums)
        for place in places:
            if not -len(args) <= place < len(args):
                raise RuntimeError(f"Got argnum={place}, but only {len(args)} positional inputs")
        self.args = list(args)
        for place in places:
            self.args[place] = mapped(_input_like, args[place])
        chosen = [self.args[place] for place in places]
        self.structure = chosen[0] if isinstance(argnums, int) else tuple(chosen)
        self.inputs = leaves_of(self.structure)

    def gradients(self, outputs: Any, cotangents: Any = None) -> list[Any]:
        """Of outputs by all inputs."""
        return _gradients([outputs] if isinstance(outputs, Tensor) else outputs, self.inputs, cotangents)

    def structured(self, gradients: list[Any]) -> Any:
        """One for each input, in the structure of the arguments."""
        return rebuilt(self.structure, iter(gradients))

    def released(self, tree: Any, also: Sequence[Any] = (), own: Sequence[Any] = ()) -> Any:
        """Results without their graph, where it leads only to inputs of this call."""
        ours = {x._edge() for x in (*self.inputs, *own) if x.is_leaf}
        return mapped(lambda x: x.detach() if isinstance(x, Tensor) and _leads_only_to(x, ours) else x, tree)


def _input_like(x: Any) -> Any:
    if not isinstance(x, Tensor):
        raise RuntimeError(f"expected arguments to differentiate by to be Tensors, got {type(x)}; see argnums")
    return x.view_as(x) if x.requires_grad else x.detach().requires_grad_()


def _leads_only_to(x: Any, leaves: set[Any]) -> bool:
    """Whether all leaves of the graph behind x are among these."""
    seen, left = set(), [x._edge()]
    while left:
        edge = left.pop()
        if edge is None or edge in seen or edge in leaves:
            continue
        if isinstance(edge, Leaf):
            return False
        seen.add(edge)
        left.extend(edge.parents)
    return True
