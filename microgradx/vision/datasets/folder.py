"""Files of one's own, in a folder for each class."""

import os
from collections.abc import Callable
from typing import Any

from microgradx.vision.datasets.vision import VisionDataset
from microgradx.vision.transforms.image import pillow

__all__ = ["DatasetFolder", "ImageFolder"]

IMG_EXTENSIONS = (".jpg", ".jpeg", ".png", ".ppm", ".bmp", ".pgm", ".tif", ".tiff", ".webp")
Samples = list[tuple[str, int]]


def has_file_allowed_extension(filename: str, extensions: str | tuple[str, ...]) -> bool:
    """Whether a file has one of the extensions, in small or capital letters."""
    return filename.lower().endswith(extensions if isinstance(extensions, str) else tuple(extensions))


def is_image_file(filename: str) -> bool:
    """Whether a file has the extension of an image."""
    return has_file_allowed_extension(filename, IMG_EXTENSIONS)


def find_classes(directory: Any) -> tuple[list[str], dict[str, int]]:
    """The names of the folders in a folder, sorted, and the number of each.

    Raises: FileNotFoundError: there is none.
    """
    classes = sorted(entry.name for entry in os.scandir(directory) if entry.is_dir())
    if not classes:
        raise FileNotFoundError(f"Couldn't find any class folder in {directory}.")
    return classes, {name: i for i, name in enumerate(classes)}


def make_dataset(
    directory: Any,
    class_to_idx: dict[str, int] | None = None,
    extensions: str | tuple[str, ...] | None = None,
    is_valid_file: Callable[[str], bool] | None = None,
    allow_empty: bool = False,
) -> Samples:
    """The paths of all files below the folder of a class, with the number of the class; sorted.

    Args:
        directory: The folder with the folders of the classes.
        class_to_idx: The number of each class; by default as `find_classes` finds them.
        extensions: Those that files may have; or
        is_valid_file: A function of the path that says whether the file belongs to the dataset.
        allow_empty: Whether a class may have no file.

    Raises: ValueError: not exactly one of the two is given, or there are no classes. FileNotFoundError: a class has no
        file.
    Source: ``torchvision.datasets.folder.make_dataset``.
    """
    directory = os.path.expanduser(directory)
    if class_to_idx is None:
        _, class_to_idx = find_classes(directory)
    elif not class_to_idx:
        raise ValueError("'class_to_index' must have at least one entry to collect any samples.")
    if (extensions is None) == (is_valid_file is None):
        raise ValueError("Both extensions and is_valid_file cannot be None or not None at the same time")

    def belongs(path: str) -> bool:
        if is_valid_file is not None:
            return is_valid_file(path)
        return has_file_allowed_extension(path, extensions or "")

    samples: Samples = []
    empty = []
    for name, label in sorted(class_to_idx.items()):
        before = len(samples)
        for folder, _, files in sorted(os.walk(os.path.join(directory, name), followlinks=True)):
            paths = (os.path.join(folder, file) for file in sorted(files))
            samples += [(path, label) for path in paths if belongs(path)]
        if len(samples) == before:
            empty.append(name)
    if empty and not allow_empty:
        text = f"Found no valid file for the classes {', '.join(empty)}. "
        if extensions is not None:
            text += f"Supported extensions are: {extensions if isinstance(extensions, str) else ', '.join(extensions)}"
        raise FileNotFoundError(text)
    return samples


class DatasetFolder(VisionDataset):
    """Files of any kind, ``root/<class>/.../<file>``.

    Args:
        root: The folder with the folders of the classes.
        loader: A function of a path that returns a sample.
        extensions: Those that files may have; or
        transform: A function of the sample.
        target_transform: A function of the label.
        is_valid_file: A function of the path that says whether the file belongs to the dataset.
        allow_empty: Whether a class may have no file.

    Attributes:
        classes: Their names, sorted.
        class_to_idx: The label of each.
        samples: Pairs of path and label.
        targets: The labels.

    Raises: FileNotFoundError: there are no folders, or a class has no file.
    Source: ``torchvision.datasets.DatasetFolder``.
    """

    def __init__(
        self,
        root: Any,
        loader: Callable[[str], Any],
        extensions: tuple[str, ...] | None = None,
        transform: Callable[[Any], Any] | None = None,
        target_transform: Callable[[Any], Any] | None = None,
        is_valid_file: Callable[[str], bool] | None = None,
        allow_empty: bool = False,
    ) -> None:
        super().__init__(root, transform=transform, target_transform=target_transform)
        self.classes, self.class_to_idx = self.find_classes(self.root)
        self.loader = loader
        self.extensions = extensions
        self.samples = self.make_dataset(self.root, self.class_to_idx, extensions, is_valid_file, allow_empty)
        self.targets = [label for _, label in self.samples]

    @staticmethod
    def make_dataset(
        directory: Any,
        class_to_idx: dict[str, int],
        extensions: tuple[str, ...] | None = None,
        is_valid_file: Callable[[str], bool] | None = None,
        allow_empty: bool = False,
    ) -> Samples:
        """See `make_dataset`; a subclass may find its files in another way."""
        if class_to_idx is None:
            raise ValueError("The class_to_idx parameter cannot be None.")
        return make_dataset(directory, class_to_idx, extensions, is_valid_file, allow_empty)

    def find_classes(self, directory: Any) -> tuple[list[str], dict[str, int]]:
        """See `find_classes`; a subclass may find its classes in another way."""
        return find_classes(directory)

    def __getitem__(self, index: Any) -> tuple[Any, Any]:
        path, target = self.samples[index]
        return self.transformed(self.loader(path), target)

    def __len__(self) -> int:
        return len(self.samples)


def pil_loader(path: Any) -> Any:
    """The image in a file, mode RGB."""
    with open(path, "rb") as file:
        return pillow().open(file).convert("RGB")


def default_loader(path: Any) -> Any:
    """`pil_loader`."""
    return pil_loader(path)


class ImageFolder(DatasetFolder):
    """Images, ``root/<class>/.../<file>.png`` and the like; arguments and attributes are those of `DatasetFolder`.

    Attributes:
        imgs: The same as ``samples``.

    Source: ``torchvision.datasets.ImageFolder``.
    """

    def __init__(
        self,
        root: Any,
        transform: Callable[[Any], Any] | None = None,
        target_transform: Callable[[Any], Any] | None = None,
        loader: Callable[[str], Any] = default_loader,
        is_valid_file: Callable[[str], bool] | None = None,
        allow_empty: bool = False,
    ) -> None:
        extensions = IMG_EXTENSIONS if is_valid_file is None else None
        super().__init__(root, loader, extensions, transform, target_transform, is_valid_file, allow_empty)
        self.imgs = self.samples
