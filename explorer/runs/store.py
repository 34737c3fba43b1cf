"""The store of runs: one SQLite file.

Knows JSON texts and (run, step, name, value) rows, not what they mean. Called by `training/record.py`, the
engine's IO pool and the command line. Imports `paths`, `errors` and the standard library only.
"""

from __future__ import annotations

import secrets
import sqlite3
import threading
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Literal

from explorer import paths
from explorer.errors import RunError

Status = Literal["running", "finished", "stopped", "failed"]
MetricRow = tuple[int, str, float]
"""(step, name, value)."""

FIRST_WITHOUT_WAL_BUG = (3, 51, 3)
"""SQLite before this may lose a write to the WAL when several processes write (its release notes)."""
BUSY_S = 30.0

_SCHEMA = """
CREATE TABLE IF NOT EXISTS runs (
    id TEXT PRIMARY KEY,
    created REAL NOT NULL,
    updated REAL NOT NULL,
    status TEXT NOT NULL,
    spec TEXT NOT NULL,
    plan TEXT NOT NULL,
    data TEXT NOT NULL,
    origin TEXT NOT NULL,
    summary TEXT NOT NULL DEFAULT '{}'
);
CREATE TABLE IF NOT EXISTS metrics (
    run TEXT NOT NULL REFERENCES runs(id) ON DELETE CASCADE,
    step INTEGER NOT NULL,
    name TEXT NOT NULL,
    value REAL NOT NULL,
    PRIMARY KEY (run, step, name)
) WITHOUT ROWID;
"""


@dataclass(frozen=True, slots=True)
class Run:
    """One training, as the store knows it.

    Attributes:
        id: Also the name of its folder.
        created: Seconds since 1970.
        updated: When something was last written.
        status: How it stands. A run whose process died is still `running`.
        spec: JSON text of the architecture.
        plan: JSON text of the plan.
        data: What the user called the data.
        origin: JSON text: seed, device, commit and the like.
        summary: JSON text of what it reached; `{}` until it ends.
    """

    id: str
    created: float
    updated: float
    status: Status
    spec: str
    plan: str
    data: str
    origin: str
    summary: str

    @property
    def folder(self) -> Path:
        """Where its checkpoints and weights are; not made by asking."""
        return paths.data_dir() / "runs" / self.id

    @property
    def checkpoints(self) -> Path:
        """The folder of its checkpoints."""
        return self.folder / "checkpoints"


_COLUMNS = "id, created, updated, status, spec, plan, data, origin, summary"


class RunStore:
    """The runs in one file. Any thread may call it; one writes at a time.

    Args:
        path: The file; by default in the program's data folder.

    Raises:
        RunError: The file cannot be opened or is no store.
    """

    def __init__(self, path: Path | None = None) -> None:
        self.path = path or paths.data_dir() / "runs.sqlite3"
        self._lock = threading.Lock()
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self._connection = sqlite3.connect(self.path, timeout=BUSY_S, check_same_thread=False)
            self._connection.execute("PRAGMA foreign_keys=ON")
            self._connection.execute(f"PRAGMA journal_mode={journal_mode()}")
            self._connection.execute("PRAGMA synchronous=FULL")
            self._connection.executescript(_SCHEMA)
        except (sqlite3.Error, OSError) as error:
            raise self._error(error) from error

    def __enter__(self) -> RunStore:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the file. Nothing may be called afterwards."""
        with self._lock:
            self._connection.close()

    def create(self, *, spec: str, plan: str, data: str, origin: str) -> Run:
        """A new run, `running` from now on.

        Args:
            spec: JSON text of the architecture.
            plan: JSON text of the plan.
            data: What the user called the data.
            origin: JSON text: seed, device, commit and the like.

        Raises:
            RunError: It cannot be written.
        """
        now = time.time()
        stamp = time.strftime("%Y%m%d-%H%M%S", time.localtime(now))
        run_id = f"{stamp}-{secrets.token_hex(3)}"
        run = Run(run_id, now, now, "running", spec, plan, data, origin, "{}")
        values = (run.id, now, now, run.status, spec, plan, data, origin, run.summary)
        self._write(f"INSERT INTO runs ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", [values])
        return run

    def append(self, run_id: str, rows: Iterable[MetricRow]) -> None:
        """Metrics of a run; a row with the same step and name is overwritten, so a redone step is no double.

        Raises:
            RunError: They cannot be written, or there is no such run.
        """
        self._write(
            "INSERT INTO metrics (run, step, name, value) VALUES (?, ?, ?, ?) "
            "ON CONFLICT (run, step, name) DO UPDATE SET value = excluded.value",
            [(run_id, *row) for row in rows],
        )

    def set_status(self, run_id: str, status: Status, summary: str = "{}") -> None:
        """How a run stands now, and what it reached.

        Raises:
            RunError: It cannot be written.
        """
        self._write(
            "UPDATE runs SET status = ?, summary = ?, updated = ? WHERE id = ?",
            [(status, summary, time.time(), run_id)],
        )

    def runs(self) -> list[Run]:
        """Every run, the newest first.

        Raises:
            RunError: The store cannot be read.
        """
        rows = self._read(f"SELECT {_COLUMNS} FROM runs ORDER BY created DESC, id DESC")
        return [Run(*row) for row in rows]

    def run(self, run_id: str) -> Run:
        """One run, by its id or by a beginning of it that only one has.

        Raises:
            RunError: There is none or more than one, or the store cannot be read.
        """
        rows = self._read(
            f"SELECT {_COLUMNS} FROM runs WHERE substr(id, 1, ?) = ? LIMIT 2", (len(run_id), run_id)
        )
        if len(rows) != 1 or not run_id:
            raise RunError(
                "There is no run {run}." if not rows else "More than one run begins with {run}.",
                "`resnet-explorer runs list` lists all.",
                run=run_id,
            )
        return Run(*rows[0])

    def metrics(self, run_id: str, name: str | None = None) -> list[MetricRow]:
        """A run's metrics by step, of one name or of all.

        Raises:
            RunError: The store cannot be read.
        """
        query = "SELECT step, name, value FROM metrics WHERE run = ?"
        if name is None:
            return self._read(f"{query} ORDER BY step, name", (run_id,))
        return self._read(f"{query} AND name = ? ORDER BY step", (run_id, name))

    def _write(self, statement: str, rows: list[tuple[object, ...]]) -> None:
        if not rows:
            return
        try:
            with self._lock, self._connection:
                self._connection.executemany(statement, rows)
        except sqlite3.Error as error:
            raise self._error(error) from error

    def _read(self, query: str, arguments: tuple[object, ...] = ()) -> list[Any]:
        try:
            with self._lock:
                return self._connection.execute(query, arguments).fetchall()
        except sqlite3.Error as error:
            raise self._error(error) from error

    def _error(self, error: Exception) -> RunError:
        return RunError(
            "The store of runs {path} cannot be used: {reason}.",
            "Check the disk; if the file is damaged, move it away and a new one is made.",
            path=str(self.path),
            reason=str(error),
        )


def journal_mode(version: tuple[int, ...] = sqlite3.sqlite_version_info) -> str:
    """The journal that keeps what was acknowledged with this version of SQLite."""
    return "WAL" if version >= FIRST_WITHOUT_WAL_BUG else "DELETE"
