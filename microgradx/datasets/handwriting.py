"""The handwritten digits that come with the package; their source and license are in ``data/README.md``."""

import numpy as np

from microgradx.creation import from_numpy
from microgradx.tensor import Tensor

HELD_OUT = 5  # every fifth image of each digit


def digits(split: str = "train") -> tuple[Tensor, Tensor]:
    """1,797 real handwritten digits of 8x8 pixels, read from the package: no download.

    Every fifth image of each digit is held out for testing, always the same ones, so that two runs can be
    compared and every digit is as frequent in one part as in the other. A writer's digits can be in both.

    Args:
        split: ``"train"`` (1,433 images), ``"test"`` (364) or ``"all"``.

    Returns:
        ``(images, labels)``: float32 of shape (N, 1, 8, 8), and int64 of shape (N,) with values 0 to 9.

    Units: a pixel is the share of its area that is ink, from 0 (paper) to 1.
    Raises: ValueError: ``split`` is none of the three.
    Source: E. Alpaydin and C. Kaynak (1998), "Optical Recognition of Handwritten Digits", UCI Machine
        Learning Repository, test part, CC BY 4.0.

    Example:
        >>> images, labels = mgx.datasets.digits("test")
        >>> images.shape, labels.shape
        (torch.Size([364, 1, 8, 8]), torch.Size([364]))
    """
    if split not in ("train", "test", "all"):
        raise ValueError(f"digits: expected split 'train', 'test' or 'all', got {split!r}; choose one of them")
    from importlib import resources  # here, for it takes a while to load

    path = resources.files("microgradx.datasets").joinpath("data/digits.npz")
    with path.open("rb") as file, np.load(file) as data:
        images, labels = data["images"], data["labels"]
    if split != "all":
        held_out = np.zeros(len(labels), dtype=bool)
        for digit in range(10):
            held_out[np.flatnonzero(labels == digit)[::HELD_OUT]] = True
        chosen = held_out if split == "test" else ~held_out
        images, labels = images[chosen], labels[chosen]
    ink = images.astype(np.float32)[:, np.newaxis] / 16
    return from_numpy(ink), from_numpy(labels.astype(np.int64))
