"""Docks whose content is imported and built when it is first seen, so that it costs no start-up time.

Used by the main window for views that are hidden at first. Knows no view.
"""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QDockWidget, QMainWindow, QWidget

from explorer.state.model import AppState
from explorer.ui.store import Store


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


class DockedView(QObject):
    """A view in a lazy dock, and what feeds it from the state. Subclasses make the view and show the state.

    Args:
        title: Of the dock's tab and its menu entry.
        name: The dock's object name, behind `dock.`.
        deck: Where the dock lives.
        store: The state.
    """

    def __init__(self, title: str, name: str, deck: QMainWindow, store: Store) -> None:
        super().__init__(deck)
        self._store = store
        self._is_seen = False
        self.dock = LazyDock(title, name, self._make, deck)
        self.dock.visibilityChanged.connect(self._on_visibility)
        store.subscribe(self._on_changed)

    def open(self) -> None:
        """Bring the dock to the front."""
        self.dock.show()
        self.dock.raise_()

    def _on_visibility(self, is_seen: bool) -> None:
        self._is_seen = is_seen
        if is_seen:
            self._show(self._store.state)

    def _on_changed(self, old: AppState, new: AppState) -> None:
        if self._is_seen and self._concerns(old, new):
            self._show(new)

    def _make(self) -> QWidget:
        """Import and build the view.

        Raises:
            NotImplementedError: A subclass forgot.
        """
        raise NotImplementedError

    def _concerns(self, old: AppState, new: AppState) -> bool:
        """Whether the view has to be shown anew for this change.

        Raises:
            NotImplementedError: A subclass forgot.
        """
        raise NotImplementedError

    def _show(self, state: AppState) -> None:
        """Show a state in the view, which is there and seen.

        Raises:
            NotImplementedError: A subclass forgot.
        """
        raise NotImplementedError
