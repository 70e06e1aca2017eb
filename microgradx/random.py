"""Random numbers: PyTorch's own stream, bit for bit.

After ``manual_seed(0)`` this module draws the very numbers that PyTorch draws on an x86 CPU, so a script
prints the losses that it prints there. Everything starts from one sequence of 32-bit words, that of the
Mersenne Twister MT19937, which NumPy has too. A `microgradx.generator.Generator` turns words into arrays of
numbers, in the order in which they are drawn; the functions here, under PyTorch's names, make tensors of them or
write them into a tensor.
"""

import contextlib
import operator
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from microgradx.creation import finished
from microgradx.device import device as Device
from microgradx.dtypes import NumpyDtype, promote, to_numpy
from microgradx.generator import Generator, _cast, _largest
from microgradx.graph import Array, Variable, wrap
from microgradx.ops.face import face
from microgradx.ops.out import into
from microgradx.ops.shape import broadcast_tensors
from microgradx.size import Size
from microgradx.views import check_writable, write

__all__ = [
    "Generator",
    "bernoulli",
    "bernoulli_",
    "binomial",
    "cauchy_",
    "default_generator",
    "exponential_",
    "fork_rng",
    "geometric_",
    "get_rng_state",
    "initial_seed",
    "log_normal_",
    "manual_seed",
    "multinomial",
    "normal",
    "normal_",
    "poisson",
    "rand",
    "rand_like",
    "randint",
    "randint_like",
    "randn",
    "randn_like",
    "random_",
    "randperm",
    "seed",
    "set_rng_state",
    "uniform_",
]

float32 = np.float32


# ---------------------------------------------------------------- the default generator

default_generator = Generator()
default_generator.seed()


def manual_seed(seed: Any) -> Generator:
    """Start the default generator's sequence anew from ``seed``; return the generator.

    Raises: ValueError: ``seed`` does not fit 64 bits.

    Example:
        >>> mgx.manual_seed(0).initial_seed()
        0
        >>> mgx.randn(2)
        tensor([ 1.5410, -0.2934])
    """
    return default_generator.manual_seed(int(seed))


def seed() -> int:
    """Seed the default generator with a number that the operating system draws, and return it.

    Example:
        >>> mgx.seed() == mgx.initial_seed()
        True
    """
    return default_generator.seed()


def initial_seed() -> int:
    """The seed that the default generator's sequence started from.

    Example:
        >>> _ = mgx.manual_seed(7)
        >>> mgx.initial_seed()
        7
    """
    return default_generator.initial_seed()


def get_rng_state() -> Any:
    """The state of the default generator, see `Generator.get_state`."""
    return default_generator.get_state()


def set_rng_state(new_state: Any) -> None:
    """Put the default generator into a state that ``get_rng_state`` returned, see `Generator.set_state`."""
    default_generator.set_state(new_state)


@contextlib.contextmanager
def fork_rng(devices: Any = None, enabled: bool = True, **others: Any) -> Iterator[None]:
    """Draw inside the ``with`` without a trace: the default generator then goes on where it was.

    Args:
        devices: Of other devices' generators; there are none, so it is not used, nor are ``others``.
        enabled: If False, do nothing.

    Example:
        >>> _ = mgx.manual_seed(0)
        >>> with mgx.random.fork_rng():
        ...     inside = mgx.rand(1)
        >>> bool(inside == mgx.rand(1))
        True
    """
    if not enabled:
        yield
        return
    state = get_rng_state()
    try:
        yield
    finally:
        set_rng_state(state)


# ---------------------------------------------------------------- helpers of the functions


def _pick(generator: Generator | None) -> Generator:
    if generator is None:
        return default_generator
    if not isinstance(generator, Generator):
        raise TypeError(f"generator: expected a Generator, got {generator!r}; make one with Generator()")
    return generator


def _real(function: str, dtype: NumpyDtype) -> NumpyDtype:
    if dtype.kind != "f":
        raise NotImplementedError(
            f"{function}: expected a floating-point dtype, got torch.{dtype}; draw floats, or whole numbers"
        )
    return dtype


def _shape(function: str, size: Any) -> Size:
    """The shape that ``rand(2, 3)`` and ``rand((2, 3))`` ask for."""
    if len(size) == 1 and isinstance(size[0], Sequence):
        size = size[0]
    try:
        shape = Size(size)
    except TypeError:
        raise TypeError(f"{function}(): argument 'size' must be tuple of ints, got {size}") from None
    if min(shape, default=0) < 0:
        raise RuntimeError(f"Trying to create tensor with negative dimension {min(shape)}: {list(shape)}")
    return shape


def _new(function: str, array: Array, requires_grad: bool, options: dict[str, Any]) -> Any:
    """A tensor; ``options`` are those of PyTorch's keywords that leave nothing to choose here."""
    for name, value in options.items():
        if name not in ("device", "layout", "memory_format", "names", "out", "pin_memory"):
            raise TypeError(f"{function}() got an unexpected keyword argument '{name}'")
        if name == "device" and value is not None:
            Device(value)  # raises if it is not the CPU

    def drawn() -> Any:
        return finished(array, requires_grad)

    drawn.__name__ = function
    return into(options.get("out"), drawn)


def _memory_order(array: Array) -> list[int]:
    """The axes of ``array``, the one with the largest stride first: so fills run through it."""
    strides = [stride for stride, length in zip(array.strides, array.shape, strict=True) if length > 1]
    if 0 in strides:  # an expanded array has no order of its own
        return list(range(array.ndim))
    return sorted(range(array.ndim), key=lambda axis: -array.strides[axis])


def _laid_out(values: Array, like: Array) -> Array:
    """The drawn ``values`` as an array that runs through memory as ``like`` does."""
    order = _memory_order(like)
    back = [order.index(axis) for axis in range(like.ndim)]
    return values.reshape([like.shape[axis] for axis in order]).transpose(back)


def _integers(function: str, generator: Any, n: int, low: Any, high: Any, dtype: NumpyDtype) -> Array:
    """What `randint` and its kin draw, checked, as ``dtype``."""
    low, high = operator.index(low), operator.index(high)
    if low >= high:
        raise RuntimeError(
            f"{function} expects 'from' to be less than 'to', but got from={low} >= to={high}; swap them"
        )
    largest = _largest(dtype)
    least = {"b": 0, "u": 0, "i": -largest - 1, "f": -largest}[dtype.kind]
    if low < least or high - 1 > largest:
        raise RuntimeError(
            f"{function}: expected numbers from {least} to {largest}, which torch.{dtype} holds, "
            f"got from={low}, to={high}; use another dtype"
        )
    return _pick(generator).integers(n, low, high).astype(dtype)


def _bernoulli(function: str, generator: Any, n: int, p: Array) -> Array:
    """What `bernoulli` and `bernoulli_` draw, checked."""
    if isinstance(p, np.ndarray):
        _real(function, p.dtype)
    if not np.all((p >= 0) & (p <= 1)):
        raise RuntimeError(f"{function} expects p to be in [0, 1], but got p={p}; pass probabilities")
    return _pick(generator).bernoulli(n, p)


def _drawn_normal(generator: Generator | None, target: Array, mean: float = 0.0, std: float = 1.0) -> Array:
    """What fills ``target`` with normals: in blocks only if its elements follow one another."""
    one_by_one = not target.flags.c_contiguous
    return _pick(generator).normal(target.size, mean, std, target.dtype, one_by_one)


# ---------------------------------------------------------------- new tensors


@face(method=False)
def rand(
    *size: Any,
    generator: Generator | None = None,
    dtype: Any = None,
    requires_grad: bool = False,
    **options: Any,
) -> Any:
    """A tensor of numbers from 0 to below 1, all equally likely.

    Args:
        *size: The shape, as integers or as one tuple.
        generator: What draws; by default the generator that ``manual_seed`` seeds.
        dtype: A floating-point dtype; by default the default dtype.
        requires_grad: Whether to record operations on the result.
        **options: ``device``, ``layout``, ``pin_memory``: accepted, the CPU is all there is.

    Raises: NotImplementedError: ``dtype`` is not floating-point, or ``out`` is given.
    Source: ``torch.rand``, the same numbers for the same seed.

    Example:
        >>> _ = mgx.manual_seed(0)
        >>> mgx.rand(2, 2)
        tensor([[0.4963, 0.7682],
                [0.0885, 0.1320]])
    """
    shape = _shape("rand", options.pop("size", size))
    values = _pick(generator).uniform(shape.numel(), dtype=_real("rand", to_numpy(dtype)))
    return _new("rand", values.reshape(shape), requires_grad, options)


@face(method=False)
def randn(
    *size: Any,
    generator: Generator | None = None,
    dtype: Any = None,
    requires_grad: bool = False,
    **options: Any,
) -> Any:
    """A tensor of normally distributed numbers, of mean 0 and variance 1.

    Arguments and errors are those of `rand`.

    Source: ``torch.randn``, the same numbers for the same seed.

    Example:
        >>> _ = mgx.manual_seed(0)
        >>> mgx.randn(3)
        tensor([ 1.5410, -0.2934, -2.1788])
    """
    shape = _shape("randn", options.pop("size", size))
    values = _pick(generator).normal(shape.numel(), dtype=_real("randn", to_numpy(dtype)))
    return _new("randn", values.reshape(shape), requires_grad, options)


@face(method=False)
def randint(
    low: Any = None,
    high: Any = None,
    size: Any = None,
    *,
    generator: Generator | None = None,
    dtype: Any = None,
    requires_grad: bool = False,
    **options: Any,
) -> Any:
    """A tensor of whole numbers from ``low`` to below ``high``, all equally likely.

    ``randint(high, size)`` starts from 0.

    Args:
        low: The least number.
        high: One above the greatest.
        size: The shape, a tuple.
        dtype: By default int64.
        generator, requires_grad, **options: As for `rand`.

    Raises: RuntimeError: no number lies between, or ``dtype`` cannot hold them all.
    Source: ``torch.randint``, the same numbers for the same seed.

    Example:
        >>> _ = mgx.manual_seed(0)
        >>> mgx.randint(10, (5,)), mgx.randint(3, 5, (4,))
        (tensor([4, 9, 3, 0, 3]), tensor([4, 4, 4, 4]))
    """
    if size is None:
        low, high, size = 0, low, high
    elif low is None or high is None:
        low, high = 0, low if high is None else high
    if not isinstance(size, Sequence):
        raise TypeError(f"randint(): argument 'size' must be tuple of ints, not {type(size).__name__}")
    shape, as_numpy = _shape("randint", size), to_numpy(dtype or int)
    values = _integers("randint", generator, shape.numel(), low, high, as_numpy)
    return _new("randint", values.reshape(shape), requires_grad, options)


@face(method=False)
def randperm(
    n: int,
    *,
    generator: Generator | None = None,
    dtype: Any = None,
    requires_grad: bool = False,
    **options: Any,
) -> Any:
    """The numbers 0 to ``n - 1`` in random order.

    Args:
        n: How many.
        dtype: By default int64.
        generator, requires_grad, **options: As for `rand`.

    Raises: RuntimeError: ``n`` is negative, or ``dtype`` cannot hold the numbers.
    Source: ``torch.randperm``, the same order for the same seed.

    Example:
        >>> _ = mgx.manual_seed(0)
        >>> mgx.randperm(5)
        tensor([4, 0, 1, 3, 2])
    """
    (n,), as_numpy = _shape("randperm", [n]), to_numpy(dtype or int)
    if n > _largest(as_numpy):
        raise RuntimeError(f"randperm: expected a dtype that holds {n}, got torch.{as_numpy}; use a wider one")
    return _new("randperm", _pick(generator).permutation(n).astype(as_numpy), requires_grad, options)


@face(method=False)
def rand_like(
    input: Any,
    *,
    generator: Generator | None = None,
    dtype: Any = None,
    requires_grad: bool = False,
    **options: Any,
) -> Any:
    """`rand` with the shape, the dtype and the memory order of ``input``.

    Source: ``torch.rand_like``, the same numbers for the same seed.

    Example:
        >>> _ = mgx.manual_seed(0)
        >>> mgx.rand_like(mgx.zeros(2, 2).t())
        tensor([[0.4963, 0.0885],
                [0.7682, 0.1320]])
    """
    array = input.array
    as_numpy = _real("rand_like", to_numpy(dtype or array.dtype))
    values = _pick(generator).uniform(array.size, dtype=as_numpy)
    return _new("rand_like", _laid_out(values, array), requires_grad, options)


@face(method=False)
def randn_like(
    input: Any,
    *,
    generator: Generator | None = None,
    dtype: Any = None,
    requires_grad: bool = False,
    **options: Any,
) -> Any:
    """`randn` with the shape, the dtype and the memory order of ``input``.

    Source: ``torch.randn_like``, the same numbers for the same seed.

    Example:
        >>> _ = mgx.manual_seed(0)
        >>> mgx.randn_like(mgx.zeros(3))
        tensor([ 1.5410, -0.2934, -2.1788])
    """
    array = input.array
    as_numpy = _real("randn_like", to_numpy(dtype or array.dtype))
    target = _laid_out(np.empty(array.size, as_numpy), array)
    return _new("randn_like", _laid_out(_drawn_normal(generator, target), target), requires_grad, options)


@face(method=False)
def randint_like(
    input: Any,
    low: Any,
    high: Any = None,
    *,
    generator: Generator | None = None,
    dtype: Any = None,
    requires_grad: bool = False,
    **options: Any,
) -> Any:
    """`randint` with the shape, the dtype and the memory order of ``input``.

    Source: ``torch.randint_like``, the same numbers for the same seed.

    Example:
        >>> _ = mgx.manual_seed(0)
        >>> mgx.randint_like(mgx.zeros(3), 10)
        tensor([4., 9., 3.])
    """
    low, high = (0, low) if high is None else (low, high)
    array = input.array
    values = _integers("randint_like", generator, array.size, low, high, to_numpy(dtype or array.dtype))
    return _new("randint_like", _laid_out(values, array), requires_grad, options)


@face(method=False)
def normal(
    mean: Any = 0.0,
    std: Any = 1.0,
    size: Any = None,
    *,
    generator: Generator | None = None,
    dtype: Any = None,
    requires_grad: bool = False,
    **options: Any,
) -> Any:
    """A tensor of normally distributed numbers, each with its own mean and standard deviation.

    Args:
        mean: A number, or a float tensor.
        std: A number, or a float tensor; the two are broadcast.
        size: The shape, a tuple: needed with two numbers, and only then.
        dtype: With two numbers; by default the default dtype.
        generator, requires_grad, **options: As for `rand`.

    Raises:
        RuntimeError: a standard deviation is negative.
        TypeError: two numbers come without ``size``, or a tensor with it.

    Source: ``torch.normal``, the same numbers for the same seed. The result is a constant: no gradient flows
        to ``mean`` and ``std`` (through ``mean + std * randn(...)`` it does).

    Example:
        >>> _ = mgx.manual_seed(0)
        >>> mgx.normal(10.0, 0.1, (3,))
        tensor([10.1541,  9.9707,  9.7821])
        >>> mgx.normal(mgx.tensor([0.0, 100.0]), 1.0)
        tensor([ 0.5684, 98.9155])
    """
    mean, std = (x.array if isinstance(x, Variable) else x for x in (mean, std))
    like = next((x for x in (mean, std) if isinstance(x, (np.ndarray, np.generic))), None)
    if (like is None) == (size is None):
        raise TypeError(
            "normal: expected size with two numbers, and not with a tensor, "
            f"got mean={mean}, std={std}, size={size}; write normal(0.0, 1.0, (3,)), or pass tensors"
        )
    if not np.all(std >= 0):
        raise RuntimeError(f"normal expects all elements of std >= 0.0, but got {std}; pass their absolute values")
    if like is None:
        shape = _shape("normal", size)
        values = _pick(generator).normal(shape.numel(), mean, std, _real("normal", to_numpy(dtype)))
        return _new("normal", values.reshape(shape), requires_grad, options)
    shape, as_numpy = Size(np.broadcast_shapes(np.shape(mean), np.shape(std))), _real("normal", like.dtype)
    several = isinstance(std, (np.ndarray, np.generic))
    values = _pick(generator).normal(shape.numel(), 0.0, 1.0 if several else std, as_numpy).reshape(shape)
    if several:
        values = np.multiply(*promote(values, std)).astype(as_numpy)
    return _new("normal", np.add(*promote(values, mean)).astype(as_numpy), requires_grad, options)


@face
def bernoulli(input: Any, p: Any = None, *, generator: Generator | None = None, out: Any = None) -> Any:
    """Ones with the probabilities in ``input``, else zeros; or all with the probability ``p``, in its shape.

    Raises:
        RuntimeError: a probability is not from 0 to 1.
        NotImplementedError: ``input`` is to give probabilities, but holds no floats.

    Source: ``torch.bernoulli``, the same numbers for the same seed. The result is a constant.

    Example:
        >>> _ = mgx.manual_seed(0)
        >>> mgx.bernoulli(mgx.tensor([0.0, 0.5, 0.5, 1.0]))
        tensor([0., 0., 1., 1.])
    """
    array = input.array
    values = _bernoulli("bernoulli", generator, array.size, array.ravel() if p is None else p)
    return _new("bernoulli", values.astype(array.dtype).reshape(array.shape), False, {"out": out})


@face(method=False)
def poisson(input: Any, generator: Generator | None = None) -> Any:
    """Numbers of events when ``input``, a float tensor, are expected: one for each element.

    Raises: RuntimeError: a rate is negative. NotImplementedError: ``input`` holds no floats.
    Source: ``torch.poisson``, the same numbers for the same seed. The result is a constant.

    Example:
        >>> _ = mgx.manual_seed(0)
        >>> mgx.poisson(mgx.tensor([1.0, 5.0, 50.0]))
        tensor([ 2.,  6., 49.])
    """
    rates, dtype = input.array, _real("poisson", input.array.dtype)
    if not np.all(rates >= 0):
        raise RuntimeError("poisson: invalid Poisson rate, expected rate to be non-negative; clamp the rates")
    return wrap(_cast(_pick(generator).poisson(rates.ravel()), dtype).reshape(rates.shape))


@face(method=False)
def binomial(count: Any, prob: Any, generator: Generator | None = None) -> Any:
    """Numbers of successes in ``count`` trials with the probabilities ``prob``: float tensors, broadcast.

    Raises: ValueError: ``count`` holds no floats. RuntimeError: the tensors differ in dtype.
    Source: ``torch.binomial``, the same numbers for the same seed. The result is a constant.

    Example:
        >>> _ = mgx.manual_seed(0)
        >>> mgx.binomial(mgx.full((3,), 10.0), mgx.tensor([0.0, 0.5, 1.0]))
        tensor([ 0.,  7., 10.])
    """
    if count.array.dtype.kind != "f":
        raise ValueError(f"binomial only supports floating-point dtypes for count, got: {count.dtype}; convert it")
    if count.array.dtype != prob.array.dtype:
        raise RuntimeError(f"binomial: expected probabilities of dtype {count.dtype} too, got {prob.dtype}")
    counts, p = (x.array for x in broadcast_tensors(count, prob))
    return wrap(_pick(generator).binomial(counts.ravel(), p.ravel()).reshape(p.shape))


@face
def multinomial(
    input: Any,
    num_samples: int,
    replacement: bool = False,
    *,
    generator: Generator | None = None,
    out: Any = None,
) -> Any:
    """Indices of categories, drawn with the weights in ``input``.

    Args:
        input: Weights, not negative; they need not sum to 1.
        num_samples: How many to draw from each row.
        replacement: Whether a category may be drawn again.

    Shape:
        (C) -> (num_samples), or (N, C) -> (N, num_samples).

    Raises: RuntimeError: a weight is negative or not finite, all of a row are zero, there are fewer
        categories than samples without replacement, or ``num_samples`` is not positive.
    Source: ``torch.multinomial``, the same numbers for the same seed (but for the order of categories of
        weight 0, drawn when nothing else is left).

    Example:
        >>> _ = mgx.manual_seed(0)
        >>> mgx.multinomial(mgx.tensor([1.0, 1.0, 2.0]), 6, replacement=True)
        tensor([2, 2, 1, 2, 2, 2])
    """
    weights, k = input.array, operator.index(num_samples)
    _real("multinomial", weights.dtype)
    if weights.ndim not in (1, 2):
        raise RuntimeError(f"multinomial: prob_dist must be 1 or 2 dim, got {weights.ndim}; reshape it")
    if k <= 0:
        raise RuntimeError(f"multinomial: cannot sample n_sample <= 0 samples, got {k}; draw at least one")
    if k > weights.shape[-1] and not replacement:
        raise RuntimeError(
            "multinomial: cannot sample n_sample > prob_dist.size(-1) samples without replacement, "
            f"got {k} of {weights.shape[-1]}; draw fewer, or with replacement=True"
        )
    if not np.all(np.isfinite(weights) & (weights >= 0)):
        raise RuntimeError("probability tensor contains either `inf`, `nan` or element < 0; pass weights of 0 or more")
    if not np.all(weights.any(-1)):
        raise RuntimeError("invalid multinomial distribution (sum of probabilities <= 0); no row may be all 0")
    generator = _pick(generator)
    if replacement and k > 1:
        indices = _with_replacement(generator, np.atleast_2d(weights), k).reshape(*weights.shape[:-1], k)
    else:
        # With x drawn from the exponential distribution, w / x is the greatest with probability w / sum(w).
        ratios = weights / _laid_out(_cast(generator.exponential(weights.size), weights.dtype), weights)
        indices = np.argsort(-ratios, axis=-1, kind="stable")[..., :k]
    return _new("multinomial", indices, False, {"out": out})


def _with_replacement(generator: Generator, weights: Array, k: int) -> Array:
    """Where ``k`` uniform numbers fall among the running sums of each row's weights."""
    sums = weights.cumsum(-1, dtype=np.result_type(weights, float32))
    sums = (sums / sums[:, -1:]).astype(np.float64)
    sums[:, -1] = 1
    draws = generator.uniform(len(weights) * k, dtype=np.float64).reshape(-1, k)
    return np.stack([np.searchsorted(row, draw) for row, draw in zip(sums, draws, strict=True)])


# ---------------------------------------------------------------- fills: these write into a tensor


def _fill(name: str, tensor: Any, values: Array) -> Any:
    """Write the drawn values into a tensor, in the order of its memory."""
    array = tensor.array
    return write(tensor, wrap(_laid_out(_cast(values, array.dtype), array)), name)


@face(function=False)
def uniform_(self: Any, from_: float = 0.0, to: float = 1.0, *, generator: Generator | None = None) -> Any:
    """Fill with numbers from ``from_`` to below ``to``, all equally likely.

    Raises:
        RuntimeError: ``from_`` is above ``to``, or the way between them is not finite.
        NotImplementedError: the tensor holds no floats.

    Source: ``Tensor.uniform_``, the same numbers for the same seed.

    Example:
        >>> _ = mgx.manual_seed(0)
        >>> mgx.empty(3).uniform_(-1, 1)
        tensor([-0.0075,  0.5364, -0.8230])
    """
    check_writable(self, "uniform_")
    dtype = _real("uniform_", self.array.dtype)
    largest = float(np.finfo(dtype).max)
    if not (0 <= to - from_ <= largest and -largest <= from_ and to <= largest):
        raise RuntimeError(
            "uniform_ expects to return a [from, to) range that the dtype holds, "
            f"but found from={from_}, to={to}; give the lower bound first"
        )
    return _fill("uniform_", self, _pick(generator).uniform(self.array.size, from_, to, dtype))


@face(function=False)
def normal_(self: Any, mean: float = 0.0, std: float = 1.0, *, generator: Generator | None = None) -> Any:
    """Fill with normally distributed numbers.

    Raises: RuntimeError: ``std`` is negative. NotImplementedError: the tensor holds no floats.
    Source: ``Tensor.normal_``, the same numbers for the same seed.

    Example:
        >>> _ = mgx.manual_seed(0)
        >>> mgx.empty(3).normal_(10, 0.1)
        tensor([10.1541,  9.9707,  9.7821])
    """
    check_writable(self, "normal_")
    _real("normal_", self.array.dtype)
    if not std >= 0:
        raise RuntimeError(f"normal expects std >= 0.0, but found std {std}; pass its absolute value")
    return _fill("normal_", self, _drawn_normal(generator, self.array, mean, std))


@face(function=False)
def random_(self: Any, *bounds: Any, generator: Generator | None = None) -> Any:
    """Fill with whole numbers: ``random_(from, to)``, ``random_(to)`` from 0, or ``random_()``.

    Without bounds they run from 0 to the largest of the dtype; for floats, to the last before gaps exceed 1.

    Raises: RuntimeError: no number lies between the bounds, or the dtype cannot hold them all.
    Source: ``Tensor.random_``, the same numbers for the same seed.

    Example:
        >>> _ = mgx.manual_seed(0)
        >>> mgx.empty(4).random_(10), mgx.zeros(2, dtype=mgx.int8).random_()
        (tensor([4., 9., 3., 0.]), tensor([ 67, 123], dtype=torch.int8))
    """
    check_writable(self, "random_")
    array = self.array
    if not bounds:
        return _fill("random_", self, _pick(generator).full_range(array.size, array.dtype))
    low, high = bounds if len(bounds) == 2 else (0, *bounds)
    return _fill("random_", self, _integers("random_", generator, array.size, low, high, array.dtype))


@face(function=False)
def bernoulli_(self: Any, p: Any = 0.5, *, generator: Generator | None = None) -> Any:
    """Fill with ones with probability ``p`` (a number, or a float tensor that is broadcast), else zeros.

    Raises: RuntimeError: a probability is not from 0 to 1.
    Source: ``Tensor.bernoulli_``, the same numbers for the same seed. (On Intel processors PyTorch lets MKL
        draw, from another stream, if ``p`` is a number.)

    Example:
        >>> _ = mgx.manual_seed(0)
        >>> mgx.empty(6).bernoulli_(0.5)
        tensor([0., 0., 1., 0., 0., 0.])
    """
    check_writable(self, "bernoulli_")
    array = self.array
    if isinstance(p, Variable):  # bring them into the order of drawing
        p = np.broadcast_to(p.array, array.shape).transpose(_memory_order(array)).ravel()
    return _fill("bernoulli_", self, _bernoulli("bernoulli_", generator, array.size, p))


@face(function=False)
def exponential_(self: Any, lambd: float = 1.0, *, generator: Generator | None = None) -> Any:
    """Fill with exponentially distributed numbers, of mean ``1 / lambd``.

    Raises: RuntimeError: ``lambd`` is not positive. NotImplementedError: the tensor holds no floats.
    Source: ``Tensor.exponential_``, the same numbers for the same seed.

    Example:
        >>> _ = mgx.manual_seed(0)
        >>> mgx.empty(2).exponential_()
        tensor([3.5083, 1.2304])
    """
    check_writable(self, "exponential_")
    _real("exponential_", self.array.dtype)
    if not lambd > 0:
        raise RuntimeError(f"exponential_ expects lambda > 0.0, but found lambda={lambd}; pass a rate")
    return _fill("exponential_", self, _pick(generator).exponential(self.array.size, lambd))


@face(function=False)
def geometric_(self: Any, p: float, *, generator: Generator | None = None) -> Any:
    """Fill with numbers of trials until the first success, of probability ``p`` each.

    Raises: RuntimeError: ``p`` is not between 0 and 1. NotImplementedError: the tensor holds bools.
    Source: ``Tensor.geometric_``, the same numbers for the same seed.

    Example:
        >>> _ = mgx.manual_seed(0)
        >>> mgx.empty(4).geometric_(0.1)
        tensor([1., 4., 8., 1.])
    """
    check_writable(self, "geometric_")
    if self.array.dtype.kind == "b":
        raise NotImplementedError("geometric_: expected numbers, got torch.bool; fill an integer tensor")
    if not 0 < p < 1:
        raise RuntimeError(f"geometric_ expects p to be in (0, 1), but got p={p}; pass a probability")
    return _fill("geometric_", self, _pick(generator).geometric(self.array.size, p))


@face(function=False)
def cauchy_(self: Any, median: float = 0.0, sigma: float = 1.0, *, generator: Generator | None = None) -> Any:
    """Fill with numbers of Cauchy's distribution, half of them within ``sigma`` of ``median``.

    Raises: RuntimeError: ``sigma`` is not positive. NotImplementedError: the tensor holds no floats.
    Source: ``Tensor.cauchy_``, the same numbers for the same seed.

    Example:
        >>> _ = mgx.manual_seed(0)
        >>> mgx.empty(2).cauchy_()
        tensor([10.5977,  0.7648])
    """
    check_writable(self, "cauchy_")
    _real("cauchy_", self.array.dtype)
    if not sigma > 0:
        raise RuntimeError(f"cauchy_ expects sigma > 0.0, but found sigma={sigma}; pass a width")
    return _fill("cauchy_", self, _pick(generator).cauchy(self.array.size, median, sigma))


@face(function=False)
def log_normal_(self: Any, mean: float = 1.0, std: float = 2.0, *, generator: Generator | None = None) -> Any:
    """Fill with numbers whose logarithm is normal, with that mean and standard deviation.

    Raises: RuntimeError: ``std`` is not positive. NotImplementedError: the tensor holds no floats.
    Source: ``Tensor.log_normal_``, the same numbers for the same seed.

    Example:
        >>> _ = mgx.manual_seed(0)
        >>> mgx.empty(2).log_normal_()
        tensor([59.2634,  1.5116])
    """
    check_writable(self, "log_normal_")
    _real("log_normal_", self.array.dtype)
    if not std > 0:
        raise RuntimeError(f"log_normal_ expects std > 0.0, but found std={std}; pass its absolute value")
    return _fill("log_normal_", self, _pick(generator).log_normal(self.array.size, mean, std))
