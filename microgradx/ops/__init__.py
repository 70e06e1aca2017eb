"""The operations: primitives with their derivatives, and their public names.

Here are the files that give names to ``mgx`` and to Tensor. The others serve ``mgx.nn.functional``, which loads them.
"""

from microgradx.ops import (
    activation,
    decompose,
    einsum,
    elementwise,
    erf,
    indexing,
    linalg,
    numpy_names,
    orthogonal,
    reduction,
    scatter,
    shape,
    sorting,
    special,
    statistics,
)

__all__ = [
    "activation",
    "decompose",
    "einsum",
    "elementwise",
    "erf",
    "indexing",
    "linalg",
    "numpy_names",
    "orthogonal",
    "reduction",
    "scatter",
    "shape",
    "sorting",
    "special",
    "statistics",
]
