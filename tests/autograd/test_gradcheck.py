"""gradcheck: it must accept what is right, and name what is wrong."""

import inspect

import numpy as np
import pytest

import microgradx as mgx
from microgradx.autograd.blame import blamed
from microgradx.autograd.checking import GradcheckError, gradcheck, gradgradcheck
from microgradx.autograd.function import Function
from microgradx.autograd.modes import recording
from microgradx.engine import primitive, sum_to
from tests.samples import cases
from tests.test_matrix import call, drawn, tensors


def values(*shape, seed=0, low=0.3, high=1.5):
    """Positive float64 numbers, all different, that require grad."""
    array = np.random.default_rng(seed).uniform(low, high, shape)
    return mgx.tensor(array, dtype=mgx.float64, requires_grad=True)


def signed(*shape, seed=0):
    array = np.random.default_rng(seed).normal(size=shape)
    return mgx.tensor(array + np.sign(array) * 0.1, dtype=mgx.float64, requires_grad=True)


def report(func, inputs, check=gradcheck, **options):
    """The text of the error that must come."""
    with pytest.raises(GradcheckError) as caught:
        check(func, inputs, **options)
    text = str(caught.value)
    assert len(text.splitlines()) <= 25
    assert check(func, inputs, raise_exception=False, **options) is False
    return text


# ---------------------------------------------------------------- what is right


def dense(x, w, b):
    return (x @ w + b).tanh()


def several(x, y):
    return x * y, (x - y).exp(), x.sum()


def attention(q, k, v):
    weights = (q @ k.transpose(0, 1) / 2.0).exp()
    return weights / weights.sum(1, keepdim=True) @ v


def written_in_place(x):
    y = x * 2
    y[0] = x[1] * x[2]
    y += x
    return y


def hinge(x):
    return mgx.where(x > 0, x, x * 0.1)


RIGHT = {
    "exp": (lambda x: x.exp(), [signed(3)]),
    "0-d": (lambda x: x * x * 3, [values()]),
    "dense": (dense, [signed(4, 3), signed(3, 2, seed=1), signed(2, seed=2)]),
    "several outputs": (several, [signed(3), signed(3, seed=1)]),
    "attention": (attention, [signed(4, 3), signed(5, 3, seed=1), signed(5, 2, seed=2)]),
    "in place": (written_in_place, [signed(4)]),
    "kinks far away": (hinge, [signed(3, 4)]),
    "abs": (lambda x: x.abs(), [signed(5)]),
    "maximum": (lambda x: x.max(1)[0], [signed(3, 4)]),
    "broadcast": (lambda x, y: x / y, [signed(3, 1, 2), values(4, 1)]),
    "power": (lambda x, y: x**y, [values(3), signed(3)]),
    "indexing twice": (lambda x: x[[0, 0, 1]] * 2, [signed(3)]),
    "cumsum": (lambda x: x.cumsum(0).log(), [values(4)]),
    "unused input": (lambda x, y: x * 2, [signed(2), signed(2, seed=1)]),
    "steep": (lambda x: (5 * x).exp(), [values(3)]),
    "tiny": (lambda x: x * 1e-6, [values(3)]),
    "strong bend": (lambda x: (x * 100).sin() * 0.01, [values(3)]),
    "not contiguous": (lambda x: x * x, [signed(3, 4).detach().t().requires_grad_()]),
    "empty": (lambda x: x * 2, [signed(0, 3)]),
}


@pytest.mark.parametrize("name", RIGHT)
@pytest.mark.parametrize("fast_mode", [False, True])
def test_right_functions_pass(name, fast_mode):
    func, inputs = RIGHT[name]
    assert gradcheck(func, inputs, fast_mode=fast_mode) is True


@pytest.mark.parametrize("name", [name for name in RIGHT if name != "empty"])
def test_right_second_derivatives_pass(name):
    func, inputs = RIGHT[name]
    assert gradgradcheck(func, inputs, atol=1e-4) is True
    assert gradgradcheck(func, inputs, atol=1e-4, gen_non_contig_grad_outputs=True, fast_mode=True) is True


@pytest.mark.parametrize("name", RIGHT)
def test_no_right_operation_is_ever_blamed(name):
    func, inputs = RIGHT[name]
    with recording():
        out = func(*inputs)
    roots = [t.edge for t in (out if isinstance(out, tuple) else (out,))]
    for seed in range(5):
        assert "To blame" not in blamed(roots, np.random.default_rng(seed))


@pytest.mark.parametrize(("row", "case"), [pytest.param(r, c, id=name) for name, r, c in cases(smooth=True)])
def test_no_operation_of_the_library_is_ever_blamed(row, case):
    if case.options.get("padding_idx") is not None:
        return  # its gradient is not the derivative, by definition
    with recording():
        results = call(mgx, row, case, tensors(mgx, drawn(case)))
    roots = [t.edge for t in results if isinstance(t, mgx.Tensor) and t.requires_grad]
    assert "To blame" not in blamed(roots, np.random.default_rng(0))


def test_constants_and_options_among_the_inputs():
    assert gradcheck(lambda x, c, k, flag: x * c * k if flag else x, (signed(2), signed(2).detach(), 3.0, True))


def test_inputs_that_are_not_contiguous_stay_so():
    seen = []

    def func(x):
        seen.append(x.is_contiguous())
        return x * x

    assert gradcheck(func, (signed(3, 4).detach().t().requires_grad_(),))
    assert not any(seen)
    seen.clear()
    assert gradcheck(func, (signed(3, 4),))
    assert all(seen)


def test_the_inputs_are_left_as_they_were():
    x = signed(3)
    before = x.tolist()
    gradcheck(lambda x: x * x, (x,))
    assert x.tolist() == before
    assert x.grad is None


def test_upstream_gradients_can_be_given():
    g = signed(3, seed=5)
    assert gradgradcheck(lambda x: x**3, (signed(3),), (g,)) is True


# ---------------------------------------------------------------- wrong rules in primitives


def operation(forward, **rules):
    """A new primitive that is computed by ``forward``."""
    new = primitive(name="Planted")(forward)
    new.derivatives(**rules)
    return new


def times(x, y):
    return x * y


def square(x):
    return x * x


def tanh(x):
    return np.tanh(x)


def relu(x):
    return np.maximum(x, 0)


def product(x, y):
    return x @ y


def softmax(x, axis):
    e = np.exp(x)
    return e / np.sum(e, axis, keepdims=True)


def mean(x):
    return np.sum(x, 0) / x.shape[0]


def drop(x, p, mask):
    return np.where(mask, x, 0) / (1 - p)


def rows(x, index):
    return x[index]


def added(x, bias):
    return x + bias


def correlate(x, kernel):
    return np.stack([np.sum(x[k : k + 3] * kernel) for k in range(x.shape[0] - 2)])


def by_kernel(g, x):
    return np.stack([np.sum(g * x[k : k + g.shape[0]]) for k in range(3)])


def noisy(g, x, rng=np.random.default_rng(0)):  # noqa: B008
    return g * 2 * x * rng.uniform(0.5, 1)


def accumulating(g, x, total=[]):  # noqa: B006
    total.append(g * 2 * x)
    return sum(total)


def spoiling(g, x):
    g *= 2
    return g * x


def scattered(g, index, x):
    out = np.zeros(x.shape)
    out[index] = g
    return out


X, Y = signed(3, 4), signed(3, 4, seed=1)
SQUARE, OTHER, ROW = signed(4, 4), signed(4, 4, seed=1), signed(4, seed=1)
INDEX = np.array([0, 2, 2, 1, 0])
MASK = np.random.default_rng(3).random((3, 4)) < 0.5

SOFT = {"x": lambda g, out, axis: out * (g - np.sum(g * out, axis, keepdims=True))}

# what is wrong: (forward, its rules, inputs and options, the words that the report must have)
PLANTED = {
    "sign": (square, {"x": lambda g, x: -2.0 * g * x}, (X,), "sign is wrong"),
    "no upstream": (square, {"x": lambda g, x: 2.0 * x}, (X,), "upstream gradient g is missing"),
    "upstream added": (square, {"x": lambda g, x: g + 2.0 * x}, (X,), "is added"),
    "upstream twice": (square, {"x": lambda g, x: g * g * 2.0 * x}, (X,), "multiplied in twice"),
    "half": (square, {"x": lambda g, x: g * x}, (X,), "rule gives 0.5 times the derivative"),
    "thrice": (square, {"x": lambda g, x: 6.0 * g * x}, (X,), "rule gives 3 times the derivative"),
    "zero": (square, {"x": lambda g: np.zeros_like(g)}, (X,), "gradient is lost"),
    "handed on": (tanh, {"x": lambda g: g}, (X,), "local derivative is missing"),
    "x for out": (tanh, {"x": lambda g, x: g * (1 - x * x)}, (X,), "reads `x` where it needs `out`"),
    "x for y": (times, {"x": lambda g, x: g * x, "y": lambda g, x: g * x}, (X, ROW), "reads `x` where it needs `y`"),
    "swapped": (times, {"x": lambda g, x: g * x, "y": lambda g, y: g * y}, (X, Y), "operands are swapped"),
    "factor x": (square, {"x": lambda g, x: g * 2.0 * x * x}, (X,), "One factor too many: the rule gives x times"),
    "factor x missing": (square, {"x": lambda g: g * 2.0}, (X,), "A factor is missing: x times"),
    "mask missing": (relu, {"x": lambda g: g}, (X,), "mask is missing"),
    "mask inverted": (relu, {"x": lambda g, x: np.where(x < 0, g, 0)}, (X,), "mask is inverted"),
    "mask of g": (relu, {"x": lambda g: np.where(g > 0, g, 0)}, (X,), "mask is taken from the upstream"),
    "mean for 1/N": (mean, {"x": lambda g, x: np.broadcast_to(g, x.shape)}, (X,), "the size of dimension 0 of x"),
    "1/N twice": (mean, {"x": lambda g, x: np.broadcast_to(g / 9, x.shape)}, (X,), "1 / the size of dimension 0 of x"),
    "N-1": (mean, {"x": lambda g, x: np.broadcast_to(g / 2, x.shape)}, (X,), "N / (N-1), N the size of dimension 0"),
    "dropout scale": (
        drop, {"x": lambda g, mask: np.where(mask, g, 0)}, (X, 0.2, MASK), "times the derivative; 0.8 is 1 - p",
    ),
    "matrix product": (
        product, {"x": lambda g, y: g @ y, "y": lambda g, x: x.T @ g}, (SQUARE, OTHER), "matrix product",
    ),
    "transposed": (product, {"x": lambda g, y: y @ g.T, "y": lambda g, x: x.T @ g}, (SQUARE, OTHER), "transposed"),
    "shape transposed": (
        product, {"x": lambda g, y: y @ g.T, "y": lambda g, x: x.T @ g}, (X, signed(4, 2, seed=1)), "shape (4, 3)",
    ),
    "reshape": (lambda x: x.T, {"x": lambda g, x: g.reshape(x.shape)}, (X,), "wrong places"),
    "slice of broadcast": (added, {"x": lambda g: g, "bias": lambda g: g[0]}, (X, ROW), "one slice"),
    "mean of broadcast": (
        added, {"x": lambda g: g, "bias": lambda g: sum_to(g, (4,)) / 3}, (X, ROW), "1 / the number of uses",
    ),
    "duplicates": (rows, {"x": scattered}, (signed(3, 2), INDEX), "keeps only the gradient of its last use"),
    "diagonal": (softmax, {"x": lambda g, out: g * out * (1 - out)}, (X, 1), "Only the diagonal"),
    "wrong axis": (
        softmax, {"x": lambda g, x: SOFT["x"](g, softmax(x, 0), 0)}, (X, 1), "along the wrong axis",
    ),
    "kernel flipped": (
        correlate, {"kernel": lambda g, x: by_kernel(g, x)[::-1]}, (signed(6).detach(), signed(3)), "reversed along",
    ),
    "most of it": (
        square, {"x": lambda g, x: np.where(np.arange(4) == 2, 0, 2.0 * g * x)}, (X,), "Some elements get no gradient",
    ),
    "mask of a maximum": (
        lambda x: np.max(x, 1), {"x": lambda g, x: np.broadcast_to(g[:, None], x.shape)}, (X,), "mask is missing",
    ),
    "random": (square, {"x": lambda g, x: noisy(g, x)}, (X,), "another result each time"),
    "accumulates": (square, {"x": lambda g, x: accumulating(g, x)}, (X,), "adds to what an earlier call has left"),
    "nan": (square, {"x": lambda g, x: g * x * np.nan}, (X,), "nan or inf"),
    "raises": (square, {"x": lambda g, x: g @ x @ g}, (X,), "The rule raises ValueError"),
    "nothing known": (square, {"x": lambda g, x: g * 2.0 * x + np.sin(7 * g) * x}, (X,), "No known mistake"),
    "nothing known either": (
        times, {"x": lambda g, y: g * y**3 + np.cos(3 * y), "y": lambda g, x: g * x}, (X, Y), "No known mistake",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", PLANTED)
def test_a_wrong_rule_in_the_middle_of_a_graph_is_named(name):
    forward, rules, args, words = PLANTED[name]
    planted = operation(forward, **rules)
    tensors = [a for a in args if isinstance(a, mgx.Tensor) and a.requires_grad]
    options = [a for a in args if not (isinstance(a, mgx.Tensor) and a.requires_grad)]
    first_constant = isinstance(args[0], mgx.Tensor) and not args[0].requires_grad

    def graph(*given):
        given = [x * 1.0 for x in given]
        y = planted(*options, *given) if first_constant else planted(*given, *options)  # the line to blame
        return (y * y.exp()).tanh().sum(0)

    text = report(graph, tensors)
    assert words in text
    assert text.count("To blame: PlantedBackward0") == text.count("To blame:") >= 1
    lines, start = inspect.getsourcelines(graph)
    line = start + next(n for n, text in enumerate(lines) if "the line to blame" in text)
    assert f"{__file__}:{line}" in text


def test_what_no_mistake_explains_gets_no_second_guess():
    for name in ("nothing known", "nothing known either"):
        forward, rules, args, _ = PLANTED[name]
        text = report(lambda *x, f=forward, r=rules: operation(f, **r)(*x), args)
        assert text.splitlines()[-1].strip() == "No known mistake explains it."


def test_a_rule_that_changes_the_gradient_that_others_need_too():
    planted = operation(square, x=lambda g, x: spoiling(g, x))
    text = report(lambda x: planted(x) + x, (X,))
    assert "PlantedBackward0" in text
    assert "changes its arguments in place" in text


def test_the_formula_of_the_rule_is_shown():
    planted = operation(square, x=lambda g, x: -2.0 * g * x)
    assert "lambda g, x: -2.0 * g * x, " in report(lambda x: planted(x), (X,))


def test_two_wrong_operations_are_both_named_once():
    minus = operation(square, x=lambda g, x: -2.0 * g * x)
    half = operation(square, x=lambda g, x: g * x)
    text = report(lambda x: half(minus(minus(x))), (values(3),))
    assert text.count("To blame") == 2
    assert "sign is wrong" in text
    assert "0.5 times" in text


def test_numbers_too_are_diagnosed_at_several_points():
    planted = operation(square, x=lambda g, x: g)
    text = report(lambda x: planted(x), (values(),))  # 0-d: any two numbers differ by a factor
    assert "local derivative is missing" in text
    assert "constant factor" not in text


def test_fast_mode_names_the_mistake_as_well():
    planted = operation(square, x=lambda g, x: -2.0 * g * x)
    text = report(lambda x: planted(x @ x).tanh(), (signed(20, 20),), fast_mode=True)
    assert "PlantedBackward0" in text
    assert "sign is wrong" in text


def test_one_wrong_element_among_many_is_found_in_fast_mode():
    def wrong(g, x):
        return np.where(np.arange(x.shape[0]) == 777, 0, g * 2.0 * x)

    planted = operation(square, x=wrong)
    text = report(lambda x: planted(x).sum(), (values(1000),), fast_mode=True)
    assert "PlantedBackward0" in text


def test_upstream_that_is_ignored_shows_although_the_output_is_one_number():
    planted = operation(square, x=lambda g, x: 2.0 * x)
    text = report(lambda x: planted(x), (values(),))
    assert "backward not multiplied by grad_output" in text
    assert "upstream gradient g is missing" in text


# ---------------------------------------------------------------- wrong backwards in Functions


def function(backward, forward=lambda ctx, x: (ctx.save_for_backward(x), x**3)[1]):
    return type("Cube", (Function,), {"forward": staticmethod(forward), "backward": staticmethod(backward)})


@pytest.mark.parametrize(
    ("backward", "words"),
    [
        (lambda ctx, g: -g * 3 * ctx.saved_tensors[0] ** 2, "sign is wrong"),
        (lambda ctx, g: 3 * ctx.saved_tensors[0] ** 2, "upstream gradient g is missing"),
        (lambda ctx, g: g * ctx.saved_tensors[0] ** 2, "0.333333 times"),
        (lambda ctx, g: None, "gradient is lost"),
        (lambda ctx, g: g * 3 * ctx.saved_tensors[0], "A factor is missing: x times"),
        (lambda ctx, g: g * (3 * ctx.saved_tensors[0] ** 2 + g.sin()), "No known mistake explains it."),
        (lambda ctx, g: (g, g), "incorrect number of gradients"),
        (lambda ctx, g: g.sum(0), "invalid gradient"),
    ],
)
def test_a_wrong_backward_of_a_function_is_named(backward, words):
    cube = function(backward)
    text = report(lambda x: cube.apply(x * 2).sin(), (signed(3, 4),))
    assert "CubeBackward, its gradient by `x`" in text
    assert words in text


def test_a_function_of_several_arguments_and_results():
    class Both(Function):
        @staticmethod
        def forward(x, k, y):
            return x * y, x + k * y

        @staticmethod
        def setup_context(ctx, inputs, output):
            x, ctx.k, y = inputs
            ctx.save_for_backward(x, y)

        @staticmethod
        def backward(ctx, a, b):
            x, y = ctx.saved_tensors
            return a * y + b, None, a * x + b

    text = report(lambda x, y: Both.apply(x, 3.0, y), (X, Y))
    assert "BothBackward, its gradient by `y`" in text
    assert "by `x`" not in text


# ---------------------------------------------------------------- failures that are no wrong rule


def test_kinks_are_explained():
    x = mgx.tensor([1.0, 0.0, -1.0], dtype=mgx.float64, requires_grad=True)
    for fast_mode in (False, True):
        text = report(lambda x: mgx.where(x > 0, x, 0.0), (x,), fast_mode=fast_mode)
        assert "At input[1] = 0 there is a kink" in text
        assert "a convention, not a mistake" in text
        assert "To blame" not in text


def test_kinks_that_cancel_are_explained():
    right = operation(relu, x=lambda g, x: np.where(x > 0, g, 0))

    def straight(x):
        return right(x) - right(-x)

    x = mgx.tensor([1.0, 0.0], dtype=mgx.float64, requires_grad=True)
    text = report(straight, (x,))
    assert "exactly at a kink" in text
    assert "PlantedBackward0" in text


def test_single_precision_is_explained():
    x = signed(5).detach().float().requires_grad_()
    with pytest.warns(UserWarning, match="Input #0 requires gradient and is not a double precision"):
        text = report(lambda x: (x * 3).sin(), (x,))
    assert "in float64 the same check passes" in text


def test_a_wrong_rule_shows_in_single_precision_too():
    planted = operation(square, x=lambda g, x: -2.0 * g * x)
    x = signed(5).detach().float().requires_grad_()
    with pytest.warns(UserWarning, match="double precision"), pytest.raises(GradcheckError) as caught:
        gradcheck(lambda x: planted(x), (x,))
    assert "In float64 the check fails as well" in str(caught.value)
    assert "sign is wrong" in str(caught.value)


def test_a_function_that_draws_random_numbers_is_explained():
    rng = np.random.default_rng(0)
    text = report(lambda x: x * rng.random(), (X,))
    assert "func is not deterministic" in text


def test_a_backward_that_draws_random_numbers_is_explained():
    rng = np.random.default_rng(0)
    planted = operation(square, x=lambda g, x: g * 2.0 * x * (1 + 1e-7 * rng.random()))
    text = report(lambda x: planted(x), (X,))
    assert "Backward is not reentrant" in text
    assert "PlantedBackward0" in text
    assert gradcheck(lambda x: planted(x), (X,), nondet_tol=1e-5)


@pytest.mark.parametrize("func", [lambda x: x * x.detach(), lambda x: x * x.data, lambda x: x.exp() * x.sum().item()])
def test_a_graph_that_was_left_is_explained(func):
    text = report(func, (X,))
    assert "Something leaves the graph" in text
    assert "detach()" in text


def test_outputs_without_a_gradient_that_depend_on_the_input():
    text = report(lambda x: x.detach() * 2, (X,))
    assert "Numerical gradient for function expected to be zero" in text
    assert gradcheck(lambda x: x.detach() * 0.0, (X,))


def test_a_hook_that_changes_the_gradient_is_explained():
    def hooked(x):
        y = x * 2
        y.register_hook(lambda g: g * 3)
        return y

    assert "a hook" in report(hooked, (X,))


def test_a_backward_that_leaves_the_graph_fails_only_twice_differentiated():
    class Square(Function):
        @staticmethod
        def forward(ctx, x):
            ctx.save_for_backward(x)
            return x * x

        @staticmethod
        def backward(ctx, g):
            return g * 2 * ctx.saved_tensors[0].detach()

    assert gradcheck(Square.apply, (X,))
    assert "Something leaves the graph" in report(Square.apply, (X,), gradgradcheck)


def test_the_wrong_rule_of_a_second_derivative_is_named():
    slope = operation(lambda x: 2.0 * x, x=lambda g: g)
    planted = operation(square, x=lambda g, x: g * slope(x))
    assert gradcheck(lambda x: planted(x), (X,))
    text = report(lambda x: planted(x), (X,), gradgradcheck)
    assert "To blame: PlantedBackward0" in text
    assert "local derivative is missing" in text
    assert "0.5 times" not in text


# ---------------------------------------------------------------- wrong use


def test_inputs_that_cannot_be_checked_raise():
    with pytest.raises(ValueError, match="at least one input tensor to require gradient"):
        gradcheck(lambda x: x * 2, (X.detach(),))
    with pytest.raises(RuntimeError, match="dimension with stride 0"):
        gradcheck(lambda x: x * 2, (values(1).detach().expand(3).requires_grad_(),))
    with pytest.raises(NotImplementedError, match="no forward mode"):
        gradcheck(lambda x: x * 2, (X,), check_forward_ad=True)
    with pytest.raises(NotImplementedError, match="no forward mode"):
        gradgradcheck(lambda x: x * 2, (X,), check_fwd_over_rev=True)


def test_shapes_that_depend_on_values_raise():
    x = mgx.tensor([1.0, 2.0], dtype=mgx.float64, requires_grad=True)
    assert "do not let shapes depend on values" in report(lambda x: x[: 1 + int(x[0].item() > 1.0)], (x,))


def test_gradcheck_works_under_no_grad():
    with mgx.no_grad():
        assert gradcheck(lambda x: x * x, (X,))


def test_ten_thousand_parameters_take_seconds_in_fast_mode():
    x, w, v = signed(16, 64).detach(), signed(64, 150, seed=1), signed(150, 10, seed=2)
    calls = []

    def loss(w, v):
        calls.append(1)
        return ((x @ w).tanh() @ v).tanh().sum()

    assert gradcheck(loss, (w, v), fast_mode=True)
    assert len(calls) < 40
