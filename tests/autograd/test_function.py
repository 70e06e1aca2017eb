"""Function: PyTorch's interface for operations with a backward written by hand."""

import gc
import weakref

import numpy as np
import pytest
import torch

import microgradx as mgx
from microgradx.autograd.checking import gradcheck, gradgradcheck
from microgradx.autograd.function import Function, FunctionCtx, once_differentiable
from microgradx.autograd.modes import recording


class Cube(Function):
    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return x**3

    @staticmethod
    def backward(ctx, g):
        (x,) = ctx.saved_tensors
        return g * 3 * x**2


class Exp(Function):
    """Saves its result."""

    @staticmethod
    def forward(ctx, x):
        out = x.exp()
        ctx.save_for_backward(out)
        return out

    @staticmethod
    def backward(ctx, g):
        return g * ctx.saved_tensors[0]


class Scaled(Function):
    """The newer form; an argument that is no tensor; two results, of which each needs both inputs."""

    @staticmethod
    def forward(x, k, y):
        return x * y * k, x + y

    @staticmethod
    def setup_context(ctx, inputs, output):
        x, k, y = inputs
        ctx.k = k
        ctx.save_for_backward(x, y, output[0])

    @staticmethod
    def backward(ctx, a, b):
        x, y, _ = ctx.saved_tensors
        return a * y * ctx.k + b, None, a * x * ctx.k + b


def make(backward, forward=lambda ctx, x: x * 2, **more):
    return type("Made", (Function,), {"forward": staticmethod(forward), "backward": staticmethod(backward), **more})


def leaf(*values, dtype=None):
    return mgx.tensor(list(values), dtype=dtype or mgx.float64, requires_grad=True)


# ---------------------------------------------------------------- what it computes


def test_the_gradient_is_that_of_backward():
    x = leaf(1.0, 2.0)
    y = Cube.apply(x * 2)
    y.sum().backward()
    assert y.tolist() == [8.0, 64.0]
    assert x.grad.tolist() == [24.0, 96.0]


@pytest.mark.parametrize("function", [Cube, Exp])
def test_derivatives_of_any_order(function):
    x = leaf(0.5, 1.5)
    assert gradcheck(lambda x: function.apply(x).sin(), (x,))
    assert gradgradcheck(lambda x: function.apply(x).sin(), (x,))
    (first,) = mgx.autograd.grad(function.apply(x).sum(), x, create_graph=True)
    (second,) = mgx.autograd.grad(first.sum(), x, create_graph=True)
    (third,) = mgx.autograd.grad(second.sum(), x)
    expected = [6.0, 6.0] if function is Cube else np.exp([0.5, 1.5]).tolist()
    assert third.tolist() == pytest.approx(expected)


def test_several_results_and_the_newer_form():
    x, y = leaf(1.0, 2.0), leaf(3.0, 4.0)
    assert gradcheck(lambda x, y: Scaled.apply(x, 2.5, y), (x, y))
    assert gradgradcheck(lambda x, y: Scaled.apply(x, 2.5, y), (x, y))
    a, b = Scaled.apply(x, 2.0, y)
    b.sum().backward()  # nothing comes from a: its gradient is zeros
    assert x.grad.tolist() == [1.0, 1.0]
    assert a.grad_fn is b.grad_fn


def test_only_what_is_asked_for_and_what_needs_it():
    seen = []

    def backward(ctx, g):
        seen.append(ctx.needs_input_grad)
        return g, g, None

    both = make(backward, lambda ctx, x, y, k: x + y)
    x, y = leaf(1.0), leaf(2.0).detach()
    both.apply(x, y, 3).sum().backward()
    assert seen == [(True, False, False)]
    assert both.apply(y, y, 3).grad_fn is None
    with mgx.no_grad():
        assert both.apply(x, y, 3).requires_grad is False


def test_forward_is_not_recorded_and_tuples_of_one_stay_tuples():
    inside = []
    single = make(lambda ctx, g: g, lambda ctx, x: (inside.append(x * 2), (x * 2,))[1])
    (y,) = single.apply(leaf(1.0))
    assert inside[0].requires_grad is False
    assert y.requires_grad is True


def test_names_are_those_of_pytorch():
    x = leaf(1.0)
    y = Cube.apply(x)
    assert y.grad_fn.name == "CubeBackward"
    assert repr(y.detach().requires_grad_()).endswith("requires_grad=True)")
    assert "grad_fn=<CubeBackward>" in repr(y)
    assert isinstance(y.grad_fn, FunctionCtx)
    assert y.grad_fn.saved_tensors[0].tolist() == x.tolist()
    assert y.grad_fn.next_functions[0][0] is x.edge


def test_gradients_are_summed_where_backward_broadcasts():
    wide = make(lambda ctx, g: g.expand(3, 2))
    x = leaf(1.0, 2.0)
    wide.apply(x).sum().backward()
    assert x.grad.tolist() == [3.0, 3.0]


def test_constant_results_and_integers_have_no_gradient():
    class Permuted(Function):
        @staticmethod
        def forward(ctx, x):
            order = mgx.tensor([1, 2, 0])
            ctx.save_for_backward(order)
            whole = x * 0
            ctx.mark_non_differentiable(whole)
            return x[order], order, whole

        @staticmethod
        def backward(ctx, g, of_order, of_whole):
            (order,) = ctx.saved_tensors
            assert order.tolist() == [1, 2, 0]
            assert of_order.tolist() == [0, 0, 0]
            assert of_whole.tolist() == [0.0, 0.0, 0.0]
            return g[mgx.tensor([2, 0, 1])]  # the inverse of the permutation

    x = leaf(3.0, 1.0, 2.0)
    values, order, whole = Permuted.apply(x)
    assert (values.requires_grad, order.requires_grad, whole.requires_grad) == (True, False, False)
    (values * leaf(1.0, 10.0, 100.0)).sum().backward()
    assert x.grad.tolist() == [100.0, 1.0, 10.0]


def test_without_materialized_gradients_backward_gets_none():
    seen = []

    class Twice(Function):
        @staticmethod
        def forward(ctx, x):
            ctx.set_materialize_grads(False)
            return x * 2, x * 3

        @staticmethod
        def backward(ctx, a, b):
            seen.append(b)
            return a * 2

    a, b = Twice.apply(leaf(1.0))
    a.sum().backward(retain_graph=True)
    assert seen == [None]
    (a + b).sum().backward(retain_graph=True)
    a.sum().backward()
    assert (seen[1].tolist(), seen[2]) == ([1.0], None)


def test_gradients_that_are_zero_are_not_none():
    class Pair(Function):
        @staticmethod
        def forward(ctx, x):
            ctx.set_materialize_grads(False)
            first = x * 2
            ctx.save_for_backward(first)
            return first, x * 3

        @staticmethod
        def backward(ctx, a, b):
            (first,) = ctx.saved_tensors
            return (0 if a is None else a * 2 + a * (first - first.detach())) + (0 if b is None else b * 3)

    assert gradcheck(lambda x: Pair.apply(x), (leaf(1.0, 2.0),))
    x = leaf(1.0, 2.0)
    a, _ = Pair.apply(x)
    (g,) = mgx.autograd.grad(a.sum(), x, create_graph=True)
    (h,) = mgx.autograd.grad(g.sum(), x)  # reaches the first result by way of what was saved
    assert h.tolist() == [2.0, 2.0]


def test_results_that_are_no_tensors_pass_through():
    mixed = make(lambda ctx, g, *_: g * 2, lambda ctx, x: (x * 2, 7, None))
    x = leaf(1.0)
    y, seven, none = mixed.apply(x)
    y.sum().backward()
    assert (seven, none, x.grad.tolist()) == (7, None, [2.0])


def test_arguments_changed_in_place():
    def forward(ctx, x):
        x.add_(1)
        ctx.mark_dirty(x)
        return x

    increment = make(lambda ctx, g: g * 10, forward)
    x = leaf(1.0)
    y = x * 2
    z = increment.apply(y)
    assert z is y
    assert z.tolist() == [3.0]
    z.sum().backward()
    assert x.grad.tolist() == [20.0]
    with pytest.raises(RuntimeError, match="a leaf Variable that requires grad is being used in an in-place operation"):
        increment.apply(leaf(1.0))
    forgetful = make(lambda ctx, g: g, lambda ctx, x: (ctx.mark_dirty(x), x * 2)[1])
    with pytest.raises(RuntimeError, match="marked as dirty during the forward method were not returned"):
        forgetful.apply(leaf(1.0) * 1)


def test_a_view_of_a_changed_argument_follows():
    def forward(ctx, x):
        x.mul_(3)
        ctx.mark_dirty(x)
        return x

    triple = make(lambda ctx, g: g * 3, forward)
    x = leaf(1.0, 2.0, 4.0)
    y = x * 1
    triple.apply(y[1:])
    y.sum().backward()
    assert y.tolist() == [1.0, 6.0, 12.0]
    assert x.grad.tolist() == [1.0, 3.0, 3.0]


@pytest.mark.parametrize("forward", [lambda ctx, x: x, lambda ctx, x: x.view(-1)])
def test_a_result_does_not_share_memory_with_an_argument(forward):
    x = leaf(1.0, 2.0)
    same = make(lambda ctx, g: g * 5, forward)
    y = same.apply(x)
    assert y is not x
    with mgx.no_grad():
        y.zero_()
    assert x.tolist() == [1.0, 2.0]
    same.apply(x).sum().backward()
    assert x.grad.tolist() == [5.0, 5.0]


def test_functions_can_be_drawn():
    x = leaf(1.0)
    for materialize in (True, False):

        class Two(Function):
            @staticmethod
            def forward(ctx, x):
                ctx.set_materialize_grads(materialize)  # noqa: B023
                ctx.save_for_backward(x)
                return x * 2, x * 3

            @staticmethod
            def backward(ctx, a, b):
                return a

        graph = mgx.viz.capture(sum(Two.apply(x)) + Cube.apply(x))
        assert {"TwoBackward", "CubeBackward"} <= {node.op for node in graph.nodes}


def test_hooks_and_the_recorded_line():
    x = leaf(1.0)
    with recording():
        y = Cube.apply(x)
    file, line = y.grad_fn.record.line()
    assert (file, line > 1) == (__file__, True)
    y.register_hook(lambda g: g * 2)
    y.sum().backward()
    assert x.grad.tolist() == [6.0]


# ---------------------------------------------------------------- what is kept, and for how long


def test_memory_is_freed_at_once():
    gc.disable()
    try:
        y = Exp.apply(leaf(1.0) * 1)
        node, a = weakref.ref(y.grad_fn), Scaled.apply(leaf(1.0), 1.0, leaf(2.0))
        other = weakref.ref(a[0].grad_fn)
        y.detach(), y.grad_fn.saved_tensors
        del y, a
        assert node() is None
        assert other() is None
    finally:
        gc.enable()


def test_a_second_backward_needs_retain_graph():
    x = leaf(1.0)
    y = Cube.apply(x).sum()
    y.backward(retain_graph=True)
    y.backward()
    assert x.grad.tolist() == [6.0]
    with pytest.raises(RuntimeError, match="Trying to backward through the graph a second time"):
        y.backward()
    z = Cube.apply(x)
    z.backward(mgx.ones(1, dtype=mgx.float64))
    with pytest.raises(RuntimeError, match="directly access saved tensors"):
        z.grad_fn.saved_tensors  # noqa: B018


def test_what_saved_nothing_can_go_back_again():
    x = leaf(1.0)
    y = make(lambda ctx, g: g * 2).apply(x)
    for _ in range(2):
        y.backward(mgx.ones(1, dtype=mgx.float64))
    assert x.grad.tolist() == [4.0]


def test_a_saved_value_that_was_overwritten_raises():
    z = leaf(1.0) * 1
    y = Cube.apply(z)
    z.add_(1)
    with pytest.raises(RuntimeError, match="has been modified by an inplace operation"):
        y.sum().backward()
    y = Exp.apply(leaf(1.0))
    node = y.grad_fn
    y.add_(1)
    with pytest.raises(RuntimeError, match="has been modified by an inplace operation"):
        node.saved_tensors  # noqa: B018


def test_none_can_be_saved_and_intermediates_are_constants():
    def forward(ctx, x):
        ctx.save_for_backward(None, x * 3)
        return x * 3

    def backward(ctx, g):
        none, intermediate = ctx.saved_tensors
        assert none is None
        assert intermediate.requires_grad is False
        return g * intermediate

    x = leaf(2.0)
    make(backward, forward).apply(x).sum().backward()
    assert x.grad.tolist() == [6.0]


# ---------------------------------------------------------------- what is wrong


def both_libraries(forward, backward, arguments):
    """The error of PyTorch and ours, for the same Function."""
    messages = []
    for base, library in ((torch.autograd.Function, torch), (Function, mgx)):
        made = type("Made", (base,), {"forward": staticmethod(forward), "backward": staticmethod(backward)})
        x = library.ones(3, requires_grad=True)
        with pytest.raises((RuntimeError, TypeError)) as caught:
            made.apply(x, *arguments).sum().backward()
        messages.append((caught.type, str(caught.value)))
    return messages


@pytest.mark.parametrize(
    ("forward", "backward", "arguments"),
    [
        (lambda ctx, x, k: x * k, lambda ctx, g: (g, None, g), (2,)),
        (lambda ctx, x, k: x * k, lambda ctx, g: g, (2,)),
        (lambda ctx, x, k: x * k, lambda ctx, g: (g, g), (2,)),
        (lambda ctx, x: x * 2, lambda ctx, g: g[:2], ()),
        (lambda ctx, x: x * 2, lambda ctx, g: 1.0, ()),
        (lambda ctx, x: (ctx.save_for_backward(x, 3), x * 2)[1], lambda ctx, g: g, ()),
    ],
)
def test_errors_begin_with_the_words_of_pytorch(forward, backward, arguments):
    (their_type, theirs), (our_type, ours) = both_libraries(forward, backward, arguments)
    assert issubclass(our_type, their_type)
    assert ours.startswith(theirs)


def test_extra_nones_are_allowed():
    x = leaf(1.0)
    make(lambda ctx, g: (g, None, None)).apply(x).sum().backward()
    assert x.grad.tolist() == [1.0]


def test_what_is_not_written_raises():
    class Nothing(Function):
        pass

    class Forward(Function):
        @staticmethod
        def forward(ctx, x):
            return x * 2

    with pytest.raises(NotImplementedError, match="must implement the forward function"):
        Nothing.apply(leaf(1.0))
    with pytest.raises(NotImplementedError, match="must implement either the backward"):
        Forward.apply(leaf(1.0)).sum().backward()
    with pytest.raises(RuntimeError, match=r"Legacy autograd function.*Cube\.apply"):
        Cube()(leaf(1.0))


def test_once_differentiable():
    class Square(Function):
        @staticmethod
        def forward(ctx, x, k):
            ctx.save_for_backward(x)
            return x * x

        @staticmethod
        @once_differentiable
        def backward(ctx, g):
            return mgx.from_numpy(2 * g.detach().numpy() * ctx.saved_tensors[0].detach().numpy()), None

    x = leaf(3.0)
    Square.apply(x, 1).sum().backward()
    assert x.grad.tolist() == [6.0]
    y = (Square.apply(x * 2, 1) ** 2).sum()
    (first,) = mgx.autograd.grad(y, x, create_graph=True)
    with pytest.raises(RuntimeError, match="trying to differentiate twice a function that was marked with @once_diff"):
        first.sum().backward()


@pytest.mark.parametrize("operation", [lambda x: x + 2, lambda x: x * 2, lambda x: x - 2])
def test_the_tensor_comes_before_a_number_in_the_graph(operation):
    for m in (torch, mgx):
        first, second = operation(m.ones(2, requires_grad=True)).grad_fn.next_functions
        assert repr(first[0]).startswith("<AccumulateGrad object at 0x")
        assert (first[1], *second) == (0, None, 0)
