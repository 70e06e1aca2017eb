"""From the engine's graph to plain data: what is read, and what is said to be missing."""

import json

import numpy as np
import pytest

import microgradx as mgx
from microgradx.viz import capture, record


def leaf(values, **options):
    return mgx.tensor(values, requires_grad=True, **options)


def by_name(graph):
    return {node.name: node for node in graph.nodes if node.name}


def elements(graph):
    return [node.value and node.value.elements for node in graph.nodes]


def test_json_of_a_small_graph():
    x = leaf([1.0, 2.0])
    loss = (x * x).sum()
    loss.backward()
    summary = {"shape": [2], "dtype": "float32", "nonfinite": 0}
    nothing = {
        "value": None, "grad": None, "options": [], "saved": [], "root": False, "source": None, "module": "",
        "dtype": "float32", "name": "",
    }  # fmt: skip
    value = {**summary, "elements": [1.0, 2.0], "minimum": 1.0, "maximum": 2.0, "mean": 1.5, "norm": 5**0.5}
    grad = {**summary, "elements": [2.0, 4.0], "minimum": 2.0, "maximum": 4.0, "mean": 3.0, "norm": 20**0.5}
    graph = json.loads(capture(loss, names={"x": x}, values="summary").to_json())
    assert graph["nodes"][0] == nothing | {
        "id": "n0", "kind": "leaf", "op": "", "name": "x", "shape": [2], "value": value, "grad": grad,
    }  # fmt: skip
    assert graph["nodes"][1] == nothing | {"id": "n1", "kind": "op", "op": "MulBackward0", "shape": [2]}
    assert graph["nodes"][2]["root"]
    assert graph["nodes"][2]["value"]["elements"] == 5.0  # the caller holds it
    assert graph["edges"] == [
        {"source": "n0", "target": "n1", "argument": "x"},
        {"source": "n0", "target": "n1", "argument": "y"},
        {"source": "n1", "target": "n2", "argument": "x"},
    ]


def test_the_same_program_gives_the_same_graph():
    def program():
        x, w = leaf(np.linspace(0, 1, 6).reshape(2, 3)), leaf(np.ones((3, 2)))
        with record():
            y = mgx.tensor(np.ones((2, 2)))
            return capture(((x @ w).tanh() * y).mean(), names={"x": x, "w": w}).to_json()

    assert program() == program()


def test_recording_keeps_every_value_argument_and_line():
    x = leaf([1.0, -2.0, 3.0])
    with record():
        y = (x + 1.0).sum(0)
        z = y * 2.0  # the line that is found
    graph = capture(z, names={"x": x, "z": z})
    assert elements(graph) == [[1.0, -2.0, 3.0], [2.0, -1.0, 4.0], 5.0, 10.0]
    assert graph.notes == []
    node = by_name(graph)["z"]
    assert node.source.text == "z = y * 2.0  # the line that is found"
    assert node.source.file == __file__
    assert dict(node.options) == {"y": "2.0"}


def test_without_recording_shows_what_is_alive_and_says_so():
    x = leaf([0.5, 1.5])
    y = x + 1.0  # nobody needs it again
    z = y.exp()  # its rule keeps it
    loss = z.sum()
    del y, z
    graph = capture(loss)
    found = elements(graph)
    assert found[0] == [0.5, 1.5]
    assert found[1] is None
    np.testing.assert_allclose(found[2], np.exp([1.5, 2.5]), rtol=1e-6)
    assert "values of 1 of 3 operations are not shown" in graph.notes[0]
    assert "with mgx.viz.record():" in graph.notes[0]
    assert "draw(f, inputs=" in graph.notes[0]
    assert all(node.source is None for node in graph.nodes)


def test_lines_are_shown_where_only_lines_were_recorded():
    x = leaf([0.5, 1.5])
    with mgx.autograd.detect_anomaly():
        loss = (x + 1.0).exp().sum()
    graph = capture(loss)
    assert graph.nodes[1].source.text == "loss = (x + 1.0).exp().sum()"
    assert elements(graph)[1] is None
    assert "nobody kept them" in graph.notes[0]


def test_after_backward_the_freed_values_are_missing():
    x = leaf([0.5, 1.5])
    loss = (x * x).exp().sum()
    loss.backward()
    assert "values of 2 of 3 operations are not shown" in capture(loss).notes[0]


def test_names_give_names_and_values_to_results_on_the_way():
    x = leaf(2.0)
    y = x + 1.0
    z = y * 3.0
    graph = capture(z, names=locals())
    assert list(by_name(graph)) == ["x", "y", "z"]
    assert elements(graph) == [2.0, 3.0, 9.0]


def test_names_may_hold_anything():
    x = leaf(2.0)
    graph = capture(x * x, params=[("weight", x)], names={"a": 1, "f": print, "array": np.ones(3)})
    assert list(by_name(graph)) == ["weight"]


def test_a_gradient_that_is_absent_is_not_zero():
    x, y = leaf(2.0), leaf(3.0)
    z = x * 0.0
    z.backward()
    graph = by_name(capture(z + y, names={"x": x, "y": y}))
    assert graph["x"].grad.elements == 0.0
    assert graph["y"].grad is None


def test_retained_gradients_are_found():
    x = leaf([1.0, 2.0])
    y = x * 3.0
    y.retain_grad()
    loss = (y * y).sum()
    loss.backward()
    graph = by_name(capture(loss, names={"x": x, "y": y}))
    assert graph["y"].grad.elements == [6.0, 12.0]
    assert graph["x"].grad.elements == [18.0, 36.0]


def test_constants_have_a_box_and_their_name():
    x, data = leaf([1.0, 2.0]), mgx.tensor([3.0, 4.0])
    graph = by_name(capture((x * data).sum(), names={"data": data}))
    assert graph["data"].kind == "constant"
    assert graph["data"].value.elements == [3.0, 4.0]


def test_a_constant_that_is_used_twice_is_one_box():
    x, data = leaf([1.0, 2.0]), mgx.tensor([3.0, 4.0])
    with record():
        graph = capture(((x * data) * data).sum())
    assert sum(node.kind == "constant" for node in graph.nodes) == 1


def test_a_value_that_was_overwritten_is_not_shown():
    x, data = leaf([1.0, 2.0]), mgx.tensor([3.0, 4.0])
    with record():
        loss = (x * data).sum()
    data.add_(1.0)
    constant = next(node for node in capture(loss).nodes if node.kind == "constant")
    assert constant.value is None


def test_after_writing_in_place_each_node_has_its_own_value_or_none():
    x = leaf([1.0, 2.0])
    with record():
        y = x * 2.0
        y.add_(1.0)
        y[0] = 7.0
        loss = (y * y).sum()
    graph = capture(loss, names={"y": y})
    ops = {node.op: node for node in graph.nodes}
    assert ops["AddBackward0"].value.elements == [3.0, 5.0]
    assert by_name(graph)["y"].value.elements == [7.0, 5.0]
    first = next(node for node in graph.nodes if node.op == "MulBackward0")
    assert first.value is None  # its memory holds 7.0 and 5.0 now
    assert "overwritten in place" in graph.notes[0]
    assert "0x" not in graph.to_json()


def test_several_results_each_have_a_box():
    x = leaf([[1.0, 5.0], [4.0, 2.0]])
    with record():
        first, second = x.unbind(0)
        loss = (first * second).sum()
    graph = capture(loss, names={"x": x})
    outputs = [node for node in graph.nodes if node.kind == "output"]
    assert [node.op for node in outputs] == ["result 0", "result 1"]
    assert [node.value.elements for node in outputs] == [[1.0, 5.0], [4.0, 2.0]]
    (parent,) = {edge.source for edge in graph.edges if edge.target in (outputs[0].id, outputs[1].id)}
    assert next(node for node in graph.nodes if node.id == parent).shape is None


def test_several_roots_a_leaf_and_a_constant():
    x, data = leaf(2.0), mgx.tensor([1.0])
    y = x * x
    graph = capture(y, x, data, names={"x": x, "data": data})
    assert [(node.kind, node.root) for node in graph.nodes] == [
        ("leaf", True),
        ("op", True),
        ("constant", True),
    ]


def test_large_values_are_summarized_and_can_be_left_out():
    x = leaf(np.arange(100.0))
    y = x * 2.0
    value = capture(y, names={"x": x}).nodes[0].value
    assert value.elements is None
    assert (value.minimum, value.maximum) == (0.0, 99.0)
    assert capture(y, max_elems=100).nodes[0].value.elements == list(range(100))
    graph = capture(y, values="none")
    assert elements(graph) == [None, None]
    assert graph.notes == []


def test_a_chain_of_5000():
    x = leaf(1.0)
    y = x
    for _ in range(5000):
        y = y * x
    graph = capture(y)
    assert len(graph.nodes) == 5001
    assert len(graph.edges) == 10000


def test_module_calls_are_numbered_within_the_graph():
    model = mgx.nn.Sequential(mgx.nn.Linear(2, 2), mgx.nn.Tanh())
    x = mgx.ones(1, 2)
    for _ in range(2):
        with record():
            out = model(model(x))
        modules = {node.module for node in capture(out).nodes if node.module}
        assert "Sequential.1 (call 1)" in modules
        assert "Sequential.1 (call 2)" in modules
        assert not any("call 3" in module for module in modules)


def test_bad_arguments_raise():
    with pytest.raises(TypeError, match="expected tensors, got float"):
        capture(1.0)
    with pytest.raises(ValueError, match="expected values to be"):
        capture(leaf(1.0), values="all")
