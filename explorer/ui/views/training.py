"""The training view: the form at the left, the curves in the middle, what it gets wrong beside or below.

Made by `ui/training_dock.py` after the first paint. Shows plain slices of the state and tells what the user
does; knows nothing of the store.
"""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import (
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QMenu,
    QScrollArea,
    QSplitter,
    QStackedWidget,
    QTabWidget,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from explorer.state.learning import Curves, DataState, TrainingForm, TrainingState
from explorer.training.plan import Plan
from explorer.ui.panels.training_form import FORM_WIDTH_PX, TrainingFormPanel
from explorer.ui.theme import HALF, SPACE
from explorer.ui.views.confusion import ConfusionMatrix
from explorer.ui.views.curve_moments import Moments
from explorer.ui.views.curves import CurvesView
from explorer.ui.views.mistakes import Mistakes
from explorer.ui.views.training_head import TrainingHead
from explorer.ui.views.training_words import (
    empty_message,
    facts,
    facts_csv,
    is_another,
    is_finding,
    problem,
)
from explorer.ui.widgets.elided_label import ElidedLabel
from explorer.ui.widgets.empty_state import EmptyState
from explorer.ui.widgets.saving import ask_where, write_png, write_text

_ROOM_FOR_FORM_PX = 720
"""In a narrower view the form takes the place of the curves instead of standing beside them."""
_ROOM_BELOW_PX = 660
_LEAST_PX = 320
_ROOM_BESIDE_PX = 760
"""From this width what it gets wrong stands beside the curves, else below them."""


class TrainingView(QWidget):
    """Sets up, starts and watches a training.

    Args:
        parent: As Qt has it.
    """

    start_requested = Signal()
    twins_requested = Signal()
    """The net and its plain twin are to learn in lock-step."""

    pause_requested = Signal()
    resume_requested = Signal()
    extend_requested = Signal(object)
    """A finished training is to go on, to so many epochs in all."""
    stop_requested = Signal()
    rewind_requested = Signal(object)
    """The run's network is to be as it was at this step; None is now."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("train.view")
        self._wants_form: bool | None = None
        self._learns = False
        self._is_another = False
        self._data: str | None = None
        self._facts: tuple[tuple[str, str], ...] = ()
        self.head = TrainingHead()
        self.form = TrainingFormPanel()
        self.curves = CurvesView()
        self.confusion = ConfusionMatrix()
        self.mistakes = Mistakes()
        self._said = ElidedLabel("muted")
        self._problem = QLabel()
        self._problem.setObjectName("train.problem")
        self._problem.setProperty("tone", "danger")
        self._problem.setWordWrap(True)
        self._problem.setTextFormat(Qt.TextFormat.PlainText)
        self._problem.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._problem.setContentsMargins(SPACE + HALF, 0, SPACE + HALF, SPACE)
        self._problem.hide()
        self._lay_out()
        self._connect()

    # What it shows

    def show_form(self, form: TrainingForm, usual: Plan) -> None:
        """Show what is set up; arguments as `TrainingFormPanel.show_form`."""
        self.form.show_form(form, usual)
        if self._data not in (None, form.data) and not self._learns:
            # Other data, perhaps from elsewhere: one sees what it will be learned with.
            self._wants_form = True
            self._arrange()
        self._data = form.data

    def show_data(self, data: DataState, form: TrainingForm) -> None:
        """Show which data is chosen and what is in it."""
        self.form.show_data(data, form)

    def show_training(
        self,
        training: TrainingState,
        form: TrainingForm,
        other: Curves | None = None,
        other_sizes: tuple[int, int] = (0, 0),
        share: float | None = None,
    ) -> None:
        """Show how the training stands.

        Args:
            training: The one that runs or ran last.
            form: What is set up.
            other: Another run's curves, drawn faintly.
            other_sizes: That run's steps an epoch and batch size.
            share: As `TrainingHead.show_training`.
        """
        self.head.show_training(training, form, share)
        self._empty.set_message(empty_message(training, form))
        self._problem.setText(problem(training))
        self._problem.setVisible(bool(self._problem.text()))
        self.form.show_finder(training.finder, is_busy=training.is_busy)
        began = training.began
        # Those of the run before are no picture of the one that begins.
        self._is_another = is_another(training)
        page = 0 if training.curves is None or self._is_another else 1
        is_other_page = page != self._pages.currentIndex()
        self._pages.setCurrentIndex(page)
        sizes = (began.steps_per_epoch, began.plan.batch_size) if began is not None else (0, 0)
        twin = training.twin.curves if training.twin is not None else None
        self.curves.show_curves(training.curves, sizes, other, other_sizes, twin=twin)
        self.confusion.show_judged(training.judged, is_earlier=training.is_earlier)
        self.mistakes.show_judged(training.judged, is_earlier=training.is_earlier)
        self._show_facts(facts(training))
        # The finder's curve is in the form.
        learns = training.is_busy and not is_finding(training)
        if learns != self._learns or is_other_page:
            # While it learns the curves are what one came for; afterwards one sets up the next.
            self._learns = learns
            self._wants_form = None
            self._arrange()

    def show_moments(self, moments: Moments) -> None:
        """Show to which moments the run can be rewound, and where it stands."""
        at, are_gone = (None, False) if self._is_another else (moments.at, moments.are_gone)
        self.head.show_moment(at, are_gone=are_gone)
        self.curves.show_moments(moments)

    def _show_facts(self, lines: tuple[tuple[str, str], ...]) -> None:
        if lines == self._facts:
            return
        if [what for what, _ in lines] != [what for what, _ in self._facts]:
            while self._facts_grid.count():
                item = self._facts_grid.takeAt(0)
                old = item.widget() if item is not None else None
                if old is not None:
                    old.hide()
                    old.deleteLater()
            for row, (what, _) in enumerate(lines):
                label, value = QLabel(what), QLabel()
                label.setProperty("tone", "muted")
                value.setWordWrap(True)
                value.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
                self._facts_grid.addWidget(label, row, 0, Qt.AlignmentFlag.AlignTop)
                self._facts_grid.addWidget(value, row, 1)
        self._facts = lines
        for row, (_, said) in enumerate(lines):
            item = self._facts_grid.itemAtPosition(row, 1)
            widget = item.widget() if item is not None else None
            if isinstance(widget, QLabel) and widget.text() != said:
                widget.setText(said)

    # How it finds room

    def minimumSizeHint(self) -> QSize:
        # Less than all parts side by side: what has no room makes way.
        return QSize(_LEAST_PX, _LEAST_PX)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._arrange()

    def _arrange(self) -> None:
        has_room = self.width() >= _ROOM_FOR_FORM_PX
        usual = has_room or (not self._learns and self._pages.currentIndex() == 0)
        shown = usual if self._wants_form is None else self._wants_form
        self.form.setVisible(shown)
        self._pages.setVisible(has_room or not shown)
        self.head.form_button.setChecked(shown)
        self.form.setMaximumWidth(FORM_WIDTH_PX if has_room else 16_777_215)
        room = self.width() - (FORM_WIDTH_PX if has_room and shown else 0)
        beside = room >= _ROOM_BESIDE_PX
        self._stack_curves(not beside and self.height() < _ROOM_BELOW_PX)
        wanted = Qt.Orientation.Horizontal if beside else Qt.Orientation.Vertical
        if self._split.orientation() != wanted:
            self._split.setOrientation(wanted)
            self._split.setSizes([2 * room // 3, room // 3] if beside else [300, 200])

    def _stack_curves(self, is_short: bool) -> None:
        """Where there is room neither beside nor below, the curves are the first tab."""
        if is_short == (self._tabs.indexOf(self.curves) >= 0):
            return
        if is_short:
            self._tabs.insertTab(0, self.curves, "Curves")
            self._tabs.setCurrentIndex(0)
        else:
            self._tabs.removeTab(self._tabs.indexOf(self.curves))
            self._split.insertWidget(0, self.curves)
            self.curves.show()

    def _on_form_toggled(self, is_wanted: bool) -> None:
        self._wants_form = is_wanted
        self._arrange()

    # How it is built

    def _lay_out(self) -> None:
        self._empty = EmptyState()
        self._empty.setObjectName("train.empty")
        self._split = QSplitter(Qt.Orientation.Horizontal)
        self._split.setChildrenCollapsible(False)
        self._split.addWidget(self.curves)
        self._split.addWidget(self._make_details())
        self._split.setStretchFactor(0, 2)
        self._split.setStretchFactor(1, 1)
        self._split.setSizes([600, 300])
        self._pages = QStackedWidget()
        self._pages.addWidget(self._empty)
        self._pages.addWidget(self._split)
        middle = QHBoxLayout()
        middle.setContentsMargins(0, 0, 0, 0)
        middle.setSpacing(0)
        middle.addWidget(self.form, 1)
        middle.addWidget(self._pages, 3)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.head)
        column.addWidget(self._problem)
        column.addLayout(middle, 1)

    def _make_details(self) -> QWidget:
        self._tabs = QTabWidget()
        self._tabs.setObjectName("train.details")
        self._tabs.setDocumentMode(True)
        self._tabs.addTab(self.confusion, "Confusion")
        scroll = QScrollArea()
        scroll.setWidgetResizable(True)
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setWidget(self.mistakes)
        self._tabs.addTab(scroll, "Mistakes")
        run = self._make_facts()
        self._tabs.addTab(run, "Run")
        self._tables: dict[QWidget, tuple[QWidget, str, Callable[[], str]]] = {
            self.confusion: (self.confusion, "confusion", self.confusion.to_csv),
            scroll: (self.mistakes, "mistakes", self.mistakes.to_csv),
            run: (self._facts_sheet, "run", lambda: facts_csv(self._facts)),
        }
        self._save = QToolButton()
        self._save.setText("Save…")
        self._save.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        # No arrow: beside three tabs there is no room for one.
        self._save.setStyleSheet("QToolButton::menu-indicator { image: none; }")
        self._save.setObjectName("train.save_details")
        menu = QMenu(self._save)
        menu.addAction("Save as PNG…", lambda: self._on_save("png"))
        menu.addAction("Save as CSV…", lambda: self._on_save("csv"))
        self._save.setMenu(menu)
        self._tabs.setCornerWidget(self._save)
        self._tabs.currentChanged.connect(lambda _: self._save.setEnabled(self._table() is not None))
        details = QWidget()
        column = QVBoxLayout(details)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self._tabs, 1)
        column.addWidget(self._said)
        details.setMinimumSize(280, 200)
        return details

    def _make_facts(self) -> QWidget:
        content = self._facts_sheet = QWidget()
        outer = QVBoxLayout(content)
        outer.setContentsMargins(SPACE + HALF, SPACE + HALF, SPACE, SPACE)
        self._facts_grid = QGridLayout()
        self._facts_grid.setColumnStretch(1, 1)
        self._facts_grid.setHorizontalSpacing(2 * SPACE)
        self._facts_grid.setVerticalSpacing(HALF)
        outer.addLayout(self._facts_grid)
        outer.addStretch(1)
        scroll = QScrollArea()
        scroll.setObjectName("train.facts")
        scroll.setWidgetResizable(True)
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        scroll.setWidget(content)
        return scroll

    def _connect(self) -> None:
        self.head.start_requested.connect(self.start_requested)
        self.head.twins_requested.connect(self.twins_requested)
        self.head.pause_requested.connect(self.pause_requested)
        self.head.resume_requested.connect(self.resume_requested)
        self.head.extend_requested.connect(self.extend_requested)
        self.head.stop_requested.connect(self.stop_requested)
        self.head.form_toggled.connect(self._on_form_toggled)
        self.head.now_requested.connect(lambda: self.rewind_requested.emit(None))
        self.curves.rewind_requested.connect(self.rewind_requested)
        self.curves.said.connect(self._said.set_text)
        for shown in (self.confusion, self.mistakes):
            shown.png_requested.connect(lambda: self._on_save("png"))
            shown.csv_requested.connect(lambda: self._on_save("csv"))

    def _table(self) -> tuple[QWidget, str, Callable[[], str]] | None:
        """What the tab in front shows, where it can be saved: the widget, a file name, its table."""
        front = self._tabs.currentWidget()
        return self._tables.get(front) if front is not None else None

    def _on_save(self, kind: str) -> None:
        table = self._table()
        if table is None:
            return
        shown, name, to_csv = table
        filters = f"{kind.upper()} (*.{kind})"
        path = ask_where(self, f"Save as {kind.upper()}", f"{name}.{kind}", filters)
        if path:
            said = write_png(shown.grab().toImage(), path) if kind == "png" else write_text(to_csv(), path)
            self._said.set_text(said)
