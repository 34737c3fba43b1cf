"""A network in a strip: blocks as bars from input to logits, shortcuts as arcs, the current stop lit.

Lies below the slider on the same scale of relative depth. Used by the comparison's columns. Knows nothing of
the state or the engine.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from PySide6.QtCore import QEvent, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QHelpEvent, QMouseEvent, QPainter, QPainterPath, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from explorer.arch.align import Stop, place_at
from explorer.arch.graph import Graph
from explorer.ui.theme import Colours
from explorer.ui.views.graph_ink import Ink, blend

HEIGHT_PX = 46
_ARCS_PX = 14
_BARS_TOP_PX = 17
_LEAST_BAR_PX = 10
_GAP_FROM_PX = 4.0
"""Blocks narrower than this touch; narrower than half of it, they are one bar and their arcs one band."""


@dataclass(frozen=True, slots=True)
class StripBlock:
    """A stop of the way as a bar.

    Attributes:
        key: The node that is shown there.
        start: Where its part of the way begins, 0 to 1.
        stop: Where that ends.
        stage: As in `Stop`.
        shortcut: `none`, `identity`, `A`, `projection`; empty for what is no block.
    """

    key: str
    start: float
    stop: float
    stage: int | None
    shortcut: str


def strip_of(graph: Graph, way: Sequence[Stop]) -> tuple[StripBlock, ...]:
    """A network's way as bars; the input, which has no length, gets none."""
    shortcuts = {(block.stage, block.index): block.shortcut for block in graph.blocks}
    return tuple(
        StripBlock(
            stop.key,
            before.share,
            stop.share,
            stop.stage,
            shortcuts.get((stop.stage, stop.block), "") if stop.stage and stop.block is not None else "",
        )
        for before, stop in pairwise(way)
    )


class MiniGraph(QWidget):
    """The strip; a press goes to that depth.

    Args:
        name: Its object name.
        parent: As Qt has it.
    """

    share_chosen = Signal(object)
    """The user pressed there: a share of the way, 0 to 1."""

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName(name)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self._way: tuple[Stop, ...] = ()
        self._blocks: tuple[StripBlock, ...] = ()
        self._n_stages = 1
        self._current = 0

    @property
    def blocks(self) -> tuple[StripBlock, ...]:
        """The bars."""
        return self._blocks

    @property
    def current(self) -> Stop | None:
        """The stop that is lit."""
        return self._way[self._current] if self._way else None

    def show_graph(self, graph: Graph, way: tuple[Stop, ...]) -> None:
        """Draw a network."""
        if way is self._way:
            return
        self._way = way
        self._blocks = strip_of(graph, way)
        self._n_stages = graph.n_stages
        self._current = min(self._current, len(way) - 1)
        n = len(graph.blocks)
        with_arcs = sum(block.shortcut not in ("", "none") for block in self._blocks)
        self.setAccessibleName(
            self.tr("{n} blocks in {stages} stages, {arcs} with a shortcut").format(
                n=n, stages=self._n_stages, arcs=with_arcs
            )
        )
        self.update()

    def show_stop(self, place: int) -> None:
        """Light a stop, by its place on the way."""
        if place != self._current:
            self._current = place
            self.update()

    def sizeHint(self) -> QSize:
        return QSize(180, HEIGHT_PX)

    def minimumSizeHint(self) -> QSize:
        return QSize(80, HEIGHT_PX)

    def _x(self, share: float) -> float:
        return 1 + share * (self.width() - 2)

    def _bar(self, block: StripBlock) -> QRectF:
        """Earlier stages have larger maps: their bars are higher."""
        room = HEIGHT_PX - _BARS_TOP_PX - 1
        height = float(_LEAST_BAR_PX)
        if block.stage is not None:
            left = 1 - (block.stage - 1) / max(self._n_stages, 2)
            height = _LEAST_BAR_PX + (room - _LEAST_BAR_PX) * left
        left_px, right_px = self._x(block.start), self._x(block.stop)
        gap = 1.0 if right_px - left_px >= _GAP_FROM_PX else 0.0
        return QRectF(left_px, HEIGHT_PX - 1 - height, right_px - left_px - gap, height)

    def paintEvent(self, event: QPaintEvent) -> None:
        if not self._blocks:
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        colours, ink = Colours.of(self.palette()), Ink.of(self.palette())
        ground = colours.card
        painter.setPen(Qt.PenStyle.NoPen)
        for block in self._blocks:
            strength = 0.2 if block.stage is None else 0.26 + 0.12 * (block.stage % 2)
            painter.fillRect(self._bar(block), blend(ground, colours.text, strength))
        self._paint_arcs(painter, ink)
        self._paint_current(painter, colours)

    def _paint_arcs(self, painter: QPainter, ink: Ink) -> None:
        path, projections = QPainterPath(), QPainterPath()
        for block in self._blocks:
            if block.shortcut in ("", "none"):
                continue
            left, right = self._x(block.start), self._x(block.stop)
            chosen = path if block.shortcut == "identity" else projections
            if right - left < _GAP_FROM_PX / 2:
                chosen.moveTo(left, _BARS_TOP_PX - 4)
                chosen.lineTo(right, _BARS_TOP_PX - 4)
                continue
            foot = _BARS_TOP_PX - 2.0
            height = min(float(_ARCS_PX), 4 + (right - left) / 2)
            chosen.moveTo(left + 0.5, foot)
            chosen.cubicTo(left + 0.5, foot - height, right - 0.5, foot - height, right - 0.5, foot)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        for strokes, colour in ((path, ink.skip), (projections, ink.projection)):
            painter.setPen(QPen(colour, 1.2))
            painter.drawPath(strokes)

    def _paint_current(self, painter: QPainter, colours: Colours) -> None:
        accent = QColor(colours.accent)
        if self._current == 0:
            painter.setPen(QPen(accent, 2))
            painter.drawLine(1, _BARS_TOP_PX, 1, HEIGHT_PX - 1)
            return
        bar = self._bar(self._blocks[self._current - 1])
        if bar.width() < 3:
            bar.setLeft(bar.center().x() - 1.5)
            bar.setWidth(3)
        painter.fillRect(bar, accent)

    def _place_at(self, x: float) -> int:
        return place_at(self._way, (x - 1) / max(1, self.width() - 2)) if self._way else 0

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton and self._way:
            self.share_chosen.emit(self._way[self._place_at(event.position().x())].share)
        else:
            super().mousePressEvent(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if event.buttons() & Qt.MouseButton.LeftButton and self._way:
            self.share_chosen.emit(self._way[self._place_at(event.position().x())].share)

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent) and self._way:
            QToolTip.showText(event.globalPos(), self._way[self._place_at(event.x())].key, self)
            return True
        return super().event(event)
