"""One control for each kind of field of the spec: switch, choice or number.

Generated from the fields' own titles, bounds, labels and citations; used by the architecture panel.
A control shows a value without telling, and tells only what the user does. Knows nothing of the store.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal, cast, get_args, get_origin

from PySide6.QtCore import QSignalBlocker, QSize, Qt, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent, QPainter, QPaintEvent, QPalette, QWheelEvent
from PySide6.QtWidgets import QCheckBox, QComboBox, QHBoxLayout, QSizePolicy, QSpinBox, QWidget

from explorer.arch.spec import ArchitectureSpec
from explorer.ui.panels.gesture import Gesture
from explorer.ui.panels.glyph_button import CHEVRON_ROOM_PX, GlyphButton, paint_frame, paint_input
from explorer.ui.theme import SPACE, Colours

_CONTROL_WIDTH_PX = 116
_WIDEST_CONTROL_PX = 152
_STEP_BUTTON_PX = 24
_WIDTH_STEP = 8
"""Channel counts are stepped by eight: odd ones are slow on every device."""


@dataclass(frozen=True, slots=True)
class FieldFacts:
    """What a field of the spec says about itself.

    Attributes:
        name: As in JSON.
        title: Its label.
        tooltip: Description and citation, as rich text so that it wraps.
        group: The heading that it stands under.
        choices: Its values with their labels; empty where it is not a choice.
        is_switch: Whether it is on or off.
        least: The smallest number allowed.
        most: The largest.
        step: What one press of an arrow key adds.
    """

    name: str
    title: str
    tooltip: str
    group: str
    choices: Mapping[object, str]
    is_switch: bool
    least: int
    most: int
    step: int


@cache
def facts(name: str) -> FieldFacts:
    """What a field of the spec says about itself."""
    field = ArchitectureSpec.model_fields[name]
    extra = cast("dict[str, Any]", field.json_schema_extra)
    annotation, metadata = field.annotation, list(field.metadata)
    if get_origin(annotation) is tuple:
        # The bounds of a tuple's numbers stand in its item's annotation.
        metadata = list(get_args(get_args(annotation)[0])[1].metadata)
    labels = extra["labels"]
    values = get_args(annotation) if get_origin(annotation) is Literal else ()
    return FieldFacts(
        name=name,
        title=field.title or name,
        tooltip=_wrapping(field.description or "", extra["citation"]),
        group=extra["group"],
        choices={value: labels.get(str(value), str(value)) for value in values},
        is_switch=annotation is bool,
        least=next((item.ge for item in metadata if hasattr(item, "ge")), 0),
        most=next((item.le for item in metadata if hasattr(item, "le")), 2**31 - 1),
        step=_WIDTH_STEP if name.endswith(("width", "widths")) else 1,
    )


def _wrapping(description: str, citation: str) -> str:
    safe = [text.replace("&", "&amp;").replace("<", "&lt;") for text in (description, citation)]
    return f"<p>{safe[0]}</p><p><small>{safe[1]}</small></p>"


class CountSpin(QSpinBox):
    """A whole number. The wheel turns it only while it has the focus, so that scrolling the panel is safe.

    Args:
        gesture: Joins its steps.
        parent: As Qt has it.
    """

    def __init__(self, gesture: Gesture, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._gesture = gesture
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setKeyboardTracking(False)
        self.setButtonSymbols(QSpinBox.ButtonSymbols.NoButtons)
        self.setFrame(False)
        # The frame drawn here shows through the line edit; its other colours still follow light and dark.
        clear = QPalette()
        clear.setColor(QPalette.ColorRole.Base, Qt.GlobalColor.transparent)
        self.setPalette(clear)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.setCorrectionMode(QSpinBox.CorrectionMode.CorrectToNearestValue)

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


class FlatCombo(QComboBox):
    """A combo box drawn like the panel's other inputs. The wheel turns it only while it has the focus."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)

    def sizeHint(self) -> QSize:
        return QSize(_CONTROL_WIDTH_PX, self.fontMetrics().height() + SPACE + 2)

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
        text = self.fontMetrics().elidedText(self.currentText(), Qt.TextElideMode.ElideRight, room.width())
        painter.drawText(room, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, text)


class FieldControl(QWidget):
    """The control of one field. Subclasses add the widget and say how it shows a value.

    Args:
        field: What the field says about itself.
        parent: As Qt has it.
    """

    edited = Signal(object, object)
    """The user chose (value, gesture)."""

    def __init__(self, field: FieldFacts, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.field = field
        self._gesture = Gesture(field.name)
        self._layout = QHBoxLayout(self)
        self._layout.setContentsMargins(0, 0, 0, 0)

    def show_value(self, value: object) -> None:
        """Show a value, without telling.

        Raises:
            NotImplementedError: A subclass forgot.
        """
        raise NotImplementedError

    def _adopt(self, widget: QWidget) -> None:
        widget.setObjectName(f"spec.{self.field.name}")
        widget.setAccessibleName(self.field.title)
        widget.setToolTip(self.field.tooltip)
        widget.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setFocusProxy(widget)
        self._layout.addWidget(widget)


class NumberControl(FieldControl):
    """A number between the field's bounds."""

    def __init__(self, field: FieldFacts, parent: QWidget | None = None) -> None:
        super().__init__(field, parent)
        self._spin = CountSpin(self._gesture)
        self._spin.setRange(field.least, field.most)
        self._spin.setSingleStep(field.step)
        self._spin.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        self._spin.valueChanged.connect(lambda value: self.edited.emit(value, self._gesture.current()))
        self._layout.addWidget(self._step_button("minus", -1))
        self._adopt(self._spin)
        self._layout.addWidget(self._step_button("plus", 1))
        self._layout.setSpacing(2)
        self.setFixedWidth(_CONTROL_WIDTH_PX)

    def _step_button(self, glyph: Literal["minus", "plus"], step: int) -> GlyphButton:
        what = "Less" if step < 0 else "More"
        button = GlyphButton(glyph, f"spec.{self.field.name}.{glyph}", what, _STEP_BUTTON_PX)
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
        self.setFixedWidth(max(_CONTROL_WIDTH_PX, min(wanted, _WIDEST_CONTROL_PX)))

    def show_value(self, value: object) -> None:
        self._combo.setCurrentIndex(list(self.field.choices).index(value))

    def _on_activated(self, index: int) -> None:
        self.edited.emit(list(self.field.choices)[index], self._gesture.current())
        self._gesture.end()


class SwitchControl(FieldControl):
    """On or off."""

    def __init__(self, field: FieldFacts, parent: QWidget | None = None) -> None:
        super().__init__(field, parent)
        self._check = QCheckBox()
        self._check.clicked.connect(self._on_clicked)
        self._adopt(self._check)

    def show_value(self, value: object) -> None:
        self._check.setChecked(bool(value))

    def _on_clicked(self, is_on: bool) -> None:
        self.edited.emit(is_on, self._gesture.current())
        self._gesture.end()


def control_for(name: str) -> FieldControl:
    """The control that fits a field of the spec."""
    field = facts(name)
    if field.is_switch:
        return SwitchControl(field)
    return ChoiceControl(field) if field.choices else NumberControl(field)
