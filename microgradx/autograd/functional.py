"""Derivatives of functions: `vjp`, `jvp`, `jacobian`, `hessian`, `hvp`, `vhp`.

Reverse mode multiplies a vector from the left with the Jacobian, one backward pass for each. A product from
the right is the *derivative of that product by its vector*: v ↦ vJ is linear, so differentiating it by v
in direction u gives Ju. That is two backward passes, whatever the number of inputs.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from microgradx.autograd.modes import enable_grad, is_grad_enabled, set_grad_enabled
from microgradx.backward import grad
from microgradx.creation import zeros, zeros_like
from microgradx.graph import Variable
from microgradx.ops.shape import stack

__all__ = ["hessian", "hvp", "jacobian", "jvp", "vhp", "vjp"]

Tensors = tuple[Any, ...]
STRICT = "This is not allowed in strict mode"


def vjp(
    func: Callable[..., Any], inputs: Any, v: Any = None, create_graph: bool = False, strict: bool = False
) -> tuple[Any, Any]:
    """The vector-Jacobian product v·J of ``func`` at ``inputs``.

    Args:
        func: Takes the inputs; returns a tensor or a tuple of tensors.
        inputs: A tensor or a tuple of tensors.
        v: One tensor for each output, of its shape; may be None if the output is one number.
        create_graph: Let the result be differentiable.
        strict: Raise where an output does not depend on an input, instead of giving zeros.

    Returns: ``(func(*inputs), product)``; the product has the structure and shapes of ``inputs``.
    Raises: RuntimeError: ``v`` has another structure or shape than the output; or ``strict``.
    Source: ``torch.autograd.functional.vjp``.

    Example:
        >>> x = mgx.tensor([1.0, 2.0, 3.0])
        >>> mgx.autograd.functional.vjp(lambda x: x * x, x, mgx.tensor([1.0, 0.0, 2.0]))
        (tensor([1., 4., 9.]), tensor([ 2.,  0., 12.]))
    """
    with enable_grad():
        one_input, inputs, outputs, one_output = _run("vjp", func, inputs, create_graph, strict)
        if v is None and (len(outputs) != 1 or outputs[0].numel() != 1):
            raise RuntimeError(
                "The vector v can only be None if the user-provided function returns a single Tensor with a single "
                "element."
            )
        v = _vector("vjp", v, outputs, one_output, create_graph)
    with set_grad_enabled(create_graph or is_grad_enabled()):
        product = _grad(outputs, inputs, v, create_graph)
        why = f"The output of the user-provided function is independent of input {{}}. {STRICT}."
        product = _filled(product, inputs, strict, why, create_graph)
    return _given(outputs, one_output, create_graph), _given(product, one_input, create_graph)


def jvp(
    func: Callable[..., Any], inputs: Any, v: Any = None, create_graph: bool = False, strict: bool = False
) -> tuple[Any, Any]:
    """The Jacobian-vector product J·v of ``func`` at ``inputs``: how the outputs move if the inputs move along ``v``.

    Args:
        func: Takes the inputs; returns a tensor or a tuple of tensors.
        inputs: A tensor or a tuple of tensors.
        v: One tensor for each input, of its shape; may be None if the input is one number.
        create_graph: Let the result be differentiable.
        strict: Raise where an output does not depend on an input, instead of giving zeros.

    Returns: ``(func(*inputs), product)``; the product has the structure and shapes of the outputs.
    Raises: RuntimeError: ``v`` has another structure or shape than ``inputs``; or ``strict``.
    Source: ``torch.autograd.functional.jvp``; by differentiating the vector-Jacobian product by its vector.

    Example:
        >>> x = mgx.tensor([1.0, 2.0, 3.0])
        >>> mgx.autograd.functional.jvp(lambda x: (x * x).sum(), x, mgx.tensor([1.0, 0.0, 2.0]))
        (tensor(14.), tensor(14.))
    """
    with enable_grad():
        inputs, one_input = _as_tuple("jvp", "inputs", inputs)
        if v is None and (len(inputs) != 1 or inputs[0].numel() != 1):
            raise RuntimeError(
                "The vector v can only be None if the input to the user-provided function is a single Tensor with a "
                "single element."
            )
        v = _vector("jvp", v, inputs, one_input, create_graph)
        _, inputs, outputs, one_output = _run("jvp", func, inputs, create_graph, strict)
        # The product vJ is linear in v: the v at which it is differentiated does not matter.
        any_v = tuple(zeros_like(out).requires_grad_() for out in outputs)
        pulled = _grad(outputs, inputs, any_v, create_graph=True)
        _check_depends(
            pulled,
            strict,
            "The gradient with respect to input {} is independent of the inputs of the user-provided function.",
        )
    with set_grad_enabled(create_graph or is_grad_enabled()):
        product = _grad(pulled, any_v, v, create_graph)
        why = (
            "The gradient with respect to the input is independent of entry {} in the grad_outputs when using the "
            f"double backward trick to compute forward mode gradients. {STRICT}."
        )
        product = _filled(product, outputs, strict, why, create_graph)
    return _given(outputs, one_output, create_graph), _given(product, one_output, create_graph)


def jacobian(
    func: Callable[..., Any],
    inputs: Any,
    create_graph: bool = False,
    strict: bool = False,
    vectorize: bool = False,
    strategy: str = "reverse-mode",
) -> Any:
    """All partial derivatives of ``func`` at ``inputs``.

    Args:
        func: Takes the inputs; returns a tensor or a tuple of tensors.
        inputs: A tensor or a tuple of tensors.
        create_graph: Let the result be differentiable.
        strict: Raise where an output does not depend on an input, instead of giving zeros.
        vectorize: Accepted, and changes nothing: there is one backward pass for each element of the outputs.
        strategy: ``"reverse-mode"``, or ``"forward-mode"``, which gives the same numbers in the same way.

    Shape:
        ``(*output.shape, *input.shape)``; a tuple if there are several inputs or outputs, ``J[output][input]``
        if both.
    Raises: RuntimeError: ``strict``, and an output does not depend on an input.
    Source: ``torch.autograd.functional.jacobian``.

    Example:
        >>> mgx.autograd.functional.jacobian(lambda x: x.cumsum(0), mgx.ones(3))
        tensor([[1., 0., 0.],
                [1., 1., 0.],
                [1., 1., 1.]])
    """
    if strategy not in ("forward-mode", "reverse-mode"):
        raise AssertionError(
            f'Expected strategy to be either "forward-mode" or "reverse-mode", got {strategy!r}; both give the same.'
        )
    with enable_grad():
        one_input, inputs, outputs, one_output = _run("jacobian", func, inputs, create_graph, strict)
        result: list[Tensors] = []
        for i, out in enumerate(outputs):
            why = f"Output {i} of the user-provided function is independent of input {{}}. {STRICT}."
            flat = out.reshape(-1)
            rows = [
                _filled(
                    _grad((flat[k],), inputs, None, create_graph, retain_graph=True), inputs, strict, why, create_graph
                )
                for k in range(out.numel())
            ]
            columns = zip(*rows) if rows else ([],) * len(inputs)
            result.append(
                tuple(
                    stack(list(column)).reshape((*out.shape, *x.shape))
                    if column
                    else zeros(*out.shape, *x.shape, dtype=x.dtype)
                    for column, x in zip(columns, inputs)
                )
            )
    each = tuple(_given(row, one_input, create_graph) for row in result)
    return each[0] if one_output else each


def hessian(
    func: Callable[..., Any],
    inputs: Any,
    create_graph: bool = False,
    strict: bool = False,
    vectorize: bool = False,
    outer_jacobian_strategy: str = "reverse-mode",
) -> Any:
    """All second partial derivatives of ``func``, which returns one number.

    Args:
        func: Takes the inputs; returns a tensor of one element.
        inputs: A tensor or a tuple of tensors.
        create_graph: Let the result be differentiable.
        strict: Raise where a derivative does not depend on an input, instead of giving zeros.
        vectorize: Accepted, and changes nothing.
        outer_jacobian_strategy: As ``strategy`` of `jacobian`.

    Shape:
        ``(*input.shape, *input.shape)``; with several inputs ``H[i][j]`` is by input i, then by input j.
    Raises: RuntimeError: ``func`` returns anything but one number; or ``strict``.
    Source: ``torch.autograd.functional.hessian``.

    Example:
        >>> mgx.autograd.functional.hessian(lambda x: x.prod(), mgx.tensor([2.0, 3.0, 5.0]))
        tensor([[0., 5., 3.],
                [5., 0., 2.],
                [3., 2., 0.]])
    """
    inputs, one_input = _as_tuple("hessian", "inputs", inputs)

    def gradient(*values: Any) -> Tensors:
        def number(*again: Any) -> Any:
            return _number("hessian", func(*again), strict).squeeze()

        rows: Tensors = jacobian(number, values, create_graph=True)
        _check_depends(
            rows, strict, f"{_HESSIAN}found that the jacobian with respect to input {{}} is independent of the input."
        )
        return rows

    result = jacobian(gradient, inputs, create_graph, strict, vectorize, outer_jacobian_strategy)
    return result[0][0] if one_input else result


def vhp(
    func: Callable[..., Any], inputs: Any, v: Any = None, create_graph: bool = False, strict: bool = False
) -> tuple[Any, Any]:
    """The vector-Hessian product v·H of ``func``, which returns one number: a gradient, and its gradient along ``v``.

    Args:
        func: Takes the inputs; returns a tensor of one element.
        inputs: A tensor or a tuple of tensors.
        v: One tensor for each input, of its shape; may be None if the input is one number.
        create_graph: Let the result be differentiable.
        strict: Raise where a derivative does not depend on an input, instead of giving zeros.

    Returns: ``(func(*inputs), product)``; the product has the structure and shapes of ``inputs``.
    Raises: RuntimeError: ``func`` returns anything but one number; or ``v`` has another shape; or ``strict``.
    Source: ``torch.autograd.functional.vhp``.

    Example:
        >>> x = mgx.tensor([1.0, 2.0])
        >>> mgx.autograd.functional.vhp(lambda x: (x**3).sum(), x, mgx.ones(2))
        (tensor(9.), tensor([ 6., 12.]))
    """
    with enable_grad():
        inputs, one_input, v, output, gradient = _first_order("vhp", func, inputs, v, create_graph, strict)
    with set_grad_enabled(create_graph or is_grad_enabled()):
        product = _grad(gradient, inputs, v, create_graph)
        why = f"The jacobian of the user-provided function is independent of input {{}}. {STRICT}."
        product = _filled(product, inputs, strict, why, create_graph)
    return _given((output,), True, create_graph), _given(product, one_input, create_graph)


def hvp(
    func: Callable[..., Any], inputs: Any, v: Any = None, create_graph: bool = False, strict: bool = False
) -> tuple[Any, Any]:
    """The Hessian-vector product H·v of ``func``, which returns one number.

    The Hessian of a twice continuously differentiable function is symmetric: then `vhp` gives the same with
    one backward pass less.

    Args:
        func: Takes the inputs; returns a tensor of one element.
        inputs: A tensor or a tuple of tensors.
        v: One tensor for each input, of its shape; may be None if the input is one number.
        create_graph: Let the result be differentiable.
        strict: Raise where a derivative does not depend on an input, instead of giving zeros.

    Returns: ``(func(*inputs), product)``; the product has the structure and shapes of ``inputs``.
    Raises: RuntimeError: ``func`` returns anything but one number; or ``v`` has another shape; or ``strict``.
    Source: ``torch.autograd.functional.hvp``.

    Example:
        >>> x = mgx.tensor([1.0, 2.0])
        >>> mgx.autograd.functional.hvp(lambda x: x[0] ** 2 * x[1], x, mgx.tensor([1.0, 0.0]))
        (tensor(2.), tensor([4., 2.]))
    """
    with enable_grad():
        inputs, one_input, v, output, gradient = _first_order("hvp", func, inputs, v, create_graph, strict)
        any_v = tuple(zeros_like(x).requires_grad_() for x in inputs)
        pulled = _grad(gradient, inputs, any_v, create_graph=True)
    with set_grad_enabled(create_graph or is_grad_enabled()):
        product = _grad(pulled, any_v, v, create_graph)
        why = (
            "The hessian of the user-provided function is independent of entry {} in the grad_jacobian. "
            f"{STRICT} as it prevents from using the double backward trick to replace forward mode AD."
        )
        product = _filled(product, inputs, strict, why, create_graph)
    return _given((output,), True, create_graph), _given(product, one_input, create_graph)


_HESSIAN = "While computing the hessian, "


def _run(
    name: str, func: Callable[..., Any], inputs: Any, create_graph: bool, strict: bool
) -> tuple[bool, Tensors, Tensors, bool]:
    """Call ``func`` on inputs that require grad and are nobody else's."""
    inputs, one_input = _as_tuple(name, "inputs", inputs)
    inputs = tuple(_fresh(x, create_graph, True) for x in inputs)
    outputs, one_output = _as_tuple(name, "outputs of the user-provided function", func(*inputs))
    _check_differentiable(outputs, strict)
    return one_input, inputs, outputs, one_output


def _first_order(
    name: str, func: Callable[..., Any], inputs: Any, v: Any, create_graph: bool, strict: bool
) -> tuple[Tensors, bool, Tensors | None, Any, Tensors]:
    """What both products with a Hessian begin with: the value and a gradient that can be differentiated."""
    inputs, one_input = _as_tuple(name, "inputs", inputs)
    if v is None and (len(inputs) != 1 or inputs[0].numel() != 1):
        raise RuntimeError(
            "The vector v can only be None if the input to the user-provided function is a single Tensor with a "
            "single element."
        )
    v = _vector(name, v, inputs, one_input, create_graph)
    inputs = tuple(_fresh(x, create_graph, True) for x in inputs)
    output = _number(name, func(*inputs), strict)
    gradient = _grad((output,), inputs, None, create_graph=True)
    _check_depends(
        gradient, strict, f"{_HESSIAN}found that the jacobian with respect to input {{}} is independent of the input."
    )
    return inputs, one_input, v, output, gradient


def _number(name: str, output: Any, strict: bool) -> Any:
    if not isinstance(output, Variable):
        raise RuntimeError(f"The function given to {name} should return a single Tensor, got {type(output).__name__}")
    _check_differentiable((output,), strict)
    if output.array.size != 1:
        raise RuntimeError(
            f"The Tensor returned by the function given to {name} should contain a single element, got shape "
            f"{list(output.array.shape)}; reduce it, for example with .sum()"
        )
    return output


def _as_tuple(name: str, what: str, tensors: Any) -> tuple[Tensors, bool]:
    """Tensors as a tuple, and whether there was just one, not in a tuple."""
    one = not isinstance(tensors, tuple)
    tensors = (tensors,) if one else tensors
    for i, value in enumerate(tensors):
        if not isinstance(value, Variable):
            which = f"given {what} has type" if one else f"value at index {i} has type"
            raise TypeError(
                f"The {what} given to {name} must be either a Tensor or a tuple of Tensors but the {which} "
                f"{type(value)}."
            )
    return tensors, one


def _fresh(x: Any, create_graph: bool, requires_grad: bool) -> Any:
    """A tensor of our own with the same value: if ``func`` captured the one it is given, that is another one."""
    return x.view_as(x) if create_graph and x.requires_grad else x.detach().requires_grad_(requires_grad)


def _vector(name: str, v: Any, like: Tensors, one: bool, create_graph: bool) -> Tensors | None:
    """The vector to multiply with, in the structure that is needed."""
    if v is None:
        return None
    vectors, _ = _as_tuple(name, "v", v)
    if len(vectors) != len(like):
        raise RuntimeError(
            "The given v should contain a single Tensor." if one
            else f"v is a tuple of invalid length: should be {len(like)} but got {len(vectors)}."
        )  # fmt: skip
    for i, (x, y) in enumerate(zip(vectors, like)):
        if x.shape != y.shape:
            which = "" if one else f"Entry {i} in "
            raise RuntimeError(f"{which}v has invalid size: should be {y.shape} but got {x.shape}.")
    return tuple(_fresh(x, create_graph, False) for x in vectors)


def _grad(
    outputs: Tensors, inputs: Tensors, v: Tensors | None, create_graph: bool, retain_graph: bool | None = None
) -> Tensors:
    """`grad`, but outputs that are constant, or None, count for nothing."""
    v = v or (None,) * len(outputs)
    useful = [(out, g) for out, g in zip(outputs, v, strict=True) if out is not None and out.requires_grad]
    if not useful:
        return (None,) * len(inputs)
    roots, gradients = zip(*useful)
    return grad(roots, inputs, gradients, retain_graph, create_graph, allow_unused=True)


def _filled(gradients: Tensors, like: Tensors, strict: bool, why: str, create_graph: bool) -> Tensors:
    """Zeros for what is None; with ``strict`` an error."""
    for i, g in enumerate(gradients):
        if strict and g is None:
            raise RuntimeError(why.format(i))
        if strict and create_graph and not g.requires_grad:
            raise RuntimeError(
                f"The jacobian of the user-provided function is independent of input {i}. {STRICT} when "
                "create_graph=True."
            )
    return tuple(zeros_like(x) if g is None else g for g, x in zip(gradients, like))


def _check_differentiable(outputs: Tensors, strict: bool) -> None:
    for i, out in enumerate(outputs):
        if strict and not out.requires_grad:
            raise RuntimeError(
                f"Output {i} of the user-provided function does not require gradients. The outputs must be computed in "
                "a differentiable manner from the input when running in strict mode."
            )


def _check_depends(gradients: Tensors, strict: bool, why: str) -> None:
    for i, g in enumerate(gradients):
        if strict and g is None:
            raise RuntimeError(f"The output of the user-provided function is independent of input {i}. {STRICT}.")
        if strict and not g.requires_grad:
            raise RuntimeError(f"{why.format(i)} {STRICT}.")


def _given(tensors: Tensors, one: bool, create_graph: bool) -> Any:
    """Results as they are handed out: without a graph, unless it was asked for."""
    if not create_graph:
        tensors = tuple(t.detach() for t in tensors)
    return tensors[0] if one else tensors
