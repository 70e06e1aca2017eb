"""Activations, softmax, dropout, tables, normalisation and padding against PyTorch."""

import copy
import math
import warnings

import numpy as np
import pytest
import torch
import torch.nn.functional as TF

import microgradx as mgx
from microgradx.nn import functional as F
from microgradx.ops import activation, embedding, erf, norm

X, W, IMAGE = (5, 6), (6,), (2, 6, 4, 3)
# name of the case: function, shapes of the operands that have gradients, further arguments
CASES = {
    "relu": ("relu", [X], {}),
    "leaky_relu": ("leaky_relu", [X], {}),
    "leaky_relu steep": ("leaky_relu", [X], {"negative_slope": 1.5}),
    "leaky_relu falling": ("leaky_relu", [X], {"negative_slope": -0.5}),
    "leaky_relu large": ("leaky_relu", [(30, 40)], {"negative_slope": 0.2}),
    "prelu": ("prelu", [X, (1,)], {}),
    "prelu 0-d": ("prelu", [X, ()], {}),
    "prelu of channels": ("prelu", [IMAGE, (6,)], {}),
    "prelu of a vector": ("prelu", [(7,), (1,)], {}),
    "elu": ("elu", [X], {}),
    "elu alpha": ("elu", [X], {"alpha": 0.4}),
    "celu": ("celu", [X], {"alpha": 0.5}),
    "selu": ("selu", [X], {}),
    "gelu": ("gelu", [X], {}),
    "gelu tanh": ("gelu", [X], {"approximate": "tanh"}),
    "silu": ("silu", [X], {}),
    "mish": ("mish", [X], {}),
    "softplus": ("softplus", [X], {}),
    "softplus options": ("softplus", [X], {"beta": 3, "threshold": 2}),
    "logsigmoid": ("logsigmoid", [X], {}),
    "hardtanh": ("hardtanh", [X], {"min_val": -0.5, "max_val": 0.8}),
    "relu6": ("relu6", [X], {}),
    "hardsigmoid": ("hardsigmoid", [X], {}),
    "hardswish": ("hardswish", [X], {}),
    "hardshrink": ("hardshrink", [X], {}),
    "softshrink": ("softshrink", [X], {"lambd": 0.3}),
    "threshold": ("threshold", [X], {"threshold": 0.2, "value": 7.0}),
    "tanhshrink": ("tanhshrink", [X], {}),
    "softsign": ("softsign", [X], {}),
    "sigmoid": ("sigmoid", [X], {}),
    "tanh": ("tanh", [X], {}),
    "glu": ("glu", [X], {}),
    "glu of dimension 1": ("glu", [IMAGE], {"dim": 1}),
    "softmax": ("softmax", [X], {"dim": 1}),
    "softmax first": ("softmax", [X], {"dim": 0}),
    "softmax middle": ("softmax", [IMAGE], {"dim": -3}),
    "softmax 0-d": ("softmax", [()], {"dim": 0}),
    "log_softmax": ("log_softmax", [X], {"dim": 1}),
    "log_softmax middle": ("log_softmax", [IMAGE], {"dim": 2}),
    "log_softmax 0-d": ("log_softmax", [()], {"dim": -1}),
    "softmin": ("softmin", [X], {"dim": 1}),
    "normalize": ("normalize", [X], {}),
    "normalize p": ("normalize", [X], {"p": 3.0, "dim": 0}),
    "layer_norm": ("layer_norm", [X, W, W], {}),
    "layer_norm without": ("layer_norm", [X], {}),
    "layer_norm of images": ("layer_norm", [IMAGE, (4, 3), (4, 3)], {}),
    "rms_norm": ("rms_norm", [X, W], {}),
    "rms_norm eps": ("rms_norm", [X], {"eps": 0.1}),
    "batch_norm": ("batch_norm", [X, W, W], {"training": True}),
    "batch_norm of images": ("batch_norm", [IMAGE, W, W], {"training": True, "eps": 0.01}),
    "batch_norm without": ("batch_norm", [IMAGE], {"training": True}),
    "batch_norm eval": ("batch_norm", [IMAGE, W, W], {"training": False}),
    "group_norm": ("group_norm", [IMAGE, W, W], {"num_groups": 3}),
    "group_norm without": ("group_norm", [IMAGE], {"num_groups": 2}),
    "pad": ("pad", [IMAGE], {"pad": (1, 2, 0, 3), "value": 5.0}),
    "pad cuts": ("pad", [X], {"pad": (-2, 1, 2, -1)}),
    "pad reflect": ("pad", [IMAGE], {"pad": (2, 1, 1, 3), "mode": "reflect"}),
    "pad replicate": ("pad", [IMAGE], {"pad": (4, 1, 0, 5), "mode": "replicate"}),
    "pad circular": ("pad", [IMAGE], {"pad": (3, 1, 0, 4), "mode": "circular"}),
    "erf": ("erf", [X], {}),
    "erfc": ("erfc", [X], {}),
}


def call(library, functional, name, operands, options):
    """The function of one of the two libraries, with the operands where it wants them."""
    x, *rest = operands
    if name in ("layer_norm", "rms_norm"):
        shape = tuple(rest[0].shape) if rest else (x.shape[-1],)
        return getattr(functional, name)(x, shape, *rest, **options)
    if name == "batch_norm":
        running = np.linspace(0.5, 2.0, 6, dtype=str(x.dtype).removeprefix("torch."))
        mean, var = (library.from_numpy(running * k) for k in (1, 2))
        return functional.batch_norm(x, mean, var, *rest, **options)
    if name == "group_norm":
        return functional.group_norm(x, options["num_groups"], *rest)
    if library is torch and name == "hardsigmoid":  # PyTorch's own has a float32 constant, and no second derivative
        return TF.hardtanh(x / 6 + 0.5, 0, 1)
    if name.startswith("erf"):
        return getattr(torch if library is torch else erf, name)(x)
    return getattr(functional, name)(x, *rest, **options)


def arrays(shapes, dtype, scale=2.0):
    rng = np.random.default_rng(3)
    return [(rng.standard_normal(s) * scale).astype(dtype) for s in shapes]


def derivatives(library, functional, name, values, options):
    """The result, the gradients, and the gradients of a function of the gradients, as arrays."""
    operands = [library.tensor(v, requires_grad=True) for v in values]
    out = call(library, functional, name, operands, options)
    v = library.from_numpy(np.cos(np.arange(out.numel(), dtype=values[0].dtype)).reshape(tuple(out.shape)))
    first = library.autograd.grad((out * v).sum(), operands, create_graph=True)
    loss = sum(((g + 0.5) ** 2).sum() for g in first)
    second = [None] * len(operands)
    if loss.requires_grad:
        second = library.autograd.grad(loss, operands, allow_unused=True)
    return [t if t is None else t.detach().numpy() for t in (out, *first, *second)]


@pytest.mark.parametrize("case", CASES)
def test_values_and_both_derivatives_are_pytorchs(case):
    name, shapes, options = CASES[case]
    values = arrays(shapes, np.float64)
    ours = derivatives(mgx, F, name, values, options)
    theirs = derivatives(torch, TF, name, values, options)
    for a, b in zip(ours, theirs, strict=True):
        a, b = (np.zeros(()) if v is None else v for v in (a, b))  # no gradient and one of zeros are the same
        np.testing.assert_allclose(a, b, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("case", CASES)
def test_float32_stays_float32(case):
    name, shapes, options = CASES[case]
    values = arrays(shapes, np.float32)
    before = copy.deepcopy(values)
    ours = derivatives(mgx, F, name, values, options)
    theirs = derivatives(torch, TF, name, values, options)
    for a, b in zip(ours[: 1 + len(shapes)], theirs, strict=False):
        assert a.dtype == np.float32
        np.testing.assert_allclose(a, b, rtol=2e-6, atol=2e-6)
    for a, b in zip(values, before):
        np.testing.assert_array_equal(a, b)


def third(library, function, value):
    """The gradient, three times."""
    x = library.tensor(value, requires_grad=True)
    y = (function(x) ** 3).sum()
    for _ in range(2):
        y = (library.autograd.grad(y, x, create_graph=True)[0] ** 2).sum()
    return library.autograd.grad(y, x)[0].numpy()


@pytest.mark.parametrize("case", ["relu", "gelu", "gelu tanh", "softmax", "log_softmax", "leaky_relu", "elu", "erf"])
def test_third_derivative(case):
    name, shapes, options = CASES[case]
    (value,) = arrays(shapes, np.float64, 1.0)
    ours = third(mgx, lambda x: call(mgx, F, name, [x], options), value)
    theirs = third(torch, lambda x: call(torch, TF, name, [x], options), value)
    np.testing.assert_allclose(ours, theirs, rtol=1e-9, atol=1e-9 * np.abs(theirs).max())


def test_third_derivative_of_normalization():
    """Against the formula in PyTorch's elementary operations: its fused ones are right only up to the second."""

    def formula(x):
        d = x - x.mean(1, keepdim=True)
        return d / ((d * d).mean(1, keepdim=True) + 1e-5).sqrt()

    (value,) = arrays([(3, 4)], np.float64, 1.0)
    theirs = third(torch, formula, value)
    for ours in (
        third(mgx, lambda x: F.layer_norm(x, (4,)), value),
        third(mgx, lambda x: F.batch_norm(x.t(), None, None, training=True), value),
    ):
        np.testing.assert_allclose(ours, theirs, rtol=1e-9, atol=1e-9 * np.abs(theirs).max())


SPECIAL = [-math.inf, -800.0, -30.0, -0.0, 0.0, 30.0, 800.0, math.inf, math.nan]
SMOOTH = ["relu", "elu", "selu", "softplus", "logsigmoid", "hardtanh", "relu6", "hardsigmoid", "threshold", "tanh"]


@pytest.mark.parametrize("name", SMOOTH)
def test_extreme_values(name):
    options = {"threshold": 1.0, "value": 2.0} if name == "threshold" else {}
    for dtype in (np.float32, np.float64):
        x = np.array(SPECIAL, dtype)
        ours = getattr(F, name)(mgx.tensor(x), **options).numpy()
        theirs = getattr(TF, name)(torch.tensor(x), **options).numpy()
        np.testing.assert_allclose(ours, theirs, rtol=2e-7, atol=1e-30)


@pytest.mark.parametrize("name", ["softmax", "log_softmax"])
def test_softmax_of_large_and_masked_scores(name):
    x = np.array([[1e4, 1e4 - 1, -1e4], [0, -math.inf, -math.inf]], np.float32)
    ours, theirs = getattr(F, name)(mgx.tensor(x), 1), getattr(TF, name)(torch.tensor(x), 1)
    np.testing.assert_allclose(ours.numpy(), theirs.numpy(), rtol=1e-6)


def test_softmax_without_a_dimension_chooses_as_pytorch_and_warns():
    for shape in [(), (3,), (2, 3), (2, 3, 4), (2, 3, 2, 2)]:
        (x,) = arrays([shape], np.float64)
        for name in ("softmax", "log_softmax", "softmin"):
            with pytest.warns(UserWarning, match=f"Implicit dimension choice for {name} has been deprecated"):
                ours = getattr(F, name)(mgx.tensor(x))
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                theirs = getattr(TF, name)(torch.tensor(x))
            np.testing.assert_allclose(ours.numpy(), theirs.numpy(), rtol=1e-12)


def test_softmax_converts_and_accepts_nothing():
    assert F.softmax(mgx.tensor([1, 2]), 0, dtype=mgx.float64).dtype is mgx.float64
    assert F.softmax(mgx.zeros(0, 3), 1).shape == (0, 3)
    assert F.log_softmax(mgx.zeros(3, 0), 1).shape == (3, 0)


def test_error_function_to_the_last_digits():
    x = np.concatenate([np.linspace(-6.5, 6.5, 20001), np.linspace(-1, 1, 5001)])
    np.testing.assert_allclose(erf.erf(x), [math.erf(v) for v in x], rtol=4e-16, atol=5e-16)
    np.testing.assert_allclose(erf.erfc(x), [math.erfc(v) for v in x], rtol=2e-14)
    x = x.astype(np.float32)
    np.testing.assert_allclose(erf.erf(x), [math.erf(v) for v in x], rtol=4e-7, atol=1e-7)
    ends = np.array([-math.inf, math.inf, math.nan])
    np.testing.assert_array_equal(erf.erf(ends), [-1, 1, math.nan])
    np.testing.assert_array_equal(erf.erfc(ends), [2, 0, math.nan])
    half = np.linspace(-3, 3, 61).astype(np.float16)
    assert erf.erf(half).dtype == np.float16
    np.testing.assert_allclose(erf.erf(half), [math.erf(v) for v in half], rtol=1e-3)


INPLACE = ["relu", "leaky_relu", "elu", "celu", "selu", "silu", "mish", "hardtanh", "relu6", "hardsigmoid", "hardswish"]


@pytest.mark.parametrize("name", INPLACE)
def test_in_place(name):
    (x,) = arrays([X], np.float64)

    def run(library, functional):
        leaf = library.tensor(x, requires_grad=True)
        y = leaf * 1.5
        out = getattr(functional, name)(y, inplace=True)
        assert out is y
        (out * out).sum().backward()
        return out.detach().numpy(), leaf.grad.numpy()

    for a, b in zip(run(mgx, F), run(torch, TF)):
        np.testing.assert_allclose(a, b, rtol=1e-7, atol=1e-7)  # PyTorch's hardsigmoid is no better
    with pytest.raises(RuntimeError, match="a leaf Variable that requires grad is being used in an in-place operation"):
        getattr(F, name)(mgx.tensor(x, requires_grad=True), inplace=True)


def test_rectifiers_of_integers():
    x = np.array([-2, 0, 9])
    assert F.relu(mgx.tensor(x)).tolist() == [0, 0, 9]
    assert F.threshold(mgx.tensor(x), 1, 7).tolist() == TF.threshold(torch.tensor(x), 1, 7).tolist()
    assert F.hardtanh(mgx.tensor(x)).tolist() == TF.hardtanh(torch.tensor(x)).tolist()


def test_gradient_stops_at_a_kink_even_if_infinite():
    x = mgx.tensor([-1.0, 2.0], requires_grad=True)
    F.relu(x).backward(mgx.tensor([math.inf, 1.0]))
    assert x.grad.tolist() == [0.0, 1.0]


def test_only_what_the_rule_reads_is_kept():
    x = mgx.ones(3, requires_grad=True)
    kept = F.relu(x).grad_fn.saved
    assert [v is None for v in kept] == [True, False]
    kept = F.softmax(x, 0).grad_fn.saved
    assert kept[0] is None


def test_dropout():
    x = mgx.ones(2000, requires_grad=True)
    mgx.manual_seed(1)
    y = F.dropout(x, 0.25)
    assert set(y.tolist()) == {0.0, np.float32(1 / 0.75).item()}
    assert abs((y == 0).sum().item() / 2000 - 0.25) < 0.04
    y.sum().backward()
    np.testing.assert_array_equal(x.grad.numpy(), y.detach().numpy())
    mgx.manual_seed(1)
    np.testing.assert_array_equal(F.dropout(x, 0.25).detach().numpy(), y.detach().numpy())
    assert F.dropout(x, 0.25, training=False) is x
    assert F.dropout(x, 0) is x
    assert not F.dropout(x, 1).detach().numpy().any()
    z = mgx.ones(4)
    assert F.dropout(z, 0.5, inplace=True) is z
    mgx.manual_seed(5)
    drawn = mgx.empty(6, 5).bernoulli_(0.4) / 0.4
    mgx.manual_seed(5)
    np.testing.assert_allclose(F.dropout(mgx.ones(6, 5), 0.6).numpy(), drawn.numpy(), rtol=1e-7)
    mgx.manual_seed(5)  # in the order of the memory
    np.testing.assert_allclose(F.dropout(mgx.ones(5, 6).t(), 0.6).numpy(), drawn.numpy().reshape(5, 6).T, rtol=1e-7)


@pytest.mark.parametrize("ndim", [0, 1, 2, 3, 4, 5])
@pytest.mark.parametrize("name", ["dropout1d", "dropout2d", "dropout3d"])
def test_dropout_of_channels(name, ndim):
    def run(library, functional):
        library.manual_seed(0)
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            try:
                result = getattr(functional, name)(library.ones(8, 6, 5, 4, 3)[(0,) * (5 - ndim)], 0.5).tolist()
            except RuntimeError as error:
                result = str(error).partition(";")[0]
        return result, [str(w.message) for w in caught]

    assert run(mgx, F) == run(torch, TF)


@pytest.mark.parametrize("options", [{}, {"padding_idx": 2}, {"padding_idx": -1}])
@pytest.mark.parametrize("shape", [(), (7,), (3, 4)])
def test_embedding(options, shape):
    indices, table = np.random.default_rng(0).integers(0, 5, shape), arrays([(5, 3)], np.float64)[0]

    def run(library, functional):
        weight = library.tensor(table, requires_grad=True)
        out = functional.embedding(library.tensor(indices), weight, **options)
        (g,) = library.autograd.grad((out**3).sum(), weight, create_graph=True)
        (h,) = library.autograd.grad((g**2).sum(), weight)
        return [t.detach().numpy() for t in (out, g, h)]

    for a, b in zip(run(mgx, F), run(torch, TF)):
        np.testing.assert_allclose(a, b, rtol=1e-12)


@pytest.mark.parametrize("indices", [[3, 1, 3, 3, 49, 1], [7] * 20 + [2], list(range(50)) * 2, []])
def test_rows_are_added_up_by_lists_or_one_by_one(indices):
    g = np.random.default_rng(0).standard_normal((len(indices), 3))
    expected = np.zeros((50, 3))
    np.add.at(expected, np.array(indices, int), g)
    np.testing.assert_array_equal(embedding.add_rows(g, np.array(indices, int), (50, 3), None), expected)


def test_embedding_renormalizes():
    (table,) = arrays([(5, 3)], np.float32)
    ours, theirs = mgx.tensor(table), torch.tensor(table)
    for weight, library, functional in ((ours, mgx, F), (theirs, torch, TF)):
        functional.embedding(library.tensor([1, 3, 1]), weight, max_norm=1.0)
    np.testing.assert_allclose(ours.numpy(), theirs.numpy(), rtol=1e-6)
    assert not np.array_equal(ours.numpy(), table)


def test_one_hot():
    x = np.array([[0, 3], [1, 1]])
    for options in ({}, {"num_classes": 6}):
        ours, theirs = F.one_hot(mgx.tensor(x), **options), TF.one_hot(torch.tensor(x), **options)
        assert ours.tolist() == theirs.tolist()
        assert ours.dtype is mgx.int64
    assert F.one_hot(mgx.zeros(0, dtype=mgx.int64), 3).shape == (0, 3)


def test_batch_norm_moves_the_running_values():
    (x,) = arrays([IMAGE], np.float32)
    results = []
    for library, functional in ((mgx, F), (torch, TF)):
        mean, var = library.zeros(6), library.ones(6)
        for _ in range(3):
            functional.batch_norm(library.tensor(x), mean, var, training=True, momentum=0.3)
        results.append((mean.numpy(), var.numpy()))
    for a, b in zip(*results):
        np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("weights", [None, (4,), (3, 1)])
def test_standardize_rules_agree_with_finite_differences(weights):
    (x, g, h) = arrays([(3, 4)] * 3, np.float64)
    weight = None if weights is None else np.arange(1.0, 1 + np.prod(weights)).reshape(weights)

    def back(x):
        mean, var = x.mean(1, keepdims=True), x.var(1, keepdims=True)
        return (h * norm.standardize_back(g, x, (1,), 0.1, mean, var, weight)).sum()

    stats = x.mean(1, keepdims=True), x.var(1, keepdims=True)
    out = norm.standardize_back(g, x, (1,), 0.1, *stats, weight)
    found = norm.standardize_back_by_x(h, g, x, (1,), 0.1, out, *stats, weight)
    for i in np.ndindex(x.shape):
        step = np.zeros_like(x)
        step[i] = 1e-6
        assert found[i] == pytest.approx((back(x + step) - back(x - step)) / 2e-6, rel=1e-6, abs=1e-8)


x = mgx.ones(4, 3)
longs = mgx.tensor([1, 2])
ERRORS = [
    (lambda: F.relu([1.0]), TypeError, r"relu\(\): argument 'input' \(position 1\) must be Tensor, not list"),
    (lambda: F.relu(mgx.tensor([True])), RuntimeError, "Boolean inputs not supported for relu"),
    (lambda: F.leaky_relu(longs), NotImplementedError, "\"leaky_relu_cpu\" not implemented for 'Long'"),
    (lambda: F.gelu(longs), NotImplementedError, "\"GeluKernelImpl\" not implemented for 'Long'"),
    (lambda: F.elu(longs), NotImplementedError, "\"elu_cpu\" not implemented for 'Long'"),
    (lambda: F.softplus(longs), NotImplementedError, "\"softplus_cpu\" not implemented for 'Long'"),
    (lambda: F.softmax(longs, 0), NotImplementedError, "\"softmax_lastdim_kernel_impl\" not implemented for 'Long'"),
    (lambda: F.softmax(x, 2), IndexError, r"Dimension out of range \(expected to be in range of \[-2, 1\], but got 2"),
    (lambda: F.gelu(x, approximate="foo"), RuntimeError, "approximate argument must be either none or tanh"),
    (lambda: F.hardtanh(x, 3, 1), ValueError, "min_val cannot be greater than max_val"),
    (lambda: F.glu(x), RuntimeError, "Halving dimension must be even, but dimension 1 is size 3"),
    (lambda: F.prelu(x, mgx.ones(2)), RuntimeError, "Found parameter numbers = 2 and channel size = 3"),
    (lambda: F.hardshrink(longs), NotImplementedError, "\"hardshrink_cpu\" not implemented for 'Long'"),
    (lambda: F.softshrink(x, -1), RuntimeError, "softshrink: expected lambda to be at least 0"),
    (lambda: F.dropout(x, 1.5), ValueError, "dropout probability has to be between 0 and 1, but got 1.5"),
    (lambda: F.dropout(longs), RuntimeError, "result type Float can't be cast to the desired output type Long"),
    (lambda: F.embedding(mgx.tensor([5]), x), IndexError, "index out of range in self"),
    (lambda: F.embedding(mgx.tensor([-1]), x), IndexError, "index out of range in self"),
    (lambda: F.embedding(x, x), RuntimeError, "Long, Int; but got torch.FloatTensor instead"),
    (lambda: F.embedding(longs, x[0]), RuntimeError, "'weight' must be 2-D"),
    (lambda: F.embedding(longs, x, padding_idx=7), AssertionError, "Padding_idx must be within num_embeddings"),
    (lambda: F.one_hot(longs, 2), RuntimeError, "Class values must be smaller than num_classes"),
    (lambda: F.one_hot(-longs), RuntimeError, "Class values must be non-negative"),
    (lambda: F.one_hot(x), RuntimeError, "one_hot is only applicable to index tensor of type LongTensor"),
    (lambda: F.one_hot(longs[:0]), RuntimeError, "Can not infer total number of classes from empty tensor"),
    (lambda: F.layer_norm(x, (4,)), RuntimeError, r"Given normalized_shape=\[4\], expected input with shape \[\*, 4\]"),
    (lambda: F.layer_norm(x, 3, mgx.ones(4)), RuntimeError, "Expected weight to be of same shape as normalized_shape"),
    (lambda: F.batch_norm(x[:1], None, None, training=True), ValueError, "Expected more than 1 value per channel"),
    (lambda: F.layer_norm(x.double(), 3, mgx.ones(3)), RuntimeError, "mixed dtype"),
    (
        lambda: F.layer_norm(x, 3, mgx.ones(3).half()),
        RuntimeError,
        "mixed dtype .CPU.: expect parameter to have scalar",
    ),
    (lambda: F.batch_norm(x[0], None, None, training=True), RuntimeError, "expected input .N, C. or .N, C, ..."),
    (lambda: F.batch_norm(x, None, None), RuntimeError, "running_mean must be defined in evaluation mode"),
    (lambda: F.batch_norm(x, x[0, :2], x[0]), RuntimeError, "running_mean should contain 3 elements not 2"),
    (lambda: F.group_norm(x, 2), RuntimeError, "divisible by num_groups"),
    (lambda: F.pad(x, (1,)), RuntimeError, "Padding length must be divisible by 2"),
    (lambda: F.pad(x, (1, 1) * 3), RuntimeError, "Padding length should be less than or equal to two times"),
    (lambda: F.pad(x, (-5, 1)), RuntimeError, "pad: expected widths that leave something"),
    (lambda: F.pad(x, (3, 1), mode="reflect"), RuntimeError, "Padding size should be less than the corresponding"),
    (lambda: F.pad(x, (1, 1), mode="foo"), NotImplementedError, "Unrecognised padding mode foo"),
    (lambda: F.pad(x, (1, 1), mode="reflect", value=1.0), RuntimeError, "doesn't take in value argument"),
]


@pytest.mark.parametrize("index", range(len(ERRORS)))
def test_errors(index):
    run, kind, text = ERRORS[index]
    with pytest.raises(kind, match=text):
        run()


def test_plain_arrays_go_through_without_a_graph():
    assert isinstance(activation.relu(np.ones(3)), np.ndarray)
    assert isinstance(activation.normalized_exp(np.ones((2, 3)), (1,)), np.ndarray)


@pytest.mark.parametrize("name", ["elu", "celu", "selu"])
def test_second_derivatives_at_the_kink_are_zero(name):
    """As in PyTorch."""
    seconds = []
    for m in (mgx, torch):
        x = m.tensor([0.0, -1.0, 1.0], dtype=m.float64, requires_grad=True)
        (g,) = m.autograd.grad(getattr(m.nn.functional, name)(x).sum(), x, create_graph=True)
        seconds.append(m.autograd.grad(g.sum(), x)[0].numpy())
    np.testing.assert_allclose(*seconds, 1e-12)
