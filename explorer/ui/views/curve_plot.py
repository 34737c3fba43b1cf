"""One plot of a training: its lines, what lies between them, the best epoch, and a reading under the mouse.

Used by the training view, which is built after the first paint: this imports pyqtgraph. Knows nothing of the
store.
"""

from __future__ import annotations

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QPainterPath, QPalette, QPen
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSizePolicy, QVBoxLayout, QWidget

from explorer.ui.theme import HALF, SPACE, Colours, is_dark
from explorer.ui.views.curve_lines import (
    SUBJECTS,
    CurveLine,
    PlotLines,
    Subject,
    value_at,
    value_text,
)
from explorer.ui.views.curve_moments import MomentLine
from explorer.ui.views.line_plot import FEW_POINTS, Bounds, LinePlot, faint, with_room
from explorer.ui.widgets.series_colours import PART_TONES, series_colour

_STAGES_LIGHT = ("#2563eb", "#b45309", "#15803d", "#a21caf", "#0e7490", "#b91c1c", "#4d7c0f", "#6d28d9")
_STAGES_DARK = ("#6ea6ff", "#e5ab3b", "#41c778", "#e08cf0", "#4fc4d9", "#ff8a84", "#a9cf54", "#b49cff")
_RAW_ALPHA, _OTHER_ALPHA, _GAP_ALPHA = 0.28, 0.4, 0.12
_DRAWN = {"train": "┄", "validation": "─"}
"""How a line looks where a colour is a network: dashed of the training pictures, whole of the validation."""
_MOST_TIMES = 2.0
"""Losses are shown up to so many times the largest of the training; all of them on a logarithmic axis."""
_DECADES_ABOVE, _DECADES_BELOW = 1.0, 3.0
"""So far a logarithmic axis reaches beyond the run's own lines for another run's."""
_AXIS_PX = 46


class CurvePlot(LinePlot):
    """A plot with its name and its legend above it.

    Args:
        subject: What is plotted.
        name: Its object name.
        head: Stands before the legend, instead of the plot's name.
        parent: As Qt has it.
    """

    def __init__(
        self, subject: Subject, name: str, *, head: QWidget | None = None, parent: QWidget | None = None
    ) -> None:
        super().__init__(name, _AXIS_PX, parent)
        self._subject: Subject = subject
        self._shown = PlotLines()
        self._has_head = head is not None
        self.legend = QLabel()
        self.legend.setObjectName(f"{name}.legend")
        self.legend.setToolTip("Beside a twin: ┄ on the training pictures, ─ on the validation pictures")
        self.legend.setTextFormat(Qt.TextFormat.RichText)
        self.legend.setWordWrap(True)
        self.legend.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self._make_items()
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
        self.dress()

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
        self.draw()
        self.fit()
        self.say(None)

    # The plot

    def _make_items(self) -> None:
        self.plot.setMinimumHeight(60)
        self._gap = pg.QtWidgets.QGraphicsPathItem()
        self._gap.setZValue(-20)
        self.add_item(self._gap)
        self._best_line = pg.InfiniteLine(angle=90, movable=False)
        self._best_dot = pg.ScatterPlotItem(size=8, pxMode=True)
        for item in (self._best_line, self._best_dot):
            self.add_item(item)
            item.hide()
        self.moments = MomentLine(self._plot, self)

    def dress(self) -> None:
        """Give all the palette's colours."""
        super().dress()
        colours = Colours.of(self.palette())
        self._best_line.setPen(pg.mkPen(colours.success, width=1, style=Qt.PenStyle.DashLine))
        self._best_dot.setBrush(colours.success)
        self._best_dot.setPen(pg.mkPen(self.palette().color(QPalette.ColorRole.Base), width=1))
        self.moments.dress(colours.text)
        self._gap.setBrush(faint(colours.warning, _GAP_ALPHA))
        self._gap.setPen(QPen(Qt.PenStyle.NoPen))

    def colour(self, line: CurveLine) -> QColor:
        """The colour of a line."""
        colours = Colours.of(self.palette())
        if line.role == "stage":
            stages = _STAGES_DARK if is_dark(self.palette()) else _STAGES_LIGHT
            return QColor(stages[line.place % len(stages)])
        if self._shown.has_twin:
            return series_colour(self.palette(), int(line.is_twin))
        return QColor(getattr(colours, PART_TONES.get(line.role, "accent")))

    def draw(self) -> None:
        """Draw the lines, what lies between them and the best epoch."""
        n_drawn = 0
        for line in self._shown.lines:
            ink = self.colour(line)
            if line.raw is not None:
                self.put_line(n_drawn, *line.raw, faint(ink, _RAW_ALPHA), is_dashed=False, dots=None)
                n_drawn += 1
            is_dashed = line.is_other or (self._shown.has_twin and line.role == "train")
            with_dots = line.role == "validation" and len(line.x) <= FEW_POINTS and not line.is_other
            shade = faint(ink, _OTHER_ALPHA) if line.is_other else ink
            dots = shade if with_dots else None
            self.put_line(n_drawn, line.x, line.y, shade, is_dashed=is_dashed, dots=dots)
            n_drawn += 1
        self.hide_lines(n_drawn)
        gap = self._shown.gap
        self._gap.setPath(QPainterPath() if gap is None else self.area(*gap))
        self._draw_best()

    def _draw_best(self) -> None:
        best = self._shown.best
        for item in (self._best_line, self._best_dot):
            item.setVisible(best is not None)
        if best is not None:
            self._best_line.setPos(best[0])
            self._best_dot.setData([best[0]], [float(self.scaled(np.array([best[1]]))[0])])

    def bounds(self) -> Bounds | None:
        """All of the lines, but not spikes of a raw curve, and not all of another run that went astray."""
        lines = [line for line in self._shown.lines if len(line.x)]
        if not lines:
            return None
        right = max(self.moments.last, *(float(line.x[-1]) for line in lines))
        left = min(self.moments.first, *(float(line.x[0]) for line in lines))
        own, others = (
            self._ends([line for line in lines if line.is_other is is_other]) for is_other in (False, True)
        )
        if own is None:
            own = others
        if own is None:
            return None
        low, high = own
        if others is not None:
            low = min(low, max(others[0], low - _DECADES_BELOW) if self._is_log else others[0])
            # Another run that went astray must not press this one flat either.
            reach = _DECADES_ABOVE if self._is_log else high - low
            high = max(high, others[1] if self._subject == "accuracy" else min(others[1], high + reach))
        if self._subject == "loss" and not self._is_log:
            # One epoch that went astray must not press all others flat.
            trained = [
                float(np.nanmax(line.y)) for line in lines if line.role == "train" and not line.is_other
            ]
            high = min([high, *(_MOST_TIMES * loss for loss in trained if np.isfinite(loss))])
        low, high = with_room(low, high)
        return left, right, low, min(high, 1.02) if self._subject == "accuracy" else high

    def _ends(self, lines: list[CurveLine]) -> tuple[float, float] | None:
        """The least and the largest value as they stand on the axis; None where there is no number."""
        values = [self.scaled(line.y) for line in lines]
        finite = [each[np.isfinite(each)] for each in values]
        y = np.concatenate(finite) if finite else np.empty(0)
        return (float(y.min()), float(y.max())) if len(y) else None

    # Reading

    @property
    def has_lines(self) -> bool:
        """Whether anything is drawn."""
        return bool(self._shown.lines)

    def say(self, x: float | None) -> None:
        """Say the values at a place of the axis; of None the last ones."""
        colours = Colours.of(self.palette())
        said = [] if self._has_head else [f"<b>{SUBJECTS[self._subject]}</b>"]
        said += self._say_pair(x) if self._shown.has_twin else self._say_lines(x)
        if self._shown.best is not None and x is None:
            best = f"best epoch {self._shown.best_epoch}: {value_text(self._subject, self._shown.best[1])}"
            said.append(f'<span style="white-space:nowrap; color:{colours.success.name()}">{best}</span>')
        if x is not None:
            said.append(f'<span style="color:{colours.muted.name()}">{self._x_label} {x:,.4g}</span>')
        # Where the plot is narrow whole names go to the next line, none is cut off.
        self.legend.setText("&nbsp;&nbsp; ".join(said))

    def _say_lines(self, x: float | None) -> list[str]:
        return [
            f'<span style="color:{self.colour(line).name()}">●</span>'
            f'<span style="white-space:nowrap">&nbsp;{line.name}{self._value(line, x)}</span>'
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
