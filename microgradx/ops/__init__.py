"""The operations: primitives with their derivatives, and their public names."""

from microgradx.ops import (
    activation,
    conv,
    decompose,
    einsum,
    elementwise,
    embedding,
    erf,
    face,
    indexing,
    linalg,
    loss,
    norm,
    pad,
    pool,
    reduction,
    scatter,
    shape,
    sorting,
)  # fmt: skip

__all__ = [
    "activation", "conv", "decompose", "einsum", "elementwise", "embedding", "erf", "face", "indexing", "linalg", "loss", "norm", "pad", "pool",
    "reduction", "scatter", "shape", "sorting",
]  # fmt: skip
