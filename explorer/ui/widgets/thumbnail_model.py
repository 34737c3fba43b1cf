"""Dropped pictures as Qt's item views ask for them.

Used by `thumbnails`. Takes plain items, thousands of them; knows nothing of the store.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QAbstractListModel, QMimeData, QModelIndex, QPersistentModelIndex, Qt
from PySide6.QtGui import QPixmap
from PySide6.QtWidgets import QWidget

from explorer.ui.widgets.squares import Squares

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

PICTURES_MIME = "application/x-resnet-explorer-pictures"
"""What is dragged out of the strip: the numbers of pictures, separated by commas."""

Index = QModelIndex | QPersistentModelIndex


@dataclass(frozen=True, slots=True, eq=False)
class PictureItem:
    """One dropped picture, or a file that is none; compared by identity.

    Attributes:
        image_id: What signals call it.
        name: The file's name.
        thumbnail: (h, w, 3) uint8; None for a broken file or while it is read.
        width: Of the picture in pixels; 0 where unknown.
        height: Of the picture in pixels; 0 where unknown.
        label: The first class of its answer; None where there is none yet.
        problem: Why it cannot be shown; None where it can.
    """

    image_id: int
    name: str
    thumbnail: NDArray[np.uint8] | None = None
    width: int = 0
    height: int = 0
    label: str | None = None
    problem: str | None = None


def dragged_pictures(mime: QMimeData) -> tuple[int, ...]:
    """The numbers of the pictures that are dragged; none where something else is."""
    if not mime.hasFormat(PICTURES_MIME):
        return ()
    return tuple(map(int, bytes(mime.data(PICTURES_MIME).data()).decode().split(",")))


class PictureModel(QAbstractListModel):
    """The items as Qt's views ask for them; grows and changes in place where it can."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._items: tuple[PictureItem, ...] = ()
        self._rows: dict[int, int] = {}
        self._squares = Squares()

    @property
    def items(self) -> tuple[PictureItem, ...]:
        """What is shown, in order."""
        return self._items

    def row_of(self, image_id: int | None) -> int:
        """The row of a picture; -1 where it is not here."""
        return -1 if image_id is None else self._rows.get(image_id, -1)

    def set_items(self, items: tuple[PictureItem, ...]) -> None:
        """Replace the items; rows that stay keep their selection and place."""
        if items is self._items:
            return
        old = self._items
        n_same = min(len(old), len(items))
        keeps_order = all(old[row].image_id == items[row].image_id for row in range(n_same))
        if not keeps_order or len(items) < len(old):
            self.beginResetModel()
            self._take(items)
            self.endResetModel()
            return
        changed = [row for row in range(n_same) if old[row] is not items[row]]
        if len(items) > len(old):
            self.beginInsertRows(QModelIndex(), len(old), len(items) - 1)
            self._take(items)
            self.endInsertRows()
        else:
            self._take(items)
        if changed:
            self.dataChanged.emit(self.index(changed[0]), self.index(changed[-1]))

    def _take(self, items: tuple[PictureItem, ...]) -> None:
        self._items = items
        self._rows = {item.image_id: row for row, item in enumerate(items)}
        self._squares.keep_only(self._rows)

    def pixmap(self, item: PictureItem, side: int) -> QPixmap | None:
        """The centre square of a thumbnail, scaled once; only what was painted last is kept.

        Args:
            item: The picture.
            side: The square's side in device pixels.
        """
        return self._squares.of(item.image_id, item.thumbnail, side)

    def flags(self, index: Index) -> Qt.ItemFlag:
        flags = super().flags(index)
        is_picture = index.isValid() and self._items[index.row()].problem is None
        return flags | Qt.ItemFlag.ItemIsDragEnabled if is_picture else flags

    def mimeTypes(self) -> list[str]:
        return [PICTURES_MIME]

    def mimeData(self, indexes: Sequence[QModelIndex]) -> QMimeData:
        numbers = ",".join(str(self._items[index.row()].image_id) for index in indexes)
        mime = QMimeData()
        mime.setData(PICTURES_MIME, numbers.encode())
        return mime

    def rowCount(self, parent: Index | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else len(self._items)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid() or index.row() >= len(self._items):
            return None
        item = self._items[index.row()]
        if role == Qt.ItemDataRole.DisplayRole:
            return item.name
        if role == Qt.ItemDataRole.UserRole:
            return item
        if role in (Qt.ItemDataRole.ToolTipRole, Qt.ItemDataRole.AccessibleTextRole):
            size = f", {item.width} × {item.height}" if item.width else ""
            said = item.problem or item.label or "no answer yet"
            return f"{item.name}{size}\n{said}"
        return None
