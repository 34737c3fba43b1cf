"""Widgets side by side, as many as there is room for, then the next line; all of one line equally wide.

Used by views that show cards. Knows nothing of the store.
"""

from __future__ import annotations

from PySide6.QtCore import QRect, QSize, Qt
from PySide6.QtWidgets import QLayout, QLayoutItem, QSizePolicy, QWidget

from explorer.ui.theme import SPACE


class FlowLayout(QLayout):
    """Cards of at least a width, in lines that fill the room; every line as high as its highest card.

    Args:
        least_px: The least width of a card.
        most_px: The greatest width of a card.
        parent: As Qt has it.
    """

    def __init__(self, least_px: int, most_px: int, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._items: list[QLayoutItem] = []
        self._least_px = least_px
        self._most_px = most_px
        self.setSpacing(SPACE)
        self.setContentsMargins(0, 0, 0, 0)

    def addItem(self, item: QLayoutItem) -> None:
        self._items.append(item)

    def count(self) -> int:
        return len(self._items)

    def itemAt(self, index: int) -> QLayoutItem | None:
        return self._items[index] if 0 <= index < len(self._items) else None

    def takeAt(self, index: int) -> QLayoutItem | None:
        return self._items.pop(index) if 0 <= index < len(self._items) else None

    def expandingDirections(self) -> Qt.Orientation:
        return Qt.Orientation(0)

    def hasHeightForWidth(self) -> bool:
        return True

    def heightForWidth(self, width: int) -> int:
        return self._place(QRect(0, 0, width, 0), is_only_asked=True)

    def setGeometry(self, rect: QRect) -> None:
        super().setGeometry(rect)
        self._place(rect, is_only_asked=False)

    def sizeHint(self) -> QSize:
        return QSize(2 * self._least_px, self.heightForWidth(2 * self._least_px))

    def minimumSize(self) -> QSize:
        return QSize(self._least_px, 0)

    def _place(self, rect: QRect, *, is_only_asked: bool) -> int:
        """Lay the cards into a rectangle; returns the height that they take."""
        room = rect.marginsRemoved(self.contentsMargins())
        shown = [item for item in self._items if not item.isEmpty()]
        gap = self.spacing()
        columns = max(1, (room.width() + gap) // (self._least_px + gap))
        wide = (room.width() - (columns - 1) * gap) // columns
        wide = max(1, min(wide, max(self._most_px, self._least_px)))
        y = room.top()
        for first in range(0, len(shown), columns):
            line = shown[first : first + columns]
            high = max(_height(item, wide) for item in line)
            for column, item in enumerate(line):
                if not is_only_asked:
                    item.setGeometry(QRect(room.left() + column * (wide + gap), y, wide, high))
            y += high + gap
        margins = self.contentsMargins()
        return max(0, y - gap - room.top()) + margins.top() + margins.bottom()


def _height(item: QLayoutItem, width: int) -> int:
    return item.heightForWidth(width) if item.hasHeightForWidth() else item.sizeHint().height()


def flow_holder(layout: FlowLayout) -> QWidget:
    """A widget for a flow, as high as its cards need at its width."""
    holder = QWidget()
    holder.setLayout(layout)
    policy = QSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Preferred)
    policy.setHeightForWidth(True)
    holder.setSizePolicy(policy)
    return holder
