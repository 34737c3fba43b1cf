"""The study view on the real state: axes as chips, what it costs, the table, the buttons, report and CSV."""

import csv
import io
from dataclasses import replace

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QFileDialog, QLineEdit, QMainWindow, QPushButton, QToolButton

from explorer.arch.presets import preset
from explorer.arch.speech import value_text
from explorer.engine.messages import DeviceChosen
from explorer.engine.study_messages import (
    CellBegan,
    CellRow,
    DeleteStudy,
    EstimateStudy,
    HaltStudy,
    ListStudies,
    RunStudy,
    StudiesListed,
    StudyBegan,
    StudyEnded,
    StudyEstimated,
    StudyRow,
    WriteStudyReport,
)
from explorer.nets.facts import DeviceInfo
from explorer.state.learning_actions import EditPlan
from explorer.state.model import AppState
from explorer.state.studies import FIRST_AXES, StudyForm
from explorer.state.study_actions import EditStudy, ShowStudy
from explorer.training.estimate import DataSize, Pace, estimates
from explorer.training.plan import Plan
from explorer.training.study import axis_from_text, cells, make_study
from explorer.ui import theme
from explorer.ui.store import Store
from explorer.ui.study_dock import StudyDock
from explorer.ui.views import study_words

CPU = DeviceInfo("cpu", "CPU", 2**34, 2**33)
SPEC = preset("cifar-resnet20").spec


def row_of(*axes, seeds=(0, 1), study_id="s1", status="finished"):
    """A study in which all is finished but the last cell, which failed."""
    study = make_study(SPEC, Plan(epochs=3), "digits", [axis_from_text(axis) for axis in axes], seeds)
    rows = [
        CellRow(cell, "refused", cause=cell.reason)
        if cell.reason
        else CellRow(
            cell, "finished", f"r{place}", 3, 0.5 + place / 100, 0.5 + place / 100, 10.0 * place, 100.0
        )
        for place, cell in enumerate(cells(study))
    ]
    rows[-1] = CellRow(rows[-1].cell, "failed", "r9", 1, cause="The loss is nan.")
    return StudyRow(study_id, study, status, tuple(rows))


class Program:
    """The dock in a window on the real state; requests are caught."""

    def __init__(self, qtbot):
        theme.apply(QApplication.instance(), "light")
        self.qtbot = qtbot
        self.window = QMainWindow()
        qtbot.addWidget(self.window)
        self.window.resize(1000, 700)
        self.sent = []
        self.store = Store(AppState(), self.sent.append)
        self.dock = StudyDock(self.window, self.store)
        self.dock._rest.setInterval(0)
        self.window.addDockWidget(Qt.DockWidgetArea.LeftDockWidgetArea, self.dock.dock)
        with qtbot.waitExposed(self.window):
            self.window.show()
        qtbot.waitUntil(lambda: self.view is not None)

    @property
    def view(self):
        return self.dock._view

    @property
    def form(self):
        return self.store.state.studies.form

    @property
    def texts(self):
        return self.view._table.texts

    def button(self, name, kind=QPushButton):
        return next(
            found
            for found in self.window.findChildren(kind, name)
            if not found.isHidden() or kind is QPushButton
        )

    def click(self, name, kind=QPushButton):
        self.qtbot.mouseClick(self.button(name, kind), Qt.MouseButton.LeftButton)

    def chip(self, name):
        # Lines that were replaced go at the next turn of the loop.
        QApplication.sendPostedEvents(None, 52)  # QEvent.DeferredDelete
        return self.window.findChild(QToolButton, f"study.value.{name}")

    def newest(self, kind):
        return next(request for request in reversed(self.sent) if isinstance(request, kind))

    def list(self, *rows):
        self.store.dispatch(StudiesListed(ticket=self.newest(ListStudies).ticket, rows=rows))


@pytest.fixture
def program(qtbot):
    made = Program(qtbot)
    yield made
    made.window.close()


def test_the_first_study_is_the_papers_question_and_its_cells_are_seen(program):
    assert program.form.axes == FIRST_AXES
    assert [row[:4] for row in program.texts] == [
        ["20", "A", "0", "waits"],
        ["20", "none", "0", "waits"],
        ["56", "A", "0", "waits"],
        ["56", "none", "0", "waits"],
    ]
    assert program.texts[0][4] == "269,722"


def test_values_are_chips_that_are_pressed_and_typed(program, qtbot):
    for value in ("20", "8"):
        qtbot.mouseClick(program.chip(f"depth.{value}"), Qt.MouseButton.LeftButton)
    assert program.form.axes[0] == ("depth", ("8", "56"))
    more = next(
        each for each in program.window.findChildren(QLineEdit, "study.more.depth") if each.isVisible()
    )
    more.setFocus()
    qtbot.keyClicks(more, "14")
    qtbot.keyClick(more, Qt.Key.Key_Return)
    assert program.form.axes[0] == ("depth", ("8", "14", "56"))
    assert program.chip("depth.14").isChecked()
    typing = program.window.focusWidget()
    assert (typing.objectName(), typing.text()) == ("study.more.depth", ""), "the next value can be typed"
    assert len(program.texts) == 6


def test_a_field_is_added_exchanged_and_removed(program, qtbot):
    program.click("study.add")
    assert program.form.axes[-1] == ("block", ())
    line = program.view.form._axes.itemAt(2).widget()
    line._field.setCurrentIndex(line._field.findData("learning_rate"))
    line._field.activated.emit(line._field.currentIndex())
    assert program.form.axes[-1] == ("learning_rate", ())
    qtbot.mouseClick(program.chip("learning_rate.0.2"), Qt.MouseButton.LeftButton)
    assert program.form.axes[-1] == ("learning_rate", ("0.2",))
    program.view.form._axes.itemAt(1).widget().removed.emit()
    assert [name for name, _ in program.form.axes] == ["depth", "learning_rate"]
    taken = program.view.form._axes.itemAt(1).widget()
    taken._field.activated.emit(taken._field.findData("depth"))
    assert [name for name, _ in program.form.axes] == ["depth", "learning_rate"], "depth is varied already"


def test_seeds_and_pinning_are_set(program, qtbot):
    seeds = program.window.findChild(QLineEdit, "study.seeds")
    seeds.setText("0,1")
    seeds.editingFinished.emit()
    assert program.form.seeds == "0,1"
    assert len(program.texts) == 8
    program.view.form._pins.click()
    assert not program.form.pins


def test_what_cannot_be_is_said_and_cannot_be_started(program):
    program.store.dispatch(EditStudy(StudyForm(axes=(("depth", ("21",)),))))
    assert "no depth 21" in program.view._cost.text()
    assert program.view._cost.property("tone") == "warning"
    assert not program.button("study.start").isEnabled()
    assert [row[2] for row in program.texts] == ["left out"]


def test_what_it_costs_is_asked_when_the_form_rests_and_said_before_it_starts(program, qtbot):
    assert not any(isinstance(request, EstimateStudy) for request in program.sent), "no device yet"
    program.store.dispatch(DeviceChosen(device=CPU, devices=(CPU,)))
    qtbot.waitUntil(lambda: any(isinstance(request, EstimateStudy) for request in program.sent))
    assert "measuring" in program.view._cost.text()
    request = program.newest(EstimateStudy)
    pace = Pace(((41_000_000, 1000.0),))
    found = estimates(cells(request.study), DataSize(1438, 359, 192), pace)
    told = StudyEstimated(
        ticket=request.ticket, study=request.study, estimates=found, pace=pace, free_bytes=2**33
    )
    program.store.dispatch(told)
    assert "4 trainings · about " in program.view._cost.text()
    assert "of 8.0 GB free · an estimate" in program.view._cost.text()
    assert program.texts[0][-1] != "–"
    program.store.dispatch(replace(told, free_bytes=1))
    assert program.view._cost.property("tone") == "warning"
    n_asked = len(program.sent)
    program.store.dispatch(EditPlan((("epochs", 1),)))
    assert program.view._cost.text() == "4 trainings", "the old price is not the new one's"
    qtbot.waitUntil(lambda: len(program.sent) > n_asked)
    assert program.newest(EstimateStudy).study.plan.epochs == 1


def test_it_starts_pauses_and_resumes_by_its_buttons(program):
    program.click("study.start")
    request = program.newest(RunStudy)
    row = row_of("depth=20,32", status="running")
    program.store.dispatch(StudyBegan(ticket=request.ticket, row=row, estimates=()))
    assert program.view._title.text == "Training"
    assert program.view.form.isHidden()
    assert program.button("study.start").isHidden()
    began = CellBegan(
        ticket=request.ticket,
        study="s1",
        cell="depth=20,seed=0",
        run="r",
        first_step=0,
        steps=9,
        epochs=3,
        precision="float32",
        device="cpu",
    )
    program.store.dispatch(began)
    assert program.view._detail.text == "ResNet-20, seed 0"
    program.click("study.pause")
    assert isinstance(program.sent[-1], HaltStudy)
    assert program.button("study.pause").text() == "Pausing…"
    paused = replace(row, status="paused", cells=(row.cells[0], replace(row.cells[1], status="paused")))
    program.store.dispatch(StudyEnded(ticket=request.ticket, row=paused))
    assert program.view._title.text == "Paused"
    assert program.button("study.pause").isHidden()
    program.click("study.resume")
    again = program.newest(RunStudy)
    assert (again.id, again.study, again.retries) == ("s1", None, False)


def test_what_failed_says_why_and_may_be_tried_again(program):
    program.list(row_of("depth=20,32"))
    program.store.dispatch(ShowStudy("s1"))
    assert program.view._detail.text.endswith(", 1 failed")
    model = program.view._table.model()
    assert model.index(3, 2).data() == "failed"
    assert model.index(3, 2).data(Qt.ItemDataRole.ToolTipRole) == "The loss is nan."
    program.click("study.retry")
    assert program.newest(RunStudy).retries


def test_the_table_sorts_and_results_are_put_together_over_the_seeds(program):
    program.list(row_of("depth=20,32,44"))
    program.store.dispatch(ShowStudy("s1"))
    table = program.view._table
    table.sortByColumn(3, Qt.SortOrder.DescendingOrder)
    assert [row[3] for row in program.texts][:2] == ["54.00 %", "53.00 %"]
    assert program.texts[-1][3] == "–"
    program.view._sheets.show_value("results")
    program.view._sheets.chosen.emit("results")
    assert [row[0] for row in program.texts] == ["20", "32", "44"]
    assert program.texts[0][1] == "48.50 ± 2.12 %"
    assert program.texts[2][-1] == "1 of 2"


def test_report_table_and_removal_are_one_click_away(program, tmp_path, monkeypatch):
    program.list(row_of("depth=20,32"))
    program.store.dispatch(ShowStudy("s1"))
    path = tmp_path / "study"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(path), ""))
    program.click("study.report")
    request = program.newest(WriteStudyReport)
    assert (request.id, request.path) == ("s1", f"{path}.html")
    program.click("study.save")
    rows = list(csv.DictReader(io.StringIO(path.with_suffix(".csv").read_text("utf-8"))))
    assert [row["depth"] for row in rows] == ["20", "32", "20", "32"]
    assert rows[1]["test_accuracy"] == "0.510000"
    assert rows[3]["cause"] == "The loss is nan."
    program.view.save_csv(tmp_path / "none" / "file.csv")
    assert "was not saved" in dict(program.store.state.notices[-1].arguments)["cause"]
    program.click("study.forget")
    assert program.newest(DeleteStudy).id == "s1"
    assert program.view._list.currentText() == "A new study"


def test_a_study_without_a_finished_training_has_no_report(program):
    row = row_of("depth=20,32", status="waiting")
    waiting = tuple(CellRow(one.cell, "waiting") for one in row.cells)
    program.list(replace(row, cells=waiting))
    program.store.dispatch(ShowStudy("s1"))
    assert not program.button("study.report").isEnabled()
    assert program.view._title.text == "Not begun"


def test_every_field_can_be_varied_and_offers_its_own_value(program):
    state = program.store.state
    for group in study_words.fields():
        for one in group:
            found = dict(study_words.options(one.name, state.document.spec, state.form.plan))
            for value in found:
                (cell, *_) = cells(
                    make_study(
                        state.document.spec,
                        state.form.plan,
                        "digits",
                        [axis_from_text(f"{one.name}={value};{value}")],
                    )
                )
                is_own = one.name != "depth" and value == value_text(
                    getattr(state.document.spec, one.name, getattr(state.form.plan, one.name, None))
                )
                assert not (is_own and cell.reason), (one.name, value, cell.reason)


def test_a_narrow_view_puts_the_table_below_the_form(program):
    assert program.view._split.orientation() == Qt.Orientation.Horizontal
    program.window.resize(460, 700)
    program.qtbot.waitUntil(lambda: program.view._split.orientation() == Qt.Orientation.Vertical)
