"""Studies on the real engine: cell by cell, halted, gone on with, failing, listed and reported."""

from __future__ import annotations

import gc
import itertools
import json
import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from explorer.arch.presets import cifar_spec
from explorer.engine.handlers.study import Outlook
from explorer.engine.messages import (
    BuildModel,
    EngineReady,
    ModelBuilt,
    RequestFailed,
    RequestFinished,
    SaveWeights,
    WeightsChoice,
    WeightsSaved,
)
from explorer.engine.queue import StudyQueue, studies_folder
from explorer.engine.study_messages import (
    CellBegan,
    CellEnded,
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
    WriteStudyReport,
)
from explorer.engine.study_results import results
from explorer.engine.worker import Engine
from explorer.errors import RunError
from explorer.nets.weight_files import read_header, source_spec
from explorer.runs.store import RunStore
from explorer.training.estimate import DataSize, Pace, estimate
from explorer.training.plan import Plan
from explorer.training.study import Study, axis_from_text, cells, make_study
from tests.cli.conftest import one_core  # noqa: F401 (a fixture)
from tests.engine.test_worker import Listener

# Small networks are done sooner on one core than on several that others need too.
pytestmark = pytest.mark.usefixtures("one_core")

SPEC = cifar_spec(8, input_size=8, stage_widths=(4, 8, 16), stem_width=4)
PLAN = Plan(
    epochs=1,
    batch_size=128,
    learning_rate=0.1,
    flip=False,
    precision="float32",
    channels_last="no",
    reproducible=True,
)


def study(*axes: str, plan: Plan = PLAN, seeds: tuple[int, ...] = (0,)) -> Study:
    return make_study(SPEC, plan, "digits", [axis_from_text(text) for text in axes], seeds)


@pytest.fixture
def engine():
    listener = Listener()
    engine = Engine(listener, "cpu")
    engine.listener = listener
    tickets = itertools.count(1)

    def ask(kind, **fields):
        ticket = next(tickets)
        engine.send(kind(ticket=ticket, **fields))
        return ticket

    engine.ask = ask
    engine.start()
    listener.first(EngineReady)
    yield engine
    assert engine.stop()


def events(engine, kind, ticket=None):
    return [
        event for event in engine.listener.seen if isinstance(event, kind) and ticket in (None, event.ticket)
    ]


def test_cells_are_trained_one_after_another_and_each_run_says_whose_it_is(engine):
    ticket = engine.ask(RunStudy, study=study("depth=8,14", "shortcut=A,Q"))
    ended = engine.listener.first(StudyEnded, ticket)
    began = engine.listener.first(StudyBegan, ticket)
    assert [item.cell for item in began.estimates] == [f"depth={n},shortcut=A,seed=0" for n in (8, 14)]
    assert all(item.seconds > 0 for item in began.estimates)
    assert [row.status for row in ended.row.cells] == ["finished", "refused", "finished", "refused"]
    assert ended.row.status == "finished"
    assert [event.cell for event in events(engine, CellBegan)] == [item.cell for item in began.estimates]
    losses = {
        (event.run, row[0])
        for event in events(engine, StudyProgress)
        for row in event.rows
        if row[1] == "step.loss"
    }
    assert len(losses) == sum(item.steps for item in began.estimates)
    with RunStore() as store:
        for row in ended.row.cells[::2]:
            run = store.run(row.run)
            origin = json.loads(run.origin)
            assert (origin["study"], origin["cell"]) == (ended.row.id, row.cell.id)
            assert run.is_complete
            assert row.test_accuracy == json.loads(run.summary)["test_accuracy"]
    found = results(ended.row)
    assert [result.depth for result in found] == [8, 14]
    assert all(result.test_error.n == 1 and result.test_error.deviation is None for result in found)


def test_the_network_in_view_stays_what_it_is(engine, tmp_path):
    other = cifar_spec(14, input_size=8)
    engine.ask(BuildModel, spec=other, weights=WeightsChoice("untrained"))
    engine.listener.first(ModelBuilt)
    ticket = engine.ask(RunStudy, study=study("depth=8"))
    engine.listener.first(CellBegan, ticket)
    for name in ("during", "after"):
        path = tmp_path / f"{name}.safetensors"
        saving = engine.ask(SaveWeights, path=str(path))
        engine.listener.first(WeightsSaved, saving)
        assert source_spec(read_header(path)) == other
        engine.listener.first(StudyEnded, ticket)


def test_a_halted_study_goes_on_from_its_step_and_trains_nothing_twice(engine):
    whole = engine.ask(RunStudy, study=study("depth=8,14", plan=PLAN.edited(epochs=2)))
    expected = engine.listener.first(StudyEnded, whole).row
    engine.listener.seen.clear()
    engine.listener.answer(StudyProgress, lambda: engine.ask(HaltStudy))
    first = engine.ask(RunStudy, study=study("depth=8,14", plan=PLAN.edited(epochs=2)))
    halted = engine.listener.first(StudyEnded, first).row
    assert (halted.status, halted.cells[0].status, halted.cells[1].status) == ("paused", "paused", "waiting")
    second = engine.ask(RunStudy, id=halted.id)
    ended = engine.listener.first(StudyEnded, second).row
    assert ended.status == "finished"
    again = engine.listener.until(lambda event: isinstance(event, CellBegan) and event.ticket == second)
    assert again.run == halted.cells[0].run
    assert again.first_step > 0
    with RunStore() as store:
        assert len(store.runs()) == 4
        for row, other in zip(ended.cells, expected.cells, strict=True):
            assert store.metrics(row.run, "step.loss") == store.metrics(other.run, "step.loss")
            assert row.test_accuracy == other.test_accuracy


def test_a_cell_that_fails_is_noted_and_the_next_begins_and_may_be_tried_again(engine):
    ticket = engine.ask(RunStudy, study=study("learning_rate=100,0.1", plan=PLAN.edited(epochs=3)))
    row = engine.listener.first(StudyEnded, ticket).row
    assert [one.status for one in row.cells] == ["failed", "finished"]
    assert "Lower the learning rate" in row.cells[0].cause
    assert row.status == "finished"
    ended = events(engine, CellEnded, ticket)
    assert [event.row.status for event in ended] == ["failed", "finished"]
    again = engine.ask(RunStudy, id=row.id)
    assert engine.listener.first(StudyEnded, again).row.cells[0].status == "failed"
    assert not events(engine, CellBegan, again)
    retried = engine.ask(RunStudy, id=row.id, retries=True)
    assert engine.listener.first(StudyEnded, retried).row.cells[0].status == "failed"
    assert [event.cell for event in events(engine, CellBegan, retried)] == [row.cells[0].cell.id]


def test_beside_a_window_no_other_thread_collects_garbage(engine):
    """What the window made, finalised elsewhere, crashes Qt."""
    threads = []

    def heard(phase, info):
        threads.append(threading.current_thread().name)

    gc.disable()
    gc.callbacks.append(heard)
    try:
        engine.listener.first(StudyEnded, engine.ask(RunStudy, study=study("depth=8")))
        gc.collect()
    finally:
        gc.callbacks.remove(heard)
        gc.enable()
    assert set(threads) == {threading.current_thread().name}


def test_what_a_study_will_cost_is_said_before_it_starts(engine):
    asked = study("depth=8,14", "norm=batch,none-such")
    ticket = engine.ask(EstimateStudy, study=asked)
    found = engine.listener.first(StudyEstimated, ticket)
    assert found.study == asked
    assert [item.cell for item in found.estimates] == [cell.id for cell in cells(asked) if not cell.reason]
    assert len(found.pace.points) == 2
    assert not studies_folder().exists()


def test_the_end_is_foreseen_also_with_a_cell_that_another_program_had_begun():
    one, other = cells(study("depth=8,14"))
    outlook = Outlook({one.id: estimate(one, DataSize(100, 10, 64), Pace(((10**6, 100.0),)))}, {one.id})
    outlook.done(other.id, 7.0)
    seconds = outlook.estimates[one.id].seconds
    assert outlook.eta("next", 1.0) == 1.0 + seconds
    outlook.done(one.id, 2 * seconds)
    assert outlook.eta("next", 1.0) == 1.0


def test_studies_are_listed_reported_and_forgotten_and_their_runs_stay(engine, tmp_path):
    ticket = engine.ask(RunStudy, study=study("depth=8,14", seeds=(0, 1)))
    row = engine.listener.first(StudyEnded, ticket).row
    (studies_folder() / "20200101-000000-bad.json").write_text("{")
    listed = engine.listener.first(StudiesListed, engine.ask(ListStudies))
    assert listed.rows == (row,)
    assert "20200101-000000-bad cannot be shown" in listed.warnings[0]
    path = tmp_path / "report.html"
    reported = engine.listener.first(StudyReported, engine.ask(WriteStudyReport, id=row.id, path=str(path)))
    assert reported.path == str(path)
    page = path.read_text("utf-8")
    for text in (
        "Study: depth",
        ">ResNet-8<",
        "(ResNet-14)",
        "± ",
        "<svg",
        "data:image/png;base64,",
        "resnet-explorer sweep",
    ):
        assert text in page
    assert "(8)" not in page
    gone = engine.listener.first(StudiesListed, engine.ask(DeleteStudy, id=row.id))
    assert gone.rows == ()
    with RunStore() as store:
        assert len(store.runs()) == 4
    back = engine.listener.first(StudiesListed, engine.ask(RestoreStudy, id=row.id))
    assert back.rows == (row,)
    failed = engine.listener.first(RequestFailed, engine.ask(RestoreStudy, id=row.id))
    assert "cannot be put back" in failed.message


def test_a_report_of_nothing_and_of_no_study_is_refused(engine, tmp_path):
    queue = StudyQueue.create(study("depth=8"))
    for name, said in ((queue.id, "is finished yet"), ("none", "no study")):
        ticket = engine.ask(WriteStudyReport, id=name, path=str(tmp_path / "report.html"))
        failed = engine.listener.first(RequestFailed, ticket)
        assert said in failed.message
        engine.listener.first(RequestFinished, ticket)
    assert not (tmp_path / "report.html").exists()


def test_data_that_is_not_there_is_said_before_anything_is_trained(engine):
    ticket = engine.ask(
        RunStudy, study=make_study(SPEC, PLAN, "no-such-data", [axis_from_text("depth=8,14")], (0,))
    )
    assert "no-such-data" in str(dict(engine.listener.first(RequestFailed, ticket).arguments))
    assert engine.listener.first(StudiesListed, engine.ask(ListStudies)).rows == ()


# The queue on the disk


def test_a_study_that_another_process_trains_is_left_to_it():
    queue = StudyQueue.create(study("depth=8"))
    code = (
        "import sys; from explorer.engine.queue import StudyQueue\n"
        "with StudyQueue.open(sys.argv[1]).held():\n"
        "    print('held', flush=True); sys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code, queue.id],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).resolve().parents[2])},
    ) as other:
        assert other.stdout.readline() == "held\n"
        assert queue.is_held
        with pytest.raises(RunError, match="being trained already"), queue.held():
            pass
        with pytest.raises(RunError, match="being trained already"):
            queue.delete()
        other.kill()
    with queue.held():
        assert queue.is_held
    assert not queue.is_held


def test_a_study_that_was_deleted_while_somebody_waited_for_it_is_not_trained(tmp_path, monkeypatch):
    monkeypatch.setenv("RESNET_EXPLORER_HOME", str(tmp_path))
    queue = StudyQueue.create(study("depth=8"))
    found = StudyQueue.open(queue.id)
    queue.delete()
    with pytest.raises(RunError, match="was deleted"), found.held():
        pass
    assert not found.path.exists()
    with pytest.raises(RunError, match="was deleted"):
        found.delete()


def test_deleting_a_study_never_lets_two_hold_it(tmp_path, monkeypatch):
    monkeypatch.setenv("RESNET_EXPLORER_HOME", str(tmp_path))
    queue = StudyQueue.create(study("depth=8"))
    queue.delete()
    queue.write()
    # Who was waiting when it was deleted has the lock's file open already.
    waited = queue.path.with_suffix(".lock").open("ab")
    queue.delete()
    queue.write()
    with waited, queue.held():
        fcntl = pytest.importorskip("fcntl")
        with pytest.raises(BlockingIOError):
            fcntl.flock(waited, fcntl.LOCK_EX | fcntl.LOCK_NB)


def test_who_gets_a_study_knows_which_cells_failed_meanwhile(tmp_path, monkeypatch):
    monkeypatch.setenv("RESNET_EXPLORER_HOME", str(tmp_path))
    queue = StudyQueue.create(study("depth=8"))
    found = StudyQueue.open(queue.id)
    queue.note_failure(cells(queue.study)[0], RunError("It failed."))
    with found.held():
        assert found.failed == queue.failed


def test_who_only_asks_whether_a_study_is_trained_is_not_taken_for_one_who_trains_it(tmp_path, monkeypatch):
    monkeypatch.setenv("RESNET_EXPLORER_HOME", str(tmp_path))
    queue = StudyQueue.create(study("depth=8,14"))
    asking, never = threading.Event(), threading.Event()

    def ask():
        with queue._locked(lambda: None):
            asking.set()
            never.wait(0.001)

    other = threading.Thread(target=ask)
    other.start()
    asking.wait()
    # However busy the machine is.
    with monkeypatch.context() as patient:
        patient.setattr("explorer.engine.queue.LISTING_PATIENCE_S", 60.0)
        assert not queue.is_held
    other.join()
    with queue.held():
        assert queue.is_held


def test_a_cell_that_was_killed_before_its_first_checkpoint_begins_anew(engine):
    queue = StudyQueue.create(study("depth=8,14"))
    tags = json.dumps(dict(queue.tags(cells(queue.study)[0])))
    code = (
        "import os, sys; from explorer.runs.store import RunStore\n"
        "store = RunStore(); run = store.create(spec='{}', plan='{}', data='digits', origin=sys.argv[1])\n"
        "print(run.id, flush=True); os._exit(1)"
    )
    stub = subprocess.run(
        [sys.executable, "-c", code, tags],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).resolve().parents[2])},
    ).stdout.strip()
    with RunStore() as store:
        assert [row.status for row in queue.row(store).cells] == ["waiting", "waiting"]
    row = engine.listener.first(StudyEnded, engine.ask(RunStudy, id=queue.id)).row
    assert [one.status for one in row.cells] == ["finished", "finished"]
    with RunStore() as store:
        assert stub not in {run.id for run in store.runs()}


def test_a_study_that_cannot_be_written_stays_as_it_was(monkeypatch):
    queue = StudyQueue.create(study("depth=8"))
    before = queue.path.read_bytes()

    def full(source, target):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("explorer.files.replace_durably", full)
    with pytest.raises(RunError, match="No space left"):
        queue.note_failure(cells(queue.study)[0], RunError("It failed."))
    assert queue.path.read_bytes() == before
    assert StudyQueue.open(queue.id).study == queue.study


def test_a_study_is_found_by_the_beginning_of_its_name_and_only_by_one():
    first, second = (StudyQueue("aa-1", 1.0, study("depth=8")), StudyQueue("aa-2", 2.0, study("depth=14")))
    for queue in (first, second):
        queue.write()
    assert StudyQueue.open("aa-2").study == second.study
    with pytest.raises(RunError, match="More than one"):
        StudyQueue.open("aa")
    with pytest.raises(RunError, match="no study bb"):
        StudyQueue.open("bb")
    with pytest.raises(RunError, match="no study"):
        StudyQueue.open("")
