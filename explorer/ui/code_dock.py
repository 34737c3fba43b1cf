"""The network in view as Python, in its dock; the text is made while the dock is seen.

Made by `ui/main_window.py`. Imports the code view when the dock is first opened. Must not import torch.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtWidgets import QMainWindow, QWidget

from explorer.arch.expand import expand
from explorer.arch.presets import preset_name
from explorer.state.model import AppState
from explorer.ui.late import actions
from explorer.ui.seen_dock import SeenDock
from explorer.ui.store import Store
from explorer.ui.widgets.saving import ask_where, save_text

if TYPE_CHECKING:
    from explorer.ui.views.code import CodeView


class CodeDock(SeenDock):
    """Shows the code in its dock.

    Args:
        deck: Where the dock lives.
        store: The state.
    """

    def __init__(self, deck: QMainWindow, store: Store) -> None:
        super().__init__("Code", "code", deck, store)
        self._view: CodeView | None = None

    def build(self) -> QWidget:
        """The view, with its signals connected."""
        from explorer.ui.views.code import CodeView

        self._view = CodeView()
        self._view.key_selected.connect(self._on_key)
        self._view.save_requested.connect(self._on_save)
        return self._view

    def show_state(self, old: AppState | None, new: AppState) -> None:
        """Show the code, and which of its lines are about the selected node."""
        if old is not None and old.document is new.document:
            return
        assert self._view is not None
        from explorer.arch.code import to_python

        self._view.show_code(to_python(new.document.spec))
        self._view.highlight(new.document.selected)

    def _on_key(self, key: str) -> None:
        """Blocks and stages have lines too, but no output to show."""
        if key in expand(self._store.state.document.spec).by_key:
            self._store.dispatch(actions.SelectNode(key))

    def _on_save(self, text: str) -> None:
        name = (preset_name(self._store.state.document.spec) or "network").replace("-", "_")
        assert self._view is not None
        path = ask_where(self._view, "Save Python code", f"{name}.py", "Python (*.py)")
        if path:
            save_text(text, path, self._on_not_saved)

    def _on_not_saved(self, cause: str) -> None:
        self._store.dispatch(actions.Complain(cause, "Choose another folder."))
