"""Transforms that leave nothing to chance, against Pillow, NumPy, colorsys and PyTorch's functions."""

import colorsys
import subprocess
import sys

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageEnhance, ImageOps

import microgradx as mgx
from microgradx.vision import transforms
from microgradx.vision.transforms import InterpolationMode
from microgradx.vision.transforms import functional as F

RNG = np.random.default_rng(0)
RGB = RNG.integers(0, 256, (17, 23, 3), dtype=np.uint8)
GRAY = RNG.integers(0, 256, (20, 12), dtype=np.uint8)
MODES = {
    "RGB": Image.fromarray(RGB),
    "L": Image.fromarray(GRAY),
    "RGBA": Image.fromarray(RNG.integers(0, 256, (5, 6, 4), dtype=np.uint8)),
    "LA": Image.fromarray(RNG.integers(0, 256, (5, 6, 2), dtype=np.uint8)),
    "P": Image.fromarray(RGB).convert("P"),
    "1": Image.fromarray(GRAY).convert("1"),
    "I": Image.fromarray(RNG.integers(0, 70_000, (5, 6), dtype=np.int32)),
    "F": Image.fromarray(RNG.random((5, 6), dtype=np.float32)),
    "HSV": Image.fromarray(RGB).convert("HSV"),
    "CMYK": Image.fromarray(RGB).convert("CMYK"),
}
COLORED = {mode: MODES[mode] for mode in ("RGB", "L")}


def first(array):
    """Channels first, as tensors have them."""
    return array[None] if array.ndim == 2 else array.transpose(2, 0, 1)


def arrays():
    """Small images of bytes, channels first."""
    sizes = st.tuples(st.sampled_from([1, 3]), st.integers(1, 7), st.integers(1, 7))
    return sizes.flatmap(
        lambda s: st.binary(min_size=int(np.prod(s)), max_size=int(np.prod(s))).map(
            lambda b: np.frombuffer(b, np.uint8).reshape(s).copy()
        )
    )


def test_the_images_are_of_the_modes_that_they_stand_for():
    assert all(img.mode == mode for mode, img in MODES.items())


# ---------------------------------------------------------------- conversion


@pytest.mark.parametrize("mode", MODES)
def test_images_become_tensors(mode):
    img = MODES[mode]
    values, out = np.asarray(img), F.to_tensor(img)
    if mode in ("I", "F"):
        assert np.array_equal(out.numpy(), first(values))
    else:
        values = values.astype(np.uint8) * (255 if mode == "1" else 1)
        expected = torch.from_numpy(first(values).copy()).to(torch.float32).div(255)
        assert np.array_equal(out.numpy(), expected.numpy())
        assert out.is_contiguous()
    assert np.array_equal(F.pil_to_tensor(img).numpy(), first(np.asarray(img)))
    assert F.get_dimensions(img) == list(out.shape)
    assert F.get_image_size(img) == list(img.size)
    assert F.get_image_num_channels(img) == len(out)


def test_sixteen_bits_keep_their_values_up_to_the_sign():
    values = np.array([[0, 1, 40_000]], dtype=np.uint16)
    assert F.to_tensor(Image.fromarray(values)).tolist() == [[[0, 1, 40_000 - 65_536]]]
    with pytest.raises(TypeError, match="uint16"):
        F.pil_to_tensor(Image.fromarray(values))


@pytest.mark.parametrize("dtype", [np.uint8, np.int16, np.int32, np.int64, np.float32, np.float64])
@pytest.mark.parametrize("shape", [(4, 5), (4, 5, 1), (4, 5, 3)])
def test_arrays_become_tensors(dtype, shape):
    array = RNG.integers(0, 100, shape).astype(dtype)
    out = transforms.ToTensor()(array)
    expected = first(array) / np.float32(255) if dtype is np.uint8 else first(array)
    assert np.array_equal(out.numpy(), expected)
    assert out.numpy().dtype == expected.dtype


def test_bytes_become_the_default_dtype():
    mgx.set_default_dtype(mgx.float64)
    try:
        assert F.to_tensor(GRAY).dtype is mgx.float64
    finally:
        mgx.set_default_dtype(mgx.float32)


@given(arrays())
def test_a_tensor_becomes_an_image_and_a_tensor_again(array):
    x = mgx.from_numpy(array)
    img = F.to_pil_image(x)
    assert img.mode == {1: "L", 3: "RGB"}[len(array)]
    assert np.array_equal(F.pil_to_tensor(img).numpy(), array)
    again = F.to_pil_image(F.to_tensor(img))  # through floats: 255 levels are there and back
    assert np.array_equal(np.asarray(again), np.asarray(img))


@pytest.mark.parametrize(
    ("array", "mode", "expected"),
    [
        (GRAY, None, "L"),
        (RGB, None, "RGB"),
        (RGB, "HSV", "HSV"),
        (RGB, "YCbCr", "YCbCr"),
        (np.asarray(MODES["RGBA"]), None, "RGBA"),
        (np.asarray(MODES["RGBA"]), "CMYK", "CMYK"),
        (np.asarray(MODES["LA"]), None, "LA"),
        (np.asarray(MODES["I"]), None, "I"),
        (np.asarray(MODES["F"]), "F", "F"),
        (GRAY.astype(np.int16), None, "I;16"),
    ],
)
def test_arrays_become_images(array, mode, expected):
    img = transforms.ToPILImage(mode)(array)
    assert img.mode == expected
    assert img.tobytes() == array.tobytes()
    assert F.to_pil_image(mgx.from_numpy(first(array).copy()), mode) == img


def test_floats_are_cut_off():
    img = F.to_pil_image(mgx.tensor([[0.0, 0.5, 0.999, 1.0]]))
    assert list(img.tobytes()) == [0, 127, 254, 255]


@pytest.mark.parametrize(
    ("value", "mode", "error", "text"),
    [
        ("text", None, TypeError, "pic should be Tensor or ndarray. Got <class 'str'>"),
        (np.zeros(3), None, ValueError, "pic should be 2/3 dimensional. Got 1 dimensions"),
        (np.zeros((2, 2, 5)), None, ValueError, "pic should not have > 4 channels. Got 5"),
        (np.zeros((2, 2, 0)), None, ValueError, "Got 0 channels"),
        (GRAY, "RGB", ValueError, r"Incorrect mode \(RGB\) supplied for input type uint8. Should be L"),
        (RGB, "L", ValueError, "Only modes .* are supported for 3D inputs"),
        (GRAY.astype(np.int64), None, TypeError, "Input type int64 is not supported"),
        (RGB.astype(np.int16), None, TypeError, "Input type int16 is not supported"),
    ],
)
def test_what_is_no_image_raises(value, mode, error, text):
    with pytest.raises(error, match=text):
        F.to_pil_image(value, mode)


@pytest.mark.parametrize(
    ("call", "error", "text"),
    [
        (lambda: F.to_tensor(mgx.zeros(1)), TypeError, "pic should be PIL Image or ndarray. Got <class 'microgradx"),
        (lambda: F.to_tensor(np.zeros(3)), ValueError, "pic should be 2/3 dimensional. Got 1 dimensions"),
        (lambda: F.pil_to_tensor(GRAY), TypeError, "pic should be PIL Image. Got <class 'numpy.ndarray'>"),
        (lambda: F.hflip(GRAY), TypeError, "img should be PIL Image. Got <class 'numpy.ndarray'>"),
        (lambda: F.vflip(mgx.zeros(3)), TypeError, "Tensor is not a torch image"),
        (lambda: F.get_dimensions(GRAY), TypeError, "Unexpected type <class 'numpy.ndarray'>"),
        (lambda: F.convert_image_dtype(GRAY), TypeError, "Input img should be Tensor Image"),
        (lambda: F.erase(MODES["L"], 0, 0, 1, 1, 0), TypeError, "img should be Tensor Image. Got <class 'PIL"),
        (lambda: F.to_grayscale(mgx.zeros(3, 2, 2)), TypeError, "Input should be PIL Image"),
        (
            lambda: F.adjust_contrast(mgx.zeros(2, 2, 2), 1),
            TypeError,
            r"permitted channel values are \[1, 3\], but found 2",
        ),
    ],
)
def test_other_types_raise(call, error, text):
    with pytest.raises(error, match=text):
        call()


INTEGERS = [mgx.uint8, mgx.int8, mgx.int16, mgx.int32, mgx.int64]
FLOATS = [mgx.float32, mgx.float64]


@pytest.mark.parametrize("after", INTEGERS + FLOATS)
@pytest.mark.parametrize("before", INTEGERS + FLOATS)
def test_black_and_white_stay_where_they_are(before, after):
    def white(dtype):
        return 1 if dtype.is_floating_point else int(np.iinfo(dtype.numpy).max)

    x = mgx.tensor([0, white(before)], dtype=before)
    if (before, after) in ((mgx.float32, mgx.int32), (mgx.float32, mgx.int64), (mgx.float64, mgx.int64)):
        with pytest.raises(RuntimeError, match=f"The cast from {before} to {after} cannot be performed safely"):
            F.convert_image_dtype(x, after)
        return
    out = transforms.ConvertImageDtype(after)(x)
    assert out.dtype is after
    # In a larger integer type, what was one step is many: white is less than one such step from its largest.
    both_whole = not (before.is_floating_point or after.is_floating_point)
    tolerance = max((white(after) + 1) // (white(before) + 1) - 1, 0) if both_whole else 0
    assert out[0].item() == 0
    assert white(after) - tolerance <= out[1].item() <= white(after)


def test_bytes_survive_every_way_there_and_back():
    x = mgx.arange(256).to(mgx.uint8)
    for dtype in (mgx.float32, mgx.float64, mgx.int16, mgx.int32, mgx.int64):
        there = F.convert_image_dtype(x, dtype)
        assert F.convert_image_dtype(there, mgx.uint8).tolist() == list(range(256))


def test_normalize_is_a_difference_and_a_quotient():
    x = RNG.random((2, 3, 4, 5), dtype=np.float32)
    mean, std = (0.4, 0.5, 0.6), [0.1, 0.2, 0.3]
    m, s = (np.array(v, np.float32)[:, None, None] for v in (mean, std))
    t = mgx.tensor(x)
    out = transforms.Normalize(mean, std)(t)
    assert np.array_equal(out.numpy(), (x - m) / s)
    assert np.array_equal(t.numpy(), x)
    assert transforms.Normalize(mean, std, inplace=True)(t) is t
    assert np.array_equal(t.numpy(), out.numpy())
    one = F.normalize(mgx.tensor(x), 0.5, 0.25)
    assert np.array_equal(one.numpy(), (x - np.float32(0.5)) / np.float32(0.25))


@pytest.mark.parametrize(
    ("x", "arguments", "error", "text"),
    [
        (GRAY, ([0.5], [0.5]), TypeError, "img should be Tensor Image. Got <class 'numpy.ndarray'>"),
        (mgx.zeros(1, 2, 2, dtype=mgx.uint8), ([0.5], [0.5]), TypeError, "should be a float tensor. Got torch.uint8"),
        (mgx.zeros(2, 2), ([0.5], [0.5]), ValueError, r"Expected tensor to be a tensor image of size \(..., C, H, W\)"),
        (mgx.zeros(1, 2, 2), ([0.5], [0.0]), ValueError, "std evaluated to zero after conversion to torch.float32"),
        (mgx.zeros(1, 2, 2), ([0.5] * 3, [0.5] * 3), RuntimeError, "doesn't match the broadcast shape"),
        (mgx.zeros(1, 2, 2), ([0.5] * 3, [0.5] * 3, True), RuntimeError, "doesn't match the broadcast shape"),
        (mgx.zeros(3, 2, 2), ([0.5] * 2, [0.5] * 2), RuntimeError, r"The size of tensor a \(3\) must match"),
    ],
)
def test_normalize_refuses(x, arguments, error, text):
    with pytest.raises(error, match=text):
        F.normalize(x, *arguments)


# ---------------------------------------------------------------- places


@pytest.mark.parametrize(
    ("height", "width", "size", "max_size", "expected"),
    [
        (20, 30, 10, None, (10, 15)),
        (30, 20, 10, None, (15, 10)),
        (20, 30, [10], None, (10, 15)),
        (20, 31, 10, None, (10, 15)),
        (20, 30, (7, 9), None, (7, 9)),
        (20, 30, 10, 12, (8, 12)),
        (30, 20, 10, 15, (15, 10)),
        (20, 20, 10, 11, (10, 10)),
    ],
)
def test_resized_sizes(height, width, size, max_size, expected):
    assert F.resize(mgx.zeros(1, height, width), size, max_size=max_size).shape == (1, *expected)
    assert F.resize(Image.new("L", (width, height)), size, max_size=max_size).size == expected[::-1]


@pytest.mark.parametrize("mode", list(InterpolationMode))
@pytest.mark.parametrize("name", ["RGB", "L", "F", "LA"])
def test_pillow_resizes(mode, name):
    img, size = MODES[name], (9, 14)
    kind = Image.Resampling["NEAREST" if mode is InterpolationMode.NEAREST_EXACT else mode.name]
    expected = img.resize(size[::-1], kind)
    assert transforms.Resize(size, mode)(img).tobytes() == expected.tobytes()
    if mode is not InterpolationMode.NEAREST_EXACT:
        assert transforms.Resize(size, kind)(img).tobytes() == expected.tobytes()


@pytest.mark.parametrize("antialias", [True, False, None])
@pytest.mark.parametrize("mode", ["nearest", "nearest-exact", "bilinear", "bicubic"])
@pytest.mark.parametrize("size", [(9, 14), (30, 40), (9, 40)])
@pytest.mark.parametrize("dtype", [np.uint8, np.float32, np.float64])
def test_tensors_are_interpolated(antialias, mode, size, dtype):
    array = first(RGB) if dtype is np.uint8 else (first(RGB) / 255).astype(dtype)
    out = F.resize(mgx.from_numpy(array.copy()), size, InterpolationMode(mode), antialias=antialias)
    x = torch.from_numpy(array.astype(np.float32 if dtype is np.uint8 else dtype))[None]
    mixes = "nearest" not in mode
    options = {"align_corners": False, "antialias": bool(antialias)} if mixes else {}
    expected = torch.nn.functional.interpolate(x, size, mode=mode, **options)[0]
    if dtype is np.uint8:
        difference = out.numpy().astype(int) - expected.clamp(0, 255).round().numpy()
        assert np.abs(difference).max() <= 1  # where it is half way between two numbers
        assert np.mean(difference != 0) < 0.01
    else:
        assert np.allclose(out.numpy(), expected.numpy(), rtol=0, atol=3e-6)
    assert out.numpy().dtype == dtype


def test_leading_dimensions_are_kept():
    x = mgx.rand(2, 4, 3, 8, 8)
    out = F.resize(x, (4, 4))
    assert out.shape == (2, 4, 3, 4, 4)
    assert np.array_equal(out[1, 2].numpy(), F.resize(x[1, 2], (4, 4)).numpy())
    assert np.array_equal(F.resize(x[0, 0, 0], (4, 4)).numpy(), out[0, 0, 0].numpy())
    assert F.gaussian_blur(x, 3).shape == x.shape


def test_an_image_of_the_wanted_size_is_returned_as_it_is():
    x = mgx.zeros(1, 4, 4)
    assert F.resize(x, (4, 4)) is x
    assert F.resize(MODES["L"], MODES["L"].size[::-1]) is MODES["L"]


def test_pillow_always_counts_all_pixels_and_warns():
    with pytest.warns(UserWarning, match="Anti-alias option is always applied for PIL Image input"):
        F.resize(MODES["RGB"], 8, antialias=False)


@pytest.mark.parametrize(
    ("arguments", "error", "text"),
    [
        ({"size": (1, 2, 3)}, ValueError, "Size must be an int or a 1 or 2 element tuple/list, not a 3 element"),
        ({"size": (4, 4), "max_size": 5}, ValueError, "max_size should only be passed if size specifies the length"),
        ({"size": 4, "max_size": 4}, ValueError, "max_size = 4 must be strictly greater than the requested size"),
        ({"size": "4"}, TypeError, "Got inappropriate size arg"),
        ({"size": 4, "interpolation": "bilinear"}, TypeError, "Argument interpolation should be a InterpolationMode"),
        ({"size": 4, "interpolation": 9}, TypeError, "Argument interpolation should be a InterpolationMode"),
        ({"size": 4, "interpolation": InterpolationMode.LANCZOS}, NotImplementedError, "unsupported with Tensor input"),
    ],
)
def test_resize_refuses(arguments, error, text):
    with pytest.raises(error, match=text):
        F.resize(mgx.zeros(1, 8, 8), **arguments)


WIDTHS = [1, [2], (2, 1), (1, 2, 3, 4), (0, 0, 0, 5), (-1, 2, 1, -2), 0]


def sides(padding):
    """Left, top, right and bottom."""
    padding = padding if isinstance(padding, (list, tuple)) else [padding]
    return {1: padding * 4, 2: [*padding, *padding], 4: padding}[len(padding)]


def padded(array, padding, **options):
    """What NumPy makes of (H, W, ...)."""
    left, top, right, bottom = sides(padding)
    array = array[max(-top, 0) : len(array) - max(-bottom, 0), max(-left, 0) : array.shape[1] - max(-right, 0)]
    widths = [(max(top, 0), max(bottom, 0)), (max(left, 0), max(right, 0))] + [(0, 0)] * (array.ndim - 2)
    return np.pad(array, widths, **options)


@pytest.mark.parametrize("padding", WIDTHS)
@pytest.mark.parametrize("mode", ["constant", "edge", "reflect", "symmetric"])
@pytest.mark.parametrize("array", [RGB, GRAY], ids=["RGB", "L"])
def test_borders(padding, mode, array):
    expected = padded(array, padding, mode=mode)
    transform = transforms.Pad(padding, padding_mode=mode)
    assert np.array_equal(np.asarray(transform(Image.fromarray(array))), expected)
    for dtype in (np.uint8, np.float32):
        out = transform(mgx.from_numpy(first(array).astype(dtype)))
        assert np.array_equal(out.numpy(), first(expected))
        batch = transform(mgx.from_numpy(first(array).astype(dtype)).expand(2, 1, *first(array).shape))
        assert np.array_equal(batch[1, 0].numpy(), first(expected))
        alone = transform(mgx.from_numpy(first(array)[0].astype(dtype)))
        assert np.array_equal(alone.numpy(), first(expected)[0])


def test_borders_of_a_color():
    assert np.array_equal(np.asarray(F.pad(MODES["L"], 2, 7)), padded(GRAY, 2, constant_values=7))
    out = np.asarray(F.pad(MODES["RGB"], (1, 2), (1, 2, 3)))
    for channel in range(3):
        assert np.array_equal(out[..., channel], padded(RGB[..., channel], (1, 2), constant_values=channel + 1))
    assert np.array_equal(F.pad(mgx.tensor([[1.0]]), 1, 0.5).numpy(), padded(np.ones((1, 1)), 1, constant_values=0.5))
    assert F.pad(MODES["F"], 1, 0.5).getpixel((0, 0)) == 0.5
    palette = F.pad(MODES["P"], 1, padding_mode="edge")
    assert palette.getpalette() == MODES["P"].getpalette()
    assert np.array_equal(np.asarray(palette), padded(np.asarray(MODES["P"]), 1, mode="edge"))
    assert F.pad(MODES["P"], 1).getpalette() == MODES["P"].getpalette()


@pytest.mark.parametrize(
    ("arguments", "error", "text"),
    [
        (("1",), TypeError, "Got inappropriate padding arg"),
        ((1, "1"), TypeError, "Got inappropriate fill arg"),
        ((1, 0, 1), TypeError, "Got inappropriate padding_mode arg"),
        ((1, 0, "circular"), ValueError, "Padding mode should be either constant, edge, reflect or symmetric"),
        (((1, 2, 3),), ValueError, "Padding must be an int or a 1, 2, or 4 element tuple, not a 3 element tuple"),
    ],
)
@pytest.mark.parametrize("img", [MODES["RGB"], mgx.zeros(3, 4, 4)], ids=["image", "tensor"])
def test_pad_refuses(arguments, error, text, img):
    with pytest.raises(error, match=text):
        F.pad(img, *arguments)


def test_fill_colors_must_fit():
    with pytest.raises(TypeError, match="a tensor is filled with one number"):
        F.pad(mgx.zeros(3, 4, 4), 1, (1, 2, 3))
    with pytest.raises(ValueError, match=r"does not match the number of channels of the image \(2 != 3\)"):
        F.pad(MODES["RGB"], 1, (1, 2))


@given(arrays(), st.integers(-9, 9), st.integers(-9, 9), st.integers(1, 9), st.integers(1, 9))
def test_crops_are_slices_of_a_plane_of_zeros(array, top, left, height, width):
    plane = np.pad(array, [(0, 0), (20, 20), (20, 20)])
    expected = plane[:, 20 + top : 20 + top + height, 20 + left : 20 + left + width]
    assert np.array_equal(F.crop(mgx.from_numpy(array), top, left, height, width).numpy(), expected)
    img = F.crop(F.to_pil_image(mgx.from_numpy(array)), top, left, height, width)
    assert np.array_equal(F.pil_to_tensor(img).numpy(), expected)


@given(arrays(), st.integers(1, 9), st.integers(1, 9))
def test_the_middle_is_in_the_middle(array, height, width):
    x = mgx.from_numpy(array)
    out = F.center_crop(x, (height, width)).numpy()
    _, h, w = array.shape
    assert out.shape == (len(array), height, width)
    # As much is cut off, or added, on one side as on the other, but for one.
    rows, columns = np.nonzero(F.center_crop(mgx.ones(1, h, w), (height, width))[0].numpy())
    assert len(rows) == min(h, height) * min(w, width)
    assert abs(rows.min() - (height - 1 - rows.max())) <= 1
    assert abs(columns.min() - (width - 1 - columns.max())) <= 1
    inside = out[:, rows.min() : rows.max() + 1, columns.min() : columns.max() + 1]
    above, before = (max(0, round((n - m) / 2)) for n, m in ((h, height), (w, width)))
    assert np.array_equal(inside, array[:, above : above + height, before : before + width])
    img = F.center_crop(F.to_pil_image(x), (height, width))
    assert np.array_equal(F.pil_to_tensor(img).numpy(), out)


def test_five_and_ten_crops():
    x = mgx.from_numpy(first(RGB).copy())
    for size, transform in (((5, 8), F.five_crop), ((6, 6), F.ten_crop)):
        height, width = size
        crops = transform(x, size)
        expected = [x[:, :height, :width], x[:, :height, -width:], x[:, -height:, :width], x[:, -height:, -width:]]
        assert all(np.array_equal(a.numpy(), b.numpy()) for a, b in zip(crops, expected))
        assert np.array_equal(crops[4].numpy(), F.center_crop(x, size).numpy())
    assert len(crops) == 10
    for flip, vertical in ((F.hflip, False), (F.vflip, True)):
        ten = transforms.TenCrop(4, vertical)(x)
        again = transforms.FiveCrop(4)(flip(x))
        assert all(np.array_equal(a.numpy(), b.numpy()) for a, b in zip(ten[5:], again))
        images = transforms.TenCrop(4, vertical)(MODES["RGB"])
        assert all(np.array_equal(F.pil_to_tensor(a).numpy(), b.numpy()) for a, b in zip(images, ten))
    with pytest.raises(ValueError, match=r"Requested crop size \(18, 18\) is bigger than input size \(17, 23\)"):
        F.five_crop(x, 18)
    with pytest.raises(ValueError, match="Please provide only two dimensions"):
        F.ten_crop(x, (1, 2, 3))


@given(arrays())
def test_flips(array):
    x = mgx.from_numpy(array)
    for flip, axis in ((F.hflip, 2), (F.vflip, 1)):
        assert np.array_equal(flip(x).numpy(), np.flip(array, axis))
        assert np.array_equal(F.pil_to_tensor(flip(F.to_pil_image(x))).numpy(), np.flip(array, axis))


# ---------------------------------------------------------------- colors

ENHANCERS = {
    F.adjust_brightness: ImageEnhance.Brightness,
    F.adjust_contrast: ImageEnhance.Contrast,
    F.adjust_saturation: ImageEnhance.Color,
}


@pytest.mark.parametrize("factor", [0, 0.5, 1, 1.7])
@pytest.mark.parametrize("adjust", ENHANCERS)
@pytest.mark.parametrize("img", COLORED.values(), ids=COLORED)
def test_pillow_enhances_and_tensors_agree(factor, adjust, img):
    expected = ENHANCERS[adjust](img).enhance(factor)
    assert adjust(img, factor) == expected
    out = adjust(F.pil_to_tensor(img), factor)
    assert out.dtype is mgx.uint8
    difference = out.numpy().astype(int) - F.pil_to_tensor(expected).numpy()
    assert np.abs(difference).max() <= 2  # Pillow rounds the gray to bytes first
    as_floats = adjust(F.to_tensor(img), factor)
    assert np.abs(as_floats.numpy() - out.numpy() / 255).max() <= 2 / 255
    assert as_floats.dtype is mgx.float32


def test_factors_of_zero_and_one():
    x = F.to_tensor(MODES["RGB"])
    assert F.adjust_brightness(x, 0).abs().max().item() == 0
    gray = F.rgb_to_grayscale(x)
    assert np.allclose(F.adjust_saturation(x, 0).numpy(), gray.numpy(), rtol=0, atol=1e-6)
    assert np.allclose(F.adjust_contrast(x, 0).numpy(), gray.numpy().mean(), rtol=0, atol=1e-6)
    for adjust in ENHANCERS:
        assert np.array_equal(adjust(x, 1).numpy(), x.numpy())
        with pytest.raises(ValueError, match="is not non-negative"):
            adjust(x, -0.5)


@pytest.mark.parametrize("factor", [-0.5, -0.2, 0.0, 0.1, 0.37, 0.5])
def test_hues_turn_as_in_colorsys(factor):
    x = F.to_tensor(MODES["RGB"])
    out = F.adjust_hue(x, factor).numpy()
    for pixel, turned in zip(x.flatten(1).numpy().T, out.reshape(3, -1).T):
        h, s, v = colorsys.rgb_to_hsv(*map(float, pixel))
        assert np.allclose(turned, colorsys.hsv_to_rgb((h + factor) % 1, s, v), rtol=0, atol=1e-5)
    whole = F.adjust_hue(F.pil_to_tensor(MODES["RGB"]), factor)
    assert np.abs(whole.numpy() / 255 - out).max() <= 1 / 255


def test_hues_of_pillow_turn_by_bytes():
    img = MODES["RGB"]
    hue, saturation, value = (np.asarray(band) for band in img.convert("HSV").split())
    turned = np.dstack([hue + np.uint8(int(0.2 * 255)), saturation, value])
    expected = Image.frombytes("HSV", img.size, turned.tobytes()).convert("RGB")
    assert F.adjust_hue(img, 0.2) == expected
    assert F.adjust_hue(MODES["L"], 0.2) is MODES["L"]
    gray = mgx.rand(1, 3, 3)
    assert F.adjust_hue(gray, 0.2) is gray
    with pytest.raises(ValueError, match=r"hue_factor \(0.6\) is not in \[-0.5, 0.5\]"):
        F.adjust_hue(img, 0.6)


def test_gray_images_have_no_hue_and_no_saturation():
    x = mgx.tensor(np.repeat(np.linspace(0, 1, 5, dtype=np.float32)[None, None], 3, axis=0))
    assert np.allclose(F.adjust_hue(x, 0.3).numpy(), x.numpy(), rtol=0, atol=1e-6)
    assert np.allclose(F.adjust_saturation(x, 2).numpy(), x.numpy(), rtol=0, atol=2e-4)  # the weights sum to 0.9999


def test_gamma():
    x = F.to_tensor(MODES["RGB"])
    assert np.allclose(F.adjust_gamma(x, 2.2, 0.9).numpy(), np.minimum(0.9 * x.numpy() ** 2.2, 1), rtol=0, atol=1e-6)
    as_image = F.pil_to_tensor(F.adjust_gamma(MODES["RGB"], 2.2, 0.9)).numpy().astype(int)
    as_tensor = F.adjust_gamma(F.pil_to_tensor(MODES["RGB"]), 2.2, 0.9).numpy()
    assert np.abs(as_image - as_tensor).max() <= 1
    for img in (x, MODES["RGB"]):
        with pytest.raises(ValueError, match="Gamma should be a non-negative real number"):
            F.adjust_gamma(img, -1)


def test_grayscale():
    img = MODES["RGB"]
    assert F.to_grayscale(img) == ImageOps.grayscale(img) == transforms.Grayscale()(img)
    three = transforms.Grayscale(3)(img)
    assert three.mode == "RGB"
    assert all(band == ImageOps.grayscale(img) for band in three.split())
    x = F.to_tensor(img)
    expected = np.tensordot([0.2989, 0.587, 0.114], x.numpy().astype(float), 1)
    assert np.allclose(F.rgb_to_grayscale(x)[0].numpy(), expected, rtol=0, atol=1e-6)
    whole = F.rgb_to_grayscale(F.pil_to_tensor(img))
    assert np.abs(whole[0].numpy().astype(int) - np.asarray(ImageOps.grayscale(img))).max() <= 1
    for channels in (1, 3):
        assert F.rgb_to_grayscale(x[None], channels).shape == (1, channels, 17, 23)
        assert F.rgb_to_grayscale(x[:1], channels).shape == (channels, 17, 23)
    with pytest.raises(ValueError, match="num_output_channels should be either 1 or 3, got 2"):
        F.rgb_to_grayscale(x, 2)
    with pytest.raises(TypeError, match="should have at least 3 dimensions, but found 2"):
        F.rgb_to_grayscale(x[0])


@pytest.mark.parametrize(("size", "sigma"), [(3, None), (5, 1.0), ((3, 7), (0.5, 2.0)), ([1, 3], [0.3])])
def test_blur_is_a_convolution_with_a_bell(size, sigma):
    x = F.to_tensor(MODES["RGB"])
    sizes = [size, size] if isinstance(size, int) else size
    sigmas = [0.15 * n + 0.35 for n in sizes] if sigma is None else np.resize(sigma, 2)
    bells = [np.exp(-((np.arange(n) - n // 2) ** 2) / (2 * s * s)) for n, s in zip(sizes, sigmas)]
    across, down = (bell / bell.sum() for bell in bells)
    border = (sizes[0] // 2, sizes[0] // 2, sizes[1] // 2, sizes[1] // 2)
    wide = torch.nn.functional.pad(torch.from_numpy(x.numpy())[:, None].double(), border, mode="reflect")
    expected = torch.nn.functional.conv2d(wide, torch.from_numpy(np.outer(down, across))[None, None])[:, 0].numpy()
    assert np.allclose(F.gaussian_blur(x, size, sigma).numpy(), expected, rtol=0, atol=1e-6)
    img = F.gaussian_blur(MODES["RGB"], size, sigma)
    assert img.mode == "RGB"
    assert np.abs(F.pil_to_tensor(img).numpy() - 255 * expected).max() <= 0.5 + 1e-3


@pytest.mark.parametrize(
    ("arguments", "error", "text"),
    [
        (("3",), TypeError, "kernel_size should be int or a sequence of integers"),
        (((3, 3, 3),), ValueError, "its length should be 2. Got 3"),
        ((4,), ValueError, "kernel_size should have odd and positive integers"),
        ((3, "1"), TypeError, "sigma should be either float or sequence of floats"),
        ((3, (1, 1, 1)), ValueError, "its length should be 2. Got 3"),
        ((3, 0.0), ValueError, "sigma should have positive values"),
    ],
)
def test_blur_refuses(arguments, error, text):
    with pytest.raises(error, match=text):
        F.gaussian_blur(mgx.zeros(1, 8, 8), *arguments)


def test_erase():
    x = mgx.ones(2, 4, 5)
    expected = np.ones((2, 4, 5))
    expected[:, 1:3, 2:5] = 7
    assert np.array_equal(F.erase(x, 1, 2, 2, 3, mgx.tensor(7.0)).numpy(), expected)
    assert x.min().item() == 1
    assert F.erase(x, 1, 2, 2, 3, mgx.tensor(7.0), inplace=True) is x
    assert np.array_equal(x.numpy(), expected)


DIFFERENTIABLE = {
    "resize": lambda x: F.resize(x, (3, 7)),
    "pad": lambda x: F.pad(x, (1, 2), padding_mode="symmetric"),
    "crop": lambda x: F.crop(x, -1, 2, 4, 6),
    "hflip": F.hflip,
    "normalize": lambda x: F.normalize(x, [0.5], [0.2]),
    "brightness": lambda x: F.adjust_brightness(x, 0.7),
    "contrast": lambda x: F.adjust_contrast(x, 0.7),
    "saturation": lambda x: F.adjust_saturation(x, 0.7),
    "gamma": lambda x: F.adjust_gamma(x, 1.5),
    "blur": lambda x: F.gaussian_blur(x, 3),
    "erase": lambda x: F.erase(x, 0, 1, 2, 2, mgx.tensor(0.0, dtype=mgx.float64)),
}


@pytest.mark.parametrize("function", DIFFERENTIABLE.values(), ids=DIFFERENTIABLE)
def test_gradients_pass_through(function):
    x = mgx.tensor(0.2 + 0.5 * RNG.random((3, 4, 5)), requires_grad=True)
    assert mgx.autograd.gradcheck(function, (x,))


def test_a_gradient_passes_through_the_hue():
    x = mgx.tensor([0.6, 0.3, 0.2]).reshape(3, 1, 1).requires_grad_()
    F.adjust_hue(x, 0.1).sum().backward()
    steps = []
    for i in range(3):
        low, high = ([0.6, 0.3, 0.2] for _ in range(2))
        low[i] -= 1e-3
        high[i] += 1e-3
        sums = [sum(turned(color, 0.1)) for color in (low, high)]
        steps.append((sums[1] - sums[0]) / 2e-3)
    assert np.allclose(x.grad.flatten().numpy(), steps, rtol=0, atol=1e-3)


def turned(color, turn):
    h, s, v = colorsys.rgb_to_hsv(*color)
    return colorsys.hsv_to_rgb((h + turn) % 1, s, v)


# ---------------------------------------------------------------- transforms of images as vectors


def test_linear_transformation():
    matrix, mean = RNG.standard_normal((12, 12)), RNG.standard_normal(12)
    x = RNG.standard_normal((5, 3, 2, 2))
    transform = transforms.LinearTransformation(mgx.tensor(matrix), mgx.tensor(mean))
    expected = ((x.reshape(5, 12) - mean) @ matrix).reshape(x.shape)
    assert np.allclose(transform(mgx.tensor(x)).numpy(), expected)
    with pytest.raises(ValueError, match="Input tensor and transformation matrix have incompatible shape"):
        transform(mgx.zeros(3, 2, 3))
    for arguments, text in (
        ((mgx.zeros(2, 3), mgx.zeros(2)), r"should be square. Got \(2, 3\) rectangular matrix"),
        ((mgx.zeros(2, 2), mgx.zeros(3)), "mean_vector should have the same length 3"),
        ((mgx.zeros(2, 2), mgx.zeros(2, dtype=mgx.float64)), "Input tensors should have the same dtype"),
    ):
        with pytest.raises(ValueError, match=text):
            transforms.LinearTransformation(*arguments)


def test_lambda_and_compose():
    double = transforms.Lambda(lambda x: 2 * x)
    assert transforms.Compose([double, double, abs])(-3) == 12
    with pytest.raises(TypeError, match="Argument lambd should be callable, got 'int'"):
        transforms.Lambda(3)


REPRS = {
    "ToTensor()": "ToTensor()",
    "PILToTensor()": "PILToTensor()",
    "ToPILImage()": "ToPILImage()",
    "ToPILImage('L')": "ToPILImage(mode=L)",
    "ConvertImageDtype(mgx.uint8)": "ConvertImageDtype()",
    "Normalize([0.5], (0.25,))": "Normalize(mean=[0.5], std=(0.25,))",
    "Resize(8)": "Resize(size=8, interpolation=bilinear, max_size=None, antialias=True)",
    "Resize([8], 3, 9, None)": "Resize(size=[8], interpolation=bicubic, max_size=9, antialias=None)",
    "CenterCrop(8)": "CenterCrop(size=(8, 8))",
    "CenterCrop([8, 9])": "CenterCrop(size=[8, 9])",
    "FiveCrop([8])": "FiveCrop(size=(8, 8))",
    "TenCrop(3, True)": "TenCrop(size=(3, 3), vertical_flip=True)",
    "Pad((1, 2), 3, 'edge')": "Pad(padding=(1, 2), fill=3, padding_mode=edge)",
    "Grayscale(3)": "Grayscale(num_output_channels=3)",
    "Lambda(abs)": "Lambda()",
    "LinearTransformation(mgx.eye(1), mgx.ones(1))": "LinearTransformation(transformation_matrix=[[1.0]], mean_vector=[1.0])",
    "Compose([])": "Compose(\n)",
    "Compose([ToTensor(), Compose([FiveCrop(2)])])": "Compose(\n    ToTensor()\n    Compose(\n    FiveCrop(size=(2, 2))\n)\n)",
}


@pytest.mark.parametrize("code", REPRS)
def test_text(code):
    assert repr(eval(code, {"mgx": mgx, **vars(transforms)})) == REPRS[code]


@pytest.mark.parametrize(
    ("make", "error", "text"),
    [
        (lambda: transforms.Resize(8.0), TypeError, "Size should be int or sequence. Got <class 'float'>"),
        (lambda: transforms.Resize((1, 2, 3)), ValueError, "If size is a sequence, it should have 1 or 2 values"),
        (lambda: transforms.CenterCrop((1, 2, 3)), ValueError, r"Please provide only two dimensions \(h, w\) for size"),
        (lambda: transforms.Pad((1, 2, 3)), ValueError, "Padding must be an int or a 1, 2, or 4 element tuple"),
    ],
)
def test_arguments_are_checked(make, error, text):
    with pytest.raises(error, match=text):
        make()


# ---------------------------------------------------------------- Pillow is optional

WITHOUT = """
import sys
sys.modules["PIL"] = None  # as if it were not installed
import numpy as np
import microgradx as mgx
from microgradx.vision import datasets, models, transforms, utils
x = transforms.Compose([transforms.ToTensor(), transforms.Resize(4), transforms.ColorJitter(0.1, 0.1, 0.1, 0.1)])(
    np.zeros((8, 8, 3), dtype=np.uint8)
)
assert x.shape == (3, 4, 4)
assert utils.make_grid([x, x]).shape == (3, 8, 14)
for call in (lambda: transforms.ToPILImage()(x), lambda: utils.save_image(x, "x.png"), lambda: datasets.FakeData()[0]):
    try:
        call()
    except ModuleNotFoundError as error:
        assert "pip install microgradx[vision]" in str(error), error
    else:
        raise AssertionError(call)
try:
    transforms.functional.hflip("image")
except TypeError as error:
    assert "Got <class 'str'>" in str(error)
"""


def test_arrays_and_tensors_do_without_pillow():
    subprocess.run([sys.executable, "-c", WITHOUT], check=True)


def test_pillow_is_loaded_when_it_is_used():
    code = "import sys; from microgradx.vision import transforms; assert 'PIL' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)
