"""Grids of images, images in files, boxes and masks over images: against NumPy and Pillow."""

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


# ---------------------------------------------------------------- boxes

BOXES = [[1, 0, 4, 3], [2, 2, 6, 5]]


def framed(image, boxes, colors, width):
    """The boxes drawn by NumPy: the later ones over the earlier ones."""
    out = image.copy()
    for (left, top, right, bottom), color in zip(boxes, colors):
        inside = np.zeros(image.shape[1:], bool)
        inside[top : bottom + 1, left : right + 1] = True
        hole = np.zeros_like(inside)
        hole[top + width : bottom + 1 - width, left + width : right + 1 - width] = True
        out[:, inside & ~hole] = np.array(color, np.uint8)[:, None]
    return out


@pytest.mark.parametrize("width", [1, 2])
@pytest.mark.parametrize("colors", [(9, 8, 7), ["red", (1, 2, 3)], None])
@pytest.mark.parametrize("channels", [1, 3])
def test_boxes_are_drawn(width, colors, channels):
    palette = [(0, 0, 0), tuple((2**n - 1) % 255 for n in (25, 15, 21))]
    chosen = [(255, 0, 0), (1, 2, 3)] if isinstance(colors, list) else [colors] * 2 if colors else palette
    image = mgx.from_numpy(IMAGE[:channels].copy())
    expected = framed(np.repeat(IMAGE[:channels], 3 // channels, axis=0), BOXES, chosen, width)
    out = utils.draw_bounding_boxes(image, mgx.tensor(BOXES), colors=colors, width=width)
    assert np.array_equal(out.numpy(), expected)
    as_floats = utils.draw_bounding_boxes(image.float() / 255, mgx.tensor(BOXES) + 0.9, colors=colors, width=width)
    assert as_floats.dtype is mgx.float32
    assert np.allclose(as_floats.numpy() * 255, expected)
    assert np.array_equal(image.numpy(), IMAGE[:channels])


def test_filled_boxes_shine_through():
    out = utils.draw_bounding_boxes(GOOD, mgx.tensor(BOXES[:1]), colors=(200, 100, 0), fill=True).numpy()
    inside = IMAGE[:, 1:3, 2:4].astype(float)
    mixed = inside + (np.array([200, 100, 0])[:, None, None] - inside) * 100 / 255
    assert np.abs(out[:, 1:3, 2:4] - mixed).max() <= 1
    assert np.array_equal(out[:, 4:], IMAGE[:, 4:])


def test_labels_are_drawn():
    image, box = mgx.zeros(3, 40, 60, dtype=mgx.uint8), mgx.tensor([[5, 5, 50, 35]])
    plain = utils.draw_bounding_boxes(image, box, colors="red").numpy()
    named = utils.draw_bounding_boxes(image, box, ["cat"], colors="red").numpy()
    changed = (plain != named).any(0)
    assert 10 < changed.sum() < 200
    assert not changed[:7].any()
    assert not changed[:, :7].any()  # inside of the frame
    assert named[1:].max() == 0  # in the color of the box
    blue = utils.draw_bounding_boxes(image, box, ["cat"], colors="red", label_colors=(0, 0, 255)).numpy()
    assert np.array_equal((blue[2] > 0), changed)
    filled = utils.draw_bounding_boxes(
        image, box, ["cat"], "red", fill_labels=True, label_background_colors="lime"
    ).numpy()
    assert (filled[1] == 255).sum() > changed.sum()  # black on green
    assert np.array_equal(utils.draw_bounding_boxes(image, box, [None], "red").numpy(), plain)


def test_no_box_is_a_warning():
    with pytest.warns(UserWarning, match="boxes doesn't contain any box. No box was drawn"):
        assert utils.draw_bounding_boxes(GOOD, mgx.zeros(0, 4)) is GOOD
    with pytest.warns(UserWarning, match="Argument 'font_size' will be ignored since 'font' is not set"):
        utils.draw_bounding_boxes(GOOD, mgx.tensor(BOXES), font_size=3)


@pytest.mark.parametrize(
    ("arguments", "error", "text"),
    [
        ((IMAGE, mgx.tensor(BOXES)), TypeError, "Tensor expected, got <class 'numpy.ndarray'>"),
        (
            (GOOD.to(mgx.int64), mgx.tensor(BOXES)),
            ValueError,
            "The image dtype must be uint8 or float, got torch.int64",
        ),
        ((GOOD[None], mgx.tensor(BOXES)), ValueError, "Pass individual images, not batches"),
        ((GOOD[:2], mgx.tensor(BOXES)), ValueError, "Pass a gray or an RGB image, got 2 channels"),
        ((GOOD, mgx.zeros(1, 8)), ValueError, r"boxes must be of shape \(N, 4\), got \(1, 8\)"),
        ((GOOD, mgx.tensor([[4, 0, 1, 3]])), ValueError, r"Boxes need to be in \(xmin, ymin, xmax, ymax\) format"),
        ((GOOD, mgx.tensor(BOXES), ["one"]), ValueError, r"Number of boxes \(2\) and labels \(1\) mismatch"),
    ],
)
def test_boxes_that_cannot_be_drawn(arguments, error, text):
    with pytest.raises(error, match=text):
        utils.draw_bounding_boxes(*arguments)
