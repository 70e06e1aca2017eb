"""Containers, used in both libraries, which must give the same."""

import operator
from collections import OrderedDict

import pytest
import torch

import microgradx as mgx
from tests.side_by_side import both


def error(run):
    def caught(lib):
        try:
            run(lib)
        except Exception as e:
            return type(e).__name__, str(e).replace("torch.nn.modules", "microgradx.nn")
        raise AssertionError("nothing was raised")

    return caught


def three(lib):
    return [lib.nn.Linear(2, 2), lib.nn.ReLU(), lib.nn.Linear(2, 1)]


USES = {
    "sequential": lambda lib: repr(lib.nn.Sequential(*three(lib))),
    "named": lambda lib: repr(lib.nn.Sequential(OrderedDict(first=lib.nn.ReLU(), second=lib.nn.Tanh()))),
    "empty": lambda lib: repr(lib.nn.Sequential()) + repr(lib.nn.ModuleList()) + repr(lib.nn.ModuleDict()),
    "index": lambda lib: [repr(lib.nn.Sequential(*three(lib))[i]) for i in (0, -1, True)],
    "slice": lambda lib: repr(lib.nn.Sequential(*three(lib))[1:]),
    "slice of list": lambda lib: repr(lib.nn.ModuleList(three(lib))[::2]),
    "append": lambda lib: repr(lib.nn.Sequential(lib.nn.ReLU()).append(lib.nn.Tanh())),
    "extend": lambda lib: repr(lib.nn.Sequential(lib.nn.ReLU()).extend(three(lib))),
    "insert": lambda lib: repr(lib.nn.Sequential(*three(lib)).insert(1, lib.nn.Tanh())),
    "insert last": lambda lib: repr(lib.nn.Sequential(*three(lib)).insert(3, lib.nn.Tanh())),
    "insert from the end": lambda lib: repr(lib.nn.Sequential(*three(lib)).insert(-1, lib.nn.Tanh())),
    "add": lambda lib: repr(lib.nn.Sequential(*three(lib)) + lib.nn.Sequential(lib.nn.Tanh())),
    "add in place": lambda lib: repr(operator.iadd(lib.nn.Sequential(), lib.nn.Sequential(lib.nn.Tanh()))),
    "times": lambda lib: repr(2 * lib.nn.Sequential(lib.nn.Tanh(), lib.nn.ReLU())),
    "pop": lambda lib: popped(lib.nn.Sequential(*three(lib)), 1),
    "pop from list": lambda lib: popped(lib.nn.ModuleList(three(lib)), -1),
    "delete": lambda lib: deleted(lib.nn.Sequential(*three(lib)), 0),
    "delete slice": lambda lib: deleted(lib.nn.ModuleList(three(lib)), slice(0, 2)),
    "replace": lambda lib: replaced(lib.nn.Sequential(*three(lib)), -2, lib.nn.Tanh()),
    "replace in list": lambda lib: replaced(lib.nn.ModuleList(three(lib)), 0, lib.nn.Tanh()),
    "length": lambda lib: (len(lib.nn.Sequential(*three(lib))), len(lib.nn.ModuleList(three(lib)))),
    "list": lambda lib: repr(lib.nn.ModuleList(three(lib))),
    "repeated": lambda lib: repr(lib.nn.ModuleList([*(lib.nn.Linear(2, 2) for _ in range(3)), lib.nn.ReLU()])),
    "repeated blocks": lambda lib: repr(lib.nn.ModuleList(lib.nn.Sequential(*three(lib)) for _ in range(2))),
    "list add": lambda lib: repr(operator.add(lib.nn.ModuleList(three(lib)), [lib.nn.Tanh()])),
    "list add in place": lambda lib: repr(operator.iadd(lib.nn.ModuleList(), three(lib))),
    "list insert": lambda lib: inserted(lib.nn.ModuleList(three(lib)), 1, lib.nn.Tanh()),
    "list extend": lambda lib: repr(lib.nn.ModuleList().extend(three(lib)).append(lib.nn.ReLU())),
    "dict": lambda lib: repr(lib.nn.ModuleDict({"a": lib.nn.ReLU(), "b": lib.nn.Sequential(*three(lib))})),
    "dict of pairs": lambda lib: repr(lib.nn.ModuleDict([["a", lib.nn.ReLU()], ["b", lib.nn.Tanh()]])),
    "dict use": lambda lib: dict_used(lib.nn.ModuleDict({"a": lib.nn.ReLU()}), lib.nn.Tanh()),
    "parameters": lambda lib: repr(lib.nn.ParameterList([lib.zeros(2), lib.nn.Parameter(lib.ones(2, 3))])),
    "not only parameters": lambda lib: repr(lib.nn.ParameterList([lib.zeros(2), 3, "x"])),
    "parameter names": lambda lib: [n for n, _ in lib.nn.ParameterList([lib.zeros(2)] * 2).named_parameters()],
    "parameter list use": lambda lib: parameters_used(lib, lib.nn.ParameterList([lib.zeros(2), lib.ones(1)])),
    "parameter dict": lambda lib: repr(lib.nn.ParameterDict({"b": lib.zeros(2), "a": lib.ones(1, 3), "c": 5})),
    "parameter dict use": lambda lib: parameter_dict_used(lib, lib.nn.ParameterDict([("x", lib.zeros(2))])),
    "state": lambda lib: list(lib.nn.ModuleDict({"a": lib.nn.ModuleList(three(lib))}).state_dict()),
    "dir": lambda lib: [n for n in dir(lib.nn.ModuleList(three(lib))) if n.isdigit()],
}  # fmt: skip

MISTAKES = {
    "index": lambda lib: lib.nn.Sequential(*three(lib))[3],
    "index of list": lambda lib: lib.nn.ModuleList(three(lib))[-4],
    "no module": lambda lib: lib.nn.Sequential(lib.nn.ReLU(), 3),
    "no module in list": lambda lib: lib.nn.ModuleList([3]),
    "no iterable": lambda lib: lib.nn.ModuleList(3),
    "add a list": lambda lib: operator.add(lib.nn.Sequential(), [lib.nn.ReLU()]),
    "no times": lambda lib: lib.nn.Sequential(lib.nn.ReLU()) * 0,
    "times a half": lambda lib: lib.nn.Sequential(lib.nn.ReLU()) * 1.5,
    "insert a number": lambda lib: lib.nn.Sequential().insert(0, 3),
    "insert far": lambda lib: lib.nn.Sequential().insert(1, lib.nn.ReLU()),
    "replace far": lambda lib: replaced(lib.nn.Sequential(), 0, lib.nn.ReLU()),
    "no such key": lambda lib: lib.nn.ModuleDict()["a"],
    "dict of a number": lambda lib: lib.nn.ModuleDict(3),
    "dict of triples": lambda lib: lib.nn.ModuleDict([("a", "b", "c")]),
    "call list": lambda lib: lib.nn.ParameterList()(1),
    "call dict": lambda lib: lib.nn.ParameterDict()(1),
    "list of a tensor": lambda lib: lib.nn.ParameterList(lib.ones(2)),
    "parameter index": lambda lib: lib.nn.ParameterList([lib.ones(2)])[1],
    "call module list": lambda lib: lib.nn.ModuleList([lib.nn.ReLU()])(1),
}


def popped(modules, index):
    return repr(modules.pop(index)) + repr(modules)


def deleted(modules, index):
    del modules[index]
    return repr(modules)


def replaced(modules, index, module):
    modules[index] = module
    return repr(modules)


def inserted(modules, index, module):
    modules.insert(index, module)
    return repr(modules)


def dict_used(modules, module):
    modules["c"] = module
    modules.update({"d": module, "a": module})
    out = [list(modules), list(modules.keys()), [repr(v) for v in modules.values()], "a" in modules, len(modules)]
    out.append([k for k, _ in modules.items()])
    modules.pop("a")
    del modules["c"]
    out.append(repr(modules))
    modules.clear()
    return [*out, len(modules)]


def parameters_used(lib, parameters):
    parameters.append(lib.ones(3))
    parameters[0] = lib.ones(4)
    parameters += [lib.ones(5)]
    out = [tuple(p.shape) for p in parameters]
    return [out, len(parameters), repr(parameters[1:]), all(isinstance(p, lib.nn.Parameter) for p in parameters)]


def parameter_dict_used(lib, parameters):
    parameters["y"] = lib.ones(3)
    parameters.update({"z": lib.ones(1)})
    out = [list(parameters), [tuple(p.shape) for p in parameters.values()], [k for k, _ in parameters.items()]]
    out += ["y" in parameters, parameters.get("w", 3), tuple(parameters.setdefault("v", lib.ones(2)).shape)]
    out.append(tuple(parameters.setdefault("v", lib.ones(9)).shape))
    out += [tuple(parameters.pop("x").shape), len(parameters), list(parameters.keys())]
    parameters.clear()
    return [*out, list(parameters.parameters())]


@pytest.mark.parametrize("use", USES)
def test_uses(use):
    both(USES[use])


@pytest.mark.parametrize("mistake", [m for m in MISTAKES if m != "call module list"])
def test_mistakes(mistake):
    kind, _ = both(error(MISTAKES[mistake]))
    assert kind in ("IndexError", "TypeError", "ValueError", "KeyError", "RuntimeError", "AssertionError")


@pytest.mark.parametrize("lib", [mgx, torch])
def test_dictionaries_have_pairs_with_names(lib):
    with pytest.raises(TypeError, match=r"ModuleDict update sequence element #0 should be Iterable; is *int"):
        lib.nn.ModuleDict([3])
    with pytest.raises(TypeError, match=r"not a string \(type is 'int'\)"):
        lib.nn.ParameterDict({1: lib.ones(1)})


@pytest.mark.parametrize("lib", [mgx, torch])
def test_a_list_cannot_be_called(lib):
    with pytest.raises(NotImplementedError, match=r'Module \[ModuleList\] is missing the required "forward"'):
        MISTAKES["call module list"](lib)


def test_a_sequential_runs_its_modules_in_order():
    model = mgx.nn.Sequential(mgx.nn.Linear(2, 3), mgx.nn.Tanh())
    x = mgx.randn(4, 2)
    assert (model(x) == model[1](model[0](x))).all()
    assert mgx.nn.Sequential()(x) is x


def test_a_slice_shares_the_modules():
    model = mgx.nn.Sequential(*three(mgx))
    assert model[:2][0] is model[0]
    assert [m is n for m, n in zip(model, model[:], strict=True)] == [True] * 3


@pytest.mark.parametrize("m", [mgx, torch])
def test_a_container_warns(m):
    with pytest.warns(
        FutureWarning, match=r"^`nn.Container` is deprecated. All of its functionality is now implemented"
    ):
        container = m.nn.Container(a=m.nn.ReLU())
    assert repr(container) == "Container(\n  (a): ReLU()\n)"


def test_sequentials_are_multiplied_in_place():
    def run(lib):
        model = lib.nn.Sequential(lib.nn.ReLU(), lib.nn.Tanh())
        kept = model
        model *= 2
        return kept is model, repr(model)

    assert run(mgx) == run(torch)


def test_parameter_dictionaries_are_dictionaries():
    def run(lib):
        made = lib.nn.ParameterDict({"b": lib.zeros(1), "a": lib.ones(2), "c": 5})
        other = lib.nn.ParameterDict({"d": lib.ones(3)})
        log = [repr(made | other), repr(made | {"b": lib.ones(4)}), list({"e": 1} | made), list(reversed(made))]
        log.append(list(lib.nn.ParameterDict(OrderedDict(b=1, a=2))) + list(lib.nn.ParameterDict([("b", 1), ("a", 2)])))
        log.append(len(lib.nn.ParameterList().append(1).append(2)))
        shared = made.copy()
        log += [shared["a"] is made["a"], repr(made.fromkeys(["x", "y"], lib.ones(1)))]
        made |= other
        log += [list(made), made.popitem()[0], list(made), list(made.state_dict())]
        try:
            made["z"]
        except AttributeError as error:
            log.append(str(error))
        made.clear()
        with pytest.raises(KeyError, match="dictionary is empty"):
            made.popitem()
        return log

    assert run(mgx) == run(torch)
