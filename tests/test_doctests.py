"""The examples in the docstrings of the package, with `mgx` and `np` in scope."""

import doctest
import importlib
import pkgutil

import numpy as np
import pytest

import microgradx as mgx

OPTIONS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE


def documented(owner, module, name):
    """A module or class, and all functions and classes that are defined in it, with their names."""
    yield name, owner
    for key, value in list(vars(owner).items()):
        value = getattr(value, "__func__", value)  # of class methods and static methods
        if isinstance(value, property):
            yield f"{name}.{key}", value
        elif getattr(value, "__module__", None) == module.__name__:
            if isinstance(value, type) and value is not owner:
                yield from documented(value, module, f"{name}.{key}")
            elif callable(value):
                yield f"{name}.{key}", value


def examples():
    """One test for each docstring with examples; in scope are also the names of its own object."""
    names = [m.name for m in pkgutil.walk_packages(mgx.__path__, "microgradx.") if not m.name.endswith("__main__")]
    seen = set()
    for module in map(importlib.import_module, ["microgradx", *names]):
        for name, value in documented(module, module, module.__name__):
            text = value.__doc__
            if text and ">>>" in text and text not in seen:
                seen.add(text)
                scope = {"mgx": mgx, "np": np, name.rpartition(".")[2]: value}
                yield doctest.DocTestParser().get_doctest(text, scope, name, module.__file__, None)


EXAMPLES = list(examples())


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda e: e.name)
def test_example(example, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    report = []
    doctest.DocTestRunner(optionflags=OPTIONS).run(example, out=report.append)
    assert not report, "".join(report)


def test_examples_are_found():
    names = {e.name for e in EXAMPLES}
    assert {
        "microgradx.ops.elementwise.exp",
        "microgradx.tensor.Tensor",
        "microgradx.tensor.Tensor.register_hook",
    } <= names
