"""How the next study is set up: what is varied, the seeds, and what becomes of its networks.

Used by the study view. Shows plain values and tells what the user does; knows nothing of the store.
"""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QLabel, QLineEdit, QPushButton, QScrollArea, QVBoxLayout, QWidget

from explorer.arch.spec import ArchitectureSpec
from explorer.state.learning import TrainingForm
from explorer.state.studies import StudyForm
from explorer.ui.panels.flat_check import FlatCheck
from explorer.ui.theme import HALF, SPACE, font
from explorer.ui.views import study_words
from explorer.ui.views.study_axes import AxisLine

FORM_WIDTH_PX = 300

_Shown = tuple[StudyForm, ArchitectureSpec, TrainingForm]


class StudyFormPanel(QScrollArea):
    """The form, in a column that scrolls.

    Args:
        parent: As Qt has it.
    """

    edited = Signal(object)
    """The form as the user wants it (a `StudyForm`)."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("study.form")
        self._form = StudyForm()
        self._shown: _Shown | None = None
        self._axes = QVBoxLayout()
        self._axes.setSpacing(HALF)
        self._add = QPushButton("Vary another field")
        self._add.setObjectName("study.add")
        self._seeds = QLineEdit()
        self._seeds.setObjectName("study.seeds")
        self._seeds.setAccessibleName("Seeds")
        self._seeds.setToolTip("Each combination is trained with each seed, such as 0,1,2")
        self._pins = FlatCheck("Pin finished networks side by side")
        self._pins.setObjectName("study.pins")
        self._pins.setToolTip("Each becomes a column of Compare when its training ends, eight at most")
        self._common = QLabel()
        self._common.setProperty("tone", "muted")
        self._common.setWordWrap(True)
        self._lay_out()
        self._add.clicked.connect(self._on_add)
        self._seeds.editingFinished.connect(self._on_seeds)
        self._pins.clicked.connect(lambda is_on: self.edited.emit(replace(self._form, pins=is_on)))

    def _lay_out(self) -> None:
        content = QWidget()
        column = QVBoxLayout(content)
        column.setContentsMargins(SPACE + HALF, SPACE + HALF, SPACE + HALF, 2 * SPACE)
        column.setSpacing(HALF + 2)
        column.addWidget(_heading("Varied"))
        column.addLayout(self._axes)
        column.addWidget(self._add)
        column.addSpacing(SPACE)
        column.addWidget(_heading("Seeds"))
        column.addWidget(self._seeds)
        column.addSpacing(SPACE)
        column.addWidget(_heading("In common"))
        column.addWidget(self._common)
        column.addSpacing(SPACE)
        column.addWidget(self._pins)
        column.addStretch(1)
        self.setWidget(content)
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setMinimumWidth(FORM_WIDTH_PX - 4 * SPACE)

    def show_form(self, form: StudyForm, spec: ArchitectureSpec, training: TrainingForm) -> None:
        """Show what is set up, without telling.

        Args:
            form: What is varied.
            spec: The network in view.
            training: Data and plan.
        """
        known = (form, spec, training)
        if known == self._shown:
            return
        before, self._shown, self._form = self._shown, known, form
        self._common.setText(study_words.common(spec, training))
        self._seeds.setText(form.seeds)
        self._pins.setChecked(form.pins)
        if before is None or before[0].axes != form.axes or before[1:] != known[1:]:
            self._show_axes(spec, training)

    def _show_axes(self, spec: ArchitectureSpec, training: TrainingForm) -> None:
        """The lines anew; who types or presses keys stays where it was."""
        focus = self.focusWidget()
        focused = focus.objectName() if focus is not None and self.isAncestorOf(focus) else ""
        while (item := self._axes.takeAt(0)) is not None:
            line = item.widget()
            if line is not None:
                # At once, or the old lines still stand under the new ones until the next turn.
                line.hide()
                line.deleteLater()
        for place, (name, values) in enumerate(self._form.axes):
            axis = AxisLine(name, study_words.options(name, spec, training.plan), values)
            axis.changed.connect(lambda name, values, place=place: self._on_axis(place, name, values))
            axis.removed.connect(lambda place=place: self._on_removed(place))
            self._axes.addWidget(axis)
            axis.show()
            same = axis.findChild(QWidget, focused) if focused else None
            if same is not None:
                same.setFocus()

    def _on_axis(self, place: int, name: str, values: tuple[str, ...]) -> None:
        axes = list(self._form.axes)
        if any(other == name for at, (other, _) in enumerate(axes) if at != place):
            # It is varied already: the list shows what is chosen again.
            self._show_axes(*self._shown_parts())
            return
        axes[place] = (name, values)
        self.edited.emit(replace(self._form, axes=tuple(axes)))

    def _shown_parts(self) -> tuple[ArchitectureSpec, TrainingForm]:
        assert self._shown is not None
        return self._shown[1:]

    def _on_removed(self, place: int) -> None:
        axes = (*self._form.axes[:place], *self._form.axes[place + 1 :])
        self.edited.emit(replace(self._form, axes=axes))

    def _on_add(self) -> None:
        taken = {name for name, _ in self._form.axes}
        every = (field.name for group in study_words.fields() for field in group)
        name = next((name for name in every if name not in taken), None)
        if name is not None:
            self.edited.emit(replace(self._form, axes=(*self._form.axes, (name, ()))))

    def _on_seeds(self) -> None:
        if self._seeds.text() != self._form.seeds:
            self.edited.emit(replace(self._form, seeds=self._seeds.text()))


def _heading(text: str) -> QLabel:
    label = QLabel(text)
    label.setFont(font("body", strong=True))
    return label
