"""The embedded digits are complete and split as promised; the shapes follow their formulas."""

import hashlib
from importlib import resources

import numpy as np
import pytest

import microgradx as mgx
from microgradx.datasets import digits, moons, spirals


def test_digits_are_the_1797_of_the_source() -> None:
    images, labels = digits("all")
    assert images.shape == (1797, 1, 8, 8)
    assert images.dtype is mgx.float32
    assert labels.shape == (1797,)
    assert labels.dtype is mgx.int64
    assert np.bincount(labels.numpy()).tolist() == [178, 182, 177, 183, 181, 182, 181, 179, 174, 180]
    ink = images.numpy() * 16
    assert np.array_equal(ink, np.round(ink))
    assert (ink.min(), ink.max(), ink.sum()) == (0, 16, 561718)
    raw = ink.astype(np.uint8).tobytes() + labels.numpy().astype(np.uint8).tobytes()
    assert hashlib.sha256(raw).hexdigest() == "87ff0c9e40dc7e2c0e34e7257799c2e3f3aec1a016363bb11cad869ec428a826"


def test_the_split_is_a_stratified_partition() -> None:
    everything, train, test = (digits(part)[0].flatten(1).tolist() for part in ("all", "train", "test"))
    assert len(train) == 1433
    assert len(test) == 364
    assert sorted(train + test) == sorted(everything)
    in_all = np.bincount(digits("all")[1].numpy())
    held_out = np.bincount(digits("test")[1].numpy())
    assert np.array_equal(held_out, -(-in_all // 5))


def test_images_keep_their_labels_in_the_split() -> None:
    images, labels = digits("all")
    label_of = dict(zip(map(tuple, images.flatten(1).tolist()), labels.tolist()))
    for split in ("train", "test"):
        images, labels = digits(split)
        assert [label_of[tuple(row)] for row in images.flatten(1).tolist()] == labels.tolist()


def test_each_call_gives_fresh_memory() -> None:
    images, _ = digits("test")
    images.zero_()
    assert digits("test")[0].sum().item() > 0


def test_digits_refuses_an_unknown_split() -> None:
    with pytest.raises(ValueError, match="expected split 'train', 'test' or 'all', got 'valid'"):
        digits("valid")


def test_the_data_file_is_small_and_names_its_source() -> None:
    folder = resources.files("microgradx.datasets").joinpath("data")
    assert len(folder.joinpath("digits.npz").read_bytes()) < 100_000
    note = folder.joinpath("README.md").read_text(encoding="utf-8")
    assert "CC BY 4.0" in note
    assert "Alpaydin" in note


@pytest.mark.parametrize("n", [1, 2, 3, 100, 101])
def test_moons_lie_on_two_half_circles(n: int) -> None:
    points, labels = moons(n, noise=0)
    assert points.shape == (n, 2)
    assert points.dtype is mgx.float32
    assert labels.tolist() == [i % 2 for i in range(n)]
    p = points.numpy().astype(np.float64)
    centers = np.where(labels.numpy()[:, None] == 0, [0.0, 0.0], [1.0, 0.5])
    assert np.allclose(np.linalg.norm(p - centers, axis=1), 1, atol=1e-6)
    upper = labels.numpy() == 0
    assert (p[upper, 1] > -1e-6).all()
    assert (p[~upper, 1] < 0.5 + 1e-6).all()


@pytest.mark.parametrize(("n", "classes"), [(1, 1), (2, 3), (9, 3), (100, 4)])
def test_spirals_wind_around_the_origin(n: int, classes: int) -> None:
    points, labels = spirals(n, classes, noise=0)
    assert labels.dtype is mgx.int64
    assert labels.tolist() == [i % classes for i in range(n)]
    x, y = points.numpy().astype(np.float64).T
    radius = np.hypot(x, y)
    angle = 2 * np.pi * labels.numpy() / classes + 4 * radius
    assert np.allclose(x, radius * np.cos(angle), atol=1e-6)
    assert np.allclose(y, radius * np.sin(angle), atol=1e-6)
    assert radius.max() <= 1 + 1e-6
    if n >= 2 * classes:
        assert np.isclose(radius.max(), 1)


@pytest.mark.parametrize("make", [moons, spirals])
def test_a_seed_decides_the_noise(make) -> None:
    first, again, other = (make(50, noise=0.1, seed=seed)[0] for seed in (3, 3, 4))
    assert np.array_equal(first.numpy(), again.numpy())
    assert not np.array_equal(first.numpy(), other.numpy())
    calm = make(50, noise=0)[0]
    assert 0 < np.abs(first.numpy() - calm.numpy()).max() < 1


def test_noise_leaves_the_global_generator_alone() -> None:
    mgx.manual_seed(1)
    expected = mgx.rand(3).tolist()
    mgx.manual_seed(1)
    moons()
    spirals()
    assert mgx.rand(3).tolist() == expected


@pytest.mark.parametrize(
    ("call", "text"),
    [
        (lambda: moons(0), "moons: expected n of at least 1, got 0"),
        (lambda: moons(5, noise=-0.1), "moons: expected a finite noise of at least 0, got -0.1"),
        (lambda: moons(5, noise=float("nan")), "got nan"),
        (lambda: spirals(5, noise=float("inf")), "got inf"),
        (lambda: spirals(-1), "spirals: expected n of at least 1, got -1"),
        (lambda: spirals(5, classes=0), "spirals: expected classes of at least 1, got 0"),
    ],
)
def test_shapes_refuse_what_gives_no_points(call, text: str) -> None:
    with pytest.raises(ValueError, match=text):
        call()
