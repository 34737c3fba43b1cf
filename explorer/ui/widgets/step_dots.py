"""Dots for the steps of something: where one stands, and a click away from each.

Used by the lesson view. Knows nothing of the store.
"""

from __future__ import annotations

from PySide6.QtCore import QPointF, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from explorer.ui.theme import SPACE, Colours

_PITCH_PX = 16
_RADIUS_PX = 4.0
_MOST_DOTS = 12
"""More are written as numbers."""


class StepDots(QWidget):
    """A dot a step; the present one is filled.

    Args:
        parent: As Qt has it.
    """

    chosen = Signal(int)
    """The place of a step, counted from 0."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._count = 0
        self._place = 0
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.setCursor(Qt.CursorShape.PointingHandCursor)

    def show_steps(self, count: int, place: int) -> None:
        """Say how many there are and which is the present one."""
        self._count, self._place = count, place
        text = f"Step {place + 1} of {count}"
        self.setAccessibleName(text)
        self.setToolTip(text)
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        if self._count > _MOST_DOTS:
            return QSize(self.fontMetrics().horizontalAdvance("100 / 100") + SPACE, 2 * SPACE + 4)
        return QSize(max(self._count, 1) * _PITCH_PX + 4, 2 * SPACE + 4)

    def place_at(self, x_px: float) -> int:
        """The step whose dot is nearest."""
        return min(max(int((x_px - 2) // _PITCH_PX), 0), self._count - 1)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if self._count and self._count <= _MOST_DOTS:
            self.chosen.emit(self.place_at(event.position().x()))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        step = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}.get(Qt.Key(event.key()), 0)
        place = self._place + step
        if step and 0 <= place < self._count:
            self.chosen.emit(place)
        elif not step:
            super().keyPressEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        colours = Colours.of(self.palette())
        if self._count > _MOST_DOTS:
            painter.setPen(colours.muted)
            text = f"{self._place + 1} / {self._count}"
            painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter, text)
            return
        for place in range(self._count):
            middle = QPointF(2 + (place + 0.5) * _PITCH_PX, self.height() / 2)
            is_present = place == self._place
            painter.setPen(colours.accent if is_present else colours.muted)
            painter.setBrush(colours.accent if is_present else Qt.BrushStyle.NoBrush)
            painter.drawEllipse(middle, _RADIUS_PX, _RADIUS_PX)
            if is_present and self.hasFocus():
                painter.setBrush(Qt.BrushStyle.NoBrush)
                painter.drawEllipse(middle, _RADIUS_PX + 3, _RADIUS_PX + 3)
