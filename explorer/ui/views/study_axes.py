"""What a study varies: a line a field, with its values as chips to press.

Used by the study's form. Shows plain values and tells what the user does; knows nothing of the store.
"""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QSizePolicy, QToolButton, QVBoxLayout, QWidget

from explorer.ui.panels.field_controls import FlatCombo
from explorer.ui.theme import HALF, SPACE
from explorer.ui.views import study_words
from explorer.ui.widgets.flow_layout import FlowLayout, flow_holder

_CHIP_LEAST_PX, _CHIP_MOST_PX = 64, 150
_LETTERS = 8
"""Of a chip of the least width."""
_CHIP_SHEET = """
QToolButton { border: 1px solid palette(mid); border-radius: 6px; padding: 3px 6px;
    background: palette(button); }
QToolButton:checked { background: palette(highlight); color: palette(highlighted-text);
    border-color: palette(highlight); }
QToolButton:focus { border-color: palette(highlight); }
"""


class AxisLine(QWidget):
    """One field and its values.

    Args:
        name: Of the field.
        options: Values to press, as texts with their labels.
        values: Those that are chosen.
        parent: As Qt has it.
    """

    changed = Signal(object, object)
    """The user chose another field or other values: the field's name and a tuple of texts."""
    removed = Signal()

    def __init__(
        self,
        name: str,
        options: Sequence[tuple[str, str]],
        values: Sequence[str],
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setObjectName(f"study.axis.{name}")
        self._name = name
        self._values = tuple(values)
        self._order: list[str] = []
        self._field = _field_combo(name)
        self._field.activated.connect(self._on_field)
        remove = QToolButton()
        remove.setText("✕")
        remove.setAutoRaise(True)
        remove.setToolTip("Do not vary this field")
        remove.setAccessibleName(f"Remove {study_words.field(name).title}")
        remove.clicked.connect(lambda: self.removed.emit())
        line = QHBoxLayout()
        line.setSpacing(HALF)
        line.addWidget(self._field, 1)
        line.addWidget(remove)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, SPACE)
        column.setSpacing(HALF)
        column.addLayout(line)
        column.addWidget(self._chips(options))

    def _chips(self, options: Sequence[tuple[str, str]]) -> QWidget:
        labels = dict(options)
        self._order = _in_order([*labels, *(value for value in self._values if value not in labels)])
        longest = max(map(len, self._order), default=0)
        least = min(max(_CHIP_LEAST_PX, _CHIP_LEAST_PX * longest // _LETTERS), _CHIP_MOST_PX)
        flow = FlowLayout(least, _CHIP_MOST_PX)
        flow.setSpacing(HALF)
        for value in self._order:
            flow.addWidget(self._chip(value, labels.get(value, value)))
        self._more = QLineEdit()
        self._more.setObjectName(f"study.more.{self._name}")
        self._more.setPlaceholderText("other…")
        self._more.setAccessibleName(f"Another value of {study_words.field(self._name).title}")
        self._more.setToolTip("Type a value and press Enter")
        self._more.returnPressed.connect(self._on_more)
        flow.addWidget(self._more)
        return flow_holder(flow)

    def _chip(self, value: str, label: str) -> QToolButton:
        chip = QToolButton()
        chip.setObjectName(f"study.value.{self._name}.{value}")
        # As tables and the command line write it.
        chip.setText(value)
        chip.setToolTip(label)
        chip.setStyleSheet(_CHIP_SHEET)
        chip.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        chip.setCheckable(True)
        chip.setChecked(value in self._values)
        chip.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        chip.clicked.connect(lambda is_on: self._on_chip(value, is_on=is_on))
        return chip

    def _on_chip(self, value: str, *, is_on: bool) -> None:
        chosen = {*self._values, value} if is_on else {*self._values} - {value}
        self.changed.emit(self._name, tuple(each for each in self._order if each in chosen))

    def _on_more(self) -> None:
        text = self._more.text().strip()
        if text and text not in self._values:
            self.changed.emit(self._name, tuple(_in_order([*self._values, text])))

    def _on_field(self, place: int) -> None:
        name = self._field.itemData(place)
        if name and name != self._name:
            self.changed.emit(name, ())


def _in_order(values: list[str]) -> list[str]:
    """Numbers from small to large; words as they come."""
    try:
        return sorted(values, key=float)
    except ValueError:
        return values


def _field_combo(name: str) -> FlatCombo:
    combo = FlatCombo()
    combo.setObjectName(f"study.field.{name}")
    combo.setAccessibleName("Field that is varied")
    for group in study_words.fields():
        if combo.count():
            combo.insertSeparator(combo.count())
        for field in group:
            combo.addItem(field.title, field.name)
            combo.setItemData(combo.count() - 1, field.about, Qt.ItemDataRole.ToolTipRole)
    combo.setCurrentIndex(combo.findData(name))
    return combo
