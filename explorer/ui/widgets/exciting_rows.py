"""Channels below each other, each with the pictures that excite it most and the part that it sees.

Used by the inside view, in a scroll area; only rows in sight are painted. Knows nothing of the store.
"""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize
from PySide6.QtGui import QImage, QMouseEvent, QPainter, QPaintEvent, QPalette, QPen
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from explorer.engine.sample_messages import ExcitingPicture
from explorer.ui.theme import HALF, SPACE, Colours, font
from explorer.ui.widgets.picture import to_qimage

_PICTURE_PX = 56.0
_NAME_PX = 84.0
_MOST_IMAGES = 2000
"""Pictures that are kept as Qt has them; a long list is scrolled through, not held."""


class ExcitingRows(QWidget):
    """A row a channel: above, whole pictures, the strongest first; below each the part that the number sees.

    Args:
        name: Its object name.
        parent: As Qt has it.
    """

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName(name)
        self.setMouseTracking(True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._pictures: tuple[tuple[ExcitingPicture, ...], ...] = ()
        self._order: tuple[int, ...] = ()
        self._chosen: int | None = None
        self._images: dict[tuple[int, int, bool], QImage] = {}

    @property
    def order(self) -> tuple[int, ...]:
        """The channels, as they stand."""
        return self._order

    def show_pictures(
        self, pictures: tuple[tuple[ExcitingPicture, ...], ...], order: Sequence[int], chosen: int | None
    ) -> None:
        """Show channels.

        Args:
            pictures: By channel.
            order: Which channels, in which order.
            chosen: The channel that stands out.
        """
        if pictures is not self._pictures:
            self._images.clear()
        self._pictures, self._order, self._chosen = pictures, tuple(order), chosen
        self.setFixedHeight(round(len(order) * self._row_px()) + SPACE)
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(400, max(self.height(), 200))

    def minimumSizeHint(self) -> QSize:
        return QSize(160, 0)

    def reading(self, position: QPointF) -> str:
        """What is at a place, in words; empty where nothing is."""
        row = int(position.y() // self._row_px())
        column = int((position.x() - _NAME_PX) // (_PICTURE_PX + HALF))
        if not 0 <= row < len(self._order) or not 0 <= column < len(self._pictures[self._order[row]]):
            return ""
        shown = self._pictures[self._order[row]][column]
        seen = " Nothing of it is seen but padding." if shown.crop is None else ""
        return f"Channel {self._order[row]}, place {column + 1}: {shown.value:.3g}.{seen}"

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        text = self.reading(event.position())
        if text:
            QToolTip.showText(event.globalPosition().toPoint(), text, self)
        else:
            QToolTip.hideText()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        self.update()

    @staticmethod
    def _row_px() -> float:
        return 2 * (_PICTURE_PX + HALF) + SPACE

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(event.rect(), self.palette().color(QPalette.ColorRole.Base))
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, False)
        colours, pitch = Colours.of(self.palette()), self._row_px()
        first = max(0, int(event.rect().top() // pitch))
        last = min(len(self._order), int(event.rect().bottom() // pitch) + 1)
        for row in range(first, last):
            self._paint_row(painter, row, colours)

    def _paint_row(self, painter: QPainter, row: int, colours: Colours) -> None:
        channel, top = self._order[row], row * self._row_px() + HALF
        shown = self._pictures[channel]
        painter.setFont(font("body", strong=channel == self._chosen))
        painter.setPen(colours.accent if channel == self._chosen else colours.text)
        height = painter.fontMetrics().height()
        painter.drawText(QRectF(SPACE, top, _NAME_PX - SPACE, height), f"channel {channel}")
        painter.setFont(font("small"))
        painter.setPen(colours.muted)
        for number, text in enumerate((f"max {shown[0].value:.3g}" if shown else "", "")):
            painter.drawText(QRectF(SPACE, top + (number + 1) * height, _NAME_PX - SPACE, height), text)
        low = top + _PICTURE_PX + HALF
        painter.drawText(QRectF(SPACE, low, _NAME_PX - SPACE, height), "what it sees")
        columns = max(0, int((self.width() - _NAME_PX) // (_PICTURE_PX + HALF)))
        for column in range(min(columns, len(shown))):
            left = _NAME_PX + column * (_PICTURE_PX + HALF)
            self._paint_picture(painter, QRectF(left, top, _PICTURE_PX, _PICTURE_PX), channel, column, False)
            self._paint_picture(painter, QRectF(left, low, _PICTURE_PX, _PICTURE_PX), channel, column, True)
        painter.setPen(colours.hairline)
        below = round(top + self._row_px() - HALF - 1)
        painter.drawLine(SPACE, below, self.width() - SPACE, below)

    def _paint_picture(
        self, painter: QPainter, place: QRectF, channel: int, column: int, is_crop: bool
    ) -> None:
        image = self._image(channel, column, is_crop)
        if image is None:
            painter.setPen(QPen(Colours.of(self.palette()).hairline, 1))
            painter.drawRect(place.adjusted(0.5, 0.5, -0.5, -0.5))
            return
        scale = min(place.width() / image.width(), place.height() / image.height())
        wide, high = image.width() * scale, image.height() * scale
        fitted = QRectF(place.center().x() - wide / 2, place.center().y() - high / 2, wide, high)
        # Small pictures keep their pixels, as elsewhere.
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, scale < 1)
        painter.drawImage(fitted, image)
        # What is white was not to be told from the paper.
        painter.setPen(QPen(Colours.of(self.palette()).hairline, 1))
        painter.drawRect(fitted.adjusted(-0.5, -0.5, 0.5, 0.5))

    def _image(self, channel: int, column: int, is_crop: bool) -> QImage | None:
        key = (channel, column, is_crop)
        if key not in self._images:
            shown = self._pictures[channel][column]
            pixels = shown.crop if is_crop else shown.picture
            if pixels is None:
                return None
            if len(self._images) >= _MOST_IMAGES:
                self._images.clear()
            self._images[key] = to_qimage(pixels)
        return self._images[key]
