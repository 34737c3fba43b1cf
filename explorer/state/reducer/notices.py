"""The reducer's slice of what is said: failures, progress, questions, settings.

Must not import torch or Qt.
"""

from __future__ import annotations

from dataclasses import replace

from explorer.engine.data_messages import CollectTaught, FetchData, OpenData, ReadTaught
from explorer.engine.messages import (
    BuildModel,
    FetchProgress,
    FetchWeights,
    RequestFailed,
    RequestFinished,
)
from explorer.engine.run_messages import ListRuns
from explorer.engine.study_messages import RunStudy
from explorer.engine.training_messages import FindRate, ResumeTraining, Train
from explorer.state.actions import (
    AllowFetchWeights,
    CancelWork,
    Complain,
    DismissNotice,
    RememberLayout,
    SetColourScheme,
)
from explorer.state.learning_actions import AllowFetchData, EditPlan, StartTraining, StopTraining
from explorer.state.model import NoticeAction
from explorer.state.reducer import bins, data, inside_topics, studies, teach, training
from explorer.state.reducer.net import on_build_failed
from explorer.state.reducer.turn import Turn
from explorer.state.study_actions import PauseStudy

TRAININGS = frozenset({Train.__name__, ResumeTraining.__name__, FindRate.__name__})


def on_request_failed(turn: Turn, event: RequestFailed) -> None:
    """Say cause and remedy, with a way to try again where that helps."""
    name = next((item.name for item in turn.state.work if item.ticket == event.ticket), "")
    actions: tuple[NoticeAction, ...] = ()
    is_said = event.is_cancelled
    if event.kind == FetchWeights.__name__ and name:
        actions = (NoticeAction("Try again", AllowFetchWeights(name)),)
    arguments = dict(event.arguments)
    cause, remedy = event.message.format_map(arguments), event.hint.format_map(arguments)
    if event.kind == BuildModel.__name__:
        on_build_failed(turn, event)
    elif event.kind == FetchData.__name__ and name:
        actions = (NoticeAction("Try again", AllowFetchData(name)),)
    elif event.kind == OpenData.__name__ and turn.is_newest(event, OpenData):
        is_said |= data.on_open_failed(turn, event.ticket, cause, remedy)
    elif event.kind in TRAININGS:
        if event.is_cancelled:
            training.on_taken_back(turn, event)
        else:
            training.on_training_failed(turn, cause, remedy, arguments.get("kept"))
            actions = _smaller_batch(turn, event.kind, arguments.get("batch"), arguments.get("half"))
    studies.on_study_failed(turn, event)
    inside_topics.on_inside_failed(turn, event)
    if not is_said:
        turn.notify(
            "error",
            event.message,
            event.hint,
            arguments=event.arguments,
            actions=actions,
            detail=event.detail,
        )


def _smaller_batch(turn: Turn, kind: str, batch: object, half: object) -> tuple[NoticeAction, ...]:
    """What helps where the memory was not enough for a batch; nothing for other failures.

    A run that goes on keeps its plan.
    """
    if not isinstance(batch, int) or not isinstance(half, int) or half >= batch:
        return ()
    if kind == FindRate.__name__:
        return (NoticeAction(f"Use batches of {half:,}", EditPlan((("batch_size", half),))),)
    if kind == Train.__name__:
        before = turn.state.training
        again = StartTraining(before.wants_twin, half, before.is_anew)
        return (NoticeAction(f"Train with batches of {half:,}", again),)
    return ()


def on_request_finished(turn: Turn, event: RequestFinished) -> None:
    """It is under way no more."""
    if any(item.ticket == event.ticket and item.kind in TRAININGS for item in turn.state.work):
        # The list of runs says how it stands now.
        turn.ask(ListRuns)
    if any(item.ticket == event.ticket and item.kind == CollectTaught.__name__ for item in turn.state.work):
        # One that was taken back says nothing else.
        teach.on_collect_ended(turn)
    if turn.state.tickets.get((ReadTaught.__name__, ())) == event.ticket:
        bins.on_read_ended(turn)
    work = tuple(item for item in turn.state.work if item.ticket != event.ticket)
    if len(work) != len(turn.state.work):
        turn.change(work=work)
        inside_topics.on_inside_finished(turn)


def on_fetch_progress(turn: Turn, event: FetchProgress) -> None:
    """Some of a download is here."""
    share = event.done_bytes / event.total_bytes if event.total_bytes else None
    turn.progress(event.ticket, share)


def on_cancel_work(turn: Turn, action: CancelWork) -> None:
    """Stop it; a training ends at its next step with a checkpoint."""
    kind = next((item.kind for item in turn.state.work if item.ticket == action.ticket), "")
    if kind in TRAININGS:
        training.on_stop_training(turn, StopTraining())
    elif kind == RunStudy.__name__:
        studies.on_pause_study(turn, PauseStudy())
    else:
        turn.cancel(action.ticket)


def on_dismiss_notice(turn: Turn, action: DismissNotice) -> None:
    """Take a notice away."""
    kept = tuple(item for item in turn.state.notices if item.notice_id != action.notice_id)
    turn.change(notices=kept)


def on_complain(turn: Turn, action: Complain) -> None:
    """Something failed in the window itself."""
    turn.notify("error", "{cause}", "{hint}", arguments=(("cause", action.message), ("hint", action.hint)))


def on_set_colour_scheme(turn: Turn, action: SetColourScheme) -> None:
    """Dark, light or as the system has it."""
    turn.change(settings=replace(turn.state.settings, colour_scheme=action.scheme))


def on_remember_layout(turn: Turn, action: RememberLayout) -> None:
    """The window's docks and place."""
    turn.change(settings=replace(turn.state.settings, layout=action.layout, geometry=action.geometry))
