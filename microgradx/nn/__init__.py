"""Neural networks: modules, their parameters, layers, losses."""

from microgradx.nn import functional, init, utils
from microgradx.nn.activation import (
    ELU, GELU, GLU, SELU, Hardsigmoid, Hardswish, Hardtanh, LeakyReLU, LogSigmoid, LogSoftmax, Mish, PReLU, ReLU,
    ReLU6, Sigmoid, SiLU, Softmax, Softmin, Softplus, Softsign, Tanh, Tanhshrink, Threshold,
)  # fmt: skip
from microgradx.nn.container import ModuleDict, ModuleList, ParameterDict, ParameterList, Sequential
from microgradx.nn.conv import Conv1d, Conv2d, Conv3d, ConvTranspose1d, ConvTranspose2d, ConvTranspose3d
from microgradx.nn.dropout import Dropout, Dropout1d, Dropout2d, Dropout3d
from microgradx.nn.flatten import Flatten, Unflatten
from microgradx.nn.linear import Identity, Linear
from microgradx.nn.loss import (
    BCELoss, BCEWithLogitsLoss, CrossEntropyLoss, HuberLoss, KLDivLoss, L1Loss, MSELoss, NLLLoss, SmoothL1Loss,
)  # fmt: skip
from microgradx.nn.module import Module
from microgradx.nn.parameter import Parameter
from microgradx.nn.pooling import (
    AdaptiveAvgPool1d, AdaptiveAvgPool2d, AdaptiveAvgPool3d, AdaptiveMaxPool1d, AdaptiveMaxPool2d, AdaptiveMaxPool3d,
    AvgPool1d, AvgPool2d, AvgPool3d, MaxPool1d, MaxPool2d, MaxPool3d,
)  # fmt: skip
