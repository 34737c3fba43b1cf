"""A heading that folds the controls of a group of fields, built when it is first opened.

Used by the architecture panel. Knows nothing of the store.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, QRect, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QAbstractButton, QSizePolicy, QVBoxLayout, QWidget

from explorer.arch.spec import ArchitectureSpec, applies
from explorer.ui.panels.field_facts import facts
from explorer.ui.panels.field_slot import FieldSlot
from explorer.ui.panels.glyph_button import paint_ground
from explorer.ui.theme import HALF, SPACE, Colours, font

if TYPE_CHECKING:
    from explorer.ui.panels.field_line import FieldLine

_CHEVRON_PX = 4.0
_DOT_PX = 5.0
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
        self._is_marked = False

    def set_marked(self, is_marked: bool) -> None:
        """Whether something inside is not as in the preset."""
        if is_marked != self._is_marked:
            self._is_marked = is_marked
            self.update()

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
        if self._is_marked:
            painter.setBrush(colours.accent)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.drawEllipse(QPointF(room.left() + 1, self.height() / 2), _DOT_PX / 2, _DOT_PX / 2)
            room.setLeft(room.left() + SPACE)
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
        self._lines: dict[str, FieldLine] = {}
        self._spec: ArchitectureSpec | None = None
        self._usual: ArchitectureSpec | None = None
        self._source = ""
        self._kept: frozenset[str] = frozenset()
        self._query = ""
        self._was_open = False
        self._body = QWidget()
        self._body.hide()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(HALF)
        column.addWidget(self._header)
        column.addWidget(self._body)

    @property
    def shown(self) -> tuple[str, ...]:
        """The fields that apply to the spec and that the search leaves."""
        return tuple(name for name in self._applying() if matches(name, self._query))

    def _applying(self) -> tuple[str, ...]:
        spec = self._spec
        return tuple(name for name in self.names if spec is not None and applies(spec, name))

    def slot(self, name: str) -> FieldSlot:
        """The place of a field; opens the group so that it can be seen."""
        self._header.setChecked(True)
        return self._slots[name]

    def show_spec(
        self, spec: ArchitectureSpec, kept: frozenset[str], usual: ArchitectureSpec, source: str
    ) -> None:
        """Show the fields of a spec, without telling; fields that do not apply are hidden.

        Args:
            spec: The spec.
            kept: Fields whose controls stay as the user left them.
            usual: The preset that the user set out from; where the spec differs there is a dot.
            source: Its name.
        """
        self._spec, self._kept, self._usual, self._source = spec, kept, usual, source
        applying = self._applying()
        self._header.set_summary(" · ".join(filter(None, (_in_short(spec, name) for name in applying))))
        said = (f"{facts(name).title}: {facts(name).label(getattr(spec, name))}" for name in applying)
        self._header.setToolTip("<br>".join(said))
        self._header.set_marked(any(getattr(spec, name) != getattr(usual, name) for name in applying))
        for name, line in self._lines.items():
            line.show_usual(getattr(spec, name), getattr(usual, name), source)
            if name not in kept:
                line.control.show_spec(spec)
        self._show_shown()

    def search(self, query: str) -> int:
        """Leave only the fields with these words, opened; an empty text is as before.

        Returns:
            How many are left.
        """
        if query and not self._query:
            self._was_open = self._header.isChecked()
        before, self._query = self._query, query
        shown = self.shown
        if query:
            self._header.setChecked(bool(shown))
        elif before:
            self._header.setChecked(self._was_open)
        self._show_shown()
        return len(shown)

    def _show_shown(self) -> None:
        shown = self.shown
        self.setVisible(bool(shown))
        for name, slot in self._slots.items():
            slot.setVisible(name in shown)

    def _on_toggled(self, is_open: bool) -> None:
        if is_open and not self._lines:
            self._build()
        self._body.setVisible(is_open)

    def _build(self) -> None:
        # Not needed for the first paint.
        from explorer.ui.panels.field_line import FieldLine
        from explorer.ui.panels.field_make import control_for

        column = QVBoxLayout(self._body)
        column.setContentsMargins(_TEXT_LEFT_PX, 0, 0, SPACE)
        column.setSpacing(HALF)
        for name in self.names:
            control = control_for(name)
            control.edited.connect(lambda value, gesture, name=name: self.edited.emit({name: value}, gesture))
            line = self._lines[name] = FieldLine(control)
            line.reset.connect(lambda name, value: self.edited.emit({name: value}, ""))
            slot = self._slots[name] = FieldSlot(line)
            column.addWidget(slot)
        if self._spec is not None and self._usual is not None:
            self.show_spec(self._spec, self._kept, self._usual, self._source)


def matches(name: str, query: str) -> bool:
    """Whether every word of a search is in a field's title, its name or its values' labels."""
    field = facts(name)
    text = f"{field.title} {name} {' '.join(field.choices.values())}".lower()
    return all(word in text for word in query.lower().split())


_SHORT = {
    "stage_strides": "strides {}",
    "stage_kernels": "kernels {}",
    "block_convolutions": "{} convolutions",
    "expansion": "×{}",
    "cardinality": "{} paths",
    "base_width": "{}d",
    "width_factor": "k = {}",
    "stride_on": "stride on {}",
    "shortcut_scale": "λ {}",
    "shortcut_dropout": "dropout {}",
    "gate_bias": "bias {}",
    "residual_scale": "F × {}",
    "stem_kernel": "{0}×{0}",
    "stem_stride": "/{}",
    "stem_padding": "padding {}",
    "stem_pool": "{} pool",
    "stem_width": "{} wide",
    "pool_window": "pool {}",
    "padding": "padding {}",
    "norm": "{} norm",
    "norm_epsilon": "ε {}",
    "norm_groups": "{} groups",
    "attention_reduction": "/{}",
    "head_pool": "{} pool",
    "head_pool_size": "{0}×{0}",
    "head_hidden": "hidden {}",
    "head_dropout": "dropout {}",
    "stochastic_depth": "depth {}",
    "block_dropout": "dropout {}",
    "input_size": "{0}×{0}",
    "in_channels": "{} channels",
    "num_classes": "{} classes",
}
_OFF = {"stem_norm": "no norm", "projection_norm": "no norm in projections"}
_ALWAYS_SAID = ("stem_kernel", "stem_width", "input_size", "num_classes", "activation", "norm")
"""What a heading says even where it is usual."""


def _in_short(spec: ArchitectureSpec, name: str) -> str:
    """A field's value as the folded heading says it; empty for what is as usual."""
    value, field = getattr(spec, name), facts(name)
    if value == field.default and name not in _ALWAYS_SAID:
        return ""
    if isinstance(value, bool):
        return field.title.lower() if value else _OFF.get(name, f"no {field.title.lower()}")
    if name == "overrides":
        return f"{len(value)} single blocks" if len(value) > 1 else str(value[0]).replace("=", " ")
    label = field.label(value)
    if name in ("norm", "stem_pool", "head_pool", "shortcut_path", "merge"):
        label = str(value)
    return _SHORT.get(name, "{}").format(label)
