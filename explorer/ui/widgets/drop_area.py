"""The whole window as a place to drop things on, and the veil that says what a drop would do.

Called by the main window. What was dropped is read by `drop_reading`. Knows nothing of the store.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable

from PySide6.QtCore import (
    QEvent,
    QMimeData,
    QObject,
    QPoint,
    QPointF,
    QRect,
    QRectF,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import QColor, QDropEvent, QPainter, QPaintEvent, QPen, QRegion
from PySide6.QtWidgets import QWidget

from explorer.ui.theme import Colours, font
from explorer.ui.widgets.drop_reading import Dropped, describe, is_readable, read_drop

__all__ = ["OWN_DROPS", "DropOverlay", "Dropped", "draw_picture_icon", "install_drop_target", "read_drop"]

OWN_DROPS = "own_drops"
"""The property of widgets that take drops for themselves; the veil leaves them free."""

_DRAG_EVENTS = frozenset(
    {QEvent.Type.DragEnter, QEvent.Type.DragMove, QEvent.Type.DragLeave, QEvent.Type.Drop}
)
# No drag is under way where one of these arrives: a source that died never said that it left.
_NO_DRAG_EVENTS = frozenset({QEvent.Type.MouseMove, QEvent.Type.MouseButtonPress, QEvent.Type.KeyPress})


class DropOverlay(QWidget):
    """A veil over the whole window that says what a drop would do.

    Invisible to the mouse, so that it never becomes the target of the drag it announces.

    Args:
        window: The widget to cover.
    """

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        self._window = window
        self.setObjectName("window.drop_overlay")
        self.setAccessibleName("Drop announcement")
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setAttribute(Qt.WidgetAttribute.WA_NoSystemBackground)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.is_readable = False
        self.detail = ""
        self.hide()

    @property
    def text(self) -> str:
        """The announcement in large letters."""
        return "Drop to classify" if self.is_readable else "This cannot be read here"

    def announce(self, mime: QMimeData) -> None:
        """Cover the window and say what dropping would do."""
        self.is_readable = is_readable(mime)
        self.detail = (
            describe(mime) if self.is_readable else "Drop photographs, folders, or pictures from a browser."
        )
        self.setAccessibleDescription(f"{self.text}: {self.detail}")
        self.setGeometry(self._window.rect())
        self.raise_()
        self.show()
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        colours = Colours.of(self.palette())
        veil = QColor(colours.window)
        veil.setAlpha(216)
        free = self._free_places()
        painter.setClipRegion(QRegion(self.rect()) - free)
        painter.fillRect(self.rect(), veil)
        accent = colours.accent if self.is_readable else colours.muted
        painter.setPen(QPen(accent, 2, Qt.PenStyle.DashLine))
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(14, 14, -14, -14), 12, 12)
        middle = self.rect().center()
        if free.intersects(QRect(middle - QPoint(200, 96), QSize(400, 160))):
            middle.setY(self.height() - 80)
        icon = QRectF(middle.x() - 34, middle.y() - 96, 68, 60)
        draw_picture_icon(painter, icon, accent, is_allowed=self.is_readable)
        painter.setFont(font("title", strong=True))
        painter.setPen(colours.text)
        across = QRect(24, middle.y() - 20, self.width() - 48, 44)
        painter.drawText(across, Qt.AlignmentFlag.AlignCenter, self.text)
        painter.setFont(self.font())
        painter.setPen(colours.muted)
        below = QRect(24, middle.y() + 26, self.width() - 48, 28)
        detail = painter.fontMetrics().elidedText(self.detail, Qt.TextElideMode.ElideMiddle, below.width())
        painter.drawText(below, Qt.AlignmentFlag.AlignCenter, detail)

    def _free_places(self) -> QRegion:
        """Where widgets are that take drops for themselves."""
        places = QRegion()
        for child in self._window.findChildren(QWidget):
            if child.property(OWN_DROPS) and child.acceptDrops() and not child.visibleRegion().isEmpty():
                shift = child.mapTo(self._window, QPoint(0, 0))
                places += child.visibleRegion().translated(shift)
        return places


def draw_picture_icon(painter: QPainter, area: QRectF, colour: QColor, *, is_allowed: bool = True) -> None:
    """Draw a photograph with a sun and two hills, crossed out where it is not allowed.

    Args:
        painter: With antialiasing on.
        area: Where; drawn in the proportion 8 to 7.
        colour: Of the strokes.
        is_allowed: Whether without the crossing line.
    """
    unit = min(area.width() / 8, area.height() / 7)
    painter.save()
    painter.translate(area.center().x() - 4 * unit, area.center().y() - 3.5 * unit)
    painter.scale(unit, unit)
    pen = QPen(colour, max(0.34, 1.6 / unit))
    pen.setCapStyle(Qt.PenCapStyle.RoundCap)
    pen.setJoinStyle(Qt.PenJoinStyle.RoundJoin)
    painter.setPen(pen)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.drawRoundedRect(QRectF(0.4, 0.8, 7.2, 5.6), 0.8, 0.8)
    painter.drawEllipse(QRectF(1.6, 1.9, 1.3, 1.3))
    hills = [(0.6, 5.6), (2.4, 4.0), (3.5, 4.9), (5.3, 2.9), (7.4, 5.0)]
    for (x0, y0), (x1, y1) in itertools.pairwise(hills):
        painter.drawLine(QPointF(x0, y0), QPointF(x1, y1))
    if not is_allowed:
        painter.drawLine(QPointF(0.6, 6.9), QPointF(7.4, 0.3))
    painter.restore()


class _DropTarget(QObject):
    """Watches a window and those of its children that take drops themselves, such as line edits."""

    _dropped = Signal(object)

    def __init__(self, window: QWidget, on_dropped: Callable[[Dropped], None]) -> None:
        super().__init__(window)
        self._window = window
        # Delivered when the drop is over: its source waits until then, and Qt crashes where the receiver
        # closes the window inside the event.
        self._dropped.connect(on_dropped, Qt.ConnectionType.QueuedConnection)
        self._overlay = DropOverlay(window)
        window.setAcceptDrops(True)
        window.installEventFilter(self)
        self._adopt_children()
        self._watch_native()

    def _watch_native(self) -> None:
        """Watch the native window: drags arrive there first, before any child can take them."""
        native = self._window.windowHandle()
        if native is not None:
            native.removeEventFilter(self)
            native.installEventFilter(self)

    def _adopt_children(self) -> None:
        for child in self._window.findChildren(QWidget):
            if child.acceptDrops() and not child.property(OWN_DROPS):
                child.removeEventFilter(self)
                child.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        kind = event.type()
        if not isinstance(watched, QWidget):
            if kind == QEvent.Type.DragEnter:
                self._adopt_children()
            elif kind in _NO_DRAG_EVENTS and self._overlay.isVisible():
                self._overlay.hide()
            return False
        if kind in _DRAG_EVENTS:
            return self._handle_drag(watched, event)
        if watched is self._window and kind == QEvent.Type.Show:
            self._watch_native()
        elif watched is self._window and kind == QEvent.Type.Resize and self._overlay.isVisible():
            self._overlay.setGeometry(self._window.rect())
        return False

    def _handle_drag(self, watched: QWidget, event: QEvent) -> bool:
        if not isinstance(event, QDropEvent):
            self._overlay.hide()
            return watched is self._window
        # What starts in this window (a tab, a thumbnail, a marked text) is not for us.
        if event.source() is not None:
            return False
        if event.type() == QEvent.Type.DragEnter:
            readable = is_readable(event.mimeData())
            if not readable and watched is not self._window:
                return False
            self._overlay.announce(event.mimeData())
            # Also accepted where unreadable: otherwise nobody would say when the drag leaves.
            event.setDropAction(Qt.DropAction.CopyAction)
            event.accept()
            return True
        if not self._overlay.is_readable:
            self._end_unreadable(event)
            return watched is self._window
        event.setDropAction(Qt.DropAction.CopyAction)
        event.accept()
        if event.type() == QEvent.Type.Drop:
            self._overlay.hide()
            dropped = read_drop(event.mimeData())
            if dropped:
                self._dropped.emit(dropped)
        return True

    def _end_unreadable(self, event: QDropEvent) -> None:
        event.setDropAction(Qt.DropAction.IgnoreAction)
        event.ignore()
        if event.type() == QEvent.Type.Drop:
            self._overlay.hide()


def install_drop_target(window: QWidget, on_dropped: Callable[[Dropped], None]) -> DropOverlay:
    """Let pictures, files and folders be dropped anywhere on a window, its children included.

    Args:
        window: The top-level widget.
        on_dropped: Called in the window's thread, just after the drop, with what was dropped; not called
            where nothing could be read.

    Returns:
        The overlay that announces the drop; both live as long as the window.
    """
    return _DropTarget(window, on_dropped)._overlay
