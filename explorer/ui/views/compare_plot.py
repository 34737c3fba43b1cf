"""Curves of several runs over each other: one colour a network, training dashed and light, validation solid.

Used by the curves section of the comparison, which is built after the first paint: this imports pyqtgraph.
Knows nothing of the store.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QCoreApplication, Qt
from PySide6.QtGui import QPainterPath, QPen
from PySide6.QtWidgets import QVBoxLayout, QWidget

from explorer.ui.theme import HALF, SPACE, Colours, font
from explorer.ui.views.compare_legend import LegendEntry, NameLegend
from explorer.ui.views.compare_lines import OverlaidLine, Subject
from explorer.ui.views.curve_lines import CurveLine, value_at, value_text
from explorer.ui.views.line_plot import FEW_POINTS, Bounds, Float64, LinePlot, faint, with_room
from explorer.ui.widgets.series_colours import series_colour

_TRAINING_ALPHA, _BAND_ALPHA = 0.55, 0.16
_SEEN_PERCENT = 98.0
"""The part of each curve that is in the picture at first: its first steps would press the others flat."""
_AXIS_PX = 52


def _tr(words: str) -> str:
    return QCoreApplication.translate("OverlaidPlot", words)


def _subject(subject: Subject) -> str:
    return {"loss": _tr("Loss"), "accuracy": _tr("Accuracy, %"), "error": _tr("Error, %")}[subject]


class OverlaidPlot(LinePlot):
    """A plot with its legend above it.

    Args:
        name: Its object name.
        parent: As Qt has it.
    """

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(name, _AXIS_PX, parent)
        self._lines: tuple[OverlaidLine, ...] = ()
        self._subject: Subject = "error"
        self._note = ""
        self._bands: list[Any] = []
        self.legend = NameLegend(f"{name}.legend")
        self.legend.toggled.connect(self._on_toggled)
        self.hovered.connect(self.show_cursor)
        column = QVBoxLayout(self)
        column.setContentsMargins(SPACE, HALF, SPACE, 0)
        column.setSpacing(HALF)
        column.addWidget(self.legend)
        column.addWidget(self.plot, 1)
        self.setMinimumHeight(110)
        self.dress()

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
        self.setAccessibleName(_tr("{subject} of several runs").format(subject=_subject(subject)))
        self._label_bottom()
        self.draw()
        self.fit()
        self.say(None)

    # The plot

    def dress(self) -> None:
        """Give all the palette's colours."""
        super().dress()
        self._label_bottom()

    def _label_bottom(self) -> None:
        size = f"{font('small').pointSizeF():.1f}pt"
        ink = Colours.of(self.palette()).muted.name()
        self._plot.setLabel("bottom", self._x_label, color=ink, **{"font-size": size})

    def draw(self) -> None:
        """Draw the lines, and between which of their edges each is a mean."""
        lines = self.lines
        while len(self._bands) < len(lines):
            area = pg.QtWidgets.QGraphicsPathItem()
            area.setZValue(-20)
            area.setPen(QPen(Qt.PenStyle.NoPen))
            self.add_item(area)
            self._bands.append(area)
        for place, line in enumerate(lines):
            ink = series_colour(self.palette(), line.ink)
            is_training = line.part == "training"
            shade = faint(ink, _TRAINING_ALPHA) if is_training else ink
            dots = ink if not is_training and len(line.x) <= FEW_POINTS else None
            self.put_line(place, line.x, line.y, shade, is_dashed=is_training, dots=dots)
            band = self._bands[place]
            band.setPath(QPainterPath() if line.edges is None else self.area(line.x, *line.edges))
            band.setBrush(faint(ink, _BAND_ALPHA))
            band.setVisible(line.edges is not None)
        self.hide_lines(len(lines))
        for band in self._bands[len(lines) :]:
            band.setVisible(False)

    def scaled(self, values: Float64) -> Float64:
        """Values as they stand on the axis: shares in per cent, logarithms where it is logarithmic."""
        return super().scaled(values if self._subject == "loss" else 100 * values)

    def bounds(self) -> Bounds | None:
        """All of the lines but their first steps, which would press the others flat."""
        found = []
        for line in self.lines:
            y = self.scaled(line.y)
            if np.isfinite(y).any():
                found.append((line.x, y[np.isfinite(y)]))
        if not found:
            return None
        left, right = min(float(x[0]) for x, _ in found), max(float(x[-1]) for x, _ in found)
        low, high = min(float(y.min()) for _, y in found), max(float(y.max()) for _, y in found)
        if self._subject != "accuracy" and not self._is_log:
            high = max(float(np.percentile(y, _SEEN_PERCENT)) for _, y in found)
        elif self._subject == "accuracy":
            low = min(float(np.percentile(y, 100 - _SEEN_PERCENT)) for _, y in found)
        return left, right, *with_room(low, high)

    # Reading

    @property
    def has_lines(self) -> bool:
        """Whether there are any, hidden ones included."""
        return bool(self._lines)

    def say(self, x: float | None) -> None:
        """Say the values at a place of the axis; of None the last ones."""
        entries: dict[str, LegendEntry] = {}
        for line in self._lines:
            ink = series_colour(self.palette(), line.ink)
            name = f"{line.name} ×{line.n_runs}" if line.n_runs > 1 else line.name
            readings = (self._reading(other, x) for other in self._lines if other.key == line.key)
            reading = " ".join(filter(None, readings))
            entries[line.key] = LegendEntry(line.key, name, ink, reading)
        order = dict.fromkeys(line.key for line in sorted(self._lines, key=lambda line: line.ink))
        note = self._note if x is None else f"{self._x_label} {x:,.4g}"
        self.legend.show_entries([entries[key] for key in order], _subject(self._subject), note)

    def _reading(self, line: OverlaidLine, x: float | None) -> str:
        """A line's value at a place, or its last; empty outside of it."""
        plain = CurveLine(line.name, line.x, line.y, "other")
        value = value_at(plain, x if x is not None else float(line.x[-1])) if len(line.x) else None
        if value is None:
            return ""
        text = value_text("loss" if self._subject == "loss" else "accuracy", value)
        if line.part == "validation":
            return f"<b>{text}</b>"
        said = _tr("training {value}").format(value=text)
        return f'<span style="color:{Colours.of(self.palette()).muted.name()}">{said}</span>'

    def _on_toggled(self) -> None:
        self.draw()
        self.fit()
        self.say(None)
