"""Residual networks: each block learns what to add to its input, so that even deep networks can be trained."""

from collections.abc import Callable, Sequence
from typing import Any

from microgradx import nn
from microgradx.vision.models.pretrained import untrained

__all__ = [
    "BasicBlock",
    "Bottleneck",
    "ResNet",
    "resnet18",
    "resnet34",
    "resnet50",
    "resnet101",
    "resnet152",
    "resnext50_32x4d",
    "wide_resnet50_2",
]


def conv3x3(in_planes: int, out_planes: int, stride: int = 1, groups: int = 1, dilation: int = 1) -> nn.Conv2d:
    """A 3x3 convolution that keeps the size, but for its stride; a normalization follows, so it has no bias."""
    return nn.Conv2d(in_planes, out_planes, 3, stride, dilation, dilation, groups, bias=False)


def conv1x1(in_planes: int, out_planes: int, stride: int = 1) -> nn.Conv2d:
    """A 1x1 convolution: it mixes the channels of each pixel."""
    return nn.Conv2d(in_planes, out_planes, 1, stride, bias=False)


class _Block(nn.Module):
    """``relu(branch(x) + shortcut(x))``; the shortcut is x itself where ``downsample`` is None."""

    expansion: int
    downsample: Any

    def branch(self, x: Any) -> Any:
        raise NotImplementedError

    def forward(self, x: Any) -> Any:
        return self.relu(self.branch(x) + (x if self.downsample is None else self.downsample(x)))


class BasicBlock(_Block):
    """Two 3x3 convolutions beside a shortcut.

    Args:
        inplanes: Number of channels of the input.
        planes: Number of channels of both convolutions; the result has ``planes * expansion``, here as many.
        stride: Of the first convolution.
        downsample: What brings the input to the shape of the result, if they differ.
        groups, base_width, dilation: Only 1, 64 and 1; see `Bottleneck`.
        norm_layer: Called with a number of channels; by default ``nn.BatchNorm2d``.

    Shape:
        (N, inplanes, H, W) -> (N, planes, H / stride, W / stride)

    Raises: ValueError, NotImplementedError: groups, width or dilation are others.
    Source: ``torchvision.models.resnet.BasicBlock``.
    """

    expansion = 1

    def __init__(
        self,
        inplanes: int,
        planes: int,
        stride: int = 1,
        downsample: Any = None,
        groups: int = 1,
        base_width: int = 64,
        dilation: int = 1,
        norm_layer: Callable[..., Any] | None = None,
    ) -> None:
        super().__init__()
        norm = norm_layer or nn.BatchNorm2d
        if groups != 1 or base_width != 64:
            raise ValueError("BasicBlock only supports groups=1 and base_width=64; use Bottleneck")
        if dilation > 1:
            raise NotImplementedError("Dilation > 1 not supported in BasicBlock; use Bottleneck")
        self.conv1 = conv3x3(inplanes, planes, stride)
        self.bn1 = norm(planes)
        self.relu = nn.ReLU(inplace=True)
        self.conv2 = conv3x3(planes, planes)
        self.bn2 = norm(planes)
        self.downsample = downsample
        self.stride = stride

    def branch(self, x: Any) -> Any:
        """What is added to the shortcut."""
        return self.bn2(self.conv2(self.relu(self.bn1(self.conv1(x)))))


class Bottleneck(_Block):
    """A 3x3 convolution between two 1x1 convolutions, of which the first makes it narrow, beside a shortcut.

    Args:
        inplanes: Number of channels of the input.
        planes: Number of channels of the 3x3 convolution if ``groups`` and ``base_width`` are as they are by default;
            the result has ``planes * expansion``, four times as many.
        stride: Of the 3x3 convolution.
        downsample: What brings the input to the shape of the result, if they differ.
        groups: Number of parts of the channels in the 3x3 convolution (ResNeXt has 32).
        base_width: How wide a group is, as 64 parts of ``planes`` (a wide ResNet has 128).
        dilation: Of the 3x3 convolution.
        norm_layer: Called with a number of channels; by default ``nn.BatchNorm2d``.

    Shape:
        (N, inplanes, H, W) -> (N, planes · 4, H / stride, W / stride)

    Source: ``torchvision.models.resnet.Bottleneck``, in which the 3x3 convolution has the stride, unlike in the paper.
    """

    expansion = 4

    def __init__(
        self,
        inplanes: int,
        planes: int,
        stride: int = 1,
        downsample: Any = None,
        groups: int = 1,
        base_width: int = 64,
        dilation: int = 1,
        norm_layer: Callable[..., Any] | None = None,
    ) -> None:
        super().__init__()
        norm = norm_layer or nn.BatchNorm2d
        width = int(planes * (base_width / 64)) * groups
        self.conv1 = conv1x1(inplanes, width)
        self.bn1 = norm(width)
        self.conv2 = conv3x3(width, width, stride, groups, dilation)
        self.bn2 = norm(width)
        self.conv3 = conv1x1(width, planes * self.expansion)
        self.bn3 = norm(planes * self.expansion)
        self.relu = nn.ReLU(inplace=True)
        self.downsample = downsample
        self.stride = stride

    def branch(self, x: Any) -> Any:
        """What is added to the shortcut."""
        x = self.relu(self.bn1(self.conv1(x)))
        x = self.relu(self.bn2(self.conv2(x)))
        return self.bn3(self.conv3(x))


class ResNet(nn.Module):
    """A residual network for images: a convolution, four rows of blocks, each but the first at half the size, a mean
    over all places, and a linear layer.

    Args:
        block: `BasicBlock` or `Bottleneck`, or a class with their arguments and their ``expansion``.
        layers: Number of blocks in each of the four rows.
        num_classes: Number of outputs.
        zero_init_residual: Whether the last normalization of each block starts as 0, and so the block as its shortcut.
        groups, width_per_group: As ``groups`` and ``base_width`` of `Bottleneck`.
        replace_stride_with_dilation: For each of the last three rows, whether it keeps the size and looks further
            around instead; by default none does.
        norm_layer: Called with a number of channels; by default ``nn.BatchNorm2d``.

    Shape:
        (N, 3, H, W) -> (N, num_classes)

    Raises: ValueError: ``replace_stride_with_dilation`` has not three elements.
    Source: K. He, X. Zhang, S. Ren, J. Sun, "Deep residual learning for image recognition" (2015); matches
        ``torchvision.models.ResNet``, with the same initial values for the same seed and the same state dict.

    Example:
        >>> from microgradx.vision.models import BasicBlock, ResNet
        >>> model = ResNet(BasicBlock, [1, 1, 1, 1], num_classes=10)
        >>> model(mgx.ones(2, 3, 32, 32)).shape
        torch.Size([2, 10])
    """

    def __init__(
        self,
        block: type[Any],
        layers: Sequence[int],
        num_classes: int = 1000,
        zero_init_residual: bool = False,
        groups: int = 1,
        width_per_group: int = 64,
        replace_stride_with_dilation: Sequence[bool] | None = None,
        norm_layer: Callable[..., Any] | None = None,
    ) -> None:
        super().__init__()
        dilate = (False, False, False) if replace_stride_with_dilation is None else replace_stride_with_dilation
        if len(dilate) != 3:
            raise ValueError(f"replace_stride_with_dilation should be None or a 3-element tuple, got {dilate}")
        self._norm_layer = norm_layer or nn.BatchNorm2d
        self.inplanes = 64
        self.dilation = 1
        self.groups = groups
        self.base_width = width_per_group
        self.conv1 = nn.Conv2d(3, self.inplanes, 7, stride=2, padding=3, bias=False)
        self.bn1 = self._norm_layer(self.inplanes)
        self.relu = nn.ReLU(inplace=True)
        self.maxpool = nn.MaxPool2d(kernel_size=3, stride=2, padding=1)
        self.layer1 = self._make_layer(block, 64, layers[0])
        self.layer2 = self._make_layer(block, 128, layers[1], 2, dilate[0])
        self.layer3 = self._make_layer(block, 256, layers[2], 2, dilate[1])
        self.layer4 = self._make_layer(block, 512, layers[3], 2, dilate[2])
        self.avgpool = nn.AdaptiveAvgPool2d((1, 1))
        self.fc = nn.Linear(512 * block.expansion, num_classes)
        self._draw(zero_init_residual)

    def _draw(self, zero_init_residual: bool) -> None:
        """Give all convolutions and normalizations the initial values of the paper's authors."""
        for m in self.modules():
            if isinstance(m, nn.Conv2d):
                nn.init.kaiming_normal_(m.weight, mode="fan_out", nonlinearity="relu")
            elif isinstance(m, (nn.BatchNorm2d, nn.GroupNorm)):
                nn.init.ones_(m.weight)
                nn.init.zeros_(m.bias)
        if zero_init_residual:
            for m in self.modules():
                last = m.bn3 if isinstance(m, Bottleneck) else m.bn2 if isinstance(m, BasicBlock) else None
                if last is not None and last.weight is not None:
                    nn.init.zeros_(last.weight)

    def _make_layer(
        self, block: type[Any], planes: int, blocks: int, stride: int = 1, dilate: bool = False
    ) -> nn.Sequential:
        """A row of blocks; the first one changes size and number of channels."""
        dilation = self.dilation
        if dilate:
            self.dilation, stride = self.dilation * stride, 1
        channels, downsample = planes * block.expansion, None
        if stride != 1 or self.inplanes != channels:
            downsample = nn.Sequential(conv1x1(self.inplanes, channels, stride), self._norm_layer(channels))
        common = (self.groups, self.base_width)
        row = [block(self.inplanes, planes, stride, downsample, *common, dilation, self._norm_layer)]
        self.inplanes = channels
        row += [block(channels, planes, 1, None, *common, self.dilation, self._norm_layer) for _ in range(1, blocks)]
        return nn.Sequential(*row)

    def _forward_impl(self, x: Any) -> Any:
        x = self.maxpool(self.relu(self.bn1(self.conv1(x))))  # (N, 64, H/4, W/4)
        x = self.layer4(self.layer3(self.layer2(self.layer1(x))))  # (N, 512 · expansion, H/32, W/32)
        return self.fc(self.avgpool(x).flatten(1))

    def forward(self, x: Any) -> Any:
        return self._forward_impl(x)


def resnet18(weights: Any = None, progress: bool = True, **kwargs: Any) -> ResNet:
    """A `ResNet` with 18 layers that have weights: 11,689,512 parameters.

    Args:
        weights: None: pretrained weights do not come with the package.
        progress: Of a download: not used.
        **kwargs: Arguments of `ResNet`, such as ``num_classes``.

    Raises: ValueError: ``weights`` is not None.
    Source: ``torchvision.models.resnet18``.

    Example:
        >>> model = mgx.vision.models.resnet18(num_classes=10)
        >>> model.fc
        Linear(in_features=512, out_features=10, bias=True)
    """
    return ResNet(BasicBlock, [2, 2, 2, 2], **untrained("resnet18", weights, kwargs))


def resnet34(weights: Any = None, progress: bool = True, **kwargs: Any) -> ResNet:
    """A `ResNet` with 34 layers that have weights, 21,797,672 parameters; arguments as in `resnet18`."""
    return ResNet(BasicBlock, [3, 4, 6, 3], **untrained("resnet34", weights, kwargs))


def resnet50(weights: Any = None, progress: bool = True, **kwargs: Any) -> ResNet:
    """A `ResNet` with 50 layers that have weights, 25,557,032 parameters; arguments as in `resnet18`."""
    return ResNet(Bottleneck, [3, 4, 6, 3], **untrained("resnet50", weights, kwargs))


def resnet101(weights: Any = None, progress: bool = True, **kwargs: Any) -> ResNet:
    """A `ResNet` with 101 layers that have weights, 44,549,160 parameters; arguments as in `resnet18`."""
    return ResNet(Bottleneck, [3, 4, 23, 3], **untrained("resnet101", weights, kwargs))


def resnet152(weights: Any = None, progress: bool = True, **kwargs: Any) -> ResNet:
    """A `ResNet` with 152 layers that have weights, 60,192,808 parameters; arguments as in `resnet18`."""
    return ResNet(Bottleneck, [3, 8, 36, 3], **untrained("resnet152", weights, kwargs))


def resnext50_32x4d(weights: Any = None, progress: bool = True, **kwargs: Any) -> ResNet:
    """`resnet50` with convolutions in 32 groups of 4 channels, 25,028,904 parameters; arguments as in `resnet18`.

    Source: S. Xie et al., "Aggregated residual transformations for deep neural networks" (2016).
    """
    options = {"groups": 32, "width_per_group": 4} | untrained("resnext50_32x4d", weights, kwargs)
    return ResNet(Bottleneck, [3, 4, 6, 3], **options)


def wide_resnet50_2(weights: Any = None, progress: bool = True, **kwargs: Any) -> ResNet:
    """`resnet50` with 3x3 convolutions twice as wide, 68,883,240 parameters; arguments as in `resnet18`.

    Source: S. Zagoruyko and N. Komodakis, "Wide residual networks" (2016).
    """
    options = {"width_per_group": 128} | untrained("wide_resnet50_2", weights, kwargs)
    return ResNet(Bottleneck, [3, 4, 6, 3], **options)
