"""The IDX format, in which MNIST and its kin come: a header that says what follows, then plain numbers.

Two zero bytes, a byte for the type of the numbers, a byte for the number d of dimensions, d lengths of four bytes
each, and the numbers; all with their high byte first.
"""

import gzip
import math
import zlib
from pathlib import Path
from typing import Any

import numpy as np

from microgradx.creation import from_numpy

TYPES = {8: ">u1", 9: ">i1", 11: ">i2", 12: ">i4", 13: ">f4", 14: ">f8"}


def parse_idx(data: bytes, path: Any) -> np.ndarray:
    """The array in the bytes of an IDX file; ``path`` is for error messages.

    Raises: ValueError: they are none, or too few or too many.
    """
    zero, kind, dimensions = data[:2], *data[2:4].ljust(2, b"\0")
    if zero != b"\0\0" or kind not in TYPES or not dimensions:
        raise ValueError(
            f"{path}: expected an IDX file, which begins with 0, 0, a type (one of {sorted(TYPES)}) and a number of "
            f"dimensions, got {list(data[:4])}"
        )
    start = 4 + 4 * dimensions
    shape = np.frombuffer(data[4:start].ljust(4 * dimensions, b"\0"), ">u4").tolist()
    dtype = np.dtype(TYPES[kind])
    expected = start + math.prod(shape) * dtype.itemsize
    if len(data) != expected:
        raise ValueError(
            f"{path}: expected {expected} bytes, for an array of shape {tuple(shape)} and its header, got {len(data)}; "
            f"the file is {'truncated' if len(data) < expected else 'too long'}"
        )
    return np.frombuffer(data, dtype, offset=start).reshape(shape).astype(dtype.newbyteorder("="))


def unpacked(path: Path, data: bytes) -> bytes:
    """The bytes of a file, which is packed if its name ends in ``.gz``.

    Raises: ValueError: it is damaged.
    """
    if path.suffix != ".gz":
        return data
    try:
        return gzip.decompress(data)
    except (OSError, EOFError, zlib.error) as error:
        raise ValueError(f"{path}: expected a whole gzip file; {error}") from None


def read_idx(path: Any) -> Any:
    """The tensor in an IDX file, plain or packed (``.gz``).

    Raises: ValueError: it is no such file, or not a whole one.
    Source: ``torchvision.datasets.mnist.read_sn3_pascalvincent_tensor``.
    """
    path = Path(path)
    return from_numpy(parse_idx(unpacked(path, path.read_bytes()), path))
