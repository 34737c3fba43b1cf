"""The reducer's slice of training: what it says, the live numbers, the end.

How it starts is in `training_start.py`. Must not import torch or Qt.
"""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType
from typing import TYPE_CHECKING

from explorer.engine.data_messages import OpenData
from explorer.engine.messages import RequestFailed
from explorer.engine.run_messages import ListRuns
from explorer.engine.training_messages import (
    TRAINING_SUBJECT,
    EpochEnded,
    FindRate,
    HaltTraining,
    ResumeTraining,
    Train,
    TrainingBegan,
    TrainingEnded,
    TrainingHalted,
    TrainTick,
)
from explorer.nets.facts import Origin
from explorer.state.in_view import is_in_view
from explorer.state.learning import (
    Curves,
    TrainingState,
    TrainingStatus,
)
from explorer.state.learning_actions import (
    GoOnTraining,
    PauseTraining,
    StopTraining,
)
from explorer.state.reducer import columns
from explorer.state.reducer.document import put_run_in_view
from explorer.state.reducer.inside import renew
from explorer.state.reducer.live import ask_again, follow
from explorer.state.reducer.maps import look
from explorer.state.reducer.pictures import answer_all
from explorer.state.reducer.rewind import come_back, pair_of
from explorer.state.reducer.turn import Turn
from explorer.state.reducer.twin import rested

if TYPE_CHECKING:
    from explorer.runs.judged import Judged


def on_training_began(turn: Turn, event: TrainingBegan) -> None:
    """The first step comes next: the network in view is the one that learns."""
    if not turn.is_newest(event, Train, TRAINING_SUBJECT) and not turn.is_newest(
        event, ResumeTraining, TRAINING_SUBJECT
    ):
        return
    from explorer.present.curves import CurveBuffer

    state = turn.state
    before = state.training
    goes_on = before.curves is not None and before.curves.run == event.run
    buffer = before.curves.buffer if goes_on and before.curves is not None else CurveBuffer()
    buffer.append(event.rows)
    fresh = before if goes_on else TrainingState(finder=before.finder)
    training = replace(
        fresh,
        status="running",
        began=event,
        step=event.first_step,
        epoch=event.first_step // event.steps_per_epoch,
        answered_epoch=event.first_step // event.steps_per_epoch,
        curves=Curves(event.run, buffer, before.curves.version + 1 if goes_on and before.curves else 1),
        best_epoch=_best_epoch(event),
        judged=_newer(event.judged, fresh.judged),
        ended=None,
        cause="",
        remedy="",
    )
    turn.change(training=training)
    if before.curves is not None and not goes_on:
        # They are all there is to know of the one before, and it may be looked at again.
        runs = state.runs
        curves = MappingProxyType({**runs.curves, before.curves.run: before.curves})
        turn.change(runs=replace(runs, curves=curves).with_judged(before.curves.run, before.judged))
    put_run_in_view(turn, event.spec, event.run)
    net = replace(
        turn.state.net,
        status="ready",
        spec=event.spec,
        origin=Origin("run", event.run),
        classes=event.classes,
        # Those of another network do not fit.
        offers=turn.state.net.offers if turn.state.net.spec == event.spec else (),
        can_copy=0,
        version=turn.state.net.version + 1,
    )
    turn.change(net=net, answers=MappingProxyType({}))
    come_back(turn, net.origin)
    turn.answered(GoOnTraining(event.run))
    renew(turn)
    answer_all(turn)
    look(turn)
    list_again(turn)


def _newer(one: Judged | None, other: Judged | None) -> Judged | None:
    """Of two judgements of a run that of the later epoch."""
    known = [each for each in (one, other) if each is not None]
    return max(known, key=lambda each: each.epoch, default=None)


def _best_epoch(event: TrainingBegan) -> int | None:
    """The best epoch of earlier sittings."""
    best = max(
        ((value, -step) for step, name, value in event.rows if name == "epoch.validation_accuracy"),
        default=None,
    )
    return None if best is None else -best[1] // event.steps_per_epoch


def on_train_tick(turn: Turn, event: TrainTick) -> None:
    """Some steps more."""
    training = turn.state.training
    if training.curves is None or training.curves.run != event.run:
        return
    training.curves.buffer.append(event.rows)
    turn.change(
        training=replace(
            training,
            step=event.step,
            epoch=event.epoch,
            images_per_second=event.images_per_second,
            eta_seconds=event.eta_seconds,
            side_share=event.side_share,
            curves=replace(training.curves, version=training.curves.version + 1),
        )
    )
    turn.progress(event.ticket, turn.state.training.share)


def on_epoch_ended(turn: Turn, event: EpochEnded) -> None:
    """One epoch more."""
    training = turn.state.training
    if training.began is None or training.began.run != event.run:
        return
    turn.change(
        training=replace(
            training,
            best_epoch=event.judged.epoch if event.is_best else training.best_epoch,
            judged=event.judged,
        )
    )
    for run in pair_of(turn.state, event.run):
        columns.on_learning(turn, run, event.judged.epoch)
    follow(turn, event.judged.epoch + 1)
    list_again(turn)


def list_again(turn: Turn) -> None:
    """Read the runs once more, where they were listed: the row of the one that learns is out of date."""
    if turn.state.runs.is_listed:
        turn.ask(ListRuns)


def on_training_halted(turn: Turn, event: TrainingHalted) -> None:
    """It waits; why is said where the user did not ask for it. One that waited before is listed anew."""
    if not turn.state.training.is_busy:
        list_again(turn)
    status: TrainingStatus = "paused" if event.how == "pause" else "stopped"
    cause = event.cause.format_map(dict(event.arguments)) if event.cause else ""
    training = turn.state.training
    if training.status not in ("opening", "preparing"):
        turn.change(training=replace(training, status=status, step=event.step, cause=cause))
    elif training.began is not None and training.began.run == event.run:
        # The next was started before this one had halted.
        turn.change(training=replace(training, step=event.step, before=(status, cause, "")))
    columns.on_learned(turn, event.run)
    if is_in_view(turn.state, event.run):
        ask_again(turn)
    if event.cause:
        turn.notify("warning", event.cause, event.hint, arguments=event.arguments)


def on_training_ended(turn: Turn, event: TrainingEnded) -> None:
    """It is done, and its weights are the net's in view."""
    training = replace(
        turn.state.training,
        status="finished",
        ended=event,
        best_epoch=event.best_epoch,
        eta_seconds=0.0,
        images_per_second=event.images_per_second,
    )
    turn.change(training=training)
    if is_in_view(turn.state, event.run):
        net, origin = turn.state.net, Origin("run", event.run, accuracy_percent=100 * event.test_accuracy)
        turn.change(net=replace(net, origin=origin, version=net.version + 1))
        ask_again(turn)
    columns.on_learned(turn, event.run, event.test_accuracy)


def on_training_failed(turn: Turn, cause: str, remedy: str = "", kept: object = None) -> None:
    """It broke off; the notice says why, and so does the view. The net is as it was kept last.

    Where it has not taken a step, what was there before is shown again: that did not fail.

    Args:
        turn: The turn.
        cause: What happened.
        remedy: What helps.
        kept: The step whose weights the net has now, where it went back.
    """
    training = turn.state.training
    if not training.is_busy:
        return
    if not training.has_begun:
        give_up(turn)
        return
    step = kept if isinstance(kept, int) else training.step
    over = replace(training, twin=rested(training.twin), eta_seconds=None, step=step)
    turn.change(training=replace(over, status="failed", cause=cause, remedy=remedy))
    if training.began is not None and is_in_view(turn.state, training.began.run):
        turn.change(answers=MappingProxyType({}))
        ask_again(turn)


def on_taken_back(turn: Turn, event: RequestFailed) -> None:
    """It was taken back, perhaps when its first words were already on their way."""
    training = turn.state.training
    if not training.is_busy or turn.state.tickets.get((event.kind, TRAINING_SUBJECT)) != event.ticket:
        return
    if training.has_begun:
        turn.change(training=replace(training, status=training.at_rest, twin=rested(training.twin)))
    else:
        give_up(turn)


def give_up(turn: Turn) -> None:
    """What was asked for comes to nothing: all is as it was before."""
    training = turn.state.training.as_before
    turn.change(training=replace(training, twin=rested(training.twin)))


# Pause, stop, look


def on_pause_training(turn: Turn, action: PauseTraining) -> None:
    """Say so at once; it happens at the next step."""
    if turn.state.training.status == "running":
        turn.change(training=replace(turn.state.training, status="pausing"))
        turn.ask(HaltTraining, how="pause")


def on_stop_training(turn: Turn, action: StopTraining) -> None:
    """Say so at once; it happens at the next step. Before the first, the request is taken back."""
    training = turn.state.training
    is_before = training.status in ("opening", "preparing")
    if training.status in ("running", "pausing") and training.purpose != "find":
        turn.change(training=replace(training, status="stopping"))
        turn.ask(HaltTraining, how="stop")
    elif is_before or training.status == "running":
        # Of the finder nothing is kept, so that it too is just taken back.
        if training.status == "opening":
            facts = turn.state.data.facts
            turn.change(data=replace(turn.state.data, status="none" if facts is None else "open", wanted=""))
        give_up(turn)
        if training.purpose == "resume" and turn.state.training.status == "paused":
            turn.change(training=replace(turn.state.training, status="stopped"))
        for kind, subject in (
            (OpenData, ()),
            (Train, TRAINING_SUBJECT),
            (ResumeTraining, TRAINING_SUBJECT),
            (FindRate, TRAINING_SUBJECT),
        ):
            ticket = turn.state.tickets.get((kind.__name__, subject))
            if ticket is not None:
                turn.cancel(ticket)
    elif training.status == "paused":
        turn.change(training=replace(training, status="stopped"))
        turn.ask(HaltTraining, how="stop")
