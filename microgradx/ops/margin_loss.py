"""Losses on scores that should differ by a margin, as operations: two classes, one of several, several of several.

As in `microgradx.ops.loss`, the losses on classes know only rows, (N, C), and each row's *share* of the result.
"""

from __future__ import annotations

import numpy as np

from microgradx.engine import primitive
from microgradx.graph import Array
from microgradx.ops.elementwise import keep, sigmoid
from microgradx.ops.loss import pick, place, reduced, share


@primitive(name="SoftMarginLoss")
def soft_margin(x: Array, y: Array, reduction: str) -> Array:
    """``log(1 + exp(-y · x))``, which for large scores is ``-y · x``."""
    return reduced(np.logaddexp(0, -y * x), reduction)


soft_margin.derivatives(x=lambda g, x, y, reduction: share(g, x.shape, reduction) * (-y * sigmoid(-y * x)))


def overtaking(x: Array, target: Array, margin: float) -> Array:
    """By how much each score exceeds the target's score minus the margin, (N, C); 0 where it does not."""
    gap = x - pick(x, target)[:, None] + margin
    rivals = np.arange(x.shape[1]) != target[:, None]
    return keep(gap, (gap > 0) & rivals)


@primitive(name="MultiMarginLoss")
def multi_margin(x: Array, target: Array, p: int, margin: float, shares: Array, total: bool) -> Array:
    """``shares · Σ max(0, margin - x[target] + x)^p`` over the other scores of each row, or the sum of all."""
    gap = overtaking(x, target, margin)
    rows = np.add.reduce(gap if p == 1 else gap * gap, 1) * shares
    return np.add.reduce(rows) if total else rows


def multi_margin_slope(g: Array, x: Array, target: Array, p: int, margin: float, shares: Array) -> Array:
    """Each rival that comes too near pushes itself down, and the target up."""
    gap = overtaking(x, target, margin)
    push = np.reshape(g * shares, (-1, 1)) * (np.sign(gap) if p == 1 else 2 * gap)
    return push - place(np.sum(push, (1,)), target, x.shape)


multi_margin.derivatives(x=multi_margin_slope)


@primitive(name="MultilabelMarginLoss", saves=("counts",))
def multilabel_margin(x: Array, labels: Array, valid: Array, shares: Array, total: bool) -> tuple[Array, Array]:
    """``shares · Σ max(0, 1 - x[label] + x[other])`` over a row's labels and all that are none; and its slopes.

    The slopes are whole numbers: in how many pairs that come too near a score is the other, less in how many it is
    the label.
    """
    rows, columns = np.nonzero(valid)
    other = np.ones(x.shape, bool)
    other[rows, labels[rows, columns]] = False
    chosen = np.take_along_axis(x, np.where(valid, labels, 0), 1)
    gap = 1 - chosen[:, :, None] + x[:, None, :]  # (N, labels, C)
    near = (gap > 0) & valid[:, :, None] & other[:, None, :]
    counts = near.sum(1)
    np.subtract.at(counts, (rows, labels[rows, columns]), near.sum(2)[rows, columns])
    losses = np.add.reduce(np.where(near, gap, x.dtype.type(0)), (1, 2)) * shares
    return np.add.reduce(losses) if total else losses, counts


multilabel_margin.derivatives(x=lambda g, counts, shares: np.reshape(g * shares, (-1, 1)) * counts.astype(shares.dtype))
