"""What every plot of curves has: axes, a reading line under the mouse, zoom and the way back, a context menu.

The base of the training's plots and of the comparison's, which are built after the first paint: this imports
pyqtgraph. Knows nothing of the store.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtCore import QCoreApplication, QPointF, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QContextMenuEvent,
    QFontMetrics,
    QMouseEvent,
    QPainterPath,
    QPalette,
    QPolygonF,
)
from PySide6.QtWidgets import QMenu, QWidget

from explorer.ui.theme import Colours, font

pg.setConfigOptions(imageAxisOrder="row-major", antialias=False)

Float64 = NDArray[np.float64]
Bounds = tuple[float, float, float, float]
"""Left, right, lowest and highest, as they stand on the axes."""

FEW_POINTS = 40
"""So few points of validation are drawn as dots too: one point alone makes no line."""
_LEAST = 1e-9
_PADDING = 0.02
"""Of the width, at either side: half of the cursor's handle, so that it can be taken at both ends."""


_Wanted = Callable[[int, int], bool]
_WANTED: tuple[_Wanted, ...] = (
    lambda digit, _: digit in (1, 2, 5),
    lambda digit, _: digit in (1, 3),
    lambda digit, _: digit == 1,
    lambda digit, decade: digit == 1 and decade % 2 == 0,
    lambda digit, decade: digit == 1 and decade % 5 == 0,
    # Less than a decade is in view.
    lambda digit, _: True,
    lambda digit, _: digit % 2 == 0,
    lambda digit, _: digit in (2, 5),
    lambda digit, _: digit == 5,
    lambda digit, _: digit == 2,
)
"""The numbers of a logarithmic axis, by digit and power of ten: the first that have room."""


def _tr(words: str) -> str:
    return QCoreApplication.translate("LinePlot", words)


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


class ValueAxis(pg.AxisItem):  # type: ignore[misc]
    """An axis whose numbers do not run into each other: it has those that there is height for."""

    def tickSpacing(self, low: float, high: float, size: float) -> list[tuple[float, float]]:
        """What lies between two numbers, and between two ticks: pairs of spacing and offset.

        Args:
            low: The least value in view.
            high: The greatest one.
            size: Of the axis, in pixels.
        """
        levels: list[tuple[float, float]] = super().tickSpacing(low, high, size)
        if self.logMode or not levels:
            return levels
        spacing = levels[0][0]
        least = _least_apart(low, high, size)
        if spacing >= least:
            return levels
        return [(2 * spacing if 2 * spacing >= least else 5 * spacing, 0.0)]

    def logTickValues(
        self, low: float, high: float, size: float, _levels: object
    ) -> list[tuple[float | None, list[float]]]:
        """The ticks with numbers, then those without, as powers of ten: 1, 2 and 5 of a decade, else decades.

        Args:
            low: The least power in view.
            high: The greatest one.
            size: Of the axis, in pixels.
        """
        least = _least_apart(low, high, size)
        decades = range(math.floor(low), math.ceil(high) + 1)
        ticks = [decade + math.log10(digit) for decade in decades for digit in range(1, 10)]
        ticks = [tick for tick in ticks if low <= tick <= high]
        numbered: list[float] = []
        for is_wanted in _WANTED:
            wanted = [tick for tick in ticks if is_wanted(round(10 ** (tick % 1)), round(tick))]
            if len(numbered) < 2 and all(after - before >= least for before, after in pairwise(wanted)):
                numbered = max(numbered, wanted, key=len)
        return [(1.0, numbered), (None, [tick for tick in ticks if tick not in numbered])]

    def tickStrings(self, values: list[float], scale: float, spacing: float | None) -> list[str]:
        """What the ticks of a level bear: plain numbers where they are short, else powers of ten."""
        said: list[str] = super().tickStrings(values, scale, spacing)
        if not self.logMode:
            return said
        if spacing is None:
            return [""] * len(values)
        texts = zip(values, said, strict=True)
        return [f"{10.0**value:.6g}" if -3 <= value < 5 else text for value, text in texts]


class LinePlot(QWidget):
    """A plot of lines; what they are and what is said of them is its subclass's.

    Args:
        name: Its object name.
        axis_px: How wide the axis on the left is.
        parent: As Qt has it.
    """

    png_requested = Signal()
    """The user wants this plot as a picture."""

    csv_requested = Signal()
    """The user wants its numbers as a table."""

    hovered = Signal(object)
    """The mouse is at this place of the axis; None where it left."""

    def __init__(self, name: str, axis_px: int, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName(name)
        self._is_log = False
        self._is_zoomed = False
        self._is_dressed = False
        self._x_label = ""
        self._items: list[Any] = []
        self.plot = PlotWidget(axisItems={"left": ValueAxis("left")})
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
        self._left.setWidth(axis_px)
        self._left.enableAutoSIPrefix(False)
        self._bottom.enableAutoSIPrefix(False)
        self._cursor = pg.InfiniteLine(angle=90, movable=False)
        self.add_item(self._cursor)
        self._cursor.hide()

    # What a subclass is asked

    @property
    def has_lines(self) -> bool:
        """Whether anything is drawn."""
        raise NotImplementedError

    def draw(self) -> None:
        """Draw the lines."""
        raise NotImplementedError

    def say(self, x: float | None) -> None:
        """Say the values at a place of the axis; of None the last ones."""
        raise NotImplementedError

    def bounds(self) -> Bounds | None:
        """What of the lines is to be seen; None where there are none."""
        raise NotImplementedError

    def dress(self) -> None:
        """Give all the palette's colours; a subclass adds its own items."""
        self._is_dressed = True
        colours = Colours.of(self.palette())
        self.plot.setBackground(self.palette().color(QPalette.ColorRole.Base))
        for axis in (self._left, self._bottom):
            axis.setPen(pg.mkPen(colours.hairline, width=1))
            axis.setTextPen(colours.muted)
            axis.setStyle(tickFont=font("small"), tickLength=-4, hideOverlappingLabels=True)
        self._plot.showGrid(x=False, y=True, alpha=0.25)
        self._cursor.setPen(pg.mkPen(colours.muted, width=1))

    # For everybody

    def show_cursor(self, x: float | None) -> None:
        """Put the reading line at a place of the axis; None takes it away."""
        self._cursor.setVisible(x is not None)
        if x is not None:
            self._cursor.setPos(x)
        self.say(x)

    def link(self, other: LinePlot) -> None:
        """Move along the bottom together with another plot."""
        self.plot.setXLink(other.plot)

    def build_menu(self) -> QMenu:
        """The context menu."""
        menu = QMenu(self)
        menu.addAction(_tr("Save as PNG…"), self.png_requested.emit).setEnabled(self.has_lines)
        menu.addAction(_tr("Save as CSV…"), self.csv_requested.emit).setEnabled(self.has_lines)
        menu.addSeparator()
        menu.addAction(_tr("Show all"), self._on_reset).setEnabled(self._is_zoomed)
        return menu

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        menu = self.build_menu()
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.popup(event.globalPos())

    def changeEvent(self, event: Any) -> None:
        super().changeEvent(event)
        if event.type() == event.Type.PaletteChange and self._is_dressed:
            self.dress()
            self.draw()
            self.say(None)

    # For subclasses

    def add_item(self, item: Any) -> None:
        """Put something into the picture that does not say how large the picture is."""
        self._plot.addItem(item, ignoreBounds=True)

    def line_item(self, place: int) -> Any:
        """The item of the line of this number; made where there was none."""
        while len(self._items) <= place:
            item = pg.PlotDataItem(connect="finite")
            self.add_item(item)
            self._items.append(item)
        return self._items[place]

    def put_line(
        self, place: int, x: Float64, y: Float64, ink: QColor, *, is_dashed: bool, dots: QColor | None
    ) -> None:
        """Draw a line by its number; `dots` is the colour of its points, None for none of them."""
        item = self.line_item(place)
        item.setVisible(True)
        item.setData(
            x,
            self.scaled(y),
            pen=pg.mkPen(ink, width=1, style=Qt.PenStyle.DashLine if is_dashed else Qt.PenStyle.SolidLine),
            symbol=None if dots is None else "o",
            symbolSize=4,
            symbolBrush=dots,
            symbolPen=None,
        )

    def hide_lines(self, first: int) -> None:
        """Hide the items from this number on."""
        for item in self._items[first:]:
            item.setVisible(False)

    def area(self, x: Float64, low: Float64, high: Float64) -> QPainterPath:
        """What lies between two lines."""
        path = QPainterPath()
        y = np.concatenate([self.scaled(low), self.scaled(high)[::-1]])
        points = zip(np.concatenate([x, x[::-1]]).tolist(), y.tolist(), strict=True)
        path.addPolygon(QPolygonF([QPointF(*point) for point in points if np.isfinite(point[1])]))
        return path

    def scaled(self, values: Float64) -> Float64:
        """Values as they stand on the axis: logarithms where it is logarithmic."""
        if not self._is_log:
            return values
        with np.errstate(invalid="ignore"):
            return np.where(values > _LEAST, np.log10(np.maximum(values, _LEAST)), np.nan)

    def fit(self) -> None:
        """Show what is to be seen of the lines, unless the user enlarged a part."""
        found = None if self._is_zoomed else self.bounds()
        if found is None:
            return
        left, right, low, high = found
        if left >= right:  # one point: no span of its own to divide into ticks
            left, right = min(0.0, right), max(1.0, right)
        self._box.setRange(xRange=(left, right), yRange=(low, high), padding=_PADDING, update=True)

    # What the user does

    def _on_hovered(self, place: QPointF | None) -> None:
        if place is None or not self.has_lines:
            self.hovered.emit(None)
            return
        self.hovered.emit(float(self._box.mapSceneToView(self.plot.mapToScene(place.toPoint())).x()))

    def _on_zoomed(self) -> None:
        self._is_zoomed = True

    def _on_reset(self) -> None:
        self._is_zoomed = False
        self.fit()


def with_room(low: float, high: float) -> tuple[float, float]:
    """A span with a little air below and above."""
    room = 0.06 * (high - low) or max(abs(high), 1.0) * 0.05
    return low - room, high + room


def _least_apart(low: float, high: float, size: float) -> float:
    """How far apart two numbers beside an axis must be, in what it measures."""
    return (high - low) / size * QFontMetrics(font("small")).height()


def faint(colour: QColor, alpha: float) -> QColor:
    """A colour that lets through what is behind: 0 to 1, all of it at 0."""
    made = QColor(colour)
    made.setAlphaF(alpha)
    return made
