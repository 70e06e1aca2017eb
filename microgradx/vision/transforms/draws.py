"""What random transforms draw, from the generator that ``manual_seed`` seeds, and checks of their ranges."""

import math
import warnings
from collections.abc import Sequence
from typing import Any

from microgradx.creation import empty
from microgradx.dtypes import default
from microgradx.random import rand, randint


def chance(p: float) -> bool:
    """True with this chance."""
    return bool(rand(1) < p)


def uniform(low: float, high: float) -> float:
    """A number between the two."""
    return float(empty(1).uniform_(low, high).item())


def whole(n: int) -> int:
    """A whole number from 0 to n - 1."""
    return int(randint(0, n, size=(1,)).item())


def log_uniform(low: float, high: float) -> float:
    """A positive number between the two, of which the logarithm is uniform.

    Logarithm and power are rounded correctly to the default dtype, as PyTorch's nearly always are and NumPy's are not:
    a ratio that differed in its last place could change a crop by a pixel.
    """
    rounded = default.numpy.type
    first, last = (float(rounded(math.log(rounded(limit)))) for limit in (low, high))
    return float(rounded(math.exp(uniform(first, last))))


def check_ranges(scale: Any, ratio: Any) -> None:
    """Raise, or warn, if these are no ranges of areas and of ratios."""
    if not isinstance(scale, Sequence):
        raise TypeError(f"Scale should be a sequence, got {type(scale)}")
    if not isinstance(ratio, Sequence):
        raise TypeError(f"Ratio should be a sequence, got {type(ratio)}")
    if scale[0] > scale[1] or ratio[0] > ratio[1]:
        warnings.warn("Scale and ratio should be of kind (min, max)", stacklevel=3)
