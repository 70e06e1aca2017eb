"""Divergences: each pair for which PyTorch has a formula has it here, with the same values and gradients."""

import functools
import math

import numpy as np
import pytest
import torch

import microgradx as mgx
from tests.distributions.comparing import assert_close, gradients, outcome, plain
from tests.distributions.table import ROWS

# PyTorch takes each sample of a Wishart distribution for singular.
pytestmark = pytest.mark.filterwarnings("ignore:Singular sample detected")


@functools.cache
def made(name):
    """The distributions of a row, to see which formulas there are."""
    (d, _), (e, _) = next(row for row in ROWS if row.id == name).both()
    return d, e


def divergences(p, q):
    (d, e), (f, g) = p, q
    ours = outcome(lambda d: mgx.distributions.kl_divergence(d, f), d)
    return ours, outcome(lambda e: torch.distributions.kl_divergence(e, g), e)


@pytest.mark.parametrize("p", ROWS, ids=lambda r: r.id)
def test_all_pairs(p):
    compared = 0
    for q in ROWS:
        ours, theirs = divergences(made(p.id), made(q.id))
        assert isinstance(ours, type) == isinstance(theirs, type), q.id
        if isinstance(theirs, type):
            assert ours is theirs, q.id
            continue
        if p.name == "Wishart":
            continue  # see test_wishart
        ((d, leaves), (e, others)), ((f, more), (g, still_more)) = p.both(), q.both()
        ours, theirs = divergences((d, e), (f, g))
        rtol = 1e-5 if p.single or q.single else 1e-9
        assert_close(ours, theirs, rtol)
        weights = np.random.default_rng(0).uniform(0.5, 1.5, tuple(theirs.shape))
        found = gradients(mgx, ours, leaves + more, weights)
        expected = gradients(torch, theirs, others + still_more, weights)
        for a, b in zip(found, expected, strict=True):
            np.testing.assert_allclose(plain(a), plain(b), 100 * rtol, 100 * rtol)
        compared += 1
    assert compared or p.name in WITHOUT


WITHOUT = {
    "Multinomial",
    "RelaxedBernoulli",
    "RelaxedOneHotCategorical",
    "VonMises",
    "MixtureSameFamily",
    "StudentT",
    "FisherSnedecor",
    "NegativeBinomial",
    "GeneralizedPareto",
    "LKJCholesky",
    "Wishart",
}


def test_every_formula_of_pytorch_is_here():
    own = [pair for pair in mgx.distributions.kl._FORMULAS if pair[0].__module__.startswith("microgradx.")]
    ours = {(p.__name__, q.__name__) for p, q in own}
    theirs = {(p.__name__, q.__name__) for p, q in torch.distributions.kl._KL_REGISTRY}
    assert ours == theirs


def of_wisharts(df, v, other_df, w):
    """In closed form. PyTorch adds up over the batch, and has no gradient by the parameters of the first one."""
    n = v.shape[-1]
    i = torch.arange(n) / 2
    digamma = ((df / 2).unsqueeze(-1) - i).digamma().sum(-1)
    log_dets = other_df / 2 * (torch.logdet(w) - torch.logdet(v))
    gammas = torch.mvlgamma(other_df / 2, n) - torch.mvlgamma(df / 2, n) + (df - other_df) / 2 * digamma
    trace = torch.linalg.solve(w, v).diagonal(dim1=-2, dim2=-1).sum(-1)
    return log_dets + gammas + df / 2 * (trace - n)


def test_wishart():
    rng = np.random.default_rng(0)
    v, w = (x @ x.mT + np.eye(3) for x in rng.standard_normal((2, 2, 3, 3)))
    values = rng.uniform(4, 9, 2), v, rng.uniform(4, 9, 2), w
    leaves, others = ([lib.tensor(x, requires_grad=True) for x in values] for lib in (mgx, torch))
    d = mgx.distributions
    p, q = (d.Wishart(df, covariance_matrix=matrix) for df, matrix in (leaves[:2], leaves[2:]))
    ours, expected = d.kl_divergence(p, q), of_wisharts(*others)
    assert_close(ours, expected, 1e-9)
    for g, h in zip(
        gradients(mgx, ours, leaves, [1.0, 2.0]), gradients(torch, expected, others, [1.0, 2.0]), strict=True
    ):
        np.testing.assert_allclose(plain(g), plain(h), 1e-7, 1e-7)
    e = torch.distributions
    alone = [e.Wishart(df[0], covariance_matrix=matrix[0]) for df, matrix in (others[:2], others[2:])]
    np.testing.assert_allclose(plain(e.kl_divergence(*alone)), plain(ours)[0], 1e-9)


@pytest.mark.parametrize("lib", [mgx, torch])
def test_the_nearest_formula_counts(lib):
    d = lib.distributions

    class A(d.Distribution):
        arg_constraints = {}  # noqa: RUF012

    class B(A):
        pass

    d.register_kl(A, A)(lambda p, q: "AA")
    assert d.kl_divergence(B(), A()) == d.kl_divergence(A(), B()) == "AA"
    d.register_kl(B, A)(lambda p, q: "BA")
    d.register_kl(A, B)(lambda p, q: "AB")
    assert [d.kl_divergence(p, q) for p, q in ((A(), A()), (B(), A()), (A(), B()))] == ["AA", "BA", "AB"]
    with pytest.warns(RuntimeWarning, match=r"Ambiguous kl_divergence\(B, B\). Please register_kl\(B, B\)"):
        assert d.kl_divergence(B(), B()) == "BA"
    d.register_kl(B, B)(lambda p, q: "BB")
    assert d.kl_divergence(B(), B()) == "BB"


def test_only_distributions_are_registered():
    with pytest.raises(TypeError, match="Expected type_q to be a Distribution subclass but got <class 'int'>"):
        mgx.distributions.register_kl(mgx.distributions.Normal, int)


def test_bregman():
    """Of an exponential family without a formula of its own, by differentiation of its log normalizer."""

    def made(lib):
        class Mine(lib.distributions.ExponentialFamily):
            arg_constraints = {}  # noqa: RUF012
            _mean_carrier_measure = 0

            def __init__(self, rate):
                self.rate = rate
                super().__init__(rate.shape)

            @property
            def _natural_params(self):
                return (-self.rate,)

            def _log_normalizer(self, x):
                return -(-x).log()

        p, q = Mine(lib.tensor([0.5, 2.0])), Mine(lib.tensor([1.0, 3.0]))
        return lib.distributions.kl_divergence(p, q), p.entropy(), p.perplexity()

    for ours, theirs in zip(made(mgx), made(torch)):
        assert_close(ours, theirs, 1e-6)
    rate = mgx.tensor([0.5, 2.0])
    expected = mgx.distributions.kl_divergence(
        mgx.distributions.Exponential(rate), mgx.distributions.Exponential(mgx.tensor([1.0, 3.0]))
    )
    np.testing.assert_allclose(plain(made(mgx)[0]), plain(expected), 1e-6)


@pytest.mark.parametrize("p", ROWS, ids=lambda r: r.id)
def test_small_divergences_by_their_definition(p, monkeypatch):
    """The mean of ``log p(x) - log q(x)`` over samples of p; of large ones few samples decide."""
    monkeypatch.setattr(mgx.distributions.Distribution, "_validate_args", False)
    for q in ROWS:
        if isinstance(divergences(made(p.id), made(q.id))[0], type):
            continue
        (d, _), (f, _) = (row.make(mgx, requires_grad=False) for row in (p, q))
        value = outcome(lambda d, f=f: mgx.distributions.kl_divergence(d, f), d)
        if isinstance(value, type) or d.event_shape != f.event_shape or not (value < 20).any():
            continue
        x = d.expand(value.shape).sample((1000,))
        difference = outcome(lambda d, f=f, x=x: plain(d.log_prob(x) - f.log_prob(x)), d)
        if isinstance(difference, type):
            assert difference is NotImplementedError
            continue
        small = plain(value) < 20
        difference = difference[:, small]
        error = 6 * difference.std(0) / math.sqrt(len(difference)) + 1e-4
        assert np.all(np.abs(difference.mean(0) - plain(value)[small]) < error), q.id
