"""The runs as Qt's item views ask for them, with sorting, filtering and renaming.

Used by the runs view. Takes plain rows; knows nothing of the store.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import (
    QAbstractTableModel,
    QModelIndex,
    QPersistentModelIndex,
    QSortFilterProxyModel,
    Qt,
    Signal,
)
from PySide6.QtWidgets import QWidget

from explorer.arch.presets import net_title
from explorer.engine.run_messages import RunRow
from explorer.ui.views import run_words

Index = QModelIndex | QPersistentModelIndex
ROW_ROLE = Qt.ItemDataRole.UserRole
SORT_ROLE = Qt.ItemDataRole.UserRole + 1

_ALONG = {"right": Qt.AlignmentFlag.AlignRight, "left": Qt.AlignmentFlag.AlignLeft}
_NONE_YET = -1.0
"""Runs without a number sort below those that have one."""


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its heading, what it says, what it sorts by, where it stands."""

    heading: str
    text: Callable[[RunRow], str]
    key: Callable[[RunRow], str | float]
    along: str = "left"
    about: str = ""


def _or_none_yet(number: float | None) -> float:
    return _NONE_YET if number is None else number


def _tested_above_all(row: RunRow) -> float:
    """By test accuracy; below those that have one by the best validation accuracy, then the rest."""
    if row.test_accuracy is not None:
        return row.test_accuracy
    return _or_none_yet(row.validation_accuracy) - 2


def _network(row: RunRow) -> str:
    return net_title(row.spec)


def _status(row: RunRow) -> str:
    return run_words.status(row)[0]


STAR, NAME, NETWORK, DATA, STATUS, EPOCHS, VALIDATION, TEST, SECONDS, DATE = range(10)
COLUMNS = (
    Column("★", lambda _row: "", lambda row: float(row.is_starred), about="Starred"),
    Column("Run", lambda row: row.title, lambda row: row.title.lower()),
    Column("Network", _network, lambda row: _network(row).lower()),
    Column("Data", lambda row: row.data_title, lambda row: row.data_title.lower()),
    Column("Status", _status, _status),
    Column("Epochs", run_words.epochs, lambda row: float(row.epochs_done), "right"),
    Column(
        "Validation",
        lambda row: run_words.percent(row.validation_accuracy),
        lambda row: _or_none_yet(row.validation_accuracy),
        "right",
        "The best validation accuracy of all epochs",
    ),
    Column(
        "Test",
        run_words.reached,
        _tested_above_all,
        "right",
        "Accuracy on the test part, at the end; before that the best validation accuracy, marked val.",
    ),
    Column(
        "Time",
        lambda row: run_words.duration(row.seconds),
        lambda row: _or_none_yet(row.seconds),
        "right",
        "Of all sittings together",
    ),
    Column("Began", run_words.date, lambda row: row.created, "right"),
)


class RunsModel(QAbstractTableModel):
    """A row a run, a column a fact; the name can be edited in place."""

    renamed = Signal(object, object)
    """The user gave a run (its id) this name."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._rows: tuple[RunRow, ...] = ()

    @property
    def rows(self) -> tuple[RunRow, ...]:
        """What is shown, as it came."""
        return self._rows

    def set_rows(self, rows: tuple[RunRow, ...]) -> None:
        """Replace the rows; where the same runs are there, selection and open editors stay."""
        if rows == self._rows:
            return
        if [row.id for row in rows] == [row.id for row in self._rows]:
            self._rows = rows
            self.dataChanged.emit(self.index(0, 0), self.index(len(rows) - 1, len(COLUMNS) - 1))
            return
        self.beginResetModel()
        self._rows = rows
        self.endResetModel()

    def rowCount(self, parent: Index | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else len(self._rows)

    def columnCount(self, parent: Index | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else len(COLUMNS)

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:
        if orientation != Qt.Orientation.Horizontal:
            return None
        column = COLUMNS[section]
        if role == Qt.ItemDataRole.DisplayRole:
            return column.heading
        if role == Qt.ItemDataRole.ToolTipRole:
            return column.about or None
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return _ALONG[column.along] | Qt.AlignmentFlag.AlignVCenter
        return None

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid() or index.row() >= len(self._rows):
            return None
        row, column = self._rows[index.row()], COLUMNS[index.column()]
        if role == ROW_ROLE:
            return row
        if role == SORT_ROLE:
            return column.key(row)
        if role == Qt.ItemDataRole.DisplayRole:
            return column.text(row)
        if role == Qt.ItemDataRole.EditRole and index.column() == NAME:
            return row.title
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return _ALONG[column.along] | Qt.AlignmentFlag.AlignVCenter
        if role == Qt.ItemDataRole.ToolTipRole:
            return _tooltip(row, index.column())
        if role == Qt.ItemDataRole.AccessibleTextRole and index.column() == STAR:
            return "starred" if row.is_starred else "not starred"
        return None

    def flags(self, index: Index) -> Qt.ItemFlag:
        flags = super().flags(index)
        if index.isValid() and index.column() == NAME and not self._rows[index.row()].is_bundled:
            flags |= Qt.ItemFlag.ItemIsEditable
        return flags

    def setData(self, index: Index, value: Any, role: int = Qt.ItemDataRole.EditRole) -> bool:
        if role != Qt.ItemDataRole.EditRole or index.column() != NAME:
            return False
        row, name = self._rows[index.row()], str(value).strip()
        # Leaving the editor without a change names nothing.
        if name in (row.name, row.title):
            return False
        self.renamed.emit(row.id, name)
        return True


def _tooltip(row: RunRow, column: int) -> str | None:
    if column == NAME:
        about = run_words.BUNDLED if row.is_bundled else "F2 names it"
        return "\n".join(filter(None, (row.id, about, row.note)))
    if column == DATA:
        return row.data
    if column == STATUS:
        return run_words.status(row)[2]
    if column == TEST and run_words.is_untested(row):
        return "It was not tested: this is the best validation accuracy of its epochs."
    if column == STAR:
        return (
            None if row.is_bundled else "Click to take the star away" if row.is_starred else "Click to star"
        )
    return None


class FilteredRuns(QSortFilterProxyModel):
    """The runs that hold every word of the filter, sorted by any column."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._wanted: list[str] = []
        self.setSortRole(SORT_ROLE)
        self.setDynamicSortFilter(True)

    def set_filter(self, text: str) -> None:
        """Leave only the runs in which every word is found."""
        self._wanted = text.lower().split()
        self.invalidate()

    def filterAcceptsRow(self, source_row: int, source_parent: Index) -> bool:
        row = self.sourceModel().index(source_row, 0, source_parent).data(ROW_ROLE)
        text = run_words.searched(row)
        return all(word in text for word in self._wanted)
