"""PyTorch's paths of layers, ``nn.modules.conv`` and so on: they hand on the names of `microgradx.nn`'s files."""

import sys
from types import ModuleType
from typing import Any

from microgradx import nn
from microgradx.nn import (
    activation,
    attention,
    container,
    conv,
    distance,
    dropout,
    flatten,
    fold,
    lazy,
    likelihood,
    linear,
    loss,
    margin_loss,
    module,
    normalization,
    padding,
    pooling,
    resize,
    rnn,
    sparse,
    transformer,
)
from microgradx.nn.modules import utils as utils

FILES = {
    "activation": (activation, attention),
    "adaptive": (likelihood,),
    "batchnorm": (normalization, lazy),
    "channelshuffle": (resize,),
    "container": (container,),
    "conv": (conv, lazy),
    "distance": (distance,),
    "dropout": (dropout,),
    "flatten": (flatten,),
    "fold": (fold,),
    "instancenorm": (normalization, lazy),
    "lazy": (lazy,),
    "linear": (linear, lazy),
    "loss": (loss, likelihood, margin_loss),
    "module": (module,),
    "normalization": (normalization, resize),
    "padding": (padding,),
    "pixelshuffle": (resize,),
    "pooling": (pooling,),
    "rnn": (rnn,),
    "sparse": (sparse,),
    "transformer": (transformer,),
    "upsampling": (resize,),
}
"""By PyTorch's name of a file: those of ours that have its layers."""


def alias(path: str, files: tuple[Any, ...]) -> ModuleType:
    """A module in which the names of all files are found."""
    made = ModuleType(path, f"The names of {', '.join(f.__name__ for f in files)}.")

    def find(name: str) -> Any:
        for file in files:
            if not name.startswith("__") and hasattr(file, name):
                return getattr(file, name)
        raise AttributeError(f"module {path!r} has no attribute {name!r}")

    made.__dict__.update(__getattr__=find, __all__=[name for f in files for name in f.__all__])
    return made


for _name, _files in FILES.items():
    globals()[_name] = sys.modules[f"{__name__}.{_name}"] = alias(f"{__name__}.{_name}", _files)


def __getattr__(name: str) -> Any:  # of a layer, by its name alone
    found = getattr(nn, name, None) if not name.startswith("_") else None
    if isinstance(found, type):
        return found
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
