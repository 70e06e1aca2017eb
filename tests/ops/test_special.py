"""Special functions against 40 digits: at random places, near zeros and poles, and at the ends of their domains."""

import mpmath
import numpy as np
import pytest
import torch

import microgradx as mgx

rng = np.random.default_rng(0)
near = 10 ** rng.uniform(-12, -1, 20)
POSITIVE = np.concatenate([
    rng.uniform(0, 3, 100), rng.uniform(3, 1000, 30), 10 ** rng.uniform(-300, 300, 40),
    1 + near, 1 - near, 2 + near, 2 - near, 3 - near, 1.4616321449683623 + 1e-3 * near, [1, 2, 3],
])  # fmt: skip
NEGATIVE = -np.concatenate([rng.uniform(0, 10, 60), rng.uniform(10, 200, 20)])
SMALL = np.concatenate([rng.uniform(-30, 30, 80), near, [7.99, 8.01, 1e-30]])
INSIDE = np.concatenate([rng.uniform(-1, 1, 60), near, -near, 1 - near, 1e-4 * near - 1, [-1 + 2**-53]])


def inverse_erf(x):
    """By bisection's faster kin, on the side where no digit is lost."""
    start = mpmath.mpf(float(mgx.erfinv(mgx.tensor(float(x), dtype=mgx.float64))))
    if abs(x) < 0.5:
        return mpmath.findroot(lambda y: mpmath.erf(y) - x, start)
    return mpmath.sign(x) * mpmath.findroot(lambda y: mpmath.erfc(y) - (1 - abs(x)), abs(start))


@pytest.mark.parametrize(
    ("name", "exact", "where", "tolerance"),
    [
        ("lgamma", lambda x: mpmath.re(mpmath.loggamma(x)), POSITIVE, 1e-15),
        ("lgamma", lambda x: mpmath.re(mpmath.loggamma(x)), NEGATIVE, 1e-13),  # its zeros there lie between numbers
        ("digamma", mpmath.digamma, POSITIVE, 1e-15),
        ("digamma", mpmath.digamma, NEGATIVE, 1e-13),
        ("erfinv", inverse_erf, INSIDE, 4e-15),
        ("i0", lambda x: mpmath.besseli(0, x), SMALL, 2e-15),
        ("sinc", mpmath.sincpi, SMALL[np.abs(SMALL) < 0.9], 1e-15),
    ],
)
def test_accuracy(name, exact, where, tolerance):
    function = getattr(mgx, name)
    ours = function(mgx.tensor(where, dtype=mgx.float64)).numpy()
    np.testing.assert_allclose(ours, in_40_digits(exact, where), rtol=tolerance, atol=0)
    single = np.float32(where[(np.abs(where) > 1e-30) & (np.abs(where) < 1e30)])
    single = single[np.abs(single) != 1]
    expected = in_40_digits(exact, single).astype(np.float32)
    np.testing.assert_allclose(function(mgx.tensor(single)).numpy(), expected, rtol=1.2e-7, atol=0)


def in_40_digits(exact, where):
    with mpmath.workdps(40):
        return np.array([float(exact(mpmath.mpf(float(x)))) for x in where])


@pytest.mark.parametrize("n", [1, 2, 3, 8, 20, 170])
def test_accuracy_of_polygamma(n):
    where = np.concatenate([rng.uniform(0.02, 3, 40), rng.uniform(3, 60, 20), NEGATIVE[:20] if n < 10 else []])
    expected = in_40_digits(lambda x: mpmath.polygamma(n, x), where)
    ours = mgx.polygamma(n, mgx.tensor(where, dtype=mgx.float64)).numpy()
    np.testing.assert_allclose(ours, expected, rtol=1e-14)


def test_poles_of_polygamma_are_infinite():
    """At negative integers, where PyTorch's trigamma is a large number: the sine of -π is not quite 0 there."""
    for n, expected in ((1, np.inf), (2, -np.inf), (3, np.inf)):
        at = [0.0, -1.0, -7.0]
        assert mgx.polygamma(n, mgx.tensor(at)).tolist() == [expected] * 3
        if n > 1:
            assert torch.polygamma(n, torch.tensor(at)).tolist() == [expected] * 3


def test_half_precision_is_rounded_once():
    x = np.linspace(0.5, 9, 200).astype(np.float16)
    for name in ("lgamma", "digamma"):
        ours = getattr(mgx, name)(mgx.tensor(x)).numpy()
        exact = getattr(torch, name)(torch.tensor(x).double()).numpy().astype(np.float16)
        np.testing.assert_array_equal(ours, exact)


def test_slopes_of_waves():
    x = mgx.tensor(SMALL, dtype=mgx.float64, requires_grad=True)
    for function, exact in ((mgx.i0, lambda v: mpmath.besseli(1, v)), (mgx.sinc, sinc_slope)):
        (g,) = mgx.autograd.grad(function(x).sum(), x)
        np.testing.assert_allclose(g.numpy(), in_40_digits(exact, SMALL), rtol=1e-13, atol=1e-14)


def sinc_slope(x):
    return (mpmath.cospi(x) - mpmath.sincpi(x)) / x


def test_higher_derivatives_of_waves():
    """At 0, where PyTorch has nan for sinc, near 0, at integers, and on both sides of where another formula takes over."""
    where = [0.0, 1e-160, 1e-8, -1e-3, 0.4, 0.94, 0.97, -1.0, 1.26, 1.29, 1.6, 2.0, 7.9, -8.1, 30.0]
    for function, exact in ((mgx.sinc, mpmath.sincpi), (mgx.i0, lambda v: mpmath.besseli(0, v))):
        x = mgx.tensor(where, dtype=mgx.float64, requires_grad=True)
        y = function(x)
        for order in range(1, 6):
            (y,) = mgx.autograd.grad(y.sum(), x, create_graph=True)
            with mpmath.workdps(120):
                expected = [float(mpmath.diff(exact, mpmath.mpf(v), order)) for v in where]
            scale = np.pi**order if function is mgx.sinc else 1
            np.testing.assert_allclose(y.detach().numpy(), expected, rtol=1e-12, atol=1e-13 * scale)
    x = mgx.tensor([0.0, 1e-8, -1e-3], requires_grad=True)  # in single precision too no digits are lost
    for function, exact in ((mgx.sinc, np.pi**4 / 5), (mgx.i0, 3 / 8)):
        y = function(x)
        for _ in range(3):
            (y,) = mgx.autograd.grad(y.sum(), x, create_graph=True)
        np.testing.assert_allclose(y.detach().numpy(), exact * x.detach().numpy(), rtol=1e-5)


def test_a_bessel_function_overflows_no_earlier_than_it_must():
    assert mgx.i0(mgx.tensor([710.0, 712.0], dtype=mgx.float64)).isfinite().all()
    assert mgx.i0(mgx.tensor([720.0, float("inf")], dtype=mgx.float64)).tolist() == [np.inf, np.inf]
