"""Implicit derivatives of samples: against their definition in 40 digits, and PyTorch's approximations."""

import mpmath
import numpy as np
import pytest
import torch

import microgradx as mgx
from microgradx.distributions import implicit
from tests.distributions.comparing import plain

mpmath.mp.dps = 40


def slope(distribution, density, a, x):
    """``-(∂F/∂a) / (∂F/∂x)``"""
    return float(-mpmath.diff(lambda a: distribution(a, mpmath.mpf(x)), a) / density(mpmath.mpf(a), mpmath.mpf(x)))


def gamma_distribution(a, x):
    return mpmath.gammainc(a, 0, x, regularized=True)


def gamma_density(a, x):
    return x ** (a - 1) * mpmath.exp(-x) / mpmath.gamma(a)


@pytest.mark.parametrize("a", [0.01, 0.3, 1.0, 2.5, 9.0, 200.0])
def test_gamma(a):
    x = mgx.generator.Generator().gamma(np.full(8, a))
    expected = [slope(gamma_distribution, gamma_density, a, v) for v in x]
    np.testing.assert_allclose(implicit.gamma_slope(np.full(8, a), x), expected, 1e-10)
    approximate = torch._standard_gamma_grad(torch.full((8,), a, dtype=torch.float64), torch.tensor(x))
    np.testing.assert_allclose(approximate.numpy(), expected, 1e-3)


@pytest.mark.parametrize("x", [1e-8, 0.5, 1.0, 5.0, 30.0, 100.0])
@pytest.mark.parametrize("a", [0.01, 1.0, 7.0, 50.0])
def test_incomplete_gamma(a, x):
    np.testing.assert_allclose(implicit.gammainc(np.array(a), np.array(x)), float(gamma_distribution(a, x)), 1e-12)


def test_incomplete_gamma_at_the_ends():
    x = np.array([0.0, 1e4, np.inf])
    np.testing.assert_array_equal(implicit.gammainc(np.array(2.0), x), [0, 1, 1])
    ends = np.array([-1.0, 0.0, 1.0, np.inf])
    a, x = (v.ravel() for v in np.meshgrid(ends, ends))
    expected = torch.igamma(torch.tensor(a), torch.tensor(x)).numpy()
    np.testing.assert_allclose(implicit.gammainc(a, x), expected)
    assert np.isnan(implicit.gammainc(np.array([np.nan, 1.0]), np.array([1.0, np.nan]))).all()


@pytest.mark.parametrize("concentration", [[1.0, 2.0], [0.1, 0.2], [30.0, 0.5], [3.0, 100.0]])
def test_beta(concentration):
    a, b = concentration
    mgx.manual_seed(3)
    x = implicit.sample_dirichlet(np.tile(concentration, (5, 1)))
    x = x[(x > 1e-12).all(-1)]
    found = implicit.dirichlet_slope(np.tile(concentration, (len(x), 1)), x)

    def expected(a, b, v):
        return slope(
            lambda a, v: mpmath.betainc(a, b, 0, v, regularized=True),
            lambda a, v: v ** (a - 1) * (1 - v) ** (b - 1) / mpmath.beta(a, b),
            a,
            v,
        ) / (1 - v)

    np.testing.assert_allclose(found, [[expected(a, b, v), expected(b, a, w)] for v, w in x], 1e-8)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_samples_at_small_concentrations_are_pytorchs(dtype):
    concentration = np.full((50, 3), 1e-3, dtype)
    ours, theirs = implicit.sample_dirichlet(concentration), torch._sample_dirichlet(torch.tensor(concentration))
    np.testing.assert_array_equal(ours, theirs.numpy())
    ours = implicit.standard_gamma(concentration)
    np.testing.assert_array_equal(ours, torch._standard_gamma(torch.tensor(concentration)).numpy())
    np.testing.assert_array_equal(mgx.get_rng_state().numpy(), torch.get_rng_state().numpy())


@pytest.mark.parametrize("lib", [mgx, torch])
@pytest.mark.parametrize(
    "sample",
    [
        lambda d, a: d.Gamma(a, 1.0).rsample(),
        lambda d, a: d.Dirichlet(a).rsample()[..., 0],
        lambda d, a: d.Gamma(a, 1.0).cdf(a.detach()),
    ],
)
def test_derivatives_that_there_are_not_are_refused(lib, sample):
    a = lib.tensor([1.5, 2.5], requires_grad=True)

    def second():
        (g,) = lib.autograd.grad(sample(lib.distributions, a).sum(), a, create_graph=True)
        lib.autograd.grad(g.sum(), a)

    with pytest.raises(NotImplementedError if lib is mgx else RuntimeError):
        second()


def test_gradients_lead_to_the_right_distribution():
    """Maximising E[x - x²/2] over gamma distributions with rate 3: (a/3) - (a + a²)/18 has its maximum at a = 5/2."""
    a = mgx.tensor(1.0, requires_grad=True)
    for _ in range(300):
        x = mgx.distributions.Gamma(a, 3.0).rsample((64,))
        (g,) = mgx.autograd.grad((x - x**2 / 2).mean(), a)
        a.data += 0.1 * g
    assert abs(float(plain(a)) - 2.5) < 0.3


def test_concentrations_that_would_take_too_long():
    a = mgx.tensor(1e12, requires_grad=True)
    x = mgx.distributions.Gamma(a, 1.0).rsample()
    with pytest.raises(
        NotImplementedError, match=r"expected concentrations up to 1e\+08, got 999999995904.0; use a normal"
    ):
        x.backward()


@pytest.mark.parametrize("lib", [mgx, torch])
@pytest.mark.parametrize("name", ["Gamma", "Beta"])
def test_parameters_that_are_integers_have_no_samples(lib, name):
    d = getattr(lib.distributions, name)(lib.tensor(2), lib.tensor(3))
    with pytest.raises(NotImplementedError, match="not implemented for 'Long'"):
        d.sample()
    if name == "Gamma":
        with pytest.raises(NotImplementedError, match="not implemented for 'Long'"):
            d.cdf(lib.tensor(2))
