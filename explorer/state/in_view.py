"""Which training the training view is about: the present one, or the run whose network is in view.

A run of another sitting is shown as the one of this sitting is, as far as the store knows it. Called by `ui`
and by the reducer; pure. Must not import torch or Qt.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, cast

from explorer.nets.facts import Origin
from explorer.state.learning import (
    BUSY,
    Curves,
    FinderState,
    TrainingState,
    TrainingStatus,
    TwinState,
    TwinStatus,
)

if TYPE_CHECKING:
    from explorer.engine.run_messages import RunRow
    from explorer.runs.judged import Judged
    from explorer.state.model import AppState


def training_in_view(state: AppState) -> TrainingState:
    """The training that is looked at.

    What learns, and why it could not, comes first; else it is the run whose network is in view.
    """
    training, run = state.training, earlier_run(state)
    if run is None or training.status in BUSY or training.status == "failed":
        return training
    row, other = earlier_pair(state, run)
    curves = state.runs.curves.get(row.id) if row is not None else None
    if row is None or curves is None:
        return training
    twin = None if other is None else _twin(other, state.runs.curves.get(other.id))
    judged = state.runs.judged.get(row.id)
    return _earlier(row, curves, last_moment(state, row.id), twin, training.finder, judged)


def is_in_view(state: AppState, run: str) -> bool:
    """Whether the network in view is what a run has learned until now, not a moment of it."""
    return state.net.origin == Origin("run", run)


def earlier_pair(state: AppState, run: str) -> tuple[RunRow | None, RunRow | None]:
    """A run of the store and its plain twin, where it has one; the same two for the twin."""
    rows = {row.id: row for row in state.runs.rows}
    main = next((row for row in state.runs.rows if row.twin == run), rows.get(run))
    return main, None if main is None else rows.get(main.twin)


def earlier_run(state: AppState) -> str | None:
    """The run whose network is in view, where it is none of those that learned last."""
    origin = state.net.origin
    if origin is None or origin.kind != "run":
        return None
    began, twin = state.training.began, state.training.twin
    known = {each.run for each in (began, twin) if each is not None}
    return None if origin.name in known else origin.name


def last_moment(state: AppState, run: str) -> int | None:
    """The last moment that is kept of a run; None where none is."""
    kept = state.moments.kept.get(run, ())
    return kept[-1] if kept else None


@lru_cache(maxsize=8)
def _twin(row: RunRow, curves: Curves | None) -> TwinState | None:
    if curves is None:
        return None
    status = _status(row, is_over=row.status == "finished" and row.has_weights)
    return TwinState(
        run=row.id,
        curves=curves,
        status="stopped" if status in ("idle", "running") else cast("TwinStatus", status),
        test_accuracy=row.test_accuracy,
    )


def _steps_done(curves: Curves) -> int:
    names = ("step.loss", "epoch.validation_accuracy")
    every = (curves.buffer.series(name)[0] for name in names)
    return max((int(steps[-1]) + 1 for steps in every if len(steps)), default=0)


@lru_cache(maxsize=8)
def _earlier(
    row: RunRow,
    curves: Curves,
    last: int | None,
    twin: TwinState | None,
    finder: FinderState | None,
    judged: Judged | None,
) -> TrainingState:
    from explorer.engine.training_messages import TrainingBegan, TrainingEnded

    epochs, _ = curves.buffer.series("epoch.validation_accuracy")
    # Epochs are stored with their last step.
    n_steps = round((int(epochs[-1]) + 1) / max(row.epochs_done, len(epochs))) if len(epochs) else 0
    # Of a run that has not ended there are no weights but those of its moments: the last one is its now.
    step = _steps_done(curves) if row.has_weights or last is None else last
    ended = None
    # A full disk may have kept the weights of one that is over away: it goes on from its checkpoint then.
    if row.status == "finished" and row.test_accuracy is not None and row.has_weights:
        ended = TrainingEnded(
            ticket=0,
            run=row.id,
            path="",
            epochs=row.epochs_done,
            test_accuracy=row.test_accuracy,
            best_epoch=0,
            seconds=row.seconds or 0.0,
            images_per_second=0.0,
            stopped_early=False,
        )
    return TrainingState(
        status=_status(row, is_over=ended is not None),
        began=TrainingBegan(
            ticket=0,
            run=row.id,
            spec=row.spec,
            plan=row.plan,
            data=row.data,
            classes=judged.classes if judged else (),
            first_step=0,
            epochs=row.plan.epochs,
            steps_per_epoch=n_steps,
            precision="",
            rates=(),
            device="",
            n_train=0,
            n_validation=0,
        ),
        step=step,
        epoch=max(row.epochs_done - 1, 0),
        curves=curves,
        judged=judged,
        ended=ended,
        cause=row.cause,
        finder=finder,
        twin=twin,
        is_earlier=True,
    )


def _status(row: RunRow, *, is_over: bool) -> TrainingStatus:
    if is_over:
        return "finished"
    if row.can_resume:
        return "stopped"
    return "failed" if row.status == "failed" else "idle"
