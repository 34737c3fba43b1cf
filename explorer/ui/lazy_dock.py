"""A dock whose content is imported and built when it is first seen, so that it costs no start-up time.

Used by the main window for views that are hidden at first. Knows no view.
"""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtWidgets import QDockWidget, QWidget


class LazyDock(QDockWidget):
    """An empty dock until it is shown.

    Args:
        title: Of its tab and its menu entry.
        name: Its object name, behind `dock.`.
        make: Builds the content.
        parent: The window or deck.
    """

    def __init__(self, title: str, name: str, make: Callable[[], QWidget], parent: QWidget) -> None:
        super().__init__(title, parent)
        self.setObjectName(f"dock.{name}")
        self._make = make
        self.visibilityChanged.connect(self._on_visibility)

    def _on_visibility(self, is_visible: bool) -> None:
        if is_visible and self.widget() is None:
            self.setWidget(self._make())
