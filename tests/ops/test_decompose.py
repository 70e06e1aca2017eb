"""What `linalg` refuses, and derivatives where a matrix has no inverse."""

import itertools
import math

import numpy as np
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


def expanded(x):
    """The determinant as the sum over all permutations."""
    n, total = x.shape[-1], 0.0
    for columns in itertools.permutations(range(n)):
        inversions = sum(a > b for a, b in itertools.combinations(columns, 2))
        total = total + (-1) ** inversions * math.prod(x[i, j] for i, j in enumerate(columns))
    return total


@pytest.mark.parametrize(("n", "rank"), [(2, 2), (2, 1), (2, 0), (3, 3), (3, 2), (3, 1), (4, 4), (4, 3), (4, 2)])
def test_second_derivatives_of_determinants_without_inverse(n, rank):
    rng = np.random.default_rng(n)
    a = rng.standard_normal((n, rank)) @ rng.standard_normal((rank, n))
    directions = [mgx.tensor(d) for d in rng.standard_normal((2, n, n))]

    def derivatives(f):
        x = mgx.tensor(a, requires_grad=True)
        found = [mgx.autograd.grad(f(x), x, create_graph=True)[0]]
        for d in directions:
            found += mgx.autograd.grad((found[-1] * d + 0 * x).sum(), x, create_graph=True)
        return [g.detach().numpy() for g in found]

    ours, exact = derivatives(mgx.det), derivatives(expanded)
    if rank < n:  # for the third derivative an inverse is needed: better unknown than wrong
        assert np.isnan(ours.pop()).all()
    for found, expected in zip(ours, exact):
        np.testing.assert_allclose(found, expected, atol=1e-12)
