"""The text of tensors against PyTorch's own, on random tensors and on the corners of the rules."""

import numpy as np
import pytest
import torch

from microgradx import printing
from microgradx.printing import set_printoptions, tensor_text

NAMES = ("bool", "uint8", "int8", "int16", "int32", "int64", "float16", "float32", "float64")


@pytest.fixture(autouse=True)
def restore_options():
    yield
    set_both(profile="default")


def set_both(**wanted):
    set_printoptions(**wanted)
    torch.set_printoptions(**wanted)


def check(array, requires_grad=False, by_multiplication=False):
    tensor = torch.from_numpy(np.array(array)).requires_grad_(requires_grad or by_multiplication)
    if by_multiplication:
        tensor = tensor * 1
    grad_fn = "MulBackward0" if by_multiplication else None
    assert tensor_text(array, requires_grad=requires_grad, grad_fn=grad_fn) == repr(tensor)


def random_shape(rng):
    shape = rng.choice([0, 1, 2, 3, 4, 7, 12, 40], size=rng.integers(0, 6), p=[0.02, *[0.14] * 7])
    return tuple(shape.tolist()) if shape.prod() < 20000 else (40, 40)


def random_array(rng):
    """Any shape and dtype; magnitudes alike or apart, whole or not, with zeros, infinities and nan."""
    shape = random_shape(rng)
    values = rng.standard_normal(shape)
    special = [np.inf, -np.inf, np.nan, 0.0, -0.0]
    kinds = (
        lambda: values,
        lambda: np.rint(values * 10),
        lambda: values * 10.0 ** rng.integers(-12, 13),
        lambda: np.rint(values * 10.0 ** rng.integers(0, 9)),
        lambda: values * 10.0 ** rng.integers(-4, 5, size=shape),
        lambda: np.where(rng.random(shape) < 0.3, rng.choice(special), values),
        lambda: np.where(rng.random(shape) < 0.9, rng.choice(special), rng.choice([0.0, 1, 1000])),
        lambda: rng.choice([1e-4, 1e-3, 1, 0.1, 1000, 1001, 1e8, 1.00001e8, -1, 0], size=shape),
    )
    with np.errstate(all="ignore"):  # nan to an integer, and what overflows float16
        return np.asarray(kinds[rng.integers(len(kinds))]()).astype(rng.choice(NAMES))


def check_random(rng):
    array = random_array(rng)
    if array.dtype.kind != "f":
        check(array)
    else:
        check(array, *[(False, False), (True, False), (False, True)][rng.integers(3)])


@pytest.mark.parametrize("seed", range(300))
def test_random_tensors(seed):
    check_random(np.random.default_rng(seed))


@pytest.mark.parametrize("seed", range(300))
def test_random_tensors_with_random_options(seed):
    rng = np.random.default_rng(seed)
    set_both(
        precision=int(rng.integers(0, 7)),
        threshold=int(rng.choice([0, 1, 5, 20, 100, 1000])),
        edgeitems=int(rng.integers(1, 5)),
        linewidth=int(rng.integers(1, 120)),
        sci_mode=[None, True, False][rng.integers(3)],
    )
    check_random(rng)


@pytest.mark.parametrize(
    "values",
    [
        [1.0, 1000.0],
        [1.0, 1001.0],
        [1e8],
        [1.1e8],
        [1e-4],
        [1.5, 1e-4],
        [1e-5],
        [0.5, 500.0],
        [0.5, 500.5],
        [np.inf, 1.0],
        [np.nan, 1.5],
        [np.nan, 0.0],
        [-0.0, 0.0],
        [1e308, 1e-308],
        [5e-324],
        [],
        1.5,
        -0.0,
        np.nan,
        1e10,
    ],
    ids=str,
)
@pytest.mark.parametrize("sci_mode", [None, True, False])
@pytest.mark.parametrize("name", ["float32", "float64"])
def test_floats(values, sci_mode, name):
    set_both(sci_mode=sci_mode)
    with np.errstate(all="ignore"):
        check(np.array(values).astype(name))


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("shape", [(0,), (0, 3), (2, 0), (5, 0, 1), (), (1, 1, 1)], ids=str)
def test_small_and_empty_tensors_of_every_dtype(name, shape):
    check(np.ones(shape, name))


@pytest.mark.parametrize("shape", [(1000,), (1001,), (1, 1001), (6, 6, 28), (7, 7, 30), (2000, 2), (3, 2, 2, 100)])
def test_more_than_a_thousand_elements_are_shortened(shape):
    check(np.arange(np.prod(shape)).reshape(shape))
    check(np.arange(np.prod(shape), dtype=np.float32).reshape(shape) / 7)


@pytest.mark.parametrize("digits", range(1, 18))
@pytest.mark.parametrize("name", ["float32", "float64"])
def test_a_note_moves_to_a_new_line_where_it_does_not_fit(digits, name):
    for length in range(1, 9):
        array = np.full(length, 10.0 ** (digits % 8), name)
        check(array, requires_grad=True)
        check(array, by_multiplication=True)
        check(array.reshape(1, length), by_multiplication=True)
    set_both(precision=digits, linewidth=40 + digits)
    check(np.full(3, 0.1, name), requires_grad=True)
    check(np.full(3, 0.1, name), by_multiplication=True)


def test_a_numpy_scalar_prints_as_a_0d_tensor():
    assert tensor_text(np.float32(1.5)) == "tensor(1.5000)"
    assert tensor_text(np.int64(3)) == "tensor(3)"


def test_a_view_prints_its_own_elements():
    check(np.arange(12.0, dtype=np.float32).reshape(3, 4).T[::2])


@pytest.mark.parametrize("profile", ["default", "short", "full"])
def test_profiles(profile):
    set_both(precision=7, linewidth=50, edgeitems=1, threshold=3)
    set_both(profile=profile)
    check(np.arange(1200, dtype=np.float32) / 7)
    set_both(profile=profile, precision=1)
    check(np.arange(12, dtype=np.float32) / 7)


def test_options_that_are_not_named_stay_except_sci_mode():
    set_both(precision=2, sci_mode=True)
    check(np.ones(3))
    set_both(linewidth=40)
    check(np.full(20, 1.5))
    assert (printing.options.precision, printing.options.sci_mode) == (2, None)


def test_an_unknown_profile_is_refused_and_changes_nothing():
    before = repr(printing.options)
    with pytest.raises(ValueError, match="expected a profile of default, short, full, got 'long'"):
        set_printoptions(profile="long", precision=1)
    assert repr(printing.options) == before


def test_the_default_dtype_is_not_named(monkeypatch):
    monkeypatch.setattr(printing.default, "numpy", np.dtype("float64"))
    assert tensor_text(np.ones(1)) == "tensor([1.])"
    assert tensor_text(np.ones(1, np.float32)) == "tensor([1.], dtype=torch.float32)"
    assert tensor_text(np.ones(0, np.int64)) == "tensor([], dtype=torch.int64)"
