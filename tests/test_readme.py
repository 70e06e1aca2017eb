"""The README tells the truth: its programs print what it says, its picture and its tables are what is there."""

import contextlib
import io
import linecache
import re
from operator import attrgetter
from pathlib import Path
from unittest import mock

import pytest
import torch

import microgradx as mgx
from microgradx.graph import NUMPY
from microgradx.ops.face import FUNCTIONS, METHODS
from tests.samples import ROWS

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```(\w+)\n(.*?)^```\n(?:\n```text\n(.*?)^```$)?", README, re.MULTILINE | re.DOTALL)
PROGRAMS = [(text, shown) for language, text, shown in BLOCKS if language == "python"]


def run(program, namespace):
    """What a program prints; a first line such as ``# exercise.py`` names its file."""
    name = re.match(r"(?:# (\S+\.py)\n)?", program)[1] or "<README>"
    linecache.cache[name] = len(program), None, program.splitlines(keepends=True), name
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(compile(program, name, "exec"), namespace)
    return printed.getvalue()


def expected(program, shown):
    """The text block that follows the program, or else the comments after its prints."""
    return shown or "".join(f"{line}\n" for line in re.findall(r"^print\(.*\)  # (.+)$", program, re.MULTILINE))


@pytest.fixture
def run_all(tmp_path, monkeypatch):
    """Run the programs in one namespace, and yield each with what it printed."""
    monkeypatch.chdir(tmp_path)
    with contextlib.ExitStack() as stack:
        for registry in (FUNCTIONS, METHODS, NUMPY, ROWS, linecache.cache):  # the README adds an operation
            stack.enter_context(mock.patch.dict(registry))
        namespace = {"__name__": "readme"}
        yield [(program, shown, run(program, namespace)) for program, shown in PROGRAMS]


def test_programs_print_what_is_shown(run_all):
    assert run_all
    for program, shown, printed in run_all:
        assert printed == expected(program, shown), program


def test_the_picture_is_what_the_program_draws(run_all, tmp_path):
    (path,) = re.findall(r"!\[[^]]+\]\((.+)\)", README)
    assert (tmp_path / Path(path).name).read_text(encoding="utf-8") == (ROOT / path).read_text(encoding="utf-8")


def test_pytorch_prints_the_same():
    ((program, shown),) = [pair for pair in PROGRAMS if "import microgradx as torch" in pair[0]]
    digits = {split: [torch.from_numpy(t.numpy()) for t in mgx.datasets.digits(split)] for split in ("train", "test")}
    program = program.replace("import microgradx as torch", "import torch").replace("from microgradx", "from torch")
    program = program.replace("mgx.datasets.digits", "digits.get")
    assert run(program, {"__name__": "readme", "digits": digits}) == shown


def names(column):
    """The names in a column of the table of what is there."""
    table = README.partition("| not there yet |")[2].partition("\n\n")[0]
    return [name for line in table.splitlines()[2:] for name in re.findall(r"`([\w.]+)`", line.split("|")[column])]


def test_what_is_said_to_be_there_is_there():
    places = mgx, mgx.nn
    assert len(names(2)) > 30
    assert [name for name in names(2) if not any(has(place, name) for place in places)] == []


def test_what_is_said_to_be_missing_is_missing():
    assert len(names(3)) > 20
    assert [name for name in names(3) if has(mgx, name)] == []
    unknown = [name for name in names(3) if not has(torch, name)]
    assert unknown == []  # it would not be missed


def has(place, name):
    try:
        attrgetter(name)(place)
    except AttributeError:
        return False
    return True


@pytest.mark.parametrize("lib", [mgx, torch])
def test_what_is_said_to_differ_differs(lib):
    """Both ways: microgradx does what the README says of it, and PyTorch what it says of PyTorch."""
    w, x = lib.ones(2, requires_grad=True), lib.ones(2)
    y = (w * x).sum()
    x.data.fill_(5.0)
    with pytest.raises(RuntimeError, match="modified by an inplace") if lib is mgx else contextlib.nullcontext():
        y.backward()
    assert (None if w.grad is None else w.grad.tolist()) == (None if lib is mgx else [5.0, 5.0])  # right is [1, 1]
    with lib.inference_mode():
        x = lib.ones(2)
    with contextlib.nullcontext() if lib is mgx else pytest.raises(RuntimeError, match="Inference tensors"):
        (w * x).sum().backward()


def test_the_two_commands_are_those_that_are_checked():
    commands = next(text for language, text, _ in BLOCKS if language == "sh").splitlines()
    steps = re.findall(r"""^step ["'](pip .+)["']$""", (ROOT / ".ci" / "run").read_text(encoding="utf-8"), re.MULTILINE)
    assert commands == steps


def test_the_files_of_the_layout_exist():
    (layout,) = [text for language, text, _ in BLOCKS if language == "text"]
    paths = [line.split()[0] for line in layout.splitlines()]
    assert [path for path in paths if not (ROOT / path).exists()] == []
