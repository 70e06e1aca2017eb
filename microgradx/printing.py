"""The text of a tensor, as PyTorch prints it.

All elements share one style, chosen from those that are shown: whole floats as ``1.``, others with
``precision`` digits after the point, or powers of ten where the magnitudes differ too much to line up.
"""

import math
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from microgradx.dtypes import as_dtype, default

__all__ = ["set_printoptions", "tensor_text"]


class Options:
    """What ``set_printoptions`` sets."""

    def __init__(self, precision: int = 4, threshold: float = 1000, edgeitems: int = 3) -> None:
        self.precision, self.threshold, self.edgeitems = precision, threshold, edgeitems
        self.linewidth = 80
        self.sci_mode: bool | None = None


options = Options()

_profiles = {
    "default": Options(),
    "short": Options(precision=2, edgeitems=2),
    "full": Options(threshold=math.inf),
}


def set_printoptions(
    precision: int | None = None,
    threshold: float | None = None,
    edgeitems: int | None = None,
    linewidth: int | None = None,
    profile: str | None = None,
    sci_mode: bool | None = None,
) -> None:
    """Choose how tensors are printed; what is not named stays, except ``sci_mode``.

    Args:
        precision: Digits after the decimal point.
        threshold: Tensors of more elements are shortened with ``...``.
        edgeitems: How many elements, at either end of each dimension, a shortened tensor shows.
        linewidth: Characters to a line.
        profile: ``"default"``, ``"short"`` or ``"full"``, to start from; the other arguments override it.
        sci_mode: True for powers of ten, False for none, None to choose by the values.

    Raises: ValueError: there is no such profile.
    Source: ``torch.set_printoptions``.

    Example:
        >>> mgx.set_printoptions(precision=2)
        >>> mgx.tensor(3.14159)
        tensor(3.14)
        >>> mgx.set_printoptions(profile="default")
    """
    if profile is not None and profile not in _profiles:
        raise ValueError(f"set_printoptions: expected a profile of {', '.join(_profiles)}, got {profile!r}")
    base = options if profile is None else _profiles[profile]
    options.precision = base.precision if precision is None else precision
    options.threshold = base.threshold if threshold is None else threshold
    options.edgeitems = base.edgeitems if edgeitems is None else edgeitems
    options.linewidth = base.linewidth if linewidth is None else linewidth
    options.sci_mode = sci_mode


def tensor_text(array: Any, *, requires_grad: bool = False, grad_fn: str | None = None) -> str:
    """The text of a tensor.

    Args:
        array: Its ndarray, or NumPy scalar.
        requires_grad: Whether it is a leaf that requires grad.
        grad_fn: Name of the node that made it, such as ``"MulBackward0"``.

    Source: PyTorch's ``Tensor.__repr__``; the tests compare the two on random tensors.

    Example:
        >>> from microgradx.printing import tensor_text
        >>> print(tensor_text(np.float32([[1, 2.5], [-3, 0]]), grad_fn="MulBackward0"))
        tensor([[ 1.0000,  2.5000],
                [-3.0000,  0.0000]], grad_fn=<MulBackward0>)
    """
    array = np.asarray(array)
    opening = "tensor("
    notes = []
    unmarked = [default.numpy]
    if array.size:
        shown = [_shown(array, axis) for axis in range(array.ndim)]
        seen = array[np.ix_(*([i for i in indices if i is not None] for indices in shown))]
        body = _brackets(array, shown, *_style(seen), indent=len(opening))
        unmarked += [np.dtype(np.int64), np.dtype(np.bool_)]  # the elements' text tells these apart
    else:
        body = "[]"
        if array.ndim != 1:
            notes.append(f"size={array.shape}")
    if array.dtype not in unmarked:
        notes.append(f"dtype={as_dtype(array.dtype)}")
    if grad_fn:
        notes.append(f"grad_fn=<{grad_fn}>")
    elif requires_grad:
        notes.append("requires_grad=True")
    return _append_notes(opening + body, notes, indent=len(opening)) + ")"


def _shown(array: Any, axis: int) -> Iterable[int | None]:
    """Indices along an axis that are printed; None stands for the ``...`` of a shortened tensor."""
    length, edge = array.shape[axis], options.edgeitems
    if array.size <= options.threshold or length <= 2 * edge:
        return range(length)
    return [*range(edge), None, *range(length - edge, length)]


def _style(seen: Any) -> tuple[Callable[[Any], str], int]:
    """How to write an element of these, and the width that they have in common."""
    if seen.dtype.kind != "f":
        return str, max((len(str(value)) for value in seen.ravel().tolist()), default=0)
    values = seen[np.isfinite(seen) & (seen != 0)].astype(np.float64).tolist()  # the others fit any style
    magnitudes = sorted(map(abs, values)) or [1.0]
    low, high = magnitudes[0], magnitudes[-1]
    whole = all(value.is_integer() for value in values)
    powers = high / low > 1000 or high > 1e8 or (low < 1e-4 and not whole)
    if values and options.sci_mode is not None:
        powers = options.sci_mode
    digits = options.precision

    def write(value: float) -> str:
        if powers:
            return f"{value:.{digits}e}"
        if whole:
            return f"{value:.0f}." if math.isfinite(value) else str(value)
        return f"{value:.{digits}f}"

    return write, max((len(write(value)) for value in values), default=1)


def _brackets(
    array: Any, shown: list[Iterable[int | None]], write: Callable[[Any], str], width: int, indent: int
) -> str:
    """The nested brackets; ``indent`` is the column of the first."""
    if array.ndim == 0:
        return write(array.item())
    if array.ndim == 1:
        texts = [" ..." if i is None else write(array[i].item()).rjust(width) for i in shown[0]]
        per_line = max(1, (options.linewidth - indent) // (width + len(", ")))
        rows = [", ".join(texts[start : start + per_line]) for start in range(0, len(texts), per_line)]
    else:
        inner = indent + 1
        rows = ["..." if i is None else _brackets(array[i], shown[1:], write, width, inner) for i in shown[0]]
    separator = "," + "\n" * max(1, len(shown) - 1) + " " * (indent + 1)  # blank lines between matrices
    return f"[{separator.join(rows)}]"


def _append_notes(text: str, notes: list[str], indent: int) -> str:
    """Add ``dtype=...`` and the like, each on the last line if it fits there."""
    column = len(text) - text.rfind("\n") + 1
    for note in notes:
        column += len(", " + note)
        if column > options.linewidth:
            text += ",\n" + " " * indent + note
            column = indent + len(note)
        else:
            text += ", " + note
    return text
