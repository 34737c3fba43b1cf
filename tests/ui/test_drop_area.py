"""Real drag events on a window with children: announced, delivered once, taken back when the drag leaves."""

import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDragLeaveEvent, QDragMoveEvent, QDropEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel, QLineEdit, QVBoxLayout, QWidget

from explorer.ui.widgets.drop_area import install_drop_target

LEFT, COPY = Qt.MouseButton.LeftButton, Qt.DropAction.CopyAction
NO_KEYS = Qt.KeyboardModifier.NoModifier


class Window(QWidget):
    def __init__(self):
        super().__init__()
        self.resize(420, 320)
        self.label, self.edit = QLabel("a child", self), QLineEdit(self)
        layout = QVBoxLayout(self)
        layout.addWidget(self.label)
        layout.addWidget(self.edit)
        self.received = []
        self.overlay = install_drop_target(self, self.received.append)


@pytest.fixture
def window(qtbot):
    made = Window()
    qtbot.addWidget(made)
    with qtbot.waitExposed(made):
        made.show()
    return made


def files(*names):
    made = QMimeData()
    made.setUrls([QUrl.fromLocalFile(f"/tmp/{name}") for name in names])
    return made


def text(words):
    made = QMimeData()
    made.setText(words)
    return made


def enter(target, mime):
    event = QDragEnterEvent(QPoint(5, 5), COPY, mime, LEFT, NO_KEYS)
    QApplication.sendEvent(target, event)
    return event


def move(target, mime):
    event = QDragMoveEvent(QPoint(6, 6), COPY, mime, LEFT, NO_KEYS)
    QApplication.sendEvent(target, event)
    return event


def drop(target, mime):
    event = QDropEvent(QPointF(6, 6), COPY, mime, LEFT, NO_KEYS)
    QApplication.sendEvent(target, event)
    return event


@pytest.mark.parametrize("child", ["label", "edit", None])
def test_files_can_be_dropped_on_the_window_and_on_every_child(window, qtbot, child):
    target = getattr(window, child) if child else window
    mime = files("a.jpg", "b.jpg")
    assert enter(target, mime).isAccepted()
    assert window.overlay.isVisible()
    assert window.overlay.text == "Drop to classify"
    assert window.overlay.detail == "2 files and folders"
    assert window.overlay.size() == window.size()
    assert move(target, mime).isAccepted()
    assert drop(target, mime).isAccepted()
    qtbot.waitUntil(lambda: len(window.received) > 0)
    assert [dropped.paths for dropped in window.received] == [("/tmp/a.jpg", "/tmp/b.jpg")]
    assert not window.overlay.isVisible()
    assert window.edit.text() == ""


def test_a_drag_that_leaves_takes_the_veil_away(window):
    enter(window.label, files("a.jpg"))
    QApplication.sendEvent(window.label, QDragLeaveEvent())
    assert not window.overlay.isVisible()
    assert window.received == []


def test_what_cannot_be_read_is_said_and_refused(window):
    mime = text("hello")
    enter(window.label, mime)
    assert window.overlay.text == "This cannot be read here"
    assert window.overlay.isVisible()
    assert not move(window.label, mime).isAccepted()
    assert not drop(window.label, mime).isAccepted()
    QApplication.processEvents()
    assert window.received == []
    assert not window.overlay.isVisible()


def test_plain_text_still_goes_into_a_line_edit(window):
    mime = text("hello")
    enter(window.edit, mime)
    assert not window.overlay.isVisible()
    drop(window.edit, mime)
    QApplication.processEvents()
    assert window.edit.text() == "hello"
    assert window.received == []


def test_the_veil_follows_the_window_and_lets_the_mouse_through(window):
    enter(window, files("a.jpg"))
    window.resize(500, 400)
    assert window.overlay.size() == window.size()
    assert window.childAt(window.label.geometry().center()) is window.label


def test_a_veil_left_by_a_source_that_died_goes_with_the_next_mouse_move(window):
    enter(window, files("a.jpg"))
    QTest.mouseMove(window.windowHandle(), QPoint(30, 30))
    QTest.mouseMove(window.windowHandle(), QPoint(40, 40))
    QApplication.processEvents()
    assert not window.overlay.isVisible()


def test_the_veil_paints_something_over_the_window(window):
    before = window.grab().toImage()
    enter(window, files("a.jpg"))
    assert window.grab().toImage() != before
