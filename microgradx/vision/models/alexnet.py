"""AlexNet: the network that began the use of convolutions for large images."""

from typing import Any

from microgradx import nn
from microgradx.vision.models.pretrained import untrained

__all__ = ["AlexNet", "alexnet"]


class AlexNet(nn.Module):
    """Five convolutions and three linear layers.

    Args:
        num_classes: Number of outputs.
        dropout: Share of the elements that is set to 0, in training, before each hidden linear layer.

    Shape:
        (N, 3, H, W) -> (N, num_classes), H and W at least 63.

    Source: A. Krizhevsky, "One weird trick for parallelizing convolutional neural networks" (2014); matches
        ``torchvision.models.AlexNet``, with the same initial values for the same seed and the same state dict.
    """

    def __init__(self, num_classes: int = 1000, dropout: float = 0.5) -> None:
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(3, 64, kernel_size=11, stride=4, padding=2),
            nn.ReLU(inplace=True),
            nn.MaxPool2d(kernel_size=3, stride=2),
            nn.Conv2d(64, 192, kernel_size=5, padding=2),
            nn.ReLU(inplace=True),
            nn.MaxPool2d(kernel_size=3, stride=2),
            nn.Conv2d(192, 384, kernel_size=3, padding=1),
            nn.ReLU(inplace=True),
            nn.Conv2d(384, 256, kernel_size=3, padding=1),
            nn.ReLU(inplace=True),
            nn.Conv2d(256, 256, kernel_size=3, padding=1),
            nn.ReLU(inplace=True),
            nn.MaxPool2d(kernel_size=3, stride=2),
        )
        self.avgpool = nn.AdaptiveAvgPool2d((6, 6))
        self.classifier = nn.Sequential(
            nn.Dropout(p=dropout),
            nn.Linear(256 * 6 * 6, 4096),
            nn.ReLU(inplace=True),
            nn.Dropout(p=dropout),
            nn.Linear(4096, 4096),
            nn.ReLU(inplace=True),
            nn.Linear(4096, num_classes),
        )

    def forward(self, x: Any) -> Any:
        return self.classifier(self.avgpool(self.features(x)).flatten(1))


def alexnet(weights: Any = None, progress: bool = True, **kwargs: Any) -> AlexNet:
    """`AlexNet`, 61,100,840 parameters.

    Args:
        weights: None: pretrained weights do not come with the package.
        progress: Of a download: not used.
        **kwargs: Arguments of `AlexNet`.

    Raises: ValueError: ``weights`` is not None.
    Source: ``torchvision.models.alexnet``.
    """
    return AlexNet(**untrained("alexnet", weights, kwargs))
