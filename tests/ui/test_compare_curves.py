"""Curves of all pinned runs over each other: which lines, how they are drawn, and what the mouse does."""

import csv
import io
from dataclasses import replace
from types import MappingProxyType

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QApplication, QFileDialog, QWidget

from explorer.arch.cost import cost_of
from explorer.engine.training_messages import TrainingBegan
from explorer.nets.facts import Origin
from explorer.present.curves import CurveBuffer
from explorer.state.learning import Curves, RunsState
from explorer.ui import theme
from explorer.ui.panels.flat_check import FlatCheck
from explorer.ui.views.compare_columns import data_title, run_of, titles
from explorer.ui.views.compare_curves import CurvesSection
from explorer.ui.views.compare_lines import (
    MACS_UNIT,
    OverlaidAxes,
    OverlaidRun,
    csv_text,
    overlaid_lines,
)
from tests.ui.compare_states import (
    CIFAR,
    EPOCHS,
    FOUR,
    STEPS,
    column,
    compared,
    curves,
    hover,
    living,
    run_row,
    trained_columns,
)

LEFT = Qt.MouseButton.LeftButton


def overlaid(name, rows, seeds=None, plan=(10, 4), macs=0):
    return OverlaidRun(name, name, "net", name, 0, CurveBuffer(rows), seeds or name, plan, macs)


@pytest.fixture
def section(qtbot):
    theme.apply(QApplication.instance(), "light")
    made = CurvesSection()
    qtbot.addWidget(made)
    made.resize(1000, 480)
    with qtbot.waitExposed(made):
        made.show()
    return made


def shown(section, qtbot, state):
    before = section._drawn
    section.show_state(None, state)
    qtbot.waitUntil(lambda: section._drawn is not before and section._drawn is not None)
    return section.plot.lines


def press(section, qtbot, name):
    qtbot.mouseClick(section.findChild(QWidget, f"compare.curves.{name}"), LEFT)


# Which lines


def test_error_is_what_is_not_right():
    run = overlaid("a", [(9, "epoch.validation_accuracy", 0.75), (9, "epoch.train_accuracy", 0.5)])
    lines, _ = overlaid_lines([run], OverlaidAxes(subject="error"))
    assert [(line.part, line.x.tolist(), line.y.tolist()) for line in lines] == [
        ("training", [1.0], [0.5]),
        ("validation", [1.0], [0.25]),
    ]


def test_seeds_are_one_line_with_their_edges():
    runs = [
        overlaid(
            name, [(9, "epoch.validation_loss", 1.0 + place), (19, "epoch.validation_loss", place)], "net"
        )
        for place, name in enumerate("abc")
    ]
    (line,), _ = overlaid_lines(runs, OverlaidAxes(subject="loss"))
    assert (line.key, line.name, line.n_runs) == ("a", "net", 3)
    assert line.y.tolist() == [2.0, 1.0]
    assert [edge.tolist() for edge in line.edges] == [[1.0, 0.0], [3.0, 2.0]]
    apart, _ = overlaid_lines(runs, OverlaidAxes(subject="loss", joins_seeds=False))
    assert [line.name for line in apart] == ["a", "b", "c"]


def test_total_cost_is_along_the_bottom():
    run = overlaid("a", [(9, "epoch.validation_loss", 1.0)], macs=1_000_000_000)
    (line,), _ = overlaid_lines([run], OverlaidAxes(subject="loss", kind="macs"))
    assert line.x.tolist() == pytest.approx([10 * 4 * 3 * 1e9 / MACS_UNIT])


def test_a_run_that_has_no_place_on_an_axis_is_named():
    rows = [(9, "epoch.validation_loss", 1.0)]
    runs = [overlaid("a", rows), overlaid("b", rows, plan=(0, 0))]
    for kind in ("epoch", "time", "macs"):
        lines, homeless = overlaid_lines(runs, OverlaidAxes(subject="loss", kind=kind))
        assert "b" in homeless
        assert all(line.key != "b" for line in lines)


def test_the_table_has_every_measured_point():
    run = overlaid("a", [(9, "epoch.validation_loss", 1.5), (19, "epoch.validation_loss", 1.0)])
    rows = list(csv.reader(io.StringIO(csv_text([run], OverlaidAxes(subject="loss")))))
    assert rows == [
        ["network", "run", "part", "step", "epoch", "loss"],
        ["a", "a", "validation", "9", "1", "1.5"],
        ["a", "a", "validation", "19", "2", "1"],
    ]


# Columns


def test_columns_of_one_network_are_told_apart():
    columns = (column(0, FOUR[1]), column(1, FOUR[1], "a-run"), column(2, FOUR[1]), column(3, FOUR[0]))
    assert titles(columns) == (
        "ResNet-20",
        "ResNet-20, a-run",
        "ResNet-20 (2)",
        "plain-20",
    )
    runs = (column(0, FOUR[1], "20261121-112639-eac77d"), column(1, FOUR[1]))
    assert titles(runs) == ("ResNet-20, run eac77d", "ResNet-20")


def test_runs_of_one_network_are_told_apart_by_their_seeds_where_these_do():
    columns = tuple(column(place, FOUR[1], name) for place, name in enumerate(("a", "b")))
    seeds = tuple(run_row(name, FOUR[1], seed=seed) for seed, name in enumerate(("a", "b")))
    assert titles(columns, seeds) == ("ResNet-20, seed 0", "ResNet-20, seed 1")
    alike = tuple(run_row(name, FOUR[1], seed=3) for name in ("a", "b"))
    assert titles(columns, alike) == ("ResNet-20, a", "ResNet-20, b")


def test_a_columns_run_is_its_weights_or_the_bundled_one_of_their_name():
    rows = (run_row("mine", FOUR[1]), run_row("cifar-resnet20", FOUR[1], is_bundled=True))
    columns = (column(0, FOUR[1], "mine"), column(1, FOUR[1]), column(2, FOUR[1]))
    livings = (
        living({}, origin=Origin("run", "mine")),
        living({}, origin=Origin("bundled", "cifar-resnet20")),
        living({}, origin=Origin("downloaded", "elsewhere")),
    )
    state = compared(columns, livings, runs=RunsState(rows))
    assert [found and found.run for found in (run_of(made, state) for made in columns)] == [
        "mine",
        "cifar-resnet20",
        None,
    ]


def test_what_an_error_was_measured_on():
    assert data_title(CIFAR, "cifar10-jpeg.zip") == "CIFAR-10"
    assert data_title((), "/data/flowers.zip") == "flowers.zip"
    assert data_title(tuple("0123456789"), "digits") == "Digits"
    assert data_title(("a", "b"), "") == ""


# The section


def test_all_runs_are_drawn_in_their_columns_colours(section, qtbot):
    lines = shown(section, qtbot, trained_columns())
    assert {line.name: line.ink for line in lines} == {
        "plain-20": 0,
        "ResNet-20": 1,
        "plain-56": 4,
        "ResNet-56": 5,
    }
    assert [line.n_runs for line in lines if line.name == "ResNet-20"] == [3, 3]
    assert all(line.x[-1] == EPOCHS for line in lines)
    assert "×3" in section.plot.legend.reading()
    press(section, qtbot, "seeds")
    assert len(section.plot.lines) == 12
    assert all(line.edges is None for line in section.plot.lines)


def test_axes_subjects_and_scales_are_chosen(section, qtbot):
    shown(section, qtbot, trained_columns())
    press(section, qtbot, "axis.step")
    assert section.plot.lines[-1].x[-1] == EPOCHS * STEPS
    press(section, qtbot, "axis.time")
    assert section.plot.lines[-1].x[-1] == pytest.approx(0.1 * EPOCHS * STEPS)
    press(section, qtbot, "axis.macs")
    deep = next(line for line in section.plot.lines if line.name == "ResNet-56")
    assert deep.x[-1] == pytest.approx(EPOCHS * STEPS * 128 * 3 * cost_of(FOUR[3]).macs / MACS_UNIT)
    press(section, qtbot, "subject.accuracy")
    assert section.plot.lines[-1].y[-1] > 0.8
    press(section, qtbot, "scale.log")
    low, high = section.plot.plot.viewRange()[1]
    assert low > 0
    assert high <= 2.1


def test_the_mouse_reads_every_line_and_a_name_hides_one(section, qtbot):
    shown(section, qtbot, trained_columns())
    plot = section.plot
    place = QPoint(plot.plot.width() // 2, plot.plot.height() // 2)
    hover(qtbot, plot.plot.viewport(), place, lambda: "epoch 1" in plot.legend.reading())
    assert plot.legend.reading().count("training") == 4
    before = section.grab().toImage()
    plot.legend.linkActivated.emit("0")
    assert all(line.name != "plain-20" for line in plot.lines)
    assert section.grab().toImage() != before


def test_missing_curves_are_asked_for_once(section, qtbot):
    state = trained_columns(with_curves=False)
    with qtbot.waitSignal(section.curves_wanted) as told:
        section.show_state(None, state)
    assert told.args == [("plain20", "res20-a", "res20-b", "res20-c", "plain56", "res56")]
    assert section._stack.currentWidget() is section._empty
    asked = []
    section.curves_wanted.connect(asked.append)
    section._draw()
    assert asked == []
    gone_on = tuple(replace(row, epochs_done=row.epochs_done + 1) for row in state.runs.rows[:1])
    section.show_state(None, replace(state, runs=replace(state.runs, rows=gone_on)))
    section._draw()
    assert asked == [("plain20",)]


def test_a_run_that_trains_here_grows(section, qtbot):
    state = trained_columns()
    row = state.runs.rows[-1]
    began = TrainingBegan(
        run=row.id,
        spec=row.spec,
        plan=row.plan,
        data=row.data,
        classes=CIFAR,
        first_step=0,
        epochs=EPOCHS,
        steps_per_epoch=STEPS,
        precision="float32",
        rates=(),
        device="cpu",
        n_train=STEPS * 128,
        n_validation=100,
    )
    live = Curves(row.id, curves(row.id, 0.07, epochs=3).buffer, 1)
    training = replace(state.training, began=began, curves=live)
    lines = shown(section, qtbot, replace(state, training=training))
    assert [line.x[-1] for line in lines if line.key == "c6"] == [3.0, 3.0]
    live.buffer.append([(4 * STEPS - 1, "epoch.validation_accuracy", 0.99)])
    shown(section, qtbot, replace(state, training=replace(training, curves=replace(live, version=2))))
    deep = next(line for line in section.plot.lines if line.key == "c6" and line.part == "validation")
    assert (deep.x[-1], deep.y[-1]) == (4.0, pytest.approx(0.01))


def test_unfinished_seeds_are_not_averaged_until_they_end(section, qtbot):
    state = trained_columns()
    rows = tuple(
        replace(row, status="running" if row.id == "res20-b" else row.status) for row in state.runs.rows
    )
    lines = shown(section, qtbot, replace(state, runs=replace(state.runs, rows=rows)))
    counts = {line.key: line.n_runs for line in lines if line.part == "validation"}
    assert counts == {"c1": 1, "c2": 2, "c3": 1, "c5": 1, "c6": 1}
    lines = shown(section, qtbot, state)
    assert {line.key: line.n_runs for line in lines if line.part == "validation"}["c2"] == 3


def test_runs_on_different_data_say_on_which_and_that_they_do_not_compare(section, qtbot):
    state = trained_columns()
    lines = shown(section, qtbot, state)
    assert not any(" on " in line.name for line in lines)
    assert "same data" not in section.plot.legend.reading()
    rows = tuple(replace(row, data="digits") if row.id.endswith("56") else row for row in state.runs.rows)
    known = {
        name: replace(one, classes=tuple("0123456789") if name in ("c5", "c6") else one.classes)
        for name, one in state.compare.columns.items()
    }
    compare = replace(state.compare, columns=MappingProxyType(known))
    lines = shown(section, qtbot, replace(state, compare=compare, runs=replace(state.runs, rows=rows)))
    names = {line.key: line.name for line in lines}
    assert names["c1"] == "plain-20 on CIFAR-10"
    assert names["c2"] == "ResNet-20 on CIFAR-10", "seeds are still joined"
    assert names["c6"] == "ResNet-56 on Digits"
    assert "; not on the same data" in section.plot.legend.reading()


def test_without_runs_it_says_what_to_do(section, qtbot):
    state = compared((column(0, FOUR[1]),), (living({}),))
    section.show_state(None, state)
    qtbot.waitUntil(lambda: section._drawn is not None)
    assert section._stack.currentWidget() is section._empty
    assert not section.findChild(FlatCheck, "compare.curves.seeds").isEnabled()


def test_it_is_saved_as_picture_and_table(section, qtbot, monkeypatch, tmp_path):
    shown(section, qtbot, trained_columns())
    said = []
    section.said.connect(said.append)
    for name in ("curves.png", "curves.csv"):
        path = str(tmp_path / name)
        monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_, path=path: (path, ""))
        menu = section.plot.build_menu()
        menu.actions()[name.endswith("csv")].trigger()
    assert said == ["Saved curves.png", "Saved curves.csv"]
    rows = list(csv.reader(io.StringIO((tmp_path / "curves.csv").read_text())))
    assert len(rows) == 1 + 6 * (EPOCHS * STEPS + EPOCHS)


def test_it_follows_light_and_dark(section, qtbot):
    shown(section, qtbot, trained_columns())
    light = section.plot.grab().toImage()
    theme.apply(QApplication.instance(), "dark")
    dark = section.plot.grab().toImage()
    place = QPoint(section.plot.width() - 20, 60)
    assert dark.pixelColor(place).lightness() < 60 < light.pixelColor(place).lightness()


def test_hidden_it_draws_nothing(qtbot):
    made = CurvesSection()
    qtbot.addWidget(made)
    made.show_state(None, trained_columns())
    assert made._drawn is None
    made.resize(900, 400)
    made.show()
    qtbot.waitUntil(lambda: made._drawn is not None)
    assert len(made.plot.lines) == 8


def test_metrics_that_are_no_numbers_do_not_stop_the_drawing(section, qtbot):
    state = trained_columns()
    broken = CurveBuffer([(9, "epoch.validation_accuracy", np.nan), (9, "epoch.validation_loss", np.inf)])
    known = {**state.runs.curves, "res56": Curves("res56", broken, 1)}
    shown(section, qtbot, replace(state, runs=replace(state.runs, curves=MappingProxyType(known))))
    assert not section.grab().isNull()
