"""By what a column of the comparison is taken: a grip to drag it, a button that takes it into the pair.

Used by `compare_column.py` and `compare_pair.py`. Knows nothing of the state or the engine.
"""

from __future__ import annotations

from PySide6.QtCore import QPoint, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractButton, QApplication, QWidget

from explorer.ui.theme import Colours, font

SIDE_PX = 20


class Grip(QWidget):
    """Six dots by which a column is taken.

    Args:
        parent: As Qt has it.
    """

    dragged = Signal(object)
    """The pointer went there, on the screen, with the column in hand."""
    dropped = Signal()
    """The column was let go."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFixedSize(QSize(12, SIDE_PX))
        self.setCursor(Qt.CursorShape.OpenHandCursor)
        self.setToolTip(self.tr("Drag to another place (Ctrl+Shift+← →)"))
        self._pressed: QPoint | None = None
        self._is_dragging = False

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(Colours.of(self.palette()).muted)
        for x in (3.0, 7.5):
            for y in (5.5, 10.0, 14.5):
                painter.drawEllipse(QPointF(x, y), 1.1, 1.1)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self._pressed = event.globalPosition().toPoint()
            self._is_dragging = False

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._pressed is None:
            return
        there = event.globalPosition().toPoint()
        moved = (there - self._pressed).manhattanLength()
        if not self._is_dragging and moved >= QApplication.startDragDistance():
            self._is_dragging = True
            self.setCursor(Qt.CursorShape.ClosedHandCursor)
        if self._is_dragging:
            self.dragged.emit(there)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self._pressed = None
        if self._is_dragging:
            self._is_dragging = False
            self.setCursor(Qt.CursorShape.OpenHandCursor)
            self.dropped.emit()


class PickButton(QAbstractButton):
    """Takes a network into the pair: a ring, or the letter that the network has in it.

    Args:
        name: Its object name.
        parent: As Qt has it.
    """

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName(name)
        self.setFixedSize(QSize(SIDE_PX, SIDE_PX))
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.setFont(font("small", strong=True))
        self.show_letter("")

    def show_letter(self, letter: str) -> None:
        """The network's letter in the pair; empty where it is not in it."""
        self.setText(letter)
        says = (
            self.tr("{letter} of the pair; press to let it go").format(letter=letter)
            if letter
            else self.tr("Compare with another network as a pair (A, B)")
        )
        self.setToolTip(says)
        self.setAccessibleName(says)
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        paint_letter(painter, QRectF(self.rect()).adjusted(2, 2, -2, -2), self.text(), self)
        if self.hasFocus():
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(Colours.of(self.palette()).accent)
            painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), 5, 5)


def paint_letter(painter: QPainter, place: QRectF, letter: str, widget: QWidget) -> None:
    """A letter of the pair on its colour; a ring, half of it filled, where there is none."""
    colours = Colours.of(widget.palette())
    if not letter:
        ring = QColor(colours.text if widget.underMouse() else colours.muted)
        painter.setPen(QPen(ring, 1.3))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        circle = place.adjusted(2, 2, -2, -2)
        painter.drawEllipse(circle)
        painter.setBrush(ring)
        painter.drawChord(circle, 90 * 16, 180 * 16)
        return
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(colours.accent if letter == "A" else colours.warning)
    painter.drawEllipse(place)
    painter.setPen(colours.card)
    painter.setFont(widget.font())
    painter.drawText(place, Qt.AlignmentFlag.AlignCenter, letter)
