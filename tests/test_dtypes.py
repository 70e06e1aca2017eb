"""Dtypes, promotion, sizes and devices against PyTorch's."""

import copy
import itertools
import operator
import pickle
import warnings

import numpy as np
import pytest
import torch

import microgradx as mgx
from microgradx import dtypes
from microgradx.device import device
from microgradx.dtypes import as_dtype, finfo, iinfo, promote, promote_types, result_type, to_numpy
from microgradx.size import Size

NAMES = ("bool", "uint8", "int8", "int16", "int32", "int64", "float16", "float32", "float64")
PAIRS = list(itertools.product(NAMES, NAMES))
SCALARS = (True, 3, 2.5, -7, 300, 70000, 2**31, 2**63 - 1, -(2**63))


def torch_dtype(name):
    return getattr(torch, name)


def values(name, shape):
    """The same values as an array (a NumPy scalar when 0-d) and as a PyTorch tensor."""
    array = np.full(shape, 5, dtype=name)
    return array[()], torch.full(shape, 5, dtype=torch_dtype(name))


def agree(ours, theirs):
    """Same type and values; a Python scalar takes part by NumPy's weak rule."""
    assert np.asarray(ours).dtype == theirs.numpy().dtype
    assert np.array_equal(np.asarray(ours), theirs.numpy())


@pytest.mark.parametrize("name", dtypes.names)
def test_a_dtype_has_pytorch_s_attributes(name):
    ours, theirs = dtypes.names[name], torch_dtype(name)
    assert (repr(ours), str(ours)) == (repr(theirs), str(theirs))
    for attribute in ("is_floating_point", "is_signed", "is_complex", "itemsize"):
        assert getattr(ours, attribute) == getattr(theirs, attribute)


@pytest.mark.parametrize("name", NAMES)
def test_a_dtype_is_a_singleton(name):
    d = dtypes.names[name]
    assert copy.deepcopy(d) is copy.copy(d) is pickle.loads(pickle.dumps(d)) is d
    assert as_dtype(np.dtype(name)) is d
    assert {d: 1}[as_dtype(np.dtype(name))] == 1


def test_the_module_lists_its_public_names():
    assert all(hasattr(dtypes, name) for name in dtypes.__all__)
    assert not {"float", "int", "bool"} & vars(dtypes).keys()


@pytest.mark.parametrize("unsupported", ["complex64", "uint16", "uint64", "U3", "object", ">f4"])
def test_an_unsupported_numpy_dtype_is_refused(unsupported):
    with pytest.raises(TypeError, match="as_dtype: expected one of bool, uint8"):
        as_dtype(np.dtype(unsupported))


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        (dtypes.float16, "float16"),
        (np.dtype("int8"), "int8"),
        (np.dtype("longlong"), "int64"),
        (None, "float32"),
        *((python_type, str(torch.zeros(1, dtype=python_type).dtype)[6:]) for python_type in (float, int, bool)),
    ],
)
def test_to_numpy(spec, expected):
    assert to_numpy(spec) is np.dtype(expected)


@pytest.mark.parametrize("spec", ["float32", str, 3, np.dtype("complex64")])
def test_to_numpy_refuses_what_is_no_dtype(spec):
    with pytest.raises(TypeError, match="expected"):
        to_numpy(spec)


@pytest.mark.parametrize("name", ["float16", "float32", "float64"])
def test_the_default_dtype_decides_what_a_python_float_makes_of_integers(name):
    before = torch.get_default_dtype()
    torch.set_default_dtype(torch_dtype(name))
    dtypes.set_default_dtype(dtypes.names[name])
    try:
        assert dtypes.get_default_dtype() is dtypes.names[name]
        assert to_numpy(None) is dtypes.default.numpy is np.dtype(name)
        array, tensor = values("int64", (2,))
        agree(np.add(*promote(array, 0.5)), tensor + 0.5)
        assert repr(finfo()) == repr(torch.finfo())
    finally:
        torch.set_default_dtype(before)
        dtypes.set_default_dtype(dtypes.float32)


@pytest.mark.parametrize("wrong", [dtypes.int64, float, "float32"])
def test_the_default_dtype_is_a_float(wrong):
    with pytest.raises(TypeError, match="only floating-point types are supported as the default type"):
        dtypes.set_default_dtype(wrong)
    assert dtypes.get_default_dtype() is dtypes.float32


@pytest.mark.parametrize(("a", "b"), PAIRS)
def test_pairs_of_dtypes(a, b):
    ours, theirs = (dtypes.names[a], dtypes.names[b]), (torch_dtype(a), torch_dtype(b))
    assert repr(promote_types(*ours)) == repr(torch.promote_types(*theirs))
    assert dtypes.can_cast(*ours) == torch.can_cast(*theirs)


class LikeTensor:
    """Has what ``result_type`` reads of a Tensor: its ``dtype`` is one of ours."""

    def __init__(self, array):
        self.dtype, self.ndim = as_dtype(array.dtype), array.ndim


@pytest.mark.parametrize("shapes", list(itertools.product([(), (2,)], repeat=2)), ids=str)
@pytest.mark.parametrize(("a", "b"), PAIRS)
def test_promotion_of_two_tensors(a, b, shapes):
    (x, torch_x), (y, torch_y) = values(a, shapes[0]), values(b, shapes[1])
    expected = torch.result_type(torch_x, torch_y)
    assert repr(result_type(x, y)) == repr(result_type(LikeTensor(x), y)) == repr(expected)
    promoted_x, promoted_y = promote(x, y)
    assert promoted_x.dtype == promoted_y.dtype == to_numpy(dtypes.names[str(expected)[6:]])
    for promoted, shape in ((promoted_x, shapes[0]), (promoted_y, shapes[1])):
        assert isinstance(promoted, np.ndarray if shape else np.generic)
    agree(np.multiply(promoted_x, promoted_y), torch_x * torch_y)


@pytest.mark.parametrize("shape", [(), (2,)], ids=str)
@pytest.mark.parametrize("scalar", SCALARS)
@pytest.mark.parametrize("name", NAMES)
def test_promotion_with_a_python_scalar(name, scalar, shape):
    array, tensor = values(name, shape)
    assert repr(result_type(array, scalar)) == repr(torch.result_type(tensor, scalar))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # overflow, which PyTorch passes over in silence
        for operation in (operator.add, operator.mul, operator.lt, operator.eq):
            agree(operation(*promote(array, scalar)), operation(tensor, scalar))
            agree(operation(*promote(scalar, array)), operation(scalar, tensor))


@pytest.mark.parametrize(("x", "y"), list(itertools.product([True, 3, 2.5], repeat=2)))
def test_promotion_of_two_python_scalars(x, y):
    assert repr(result_type(x, y)) == repr(torch.result_type(x, y))
    promoted = promote(x, y)
    assert [type(value) for value in promoted] == [to_numpy(result_type(x, y)).type] * 2
    assert promoted == (x, y)


def test_promotion_copies_only_what_it_converts():
    x, y = np.ones(2, np.float32), np.ones(2, np.float64)
    assert promote(x, y)[1] is y
    assert promote(x, x)[0] is x
    assert promote(x, 2)[0] is x
    assert promote(x, 2.5)[1] == 2.5
    assert promote(x, np.float64(2))[0] is x


def test_an_integer_wraps_as_in_c():
    unsigned = np.array([1], np.uint8)
    assert promote(unsigned, -1)[1] == 255
    assert promote(unsigned, 2**63)[1] == 0
    agree(np.add(*promote(np.array([1]), 2**63)), torch.tensor([1]) + 2**63)
    for too_big in (2**64, -(2**63) - 1):
        with pytest.raises(OverflowError, match="fits 64 bits"):
            promote(unsigned, too_big)
        with pytest.raises((OverflowError, RuntimeError)):
            torch.tensor([1], dtype=torch.uint8) + too_big


@pytest.mark.parametrize("name", ["float16", "float32", "float64"])
def test_finfo(name):
    ours, theirs = finfo(dtypes.names[name]), torch.finfo(torch_dtype(name))
    assert repr(ours) == repr(theirs)
    for field in ("bits", "eps", "max", "min", "tiny", "smallest_normal", "resolution", "dtype"):
        assert getattr(ours, field) == getattr(theirs, field)
    assert ours == finfo(dtypes.names[name])
    assert hash(ours) == hash(finfo(dtypes.names[name]))
    with pytest.raises(TypeError, match="use finfo for floats"):
        iinfo(dtypes.names[name])


@pytest.mark.parametrize("name", ["uint8", "int8", "int16", "int32", "int64"])
def test_iinfo(name):
    ours, theirs = iinfo(dtypes.names[name]), torch.iinfo(torch_dtype(name))
    assert repr(ours) == repr(theirs)
    for field in ("bits", "max", "min", "dtype"):
        assert getattr(ours, field) == getattr(theirs, field)
    assert ours == iinfo(dtypes.names[name])
    assert hash(ours) == hash(iinfo(dtypes.names[name]))
    with pytest.raises(TypeError, match="use iinfo for integers"):
        finfo(dtypes.names[name])


@pytest.mark.parametrize(
    "make",
    [
        lambda size: size([2, 3]),
        lambda size: size(),
        lambda size: size([True, np.int64(2)]),
        lambda size: operator.add(size([2, 3]), (4,)),
        lambda size: operator.add((4,), size([2, 3])),
        lambda size: size([2]) + size([3]),
        lambda size: size([2, 3]) * 2,
        lambda size: 2 * size([2, 3]),
        lambda size: size([2, 3, 4])[1:],
        lambda size: size([2, 3, 4])[-1],
        lambda size: size([2, 3, 4]).numel(),
        lambda size: size([]).numel(),
        lambda size: f"{size([2])}",
        lambda size: size([2, 3]) == (2, 3),
        lambda size: pickle.loads(pickle.dumps(size([2, 3]))),
        lambda size: copy.deepcopy(size([2, 3])),
        lambda size: {(2, 3): 1}[size([2, 3])],
    ],
)
def test_size(make):
    assert repr(make(Size)) == repr(make(torch.Size))
    assert type(make(Size)).__name__ == type(make(torch.Size)).__name__


@pytest.mark.parametrize("lengths", [[2.5], ["a"], 3])
def test_a_size_holds_integers(lengths):
    for size in (Size, torch.Size):
        with pytest.raises(TypeError):
            size(lengths)


def test_a_size_adds_tuples_only():
    with pytest.raises(TypeError):
        operator.add(Size([2]), [1])


@pytest.mark.parametrize(
    "make",
    [
        lambda device: device("cpu"),
        lambda device: device("cpu:1"),
        lambda device: device("cpu", 0),
        lambda device: device(type="cpu", index=0),
        lambda device: device(device("cpu")),
        lambda device: str(device("cpu")),
        lambda device: str(device("cpu:0")),
        lambda device: device("cpu:2").index,
        lambda device: device("cpu").index,
        lambda device: device("cpu").type,
        lambda device: device("cpu") == device("cpu"),
        lambda device: device("cpu") == device("cpu:0"),
        lambda device: device("cpu") == "cpu",
        lambda device: {device("cpu:0"): 1}[device("cpu", 0)],
        lambda device: pickle.loads(pickle.dumps(device("cpu:0"))),
        lambda device: copy.deepcopy(device("cpu:0")),
    ],
)
def test_device(make):
    assert repr(make(device)) == repr(make(torch.device))


@pytest.mark.parametrize("name", ["cuda", "cuda:0", "mps", "", "nonsense", 0])
def test_there_is_no_other_device(name):
    with pytest.raises(RuntimeError, match="microgradx uses the CPU"):
        device(name)


@pytest.mark.parametrize("arguments", [("cpu:x",), ("cpu:",), ("cpu:-1",), ("cpu:0", 0)])
def test_a_device_has_one_index(arguments):
    for make in (device, torch.device):
        with pytest.raises(RuntimeError):
            make(*arguments)


def test_a_device_is_a_context():
    with device("cpu") as entered:
        assert entered == device("cpu")


@pytest.mark.parametrize("dtype", ["float32", "float16"])
def test_linspace_is_pytorchs_bit_for_bit(dtype):
    for start, end, steps in ((-1, 1, 28), (0.1, 7.3, 50), (-3.7, 2.2, 13), (5.5, -0.3, 79), (1, 1, 3), (2, 3, 1)):
        ours, theirs = (m.linspace(start, end, steps, dtype=getattr(m, dtype)).numpy() for m in (mgx, torch))
        np.testing.assert_array_equal(ours, theirs)


@pytest.mark.parametrize("m", [mgx, torch])
def test_to_copies_if_it_is_asked_to(m):
    x = m.ones(2)
    for same in (x.to(m.float32), x.to("cpu", m.float32, True), x.to(x, False, False)):
        assert same is x
    for other in (x.to("cpu", m.float32, False, True), x.to(x, False, True), x.to(m.float32, copy=True)):
        assert other is not x
        other.zero_()
        assert x.tolist() == [1.0, 1.0]
    with pytest.raises(TypeError):
        x.to(dtpye=m.float64)


def test_bfloat16_can_be_named_but_not_used():
    chosen = {"float32": mgx.float32, "bfloat16": mgx.bfloat16}["float32"]
    assert mgx.ones(1, dtype=chosen).dtype is not mgx.bfloat16
    for name in ("is_complex", "is_floating_point", "is_signed", "itemsize"):
        assert getattr(mgx.bfloat16, name) == getattr(torch.bfloat16, name)
    assert repr(mgx.bfloat16) == repr(torch.bfloat16)
    assert pickle.loads(pickle.dumps(mgx.bfloat16)) is mgx.bfloat16
    for use in (
        lambda: mgx.ones(1, dtype=mgx.bfloat16),
        lambda: mgx.ones(1).to(mgx.bfloat16),
        lambda: mgx.finfo(mgx.bfloat16),
        lambda: mgx.set_default_dtype(mgx.bfloat16),
        lambda: mgx.promote_types(mgx.bfloat16, mgx.float32),
        lambda: mgx.nn.Linear(1, 1, dtype=mgx.bfloat16),
    ):
        with pytest.raises(TypeError, match="bfloat16: NumPy does not have this dtype; use float32, or float16"):
            use()
