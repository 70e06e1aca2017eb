"""Pruning, in both libraries: the same draws, the same masks, the same states."""

import copy
import importlib
import pickle

import numpy as np
import pytest
import torch

import microgradx as mgx
from tests.side_by_side import both


def prune(lib):
    return importlib.import_module(f"{lib.__name__}.nn.utils.prune")


def error(do):
    """The class and the text of the error that a function raises, without the library's name."""
    with pytest.raises(Exception) as caught:  # noqa: PT011 - compared by those who call this
        do()
    return type(caught.value).__name__, str(caught.value).replace("microgradx.nn", "torch.nn").partition(" object at")[
        0
    ]


def numbers(t):
    return None if t is None else np.round(t.detach().numpy().astype(np.float64), 5).tolist()


def state(module):
    return [(k, numbers(v)) for k, v in module.state_dict().items()]


def layer(lib, seed=0):
    lib.manual_seed(seed)
    return lib.nn.Linear(4, 5)


def conv(lib):
    lib.manual_seed(0)
    return lib.nn.Conv2d(4, 6, 3)


WAYS = [
    ("identity", {}),
    ("random_unstructured", {"amount": 0.3}),
    ("random_unstructured", {"amount": 3}),
    ("random_unstructured", {"amount": 0}),
    ("l1_unstructured", {"amount": 0.25}),
    ("l1_unstructured", {"amount": 7}),
    ("l1_unstructured", {"amount": 1.0}),
    ("random_structured", {"amount": 0.5, "dim": 0}),
    ("random_structured", {"amount": 2, "dim": -1}),
    ("random_structured", {"amount": 0.0, "dim": 1}),
    ("ln_structured", {"amount": 0.5, "n": 2, "dim": 0}),
    ("ln_structured", {"amount": 1, "n": 1, "dim": -1}),
    ("ln_structured", {"amount": 0, "n": 2, "dim": 1}),
    ("ln_structured", {"amount": 2, "n": float("inf"), "dim": 1}),
    ("ln_structured", {"amount": 2, "n": 3, "dim": 1}),
]
ids = [f"{name}{list(options.values())}" for name, options in WAYS]


@pytest.mark.parametrize("make", [layer, conv])
@pytest.mark.parametrize(("name", "options"), WAYS, ids=ids)
def test_what_is_pruned_is_what_pytorch_prunes(make, name, options):
    def run(lib):
        module = make(lib)
        kept = module.weight
        assert getattr(prune(lib), name)(module, "weight", **options) is module
        after = lib.rand(1).item()  # as many numbers were drawn
        x = lib.ones(2, 4) if make is layer else lib.ones(1, 4, 3, 3)
        module(x).square().sum().backward()
        return (
            after, state(module), [k for k, _ in module.named_parameters()], module.weight_orig is kept,
            numbers(kept.grad), prune(lib).is_pruned(module), repr(module), str(module.weight_mask.dtype),
        )  # fmt: skip

    both(run)


@pytest.mark.parametrize(("second", "more"), WAYS, ids=ids)
@pytest.mark.parametrize("first", ["l1_unstructured", "ln_structured"])
def test_pruning_again_prunes_what_is_left(first, second, more):
    def run(lib):
        module = layer(lib)
        options = {"amount": 0.4} if first == "l1_unstructured" else {"amount": 2, "n": 2, "dim": 0}
        getattr(prune(lib), first)(module, "weight", **options)
        getattr(prune(lib), second)(module, "weight", **more)
        hooks = list(module._forward_pre_hooks.values())
        hook = hooks[0]
        return state(module), numbers(module.weight), len(hooks), type(hook).__name__, [type(m).__name__ for m in hook]

    both(run)


def test_the_importance_may_be_given():
    def run(lib):
        module = layer(lib)
        scores = lib.arange(20.0).view(5, 4)
        prune(lib).l1_unstructured(module, "weight", 5, importance_scores=scores)
        prune(lib).ln_structured(module, "weight", 1, 1, 1, importance_scores=-scores)
        wrong = error(lambda: prune(lib).l1_unstructured(layer(lib), "weight", 5, importance_scores=lib.ones(2)))
        return state(module), wrong

    both(run)


def test_pruning_is_removed():
    def run(lib):
        module = layer(lib)
        kept = module.weight
        prune(lib).random_unstructured(module, "weight", 0.5)
        prune(lib).l1_unstructured(module, "weight", 2)
        pruned = numbers(module.weight)
        prune(lib).remove(module, "weight")
        again = error(lambda: prune(lib).remove(module, "weight"))
        return (
            pruned == numbers(module.weight),
            state(module),
            module.weight is kept,
            prune(lib).is_pruned(module),
            again,
        )

    both(run)


def test_a_pruned_network_is_trained_and_stays_pruned():
    def run(lib):
        lib.manual_seed(0)
        model = lib.nn.Sequential(lib.nn.Linear(4, 8), lib.nn.ReLU(), lib.nn.Linear(8, 1))
        optimizer = lib.optim.SGD(model.parameters(), lr=0.1)
        for module in (model[0], model[2]):
            prune(lib).l1_unstructured(module, "weight", 0.5)
        x = lib.arange(12.0).view(3, 4) / 10
        losses = []
        for _ in range(5):
            loss = (model(x) - 1).square().mean()
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            losses.append(round(loss.item(), 5))
        zeros = int((model[0].weight == 0).sum())
        with lib.no_grad():
            model(x)  # else what was computed has a graph, and cannot be copied
        other = copy.deepcopy(model)
        return losses, zeros, prune(lib).is_pruned(model), state(other)

    both(run)


def test_global_pruning():
    def run(lib):
        lib.manual_seed(0)
        model = lib.nn.Sequential(lib.nn.Linear(4, 8), lib.nn.Linear(8, 1))
        pairs = [(model[0], "weight"), (model[0], "bias"), (model[1], "weight")]
        prune(lib).global_unstructured(pairs, pruning_method=prune(lib).L1Unstructured, amount=0.3)
        prune(lib).global_unstructured(pairs[:1], pruning_method=prune(lib).RandomUnstructured, amount=5)
        scores = {(model[1], "weight"): lib.arange(8.0).view(1, 8) / 100}
        prune(lib).global_unstructured(
            pairs, pruning_method=prune(lib).L1Unstructured, importance_scores=scores, amount=3
        )
        return state(model)

    both(run)


def test_masks_may_be_given():
    def run(lib):
        module = layer(lib)
        prune(lib).custom_from_mask(module, "bias", lib.tensor([1, 0, 1, 1, 0]))
        prune(lib).custom_from_mask(module, "bias", lib.tensor([True, True, False, True, True]))
        wrong = error(lambda: prune(lib).custom_from_mask(module, "weight", lib.ones(2)))
        return state(module), wrong

    both(run)


def test_tensors_can_be_pruned_by_themselves():
    def run(lib):
        method = prune(lib).L1Unstructured(amount=2)
        t = lib.tensor([3.0, -1.0, 2.0, 0.5])
        out = method.prune(t), method.prune(t, importance_scores=-t), method.prune(t, lib.tensor([0.0, 1, 1, 1]))
        return [o.tolist() for o in out], error(lambda: method.prune(t, importance_scores=lib.ones(2)))

    both(run)


def test_own_methods():
    def run(lib):
        class EveryOther(prune(lib).BasePruningMethod):
            PRUNING_TYPE = "unstructured"

            def compute_mask(self, t, default_mask):
                mask = default_mask.clone()
                mask.view(-1)[::2] = 0
                return mask

        class Unknown(EveryOther):
            PRUNING_TYPE = "other"

        class Structured(EveryOther):
            PRUNING_TYPE = "structured"

        module = layer(lib)
        EveryOther.apply(module, "bias")
        first = numbers(module.bias)
        EveryOther.apply(module, "bias")
        unknown = error(lambda: Unknown.apply(module, "bias"))
        structured = error(lambda: Structured.apply(layer_pruned(lib), "weight"))
        return first, numbers(module.bias_mask), unknown, structured

    both(run)


def layer_pruned(lib):
    return prune(lib).identity(layer(lib), "weight")


MISTAKES = [
    lambda lib: prune(lib).random_unstructured(layer(lib), "weight", "half"),
    lambda lib: prune(lib).random_unstructured(layer(lib), "weight", 1.5),
    lambda lib: prune(lib).l1_unstructured(layer(lib), "weight", -1),
    lambda lib: prune(lib).l1_unstructured(layer(lib), "weight", 21),
    lambda lib: prune(lib).random_structured(layer(lib), "bias", 1, 0),
    lambda lib: prune(lib).random_structured(layer(lib), "weight", 1, 2),
    lambda lib: prune(lib).random_structured(layer(lib), "weight", 9, 0),
    lambda lib: prune(lib).random_structured(layer_pruned(lib), "weight", 1, -3),
    lambda lib: prune(lib).ln_structured(layer(lib), "bias", 1, 2, 0),
    lambda lib: prune(lib).l1_unstructured(layer(lib), "wight", 1),
    lambda lib: prune(lib).global_unstructured(3, prune(lib).L1Unstructured, amount=1),
    lambda lib: prune(lib).global_unstructured(
        [(layer(lib), "weight")], prune(lib).L1Unstructured, importance_scores=3, amount=1
    ),
    lambda lib: prune(lib).global_unstructured([(layer(lib), "weight")], prune(lib).RandomStructured, amount=1),
    lambda lib: prune(lib).PruningContainer().add_pruning_method(3),
    lambda lib: prune(lib).BasePruningMethod(),
]


@pytest.mark.parametrize("mistake", MISTAKES)
def test_mistakes_raise_pytorchs_errors(mistake):
    both(lambda lib: error(lambda: mistake(lib)))


@pytest.mark.parametrize("lib", [mgx, torch])
def test_a_mistake_leaves_the_module_as_it_was(lib):
    module = layer(lib)
    before = state(module)
    with pytest.raises(ValueError, match="amount=21"):
        prune(lib).l1_unstructured(module, "weight", 21)
    assert sorted(state(module)) == sorted(before)
    assert not prune(lib).is_pruned(module)
    module(lib.ones(1, 4)).sum().backward()
    assert module.weight.grad is not None


def test_a_container_takes_methods_for_its_tensor_only():
    def run(lib):
        method = prune(lib).L1Unstructured(1)
        method._tensor_name = "weight"
        other = prune(lib).Identity()
        other._tensor_name = "bias"
        container = prune(lib).PruningContainer(method)
        wrong = error(lambda: container.add_pruning_method(other))[0]
        return len(container), container[0] is method, wrong

    both(run)


@pytest.mark.parametrize("lib", [mgx, torch])
def test_pruned_modules_are_pickled(lib):
    module = layer_pruned(lib)
    with lib.no_grad():
        module(lib.ones(1, 4))
        other = pickle.loads(pickle.dumps(module))
    assert prune(lib).is_pruned(other)
    assert state(other) == state(module)
