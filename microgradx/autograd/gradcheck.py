"""`gradcheck`: every derivative against a difference quotient, and if one differs, what is wrong and where."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import Any

import numpy as np

from microgradx.autograd import numeric
from microgradx.autograd.blame import CUT, blamed
from microgradx.autograd.modes import enable_grad, recording
from microgradx.backward import grad
from microgradx.graph import Leaf, Variable, wrap

__all__ = ["GradcheckError", "gradcheck", "gradgradcheck"]


class GradcheckError(RuntimeError):
    """A gradient is wrong; the message says which, and where it went wrong."""


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
    check = _Check(func, inputs, eps, atol, rtol, nondet_tol)
    try:
        check.run_fast() if fast_mode else check.run()
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
    given = _as_tuple(inputs)
    if grad_outputs is None:
        rng = np.random.default_rng(0)
        upstream = []
        with enable_grad():
            outputs = _outputs(func, given)
        for out in outputs:
            array = out.array
            g = rng.normal(size=(*array.shape, 2) if gen_non_contig_grad_outputs else array.shape)
            g = np.asarray(g, array.dtype)
            upstream.append(_leaf(g[..., 0] if gen_non_contig_grad_outputs else g))
    else:
        upstream = list(_as_tuple(grad_outputs))
    places = [i for i, x in enumerate(given) if isinstance(x, Variable) and x.edge is not None]

    def gradients(*args: Any) -> tuple[Any, ...]:
        """What is differentiated: the gradients of ``func``, as a function of inputs and upstream gradients."""
        arguments, g = args[: len(given)], args[len(given) :]
        found = grad(_outputs(func, arguments), [arguments[i] for i in places], g, create_graph=True, allow_unused=True)
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


@dataclass
class _Mismatch:
    """One input and one output whose derivatives differ: rows are elements of the input, columns of the output."""

    input: int
    output: int
    analytic: np.ndarray
    numeric: np.ndarray
    rows: Sequence[int]  # which elements of the input
    columns: Callable[[np.ndarray], np.ndarray]  # takes them from a row of all outputs
    what: str = ""  # what the one column is, if it is not an element of the output


class _Check:
    """One run of gradcheck: the function, and copies of its inputs that may be moved."""

    def __init__(
        self, func: Callable[..., Any], inputs: Any, eps: float, atol: float, rtol: float, nondet_tol: float
    ) -> None:
        self.func = func
        self.inputs = _as_tuple(inputs)
        self.eps, self.atol, self.rtol, self.nondet_tol = eps, atol, rtol, nondet_tol
        self.places = [i for i, x in enumerate(self.inputs) if _is_checked(i, x)]
        if not self.places:
            raise ValueError(
                "gradcheck expects at least one input tensor to require gradient, but none of them have "
                "requires_grad=True."
            )
        self.arrays = {i: np.array(self.inputs[i].array, order="C") for i in self.places}
        self.rng = np.random.default_rng(0)

    # ---------------------------------------------------------------- calling the function

    def call(self) -> tuple[list[Any], list[Any]]:
        """The function at the present values: its outputs that have a gradient, and the inputs that it got."""
        leaves = [_leaf(np.copy(self.arrays[i])[()]) if i in self.arrays else x for i, x in enumerate(self.inputs)]
        with enable_grad():
            outputs = _outputs(self.func, leaves)
        return outputs, [leaves[i] for i in self.places]

    def values(self) -> np.ndarray:
        """All outputs that have a gradient, in a row."""
        outputs = self.call()[0]
        row = np.concatenate([np.asarray(out.array).reshape(-1) for out in outputs]) if outputs else np.zeros(0)
        if row.size != self.size:
            raise GradcheckError(
                f"gradcheck: expected outputs of the same shapes for inputs that differ by eps={self.eps:g}, got "
                f"{self.size} and {row.size} elements; do not let shapes depend on values"
            )
        return row

    def prepare(self) -> None:
        """Call the function, twice: it must give the same for the same inputs."""
        self.outputs, self.leaves = self.call()
        if not self.outputs:
            self.check_constant()
        shapes = [out.array.shape for out in self.outputs]
        sizes = [out.array.size for out in self.outputs]
        self.shapes, self.ends = shapes, np.cumsum([0, *sizes]).tolist()
        self.size = self.ends[-1]
        difference = np.abs(self.values() - self.values()).max(initial=0)
        if difference > self.nondet_tol:
            raise GradcheckError(
                f"func is not deterministic: called twice with the same inputs, its outputs differ by {difference:.3g} "
                f"(nondet_tol is {self.nondet_tol:g}).\nIt draws random numbers (dropout, noise), or keeps something "
                "between calls; put the model in eval mode, or set the seed inside of func."
            )

    def check_constant(self) -> None:
        """No output requires grad: then none may depend on an input."""

        def values() -> np.ndarray:
            leaves = [_leaf(np.copy(self.arrays[i])[()]) if i in self.arrays else x for i, x in enumerate(self.inputs)]
            found = [np.asarray(t.array).reshape(-1) for t in _as_tuple(self.func(*leaves)) if isinstance(t, Variable)]
            return np.concatenate([np.zeros(0), *found])

        for i in self.places:
            x = self.arrays[i]
            slope = np.add(*numeric.along(values, x, self.rng.normal(size=x.shape), self.eps))
            if np.abs(slope).max(initial=0) > 2 * self.atol:
                raise GradcheckError(
                    f"Numerical gradient for function expected to be zero: the outputs depend on input {i}, but do not "
                    f"require grad.\n{CUT}"
                )

    def pulled(self, k: int, g: np.ndarray) -> list[np.ndarray]:
        """The analytic gradients by the inputs, for an upstream gradient of output ``k``."""
        try:
            found = grad(self.outputs[k], self.leaves, wrap(g[()]), retain_graph=True, allow_unused=True)
        except Exception as error:
            raise GradcheckError(f"backward raised {type(error).__name__}: {error}\n{self.explained()}") from error
        return [
            np.zeros(leaf.array.shape) if dx is None else np.asarray(dx.array)
            for dx, leaf in zip(found, self.leaves, strict=True)
        ]

    def check_backward(self) -> None:
        """The backward pass must be the same each time, and proportional to its upstream gradient."""
        for k, out in enumerate(self.outputs):
            g = np.asarray(self.rng.normal(size=out.array.shape), out.array.dtype)
            first, second = self.pulled(k, g), self.pulled(k, g)
            for i, a, b in zip(self.places, first, second):
                if (difference := np.abs(a - b).max(initial=0)) > self.nondet_tol:
                    raise GradcheckError(
                        f"Backward is not reentrant, i.e., running backward with same input and grad_output multiple "
                        f"times gives different values: for output {k} and input {i} they differ by {difference:.3g} "
                        f"(nondet_tol is {self.nondet_tol:g}).\n{self.explained()}"
                    )
            zero = self.pulled(k, np.zeros_like(g))
            for i, a in zip(self.places, zero):
                if (a != 0).any():
                    raise GradcheckError(
                        f"backward not multiplied by grad_output: for output {k} and input {i} the gradient is not "
                        f"zero although the upstream gradient is.\n{self.explained()}"
                    )

    # ---------------------------------------------------------------- the two ways of checking

    def run(self) -> None:
        """Each element of each input against each element of each output."""
        self.prepare()
        analytic = [np.zeros((self.arrays[i].size, self.size)) for i in self.places]
        for k, shape in enumerate(self.shapes):
            for n in range(self.ends[k + 1] - self.ends[k]):
                g = np.zeros(shape, self.outputs[k].array.dtype)
                g.reshape(-1)[n] = 1
                for matrix, dx in zip(analytic, self.pulled(k, g)):
                    matrix[:, self.ends[k] + n] = dx.reshape(-1)
        for i, a in zip(self.places, analytic):
            x = self.arrays[i]
            found = numeric.jacobian(self.values, x, self.eps).reshape(x.size, self.size)
            for k in range(len(self.outputs)):
                part = slice(self.ends[k], self.ends[k + 1])
                self.compare(_Mismatch(i, k, a[:, part], found[:, part], range(x.size), itemgetter(part)))
        self.check_backward()

    def run_fast(self) -> None:
        """Random combinations: v · J · u from one backward pass, and from differences along u."""
        self.prepare()
        for _ in range(3):
            for k, (out, shape) in enumerate(zip(self.outputs, self.shapes)):
                v = _unit(self.rng, shape).astype(out.array.dtype)
                for i, dx in zip(self.places, self.pulled(k, v)):
                    x = self.arrays[i]
                    u = _unit(self.rng, x.shape)
                    left, right = numeric.along(self.values, x, u, self.eps)
                    slope = float((left + right)[self.ends[k] : self.ends[k + 1]] @ v.reshape(-1)) / 2
                    if not self.agree(float((dx * u).sum()), slope):
                        self.compare(self.sample(i, k, v, dx))
                        raise GradcheckError(
                            f"Jacobian mismatch for output {k} with respect to input {i}, in fast mode: along a random "
                            f"direction the analytic slope is {(dx * u).sum():.6g}, the numeric one {slope:.6g}; none "
                            f"of the elements that were looked at differs alone.\n{self.explained()}"
                        )
        self.check_backward()

    def sample(self, i: int, k: int, v: np.ndarray, dx: np.ndarray) -> _Mismatch:
        """Fast mode, once it has failed: the derivatives of v · output by some single elements."""
        x, given = self.arrays[i], dx.reshape(-1)
        largest = np.argsort(-np.abs(given))[:32]
        rows = np.unique([*largest, *self.rng.integers(0, x.size, 64)]).tolist()
        part = slice(self.ends[k], self.ends[k + 1])

        def combined(row: np.ndarray) -> np.ndarray:
            return np.asarray(row[part] @ v.reshape(-1, 1))

        slopes = np.array([combined(numeric.central(self.values, x, n, self.eps)) for n in rows])
        return _Mismatch(i, k, given[rows][:, None], slopes, rows, combined, "a random combination" if v.ndim else "")

    def agree(self, analytic: Any, found: Any) -> Any:
        with np.errstate(invalid="ignore"):
            return np.abs(analytic - found) <= self.atol + self.rtol * np.abs(found)

    def compare(self, m: _Mismatch) -> None:
        """Raise if the derivatives differ, and say all that can be found out."""
        wrong = ~self.agree(m.analytic, m.numeric)
        if not wrong.any():
            return
        head = f"Jacobian mismatch for output {m.output} with respect to input {m.input}"
        checked = "sampled entries" if m.what else "entries"
        text = [
            f"{head}:",
            f"{wrong.sum()} of {wrong.size} {checked} differ by more than {self.atol:g} + {self.rtol:g} * |numeric|",
            *self.table(m, wrong),
        ]
        text.append(self.rounding() or self.kinks(m, wrong) or self.explained())
        raise GradcheckError("\n".join(text))

    # ---------------------------------------------------------------- explaining

    def table(self, m: _Mismatch, wrong: np.ndarray) -> list[str]:
        """The worst entries, each with its place."""
        error = np.where(wrong, np.abs(m.analytic - m.numeric), -1.0)
        error[wrong & ~np.isfinite(error)] = np.inf
        rows = [("input", "output", "analytic", "numeric", "difference")]
        for n in np.argsort(-error, axis=None, kind="stable")[: min(5, int(wrong.sum()))]:
            r, c = divmod(int(n), m.numeric.shape[1])
            a, b = m.analytic[r, c], m.numeric[r, c]
            rows.append(
                (
                    _place(m.rows[r], self.arrays[m.input].shape),
                    m.what or _place(c, self.shapes[m.output]),
                    f"{a:.6g}", f"{b:.6g}", f"{a - b:.3g}",
                )
            )  # fmt: skip
        columns = [column for column in zip(*rows) if any(column[1:])]  # the place in a 0-d output says nothing
        widths = [max(map(len, column)) for column in columns]
        return ["  " + "  ".join(cell.rjust(w) for cell, w in zip(row, widths)) for row in zip(*columns)]

    def kinks(self, m: _Mismatch, wrong: np.ndarray) -> str:
        """What is to be said if all that differs lies at kinks, where there is no derivative; else nothing."""
        x = self.arrays[m.input]
        said = ""
        for r in np.flatnonzero(wrong.any(1))[:64]:
            # A bend, unlike a kink, looks straight from near enough.
            far, near = (
                [m.columns(a) for a in numeric.one_sided(self.values, x, m.rows[r], h)]
                for h in (self.eps, self.eps / 10)
            )
            for c in np.flatnonzero(wrong[r]):
                (left, right), jump = (far[0][c], far[1][c]), far[1][c] - far[0][c]
                straight = abs(jump) <= 10 * (self.atol + self.rtol * abs(m.numeric[r, c]))
                if straight or abs(near[1][c] - near[0][c]) < 0.5 * abs(jump):
                    return ""
                given = m.analytic[r, c]
                between = min(left, right) - self.atol <= given <= max(left, right) + self.atol
                said = said or (
                    f"At input{_place(m.rows[r], x.shape)} = {x.reshape(-1)[m.rows[r]]:.6g} there is a kink: the slope "
                    f"is {left:.4g} to the left and {right:.4g} to the right.\n"
                    + (
                        f"The analytic {given:.4g} lies between them: a convention, not a mistake. "
                        if between
                        else f"The analytic {given:.4g} does not lie between them. "
                    )
                    + "Check at a point that is some 10 eps away from it."
                )
        return said

    def rounding(self) -> str:
        """What the same check says in float64, if it was not done in float64."""
        if all(a.dtype == np.float64 for a in self.arrays.values()):
            return ""
        names = sorted({a.dtype.name for a in self.arrays.values() if a.dtype != np.float64})
        doubled = tuple(
            _leaf(self.arrays[i].astype(np.float64)[()]) if i in self.arrays
            else wrap(x.array.astype(np.float64)) if isinstance(x, Variable) and x.array.dtype.kind == "f"
            else x
            for i, x in enumerate(self.inputs)
        )  # fmt: skip
        try:
            _Check(self.func, doubled, 1e-6, self.atol, self.rtol, self.nondet_tol).run()
        except GradcheckError as error:
            return f"In float64 the check fails as well. {error}"
        except (RuntimeError, TypeError):
            return ""  # the function itself does not take float64
        return (
            f"The gradient is right: in float64 the same check passes. In {' and '.join(names)} a step of "
            f"eps={self.eps:g} is lost in\nrounding. Give inputs in float64: x.detach().double().requires_grad_()."
        )

    def explained(self) -> str:
        """Which operation is wrong, where, and how; or what follows if none is."""
        with recording():
            outputs, _ = self.call()
        return blamed([out.edge for out in outputs], self.rng)


def _as_tuple(values: Any) -> tuple[Any, ...]:
    return tuple(values) if isinstance(values, (tuple, list)) else (values,)


def _outputs(func: Callable[..., Any], inputs: Sequence[Any]) -> list[Any]:
    """The outputs of a function that have a gradient."""
    return [t for t in _as_tuple(func(*inputs)) if isinstance(t, Variable) and t.requires_grad]  # type: ignore[attr-defined]


def _leaf(array: Any) -> Any:
    """A tensor that requires grad, on an array of our own."""
    variable = wrap(array)
    variable.edge = Leaf(variable)
    return variable


def _is_checked(i: int, x: Any) -> bool:
    """Whether an input is to be checked; raises if it cannot be."""
    if not isinstance(x, Variable) or x.edge is None:
        return False
    if x.array.dtype != np.float64:
        warnings.warn(
            f"Input #{i} requires gradient and is not a double precision floating point or complex. This check will "
            "likely fail if all the inputs are not of double precision floating point or complex. ",
            stacklevel=5,
        )
    if x.array.size and any(stride == 0 and n > 1 for stride, n in zip(x.array.strides, x.array.shape)):
        raise RuntimeError(
            f"The {i}th input has a dimension with stride 0. gradcheck only supports inputs that are non-overlapping "
            "to be able to compute the numerical gradients correctly. You should call .contiguous on the input before "
            "passing it to gradcheck."
        )
    return True


def _unit(rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    """A random direction of length 1."""
    u = rng.normal(size=shape)
    return np.asarray(u / (np.sqrt((u * u).sum()) or 1.0))


def _place(n: int, shape: tuple[int, ...]) -> str:
    """The index of an element, as one would write it."""
    return "[" + ", ".join(str(int(k)) for k in np.unravel_index(n, shape)) + "]" if shape else ""
