"""Controls for the fields of a plan, generated from what the fields say about themselves.

Used by the training form. Knows nothing of the store.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cache

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QBoxLayout, QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from explorer.training.plan import Plan, applies
from explorer.ui.panels.field_controls import ChoiceControl, FieldControl, NumberControl, SwitchControl
from explorer.ui.panels.field_facts import FieldFacts, described
from explorer.ui.panels.field_group import GroupHeader
from explorer.ui.panels.field_line import FieldLine
from explorer.ui.panels.field_slot import FieldSlot
from explorer.ui.panels.glyph_button import GlyphButton
from explorer.ui.theme import HALF, SPACE

_RESET_PX = 22


@cache
def plan_facts(name: str) -> FieldFacts:
    """What a field of a plan says about itself."""
    return described(Plan, name, "plan")


def grouped_fields(without: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """The fields of a plan under their headings, in the plan's order.

    Args:
        without: Fields that have controls elsewhere.
    """
    groups: dict[str, list[str]] = {}
    for name in Plan.model_fields:
        if name not in without:
            groups.setdefault(plan_facts(name).group, []).append(name)
    order = ("Length", "Optimiser", "Schedule", "Loss", "Data", "Augmentation", "Fine-tuning", "Run")
    ranked = sorted(groups, key=lambda group: order.index(group) if group in order else len(order))
    return {group: tuple(groups[group]) for group in ranked}


_EXAMPLES = {"milestones": "None; shares such as 0.5, 0.75", "restarts": "None; epochs such as 60, 75"}


class NumbersControl(FieldControl):
    """Numbers with commas between them; what is none goes on as text, to be refused."""

    is_wide = True

    def __init__(self, field: FieldFacts, parent: QWidget | None = None) -> None:
        super().__init__(field, parent)
        self._shown = ""
        self._line = QLineEdit()
        self._line.setPlaceholderText(_EXAMPLES[field.name])
        self._line.editingFinished.connect(self._on_finished)
        self._adopt(self._line)

    def show_value(self, value: object) -> None:
        self._shown = ", ".join(f"{item:g}" for item in value) if isinstance(value, tuple) else str(value)
        self._line.setText(self._shown)

    def _on_finished(self) -> None:
        text = self._line.text()
        if text == self._shown:
            return
        self._shown = text
        parts = tuple(part.strip() for part in text.split(",") if part.strip())
        self.edited.emit(parts, self.gesture.current())
        self.gesture.end()


_CONTROLS: Mapping[str, Callable[[FieldFacts], FieldControl]] = {
    "switch": SwitchControl,
    "choice": ChoiceControl,
    "integer": NumberControl,
    "real": NumberControl,
    "numbers": NumbersControl,
}


class PlanLine(QWidget):
    """One field: its label with a dot where it is not the recipe's, its control, the way back."""

    edited = Signal(object, object)
    """The user chose (field's name, value)."""

    reset = Signal(object)
    """The user wants this field as the recipe has it."""

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        facts = plan_facts(name)
        self.name = name
        self._control = _CONTROLS[facts.kind](facts)
        self._line = FieldLine(self._control)
        self._back = GlyphButton("undo", f"plan.{name}.reset", "As in the recipe", _RESET_PX)
        kept = self._back.sizePolicy()
        kept.setRetainSizeWhenHidden(True)
        self._back.setSizePolicy(kept)
        self._back.hide()
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self._line, 1)
        self._put_back_button()
        self._control.edited.connect(lambda value, _gesture: self.edited.emit(name, value))
        self._line.reset.connect(lambda _name, _value: self.reset.emit(name))
        self._back.clicked.connect(lambda: self.reset.emit(name))

    def _put_back_button(self) -> None:
        """Between label and control, so that all controls end at the same edge."""
        places = self._line.layout()
        assert isinstance(places, QBoxLayout)
        if not self._control.is_wide:
            places.insertWidget(1, self._back)
            return
        places.removeWidget(self._line.label)
        head = QHBoxLayout()
        head.addWidget(self._line.label, 1)
        head.addWidget(self._back)
        places.insertLayout(0, head)

    @property
    def is_marked(self) -> bool:
        """Whether the value is said to differ from the recipe's."""
        return self._line.label.is_marked

    def show_plan(self, plan: Plan, usual: Plan, source: str) -> None:
        """Show the field's value, without telling.

        Args:
            plan: Its plan.
            usual: What the recipe says.
            source: The recipe's title.
        """
        value, before = getattr(plan, self.name), getattr(usual, self.name)
        self._control.show_value(value)
        self._line.show_usual(value, before, source)
        self._back.setVisible(value != before)
        self._back.setToolTip(f"Back to {plan_facts(self.name).label(before)} ({source})")


class PlanLines(QWidget):
    """Some fields below each other; those that make no difference are hidden.

    Args:
        names: The fields, in order.
        parent: As Qt has it.
    """

    edited = Signal(object, object)
    """The user chose (field's name, value)."""

    reset = Signal(object)
    """The user wants this field as the recipe has it."""

    def __init__(self, names: Sequence[str], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._lines = {name: PlanLine(name) for name in names}
        self.slots = {name: FieldSlot(line) for name, line in self._lines.items()}
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(HALF)
        for name, line in self._lines.items():
            line.edited.connect(self.edited)
            line.reset.connect(self.reset)
            column.addWidget(self.slots[name])

    def show_plan(self, plan: Plan, usual: Plan, source: str) -> None:
        """Show the fields of a plan, without telling; arguments as `PlanLine.show_plan`."""
        for name, line in self._lines.items():
            line.show_plan(plan, usual, source)
            self.slots[name].setVisible(applies(plan, name))


class PlanGroup(QWidget):
    """A heading that folds the controls of some fields.

    Args:
        title: The heading.
        names: The fields, in order.
        parent: As Qt has it.
    """

    edited = Signal(object, object)
    """The user chose (field's name, value)."""

    reset = Signal(object)
    """The user wants this field as the recipe has it."""

    def __init__(self, title: str, names: Sequence[str], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.names = tuple(names)
        self._header = GroupHeader(title)
        self._header.setObjectName(f"plan.group.{title.lower()}")
        # Built at once: Tab goes through widgets in the order in which they were made.
        self._lines = PlanLines(self.names)
        self._lines.setContentsMargins(SPACE, 0, 0, SPACE)
        self._lines.edited.connect(self.edited)
        self._lines.reset.connect(self.reset)
        self._lines.hide()
        self._header.toggled.connect(self._lines.setVisible)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self._header)
        column.addWidget(self._lines)

    def slot(self, name: str) -> FieldSlot:
        """The place of a field; opens the group so that it can be seen."""
        self._header.setChecked(True)
        return self._lines.slots[name]

    def show_plan(self, plan: Plan, usual: Plan, source: str) -> None:
        """Show the fields of a plan, without telling; arguments as `PlanLine.show_plan`."""
        applying = [name for name in self.names if applies(plan, name)]
        changed = [name for name in applying if getattr(plan, name) != getattr(usual, name)]
        said = (
            f"{plan_facts(name).title}: {plan_facts(name).label(getattr(plan, name))}" for name in applying
        )
        self._header.setToolTip("<br>".join(said))
        self._header.set_marked(bool(changed))
        self._header.set_summary(" · ".join(plan_facts(name).label(getattr(plan, name)) for name in changed))
        self.setVisible(bool(applying))
        self._lines.show_plan(plan, usual, source)
