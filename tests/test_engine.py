"""The engine: what it keeps, what it frees, in which order it goes back, and what it refuses."""

import gc
import math
import threading
import tracemalloc
import weakref

import numpy as np
import pytest
import torch

import microgradx as mgx
from microgradx.engine import NUMPY, Variable, primitive
from microgradx.viz import record


def leaf(*values):
    return mgx.tensor(values[0] if len(values) == 1 else list(values), requires_grad=True)


# ---------------------------------------------------------------- memory


@pytest.fixture
def no_collector():
    gc.collect()
    gc.disable()
    yield
    gc.enable()


@pytest.mark.usefixtures("no_collector")
def test_a_graph_is_freed_with_its_last_name():
    """Without the garbage collector: there is no reference cycle, before or after a backward pass."""
    x = mgx.randn(3, 3, requires_grad=True)

    def compute():
        a = x @ x
        b, c = (a.exp() * x[0]).t().split([1, 2])
        d = mgx.cat([b, c]).max(0).values
        d[0] = 5.0
        return a, d.relu().sum() + mgx.nn.functional.cross_entropy(a, mgx.tensor([0, 1, 2]))

    for go_back in (lambda y: None, lambda y: y.backward(), lambda y: y.backward(create_graph=True)):
        a, y = compute()
        go_back(y)
        alive = [weakref.ref(a), weakref.ref(a.array), weakref.ref(a.grad_fn), weakref.ref(y.grad_fn)]
        del a, y
        x.grad = None
        assert [r() for r in alive] == [None] * len(alive)
    assert gc.collect() == 0


@pytest.mark.usefixtures("no_collector")
def test_a_leaf_dies_though_its_gradient_is_known():
    x = leaf(1.0, 2.0)
    (x * x).sum().backward()
    alive = weakref.ref(x)
    del x
    assert alive() is None


def test_a_chain_of_a_million_operations():
    """Forward, backward and freeing: nothing recurses."""
    x = leaf(1.0)
    y = x
    for _ in range(1_000_000):
        y = y + 1.0
    assert y.item() == 1_000_001
    y.backward()
    assert x.grad.item() == 1
    del y


def test_only_what_rules_name_is_kept():
    x, w = mgx.randn(4, 3, requires_grad=True), mgx.randn(3, 5, requires_grad=True)
    h = x @ w
    assert [v is not None for v in h.grad_fn.saved] == [True, True, False]
    assert all(v is None for v in (h + 1).grad_fn.saved)
    assert [v is not None for v in h.exp().grad_fn.saved] == [False, True]
    by_w = x.detach() @ w
    assert [v is not None for v in by_w.grad_fn.saved] == [True, False, False]  # w itself needs only x


def relu_network(m, depth=20, width=64, batch=256):
    layers = [m.nn.Linear(width, width) for _ in range(depth)]

    def forward():
        h = m.randn(batch, width)
        for layer in layers:
            h = layer(h).relu()
        return h.sum()

    return forward, [p for layer in layers for p in layer.parameters()]


def test_a_step_needs_no_more_memory_than_pytorch():
    """The peak over a step of a ReLU network, beside the sum of all that PyTorch saves for its backward pass."""
    forward, parameters = relu_network(torch)
    saved = {}

    def pack(t):
        saved[t.untyped_storage().data_ptr()] = t.untyped_storage().nbytes()
        return t

    with torch.autograd.graph.saved_tensors_hooks(pack, lambda t: t):
        out = forward()
    owned = {p.untyped_storage().data_ptr() for p in parameters}
    theirs = sum(n for pointer, n in saved.items() if pointer not in owned)
    del out

    forward, parameters = relu_network(mgx)
    forward().backward()  # the gradients exist from now on
    tracemalloc.start()
    forward().backward()
    ours = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert ours <= 1.2 * theirs


def test_backward_frees_what_it_passes():
    x = leaf(1.0, 2.0)
    y = x.exp()
    z = y.sum()
    z.backward()
    assert y.grad_fn.saved is None
    z = x.exp().sum()
    z.backward(retain_graph=True)
    assert z.grad_fn.parents[0].saved is not None


# ---------------------------------------------------------------- hooks and gradients of results


def test_hooks_see_and_replace_gradients():
    x = leaf(3.0)
    y = x * x
    seen = []
    first = x.register_hook(lambda g: seen.append(("x", g.item())))
    y.register_hook(lambda g: g * 10)
    y.register_hook(lambda g: seen.append(("y", g.item())))
    (y * 2).backward()
    assert seen == [("y", 20.0), ("x", 120.0)]
    assert x.grad.item() == 120
    first.remove()
    (x * 1).backward()
    assert len(seen) == 2


def test_a_hook_runs_once_on_the_sum_of_all_uses():
    x = leaf(2.0)
    seen = []
    x.register_hook(lambda g: seen.append(g.item()))
    y = x * 3
    y.register_hook(lambda g: seen.append(g.item()))
    (y + y * y).backward()
    assert seen == [13.0, 39.0]


def test_post_accumulate_hooks():
    x = leaf(2.0)
    grads = []
    x.register_post_accumulate_grad_hook(lambda p: grads.append(p.grad.item()))
    (x * 3).backward()
    (x * 3).backward()
    assert grads == [3.0, 6.0]
    for lib in (mgx, torch):
        y = lib.ones(2, requires_grad=True)
        y.register_post_accumulate_grad_hook(lambda p: p.grad)
        with pytest.raises(RuntimeError, match="post accumulate grad hooks should return None"):
            y.sum().backward()


def test_retain_grad():
    x = leaf(2.0)
    y = x * x
    y.retain_grad()
    z = y * 3
    z.backward()
    assert (y.grad.item(), y.retains_grad, z.retains_grad) == (3.0, True, False)
    with pytest.warns(UserWarning, match="not a leaf"):
        assert z.grad is None


@pytest.mark.parametrize("on_leaf", [False, True])
@pytest.mark.parametrize(
    ("hook", "error"),
    [
        (lambda g: g.sum(), "has changed the size of value"),
        (lambda g: g.float(), "has changed the type of value"),
        (lambda g: 1.0, "expected Variable, but hook returned 'float'"),
    ],
)
def test_hooks_that_return_what_is_no_gradient(hook, error, on_leaf):
    def run(m):
        x = m.ones(3, dtype=m.float64, requires_grad=True)
        y = x * m.full((3,), 2.0, dtype=m.float64)
        (x if on_leaf else y).register_hook(hook)
        with pytest.raises((RuntimeError, TypeError), match=error) as raised:
            (y * m.ones(3, dtype=m.float64)).sum().backward()
        return raised.type

    assert run(mgx) is run(torch)


def test_a_gradient_is_the_same_whatever_else_is_asked_for():
    """A hook's gradient takes the place of the gradient, always. PyTorch takes it before the hook if it goes on from there:
    ``grad(y, [w, h])`` differs from ``grad(y, [w])`` with ``grad(y, [h])``."""

    def gradients(lib, *asked_for):
        w = lib.tensor(2.0, requires_grad=True)
        h = w * 3
        h.register_hook(lambda g: g * 10)
        named = {"w": w, "h": h}
        return [g.item() for g in lib.autograd.grad(h * h, [named[name] for name in asked_for])]

    for lib in (mgx, torch):
        assert gradients(lib, "w") == [360]
        assert gradients(lib, "h") == [120]
    assert gradients(mgx, "w", "h") == [360, 120]
    assert gradients(mgx, "h", "w") == [120, 360]


@pytest.mark.parametrize("lib", [mgx, torch])
def test_hooks_last_while_a_leaf_is_frozen(lib):
    """And a graph from before leads to the same leaf."""
    x = lib.tensor([1.0, 2.0], requires_grad=True)
    seen = []
    x.register_hook(lambda g: g * 10)
    x.register_post_accumulate_grad_hook(lambda x: seen.append(x.grad.tolist()))
    y = (x * 2).sum()
    y.backward(retain_graph=True)
    frozen = x.grad
    x.requires_grad_(False)
    assert x.grad is frozen
    assert not (x * 2).requires_grad
    x.requires_grad_()
    y.backward()
    (x * 1).sum().backward()
    assert x.grad.tolist() == [50, 50]
    assert seen == [[20, 20], [40, 40], [50, 50]]


@pytest.mark.parametrize("lib", [mgx, torch])
def test_a_frozen_leaf_collects_nothing(lib):
    x = lib.tensor([1.0, 2.0], requires_grad=True)
    y = (x * x).sum()
    y.backward(retain_graph=True)
    for freeze in (lambda: x.requires_grad_(False), x.detach_):
        freeze()
        y.backward(retain_graph=True)
        assert x.grad.tolist() == [2, 4]
        x.requires_grad_()
        assert x.grad.tolist() == [2, 4]


@pytest.mark.parametrize("lib", [mgx, torch])
def test_a_gradient_stays_with_a_tensor_that_is_detached(lib):
    x = lib.tensor([1.0, 2.0], requires_grad=True)
    y = x * 2
    y.retain_grad()
    y.sum().backward()
    y.detach_()
    assert (y.is_leaf, y.requires_grad, y.grad.tolist()) == (True, False, [1, 1])
    (y.requires_grad_() * 3).sum().backward()
    assert (y.grad.tolist(), x.grad.tolist()) == ([4, 4], [2, 2])


@pytest.mark.parametrize("lib", [mgx, torch])
@pytest.mark.filterwarnings("ignore:The .grad attribute")
def test_a_gradient_stays_with_a_tensor_that_is_written_to(lib):
    w, given = lib.ones(2, requires_grad=True), lib.ones(2)
    frozen = lib.ones(2, requires_grad=True)
    (frozen * 2).sum().backward()
    frozen.requires_grad_(False)
    assigned = w * 1
    assigned.grad = given
    for x, gradient in ((frozen, [2, 2]), (assigned, [1, 1])):
        x.mul_(w)
        assert (x.is_leaf, x.retains_grad, x.grad.tolist()) == (False, False, gradient)


def test_no_tensor_is_its_own_gradient():
    for lib in (mgx, torch):
        x = lib.ones(2)
        with pytest.raises(RuntimeError, match="can't assign Variable as its own grad"):
            x.grad = x


def test_hooks_in_a_recorded_backward_pass():
    """What a hook computes is part of the graph, and the second pass runs the hook again."""
    for m in (mgx, torch):
        x = m.tensor(2.0, requires_grad=True)
        y = x**3
        y.register_hook(lambda g: g * g * 5)
        (dx,) = m.autograd.grad(y * x, x, create_graph=True)
        dx.backward()
        assert (dx.item(), x.grad.item()) == (248, 540)


# ---------------------------------------------------------------- backward and grad


def test_backward_twice():
    x = leaf(2.0)
    y = x.exp()
    y.backward(retain_graph=True)
    y.backward()
    assert x.grad.item() == pytest.approx(2 * math.exp(2))
    with pytest.raises(RuntimeError, match="backward through the graph a second time"):
        y.backward()


def test_what_keeps_no_values_can_be_gone_through_again():
    """As in PyTorch: the error is about saved values, and neither + nor a sum has any."""
    for m in (mgx, torch):
        x = m.ones(2, requires_grad=True)
        y = (x + 1).sum()
        y.backward()
        y.backward()
        assert x.grad.tolist() == [2, 2]


def test_six_derivatives_of_tanh():
    x = mgx.tensor(0.7, dtype=mgx.float64, requires_grad=True)
    t = torch.tensor(0.7, dtype=torch.float64, requires_grad=True)
    y, z = x.tanh(), t.tanh()
    for _ in range(6):
        (y,) = mgx.autograd.grad(y, x, create_graph=True)
        (z,) = torch.autograd.grad(z, t, create_graph=True)
        assert y.item() == pytest.approx(z.item(), rel=1e-13)


def test_backward_with_create_graph_adds_gradients_with_a_graph():
    x = leaf(2.0)
    (x**3).backward(create_graph=True)
    assert x.grad.requires_grad
    first = x.grad
    x.grad = None
    first.backward()
    assert x.grad.item() == 12


def test_only_the_inputs_asked_for():
    x, w = leaf(2.0), leaf(3.0)
    h = x * w
    (h * h).backward(inputs=[w])
    assert (x.grad, w.grad.item()) == (None, 24)
    y = x * w
    (y * y).backward(inputs=[y, x])
    assert (y.grad.item(), x.grad.item(), w.grad.item()) == (12, 36, 24)
    with pytest.raises(RuntimeError, match="cannot be empty"):
        (x * w).backward(inputs=[])
    for lib in (mgx, torch):
        h = lib.ones(2, requires_grad=True) * 2
        (h * 3).sum().backward(inputs=h, retain_graph=True)
        (h * 4).sum().backward()  # the first one has made h retain its gradient
        assert (h.retains_grad, h.grad.tolist()) == (True, [7, 7])
        with pytest.raises(RuntimeError, match="can't retain_grad on Tensor that has requires_grad=False"):
            (h * 3).sum().backward(inputs=lib.ones(2))


def test_gradient_by_a_result():
    x = leaf(2.0)
    y = x * x
    z = y * y + x
    assert [g.item() for g in mgx.autograd.grad(z, [y, x])] == [8.0, 33.0]
    assert x.grad is None


@pytest.mark.parametrize("lib", [mgx, torch])
def test_a_backward_pass_in_two_halves(lib):
    """What a gradient is asked for is where the pass ends: its own operation is not gone through, and keeps its values."""
    x = lib.tensor([1.0, 2.0], requires_grad=True)
    h = x.exp()
    ((half, _), changed) = h.split(1), (x * x).exp()
    (g,) = lib.autograd.grad((h * h).sum(), h)
    h.backward(g, retain_graph=True)
    assert x.grad.tolist() == pytest.approx([2 * math.exp(2), 2 * math.exp(4)])
    (g,) = lib.autograd.grad((half * half).sum(), half)
    half.backward(g)
    assert x.grad.tolist() == pytest.approx([4 * math.exp(2), 2 * math.exp(4)])
    result = changed * 3
    with lib.no_grad():
        changed.zero_()  # the exponential needs it, but not the gradient by it
    assert lib.autograd.grad(result.sum(), changed)[0].tolist() == [3, 3]


def test_unused_inputs():
    x, unused = leaf(2.0), leaf(1.0, 2.0)
    for lib in (mgx, torch):
        y, z = lib.ones(1, requires_grad=True), lib.ones(2, requires_grad=True)
        with pytest.raises(RuntimeError, match="The differentiated Tensor at index 1 appears to not have been used in"):
            lib.autograd.grad(y * 2, [y, z])
        zeros = lib.autograd.grad(y * 2, z, create_graph=True, materialize_grads=True)[0]
        assert (zeros.requires_grad, zeros.tolist()) == (True, [0, 0])
    assert mgx.autograd.grad(x * 2, [x, unused], allow_unused=True)[1] is None
    assert mgx.autograd.grad(x * 2, [x, unused], materialize_grads=True)[1].tolist() == [0, 0]


def test_from_several_roots():
    """All uses of a shared part are added up before its own rules run, once."""
    x = leaf(2.0)
    shared = x * x
    runs = []
    shared.register_hook(lambda g: runs.append(g.item()))
    mgx.autograd.backward([shared * 3, shared.exp(), shared], [None, mgx.tensor(2.0), None])
    assert runs == [pytest.approx(4 + 2 * math.exp(4))]
    assert x.grad.item() == pytest.approx(4 * runs[0])


def test_operations_with_several_results():
    x = leaf(1.0, 2.0, 3.0)
    a, b = x.split([1, 2])
    assert a.grad_fn is b.grad_fn
    (b * b).sum().backward()  # nothing goes through a
    assert x.grad.tolist() == [0, 4, 6]
    values, indices = x.max(0)
    assert not indices.requires_grad
    values.backward()
    assert x.grad.tolist() == [0, 4, 7]


def test_second_derivatives_pass_through_results_of_several():
    """What rules read of the results is the results themselves: their hooks, gradients and uses count."""

    class Both(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            results = x.exp(), x.neg().exp()
            ctx.save_for_backward(*results)
            return results

        @staticmethod
        def backward(ctx, up, down):
            y, z = ctx.saved_tensors
            return up * y - down * z

    @primitive(multiple=True)
    def both(x):
        return np.exp(x), np.exp(-x)

    both.derivatives(x=lambda g, out: g[0] * out[0] - g[1] * out[1])
    ours = type("Both", (mgx.autograd.Function,), {k: Both.__dict__[k] for k in ("forward", "backward")})

    def program(lib, operation):
        x = lib.tensor([0.5, -1.0], dtype=lib.float64, requires_grad=True)
        y, z = operation(x)
        y.retain_grad()
        seen = []
        z.register_hook(seen.append)
        (g,) = lib.autograd.grad((y**3 + z * y).sum(), x, create_graph=True)
        loss = (g * g).sum()
        by_results = lib.autograd.grad(loss, [y, z], retain_graph=True)
        loss.backward()
        return [*by_results, y.grad, *seen, x.grad]

    expected = [t.tolist() for t in program(torch, Both.apply)]
    for operation in (both, ours.apply):
        np.testing.assert_allclose([t.tolist() for t in program(mgx, operation)], expected, 1e-12)


def test_errors_of_backward():
    x = leaf(1.0, 2.0)
    for action, message in (
        (lambda: (x * 2).backward(), "only for scalar outputs"),
        (lambda: mgx.ones(1).backward(), "does not require grad"),
        (lambda: (x * 2).backward(mgx.ones(3)), "Mismatch in shape"),
        (lambda: mgx.autograd.backward([x * 2], [None, None]), "1 tensors and 2 gradients"),
        (lambda: mgx.autograd.grad(x.sum(), mgx.ones(2)), "does not require grad"),
    ):
        with pytest.raises(RuntimeError, match=message):
            action()


# ---------------------------------------------------------------- accumulation


def test_accumulation_never_changes_an_array_of_the_user():
    x = leaf(1.0, 2.0)
    g = mgx.tensor([10.0, 20.0])
    (x * 1).backward(g)
    x.grad.add_(1)
    assert g.tolist() == [10, 20]
    y = x + x + x  # the same g arrives three times
    y.backward(g)
    y = x + 0
    y.backward(g)
    y = x + 0
    y.backward(g)
    assert g.tolist() == [10, 20]


def test_results_of_grad_share_no_memory():
    x, y = leaf(1.0, 2.0), leaf(3.0, 4.0)
    g = mgx.ones(2)
    dx, dy = mgx.autograd.grad(x + y, [x, y], g)
    dx.mul_(5)
    assert (dy.tolist(), g.tolist()) == ([1, 1], [1, 1])


def test_gradients_that_hooks_keep_are_not_changed_later():
    x = leaf(1.0, 2.0)
    kept = []
    y = x * 1
    y.register_hook(lambda g: kept.append(g))
    mgx.autograd.backward([y, y * 2, y * 3], [mgx.ones(2)] * 3)
    assert kept[0].tolist() == [6, 6]
    x.grad.zero_()
    assert kept[0].tolist() == [6, 6]


# ---------------------------------------------------------------- switches


@pytest.mark.parametrize(
    ("switch", "records"),
    [
        (mgx.no_grad, False),
        (mgx.inference_mode, False),
        (lambda: mgx.set_grad_enabled(False), False),
        (lambda: mgx.set_grad_enabled(True), True),
        (mgx.enable_grad, True),
    ],
)
def test_switches(switch, records):
    """In a with, as a decorator, on a generator; and what held before holds again."""
    x = leaf(1.0)
    for outside in (mgx.enable_grad, mgx.no_grad):
        with outside():
            before = mgx.is_grad_enabled()
            with switch():
                assert (x * 2).requires_grad is mgx.is_grad_enabled() is records
            assert mgx.is_grad_enabled() is before

            @switch()
            def double(t):
                return t * 2

            @switch()
            def doubles(t):
                first = yield t * 2
                yield t * first

            assert double(x).requires_grad is records
            steps = doubles(x)
            assert next(steps).requires_grad is records
            assert mgx.is_grad_enabled() is before  # also while the generator waits
            assert steps.send(3.0).requires_grad is records
            assert mgx.is_grad_enabled() is before


def test_a_switch_is_undone_by_an_exception():
    @mgx.no_grad()
    def fail():
        raise KeyError

    with pytest.raises(KeyError):
        fail()
    assert mgx.is_grad_enabled()


def test_set_grad_enabled_as_a_function():
    mgx.set_grad_enabled(False)
    assert not leaf(1.0).exp().requires_grad
    mgx.set_grad_enabled(True)
    assert leaf(1.0).exp().requires_grad


def test_inference_mode_is_known():
    with mgx.inference_mode():
        assert mgx.is_inference_mode_enabled()
    with mgx.inference_mode(False):
        assert not mgx.is_inference_mode_enabled()
    assert not mgx.is_inference_mode_enabled()


def test_switches_hold_for_their_thread():
    found = []
    with mgx.no_grad():
        thread = threading.Thread(target=lambda: found.append(leaf(1.0).exp().requires_grad))
        thread.start()
        thread.join()
    assert found == [True]


def test_a_failing_rule_leaves_the_modes_as_they_were():
    @primitive()
    def broken(x):
        return x * 1

    broken.derivatives(x=lambda g: g.no_such_thing)
    x = leaf(1.0)
    for options in ({}, {"create_graph": True}):
        with pytest.raises(AttributeError):
            broken(x).backward(**options)
        assert (x * 2).requires_grad
    y = broken(x)
    with mgx.no_grad():
        with pytest.raises(AttributeError):
            y.backward()
        assert not (x * 2).requires_grad


# ---------------------------------------------------------------- saved values that were overwritten


@pytest.mark.parametrize(
    "program",
    [
        lambda x: overwritten(x.exp(), lambda y: y.add_(1)),
        lambda x: overwritten(x * 1, lambda y: y.zero_(), lambda y: y * y),
        lambda x: overwritten(x * 1, lambda y: y[0].mul_(2), lambda y: y.sin()),  # by way of a view
        lambda x: overwritten(x * 1, lambda y: y.view(-1).add_(1), lambda y: y.sin()),
        lambda x: overwritten(x * 1, lambda y: y.data.add_(1), lambda y: y.sin()),
        lambda x: overwritten(x * 1, lambda y: y.__setitem__(0, 3.0), lambda y: y.log()),
    ],
)
def test_overwritten_values_are_noticed(program):
    """The same programs in PyTorch raise too (but for `.data`, which it does not watch)."""
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        program(leaf(1.0, 2.0)).sum().backward()


def overwritten(y, write, use=lambda y: y):
    result = use(y)
    write(y)
    return result


def test_overwriting_what_no_rule_needs_is_fine():
    x = leaf(1.0, 2.0)
    y = x * 3
    z = y + 1
    y.zero_()
    z.sum().backward()
    assert x.grad.tolist() == [3, 3]


def test_leaves_refuse_to_be_overwritten():
    x = leaf(1.0, 2.0)
    for write in (lambda: x.add_(1), lambda: x.__setitem__(0, 1.0), lambda: x[0].zero_()):
        with pytest.raises(RuntimeError, match="leaf Variable that requires grad"):
            write()
    with mgx.no_grad():
        x.add_(1)
    assert x.tolist() == [2, 3]
    assert x.requires_grad


# ---------------------------------------------------------------- anomalies and recording


def line_of(code):
    """Number of the line of this file that holds the text."""
    with open(__file__) as file:
        return next(i for i, text in enumerate(file, 1) if code in text)


def test_anomaly_mode_names_the_line():
    x = leaf(0.0)
    with mgx.autograd.detect_anomaly():
        y = (x * 0).sqrt()  # the faulty line
        with pytest.raises(RuntimeError, match=r"SqrtBackward0.*nan") as error:
            (y * 0).backward()
    assert f"test_engine.py:{line_of('# the faulty line')}" in str(error.value)
    y = (x * 0).sqrt()
    (y * 0).backward()  # without it, a nan is a nan
    assert math.isnan(x.grad.item())


def test_recording_keeps_values_lines_and_calls():
    layer = mgx.nn.Linear(3, 2)
    net = mgx.nn.Sequential(layer, mgx.nn.ReLU())
    with record():
        y = net(mgx.ones(1, 3))
        z = y * 2  # a recorded line
    node = z.grad_fn
    assert node.record.line() == (__file__, line_of("# a recorded line"))
    assert np.array_equal(node.record.args[0], y.detach().numpy())
    assert np.array_equal(node.record.out, z.detach().numpy())
    assert node.record.module is None
    assert node.parents[0].record.module[0] == "Sequential.1"
    assert (y * 2).grad_fn.record is None


# ---------------------------------------------------------------- primitives


def test_a_rule_that_reads_what_is_not_there():
    @primitive()
    def f(x, n: int):
        return x * n

    with pytest.raises(TypeError, match="a rule reads 'z'"):
        f.derivatives(x=lambda g, z: g)


def test_unknown_keywords_raise():
    with pytest.raises(TypeError):
        mgx.ones(2).sum(keepdimension=True)


def test_numpy_functions_record():
    x = leaf(1.0, 2.0)
    y = np.exp(x) * np.ones(2, np.float32)
    assert isinstance(y, Variable)
    y.sum().backward()
    assert x.grad.tolist() == pytest.approx(np.exp([1.0, 2.0]).tolist())
    assert np.exp in NUMPY
    assert np.allclose(x.detach(), [1, 2])
    with pytest.raises(RuntimeError, match=r"Use tensor\.detach"):
        np.allclose(x, [1, 2])
