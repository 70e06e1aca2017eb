"""What datasets of images share: transforms, and their text."""

import os
from collections.abc import Callable
from typing import Any

from microgradx.utils.data.dataset import Dataset

__all__ = ["StandardTransform", "VisionDataset"]

Function = Callable[[Any], Any]


class VisionDataset(Dataset[Any]):
    """Base class of datasets of images; a subclass gives ``__getitem__`` and ``__len__``.

    Args:
        root: The folder of the data; ``~`` is the home folder.
        transforms: A function of image and target that returns both.
        transform: Instead of it: a function of the image.
        target_transform: Instead of it: a function of the target.

    Raises: ValueError: ``transforms`` comes with one of the other two.
    Source: ``torchvision.datasets.VisionDataset``, which prints the same text.
    """

    def __init__(
        self,
        root: Any = None,
        transforms: Callable[[Any, Any], Any] | None = None,
        transform: Function | None = None,
        target_transform: Function | None = None,
    ) -> None:
        self.root = os.path.expanduser(root) if isinstance(root, str) else root
        self.transform = transform
        self.target_transform = target_transform
        if transform is not None or target_transform is not None:
            if transforms is not None:
                raise ValueError("Only transforms or transform/target_transform can be passed as argument")
            transforms = StandardTransform(transform, target_transform)
        self.transforms = transforms

    def __len__(self) -> int:
        raise NotImplementedError("Subclasses of VisionDataset should implement __len__.")

    def transformed(self, img: Any, target: Any) -> tuple[Any, Any]:
        """Image and target after the transforms for the one and the other."""
        if self.transform is not None:
            img = self.transform(img)
        if self.target_transform is not None:
            target = self.target_transform(target)
        return img, target

    def extra_repr(self) -> str:
        """Lines to add to the text of the dataset."""
        return ""

    def __repr__(self) -> str:
        lines = [f"Number of datapoints: {len(self)}"]
        if self.root is not None:
            lines.append(f"Root location: {self.root}")
        lines += self.extra_repr().splitlines()
        if self.transforms is not None:
            lines.append(repr(self.transforms))
        return "\n    ".join([f"Dataset {type(self).__name__}", *lines])


class StandardTransform:
    """A function of the image and one of the target, as one of both."""

    def __init__(self, transform: Function | None = None, target_transform: Function | None = None) -> None:
        self.transform = transform
        self.target_transform = target_transform

    def __call__(self, input: Any, target: Any) -> tuple[Any, Any]:
        if self.transform is not None:
            input = self.transform(input)
        if self.target_transform is not None:
            target = self.target_transform(target)
        return input, target

    def __repr__(self) -> str:
        lines = [type(self).__name__]
        for head, function in (("Transform: ", self.transform), ("Target transform: ", self.target_transform)):
            if function is not None:
                lines.append(head + repr(function).replace("\n", "\n" + " " * len(head)))
        return "\n".join(lines)
