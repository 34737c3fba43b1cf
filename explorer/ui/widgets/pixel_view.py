"""A picture of a few large pixels, kept crisp at every size: fits, zooms around the cursor, pans.

The base of the mosaic and of the large channel. Knows pixels only; nothing of the state or the engine.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QImage, QMouseEvent, QPainter, QPaintEvent, QPalette, QResizeEvent, QWheelEvent
from PySide6.QtWidgets import QApplication, QWidget

from explorer.ui.widgets.picture import to_qimage

_ZOOM_STEP = 1.25
_GREATEST_SCALE_PX = 96.0
# From this many screen pixels on, one more or less of them is not seen: nearest-neighbour is enough.
_CRISP_SCALE_PX = 8.0
# A fitted picture gives up this share of its size for whole screen pixels.
_WHOLE_PIXELS_SHARE = 0.08


class PixelView(QWidget):
    """Shows one picture with nearest-neighbour pixels."""

    clicked = Signal(object)
    """A click that was no drag; the place in the picture's pixels as a `QPointF`."""
    zoomed = Signal()
    """The scale changed."""

    def __init__(self, parent: QWidget | None = None, *, margin_px: int = 10) -> None:
        super().__init__(parent)
        self._margin_px = margin_px
        self._image = QImage()
        self._fits = True
        self._scale = 1.0
        self._offset = QPointF()
        self._pressed: QPointF | None = None
        self._drag_from: QPointF | None = None
        self._drawn_key: tuple[object, ...] = ()
        self._drawn = QImage()
        self.setMinimumSize(QSize(64, 64))
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)

    # The picture

    @property
    def image(self) -> QImage:
        """The picture at one pixel an activation."""
        return self._image

    @property
    def scale_px(self) -> float:
        """Screen pixels (device-independent) a picture pixel."""
        return self._scale

    @property
    def fits(self) -> bool:
        """Whether the picture follows the size of the widget."""
        return self._fits

    def set_picture(self, picture: NDArray[np.uint8] | None) -> None:
        """Show sRGB bytes (height, width, 3), or nothing; a zoom is kept where the size stays."""
        self.set_image(QImage() if picture is None else to_qimage(picture))

    def set_image(self, image: QImage) -> None:
        """As `set_picture`, for an image that is made already."""
        size = self._image.size()
        self._image = image
        if self._fits or size != self._image.size():
            self.fit()
        self._drawn_key = ()
        self.update()

    def fit(self) -> None:
        """Make the picture as large as the widget, and let it follow."""
        self._fits = True
        if not self._image.isNull():
            room_w = max(1.0, self.width() - 2.0 * self._margin_px)
            room_h = max(1.0, self.height() - 2.0 * self._margin_px)
            scale = min(room_w / self._image.width(), room_h / self._image.height(), _GREATEST_SCALE_PX)
            whole = math.floor(scale)
            self._scale = float(whole) if whole >= (1 - _WHOLE_PIXELS_SHARE) * scale and whole else scale
            self._centre()
        self._changed()

    def one_to_one(self) -> None:
        """Show one activation as one pixel of the screen."""
        self._fits = False
        self._scale = 1.0 / self.devicePixelRatioF()
        self._centre()
        self._changed()

    def zoom_at(self, point: QPointF, factor: float) -> None:
        """Zoom so that what is under a point of the widget stays there."""
        if self._image.isNull():
            return
        least = min(1.0, (self.width() - 2 * self._margin_px) / self._image.width(), self._scale)
        scale = min(max(self._scale * factor, least), max(_GREATEST_SCALE_PX, self._scale))
        place = self.to_picture(point)
        self._fits = False
        self._scale = scale
        self._offset = point - place * scale
        self._keep_in_view()
        self._changed()

    def to_picture(self, point: QPointF) -> QPointF:
        """A point of the widget in the picture's pixels."""
        return (point - self._offset) / self._scale

    def to_widget(self, rect: tuple[int, int, int, int]) -> QRectF:
        """Left, top, width and height in the picture as a rectangle of the widget."""
        x, y, width, height = rect
        corner = QPointF(x, y) * self._scale + self._offset
        return QRectF(corner.x(), corner.y(), width * self._scale, height * self._scale)

    def _changed(self) -> None:
        self.update()
        self.zoomed.emit()

    def _centre(self) -> None:
        x = (self.width() - self._image.width() * self._scale) / 2
        y = (self.height() - self._image.height() * self._scale) / 2
        self._offset = QPointF(round(x), round(y))

    def _keep_in_view(self) -> None:
        """A picture smaller than the widget is centred, a larger one has no room beside it."""

        def kept(offset: float, length: float, room: float) -> float:
            if length <= room - 2 * self._margin_px:
                return round((room - length) / 2)
            return round(min(self._margin_px, max(offset, room - length - self._margin_px)))

        self._offset = QPointF(
            kept(self._offset.x(), self._image.width() * self._scale, self.width()),
            kept(self._offset.y(), self._image.height() * self._scale, self.height()),
        )

    # Painting

    def _visible(self) -> QRect:
        """The picture's pixels that the widget shows."""
        start, stop = self.to_picture(QPointF(0, 0)), self.to_picture(QPointF(self.width(), self.height()))
        left, top = math.floor(start.x()), math.floor(start.y())
        seen = QRect(left, top, math.ceil(stop.x()) - left, math.ceil(stop.y()) - top)
        return seen.intersected(self._image.rect())

    def _rendered(self, seen: QRect) -> QImage:
        """The visible part in pixels of the screen.

        Between whole scales nearest-neighbour alone makes some pixels wider than others: the picture is
        enlarged to the next whole scale first and then averaged down, which leaves them equal and sharp.
        """
        ratio = self.devicePixelRatioF()
        scale = self._scale * ratio
        key = (seen, scale)
        if key == self._drawn_key:
            return self._drawn
        part = self._image.copy(seen)
        size = QSize(max(1, round(seen.width() * scale)), max(1, round(seen.height() * scale)))
        mode = Qt.TransformationMode.SmoothTransformation
        if scale >= _CRISP_SCALE_PX or scale == round(scale):
            mode = Qt.TransformationMode.FastTransformation
        elif scale > 1:
            part = part.scaled(part.size() * math.ceil(scale))
        self._drawn = part.scaled(size, Qt.AspectRatioMode.IgnoreAspectRatio, mode)
        self._drawn.setDevicePixelRatio(ratio)
        self._drawn_key = key
        return self._drawn

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(self.rect(), self.palette().color(QPalette.ColorRole.Base))
        seen = self._visible()
        if not self._image.isNull() and not seen.isEmpty():
            corner = self._offset + QPointF(seen.x(), seen.y()) * self._scale
            painter.drawImage(corner, self._rendered(seen))
            self.paint_over(painter)
        painter.end()

    def paint_over(self, painter: QPainter) -> None:
        """Draw what lies above the picture; for subclasses."""

    # The pointer

    def resizeEvent(self, event: QResizeEvent) -> None:
        if self._fits:
            self.fit()
        else:
            self._keep_in_view()

    def wheelEvent(self, event: QWheelEvent) -> None:
        notches = event.angleDelta().y() / 120
        if notches:
            self.zoom_at(event.position(), _ZOOM_STEP**notches)
        event.accept()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self._pressed = event.position()
            self._drag_from = None
        else:
            super().mousePressEvent(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._pressed is None or self._fits:
            return
        moved = event.position() - self._pressed
        if self._drag_from is None and moved.manhattanLength() >= QApplication.startDragDistance():
            self._drag_from = self._offset
            self.setCursor(Qt.CursorShape.ClosedHandCursor)
        if self._drag_from is not None:
            self._offset = self._drag_from + moved
            self._keep_in_view()
            self.update()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if event.button() != Qt.MouseButton.LeftButton or self._pressed is None:
            super().mouseReleaseEvent(event)
            return
        moved = event.position() - self._pressed
        if self._drag_from is None and moved.manhattanLength() < QApplication.startDragDistance():
            self.clicked.emit(self.to_picture(event.position()))
        self._pressed = self._drag_from = None
        self.unsetCursor()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self.fit()
