"""CIFAR-10 and CIFAR-100, in their version for Python."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from microgradx.vision.datasets.batches import read_batch
from microgradx.vision.datasets.files import check_md5, missing
from microgradx.vision.datasets.vision import VisionDataset
from microgradx.vision.transforms.convert import to_pil_image

__all__ = ["CIFAR10", "CIFAR100"]


class CIFAR10(VisionDataset):
    """60,000 color images of 32x32 pixels in ten classes, read from ``root/cifar-10-batches-py``.

    The files are pickles; they are read by a reader that admits nothing but numbers, text and arrays.

    Args:
        root: The folder in which there is ``cifar-10-batches-py``, as it is in the archive of the dataset.
        train: Whether to read the 50,000 images for training, or the 10,000 for testing.
        transform: A function of the image, of Pillow, mode RGB.
        target_transform: A function of the label, an integer.
        download: Nothing is downloaded: if the files are not there, the error says which ones belong where.

    Attributes:
        data: A uint8 ndarray, (N, 32, 32, 3).
        targets: A list of integers.
        classes: Their names.
        class_to_idx: The label for each name.

    Raises: RuntimeError: files are missing, or have another checksum. ValueError: a file holds something else.
    Source: A. Krizhevsky, "Learning multiple layers of features from tiny images" (2009);
        ``torchvision.datasets.CIFAR10``.
    """

    base_folder = "cifar-10-batches-py"
    url = "https://www.cs.toronto.edu/~kriz/cifar-10-python.tar.gz"
    filename = "cifar-10-python.tar.gz"
    tgz_md5 = "c58f30108f718f92721af3b95e74349a"
    train_list: ClassVar[list[list[str]]] = [
        ["data_batch_1", "c99cafc152244af753f735de768cd75f"],
        ["data_batch_2", "d4bba439e000b95fd0a9bffe97cbabec"],
        ["data_batch_3", "54ebc095f3ab1f0389bbae665268c751"],
        ["data_batch_4", "634d18415352ddfa80567beed471001a"],
        ["data_batch_5", "482c414d41f54cd18b22e5b47cb7c3cb"],
    ]
    test_list: ClassVar[list[list[str]]] = [["test_batch", "40351d587109b95175f43aff81a1287e"]]
    meta: ClassVar[dict[str, str]] = {
        "filename": "batches.meta",
        "key": "label_names",
        "md5": "5ff9c542aee3614f3951f8cda6e48888",
    }

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
        self.classes: list[str] = self._read(self.meta["filename"], self.meta["md5"])[self.meta["key"]]
        self.class_to_idx = {name: i for i, name in enumerate(self.classes)}
        self.targets: list[int] = []
        rows = []
        for name, md5 in self.train_list if train else self.test_list:
            entry = self._read(name, md5)
            labels: Any = entry.get("labels", entry.get("fine_labels"))
            self._check(name, entry.get("data"), labels)
            rows.append(entry["data"])
            self.targets.extend(labels)
        # A row is an image: all of red, then of green and blue, each by rows of pixels.
        self.data = np.concatenate(rows).reshape(-1, 3, 32, 32).transpose(0, 2, 3, 1)

    def _read(self, name: str, md5: str) -> dict[str, Any]:
        """What one of the files holds."""
        folder = Path(self.root, self.base_folder)
        path = folder / name
        if not path.is_file():
            files = [
                (self.meta["filename"], self.meta["md5"]),
                *((file, md5) for file, md5 in self.train_list + self.test_list),
            ]
            origin = f"They are in {self.filename} (MD5 {self.tgz_md5}), from {self.url}; unpack it in {self.root}."
            raise missing(type(self).__name__, folder, files, origin)
        data = path.read_bytes()
        check_md5(type(self).__name__, path, data, md5)
        return read_batch(data, path)

    def _check(self, name: str, data: Any, labels: Any) -> None:
        """Raise if these are no images with their labels."""
        path = os.path.join(self.root, self.base_folder, name)
        if not isinstance(data, np.ndarray) or data.shape[1] != 3 * 32 * 32:
            got = data.shape if isinstance(data, np.ndarray) else type(data).__name__
            raise ValueError(f"{path}: expected 'data' of shape (n, 3072), got {got}; it is another file")
        if not isinstance(labels, list) or len(labels) != len(data):
            got = len(labels) if isinstance(labels, list) else type(labels).__name__
            raise ValueError(f"{path}: expected a list of {len(data)} labels, got {got}; it is another file")
        if not all(type(label) is int and 0 <= label < len(self.classes) for label in labels):
            raise ValueError(
                f"{path}: expected labels from 0 to {len(self.classes) - 1}, got others; it is another file"
            )

    def __getitem__(self, index: Any) -> tuple[Any, Any]:
        return self.transformed(to_pil_image(self.data[index]), self.targets[index])

    def __len__(self) -> int:
        return len(self.data)

    def extra_repr(self) -> str:
        return f"Split: {'Train' if self.train else 'Test'}"


class CIFAR100(CIFAR10):
    """60,000 color images of 32x32 pixels in a hundred classes, read from ``root/cifar-100-python``; as `CIFAR10`.

    Source: A. Krizhevsky (2009); ``torchvision.datasets.CIFAR100``.
    """

    base_folder = "cifar-100-python"
    url = "https://www.cs.toronto.edu/~kriz/cifar-100-python.tar.gz"
    filename = "cifar-100-python.tar.gz"
    tgz_md5 = "eb9058c3a382ffc7106e4002c42a8d85"
    train_list: ClassVar[list[list[str]]] = [["train", "16019d7e3df5f24257cddd939b257f8d"]]
    test_list: ClassVar[list[list[str]]] = [["test", "f0ef6b0ae62326f3e7ffdfab6717acfc"]]
    meta: ClassVar[dict[str, str]] = {
        "filename": "meta",
        "key": "fine_label_names",
        "md5": "7973b15100ade9c7d40fb424638fde48",
    }
