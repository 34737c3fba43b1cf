"""All dropped pictures with what the net says of each, and where their folders say it, what is right.

Shown in a dock of its own, imported when that is first opened. Takes plain rows, ten thousand of them; knows
nothing of the store.
"""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QModelIndex, Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QBoxLayout,
    QHBoxLayout,
    QHeaderView,
    QPushButton,
    QSizePolicy,
    QStackedWidget,
    QTableView,
    QVBoxLayout,
    QWidget,
)

from explorer.ui.panels.segments import Segment, Segments
from explorer.ui.theme import HALF, SPACE, font
from explorer.ui.views import answer_rows
from explorer.ui.views.answer_rows import AnswerRow
from explorer.ui.views.answers_model import (
    ANSWER,
    CONFIDENCE,
    FILE,
    MARK,
    PICTURE,
    ROW_PX,
    ROW_ROLE,
    TRUTH,
    AnswerCells,
    AnswersModel,
)
from explorer.ui.widgets.elided_label import ElidedLabel
from explorer.ui.widgets.empty_state import EmptyState
from explorer.ui.widgets.row_table import dress
from explorer.ui.widgets.saving import ask_where, save_text

_NARROW_PX = 520
_MARK_PX, _CONFIDENCE_PX, _NARROW_CONFIDENCE_PX = 36, 170, 104
_LEAST_TEXT_PX = 80
_EMPTY = "Drop a folder of pictures to see what the net says of each."
_UNTRAINED = "The net is untrained: these answers are chance."
_FILTERS = (
    Segment("all", "All", "Every picture"),
    Segment("wrong", "Wrong", "Only those whose folder says something else"),
    Segment("weak", "Weak", "Only those where no class fits well"),
)


class AnswersTable(QTableView):
    """The table itself: its columns share the width that there is.

    Args:
        answers: Filters and sorts them.
        parent: As Qt has it.
    """

    def __init__(self, answers: AnswersModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._has_truth = True
        self.setObjectName("answers.table")
        self.setAccessibleName("Pictures and answers")
        self.setModel(answers)
        self.cells = AnswerCells(self)
        self.setItemDelegate(self.cells)
        dress(self, ROW_PX)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        header = self.horizontalHeader()
        header.setMinimumSectionSize(_MARK_PX)
        header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        header.setSectionResizeMode(PICTURE, QHeaderView.ResizeMode.Fixed)
        header.setSectionResizeMode(MARK, QHeaderView.ResizeMode.Fixed)
        header.resizeSection(PICTURE, ROW_PX + HALF)
        header.resizeSection(MARK, _MARK_PX)
        self.setSortingEnabled(True)
        self.sortByColumn(PICTURE, Qt.SortOrder.AscendingOrder)

    def show_truth(self, *, has_truth: bool) -> None:
        """Show the columns about the truth, where it is known of some picture."""
        if has_truth != self._has_truth:
            self._has_truth = has_truth
            self._fit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        header = self.horizontalHeader()
        is_narrow = self.width() < _NARROW_PX
        # In a narrow dock the picture stands for its file; the tooltip names it.
        texts = [ANSWER] if is_narrow and self._has_truth else [FILE, ANSWER]
        texts += [TRUTH] if self._has_truth else []
        for column in (FILE, TRUTH):
            self.setColumnHidden(column, column not in texts)
        self.setColumnHidden(MARK, not self._has_truth)
        room = self.viewport().width() - ROW_PX - HALF - (_MARK_PX if self._has_truth else 0)
        confidence = _NARROW_CONFIDENCE_PX if is_narrow else _CONFIDENCE_PX
        header.resizeSection(CONFIDENCE, confidence)
        for column in texts:
            header.resizeSection(column, max(_LEAST_TEXT_PX, (room - confidence) // len(texts)))


class AnswersView(QWidget):
    """A table of pictures and answers, with the accuracy where the folders' names tell the truth.

    Args:
        parent: As Qt has it.
    """

    picture_selected = Signal(object)
    """The user looks at this picture (its number)."""
    save_failed = Signal(object)
    """The sentence that says why the table could not be written."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("answers")
        self.setAccessibleName("Answers")
        self._rows: tuple[AnswerRow, ...] = ()
        self._is_showing = False
        self._model = AnswersModel(self)
        self._build_parts()
        self._lay_out()
        self.show_rows((), None, is_meant=True)

    def _build_parts(self) -> None:
        self._accuracy = ElidedLabel("text")
        self._accuracy.setObjectName("answers.accuracy")
        self._accuracy.setFont(font("heading", strong=True))
        self._remarks = ElidedLabel("muted")
        self._remarks.setObjectName("answers.remarks")
        self._filter = Segments("answers.filter", "Which pictures", _FILTERS)
        self._filter.show_value("all")
        self._filter.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self._filter.chosen.connect(self._on_filter)
        self._save = QPushButton("Save table…")
        self._save.setObjectName("answers.save")
        self._save.setToolTip("Save the pictures that the filter leaves as CSV")
        self._save.clicked.connect(self._on_save)
        self._table = AnswersTable(self._model)
        self._table.selectionModel().currentRowChanged.connect(self._on_current)
        self._empty = EmptyState()
        self._empty.setObjectName("answers.empty")
        self._empty.set_message(_EMPTY)

    def _lay_out(self) -> None:
        said = QVBoxLayout()
        said.setSpacing(2)
        said.addWidget(self._accuracy)
        said.addWidget(self._remarks)
        tools = QHBoxLayout()
        tools.setSpacing(SPACE)
        tools.addWidget(self._filter)
        tools.addStretch(1)
        tools.addWidget(self._save)
        self._head = QBoxLayout(QBoxLayout.Direction.LeftToRight)
        self._head.setContentsMargins(SPACE, SPACE, SPACE, SPACE)
        self._head.setSpacing(SPACE)
        self._head.addLayout(said, 1)
        self._head.addLayout(tools)
        page = QWidget()
        column = QVBoxLayout(page)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(self._head)
        column.addWidget(self._table, 1)
        self._pages = QStackedWidget()
        self._pages.addWidget(self._empty)
        self._pages.addWidget(page)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.addWidget(self._pages)

    # What is shown

    @property
    def shown(self) -> tuple[int, ...]:
        """The numbers of the pictures that the filter leaves, in the table's order."""
        return tuple(row.image_id for row in self._model.shown)

    def show_rows(
        self,
        rows: tuple[AnswerRow, ...],
        current: int | None,
        *,
        is_meant: bool,
        after_epochs: int | None = None,
    ) -> None:
        """Show these pictures and mark one; emits nothing.

        Args:
            rows: In the order they came.
            current: The number of the picture that is looked at; None for none.
            is_meant: Whether the net is trained; the answers of an untrained one are grey.
            after_epochs: Of a net that learns, after how many epochs it was asked; else None.
        """
        self._rows = rows
        self._table.cells.is_meant = is_meant
        self._table.show_truth(has_truth=any(row.truth for row in rows))
        self._show(current)
        self._pages.setCurrentIndex(1 if rows else 0)
        accuracy = answer_rows.accuracy(rows)
        remarks = answer_rows.remarks(rows, after_epochs)
        lead = _UNTRAINED if not is_meant and rows else accuracy
        self._accuracy.set_text(lead or remarks)
        self._accuracy.set_tone("warning" if lead == _UNTRAINED else "text")
        self._remarks.set_text(remarks if lead else "")
        self._remarks.setVisible(bool(lead and remarks))
        self._save.setEnabled(bool(self._model.shown))

    def _show(self, current: int | None) -> None:
        """New rows in the place of the old ones, where the user had scrolled to."""
        bar = self._table.verticalScrollBar()
        scrolled = bar.value()
        self._is_showing = True
        try:
            self._model.set_rows(self._rows)
            self._mark(current)
        finally:
            self._is_showing = False
        bar.setValue(scrolled)
        self._table.viewport().update()

    def _mark(self, current: int | None) -> None:
        at = self._model.row_of(current)
        if at != self._table.currentIndex().row():
            if at < 0:
                self._table.setCurrentIndex(QModelIndex())
            else:
                self._table.selectRow(at)

    def _current(self) -> int | None:
        row = self._table.currentIndex().data(ROW_ROLE)
        return row.image_id if isinstance(row, AnswerRow) else None

    # What the user does

    def save_csv(self, path: Path) -> None:
        """Write the table as it is shown; `save_failed` says why where that fails."""
        save_text(answer_rows.to_csv(self._model.shown), path, self.save_failed.emit)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        ways = QBoxLayout.Direction
        self._head.setDirection(ways.TopToBottom if self.width() < _NARROW_PX else ways.LeftToRight)

    def _on_current(self, index: QModelIndex, _before: QModelIndex) -> None:
        row = index.data(ROW_ROLE)
        if not self._is_showing and isinstance(row, AnswerRow):
            self.picture_selected.emit(row.image_id)

    def _on_filter(self, which: answer_rows.Which) -> None:
        current = self._current()
        self._is_showing = True
        try:
            self._model.set_filter(which)
            self._mark(current)
        finally:
            self._is_showing = False
        self._save.setEnabled(bool(self._model.shown))

    def _on_save(self) -> None:
        path = ask_where(self, "Save answers as CSV", "answers.csv", "CSV (*.csv)")
        if path:
            self.save_csv(Path(path))
