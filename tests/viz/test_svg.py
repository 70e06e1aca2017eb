"""The picture itself, drawn from graphs made by hand; the engine has no part in it."""

import json
import stat
import sys
import xml.etree.ElementTree as ET

import numpy as np
import pytest

from microgradx.viz.draw import GraphView
from microgradx.viz.engines import place
from microgradx.viz.graph import Graph, GraphEdge, GraphNode, Source
from microgradx.viz.labels import lines, tooltip
from microgradx.viz.values import summarize

SVG = "{http://www.w3.org/2000/svg}"
scalar = {"shape": (), "dtype": "float32"}

GRAPH = Graph(
    [
        GraphNode("n0", "leaf", name="w", value=summarize(2.0), grad=summarize(0.0), **scalar),
        GraphNode("n1", "leaf", name="b<1>", value=summarize(np.float32(-1)), **scalar),
        GraphNode("n2", "constant", name="x", shape=(3,), dtype="float32", value=summarize(np.arange(3.0))),
        GraphNode("n3", "op", op="MulBackward0", shape=(3,), dtype="float32"),
        GraphNode("n4", "op", op="SumBackward0", options=(("axis", "0"),), **scalar),
        GraphNode(
            "n5", "op", op="AddBackward0", name="loss", root=True, value=summarize(np.float32(5)),
            source=Source("train.py", 7, "loss = (w * x).sum() + b"), module="head (call 2)", **scalar,
        ),
    ],
    [
        GraphEdge("n0", "n3", "x"), GraphEdge("n2", "n3", "y"), GraphEdge("n3", "n4", "x"),
        GraphEdge("n4", "n5", "x"), GraphEdge("n1", "n5", "y"),
    ],
    ["Two values are not shown."],
)  # fmt: skip

DOT = """digraph {
	graph [fontname=monospace fontsize=10 label="Two values are not shown." rankdir=TB]
	node [fontname=monospace fontsize=10 shape=box]
	edge [color="#6b7380"]
	n0 [label="w
scalar float32
value 2.0
grad 0.0" fillcolor="#e6f5e9" style=filled]
	n1 [label="b<1>
scalar float32
value -1.0
no gradient yet" fillcolor="#e6f5e9" style=filled]
	n2 [label="x
(3,) float32
value [0.0, 1.0, 2.0]" fillcolor="#f3f4f6" style="filled,dashed"]
	n3 [label="Mul
(3,) float32" fillcolor="#e8f0fe" style="rounded,filled"]
	n4 [label="Sum
axis=0
scalar float32" fillcolor="#e8f0fe" style="rounded,filled"]
	n5 [label="loss = Add
scalar float32
value 5.0" fillcolor="#e8f0fe" penwidth=3 style="rounded,filled"]
	n0 -> n3
	n2 -> n3
	n3 -> n4
	n4 -> n5
	n1 -> n5
}
"""


@pytest.fixture
def bare(monkeypatch):
    """A machine without Graphviz in any form."""
    monkeypatch.setenv("PATH", "")
    monkeypatch.setitem(sys.modules, "pygraphviz", None)


@pytest.fixture
def fake_dot(monkeypatch, tmp_path):
    """A `dot` that answers each question with the same two boxes and an edge, and counts its calls."""
    answer = {
        "bb": "0,0,100,80",
        "objects": [{"name": "0", "pos": "50,70"}, {"name": "1", "pos": "50,10"}],
        "edges": [{"id": "0", "pos": "50,60 50,50 50,30 50,20"}],
    }
    (tmp_path / "answer").write_text(json.dumps(answer))
    program = tmp_path / "dot"
    program.write_text(
        f"#!{sys.executable}\nimport sys\n"
        f"open({str(tmp_path / 'question')!r}, 'w').write(sys.stdin.read())\n"
        f"print(open({str(tmp_path / 'answer')!r}).read())\n"
    )
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", str(tmp_path))
    return tmp_path / "question"


def parse(svg):
    return ET.fromstring(svg)


def groups(root, kind):
    return [g for g in root.iter(f"{SVG}g") if kind in g.get("class", "").split()]


def words(group):
    return [text.text for text in group.iter(f"{SVG}text")]


@pytest.mark.parametrize("rankdir", ["TB", "BT", "LR", "RL"])
def test_a_shape_a_title_and_text_for_each_node_and_a_line_for_each_edge(bare, rankdir):
    root = parse(GraphView(GRAPH, rankdir=rankdir).svg())
    nodes = groups(root, "node")
    assert len(nodes) == len(GRAPH.nodes)
    for group, node in zip(nodes, GRAPH.nodes, strict=True):
        assert len(group.findall(f"{SVG}rect")) == 1
        assert group.find(f"{SVG}title").text == tooltip(node)
        assert words(group) == [line.text for line in lines(node)]
    edges = groups(root, "edge")
    assert len(edges) == len(GRAPH.edges)
    assert all(len(e.findall(f"{SVG}path")) == len(e.findall(f"{SVG}polygon")) == 1 for e in edges)
    assert [e.find(f"{SVG}title").text for e in edges] == [f"argument {e.argument}" for e in GRAPH.edges]


def test_text_fits_its_box_and_all_boxes_are_in_the_picture(bare):
    root = parse(GraphView(GRAPH).svg())
    width, height = float(root.get("width")), float(root.get("height"))
    for group in groups(root, "node"):
        box = {key: float(group.find(f"{SVG}rect").get(key)) for key in ("x", "y", "width", "height")}
        for text in group.iter(f"{SVG}text"):
            assert len(text.text) * 7.23 < box["width"]  # DejaVu Sans Mono at 12 px
            assert box["y"] < float(text.get("y")) < box["y"] + box["height"]
        assert 0 <= box["x"] < box["x"] + box["width"] < width
        assert 0 <= box["y"] < box["y"] + box["height"] < height


def test_the_picture_describes_itself_and_follows_the_theme(bare):
    svg = GraphView(GRAPH).svg()
    root = parse(svg)
    assert root.get("role") == "img"
    assert root.get("aria-label") == ("Computation graph of loss = Add. Operations: 3, leaves: 2 (w, b<1>), inputs: 1.")
    assert "light-dark(" in svg
    assert "Two values are not shown." in words(root)
    assert "http" not in svg.replace("http://www.w3.org/2000/svg", "")


def test_no_gradient_yet_is_not_zero(bare):
    with_zero, without = groups(parse(GraphView(GRAPH).svg()), "leaf")
    assert "grad 0.0" in words(with_zero)
    assert "no gradient yet" in words(without)
    styles = [text.get("class") for text in (list(with_zero)[-1], list(without)[-1])]
    assert styles == ["grad", "absent"]
    assert "no gradient yet" in tooltip(GRAPH.nodes[1])
    assert "no gradient yet" not in tooltip(GRAPH.nodes[0])


def test_the_tooltip_has_the_users_line_and_the_module():
    assert "train.py, line 7: loss = (w * x).sum() + b" in tooltip(GRAPH.nodes[5])
    assert "in module head (call 2)" in tooltip(GRAPH.nodes[5])


def test_show_chooses_the_lines(bare):
    root = parse(GraphView(GRAPH, show=("op", "source", "grad_fn")).svg())
    assert words(groups(root, "root")[0]) == ["loss = AddBackward0", "7: loss = (w * x).sum() + b"]
    assert words(groups(root, "leaf")[0]) == ["w"]


def test_the_same_graph_gives_the_same_picture(bare):
    assert GraphView(GRAPH).svg() == GraphView(GRAPH).svg()


def test_golden_dot():
    assert GraphView(GRAPH).to_dot() == DOT


def test_a_label_cannot_become_markup_or_break_out_of_its_quotes(bare):
    names = ["<b>bold</b>", 'say "hi"', "back\\slash", "{a|b}", "näive 名"]
    view = GraphView(Graph([GraphNode(f"n{i}", "leaf", name=name) for i, name in enumerate(names)], []))
    assert [words(g)[0] for g in groups(parse(view.svg()), "node")] == names
    assert 'label="<b>bold</b>' in view.to_dot()
    assert 'label="say \\"hi\\"' in view.to_dot()
    assert 'label="back\\\\slash' in view.to_dot()


def test_a_page_with_the_picture_and_a_table(bare):
    page = GraphView(GRAPH).to_html()
    assert GraphView(GRAPH).svg() in page
    assert page.count("<tr>") == 1 + len(GRAPH.nodes)
    assert "<td>5. Sum</td><td>4, axis=0</td>" in page
    assert "<td>none yet</td>" in page
    assert "b&lt;1&gt;" in page


def test_files_of_each_kind(bare, tmp_path):
    view = GraphView(GRAPH)
    expected = {"svg": view.svg(), "html": view.to_html(), "json": GRAPH.to_json(), "dot": DOT, "gv": DOT}
    for ending, text in expected.items():
        assert view.save(tmp_path / f"graph.{ending}").read_text(encoding="utf-8") == text
    with pytest.raises(ValueError, match="expected a path with an ending"):
        view.save(tmp_path / "graph")
    with pytest.raises(RuntimeError, match="expected Graphviz for the format 'png'"):
        view.save(tmp_path / "graph.png")


def test_a_notebook_gets_the_picture(bare):
    view = GraphView(GRAPH)
    bundle = view._repr_mimebundle_()
    assert bundle["image/svg+xml"] == bundle["text/html"] == view._repr_svg_() == view.svg()
    assert bundle["text/plain"] == repr(view) == "<GraphView of Graph: 6 nodes, 5 edges; see .save('graph.svg')>"


def test_the_engine_is_dot_where_there_is_one(fake_dot):
    layout = place([(72, 20), (36, 20)], [(0, 1)])
    assert layout.centers == [(50, 10), (50, 70)]  # Graphviz counts upward, a picture downward
    assert layout.routes == [[(50, 20), (50, 30), (50, 50), (50, 60)]]
    question = fake_dot.read_text()
    assert "0 [width=1.0 height=" in question
    assert "0 -> 1 [id=0]" in question


def test_a_large_graph_does_not_wait_for_dot(fake_dot):
    n = 400
    place([(72, 20)] * n, [(0, i) for i in range(1, n)] + [(i, i + 1) for i in range(1, n - 1)])
    assert not fake_dot.exists()


def test_a_dot_that_fails_is_passed_over(fake_dot, monkeypatch):
    monkeypatch.setitem(sys.modules, "pygraphviz", None)
    fake_dot.with_name("dot").write_text("#!/bin/sh\nexit 3\n")
    assert place([(40, 20)], []) == place([(40, 20)], [], engine="builtin")
    with pytest.raises(RuntimeError, match="'dot' to work, got dot failed"):
        place([(40, 20)], [], engine="dot")


def test_pygraphviz_is_next(monkeypatch):
    class AGraph:
        def __init__(self, string):
            assert "digraph" in string

        def draw(self, format, prog):
            assert (format, prog) == ("json0", "dot")
            return b'{"bb": "0,0,72,36", "objects": [{"name": "0", "pos": "36,18"}]}'

    monkeypatch.setenv("PATH", "")
    monkeypatch.setitem(sys.modules, "pygraphviz", type(sys)("pygraphviz"))
    sys.modules["pygraphviz"].AGraph = AGraph
    assert place([(72, 36)], []).centers == [(36, 18)]


@pytest.mark.parametrize("engine", ["dot", "pygraphviz"])
def test_an_engine_that_is_asked_for_and_absent_raises(bare, engine):
    with pytest.raises(RuntimeError, match=f"expected the layout engine '{engine}' to work"):
        place([(10, 10)], [], engine=engine)


def test_unknown_engine_and_direction_raise():
    with pytest.raises(ValueError, match="expected engine to be one of"):
        place([], [], engine="neato")
    with pytest.raises(ValueError, match="expected rankdir to be one of"):
        place([], [], "UP")
