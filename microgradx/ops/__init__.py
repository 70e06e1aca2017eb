"""The operations: primitives with their derivatives, and their public names."""

from microgradx.ops import (
    activation,
    attention,
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
    recurrent,
    reduction,
    scatter,
    shape,
    sorting,
)  # fmt: skip

__all__ = [
    "activation", "attention", "conv", "decompose", "einsum", "elementwise", "embedding", "erf", "face", "indexing", "linalg", "loss", "norm", "pad", "pool",
    "recurrent",
    "reduction", "scatter", "shape", "sorting",
]  # fmt: skip
