"""Studies in their dock: read when it is first seen, priced when what is set up has come to rest.

Made by `ui/main_window.py`. Imports the study view when the dock is first opened. Must not import torch.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QMainWindow, QWidget

from explorer.state.model import AppState
from explorer.ui.seen_dock import SeenDock
from explorer.ui.store import Store

if TYPE_CHECKING:
    from explorer.state.studies import Planned
    from explorer.ui.views.study import StudyView

REST_MS = 500
"""What is set up is measured when nothing of it has changed for so long."""


class StudyDock(SeenDock):
    """Shows studies in their dock.

    Args:
        deck: Where the dock lives.
        store: The state.
    """

    def __init__(self, deck: QMainWindow, store: Store) -> None:
        super().__init__("Study", "study", deck, store)
        self._view: StudyView | None = None
        self._priced: tuple[Planned, str] | None = None
        self._rest = QTimer(self)
        self._rest.setSingleShot(True)
        self._rest.setInterval(REST_MS)
        self._rest.timeout.connect(self._price)

    def build(self) -> QWidget:
        """The view, with its signals connected."""
        from explorer.state.actions import Complain
        from explorer.state.study_actions import (
            EditStudy,
            ForgetStudy,
            GoOnStudy,
            PauseStudy,
            ReportStudy,
            ShowStudy,
            StartStudy,
        )
        from explorer.ui.views.study import StudyView

        dispatch = self._store.dispatch
        view = self._view = StudyView()
        view.shown.connect(lambda study: dispatch(ShowStudy(study)))
        view.form.edited.connect(lambda form: dispatch(EditStudy(form)))
        view.start_requested.connect(lambda: dispatch(StartStudy()))
        view.pause_requested.connect(lambda: dispatch(PauseStudy()))
        view.resume_requested.connect(lambda study, retries: dispatch(GoOnStudy(study, retries)))
        view.report_requested.connect(lambda study, path: dispatch(ReportStudy(study, path)))
        view.forget_requested.connect(lambda study: dispatch(ForgetStudy(study)))
        view.save_failed.connect(lambda text: dispatch(Complain(text, "Choose another folder.")))
        return view

    def look_up(self) -> None:
        """Read the studies, and the data that a new one would train on."""
        from explorer.state.learning_actions import LookUpData
        from explorer.state.study_actions import LookUpStudies

        self._store.dispatch(LookUpData())
        self._store.dispatch(LookUpStudies())

    def show_state(self, old: AppState | None, new: AppState) -> None:
        """Show how studies stand; ask what a new one will cost."""
        from explorer.state.reducer.studies import planned

        assert self._view is not None
        is_same = (
            old is not None
            and old.studies is new.studies
            and old.document.spec is new.document.spec
            and old.form is new.form
        )
        if not is_same:
            self._view.show_studies(new.studies, planned(new), new.document.spec, new.form)
        self._ask_price(new)

    def _ask_price(self, state: AppState) -> None:
        from explorer.state.reducer.studies import planned

        now, device = planned(state), state.device.current
        if state.studies.row is not None or state.studies.is_busy or state.training.is_busy:
            return
        if device is not None and now.study is not None and (now, device.name) != self._priced:
            self._rest.start()

    def _price(self) -> None:
        from explorer.state.reducer.studies import planned
        from explorer.state.study_actions import PriceStudy

        now, device = planned(self._store.state), self._store.state.device.current
        self._store.dispatch(PriceStudy())
        if self._store.state.studies.is_estimating and device is not None:
            # Else something began to be trained meanwhile: it is asked again after that.
            self._priced = now, device.name
