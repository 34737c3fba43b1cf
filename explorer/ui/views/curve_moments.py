"""The time machine's cursor on a plot: a line that is dragged from one kept moment to another.

Used by `curve_plot.py`. The line snaps to the moments, which are marked along the bottom; its right end is
now. Knows nothing of the store.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QColor

_MARKS_SHARE = 0.035
"""How much of the plot's height the marks of the moments take."""
_HANDLE_PX, _HANDLE_AT = 11.0, 0.955
_MARKS_ALPHA = 0.75


@dataclass(frozen=True, slots=True, eq=False)
class Moments:
    """Where the cursor may stand.

    Attributes:
        steps: Moments that are kept, rising.
        at: The one that is gone back to; None for now.
        now: Steps that are done.
        is_known: Whether it is known which moments are kept.
    """

    steps: tuple[int, ...] = ()
    at: int | None = None
    now: int = 0
    is_known: bool = False

    @property
    def stops(self) -> tuple[int | None, ...]:
        """All of them before now, and now."""
        return (*(step for step in self.steps if step < self.now), None)

    @property
    def are_gone(self) -> bool:
        """Whether there is nothing to go back to."""
        return self.is_known and not self.steps

    def beside(self, direction: int) -> int | None:
        """The stop before (−1) or after (1) the present one; None is now."""
        stops = self.stops
        place = stops.index(self.at) if self.at in stops else len(stops) - 1
        return stops[min(max(place + direction, 0), len(stops) - 1)]


class MomentLine(QObject):
    """The cursor on one plot; hidden where no moment is kept.

    Args:
        plot: A plot item of pyqtgraph.
        parent: As Qt has it.
    """

    chosen = Signal(object)
    """The user has dragged it to this step; None is now."""

    def __init__(self, plot: Any, parent: QObject) -> None:
        super().__init__(parent)
        self._moments = Moments()
        self._places: NDArray[np.float64] = np.empty(0)
        self._is_dragged = False
        self.line = pg.InfiniteLine(angle=90, movable=True)
        self.line.addMarker("v", _HANDLE_AT, _HANDLE_PX)
        self.line.setZValue(20)
        self.line.setCursor(Qt.CursorShape.SplitHCursor)
        self.line.setToolTip("Drag to rewind the network to an earlier moment; ← and → do it too")
        self._marks = pg.VTickGroup(yrange=[0, _MARKS_SHARE])
        for item in (self._marks, self.line):
            plot.addItem(item, ignoreBounds=True)
            item.hide()
        self.line.sigDragged.connect(self._on_dragged)
        self.line.sigPositionChangeFinished.connect(self._on_dropped)

    @property
    def first(self) -> float:
        """Where the first moment is on the axis; infinity where the cursor is hidden."""
        return float(self._places[0]) if self.line.isVisible() else float("inf")

    @property
    def last(self) -> float:
        """Where now is on the axis; minus infinity where the cursor is hidden."""
        return float(self._places[-1]) if self.line.isVisible() else float("-inf")

    def dress(self, accent: QColor) -> None:
        """Take a theme's colour."""
        faint = QColor(accent)
        faint.setAlphaF(_MARKS_ALPHA)
        self.line.setPen(pg.mkPen(accent, width=1))
        self.line.setHoverPen(pg.mkPen(accent, width=2))
        self._marks.setPen(pg.mkPen(faint, width=1))

    def show_moments(self, moments: Moments, places: NDArray[np.float64]) -> None:
        """Show where the cursor may stand and where it stands.

        Args:
            moments: The stops.
            places: Where each of them is on the axis.
        """
        self._moments, self._places = moments, places
        is_on = len(places) > 1
        self.line.setVisible(is_on)
        self._marks.setVisible(is_on)
        if not is_on:
            return
        self._marks.setXVals(places[:-1].tolist())
        if not self._is_dragged:
            self.line.setBounds((float(places[0]), float(places[-1])))
            self.line.setPos(float(places[self._stop_of(moments.at)]))

    def _stop_of(self, at: int | None) -> int:
        stops = self._moments.stops
        return stops.index(at) if at in stops else len(stops) - 1

    def _on_dragged(self) -> None:
        self._is_dragged = True
        place = int(np.argmin(np.abs(self._places - float(self.line.value()))))
        self.line.setPos(float(self._places[place]))
        self.chosen.emit(self._moments.stops[place])

    def _on_dropped(self) -> None:
        self._is_dragged = False
        self.show_moments(self._moments, self._places)
