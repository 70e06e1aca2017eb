"""Element types: the dtype objects, the default dtype, and PyTorch's rules of promotion.

Three rules decide the dtype of ``x + y``. NumPy's differ, so the operands pass through ``promote`` first:

1. Types have categories, bool < integer < float. The higher category wins: int64 with float32 is float32.
2. Operands have ranks, Python scalar < 0-d tensor < tensor. Within a category the higher rank wins, whatever
   the size of its type: a float32 matrix times a 0-d float64 stays float32.
3. Between equals, the smallest type that holds both wins: uint8 with int8 is int16.
"""

from typing import Any

import numpy as np

# `float`, `int` and `bool` are dtypes in the public namespace. In this module they keep their Python meaning:
# it defines `bool_`, and `names` holds every public spelling.
__all__ = [
    "as_dtype",
    "bfloat16",
    "bool_",
    "can_cast",
    "default",
    "double",
    "dtype",
    "finfo",
    "float16",
    "float32",
    "float64",
    "get_default_dtype",
    "half",
    "iinfo",
    "int8",
    "int16",
    "int32",
    "int64",
    "long",
    "names",
    "promote",
    "promote_types",
    "result_type",
    "set_default_dtype",
    "short",
    "to_numpy",
    "uint8",
]

NumpyDtype = np.dtype[Any]


class dtype:
    """The type of a tensor's elements; there is one object of each, so ``is`` and ``==`` agree.

    Attributes:
        name: ``"float32"``.
        numpy: The ``np.dtype`` that stores it.
        is_floating_point: True for float16, float32 and float64, the types that can carry a gradient.
        is_signed: True where negative values fit.
        is_complex: Always False, there are no complex tensors.
        itemsize: Size of an element, in bytes.

    Source: ``torch.dtype``, which prints the same text.

    Example:
        >>> mgx.float32
        torch.float32
        >>> mgx.float32.itemsize, mgx.uint8.is_signed
        (4, False)
    """

    __slots__ = ("is_complex", "is_floating_point", "is_signed", "itemsize", "name", "numpy")

    def __init__(self, name: str) -> None:
        self.name = name
        self.numpy: NumpyDtype = np.dtype(name)
        self.is_floating_point = self.numpy.kind == "f"
        self.is_signed = self.numpy.kind in "if"
        self.is_complex = False
        self.itemsize = self.numpy.itemsize

    def __repr__(self) -> str:
        return f"torch.{self.name}"

    def __reduce__(self) -> Any:
        return as_dtype, (self.numpy,)  # a copy, or a pickle read back, is the same object


class _Absent(dtype):
    """A dtype that NumPy does not have: it can be named, as scripts do that choose one of several, but not used."""

    __slots__ = ()

    def __init__(self, name: str, itemsize: int) -> None:
        self.name = name
        self.is_floating_point = self.is_signed = True
        self.is_complex = False
        self.itemsize = itemsize

    @property
    def numpy(self) -> NumpyDtype:  # type: ignore[override]
        raise TypeError(f"{self.name}: NumPy does not have this dtype; use float32, or float16")

    def __reduce__(self) -> Any:
        return self.name


bool_ = dtype("bool")
uint8 = dtype("uint8")
int8 = dtype("int8")
int16 = short = dtype("int16")
int32 = dtype("int32")
int64 = long = dtype("int64")
float16 = half = dtype("float16")
float32 = dtype("float32")
float64 = double = dtype("float64")
bfloat16 = _Absent("bfloat16", 2)

_all = (bool_, uint8, int8, int16, int32, int64, float16, float32, float64)
_by_numpy = {each.numpy: each for each in _all}
_by_python: dict[Any, dtype] = {bool: bool_, int: int64, float: float64}

names: dict[str, dtype] = {each.name: each for each in _all} | {
    "short": int16,
    "int": int32,
    "long": int64,
    "half": float16,
    "float": float32,
    "double": float64,
}


def as_dtype(numpy_dtype: NumpyDtype) -> dtype:
    """The dtype object of a NumPy dtype.

    Raises: TypeError: no tensor holds this type (complex64, uint16, strings, objects, another byte order).

    Example:
        >>> from microgradx.dtypes import as_dtype
        >>> as_dtype(np.dtype("int8"))
        torch.int8
    """
    found = _by_numpy.get(numpy_dtype)
    if found is None:
        known = ", ".join(each.name for each in _all)
        raise TypeError(f"as_dtype: expected one of {known}, got {numpy_dtype}; convert the array with astype first")
    return found


def to_numpy(spec: Any) -> NumpyDtype:
    """The NumPy dtype that ``spec`` asks for: a dtype, an ``np.dtype``, ``bool``, ``int``, ``float`` or None.

    The Python types mean bool, int64 and float64, as in PyTorch; None means the default dtype.

    Raises: TypeError: ``spec`` is none of these, or no tensor holds it.

    Example:
        >>> from microgradx.dtypes import to_numpy
        >>> to_numpy(mgx.float16), to_numpy(int), to_numpy(None)
        (dtype('float16'), dtype('int64'), dtype('float32'))
    """
    if isinstance(spec, dtype):
        return spec.numpy
    if isinstance(spec, np.dtype):
        return as_dtype(spec).numpy
    if spec is None:
        return default.numpy
    if isinstance(spec, type) and spec in _by_python:
        return _by_python[spec].numpy
    raise TypeError(f"to_numpy: expected a dtype, got {spec!r}; use one such as float32 or int64")


class Default:
    """Holds the dtype of floats for which none is named; hot code reads ``default.numpy``."""

    __slots__ = ("numpy",)

    def __init__(self) -> None:
        self.numpy: NumpyDtype = float32.numpy


default = Default()


def get_default_dtype() -> dtype:
    """The dtype that floats get when none is named.

    Example:
        >>> mgx.get_default_dtype()
        torch.float32
    """
    return as_dtype(default.numpy)


def set_default_dtype(d: dtype) -> None:
    """Set the dtype that floats get when none is named.

    Raises: TypeError: ``d`` is not a floating-point dtype.

    Example:
        >>> mgx.set_default_dtype(mgx.float64)
        >>> mgx.tensor(1.5).dtype
        torch.float64
        >>> mgx.set_default_dtype(mgx.float32)
    """
    if not isinstance(d, dtype) or not d.is_floating_point:
        raise TypeError(f"only floating-point types are supported as the default type, got {d}; use float32")
    default.numpy = d.numpy


# Promotion.

_category = {"b": 0, "u": 1, "i": 1, "f": 2}  # by NumPy's dtype.kind
_python_scalars = (bool, int, float)


def between(a: NumpyDtype, b: NumpyDtype) -> NumpyDtype:
    """The dtype to which two of equal rank are converted."""
    rise = _category[a.kind] - _category[b.kind]
    if rise:  # NumPy would widen the float so that it holds every integer; PyTorch keeps it
        return a if rise > 0 else b
    return np.promote_types(a, b)


def _rank_and_dtype(x: Any) -> tuple[int, NumpyDtype]:
    """Rank and type of a tensor, array or Python scalar; a Python float counts as the default dtype."""
    if isinstance(x, _python_scalars) and not isinstance(x, np.generic):  # np.float64 is a Python float too
        return 0, default.numpy if isinstance(x, float) else _by_python[type(x)].numpy
    return (2 if x.ndim else 1), to_numpy(x.dtype)


def _common(x: Any, y: Any) -> NumpyDtype:
    (rank_x, a), (rank_y, b) = _rank_and_dtype(x), _rank_and_dtype(y)
    if rank_x == rank_y:
        return between(a, b)
    higher, lower = (a, b) if rank_x > rank_y else (b, a)
    return lower if _category[lower.kind] > _category[higher.kind] else higher


def _wrap(value: int, integer: NumpyDtype) -> int:
    """``value`` as C stores it in ``integer``: modulo 2**bits, where NumPy would raise."""
    if not -(2**63) <= value < 2**64:
        raise OverflowError(f"promote: expected an integer that fits 64 bits, got {value}; use a float")
    count = 1 << 8 * integer.itemsize
    lowest = -count // 2 if integer.kind == "i" else 0
    return (value - lowest) % count + lowest


def _with_scalar(x: Any, y: Any) -> tuple[Any, Any]:
    """Promote an array and a Python scalar, which stays one: NumPy casts it to the array's type."""
    if x.dtype.kind == "f":
        return x, y
    common = _common(x, y)
    if common.kind in "ui" and not isinstance(y, bool):
        y = _wrap(y, common)
    return x.astype(common, copy=False), y


def promote(x: Any, y: Any) -> tuple[Any, Any]:
    """Bring two operands to the dtype that PyTorch computes in.

    Args:
        x: An ndarray, a NumPy scalar (a 0-d tensor's value), or a Python bool, int or float.
        y: The same.

    Returns:
        ``x`` and ``y`` of one dtype. An operand that has it already is returned as it is; a Python scalar
        beside an array stays one, wrapped into the range of an integer type, and NumPy does the rest.

    Raises: OverflowError: a Python integer beside integers does not fit 64 bits.
    Source: PyTorch's "type promotion"; the tests compare every pair with ``torch.result_type``.

    Example:
        >>> from microgradx.dtypes import promote
        >>> x, y = promote(np.ones(2, np.float32), np.float64(3))
        >>> (x * y).dtype
        dtype('float32')
        >>> promote(np.ones(1, np.int8), 300)
        (array([1], dtype=int8), 44)
    """
    try:
        if type(y) in _python_scalars:
            if type(x) in _python_scalars:
                common = _common(x, y).type
                return common(x), common(y)
            return _with_scalar(x, y)
        if type(x) in _python_scalars:
            y, x = _with_scalar(y, x)
            return x, y
        if x.dtype is y.dtype:
            return x, y
        common_dtype = _common(x, y)
        return x.astype(common_dtype, copy=False), y.astype(common_dtype, copy=False)
    except AttributeError:
        found = f"{type(x).__name__} and {type(y).__name__}"
        raise TypeError(f"expected tensors and numbers, got {found}; make a tensor with tensor(...)") from None


def result_type(x: Any, y: Any) -> dtype:
    """The dtype of ``x + y``, for tensors, arrays and Python scalars.

    Example:
        >>> mgx.result_type(mgx.ones(2, dtype=mgx.int8), 1.5)
        torch.float32
    """
    return as_dtype(_common(x, y))


def promote_types(type1: dtype, type2: dtype) -> dtype:
    """The smallest dtype, of the higher category, to which both convert.

    Example:
        >>> mgx.promote_types(mgx.uint8, mgx.int8), mgx.promote_types(mgx.int64, mgx.float16)
        (torch.int16, torch.float16)
    """
    return as_dtype(between(type1.numpy, type2.numpy))


def can_cast(from_: dtype, to: dtype) -> bool:
    """Whether a result of ``from_`` may be stored in ``to``: it may lose digits, but not fall a category.

    Example:
        >>> mgx.can_cast(mgx.float64, mgx.float16), mgx.can_cast(mgx.float16, mgx.int64)
        (True, False)
    """
    return _category[from_.numpy.kind] <= _category[to.numpy.kind]


# Limits.


class finfo:
    """Limits of a floating-point dtype, by default of the default dtype.

    Attributes:
        bits: Size of an element, in bits.
        eps: Distance from 1 to the next number.
        max: Largest finite number.
        min: Lowest finite number, ``-max``.
        tiny: Smallest positive number of full precision, also called ``smallest_normal``.
        resolution: Decimal resolution, 10 to the minus number of digits that are always right.
        dtype: Name of the type.

    Raises: TypeError: ``type`` is not floating-point.

    Example:
        >>> mgx.finfo(mgx.float32).eps
        1.1920928955078125e-07
    """

    def __init__(self, type: dtype | None = None) -> None:
        type = type or get_default_dtype()
        if not type.is_floating_point:
            raise TypeError(f"finfo: expected a floating-point dtype, got {type}; use iinfo for integers")
        limits = np.finfo(type.numpy)
        self.bits = limits.bits
        self.eps = float(limits.eps)
        self.max = float(limits.max)
        self.min = float(limits.min)
        self.tiny = self.smallest_normal = float(limits.tiny)
        self.resolution = 10.0**-limits.precision
        self.dtype = type.name

    def __eq__(self, other: object) -> bool:
        return isinstance(other, finfo) and self.dtype == other.dtype

    def __hash__(self) -> int:
        return hash(self.dtype)

    def __repr__(self) -> str:
        fields = ("resolution", "min", "max", "eps", "smallest_normal", "tiny")
        limits = ", ".join(f"{field}={getattr(self, field):g}" for field in fields)
        return f"finfo({limits}, dtype={self.dtype})"


class iinfo:
    """Limits of an integer dtype: ``bits``, ``min``, ``max``, and ``dtype``, its name.

    Raises: TypeError: ``type`` is not an integer dtype.

    Example:
        >>> mgx.iinfo(mgx.int8)
        iinfo(min=-128, max=127, dtype=int8)
    """

    def __init__(self, type: dtype) -> None:
        if _category[type.numpy.kind] != 1:
            raise TypeError(f"iinfo: expected an integer dtype, got {type}; use finfo for floats")
        limits = np.iinfo(type.numpy)
        self.bits = limits.bits
        self.max = int(limits.max)
        self.min = int(limits.min)
        self.dtype = type.name

    def __eq__(self, other: object) -> bool:
        return isinstance(other, iinfo) and self.dtype == other.dtype

    def __hash__(self) -> int:
        return hash(self.dtype)

    def __repr__(self) -> str:
        return f"iinfo(min={self.min:g}, max={self.max:g}, dtype={self.dtype})"
