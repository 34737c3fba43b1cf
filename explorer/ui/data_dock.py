"""The data that trainings use, in its dock: looked up when it is first seen.

Made by `ui/main_window.py`. Imports the dataset view when the dock is first opened. Must not import torch.
"""

from __future__ import annotations

from pathlib import PurePath
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QMainWindow, QWidget

from explorer.state.model import AppState
from explorer.ui.late import actions, learning_actions
from explorer.ui.seen_dock import SeenDock
from explorer.ui.store import Store

if TYPE_CHECKING:
    from explorer.ui.views.dataset import DatasetView


class DataDock(SeenDock):
    """Shows labelled data in its dock.

    Args:
        deck: Where the dock lives.
        store: The state.
    """

    def __init__(self, deck: QMainWindow, store: Store) -> None:
        super().__init__("Data", "data", deck, store)
        self._view: DatasetView | None = None

    def build(self) -> QWidget:
        """The view, with its signals connected."""
        from explorer.ui.views.dataset import DatasetView

        dispatch = self._store.dispatch
        view = self._view = DatasetView()
        view.data_chosen.connect(lambda data: dispatch(learning_actions.ChooseData(data)))
        view.download_allowed.connect(lambda name: dispatch(learning_actions.AllowFetchData(name)))
        view.save_failed.connect(lambda text: dispatch(actions.Complain(text, "Choose another folder.")))
        return view

    def look_up(self) -> None:
        """List the sets and read the chosen one."""
        self._store.dispatch(learning_actions.LookUpData())

    def show_state(self, old: AppState | None, new: AppState) -> None:
        """Show the sets, what is read, and what is in the chosen one."""
        if old is not None and all(
            before is after
            for before, after in (
                (old.data, new.data),
                (old.form, new.form),
                (old.work, new.work),
                (old.training, new.training),
            )
        ):
            return
        assert self._view is not None
        data = new.data
        fetching = {work.name: work.share for work in new.work if work.kind == "FetchData"}
        self._view.show_cards(data.cards, new.form.data, fetching, can_choose=not new.training.is_busy)
        is_current = data.facts is not None and data.facts.data == new.form.data
        self._view.show_facts(data.facts if is_current else None, normalisation=new.form.plan.normalisation)
        is_reading = data.status == "opening"
        share = next((work.share for work in new.work if work.kind == "OpenData"), None)
        self._view.show_status(_status(new, is_current=is_current), share, is_working=is_reading)


def _status(state: AppState, *, is_current: bool) -> str:
    """What is done about the chosen data, or why nothing of it is shown."""
    data, name = state.data, PurePath(state.form.data).name
    if data.status == "opening":
        return f"Reading {PurePath(data.wanted).name or name}…"
    if data.status == "failed" and data.wanted == state.form.data:
        return f"{name} could not be read. {data.cause}".strip()
    if not is_current:
        card = next((card for card in data.cards if card.name == state.form.data), None)
        if card is not None and not card.is_present:
            return f"{card.title} is not on this machine."
    return ""
