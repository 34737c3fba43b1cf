"""The runs in their dock: looked up when it is first seen.

Made by `ui/main_window.py`. Imports the runs view when the dock is first opened. Must not import torch.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QMainWindow, QWidget

from explorer.state.model import AppState
from explorer.ui.late import actions, compare_actions, learning_actions
from explorer.ui.seen_dock import SeenDock
from explorer.ui.store import Store

if TYPE_CHECKING:
    from explorer.engine.run_messages import RunRow
    from explorer.state.learning import Curves
    from explorer.ui.views.runs import RunsView
    from explorer.ui.views.sparkline import Line


class RunsDock(SeenDock):
    """Shows the runs in their dock.

    Args:
        deck: Where the dock lives.
        store: The state.
    """

    pinned = Signal()
    """Runs were put into columns."""

    def __init__(self, deck: QMainWindow, store: Store) -> None:
        super().__init__("Runs", "runs", deck, store)
        self._view: RunsView | None = None

    def build(self) -> QWidget:
        """The view, with its signals connected."""
        from explorer.ui.views.runs import RunsView

        dispatch = self._store.dispatch
        view = self._view = RunsView()
        view.run_shown.connect(lambda run: dispatch(learning_actions.ShowRun(run)))
        view.open_requested.connect(lambda run: dispatch(learning_actions.OpenRun(run)))
        view.resume_requested.connect(lambda run: dispatch(learning_actions.GoOnTraining(run)))
        view.extend_requested.connect(
            lambda run, epochs: dispatch(learning_actions.GoOnTraining(run, epochs))
        )
        view.compare_requested.connect(self._on_compare)
        view.marked.connect(self._on_marked)
        view.delete_requested.connect(lambda runs: dispatch(learning_actions.DiscardRuns(runs)))
        view.export_requested.connect(
            lambda run, path, kind: dispatch(learning_actions.WriteRun(run, path, kind))
        )
        view.save_failed.connect(lambda text: dispatch(actions.Complain(text, "Choose another folder.")))
        return view

    def look_up(self) -> None:
        """Read the store."""
        self._store.dispatch(learning_actions.LookUpRuns())

    def show_state(self, old: AppState | None, new: AppState) -> None:
        """Show the rows and the curves of the run that is looked at."""
        assert self._view is not None
        runs = new.runs
        if old is None or old.runs is not runs or old.training.is_busy != new.training.is_busy:
            self._view.show_runs(runs.rows, is_listed=runs.is_listed, can_train=not new.training.is_busy)
            live = new.training.curves
            # What was read of the run that learns is soon out of date.
            is_live = live is not None and live.run == runs.shown
            curves = live if is_live else runs.curves.get(runs.shown)
            if curves is not None:
                self._view.show_curves(runs.shown, accuracy_lines(curves))

    def _on_compare(self, rows: tuple[RunRow, ...]) -> None:
        """A column a run; the bundled ones' weights are those their networks are known by."""
        for row in rows:
            if row.is_bundled:
                self._store.dispatch(compare_actions.PinSpecs((row.spec,)))
            else:
                self._store.dispatch(compare_actions.PinRun(row.id, row.spec))
        self.pinned.emit()

    def _on_marked(self, run: str, changes: Mapping[str, object]) -> None:
        self._store.dispatch(learning_actions.MarkRun(run, **changes))  # type: ignore[arg-type]


def accuracy_lines(curves: Curves) -> tuple[Line, ...]:
    """Training and validation accuracy by epoch, as far as a run has them."""
    from explorer.ui.views.sparkline import Line
    from explorer.ui.widgets.series_colours import PART_TONES

    lines = (
        Line(name, tuple(curves.buffer.series(f"epoch.{part}_accuracy")[1].tolist()), PART_TONES[part])
        for part, name in (("train", "training"), ("validation", "validation"))
    )
    return tuple(line for line in lines if line.values)
