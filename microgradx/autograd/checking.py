"""`gradcheck`: every derivative against a difference quotient, and if one differs, what is wrong and where."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from microgradx.autograd.check import Check, GradcheckError, as_tuple, differentiable, leaf
from microgradx.autograd.modes import enable_grad
from microgradx.backward import grad
from microgradx.graph import Variable

__all__ = ["GradcheckError", "gradcheck", "gradgradcheck"]


def gradcheck(
    func: Callable[..., Any],
    inputs: Any,
    *,
    eps: float = 1e-6,
    atol: float = 1e-5,
    rtol: float = 1e-3,
    raise_exception: bool = True,
    nondet_tol: float = 0.0,
    check_undefined_grad: bool = True,
    check_grad_dtypes: bool = False,
    check_batched_grad: bool = False,
    check_batched_forward_grad: bool = False,
    check_forward_ad: bool = False,
    check_backward_ad: bool = True,
    fast_mode: bool = False,
    masked: bool | None = None,
) -> bool:
    """Check the gradients of ``func`` at ``inputs`` against central differences.

    If they differ, each operation that ``func`` recorded is checked on its own, with the values that it met,
    in float64. The error names the one whose derivative is wrong, the line that used it, and the likely
    mistake.

    Args:
        func: Takes the inputs; returns a tensor or a tuple of tensors. Outputs without a gradient are ignored.
        inputs: A tensor or a tuple; those that require grad are checked. They should be float64.
        eps: The step of the differences.
        atol: Absolute tolerance: ``|analytic - numeric| <= atol + rtol * |numeric|``.
        rtol: Relative tolerance.
        raise_exception: Raise if the check fails; else return False.
        nondet_tol: By how much results for the same inputs may differ.
        check_undefined_grad: Accepted: an output that nothing is computed from always counts as zero.
        check_grad_dtypes: Accepted: a gradient always has the dtype of its input.
        check_batched_grad: Not supported, as all of forward mode is not: there is no ``vmap``.
        check_batched_forward_grad: Not supported.
        check_forward_ad: Not supported.
        check_backward_ad: Must be True.
        fast_mode: Compare a few random combinations of all elements instead of each element: some six calls of
            ``func`` for each input instead of two for each element of it, and as many backward passes.
        masked: Accepted; there are no sparse tensors.

    Returns: True if all gradients agree; False if not, and ``raise_exception`` is False.
    Raises:
        GradcheckError: a gradient differs; or ``func`` is not deterministic, or its backward.
        ValueError: no input requires grad.
        RuntimeError: an input repeats elements in memory, as after ``expand``.
    Source: ``torch.autograd.gradcheck``.

    Example:
        >>> x = mgx.tensor([0.5, 2.0], dtype=mgx.float64, requires_grad=True)
        >>> mgx.autograd.gradcheck(lambda x: (x * x.exp()).sum(), (x,))
        True
    """
    if check_forward_ad or check_batched_grad or check_batched_forward_grad or not check_backward_ad:
        raise NotImplementedError(
            "gradcheck: expected check_backward_ad=True and the forward and batched checks False; "
            "microgradx has no forward mode and no vmap"
        )
    check = Check(func, inputs, eps, atol, rtol, nondet_tol, fast_mode)
    try:
        with np.errstate(all="ignore"):  # what is infinite differs, and the table shows it
            check.run()
    except GradcheckError:
        if raise_exception:
            raise
        return False
    return True


def gradgradcheck(
    func: Callable[..., Any],
    inputs: Any,
    grad_outputs: Any = None,
    *,
    eps: float = 1e-6,
    atol: float = 1e-5,
    rtol: float = 1e-3,
    gen_non_contig_grad_outputs: bool = False,
    raise_exception: bool = True,
    nondet_tol: float = 0.0,
    check_undefined_grad: bool = True,
    check_grad_dtypes: bool = False,
    check_batched_grad: bool = False,
    check_fwd_over_rev: bool = False,
    check_rev_over_rev: bool = True,
    fast_mode: bool = False,
    masked: bool = False,
) -> bool:
    """Check the gradients of the gradients of ``func``, by its inputs and by the upstream gradients.

    Args:
        func: Takes the inputs; returns a tensor or a tuple of tensors.
        inputs: A tensor or a tuple; those that require grad are checked. They should be float64.
        grad_outputs: The upstream gradients, one for each output that requires grad; random by default.
        gen_non_contig_grad_outputs: Random upstream gradients get strides that are not contiguous.
        check_fwd_over_rev: Not supported: there is no forward mode.
        check_rev_over_rev: Must be True.
        eps, atol, rtol, raise_exception, nondet_tol, check_undefined_grad, check_grad_dtypes, check_batched_grad,
            fast_mode, masked: As for `gradcheck`.

    Returns: True if all agree; False if not, and ``raise_exception`` is False.
    Raises: as `gradcheck`.
    Source: ``torch.autograd.gradgradcheck``.

    Example:
        >>> x = mgx.tensor([0.5, 2.0], dtype=mgx.float64, requires_grad=True)
        >>> mgx.autograd.gradgradcheck(lambda x: x**3, (x,))
        True
    """
    if check_fwd_over_rev or not check_rev_over_rev:
        raise NotImplementedError(
            "gradgradcheck: expected check_rev_over_rev=True only; microgradx has no forward mode"
        )
    given = as_tuple(inputs)
    if grad_outputs is None:
        rng = np.random.default_rng(0)
        upstream = []
        with enable_grad():
            outputs = differentiable(as_tuple(func(*given)))
        for array in (out.array for out in outputs):
            g = rng.normal(size=(*array.shape, 2) if gen_non_contig_grad_outputs else array.shape)
            g = np.asarray(g, array.dtype)
            upstream.append(leaf(g[..., 0] if gen_non_contig_grad_outputs else g))
    else:
        upstream = list(as_tuple(grad_outputs))
    places = [i for i, x in enumerate(given) if isinstance(x, Variable) and x.edge is not None]

    def gradients(*args: Any) -> tuple[Any, ...]:
        """What is differentiated: the gradients of ``func``, as a function of inputs and upstream gradients."""
        arguments, g = args[: len(given)], args[len(given) :]
        outputs = differentiable(as_tuple(func(*arguments)))
        found = grad(outputs, [arguments[i] for i in places], g, create_graph=True, allow_unused=True)
        return tuple(x for x in found if x is not None)

    return gradcheck(
        gradients,
        (*given, *upstream),
        eps=eps,
        atol=atol,
        rtol=rtol,
        raise_exception=raise_exception,
        nondet_tol=nondet_tol,
        check_undefined_grad=check_undefined_grad,
        check_grad_dtypes=check_grad_dtypes,
        check_batched_grad=check_batched_grad,
        fast_mode=fast_mode,
        masked=masked,
    )
