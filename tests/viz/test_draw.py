"""The three ways to ask for a drawing, on what the engine has computed."""

import subprocess
import sys
import xml.etree.ElementTree as ET

import numpy as np
import pytest

import microgradx as mgx
from microgradx.viz import draw, draw_dot, make_dot
from microgradx.viz.values import number

SVG = "{http://www.w3.org/2000/svg}"


def leaf(values):
    return mgx.tensor(values, requires_grad=True)


@pytest.fixture
def bare(monkeypatch):
    """A machine without Graphviz in any form."""
    monkeypatch.setenv("PATH", "")
    monkeypatch.setitem(sys.modules, "pygraphviz", None)


def texts(svg):
    return [text.text for text in ET.fromstring(svg).iter(f"{SVG}text")]


def micrograd_example(a, b):
    c = a + b
    d = a * b + b**3
    c = c + c + 1
    c = c + 1 + c + (-a)
    d = d + d * 2 + (b + a).relu()
    d = d + 3 * d + (b - a).relu()
    e = c - d
    f = e**2
    g = f / 2.0
    return g + 10.0 / f


def test_numbers_in_the_picture_are_the_tensors_numbers(bare):
    a, b = leaf(-4.0), leaf(2.0)
    with mgx.viz.record():
        g = micrograd_example(a, b)
    g.backward()
    found = texts(draw(g, names={"a": a, "b": b, "g": g}).svg())
    assert number(g.item()) == "24.7041"
    grads = [f"grad {number(x.grad.item())}" for x in (a, b)]
    expected = ["value 24.7041", "value -4.0", "value 2.0", *grads]
    assert set(expected) <= set(found)


def test_a_function_with_its_inputs_is_recorded_whole(bare):
    view = draw(micrograd_example, inputs=(leaf(-4.0), leaf(2.0)))
    names = [node.name for node in view.graph.nodes if node.name]
    assert names == ["a", "b"]
    assert all(node.value is not None for node in view.graph.nodes)
    lines = {node.source.text for node in view.graph.nodes if node.source}
    assert "d = a * b + b**3" in lines
    assert "return g + 10.0 / f" in lines
    assert view.graph.notes == []


def test_a_model_with_its_inputs_has_the_names_of_its_parameters(bare):
    model = mgx.nn.Sequential(mgx.nn.Linear(3, 4), mgx.nn.ReLU(), mgx.nn.Linear(4, 1))
    found = texts(draw(model, inputs=mgx.ones(2, 3)).svg())
    for name in ("0.weight", "0.bias", "2.weight", "2.bias"):
        assert name in found
    assert found.count("no gradient yet") == 4


def test_a_note_in_the_picture_says_what_is_missing(bare):
    x = leaf([1.0, 2.0])
    svg = draw((x + 1.0).sum()).svg()
    assert "with mgx.viz.record():" in " ".join(texts(svg))


@pytest.mark.parametrize("engine", ["auto", "builtin"])
def test_drawing_does_not_need_dot(bare, engine):
    x = leaf([1.0, 2.0])
    assert "Mul" in texts(draw((x * x).sum(), engine=engine).svg())


def test_a_chain_of_5000_is_cut_with_a_note_or_drawn_in_full(bare):
    x = leaf(1.0)
    y = x
    for _ in range(5000):
        y = y + x
    cut = draw(y)
    assert len(cut.graph.nodes) <= 2 * 200
    assert "200 of 5001 nodes are shown" in " ".join(texts(cut.svg()))
    full = draw(y, max_nodes=None).svg()
    assert full.count('class="node') == 5001


def test_both_operands_the_same_draw_two_lines(bare):
    x = leaf(3.0)
    root = ET.fromstring(draw(x * x).svg())
    lines = [path.get("d") for path in root.iter(f"{SVG}path")]
    assert len(lines) == len(set(lines)) == 2


def test_several_results_are_drawn_together(bare):
    x = leaf(3.0)
    assert sum(node.root for node in draw((x * 2.0, x + 1.0)).graph.nodes) == 2
    assert sum(node.root for node in draw(lambda x: (x * 2.0, x + 1.0), inputs=(x,)).graph.nodes) == 2


def test_a_result_without_history_is_a_single_box(bare):
    assert texts(draw(mgx.tensor(3.0)).svg())[0] == "input"


def test_make_dot_has_names_shapes_values_and_gradients():
    w, x = leaf([1.0, 2.0]), mgx.tensor([3.0, 4.0])
    loss = (w * x).sum()
    loss.backward(retain_graph=True)
    source = make_dot(loss, params={"w": w}).source
    assert 'n0 [label="w\n(2,)\nvalue [1.0, 2.0]\ngrad [3.0, 4.0]"' in source
    assert "MulBackward0" in source
    assert "saved" not in source
    assert "saved y: (2,) float32" in make_dot(loss, show_saved=True).source
    assert "saved y: …" in make_dot(loss, show_saved=True, max_attr_chars=10).source


def test_make_dot_shows_arguments_if_asked():
    x = leaf([[1.0, 2.0]])
    with mgx.viz.record():
        y = x.sum(1)
    assert "axis=(1,)" in make_dot(y, show_attrs=True).source
    assert "axis=(1,)" not in make_dot(y).source


def test_draw_dot_renders_without_dot(bare, tmp_path):
    drawing = draw_dot(leaf(2.0) * 3.0)
    assert "rankdir=LR" in drawing.source
    ET.fromstring(drawing.pipe())
    assert drawing.pipe(encoding="utf-8").startswith("<svg")
    assert "image/svg+xml" in drawing._repr_mimebundle_()
    path = drawing.render(tmp_path / "graph", cleanup=True)
    assert path == str(tmp_path / "graph.svg")
    assert [file.name for file in tmp_path.iterdir()] == ["graph.svg"]
    with pytest.raises(RuntimeError, match="expected Graphviz for the format 'png'"):
        draw_dot(leaf(2.0) * 3.0, format="png").render(tmp_path / "graph")


def test_drawing_leaves_gradients_and_modes_alone():
    x = leaf([1.0, 2.0])
    loss = (x * x).sum()
    draw(loss)
    assert x.grad is None
    loss.backward()
    np.testing.assert_array_equal(x.grad.numpy(), [2.0, 4.0])
    with mgx.no_grad():
        assert not draw(lambda x: x * 2.0, inputs=(mgx.tensor(1.0),)).graph.edges
        assert not mgx.is_grad_enabled()


def test_importing_does_not_load_graphviz():
    code = "import sys, microgradx.viz; assert not {'graphviz', 'pygraphviz'} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)


def test_bad_arguments_raise():
    x = leaf(1.0)
    with pytest.raises(TypeError, match="expected inputs with a function"):
        draw(lambda x: x)
    with pytest.raises(TypeError, match="expected a function beside inputs, got Tensor"):
        draw(x, inputs=(x,))
    with pytest.raises(ValueError, match="expected show to be a tuple"):
        draw(x, show=("colour",))
    with pytest.raises(ValueError, match="expected show to be a tuple"):
        draw(x, show="op")
    with pytest.raises(ValueError, match="expected engine to be one of"):
        draw(x, engine="neato")
    with pytest.raises(ValueError, match="expected rankdir to be one of"):
        draw_dot(x, rankdir="UP")
    with pytest.raises(TypeError, match="expected tensors, got float"):
        draw(lambda: (1.0,), inputs=())
    with pytest.raises(TypeError, match="expected tensors, got float"):
        draw(1.0)
