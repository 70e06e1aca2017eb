"""The Python in README.md runs, and prints what the README says.

Blocks run in order, in one namespace. What a statement prints must begin the comment behind it
(`print(x)  # 24.7`, `print(x)  # prints 24.7, as in PyTorch`) or be the comment lines below it.
"""

import ast
import contextlib
import doctest
import io
import re
from pathlib import Path

import numpy as np

import microgradx as mgx

README = Path(__file__).parents[1] / "README.md"


def statements(block):
    """The statements of a block, each with the comment behind it, or the comment lines below it."""
    lines = block.splitlines()
    for node in ast.parse(block).body:
        behind = lines[node.end_lineno - 1].encode()[node.end_col_offset :].decode().strip()
        below = []
        for line in lines[node.end_lineno :]:
            if not line.startswith("#"):
                break
            below.append(line)
        comments = [behind] if behind.startswith("#") else below
        yield node, "\n".join(c.removeprefix("#").strip().removeprefix("prints ") for c in comments)


def run(block, names):
    """Run a block; how many printed results were compared."""
    if ">>>" in block:
        test = doctest.DocTestParser().get_doctest(block, names, "README.md", None, None)
        report = []
        doctest.DocTestRunner(optionflags=doctest.ELLIPSIS).run(test, out=report.append, clear_globs=False)
        assert not report, "".join(report)
        names.update(test.globs)
        return sum(bool(e.want) for e in test.examples)
    compared = 0
    for node, comment in statements(block):
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed):
            exec(compile(ast.Module([node], []), "README.md", "exec"), names)
        shown = "\n".join(line.strip() for line in printed.getvalue().strip().splitlines())
        if shown and comment:
            assert comment.startswith(shown), f"README.md says {comment!r}, the program prints {shown!r}"
            compared += 1
    return compared


def test_the_readme_runs(tmp_path, monkeypatch):
    blocks = re.findall(r"^```python\n(.*?)^```$", README.read_text(), re.DOTALL | re.MULTILINE)
    assert blocks, "README.md shows no Python"
    monkeypatch.chdir(tmp_path)
    names = {"__name__": "__main__", "mgx": mgx, "np": np}
    assert sum([run(block, names) for block in blocks]) > 0


def test_a_wrong_number_is_noticed():
    """The comparison itself: the right number passes, another does not."""
    for text in ("print(1 + 1)  # 2, as it should be\n", "print(1)\nprint(2)\n# 2\n", ">>> 1 + 1\n2\n"):
        assert run(text, {}) == 1
        try:
            run(text.replace("# 2", "# 3").replace("\n2\n", "\n3\n"), {})
        except AssertionError:
            continue
        raise AssertionError(text)
