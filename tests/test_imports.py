"""The layers of the package: imports point down, and importing it loads little."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import microgradx

ROOT = Path(microgradx.__file__).parent
FILES = sorted(ROOT.rglob("*.py"))

# A part may import those before it. A package is one part, of which the files may import each other.
ORDER = [
    "version", "return_types", "memory", "dtypes", "size", "device", "accelerator", "backends", "amp", "cuda", "switches", "distributed", "printing", "graph", "checks", "engine", "views", "ops",
    "creation", "generator", "random", "backward", "tensor", "legacy", "linalg", "autograd", "nn", "func", "distributions", "optim", "utils", "vision", "datasets", "viz", "tour",
    "cli", "__init__", "__main__",
]  # fmt: skip

# Imports inside of functions that point up, and why they may.
EXCEPTIONS: dict[tuple[str, str], str] = {}


def imports_of(path):
    """The parts of the package that a file imports, anywhere in it."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: a relative import"
            names = [f"{node.module}.{a.name}" for a in node.names] if node.module == "microgradx" else [node.module]
        elif isinstance(node, ast.Import):
            names = [a.name for a in node.names]
        else:
            continue
        for name in names:
            package, _, rest = name.partition(".")
            if package == "microgradx":
                part = rest.partition(".")[0]
                yield part if part in ORDER else "__init__"


def part_of(path):
    return path.relative_to(ROOT).parts[0].removesuffix(".py")


def test_the_order_names_every_part():
    assert {part_of(path) for path in FILES} == set(ORDER)


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(ROOT)))
def test_imports_point_down(path):
    here = part_of(path)
    allowed = ORDER[: ORDER.index(here) + 1]
    wrong = [part for part in imports_of(path) if part not in allowed and (here, part) not in EXCEPTIONS]
    assert wrong == []


def test_there_are_imports_to_check():
    assert "engine" in set(imports_of(ROOT / "views.py"))
    assert all(part in imports_of(path) for here, part in EXCEPTIONS for path in FILES if part_of(path) == here)


LOADED = "import sys, numpy; before = set(sys.modules); import microgradx; print(*sorted(set(sys.modules) - before))"


def loaded():
    """The modules that `import microgradx` loads, beside those of NumPy."""
    run = subprocess.run([sys.executable, "-c", LOADED], capture_output=True, text=True, check=True, cwd=ROOT.parent)
    return {name.partition(".")[0] for name in run.stdout.split()}


def test_importing_loads_numpy_and_the_standard_library_only():
    assert loaded() - set(sys.stdlib_module_names) == {"microgradx"}


def test_importing_loads_nothing_heavy():
    heavy = {
        "asyncio",
        "concurrent",
        "http",
        "html",
        "multiprocessing",
        "sqlite3",
        "ssl",
        "tkinter",
        "unittest",
        "urllib",
        "xml",
    }
    assert loaded() & heavy == set()
