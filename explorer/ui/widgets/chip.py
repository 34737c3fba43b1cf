"""A short remark in a rounded frame, such as "weak answer".

Used by the image panel. Knows nothing of the store.
"""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from explorer.ui.theme import HALF, SPACE, Colours, font
from explorer.ui.widgets.elided_label import Tone


class Chip(QWidget):
    """A remark in its tone on a faint ground of the same colour; hidden while it is empty.

    Args:
        parent: As Qt has it.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._text = ""
        self._tone: Tone = "muted"
        self.setFont(font("small"))
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        # An empty remark keeps its height, so that nothing moves when it comes.
        policy = self.sizePolicy()
        policy.setRetainSizeWhenHidden(True)
        self.setSizePolicy(policy)
        self.hide()

    @property
    def text(self) -> str:
        """The remark; empty while hidden."""
        return self._text

    def set_text(self, text: str, tone: Tone = "muted", detail: str = "") -> None:
        """Show a remark, or hide where it is empty.

        Args:
            text: The remark.
            tone: Its colour in the theme.
            detail: The tooltip that explains it.
        """
        self._text, self._tone = text, tone
        self.setAccessibleName(text)
        self.setToolTip(detail)
        self.setVisible(bool(text))
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        metrics = self.fontMetrics()
        width = metrics.horizontalAdvance(self._text) + 2 * SPACE if self._text else 0
        return QSize(width, metrics.height() + HALF)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        colour: QColor = getattr(Colours.of(self.palette()), self._tone)
        ground = QColor(colour)
        ground.setAlpha(32)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(ground)
        radius = self.height() / 2
        painter.drawRoundedRect(QRectF(self.rect()), radius, radius)
        painter.setPen(colour)
        painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter, self._text)
