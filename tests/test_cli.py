"""The command: what a learner sees, and that wrong input ends in one clear line."""

import os
import re
import subprocess
import sys
import time
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest

import microgradx as mgx
from microgradx.autograd.formula import formula
from microgradx.cli import main
from microgradx.nn import functional as F
from microgradx.ops.elementwise import multiply
from microgradx.tour import network
from microgradx.tour.network import Epoch, Network, scores
from microgradx.tour.pictures import INK, loss_curve, ticks, tiles
from microgradx.tour.report import digit_table
from microgradx.tour.walk import walk_back

FILES = {"index.html", "graph.svg", "loss-curve.svg", "filters.svg", "digit.svg"}
SHORT = ["tour", "--epochs", "1", "--hidden", "4"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a short tour."""
    out = tmp_path_factory.mktemp("tour") / "new" / "folder"
    assert main([*SHORT, "--quiet", "--out", str(out)]) == 0
    return out


def test_the_tour_reads_at_least_96_percent_within_20_seconds(tmp_path, monkeypatch, capsys) -> None:
    monkeypatch.chdir(tmp_path)
    started = time.perf_counter()
    assert main(["tour"]) == 0
    assert time.perf_counter() - started < 20
    printed = capsys.readouterr()
    assert printed.err == ""
    found = re.search(r"([\d.]+)% of the unseen digits recognised", printed.out)
    assert found
    assert float(found[1]) >= 96
    assert printed.out.count("✓ agree") == 6
    for part in ("Real digits", "epoch 30/30", "taken for", "NllLoss", "What to try next"):
        assert part in printed.out
    assert {file.name for file in (tmp_path / "microgradx-tour").iterdir()} == FILES


def test_quiet_prints_one_line(tmp_path, capsys) -> None:
    assert main([*SHORT, "--quiet", "--out", str(tmp_path)]) == 0
    printed = capsys.readouterr()
    assert printed.err == ""
    assert re.fullmatch(r"[\d.]+% of the unseen digits recognised; see .*index\.html\n", printed.out)


@pytest.mark.parametrize("optimizer", ["adam", "sgd"])
@pytest.mark.parametrize("activation", ["relu", "leaky_relu", "sigmoid", "tanh"])
def test_every_activation_and_optimizer_learns(activation: str, optimizer: str, tmp_path, capsys) -> None:
    options = ["--epochs", "10", "--hidden", "16", "--activation", activation, "--optimizer", optimizer]
    assert main(["tour", "--quiet", "--out", str(tmp_path), *options]) == 0
    assert float(capsys.readouterr().out.partition("%")[0]) > 80


def test_the_same_seed_gives_the_same_pictures(folder: Path, tmp_path) -> None:
    assert main([*SHORT, "--quiet", "--out", str(tmp_path / "again")]) == 0
    assert main([*SHORT, "--quiet", "--seed", "1", "--out", str(tmp_path / "other")]) == 0
    for name in FILES - {"index.html"}:
        assert (tmp_path / "again" / name).read_text("utf-8") == (folder / name).read_text("utf-8")
    filters = (folder / "filters.svg").read_text("utf-8")
    assert (tmp_path / "other" / "filters.svg").read_text("utf-8") != filters


@pytest.mark.parametrize("name", sorted(FILES - {"index.html"}))
def test_pictures_are_well_formed_and_titled(folder: Path, name: str) -> None:
    root = ElementTree.parse(folder / name).getroot()
    assert root.tag == "{http://www.w3.org/2000/svg}svg"
    assert root.get("viewBox")
    title = root.find(".//{http://www.w3.org/2000/svg}title")
    assert title is not None
    assert title.text


class Page(HTMLParser):
    """Collects what a page loads, and whether its tags are closed in order."""

    def __init__(self) -> None:
        super().__init__()
        self.images: list[dict[str, str | None]] = []
        self.links: list[str | None] = []
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        if tag == "img":
            self.images.append(found)
        if tag == "a":
            self.links.append(found["href"])
        assert tag not in ("script", "link", "iframe")
        if tag not in ("meta", "img"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_the_page_holds_all_pictures_and_loads_nothing(folder: Path) -> None:
    text = (folder / "index.html").read_text("utf-8")
    page = Page()
    page.feed(text)
    assert page.open == []
    assert len(page.images) == 4
    for image in page.images:
        assert (image["src"] or "").startswith("data:image/svg+xml;base64,")
        assert len(image["alt"] or "") > 10
    assert set(page.links) == FILES - {"index.html"}
    assert "url(" not in text
    assert "$" not in re.sub(r"base64,[^\"]*", "", text)


def test_help_and_version(capsys) -> None:
    assert main([]) == 0
    assert main(["--help"]) == 0
    bare, asked = capsys.readouterr().out.split("Usage:")[1:]
    assert bare == asked
    assert "tour" in asked
    assert main(["tour", "--help"]) == 0
    options = {"--out", "--epochs", "--hidden", "--activation", "--optimizer", "--lr", "--seed", "--quiet"}
    assert options <= set(re.findall(r"--\w+", capsys.readouterr().out))
    assert main(["--version"]) == 0
    assert re.fullmatch(r"microgradx \d+\.\d+\.\d+\n", capsys.readouterr().out)


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (["tuor"], "No such command 'tuor'"),
        (["tour", "--epochs", "0"], "--epochs"),
        (["tour", "--epochs", "many"], "'many' is not a valid integer"),
        (["tour", "--hidden", "129"], "1<=x<=128"),
        (["tour", "--activation", "step"], "'step' is not one of"),
        (["tour", "--optimizer", "adamw"], "'adamw' is not one of"),
        (["tour", "--lr", "0"], "0.0 is not a positive number"),
        (["tour", "--lr", "nan"], "nan is not a positive number"),
        (["tour", "--lr", "inf"], "inf is not a positive number"),
        (["tour", "--seed", "-1"], "--seed"),
        (["tour", "--depth", "3"], "--depth"),
        (["tour", "digits"], "digits"),
    ],
)
def test_a_wrong_argument_is_one_line_and_code_2(arguments, text, tmp_path, monkeypatch, capsys) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(arguments) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.startswith("microgradx: ")
    assert printed.err.count("\n") == 1
    assert text in printed.err


def test_an_unwritable_folder_is_one_line_and_code_2(tmp_path, capsys) -> None:
    (tmp_path / "file").write_text("in the way")
    for out in (tmp_path / "file", tmp_path / "file" / "below"):
        assert main(["tour", "--out", str(out)]) == 2
        printed = capsys.readouterr()
        assert printed.out == ""
        assert printed.err.startswith("microgradx: ")
        assert printed.err.count("\n") == 1
        assert f"cannot write to '{out}'" in printed.err


def test_training_that_diverges_says_so(tmp_path, capsys) -> None:
    arguments = [*SHORT, "--optimizer", "sgd", "--lr", "1e30", "--out", str(tmp_path), "--quiet"]
    assert main(arguments) == 1
    printed = capsys.readouterr()
    assert printed.out == ""
    assert re.fullmatch(r"microgradx: training diverged: .* than --lr 1e\+30\n", printed.err)


def test_a_wrong_gradient_ends_the_tour_before_training(tmp_path, monkeypatch, capsys) -> None:
    monkeypatch.setitem(network.ACTIVATIONS, "tanh", lambda x: mgx.tanh(x) * x.detach())  # forgets a term
    assert main([*SHORT, "--activation", "tanh", "--out", str(tmp_path), "--quiet"]) == 1
    assert capsys.readouterr().err == ("microgradx: gradients differ from their difference quotients: W1, b1, W2, b2\n")
    assert list(tmp_path.iterdir()) == []


def test_as_a_module_in_a_terminal_that_knows_only_ascii(tmp_path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "microgradx", *SHORT, "--out", str(tmp_path)],
        capture_output=True,
        env={**os.environ, "PYTHONIOENCODING": "ascii", "PYTHONPATH": str(Path(mgx.__file__).parents[1])},
        check=False,
    )
    assert done.returncode == 0, done.stderr.decode()
    assert done.stderr == b""
    assert b"of the unseen digits recognised" in done.stdout


def test_the_step_back_shows_the_gradients_that_autograd_finds() -> None:
    mgx.manual_seed(0)
    model = Network(5, "tanh")
    images, labels = mgx.datasets.digits("test")
    guesses = model(images[:1].flatten(1))
    loss = F.cross_entropy(guesses, labels[:1])
    steps = walk_back(loss, dict(model.named_parameters()))
    by_autograd = mgx.autograd.grad(loss, guesses, retain_graph=True)[0]
    first, second = steps[:2]
    assert (first.operation, first.shape, first.norm) == ("NllLoss", (), 1.0)
    assert second.shape == (1, 10)
    assert second.norm == pytest.approx(np.linalg.norm(by_autograd.numpy()))
    reached = {rule.goes_to for step in steps for rule in step.rules}
    assert reached == {"W1", "b1", "W2", "b2", "W3", "b3"} | {f"step {step.number}" for step in steps[1:]}
    for step in steps:
        for rule in step.rules:
            assert rule.goes_to in dict(model.named_parameters()) or int(rule.goes_to[5:]) > step.number
    assert all(parameter.grad is None for parameter in model.parameters())
    loss.backward()  # the graph is still there


def test_formulas_are_the_text_of_the_rules() -> None:
    assert formula(multiply.primitive.sources["x"]) == "g * y"
    assert formula(multiply.primitive.sources["y"]) == "g * x"
    first, second = (lambda g: g), (lambda g: -g)  # fmt: skip
    assert (formula(first), formula(second)) == ("g", "-g")
    long = lambda g, x: (  # noqa: E731
        g
        * x
    )  # fmt: skip
    assert formula(long) == "g * x"

    def named(g, out):
        return g * out

    def documented(g, out):
        """``g · out``, in so many words."""
        return g * out

    assert formula(named) == "named(g, out)"
    assert formula(documented) == "documented(g, out) = g · out"
    assert formula(eval("lambda g, x: g + x")) == "lambda(g, x)"  # a rule without a file


def test_digit_table_counts_what_was_recognised_and_what_it_was_taken_for() -> None:
    labels = [*range(10), 3, 3, 3]
    guesses = [*range(10), 5, 5, 8]
    header, rows = digit_table(labels, guesses)
    assert header[0] == "digit"
    assert rows[3] == ("3", "4", "1", "25%", "5 (2×), 8 (1×)")
    assert rows[4] == ("4", "1", "1", "100%", "-")


@pytest.mark.parametrize(
    ("highest", "about", "expected"),
    [
        (2.5, 5, [0, 0.5, 1, 1.5, 2, 2.5]),
        (30, 6, [0, 5, 10, 15, 20, 25, 30]),
        (1, 1, [0, 1]),
        (7, 3, [0, 5, 10]),
    ],
)
def test_ticks_are_round_and_reach_the_top(highest: float, about: int, expected: list[float]) -> None:
    assert ticks(highest, about) == pytest.approx(expected)


def test_the_loss_curve_draws_both_losses_to_scale() -> None:
    history = [Epoch(0, 2.0, 2.5, 0.1), Epoch(1, 1.0, 1.5, 0.5), Epoch(2, 0.0, 0.5, 0.9)]
    root = ElementTree.fromstring(loss_curve(history).svg)
    training, held_out = (
        np.array([p.split(",") for p in line.get("points", "").split()], dtype=float)
        for line in root.iter("{http://www.w3.org/2000/svg}polyline")
    )
    for points, losses in ((training, [2.0, 1.0, 0.0]), (held_out, [2.5, 1.5, 0.5])):
        x, y = points.T
        assert x[1] - x[0] == pytest.approx(x[2] - x[1], abs=0.2)
        drawn, meant = (y[2] - y[0]) / (y[2] - y[1]), (losses[0] - losses[2]) / (losses[1] - losses[2])
        assert drawn == pytest.approx(meant, abs=0.01)
    assert (held_out[:, 1] < training[:, 1]).all()  # up is less y


def test_tiles_shade_by_value_and_clip() -> None:
    shaded = tiles([[[0.0, 1.0], [-1.0, 7.0]]], "two by two", INK)
    root = ElementTree.fromstring(shaded.svg)
    paths = {p.get("class"): p.get("d", "") for p in root.iter("{http://www.w3.org/2000/svg}path")}
    assert {name: d.count("M") for name, d in paths.items()} == {"s8": 2, "s-8": 1}


def test_values_and_gradients_keep_their_size_through_the_network_at_the_start() -> None:
    mgx.manual_seed(0)
    images = mgx.datasets.digits("train")[0].flatten(1)
    for activation in ("relu", "tanh"):
        spread = Network(64, activation)(images).std().item()
        assert 0.2 < spread < 3


def test_scores_follow_the_formula() -> None:
    rng = np.random.default_rng(0)
    shapes = [(3, 64), (5, 64), (5,), (5, 5), (5,), (10, 5), (10,)]
    x, W1, b1, W2, b2, W3, b3 = (rng.standard_normal(shape) for shape in shapes)
    by_hand = np.tanh(np.tanh(x @ W1.T + b1) @ W2.T + b2) @ W3.T + b3
    out = scores(mgx.tensor(x), mgx.tanh, *(mgx.tensor(a) for a in (W1, b1, W2, b2, W3, b3)))
    assert np.allclose(out.numpy(), by_hand)
