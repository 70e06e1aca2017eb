"""Networks for images, at torchvision's places; their weights start at random."""

from typing import Any

from microgradx.vision.models import resnet, vgg
from microgradx.vision.models.alexnet import AlexNet, alexnet
from microgradx.vision.models.resnet import (
    BasicBlock,
    Bottleneck,
    ResNet,
    resnet18,
    resnet34,
    resnet50,
    resnet101,
    resnet152,
    resnext50_32x4d,
    wide_resnet50_2,
)
from microgradx.vision.models.vgg import VGG, vgg11, vgg11_bn, vgg13, vgg13_bn, vgg16, vgg16_bn, vgg19, vgg19_bn

__all__ = [
    "VGG",
    "AlexNet",
    "BasicBlock",
    "Bottleneck",
    "ResNet",
    "alexnet",
    "resnet18",
    "resnet34",
    "resnet50",
    "resnet101",
    "resnet152",
    "resnext50_32x4d",
    "vgg11",
    "vgg11_bn",
    "vgg13",
    "vgg13_bn",
    "vgg16",
    "vgg16_bn",
    "vgg19",
    "vgg19_bn",
    "wide_resnet50_2",
]


def __getattr__(name: str) -> Any:
    hint = (
        ": pretrained weights do not come with microgradx; see the error of weights="
        if name.endswith("_Weights")
        else ""
    )
    raise AttributeError(f"module 'microgradx.vision.models' has no attribute {name!r}{hint}")
