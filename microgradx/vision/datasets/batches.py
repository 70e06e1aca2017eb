"""The pickles in which CIFAR comes, read without pickle's dangers.

A pickle is a program: it names functions, and calls them. Here it may name only those that make an array, and in their
places stand ones that do nothing but remember what they were given; anything else is refused before it is called.
"""

import io
import pickle
from typing import Any

import numpy as np


class Stored:
    """What stands for an array, or for its dtype, until all of its description has been read."""

    def __init__(self, *arguments: Any) -> None:
        self.arguments = arguments
        self.state: Any = ()

    def __setstate__(self, state: Any) -> None:
        self.state = state

    def array(self) -> np.ndarray:
        """The array: two-dimensional, of bytes.

        Raises: ValueError: it is another one.
        """
        match self.state:
            case (_, (int() as rows, int() as columns), Stored(arguments=("u1" | "|u1", *_)), by_columns, data):
                raw = data.encode("latin1") if isinstance(data, str) else data
                if isinstance(raw, bytes) and len(raw) == rows * columns and min(rows, columns) >= 0 and not by_columns:
                    return np.frombuffer(raw, np.uint8).reshape(rows, columns)
        raise ValueError("expected an array of bytes, rows and columns, got another one")


def encoded(text: Any, encoding: Any) -> bytes:
    """Bytes as Python 3 writes them into old pickles: as text, each character one byte."""
    if not isinstance(text, str) or encoding != "latin1":
        raise pickle.UnpicklingError(f"expected text in latin1, got {type(text).__name__} in {encoding!r}")
    return text.encode("latin1")


ALLOWED: dict[tuple[str, str], Any] = {
    ("numpy.core.multiarray", "_reconstruct"): Stored,
    ("numpy._core.multiarray", "_reconstruct"): Stored,  # as NumPy 2 calls it
    ("numpy", "ndarray"): Stored,
    ("numpy", "dtype"): Stored,
    ("_codecs", "encode"): encoded,
}


class _Reader(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        if (module, name) not in ALLOWED:
            raise pickle.UnpicklingError(
                f"it asks for {module}.{name}, but a batch holds only numbers, text, lists, dictionaries and arrays"
            )
        return ALLOWED[module, name]


def read_batch(data: bytes, path: Any) -> dict[str, Any]:
    """The dictionary in a pickle, its arrays of bytes as ndarrays; ``path`` is for error messages.

    Raises: ValueError: it holds something else, or is truncated.
    """
    try:
        entry = _Reader(io.BytesIO(data), encoding="latin1").load()
        if not isinstance(entry, dict):
            raise ValueError(f"it holds a {type(entry).__name__}, expected a dictionary")
        return {key: value.array() if isinstance(value, Stored) else value for key, value in entry.items()}
    except Exception as error:  # what a damaged pickle raises can be nearly anything
        raise ValueError(
            f"{path}: not read, for the file is not a batch of CIFAR, or not a whole one: {error}"
        ) from None
