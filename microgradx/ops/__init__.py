"""The operations: primitives with their derivatives, and their public names."""

from microgradx.ops import (
    activation, conv, elementwise, embedding, erf, face, indexing, linalg, loss, norm, pad, pool, reduction, shape,
)  # fmt: skip

__all__ = [
    "activation", "conv", "elementwise", "embedding", "erf", "face", "indexing", "linalg", "loss", "norm", "pad", "pool",
    "reduction", "shape",
]  # fmt: skip
