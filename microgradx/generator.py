"""PyTorch's random stream, on arrays: how the words of a Mersenne Twister become numbers.

What makes the stream PyTorch's is how many words a value takes, which of their bits, and every rounding on the way.
Some arithmetic is fused in PyTorch: ``x * y + z`` is rounded once, not twice, and `_fma` does so too. Float64 values
take logarithms and sines from the C library, as in PyTorch, by way of `math`: NumPy's own differ in the last place.
Float32 normals take them from the polynomials of the Cephes library.
"""

import functools
import math
import os
from collections.abc import Callable
from typing import Any

import numpy as np

from microgradx.device import device as Device
from microgradx.dtypes import NumpyDtype
from microgradx.graph import Array, Variable, wrap

__all__ = ["Generator"]

float32 = np.float32
SEED = 67280421310721  # of a Generator that was given none; PyTorch's


# ---------------------------------------------------------------- exact arithmetic


def _two_sum(x: Array, y: Array) -> tuple[Array, Array]:
    """``x + y`` as a float64 and the error of its rounding, which is a float64 too (Knuth)."""
    total = x + y
    z = total - x
    return total, (x - (total - z)) + (y - z)


def _halves(x: Array) -> tuple[Array, Array]:
    """``x`` as the sum of two numbers of 26 bits, whose products are exact (Veltkamp)."""
    scaled = x * (2.0**27 + 1)
    high = scaled - (scaled - x)
    return high, x - high


def _two_product(x: Array, y: Array) -> tuple[Array, Array]:
    """``x * y`` as a float64 and the error of its rounding (Dekker)."""
    product = x * y
    (a, b), (c, d) = _halves(x), _halves(y)
    return product, ((a * c - product) + a * d + b * c) + b * d


def _fma(x: Array, y: float, z: float) -> Array:
    """``x * y + z`` in float64, rounded once.

    Source: S. Boldo and G. Melquiond, "Emulation of FMA and correctly rounded sums: proved algorithms using
    rounding to odd" (2008). The small parts are added first, and where that sum is not exact its last bit is
    made odd, so that the final addition cannot take it for a tie.
    """
    if (y, z) == (1, 0):  # as for the standard normal distribution
        return x
    product, product_error = _two_product(x, np.float64(y))
    low, low_error = _two_sum(product_error, np.float64(z))
    high, high_error = _two_sum(product, low)
    rest, error = _two_sum(low_error, high_error)
    even = rest.view(np.int64) % 2 == 0
    odd = np.nextafter(rest, np.copysign(np.inf, error))
    return high + np.where((error != 0) & even, odd, rest)


def _fma32(x: Array, y: Array, z: Array) -> Array:
    """``x * y + z`` of float32 numbers: in float64 the product is exact, and the sum nearly always."""
    return np.add(np.multiply(x, y, dtype=np.float64), z).astype(float32)


def _libm(function: Callable[[float], float], x: Array) -> Array:
    """A function of the C library on each element."""
    return np.fromiter(map(function, x.tolist()), np.float64, x.size)


PIECE = 2**14


def _by_pieces(n: int, dtype: Any, draw: Callable[[int], Array]) -> Array:
    """``draw(n)``, by so many numbers at a time that what is computed on the way stays in the cache."""
    if n <= PIECE:
        return draw(n)
    out = np.empty(n, dtype)
    for i in range(0, n, PIECE):
        out[i : i + PIECE] = draw(min(PIECE, n - i))
    return out


def _exp(x: float) -> float:
    try:
        return math.exp(x)
    except OverflowError:
        return math.inf


# The polynomials of Cephes (S. Moshier), highest power first, as PyTorch evaluates them with AVX2.
_LOG = np.array(
    [
        7.0376836292e-2, -1.1514610310e-1, 1.1676998740e-1, -1.2420140846e-1, 1.4249322787e-1,
        -1.6668057665e-1, 2.0000714765e-1, -2.4999993993e-1, 3.3333331174e-1,
    ],
    float32,
)  # fmt: skip
_SIN = np.array([-1.9515295891e-4, 8.3321608736e-3, -1.6666654611e-1], float32)
_COS = np.array([2.443315711809948e-5, -1.388731625493765e-3, 4.166664568298827e-2], float32)
_MINUS_QUARTER_PI = np.array([-0.78515625, -2.4187564849853515625e-4, -3.77489497744594108e-8], float32)


def _polynomial(coefficients: Array, x: Array) -> Array:
    value = coefficients[0]
    for coefficient in coefficients[1:]:
        value = _fma32(value, x, coefficient)
    return value


def _log32(x: Array) -> Array:
    """ln of positive float32 numbers, with ``x = mantissa * 2**exponent`` and ln 2 in two parts."""
    mantissa, exponent = np.frexp(x)
    small = mantissa < float32(math.sqrt(0.5))
    exponent = (exponent - small).astype(float32)
    x = np.where(small, 2 * mantissa, mantissa) - float32(1)
    square = x * x
    y = _fma32(_polynomial(_LOG, x) * x, square, exponent * float32(-2.12194440e-4))
    y = _fma32(square, float32(-0.5), y)
    return _fma32(exponent, float32(0.693359375), x + y)


def _sincos32(x: Array) -> tuple[Array, Array]:
    """Sine and cosine of float32 numbers from 0 to 2π: an even number of π/4 is taken off, in three parts."""
    octant = ((x * float32(4 / math.pi)).astype(np.int32) + 1) & ~1
    for part in _MINUS_QUARTER_PI:
        x = _fma32(octant, part, x)
    square = x * x
    sin = _fma32(_polynomial(_SIN, square) * square, x, x)
    cos = _fma32(_polynomial(_COS, square) * square, square, float32(-0.5) * square) + float32(1)
    swap = octant & 2 != 0
    sin, cos = np.where(swap, cos, sin), np.where(swap, sin, cos)
    return np.where(octant & 4, -sin, sin), np.where((octant + 2) & 4, -cos, cos)


# ---------------------------------------------------------------- the generator

# PyTorch's state, which its checkpoints hold: the array has one 32-bit word in each 64.
_STATE = np.dtype(
    {
        "names": ["seed", "left", "seeded", "next", "key", "cached", "has_cached"],
        "formats": ["u8", "i4", "i4", "u8", ("u8", 624), "f8", "i4"],
        "offsets": [0, 8, 12, 16, 24, 5024, 5040],
        "itemsize": 5056,
    }
)


class Generator:
    """A source of random numbers: PyTorch's, on NumPy's Mersenne Twister.

    The methods that draw return one-dimensional ndarrays, in the order of drawing; the functions of this
    module make tensors of them.

    Args:
        device: The CPU, under any of its names.

    Raises: RuntimeError: another device is asked for.
    Source: ``torch.Generator``, whose numbers it draws, on x86 with AVX2.

    Example:
        >>> g = mgx.Generator().manual_seed(0)
        >>> g.uniform(3)
        array([0.4962566 , 0.7682218 , 0.08847743], dtype=float32)
        >>> mgx.rand(3, generator=g.manual_seed(0))
        tensor([0.4963, 0.7682, 0.0885])
    """

    def __init__(self, device: Any = "cpu") -> None:
        self.device = Device(device)
        self.manual_seed(SEED)

    @functools.cached_property
    def _twister(self) -> Any:
        """The sequence of words; made when it is first needed, for NumPy's generators take a while to load."""
        twister = np.random.MT19937(0)
        np.random.RandomState(twister).seed(self._seed % 2**32)  # MT19937 alone would hash the seed first
        return twister

    # PyTorch's interface

    def manual_seed(self, seed: int) -> "Generator":
        """Start the sequence that belongs to ``seed``, any integer of 64 bits; return the generator.

        The Mersenne Twister takes the lower 32 bits of the seed.

        Raises: RuntimeError: ``seed`` is no integer. ValueError: it does not fit 64 bits.

        Example:
            >>> mgx.Generator().manual_seed(-1).initial_seed() == 2**64 - 1
            True
        """
        if isinstance(seed, bool) or not hasattr(seed, "__index__"):
            raise RuntimeError(f"manual_seed expected a long, but got {type(seed).__name__}; use an integer")
        seed = seed.__index__()
        if not -(2**63) <= seed < 2**64:
            raise ValueError(f"manual_seed: expected a seed of 64 bits, got {seed}; use a smaller one")
        self._seed = seed % 2**64
        self.__dict__.pop("_twister", None)
        self._cached: float | None = None  # the second normal of the last pair, if it has not been used
        return self

    def seed(self) -> int:
        """Seed with a number that the operating system draws, and return it.

        Example:
            >>> g = mgx.Generator()
            >>> g.seed() == g.initial_seed()
            True
        """
        return self.manual_seed(int.from_bytes(os.urandom(8), "little")).initial_seed()

    def initial_seed(self) -> int:
        """The seed that the sequence started from, as an unsigned number of 64 bits."""
        return self._seed

    def get_state(self) -> Any:
        """All that decides what will be drawn, as a uint8 tensor of 5056 bytes.

        PyTorch's generator accepts it, and its state is accepted here.

        Example:
            >>> g = mgx.Generator()
            >>> state = g.get_state()
            >>> first = g.uniform(4)
            >>> _ = g.set_state(state)
            >>> np.array_equal(g.uniform(4), first)
            True
        """
        twister = self._twister.state["state"]
        state = np.zeros(1, _STATE)
        used = int(twister["pos"])
        # Of a fresh seed NumPy says that all 624 words are used, and PyTorch that the next one is 0. A key is
        # fresh if it starts with the seed itself.
        fresh = used == 624 and int(twister["key"][0]) == self._seed % 2**32
        state["seed"], state["left"], state["seeded"] = self._seed, 625 - used, 1
        state["next"], state["key"] = 0 if fresh else used, twister["key"]
        state["cached"], state["has_cached"] = self._cached or 0.0, self._cached is not None
        return wrap(state.view(np.uint8))

    def set_state(self, new_state: Any) -> "Generator":
        """Go back to a state that ``get_state`` returned; return the generator.

        Raises:
            TypeError: ``new_state`` is no tensor (or array) of uint8.
            RuntimeError: it is not the state of a generator.
        """
        array = new_state.array if isinstance(new_state, Variable) else new_state
        if not isinstance(array, np.ndarray) or array.dtype != np.uint8:
            got = getattr(new_state, "dtype", type(new_state).__name__)
            raise TypeError(f"RNG state must be a torch.ByteTensor, got {got}; use what get_state() returned")
        if array.size != _STATE.itemsize:
            raise RuntimeError(
                f"Expected a CPUGeneratorImplState of size {_STATE.itemsize} but found the input RNG "
                f"state size to be {array.size}; use what get_state() returned"
            )
        state = np.ascontiguousarray(array).view(_STATE)[0]
        if not (state["seeded"] == 1 and 0 < state["left"] <= 624 and state["next"] <= 624):
            raise RuntimeError("Invalid mt19937 state; use what get_state() returned")
        self._seed = int(state["seed"])
        self._cached = float(state["cached"]) if state["has_cached"] else None
        used = 624 if state["left"] == 1 else int(state["next"])
        self._twister.state = {
            "bit_generator": "MT19937",
            "state": {"key": state["key"].astype(np.uint32), "pos": used},
        }
        return self

    def clone_state(self) -> "Generator":
        """A new generator that will draw the same numbers.

        Example:
            >>> g = mgx.Generator()
            >>> bool(g.clone_state().uniform(1) == g.uniform(1))
            True
        """
        return Generator(self.device).set_state(self.get_state())

    # words

    def words(self, n: int) -> Array:
        """``n`` numbers of 32 random bits, as uint64."""
        return self._twister.random_raw(n)

    def long_words(self, n: int) -> Array:
        """``n`` numbers of 64 random bits: two words each, the first one high."""
        words = self.words(2 * n)
        return words[0::2] << np.uint64(32) | words[1::2]

    # real numbers

    def uniform(self, n: int, low: float = 0.0, high: float = 1.0, dtype: Any = float32) -> Array:
        """``n`` numbers of ``low <= x < high``: from 24 bits, or for float64 from 53.

        Source: ``Tensor.uniform_``.
        """
        return _by_pieces(n, dtype, lambda m: self._uniform(m, low, high, dtype))

    def _uniform(self, n: int, low: float, high: float, dtype: Any) -> Array:
        double = dtype == np.float64
        bits = 53 if double else 24
        words = self.long_words(n) if double else self.words(n)
        x = (words & np.uint64(2**bits - 1)) * 2.0**-bits
        if double:
            x = _fma(x, high - low, low)
        elif (low, high) != (0, 1):
            x = _fma32(x, float32(high) - float32(low), float32(low))
        x = _cast(x, dtype)
        x[x == np.asarray(high, dtype)] = low  # what rounding made equal to `high` is outside
        return x

    def normal(
        self, n: int, mean: float = 0.0, std: float = 1.0, dtype: Any = float32, one_by_one: bool = False
    ) -> Array:
        """``n`` normally distributed numbers.

        Sixteen or more are drawn in blocks of 16; fewer in pairs, of which the second is kept for the next
        call if it is not needed now. ``one_by_one`` draws all in pairs, as for memory that is not contiguous.

        Source: ``Tensor.normal_``, after G. Box and M. Muller, "A Note on the Generation of Random Normal
        Deviates" (1958).
        """
        if n >= 16 and not one_by_one:
            return self._normal_blocks(n, mean, std, dtype)
        kept = [] if self._cached is None or n == 0 else [self._cached]
        u = self.uniform((n - len(kept) + 1) // 2 * 2, dtype=np.float64).reshape(-1, 2)
        radius = np.sqrt(-2.0 * _libm(math.log1p, -u[:, 1]))
        angle = 2.0 * math.pi * u[:, 0]
        pairs = np.column_stack((radius * _libm(math.cos, angle), radius * _libm(math.sin, angle)))
        x = np.append(kept, pairs)
        if n:
            self._cached = float(x[n]) if x.size > n else None
        return _cast(_fma(x[:n], std, mean), dtype)

    def _normal_blocks(self, n: int, mean: float, std: float, dtype: Any) -> Array:
        kind = np.float64 if dtype == np.float64 else float32
        whole = n // 16 * 16
        x = np.empty(n, kind)
        x[:whole] = _by_pieces(whole, kind, lambda m: _box_muller(self.uniform(m, dtype=kind), mean, std))
        if whole < n:
            if dtype != np.float16:  # others draw for the incomplete block, too, and then anew for the last 16 places
                self.uniform(n - whole, dtype=kind)
            x[-16:] = _box_muller(self.uniform(16, dtype=kind), mean, std)
        return x.astype(dtype, copy=False)

    def exponential(self, n: int, lambd: float = 1.0) -> Array:
        """``n`` float64 numbers with density ``lambd * exp(-lambd * x)``. Source: ``Tensor.exponential_``."""
        return -1.0 / lambd * _libm(math.log1p, -self.uniform(n, dtype=np.float64))

    def cauchy(self, n: int, median: float = 0.0, sigma: float = 1.0) -> Array:
        """``n`` float64 numbers with Cauchy's distribution. Source: ``Tensor.cauchy_``."""
        return _fma(_libm(math.tan, math.pi * (self.uniform(n, dtype=np.float64) - 0.5)), sigma, median)

    def log_normal(self, n: int, mean: float = 1.0, std: float = 2.0) -> Array:
        """``n`` float64 numbers whose logarithm is normal. Source: ``Tensor.log_normal_``."""
        return _libm(_exp, self.normal(n, mean, std, np.float64, one_by_one=True))

    # whole numbers

    def integers(self, n: int, low: int, high: int) -> Array:
        """``n`` int64 numbers of ``low <= x < high``: the rest of a word, or from 2**28 on of a long word.

        Source: ``torch.randint``, ``Tensor.random_(from, to)``.
        """
        span = high - low
        words = self.long_words(n) if span >= 2**28 else self.words(n)
        return (words % np.uint64(span) + np.uint64(low % 2**64)).view(np.int64)

    def full_range(self, n: int, dtype: NumpyDtype) -> Array:
        """``n`` numbers from 0 to the largest integer of ``dtype`` (see `_largest`).

        Source: ``Tensor.random_()``.
        """
        words = self.long_words(n) if dtype.itemsize == 8 else self.words(n)
        return _cast(words % np.uint64(_largest(dtype) + 1), dtype)

    def geometric(self, n: int, p: float) -> Array:
        """``n`` float64 numbers: how many trials until the first success. Source: ``Tensor.geometric_``."""
        return np.ceil(_libm(math.log, self.uniform(n, dtype=np.float64)) / math.log1p(-p))

    def bernoulli(self, n: int, p: Array) -> Array:
        """``n`` bools, True with probability ``p``: a number, or an array of ``n``.

        Source: ``Tensor.bernoulli_``; 53 bits decide, or 24 where ``p`` is an array of float32 or float16.
        """
        single = isinstance(p, np.ndarray) and p.dtype != np.float64
        return self.uniform(n, dtype=float32 if single else np.float64) < p

    def permutation(self, n: int) -> Array:
        """The numbers 0 to ``n - 1`` in random order, as int64.

        Source: ``torch.randperm``: R. Durstenfeld, "Algorithm 235: Random permutation" (1964). PyTorch goes
        another way from 2**32 / 20 numbers on.
        """
        order = list(range(n))
        i = np.arange(max(n - 1, 0), dtype=np.uint64)
        partners = i + self.words(i.size) % (np.uint64(n) - i)
        for a, b in enumerate(partners.tolist()):
            order[a], order[b] = order[b], order[a]
        return np.array(order, np.int64)

    def poisson(self, rates: Array) -> Array:
        """One float64 number for each of the ``rates``, a 1-d array. Source: ``torch.poisson``."""
        with _OneByOne(self) as draw:
            return np.array([self._poisson(rate, draw.uniform) for rate in rates.tolist()], np.float64)

    def _poisson(self, rate: float, u: Callable[[], float]) -> int:
        if rate == 0:
            return 0
        if rate < 10:  # count arrivals: a product of uniforms falls below exp(-rate)
            count, product, limit = 0, u(), math.exp(-rate)
            while product > limit:
                count += 1
                product *= u()
            return count
        # W. Hörmann, "The transformed rejection method for generating Poisson random variables" (1993)
        root = math.sqrt(rate)
        b = 0.931 + 2.53 * root
        a = -0.059 + 0.02483 * b
        inverse_alpha = 1.1239 + 1.1328 / (b - 3.4)
        accept_below = 0.9277 - 3.6224 / (b - 2)
        while True:
            x, v = u() - 0.5, u()
            s = 0.5 - abs(x)
            k = math.floor((2 * a / s + b) * x + rate + 0.43)
            if s >= 0.07 and v <= accept_below:
                return k
            if k < 0 or (s < 0.013 and v > s):
                continue
            density = -rate + k * math.log(rate) - math.lgamma(k + 1)
            if math.log(v) + math.log(inverse_alpha) - math.log(a / (s * s) + b) <= density:
                return k

    def binomial(self, counts: Array, p: Array) -> Array:
        """How many of ``counts`` trials succeed, with probability ``p`` each: 1-d arrays of one float dtype.

        Source: ``torch.binomial``.
        """
        with _OneByOne(self) as draw:
            return np.array([self._binomial(n, x, draw.uniform) for n, x in zip(counts, p)], p.dtype)

    def _binomial(self, n: Any, p: Any, uniform: Callable[[], float]) -> Any:
        kind = p.dtype.type
        if not (n > 0 and p > 0):
            return kind(0) if n <= 0 or p <= 0 else kind(math.nan)
        if p >= 1:
            return n
        few = p if p <= 0.5 else kind(1 - float(p))
        found = (self._binomial_by_rejection if n * few >= 10 else self._binomial_by_waiting)(n, few, uniform)
        return found if p <= 0.5 else n - found

    def _binomial_by_waiting(self, n: float, p: Any, uniform: Callable[[], float]) -> int:
        """Count the successes, going from one to the next: the waiting times are geometric."""
        trials, successes, log_failure = 0.0, 0, float(np.log1p(-p))
        while True:
            u = uniform()
            trials += math.ceil(math.log(u) / log_failure) if u > 0 else math.inf
            if trials > n:
                return successes
            successes += 1

    def _binomial_by_rejection(self, n: Any, p: Any, uniform: Callable[[], float]) -> Any:
        # W. Hörmann, "The generation of binomial random variates" (1993). What is written with n and p alone is rounded
        # to their dtype, the rest is in double precision, as in PyTorch.
        deviation, center = float(np.sqrt(n * p * (1 - p))), float(n * p) + 0.5
        odds, mode = float(p / (1 - p)), math.floor((n + 1) * p)
        count, after = float(n), float(n + 1)
        b = 1.15 + 2.53 * deviation
        a = -0.0873 + 0.0248 * b + 0.01 * float(p)
        alpha = (2.83 + 5.1 / b) * deviation
        accept_below = 0.92 - 4.2 / b
        while True:
            u, v = uniform() - 0.5, uniform()
            s = 0.5 - abs(u)
            k = math.floor((2 * a / s + b) * u + center)
            if not 0 <= k <= count:
                continue
            if s >= 0.07 and v <= accept_below:
                return k
            bound = (
                (mode + 0.5) * math.log((mode + 1) / (odds * (count - mode + 1)))
                + after * math.log((count - mode + 1) / (count - k + 1))
                + (k + 0.5) * math.log(odds * (count - k + 1) / (k + 1))
                + _stirling_rest(mode) + _stirling_rest(count - mode) - _stirling_rest(k) - _stirling_rest(count - k)
            )  # fmt: skip
            if math.log(v * alpha / (a / (s * s) + b)) <= bound:
                return k

    def gamma(self, concentrations: Array) -> Array:
        """One float64 number of each standard gamma distribution, whose densities are ``x**(a - 1) * exp(-x)``: of 1-d a.

        Source: ``torch._standard_gamma``.
        """
        with _OneByOne(self) as draw:
            return np.array([self._gamma(a, draw) for a in concentrations], np.float64)

    def _gamma(self, a: Any, draw: "_OneByOne") -> float:
        # G. Marsaglia and W. W. Tsang, "A simple method for generating gamma variables" (2000). What is written with `a`
        # alone is rounded to its dtype, and the constants are those of float32, as in PyTorch.
        if a == 0:
            return 0.0
        scale, kind = 1.0, a.dtype.type
        if a < 1:
            scale = (1 - draw.uniform()) ** float(kind(1) / a)
            a = a + kind(1)
        d = float(a - kind(float32(1 / 3)))
        c = 1 / math.sqrt(9 * d)
        while True:
            x = draw.normal()
            y = 1 + c * x
            if y <= 0:
                continue
            v = y * y * y
            u = 1 - draw.uniform()
            square = x * x
            near = u < 1 - float(float32(0.0331)) * square * square
            if near or math.log(u) < 0.5 * square + d * (1 - v + math.log(v)):
                return scale * d * v


class _OneByOne:
    """Float64 numbers one after the other, for loops of which nobody knows how many they need.

    They are drawn ahead, many at a time; at the end the generator goes back to where it would be without.
    """

    def __init__(self, generator: Generator) -> None:
        self.generator = generator
        self.ahead: list[float] = []
        self.used = 0

    def __enter__(self) -> "_OneByOne":
        self.start = self.generator._twister.state
        return self

    def __exit__(self, *error: Any) -> None:
        self.generator._twister.state = self.start
        self.generator.long_words(self.used)

    def uniform(self) -> float:
        if self.used == len(self.ahead):
            self.ahead += self.generator.uniform(max(16, self.used), dtype=np.float64).tolist()
        self.used += 1
        return self.ahead[self.used - 1]

    def normal(self) -> float:
        """As `Generator.normal` draws them one by one, in pairs."""
        kept = self.generator._cached
        if kept is not None:
            self.generator._cached = None
            return kept
        angle, radius = 2.0 * math.pi * self.uniform(), math.sqrt(-2.0 * math.log1p(-self.uniform()))
        self.generator._cached = radius * math.sin(angle)
        return radius * math.cos(angle)


def _stirling_rest(k: float) -> float:
    """What Stirling's formula for ``log k!`` leaves out: exactly up to 9, then three terms of its series."""
    if k <= 9:
        return math.lgamma(k + 1) - ((k + 0.5) * math.log(k + 1) - (k + 1) + 0.5 * math.log(2 * math.pi))
    square = (k + 1) ** 2
    return (1 / 12 - (1 / 360 - 1 / 1260 / square) / square) / (k + 1)


def _largest(dtype: NumpyDtype) -> int:
    """The largest integer of a type, or the last before a float's gaps are wider than 1."""
    if dtype.kind == "f":
        return int(2 ** (np.finfo(dtype).nmant + 1))
    return 1 if dtype.kind == "b" else int(np.iinfo(dtype).max)


def _box_muller(u: Array, mean: float, std: float) -> Array:
    """Normals from uniforms, in blocks of 16: 8 radii, then 8 angles, become 8 cosines, then 8 sines."""
    u = u.reshape(-1, 2, 8)
    radius, angle = (1 - u[:, 0]).ravel(), u[:, 1].ravel() * u.dtype.type(2 * math.pi)
    if u.dtype == float32:
        radius = np.sqrt(float32(-2) * _log32(radius))
        sin, cos = _sincos32(angle)
    else:
        radius = np.sqrt(-2.0 * _libm(math.log, radius))
        sin, cos = _libm(math.sin, angle), _libm(math.cos, angle)
    x = np.stack(((radius * cos).reshape(-1, 8), (radius * sin).reshape(-1, 8)), axis=1).ravel()
    return _fma32(x, float32(std), float32(mean)) if u.dtype == float32 else _fma(x, std, mean)


def _cast(x: Array, dtype: Any) -> Array:
    """To ``dtype``; float16 by way of float32, which rounds twice, as PyTorch does."""
    with np.errstate(over="ignore"):  # what is too large becomes infinite
        if dtype == np.float16:
            x = x.astype(float32, copy=False)
        return x.astype(dtype, copy=False)
