"""microgradx: the autograd engine that one can read in an afternoon, with PyTorch's names, on NumPy."""

from importlib import import_module as _import_module
from math import e, inf, nan, pi
from typing import TYPE_CHECKING, Any

from microgradx import autograd, engine, graph
from microgradx.autograd import (
    enable_grad,
    inference_mode,
    is_grad_enabled,
    is_inference_mode_enabled,
    no_grad,
    set_grad_enabled,
)
from microgradx.device import device, get_default_device, set_default_device
from microgradx.dtypes import (
    bfloat16,
    can_cast,
    double,
    dtype,
    finfo,
    float16,
    float32,
    float64,
    get_default_dtype,
    half,
    iinfo,
    int8,
    int16,
    int32,
    int64,
    long,
    promote_types,
    result_type,
    set_default_dtype,
    short,
    uint8,
)
from microgradx.dtypes import (
    bool_ as bool,
)
from microgradx.dtypes import (
    float32 as float,
)
from microgradx.dtypes import (
    int32 as int,
)
from microgradx.legacy import (
    BoolTensor,
    ByteTensor,
    CharTensor,
    DoubleTensor,
    FloatTensor,
    HalfTensor,
    IntTensor,
    LongTensor,
    ShortTensor,
)
from microgradx.ops.face import FUNCTIONS as _FUNCTIONS
from microgradx.printing import set_printoptions
from microgradx.random import (
    Generator,
    default_generator,
    get_rng_state,
    initial_seed,
    manual_seed,
    seed,
    set_rng_state,
)
from microgradx.size import Size
from microgradx.switches import (
    are_deterministic_algorithms_enabled,
    get_float32_matmul_precision,
    get_num_threads,
    is_deterministic_algorithms_warn_only_enabled,
    set_float32_matmul_precision,
    set_num_threads,
    use_deterministic_algorithms,
)
from microgradx.tensor import Tensor
from microgradx.version import VERSION as __version__

globals().update(_FUNCTIONS)  # zeros, exp, cat, ...: every operation that declares itself public

if TYPE_CHECKING:
    from microgradx import (
        accelerator,
        amp,
        backends,
        cuda,
        datasets,
        distributed,
        distributions,
        func,
        linalg,
        nn,
        optim,
        utils,
        vision,
        viz,
    )

_LOADED_WHEN_USED = (
    "accelerator", "amp", "backends", "cuda", "datasets", "distributed", "distributions", "func", "linalg", "nn", "optim", "utils", "vision",
    "viz",
)  # fmt: skip

_FROM_PARTS = {"autocast": "amp", "vmap": "func"}

_OUTSIDE = {
    **dict.fromkeys(
        (
            "fft",
            "stft",
            "istft",
            "complex",
            "complex32",
            "complex64",
            "complex128",
            "cfloat",
            "cdouble",
            "polar",
            "real",
            "imag",
            "view_as_complex",
            "view_as_real",
        ),
        "there are no complex numbers; keep real and imaginary parts in two tensors",
    ),
}


def __getattr__(name: str) -> Any:
    if name in _LOADED_WHEN_USED:
        return _import_module(f"microgradx.{name}")
    if name in _FROM_PARTS:
        return getattr(_import_module(f"microgradx.{_FROM_PARTS[name]}"), name)
    if name in _OUTSIDE:
        raise AttributeError(f"module 'microgradx' has no {name!r}: {_OUTSIDE[name]}")
    raise AttributeError(f"module 'microgradx' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *_LOADED_WHEN_USED, *_FROM_PARTS} - {"TYPE_CHECKING", "Any"})
