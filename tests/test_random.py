"""Random numbers against PyTorch: equal to the last bit, and so is the generator's state after each draw."""

import contextlib
import copy
import pickle
from fractions import Fraction

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

import microgradx as mgx
from microgradx.generator import _fma

SEEDS = (0, 1, -1, 2**40 + 7)
SIZES = (0, 1, 2, 15, 16, 17, 31, 1000, 100_003)
FLOATS = ("float16", "float32", "float64")
INTEGERS = ("bool", "uint8", "int8", "int16", "int32", "int64")

# Each draw is written once, and run by both libraries.
DRAWS = {
    "rand": lambda lib, n, g: lib.rand(n, generator=g),
    "rand float64": lambda lib, n, g: lib.rand(n, generator=g, dtype=lib.float64),
    "randn": lambda lib, n, g: lib.randn(n, generator=g),
    "randn float64": lambda lib, n, g: lib.randn((n,), generator=g, dtype=lib.float64),
    "normal": lambda lib, n, g: lib.normal(-2.0, 0.3, (n,), generator=g),
    "normal of means": lambda lib, n, g: lib.normal(lib.arange(0.0, n, 1.0), 0.3, generator=g),
    "normal of deviations": lambda lib, n, g: lib.normal(0.1, lib.arange(0.0, n, 1.0), generator=g),
    "normal of both": lambda lib, n, g: lib.normal(lib.ones(2, 1), lib.arange(0.0, n, 1.0), generator=g),
    "randint": lambda lib, n, g: lib.randint(-3, 10, (n,), generator=g),
    "randint from 0": lambda lib, n, g: lib.randint(7, (n,), generator=g),
    "randint wide": lambda lib, n, g: lib.randint(-(2**62), 2**62, (n,), generator=g),
    "randint edge": lambda lib, n, g: lib.randint(0, 2**28, size=(n,), generator=g),
    "randint float": lambda lib, n, g: lib.randint(high=9, size=(n,), dtype=lib.float32, generator=g),
    "randperm": lambda lib, n, g: lib.randperm(n, generator=g),
    "bernoulli": lambda lib, n, g: lib.bernoulli(lib.linspace(0, 1, n), generator=g),
    "bernoulli float64": lambda lib, n, g: lib.bernoulli(lib.linspace(0, 1, n).double(), generator=g),
    "multinomial": lambda lib, n, g: lib.multinomial(lib.arange(1.0, n + 2), min(n, 50) + 1, generator=g),
    "multinomial again": lambda lib, n, g: lib.multinomial(lib.arange(0.0, 9), n + 1, True, generator=g),
    "geometric_ int64": lambda lib, n, g: lib.zeros(n, dtype=lib.int64).geometric_(0.2, generator=g),
}
for dtype in FLOATS:
    DRAWS |= {
        f"{fill} {dtype}": lambda lib, n, g, fill=fill, args=args, dtype=dtype: getattr(
            lib.zeros(n, dtype=getattr(lib, dtype)), fill
        )(*args, generator=g)
        for fill, args in [
            ("uniform_", ()),
            ("uniform_", (-0.1, 0.7)),
            ("normal_", ()),
            ("normal_", (0.3, 0.02)),
            ("exponential_", (1.3,)),
            ("cauchy_", (0.1, 1.3)),
            ("log_normal_", (0.5, 0.3)),
            ("log_normal_", (0.0, 500.0)),
            ("geometric_", (0.1,)),
            ("random_", (2000,)),
        ]
    }
for dtype in FLOATS + INTEGERS:
    DRAWS[f"random_ {dtype}"] = lambda lib, n, g, dtype=dtype: lib.zeros(n, dtype=getattr(lib, dtype)).random_(
        generator=g
    )


def generators(seed):
    return mgx.Generator().manual_seed(seed), torch.Generator().manual_seed(seed)


def assert_same(ours, theirs):
    assert (str(ours.dtype), tuple(ours.shape)) == (str(theirs.dtype), tuple(theirs.shape))
    np.testing.assert_array_equal(ours.detach().numpy(), theirs.detach().numpy())


def assert_same_state(ours, theirs):
    assert_same(ours.get_state(), theirs.get_state())


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("draw", DRAWS.values(), ids=DRAWS.keys())
def test_each_draw_is_pytorchs(draw, seed):
    ours, theirs = generators(seed)
    for n in SIZES:
        assert_same(draw(mgx, n, ours), draw(torch, n, theirs))
        assert_same_state(ours, theirs)


calls_in_any_order = st.lists(st.tuples(st.sampled_from(list(DRAWS)), st.integers(0, 40)))


@given(st.integers(-(2**63), 2**64 - 1), calls_in_any_order)
def test_draws_in_any_order_share_one_stream(seed, calls):
    ours, theirs = generators(seed)
    for name, n in calls:
        assert_same(DRAWS[name](mgx, n, ours), DRAWS[name](torch, n, theirs))
    assert_same_state(ours, theirs)


@pytest.mark.parametrize("p", [0.0, 0.1, 0.5, 1.0])
def test_bernoulli_with_a_number(p):
    # On Intel processors PyTorch's MKL draws these from its own stream, but never those of a float64 tensor.
    ours, theirs = generators(3)
    for n in SIZES:
        expected = torch.zeros(n).bernoulli_(torch.tensor(p, dtype=torch.float64), generator=theirs)
        assert_same(mgx.zeros(n).bernoulli_(p, generator=ours), expected)
        expected = torch.zeros(n).bernoulli_(torch.tensor(p, dtype=torch.float64), generator=theirs)
        assert_same(mgx.bernoulli(mgx.zeros(n), p, generator=ours), expected)


@pytest.mark.parametrize("rate", [0.0, 0.3, 9.9, 10.0, 1e4])
def test_poisson(rate):
    ours, theirs = generators(5)
    for n in SIZES[:-1]:
        assert_same(mgx.poisson(mgx.zeros(n) + rate, ours), torch.poisson(torch.zeros(n) + rate, theirs))
        assert_same_state(ours, theirs)


@pytest.mark.parametrize("p", [0.0, 0.01, 0.3, 0.5, 0.9, 1.0, np.nan])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_binomial(p, dtype):
    ours, theirs = generators(5)
    counts = np.concatenate([np.arange(40), np.arange(100, 3000, 100)]).astype(dtype)
    probs = np.full(counts.shape, p, dtype)
    expected = torch.binomial(torch.tensor(counts), torch.tensor(probs), theirs)
    assert_same(mgx.binomial(mgx.tensor(counts), mgx.tensor(probs), ours), expected)
    assert_same_state(ours, theirs)


LAYOUTS = {
    "transposed": lambda t: t.transpose(0, 2),
    "rotated": lambda t: t.permute(1, 2, 0),
    "rotated back": lambda t: t.permute(2, 0, 1),
    "every second": lambda t: t[:, ::2],
    "every second, rotated": lambda t: t[:, ::2].permute(1, 2, 0),
    "part": lambda t: t[1:, 2:],
    "with an axis of 1": lambda t: t[:, :1].permute(2, 1, 0),
    "scalar": lambda t: t[0, 0, 0],
}


@pytest.mark.parametrize("layout", LAYOUTS.values(), ids=LAYOUTS.keys())
@pytest.mark.parametrize("fill", ["uniform_", "normal_", "random_", "exponential_"])
def test_fills_run_in_the_order_of_memory(fill, layout):
    ours, theirs = generators(1)
    a, b = mgx.zeros(3, 4, 5), torch.zeros(3, 4, 5)
    getattr(layout(a), fill)(generator=ours)
    getattr(layout(b), fill)(generator=theirs)
    assert_same(a, b)
    assert_same_state(ours, theirs)


@pytest.mark.parametrize("layout", LAYOUTS.values(), ids=LAYOUTS.keys())
@pytest.mark.parametrize("p_layout", ["same", "broadcast"])
def test_bernoulli_reads_its_probabilities_in_the_same_order(layout, p_layout):
    ours, theirs = generators(2)
    for lib, g in ((mgx, ours), (torch, theirs)):
        target = layout(lib.zeros(3, 4, 5))
        p = layout(lib.linspace(0, 1, 60).reshape(3, 4, 5))
        p = p if p_layout == "same" else p[..., :1] if target.ndim else p
        target.bernoulli_(p, generator=g)
        if lib is mgx:
            result, by_value = target, lib.bernoulli(p, generator=g)
        else:
            assert_same(result, target)
            assert_same(by_value, lib.bernoulli(p, generator=g))


@pytest.mark.parametrize("layout", LAYOUTS.values(), ids=LAYOUTS.keys())
@pytest.mark.parametrize("name", ["rand_like", "randn_like"])
def test_likes_keep_the_order_of_memory(name, layout):
    ours, theirs = generators(4)
    a = getattr(mgx, name)(layout(mgx.zeros(3, 4, 5)), generator=ours)
    b = getattr(torch, name)(layout(torch.zeros(3, 4, 5)), generator=theirs)
    assert_same(a, b)
    a = mgx.randint_like(layout(mgx.zeros(3, 4, 5)), 2, 90, generator=ours, dtype=mgx.int16)
    b = torch.randint_like(layout(torch.zeros(3, 4, 5)), 2, 90, generator=theirs, dtype=torch.int16)
    assert_same(a, b)


def test_like_of_an_expanded_tensor():
    ours, theirs = generators(4)
    assert_same(
        mgx.rand_like(mgx.zeros(3).expand(4, 3), generator=ours),
        torch.rand_like(torch.zeros(3).expand(4, 3), generator=theirs),
    )


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("replacement", [False, True])
def test_multinomial_rows(dtype, replacement):
    ours, theirs = generators(6)
    weights = torch.rand(20, 30, generator=torch.Generator().manual_seed(0)).to(getattr(torch, dtype))
    for transposed in (False, True):
        for k in (1, 2, 20):
            a = mgx.multinomial(
                mgx.from_numpy(weights.numpy().T if transposed else weights.numpy()),
                k,
                replacement,
                generator=ours,
            )
            b = torch.multinomial(weights.T if transposed else weights, k, replacement, generator=theirs)
            assert_same(a, b)
            assert_same_state(ours, theirs)


# ---------------------------------------------------------------- generators and their states


@pytest.mark.parametrize("drawn", [0, 1, 15, 623, 624, 625])
def test_a_state_goes_from_one_library_to_the_other(drawn):
    ours, theirs = generators(8)
    for lib, g in ((mgx, ours), (torch, theirs)):
        lib.rand(drawn, generator=g)
        lib.randn(3, generator=g)  # leaves a second normal behind
    state = ours.get_state()
    fresh_ours, fresh_theirs = generators(0)
    fresh_theirs.set_state(torch.from_numpy(state.numpy()))
    fresh_ours.set_state(mgx.from_numpy(theirs.get_state().numpy()))
    for generator in (
        fresh_ours,
        ours,
        ours.clone_state(),
        copy.deepcopy(ours),
        pickle.loads(pickle.dumps(ours)),
    ):
        assert_same(
            mgx.randn(5, generator=generator.clone_state()),
            torch.randn(5, generator=fresh_theirs.clone_state()),
        )
    assert fresh_ours.initial_seed() == fresh_theirs.initial_seed() == 8


def test_the_default_generator():
    for lib in (mgx, torch):
        lib.manual_seed(5)
    assert mgx.initial_seed() == 5
    assert mgx.random.default_generator is mgx.manual_seed(5)
    assert_same(mgx.rand(3), torch.rand(3))
    state = mgx.get_rng_state()
    first = mgx.randn(3)
    mgx.set_rng_state(state)
    assert_same(first, torch.randn(3))
    assert_same(mgx.randn(3), first)
    assert mgx.Generator().initial_seed() == torch.Generator().initial_seed()


def test_seed_comes_from_outside():
    mgx.manual_seed(1)
    seeds = {mgx.seed(), mgx.seed(), mgx.Generator().seed()}
    assert len(seeds) == 3
    assert mgx.initial_seed() in seeds


def test_fork_rng_leaves_no_trace():
    mgx.manual_seed(2)
    expected = mgx.rand(4)
    mgx.manual_seed(2)
    with mgx.random.fork_rng():
        mgx.rand(100)
    assert_same(mgx.rand(4), expected)
    with mgx.random.fork_rng(enabled=False):
        assert bool((mgx.rand(4) != expected).any())
    mgx.manual_seed(2)
    with contextlib.suppress(KeyError), mgx.random.fork_rng():
        mgx.manual_seed(3)
        raise KeyError
    assert_same(mgx.rand(4), expected)


def test_shapes_and_dtypes():
    for call in (
        lambda lib: lib.rand(2, 3),
        lambda lib: lib.rand((2, 3)),
        lambda lib: lib.rand([2, 0]),
        lambda lib: lib.rand(()),
        lambda lib: lib.rand(size=(2, 3)),
        lambda lib: lib.randn(lib.Size([2, 1])),
        lambda lib: lib.randint(5, ()),
        lambda lib: lib.randperm(6, dtype=lib.float32),
        lambda lib: lib.rand(3, device="cpu"),
        lambda lib: lib.zeros(()).uniform_(),
        lambda lib: lib.zeros(2, 3).t().contiguous().normal_(),
    ):
        for lib in (mgx, torch):
            lib.manual_seed(0)
        assert_same(call(mgx), call(torch))
    mgx.set_default_dtype(mgx.float64)
    try:
        assert mgx.rand(2).dtype is mgx.randn(2).dtype is mgx.normal(0.0, 1.0, (2,)).dtype is mgx.float64
    finally:
        mgx.set_default_dtype(mgx.float32)


# ---------------------------------------------------------------- with the graph


def test_requires_grad():
    assert mgx.rand(2, requires_grad=True).is_leaf
    assert mgx.randn_like(mgx.zeros(2), requires_grad=True).requires_grad
    with pytest.raises(RuntimeError, match="floating point"):
        mgx.randint(3, (2,), requires_grad=True)


@pytest.mark.parametrize(
    "fill", ["uniform_", "normal_", "random_", "bernoulli_", "exponential_", "cauchy_", "log_normal_"]
)
def test_fills_obey_the_rules_of_writing_in_place(fill):
    leaf = mgx.ones(3, requires_grad=True)
    before = mgx.get_rng_state()
    with pytest.raises(RuntimeError, match="a leaf Variable that requires grad"):
        getattr(leaf, fill)()
    assert_same(mgx.get_rng_state(), before)  # nothing was drawn
    with mgx.no_grad():
        assert getattr(leaf, fill)() is leaf

    x = mgx.ones(3, requires_grad=True)
    y = x * 2
    loss = (y * y).sum()
    getattr(y, fill)()
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        loss.backward()


def test_fills_of_a_view_change_its_base():
    base = mgx.zeros(2, 3)
    base[1].uniform_(1, 2)
    assert bool((base[1] >= 1).all())
    assert bool((base[0] == 0).all())
    with pytest.raises(RuntimeError, match="more than one element"):
        mgx.zeros(3).expand(2, 3).uniform_()


# ---------------------------------------------------------------- errors


@pytest.mark.parametrize(
    "call",
    [
        lambda lib: lib.rand(2, dtype=lib.int64),
        lambda lib: lib.randn(2, dtype=lib.int64),
        lambda lib: lib.rand(-1),
        lambda lib: lib.rand("a"),
        lambda lib: lib.rand(2.5),
        lambda lib: lib.rand(2, generator=5),
        lambda lib: lib.rand(2, unknown=5),
        lambda lib: lib.rand(2, device="cuda:7"),
        lambda lib: lib.randint(5, 5, (2,)),
        lambda lib: lib.randint(5, 3),
        lambda lib: lib.randint(0, 300, (2,), dtype=lib.uint8),
        lambda lib: lib.randint(-1, 3, (2,), dtype=lib.uint8),
        lambda lib: lib.randint(-(2**40), 3, (2,), dtype=lib.int32),
        lambda lib: lib.randint(0, 2.5, (2,)),
        lambda lib: lib.randperm(-1),
        lambda lib: lib.randperm(300, dtype=lib.uint8),
        lambda lib: lib.randn_like(lib.zeros(3, dtype=lib.int64)),
        lambda lib: lib.normal(0.0, 1.0),
        lambda lib: lib.normal(0.0, -1.0, (2,)),
        lambda lib: lib.normal(lib.zeros(2), -lib.ones(2)),
        lambda lib: lib.normal(lib.zeros(2, dtype=lib.int64), 1.0),
        lambda lib: lib.bernoulli(lib.ones(2) * 2),
        lambda lib: lib.bernoulli(lib.ones(2, dtype=lib.int64)),
        lambda lib: lib.poisson(-lib.ones(2)),
        lambda lib: lib.poisson(lib.ones(2, dtype=lib.int64)),
        lambda lib: lib.binomial(lib.ones(2), lib.ones(2, dtype=lib.float64)),
        lambda lib: lib.binomial(lib.ones(2, dtype=lib.int64), lib.ones(2, dtype=lib.int64)),
        lambda lib: lib.binomial(lib.ones(3), lib.ones(2)),
        lambda lib: lib.multinomial(lib.ones(2), 3),
        lambda lib: lib.multinomial(lib.ones(2), 0),
        lambda lib: lib.multinomial(lib.ones(2, dtype=lib.int64), 1),
        lambda lib: lib.multinomial(-lib.ones(2), 1),
        lambda lib: lib.multinomial(lib.ones(2) * float("inf"), 3, True),
        lambda lib: lib.multinomial(lib.zeros(2), 3, True),
        lambda lib: lib.multinomial(lib.ones(2, 2, 2), 1),
        lambda lib: lib.zeros(2).uniform_(2, 1),
        lambda lib: lib.zeros(2).uniform_(0, 1e39),
        lambda lib: lib.zeros(2, dtype=lib.int64).uniform_(),
        lambda lib: lib.zeros(2, dtype=lib.int64).normal_(),
        lambda lib: lib.zeros(2).normal_(0, -1),
        lambda lib: lib.zeros(2).bernoulli_(1.1),
        lambda lib: lib.zeros(2).random_(5, 5),
        lambda lib: lib.zeros(2).exponential_(0),
        lambda lib: lib.zeros(2, dtype=lib.int64).exponential_(),
        lambda lib: lib.zeros(2).geometric_(1),
        lambda lib: lib.zeros(2, dtype=lib.bool).geometric_(0.5),
        lambda lib: lib.zeros(2).cauchy_(0, -1),
        lambda lib: lib.zeros(2, dtype=lib.int64).cauchy_(),
        lambda lib: lib.zeros(2).log_normal_(0, 0),
        lambda lib: lib.zeros(2, dtype=lib.int64).log_normal_(),
        lambda lib: lib.Generator("cuda"),
        lambda lib: lib.Generator().manual_seed(1.5),
        lambda lib: lib.Generator().manual_seed(True),
        lambda lib: lib.Generator().manual_seed(2**64),
        lambda lib: lib.manual_seed(-(2**63) - 1),
        lambda lib: lib.set_rng_state(lib.zeros(3, dtype=lib.uint8)),
        lambda lib: lib.set_rng_state(lib.zeros(5056, dtype=lib.uint8)),
        lambda lib: lib.set_rng_state(lib.zeros(5056)),
        lambda lib: lib.set_rng_state([1]),
    ],
)
def test_what_pytorch_refuses(call):
    with pytest.raises(Exception) as theirs:  # noqa: PT011
        call(torch)
    with pytest.raises(theirs.type if theirs.type is not AssertionError else RuntimeError):
        call(mgx)


@pytest.mark.parametrize("name", ["rand", "randn"])
def test_numbers_are_written_into_out(name):
    found = []
    for lib in (mgx, torch):
        lib.manual_seed(0)
        out = lib.zeros(2, 3)
        assert getattr(lib, name)(2, 3, out=out) is out
        found.append(out.tolist())
    assert found[0] == found[1]


def test_what_only_microgradx_refuses():
    with pytest.raises(RuntimeError, match="float32 holds"):  # PyTorch warns
        mgx.randint(0, 2**25, (2,), dtype=mgx.float32)


# ---------------------------------------------------------------- arithmetic

numbers = st.floats(-1e60, 1e60).filter(lambda x: x == 0 or abs(x) > 1e-60)


@given(numbers, numbers, numbers)
def test_fma_rounds_once(x, y, z):
    assert _fma(np.array([x]), y, z)[0] == float(Fraction(x) * Fraction(y) + Fraction(z))


@given(st.integers(1, 2**53), st.integers(1, 2**53), st.integers(-1, 1))
def test_fma_rounds_once_near_ties(x, y, off):
    z = float(-x * y + off * 2**40)
    assert _fma(np.array([float(x)]), float(y), z)[0] == float(Fraction(x) * y + Fraction(z))
