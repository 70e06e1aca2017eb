"""Where the boxes go: a layered layout after Sugiyama, in four steps.

1. Every box gets a rank. An edge leads to a lower rank; inputs sit as close to their use as they can
   ("as late as possible"), which keeps edges short.
2. An edge that passes ranks by gets a narrow empty cell in each of them, so that every link joins
   neighboring ranks and room is kept for the line. Edges from one box share that lane, and branch off.
3. The cells of each rank are ordered so that few links cross: each moves to the mean place of its
   neighbors in the rank above, then below, a few times over.
4. Each cell moves as close to its neighbors as the cells beside it permit.

This module knows numbers only: sizes and pairs in, positions and curves out. All lengths are in pixels.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

Point = tuple[float, float]

BESIDE = 24.0  # room between boxes of one rank
BETWEEN = 38.0  # room between ranks
LINE = 8.0  # width of the lane of a passing edge
SWEEPS = 12
PULL = (1.0, 0.25, 8.0)
"""How hard two cells want to be aligned, by how many of them are lanes: a bend in a lane shows most."""


@dataclass(frozen=True)
class Layout:
    """Centers of the boxes, and for each edge a chain of cubic Bézier curves: a point, then three a curve."""

    width: float
    height: float
    centers: list[Point]
    routes: list[list[Point]]


@dataclass
class Cell:
    """A box, or the place where an edge passes a rank; ``x`` is along the rank."""

    width: float
    height: float
    rank: int
    line: bool = False
    place: float = 0.0  # in the rank: 0, 1, 2, ...
    x: float = 0.0


def layered(sizes: Sequence[Point], edges: Sequence[tuple[int, int]], rankdir: str = "TB") -> Layout:
    """Lay out boxes of the given (width, height) so that every edge leads down.

    Args:
        sizes: Width and height of each box.
        edges: Pairs (from, to) of indices into ``sizes``; the same pair may come more than once.
        rankdir: Where edges lead: ``"TB"`` down, ``"BT"`` up, ``"LR"`` right, ``"RL"`` left.

    Raises: ValueError: the edges make a cycle.
    Source: K. Sugiyama, S. Tagawa, M. Toda, "Methods for visual understanding of hierarchical system
        structures", 1981.

    Example:
        >>> from microgradx.viz.layout import layered
        >>> layered([(40, 20), (40, 20)], [(0, 1)]).centers
        [(20.0, 10.0), (20.0, 68.0)]
    """
    sideways = rankdir in ("LR", "RL")
    cells = [
        Cell(height if sideways else width, width if sideways else height, rank)
        for (width, height), rank in zip(sizes, ranks(len(sizes), edges), strict=True)
    ]
    chains = split(cells, edges)
    links = [link for chain in chains for link in pairwise(chain)]
    above: dict[int, list[int]] = defaultdict(list)
    below: dict[int, list[int]] = defaultdict(list)
    for upper, lower in links:
        above[lower].append(upper)
        below[upper].append(lower)
    rows = order(cells, links, above, below)
    align(cells, rows, above, below)

    tops, top = [], 0.0
    for row in rows:
        height = max(cells[c].height for c in row)
        tops.append((top, top + height))
        top += height + BETWEEN
    length = max(top - BETWEEN, 0.0)
    breadth = max((cell.x + cell.width / 2 for cell in cells), default=0.0)

    def turn(x: float, y: float) -> Point:
        """From (along the rank, across the ranks) to the picture's x and y."""
        if rankdir in ("BT", "RL"):
            y = length - y
        return (y, x) if sideways else (x, y)

    centers = [turn(cell.x, sum(tops[cell.rank]) / 2) for cell in cells[: len(sizes)]]
    routes = [[turn(*point) for point in route] for route in curves(cells, chains, tops)]
    width, height = (length, breadth) if sideways else (breadth, length)
    return Layout(width, height, centers, routes)


def ranks(count: int, edges: Sequence[tuple[int, int]]) -> list[int]:
    """The rank of each box: as late as its consumers permit, 0 is the first."""
    sources: list[list[int]] = [[] for _ in range(count)]
    waiting = [0] * count  # consumers that have no rank yet
    for source, target in edges:
        sources[target].append(source)
        waiting[source] += 1
    height = [0] * count  # above the last rank
    ready = [v for v in range(count) if not waiting[v]]
    for v in ready:  # grows as we go
        for source in sources[v]:
            height[source] = max(height[source], height[v] + 1)
            waiting[source] -= 1
            if not waiting[source]:
                ready.append(source)
    if len(ready) < count:
        raise ValueError("layered: expected a graph without cycles, got edges that make one")
    last = max(height, default=0)
    return [last - h for h in height]


def split(cells: list[Cell], edges: Sequence[tuple[int, int]]) -> list[list[int]]:
    """For each edge its chain of cells, with new ones in the ranks that it passes.

    The edges of one box share a lane: each starts where a shorter one has left it. So a weight that is
    used in each of 5,000 steps costs 5,000 cells and not the 12 million of separate lines.
    """
    chains: list[list[int]] = [[] for _ in edges]
    reached: dict[int, int] = {}  # the end of each box's lane so far
    for e in sorted(range(len(edges)), key=lambda e: cells[edges[e][1]].rank):
        source, target = edges[e]
        end = reached.get(source, source)
        chain = [end]
        for rank in range(cells[end].rank + 1, cells[target].rank):
            chain.append(len(cells))
            cells.append(Cell(LINE, 0.0, rank, line=True))
        reached[source] = chain[-1]
        chains[e] = [*chain, target]
    return chains


def order(
    cells: list[Cell],
    links: list[tuple[int, int]],
    above: dict[int, list[int]],
    below: dict[int, list[int]],
) -> list[list[int]]:
    """The cells of each rank from left to right, with few crossings."""
    rows: list[list[int]] = [[] for _ in range(1 + max((cell.rank for cell in cells), default=-1))]
    # Walking back from the results, arguments in order, gives a tree without any crossing.
    seen = set()
    stack = [c for c in range(len(cells)) if not below[c]][::-1]
    while stack:
        c = stack.pop()
        if c not in seen:
            seen.add(c)
            rows[cells[c].rank].append(c)
            stack += above[c][::-1]

    best, fewest = [row[:] for row in rows], crossings(cells, links, rows)
    for sweep in range(SWEEPS):
        if not fewest:
            break
        downward = sweep % 2 == 0
        neighbors = above if downward else below
        for row in rows if downward else rows[::-1]:
            wanted = {
                c: sum(cells[n].place for n in neighbors[c]) / len(neighbors[c]) if neighbors[c] else cells[c].place
                for c in row
            }
            row.sort(key=wanted.__getitem__)
            for place, c in enumerate(row):
                cells[c].place = place
        if (found := crossings(cells, links, rows)) < fewest:
            best, fewest = [row[:] for row in rows], found
    return best


def crossings(cells: list[Cell], links: list[tuple[int, int]], rows: list[list[int]]) -> int:
    """How many pairs of links cross; sets the place of every cell."""
    for row in rows:
        for place, c in enumerate(row):
            cells[c].place = place
    lanes: dict[int, list[tuple[float, float]]] = defaultdict(list)
    for upper, lower in links:
        lanes[cells[upper].rank].append((cells[upper].place, cells[lower].place))
    total = 0
    for lane in lanes.values():
        ends: list[float] = []  # the lower ends so far, sorted: those to the right of ours cross us
        for _, end in sorted(lane):
            total += len(ends) - bisect_left(ends, end + 0.5)
            insort(ends, end)
    return total


def align(cells: list[Cell], rows: list[list[int]], above: dict[int, list[int]], below: dict[int, list[int]]) -> None:
    """Set x: every cell near its neighbors, the order kept, nothing overlapping."""
    for row in rows:
        spread(cells, row, dict.fromkeys(row, (0.0, 1.0)))
    for sweep in range(2 * SWEEPS):
        downward = sweep % 2 == 0
        settled = sweep >= SWEEPS  # at first from one side, to get going, then balanced between both
        for row in rows if downward else rows[::-1]:
            wanted = {}
            for c in row:
                near = above[c] + below[c] if settled else above[c] if downward else below[c]
                pulls = [(cells[n].x, PULL[cells[c].line + cells[n].line]) for n in near]
                weight = sum(pull for _, pull in pulls)
                mean = sum(x * pull for x, pull in pulls) / weight if weight else cells[c].x
                wanted[c] = (mean, weight or 0.1)
            spread(cells, row, wanted)
    left = min((cell.x - cell.width / 2 for cell in cells), default=0.0)
    for cell in cells:
        cell.x -= left


def spread(cells: list[Cell], row: list[int], wanted: dict[int, tuple[float, float]]) -> None:
    """Put each cell at its wanted x as nearly as least squares permit, in order and without overlap.

    Without its share of the widths so far, a place that obeys the order is a rising sequence: the
    problem is isotonic regression, which the "pool adjacent violators" algorithm solves exactly.
    """
    offsets, offset = [], 0.0
    for left, c in zip([None, *row], row, strict=False):
        if left is not None:
            gap = LINE if cells[left].line and cells[c].line else BESIDE
            offset += cells[left].width / 2 + gap + cells[c].width / 2
        offsets.append(offset)
    blocks: list[tuple[float, float, int]] = []  # (mean, weight, how many cells)
    for c, offset in zip(row, offsets, strict=True):
        x, weight = wanted[c]
        block = (x - offset, weight, 1)
        while blocks and blocks[-1][0] > block[0]:
            mean, other, count = blocks.pop()
            total = other + block[1]
            block = ((mean * other + block[0] * block[1]) / total, total, count + block[2])
        blocks.append(block)
    means = [mean for mean, _, count in blocks for _ in range(count)]
    for c, offset, mean in zip(row, offsets, means, strict=True):
        cells[c].x = mean + offset


def curves(cells: list[Cell], chains: list[list[int]], tops: list[Point]) -> list[list[Point]]:
    """Each edge's line: straight down through a rank, an S between two ranks."""
    leave = ports(cells, [(chain[0], chain[1]) for chain in chains])
    arrive = ports(cells, [(chain[-1], chain[-2]) for chain in chains])
    routes = []
    for e, chain in enumerate(chains):
        source, target = cells[chain[0]], cells[chain[-1]]
        middle = sum(tops[source.rank]) / 2, sum(tops[target.rank]) / 2
        bottom = tops[source.rank][1]
        start = bottom if source.line else middle[0] + source.height / 2
        straights = [(leave[e], start, bottom)]
        straights += [(cells[c].x, *tops[cells[c].rank]) for c in chain[1:-1]]
        straights += [(arrive[e], tops[target.rank][0], middle[1] - target.height / 2)]
        route = [straights[0][:2]]
        for (x0, y0, y1), (x1, y2, _) in pairwise(straights):
            half = (y1 + y2) / 2
            route += [(x0, y0), (x0, y1), (x0, y1), (x0, half), (x1, half), (x1, y2)]
        x, y0, y1 = straights[-1]
        routes.append([*route, (x, y0), (x, y1), (x, y1)])
    return routes


def ports(cells: list[Cell], ends: list[tuple[int, int]]) -> list[float]:
    """Where along its box each edge ends: side by side, in the order of the far ends."""
    at: dict[int, list[int]] = defaultdict(list)
    for e, (near, _) in enumerate(ends):
        at[near].append(e)
    xs = [0.0] * len(ends)
    for near, here in at.items():
        here.sort(key=lambda e: cells[ends[e][1]].x)
        step = 0.0 if cells[near].line else min(16.0, cells[near].width * 0.8 / len(here))
        for i, e in enumerate(here):
            xs[e] = cells[near].x + step * (i - (len(here) - 1) / 2)
    return xs
