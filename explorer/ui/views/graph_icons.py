"""The small line icons of the graph view's tool row, drawn in the palette's colour.

Used by `graph_tools.py`. Knows nothing of the store.
"""

from __future__ import annotations

from typing import Literal

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QIcon, QPainter, QPen, QPixmap

Name = Literal["previous", "next", "minus", "plus", "fit", "unfold", "fold"]
Stroke = tuple[tuple[float, float], ...]

SIDE_PX = 16
SHARPNESS = 3
"""Pixels drawn for one of the screen's, so that icons stay sharp on dense screens."""

STROKES: dict[Name, tuple[Stroke, ...]] = {
    "previous": (((4, 10), (8, 6), (12, 10)),),
    "next": (((4, 6), (8, 10), (12, 6)),),
    "minus": (((4, 8), (12, 8)),),
    "plus": (((4, 8), (12, 8)), ((8, 4), (8, 12))),
    "fit": (
        ((2, 6), (2, 2), (6, 2)),
        ((10, 2), (14, 2), (14, 6)),
        ((14, 10), (14, 14), (10, 14)),
        ((6, 14), (2, 14), (2, 10)),
    ),
    "unfold": (((4, 5), (8, 1.5), (12, 5)), ((3, 8), (13, 8)), ((4, 11), (8, 14.5), (12, 11))),
    "fold": (((4, 1.5), (8, 5), (12, 1.5)), ((3, 8), (13, 8)), ((4, 14.5), (8, 11), (12, 14.5))),
}


def icon(name: Name, colour: QColor) -> QIcon:
    """One icon of 16 pixels in one colour."""
    pixmap = QPixmap(SIDE_PX * SHARPNESS, SIDE_PX * SHARPNESS)
    pixmap.setDevicePixelRatio(SHARPNESS)
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    round_cap, round_join = Qt.PenCapStyle.RoundCap, Qt.PenJoinStyle.RoundJoin
    painter.setPen(QPen(colour, 1.5, Qt.PenStyle.SolidLine, round_cap, round_join))
    for stroke in STROKES[name]:
        painter.drawPolyline([QPointF(x, y) for x, y in stroke])
    painter.end()
    return QIcon(pixmap)


def swatch(colour: QColor) -> QPixmap:
    """A small rounded square of one colour."""
    pixmap = QPixmap(SIDE_PX * SHARPNESS, SIDE_PX * SHARPNESS)
    pixmap.setDevicePixelRatio(SHARPNESS)
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(colour)
    painter.drawRoundedRect(QRectF(2, 2, 12, 12), 3, 3)
    painter.end()
    return pixmap
