"""Normalization layers: they shift and scale what passes through to mean 0 and variance 1."""

import warnings
from collections.abc import Iterable
from typing import Any

from microgradx.creation import empty, ones, tensor, zeros
from microgradx.dtypes import int64
from microgradx.nn import functional as F
from microgradx.nn import init
from microgradx.nn.functional.normalization import by_neighbours
from microgradx.nn.module import Module
from microgradx.nn.parameter import Parameter

__all__ = [
    "BatchNorm1d",
    "BatchNorm2d",
    "BatchNorm3d",
    "CrossMapLRN2d",
    "GroupNorm",
    "InstanceNorm1d",
    "InstanceNorm2d",
    "InstanceNorm3d",
    "LayerNorm",
    "LocalResponseNorm",
    "RMSNorm",
    "SyncBatchNorm",
]


class _Affine(Module):
    """A normalization followed by a learned factor and shift, which start as 1 and 0."""

    def _add_parameters(self, shape: Any, weight: bool, bias: bool, device: Any, dtype: Any) -> None:
        for name, wanted in (("weight", weight), ("bias", bias)):
            self.register_parameter(name, Parameter(empty(shape, device=device, dtype=dtype)) if wanted else None)

    def reset_parameters(self) -> None:
        """Set the factor to 1 and the shift to 0."""
        if self.weight is not None:
            init.ones_(self.weight)
        if self.bias is not None:
            init.zeros_(self.bias)


class _NormBase(_Affine):
    _version = 2  # since this one, the state has num_batches_tracked
    dims: tuple[int, ...]

    def __init__(
        self,
        num_features: int,
        eps: float = 1e-5,
        momentum: float | None = 0.1,
        affine: bool = True,
        track_running_stats: bool = True,
        device: Any = None,
        dtype: Any = None,
        *,
        bias: bool = True,
    ) -> None:
        super().__init__()
        self.num_features = num_features
        self.eps = eps
        self.momentum = momentum
        self.affine = affine
        self.track_running_stats = track_running_stats
        self._add_parameters(num_features, affine, affine and bias, device, dtype)
        track = track_running_stats
        self.register_buffer("running_mean", zeros(num_features, device=device, dtype=dtype) if track else None)
        self.register_buffer("running_var", ones(num_features, device=device, dtype=dtype) if track else None)
        self.register_buffer("num_batches_tracked", tensor(0, dtype=int64) if track else None)
        self.reset_parameters()

    def reset_running_stats(self) -> None:
        """Forget the means and variances of past batches."""
        if self.track_running_stats:
            self.running_mean.zero_()
            self.running_var.fill_(1)
            self.num_batches_tracked.zero_()

    def reset_parameters(self) -> None:
        self.reset_running_stats()
        super().reset_parameters()

    def _check_dims(self, input: Any) -> None:
        if input.ndim not in self.dims:
            expected = " or ".join(f"{d}D" for d in self.dims)
            raise ValueError(f"expected {expected} input (got {input.ndim}D input)")

    def extra_repr(self) -> str:
        return (
            f"{self.num_features}, eps={self.eps}, momentum={self.momentum}, affine={self.affine}, "
            f"bias={self.bias is not None}, track_running_stats={self.track_running_stats}"
        )

    def _load_from_state_dict(
        self, state_dict: dict[str, Any], prefix: str, local_metadata: dict[str, Any], *rest: Any
    ) -> None:
        key = prefix + "num_batches_tracked"
        if local_metadata.get("version", 1) < 2 and self.track_running_stats and key not in state_dict:
            state_dict[key] = self.num_batches_tracked
        super()._load_from_state_dict(state_dict, prefix, local_metadata, *rest)


class _BatchNorm(_NormBase):
    def forward(self, input: Any) -> Any:
        self._check_dims(input)
        rate = self.momentum or 0.0
        if self.training and self.track_running_stats and self.num_batches_tracked is not None:
            self.num_batches_tracked.add_(1)
            if self.momentum is None:  # the mean of all batches so far
                rate = 1.0 / float(self.num_batches_tracked)
        use_batch = self.training or self.running_mean is None
        known = not self.training or self.track_running_stats
        return F.batch_norm(
            input, self.running_mean if known else None, self.running_var if known else None,
            self.weight, self.bias, use_batch, rate, self.eps,
        )  # fmt: skip


class BatchNorm1d(_BatchNorm):
    """Normalizes each feature of (N, C) or (N, C, L); see `BatchNorm2d`. Source: ``torch.nn.BatchNorm1d``."""

    dims = (2, 3)


class BatchNorm2d(_BatchNorm):
    """Normalizes each channel over the batch; then scales and shifts it by learned values.

    In training it uses the mean and variance of the batch, and keeps running averages of them, which it uses
    after ``eval()``.

    Args:
        num_features: Number of channels.
        eps: Added to the variance, against division by 0.
        momentum: Share of the newest batch in the running averages; None for the mean of all batches.
        affine: Whether to scale and shift by learned values.
        track_running_stats: Whether to keep running averages; without, each batch is normalized by itself.
        device: The CPU, under any of its names.
        dtype: Of the parameters; by default the default dtype.
        bias: Whether to shift, if ``affine``.

    Shape:
        (N, C, H, W) -> (N, C, H, W)

    Raises: ValueError: the input has another number of dimensions.
    Source: S. Ioffe and C. Szegedy, "Batch normalization" (2015); ``torch.nn.BatchNorm2d``.

    Example:
        >>> layer = mgx.nn.BatchNorm2d(3)
        >>> out = layer(mgx.randn(8, 3, 4, 4) * 5 + 2)
        >>> bool((out.mean((0, 2, 3)).abs() < 1e-5).all())
        True
    """

    dims = (4,)


class BatchNorm3d(_BatchNorm):
    """Normalizes each channel of (N, C, D, H, W); see `BatchNorm2d`. Source: ``torch.nn.BatchNorm3d``."""

    dims = (5,)


class _InstanceNorm(_NormBase):
    def __init__(
        self,
        num_features: int,
        eps: float = 1e-5,
        momentum: float = 0.1,
        affine: bool = False,
        track_running_stats: bool = False,
        device: Any = None,
        dtype: Any = None,
        *,
        bias: bool = True,
    ) -> None:
        super().__init__(num_features, eps, momentum, affine, track_running_stats, device, dtype, bias=bias)

    def forward(self, input: Any) -> Any:
        self._check_dims(input)
        is_single = input.ndim == self.dims[0]
        n = input.shape[0 if is_single else 1]
        if n != self.num_features:
            dim = 0 if is_single else 1
            if self.affine:
                raise ValueError(
                    f"expected input's size at dim={dim} to match num_features ({self.num_features}), but got: {n}."
                )
            warnings.warn(
                f"input's size at dim={dim} does not match num_features. You can silence this warning by not passing "
                "in num_features, which is not used because affine=False",
                stacklevel=2,
            )
        out = F.instance_norm(
            input[None] if is_single else input, self.running_mean, self.running_var, self.weight, self.bias,
            self.training or not self.track_running_stats, self.momentum or 0.0, self.eps,
        )  # fmt: skip
        return out[0] if is_single else out

    def _load_from_state_dict(
        self,
        state_dict: dict[str, Any],
        prefix: str,
        local_metadata: dict[str, Any],
        strict: bool,
        missing_keys: list[str],
        unexpected_keys: list[str],
        error_msgs: list[str],
    ) -> None:
        # States without a version may be of PyTorch before 0.4, where these layers always kept averages.
        running = [prefix + name for name in ("running_mean", "running_var") if prefix + name in state_dict]
        if running and local_metadata.get("version") is None and not self.track_running_stats:
            names, layer = " and ".join(f'"{key}"' for key in running), type(self).__name__
            error_msgs.append(
                f"Unexpected running stats buffer(s) {names} for {layer} with track_running_stats=False. If state_dict "
                f"is a checkpoint saved before 0.4.0, this may be expected because {layer} does not track running stats "
                "by default since 0.4.0. Please remove these keys from state_dict. If the running stats are actually "
                f"needed, instead set track_running_stats=True in {layer} to enable them. See the documentation of "
                f"{layer} for details."
            )
            for key in running:
                del state_dict[key]
        super()._load_from_state_dict(
            state_dict, prefix, local_metadata, strict, missing_keys, unexpected_keys, error_msgs
        )


class InstanceNorm1d(_InstanceNorm):
    """Normalizes each channel of (N, C, L) or (C, L); see `InstanceNorm2d`. Source: ``torch.nn.InstanceNorm1d``."""

    dims = (2, 3)


class InstanceNorm2d(_InstanceNorm):
    """Normalizes each channel of each image by itself; then, if asked to, scales and shifts it by learned values.

    Args:
        num_features: Number of channels.
        eps: Added to the variance, against division by 0.
        momentum: Share of the newest batch in the running averages.
        affine: Whether to scale and shift by learned values.
        track_running_stats: Whether to keep running averages, and to normalize by these after ``eval()``.
        device: The CPU, under any of its names.
        dtype: Of the parameters; by default the default dtype.
        bias: Whether to shift, if ``affine``.

    Shape:
        (N, C, H, W) or (C, H, W), which is kept.

    Raises: ValueError: the input has another number of dimensions, or of channels where these are scaled.
    Source: D. Ulyanov et al., "Instance normalization" (2016); ``torch.nn.InstanceNorm2d``.

    Example:
        >>> out = mgx.nn.InstanceNorm2d(3)(mgx.randn(8, 3, 4, 4) * 5 + 2)
        >>> bool((out.mean((2, 3)).abs() < 1e-5).all())
        True
    """

    dims = (3, 4)


class InstanceNorm3d(_InstanceNorm):
    """Normalizes each channel of (N, C, D, H, W) or (C, D, H, W); see `InstanceNorm2d`.

    Source: ``torch.nn.InstanceNorm3d``.
    """

    dims = (4, 5)


def _shape_of(normalized_shape: Any) -> tuple[int, ...]:
    return tuple(normalized_shape) if isinstance(normalized_shape, Iterable) else (normalized_shape,)


class LayerNorm(_Affine):
    """Normalizes each sample by itself, over its last dimensions; then scales and shifts by learned values.

    Args:
        normalized_shape: The last dimensions, as a number or several.
        eps: Added to the variance, against division by 0.
        elementwise_affine: Whether to scale and shift by learned values.
        bias: Whether to shift, if ``elementwise_affine``.
        device: The CPU, under any of its names.
        dtype: Of the parameters; by default the default dtype.

    Shape:
        (..., *normalized_shape) -> the same

    Source: J. L. Ba et al., "Layer normalization" (2016); ``torch.nn.LayerNorm``.

    Example:
        >>> mgx.nn.LayerNorm(2)(mgx.tensor([[1.0, 3.0]])).detach()
        tensor([[-1.0000,  1.0000]])
    """

    def __init__(
        self,
        normalized_shape: Any,
        eps: float = 1e-5,
        elementwise_affine: bool = True,
        bias: bool = True,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        self.normalized_shape = _shape_of(normalized_shape)
        self.eps = eps
        self.elementwise_affine = elementwise_affine
        self._add_parameters(self.normalized_shape, elementwise_affine, elementwise_affine and bias, device, dtype)
        self.reset_parameters()

    def forward(self, input: Any) -> Any:
        return F.layer_norm(input, self.normalized_shape, self.weight, self.bias, self.eps)

    def extra_repr(self) -> str:
        return (
            f"{self.normalized_shape}, eps={self.eps}, elementwise_affine={self.elementwise_affine}, "
            f"bias={self.bias is not None}"
        )


class GroupNorm(_Affine):
    """Normalizes groups of channels of each sample; then scales and shifts each channel by learned values.

    Args:
        num_groups: How many groups.
        num_channels: How many channels.
        eps: Added to the variance, against division by 0.
        affine: Whether to scale and shift by learned values.
        device: The CPU, under any of its names.
        dtype: Of the parameters; by default the default dtype.
        bias: Whether to shift, if ``affine``.

    Shape:
        (N, C, ...) -> (N, C, ...)

    Raises: ValueError: the groups do not divide the channels.
    Source: Y. Wu and K. He, "Group normalization" (2018); ``torch.nn.GroupNorm``.

    Example:
        >>> mgx.nn.GroupNorm(2, 6)(mgx.randn(3, 6, 5)).shape
        torch.Size([3, 6, 5])
    """

    def __init__(
        self,
        num_groups: int,
        num_channels: int,
        eps: float = 1e-5,
        affine: bool = True,
        device: Any = None,
        dtype: Any = None,
        *,
        bias: bool = True,
    ) -> None:
        super().__init__()
        if num_channels % num_groups != 0:
            raise ValueError(f"num_channels ({num_channels}) must be divisible by num_groups ({num_groups})")
        self.num_groups = num_groups
        self.num_channels = num_channels
        self.eps = eps
        self.affine = affine
        self._add_parameters(num_channels, affine, affine and bias, device, dtype)
        self.reset_parameters()

    def forward(self, input: Any) -> Any:
        return F.group_norm(input, self.num_groups, self.weight, self.bias, self.eps)

    def extra_repr(self) -> str:
        return (
            f"{self.num_groups}, {self.num_channels}, eps={self.eps}, affine={self.affine}, "
            f"bias={self.bias is not None}"
        )


class RMSNorm(Module):
    """Divides each sample by the root of its mean square; then scales it by learned values.

    Args:
        normalized_shape: The last dimensions, as a number or several.
        eps: Added to the mean square, against division by 0; by default the dtype's, of float16 that of float32.
        elementwise_affine: Whether to scale by learned values.
        device: The CPU, under any of its names.
        dtype: Of the parameters; by default the default dtype.

    Shape:
        (..., *normalized_shape) -> the same

    Source: B. Zhang and R. Sennrich, "Root mean square layer normalization" (2019); ``torch.nn.RMSNorm``.

    Example:
        >>> mgx.nn.RMSNorm(2)(mgx.tensor([[1.0, 7.0]])).detach()
        tensor([[0.2000, 1.4000]])
    """

    def __init__(
        self,
        normalized_shape: Any,
        eps: float | None = None,
        elementwise_affine: bool = True,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        self.normalized_shape = _shape_of(normalized_shape)
        self.eps = eps
        self.elementwise_affine = elementwise_affine
        weight = ones(self.normalized_shape, device=device, dtype=dtype)
        self.register_parameter("weight", Parameter(weight) if elementwise_affine else None)

    def reset_parameters(self) -> None:
        """Set the factor to 1."""
        if self.weight is not None:
            init.ones_(self.weight)

    def forward(self, x: Any) -> Any:
        return F.rms_norm(x, self.normalized_shape, self.weight, self.eps)

    def extra_repr(self) -> str:
        return f"{self.normalized_shape}, eps={self.eps}, elementwise_affine={self.elementwise_affine}"


class SyncBatchNorm(_BatchNorm):
    """Batch norm over the batches of several processes. There is one, so it is `BatchNorm2d`, for any (N, C, ...).

    Args:
        num_features, eps, momentum, affine, track_running_stats, device, dtype, bias: As for `BatchNorm2d`.
        process_group: Accepted.

    Raises: ValueError: the input has no channels, or no dimension for them.
    Source: ``torch.nn.SyncBatchNorm``.
    """

    def __init__(
        self,
        num_features: int,
        eps: float = 1e-5,
        momentum: float | None = 0.1,
        affine: bool = True,
        track_running_stats: bool = True,
        process_group: Any = None,
        device: Any = None,
        dtype: Any = None,
        *,
        bias: bool = True,
    ) -> None:
        super().__init__(num_features, eps, momentum, affine, track_running_stats, device, dtype, bias=bias)
        self.process_group = process_group

    def _check_dims(self, input: Any) -> None:
        if input.ndim < 2:
            raise ValueError(f"expected at least 2D input (got {input.ndim}D input)")
        if not input.shape[1]:
            raise ValueError("SyncBatchNorm number of input channels should be non-zero")

    @classmethod
    def convert_sync_batchnorm(cls, module: Module, process_group: Any = None) -> Module:
        """The module with all its batch norms replaced; their parameters and buffers are the same tensors.

        Example:
            >>> mgx.nn.SyncBatchNorm.convert_sync_batchnorm(mgx.nn.Sequential(mgx.nn.BatchNorm1d(2), mgx.nn.ReLU()))
            Sequential(
              (0): SyncBatchNorm(2, eps=1e-05, momentum=0.1, affine=True, bias=True, track_running_stats=True)
              (1): ReLU()
            )
        """
        converted = module
        if isinstance(module, _BatchNorm):
            converted = cls(
                module.num_features, module.eps, module.momentum, module.affine, module.track_running_stats,
                process_group, bias=module.bias is not None,
            )  # fmt: skip
            for name in ("weight", "bias", "running_mean", "running_var", "num_batches_tracked"):
                setattr(converted, name, getattr(module, name))
            converted.training = module.training
        for name, child in list(module.named_children()):
            converted.add_module(name, cls.convert_sync_batchnorm(child, process_group))
        return converted


class LocalResponseNorm(Module):
    """Each channel divided by a power of the mean square of the channels around it.

    Args:
        size: How many channels are looked at.
        alpha: How much their mean square counts.
        beta: The power.
        k: What is added to it.

    Shape: (N, C, ...), which is kept.
    Source: ``torch.nn.LocalResponseNorm``; see `microgradx.nn.functional.local_response_norm`.

    Example:
        >>> mgx.nn.LocalResponseNorm(3, alpha=3.0, beta=1.0)(mgx.ones(1, 3, 1)).flatten()
        tensor([0.3333, 0.2500, 0.3333])
    """

    def __init__(self, size: int, alpha: float = 1e-4, beta: float = 0.75, k: float = 1.0) -> None:
        super().__init__()
        self.size = size
        self.alpha = alpha
        self.beta = beta
        self.k = k

    def forward(self, input: Any) -> Any:
        return F.local_response_norm(input, self.size, self.alpha, self.beta, self.k)

    def extra_repr(self) -> str:
        return f"{self.size}, alpha={self.alpha}, beta={self.beta}, k={self.k}"


class CrossMapLRN2d(LocalResponseNorm):
    """An older `LocalResponseNorm` of images, with as many channels before as after: of an even size, one is left out.

    From ``(size + 3) // 2`` channels on, PyTorch's own counts the first channel for all others too, and its gradient is
    not that of its result; this one does as PyTorch does for fewer channels.

    Args:
        size, alpha, beta, k: As for `LocalResponseNorm`.

    Raises: ValueError: the input is not (N, C, H, W).
    Source: ``torch.nn.CrossMapLRN2d``.
    """

    def __init__(self, size: int, alpha: float = 1e-4, beta: float = 0.75, k: float = 1) -> None:
        super().__init__(size, alpha, beta, k)

    def forward(self, input: Any) -> Any:
        if input.ndim != 4:
            raise ValueError(f"CrossMapLRN2d: Expected input to be 4D, got {input.ndim}D instead.")
        around = (self.size - 1) // 2
        return by_neighbours(input, around, around, self.size, self.alpha, self.beta, self.k)
