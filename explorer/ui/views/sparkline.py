"""A small plot of one or two lines with their range, to recognise a run by.

Used by the runs view. Drawn by Qt alone: a plotting library is not needed for it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QSizePolicy, QWidget

from explorer.ui.theme import HALF, RADIUS, SPACE, Colours, font
from explorer.ui.widgets.elided_label import Tone

_MOST_POINTS = 400
_FLAT = 1e-12


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the plot: its name, its values from left to right, its colour."""

    name: str
    values: tuple[float, ...]
    tone: Tone


def thinned(values: Sequence[float], most: int = _MOST_POINTS) -> list[tuple[int, float]]:
    """At most so many (place, value) pairs, evenly, the first and the last among them; the finite ones."""
    step = max(1, -(-len(values) // most))
    places = [*range(0, len(values), step)]
    if values and places[-1] != len(values) - 1:
        places.append(len(values) - 1)
    return [(place, values[place]) for place in places if math.isfinite(values[place])]


class Sparkline(QWidget):
    """Lines over epochs on a card, their lowest and highest value at the left, the best one marked.

    Args:
        parent: As Qt has it.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("runs.curves")
        self.setAccessibleName("Curves of the run")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self._lines: tuple[Line, ...] = ()
        self._empty = ""

    @property
    def lines(self) -> tuple[Line, ...]:
        """What is drawn."""
        return self._lines

    def show_lines(self, lines: tuple[Line, ...], empty: str = "") -> None:
        """Draw lines of shares (0 to 1).

        Args:
            lines: Drawn in order; the best of the last is marked.
            empty: Said where there is nothing to draw.
        """
        if (lines, empty) == (self._lines, self._empty):
            return
        self._lines, self._empty = lines, empty
        said = [f"{line.name}: last {100 * line.values[-1]:.1f} %" for line in lines if line.values]
        self.setAccessibleDescription("; ".join(said) or empty)
        self.setToolTip("\n".join(said))
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(280, 120)

    def minimumSizeHint(self) -> QSize:
        return QSize(120, 84)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        colours = Colours.of(self.palette())
        painter.setPen(colours.hairline)
        painter.setBrush(colours.card)
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), RADIUS, RADIUS)
        painter.setFont(font("small", base=self.font()))
        drawn = [(line, thinned(line.values)) for line in self._lines]
        values = [value for _, points in drawn for _, value in points]
        if not values:
            painter.setPen(colours.muted)
            painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter, self._empty)
            return
        low, high = min(values), max(values)
        if high - low < _FLAT:
            low, high = low - 0.05, high + 0.05
        room = self._paint_scale(painter, low, high, colours)
        longest = max(max(len(line.values) for line, _ in drawn) - 1, 1)

        def place(at: int, value: float) -> QPointF:
            return QPointF(
                room.left() + room.width() * at / longest,
                room.bottom() - room.height() * (value - low) / (high - low),
            )

        for line, points in drawn:
            painter.setPen(QPen(getattr(colours, line.tone), 1.5))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawPolyline(QPolygonF([place(*point) for point in points]))
        line = drawn[-1][0]
        finite = [(value, at) for at, value in enumerate(line.values) if math.isfinite(value)]
        if finite:
            best, at = max(finite, key=lambda pair: pair[0])
            painter.setPen(QPen(colours.card, 1.5))
            # As the best epoch is marked among the curves of a training.
            painter.setBrush(colours.success)
            painter.drawEllipse(place(at, best), 4, 4)

    def _paint_scale(self, painter: QPainter, low: float, high: float, colours: Colours) -> QRectF:
        """Names and range; returns where the lines go."""
        metrics = painter.fontMetrics()
        labels = f"{100 * high:.1f} %", f"{100 * low:.1f} %"
        wide = max(metrics.horizontalAdvance(label) for label in labels)
        room = QRectF(self.rect()).adjusted(
            SPACE + wide + SPACE, SPACE + metrics.height() + HALF, -1.5 * SPACE, -1.5 * SPACE
        )
        x = room.left()
        for line in self._lines:
            painter.setPen(getattr(colours, line.tone))
            painter.drawText(QPointF(x, SPACE + metrics.ascent()), line.name)
            x += metrics.horizontalAdvance(line.name) + 2 * SPACE
        grid = QColor(colours.hairline)
        for y, label in ((room.top(), labels[0]), (room.bottom(), labels[1])):
            painter.setPen(grid)
            painter.drawLine(QPointF(room.left(), y), QPointF(room.right(), y))
            painter.setPen(colours.muted)
            box = QRectF(SPACE, y - metrics.height() / 2, wide, metrics.height())
            painter.drawText(box, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, label)
        return room
