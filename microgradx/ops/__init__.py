"""The operations: primitives with their derivatives, and their public names."""

from microgradx.ops import conv, elementwise, face, indexing, linalg, pool, reduction, shape

__all__ = ["conv", "elementwise", "face", "indexing", "linalg", "pool", "reduction", "shape"]
