"""Connectionist temporal classification: the probability of a text, whatever its alignment with the time steps.

Each step says one label or the blank. A path of labels reads as a text once repetitions and then blanks are dropped, so
a text y1 y2 ... is written ``- y1 - y2 - ...``, L = 2 S + 1 places with blanks around all, and at each step a path
stays, goes on by one place, or by two: over a blank, between labels that differ. The sum over all paths is a recursion
over time, in which all samples and places advance together, in logarithms, as the probability of one path is far
below what a float holds.
"""

from __future__ import annotations

import math
from typing import Any, NoReturn

import numpy as np

from microgradx.engine import primitive
from microgradx.graph import Array


def advance(paths: Array, forbidden: Array) -> Array:
    """``log Σ exp`` of the ways into each place, (N, L), from those at the step before, (N, 2 + L) with -inf in front."""
    stay, one, two = paths[:, 2:], paths[:, 1:-1], paths[:, :-2] + forbidden
    top = np.maximum(np.maximum(stay, one), two)
    top = np.where(top == -math.inf, stay.dtype.type(0), top)
    with np.errstate(divide="ignore"):
        return top + np.log(np.exp(stay - top) + np.exp(one - top) + np.exp(two - top))


def arrivals(emitted: Array, forbidden: Array) -> Array:
    """``log Σ`` of the probabilities of all paths to each place before it speaks at that step, (T, N, L).

    ``emitted`` is what each place says at each step, ``forbidden`` -inf where no path may skip the blank before.
    """
    out = np.full_like(emitted, -math.inf)
    out[0, :, :2] = 0
    paths = np.full((emitted.shape[1], emitted.shape[2] + 2), -math.inf, emitted.dtype)
    for t in range(1, len(emitted)):
        np.add(out[t - 1], emitted[t - 1], out=paths[:, 2:])
        out[t] = advance(paths, forbidden)
    return out


def written(labels: Array, blank: int, dtype: Any) -> tuple[Array, Array]:
    """Labels (N, S) with blanks around all, (N, 2 S + 1), and -inf where the blank before must not be skipped."""
    n, length = labels.shape
    places = np.full((n, 2 * length + 1), blank)
    places[:, 1::2] = labels
    free = np.zeros(places.shape, bool)
    free[:, 3::2] = labels[:, 1:] != labels[:, :-1]
    return places, np.where(free, 0, -math.inf).astype(dtype)


@primitive(name="CtcLoss", saves=("ways",))
def ctc(x: Array, labels: Array, steps: Array, lengths: Array, blank: int, zero_infinity: bool) -> tuple[Array, Array]:
    """Minus the log-probability of each sample's labels, (N); and the `arrivals`, for the way back.

    ``x`` are log-probabilities (T, N, C) of which the first ``steps`` (N) count, ``labels`` are (N, S) of which the
    first ``lengths`` (N) do. If ``zero_infinity``, a loss that no path can make finite has the derivative 0, not nan.
    """
    places, forbidden = written(labels, blank, x.dtype)
    emitted = np.take_along_axis(x, places[None], 2)
    ways = arrivals(emitted, forbidden)
    n, last = np.arange(len(labels)), np.maximum(steps - 1, 0)
    ends = ways[last, n] + emitted[last, n]
    text_end = np.where(lengths > 0, ends[n, np.maximum(2 * lengths - 1, 0)], -math.inf)
    losses = -np.logaddexp(ends[n, 2 * lengths], text_end)  # the last place is a blank
    losses = np.where(steps > 0, losses, np.where(lengths > 0, math.inf, 0))
    return losses.astype(x.dtype, copy=False), ways


@primitive(name="CtcLossBackward")
def ctc_slope(
    g: Array, x: Array, labels: Array, steps: Array, lengths: Array, blank: int, zero_infinity: bool,
    ways: Array, loss: Array,
) -> Array:  # fmt: skip
    """``g · (exp(x) - the probability that a path which reads as the text says this class at this step)``.

    The slope of the loss is the second part alone. The first vanishes behind a log_softmax, and PyTorch adds it.

    What leads from a place to the end is found as what leads to it: by `arrivals`, with time and text turned round.
    """
    shape = n_steps, n_samples, n_classes = x.shape
    n, t, s = np.arange(n_samples)[:, None], np.arange(n_steps), np.arange(ways.shape[2])
    widths = 2 * lengths + 1
    t = np.where(t < steps[:, None], steps[:, None] - 1 - t, t)
    s = np.where(s < widths[:, None], widths[:, None] - 1 - s, s)
    turn = t.T[:, :, None], n, s[None]  # an index that undoes itself

    places, _ = written(labels, blank, x.dtype)
    turned = np.take_along_axis(places, s, 1)
    emitted = np.take_along_axis(x, places[None], 2)
    leaving = arrivals(emitted[turn], written(turned[:, 1::2], blank, x.dtype)[1])[turn]
    counts = (np.arange(n_steps)[:, None] < steps)[:, :, None]
    with np.errstate(invalid="ignore"):
        p = np.exp(ways + emitted + leaving + loss[:, None])
    p = np.where(counts & (np.arange(ways.shape[2]) < widths[:, None]), p, x.dtype.type(0))

    slope = np.exp(x, order="C")  # one piece of memory, which can be written to through a flat view
    slope[:, :, blank] -= p[:, :, ::2].sum(2)
    rows = np.arange(0, math.prod(shape), n_classes).reshape(n_steps, n_samples, 1)
    np.subtract.at(slope.reshape(-1), (rows + labels).reshape(-1), p[:, :, 1::2].reshape(-1))
    slope *= g[:, None]
    slope[:, np.isinf(loss)] = 0 if zero_infinity else math.nan
    return np.where(counts, slope, x.dtype.type(0))


def refuse(h: Array) -> NoReturn:
    raise RuntimeError(
        "derivative for aten::_ctc_loss_backward is not implemented; a CTC loss can be differentiated once"
    )


ctc.derivatives(
    x=lambda g, x, labels, steps, lengths, blank, zero_infinity, ways, out: ctc_slope(
        g, x, labels, steps, lengths, blank, zero_infinity, ways, out
    )
)
ctc_slope.derivatives(g=refuse, x=refuse)
