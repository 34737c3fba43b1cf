"""The key to a picture's colours: a palette's gradient between two values; and palette swatches.

Used by the feature view. Knows nothing of the state or the engine.
"""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QIcon, QImage, QPainter, QPainterPath, QPaintEvent, QPalette, QPen, QPixmap
from PySide6.QtWidgets import QSizePolicy, QWidget

from explorer.present import colour
from explorer.ui.widgets.picture import to_qimage

_LEAST_BAR_PX = 40
_BAR_HEIGHT_PX = 10
_BAR_WIDTH_PX = 120
_SPACE_PX = 6


def gradient(palette: colour.PaletteName) -> QImage:
    """A palette as an image of 256 × 1 pixels."""
    return to_qimage(np.array(colour.table(palette)[None]))


def swatch(palette: colour.PaletteName, size: QSize, ratio: float) -> QIcon:
    """A palette as a small icon with round corners.

    Args:
        palette: Whose colours.
        size: In device-independent pixels.
        ratio: Screen pixels to one of these.
    """
    pixmap = QPixmap(size * ratio)
    pixmap.setDevicePixelRatio(ratio)
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    _paint_gradient(painter, QRectF(0.5, 0.5, size.width() - 1, size.height() - 1), gradient(palette))
    painter.end()
    return QIcon(pixmap)


def _paint_gradient(painter: QPainter, rect: QRectF, image: QImage) -> None:
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
    path = QPainterPath()
    path.addRoundedRect(rect, 3, 3)
    painter.save()
    painter.setClipPath(path)
    painter.drawImage(rect, image)
    painter.restore()


class ColourBar(QWidget):
    """A gradient with a number at each end."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._image: QImage | None = None
        self._low = self._high = ""
        self._with_zero = False
        self.setObjectName("features.colour_bar")
        self.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)

    def set_colours(
        self, palette: colour.PaletteName, low: str, high: str, *, with_zero: bool = False
    ) -> None:
        """Show a palette between two ends.

        Args:
            palette: Whose colours.
            low: The low end's value, in words.
            high: The high end's value, in words.
            with_zero: Whether the middle is zero and marked so.
        """
        self._image = gradient(palette)
        self._low, self._high, self._with_zero = low, high, with_zero
        self.setAccessibleName(self.tr("Colours from {low} to {high}").format(low=low, high=high))
        self.updateGeometry()
        self.update()

    def _widths_px(self) -> tuple[int, int]:
        metrics = self.fontMetrics()
        return metrics.horizontalAdvance(self._low), metrics.horizontalAdvance(self._high)

    def sizeHint(self) -> QSize:
        width_px = _BAR_WIDTH_PX + 2 * _SPACE_PX + sum(self._widths_px())
        return QSize(width_px, self.fontMetrics().height() + 4)

    def minimumSizeHint(self) -> QSize:
        hint = self.sizeHint()
        return QSize(hint.width() - _BAR_WIDTH_PX + _LEAST_BAR_PX, hint.height())

    def paintEvent(self, event: QPaintEvent) -> None:
        if self._image is None:
            return
        low_px, high_px = self._widths_px()
        painter = QPainter(self)
        painter.setPen(self.palette().color(QPalette.ColorRole.WindowText))
        painter.drawText(self.rect(), Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, self._low)
        painter.drawText(self.rect(), Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, self._high)
        top = (self.height() - _BAR_HEIGHT_PX) / 2
        width = self.width() - low_px - high_px - 2 * _SPACE_PX
        bar = QRectF(low_px + _SPACE_PX, top, width, _BAR_HEIGHT_PX)
        _paint_gradient(painter, bar, self._image)
        if self._with_zero:
            painter.setPen(QPen(self.palette().color(QPalette.ColorRole.WindowText), 1))
            middle = round(bar.center().x())
            painter.drawLine(middle, round(bar.top()) - 3, middle, round(bar.bottom()) + 2)
        painter.end()
