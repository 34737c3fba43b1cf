"""A dot in the colour that a thing has in every chart.

Used by the comparison's columns. Knows nothing of the store.
"""

from __future__ import annotations

from PySide6.QtCore import QPointF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from explorer.ui.widgets.series_colours import series_colour

_DOT_PX = 4.5


class InkDot(QWidget):
    """The dot.

    Args:
        name: Its object name.
        about: Its tooltip.
        parent: As Qt has it.
    """

    def __init__(self, name: str, about: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName(name)
        self.setToolTip(about)
        self.setFixedSize(QSize(14, 20))
        self._place = 0

    @property
    def place(self) -> int:
        """Of the colour, in `series_colour`."""
        return self._place

    def show_place(self, place: int) -> None:
        """Take the colour of a place."""
        if place != self._place:
            self._place = place
            self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(series_colour(self.palette(), self._place))
        painter.drawEllipse(QPointF(self.width() / 2, self.height() / 2), _DOT_PX, _DOT_PX)
