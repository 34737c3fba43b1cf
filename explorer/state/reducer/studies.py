"""The reducer's slice of studies: set up, priced, started, halted, gone on with, reported.

Must not import torch or Qt.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache
from types import MappingProxyType

from explorer.arch.depths import depth_of, depths
from explorer.arch.spec import ArchitectureSpec
from explorer.engine.messages import RequestFailed
from explorer.engine.study_messages import (
    STUDY_SUBJECT,
    CellBegan,
    CellEnded,
    CellRow,
    DeleteStudy,
    EstimateStudy,
    HaltStudy,
    ListStudies,
    RestoreStudy,
    RunStudy,
    StudiesListed,
    StudyBegan,
    StudyEnded,
    StudyEstimated,
    StudyProgress,
    StudyReported,
    StudyRow,
    WriteStudyReport,
)
from explorer.errors import ExplorerError
from explorer.state.compare import MAX_COLUMNS
from explorer.state.model import AppState, NoticeAction
from explorer.state.reducer.compare import join_run
from explorer.state.reducer.one_at_a_time import is_free_for_study
from explorer.state.reducer.training import list_again
from explorer.state.reducer.turn import Turn
from explorer.state.studies import FIRST_AXES, Planned, StudyForm
from explorer.state.study_actions import (
    BringStudyBack,
    EditStudy,
    ForgetStudy,
    GoOnStudy,
    LookUpStudies,
    PauseStudy,
    PriceStudy,
    ReportStudy,
    ShowStudy,
    StartStudy,
)
from explorer.training.plan import Plan
from explorer.training.study import Axis, cells, make_axis, make_study, seeds_from_text


def planned(state: AppState) -> Planned:
    """What the form comes to, with the network in view and the training's data and plan."""
    form = state.form
    return _planned(state.document.spec, form.plan, form.data, form.recipe, state.studies.form)


@lru_cache(maxsize=4)
def _planned(spec: ArchitectureSpec, plan: Plan, data: str, recipe: str, form: StudyForm) -> Planned:
    try:
        axes = _axes(form)
        seeds = seeds_from_text(form.seeds)
        study = make_study(spec, plan, data, axes, seeds, recipe=recipe)
    except ExplorerError as error:
        return Planned(None, refusal=str(error))
    every = cells(study)
    if all(cell.reason for cell in every):
        return Planned(None, every, f"None of these combinations can be: {every[0].reason}")
    return Planned(study, every)


def _axes(form: StudyForm) -> list[Axis]:
    return [make_axis(field, values) for field, values in form.axes if values]


def _first_axes(spec: ArchitectureSpec) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Two depths of a network's family, with its shortcut and without."""
    known = list(depths(spec))
    usual = [int(depth) for depth in dict(FIRST_AXES)["depth"]]
    if not set(usual) <= set(known):
        place = known.index(depth_of(spec)) if depth_of(spec) in known else 0
        usual = known[place : place + 2] if place + 1 < len(known) else known[-2:]
    with_shortcut = "A" if spec.shortcut == "none" else spec.shortcut
    return (("depth", tuple(map(str, usual))), ("shortcut", (with_shortcut, "none")))


# What the user does


def on_look_up_studies(turn: Turn, action: LookUpStudies) -> None:
    """Read them; what was never set up asks the usual question of the family in view."""
    form = turn.state.studies.form
    if form == StudyForm():
        _change(turn, form=replace(form, axes=_first_axes(turn.state.document.spec)))
    turn.ask(ListStudies)


def on_edit_study(turn: Turn, action: EditStudy) -> None:
    """Set the next one up."""
    _change(turn, form=action.form)


def on_price_study(turn: Turn, action: PriceStudy) -> None:
    """Measure, unless something is trained: its steps would be measured with it."""
    state = turn.state
    study = planned(state).study
    if study is None or state.studies.is_busy or state.training.is_busy or state.device.current is None:
        return
    _change(turn, is_estimating=True)
    turn.ask(EstimateStudy, study=study)


def on_start_study(turn: Turn, action: StartStudy) -> None:
    """Train what is set up."""
    study = planned(turn.state).study
    if study is not None and is_free_for_study(turn):
        estimated = turn.state.studies.estimated
        pace = estimated.pace if estimated is not None and estimated.study == study else None
        _stop_estimating(turn)
        _change(turn, status="starting", running="", began=None, progress=None)
        turn.ask(RunStudy, study=study, pace=pace)


def _stop_estimating(turn: Turn) -> None:
    """Whoever starts does not wait for an estimate."""
    ticket = turn.state.tickets.get((EstimateStudy.__name__, ()))
    if turn.state.studies.is_estimating and ticket is not None:
        _change(turn, is_estimating=False)
        turn.cancel(ticket)


def on_other_device(turn: Turn) -> None:
    """What was measured is another device's, and so is an answer that is on its way."""
    _stop_estimating(turn)
    place = (EstimateStudy.__name__, ())
    tickets = {each: ticket for each, ticket in turn.state.tickets.items() if each != place}
    turn.change(tickets=MappingProxyType(tickets))
    if turn.state.studies.estimated is not None:
        _change(turn, estimated=None)


def on_go_on_study(turn: Turn, action: GoOnStudy) -> None:
    """Train what is left of one."""
    if action.id and is_free_for_study(turn):
        _stop_estimating(turn)
        _change(turn, status="starting", running=action.id, shown=action.id, began=None, progress=None)
        turn.ask(RunStudy, id=action.id, retries=action.retries)


def on_pause_study(turn: Turn, action: PauseStudy) -> None:
    """Say so at once; it happens at the next step. Before the first, the request is taken back."""
    status = turn.state.studies.status
    if status == "running":
        _change(turn, status="pausing")
        turn.ask(HaltStudy)
    elif status == "starting":
        _change(turn, status="idle", running="")
        ticket = turn.state.tickets.get((RunStudy.__name__, STUDY_SUBJECT))
        if ticket is not None:
            turn.cancel(ticket)


def on_show_study(turn: Turn, action: ShowStudy) -> None:
    """Look at one, or at the form."""
    _change(turn, shown=action.id)


def on_forget_study(turn: Turn, action: ForgetStudy) -> None:
    """Take one from the list, and offer to put it back."""
    studies = turn.state.studies
    if action.id and action.id != studies.running:
        _change(turn, shown="" if studies.shown == action.id else studies.shown)
        turn.ask(DeleteStudy, id=action.id)
        turn.notify(
            "info",
            "The study is no longer in the list; its runs are among all runs.",
            actions=(NoticeAction("Put it back", BringStudyBack(action.id)),),
        )


def on_bring_study_back(turn: Turn, action: BringStudyBack) -> None:
    """Put one back, and look at it."""
    _change(turn, shown=action.id)
    turn.ask(RestoreStudy, id=action.id)


def on_report_study(turn: Turn, action: ReportStudy) -> None:
    """Write the page."""
    turn.ask(WriteStudyReport, id=action.id, path=action.path)


# What is said


def on_studies_listed(turn: Turn, event: StudiesListed) -> None:
    """They are here."""
    studies = turn.state.studies
    shown = studies.shown if any(row.id == studies.shown for row in event.rows) else ""
    _change(turn, rows=event.rows, shown=shown)
    for text in event.warnings:
        turn.notify("warning", "{text}", arguments=(("text", text),))


def on_study_estimated(turn: Turn, event: StudyEstimated) -> None:
    """What it will cost."""
    if turn.is_newest(event, EstimateStudy):
        _change(turn, estimated=event, is_estimating=False)


def on_study_began(turn: Turn, event: StudyBegan) -> None:
    """Its first cell comes next: look at it."""
    if turn.is_newest(event, RunStudy, STUDY_SUBJECT):
        _change(turn, status="running", running=event.row.id, shown=event.row.id)
        _put(turn, event.row)
        turn.answered(GoOnStudy(event.row.id))


def on_cell_began(turn: Turn, event: CellBegan) -> None:
    """A cell is trained now."""
    _change(turn, began=event, progress=None)
    row = _row(turn.state.studies.rows, event.study)
    if row is not None:
        cells = [
            replace(one, status="running", run=event.run) if one.cell.id == event.cell else one
            for one in row.cells
        ]
        _put(turn, replace(row, status="running", cells=tuple(cells)))
    list_again(turn)


def on_study_progress(turn: Turn, event: StudyProgress) -> None:
    """Some steps more."""
    _change(turn, progress=event)
    row = _row(turn.state.studies.rows, event.study)
    began = turn.state.studies.began
    if row is None or began is None:
        return
    ended = [value for _, name, value in event.rows if name == "epoch.validation_accuracy"]
    if ended:
        cells = [_with_epochs(one, ended) if one.cell.id == event.cell else one for one in row.cells]
        _put(turn, replace(row, cells=tuple(cells)))
    done = row.counted("finished") + row.counted("failed")
    whole = len(row.cells) - row.counted("refused")
    turn.progress(event.ticket, (done + event.step / max(began.steps, 1)) / max(whole, 1))


def _with_epochs(row: CellRow, accuracies: Sequence[float]) -> CellRow:
    best = max([*accuracies, row.validation_accuracy or 0.0])
    return replace(row, epochs_done=row.epochs_done + len(accuracies), validation_accuracy=best)


def on_cell_ended(turn: Turn, event: CellEnded) -> None:
    """A cell is over; its network becomes a column where that is wanted and there is room."""
    _change(turn, began=None, progress=None)
    row = _row(turn.state.studies.rows, event.study)
    if row is not None:
        cells = [event.row if one.cell.id == event.row.cell.id else one for one in row.cells]
        _put(turn, replace(row, cells=tuple(cells)))
    list_again(turn)
    spec = event.row.cell.spec
    is_wanted = turn.state.studies.form.pins and event.row.status == "finished" and spec is not None
    if is_wanted and spec is not None:
        if len(turn.state.document.columns) < MAX_COLUMNS:
            join_run(turn, event.row.run, spec)
        else:
            turn.notify(
                "info",
                "{limit} networks stand side by side at most: the study pins no more of its own.",
                "All are in the list of runs: remove a column, then choose Compare there.",
                arguments=(("limit", MAX_COLUMNS),),
            )


def on_study_ended(turn: Turn, event: StudyEnded) -> None:
    """Nothing of it is trained any more."""
    _put(turn, event.row)
    if turn.is_newest(event, RunStudy, STUDY_SUBJECT):
        _change(turn, status="idle", running="", began=None, progress=None)
    if event.cause:
        turn.notify("warning", event.cause, event.hint, arguments=event.arguments)
        return
    n_failed = event.row.counted("failed")
    if event.row.status == "finished":
        turn.notify(
            "warning" if n_failed else "info",
            "The study {name} is finished: {done} trainings" + (", {failed} failed." if n_failed else "."),
            "Its table says why; it can try them again." if n_failed else "Its report is one click away.",
            arguments=(
                ("name", event.row.study.name),
                ("done", event.row.counted("finished")),
                ("failed", n_failed),
            ),
        )


def on_study_reported(turn: Turn, event: StudyReported) -> None:
    """Say where it is."""
    turn.notify("info", "The report is in {path}.", arguments=(("path", event.path),))


def on_study_failed(turn: Turn, event: RequestFailed) -> None:
    """A request about studies failed; the notice says why."""
    if event.kind == EstimateStudy.__name__ and turn.is_newest(event, EstimateStudy):
        _change(turn, is_estimating=False)
    elif event.kind == RunStudy.__name__ and turn.is_newest(event, RunStudy, STUDY_SUBJECT):
        _change(turn, status="idle", running="", began=None, progress=None)
        turn.ask(ListStudies)


def _change(turn: Turn, **fields: object) -> None:
    turn.change(studies=replace(turn.state.studies, **fields))  # type: ignore[arg-type]


def _row(rows: Sequence[StudyRow], study: str) -> StudyRow | None:
    return next((row for row in rows if row.id == study), None)


def _put(turn: Turn, row: StudyRow) -> None:
    """The study as it stands now, in its place or as the newest."""
    rows = turn.state.studies.rows
    is_known = any(one.id == row.id for one in rows)
    _change(turn, rows=tuple(row if one.id == row.id else one for one in rows) if is_known else (row, *rows))
