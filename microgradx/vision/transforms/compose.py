"""Transforms made of others: in a row, with some chance, one of several, in any order."""

import random
from collections.abc import Callable, Sequence
from typing import Any

from microgradx.nn.module import Module
from microgradx.random import rand

__all__ = ["Compose", "Lambda", "RandomApply", "RandomChoice", "RandomOrder"]


def listed(name: str, lines: list[str]) -> str:
    """The text of transforms: each on lines of its own."""
    return "\n".join([f"{name}(", *(f"    {line}" for line in lines), ")"])


class Compose:
    """Transforms in a row: each gets what the one before it returned.

    Args:
        transforms: A list of functions of one argument.

    Source: ``torchvision.transforms.Compose``.

    Example:
        >>> from microgradx.vision import transforms
        >>> transform = transforms.Compose([transforms.ToTensor(), transforms.Normalize((0.5,), (0.5,))])
        >>> transform
        Compose(
            ToTensor()
            Normalize(mean=(0.5,), std=(0.5,))
        )
        >>> transform(np.array([[0, 255]], dtype=np.uint8))
        tensor([[[-1.,  1.]]])
    """

    def __init__(self, transforms: Sequence[Callable[[Any], Any]]) -> None:
        self.transforms = transforms

    def __call__(self, img: Any) -> Any:
        for transform in self.transforms:
            img = transform(img)
        return img

    def __repr__(self) -> str:
        return listed(type(self).__name__, [str(t) for t in self.transforms])


class Lambda:
    """A function of one's own as a transform.

    Raises: TypeError: it is none.
    Source: ``torchvision.transforms.Lambda``.
    """

    def __init__(self, lambd: Callable[[Any], Any]) -> None:
        if not callable(lambd):
            raise TypeError(f"Argument lambd should be callable, got {type(lambd).__name__!r}")
        self.lambd = lambd

    def __call__(self, img: Any) -> Any:
        return self.lambd(img)

    def __repr__(self) -> str:
        return f"{type(self).__name__}()"


class RandomApply(Module):
    """All of the transforms in a row, with chance ``p``; otherwise the image as it is.

    Args:
        transforms: A list of functions, or an ``nn.ModuleList``.
        p: The chance.

    Source: ``torchvision.transforms.RandomApply``.
    """

    def __init__(self, transforms: Sequence[Callable[[Any], Any]], p: float = 0.5) -> None:
        super().__init__()
        self.transforms = transforms
        self.p = p

    def forward(self, img: Any) -> Any:
        if self.p < rand(1):
            return img
        for transform in self.transforms:
            img = transform(img)
        return img

    def __repr__(self) -> str:
        return listed(type(self).__name__, [f"p={self.p}", *(str(t) for t in self.transforms)])


class _Several:
    """Several transforms, of which Python's own `random` decides."""

    def __init__(self, transforms: Sequence[Callable[..., Any]]) -> None:
        if not isinstance(transforms, Sequence):
            raise TypeError(f"Argument transforms should be a sequence, got {type(transforms)}")
        self.transforms = transforms

    def __repr__(self) -> str:
        return listed(type(self).__name__, [str(t) for t in self.transforms])


class RandomOrder(_Several):
    """All of the transforms, in an order that Python's `random` draws: seed it with ``random.seed``.

    Raises: TypeError: ``transforms`` is no sequence.
    Source: ``torchvision.transforms.RandomOrder``.
    """

    def __call__(self, img: Any) -> Any:
        order = list(range(len(self.transforms)))
        random.shuffle(order)
        for i in order:
            img = self.transforms[i](img)
        return img


class RandomChoice(_Several):
    """One of the transforms, which Python's `random` draws: seed it with ``random.seed``.

    Args:
        transforms: A sequence of functions.
        p: How likely each one is, relative to the others; by default all are equally likely.

    Raises: TypeError: ``transforms`` or ``p`` is no sequence.
    Source: ``torchvision.transforms.RandomChoice``.
    """

    def __init__(self, transforms: Sequence[Callable[..., Any]], p: Sequence[float] | None = None) -> None:
        super().__init__(transforms)
        if p is not None and not isinstance(p, Sequence):
            raise TypeError(f"Argument p should be a sequence, got {type(p)}")
        self.p = p

    def __call__(self, *args: Any) -> Any:
        return random.choices(self.transforms, weights=self.p)[0](*args)

    def __repr__(self) -> str:
        return f"{super().__repr__()}(p={self.p})"
