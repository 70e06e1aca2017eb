"""The named tuples of functions with several results: their fields, how they print, and that they can be copied."""

import pickle

import pytest
import torch

import microgradx as mgx

ROWS = [[2.0, 1.0, 5.0], [1.0, 4.0, 0.0], [3.0, 3.0, 9.0]]
CALLS = {
    "linalg_eigh": lambda lib, t: lib.linalg.eigh(t @ t.T),
    "linalg_qr": lambda lib, t: lib.linalg.qr(t),
    "linalg_slogdet": lambda lib, t: lib.linalg.slogdet(t),
    "linalg_svd": lambda lib, t: lib.linalg.svd(t),
    "geqrf": lambda lib, t: lib.geqrf(t),
    "histogram": lambda lib, t: lib.histogram(t, 4),
    "kthvalue": lambda lib, t: lib.kthvalue(t, 3),
    "max": lambda lib, t: lib.max(t, 1),
    "median": lambda lib, t: lib.median(t, 0),
    "min": lambda lib, t: t.min(0),
    "sort": lambda lib, t: t.sort(),
    "svd": lambda lib, t: lib.svd(t),
    "topk": lambda lib, t: t.topk(2),
}


def test_each_type_is_tried():
    assert sorted(CALLS) == sorted(mgx.return_types.FIELDS)


@pytest.mark.parametrize("name", CALLS)
def test_as_in_pytorch(name):
    ours, theirs = (CALLS[name](lib, lib.tensor(ROWS, dtype=lib.float64)) for lib in (mgx, torch))
    assert type(ours) is getattr(mgx.return_types, name)
    assert type(ours).__name__ == type(theirs).__name__
    assert repr(ours) == repr(theirs)
    for field, value in zip(ours._fields, ours, strict=True):
        assert getattr(ours, field) is value
        assert hasattr(theirs, field)


def test_they_can_be_pickled():
    found = pickle.loads(pickle.dumps(mgx.tensor(ROWS).max(1)))
    assert type(found) is mgx.return_types.max
    assert found.indices.tolist() == [2, 1, 2]
