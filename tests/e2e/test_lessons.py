"""A lesson opened from the menu, gone through, saved, and opened in another home; by a user's own events."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFileDialog, QToolButton

from explorer.arch.presets import preset
from explorer.engine.messages import WeightsChoice
from explorer.nets.catalogue import present_for
from explorer.ui.lesson_dock import step_item

DEPTHS = tuple(preset(f"cifar-resnet{depth}").spec for depth in (20, 32, 44, 56))


def choose(program, qtbot, *titles):
    """Open a menu with the mouse, and go through it with the keys to an entry."""
    first, *rest = titles
    bar = program.window.menuBar()
    action = entry(bar, first)
    qtbot.mouseClick(bar, Qt.MouseButton.LeftButton, pos=bar.actionGeometry(action).center())
    for title in rest:
        menu = action.menu()
        qtbot.waitUntil(menu.isVisible)
        action = entry(menu, title)
        for _ in menu.actions():
            if menu.activeAction() is action:
                break
            qtbot.keyClick(menu, Qt.Key.Key_Down)
        assert menu.activeAction() is action
        qtbot.keyClick(menu, Qt.Key.Key_Right if action.menu() else Qt.Key.Key_Return)


def entry(menu, title):
    return next(action for action in menu.actions() if action.text().replace("&", "") == title)


def press(program, qtbot, key, modifier):
    """A shortcut; a menu that was open before may have left the window inactive."""
    program.window.activateWindow()
    qtbot.waitUntil(program.window.isActiveWindow)
    qtbot.keyClick(program.window, key, modifier)


def columns_ready(state):
    living = state.compare.columns
    return living and all(
        column.status == "ready" and column.looked is not None for column in living.values()
    )


def shown_controls(program):
    """Presses Show at each thing to try, as they stand below each other; gives what each means."""
    n = len(program.state.lessons.present.trials)
    buttons = [program.window.findChild(QToolButton, f"lesson.show.{place}") for place in range(n)]
    lessons = program.window.lesson
    items = step_item(program.state).trials
    for item, button in zip(items, buttons, strict=False):
        program.qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
        assert lessons.lit is not None
        yield item.control


def text_of(program, name):
    return program.child(name).text()


@pytest.fixture
def save_to(monkeypatch):
    """The native file dialog is the edge of the program: it answers with this path."""

    def answer(path):
        monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_, **__: (str(path), ""))

    return answer


def test_depth_is_opened_gone_through_saved_and_opened_in_another_home(
    open_program, qtbot, tmp_path, monkeypatch, save_to
):
    program = open_program()
    program.settle()
    before = program.state.document
    choose(program, qtbot, "Help", "Lessons", "Depth")
    program.until(lambda state: state.lessons.lesson is not None)
    assert program.window.lesson.dock.isVisible()
    assert text_of(program, "lesson.heading") == "Twenty to fifty-six"
    assert "6.97\u00a0%" in text_of(program, "lesson.text")
    assert tuple(column.spec for column in program.state.document.columns) == DEPTHS
    assert program.window.docks["compare"].isVisible()
    program.until(columns_ready)
    missing = text_of(program, "lesson.missing")
    for spec, column in zip(DEPTHS, program.state.compare.columns.values(), strict=True):
        card = present_for(spec)
        assert column.origin.kind == ("bundled" if card else "untrained")
        title = preset(f"cifar-resnet{6 * spec.stage_depths[0] + 2}").title
        assert (title in missing) == (card is None)

    program.click("lesson.next")
    assert program.state.lessons.step == 1
    assert program.state.compare.pair is not None
    press(program, qtbot, Qt.Key.Key_Right, Qt.KeyboardModifier.AltModifier)
    assert program.state.lessons.step == 2
    assert program.state.inside.topic == "decisions"
    assert program.window.docks["inside"].isVisible()
    press(program, qtbot, Qt.Key.Key_Left, Qt.KeyboardModifier.AltModifier)
    assert program.state.lessons.step == 1
    program.click("lesson.show.0")
    assert program.window.lesson.lit is program.child("compare.depth")

    program.until(columns_ready)
    target = tmp_path / "mine.lesson"
    save_to(target)
    choose(program, qtbot, "File", "Save lesson…")
    program.until(lambda state: state.lessons.is_own)
    program.child("lesson.note").setPlainText("Look at the third column.")
    save_to(target)
    program.click("lesson.save")
    program.until(lambda state: not state.lessons.is_changed and state.lessons.present.note)
    assert program.state.lessons.source == str(target)
    kept = program.state
    program.click("lesson.close")
    assert program.state.lessons.lesson is None
    assert not program.window.lesson.dock.isVisible()
    # Each step was one of undo: what was there before the lesson is not lost.
    for _ in range(len(program.state.history.past)):
        choose(program, qtbot, "Edit", "Undo")
    assert program.state.document == before

    monkeypatch.setenv("RESNET_EXPLORER_HOME", str(tmp_path / "another"))
    again = open_program()
    again.settle()
    again.drop_files(target)
    again.until(lambda state: state.lessons.lesson is not None)
    state = again.state
    assert (state.lessons.step, state.lessons.present.note) == (1, "Look at the third column.")
    assert again.child("lesson.note").toPlainText() == "Look at the third column."
    assert [column.spec for column in state.document.columns] == [DEPTHS[0], DEPTHS[3]]
    assert state.document.selected == kept.document.selected
    assert state.compare.share == kept.compare.share
    names = [column.name for column in state.document.columns]
    assert state.compare.pair == (names[0], names[1])
    again.until(columns_ready)
    origins = [column.origin for column in again.state.compare.columns.values()]
    assert origins == [column.origin for column in kept.compare.columns.values()]
    assert again.state.document.columns[0].weights == WeightsChoice("named", "cifar-resnet20")
    again.settle()


def test_every_other_lesson_is_gone_through_and_comes_to_rest(open_program, qtbot):
    program = open_program()
    program.settle()
    for title in ("Why shortcuts", "Options A, B, C", "Pre-activation", "Lesions"):
        choose(program, qtbot, "Help", "Lessons", title)
        program.until(lambda state, title=title: state.lessons.lesson and state.lessons.lesson.title == title)
        for place, step in enumerate(program.state.lessons.lesson.steps):
            assert program.state.lessons.step == place
            assert text_of(program, "lesson.heading") == step.heading
            assert program.state.document.selected == step.view.selected
            program.settle()
            for control in shown_controls(program):
                lit = program.window.lesson.lit
                assert lit is not None, f"{title}, {step.heading}: nothing is lit for {control}"
                assert lit.objectName() == control, f"{title}, {step.heading}"
                assert lit.isVisible()
            program.click("lesson.again")
            program.click("lesson.next")
    program.settle()
    assert not [notice for notice in program.state.notices if notice.severity == "error"]
