"""The CTC loss against PyTorch, and against a sum over every single path."""

import itertools
import math

import numpy as np
import pytest
import torch
import torch.nn.functional as TF

import microgradx as mgx
from microgradx.nn import functional as F

rng = np.random.default_rng(0)


def read(path, blank):
    """The text that a path of labels says: without repetitions, then without blanks."""
    return [label for label, _ in itertools.groupby(path) if label != blank]


@pytest.mark.parametrize("text", [[], [0], [0, 2], [2, 2], [0, 2, 0], [2, 2, 2]])
def test_the_probability_is_that_of_all_paths(text):
    blank, x = 1, mgx.tensor(rng.standard_normal((4, 3))).log_softmax(1)
    probabilities = x.exp().numpy()
    paths = [p for p in itertools.product(range(3), repeat=4) if read(p, blank) == text]
    expected = sum(math.prod(probabilities[t, label] for t, label in enumerate(p)) for p in paths)
    targets = mgx.tensor(text, dtype=mgx.int64)
    ours = F.ctc_loss(x, targets, (4,), (len(text),), blank, reduction="sum")
    assert math.exp(-ours.item()) == pytest.approx(expected, rel=1e-12, abs=1e-300)


def both(x, *args, **options):
    """Loss, gradient by the log-probabilities and by the scores, in microgradx and in PyTorch."""
    results = []
    for m, functional in ((mgx, F), (torch, TF)):
        scores = m.tensor(x, requires_grad=True)
        log_probs = scores.log_softmax(-1)
        log_probs.retain_grad()
        made = [m.tensor(a) if isinstance(a, np.ndarray) else a for a in args]
        losses = functional.ctc_loss(log_probs, *made, **options)
        (losses * m.arange(1, losses.numel() + 1).reshape(losses.shape)).sum().backward()
        results.append([t.numpy() for t in (losses.detach(), log_probs.grad, scores.grad)])
    return results


@pytest.mark.parametrize("seed", range(30))
def test_random_batches(seed):
    rng = np.random.default_rng(seed)
    n_steps, n, n_classes, longest = rng.integers((1, 1, 2, 0), (12, 5, 6, 5))
    blank = int(rng.integers(n_classes))
    labels = rng.integers(0, n_classes - 1, (n, longest))
    labels += labels >= blank
    steps, lengths = rng.integers(0, n_steps + 1, n), rng.integers(0, longest + 1, n)
    targets = np.concatenate([row[:k] for row, k in zip(labels, lengths)]) if seed % 5 == 0 else labels
    options = {"blank": blank, "reduction": ("none", "sum", "mean")[seed % 3], "zero_infinity": bool(seed % 2)}
    x = rng.standard_normal((n_steps, n, n_classes)) * 3
    for a, b in zip(*both(x, targets, steps, lengths, **options)):
        np.testing.assert_allclose(a, b, rtol=1e-9, atol=1e-11)


def test_long_sequences_of_many_labels():
    x = rng.standard_normal((300, 8, 40)) * 4
    targets, steps, lengths = rng.integers(1, 40, (8, 60)), np.full(8, 300), rng.integers(30, 61, 8)
    ours, exact = both(x, targets, steps, lengths, reduction="none")
    assert (exact[0] > 300).all()  # exp(-300) is 0 in float32
    for a, b in zip(ours, exact):
        np.testing.assert_allclose(a, b, rtol=1e-11, atol=1e-11)
    ours, theirs = both(x.astype(np.float32), targets, steps, lengths, reduction="none")
    for a, b, c in zip(ours, theirs, exact):
        assert a.dtype == np.float32
        assert np.abs(a - c).max() < 1.5 * np.abs(b - c).max() + 1e-6  # no less exact than PyTorch


def test_impossible_classes_have_no_gradient():
    """Where the log-probability is -inf; PyTorch's gradient is nan there."""
    probabilities = mgx.tensor([[[0.5, 0.5, 0.0]], [[0.0, 0.5, 0.5]], [[0.25, 0.0, 0.75]]], dtype=mgx.float64)
    log_probs = probabilities.log().requires_grad_()
    loss = F.ctc_loss(log_probs, mgx.tensor([[1, 2]]), (3,), (2,), reduction="sum")
    loss.backward()
    assert loss.item() == pytest.approx(-math.log(0.5 * 0.5 * 1 + 0.5 * 0.5 * 0.75 + 0.5 * 0.5 * 0.75), abs=1e-12)
    assert np.isfinite(log_probs.grad.numpy()).all()
    assert (log_probs.grad.numpy()[probabilities.numpy() == 0] == 0).all()
    np.testing.assert_allclose(log_probs.grad.numpy().sum(2), 0, atol=1e-12)


def test_there_is_no_second_derivative():
    for m, functional in ((mgx, F), (torch, TF)):
        x = m.tensor(rng.standard_normal((4, 1, 3)), requires_grad=True)
        loss = functional.ctc_loss(x.log_softmax(2), m.tensor([[1]]), (4,), (1,))
        (g,) = m.autograd.grad(loss, x, create_graph=True)
        with pytest.raises(RuntimeError, match="derivative for aten::_ctc_loss_backward is not implemented"):
            g.square().sum().backward()


def test_labels_that_are_no_classes_raise():
    """PyTorch reads whatever memory lies there."""
    x = mgx.randn(3, 1, 3).log_softmax(2)
    for label in (3, -1):
        with pytest.raises(RuntimeError, match=r"expected labels from 0 to 2, got"):
            F.ctc_loss(x, mgx.tensor([[1, label]]), (3,), (2,))
        assert F.ctc_loss(x, mgx.tensor([[1, label]]), (3,), (1,)).isfinite()  # it does not count


def test_graph_names():
    x = mgx.randn(3, 1, 3, requires_grad=True).log_softmax(2)
    names = [F.ctc_loss(x, mgx.tensor([[1]]), (3,), (1,), reduction=r).grad_fn.name for r in ("none", "sum", "mean")]
    assert names == ["CtcLossBackward0", "SumBackward0", "MeanBackward0"]
