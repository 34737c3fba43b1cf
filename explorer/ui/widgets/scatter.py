"""Points in the plane, coloured by class; what is under the mouse shows its picture.

Used by the inside view. Painted by Qt alone. Knows nothing of the store.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QImage, QMouseEvent, QPainter, QPaintEvent, QPalette, QPen, QPixmap
from PySide6.QtWidgets import QSizePolicy, QWidget

from explorer.ui.theme import HALF, RADIUS, SPACE, Colours, font
from explorer.ui.widgets.picture import to_qimage
from explorer.ui.widgets.series_colours import series_colour

_MARGIN_PX = 24.0
_POINT_PX, _FAINT_ALPHA, _ALPHA = 2.6, 0.12, 0.8
_REACH_PX = 12.0
"""So near the mouse a point is under it."""
_PLACED_PX = 34.0
"""A dropped picture among the points."""
_PREVIEW_PX = 112.0
_MOST_LEGEND_PX = 130


@dataclass(frozen=True, slots=True, eq=False)
class Placed:
    """A dropped picture among the points.

    Attributes:
        image_id: Its number.
        name: For people.
        x: Where it is.
        y: Likewise.
        picture: (height, width, 3).
        is_current: Whether it is the one that is looked at.
    """

    image_id: int
    name: str
    x: float
    y: float
    picture: NDArray[np.uint8]
    is_current: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Cloud:
    """All that a scatter shows; compared by identity.

    Attributes:
        points: (n, 2).
        labels: The class of each.
        classes: Their names.
        pictures: (n, side, side, 3).
    """

    points: NDArray[np.float32]
    labels: NDArray[np.int64]
    classes: tuple[str, ...]
    pictures: NDArray[np.uint8]


class Scatter(QWidget):
    """A cloud with the dropped pictures among it.

    Args:
        name: Its object name.
        parent: As Qt has it.
    """

    picture_clicked = Signal(object)
    """The user clicked this dropped picture (its number)."""

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName(name)
        self.setAccessibleName("Embedding")
        self.setMouseTracking(True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self._cloud: Cloud | None = None
        self._placed: tuple[Placed, ...] = ()
        self._images: list[QImage] = []
        self._under: int | None = None
        self._under_placed: int | None = None
        self._only: int | None = None
        self._drawn = QPixmap()
        self._drawn_key: tuple[object, ...] = ()

    @property
    def under(self) -> int | None:
        """The point under the mouse."""
        return self._under

    @property
    def only(self) -> int | None:
        """The class that stands out; None for all."""
        return self._only

    def show_cloud(self, cloud: Cloud | None, placed: tuple[Placed, ...] = ()) -> None:
        """Show points and pictures among them."""
        if cloud is not self._cloud:
            self._under = self._only = None
        self._cloud, self._placed, self._under_placed = cloud, placed, None
        self._images = [to_qimage(each.picture) for each in placed]
        self._drawn_key = ()
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(360, 320)

    def minimumSizeHint(self) -> QSize:
        return QSize(180, 160)

    def reading(self) -> str:
        """What is under the mouse, in words."""
        if self._under_placed is not None:
            return self._placed[self._under_placed].name
        if self._under is None or self._cloud is None:
            return ""
        return f"{self._cloud.classes[int(self._cloud.labels[self._under])]} (picture {self._under})"

    # Where things are

    def _names_px(self) -> float:
        if self._cloud is None or not self._has_legend():
            return 0.0
        widest = max(self.fontMetrics().horizontalAdvance(name) for name in self._cloud.classes)
        return float(min(widest + 2 * SPACE + HALF, _MOST_LEGEND_PX))

    def _has_legend(self) -> bool:
        n = len(self._cloud.classes) if self._cloud is not None else 0
        return 0 < n * self.fontMetrics().height() <= self.height() - 2 * SPACE and self.width() > 300

    def _name_place(self, label: int) -> QRectF:
        height, wide = self.fontMetrics().height(), self._names_px()
        return QRectF(self.width() - wide, SPACE + label * height, wide, height)

    def _to_widget(self, points: NDArray[np.floating]) -> NDArray[np.float64]:
        """Places in pixels, (n, 2); the axes have one scale, because distances mean something."""
        assert self._cloud is not None
        everything = self._cloud.points.astype(np.float64)
        if self._placed:
            everything = np.concatenate([everything, [[each.x, each.y] for each in self._placed]])
        low, high = everything.min(0), everything.max(0)
        room = np.array([self.width() - self._names_px(), self.height()]) - 2 * _MARGIN_PX
        scale = float(np.min(room / np.maximum(high - low, 1e-9)))
        middle = np.array([(self.width() - self._names_px()) / 2, self.height() / 2])
        placed = (np.asarray(points, np.float64) - (low + high) / 2) * scale * [1, -1] + middle
        return np.asarray(placed)

    def point(self, number: int) -> QPointF:
        """Where a point is."""
        assert self._cloud is not None
        return QPointF(*self._to_widget(self._cloud.points[number : number + 1])[0].tolist())

    def _placed_rects(self) -> list[QRectF]:
        if not self._placed:
            return []
        places = self._to_widget(np.array([[each.x, each.y] for each in self._placed]))
        half = _PLACED_PX / 2
        return [QRectF(x - half, y - half, _PLACED_PX, _PLACED_PX) for x, y in places.tolist()]

    # The mouse

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        under, placed = self._at(event.position())
        if (under, placed) != (self._under, self._under_placed):
            self._under, self._under_placed = under, placed
            self.update()

    def _at(self, position: QPointF) -> tuple[int | None, int | None]:
        if self._cloud is None or not len(self._cloud.points):
            return None, None
        for number, rect in enumerate(self._placed_rects()):
            if rect.contains(position):
                return None, number
        distances = np.hypot(*(self._to_widget(self._cloud.points) - [position.x(), position.y()]).T)
        if self._only is not None:
            distances[self._cloud.labels != self._only] = np.inf
        nearest = int(distances.argmin())
        return (nearest if distances[nearest] <= _REACH_PX else None), None

    def leaveEvent(self, event: QEvent) -> None:
        self._under = self._under_placed = None
        self.update()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if event.button() != Qt.MouseButton.LeftButton or self._cloud is None:
            return
        _, placed = self._at(event.position())
        if placed is not None:
            self.picture_clicked.emit(self._placed[placed].image_id)
            return
        names = range(len(self._cloud.classes)) if self._has_legend() else range(0)
        hit = next((label for label in names if self._name_place(label).contains(event.position())), None)
        if hit is not None or self._only is not None:
            self._only = hit if hit != self._only else None
            self._drawn_key = ()
            self.update()

    # Painting

    def paintEvent(self, event: QPaintEvent) -> None:
        self.setFont(font("small"))
        painter = QPainter(self)
        ratio = self.devicePixelRatioF()
        key = (self.size().toTuple(), ratio, self.palette().cacheKey(), self._only, id(self._cloud))
        if key != self._drawn_key:
            self._drawn_key = key
            self._drawn = QPixmap(self.size() * ratio)
            self._drawn.setDevicePixelRatio(ratio)
            self._paint_cloud()
        painter.drawPixmap(0, 0, self._drawn)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        self._paint_placed(painter)
        self._paint_under(painter)

    def _paint_cloud(self) -> None:
        self._drawn.fill(self.palette().color(QPalette.ColorRole.Base))
        cloud = self._cloud
        if cloud is None or not len(cloud.points):
            return
        painter = QPainter(self._drawn)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(self.font())
        places = self._to_widget(cloud.points)
        painter.setPen(Qt.PenStyle.NoPen)
        for label in np.unique(cloud.labels).tolist():
            ink = series_colour(self.palette(), label)
            ink.setAlphaF(_ALPHA if self._only in (None, label) else _FAINT_ALPHA)
            painter.setBrush(ink)
            for x, y in places[cloud.labels == label].tolist():
                painter.drawEllipse(QPointF(x, y), _POINT_PX, _POINT_PX)
        if self._has_legend():
            self._paint_names(painter, cloud.classes)
        painter.end()

    def _paint_names(self, painter: QPainter, classes: tuple[str, ...]) -> None:
        colours = Colours.of(self.palette())
        for label, name in enumerate(classes):
            place = self._name_place(label)
            is_shown = self._only in (None, label)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(series_colour(self.palette(), label) if is_shown else colours.hairline)
            painter.drawEllipse(QPointF(place.left() + HALF, place.center().y()), 3.5, 3.5)
            painter.setPen(colours.text if is_shown else colours.muted)
            room = place.adjusted(SPACE + HALF, 0, -HALF, 0)
            text = painter.fontMetrics().elidedText(name, Qt.TextElideMode.ElideRight, int(room.width()))
            painter.drawText(room, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, text)

    def _paint_placed(self, painter: QPainter) -> None:
        if self._cloud is None:
            return
        colours = Colours.of(self.palette())
        pairs = list(zip(self._placed, self._images, self._placed_rects(), strict=True))
        for each, image, rect in sorted(pairs, key=lambda pair: pair[0].is_current):
            painter.drawImage(rect, image, _middle(image))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(colours.accent if each.is_current else colours.text, 2.0))
            painter.drawRect(rect)

    def _paint_under(self, painter: QPainter) -> None:
        text = self.reading()
        if not text or self._cloud is None:
            return
        if self._under_placed is not None:
            image, anchor = (
                self._images[self._under_placed],
                self._placed_rects()[self._under_placed].center(),
            )
        else:
            assert self._under is not None
            image, anchor = to_qimage(self._cloud.pictures[self._under]), self.point(self._under)
        self._paint_preview(painter, image, anchor, text)

    def _paint_preview(self, painter: QPainter, image: QImage, anchor: QPointF, text: str) -> None:
        colours, height = Colours.of(self.palette()), self.fontMetrics().height()
        wide = max(_PREVIEW_PX, float(self.fontMetrics().horizontalAdvance(text))) + 2 * HALF
        high = _PREVIEW_PX + height + 3 * HALF
        left = anchor.x() + SPACE if anchor.x() + SPACE + wide < self.width() else anchor.x() - SPACE - wide
        top = min(max(anchor.y() - high / 2, 0.0), self.height() - high)
        card = QRectF(max(left, 0.0), max(top, 0.0), wide, high)
        painter.setPen(QPen(colours.text, 1.4))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawEllipse(anchor, _POINT_PX + 2.5, _POINT_PX + 2.5)
        painter.setPen(colours.hairline)
        painter.setBrush(QColor(colours.card))
        painter.drawRoundedRect(card, RADIUS, RADIUS)
        # Small pictures keep their pixels; large ones are made smaller smoothly.
        is_small = image.width() <= _PREVIEW_PX
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, not is_small)
        middle = card.left() + wide / 2
        place = QRectF(middle - _PREVIEW_PX / 2, card.top() + HALF, _PREVIEW_PX, _PREVIEW_PX)
        painter.drawImage(place, image, _middle(image))
        painter.setPen(colours.text)
        below = QRectF(card.left(), place.bottom() + HALF, wide, height)
        painter.drawText(below, Qt.AlignmentFlag.AlignCenter, text)


def _middle(image: QImage) -> QRectF:
    """The largest square in the middle of a picture."""
    side = float(min(image.width(), image.height()))
    return QRectF((image.width() - side) / 2, (image.height() - side) / 2, side, side)
