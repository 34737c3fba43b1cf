"""The whole network as a thin strip, with the part in view marked; a click or a drag goes there.

Used by `graph.py`. Knows nothing of the store.
"""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QImage, QMouseEvent, QPainter, QPaintEvent, QPen, QResizeEvent, QWheelEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from explorer.present.layout_parts import Box
from explorer.ui.views.graph_ink import blend
from explorer.ui.views.graph_paint import GraphPainter

WIDTH_PX = 48
INSET_PX = 6
LEAST_RANGE_PX = 6.0
LARGEST_SCALE = 0.25
"""Short networks are not stretched over the whole height: bars should stay bars."""


class GraphMinimap(QWidget):
    """A map of the layout.

    Args:
        parent: As Qt has it.
    """

    wanted = Signal(object)
    """The height of the layout that should come to the middle."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("graph.minimap")
        self.setAccessibleName(self.tr("Map of the whole network"))
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Expanding)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self._painter: GraphPainter | None = None
        self._range = (0.0, 0.0)
        self._image: QImage | None = None

    def sizeHint(self) -> QSize:
        return QSize(WIDTH_PX, 120)

    def show_painter(self, painter: GraphPainter | None) -> None:
        """Map what this painter draws."""
        self._painter = painter
        self.refresh()

    def refresh(self) -> None:
        """Draw the map again: its colours or marks have changed."""
        self._image = None
        self.update()

    def show_range(self, visible: tuple[float, float]) -> None:
        """Mark the heights that are in view."""
        self._range = visible
        self.update()

    def scale(self) -> float:
        """Pixels of the map for one of the layout, downwards."""
        if self._painter is None:
            return 1.0
        return min(LARGEST_SCALE, (self.height() - 2 * INSET_PX) / self._painter.layout.height)

    def _draw_map(self, painter: GraphPainter) -> QImage:
        ratio = self.devicePixelRatioF()
        image = QImage(self.size() * ratio, QImage.Format.Format_RGB32)
        image.setDevicePixelRatio(ratio)
        ink = painter.ink
        image.fill(ink.paper)
        draw = QPainter(image)
        across = (self.width() - 2 * INSET_PX) / painter.layout.width
        draw.translate(INSET_PX, INSET_PX)
        draw.scale(across, self.scale())
        for band in painter.layout.bands:
            draw.fillRect(QRectF(0, band.y, painter.layout.width, band.h), blend(ink.band, ink.text, 0.05))
        by_colour: dict[int, list[QRectF]] = {}
        for box in painter.layout.boxes:
            by_colour.setdefault(painter.bar_colour(box).rgba(), []).append(_bar(box))
        draw.setPen(Qt.PenStyle.NoPen)
        for rgba, bars in by_colour.items():
            draw.setBrush(QColor.fromRgba(rgba))
            draw.drawRects(bars)
        draw.end()
        return image

    def paintEvent(self, event: QPaintEvent) -> None:
        if self._painter is None:
            return
        if self._image is None:
            self._image = self._draw_map(self._painter)
        painter = QPainter(self)
        painter.drawImage(0, 0, self._image)
        self._mark(painter, self._painter)
        painter.end()

    def _mark(self, painter: QPainter, source: GraphPainter) -> None:
        """What was found, what is selected, and the range in view."""
        scale, ink = self.scale(), source.ink
        layout = source.layout
        for name in source.marks.found:
            index = layout.place.get(name)
            if index is not None:
                y = INSET_PX + layout.boxes[index].middle * scale
                painter.fillRect(QRectF(0, y - 1, INSET_PX - 2, 2), ink.match)
        selected = layout.place.get(source.marks.selected or "")
        if selected is not None:
            y = INSET_PX + layout.boxes[selected].middle * scale
            painter.fillRect(QRectF(0, y - 1.5, self.width(), 3), ink.accent)
        top, bottom = self._range
        y = INSET_PX + max(0.0, top) * scale
        height = max(LEAST_RANGE_PX, (min(bottom, layout.height) - max(0.0, top)) * scale)
        glass = QColor(ink.accent)
        glass.setAlpha(36)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(ink.accent, 1))
        painter.setBrush(glass)
        painter.drawRoundedRect(QRectF(2.5, y - 0.5, self.width() - 5, height), 3, 3)

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._image = None
        super().resizeEvent(event)

    def _go(self, event: QMouseEvent) -> None:
        self.wanted.emit((event.position().y() - INSET_PX) / self.scale())

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self._go(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if event.buttons() & Qt.MouseButton.LeftButton:
            self._go(event)

    def wheelEvent(self, event: QWheelEvent) -> None:
        middle = sum(self._range) / 2
        self.wanted.emit(middle - event.angleDelta().y() / 120 * (self._range[1] - self._range[0]) / 4)
        event.accept()


def _bar(box: Box) -> QRectF:
    return QRectF(box.x, box.y, box.w, box.h)
