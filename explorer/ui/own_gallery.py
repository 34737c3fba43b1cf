"""The gallery in its dock: presets and the user's own architectures, opened by a click.

Made by `ui/main_window.py`. Imports the gallery view when the dock is first opened.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtWidgets import QMainWindow, QWidget

from explorer.arch.presets import preset, presets
from explorer.state.model import AppState
from explorer.ui.late import actions
from explorer.ui.seen_dock import SeenDock
from explorer.ui.store import Store

if TYPE_CHECKING:
    from explorer.ui.views.gallery import GalleryView


class OwnGallery(SeenDock):
    """Shows the gallery in its dock.

    Args:
        deck: Where the dock lives.
        store: The state.
    """

    def __init__(self, deck: QMainWindow, store: Store) -> None:
        super().__init__("Gallery", "gallery", deck, store)
        self._view: GalleryView | None = None

    def build(self) -> QWidget:
        """The view, with its signals connected."""
        from explorer.present.gallery import timeline
        from explorer.ui.views.gallery import GalleryView

        dispatch = self._store.dispatch
        view = self._view = GalleryView()
        view.preset_chosen.connect(lambda name: dispatch(actions.OpenSpec(preset(name).spec)))
        view.own_chosen.connect(self._on_own_chosen)
        view.own_renamed.connect(lambda slug, name: dispatch(actions.RenameArchitecture(slug, name)))
        view.own_removed.connect(lambda slug: dispatch(actions.LetArchitectureGo(slug)))
        view.save_current_requested.connect(lambda name: dispatch(actions.KeepArchitecture(name)))
        view.show_presets(timeline(presets().values()))
        return view

    def look_up(self) -> None:
        """List the user's own architectures."""
        self._store.dispatch(actions.LookUpArchitectures())

    def _on_own_chosen(self, slug: str) -> None:
        for item in self._store.state.own.items:
            if item.slug == slug:
                self._store.dispatch(actions.OpenSpec(item.spec))

    def show_state(self, old: AppState | None, new: AppState) -> None:
        """Show the user's own architectures, and which card is the network in view."""
        assert self._view is not None
        from explorer.present.gallery import Card

        if old is None or old.own is not new.own:
            self._view.show_own(
                tuple(Card(item.slug, item.name, item.spec, is_own=True) for item in new.own.items)
            )
        if old is None or old.document.spec is not new.document.spec:
            self._view.show_current(new.document.spec)
