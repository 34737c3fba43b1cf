"""One control for each simple kind of field of the spec or a plan: switch, choice or number.

Generated from the fields' own titles, bounds, labels and citations; used by the architecture panel and the
training form. A control shows a value without telling, and tells only what the user does. Knows nothing of
the store.
"""

from __future__ import annotations

from typing import Literal, cast

from PySide6.QtCore import QSignalBlocker, QSize, Qt, Signal
from PySide6.QtGui import (
    QPainter,
    QPaintEvent,
)
from PySide6.QtWidgets import (
    QComboBox,
    QHBoxLayout,
    QSizePolicy,
    QWidget,
)

from explorer.arch.spec import ArchitectureSpec
from explorer.ui.panels.field_facts import FieldFacts
from explorer.ui.panels.flat_check import FlatCheck
from explorer.ui.panels.gesture import Gesture
from explorer.ui.panels.glyph_button import CHEVRON_ROOM_PX, GlyphButton, paint_input
from explorer.ui.panels.segments import Segment, Segments
from explorer.ui.panels.spins import CountSpin, LongSpin, RealSpin, WheelOnFocus
from explorer.ui.theme import SPACE, Colours

_CONTROL_WIDTH_PX = 116
_WIDEST_CONTROL_PX = 152
_STEP_BUTTON_PX = 24
_MOST_SEGMENTS, _LONGEST_SEGMENT, _LONGEST_ROW = 4, 9, 20
"""A choice is a row of buttons where it has few values with short words."""
_NARROW_ROW = 6
"""A row of buttons with so few letters finds room beside its label."""
_LARGEST_OF_QT = 2**31 - 1


class FlatCombo(WheelOnFocus, QComboBox):
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

    def _make_spin(self) -> CountSpin | LongSpin | RealSpin:
        field = self.field
        if field.kind == "real":
            real = RealSpin(field.real, self.gesture)
            real.valueChanged.connect(self._on_value)
            # Whoever takes edits says why not, beside the field.
            real.refused.connect(self._on_value)
            return real
        if field.most > _LARGEST_OF_QT:
            long = LongSpin(field.least, field.most, self.gesture)
            long.changed.connect(self._on_value)
            return long
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
