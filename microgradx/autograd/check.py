"""One run of gradcheck: the derivatives of a function, by both ways, and what is said if they differ."""

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


class GradcheckError(RuntimeError):
    """A gradient is wrong; the message says which, and where it went wrong."""


@dataclass
class Mismatch:
    """One input and one output whose derivatives differ: rows are elements of the input, columns of the output."""

    input: int
    output: int
    analytic: np.ndarray
    numeric: np.ndarray
    rows: Sequence[int]  # which elements of the input
    columns: Callable[[np.ndarray], np.ndarray]  # takes them from a row of all outputs
    what: str = ""  # what the one column is, if it is not an element of the output


class Check:
    """One run of gradcheck: the function, and copies of its inputs that may be moved."""

    def __init__(
        self,
        func: Callable[..., Any],
        inputs: Any,
        eps: float,
        atol: float,
        rtol: float,
        nondet_tol: float,
        fast: bool,
    ) -> None:
        self.func = func
        self.inputs = as_tuple(inputs)
        self.eps, self.atol, self.rtol, self.nondet_tol = eps, atol, rtol, nondet_tol
        self.fast = fast
        self.places: list[int] = []
        for i, x in enumerate(self.inputs):
            if is_checked(i, x):
                self.places.append(i)
        if not self.places:
            raise ValueError(
                "gradcheck expects at least one input tensor to require gradient, but none of them have "
                "requires_grad=True."
            )
        self.arrays = {i: np.array(self.inputs[i].array, order="C") for i in self.places}
        self.rng = np.random.default_rng(0)

    # ---------------------------------------------------------------- calling the function

    def copy(self, i: int) -> Any:
        """The present value of an input, on memory that is contiguous only if that of the input is."""
        array = self.arrays[i]
        contiguous = np.asarray(self.inputs[i].array).flags.c_contiguous
        return np.copy(array)[()] if contiguous else np.stack([array, array], -1)[..., 0]

    def call(self) -> tuple[tuple[Any, ...], list[Any]]:
        """The function at the present values: its outputs, and the inputs that it got."""
        given = [leaf(self.copy(i)) if i in self.arrays else x for i, x in enumerate(self.inputs)]
        with enable_grad():
            return as_tuple(self.func(*given)), [given[i] for i in self.places]

    def values(self) -> np.ndarray:
        """All outputs that have a gradient, in a row."""
        row = in_a_row(differentiable(self.call()[0]))
        if row.size != self.size:
            raise GradcheckError(
                f"gradcheck: expected outputs of the same shapes for inputs that differ by eps={self.eps:g}, got "
                f"{self.size} and {row.size} elements; do not let shapes depend on values"
            )
        return row

    def prepare(self) -> None:
        """Call the function, twice: it must give the same for the same inputs."""
        outputs, self.leaves = self.call()
        self.outputs = differentiable(outputs)
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
            return in_a_row([t for t in self.call()[0] if isinstance(t, Variable)])

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
        """Raise if a derivative differs."""
        self.prepare()
        if self.fast:
            self.compare_combinations()
        else:
            self.compare_elements()
        self.check_backward()

    def compare_elements(self) -> None:
        """Each element of each input against each element of each output."""
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
                self.compare(Mismatch(i, k, a[:, part], found[:, part], range(x.size), itemgetter(part)))

    def compare_combinations(self) -> None:
        """Random combinations: v · J · u from one backward pass, and from differences along u."""
        for _ in range(3):
            for k, (out, shape) in enumerate(zip(self.outputs, self.shapes)):
                v = unit_vector(self.rng, shape).astype(out.array.dtype)
                for i, dx in zip(self.places, self.pulled(k, v)):
                    x = self.arrays[i]
                    u = unit_vector(self.rng, x.shape)
                    left, right = numeric.along(self.values, x, u, self.eps)
                    slope = float((left + right)[self.ends[k] : self.ends[k + 1]] @ v.reshape(-1)) / 2
                    if not self.agree(float((dx * u).sum()), slope):
                        self.compare(self.sample(i, k, v, dx))
                        raise GradcheckError(
                            f"Jacobian mismatch for output {k} with respect to input {i}, in fast mode: along a random "
                            f"direction the analytic slope is {(dx * u).sum():.6g}, the numeric one {slope:.6g}; none "
                            f"of the elements that were looked at differs alone.\n{self.rounding() or self.explained()}"
                        )

    def sample(self, i: int, k: int, v: np.ndarray, dx: np.ndarray) -> Mismatch:
        """Fast mode, once it has failed: the derivatives of v · output by some single elements."""
        x, given = self.arrays[i], dx.reshape(-1)
        largest = np.argsort(-np.abs(given))[:32]
        rows = np.unique([*largest, *self.rng.integers(0, x.size, 64)]).tolist()
        part = slice(self.ends[k], self.ends[k + 1])

        def combined(row: np.ndarray) -> np.ndarray:
            return np.asarray(row[part] @ v.reshape(-1, 1))

        slopes = np.array([combined(numeric.central(self.values, x, n, self.eps)) for n in rows])
        return Mismatch(i, k, given[rows][:, None], slopes, rows, combined, "a random combination" if v.ndim else "")

    def agree(self, analytic: Any, found: Any) -> Any:
        return np.abs(analytic - found) <= self.atol + self.rtol * np.abs(found)

    def compare(self, m: Mismatch) -> None:
        """Raise if the derivatives differ, and say all that can be found out."""
        wrong = ~self.agree(m.analytic, m.numeric)
        if not wrong.any():
            return
        head = f"Jacobian mismatch for output {m.output} with respect to input {m.input}"
        checked = "entries" if len(m.rows) == self.arrays[m.input].size else "sampled entries"
        text = [
            f"{head}:",
            f"{wrong.sum()} of {wrong.size} {checked} differ by more than {self.atol:g} + {self.rtol:g} * |numeric|",
            *self.table(m, wrong),
        ]
        text.append(self.rounding() or self.kinks(m, wrong) or self.explained())
        raise GradcheckError("\n".join(text))

    # ---------------------------------------------------------------- explaining

    def table(self, m: Mismatch, wrong: np.ndarray) -> list[str]:
        """The worst entries, each with its place."""
        error = np.where(wrong, np.abs(m.analytic - m.numeric), -1.0)
        error[wrong & ~np.isfinite(error)] = np.inf
        rows = [("input", "output", "analytic", "numeric", "difference")]
        for n in np.argsort(-error, axis=None, kind="stable")[: min(5, int(wrong.sum()))]:
            r, c = divmod(int(n), m.numeric.shape[1])
            a, b = m.analytic[r, c], m.numeric[r, c]
            rows.append(
                (
                    place_of(m.rows[r], self.arrays[m.input].shape),
                    m.what or place_of(c, self.shapes[m.output]),
                    f"{a:.6g}", f"{b:.6g}", f"{a - b:.3g}",
                )
            )  # fmt: skip
        columns = [column for column in zip(*rows) if any(column[1:])]  # the place in a 0-d output says nothing
        widths = [max(map(len, column)) for column in columns]
        return ["  " + "  ".join(cell.rjust(w) for cell, w in zip(row, widths)) for row in zip(*columns)]

    def kinks(self, m: Mismatch, wrong: np.ndarray) -> str:
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
                    f"At input{place_of(m.rows[r], x.shape)} = {x.reshape(-1)[m.rows[r]]:.6g} there is a kink: the "
                    f"slope is {left:.4g} to the left and {right:.4g} to the right.\n"
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
            leaf(self.arrays[i].astype(np.float64)[()]) if i in self.arrays
            else wrap(x.array.astype(np.float64)) if isinstance(x, Variable) and x.array.dtype.kind == "f"
            else x
            for i, x in enumerate(self.inputs)
        )  # fmt: skip
        try:
            Check(self.func, doubled, 1e-6, self.atol, self.rtol, self.nondet_tol, self.fast).run()
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
        return blamed([out.edge for out in differentiable(outputs)], self.rng)


def as_tuple(values: Any) -> tuple[Any, ...]:
    return tuple(values) if isinstance(values, (tuple, list)) else (values,)


def differentiable(outputs: tuple[Any, ...]) -> list[Any]:
    """The outputs that have a gradient."""
    return [t for t in outputs if isinstance(t, Variable) and t.requires_grad]  # type: ignore[attr-defined]


def in_a_row(tensors: list[Any]) -> np.ndarray:
    return np.concatenate([np.zeros(0), *(np.asarray(t.array).reshape(-1) for t in tensors)])


def leaf(array: Any) -> Any:
    """A tensor that requires grad, on an array of our own."""
    variable = wrap(array)
    variable.edge = Leaf(variable)
    return variable


def is_checked(i: int, x: Any) -> bool:
    """Whether an input is to be checked; raises if it cannot be."""
    if not isinstance(x, Variable) or x.edge is None:
        return False
    if x.array.dtype != np.float64:
        warnings.warn(
            f"Input #{i} requires gradient and is not a double precision floating point or complex. This check will "
            "likely fail if all the inputs are not of double precision floating point or complex. ",
            stacklevel=4,  # whoever called gradcheck
        )
    if x.array.size and any(stride == 0 and n > 1 for stride, n in zip(x.array.strides, x.array.shape)):
        raise RuntimeError(
            f"The {i}th input has a dimension with stride 0. gradcheck only supports inputs that are non-overlapping "
            "to be able to compute the numerical gradients correctly. You should call .contiguous on the input before "
            "passing it to gradcheck."
        )
    return True


def unit_vector(rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    """A random direction of length 1."""
    u = rng.normal(size=shape)
    return np.asarray(u / (np.sqrt((u * u).sum()) or 1.0))


def place_of(n: int, shape: tuple[int, ...]) -> str:
    """The index of an element, as one would write it."""
    return "[" + ", ".join(str(int(k)) for k in np.unravel_index(n, shape)) + "]" if shape else ""
