"""What PyTorch refuses is refused here, in the same words."""

import re

import pytest
import torch

import microgradx as mgx
from tests.distributions.comparing import outcome
from tests.distributions.table import ROWS

# PyTorch takes each sample of a Wishart distribution for singular.
pytestmark = pytest.mark.filterwarnings("ignore:Singular sample detected")

# Of each distribution: parameters and values that must raise. `t` makes a tensor.
REFUSED = [
    lambda d, t: d.Normal(t([0.0, 1.0]), t([1.0, -1.0])),
    lambda d, t: d.Normal(t([0.0, float("nan")]), 1.0),
    lambda d, t: d.Normal(0.0, 0.0),
    lambda d, t: d.Normal([0.0], 1.0),
    lambda d, t: d.Normal(t([0.0, 1.0]), t([1.0, 1.0, 1.0])),
    lambda d, t: d.Normal(0.0, 1.0).log_prob(t(float("nan"))),
    lambda d, t: d.Normal(0.0, 1.0).log_prob(0.5),
    lambda d, t: d.Normal(t([0.0, 1.0]), 1.0).log_prob(t([1.0, 2.0, 3.0])),
    lambda d, t: d.Normal(t([0.0, 1.0]), 1.0).expand((3,)),
    lambda d, t: d.Bernoulli(),
    lambda d, t: d.Bernoulli(t(0.5), t(0.5)),
    lambda d, t: d.Bernoulli(t([0.5, 1.5])),
    lambda d, t: d.Bernoulli(logits=t([0.5, float("nan")])),
    lambda d, t: d.Bernoulli(0.5).log_prob(t(0.5)),
    lambda d, t: d.Bernoulli(0.5).rsample(),
    lambda d, t: d.Categorical(),
    lambda d, t: d.Categorical(t(0.5)),
    lambda d, t: d.Categorical(logits=t(0.5)),
    lambda d, t: d.Categorical(t([0.5, -0.5])),
    lambda d, t: d.Categorical(t([0.0, 0.0])),
    lambda d, t: d.Categorical(t([0.5, 0.5])).log_prob(t(2)),
    lambda d, t: d.Categorical(t([0.5, 0.5])).log_prob(t(0.5)),
    lambda d, t: d.Categorical(t([0.5, 0.5])).sample((0,)),
    lambda d, t: d.Multinomial(t(3), t([0.5, 0.5])),
    lambda d, t: d.Multinomial(3, t([0.5, -0.5])),
    lambda d, t: d.Multinomial(3, t([0.5, 0.5])).log_prob(t([2.0, 2.0])),
    lambda d, t: d.Multinomial(3, t([0.5, 0.5])).log_prob(t([-1.0, 2.0])),
    lambda d, t: d.Multinomial(3, t([0.5, 0.5])).log_prob(t([1.0, 1.0, 1.0])),
    lambda d, t: d.Uniform(t([0.0, 2.0]), t([1.0, 1.0])),
    lambda d, t: d.Uniform(1.0, 1.0),
    lambda d, t: d.Uniform(0.0, 1.0).log_prob(t([0.5, 1.5])),
    lambda d, t: d.Exponential(t([1.0, 0.0])),
    lambda d, t: d.Exponential(1.0).log_prob(t(-1.0)),
    lambda d, t: d.Exponential(1.0).cdf(t(-1.0)),
    lambda d, t: d.OneHotCategorical(t([0.5, 0.5])).log_prob(t([1.0, 1.0])),
    lambda d, t: d.OneHotCategorical(t([0.5, 0.5])).log_prob(t([0.5, 0.5])),
    lambda d, t: d.OneHotCategorical(t([0.5, 0.5])).log_prob(t(1.0)),
    lambda d, t: d.Independent(d.Normal(0.0, 1.0), 1),
    lambda d, t: d.Independent(d.Bernoulli(t([0.5, 0.5])), 1).enumerate_support(),
    lambda d, t: d.Laplace(0.0, t([-1.0])),
    lambda d, t: d.Geometric(t([0.5, 0.0])),
    lambda d, t: d.Geometric(t([0.5, -0.5])),
    lambda d, t: d.Geometric(0.5).log_prob(t(1.5)),
    lambda d, t: d.Poisson(t([0.5, -0.5])),
    lambda d, t: d.Poisson(0.5).log_prob(t(-1.0)),
    lambda d, t: d.Binomial(t([3.5]), t([0.5])),
    lambda d, t: d.Binomial(3, t([1.5])),
    lambda d, t: d.Binomial(3, t([0.5])).log_prob(t([4.0])),
    lambda d, t: d.Binomial(t([3.0, 4.0]), t([0.5])).entropy(),
    lambda d, t: d.Binomial(t([3.0, 4.0]), t([0.5])).enumerate_support(),
    lambda d, t: d.LogNormal(0.0, -1.0),
    lambda d, t: d.LogNormal(0.0, 1.0).log_prob(t(-1.0)),
    lambda d, t: d.HalfNormal(-1.0),
    lambda d, t: d.HalfNormal(1.0).log_prob(t(-1.0)),
    lambda d, t: d.Cauchy(0.0, -1.0),
    lambda d, t: d.HalfCauchy(1.0).cdf(t(-1.0)),
    lambda d, t: d.Gumbel(0.0, -1.0),
    lambda d, t: d.Weibull(0.0, 1.0),
    lambda d, t: d.Pareto(1.0, -1.0),
    lambda d, t: d.Pareto(2.0, 1.0).log_prob(t(1.0)),
    lambda d, t: d.Kumaraswamy(1.0, -1.0),
    lambda d, t: d.RelaxedBernoulli(t(1.0)),
    lambda d, t: d.RelaxedBernoulli(t(1.0), t(1.5)),
    lambda d, t: d.RelaxedBernoulli(t(1.0), t(0.5)).log_prob(t(1.5)),
    lambda d, t: d.RelaxedOneHotCategorical(t(1.0), t([0.5, 0.5])).log_prob(t([0.6, 0.6])),
    lambda d, t: d.ContinuousBernoulli(t(1.5), validate_args=True),
    lambda d, t: d.ContinuousBernoulli(t(0.5)).log_prob(t(1.5)),
    lambda d, t: d.VonMises(t(0.0), t(-1.0)),
    lambda d, t: d.MixtureSameFamily(d.Normal(0.0, 1.0), d.Normal(0.0, 1.0)),
    lambda d, t: d.MixtureSameFamily(d.Categorical(t([0.5, 0.5])), 3),
    lambda d, t: d.MixtureSameFamily(d.Categorical(t([0.5, 0.5])), d.Normal(t([0.0, 1.0, 2.0]), 1.0)),
    lambda d, t: d.MixtureSameFamily(d.Categorical(t([[0.5, 0.5]] * 3)), d.Normal(t([[0.0, 1.0]] * 2), 1.0)),
    lambda d, t: d.MixtureSameFamily(d.Categorical(t([0.5, 0.5])), d.LogNormal(t([0.0, 1.0]), 1.0)).log_prob(t(-1.0)),
    lambda d, t: d.MultivariateNormal(t(0.0), t([[1.0]])),
    lambda d, t: d.MultivariateNormal(t([0.0])),
    lambda d, t: d.MultivariateNormal(t([0.0]), t([[1.0]]), t([[1.0]])),
    lambda d, t: d.MultivariateNormal(t([0.0]), t([1.0])),
    lambda d, t: d.MultivariateNormal(t([0.0]), precision_matrix=t([1.0])),
    lambda d, t: d.MultivariateNormal(t([0.0]), scale_tril=t([1.0])),
    lambda d, t: d.MultivariateNormal(t([0.0, 0.0]), t([[1.0, 2.0], [2.0, 1.0]])),
    lambda d, t: d.MultivariateNormal(t([0.0, 0.0]), scale_tril=t([[1.0, 2.0], [2.0, 1.0]])),
    lambda d, t: d.MultivariateNormal(t([0.0, 0.0]), t([[1.0, 2.0], [0.0, 1.0]])),
    lambda d, t: d.LowRankMultivariateNormal(t(0.0), t([[1.0]]), t([1.0])),
    lambda d, t: d.LowRankMultivariateNormal(t([0.0]), t([1.0]), t([1.0])),
    lambda d, t: d.LowRankMultivariateNormal(t([0.0]), t([[1.0], [1.0]]), t([1.0])),
    lambda d, t: d.LowRankMultivariateNormal(t([0.0]), t([[1.0]]), t([1.0, 1.0])),
    lambda d, t: d.LowRankMultivariateNormal(t([0.0]), t([[1.0]]), t([-2.0])),
    lambda d, t: d.LowRankMultivariateNormal(t([[0.0]] * 2), t([[[1.0]]] * 3), t([1.0])),
    lambda d, t: d.Wishart(3.0),
    lambda d, t: d.Wishart(3.0, t([[1.0]]), t([[1.0]])),
    lambda d, t: d.Wishart(3.0, t([1.0])),
    lambda d, t: d.Wishart(1.0, t([[1.0, 0.0], [0.0, 1.0]])),
    lambda d, t: d.Wishart(t([3.0, 1.0]), t([[1.0, 0.0], [0.0, 1.0]])),
    lambda d, t: d.Wishart(3.0, t([[1.0, 2.0], [2.0, 1.0]])),
    lambda d, t: d.Wishart(3.0, scale_tril=t([[1.0, 2.0], [0.0, 1.0]])),
    lambda d, t: d.Wishart(3.0, t([[1.0, 0.0], [0.0, 1.0]])).log_prob(t([[1.0, 2.0], [2.0, 1.0]])),
    lambda d, t: d.kl_divergence(
        d.LowRankMultivariateNormal(t([0.0]), t([[1.0]]), t([1.0])),
        d.LowRankMultivariateNormal(t([0.0] * 2), t([[1.0]] * 2), t([1.0] * 2)),
    ),
    lambda d, t: d.kl_divergence(
        d.MultivariateNormal(t([0.0]), t([[1.0]])), d.LowRankMultivariateNormal(t([0.0] * 2), t([[1.0]] * 2), t([1.0] * 2))
    ),
    lambda d, t: d.TransformedDistribution(d.Normal(0.0, 1.0), 3),
    lambda d, t: d.TransformedDistribution(d.Normal(0.0, 1.0), [3]),
    lambda d, t: d.TransformedDistribution(d.Normal(0.0, 1.0), d.transforms.SoftmaxTransform()),
    lambda d, t: d.TransformedDistribution(d.Bernoulli(0.5), d.transforms.ExpTransform()).rsample(),
    lambda d, t: d.kl_divergence(d.LogNormal(0.0, 1.0), d.Weibull(1.0, 1.0)),
    lambda d, t: d.kl_divergence(d.MultivariateNormal(t([0.0]), t([[1.0]])), d.MultivariateNormal(t([0.0] * 2), t([[1.0, 0.0], [0.0, 1.0]]))),
    lambda d, t: d.Gamma(t([1.0, -1.0]), 1.0),
    lambda d, t: d.Gamma(1.0, 0.0),
    lambda d, t: d.Gamma(1.0, 1.0).log_prob(t(-1.0)),
    lambda d, t: d.Chi2(t(-1.0)),
    lambda d, t: d.InverseGamma(1.0, -1.0),
    lambda d, t: d.InverseGamma(1.0, 1.0).log_prob(t(-1.0)),
    lambda d, t: d.Dirichlet(t(1.0)),
    lambda d, t: d.Dirichlet(t([1.0, -1.0])),
    lambda d, t: d.Dirichlet(t([1.0, 1.0])).log_prob(t([0.5, 0.6])),
    lambda d, t: d.Beta(-1.0, 1.0),
    lambda d, t: d.Beta(1.0, 1.0).log_prob(t(1.5)),
    lambda d, t: d.StudentT(t(-1.0)),
    lambda d, t: d.StudentT(1.0, scale=-1.0),
    lambda d, t: d.FisherSnedecor(1.0, -1.0),
    lambda d, t: d.FisherSnedecor(1.0, 1.0).log_prob(t(0.0)),
    lambda d, t: d.NegativeBinomial(3),
    lambda d, t: d.NegativeBinomial(-3, t(0.5)),
    lambda d, t: d.NegativeBinomial(3, t(1.0)),
    lambda d, t: d.NegativeBinomial(3, t(0.5)).log_prob(t(0.5)),
    lambda d, t: d.LogisticNormal(0.0, -1.0),
    lambda d, t: d.LogisticNormal(0.0, 1.0).log_prob(t([0.5, 0.6])),
    lambda d, t: d.GeneralizedPareto(0.0, -1.0, 0.0),
    lambda d, t: d.GeneralizedPareto(0.0, 1.0, -0.5).log_prob(t(2.5)),
    lambda d, t: d.LKJCholesky(1),
    lambda d, t: d.LKJCholesky(2, -1.0),
    lambda d, t: d.LKJCholesky(2).log_prob(t([[1.0, 0.0], [1.0, 1.0]])),
    lambda d, t: d.Distribution().sample(),
    lambda d, t: d.Distribution(validate_args=False).mean,
    lambda d, t: d.Distribution(validate_args=False).mode,
    lambda d, t: d.Distribution.set_default_validate_args(3),
    lambda d, t: d.Normal(0.0, 1.0).sample_n(2),
    lambda d, t: d.kl_divergence(d.Normal(0.0, 1.0), d.Bernoulli(0.5)),
    lambda d, t: d.kl_divergence(d.Binomial(2, t([0.5])), d.Binomial(3, t([0.5]))),
    lambda d, t: d.kl_divergence(
        d.Independent(d.Normal(t([0.0]), 1.0), 1), d.Independent(d.Normal(t([0.0]), 1.0), 0)
    ),
]  # fmt: skip


def error_of(call, lib):
    with pytest.raises(Exception) as caught:  # noqa: PT011 - whichever PyTorch raises
        call(lib.distributions, lib.tensor) if lib else call()
    return caught.type, str(caught.value)


@pytest.mark.parametrize("call", REFUSED)
def test_what_pytorch_refuses(call):
    (kind, text), (expected_kind, expected) = error_of(call, mgx), error_of(call, torch)
    assert issubclass(kind, expected_kind)
    if "\n" in expected or issubclass(kind, ValueError):
        expected = re.sub(" {9,}", " ", expected)  # of a line that is broken in PyTorch's source
        assert text.replace("microgradx.", "torch.") == expected


@pytest.mark.parametrize("row", [r for r in ROWS if r.build is None], ids=lambda r: r.id)
def test_values_outside_of_the_support(row):
    (d, _), (e, _) = row.make(mgx, requires_grad=False), row.make(torch, requires_grad=False)
    for offset in (0.25, -1000.0):
        ours, theirs = d.sample() + offset, e.sample() + offset
        if e.support.check(theirs).all():
            assert d.support.check(ours).all()
            continue
        texts = [error_of(lambda *_, d=d, v=v: d.log_prob(v), None) for d, v in ((d, ours), (e, theirs))]
        assert texts[0] == texts[1]
    d._validate_args = e._validate_args = False
    value = e.sample() + 0.25
    unchecked = [outcome(lambda d, v=v: d.log_prob(v), d) for d, v in ((d, mgx.tensor(value.numpy())), (e, value))]
    assert isinstance(unchecked[0], type) == isinstance(unchecked[1], type)


def test_a_mixture_needs_several_components():
    """PyTorch raises an IndexError."""
    d = mgx.distributions
    with pytest.raises(ValueError, match="needs a batch: one distribution for each weight"):
        d.MixtureSameFamily(d.Categorical(mgx.tensor([1.0])), d.Normal(0.0, 1.0))


def test_the_default_can_be_changed():
    try:
        mgx.distributions.Distribution.set_default_validate_args(False)
        mgx.distributions.Normal(0.0, -1.0)
        with pytest.raises(ValueError, match="to satisfy the constraint"):
            mgx.distributions.Normal(0.0, -1.0, validate_args=True)
    finally:
        mgx.distributions.Distribution.set_default_validate_args(True)
    with pytest.raises(ValueError, match="to satisfy the constraint"):
        mgx.distributions.Normal(0.0, -1.0)


@pytest.mark.parametrize("lib", [mgx, torch])
def test_subclasses_without_constraints_warn(lib):
    class Mine(lib.distributions.Distribution):
        def log_prob(self, value):
            self._validate_sample(value)
            return value

    with pytest.warns(UserWarning, match="does not define `arg_constraints`"):
        mine = Mine()
    with pytest.warns(UserWarning, match="does not define `support`"):
        mine.log_prob(lib.zeros(()))


@pytest.mark.parametrize("lib", [mgx, torch])
def test_a_subclass_with_its_own_init_must_define_expand(lib):
    class Standard(lib.distributions.Normal):
        def __init__(self):
            super().__init__(0.0, 1.0)

    with pytest.raises(NotImplementedError, match="Subclass Standard of Normal that defines a custom __init__ method"):
        Standard().expand((2,))
