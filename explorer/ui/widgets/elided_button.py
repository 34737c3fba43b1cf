"""A push button that shortens its text where there is no room, instead of widening what it stands in.

Used by the image panel's net card. Knows nothing of the store.
"""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QPushButton, QSizePolicy, QWidget

from explorer.ui.theme import SPACE

_LEAST_PX = 80
_AROUND_PX = 4 * SPACE
"""What padding and frame take of the width."""


class ElidedButton(QPushButton):
    """A push button with a text of any length.

    Args:
        text: The whole text.
        detail: The tooltip; the whole text stands before it where the button cuts it.
        parent: As Qt has it.
    """

    def __init__(self, text: str, detail: str = "", parent: QWidget | None = None) -> None:
        super().__init__(text, parent)
        self._whole = text
        self._detail = detail
        self.setToolTip(detail)
        self.setAccessibleName(text)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)

    def sizeHint(self) -> QSize:
        width = self.fontMetrics().horizontalAdvance(self._whole) + _AROUND_PX
        return QSize(width, super().sizeHint().height())

    def minimumSizeHint(self) -> QSize:
        return QSize(_LEAST_PX, super().minimumSizeHint().height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        room = self.width() - _AROUND_PX + 4
        shown = self.fontMetrics().elidedText(self._whole, Qt.TextElideMode.ElideRight, room)
        self.setText(shown)
        is_cut = shown != self._whole
        self.setToolTip("\n".join(filter(None, (self._whole, self._detail))) if is_cut else self._detail)
        super().resizeEvent(event)
