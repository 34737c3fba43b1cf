"""The real window with the real engine, driven through Qt's own events."""

import gc

import pytest
from PySide6.QtCore import QMimeData, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QApplication

from explorer.engine.worker import Engine
from explorer.ui.options import WindowOptions
from explorer.ui.start import Session, is_settled

LIMIT_MS = 120_000


class Driver:
    """One open program and what a user does with it."""

    def __init__(self, qtbot, options):
        self.qtbot = qtbot
        self.session = Session(QApplication.instance(), options, Engine)
        self.window = self.session.window
        self.window.resize(1440, 900)

    @property
    def state(self):
        return self.session.store.state

    def until(self, condition):
        self.qtbot.waitUntil(lambda: bool(condition(self.state)), timeout=LIMIT_MS)

    def settle(self):
        self.until(is_settled)

    def child(self, name):
        found = self.window.findChild(object, name)
        assert found is not None, f"there is no control named {name}"
        return found

    def click(self, name):
        self.qtbot.mouseClick(self.child(name), Qt.MouseButton.LeftButton)

    def drop(self, mime):
        """A drag that enters the window and drops in its middle, as Qt's platform sends it."""
        at = self.window.rect().center()
        target = self.window
        action, button, keys = (
            Qt.DropAction.CopyAction,
            Qt.MouseButton.LeftButton,
            Qt.KeyboardModifier.NoModifier,
        )
        enter = QDragEnterEvent(at, action, mime, button, keys)
        QApplication.sendEvent(target, enter)
        assert enter.isAccepted()
        QApplication.sendEvent(target, QDropEvent(QPointF(at), action, mime, button, keys))

    def drop_files(self, *paths):
        mime = QMimeData()
        mime.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
        self.drop(mime)


@pytest.fixture
def open_program(qtbot):
    """Opens the program; each is closed and its threads awaited at the end."""
    opened = []

    def start(**options):
        driver = Driver(qtbot, WindowOptions(**options))
        opened.append(driver)
        return driver

    yield start
    for driver in opened:
        driver.window.hide()
        driver.session.finish()
        assert not driver.session.engine._thread.is_alive()
        driver.window.deleteLater()
        driver.session.deleteLater()
    gc.enable()
    gc.unfreeze()
