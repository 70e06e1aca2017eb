"""Lazy layers: they learn the size of their input from the first one, and have their parameters from then on."""

from typing import Any

from microgradx.autograd import no_grad
from microgradx.creation import tensor
from microgradx.dtypes import int64
from microgradx.nn import conv, normalization
from microgradx.nn.linear import Linear
from microgradx.nn.module import Module
from microgradx.nn.parameter import UninitializedBuffer, UninitializedParameter, is_lazy

__all__ = [
    "LazyBatchNorm1d",
    "LazyBatchNorm2d",
    "LazyBatchNorm3d",
    "LazyConv1d",
    "LazyConv2d",
    "LazyConv3d",
    "LazyConvTranspose1d",
    "LazyConvTranspose2d",
    "LazyConvTranspose3d",
    "LazyInstanceNorm1d",
    "LazyInstanceNorm2d",
    "LazyInstanceNorm3d",
    "LazyLinear",
    "LazyModuleMixin",
]


class LazyModuleMixin(Module):
    """Put before a module's class, it lets parameters wait for the first call.

    A derived class sets some parameters to `UninitializedParameter`, writes ``initialize_parameters``, which gets the
    arguments of the first call and materialises them, and names in ``cls_to_become`` the class that the module has
    from then on. The random numbers are drawn in that call, after those of all layers that are not lazy.

    Raises: RuntimeError: ``initialize_parameters`` left something uninitialised.
    Source: ``torch.nn.modules.lazy.LazyModuleMixin``.

    Example:
        >>> class Scale(mgx.nn.modules.lazy.LazyModuleMixin, mgx.nn.Module):
        ...     def __init__(self):
        ...         super().__init__()
        ...         self.factor = mgx.nn.UninitializedParameter()
        ...     def initialize_parameters(self, x):
        ...         self.factor.materialize(x.shape[-1:])
        ...         mgx.nn.init.ones_(self.factor)
        ...     def forward(self, x):
        ...         return self.factor * x
        >>> scale = Scale()
        >>> _ = scale(mgx.ones(2, 3))
        >>> scale.factor
        Parameter containing:
        tensor([1., 1., 1.], requires_grad=True)
    """

    cls_to_become: Any = None

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._load_hook = self._register_load_state_dict_pre_hook(self._lazy_load_hook)
        self._initialize_hook = self.register_forward_pre_hook(self._infer_parameters, with_kwargs=True)

    def initialize_parameters(self, *args: Any, **kwargs: Any) -> None:
        """Materialise the parameters and fill them; a derived class writes it."""
        raise NotImplementedError(
            f"initialize_parameters is not implemented for {type(self).__name__}; define initialize_parameters(self, ...)"
        )

    def has_uninitialized_params(self) -> bool:
        """Whether a parameter or buffer of this module waits for the first call."""
        return any(is_lazy(t) for t in (*self._parameters.values(), *self._buffers.values()))

    def reset_parameters(self) -> None:
        """Draw new initial values, once there is something to fill."""
        if not self.has_uninitialized_params():
            super().reset_parameters()  # type: ignore[misc]

    def _infer_parameters(self, module: Any, args: Any, kwargs: Any = None) -> None:
        """Before the first forward: initialise, and become an ordinary module."""
        module.initialize_parameters(*args, **(kwargs or {}))
        if module.has_uninitialized_params():
            raise RuntimeError(f"module {self._get_name()} has not been fully initialized")
        module._initialize_hook.remove()
        module._load_hook.remove()
        del module._initialize_hook, module._load_hook
        if module.cls_to_become is not None:
            module.__class__ = module.cls_to_become

    def _lazy_load_hook(self, state_dict: Any, prefix: str, *_: Any) -> None:
        """Before loading: what comes with a shape gets room for its values."""
        for name, own in (*self._parameters.items(), *self._buffers.items()):
            new = state_dict.get(prefix + name)
            if is_lazy(own) and new is not None and not is_lazy(new):
                with no_grad():
                    own.materialize(new.shape)

    def _save_to_state_dict(self, destination: Any, prefix: str, keep_vars: bool) -> None:
        for name, t in self._own_state().items():
            destination[prefix + name] = t if keep_vars or is_lazy(t) else t.detach()


class LazyLinear(LazyModuleMixin, Linear):
    """A `Linear` layer that takes ``in_features`` from its first input.

    Args:
        out_features: Length of the last dimension of the output.
        bias: Whether to add a bias.
        device: The CPU, under any of its names.
        dtype: Of the parameters; by default the default dtype.

    Source: ``torch.nn.LazyLinear``.

    Example:
        >>> layer = mgx.nn.LazyLinear(2)
        >>> layer
        LazyLinear(in_features=0, out_features=2, bias=True)
        >>> _ = layer(mgx.ones(4, 3))
        >>> layer
        Linear(in_features=3, out_features=2, bias=True)
    """

    cls_to_become = Linear

    def __init__(self, out_features: int, bias: bool = True, device: Any = None, dtype: Any = None) -> None:
        super().__init__(0, 0, False)
        self.weight = UninitializedParameter(device=device, dtype=dtype)
        self.out_features = out_features
        if bias:
            self.bias = UninitializedParameter(device=device, dtype=dtype)

    def reset_parameters(self) -> None:
        if self.in_features != 0:
            super().reset_parameters()

    def initialize_parameters(self, input: Any) -> None:
        """Take the number of features from the input, and draw initial values."""
        if self.has_uninitialized_params():
            self.in_features = input.shape[-1]
            self.weight.materialize((self.out_features, self.in_features))
            if self.bias is not None:
                self.bias.materialize((self.out_features,))
            self.reset_parameters()
        if self.in_features == 0:  # the parameters were loaded
            if input.shape[-1] != self.weight.shape[-1]:
                raise AssertionError(
                    f"The in_features inferred from input: {input.shape[-1]} is not equal to in_features from "
                    f"self.weight: {self.weight.shape[-1]}"
                )
            self.in_features = input.shape[-1]


class _LazyConvBase(LazyModuleMixin):
    d: int

    def _wait(self, out_channels: int, bias: bool, device: Any, dtype: Any) -> None:
        self.weight = UninitializedParameter(device=device, dtype=dtype)
        self.out_channels = out_channels
        if bias:
            self.bias = UninitializedParameter(device=device, dtype=dtype)

    def reset_parameters(self) -> None:
        if self.in_channels != 0:
            super().reset_parameters()

    def initialize_parameters(self, input: Any, *args: Any, **kwargs: Any) -> None:
        """Take the number of channels from the input, and draw initial values."""
        if not self.has_uninitialized_params():
            return
        if input.ndim not in (self.d + 1, self.d + 2):
            raise RuntimeError(
                f"Expected {self.d + 1}D (unbatched) or {self.d + 2}D (batched) input to {type(self).__name__}, but got "
                f"input of size: {input.shape}"
            )
        self.in_channels = input.shape[-self.d - 1]
        if self.in_channels % self.groups != 0:
            raise ValueError("in_channels must be divisible by groups")
        first, second = (self.out_channels, self.in_channels)[:: -1 if self.transposed else 1]
        self.weight.materialize((first, second // self.groups, *self.kernel_size))
        if self.bias is not None:
            self.bias.materialize((self.out_channels,))
        self.reset_parameters()


class _LazyConv(_LazyConvBase):
    def __init__(
        self,
        out_channels: int,
        kernel_size: Any,
        stride: Any = 1,
        padding: Any = 0,
        dilation: Any = 1,
        groups: int = 1,
        bias: bool = True,
        padding_mode: str = "zeros",
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(0, 0, kernel_size, stride, padding, dilation, groups, False, padding_mode, device, dtype)
        self._wait(out_channels, bias, device, dtype)


class LazyConv1d(_LazyConv, conv.Conv1d):
    """A `Conv1d` that takes ``in_channels`` from its first input; see `LazyConv2d`. Source: ``torch.nn.LazyConv1d``."""

    cls_to_become = conv.Conv1d


class LazyConv2d(_LazyConv, conv.Conv2d):
    """A `Conv2d` that takes ``in_channels`` from its first input; the other arguments are those of `Conv2d`.

    Raises: RuntimeError, ValueError: the first input has another number of dimensions; its channels cannot be divided
        into ``groups``.
    Source: ``torch.nn.LazyConv2d``.

    Example:
        >>> layer = mgx.nn.LazyConv2d(6, 5)
        >>> _ = layer(mgx.ones(2, 1, 28, 28))
        >>> layer
        Conv2d(1, 6, kernel_size=(5, 5), stride=(1, 1))
    """

    cls_to_become = conv.Conv2d


class LazyConv3d(_LazyConv, conv.Conv3d):
    """A `Conv3d` that takes ``in_channels`` from its first input; see `LazyConv2d`. Source: ``torch.nn.LazyConv3d``."""

    cls_to_become = conv.Conv3d


class _LazyConvTranspose(_LazyConvBase):
    def __init__(
        self,
        out_channels: int,
        kernel_size: Any,
        stride: Any = 1,
        padding: Any = 0,
        output_padding: Any = 0,
        groups: int = 1,
        bias: bool = True,
        dilation: Any = 1,
        padding_mode: str = "zeros",
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(
            0, 0, kernel_size, stride, padding, output_padding, groups, False, dilation, padding_mode, device, dtype
        )
        self._wait(out_channels, bias, device, dtype)


class LazyConvTranspose1d(_LazyConvTranspose, conv.ConvTranspose1d):
    """A `ConvTranspose1d` that takes ``in_channels`` from its first input.

    Source: ``torch.nn.LazyConvTranspose1d``.
    """

    cls_to_become = conv.ConvTranspose1d


class LazyConvTranspose2d(_LazyConvTranspose, conv.ConvTranspose2d):
    """A `ConvTranspose2d` that takes ``in_channels`` from its first input.

    Source: ``torch.nn.LazyConvTranspose2d``.

    Example:
        >>> mgx.nn.LazyConvTranspose2d(3, 4, stride=2, padding=1)(mgx.ones(1, 8, 7, 7)).shape
        torch.Size([1, 3, 14, 14])
    """

    cls_to_become = conv.ConvTranspose2d


class LazyConvTranspose3d(_LazyConvTranspose, conv.ConvTranspose3d):
    """A `ConvTranspose3d` that takes ``in_channels`` from its first input.

    Source: ``torch.nn.LazyConvTranspose3d``.
    """

    cls_to_become = conv.ConvTranspose3d


class _LazyNorm(LazyModuleMixin):
    def __init__(
        self,
        eps: float = 1e-5,
        momentum: float | None = 0.1,
        affine: bool = True,
        track_running_stats: bool = True,
        device: Any = None,
        dtype: Any = None,
        *,
        bias: bool = True,
    ) -> None:
        options = {"device": device, "dtype": dtype}
        super().__init__(0, eps, momentum, False, False, device, dtype, bias=False)
        self.affine = affine
        self.track_running_stats = track_running_stats
        if affine:
            self.weight = UninitializedParameter(**options)
            if bias:
                self.bias = UninitializedParameter(**options)
        if track_running_stats:
            self.running_mean = UninitializedBuffer(**options)
            self.running_var = UninitializedBuffer(**options)
            self.num_batches_tracked = tensor(0, dtype=int64)

    def reset_parameters(self) -> None:
        if self.num_features != 0:
            super().reset_parameters()

    def initialize_parameters(self, input: Any) -> None:
        """Take the number of features from the input, and set factors to 1, shifts and averages to their start."""
        if self.has_uninitialized_params():
            self.num_features = input.shape[1]
            for t in (self.weight, self.bias, self.running_mean, self.running_var):
                if t is not None:
                    t.materialize((self.num_features,))
            self.reset_parameters()


class LazyBatchNorm1d(_LazyNorm, normalization.BatchNorm1d):
    """A `BatchNorm1d` that takes ``num_features`` from its first input. Source: ``torch.nn.LazyBatchNorm1d``."""

    cls_to_become = normalization.BatchNorm1d


class LazyBatchNorm2d(_LazyNorm, normalization.BatchNorm2d):
    """A `BatchNorm2d` that takes ``num_features`` from its first input; other arguments as there.

    Source: ``torch.nn.LazyBatchNorm2d``.

    Example:
        >>> layer = mgx.nn.LazyBatchNorm2d()
        >>> _ = layer(mgx.randn(8, 3, 4, 4))
        >>> layer.weight.shape
        torch.Size([3])
    """

    cls_to_become = normalization.BatchNorm2d


class LazyBatchNorm3d(_LazyNorm, normalization.BatchNorm3d):
    """A `BatchNorm3d` that takes ``num_features`` from its first input. Source: ``torch.nn.LazyBatchNorm3d``."""

    cls_to_become = normalization.BatchNorm3d


class LazyInstanceNorm1d(_LazyNorm, normalization.InstanceNorm1d):
    """An `InstanceNorm1d` that takes ``num_features`` from its first input, which must have a batch.

    Source: ``torch.nn.LazyInstanceNorm1d``. By default it scales, shifts and tracks, which `InstanceNorm1d` does not.
    """

    cls_to_become = normalization.InstanceNorm1d


class LazyInstanceNorm2d(_LazyNorm, normalization.InstanceNorm2d):
    """An `InstanceNorm2d` that takes ``num_features`` from its first input, which must have a batch.

    Source: ``torch.nn.LazyInstanceNorm2d``. By default it scales, shifts and tracks, which `InstanceNorm2d` does not.

    Example:
        >>> mgx.nn.LazyInstanceNorm2d()(mgx.randn(8, 3, 4, 4)).shape
        torch.Size([8, 3, 4, 4])
    """

    cls_to_become = normalization.InstanceNorm2d


class LazyInstanceNorm3d(_LazyNorm, normalization.InstanceNorm3d):
    """An `InstanceNorm3d` that takes ``num_features`` from its first input, which must have a batch.

    Source: ``torch.nn.LazyInstanceNorm3d``. By default it scales, shifts and tracks, which `InstanceNorm3d` does not.
    """

    cls_to_become = normalization.InstanceNorm3d
