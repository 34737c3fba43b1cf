"""Draws the lines of the graph picture: the main path, skips with rounded corners, arrows, chevrons.

Used by `graph_paint.py`. Knows nothing of the store.
"""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QLineF, QPointF, Qt
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPen, QPolygonF

from explorer.present.layout_parts import Arc, Link
from explorer.ui.views.graph_ink import Ink
from explorer.ui.views.graph_text import Align, TextCache

BEND = 8.0
ARROW_LONG, ARROW_WIDE = 6.0, 3.5
LINK_WIDTH = 1.25
LIT_WIDTH = 2.5
DASHES = (4.0, 3.0)


def _towards(start: QPointF, end: QPointF, distance: float) -> QPointF:
    """The point at a distance from `start` on the way to `end`."""
    line = QLineF(start, end)
    return line.pointAt(min(1.0, distance / line.length())) if line.length() else start


def rounded_path(corners: Sequence[tuple[float, float]]) -> QPainterPath:
    """A line through corners, each rounded off."""
    points = [QPointF(x, y) for x, y in corners]
    path = QPainterPath(points[0])
    for before, corner, after in zip(points, points[1:], points[2:], strict=False):
        bend = min(BEND, QLineF(before, corner).length() / 2, QLineF(corner, after).length() / 2)
        path.lineTo(_towards(corner, before, bend))
        path.quadTo(corner, _towards(corner, after, bend))
    path.lineTo(points[-1])
    return path


def arrow_head(tip: QPointF, before: QPointF) -> QPolygonF:
    """A small triangle at the end of a line with right angles."""
    base = _towards(tip, before, ARROW_LONG)
    if abs(tip.x() - before.x()) < abs(tip.y() - before.y()):
        side = QPointF(ARROW_WIDE, 0)
    else:
        side = QPointF(0, ARROW_WIDE)
    return QPolygonF([tip, base + side, base - side])


class LinePainter:
    """Draws lines in one set of colours.

    Args:
        ink: The colours.
        texts: The cache of texts, for labels.
    """

    def __init__(self, ink: Ink, texts: TextCache) -> None:
        self.ink = ink
        self.texts = texts
        self._paths: dict[tuple[tuple[float, float], ...], QPainterPath] = {}

    def links(self, painter: QPainter, links: Sequence[Link]) -> None:
        """The main path, with an arrow into each box."""
        painter.setPen(QPen(self.ink.line, LINK_WIDTH))
        painter.drawLines([QLineF(link.x, link.y, link.x, link.bottom - ARROW_LONG / 2) for link in links])
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self.ink.line)
        for link in links:
            x, tip, base = link.x, link.bottom, link.bottom - ARROW_LONG
            head = [QPointF(x, tip), QPointF(x - ARROW_WIDE, base), QPointF(x + ARROW_WIDE, base)]
            painter.drawPolygon(head)

    def _pen(self, arc: Arc) -> QPen:
        """Identity thin and grey, a projection in its colour, option A dashed."""
        if arc.style == "projection":
            return QPen(self.ink.projection, 1.75)
        if arc.style == "identity":
            return QPen(self.ink.skip, 1)
        pen = QPen(self.ink.line, 1.25)
        pen.setDashPattern(DASHES)
        return pen

    def arcs(self, painter: QPainter, arcs: Sequence[Arc], lit: frozenset[str] = frozenset()) -> None:
        """The skips, with arrows and labels; those into `lit` boxes carry everything and stand out."""
        for arc in arcs:
            pen = QPen(self.ink.match, LIT_WIDTH) if arc.target in lit else self._pen(arc)
            path = self._paths.get(arc.points)
            if path is None:
                path = self._paths[arc.points] = rounded_path(arc.points)
            painter.setPen(pen)
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawPath(path)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(pen.color())
            (before_x, before_y), (tip_x, tip_y) = arc.points[-2:]
            painter.drawPolygon(arrow_head(QPointF(tip_x, tip_y), QPointF(before_x, before_y)))
            if arc.label:
                colour: QColor = pen.color() if arc.style == "projection" else self.ink.muted
                align: Align = "right" if arc.is_label_left else "left"
                self.texts.draw(painter, arc.label, "small", colour, arc.label_x, arc.label_y, align=align)

    def bare_arcs(self, painter: QPainter, arcs: Sequence[Arc]) -> None:
        """The upright parts of the skips alone, as they look from afar."""
        upright = [QLineF(arc.points[1][0], arc.y, arc.points[1][0], arc.bottom) for arc in arcs]
        pen = QPen(self.ink.skip, 1)
        pen.setCosmetic(True)
        painter.setPen(pen)
        painter.drawLines(upright)

    def chevron(self, painter: QPainter, x: float, y: float, *, is_open: bool) -> None:
        """The sign that something folds: to the right when folded, downwards when open."""
        pen = QPen(self.ink.muted, 1.5)
        pen.setCapStyle(Qt.PenCapStyle.RoundCap)
        pen.setJoinStyle(Qt.PenJoinStyle.RoundJoin)
        painter.setPen(pen)
        if is_open:
            points = [QPointF(x - 4, y - 2), QPointF(x, y + 2), QPointF(x + 4, y - 2)]
        else:
            points = [QPointF(x - 2, y - 4), QPointF(x + 2, y), QPointF(x - 2, y + 4)]
        painter.drawPolyline(points)
