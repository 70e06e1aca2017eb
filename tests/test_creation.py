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
