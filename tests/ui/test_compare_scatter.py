"""Errors of pinned networks beside the papers' points: which points, what is read, what is hidden."""

import csv
import io
from dataclasses import replace
from types import MappingProxyType

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QFileDialog, QLabel, QWidget

from explorer.arch.cost import cost_of
from explorer.nets.facts import Origin
from explorer.present.error_scatter import CIFAR_10, IMAGENET, joined
from explorer.state.learning import RunsState
from explorer.ui import theme
from explorer.ui.panels.field_controls import FlatCombo
from explorer.ui.views.compare_scatter import ScatterSection, point_of
from tests.ui.compare_states import CIFAR, FOUR, column, compared, hover, living, run_row, trained_columns

LEFT = Qt.MouseButton.LeftButton
DIGITS = tuple("0123456789")


@pytest.fixture
def section(qtbot):
    theme.apply(QApplication.instance(), "light")
    made = ScatterSection()
    qtbot.addWidget(made)
    made.resize(900, 480)
    with qtbot.waitExposed(made):
        made.show()
    return made


@pytest.fixture
def filled(section):
    section.show_state(None, trained_columns())
    QApplication.processEvents()
    return section


def choose(section, data):
    combo = section.findChild(FlatCombo, "compare.errors.data")
    combo.setCurrentIndex(combo.findData(data))
    combo.activated.emit(combo.currentIndex())


def names(section):
    return {point.name for point in section.scatter.points}


# Which error


def one(origin=None, classes=CIFAR, run="", row=None):
    made = column(0, FOUR[1], run)
    state = compared((made,), (living({}, classes, origin),), runs=RunsState((row,) if row else ()))
    return point_of(made, "net", state)


def test_a_runs_test_error_comes_first():
    row = run_row("mine", FOUR[1], test=0.91)
    point = one(Origin("run", "mine", accuracy_percent=50.0), run="mine", row=row)
    assert point.error_percent == pytest.approx(9.0)
    assert (point.kind, point.source, point.data) == ("CIFAR-10, test set", "run mine", CIFAR_10)
    assert (point.depth, point.parameters) == (20, cost_of(FOUR[1]).parameters)


def test_then_its_best_validation_error():
    row = run_row("mine", FOUR[1], test=None, validation_accuracy=0.8)
    point = one(Origin("run", "mine"), run="mine", row=row)
    assert point.error_percent == pytest.approx(20.0)
    assert "validation" in point.kind


def test_then_what_the_weights_card_says():
    point = one(Origin("downloaded", "resnet18-imagenet", accuracy_percent=69.758))
    assert point.error_percent == pytest.approx(30.242)
    assert point.source == "downloaded weights resnet18-imagenet"


def test_without_any_there_is_no_point():
    assert one(Origin("untrained", seed=0)) is None
    assert one(Origin("file", "a.safetensors"), classes=()) is None


def test_data_that_nothing_names():
    assert one(Origin("file", "a", accuracy_percent=90.0), classes=DIGITS).data == "their own test set"


# The section


def test_pinned_and_published_points_of_one_data_set_stand_together(filled):
    assert filled.data == CIFAR_10
    found = names(filled)
    assert {"plain-20", "ResNet-56", "He 2015 ResNet-56", "He 2015 ResNet-1202"} <= found
    assert "He 2015 plain-34" not in found
    assert "figure 6" in filled.findChild(QLabel, "compare.errors.note").text()
    choose(filled, IMAGENET)
    assert {"He 2015 plain-34", "torchvision resnet50"} <= names(filled)
    assert all(not point.column for point in filled.scatter.points)
    assert "plain-20 (CIFAR-10)" in filled.findChild(QLabel, "compare.errors.note").text()


def test_lines_join_depths_with_and_without_shortcuts(filled):
    lines = {tuple(point.name for point in line) for line in joined(filled.own, "depth")}
    assert ("plain-20", "plain-56") in lines
    (residual,) = lines - {("plain-20", "plain-56")}
    assert residual[-1] == "ResNet-56"
    assert len(residual) == 2, "three seeds are one corner"
    assert residual[0].startswith("ResNet-20")


def test_the_mouse_reads_a_point_with_its_source(filled, qtbot):
    scatter = filled.scatter
    point = next(point for point in scatter.points if point.name == "He 2015 ResNet-110")
    hover(qtbot, scatter, scatter.place_of(point).toPoint(), lambda: scatter.under is point)
    said = scatter.reading(point)
    assert said[1] == "6.43 % error, CIFAR-10 test"
    assert "table 6" in said[3]
    hover(qtbot, scatter, QPoint(1, 1), lambda: scatter.under is None)


def test_the_keys_walk_from_left_to_right(filled):
    scatter = filled.scatter
    scatter.setFocus()
    seen = []
    for _ in range(3):
        QTest.keyClick(scatter, Qt.Key.Key_Right)
        seen.append(scatter.under.depth)
    assert seen == sorted(seen)
    assert scatter.accessibleDescription()
    QTest.keyClick(scatter, Qt.Key.Key_Left)
    assert scatter.under.depth == seen[1]


def test_parameters_stand_along_the_bottom_too(filled, qtbot):
    point = next(point for point in filled.scatter.points if point.name == "ResNet-56")
    before = filled.scatter.place_of(point)
    qtbot.mouseClick(filled.findChild(QWidget, "compare.errors.across.parameters"), LEFT)
    assert filled.scatter.place_of(point) != before
    order = sorted(filled.scatter.points, key=lambda point: filled.scatter.place_of(point).x())
    sizes = [point.parameters for point in order]
    assert sizes == sorted(sizes)


def test_families_and_columns_are_hidden_by_their_names(filled):
    entries = [entry.name for entry in filled.legend.entries]
    assert entries[:2] == ["plain-20", "ResNet-20, seed 1"]
    assert entries[-1] == "other papers"
    assert not any(point.family == "other papers" for point in filled.scatter.points)
    filled.legend.linkActivated.emit(str(entries.index("other papers")))
    assert any(point.family == "other papers" for point in filled.scatter.points)
    filled.legend.linkActivated.emit(str(entries.index("He 2015 ResNet")))
    assert "He 2015 ResNet-56" not in names(filled)
    filled.legend.linkActivated.emit("0")
    assert "plain-20" not in names(filled)
    filled.legend.linkActivated.emit("0")
    assert "plain-20" in names(filled)


def test_the_data_follows_the_columns_until_it_is_chosen(section):
    rows = tuple(run_row(name, FOUR[1], test=0.98, data="digits") for name in ("a", "b"))
    columns = (column(0, FOUR[1], "a"), column(1, FOUR[0], "b"))
    livings = (living({}, DIGITS, Origin("run", "a")), living({}, DIGITS, Origin("run", "b")))
    digits = compared(columns, livings, runs=RunsState(rows))
    section.show_state(None, digits)
    assert section.data == "Digits"
    assert len(section.scatter.points) == 2
    choose(section, IMAGENET)
    section.show_state(digits, replace(digits, runs=RunsState(rows, version=1)))
    assert section.data == IMAGENET
    section.show_state(digits, trained_columns())
    assert section.data == IMAGENET


def test_columns_without_an_error_are_named(section):
    state = compared((column(0, FOUR[1]),), (living({}, origin=Origin("untrained", seed=1)),))
    section.show_state(None, state)
    assert "No error known: ResNet-20." in section.findChild(QLabel, "compare.errors.note").text()
    assert section.data == CIFAR_10


def test_a_better_run_moves_its_point(filled):
    state = trained_columns()
    rows = tuple(replace(row, test_accuracy=0.95) if row.id == "res56" else row for row in state.runs.rows)
    filled.show_state(state, replace(state, runs=replace(state.runs, rows=rows)))
    (point,) = (point for point in filled.scatter.points if point.name == "ResNet-56")
    assert point.error_percent == pytest.approx(5.0)


def test_it_is_saved_as_picture_and_table(filled, monkeypatch, tmp_path):
    said = []
    filled.said.connect(said.append)
    for place, name in enumerate(("errors.png", "errors.csv")):
        path = str(tmp_path / name)
        monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_, path=path: (path, ""))
        filled.scatter.build_menu().actions()[place].trigger()
    assert said == ["Saved errors.png", "Saved errors.csv"]
    rows = list(csv.DictReader(io.StringIO((tmp_path / "errors.csv").read_text())))
    assert len(rows) == len(filled.scatter.points)
    (deep,) = (row for row in rows if row["network"] == "He 2015 ResNet-1202")
    assert (deep["layers"], deep["parameters"], deep["error_percent"]) == ("1202", "19421274", "7.93")
    assert sum(int(row["pinned"]) for row in rows) == 6


def test_hidden_it_shows_nothing_until_it_is_seen(qtbot):
    made = ScatterSection()
    qtbot.addWidget(made)
    made.show_state(None, trained_columns())
    assert made.own == ()
    with qtbot.waitExposed(made):
        made.show()
    assert len(made.own) == 6


@pytest.mark.parametrize("size", [(320, 240), (1700, 900)])
def test_it_is_painted_at_every_size_light_and_dark(filled, size):
    filled.resize(*size)
    filled.scatter._read(0)
    light = filled.scatter.grab().toImage()
    theme.apply(QApplication.instance(), "dark")
    dark = filled.scatter.grab().toImage()
    assert dark.pixelColor(2, 2).lightness() < 60 < light.pixelColor(2, 2).lightness()


def test_nothing_to_show_is_painted_too(section):
    section.scatter.show_points((), "depth", {}, {})
    assert not section.scatter.grab().isNull()
    living_columns = MappingProxyType({})
    state = compared((), ())
    section.show_state(None, replace(state, compare=replace(state.compare, columns=living_columns)))
    assert section.own == ()
