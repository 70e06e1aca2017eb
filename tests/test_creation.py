"""Tensors from Python's sequences, against PyTorch: what they hold, and what has no end."""

import numpy as np
import pytest
import torch

import microgradx as mgx


class Endless:
    """Every element is again a sequence."""

    def __len__(self):
        return 2

    def __getitem__(self, index):
        return self


class Pair:
    """A sequence of two numbers that is no list."""

    def __len__(self):
        return 2

    def __getitem__(self, index):
        return (1.0, 2.0)[index]


def in_itself():
    data = [1.0]
    data[0] = data
    return data


@pytest.mark.parametrize("data", [in_itself(), [[in_itself()]], Endless(), [Endless()]])
def test_sequences_without_end_are_refused(data):
    with pytest.raises(ValueError, match=r"too many dimensions '(list|Endless)'"):
        torch.tensor(data)
    with pytest.raises(ValueError, match=r"too many dimensions '(list|Endless)'"):
        mgx.tensor(data)


@pytest.mark.parametrize(
    "data", [[], [[]], [[], []], range(3), [range(2), range(2)], Pair(), [Pair(), Pair()], [[[1]]]]
)
def test_sequences_of_every_kind(data):
    mine, other = mgx.tensor(data), torch.tensor(data)
    assert str(mine.dtype).rpartition(".")[2] == str(other.dtype).rpartition(".")[2]
    np.testing.assert_array_equal(mine.numpy(), other.numpy(), strict=True)


@pytest.mark.parametrize(
    "data",
    [
        lambda m: [m.tensor([1.0]), m.tensor([2.0])],
        lambda m: [[m.tensor([[1.0]])], [m.tensor(2)]],
        lambda m: [m.tensor(1.0, dtype=m.float64), 1],
        lambda m: [m.tensor(1, dtype=m.int32)],
        lambda m: [m.tensor(1, dtype=m.uint8), 300],
        lambda m: [m.tensor(1.0, dtype=m.float16), 2.5],
        lambda m: [[1.5], [m.tensor(1)]],
        lambda m: [m.tensor(True), False],
        lambda m: [np.float64(1.0), 2],
        lambda m: [np.uint8(3)],
        lambda m: [np.float16(1.0)],
        lambda m: (np.float32(1.0), np.float64(2.0)),
        lambda m: [np.array([1, 2], np.int32), [3, 4]],
    ],
)
@pytest.mark.filterwarnings("ignore:Creating a tensor from a list of numpy.ndarrays is extremely slow")
def test_elements_that_have_a_dtype_decide_on_it(data):
    mine, other = mgx.tensor(data(mgx)), torch.tensor(data(torch))
    assert str(mine.dtype).rpartition(".")[2] == str(other.dtype).rpartition(".")[2]
    np.testing.assert_array_equal(mine.numpy(), other.numpy(), strict=True)


@pytest.mark.parametrize("inner", [[1.0, 2.0], []])
def test_a_list_takes_tensors_of_one_element_only(inner):
    for m in (torch, mgx):
        with pytest.raises(ValueError, match="only one element tensors can be converted to Python scalars"):
            m.tensor([m.tensor(inner)])


@pytest.mark.parametrize("data", [2**63, [2**63, -1], -(2**63) - 1, [1.5, 300], [-200], 1e39, float("nan")])
@pytest.mark.parametrize("dtype", [None, "uint8", "int8", "int64", "float32"])
def test_numbers_out_of_range_are_refused(data, dtype):
    def made(lib):
        return lib.tensor(data, dtype=dtype and getattr(lib, dtype))

    try:
        expected = made(torch)
    except (ValueError, RuntimeError) as error:
        with pytest.raises(type(error)):
            made(mgx)
        return
    np.testing.assert_array_equal(made(mgx).numpy(), expected.numpy(), strict=True)


@pytest.mark.parametrize("dtype", ["int64", "int32", "uint8"])
@pytest.mark.parametrize("bounds", [(-0.9, 2.1, 2.0), (0.5, 7.9, 1.5), (0.0, 5.000001, 2.0), (0.9, 9.9, 1.0)])
def test_ranges_of_integers_between_fractions(dtype, bounds):
    for make in (
        lambda m: m.arange(*bounds, dtype=getattr(m, dtype)),
        lambda m: m.linspace(0.9, 9.9, 7, dtype=m.int32),
    ):
        np.testing.assert_array_equal(make(mgx).numpy(), make(torch).numpy(), strict=True)


@pytest.mark.parametrize(
    "make",
    [
        lambda m: m.logspace(0, 2, 5),
        lambda m: m.logspace(-1.5, 2, 4, 2.0, dtype=m.float64),
        lambda m: m.logspace(0, 4, 5, base=2, dtype=m.int64),
        lambda m: m.tril_indices(3, 4, 1),
        lambda m: m.triu_indices(4, 3, offset=-1, dtype=m.int32),
        lambda m: m.triu_indices(0, 3),
    ],
)
def test_ratios_and_triangles(make):
    mine, other = make(mgx).numpy(), make(torch).numpy()
    assert mine.dtype == other.dtype
    np.testing.assert_allclose(mine, other, rtol=1e-6)
