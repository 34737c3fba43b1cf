"""The code view: the node's lines are marked and in view, a click finds the node, colours are the theme's."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QTextCursor
from PySide6.QtWidgets import QApplication, QFileDialog, QMainWindow, QPushButton

from explorer.arch.code import to_python
from explorer.arch.presets import preset
from explorer.state.actions import OpenSpec, SelectNode
from explorer.state.model import AppState, Document
from explorer.ui import theme
from explorer.ui.code_dock import CodeDock
from explorer.ui.store import Store
from explorer.ui.views.code import CodeView

CODE = to_python(preset("resnet50").spec)


@pytest.fixture
def view(qtbot):
    made = CodeView()
    qtbot.addWidget(made)
    made.resize(700, 300)
    made.show_code(CODE)
    with qtbot.waitExposed(made):
        made.show()
    return made


def line_of(text: str) -> int:
    return next(n for n, line in enumerate(CODE.text.splitlines(), start=1) if text in line)


def point_of(view, line):
    block = view.text.document().findBlockByNumber(line - 1)
    return view.text.cursorRect(QTextCursor(block)).center() + QPoint(2, 0)


def test_a_node_is_marked_and_scrolled_into_view(view):
    view.highlight("fc")
    line = line_of("self.fc = ")
    assert view.text.marked == (line, line)
    assert view.text.viewport().rect().contains(point_of(view, line))
    assert [mark.cursor.blockNumber() + 1 for mark in view.text.extraSelections()] == [line]
    view.highlight("no.such.node")
    assert view.text.marked is None
    assert not view.text.extraSelections()


def test_a_click_finds_the_node_of_the_selected_block(view, qtbot):
    view.highlight("layer3.4.conv1")
    with qtbot.waitSignal(view.key_selected) as clicked:
        place = point_of(view, line_of("self.bn2 = "))
        qtbot.mouseClick(view.text.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert clicked.args == ["layer3.4.bn2"]
    view.highlight(None)
    assert view.key_at(line_of("self.bn2 = ")) == "layer1.0.bn2"
    assert view.key_at(line_of("class Block")) == "layer1.0"
    assert view.key_at(line_of("import torch")) is None


def test_the_text_cannot_be_changed_and_is_copied_whole(view, qtbot):
    qtbot.keyClicks(view.text, "x = 1")
    assert view.text.toPlainText() == CODE.text
    qtbot.mouseClick(view.findChild(QPushButton, "code.copy"), Qt.MouseButton.LeftButton)
    assert QApplication.clipboard().text() == CODE.text


def test_words_have_the_colours_of_the_theme(view, qtbot):
    for scheme in ("light", "dark"):
        view.setPalette(theme.palette_for(dark=scheme == "dark"))
        colours = theme.Colours.of(view.palette())
        assert ink(view, "class Block", "class") == colours.accent
        assert ink(view, "parameters.", "ResNet") == colours.success
        assert ink(view, "gives logits", "shape") == colours.success
        assert ink(view, "STAGES = ", "64") == colours.warning
        assert ink(view, "# Each stage", "# Each") == colours.muted
        assert ink(view, "class Block", "Block") is None


def ink(view, line, word):
    """The colour of a word, or None where it has the text's."""
    block = view.text.document().findBlockByNumber(line_of(line) - 1)
    start = block.text().index(word)
    for span in block.layout().formats():
        if span.start <= start < span.start + span.length:
            return span.format.foreground().color()
    return None


@pytest.fixture
def deck(qtbot):
    made = QMainWindow()
    qtbot.addWidget(made)
    store = Store(AppState(document=Document(spec=preset("resnet18").spec)), lambda request: None)
    dock = CodeDock(made, store)
    made.addDockWidget(Qt.DockWidgetArea.LeftDockWidgetArea, dock.dock)
    dock.dock.hide()
    made.resize(700, 400)
    with qtbot.waitExposed(made):
        made.show()
    return made, dock, store


def test_the_dock_is_filled_when_it_is_seen(deck, qtbot):
    _, dock, store = deck
    assert dock.dock.widget() is None
    dock.dock.show()
    qtbot.waitUntil(lambda: dock.dock.widget() is not None)
    view = dock.dock.widget()
    qtbot.waitUntil(lambda: "ResNet-18" in view.text.toPlainText())
    store.dispatch(SelectNode("layer2.0.conv2"))
    first, _ = view.text.marked
    assert "self.conv2" in view.text.document().findBlockByNumber(first - 1).text()
    store.dispatch(OpenSpec(preset("plain34").spec))
    assert "without a shortcut" in view.text.toPlainText()
    view.key_selected.emit("layer3.1.conv1")
    assert store.state.document.selected == "layer3.1.conv1"
    view.key_selected.emit("layer3")
    assert store.state.document.selected == "layer3.1.conv1"


def test_the_text_is_saved_and_failures_are_said(deck, qtbot, tmp_path, monkeypatch):
    _, dock, store = deck
    dock.dock.show()
    qtbot.waitUntil(lambda: dock.dock.widget() is not None)
    view = dock.dock.widget()
    qtbot.waitUntil(lambda: bool(view.text.toPlainText()))
    save = view.findChild(QPushButton, "code.save")
    out = tmp_path / "net.py"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(out), ""))
    qtbot.mouseClick(save, Qt.MouseButton.LeftButton)
    assert out.read_text(encoding="utf-8") == to_python(preset("resnet18").spec).text
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(tmp_path / "absent" / "x.py"), ""))
    qtbot.mouseClick(save, Qt.MouseButton.LeftButton)
    assert any("was not saved" in str(notice) for notice in store.state.notices)
