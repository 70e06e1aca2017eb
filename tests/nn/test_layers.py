"""Every layer against PyTorch's: same seed, same state, same text, same outputs and gradients."""

import copy
import inspect
import pickle

import numpy as np
import pytest
import torch

import microgradx as mgx
from microgradx.nn.module import Module

floats = np.random.default_rng(0).standard_normal


def probabilities(*shape):
    return 1 / (1 + np.exp(-floats(shape)))


def indices(n, *shape):
    return np.random.default_rng(1).integers(0, n, shape)


# class, arguments, options, inputs (a tuple is the shape of normal numbers)
LAYERS = [
    ("Identity", (), {}, [(2, 3)]),
    ("Identity", (54, "any"), {"unused": True}, [(2, 3)]),
    ("Linear", (3, 5), {}, [(4, 3)]),
    ("Linear", (20, 30), {}, [(2, 4, 20)]),
    ("Linear", (3, 5), {"bias": False}, [(3,)]),
    ("Bilinear", (3, 2, 5), {}, [(4, 3), (4, 2)]),
    ("Bilinear", (3, 2, 5), {"bias": False}, [(2, 1, 3), (2, 1, 2)]),
    ("Conv1d", (4, 6, 3), {"stride": 2, "padding": 1, "groups": 2}, [(2, 4, 9)]),
    ("Conv1d", (2, 3, 4), {"padding": "same", "dilation": 2}, [(2, 2, 9)]),
    ("Conv2d", (3, 6, 5), {}, [(2, 3, 8, 9)]),
    ("Conv2d", (3, 6, (3, 2)), {"stride": (2, 1), "padding": (1, 0), "bias": False}, [(2, 3, 8, 9)]),
    ("Conv2d", (4, 4, 3), {"groups": 4, "dilation": 2, "padding": "valid"}, [(4, 8, 9)]),
    ("Conv2d", (1, 2, 3), {"padding": 1, "padding_mode": "reflect"}, [(2, 1, 4, 5)]),
    ("Conv2d", (1, 2, (3, 4)), {"padding": "same", "padding_mode": "replicate"}, [(2, 1, 4, 5)]),
    ("Conv2d", (1, 2, 3), {"padding": (2, 1), "padding_mode": "circular"}, [(2, 1, 4, 5)]),
    ("Conv3d", (2, 3, 2), {"stride": 2, "padding": 1}, [(1, 2, 4, 5, 6)]),
    ("ConvTranspose1d", (4, 6, 3), {"stride": 2, "groups": 2, "output_padding": 1}, [(2, 4, 5)]),
    ("ConvTranspose2d", (3, 4, 3), {"stride": 2, "padding": 1, "dilation": 2}, [(2, 3, 4, 5)]),
    ("ConvTranspose2d", (3, 4, 4), {"bias": False}, [(3, 4, 5)]),
    ("ConvTranspose3d", (2, 1, 2), {"stride": 2}, [(1, 2, 2, 3, 2)]),
    ("MaxPool1d", (2,), {}, [(2, 3, 8)]),
    ("MaxPool2d", (2,), {}, [(2, 3, 8, 6)]),
    ("MaxPool2d", ((3, 2),), {"stride": 2, "padding": 1, "ceil_mode": True}, [(2, 3, 8, 6)]),
    ("MaxPool2d", (2,), {"dilation": 2}, [(3, 8, 6)]),
    ("MaxPool3d", (2,), {}, [(1, 2, 4, 4, 6)]),
    ("AvgPool1d", (3,), {"stride": 2, "padding": 1}, [(2, 3, 8)]),
    ("AvgPool2d", (2,), {}, [(2, 3, 8, 6)]),
    ("AvgPool2d", ((3, 2), 2, 1), {"count_include_pad": False, "ceil_mode": True}, [(2, 3, 7, 6)]),
    ("AvgPool2d", (2,), {"divisor_override": 3}, [(2, 3, 8, 6)]),
    ("AvgPool3d", (2,), {}, [(1, 2, 4, 4, 6)]),
    ("AdaptiveAvgPool1d", (3,), {}, [(2, 3, 8)]),
    ("AdaptiveAvgPool2d", (1,), {}, [(2, 3, 8, 6)]),
    ("AdaptiveAvgPool2d", ((3, None),), {}, [(2, 3, 8, 6)]),
    ("AdaptiveAvgPool3d", (2,), {}, [(1, 2, 4, 5, 6)]),
    ("AdaptiveMaxPool1d", (3,), {}, [(2, 3, 8)]),
    ("AdaptiveMaxPool2d", ((3, 2),), {}, [(2, 3, 8, 6)]),
    ("AdaptiveMaxPool3d", (2,), {}, [(1, 2, 4, 5, 6)]),
    ("LPPool1d", (2, 3), {}, [(2, 3, 8)]),
    ("LPPool2d", (4, (3, 2)), {"stride": 2, "ceil_mode": True}, [(2, 3, 6, 6)]),
    ("LPPool3d", (float("inf"), 2), {"stride": 1}, [(2, 3, 3, 4)]),
    ("MaxUnpool1d", (2,), {}, [(2, 3), np.array([[0, 3, 5], [1, 2, 4]])]),
    ("MaxUnpool2d", ((2, 3), None, (0, 1)), {}, [(1, 1, 2, 2), np.array([[[[0, 3], [8, 14]]]])]),
    ("MaxUnpool3d", (2, 3), {}, [(1, 1, 2, 1), np.array([[[[3], [19]]]])]),
    ("FractionalMaxPool2d", (2,), {"output_size": (3, 4)}, [(2, 3, 7, 6)]),
    ("FractionalMaxPool2d", ((3, 2),), {"output_ratio": 0.5}, [(2, 3, 7, 6)]),
    ("FractionalMaxPool3d", (2, None, (0.5, 0.7, 0.3)), {}, [(2, 7, 6, 9)]),
    ("ReflectionPad1d", (2,), {}, [(2, 3, 4)]),
    ("ReflectionPad2d", ((1, 2, 0, 3),), {}, [(2, 3, 4, 5)]),
    ("ReflectionPad3d", (1,), {}, [(2, 2, 3, 2)]),
    ("ReplicationPad1d", ([2, 5],), {}, [(3, 4)]),
    ("ReplicationPad2d", (3,), {}, [(2, 3, 4, 5)]),
    ("ReplicationPad3d", ((1, -1, 0, 2, 1, 3),), {}, [(1, 2, 2, 3, 2)]),
    ("CircularPad1d", (4,), {}, [(2, 3, 4)]),
    ("CircularPad2d", ((1, -2, 3, 0),), {}, [(3, 4, 5)]),
    ("CircularPad3d", (1,), {}, [(1, 2, 2, 3, 2)]),
    ("ConstantPad1d", (2, 1.5), {}, [(2, 3, 4)]),
    ("ConstantPad2d", ((1, -2, 3, 0), 0), {}, [(4, 5)]),
    ("ConstantPad3d", (1, -1.0), {}, [(1, 2, 2, 3, 2)]),
    ("ZeroPad1d", (2,), {}, [(3, 4)]),
    ("ZeroPad2d", ((1, -2, 3, 0),), {}, [(2, 3, 4, 5)]),
    ("ZeroPad3d", (1,), {}, [(1, 2, 2, 3, 2)]),
    ("Flatten", (), {}, [(2, 3, 4)]),
    ("Flatten", (0, 1), {}, [(2, 3, 4)]),
    ("Unflatten", (1, (2, 3)), {}, [(4, 6)]),
    ("Dropout", (), {}, [(4, 6)]),
    ("Dropout", (0.2,), {"inplace": False}, [(40, 6)]),
    ("Dropout", (0.0,), {}, [(4, 6)]),
    ("Dropout", (1.0,), {}, [(4, 6)]),
    ("Dropout1d", (0.3,), {}, [(4, 6, 2)]),
    ("Dropout2d", (0.3,), {}, [(4, 6, 2, 3)]),
    ("Dropout3d", (0.3,), {}, [(4, 6, 2, 3, 2)]),
    ("AlphaDropout", (), {}, [(4, 6)]),
    ("AlphaDropout", (0.2, True), {}, [(40, 6)]),
    ("AlphaDropout", (1.0,), {}, [(4, 6)]),
    ("FeatureAlphaDropout", (0.3,), {}, [(4, 6, 2, 3)]),
    ("FeatureAlphaDropout", (0.6,), {}, [(4, 6)]),
    ("RReLU", (), {}, [(4, 6)]),
    ("RReLU", (0.5, 0.5), {}, [(40, 6)]),
    ("RReLU", (0.1, 0.2, True), {}, None),
    ("ReLU", (), {}, [(4, 6)]),
    ("ReLU", (True,), {}, None),
    ("LeakyReLU", (), {}, [(4, 6)]),
    ("LeakyReLU", (0.2,), {"inplace": True}, None),
    ("PReLU", (), {}, [(4, 6)]),
    ("PReLU", (3, 0.1), {}, [(2, 3, 4)]),
    ("ELU", (0.5,), {}, [(4, 6)]),
    ("ELU", (), {"inplace": True}, None),
    ("CELU", (0.5,), {}, [(4, 6)]),
    ("SELU", (), {}, [(4, 6)]),
    ("Hardshrink", (0.3,), {}, [(4, 6)]),
    ("Softshrink", (), {}, [(4, 6)]),
    ("GELU", (), {}, [(4, 6)]),
    ("GELU", ("tanh",), {}, [(4, 6)]),
    ("SiLU", (), {}, [(4, 6)]),
    ("Mish", (), {}, [(4, 6)]),
    ("Sigmoid", (), {}, [(4, 6)]),
    ("LogSigmoid", (), {}, [(4, 6)]),
    ("Tanh", (), {}, [(4, 6)]),
    ("Tanhshrink", (), {}, [(4, 6)]),
    ("Softsign", (), {}, [(4, 6)]),
    ("Softplus", (2.0, 1.5), {}, [(4, 6)]),
    ("Threshold", (0.1, 20), {}, [(4, 6)]),
    ("Threshold", (0.1, 20, True), {}, None),
    ("Hardtanh", (-0.5, 0.7), {}, [(4, 6)]),
    ("ReLU6", (), {}, [(4, 6)]),
    ("ReLU6", (True,), {}, None),
    ("Hardsigmoid", (), {}, [(4, 6)]),
    ("Hardswish", (), {}, [(4, 6)]),
    ("GLU", (1,), {}, [(4, 6)]),
    ("Softmax", (1,), {}, [(4, 6)]),
    ("Softmax2d", (), {}, [(3, 2, 4)]),
    ("LogSoftmax", (), {"dim": -1}, [(4, 6)]),
    ("Softmin", (0,), {}, [(4, 6)]),
    ("MSELoss", (), {}, [(4, 3), (4, 3)]),
    ("L1Loss", (), {"reduction": "sum"}, [(4, 3), (4, 3)]),
    ("SmoothL1Loss", (), {"beta": 0.5}, [(4, 3), (4, 3)]),
    ("HuberLoss", (), {"delta": 0.5, "reduction": "none"}, [(4, 3), (4, 3)]),
    ("CrossEntropyLoss", (), {}, [(4, 3), indices(3, 4)]),
    ("CrossEntropyLoss", (), {"label_smoothing": 0.1, "ignore_index": 1}, [(4, 3, 2), indices(3, 4, 2)]),
    ("NLLLoss", (), {"reduction": "sum"}, [(4, 3), indices(3, 4)]),
    ("BCELoss", (), {}, [probabilities(4, 3), probabilities(4, 3)]),
    ("BCEWithLogitsLoss", (), {}, [(4, 3), probabilities(4, 3)]),
    ("KLDivLoss", (), {"reduction": "batchmean"}, [np.log(probabilities(4, 3)), probabilities(4, 3)]),
    ("KLDivLoss", (), {"reduction": "sum", "log_target": True}, [(4, 3), np.log(probabilities(4, 3))]),
    ("PoissonNLLLoss", (), {"full": True}, [(4, 3), indices(9, 4, 3)]),
    ("PoissonNLLLoss", (False,), {"eps": 0.1}, [probabilities(4, 3), probabilities(4, 3)]),
    ("GaussianNLLLoss", (), {"full": True, "reduction": "sum"}, [(4, 3), (4, 3), probabilities(4, 3)]),
    ("HingeEmbeddingLoss", (0.5,), {}, [(4,), np.array([1, -1, -1, 1])]),
    ("SoftMarginLoss", (), {}, [(4,), np.array([1, -1, -1, 1])]),
    ("MultiMarginLoss", (2, 0.5), {"reduction": "none"}, [(4, 3), indices(3, 4)]),
    ("MultiLabelMarginLoss", (), {}, [(2, 3), np.array([[0, -1, 1], [2, 0, -1]])]),
    ("MultiLabelSoftMarginLoss", (), {"reduction": "none"}, [(4, 3), probabilities(4, 3)]),
    ("TripletMarginWithDistanceLoss", (), {"margin": 2.0, "swap": True}, [(4, 3), (4, 3), (4, 3)]),
    ("CTCLoss", (), {}, [(6, 2, 4), np.array([[1, 2], [3, 3]]), np.array([6, 5]), np.array([2, 2])]),
    ("CTCLoss", (3, "none", True), {}, [(2, 2, 4), np.array([0, 0, 0]), np.array([2, 2]), np.array([2, 1])]),
    ("LinearCrossEntropyLoss", (3, 5), {"bias": True}, [(4, 3), indices(5, 4)]),
    ("LinearCrossEntropyLoss", (3, 5), {"out_features": (2,), "ignore_index": 1}, [(4, 3), indices(5, 4, 2)]),
    ("AdaptiveLogSoftmaxWithLoss", (8, 20, [4, 10]), {"div_value": 2.0, "head_bias": True}, [(6, 8), indices(20, 6)]),
    ("AdaptiveLogSoftmaxWithLoss", (8, 20, [5]), {}, [(8,), np.array(7)]),
    ("BatchNorm1d", (3,), {}, [(4, 3)]),
    ("BatchNorm1d", (3,), {"momentum": None, "affine": False}, [(4, 3, 5)]),
    ("BatchNorm2d", (3,), {"eps": 1e-3, "momentum": 0.3}, [(4, 3, 2, 5)]),
    ("BatchNorm2d", (3,), {"track_running_stats": False, "bias": False}, [(4, 3, 2, 5)]),
    ("BatchNorm3d", (2,), {}, [(3, 2, 2, 3, 2)]),
    ("LayerNorm", (5,), {}, [(4, 3, 5)]),
    ("LayerNorm", ((3, 5),), {"elementwise_affine": False, "eps": 0.1}, [(4, 3, 5)]),
    ("LayerNorm", (5,), {"bias": False}, [(4, 5)]),
    ("RMSNorm", (5,), {}, [(4, 3, 5)]),
    ("RMSNorm", ((3, 5),), {"eps": 0.1, "elementwise_affine": False}, [(4, 3, 5)]),
    ("GroupNorm", (2, 6), {}, [(4, 6, 5)]),
    ("GroupNorm", (3, 6), {"affine": False}, [(4, 6, 2, 2)]),
    ("InstanceNorm1d", (3,), {}, [(4, 3, 5)]),
    ("InstanceNorm1d", (3,), {"affine": True}, [(3, 5)]),
    ("InstanceNorm2d", (3, 1e-3, 0.3, True, True), {"bias": False}, [(4, 3, 2, 5)]),
    ("InstanceNorm3d", (2,), {"track_running_stats": True}, [(3, 2, 2, 3, 2)]),
    ("Upsample", (), {"scale_factor": 2}, [(2, 3, 4)]),
    ("Upsample", (), {"scale_factor": (1.5, 0.5), "mode": "bilinear"}, [(2, 3, 4, 5)]),
    ("Upsample", ((7, 3), None, "bicubic", True), {}, [(2, 3, 4, 5)]),
    ("Upsample", (6,), {"mode": "area"}, [(2, 3, 4, 5)]),
    ("UpsamplingNearest2d", (), {"scale_factor": (2.0, 1.5)}, [(2, 3, 4, 5)]),
    ("UpsamplingBilinear2d", ((7, 3),), {}, [(2, 3, 4, 5)]),
    ("ChannelShuffle", (2,), {}, [(2, 6, 3, 2)]),
    ("LocalResponseNorm", (3,), {}, [(2, 5, 4)]),
    ("LocalResponseNorm", (4, 0.5, 1.5), {"k": 2.0}, [(2, 5, 2, 3, 2)]),
    ("CrossMapLRN2d", (4, 0.5), {"k": 2}, [(2, 2, 4, 5)]),
    ("CrossMapLRN2d", (6,), {}, [(2, 3, 4, 5)]),
    ("SyncBatchNorm", (3,), {}, [(4, 3)]),
    ("SyncBatchNorm", (3, 1e-3, 0.3), {"bias": False}, [(4, 3, 2, 2)]),
    ("PixelShuffle", (2,), {}, [(2, 8, 3, 2)]),
    ("PixelUnshuffle", (2,), {}, [(2, 2, 4, 6)]),
    ("Unfold", ((2, 3),), {"padding": 1, "stride": (1, 2)}, [(2, 3, 4, 5)]),
    ("Fold", ((4, 5), 2), {"dilation": 2}, [(2, 12, 6)]),
    ("CosineSimilarity", (), {"dim": 2}, [(2, 3, 4), (2, 3, 4)]),
    ("PairwiseDistance", (1.0,), {"keepdim": True}, [(4, 3), (4, 3)]),
    ("MarginRankingLoss", (0.2,), {}, [(8,), (8,), indices(2, 8) * 2 - 1]),
    ("TripletMarginLoss", (), {"swap": True, "reduction": "none"}, [(8, 3), (8, 3), (8, 3)]),
    ("CosineEmbeddingLoss", (0.1,), {}, [(8, 3), (8, 3), indices(2, 8) * 2 - 1]),
    ("Embedding", (10, 4), {}, [indices(10, 2, 5)]),
    ("Embedding", (10, 4), {"padding_idx": -1}, [indices(10, 2, 5)]),
    ("Embedding", (10, 4, 1), {"scale_grad_by_freq": True, "max_norm": 1.0, "norm_type": 1.0}, None),
    ("EmbeddingBag", (10, 4), {}, [indices(10, 2, 5)]),
    ("EmbeddingBag", (10, 4), {"mode": "sum", "padding_idx": 3}, [indices(10, 9), np.array([0, 0, 5, 9])]),
    ("EmbeddingBag", (5, 4), {"mode": "max", "padding_idx": -5}, [indices(5, 9), np.array([0, 4, 4, 5])]),
    ("EmbeddingBag", (5, 4, 1.5, 1.0, True), {"include_last_offset": True}, [np.array([3, 1, 1, 3]), np.array([0, 1, 4])]),
]  # fmt: skip

names = [f"{name}{args}{list(options)}" for name, args, options, _ in LAYERS]


def make(library, name, args, options, seed=5):
    library.manual_seed(seed)
    return getattr(library.nn, name)(*args, **options)


def values(tensors):
    return [t.detach().numpy() for t in tensors]


def arrays(inputs):
    return [floats(x).astype(np.float32) if isinstance(x, tuple) else x for x in inputs]


def run(library, module, inputs):
    """Output, and gradients of all inputs and parameters."""
    tensors = []
    for x in inputs:
        is_float = x.dtype.kind == "f"
        t = library.tensor(x.astype(np.float32) if is_float else x)
        tensors.append(t.requires_grad_() if is_float and not tensors else t)
    library.manual_seed(3)
    out = module(*tensors)
    out = out.output + out.loss if isinstance(out, tuple) else out
    weights = np.cos(np.arange(out.numel(), dtype=np.float32)).reshape(tuple(out.shape))
    (out * library.tensor(weights)).sum().backward()
    grads = [t.grad for t in (*tensors, *module.parameters()) if t.requires_grad]
    return values([out, *grads])


@pytest.mark.parametrize(("name", "args", "options", "inputs"), LAYERS, ids=names)
def test_the_layer_is_pytorchs(name, args, options, inputs):
    ours, theirs = make(mgx, name, args, options), make(torch, name, args, options)
    assert repr(ours) == repr(theirs)
    assert list(ours.state_dict()) == list(theirs.state_dict())
    for key, expected in theirs.state_dict().items():
        np.testing.assert_array_equal(ours.state_dict()[key].numpy(), expected.numpy(), err_msg=key)
        assert str(ours.state_dict()[key].dtype) == str(expected.dtype)
    if inputs is None:
        return
    given = arrays(inputs)
    for training in (True, False):
        ours.train(training)
        theirs.train(training)
        ours.zero_grad()
        theirs.zero_grad()
        results = zip(run(mgx, ours, given), run(torch, theirs, given), strict=True)
        for result, expected in results:
            assert result.dtype == expected.dtype
            np.testing.assert_allclose(result, expected, rtol=2e-5, atol=2e-6)
    for key, expected in theirs.state_dict().items():
        np.testing.assert_allclose(ours.state_dict()[key].numpy(), expected.numpy(), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(("name", "args", "options", "inputs"), LAYERS, ids=names)
def test_copies_and_pickles_are_equal_and_independent(name, args, options, inputs):
    module = make(mgx, name, args, options)
    for other in (copy.deepcopy(module), pickle.loads(pickle.dumps(module))):
        assert repr(other) == repr(module)
        for (key, a), (other_key, b) in zip(module.state_dict().items(), other.state_dict().items(), strict=True):
            assert key == other_key
            np.testing.assert_array_equal(a.numpy(), b.numpy())
            assert not np.shares_memory(a.numpy(), b.numpy())


@pytest.mark.parametrize("name", sorted({name for name, *_ in LAYERS}))
def test_the_constructor_has_pytorchs_parameters(name):
    def parameters(cls):
        found = inspect.signature(cls).parameters.values()
        return [(p.name, p.default) for p in found if p.name not in ("args", "kwargs")]

    assert parameters(getattr(mgx.nn, name)) == parameters(getattr(torch.nn, name))


def test_batch_norms_can_be_replaced_by_synchronized_ones():
    """With their own parameters and buffers."""
    reprs = []
    for m in (mgx, torch):
        norm = m.nn.BatchNorm1d(2, affine=False).eval()
        model = m.nn.Sequential(m.nn.BatchNorm2d(3, momentum=0.3), m.nn.Sequential(m.nn.ReLU(), norm))
        new = m.nn.SyncBatchNorm.convert_sync_batchnorm(model)
        assert new[1][1].running_mean is norm.running_mean
        assert not new[1][1].training
        reprs.append(repr(new))
    assert reprs[0] == reprs[1]


@pytest.mark.parametrize("m", [mgx, torch])
def test_a_synchronized_batch_norm_needs_channels(m):
    norm = m.nn.SyncBatchNorm(3)
    with pytest.raises(ValueError, match=r"expected at least 2D input \(got 1D input\)"):
        norm(m.ones(3))
    with pytest.raises(ValueError, match="SyncBatchNorm number of input channels should be non-zero"):
        norm(m.ones(2, 0))


def test_data_parallel_calls_its_module():
    reprs = []
    for m in (mgx, torch):
        m.manual_seed(0)
        layer = m.nn.Linear(2, 1)
        parallel = m.nn.DataParallel(layer, device_ids=[0])
        assert list(parallel.state_dict()) == ["module.weight", "module.bias"]
        assert parallel.module is layer
        assert parallel(m.ones(3, 2)).tolist() == layer(m.ones(3, 2)).tolist()
        reprs.append(repr(parallel))
    assert reprs[0] == reprs[1]


@pytest.mark.parametrize("m", [mgx, torch])
def test_local_response_norms_need_spatial_axes(m):
    with pytest.raises(ValueError, match="CrossMapLRN2d: Expected input to be 4D, got 3D instead"):
        m.nn.CrossMapLRN2d(2)(m.ones(1, 2, 3))
    with pytest.raises(ValueError, match="Expected 3D or higher dimensionality"):
        m.nn.LocalResponseNorm(2)(m.ones(2, 3))


@pytest.mark.parametrize("name", ["upsample", "upsample_nearest", "upsample_bilinear"])
@pytest.mark.parametrize("m", [mgx, torch])
def test_the_older_names_of_interpolate_warn(name, m):
    with pytest.warns(
        UserWarning, match=rf"^`nn.functional.{name}` is deprecated. Use `nn.functional.interpolate`"
    ) as w:
        getattr(m.nn.functional, name)(m.ones(1, 1, 2, 2), 3)
    assert w[0].filename == __file__


def test_every_layer_is_tested():
    tested = {name for name, *_ in LAYERS}
    others = {"Module", "Sequential", "ModuleList", "ModuleDict", "ParameterList", "ParameterDict"}
    others |= {"Container", "DataParallel"}  # in test_container.py, and above
    others |= {"RNNBase", "RNN", "LSTM", "GRU", "RNNCellBase", "RNNCell", "LSTMCell", "GRUCell"}  # in test_rnn.py
    others |= {"MultiheadAttention", "Transformer", "TransformerEncoder", "TransformerDecoder"}  # in test_attention.py
    others |= {"TransformerEncoderLayer", "TransformerDecoderLayer"}
    others |= {name for name in vars(mgx.nn) if name.startswith("Lazy")}  # in test_lazy.py
    others.add("NLLLoss2d")  # which warns
    layers = {k for k, v in vars(mgx.nn).items() if isinstance(v, type) and issubclass(v, Module)}
    assert layers == tested | others


@pytest.mark.parametrize(
    ("name", "args", "options"),
    [
        ("Conv2d", (3, 4, 3), {"groups": 0}),
        ("Conv2d", (3, 4, 3), {"groups": 2}),
        ("Conv2d", (4, 3, 3), {"groups": 2}),
        ("Conv2d", (3, 4, 3), {"padding": "same", "stride": 2}),
        ("ConvTranspose2d", (3, 4, 3), {"padding_mode": "reflect"}),
        ("Dropout", (1.5,), {}),
        ("Unflatten", (1, 3), {}),
        ("Unflatten", (1, (3, 0.5)), {}),
        ("Hardtanh", (1, -1), {}),
        ("HuberLoss", (), {"delta": "1"}),
        ("GroupNorm", (4, 6), {}),
        ("Embedding", (3, 2), {"padding_idx": 3}),
        ("FractionalMaxPool2d", (2,), {}),
        ("FractionalMaxPool2d", (2, 3, 0.5), {}),
        ("FractionalMaxPool3d", (2,), {"output_ratio": (0.5, 0.5, 1.0)}),
        ("EmbeddingBag", (3, 2), {"padding_idx": -4}),
        ("Bilinear", (0, 2, 3), {}),
        ("AlphaDropout", (-0.5,), {}),
        ("TripletMarginLoss", (0.0,), {}),
        ("TripletMarginWithDistanceLoss", (), {"margin": 0.0}),
        ("MultiMarginLoss", (3,), {}),
        ("LinearCrossEntropyLoss", (3, 2), {"label_smoothing": 1.5}),
        *(
            ("AdaptiveLogSoftmaxWithLoss", (8, 20, cutoffs), {})
            for cutoffs in ([], [5, 2], [0, 2], [20], [2, 2], [2.5])
        ),
    ],
)
def test_wrong_arguments_raise_as_in_pytorch(name, args, options):
    with pytest.raises((ValueError, TypeError, AssertionError, RuntimeError)) as theirs:
        make(torch, name, args, options)
    with pytest.raises(type(theirs.value)) as ours:
        make(mgx, name, args, options)
    assert str(ours.value) == str(theirs.value)


@pytest.mark.parametrize("padding", ["some", "SAME"])
def test_a_wrong_padding_raises(padding):
    with pytest.raises(ValueError, match="Invalid padding string"):
        mgx.nn.Conv2d(1, 1, 3, padding=padding)
    with pytest.raises(ValueError, match="padding_mode must be one of"):
        mgx.nn.Conv2d(1, 1, 3, padding_mode=padding)


@pytest.mark.parametrize("size", [(9, 10), (9, 9), [2, 4, 10, 10]])
def test_the_output_size_of_a_transposed_convolution_can_be_chosen(size):
    ours, theirs = (make(lib, "ConvTranspose2d", (3, 4, 3), {"stride": 2}) for lib in (mgx, torch))
    x = floats((2, 3, 4, 4)).astype(np.float32)
    result, expected = ours(mgx.tensor(x), size), theirs(torch.tensor(x), size)
    np.testing.assert_allclose(result.detach().numpy(), expected.detach().numpy(), rtol=1e-5, atol=1e-6)


def test_an_output_size_that_cannot_be_reached_raises():
    layer = mgx.nn.ConvTranspose2d(3, 4, 3, stride=2)
    with pytest.raises(ValueError, match=r"valid sizes range from \[9, 9\] to \[10, 10\]"):
        layer(mgx.ones(2, 3, 4, 4), (12, 9))
    with pytest.raises(ValueError, match="output_size must have 2 or 4 elements"):
        layer(mgx.ones(2, 3, 4, 4), (9,))


def test_max_pooling_can_return_indices():
    x = floats((2, 3, 6, 6)).astype(np.float32)
    for name, args in (("MaxPool2d", (2,)), ("AdaptiveMaxPool2d", (3,))):
        ours, theirs = (make(lib, name, args, {"return_indices": True}) for lib in (mgx, torch))
        for result, expected in zip(ours(mgx.tensor(x)), theirs(torch.tensor(x)), strict=True):
            np.testing.assert_array_equal(result.numpy(), expected.numpy())


def test_losses_take_weights_as_buffers():
    weight = [0.5, 1.0, 2.0]
    for name in ("CrossEntropyLoss", "NLLLoss"):
        inputs = arrays([(4, 3), indices(3, 4)])
        ours = getattr(mgx.nn, name)(weight=mgx.tensor(weight))
        theirs = getattr(torch.nn, name)(weight=torch.tensor(weight))
        for result, expected in zip(run(mgx, ours, inputs), run(torch, theirs, inputs), strict=True):
            np.testing.assert_allclose(result, expected, rtol=1e-5, atol=1e-6)
    loss = mgx.nn.BCEWithLogitsLoss(pos_weight=mgx.tensor(weight))
    assert list(loss.state_dict()) == ["pos_weight"]
    assert loss.double().pos_weight.dtype is mgx.float64


@pytest.mark.parametrize("inplace", ["ReLU", "LeakyReLU", "ELU", "SiLU", "Hardtanh"])
def test_activations_can_write_into_their_input(inplace):
    x = mgx.randn(3, 4)
    y = x * 1
    out = getattr(mgx.nn, inplace)(inplace=True)(y)
    assert out is y
    np.testing.assert_array_equal(y.numpy(), getattr(mgx.nn, inplace)()(x).numpy())


def test_a_batch_norm_raises_on_other_dimensions():
    with pytest.raises(ValueError, match=r"^expected 4D input \(got 3D input\)$"):
        mgx.nn.BatchNorm2d(3)(mgx.ones(1, 3, 4))
    with pytest.raises(ValueError, match=r"^expected 2D or 3D input \(got 4D input\)$"):
        mgx.nn.BatchNorm1d(3)(mgx.ones(1, 3, 4, 4))


@pytest.mark.parametrize("library", [mgx, torch])
def test_an_instance_norm_needs_its_channels_only_to_scale_them(library):
    images = library.ones(2, 3, 4, 4)
    with pytest.warns(UserWarning, match="does not match num_features|to match num_features"):
        assert library.nn.InstanceNorm2d(5)(images).shape == images.shape
    with pytest.raises(ValueError, match=r"expected input's size at dim=1 to match num_features \(5\), but got: 3"):
        library.nn.InstanceNorm2d(5, affine=True)(images)
    with pytest.raises(ValueError, match=r"expected 3D or 4D input \(got 2D input\)"):
        library.nn.InstanceNorm2d(3)(images[0, :, 0])


@pytest.mark.parametrize("library", [mgx, torch])
def test_a_border_needs_spatial_dimensions(library):
    with pytest.raises(ValueError, match=r"^expected 3D or 4D input \(got 2D input\)$"):
        library.nn.CircularPad2d(1)(library.ones(3, 4))
    with pytest.raises(NotImplementedError, match="is not supported for 2D input tensor"):
        library.nn.ReflectionPad2d(1)(library.ones(3, 4))
    assert isinstance(library.nn.ZeroPad2d(1), library.nn.ConstantPad2d)


def test_a_batch_norms_state_from_before_batches_were_counted_loads():
    old = mgx.nn.BatchNorm1d(2).state_dict()
    del old["num_batches_tracked"], old._metadata
    assert str(mgx.nn.BatchNorm1d(2).load_state_dict(old)) == "<All keys matched successfully>"


def test_an_embedding_keeps_the_pretrained_weights():
    table = mgx.eye(3)
    layer = mgx.nn.Embedding.from_pretrained(table, padding_idx=1)
    assert not layer.weight.requires_grad
    assert layer.padding_idx == 1
    assert np.shares_memory(layer.weight.numpy(), table.numpy())
    with pytest.raises(AssertionError, match="Shape of weight does not match"):
        mgx.nn.Embedding(3, 4, _weight=table)


def test_an_embedding_bag_keeps_the_pretrained_weights():
    table = mgx.eye(3)
    bag = mgx.nn.EmbeddingBag.from_pretrained(table, mode="max", padding_idx=1)
    assert not bag.weight.requires_grad
    assert np.shares_memory(bag.weight.numpy(), table.numpy())
    assert repr(bag) == "EmbeddingBag(3, 3, mode='max', padding_idx=1)"
    assert bag(mgx.tensor([[0, 1]])).tolist() == [[1.0, 0.0, 0.0]]


def test_a_bag_divides_gradients_by_frequencies_as_an_embedding_does():
    """PyTorch's `embedding` is the reference: its `embedding_bag` divides by the frequencies of other indices."""
    index, g = indices(5, 3, 4), floats((3, 2))
    bag, single = mgx.nn.EmbeddingBag(5, 2, scale_grad_by_freq=True), torch.nn.Embedding(5, 2, scale_grad_by_freq=True)
    bag(mgx.tensor(index)).backward(mgx.tensor(g, dtype=mgx.float32))
    single(torch.tensor(index)).mean(1).backward(torch.tensor(g, dtype=torch.float32))
    np.testing.assert_allclose(bag.weight.grad.numpy(), single.weight.grad.numpy(), rtol=1e-5, atol=1e-6)


def test_a_dtype_may_be_chosen():
    layer = mgx.nn.Conv2d(1, 2, 3, dtype=mgx.float64, device="cpu")
    assert {p.dtype for p in layer.parameters()} == {mgx.float64}
    expected = torch.nn.Conv2d(1, 2, 3, dtype=torch.float64)
    np.testing.assert_array_equal(layer.weight.detach().numpy(), expected.weight.detach().numpy())
    with pytest.raises(RuntimeError, match="cuda"):
        mgx.nn.Linear(1, 1, device="cuda")


def test_the_old_name_of_a_loss_warns():
    with pytest.warns(FutureWarning, match="`NLLLoss2d` has been deprecated"):
        loss = mgx.nn.NLLLoss2d(reduction="sum")
    assert isinstance(loss, mgx.nn.NLLLoss)
    assert loss(mgx.ones(2, 3, 4, 4), mgx.ones(2, 4, 4, dtype=mgx.int64)).item() == -32


@pytest.mark.parametrize("rare", [False, True, None])
def test_an_adaptive_softmax_predicts(rare):
    """Rows whose best place in the head is a class, a cluster, or some of both."""
    ours, theirs = (
        make(lib, "AdaptiveLogSoftmaxWithLoss", (16, 20, [4, 10]), {"head_bias": True}) for lib in (mgx, torch)
    )
    for layer in (ours, theirs):
        with (mgx if layer is ours else torch).no_grad():
            layer.head.bias[4:] += {False: -9, True: 9, None: 0.3}[rare]
    x = floats((40, 16)).astype(np.float32)
    result, expected = ours.predict(mgx.tensor(x)), theirs.predict(torch.tensor(x))
    assert result.dtype is mgx.int64
    np.testing.assert_array_equal(result.numpy(), expected.numpy())
    in_clusters = int((theirs.head(torch.tensor(x)).argmax(1) >= 4).sum())
    assert in_clusters in {False: [0], True: [40], None: range(1, 40)}[rare]
    result, expected = ours.log_prob(mgx.tensor(x)), theirs.log_prob(torch.tensor(x))
    np.testing.assert_allclose(result.detach().numpy(), expected.detach().numpy(), rtol=1e-5)
    output, loss = ours(mgx.tensor(x), mgx.tensor(indices(20, 40)))
    np.testing.assert_allclose(
        output.detach().numpy(), result.numpy(force=True)[np.arange(40), indices(20, 40)], rtol=1e-5
    )
    assert loss.item() == pytest.approx(-output.mean().item(), rel=1e-6)
    assert type(ours(mgx.tensor(x), mgx.tensor(indices(20, 40)))).__name__ == "_ASMoutput"


@pytest.mark.parametrize(
    ("shape", "target"),
    [((4, 16), [1, 2]), ((16,), [1]), ((1, 16), 1), ((1, 16), [[1]]), ((2, 16), [1, 20]), ((2, 16), [-1, 3])],
)
def test_an_adaptive_softmax_raises_as_in_pytorch(shape, target):
    errors = []
    for lib in (mgx, torch):
        layer = make(lib, "AdaptiveLogSoftmaxWithLoss", (16, 20, [4, 10]), {})
        with pytest.raises(RuntimeError) as error:
            layer(lib.ones(shape), lib.tensor(target))
        errors.append(str(error.value))
    assert errors[0] == errors[1]


def test_a_linear_cross_entropy_does_not_compute_in_chunks():
    layer = mgx.nn.LinearCrossEntropyLoss(3, 2, options="chunks")
    with pytest.raises(NotImplementedError, match="expected options=None"):
        layer(mgx.ones(1, 3), mgx.tensor([1]))


MISTAKES = [
    lambda lib: lib.nn.Softmax2d()(lib.ones(2, 3)),
    lambda lib: lib.nn.Embedding.from_pretrained(lib.ones(3)),
    lambda lib: lib.nn.EmbeddingBag.from_pretrained(lib.ones(3)),
    lambda lib: lib.nn.EmbeddingBag(3, 4, _weight=lib.eye(3)),
    lambda lib: lib.nn.LinearCrossEntropyLoss(3, 2, weight=lib.ones(3)),
    lambda lib: lib.nn.MultiMarginLoss(weight=lib.ones(2, 2)),
    lambda lib: lib.nn.GroupNorm(2, 4)(lib.ones(4)),
    lambda lib: lib.nn.GroupNorm(4, 4)(lib.ones(1, 4)),
]


@pytest.mark.parametrize("mistake", MISTAKES)
def test_mistakes_raise_pytorchs_errors(mistake):
    errors = []
    for lib in (mgx, torch):
        with pytest.raises((RuntimeError, ValueError, AssertionError)) as error:
            mistake(lib)
        errors.append((error.type, str(error.value)))
    assert errors[0] == errors[1]


RESET = {
    name: (args, options) for name, args, options, _ in LAYERS if hasattr(getattr(torch.nn, name), "reset_parameters")
}


@pytest.mark.parametrize("name", RESET)
def test_parameters_can_be_reset(name):
    states = []
    for lib in (mgx, torch):
        layer = make(lib, name, *RESET[name])
        with lib.no_grad():
            for t in (*layer.parameters(), *layer.buffers()):
                t.fill_(7)
        layer.reset_parameters()
        states.append({key: t.numpy() for key, t in layer.state_dict().items()})
    for key, expected in states[1].items():
        np.testing.assert_array_equal(states[0][key], expected, err_msg=key)


@pytest.mark.parametrize("lib", [mgx, torch])
def test_the_older_limits_of_a_hardtanh_warn(lib):
    with pytest.warns(FutureWarning, match="keyword argument `min_value` is deprecated and renamed to `min_val`"):
        layer = lib.nn.Hardtanh(min_value=-3)
    assert layer(lib.tensor([-5.0, 5.0])).tolist() == [-3.0, 1.0]


HALF = [
    ("LayerNorm", (8,), (4, 8)),
    ("RMSNorm", (8,), (4, 8)),
    ("BatchNorm1d", (8,), (4, 8)),
    ("GroupNorm", (2, 8), (4, 8)),
    ("InstanceNorm1d", (8, 1e-5, 0.1, True, True), (4, 8, 6)),
]


@pytest.mark.parametrize("size", [300, 0.01, 0])
@pytest.mark.parametrize(("name", "args", "shape"), HALF)
def test_norms_of_half_precision(name, args, shape, size):
    """Squares of large numbers would leave the range of float16, and so would what divides by small deviations."""
    values, g = (size * floats(shape) + (size == 0)).astype(np.float16), floats(shape).astype(np.float16)

    def run(lib):
        layer, x = make(lib, name, args, {}).half(), lib.tensor(values, requires_grad=True)
        out = layer(x)
        out.backward(lib.tensor(g))
        return [t.detach().numpy() for t in (out, x.grad, *(p.grad for p in layer.parameters()), *layer.buffers())]

    for result, expected in zip(run(mgx), run(torch), strict=True):
        assert result.dtype == expected.dtype
        np.testing.assert_allclose(result, expected, rtol=1e-2, atol=1e-2 * np.abs(expected).max(initial=1e-3))


MIXED = [
    ("Linear", (2, 3), (4, 2)),
    ("Linear", (2, 3), (2,)),
    ("Linear", (2, 3, False), (4, 5, 2)),
    ("BatchNorm1d", (2,), (4, 2)),
    ("BatchNorm1d", (2, 1e-5, 0.1, False), (4, 2)),
    ("InstanceNorm1d", (2, 1e-5, 0.1, True), (4, 2, 3)),
    ("InstanceNorm1d", (2, 1e-5, 0.1, False, True), (4, 2, 3)),
    ("LayerNorm", (2,), (4, 2)),
    ("GroupNorm", (1, 2), (4, 2)),
    ("PReLU", (), (4, 2)),
    ("RMSNorm", (2,), (4, 2)),
]


@pytest.mark.parametrize("other", ["float16", "float64"])
@pytest.mark.parametrize(("name", "args", "shape"), MIXED)
@pytest.mark.parametrize("training", [True, False])
@pytest.mark.filterwarnings("ignore:Mismatch dtype between input and weight")
def test_an_input_of_another_dtype_is_not_converted_silently(name, args, shape, other, training):
    def run(lib):
        layer = make(lib, name, args, {}).train(training)
        try:
            return str(layer(lib.ones(shape, dtype=getattr(lib, other))).dtype)
        except RuntimeError as error:
            return str(error)[:50].partition(" got: ")[0].partition(";")[0]  # PyTorch's own names of dtypes differ

    assert run(mgx) == run(torch)
