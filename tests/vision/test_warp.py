"""Images turned, moved, scaled and sheared: against Pillow, NumPy's matrices, and PyTorch's sampling."""

import numpy as np
import pytest
import torch
from PIL import Image

import microgradx as mgx
from microgradx.vision import transforms
from microgradx.vision.transforms import InterpolationMode
from microgradx.vision.transforms import functional as F

RNG = np.random.default_rng(0)
RGB = RNG.integers(0, 256, (18, 25, 3), dtype=np.uint8)
SQUARE = RNG.integers(0, 256, (3, 9, 9), dtype=np.uint8)
IMAGE, TENSOR = Image.fromarray(RGB), mgx.from_numpy((RGB / 255).astype(np.float32).transpose(2, 0, 1).copy())


def as_array(img):
    """Channels first."""
    return F.pil_to_tensor(img).numpy() if isinstance(img, Image.Image) else img.numpy()


@pytest.mark.parametrize("kind", ["image", "tensor"])
@pytest.mark.parametrize("quarters", [-1, 0, 1, 2, 3])
@pytest.mark.parametrize("mode", [InterpolationMode.NEAREST, InterpolationMode.BILINEAR])
def test_quarters_of_a_turn(kind, quarters, mode):
    def turned(array, **options):
        x = mgx.from_numpy(array.copy())
        return as_array(F.rotate(F.to_pil_image(x) if kind == "image" else x, 90 * quarters, mode, **options))

    assert np.array_equal(turned(SQUARE), np.rot90(SQUARE, quarters, (1, 2)))
    wide = RGB.transpose(2, 0, 1)[:, :, :24]  # the middle is between pixels both ways, so they stay whole
    assert np.array_equal(turned(wide, expand=True), np.rot90(wide, quarters, (1, 2)))


@pytest.mark.parametrize("mode", ["NEAREST", "BILINEAR", "BICUBIC"])
@pytest.mark.parametrize("options", [{}, {"expand": True}, {"center": (3, 4)}])
def test_pillow_turns(mode, options):
    for fill, color in ((None, 0), (7, (7, 7, 7)), ((1, 2, 3), (1, 2, 3))):
        kind = Image.Resampling[mode]
        expected = IMAGE.rotate(33.3, kind, fillcolor=color, **options)
        assert F.rotate(IMAGE, 33.3, InterpolationMode[mode], fill=fill, **options) == expected
        assert F.rotate(IMAGE, 33.3, kind, fill=fill, **options) == expected


def matrix_of(angle, translate, scale, shear, center):
    """From a pixel to where it goes: the product of all steps."""

    def moved(x, y):
        return np.array([[1, 0, x], [0, 1, y], [0, 0, 1.0]])

    turn, along_x, along_y = np.radians([angle, *shear])
    rotation = np.array([[np.cos(turn), -np.sin(turn), 0], [np.sin(turn), np.cos(turn), 0], [0, 0, 1]])
    shear_y = np.array([[1, 0, 0], [-np.tan(along_y), 1, 0], [0, 0, 1]])
    shear_x = np.array([[1, -np.tan(along_x), 0], [0, 1, 0], [0, 0, 1]])
    steps = moved(*translate), moved(*center), rotation, np.diag([scale, scale, 1]), shear_y, shear_x
    return np.linalg.multi_dot([*steps, moved(-center[0], -center[1])])


CASES = [
    (0.0, (0, 0), 1.0, (0.0, 0.0)),
    (30.0, (0, 0), 1.0, (0.0, 0.0)),
    (-100.0, (3, -2), 1.0, (0.0, 0.0)),
    (0.0, (0, 0), 1.37, (0.0, 0.0)),
    (10.0, (1, 2), 0.6, (20.0, 0.0)),
    (5.0, (-4, 1), 1.2, (7.0, -12.0)),
]


@pytest.mark.parametrize("center", [None, [4, 11]])
@pytest.mark.parametrize("case", CASES)
def test_pillow_is_given_the_inverse(case, center):
    matrix = np.linalg.inv(matrix_of(*case, center or [12.5, 9.0]))[:2].flatten()
    expected = IMAGE.transform(
        IMAGE.size, Image.Transform.AFFINE, matrix, Image.Resampling.BILINEAR, fillcolor=(9, 9, 9)
    )
    out = F.affine(IMAGE, *case, interpolation=InterpolationMode.BILINEAR, fill=9, center=center)
    difference = as_array(out).astype(int) - as_array(expected)
    assert np.mean(np.abs(difference) > 1) < 0.01  # but for a pixel at the edge, where rounding decides


@pytest.mark.parametrize("mode", ["nearest", "bilinear"])
@pytest.mark.parametrize("center", [None, [4, 11]])
@pytest.mark.parametrize("case", CASES)
def test_tensors_are_sampled(case, center, mode):
    height, width = 18, 25
    to_unit = np.diag([width / 2, height / 2, 1])  # PyTorch's places go from -1 to 1, from edge to edge
    middle = np.array([width / 2, height / 2])
    theta = np.linalg.inv(matrix_of(*case, np.subtract(center, middle) if center else (0, 0)))
    theta = torch.from_numpy(np.linalg.inv(to_unit) @ theta @ to_unit)[None, :2]
    x = torch.from_numpy(TENSOR.numpy()).double()[None]
    grid = torch.nn.functional.affine_grid(theta, x.shape, align_corners=False)
    expected = torch.nn.functional.grid_sample(x, grid, mode, align_corners=False)[0].numpy()
    out = F.affine(TENSOR.double(), *case, interpolation=InterpolationMode(mode), center=center).numpy()
    wrong = np.abs(out - expected) > 1e-9
    assert wrong.mean() < (0.01 if mode == "nearest" else 1e-9)  # half way between two pixels rounding decides
    rounded = F.affine(TENSOR, *case, interpolation=InterpolationMode(mode), center=center).numpy()
    assert np.mean(np.abs(rounded - out) > 1e-5) < 0.01
    both = F.affine(
        TENSOR[None].expand(2, 3, height, width), *case, interpolation=InterpolationMode(mode), center=center
    )
    assert np.array_equal(both[1].numpy(), rounded)


def test_moving_is_a_crop():
    for img in (IMAGE, TENSOR):
        out = F.affine(img, 0.0, [3, -5], 1.0, [0.0], fill=[0.25 if img is TENSOR else 64])
        expected = as_array(F.crop(img, 5, -3, 18, 25)).copy()
        expected[:, :, :3] = expected[:, -5:] = 0.25 if img is TENSOR else 64
        assert np.array_equal(as_array(out), expected)


def test_bytes_are_rounded():
    x = F.pil_to_tensor(IMAGE)
    out = F.rotate(x, 20, InterpolationMode.BILINEAR, fill=[1, 2, 3])
    exact = F.rotate(x.double(), 20, InterpolationMode.BILINEAR, fill=[1, 2, 3])
    assert out.dtype is mgx.uint8
    assert np.abs(out.numpy() - exact.numpy()).max() <= 0.5 + 1e-3


def test_colors_fill_what_was_outside():
    turned = F.rotate(TENSOR, 45, fill=[0.1, 0.2, 0.3]).numpy()
    outside = F.rotate(mgx.ones(1, 18, 25), 45).numpy()[0] == 0
    assert outside[0, 0]
    for channel, color in enumerate((0.1, 0.2, 0.3)):
        assert np.all(turned[channel][outside] == np.float32(color))
    black = F.rotate(TENSOR, 45).numpy()
    assert np.array_equal(black[:, ~outside], turned[:, ~outside])
    assert not black[:, outside].any()
    mixed = F.rotate(mgx.zeros(1, 18, 25), 45, InterpolationMode.BILINEAR, fill=1.0).numpy()
    assert 0 < np.mean((mixed > 0) & (mixed < 1)) < 0.2  # along the edge


@pytest.mark.parametrize(
    ("angle", "size"), [(0, (24, 18)), (90, (18, 24)), (180, (24, 18)), (45, (30, 30)), (30, (30, 28))]
)
def test_expanded_sizes(angle, size):
    img, x = IMAGE.crop((0, 0, 24, 18)), mgx.ones(3, 18, 24)
    assert F.rotate(img, angle, expand=True).size == size
    out = F.rotate(x, angle, expand=True)
    assert out.shape == (3, *size[::-1])
    assert np.isclose(out.sum().item(), x.sum().item(), rtol=0.06)  # all of it is there


START = [[0, 0], [24, 0], [24, 17], [0, 17]]
END = [[3, 1], [22, 4], [20, 17], [1, 13]]


def homography(start, end):
    """The matrix that takes the end points to the start points: the one that annihilates 0 = p x (H q)."""
    rows = []
    for (u, v), (x, y) in zip(start, end):
        rows += [[0, 0, 0, -x, -y, -1, v * x, v * y, v], [x, y, 1, 0, 0, 0, -u * x, -u * y, -u]]
    matrix = np.linalg.svd(np.array(rows, float))[2][-1]
    return matrix / matrix[-1]


def test_perspective_by_pillow():
    coefficients = homography(START, END)[:8]
    for fill, color in ((None, 0), (7, (7, 7, 7))):
        method, kind = Image.Transform.PERSPECTIVE, Image.Resampling.BILINEAR
        expected = IMAGE.transform(IMAGE.size, method, coefficients, kind, fillcolor=color)
        out = F.perspective(IMAGE, START, END, fill=fill)
        difference = as_array(out).astype(int) - as_array(expected)
        assert np.mean(np.abs(difference) > 1) < 0.01  # the coefficients are rounded to single precision


@pytest.mark.parametrize("mode", ["nearest", "bilinear"])
def test_perspective_of_tensors(mode):
    x, y = np.meshgrid(np.arange(25) + 0.5, np.arange(18) + 0.5)
    u, v, w = homography(START, END).reshape(3, 3) @ np.stack([x, y, np.ones_like(x)]).reshape(3, -1)
    grid = np.stack([2 * u / w / 25 - 1, 2 * v / w / 18 - 1], -1).reshape(1, 18, 25, 2)
    x = torch.from_numpy(TENSOR.numpy()).double()[None]
    expected = torch.nn.functional.grid_sample(x, torch.from_numpy(grid), mode, align_corners=False)[0].numpy()
    for dtype in (mgx.float32, mgx.float64):
        out = F.perspective(TENSOR.to(dtype), START, END, InterpolationMode(mode)).numpy()
        assert np.mean(np.abs(out - expected) > 1e-5) < 0.01
    filled = F.perspective(TENSOR, START, END, InterpolationMode(mode), fill=[1.0, 2.0, 3.0]).numpy()
    assert [filled[c, 0, 0] for c in range(3)] == [1, 2, 3]


def test_corners_that_make_no_picture():
    for call in (lambda x: F.perspective(x, START[:3], END), lambda x: F.perspective(x, START, [[0, 0]] * 4)):
        for img in (IMAGE, TENSOR):
            with pytest.raises(ValueError, match=r"exactly four corners|no three lie on a line"):
                call(img)


@pytest.mark.parametrize("mode", ["nearest", "bilinear"])
def test_each_pixel_by_itself(mode):
    way = 0.2 * RNG.standard_normal((1, 18, 25, 2))
    x, y = np.meshgrid((np.arange(25) + 0.5) / 12.5 - 1, (np.arange(18) + 0.5) / 9 - 1)
    grid = torch.from_numpy(way + np.stack([x, y], -1))
    wide = torch.from_numpy(TENSOR.numpy()).double()[None]
    expected = torch.nn.functional.grid_sample(wide, grid, mode, align_corners=False)[0].numpy()
    out = F.elastic_transform(TENSOR.double(), mgx.tensor(way), InterpolationMode(mode))
    assert np.allclose(out.numpy(), expected, rtol=0, atol=1e-9)
    as_image = F.elastic_transform(IMAGE, mgx.tensor(way), InterpolationMode(mode))
    assert np.abs(as_array(as_image) - 255 * expected).max() <= 0.5 + 1e-3
    with pytest.raises(ValueError, match=r"displacement shape should be \(1, 18, 25, 2\), but given \(1, 25, 18, 2\)"):
        F.elastic_transform(TENSOR, mgx.zeros(1, 25, 18, 2))
    with pytest.raises(TypeError, match="Argument displacement should be a Tensor"):
        F.elastic_transform(TENSOR, way)


def test_a_gradient_passes_through():
    x = mgx.tensor(RNG.random((1, 4, 5)), requires_grad=True)
    assert mgx.autograd.gradcheck(lambda x: F.rotate(x, 20, InterpolationMode.BILINEAR, fill=0.5), (x,))
    assert mgx.autograd.gradcheck(lambda x: F.affine(x, 20, (1, 0), 1.5, 10), (x,))


@pytest.mark.parametrize(
    ("call", "error", "text"),
    [
        (lambda x: F.rotate(x, "1"), TypeError, "Argument angle should be int or float"),
        (lambda x: F.rotate(x, 1, center=3), TypeError, "Argument center should be a sequence"),
        (lambda x: F.rotate(x, 1, "nearest"), TypeError, "Argument interpolation should be a InterpolationMode"),
        (lambda x: F.rotate(x, 1, fill=(1, 2)), ValueError, "The number of elements in 'fill' "),
        (lambda x: F.affine(x, "1", (0, 0), 1, 0), TypeError, "Argument angle should be int or float"),
        (lambda x: F.affine(x, 1, 0, 1, 0), TypeError, "Argument translate should be a sequence"),
        (lambda x: F.affine(x, 1, (0,), 1, 0), ValueError, "Argument translate should be a sequence of length 2"),
        (lambda x: F.affine(x, 1, (0, 0), 0, 0), ValueError, "Argument scale should be positive"),
        (lambda x: F.affine(x, 1, (0, 0), 1, "0"), TypeError, "Shear should be either a single value or a sequence"),
        (
            lambda x: F.affine(x, 1, (0, 0), 1, (1, 2, 3)),
            ValueError,
            "Shear should be a sequence containing two values",
        ),
        (lambda x: F.affine(x, 1, (0, 0), 1, 0, center=1), TypeError, "Argument center should be a sequence"),
    ],
)
@pytest.mark.parametrize("img", [IMAGE, TENSOR], ids=["image", "tensor"])
def test_wrong_arguments_raise(call, error, text, img):
    with pytest.raises(error, match=text):
        call(img)


def test_modes_that_only_pillow_has():
    with pytest.raises(ValueError, match="Interpolation mode 'bicubic' is unsupported with Tensor input"):
        F.rotate(TENSOR, 1, InterpolationMode.BICUBIC)


# ---------------------------------------------------------------- by chance


def uniform(low, high):
    return torch.empty(1).uniform_(low, high).item()


def same(a, b):
    assert np.array_equal(as_array(a), as_array(b))
    assert torch.rand(1).item() == mgx.rand(1).item()


@pytest.mark.parametrize("img", [IMAGE, TENSOR], ids=["image", "tensor"])
@pytest.mark.parametrize("seed", range(10))
def test_amounts_are_pytorchs_draws(img, seed):
    def start():
        torch.manual_seed(seed)
        mgx.manual_seed(seed)

    start()
    out = transforms.RandomRotation(30, expand=True, center=(2, 3), fill=5)(img)
    same(out, F.rotate(img, uniform(-30.0, 30.0), expand=True, center=(2, 3), fill=5))

    start()
    bilinear = InterpolationMode.BILINEAR
    out = transforms.RandomAffine((5, 20), (0.1, 0.3), (0.5, 2), (-3, 3, 4, 9), bilinear, (1, 2, 3))(img)
    angle, x, y = uniform(5.0, 20.0), round(uniform(-2.5, 2.5)), round(uniform(-0.3 * 18, 0.3 * 18))
    scale, shear = uniform(0.5, 2.0), [uniform(-3.0, 3.0), uniform(4.0, 9.0)]
    same(out, F.affine(img, angle, (x, y), scale, shear, bilinear, (1, 2, 3)))

    start()
    same(
        transforms.RandomAffine(0, shear=8, fill=None)(img),
        F.affine(img, uniform(0.0, 0.0), (0, 0), 1.0, uniform(-8.0, 8.0)),
    )


@pytest.mark.parametrize("img", [IMAGE, TENSOR], ids=["image", "tensor"])
def test_corners_are_pytorchs_draws(img):
    def corner(least, n):
        return least + torch.randint(0, n, (1,)).item()

    changed = 0
    for seed in range(10):
        torch.manual_seed(seed)
        mgx.manual_seed(seed)
        out = transforms.RandomPerspective(0.6, p=0.7, fill=9)(img)
        if torch.rand(1).item() < 0.7:
            changed += 1
            across, down = int(0.6 * 12), int(0.6 * 9)
            places = [(0, 0), (24 - across, 0), (24 - across, 17 - down), (0, 17 - down)]
            end = [[corner(x, across + 1), corner(y, down + 1)] for x, y in places]
            same(out, F.perspective(img, START, end, fill=9))
        else:
            same(out, img)
    assert 0 < changed < 10


@pytest.mark.parametrize("img", [IMAGE, TENSOR], ids=["image", "tensor"])
@pytest.mark.parametrize("sigma", [[0.0, 0.0], [0.7, 1.1]])
def test_ways_are_pytorchs_draws(img, sigma):
    torch.manual_seed(0)
    mgx.manual_seed(0)
    out = transforms.ElasticTransform([20.0, 10.0], sigma, fill=0.5)(img)
    ways = []
    for far, length, smooth in ((20, 25, sigma[0]), (10, 18, sigma[1])):
        way = mgx.from_numpy((torch.rand(1, 1, 18, 25) * 2 - 1).numpy())
        if smooth:
            size = int(8 * smooth + 1) // 2 * 2 + 1  # the next odd number
            way = F.gaussian_blur(way, size, sigma)
        ways.append(way * far / length)
    same(out, F.elastic_transform(img, mgx.cat(ways, 1).permute(0, 2, 3, 1), fill=[0.5]))


REPRS = {
    "RandomPerspective(0.3, 0.2)": "RandomPerspective(p=0.2)",
    "ElasticTransform(2.0, (3.0, 4.0), 0, 5)": (
        "ElasticTransform(alpha=[2.0, 2.0], sigma=(3.0, 4.0), interpolation=InterpolationMode.NEAREST, fill=[5.0])"
    ),
    "RandomRotation(10)": "RandomRotation(degrees=[-10.0, 10.0], interpolation=nearest, expand=False, fill=0)",
    "RandomRotation((-3, 7), 2, True, (1, 2), None)": (
        "RandomRotation(degrees=[-3.0, 7.0], interpolation=bilinear, expand=True, center=(1, 2), fill=0)"
    ),
    "RandomAffine(10)": "RandomAffine(degrees=[-10.0, 10.0])",
    "RandomAffine((0, 1), (0.1, 0.2), (0.5, 1), 5, 2, 3, (1, 2))": (
        "RandomAffine(degrees=[0.0, 1.0], translate=(0.1, 0.2), scale=(0.5, 1), shear=[-5.0, 5.0], "
        "interpolation=bilinear, fill=3, center=(1, 2))"
    ),
}


@pytest.mark.parametrize("code", REPRS)
def test_text(code):
    assert repr(eval(code, vars(transforms))) == REPRS[code]


@pytest.mark.parametrize(
    ("code", "error", "text"),
    [
        ("RandomRotation(-1)", ValueError, "If degrees is a single number, it must be positive"),
        ("RandomRotation((1, 2, 3))", ValueError, "degrees should be a sequence of length 2"),
        ("RandomRotation(abs)", TypeError, "degrees should be a sequence of length 2"),
        ("RandomRotation(3, center=1)", TypeError, "center should be a sequence of length 2"),
        ("RandomRotation(3, fill=abs)", TypeError, "Fill should be either a sequence or a number"),
        ("RandomPerspective(fill=abs)", TypeError, "Fill should be either a sequence or a number"),
        ("ElasticTransform(1)", TypeError, "alpha should be float or a sequence of floats. Got <class 'int'>"),
        ("ElasticTransform((1.0, 2.0, 3.0))", ValueError, "If alpha is a sequence its length should be 2. Got 3"),
        ("ElasticTransform(1.0, (1, 2))", TypeError, "sigma should be a sequence of floats. Got <class 'int'>"),
        ("ElasticTransform(fill='a')", TypeError, "fill should be int or float or a list or tuple of them"),
        ("RandomAffine(3, (2, 0))", ValueError, "translation values should be between 0 and 1"),
        ("RandomAffine(3, 1)", TypeError, "translate should be a sequence of length 2"),
        ("RandomAffine(3, scale=(0, 1))", ValueError, "scale values should be positive"),
        ("RandomAffine(3, shear=(1, 2, 3))", ValueError, "shear should be a sequence of length 2 or 4"),
        ("RandomAffine(3, center=(1,))", ValueError, "center should be a sequence of length 2"),
    ],
)
def test_arguments_are_checked(code, error, text):
    with pytest.raises(error, match=text):
        eval(code, dict(vars(transforms)))
