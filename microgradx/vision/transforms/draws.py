"""What random transforms draw, from the generator that ``manual_seed`` seeds, and checks of their ranges."""

import math
import numbers
import warnings
from collections.abc import Sequence
from typing import Any

from microgradx.creation import empty
from microgradx.dtypes import default
from microgradx.random import rand, randint
from microgradx.tensor import Tensor


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


def check_sequence(value: Any, name: str, lengths: tuple[int, ...] = (2,)) -> None:
    """Raise if ``value`` is no sequence of such a length."""
    text = f"{name} should be a sequence of length {' or '.join(map(str, lengths))}."
    if not isinstance(value, Sequence):
        raise TypeError(text)
    if len(value) not in lengths:
        raise ValueError(text)


def angles(value: Any, name: str, lengths: tuple[int, ...] = (2,)) -> list[float]:
    """A range of angles: from minus a number to it, or two numbers (or four: two ranges)."""
    if isinstance(value, numbers.Number):
        if value < 0:  # type: ignore[operator]
            raise ValueError(f"If {name} is a single number, it must be positive.")
        value = [-value, value]  # type: ignore[operator]
    check_sequence(value, name, lengths)
    return [float(v) for v in value]


def check_fill(fill: Any) -> Any:
    """A fill color: a number or several; None is 0."""
    if fill is None:
        return 0
    if not isinstance(fill, (Sequence, numbers.Number)):
        raise TypeError(f"Fill should be either a sequence or a number, got {type(fill)}.")
    return fill


def fill_of(img: Any, fill: Any, channels: int) -> Any:
    """The fill color for an image: for a tensor, one float for each channel."""
    if not isinstance(img, Tensor):
        return fill
    return [float(fill)] * channels if isinstance(fill, (int, float)) else [float(f) for f in fill]
