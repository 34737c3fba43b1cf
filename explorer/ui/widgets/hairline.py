"""A thin line between two parts of a column. Used by panels; knows nothing of the store."""

from __future__ import annotations

from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from explorer.ui.theme import Colours


class Hairline(QWidget):
    """One pixel in the theme's colour of lines.

    Args:
        parent: As Qt has it.
    """

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setFixedHeight(1)

    def paintEvent(self, event: QPaintEvent) -> None:
        QPainter(self).fillRect(self.rect(), Colours.of(self.palette()).hairline)
