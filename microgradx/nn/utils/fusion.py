"""A batch normalization after training is one factor and one shift per channel: here it goes into the layer before it."""

import copy
from typing import Any

from microgradx.creation import ones_like, zeros_like
from microgradx.nn.module import Module
from microgradx.nn.parameter import Parameter
from microgradx.ops.elementwise import rsqrt

__all__ = ["fuse_conv_bn_eval", "fuse_conv_bn_weights", "fuse_linear_bn_eval", "fuse_linear_bn_weights"]


def fuse_conv_bn_eval(conv: Any, bn: Any, transpose: bool = False) -> Module:
    """A convolution that does what ``conv`` and then ``bn`` do in use.

    Args:
        conv: The convolution, in use (``eval``); it stays as it is.
        bn: The batch normalization, likewise.
        transpose: Whether the convolution is a transposed one.

    Raises: AssertionError: one is in training; ``bn`` has no running averages.
    Source: ``torch.nn.utils.fuse_conv_bn_eval``.

    Example:
        >>> conv, bn = mgx.nn.Conv2d(1, 2, 3).eval(), mgx.nn.BatchNorm2d(2).eval()
        >>> mgx.nn.utils.fuse_conv_bn_eval(conv, bn)
        Conv2d(1, 2, kernel_size=(3, 3), stride=(1, 1))
    """
    _check(conv, bn)
    fused = copy.deepcopy(conv)
    fused.weight, fused.bias = fuse_conv_bn_weights(
        fused.weight, fused.bias, bn.running_mean, bn.running_var, bn.eps, bn.weight, bn.bias, transpose
    )
    return fused  # type: ignore[no-any-return]


def fuse_conv_bn_weights(
    conv_w: Any,
    conv_b: Any,
    bn_rm: Any,
    bn_rv: Any,
    bn_eps: float,
    bn_w: Any,
    bn_b: Any,
    transpose: bool = False,
) -> tuple[Any, Any]:
    """Weight and bias of `fuse_conv_bn_eval`, from those of the two layers and the running averages.

    Source: ``torch.nn.utils.fuse_conv_bn_weights``.
    """
    conv_b = zeros_like(bn_rm) if conv_b is None else conv_b
    bn_w = ones_like(bn_rm) if bn_w is None else bn_w
    bn_b = zeros_like(bn_rm) if bn_b is None else bn_b
    factor = rsqrt(bn_rv + bn_eps)
    shape = [1, -1] if transpose else [-1, 1]
    weight = conv_w * (bn_w * factor).reshape(shape + [1] * (conv_w.ndim - 2))
    bias = (conv_b - bn_rm) * factor * bn_w + bn_b
    return _parameter(weight, conv_w), _parameter(bias, conv_b)


def fuse_linear_bn_eval(linear: Any, bn: Any) -> Module:
    """A linear layer that does what ``linear`` and then ``bn`` do in use.

    Raises: AssertionError: one is in training; the numbers of features differ; ``bn`` has no running averages.
    Source: ``torch.nn.utils.fuse_linear_bn_eval``.

    Example:
        >>> linear, bn = mgx.nn.Linear(1, 2).eval(), mgx.nn.BatchNorm1d(2).eval()
        >>> mgx.nn.utils.fuse_linear_bn_eval(linear, bn)
        Linear(in_features=1, out_features=2, bias=True)
    """
    if not (linear.training or bn.training) and bn.num_features not in (1, linear.out_features):
        raise AssertionError(
            "To fuse, linear.out_features == bn.num_features or bn.num_features == 1, got "
            f"linear.out_features={linear.out_features} and bn.num_features={bn.num_features}"
        )
    _check(linear, bn)
    fused = copy.deepcopy(linear)
    fused.weight, fused.bias = fuse_linear_bn_weights(
        fused.weight, fused.bias, bn.running_mean, bn.running_var, bn.eps, bn.weight, bn.bias
    )
    return fused  # type: ignore[no-any-return]


def fuse_linear_bn_weights(
    linear_w: Any, linear_b: Any, bn_rm: Any, bn_rv: Any, bn_eps: float, bn_w: Any, bn_b: Any
) -> tuple[Any, Any]:
    """Weight and bias of `fuse_linear_bn_eval`, from those of the two layers and the running averages.

    Source: ``torch.nn.utils.fuse_linear_bn_weights``, but the normalization may also be one without factor and shift.
    """
    linear_b = zeros_like(bn_rm) if linear_b is None else linear_b
    factor = rsqrt(bn_rv + bn_eps)
    factor = factor if bn_w is None else bn_w * factor
    bias = (linear_b - bn_rm) * factor
    return (
        _parameter(linear_w * factor.unsqueeze(-1), linear_w),
        _parameter(bias if bn_b is None else bias + bn_b, linear_b),
    )


def _check(layer: Any, bn: Any) -> None:
    if layer.training or bn.training:
        raise AssertionError("Fusion only for eval!")
    if bn.running_mean is None or bn.running_var is None:
        raise AssertionError("bn.running_mean and bn.running_var must not be None")


def _parameter(value: Any, before: Any) -> Any:
    return Parameter(value.detach().to(before.dtype), before.requires_grad)
