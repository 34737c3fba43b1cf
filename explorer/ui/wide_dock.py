"""A dock that takes the whole middle of the window: the one beside it steps aside while it is seen.

Made by `ui/main_window.py`. Knows no view. Must not import torch.
"""

from __future__ import annotations

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QDockWidget


class WideDock(QObject):
    """Hides one dock while another is seen, and brings it back.

    Args:
        wide: The dock that needs the room.
        beside: The dock that steps aside.
    """

    def __init__(self, wide: QDockWidget, beside: QDockWidget) -> None:
        super().__init__(wide)
        self._wide = wide
        self._beside = beside
        self._stepped_aside = False
        wide.visibilityChanged.connect(self._on_visibility)

    def _on_visibility(self, is_seen: bool) -> None:
        if not is_seen:
            self.step_back()
        elif not self._wide.isFloating() and not self._beside.isFloating() and not self._beside.isHidden():
            self._stepped_aside = True
            self._beside.hide()

    def step_back(self) -> None:
        """Show the other dock again, if it stepped aside."""
        if self._stepped_aside:
            self._stepped_aside = False
            self._beside.show()
