"""A small histogram, painted in the colours of the picture it counts.

Used by the channel panel. Knows nothing of the state or the engine.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPalette, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from explorer.present import colour
from explorer.present.channels import value_text


class Histogram(QWidget):
    """Counts as bars, on a logarithmic axis: one bar of zeros would press all others flat."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._counts: NDArray[np.int64] = np.zeros(0, np.int64)
        self._edges: NDArray[np.float64] = np.zeros(1)
        self._tones: NDArray[np.uint8] = np.zeros((0, 3), np.uint8)
        self._marker: float | None = None
        self.setObjectName("features.histogram")
        self.setAccessibleName(self.tr("Histogram of values"))
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self.setMinimumSize(QSize(120, 64))
        self.setToolTip(self.tr("How many activations have which value; heights are logarithmic"))

    def set_counts(
        self,
        counts: NDArray[np.int64],
        edges: NDArray[np.float64],
        *,
        palette: colour.PaletteName,
        low: float,
        high: float,
        marker: float | None,
    ) -> None:
        """Show counts.

        Args:
            counts: Of each bin (bins,).
            edges: Of the bins (bins + 1,).
            palette: Whose colours the bars take.
            low: The value of the palette's low end.
            high: The value of its high end.
            marker: A value to mark with a line, such as the mean.
        """
        self._counts, self._edges, self._marker = counts, edges, marker
        middles = (edges[:-1] + edges[1:]) / 2
        shares = (middles - low) / (high - low) if high > low else np.zeros_like(middles)
        self._tones = colour.apply(shares, palette)
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(220, 96)

    def paintEvent(self, event: QPaintEvent) -> None:
        if not self._counts.any():
            return
        painter = QPainter(self)
        text_px = self.fontMetrics().height()
        plot = QRectF(1, 4, self.width() - 2, self.height() - text_px - 10)
        heights = np.log1p(self._counts) / np.log1p(self._counts.max())
        step_px = plot.width() / len(heights)
        # A hairline keeps the palette's dark end visible on a dark window.
        edge = QColor(self.palette().color(QPalette.ColorRole.WindowText))
        edge.setAlphaF(0.35)
        painter.setPen(QPen(edge, 1))
        for i, (height, tone) in enumerate(zip(heights, self._tones, strict=True)):
            if height > 0:
                bar_px = max(2.0, float(height) * plot.height())
                left, right = round(plot.left() + i * step_px), round(plot.left() + (i + 1) * step_px)
                painter.setBrush(QColor(*(int(part) for part in tone)))
                painter.drawRect(QRectF(left + 0.5, plot.bottom() - bar_px, max(1, right - left - 2), bar_px))
        self._paint_axis(painter, plot)
        painter.end()

    def _x(self, value: float, plot: QRectF) -> float:
        low, high = float(self._edges[0]), float(self._edges[-1])
        return plot.left() + plot.width() * (value - low) / (high - low)

    def _paint_axis(self, painter: QPainter, plot: QRectF) -> None:
        ink = self.palette().color(QPalette.ColorRole.WindowText)
        faint = QColor(ink)
        faint.setAlphaF(0.35)
        painter.setPen(QPen(faint, 1))
        painter.drawLine(plot.bottomLeft(), plot.bottomRight())
        low, high = float(self._edges[0]), float(self._edges[-1])
        if self._marker is not None and low <= self._marker <= high:
            x = round(self._x(self._marker, plot)) + 0.5
            painter.setPen(QPen(self.palette().color(QPalette.ColorRole.Highlight), 2))
            painter.drawLine(QPointF(x, plot.top()), QPointF(x, plot.bottom()))
        quiet = QColor(ink)
        quiet.setAlphaF(0.75)
        painter.setPen(quiet)
        below = QRectF(plot.left(), plot.bottom() + 3, plot.width(), self.fontMetrics().height())
        painter.drawText(below, Qt.AlignmentFlag.AlignLeft, value_text(low))
        painter.drawText(below, Qt.AlignmentFlag.AlignRight, value_text(high))
