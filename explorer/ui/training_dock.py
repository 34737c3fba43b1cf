"""The training in its dock: set up, started, watched.

Made by `ui/main_window.py`. Imports the training view, and with it the plotting library, when the dock is
first opened. Must not import torch.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QMainWindow, QWidget

from explorer.state.in_view import training_in_view
from explorer.state.model import AppState
from explorer.ui.late import learning_actions
from explorer.ui.seen_dock import SeenDock
from explorer.ui.store import Store

if TYPE_CHECKING:
    from explorer.state.learning import Curves, TrainingState
    from explorer.training.plan import Plan
    from explorer.ui.views.curve_moments import Moments
    from explorer.ui.views.training import TrainingView


class TrainingDock(SeenDock):
    """Shows the training in its dock.

    Args:
        deck: Where the dock lives.
        store: The state.
    """

    def __init__(self, deck: QMainWindow, store: Store) -> None:
        super().__init__("Training", "training", deck, store)
        self._view: TrainingView | None = None
        self._share: float | None = None

    def build(self) -> QWidget:
        """The view, with its signals connected."""
        from explorer.ui.views.training import TrainingView

        dispatch = self._store.dispatch
        view = self._view = TrainingView()
        view.start_requested.connect(lambda: dispatch(learning_actions.StartTraining()))
        view.twins_requested.connect(lambda: dispatch(learning_actions.StartTraining(with_twin=True)))
        view.pause_requested.connect(lambda: dispatch(learning_actions.PauseTraining()))
        view.resume_requested.connect(self.go_on)
        view.extend_requested.connect(lambda epochs: dispatch(learning_actions.GoOnTraining(epochs=epochs)))
        view.stop_requested.connect(lambda: dispatch(learning_actions.StopTraining()))
        view.rewind_requested.connect(self._on_rewind)
        form = view.form
        form.data_chosen.connect(lambda data: dispatch(learning_actions.ChooseData(data)))
        form.recipe_chosen.connect(lambda name: dispatch(learning_actions.ChooseRecipe(name)))
        form.plan_edited.connect(lambda changes: dispatch(learning_actions.EditPlan(tuple(changes.items()))))
        form.plan_reset.connect(lambda name: dispatch(learning_actions.ResetPlan(name)))
        form.start_chosen.connect(lambda weights: dispatch(learning_actions.ChooseStart(weights)))
        form.finder_requested.connect(lambda: dispatch(learning_actions.SeekRate()))
        form.rate_taken.connect(lambda rate: dispatch(learning_actions.TakeRate(rate)))
        return view

    def look_up(self) -> None:
        """List the sets of data and read the chosen one."""
        self._store.dispatch(learning_actions.LookUpData())

    def show_state(self, old: AppState | None, new: AppState) -> None:
        """Show what differs."""
        view = self._view
        assert view is not None
        form_is_new = old is None or old.form is not new.form
        data_is_new = old is None or old.data is not new.data
        if form_is_new or data_is_new:
            view.show_form(new.form, _usual(new))
            view.show_data(new.data, new.form)
        is_other = old is None or any(
            getattr(old, part) is not getattr(new, part) for part in ("training", "runs", "net", "moments")
        )
        share = _share_of_work(new)
        if form_is_new or is_other or share != self._share:
            self._share = share
            training = training_in_view(new)
            view.show_training(training, new.form, *_other(new, training), share)
            view.show_moments(moments_in_view(new))

    def step_moment(self, direction: int) -> None:
        """Rewind the training in view to the moment before (−1) or after (1) the one that it stands at."""
        self._on_rewind(moments_in_view(self._store.state).beside(direction))

    def go_on(self) -> None:
        """Resume the training in view."""
        self._store.dispatch(learning_actions.GoOnTraining())

    def ask_to_extend(self) -> None:
        """Ask how long the finished training in view is to go on."""
        self.open()
        if self._view is not None:
            self._view.head.ask_to_extend()

    def back_to_now(self) -> None:
        """Show the training in view as it is now."""
        self._on_rewind(None)

    def _on_rewind(self, step: int | None) -> None:
        curves = training_in_view(self._store.state).curves
        if curves is not None:
            from explorer.state.compare_actions import Rewind

            self._store.dispatch(Rewind(curves.run, step))


def moments_in_view(state: AppState) -> Moments:
    """The moments of the training in view, and the one that it is rewound to."""
    from explorer.ui.views.curve_moments import Moments

    training, moments = training_in_view(state), state.moments
    run = training.curves.run if training.curves is not None else ""
    return Moments(
        moments.kept.get(run, ()), moments.at.get(run), training.step, is_known=run in moments.kept
    )


def _share_of_work(state: AppState) -> float | None:
    """How much is done of reading the data or of the search for a rate; None where it is not known."""
    training = state.training
    kind = "OpenData" if training.status == "opening" else "FindRate" if training.purpose == "find" else ""
    return next((work.share for work in reversed(state.work) if work.kind == kind), None)


def _usual(state: AppState) -> Plan:
    """The recipe's plan as it fits the data; only what the user has set can differ from it."""
    from explorer.state.reducer.plan_form import fitted

    form = state.form
    fitting = fitted(replace(form, chosen=frozenset()), state.data.facts).plan
    followed = {name: getattr(form.plan, name) for name in type(form.plan).model_fields}
    return fitting.model_copy(update={name: followed[name] for name in followed.keys() - form.chosen})


def _other(state: AppState, training: TrainingState) -> tuple[Curves | None, tuple[int, int]]:
    """The curves of the run that is looked at beside the one in view, its steps an epoch and its batch."""
    curves = state.runs.curves.get(state.runs.shown)
    present = training.curves
    if curves is None or present is None or curves.run == present.run:
        return None, (0, 0)
    row = next((row for row in state.runs.rows if row.id == curves.run), None)
    steps, _ = curves.buffer.series("epoch.validation_accuracy")
    if not len(steps) or row is None:
        return curves, (0, 0)
    # Epochs are stored with their last step.
    return curves, (round((int(steps[-1]) + 1) / max(row.epochs_done, len(steps))), row.plan.batch_size)
