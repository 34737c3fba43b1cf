"""The table of runs: a star to click, a status in its colour, a name to edit, keys for the rest.

Used by the runs view. Knows nothing of the store.
"""

from __future__ import annotations

import math

from PySide6.QtCore import QEvent, QModelIndex, QPointF, QRect, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent, QPainter, QPalette, QPen, QPolygonF, QResizeEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
    QWidget,
)

from explorer.engine.run_messages import RunRow
from explorer.ui.theme import SPACE, Colours, font
from explorer.ui.views import run_words
from explorer.ui.views.runs_model import (
    DATA,
    DATE,
    EPOCHS,
    NAME,
    NETWORK,
    ROW_ROLE,
    SECONDS,
    STAR,
    STATUS,
    TEST,
    VALIDATION,
    FilteredRuns,
    Index,
)
from explorer.ui.widgets.row_table import ROW_PX, dress

_STAR_PX = 36
_LEAST_NAME_PX, _SHORTEST_NAME_PX = 160, 110
"""Columns are left out for the first; where none is left to go, the name gives way down to the second."""
_LEFT_OUT = (SECONDS, EPOCHS, DATA, NETWORK, DATE, VALIDATION)
"""Columns that a narrow table leaves out, in this order: the name and the details tell most of them."""
_STAR_RADIUS_PX = 7.0
_INNER = 0.42
"""How deep a star's corners go in, as a share of its radius."""


def star(middle: QPointF, radius: float) -> QPolygonF:
    """A star of five points, one of them up."""
    corners = []
    for corner in range(10):
        reach = radius * (_INNER if corner % 2 else 1)
        angle = math.pi * (corner / 5 - 0.5)
        corners.append(middle + QPointF(math.cos(angle) * reach, math.sin(angle) * reach))
    return QPolygonF(corners)


class _Cells(QStyledItemDelegate):
    """Draws stars, and the status in its colour where the row is not chosen."""

    def initStyleOption(self, option: QStyleOptionViewItem, index: Index) -> None:
        super().initStyleOption(option, index)
        # One cell of the row has the keyboard; the frame around it would only look like a flaw.
        option.state &= ~QStyle.StateFlag.State_HasFocus
        row: RunRow = index.data(ROW_ROLE)
        colours = Colours.of(option.palette)
        if index.column() == STATUS:
            option.palette.setColor(QPalette.ColorRole.Text, getattr(colours, run_words.status(row)[1]))
        if index.column() == TEST and run_words.is_untested(row):
            option.palette.setColor(QPalette.ColorRole.Text, colours.muted)
        if index.column() == NAME and row.mark:
            # What tells it from others stands at the end.
            option.textElideMode = Qt.TextElideMode.ElideMiddle
        if index.column() == NAME and row.name:
            option.font = font("body", strong=True, base=option.font)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        super().paint(painter, option, index)
        if index.column() != STAR:
            return
        row: RunRow = index.data(ROW_ROLE)
        if row.is_bundled:
            return
        colours = Colours.of(option.palette)
        is_chosen = bool(option.state & QStyle.StateFlag.State_Selected)
        ink = colours.on_accent if is_chosen else colours.warning if row.is_starred else colours.muted
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(ink, 1.2))
        painter.setBrush(ink if row.is_starred else Qt.BrushStyle.NoBrush)
        painter.setOpacity(1 if row.is_starred else 0.55)
        painter.drawPolygon(star(QPointF(QRect(option.rect).center()) + QPointF(0.5, 1.0), _STAR_RADIUS_PX))
        painter.restore()

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        hint = super().sizeHint(option, index)
        return QSize(hint.width() + SPACE, ROW_PX)


class _Header(QHeaderView):
    """The headings, with room for each also while it is left out: Qt has none for what is hidden."""

    def wanted_px(self, column: int) -> int:
        return self.sectionSizeFromContents(column).width()


class RunsTable(QTableView):
    """Runs in rows: Enter or a double-click opens, F2 renames, Delete deletes, Space stars.

    Args:
        runs: Filters and sorts them.
        parent: As Qt has it.
    """

    opened = Signal()
    deleted = Signal()
    star_clicked = Signal(object)
    """The run (a `RunRow`) whose star was clicked."""
    selection_changed = Signal()

    def __init__(self, runs: FilteredRuns, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("runs.table")
        self.setAccessibleName("Runs")
        self.setModel(runs)
        self.setItemDelegate(_Cells(self))
        self._header = _Header(Qt.Orientation.Horizontal, self)
        self.setHorizontalHeader(self._header)
        dress(self)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.EditKeyPressed)
        self._dress_header()
        self.setSortingEnabled(True)
        self.sortByColumn(DATE, Qt.SortOrder.DescendingOrder)
        self.clicked.connect(self._on_clicked)
        self.selectionModel().selectionChanged.connect(lambda _on, _off: self.selection_changed.emit())
        self.selectionModel().currentChanged.connect(lambda _on, _off: self.selection_changed.emit())
        for changed in (runs.rowsInserted, runs.modelReset, runs.layoutChanged, runs.dataChanged):
            changed.connect(lambda *_: self._fit())

    def _dress_header(self) -> None:
        header = self._header
        header.setSectionsClickable(True)
        header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        header.setSectionResizeMode(STAR, QHeaderView.ResizeMode.Fixed)
        header.setSectionResizeMode(NAME, QHeaderView.ResizeMode.Interactive)
        header.setSectionsMovable(True)
        header.resizeSection(STAR, _STAR_PX)

    @property
    def current_run(self) -> RunRow | None:
        """The run whose details are shown."""
        row = self.currentIndex().data(ROW_ROLE)
        return row if isinstance(row, RunRow) and self.selected_runs else None

    @property
    def selected_runs(self) -> tuple[RunRow, ...]:
        """All that are selected, from top to bottom."""
        chosen = sorted(self.selectionModel().selectedRows(), key=lambda index: index.row())
        return tuple(index.data(ROW_ROLE) for index in chosen)

    def rename_current(self) -> None:
        """Open the editor of the current run's name."""
        index = self.currentIndex()
        if index.isValid():
            self.edit(index.siblingAtColumn(NAME))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key = event.key()
        current = self.currentIndex()
        if key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.opened.emit()
        elif key in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace):
            self.deleted.emit()
        elif key == Qt.Key.Key_F2:
            self.rename_current()
        elif key == Qt.Key.Key_Space and current.isValid():
            self._on_clicked(current.siblingAtColumn(STAR))
        else:
            super().keyPressEvent(event)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        index = self.indexAt(event.position().toPoint())
        super().mouseDoubleClickEvent(event)
        # A second click on the star takes it back; it opens nothing.
        if event.button() == Qt.MouseButton.LeftButton and index.isValid() and index.column() != STAR:
            self.opened.emit()

    def _on_clicked(self, index: QModelIndex) -> None:
        row = index.data(ROW_ROLE)
        if index.column() == STAR and isinstance(row, RunRow) and not row.is_bundled:
            self.star_clicked.emit(row)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.FontChange:
            self._fit()

    def _fit(self) -> None:
        """Leave out what has no room; the name takes what the other columns leave."""
        header, room = self._header, self.viewport().width()
        wanted = {
            at: _STAR_PX if at == STAR else max(self.sizeHintForColumn(at), header.wanted_px(at))
            for at in range(header.count())
            if at != NAME
        }
        left_out: set[int] = set()
        for column in _LEFT_OUT:
            if sum(wanted.values()) + _LEAST_NAME_PX <= room:
                break
            left_out.add(column)
            del wanted[column]
        for column in _LEFT_OUT:
            self.setColumnHidden(column, column in left_out)
        header.resizeSection(NAME, max(_SHORTEST_NAME_PX, room - sum(wanted.values())))
