"""Noise in the place of images, to try a program without data."""

from collections.abc import Callable
from typing import Any

from microgradx.random import Generator, randint, randn
from microgradx.tensor import Tensor
from microgradx.vision.datasets.vision import VisionDataset
from microgradx.vision.transforms.convert import to_pil_image

__all__ = ["FakeData"]


class FakeData(VisionDataset):
    """Images of noise with labels drawn at random, always the same ones.

    Args:
        size: Number of images.
        image_size: Channels, height and width of each.
        num_classes: Number of classes.
        transform: A function of the image, of Pillow.
        target_transform: A function of the label, a tensor.
        random_offset: Is added to the number of an image: the sum is the seed of what is drawn for it.

    Source: ``torchvision.datasets.FakeData``, the same images and labels.

    Example:
        >>> from microgradx.vision import transforms
        >>> data = mgx.vision.datasets.FakeData(4, (1, 8, 8), transform=transforms.ToTensor())
        >>> image, label = data[0]
        >>> image.shape, label
        (torch.Size([1, 8, 8]), 5)
    """

    def __init__(
        self,
        size: int = 1000,
        image_size: tuple[int, int, int] = (3, 224, 224),
        num_classes: int = 10,
        transform: Callable[[Any], Any] | None = None,
        target_transform: Callable[[Any], Any] | None = None,
        random_offset: int = 0,
    ) -> None:
        super().__init__(transform=transform, target_transform=target_transform)
        self.size = size
        self.num_classes = num_classes
        self.image_size = image_size
        self.random_offset = random_offset

    def __getitem__(self, index: int) -> tuple[Any, Any]:
        if index >= len(self):
            raise IndexError(f"{type(self).__name__} index out of range")
        generator = Generator().manual_seed(index + self.random_offset)
        noise = randn(*self.image_size, generator=generator)
        label = randint(0, self.num_classes, size=(1,), generator=generator)[0]
        img, target = self.transformed(to_pil_image(noise), label)
        return img, target.item() if isinstance(target, Tensor) else target

    def __len__(self) -> int:
        return self.size
