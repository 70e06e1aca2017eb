"""Losses against PyTorch: every option, both derivatives, and what must raise."""

import itertools
import math

import numpy as np
import pytest
import torch
import torch.nn.functional as TF

import microgradx as mgx
import microgradx.linalg
from microgradx.nn import functional as F

REDUCTIONS = ["mean", "sum", "none"]
rng = np.random.default_rng(0)
scores, other = rng.standard_normal((2, 5, 4)) * 2
chances, ideal = rng.uniform(0.05, 0.95, (2, 5, 4))
weights, class_weights = rng.uniform(0.2, 2, (5, 4)), rng.uniform(0.2, 2, 4)
classes = np.array([0, 3, 1, 3, 2])
some_ignored = np.array([0, -100, 1, 3, -100])
picture = rng.standard_normal((2, 4, 3, 2))
picture_classes = rng.integers(0, 4, (2, 3, 2))
simplex = ideal / ideal.sum(1, keepdims=True)

# name of the case: function, input and target, further arguments
NUMBERS = {
    "mse": ("mse_loss", scores, other, {}),
    "mse 0-d": ("mse_loss", np.array(1.5), np.array(0.25), {}),
    "mse weighted": ("mse_loss", scores, other, {"weight": weights}),
    "l1": ("l1_loss", scores, other, {}),
    "l1 weighted": ("l1_loss", scores, other, {"weight": weights}),
    "smooth l1": ("smooth_l1_loss", scores, other, {}),
    "smooth l1 beta": ("smooth_l1_loss", scores, other, {"beta": 2.5}),
    "smooth l1 is l1": ("smooth_l1_loss", scores, other, {"beta": 0.0}),
    "huber": ("huber_loss", scores, other, {}),
    "huber delta": ("huber_loss", scores, other, {"delta": 0.3}),
    "huber weighted": ("huber_loss", scores, other, {"weight": weights}),
    "bce": ("binary_cross_entropy", chances, ideal, {}),
    "bce weighted": ("binary_cross_entropy", chances, ideal, {"weight": class_weights}),
    "bce scores": ("binary_cross_entropy_with_logits", scores, ideal, {}),
    "bce scores weighted": ("binary_cross_entropy_with_logits", scores, ideal, {"weight": weights}),
    "bce scores positive": ("binary_cross_entropy_with_logits", scores, ideal, {"pos_weight": class_weights}),
    "bce scores both": (
        "binary_cross_entropy_with_logits", scores, ideal, {"weight": weights, "pos_weight": class_weights},
    ),
    "kl": ("kl_div", np.log(simplex), chances, {}),
    "kl log": ("kl_div", np.log(simplex), np.log(chances), {"log_target": True}),
    "cross entropy of probabilities": ("cross_entropy", scores, simplex, {}),
    "cross entropy of probabilities, weighted": ("cross_entropy", scores, simplex, {"weight": class_weights}),
    "cross entropy of probabilities, smoothed": (
        "cross_entropy", scores, simplex, {"weight": class_weights, "label_smoothing": 0.2},
    ),
    "cross entropy of probabilities, one sample": ("cross_entropy", scores[0], simplex[0], {}),
    "cross entropy of probabilities, pictures": ("cross_entropy", picture, np.exp(picture), {"weight": class_weights}),
}  # fmt: skip
SHAPES = {
    "rows": (scores, classes),
    "one": (scores[0], np.array(2)),
    "some ignored": (scores, some_ignored),
    "a class ignored": (scores, classes),
    "sequence": (picture[..., 0], picture_classes[..., 0]),
    "picture": (picture, picture_classes),
    "transposed": (np.asfortranarray(scores), classes),
}
OPTIONS = {
    "plain": {},
    "weighted": {"weight": class_weights},
    "smoothed": {"label_smoothing": 0.3},
    "both": {"weight": class_weights, "label_smoothing": 0.3},
}


def run(library, functional, name, values, options, dtype):
    """The loss, the gradients by all float operands, and the gradients of a function of these."""
    operands = [
        library.tensor(v.astype(dtype), requires_grad=True) if v.dtype.kind == "f" else library.tensor(v)
        for v in values
    ]
    options = {k: library.tensor(v.astype(dtype)) if isinstance(v, np.ndarray) else v for k, v in options.items()}
    out = getattr(functional, name)(*operands, **options)
    by = [v for v in operands if v.requires_grad]
    first = library.autograd.grad((out * out).sum(), by, create_graph=True)
    second = library.autograd.grad(sum(((g + 0.5) ** 2).sum() for g in first), by)
    return [t.detach().numpy() for t in (out, *first, *second)]


def compare(name, values, options):
    for dtype, tolerance in ((np.float64, 1e-12), (np.float32, 5e-6)):
        ours = run(mgx, F, name, values, options, dtype)
        theirs = run(torch, TF, name, values, options, dtype)
        if name == "binary_cross_entropy":
            tolerance = max(tolerance, 1e-9)  # PyTorch adds 1e-12 to the denominator of the second derivative
        for a, b in zip(ours, theirs, strict=True):
            assert a.dtype == dtype
            assert a.shape == b.shape
            np.testing.assert_allclose(a, b, rtol=tolerance, atol=tolerance * max(1, np.abs(b).max()))


@pytest.mark.parametrize("reduction", REDUCTIONS)
@pytest.mark.parametrize("case", NUMBERS)
@pytest.mark.filterwarnings("ignore:reduction. 'mean' divides the total loss")
def test_losses_of_numbers(case, reduction):
    name, input, target, options = NUMBERS[case]
    compare(name, (input, target), {**options, "reduction": reduction})


@pytest.mark.parametrize("reduction", REDUCTIONS)
@pytest.mark.parametrize(("shape", "option"), list(itertools.product(SHAPES, OPTIONS)))
def test_cross_entropy(shape, option, reduction):
    options = {**OPTIONS[option], "reduction": reduction}
    if shape == "a class ignored":
        options["ignore_index"] = 3
    compare("cross_entropy", SHAPES[shape], options)


@pytest.mark.parametrize("reduction", REDUCTIONS)
@pytest.mark.parametrize(("shape", "option"), list(itertools.product(SHAPES, ["plain", "weighted"])))
def test_nll_loss(shape, option, reduction):
    options = {**OPTIONS[option], "reduction": reduction}
    if shape == "a class ignored":
        options["ignore_index"] = 3
    compare("nll_loss", SHAPES[shape], options)


def test_kl_div_over_the_batch():
    compare("kl_div", (np.log(simplex), chances), {"reduction": "batchmean"})
    ours, theirs = (
        functional.kl_div(library.tensor([[0.5, -1.0]]), library.tensor([[0.0, 1.0]]), reduction="sum").item()
        for library, functional in ((mgx, F), (torch, TF))
    )
    assert ours == theirs
    with pytest.warns(UserWarning, match="'batchmean' divides only by the batch size"):
        F.kl_div(mgx.zeros(2), mgx.ones(2))


def test_third_derivative_of_cross_entropy():
    def third(library, functional):
        x = library.tensor(scores, requires_grad=True)
        y = functional.cross_entropy(x, library.tensor(classes), reduction="none").pow(3).sum()
        for _ in range(2):
            y = (library.autograd.grad(y, x, create_graph=True)[0] ** 2).sum()
        return library.autograd.grad(y, x)[0].numpy()

    theirs = third(torch, TF)
    np.testing.assert_allclose(third(mgx, F), theirs, rtol=1e-10, atol=1e-10 * np.abs(theirs).max())


def test_other_forms_of_the_target():
    for target in (np.array([2]), np.array(2, np.uint8), np.array([2], np.uint8)):
        for reduction in REDUCTIONS:
            ours = F.cross_entropy(mgx.tensor(scores[0]), mgx.tensor(target), reduction=reduction)
            theirs = TF.cross_entropy(torch.tensor(scores[0]), torch.tensor(target), reduction=reduction)
            assert ours.shape == theirs.shape
            assert ours.item() == pytest.approx(theirs.item(), rel=1e-12)


def test_ignored_rows_may_hold_anything():
    x = np.array([[1.0, 2.0], [math.nan, math.inf], [0.5, -math.inf]])
    target = mgx.tensor([0, -100, 0])
    input = mgx.tensor(x, requires_grad=True)
    F.cross_entropy(input, target).backward()
    others = torch.tensor(x[::2], requires_grad=True)
    TF.cross_entropy(others, torch.tensor([0, 0])).backward()
    np.testing.assert_allclose(input.grad.numpy()[::2], others.grad.numpy(), rtol=1e-12)
    assert input.grad[1].tolist() == [0, 0]  # in PyTorch it is nan
    losses = F.cross_entropy(input, target, reduction="none").tolist()
    assert losses == pytest.approx(
        TF.cross_entropy(torch.tensor(x), torch.tensor([0, -100, 0]), reduction="none").tolist()
    )


def test_the_mean_of_nothing_is_nan():
    everything_ignored = mgx.full((3,), -100)
    for name in ("cross_entropy", "nll_loss"):
        loss = getattr(F, name)
        assert math.isnan(loss(mgx.ones(3, 2), everything_ignored).item())
        assert loss(mgx.ones(3, 2), everything_ignored, reduction="sum").item() == 0
        assert math.isnan(loss(mgx.ones(0, 2), mgx.zeros(0, dtype=mgx.int64)).item())
    for name in ("mse_loss", "l1_loss"):
        assert math.isnan(getattr(F, name)(mgx.ones(0), mgx.ones(0)).item())


def test_extreme_scores():
    x = np.array([[1e4, -1e4], [-800.0, 800.0]], np.float32)
    for target in (np.array([1, 0]), np.array([0, 1])):
        ours = F.cross_entropy(mgx.tensor(x), mgx.tensor(target), reduction="none").numpy()
        theirs = TF.cross_entropy(torch.tensor(x), torch.tensor(target), reduction="none").numpy()
        np.testing.assert_allclose(ours, theirs)
    y = np.array([[0.0, 1.0], [1.0, 1.0]], np.float32)
    ours = F.binary_cross_entropy_with_logits(mgx.tensor(x), mgx.tensor(y), reduction="none").numpy()
    theirs = TF.binary_cross_entropy_with_logits(torch.tensor(x), torch.tensor(y), reduction="none").numpy()
    np.testing.assert_allclose(ours, theirs)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_binary_cross_entropy_of_certainties(dtype):
    p, y = np.array([0, 0, 1, 1, 1e-30, 0.5], dtype), np.array([0, 1, 0, 1, 0.5, 0.5], dtype)
    results = []
    for library, functional in ((mgx, F), (torch, TF)):
        input, target = (library.tensor(v, requires_grad=True) for v in (p, y))
        loss = functional.binary_cross_entropy(input, target, reduction="none")
        loss.sum().backward()
        results.append((loss.detach().numpy(), input.grad.numpy(), target.grad.numpy()))
    for a, b in zip(*results):
        np.testing.assert_allclose(a, b, rtol=1e-6)


def test_old_arguments_mean_a_reduction_and_warn():
    x, y = mgx.tensor([1.0, 3.0]), mgx.tensor([0.0, 0.0])
    for size_average, reduce, wanted in [
        (True, None, "mean"), (False, None, "sum"), (None, False, "none"), (True, False, "none"), (None, True, "mean"),
    ]:  # fmt: skip
        with pytest.warns(UserWarning, match=f"please use reduction='{wanted}' instead"):
            ours = F.mse_loss(x, y, size_average, reduce)
        assert ours.tolist() == F.mse_loss(x, y, reduction=wanted).tolist()
    with pytest.warns(UserWarning, match="reduction='elementwise_mean' is deprecated"):
        assert F.l1_loss(x, y, reduction="elementwise_mean").item() == 2


@pytest.mark.parametrize("name", ["mse_loss", "l1_loss", "smooth_l1_loss", "huber_loss"])
def test_broadcasting_warns(name):
    values = rng.standard_normal((4, 1)), rng.standard_normal(4)
    text = r"Using a target size \(torch.Size\(\[4\]\)\) that is different to the input size \(torch.Size\(\[4, 1\]\)\)"
    results = []
    for library, functional in ((mgx, F), (torch, TF)):
        x, y = (library.tensor(v, requires_grad=True) for v in values)
        with pytest.warns(UserWarning, match=text):
            loss = getattr(functional, name)(x, y)
        loss.backward()
        results.append([t.detach().numpy() for t in (loss, x.grad, y.grad)])
    for a, b in zip(*results):
        np.testing.assert_allclose(a, b, rtol=1e-12)


def test_dtypes_are_promoted():
    half, double, whole = mgx.ones(3), mgx.zeros(3, dtype=mgx.float64), mgx.tensor([1, 2, 3])
    assert F.mse_loss(half, double).dtype is mgx.float64
    assert F.mse_loss(half, whole).dtype is mgx.float32
    assert F.mse_loss(half, whole).item() == pytest.approx(5 / 3)


x, longs, pictures = mgx.ones(4, 3), mgx.tensor([0, 1, 2, 1]), mgx.ones(2, 3, 4)
BCE, BCE_SCORES = F.binary_cross_entropy, F.binary_cross_entropy_with_logits
ERRORS = [
    (lambda: F.cross_entropy(x, mgx.tensor([0, 5, 1, 2])), IndexError, r"Target 5 is out of bounds\."),
    (lambda: F.cross_entropy(x, mgx.tensor([0, -1, 1, 2])), IndexError, r"Target -1 is out of bounds\."),
    (lambda: F.nll_loss(x, mgx.tensor([0, 3, 1, 2])), IndexError, r"Target 3 is out of bounds\."),
    (
        lambda: F.cross_entropy(x, longs[:2]), ValueError,
        r"Expected input batch_size \(4\) to match target batch_size \(2\)\.",
    ),
    (lambda: F.cross_entropy(x, longs * 1.0), RuntimeError, "expected target dtype to be Long or Byte, but got Float"),
    (lambda: F.cross_entropy(x, longs.int()), RuntimeError, "expected target dtype to be Long or Byte, but got Int"),
    (lambda: F.cross_entropy(x.long(), longs), NotImplementedError, "not implemented for 'Long'"),
    (
        lambda: F.cross_entropy(x, x.long()), RuntimeError,
        "Expected floating point type for target with class probabilities, got Long",
    ),
    (lambda: F.cross_entropy(x, longs[:, None]), RuntimeError, "0D or 1D target tensor expected, multi-target not"),
    (lambda: F.cross_entropy(x, x, ignore_index=1), RuntimeError, "ignore_index is not supported for floating point"),
    (lambda: F.cross_entropy(x, longs, label_smoothing=1.5), RuntimeError, "label_smoothing must be between 0.0 and"),
    (lambda: F.cross_entropy(x, longs, reduction="foo"), ValueError, "foo is not a valid value for reduction"),
    (lambda: F.cross_entropy(pictures, longs[:2]), RuntimeError, r"Expected target size \[2, 4\], got \[2\]"),
    (lambda: F.nll_loss(x[0, 0], longs[0]), ValueError, r"Expected 1 or more dimensions \(got 0\)"),
    (
        lambda: F.cross_entropy(x, longs, mgx.ones(2)), RuntimeError,
        r"weight tensor should be defined either for all 3 classes or no classes but got weight tensor of shape: \[2\]",
    ),
    (
        lambda: F.cross_entropy(x, longs, mgx.ones(3, dtype=mgx.float64)), RuntimeError,
        "expected scalar type Float but found Double",
    ),
    (
        lambda: F.cross_entropy(x, longs, mgx.ones(3, requires_grad=True)), RuntimeError,
        "not differentiable with respect to argument 'weight'",
    ),
    (lambda: F.mse_loss(longs, longs), NotImplementedError, "\"mse_cpu\" not implemented for 'Long'"),
    (lambda: F.mse_loss(x, [1.0]), TypeError, "argument 'target' .position 2. must be Tensor, not list"),
    (lambda: F.mse_loss(x, x, weight=x[0]), ValueError, "Weights and input must have the same size"),
    (lambda: F.smooth_l1_loss(x, x, beta=-1), RuntimeError, "does not support negative values for beta"),
    (lambda: F.huber_loss(x, x, delta=0), RuntimeError, "does not support non-positive values for delta"),
    (lambda: BCE(x + 1, x), RuntimeError, "all elements of input should be between 0 and 1"),
    (lambda: BCE(x, x + 1), RuntimeError, "all elements of target should be between 0 and 1"),
    (lambda: BCE(x, x[0]), ValueError, "is deprecated. Please ensure they have the same size"),
    (lambda: BCE(x, x.long()), RuntimeError, "Found dtype Long but expected Float"),
    (
        lambda: BCE_SCORES(x, x[0]), ValueError,
        r"Target size \(torch.Size\(\[3\]\)\) must be the same as input size \(torch.Size\(\[4, 3\]\)\)",
    ),
    (lambda: BCE_SCORES(x, x.long()), RuntimeError, "result type Float can't be cast to the desired output type Long"),
]  # fmt: skip


@pytest.mark.parametrize("index", range(len(ERRORS)))
def test_errors(index):
    run, kind, text = ERRORS[index]
    with pytest.raises(kind, match=text):
        run()


def outcome(m, functional, name, args, options):
    """The loss and its gradients by all floats, or the error."""
    made = [m.tensor(a).requires_grad_() if a.dtype.kind == "f" else m.tensor(a) for a in args]
    options = {k: m.tensor(v) if isinstance(v, np.ndarray) else v for k, v in options.items()}
    try:
        out = getattr(functional, name)(*made, **options)
        if out.requires_grad:
            out.sum().backward()
    except (RuntimeError, ValueError, IndexError) as error:
        return error
    return [v.detach().numpy() for v in (out, *(t.grad for t in made if t.requires_grad))]


def same_outcome(name, *args, **options):
    ours, theirs = (outcome(m, f, name, args, options) for m, f in ((mgx, F), (torch, TF)))
    if isinstance(theirs, Exception):
        assert isinstance(ours, type(theirs)), ours
        assert str(ours).startswith(str(theirs).strip("()"))
        return
    assert not isinstance(ours, Exception), ours
    for a, b in zip(ours, theirs, strict=True):
        assert (a.dtype, a.shape) == (b.dtype, b.shape)
        np.testing.assert_allclose(a, b, rtol=1e-12 if b.itemsize == 8 else 1e-3)


weight_3 = rng.uniform(0.2, 2, 3)
ones, whole, flags = np.ones((4, 3)), np.arange(12).reshape(4, 3), np.arange(12).reshape(4, 3) % 2 > 0
EDGES = {
    "weights of an input that is broadcast": ("mse_loss", (ones[:1], ones), {"weight": np.full((1, 3), 2.0)}),
    "weights of the broadcast shape": ("l1_loss", (ones[:1], ones), {"weight": ones}),
    "shapes": ("mse_loss", (ones, ones[:, :2]), {}),
    "l1 of nan": ("l1_loss", (np.array([math.nan, 1.0]), np.array([0.0, 0.5])), {"reduction": "sum"}),
    "l1 of integers": ("l1_loss", (whole, whole[::-1].copy()), {"reduction": "sum"}),
    "l1 of integers, each": ("l1_loss", (whole, whole[::-1].copy()), {"reduction": "none"}),
    "the mean l1 of integers": ("l1_loss", (whole, whole), {}),
    "l1 of truth values": ("l1_loss", (flags, flags), {"reduction": "sum"}),
    "l1 by another name": ("smooth_l1_loss", (whole, whole[::-1].copy()), {"reduction": "sum", "beta": 0.0}),
    "huber of integers": ("huber_loss", (whole, ones), {}),
    "infinite scores": (
        "binary_cross_entropy_with_logits",
        (np.array([math.inf, -math.inf, math.inf, -math.inf, 1e4]), np.array([0.0, 1.0, 1.0, 0.0, 1.0])),
        {"reduction": "none"},
    ),
    "integer scores": ("binary_cross_entropy_with_logits", (whole, ones), {}),
    "integer target": ("binary_cross_entropy_with_logits", (ones, whole), {}),
    "integer target, single": ("binary_cross_entropy_with_logits", (np.float32(ones), whole), {}),
    "integer probabilities": ("binary_cross_entropy", (whole, ones), {}),
    "weights of more dimensions": ("binary_cross_entropy", (ones, ones), {"weight": np.ones((2, 4, 3))}),
    "weights of more dimensions, of scores": (
        "binary_cross_entropy_with_logits", (ones, ones), {"weight": np.ones((2, 4, 3))},
    ),
    "positive weights of more dimensions": (
        "binary_cross_entropy_with_logits", (ones, ones), {"pos_weight": np.ones((2, 4, 3))},
    ),
    "divergence of integers": ("kl_div", (ones, whole), {"reduction": "sum"}),
    "divergence from integers": ("kl_div", (whole, ones), {"reduction": "sum"}),
    "classes without dimension": ("cross_entropy", (np.array(1.0), np.array(1.0)), {}),
    "probabilities of no classes": ("cross_entropy", (ones[:, :0], ones[:, :0]), {"label_smoothing": 0.1}),
    "weights of other classes": ("cross_entropy", (ones, ones), {"weight": np.ones(2)}),
    "a picture's target in two dimensions": ("nll_loss", (np.ones((2, 3, 2, 2)), np.ones((2, 2), int)), {}),
    "a picture's target of another size": ("nll_loss", (np.ones((2, 3, 2, 2)), np.ones((2, 1, 2), int)), {}),
    "bytes of a picture": ("cross_entropy", (np.ones((2, 3, 2, 2)), np.ones((2, 2, 2), np.uint8)), {}),
    "a target without dimension": ("cross_entropy", (np.array(1.0), np.array([0])), {}),
    "variances that are integers": ("gaussian_nll_loss", (ones, ones, whole + 1), {}),
    "signs of more dimensions": ("soft_margin_loss", (ones[:1], whole), {}),
    "signs of another size": ("soft_margin_loss", (ones, whole[:2]), {}),
    "truth values for signs": ("soft_margin_loss", (ones, flags), {}),
}  # fmt: skip


@pytest.mark.parametrize("case", EDGES)
@pytest.mark.filterwarnings("ignore:Using a target size")
def test_edges(case):
    name, args, options = EDGES[case]
    same_outcome(name, *args, **options)


@pytest.mark.parametrize(
    ("name", "option"),
    [
        ("binary_cross_entropy", "weight"),
        ("binary_cross_entropy_with_logits", "weight"),
        ("binary_cross_entropy_with_logits", "pos_weight"),
        ("nll_loss", "weight"),
        ("cross_entropy", "weight"),
    ],
)
def test_weights_are_constants(name, option):
    """PyTorch has no derivative by these: it raises, unless nothing is recorded."""
    x = np.full((2, 3), 0.5)
    target = np.array([0, 1]) if "logits" not in name and "binary" not in name else x
    for m, functional in ((mgx, F), (torch, TF)):
        loss, weight = getattr(functional, name), m.ones(3, dtype=m.float64, requires_grad=True)
        with pytest.raises(RuntimeError, match=f"is not differentiable with respect to argument '{option}'"):
            loss(m.tensor(x), m.tensor(target), **{option: weight})
        with m.no_grad():
            loss(m.tensor(x), m.tensor(target), **{option: weight})


@pytest.mark.parametrize("options", [{}, {"reduction": "none"}, {"label_smoothing": 0.2, "reduction": "sum"}])
def test_weights_of_classes_have_a_derivative_beside_probabilities(options):
    x, p, w = scores[:, :3], simplex[:, :3], weight_3
    for dtype in (np.float64, np.float32):
        results = []
        for m, functional in ((mgx, F), (torch, TF)):
            made = [m.tensor(a.astype(dtype), requires_grad=True) for a in (x, p, w)]
            out = functional.cross_entropy(*made, **options)
            results.append([t.detach().numpy() for t in (out, *m.autograd.grad(out.square().sum(), made))])
        for a, b in zip(*results):
            assert a.dtype == b.dtype
            tolerance = 1e-12 if dtype is np.float64 else 1e-5
            np.testing.assert_allclose(a, b, rtol=tolerance, atol=tolerance)


def test_the_gradient_of_a_divergence_by_a_probability_of_zero_is_nan():
    target = np.array([0.0, 0.25])
    for m, functional in ((mgx, F), (torch, TF)):
        t = m.tensor(target, requires_grad=True)
        functional.kl_div(m.zeros(2, dtype=m.float64), t, reduction="sum").backward()
        np.testing.assert_allclose(t.grad.numpy(), [math.nan, math.log(0.25) + 1])


@pytest.mark.parametrize("size_average", [True, False])
def test_old_arguments_beside_batchmean(size_average):
    results = []
    for m, functional in ((mgx, F), (torch, TF)):
        with pytest.warns(UserWarning, match="size_average and reduce args will be deprecated"):
            out = functional.kl_div(m.tensor(scores), m.tensor(ideal), size_average, reduction="batchmean")
        results.append(out.item())
    assert results[0] == pytest.approx(results[1], rel=1e-12)


def test_distances_in_half_precision():
    """Their squares would leave the range of float16, on either side."""
    a, b, c = np.float16([[1e4, 0.0], [1e-3, 2e-3]]), np.zeros((2, 2), np.float16), np.ones((2, 2), np.float16)
    results = []
    for m, functional in ((mgx, F), (torch, TF)):
        made = [m.tensor(v, requires_grad=True) for v in (a, b, c)]
        out = functional.triplet_margin_loss(*made, margin=2.0, reduction="none")
        out.sum().backward()
        norms = [m.linalg.vector_norm(m.tensor(a), p, -1) for p in (1, 2, 3, 0.5)]
        results.append([v.detach().numpy() for v in (out, *(t.grad for t in made), *norms)])
    for x, y in zip(*results):
        assert x.dtype == np.float16
        np.testing.assert_allclose(x, y, rtol=2e-3)


@pytest.mark.parametrize("dtype", [np.float32, np.float16])
def test_scores_far_from_zero_have_exact_gradients(dtype):
    """The logarithm of a sum of exponentials would be rounded as coarsely as the scores are."""
    x = (np.arange(12).reshape(4, 3) * 8 % 40 / 16 + 1024).astype(dtype)
    results = []
    for m, functional in ((mgx, F), (torch, TF)):
        for shift in (0, 1024):
            scores = m.tensor(x - dtype(shift), requires_grad=True)
            functional.cross_entropy(scores, m.tensor([0, 1, 2, 0]), reduction="sum").backward()
            results.append(scores.grad.numpy())
    for other in results[1:]:
        np.testing.assert_allclose(results[0], other, rtol=1e-6 if dtype is np.float32 else 2e-3)
