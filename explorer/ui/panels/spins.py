"""The boxes that numbers are typed into: whole ones, whole ones without end, and those with decimals.

Used by the controls of the architecture panel and the training form. Know nothing of the store.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent, QPainter, QPaintEvent, QPalette, QValidator, QWheelEvent
from PySide6.QtWidgets import QAbstractSpinBox, QDoubleSpinBox, QSpinBox, QWidget

from explorer.ui.panels.field_facts import RealRange
from explorer.ui.panels.gesture import Gesture
from explorer.ui.panels.glyph_button import paint_frame
from explorer.ui.theme import SPACE

_WIDTH_PX, _LEAST_WIDTH_PX = 56, 24
_REAL_DECIMALS = 9

if TYPE_CHECKING:
    _Widget = QWidget
    _Spin = QAbstractSpinBox
else:
    # Mixed into Qt's classes, which stand behind them.
    _Widget = _Spin = object


class WheelOnFocus(_Widget):
    """The wheel turns it only while it has the focus, so that scrolling the panel is safe."""

    def wheelEvent(self, event: QWheelEvent) -> None:
        if self.hasFocus():
            super().wheelEvent(event)
        else:
            event.ignore()


class _Flat(_Spin):
    """What all have in common: no arrows, a frame drawn here, and a value only when typing has ended.

    Args:
        gesture: Joins its steps.
        parent: As Qt has it.
    """

    def __init__(self, gesture: Gesture, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._gesture = gesture
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setKeyboardTracking(False)
        self.setButtonSymbols(QAbstractSpinBox.ButtonSymbols.NoButtons)
        self.setFrame(False)
        # The frame drawn here shows through the line edit; its other colours still follow light and dark.
        clear = QPalette()
        clear.setColor(QPalette.ColorRole.Base, Qt.GlobalColor.transparent)
        self.setPalette(clear)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.setCorrectionMode(QAbstractSpinBox.CorrectionMode.CorrectToNearestValue)

    def sizeHint(self) -> QSize:
        return QSize(_WIDTH_PX, self.fontMetrics().height() + SPACE + 2)

    def paintEvent(self, event: QPaintEvent) -> None:
        # The number itself is drawn by the line edit inside.
        paint_frame(QPainter(self), self)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self._gesture.end()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        super().keyPressEvent(event)
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._gesture.end()


class CountSpin(WheelOnFocus, _Flat, QSpinBox):
    """A whole number as Qt can hold it: below 2³¹."""

    def minimumSizeHint(self) -> QSize:
        return QSize(_LEAST_WIDTH_PX, self.sizeHint().height())


class LongSpin(WheelOnFocus, _Flat, QAbstractSpinBox):
    """A whole number of any size, such as a seed."""

    changed = Signal(object)
    """The user typed or stepped to (int)."""

    def __init__(self, least: int, most: int, gesture: Gesture, parent: QWidget | None = None) -> None:
        # Qt asks which steps are possible before its own beginning is over.
        self._least, self._most = least, most
        self._value = least
        super().__init__(gesture, parent)
        self.setValue(least)
        self.editingFinished.connect(self._on_typed)

    def value(self) -> int:
        """The number that is shown."""
        return self._value

    def setValue(self, value: int) -> None:
        """Show a number, the nearest that is allowed; those who listen hear of it where it is another."""
        before, self._value = self._value, min(max(value, self._least), self._most)
        self.lineEdit().setText(str(self._value))
        if self._value != before:
            self.changed.emit(self._value)

    def stepBy(self, steps: int) -> None:
        """So many further, from what is typed."""
        self._on_typed()
        self.setValue(self._value + steps)
        self.selectAll()

    def stepEnabled(self) -> QAbstractSpinBox.StepEnabledFlag:
        flags, ways = QAbstractSpinBox.StepEnabledFlag, QAbstractSpinBox.StepEnabledFlag.StepNone
        if self._value > self._least:
            ways |= flags.StepDownEnabled
        if self._value < self._most:
            ways |= flags.StepUpEnabled
        return ways

    def validate(self, text: str, position: int) -> tuple[QValidator.State, str, int]:
        """Digits; none yet may become some."""
        if not text:
            return QValidator.State.Intermediate, text, position
        is_number = text.isascii() and text.isdigit() and int(text) <= self._most
        state = QValidator.State.Acceptable if is_number else QValidator.State.Invalid
        return state, text, position

    def fixup(self, text: str) -> str:
        """The number from before, where nothing is left."""
        return str(self._value)

    def _on_typed(self) -> None:
        text = self.lineEdit().text()
        self.setValue(int(text) if text else self._value)


class RealSpin(WheelOnFocus, _Flat, QDoubleSpinBox):
    """A number with decimals, written as short as it can be: 0.5, 1e-05.

    Args:
        real: Its bounds and steps.
        gesture: Joins its steps.
        parent: As Qt has it.
    """

    refused = Signal(object)
    """A number beyond the bounds was typed; the one before is shown again."""

    def __init__(self, real: RealRange, gesture: Gesture, parent: QWidget | None = None) -> None:
        super().__init__(gesture, parent)
        self._real = real
        self.setDecimals(_REAL_DECIMALS)
        self.setRange(real.least, real.most)

    def textFromValue(self, value: float) -> str:
        """At most six digits where these say enough, and powers of ten for very small numbers."""
        short = f"{value:.6g}"
        return short if self.minimum() <= float(short) <= self.maximum() else f"{value:.9g}"

    def stepBy(self, steps: int) -> None:
        """So many presses further, by the field's own steps."""
        self.interpretText()
        self.setValue(self._real.stepped(self.value(), steps))
        self.selectAll()

    def valueFromText(self, text: str) -> float:
        """The number that a text is; the present one where it is none."""
        try:
            return float(text.replace(",", "."))
        except ValueError:
            return self.value()

    def validate(self, text: str, position: int) -> tuple[QValidator.State, str, int]:
        """Every beginning of a number may be typed, powers of ten too."""
        is_possible = all(letter in "0123456789.,-+eE" for letter in text)
        try:
            is_inside = self.minimum() <= float(text.replace(",", ".")) <= self.maximum()
        except ValueError:
            is_inside = False
        if is_inside:
            return QValidator.State.Acceptable, text, position
        state = QValidator.State.Intermediate if is_possible else QValidator.State.Invalid
        return state, text, position

    def fixup(self, text: str) -> str:
        """The number from before. Qt itself would take the bound that is nearest to 0, and say nothing."""
        try:
            typed = float(text.replace(",", "."))
        except ValueError:
            typed = math.nan
        if math.isfinite(typed):
            self.refused.emit(typed)
        return self.textFromValue(self.value())
