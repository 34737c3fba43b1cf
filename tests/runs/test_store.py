from __future__ import annotations

import math
import os
import sqlite3
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from explorer import paths
from explorer.errors import RunError
from explorer.runs.run import Run
from explorer.runs.store import ROWS_AT_ONCE, RunStore, journal_mode

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


def test_a_run_of_another_machine_is_taken_once() -> None:
    run = Run("theirs", 1.0, 2.0, "finished", **TEXTS, summary="{}", name="a", note="b")
    rows = [(1, "step.loss", 1.0), (2, "step.loss", math.inf)]
    with RunStore() as store:
        store.adopt(run, rows)
        assert store.run("theirs") == run
        assert store.metrics("theirs") == rows
        store.edit("theirs", name="mine")
        store.adopt(run, [(3, "step.loss", 0.0)])
        assert store.run("theirs").name == "mine"
        assert store.metrics("theirs") == rows
        store.delete(["theirs"])
        store.adopt(run, rows)
        assert store.run("theirs").deleted is None


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
        assert (run.status, run.standing) == ("running", "interrupted")
        assert len(store.metrics(run.id)) == 1000
        store.set_status(run.id, "running")
        assert store.run(run.id).standing == "running"


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


SCRIPT = "import sys; from explorer.runs.store import RunStore; store = RunStore()\n"


def started(script: str, *words: str) -> subprocess.Popen[str]:
    """Another process with the same store."""
    return subprocess.Popen(
        [sys.executable, "-c", SCRIPT + script, *words],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def line_of(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


HOLD = (
    "run = store.create(spec='{}', plan='{}', data='d', origin='{}')\n"
    "print(run.id, flush=True)\n"
    "sys.stdin.read()"
)


def test_two_processes_that_write_at_once_lose_nothing(home: Path) -> None:
    n = 40
    with RunStore() as store:
        run = store.create(**TEXTS)
        script = (
            "print('ready', flush=True); sys.stdin.readline()\n"
            f"for n in range({n}): store.append(sys.argv[1], [(n, sys.argv[2], 1.0), (n, 'both', 1.0)])"
        )
        others = [started(script, run.id, name) for name in ("first", "second")]
        assert [line_of(other) for other in others] == ["ready", "ready"]
        for other in others:
            assert other.stdin is not None
            other.stdin.write("go\n")
            other.stdin.flush()
        for step in range(n):
            store.append(run.id, [(step, "ours", 1.0), (step, "both", 1.0)])
        assert [other.wait(60) for other in others] == [0, 0]
        for other in others:
            other.communicate()
        assert len(store.metrics(run.id)) == 4 * n


def test_a_run_that_another_process_trains_is_left_to_it(home: Path) -> None:
    other = started(HOLD)
    run_id = line_of(other)
    with RunStore() as store:
        assert store.run(run_id).standing == "running"
        assert not store.run(run_id).can_resume
        with pytest.raises(RunError, match="cannot go on while it is being trained"):
            store.set_status(run_id, "running")
        with pytest.raises(RunError, match="cannot be deleted while it is being trained"):
            store.delete([run_id])
        other.kill()
        other.wait(60)
        other.communicate()
        assert store.run(run_id).standing == "interrupted"
        store.set_status(run_id, "running")
        assert store.run(run_id).standing == "running"


def test_a_killed_process_that_nobody_has_asked_about_is_gone_too(home: Path) -> None:
    other = started(HOLD)
    run_id = line_of(other)
    other.kill()
    if hasattr(os, "waitid"):
        # Wait for its end and leave it unasked: it stays in the list of processes, dead.
        os.waitid(os.P_PID, other.pid, os.WEXITED | os.WNOWAIT)
    else:
        other.wait(60)
    with RunStore() as store:
        assert store.run(run_id).standing == "interrupted"
    other.communicate()


def test_a_run_can_go_on_from_a_checkpoint_unless_it_runs_or_has_finished() -> None:
    with RunStore() as store:
        run = store.create(**TEXTS)
        run.folder.mkdir(parents=True)
        run.weights.write_bytes(b"numbers")
        for status, expected in (
            ("paused", True),
            ("stopped", True),
            ("failed", True),
            ("running", False),
            ("finished", False),
        ):
            store.set_status(run.id, status)  # type: ignore[arg-type]
            assert not store.run(run.id).can_resume
            part = run.checkpoints / ".step-000000007.part"
            part.mkdir(parents=True)
            (part / "manifest.json").write_text("{}")
            assert not store.run(run.id).can_resume
            part.rename(part.with_name("step-000000007"))
            assert store.run(run.id).can_resume is expected
            (part.with_name("step-000000007") / "manifest.json").unlink()
            part.with_name("step-000000007").rmdir()


def test_names_notes_and_stars_are_kept() -> None:
    with RunStore() as store:
        run = store.create(**TEXTS, name="first")
        store.edit(run.id, note="wide", starred=True)
        store.edit(run.id, name="it's; DROP TABLE runs --")
        found = store.run(run.id)
        assert (found.name, found.note, found.starred) == ("it's; DROP TABLE runs --", "wide", True)
        store.edit(run.id, name="", starred=False)
        assert (store.run(run.id).name, store.run(run.id).starred) == ("", False)
        with pytest.raises(RunError, match="There is no run"):
            store.edit("nobody", name="x")


def test_a_finished_run_whose_weights_could_not_be_written_may_go_on_to_write_them() -> None:
    with RunStore() as store:
        run = store.create(**TEXTS)
        store.set_status(run.id, "finished")
        place = run.checkpoints / "step-000000003"
        place.mkdir(parents=True)
        (place / "manifest.json").write_text("{}")
        assert store.run_to_resume(run.id).can_resume
        run.weights.write_bytes(b"numbers")
        assert not store.run(run.id).can_resume
        with pytest.raises(RunError, match="has finished"):
            store.run_to_resume(run.id)


def test_deleted_runs_come_back_until_they_are_purged() -> None:
    with RunStore() as store:
        kept, gone = store.create(**TEXTS), store.create(**TEXTS)
        for run in (kept, gone):
            store.append(run.id, [(0, "step.loss", 1.0)])
            store.set_status(run.id, "finished")
            run.checkpoints.mkdir(parents=True)
            run.weights.write_bytes(b"numbers")
        store.delete([kept.id, gone.id])
        assert store.runs() == []
        assert len(store.runs(deleted=True)) == 2
        with pytest.raises(RunError, match="was deleted"):
            store.set_status(kept.id, "running")
        with pytest.raises(RunError, match="has finished"):
            store.run_to_resume(kept.id)
        store.restore([kept.id])
        assert store.purge_deleted() == 1
        assert [run.id for run in store.runs()] == [kept.id]
        assert store.runs(deleted=True) == []
        assert store.metrics(gone.id) == []
        assert not gone.folder.exists()
        assert kept.has_weights
        assert len(store.metrics(kept.id)) == 1
        with pytest.raises(RunError, match="There is no run"):
            store.restore([gone.id])


def test_deleting_several_is_all_or_nothing() -> None:
    with RunStore() as store:
        run = store.create(**TEXTS)
        store.set_status(run.id, "finished")
        with pytest.raises(RunError, match="no run nobody"):
            store.delete([run.id, "nobody"])
        assert len(store.runs()) == 1


def test_what_another_open_program_deleted_stays_for_its_undo(home: Path) -> None:
    other = started(
        "run = store.create(spec='{}', plan='{}', data='d', origin='{}')\n"
        "store.set_status(run.id, 'finished')\n"
        "store.delete([run.id]); print(run.id, flush=True); sys.stdin.read()"
    )
    run_id = line_of(other)
    with RunStore() as store:
        assert store.purge_deleted() == 0
        assert [run.id for run in store.runs(deleted=True)] == [run_id]
        other.kill()
        other.wait(60)
        other.communicate()
        assert store.purge_deleted() == 1


def test_a_damaged_id_leads_out_of_no_folder(home: Path) -> None:
    with RunStore() as store:
        outside = paths.data_dir() / "precious"
        outside.mkdir()
        for run_id in ("../precious", "..", "."):
            connection = sqlite3.connect(store.path)
            connection.execute(
                "INSERT INTO runs (id, created, updated, status, spec, plan, data, origin, deleted) "
                "VALUES (?, 0, 0, 'finished', '', '', '', '', 1.0)",
                (run_id,),
            )
            connection.commit()
            connection.close()
        assert store.purge_deleted() == 3
    assert outside.is_dir()


def test_values_that_are_no_number_are_kept() -> None:
    with RunStore() as store:
        run = store.create(**TEXTS)
        store.append(run.id, [(0, "l", math.nan), (1, "l", math.inf), (2, "l", -math.inf), (3, "l", 1.0)])
        values = [value for _, _, value in store.metrics(run.id)]
    assert math.isnan(values[0])
    assert values[1:] == [math.inf, -math.inf, 1.0]


def test_long_curves_are_read_whole() -> None:
    n = ROWS_AT_ONCE // 2 + 7
    with RunStore() as store:
        run, other = store.create(**TEXTS), store.create(**TEXTS)
        for one in (run, other):
            store.append(one.id, [(step, name, 1.0) for step in range(n) for name in ("a", "b")])
        rows = store.metrics(run.id)
        assert rows == [(step, name, 1.0) for step in range(n) for name in ("a", "b")]
        assert len(store.metrics(run.id, "b")) == n


def test_the_best_of_each_run_is_found_by_an_index() -> None:
    with RunStore() as store:
        one, two, none = (store.create(**TEXTS) for _ in range(3))
        store.append(one.id, [(n, "epoch.validation_accuracy", n / 10) for n in (1, 3, 2)])
        store.append(two.id, [(0, "epoch.test_accuracy", 0.5), (1, "epoch.validation_accuracy", math.nan)])
        store.append(none.id, [(0, "epoch.validation_loss", 0.5), (0, "step.loss", 9.0)])
        expected = {one.id: (3, 0.3), two.id: (2, 0.5)}
        assert store.best("epoch.validation_accuracy") == expected
        connection = sqlite3.connect(store.path)
        plan = connection.execute(
            "EXPLAIN QUERY PLAN SELECT run, COUNT(*), MAX(value) FROM metrics "
            "WHERE substr(name, 1, 6) = 'epoch.' AND name IN (?, ?) GROUP BY run",
            ("a", "b"),
        ).fetchall()
        connection.close()
    assert "INDEX epochs" in str(plan)


@pytest.mark.parametrize("damage", ["text", "cut", "scrambled"])
def test_a_damaged_file_is_told_and_never_overwritten(tmp_path: Path, damage: str) -> None:
    path = tmp_path / "runs.sqlite3"
    with RunStore(path) as store:
        run = store.create(**TEXTS)
        store.append(run.id, [(n, "step.loss", 1.0) for n in range(5000)])
    whole = path.read_bytes()
    bad = {
        "text": b"no database at all" * 400,
        "cut": whole[: len(whole) // 2],
        "scrambled": whole[:100] + b"\xa5" * (len(whole) - 100),
    }[damage]
    path.write_bytes(bad)
    with pytest.raises(RunError, match=r"runs\.sqlite3 cannot be used") as caught:
        read_and_write(path, run.id)
    assert "move it away" in caught.value.hint_text
    assert path.read_bytes() == bad


def read_and_write(path: Path, run_id: str) -> None:
    with RunStore(path) as store:
        store.metrics(store.run(run_id).id)
        store.append(run_id, [(n, "more", 1.0) for n in range(5000)])


@pytest.mark.parametrize("n_lines", [1, 7, 19, 40])
def test_what_was_acknowledged_outlives_a_kill_at_any_moment(home: Path, n_lines: int) -> None:
    other = started(
        "run = store.create(spec='{}', plan='{}', data='d', origin='{}')\n"
        "print(run.id, flush=True)\n"
        "for n in range(10**6):\n"
        "    store.append(run.id, [(n, f'metric {k}', float(n)) for k in range(50)])\n"
        "    print(n, flush=True)"
    )
    run_id = line_of(other)
    for _ in range(n_lines):
        acknowledged = int(line_of(other))
    # It is writing the next rows now.
    other.kill()
    assert other.stdout is not None
    # Not by `communicate`: it forgets what came along with the lines above.
    rest = other.stdout.read()
    other.communicate(timeout=60)
    acknowledged = max([acknowledged, *map(int, rest.split("\n")[:-1])])
    with RunStore() as store:
        steps = [step for step, _, _ in store.metrics(run_id)]
        # Whole batches only, all that were acknowledged, and at most one that was not any more.
        assert set(range(acknowledged + 1)) <= set(steps) <= set(range(acknowledged + 2))
        assert all(steps.count(step) == 50 for step in set(steps))
        store.append(run_id, [(0, "after", 1.0)])


def test_on_a_full_disk_the_remedy_is_said_and_what_was_written_stays() -> None:
    with RunStore() as store:
        run = store.create(**TEXTS)
        store.append(run.id, [(0, "step.loss", 1.0)])
        (pages,) = store._connection.execute("PRAGMA page_count").fetchone()
        store._connection.execute(f"PRAGMA max_page_count = {pages}")
        with pytest.raises(RunError, match="full") as caught:
            store.append(run.id, [(n, "step.accuracy", 1.0) for n in range(5000)])
        assert "Make room" in caught.value.hint_text
        assert store.metrics(run.id) == [(0, "step.loss", 1.0)]
        store._connection.execute(f"PRAGMA max_page_count = {pages + 1000}")
        store.append(run.id, [(n, "step.accuracy", 1.0) for n in range(5000)])
        assert len(store.metrics(run.id)) == 5001
