"""`backward` and `grad`: the chain rule under PyTorch's names."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from microgradx.engine import backpropagate
from microgradx.graph import Edge, Leaf, Variable, copied, wrap
from microgradx.memory import mark_written


def backward(
    tensors: Any,
    grad_tensors: Any = None,
    retain_graph: bool | None = None,
    create_graph: bool = False,
    *,
    inputs: Any = None,
) -> None:
    """Compute the gradient of ``tensors`` by every leaf, and add it to the leaf's ``.grad``.

    Args:
        tensors: A tensor, or a sequence of them, from which the chain rule starts.
        grad_tensors: The gradients by these tensors, one for each; may be None for a tensor of one element.
        retain_graph: Keep the saved values, to go back a second time. Default: ``create_graph``.
        create_graph: Record what is computed here, so that it can be differentiated again.
        inputs: Only these get a gradient, and only what leads to them is computed. Of a result that is no leaf the
            gradient is retained from now on, as by `Tensor.retain_grad`.

    Raises: RuntimeError: no tensor requires grad; a gradient is missing or has the wrong shape; the saved
        values are gone; a saved value was overwritten.
    Source: ``torch.autograd.backward``.

    Example:
        >>> x = mgx.tensor([1.0, 2.0], requires_grad=True)
        >>> mgx.autograd.backward((x * x).sum())
        >>> x.grad
        tensor([2., 4.])
    """
    roots, gradients = starts(tensors, grad_tensors)
    targets = None
    if inputs is not None:
        if isinstance(inputs, (tuple, list)) and not inputs:
            raise RuntimeError("'inputs' argument to backward() cannot be empty.")
        for x in as_sequence(inputs):
            x.retain_grad()
        targets = {edge_of(x) for x in as_sequence(inputs)}
    keep = create_graph if retain_graph is None else retain_graph
    found = backpropagate(roots, gradients, retain_graph=keep, create_graph=create_graph, targets=targets)
    for edge, g in found.items():
        if isinstance(edge, Leaf):
            deposit(edge, g)


def deposit(leaf: Leaf, g: Any) -> None:
    """Add a gradient to what the leaf has collected."""
    old = leaf.grad
    if old is None:
        leaf.grad = copied(g) if isinstance(g, Variable) else wrap(g)  # two leaves may have been given the same
    elif isinstance(g, Variable) or old.edge is not None:
        leaf.grad = old + (g if isinstance(g, Variable) else wrap(g))
    else:
        old.array += g
        mark_written(old.array)
    if leaf.hooks is not None:
        for hook in list(leaf.hooks.after.values()):
            if hook(leaf.variable()) is not None:
                raise RuntimeError("Tensor post accumulate grad hooks should return None.")


def grad(
    outputs: Any,
    inputs: Any,
    grad_outputs: Any = None,
    retain_graph: bool | None = None,
    create_graph: bool = False,
    only_inputs: bool = True,
    allow_unused: bool | None = None,
    is_grads_batched: bool = False,
    materialize_grads: bool = False,
) -> tuple[Any, ...]:
    """The gradients of ``outputs`` by ``inputs``; no ``.grad`` is touched.

    Args:
        outputs: A tensor, or a sequence of them.
        inputs: What to differentiate by: tensors that require grad, leaves or results.
        grad_outputs: The gradients by the outputs; may be None for a tensor of one element.
        retain_graph: Keep the saved values, to go back a second time. Default: ``create_graph``.
        create_graph: Record what is computed here, so that it can be differentiated again.
        only_inputs: Accepted; must be True.
        allow_unused: Give None for an input that the outputs do not depend on, instead of an error.
        is_grads_batched: Not supported; call once for each gradient.
        materialize_grads: Give zeros instead of None; with ``create_graph`` they can be differentiated, as the others.

    Returns: a tuple with one gradient for each input, of its shape.
    Raises: RuntimeError: as `backward`; or an input was not used and ``allow_unused`` is not set.
    Source: ``torch.autograd.grad``.

    Example:
        >>> x = mgx.tensor(2.0, requires_grad=True)
        >>> (dx,) = mgx.autograd.grad(x**3, x, create_graph=True)
        >>> mgx.autograd.grad(dx, x)
        (tensor(12.),)
    """
    if is_grads_batched:
        raise RuntimeError("grad: expected is_grads_batched=False; call grad once for each gradient")
    if not only_inputs:
        raise RuntimeError("grad: expected only_inputs=True; use backward() to collect gradients in the leaves")
    if materialize_grads and allow_unused is False:
        raise ValueError(
            "Expected allow_unused to be True or not passed when materialize_grads=True, but got: allow_unused=False."
        )
    wanted = as_sequence(inputs)
    edges = [edge_of(x) for x in wanted]
    roots, gradients = starts(outputs, grad_outputs)
    keep = create_graph if retain_graph is None else retain_graph
    found = backpropagate(roots, gradients, retain_graph=keep, create_graph=create_graph, targets=set(edges))
    result: list[Any] = []
    for i, (x, edge) in enumerate(zip(wanted, edges)):
        g = found.get(edge)
        if g is None and not (allow_unused or materialize_grads):
            raise RuntimeError(
                f"The differentiated Tensor at index {i} appears to not have been used in the graph. "
                "Set allow_unused=True if this is the desired behavior."
            )
        if g is None and materialize_grads:
            g = wrap(np.zeros_like(x.array)).requires_grad_(create_graph)
        result.append(g if g is None or isinstance(g, Variable) else wrap(g))
    return tuple(result)


def as_sequence(tensors: Any) -> Sequence[Any]:
    return (tensors,) if isinstance(tensors, Variable) else tuple(tensors)


def edge_of(tensor: Any) -> Edge:
    """The edge of a tensor that requires grad."""
    if tensor.alias is not None:
        tensor.alias.refresh(tensor)
    if tensor.edge is None:
        raise RuntimeError(
            "One of the differentiated Tensors does not require grad; call requires_grad_() before it is used"
        )
    edge: Edge = tensor.edge
    return edge


def starts(tensors: Any, grad_tensors: Any) -> tuple[list[Edge], list[Any]]:
    """Where the walk back starts, and with which gradients: arrays, or Variables with a graph of their own."""
    roots = as_sequence(tensors)
    given = [None] * len(roots) if grad_tensors is None else as_sequence(grad_tensors)
    if len(given) != len(roots):
        raise RuntimeError(f"got {len(roots)} tensors and {len(given)} gradients")
    edges: list[Edge] = []
    gradients: list[Any] = []
    for i, (root, g) in enumerate(zip(roots, given)):
        if root.alias is not None:
            root.alias.refresh(root)
        if root.edge is None:
            raise RuntimeError(
                f"element {i} of tensors does not require grad and does not have a grad_fn; "
                "nothing that it was computed from has requires_grad=True, or it was computed under no_grad()"
            )
        a = root.array
        if g is None:
            if a.size != 1:
                raise RuntimeError(
                    "grad can be implicitly created only for scalar outputs; "
                    f"this one has shape {list(a.shape)}: reduce it, with .sum() or .mean(), or pass gradient="
                )
            g = np.ones_like(a) if a.ndim else a.dtype.type(1)  # a NumPy scalar, as 0-d results are
        elif not isinstance(g, Variable):
            raise TypeError(f"gradients can be either Tensors or None, but got {type(g).__name__}")
        elif g.array.shape != a.shape:
            raise RuntimeError(
                f"Mismatch in shape: grad_output[{i}] has a shape of torch.Size({list(g.array.shape)}) and "
                f"output[{i}] has a shape of torch.Size({list(a.shape)})."
            )
        edges.append(root.edge)
        gradients.append(g)
    return edges, gradients
