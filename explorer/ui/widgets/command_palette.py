"""The command palette: every command by typing a part of its name.

Opened by the main window with its menu actions. Knows no command itself.
"""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QModelIndex, QObject, QPersistentModelIndex, QSize, Qt
from PySide6.QtGui import QAction, QKeyEvent, QKeySequence, QPainter, QPalette
from PySide6.QtWidgets import (
    QDialog,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

WIDTH_PX = 480
HEIGHT_PX = 360
ROW_PX = 26
MARGIN_PX = 8


def matches(text: str, query: str) -> bool:
    """Whether every word of the query is in the text, in any order and case."""
    low = text.lower()
    return all(word in low for word in query.lower().split())


class CommandPalette(QDialog):
    """A field and a list; Enter runs the chosen command.

    Args:
        actions: The commands; those that are disabled are not listed.
        parent: The window.
    """

    def __init__(self, actions: Sequence[QAction], parent: QWidget | None = None) -> None:
        super().__init__(parent, Qt.WindowType.Popup)
        self.setObjectName("palette")
        self.resize(WIDTH_PX, HEIGHT_PX)
        self._field = QLineEdit(self)
        self._field.setObjectName("palette.field")
        self._field.setPlaceholderText("Type a command…")
        self._field.setAccessibleName("Command")
        self._list = QListWidget(self)
        self._list.setObjectName("palette.list")
        self._list.setAccessibleName("Commands")
        self._list.setItemDelegate(_WithShortcut(self._list))
        layout = QVBoxLayout(self)
        layout.setContentsMargins(8, 8, 8, 8)
        layout.addWidget(self._field)
        layout.addWidget(self._list)
        for action in actions:
            if action.isEnabled():
                self._list.addItem(_item(action))
        self._list.setCurrentRow(0)
        self._field.textChanged.connect(self._on_text)
        self._field.installEventFilter(self)
        self._list.itemActivated.connect(lambda _item: self._run())
        self._list.itemClicked.connect(lambda _item: self._run())
        self._field.setFocus()

    def shown(self) -> list[str]:
        """The names that match, in order."""
        rows = [self._list.item(row) for row in range(self._list.count())]
        return [item.text() for item in rows if not item.isHidden()]

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Up, Down and Enter work while the field has the focus."""
        if event.type() == QEvent.Type.KeyPress and isinstance(event, QKeyEvent):
            if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
                self._run()
                return True
            if event.key() in (Qt.Key.Key_Down, Qt.Key.Key_Up):
                self._step(1 if event.key() == Qt.Key.Key_Down else -1)
                return True
        return super().eventFilter(watched, event)

    def _on_text(self, query: str) -> None:
        for row in range(self._list.count()):
            item = self._list.item(row)
            item.setHidden(not matches(item.text(), query))
        self._list.setCurrentRow(next((row for row in range(self._list.count()) if self._is_shown(row)), -1))

    def _is_shown(self, row: int) -> bool:
        return not self._list.item(row).isHidden()

    def _step(self, step: int) -> None:
        row = self._list.currentRow() + step
        while 0 <= row < self._list.count():
            if self._is_shown(row):
                self._list.setCurrentRow(row)
                return
            row += step

    def _run(self) -> None:
        item = self._list.currentItem()
        self.accept()
        if item is not None and not item.isHidden():
            action = item.data(Qt.ItemDataRole.UserRole)
            action.trigger()


class _WithShortcut(QStyledItemDelegate):
    """A command's name with its keys at the right."""

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        super().paint(painter, option, index)
        keys = index.data(Qt.ItemDataRole.UserRole).shortcut()
        is_chosen = bool(option.state & QStyle.StateFlag.State_Selected)
        role = QPalette.ColorRole.HighlightedText if is_chosen else QPalette.ColorRole.PlaceholderText
        painter.save()
        painter.setPen(option.palette.color(role))
        area = option.rect.adjusted(0, 0, -MARGIN_PX, 0)
        right = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        painter.drawText(area, right, keys.toString(QKeySequence.SequenceFormat.NativeText))
        painter.restore()

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> QSize:
        return super().sizeHint(option, index).expandedTo(QSize(0, ROW_PX))


def _item(action: QAction) -> QListWidgetItem:
    place = action.property("place")
    item = QListWidgetItem(f"{place}: {action.text()}".replace("&", "") if place else action.text())
    item.setData(Qt.ItemDataRole.UserRole, action)
    return item
