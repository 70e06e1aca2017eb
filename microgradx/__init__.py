"""microgradx: the autograd engine that one can read in an afternoon, with PyTorch's names, on NumPy."""

from math import e, inf, nan, pi

from microgradx import autograd, datasets, engine, viz
from microgradx.autograd import (
    enable_grad,
    inference_mode,
    is_grad_enabled,
    is_inference_mode_enabled,
    no_grad,
    set_grad_enabled,
)  # fmt: skip
from microgradx.device import device
from microgradx.dtypes import (
    bool_ as bool,
)  # fmt: skip
from microgradx.dtypes import (
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
    float32 as float,
)
from microgradx.dtypes import (
    int32 as int,
)
from microgradx.ops.face import FUNCTIONS
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
from microgradx.tensor import Tensor
from microgradx.version import VERSION as __version__

globals().update(FUNCTIONS)
