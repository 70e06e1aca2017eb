"""VGG networks: 3x3 convolutions in a row, the size halved from time to time, and three linear layers."""

from collections.abc import Sequence
from typing import Any

from microgradx import nn
from microgradx.vision.models.pretrained import untrained

__all__ = ["VGG", "vgg11", "vgg11_bn", "vgg13", "vgg13_bn", "vgg16", "vgg16_bn", "vgg19", "vgg19_bn"]

# How many convolutions stand between one halving of the size and the next; their channels are always these.
CHANNELS = (64, 128, 256, 512, 512)
CONVOLUTIONS = {11: (1, 1, 2, 2, 2), 13: (2, 2, 2, 2, 2), 16: (2, 2, 3, 3, 3), 19: (2, 2, 4, 4, 4)}


class VGG(nn.Module):
    """A network for images: what finds features in them, and three linear layers.

    Args:
        features: A module, the features of which have 512 channels.
        num_classes: Number of outputs.
        init_weights: Whether to draw initial values as the paper's authors did, and not those of the layers.
        dropout: Share of the elements that is set to 0, in training, after each hidden linear layer.

    Shape:
        (N, 3, H, W) -> (N, num_classes), H and W at least 32 with the features of `vgg16` and its kin.

    Source: K. Simonyan and A. Zisserman, "Very deep convolutional networks for large-scale image recognition" (2014);
        matches ``torchvision.models.VGG``, with the same initial values for the same seed and the same state dict.
    """

    def __init__(
        self, features: nn.Module, num_classes: int = 1000, init_weights: bool = True, dropout: float = 0.5
    ) -> None:
        super().__init__()
        self.features = features
        self.avgpool = nn.AdaptiveAvgPool2d((7, 7))
        self.classifier = nn.Sequential(
            nn.Linear(512 * 7 * 7, 4096),
            nn.ReLU(True),
            nn.Dropout(p=dropout),
            nn.Linear(4096, 4096),
            nn.ReLU(True),
            nn.Dropout(p=dropout),
            nn.Linear(4096, num_classes),
        )
        if init_weights:
            self._draw()

    def _draw(self) -> None:
        for m in self.modules():
            if isinstance(m, nn.BatchNorm2d):
                nn.init.ones_(m.weight)
            elif isinstance(m, nn.Conv2d):
                nn.init.kaiming_normal_(m.weight, mode="fan_out", nonlinearity="relu")
            elif isinstance(m, nn.Linear):
                nn.init.normal_(m.weight, 0, 0.01)
            else:
                continue
            if m.bias is not None:
                nn.init.zeros_(m.bias)

    def forward(self, x: Any) -> Any:
        return self.classifier(self.avgpool(self.features(x)).flatten(1))


def make_layers(convolutions: Sequence[int], batch_norm: bool = False) -> nn.Sequential:
    """The features: for each number in ``convolutions`` so many 3x3 convolutions, and then half the size."""
    layers: list[nn.Module] = []
    before = 3
    for number, channels in zip(convolutions, CHANNELS, strict=True):
        for _ in range(number):
            layers.append(nn.Conv2d(before, channels, kernel_size=3, padding=1))
            if batch_norm:
                layers.append(nn.BatchNorm2d(channels))
            layers.append(nn.ReLU(inplace=True))
            before = channels
        layers.append(nn.MaxPool2d(kernel_size=2, stride=2))
    return nn.Sequential(*layers)


def _vgg(depth: int, batch_norm: bool, weights: Any, options: dict[str, Any]) -> VGG:
    options = untrained(f"vgg{depth}" + "_bn" * batch_norm, weights, options)
    return VGG(make_layers(CONVOLUTIONS[depth], batch_norm), **options)


def vgg11(weights: Any = None, progress: bool = True, **kwargs: Any) -> VGG:
    """A `VGG` with 11 layers that have weights, 132,863,336 parameters; arguments as in `vgg16`."""
    return _vgg(11, False, weights, kwargs)


def vgg11_bn(weights: Any = None, progress: bool = True, **kwargs: Any) -> VGG:
    """`vgg11` with batch normalization after each convolution."""
    return _vgg(11, True, weights, kwargs)


def vgg13(weights: Any = None, progress: bool = True, **kwargs: Any) -> VGG:
    """A `VGG` with 13 layers that have weights, 133,047,848 parameters; arguments as in `vgg16`."""
    return _vgg(13, False, weights, kwargs)


def vgg13_bn(weights: Any = None, progress: bool = True, **kwargs: Any) -> VGG:
    """`vgg13` with batch normalization after each convolution."""
    return _vgg(13, True, weights, kwargs)


def vgg16(weights: Any = None, progress: bool = True, **kwargs: Any) -> VGG:
    """A `VGG` with 16 layers that have weights: 138,357,544 parameters, half a gigabyte.

    Args:
        weights: None: pretrained weights do not come with the package.
        progress: Of a download: not used.
        **kwargs: Arguments of `VGG`, such as ``num_classes``.

    Raises: ValueError: ``weights`` is not None.
    Source: ``torchvision.models.vgg16``.
    """
    return _vgg(16, False, weights, kwargs)


def vgg16_bn(weights: Any = None, progress: bool = True, **kwargs: Any) -> VGG:
    """`vgg16` with batch normalization after each convolution."""
    return _vgg(16, True, weights, kwargs)


def vgg19(weights: Any = None, progress: bool = True, **kwargs: Any) -> VGG:
    """A `VGG` with 19 layers that have weights, 143,667,240 parameters; arguments as in `vgg16`."""
    return _vgg(19, False, weights, kwargs)


def vgg19_bn(weights: Any = None, progress: bool = True, **kwargs: Any) -> VGG:
    """`vgg19` with batch normalization after each convolution."""
    return _vgg(19, True, weights, kwargs)
