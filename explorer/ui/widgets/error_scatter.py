"""Errors against depth or parameters: pinned networks filled, published ones hollow, lines join families.

Used by the errors section of the comparison. Painted by Qt alone. Knows nothing of the store.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QContextMenuEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPalette,
    QPen,
    QPolygonF,
)
from PySide6.QtWidgets import QMenu, QSizePolicy, QWidget

from explorer.present.error_scatter import Across, Point, joined, nearest
from explorer.present.text import grouped, short
from explorer.ui.theme import HALF, RADIUS, SPACE, Colours, font
from explorer.ui.widgets.chart_data import value_ticks
from explorer.ui.widgets.series_colours import series_colour

MARKS = ("○", "□", "△", "◇", "▽")
"""The shapes of published families, as text; drawn in the same order."""

_POINT_PX, _OWN_PX, _REACH_PX = 4.2, 5.5, 12.0
_PX_PER_TICK = 34
_FEW_PLACES = 6
_ROOM_SHARE = 0.07
_LEAST_SPAN = 0.3
"""Of the axes: in per cent points upwards, in decades along the bottom."""


class ErrorScatter(QWidget):
    """A point a network; what is under the mouse says where its number stands.

    Args:
        name: Its object name.
        parent: As Qt has it.
    """

    png_requested = Signal()
    """The user wants it as a picture."""

    csv_requested = Signal()
    """The user wants its numbers as a table."""

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName(name)
        self.setAccessibleName("Errors of networks")
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setFont(font("small"))
        self._points: tuple[Point, ...] = ()
        self._across: Across = "depth"
        self._inks: Mapping[str, int] = {}
        self._marks: Mapping[str, int] = {}
        self._under: int | None = None

    @property
    def points(self) -> tuple[Point, ...]:
        """What is shown, published ones first: pinned ones lie above."""
        return self._points

    @property
    def under(self) -> Point | None:
        """The point that is read."""
        return None if self._under is None else self._points[self._under]

    def show_points(
        self, points: Sequence[Point], across: Across, inks: Mapping[str, int], marks: Mapping[str, int]
    ) -> None:
        """Show points.

        Args:
            points: Which.
            across: What is along the bottom.
            inks: The places of the columns' colours.
            marks: The places of the families' shapes.
        """
        ordered = tuple(sorted(points, key=lambda point: bool(point.column)))
        if (ordered, across, inks, marks) == (self._points, self._across, self._inks, self._marks):
            return
        self._points, self._across, self._inks, self._marks = ordered, across, inks, marks
        self._read(None)
        self.update()

    def reading(self, point: Point) -> tuple[str, ...]:
        """What is said of a point, a line each: name, error, size, source."""
        source = self.tr("pinned: {source}") if point.column else "{source}"
        return (
            point.name,
            self.tr("{error} % error, {kind}").format(error=f"{point.error_percent:.2f}", kind=point.kind),
            self.tr("{depth} layers, {parameters} parameters").format(
                depth=f"{point.depth:,}", parameters=grouped(point.parameters)
            ),
            source.format(source=point.source),
        )

    def build_menu(self) -> QMenu:
        """The context menu."""
        menu = QMenu(self)
        menu.addAction(self.tr("Save as PNG…"), self.png_requested.emit).setEnabled(bool(self._points))
        menu.addAction(self.tr("Save as CSV…"), self.csv_requested.emit).setEnabled(bool(self._points))
        return menu

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        menu = self.build_menu()
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.popup(event.globalPos())

    def sizeHint(self) -> QSize:
        return QSize(420, 280)

    def minimumSizeHint(self) -> QSize:
        return QSize(200, 100)

    # Where things are

    def _area(self) -> QRectF:
        high = self.fontMetrics().height()
        left = self.fontMetrics().horizontalAdvance("100 %") + SPACE
        return QRectF(left, SPACE, self.width() - left - 2 * SPACE, self.height() - 2 * high - SPACE - HALF)

    def _ranges(self) -> tuple[float, float, float, float]:
        """First and last of the bottom axis in decades, lowest and highest error, with room around."""
        places = [math.log10(point.across(self._across)) for point in self._points]
        errors = [point.error_percent for point in self._points]
        first, last = _roomy(min(places), max(places))
        low, high = _roomy(min(errors), max(errors))
        return first, last, max(low, 0.0), high

    def place_of(self, point: Point) -> QPointF:
        """Where a point is."""
        area, (first, last, low, high) = self._area(), self._ranges()
        along = (math.log10(point.across(self._across)) - first) / (last - first)
        up = (point.error_percent - low) / (high - low)
        return QPointF(area.left() + along * area.width(), area.bottom() - up * area.height())

    # Mouse and keys

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        places = [self.place_of(point) for point in self._points]
        position = event.position()
        found = nearest([(place.x(), place.y()) for place in places], (position.x(), position.y()), _REACH_PX)
        self._read(found)

    def leaveEvent(self, event: QEvent) -> None:
        self._read(None)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        step = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}.get(Qt.Key(event.key()), 0)
        if not step or not self._points:
            super().keyPressEvent(event)
            return
        order = sorted(range(len(self._points)), key=lambda at: self._points[at].across(self._across))
        if self._under is None:
            self._read(order[0 if step > 0 else -1])
        else:
            self._read(order[min(max(order.index(self._under) + step, 0), len(order) - 1)])

    def _read(self, number: int | None) -> None:
        if number != self._under:
            self._under = number
            said = "" if number is None else ". ".join(self.reading(self._points[number]))
            self.setAccessibleDescription(said)
            self.update()

    # Painting

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(self.rect(), self.palette().color(QPalette.ColorRole.Base))
        colours = Colours.of(self.palette())
        if not self._points:
            painter.setPen(colours.muted)
            painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter, self.tr("No error is known here."))
            return
        self._paint_axes(painter, colours)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for line in joined(self._points, self._across):
            is_own = bool(line[0].column)
            painter.setPen(QPen(colours.muted if is_own else colours.hairline, 1.4))
            painter.drawPolyline(QPolygonF([self.place_of(point) for point in line]))
        for point in self._points:
            self._paint_point(painter, point, colours)
        if self._under is not None:
            self._paint_reading(painter, self._points[self._under], colours)

    def _paint_axes(self, painter: QPainter, colours: Colours) -> None:
        area, (first, last, low, high) = self._area(), self._ranges()
        height = self.fontMetrics().height()
        wanted = max(2, int(area.height() // _PX_PER_TICK))
        for value, text in value_ticks(low, high, "number", wanted):
            y = round(area.bottom() - (value - low) / (high - low) * area.height())
            painter.setPen(colours.hairline)
            painter.drawLine(round(area.left()), y, round(area.right()), y)
            painter.setPen(colours.muted)
            place = QRectF(0, y - height / 2, area.left() - HALF, height)
            painter.drawText(place, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, f"{text} %")
        free = 0.0
        for decade in self._bottom_ticks(first, last, max(2, int(area.width() // _PX_PER_TICK))):
            x = area.left() + (decade - first) / (last - first) * area.width()
            text = short(round(10**decade)) if 10**decade >= 10_000 else f"{10**decade:.0f}"
            wide = self.fontMetrics().horizontalAdvance(text) + SPACE
            if x - wide / 2 < free:
                continue
            free = x + wide / 2
            painter.setPen(colours.hairline)
            painter.drawLine(QPointF(x, area.bottom()), QPointF(x, area.bottom() + HALF))
            painter.setPen(colours.muted)
            place = QRectF(x - wide / 2, area.bottom() + HALF, wide, height)
            painter.drawText(place, Qt.AlignmentFlag.AlignCenter, text)
        below = QRectF(area.left(), area.bottom() + HALF + height, area.width(), height)
        painter.drawText(
            below,
            Qt.AlignmentFlag.AlignCenter,
            self.tr("weighted layers") if self._across == "depth" else self.tr("parameters"),
        )

    def _bottom_ticks(self, first: float, last: float, most: int) -> list[float]:
        """Where the bottom axis has numbers, in decades: round ones, or, where the points are few, theirs."""
        own = sorted({point.across(self._across) for point in self._points})
        if len(own) <= _FEW_PLACES:
            return [math.log10(place) for place in own]
        return [decade for decade, _ in value_ticks(first, last, "log", most)]

    def _paint_point(self, painter: QPainter, point: Point, colours: Colours) -> None:
        place = self.place_of(point)
        ground = self.palette().color(QPalette.ColorRole.Base)
        is_under = self.under is point
        if point.column:
            painter.setPen(QPen(colours.text if is_under else ground, 1.6))
            painter.setBrush(series_colour(self.palette(), self._inks.get(point.column, 0)))
            painter.drawEllipse(place, _OWN_PX, _OWN_PX)
            return
        painter.setPen(QPen(colours.text if is_under else colours.muted, 1.5))
        painter.setBrush(ground)
        _paint_shape(painter, place, self._marks.get(point.family, 0))

    def _paint_reading(self, painter: QPainter, point: Point, colours: Colours) -> None:
        lines, anchor, metrics = self.reading(point), self.place_of(point), painter.fontMetrics()
        height = metrics.height()
        wide = min(max(map(metrics.horizontalAdvance, lines)) + 2.0 * SPACE, self.width() - 2.0)
        high = len(lines) * height + 2.0 * HALF
        left = anchor.x() + SPACE + HALF
        if left + wide > self.width():
            left = max(anchor.x() - SPACE - HALF - wide, 0.0)
        top = min(max(anchor.y() - high / 2, 0.0), max(self.height() - high, 0.0))
        painter.setPen(colours.hairline)
        painter.setBrush(QColor(colours.card))
        painter.drawRoundedRect(QRectF(left, top, wide, high), RADIUS, RADIUS)
        for number, text in enumerate(lines):
            painter.setPen(colours.text if number < 2 else colours.muted)
            place = QRectF(left + SPACE, top + HALF + number * height, wide - 2 * SPACE, height)
            text = metrics.elidedText(text, Qt.TextElideMode.ElideRight, int(place.width()) + 1)
            painter.drawText(place, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, text)


def _roomy(low: float, high: float) -> tuple[float, float]:
    """A range with room around, never without extent."""
    if high - low < _LEAST_SPAN:
        middle = (low + high) / 2
        low, high = middle - _LEAST_SPAN / 2, middle + _LEAST_SPAN / 2
    room = _ROOM_SHARE * (high - low)
    return low - room, high + room


def _paint_shape(painter: QPainter, place: QPointF, shape: int) -> None:
    """A hollow mark, in the order of `MARKS`."""
    r = _POINT_PX
    corners = {
        1: ((-r, -r), (r, -r), (r, r), (-r, r)),
        2: ((0.0, -1.2 * r), (1.15 * r, r), (-1.15 * r, r)),
        3: ((0.0, -1.35 * r), (1.35 * r, 0.0), (0.0, 1.35 * r), (-1.35 * r, 0.0)),
        4: ((0.0, 1.2 * r), (1.15 * r, -r), (-1.15 * r, -r)),
    }.get(shape % len(MARKS))
    if corners is None:
        painter.drawEllipse(place, r, r)
    else:
        painter.drawPolygon(QPolygonF([place + QPointF(*corner) for corner in corners]))
