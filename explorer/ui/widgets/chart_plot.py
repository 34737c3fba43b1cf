"""The painted part of a chart: its axes, bars and lines, and where the mouse is on them.

Used by `widgets/chart.py`. Knows nothing of the store.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QMouseEvent, QPainter, QPaintEvent, QPalette, QPen, QPolygonF
from PySide6.QtWidgets import QSizePolicy, QWidget

from explorer.ui.theme import HALF, SPACE, Colours, font
from explorer.ui.widgets.chart_data import Series, every_fitting, scaled, value_range, value_ticks
from explorer.ui.widgets.series_colours import series_colour

if TYPE_CHECKING:
    from explorer.ui.widgets.chart import Chart

_WIDEST_BAR_PX, _BAR_SHARE = 28.0, 0.72
_DOT_PX = 2.5
_FEW_POINTS = 60
"""So few points are drawn as dots too."""
_SIDE_PX = 6.0
_MOST_END_PX = 110.0
_PX_PER_TICK = 34
_SPAN_ALPHA = 0.10
_MOST_PITCH_PX = 96.0
"""A few points do not spread over a wide chart's whole width as bars."""


class ChartPlot(QWidget):
    """The part of a chart below its legend."""

    def __init__(self, chart: Chart) -> None:
        super().__init__(chart)
        self._chart = chart
        self.setMouseTracking(True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)

    def sizeHint(self) -> QSize:
        return QSize(320, 150)

    def minimumSizeHint(self) -> QSize:
        return QSize(120, 84)

    # Where things are

    def _measure(self) -> None:
        """Work out the axes for the present size."""
        data, small = self._chart.data, self.fontMetrics()
        with_captions = any(tick.caption for tick in data.ticks)
        below = small.height() * (2 if with_captions else 1) + HALF + 2
        self._low, self._high = value_range(data, self._chart.hidden)
        n_ticks = max(2, (self.height() - below) // _PX_PER_TICK)
        self._ticks = value_ticks(self._low, self._high, data.unit, n_ticks)
        left = max((small.horizontalAdvance(text) for _, text in self._ticks), default=0) + HALF + 2
        ends = [small.horizontalAdvance(line.name) for line in self._chart.shown if line.at_end]
        right = min(max(ends, default=0), _MOST_END_PX) + (SPACE if ends else _SIDE_PX)
        self._area = QRectF(left, SPACE, self.width() - left - right, self.height() - below - SPACE)
        places = [place for line in data.series for place in (line.places[:1] + line.places[-1:])]
        self._first, self._last = data.reach or (min(places, default=0.0), max(places, default=1.0))
        if any(line.kind == "bars" for line in data.series):
            self._first, self._last = self._first - 0.5, self._last + 0.5
        self._pitch = self._area.width() / max(self._last - self._first, 1e-9)
        n_places = max((len(line.places) for line in data.series), default=0)
        # A handful of bars stays at the left instead of becoming walls.
        if n_places and any(line.kind == "bars" for line in data.series):
            self._pitch = min(self._pitch, _MOST_PITCH_PX)

    def x_of(self, place: float) -> float:
        """Where a place of the bottom axis is, in pixels."""
        return self._area.left() + (place - self._first) * self._pitch

    def y_of(self, value: float) -> float | None:
        """Where a value is, in pixels; None where a logarithmic axis has no place for it."""
        at = scaled(value, self._chart.data.unit)
        if at is None:
            return None
        return self._area.bottom() - (at - self._low) / (self._high - self._low) * self._area.height()

    def point(self, place: float) -> QPointF:
        """A point in the middle of the plot, above a place of the bottom axis."""
        self._measure()
        return QPointF(self.x_of(place), self._area.center().y())

    def _place_at(self, position: QPointF) -> float | None:
        self._measure()
        if not self._chart.shown or not self._area.adjusted(-SPACE, 0, SPACE, SPACE * 4).contains(position):
            return None
        place = self._first + (position.x() - self._area.left()) / self._pitch
        return place if place <= self._last + 0.5 else None

    # The mouse

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self._chart.read_at(self._place_at(event.position()))

    def leaveEvent(self, event: QEvent) -> None:
        self._chart.read_at(None)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        place = self._place_at(event.position())
        if event.button() == Qt.MouseButton.LeftButton and place is not None:
            self._chart.press_at(place)

    # Painting

    def paintEvent(self, event: QPaintEvent) -> None:
        self.setFont(font("small"))
        self._measure()
        painter = QPainter(self)
        painter.fillRect(self.rect(), self.palette().color(QPalette.ColorRole.Base))
        colours = Colours.of(self.palette())
        self._paint_spans(painter, colours)
        self._paint_axes(painter, colours)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for line in self._chart.shown:
            if line.kind == "bars":
                self._paint_bars(painter, line, colours)
        for line in reversed(self._chart.shown):
            if line.kind != "bars":
                self._paint_line(painter, line)
        self._paint_levels(painter, colours)
        self._paint_marks(painter, colours)
        self._paint_ends(painter)

    def _paint_spans(self, painter: QPainter, colours: Colours) -> None:
        shade = QColor(colours.warning)
        shade.setAlphaF(_SPAN_ALPHA)
        for span in self._chart.data.spans:
            left, right = self.x_of(span.first), self.x_of(span.last)
            painter.fillRect(QRectF(left, self._area.top(), right - left, self._area.height()), shade)

    def _paint_marks(self, painter: QPainter, colours: Colours) -> None:
        metrics = self.fontMetrics()
        for mark in self._chart.data.marks:
            x = self.x_of(mark.place)
            painter.setPen(QPen(colours.warning if mark.text else colours.muted, 1.2, Qt.PenStyle.DashLine))
            painter.drawLine(QPointF(x, self._area.top()), QPointF(x, self._area.bottom()))
            wide = metrics.horizontalAdvance(mark.text) + 2.0
            left = x + HALF if x + HALF + wide <= self._area.right() else x - HALF - wide
            place = QRectF(left, self._area.top(), wide, metrics.height())
            painter.drawText(place, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, mark.text)

    def _paint_axes(self, painter: QPainter, colours: Colours) -> None:
        area, height = self._area, self.fontMetrics().height()
        for at, text in self._ticks:
            y = round(area.bottom() - (at - self._low) / (self._high - self._low) * area.height())
            painter.setPen(colours.hairline)
            painter.drawLine(round(area.left()), y, round(area.right()), y)
            painter.setPen(colours.muted)
            place = QRectF(0, y - height / 2, area.left() - HALF, height)
            painter.drawText(place, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, text)
        if self._chart.place is not None:
            x = round(self.x_of(self._read_place()))
            painter.setPen(colours.muted)
            painter.drawLine(x, round(area.top()), x, round(area.bottom()))
        self._paint_ticks(painter, colours)

    def _read_place(self) -> float:
        place, first = self._chart.place or 0.0, self._chart.shown[0]
        at = first.nearest(place)
        return place if at is None else first.places[at]

    def _paint_ticks(self, painter: QPainter, colours: Colours) -> None:
        data, metrics = self._chart.data, self.fontMetrics()
        ticks = data.ticks
        points = (pair for line in data.series[:1] for pair in zip(line.places, line.labels, strict=True))
        marked = {place for place, label in points if label in data.marked}
        if not ticks:
            self._paint_bottom(painter, colours)
            return
        widths = [
            max(metrics.horizontalAdvance(tick.text), metrics.horizontalAdvance(tick.caption)) + SPACE
            for tick in ticks
        ]
        apart = (ticks[-1].place - ticks[0].place) / max(len(ticks) - 1, 1) * self._pitch
        for tick in ticks[:: every_fitting(widths, apart)]:
            wide = max(metrics.horizontalAdvance(tick.text), metrics.horizontalAdvance(tick.caption)) + 2
            left = min(max(self.x_of(tick.place) - wide / 2, 0.0), self.width() - wide)
            for number, text in enumerate((tick.text, tick.caption)):
                painter.setPen(colours.danger if tick.place in marked else colours.muted)
                top = self._area.bottom() + HALF + number * metrics.height()
                place = QRectF(left, top, wide, metrics.height())
                painter.drawText(place, Qt.AlignmentFlag.AlignCenter, text)

    def _paint_bottom(self, painter: QPainter, colours: Colours) -> None:
        painter.setPen(colours.muted)
        area = self._area
        below = QRectF(area.left(), area.bottom() + HALF, area.width(), self.fontMetrics().height())
        painter.drawText(below, Qt.AlignmentFlag.AlignCenter, self._chart.data.bottom)

    def _paint_bars(self, painter: QPainter, line: Series, colours: Colours) -> None:
        wide = min(self._pitch * _BAR_SHARE, _WIDEST_BAR_PX)
        read = line.nearest(self._chart.place) if self._chart.place is not None else None
        base = self._area.bottom()
        painter.setPen(Qt.PenStyle.NoPen)
        for at, place in enumerate(line.places):
            value, x = line.known(at), self.x_of(place)
            is_marked = line.labels[at] in self._chart.data.marked
            ink = QColor(colours.danger if is_marked else self._chart.ink(line))
            top = self.y_of(value) if value is not None else None
            if top is None:
                ink = colours.hairline
                top = base - 3
            ink = QColor(ink)
            ink.setAlphaF(1.0 if at == read else 0.75)
            painter.setBrush(ink)
            painter.drawRect(QRectF(x - wide / 2, min(top, base - 1), wide, max(base - top, 1.0)))

    def _paint_line(self, painter: QPainter, line: Series) -> None:
        ink = self._chart.ink(line)
        style = Qt.PenStyle.DashLine if line.kind == "dashes" else Qt.PenStyle.SolidLine
        runs: list[list[QPointF]] = [[]]
        for at, place in enumerate(line.places):
            value = line.known(at)
            y = self.y_of(value) if value is not None else None
            if y is None:
                runs.append([])
            else:
                runs[-1].append(QPointF(self.x_of(place), y))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(ink, 1.4, style))
        if line.kind != "dots":
            for run in runs:
                painter.drawPolyline(QPolygonF(run))
        if len(line.places) > _FEW_POINTS and line.kind != "dots" and max(map(len, runs)) > 1:
            return
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(ink)
        radius = _DOT_PX + (1.0 if line.kind == "dots" else 0.0)
        for run in runs:
            for point in run:
                painter.drawEllipse(point, radius, radius)

    def _paint_levels(self, painter: QPainter, colours: Colours) -> None:
        for level in self._chart.data.levels:
            ink = colours.text if level.ink < 0 else series_colour(self.palette(), level.ink)
            painter.setPen(QPen(ink, 1.2, Qt.PenStyle.DashLine))
            y = self.y_of(level.value)
            if y is not None:
                painter.drawLine(QPointF(self._area.left(), y), QPointF(self._area.right(), y))

    def _paint_ends(self, painter: QPainter) -> None:
        """Names at the right ends of lines, moved apart where they would meet."""
        height = float(self.fontMetrics().height())
        ends: list[tuple[float, Series]] = []
        for line in self._chart.shown:
            value = line.known(len(line.values) - 1) if line.at_end and line.values else None
            y = self.y_of(value) if value is not None else None
            if y is not None:
                ends.append((y, line))
        ends.sort(key=lambda end: end[0])
        lowest = self._area.bottom() - height * len(ends) + height / 2
        bottom = self._area.top()
        for number, (y, line) in enumerate(ends):
            middle = min(max(y, bottom + height / 2), lowest + height * number)
            bottom = middle + height / 2
            painter.setPen(self._chart.ink(line))
            place = QRectF(self._area.right() + HALF, middle - height / 2, _MOST_END_PX, height)
            text = self.fontMetrics().elidedText(line.name, Qt.TextElideMode.ElideRight, int(_MOST_END_PX))
            painter.drawText(place, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, text)
