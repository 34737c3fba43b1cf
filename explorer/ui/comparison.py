"""What the net in view is compared with: the step before, or a preset; shown while the dock is seen.

Made by `ui/main_window.py`. Imports the diff view when the dock is first opened.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtWidgets import QMainWindow, QWidget

from explorer.arch.presets import net_title, preset, preset_name, presets
from explorer.arch.spec import ArchitectureSpec
from explorer.state.model import AppState
from explorer.ui.seen_dock import SeenDock
from explorer.ui.store import Store

if TYPE_CHECKING:
    from explorer.ui.views.diff import DiffView

STEP_BEFORE = ""
"""The name of the network before the last edit."""


def step_before(state: AppState) -> ArchitectureSpec:
    """The last network of the undo history that is another than the present one; the present one without."""
    spec = state.document.spec
    return next((old.spec for old in reversed(state.history.past) if old.spec != spec), spec)


class Comparison(SeenDock):
    """Shows the diff in its dock.

    Args:
        deck: Where the dock lives.
        store: The state.
    """

    def __init__(self, deck: QMainWindow, store: Store) -> None:
        super().__init__("Diff", "diff", deck, store)
        self._view: DiffView | None = None
        self._other = STEP_BEFORE

    def build(self) -> QWidget:
        """The view, with its signals connected."""
        from explorer.ui.views.diff import DiffView

        self._view = DiffView()
        self._view.other_chosen.connect(self._on_other_chosen)
        return self._view

    def _on_other_chosen(self, name: str) -> None:
        self._other = name
        self.show_state(None, self._store.state)

    def show_state(self, old: AppState | None, new: AppState) -> None:
        """Show the differences, where either network is another."""
        if old is not None and old.document.spec is new.document.spec and old.history is new.history:
            return
        assert self._view is not None
        from explorer.arch.diff import diff
        from explorer.ui.views.diff import Other

        spec = new.document.spec
        other = step_before(new) if self._other == STEP_BEFORE else preset(self._other).spec
        others = [Other(STEP_BEFORE, "The step before (undo)")]
        others += [Other(name, item.title) for name, item in presets().items()]
        self._view.show_others(others, self._other)
        self._view.show_diff(diff(other, spec), _title(other, spec), net_title(spec))


def _title(other: ArchitectureSpec, spec: ArchitectureSpec) -> str:
    """What the other is called; two of one name are told apart."""
    title = net_title(other)
    is_alike = title == net_title(spec) and preset_name(other) is None
    return f"{title} (before)" if is_alike else title
