"""Each row of the table as in PyTorch: samples, log probabilities, moments, and all their gradients."""

import copy
import pickle

import numpy as np
import pytest
import torch

import microgradx as mgx
from tests.distributions.comparing import assert_close, compare, outcome, plain, tolerance
from tests.distributions.table import ROWS

# PyTorch takes each sample of a Wishart distribution for singular.
pytestmark = pytest.mark.filterwarnings("ignore:Singular sample detected")

ROW = pytest.mark.parametrize("row", ROWS, ids=lambda r: r.id)
DTYPE = pytest.mark.parametrize("dtype", ["float32", "float64"])
SAMPLE_SHAPES = [(), (5,), (2, 7)]


def sample_of(row, shape=(4,), dtype="float64"):
    torch.manual_seed(1)
    return plain(row.make(torch, dtype)[0].sample(shape))


@ROW
@DTYPE
def test_samples_are_pytorchs(row, dtype):
    (d, _), (e, _) = row.both(dtype)
    for shape in SAMPLE_SHAPES:
        ours, theirs = d.sample(shape), e.sample(shape)
        assert_close(ours, theirs, tolerance(row, theirs))
        assert not ours.requires_grad
        assert ours.shape == mgx.Size(shape) + d.batch_shape + d.event_shape
    np.testing.assert_array_equal(mgx.get_rng_state().numpy(), torch.get_rng_state().numpy())


@ROW
def test_rsample_and_its_gradients(row):
    if row.name == "Wishart":  # PyTorch writes to what its gradient needs, but for its first samples
        compare(
            row, lambda d: getattr(d, "_bartlett_sampling", getattr(d, "_draw", None))((3,)), second=False, slack=2e6
        )
    elif row.approximate:
        compare(row, lambda d: d.rsample((3,)), second=False, slack=2e6)
    else:
        compare(row, lambda d: d.rsample((3,)))
        compare(row, lambda d: d.rsample((3,)), "float32", 1e-5)
    np.testing.assert_array_equal(mgx.get_rng_state().numpy(), torch.get_rng_state().numpy())


@ROW
@pytest.mark.parametrize("method", ["log_prob", "cdf"])
def test_methods_of_values(row, method):
    # PyTorch has no derivative of the incomplete gamma function by its first argument.
    by_parameters = not (method == "cdf" and row.approximate)
    for dtype, rtol, shape in (("float64", 1e-9, (4,)), ("float32", 2e-4, ())):
        compare(
            row, lambda d, x: getattr(d, method)(x), dtype, rtol,
            inputs=[sample_of(row, shape, dtype)], requires_grad=by_parameters,
        )  # fmt: skip


@ROW
def test_icdf(row):
    batch = row.make(torch)[0].batch_shape
    p = (
        np.linspace(0.05, 0.95, max(3, int(np.prod(batch)) * 2)).reshape(-1, *batch)
        if batch.numel() > 1
        else np.array(0.3)
    )
    compare(row, lambda d, x: d.icdf(x), inputs=[p.astype(np.float32) if row.single else p])


@ROW
@pytest.mark.parametrize("name", ["mean", "mode", "variance", "stddev", "probs", "logits"])
def test_properties(row, name):
    compare(row, lambda d: getattr(d, name))


OTHERS = [
    "loc", "scale", "rate", "df", "df1", "alpha", "concentration", "concentration0", "concentration1", "temperature",
    "concentration_reciprocal", "total_count", "param_shape", "scale_tril", "covariance_matrix", "precision_matrix",
]  # fmt: skip


@ROW
def test_other_attributes(row):
    for name in OTHERS:
        expected = getattr(row.make(torch)[0], name, None)
        if isinstance(expected, torch.Tensor):
            compare(row, lambda d, name=name: getattr(d, name))
        elif expected is not None:
            assert getattr(row.make(mgx)[0], name) == expected


@ROW
@pytest.mark.parametrize("name", ["entropy", "perplexity"])
def test_entropy(row, name):
    single = row.name == "Multinomial"  # there PyTorch computes a term in float32
    compare(row, lambda d: getattr(d, name)(), rtol=1e-5 if single else 1e-9)


@ROW
@pytest.mark.parametrize("expand", [True, False])
def test_enumerate_support(row, expand):
    compare(row, lambda d: d.enumerate_support(expand))


def description(d):
    arguments = {name: repr(c) for name, c in d.arg_constraints.items()}
    flags = d.has_rsample, d.has_enumerate_support
    return repr(d), tuple(d.batch_shape), tuple(d.event_shape), arguments, repr(d.support), flags


@ROW
def test_what_it_tells_of_itself(row):
    (d, _), (e, _) = row.both("float32")
    assert description(d) == description(e)


@ROW
def test_expand(row):
    def expand(d):
        return d.expand((2, *d.batch_shape) if len(d.batch_shape) != 1 else (2, 3, *d.batch_shape))

    (d, _), (e, _) = row.both()
    ours, theirs = expand(d), expand(e)
    assert type(ours) is type(d)
    assert description(ours)[1:] == description(theirs)[1:]
    expected = theirs.sample((2,))
    assert_close(ours.sample((2,)), expected, tolerance(row, expected))
    compare(row, lambda d: expand(d).mean)
    compare(row, lambda d: expand(d).log_prob(d.sample().detach()))
    entropy = outcome(lambda d: d.entropy(), d)
    if not isinstance(entropy, type):
        assert_close(ours.entropy(), entropy.expand(ours.batch_shape), 1e-12)


@ROW
def test_copies_are_equal(row):
    d, _ = row.make(mgx, requires_grad=False)
    value = d.sample((3,))
    expected = outcome(lambda d: plain(d.log_prob(value)), d)
    for again in (copy.copy(d), copy.deepcopy(d), pickle.loads(pickle.dumps(d))):
        np.testing.assert_array_equal(outcome(lambda d: plain(d.log_prob(value)), again), expected)
        assert repr(again) == repr(d)


@ROW
def test_log_prob_agrees_with_the_samples(row):
    """Of densities and probabilities alike: the mean of ``-log_prob`` over samples is the entropy."""
    d, _ = row.make(mgx)
    entropy = outcome(lambda d: plain(d.entropy()), d)
    if isinstance(entropy, type) or not d.batch_shape.numel():
        return
    x = d.sample((4000,))
    surprise = -plain(d.log_prob(x)).astype(np.float64)
    error = surprise.std(0) / np.sqrt(len(surprise)) + 1e-6
    assert np.all(np.abs(surprise.mean(0) - entropy) < 5 * error + 1e-3)


VALUES = {
    "bool": lambda d, lib: d.OneHotCategorical(lib.tensor([0.1, 0.9])).log_prob(lib.tensor([False, True])),
    "number": lambda d, lib: d.HalfCauchy(2.0, validate_args=False).log_prob(3),
    "double": lambda d, lib: d.HalfCauchy(lib.tensor([2.0])).log_prob(lib.tensor(3.0, dtype=lib.float64)),
    "integers": lambda d, lib: d.Dirichlet(lib.tensor([1, 2])).log_prob(lib.tensor([0.25, 0.75], dtype=lib.float64)),
    "one double": lambda d, lib: d.Dirichlet(lib.tensor([1])).log_prob(lib.tensor([1.0])),
}


@pytest.mark.parametrize("name", VALUES)
def test_values_of_other_dtypes(name):
    ours, theirs = (VALUES[name](lib.distributions, lib) for lib in (mgx, torch))
    assert_close(ours, theirs, 1e-6)


def test_weights_of_a_mixture_are_broadcast():
    """PyTorch refuses to draw where only the components have a batch; each mixture draws its own component."""
    d = mgx.distributions
    weights, means = mgx.tensor([0.5, 0.5]), mgx.tensor([[0.0, 100.0], [1000.0, 1100.0]])
    x = d.MixtureSameFamily(d.Categorical(weights), d.Normal(means, 1.0)).sample((1000,))
    assert x.shape == (1000, 2)
    high = x > mgx.tensor([50.0, 1050.0])
    assert 400 < int((high[:, 0] == high[:, 1]).sum()) < 600


def test_all_samples_have_a_gradient():
    """By the matrix and, unlike in PyTorch, for samples that are drawn again too."""
    factor = mgx.tensor([[1.0, 0.0], [0.5, 2.0]], requires_grad=True)
    mgx.distributions.Wishart(3.0, scale_tril=factor).rsample((4,)).sum().backward()
    assert (factor.grad[[0, 1, 1], [0, 0, 1]] != 0).all()


def test_singular_samples_are_drawn_again():
    d = mgx.distributions.Wishart(2.0, covariance_matrix=mgx.eye(2))
    drawn = d._draw
    d._draw = lambda shape: drawn(shape) * mgx.tensor([[[1.0]], [[0.0]]])  # each second sample
    with pytest.warns(UserWarning, match="Singular sample detected"):
        x = d.rsample((2,), max_try_correction=3)
    assert d.support.check(x).tolist() == [True, False]
    d._draw = drawn
    assert d.support.check(d.rsample((500,))).all()


def test_few_degrees_of_freedom_warn():
    for lib in (mgx, torch):
        with pytest.warns(UserWarning, match="Low df values detected"):
            lib.distributions.Wishart(1.5, covariance_matrix=lib.eye(2))
