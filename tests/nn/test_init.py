"""Initial values, bit for bit PyTorch's; and the sizes of what passes through layers that were given them."""

import numpy as np
import pytest
import torch

import microgradx as mgx

FILLS = [
    ("uniform_", (), {}),
    ("uniform_", (-2.0, 3.0), {}),
    ("normal_", (), {}),
    ("normal_", (1.0, 0.02), {}),
    ("constant_", (0.3,), {}),
    ("ones_", (), {}),
    ("zeros_", (), {}),
    ("eye_", (), {}),
    ("xavier_uniform_", (), {}),
    ("xavier_uniform_", (), {"gain": 5 / 3}),
    ("xavier_normal_", (2.0,), {}),
    ("kaiming_uniform_", (), {}),
    ("kaiming_uniform_", (), {"a": 0.1, "mode": "fan_out"}),
    ("kaiming_normal_", (), {"nonlinearity": "relu"}),
    ("kaiming_normal_", (0.2, "fan_out", "leaky_relu"), {}),
    ("trunc_normal_", (), {}),
    ("trunc_normal_", (), {"std": 0.02}),
    ("trunc_normal_", (0.5, 1.0, 0.0, 1.0), {}),
    ("trunc_normal_", (0.0, 5.0, -1.0, 1.0), {}),
    ("sparse_", (0.4,), {}),
]


@pytest.mark.parametrize("shape", [(3, 4), (40, 30)])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(("name", "args", "options"), FILLS)
def test_fills_are_pytorchs(name, args, options, shape, dtype):
    filled = []
    for lib in (mgx, torch):
        lib.manual_seed(11)
        tensor = lib.nn.Parameter(lib.zeros(shape, dtype=getattr(lib, dtype)))
        assert getattr(lib.nn.init, name)(tensor, *args, **options) is tensor
        filled.append(tensor.detach().numpy())
        filled.append(lib.rand(1).numpy())  # both have drawn as many numbers
    np.testing.assert_array_equal(filled[0], filled[2])
    np.testing.assert_array_equal(filled[1], filled[3])


@pytest.mark.parametrize(("name", "args", "options"), FILLS)
def test_fills_of_transposed_tensors_are_pytorchs(name, args, options):
    filled = []
    for lib in (mgx, torch):
        lib.manual_seed(11)
        filled.append(getattr(lib.nn.init, name)(lib.zeros(40, 9).T, *args, **options).numpy())
    np.testing.assert_array_equal(*filled)


@pytest.mark.parametrize("shape", [(3, 5), (5, 3), (4, 4), (6, 2, 3), (2, 3, 3, 2), (40, 30)])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_orthogonal_fills_are_pytorchs(shape, dtype):
    filled = []
    for lib in (mgx, torch):
        lib.manual_seed(11)
        tensor = lib.nn.Parameter(lib.zeros(shape, dtype=getattr(lib, dtype)))
        assert lib.nn.init.orthogonal_(tensor, gain=1.5) is tensor
        filled.append((tensor.detach().numpy(), lib.rand(1).item()))
    (ours, after), (theirs, after_theirs) = filled
    assert after == after_theirs
    np.testing.assert_allclose(ours, theirs, atol=1e-5 if dtype == "float32" else 1e-13)
    matrix = ours.reshape(len(ours), -1).astype(np.float64) / 1.5
    product = matrix @ matrix.T if len(matrix) <= matrix.shape[1] else matrix.T @ matrix
    np.testing.assert_allclose(product, np.eye(len(product)), atol=1e-5)
    empty = mgx.zeros(0, 3)
    assert mgx.nn.init.orthogonal_(empty) is empty


OLD = ["uniform", "normal", "constant", "eye", "dirac", "xavier_uniform", "xavier_normal", "kaiming_uniform",
       "kaiming_normal", "orthogonal", "sparse"]  # fmt: skip


@pytest.mark.parametrize("name", OLD)
def test_older_names_warn(name):
    def run(lib):
        lib.manual_seed(2)
        args = {"constant": (0.5,), "sparse": (0.5,)}.get(name, ())
        tensor = lib.zeros(3, 3, 3) if name == "dirac" else lib.zeros(3, 4)
        with pytest.warns(FutureWarning) as caught:
            out = getattr(lib.nn.init, name)(tensor, *args)
        return str(caught[0].message), getattr(lib.nn.init, name).__name__, out is tensor, out.numpy().round(5).tolist()

    assert run(mgx) == run(torch)


def test_all_of_init_is_here():
    def public(lib):
        found = {k for k, v in vars(lib.nn.init).items() if callable(v) and not k.startswith("_")}
        return {k for k in found if k.endswith("_") or k in OLD or k == "calculate_gain"}

    assert public(mgx) == public(torch)


@pytest.mark.parametrize(("shape", "groups"), [((4, 2, 3), 1), ((4, 2, 3), 2), ((3, 5, 3, 4), 1), ((2, 2, 3, 3, 3), 1)])
def test_dirac_fills_are_pytorchs(shape, groups):
    ours = mgx.nn.init.dirac_(mgx.ones(shape), groups)
    np.testing.assert_array_equal(ours.numpy(), torch.nn.init.dirac_(torch.ones(shape), groups).numpy())


@pytest.mark.parametrize("lib", [mgx, torch])
def test_a_generator_may_be_given(lib):
    generator = lib.Generator().manual_seed(4)
    first = lib.nn.init.kaiming_uniform_(lib.zeros(3, 4), generator=generator)
    second = lib.nn.init.kaiming_uniform_(lib.zeros(3, 4), generator=generator.manual_seed(4))
    assert (first == second).all()


@pytest.mark.parametrize(
    "name", ["linear", "conv2d", "conv_transpose3d", "sigmoid", "tanh", "relu", "leaky_relu", "selu"]
)
def test_gains_are_pytorchs(name):
    assert mgx.nn.init.calculate_gain(name) == torch.nn.init.calculate_gain(name)
    assert mgx.nn.init.calculate_gain("leaky_relu", 0.2) == torch.nn.init.calculate_gain("leaky_relu", 0.2)


MISTAKES = [
    lambda lib: lib.nn.init.calculate_gain("gelu"),
    lambda lib: lib.nn.init.calculate_gain("leaky_relu", "steep"),
    lambda lib: lib.nn.init.calculate_gain("leaky_relu", True),
    lambda lib: lib.nn.init.xavier_uniform_(lib.zeros(3)),
    lambda lib: lib.nn.init.kaiming_normal_(lib.zeros(3, 3), mode="fan"),
    lambda lib: lib.nn.init.eye_(lib.zeros(3)),
    lambda lib: lib.nn.init.orthogonal_(lib.zeros(3)),
    lambda lib: lib.nn.init.sparse_(lib.zeros(3), 0.5),
    lambda lib: lib.nn.init.dirac_(lib.zeros(3, 3)),
    lambda lib: lib.nn.init.dirac_(lib.zeros(3, 3, 3), groups=2),
]


@pytest.mark.parametrize("mistake", MISTAKES)
def test_mistakes_raise_pytorchs_errors(mistake):
    with pytest.raises(ValueError) as theirs:  # noqa: PT011 - compared below
        mistake(torch)
    with pytest.raises(ValueError) as ours:  # noqa: PT011 - compared here
        mistake(mgx)
    assert str(ours.value) == str(theirs.value)


@pytest.mark.parametrize("lib", [mgx, torch])
def test_warnings(lib):
    with pytest.warns(UserWarning, match="Initializing zero-element tensors is a no-op"):
        lib.nn.init.kaiming_uniform_(lib.zeros(0, 3))
    with pytest.warns(UserWarning, match="mean is more than 2 std from"):
        lib.nn.init.trunc_normal_(lib.zeros(3, 3), mean=5.0)


def test_kaiming_keeps_the_size_of_activations():
    x = mgx.randn(200, 256)
    for _ in range(10):
        w = mgx.nn.init.kaiming_normal_(mgx.empty(256, 256), nonlinearity="relu")
        x = mgx.nn.functional.relu(x @ w.T)
    assert 0.3 < (x * x).mean().item() < 3
