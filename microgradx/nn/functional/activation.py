"""Activations: nonlinear functions of each element, and of rows."""

from __future__ import annotations

import math
import warnings
from typing import Any

import numpy as np

from microgradx.graph import wrap
from microgradx.ops import activation as act
from microgradx.ops import elementwise
from microgradx.ops.elementwise import keep, multiply
from microgradx.ops.face import check_tensor
from microgradx.ops.shape import chunk
from microgradx.random import default_generator, exponential_
from microgradx.views import legacy_name, past_hooks, write


def activate(operation: Any, name: str, inplace: bool, input: Any, *options: Any) -> Any:
    """The result of an operation, or the input with the result written into it."""
    check_tensor(name, input)
    out = operation(past_hooks(input) if inplace else input, *options)
    return write(input, out, name + "_") if inplace else out


def relu(input: Any, inplace: bool = False) -> Any:
    """``max(0, x)``.

    Derivative: ``g`` where x > 0, else 0.
    Source: ``torch.nn.functional.relu``.

    Example:
        >>> mgx.nn.functional.relu(mgx.tensor([-1.0, 2.0]))
        tensor([0., 2.])
    """
    return activate(act.relu, "relu", inplace, input)


def leaky_relu(input: Any, negative_slope: float = 0.01, inplace: bool = False) -> Any:
    """``x`` where it is positive, ``negative_slope · x`` elsewhere.

    Derivative: ``g``, or ``negative_slope · g``.
    Source: ``torch.nn.functional.leaky_relu``.

    Example:
        >>> mgx.nn.functional.leaky_relu(mgx.tensor([-1.0, 2.0]), 0.5)
        tensor([-0.5000,  2.0000])
    """
    return activate(act.leaky_relu, "leaky_relu", inplace, input, negative_slope)


def rrelu(
    input: Any, lower: float = 1.0 / 8, upper: float = 1.0 / 3, training: bool = False, inplace: bool = False
) -> Any:
    """`leaky_relu` with slopes that are drawn at random in training: one from [lower, upper) for each x ≤ 0.

    Args:
        input: A float tensor.
        lower: The least slope.
        upper: The greatest one.
        training: False takes the slope in the middle for all.
        inplace: Write the result into the input.

    Derivative: ``g``, or ``g`` times the slope that was drawn.
    Raises: RuntimeError: ``lower`` is above ``upper``, or one is not finite. NotImplementedError: the input is not
        floating-point.
    Source: B. Xu et al., "Empirical Evaluation of Rectified Activations" (2015); ``torch.nn.functional.rrelu``, with
        the same random numbers.

    Example:
        >>> mgx.nn.functional.rrelu(mgx.tensor([-24.0, 2.0]))
        tensor([-5.5000,  2.0000])
    """
    x = check_tensor("rrelu", input).array
    for name, bound in (("lower", lower), ("upper", upper)):
        if not math.isfinite(bound):
            raise RuntimeError(f"rrelu: {name} bound must be finite, got {bound}")
    if lower > upper:
        raise RuntimeError(f"Lower bound should be less than or equal to the upper bound, got {lower} and {upper}")
    if not training:
        return activate(act.leaky_relu, "rrelu", inplace, input, (lower + upper) / 2)
    act.real("rrelu_with_noise_out_cpu")(x)
    slopes, curbed = np.ones(x.shape, x.dtype), x <= 0
    slopes[curbed] = default_generator.uniform(int(curbed.sum()), dtype=np.float64) * (upper - lower) + lower
    return activate(multiply, "rrelu", inplace, input, slopes)


def prelu(input: Any, weight: Any) -> Any:
    """`leaky_relu` with a learned slope, or one for each channel (dimension 1 of the input).

    Raises: RuntimeError: neither one slope nor one for each channel.
    Source: ``torch.nn.functional.prelu``.

    Example:
        >>> mgx.nn.functional.prelu(mgx.tensor([-1.0, 2.0]), mgx.tensor(0.1))
        tensor([-0.1000,  2.0000])
    """
    shape, n = check_tensor("prelu", input).array.shape, check_tensor("prelu", weight, "weight", 2).array.size
    channels = shape[1] if len(shape) > 1 else 1
    if n not in (1, channels) or weight.array.ndim > 1:
        raise RuntimeError(
            "Mismatch of parameter numbers and input channel size. "
            f"Found parameter numbers = {n} and channel size = {channels}."
        )
    if input.array.dtype != weight.array.dtype:
        kinds = (legacy_name(x.array.dtype.name) for x in (input, weight))
        raise RuntimeError(
            f"prelu: Type promoting not supported. Got {' and '.join(kinds)}; convert one with .to(dtype)"
        )
    return act.prelu(input, np.reshape(weight, (n, *(1,) * (len(shape) - 2)) if n != 1 else ()))


def elu(input: Any, alpha: float = 1.0, inplace: bool = False) -> Any:
    """``x`` where it is positive, ``alpha · (exp(x) - 1)`` elsewhere.

    Derivative: ``g``, or ``g · alpha · exp(x)``.
    Source: ``torch.nn.functional.elu``.
    """
    return activate(act.elu, "elu", inplace, input, alpha, 1.0, 1.0)


def celu(input: Any, alpha: float = 1.0, inplace: bool = False) -> Any:
    """``x`` where it is positive, ``alpha · (exp(x / alpha) - 1)`` elsewhere: no kink, whatever alpha."""
    if alpha == 0:
        raise RuntimeError("ZeroDivisionError: alpha cannot be 0 for CELU")
    return activate(act.elu, "celu", inplace, input, alpha, 1.0, 1 / alpha)


def selu(input: Any, inplace: bool = False) -> Any:
    """`elu` scaled so that layers keep mean 0 and variance 1 (Klambauer and others, 2017)."""
    return activate(act.elu, "selu", inplace, input, 1.6732632423543772, 1.0507009873554805, 1.0)


def gelu(input: Any, approximate: str = "none") -> Any:
    """``x · Φ(x)``, Φ being the distribution function of the standard normal.

    Args:
        input: A float tensor.
        approximate: ``"tanh"`` for ``x/2 · (1 + tanh(√(2/π) · (x + 0.044715 x³)))``, as in GPT-2.

    Derivative: ``g · (Φ(x) + x · φ(x))``, φ being the density.
    Raises: RuntimeError: another ``approximate``.
    Source: ``torch.nn.functional.gelu``.

    Example:
        >>> mgx.nn.functional.gelu(mgx.tensor([-1.0, 0.0, 1.0]))
        tensor([-0.1587,  0.0000,  0.8413])
    """
    if approximate not in ("none", "tanh"):
        raise RuntimeError(f"approximate argument must be either none or tanh. Got {approximate!r}.")
    x = check_tensor("gelu", input)
    return (act.gelu if approximate == "none" else act.gelu_tanh)(x)[0]


def silu(input: Any, inplace: bool = False) -> Any:
    """``x · sigmoid(x)``, also called swish.

    Derivative: ``g · s · (1 + x · (1 - s))`` with s = sigmoid(x).
    Source: ``torch.nn.functional.silu``.
    """
    return activate(act.silu, "silu", inplace, input)


def mish(input: Any, inplace: bool = False) -> Any:
    """``x · tanh(softplus(x))``."""
    return activate(act.mish, "mish", inplace, input)


def softplus(input: Any, beta: float = 1, threshold: float = 20) -> Any:
    """``log(1 + exp(beta · x)) / beta``: a smooth relu; where ``beta · x > threshold``, x itself.

    Derivative: ``g · sigmoid(beta · x)``.
    Source: ``torch.nn.functional.softplus``.

    Example:
        >>> mgx.nn.functional.softplus(mgx.tensor([0.0, 30.0]))
        tensor([ 0.6931, 30.0000])
    """
    return act.softplus(check_tensor("softplus", input), beta, threshold)


def logsigmoid(input: Any) -> Any:
    """``log(sigmoid(x))``, also where sigmoid itself would be 0. Derivative: ``g · sigmoid(-x)``."""
    return act.logsigmoid(check_tensor("logsigmoid", input))


def hardtanh(input: Any, min_val: float = -1.0, max_val: float = 1.0, inplace: bool = False) -> Any:
    """``x`` limited to [min_val, max_val].

    Derivative: ``g`` between the limits, 0 at them and outside.
    Raises: ValueError: ``min_val`` is above ``max_val``.
    Source: ``torch.nn.functional.hardtanh``.
    """
    if min_val > max_val:
        raise ValueError("min_val cannot be greater than max_val")
    return activate(act.hardtanh, "hardtanh", inplace, input, min_val, max_val)


def relu6(input: Any, inplace: bool = False) -> Any:
    """``min(max(0, x), 6)``."""
    return activate(act.hardtanh, "relu6", inplace, input, 0, 6)


def hardsigmoid(input: Any, inplace: bool = False) -> Any:
    """``x / 6 + 1/2`` limited to [0, 1]."""
    return activate(act.hardsigmoid, "hardsigmoid", inplace, input)


def hardswish(input: Any, inplace: bool = False) -> Any:
    """``x · hardsigmoid(x)``."""
    return activate(act.hardswish, "hardswish", inplace, input)


def hardshrink(input: Any, lambd: float = 0.5) -> Any:
    """``x`` where it is farther from 0 than ``lambd``, else 0."""
    act.real("hardshrink_cpu")(check_tensor("hardshrink", input).array)
    return keep(input, ~(np.absolute(input.array) <= lambd))  # a nan stays


def softshrink(input: Any, lambd: float = 0.5) -> Any:
    """``x`` moved towards 0 by ``lambd``, and 0 where it is nearer to 0 than that.

    Raises: RuntimeError: ``lambd`` is negative.
    Source: ``torch.nn.functional.softshrink``.
    """
    if lambd < 0:
        raise RuntimeError(f"softshrink: expected lambda to be at least 0, but found {lambd:g}")
    return act.softshrink(check_tensor("softshrink", input), lambd)


def threshold(input: Any, threshold: float, value: float, inplace: bool = False) -> Any:
    """``x`` where it is above ``threshold``, else ``value``."""
    return activate(act.threshold, "threshold", inplace, input, threshold, value)


def tanhshrink(input: Any) -> Any:
    """``x - tanh(x)``."""
    return input - elementwise.tanh(input)


def sigmoid(input: Any) -> Any:
    """``1 / (1 + exp(-x))``; as `microgradx.sigmoid`."""
    return elementwise.sigmoid(check_tensor("sigmoid", input))


def tanh(input: Any) -> Any:
    """The hyperbolic tangent; as `microgradx.tanh`."""
    return elementwise.tanh(check_tensor("tanh", input))


def softsign(input: Any) -> Any:
    """``x / (1 + |x|)``."""
    return input / (1 + abs(input))


def glu(input: Any, dim: int = -1) -> Any:
    """``a · sigmoid(b)``, a and b being the two halves of the input along ``dim``.

    Shape:
        (..., 2 n, ...) -> (..., n, ...)

    Raises: RuntimeError: the dimension is odd, or there is none.
    Source: ``torch.nn.functional.glu``.
    """
    shape = check_tensor("glu", input).array.shape
    if not shape:
        raise RuntimeError("glu does not support scalars because halving size must be even")
    if shape[dim] % 2:
        raise RuntimeError(f"Halving dimension must be even, but dimension {dim % len(shape)} is size {shape[dim]}")
    a, b = chunk(input, 2, dim)
    return a * elementwise.sigmoid(b)


def legacy_dim(name: str, dim: int | None, ndim: int, stacklevel: int) -> int:
    """What softmax does when no dimension is named, which PyTorch warns of."""
    if dim is not None:
        return dim
    warnings.warn(
        f"Implicit dimension choice for {name} has been deprecated. Change the call to include dim=X as an argument.",
        stacklevel=stacklevel,
    )
    return 0 if ndim in (0, 1, 3) else 1


def softmax(input: Any, dim: int | None = None, _stacklevel: int = 3, dtype: Any = None) -> Any:
    """``exp(x) / Σ exp(x)`` along ``dim``; as `microgradx.softmax`.

    Example:
        >>> mgx.nn.functional.softmax(mgx.tensor([1.0, 2.0, 3.0]), dim=0)
        tensor([0.0900, 0.2447, 0.6652])
    """
    return act.softmax(input, legacy_dim("softmax", dim, input.ndim, _stacklevel), dtype)


def log_softmax(input: Any, dim: int | None = None, _stacklevel: int = 3, dtype: Any = None) -> Any:
    """``log(softmax(x))`` along ``dim``; as `microgradx.log_softmax`."""
    return act.log_softmax(input, legacy_dim("log_softmax", dim, input.ndim, _stacklevel), dtype)


def softmin(input: Any, dim: int | None = None, _stacklevel: int = 3, dtype: Any = None) -> Any:
    """``softmax(-x)`` along ``dim``."""
    return act.softmax(-input, legacy_dim("softmin", dim, input.ndim, _stacklevel), dtype)


def gumbel_softmax(logits: Any, tau: float = 1, hard: bool = False, eps: float = 1e-10, dim: int = -1) -> Any:
    """A class drawn at random, with the probabilities ``softmax(logits)``, in a way that has a derivative.

    Args:
        logits: Scores of the classes, along ``dim``.
        tau: How soft the choice is: near 0 the result is nearly one class, for large tau nearly all of them alike.
        hard: Return exactly one class, a row with a single 1; the derivative is that of the soft choice.
        eps: Not used; another value than the default warns.
        dim: The dimension of the classes.

    Shape: that of the logits.
    Derivative: that of ``softmax((logits + noise) / tau)``, the noise being a constant.
    Raises: NotImplementedError: the logits are not floating-point. IndexError: ``dim`` is out of range.
    Source: E. Jang et al., "Categorical Reparameterization with Gumbel-Softmax" (2017), and C. Maddison et al., "The
        Concrete Distribution" (2017); ``torch.nn.functional.gumbel_softmax``, with the same random numbers.

    Example:
        >>> _ = mgx.manual_seed(0)
        >>> mgx.nn.functional.gumbel_softmax(mgx.tensor([1.0, 2.0, 3.0]), hard=True)
        tensor([0., 0., 1.])
    """
    if eps != 1e-10:
        warnings.warn("`eps` parameter is deprecated and has no effect.", stacklevel=2)
    x = check_tensor("gumbel_softmax", logits).array
    noise = -np.log(exponential_(wrap(np.empty(x.shape, x.dtype))).array)  # Gumbel's distribution
    soft = act.softmax((logits + wrap(noise)) / tau, dim)
    if not hard:
        return soft
    chosen = np.zeros(x.shape, x.dtype)
    if x.ndim:
        np.put_along_axis(chosen, soft.array.argmax(dim, keepdims=True), 1, dim)
    else:
        chosen += 1
    return wrap(chosen) - soft.detach() + soft


# ---------------------------------------------------------------- written into their input


def relu_(input: Any) -> Any:
    """In-place version of `relu`; returns the tensor itself."""
    return relu(input, inplace=True)


def leaky_relu_(input: Any, negative_slope: float = 0.01) -> Any:
    """In-place version of `leaky_relu`; returns the tensor itself."""
    return leaky_relu(input, negative_slope, inplace=True)


def rrelu_(input: Any, lower: float = 1.0 / 8, upper: float = 1.0 / 3, training: bool = False) -> Any:
    """In-place version of `rrelu`; returns the tensor itself."""
    return rrelu(input, lower, upper, training, inplace=True)


def elu_(input: Any, alpha: float = 1.0) -> Any:
    """In-place version of `elu`; returns the tensor itself."""
    return elu(input, alpha, inplace=True)


def celu_(input: Any, alpha: float = 1.0) -> Any:
    """In-place version of `celu`; returns the tensor itself."""
    return celu(input, alpha, inplace=True)


def selu_(input: Any) -> Any:
    """In-place version of `selu`; returns the tensor itself."""
    return selu(input, inplace=True)


def hardtanh_(input: Any, min_val: float = -1.0, max_val: float = 1.0) -> Any:
    """In-place version of `hardtanh`; returns the tensor itself."""
    return hardtanh(input, min_val, max_val, inplace=True)


def threshold_(input: Any, threshold: float, value: float) -> Any:
    """In-place version of `threshold`; returns the tensor itself."""
    return activate(act.threshold, "threshold", True, input, threshold, value)
