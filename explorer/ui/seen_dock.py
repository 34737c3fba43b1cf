"""A dock whose view is built when it is first seen, and is shown the state only while it is seen.

The base of every dock that is hidden at first: they cost no start-up time. Knows no view. Must not import
torch.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QDockWidget, QMainWindow, QWidget

from explorer.state.model import AppState
from explorer.ui.store import Store

if TYPE_CHECKING:
    from explorer.state.compare import ColumnState

_NO_COLUMNS: Mapping[str, ColumnState] = MappingProxyType({})


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


class SeenDock(QObject):
    """Tells its view what changed; while the dock is hidden the changes wait until it is seen again.

    Args:
        title: Of its tab and its menu entry.
        name: Of the dock, behind `dock.`.
        deck: Where the dock lives.
        store: The state.
    """

    def __init__(self, title: str, name: str, deck: QMainWindow, store: Store) -> None:
        super().__init__(deck)
        self._store = store
        self._is_seen = False
        self._shown: AppState | None = None
        self.dock = LazyDock(title, name, self._make, deck)
        self.dock.visibilityChanged.connect(self._on_visibility)
        store.subscribe(self._on_changed)

    def open(self) -> None:
        """Bring the dock to the front."""
        self.dock.show()
        self.dock.raise_()

    def build(self) -> QWidget:
        """The view, with its signals connected."""
        raise NotImplementedError

    def look_up(self) -> None:
        """Ask for what the view shows; called when it is first seen. By default nothing is asked."""

    def show_state(self, old: AppState | None, new: AppState) -> None:
        """Show in the view what differs.

        Args:
            old: What the view shows; None for a new view.
            new: What it is to show.
        """
        raise NotImplementedError

    def on_seen(self, is_seen: bool) -> None:
        """The dock was brought into view or put away. By default nothing is to be done.

        Args:
            is_seen: Whether it is in view now.
        """

    def _make(self) -> QWidget:
        view = self.build()
        self._shown = None
        self._show()
        self.look_up()
        return view

    def _on_visibility(self, is_seen: bool) -> None:
        self._is_seen = is_seen
        if is_seen and self.dock.widget() is not None:
            self._show()
        elif self._shown is not None:
            # What waits here must not hold on to the maps of columns, which are large.
            self._shown = replace(self._shown, compare=replace(self._shown.compare, columns=_NO_COLUMNS))
        self.on_seen(is_seen)

    def _on_changed(self, old: AppState, new: AppState) -> None:
        if self._is_seen and self.dock.widget() is not None:
            self._show()

    def _show(self) -> None:
        old, self._shown = self._shown, self._store.state
        self.show_state(old, self._shown)
