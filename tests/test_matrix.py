"""Every row of `tests/samples.py`, on microgradx and on PyTorch: the two must agree in all they return."""

import itertools
import zlib
from dataclasses import replace

import numpy as np
import pytest
import torch

import microgradx as mgx
import microgradx.nn
from microgradx import random
from microgradx.creation import CREATION
from microgradx.ops.face import FUNCTIONS, METHODS
from tests.samples import ROWS, Input, cases


def params(**chosen):
    return [pytest.param(row, case, id=name) for name, row, case in cases(**chosen)]


valid = pytest.mark.parametrize(("row", "case"), params())
TOLERANCE = {"float64": (1e-9, 1e-10), "float32": (2e-5, 2e-6), "float16": (2e-3, 2e-3)}


def inputs_of(case):
    """The tensors that a case asks for, in order; also those inside of a sequence."""
    found = []
    for a in (*case.args, *case.options.values()):
        found += [a] if isinstance(a, Input) else [i for i in a if isinstance(i, Input)] if is_sequence(a) else []
    return found


def is_sequence(a):
    return isinstance(a, (list, tuple))


def drawn(case, dtype="float64"):
    """Values for all inputs of a case, the same at each call; floats are of that dtype."""
    rng = np.random.default_rng(zlib.crc32(repr((case.options, len(inputs_of(case)))).encode()) % 1000)
    arrays = [np.asarray(i.draw(rng)) for i in inputs_of(case)]
    return [np.asarray(a, dtype) if a.dtype.kind == "f" else a for a in arrays]


def call(m, row, case, tensors):
    """The results of a row, as a flat list; the tensors take the places of the inputs."""
    left = iter(tensors)

    def put(a):
        return next(left) if isinstance(a, Input) else type(a)(map(put, a)) if is_sequence(a) else a

    args = [put(a) for a in case.args]
    return flat(row.call(m, *args, **{k: put(a) for k, a in case.options.items()}))


def flat(out):
    return [t for part in out for t in flat(part)] if is_sequence(out) else [out]


def tensors(m, arrays):
    return [m.from_numpy(a) for a in arrays]


def leaves(m, case, arrays):
    """The inputs of a case as tensors; those that are differentiable require their gradients."""
    pairs = zip(inputs_of(case), tensors(m, arrays))
    return [t.requires_grad_() if i.differentiable and t.is_floating_point() else t for i, t in pairs]


def values(t):
    return t if isinstance(t, bool) else t.detach().numpy(force=True)  # PyTorch has zeros without memory


def dtype_name(t):
    return str(t.dtype).removeprefix("torch.")


def assert_same(ours, theirs, what, scale=1.0):
    """Two lists of tensors: equal in number, shape, dtype, and, but for rounding, in value."""
    assert len(ours) == len(theirs), what
    for i, (x, y) in enumerate(zip(ours, theirs)):
        where = f"{what} {i}"
        assert (x is None) == (y is None), where
        if x is None:
            continue
        if not isinstance(y, torch.Tensor):
            assert x == y, where
            continue
        assert (tuple(x.shape), dtype_name(x)) == (tuple(y.shape), dtype_name(y)), where
        rtol, atol = TOLERANCE.get(dtype_name(y), (0, 0))
        np.testing.assert_allclose(values(x), values(y), rtol * scale, atol * scale, err_msg=where)


def weights_for(results, seed):
    """A cotangent for every result that has a graph."""
    rng = np.random.default_rng(seed)
    return [rng.standard_normal(tuple(t.shape)).astype(dtype_name(t)) for t in results]


def derivatives(m, row, case, arrays):
    """Results, gradients by the inputs, and gradients of a mix of these by inputs and cotangents."""
    made = leaves(m, case, arrays)
    results = call(m, row, case, made)
    by = [t for t in made if t.requires_grad]
    tracked = list(filter(has_graph, results))
    if not by or not tracked:
        return results, [], []
    cotangents = [t.requires_grad_() for t in tensors(m, weights_for(tracked, 1))]
    options = {"materialize_grads": True, "create_graph": row.orders > 1}
    first = m.autograd.grad(tracked, by, cotangents, **options)
    if row.orders < 2:
        return results, list(first), []
    again = [(g, w) for g, w in zip(first, tensors(m, weights_for(first, 2))) if g.requires_grad]
    if not again:
        return results, list(first), [m.zeros_like(t) for t in (*by, *cotangents)]
    second = m.autograd.grad([g for g, _ in again], [*by, *cotangents], [w for _, w in again], **options)
    return results, list(first), list(second)


@valid
def test_values_and_derivatives_are_those_of_pytorch(row, case):
    """The result, its gradient, and the gradient of the gradient: shapes, dtypes, values, requires_grad."""
    for dtype in ("float64", "float32"):
        arrays = drawn(case, dtype)
        before = [a.copy() for a in arrays]
        ours, theirs = (derivatives(m, row, case, arrays) for m in (mgx, torch))
        for a, b in zip(arrays, before):
            np.testing.assert_array_equal(a, b, err_msg="an input was changed")
        # A decomposition's rounding errors are as large as those of its largest entries, in the smallest ones too,
        # and differ from one LAPACK, and one processor, to the next.
        scale = max(1.0, largest(theirs[1])) if row.name.startswith("linalg.") else 1.0
        assert_same(ours[0], theirs[0], f"{dtype}: result")
        assert_same(ours[1], theirs[1], f"{dtype}: gradient", scale)
        if case.smooth:
            assert_same(ours[2], theirs[2], f"{dtype}: second gradient", 10 * scale)
        assert list(map(has_graph, ours[0])) == list(map(has_graph, theirs[0])), dtype


def largest(tensors):
    """The largest magnitude in any of them."""
    return max((float(t.detach().abs().max()) for t in tensors if t is not None and t.numel()), default=0.0)


def has_graph(t):
    return getattr(t, "requires_grad", False)


def along(f, arrays, directions, eps=1e-6):
    """The slope of a number-valued f at ``arrays`` in a direction, from the difference of two values."""
    ahead, behind = ([a + s * eps * d for a, d in zip(arrays, directions)] for s in (1, -1))
    return (f(ahead) - f(behind)) / (2 * eps)


@pytest.mark.parametrize(("row", "case"), params(smooth=True))
def test_derivatives_are_slopes(row, case):
    """Gradients, and gradients of gradients, against differences: an independent check of rules and engine."""
    arrays = drawn(case)
    results, first, second = derivatives(mgx, row, case, arrays)
    where = [i for i, x in enumerate(inputs_of(case)) if x.differentiable]
    rng = np.random.default_rng(3)
    directions = [rng.standard_normal(arrays[i].shape) for i in where]
    cotangents = weights_for(list(filter(has_graph, results)), 1)

    def with_floats(floats):
        new = list(arrays)
        for i, a in zip(where, floats):
            new[i] = np.asarray(a)
        return derivatives(mgx, row, case, new)

    def objective(floats):
        tracked = filter(has_graph, with_floats(floats)[0])
        return sum(float((values(t) * c).sum()) for t, c in zip(tracked, cotangents))

    expected = along(objective, [arrays[i] for i in where], directions)
    slope = sum(float((values(g) * d).sum()) for g, d in zip(first, directions))
    assert slope == pytest.approx(expected, rel=1e-6, abs=1e-7)
    if row.orders < 2:
        return

    weights = weights_for(first, 2)

    def mix_of_gradients(floats):
        return sum(float((values(g) * w).sum()) for g, w in zip(with_floats(floats)[1], weights))

    expected = along(mix_of_gradients, [arrays[i] for i in where], directions)
    slope = sum(float((values(g) * d).sum()) for g, d in zip(second, directions))
    assert slope == pytest.approx(expected, rel=1e-5, abs=1e-6)


@pytest.mark.parametrize(("row", "case"), [p for p in params() if not p.id.startswith("view")])
def test_strided_memory(row, case):
    """Inputs whose elements do not lie side by side give the same results and gradients."""
    arrays = drawn(case)
    strided = [
        np.repeat(a[..., None], 2, -1)[..., 0].swapaxes(0, -1).copy().swapaxes(0, -1) if a.ndim else a for a in arrays
    ]
    plain, spread = (derivatives(mgx, row, case, a)[:2] for a in (arrays, strided))
    for x, y in zip(itertools.chain(*plain), itertools.chain(*spread), strict=True):
        np.testing.assert_allclose(values(x), values(y), 1e-12, 1e-12)


@valid
def test_results_can_be_viewed(row, case):
    """Whatever the inputs' order in memory, where PyTorch's results are in the order of their elements, so are these."""
    arrays = [a.T.copy().T for a in drawn(case)]
    ours, theirs = (outcome(m, row, case, arrays) for m in (mgx, torch))
    if isinstance(theirs, Exception):  # some do not take every order
        return
    for x, y in zip(ours, theirs, strict=True):
        if isinstance(y, torch.Tensor) and y.is_contiguous():
            assert x.view(-1).shape == (y.numel(),)


@pytest.mark.parametrize(("row", "case"), params(integers=True))
def test_integers(row, case):
    """Integers in the place of floats: the dtype that PyTorch gives, or an error where it raises one."""
    floats = [np.nan_to_num(a, posinf=9, neginf=-9) for a in drawn(case)]
    for dtype in ("int64", "int32", "uint8", "bool"):
        low = -9 if dtype.startswith("int") else 0
        arrays = [np.trunc(a * 3).clip(low, 9).astype(dtype) if a.dtype.kind == "f" else a for a in floats]
        ours, theirs = (outcome(m, row, case, arrays) for m in (mgx, torch))
        if not isinstance(theirs, Exception):
            assert not isinstance(ours, Exception), (dtype, ours)
            assert_same(ours, theirs, f"{dtype}: result")
        elif "not implemented" not in str(theirs):  # what PyTorch only has not written may work here
            assert isinstance(ours, type(theirs)), (dtype, ours, theirs)


def outcome(m, row, case, arrays):
    try:
        return call(m, row, case, tensors(m, arrays))
    except (RuntimeError, TypeError, ValueError, IndexError) as error:
        return error


@pytest.mark.parametrize(("row", "case"), params(fails=True))
def test_wrong_input_raises_the_same_class(row, case):
    arrays = drawn(case)
    with pytest.raises((RuntimeError, TypeError, ValueError, IndexError)) as theirs:
        call(torch, row, case, leaves(torch, case, arrays))
    kind = next(c for c in theirs.type.__mro__ if c.__module__ == "builtins")  # of PyTorch's own classes, the base
    with pytest.raises(kind) as ours:
        call(mgx, row, case, leaves(mgx, case, arrays))
    assert str(ours.value)


def in_place_cases():
    """Cases of rows whose first argument is a tensor that has the in-place variant of the operation."""
    for name, row, case in cases():
        if row.name + "_" not in METHODS or not case.args or not isinstance(case.args[0], Input):
            continue
        # PyTorch's logical operations, in place, leave the graph of the old value: no gradient to compare
        if not (row.name.startswith("logical") and case.args[0].differentiable):
            yield pytest.param(row, case, id=name)


@pytest.mark.parametrize(("row", "case"), list(in_place_cases()))
def test_in_place(row, case):
    """``x.exp_()`` on a computed x: value, gradient and, where PyTorch refuses, an error."""
    ours, theirs = (in_place(m, row, case, drawn(case)) for m in (mgx, torch))
    if isinstance(theirs, RuntimeError):
        assert isinstance(ours, RuntimeError), ours
    else:
        assert not isinstance(ours, RuntimeError), ours
        assert_same(ours, theirs, "in place")


def in_place(m, row, case, arrays):
    """The result and the gradients by all leaves, or the error."""

    def write(m, x, *args, **options):
        x = x * 1 if x.requires_grad else x.clone()
        out = getattr(x, row.name + "_")(*args, **options)
        assert out is x
        return out

    made = leaves(m, case, arrays)
    by = [t for t in made if t.requires_grad]
    try:
        out = call(m, replace(row, call=write), case, made)
        if not out[0].requires_grad:
            return [*out, *map(m.zeros_like, by)]
        g = tensors(m, weights_for(out, 1))
        return [*out, *m.autograd.grad(out, by, g, materialize_grads=True)]
    except RuntimeError as error:
        return error


def test_power_at_exponent_zero():
    """∂²(x^y)/∂x∂y = 1/x at y = 0, where PyTorch returns 0."""
    x, y = mgx.tensor(2.0, requires_grad=True), mgx.tensor(0.0, requires_grad=True)
    (dx,) = mgx.autograd.grad(x**y, x, create_graph=True)
    assert mgx.autograd.grad(dx, y)[0].item() == 0.5


def test_every_operation_has_a_row():
    """What is public is tested: under its own name, or under another name of the same function."""
    public = {**METHODS, **FUNCTIONS}
    in_place = {name for name in METHODS if name.startswith("__i") or (name.endswith("_") and name[:-1] in public)}
    elsewhere = {*CREATION, *(name for name in METHODS if name.startswith("new_")), *in_place}
    elsewhere |= {name for name, f in public.items() if f.__module__ == random.__name__}
    tested = {plain(public[name]) for name in ROWS if name in public}
    assert [name for name, f in public.items() if plain(f) not in tested and name not in elsewhere] == []


def plain(function):
    """What both the function and the method of a primitive call."""
    return getattr(function, "primitive", function)
