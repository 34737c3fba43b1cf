"""Small buttons that draw their sign themselves, so that it follows light and dark and costs no icon file.

The grounds of flat buttons and of what opens a list are drawn here as well.
Used by the architecture panel and the comparison. Knows nothing of the store.
"""

from __future__ import annotations

from typing import Literal

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QAbstractButton, QWidget

from explorer.ui.theme import RADIUS, Colours

Glyph = Literal["undo", "redo", "plus", "minus", "gallery", "close", "swap"]

CHEVRON_ROOM_PX = 26
"""What the chevron of an input takes at its right."""


def glyph_path(glyph: Glyph) -> QPainterPath:
    """The strokes of a sign, in a square from -1 to 1."""
    path = QPainterPath()
    if glyph in ("undo", "redo"):
        side = -1.0 if glyph == "undo" else 1.0
        path.moveTo(side * 0.35, -1.0)
        path.lineTo(side * 0.9, -0.45)
        path.lineTo(side * 0.35, 0.1)
        path.moveTo(side * 0.9, -0.45)
        path.lineTo(-side * 0.3, -0.45)
        path.cubicTo(QPointF(-side * 1.15, -0.45), QPointF(-side * 1.15, 0.8), QPointF(-side * 0.3, 0.8))
        path.lineTo(side * 0.25, 0.8)
        return path
    if glyph == "gallery":
        for x, y in ((-0.95, -0.95), (0.2, -0.95), (-0.95, 0.2), (0.2, 0.2)):
            path.addRoundedRect(QRectF(x, y, 0.75, 0.75), 0.15, 0.15)
        return path
    if glyph == "close":
        for start, stop in ((-0.6, 0.6), (0.6, -0.6)):
            path.moveTo(start, -0.6)
            path.lineTo(stop, 0.6)
        return path
    if glyph == "swap":
        for side, y in ((1.0, -0.45), (-1.0, 0.45)):
            path.moveTo(-side * 0.85, y)
            path.lineTo(side * 0.85, y)
            path.moveTo(side * 0.4, y - 0.4)
            path.lineTo(side * 0.85, y)
            path.lineTo(side * 0.4, y + 0.4)
        return path
    path.moveTo(-0.65, 0)
    path.lineTo(0.65, 0)
    if glyph == "plus":
        path.moveTo(0, -0.65)
        path.lineTo(0, 0.65)
    return path


class GlyphButton(QAbstractButton):
    """A flat square button with a drawn sign.

    Args:
        glyph: The sign.
        name: Its object name.
        label: What it does: tooltip and accessible name.
        side_px: Its width and height.
        parent: As Qt has it.
    """

    def __init__(
        self, glyph: Glyph, name: str, label: str, side_px: int = 26, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._path = glyph_path(glyph)
        self.setObjectName(name)
        self.setAccessibleName(label)
        self.setToolTip(label)
        self.setFixedSize(QSize(side_px, side_px))
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        colours = Colours.of(self.palette())
        paint_ground(painter, self, colours)
        painter.translate(self.width() / 2, self.height() / 2)
        size = self.width() / 4.6
        painter.scale(size, size)
        ink = QColor(colours.text)
        ink.setAlphaF(1.0 if self.isEnabled() else 0.3)
        pen = QPen(ink, 1.5 / size, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap, Qt.PenJoinStyle.RoundJoin)
        painter.strokePath(self._path, pen)


def paint_ground(painter: QPainter, button: QAbstractButton, colours: Colours) -> None:
    """What lies behind a flat button: nothing, a hover, a press, a ring for the focus."""
    frame = QRectF(button.rect()).adjusted(0.5, 0.5, -0.5, -0.5)
    if button.isEnabled() and (button.underMouse() or button.isDown()):
        ground = QColor(colours.text)
        ground.setAlphaF(0.16 if button.isDown() else 0.08)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(ground)
        painter.drawRoundedRect(frame, RADIUS, RADIUS)
    if button.hasFocus():
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(colours.accent)
        painter.drawRoundedRect(frame, RADIUS, RADIUS)


def paint_frame(painter: QPainter, widget: QWidget) -> None:
    """The rounded frame of an input."""
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    colours = Colours.of(widget.palette())
    frame = QColor(colours.text)
    frame.setAlphaF(0.4 if widget.underMouse() else 0.2)
    painter.setPen(colours.accent if widget.hasFocus() else frame)
    painter.setBrush(colours.card)
    painter.drawRoundedRect(QRectF(widget.rect()).adjusted(0.5, 0.5, -0.5, -0.5), RADIUS - 2, RADIUS - 2)


def paint_input(painter: QPainter, widget: QWidget) -> None:
    """The frame of something that opens a list, with its chevron."""
    paint_frame(painter, widget)
    x, y = widget.width() - CHEVRON_ROOM_PX / 2 - 1, widget.height() / 2
    ink = Colours.of(widget.palette()).muted
    painter.setPen(QPen(ink, 1.5, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap))
    painter.drawPolyline(QPolygonF([QPointF(x - 4, y - 2), QPointF(x, y + 2), QPointF(x + 4, y - 2)]))
