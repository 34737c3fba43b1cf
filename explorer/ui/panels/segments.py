"""A row of buttons of which one is chosen, such as Basic | Bottleneck or None | A | B | C.

Used by the architecture panel. Knows nothing of the store.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QAbstractButton, QButtonGroup, QHBoxLayout, QSizePolicy, QWidget

from explorer.ui.theme import RADIUS, SPACE, Colours

Drawing = Callable[[QPainter, QRectF], None]
"""Paints into a rectangle with the painter's own pen and brush."""

_DRAWING_PX = 34
_LEAST_SHARE_PX = 56


@dataclass(frozen=True, slots=True)
class Segment:
    """One choice: its value, what stands on it, what it means, and a drawing above the text or None."""

    value: str
    text: str
    tooltip: str
    drawing: Drawing | None = None


class SegmentButton(QAbstractButton):
    """One choice of `Segments`, drawn by itself."""

    def __init__(self, segment: Segment, parent: QWidget) -> None:
        super().__init__(parent)
        self._drawing = segment.drawing
        self.setText(segment.text)
        self.setToolTip(segment.tooltip)
        self.setAccessibleName(segment.text)
        self.setCheckable(True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)

    def sizeHint(self) -> QSize:
        metrics = self.fontMetrics()
        height = metrics.height() + SPACE + (_DRAWING_PX + SPACE if self._drawing else 2)
        return QSize(metrics.horizontalAdvance(self.text()) + 2 * SPACE, height)

    def minimumSizeHint(self) -> QSize:
        # In a narrow panel words may stand close; they are never cut.
        hint = self.sizeHint()
        return QSize(hint.width() - 2 * SPACE + 6, hint.height())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        steps = {Qt.Key.Key_Left: -1, Qt.Key.Key_Up: -1, Qt.Key.Key_Right: 1, Qt.Key.Key_Down: 1}
        step = steps.get(Qt.Key(event.key()))
        if step is None:
            super().keyPressEvent(event)
            return
        row = self.group().buttons()
        other = row[max(0, min(len(row) - 1, row.index(self) + step))]
        if other is not self:
            other.setFocus(Qt.FocusReason.TabFocusReason)
            other.click()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        colours = Colours.of(self.palette())
        frame = QRectF(self.rect()).adjusted(2.5, 2.5, -2.5, -2.5)
        ink = colours.on_accent if self.isChecked() else colours.text
        if self.isChecked():
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(colours.chosen)
            painter.drawRoundedRect(frame, RADIUS - 2, RADIUS - 2)
        elif self.underMouse():
            hover = QColor(colours.text)
            hover.setAlphaF(0.08)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(hover)
            painter.drawRoundedRect(frame, RADIUS - 2, RADIUS - 2)
        if self.hasFocus():
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(colours.on_accent if self.isChecked() else colours.accent)
            painter.drawRoundedRect(frame.adjusted(2, 2, -2, -2), RADIUS - 3, RADIUS - 3)
        self._paint_content(painter, ink)

    def _paint_content(self, painter: QPainter, ink: QColor) -> None:
        painter.setPen(ink)
        if self._drawing is None:
            painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter, self.text())
            return
        place = QRectF((self.width() - _DRAWING_PX) / 2, SPACE, _DRAWING_PX, _DRAWING_PX)
        painter.setBrush(ink)
        self._drawing(painter, place)
        painter.setPen(ink)
        below = self.rect().adjusted(0, SPACE + _DRAWING_PX + 2, 0, -2)
        painter.drawText(below, Qt.AlignmentFlag.AlignCenter, self.text())


class Segments(QWidget):
    """A row of choices in one rounded frame; arrow keys move the choice.

    Args:
        name: Its object name; the buttons are `name.value`.
        label: What is chosen, for screen readers.
        segments: The choices, in order.
        parent: As Qt has it.
    """

    chosen = Signal(object)
    """The user chose this value; never the one that was shown already."""

    def __init__(
        self, name: str, label: str, segments: Sequence[Segment], parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setObjectName(name)
        self.setAccessibleName(label)
        self._group = QButtonGroup(self)
        self._buttons: dict[str, SegmentButton] = {}
        self._value = ""
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        for segment in segments:
            button = SegmentButton(segment, self)
            button.setObjectName(f"{name}.{segment.value}")
            button.clicked.connect(lambda _=False, value=segment.value: self._on_clicked(value))
            self._group.addButton(button)
            self._buttons[segment.value] = button
            # Short words get equal room, a long one as much as it needs.
            row.addWidget(button, max(_LEAST_SHARE_PX, button.sizeHint().width()))
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    @property
    def value(self) -> str:
        """What is shown as chosen."""
        return self._value

    def show_value(self, value: str) -> None:
        """Show a choice, without telling; only its button takes the focus by Tab."""
        self._value = value
        self._buttons[value].setChecked(True)
        for key, button in self._buttons.items():
            button.setFocusPolicy(Qt.FocusPolicy.StrongFocus if key == value else Qt.FocusPolicy.ClickFocus)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        colours = Colours.of(self.palette())
        painter.setPen(colours.hairline)
        painter.setBrush(colours.card)
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), RADIUS, RADIUS)

    def _on_clicked(self, value: str) -> None:
        if value != self._value:
            self.show_value(value)
            self.chosen.emit(value)
