"""Margin losses: what the rows of the matrix do not say."""

import numpy as np
import pytest
import torch

import microgradx as mgx
from microgradx.autograd import gradgradcheck
from microgradx.nn import functional as F

rng = np.random.default_rng(0)


@pytest.mark.parametrize(("p", "reduction"), [(1, "mean"), (2, "mean"), (2, "none")])
def test_multi_margin_loss_can_be_differentiated_twice(p, reduction):
    """PyTorch's cannot."""
    x = mgx.tensor(rng.standard_normal((4, 3)), requires_grad=True)
    target, weight = mgx.tensor([0, 2, 1, 1]), mgx.tensor([0.5, 1.0, 2.0], dtype=mgx.float64)
    assert gradgradcheck(lambda x: F.multi_margin_loss(x, target, p, 0.7, weight, reduction=reduction), (x,))


def test_multilabel_margin_loss_counts_repeated_labels():
    x, labels = rng.standard_normal((3, 4)), np.array([[1, 1, 3, -1], [0, 0, 0, 0], [-1, 2, 2, 2]])
    results = []
    for m in (mgx, torch):
        input = m.tensor(x, requires_grad=True)
        loss = m.nn.functional.multilabel_margin_loss(input, m.tensor(labels), reduction="none")
        (loss * m.tensor([1.0, 2.0, 3.0])).sum().backward()
        results.append((loss.detach().numpy(), input.grad.numpy()))
    for a, b in zip(*results):
        np.testing.assert_allclose(a, b, rtol=1e-12)


def test_soft_margin_loss_of_wrong_scores_stays_finite():
    x = mgx.tensor([-1e4, 1e4], requires_grad=True)
    loss = F.soft_margin_loss(x, mgx.tensor([1.0, 1.0]), reduction="none")
    loss.sum().backward()
    assert loss.tolist() == [1e4, 0]
    assert x.grad.tolist() == [-1, 0]


def test_a_target_of_another_dtype_does_not_change_the_result():
    x, y = mgx.tensor([0.5, -2.0]), mgx.tensor([1.0, -1.0])
    for name in ("soft_margin_loss", "hinge_embedding_loss"):
        expected = getattr(F, name)(x, y)
        for other in (y.double(), y.long(), y.half()):
            loss = getattr(F, name)(x, other)
            assert loss.dtype is mgx.float32
            assert loss.item() == expected.item()


def test_no_samples_have_no_loss():
    """Their sum, and, as here, their mean; PyTorch returns the memory as it was found."""
    for reduction in ("mean", "sum"):
        x = mgx.zeros(0, 3, requires_grad=True)
        losses = [
            F.multi_margin_loss(x, mgx.zeros(0, dtype=mgx.int64), reduction=reduction),
            F.multilabel_margin_loss(x, mgx.zeros(0, 3, dtype=mgx.int64), reduction=reduction),
        ]
        sum(losses).backward()
        assert [loss.item() for loss in losses] == [0, 0]
        assert x.grad.shape == (0, 3)


def test_graph_names():
    x, y = mgx.randn(2, 3, requires_grad=True), mgx.tensor([0, 1])
    assert F.soft_margin_loss(x, mgx.ones(3)).grad_fn.name == "SoftMarginLossBackward0"
    assert F.multi_margin_loss(x, y).grad_fn.name == "MultiMarginLossBackward0"
    assert F.multilabel_margin_loss(x[0], y.new_tensor([0, -1, 0])).grad_fn.name == "MultilabelMarginLossBackward0"


SCORES, TARGET, LABELS = np.ones((2, 3)), np.array([0, 2]), np.array([[0, -1, 0], [1, 2, -1]])
SEQUENCE = np.zeros((3, 1, 3)), np.array([[1, 2]])
# what differs from a call that is right: how, in either library
ERRORS = {
    "target of 2 for 3": lambda m, F, t: F.multi_margin_loss(t(SCORES), t(TARGET[:1])),
    "no class": lambda m, F, t: F.multi_margin_loss(t(SCORES), t(TARGET + 1)),
    "int32": lambda m, F, t: F.multi_margin_loss(t(SCORES), t(np.int32(TARGET))),
    "float16": lambda m, F, t: F.multi_margin_loss(t(np.float16(SCORES)), t(TARGET)),
    "p": lambda m, F, t: F.multi_margin_loss(t(SCORES), t(TARGET), p=3),
    "weight of 2": lambda m, F, t: F.multi_margin_loss(t(SCORES), t(TARGET), weight=t(np.ones(2))),
    "weight's dtype": lambda m, F, t: F.multi_margin_loss(t(SCORES), t(TARGET), weight=t(np.ones(3, np.float32))),
    "weight's dimensions": lambda m, F, t: F.multi_margin_loss(t(SCORES), t(TARGET), weight=t(SCORES)),
    "weight's gradient": lambda m, F, t: F.multi_margin_loss(
        t(SCORES), t(TARGET), weight=t(np.ones(3)).requires_grad_()
    ),
    "empty": lambda m, F, t: F.multi_margin_loss(t(SCORES[:, :0]), t(TARGET)),
    "three dimensions": lambda m, F, t: F.multi_margin_loss(t(SCORES[None]), t(TARGET[None])),
    "labels' shape": lambda m, F, t: F.multilabel_margin_loss(t(SCORES), t(LABELS[:, :2])),
    "labels' classes": lambda m, F, t: F.multilabel_margin_loss(t(SCORES), t(LABELS + 1)),
    "labels' dtype": lambda m, F, t: F.multilabel_margin_loss(t(SCORES), t(LABELS * 1.0)),
    "labels of float16": lambda m, F, t: F.multilabel_margin_loss(t(np.float16(SCORES)), t(LABELS)),
    "target's gradient": lambda m, F, t: F.soft_margin_loss(t(SCORES), t(SCORES).requires_grad_()),
    "integer scores": lambda m, F, t: F.soft_margin_loss(t(LABELS), t(LABELS)),
    "reduction": lambda m, F, t: F.hinge_embedding_loss(t(SCORES), t(SCORES), reduction="max"),
    "poisson reduction": lambda m, F, t: F.poisson_nll_loss(t(SCORES), t(SCORES), reduction="max"),
    "gaussian reduction": lambda m, F, t: F.gaussian_nll_loss(t(SCORES), t(SCORES), 1.0, reduction="max"),
    "negative variance": lambda m, F, t: F.gaussian_nll_loss(t(SCORES), t(SCORES), -1.0),
    "negative variances": lambda m, F, t: F.gaussian_nll_loss(t(SCORES), t(SCORES), t(-SCORES)),
    "variances' shape": lambda m, F, t: F.gaussian_nll_loss(t(SCORES), t(SCORES), t(SCORES[0])),
    "one number": lambda m, F, t: F.multilabel_soft_margin_loss(t(SCORES)[0, 0], t(SCORES)[0, 0]),
    "soft reduction": lambda m, F, t: F.multilabel_soft_margin_loss(t(SCORES), t(SCORES), reduction="max"),
    "margin": lambda m, F, t: F.triplet_margin_with_distance_loss(t(SCORES), t(SCORES), t(SCORES), margin=0),
    "dimensions": lambda m, F, t: F.triplet_margin_with_distance_loss(t(SCORES), t(SCORES), t(SCORES[0])),
    "triplet reduction": lambda m, F, t: F.triplet_margin_with_distance_loss(
        t(SCORES), t(SCORES), t(SCORES), reduction="max"
    ),
    "blank": lambda m, F, t: F.ctc_loss(*map(t, SEQUENCE), (3,), (2,), blank=3),
    "too many steps": lambda m, F, t: F.ctc_loss(*map(t, SEQUENCE), (4,), (2,)),
    "negative steps": lambda m, F, t: F.ctc_loss(*map(t, SEQUENCE), (-1,), (2,)),
    "negative length": lambda m, F, t: F.ctc_loss(*map(t, SEQUENCE), (3,), (-1,)),
    "too many lengths": lambda m, F, t: F.ctc_loss(*map(t, SEQUENCE), (3,), (2, 2)),
    "too many numbers of steps": lambda m, F, t: F.ctc_loss(*map(t, SEQUENCE), (3, 3), (2,)),
    "lengths of floats": lambda m, F, t: F.ctc_loss(*map(t, SEQUENCE), t(np.array([3.0])), t(np.array([2]))),
    "no probabilities": lambda m, F, t: F.ctc_loss(t(np.zeros((3, 0, 3))), t(np.zeros((0, 2))), (), ()),
    "probabilities of float16": lambda m, F, t: F.ctc_loss(t(np.float16(SEQUENCE[0])), t(SEQUENCE[1]), (3,), (2,)),
    "linear features": lambda m, F, t: F.linear_cross_entropy(t(SCORES), t(np.ones((3, 2))), t(TARGET)),
    "linear bias": lambda m, F, t: F.linear_cross_entropy(
        t(SCORES), t(np.ones((3, 3))), t(TARGET), linear_bias=t(np.ones(2))
    ),
    "linear unbatched": lambda m, F, t: F.linear_cross_entropy(t(SCORES[0]), t(np.ones((3, 2, 3))), t(TARGET)),
    "linear ignored": lambda m, F, t: F.linear_cross_entropy(t(SCORES), t(np.ones((3, 3))), t(SCORES), ignore_index=0),
    "linear input": lambda m, F, t: F.linear_cross_entropy(t(SCORES[None]), t(np.ones((3, 3))), t(TARGET)),
    "linear weight": lambda m, F, t: F.linear_cross_entropy(t(SCORES), t(np.ones(3)), t(TARGET)),
}


@pytest.mark.parametrize("name", ERRORS)
def test_errors_are_those_of_pytorch(name):
    with pytest.raises((RuntimeError, ValueError, TypeError, IndexError)) as theirs:
        ERRORS[name](torch, torch.nn.functional, torch.tensor)
    with pytest.raises(type(theirs.value)) as ours:
        ERRORS[name](mgx, F, mgx.tensor)
    assert str(ours.value).startswith(
        str(theirs.value).partition(" for argument #")[0].partition(" (while checking")[0]
    )
