"""MNIST, and two datasets of the same format."""

import os
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from microgradx.creation import from_numpy
from microgradx.vision.datasets.files import check_md5, missing
from microgradx.vision.datasets.idx import parse_idx, unpacked
from microgradx.vision.datasets.vision import VisionDataset
from microgradx.vision.transforms.convert import to_pil_image

__all__ = ["KMNIST", "MNIST", "FashionMNIST"]


def renamed(old: str, new: str) -> Any:
    """A property under its name in old versions of torchvision."""

    def get(self: Any) -> Any:
        warnings.warn(f"{old} has been renamed {new}", stacklevel=2)
        return getattr(self, new)

    return property(get, doc=f"The old name of ``{new}``.")


class MNIST(VisionDataset):
    """70,000 handwritten digits of 28x28 pixels, read from ``root/MNIST/raw``.

    Args:
        root: The folder in which there is ``MNIST/raw``, and in it the four files of the dataset, as they come (``.gz``)
            or unpacked. Those that come packed must have the right checksums.
        train: Whether to read the 60,000 images for training, or the 10,000 for testing.
        transform: A function of the image, of Pillow, mode L.
        target_transform: A function of the label, an integer.
        download: Nothing is downloaded: if the files are not there, the error says which ones belong where.

    Attributes:
        data: uint8, (N, 28, 28).
        targets: int64, (N,).
        classes: Their names.

    Units: a pixel is ink, from 0 (paper) to 255.
    Raises: RuntimeError: files are missing, or have another checksum. ValueError: a file is truncated, or another.
    Source: Y. LeCun, C. Cortes, C. Burges, "The MNIST database of handwritten digits"; ``torchvision.datasets.MNIST``.
    """

    mirrors: ClassVar[list[str]] = [
        "https://ossci-datasets.s3.amazonaws.com/mnist/",
        "http://yann.lecun.com/exdb/mnist/",
    ]
    resources: ClassVar[list[tuple[str, str]]] = [
        ("train-images-idx3-ubyte.gz", "f68b3c2dcbeaaa9fbdd348bbdeb94873"),
        ("train-labels-idx1-ubyte.gz", "d53e105ee54ea40749a09fcbcd1e9432"),
        ("t10k-images-idx3-ubyte.gz", "9fb629c4189551a2d022fa330f9573f3"),
        ("t10k-labels-idx1-ubyte.gz", "ec29112dd5afa0611ce80d1b7f02629c"),
    ]
    classes: ClassVar[list[str]] = [
        "0 - zero", "1 - one", "2 - two", "3 - three", "4 - four",
        "5 - five", "6 - six", "7 - seven", "8 - eight", "9 - nine",
    ]  # fmt: skip

    train_data, test_data = renamed("train_data", "data"), renamed("test_data", "data")
    train_labels, test_labels = renamed("train_labels", "targets"), renamed("test_labels", "targets")

    def __init__(
        self,
        root: Any,
        train: bool = True,
        transform: Callable[[Any], Any] | None = None,
        target_transform: Callable[[Any], Any] | None = None,
        download: bool = False,
    ) -> None:
        super().__init__(root, transform=transform, target_transform=target_transform)
        self.train = train
        part = "train" if train else "t10k"
        images, labels = self._read(f"{part}-images-idx3-ubyte", 3), self._read(f"{part}-labels-idx1-ubyte", 1)
        if len(images) != len(labels):
            raise ValueError(
                f"{type(self).__name__}: expected as many labels as images, got {len(labels)} and {len(images)} in "
                f"{self.raw_folder}; the files do not belong together"
            )
        self.data, self.targets = from_numpy(images), from_numpy(labels.astype(np.int64))

    @property
    def raw_folder(self) -> str:
        """Where the files belong: ``root/MNIST/raw``, or the like for a subclass."""
        return os.path.join(self.root, type(self).__name__, "raw")

    @property
    def class_to_idx(self) -> dict[str, int]:
        """The label for each name of a class."""
        return {name: i for i, name in enumerate(self.classes)}

    def _read(self, name: str, dimensions: int) -> np.ndarray:
        """The array in one of the files, which is there packed or unpacked."""
        folder, checksums = Path(self.raw_folder), dict(self.resources)
        path = next((p for p in (folder / name, folder / f"{name}.gz") if p.is_file()), None)
        if path is None:
            origin = f"packed, as they come from {self.mirrors[0]}, or unpacked, without .gz."
            raise missing(type(self).__name__, folder, self.resources, origin)
        data = path.read_bytes()
        if path.name in checksums:
            check_md5(type(self).__name__, path, data, checksums[path.name])
        array = parse_idx(unpacked(path, data), path)
        if array.dtype != np.uint8 or array.ndim != dimensions:
            raise ValueError(
                f"{path}: expected bytes in {dimensions} dimensions, got {array.dtype} in {array.ndim}; it is another file"
            )
        return array

    def __getitem__(self, index: Any) -> tuple[Any, Any]:
        return self.transformed(to_pil_image(self.data[index], "L"), int(self.targets[index]))

    def __len__(self) -> int:
        return len(self.data)

    def extra_repr(self) -> str:
        return f"Split: {'Train' if self.train else 'Test'}"


class FashionMNIST(MNIST):
    """70,000 pictures of clothes in the format of `MNIST`, read from ``root/FashionMNIST/raw``.

    Source: H. Xiao, K. Rasul, R. Vollgraf, "Fashion-MNIST: a novel image dataset for benchmarking machine learning
        algorithms" (2017); ``torchvision.datasets.FashionMNIST``.
    """

    mirrors: ClassVar[list[str]] = ["http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/"]
    resources: ClassVar[list[tuple[str, str]]] = [
        ("train-images-idx3-ubyte.gz", "8d4fb7e6c68d591d4c3dfef9ec88bf0d"),
        ("train-labels-idx1-ubyte.gz", "25c81989df183df01b3e8a0aad5dffbe"),
        ("t10k-images-idx3-ubyte.gz", "bef4ecab320f06d8554ea6380940ec79"),
        ("t10k-labels-idx1-ubyte.gz", "bb300cfdad3c16e7a12a480ee83cd310"),
    ]
    classes: ClassVar[list[str]] = [
        "T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot",
    ]  # fmt: skip


class KMNIST(MNIST):
    """70,000 cursive Japanese characters in the format of `MNIST`, read from ``root/KMNIST/raw``.

    Source: T. Clanuwat et al., "Deep learning for classical Japanese literature" (2018);
        ``torchvision.datasets.KMNIST``.
    """

    mirrors: ClassVar[list[str]] = ["http://codh.rois.ac.jp/kmnist/dataset/kmnist/"]
    resources: ClassVar[list[tuple[str, str]]] = [
        ("train-images-idx3-ubyte.gz", "bdb82020997e1d708af4cf47b453dcf7"),
        ("train-labels-idx1-ubyte.gz", "e144d726b3acfaa3e44228e80efcd344"),
        ("t10k-images-idx3-ubyte.gz", "5c965bf0a639b31b8f53240b1b52f4d7"),
        ("t10k-labels-idx1-ubyte.gz", "7320c461ea6c1c855c0b718fb2a4b134"),
    ]
    classes: ClassVar[list[str]] = ["o", "ki", "su", "tsu", "na", "ha", "ma", "ya", "re", "wo"]
