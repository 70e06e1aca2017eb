"""Points in the plane that no straight line separates, made by formula; the classes take turns."""

import numpy as np

from microgradx.creation import from_numpy
from microgradx.tensor import Tensor


def moons(n: int = 200, noise: float = 0.1, seed: int = 0) -> tuple[Tensor, Tensor]:
    """Two half circles that reach into each other, the classic first test of a classifier that can bend.

    Class 0 is (cos t, sin t), class 1 is (1 - cos t, 1/2 - sin t), with t evenly spaced from 0 to pi.

    Args:
        n: Number of points of both classes together.
        noise: Standard deviation of the normal noise that is added to both coordinates.
        seed: The same seed gives the same points; the global generator is left alone.

    Returns:
        ``(points, labels)``: float32 of shape (n, 2), and int64 of shape (n,) with values 0 and 1.

    Raises: ValueError: ``n`` is below 1, or ``noise`` is negative or not finite.

    Example:
        >>> points, labels = mgx.datasets.moons(4, noise=0)
        >>> labels.tolist()
        [0, 1, 0, 1]
        >>> [[round(v, 2) for v in p] for p in points.tolist()]
        [[1.0, 0.0], [0.0, 0.5], [-1.0, 0.0], [2.0, 0.5]]
    """
    check("moons", n, 2, noise)
    labels, along = take_turns(n, 2)
    t = np.pi * along
    x = np.where(labels == 0, np.cos(t), 1 - np.cos(t))
    y = np.where(labels == 0, np.sin(t), 0.5 - np.sin(t))
    points = np.stack([x, y], axis=1) + noise * np.random.RandomState(seed).standard_normal((n, 2))
    return from_numpy(points.astype(np.float32)), from_numpy(labels)


def spirals(n: int = 300, classes: int = 3, noise: float = 0.2, seed: int = 0) -> tuple[Tensor, Tensor]:
    """Arms that wind around the origin, one per class: a harder shape than the moons.

    Along an arm the radius r grows from 0 to 1 and the angle by 4 radians; the arms start at even angles.

    Args:
        n: Number of points of all classes together.
        classes: Number of arms.
        noise: Standard deviation, in radians, of the normal noise that is added to each point's angle.
        seed: The same seed gives the same points; the global generator is left alone.

    Returns:
        ``(points, labels)``: float32 of shape (n, 2), and int64 of shape (n,), 0 to ``classes - 1``.

    Raises: ValueError: ``n`` or ``classes`` is below 1, or ``noise`` is negative or not finite.
    Source: after the spirals of the Stanford course CS231n.

    Example:
        >>> points, labels = mgx.datasets.spirals(6, classes=3, noise=0)
        >>> labels.tolist()
        [0, 1, 2, 0, 1, 2]
        >>> [round(r, 2) for r in (points * points).sum(1).tolist()]
        [0.0, 0.0, 0.0, 1.0, 1.0, 1.0]
    """
    check("spirals", n, classes, noise)
    labels, radius = take_turns(n, classes)
    angle = 2 * np.pi * labels / classes + 4 * radius + noise * np.random.RandomState(seed).standard_normal(n)
    points = np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=1)
    return from_numpy(points.astype(np.float32)), from_numpy(labels)


def take_turns(n: int, classes: int) -> tuple[np.ndarray, np.ndarray]:
    """Labels 0, 1, ..., 0, 1, ..., and for each point how far along its class it lies, evenly from 0 to 1."""
    position, labels = np.divmod(np.arange(n, dtype=np.int64), classes)
    last = np.maximum(np.bincount(labels) - 1, 1)[labels]
    return labels, position / last


def check(name: str, n: int, classes: int, noise: float) -> None:
    """Refuse what would give no points, or points that are not numbers."""
    if n < 1:
        raise ValueError(f"{name}: expected n of at least 1, got {n}; ask for one point or more")
    if classes < 1:
        raise ValueError(f"{name}: expected classes of at least 1, got {classes}; ask for one class or more")
    if not (noise >= 0 and np.isfinite(noise)):
        raise ValueError(f"{name}: expected a finite noise of at least 0, got {noise}; it is a standard deviation")
