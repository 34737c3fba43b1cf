"""The network in view as Python, in its dock; the text is made while the dock is seen.

Made by `ui/main_window.py`. Imports the code view when the dock is first opened. Must not import torch.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QFileDialog, QMainWindow, QWidget

from explorer.arch.expand import expand
from explorer.arch.presets import preset_name
from explorer.state.actions import Complain, SelectNode
from explorer.state.model import AppState
from explorer.ui.lazy_dock import LazyDock
from explorer.ui.store import Store

if TYPE_CHECKING:
    from explorer.ui.views.code import CodeView


class CodeDock(QObject):
    """Shows the code in its dock.

    Args:
        deck: Where the dock lives.
        store: The state.
    """

    def __init__(self, deck: QMainWindow, store: Store) -> None:
        super().__init__(deck)
        self._store = store
        self._view: CodeView | None = None
        self.dock = LazyDock("Code", "code", self._make, deck)
        self.dock.visibilityChanged.connect(self._on_visibility)
        self._is_seen = False
        store.subscribe(self._on_changed)

    def _make(self) -> QWidget:
        from explorer.ui.views.code import CodeView

        self._view = CodeView()
        self._view.key_selected.connect(self._on_key)
        self._view.save_requested.connect(self._on_save)
        return self._view

    def _on_visibility(self, is_seen: bool) -> None:
        self._is_seen = is_seen
        self._show()

    def _on_changed(self, old: AppState, new: AppState) -> None:
        if old.document is not new.document:
            self._show()

    def _show(self) -> None:
        if self._view is None or not self._is_seen:
            return
        from explorer.arch.code import to_python

        document = self._store.state.document
        self._view.show_code(to_python(document.spec))
        self._view.highlight(document.selected)

    def _on_key(self, key: str) -> None:
        """Blocks and stages have lines too, but no output to show."""
        if key in expand(self._store.state.document.spec).by_key:
            self._store.dispatch(SelectNode(key))

    def _on_save(self, text: str) -> None:
        name = (preset_name(self._store.state.document.spec) or "network").replace("-", "_")
        path, _ = QFileDialog.getSaveFileName(self._view, "Save Python code", f"{name}.py", "Python (*.py)")
        if not path:
            return
        try:
            Path(path).write_text(text, encoding="utf-8")
        except OSError as error:
            reason = error.strerror or str(error)
            self._store.dispatch(Complain(f"{path} was not saved: {reason}.", "Choose another folder."))
