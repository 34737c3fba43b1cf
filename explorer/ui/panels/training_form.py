"""How the next training is set up: data, recipe, start, the main fields, all others folded.

Used by the training view. Shows plain values and tells what the user does; knows nothing of the store.
"""

from __future__ import annotations

from pathlib import PurePath

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QScrollArea,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from explorer.engine.values import FIRST_VALUES, KNOWN_WEIGHTS
from explorer.state.learning import DataState, FinderState, TrainingForm
from explorer.training.plan import Plan
from explorer.training.recipes import RECIPES
from explorer.ui.panels.data_choice import DataChoice
from explorer.ui.panels.field_controls import FlatCombo
from explorer.ui.panels.field_group import GroupHeader
from explorer.ui.panels.field_slot import ErrorLine, FieldSlot
from explorer.ui.panels.plan_fields import PlanGroup, PlanLines, grouped_fields
from explorer.ui.panels.schedule_drawing import ScheduleDrawing
from explorer.ui.panels.segments import Segment, Segments
from explorer.ui.theme import HALF, SPACE, font
from explorer.ui.views.rate_finder import RateFinder

MAIN_FIELDS = ("epochs", "batch_size", "learning_rate", "optimiser", "schedule")
_FIRST, _PRESENT = "first", "present"
_STARTS = (
    Segment(_FIRST, "First values", "<p>From random first values, which the seed fixes.</p>"),
    Segment(
        _PRESENT,
        "This net’s",
        "<p>From the weights that the net in view has now, or where it is untrained from those known for it; "
        "a new head where the data has other classes.</p>",
    ),
)
FORM_WIDTH_PX = 300


class TrainingFormPanel(QScrollArea):
    """The form, in a column that scrolls.

    Args:
        parent: As Qt has it.
    """

    data_chosen = Signal(object)
    """The user chose a data set's name, or the path of a folder or zip."""

    recipe_chosen = Signal(object)
    """The user chose a recipe, by name."""

    plan_edited = Signal(object)
    """The user changed fields: a dict of values by name."""

    plan_reset = Signal(object)
    """The user wants a field as the recipe has it; an empty name is all."""

    start_chosen = Signal(object)
    """The user chose a `WeightsChoice` to start from."""

    finder_requested = Signal()
    """The user wants a learning rate to be found."""

    rate_taken = Signal(object)
    """The user wants this learning rate, or puts the finder's curve away (None)."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("train.form")
        self._form: TrainingForm | None = None
        self._plan_shown: tuple[Plan, Plan, str] | None = None
        self._error: ErrorLine | None = None
        self._is_found = False
        self._make()
        self._lay_out()
        self._connect()

    def show_form(self, form: TrainingForm, usual: Plan) -> None:
        """Show the form, without telling.

        Args:
            form: What is set up.
            usual: The recipe's plan, fitted to the data.
        """
        self._form = form
        chosen = RECIPES[form.recipe]
        self._recipe.setCurrentIndex(list(RECIPES).index(form.recipe))
        self._about.setText(chosen.about)
        self._about.setToolTip(f"<p>{chosen.source}</p>")
        self._start.show_value(_FIRST if form.starts_from == FIRST_VALUES else _PRESENT)
        if self._plan_shown != (form.plan, usual, chosen.title) or form.refusal is not None:
            self._plan_shown = (form.plan, usual, chosen.title)
            self._main.show_plan(*self._plan_shown)
            for group in self._groups:
                group.show_plan(*self._plan_shown)
            self._drawing.show_plan(form.plan)
        changed = [name for name in Plan.model_fields if getattr(form.plan, name) != getattr(usual, name)]
        self._reset.setVisible(bool(changed))
        self._reset.setText(f"Reset {len(changed)} changed" if len(changed) > 1 else "Reset 1 changed")
        folded = [name for name in changed if name not in MAIN_FIELDS]
        self._all.set_marked(bool(folded))
        self._all.set_summary(f"{len(folded)} changed" if folded else "")
        self._show_refusal(form.refusal)

    def show_data(self, data: DataState, form: TrainingForm) -> None:
        """Show which data is chosen and what is in it."""
        self._data.show_data(data, form.data, _remark(form))

    def show_finder(self, finder: FinderState | None, *, is_busy: bool) -> None:
        """Show the learning-rate finder's curve; None hides it.

        Args:
            finder: Its curve so far.
            is_busy: Whether a training runs, so that none can be sought.
        """
        self._finder.show_finder(finder)
        is_found = finder is not None and finder.status == "done"
        if is_found and not self._is_found:
            # Once all has its place: the button that takes the rate is to be seen.
            QTimer.singleShot(0, self, lambda: self.ensureWidgetVisible(self._finder, 0, SPACE))
        self._is_found = is_found
        self._find.setEnabled(not is_busy)
        self._find.setVisible(finder is None)
        self._data.setEnabled(not is_busy)
        self._start.setEnabled(not is_busy)
        self._recipe.setEnabled(not is_busy)

    def _show_refusal(self, refusal: tuple[str, str, str] | None) -> None:
        if refusal is None:
            if self._error is not None:
                self._error.hide()
            return
        name, cause, hint = refusal
        if self._error is None:
            self._error = ErrorLine()
            self._error.setObjectName("plan.error")
            self._error.reverted.connect(self._on_reverted)
        self._error.set_text(" ".join(filter(None, (cause, hint))))
        self._slot_of(name).put(self._error)
        self._error.show()
        self.ensureWidgetVisible(self._error, 0, SPACE)

    def _slot_of(self, name: str) -> FieldSlot:
        group = next((group for group in self._groups if name in group.names), None)
        if group is None:
            return self._main.slots.get(name, self._main.slots["epochs"])
        self._all.setChecked(True)
        return group.slot(name)

    def _on_reverted(self) -> None:
        """Editing a field to what it is is accepted, which takes the refusal back."""
        if self._form is None or self._form.refusal is None:
            return
        name = self._form.refusal[0]
        if name in self._form.chosen:
            self.plan_edited.emit({name: getattr(self._form.plan, name)})
        else:
            self.plan_reset.emit(name)

    # How it is built

    def _make(self) -> None:
        self._data = DataChoice()
        self._recipe = FlatCombo()
        self._recipe.setObjectName("train.recipe")
        self._recipe.setAccessibleName("Recipe")
        self._recipe.setToolTip("A plan with a name; what you change in it stays when you choose another")
        for entry in RECIPES.values():
            self._recipe.addItem(entry.title, entry.name)
            self._recipe.setItemData(self._recipe.count() - 1, entry.about, Qt.ItemDataRole.ToolTipRole)
        self._about = QLabel()
        self._about.setProperty("tone", "muted")
        self._about.setWordWrap(True)
        self._start = Segments("train.starts_from", "Starts from", _STARTS)
        self._main = PlanLines(MAIN_FIELDS)
        self._drawing = ScheduleDrawing()
        self._find = QPushButton("Find rate")
        self._find.setObjectName("train.find_rate")
        self._find.setToolTip(
            "Run one short training with a rising learning rate, and see where it learns best"
        )
        self._finder = RateFinder()
        self._all = GroupHeader("All settings")
        self._all.setObjectName("train.all_settings")
        self._groups = [PlanGroup(title, names) for title, names in grouped_fields(MAIN_FIELDS).items()]
        self._reset = QToolButton()
        self._reset.setObjectName("train.reset")
        self._reset.setProperty("tone", "accent")
        self._reset.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self._reset.setToolTip("All fields as the recipe has them")
        self._reset.hide()

    def _lay_out(self) -> None:
        content = QWidget()
        column = QVBoxLayout(content)
        column.setContentsMargins(SPACE + HALF, SPACE + HALF, SPACE + HALF, 2 * SPACE)
        column.setSpacing(HALF + 2)
        column.addWidget(_heading("Data"))
        column.addWidget(self._data)
        column.addSpacing(SPACE)
        column.addWidget(_heading("Starts from"))
        column.addWidget(self._start)
        column.addSpacing(SPACE)
        line = QHBoxLayout()
        line.addWidget(_heading("Recipe"), 1)
        line.addWidget(self._reset)
        column.addLayout(line)
        column.addWidget(self._recipe)
        column.addWidget(self._about)
        column.addSpacing(HALF)
        column.addWidget(self._main)
        column.addWidget(self._drawing)
        column.addWidget(self._find)
        column.addWidget(self._finder)
        column.addSpacing(HALF)
        column.addWidget(self._all)
        self._others = QWidget()
        others = QVBoxLayout(self._others)
        others.setContentsMargins(SPACE, 0, 0, 0)
        others.setSpacing(0)
        for group in self._groups:
            others.addWidget(group)
        self._others.hide()
        column.addWidget(self._others)
        column.addStretch(1)
        self.setWidget(content)
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setMinimumWidth(FORM_WIDTH_PX - 4 * SPACE)

    def _connect(self) -> None:
        self._data.data_chosen.connect(self.data_chosen)
        self._recipe.activated.connect(lambda index: self.recipe_chosen.emit(self._recipe.itemData(index)))
        self._start.chosen.connect(
            lambda value: self.start_chosen.emit(FIRST_VALUES if value == _FIRST else KNOWN_WEIGHTS)
        )
        parts: tuple[PlanLines | PlanGroup, ...] = (self._main, *self._groups)
        for part in parts:
            part.edited.connect(lambda name, value: self.plan_edited.emit({name: value}))
            part.reset.connect(self.plan_reset)
        self._reset.clicked.connect(lambda: self.plan_reset.emit(""))
        self._find.clicked.connect(self.finder_requested)
        self._finder.rate_taken.connect(self.rate_taken)
        self._all.toggled.connect(self._others.setVisible)


def _remark(form: TrainingForm) -> str:
    """That the plan is one for other data; empty where it is not."""
    if not form.lacks:
        return ""
    choice = "" if form.data == form.lacks else f", or train on {PurePath(form.data).name}"
    return (
        f"The recipe and plan are the run’s. It learned from {PurePath(form.lacks).name}, "
        f"which is not here: choose data{choice}."
    )


def _heading(text: str) -> QLabel:
    label = QLabel(text)
    label.setFont(font("body", strong=True))
    return label
