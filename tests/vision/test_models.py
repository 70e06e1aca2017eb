"""Models: the keys, shapes and parameters of the published networks, and PyTorch's initial values."""

import math

import numpy as np
import pytest
import torch

import microgradx as mgx
from microgradx import nn
from microgradx.vision import models
from microgradx.vision.models.vgg import CONVOLUTIONS, make_layers

# Number of parameters with 1000 classes, as the documentation of torchvision and the papers give them.
PARAMETERS = {
    "alexnet": 61_100_840,
    "resnet18": 11_689_512,
    "resnet34": 21_797_672,
    "resnet50": 25_557_032,
    "resnet101": 44_549_160,
    "resnet152": 60_192_808,
    "resnext50_32x4d": 25_028_904,
    "wide_resnet50_2": 68_883_240,
    "vgg11": 132_863_336,
    "vgg11_bn": 132_868_840,
    "vgg13": 133_047_848,
    "vgg13_bn": 133_053_736,
    "vgg16": 138_357_544,
    "vgg16_bn": 138_365_992,
    "vgg19": 143_667_240,
    "vgg19_bn": 143_678_248,
}


@pytest.fixture
def no_draws(monkeypatch):
    """Models without initial values: memory that is never touched costs nothing."""

    def keep(tensor, *_, **__):
        return tensor

    for name in ("kaiming_uniform_", "kaiming_normal_", "normal_", "uniform_", "zeros_"):
        monkeypatch.setattr(nn.init, name, keep)


@pytest.mark.parametrize("name", PARAMETERS)
def test_number_of_parameters(name, no_draws):
    model = getattr(models, name)()
    assert sum(p.numel() for p in model.parameters()) == PARAMETERS[name]
    assert all(p.requires_grad for p in model.parameters())


def norm(name, channels):
    """The entries of a normalization in a state dict."""
    vectors = [(f"{name}.{key}", (channels,)) for key in ("weight", "bias", "running_mean", "running_var")]
    return [*vectors, (f"{name}.num_batches_tracked", ())]


def resnet_state(blocks, bottleneck, classes, groups=1, width=64):
    """Keys and shapes of a ResNet, by the rule of the paper."""
    state = [("conv1.weight", (64, 3, 7, 7)), *norm("bn1", 64)]
    before = 64
    for row, (number, planes) in enumerate(zip(blocks, (64, 128, 256, 512)), 1):
        inner = planes * width // 64 * groups
        after = planes * 4 if bottleneck else planes
        for i in range(number):
            name = f"layer{row}.{i}"
            if bottleneck:
                shapes = [(inner, before, 1, 1), (inner, inner // groups, 3, 3), (after, inner, 1, 1)]
            else:
                shapes = [(after, before, 3, 3), (after, after, 3, 3)]
            for k, shape in enumerate(shapes, 1):
                state += [(f"{name}.conv{k}.weight", shape), *norm(f"{name}.bn{k}", shape[0])]
            if before != after or (i == 0 and row > 1):
                state += [(f"{name}.downsample.0.weight", (after, before, 1, 1)), *norm(f"{name}.downsample.1", after)]
            before = after
    return [*state, ("fc.weight", (classes, before)), ("fc.bias", (classes,))]


@pytest.mark.parametrize(
    ("name", "blocks", "bottleneck", "options"),
    [
        ("resnet18", (2, 2, 2, 2), False, {}),
        ("resnet34", (3, 4, 6, 3), False, {}),
        ("resnet50", (3, 4, 6, 3), True, {}),
        ("resnet101", (3, 4, 23, 3), True, {}),
        ("resnet152", (3, 8, 36, 3), True, {}),
        ("resnext50_32x4d", (3, 4, 6, 3), True, {"groups": 32, "width": 4}),
        ("wide_resnet50_2", (3, 4, 6, 3), True, {"width": 128}),
    ],
)
def test_states_of_resnets(name, blocks, bottleneck, options, no_draws):
    state = getattr(models, name)(num_classes=7).state_dict()
    assert [(k, tuple(v.shape)) for k, v in state.items()] == resnet_state(blocks, bottleneck, 7, **options)


@pytest.mark.parametrize("batch_norm", [False, True])
@pytest.mark.parametrize("depth", CONVOLUTIONS)
def test_states_of_vggs(depth, batch_norm, no_draws):
    state = getattr(models, f"vgg{depth}{'_bn' * batch_norm}")(num_classes=7).state_dict()
    expected, before, place = [], 3, 0
    for number, channels in zip(CONVOLUTIONS[depth], (64, 128, 256, 512, 512)):
        for _ in range(number):
            expected += [
                (f"features.{place}.weight", (channels, before, 3, 3)),
                (f"features.{place}.bias", (channels,)),
            ]
            if batch_norm:
                place += 1
                expected += norm(f"features.{place}", channels)
            place += 2  # the ReLU
            before = channels
        place += 1  # the pooling
    for place, shape in ((0, (4096, 25_088)), (3, (4096, 4096)), (6, (7, 4096))):
        expected += [(f"classifier.{place}.weight", shape), (f"classifier.{place}.bias", shape[:1])]
    assert [(k, tuple(v.shape)) for k, v in state.items()] == expected
    assert sum(CONVOLUTIONS[depth]) + 3 == depth


def test_the_state_of_alexnet(no_draws):
    state = models.alexnet().state_dict()
    shapes = {
        "features.0": (64, 3, 11, 11),
        "features.3": (192, 64, 5, 5),
        "features.6": (384, 192, 3, 3),
        "features.8": (256, 384, 3, 3),
        "features.10": (256, 256, 3, 3),
        "classifier.1": (4096, 9216),
        "classifier.4": (4096, 4096),
        "classifier.6": (1000, 4096),
    }
    expected = [(f"{k}.{p}", s if p == "weight" else s[:1]) for k, s in shapes.items() for p in ("weight", "bias")]
    assert [(k, tuple(v.shape)) for k, v in state.items()] == expected


def test_initial_values_of_a_resnet():
    """All layers draw as they are made, the downsampling before its block; then all convolutions draw again."""
    mgx.manual_seed(3)
    torch.manual_seed(3)
    model = models.ResNet(models.BasicBlock, [1, 1, 1, 1], num_classes=5)

    torch.nn.Conv2d(3, 64, 7, bias=False)
    before = 64
    for planes in (64, 128, 256, 512):
        if planes != before:
            torch.nn.Conv2d(before, planes, 1, bias=False)
        torch.nn.Conv2d(before, planes, 3, bias=False)
        torch.nn.Conv2d(planes, planes, 3, bias=False)
        before = planes
    fc = torch.nn.Linear(512, 5)
    assert np.array_equal(model.fc.weight.detach().numpy(), fc.weight.detach().numpy())
    assert np.array_equal(model.fc.bias.detach().numpy(), fc.bias.detach().numpy())
    convolutions = [m for m in model.modules() if isinstance(m, nn.Conv2d)]
    assert len(convolutions) == 1 + 4 * 2 + 3
    for m in convolutions:
        expected = torch.empty(m.weight.shape)
        torch.nn.init.kaiming_normal_(expected, mode="fan_out", nonlinearity="relu")
        assert np.array_equal(m.weight.detach().numpy(), expected.numpy())
    assert mgx.rand(1).item() == torch.rand(1).item()


def test_initial_values_of_a_vgg(monkeypatch):
    """A small layer in the place of the large ones: it draws by the same rule."""
    with monkeypatch.context() as patch:
        patch.setattr(nn.init, "kaiming_uniform_", lambda tensor, *_, **__: tensor)
        patch.setattr(nn.init, "uniform_", lambda tensor, *_, **__: tensor)
        model = models.VGG(make_layers((1, 1, 0, 0, 0), batch_norm=True), init_weights=False)
    model.classifier = nn.Linear(9, 8)
    mgx.manual_seed(3)
    torch.manual_seed(3)
    model._draw()
    for m in model.modules():
        if isinstance(m, nn.Conv2d):
            expected = torch.nn.init.kaiming_normal_(torch.empty(m.weight.shape), mode="fan_out", nonlinearity="relu")
        elif isinstance(m, nn.Linear):
            expected = torch.nn.init.normal_(torch.empty(8, 9), 0, 0.01)
        else:
            continue
        assert np.array_equal(m.weight.detach().numpy(), expected.numpy())
        assert not m.bias.detach().numpy().any()
    assert mgx.rand(1).item() == torch.rand(1).item()


# ---------------------------------------------------------------- what they compute


def reference(state, x, blocks, *, train, groups=1, dilations=(1, 1, 1, 1), strides=(1, 2, 2, 2)):
    """A ResNet in PyTorch's functions."""

    def conv(name, x, stride=1, dilation=1, groups=1):
        weight = state[f"{name}.weight"]
        padding = weight.shape[-1] // 2 * dilation
        return torch.nn.functional.conv2d(x, weight, None, stride, padding, dilation, groups)

    def norm(name, x):
        mean, var, *affine = (state[f"{name}.{k}"] for k in ("running_mean", "running_var", "weight", "bias"))
        return torch.nn.functional.batch_norm(x, mean, var, *affine, training=train)

    x = norm("bn1", conv("conv1", x, 2)).relu()
    x = torch.nn.functional.max_pool2d(x, 3, 2, 1)
    for row, number in enumerate(blocks):
        for i in range(number):
            name = f"layer{row + 1}.{i}"
            stride = strides[row] if i == 0 else 1
            # The first block of a row that keeps its size looks as far as the row before it.
            dilation = dilations[row] if i else dilations[max(row - 1, 0)]
            if f"{name}.conv3.weight" in state:
                y = norm(f"{name}.bn1", conv(f"{name}.conv1", x)).relu()
                y = norm(f"{name}.bn2", conv(f"{name}.conv2", y, stride, dilation, groups)).relu()
                y = norm(f"{name}.bn3", conv(f"{name}.conv3", y))
            else:
                y = norm(f"{name}.bn1", conv(f"{name}.conv1", x, stride)).relu()
                y = norm(f"{name}.bn2", conv(f"{name}.conv2", y))
            if f"{name}.downsample.0.weight" in state:
                x = norm(f"{name}.downsample.1", conv(f"{name}.downsample.0", x, stride))
            x = (x + y).relu()
    return torch.nn.functional.linear(x.mean((2, 3)), state["fc.weight"], state["fc.bias"])


@pytest.mark.parametrize("train", [True, False])
@pytest.mark.parametrize(
    ("block", "blocks", "options", "asked"),
    [
        (models.BasicBlock, (1, 2, 1, 1), {}, {}),
        (models.Bottleneck, (1, 1, 2, 1), {"groups": 4, "width_per_group": 8}, {"groups": 4}),
        (
            models.Bottleneck,
            (1, 1, 2, 2),
            {"replace_stride_with_dilation": (False, True, True), "width_per_group": 16},
            {"dilations": (1, 1, 2, 4), "strides": (1, 2, 1, 1)},
        ),
    ],
    ids=["basic", "groups", "dilation"],
)
def test_resnets_compute_what_the_paper_says(train, block, blocks, options, asked):
    model = models.ResNet(block, blocks, num_classes=5, **options).double().train(train)
    state = {k: torch.from_numpy(v.detach().numpy().copy()) for k, v in model.state_dict().items()}
    leaves = {k: state[k].requires_grad_() for k, _ in model.named_parameters()}
    x = np.random.default_rng(0).standard_normal((3, 3, 40, 33))
    expected = reference(state, torch.from_numpy(x), blocks, train=train, **asked)
    out = model(mgx.tensor(x))
    assert np.allclose(out.detach().numpy(), expected.detach().numpy(), rtol=1e-8, atol=1e-10)
    out.square().sum().backward()
    expected.square().sum().backward()
    for name, p in model.named_parameters():
        gradient = leaves[name].grad.numpy()
        assert np.allclose(p.grad.numpy(), gradient, rtol=1e-6, atol=1e-9 * max(1, np.abs(gradient).max())), name
    if train:
        for key in ("bn1.running_mean", "layer4.0.bn2.running_var"):
            assert np.allclose(model.state_dict()[key].numpy(), state[key].numpy())


@pytest.mark.parametrize(
    ("name", "features"),
    [("vgg11", (512, 7, 7)), ("vgg16_bn", (512, 7, 7)), ("alexnet", (256, 6, 6))],
)
def test_features_of_the_others(name, features, no_draws):
    model = getattr(models, name)()
    model.classifier = nn.Identity()
    x = mgx.zeros(2, 3, 64, 64)
    assert model(x).shape == (2, math.prod(features))
    assert model.avgpool(model.features(x)).shape == (2, *features)


def test_dropout_of_the_classifiers(no_draws):
    for model in (models.alexnet(dropout=0.25), models.vgg11(dropout=0.25)):
        assert [m.p for m in model.modules() if isinstance(m, nn.Dropout)] == [0.25, 0.25]


def test_zero_init_residual():
    for block, last in ((models.BasicBlock, "bn2"), (models.Bottleneck, "bn3")):
        model = models.ResNet(block, [1, 1, 1, 1], 2, zero_init_residual=True)
        weights = {name: p.abs().sum().item() for name, p in model.named_parameters() if ".bn" in name}
        assert all((weights[name] == 0) == (name.endswith(("bias", f"{last}.weight"))) for name in weights)
        x = mgx.rand(1, model.layer1[0].conv1.in_channels, 4, 4)
        plain = model.layer1[0].downsample or nn.Identity()
        assert np.allclose(model.layer1[0](x).detach().numpy(), plain(x).relu().detach().numpy())


def test_another_normalization():
    model = models.ResNet(models.BasicBlock, [1, 1, 1, 1], 2, norm_layer=lambda n: nn.GroupNorm(8, n))
    assert not any(isinstance(m, nn.BatchNorm2d) for m in model.modules())
    assert model(mgx.zeros(1, 3, 32, 32)).shape == (1, 2)


BLOCK = """\
BasicBlock(
  (conv1): Conv2d(64, 128, kernel_size=(3, 3), stride=(2, 2), padding=(1, 1), bias=False)
  (bn1): BatchNorm2d(128, eps=1e-05, momentum=0.1, affine=True, bias=True, track_running_stats=True)
  (relu): ReLU(inplace=True)
  (conv2): Conv2d(128, 128, kernel_size=(3, 3), stride=(1, 1), padding=(1, 1), bias=False)
  (bn2): BatchNorm2d(128, eps=1e-05, momentum=0.1, affine=True, bias=True, track_running_stats=True)
  (downsample): Sequential(
    (0): Conv2d(64, 128, kernel_size=(1, 1), stride=(2, 2), bias=False)
    (1): BatchNorm2d(128, eps=1e-05, momentum=0.1, affine=True, bias=True, track_running_stats=True)
  )
)"""


def test_text():
    model = models.ResNet(models.BasicBlock, [1, 1, 1, 1])
    assert repr(model.layer2[0]) == BLOCK
    names = ["conv1", "bn1", "relu", "maxpool", "layer1", "layer2", "layer3", "layer4", "avgpool", "fc"]
    assert [name for name, _ in model.named_children()] == names
    assert repr(model.maxpool) == "MaxPool2d(kernel_size=3, stride=2, padding=1, dilation=1, ceil_mode=False)"
    assert repr(model.avgpool) == "AdaptiveAvgPool2d(output_size=(1, 1))"


# ---------------------------------------------------------------- arguments


def test_pretrained_weights_do_not_come_along():
    for weights in ("DEFAULT", "IMAGENET1K_V1", True):
        with pytest.raises(ValueError, match=r"resnet18: expected weights=None, got .*load_state_dict\(\)"):
            models.resnet18(weights=weights)
    with pytest.raises(ValueError, match="vgg16_bn: expected weights=None"):
        models.vgg16_bn("DEFAULT")
    with (
        pytest.warns(UserWarning, match="The parameter 'pretrained' is deprecated since 0.13"),
        pytest.raises(ValueError, match="alexnet: expected weights=None, got True"),
    ):
        models.alexnet(pretrained=True)


def test_names_of_weights_say_so():
    with pytest.raises(AttributeError, match="no attribute 'ResNet18_Weights': pretrained weights do not come with"):
        _ = models.ResNet18_Weights
    with pytest.raises(AttributeError, match=r"no attribute 'resnet19'$"):
        _ = models.resnet19


def test_pretrained_false_is_a_warning(no_draws):
    with pytest.warns(UserWarning, match="please use 'weights' instead"):
        model = models.resnet18(pretrained=False, num_classes=3)
    assert model.fc.out_features == 3
    assert models.resnet18(None, False, num_classes=4).fc.out_features == 4


def test_a_state_dict_of_another_model_is_loaded(no_draws):
    first, second = models.resnet18(num_classes=2), models.resnet18(num_classes=2)
    state = {k: mgx.full(v.shape, 0.5).to(v.dtype) for k, v in first.state_dict().items()}
    assert repr(second.load_state_dict(state)) == "<All keys matched successfully>"
    assert second.fc.weight.detach().unique().tolist() == [0.5]


@pytest.mark.parametrize(
    ("make", "error", "text"),
    [
        (
            lambda: models.BasicBlock(64, 64, groups=2),
            ValueError,
            "BasicBlock only supports groups=1 and base_width=64",
        ),
        (
            lambda: models.BasicBlock(64, 64, dilation=2),
            NotImplementedError,
            "Dilation > 1 not supported in BasicBlock",
        ),
        (
            lambda: models.ResNet(models.BasicBlock, [1] * 4, replace_stride_with_dilation=[True]),
            ValueError,
            "replace_stride_with_dilation should be None or a 3-element tuple",
        ),
        (lambda: models.resnet18(classes=3), TypeError, "unexpected keyword argument 'classes'"),
    ],
)
def test_wrong_arguments_raise(make, error, text):
    with pytest.raises(error, match=text):
        make()
