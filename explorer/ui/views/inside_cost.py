"""Measured cost by block beside the predicted: a table to sort.

A topic of the inside view. Knows nothing of the store.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import (
    QAbstractTableModel,
    QModelIndex,
    QPersistentModelIndex,
    QRectF,
    QSortFilterProxyModel,
    Qt,
)
from PySide6.QtGui import QImage, QPainter, QResizeEvent
from PySide6.QtWidgets import (
    QHeaderView,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
    QVBoxLayout,
    QWidget,
)

from explorer.nets.findings import PartProfile, Profile
from explorer.present import text as words
from explorer.ui.theme import HALF, SPACE, Colours
from explorer.ui.views.inside_facts import InsideFacts
from explorer.ui.views.inside_topic import TopicView
from explorer.ui.widgets.elided_label import ElidedLabel
from explorer.ui.widgets.row_table import dress
from explorer.ui.widgets.series_colours import series_colour

Index = QModelIndex | QPersistentModelIndex
_SORT_ROLE, _SHARE_ROLE = Qt.ItemDataRole.UserRole + 1, Qt.ItemDataRole.UserRole + 2
_BAR_PX = 3.0
_COLUMN_PX, _LEFT_OUT = 76, (6, 4, 3)
"""In a narrow table there is no room for these columns, in this order."""


@dataclass(frozen=True, slots=True)
class _Column:
    """One column: its heading, what it says, what it sorts by, its bar and its meaning."""

    heading: str
    text: Callable[[PartProfile], str]
    key: Callable[[PartProfile], float]
    share: Callable[[PartProfile], float] | None = None
    about: str = ""


def _times(part: PartProfile) -> float:
    return part.share / part.macs_share if part.macs_share else 0.0


def _times_text(times: float) -> str:
    return f"{times:.2g} ×" if times < 10 else f"{times:,.0f} ×"


_COLUMNS = (
    _Column("Part", lambda part: part.key, lambda part: 0.0, about="Stem, blocks, head"),
    _Column("Time", lambda part: words.duration_ms(1000 * part.seconds), lambda part: part.seconds),
    _Column(
        "of time",
        lambda part: words.share(part.share, 1),
        lambda part: part.share,
        lambda part: part.share,
        "Its share of the measured time",
    ),
    _Column(
        "Memory",
        lambda part: words.byte_size(part.peak_bytes),
        lambda part: float(part.peak_bytes),
        about="The most that its tensors held at once",
    ),
    _Column("MACs", lambda part: words.short(part.macs), lambda part: float(part.macs), about="Predicted"),
    _Column(
        "of MACs",
        lambda part: words.share(part.macs_share, 1),
        lambda part: part.macs_share,
        lambda part: part.macs_share,
        "Its share of the predicted multiply-adds",
    ),
    _Column(
        "×",
        lambda part: _times_text(_times(part)) if part.macs_share else "",
        _times,
        about="Measured share over predicted share: above 1 it takes longer than its multiply-adds suggest",
    ),
)


class _Parts(QAbstractTableModel):
    """A row a part, a column a fact."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._parts: tuple[PartProfile, ...] = ()

    def set_parts(self, parts: tuple[PartProfile, ...]) -> None:
        self.beginResetModel()
        self._parts = parts
        self.endResetModel()

    def rowCount(self, parent: Index | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else len(self._parts)

    def columnCount(self, parent: Index | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else len(_COLUMNS)

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:
        if orientation != Qt.Orientation.Horizontal:
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return _COLUMNS[section].heading
        if role == Qt.ItemDataRole.ToolTipRole:
            return _COLUMNS[section].about or None
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return _along(section)
        return None

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        part, column = self._parts[index.row()], _COLUMNS[index.column()]
        if role == Qt.ItemDataRole.DisplayRole:
            return column.text(part)
        if role == _SORT_ROLE:
            # Parts sort by where they are in the network.
            return float(index.row()) if index.column() == 0 else column.key(part)
        if role == _SHARE_ROLE and column.share is not None:
            # The greatest fills its cell; all of a hundred blocks would be a hair each otherwise.
            return column.share(part) / (max(map(column.share, self._parts)) or 1.0)
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return _along(index.column())
        return None


def _along(column: int) -> Qt.AlignmentFlag:
    side = Qt.AlignmentFlag.AlignLeft if column == 0 else Qt.AlignmentFlag.AlignRight
    return side | Qt.AlignmentFlag.AlignVCenter


class _Bars(QStyledItemDelegate):
    """Draws a share as a bar below its number."""

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        super().paint(painter, option, index)
        share = index.data(_SHARE_ROLE)
        if share is None:
            return
        ink = series_colour(option.palette, 0 if index.column() == 2 else 1)
        room = QRectF(option.rect).adjusted(SPACE, 0, -HALF - 2, -2)
        lying = QRectF(room.left(), room.bottom() - _BAR_PX, room.width(), _BAR_PX)
        painter.fillRect(lying, Colours.of(option.palette).hairline)
        lying.setWidth(room.width() * share)
        painter.fillRect(lying, ink)


class CostView(TopicView):
    """The table and a sentence about the measurement."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("cost", parent)
        self._profile: Profile | None = None
        self._parts = _Parts(self)
        self._sorted = QSortFilterProxyModel(self)
        self._sorted.setSourceModel(self._parts)
        self._sorted.setSortRole(_SORT_ROLE)
        self.table = QTableView()
        self.table.setObjectName("inside.cost.table")
        self.table.setAccessibleName("Cost by block")
        self._dress_table()
        self.said = ElidedLabel("muted")
        line = QVBoxLayout()
        line.setContentsMargins(SPACE, HALF, SPACE, HALF)
        line.addWidget(self.said)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(line)
        column.addWidget(self.table, 1)

    def _dress_table(self) -> None:
        table = self.table
        table.setModel(self._sorted)
        table.setItemDelegate(_Bars(table))
        dress(table)
        table.setSortingEnabled(True)
        header = table.horizontalHeader()
        header.setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.ResizeToContents)
        header.setMinimumSectionSize(44)
        table.sortByColumn(0, Qt.SortOrder.AscendingOrder)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        room = self.width() // _COLUMN_PX
        left_out = _LEFT_OUT[: max(0, len(_COLUMNS) - room)]
        for column in _LEFT_OUT:
            self.table.setColumnHidden(column, column in left_out)

    def has_result(self, facts: InsideFacts) -> bool:
        return facts.inside.cost is not None

    def show_facts(self, facts: InsideFacts) -> None:
        cost = facts.inside.cost
        assert cost is not None
        if cost.profile is not self._profile:
            self._profile = cost.profile
            self._parts.set_parts(cost.profile.parts)
            self.said.set_text(said(cost.profile))

    def to_csv(self) -> str:
        """In the order in which it is sorted now."""
        table = io.StringIO()
        writer = csv.writer(table, lineterminator="\n")
        writer.writerow(("part", "seconds", "share", "peak_bytes", "macs", "macs_share"))
        parts = self._profile.parts if self._profile is not None else ()
        for row in range(self._sorted.rowCount()):
            part = parts[self._sorted.mapToSource(self._sorted.index(row, 0)).row()]
            shares = (f"{part.share:.6f}", part.peak_bytes, part.macs, f"{part.macs_share:.6f}")
            writer.writerow((part.key, f"{part.seconds:.9g}", *shares))
        return table.getvalue()

    def to_image(self) -> QImage:
        """The table as it is seen."""
        return self.table.grab().toImage()


def said(profile: Profile) -> str:
    """How it was measured, in a sentence."""
    pictures = "1 picture" if profile.batch == 1 else f"{profile.batch} pictures"
    memory = "the allocator's peak" if profile.memory == "allocator" else "the sizes of living tensors"
    # As people write it; other devices go by their names.
    device = "the CPU" if profile.device == "cpu" else profile.device
    return (
        f"{words.duration_ms(1000 * profile.seconds)} for {pictures} on {device}, median of "
        f"{profile.repetitions}; memory is {memory}."
    )
