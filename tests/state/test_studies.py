"""Studies in the state: set up, priced, trained cell by cell, halted, failing; one thing at a time."""

from dataclasses import replace

import pytest

from explorer.arch.presets import preset
from explorer.engine.messages import Cancel, DeviceChosen, RequestFailed
from explorer.engine.run_messages import ListRuns, RunsListed
from explorer.engine.study_messages import (
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
from explorer.nets.facts import DeviceInfo
from explorer.state.actions import EditSpec, Redo, Start, Undo
from explorer.state.compare import MAX_COLUMNS
from explorer.state.learning import TrainingState
from explorer.state.learning_actions import EditPlan, GoOnTraining, StartTraining
from explorer.state.reducer.studies import planned
from explorer.state.studies import StudyForm
from explorer.state.study_actions import (
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
from explorer.training.estimate import Pace
from explorer.training.study import cells
from tests.state.player import Player
from tests.state.trainer import row as run_row

CPU = DeviceInfo("cpu", "CPU", 2**34, 2**33)
AXES = (("depth", ("8", "9", "14")),)


@pytest.fixture
def play():
    player = Player()
    player(Start())
    player(DeviceChosen(device=CPU, devices=(CPU,)))
    player(EditStudy(StudyForm(axes=AXES)))
    return player


def row_of(study, status="waiting", study_id="s1"):
    rows = [
        CellRow(cell, "refused" if cell.reason else "waiting", cause=cell.reason) for cell in cells(study)
    ]
    return StudyRow(study_id, study, status, tuple(rows))


def began(play, study_id="s1"):
    """A study on its way; returns its row and ticket."""
    play(StartStudy())
    request = play.newest(RunStudy)
    row = row_of(request.study, "running", study_id)
    play(StudyBegan(ticket=request.ticket, row=row, estimates=()))
    return row, request.ticket


def cell_began(play, row, ticket, place=0):
    cell = row.cells[place].cell
    play(
        CellBegan(
            ticket=ticket,
            study=row.id,
            cell=cell.id,
            run=f"run-{place}",
            first_step=0,
            steps=10,
            epochs=2,
            precision="float32",
            device="cpu",
        )
    )
    return cell


def ended(row, place=0, **changes):
    cell = row.cells[place].cell
    return CellRow(cell, **{"status": "finished", "run": f"run-{place}", "test_accuracy": 0.9, **changes})


def test_what_is_planned_follows_the_network_the_plan_and_the_form(play):
    first = planned(play.state)
    assert [bool(cell.reason) for cell in first.cells] == [False, True, False]
    assert first.study.spec == play.state.document.spec
    assert first.study.plan == play.state.form.plan
    assert planned(play.state) is first
    play(EditPlan((("epochs", 3),)))
    assert planned(play.state).study.plan.epochs == 3
    play(EditSpec((("shortcut", "B"),), ""))
    assert planned(play.state).study.spec.shortcut == "B"


@pytest.mark.parametrize(
    ("form", "said"),
    [
        (StudyForm(axes=AXES, seeds="a"), "A seed is a whole number"),
        (StudyForm(axes=(("depth", ("9",)),)), "None of these combinations can be"),
        (StudyForm(axes=(("depth", ("8",)), ("depth", ("14",)))), "there twice"),
    ],
)
def test_what_cannot_be_says_why_and_does_not_start(play, form, said):
    play(EditStudy(form))
    assert planned(play.state).study is None
    assert said in planned(play.state).refusal
    play.sent.clear()
    for action in (StartStudy(), PriceStudy()):
        play(action)
    assert play.sent == []


def test_the_price_is_asked_and_kept_until_a_newer_one(play):
    play(PriceStudy())
    assert play.state.studies.is_estimating
    request = play.newest(EstimateStudy)
    answer = StudyEstimated(
        ticket=request.ticket, study=request.study, estimates=(), pace=Pace(((1, 1.0),)), free_bytes=0
    )
    play(PriceStudy())
    play(answer)
    assert play.state.studies.estimated is None, "it was asked anew"
    newer = replace(answer, ticket=play.newest(EstimateStudy).ticket)
    play(newer)
    assert play.state.studies.estimated is newer
    assert not play.state.studies.is_estimating
    play(StartStudy())
    assert play.newest(RunStudy).pace == newer.pace


def test_a_price_is_of_one_device_and_gone_with_it(play):
    gpu = DeviceInfo("cuda", "GPU", 2**34, 2**33)
    play(PriceStudy())
    request = play.newest(EstimateStudy)
    answer = StudyEstimated(
        ticket=request.ticket, study=request.study, estimates=(), pace=Pace(((1, 1.0),)), free_bytes=0
    )
    play(answer)
    play(DeviceChosen(device=CPU, devices=(CPU, gpu)))
    assert play.state.studies.estimated is answer
    play(DeviceChosen(device=gpu, devices=(CPU, gpu)))
    assert play.state.studies.estimated is None
    play(PriceStudy())
    ticket = play.newest(EstimateStudy).ticket
    play(DeviceChosen(device=CPU, devices=(CPU, gpu)))
    assert play.newest(Cancel).cancelled == ticket
    assert not play.state.studies.is_estimating
    # What was measured there already comes too late.
    play(replace(answer, ticket=ticket))
    assert play.state.studies.estimated is None
    play(StartStudy())
    assert play.newest(RunStudy).pace is None


def test_a_price_that_cannot_be_told_is_waited_for_no_more(play):
    play(PriceStudy())
    ticket = play.newest(EstimateStudy).ticket
    play(RequestFailed(ticket=ticket, kind="EstimateStudy", message="No data.", hint=""))
    assert not play.state.studies.is_estimating


def test_who_starts_does_not_wait_for_the_price(play):
    play(PriceStudy())
    ticket = play.newest(EstimateStudy).ticket
    play(StartStudy())
    assert play.newest(Cancel).cancelled == ticket


def test_cells_go_through_their_states_and_finished_ones_become_columns(play):
    row, ticket = began(play)
    studies = play.state.studies
    assert (studies.status, studies.running, studies.shown) == ("running", "s1", "s1")
    cell = cell_began(play, row, ticket)
    assert play.state.studies.row.cells[0].status == "running"
    told = ((4, "step.loss", 1.0), (4, "epoch.validation_accuracy", 0.5))
    play(
        StudyProgress(
            ticket=ticket,
            study=row.id,
            cell=cell.id,
            run="run-0",
            step=5,
            epoch=1,
            rows=told,
            images_per_second=9.0,
            eta_seconds=2.0,
        )
    )
    now = play.state.studies.row.cells[0]
    assert (now.epochs_done, now.validation_accuracy) == (1, 0.5)
    assert play.state.work[-1].share == pytest.approx(0.25)  # half of one of two
    play(CellEnded(ticket=ticket, study=row.id, row=ended(row)))
    (column,) = play.state.document.columns
    assert (column.spec, column.weights.kind, column.weights.name) == (cell.spec, "run", "run-0")
    assert play.state.studies.row.cells[0].status == "finished"
    assert play.state.studies.began is None


def test_nothing_is_pinned_where_it_failed_is_not_wanted_or_has_no_room(play):
    row, ticket = began(play)
    play(CellEnded(ticket=ticket, study=row.id, row=ended(row, status="failed", cause="NaN")))
    assert play.state.document.columns == ()
    play(EditStudy(replace(play.state.studies.form, pins=False)))
    play(CellEnded(ticket=ticket, study=row.id, row=ended(row)))
    assert play.state.document.columns == ()
    play(EditStudy(replace(play.state.studies.form, pins=True)))
    for number in range(MAX_COLUMNS + 2):
        play(CellEnded(ticket=ticket, study=row.id, row=ended(row, run=f"r{number}")))
    assert len(play.state.document.columns) == MAX_COLUMNS
    (notice,) = play.state.notices
    assert "pins no more" in notice.message


def test_what_a_study_pins_is_no_step_of_undo_and_what_could_be_redone_still_can(play):
    row, ticket = began(play)
    before = play.state.document.spec
    play(EditSpec((("shortcut", "B"),)))
    play(Undo())
    play(CellEnded(ticket=ticket, study=row.id, row=ended(row)))
    assert len(play.state.document.columns) == 1
    play(Redo())
    assert play.state.document.spec.shortcut == "B"
    assert len(play.state.document.columns) == 1
    play(Undo())
    assert play.state.document.spec == before
    assert len(play.state.document.columns) == 1


def test_a_study_is_paused_at_its_next_step_and_goes_on(play):
    row, ticket = began(play)
    play(PauseStudy())
    assert play.state.studies.status == "pausing"
    assert isinstance(play.sent[-1], HaltStudy)
    play(PauseStudy())
    assert sum(isinstance(request, HaltStudy) for request in play.sent) == 1
    waiting = replace(row, status="paused")
    play(StudyEnded(ticket=ticket, row=waiting))
    assert (play.state.studies.status, play.state.studies.row) == ("idle", waiting)
    play(GoOnStudy("s1", retries=True))
    request = play.newest(RunStudy)
    assert (request.study, request.id, request.retries) == (None, "s1", True)
    assert play.state.studies.status == "starting"


def test_what_has_not_begun_is_taken_back(play):
    play(StartStudy())
    ticket = play.newest(RunStudy).ticket
    play(PauseStudy())
    assert play.state.studies.status == "idle"
    assert play.newest(Cancel).cancelled == ticket


def test_how_it_ended_is_said(play):
    row, ticket = began(play)
    done = replace(row, status="finished", cells=(ended(row), row.cells[1], ended(row, 2, status="failed")))
    play(StudyEnded(ticket=ticket, row=done))
    notice = play.state.notices[-1]
    assert (notice.severity, dict(notice.arguments)["failed"]) == ("warning", 1)
    play(
        StudyEnded(ticket=ticket, row=row, cause="The disk is {how}.", hint="", arguments=(("how", "full"),))
    )
    assert play.state.notices[-1].message == "The disk is {how}."


def test_a_study_that_breaks_off_is_read_again(play):
    _, ticket = began(play)
    play(RequestFailed(ticket=ticket, kind="RunStudy", message="No data.", hint=""))
    assert play.state.studies.status == "idle"
    assert isinstance(play.sent[-1], ListStudies)


def test_one_thing_is_trained_at_a_time(play):
    row, ticket = began(play)
    play.sent.clear()
    for action in (StartTraining(), GoOnTraining(""), StartStudy(), GoOnStudy("s1")):
        play(action)
    assert play.sent == []
    assert not play.state.training.is_busy
    assert "A study is being trained" in play.state.notices[-1].message
    play(play.state.notices[-1].actions[0].action)
    assert play.state.studies.status == "pausing"
    play(StudyEnded(ticket=ticket, row=replace(row, status="paused")))
    play.state = replace(play.state, training=TrainingState(status="running"))
    play.sent.clear()
    for action in (StartStudy(), GoOnStudy("s1"), PriceStudy()):
        play(action)
    assert play.sent == []
    assert "A training is under way" in play.state.notices[-1].message


def test_studies_are_listed_looked_at_forgotten_and_reported(play):
    play(LookUpStudies())
    assert isinstance(play.sent[-1], ListStudies)
    study = planned(play.state).study
    rows = (row_of(study, "paused", "s2"), row_of(study, "finished", "s1"))
    play(StudiesListed(rows=rows, warnings=("one is broken",)))
    assert dict(play.state.notices[-1].arguments)["text"] == "one is broken"
    play(ShowStudy("s2"))
    assert play.state.studies.row is rows[0]
    play(ReportStudy("s2", "/report.html"))
    request = play.newest(WriteStudyReport)
    assert (request.id, request.path) == ("s2", "/report.html")
    play(StudyReported(ticket=request.ticket, id="s2", path="/report.html"))
    assert dict(play.state.notices[-1].arguments)["path"] == "/report.html"
    play(ForgetStudy("s2"))
    assert play.newest(DeleteStudy).id == "s2"
    assert play.state.studies.shown == ""
    play(StudiesListed(rows=rows[1:]))
    assert play.state.studies.rows == rows[1:]
    (back,) = play.state.notices[-1].actions
    play(back.action)
    assert play.newest(RestoreStudy).id == "s2"
    play(StudiesListed(rows=rows))
    assert play.state.studies.row is rows[0]


@pytest.mark.parametrize(
    ("name", "depth", "shortcut"),
    [
        ("cifar-resnet20", ("20", "56"), ("A", "none")),
        ("resnet50", ("50", "101"), ("B", "none")),
        ("plain34", ("18", "34"), ("A", "none")),
    ],
)
def test_the_first_question_fits_the_family_in_view(name, depth, shortcut):
    play = Player()
    play(Start())
    play(EditSpec(tuple(preset(name).spec.model_dump().items()), ""))
    play(LookUpStudies())
    assert play.state.studies.form.axes == (("depth", depth), ("shortcut", shortcut))
    assert not any(cell.reason for cell in planned(play.state).cells)
    mine = StudyForm(axes=AXES)
    play(EditStudy(mine))
    play(LookUpStudies())
    assert play.state.studies.form == mine, "what was set up stays"


def test_a_study_that_was_cut_off_is_offered_at_start():
    play = Player()
    play(Start())
    row = run_row(study="s1")
    play(RunsListed(rows=(row,), version=1))
    notice = play.state.notices[-1]
    assert notice.message.startswith("A study waits at {run}")
    play(notice.actions[0].action)
    assert play.newest(RunStudy).id == "s1"


def test_what_was_offered_at_start_is_offered_no_more_once_it_goes_on(play):
    play(RunsListed(rows=(run_row(study="s1"),), version=1))
    assert [one.label for one in play.state.notices[-1].actions] == ["Resume"]
    study = planned(play.state).study
    # From the view of studies, say: the notice was left alone.
    play(GoOnStudy("s1"))
    play(StudyBegan(ticket=play.newest(RunStudy).ticket, row=row_of(study), estimates=()))
    assert not any(notice.actions for notice in play.state.notices)


def test_the_runs_are_listed_again_where_they_were(play):
    row, ticket = began(play)
    play.state = replace(play.state, runs=replace(play.state.runs, is_listed=True))
    cell_began(play, row, ticket)
    assert isinstance(play.sent[-1], ListRuns)
