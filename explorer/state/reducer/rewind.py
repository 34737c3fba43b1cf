"""The reducer's slice of the time machine: runs go back to a moment of their training, and return.

Rewinding is looking: the document stays as it is, and there is nothing to undo. The network in view and every
column of the run are built as they were, so that all that is shown is computed again from those weights.
Must not import torch or Qt.
"""

from __future__ import annotations

from collections.abc import Mapping, Set
from dataclasses import replace
from types import MappingProxyType

from explorer.engine.messages import BuildModel, WeightsChoice
from explorer.engine.moment_messages import FindMoments, LetMomentsGo, SnapshotsKept
from explorer.engine.run_messages import ReadCurves
from explorer.nets.facts import Origin
from explorer.state.compare_actions import Rewind
from explorer.state.in_view import earlier_pair, earlier_run
from explorer.state.model import Answer, AppState
from explorer.state.reducer.turn import Turn
from explorer.training.moments import nearest


def on_snapshots_kept(turn: Turn, event: SnapshotsKept) -> None:
    """Note which moments there are, and say which there are no more."""
    moments = turn.state.moments
    kept = MappingProxyType({**moments.kept, event.run: event.steps})
    turn.change(moments=replace(moments, kept=kept))
    if event.lost:
        turn.notify(
            "info",
            "{count} moments of this run were in memory only and are gone.",
            "The curve's cursor stops at those that are left and at new ones.",
            arguments=(("count", event.lost),),
        )
    stood = moments.at.get(event.run)
    if stood is not None and stood not in event.steps:
        # Thinned out, or let go for a run that learns.
        there = nearest(event.steps, stood)
        turn.notify(
            "info",
            "The moment at step {step} made room for others and is gone; shown is {there}.",
            "The more a run has learned, the farther apart its moments are.",
            arguments=(("step", f"{stood:,}"), ("there", "now" if there is None else f"step {there:,}")),
        )
        stand(turn, event.run, there)


def look_up(turn: Turn) -> None:
    """The network in view is a run's: ask which moments it has, and for its curves where others learned last.

    Those of this sitting are told while they learn.
    """
    in_view = earlier_run(turn.state)
    for run in () if in_view is None else pair_of(turn.state, in_view):
        if run not in turn.state.moments.kept:
            turn.ask(FindMoments, run=run)
        if run not in turn.state.runs.curves:
            turn.ask(ReadCurves, run=run)


def on_runs_left(turn: Turn, there: Set[str]) -> None:
    """The store was read: moments of runs that are not in it any more need no memory."""
    kept = turn.state.moments.kept
    gone = tuple(run for run in kept if run not in there)
    if gone:
        left = {run: steps for run, steps in kept.items() if run in there}
        turn.change(moments=replace(turn.state.moments, kept=MappingProxyType(left)))
        turn.ask(LetMomentsGo, runs=gone)
    run = earlier_run(turn.state)
    if run in there:
        # It may have been brought back.
        look_up(turn)


def on_rewind(turn: Turn, action: Rewind) -> None:
    """Go back to the last moment kept at that step or before it; its twin goes along."""
    for run in pair_of(turn.state, action.run):
        kept = turn.state.moments.kept.get(run, ())
        stand(turn, run, None if action.step is None else nearest(kept, action.step))


def stand(turn: Turn, run: str, step: int | None) -> None:
    """Put all networks of a run to a moment; None is now."""
    moments = turn.state.moments
    if moments.at.get(run) == step:
        return
    _note(turn, run, step)
    document, net = turn.state.document, turn.state.net
    if is_of(net.origin, run) and net.spec == document.spec:
        # What is in view stays until the other is there: a cursor that is dragged must not flicker.
        weights = WeightsChoice("run", run, step)
        turn.ask(BuildModel, spec=document.spec, seed=document.seed, weights=weights)


def _note(turn: Turn, run: str, step: int | None) -> None:
    """The run stands there from now on, and so do its columns."""
    moments = turn.state.moments
    at = {name: place for name, place in moments.at.items() if name != run}
    if step is not None:
        at[run] = step
    turn.change(moments=replace(moments, at=MappingProxyType(at)))
    weights, living = WeightsChoice("run", run, step), turn.state.compare.columns
    for column in turn.state.document.columns:
        here = living.get(column.name)
        if here is None or here.status == "failed" or not turn.state.compare.is_seen:
            # What is away is built as its run stands then.
            continue
        if (column.weights.kind, column.weights.name) == ("run", run):
            turn.ask(BuildModel, spec=column.spec, seed=column.seed, weights=weights, column=column.name)


def while_moving(turn: Turn, origin: Origin) -> Mapping[int, Answer]:
    """What stays shown until the next answers are there: along a run, the current picture's."""
    state = turn.state
    current = state.pictures.current
    if origin.kind != "run" or not is_of(state.net.origin, origin.name):
        current = None
    return MappingProxyType({key: value for key, value in state.answers.items() if key == current})


def at_moment(state: AppState, weights: WeightsChoice) -> WeightsChoice:
    """Chosen weights, those of a rewound run at its moment: for whatever is built in the meantime."""
    if weights.kind != "run" or weights.step is not None:
        return weights
    return replace(weights, step=state.moments.at.get(weights.name))


def come_back(turn: Turn, origin: Origin | None) -> None:
    """The network in view is a run's of now, whoever made it so: the run's columns come back with it."""
    if origin is None or origin.kind != "run" or origin.step is not None:
        return
    if origin.name in turn.state.moments.at:
        _note(turn, origin.name, None)


def stay(turn: Turn) -> None:
    """The moment that was asked for could not be built: the network in view is still what it was."""
    origin = turn.state.net.origin
    if origin is not None and turn.state.moments.at.get(origin.name) != origin.step:
        _note(turn, origin.name, origin.step)


def is_of(origin: Origin | None, run: str) -> bool:
    """Whether weights are a run's, of whatever moment."""
    return origin is not None and (origin.kind, origin.name) == ("run", run)


def pair_of(state: AppState, run: str) -> tuple[str, ...]:
    """A run, and the one that learns or learned in lock-step with it."""
    began, twin = state.training.began, state.training.twin
    if began is not None and twin is not None and run in (began.run, twin.run):
        return (began.run, twin.run)
    main, other = earlier_pair(state, run)
    return (run,) if main is None or other is None else (main.id, other.id)
