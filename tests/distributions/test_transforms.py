"""Transforms: values, inverses, determinants and their gradients, as in PyTorch; and determinants of real Jacobians."""

import copy
import pickle

import numpy as np
import pytest
import torch

import microgradx as mgx
from tests.distributions.comparing import assert_close, gradients, outcome, plain

NORMAL = np.random.default_rng(0).normal
REAL = NORMAL(size=(2, 3))
POSITIVE = np.abs(REAL) + 0.1
SQUARE = NORMAL(size=(2, 3, 3))

# What makes each transform, from the distributions module and `tensor`, and where to evaluate it.
MADE = {
    "exp": (lambda d, t: d.ExpTransform(), REAL),
    "sigmoid": (lambda d, t: d.SigmoidTransform(), REAL),
    "sigmoid, far out": (lambda d, t: d.SigmoidTransform(), np.array([-1000.0, 1000.0])),
    "softplus": (lambda d, t: d.SoftplusTransform(), REAL),
    "tanh": (lambda d, t: d.TanhTransform(), REAL),
    "abs": (lambda d, t: d.AbsTransform(), REAL),
    "power": (lambda d, t: d.PowerTransform(t([0.5, 2.0, -1.5])), POSITIVE),
    "power, a number": (lambda d, t: d.PowerTransform(2.0), POSITIVE),
    "affine": (lambda d, t: d.AffineTransform(t([1.0, 2.0, 3.0]), t([[0.5], [-2.0]])), REAL),
    "affine, numbers": (lambda d, t: d.AffineTransform(1, -2.0), REAL),
    "affine of vectors": (lambda d, t: d.AffineTransform(0.5, t([1.0, 2.0, -3.0]), event_dim=1), REAL),
    "affine of vectors, numbers": (lambda d, t: d.AffineTransform(0.5, 3.0, event_dim=1), REAL),
    "softmax": (lambda d, t: d.SoftmaxTransform(), REAL),
    "stick breaking": (lambda d, t: d.StickBreakingTransform(), REAL),
    "lower cholesky": (lambda d, t: d.LowerCholeskyTransform(), SQUARE),
    "positive definite": (lambda d, t: d.PositiveDefiniteTransform(), SQUARE),
    "corr cholesky": (lambda d, t: d.CorrCholeskyTransform(), NORMAL(size=(2, 6))),
    "reshape": (lambda d, t: d.ReshapeTransform((3,), (1, 3)), REAL),
    "independent": (lambda d, t: d.IndependentTransform(d.ExpTransform(), 1), REAL),
    "compose": (lambda d, t: d.ComposeTransform([d.TanhTransform(), d.AffineTransform(1.0, -0.5)]), REAL),
    "compose, growing": (lambda d, t: d.ComposeTransform([d.ExpTransform(), d.StickBreakingTransform()]), REAL),
    "compose, nothing": (lambda d, t: d.identity_transform, REAL),
    "cat": (lambda d, t: d.CatTransform([d.ExpTransform(), d.TanhTransform()], dim=-1, lengths=[1, 2]), REAL),
    "cat of vectors": (
        lambda d, t: d.CatTransform([d.ExpTransform(), d.AffineTransform(0, 2.0, event_dim=1)], 0, [1, 1]),
        REAL,
    ),
    "stack": (lambda d, t: d.StackTransform([d.ExpTransform(), d.TanhTransform(), d.ExpTransform()], dim=1), REAL),
    "inverse": (lambda d, t: d.ExpTransform().inv, POSITIVE),
    "inverse of a composition": (
        lambda d, t: d.ComposeTransform([d.AffineTransform(1.0, 2.0), d.ExpTransform()]).inv,
        POSITIVE,
    ),
    "distribution function": (
        lambda d, t: d.CumulativeDistributionTransform(d.Normal(t(0.5), t(2.0))),
        REAL,
    ),
}  # fmt: skip
TRANSFORM = pytest.mark.parametrize(("make", "x"), MADE.values(), ids=MADE.keys())


def tensors(lib):
    return lambda value: lib.tensor(value, dtype=lib.float64)


def both(make):
    return make(mgx.distributions, tensors(mgx)), make(torch.distributions, tensors(torch))


def compare(get, ours, theirs, x):
    """What ``get`` makes of the transform and of x, with its gradients by x, or the same error."""
    a, b = mgx.tensor(x, requires_grad=True), torch.tensor(x, requires_grad=True)
    found, expected = outcome(lambda f: get(f, a), ours), outcome(lambda f: get(f, b), theirs)
    if isinstance(expected, type):
        assert found is expected
        return
    assert_close(found, expected, 1e-10)
    weights = np.random.default_rng(0).uniform(0.5, 1.5, tuple(expected.shape))
    for g, h in zip(gradients(mgx, found, [a], weights), gradients(torch, expected, [b], weights), strict=True):
        np.testing.assert_allclose(plain(g), plain(h), 1e-8, 1e-8)


@TRANSFORM
def test_values_inverses_and_determinants(make, x):
    ours, theirs = both(make)
    compare(lambda f, x: f(x), ours, theirs, x)
    compare(lambda f, x: f.inv(f(x)), ours, theirs, x)
    compare(lambda f, x: f.log_abs_det_jacobian(x, f(x)), ours, theirs, x)
    compare(lambda f, x: f.inv.log_abs_det_jacobian(f(x), x), ours, theirs, x)


@TRANSFORM
def test_what_it_tells_of_itself(make, x):
    ours, theirs = both(make)
    assert repr(ours) == repr(theirs)
    for name in ("bijective", "domain", "codomain", "event_dim"):
        a, b = (outcome(lambda f, name=name: repr(getattr(f, name)), f) for f in (ours, theirs))
        assert a == b, name
    a, b = (outcome(lambda f: f.sign, f) for f in (ours, theirs))
    assert (a is b) if isinstance(b, type) else np.array_equal(plain(mgx.as_tensor(a)), plain(torch.as_tensor(b)))
    shape = ours.forward_shape(mgx.Size(x.shape))
    assert tuple(shape) == tuple(theirs.forward_shape(torch.Size(x.shape)))
    assert tuple(ours.inverse_shape(shape)) == tuple(theirs.inverse_shape(torch.Size(shape)))
    checks = [
        outcome(lambda f, v=v: f.codomain.check(f(v)).tolist(), f)
        for f, v in ((ours, mgx.tensor(x)), (theirs, torch.tensor(x)))
    ]
    assert checks[0] == checks[1]


@TRANSFORM
def test_equality_is_pytorchs(make, x):
    for other, _ in MADE.values():
        (f, g), (h, k) = both(make), both(other)
        try:
            expected = g == k
        except RuntimeError:  # PyTorch compares the parameters without looking at their shapes
            continue
        assert (f == h) == expected
    assert make(mgx.distributions, tensors(mgx)) != 3


@TRANSFORM
def test_copies(make, x):
    f = make(mgx.distributions, tensors(mgx))
    for again in (copy.deepcopy(f), pickle.loads(pickle.dumps(f))):
        np.testing.assert_array_equal(plain(again(mgx.tensor(x))), plain(f(mgx.tensor(x))))
        assert repr(again) == repr(f)


@TRANSFORM
def test_the_cache_returns_the_very_tensors(make, x):
    f = outcome(lambda f: f.with_cache(1), make(mgx.distributions, tensors(mgx)))
    assert f._cache_size == 1
    assert f.with_cache(1) is f
    x = mgx.tensor(x)
    y = f(x)
    assert f.inv(y) is x
    assert f.inv.inv is f


BIJECTIVE = {k: v for k, v in MADE.items() if v[0](mgx.distributions, tensors(mgx)).bijective and "far" not in k}


@pytest.mark.parametrize(("make", "x"), BIJECTIVE.values(), ids=BIJECTIVE.keys())
def test_determinants_are_those_of_the_jacobian_matrix(make, x):
    f = make(mgx.distributions, tensors(mgx))
    x = mgx.tensor(x)
    np.testing.assert_allclose(plain(f.inv(f(x))), plain(x), 1e-9)
    found = f.log_abs_det_jacobian(x, f(x)).sum()

    def free(x):
        """The entries of y that determine the others."""
        y = f(x)
        if f.codomain is mgx.distributions.constraints.simplex or "StickBreaking" in repr(f):
            return y[..., :-1].flatten()
        if f.codomain is mgx.distributions.constraints.corr_cholesky:
            rows, columns = np.tril_indices(y.shape[-1], -1)
            return y[..., rows.tolist(), columns.tolist()].flatten()
        return y.flatten()

    matrix = mgx.autograd.functional.jacobian(free, x)
    expected = mgx.linalg.slogdet(matrix.reshape(matrix.shape[0], -1))[1]
    np.testing.assert_allclose(plain(found), plain(expected), 1e-8)


REFUSED = [
    lambda d, t: d.ExpTransform(cache_size=2),
    lambda d, t: d.Transform().sign,
    lambda d, t: d.Transform()(t(1.0)),
    lambda d, t: d.Transform().inv(t(1.0)),
    lambda d, t: d.Transform().log_abs_det_jacobian(t(1.0), t(1.0)),
    lambda d, t: d.ReshapeTransform((2, 3), (5,)),
    lambda d, t: d.ReshapeTransform((2, 3), (6,)).forward_shape((3,)),
    lambda d, t: d.ReshapeTransform((2, 3), (6,)).forward_shape((2, 2)),
    lambda d, t: d.ReshapeTransform((2, 3), (6,)).inverse_shape((5,)),
    lambda d, t: d.SoftmaxTransform().forward_shape(()),
    lambda d, t: d.StickBreakingTransform().inverse_shape(()),
    lambda d, t: d.CorrCholeskyTransform().forward_shape((4,)),
    lambda d, t: d.CorrCholeskyTransform().inverse_shape((4, 3)),
    lambda d, t: d.AffineTransform(t([1.0, 2.0]), 1.0).forward_shape((3,)),
    lambda d, t: d.IndependentTransform(d.ExpTransform(), 2)(t([1.0])),
    lambda d, t: d.IndependentTransform(d.ExpTransform(), 2).inv(t([1.0])),
    lambda d, t: d.CatTransform([3]),
    lambda d, t: d.CatTransform([d.ExpTransform()], lengths=[1, 2]),
    lambda d, t: d.CatTransform([d.ExpTransform()])(t([1.0, 2.0])),
    lambda d, t: d.StackTransform([d.ExpTransform()], dim=1)(t([1.0])),
    lambda d, t: d.StackTransform([d.ExpTransform()])(t([1.0, 2.0])),
    lambda d, t: d.LowerCholeskyTransform().log_abs_det_jacobian(t([[1.0]]), t([[1.0]])),
    lambda d, t: d.StickBreakingTransform().event_dim + d.ReshapeTransform((4,), (2, 2)).event_dim,
]


@pytest.mark.parametrize("call", REFUSED)
def test_what_pytorch_refuses(call):
    def error(lib):
        with pytest.raises(Exception) as caught:  # noqa: PT011 - whichever PyTorch raises
            call(lib.distributions.transforms, lib.tensor)
        return caught.type, str(caught.value)

    (kind, text), (expected_kind, expected) = error(mgx), error(torch)
    assert kind is expected_kind
    if kind is not RuntimeError:
        assert text == expected
