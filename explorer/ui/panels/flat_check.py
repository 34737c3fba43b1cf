"""A check box drawn like the panel's other inputs: Fusion's own is hardly seen on a dark ground.

Used by the controls of the architecture panel. Knows nothing of the store.
"""

from __future__ import annotations

from PySide6.QtCore import QPoint, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QCheckBox, QWidget

from explorer.ui.theme import SPACE, Colours, font

_BOX_PX = 16
_TICK = ((-3.6, 0.2), (-1.1, 2.8), (3.8, -2.8))
"""The tick's corners from the middle of the box, in pixels."""


class FlatCheck(QCheckBox):
    """A box with a tick, and its text beside it.

    Args:
        text: Beside the box; may be empty.
        parent: As Qt has it.
    """

    def __init__(self, text: str = "", parent: QWidget | None = None) -> None:
        super().__init__(text, parent)
        self.setFont(font("body"))
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)

    def sizeHint(self) -> QSize:
        metrics = self.fontMetrics()
        beside = SPACE + metrics.horizontalAdvance(self.text()) + 2 if self.text() else 0
        return QSize(_BOX_PX + beside, max(_BOX_PX, metrics.height()) + 4)

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    def hitButton(self, place: QPoint) -> bool:
        """Box and text can be pressed."""
        return self.rect().contains(place)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if not self.isEnabled():
            painter.setOpacity(0.45)
        colours = Colours.of(self.palette())
        top = (self.height() - _BOX_PX) / 2
        box = QRectF(0, top, _BOX_PX, _BOX_PX).adjusted(0.5, 0.5, -0.5, -0.5)
        is_lit = self.hasFocus() or self.underMouse()
        painter.setPen(QPen(colours.accent if is_lit else colours.muted, 1.2))
        painter.setBrush(colours.chosen if self.isChecked() else colours.card)
        painter.drawRoundedRect(box, 3.5, 3.5)
        if self.isChecked():
            stroke = QPen(colours.on_accent, 1.8)
            stroke.setCapStyle(Qt.PenCapStyle.RoundCap)
            stroke.setJoinStyle(Qt.PenJoinStyle.RoundJoin)
            painter.setPen(stroke)
            painter.drawPolyline(QPolygonF([box.center() + QPointF(*corner) for corner in _TICK]))
        if self.text():
            painter.setPen(colours.text)
            beside = self.rect().adjusted(_BOX_PX + SPACE, 0, 0, 0)
            painter.drawText(beside, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, self.text())
