"""Images: datasets, transforms, models and pictures of results, with torchvision's names."""

from microgradx.vision import datasets, models, transforms, utils

__all__ = ["datasets", "models", "transforms", "utils"]
