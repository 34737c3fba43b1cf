"""Blocks and width of every stage, as small numbers in two rows; stages can be added and taken away.

Used by the architecture panel. Knows nothing of the store.
"""

from __future__ import annotations

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtWidgets import QGridLayout, QLabel, QSizePolicy, QWidget

from explorer.arch.field import MAX_STAGES
from explorer.arch.spec import ArchitectureSpec
from explorer.ui.panels.field_facts import facts
from explorer.ui.panels.gesture import Gesture
from explorer.ui.panels.spins import CountSpin
from explorer.ui.theme import HALF

_A_ROW = 4
"""Stages side by side; more begin a second row, or their numbers would not fit."""
_FIELDS = ("stage_depths", "stage_widths")
_LABELS = {"stage_depths": "Blocks", "stage_widths": "Width"}
_HEAD_COLUMN = 0


class StageCounts(QWidget):
    """Two numbers a stage. A new stage has as many blocks as the last and twice its width.

    Args:
        parent: As Qt has it.
    """

    edited = Signal(object, object)
    """The user chose (changes, gesture): one or both tuples by their field's name."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("spec.stages")
        self._gesture = Gesture("stages")
        self._values: dict[str, tuple[int, ...]] = dict.fromkeys(_FIELDS, ())
        self._spins: dict[str, list[CountSpin]] = {name: [] for name in _FIELDS}
        self._stage_labels: list[QLabel] = []
        self._row_labels: dict[tuple[str, int], QLabel] = {}
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(HALF)
        self._grid.setVerticalSpacing(HALF)

    def show_values(self, name: str, values: tuple[int, ...]) -> None:
        """Show one field's numbers, without telling.

        Args:
            name: `stage_depths` or `stage_widths`.
            values: One number a stage.
        """
        self._values[name] = values
        spins = self._spins[name]
        while len(spins) < len(values):
            self._put_spin(name, len(spins))
        for index, spin in enumerate(spins):
            spin.setVisible(index < len(values))
            if index < len(values):
                with QSignalBlocker(spin):
                    spin.setValue(values[index])
        for column in range(_A_ROW):
            # Fewer stages share the whole width.
            self._grid.setColumnStretch(column + 1, int(column < len(values)))
        for stage, label in enumerate(self._stage_labels):
            label.setVisible(stage < len(values))
        for (_, band), label in self._row_labels.items():
            label.setVisible(band * _A_ROW < len(values))

    def add_stage(self) -> None:
        """One more stage at the end."""
        blocks, widths = self._values["stage_depths"], self._values["stage_widths"]
        wider = min(2 * widths[-1], facts("stage_widths").most)
        self._emit({"stage_depths": (*blocks, blocks[-1]), "stage_widths": (*widths, wider)})

    def remove_stage(self) -> None:
        """One stage fewer."""
        self._emit({name: self._values[name][:-1] for name in _FIELDS})

    @property
    def can_add(self) -> bool:
        """Whether there may be one more stage."""
        return len(self._values["stage_depths"]) < MAX_STAGES

    @property
    def can_remove(self) -> bool:
        """Whether there may be one fewer."""
        return len(self._values["stage_depths"]) > 1

    def show_spec(self, spec: ArchitectureSpec) -> None:
        """Show both fields of a spec, without telling."""
        for name in _FIELDS:
            self.show_values(name, getattr(spec, name))

    def _emit(self, changes: dict[str, tuple[int, ...]]) -> None:
        self.edited.emit(changes, self._gesture.current())
        self._gesture.end()

    def _put_spin(self, name: str, stage: int) -> None:
        band, column = divmod(stage, _A_ROW)
        # A band of stages is three rows: the stages' numbers, blocks, widths.
        row = 3 * band + 1 + _FIELDS.index(name)
        if column == 0:
            label = QLabel(_LABELS[name])
            label.setProperty("tone", "muted")
            label.setToolTip(facts(name).tooltip)
            self._grid.addWidget(label, row, _HEAD_COLUMN)
            self._row_labels[name, band] = label
        if name == _FIELDS[0]:
            head = QLabel(str(stage + 1))
            head.setProperty("tone", "muted")
            head.setAlignment(Qt.AlignmentFlag.AlignHCenter)
            self._grid.addWidget(head, 3 * band, column + 1)
            self._stage_labels.append(head)
        field = facts(name)
        spin = CountSpin(self._gesture)
        spin.setRange(field.least, field.most)
        spin.setSingleStep(field.step)
        spin.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        spin.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        spin.setObjectName(f"spec.{name}.{stage + 1}")
        spin.setAccessibleName(f"{_LABELS[name]} of stage {stage + 1}")
        spin.setToolTip(field.tooltip)
        spin.valueChanged.connect(lambda value: self._on_value(name, stage, value))
        self._grid.addWidget(spin, row, column + 1)
        self._spins[name].append(spin)

    def _on_value(self, name: str, stage: int, value: int) -> None:
        values = list(self._values[name])
        values[stage] = value
        self._values[name] = tuple(values)
        self.edited.emit({name: self._values[name]}, self._gesture.current())
