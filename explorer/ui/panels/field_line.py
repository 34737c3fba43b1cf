"""A field's label and control in one line or two, with a dot where the value is not the preset's.

Used by the groups of the architecture panel and by its controls at the top. Knows nothing of the store.
"""

from __future__ import annotations

from PySide6.QtCore import QPointF, Qt, Signal
from PySide6.QtGui import QContextMenuEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QMenu, QSizePolicy, QVBoxLayout, QWidget

from explorer.ui.panels.field_controls import FieldControl
from explorer.ui.theme import HALF, SPACE, Colours

_DOT_PX = 5.0
_DOT_ROOM_PX = 12
_LINE_PX = 26


class MarkedLabel(QLabel):
    """A label that can have a dot behind its first line."""

    def __init__(self, text: str, parent: QWidget | None = None) -> None:
        super().__init__(text, parent)
        self.is_marked = False
        self.setContentsMargins(0, 0, _DOT_ROOM_PX, 0)

    def set_marked(self, is_marked: bool) -> None:
        """Show the dot or not."""
        if is_marked != self.is_marked:
            self.is_marked = is_marked
            self.setAccessibleDescription("differs from the preset" if is_marked else "")
            self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if not self.is_marked:
            return
        room = self.contentsRect()
        flags = Qt.AlignmentFlag.AlignVCenter | Qt.TextFlag.TextWordWrap
        # PySide's stubs want one flag where Qt takes alignment and text flags together.
        text = self.fontMetrics().boundingRect(room, int(flags), self.text())
        middle = QPointF(text.right() + SPACE, text.top() + self.fontMetrics().height() / 2)
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(Colours.of(self.palette()).accent)
        painter.drawEllipse(middle, _DOT_PX / 2, _DOT_PX / 2)


class FieldLine(QWidget):
    """A label, the control beside it or below, and on right click the way back to the preset.

    Args:
        control: The field's control.
        parent: As Qt has it.
    """

    reset = Signal(object, object)
    """The user wants (field's name, this value) back."""

    def __init__(self, control: FieldControl, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.control = control
        field = control.field
        self._usual: object = field.default
        self._source = ""
        self.label = MarkedLabel(field.title)
        self.label.setToolTip(field.tooltip)
        self.label.setWordWrap(True)
        self.label.setBuddy(control)
        row = QVBoxLayout(self) if control.is_wide else QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(HALF if control.is_wide else SPACE)
        row.addWidget(self.label, 0 if control.is_wide else 1)
        row.addWidget(control)
        if control.is_wide:
            row.setContentsMargins(0, HALF, 0, HALF)
        else:
            self.setMinimumHeight(_LINE_PX)
            self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)

    def show_usual(self, value: object, usual: object, source: str) -> None:
        """Mark the line where the value is not the usual one.

        Args:
            value: What it is.
            usual: What the preset has.
            source: The preset's name.
        """
        self._usual, self._source = usual, source
        self.label.set_marked(value != usual)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        self.menu().popup(event.globalPos())

    def menu(self) -> QMenu:
        """What a right click offers."""
        field = self.control.field
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        action = menu.addAction(f"Reset to {field.label(self._usual)} ({self._source})")
        action.setEnabled(self.label.is_marked)
        action.triggered.connect(lambda _checked=False: self.reset.emit(field.name, self._usual))
        return menu
