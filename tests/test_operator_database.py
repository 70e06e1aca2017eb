"""PyTorch's own table of operators: each one that microgradx has too must do the same on PyTorch's samples.

The database, `op_db`, is what PyTorch is tested with. A sample of it is read as a case of `tests/samples.py`,
so that it is run and compared as those are: values, gradients, gradients of gradients, errors.
"""

import types
from functools import reduce

import numpy as np
import pytest
import torch
from torch.testing._internal.common_methods_invocations import op_db
from torch.utils._pytree import tree_leaves, tree_map

import microgradx as mgx
import microgradx.linalg
import microgradx.nn
from tests.samples import Case, Input, Row
from tests.test_matrix import assert_same, call, dtype_name, has_graph, inputs_of, leaves, tensors, weights_for

pytestmark = pytest.mark.filterwarnings("ignore")

SAMPLES = 4  # of each operator, spread over those that there are
LARGEST = 2000  # elements of an input
RAISED = (RuntimeError, TypeError, ValueError, IndexError)
KINDS = {
    getattr(torch, d) for d in ["float64", "float32", "float16", "int64", "int32", "int16", "int8", "uint8", "bool"]
}

EXCLUDED = {
    "linalg.norm:subgradients_at_zero": "PyTorch's own second gradient is nan",
    "nn.functional.batch_norm:without_cudnn": "only for CUDA",
    "nn.functional.ctc_loss": "its samples are large; tests/ops/test_ctc.py has others",
    "nn.functional.linear_cross_entropy:chunked": "computation in chunks",
    "nn.functional.linear_cross_entropy:chunked_none": "computation in chunks",
    "nn.functional.silu:complex": "complex numbers",
    "nn.functional.triplet_margin_with_distance_loss": "its samples are of functions that call PyTorch",
    "to": "its samples are about memory layout",
}
# The database's names of what is public under another one.
RENAMED = {name: name + "_" for name in ("cauchy", "exponential", "geometric", "log_normal", "uniform")}
RENAMED["__rdiv__"] = "__rtruediv__"
# Random results, or memory as it was found: only number, shapes and dtypes are compared.
RANDOM = {
    *RENAMED.keys() - {"__rdiv__"},
    "bernoulli", "empty", "empty_like", "multinomial", "new_empty", "nn.functional.dropout",
    "nn.functional.feature_alpha_dropout:with_train", "nn.functional.fractional_max_pool2d",
    "nn.functional.fractional_max_pool3d",
    "nn.functional.dropout2d", "nn.functional.dropout3d", "normal", "normal:in_place", "normal:number_mean",
    "rand_like", "randint", "randint_like", "randn", "randn_like",
}  # fmt: skip
ATTENTION = "nn.functional.multi_head_attention_forward"  # its samples with gradients are all random (dropout)
ONCE = {"nn.functional.scaled_dot_product_attention"}  # on the CPU PyTorch has no second gradient, but says it has
# What PyTorch refuses in these are other devices, complex numbers, memory shared with out=, a method on a number.
NOTHING_WRONG = {
    "T", "__rdiv__", "__rmod__", "__rpow__", "__rsub__", "add", "bernoulli", "div:floor_rounding", "div:no_rounding_mode",
    "div:trunc_rounding", "floor_divide", "index_select", "masked_select", "median", "mul", "sub",
    "true_divide", "where",
}  # fmt: skip


def title(op):
    return f"{op.name}:{op.variant_test_name}" if op.variant_test_name else op.name


def find(m, name):
    """A function of a library by its path, or else a method of its tensors; None if there is neither."""
    path = RENAMED.get(name, name)
    function = reduce(lambda found, part: getattr(found, part, None), path.split("."), m)
    return function if callable(function) else getattr(m.Tensor, path, None)


def shared():
    """The operators that both libraries have, but for those that are excluded."""
    return [op for op in op_db if title(op) not in EXCLUDED and find(mgx, op.name) and find(torch, op.name)]


def params(operators):
    return pytest.mark.parametrize("op", [pytest.param(op, id=title(op)) for op in operators])


def bound(function, m):
    """A function of the database, with ``m`` where it says torch."""
    if not isinstance(function, types.FunctionType) or "torch" not in function.__globals__:
        return function
    scope = {**function.__globals__, "torch": m}
    copy = types.FunctionType(function.__code__, scope, None, function.__defaults__, function.__closure__)
    copy.__kwdefaults__ = function.__kwdefaults__
    return copy


def as_row(op, finish=lambda out: out):
    """How an operator is called; ``finish`` makes of its result what is determined, as singular vectors up to sign."""
    adapted = (getattr(op.op, "__module__", None) or "").startswith("torch.testing")
    symmetric = op.gradcheck_wrapper.__name__ == "gradcheck_wrapper_hermitian_input"

    def run(m, *args, **options):
        function = bound(op.op, m) if adapted else find(m, op.name)
        args, options = tree_map(
            lambda a: getattr(m, str(a).removeprefix("torch.")) if isinstance(a, torch.dtype) else a, (args, options)
        )
        if symmetric:
            first, *others = args
            out = function(first + first.mT, *others, **options)
        else:
            out = bound(op.gradcheck_wrapper, m)(function, *args, **options)
        return bound(finish, m)(out)

    return Row(title(op), run)


def as_case(sample, every=False):
    """The call of a sample; with ``every``, all its floats require gradients."""

    def freeze(a):
        if not isinstance(a, torch.Tensor):
            return a
        data = a.detach().numpy().copy()
        return Input(lambda rng: data.copy(), constant=not (a.requires_grad or every))

    return Case(*tree_map(freeze, inputs_and_options(sample)))


def inputs_and_options(sample):
    return (sample.input, *sample.args), sample.kwargs


def usable(sample):
    """Whether a sample is of what microgradx has."""
    return "out" not in sample.kwargs and all(map(known, tree_leaves(inputs_and_options(sample))))


def known(a):
    if isinstance(a, torch.Tensor):
        small = a.numel() <= LARGEST and a.ndim <= 64  # what NumPy has
        return small and a.dtype in KINDS and a.layout is torch.strided and a.is_cpu
    if isinstance(a, torch.dtype):
        return a in KINDS
    return a is None or isinstance(a, (bool, int, float, str, slice, type(...)))


def dropout(sample):
    options = sample.kwargs
    return options.get("dropout_p") or (options.get("training") and "use_separate_proj_weight" in options)


def samples(op):
    """Some samples of an operator, each as a row with its case: floats, or else what it takes."""
    dtype = next(d for d in (torch.float64, torch.int64, torch.bool) if d in op.supported_dtypes("cpu"))
    grad = op.supports_autograd and dtype.is_floating_point and op.name != ATTENTION
    found = [s for s in op.sample_inputs("cpu", dtype, requires_grad=grad) if usable(s) and not dropout(s)]
    chosen = sorted({round(i) for i in np.linspace(0, len(found) - 1, SAMPLES)}) if found else ()
    return [(as_row(op, found[i].output_process_fn_grad), as_case(found[i], op.name == ATTENTION)) for i in chosen]


@params(shared())
def test_operator(op):
    """Results, gradients and gradients of gradients are those of PyTorch, on all samples."""
    found = samples(op)
    assert found
    for i, (row, case) in enumerate(found):
        ours, theirs = (outcome(m, row, case, op) for m in (mgx, torch))
        if title(op) in RANDOM:
            assert list(map(kind, ours[0])) == list(map(kind, theirs[0]))
            continue
        for what, mine, other in zip(("value", "gradient", "second gradient"), ours, theirs, strict=True):
            assert_same(mine, other, f"sample {i}, {what}", 100)


def kind(t):
    return tuple(t.shape), dtype_name(t)


def outcome(m, row, case, op):
    """Results and the inputs after it, gradients by these, and gradients of a mix of the gradients."""
    made = leaves(m, case, [i.draw(None) for i in inputs_of(case)])
    results = call(m, row, case, made)
    values = [*results, *made]
    by = [t for t in made if t.requires_grad]
    tracked = list(filter(has_graph, results))
    if not by or not tracked:
        return values, [], []
    cotangents = [t.requires_grad_() for t in tensors(m, weights_for(tracked, 1))]
    first = list(m.autograd.grad(tracked, by, cotangents, create_graph=True, materialize_grads=True))
    if not op.supports_gradgrad or op.name in ONCE:
        return values, first, []
    by = [*by, *cotangents]
    weighted = [(g, w) for g, w in zip(first, tensors(m, weights_for(first, 2))) if g.requires_grad]
    if not weighted:
        return values, first, [m.zeros_like(t) for t in by]
    gradients, weights = zip(*weighted)
    return values, first, list(m.autograd.grad(gradients, by, weights, materialize_grads=True))


def wrong_calls(op):
    """The calls of an operator that PyTorch refuses."""
    cases = [as_case(e.sample_input) for e in op.error_inputs("cpu") if usable(e.sample_input)]
    return [case for case in cases if refused(torch, op, case)]


def refused(m, op, case):
    try:
        call(m, as_row(op), case, leaves(m, case, [i.draw(None) for i in inputs_of(case)]))
    except RAISED:
        return True
    return False


@params(op for op in shared() if op.error_inputs_func and title(op) not in NOTHING_WRONG)
def test_wrong_input_raises(op):
    found = wrong_calls(op)
    assert found
    for i, case in enumerate(found):
        assert refused(mgx, op, case), f"wrong input {i}"


def test_exclusions_are_of_the_database():
    assert sorted({*EXCLUDED, *RENAMED, *RANDOM, *ONCE, ATTENTION, *NOTHING_WRONG} - {title(op) for op in op_db}) == []
