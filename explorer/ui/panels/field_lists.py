"""Controls for the fields that are lists: one value a stage, hidden layers, shortcuts of single blocks.

Used by the groups of the architecture panel, which import it when one is first opened.
Knows nothing of the store.
"""

from __future__ import annotations

from PySide6.QtCore import QSignalBlocker, Qt
from PySide6.QtWidgets import (
    QGridLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from explorer.arch.spec import ArchitectureSpec
from explorer.ui.panels.field_controls import FieldControl, FlatCombo
from explorer.ui.panels.field_facts import FieldFacts
from explorer.ui.panels.flat_check import FlatCheck
from explorer.ui.panels.glyph_button import GlyphButton
from explorer.ui.panels.spins import CountSpin
from explorer.ui.theme import HALF

_NARROW_A_ROW, _WIDE_A_ROW = 4, 2
"""Stages side by side, where their words are short and where they are long."""
_SHORT_WORD = 3
_KINDS = {
    "projection": "Projection (ConvBlock)",
    "identity": "Identity (IdentityBlock)",
    "none": "None",
}
"""Shortcuts of single blocks, with Keras's names for blocks that have them."""


class StageValues(FieldControl):
    """One choice a stage, or as usual. What is usual stands there when the stages get their own."""

    is_wide = True

    def __init__(self, field: FieldFacts, parent: QWidget | None = None) -> None:
        super().__init__(field, parent)
        is_short = max(map(len, field.choices.values())) <= _SHORT_WORD
        self._a_row = _NARROW_A_ROW if is_short else _WIDE_A_ROW
        self._spec: ArchitectureSpec | None = None
        self._combos: list[FlatCombo] = []
        self._labels: list[QLabel] = []
        self._usual = FlatCheck("As usual")
        self._usual.setObjectName(f"spec.{field.name}.usual")
        self._usual.setToolTip(field.tooltip)
        self._usual.clicked.connect(self._on_usual)
        self._rows = QWidget()
        self._grid = QGridLayout(self._rows)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(HALF)
        self._grid.setVerticalSpacing(2)
        whole = QWidget()
        column = QVBoxLayout(whole)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(HALF)
        column.addWidget(self._usual)
        column.addWidget(self._rows)
        self._adopt(whole)
        self.setFocusProxy(self._usual)

    def show_spec(self, spec: ArchitectureSpec) -> None:
        self._spec = spec
        super().show_spec(spec)

    def show_value(self, value: object) -> None:
        values = value if isinstance(value, tuple) else ()
        self._usual.setChecked(not values)
        self._rows.setVisible(bool(values))
        while len(self._combos) < len(values):
            self._put_combo(len(self._combos))
        for stage, (label, combo) in enumerate(zip(self._labels, self._combos, strict=True)):
            label.setVisible(stage < len(values))
            combo.setVisible(stage < len(values))
            if stage < len(values):
                combo.setCurrentIndex(list(self.field.choices).index(values[stage]))

    def _put_combo(self, stage: int) -> None:
        row, column = divmod(stage, self._a_row)
        label = QLabel(str(stage + 1))
        label.setProperty("tone", "muted")
        label.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        combo = FlatCombo()
        for value, text in self.field.choices.items():
            combo.addItem(text, value)
        combo.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        combo.setObjectName(f"spec.{self.field.name}.{stage + 1}")
        combo.setAccessibleName(f"{self.field.title}, stage {stage + 1}")
        combo.setContextMenuPolicy(Qt.ContextMenuPolicy.NoContextMenu)
        combo.activated.connect(lambda _index: self._on_activated())
        self._grid.addWidget(label, 2 * row, column)
        self._grid.addWidget(combo, 2 * row + 1, column)
        self._labels.append(label)
        self._combos.append(combo)

    def _on_usual(self, is_usual: bool) -> None:
        if self._spec is not None:
            self._tell(() if is_usual else usual_values(self._spec, self.field.name))

    def _on_activated(self) -> None:
        shown = [combo.currentData() for combo in self._combos if not combo.isHidden()]
        self._tell(tuple(shown))

    def _tell(self, values: tuple[object, ...]) -> None:
        self.edited.emit(values, self.gesture.current())
        self.gesture.end()


def usual_values(spec: ArchitectureSpec, name: str) -> tuple[object, ...]:
    """What each stage has for a field that may say it a stage, whether it does or not."""
    value_of = {
        "stage_blocks": spec.block_of,
        "stage_strides": spec.stride_of,
        "stage_kernels": spec.kernel_of,
    }
    return tuple(value_of[name](stage) for stage in range(1, spec.n_stages + 1))


class NumbersControl(FieldControl):
    """Whole numbers with commas between them; what is none goes on as text, to be refused with a reason."""

    is_wide = True

    def __init__(self, field: FieldFacts, parent: QWidget | None = None) -> None:
        super().__init__(field, parent)
        self._shown = ""
        self._line = QLineEdit()
        self._line.setPlaceholderText("None; widths such as 4096, 4096")
        self._line.editingFinished.connect(self._on_finished)
        self._adopt(self._line)

    def show_value(self, value: object) -> None:
        self._shown = ", ".join(map(str, value)) if isinstance(value, tuple) else str(value)
        self._line.setText(self._shown)

    def _on_finished(self) -> None:
        text = self._line.text()
        if text == self._shown:
            return
        self._shown = text
        parts = [part.strip() for part in text.split(",") if part.strip()]
        is_numbers = all(part.isdecimal() for part in parts)
        self.edited.emit(tuple(map(int, parts)) if is_numbers else ",".join(parts), self.gesture.current())
        self.gesture.end()


class OverridesControl(FieldControl):
    """A small table: stage, block, and the shortcut that this block has instead."""

    is_wide = True

    def __init__(self, field: FieldFacts, parent: QWidget | None = None) -> None:
        super().__init__(field, parent)
        self._spec: ArchitectureSpec | None = None
        self._lines: list[_OverrideLine] = []
        self._column = QVBoxLayout()
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(HALF)
        add = QPushButton("Add a block")
        add.setObjectName("spec.overrides.add")
        add.clicked.connect(self._on_add)
        whole = QWidget()
        outer = QVBoxLayout(whole)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.setSpacing(HALF)
        outer.addLayout(self._column)
        outer.addWidget(add, 0, Qt.AlignmentFlag.AlignLeft)
        self._adopt(whole)
        self.setFocusProxy(add)

    def show_spec(self, spec: ArchitectureSpec) -> None:
        self._spec = spec
        super().show_spec(spec)

    def show_value(self, value: object) -> None:
        texts = value if isinstance(value, tuple) else ()
        while len(self._lines) < len(texts):
            line = _OverrideLine(self, len(self._lines))
            self._lines.append(line)
            self._column.addWidget(line)
        for index, line in enumerate(self._lines):
            line.setVisible(index < len(texts))
            if index < len(texts) and self._spec is not None:
                line.show_text(texts[index], self._spec)

    def change(self, index: int, text: str | None) -> None:
        """Tell that a line says something else now, or that it is gone."""
        texts = [line.text for line in self._lines if not line.isHidden()]
        texts[index : index + 1] = [text] if text is not None else []
        self.edited.emit(tuple(texts), self.gesture.current())
        self.gesture.end()

    def _on_add(self) -> None:
        if self._spec is None:
            return
        texts = [line.text for line in self._lines if not line.isHidden()]
        taken = {text.partition("=")[0] for text in texts}
        places = (
            f"{stage}.{block}"
            for stage, depth in enumerate(self._spec.stage_depths, start=1)
            for block in range(depth)
        )
        place = next((place for place in places if place not in taken), None)
        if place is not None:
            self.edited.emit((*texts, f"{place}=projection"), self.gesture.current())
            self.gesture.end()


class _OverrideLine(QWidget):
    """Stage, block, kind, and a button that takes the line away."""

    def __init__(self, table: OverridesControl, index: int) -> None:
        super().__init__()
        self.text = ""
        self._table = table
        self._index = index
        name = f"spec.overrides.{index + 1}"
        self._stage = self._spin(f"{name}.stage", "Stage, from 1")
        self._block = self._spin(f"{name}.block", "Block of the stage, from 0, as in the keys of nodes")
        self._kind = FlatCombo()
        for value, label in _KINDS.items():
            self._kind.addItem(label, value)
        self._kind.setObjectName(f"{name}.kind")
        self._kind.setAccessibleName("Shortcut of the block")
        self._kind.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self._kind.view().setMinimumWidth(self._kind.fontMetrics().horizontalAdvance(_KINDS["identity"]) + 40)
        self._kind.activated.connect(lambda _index: self._on_changed())
        remove = GlyphButton("minus", f"{name}.remove", "Take this line away", 22)
        remove.clicked.connect(lambda: table.change(index, None))
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(HALF)
        for column, widget in enumerate((self._stage, self._block, self._kind, remove)):
            grid.addWidget(widget, 0, column)
        grid.setColumnStretch(2, 1)

    def _spin(self, name: str, label: str) -> CountSpin:
        spin = CountSpin(self._table.gesture)
        spin.setFixedWidth(40)
        spin.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        spin.setObjectName(name)
        spin.setAccessibleName(label)
        spin.setToolTip(label)
        spin.valueChanged.connect(lambda _value: self._on_changed())
        return spin

    def show_text(self, text: str, spec: ArchitectureSpec) -> None:
        """Show a line such as `2.0=projection`; its numbers stay within the spec."""
        self.text = text
        place, _, kind = text.partition("=")
        stage, _, block = place.partition(".")
        with QSignalBlocker(self._stage), QSignalBlocker(self._block):
            self._stage.setRange(1, spec.n_stages)
            self._stage.setValue(int(stage))
            self._block.setRange(0, spec.stage_depths[min(int(stage), spec.n_stages) - 1] - 1)
            self._block.setValue(int(block))
        self._kind.setCurrentIndex(list(_KINDS).index(kind))

    def _on_changed(self) -> None:
        text = f"{self._stage.value()}.{self._block.value()}={self._kind.currentData()}"
        self._table.change(self._index, text)
