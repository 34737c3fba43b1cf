"""The learning-rate finder's curve: loss over a rising rate, the suggested rate marked.

Used by the training form. Painted by Qt alone. Knows nothing of the store.
"""

from __future__ import annotations

import csv
import io
import math

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QMouseEvent, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QMenu,
    QPushButton,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from explorer.state.learning import FinderState
from explorer.ui.theme import HALF, RADIUS, SPACE, Colours, font
from explorer.ui.widgets.saving import ask_where, write_png, write_text

_CEILING = 1.6
"""Losses are drawn up to this many times the first one: where the curve explodes, it leaves the picture."""


class RateCurve(QWidget):
    """Loss over the logarithm of the learning rate."""

    rate_picked = Signal(object)
    """The user clicked at this rate."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("train.rate_curve")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setToolTip("Loss at each learning rate. Click to choose another rate.")
        self._finder = FinderState()
        self.marked: float | None = None
        """The rate with the line."""

    def show_finder(self, finder: FinderState, marked: float | None) -> None:
        """Draw the curve, and a line at a rate."""
        self._finder, self.marked = finder, marked
        self.setAccessibleName(f"{len(finder.rates)} learning rates tried")
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(200, 120)

    def _room(self) -> QRectF:
        return QRectF(self.rect()).adjusted(SPACE, SPACE, -SPACE, -2 * SPACE - HALF)

    def _span(self) -> tuple[float, float]:
        rates = self._finder.rates
        return math.log10(rates[0]), max(math.log10(rates[-1]), math.log10(rates[0]) + 1e-6)

    def _x(self, rate: float, room: QRectF) -> float:
        low, high = self._span()
        return room.left() + room.width() * (math.log10(rate) - low) / (high - low)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if len(self._finder.rates) < 2:
            return
        room, (low, high) = self._room(), self._span()
        share = min(max((event.position().x() - room.left()) / room.width(), 0.0), 1.0)
        self.rate_picked.emit(float(f"{10 ** (low + share * (high - low)):.2g}"))

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        colours = Colours.of(self.palette())
        painter.setPen(colours.hairline)
        painter.setBrush(colours.card)
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), RADIUS, RADIUS)
        room = self._room()
        if len(self._finder.rates) < 2:
            painter.setPen(colours.muted)
            painter.drawText(room, Qt.AlignmentFlag.AlignCenter, "Trying learning rates…")
            return
        self._paint_decades(painter, room, colours)
        painter.save()
        painter.setClipRect(room)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(colours.accent, 1.5))
        painter.drawPolyline(self._line(room))
        painter.restore()
        if self.marked is not None and self._finder.rates[0] <= self.marked <= self._finder.rates[-1]:
            x = self._x(self.marked, room)
            painter.setPen(QPen(colours.success, 1.5))
            painter.drawLine(QPointF(x, room.top()), QPointF(x, room.bottom()))

    def _line(self, room: QRectF) -> QPolygonF:
        losses = self._finder.losses
        finite = [loss for loss in losses if math.isfinite(loss)] or [1.0]
        low = min(finite)
        high = max(min(max(finite), _CEILING * abs(finite[0])), low + 1e-6)
        points = (
            QPointF(self._x(rate, room), room.bottom() - (loss - low) / (high - low) * room.height())
            for rate, loss in zip(self._finder.rates, losses, strict=True)
            if math.isfinite(loss)
        )
        return QPolygonF(list(points))

    def _paint_decades(self, painter: QPainter, room: QRectF, colours: Colours) -> None:
        low, high = self._span()
        painter.setFont(font("small"))
        free_from = 0.0
        for decade in range(math.ceil(low), math.floor(high) + 1):
            x = self._x(10.0**decade, room)
            grid = QColor(colours.hairline)
            painter.setPen(grid)
            painter.drawLine(QPointF(x, room.top()), QPointF(x, room.bottom()))
            painter.setPen(colours.muted)
            text = f"{10.0**decade:g}"
            width = painter.fontMetrics().horizontalAdvance(text) + 2
            left = min(max(x - width / 2, HALF), self.width() - HALF - width)
            if left < free_from:
                continue
            free_from = left + width + HALF
            place = QRectF(left, room.bottom() + 2, width, 2 * SPACE)
            painter.drawText(place, Qt.AlignmentFlag.AlignHCenter, text)


class RateFinder(QWidget):
    """The finder's curve with a button that takes the rate."""

    rate_taken = Signal(object)
    """The user wants this learning rate, or puts the curve away (None)."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._finder: FinderState | None = None
        self.curve = RateCurve()
        self.curve.rate_picked.connect(self._mark)
        self._said = QLabel()
        self._said.setProperty("tone", "muted")
        self._said.setWordWrap(True)
        self._use = QPushButton("Use")
        self._use.setObjectName("train.use_rate")
        self._use.clicked.connect(lambda: self.rate_taken.emit(self.curve.marked))
        away = QPushButton("Close")
        away.setObjectName("train.close_finder")
        away.setToolTip("Put the curve away and keep the learning rate")
        away.clicked.connect(lambda: self.rate_taken.emit(None))
        buttons = QHBoxLayout()
        buttons.setContentsMargins(0, 0, 0, 0)
        buttons.addWidget(self._use, 1)
        buttons.addWidget(self._make_save())
        buttons.addWidget(away)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(HALF)
        column.addWidget(self.curve)
        column.addWidget(self._said)
        column.addLayout(buttons)
        self.hide()

    def _make_save(self) -> QPushButton:
        menu = QMenu(self)
        menu.addAction("Save as PNG…", self._save_png)
        menu.addAction("Save as CSV…", self._save_csv)
        self._save = QPushButton("Save")
        self._save.setObjectName("train.save_finder")
        self._save.setToolTip("Save the curve as PNG or CSV")
        self._save.setMenu(menu)
        return self._save

    def to_csv(self) -> str:
        """The curve as a table."""
        table = io.StringIO()
        writer = csv.writer(table, lineterminator="\n")
        writer.writerow(("learning_rate", "loss"))
        if self._finder is not None:
            writer.writerows(zip(self._finder.rates, self._finder.losses, strict=True))
        return table.getvalue()

    def _save_png(self) -> None:
        path = ask_where(self, "Save as PNG", "learning-rate.png", "PNG (*.png)")
        if path:
            self._said.setText(write_png(self.curve.grab().toImage(), path))

    def _save_csv(self) -> None:
        path = ask_where(self, "Save as CSV", "learning-rate.csv", "CSV (*.csv)")
        if path:
            self._said.setText(write_text(self.to_csv(), path))

    def show_finder(self, finder: FinderState | None) -> None:
        """Show the curve so far; None hides it."""
        self.setVisible(finder is not None)
        if finder is None or finder == self._finder:
            return
        self._finder = finder
        self._mark(finder.suggested)

    def _mark(self, rate: float | None) -> None:
        assert self._finder is not None
        rate = None if rate is None else float(f"{rate:.2g}")
        self.curve.show_finder(self._finder, rate)
        is_done = self._finder.status == "done"
        self._use.setEnabled(is_done and rate is not None)
        self._save.setEnabled(is_done)
        self._use.setText("Use" if rate is None else f"Use {rate:g}")
        if not is_done:
            self._said.setText("One short training with a rising rate…")
        elif self._finder.suggested is None:
            self._said.setText("The loss never fell: click the curve where you would begin.")
        else:
            self._said.setText("The loss falls fastest at the green line.")
