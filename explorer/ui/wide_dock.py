"""A dock that takes the whole middle of the window: the one beside it steps aside while it is seen.

Made by `ui/main_window.py`. Knows no view. Must not import torch.
"""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, Qt, QTimer
from PySide6.QtWidgets import QDockWidget, QMainWindow

_SHARE = 0.5
"""Of the middle, for a dock that was not seen before it stepped aside."""


class WideDock(QObject):
    """Hides one dock while another is seen, and brings it back as wide as it was.

    Args:
        wide: The dock that needs the room.
        beside: The dock that steps aside.
    """

    def __init__(self, wide: QDockWidget, beside: QDockWidget) -> None:
        super().__init__(wide)
        self._wide = wide
        self._beside = beside
        self._stepped_aside = False
        self._width_px = 0
        self._free_width_px = 0
        wide.visibilityChanged.connect(self._on_visibility)
        beside.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Where the other dock first comes, Qt makes this one narrower before it says so."""
        if watched is self._beside and event.type() == QEvent.Type.Resize and self._is_away():
            self._free_width_px = self._beside.width()
        return False

    def _is_away(self) -> bool:
        content = self._wide.widget()
        return self._wide.isHidden() or (content is not None and content.minimumWidth() == 1)

    def _on_visibility(self, is_seen: bool) -> None:
        content = self._wide.widget()
        if content is not None:
            # Behind other tabs it must not keep them as wide as itself; 0 is what its layout wants.
            content.setMinimumWidth(0 if is_seen else 1)
        if not is_seen:
            self.step_back()
        elif not self._wide.isFloating() and not self._beside.isFloating() and not self._beside.isHidden():
            self._stepped_aside = True
            # A layout that is restored before the window is shown has given it no width yet.
            self._width_px = self._free_width_px if self._beside.isVisible() else 0
            self._beside.hide()

    def step_back(self) -> None:
        """Show the other dock again, if it stepped aside."""
        if self._stepped_aside:
            self._stepped_aside = False
            self._beside.show()
            # While a tab is being changed Qt lays out once more afterwards.
            QTimer.singleShot(0, self, self._widen)

    def _widen(self) -> None:
        """Qt forgets how wide a hidden dock was."""
        deck = self._beside.parentWidget()
        if isinstance(deck, QMainWindow) and not self._beside.isHidden():
            width_px = self._width_px or int(_SHARE * deck.width())
            # Told of one alone, Qt gives it half of what it lacks.
            widths = [width_px, deck.width() - width_px]
            deck.resizeDocks([self._beside, self._wide], widths, Qt.Orientation.Horizontal)
