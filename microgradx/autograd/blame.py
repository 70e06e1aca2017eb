"""Which operation is to blame: each recorded node's own rule against differences of its own forward.

The chain rule is local. If a gradient is wrong, then either one of the rules on the way is wrong, and that
can be seen on the node alone, on the values that it met; or all are right, and the graph itself does not
say what was computed.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from microgradx.autograd import numeric
from microgradx.autograd.mistakes import diagnose, fitted
from microgradx.autograd.operation import Operation, flat, step_for
from microgradx.engine import oldest_first
from microgradx.graph import Edge, Node

AT_MOST = 3
"""So many wrong rules are described."""


def blamed(roots: Iterable[Edge], rng: np.random.Generator) -> str:
    """A paragraph about each wrong rule (each once, where it was first used); if there is none, what follows."""
    culprits: dict[Any, str] = {}
    judged = 0
    unknown: list[str] = []
    bent = ""
    for node in oldest_first(roots):
        if not isinstance(node, Node):
            continue
        if node.record is None or node.record.out is None:
            unknown.append(node.name)
            continue
        operation = Operation(node, node.record)
        with np.errstate(all="ignore"):
            if not operation.repeats():
                unknown.append(node.name)  # it draws random numbers, or its arguments were overwritten
                continue
            judged += 1
            for i in operation.wanted():
                key = operation.identity, operation.argument(i)
                if len(culprits) == AT_MOST or key in culprits:
                    continue
                verdict = judge(operation, i, operation.values, rng)
                if verdict == KINK:
                    bent = bent or f"{operation.node.name} at {operation.line()}"
                    verdict = judge(operation, i, operation.nearby(rng), rng)
                if verdict == WRONG:
                    culprits[key] = paragraph(operation, i, diagnose(operation, i, rng))
    if culprits:
        return "\n".join(culprits.values())
    if bent:
        return (
            "No operation is to blame, but one of them stands exactly at a kink, where its slopes to the left\n"
            f"and right differ: {bent}\nCheck at another point."
        )
    alone = f"Each of the {judged} recorded operations that could be checked alone has the right gradient"
    if unknown:
        names = ", ".join(sorted(set(unknown)))
        return f"{alone}.\nThese could not: {names}. Or:\n{CUT}"
    return f"{alone}:\nthe graph is not what was computed. {CUT}"


CUT = (
    "Something leaves the graph on the way from the inputs\n"
    "(detach(), .data, .item(), numpy(), no_grad()), or a hook changes a gradient."
)

RIGHT, WRONG, KINK = range(3)


def judge(operation: Operation, i: int, values: list[Any], rng: np.random.Generator) -> int:
    """Whether the rule for argument ``i`` agrees with difference quotients, along a random direction."""
    outs = operation.run(values)
    if any(a.dtype != np.float64 for a in outs):
        return RIGHT  # a conversion to fewer digits: differences would only show the rounding
    x = values[i]
    g = [rng.normal(size=a.shape) for a in outs]
    u = rng.normal(size=x.shape)
    try:
        answer = operation.question(values, g, i)
    except Exception:
        return WRONG  # whatever it raises, it gives no gradient
    dx = fitted(answer.first, x.shape)
    if dx is None or answer.spoiled or not answer.repeats():
        return WRONG
    left, right = (
        float(slope @ flat(g)) for slope in numeric.along(lambda: flat(operation.run(values)), x, u, step_for(x))
    )
    expected, given = (left + right) / 2, float((dx * u).sum())
    noise = 1e-9 * float(np.abs(flat(outs) * flat(g)).sum())
    if not abs(left - right) <= 1e-3 * (abs(left) + abs(right)) + 10 * noise:
        return KINK
    scale = max(abs(expected), abs(given), float(np.abs(dx * u).max()))
    return RIGHT if abs(given - expected) <= 1e-5 * scale + noise else WRONG


def paragraph(operation: Operation, i: int, mistakes: list[str]) -> str:
    """What is said about one wrong rule."""
    lines = [f"To blame: {operation.node.name}, its gradient by `{operation.argument(i)}`."]
    if line := operation.line():
        lines.append(f"  used at {line}")
    if formula := operation.formula(i):
        lines.append(f"  its rule {formula}")
    said = " Or: ".join(mistakes) or "No known mistake explains it."
    return "\n".join([*lines, f"  {said}"])
