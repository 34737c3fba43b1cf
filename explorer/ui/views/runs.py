"""All runs, to sort, filter, name, star, compare at a glance, go on with, open, export and delete.

Shown in a dock of its own, imported when that is first opened. Takes plain rows; knows nothing of the store.
"""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QContextMenuEvent, QGuiApplication, QResizeEvent
from PySide6.QtWidgets import (
    QBoxLayout,
    QFileDialog,
    QFrame,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QMenu,
    QPushButton,
    QSplitter,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from explorer.engine.run_messages import ExportKind, RunRow
from explorer.ui.theme import HALF, SPACE, font
from explorer.ui.views import run_words
from explorer.ui.views.note_edit import NoteEdit
from explorer.ui.views.runs_model import ROW_ROLE, FilteredRuns, RunsModel
from explorer.ui.views.runs_table import RunsTable
from explorer.ui.views.sparkline import Line, Sparkline
from explorer.ui.widgets.asking_epochs import ask_epochs
from explorer.ui.widgets.chip import Chip
from explorer.ui.widgets.elided_label import ElidedLabel
from explorer.ui.widgets.empty_state import EmptyState
from explorer.ui.widgets.kept_place import KeptPlace
from explorer.ui.widgets.saving import ask_where, save_text

_NARROW_PX = 620
_EMPTY = "No runs yet. Train a network, and what it learned and how stays here."
_READING = "Reading the runs…"
_NONE_CHOSEN = "Choose a run: what it was and what it reached is shown here."
_NO_CURVES = "no curves yet"

Exports = tuple[tuple[ExportKind, str, str], ...]
EXPORTS: Exports = (
    ("csv", "Metrics as CSV…", "CSV (*.csv)"),
    ("jsonl", "Metrics as JSON lines…", "JSON lines (*.jsonl)"),
    ("tensorboard", "TensorBoard event files…", ""),
)


class RunsView(QWidget):
    """A table of runs, and below it the curves, facts and note of the one that is current.

    Args:
        parent: As Qt has it.
    """

    run_shown = Signal(object)
    """A run's curves are looked at (its id; empty for none)."""
    open_requested = Signal(object)
    """Open this run's network (its id)."""
    compare_requested = Signal(object)
    """Put these beside each other (a tuple of `RunRow`s that have weights)."""
    resume_requested = Signal(object)
    """Go on with this run (its id)."""
    extend_requested = Signal(object, object)
    """Train this finished run on (its id, and how many epochs in all)."""
    marked = Signal(object, object)
    """A run's id, and a mapping of what changes: `name`, `note` or `is_starred`."""
    delete_requested = Signal(object)
    """Delete these (a tuple of ids)."""
    export_requested = Signal(object, object, object)
    """A run's id, a path and an export kind."""
    save_failed = Signal(object)
    """The sentence that says why the table could not be written."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("runs")
        self.setAccessibleName("Runs")
        self._model = RunsModel(self)
        self._found = FilteredRuns(self)
        self._found.setSourceModel(self._model)
        self._can_train = True
        self._current = ""
        self._is_showing = False
        self._build_parts()
        self._lay_out()
        self._connect()
        self._show_current()

    def _build_parts(self) -> None:
        self._filter = QLineEdit()
        self._filter.setObjectName("runs.filter")
        self._filter.setAccessibleName("Filter runs")
        self._filter.setPlaceholderText("Filter: name, network, data, note, status…")
        self._filter.setClearButtonEnabled(True)
        self._count = QLabel()
        self._count.setObjectName("runs.count")
        self._count.setProperty("tone", "muted")
        self._save = _button("Save table…", "runs.save", "Save the runs that the filter leaves as CSV")
        self._table = RunsTable(self._found)
        # What tells it from others stands at the end.
        self._title = ElidedLabel("text", Qt.TextElideMode.ElideMiddle)
        self._title.setFont(font("heading", strong=True))
        self._facts = ElidedLabel("muted")
        self._chip = Chip()
        self._resume = _button("Resume", "runs.resume", "Go on where this run was left")
        self._extend = _button("Train on…", "runs.extend", "")
        self._open = _button("Open", "runs.open", "")
        self._compare = _button(
            "Compare",
            "runs.compare",
            "Put the selected runs' networks beside each other, as they ended",
        )
        self._delete = _button("Delete", "runs.delete", "Delete the selected runs; it can be undone (Delete)")
        self._export = QPushButton("Export")
        self._export.setObjectName("runs.export")
        self._export.setToolTip("Write all metrics of this run")
        self._export.setMenu(self._export_menu())
        self._curves = Sparkline()
        self._note = NoteEdit()
        self._empty = EmptyState()
        self._empty.setObjectName("runs.empty")

    def _export_menu(self) -> QMenu:
        menu = QMenu(self)
        for kind, label, _ in EXPORTS:
            menu.addAction(label).triggered.connect(lambda _checked=False, kind=kind: self._on_export(kind))
        menu.addSeparator()
        command = menu.addAction("Copy command")
        command.setToolTip("Copy the command line that makes this run")
        command.triggered.connect(self.copy_command)
        return menu

    def _lay_out(self) -> None:
        head = QHBoxLayout()
        head.setContentsMargins(SPACE, SPACE, SPACE, SPACE)
        head.setSpacing(SPACE)
        head.addWidget(self._filter, 1)
        head.addWidget(self._count)
        head.addWidget(self._save)
        split = QSplitter(Qt.Orientation.Vertical)
        split.addWidget(self._table)
        # No row moves, and no button comes, under the second click of a double-click.
        self._below = KeptPlace(_NONE_CHOSEN, self._details())
        split.addWidget(self._below)
        split.setStretchFactor(0, 3)
        split.setStretchFactor(1, 2)
        split.setChildrenCollapsible(False)
        page = QWidget()
        column = QVBoxLayout(page)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(head)
        column.addWidget(split, 1)
        self._pages = QStackedWidget()
        self._pages.addWidget(self._empty)
        self._pages.addWidget(page)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.addWidget(self._pages)

    def _details(self) -> QWidget:
        details = QFrame()
        title = QHBoxLayout()
        title.setSpacing(SPACE)
        title.addWidget(self._title, 1)
        title.addWidget(self._chip)
        # One of the two makes sense of a run; the others stay in place.
        self._again = QStackedWidget()
        self._again.setSizePolicy(self._resume.sizePolicy())
        self._again.addWidget(self._resume)
        self._again.addWidget(self._extend)
        buttons = QHBoxLayout()
        buttons.setSpacing(HALF)
        for button in (self._again, self._open, self._compare, self._export):
            buttons.addWidget(button)
        buttons.addStretch(1)
        buttons.addWidget(self._delete)
        self._body = QBoxLayout(QBoxLayout.Direction.TopToBottom)
        self._body.setSpacing(SPACE)
        self._body.addWidget(self._curves, 3)
        self._body.addWidget(self._note, 2)
        column = QVBoxLayout(details)
        column.setContentsMargins(SPACE, SPACE, SPACE, SPACE)
        column.setSpacing(SPACE)
        column.addLayout(title)
        column.addWidget(self._facts)
        column.addLayout(buttons)
        column.addLayout(self._body, 1)
        return details

    def _connect(self) -> None:
        self._filter.textChanged.connect(self._on_filter)
        self._filter.returnPressed.connect(self._table.setFocus)
        self._save.clicked.connect(self._on_save)
        self._table.selection_changed.connect(self._show_current)
        self._table.opened.connect(self._on_open)
        self._table.deleted.connect(self._on_delete)
        self._table.star_clicked.connect(
            lambda row: self.marked.emit(row.id, {"is_starred": not row.is_starred})
        )
        self._model.renamed.connect(lambda run, name: self.marked.emit(run, {"name": name}))
        self._note.edited.connect(lambda note: self.marked.emit(self._current, {"note": note}))
        self._resume.clicked.connect(lambda: self.resume_requested.emit(self._current))
        self._extend.clicked.connect(self._on_extend)
        self._open.clicked.connect(self._on_open)
        self._delete.clicked.connect(self._on_delete)
        self._compare.clicked.connect(self._on_compare)

    # What is shown

    @property
    def shown(self) -> tuple[str, ...]:
        """The ids of the runs that the filter leaves, in the table's order."""
        return tuple(row.id for row in self._found_rows())

    def show_runs(self, rows: tuple[RunRow, ...], *, is_listed: bool, can_train: bool) -> None:
        """Show these runs; tells only where the current run is no longer among them.

        Args:
            rows: In any order.
            is_listed: Whether the store was read already.
            can_train: Whether a training could begin now, so that a run can be gone on with.
        """
        self._can_train = can_train
        kept = self._current
        self._is_showing = True
        try:
            self._model.set_rows(rows)
            self._choose(kept)
        finally:
            self._is_showing = False
        self._pages.setCurrentIndex(1 if rows else 0)
        self._empty.set_message(_EMPTY if is_listed else _READING)
        self._show_count()
        self._show_current()

    def show_curves(self, run: str, lines: tuple[Line, ...]) -> None:
        """Show the curves of a run, where it is the current one.

        Args:
            run: Its id.
            lines: Accuracies by epoch; empty where none were read.
        """
        if run == self._current:
            self._curves.show_lines(lines, _NO_CURVES)

    def _choose(self, run: str) -> None:
        """Make a run the current one, where a new list has moved it."""
        now = self._table.current_run
        if not run or (now is not None and now.id == run):
            return
        for at, row in enumerate(self._found_rows()):
            if row.id == run:
                self._table.selectRow(at)
                return

    def _found_rows(self) -> list[RunRow]:
        return [self._found.index(at, 0).data(ROW_ROLE) for at in range(self._found.rowCount())]

    def _show_count(self) -> None:
        n_all, n_found = len(self._model.rows), self._found.rowCount()
        noun = "run" if n_all == 1 else "runs"
        self._count.setText(f"{n_all:,} {noun}" if n_all == n_found else f"{n_found:,} of {n_all:,} {noun}")
        self._save.setEnabled(n_found > 0)

    def _show_current(self) -> None:
        if self._is_showing:
            return
        row, chosen = self._table.current_run, self._table.selected_runs
        run = row.id if row is not None else ""
        if run != self._current:
            self._note.keep()
            self._current = run
            self._curves.show_lines((), _NO_CURVES if run else "")
            self.run_shown.emit(run)
        self._below.show_content(row is not None)
        self._title.set_text(row.title if row else "")
        self._facts.set_text(run_words.facts(row) if row else "")
        self._chip.set_text(*run_words.chip(row))
        self._note.show_note(run, row.note if row else "")
        self._note.setEnabled(row is not None)
        self._note.setReadOnly(row is None or row.is_bundled)
        is_idle = row is not None and row.status != "running"
        self._resume.setEnabled(is_idle and row is not None and row.can_resume and self._can_train)
        is_over = row is not None and row.can_extend
        self._again.setCurrentWidget(self._extend if is_over else self._resume)
        self._extend.setEnabled(self._can_train)
        self._extend.setToolTip(run_words.extend_text(row))
        self._open.setEnabled(row is not None)
        self._open.setToolTip(run_words.open_text(row))
        self._export.setEnabled(row is not None)
        self._compare.setEnabled(any(map(run_words.has_network, chosen)))
        self._delete.setEnabled(bool(run_words.deletable(chosen)))

    # What the user does

    def copy_command(self) -> None:
        """Put the command line that makes the current run on the clipboard."""
        row = self._table.current_run
        if row is not None:
            QGuiApplication.clipboard().setText(run_words.command(row) + "\n")

    def save_csv(self, path: Path) -> None:
        """Write the table as it is shown; `save_failed` says why where that fails."""
        save_text(run_words.to_csv(self._found_rows()), path, self.save_failed.emit)

    def build_menu(self) -> QMenu:
        """What a right click offers."""
        menu = QMenu(self)
        again = self._resume if self._extend.isHidden() else self._extend
        for button in (self._open, self._compare, again):
            menu.addAction(button.text(), button.click).setEnabled(button.isEnabled())
        menu.addMenu(self._export.menu()).setText("Export")
        row = self._table.current_run
        rename = menu.addAction("Rename", self._table.rename_current)
        rename.setEnabled(row is not None and not row.is_bundled)
        menu.addSeparator()
        menu.addAction("Delete", self._on_delete).setEnabled(self._delete.isEnabled())
        return menu

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        if self._table.current_run is not None:
            menu = self.build_menu()
            menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
            menu.popup(event.globalPos())

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        is_narrow = self.width() < _NARROW_PX
        ways = QBoxLayout.Direction
        self._body.setDirection(ways.TopToBottom if is_narrow else ways.LeftToRight)
        self._below.fit()

    def _on_filter(self, text: str) -> None:
        self._found.set_filter(text)
        self._show_count()
        # Taking rows away tells nobody that the current one is among them.
        self._show_current()

    def _on_open(self) -> None:
        row = self._table.current_run
        if row is not None:
            self.open_requested.emit(row.id)

    def _on_extend(self) -> None:
        row = self._table.current_run
        epochs = None if row is None else ask_epochs(self, row.epochs_done)
        # The list may have changed while the question stood.
        if row is not None and epochs is not None:
            self.extend_requested.emit(row.id, epochs)

    def _on_compare(self) -> None:
        rows = tuple(filter(run_words.has_network, self._table.selected_runs))
        if rows:
            self.compare_requested.emit(rows)

    def _on_delete(self) -> None:
        runs = run_words.deletable(self._table.selected_runs)
        if runs:
            self.delete_requested.emit(runs)

    def _on_export(self, kind: ExportKind) -> None:
        row = self._table.current_run
        if row is None:
            return
        name_filter = next(entry[2] for entry in EXPORTS if entry[0] == kind)
        if kind == "tensorboard":
            path = QFileDialog.getExistingDirectory(self, "Folder for TensorBoard event files")
        else:
            path = ask_where(self, "Export metrics", f"{row.id}.{kind}", name_filter)
        if path:
            self.export_requested.emit(row.id, path, kind)

    def _on_save(self) -> None:
        path = ask_where(self, "Save runs as CSV", "runs.csv", "CSV (*.csv)")
        if path:
            self.save_csv(Path(path))


def _button(text: str, name: str, tooltip: str) -> QPushButton:
    button = QPushButton(text)
    button.setObjectName(name)
    button.setToolTip(tooltip)
    return button
