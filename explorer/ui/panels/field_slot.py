"""The place of a control in the panel, with room below it for the reason why its value was refused.

Used by the architecture panel and its groups. Knows nothing of the store.
"""

from __future__ import annotations

from PySide6.QtCore import QRectF, Qt, Signal
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QLabel, QPushButton, QVBoxLayout, QWidget

from explorer.ui.theme import HALF, RADIUS, SPACE, Colours


class FieldSlot(QWidget):
    """A control, and below it an error line while there is one.

    Args:
        control: The control.
        parent: As Qt has it.
    """

    def __init__(self, control: QWidget, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(HALF)
        column.addWidget(control)
        self._column = column

    def put(self, line: ErrorLine) -> None:
        """Take the error line."""
        self._column.addWidget(line)


class ErrorLine(QWidget):
    """Why a value was refused and what to do about it, with a button that gives the last good one back."""

    reverted = Signal()
    """The user wants the last good value back."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("spec.error")
        self._label = QLabel()
        self._label.setWordWrap(True)
        self._label.setProperty("tone", "danger")
        self._label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        back = QPushButton("Put it back")
        back.setObjectName("spec.error.revert")
        back.setToolTip("Forget the refused change and show the network as it is")
        back.clicked.connect(self.reverted)
        column = QVBoxLayout(self)
        column.setContentsMargins(SPACE + HALF, SPACE, SPACE, SPACE)
        column.setSpacing(SPACE)
        column.addWidget(self._label)
        column.addWidget(back, 0, Qt.AlignmentFlag.AlignLeft)

    @property
    def text(self) -> str:
        """The sentence shown."""
        return self._label.text()

    def set_text(self, text: str) -> None:
        """Say it."""
        self._label.setText(text)
        self.setAccessibleName(text)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        danger = Colours.of(self.palette()).danger
        ground = QColor(danger)
        ground.setAlphaF(0.07)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(ground)
        painter.drawRoundedRect(QRectF(self.rect()), RADIUS, RADIUS)
        painter.setBrush(danger)
        painter.drawRoundedRect(QRectF(0, HALF, 3, self.height() - 2 * HALF), 1.5, 1.5)
