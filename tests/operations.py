"""Write the table of operations, from what is public and what is tested: ``python -m tests.operations``."""

from pathlib import Path

import microgradx as mgx
import microgradx.linalg
import microgradx.nn
from microgradx.ops.face import FUNCTIONS, METHODS
from tests.samples import ROWS
from tests.test_matrix import call, derivatives, drawn, has_graph, leaves, plain
from tests.test_operator_database import find, shared

FILE = Path(mgx.__file__).parent / "ops" / "OPERATIONS.md"
HEAD = """# Operations

Made by `python -m tests.operations`; not to be edited.

- forward: as a function (`mgx.exp(x)`), as a method (`x.exp()`), or both
- gradient, second: `backward()` through it, and through its gradient once more, is tested
- in place: there is also the method that writes into its tensor (`x.exp_()`)
- database: how many entries of PyTorch's own table of operators, `op_db`, are run on it too

All are compared with PyTorch, on the inputs in `tests/samples.py`.

| operation | forward | gradient | second | in place | database | grad_fn | also called |
|---|---|---|---|---|---|---|---|
"""


def operations():
    """Every operation that has samples under its own name, with the other names of the same function."""
    public = {**METHODS, **FUNCTIONS}
    names = sorted(name for name in ROWS if not name.startswith("__") and is_path(name) and find(mgx, name))
    for name in names:
        own = plain(public[name]) if name in public else None
        yield name, [other for other, f in public.items() if own and plain(f) is own and other not in ROWS]


def is_path(name):
    return all(part.isidentifier() for part in name.split("."))


def line(name, aliases, entries):
    """A line of the table."""
    row = ROWS[name]
    valid = [case for case in row.cases if not case.fails]
    with_gradient = [case for case in valid if derivatives(mgx, row, case, drawn(case))[1]]
    twice = row.orders > 1 and any(case.smooth for case in with_gradient)
    forms = ["function"] * ("." in name or name in FUNCTIONS) + ["method"] * hasattr(mgx.Tensor, name)
    cells = [
        f"`{name}`",
        ", ".join(forms),
        mark(with_gradient),
        mark(twice),
        mark(name + "_" in METHODS),
        str(sum(entry in (name, *aliases) for entry in entries) or ""),
        grad_fn(row, with_gradient[0]) if with_gradient else "",
        ", ".join(f"`{alias}`" for alias in aliases),
    ]
    return f"| {' | '.join(cells)} |\n"


def mark(present):
    return "yes" if present else ""


def grad_fn(row, case):
    """The name that the graph shows for the first differentiable result."""
    results = call(mgx, row, case, leaves(mgx, case, drawn(case)))
    return next((f"`{t.grad_fn.name}`" for t in results if has_graph(t) and t.grad_fn), "")


def table():
    entries = [op.name for op in shared()]
    return HEAD + "".join(line(name, aliases, entries) for name, aliases in operations())


if __name__ == "__main__":
    FILE.write_text(table(), encoding="utf-8")
