"""PyTorch's paths of layers, ``nn.modules.conv`` and so on: names for the files of `microgradx.nn`, and nothing else."""

import sys

from microgradx import nn
from microgradx.nn import (
    activation,
    container,
    conv,
    distance,
    dropout,
    flatten,
    fold,
    lazy,
    linear,
    loss,
    module,
    normalization,
    padding,
    pooling,
    resize,
    rnn,
    sparse,
    transformer,
)
from microgradx.nn.modules import utils

batchnorm = instancenorm = normalization
channelshuffle = pixelshuffle = upsampling = resize

for _name, _value in list(globals().items()):
    if type(_value) is type(sys) and _name not in ("sys", "nn", "utils"):
        sys.modules[f"{__name__}.{_name}"] = _value


def __getattr__(name: str) -> object:
    found = getattr(nn, name, None) if not name.startswith("_") else None
    if isinstance(found, type):
        return found
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
