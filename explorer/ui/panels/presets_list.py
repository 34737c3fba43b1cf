"""The searchable list of all presets, by family and year.

Opened by the presets button, which imports it then: it is not on the way to the first paint.
Gives presets' names; knows nothing of the store.
"""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtCore import QEvent, QObject, QPoint, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QPalette
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QToolButton,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from explorer.arch.presets import Preset, presets
from explorer.ui.panels.presets_menu import family
from explorer.ui.theme import HALF, SPACE, font

_NAME_ROLE = Qt.ItemDataRole.UserRole
_LIST_HEIGHT_PX = 480
_LIST_WIDTH_PX = 416
_ROW_PX = 24


def by_family(every: Iterable[Preset]) -> dict[str, list[Preset]]:
    """Presets under their headings, in the order of their first ones."""
    groups: dict[str, list[Preset]] = {}
    for preset in every:
        groups.setdefault(family(preset), []).append(preset)
    return groups


class PresetsList(QFrame):
    """Every preset under its family, with a line to search; Enter takes the marked one."""

    preset_chosen = Signal(object)
    """The user chose the preset of this name."""
    gallery_requested = Signal()
    """The user wants to see all architectures as pictures."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent, Qt.WindowType.Popup)
        self.setObjectName("spec.preset.list")
        self.setFrameShape(QFrame.Shape.StyledPanel)
        self._search = QLineEdit()
        self._search.setObjectName("spec.preset.search")
        self._search.setPlaceholderText("Search presets")
        self._search.setAccessibleName("Search presets")
        self._search.setClearButtonEnabled(True)
        self._search.textChanged.connect(self._on_search)
        self._search.installEventFilter(self)
        self._tree = QTreeWidget()
        self._tree.setObjectName("spec.preset.tree")
        self._tree.setAccessibleName("Presets")
        self._tree.setColumnCount(2)
        self._tree.setHeaderHidden(True)
        self._tree.setRootIsDecorated(False)
        self._tree.setItemsExpandable(False)
        self._tree.setIndentation(SPACE)
        self._tree.setFrameShape(QFrame.Shape.NoFrame)
        self._tree.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._tree.itemClicked.connect(self._on_item)
        self._tree.itemActivated.connect(self._on_item)
        self._groups: list[tuple[QTreeWidgetItem, list[QTreeWidgetItem]]] = []
        self._fill()
        gallery = QToolButton()
        gallery.setText("See all as pictures, and your own")
        gallery.setProperty("tone", "accent")
        gallery.setObjectName("spec.preset.gallery")
        gallery.setToolTip("All architectures as pictures, in the order of history, and your own")
        gallery.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        gallery.clicked.connect(self._on_gallery)
        column = QVBoxLayout(self)
        column.setContentsMargins(SPACE, SPACE, SPACE, SPACE)
        column.setSpacing(SPACE)
        column.addWidget(self._search)
        column.addWidget(self._tree, 1)
        column.addWidget(_hairline())
        key = QLabel("Ctrl+G")
        key.setProperty("tone", "muted")
        foot = QHBoxLayout()
        foot.setContentsMargins(HALF, 0, HALF, 0)
        foot.addWidget(gallery)
        foot.addStretch(1)
        foot.addWidget(key)
        column.addLayout(foot)

    def open_at(self, button: QWidget, name: str | None) -> None:
        """Open below a widget with a preset marked and the search empty."""
        self._search.clear()
        self._mark(name)
        faint = self.palette().placeholderText()
        for top, items in self._groups:
            top.setForeground(0, faint)
            for item in items:
                item.setForeground(1, faint)
        width = max(button.width(), _LIST_WIDTH_PX)
        self.resize(width, _LIST_HEIGHT_PX)
        self._tree.setColumnWidth(0, int((width - 4 * SPACE) * 0.56))
        corner = button.mapToGlobal(QPoint(0, button.height() + 2))
        screen = button.screen().availableGeometry()
        corner.setX(max(screen.left(), min(corner.x(), screen.right() - width)))
        corner.setY(max(screen.top(), min(corner.y(), screen.bottom() - _LIST_HEIGHT_PX)))
        self.move(corner)
        self.show()
        self._search.setFocus()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """The search line keeps the focus; up, down and Enter go to the list."""
        if event.type() != QEvent.Type.KeyPress or not isinstance(event, QKeyEvent):
            return False
        key = event.key()
        if key in (Qt.Key.Key_Up, Qt.Key.Key_Down):
            self._step(1 if key == Qt.Key.Key_Down else -1)
            return True
        item = self._tree.currentItem()
        if key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            if item is not None and not item.isHidden():
                self._on_item(item)
            return True
        return False

    def _fill(self) -> None:
        strong = font("small", strong=True)
        for heading, group in by_family(presets().values()).items():
            top = QTreeWidgetItem(self._tree, [heading])
            top.setFlags(Qt.ItemFlag.ItemIsEnabled)
            top.setFirstColumnSpanned(True)
            top.setFont(0, strong)
            top.setSizeHint(0, QSize(0, _ROW_PX + HALF))
            self._groups.append((top, []))
            for preset in group:
                item = QTreeWidgetItem(top, [preset.title, preset.name])
                item.setData(0, _NAME_ROLE, preset.name)
                item.setToolTip(0, f"{preset.title} · {preset.source}")
                item.setSizeHint(0, QSize(0, _ROW_PX))
                self._groups[-1][1].append(item)
        self._tree.expandAll()

    def _items(self) -> list[QTreeWidgetItem]:
        """The presets that the search leaves."""
        return [item for _, items in self._groups for item in items if not item.isHidden()]

    def _mark(self, name: str | None) -> None:
        items = self._items()
        marked = [item for item in items if item.data(0, _NAME_ROLE) == name]
        for item in (marked or items)[:1]:
            self._tree.setCurrentItem(item)
            self._tree.scrollToItem(item, QTreeWidget.ScrollHint.PositionAtCenter)

    def _step(self, step: int) -> None:
        items, current = self._items(), self._tree.currentItem()
        if items:
            index = items.index(current) + step if current in items else 0
            self._tree.setCurrentItem(items[max(0, min(len(items) - 1, index))])

    def _on_search(self, text: str) -> None:
        words = text.lower().split()
        for top, items in self._groups:
            for item in items:
                searched = f"{item.text(0)} {item.text(1)} {top.text(0)} {item.toolTip(0)}".lower()
                item.setHidden(not all(word in searched for word in words))
            top.setHidden(all(item.isHidden() for item in items))
        current = self._tree.currentItem()
        if current is None or current not in self._items():
            self._mark(None)

    def _on_gallery(self) -> None:
        self.hide()
        self.gallery_requested.emit()

    def _on_item(self, item: QTreeWidgetItem) -> None:
        name = item.data(0, _NAME_ROLE)
        if name is not None:
            self.hide()
            self.preset_chosen.emit(name)


def _hairline() -> QFrame:
    line = QFrame()
    line.setFrameShape(QFrame.Shape.HLine)
    line.setFixedHeight(1)
    line.setForegroundRole(QPalette.ColorRole.Mid)
    return line
