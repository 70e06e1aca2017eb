"""Graphs as plain data, and arrays in a few numbers."""

import json
import math

import numpy as np
import pytest

from microgradx.viz.graph import Graph, GraphEdge, GraphNode, Source
from microgradx.viz.values import number, summarize


def chain(n):
    nodes = [GraphNode("n0", "leaf")]
    nodes += [GraphNode(f"n{i}", "op", op="ExpBackward0", root=i == n - 1) for i in range(1, n)]
    return Graph(nodes, [GraphEdge(f"n{i}", f"n{i + 1}", "x") for i in range(n - 1)])


def test_json_of_a_small_graph():
    node = GraphNode(
        "n0", "leaf", name="</script>", shape=(2,), dtype="float32", value=summarize(np.float32([1, np.nan])),
        source=Source("a.py", 3, "x = 1"),
    )  # fmt: skip
    text = Graph([node], [], ["a note"]).to_json()
    assert "<" not in text
    assert json.loads(text) == {
        "nodes": [
            {
                "id": "n0", "kind": "leaf", "op": "", "name": "</script>", "shape": [2], "dtype": "float32",
                "value": {
                    "shape": [2], "dtype": "float32", "elements": [1.0, "nan"], "nonfinite": 1,
                    "minimum": 1.0, "maximum": 1.0, "mean": 1.0, "norm": 1.0,
                },
                "grad": None, "options": [], "saved": [], "root": False,
                "source": {"file": "a.py", "line": 3, "text": "x = 1"}, "module": "",
            }
        ],
        "edges": [],
        "notes": ["a note"],
    }  # fmt: skip


def test_json_has_no_bare_nan_or_infinity():
    def refuse(word):
        raise AssertionError(word)

    values = summarize(np.array([np.inf, -np.inf, np.nan]))
    text = Graph([GraphNode("n0", "leaf", value=values, grad=values)], []).to_json()
    assert json.loads(text, parse_constant=refuse)["nodes"][0]["grad"]["elements"] == ["inf", "-inf", "nan"]


def test_the_nearest_nodes_are_kept_and_the_cut_is_shown():
    cut = chain(5000).nearest(10)
    assert [node.kind for node in cut.nodes] == ["cut"] + ["op"] * 10
    assert [(e.source, e.target) for e in cut.edges][:2] == [("n4990_cut", "n4990"), ("n4990", "n4991")]
    assert cut.nodes[-1].root
    assert "10 of 5000 nodes are shown" in cut.notes[-1]


def test_a_small_graph_is_not_cut():
    graph = chain(10)
    assert graph.nearest(10) is graph


@pytest.mark.parametrize(
    "array",
    [np.float32(3.5), np.arange(6).reshape(2, 3), np.array([True, False]), np.array([], np.float32),
     np.random.default_rng(0).normal(size=(5, 40)).astype(np.float32), np.array([1e30, -1e30], np.float32),
     2.5, np.full(3, np.inf)],
)  # fmt: skip
def test_summaries_equal_numpy(array):
    summary = summarize(array)
    array = np.asarray(array)
    finite = array[np.isfinite(array)].astype(np.float64)
    assert summary.shape == array.shape
    assert summary.dtype == array.dtype.name
    assert summary.nonfinite == array.size - finite.size
    if finite.size:
        expected = finite.min(), finite.max(), finite.mean(), math.sqrt((finite**2).sum())
        found = summary.minimum, summary.maximum, summary.mean, summary.norm
        np.testing.assert_allclose(np.array(found, float), expected, rtol=1e-6)
    if array.size <= 64:
        np.testing.assert_array_equal(np.array(summary.elements, array.dtype), array)
    else:
        assert summary.elements is None
    assert summary.text()
    assert summary.details()


def test_a_summary_says_that_values_are_missing():
    assert summarize(np.array([])).text() == "[]"
    assert summarize(np.full(9, np.nan)).text() == "9 not finite"
    assert summarize(np.array([1.0, 2.0, 3.0, 4.0, np.nan])).text() == "1.0 to 4.0, 1 not finite"
    assert summarize(np.arange(100)).details() == "0 to 99, mean 49.5, norm 573.0183"


def test_numbers():
    texts = [number(x) for x in (0.1, -0.0, 1e-3, 9.99e-4, 123456.789, 1e6, True, 7, math.nan, -math.inf)]
    assert texts == ["0.1", "-0.0", "0.001", "0.000999", "123456.789", "1e+06", "True", "7", "nan", "-inf"]
