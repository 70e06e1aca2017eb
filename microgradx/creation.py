"""Making tensors: from data, and filled with something."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from typing import Any

import numpy as np

from microgradx.dtypes import between, default, to_numpy
from microgradx.graph import Leaf, Variable, wrap
from microgradx.ops.elementwise import element
from microgradx.ops.face import FUNCTIONS, METHODS, check_tensor
from microgradx.ops.shape import sizes_of

CREATION: dict[str, Callable[..., Any]] = {}


def creator(function: Any) -> Any:
    """Register a public function of this file."""
    CREATION[function.__name__] = function
    return function


def finished(array: Any, requires_grad: bool) -> Any:
    """A new tensor that holds an array of its own."""
    out = wrap(array)
    if requires_grad:
        if array.dtype.kind != "f":
            raise RuntimeError("Only Tensors of floating point and complex dtype can require gradients")
        out.edge = Leaf(out)
    return out


def array_of(data: Any, dtype: Any = None) -> np.ndarray:
    """New memory with the values of ``data``: a number, (nested) sequences, an array, or a tensor."""
    if isinstance(data, Variable):
        return np.array(data.array, dtype=None if dtype is None else to_numpy(dtype))
    if isinstance(data, (np.ndarray, np.generic)):
        out = np.array(data, dtype=None if dtype is None else to_numpy(dtype))
        to_numpy(out.dtype)  # raises for what no tensor holds
        return out
    check_depth(data)
    kinds: set[np.dtype] = set()
    values = plain(data, kinds)
    try:
        out = np.array(values)
    except ValueError as error:
        raise ValueError(f"tensor: expected sequences of equal length at each level; {error}") from None
    if out.dtype.kind == "O" and all(isinstance(v, NUMBERS) for v in out.flat):  # integers beyond 64 bits
        out = out.astype(np.float64)
    if out.dtype.kind not in "biuf":
        raise TypeError(
            f"tensor: expected numbers, or (nested) sequences of numbers, got {type(data).__name__} with elements of "
            f"type {out.dtype}; strings and objects cannot be differentiated"
        )
    wanted = to_numpy(functools.reduce(between, kinds or {default.numpy}) if dtype is None else dtype)
    if wanted.kind in "iu" and out.dtype != wanted and out.size:
        if out.dtype.kind in "fu" and kinds == {np.dtype(np.int64)}:
            raise ValueError(f"Overflow when unpacking long long: expected integers of 64 bits, got {data}; use floats")
        for extreme in (out.min(), out.max()):
            element(extreme, wanted)  # raises for what is out of range
    return out.astype(wanted, copy=False)


def of_python(found: np.dtype) -> np.dtype:
    """The dtype of a tensor of Python numbers, of which NumPy makes ``found``."""
    if found.kind == "b":
        return found
    return default.numpy if found.kind == "f" else np.dtype(np.int64)


MOST_DIMENSIONS = 64
"""An ndarray has no more."""


def check_depth(data: Any) -> None:
    """Raise for sequences without end, such as a list that is in itself: reading them would not end either."""
    for _ in range(MOST_DIMENSIONS + 1):
        if isinstance(data, (Variable, np.ndarray, str, bytes, dict)) or not is_sequence(data):
            return
        try:
            data = data[0]
        except (LookupError, TypeError):  # empty, or not read by position
            return
    raise ValueError(f"too many dimensions '{type(data).__name__}'; expected at most {MOST_DIMENSIONS}")


NUMBERS = (bool, int, float)


def plain(data: Any, kinds: set[np.dtype]) -> Any:
    """Nested sequences as lists, and the tensors in them, which must have one element each, as numbers.

    ``kinds`` takes the dtypes of all elements, which together decide on the result's: no element is weak here.
    """
    if isinstance(data, Variable):
        if data.array.size != 1:
            raise ValueError("only one element tensors can be converted to Python scalars")
        kinds.add(data.array.dtype)
        return data.array.item()
    if isinstance(data, (np.ndarray, np.generic)):
        kinds.add(data.dtype)
        return data
    if isinstance(data, NUMBERS):
        kinds.add(of_python(np.dtype(next(t for t in NUMBERS if isinstance(data, t)))))
        return data
    if isinstance(data, (str, bytes, dict)) or not is_sequence(data):
        return data
    values = data if isinstance(data, (list, tuple)) else list(data)
    types = set(map(type, values))
    if types <= set(NUMBERS):  # nothing to convert
        kinds.update(of_python(np.dtype(t)) for t in types)
        return values
    return [plain(e, kinds) for e in values]


def is_sequence(data: Any) -> bool:
    return hasattr(type(data), "__getitem__") and hasattr(type(data), "__len__")


@creator
def tensor(
    data: Any, *, dtype: Any = None, device: Any = None, requires_grad: bool = False, pin_memory: bool = False
) -> Any:
    """A new tensor with a copy of ``data``.

    Args:
        data: A number, nested sequences of numbers, an ndarray or a tensor.
        dtype: By default bool, int64 or the default float for Python numbers; that of an array.
        device: Only ``"cpu"``.
        requires_grad: Whether `backward` should collect its gradient.
        pin_memory: Accepted, without effect.

    Raises: TypeError: not numbers; ValueError: sequences of unequal length; RuntimeError: integers that require grad.
    Source: ``torch.tensor``.

    Example:
        >>> mgx.tensor([[1.0, 2.0], [3.0, 4.0]], requires_grad=True)
        tensor([[1., 2.],
                [3., 4.]], requires_grad=True)
    """
    check_device(device)
    array = array_of(data, dtype)
    if isinstance(data, (list, tuple)) and array.size == 0 and dtype is None:
        array = array.astype(default.numpy)
    return finished(array, requires_grad)


def check_device(device: Any) -> None:
    if device is not None:
        from microgradx.device import device as Device

        Device(device)


def old_array(data: tuple[Any, ...], dtype: Any) -> np.ndarray:
    """What PyTorch's old constructors take: a tensor, an array or sequences; or sizes, for zeros."""
    if len(data) == 1 and not isinstance(data[0], int):
        return array_of(data[0], dtype)
    return np.zeros(sizes_of(data or (0,)), to_numpy(dtype))


@creator
def as_tensor(data: Any, dtype: Any = None, device: Any = None) -> Any:
    """A tensor with ``data``, without a copy where it is a tensor or an array already."""
    check_device(device)
    if isinstance(data, Variable):
        return data if dtype is None else data.to(dtype)  # type: ignore[attr-defined]
    if isinstance(data, np.ndarray) and (dtype is None or to_numpy(dtype) == data.dtype):
        return from_numpy(data)
    return tensor(data, dtype=dtype)


@creator
def from_numpy(ndarray: np.ndarray) -> Any:
    """A tensor that shares the memory of an array: a change of one is seen in the other.

    Source: ``torch.from_numpy``.

    Example:
        >>> a = np.zeros(2)
        >>> t = mgx.from_numpy(a)
        >>> a[0] = 5
        >>> t
        tensor([5., 0.], dtype=torch.float64)
    """
    if not isinstance(ndarray, np.ndarray):
        raise TypeError(f"expected np.ndarray (got {type(ndarray).__name__})")
    to_numpy(ndarray.dtype)
    return wrap(ndarray)


@creator
def from_dlpack(ext_tensor: Any) -> Any:
    """A tensor that shares the memory of another library's, through the DLPack protocol."""
    return wrap(np.from_dlpack(ext_tensor))


def filled(make: Callable[..., Any], size: tuple[Any, ...], options: dict[str, Any], *value: Any) -> Any:
    """What ``zeros``, ``ones``, ``empty`` and ``full`` share: sizes, dtype, and the rest of the keywords."""
    if "size" in options:
        size = (options.pop("size"),)
    wanted = to_numpy(options.pop("dtype", None))
    grad = options.pop("requires_grad", False)
    check_device(options.pop("device", None))
    for inert in ("layout", "pin_memory", "memory_format"):
        options.pop(inert, None)
    if options:
        raise TypeError(f"{make.__name__}() got an unexpected keyword argument {next(iter(options))!r}")
    shape = sizes_of(size)
    if any(n < 0 for n in shape):
        raise RuntimeError(f"Trying to create tensor with negative dimension {min(shape)}: {list(shape)}")
    return finished(make(shape, *value, dtype=wanted), grad)


@creator
def zeros(*size: Any, **options: Any) -> Any:
    """A tensor of zeros.

    Args:
        size: Sizes of the dimensions, as numbers or one sequence.
        options: ``dtype`` (default: the default float), ``requires_grad``, ``device``.

    Source: ``torch.zeros``.

    Example:
        >>> mgx.zeros(2, 3)
        tensor([[0., 0., 0.],
                [0., 0., 0.]])
    """
    return filled(np.zeros, size, options)


@creator
def ones(*size: Any, **options: Any) -> Any:
    """A tensor of ones; arguments as `zeros`."""
    return filled(np.ones, size, options)


@creator
def empty(*size: Any, **options: Any) -> Any:
    """A tensor whose values are whatever the memory holds; arguments as `zeros`."""
    return filled(np.empty, size, options)


@creator
def full(size: Any, fill_value: Any, **options: Any) -> Any:
    """A tensor with one value everywhere; its dtype by default follows the value."""
    if isinstance(fill_value, Variable):
        fill_value = fill_value.array.item()
    if options.get("dtype") is None:
        options["dtype"] = bool if isinstance(fill_value, bool) else int if isinstance(fill_value, int) else None
    return filled(constant, (size,), options, fill_value)


def constant(shape: tuple[int, ...], value: Any, dtype: Any) -> np.ndarray:
    """An array with one value everywhere, which its dtype must hold."""
    return np.full(shape, element(value, dtype))


@creator
def eye(n: int, m: int | None = None, **options: Any) -> Any:
    """The identity matrix, of n rows and ``m`` (default n) columns."""
    return filled(lambda shape, dtype: np.eye(*shape, dtype=dtype), (n, n if m is None else m), options)


def like(make: Any, input: Any, options: dict[str, Any], *value: Any) -> Any:
    array = check_tensor(make.__name__ + "_like", input).array
    options["dtype"] = options.get("dtype") or input.dtype
    out = make(array.shape, *value, **options)
    if not array.flags.c_contiguous and 0 not in array.strides:  # it runs through memory as its model does
        laid_out = np.empty_like(array, out.array.dtype)
        laid_out[...] = out.array
        out.array = laid_out
    return out


@creator
def zeros_like(input: Any, **options: Any) -> Any:
    """Zeros in the shape and dtype of a tensor."""
    return like(zeros, input, options)


@creator
def ones_like(input: Any, **options: Any) -> Any:
    """Ones in the shape and dtype of a tensor."""
    return like(ones, input, options)


@creator
def empty_like(input: Any, **options: Any) -> Any:
    """Uninitialised, in the shape and dtype of a tensor."""
    return like(empty, input, options)


@creator
def full_like(input: Any, fill_value: Any, **options: Any) -> Any:
    """One value everywhere, in the shape and dtype of a tensor."""
    return like(full, input, options, fill_value)


def number(value: Any) -> Any:
    return value.item() if isinstance(value, Variable) else value  # type: ignore[attr-defined]


@creator
def arange(
    start: Any, end: Any = None, step: Any = 1, *, dtype: Any = None, requires_grad: bool = False, device: Any = None
) -> Any:
    """Numbers from ``start`` (default 0) up to, without, ``end``, in steps.

    Source: ``torch.arange``: int64 if all arguments are integers, else the default float.

    Example:
        >>> mgx.arange(1, 2, 0.5)
        tensor([1.0000, 1.5000])
    """
    check_device(device)
    start, end, step = (0, number(start), number(step)) if end is None else (number(start), number(end), number(step))
    if step == 0:
        raise RuntimeError("step must be nonzero")
    if not math.isfinite(end - start):
        raise RuntimeError(f"unsupported range: {start} -> {end}; arange needs finite bounds")
    if (end - start) * step < 0:
        raise RuntimeError("upper bound and lower bound inconsistent with step sign")
    whole = all(isinstance(v, int) for v in (start, end, step))
    kind = to_numpy(dtype) if dtype is not None else np.dtype(np.int64) if whole else default.numpy
    if kind.kind == "b":
        raise NotImplementedError("\"arange_cpu\" not implemented for 'Bool'; count in integers, and compare")
    n = math.ceil((end - start) / step)
    if kind.kind in "iu" and not whole:  # as in PyTorch, which then counts in whole numbers, in int64 their number too
        start, end, step = int(start), int(end), int(step)
        if kind == np.int64:
            return arange(start, end, step, dtype=dtype)
    return finished((start + np.arange(n) * step).astype(kind), requires_grad)


@creator
def linspace(
    start: Any, end: Any, steps: int, *, dtype: Any = None, requires_grad: bool = False, device: Any = None
) -> Any:
    """``steps`` numbers at equal distances from ``start`` to ``end``, both included.

    Source: ``torch.linspace``, which counts the second half from the end.

    Example:
        >>> mgx.linspace(0, 1, 3)
        tensor([0.0000, 0.5000, 1.0000])
    """
    check_device(device)
    if steps < 0:
        raise RuntimeError(f"number of steps must be non-negative; got {steps}")
    kind = to_numpy(dtype)
    work = kind if kind.kind == "f" else np.dtype(np.float64)
    a, b = (work.type(v if kind.kind == "f" else element(v, kind)) for v in (number(start), number(end)))
    step = (b - a) / work.type(max(steps - 1, 1))
    i: Any = np.arange(steps).astype(work)
    if work == np.float32:  # as in PyTorch, product and sum are rounded once
        a, b, step, i = (v.astype(np.float64) for v in (a, b, step, i))
    out = (
        np.where(np.arange(steps) < steps // 2, a + step * i, b - step * (steps - 1 - i))
        if steps > 1
        else np.full(steps, a)
    )
    return finished(out.astype(kind), requires_grad)


@creator
def logspace(
    start: Any,
    end: Any,
    steps: int,
    base: float = 10.0,
    *,
    dtype: Any = None,
    requires_grad: bool = False,
    device: Any = None,
) -> Any:
    """``base`` to the powers of `linspace`: numbers at equal ratios.

    Source: ``torch.logspace``.

    Example:
        >>> mgx.logspace(0, 2, 3)
        tensor([  1.,  10., 100.])
    """
    powers = linspace(start, end, steps, dtype=dtype, device=device).array
    return finished(np.power(float(base), powers.astype(np.float64)).astype(powers.dtype), requires_grad)


def triangle_indices(name: str, find: Any, row: int, col: int, offset: int, dtype: Any, device: Any) -> Any:
    """The places in one triangle of a matrix: rows, and below them columns, (2, n)."""
    check_device(device)
    if row < 0 or col < 0:
        raise RuntimeError(f"{name}: row and col must be non-negative, got {row} and {col}")
    return finished(np.stack(find(row, offset, col)).astype(to_numpy(dtype or int)), False)


@creator
def tril_indices(row: int, col: int, offset: int = 0, *, dtype: Any = None, device: Any = None) -> Any:
    """The places in the lower triangle of a matrix, row by row: (2, n), rows above columns.

    Source: ``torch.tril_indices``.

    Example:
        >>> mgx.tril_indices(2, 2)
        tensor([[0, 1, 1],
                [0, 0, 1]])
    """
    return triangle_indices("tril_indices", np.tril_indices, row, col, offset, dtype, device)


@creator
def triu_indices(row: int, col: int, offset: int = 0, *, dtype: Any = None, device: Any = None) -> Any:
    """The places in the upper triangle of a matrix; as `tril_indices`."""
    return triangle_indices("triu_indices", np.triu_indices, row, col, offset, dtype, device)


@creator
def is_tensor(obj: Any) -> bool:
    """Whether ``obj`` is a tensor."""
    return isinstance(obj, Variable)


def new(make: Any) -> Any:
    """``x.new_zeros(...)``: like the function, with the dtype of ``x``."""

    def method(self: Any, *args: Any, **options: Any) -> Any:
        options["dtype"] = options.get("dtype") or self.dtype
        return make(*args, **options)

    method.__name__ = method.__qualname__ = f"new_{make.__name__}"
    method.__doc__ = f"As ``{make.__name__}``, with the dtype of this tensor."
    return method


for make in (zeros, ones, empty, full, tensor):
    METHODS[f"new_{make.__name__}"] = new(make)
FUNCTIONS.update(CREATION)
