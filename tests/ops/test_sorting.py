"""The largest few, which are found without sorting everything: as if all had been sorted."""

import numpy as np
import pytest

import microgradx as mgx

VALUES = {
    "different": [3.0, -1.0, 7.0, 0.5, 2.0, 9.0, -4.0, 1.0],
    "equals that compete for the last place": [2.0, 1.0, 2.0, 5.0, 1.0, 2.0, 0.0, 1.0],
    "equals that all have a place": [2.0, 1.0, 9.0, 9.0, 0.0, -5.0, -5.0, 3.0],
    "two zeros": [0.0, -0.0, -1.0, -2.0, -0.0, 1.0, 2.0, 3.0],
    "infinities": [-np.inf, 1.0, np.inf, -np.inf, 2.0, 3.0, np.inf, np.inf],
    "nan": [np.nan, 1.0, 2.0, np.nan, 3.0, 4.0, 5.0, np.nan],
    "one nan": [np.nan, 1.0, 2.0, 3.0, 0.0, 4.0, 5.0, 6.0],
}


@pytest.mark.parametrize("largest", [True, False])
@pytest.mark.parametrize("k", [1, 2, 3])
@pytest.mark.parametrize("name", VALUES)
def test_topk_is_the_beginning_of_sort(name, k, largest):
    x = mgx.tensor([VALUES[name], VALUES["different"], VALUES[name][::-1]])
    for dim, at in ((1, x), (0, x.T)):
        values, indices = at.topk(k, dim, largest)
        ordered = at.sort(dim, descending=largest)
        np.testing.assert_array_equal(indices.numpy(), ordered.indices.narrow(dim, 0, k).numpy())
        np.testing.assert_array_equal(values.numpy(), ordered.values.narrow(dim, 0, k).numpy())


def test_the_gradient_of_sort_goes_back_along_any_dimension():
    x = mgx.tensor(np.random.default_rng(0).standard_normal((3, 4, 5)).tolist(), requires_grad=True)
    for dim in range(3):
        values, indices = x.sort(dim)
        g = mgx.arange(60.0).reshape(3, 4, 5)
        (dx,) = mgx.autograd.grad(values, x, g)
        np.testing.assert_array_equal(dx.gather(dim, indices).numpy(), g.numpy())
