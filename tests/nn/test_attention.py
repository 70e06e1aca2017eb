"""Attention and the Transformer against PyTorch's: same seed, same state, same outputs, gradients and errors."""

import copy
import inspect
import itertools
import pickle
import warnings

import numpy as np
import pytest
import torch

import microgradx as mgx
from microgradx.ops.attention import masked_softmax

pytestmark = pytest.mark.filterwarnings("ignore:enable_nested_tensor is True")  # PyTorch's, on a way of its own
libraries = (mgx, torch)


def normal(*shape, seed=0):
    return np.random.default_rng(seed).standard_normal(shape)


def hides(*shape, seed=1):
    """A mask that takes out a third of the places, but leaves the first one of each row."""
    mask = np.random.default_rng(seed).random(shape) < 1 / 3
    mask[..., 0] = False
    return mask


def attend(library, q, k, v, mask=None, order=1, **options):
    """What attention gives for arrays, and its gradients; with order 2 the gradients of these, too."""
    given = [library.tensor(x) for x in (q, k, v) + (() if mask is None else (mask,))]
    leaves = [t.requires_grad_() for t in given if t.is_floating_point()]
    library.manual_seed(3)
    function = library.nn.functional.scaled_dot_product_attention
    if library is torch:
        with torch.nn.attention.sdpa_kernel(torch.nn.attention.SDPBackend.MATH):  # only this one has second derivatives
            out = function(*given, **options)
    else:
        out = function(*given, **options)
    results = [out]
    for _ in range(order):
        total = sum((t * t).sum() for t in results[-len(leaves) :])
        grads = library.autograd.grad(total, leaves, create_graph=True)
        results += grads
    return [t.detach().numpy() for t in results]


def agree(ours, theirs, rtol=1e-9, atol=1e-10):
    for result, expected in zip(ours, theirs, strict=True):
        assert result.dtype == expected.dtype
        assert result.shape == expected.shape
        np.testing.assert_allclose(result, expected, rtol=rtol, atol=atol)


@pytest.mark.parametrize(
    ("q", "k", "v", "options"),
    [
        ((2, 3, 4, 5), (2, 3, 6, 5), (2, 3, 6, 7), {}),
        ((2, 4, 5), (2, 6, 5), (2, 6, 5), {"scale": 0.3}),
        ((4, 5), (6, 5), (6, 2), {"is_causal": True}),
        ((2, 2, 6, 4), (2, 2, 3, 4), (2, 2, 3, 4), {"is_causal": True}),
        ((2, 2, 4, 4), (2, 2, 4, 4), (2, 2, 4, 4), {"dropout_p": 0.3, "is_causal": True}),
        ((2, 4, 3, 4), (2, 2, 5, 4), (2, 2, 5, 4), {"enable_gqa": True}),
        ((2, 4, 3, 4), (2, 1, 5, 4), (2, 1, 5, 4), {}),
        ((2, 4, 3, 4), (2, 4, 5, 4), (2, 4, 5, 4), {"mask": hides(3, 5)}),
        ((2, 4, 3, 4), (2, 2, 5, 4), (2, 2, 5, 4), {"mask": hides(2, 1, 3, 5), "enable_gqa": True}),
        ((2, 4, 3, 4), (2, 4, 5, 4), (2, 4, 5, 4), {"mask": normal(2, 1, 1, 5, seed=5), "dropout_p": 0.2}),
        ((2, 4, 3, 4), (2, 4, 5, 4), (2, 4, 5, 4), {"mask": normal(3, 5, seed=5), "scale": 2.0}),
        ((3, 4), (5, 4), (5, 4), {"mask": normal(3, 5, seed=5).astype(np.float32)}),
        ((2, 3, 4, 5), (2, 3, 6, 5), (2, 3, 6, 7), {"dropout_p": 1.0}),
    ],
)
def test_attention_is_pytorchs_up_to_the_second_derivative(q, k, v, options):
    arrays = normal(*q), normal(*k, seed=1), normal(*v, seed=2)
    agree(*(attend(lib, *arrays, order=2, **options) for lib in libraries))


def test_attention_in_single_and_half_precision():
    arrays = normal(2, 2, 9, 4), normal(2, 2, 8, 4, seed=1), normal(2, 2, 8, 4, seed=2)
    agree(*(attend(lib, *(a.astype(np.float32) for a in arrays)) for lib in libraries), 2e-5, 2e-6)
    ours, theirs = (attend(lib, *(a.astype(np.float16) for a in arrays)) for lib in libraries)
    agree(ours[:1], theirs[:1], 2e-3, 2e-3)


def test_the_rules_are_the_slopes_of_finite_differences():
    def checked(*arrays):
        tensors = [mgx.tensor(a).requires_grad_() for a in arrays]
        return mgx.autograd.gradcheck(masked_softmax, tensors) and mgx.autograd.gradgradcheck(masked_softmax, tensors)

    assert checked(normal(2, 3, 5))
    assert checked(normal(2, 3, 5), np.where(hides(3, 5), -np.inf, normal(3, 5, seed=2)))


@pytest.mark.parametrize("kind", ["bool", "float"])
def test_a_query_that_sees_nothing_gets_zeros(kind):
    mask = np.zeros((3, 5), bool)
    mask[1:] = True
    if kind == "float":
        mask = np.where(mask, 0, -np.inf)
    arrays = normal(2, 3, 4), normal(2, 5, 4, seed=1), normal(2, 5, 4, seed=2)
    ours, theirs = (attend(lib, *arrays, mask) for lib in libraries)
    agree(ours[:4], theirs[:4])
    assert not ours[0][:, 0].any()
    assert not ours[1][:, 0].any()


def test_attention_to_nothing_is_zero():
    arrays = normal(2, 3, 4), normal(2, 0, 4), normal(2, 0, 5)
    ours, theirs = (attend(lib, *arrays) for lib in libraries)
    agree(ours, theirs)
    assert ours[0].shape == (2, 3, 5)


def test_large_scores_do_not_overflow():
    arrays = 1e4 * normal(3, 4), 1e4 * normal(5, 4, seed=1), normal(5, 2, seed=2)
    agree(*(attend(lib, *arrays) for lib in libraries))


@pytest.mark.parametrize(
    ("q", "k", "v", "mask", "options"),
    [
        ((2, 3, 4), (2, 5, 4), (2, 5, 4), hides(3, 5), {"is_causal": True}),
        ((4,), (5, 4), (5, 4), None, {}),
        ((3, 4), (5, 4), (5, 4), normal(3, 5).astype(np.float16), {}),
        ((3, 4), (5, 4), (5, 4), np.ones((3, 5), int), {}),
        ((2, 3, 4), (2, 5, 4), (2, 5, 4), hides(3, 4), {}),
        ((2, 3, 4), (2, 5, 4), (2, 5, 4), None, {"enable_gqa": True, "q": (2, 3, 3, 4)}),
    ],
)
def test_what_does_not_fit_raises_pytorchs_error(q, k, v, mask, options):
    shapes = [options.pop("q", q), k, v]
    errors = []
    for lib in libraries:
        given = [lib.tensor(normal(*shape)) for shape in shapes]
        with pytest.raises(RuntimeError) as raised:
            lib.nn.functional.scaled_dot_product_attention(
                *given, None if mask is None else lib.tensor(mask), **options
            )
        errors.append(str(raised.value))
    assert errors[0].startswith(errors[1])


@pytest.mark.parametrize("wrong", ["key", "value", "query", "dtype", "integer", "dropout", "list"])
def test_wrong_operands_raise(wrong):
    q, k, v = mgx.ones(2, 3, 4), mgx.ones(2, 5, 4), mgx.ones(2, 5, 4)
    function = mgx.nn.functional.scaled_dot_product_attention
    calls = {
        "key": (lambda: function(q, k[..., :2], v), "cannot be multiplied"),
        "value": (lambda: function(q, k, v[:, :2]), "cannot be multiplied"),
        "query": (lambda: function(mgx.ones(3, 3, 4), k, v), "must match the size"),
        "dtype": (lambda: function(q, k.double(), v), "query.dtype: float key.dtype: double"),
        "integer": (lambda: function(q.long(), k.long(), v.long()), "not implemented for 'Long'"),
        "dropout": (lambda: function(q, k, v, dropout_p=1.5), "between 0 and 1, but got 1.5"),
        "list": (lambda: function(q, k, [1.0]), "'value' .position 3. must be Tensor, not list"),
    }
    call, message = calls[wrong]
    with pytest.raises((RuntimeError, TypeError, ValueError), match=message):
        call()


# ---------------------------------------------------------------- modules


def make(library, name, *args, **options):
    library.manual_seed(7)
    return getattr(library.nn, name)(*args, **options)


def same_state(ours, theirs):
    assert repr(ours) == repr(theirs)
    assert [k for k, _ in ours.named_parameters()] == [k for k, _ in theirs.named_parameters()]
    for (key, value), (other, expected) in zip(ours.state_dict().items(), theirs.state_dict().items(), strict=True):
        assert key == other
        np.testing.assert_array_equal(value.numpy(), expected.numpy(), err_msg=key)


def run(library, module, inputs, masks, order=1, **options):
    """Results, and gradients of inputs and parameters; gradients of these with order 2; in float64."""
    tensors = [library.tensor(x).requires_grad_() for x in inputs]
    masks = {k: library.tensor(m) for k, m in masks.items()}
    library.manual_seed(3)
    out = module(*tensors, **masks, **options)
    results = [t for t in (out if isinstance(out, tuple) else (out,)) if t is not None]
    leaves = [*tensors, *module.parameters()]
    total = sum((t * library.tensor(np.cos(np.arange(t.numel())).reshape(tuple(t.shape)))).sum() for t in results)
    for _ in range(order):
        grads = library.autograd.grad(total, leaves, create_graph=True, materialize_grads=True)
        total = sum((g * g).sum() for g in grads)
        results += grads
    return [t.detach().numpy() for t in results]


S, L, N, E = 5, 4, 3, 8
ATTENTION = [
    {},
    {"batch_first": True},
    {"bias": False},
    {"dropout": 0.3},
    {"add_bias_kv": True},
    {"add_zero_attn": True},
    {"kdim": 6, "vdim": 5},
    {"kdim": 6, "vdim": 5, "bias": False, "add_bias_kv": True, "add_zero_attn": True, "batch_first": True},
]
MASKS = [
    {},
    {"key_padding_mask": hides(N, S)},
    {"attn_mask": hides(L, S)},
    {"attn_mask": hides(2 * N, L, S), "key_padding_mask": hides(N, S, seed=2)},
    {"attn_mask": normal(L, S)},
]


@pytest.mark.parametrize("options", ATTENTION, ids=str)
def test_multihead_attention_is_pytorchs(options):
    ours, theirs = (make(lib, "MultiheadAttention", E, 2, **options) for lib in libraries)
    same_state(ours, theirs)
    ours, theirs = ours.double(), theirs.double()
    arrays = normal(L, N, E), normal(S, N, options.get("kdim", E), seed=1), normal(S, N, options.get("vdim", E), seed=2)
    if options.get("batch_first"):
        arrays = [a.swapaxes(0, 1) for a in arrays]
    for training, masks in itertools.product((True, False), MASKS):
        pair = [(lib, m.train(training), arrays, masks) for lib, m in zip(libraries, (ours, theirs))]
        agree(*(run(*p) for p in pair))
        agree(*(run(*p, average_attn_weights=False) for p in pair))
        agree(*(run(*p, need_weights=False) for p in pair))


@pytest.mark.parametrize("batch_first", [False, True])
def test_self_attention_and_its_second_derivatives(batch_first):
    ours, theirs = (make(lib, "MultiheadAttention", E, 2, 0.2, batch_first=batch_first).double() for lib in libraries)

    def itself(module):
        def call(x, **options):
            return module(x, x, x, **options)

        call.parameters = module.parameters
        return call

    for masks in ({}, {"attn_mask": hides(L, L)}):
        pair = [(lib, itself(m), [normal(N, L, E) if batch_first else normal(L, N, E)], masks)
                for lib, m in zip(libraries, (ours, theirs))]  # fmt: skip
        agree(*(run(*p, order=2) for p in pair))
        agree(*(run(*p, need_weights=False) for p in pair))


@pytest.mark.parametrize("need_weights", [False, True])
def test_attention_without_a_batch(need_weights):
    ours, theirs = (make(lib, "MultiheadAttention", E, 2, batch_first=True).double() for lib in libraries)
    arrays = normal(L, E), normal(S, E, seed=1), normal(S, E, seed=2)
    for masks in ({}, {"key_padding_mask": hides(S)}, {"attn_mask": hides(2, L, S)}):
        pair = [(lib, m, arrays, masks) for lib, m in zip(libraries, (ours, theirs))]
        agree(*(run(*p, need_weights=need_weights) for p in pair))


def test_the_hint_that_a_mask_is_causal():
    ours, theirs = (make(lib, "MultiheadAttention", E, 2).double() for lib in libraries)
    arrays = [normal(L, N, E)] * 3
    causal = np.triu(np.ones((L, L), bool), 1)
    for masks, need_weights in itertools.product(
        ({"attn_mask": causal}, {"attn_mask": causal, "key_padding_mask": hides(N, L)}), (False, True)
    ):
        pair = [(lib, m, arrays, masks) for lib, m in zip(libraries, (ours, theirs))]
        agree(*(run(*p, need_weights=need_weights, is_causal=True) for p in pair))


def test_keys_and_values_may_be_given_projected():
    def call(lib):
        m = make(lib, "MultiheadAttention", E, 2).double()
        x = lib.tensor(normal(L, N, E))
        k, v = (lib.tensor(normal(2 * N, S, E // 2, seed=i)).requires_grad_() for i in (4, 5))
        out, weights = lib.nn.functional.multi_head_attention_forward(
            x, x, x, E, 2, m.in_proj_weight, m.in_proj_bias, None, None, False, 0.0, m.out_proj.weight,
            m.out_proj.bias, static_k=k, static_v=v,
        )  # fmt: skip
        out.sum().backward()
        return [t.detach().numpy() for t in (out, weights, k.grad, v.grad)]

    agree(*map(call, libraries))


WRONG = [
    ((L, N, E), (S, N, E), {"attn_mask": np.zeros((L, S), int)}),
    ((L, N, E), (S, N, E), {"attn_mask": hides(S, L)}),
    ((L, N, E), (S, N, E), {"attn_mask": hides(N, L, S)}),
    ((L, N, E), (S, N, E), {"attn_mask": hides(S)}),
    ((L, N, E), (S, N, E), {"key_padding_mask": hides(S)}),
    ((L, N, E), (S, N, E), {"key_padding_mask": hides(N, L)}),
    ((L, N, E), (S, N, E), {"key_padding_mask": hides(L, S)}),
    ((L, N, E), (S, E), {}),
    ((L, E), (S, N, E), {}),
    ((L, E), (S, E), {"key_padding_mask": hides(N, S)}),
    ((L, E), (S, E), {"attn_mask": hides(3, L, S)}),
    ((L, E), (S, E), {"attn_mask": hides(L)}),
    ((E,), (E,), {}),
    ((L, N, E + 2), (S, N, E), {}),
]


@pytest.mark.parametrize(("query", "key", "masks"), WRONG, ids=str)
def test_what_does_not_fit_into_attention_raises(query, key, masks):
    errors = []
    for lib in libraries:
        module = make(lib, "MultiheadAttention", E, 2)
        q, k = (lib.tensor(normal(*shape).astype(np.float32)) for shape in (query, key))
        with pytest.raises((AssertionError, RuntimeError)) as raised:
            module(q, k, k, **{name: lib.tensor(m) for name, m in masks.items()})
        errors.append((raised.type, str(raised.value)))
    assert errors[0] == errors[1]


def test_other_mistakes_raise_too():
    for args, cls in (((8, 3), AssertionError), ((0, 1), ValueError), ((8, -2), ValueError)):
        errors = []
        for lib in libraries:
            with pytest.raises(cls) as raised:
                lib.nn.MultiheadAttention(*args)
            errors.append(str(raised.value))
        assert errors[0] == errors[1]
    x = mgx.ones(L, N, E)
    with pytest.raises(RuntimeError, match="Need attn_mask if specifying the is_causal hint"):
        mgx.nn.MultiheadAttention(E, 2)(x, x, x, is_causal=True)
    with pytest.raises(AssertionError, match=r"key shape .* does not match value shape"):
        mgx.nn.MultiheadAttention(E, 2)(x, x, mgx.ones(S, N, E))
    with pytest.raises(AssertionError, match=r"sequence and batch dims .* do not match value's"):
        mgx.nn.MultiheadAttention(E, 2, kdim=6)(x, mgx.ones(L, N, 6), mgx.ones(S, N, E))
    with pytest.warns(UserWarning, match="Support for mismatched key_padding_mask and attn_mask is deprecated"):
        mgx.nn.MultiheadAttention(E, 2)(x, x, x, mgx.tensor(hides(N, L)), attn_mask=mgx.zeros(L, L))


# ---------------------------------------------------------------- transformer

OPTIONS = [
    {},
    {"batch_first": True, "activation": "gelu"},
    {"norm_first": True, "bias": False},
    {"norm_first": True, "dropout": 0.0, "layer_norm_eps": 1e-3},
]


def sequences(batch_first):
    """A source of S places and a target of L."""
    arrays = normal(S, N, E), normal(L, N, E, seed=1)
    return [a.swapaxes(0, 1) for a in arrays] if batch_first else list(arrays)


def compare(ours, theirs, arrays, masks, order=1):
    same_state(ours, theirs)
    ours, theirs = ours.double(), theirs.double()
    for training in (True, False):
        pair = zip(libraries, (ours.train(training), theirs.train(training)))
        agree(*(run(lib, m, arrays, masks, order) for lib, m in pair), rtol=1e-8)


@pytest.mark.parametrize("options", OPTIONS, ids=str)
def test_the_encoder_is_pytorchs(options):
    source, _ = sequences(options.get("batch_first"))
    for name, value in (("src_mask", hides(S, S)), ("src_key_padding_mask", hides(N, S)), (None, None)):
        ours, theirs = (make(lib, "TransformerEncoderLayer", E, 2, 16, **options) for lib in libraries)
        compare(ours, theirs, [source], {name: value} if name else {})

    def stack(lib):
        layer = make(lib, "TransformerEncoderLayer", E, 2, 16, **options)
        return lib.nn.TransformerEncoder(layer, 2, lib.nn.LayerNorm(E))

    compare(*map(stack, libraries), [source], {"mask": hides(S, S), "src_key_padding_mask": hides(N, S)})


@pytest.mark.parametrize("options", OPTIONS, ids=str)
def test_the_decoder_is_pytorchs(options):
    source, target = sequences(options.get("batch_first"))
    masks = {
        "tgt_mask": np.triu(np.ones((L, L), bool), 1),
        "memory_mask": hides(L, S),
        "tgt_key_padding_mask": hides(N, L),
        "memory_key_padding_mask": hides(N, S),
    }
    ours, theirs = (make(lib, "TransformerDecoderLayer", E, 2, 16, **options) for lib in libraries)
    compare(ours, theirs, [target, source], masks)

    def stack(lib):
        return lib.nn.TransformerDecoder(make(lib, "TransformerDecoderLayer", E, 2, 16, **options), 2)

    compare(*map(stack, libraries), [target, source], {})


@pytest.mark.parametrize("options", OPTIONS, ids=str)
def test_the_transformer_is_pytorchs(options):
    ours, theirs = (make(lib, "Transformer", E, 2, 1, 2, 16, **options) for lib in libraries)
    causal = torch.nn.Transformer.generate_square_subsequent_mask(L, dtype=torch.float64).numpy()
    compare(ours, theirs, sequences(options.get("batch_first")), {"tgt_mask": causal})


def test_second_derivatives_of_the_transformer():
    ours, theirs = (
        make(lib, "Transformer", 4, 2, 1, 1, 8, 0.0, activation=lib.tanh, norm_first=True).double() for lib in libraries
    )
    arrays = normal(3, 2, 4), normal(2, 2, 4, seed=1)
    with torch.nn.attention.sdpa_kernel(torch.nn.attention.SDPBackend.MATH):
        agree(*(run(lib, m, arrays, {}, 2) for lib, m in zip(libraries, (ours, theirs))), rtol=1e-7, atol=1e-8)


def test_the_transformer_in_use_without_gradients():
    for options in OPTIONS:
        ours, theirs = (make(lib, "Transformer", E, 2, 1, 1, 16, **options).eval() for lib in libraries)
        results = []
        for lib, m in zip(libraries, (ours, theirs)):
            with lib.no_grad():
                results.append(m(*(lib.tensor(x.astype(np.float32)) for x in sequences(options.get("batch_first")))))
        np.testing.assert_allclose(*(r.numpy() for r in results), rtol=1e-4, atol=1e-5)


def test_the_causal_mask():
    for dtype in ("float32", "float64"):
        ours, theirs = (
            lib.nn.Transformer.generate_square_subsequent_mask(3, dtype=getattr(lib, dtype)) for lib in libraries
        )
        agree([ours.numpy()], [theirs.numpy()])


@pytest.mark.parametrize(
    "call",
    [
        lambda model, x, y: model(x, y[:, :2]),
        lambda model, x, y: model(x, y[..., :6]),
        lambda model, x, y: model.encoder.layers[0](x, is_causal=True),
        lambda model, x, y: type(model.encoder.layers[0])(E, 2, activation="tanh"),
    ],
)
def test_what_does_not_fit_into_a_transformer_raises(call):
    errors = []
    for lib in libraries:
        model = make(lib, "Transformer", E, 2, 1, 1, 16)
        x, y = lib.ones(S, N, E), lib.ones(L, N, E)
        with pytest.raises(RuntimeError) as raised:
            call(model, x, y)
        errors.append(str(raised.value))
    assert errors[0] == errors[1]


def test_a_transformer_takes_its_parts_and_copies_them():
    encoder = mgx.nn.Identity()
    encoder.forward = lambda src, **masks: src
    model = mgx.nn.Transformer(E, 2, 0, 2, 16, custom_encoder=encoder)
    assert model.encoder is encoder
    first, second = model.decoder.layers
    assert first.linear1.weight is not second.linear1.weight
    layer = mgx.nn.TransformerEncoderLayer(E, 2, 16, activation=mgx.nn.GELU())
    for other in (copy.deepcopy(layer), pickle.loads(pickle.dumps(layer))):
        assert repr(other) == repr(layer)
        x = mgx.ones(2, 1, E)
        np.testing.assert_array_equal(other.eval()(x).detach().numpy(), layer.eval()(x).detach().numpy())


@pytest.mark.parametrize(
    "name",
    ["MultiheadAttention", "Transformer", "TransformerDecoder", "TransformerDecoderLayer", "TransformerEncoder",
     "TransformerEncoderLayer"],
)  # fmt: skip
@pytest.mark.parametrize("method", ["__init__", "forward"])
def test_the_parameters_have_pytorchs_names(name, method):
    def parameters(lib):
        return list(inspect.signature(getattr(getattr(lib.nn, name), method)).parameters)

    assert parameters(mgx) == parameters(torch)


def test_no_warning_is_given_without_a_reason():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        mgx.nn.Transformer(E, 2, 1, 1, 16)(mgx.ones(S, N, E), mgx.ones(L, N, E))
