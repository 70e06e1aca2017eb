"""Levels of brightness, against Pillow: both for its images and for tensors."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageEnhance, ImageOps

import microgradx as mgx
from microgradx.vision import transforms
from microgradx.vision.transforms import functional as F

RNG = np.random.default_rng(0)
IMAGES = {
    "noise": Image.fromarray(RNG.integers(0, 256, (18, 25, 3), dtype=np.uint8)),
    "dull": Image.fromarray(np.clip(RNG.normal(100, 9, (40, 30, 3)), 0, 255).astype(np.uint8)),
    "gray": Image.fromarray(RNG.integers(20, 90, (33, 21), dtype=np.uint8)),
    "flat": Image.new("RGB", (7, 5), (10, 20, 30)),
}

# Function, the same by Pillow, and how far apart the two may be for tensors, where Pillow rounds differently.
CHANGES = {
    "invert": (F.invert, ImageOps.invert, 0),
    "posterize": (lambda x: F.posterize(x, 3), lambda x: ImageOps.posterize(x, 3), 0),
    "solarize": (lambda x: F.solarize(x, 100), lambda x: ImageOps.solarize(x, 100), 0),
    "equalize": (F.equalize, ImageOps.equalize, 0),
    "autocontrast": (F.autocontrast, ImageOps.autocontrast, 1),
    "sharper": (lambda x: F.adjust_sharpness(x, 2.5), lambda x: ImageEnhance.Sharpness(x).enhance(2.5), 2),
    "softer": (lambda x: F.adjust_sharpness(x, 0.0), lambda x: ImageEnhance.Sharpness(x).enhance(0.0), 1),
}


@pytest.mark.parametrize("img", IMAGES.values(), ids=IMAGES)
@pytest.mark.parametrize(("change", "by_pillow", "tolerance"), CHANGES.values(), ids=CHANGES)
def test_images_and_tensors(change, by_pillow, tolerance, img):
    expected = by_pillow(img)
    assert change(img) == expected
    x = F.pil_to_tensor(img)
    before = x.numpy().copy()
    out = change(x)
    assert out.dtype is mgx.uint8
    assert np.abs(out.numpy().astype(int) - F.pil_to_tensor(expected).numpy()).max() <= tolerance
    assert np.array_equal(x.numpy(), before)
    batch = change(mgx.stack([x, x]))
    assert np.array_equal(batch[1].numpy(), out.numpy())


@pytest.mark.parametrize("name", ["invert", "autocontrast", "sharper"])
@pytest.mark.parametrize("img", IMAGES.values(), ids=IMAGES)
def test_floats_are_the_same_in_finer_steps(name, img):
    change = CHANGES[name][0]
    out = change(F.to_tensor(img)).numpy() * 255
    assert np.abs(out - change(F.pil_to_tensor(img)).numpy()).max() <= 2  # the blur is rounded, and then the result


@given(st.binary(min_size=12, max_size=12), st.integers(0, 8), st.integers(0, 255))
def test_bits_and_thresholds(data, bits, threshold):
    x = np.frombuffer(data, np.uint8).reshape(3, 2, 2).copy()
    out = F.posterize(mgx.from_numpy(x), bits).numpy()
    assert np.array_equal(out, x >> (8 - bits) << (8 - bits))
    out = F.solarize(mgx.from_numpy(x), threshold).numpy()
    assert np.array_equal(out, np.where(x >= threshold, 255 - x, x))


def test_autocontrast_reaches_black_and_white_in_each_channel():
    x = F.autocontrast(F.to_tensor(IMAGES["dull"]))
    assert x.amin((1, 2)).tolist() == [0, 0, 0]
    assert np.allclose(x.amax((1, 2)).numpy(), 1)
    assert F.autocontrast(F.to_tensor(IMAGES["flat"])).tolist() == F.to_tensor(IMAGES["flat"]).tolist()


def test_a_small_image_has_no_sharpness():
    x = mgx.rand(3, 2, 9)
    assert F.adjust_sharpness(x, 3) is x


@pytest.mark.parametrize("change", [F.invert, F.autocontrast, lambda x: F.adjust_sharpness(x, 1.5)])
def test_gradients_pass_through(change):
    x = mgx.tensor(0.3 + 0.3 * RNG.random((1, 3, 4)), requires_grad=True)
    assert mgx.autograd.gradcheck(change, (x,))


@pytest.mark.parametrize(
    ("call", "error", "text"),
    [
        (lambda: F.invert(mgx.zeros(4, 4)), TypeError, "should have at least 3 dimensions, but found 2"),
        (lambda: F.invert(mgx.zeros(2, 4, 4)), TypeError, r"permitted channel values are \[1, 3\], but found 2"),
        (lambda: F.invert("image"), TypeError, "img should be PIL Image. Got <class 'str'>"),
        (lambda: F.posterize(mgx.zeros(3, 4, 4), 2), TypeError, "Only torch.uint8 image tensors are supported"),
        (lambda: F.posterize(IMAGES["noise"], 9), ValueError, "The number if bits should be between 0 and 8. Got 9"),
        (lambda: F.solarize(mgx.zeros(3, 4, 4), 2), TypeError, "Threshold should be less than bound of img"),
        (lambda: F.adjust_sharpness(mgx.zeros(3, 4, 4), -1), ValueError, "is not non-negative"),
        (lambda: F.equalize(mgx.zeros(3, 4, 4)), TypeError, "Only torch.uint8 image tensors are supported"),
        (lambda: F.equalize(mgx.zeros(1, 1, 3, 4, 4)), TypeError, "should have 3 or 4 dimensions, but found 5"),
    ],
)
def test_what_is_refused(call, error, text):
    with pytest.raises(error, match=text):
        call()


RANDOM = {
    "RandomInvert(p=0.4)": F.invert,
    "RandomPosterize(bits=3,p=0.4)": lambda x: F.posterize(x, 3),
    "RandomSolarize(threshold=99,p=0.4)": lambda x: F.solarize(x, 99),
    "RandomAdjustSharpness(sharpness_factor=2,p=0.4)": lambda x: F.adjust_sharpness(x, 2),
    "RandomAutocontrast(p=0.4)": F.autocontrast,
    "RandomEqualize(p=0.4)": F.equalize,
}


@pytest.mark.parametrize("code", RANDOM)
@pytest.mark.parametrize("img", [IMAGES["dull"], F.pil_to_tensor(IMAGES["dull"])], ids=["image", "tensor"])
def test_chances_are_pytorchs(code, img):
    transform = eval(code, vars(transforms))
    assert repr(transform) == code
    changed = 0
    for seed in range(12):
        mgx.manual_seed(seed)
        torch.manual_seed(seed)
        out = transform(img)
        if torch.rand(1).item() < 0.4:
            changed += 1
            expected = RANDOM[code](img)
            assert out == expected if isinstance(img, Image.Image) else np.array_equal(out.numpy(), expected.numpy())
        else:
            assert out is img
        assert torch.rand(1).item() == mgx.rand(1).item()
    assert 0 < changed < 12
