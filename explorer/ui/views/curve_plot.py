"""One plot of a training: its lines, what lies between them, the best epoch, and a reading under the mouse.

Used by the training view, and in parts by the comparison, which are built after the first paint: this imports
pyqtgraph. Knows nothing of the store.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QPointF, Qt, Signal
from PySide6.QtGui import QColor, QContextMenuEvent, QMouseEvent, QPalette, QPen
from PySide6.QtWidgets import QHBoxLayout, QLabel, QMenu, QSizePolicy, QVBoxLayout, QWidget

from explorer.ui.theme import HALF, SPACE, Colours, font, is_dark
from explorer.ui.views.curve_lines import (
    SUBJECTS,
    CurveLine,
    Float64,
    PlotLines,
    Subject,
    value_at,
    value_text,
)
from explorer.ui.views.curve_moments import MomentLine
from explorer.ui.widgets.series_colours import series_colour

pg.setConfigOptions(imageAxisOrder="row-major", antialias=False)

_STAGES_LIGHT = ("#2563eb", "#b45309", "#15803d", "#a21caf", "#0e7490", "#b91c1c", "#4d7c0f", "#6d28d9")
_STAGES_DARK = ("#6ea6ff", "#e5ab3b", "#41c778", "#e08cf0", "#4fc4d9", "#ff8a84", "#a9cf54", "#b49cff")
_RAW_ALPHA, _OTHER_ALPHA, _GAP_ALPHA = 0.28, 0.4, 0.12
_PADDING = 0.02
"""Of the width, at either side: half of the cursor's handle, so that it can be taken at both ends."""
_FEW_POINTS = 40
"""So few points of validation are drawn as dots too: one point alone makes no line."""
_DRAWN = {"train": "┄", "validation": "─"}
"""How a line looks where a colour is a network: dashed of the training pictures, whole of the validation."""
_LEAST = 1e-9
_MOST_TIMES = 2.0
"""Losses are shown up to so many times the largest of the training; a logarithmic axis shows them all."""


class PlotWidget(pg.PlotWidget):  # type: ignore[misc]
    """A plot that tells where the mouse is; a double click shows all again."""

    hovered = Signal(object)
    reset_requested = Signal()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        super().mouseMoveEvent(event)
        self.hovered.emit(event.position())

    def leaveEvent(self, event: Any) -> None:
        super().leaveEvent(event)
        self.hovered.emit(None)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        self.reset_requested.emit()


class DecadeAxis(pg.AxisItem):  # type: ignore[misc]
    """An axis that on a logarithmic scale names 1, 2 and 5 only: all nine would run into each other."""

    def tickStrings(self, values: list[float], scale: float, spacing: float) -> list[str]:
        said: list[str] = super().tickStrings(values, scale, spacing)
        if not self.logMode:
            return said
        return [_decade_text(10.0**value, text) for value, text in zip(values, said, strict=True)]


class CurvePlot(QWidget):
    """A plot with its name and its legend above it.

    Args:
        subject: What is plotted.
        name: Its object name.
        head: Stands before the legend, instead of the plot's name.
        parent: As Qt has it.
    """

    png_requested = Signal()
    """The user wants this plot as a picture."""

    csv_requested = Signal()
    """The user wants its numbers as a table."""

    hovered = Signal(object)
    """The mouse is at this place of the axis; None where it left."""

    def __init__(
        self, subject: Subject, name: str, *, head: QWidget | None = None, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setObjectName(name)
        self._subject: Subject = subject
        self._shown = PlotLines()
        self._is_log = False
        self._is_zoomed = False
        self._x_label = ""
        self._items: list[Any] = []
        self._has_head = head is not None
        self.legend = QLabel()
        self.legend.setObjectName(f"{name}.legend")
        self.legend.setToolTip("Beside a twin: ┄ on the training pictures, ─ on the validation pictures")
        self.legend.setTextFormat(Qt.TextFormat.RichText)
        self.legend.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self._make_plot()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        line = QHBoxLayout()
        line.setContentsMargins(SPACE, HALF, SPACE, HALF)
        line.setSpacing(SPACE + HALF)
        if head is not None:
            line.addWidget(head)
        line.addWidget(self.legend, 1)
        column.addLayout(line)
        column.addWidget(self.plot, 1)
        self.setMinimumHeight(88)
        self._dress()

    @property
    def subject(self) -> Subject:
        """What is plotted."""
        return self._subject

    @property
    def shown(self) -> PlotLines:
        """What is drawn."""
        return self._shown

    def show_lines(
        self, shown: PlotLines, subject: Subject, *, is_log: bool, x_label: str, anew: bool = False
    ) -> None:
        """Draw lines.

        Args:
            shown: What.
            subject: What they are about.
            is_log: Whether the values stand on a logarithmic axis.
            x_label: What is along the bottom.
            anew: Whether a part that the user had enlarged is left.
        """
        self._is_zoomed = self._is_zoomed and not anew and subject == self._subject
        self._shown, self._subject, self._is_log, self._x_label = shown, subject, is_log, x_label
        self._left.setLogMode(y=is_log)
        self._left.setScale(100.0 if subject == "accuracy" else 1.0)
        self._draw()
        if not self._is_zoomed:
            self._fit()
        self._say(None)

    def show_cursor(self, x: float | None) -> None:
        """Put the reading line at a place of the axis; None takes it away."""
        self._cursor.setVisible(x is not None)
        if x is not None:
            self._cursor.setPos(x)
        self._say(x)

    def link(self, other: CurvePlot) -> None:
        """Move along the bottom together with another plot."""
        self.plot.setXLink(other.plot)

    def build_menu(self) -> QMenu:
        """The context menu."""
        menu = QMenu(self)
        has_lines = bool(self._shown.lines)
        menu.addAction("Save as PNG…", self.png_requested.emit).setEnabled(has_lines)
        menu.addAction("Save as CSV…", self.csv_requested.emit).setEnabled(has_lines)
        menu.addSeparator()
        menu.addAction("Show all", self._on_reset).setEnabled(self._is_zoomed)
        return menu

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        menu = self.build_menu()
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.popup(event.globalPos())

    def changeEvent(self, event: Any) -> None:
        super().changeEvent(event)
        if event.type() == event.Type.PaletteChange and hasattr(self, "plot"):
            self._dress()
            self._draw()
            self._say(None)

    # The plot

    def _make_plot(self) -> None:
        self.plot = PlotWidget(axisItems={"left": DecadeAxis("left")})
        self.plot.setMenuEnabled(False)
        self.plot.hideButtons()
        self.plot.setContextMenuPolicy(Qt.ContextMenuPolicy.NoContextMenu)
        self.plot.setMinimumHeight(60)
        self.plot.hovered.connect(self._on_hovered)
        self.plot.reset_requested.connect(self._on_reset)
        self._plot = self.plot.getPlotItem()
        self._box = self._plot.getViewBox()
        self._box.sigRangeChangedManually.connect(self._on_zoomed)
        self._box.disableAutoRange()
        self._left, self._bottom = self._plot.getAxis("left"), self._plot.getAxis("bottom")
        self._left.setWidth(46)
        self._left.enableAutoSIPrefix(False)
        self._bottom.enableAutoSIPrefix(False)
        self._gap = pg.QtWidgets.QGraphicsPathItem()
        self._gap.setZValue(-20)
        self._plot.addItem(self._gap, ignoreBounds=True)
        self._best_line = pg.InfiniteLine(angle=90, movable=False)
        self._best_dot = pg.ScatterPlotItem(size=8, pxMode=True)
        self._cursor = pg.InfiniteLine(angle=90, movable=False)
        for item in (self._best_line, self._best_dot, self._cursor):
            self._plot.addItem(item, ignoreBounds=True)
            item.hide()
        self.moments = MomentLine(self._plot, self)

    def _dress(self) -> None:
        colours = Colours.of(self.palette())
        self.plot.setBackground(self.palette().color(QPalette.ColorRole.Base))
        for axis in (self._left, self._bottom):
            axis.setPen(pg.mkPen(colours.hairline, width=1))
            axis.setTextPen(colours.muted)
            axis.setStyle(tickFont=font("small"), tickLength=-4, hideOverlappingLabels=True)
        self._plot.showGrid(x=False, y=True, alpha=0.25)
        self._best_line.setPen(pg.mkPen(colours.success, width=1, style=Qt.PenStyle.DashLine))
        self._best_dot.setBrush(colours.success)
        self._best_dot.setPen(pg.mkPen(self.palette().color(QPalette.ColorRole.Base), width=1))
        self._cursor.setPen(pg.mkPen(colours.muted, width=1))
        self.moments.dress(colours.text)
        ground = QColor(colours.warning)
        ground.setAlphaF(_GAP_ALPHA)
        self._gap.setBrush(ground)
        self._gap.setPen(QPen(Qt.PenStyle.NoPen))

    def colour(self, line: CurveLine) -> QColor:
        """The colour of a line."""
        colours = Colours.of(self.palette())
        if line.role == "stage":
            stages = _STAGES_DARK if is_dark(self.palette()) else _STAGES_LIGHT
            return QColor(stages[line.place % len(stages)])
        if self._shown.has_twin:
            return series_colour(self.palette(), int(line.is_twin))
        return QColor(colours.warning if line.role == "validation" else colours.accent)

    def _draw(self) -> None:
        drawn: list[tuple[Float64, Float64, QColor, Qt.PenStyle, bool]] = []
        for line in self._shown.lines:
            ink = self.colour(line)
            if line.raw is not None:
                drawn.append((*line.raw, faint(ink, _RAW_ALPHA), Qt.PenStyle.SolidLine, False))
            is_dashed = line.is_other or (self._shown.has_twin and line.role == "train")
            style = Qt.PenStyle.DashLine if is_dashed else Qt.PenStyle.SolidLine
            with_dots = line.role == "validation" and len(line.x) <= _FEW_POINTS and not line.is_other
            shade = faint(ink, _OTHER_ALPHA) if line.is_other else ink
            drawn.append((line.x, line.y, shade, style, with_dots))
        while len(self._items) < len(drawn):
            item = pg.PlotDataItem(connect="finite")
            self._plot.addItem(item, ignoreBounds=True)
            self._items.append(item)
        for item, (x, y, ink, style, with_dots) in zip(self._items, drawn, strict=False):
            item.setVisible(True)
            item.setData(
                x,
                self._scaled(y),
                pen=pg.mkPen(ink, width=1, style=style),
                symbol="o" if with_dots else None,
                symbolSize=4,
                symbolBrush=ink,
                symbolPen=None,
            )
        for item in self._items[len(drawn) :]:
            item.setVisible(False)
        self._draw_gap()
        self._draw_best()

    def _draw_gap(self) -> None:
        from PySide6.QtGui import QPainterPath, QPolygonF

        path = QPainterPath()
        if self._shown.gap is not None:
            x, train, validation = self._shown.gap
            y = np.concatenate([self._scaled(train), self._scaled(validation)[::-1]])
            points = zip(np.concatenate([x, x[::-1]]).tolist(), y.tolist(), strict=True)
            path.addPolygon(QPolygonF([QPointF(*point) for point in points if np.isfinite(point[1])]))
        self._gap.setPath(path)

    def _draw_best(self) -> None:
        best = self._shown.best
        for item in (self._best_line, self._best_dot):
            item.setVisible(best is not None)
        if best is not None:
            self._best_line.setPos(best[0])
            self._best_dot.setData([best[0]], [float(self._scaled(np.array([best[1]]))[0])])

    def _scaled(self, values: Float64) -> Float64:
        if not self._is_log:
            return values
        with np.errstate(invalid="ignore"):
            return np.where(values > _LEAST, np.log10(np.maximum(values, _LEAST)), np.nan)

    def _fit(self) -> None:
        """Show all of the lines; a raw curve's spikes may leave the picture."""
        lines = [line for line in self._shown.lines if len(line.x)]
        if not lines:
            return
        right = max(self.moments.last, *(float(line.x[-1]) for line in lines))
        left = min(self.moments.first, *(float(line.x[0]) for line in lines))
        y = np.concatenate([self._scaled(line.y) for line in lines])
        y = y[np.isfinite(y)]
        if not len(y):
            return
        low, high = float(y.min()), float(y.max())
        if self._subject == "loss" and not self._is_log:
            # One epoch that went astray must not press all others flat.
            trained = [
                float(np.nanmax(line.y)) for line in lines if line.role == "train" and not line.is_other
            ]
            high = min([high, *(_MOST_TIMES * loss for loss in trained if np.isfinite(loss))])
        room = 0.06 * (high - low) or max(abs(high), 1.0) * 0.05
        top = min(high + room, 1.02) if self._subject == "accuracy" else high + room
        if left >= right:  # one point: no span of its own to divide into ticks
            left, right = min(0.0, right), max(1.0, right)
        self._box.setRange(xRange=(left, right), yRange=(low - room, top), padding=_PADDING, update=True)

    # Reading

    def _say(self, x: float | None) -> None:
        colours = Colours.of(self.palette())
        said = [] if self._has_head else [f"<b>{SUBJECTS[self._subject]}</b>"]
        said += self._say_pair(x) if self._shown.has_twin else self._say_lines(x)
        if self._shown.best is not None and x is None:
            best = f"best epoch {self._shown.best_epoch}: {value_text(self._subject, self._shown.best[1])}"
            said.append(f'<span style="white-space:nowrap; color:{colours.success.name()}">{best}</span>')
        if x is not None:
            said.append(f'<span style="color:{colours.muted.name()}">{self._x_label} {x:,.4g}</span>')
        # What a pair says is too long for a narrow plot: whole networks go to the next line, none is cut off.
        self.legend.setWordWrap(self._shown.has_twin)
        gap = "&nbsp;&nbsp; " if self._shown.has_twin else "&nbsp;&nbsp;&nbsp;"
        self.legend.setText(gap.join(said))

    def _say_lines(self, x: float | None) -> list[str]:
        return [
            f'<span style="color:{self.colour(line).name()}">●</span> {line.name}{self._value(line, x)}'
            for line in self._shown.lines
            if x is not None or not line.is_other
        ]

    def _say_pair(self, x: float | None) -> list[str]:
        """A colour is a network; its lines are told apart by how they are drawn."""
        said = []
        for name, is_twin in (("residual", False), ("plain twin", True)):
            lines = [each for each in self._shown.lines if each.is_twin is is_twin and not each.is_other]
            marks = (f"{_DRAWN[line.role]}{self._value(line, x)}" for line in lines if line.role in _DRAWN)
            if lines:
                ink = self.colour(lines[0]).name()
                words = f'<span style="color:{ink}">● {name}</span> {" ".join(marks)}'
                said.append(f'<span style="white-space:nowrap">{words}</span>')
        return said

    def _value(self, line: CurveLine, x: float | None) -> str:
        value = value_at(line, x) if x is not None else float(line.y[-1]) if len(line.y) else None
        return "" if value is None else f" {value_text(self._subject, value)}"

    def _on_hovered(self, place: QPointF | None) -> None:
        if place is None or not self._shown.lines:
            self.hovered.emit(None)
            return
        self.hovered.emit(float(self._box.mapSceneToView(self.plot.mapToScene(place.toPoint())).x()))

    def _on_zoomed(self) -> None:
        self._is_zoomed = True

    def _on_reset(self) -> None:
        self._is_zoomed = False
        self._fit()


def _decade_text(value: float, text: str) -> str:
    """What a tick of a logarithmic axis bears: a plain number where it is short, else the power's text."""
    if f"{value:.0e}"[0] not in "125":
        return ""
    return f"{value:g}" if 1e-3 <= value < 1e5 else text


def faint(colour: QColor, alpha: float) -> QColor:
    """A colour that lets through what is behind: 0 to 1, all of it at 0."""
    made = QColor(colour)
    made.setAlphaF(alpha)
    return made
