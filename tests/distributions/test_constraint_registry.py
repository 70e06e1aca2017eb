"""`biject_to` and `transform_to` choose the transforms that PyTorch's choose, and these satisfy the constraints."""

import numpy as np
import pytest
import torch

import microgradx as mgx
from tests.distributions.comparing import outcome, plain
from tests.distributions.test_constraints import MADE

ALL = pytest.mark.parametrize("make", MADE.values(), ids=MADE.keys())


@ALL
@pytest.mark.parametrize("name", ["biject_to", "transform_to"])
def test_transforms_are_pytorchs(make, name):
    ours, theirs = (
        outcome(lambda lib: getattr(lib.distributions, name)(make(lib.distributions.constraints)), lib)
        for lib in (mgx, torch)
    )
    if isinstance(theirs, type):
        assert ours is theirs
        return
    assert repr(ours) == repr(theirs)
    x = np.random.default_rng(0).normal(size=(3, 3))
    y, z = outcome(lambda f: f(mgx.tensor(x)), ours), outcome(lambda f: f(torch.tensor(x)), theirs)
    np.testing.assert_allclose(plain(y), plain(z), 1e-10)
    assert make(mgx.distributions.constraints).check(y).all()


@pytest.mark.parametrize("lib", [mgx, torch])
def test_registration(lib):
    d = lib.distributions

    class Mine(d.constraints.Constraint):
        pass

    with pytest.raises(NotImplementedError, match="Cannot transform Mine constraints"):
        d.biject_to(Mine())
    d.biject_to.register(Mine)(lambda c: d.ExpTransform())
    assert d.biject_to(Mine()) == d.ExpTransform()
    with pytest.raises(
        TypeError, match="Expected constraint to be either a Constraint subclass or instance, but got 3"
    ):
        d.biject_to.register(3, lambda c: None)
