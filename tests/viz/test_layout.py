"""The built-in layout, on its own: numbers in, numbers out."""

import math
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from microgradx.viz.layout import BESIDE, layered, ranks

DIAMOND = [(0, 1), (0, 2), (1, 3), (2, 3)]


@st.composite
def graphs(draw):
    """Boxes of any size, edges from lower to higher numbers, doubles among them."""
    count = draw(st.integers(1, 14))
    sizes = draw(st.lists(st.tuples(st.integers(5, 200), st.integers(5, 90)), min_size=count, max_size=count))
    number = st.integers(0, count - 1)
    pairs = draw(st.lists(st.tuples(number, number), max_size=30))
    return sizes, [(min(p), max(p)) for p in pairs if p[0] != p[1]]


def overlaps(layout, sizes):
    """Pairs of boxes that come nearer than the gap."""
    boxes = list(zip(layout.centers, sizes, strict=True))
    for i, ((x, y), (w, h)) in enumerate(boxes):
        for (u, v), (a, b) in boxes[:i]:
            if abs(y - v) < (h + b) / 2 and abs(x - u) < (w + a) / 2 + BESIDE - 1e-6:
                yield x, y, u, v


@given(graphs())
def test_every_edge_goes_down_and_no_boxes_overlap(graph):
    sizes, edges = graph
    layout = layered(sizes, edges)
    for source, target in edges:
        bottom = layout.centers[source][1] + sizes[source][1] / 2
        top = layout.centers[target][1] - sizes[target][1] / 2
        assert bottom < top
    assert not list(overlaps(layout, sizes))
    for (x, y), (w, h) in zip(layout.centers, sizes, strict=True):
        assert w / 2 - 1e-6 <= x <= layout.width - w / 2 + 1e-6
        assert h / 2 - 1e-6 <= y <= layout.height - h / 2 + 1e-6


@given(graphs())
def test_routes_lead_down_to_their_targets_past_all_other_boxes(graph):
    sizes, edges = graph
    layout = layered(sizes, edges)
    for (_, target), route in zip(edges, layout.routes, strict=True):
        assert len(route) % 3 == 1  # a start, then three points a curve
        heights = [y for _, y in route]
        assert heights == sorted(heights)
        x, y = route[-1]
        assert math.isclose(y, layout.centers[target][1] - sizes[target][1] / 2)
        assert abs(x - layout.centers[target][0]) < sizes[target][0] / 2
    # A lane keeps clear of the boxes of the ranks that it passes.
    for route in layout.routes:
        for (x0, y0), (x1, y1) in zip(route[:-3:3], route[3::3], strict=True):
            if math.isclose(x0, x1):
                for (x, y), (w, h) in zip(layout.centers, sizes, strict=True):
                    inside = y0 < y - h / 2 - 1e-6 and y1 > y + h / 2 + 1e-6
                    assert not (inside and abs(x - x0) < w / 2)


def test_every_edge_starts_at_its_source_or_on_the_lane_of_its_source():
    sizes = [(60, 20)] * 4
    edges = [(0, 1), (1, 2), (2, 3), (0, 3), (0, 2)]
    layout = layered(sizes, edges)
    leave = {edge: route[0] for edge, route in zip(edges, layout.routes, strict=True)}
    for source, target in edges:
        if (source, target) == (0, 3):
            assert any(math.dist(leave[0, 3], point) < 30 for point in layout.routes[4])
        else:
            assert leave[source, target][1] == layout.centers[source][1] + 10


def test_inputs_sit_as_late_as_they_can():
    assert ranks(4, [(0, 1), (1, 2), (3, 2)]) == [0, 1, 2, 1]


def test_two_edges_between_the_same_boxes_are_drawn_apart():
    one, two = layered([(50, 20), (50, 20)], [(0, 1), (0, 1)]).routes
    assert abs(one[0][0] - two[0][0]) > 8
    assert abs(one[-1][0] - two[-1][0]) > 8


def test_a_diamond_is_symmetric():
    layout = layered([(40, 20)] * 4, DIAMOND)
    top, left, right, bottom = layout.centers
    assert top[0] == pytest.approx(bottom[0], abs=0.5)
    assert left[1] == right[1]
    assert (left[0] + right[0]) / 2 == pytest.approx(top[0], abs=0.5)


def test_a_tree_has_no_crossing():
    depth = 5
    edges = [(child, (child - 1) // 2) for child in range(1, 2**depth - 1)]
    layout = layered([(30, 20)] * (2**depth - 1), edges)
    for rank in range(1, depth):
        row = range(2**rank - 1, 2 ** (rank + 1) - 1)
        parents = [(c - 1) // 2 for c in sorted(row, key=lambda c: layout.centers[c][0])]
        xs = [layout.centers[p][0] for p in parents]
        assert xs == sorted(xs)


@pytest.mark.parametrize(
    ("rankdir", "ahead"),
    [("TB", lambda a, b: a[1] < b[1]), ("BT", lambda a, b: a[1] > b[1]),
     ("LR", lambda a, b: a[0] < b[0]), ("RL", lambda a, b: a[0] > b[0])],
)  # fmt: skip
def test_directions(rankdir, ahead):
    layout = layered([(60, 20)] * 4, DIAMOND, rankdir)
    for (source, target), route in zip(DIAMOND, layout.routes, strict=True):
        assert ahead(layout.centers[source], layout.centers[target])
        assert ahead(route[0], route[-1])
    assert all(0 < x < layout.width and 0 < y < layout.height for x, y in layout.centers)


def test_a_chain_of_5000_that_shares_a_weight():
    n = 5000
    edges = [(i, i + 1) for i in range(n)] + [(0, i + 1) for i in range(1, n)]
    layout = layered([(80, 40)] * (n + 1), edges)
    heights = [y for _, y in layout.centers]
    assert all(a < b for a, b in pairwise(heights))
    assert sum(map(len, layout.routes)) < 40 * n  # the lane is drawn once


def test_nothing_and_one():
    assert layered([], []).centers == []
    assert layered([(10, 6)], []).centers == [(5, 3)]


def test_a_cycle_raises():
    with pytest.raises(ValueError, match="without cycles"):
        layered([(1, 1)] * 2, [(0, 1), (1, 0)])
