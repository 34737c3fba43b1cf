"""Switches that bypass blocks: where they stand on the graph picture, and how bypassed parts are drawn.

Used by `graph_paint.py`, `graph_hits.py` and `graph_lesions.py`. Knows nothing of the store.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QPainter, QPen

from explorer.present.layout_parts import Box, Frame
from explorer.ui.views.graph_ink import Ink, blend

SWITCH_W, SWITCH_H = 24.0, 12.0
_FROM_RIGHT = 12.0
_BOX_MIDDLE, _STRIP_MIDDLE = 33.0, 13.0
FADED = 0.4
"""Opacity of what contributes nothing."""
CROSSED = 0.55
"""Opacity of the cross, so that words on it stay readable."""


@dataclass(frozen=True, slots=True)
class LesionMarks:
    """What of the picture shows lesions.

    Attributes:
        switchable: Blocks that have a switch.
        bypassed: Those of them that are bypassed.
        silenced: Ids of boxes whose output no longer counts.
        lit: Ids of boxes that a shortcut leads to which now carries everything.
        notes: What stands on a box or a frame, by id: `2 of 9 bypassed`, `in the place of layer1.2`.
    """

    switchable: frozenset[str] = frozenset()
    bypassed: frozenset[str] = frozenset()
    silenced: frozenset[str] = frozenset()
    lit: frozenset[str] = frozenset()
    notes: dict[str, str] = field(default_factory=dict)


def switch_place(part: Box | Frame) -> QRectF:
    """Where the switch of a block stands: in the second line of a folded one, in the strip of an open one."""
    middle = part.y + (_BOX_MIDDLE if isinstance(part, Box) else _STRIP_MIDDLE)
    right = part.x + part.w - _FROM_RIGHT
    return QRectF(right - SWITCH_W, middle - SWITCH_H / 2, SWITCH_W, SWITCH_H)


def paint_switch(painter: QPainter, part: Box | Frame, ink: Ink, *, is_bypassed: bool) -> None:
    """A slide: at the right and coloured while the branch works, at the left and hollow while bypassed."""
    place = switch_place(part)
    radius = SWITCH_H / 2
    if is_bypassed:
        painter.setPen(QPen(ink.match, 1.25))
        painter.setBrush(Qt.BrushStyle.NoBrush)
    else:
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(blend(ink.box, ink.text, 0.35))
    painter.drawRoundedRect(place, radius, radius)
    middle = QPointF(place.left() + radius if is_bypassed else place.right() - radius, place.center().y())
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(ink.match if is_bypassed else ink.box)
    painter.drawEllipse(middle, radius - 2.5, radius - 2.5)


def paint_cross(painter: QPainter, box: Box, ink: Ink) -> None:
    """Cross out a box that contributes nothing."""
    painter.setOpacity(CROSSED)
    painter.setPen(QPen(ink.match, 1.25))
    inner = QRectF(box.x + 2, box.y + 2, box.w - 4, box.h - 4)
    painter.drawLine(inner.topLeft(), inner.bottomRight())
    painter.drawLine(inner.bottomLeft(), inner.topRight())
    painter.setOpacity(1.0)
