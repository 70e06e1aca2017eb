"""What `linalg` refuses."""

import pytest
import torch

import microgradx as mgx
import microgradx.linalg


@pytest.mark.parametrize(
    "name", ["inv", "det", "slogdet", "cholesky", "qr", "svd", "svdvals", "eigh", "eigvalsh", "pinv"]
)
def test_half_precision_is_refused(name):
    for m in (torch, mgx):
        with pytest.raises(RuntimeError, match="Half"):
            getattr(m.linalg, name)(m.eye(2, dtype=m.float16))
