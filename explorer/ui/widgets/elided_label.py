"""A line of text that is shortened where it does not fit, and then tells the whole in its tooltip.

Used by the panels and bars of the window. Knows nothing of the store.
"""

from __future__ import annotations

from typing import Literal

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from explorer.ui.theme import Colours

Tone = Literal["text", "muted", "accent", "success", "warning", "danger"]


class ElidedLabel(QWidget):
    """One line of plain text, elided to its width.

    Args:
        tone: The theme's colour to write in.
        mode: Where to shorten: in the middle for file names, else at the end.
        parent: As Qt has it.
    """

    def __init__(
        self,
        tone: Tone = "text",
        mode: Qt.TextElideMode = Qt.TextElideMode.ElideRight,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._text = ""
        self._detail = ""
        self._tone = tone
        self._mode = mode
        self._side = Qt.AlignmentFlag.AlignLeft
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)

    @property
    def text(self) -> str:
        """The whole text."""
        return self._text

    def set_tone(self, tone: Tone) -> None:
        """Write in another of the theme's colours."""
        if tone != self._tone:
            self._tone = tone
            self.update()

    def set_right(self) -> None:
        """Write at the right, as numbers below each other stand."""
        self._side = Qt.AlignmentFlag.AlignRight
        self.update()

    def set_text(self, text: str, detail: str = "") -> None:
        """Show a text.

        Args:
            text: The line.
            detail: A tooltip; the whole line where empty and the line is shortened.
        """
        if (text, detail) == (self._text, self._detail):
            return
        self._text, self._detail = text, detail
        self.setAccessibleName(text)
        self._refresh_tooltip()
        if self.sizePolicy().horizontalPolicy() != QSizePolicy.Policy.Ignored:
            # Where it is as wide as its text, its line makes room anew.
            self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        metrics = self.fontMetrics()
        # The advance is rounded down: at exactly that width Qt shortens already.
        return QSize(metrics.horizontalAdvance(self._text) + 2, metrics.height())

    def minimumSizeHint(self) -> QSize:
        return QSize(20, self.fontMetrics().height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._refresh_tooltip()
        super().resizeEvent(event)

    def _refresh_tooltip(self) -> None:
        is_cut = self.fontMetrics().horizontalAdvance(self._text) > self.width()
        self.setToolTip(self._detail or (self._text if is_cut else ""))

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        colours = Colours.of(self.palette())
        painter.setPen(getattr(colours, self._tone if self.isEnabled() else "muted"))
        text = self.fontMetrics().elidedText(self._text, self._mode, self.width())
        painter.drawText(self.rect(), self._side | Qt.AlignmentFlag.AlignVCenter, text)
