"""What is drawn at random in layers: the same numbers as in PyTorch, also in other memory orders and in place."""

import numpy as np
import pytest
import torch

import microgradx as mgx
import microgradx.nn

x = np.random.default_rng(0).standard_normal((4, 6, 5))

CALLS = {
    "alpha_dropout": lambda F, t: F.alpha_dropout(t, 0.3, True),
    "alpha_dropout, everything": lambda F, t: F.alpha_dropout(t, 1.0, True),
    "alpha_dropout in evaluation": lambda F, t: F.alpha_dropout(t, 0.3),
    "feature_alpha_dropout": lambda F, t: F.feature_alpha_dropout(t, 0.3, True),
    "rrelu": lambda F, t: F.rrelu(t, training=True),
    "rrelu, one slope": lambda F, t: F.rrelu(t, 0.25, 0.25, True),
    "gumbel_softmax": lambda F, t: F.gumbel_softmax(t),
    "gumbel_softmax, soft": lambda F, t: F.gumbel_softmax(t, tau=3.0, dim=0),
    "gumbel_softmax, hard": lambda F, t: F.gumbel_softmax(t, 0.5, hard=True, dim=1),
}


def outcome(m, call, dtype, order):
    """The result, and the gradient of the input, with the numbers of one seed."""
    leaf = m.tensor(x.astype(dtype), requires_grad=True)
    m.manual_seed(7)
    out = call(m.nn.functional, leaf.permute(order))
    (out * m.tensor(np.cos(np.arange(x.size)).reshape(tuple(out.shape)).astype(dtype))).sum().backward()
    return [t.detach().numpy() for t in (out, leaf.grad)]


@pytest.mark.parametrize("name", CALLS)
@pytest.mark.parametrize("order", [(0, 1, 2), (2, 0, 1)])
@pytest.mark.parametrize(("dtype", "tolerance"), [("float32", 2e-5), ("float64", 1e-12)])
def test_the_numbers_are_pytorchs(name, order, dtype, tolerance):
    for ours, theirs in zip(*(outcome(m, CALLS[name], dtype, order) for m in (mgx, torch)), strict=True):
        assert ours.dtype == theirs.dtype
        np.testing.assert_allclose(ours, theirs, tolerance, tolerance / 10)


@pytest.mark.parametrize("name", ["dropout1d", "dropout2d", "feature_alpha_dropout"])
def test_channels_are_drawn_in_the_order_of_their_numbers(name):
    """Not in that of the memory."""
    results = []
    for m in (mgx, torch):
        m.manual_seed(7)
        image = m.tensor(x[..., None] if name == "dropout2d" else x[..., :1]).transpose(0, 1)
        results.append(getattr(m.nn.functional, name)(image, training=True).numpy())
    np.testing.assert_allclose(*results, 1e-12)


@pytest.mark.parametrize("name", ["alpha_dropout", "feature_alpha_dropout", "rrelu"])
def test_results_can_be_written_into_the_input(name):
    results = []
    for m in (mgx, torch):
        t = m.tensor(x)
        m.manual_seed(7)
        assert getattr(m.nn.functional, name)(t, training=True, inplace=True) is t
        results.append(t.numpy())
    np.testing.assert_allclose(*results, 1e-12)


@pytest.mark.parametrize("m", [mgx, torch])
def test_the_choice_among_one_is_clear(m):
    assert m.nn.functional.gumbel_softmax(m.tensor(-3.0), hard=True).item() == 1.0


@pytest.mark.parametrize("m", [mgx, torch])
def test_what_cannot_be_drawn_raises(m):
    F = m.nn.functional
    with pytest.raises(ValueError, match=r"between 0 and 1, but got 1\.5"):
        F.alpha_dropout(m.ones(2), 1.5, True)
    with pytest.raises(RuntimeError, match="result type Float can't be cast"):
        F.alpha_dropout(m.arange(3), 0.5, True)
    assert F.dropout(m.arange(3), 1.0).tolist() == [0, 0, 0]  # nothing of it is left to be scaled
    with pytest.raises(RuntimeError, match="Feature dropout requires at least 2 dimensions in the input"):
        F.feature_alpha_dropout(m.ones(2), 0.5, True)
    with pytest.raises(RuntimeError, match="float"):
        F.gumbel_softmax(m.arange(3))
    with pytest.raises(IndexError, match="Dimension out of range"):
        F.gumbel_softmax(m.ones(3), dim=1)
    with pytest.warns(UserWarning, match="`eps` parameter is deprecated and has no effect."):
        F.gumbel_softmax(m.ones(3), eps=1e-5)
