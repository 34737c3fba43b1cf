"""Curves of several runs over each other: one colour a network, training dashed and light, validation solid.

Used by the curves section of the comparison, which is built after the first paint: this imports pyqtgraph.
Knows nothing of the store.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QPointF, Qt, Signal
from PySide6.QtGui import QContextMenuEvent, QPainterPath, QPalette, QPen, QPolygonF
from PySide6.QtWidgets import QMenu, QVBoxLayout, QWidget

from explorer.present.overlaid_curves import Float64
from explorer.ui.theme import HALF, SPACE, Colours, font
from explorer.ui.views.compare_legend import LegendEntry, NameLegend
from explorer.ui.views.compare_lines import OverlaidLine, Subject
from explorer.ui.views.curve_lines import CurveLine, value_at, value_text
from explorer.ui.views.curve_plot import DecadeAxis, PlotWidget, faint
from explorer.ui.widgets.series_colours import series_colour

_TRAINING_ALPHA, _BAND_ALPHA = 0.55, 0.16
_FEW_POINTS = 40
"""So few points of validation are drawn as dots too: one point alone makes no line."""
_LEAST = 1e-9
_SEEN_PERCENT = 98.0
"""The part of each curve that is in the picture at first: its first steps would press the others flat."""
_SUBJECTS: dict[Subject, str] = {"loss": "Loss", "accuracy": "Accuracy, %", "error": "Error, %"}


class OverlaidPlot(QWidget):
    """A plot with its legend above it.

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
        self._lines: tuple[OverlaidLine, ...] = ()
        self._subject: Subject = "error"
        self._is_log = False
        self._is_zoomed = False
        self._x_label = ""
        self._note = ""
        self._items: list[Any] = []
        self._bands: list[Any] = []
        self.legend = NameLegend(f"{name}.legend")
        self.legend.toggled.connect(self._on_toggled)
        self._make_plot()
        column = QVBoxLayout(self)
        column.setContentsMargins(SPACE, HALF, SPACE, 0)
        column.setSpacing(HALF)
        column.addWidget(self.legend)
        column.addWidget(self.plot, 1)
        self.setMinimumHeight(110)
        self._dress()

    @property
    def lines(self) -> tuple[OverlaidLine, ...]:
        """What is drawn and not hidden."""
        return tuple(line for line in self._lines if line.key not in self.legend.hidden)

    def show_lines(
        self,
        lines: Sequence[OverlaidLine],
        subject: Subject,
        *,
        is_log: bool,
        x_label: str,
        note: str = "",
        anew: bool = False,
    ) -> None:
        """Draw lines.

        Args:
            lines: What; later ones on top.
            subject: What they are about.
            is_log: Whether the values stand on a logarithmic axis.
            x_label: What is along the bottom.
            note: What the reader should know.
            anew: Whether a part that the user had enlarged is left.
        """
        self._is_zoomed = self._is_zoomed and not anew
        self._lines, self._subject, self._is_log = tuple(lines), subject, is_log
        self._x_label, self._note = x_label, note
        self._left.setLogMode(y=is_log)
        self.setAccessibleName(f"{_SUBJECTS[subject]} of several runs")
        self._label_bottom()
        self._draw()
        if not self._is_zoomed:
            self._fit()
        self._say(None)

    def show_cursor(self, x: float | None) -> None:
        """Read the values at a place of the axis; None for none."""
        self._cursor.setVisible(x is not None)
        if x is not None:
            self._cursor.setPos(x)
        self._say(x)

    def build_menu(self) -> QMenu:
        """The context menu."""
        menu = QMenu(self)
        menu.addAction("Save as PNG…", self.png_requested.emit).setEnabled(bool(self._lines))
        menu.addAction("Save as CSV…", self.csv_requested.emit).setEnabled(bool(self._lines))
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
            self._label_bottom()
            self._draw()
            self._say(None)

    # The plot

    def _make_plot(self) -> None:
        self.plot = PlotWidget(axisItems={"left": DecadeAxis("left")})
        self.plot.setMenuEnabled(False)
        self.plot.hideButtons()
        self.plot.setContextMenuPolicy(Qt.ContextMenuPolicy.NoContextMenu)
        self.plot.hovered.connect(self._on_hovered)
        self.plot.reset_requested.connect(self._on_reset)
        self._plot = self.plot.getPlotItem()
        self._box = self._plot.getViewBox()
        self._box.sigRangeChangedManually.connect(self._on_zoomed)
        self._box.disableAutoRange()
        self._left, self._bottom = self._plot.getAxis("left"), self._plot.getAxis("bottom")
        self._left.setWidth(52)
        self._left.enableAutoSIPrefix(False)
        self._bottom.enableAutoSIPrefix(False)
        self._cursor = pg.InfiniteLine(angle=90, movable=False)
        self._plot.addItem(self._cursor, ignoreBounds=True)
        self._cursor.hide()

    def _dress(self) -> None:
        colours = Colours.of(self.palette())
        self.plot.setBackground(self.palette().color(QPalette.ColorRole.Base))
        for axis in (self._left, self._bottom):
            axis.setPen(pg.mkPen(colours.hairline, width=1))
            axis.setTextPen(colours.muted)
            axis.setStyle(tickFont=font("small"), tickLength=-4, hideOverlappingLabels=True)
        self._plot.showGrid(x=False, y=True, alpha=0.25)
        self._cursor.setPen(pg.mkPen(colours.muted, width=1))

    def _label_bottom(self) -> None:
        size = f"{font('small').pointSizeF():.1f}pt"
        ink = Colours.of(self.palette()).muted.name()
        self._plot.setLabel("bottom", self._x_label, color=ink, **{"font-size": size})

    def _draw(self) -> None:
        lines = self.lines
        while len(self._items) < len(lines):
            area = pg.QtWidgets.QGraphicsPathItem()
            area.setZValue(-20)
            self._plot.addItem(area, ignoreBounds=True)
            self._bands.append(area)
            item = pg.PlotDataItem(connect="finite")
            self._plot.addItem(item, ignoreBounds=True)
            self._items.append(item)
        for item, area, line in zip(self._items, self._bands, lines, strict=False):
            self._draw_line(item, line)
            self._draw_band(area, line)
        for hidden in (*self._items[len(lines) :], *self._bands[len(lines) :]):
            hidden.setVisible(False)

    def _draw_line(self, item: Any, line: OverlaidLine) -> None:
        ink = series_colour(self.palette(), line.ink)
        is_training = line.part == "training"
        shade = faint(ink, _TRAINING_ALPHA) if is_training else ink
        style = Qt.PenStyle.DashLine if is_training else Qt.PenStyle.SolidLine
        with_dots = not is_training and len(line.x) <= _FEW_POINTS
        item.setVisible(True)
        item.setData(
            line.x,
            self._scaled(line.y),
            pen=pg.mkPen(shade, width=1, style=style),
            symbol="o" if with_dots else None,
            symbolSize=4,
            symbolBrush=ink,
            symbolPen=None,
        )

    def _draw_band(self, area: Any, line: OverlaidLine) -> None:
        path = QPainterPath()
        if line.edges is not None:
            low, high = self._scaled(line.edges[0]), self._scaled(line.edges[1])
            y = np.concatenate([low, high[::-1]]).tolist()
            points = zip(np.concatenate([line.x, line.x[::-1]]).tolist(), y, strict=True)
            path.addPolygon(QPolygonF([QPointF(*point) for point in points if np.isfinite(point[1])]))
        area.setPath(path)
        area.setBrush(faint(series_colour(self.palette(), line.ink), _BAND_ALPHA))
        area.setPen(QPen(Qt.PenStyle.NoPen))
        area.setVisible(line.edges is not None)

    def _scaled(self, values: Float64) -> Float64:
        """Values as they stand on the axis: shares in per cent, logarithms where it is logarithmic."""
        shown = values if self._subject == "loss" else 100 * values
        if not self._is_log:
            return shown
        with np.errstate(invalid="ignore"):
            return np.where(shown > _LEAST, np.log10(np.maximum(shown, _LEAST)), np.nan)

    def _fit(self) -> None:
        """Show all of the lines but their first steps, which would press the others flat."""
        found = []
        for line in self.lines:
            y = self._scaled(line.y)
            if np.isfinite(y).any():
                found.append((line.x, y[np.isfinite(y)]))
        if not found:
            return
        left, right = min(float(x[0]) for x, _ in found), max(float(x[-1]) for x, _ in found)
        low, high = min(float(y.min()) for _, y in found), max(float(y.max()) for _, y in found)
        if self._subject != "accuracy" and not self._is_log:
            high = max(float(np.percentile(y, _SEEN_PERCENT)) for _, y in found)
        elif self._subject == "accuracy":
            low = min(float(np.percentile(y, 100 - _SEEN_PERCENT)) for _, y in found)
        room = 0.06 * (high - low) or max(abs(high), 1.0) * 0.05
        if left >= right:  # one point: no span of its own to divide into ticks
            left, right = min(0.0, right), max(1.0, right)
        self._box.setRange(xRange=(left, right), yRange=(low - room, high + room), padding=0.01, update=True)

    # Reading

    def _say(self, x: float | None) -> None:
        entries: dict[str, LegendEntry] = {}
        for line in self._lines:
            ink = series_colour(self.palette(), line.ink)
            name = f"{line.name} ×{line.n_runs}" if line.n_runs > 1 else line.name
            readings = (self._reading(other, x) for other in self._lines if other.key == line.key)
            reading = " ".join(filter(None, readings))
            entries[line.key] = LegendEntry(line.key, name, ink, reading)
        order = dict.fromkeys(line.key for line in sorted(self._lines, key=lambda line: line.ink))
        note = self._note if x is None else f"{self._x_label} {x:,.4g}"
        self.legend.show_entries([entries[key] for key in order], _SUBJECTS[self._subject], note)

    def _reading(self, line: OverlaidLine, x: float | None) -> str:
        """A line's value at a place, or its last; empty outside of it."""
        plain = CurveLine(line.name, line.x, line.y, "other")
        value = value_at(plain, x if x is not None else float(line.x[-1])) if len(line.x) else None
        if value is None:
            return ""
        text = value_text("loss" if self._subject == "loss" else "accuracy", value)
        if line.part == "validation":
            return f"<b>{text}</b>"
        return f'<span style="color:{Colours.of(self.palette()).muted.name()}">training {text}</span>'

    def _on_hovered(self, place: QPointF | None) -> None:
        if place is None or not self._lines:
            self.show_cursor(None)
            return
        self.show_cursor(float(self._box.mapSceneToView(self.plot.mapToScene(place.toPoint())).x()))

    def _on_toggled(self) -> None:
        self._draw()
        if not self._is_zoomed:
            self._fit()
        self._say(None)

    def _on_zoomed(self) -> None:
        self._is_zoomed = True

    def _on_reset(self) -> None:
        self._is_zoomed = False
        self._fit()
