"""Images: datasets, transforms, models and pictures of results, with torchvision's names.

``from torchvision import datasets, transforms`` becomes ``from microgradx.vision import datasets, transforms``. Images are
tensors (..., C, H, W), or those of Pillow, which is loaded where one is made, read or written. Nothing is downloaded.
"""

from microgradx.vision import datasets, models, transforms, utils

__all__ = ["datasets", "models", "transforms", "utils"]
