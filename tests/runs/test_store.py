from __future__ import annotations

import sqlite3
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from explorer import paths
from explorer.errors import RunError
from explorer.runs.store import Run, RunStore, journal_mode

TEXTS = {"spec": '{"a": 1}', "plan": '{"b": 2}', "data": "digits", "origin": '{"seed": 3}'}


def test_what_is_written_is_there_when_the_store_is_opened_again() -> None:
    with RunStore() as store:
        run = store.create(**TEXTS)
        store.append(run.id, [(0, "step.loss", 2.5), (1, "step.loss", 2.25), (1, "epoch.loss", 2.0)])
        store.set_status(run.id, "finished", '{"test_accuracy": 0.5}')
    with RunStore() as store:
        (again,) = store.runs()
        assert store.metrics(run.id) == [
            (0, "step.loss", 2.5),
            (1, "epoch.loss", 2.0),
            (1, "step.loss", 2.25),
        ]
        assert store.metrics(run.id, "epoch.loss") == [(1, "epoch.loss", 2.0)]
    assert {name: getattr(again, name) for name in TEXTS} == TEXTS
    assert (again.status, again.summary) == ("finished", '{"test_accuracy": 0.5}')
    assert again.updated >= again.created


def test_the_store_and_the_runs_folders_are_in_the_data_folder() -> None:
    with RunStore() as store:
        run = store.create(**TEXTS)
        assert store.path == paths.data_dir() / "runs.sqlite3"
    assert run.folder == paths.data_dir() / "runs" / run.id
    assert run.checkpoints.parent == run.folder


def test_a_redone_step_overwrites() -> None:
    with RunStore() as store:
        run = store.create(**TEXTS)
        store.append(run.id, [(4, "step.loss", 1.0), (5, "step.loss", 0.9)])
        store.append(run.id, [(5, "step.loss", 0.8)])
        assert store.metrics(run.id) == [(4, "step.loss", 1.0), (5, "step.loss", 0.8)]


def test_metrics_of_no_run_are_refused() -> None:
    with RunStore() as store, pytest.raises(RunError, match="FOREIGN KEY"):
        store.append("nobody", [(0, "step.loss", 1.0)])


def test_a_batch_of_rows_is_written_whole_or_not_at_all() -> None:
    with RunStore() as store:
        run = store.create(**TEXTS)
        bad: list = [(0, "step.loss", 1.0), (None, "step.loss", 1.0)]
        with pytest.raises(RunError, match="NOT NULL"):
            store.append(run.id, bad)
        assert store.metrics(run.id) == []


def test_a_run_is_found_by_the_beginning_of_its_id() -> None:
    with RunStore() as store:
        first, second = store.create(**TEXTS), store.create(**TEXTS)
        assert store.run(first.id) == first
        assert store.run(second.id[:-1]) == second
        with pytest.raises(RunError, match="More than one"):
            store.run("2")
        for nobody in ("", "zzz", "%"):
            with pytest.raises(RunError):
                store.run(nobody)


def test_runs_come_newest_first() -> None:
    with RunStore() as store:
        made = [store.create(**TEXTS) for _ in range(3)]
        assert {run.id for run in store.runs()} == {run.id for run in made}
        created = [run.created for run in store.runs()]
        assert created == sorted(created, reverse=True)


def test_threads_take_turns() -> None:
    with RunStore() as store:
        run = store.create(**TEXTS)

        def write(name: str) -> None:
            for step in range(50):
                store.append(run.id, [(step, name, float(step))])

        threads = [threading.Thread(target=write, args=(f"series{n}",)) for n in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(store.metrics(run.id)) == 200


def test_two_processes_may_write(home: Path) -> None:
    with RunStore() as store:
        run = store.create(**TEXTS)
        script = (
            "import sys; from explorer.runs.store import RunStore\n"
            "with RunStore() as store: store.append(sys.argv[1], [(n, 'theirs', 1.0) for n in range(20)])"
        )
        subprocess.run([sys.executable, "-c", script, run.id], check=True, timeout=60)
        store.append(run.id, [(0, "ours", 1.0)])
        assert len(store.metrics(run.id)) == 21


def test_a_killed_writer_leaves_what_was_acknowledged(home: Path) -> None:
    script = (
        "import os, signal; from explorer.runs.store import RunStore\n"
        "store = RunStore(); run = store.create(spec='', plan='', data='', origin='')\n"
        "store.append(run.id, [(n, 'loss', 1.0) for n in range(1000)])\n"
        "os.kill(os.getpid(), getattr(signal, 'SIGKILL', signal.SIGTERM))"
    )
    subprocess.run([sys.executable, "-c", script], check=False, timeout=60)
    with RunStore() as store:
        (run,) = store.runs()
        assert isinstance(run, Run)
        assert run.status == "running"
        assert len(store.metrics(run.id)) == 1000


def test_a_file_that_is_no_store_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "runs.sqlite3"
    path.write_bytes(b"this is no database" * 100)
    with pytest.raises(RunError, match="cannot be used"):
        RunStore(path)
    with pytest.raises(RunError, match="cannot be used"):
        RunStore(tmp_path / "runs.sqlite3" / "below-a-file.sqlite3")


def test_the_journal_avoids_the_wal_bug() -> None:
    assert journal_mode((3, 51, 2)) == "DELETE"
    assert journal_mode((3, 51, 3)) == "WAL"
    assert journal_mode((3, 52, 0)) == "WAL"
    with RunStore() as store:
        store.create(**TEXTS)
        connection = sqlite3.connect(store.path)
        (mode,) = connection.execute("PRAGMA journal_mode").fetchone()
        connection.close()
    assert mode == journal_mode().lower()
