"""One row for each public operation: how it is called, on which inputs, and what must raise.

`tests/test_matrix.py` runs every row on microgradx and on PyTorch and compares all that they return:
values, dtypes, gradients, gradients of gradients, errors. To test a new operation, add a row here::

    row("exp", case(real(2, 3)), case(real()), case(real(0, 3)))

- A `case` is one call: its arguments in order, where `real(2, 3)` and its like stand for a tensor of
  that shape, and everything else is passed as it is.
- A `kink` is a case at a place where there is no derivative, or not the one that PyTorch returns: both
  must choose the same one, but no difference quotient is asked, and no second derivative.
- A `wrong` case must raise, in both, an error of one class.
- ``name`` is a function of the package (dots lead into its modules), or else a method of the first tensor;
  where that is not enough, ``call`` says what to do with ``m``, which is microgradx or torch.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from operator import attrgetter
from typing import Any

import numpy as np

import microgradx
import microgradx.linalg


@dataclass(frozen=True)
class Input:
    """A tensor to be made: its values, drawn by ``draw`` unless they are given."""

    draw: Callable[[np.random.Generator], np.ndarray]
    constant: bool = False  # a float that does not require its gradient

    @property
    def differentiable(self) -> bool:
        return not self.constant and np.asarray(self.draw(np.random.default_rng(0))).dtype.kind == "f"


def real(*shape: int) -> Input:
    """Any numbers. Two of them never are equal, and none is at a kink."""
    return Input(lambda rng: rng.standard_normal(shape))


def positive(*shape: int) -> Input:
    """Numbers from 0.5 to 2.5."""
    return Input(lambda rng: rng.uniform(0.5, 2.5, shape))


def unit(*shape: int) -> Input:
    """Numbers from -0.9 to 0.9."""
    return Input(lambda rng: rng.uniform(-0.9, 0.9, shape))


def integer(*shape: int, low: int = 0, high: int = 5) -> Input:
    """Integers from ``low`` up to, without, ``high``."""
    return Input(lambda rng: rng.integers(low, high, shape))


def boolean(*shape: int) -> Input:
    """True and False."""
    return Input(lambda rng: rng.random(shape) < 0.5)


def fixed(x: Input) -> Input:
    """The same without a gradient."""
    return Input(x.draw, constant=True)


def values(data: Any) -> Input:
    """These values."""
    return Input(lambda rng: np.asarray(data))


@dataclass(frozen=True)
class Case:
    args: tuple[Any, ...]
    options: dict[str, Any]
    smooth: bool = True
    fails: bool = False


def case(*args: Any, **options: Any) -> Case:
    return Case(args, options)


def kink(*args: Any, **options: Any) -> Case:
    return Case(args, options, smooth=False)


def wrong(*args: Any, **options: Any) -> Case:
    return Case(args, options, fails=True)


@dataclass(frozen=True)
class Row:
    name: str
    call: Callable[..., Any]
    cases: list[Case] = field(default_factory=list)
    integers: bool = True  # whether its cases are also run on integers
    orders: int = 2  # how often PyTorch differentiates it


ROWS: dict[str, Row] = {}


def row(
    name: str, *cases: Case, call: Callable[..., Any] | None = None, integers: bool = True, orders: int = 2
) -> None:
    def usual(m: Any, *args: Any, **options: Any) -> Any:
        try:
            function = attrgetter(name)(m)
        except AttributeError:
            first, *args = args
            function = getattr(first, name)
        return function(*args, **options)

    assert name not in ROWS, name
    ROWS[name] = Row(name, call or usual, list(cases), integers, orders)


def cases(*, fails: bool = False, smooth: bool = False, integers: bool = False) -> Iterator[tuple[str, Row, Case]]:
    """The cases that must not, or must, raise; or only those that have slopes, or that take integers too."""
    for name, r in ROWS.items():
        for i, c in enumerate(r.cases):
            if c.fails == fails and c.smooth >= smooth and r.integers >= integers:
                yield f"{name}-{i}", r, c


inf, nan = float("inf"), float("nan")
constant = Input(
    lambda rng: np.array([2.0, 0.5, 1.5]), constant=True
)  # PyTorch has no derivatives by the weights of losses
zeros_and_ties = values([[0.0, 0.0, 1.0], [-0.0, 2.0, 2.0]])

# ---------------------------------------------------------------- arithmetic

for name in ("add", "sub", "mul", "maximum", "minimum"):
    row(
        name,
        case(real(2, 3), real(2, 3)),
        case(real(2, 3), real(3)),
        case(real(2, 1), real(1, 3)),
        case(real(), real(2)),
        case(real(), real()),
        case(real(0, 3), real(1, 3)),
        case(real(2), integer(2, low=7, high=9)),
        wrong(real(2, 3), real(2)),
        *([wrong([1.0], real(1))] if name != "mul" else []),
    )
row("div", case(real(2, 3), positive(3)), case(real(), positive(2)), case(real(2), 4), case(real(2), -0.5),
    case(positive(), positive()), case(real(0), positive(0)), kink(real(2), values([0.0, -0.0])),
    case(real(3), positive(3), rounding_mode="floor"), case(real(3), positive(3), rounding_mode="trunc"),
    case(real(3), 0.3, rounding_mode="floor"), case(real(2), positive(2), rounding_mode=None),
    *(case(number, x, rounding_mode=r) for r in ("floor", "trunc") for number, x in ((2.5, positive(3)), (-7, integer(3, low=1)))),
    case(values([2**53 + 1, -(2**53) - 1, 7, -7]), values([1, 1, 2, 2]), rounding_mode="trunc"),
    wrong(real(2), positive(2), rounding_mode="up"), wrong(real(2), real(3)))  # fmt: skip
row("add alpha", wrong(integer(2), integer(2), alpha=0.5), case(integer(2), real(2), alpha=0.5), case(real(2, 3), real(3), alpha=2), case(real(2), real(2), alpha=0.5), case(real(2), 3, alpha=2),
    call=lambda m, *a, **k: m.add(*a, **k), integers=False)  # fmt: skip
row("sub alpha", wrong(integer(2), 2, alpha=0.5), case(real(2, 3), real(3), alpha=2), case(real(2), 1.5, alpha=-2),
    call=lambda m, *a, **k: m.sub(*a, **k), integers=False)  # fmt: skip
row("floor_divide", case(integer(4, low=-9, high=9), integer(4, low=1)),
    case(integer(4, low=-9, high=9), -2), wrong(integer(2), values([0, 1])))  # fmt: skip
row("remainder", case(real(2, 3), positive(3)), case(real(4), -0.7), case(integer(4, low=-9, high=9), -4),
    case(integer(4, low=-9, high=9), integer(4, low=1)), kink(values([1.0, -0.3]), values([0.1, 0.1])),
    wrong(integer(2), values([0, 1])))  # fmt: skip
row("pow", case(positive(2, 3), real(3)), case(real(3), 2), case(real(3), 3), case(positive(3), 0.5), case(real(3), 1),
    case(real(3), -1), case(positive(3), -1.5), case(real(3), 0), case(2.0, real(3)), case(2, real()),
    case(positive(), real()), case(real(4), values([0, 1, 2, 3])), case(real(0), 2), case(integer(3), integer(3)),
    kink(values([0.0, 0.0, 0.0]), values([0.0, 1.0, 2.0])), kink(values([0.0, 1.0]), 0),
    kink(values([0.0, 1.0]), 1), kink(0.0, values([0.5, 2.0])), kink(values([-2.0, 2.0]), values([2.0, 3.0])),
    wrong(integer(3), -1), wrong(boolean(3), boolean(3)), wrong(real(2), real(3)))  # fmt: skip
row("neg", case(real(2, 3)), case(real()), case(real(0)), wrong(boolean(2)), wrong(3.0))
row("lerp", case(real(2, 3), real(3), 0.3), case(real(2, 3), real(2, 3), real(2, 3)), case(real(), real(), real()),
    wrong(real(2), integer(2), 0.5), wrong(real(2), real(2), integer(2)), wrong(integer(2), integer(2), 0.5),
    integers=False)  # fmt: skip
row("addcmul", case(real(2, 3), real(3), real(2, 1)), case(real(2), real(2), real(2), value=0.5), integers=False)
row("addcdiv", case(real(2, 3), real(3), positive(2, 1)), case(real(2), real(2), positive(2), value=2),
    wrong(real(2), integer(2), integer(2, low=1)), integers=False)  # fmt: skip

for name, operation in {
    "x + y": lambda m, x, y: x + y,
    "x - y": lambda m, x, y: x - y,
    "x * y": lambda m, x, y: x * y,
    "x / y": lambda m, x, y: x / y,
}.items():
    row(name, case(real(2, 3), positive(3)), case(real(2), 3), case(real(2), 1.5), case(2.5, positive(2)),
        case(3, positive()), case(integer(3), 2), case(integer(3), 2.5), case(7, integer(3, low=1)),
        *((wrong if "-" in name else case)(*operands) for operands in ((boolean(3), 2), (real(2), True))),
        wrong(real(2), real(3)), wrong(real(2), "1"), wrong(real(2), None), call=operation)  # fmt: skip
row("x << y, x >> y", case(integer(3), 2), case(integer(3), integer(3)), case(7, integer(3)), wrong(real(2), 1),
    case(values(np.uint8([1, 128, 255])), values(np.uint8([1, 9, 3]))), call=lambda m, x, y: (x << y, x >> y))  # fmt: skip
for name in ("bitwise_left_shift", "bitwise_right_shift"):
    row(name, case(integer(4), integer(4)), case(integer(4, low=-9), 2), case(3, integer(2)), wrong(real(2), real(2)))
row("x // y", case(fixed(real(3)), 0), case(integer(3), 2), case(7, integer(3, low=1)),
    call=lambda m, x, y: x // y)  # fmt: skip
row("x % y", kink(real(3), 0), case(real(3), 0.4), case(integer(3), 2), case(7, integer(3, low=1)),
    call=lambda m, x, y: x % y)  # fmt: skip
row("x ** y", case(real(3), 2), case(2.0, real(3)), case(positive(3), 1.5), case(integer(3), 2), case(2, integer(3)),
    call=lambda m, x, y: x**y)  # fmt: skip
row("-x, +x, abs(x)", case(real(3)), case(real()), case(integer(3)), call=lambda m, x: (-x, +x, abs(x)))
row("~x", case(boolean(3)), case(integer(3)), wrong(real(2)), call=lambda m, x: ~x)

# ---------------------------------------------------------------- functions of one number

for name in ("exp", "expm1", "erf", "erfc", "sin", "cos", "tan", "tanh", "sigmoid"):
    row(name, case(real(2, 3)), case(real()), case(real(0, 2)), kink(values([-80.0, 80.0, 0.0])), wrong(1.0))
for name in ("log", "log2", "log10", "log1p", "sqrt", "rsqrt", "reciprocal"):
    row(name, case(positive(2, 3)), case(positive()), case(positive(0, 2)), kink(values([0.0, 4.0])), wrong(1.0))
row("lgamma", case(positive(2, 3)), case(real(2, 3)), case(real()), case(positive(0, 2)),
    kink(values([1.0, 2.0, 3.0, 50.0, 1e5])), kink(values([0.0, -1.0, inf, -inf, nan])), wrong(1.0))  # fmt: skip
row("digamma", case(positive(2, 3)), case(real(2, 3)), case(real()), case(positive(0, 2)),
    case(values([1.0, 2.5, 50.0, 1e5])), wrong(1.0))  # fmt: skip
row("digamma at poles", case(values([0.0, -0.0, -1.0, -2.0, inf, -inf, nan])), integers=False,
    call=lambda m, x: m.digamma(x.detach()))  # fmt: skip
row("polygamma", case(0, positive(2, 3)), *(case(n, positive(2, 3)) for n in (1, 2, 3, 7)), case(1, real(2, 3)),
    case(2, real(4)), case(4, real()), case(1, positive(0, 2)), case(1, values([1.0, 50.0, 1e3])), wrong(-1, real(2)),
    wrong(1.5, real(2)), wrong(1, 1.0), integers=False)  # fmt: skip
row("x.polygamma", case(positive(2, 3), 2), wrong(positive(2), -1), call=lambda m, x, n: x.polygamma(n))
row("logit", case(unit_interval := Input(lambda rng: rng.uniform(0.05, 0.95, (2, 3)))), case(unit_interval, 0.1),
    case(unit_interval, eps=1e-6), case(values(0.3)), case(real(0, 2)), case(boolean(3)),
    kink(values([-0.5, 0.2, 0.5, 1.5]), 0.3), wrong(0.5), integers=False)  # fmt: skip
row("logit beyond", case(values([-0.5, 0.0, 1.0, 1.5, nan])), integers=False, call=lambda m, x: m.logit(x.detach()))
for name in ("logaddexp", "logaddexp2"):
    row(name, case(real(2, 3), real(2, 3)), case(real(2, 3), real(3)), case(real(), real(2)), case(real(0, 2), real(1, 2)),
        case(real(3), integer(3)), kink(values([500.0, -500.0, 800.0, 0.0]), values([0.0, 0.0, 801.0, -inf])),
        wrong(integer(3), integer(3)), wrong(real(3), 2.0), wrong(real(2), real(3)))  # fmt: skip
row("mvlgamma", *(case(Input(lambda rng: rng.uniform(3, 6, (2, 3))), p) for p in (1, 2, 4)), case(positive(3), 1),
    wrong(positive(2), 0), integers=False)  # fmt: skip
row("sinc", case(real(2, 3)), case(real()), case(real(0, 2)), case(values([0.1, 0.24, 0.26, -5.5])), wrong(1.0),
    call=lambda m, x: m.sinc(x), integers=False)  # fmt: skip
row("sinc at zero", case(values([0.0, -0.0, 1.0, 2.5])), case(integer(3)), integers=False,
    call=lambda m, x: m.sinc(x.detach()))  # fmt: skip
row("i0", case(real(2, 3)), case(real()), case(real(0, 2)), case(values([7.9, 8.1, -9.0])), kink(values([20.0, -30.0])),
    wrong(1.0))  # fmt: skip
row("erfinv", case(unit(2, 3)), case(unit()), case(unit(0, 2)), kink(values([1e-12, 0.999, -0.99999])),
    kink(values([-0.0, 1.0, -1.0])), wrong(1.0))  # fmt: skip
row("erfinv outside", case(values([1.5, -1.5, inf, nan])), integers=False, call=lambda m, x: m.erfinv(x.detach()))
row("xlogy", case(real(2, 3), positive(2, 3)), case(real(2, 3), positive(3)), case(real(), positive(2)), case(2.0, positive(3)),
    case(0.0, positive(2)), case(real(3), 2.5), case(real(3), 2), case(3, positive(2)), case(real(0, 2), positive(1, 2)),
    case(integer(3), integer(3, low=1)), case(real(3), integer(3, low=1)),
    kink(values([0.0, 0.0, 0.0, 1.0, 1.0]), values([0.0, -1.0, nan, 0.0, inf])), kink(values([0.0, 2.0]), 0.0),
    wrong(real(2), positive(3)), wrong(2.0, 3.0))  # fmt: skip
row("square", case(real(2, 3)), case(real()), case(real(0)))
for name in ("abs", "sign", "floor", "ceil", "trunc"):
    row(name, case(real(2, 3)), case(real()), case(real(0)), kink(zeros_and_ties), case(integer(3, low=-3)))
row("round", case(real(2, 3)), case(real(3), decimals=2), kink(values([0.5, 1.5, -0.5])), case(integer(3, low=-3)),
    wrong(integer(3), decimals=-1))  # fmt: skip
row("clamp", case(real(2, 3), -0.5, 0.5), case(real(3), min=0), case(real(3), max=0.25),
    case(real(2, 3), real(3), real(2, 1)), case(real(4), 1.0, -1.0), case(real(3), max=real(3)),
    case(integer(4), 1, 3), case(integer(4), 1.5), kink(values([-1.0, 0.0, 1.0]), -1, 1),
    kink(values([-1.0, 1.0]), values([-1.0, 0.0]), values([3.0, 1.0])), case(real(), 0, 1), case(real(0), 0),
    wrong(real(2)), wrong(1.0, 0))  # fmt: skip
for name in ("maximum", "minimum"):
    row(f"{name} of equals", kink(zeros_and_ties, values([0.0, 1.0, 1.0])), kink(values([nan, 1.0, nan]), values([1.0, nan, nan])),
        call=lambda m, x, y, name=name: getattr(m, name)(x, y), integers=False)  # fmt: skip

# ---------------------------------------------------------------- selection, comparison, logic

row("where", case(boolean(2, 3), real(2, 3), real(3)), case(boolean(3), real(3), 0.0), case(boolean(3), 1.5, real(3)),
    case(boolean(3), real(), real(2, 1)), case(boolean(), real(2), real(2)), case(boolean(0), real(0), real(0)),
    kink(values([True, False]), values([1.0, inf]), values([nan, 1.0])), wrong(boolean(2), values(np.uint8([1, 2])), 300),
    wrong(boolean(3), real(2), real(3)))  # fmt: skip
row("where(condition)", case(boolean(2, 3)), case(integer(4, high=2)), call=lambda m, c: m.where(c))
row("masked_fill", case(real(2, 3), boolean(2, 3), 2.0), kink(real(2, 3), boolean(3), -inf),
    case(real(2, 3), boolean(2, 1), 7), case(real(2, 3), boolean(2, 3), real()), case(integer(3), boolean(3), 2),
    case(real(2, 1), boolean(3), 1.0), wrong(real(2), integer(2), 1.0), wrong(real(2), boolean(2), real(2)),
    *(wrong(values(np.uint8([1, 2])), boolean(2), n) for n in (256, 1e9, nan)), case(values(np.uint8([1, 2])), boolean(2), -1),
    wrong(real(2), boolean(3), 1.0), call=lambda m, x, *a: x.masked_fill(*a))  # fmt: skip
for name in ("eq", "ne", "lt", "le", "gt", "ge"):
    row(name, case(real(2, 3), real(3)), case(integer(6), integer(6)), case(integer(6), 2), case(real(3), 0.5),
        case(integer(3), 1.5), case(boolean(3), True), wrong(real(2), real(3)))  # fmt: skip
row("comparison operators", case(real(3), real(3)), case(integer(5), 2), case(integer(2), real(2)),
    call=lambda m, x, y: (x == y, x != y, x < y, x <= y, x > y, x >= y))  # fmt: skip
row("numbers compared", case(real(3)), call=lambda m, x: (0.5 < x, 0.5 == x, 1 >= x))  # noqa: SIM300 (that is the test)
for name in ("logical_and", "logical_or", "logical_xor"):
    row(name, case(boolean(2, 3), boolean(3)), case(integer(4, high=2), integer(4, high=2)), case(real(3), boolean(3)),
        wrong(boolean(2), boolean(3)))  # fmt: skip
row("logical_not", case(boolean(3)), case(integer(4, high=2)), case(real(3)))
for name in ("bitwise_and", "bitwise_or", "bitwise_xor"):
    row(
        name,
        case(boolean(2, 3), boolean(3)),
        case(integer(4), integer(4)),
        case(integer(4), 3),
        wrong(real(2), real(2)),
    )
row("bitwise_not", case(boolean(3)), case(integer(4)), wrong(real(2)))
for name in ("isnan", "isinf", "isfinite"):
    row(name, case(values([1.0, inf, -inf, nan])), case(integer(2)), case(real()))

# ---------------------------------------------------------------- reductions

reduced = [
    case(real(2, 3, 4)),
    case(real(2, 3, 4), 1),
    case(real(2, 3), dim=-1, keepdim=True),
    case(real()),
    case(real(), 0),
    wrong(real(2, 3), 2),
    wrong(real(2, 3), -3),
    wrong(real(2, 3), 0.5),
    wrong(real(), 1),
    wrong([1.0, 2.0]),
]
over_several = [
    case(real(2, 3, 4), (0, 2)),
    case(real(2, 3, 4), dim=[-1, 0], keepdim=True),
    wrong(real(2, 3), (0, 0)),
    wrong(real(2, 3), (0, -2)),
]
row("sum", *reduced, *over_several, case(real(2, 3), dim=()), case(real(2, 0)), case(real(2, 0), 0), case(boolean(4)),
    case(boolean(2, 3), 1), case(real(0, 3), 0, keepdim=True))  # fmt: skip
row("sum over no dimension", wrong(real(2, 3), True), wrong(real(2, 3), "0"), wrong(real(2, 3), [0.0]),
    call=lambda m, *a: m.sum(*a))  # fmt: skip
row("sum to a dtype", case(real(3)), case(integer(3)), call=lambda m, x: m.sum(x, dtype=m.float64), integers=False)
row("mean", *reduced, *over_several, case(real(2, 3), dim=()), kink(real(0)), case(real(3, 0), 0), wrong(integer(3)))
row("prod", *reduced, case(real(0)), case(real(2, 0), 1), case(boolean(3)), case(real(7)), case(real(2, 5), 1),
    case(values([0.0, 2.0, 3.0])), case(values([0.0, 2.0, 0.0])),
    case(values([[0.0, 0.0], [2.0, 0.0]]), 1))  # fmt: skip
for name in ("var", "std"):
    row(name, *reduced[:3], *reduced[5:], *over_several, case(real(2, 3), unbiased=False), case(real(4), False),
        case(real(2, 4), 1, correction=0), case(real(2, 4), dim=-1, correction=2, keepdim=True),
        wrong(integer(3)))  # fmt: skip
for name in ("var_mean", "std_mean"):
    row(
        name,
        case(real(2, 3)),
        case(real(2, 3), 1),
        case(real(2, 3), dim=0, keepdim=True, correction=0),
        case(real(2, 3), False),
        case(real(2, 3), 1, False, True),
        case(real(2, 3), unbiased=False),
        wrong(integer(3)),
    )
for name in ("var", "std"):
    row(f"{name} of too few", kink(real(2), correction=2), kink(real(2), correction=5), kink(real(1)), kink(real(2, 1), 1),
        call=lambda m, x, *a, name=name, **o: quiet(name)(m, x.detach(), *a, **o), integers=False)  # fmt: skip
row("std of equals", kink(values([1.0, 1.0])), call=lambda m, x: m.std(x), integers=False)
row("logsumexp", case(real(2, 3), 1), case(real(2, 3), dim=-2, keepdim=True), case(real(2, 3, 2), (0, 2)),
    case(real(), 0), kink(real(0, 2), 0), case(real(0, 2), 1), case(integer(2, 3), 1),
    case(values([1000.0, 999.0, -1000.0]), 0), kink(values([-inf, 0.0]), 0), wrong(real(2), 1),
    wrong(real(2, 3)))  # fmt: skip
for name in ("max", "min"):
    row(name, *reduced, case(real(2, 3), real(3)), case(real(3, 1), dim=1), case(integer(5)), case(boolean(4)),
        case(values([[1, 3, 3], [2, 2, 0]]), 1), kink(values([1.0, 3.0, 3.0, 1.0, 1.0])),
        kink(values([[1.0, 3.0, 3.0], [1.0, 1.0, 2.0]]), 1), case(real(2, 0), 0), wrong(real(0)),
        kink(values([1.0, nan, 2.0, nan])), kink(values([[1.0, nan, 2.0]]), 1),
        wrong(real(2, 0), 1))  # fmt: skip
for name in ("amax", "amin"):
    row(
        name,
        *reduced,
        *over_several[:2],
        kink(values([1.0, 3.0, 3.0, 1.0, 1.0])),
        case(integer(2, 3), 1),
        wrong(real(0)),
    )
for name in ("argmax", "argmin"):
    row(name, *reduced, case(values([[1, 3, 3], [2, 0, 0]]), 1), case(values([[1, 3, 3], [2, 0, 0]])),
        case(real(2, 0), 0), wrong(real(0)), wrong(real(2, 0), 1))  # fmt: skip
row(
    "count_nonzero",
    *reduced[:2],
    *reduced[3:],
    *over_several[:1],
    case(integer(3, 4), (0, 1)),
    case(real(0, 2), 0),
    case(boolean(4)),
)
row("asked of a tensor", case(real(2, 3)), case(integer(2)), case(real()), wrong(2.0),
    call=lambda m, x: (m.numel(x) == 6, m.is_floating_point(x), m.is_complex(x)))  # fmt: skip
row("is_nonzero", case(real(1)), case(values(0)), wrong(real(2)), wrong(real(0)))
for name in ("numel", "is_floating_point", "is_complex"):
    row(name, wrong(1.0))
for name in ("any", "all"):
    row(name, *reduced, case(boolean(2, 3), (0, 1)), case(boolean(2, 3), 1), case(boolean(0)), case(boolean()))
row("cumsum", case(real(2, 3), 0), case(real(2, 3), dim=-1), case(real(), 0), case(real(0), 0), case(boolean(4), 0),
    wrong(real(2), 1), wrong(real(2, 3)))  # fmt: skip
row("norm", case(real(2, 3)), case(real(2, 3), dim=1), case(real(2, 3), 2, -1, True), case(real(5), p=1),
    case(real(5), p=3), case(real(5), p=inf), case(real(5), p=-inf), case(real(5), p=0),
    case(real(2, 5), p=1.5, dim=1), wrong(real(2, 0), p=inf, dim=1), wrong(real(0, 2), p=-inf), case(real(2, 3), dim=(0, 1)), case(real()), kink(values([0.0, 0.0])),
    kink(values([0.0, 1.0]), p=1), kink(values([1.0, -1.0]), p=inf), kink(values([0.0, 2.0]), p=3), wrong(integer(3)),
    wrong(real(2), p=2, dim=1))  # fmt: skip

# ---------------------------------------------------------------- shape

row("reshape", case(real(2, 3), (3, 2)), case(real(2, 3), (-1,)), case(real(2, 3, 2), (2, -1)), case(real(), (1, 1)),
    case(real(1), ()), case(real(0, 3), (3, 0)), wrong(real(2, 3), (4,)), wrong(real(2, 3), (-1, -1)),
    wrong(real(2, 3), (4, -1)), wrong(real(0), (0, -1)), wrong(real(2), (-2,)))  # fmt: skip
row("view", case(real(2, 3), 3, 2), case(real(2, 3), (6,)), case(real(2, 3), -1), wrong(real(2, 3), 5), integers=False)
row("view of a transpose", wrong(real(2, 3)), call=lambda m, x: x.t().view(-1))
row("view_as", case(real(2, 3), real(3, 2)), wrong(real(2), real(3)))
row("reshape_as", case(real(2, 3), real(3, 2)), case(real(1), real()), wrong(real(2), real(3)))
row("flatten", case(real(2, 3, 2)), case(real(2, 3, 2), 1), case(real(2, 3, 2), 0, 1),
    case(real(2, 3, 2), start_dim=-2), case(real()), case(real(0, 2)), wrong(real(2, 3), 1, 0),
    wrong(real(2), 1))  # fmt: skip
row("ravel", case(real(2, 3)), case(real()))
row("unflatten", case(real(6, 2), 0, (2, 3)), case(real(2, 6), -1, (-1, 2)), wrong(real(6), 0, (4, 2)))
row("squeeze", case(real(1, 3, 1)), case(real(1, 3, 1), 0), case(real(1, 3, 1), -1), case(real(1, 3), 1), case(real()),
    case(real(1, 2, 1), (0, 2)), case(real(), 0), wrong(real(1, 2), 2))  # fmt: skip
row("unsqueeze", case(real(2, 3), 0), case(real(2, 3), 1), case(real(2, 3), -1), case(real(), 0), wrong(real(2), 2),
    wrong(real(2), -3))  # fmt: skip
row("transpose", case(real(2, 3, 4), 0, 2), case(real(2, 3), -1, 0), case(real(2, 3), 1, 1), case(real(), 0, -1),
    wrong(real(2, 3), 0, 2))  # fmt: skip
row("t", case(real(2, 3)), case(real(3)), case(real()), wrong(real(2, 3, 4)))
row("x.T, x.mT", case(real(2, 3)), call=lambda m, x: (x.T, x.mT, x.H, x.mH))
row("x.H", case(real(2, 3)), wrong(real(3)), wrong(real(2, 2, 2)), call=lambda m, x: x.H)
row("permute", case(real(2, 3, 4), (2, 0, 1)), case(real(2, 3, 4), (-1, 0, 1)), case(real(2, 3), (0, 1)),
    case(real(), ()), wrong(real(2, 3), (0,)), wrong(real(2, 3), (0, 0)), wrong(real(2, 3), (0, 2)))  # fmt: skip
row("movedim", case(real(2, 3, 4), 0, 2), case(real(2, 3, 4), -1, 0), case(real(2, 3, 4), (0, 1), (2, 0)),
    case(real(2, 3, 4), (2, 0), (0, 1)), wrong(real(2, 3), (0, 1), (0,)), wrong(real(2, 3), 2, 0))  # fmt: skip
row(
    "flip",
    case(real(2, 3), (0,)),
    case(real(2, 3), (0, -1)),
    case(real(3), [0]),
    wrong(real(2), (1,)),
    wrong(real(2), (0, 0)),
)
row("roll", case(real(5), 2, 0), case(real(2, 3), -1, 1), case(real(2, 3), 4), case(real(2, 3), (1, 2), (0, 1)),
    case(real(2, 3), 1, -1), wrong(real(2, 3), (1, 2), (0,)))  # fmt: skip
row("expand", case(real(2, 1), 2, 3), case(real(3), 2, 3), case(real(), 2), case(real(2, 1), -1, 4),
    case(real(1, 2), (3, 2)), case(real(1, 2), 0, 2), wrong(real(2), 3), wrong(real(2, 3), 3),
    wrong(real(2), -1, 2))  # fmt: skip
row("expand_as", case(real(1, 3), real(2, 3)), wrong(real(2), real(3)))
row("broadcast_tensors", case(real(2, 1), real(3)), case(real(), real(2)), wrong(real(2), real(3)))
row("repeat", case(real(2, 3), 2, 1), case(real(3), 2, 2), case(real(2, 1), (3, 2)), case(real(), 3), case(real(2), 0),
    wrong(real(2, 3), 2), wrong(real(2), -1))  # fmt: skip
row("tile", case(real(2, 3), (2,)), case(real(3), (2, 2)), case(real(), (2,)), case(real(2, 3), (1, 2)))
row("cat", case([real(2, 3), real(1, 3)]), case([real(2, 3), real(2, 1)], dim=-1), case((real(2), real(0), real(3))),
    case([real(2)]), case([real(2), integer(2)]), case([integer(2), boolean(2)]), wrong([]),
    wrong([real(2, 3), real(2, 2)]), wrong([real(2), real(1, 2)]), wrong([real()]), wrong(real(2)),
    wrong([real(2), 1.0]), wrong([real(2)], 1))  # fmt: skip
row("stack", case([real(2), real(2)]), case([real(2), real(2), real(2)], 1), case((real(), real())),
    case([real(2, 3)], -1), case([real(2), integer(2)]), wrong([]), wrong([real(2), real(3)]), wrong([real(2)], 2),
    wrong([1.0]))  # fmt: skip
row("hstack", case([real(2, 1), real(2, 3)]), case([real(2), real()]), case([real(2, 1, 2), integer(2, 1, 2)]), wrong([]), wrong(real(2)),
    wrong([real(2, 1), real(3, 1)]))  # fmt: skip
row(
    "vstack",
    case([real(2), real(3, 2)]),
    case([real(), real()]),
    case([real(1, 2, 2), real(2, 2, 2)]),
    wrong([]),
    wrong([real(2), real(3)]),
)
row("view of bytes", case(integer(2, 4)), case(fixed(real(3))), wrong(fixed(values(np.ones((2, 3), np.int8)))),
    call=lambda m, x: (x.view(m.int32 if x.element_size() > 1 else m.int64), x.view(m.uint8), x.view(x.dtype)), integers=False)  # fmt: skip
row("split", case(real(5, 2), 2), case(real(5, 2), (1, 4)), case(real(2, 4), [1, 0, 3], dim=-1), case(real(4), 9),
    wrong(real(4), (1, 2)), wrong(real(4), 0), wrong(real(4), 2, 1), wrong(real(), 1), integers=False)  # fmt: skip
row("chunk", case(real(5, 2), 2), case(real(2, 4), 3, dim=-1), case(real(2), 5), wrong(real(2), 0))
row("unbind", case(real(2, 3)), case(real(2, 3), -1), wrong(real()), wrong(real(2), 1))
row("iteration", case(real(2, 3)), wrong(real()), call=lambda m, x: tuple(x))
row("clone", case(real(2, 3)), case(real()), case(real(0)))
row("contiguous", case(real(2, 3)), case(real()))
row("contiguous after transpose", case(real(2, 3)), call=lambda m, x: x.t().contiguous())
for name in ("tril", "triu"):
    row(name, case(real(3, 3)), case(real(2, 3), 1), case(real(3, 2), diagonal=-1), case(real(2, 2, 3)), wrong(real(2)))

# ---------------------------------------------------------------- indexing

for name, index, shapes in (
    ("[1]", 1, [(2, 3), (3,)]),
    ("[-1, 0]", (-1, 0), [(2, 3)]),
    ("[1:]", slice(1, None), [(3, 2), (1,)]),
    ("[..., ::2]", (..., slice(None, None, 2)), [(2, 3)]),
    ("[None, :, 0]", (None, slice(None), 0), [(2, 3)]),
    ("[...]", ..., [(2,), ()]),
    ("[None]", None, [(2,), ()]),
    ("[[0, 2, 0]]", [0, 2, 0], [(3, 2)]),
    ("[:, [0, 0]]", (slice(None), [0, 0]), [(2, 3)]),
    ("[0, :, [1, 0]]", (0, slice(None), [1, 0]), [(2, 3, 2)]),
    ("[[0, 1], :, [1, 0]]", ([0, 1], slice(None), [1, 0]), [(2, 3, 2)]),
    ("[[[0], [1]], [0, 2]]", ([[0], [1]], [0, 2]), [(2, 3)]),
    ("[-5:9]", slice(-5, 9), [(3,)]),
    ("[True]", True, [(2,)]),
    ("[[]]", [], [(3,)]),
):
    row(f"x{name}", *(case(real(*shape)) for shape in shapes), call=lambda m, x, index=index: x[index])
    row(f"x{name} = y", *(kink(real(*shape), real()) for shape in shapes),  # some of them write twice to one place
        call=lambda m, x, y, index=index: (x := x.clone(), x.__setitem__(index, y))[0], integers=False)  # fmt: skip
row("x[tensor]", case(real(4), integer(3, high=4)), case(real(3, 2), integer(2, 2, high=3)),
    case(real(3), boolean(3)), case(real(2, 3), boolean(2, 3)), case(real(2, 3), boolean(2)),
    case(real(3), values(1)), case(real(2, 3), boolean()), wrong(real(2), values([2])), wrong(real(2), values([-3])),
    wrong(real(2), values([0.5])), wrong(real(2), boolean(3)), call=lambda m, x, i: x[i], integers=False)  # fmt: skip
row("x[tensor, tensor]", case(real(3, 4), integer(2, high=3), integer(2, high=4)),
    case(real(3, 4, 2), integer(2, 1), integer(3)), wrong(real(3, 4), integer(2), integer(3)),
    call=lambda m, x, i, j: x[i % 3, j % 4], integers=False)  # fmt: skip
row("x[i] errors", wrong(real(2), 2), wrong(real(2), -3), wrong(real(2), (0, 0)), wrong(real(), 0),
    wrong(real(2), 0.5), wrong(real(2), slice(None, None, -1)), wrong(real(2, 3), ([0, 1], [0, 1, 2])),
    call=lambda m, x, i: x[i])  # fmt: skip


def assigned(m: Any, x: Any, index: Any, y: Any) -> Any:
    x = x.clone()
    x[index] = y
    return x


row("x[i] = y", case(real(2, 3), 0, real(3)), case(real(2, 3), (..., 1), real(2)), case(real(4), slice(1, 3), 5.0),
    case(real(3, 2), [2, 0], real(2, 2)), case(real(3), boolean(3), real()), case(real(3), boolean(3), 0.0),
    case(real(2, 3), (slice(None), [1, 2]), real(2, 1)), case(real(2, 3), ..., real(1, 1, 2, 3)),
    case(integer(3), 1, 9), case(integer(3), 1, 2.7), case(real(3), integer(2, high=2), 1.0),
    wrong(real(2, 3), 0, real(2)), wrong(real(2), 2, 1.0), wrong(real(3), [0, 1], real(3)),
    *(wrong(values(np.int8([1, 2])), index, n) for index in (0, ..., [1]) for n in (300, nan)), call=assigned,
    integers=False)  # fmt: skip
row("copy_", case(real(2, 3), real(2, 3)), case(real(2, 3), real(3)), case(real(), real()), case(real(2), integer(2)),
    case(integer(2), real(2)), wrong(real(2), [1.0, 2.0]), wrong(real(2), real(1, 1, 2)), wrong(real(2), real(3)), wrong(real(2), real(2, 2)),
    call=lambda m, x, y: x.clone().copy_(y), integers=False)  # fmt: skip
row("fill_", case(real(2, 3), 2.5), case(real(2), real()), case(integer(2), 3), case(boolean(2), True),
    case(values(np.uint8([1, 2])), -255), *(wrong(values(np.uint8([1, 2])), n) for n in (256, -256, -1.5, inf)),
    wrong(real(2), real(2)), call=lambda m, x, y: x.clone().fill_(y), integers=False)  # fmt: skip
row("zero_", case(real(2, 3)), case(integer(2)), case(real()), call=lambda m, x: x.clone().zero_())
row(
    "select",
    case(real(2, 3), 0, 1),
    case(real(2, 3), -1, -2),
    wrong(real(2), 0, 2),
    wrong(real(2), 1, 0),
    wrong(real(), 0, 0),
)
row("narrow", case(real(4, 2), 0, 1, 2), case(real(2, 4), -1, -3, 2), case(real(3), 0, 3, 0), wrong(real(3), 0, 2, 2),
    wrong(real(3), 0, 0, -1))  # fmt: skip
row("index_select", case(real(3, 2), 0, values([2, 0, 2])), case(real(2, 3), -1, values([1])),
    case(real(3), 0, values(1)), case(real(), 0, values([0])), wrong(real(3), 0, values([3])), wrong(real(3), 0, values([-1])),
    *(wrong(real(), 0, values(i)) for i in ([1], [0, 0])),
    wrong(real(3), 0, integer(2, 2)), wrong(real(3), 0, values([0.5])), integers=False)  # fmt: skip
row("masked_select", case(real(2, 3), boolean(2, 3)), case(real(2, 3), boolean(3)), case(real(3), boolean(2, 1)),
    wrong(real(2), boolean(3)), wrong(real(2), integer(2)))  # fmt: skip
row("gather", case(real(3, 2), 0, integer(4, 2, high=3)), case(real(2, 3), -1, integer(2, 2, high=3)),
    case(real(2, 3), 1, integer(1, 5, high=3)), case(real(3), 0, values([0, 0, 1])), case(real(), 0, values(0)),
    case(real(2), 0, integer(0)), wrong(real(2), 0, values([2])), wrong(real(2), 0, values([0.0])),
    wrong(real(2, 2), 0, values([0])), wrong(real(2, 2), 0, integer(2, 3, high=2)), integers=False)  # fmt: skip
row("nonzero", case(integer(3, 2, high=2)), case(boolean(4)), case(real(2)), case(values(0.0)), case(values(2.0)))
row("nonzero as a tuple", case(integer(3, 2, high=2)), case(values(2.0)), call=lambda m, x: m.nonzero(x, as_tuple=True))

# ---------------------------------------------------------------- products

row("matmul", case(real(2, 3), real(3, 4)), case(real(3), real(3)), case(real(2, 3), real(3)),
    case(real(3), real(3, 2)), case(real(5, 2, 3), real(3, 4)), case(real(2, 1, 2, 3), real(4, 3, 2)),
    case(real(5, 2, 3), real(3)), case(real(3), real(5, 3, 2)), case(real(0, 3), real(3, 2)),
    case(real(2, 0), real(0, 3)), wrong(real(2, 3), real(2, 3)), wrong(real(2), real(3)), wrong(real(), real(2)),
    wrong(real(2, 3, 4), real(3, 4, 2)), wrong(real(2, 3), integer(3, 2)), wrong(real(2, 3), 2.0))  # fmt: skip
row("x @ y", case(real(2, 3), real(3, 2)), wrong(real(2, 3), real(2, 3)), call=lambda m, x, y: x @ y)
row("mm", case(real(2, 3), real(3, 2)), wrong(real(3), real(3)), wrong(real(2, 3), real(2, 3)))
row("bmm", case(real(2, 2, 3), real(2, 3, 2)), wrong(real(2, 3), real(3, 2)), wrong(real(2, 2, 3), real(3, 3, 2)))
row("mv", case(real(2, 3), real(3)), wrong(real(2, 3), real(2)), wrong(real(3), real(3)))
row("dot", case(real(3), real(3)), wrong(real(3), real(2)), wrong(real(2, 2), real(2)))
row("outer", case(real(2), real(3)), wrong(real(2, 2), real(2)))
row("addmm", case(real(2, 2), real(2, 3), real(3, 2)), case(real(2), real(2, 3), real(3, 2), beta=2, alpha=0.5),
    case(real(2, 2), real(2, 3), real(3, 2), beta=0), kink(values([nan, nan]), real(2, 3), real(3, 2), beta=0),
    wrong(real(1, 2, 2), real(2, 3), real(3, 2)), wrong(real(3, 2), real(2, 3), real(3, 2), beta=0),
    wrong(integer(2, 2), real(2, 3), real(3, 2)), integers=False)  # fmt: skip
row("trace", case(real(3, 3)), case(real(2, 3)), kink(values([[1.0, inf], [nan, 2.0]])), wrong(real(2)))

# ---------------------------------------------------------------- dtypes

for name, arguments in {
    "float": (positive(3), integer(3), real()),
    "double": (real(3), integer(3), real()),
    "half": (real(3), integer(3), real()),
    **dict.fromkeys(
        ("long", "int", "short", "char", "byte", "bool"), (positive(3), integer(3), values([0.0, 1.7, -0.0]))
    ),
}.items():
    row(name, *(kink(x) for x in arguments), call=lambda m, x, name=name: getattr(x, name)())

# ---------------------------------------------------------------- activations

F = "nn.functional."
for name in ("relu", "elu", "celu", "selu", "gelu", "silu", "mish", "softplus", "logsigmoid", "hardtanh", "relu6",
             "hardswish", "hardshrink", "softshrink", "leaky_relu"):  # fmt: skip
    row(
        F + name,
        case(real(3, 4)),
        case(real()),
        case(real(0, 2)),
        kink(values([-40.0, 0.0, 40.0])),
        wrong(1.0),
        integers=False,
    )
row(F + "tanhshrink", case(real(3, 4)), case(real()), integers=False)
row(F + "softsign", case(real(3, 4)), case(real()), integers=False)
# PyTorch's hardsigmoid has one derivative only: another spelling has them all.
row(F + "hardsigmoid", case(real(3, 4)), case(values([-40.0, 40.0])), integers=False,
    call=lambda m, x: m.nn.functional.hardsigmoid(x) if m is microgradx else m.nn.functional.relu6(x + 3) / 6,
)  # fmt: skip
row("relu", case(real(2, 3)), kink(values([0.0, -0.0])))
row(F + "leaky_relu slope", case(real(5), 0.2), case(real(5), -0.5), call=lambda m, *a: m.nn.functional.leaky_relu(*a))
row(F + "elu alpha", case(real(5), 0.5), call=lambda m, *a: m.nn.functional.elu(*a), integers=False)
row(
    F + "celu alpha", case(real(5), 0.5), wrong(real(2), 0), call=lambda m, *a: m.nn.functional.celu(*a), integers=False
)
row(F + "gelu by tanh", case(real(5), approximate="tanh"), kink(values([-40.0, 0.0, 40.0]), approximate="tanh"),
    wrong(real(2), approximate="erf"), call=lambda m, *a, **k: m.nn.functional.gelu(*a, **k),
    integers=False)  # fmt: skip
row(F + "softplus beta", case(real(5), 3.0), case(real(5), 2.0, 1.0), call=lambda m, *a: m.nn.functional.softplus(*a),
    integers=False)  # fmt: skip
row(F + "hardtanh limits", case(real(5), -0.5, 0.25), kink(values([-1.0, 1.0])), wrong(real(2), 1.0, -1.0),
    call=lambda m, *a: m.nn.functional.hardtanh(*a), integers=False)  # fmt: skip
row(F + "shrinks", case(real(5), 0.2), kink(values([0.2, -0.2, 0.0]), 0.2), integers=False,
    call=lambda m, x, s: (m.nn.functional.hardshrink(x, s), m.nn.functional.softshrink(x, s)))  # fmt: skip
row(F + "of nan", *(kink(values([nan, 2.0]), name) for name in (
        "relu", "elu", "celu", "selu", "hardtanh", "relu6", "hardswish", "leaky_relu", "hardshrink", "softshrink", "softplus")),
    call=lambda m, x, name: getattr(m.nn.functional, name)(x), integers=False)  # fmt: skip
row(F + "hardtanh of integers", case(integer(5, low=-5), -1.5, 2.5), case(integer(3), -1, 1), wrong(boolean(2), -1, 1),
    wrong(Input(lambda rng: np.arange(3, dtype=np.uint8)), -1, 1),
    call=lambda m, *a: m.nn.functional.hardtanh(*a), integers=False)  # fmt: skip
row(F + "threshold of bytes", wrong(Input(lambda rng: np.arange(3, dtype=np.uint8)), 1, -1.5),
    call=lambda m, *a: m.nn.functional.threshold(*a), integers=False)  # fmt: skip
row(F + "threshold", case(real(5), 0.1, 7.0), kink(values([0.1, 0.0]), 0.1, 7.0), integers=False)
for name, arguments in {
    "relu_": (), "elu_": (0.5,), "celu_": (0.5,), "selu_": (), "leaky_relu_": (0.2,), "hardtanh_": (-0.5, 0.25),
    "threshold_": (0.1, 7.0), "rrelu_": (0.1, 0.5),
}.items():  # fmt: skip
    row(F + name, case(real(5), *arguments), *([] if arguments[1:] or name == "threshold_" else [case(real(5))]),
        call=lambda m, x, *a, name=name: getattr(m.nn.functional, name)(x * 1, *a), integers=False)  # fmt: skip
    row(F + name + " on a leaf", wrong(real(2), *arguments),
        call=lambda m, x, *a, name=name: getattr(m.nn.functional, name)(x, *a), integers=False)  # fmt: skip
row(F + "rrelu", case(real(5)), case(real(5), 0.2, 0.6), case(real()), kink(values([0.0, -0.0])),
    wrong(real(5), 0.5, 0.2), wrong(real(5), -inf, 0.2), wrong(integer(5)), integers=False)  # fmt: skip
row(F + "prelu", case(real(2, 3), real(3)), case(real(2, 0, 3), real(0)), case(real(2, 3, 2), real(1)), case(real(4), real(1)),
    kink(values([0.0, -1.0]), real(1)), wrong(real(2, 3), real(2)), integers=False)  # fmt: skip
row(F + "glu", case(real(2, 4)), case(real(4, 3), 0), wrong(real(3)), wrong(real()), integers=False)
for name in ("softmax", "log_softmax"):
    row(name, case(real(2, 3), 1), case(real(2, 3), dim=0), case(real(2, 3, 2), -2), case(real(), 0),
        case(real(0, 2), 1), case(values([1000.0, 999.0, -1000.0]), 0), kink(values([-inf, 0.0]), 0),
        wrong(real(2), 1), integers=False)  # fmt: skip
    row(F + name, case(real(2, 3), 1), case(real(2, 3), dim=-1), integers=False)
row(F + "softmin", case(real(2, 3), 1), integers=False)

# ---------------------------------------------------------------- layers

row(F + "linear", *(case(real(*shape, 3), real(3)) for shape in ((), (2,), (2, 4), (0,))), case(real(2, 3), real(4, 3), real(4)), case(real(2, 3), real(4, 3)),
    case(real(3), real(4, 3), real(4)), case(real(2, 5, 3), real(4, 3), real(4)),
    case(real(0, 3), real(4, 3), real(4)), wrong(real(2, 3), real(4, 2)), wrong(real(2, 3), real(4, 3), real(3)),
    integers=False)  # fmt: skip
row(F + "bilinear", case(real(2, 3), real(2, 4), real(5, 3, 4), real(5)), case(real(3), real(4), real(5, 3, 4)),
    case(real(2, 1, 3), real(2, 1, 4), real(5, 3, 4), real(5)), case(real(0, 3), real(0, 4), real(5, 3, 4), real(5)),
    wrong(real(2, 3), real(4), real(5, 3, 4)), wrong(real(2, 3), real(1, 4), real(5, 3, 4)),
    wrong(real(2, 3), real(2, 3), real(5, 3, 4)), wrong(real(2, 4), real(2, 4), real(5, 3, 4)),
    wrong(real(2, 3), real(2, 4), real(5, 3, 4), real(1)), wrong(real(), real(), real(5, 3, 4)),
    wrong(real(3), real(4), real(3, 4)), wrong(integer(3), real(4), real(5, 3, 4)), integers=False)  # fmt: skip


def bags(m: Any, index: Any, table: Any, offsets: Any = None, weights: Any = None, mode: str = "mean", **o: Any) -> Any:
    """`embedding_bag`; of PyTorch's, which has one derivative only, the same in other words."""
    if o.pop("fails", False) or m is microgradx:
        return m.nn.functional.embedding_bag(index, table, offsets, per_sample_weights=weights, mode=mode, **o)
    ends = offsets.tolist()[1:] + [len(index)] * (not o.get("include_last_offset")) if index.ndim == 1 else None
    pieces, parts = index, weights
    if ends is not None:
        sizes = np.diff([0, *ends]).tolist()
        pieces, parts = (None if t is None else t[: ends[-1]].split(sizes) for t in (index, weights))
    results = []
    for i, piece in enumerate(pieces):
        keep = piece != o.get("padding_idx", -100)
        rows = table[piece[keep]] * (1 if parts is None else parts[i][keep][:, None])
        results.append(getattr(rows, "a" * (mode == "max") + mode)(0) if len(rows) else table[0] * 0)
    return m.stack(results)


row(F + "embedding_bag", *(c for mode in ("sum", "mean", "max") for c in (
        case(integer(2, 3, high=4), real(4, 2), mode=mode),
        case(integer(6, high=4), real(4, 2), values([0, 2, 2, 5]), mode=mode),
        case(integer(6, high=4), real(4, 2), values([0, 1, 4]), mode=mode, include_last_offset=True),
        case(values([[0, 2], [2, 2]]), real(4, 2), mode=mode, padding_idx=2))),
    case(integer(2, 3, high=4), real(4, 2), None, real(2, 3), mode="sum"),
    case(values([0, 2, 2, 1]), real(4, 2), values([0, 1]), real(4), mode="sum", padding_idx=2),
    *(wrong(*a, fails=True, **o) for a, o in (
        ((integer(2, 3), real(5, 2), values([0])), {}), ((integer(3), real(5, 2)), {}),
        ((integer(3), real(5, 2), values([[0]])), {}), ((integer(1, 2, 3), real(5, 2)), {}),
        ((integer(3), real(5)), {}), ((values([5]), real(5, 2), values([0])), {}),
        ((values([0.5]), real(5, 2), values([0])), {}), ((integer(3), real(5, 2), values([0.0])), {}),
        ((integer(3), real(5, 2), values([1])), {}), ((integer(3), real(5, 2), values([0, 4])), {}),
        ((integer(1, 3), real(5, 2)), {"mode": "prod"}), ((integer(1, 3), real(5, 2)), {"padding_idx": 5}),
        ((integer(1, 3), real(5, 2)), {"mode": "max", "scale_grad_by_freq": True}), ((integer(2, 0), real(5, 2)), {}),
        ((integer(1, 3), real(5, 2)), {"mode": "max", "sparse": True}),
        ((integer(1, 3), real(5, 2), None, real(1, 2)), {"mode": "sum"}),
        ((integer(1, 3), real(5, 2), None, real(1, 3)), {}))),
    call=bags, integers=False)  # fmt: skip
row(F + "embedding", case(integer(2, 3, high=4), real(4, 2)),
    kink(values([0, 2, 2]), real(4, 2), None, None, 2.0, True), case(values(1), real(4, 2)),
    kink(values([0, 2, 2]), real(4, 2), padding_idx=2), wrong(values([4]), real(4, 2)),
    wrong(values([0.5]), real(4, 2)), integers=False)  # fmt: skip
row(
    F + "dropout of nothing",
    case(real(3)),
    call=lambda m, x: m.nn.functional.dropout(x * 1, 0.5, False),
    integers=False,
)
row(F + "layer_norm", case(real(2, 5), (5,)), case(real(2, 3, 4), (3, 4), real(3, 4), real(3, 4)),
    case(real(2, 5), (5,), real(5), None, 1e-2), wrong(real(2, 5), (4,)), wrong(real(2, 5), (5,), real(4)),
    integers=False)  # fmt: skip
row(F + "rms_norm", case(real(2, 5), (5,)), case(real(2, 5), (5,), real(5), 1e-2), integers=False)
row(
    F + "group_norm",
    case(real(2, 4, 3), 2),
    case(real(2, 4, 3), 4, real(4), real(4)),
    wrong(real(2, 3, 3), 2),
    wrong(real(1, 4), 4),
    wrong(real(4), 2),
    wrong(integer(2, 4, 3), 2),
    integers=False,
)
row(F + "batch_norm", case(real(4, 3), None, None, real(3), real(3), True),
    case(real(2, 3, 4), None, None, None, None, True), case(real(4, 3), constant, constant, real(3), real(3)),
    case(real(0, 3, 2), None, None, real(3), real(3), True), case(real(2, 3, 0), constant, constant, real(3), None),
    integers=False)  # fmt: skip
row(F + "instance_norm", case(real(2, 3, 4)), case(real(2, 2, 2, 3), None, None, real(2), real(2), eps=1e-2),
    case(real(2, 3, 4), constant, constant, real(3), real(3), False),
    wrong(real(2, 3)), wrong(real(2, 3, 4), None, None, real(2)), wrong(real(2, 3, 4), use_input_stats=False), wrong(real(2, 3, 0), use_input_stats=False),
    integers=False)  # fmt: skip
row(F + "cosine_similarity", case(real(2, 3), real(2, 3)), case(real(2, 3, 4), real(3, 1), dim=-2),
    kink(real(3), real(3), 0, 10.0), kink(values([[0.0, 0.0]]), real(1, 2)), wrong(real(2, 3), real(2, 4)),
    wrong(integer(1, 2), integer(1, 2)), integers=False)  # fmt: skip
row(F + "pairwise_distance", case(real(2, 3), real(2, 3)), case(real(3), real(2, 3), p=3.0, keepdim=True),
    kink(real(2, 3), real(2, 3), 1.0), wrong(real(2, 3), real(2, 4)), integers=False)  # fmt: skip
row(F + "unfold", case(real(2, 3, 4, 5), 2), case(real(2, 3, 4), (2, 3), 1, 1, (2, 1)), case(real(1, 2, 5, 5), 2, 3),
    case(real(2, 2, 2, 3), 1), wrong(real(1, 1, 2, 2), 3), wrong(real(1, 1, 2, 2), 0), wrong(integer(1, 1, 2, 2), 1),
    integers=False)  # fmt: skip
row(F + "fold", case(real(2, 4, 6), (3, 4), 2), case(real(12, 4), (3, 3), (2, 3), padding=(0, 1), stride=(1, 2)),
    case(real(2, 2, 6), (2, 3), 1), wrong(real(1, 4, 5), (3, 4), 2), wrong(real(1, 3, 6), (3, 4), 2),
    wrong(integer(1, 4, 6), (3, 4), 2), integers=False)  # fmt: skip
for mode, shape in (
    ("nearest", (2, 3, 4)), ("nearest-exact", (1, 2, 4, 5)), ("linear", (2, 3, 4)), ("bilinear", (1, 2, 4, 5)),
    ("bicubic", (1, 2, 4, 5)), ("trilinear", (1, 2, 2, 3, 4)), ("area", (1, 2, 4, 5)),
):  # fmt: skip
    row(F + "interpolate " + mode, case(real(*shape), 3, mode=mode), case(real(*shape), 7, mode=mode),
        case(real(*shape), scale_factor=1.7, mode=mode), case(real(*shape), scale_factor=0.6, mode=mode),
        case(real(*shape), scale_factor=1.3, mode=mode, recompute_scale_factor=True),
        *(case(real(*shape), n, mode=mode, align_corners=True) for n in (1, 3, 6) if mode.endswith(("linear", "cubic"))),
        *(case(real(*shape), (2, 7), mode=mode, antialias=True) for _ in range(mode in ("bilinear", "bicubic"))),
        wrong(real(*shape), -1, mode=mode), wrong(real(*shape), mode=mode), wrong(real(*shape), 2, 2.0, mode=mode),
        wrong(integer(*shape), 2, mode=mode), wrong(real(2, 3), 2, mode=mode), wrong(real(*shape), (2,) * 4, mode=mode),
        call=lambda m, *a, **o: m.nn.functional.interpolate(*a, **o), integers=False)  # fmt: skip
row(F + "interpolate", wrong(real(1, 1, 4), 2, align_corners=True), wrong(real(1, 1, 4), 2, mode="bilinear"),
    wrong(real(1, 1, 4), 2, mode="best"), wrong(real(1, 1, 4), 2, recompute_scale_factor=True),
    wrong(real(1, 1, 4), 2, antialias=True), wrong(real(1, 0, 4), 2), wrong(real(1, 1, 4), scale_factor="2"),
    case(Input(lambda rng: rng.integers(0, 256, (1, 1, 4)).astype(np.uint8)), 7), integers=False)  # fmt: skip
row(F + "interpolate pixels", *(
    case(Input(lambda rng: rng.integers(0, 256, (2, 3, 9, 7)).astype(np.uint8)), size, factor, mode, corners, antialias=anti)
    for mode in ("bilinear", "bicubic") for anti in (False, True) for size, factor, corners in (
        ((4, 10), None, None), (5, None, True), ((9, 3), None, None), (None, (0.4, 1.3), None), (None, 1.05, None))),
    call=lambda m, *a, **o: m.nn.functional.interpolate(*a, **o), integers=False)  # fmt: skip


def still(*shape: int) -> Input:
    """As `real`, but without a gradient."""
    return Input(lambda rng: rng.standard_normal(shape), constant=True)


# Values only: here PyTorch's gradients are not the slopes of its results.
row(F + "interpolate by a factor that changes no size", *(
    case(still(*(1, 2, 6, 6, 6)[: d + 2]), scale_factor=1.1, mode=mode)
    for d, mode in ((2, "nearest"), (2, "nearest-exact"), (2, "bilinear"), (2, "bicubic"), (1, "linear"))),
    *(case(still(1, 2, 6, 4), scale_factor=(1.1, 1.5), mode=mode, antialias=True) for mode in ("bilinear", "bicubic")),
    case(still(1, 2, 6, 4), scale_factor=(1.1, 1.5)),
    call=lambda m, *a, **o: m.nn.functional.interpolate(*a, **o), integers=False)  # fmt: skip


def quiet(name: str) -> Callable[..., Any]:
    """A call of what warns that its name is an old one."""

    def call(m: Any, *args: Any, **options: Any) -> Any:
        with warnings.catch_warnings(action="ignore", category=UserWarning):
            return attrgetter(name)(m)(*args, **options)

    return call


for name in ("upsample", "upsample_nearest"):
    row(F + name, case(real(1, 2, 4, 5), 3), case(real(1, 2, 4), scale_factor=1.7), wrong(real(1, 2, 4)),
        call=quiet(F + name), integers=False)  # fmt: skip
row(F + "upsample_bilinear", case(real(1, 2, 4, 5), (6, 3)), case(real(1, 2, 4, 5), scale_factor=1.5),
    wrong(real(1, 2, 4), 3), call=quiet(F + "upsample_bilinear"), integers=False)  # fmt: skip
for name in ("channel_shuffle", "native_channel_shuffle"):  # the second of these has no derivative in PyTorch
    row(F + name, case(real(2, 6, 3), 2), case(real(1, 6, 2, 2), 6), case(real(1, 4, 0), 2), case(real(1, 2, 3, 2, 1), 1),
        *(wrong(real(*s), g) for s, g in (((6, 2), 2), ((1, 6, 2), 4), ((1, 6, 2), 0))), wrong(real(1, 6, 2), 2.0),
        call=lambda m, *a, name=name: getattr(m.nn.functional, name if m is microgradx else "channel_shuffle")(*a),
    )  # fmt: skip
row(F + "local_response_norm", case(real(2, 5, 3), 3), case(real(2, 5, 2, 2), 4, 0.5, 1.5, 2.0), case(real(1, 2, 3), 7),
    case(real(1, 3, 1, 2, 1, 2), 2), case(real(2, 0, 3), 2), wrong(real(2, 3), 2), wrong(real(2, 3, 1), 0),
    integers=False)  # fmt: skip
row(F + "grid_sample", *(  # kinks, for PyTorch has no second derivatives: tests/ops/test_grid.py has them all
        kink(real(*shape), real(shape[0], 3, *(2,) * (len(shape) - 3), len(shape) - 2), mode, padding, align_corners=corners)
        for shape in ((2, 3, 4, 5), (1, 2, 3, 2, 4)) for mode in ("bilinear", "nearest")
        for padding in ("zeros", "border", "reflection") for corners in (True, False)),
    kink(real(2, 3, 4, 5), unit(2, 3, 2, 2), "bicubic", align_corners=False),
    *(wrong(*a, align_corners=True) for a in (
        (real(1, 2, 3, 3), real(2, 1, 1, 2)), (real(1, 2, 3, 3), real(1, 1, 1, 3)), (real(1, 2, 3), real(1, 1, 1)),
        (real(1, 2, 3, 3), real(1, 1, 1, 1, 2)), (real(1, 2, 0, 3), real(1, 1, 1, 2)), (real(1, 2, 3, 3), integer(1, 1, 1, 2)),
        (real(1, 2, 3, 3), real(1, 1, 1, 2), "linear"), (real(1, 2, 3, 3), real(1, 1, 1, 2), "nearest", "zero"),
        (real(1, 2, 3, 3, 3), real(1, 1, 1, 1, 3), "bicubic"), (integer(1, 2, 3, 3), integer(1, 1, 1, 2)))),
    integers=False)  # fmt: skip
row(F + "affine_grid", *(case(real(2, d, d + 1), (2, 1, 3, 2, 4)[: d + 2], corners) for d in (2, 3) for corners in (True, False)),
    *(wrong(*a, align_corners=False) for a in (
        (integer(1, 2, 3), (1, 1, 2, 2)), (real(2, 3), (1, 1, 2, 2)), (real(1, 3, 4), (1, 1, 2, 2)), (real(1, 2, 3), (1, 2, 2)),
        (real(1, 2, 3), (1, 1, 0, 2)), (real(2, 2, 3), (1, 1, 2, 2)))), integers=False)  # fmt: skip
row(F + "pixel_shuffle", case(real(2, 8, 2, 3), 2), case(real(4, 1, 2), 1), wrong(real(6, 2, 2), 2), wrong(real(4, 4), 1),
    wrong(real(4, 2, 2), 0), wrong(real(4, 2, 2), 2.0))  # fmt: skip
row(F + "pixel_unshuffle", case(real(2, 2, 4, 6), 2), case(real(4, 1, 2), 1), wrong(real(1, 2, 3), 2),
    wrong(real(1, 2, 2), -1))  # fmt: skip
row(F + "normalize into a tensor", case(still(2, 3), out=still(2, 3)), wrong(real(2, 3), out=still(2, 3)),
    wrong(still(2, 3), out=real(2, 3)), call=lambda m, x, out: m.nn.functional.normalize(x, out=out * 1),
    integers=False)  # fmt: skip
for name in ("sigmoid", "tanh"):
    row(F + name, case(real(2, 3)), call=lambda m, x, name=name: getattr(m.nn.functional, name)(input=x),
        integers=False)  # fmt: skip
row(F + "normalize", case(real(2, 3)), case(real(2, 3), p=3.0, dim=0), integers=False)
row(F + "one_hot", case(integer(2, 3)), case(integer(3), 7), wrong(values([3]), 2), integers=False)
row(F + "pad", case(real(2, 3), (1, 2)), case(real(2, 3), (1, 0, 0, 2), value=2.5), case(real(2, 3, 4), (-1, 2)),
    case(real(2, 3, 4), (2, 1), mode="reflect"), case(real(2, 3, 4), (2, 1), mode="replicate"),
    case(real(2, 3, 4), (2, 1), mode="circular"), wrong(real(2), (1,)), integers=False)  # fmt: skip
row(F + "pad at the edges of what is allowed", case(real(2, 3, 3), (2, -1, -1, 0), mode="reflect"),
    case(real(2, 3, 3), (-1, -1, -1, 1), mode="replicate"), case(real(2, 3), (-2, -1), mode="circular"),
    case(real(2, 3), (-2, 0), mode="circular"), case(real(2, 3), (-3, 2)), wrong(real(2, 0), (-1, 2)),
    wrong(real(2, 3), (3, 0), mode="reflect"), wrong(real(2, 3), (4, 0), mode="circular"),
    wrong(real(2, 0), (1, 1), mode="replicate"), wrong(real(0, 2), (1, 1), mode="reflect"), wrong(real(2, 3), (-2, -1), mode="reflect"),
    wrong(real(3), (1, 1), mode="reflect"), wrong(real(2, 3), (1, 1, 1, 1), mode="replicate"),
    wrong(real(2, 3), (), mode="circular"), wrong(real(2, 3), (1,) * 6, mode="best"),
    wrong(real(2, 3), (1, 1), mode="reflect", value=2.0),
    case(real(2, 3), (1, 1), mode="reflect", value=0.0), call=lambda m, *a, **o: m.nn.functional.pad(*a, **o),
    integers=False)  # fmt: skip
row(F + "conv1d", case(real(2, 3, 6), real(4, 3, 3), real(4), padding=1),
    case(real(2, 4, 7), real(2, 2, 2), None, 2, 0, 2, 2), wrong(real(2, 3, 6), real(4, 2, 3)),
    wrong(real(1, 1, 3), real(1, 1, 0)),
    wrong(real(2, 3, 6), real(4, 3, 3), [0.0] * 4), integers=False)  # fmt: skip
row(F + "conv2d", case(real(2, 2, 4, 5), real(3, 2, 2, 3), real(3)),
    case(real(1, 2, 5, 5), real(2, 1, 3, 3), None, 2, 1, 1, 2), wrong(real(2, 2, 2, 2), real(3, 2, 3, 3)),
    integers=False)  # fmt: skip
row(F + "conv3d", case(real(1, 2, 3, 3, 2), real(2, 2, 2, 2, 2), real(2)), integers=False)
row(F + "conv_transpose1d", case(real(2, 3, 4), real(3, 2, 3), real(2), 2), wrong(real(1, 1, 3), real(1, 1, 0)),
    wrong(real(1, 1, 1), real(1, 1, 2), padding=1), integers=False)  # fmt: skip
row(F + "conv_transpose2d", case(real(1, 2, 3, 3), real(2, 2, 2, 3), real(2), 2, 1), integers=False)
row(F + "conv_transpose3d", case(real(1, 2, 2, 2, 2), real(2, 1, 2, 2, 2), real(1)), integers=False)
row(F + "conv_tbc", case(real(5, 2, 3), real(2, 3, 4), real(4), 1), case(real(3, 2, 3), real(3, 3, 1), real(1)),
    case(real(2, 2, 3), real(3, 3, 1), real(1)), case(real(5, 2, 3), real(2, 3, 4), real(4), -1),
    wrong(real(1, 2, 3), real(3, 3, 1), real(1)), wrong(real(5, 2), real(2, 3, 4), real(4)), wrong(real(5, 2, 3), real(3, 4), real(4)),
    wrong(real(5, 2, 3), real(2, 2, 4), real(4)), wrong(real(5, 2, 3), real(2, 3, 4), real(1)),
    wrong(real(5, 2, 3), real(2, 3, 4), None), wrong(real(5, 2, 3), real(2, 3, 4), real(4, 1)), integers=False)  # fmt: skip
for d, shape in ((1, (2, 3, 6)), (2, (2, 2, 4, 5)), (3, (1, 2, 4, 3, 4))):
    row(F + f"max_pool{d}d", case(real(*shape), 2), case(real(*shape), 2, 1), integers=False)
    row(F + f"avg_pool{d}d", case(real(*shape), 2), case(real(*shape), 2, 1, 1), integers=False)
    row(F + f"adaptive_avg_pool{d}d", case(real(*shape), 2), case(real(*shape), 1), integers=False)
    row(F + f"adaptive_max_pool{d}d", case(real(*shape), 2), integers=False)

    for name, *arguments in (("max", 2, 1), ("adaptive_max", 2)):
        row(F + f"{name}_pool{d}d_with_indices", case(real(*shape), *arguments), wrong(real(3), *arguments),
            integers=False)  # fmt: skip
    row(F + f"lp_pool{d}d", case(positive(*shape), 2, 2), case(positive(*shape), 3.5, 3, 1),
        case(positive(*shape), 2.0, 3, 2, True), case(real(*shape), inf, 2), case(real(*shape), -inf, 2, 1),
        kink(real(*shape), 3.0, 2), kink(values(np.zeros(shape)), 2.0, 2), wrong(real(*shape), 2, 9),
        integers=False)  # fmt: skip
for d, shape in ((2, (2, 2, 5, 6)), (3, (1, 2, 5, 6, 5))):
    row(F + f"fractional_max_pool{d}d", *(
            case(real(*size), kernel, 3, _random_samples=Input(lambda rng, n=n, d=d: rng.random((n, 2, d)), constant=True))
            for size, n in ((shape, shape[0]), (shape[1:], 1)) for kernel in (1, 2)),
        wrong(real(*shape), 2), wrong(real(*shape), 2, 9), *(wrong(real(*shape), 2, output_ratio=(0.5,) * 4) for _ in range(d == 2)),
        wrong(real(*shape), (2,) * (d + 1), 2), wrong(real(2, 0, *shape[2:]), 2, 2), wrong(real(*shape), 2, 3, _random_samples=real(2, 2, d + 1)),
        integers=False)  # fmt: skip
    row(F + f"fractional_max_pool{d}d_with_indices",
        case(real(*shape), 2, 3, _random_samples=Input(lambda rng, d=d: rng.random((2, 2, d)), constant=True)),
        integers=False)  # fmt: skip
row(F + "max_unpool1d", case(real(2, 3), values([[0, 3, 5], [1, 2, 4]]), 2), case(real(2, 1, 2), integer(2, 1, 2), 3, 2),
    wrong(real(2, 3), integer(2, 2), 2), wrong(real(2, 3), integer(2, 3, low=6, high=7), 2), wrong(real(2), integer(2), 2),
    integers=False)  # fmt: skip
row(F + "max_unpool2d", case(real(1, 2, 2), values([[[0, 3], [8, 14]]]), 2),
    case(real(1, 2, 1, 2), values([[[[1, 2]], [[4, 9]]]]), (2, 3), 2, (0, 1), output_size=(1, 2, 3, 4)),
    case(real(0, 2, 2, 2), integer(0, 2, 2, 2), 2), wrong(real(1, 0, 2, 2), integer(1, 0, 2, 2), 2),
    wrong(real(1, 2, 2), integer(1, 2, 2), 2, output_size=(6, 4)), wrong(real(1, 2, 2), integer(1, 2, 2), 2, output_size=(4,)),
    wrong(real(1, 2, 2), integer(1, 2, 2), 2, padding=3), wrong(real(1, 2, 2), values([[[-1, 0], [0, 0]]]), 2),
    wrong(real(1, 2, 2), values([[[0.0, 0.0], [0.0, 0.0]]]), 2), wrong(integer(1, 2, 2), integer(1, 2, 2), 2),
    wrong(real(2, 2), integer(2, 2), 2), integers=False)  # fmt: skip
row(F + "max_unpool2d of overlapping windows", kink(values([[[2.0, 2.0, 1.0]]]), values([[[1, 1, 3]]]), 2, 1),
    call=lambda m, *a: m.nn.functional.max_unpool2d(*a), integers=False)  # fmt: skip
row(F + "max_unpool3d", case(real(1, 2, 1, 1), values([[[[0]], [[15]]]]), 2), wrong(real(2, 2, 2), integer(2, 2, 2), 2),
    integers=False)  # fmt: skip

# ---------------------------------------------------------------- losses

for name in ("mse_loss", "l1_loss", "huber_loss", "smooth_l1_loss"):
    row(F + name, *(case(real(2, 3), real(2, 3), reduction=r) for r in ("mean", "sum", "none")), case(real(), real()),
        kink(values([1.0, 2.0]), values([1.0, 1.0])), wrong(real(2), real(2), reduction="max"),
        integers=False)  # fmt: skip
probability = Input(lambda rng: rng.uniform(0.1, 0.9, (2, 3)))
row(F + "binary_cross_entropy with weights", case(probability, probability, constant), integers=False,
    call=lambda m, *a: m.nn.functional.binary_cross_entropy(*a))  # fmt: skip
row(F + "binary_cross_entropy", *(case(probability, probability, reduction=r) for r in ("mean", "sum", "none")),
    kink(values([0.0, 1.0]), values([0.0, 1.0])), wrong(values([2.0]), values([1.0])), wrong(probability, real(3)),
    integers=False)  # fmt: skip
row(F + "binary_cross_entropy_with_logits",
    *(case(real(2, 3), probability, reduction=r) for r in ("mean", "sum", "none")),
    case(real(2, 3), probability, weight=constant), case(real(2, 3), probability, pos_weight=constant),
    kink(values([500.0, -500.0]), values([0.0, 1.0])), wrong(real(2), real(3)), integers=False)  # fmt: skip
row(F + "cross_entropy", *(case(real(4, 3), integer(4, high=3), reduction=r) for r in ("mean", "sum", "none")),
    case(real(3), values(1)), case(real(2, 3, 4), integer(2, 4, high=3)), case(real(3, 3), values([0, -100, 2])),
    case(real(3, 3), values([0, 1, 2]), label_smoothing=0.1), case(real(2, 3), probability),
    case(values([[1000.0, -1000.0]]), values([1])), wrong(real(2, 3), values([0, 3])), wrong(real(2, 3), values([0])),
    wrong(real(2, 3), values([0.0, 1.0])), integers=False)  # fmt: skip
row(F + "cross_entropy with weights", case(real(4, 3), values([0, 1, 2, 2]), constant), integers=False,
    call=lambda m, *a: m.nn.functional.cross_entropy(*a))  # fmt: skip
row(F + "nll_loss", *(case(real(4, 3), integer(4, high=3), reduction=r) for r in ("mean", "sum", "none")),
    case(real(2, 3), values([0, 1]), ignore_index=1), wrong(real(2, 3), values([0, 3])), integers=False)  # fmt: skip
row(F + "kl_div", *(case(real(2, 3), probability, reduction=r) for r in ("sum", "none", "batchmean")),
    case(real(2, 3), real(2, 3), reduction="sum", log_target=True), integers=False)  # fmt: skip

signs = values([1, -1, 1, -1])
row(F + "margin_ranking_loss", *(case(real(4), real(4), signs, 0.3, reduction=r) for r in ("mean", "sum", "none")),
    case(real(), real(), values(-1.0)), kink(values([1.0]), values([1.0]), values([1])),
    wrong(real(4), real(4), real(4, 1)), wrong(real(4), real(4), signs, reduction="max"), integers=False)  # fmt: skip
row(F + "triplet_margin_loss", *(case(real(4, 3), real(4, 3), real(4, 3), reduction=r) for r in ("mean", "sum", "none")),
    case(real(4, 3), real(4, 3), real(4, 3), 2.0, 3.0, swap=True), case(real(3), real(3), real(3)),
    wrong(real(3), real(3), real(1, 3)), wrong(real(3), real(3), real(3), 0.0), wrong(real(3), real(3), real(4)),
    integers=False)  # fmt: skip
row(F + "cosine_embedding_loss", *(case(real(4, 3), real(4, 3), signs, reduction=r) for r in ("mean", "sum", "none")),
    case(real(3), real(3), values(-1), -0.9), case(real(2, 3), real(2, 3), values([0, 1])),
    wrong(real(2, 3), real(2, 3), integer(2, 1)), wrong(real(3), real(3), signs), integers=False)  # fmt: skip

row(F + "triplet_margin_with_distance_loss",
    *(case(real(4, 3), real(4, 3), real(4, 3), reduction=r) for r in ("mean", "sum", "none")),
    case(real(4, 3), real(4, 3), real(4, 3), margin=3.0, swap=True), case(real(3), real(3), real(3)),
    case(real(4, 3), real(4, 3), real(4, 3), distance_function=lambda x, y: (x * y).sum(-1)),
    wrong(real(3), real(3), real(1, 3)), wrong(real(3), real(3), real(3), margin=0.0),
    wrong(real(3), real(3), real(3), reduction="max"), integers=False)  # fmt: skip
row(F + "hinge_embedding_loss", *(case(real(4), signs, 0.3, reduction=r) for r in ("mean", "sum", "none")),
    case(real(2, 3), values([0, 1, -1]), reduction="none"), case(real(3), values([[1], [-1]])),
    case(real(), values(-1)), case(real(0), real(0), reduction="none"), kink(values([1.0, 0.0]), values([-1, -1])),
    wrong(real(4), signs, reduction="max"), wrong(real(3), signs), integers=False)  # fmt: skip
constant_signs = Input(lambda rng: np.array([1.0, -1.0, 1.0]), constant=True)
row(F + "soft_margin_loss", *(case(real(2, 3), constant_signs, reduction=r) for r in ("sum", "none")),
    *(case(real(4), signs, reduction=r) for r in ("mean", "sum", "none")), case(real(), values(-1)),
    kink(values([50.0, -50.0, 500.0]), constant_signs, reduction="none"), wrong(real(4), signs, reduction="max"),
    wrong(real(2), signs), wrong(integer(4), signs), wrong(real(3), real(3)), integers=False)  # fmt: skip
row(F + "multi_margin_loss", *(case(real(4, 3), integer(4, high=3), reduction=r) for r in ("mean", "sum", "none")),
    *(case(real(4, 3), integer(4, high=3), 2, 0.4, constant, reduction=r) for r in ("mean", "sum", "none")),
    case(real(3), values(2)), case(real(3), values([1]), reduction="none"), case(real(), values(0)),
    kink(values([[0.0, 1.0, 2.0]]), values([1])), wrong(real(2, 3), values([0, 3])),
    wrong(real(2, 3), values([0, -1])), wrong(real(2, 3), values([0])), wrong(real(2, 3), values([[0, 1]])),
    wrong(real(2, 0), values([0, 1])), wrong(real(1, 2, 3), values([0])), wrong(real(2, 3), values([0.0, 1.0])),
    wrong(real(2, 3), values([0, 1]), 3), wrong(real(2, 4), values([0, 1]), weight=constant),
    wrong(real(2, 3), values([0, 1]), weight=real(3)), wrong(real(2, 3), values([0, 1]), weight=real(1, 3)),
    wrong(integer(2, 3), values([0, 1])), wrong(real(2, 3), values([0, 1]), reduction="max"),
    integers=False, orders=1)  # fmt: skip
some = values([[0, 3, -1, 1], [2, -1, 0, 0], [-1, 1, 1, 1], [3, 3, 0, -1]])
row(F + "multilabel_margin_loss", *(case(real(4, 4), some, reduction=r) for r in ("mean", "sum", "none")),
    case(real(4), values([2, 0, -1, -1]), reduction="none"), case(real(), values(0)), case(real(3), values([1, 2, 0])),
    kink(values([[0.0, 1.0]]), values([[0, -1]])), wrong(real(2, 3), integer(2, 2)),
    wrong(real(2, 3), integer(6)), wrong(real(1, 2), values([[0, 2]])), wrong(real(1, 2), values([[-2, 0]])),
    wrong(real(1, 2), values([[0.0, 1.0]])), wrong(real(2, 0), integer(2, 0)), wrong(integer(1, 2), values([[0, 1]])),
    wrong(real(1, 2), values([[0, 1]]), reduction="max"), integers=False, orders=1)  # fmt: skip
row(F + "multilabel_soft_margin_loss", *(case(real(2, 3), probability, reduction=r) for r in ("mean", "sum", "none")),
    case(real(2, 3), integer(2, 3, high=2), constant), case(real(2, 4, 3), real(3)), case(real(3), real(3)),
    kink(values([500.0, -500.0]), values([0.0, 1.0])), wrong(real(), real()), wrong(real(3), real(2)),
    wrong(real(3), real(3), reduction="max"), integers=False)  # fmt: skip
row(F + "poisson_nll_loss", *(case(real(2, 3), positive(2, 3), reduction=r) for r in ("mean", "sum", "none")),
    *(case(positive(2, 3), real(2, 3), False, eps=1e-3, reduction=r) for r in ("mean", "none")),
    case(real(2, 3), positive(3), full=True), case(real(3), values([0, 1, 4]), full=True), case(real(), positive()),
    case(integer(3), integer(3)), case(real(3), values([1.5, 9.0, 1e3]), full=True, reduction="none"),
    kink(values([0.0]), positive(1), False), wrong(real(2), real(3)), wrong(real(2), real(2), reduction="max"),
    wrong(real(2), real(2), reduction="elementwise_mean"), integers=False)  # fmt: skip
row(F + "gaussian_nll_loss",
    *(case(real(2, 3), real(2, 3), positive(2, 3), reduction=r) for r in ("mean", "sum", "none")),
    case(real(2, 3), real(2, 3), positive(2), full=True), case(real(2, 3), real(2, 3), positive(2, 1)),
    case(real(2, 3), real(2, 3), positive(1, 3), reduction="none"), case(real(2, 3), real(3), 0.5),
    case(real(3), real(3), positive()), case(real(), real(), positive(), eps=0.1),
    kink(real(3), real(3), values([0.0, 1e-9, 1.0])), kink(real(3), real(3), values([0.05, 0.1, 0.2]), eps=0.1),
    kink(real(3), real(3), 0.0, eps=1e-3), wrong(real(2, 3), real(2, 3), positive(3)), wrong(real(2), real(2), -1.0),
    wrong(real(2, 3), real(2, 3), positive(1, 1)), wrong(real(2), real(2), values([1.0, -1.0])),
    wrong(real(2), real(2), 1), wrong(real(2), real(2), 1.0, reduction="max"), integers=False)  # fmt: skip
steps = real(6, 3, 4), values([[1, 2, 2], [3, 9, 9], [1, 3, 1]])
row(F + "ctc_loss", *(case(*steps, (6, 5, 4), (3, 1, 2), reduction=r) for r in ("mean", "sum", "none")),
    case(*steps, values([6, 5, 4]), values([3, 0, 3])), case(steps[0], values([2, 1, 1, 0]), (6, 6, 6), (1, 2, 1), 3),
    case(*steps, (3, 6, 0), (3, 1, 2), zero_infinity=True, reduction="none"), kink(*steps, (3, 6, 6), (3, 1, 0)),
    case(*steps, values(np.int32([6, 1, 0])), values(np.int32([3, 1, 0])), reduction="none"),
    case(real(5, 3), values([2, 1]), values(5), values(2), reduction="none"), case(real(5, 3), values([[1]]), (5,), (1,)),
    kink(values(np.array([[[0.0, 500.0]], [[-500.0, 0.0]]])), values([[1]]), (2,), (1,)),
    kink(*steps, (3, 6, 6), (3, 1, 2), reduction="none"), wrong(*steps, (6, 6), (3, 1, 2)),
    wrong(*steps, (6, 6, 7), (3, 1, 2)), wrong(*steps, (6, 6, -1), (3, 1, 2)), wrong(*steps, (6, 6, 6), (3, 1, 4)),
    wrong(*steps, (6, 6, 6), (3, 1, -1)), wrong(*steps, (6, 6, 6), (3, 1)), wrong(*steps, (6, 6, 6), (3, 1, 2), 4),
    wrong(*steps, values([6.0, 6.0, 6.0]), values([1, 1, 1])), wrong(*steps, (6, 6, 6), values([3, 1, 2])),
    wrong(*steps, 6, 3), wrong(*steps, (6, 6, 6), (3, 1, 2), reduction="max"), wrong(real(0, 1, 2), values([]), (0,), (0,)),
    wrong(real(2, 1, 2), values([1, 1]), (2,), (1,)), wrong(real(2, 1, 2), values([[1], [1]]), (2,), (1,)),
    wrong(real(2, 1, 2), values([[[1]]]), (2,), (1,)), wrong(real(2, 1, 1, 2), values([[1]]), (2,), (1,)), orders=1,
    call=lambda m, x, *a, **o: m.nn.functional.ctc_loss(x.log_softmax(-1), *a, **o), integers=False)  # fmt: skip
row(F + "linear_cross_entropy",
    *(case(real(4, 2), real(3, 2), integer(4, high=3), reduction=r) for r in ("mean", "sum", "none")),
    case(real(2), real(3, 2), values(1)), case(real(2, 4), real(3, 2, 4), integer(2, 2, high=3), linear_bias=real(3, 2)),
    case(real(2, 4), real(3, 4), values([0, 2]), linear_bias=real(3), weight=constant, ignore_index=1),
    case(real(2, 4), real(3, 4), probability, label_smoothing=0.1), wrong(real(2, 4), real(3, 3), values([0, 1])),
    wrong(real(1, 2, 4), real(3, 4), values([0, 1])), wrong(real(2, 4), real(4), values([0, 1])),
    wrong(real(2, 4), real(3, 4), values([0, 1]), linear_bias=real(2)), wrong(real(4), real(3, 2, 4), values(0)),
    wrong(real(2, 4), real(3, 4), probability, ignore_index=0), integers=False)  # fmt: skip

# ---------------------------------------------------------------- more functions of numbers

for name in ("asin", "acos"):
    row(name, case(unit(2, 3)), case(unit()), case(unit(0)), kink(values([1.0, -1.0])), wrong(1.0))
for name in ("atan", "sinh", "cosh"):
    row(name, case(real(2, 3)), case(real()), case(real(0)), wrong(1.0))
row("atan2", case(real(2, 3), real(3)), case(real(), real()), wrong(real(2), real(3)),
    kink(values([0.0, -0.0, 1e-200]), values([0.0, -0.0, 1e-200])))  # fmt: skip
row("clamp_min", case(real(4), 0.25), case(real(2, 3), real(3)), kink(values([0.0, 1.0]), 0.0))
row("clamp_max", case(real(4), 0.25), case(real(2, 3), real(3)), kink(values([0.0, 1.0]), 0.0))
row("isclose", case(values([1.0, inf, nan]), values([1.0 + 1e-9, inf, nan])), case(real(3), real(3), rtol=0.5),
    case(values([nan]), values([nan]), equal_nan=True), wrong(real(2), integer(2)),
    wrong(real(2), real(3)))  # fmt: skip
row("allclose", case(real(3), real(3)), case(values([1.0]), values([1.0 + 1e-9])), case(real(3), real(3), atol=9.0))
row("equal", case(values([1.0, 2.0]), values([1.0, 2.0])), case(real(2), real(2)), case(real(2), real(3)))
row("cumprod", case(real(2, 3), 0), case(real(4), dim=-1), case(values([2.0, 0.0, 3.0]), 0), case(real(), 0),
    wrong(real(2), 1))  # fmt: skip

# ---------------------------------------------------------------- more arrangements

row("diagonal", case(real(3, 4)), case(real(3, 4), 1), case(real(2, 3, 4), -1, 0, 2), wrong(real(3)),
    wrong(real(2, 3), 0, 1, 1))  # fmt: skip
row("diag", case(real(3)), case(real(3), 1), case(real(3, 4)), case(real(3, 4), -1), wrong(real(2, 2, 2)))
row("scatter", case(real(2, 4), 1, values([[0, 2], [3, 1]]), real(2, 2)), case(real(3), 0, values([1]), 2.5),
    case(values(np.uint8([1, 2])), 0, values([1]), -1), wrong(values(np.uint8([1, 2])), 0, values([1]), 256),
    wrong(real(3), 0, values([3]), real(1)), integers=False)  # fmt: skip
row("scatter_add", case(real(2, 4), 1, values([[0, 0], [3, 1]]), real(2, 2)), case(real(3), 0, values([1, 1]), real(2)),
    wrong(real(3), 0, values([3]), real(1)), integers=False)  # fmt: skip
row("index_add", case(real(3, 2), 0, values([0, 2, 0]), real(3, 2)),
    case(real(2, 3), -1, values([1]), real(2, 1), alpha=2), wrong(real(3), 0, values([3]), real(1)),
    integers=False)  # fmt: skip
row("index_copy", case(real(3, 2), 0, values([2, 0]), real(2, 2)), case(real(2, 3), -1, values([1]), real(2, 1)),
    case(real(), 0, values([0]), real()), wrong(real(3), 0, values([3]), real(1)), wrong(real(3), 0, values([0]), integer(1)),
    integers=False)  # fmt: skip
row("index_fill", case(real(3, 2), 0, values([2, 0]), 1.5), case(real(2, 3), -1, values([2, 2, 0]), real()), case(fixed(real(3)), 0, values([-1]), 2.0),
    case(real(), 0, values([0]), 2), case(integer(3), 0, values(1), 2.5), case(real(0, 2), 1, values([1]), 2.0),
    wrong(real(3), 0, values([3]), 1.0), wrong(real(3), 0, values([-4]), 1.0), wrong(real(3), 0, values([0.0]), 1.0),
    wrong(real(3), 0, values([[0]]), 1.0), wrong(real(3), 0, values([0]), real(1)), integers=False)  # fmt: skip
row("masked_scatter", case(real(2, 3), boolean(2, 3), real(7)), case(real(2, 3), boolean(3), real(2, 3)),
    case(real(3), boolean(2, 1), real(6)), case(real(), boolean(), real(1)), case(integer(3), boolean(3), integer(3)),
    wrong(real(3), integer(3), real(3)), wrong(real(3), boolean(3), integer(3)), wrong(real(2), boolean(3), real(3)),
    wrong(real(2), values([True, True]), real(1)), integers=False)  # fmt: skip
row("index_put", case(real(4), (values([0, 2]),), real(2)), case(real(4), (values([1, 1]),), real(2), True),
    *(case(real(4), (values(1),), real(), more) for more in (True, False)),
    wrong(real(2), (values([2]),), real(1)), integers=False)  # fmt: skip
row("take_along_dim", case(real(2, 4), values([[0, 0], [3, 1]]), 1), case(real(2, 3), values([4, 0])), integers=False)
row("repeat_interleave", case(real(3), 2), case(real(2, 3), 2, 1), case(real(2, 3), values([1, 2]), dim=0),
    case(real(2, 3), 2), wrong(real(2), 1.5), wrong(real(2), values([1.0, 2.0])), wrong(real(2), -1), wrong(real(2)),
    integers=False)  # fmt: skip
row("meshgrid", case(real(2), real(3)), call=lambda m, *a: m.meshgrid(*a, indexing="ij"))

# ---------------------------------------------------------------- order

row("sort", case(real(5)), case(real(2, 3), 0), case(real(2, 3), dim=-1, descending=True), case(real()),
    wrong(real(2), 1), integers=False)  # fmt: skip
row("argsort", case(real(5)), case(real(2, 3), 0, True), integers=False)
row("topk", case(real(5), 2), case(real(2, 4), 2, 0), case(real(4), 3, largest=False), *(case(real(), k) for k in (0, 1)), wrong(real(2), 3),
    integers=False)  # fmt: skip
row("median", case(real(5)), case(real(4)), case(real(2, 3), 1), case(real(2, 3), dim=0, keepdim=True), integers=False)
row("histc", case(fixed(real(9)), 4), case(fixed(real(2, 9)), 5, -1, 1), case(fixed(real(0)), 3), case(values([2.0, 2.0]), 4),
    case(values([0.0, 1.0, 2.0, 3.0, -1.0]), bins=3, max=3), wrong(real(3), 0), wrong(real(3), 3, 2, 1),
    wrong(values([1.0, nan])), wrong(values([1.0, inf])), wrong(integer(3)),
    call=lambda m, x, *a, **o: m.histc(x.detach(), *a, **o), integers=False)  # fmt: skip
row("histogram", case(fixed(real(9)), 4), case(fixed(real(9))), case(fixed(real(2, 9)), 5, range=(-1.0, 1.0)), case(values([2.0, 2.0]), 2),
    case(fixed(real(9)), values([-1.0, 0.0, 0.5, 2.0])), case(fixed(real(0)), 3), case(fixed(real(9)), 3, density=True),
    case(fixed(real(9)), 3, weight=fixed(real(9))), wrong(real(3), 0), wrong(real(3), 2, range=(2.0, 1.0)),
    wrong(integer(3), 2), call=lambda m, x, *a, **o: m.histogram(x.detach(), *(v.detach() if hasattr(v, "detach") else v for v in a), **o),
    integers=False)  # fmt: skip
row("unique", case(integer(6)), integers=False)

# ---------------------------------------------------------------- more products

row("inner", case(real(3), real(3)), case(real(2, 3), real(4, 3)), wrong(real(2), real(3)))
row("einsum", case("ij,jk->ik", real(2, 3), real(3, 2)), case("bij,bjk->bik", real(2, 2, 3), real(2, 3, 2)),
    case("ii->i", real(3, 3)), case("ij->ji", real(2, 3)), case("i,j", real(2), real(3)),
    case("...j,j->...", real(2, 2, 3), real(3)), case("ij,k->i", values(np.int32([[1, 2]])), values(np.int32([1, 2]))), wrong("ij,jk->ik", real(2, 3), real(2, 3)),
    integers=False)  # fmt: skip
row("tensordot", case(values(np.int32([[[-1]]])), values(np.int32([[[1, 2]], [[3, 4]]])), dims=([0, 1], [2, 0])),
    case(real(2, 3), real(3, 4), 1), case(real(2, 3, 4), real(4, 3, 2), dims=([1, 2], [1, 0])),
    integers=False)  # fmt: skip
row("dist", case(real(2, 3), real(3)), case(real(3), real(3), 1), case(real(3), real(3), p=inf), case(real(3), real(), 3.0),
    kink(values([1.0]), values([1.0])), wrong(real(2), real(3)), wrong(integer(3), integer(3)),
    integers=False)  # fmt: skip
row("cross", case(real(3), real(3)), case(real(3, 2), real(3, 2)), case(real(2, 3), real(2, 3)), case(real(2, 3), real(1, 3), -1),
    case(integer(3), integer(3)), case(real(0, 3), real(0, 3)), wrong(real(2), real(2)), wrong(real(3), real(2, 3)),
    wrong(real(3), integer(3)), wrong(real(2, 3), real(2, 3), 0), call=lambda m, *a: quiet("cross")(m, *a))  # fmt: skip
row("linalg.cross", case(real(3), real(3)), case(real(2, 3), real(1, 3)), case(real(3, 2), real(3, 1), dim=0), wrong(real(3, 2), real(3, 2)),
    wrong(real(3), real(1, 3)))  # fmt: skip
row("cdist", case(real(3, 2), real(4, 2)), case(real(2, 3, 2), real(2, 4, 2), p=1.0),
    case(real(3, 2), real(4, 2), p=3.0),
    case(values([[[0.0, 0.0], [3.0, 1.0]], [[1.0, 2.0], [-1.0, 4.0]]]), values([[-2.0, 1.0], [4.0, 5.0], [1.0, -3.0]]),
         2.0, "use_mm_for_euclid_dist"),
    wrong(real(3, 2), real(4, 3)), integers=False,  # PyTorch's cdist has one derivative only
    call=lambda m, x, y, p=2.0, mode=None: m.cdist(x, y, p, mode) if m is microgradx
    else (x.unsqueeze(-2) - y.unsqueeze(-3)).norm(p, -1))  # fmt: skip
row("cdist of PyTorch", *(case(fixed(real(3, n)), fixed(real(4, n)), p) for n in (0, 2) for p in (0.0, 1.0, 2.0, inf)),
    case(fixed(real(3, 2)), fixed(real(26, 2))), case(fixed(values([[1.0, 2.0]])), fixed(values(np.ones((26, 2))))),
    wrong(real(3, 2), real(4, 2), compute_mode="none"), wrong(real(3, 2), real(4, 2), -1.0),
    call=lambda m, *a, **o: m.cdist(*a, **o), integers=False)  # fmt: skip


def each_pair(m: Any, x: Any, p: float = 2.0) -> Any:
    """`pdist`; of PyTorch's, which has one derivative only, the same in other words."""
    if m is microgradx or x.ndim != 2 or not x.is_floating_point() or p < 0:
        return m.pdist(x, p)
    i, j = m.triu_indices(len(x), len(x), 1)
    return (x[i] - x[j]).norm(p, 1)


for name in ("pdist", F + "pdist"):
    row(name, case(real(4, 3)), case(real(4, 3), 1.0), case(real(4, 3), 3.5), case(real(4, 3), inf), case(real(1, 3)),
        case(real(0, 3)), kink(values([[1.0, 2.0], [1.0, 2.0]])), wrong(real(4)), wrong(real(2, 2), -1.0),
        wrong(integer(3, 2)), call=each_pair, integers=False)  # fmt: skip
row("pdist of PyTorch", *(case(still(4, 3), p) for p in (0.0, 0.5, 1.0, 2.0, 3.5, inf)),
    call=lambda m, *a: m.pdist(*a), integers=False)  # fmt: skip


def definite(n: int) -> Input:
    """A symmetric positive definite matrix, far from singular."""
    return Input(lambda rng: np.eye(n) * n + (lambda a: a @ a.T)(rng.standard_normal((n, n))))


row("inverse", case(definite(3)), case(real(2, 2)), wrong(real(2, 3)), wrong(values(np.zeros((2, 2)))), integers=False)
row("slogdet", case(definite(3)), case(real(2, 2, 2)), wrong(real(2, 3)), integers=False)
row("det", case(definite(3)), case(real(2, 2, 2)), wrong(real(2, 3)), integers=False)

# ---------------------------------------------------------------- linear algebra


def symmetric(function: str) -> Callable[..., Any]:
    """A call with ``x + xᵀ``, for what only reads one triangle."""
    return lambda m, x, *a, **k: attrgetter(function)(m.linalg)(x + x.mT, *a, **k)


L = "linalg."
row(L + "inv", case(definite(3)), case(real(2, 2, 2)), case(real(0, 0)), wrong(real(2, 3)), wrong(real(3)))
row(L + "solve", case(definite(3), real(3)), case(definite(3), real(3, 2)), case(real(2, 2, 2), real(2, 2)),
    case(definite(3), real(2, 3), left=False), case(real(2, 2, 2), real(2, 1)), wrong(definite(3), real(2)),
    wrong(values(np.zeros((2, 2))), real(2)), wrong(real(2, 3), real(2)), wrong(definite(3), real(3), left=False),
    wrong(real(2, 1, 1), real(2, 1), left=False), integers=False)  # fmt: skip
row(L + "det", kink(values([[1.0, 2.0], [2.0, 4.0]])), kink(values(np.diag([3.0, 0.0, 2.0]))), case(real(0, 0)),
    wrong(real(3)))  # fmt: skip
row(L + "cholesky", case(definite(3)), case(definite(2), upper=True), wrong(values(-np.eye(2))), wrong(real(2, 3)),
    call=symmetric("cholesky"))  # fmt: skip
row(L + "qr", case(real(3, 3)), case(real(4, 2)), case(real(2, 4)), case(real(2, 3, 2), mode="reduced"),
    wrong(real(2, 2), "full"), wrong(real(3)))  # fmt: skip
row(L + "svd", case(real(3, 3)), case(real(4, 2)), case(real(2, 4)), case(real(2, 3, 2), full_matrices=True),
    wrong(real(3)), integers=False,
    call=lambda m, x, full_matrices=False: (  # what does not depend on the signs of columns
        lambda u, s, vh: (s, u[..., : s.shape[-1]].square(), (u[..., :2, :1] * vh[..., :1, :2]))
    )(*m.linalg.svd(x, full_matrices)))  # fmt: skip
row("svd", case(real(3, 3)), case(real(4, 2)), case(real(2, 4)), kink(real(2, 3), True, False), wrong(real(3)), integers=False,
    call=lambda m, x, *a: (lambda u, s, v: (s, u.square(), v.square()))(*m.svd(x, *a)))  # fmt: skip
row(
    "svd of all columns",
    case(fixed(real(4, 2)), False),
    call=lambda m, *a: [t.abs() for t in m.svd(*a)[1:]],
    integers=False,
)
row(L + "svdvals", case(real(3, 3)), case(real(2, 4, 2)), wrong(real(3)))
row(L + "eigh", case(real(3, 3)), case(real(2, 2, 2), "U"), wrong(real(2, 2), "X"), integers=False,
    call=lambda m, x, *a: (lambda w, v: (w, v.square()))(*m.linalg.eigh(x + x.mT, *a)))  # fmt: skip
row(L + "eigh of one triangle", kink(values([[2.0, 1.0], [1.0, 3.0]])), integers=False,
    call=lambda m, x: m.linalg.eigh(x).eigenvectors.square())  # fmt: skip
row(
    L + "eigvalsh",
    case(real(3, 3)),
    case(real(2, 2, 2), "U"),
    wrong(real(2, 2), "X"),
    integers=False,
    call=symmetric("eigvalsh"),
)
row(L + "pinv", case(real(3, 2)), case(real(2, 3)), case(real(2, 2, 2), rtol=1e-9), case(real(3, 3), atol=1e-9),
    wrong(real(3)))  # fmt: skip
row(L + "pinv hermitian", case(real(3, 3)), integers=False,
    call=lambda m, x: m.linalg.pinv(x + x.mT, hermitian=True))  # fmt: skip
row("matrix_exp", case(real(2, 2)))
row("orgqr", case(real(4, 3), real(3)))
row(L + "matrix_exp", case(real(3, 3)), case(real(2, 2, 2)), case(values([[9.0, 1.0], [-30.0, 2.0]])), case(real(0, 0)),
    wrong(real(2, 3)), wrong(real(3)))  # fmt: skip
row(L + "householder_product", case(real(4, 3), real(3)), case(real(2, 3, 3), real(2, 2)), case(real(3, 2), real(0)),
    wrong(real(2, 3), real(2)), wrong(real(3, 2), real(3)), wrong(real(2, 3, 2), real(2)), wrong(real(3), real(2)),
    integers=False)  # fmt: skip
row(
    "geqrf",
    case(fixed(real(4, 2))),
    case(fixed(real(2, 3, 3))),
    case(fixed(real(2, 4))),
    wrong(real(3)),
    integers=False,
)
row(L + "vector_norm", case(real(2, 3)), case(real(2, 3), 1, dim=1), case(real(2, 3), inf, (0, 1), True),
    case(real(2, 3), 2.5, -1), kink(values([0.0, 0.0])))  # fmt: skip
row(L + "matrix_norm", *(case(real(3, 2), order) for order in ("fro", "nuc", 1, -1, 2, -2, inf, -inf)),
    case(real(2, 3, 4), "nuc", (0, 2), True), case(real(2, 3, 4), 1, (2, 0)), wrong(real(2, 3), 3), wrong(real(3)))  # fmt: skip
row(L + "norm", case(real(3)), case(real(2, 3, 2)), case(real(2, 3), 1), case(real(2, 3), 1, 0), case(real(2, 3), "nuc"),
    case(real(2, 3, 2), 2, (0, 1)), wrong(real(3), "fro"), wrong(real(2, 2, 2), 1))  # fmt: skip
row("norm in a dtype", case(fixed(real(3))), call=lambda m, x: m.norm(x, dtype=m.float64), integers=False)
row(
    "norm of singular values", case(real(3, 2)), case(real(2, 3, 2), (0, 2)), integers=False,
    call=lambda m, x, dim=None: m.norm(x, "nuc", dim),
)  # fmt: skip

# ---------------------------------------------------------------- statistics

row(
    "bincount",
    case(integer(6)),
    case(integer(6), minlength=9),
    case(integer(4), fixed(real(4))),
    case(values([3, 1]), integer(2)),
    case(values(np.zeros(0, "int64")), minlength=2),
    case(values(np.zeros(0, "int64"))),
    wrong(values([-1])),
    wrong(real(2)),
    wrong(integer(2, 2)),
    wrong(boolean(2)),
    wrong(integer(2), real(3)),
    wrong(integer(2), minlength=-1),
    integers=False,
)
row(
    "searchsorted",
    case(values([1.0, 3.0, 5.0]), fixed(real(2, 3))),
    case(values([1, 3, 3, 5]), integer(4), right=True),
    case(values([1.0, 2.0]), 1.5),
    case(values([[1.0, 3.0], [0.0, 0.5]]), fixed(real(2, 3)), side="right"),
    case(values([1.0, 3.0]), values([0.0, 2.0, nan]), out_int32=True),
    case(values([3.0, 1.0]), values([2.0, 4.0]), sorter=values([1, 0])),
    wrong(values([1.0]), 1.0, side="x"),
    wrong(values([1.0]), 1.0, right=True, side="left"),
    wrong(values(1.0), values([1.0])),
    wrong(values([[1.0]]), 1.0),
    wrong(values([[1.0], [2.0]]), values([1.0])),
    integers=False,
    call=lambda m, *args, **options: m.searchsorted(
        *[a.contiguous() if hasattr(a, "contiguous") else a for a in args], **options
    ),
)
row(
    "bucketize",
    case(fixed(real(2, 3)), values([-1.0, 0.0, 1.0])),
    case(integer(5), values([1, 3]), right=True),
    case(2, values([1, 2]), out_int32=True),
    wrong(real(2), values([[1.0]])),
    integers=False,
    call=lambda m, x, *args, **options: m.bucketize(x if isinstance(x, int) else x.contiguous(), *args, **options),
)
row(
    "quantile",
    case(real(6), 0.5),
    case(real(5), values([0.1, 0.7])),
    case(real(2, 3), 0.3, 1),
    case(real(2, 3), values([0.2, 0.9]), dim=0, keepdim=True),
    case(real(2, 3), 0.4, keepdim=True),
    *(case(real(4), 0.4, interpolation=name) for name in ("lower", "higher", "midpoint", "nearest")),
    case(real(), 0.2),
    case(real(), 0.2, 0, True),
    case(fixed(values([[1.0, nan], [2.0, 3.0]])), fixed(values([0.0, 1.0])), 1),
    case(real(4), values(0.5)),
    wrong(real(3), 1.5),
    wrong(real(3), values([1.5])),
    wrong(integer(3), 0.5),
    wrong(real(3), values([[0.5]])),
    wrong(real(0), 0.5),
    wrong(real(3), 0.5, interpolation="cubic"),
    wrong(real(3), 0.5, 1),
    integers=False,
)
row(
    "cov",
    case(real(3, 5)),
    case(real(4)),
    case(real(2, 5), correction=0),
    case(real(2, 3), fweights=values([1, 2, 1])),
    case(real(2, 3), aweights=fixed(positive(3))),
    case(real(2, 3), fweights=values([1, 2, 3]), aweights=fixed(positive(3))),
    case(integer(2, 4)),
    wrong(real(2, 2, 2)),
    wrong(boolean(2, 3)),
    wrong(real(3), fweights=fixed(positive(3))),
    wrong(real(3), aweights=values([1, 2, 3])),
    wrong(real(3), fweights=values([-1, 2, 3])),
    wrong(real(3), fweights=values([1, 2])),
    wrong(real(2), fweights=values([[1, 2]])),
)
row("corrcoef", case(real(3, 5)), case(real(4)), wrong(real(2, 2, 2)), integers=False)
row(
    "kthvalue",
    case(real(5), 2),
    case(real(2, 3), 2, 0),
    case(real(2, 3), 1, keepdim=True),
    case(real(), 1),
    wrong(real(3), 0),
    wrong(real(3), 4),
    integers=False,
)
row(
    "diag_embed",
    case(real(3)),
    case(real(2, 3), 1),
    case(real(2, 3), -1, 0, 2),
    case(real(2, 2, 3), 0, 1, 0),
    wrong(real(2), 0, 1, 1),
    wrong(real(2), 0, 3),
    wrong(real()),
)
row(
    "kron",
    case(real(2), real(3)),
    case(real(2, 2), real(1, 3)),
    case(real(2), real(2, 3)),
    case(real(), real(2)),
    case(real(2), integer(2)),
)
row(
    "nan_to_num",
    case(real(3)),
    kink(values([nan, inf, -inf, 2.0])),
    kink(values([nan, inf, -inf, 2.0]), 1.0, 2.0, 3.0),
    case(boolean(2)),
)
row(
    "fill_diagonal_",
    case(real(3, 3), 2.0),
    case(real(2, 4), 0.5),
    case(real(5, 2), 1.0, True),
    case(real(2, 2, 2), 0.0),
    wrong(real(3), 1.0),
    wrong(real(2, 3, 3), 1.0),
    call=lambda m, x, *a: x.clone().fill_diagonal_(*a),
)
