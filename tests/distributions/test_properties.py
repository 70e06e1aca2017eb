"""What holds of every continuous distribution of numbers, whatever its parameters: by Hypothesis."""

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

import microgradx as mgx

D = mgx.distributions
REAL = st.floats(-5, 5)
POSITIVE = st.floats(0.2, 5)
SHARE = st.floats(0.02, 0.98)

MADE = {
    "Normal": (D.Normal, REAL, POSITIVE),
    "Uniform": (lambda low, width: D.Uniform(low, low + width), REAL, POSITIVE),
    "Exponential": (D.Exponential, POSITIVE),
    "Laplace": (D.Laplace, REAL, POSITIVE),
    "Cauchy": (D.Cauchy, REAL, POSITIVE),
    "LogNormal": (D.LogNormal, REAL, POSITIVE),
    "HalfNormal": (D.HalfNormal, POSITIVE),
    "HalfCauchy": (D.HalfCauchy, POSITIVE),
    "Gumbel": (D.Gumbel, REAL, POSITIVE),
    "Weibull": (D.Weibull, POSITIVE, POSITIVE),
    "Pareto": (D.Pareto, POSITIVE, POSITIVE),
    "Kumaraswamy": (D.Kumaraswamy, POSITIVE, POSITIVE),
    "GeneralizedPareto": (D.GeneralizedPareto, REAL, POSITIVE, st.floats(-0.9, 2)),
    "ContinuousBernoulli": (D.ContinuousBernoulli, SHARE),
    "squashed": (lambda loc, scale: D.TransformedDistribution(D.Normal(loc, scale), D.TanhTransform()), REAL, POSITIVE),
}


def number(value, **options):
    return mgx.tensor(value, dtype=mgx.float64, **options)


@pytest.mark.parametrize("name", MADE)
@given(data=st.data())
def test_the_density_is_the_slope_of_the_distribution_function(name, data):
    make, *parameters = MADE[name]
    d = make(*[number(data.draw(p)) for p in parameters])
    share = data.draw(SHARE)
    assume(name != "Laplace" or share != 0.5)  # in its middle, where the density has a kink, PyTorch's gradient is 0
    x = d.icdf(number(share)).detach().requires_grad_()
    assume(name != "squashed" or abs(x.item()) < 1 - 1e-9)  # nearer to 1, tanh cannot be inverted
    assert d.support.check(x).all()
    probability = d.cdf(x)
    np.testing.assert_allclose(probability.item(), share, 1e-6)
    (density,) = mgx.autograd.grad(probability, x)
    assume(abs(getattr(d, "probs", number(0)).item() - 0.5) > 2e-3)  # there, Taylor's formula is an approximation
    np.testing.assert_allclose(d.log_prob(x).exp().item(), density.item(), 1e-5)
