"""Steps in time: the pointwise half of an LSTM's and a GRU's step.

The other half is a linear map of the state, `microgradx.ops.linalg.linear`. What the gradients of all arguments share
is computed once: the arguments are taken together, as ``*arrays``, and one rule returns all their gradients.
"""

from __future__ import annotations

import numpy as np

from microgradx.engine import primitive
from microgradx.graph import Array
from microgradx.ops.shape import part


def quarters(z: Array) -> list[Array]:
    """The four blocks of the last dimension."""
    size = z.shape[-1] // 4
    return [part(z, z.ndim - 1, i * size, (i + 1) * size) for i in range(4)]


def scales(z: Array) -> Array:
    """1 in the third quarter of the last dimension, 1/2 elsewhere."""
    scale = np.full(z.shape[-1], 0.5, z.dtype)
    size = z.shape[-1] // 4
    scale[2 * size : 3 * size] = 1.0
    return scale


def opened(z: Array) -> Array:
    """The gates: sigmoid, but for tanh in the third quarter.

    ``sigmoid(z) = 1/2 + 1/2 tanh(z / 2)``, so that one tanh serves all four.
    """
    scale = scales(z)
    return np.tanh(z * scale) * scale + (1 - scale)


def slopes(gates: Array) -> Array:
    """The derivatives of the gates, by their values: ``s - s²`` of a sigmoid, ``1 - t²`` of a tanh.

    Both are ``a·b`` for the distances a and b from the two ends of the range: (s - 0)(1 - s), (t - -1)(1 - t).
    """
    low = scales(gates) * -2 + 1  # 0 for a sigmoid, -1 for a tanh
    return (gates - low) * (1 - gates)


@primitive(name="LstmCell", multiple=True)
def lstm_cell(*arrays: Array) -> tuple[Array, Array]:
    """The new state (h, c) of an LSTM, from what goes into its gates and the old c.

    The input gate i, forget gate f, new value n and output gate o lie side by side in the first argument:
    (..., 4H), (..., H) -> (..., H), (..., H). The cell forgets and takes in, ``f·c + i·n``, and shows ``o·tanh(c)``.
    """
    z, c = arrays
    i, f, n, o = quarters(opened(z))
    new = f * c + i * n
    return o * np.tanh(new), new


def lstm_cell_back(g: tuple[Array, Array], arrays: tuple[Array, Array], out: tuple[Array, Array]) -> list[Array]:
    """Back through ``h = o·tanh(c')`` to the new cell c', then to the gates and the old c."""
    z, c = arrays
    gates = opened(z)
    i, f, n, o = quarters(gates)
    t = np.tanh(out[1])
    dc = g[1] + g[0] * o * (1 - t * t)
    by_gates = np.concatenate([dc * n, dc * c, dc * i, g[0] * t], -1)
    return [by_gates * slopes(gates), dc * f]


lstm_cell.derivatives(arrays=lstm_cell_back)
