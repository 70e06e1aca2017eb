"""Data that needs no download: real handwritten digits, and two shapes made by formula."""

from microgradx.datasets.handwriting import digits
from microgradx.datasets.shapes import moons, spirals

__all__ = ["digits", "moons", "spirals"]
