"""Activations as modules; what each computes is in `microgradx.nn.functional`."""

import warnings
from typing import Any

from microgradx.creation import empty
from microgradx.nn import functional as F
from microgradx.nn import init as initial
from microgradx.nn.module import Module
from microgradx.nn.parameter import Parameter

__all__ = [
    "CELU",
    "ELU",
    "GELU",
    "GLU",
    "SELU",
    "Hardshrink",
    "Hardsigmoid",
    "Hardswish",
    "Hardtanh",
    "LeakyReLU",
    "LogSigmoid",
    "LogSoftmax",
    "Mish",
    "PReLU",
    "RReLU",
    "ReLU",
    "ReLU6",
    "SiLU",
    "Sigmoid",
    "Softmax",
    "Softmax2d",
    "Softmin",
    "Softplus",
    "Softshrink",
    "Softsign",
    "Tanh",
    "Tanhshrink",
    "Threshold",
]


class _InPlace(Module):
    """An activation whose only option is to write its result into its input."""

    def __init__(self, inplace: bool = False) -> None:
        super().__init__()
        self.inplace = inplace

    def extra_repr(self) -> str:
        return "inplace=True" if self.inplace else ""

    def _with_inplace(self, text: str) -> str:
        return f"{text}, inplace=True" if self.inplace else text


class ReLU(_InPlace):
    """``max(x, 0)``.

    Args:
        inplace: Write the result into the input.

    Source: ``torch.nn.ReLU``.

    Example:
        >>> mgx.nn.ReLU()(mgx.tensor([-1.0, 2.0]))
        tensor([0., 2.])
    """

    def forward(self, input: Any) -> Any:
        return F.relu(input, inplace=self.inplace)


class LeakyReLU(_InPlace):
    """``x`` where it is positive, else ``negative_slope * x``.

    Source: ``torch.nn.LeakyReLU``.

    Example:
        >>> mgx.nn.LeakyReLU(0.5)(mgx.tensor([-1.0, 2.0]))
        tensor([-0.5000,  2.0000])
    """

    def __init__(self, negative_slope: float = 0.01, inplace: bool = False) -> None:
        super().__init__(inplace)
        self.negative_slope = negative_slope

    def forward(self, input: Any) -> Any:
        return F.leaky_relu(input, self.negative_slope, self.inplace)

    def extra_repr(self) -> str:
        return self._with_inplace(f"negative_slope={self.negative_slope}")


class RReLU(_InPlace):
    """``x`` where it is positive, else x times a slope that is drawn from [lower, upper); in evaluation, the middle one.

    Args:
        lower: The least slope.
        upper: The greatest one.
        inplace: Write the result into the input.

    Source: ``torch.nn.RReLU``; the slopes are drawn with the same numbers.

    Example:
        >>> mgx.nn.RReLU().eval()(mgx.tensor([-24.0, 2.0]))
        tensor([-5.5000,  2.0000])
    """

    def __init__(self, lower: float = 1.0 / 8, upper: float = 1.0 / 3, inplace: bool = False) -> None:
        super().__init__(inplace)
        self.lower = lower
        self.upper = upper

    def forward(self, input: Any) -> Any:
        return F.rrelu(input, self.lower, self.upper, self.training, self.inplace)

    def extra_repr(self) -> str:
        return self._with_inplace(f"lower={self.lower}, upper={self.upper}")


class PReLU(Module):
    """``x`` where it is positive, else ``weight * x``, with a learned weight, or one per channel.

    Args:
        num_parameters: 1, or the number of channels (the second dimension of the input).
        init: Initial value of the weight.
        device: The CPU, under any of its names.
        dtype: Of the weight; by default the default dtype.

    Source: ``torch.nn.PReLU``.

    Example:
        >>> mgx.nn.PReLU()(mgx.tensor([-1.0, 2.0]))
        tensor([-0.2500,  2.0000], grad_fn=<PreluKernelBackward0>)
    """

    def __init__(self, num_parameters: int = 1, init: float = 0.25, device: Any = None, dtype: Any = None) -> None:
        super().__init__()
        self.num_parameters = num_parameters
        self.init = init
        self.weight = Parameter(empty(num_parameters, device=device, dtype=dtype))
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Set the weight to its initial value."""
        initial.constant_(self.weight, self.init)

    def forward(self, input: Any) -> Any:
        return F.prelu(input, self.weight)

    def extra_repr(self) -> str:
        return f"num_parameters={self.num_parameters}"


class ELU(_InPlace):
    """``x`` where it is positive, else ``alpha * (exp(x) - 1)``. Source: ``torch.nn.ELU``."""

    def __init__(self, alpha: float = 1.0, inplace: bool = False) -> None:
        super().__init__(inplace)
        self.alpha = alpha

    def forward(self, input: Any) -> Any:
        return F.elu(input, self.alpha, self.inplace)

    def extra_repr(self) -> str:
        return self._with_inplace(f"alpha={self.alpha}")


class CELU(ELU):
    """``x`` where it is positive, else ``alpha * (exp(x / alpha) - 1)``. Source: ``torch.nn.CELU``."""

    def forward(self, input: Any) -> Any:
        return F.celu(input, self.alpha, self.inplace)


class SELU(_InPlace):
    """ELU, scaled so that activations keep mean 0 and variance 1. Source: ``torch.nn.SELU``."""

    def forward(self, input: Any) -> Any:
        return F.selu(input, self.inplace)


class GELU(Module):
    """``x * Φ(x)``, with the normal distribution's Φ.

    Args:
        approximate: ``"none"``, or ``"tanh"`` for an approximation of Φ.

    Source: ``torch.nn.GELU``.

    Example:
        >>> mgx.nn.GELU()(mgx.tensor([-1.0, 0.0, 1.0]))
        tensor([-0.1587,  0.0000,  0.8413])
    """

    def __init__(self, approximate: str = "none") -> None:
        super().__init__()
        self.approximate = approximate

    def forward(self, input: Any) -> Any:
        return F.gelu(input, approximate=self.approximate)

    def extra_repr(self) -> str:
        return f"approximate={self.approximate!r}"


class SiLU(_InPlace):
    """``x * sigmoid(x)``. Source: ``torch.nn.SiLU``."""

    def forward(self, input: Any) -> Any:
        return F.silu(input, inplace=self.inplace)


class Mish(_InPlace):
    """``x * tanh(softplus(x))``. Source: ``torch.nn.Mish``."""

    def forward(self, input: Any) -> Any:
        return F.mish(input, inplace=self.inplace)


class Sigmoid(Module):
    """``1 / (1 + exp(-x))``. Source: ``torch.nn.Sigmoid``."""

    def forward(self, input: Any) -> Any:
        return F.sigmoid(input)


class LogSigmoid(Module):
    """``log(sigmoid(x))``, without loss of digits. Source: ``torch.nn.LogSigmoid``."""

    def forward(self, input: Any) -> Any:
        return F.logsigmoid(input)


class Tanh(Module):
    """The hyperbolic tangent. Source: ``torch.nn.Tanh``."""

    def forward(self, input: Any) -> Any:
        return F.tanh(input)


class Tanhshrink(Module):
    """``x - tanh(x)``. Source: ``torch.nn.Tanhshrink``."""

    def forward(self, input: Any) -> Any:
        return F.tanhshrink(input)


class Softsign(Module):
    """``x / (1 + |x|)``. Source: ``torch.nn.Softsign``."""

    def forward(self, input: Any) -> Any:
        return F.softsign(input)


class Softplus(Module):
    """``log(1 + exp(beta * x)) / beta``, and ``x`` itself where ``beta * x`` is above ``threshold``.

    Source: ``torch.nn.Softplus``.

    Example:
        >>> mgx.nn.Softplus()(mgx.tensor([0.0, 100.0]))
        tensor([  0.6931, 100.0000])
    """

    def __init__(self, beta: float = 1.0, threshold: float = 20.0) -> None:
        super().__init__()
        self.beta = beta
        self.threshold = threshold

    def forward(self, input: Any) -> Any:
        return F.softplus(input, self.beta, self.threshold)

    def extra_repr(self) -> str:
        return f"beta={self.beta}, threshold={self.threshold}"


class Threshold(_InPlace):
    """``x`` where it is above ``threshold``, else ``value``. Source: ``torch.nn.Threshold``."""

    def __init__(self, threshold: float, value: float, inplace: bool = False) -> None:
        super().__init__(inplace)
        self.threshold = threshold
        self.value = value

    def forward(self, input: Any) -> Any:
        return F.threshold(input, self.threshold, self.value, self.inplace)

    def extra_repr(self) -> str:
        return self._with_inplace(f"threshold={self.threshold}, value={self.value}")


class Hardtanh(_InPlace):
    """``x``, but not below ``min_val`` and not above ``max_val``.

    Raises: AssertionError: ``max_val`` is not above ``min_val``.
    Source: ``torch.nn.Hardtanh``.

    Example:
        >>> mgx.nn.Hardtanh(-2, 2)(mgx.tensor([-3.0, 1.0]))
        tensor([-2.,  1.])
    """

    def __init__(
        self,
        min_val: float = -1.0,
        max_val: float = 1.0,
        inplace: bool = False,
        min_value: float | None = None,
        max_value: float | None = None,
    ) -> None:
        super().__init__(inplace)
        for new, value in (("min_val", min_value), ("max_val", max_value)):
            if value is not None:
                text = f"keyword argument `{new}ue` is deprecated and renamed to `{new}`"
                warnings.warn(text, FutureWarning, stacklevel=2)
        self.min_val = min_val if min_value is None else min_value
        self.max_val = max_val if max_value is None else max_value
        if self.max_val <= self.min_val:
            raise AssertionError(f"max_val ({self.max_val}) must be greater than min_val ({self.min_val})")

    def forward(self, input: Any) -> Any:
        return F.hardtanh(input, self.min_val, self.max_val, self.inplace)

    def extra_repr(self) -> str:
        return self._with_inplace(f"min_val={self.min_val}, max_val={self.max_val}")


class ReLU6(Hardtanh):
    """``min(max(x, 0), 6)``. Source: ``torch.nn.ReLU6``."""

    def __init__(self, inplace: bool = False) -> None:
        super().__init__(0.0, 6.0, inplace)

    def extra_repr(self) -> str:
        return _InPlace.extra_repr(self)


class Hardsigmoid(_InPlace):
    """``relu6(x + 3) / 6``. Source: ``torch.nn.Hardsigmoid``."""

    def forward(self, input: Any) -> Any:
        return F.hardsigmoid(input, self.inplace)

    def extra_repr(self) -> str:
        return ""  # PyTorch does not say it either


class Hardswish(Hardsigmoid):
    """``x * hardsigmoid(x)``. Source: ``torch.nn.Hardswish``."""

    def forward(self, input: Any) -> Any:
        return F.hardswish(input, self.inplace)


class Hardshrink(Module):
    """``x`` where it is beyond ±``lambd``, else 0. Source: ``torch.nn.Hardshrink``."""

    def __init__(self, lambd: float = 0.5) -> None:
        super().__init__()
        self.lambd = lambd

    def forward(self, input: Any) -> Any:
        return F.hardshrink(input, self.lambd)

    def extra_repr(self) -> str:
        return str(self.lambd)


class Softshrink(Hardshrink):
    """``x``, moved towards 0 by ``lambd``, but not past it. Source: ``torch.nn.Softshrink``."""

    def forward(self, input: Any) -> Any:
        return F.softshrink(input, self.lambd)


class GLU(Module):
    """``a * sigmoid(b)``, where ``a`` and ``b`` are the halves of the input along ``dim``.

    Source: ``torch.nn.GLU``.
    """

    def __init__(self, dim: int = -1) -> None:
        super().__init__()
        self.dim = dim

    def forward(self, input: Any) -> Any:
        return F.glu(input, self.dim)

    def extra_repr(self) -> str:
        return f"dim={self.dim}"


class _AlongDim(Module):
    def __init__(self, dim: int | None = None) -> None:
        super().__init__()
        self.dim = dim

    def extra_repr(self) -> str:
        return f"dim={self.dim}"


class Softmax(_AlongDim):
    """``exp(x)``, divided by its sum along ``dim``: probabilities.

    Args:
        dim: The dimension along which the results add up to 1. Name it: the default warns.

    Source: ``torch.nn.Softmax``.

    Example:
        >>> mgx.nn.Softmax(dim=1)(mgx.tensor([[0.0, 0.0], [0.0, 1.0]]))
        tensor([[0.5000, 0.5000],
                [0.2689, 0.7311]])
    """

    def forward(self, input: Any) -> Any:
        return F.softmax(input, self.dim)


class Softmax2d(Module):
    """Softmax over the channels of (N, C, H, W) or (C, H, W).

    Raises: ValueError: the input has another number of dimensions.
    Source: ``torch.nn.Softmax2d``.
    """

    def forward(self, input: Any) -> Any:
        if input.ndim not in (3, 4):
            raise ValueError(f"Softmax2d: expected input to be 3D or 4D, got {input.ndim}D instead")
        return F.softmax(input, -3)


class LogSoftmax(_AlongDim):
    """``log(softmax(x))`` along ``dim``, without loss of digits. Source: ``torch.nn.LogSoftmax``."""

    def forward(self, input: Any) -> Any:
        return F.log_softmax(input, self.dim)


class Softmin(_AlongDim):
    """``softmax(-x)`` along ``dim``. Source: ``torch.nn.Softmin``."""

    def forward(self, input: Any) -> Any:
        return F.softmin(input, self.dim)
