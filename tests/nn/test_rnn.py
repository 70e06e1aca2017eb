"""Recurrent layers and cells against PyTorch's: states, outputs, gradients, packed sequences, errors."""

import copy
import itertools
import pickle

import numpy as np
import pytest
import torch

import microgradx as mgx
from microgradx.ops.recurrent import gru_cell, lstm_cell

# PyTorch says once that it takes another implementation
pytestmark = pytest.mark.filterwarnings("ignore:LSTM with projections is not supported with oneDNN")

LAYERS = ("RNN", "LSTM", "GRU")
OPTIONS = [
    {},
    {"bias": False},
    {"batch_first": True},
    {"num_layers": 2, "bidirectional": True},
    {"num_layers": 3, "dropout": 0.4},
    {"num_layers": 2, "dropout": 0.5, "bidirectional": True, "batch_first": True, "bias": False},
]
KINDS = [
    *itertools.product(LAYERS, OPTIONS),
    ("RNN", {"nonlinearity": "relu", "num_layers": 2}),
    ("LSTM", {"proj_size": 2}),
    ("LSTM", {"proj_size": 3, "num_layers": 2, "bidirectional": True, "bias": False}),
]
CELLS = [
    ("RNNCell", {}),
    ("RNNCell", {"nonlinearity": "relu", "bias": False}),
    ("LSTMCell", {}),
    ("LSTMCell", {"bias": False}),
    ("GRUCell", {}),
    ("GRUCell", {"bias": False}),
]
layers = pytest.mark.parametrize(("name", "options"), KINDS)
cells = pytest.mark.parametrize(("name", "options"), CELLS)


def floats(*shape, seed=0):
    return np.random.default_rng([seed, *shape]).standard_normal(shape)


def make(m, name, options, dtype="float32", size=(3, 4)):
    m.manual_seed(7)
    return getattr(m.nn, name)(*size, **options, dtype=getattr(m, dtype))


def flat(results):
    """All tensors in nested tuples; of a packed sequence, the data."""
    if hasattr(results, "batch_sizes"):
        return [results.data]
    return [t for r in results for t in flat(r)] if isinstance(results, (tuple, list)) else [results]


def loss_of(m, results):
    """A number to which every element contributes by another factor, and not linearly."""
    total = 0.0
    for i, t in enumerate(flat(results)):
        factor = np.cos(np.arange(t.numel()) + i).reshape(tuple(t.shape)).astype(t.detach().numpy().dtype)
        total = total + (t * t * m.tensor(factor)).sum() + (t * m.tensor(factor)).sum()
    return total


def states_of(m, name, arrays):
    """h, or for an LSTM (h, c), which need gradients; from as many arrays."""
    states = tuple(m.tensor(a).requires_grad_() for a in arrays)
    return states if name.startswith("LSTM") else states[0]


def initial(layer, name, batch, dtype):
    count = layer.num_layers * (2 if layer.bidirectional else 1)
    tail = () if batch is None else (batch,)
    sizes = [layer.proj_size or layer.hidden_size, layer.hidden_size]
    return [floats(count, *tail, n, seed=i).astype(dtype) for i, n in enumerate(sizes)]


def assert_equal(ours, theirs, rtol=2e-5, atol=2e-6):
    assert len(ours) == len(theirs)
    for x, y in zip(ours, theirs):
        assert tuple(x.shape) == tuple(y.shape)
        assert str(x.dtype) == str(y.dtype)
        np.testing.assert_allclose(x.detach().numpy(), y.detach().numpy(), rtol, atol)


def run(m, layer, x, hx, seed=3):
    """Results, and the gradients of the input, the states and the parameters."""
    x = m.tensor(x).requires_grad_()
    m.manual_seed(seed)
    results = layer(x, hx) if hx is not None else layer(x)
    leaves = [x, *([] if hx is None else flat(hx)), *layer.parameters()]
    return [*flat(results), *m.autograd.grad(loss_of(m, results), leaves)]


@layers
def test_the_state_is_pytorchs(name, options):
    ours, theirs = (make(m, name, options) for m in (mgx, torch))
    assert repr(ours) == repr(theirs)
    assert list(ours.state_dict()) == list(theirs.state_dict())
    for key, value in theirs.state_dict().items():
        np.testing.assert_array_equal(ours.state_dict()[key].numpy(), value.numpy(), err_msg=key)
    for mine, other in zip(ours.all_weights, theirs.all_weights, strict=True):
        assert [tuple(w.shape) for w in mine] == [tuple(w.shape) for w in other]
    assert ours.flatten_parameters() is None
    assert ours._flat_weights_names == theirs._flat_weights_names
    assert [tuple(w.shape) for w in ours._flat_weights] == [tuple(w.shape) for w in theirs._flat_weights]


@cells
def test_the_state_of_a_cell_is_pytorchs(name, options):
    ours, theirs = (make(m, name, options) for m in (mgx, torch))
    assert repr(ours) == repr(theirs)
    assert list(ours.state_dict()) == list(theirs.state_dict())
    for key, value in theirs.state_dict().items():
        np.testing.assert_array_equal(ours.state_dict()[key].numpy(), value.numpy(), err_msg=key)


@layers
@pytest.mark.parametrize("given", [False, True])
def test_results_and_gradients_are_pytorchs(name, options, given):
    """In training, so that the dropout between the layers is compared too."""
    outcomes = []
    for m in (mgx, torch):
        layer = make(m, name, options)
        shape = (2, 5, 3) if layer.batch_first else (5, 2, 3)
        hx = states_of(m, name, initial(layer, name, 2, "float32")) if given else None
        outcomes.append(run(m, layer, floats(*shape).astype("float32"), hx))
    assert_equal(*outcomes)


@layers
@pytest.mark.parametrize("given", [False, True])
def test_a_sequence_alone(name, options, given):
    outcomes = []
    for m in (mgx, torch):
        layer = make(m, name, options, "float64").eval()
        hx = states_of(m, name, initial(layer, name, None, "float64")) if given else None
        outcomes.append(run(m, layer, floats(5, 3), hx))
    assert_equal(*outcomes, 1e-10, 1e-12)


@layers
@pytest.mark.parametrize("given", [False, True])
@pytest.mark.parametrize("lengths", [[4, 4, 4], [5, 3, 1, 1], [2, 5, 1, 4]])
def test_packed_sequences(name, options, given, lengths):
    outcomes = []
    for m in (mgx, torch):
        layer = make(m, name, options, "float64")
        padded = m.tensor(floats(6, len(lengths), 3)).requires_grad_()
        packed = m.nn.utils.rnn.pack_padded_sequence(padded, lengths, enforce_sorted=lengths[0] != 2)
        hx = states_of(m, name, initial(layer, name, len(lengths), "float64")) if given else None
        m.manual_seed(3)
        out, last = layer(packed, hx)
        back, sizes = m.nn.utils.rnn.pad_packed_sequence(out, batch_first=True)
        assert sizes.tolist() == lengths
        leaves = [padded, *flat(hx if given else ()), *layer.parameters()]
        outcomes.append([back, *flat(last), *m.autograd.grad(loss_of(m, (back, last)), leaves)])
        assert type(out) is m.nn.utils.rnn.PackedSequence
    assert_equal(*outcomes, 1e-10, 1e-12)


@cells
@pytest.mark.parametrize("given", [False, True])
@pytest.mark.parametrize("batch", [(), (2,)])
def test_cells(name, options, given, batch):
    outcomes = []
    for m in (mgx, torch):
        cell = make(m, name, options)
        arrays = [floats(*batch, 4, seed=i).astype("float32") for i in range(2)]
        outcomes.append(
            run(m, cell, floats(*batch, 3).astype("float32"), states_of(m, name, arrays) if given else None)
        )
    assert_equal(*outcomes)


@pytest.mark.parametrize("name", LAYERS)
def test_a_cell_at_each_step_is_the_layer(name):
    layer, cell = make(mgx, name, {}, "float64"), make(mgx, name + "Cell", {}, "float64")
    x, state, out = mgx.tensor(floats(5, 2, 3)), None, []
    for step in x:
        state = cell(step, state)
        out.append(state[0] if name == "LSTM" else state)
    expected, last = layer(x)
    assert_equal([mgx.stack(out), *flat(state)], [expected, *[s[0] for s in flat(last)]], 1e-12, 1e-12)


@pytest.mark.parametrize(
    ("name", "options"),
    [("RNN", {}), ("RNN", {"nonlinearity": "relu"}), ("LSTM", {}), ("LSTM", {"proj_size": 2}), ("GRU", {}),
     ("LSTM", {"num_layers": 2, "bidirectional": True}), ("GRU", {"num_layers": 2, "bidirectional": True})],
)  # fmt: skip
def test_second_derivatives_are_pytorchs(name, options):
    outcomes = []
    for m in (mgx, torch):
        layer = make(m, name, options, "float64")
        x = m.tensor(floats(4, 2, 3)).requires_grad_()
        hx = states_of(m, name, initial(layer, name, 2, "float64"))
        leaves = [x, *flat(hx), *layer.parameters()]
        first = m.autograd.grad(loss_of(m, layer(x, hx)), leaves, create_graph=True)
        outcomes.append([*first, *m.autograd.grad(loss_of(m, list(first)), leaves)])
    assert_equal(*outcomes, 1e-9, 1e-11)


def test_the_cells_operations_have_the_slopes_of_differences():
    """All gradients, and those of gradients, of every result: also of the gates, which an LSTM hands to its rules."""
    lstm = [mgx.tensor(floats(2, n, seed=n), requires_grad=True) for n in (12, 3)]
    gru = [mgx.tensor(floats(2, n, seed=i), requires_grad=True) for i, n in enumerate((9, 9, 3))]
    for function, inputs in ((lstm_cell, lstm), (gru_cell, gru)):
        assert mgx.autograd.gradcheck(function, inputs)
        assert mgx.autograd.gradgradcheck(function, inputs)


def test_gates_that_are_wide_open_or_shut():
    """Far from 0 a gate is exactly 0 or 1, and its slope 0: nothing overflows."""
    z = mgx.tensor([[1000.0, -1000.0, 1000.0, 1000.0]], requires_grad=True)
    c = mgx.tensor([[5.0]], requires_grad=True)
    h, new, gates = lstm_cell(z, c)
    assert gates.tolist() == [[1.0, 0.0, 1.0, 1.0]]
    (h + new).sum().backward()
    assert z.grad.tolist() == [[0.0] * 4]
    assert c.grad.tolist() == [[0.0]]


def test_evaluation_has_no_dropout_and_no_graph():
    layer = make(mgx, "LSTM", {"num_layers": 2, "dropout": 0.9}).eval()
    x = mgx.tensor(floats(5, 2, 3).astype("float32"))
    with mgx.no_grad():
        out, (h, _) = layer(x)
    assert not out.requires_grad
    assert_equal([out[-1]], [h[1]])
    assert_equal([layer(x)[0]], [out])


def test_copies_are_independent():
    layer = make(mgx, "LSTM", {"num_layers": 2, "bidirectional": True})
    x = mgx.tensor(floats(5, 2, 3).astype("float32"))
    expected = layer(x)[0].detach().numpy().copy()
    for other in (copy.deepcopy(layer), pickle.loads(pickle.dumps(layer))):
        np.testing.assert_array_equal(other(x)[0].detach().numpy(), expected)
        with mgx.no_grad():
            other.weight_hh_l1_reverse.zero_()
        np.testing.assert_array_equal(layer(x)[0].detach().numpy(), expected)
    assert layer.double()(x.double())[0].dtype is mgx.float64


def test_an_empty_batch():
    for name in LAYERS:
        outcomes = [flat(make(m, name, {})(m.zeros(2, 0, 3))) for m in (mgx, torch)]
        assert_equal(*outcomes)


# ---------------------------------------------------------------- padding and packing


def ragged(m, sizes=(3, 1, 4), tail=()):
    return [m.tensor(floats(n, *tail, seed=n)).requires_grad_() for n in sizes]


@pytest.mark.parametrize("tail", [(), (2,), (2, 3)])
@pytest.mark.parametrize("options", [{}, {"batch_first": True, "padding_value": -1.5}, {"padding_side": "left"}])
def test_pad_sequence(tail, options):
    outcomes = []
    for m in (mgx, torch):
        sequences = ragged(m, tail=tail)
        out = m.nn.utils.rnn.pad_sequence(sequences, **options)
        outcomes.append([out, *m.autograd.grad(loss_of(m, out), sequences)])
    assert_equal(*outcomes, 0, 0)


@pytest.mark.parametrize("m", [mgx, torch])
def test_padded_sequences_have_the_dtype_of_the_first(m):
    padded = m.nn.utils.rnn.pad_sequence([m.tensor([1.5]), m.tensor([2.5, 3.5], dtype=m.float64)])
    assert padded.dtype is m.float32
    assert padded.tolist() == [[1.5, 2.5], [0.0, 3.5]]


@pytest.mark.parametrize("tail", [(), (2,)])
@pytest.mark.parametrize(
    "options", [{}, {"total_length": 4}, {"batch_first": True, "total_length": 6, "padding_value": 2.5}]
)
def test_packing_and_back(tail, options):
    outcomes = []
    for m in (mgx, torch):
        sequences = ragged(m, tail=tail)
        packed = m.nn.utils.rnn.pack_sequence(sequences, enforce_sorted=False)
        padded, lengths = m.nn.utils.rnn.pad_packed_sequence(packed, **options)
        grads = m.autograd.grad(loss_of(m, padded), sequences)
        outcomes.append([*packed, padded, lengths, *grads])
        for s, again in zip(sequences, m.nn.utils.rnn.unpack_sequence(packed), strict=True):
            np.testing.assert_array_equal(s.detach().numpy(), again.detach().numpy())
    assert_equal(*outcomes, 1e-15, 0)


@pytest.mark.parametrize("batch_first", [False, True])
def test_unpad_sequence(batch_first):
    sequences = ragged(mgx)
    padded = mgx.nn.utils.rnn.pad_sequence(sequences, batch_first)
    shape = padded.shape
    for s, again in zip(sequences, mgx.nn.utils.rnn.unpad_sequence(padded, mgx.tensor([3, 1, 4]), batch_first)):
        np.testing.assert_array_equal(s.detach().numpy(), again.detach().numpy())
    assert padded.shape == shape


def test_a_packed_sequence_prints_and_converts_as_in_pytorch():
    ours, theirs = (
        m.nn.utils.rnn.pack_sequence([m.tensor([1, 2]), m.tensor([3, 4, 5])], enforce_sorted=False)
        for m in (mgx, torch)
    )
    assert repr(ours) == repr(theirs)
    assert repr(ours.double()) == repr(theirs.double())
    assert repr(ours.float().half()) == repr(theirs.float().half())
    assert ours.to(mgx.int64) is ours
    assert ours.cpu() is ours
    assert not ours.is_cuda


def test_a_length_beyond_the_padding_raises():
    with pytest.raises(RuntimeError, match=r"expected lengths of at most 4, .* got 5"):
        mgx.nn.utils.rnn.pack_padded_sequence(mgx.ones(4, 2), [5, 4])


# ---------------------------------------------------------------- errors


def hidden(m, name, *shape, dtype="float64"):
    states = tuple(m.zeros(*shape, dtype=getattr(m, dtype)) for _ in range(2))
    return states if name.startswith("LSTM") else states[0]


SHAPES = [  # of the input; then of the state, None for none
    ((2, 2, 3, 1), None),
    ((2, 2, 4), None),
    ((0, 2, 3), None),
    ((5, 2, 3), (1, 3, 4)),
    ((5, 2, 3), (2, 2, 4)),
    ((5, 2, 3), (1, 4)),
    ((5, 3), (1, 1, 4)),
    ((5, 3), (1, 5)),
]


def error_of(function, *args, **options):
    with pytest.raises((ValueError, RuntimeError, TypeError)) as raised:
        function(*args, **options)
    return raised.value


@pytest.mark.parametrize("name", LAYERS)
@pytest.mark.parametrize(("shape", "state"), SHAPES)
def test_wrong_shapes_raise_as_in_pytorch(name, shape, state):
    errors = []
    for m in (mgx, torch):
        hx = None if state is None else hidden(m, name, *state)
        errors.append(error_of(make(m, name, {}, "float64"), m.zeros(*shape, dtype=m.float64), hx))
    ours, theirs = errors
    assert type(ours) is type(theirs)
    assert str(ours) == str(theirs).replace("4D tensor instead", "4D instead")  # PyTorch's RNN says it so


CELL_SHAPES = [
    ((2, 2, 3), None),
    ((2, 5), None),
    ((2, 3), (2, 2, 4)),
    ((2, 3), (3, 4)),
    ((2, 3), (1, 4)),
    ((2, 3), (2, 5)),
    ((2, 3), (4,)),
]


@pytest.mark.parametrize("name", ["RNNCell", "LSTMCell", "GRUCell"])
@pytest.mark.parametrize(("shape", "state"), CELL_SHAPES)
def test_wrong_shapes_raise_in_cells(name, shape, state):
    errors = []
    for m in (mgx, torch):
        hx = None if state is None else hidden(m, name, *state)
        errors.append(error_of(make(m, name, {}, "float64"), m.zeros(*shape, dtype=m.float64), hx))
    assert type(errors[0]) is type(errors[1])
    assert str(errors[0]) == str(errors[1])


@pytest.mark.parametrize("name", LAYERS)
def test_nothing_is_converted_silently(name):
    ours, theirs = (make(m, name, {}) for m in (mgx, torch))
    errors = [error_of(layer, m.zeros(5, 2, 3).double()) for m, layer in ((mgx, ours), (torch, theirs))]
    assert str(errors[0]) == str(errors[1])
    with pytest.raises(RuntimeError, match="must have the same dtype, but got Double and Float"):
        ours(mgx.zeros(5, 2, 3), hidden(mgx, name, 1, 2, 4))
    cell = make(mgx, name + "Cell", {})
    with pytest.raises(RuntimeError, match="must have the same dtype, but got Double and Float"):
        cell(mgx.zeros(2, 3).double())
    with pytest.raises(RuntimeError, match="must have the same dtype, but got Double and Float"):
        cell(mgx.zeros(2, 3), hidden(mgx, name, 2, 4))


def test_a_state_of_the_wrong_kind_raises():
    h = mgx.zeros(1, 2, 4)
    with pytest.raises(TypeError, match=r"LSTM: expected a state \(h_0, c_0\), got Tensor"):
        make(mgx, "LSTM", {})(mgx.zeros(5, 2, 3), h)
    with pytest.raises(TypeError, match="GRU: expected a Tensor as state, got tuple"):
        make(mgx, "GRU", {})(mgx.zeros(5, 2, 3), (h, h))
    with pytest.raises(TypeError, match="LSTMCell: expected a state"):
        make(mgx, "LSTMCell", {})(mgx.zeros(2, 3), h[0])


@pytest.mark.parametrize(
    ("name", "args", "options"),
    [
        ("LSTM", (3, 4), {"dropout": 2}),
        ("LSTM", (3, 4), {"dropout": True}),
        ("LSTM", (3, 4), {"bias": 1}),
        ("LSTM", (3, 4), {"batch_first": 0}),
        ("GRU", (3.0, 4), {}),
        ("GRU", (3, 4.0), {}),
        ("GRU", (0, 4), {}),
        ("GRU", (3, -1), {}),
        ("GRU", (3, 4, 0), {}),
        ("LSTM", (3, 4), {"proj_size": -1}),
        ("LSTM", (3, 4), {"proj_size": 4}),
        ("RNN", (3, 4), {"nonlinearity": "sin"}),
        ("RNNBase", ("ABC", 3, 4), {}),
    ],
)
def test_wrong_arguments_raise_as_in_pytorch(name, args, options):
    ours, theirs = (error_of(getattr(m.nn, name), *args, **options) for m in (mgx, torch))
    assert type(ours) is type(theirs)
    assert str(ours) == str(theirs)


def test_an_unknown_nonlinearity_of_a_cell_raises_when_it_is_called():
    errors = [error_of(m.nn.RNNCell(3, 4, nonlinearity="sin"), m.zeros(2, 3)) for m in (mgx, torch)]
    assert str(errors[0]) == str(errors[1])


def test_dropout_with_one_layer_warns():
    with pytest.warns(UserWarning, match="non-zero dropout expects num_layers greater than 1") as caught:
        mgx.nn.GRU(3, 4, dropout=0.5)
    assert caught[0].filename == __file__


PACKING = [
    ([4, 0], {}),
    ([3, 4], {}),
    ([3, 2, 1], {}),
    ([[3, 2]], {}),
    ([], {}),
    ([0, 4], {"enforce_sorted": False}),
]


@pytest.mark.parametrize(("lengths", "options"), PACKING)
def test_wrong_lengths_raise_as_in_pytorch(lengths, options):
    errors = [error_of(m.nn.utils.rnn.pack_padded_sequence, m.zeros(4, 2, 3), lengths, **options) for m in (mgx, torch)]
    assert type(errors[0]) is type(errors[1])
    assert str(errors[0]) == str(errors[1])


@pytest.mark.parametrize(
    ("sizes", "options"), [([], {}), (3, {}), ([2, 3], {"padding_side": "up"}), ([(2, 3), (2, 4)], {})]
)
def test_padding_what_does_not_fit_raises(sizes, options):
    errors = []
    for m in (mgx, torch):
        sequences = [m.zeros(s) for s in sizes] if isinstance(sizes, list) else sizes
        errors.append(error_of(m.nn.utils.rnn.pad_sequence, sequences, **options))
    assert type(errors[0]) is type(errors[1])
    if not isinstance(sizes, list) or not any(isinstance(s, tuple) for s in sizes):
        assert str(errors[0]) == str(errors[1])


def test_a_total_length_that_is_too_short_raises():
    errors = []
    for m in (mgx, torch):
        packed = m.nn.utils.rnn.pack_sequence([m.zeros(3), m.zeros(2)])
        errors.append(error_of(m.nn.utils.rnn.pad_packed_sequence, packed, total_length=2))
    assert type(errors[0]) is type(errors[1])
    assert str(errors[0]) == str(errors[1])


@pytest.mark.parametrize("dtype", ["double", "float", "half", "long", "int", "short", "char", "byte"])
def test_packed_sequences_in_other_dtypes(dtype):
    def run(lib):
        packed = lib.nn.utils.rnn.pack_sequence([lib.tensor([1.0, 2.0]), lib.tensor([3.0])])
        other = getattr(packed, dtype)()
        return str(other.data.dtype), other.data.tolist(), other.batch_sizes.tolist(), other.is_pinned(), other.is_cuda

    assert run(mgx) == run(torch)


def test_packed_sequences_stay_where_they_are():
    packed = mgx.nn.utils.rnn.pack_sequence([mgx.ones(2)])
    assert packed.pin_memory() is packed
    with pytest.raises(RuntimeError, match="expected no GPU"):
        packed.cuda()
