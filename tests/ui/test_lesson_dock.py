"""The lesson dock on the real window: it opens what a step wants and points at controls that exist."""

from __future__ import annotations

from dataclasses import replace
from typing import get_args

import pytest
import shiboken6
from PySide6.QtCore import Qt
from PySide6.QtGui import QTextDocument
from PySide6.QtWidgets import QApplication, QLabel, QToolButton, QWidget

from explorer.arch.expand import expand
from explorer.engine.context import Context
from explorer.engine.handlers import lesson_facts
from explorer.engine.handlers.lessons import read_lesson
from explorer.engine.lesson_json import encode
from explorer.engine.lesson_messages import ReadLesson
from explorer.engine.messages import BuildModel, ModelBuilt
from explorer.nets.facts import Origin
from explorer.present.folds import everything
from explorer.state.actions import Start
from explorer.state.inside import InsideTopic
from explorer.state.lesson_actions import CloseLesson, GoToStep, OpenLesson, ReopenLesson, StepLesson
from explorer.state.lessons import LESSONS
from explorer.state.model import AppState
from explorer.ui.main_window import MainWindow
from explorer.ui.store import Store
from tests.state.lesson_parts import trained_resources

__all__ = ["trained_resources"]

NAMES = [name for name, _ in LESSONS]


class Desk:
    """A window without an engine; lessons are read as the engine would."""

    def __init__(self, qtbot):
        self.asked = []
        self.context = Context()
        self.store = Store(AppState(), self.asked.append)
        self.window = MainWindow(self.store)
        # With changes in a lesson the window would ask before it closes.
        qtbot.addWidget(self.window, before_close_func=lambda _: self.store.dispatch(CloseLesson()))
        self.window.resize(1440, 900)
        self.window.show()
        self.window.add_features()
        self.store.dispatch(Start())

    def open(self, source):
        self.store.dispatch(OpenLesson(source))
        request = next(each for each in reversed(self.asked) if isinstance(each, ReadLesson))
        for event in read_lesson(request, self.context):
            self.store.dispatch(event)
        QApplication.processEvents()

    def shipped(self, name):
        (event,) = read_lesson(ReadLesson(ticket=0, source=name), self.context)
        return event.lesson

    @property
    def lesson(self):
        return self.store.state.lessons.lesson

    def child(self, name):
        return self.window.findChild(QWidget, name)

    def plain(self, name):
        document = QTextDocument()
        document.setHtml(self.child(name).text())
        return document.toPlainText()


@pytest.fixture
def desk(qtbot):
    made = Desk(qtbot)
    yield made
    made.context.close_store()


def test_the_dock_is_away_until_a_lesson_is_open_and_goes_with_it(desk):
    assert desk.window.lesson.dock.isHidden()
    desk.open("depth")
    assert desk.window.lesson.dock.isVisible()
    assert desk.child("lesson.heading").text() == desk.lesson.steps[0].heading
    desk.store.dispatch(CloseLesson())
    assert desk.window.lesson.dock.isHidden()


@pytest.mark.parametrize("name", NAMES)
def test_every_dock_topic_and_control_that_a_lesson_names_exists(desk, name):
    desk.open(name)
    for place, step in enumerate(desk.lesson.steps):
        desk.store.dispatch(GoToStep(place))
        QApplication.processEvents()
        assert step.view.topic in ("", *get_args(InsideTopic))
        assert set(step.view.docks) <= desk.window.docks.keys()
        for dock in step.view.docks:
            assert not desk.window.docks[dock].isHidden() or dock == "graph", dock
        for trial in step.trials:
            assert trial.dock in ("", *desk.window.docks)
            desk.window.lesson.point_at(trial.control, trial.dock)
            control, lit = desk.child(trial.control), desk.window.lesson.lit
            assert control is not None, f"step {place}: there is no {trial.control}"
            # Without an engine there is no result, and what belongs to it is away.
            assert lit is control or (lit.isAncestorOf(control) and not control.isVisible())


@pytest.mark.parametrize("name", NAMES)
def test_every_fold_that_a_lesson_opens_exists(desk, name):
    desk.open(name)
    for step in desk.lesson.steps:
        if step.view.unfolded is not None:
            assert step.view.unfolded <= everything(expand(step.view.net.spec)), step.heading


def test_a_step_opens_its_docks_and_the_last_one_is_in_front(desk):
    desk.open("depth")
    for place, step in enumerate(desk.lesson.steps):
        desk.store.dispatch(GoToStep(place))
        QApplication.processEvents()
        front = desk.window.docks[step.view.docks[-1]]
        assert not front.visibleRegion().isEmpty(), step.view.docks


def test_a_light_goes_with_its_control(desk):
    desk.open("why-shortcuts")
    desk.store.dispatch(StepLesson(1))
    desk.window.lesson.point_at("spec.twin", "")
    assert desk.child("window.spotlight").isVisible()
    desk.window.docks["architecture"].hide()
    assert desk.window.lesson.lit is None
    desk.window.lesson.point_at("no.such.control", "no such dock")
    assert desk.window.lesson.lit is None


@pytest.mark.parametrize("leave", ["lesson.again", "lesson.next", "lesson.add", "lesson.close", "next_step"])
def test_a_note_is_kept_when_its_step_is_left_while_it_is_written(desk, qtbot, tmp_path, leave):
    path = tmp_path / "mine.lesson.json"
    path.write_text(encode(replace(desk.shipped("options"), title="Mine")), encoding="utf-8")
    desk.open(str(path))
    note = desk.child("lesson.note")
    note.setPlainText("Being written")
    desk.child("lesson.own_heading").setText("Being named")
    if leave == "next_step":
        desk.window.lesson.commands()[leave]()
    else:
        qtbot.mouseClick(desk.child(leave), Qt.MouseButton.LeftButton)
    if leave == "lesson.close":
        buttons = (button for each in desk.store.state.notices for button in each.actions)
        desk.store.dispatch(next(each.action for each in buttons if isinstance(each.action, ReopenLesson)))
    assert desk.lesson.steps[0].note == "Being written"
    assert desk.lesson.steps[0].heading == "Being named"


def test_another_step_puts_the_light_out(desk):
    desk.open("why-shortcuts")
    desk.window.lesson.point_at("spec.twin", "")
    desk.store.dispatch(StepLesson(1))
    assert desk.window.lesson.lit is None


def test_networks_without_weights_are_said_beside_the_text(desk):
    desk.open("why-shortcuts")
    missing = desk.child("lesson.missing")
    untrained = desk.store.state.lessons.facts.untrained
    wanted = {net.spec for net in desk.lesson.steps[0].view.columns} & untrained
    assert missing.isHidden() == (not wanted)
    if wanted:
        assert "No trained weights" in missing.text()


def test_networks_that_a_step_does_not_show_are_not_said_to_be_untrained(desk):
    desk.open("depth")
    for place, step in enumerate(desk.lesson.steps):
        desk.store.dispatch(GoToStep(place))
        said = desk.child("lesson.missing").text()
        assert "compare" in step.view.docks or "ResNet-56" not in said, step.heading


def test_a_network_that_was_trained_here_is_not_said_to_be_untrained_any_more(desk, monkeypatch):
    monkeypatch.setattr(lesson_facts, "present_for", lambda spec: None)
    desk.open("lesions")
    desk.store.dispatch(GoToStep(1))
    missing, spec = desk.child("lesson.missing"), desk.lesson.steps[1].view.net.spec
    assert "plain-20" in missing.text()
    request = next(
        each for each in reversed(desk.asked) if isinstance(each, BuildModel) and each.spec == spec
    )
    origin = Origin("run", "mine")
    facts = {"classes": (), "offers": (), "can_copy": 0}
    desk.store.dispatch(
        ModelBuilt(ticket=request.ticket, column=request.column, spec=spec, origin=origin, **facts)
    )
    assert missing.isHidden()


@pytest.mark.parametrize("is_trained", [False, True])
def test_what_lessons_say_fits_the_weights_that_are_here(desk, request, is_trained):
    if is_trained:
        request.getfixturevalue("trained_resources")
    for name in NAMES:
        desk.open(name)
        for place, step in enumerate(desk.lesson.steps):
            desk.store.dispatch(GoToStep(place))
            text = desk.child("lesson.text").text()
            shown = desk.child("lesson.show.0")
            assert shown is not None, f"{name}, {step.heading}: there is nothing to try"
            assert len(desk.plain("lesson.text")) <= 1_000, f"{name}, {step.heading} is too long to be read"
            if is_trained:
                assert desk.child("lesson.missing").isHidden()
                assert "no trained weights" not in text


def test_columns_that_a_step_takes_away_are_not_offered_back(desk):
    desk.open("depth")
    desk.store.dispatch(GoToStep(1))
    QApplication.processEvents()
    assert len(desk.store.state.document.columns) == 2
    assert desk.child("compare.said").isHidden()


def test_a_control_that_is_away_is_shown_by_where_it_would_be(desk):
    desk.open("depth")
    desk.window.lesson.point_at("compare.pair", "compare")
    lit = desk.window.lesson.lit
    assert lit.isVisible()
    assert lit.isAncestorOf(desk.child("compare.pair"))


def test_no_text_of_a_lesson_that_ships_shows_a_mark_or_an_empty_place(desk):
    for name in NAMES:
        desk.open(name)
        for place in range(len(desk.lesson.steps)):
            desk.store.dispatch(GoToStep(place))
            labels = [desk.child("lesson.text"), *desk.window.lesson.dock.findChildren(QLabel)]
            for label in labels:
                assert not set("{}`") & set(label.text()), label.text()
                assert "**" not in label.text()


def test_the_open_docks_are_kept_with_the_front_one_last(desk):
    desk.open("lesions")
    docks = desk.window.lesson.open_docks()
    assert set(docks) >= {"architecture", "image", "graph", "inside", "features"}
    assert docks.index("features") < docks.index("inside"), "feature maps stand behind"


@pytest.mark.parametrize("width", [1280, 1440])
def test_the_graph_is_as_wide_after_the_comparison_as_before(desk, qtbot, width):
    desk.window.resize(width, 900)
    QApplication.processEvents()
    before = desk.window.docks["graph"].width()
    desk.open("why-shortcuts")
    QApplication.processEvents()
    assert desk.window.docks["graph"].isHidden(), "the comparison takes the whole middle"
    desk.store.dispatch(StepLesson(1))
    qtbot.waitUntil(lambda: abs(desk.window.docks["graph"].width() - before) <= 8)


def test_a_control_that_was_lit_before_takes_no_light_with_it(desk):
    desk.open("why-shortcuts")
    lesson = desk.window.lesson
    passing = QToolButton(desk.window)
    passing.setObjectName("passing")
    passing.show()
    lesson.point_at("passing", "")
    assert lesson.lit is passing
    lesson.point_at("lesson.next", "")
    lit = lesson.lit
    shiboken6.delete(passing)
    assert lesson.lit is lit
    assert desk.child("window.spotlight").isVisible()
