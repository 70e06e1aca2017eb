"""Constraints: which values satisfy them, and how they print, as in PyTorch."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as st_np

import microgradx as mgx

MADE = {
    "boolean": lambda c: c.boolean,
    "one_hot": lambda c: c.one_hot,
    "nonnegative_integer": lambda c: c.nonnegative_integer,
    "positive_integer": lambda c: c.positive_integer,
    "integer_interval": lambda c: c.integer_interval(-1, 2),
    "real": lambda c: c.real,
    "real_vector": lambda c: c.real_vector,
    "positive": lambda c: c.positive,
    "nonnegative": lambda c: c.nonnegative,
    "greater_than": lambda c: c.greater_than(-1),
    "greater_than_eq": lambda c: c.greater_than_eq(-1.0),
    "less_than": lambda c: c.less_than(0.5),
    "multinomial": lambda c: c.multinomial(3),
    "unit_interval": lambda c: c.unit_interval,
    "interval": lambda c: c.interval(-1.0, 2.0),
    "half_open_interval": lambda c: c.half_open_interval(-1.0, 2.0),
    "simplex": lambda c: c.simplex,
    "lower_triangular": lambda c: c.lower_triangular,
    "lower_cholesky": lambda c: c.lower_cholesky,
    "corr_cholesky": lambda c: c.corr_cholesky,
    "square": lambda c: c.square,
    "symmetric": lambda c: c.symmetric,
    "positive_semidefinite": lambda c: c.positive_semidefinite,
    "positive_definite": lambda c: c.positive_definite,
    "independent": lambda c: c.independent(c.positive, 2),
    "mixture": lambda c: c.MixtureSameFamilyConstraint(c.positive),
    "mixture of vectors": lambda c: c.MixtureSameFamilyConstraint(c.real_vector),
    "cat": lambda c: c.cat([c.positive, c.real], dim=-1, lengths=[1, 2]),
    "stack": lambda c: c.stack([c.positive, c.real, c.boolean], dim=-1),
}
CONSTRAINTS = mgx.distributions.constraints, torch.distributions.constraints
VALUES = [
    np.eye(3),
    np.stack([np.eye(3), 2 * np.eye(3), np.ones((3, 3)), np.tri(3), -np.eye(3)]),
    np.array([[1.0, 0.0, 0.0], [0.6, 0.8, 0.0], [0.0, 0.6, 0.8]]),
    np.array([[0.5, 0.25, 0.25], [0.0, 1.0, 0.0], [np.nan, 1.0, 2.0]]),
    np.array([[2.0, 1.0, 0.0], [1.0, 1.0, 2.0], [-1.0, 0.5, 0.0]]),
]  # fmt: skip


@pytest.mark.parametrize("make", MADE.values(), ids=MADE.keys())
def test_constraints_are_pytorchs(make):
    ours, theirs = map(make, CONSTRAINTS)
    assert repr(ours) == repr(theirs)
    assert (ours.is_discrete, ours.event_dim) == (theirs.is_discrete, theirs.event_dim)
    for value in VALUES:
        valid, expected = ours.check(mgx.tensor(value)), theirs.check(torch.tensor(value))
        assert valid.dtype is mgx.bool
        assert valid.tolist() == expected.tolist()


SINGLE = [name for name, make in MADE.items() if make(mgx.distributions.constraints).event_dim == 0 and name != "cat"]
NUMBERS = st.one_of(st.sampled_from([0.0, -0.0, 1.0, -1.0, 2.0, 0.5]), st.floats(width=32))


@given(st_np.arrays(np.float32, (2, 3), elements=NUMBERS), st.sampled_from(SINGLE))
def test_constraints_of_numbers_on_any_numbers(value, name):
    ours, theirs = map(MADE[name], CONSTRAINTS)
    assert ours.check(mgx.tensor(value)).tolist() == theirs.check(torch.tensor(value)).tolist()


@pytest.mark.parametrize("c", CONSTRAINTS, ids=["microgradx", "torch"])
def test_dependent_constraints(c):
    assert c.is_dependent(c.dependent)
    assert not c.is_dependent(c.real)
    with pytest.raises(NotImplementedError, match=r"\.event_dim cannot be determined statically"):
        c.dependent.event_dim  # noqa: B018
    with pytest.raises(NotImplementedError, match=r"\.is_discrete cannot be determined statically"):
        c.dependent(event_dim=1).is_discrete  # noqa: B018
    assert c.dependent(event_dim=1)(is_discrete=True).event_dim == 1
    with pytest.raises(ValueError, match="Cannot determine validity of dependent constraint"):
        c.dependent.check(None)

    class Holder:
        @c.dependent_property(is_discrete=False, event_dim=0)
        def support(self):
            return c.real

    assert Holder().support is c.real
    assert c.is_dependent(Holder.support)
    assert Holder.support.event_dim == 0


@pytest.mark.parametrize("lib", [mgx, torch])
def test_what_is_refused(lib):
    c = lib.distributions.constraints
    with pytest.raises(AssertionError, match="must be >= 0, got -1"):
        c.independent(c.real, -1)
    with pytest.raises(ValueError, match=r"Expected value\.dim"):
        c.independent(c.real, 2).check(lib.zeros(3))
    with pytest.raises(AssertionError, match="must be Constraint instances"):
        c.stack([1])
    with pytest.raises(AssertionError, match=r"lengths \(1\) must match cseq \(2\)"):
        c.cat([c.real, c.real], lengths=[1])
