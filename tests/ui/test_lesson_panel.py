"""The lesson panel: what it shows of a step, and what it tells."""

from __future__ import annotations

from dataclasses import replace

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QLabel, QLineEdit, QPushButton, QToolButton

from explorer.state.lessons import LESSONS
from explorer.ui.views.lesson import LessonPanel, StepItem, TrialItem

STEP = StepItem(
    title="Depth",
    source="depth",
    place=1,
    count=4,
    heading="When <does> it know?",
    html="<p>Some <b>text</b>.</p>",
    trials=(TrialItem("Move it.", "compare.depth", "compare"), TrialItem("Look.")),
)


@pytest.fixture
def panel(qtbot):
    made = LessonPanel(LESSONS)
    qtbot.addWidget(made)
    made.resize(304, 480)
    made.show()
    return made


def child(panel, kind, name):
    found = panel.findChild(kind, name)
    assert found is not None, name
    return found


def test_without_a_lesson_there_are_those_that_ship(panel, qtbot):
    panel.show_none()
    for name, title in LESSONS:
        button = child(panel, QPushButton, f"lesson.open.{name}")
        assert button.text() == title
        with qtbot.waitSignal(panel.lesson_chosen) as told:
            qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
        assert told.args == [name]
    with qtbot.waitSignal(panel.open_requested):
        qtbot.mouseClick(child(panel, QPushButton, "lesson.open_file"), Qt.MouseButton.LeftButton)


def test_a_step_shows_its_text_and_a_heading_is_no_markup(panel):
    panel.show_step(STEP)
    heading = child(panel, QLabel, "lesson.heading")
    assert heading.text() == "When <does> it know?"
    assert heading.textFormat() == Qt.TextFormat.PlainText
    assert child(panel, QLabel, "lesson.text").text() == STEP.html
    assert child(panel, QLabel, "lesson.missing").isHidden()
    panel.show_step(replace(STEP, missing="X has no weights."))
    assert child(panel, QLabel, "lesson.missing").isVisible()


def test_back_next_and_dots_lead_to_steps(panel, qtbot):
    panel.show_step(STEP)
    for name, place in (("back", 0), ("next", 2)):
        with qtbot.waitSignal(panel.place_chosen) as told:
            qtbot.mouseClick(child(panel, QPushButton, f"lesson.{name}"), Qt.MouseButton.LeftButton)
        assert told.args == [place]
    dots = child(panel, object, "lesson.dots")
    assert dots.accessibleName() == "Step 2 of 4"
    with qtbot.waitSignal(panel.place_chosen) as told:
        qtbot.mouseClick(dots, Qt.MouseButton.LeftButton, pos=QPoint(2 + 16 * 3 + 8, 10))
    assert told.args == [3]
    dots.setFocus()
    with qtbot.waitSignal(panel.place_chosen) as told:
        qtbot.keyClick(dots, Qt.Key.Key_Left)
    assert told.args == [0]


def test_there_is_no_way_beyond_the_ends(panel):
    panel.show_step(replace(STEP, place=0))
    assert not child(panel, QPushButton, "lesson.back").isEnabled()
    panel.show_step(replace(STEP, place=3))
    assert not child(panel, QPushButton, "lesson.next").isEnabled()


def test_what_to_try_points_at_its_control(panel, qtbot):
    panel.show_step(STEP)
    with qtbot.waitSignal(panel.control_wanted) as told:
        qtbot.mouseClick(child(panel, QToolButton, "lesson.show.0"), Qt.MouseButton.LeftButton)
    assert told.args == ["compare.depth", "compare"]
    assert panel.findChild(QToolButton, "lesson.show.1") is None, "nothing to point at"
    panel.show_step(replace(STEP, place=2, trials=()))
    assert child(panel, QLabel, "lesson.try").isHidden()


def test_what_was_escaped_is_read_as_it_was_written(panel):
    panel.show_step(replace(STEP, trials=(TrialItem("The paper&#x27;s points &amp; ours"),)))
    assert child(panel, QLabel, "lesson.trial.0").textFormat() is Qt.TextFormat.RichText


def test_only_the_users_own_lesson_can_be_written_in(panel, qtbot):
    panel.show_step(STEP)
    assert not panel.note.isVisible()
    assert child(panel, QPushButton, "lesson.save").isHidden()
    own = replace(STEP, is_own=True, source="/x/mine.lesson", note="Before.")
    panel.show_step(own)
    assert panel.note.toPlainText() == "Before."
    panel.note.setPlainText("After.")
    with qtbot.waitSignal(panel.note_written) as told:
        panel.note.keep()
    assert told.args == ["After."]
    field = child(panel, QLineEdit, "lesson.own_heading")
    assert field.text() == own.heading
    field.setText("Another")
    with qtbot.waitSignal(panel.heading_written) as told:
        qtbot.keyClick(field, Qt.Key.Key_Return)
    assert told.args == ["Another"]
    for name, signal in (("add", panel.step_added), ("save", panel.save_requested)):
        with qtbot.waitSignal(signal):
            qtbot.mouseClick(child(panel, QPushButton, f"lesson.{name}"), Qt.MouseButton.LeftButton)


def test_a_note_that_is_being_written_is_not_lost_with_another_show(panel):
    own = replace(STEP, is_own=True, source="/x/mine.lesson")
    panel.show_step(own)
    panel.note.setPlainText("half a")
    panel.show_step(replace(own, is_changed=True))
    assert panel.note.toPlainText() == "half a"
    panel.show_step(replace(own, place=2))
    assert panel.note.toPlainText() == ""
