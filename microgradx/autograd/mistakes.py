"""What may be wrong with a derivative: guesses, each of which is a prediction that can be checked.

A wrong rule gives ``G`` where the difference quotients say ``R``. A guess says how ``G`` would come about
from ``R``; it is believed only if it predicts every element of ``G``, for several random upstream
gradients and at several points. If no guess does, nothing is said: a wrong diagnosis is worse than none.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from microgradx.autograd.function import expands_to
from microgradx.autograd.operation import Operation, flat
from microgradx.engine import sum_to

TOO_LARGE = 1 << 23
"""No Jacobian with more elements than this is computed."""


class Point:
    """Arguments of an operation, with its results and Jacobians there."""

    def __init__(self, operation: Operation, values: list[Any]) -> None:
        self.operation = operation
        self.values = values
        self.outs = operation.run(values)
        self.jacobians: dict[int, np.ndarray] = {}

    def jacobian(self, i: int) -> np.ndarray:
        if i not in self.jacobians:
            self.jacobians[i] = self.operation.jacobian(self.values, i)
        return self.jacobians[i]

    def pull(self, g: Sequence[np.ndarray], i: int) -> np.ndarray:
        """The right gradient by argument ``i``."""
        result: np.ndarray = (self.jacobian(i) @ flat(g)).reshape(self.values[i].shape)
        return result


class Trial:
    """One upstream gradient at one point: what the rule for argument ``i`` gives, and what is right."""

    def __init__(self, point: Point, i: int, g: tuple[np.ndarray, ...]) -> None:
        self.point = point
        self.operation = point.operation
        self.i = i
        self.g = g
        self.x = point.values[i]
        self.out = point.outs[0] if len(point.outs) == 1 else None
        self.answer = point.operation.question(point.values, g, i)
        self.raw = self.answer.first
        self.given = fitted(self.raw, self.x.shape)
        self.right = point.pull(g, i)

    def pull(self, *g: Any) -> np.ndarray:
        return self.point.pull(g, self.i)

    def slopes(self) -> np.ndarray | None:
        """Of each element of the result the derivative by the one element of x that it depends on, if it is one."""
        if self.out is None:
            return None
        jacobian = self.point.jacobian(self.i)
        nonzero = np.abs(jacobian) > 1e-7 * np.abs(jacobian).max(initial=0)
        if (nonzero.sum(0) > 1).any():
            return None
        slopes: np.ndarray = np.where(nonzero, jacobian, 0).sum(0).reshape(self.out.shape)
        return slopes


def arrays(values: Sequence[Any]) -> list[np.ndarray]:
    return [v for v in values if isinstance(v, np.ndarray)]


def fitted(dx: np.ndarray, shape: tuple[int, ...]) -> np.ndarray | None:
    """A gradient in the shape of its argument, summed where the argument was broadcast; None if it cannot be."""
    if not expands_to(shape, dx.shape):
        return None
    result: np.ndarray = sum_to(dx, shape)
    return result


def close(a: Any, b: Any) -> bool:
    """Equal but for the error of a difference quotient."""
    if a is None or b is None or a.shape != b.shape or not (np.isfinite(a).all() and np.isfinite(b).all()):
        return False
    largest = max(np.abs(a).max(initial=0), np.abs(b).max(initial=0))
    return bool(np.abs(a - b).max(initial=0) <= 1e-6 * largest)


# ---------------------------------------------------------------- guesses: what G would be


def zero(t: Trial) -> Any:
    return np.zeros_like(t.x)


def upstream_ignored(t: Trial) -> Any:
    return t.pull(*map(np.ones_like, t.g))


def upstream_added(t: Trial) -> Any:
    g = fitted(t.g[0], t.x.shape)
    return None if g is None or t.slopes() is None else g + upstream_ignored(t)


def upstream_twice(t: Trial) -> Any:
    return t.pull(*(a * a for a in t.g))


def handed_on(t: Trial) -> Any:
    return None if t.out is None else fitted(t.g[0], t.x.shape)


def mask(t: Trial) -> tuple[np.ndarray, float] | None:
    """Where the result is a multiple of an element of x, and of what slope, if else it is constant: relu, dropout."""
    slopes = t.slopes()
    if slopes is None or slopes.shape != t.x.shape or not (on := np.abs(slopes) > 0).any() or on.all():
        return None
    slope = float(slopes[on][0])
    return (on, slope) if np.abs(slopes[on] - slope).max() <= 1e-6 * abs(slope) else None


def mask_missing(t: Trial) -> Any:
    """Right where an element reaches the result, and something else than 0 where it does not."""
    reaches = np.abs(t.right) > 1e-7 * np.abs(t.right).max(initial=0)
    if t.given is None or reaches.all() or not reaches.any() or (t.given[~reaches] == 0).any():
        return None
    return np.where(reaches, t.right, t.given)


def mask_inverted(t: Trial) -> Any:
    found = mask(t)
    return None if found is None else np.where(found[0], 0, t.g[0] * found[1])


def mask_of_upstream(t: Trial) -> Any:
    return None if mask(t) is None else np.where(t.g[0] > 0, t.g[0], 0)


def diagonal(t: Trial) -> Any:
    if t.out is None or t.out.shape != t.x.shape or t.slopes() is not None:
        return None
    return np.diagonal(t.point.jacobian(t.i)).reshape(t.x.shape) * t.g[0]


def first_of_broadcast(t: Trial) -> Any:
    return one_of_broadcast(t, 0)


def last_of_broadcast(t: Trial) -> Any:
    return one_of_broadcast(t, -1)


def one_of_broadcast(t: Trial, which: int) -> Any:
    slopes = t.slopes()
    if slopes is None or slopes.shape == t.x.shape or fitted(slopes, t.x.shape) is None:
        return None
    each = slopes * t.g[0]
    each = each[(which,) * (each.ndim - t.x.ndim)]
    for axis, n in enumerate(t.x.shape):
        if n == 1:
            each = each.take([which], axis)
    return each


def last_use(t: Trial) -> Any:
    """Of an element that goes into several elements of the result, as in x[[0, 0]], only the last counts."""
    if t.slopes() is None or last_of_broadcast(t) is not None:
        return None
    each = t.point.jacobian(t.i) * flat(t.g)
    used = np.abs(t.point.jacobian(t.i)) > 0
    last = used.shape[1] - 1 - np.argmax(used[:, ::-1], axis=1)
    return each[np.arange(len(each)), last].reshape(t.x.shape)


def transposed(t: Trial) -> Iterator[Any]:
    if t.x.ndim >= 2:
        for order in itertools.permutations(range(t.x.ndim)):
            if order != tuple(range(t.x.ndim)):
                yield t.right.transpose(order)


def reversed_along(t: Trial) -> Iterator[Any]:
    axes = range(t.x.ndim)
    for n in range(1, t.x.ndim + 1):
        for some in itertools.combinations(axes, n):
            yield np.flip(t.right, some)


def of_transposed_input(t: Trial) -> Any:
    """The gradient if the operation worked along the other axis."""
    if t.out is None or t.out.shape != t.x.shape or t.x.ndim != 2 or len(arrays(t.point.values)) != 1:
        return None
    turned = [np.ascontiguousarray(v.T) if v is t.x else v for v in t.point.values]
    try:
        return Point(t.operation, turned).pull((np.ascontiguousarray(t.g[0].T),), t.i).T
    except (IndexError, RuntimeError, TypeError, ValueError):
        return None  # the operation does not take that shape


def other_operand(t: Trial) -> Iterator[Any]:
    for j in t.operation.wanted():
        if j != t.i:
            yield fitted(t.point.pull(t.g, j), t.x.shape)


def wrong_product(t: Trial) -> Iterator[Any]:
    """Of a matrix product: other products of the matrices at hand."""
    known = [a for a in arrays(t.point.values) if a.ndim == 2 and a.dtype.kind == "f"]
    if (
        t.out is None
        or t.out.ndim != 2
        or len(known) != 2
        or not close(known[0] @ known[1] if _chain(*known) else None, t.out)
    ):
        return
    matrices = [(a, turned) for a in (t.g[0], *known) for turned in (False, True)]
    for (a, left), (b, right) in itertools.product(matrices, repeat=2):
        a, b = (a.T if left else a), (b.T if right else b)
        if _chain(a, b):
            yield a @ b


def _chain(a: np.ndarray, b: np.ndarray) -> bool:
    return bool(a.shape[1] == b.shape[0])


def in_another_order(t: Trial) -> Any:
    """The right numbers, sorted as the given ones are."""
    if t.given is None or t.x.size < 3:
        return None
    result = np.empty(t.x.size)
    result[np.argsort(t.given, axis=None)] = np.sort(t.right, axis=None)
    return result.reshape(t.x.shape)


def partly_zero(t: Trial) -> Any:
    if t.given is None or not t.given.any():
        return None
    return np.where(t.given == 0, 0, t.right)


def near(t: Trial) -> Iterator[tuple[str, np.ndarray]]:
    """Values that a factor too many or too few may come from, with their names."""
    for j, value in enumerate(t.point.values):
        if isinstance(value, np.ndarray) and value.dtype.kind == "f":
            yield t.operation.argument(j), value
    if t.out is not None:
        yield "the result", t.out


Guess = Callable[[Trial], Any]

GUESSES: tuple[tuple[str, Guess], ...] = (
    ("The gradient is lost: the rule gives zero, or None.", zero),
    ("The upstream gradient g is missing: the rule gives the local derivative, whatever g is.", upstream_ignored),
    ("The upstream gradient g is added to the local derivative; the chain rule multiplies.", upstream_added),
    ("The upstream gradient is multiplied in twice.", upstream_twice),
    ("The sign is wrong.", lambda t: -t.right),
    ("The mask is missing: elements that do not reach the result get a gradient too.", mask_missing),
    ("The mask is inverted: exactly the elements that do not reach the result get the gradient.", mask_inverted),
    ("The mask is taken from the upstream gradient, not from the argument.", mask_of_upstream),
    ("The local derivative is missing: g is handed on as it is.", handed_on),
    ("The operands are swapped: this is the gradient of the other argument.", other_operand),
    (
        "Only the diagonal of the Jacobian is there: each element of the argument also moves the other results.",
        diagonal,
    ),
    ("Where the argument was broadcast, one slice of the gradient was taken; all must be summed.", first_of_broadcast),
    ("Where the argument was broadcast, one slice of the gradient was taken; all must be summed.", last_of_broadcast),
    (
        "An element that is used several times keeps only the gradient of its last use (np.add.at adds them all).",
        last_use,
    ),
    ("The gradient is transposed, or an axis is mistaken for another.", transposed),
    (
        "A wrong operand or order in the matrix product: a factor is missing a transpose, or stands on the wrong side.",
        wrong_product,
    ),
    ("The gradient is reversed along an axis (a kernel that must, or must not, be flipped).", reversed_along),
    ("The rule works along the wrong axis: this is the gradient for the transposed input.", of_transposed_input),
)

GENERAL: tuple[tuple[str, Guess], ...] = (
    (
        "Some elements get no gradient although they reach the result; the others are right (padding? a mask?).",
        partly_zero,
    ),
    (
        "The right numbers are in the wrong places (a reshape where a transpose is needed, or a wrong index).",
        in_another_order,
    ),
)


def predicts(guess: Guess, t: Trial) -> bool:
    prediction = guess(t)
    options = prediction if isinstance(prediction, Iterator) else (prediction,)
    return any(close(p, t.given) or (p is not None and close(p, t.raw)) for p in options)


# ---------------------------------------------------------------- factors


def constant_factor(trials: Sequence[Trial]) -> str:
    """What is to be said if the gradient is the right one but for a number."""
    factors = []
    for t in trials:
        norm = float((t.right * t.right).sum())
        if t.given is None or norm == 0:
            return ""
        a = float((t.given * t.right).sum()) / norm
        if a == 0 or not close(a * t.right, t.given):
            return ""
        factors.append(a)
    a = factors[0]
    if not np.allclose(factors, a, rtol=1e-6):
        return ""
    text = f"A constant factor: the rule gives {a:.6g} times the derivative"
    named = names_of(abs(a), trials[0])
    return f"{text}; {abs(a):.6g} is {' or '.join(named)}." if named else f"{text}."


def names_of(a: float, t: Trial) -> list[str]:
    """What a number may stand for: a size, its inverse, N against N-1, or an option."""
    sizes: dict[str, int] = {}
    shapes = [(t.operation.argument(t.i), t.x.shape), ("the result", t.out.shape if t.out is not None else ())]
    for name, shape in shapes:
        for axis, n in enumerate(shape):
            sizes.setdefault(f"the size of dimension {axis} of {name}", n)
    sizes[f"the number of elements of {t.operation.argument(t.i)}"] = t.x.size
    if t.out is not None and t.x.size and t.out.size % t.x.size == 0:
        sizes["the number of uses of each element (a mean where a sum is needed?)"] = t.out.size // t.x.size
    found = []
    for name, n in sizes.items():
        ratios = {"": n, "1 / ": 1 / n, "(N-1) / N, N ": (n - 1) / n, "N / (N-1), N ": n / (n - 1) if n > 1 else 0.0}
        found += [f"{kind}{name}" for kind, value in ratios.items() if n > 1 and np.isclose(a, value, rtol=1e-6)]
    for name, value in t.operation.options().items():
        kinds = {
            "{}": value,
            "1 - {}": 1 - value,
            "1 / {}": 1 / (value or np.nan),
            "1 / (1 - {})": 1 / ((1 - value) or np.nan),
        }
        found += [kind.format(name) for kind, number in kinds.items() if np.isclose(a, number, rtol=1e-6)]
    return found[:2]


def value_factor(trials: Sequence[Trial]) -> str:
    """What is to be said if a value at hand is a factor too many, or is missing as a factor."""
    for n, (name, _) in enumerate(near(trials[0])):
        pairs = [(t, list(near(t))[n][1]) for t in trials]
        if all(t.given is not None and expands_to(v.shape, t.x.shape) for t, v in pairs):
            if all(close(t.right * v, t.given) for t, v in pairs):
                return f"One factor too many: the rule gives {name} times the derivative."
            if all(close(t.given * v, t.right) for t, v in pairs):
                return f"A factor is missing: {name} times what the rule gives is the derivative."
    return ""


def exchanged_value(trials: Sequence[Trial]) -> str:
    """What is to be said if the rule would be right with one of its values replaced by another at hand."""
    p = trials[0].operation.node.primitive
    names = [name for name in p.values if name != "inputs"]
    for read, instead in itertools.permutations(names, 2):
        try:
            answers = [t.operation.gradient(t.point.values, t.g, t.i, (read, instead)) for t in trials]
        except (TypeError, ValueError, IndexError, AttributeError):
            continue  # the rule cannot do anything with such a value
        if all(a is not None and close(fitted(np.asarray(a), t.x.shape), t.right) for a, t in zip(answers, trials)):
            return f"The rule reads `{read}` where it needs `{instead}`."
    return ""


# ---------------------------------------------------------------- the diagnosis


def diagnose(operation: Operation, i: int, rng: np.random.Generator) -> list[str]:
    """Every mistake that explains what the rule for argument ``i`` gives; an empty list if none does."""
    size = operation.values[i].size * sum(a.size for a in operation.run(operation.values))
    if size > TOO_LARGE:
        return ["Too large to look for the mistake: repeat the check with smaller inputs."]
    try:
        operation.gradient(operation.values, [np.ones_like(a) for a in operation.run(operation.values)], i)
    except Exception as error:
        return [f"The rule raises {type(error).__name__}: {error}"]
    points = [Point(operation, v) for v in (operation.values, operation.nearby(rng), operation.nearby(rng))]
    trials = []
    for point in (points[0], *points):
        t = Trial(point, i, tuple(rng.normal(size=a.shape) for a in point.outs))
        if np.isfinite(t.right).all():  # else the operation is not defined there
            trials.append(t)
    if len(trials) < 2:
        return []
    first = trials[0]
    if any(t.answer.spoiled for t in trials):
        return ["The rule changes its arguments in place: others still need them."]
    if not all(t.answer.repeats() for t in trials):
        added = all(
            t.given is not None and close(fitted(t.answer.second, t.x.shape), t.given + t.right) for t in trials
        )
        return [
            "The rule adds to what an earlier call has left: start from zero each time."
            if added
            else "The rule gives another result each time: it draws random numbers, or keeps something between calls."
        ]
    if any(not np.isfinite(t.raw).all() for t in trials):
        return ["The rule gives nan or inf where the derivative is finite."]
    found = [text for text, guess in GUESSES if all(predicts(guess, t) for t in trials)]
    if not found:
        found = [text for find in (exchanged_value, constant_factor, value_factor) if (text := find(trials))][:1]
    if not found:
        found = [text for text, guess in GENERAL if all(predicts(guess, t) for t in trials)]
    if first.given is None:
        shape = f"The rule gives shape {first.raw.shape}, its argument has shape {first.x.shape}."
        found = [f"{shape} {' Or: '.join(found)}".strip()]
    return list(dict.fromkeys(found))
