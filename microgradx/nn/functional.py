"""Layers as functions: ``torch.nn.functional``, usually imported as ``F``.

What an operation computes, and its derivative, is in `microgradx.ops`; here are PyTorch's arguments,
checks and error texts.
"""

from __future__ import annotations

import math
import warnings
from typing import Any

import numpy as np

from microgradx.dtypes import finfo
from microgradx.engine import OFF, Array, Variable, mode, wrap
from microgradx.memory import mark_written
from microgradx.ops import activation as act
from microgradx.ops import loss
from microgradx.ops.conv import (
    conv1d, conv2d, conv3d, conv_transpose1d, conv_transpose2d, conv_transpose3d,
)  # fmt: skip
from microgradx.ops.elementwise import floats, keep, multiply, promote, sigmoid, tanh
from microgradx.ops.embedding import check_indices, take_rows
from microgradx.ops.face import check_tensor, in_place
from microgradx.ops.linalg import linear
from microgradx.ops.loss import class_loss, soft_cross_entropy
from microgradx.ops.norm import check_size
from microgradx.ops import norm as norms
from microgradx.ops.pad import pad
from microgradx.ops.pool import (
    adaptive_avg_pool1d, adaptive_avg_pool2d, adaptive_avg_pool3d, adaptive_max_pool1d, adaptive_max_pool2d,
    adaptive_max_pool3d, avg_pool1d, avg_pool2d, avg_pool3d, max_pool1d, max_pool2d, max_pool3d,
)  # fmt: skip
from microgradx.random import bernoulli_
from microgradx.views import legacy_name
