"""Datasets of images, read from files in the layout that torchvision gives them; nothing is downloaded."""

from microgradx.vision.datasets.cifar import CIFAR10, CIFAR100
from microgradx.vision.datasets.fakedata import FakeData
from microgradx.vision.datasets.folder import DatasetFolder, ImageFolder
from microgradx.vision.datasets.mnist import KMNIST, MNIST, FashionMNIST
from microgradx.vision.datasets.vision import VisionDataset

__all__ = [
    "CIFAR10",
    "CIFAR100",
    "KMNIST",
    "MNIST",
    "DatasetFolder",
    "FakeData",
    "FashionMNIST",
    "ImageFolder",
    "VisionDataset",
]
