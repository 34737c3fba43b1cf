"""One control for each simple kind of field of the spec or a plan: switch, choice or number.

Generated from the fields' own titles, bounds, labels and citations; used by the architecture panel and the
training form. A control shows a value without telling, and tells only what the user does. Knows nothing of
the store.
"""

from __future__ import annotations

import math
from typing import Literal, cast

from PySide6.QtCore import QSignalBlocker, QSize, Qt, Signal
from PySide6.QtGui import (
    QFocusEvent,
    QKeyEvent,
    QPainter,
    QPaintEvent,
    QPalette,
    QValidator,
    QWheelEvent,
)
from PySide6.QtWidgets import (
    QAbstractSpinBox,
    QComboBox,
    QDoubleSpinBox,
    QHBoxLayout,
    QSizePolicy,
    QSpinBox,
    QWidget,
)

from explorer.arch.spec import ArchitectureSpec
from explorer.ui.panels.field_facts import FieldFacts
from explorer.ui.panels.flat_check import FlatCheck
from explorer.ui.panels.gesture import Gesture
from explorer.ui.panels.glyph_button import CHEVRON_ROOM_PX, GlyphButton, paint_frame, paint_input
from explorer.ui.panels.segments import Segment, Segments
from explorer.ui.theme import SPACE, Colours

_CONTROL_WIDTH_PX = 116
_WIDEST_CONTROL_PX = 152
_STEP_BUTTON_PX = 24
_MOST_SEGMENTS, _LONGEST_SEGMENT, _LONGEST_ROW = 4, 9, 20
"""A choice is a row of buttons where it has few values with short words."""
_NARROW_ROW = 6
"""A row of buttons with so few letters finds room beside its label."""
_REAL_DECIMALS = 9


class CountSpin(QSpinBox):
    """A whole number. The wheel turns it only while it has the focus, so that scrolling the panel is safe.

    Args:
        gesture: Joins its steps.
        parent: As Qt has it.
    """

    def __init__(self, gesture: Gesture, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._gesture = gesture
        _make_flat(self)

    def sizeHint(self) -> QSize:
        return QSize(56, self.fontMetrics().height() + SPACE + 2)

    def minimumSizeHint(self) -> QSize:
        return QSize(24, self.sizeHint().height())

    def paintEvent(self, event: QPaintEvent) -> None:
        # The number itself is drawn by the line edit inside.
        paint_frame(QPainter(self), self)

    def wheelEvent(self, event: QWheelEvent) -> None:
        if self.hasFocus():
            super().wheelEvent(event)
        else:
            event.ignore()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self._gesture.end()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        super().keyPressEvent(event)
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._gesture.end()


class RealSpin(QDoubleSpinBox):
    """A number with decimals, written as short as it can be: 0.5, 1e-05. The wheel as with `CountSpin`.

    Args:
        gesture: Joins its steps.
        parent: As Qt has it.
    """

    refused = Signal(object)
    """A number beyond the bounds was typed; the one before is shown again."""

    def __init__(self, gesture: Gesture, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._gesture = gesture
        self.setDecimals(_REAL_DECIMALS)
        _make_flat(self)

    def sizeHint(self) -> QSize:
        return QSize(56, self.fontMetrics().height() + SPACE + 2)

    def textFromValue(self, value: float) -> str:
        """At most six digits, and powers of ten for very small numbers."""
        return f"{value:.6g}"

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

    def paintEvent(self, event: QPaintEvent) -> None:
        paint_frame(QPainter(self), self)

    def wheelEvent(self, event: QWheelEvent) -> None:
        if self.hasFocus():
            super().wheelEvent(event)
        else:
            event.ignore()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self._gesture.end()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        super().keyPressEvent(event)
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._gesture.end()


def _make_flat(spin: QAbstractSpinBox) -> None:
    """No arrows, no frame but the one that is drawn, and a value only when typing has ended."""
    spin.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
    spin.setKeyboardTracking(False)
    spin.setButtonSymbols(QAbstractSpinBox.ButtonSymbols.NoButtons)
    spin.setFrame(False)
    # The frame drawn here shows through the line edit; its other colours still follow light and dark.
    clear = QPalette()
    clear.setColor(QPalette.ColorRole.Base, Qt.GlobalColor.transparent)
    spin.setPalette(clear)
    spin.setAttribute(Qt.WidgetAttribute.WA_Hover)
    spin.setCorrectionMode(QAbstractSpinBox.CorrectionMode.CorrectToNearestValue)


class FlatCombo(QComboBox):
    """A combo box drawn like the panel's other inputs. The wheel turns it only while it has the focus."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)

    def sizeHint(self) -> QSize:
        return QSize(_CONTROL_WIDTH_PX, self.fontMetrics().height() + SPACE + 2)

    def minimumSizeHint(self) -> QSize:
        # Qt's own is as wide as the longest label, which is elided here.
        return QSize(_CONTROL_WIDTH_PX // 2, self.sizeHint().height())

    def wheelEvent(self, event: QWheelEvent) -> None:
        if self.hasFocus():
            super().wheelEvent(event)
        else:
            event.ignore()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        paint_input(painter, self)
        colours = Colours.of(self.palette())
        painter.setPen(colours.text)
        room = self.rect().adjusted(SPACE - 2, 0, -CHEVRON_ROOM_PX, 0)
        shown = self.currentText() or self.placeholderText()
        text = self.fontMetrics().elidedText(shown, Qt.TextElideMode.ElideRight, room.width())
        painter.drawText(room, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, text)


class FieldControl(QWidget):
    """The control of one field. Subclasses add the widget and say how it shows a value.

    Args:
        field: What the field says about itself.
        parent: As Qt has it.
    """

    is_wide = False
    """Whether it stands below its label instead of beside it."""

    edited = Signal(object, object)
    """The user chose (value, gesture)."""

    def __init__(self, field: FieldFacts, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.field = field
        self.gesture = Gesture(field.name)
        self._layout = QHBoxLayout(self)
        self._layout.setContentsMargins(0, 0, 0, 0)

    def show_spec(self, spec: ArchitectureSpec) -> None:
        """Show the field's value in a spec, without telling."""
        self.show_value(getattr(spec, self.field.name))

    def show_value(self, value: object) -> None:
        """Show a value, without telling.

        Raises:
            NotImplementedError: A subclass forgot.
        """
        raise NotImplementedError

    def _adopt(self, widget: QWidget) -> None:
        widget.setObjectName(f"{self.field.owner}.{self.field.name}")
        widget.setAccessibleName(self.field.title)
        widget.setToolTip(self.field.tooltip)
        widget.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        # A right click is for the line that the control stands in.
        widget.setContextMenuPolicy(Qt.ContextMenuPolicy.NoContextMenu)
        self.setFocusProxy(widget)
        self._layout.addWidget(widget)


class NumberControl(FieldControl):
    """A number between the field's bounds, with a button for less and one for more."""

    def __init__(self, field: FieldFacts, parent: QWidget | None = None) -> None:
        super().__init__(field, parent)
        spin = self._spin = self._make_spin()
        spin.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        self._layout.addWidget(self._step_button("minus", -1))
        self._adopt(spin)
        self._layout.addWidget(self._step_button("plus", 1))
        self._layout.setSpacing(2)
        self.setFixedWidth(_CONTROL_WIDTH_PX)

    def _make_spin(self) -> CountSpin | RealSpin:
        field = self.field
        if field.kind == "real":
            real = RealSpin(self.gesture)
            real.setRange(field.real.least, field.real.most)
            if field.real.step:
                real.setSingleStep(field.real.step)
            else:
                real.setStepType(QDoubleSpinBox.StepType.AdaptiveDecimalStepType)
            real.valueChanged.connect(self._on_value)
            # Whoever takes edits says why not, beside the field.
            real.refused.connect(self._on_value)
            return real
        count = CountSpin(self.gesture)
        count.setRange(field.least, field.most)
        count.setSingleStep(field.step)
        if field.least < 0:
            # Where a number below none stands for what is usual, its sign says nothing to people.
            count.setSpecialValueText("auto")
        count.valueChanged.connect(self._on_value)
        return count

    def _on_value(self, value: float) -> None:
        # Steps of tenths leave traces in the last decimals.
        self.edited.emit(
            float(f"{value:.9g}") if self.field.kind == "real" else value, self.gesture.current()
        )

    def _step_button(self, glyph: Literal["minus", "plus"], step: int) -> GlyphButton:
        what = "Less" if step < 0 else "More"
        button = GlyphButton(glyph, f"{self.field.owner}.{self.field.name}.{glyph}", what, _STEP_BUTTON_PX)
        button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        button.setAutoRepeat(True)
        button.clicked.connect(lambda: self._spin.stepBy(step))
        return button

    def show_value(self, value: object) -> None:
        with QSignalBlocker(self._spin):
            self._spin.setValue(cast("int", value))


class ChoiceControl(FieldControl):
    """One of the field's values, by their labels."""

    def __init__(self, field: FieldFacts, parent: QWidget | None = None) -> None:
        super().__init__(field, parent)
        self._combo = FlatCombo()
        for value, label in field.choices.items():
            self._combo.addItem(label, value)
        widest = max(self._combo.fontMetrics().horizontalAdvance(label) for label in field.choices.values())
        self._combo.view().setMinimumWidth(widest + 5 * SPACE)
        self._combo.activated.connect(self._on_activated)
        self._adopt(self._combo)
        wanted = widest + CHEVRON_ROOM_PX + SPACE
        self.is_wide = wanted > _WIDEST_CONTROL_PX
        if not self.is_wide:
            self.setFixedWidth(max(_CONTROL_WIDTH_PX, wanted))

    def show_value(self, value: object) -> None:
        self._combo.setCurrentIndex(list(self.field.choices).index(value))

    def _on_activated(self, index: int) -> None:
        self.edited.emit(list(self.field.choices)[index], self.gesture.current())
        self.gesture.end()


class SegmentsControl(FieldControl):
    """One of a few values with short words, all in view."""

    def __init__(self, field: FieldFacts, parent: QWidget | None = None) -> None:
        super().__init__(field, parent)
        self._values = {str(value): value for value in field.choices}
        segments = [
            Segment(str(value), label, f"<p><b>{label}</b></p>{field.tooltip}")
            for value, label in field.choices.items()
        ]
        self._segments = Segments(f"{field.owner}.{field.name}", field.title, segments)
        self._segments.chosen.connect(self._on_chosen)
        self._adopt(self._segments)
        self.is_wide = sum(map(len, field.choices.values())) > _NARROW_ROW
        if not self.is_wide:
            self.setFixedWidth(_CONTROL_WIDTH_PX)

    def show_value(self, value: object) -> None:
        self._segments.show_value(str(value))

    def _on_chosen(self, value: str) -> None:
        self.edited.emit(self._values[value], self.gesture.current())
        self.gesture.end()


class SwitchControl(FieldControl):
    """On or off."""

    def __init__(self, field: FieldFacts, parent: QWidget | None = None) -> None:
        super().__init__(field, parent)
        self._check = FlatCheck()
        self._check.clicked.connect(self._on_clicked)
        self._adopt(self._check)

    def show_value(self, value: object) -> None:
        self._check.setChecked(bool(value))

    def _on_clicked(self, is_on: bool) -> None:
        self.edited.emit(is_on, self.gesture.current())
        self.gesture.end()


def has_segments(field: FieldFacts) -> bool:
    """Whether a choice has few enough values with words short enough for a row of buttons."""
    labels = field.choices.values()
    return (
        len(labels) <= _MOST_SEGMENTS
        and max(map(len, labels)) <= _LONGEST_SEGMENT
        and sum(map(len, labels)) <= _LONGEST_ROW
    )
