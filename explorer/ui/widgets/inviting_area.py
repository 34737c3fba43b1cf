"""What stands where no picture is yet: what to do, and what happens then.

Used by the image panel. Knows nothing of the store.
"""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from explorer.ui.theme import HALF, SPACE, Colours, font
from explorer.ui.widgets.drop_area import draw_picture_icon


class InvitingArea(QWidget):
    """A framed invitation to drop photographs; a click or Return asks for files.

    Args:
        parent: As Qt has it.
    """

    clicked = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("image.empty")
        self.setAccessibleName("Drop photos here, or press to open files")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)

    def sizeHint(self) -> QSize:
        return QSize(304, 300)

    def minimumSizeHint(self) -> QSize:
        return QSize(180, 220)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton and self.rect().contains(event.position().toPoint()):
            self.clicked.emit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Space, Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.clicked.emit()
        else:
            super().keyPressEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        colours = Colours.of(self.palette())
        is_hot = self.underMouse() or self.hasFocus()
        pen = QPen(colours.accent if is_hot else colours.muted, 1.4)
        pen.setDashPattern([4, 4])
        painter.setPen(pen)
        painter.setBrush(colours.card)
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(1, 1, -1, -1), 10, 10)
        middle = self.height() / 2
        icon = QRectF(self.width() / 2 - 32, middle - 104, 64, 56)
        draw_picture_icon(painter, icon, colours.accent)
        lines = (
            (font("heading", strong=True), colours.text, "Drop photos here"),
            (font("body"), colours.muted, "or open, paste, drag from a browser"),
            (font("small"), colours.muted, ""),
            (font("small"), colours.muted, "The net says what it sees in them, and the"),
            (font("small"), colours.muted, "feature maps show what every layer sees."),
        )
        top = middle - 28
        for face, colour, words in lines:
            painter.setFont(face)
            painter.setPen(colour)
            height = painter.fontMetrics().height() + HALF
            place = QRectF(SPACE, top, self.width() - 2 * SPACE, height)
            painter.drawText(place, Qt.AlignmentFlag.AlignCenter, words)
            top += height
