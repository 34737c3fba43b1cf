"""Runs through the real IO pool: listed, named, deleted and restored, read, exported; a broken one beside."""

from __future__ import annotations

import json
import math
import queue
import sqlite3
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from explorer import paths
from explorer.arch.presets import preset
from explorer.engine.context import Context
from explorer.engine.handlers.io_table import IO_HANDLERS
from explorer.engine.messages import RequestFailed
from explorer.engine.run_messages import (
    CurvesRead,
    DeleteRuns,
    EditRun,
    ExportRun,
    ListRuns,
    ReadCurves,
    RestoreRuns,
    RunExported,
    RunsListed,
)
from explorer.engine.worker import Engine
from explorer.runs.bundled import write_bundled
from explorer.runs.judged import Judged, keep_judged
from explorer.runs.store import RunStore
from explorer.training.plan import Plan

LIMIT_S = 60
SPEC = preset("cifar-resnet20").spec
PLAN = Plan(epochs=3)
ROWS = [
    (0, "step.loss", 2.0),
    (4, "epoch.validation_accuracy", 0.25),
    (9, "epoch.validation_accuracy", 0.5),
    (9, "step.loss", 1.0),
]


@pytest.fixture(autouse=True)
def resources(tmp_path, monkeypatch):
    """Resources of the test's own, without the runs that ship."""
    folder = tmp_path / "resources"
    (folder / "runs").mkdir(parents=True)
    monkeypatch.setattr(paths, "resources_dir", lambda: folder)
    return folder


@pytest.fixture
def pool():
    """An engine whose compute thread is not started: the IO pool needs none."""
    events = queue.Queue()
    engine = Engine(events.put, "cpu")
    engine.events = events
    yield engine
    assert engine.stop()


def answer(engine, request):
    """What is said about a request in the end."""
    engine.send(request)
    while True:
        event = engine.events.get(timeout=LIMIT_S)
        wanted = isinstance(event, RunsListed | CurvesRead | RunExported | RequestFailed)
        if event.ticket == request.ticket and wanted:
            return event


def make_run(store, status="finished", summary="{}", **changes):
    texts = {"spec": SPEC.to_json(), "plan": PLAN.to_json(), "data": "digits", "origin": "{}", **changes}
    run = store.create(**texts)
    store.append(run.id, ROWS)
    store.set_status(run.id, status, summary)
    return store.run(run.id)


def test_a_row_says_what_the_list_shows(pool, resources):
    with RunStore() as store:
        run = make_run(store, "finished", '{"test_accuracy": 0.75, "seconds": 9.5}', name="mine")
        failed = make_run(store, "failed", '{"error": "The loss is not finite."}')
        run.folder.mkdir(parents=True)
        run.weights.write_bytes(b"numbers")
        (failed.checkpoints / "step-000000004").mkdir(parents=True)
        (failed.checkpoints / "step-000000004" / "manifest.json").write_text("{}")
        write_bundled(run, ROWS, resources / "runs" / "a-net.json", note="ours")
    listed = answer(pool, ListRuns(ticket=1))
    assert [row.id for row in listed.rows] == [failed.id, run.id, "a-net"]
    bad, mine, bundled = listed.rows
    assert (mine.name, mine.status, mine.spec, mine.plan, mine.data) == (
        "mine",
        "finished",
        SPEC,
        PLAN,
        "digits",
    )
    assert (mine.epochs_done, mine.validation_accuracy, mine.test_accuracy, mine.seconds) == (
        2,
        0.5,
        0.75,
        9.5,
    )
    assert (mine.has_weights, mine.can_resume, mine.is_bundled) == (True, False, False)
    assert (bad.status, bad.can_resume, bad.has_weights) == ("failed", True, False)
    assert bad.cause == "The loss is not finite."
    assert (bundled.is_bundled, bundled.can_resume, bundled.note) == (True, False, "ours")
    assert (bundled.epochs_done, bundled.validation_accuracy, bundled.test_accuracy) == (2, 0.5, 0.75)
    assert bundled.spec == SPEC
    assert listed.warnings == ()


def test_a_row_says_whether_its_data_is_here(pool, resources, tmp_path):
    photos = tmp_path / "photos"
    photos.mkdir()
    with RunStore() as store:
        runs = {
            data: make_run(store, data=data) for data in ("digits", "cifar10", str(photos), "/gone/a.zip")
        }
        write_bundled(runs["/gone/a.zip"], ROWS, resources / "runs" / "zipped.json")
        write_bundled(runs[str(photos)], ROWS, resources / "runs" / "elsewhere.json")
    listed = answer(pool, ListRuns(ticket=1))
    missing = {row.id for row in listed.rows if not row.has_data}
    assert missing == {runs["/gone/a.zip"].id, "zipped", "elsewhere"}


def test_naming_deleting_and_restoring_answer_with_the_list(pool):
    with RunStore() as store:
        run = make_run(store)
    listed = answer(pool, EditRun(ticket=1, run=run.id, name="best", note="wide", is_starred=True))
    assert [(row.name, row.note, row.is_starred) for row in listed.rows] == [("best", "wide", True)]
    again = answer(pool, EditRun(ticket=2, run=run.id, is_starred=False))
    assert [(row.name, row.is_starred) for row in again.rows] == [("best", False)]
    assert again.version > listed.version
    assert answer(pool, DeleteRuns(ticket=3, runs=(run.id,))).rows == ()
    assert answer(pool, ListRuns(ticket=4)).rows == ()
    restored = answer(pool, RestoreRuns(ticket=5, runs=(run.id,)))
    assert [row.id for row in restored.rows] == [run.id]


def test_runs_that_would_be_called_the_same_are_told_apart(pool):
    with RunStore() as store:
        runs = [make_run(store) for _ in range(3)]
    listed = answer(pool, ListRuns(ticket=1))
    assert len({row.title for row in listed.rows}) == 3
    named = answer(pool, EditRun(ticket=2, run=runs[0].id, name="best"))
    assert {row.title for row in named.rows if row.id == runs[0].id} == {"best"}
    left = answer(pool, DeleteRuns(ticket=3, runs=tuple(run.id for run in runs[:2])))
    assert [row.title for row in left.rows] == ["CIFAR ResNet-20 on digits"]


def test_many_changes_at_once_end_in_a_list_that_has_them_all(pool):
    with RunStore() as store:
        runs = [make_run(store) for _ in range(6)]
    for ticket, run in enumerate(runs, start=1):
        pool.send(EditRun(ticket=ticket, run=run.id, name=f"name {ticket}"))
    listed = []
    while len(listed) < len(runs):
        event = pool.events.get(timeout=LIMIT_S)
        assert not isinstance(event, RequestFailed)
        if isinstance(event, RunsListed):
            listed.append(event)
    newest = max(listed, key=lambda event: event.version)
    assert {row.name for row in newest.rows} == {f"name {n}" for n in range(1, 7)}


def test_curves_are_read_of_own_and_bundled_runs(pool, resources):
    with RunStore() as store:
        run = make_run(store)
        write_bundled(run, ROWS, resources / "runs" / "a-net.json")
    keep_judged(run.judged, Judged(1, ("cat", "dog"), np.eye(2, dtype=np.int64), ()))
    for ticket, (name, epoch) in enumerate(((run.id, 1), ("a-net", None)), start=1):
        curves = answer(pool, ReadCurves(ticket=ticket, run=name))
        assert (curves.run, list(curves.rows)) == (name, sorted(ROWS))
        assert (None if curves.judged is None else curves.judged.epoch) == epoch
    failed = answer(pool, ReadCurves(ticket=3, run="nobody"))
    assert isinstance(failed, RequestFailed)
    assert "nobody" in failed.message.format(**dict(failed.arguments))


@pytest.mark.parametrize("kind", ["csv", "jsonl", "tensorboard"])
def test_metrics_are_exported(pool, tmp_path, resources, kind):
    if kind == "tensorboard":
        pytest.importorskip("tensorboard", reason="tensorboard is not installed")
    with RunStore() as store:
        run = make_run(store)
        write_bundled(run, ROWS, resources / "runs" / "a-net.json")
    for ticket, name in enumerate((run.id, "a-net"), start=1):
        target = tmp_path / f"{name}.out"
        done = answer(pool, ExportRun(ticket=ticket, run=name, path=str(target), kind=kind))
        assert isinstance(done, RunExported), done
        assert done.path.startswith(str(target))
        assert b"validation_accuracy" in Path(done.path).read_bytes()


def test_a_run_that_cannot_be_read_takes_no_other_with_it(pool, resources):
    with RunStore() as store:
        good = make_run(store)
        broken = [
            make_run(store, spec="{"),
            make_run(store, spec='{"schema": 99}'),
            make_run(store, plan='{"epochs": "many"}'),
            make_run(store, "stopped", "[1]"),
        ]
    (resources / "runs" / "torn.json").write_text("{")
    listed = answer(pool, ListRuns(ticket=1))
    assert [row.id for row in listed.rows] == [good.id]
    assert len(listed.warnings) == 5
    for name in [*(run.id for run in broken), "torn"]:
        assert any(name in warning for warning in listed.warnings)


def test_what_ships_is_only_looked_at(pool, resources):
    with RunStore() as store:
        run = make_run(store)
        write_bundled(run, ROWS, resources / "runs" / "a-net.json")
    for ticket, request in enumerate(
        (EditRun(ticket=1, run="a-net", name="x"), DeleteRuns(ticket=2, runs=(run.id, "a-net"))), start=1
    ):
        failed = answer(pool, request)
        assert isinstance(failed, RequestFailed)
        assert "only be looked at" in failed.message
        assert failed.hint
        assert len(answer(pool, ListRuns(ticket=10 + ticket)).rows) == 2


def test_a_damaged_store_is_told_and_what_ships_can_still_be_read(pool, resources):
    with RunStore() as store:
        write_bundled(make_run(store), ROWS, resources / "runs" / "a-net.json")
        path = store.path
    path.write_bytes(b"no database" * 1000)
    failed = answer(pool, ListRuns(ticket=1))
    assert isinstance(failed, RequestFailed)
    assert "move it away" in failed.hint
    assert isinstance(answer(pool, ReadCurves(ticket=2, run="a-net")), CurvesRead)
    assert path.read_bytes() == b"no database" * 1000


def test_closing_the_store_lets_deleted_runs_go():
    context = Context()
    run, kept = make_run(context.store()), make_run(context.store())
    assert context.store() is context.store()
    context.store().delete([run.id])
    context.close_store()
    context.close_store()
    with RunStore() as store:
        assert [found.id for found in store.runs()] == [kept.id]
        assert store.runs(deleted=True) == []


def test_many_long_runs_are_listed_at_once():
    context = Context()
    run = make_run(context.store())
    connection = sqlite3.connect(context.store().path)
    for n in range(60):
        connection.execute(
            "INSERT INTO runs (id, created, updated, status, spec, plan, data, origin) "
            "SELECT ?, created, updated, status, spec, plan, data, origin FROM runs WHERE id = ?",
            (f"20250101-000000-{n:06d}", run.id),
        )
        rows = [(f"20250101-000000-{n:06d}", step, "step.loss", math.sin(step)) for step in range(2000)]
        connection.executemany("INSERT INTO metrics VALUES (?, ?, ?, ?)", rows)
    connection.commit()
    connection.close()
    (listed,) = IO_HANDLERS[ListRuns](ListRuns(ticket=1), context)
    assert len(listed.rows) == 61
    assert json.loads(listed.rows[-1].spec.to_json()) == json.loads(SPEC.to_json())
    context.close_store()


def test_listing_runs_imports_no_torch(home):
    code = (
        "import sys\n"
        "from explorer.engine.context import Context\n"
        "from explorer.engine.handlers.runs import list_runs\n"
        "from explorer.engine.run_messages import ListRuns\n"
        "list(list_runs(ListRuns(ticket=1), Context()))\n"
        "sys.exit('torch' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False, timeout=60).returncode == 0
