"""A frame that lights up around a control for a moment, to say "this one".

Used by the lesson dock. Knows nothing of the store.
"""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, QPoint, QRect, QRectF, Qt, QTimer
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QDockWidget, QScrollArea, QWidget

from explorer.ui.theme import HALF, RADIUS, Colours

LIT_MS = 2_500


class Spotlight(QWidget):
    """Lies over the whole window, lets every click through, and goes by itself.

    Args:
        window: The window.
    """

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        self._window = window
        self.setObjectName("window.spotlight")
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._control: QWidget | None = None
        self._timer = QTimer(self, singleShot=True, interval=LIT_MS)
        self._timer.timeout.connect(self.put_out)
        self.hide()

    @property
    def control(self) -> QWidget | None:
        """What is lit; None while nothing is."""
        return self._control

    def light(self, control: QWidget) -> None:
        """Bring a control into view and light it; one that is away for now is shown by where it would be."""
        self.put_out()
        _bring_into_view(control)
        while not control.isVisible() and (parent := control.parentWidget()) is not None:
            control = parent
        if control is self._window:
            return
        self._control = control
        control.installEventFilter(self)
        control.destroyed.connect(self._on_destroyed)
        self.setGeometry(self._window.rect())
        self.show()
        self.raise_()
        self._timer.start()

    def put_out(self) -> None:
        """Light nothing any more."""
        if self._control is not None:
            self._control.removeEventFilter(self)
            self._control.destroyed.disconnect(self._on_destroyed)
        self._on_destroyed()

    def _on_destroyed(self) -> None:
        self._timer.stop()
        self._control = None
        self.hide()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """The frame goes where its control goes, and with it."""
        if watched is self._control:
            if event.type() == QEvent.Type.Hide:
                self.put_out()
            elif event.type() in (QEvent.Type.Move, QEvent.Type.Resize):
                self.update()
        return False

    def paintEvent(self, event: QPaintEvent) -> None:
        if self._control is None:
            return
        corner = self._control.mapTo(self._window, QPoint(0, 0))
        seen = self._control.visibleRegion().boundingRect().translated(corner)
        frame = QRectF(seen if not seen.isEmpty() else QRect(corner, self._control.size()))
        frame = frame.adjusted(-HALF, -HALF, HALF, HALF) & QRectF(self.rect()).adjusted(2, 2, -2, -2)
        accent = Colours.of(self.palette()).accent
        ground = QColor(accent)
        ground.setAlpha(28)
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setBrush(ground)
        painter.setPen(QPen(accent, 3))
        painter.drawRoundedRect(frame, RADIUS, RADIUS)


def _bring_into_view(control: QWidget) -> None:
    """Open the dock and scroll the areas that a control is in."""
    parent = control.parentWidget()
    while parent is not None:
        if isinstance(parent, QDockWidget):
            parent.show()
            parent.raise_()
        elif isinstance(parent, QScrollArea):
            parent.ensureWidgetVisible(control)
        parent = parent.parentWidget()
