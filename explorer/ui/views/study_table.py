"""The table of a study: sorts by any column, with a word's colour where it means something.

Used by the study view. Takes plain sheets; knows nothing of the store.
"""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import (
    QAbstractTableModel,
    QModelIndex,
    QPersistentModelIndex,
    QSortFilterProxyModel,
    Qt,
)
from PySide6.QtGui import QPalette
from PySide6.QtWidgets import (
    QHeaderView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
    QWidget,
)

from explorer.ui.theme import Colours
from explorer.ui.views.study_words import Entry, Sheet
from explorer.ui.widgets.row_table import dress

Index = QModelIndex | QPersistentModelIndex
ENTRY_ROLE = Qt.ItemDataRole.UserRole
SORT_ROLE = Qt.ItemDataRole.UserRole + 1
EMPTY = Sheet((), 0, ())


class SheetModel(QAbstractTableModel):
    """A sheet as Qt's item views ask for it."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.sheet = EMPTY
        """What is shown."""

    def set_sheet(self, sheet: Sheet) -> None:
        """Show a sheet; where it has the same shape, order and place stay."""
        before, self_rows = self.sheet, len(sheet.rows)
        if sheet == before:
            return
        if sheet.headings == before.headings and self_rows == len(before.rows) > 0:
            self.sheet = sheet
            self.dataChanged.emit(self.index(0, 0), self.index(self_rows - 1, len(sheet.headings) - 1))
            return
        self.beginResetModel()
        self.sheet = sheet
        self.endResetModel()

    def rowCount(self, parent: Index | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else len(self.sheet.rows)

    def columnCount(self, parent: Index | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else len(self.sheet.headings)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        entry = self.sheet.rows[index.row()][index.column()]
        if role == Qt.ItemDataRole.DisplayRole:
            return entry.text
        if role == Qt.ItemDataRole.ToolTipRole:
            return entry.about or None
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return self._along(index.column())
        if role == ENTRY_ROLE:
            return entry
        if role == SORT_ROLE:
            return entry.key
        return None

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:
        if orientation == Qt.Orientation.Vertical:
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return self.sheet.headings[section]
        return self._along(section) if role == Qt.ItemDataRole.TextAlignmentRole else None

    def _along(self, column: int) -> Qt.AlignmentFlag:
        is_words = column < self.sheet.n_words
        side = Qt.AlignmentFlag.AlignLeft if is_words else Qt.AlignmentFlag.AlignRight
        return side | Qt.AlignmentFlag.AlignVCenter


class _Sorted(QSortFilterProxyModel):
    def lessThan(self, left: Index, right: Index) -> bool:
        first, second = left.data(SORT_ROLE), right.data(SORT_ROLE)
        if isinstance(first, str) or isinstance(second, str):
            return str(first) < str(second)
        return bool(first < second)


class _Cells(QStyledItemDelegate):
    """Draws a word in its colour where the row is not chosen."""

    def initStyleOption(self, option: QStyleOptionViewItem, index: Index) -> None:
        super().initStyleOption(option, index)
        option.state &= ~QStyle.StateFlag.State_HasFocus
        entry: Entry = index.data(ENTRY_ROLE)
        option.palette.setColor(QPalette.ColorRole.Text, getattr(Colours.of(option.palette), entry.tone))


class StudyTable(QTableView):
    """A sheet in rows, sorted by the column that is clicked.

    Args:
        parent: As Qt has it.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("study.table")
        self.setAccessibleName("Trainings of the study")
        self._model = SheetModel(self)
        self._sorted = _Sorted(self)
        self._sorted.setSourceModel(self._model)
        self.setModel(self._sorted)
        self.setItemDelegate(_Cells(self))
        dress(self)
        self.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        self.setSortingEnabled(True)
        self.sortByColumn(-1, Qt.SortOrder.AscendingOrder)

    def show_sheet(self, sheet: Sheet) -> None:
        """Show a sheet; another one begins in its own order."""
        if sheet.headings != self._model.sheet.headings:
            self.sortByColumn(-1, Qt.SortOrder.AscendingOrder)
        self._model.set_sheet(sheet)

    @property
    def texts(self) -> list[list[str]]:
        """What is shown, row by row."""
        rows, columns = self._sorted.rowCount(), self._sorted.columnCount()
        return [[self._sorted.index(row, column).data() for column in range(columns)] for row in range(rows)]
