"""The room that messages take: as high as they are, at most a third of the window, else they scroll.

Made by `ui/main_window.py`. Without it a few messages with long remedies would make a low window higher than
the screen. Knows nothing of the store.
"""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, QSize, Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QFrame, QScrollArea, QSizePolicy, QWidget

from explorer.ui.widgets.banner import BannerStack

_MOST_SHARE = 3
"""The messages take at most one part in so many of the window."""


class BannerRoom(QScrollArea):
    """Shows a stack of messages; hidden while there are none.

    Args:
        banners: The stack.
        parent: As Qt has it.
    """

    def __init__(self, banners: BannerStack, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("banners.room")
        self._banners = banners
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        is_empty = banners.isHidden()
        self.setWidget(banners)  # which shows it
        banners.setHidden(is_empty)
        banners.installEventFilter(self)
        self._fit()

    def minimumSizeHint(self) -> QSize:
        return QSize(0, 0)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Messages came, went, or were unfolded."""
        if event.type() in (QEvent.Type.LayoutRequest, QEvent.Type.ShowToParent, QEvent.Type.HideToParent):
            self._fit()
        return super().eventFilter(watched, event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        is_needed = not self._banners.isHidden()
        if is_needed:
            width = self.viewport().width()
            layout = self._banners.layout()
            wanted = max(layout.totalHeightForWidth(width), 0) if layout is not None else 0
            self._banners.resize(width, wanted)
            self.setFixedHeight(min(wanted, max(self.window().height() // _MOST_SHARE, 1)))
        self.setVisible(is_needed)
