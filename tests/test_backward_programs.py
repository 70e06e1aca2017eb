"""Ways back through random programs: hooks, retained gradients, frozen leaves, and gradients by anything, many times.

The programs of `tests.test_views`, with steps between the views and writings that go back, and steps that change what
happens on the way. microgradx and PyTorch must refuse the same steps, call the same hooks with the same gradients, and
leave the same gradients behind.

Two things are left out, where PyTorch does what its description does not say; `tests.test_engine` has ours:

- ``grad`` of several inputs at once, of which one with a hook leads to another: it comes without its hook;
- a hook on a view of which the base is written to under ``no_grad``: it is dropped, though the graph is the same.
"""

from __future__ import annotations

from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

import microgradx as mgx
from tests.test_views import Runner, Step, attempt, check_same, numbers

pytestmark = [
    pytest.mark.filterwarnings("ignore:The .grad attribute of a Tensor that is not a leaf"),
    pytest.mark.filterwarnings("ignore:Using backward.. with create_graph=True"),
]

# What a hook makes of a gradient.
HOOKS = [
    lambda g: None,
    lambda g: g * 2,
    lambda g: g + 1,
    lambda g: g * g * 0.5,
    lambda g: g.detach() * 3,
    lambda g: g.sin(),
    lambda g: g.clone().zero_(),
]


class Walker(Runner):
    """A library at work on a pool of tensors, and on its way back through what it did."""

    def __init__(self, lib: Any) -> None:
        super().__init__(lib)
        self.seen: list[tuple[int, Any]] = []  # the number of each hook that was called, and the gradient
        self.handles: list[Any] = []

    def run(self, step: Step) -> None:
        x = self.pool[step.target % len(self.pool)]
        n, other = step.option, self.pool[step.other % len(self.pool)]
        if step.kind == "hook":
            self.handles.append(x.register_hook(self.noting(HOOKS[n % len(HOOKS)])))
        elif step.kind == "post hook":
            change = [
                lambda t: None,
                lambda t: setattr(t, "grad", None),
                lambda t: setattr(t, "grad", t.detach().clone()),
            ][n % 3]
            note = self.noting(change, of=lambda t: t if t.grad is None else t.grad)  # a frozen leaf may have none
            self.handles.append(x.register_post_accumulate_grad_hook(note))
        elif step.kind == "remove" and self.handles:
            self.handles[n % len(self.handles)].remove()
        elif step.kind == "retain":
            x.retain_grad()
        elif step.kind == "freeze":
            leaf = self.leaves[step.target % len(self.leaves)]
            if not any(t._base is leaf for t in self.pool):  # views of frozen leaves are strange in PyTorch
                leaf.requires_grad_(n % 3 == 0)
        elif step.kind == "new leaf":
            self.leaves.append(x.detach().clone().requires_grad_())
            self.pool.append(self.leaves[-1])
        elif step.kind == "backward":
            self.loss().backward(retain_graph=True, create_graph=n % 4 == 0)
        elif step.kind == "backward to inputs":
            self.loss().backward(retain_graph=True, inputs=[x, other])
        elif step.kind == "backward from x":
            x.backward(x.detach() * 0.5 + 1, retain_graph=True, create_graph=n % 4 == 0)
        elif step.kind == "grad":
            (g,) = self.lib.autograd.grad(self.loss(), x, retain_graph=True, create_graph=n % 2 == 0)
            self.pool.append((g * 0.1).tanh())
        elif step.kind == "in halves":
            (g,) = self.lib.autograd.grad(self.loss(), x, retain_graph=True)
            x.backward(g, retain_graph=True)
        else:
            super().run(step)

    def noting(self, change: Any, of: Any = lambda g: g) -> Any:
        number = len(self.handles)

        def hook(value: Any) -> Any:
            self.seen.append((number, of(value).detach().clone()))
            return change(value)

        return hook


def overlap(x: Any, y: Any) -> bool:
    """Whether two tensors show the same memory, maybe not in the same places."""
    return x is not y and x.untyped_storage().data_ptr() == y.untyped_storage().data_ptr()


def check_walk(steps: list[Step]) -> None:
    theirs, ours = Walker(torch), Walker(mgx)
    for step in steps:
        if step.kind == "write" and overlap(*(theirs.pool[i % len(theirs.pool)] for i in (step.target, step.other))):
            continue  # PyTorch refuses some and computes nonsense for others
        for x in theirs.pool:
            attempt(lambda x=x: x.grad_fn)  # else PyTorch takes some views of changed memory for leaves
        refusal = attempt(theirs.run, step)
        if any("its base or another view of its base" in str(attempt(lambda x=x: x.grad_fn)) for x in theirs.pool):
            return  # PyTorch cannot read one part of a `split` any more when the base was written to
        answer = attempt(ours.run, step)
        if "leaf variable has been moved into the graph interior" in str(refusal):
            return  # a frozen leaf was written to, and is none any more; ours still goes back to what it was
        if "has been modified by an inplace operation" in str(refusal) or "more than one element" in str(answer):
            return  # what was kept of it may still be right: see `tests.test_views`
        assert (answer is None) == (refusal is None), f"{step}: PyTorch {refusal!r}, microgradx {answer!r}"
        check_state(ours, theirs, str(step))


def check_state(ours: Walker, theirs: Walker, step: str) -> None:
    hooks, their_hooks = (sorted(walker.seen, key=lambda call: call[0]) for walker in (ours, theirs))
    assert [number for number, _ in hooks] == [number for number, _ in their_hooks], f"{step}: which hooks were called"
    for (number, a), (_, b) in zip(hooks, their_hooks):
        check_same(a.array, b, f"{step}: what hook {number} saw", 1e-7)
    for i, (a, b) in enumerate(zip([*ours.pool, *ours.leaves], [*theirs.pool, *theirs.leaves], strict=True)):
        check_same(a.array, b.detach(), f"{step}: value {i}", 1e-7)
        flags = [(t.requires_grad, t.is_leaf, t.retains_grad) for t in (a, b)]
        assert flags[0] == flags[1], f"{step}: requires_grad, is_leaf, retains_grad of {i}"
        assert (a.grad is None) == (b.grad is None), f"{step}: gradient {i}: {a.grad}, {b.grad}"
        if a.grad is not None:
            check_same(a.grad.array, b.grad.detach(), f"{step}: gradient {i}", 1e-7)


KINDS = [
    "view", "view", "view", "write", "write", "result", "result", "hook", "hook", "hook", "post hook", "remove", "retain",
    "freeze", "new leaf", "detach", "backward", "backward to inputs", "backward from x", "grad", "grad", "in halves",
]  # fmt: skip
steps = st.builds(Step, st.sampled_from(KINDS), numbers, numbers, numbers, numbers)


@given(st.lists(steps, min_size=2, max_size=12))
def test_ways_back(program):
    check_walk(program)
