"""The answers of all pictures in their dock: shown a moment after the last of a burst of changes.

Made by `ui/main_window.py`. Imports the answers view when the dock is first opened. Must not import torch.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QMainWindow, QWidget

from explorer.state.in_view import is_in_view
from explorer.state.model import AppState
from explorer.ui.late import actions
from explorer.ui.seen_dock import SeenDock
from explorer.ui.store import Store

if TYPE_CHECKING:
    from explorer.ui.views.answer_rows import AnswerRows
    from explorer.ui.views.answers_table import AnswersView

SHOWN_EVERY_MS = 100
"""Answers of many pictures come in bursts; the table is made anew at most so often."""


class AnswersDock(SeenDock):
    """Shows the answers in their dock.

    Args:
        deck: Where the dock lives.
        store: The state.
    """

    def __init__(self, deck: QMainWindow, store: Store) -> None:
        super().__init__("Answers", "answers", deck, store)
        self._view: AnswersView | None = None
        self._rows: AnswerRows | None = None
        self._timer = QTimer(self, singleShot=True, interval=SHOWN_EVERY_MS)
        self._timer.timeout.connect(self._show_now)

    def build(self) -> QWidget:
        """The view, with its signals connected."""
        from explorer.ui.views.answer_rows import AnswerRows
        from explorer.ui.views.answers_table import AnswersView

        dispatch = self._store.dispatch
        view = self._view = AnswersView()
        self._rows = AnswerRows()
        view.picture_selected.connect(lambda image_id: dispatch(actions.SelectPicture(image_id)))
        view.save_failed.connect(lambda text: dispatch(actions.Complain(text, "Choose another folder.")))
        return view

    def show_state(self, old: AppState | None, new: AppState) -> None:
        """Show the table, at once where it is new, else soon."""
        if old is None:
            self._show_now()
            return
        is_other = (
            old.pictures is not new.pictures
            or old.answers is not new.answers
            or old.net is not new.net
            or old.training.status != new.training.status
        )
        if is_other and not self._timer.isActive():
            self._timer.start()

    def _show_now(self) -> None:
        assert self._view is not None
        assert self._rows is not None
        state = self._store.state
        rows = self._rows.rows(state.pictures.items, state.answers, state.net.classes)
        origin, training = state.net.origin, state.training
        began = training.began if training.status == "running" else None
        is_learning = began is not None and is_in_view(state, began.run)
        self._view.show_rows(
            rows,
            state.pictures.current,
            is_meant=origin is None or origin.is_trained,
            after_epochs=training.answered_epoch if is_learning else None,
        )
