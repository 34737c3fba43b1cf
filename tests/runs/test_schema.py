"""Stores of other versions and of other programs: brought up to date, or refused and left as they are."""

from __future__ import annotations

import math
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from explorer import paths
from explorer.errors import RunError
from explorer.runs import schema
from explorer.runs.store import RunStore

FIRST_VERSION = """
CREATE TABLE runs (id TEXT PRIMARY KEY, created REAL NOT NULL, updated REAL NOT NULL, status TEXT NOT NULL,
    spec TEXT NOT NULL, plan TEXT NOT NULL, data TEXT NOT NULL, origin TEXT NOT NULL,
    summary TEXT NOT NULL DEFAULT '{}');
CREATE TABLE metrics (run TEXT NOT NULL REFERENCES runs(id) ON DELETE CASCADE, step INTEGER NOT NULL,
    name TEXT NOT NULL, value REAL NOT NULL, PRIMARY KEY (run, step, name)) WITHOUT ROWID;
INSERT INTO runs VALUES ('20260101-000000-abcdef', 1.0, 2.0, 'running', '{}', '{}', 'digits', '{}', '{}');
INSERT INTO metrics VALUES ('20260101-000000-abcdef', 5, 'step.loss', 0.5);
INSERT INTO metrics VALUES ('20260101-000000-abcdef', 5, 'epoch.test_accuracy', 0.75);
INSERT INTO metrics VALUES ('20260101-000000-abcdef', 5, 'epoch.test_loss', 0.25);
"""


def old_store(path: Path) -> Path:
    connection = sqlite3.connect(path)
    connection.executescript(FIRST_VERSION)
    connection.close()
    return path


def test_a_store_of_the_first_version_is_brought_up_to_date(tmp_path: Path) -> None:
    path = old_store(tmp_path / "runs.sqlite3")
    for _ in range(2):
        with RunStore(path) as store:
            (run,) = store.runs()
            assert (run.name, run.starred, run.deleted, run.standing) == ("", False, None, "interrupted")
            assert store.metrics(run.id) == [
                (5, "epoch.validation_accuracy", 0.75),
                (5, "epoch.validation_loss", 0.25),
                (5, "step.loss", 0.5),
            ]
            assert store.metrics(run.id, "epoch.validation_accuracy") == [
                (5, "epoch.validation_accuracy", 0.75)
            ]
    with RunStore(path) as store:
        store.append(run.id, [(6, "step.loss", math.nan)])
        assert store.run(run.id).updated > 2.0
        # Rows still go with their run.
        store.delete([run.id])
        assert store.purge_deleted() == 1
        assert store.metrics(run.id) == []


def test_a_store_is_brought_up_to_date_wholly_or_not_at_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = old_store(tmp_path / "runs.sqlite3")
    broken = (*schema._STEPS[:-1], (*schema._STEPS[-1], "CREATE NONSENSE"))
    with monkeypatch.context() as patch:
        patch.setattr(schema, "_STEPS", broken)
        with pytest.raises(RunError, match="NONSENSE"):
            RunStore(path)
    connection = sqlite3.connect(path)
    columns = [row[1] for row in connection.execute("PRAGMA table_info(runs)")]
    connection.close()
    assert "starred" not in columns
    with RunStore(path) as store:
        assert len(store.runs()) == 1


def test_several_programs_may_bring_a_store_up_to_date_at_once(home: Path) -> None:
    paths.data_dir()
    old_store(paths.data_dir() / "runs.sqlite3")
    script = (
        "import sys; from explorer.runs.store import RunStore\n"
        "with RunStore() as store: sys.exit(len(store.runs()) != 1)"
    )
    others = [subprocess.Popen([sys.executable, "-c", script]) for _ in range(3)]
    assert [other.wait(60) for other in others] == [0, 0, 0]


@pytest.mark.parametrize(
    ("statements", "said"),
    [
        (["PRAGMA user_version = 99"], "version 99"),
        (["CREATE TABLE songs (title TEXT)"], "another program"),
    ],
)
def test_a_store_of_others_is_refused_and_left_as_it_is(
    tmp_path: Path, statements: list[str], said: str
) -> None:
    path = tmp_path / "runs.sqlite3"
    connection = sqlite3.connect(path)
    for statement in statements:
        connection.execute(statement)
    connection.close()
    before = path.read_bytes()
    with pytest.raises(RunError, match=said) as caught:
        RunStore(path)
    assert caught.value.hint_text
    assert path.read_bytes() == before
