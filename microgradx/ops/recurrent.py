"""Steps in time: the pointwise half of a step of an LSTM, and of a GRU.

The other half is a linear map of the old state, `microgradx.ops.linalg.linear`.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np

from microgradx.dtypes import to_numpy
from microgradx.engine import primitive
from microgradx.graph import Array
from microgradx.ops.elementwise import sigmoid
from microgradx.ops.linalg import linear_by_weight


def blocks(x: Array, n: int) -> list[Array]:
    """The n equal parts of the last dimension."""
    size = x.shape[-1] // n
    return [x[..., i * size : (i + 1) * size] for i in range(n)]


# ---------------------------------------------------------------- LSTM


@cache
def steepness(width: int, dtype: Any) -> tuple[Array, Array]:
    """For each of an LSTM's gates s = 1/2, for its new values (the third quarter) 1; and ``1 - s``.

    As ``sigmoid(z) = 1/2 + 1/2 tanh(z / 2)``, both are ``(1 - s) + s tanh(s z)``, and one tanh serves all.
    """
    s = np.full(width, 0.5, to_numpy(dtype))
    s[width // 2 : width * 3 // 4] = 1
    return s, 1 - s


def advance(gates: Array, c: Array, new_h: Array, new_c: Array) -> None:
    """A step, written into the last two: ``gates`` holds what goes into the gates, and then their values.

    Side by side: input gate i, forget gate f, new values n, output gate o: (..., 4H). The cell forgets some of what
    it holds and takes in some that is new, ``f·c + i·n``; it shows ``o·tanh(c)``.
    """
    s, rest = steepness(gates.shape[-1], gates.dtype)
    gates *= s
    np.tanh(gates, out=gates)
    gates *= s
    gates += rest
    i, f, n, o = blocks(gates, 4)
    np.multiply(f, c, out=new_c)
    new_c += i * n
    np.tanh(new_c, out=new_h)
    new_h *= o


@primitive(name="LstmCell", multiple=True, partial=True)
def lstm_cell(*arrays: Array) -> tuple[Array, Array, Array]:
    """The new state (h, c) of an LSTM, from what goes into its gates and the old c; and the gates.

    The gates are a result because their values are what the derivatives read.
    """
    z, c = arrays
    gates, new_h, new_c = z.copy(), np.empty_like(c), np.empty_like(c)
    advance(gates, c, new_h, new_c)
    return new_h, new_c, gates


def lstm_cell_back(g: Any, arrays: tuple[Any, ...], out: tuple[Array, ...]) -> list[Array]:
    """Through ``h = o·tanh(c')`` to the new c', and from there to the gates and the old c.

    A gate y that is a sigmoid has the slope ``y - y·y``, and the new values, a tanh, have ``1 - n·n``.
    """
    c = arrays[1]
    _, new, gates = out
    by_h, by_c = (0.0 if x is None else x for x in g[:2])
    i, f, n, o = blocks(gates, 4)
    t = np.tanh(new)
    by_new = by_c + by_h * (o - o * t * t)
    by_n, by_old = by_new * i, by_new * f
    parts = [by_n * (n - n * i), by_old * (c - c * f), by_n * (1 - n * n), by_h * t * (o - o * o)]
    by_gates = np.concatenate(parts, gates.ndim - 1)
    if g[2] is None:
        return [by_gates, by_old]
    slopes = np.concatenate([i - i * i, f - f * f, 1 - n * n, o - o * o], gates.ndim - 1)
    return [by_gates + g[2] * slopes, by_old]  # in second derivatives


lstm_cell.derivatives(arrays=lstm_cell_back)


@primitive(name="Lstm", multiple=True, partial=True)
def lstm(*arrays: Array) -> tuple[Array, Array, Array]:
    """All steps of an LSTM: h, c and the gates of each, from x (T, N, 4H), h and c (N, H), and weight (4H, H).

    What one step after the other would give, but faster: the weight is turned once for all products, and its gradient
    is one product for all steps.
    """
    x, h, c, weight = arrays
    turned = np.ascontiguousarray(weight.T)
    hs, cs, gates = (np.empty(shape, x.dtype) for shape in ((len(x), *h.shape), (len(x), *c.shape), x.shape))
    for given, z, new_h, new_c in zip(x, gates, hs, cs):
        np.matmul(h, turned, out=z)
        z += given
        advance(z, c, new_h, new_c)
        h, c = new_h, new_c
    return hs, cs, gates


def lstm_back(g: Any, arrays: tuple[Array, ...], out: tuple[Array, ...]) -> list[Array]:
    """Back through the steps, the last one first. All gradients together, as one walk gives them all."""
    _, h, c, weight = arrays
    hs, cs, gates = out
    dh, dc, by_x = 0.0, 0.0, []
    for t in range(len(hs) - 1, -1, -1):
        by_h, by_c, by_gates = (None if by is None else by[t] for by in g)
        here = (dh if by_h is None else by_h + dh, dc if by_c is None else by_c + dc, by_gates)
        dz, dc = lstm_cell_back(here, (None, cs[t - 1] if t else c), (hs[t], cs[t], gates[t]))
        dh = np.matmul(dz, weight)
        by_x.append(dz)
    dx = np.stack(by_x[::-1], 0)
    old_h = np.concatenate([np.expand_dims(h, 0), hs[:-1]], 0)
    return [dx, dh, dc, linear_by_weight(dx, old_h)]


lstm.derivatives(arrays=lstm_back)


# ---------------------------------------------------------------- GRU


@primitive(name="GruCell")
def gru_cell(*arrays: Array) -> Array:
    """The new state of a GRU: (..., 3H), (..., 3H), (..., H) -> (..., H).

    The first argument is what the input gives to the reset gate r, the update gate u and the new values n, side by
    side; the second is what the old state gives, of which n takes only as much as r lets through. Of the old state,
    which is the third, u keeps a part: ``u·h + (1 - u)·n``.
    """
    _, u, n = gru_gates(*arrays[:2])
    return n + u * (arrays[2] - n)


def gru_gates(x: Array, z: Array) -> tuple[Array, Array, Array]:
    (xr, xu, xn), (zr, zu, zn) = blocks(x, 3), blocks(z, 3)
    r = sigmoid(xr + zr)
    return r, sigmoid(xu + zu), np.tanh(xn + r * zn)


def gru_back(g: Array, arrays: tuple[Array, ...]) -> list[Array]:
    """The three gradients together, as they share nearly all of the work."""
    x, z, h = arrays
    r, u, n = gru_gates(x, z)
    by_n = g * ((1 - u) * (1 - n * n))
    by_r = by_n * blocks(z, 3)[2] * (r - r * r)
    by_u = g * (h - n) * (u - u * u)
    axis = x.ndim - 1
    return [np.concatenate([by_r, by_u, by_n], axis), np.concatenate([by_r, by_u, by_n * r], axis), g * u]


gru_cell.derivatives(arrays=gru_back)
