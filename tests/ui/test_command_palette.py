"""Every command by name, its menu said where the name alone says little."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QKeySequence

from explorer.ui.widgets.command_palette import CommandPalette


@pytest.fixture
def ran():
    return []


@pytest.fixture
def palette(qtbot, ran):
    actions = []
    for name, place, keys in (("Undo", "", "Ctrl+Z"), ("Dark", "Colours", ""), ("Light", "Colours", "")):
        action = QAction(name)
        action.setProperty("place", place)
        action.setShortcut(QKeySequence(keys))
        action.triggered.connect(lambda _checked=False, name=name: ran.append(name))
        actions.append(action)
    off = QAction("Redo")
    off.setEnabled(False)
    actions.append(off)
    shown = CommandPalette(actions)
    qtbot.addWidget(shown)
    shown.show()
    yield shown
    shown.close()


def test_commands_are_named_with_their_menu_and_disabled_ones_left_out(palette):
    assert palette.shown() == ["Undo", "Colours: Dark", "Colours: Light"]


def test_words_in_any_order_find_and_enter_runs(palette, qtbot, ran):
    qtbot.keyClicks(palette._field, "li colour")
    assert palette.shown() == ["Colours: Light"]
    qtbot.keyClick(palette._field, Qt.Key.Key_Return)
    assert ran == ["Light"]


def test_the_keys_are_painted_at_the_right(palette):
    row = palette._list.visualItemRect(palette._list.item(0))
    other = palette._list.visualItemRect(palette._list.item(2))
    palette._list.setCurrentRow(1)
    picture = palette._list.viewport().grab().toImage()

    def right_part(area):
        return picture.copy(area.right() - 60, area.top(), 60, area.height())

    assert right_part(row) != right_part(other)
