"""What differs between two networks, side by side: blocks by stage, with the cost of each change.

Shown in a dock of its own, imported when that is first opened. Knows nothing of the store.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QEvent, QModelIndex, QPersistentModelIndex, Qt, Signal
from PySide6.QtGui import QBrush, QColor, QResizeEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QFrame,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTreeWidget,
    QTreeWidgetItem,
    QTreeWidgetItemIterator,
    QVBoxLayout,
    QWidget,
)

from explorer.arch.diff import BlockChange, Delta, Diff, NodeChange, folded, keys_text
from explorer.present.text import grouped, short, signed, times
from explorer.ui.panels.field_controls import FlatCombo
from explorer.ui.theme import HALF, SPACE, Colours, font

SIGN, BEFORE, AFTER, PARAMETERS, MACS = range(5)
SIGNS = {"added": "+", "removed": "−", "changed": "~", "moved": "↕", "same": ""}
TONES = {"added": "success", "removed": "danger", "changed": "warning", "moved": "warning"}
MOST_OPEN = 24
"""Operations that are shown at once; with more, each block waits to be opened."""
SIGN_WIDTH_PX = 40
NARROWEST_PX = 320
"""Below this width one column has both networks' blocks; the sign tells whose they are."""
NARROW_PX = 380
"""Below this width the names of blocks need the room of the MACs, which the totals and tooltips tell too."""
WASH = 0.1
"""How much of a change's colour its row's ground takes; text stays readable on it."""


@dataclass(frozen=True, slots=True)
class Other:
    """A network to compare with: its name and what the chooser calls it."""

    name: str
    title: str


class DiffView(QWidget):
    """Two columns of aligned blocks: added green, removed red, changed amber with what changed."""

    other_chosen = Signal(object)
    """The user wants to compare with the network of this name."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("diff")
        self.setAccessibleName("Architecture diff")
        self._diff: Diff | None = None
        self._others = FlatCombo()
        self._others.setObjectName("diff.other")
        self._others.setAccessibleName("Compare with")
        self._others.activated.connect(lambda _: self.other_chosen.emit(self._others.currentData()))
        self._totals = QLabel()
        self._totals.setObjectName("diff.totals")
        self._fields = QLabel()
        self._fields.setObjectName("diff.fields")
        self._fields.setProperty("tone", "muted")
        for label in (self._totals, self._fields):
            label.setWordWrap(True)
            label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._table = _table()
        self._lay_out()

    def _lay_out(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(0, SPACE, 0, 0)
        column.setSpacing(SPACE)
        head = QVBoxLayout()
        head.setContentsMargins(2 * SPACE, 0, 2 * SPACE, 0)
        head.setSpacing(HALF)
        line = QHBoxLayout()
        line.setSpacing(SPACE)
        label = QLabel("Compare with")
        label.setProperty("tone", "muted")
        label.setBuddy(self._others)
        line.addWidget(label)
        line.addWidget(self._others, 1)
        head.addLayout(line)
        head.addWidget(self._totals)
        head.addWidget(self._fields)
        column.addLayout(head)
        column.addWidget(self._table, 1)

    def show_others(self, others: Sequence[Other], chosen: str) -> None:
        """Show the networks that can be compared with, without telling.

        Args:
            others: In order.
            chosen: The name of the one that is compared with.
        """
        names = [self._others.itemData(place) for place in range(self._others.count())]
        if names != [other.name for other in others]:
            self._others.clear()
            for other in others:
                self._others.addItem(other.title, other.name)
        self._others.setCurrentIndex(self._others.findData(chosen))

    def show_diff(self, diff: Diff, before_title: str, after_title: str) -> None:
        """Show what differs.

        Args:
            diff: Of the two networks.
            before_title: What the first is called.
            after_title: What the second is called.
        """
        self._diff = diff
        self._table.setHeaderLabels(["", before_title, after_title, "Parameters", "MACs"])
        self._totals.setText(totals_text(diff))
        told = "; ".join(
            f"{change.title} {_value(change.before)} → {_value(change.after)}" for change in diff.fields
        )
        self._fields.setText(told)
        self._fields.setVisible(bool(told))
        self._fill(diff)

    def rows(self) -> list[tuple[str, ...]]:
        """The table's texts, operations below their blocks."""
        found: list[tuple[str, ...]] = []

        items = QTreeWidgetItemIterator(self._table)
        while item := items.value():
            found.append(tuple(item.text(column) for column in range(MACS + 1)))
            items += 1
        return found

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._table.setColumnHidden(MACS, self.width() < NARROW_PX)
        self._table.setColumnHidden(BEFORE, self.width() < NARROWEST_PX)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange and self._diff is not None:
            self._fill(self._diff)

    def _fill(self, diff: Diff) -> None:
        colours = Colours.of(self.palette())
        self._table.clear()
        stage: int | None = None
        runs = folded(diff.blocks)
        for run in runs:
            row = run[0]
            if row.stage != stage and row.stage is not None:
                self._add_heading(row.stage, colours)
            stage = row.stage
            self._table.addTopLevelItem(_run_item(run, colours))
        # Where much changes, the blocks alone are the overview.
        if sum(len(run[0].changes) for run in runs) <= MOST_OPEN:
            self._table.expandAll()

    def _add_heading(self, stage: int, colours: Colours) -> None:
        item = QTreeWidgetItem(self._table, [f"Stage {stage}"])
        item.setFirstColumnSpanned(True)
        item.setFont(SIGN, font("small", strong=True, base=self.font()))
        item.setForeground(SIGN, QBrush(colours.muted))
        item.setFlags(Qt.ItemFlag.ItemIsEnabled)


class _OneColumn(QStyledItemDelegate):
    """Draws what was removed in the second network's column while the first one's is hidden.

    Args:
        table: Whose column.
    """

    def __init__(self, table: QTreeWidget) -> None:
        super().__init__(table)
        self._table = table

    def initStyleOption(
        self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        super().initStyleOption(option, index)
        if self._table.isColumnHidden(BEFORE) and not option.text:
            before = index.siblingAtColumn(BEFORE).data()  # type: ignore[union-attr]
            # As the delegate itself writes the ends of lines.
            option.text = (before or "").replace("\n", "\u2028")


def _table() -> QTreeWidget:
    table = QTreeWidget()
    table.setObjectName("diff.table")
    table.setAccessibleName("Blocks of both networks")
    table.setStyleSheet("QTreeWidget::item { padding: 3px 2px; }")
    table.setFont(font("small"))
    table.setFrameShape(QFrame.Shape.NoFrame)
    table.setColumnCount(MACS + 1)
    table.setIndentation(SPACE + HALF)
    table.setItemDelegateForColumn(AFTER, _OneColumn(table))
    table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
    table.setAllColumnsShowFocus(True)
    header = table.header()
    header.setFont(font("small"))
    header.setStretchLastSection(False)
    for column in (BEFORE, AFTER):
        header.setSectionResizeMode(column, QHeaderView.ResizeMode.Stretch)
    header.setSectionResizeMode(SIGN, QHeaderView.ResizeMode.Fixed)
    header.resizeSection(SIGN, SIGN_WIDTH_PX)
    for column in (PARAMETERS, MACS):
        header.setSectionResizeMode(column, QHeaderView.ResizeMode.ResizeToContents)
    return table


def totals_text(diff: Diff) -> str:
    """What the second network costs more in all."""
    delta = diff.delta
    if not any((delta.parameters, delta.macs)):
        same = all(row.kind == "same" for row in diff.blocks)
        return "The two are the same network." if same else "As many parameters and MACs."
    parameters = f"{grouped(diff.before.parameters)} → {grouped(diff.after.parameters)} parameters"
    macs = f"{short(diff.before.macs)} → {short(diff.after.macs)} MACs"
    return f"{parameters} ({_signed(delta.parameters)}), {macs} ({_signed_short(delta.macs)})"


def _signed(number: int) -> str:
    return signed(grouped(abs(number)), number)


def _signed_short(number: int) -> str:
    return signed(short(abs(number)), number)


def _value(value: object) -> str:
    return ("-".join(map(str, value)) or "none") if isinstance(value, tuple) else str(value)


def _run_item(run: Sequence[BlockChange], colours: Colours) -> QTreeWidgetItem:
    """One line for blocks that tell the same, with the operations that differ below it."""
    row, number = run[0], len(run)

    def side(keys: Sequence[str | None], text: str) -> str:
        return f"{times(keys_text(keys), number)}\n{text}" if text else ""

    item = QTreeWidgetItem(
        [
            SIGNS[row.kind],
            side([each.before_key for each in run], row.before),
            side([each.after_key for each in run], row.after),
            *_costs(row.delta, number),
        ]
    )
    _paint(item, row.kind, colours)
    for change in row.changes:
        item.addChild(_node_item(change, number, colours))
    return item


def _node_item(change: NodeChange, number: int, colours: Colours) -> QTreeWidgetItem:
    before, after = (f"{change.role}\n{text}" if text else "" for text in (change.before, change.after))
    if change.kind == "moved":
        after = f"{change.role}\nstands elsewhere"
    item = QTreeWidgetItem([SIGNS[change.kind], before, after, *_costs(change.delta, number)])
    _paint(item, change.kind, colours)
    return item


def _costs(delta: Delta, number: int) -> tuple[str, str]:
    parameters, macs = delta.parameters * number, delta.macs * number
    return _signed(parameters) if parameters else "", _signed_short(macs) if macs else ""


def _paint(item: QTreeWidgetItem, kind: str, colours: Colours) -> None:
    """A change's colour on its sign and costs, and a wash of it behind the row."""
    for column in (PARAMETERS, MACS):
        item.setTextAlignment(column, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
    tone: QColor = getattr(colours, TONES[kind]) if kind in TONES else colours.muted
    costs = item.text(PARAMETERS), item.text(MACS)
    told = [
        f"{text} {what}" if text else "" for text, what in zip(costs, ("parameters", "MACs"), strict=True)
    ]
    wash = QColor(tone)
    wash.setAlphaF(WASH)
    for column in range(MACS + 1):
        item.setToolTip(column, " · ".join(filter(None, told)) if column >= PARAMETERS else item.text(column))
        if kind in TONES:
            item.setBackground(column, QBrush(wash))
        if kind == "same" or column in (SIGN, PARAMETERS, MACS):
            item.setForeground(column, QBrush(tone))
