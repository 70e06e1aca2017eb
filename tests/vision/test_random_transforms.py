"""Transforms that draw: what they draw is what PyTorch draws for the same seed, in the order of torchvision."""

import math
import random

import numpy as np
import pytest
import torch
from PIL import Image

import microgradx as mgx
from microgradx.nn import Module
from microgradx.vision import transforms
from microgradx.vision.transforms import functional as F

RNG = np.random.default_rng(0)
RGB = RNG.integers(0, 256, (24, 31, 3), dtype=np.uint8)
IMAGE, TENSOR = Image.fromarray(RGB), mgx.from_numpy(RGB.transpose(2, 0, 1).copy())
SEEDS = range(20)


def seed(n):
    """The same state for both generators, and for Python's."""
    torch.manual_seed(n)
    mgx.manual_seed(n)
    random.seed(n)


def uniform(low, high):
    return torch.empty(1).uniform_(low, high).item()


def whole(n):
    return torch.randint(0, n, (1,)).item()


def same(a, b):
    """Whether two images are equal, and both generators have drawn as much."""
    if isinstance(a, Image.Image):
        a, b = F.pil_to_tensor(a), F.pil_to_tensor(b)
    assert np.array_equal(a.numpy(), b.numpy())
    assert torch.rand(1).item() == mgx.rand(1).item()


@pytest.mark.parametrize("img", [IMAGE, TENSOR], ids=["image", "tensor"])
@pytest.mark.parametrize("n", SEEDS)
def test_crops(img, n):
    seed(n)
    out = transforms.RandomCrop((10, 12))(img)
    top = whole(24 - 10 + 1)
    same(out, F.crop(img, top, whole(31 - 12 + 1), 10, 12))

    seed(n)
    out = transforms.RandomCrop(32, padding=(2, 1), pad_if_needed=True, padding_mode="reflect")(img)
    wide = F.pad(F.pad(img, (2, 1), padding_mode="reflect"), (0, 32 - 26), padding_mode="reflect")
    top = whole(38 - 32 + 1)
    same(out, F.crop(wide, top, whole(35 - 32 + 1), 32, 32))


def test_a_crop_of_the_whole_image_draws_nothing():
    seed(0)
    same(transforms.RandomCrop((24, 31))(TENSOR), TENSOR)
    with pytest.raises(ValueError, match=r"Required crop size \(25, 31\) is larger than input image size \(24, 31\)"):
        transforms.RandomCrop((25, 31))(TENSOR)


def place(height, width, scale, ratio, tall, fits):
    """A rectangle as torchvision draws it: with ``tall``, the ratio is that of the height."""
    low, high = torch.log(torch.tensor(ratio))
    for _ in range(10):
        area = height * width * uniform(*scale)
        aspect = torch.exp(torch.empty(1).uniform_(low, high)).item()
        w, h = round(math.sqrt(area * aspect)), round(math.sqrt(area / aspect))
        w, h = (h, w) if tall else (w, h)
        if fits(h, w):
            return h, w
    return None


@pytest.mark.parametrize("img", [IMAGE, TENSOR], ids=["image", "tensor"])
@pytest.mark.parametrize("n", SEEDS)
def test_resized_crops(img, n):
    seed(n)
    out = transforms.RandomResizedCrop((8, 9), scale=(0.3, 1.5))(img)
    h, w = place(24, 31, (0.3, 1.5), (3 / 4, 4 / 3), False, lambda h, w: 0 < h <= 24 and 0 < w <= 31)
    top = whole(24 - h + 1)
    same(out, F.resized_crop(img, top, whole(31 - w + 1), h, w, (8, 9)))


@pytest.mark.parametrize(("ratio", "expected"), [((5.0, 6.0), (9, 0, 6, 31)), ((0.1, 0.2), (0, 13, 24, 5))])
def test_a_crop_that_never_fits_is_the_middle(ratio, expected):
    assert transforms.RandomResizedCrop.get_params(TENSOR, (2.0, 3.0), ratio) == expected
    assert transforms.RandomResizedCrop.get_params(TENSOR, (2.0, 3.0), (1.0, 1.5)) == (0, 0, 24, 31)


@pytest.mark.parametrize("img", [IMAGE, TENSOR], ids=["image", "tensor"])
def test_chances(img):
    for transform, change in (
        (transforms.RandomHorizontalFlip(0.4), F.hflip),
        (transforms.RandomVerticalFlip(0.4), F.vflip),
        (transforms.RandomGrayscale(0.4), lambda x: F.rgb_to_grayscale(x, 3)),
    ):
        changed = 0
        for n in SEEDS:
            seed(n)
            out = transform(img)
            is_changed = bool(torch.rand(1) < 0.4)
            same(out, change(img) if is_changed else img)
            changed += is_changed
        assert 0 < changed < len(SEEDS)


@pytest.mark.parametrize("img", [IMAGE, TENSOR], ids=["image", "tensor"])
@pytest.mark.parametrize("n", SEEDS)
def test_colors(img, n):
    seed(n)
    out = transforms.ColorJitter(0.4, (0.5, 2.0), 0, 0.1)(img)
    order = torch.randperm(4).tolist()
    brightness, contrast, hue = uniform(0.6, 1.4), uniform(0.5, 2.0), uniform(-0.1, 0.1)
    expected = img
    for i in order:
        if i == 0:
            expected = F.adjust_brightness(expected, brightness)
        elif i == 1:
            expected = F.adjust_contrast(expected, contrast)
        elif i == 3:
            expected = F.adjust_hue(expected, hue)
    same(out, expected)

    seed(n)
    out = transforms.GaussianBlur((3, 5))(img)
    same(out, F.gaussian_blur(img, (3, 5), uniform(0.1, 2.0)))


def test_saturation_is_jittered_alone():
    seed(0)
    out = transforms.ColorJitter(saturation=(0.0, 3.0))(TENSOR)
    torch.randperm(4)
    same(out, F.adjust_saturation(TENSOR, uniform(0.0, 3.0)))


@pytest.mark.parametrize("value", [0, (1.0, 2.0, 3.0), "random"])
@pytest.mark.parametrize("n", SEEDS)
def test_erasing(value, n):
    img = mgx.from_numpy((RGB / 255).astype(np.float32).transpose(2, 0, 1).copy())
    seed(n)
    out = transforms.RandomErasing(0.7, value=value)(img)
    expected = img.clone()
    if torch.rand(1) < 0.7:
        found = place(24, 31, (0.02, 0.33), (0.3, 3.3), True, lambda h, w: h < 24 and w < 31)
        h, w = found
        if value == "random":
            values = mgx.from_numpy(torch.empty(3, h, w).normal_().numpy())
        else:
            values = mgx.tensor(value if isinstance(value, tuple) else [0.0])[:, None, None]
        top = whole(24 - h + 1)
        left = whole(31 - w + 1)
        expected[:, top : top + h, left : left + w] = values
    same(out, expected)


def test_what_cannot_be_erased():
    strip = mgx.ones(3, 1, 5)
    assert transforms.RandomErasing(1.0)(strip).min().item() == 1  # a rectangle is lower than the image: never here
    with pytest.raises(TypeError, match="img should be Tensor Image"):
        transforms.RandomErasing(1.0)(IMAGE)
    with pytest.raises(ValueError, match="it should have either a single value or 3 "):
        transforms.RandomErasing(1.0, value=(1, 2))(TENSOR)
    x = TENSOR.clone()
    assert transforms.RandomErasing(1.0, inplace=True)(x) is x
    assert not np.array_equal(x.numpy(), TENSOR.numpy())


def test_random_apply():
    applied = 0
    transform = transforms.RandomApply([transforms.RandomHorizontalFlip(1.0), transforms.CenterCrop(5)], p=0.3)
    for n in SEEDS:
        seed(n)
        out = transform(TENSOR)
        if bool(torch.tensor(0.3) < torch.rand(1)):
            same(out, TENSOR)
        else:
            torch.rand(1)
            same(out, F.center_crop(F.hflip(TENSOR), 5))
            applied += 1
    assert 0 < applied < len(SEEDS)
    listed = mgx.nn.ModuleList([transforms.CenterCrop(5)])
    assert transforms.RandomApply(listed, p=1.0)(TENSOR).shape == (3, 5, 5)


def test_order_and_choice_are_drawn_by_python():
    names = list("abc")
    steps = [transforms.Lambda(lambda text, name=name: text + name) for name in names]
    for n in SEEDS:
        seed(n)
        out = transforms.RandomOrder(steps)("")
        chosen = transforms.RandomChoice(steps, p=[0.1, 0.2, 0.7])("")
        seed(n)
        order = [0, 1, 2]
        random.shuffle(order)
        assert out == "".join(names[i] for i in order)
        assert chosen == random.choices(names, weights=[0.1, 0.2, 0.7])[0]


def test_a_pipeline_gives_the_same_batch_for_the_same_seed():
    pipeline = transforms.Compose(
        [
            transforms.RandomResizedCrop(8),
            transforms.RandomHorizontalFlip(),
            transforms.ToTensor(),
            transforms.Normalize([0.5] * 3, [0.5] * 3),
        ]
    )
    batches = []
    for n in (1, 1, 2):
        seed(n)
        batches.append(mgx.stack([pipeline(IMAGE) for _ in range(4)]).numpy())
    assert batches[0].shape == (4, 3, 8, 8)
    assert np.array_equal(batches[0], batches[1])
    assert not np.array_equal(batches[0], batches[2])


REPRS = {
    "RandomCrop(8)": "RandomCrop(size=(8, 8), padding=None)",
    "RandomCrop([8, 9], 4)": "RandomCrop(size=(8, 9), padding=4)",
    "RandomResizedCrop(8)": (
        "RandomResizedCrop(size=(8, 8), scale=(0.08, 1.0), ratio=(0.75, 1.3333), interpolation=bilinear, antialias=True)"
    ),
    "RandomHorizontalFlip()": "RandomHorizontalFlip(p=0.5)",
    "RandomVerticalFlip(0.2)": "RandomVerticalFlip(p=0.2)",
    "ColorJitter()": "ColorJitter(brightness=None, contrast=None, saturation=None, hue=None)",
    "ColorJitter(0.5, 2, hue=[-0.25, 0.5])": (
        "ColorJitter(brightness=(0.5, 1.5), contrast=(0.0, 3.0), saturation=None, hue=(-0.25, 0.5))"
    ),
    "RandomGrayscale()": "RandomGrayscale(p=0.1)",
    "RandomErasing()": "RandomErasing(p=0.5, scale=(0.02, 0.33), ratio=(0.3, 3.3), value=0, inplace=False)",
    "GaussianBlur(3)": "GaussianBlur(kernel_size=(3, 3), sigma=(0.1, 2.0))",
    "GaussianBlur([3, 5], 1.0)": "GaussianBlur(kernel_size=[3, 5], sigma=(1.0, 1.0))",
    "RandomApply([ToTensor()], 0.3)": "RandomApply(\n    p=0.3\n    ToTensor()\n)",
    "RandomOrder([ToTensor()])": "RandomOrder(\n    ToTensor()\n)",
    "RandomChoice([ToTensor()], [1])": "RandomChoice(\n    ToTensor()\n)(p=[1])",
}


@pytest.mark.parametrize("code", REPRS)
def test_text(code):
    assert repr(eval(code, vars(transforms))) == REPRS[code]


@pytest.mark.parametrize(
    ("code", "error", "text"),
    [
        ("RandomResizedCrop(3, scale=1)", TypeError, "Scale should be a sequence"),
        ("RandomResizedCrop(3, ratio=1)", TypeError, "Ratio should be a sequence"),
        ("ColorJitter(-1)", ValueError, "If brightness is a single number, it must be non negative"),
        ("ColorJitter(hue=0.6)", ValueError, r"hue values should be between \(-0.5, 0.5\), but got \[-0.6, 0.6\]"),
        ("ColorJitter(contrast=(2, 1))", ValueError, r"contrast values should be between \(0.*, inf\)"),
        ("ColorJitter((1, 2, 3))", TypeError, "brightness should be a single number or a list/tuple with length 2"),
        ("RandomErasing(value=abs)", TypeError, "Argument value should be either a number or str or a sequence"),
        ("RandomErasing(value='x')", ValueError, "If value is str, it should be 'random'"),
        ("RandomErasing(scale=(-1, 1))", ValueError, "Scale should be between 0 and 1"),
        ("RandomErasing(2)", ValueError, "Random erasing probability should be between 0 and 1"),
        ("GaussianBlur(4)", ValueError, "Kernel size value should be an odd and positive number"),
        ("GaussianBlur((1, 2, 3))", ValueError, "Kernel size should be a tuple/list of two integers"),
        ("GaussianBlur(3, -1)", ValueError, "If sigma is a single number, it must be positive"),
        ("GaussianBlur(3, (2, 1))", ValueError, r"sigma values should be positive and of the form \(min, max\)"),
        ("GaussianBlur(3, (1, 2, 3))", ValueError, "sigma should be a single number or a list/tuple with length 2"),
        ("RandomOrder(3)", TypeError, "Argument transforms should be a sequence"),
        ("RandomChoice([abs], p=3)", TypeError, "Argument p should be a sequence"),
    ],
)
def test_arguments_are_checked(code, error, text):
    with pytest.raises(error, match=text):
        eval(code, dict(vars(transforms)))


@pytest.mark.parametrize("make", [transforms.RandomErasing, lambda **o: transforms.RandomResizedCrop(3, **o)])
@pytest.mark.parametrize("limits", [{"scale": (0.9, 0.1)}, {"ratio": (2.0, 1.0)}])
def test_limits_the_wrong_way_round_warn(make, limits):
    with pytest.warns(UserWarning, match=r"Scale and ratio should be of kind \(min, max\)"):
        make(**limits)


def test_most_transforms_are_modules():
    steps = mgx.nn.Sequential(transforms.RandomCrop(8), transforms.RandomHorizontalFlip(), transforms.CenterCrop(4))
    assert steps(TENSOR).shape == (3, 4, 4)
    assert isinstance(transforms.ColorJitter(), Module)
    assert not isinstance(transforms.ToTensor(), Module)
