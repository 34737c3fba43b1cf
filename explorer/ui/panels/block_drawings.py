"""Tiny drawings of the block types: their convolutions as bars, and the shortcut beside them.

Used by the architecture panel's block buttons. Knows nothing of the store.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QPainter, QPainterPath, QPen

from explorer.ui.panels.segments import Drawing

_LARGE, _SMALL = 0.16, 0.09
"""Heights of a 3×3 and of a 1×1 convolution, as shares of the drawing."""


def _draw_block(bars: Sequence[tuple[float, float]], painter: QPainter, place: QRectF) -> None:
    """Bars (width and height as shares of the place) on a line, and the shortcut that joins it below."""
    side, x = place.width(), place.left() + place.width() * 0.4
    ink = painter.pen().color()
    fork, join, top = place.top() + side * 0.06, place.top() + side * 0.84, place.top() + side * 0.17
    radius, right = side * 0.075, place.right() - 1
    painter.setPen(QPen(ink, 1.2))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.drawLine(QPointF(x, place.top() - side * 0.04), QPointF(x, join - radius))
    painter.drawLine(QPointF(x, join + radius), QPointF(x, place.bottom() + side * 0.02))
    painter.drawEllipse(QPointF(x, join), radius, radius)
    path = QPainterPath(QPointF(x, fork))
    path.lineTo(right - 5, fork)
    path.quadTo(right, fork, right, fork + 5)
    path.lineTo(right, join - 5)
    path.quadTo(right, join, right - 5, join)
    path.lineTo(x + radius, join)
    painter.drawPath(path)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(ink)
    room = side * 0.52 - sum(height for _, height in bars) * side
    # A single bar stands in the middle, several are spread.
    gap = room / max(1, len(bars) - 1)
    top += room / 2 if len(bars) == 1 else 0
    for width, height in bars:
        painter.drawRoundedRect(QRectF(x - width * side / 2, top, width * side, height * side), 1.5, 1.5)
        top += height * side + gap


DRAWINGS: dict[str, Drawing] = {
    "basic": partial(_draw_block, ((0.56, _LARGE), (0.56, _LARGE))),
    "bottleneck": partial(_draw_block, ((0.3, _SMALL), (0.3, _LARGE), (0.66, _SMALL))),
    "single": partial(_draw_block, ((0.56, _LARGE),)),
    "narrow": partial(_draw_block, ((0.56, _SMALL), (0.56, _LARGE))),
}
"""By block type (He 2015, figure 5; Zagoruyko and Komodakis 2016, section 2)."""
