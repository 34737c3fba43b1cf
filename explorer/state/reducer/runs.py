"""The reducer's slice of the runs in the store, and of those that were cut off.

Must not import torch or Qt.
"""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType

from explorer.engine.messages import WeightsChoice
from explorer.engine.run_messages import (
    CurvesRead,
    DeleteRuns,
    EditRun,
    ExportRun,
    ListRuns,
    ReadCurves,
    RestoreRuns,
    RunExported,
    RunRow,
    RunsListed,
)
from explorer.engine.values import FIRST_VALUES, KNOWN_WEIGHTS
from explorer.state.learning import Curves, TrainingForm
from explorer.state.learning_actions import (
    BringBackRuns,
    DiscardRuns,
    GoOnTraining,
    LookUpRuns,
    MarkRun,
    OpenRun,
    ShowRun,
    WriteRun,
)
from explorer.state.model import NoticeAction
from explorer.state.reducer.document import set_document, with_spec
from explorer.state.reducer.plan_form import fitted
from explorer.state.reducer.rewind import on_runs_left
from explorer.state.reducer.turn import Turn
from explorer.state.study_actions import GoOnStudy
from explorer.training.recipes import RECIPES

CUT_OFF = frozenset({"interrupted", "paused"})
"""Runs that are offered at start: killed, or paused when the program ended."""


def on_look_up_runs(turn: Turn, action: LookUpRuns) -> None:
    """Read the store."""
    turn.ask(ListRuns)


def on_runs_listed(turn: Turn, event: RunsListed) -> None:
    """They are here; one that was cut off is offered, once."""
    runs = turn.state.runs
    if event.version < runs.version:
        return
    turn.change(runs=replace(runs, rows=event.rows, is_listed=True, version=event.version))
    on_runs_left(turn, {row.id for row in event.rows})
    for text in event.warnings:
        turn.notify("warning", "{text}", arguments=(("text", text),))
    if not runs.is_listed and not turn.state.training.is_busy:
        cut = next((row for row in event.rows if row.status in CUT_OFF and row.can_resume), None)
        if cut is not None and cut.study:
            turn.notify(
                "question",
                "A study waits at {run}, after {done} of {epochs} epochs. What it has learned is kept.",
                "Go on with it?",
                arguments=(
                    ("run", cut.title),
                    ("done", cut.epochs_done),
                    ("epochs", cut.plan.epochs),
                ),
                actions=(NoticeAction("Resume", GoOnStudy(cut.study)),),
            )
        elif cut is not None:
            turn.notify(
                "question",
                "The training {run} waits after {done} of {epochs} epochs. What it has learned is kept.",
                "Go on where its last checkpoint stands?",
                arguments=(
                    ("run", cut.title),
                    ("done", cut.epochs_done),
                    ("epochs", cut.plan.epochs),
                ),
                actions=(NoticeAction("Resume", GoOnTraining(cut.id)),),
            )


def on_show_run(turn: Turn, action: ShowRun) -> None:
    """Look at a run's curves."""
    turn.change(runs=replace(turn.state.runs, shown=action.run))
    if action.run and action.run not in turn.state.runs.curves:
        turn.ask(ReadCurves, run=action.run)


def on_curves_read(turn: Turn, event: CurvesRead) -> None:
    """A run's metrics are here."""
    from explorer.present.curves import CurveBuffer

    buffer = CurveBuffer()
    buffer.append(event.rows)
    runs = turn.state.runs
    curves = {**runs.curves, event.run: Curves(event.run, buffer, 1)}
    runs = replace(runs, curves=MappingProxyType(curves))
    turn.change(runs=runs.with_judged(event.run, event.judged))


def on_open_run(turn: Turn, action: OpenRun) -> None:
    """Its network with its trained weights, or those of its last moment, and its plan in the form."""
    row = _row(turn, action.run)
    if row is None:
        return
    document = with_spec(turn.state.document, row.spec)
    if row.has_weights or row.has_moments:
        # A bundled run's weights are the bundled ones of its spec; `known` finds them.
        weights = KNOWN_WEIGHTS if row.is_bundled else WeightsChoice("run", row.id)
        document = replace(document, weights=weights)
    set_document(turn, replace(document, unfolded=None))
    training = turn.state.training
    if not training.is_busy:
        turn.change(form=_form_of(turn, row))
    if training.status == "failed":
        # That it could not go on is known; now another is looked at.
        turn.change(training=replace(training, status=training.at_rest, cause="", remedy=""))


def _form_of(turn: Turn, row: RunRow) -> TrainingForm:
    """The plan of a run as an edit of the recipe that is nearest: what is as usual follows another recipe.

    Data that are not here cannot be trained on: the form keeps those that it has, and says so.
    """
    facts = turn.state.data.facts
    fields = type(row.plan).model_fields

    def unlike(recipe: str) -> set[str]:
        usual = fitted(TrainingForm(data=row.data, recipe=recipe), facts).plan
        return {name for name in fields if getattr(row.plan, name) != getattr(usual, name)}

    edits = {recipe: unlike(recipe) for recipe in RECIPES}
    nearest = min(edits, key=lambda recipe: len(edits[recipe]))
    chosen = edits[nearest]
    if facts is None or facts.data != row.data:
        # How many are usual is known once the data is read.
        chosen.add("epochs")
    starts_from = KNOWN_WEIGHTS if RECIPES[nearest].starts_from_known else FIRST_VALUES
    form = TrainingForm(row.data, nearest, row.plan, frozenset(chosen), starts_from)
    return form if row.has_data else fitted(replace(form, data=turn.state.form.data, lacks=row.data), facts)


def on_mark_run(turn: Turn, action: MarkRun) -> None:
    """Name, note or star it."""
    turn.ask(EditRun, run=action.run, name=action.name, note=action.note, is_starred=action.is_starred)


def on_discard_runs(turn: Turn, action: DiscardRuns) -> None:
    """Delete, and offer to undo it. What runs now and what ships with the program stays."""
    began = turn.state.training.began
    busy = began.run if began is not None and turn.state.training.is_busy else ""
    rows = {row.id: row for row in turn.state.runs.rows}
    runs = tuple(run for run in action.runs if run in rows and run != busy and not rows[run].is_bundled)
    if not runs:
        return
    turn.ask(DeleteRuns, runs=runs)
    turn.change(runs=replace(turn.state.runs, discarded=turn.state.runs.discarded.union(runs)))
    one = rows[runs[0]]
    turn.notify(
        "info",
        "The run {name} was deleted." if len(runs) == 1 else "{count} runs were deleted.",
        "Its files go when the program ends.",
        arguments=(("name", one.title), ("count", len(runs))),
        actions=(NoticeAction("Undo", BringBackRuns(runs)),),
    )


def on_bring_back_runs(turn: Turn, action: BringBackRuns) -> None:
    """Undo deleting."""
    turn.ask(RestoreRuns, runs=action.runs)
    turn.change(runs=replace(turn.state.runs, discarded=turn.state.runs.discarded.difference(action.runs)))


def on_write_run(turn: Turn, action: WriteRun) -> None:
    """Export its metrics."""
    turn.ask(ExportRun, run=action.run, path=action.path, kind=action.kind)


def on_run_exported(turn: Turn, event: RunExported) -> None:
    """Say where it is."""
    turn.notify("info", "The metrics are in {path}.", arguments=(("path", event.path),))


def _row(turn: Turn, run: str) -> RunRow | None:
    return next((row for row in turn.state.runs.rows if row.id == run), None)
