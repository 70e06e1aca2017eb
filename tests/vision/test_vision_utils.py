"""Grids of images, images in files, masks over images: against NumPy and Pillow."""

import io

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageColor

import microgradx as mgx
from microgradx.vision import utils

RNG = np.random.default_rng(0)


def grid_of(images, nrow, padding, value):
    """The grid, image by image, from blocks: each with its line above and left of it."""
    n, c, h, w = images.shape
    nrow = min(nrow, n)
    rows = []
    for start in range(0, n, nrow):
        blocks = [
            np.pad(i, [(0, 0), (padding, 0), (padding, 0)], constant_values=value) for i in images[start : start + nrow]
        ]
        blocks += [np.full((c, h + padding, w + padding), value)] * (nrow - len(blocks))
        rows.append(np.concatenate(blocks, 2))
    return np.pad(np.concatenate(rows, 1), [(0, 0), (0, padding), (0, padding)], constant_values=value)


@given(
    st.tuples(st.integers(2, 9), st.sampled_from([2, 3, 4]), st.integers(1, 4), st.integers(1, 4)),
    st.integers(1, 10),
    st.integers(0, 3),
    st.sampled_from([0.0, 0.5]),
)
def test_a_grid(shape, nrow, padding, value):
    images = RNG.random(shape, dtype=np.float32)
    expected = grid_of(images, nrow, padding, np.float32(value))
    for given_as in (mgx.tensor(images), [mgx.tensor(i) for i in images]):
        assert np.array_equal(utils.make_grid(given_as, nrow, padding, pad_value=value).numpy(), expected)


def test_one_channel_becomes_three_and_one_image_gets_no_lines():
    x = RNG.random((4, 5), dtype=np.float32)
    three = np.stack([x] * 3)
    for shape in ((4, 5), (1, 4, 5), (1, 1, 4, 5)):
        assert np.array_equal(utils.make_grid(mgx.tensor(x.reshape(shape))).numpy(), three)
    assert np.array_equal(utils.make_grid(mgx.tensor(three)).numpy(), three)
    two = np.stack([three, three])
    expected = grid_of(two, 8, 2, np.float32(0))
    assert np.array_equal(utils.make_grid(mgx.tensor(two[:, :1])).numpy(), expected)


def test_grids_from_black_to_white():
    images = RNG.standard_normal((3, 3, 2, 2)).astype(np.float32)
    x = mgx.tensor(images)
    low, high = images.min(), images.max()
    options = {"padding": 0, "normalize": True}
    whole = utils.make_grid(x, **options).numpy()
    assert np.allclose(whole, grid_of((images - low) / (high - low), 8, 0, 0), rtol=0, atol=1e-6)
    assert (whole.min(), whole.max()) == (0, 1)
    ranged = utils.make_grid(x, value_range=(-1, 0.5), **options).numpy()
    assert np.allclose(ranged, grid_of((np.clip(images, -1, 0.5) + 1) / 1.5, 8, 0, 0), rtol=0, atol=1e-6)
    each = utils.make_grid(x, scale_each=True, **options).numpy().reshape(3, 2, 3, 2)
    assert np.allclose(each.min((0, 1, 3)), 0)
    assert np.allclose(each.max((0, 1, 3)), 1)
    assert np.array_equal(x.numpy(), images)
    assert utils.make_grid(mgx.ones(1, 3, 2, 2), normalize=True).abs().max().item() == 0  # no range: all black


def test_a_grid_has_no_graph():
    assert not utils.make_grid(mgx.ones(2, 3, 2, 2, requires_grad=True)).requires_grad


@pytest.mark.parametrize(
    ("value", "options", "text"),
    [
        ("text", {}, "tensor or list of tensors expected, got <class 'str'>"),
        ([mgx.zeros(1), 2], {}, "tensor or list of tensors expected, got a list containing <class 'int'>"),
        (mgx.zeros(2, 3, 2, 2), {"normalize": True, "value_range": 3}, r"value_range has to be a tuple \(min, max\)"),
    ],
)
def test_what_is_no_image_raises(value, options, text):
    with pytest.raises(TypeError, match=text):
        utils.make_grid(value, **options)


def test_images_are_saved(tmp_path):
    images = RNG.random((5, 3, 4, 6), dtype=np.float32) * 1.4 - 0.2
    path = tmp_path / "grid.png"
    utils.save_image(mgx.tensor(images), path, nrow=2, padding=1)
    with Image.open(path) as img:
        assert (img.format, img.mode) == ("PNG", "RGB")
        expected = np.clip(np.floor(grid_of(images, 2, 1, 0) * 255 + 0.5), 0, 255)
        assert np.abs(np.asarray(img).transpose(2, 0, 1) - expected).max() == 0
    file = io.BytesIO()
    utils.save_image(mgx.tensor(images[0]), file, format="bmp")
    assert file.getvalue()[:2] == b"BM"
    with pytest.raises(RuntimeError, match="result type Float can't be cast to the desired output type Byte"):
        utils.save_image(mgx.ones(3, 4, 4, dtype=mgx.uint8), path)


IMAGE = RNG.integers(0, 256, (3, 6, 7), dtype=np.uint8)
MASKS = np.zeros((2, 6, 7), bool)
MASKS[0, :3, :3] = MASKS[1, 2:, 2:] = True


@pytest.mark.parametrize("alpha", [0.0, 0.3, 1.0])
@pytest.mark.parametrize("colors", [None, "orange", (10, 20, 30), ["#ff0000", (1, 2, 3), "blue"]])
@pytest.mark.parametrize("dtype", [np.uint8, np.float32])
def test_masks_are_drawn(alpha, colors, dtype):
    scale = 1 if dtype is np.uint8 else 255
    image = (IMAGE / scale).astype(dtype)
    out = utils.draw_segmentation_masks(mgx.from_numpy(image), mgx.from_numpy(MASKS), alpha, colors)
    palette = [(0, 0, 0), tuple((2**n - 1) % 255 for n in (25, 15, 21))]
    chosen = colors if isinstance(colors, list) else palette if colors is None else [colors] * 2
    chosen = [ImageColor.getrgb(c) if isinstance(c, str) else c for c in chosen]
    covered = image.astype(np.float64)
    for mask, color in zip(MASKS, chosen):
        covered[:, mask] = np.array(color)[:, None] / scale
    covered[:, 2, 2] = 0  # where both are
    expected = image * (1 - alpha) + covered * alpha
    tolerance = 1 if dtype is np.uint8 else 1e-6  # whole numbers are cut off
    assert np.all(expected - out.numpy() < tolerance)
    assert np.all(out.numpy() - expected <= 1e-4)
    assert out.numpy().dtype == dtype
    if colors is None:
        one = utils.draw_segmentation_masks(mgx.from_numpy(image), mgx.from_numpy(MASKS[0]), alpha)
        assert np.array_equal(one.numpy()[:, :2], out.numpy()[:, :2])


def test_no_mask_is_a_warning():
    image = mgx.from_numpy(IMAGE.copy())
    with pytest.warns(UserWarning, match="masks doesn't contain any mask. No mask was drawn"):
        assert utils.draw_segmentation_masks(image, mgx.zeros(0, 6, 7, dtype=mgx.bool)) is image


GOOD, MASK = mgx.from_numpy(IMAGE.copy()), mgx.from_numpy(MASKS.copy())


@pytest.mark.parametrize(
    ("arguments", "error", "text"),
    [
        ((IMAGE, MASK), TypeError, "The image must be a tensor, got <class 'numpy.ndarray'>"),
        ((GOOD.to(mgx.int64), MASK), ValueError, "The image dtype must be uint8 or float, got torch.int64"),
        ((GOOD[None], MASK), ValueError, "Pass individual images, not batches"),
        ((GOOD[:1], MASK), ValueError, "Pass an RGB image"),
        ((GOOD, MASK[None]), ValueError, r"masks must be of shape \(H, W\) or \(batch_size, H, W\)"),
        ((GOOD, MASK.to(mgx.uint8)), ValueError, "The masks must be of dtype bool. Got torch.uint8"),
        ((GOOD, MASK[:, 1:]), ValueError, "The image and the masks must have the same height and width"),
        ((GOOD, MASK, 0.5, ["red"]), ValueError, "Number of colors must be equal or larger than the number of objects"),
        ((GOOD, MASK, 0.5, (1, 2)), ValueError, "colors must be a RGB triplet or a string, or a list thereof"),
    ],
)
def test_masks_that_cannot_be_drawn(arguments, error, text):
    with pytest.raises(error, match=text):
        utils.draw_segmentation_masks(*arguments)
