"""A small chart with its name and legend above it: lines, bars, dots; read under the mouse, clicked on.

Used by the inside view. Painted by Qt alone, so that it costs nothing to import. Knows nothing of the store.
"""

from __future__ import annotations

from html import escape

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import QColor, QResizeEvent
from PySide6.QtWidgets import QLabel, QVBoxLayout, QWidget

from explorer.ui.theme import HALF, SPACE, Colours
from explorer.ui.widgets.chart_data import (
    ChartData,
    Series,
    value_text,
)
from explorer.ui.widgets.chart_plot import ChartPlot
from explorer.ui.widgets.series_colours import series_colour

_FAINT_ALPHA = 0.35


class Chart(QWidget):
    """A chart.

    Args:
        name: Its object name.
        clickable: Whether a click on a point tells which it is.
        parent: As Qt has it.
    """

    clicked = Signal(object)
    """The user clicked the point of this label."""

    place_clicked = Signal(object)
    """The user clicked at this place of the bottom axis."""

    def __init__(self, name: str, *, clickable: bool = False, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName(name)
        self._data = ChartData("")
        self._hidden: frozenset[str] = frozenset()
        self._place: float | None = None
        self.legend = QLabel()
        self.legend.setObjectName(f"{name}.legend")
        self.legend.setTextFormat(Qt.TextFormat.RichText)
        self.legend.setWordWrap(True)
        self.legend.setToolTip("Click a name to hide or show its line")
        self.legend.linkActivated.connect(self._on_legend)
        self.plot = ChartPlot(self)
        self.plot.setCursor(Qt.CursorShape.PointingHandCursor if clickable else Qt.CursorShape.ArrowCursor)
        self._is_clickable = clickable
        column = QVBoxLayout(self)
        column.setContentsMargins(SPACE, HALF, SPACE, 0)
        column.setSpacing(0)
        column.addWidget(self.legend)
        column.addWidget(self.plot, 1)

    @property
    def data(self) -> ChartData:
        """What is shown."""
        return self._data

    @property
    def hidden(self) -> frozenset[str]:
        """The names of lines that the user has hidden."""
        return self._hidden

    @property
    def place(self) -> float | None:
        """Where the mouse reads."""
        return self._place

    def show_data(self, data: ChartData) -> None:
        """Show something else; hidden lines stay hidden."""
        if data == self._data:
            return
        self._data = data
        self.setAccessibleName(data.title)
        self._say()
        self.plot.update()

    def read_at(self, place: float | None) -> None:
        """Read the values at a place of the bottom axis; None for the legend alone."""
        if place != self._place:
            self._place = place
            self._say()
            self.plot.update()

    def press_at(self, place: float) -> None:
        """The user clicked at a place of the bottom axis."""
        if self._is_clickable:
            self.place_clicked.emit(place)
        first = next(iter(self.shown), None)
        at = first.nearest(place) if first is not None else None
        if self._is_clickable and first is not None and at is not None:
            self.clicked.emit(first.labels[at])

    @property
    def shown(self) -> tuple[Series, ...]:
        """The lines that are not hidden."""
        return tuple(line for line in self._data.series if line.name not in self._hidden)

    def ink(self, line: Series) -> QColor:
        """A line's colour."""
        if line.ink >= 0:
            return series_colour(self.palette(), line.ink)
        faint = QColor(Colours.of(self.palette()).muted)
        faint.setAlphaF(_FAINT_ALPHA)
        return faint

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if event.size().width() != event.oldSize().width():
            self.legend.setMinimumHeight(0)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange and hasattr(self, "plot"):
            self._say()

    # The legend

    def _on_legend(self, link: str) -> None:
        name = self._data.series[int(link)].name
        others = {line.name for line in self._data.series} - self._hidden - {name}
        # The last line stays: a chart of nothing would leave no name to click.
        if name in self._hidden or others:
            self._hidden = self._hidden ^ {name}
        self._say()
        self.plot.update()

    def _say(self) -> None:
        colours, data = Colours.of(self.palette()), self._data
        readings = (
            {line.name: line.nearest(self._place) for line in self.shown} if self._place is not None else {}
        )
        labels = {line.labels[at] for line in self.shown if (at := readings.get(line.name)) is not None}
        said = [f"<b>{escape(data.title)}</b>"]
        if len(labels) == 1:
            said.append(f"<b>{escape(labels.pop())}</b>")
        for number, line in enumerate(data.series):
            at = readings.get(line.name)
            if not line.in_legend and at is None:
                continue
            reading = "" if at is None else f" {self._reading(line, at, with_label=len(labels) > 1)}"
            ink = colours.muted if line.name in self._hidden else self.ink(line)
            name = escape(line.name).replace(" ", "&nbsp;")
            name = f"<s>{name}</s>" if line.name in self._hidden else name
            dot = f'<span style="color:{ink.name()}">●</span>'
            text = colours.muted if line.name in self._hidden else colours.text
            link = (
                f'<a href="{number}" style="color:{text.name()};text-decoration:none">{dot}&nbsp;{name}</a>'
            )
            said.append(f"{link}{reading}")
        for level in data.levels:
            value = value_text(level.value, data.unit)
            words = f"┄ {escape(level.name)} {value}".replace(" ", "&nbsp;")
            ink = colours.muted if level.ink < 0 else series_colour(self.palette(), level.ink)
            said.append(f'<span style="color:{ink.name()}">{words}</span>')
        self.legend.setText(" &nbsp; ".join(said))
        # A longer reading takes its line and keeps it: the plot must not jump under the mouse.
        needed = self.legend.heightForWidth(max(self.legend.width(), 1))
        if self._place is not None and needed > self.legend.minimumHeight():
            self.legend.setMinimumHeight(needed)

    def _reading(self, line: Series, at: int, *, with_label: bool) -> str:
        value = line.known(at)
        note = line.notes[at] if line.notes else ""
        text = note if value is None and note else value_text(value, self._data.unit)
        said = f"<b>{escape(text)}</b>"
        return f"{said} at {escape(line.labels[at])}" if with_label else said

    def reading(self) -> str:
        """What the legend says now, as plain text."""
        from PySide6.QtGui import QTextDocument

        document = QTextDocument()
        document.setHtml(self.legend.text())
        return document.toPlainText().replace("\xa0", " ")
