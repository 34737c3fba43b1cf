"""A heading that folds the controls of a group of fields, built when it is first opened.

Used by the architecture panel. Knows nothing of the store.
"""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QPointF, QRect, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QAbstractButton, QHBoxLayout, QLabel, QSizePolicy, QVBoxLayout, QWidget

from explorer.arch.spec import ArchitectureSpec, applies
from explorer.ui.panels.field_controls import FieldControl, control_for, facts
from explorer.ui.panels.field_slot import FieldSlot
from explorer.ui.panels.glyph_button import paint_ground
from explorer.ui.theme import HALF, SPACE, Colours, font

_CHEVRON_PX = 4.0
_TEXT_LEFT_PX = 20


class GroupHeader(QAbstractButton):
    """A chevron, the group's title, and at the right what its fields are set to."""

    def __init__(self, title: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setText(title)
        self.setObjectName(f"group.{title}")
        self.setAccessibleName(title)
        self.setCheckable(True)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._strong = font("body", strong=True)
        self._summary = ""

    @property
    def summary(self) -> str:
        """What the fields are set to, in short."""
        return self._summary

    def set_summary(self, text: str) -> None:
        """Say at the right what the fields are set to."""
        if text != self._summary:
            self._summary = text
            self.setAccessibleDescription(text)
            self.update()

    def sizeHint(self) -> QSize:
        return QSize(160, self.fontMetrics().height() + 2 * SPACE)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        wanted = {Qt.Key.Key_Right: True, Qt.Key.Key_Left: False}.get(Qt.Key(event.key()))
        if wanted is None:
            super().keyPressEvent(event)
        elif wanted != self.isChecked():
            self.click()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        colours = Colours.of(self.palette())
        paint_ground(painter, self, colours)
        painter.setPen(QPen(colours.muted, 1.5, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap))
        painter.drawPolyline(self._chevron())
        painter.setFont(self._strong)
        painter.setPen(colours.text)
        room = QRect(_TEXT_LEFT_PX, 0, self.width() - _TEXT_LEFT_PX - SPACE, self.height())
        painter.drawText(room, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, self.text())
        room.setLeft(room.left() + painter.fontMetrics().horizontalAdvance(self.text()) + SPACE)
        painter.setFont(self.font())
        painter.setPen(colours.muted)
        summary = painter.fontMetrics().elidedText(self._summary, Qt.TextElideMode.ElideRight, room.width())
        if not self.isChecked():
            painter.drawText(room, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, summary)

    def _chevron(self) -> QPolygonF:
        x, y, size = 9.0, self.height() / 2, _CHEVRON_PX
        if self.isChecked():
            points = ((x - size, y - size / 2), (x, y + size / 2), (x + size, y - size / 2))
        else:
            points = ((x - size / 2, y - size), (x + size / 2, y), (x - size / 2, y + size))
        return QPolygonF([QPointF(*point) for point in points])


class FieldGroup(QWidget):
    """The controls of some fields under one heading; folded and not yet built at first.

    Args:
        title: The heading.
        names: The fields, in order.
        parent: As Qt has it.
    """

    edited = Signal(object, object)
    """The user chose (changes, gesture)."""

    def __init__(self, title: str, names: Sequence[str], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.names = tuple(names)
        self._header = GroupHeader(title)
        self._header.toggled.connect(self._on_toggled)
        self._slots: dict[str, FieldSlot] = {}
        self._controls: dict[str, FieldControl] = {}
        self._spec: ArchitectureSpec | None = None
        self._kept: frozenset[str] = frozenset()
        self._body = QWidget()
        self._body.hide()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(HALF)
        column.addWidget(self._header)
        column.addWidget(self._body)

    @property
    def is_built(self) -> bool:
        """Whether the controls exist already."""
        return bool(self._controls)

    @property
    def shown(self) -> tuple[str, ...]:
        """The fields that apply to the spec."""
        spec = self._spec
        return tuple(name for name in self.names if spec is not None and applies(spec, name))

    def slot(self, name: str) -> FieldSlot:
        """The place of a field; opens the group so that it can be seen."""
        self._header.setChecked(True)
        return self._slots[name]

    def show_spec(self, spec: ArchitectureSpec, kept: frozenset[str]) -> None:
        """Show the fields of a spec, without telling; fields that do not apply are hidden.

        Args:
            spec: The spec.
            kept: Fields whose controls stay as the user left them.
        """
        self._spec, self._kept = spec, kept
        shown = self.shown
        self.setVisible(bool(shown))
        self._header.set_summary(" · ".join(filter(None, (_in_short(spec, name) for name in shown))))
        self._header.setToolTip("<br>".join(f"{facts(name).title}: {getattr(spec, name)}" for name in shown))
        for name, control in self._controls.items():
            self._slots[name].setVisible(name in shown)
            if name not in kept:
                control.show_value(getattr(spec, name))

    def _on_toggled(self, is_open: bool) -> None:
        if is_open and not self._controls:
            self._build()
        self._body.setVisible(is_open)

    def _build(self) -> None:
        column = QVBoxLayout(self._body)
        column.setContentsMargins(_TEXT_LEFT_PX, 0, 0, SPACE)
        column.setSpacing(HALF)
        for name in self.names:
            field = facts(name)
            control = self._controls[name] = control_for(name)
            control.edited.connect(lambda value, gesture, name=name: self.edited.emit({name: value}, gesture))
            label = QLabel(field.title)
            label.setToolTip(field.tooltip)
            label.setWordWrap(True)
            label.setBuddy(control)
            line = QWidget()
            row = QHBoxLayout(line)
            row.setContentsMargins(0, 0, 0, 0)
            row.setSpacing(SPACE)
            row.addWidget(label, 1)
            row.addWidget(control)
            slot = self._slots[name] = FieldSlot(line)
            column.addWidget(slot)
        if self._spec is not None:
            self.show_spec(self._spec, self._kept)


_SHORT = {
    "expansion": "×{}",
    "cardinality": "{} paths",
    "base_width": "{}d",
    "stem_kernel": "{0}×{0}",
    "stem_stride": "/{}",
    "input_size": "{0}×{0}",
    "in_channels": "{} channels",
    "stride_on": "stride on {}",
}
_TOO_USUAL = {"cardinality": 1, "base_width": 64, "stem_stride": 1, "in_channels": 3, "stride_on": "3x3"}
"""Values that a heading need not mention."""


def _in_short(spec: ArchitectureSpec, name: str) -> str:
    """A field's value as the folded heading says it; empty for what is off or usual."""
    value = getattr(spec, name)
    if value in ("none", False) or value == _TOO_USUAL.get(name):
        return ""
    if value is True:
        return facts(name).title.lower()
    return _SHORT.get(name, "{}").format(value).replace("1x1", "1×1")
