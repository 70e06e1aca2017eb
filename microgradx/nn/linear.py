"""Linear layers."""

import math
from typing import Any

from microgradx.creation import empty
from microgradx.nn import functional as F
from microgradx.nn import init
from microgradx.nn.module import Module
from microgradx.nn.parameter import Parameter

__all__ = ["Bilinear", "Identity", "Linear"]


class Identity(Module):
    """Returns its input; takes any arguments, so that it can stand in for another layer.

    Example:
        >>> mgx.nn.Identity(54, unused=True)(mgx.ones(2))
        tensor([1., 1.])
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__()

    def forward(self, input: Any) -> Any:
        return input


class Linear(Module):
    """``x @ weight.T + bias``, with ``weight`` of shape (out_features, in_features).

    Args:
        in_features: Length of the last dimension of the input.
        out_features: The same of the output.
        bias: Whether to add a bias.
        device: The CPU, under any of its names.
        dtype: Of the parameters; by default the default dtype.

    Shape:
        (..., in_features) -> (..., out_features)

    Source: ``torch.nn.Linear``. Both parameters start uniform between ±1/√in_features.

    Example:
        >>> _ = mgx.manual_seed(0)
        >>> layer = mgx.nn.Linear(3, 2)
        >>> layer
        Linear(in_features=3, out_features=2, bias=True)
        >>> layer(mgx.ones(1, 3)).shape
        torch.Size([1, 2])
    """

    def __init__(
        self, in_features: int, out_features: int, bias: bool = True, device: Any = None, dtype: Any = None
    ) -> None:
        super().__init__()
        self.in_features = in_features
        self.out_features = out_features
        self.weight = Parameter(empty(out_features, in_features, device=device, dtype=dtype))
        self.register_parameter("bias", Parameter(empty(out_features, device=device, dtype=dtype)) if bias else None)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draw new initial values."""
        init.reset_weight_and_bias(self.weight, self.bias)

    def forward(self, input: Any) -> Any:
        return F.linear(input, self.weight, self.bias)

    def extra_repr(self) -> str:
        return f"in_features={self.in_features}, out_features={self.out_features}, bias={self.bias is not None}"


class Bilinear(Module):
    """``x1ᵀ · weight[k] · x2 + bias[k]`` for each k, with ``weight`` of shape (out_features, in1_features, in2_features).

    Args:
        in1_features: Length of the last dimension of the first input.
        in2_features: The same of the second input.
        out_features: The same of the output.
        bias: Whether to add a bias.
        device: The CPU, under any of its names.
        dtype: Of the parameters; by default the default dtype.

    Shape:
        (..., in1_features), (..., in2_features) -> (..., out_features)

    Raises: ValueError: ``in1_features`` is not positive.
    Source: ``torch.nn.Bilinear``. Both parameters start uniform between ±1/√in1_features.

    Example:
        >>> mgx.nn.Bilinear(20, 30, 40)(mgx.ones(8, 20), mgx.ones(8, 30)).shape
        torch.Size([8, 40])
    """

    def __init__(
        self,
        in1_features: int,
        in2_features: int,
        out_features: int,
        bias: bool = True,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        self.in1_features = in1_features
        self.in2_features = in2_features
        self.out_features = out_features
        self.weight = Parameter(empty(out_features, in1_features, in2_features, device=device, dtype=dtype))
        self.register_parameter("bias", Parameter(empty(out_features, device=device, dtype=dtype)) if bias else None)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draw new initial values."""
        if self.in1_features <= 0:
            raise ValueError(f"in1_features must be > 0, but got (in1_features={self.in1_features})")
        bound = 1 / math.sqrt(self.in1_features)
        for parameter in (self.weight, self.bias):
            if parameter is not None:
                init.uniform_(parameter, -bound, bound)

    def forward(self, input1: Any, input2: Any) -> Any:
        return F.bilinear(input1, input2, self.weight, self.bias)

    def extra_repr(self) -> str:
        return (
            f"in1_features={self.in1_features}, in2_features={self.in2_features}, out_features={self.out_features}, "
            f"bias={self.bias is not None}"
        )
