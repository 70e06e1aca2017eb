"""Initial values of parameters: functions that fill a tensor in place, and return it.

A layer keeps the size of what passes through it, forward and backward, if the variance of its weights is
about 1 / fan, where *fan* is the number of terms that are added up: ``fan_in`` going forward, ``fan_out``
going back. The *gain* makes up for what the activation takes away.

All draw the numbers that PyTorch draws after the same ``manual_seed``.
"""

import math
import warnings
from collections.abc import Callable
from typing import Any

from microgradx.creation import empty_like
from microgradx.creation import eye as identity
from microgradx.ops.decompose import qr
from microgradx.random import randperm

__all__ = [
    "calculate_gain",
    "constant",
    "constant_",
    "dirac",
    "dirac_",
    "eye",
    "eye_",
    "kaiming_normal",
    "kaiming_normal_",
    "kaiming_uniform",
    "kaiming_uniform_",
    "normal",
    "normal_",
    "ones_",
    "orthogonal",
    "orthogonal_",
    "sparse",
    "sparse_",
    "trunc_normal_",
    "uniform",
    "uniform_",
    "xavier_normal",
    "xavier_normal_",
    "xavier_uniform",
    "xavier_uniform_",
    "zeros_",
]

_LINEAR = ("linear", *(f"conv{transposed}{d}d" for transposed in ("", "_transpose") for d in (1, 2, 3)))


def calculate_gain(nonlinearity: str, param: Any = None) -> float:
    """The gain that is recommended for an activation.

    Args:
        nonlinearity: ``"linear"``, ``"conv1d"`` and its kin, ``"sigmoid"``, ``"tanh"``, ``"relu"``,
            ``"leaky_relu"`` or ``"selu"``.
        param: The negative slope of a leaky ReLU, by default 0.01.

    Raises: ValueError: another activation, or ``param`` is no number.
    Source: ``torch.nn.init.calculate_gain``.

    Example:
        >>> round(mgx.nn.init.calculate_gain("relu"), 4)
        1.4142
    """
    if nonlinearity in _LINEAR or nonlinearity == "sigmoid":
        return 1
    if nonlinearity == "tanh":
        return 5 / 3
    if nonlinearity == "relu":
        return math.sqrt(2)
    if nonlinearity == "selu":
        return 3 / 4
    if nonlinearity == "leaky_relu":
        slope = 0.01 if param is None else param
        if isinstance(slope, bool) or not isinstance(slope, (int, float)):
            raise ValueError(f"negative_slope {param} not a valid number")
        return math.sqrt(2 / (1 + slope**2))
    raise ValueError(f"Unsupported nonlinearity {nonlinearity}")


def _calculate_fan_in_and_fan_out(tensor: Any) -> tuple[int, int]:
    """How many terms are added up for an output, and for the gradient of an input."""
    if tensor.ndim < 2:
        raise ValueError("Fan in and fan out can not be computed for tensor with fewer than 2 dimensions")
    out_maps, in_maps, *receptive_field = tensor.shape
    size = math.prod(receptive_field)
    return in_maps * size, out_maps * size


def _std(tensor: Any, a: float, mode: str, nonlinearity: str) -> float:
    """The standard deviation of He's method."""
    if mode.lower() not in ("fan_in", "fan_out"):
        raise ValueError(f"Mode {mode} not supported, please use one of ['fan_in', 'fan_out']")
    fan = _calculate_fan_in_and_fan_out(tensor)[mode.lower() == "fan_out"]
    return calculate_gain(nonlinearity, a) / math.sqrt(fan)


def uniform_(tensor: Any, a: float = 0.0, b: float = 1.0, generator: Any = None) -> Any:
    """Fill with numbers from ``a`` to below ``b``, all equally likely.

    Example:
        >>> _ = mgx.manual_seed(0)
        >>> mgx.nn.init.uniform_(mgx.empty(3), -1, 1)
        tensor([-0.0075,  0.5364, -0.8230])
    """
    tensor.detach().uniform_(a, b, generator=generator)  # shares the memory, and is not recorded
    return tensor


def normal_(tensor: Any, mean: float = 0.0, std: float = 1.0, generator: Any = None) -> Any:
    """Fill with normally distributed numbers.

    Example:
        >>> _ = mgx.manual_seed(0)
        >>> mgx.nn.init.normal_(mgx.empty(3), 10, 0.1)
        tensor([10.1541,  9.9707,  9.7821])
    """
    tensor.detach().normal_(mean, std, generator=generator)
    return tensor


def trunc_normal_(
    tensor: Any,
    mean: float = 0.0,
    std: float = 1.0,
    a: float = -2.0,
    b: float = 2.0,
    generator: Any = None,
) -> Any:
    """Fill with normally distributed numbers between ``a`` and ``b``: what falls outside is drawn again.

    Source: ``torch.nn.init.trunc_normal_``. Where few numbers would fall inside, uniform numbers are drawn instead
        and accepted with a probability in proportion to the density.

    Example:
        >>> _ = mgx.manual_seed(0)
        >>> x = mgx.nn.init.trunc_normal_(mgx.empty(1000), std=2.0, a=-1.0, b=1.0)
        >>> bool((x.abs() <= 1).all())
        True
    """
    if mean < a - 2 * std or mean > b + 2 * std:
        warnings.warn(
            "mean is more than 2 std from [a, b] in nn.init.trunc_normal_. "
            "The distribution of values may be incorrect.",
            stacklevel=2,
        )

    def share_below(x: float) -> float:
        return (1 + math.erf((x - mean) / (std * math.sqrt(2)))) / 2

    fill = _redraw_outside if share_below(b) - share_below(a) > 0.3 else _accept_by_density
    fill(tensor.detach(), mean, std, a, b, generator)
    return tensor


def _redraw_outside(tensor: Any, mean: float, std: float, a: float, b: float, generator: Any) -> None:
    tensor.normal_(mean, std, generator=generator)
    low, high = tensor.new_tensor(a), tensor.new_tensor(b)
    while (outside := (tensor < low) | (tensor > high)).any():
        # PyTorch draws for all elements again, and so the same numbers are drawn here.
        again = empty_like(tensor).normal_(mean, std, generator=generator)
        tensor.copy_(again.where(outside, tensor))


def _accept_by_density(tensor: Any, mean: float, std: float, a: float, b: float, generator: Any) -> None:
    log_peak = -0.5 * ((max(a, min(mean, b)) - mean) / std) ** 2
    candidates = empty_like(tensor).uniform_(a, b, generator=generator)
    tensor.copy_(candidates)
    pending = True
    while True:
        log_density = ((candidates - mean) / std) ** 2 * -0.5 - log_peak
        refused = empty_like(tensor).uniform_(generator=generator).log() > log_density
        pending = refused & pending
        if not pending.any():
            return
        candidates.uniform_(a, b, generator=generator)
        tensor.copy_(candidates.where(pending, tensor))


def constant_(tensor: Any, val: float) -> Any:
    """Fill with one value.

    Example:
        >>> mgx.nn.init.constant_(mgx.empty(2), 0.5)
        tensor([0.5000, 0.5000])
    """
    tensor.detach().fill_(val)
    return tensor


def ones_(tensor: Any) -> Any:
    """Fill with ones."""
    return constant_(tensor, 1.0)


def zeros_(tensor: Any) -> Any:
    """Fill with zeros."""
    return constant_(tensor, 0.0)


def eye_(tensor: Any) -> Any:
    """Fill a matrix with ones on the diagonal and zeros elsewhere: a Linear layer that passes its input on.

    Raises: ValueError: the tensor has not two dimensions.

    Example:
        >>> mgx.nn.init.eye_(mgx.empty(2, 3))
        tensor([[1., 0., 0.],
                [0., 1., 0.]])
    """
    if tensor.ndim != 2:
        raise ValueError("Only tensors with 2 dimensions are supported")
    tensor.detach().copy_(identity(*tensor.shape))
    return tensor


def dirac_(tensor: Any, groups: int = 1) -> Any:
    """Fill the weight of a convolution so that it passes its input channels on, as many as fit.

    Raises: ValueError: the tensor has not 3 to 5 dimensions, or ``groups`` does not divide its first.

    Example:
        >>> mgx.nn.init.dirac_(mgx.empty(2, 2, 3))[1]
        tensor([[0., 0., 0.],
                [0., 1., 0.]])
    """
    if tensor.ndim not in (3, 4, 5):
        raise ValueError("Only tensors with 3, 4, or 5 dimensions are supported")
    if tensor.shape[0] % groups != 0:
        raise ValueError("dim 0 must be divisible by groups")
    channels = tensor.shape[0] // groups
    center = tuple(n // 2 for n in tensor.shape[2:])
    weight = zeros_(tensor).detach()
    for group in range(groups):
        for i in range(min(channels, tensor.shape[1])):
            weight[(group * channels + i, i, *center)] = 1
    return tensor


def xavier_uniform_(tensor: Any, gain: float = 1.0, generator: Any = None) -> Any:
    """Fill uniformly between ±gain·√(6 / (fan_in + fan_out)).

    Raises: ValueError: the tensor has fewer than two dimensions.
    Source: X. Glorot and Y. Bengio, "Understanding the difficulty of training deep feedforward neural networks"
        (2010).

    Example:
        >>> w = mgx.nn.init.xavier_uniform_(mgx.empty(4, 2))
        >>> bool((w.abs() <= 1).all())
        True
    """
    bound = math.sqrt(3.0) * (gain * math.sqrt(2.0 / sum(_calculate_fan_in_and_fan_out(tensor))))
    return uniform_(tensor, -bound, bound, generator)


def xavier_normal_(tensor: Any, gain: float = 1.0, generator: Any = None) -> Any:
    """Fill normally, with standard deviation gain·√(2 / (fan_in + fan_out)).

    Errors and source are those of `xavier_uniform_`.

    Example:
        >>> mgx.nn.init.xavier_normal_(mgx.empty(4, 2)).shape
        torch.Size([4, 2])
    """
    return normal_(tensor, 0.0, gain * math.sqrt(2.0 / sum(_calculate_fan_in_and_fan_out(tensor))), generator)


def kaiming_uniform_(
    tensor: Any,
    a: float = 0,
    mode: str = "fan_in",
    nonlinearity: str = "leaky_relu",
    generator: Any = None,
) -> Any:
    """Fill uniformly between ±gain·√(3 / fan).

    Args:
        tensor: Of at least two dimensions.
        a: Negative slope of the leaky ReLU that follows; 0 for ReLU.
        mode: ``"fan_in"`` to keep the size of what goes forward, ``"fan_out"`` of what goes back.
        nonlinearity: What follows, as for `calculate_gain`.
        generator: What draws; by default the generator that ``manual_seed`` seeds.

    Raises: ValueError: fewer than two dimensions, another ``mode`` or ``nonlinearity``.
    Source: K. He et al., "Delving deep into rectifiers" (2015).

    Example:
        >>> w = mgx.nn.init.kaiming_uniform_(mgx.empty(4, 6), nonlinearity="relu")
        >>> bool((w.abs() <= 1).all())
        True
    """
    if _is_empty(tensor):
        return tensor
    bound = math.sqrt(3.0) * _std(tensor, a, mode, nonlinearity)
    return uniform_(tensor, -bound, bound, generator)


def kaiming_normal_(
    tensor: Any,
    a: float = 0,
    mode: str = "fan_in",
    nonlinearity: str = "leaky_relu",
    generator: Any = None,
) -> Any:
    """Fill normally, with standard deviation gain / √fan.

    Arguments, errors and source are those of `kaiming_uniform_`.

    Example:
        >>> mgx.nn.init.kaiming_normal_(mgx.empty(4, 6)).shape
        torch.Size([4, 6])
    """
    return tensor if _is_empty(tensor) else normal_(tensor, 0, _std(tensor, a, mode, nonlinearity), generator)


def _is_empty(tensor: Any) -> bool:
    if 0 in tensor.shape:
        warnings.warn("Initializing zero-element tensors is a no-op", stacklevel=3)
        return True
    return False


def orthogonal_(tensor: Any, gain: float = 1, generator: Any = None) -> Any:
    """Fill with a matrix whose rows, or columns if these are fewer, have length ``gain`` and are orthogonal.

    Of a tensor with more dimensions, all but the first count as columns.

    Raises: ValueError: the tensor has fewer than two dimensions.
    Source: A. Saxe et al., "Exact solutions to the nonlinear dynamics of learning in deep linear neural networks"
        (2013); ``torch.nn.init.orthogonal_``, from the same draws.

    Example:
        >>> w = mgx.nn.init.orthogonal_(mgx.empty(3, 5))
        >>> mgx.allclose(w @ w.T, mgx.eye(3), atol=1e-6)
        True
    """
    if tensor.ndim < 2:
        raise ValueError("Only tensors with 2 or more dimensions are supported")
    if not tensor.numel():
        return tensor
    rows, columns = tensor.shape[0], tensor.numel() // tensor.shape[0]
    drawn = tensor.new_empty((rows, columns)).normal_(0, 1, generator=generator)
    q, r = qr(drawn.T if rows < columns else drawn)
    q = q * r.diagonal().sign()  # without this, some orthogonal matrices would be likelier than others
    tensor.detach().copy_((q.T if rows < columns else q).reshape(tensor.shape)).mul_(gain)
    return tensor


def sparse_(tensor: Any, sparsity: float, std: float = 0.01, generator: Any = None) -> Any:
    """Fill a matrix normally, but with the fraction ``sparsity`` of each column zero.

    Raises: ValueError: the tensor has not two dimensions.
    Source: J. Martens, "Deep learning via Hessian-free optimization" (2010).

    Example:
        >>> (mgx.nn.init.sparse_(mgx.empty(10, 3), 0.5) == 0).sum(0)
        tensor([5, 5, 5])
    """
    if tensor.ndim != 2:
        raise ValueError("Only tensors with 2 dimensions are supported")
    rows, columns = tensor.shape
    weight = normal_(tensor, 0, std, generator).detach()
    for column in range(columns):
        weight[randperm(rows)[: math.ceil(sparsity * rows)], column] = 0
    return tensor


def _deprecated(fill: Callable[..., Any]) -> Callable[..., Any]:
    """The same function under its older name, without the underscore, which warns."""
    new = fill.__name__
    old = new.removesuffix("_")

    def call(*args: Any, **kwargs: Any) -> Any:
        warnings.warn(f"`nn.init.{old}` is now deprecated in favor of `nn.init.{new}`.", FutureWarning, stacklevel=2)
        return fill(*args, **kwargs)

    call.__name__ = call.__qualname__ = old
    call.__doc__ = f"The older name of `{new}`."
    return call


uniform = _deprecated(uniform_)
normal = _deprecated(normal_)
constant = _deprecated(constant_)
eye = _deprecated(eye_)
dirac = _deprecated(dirac_)
xavier_uniform = _deprecated(xavier_uniform_)
xavier_normal = _deprecated(xavier_normal_)
kaiming_uniform = _deprecated(kaiming_uniform_)
kaiming_normal = _deprecated(kaiming_normal_)
orthogonal = _deprecated(orthogonal_)
sparse = _deprecated(sparse_)


def reset_weight_and_bias(weight: Any, bias: Any) -> None:
    """The initial values of linear layers and convolutions: both uniform between ±1/√fan_in.

    ``a=√5`` makes it so; the bound is computed this way to have PyTorch's roundings.
    """
    kaiming_uniform_(weight, a=math.sqrt(5))
    if bias is not None:
        fan_in, _ = _calculate_fan_in_and_fan_out(weight)
        bound = 1 / math.sqrt(fan_in) if fan_in > 0 else 0
        uniform_(bias, -bound, bound)
