"""The store of runs: one SQLite file.

Knows JSON texts and (run, step, name, value) rows, not what they mean. Called by `training/record.py`, the
engine's IO pool and the command line. Imports `paths`, `errors` and the standard library only.
"""

from __future__ import annotations

import math
import secrets
import shutil
import sqlite3
import threading
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Any

from explorer import paths
from explorer.errors import RunError
from explorer.runs.names import OLD_NAMES
from explorer.runs.names import MetricRow as MetricRow
from explorer.runs.owner import is_alive, this_process
from explorer.runs.run import Run as Run  # with the store, as those who use it know it
from explorer.runs.run import Status, runs_folder
from explorer.runs.schema import bring_up_to_date

FIRST_WITHOUT_WAL_BUG = (3, 51, 3)
"""SQLite before this may lose a write to the WAL when several processes write (its release notes)."""
BUSY_S = 30.0
ROWS_AT_ONCE = 20_000
"""Rows read in one turn, some 20 ms: a training that writes does not wait for a long curve to be read."""

_COLUMNS = (
    "id, created, updated, status, spec, plan, data, origin, summary, name, note, starred, deleted, owner"
)


class RunStore:
    """The runs in one file. Any thread and several processes may call it; one writes at a time.

    Args:
        path: The file; by default in the program's data folder.

    Raises:
        RunError: The file cannot be opened or is no store; it is left as it is.
    """

    def __init__(self, path: Path | None = None) -> None:
        self.path = path or paths.data_dir() / "runs.sqlite3"
        self._lock = threading.Lock()
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            # Transactions are begun by hand: some must hold the file before their first look at it.
            self._connection = sqlite3.connect(
                self.path, timeout=BUSY_S, isolation_level=None, check_same_thread=False
            )
        except (sqlite3.Error, OSError) as error:
            raise self._error(error) from error
        try:
            # Before all else: a file of a newer version or of another program is not even given a journal.
            bring_up_to_date(self._connection, str(self.path))
            self._connection.execute("PRAGMA foreign_keys=ON")
            self._connection.execute(f"PRAGMA journal_mode={journal_mode()}")
            self._connection.execute("PRAGMA synchronous=FULL")
        except sqlite3.Error as error:
            self._connection.close()
            raise self._error(error) from error
        except RunError:
            self._connection.close()
            raise

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

    # One run from its start to its end

    def create(self, *, spec: str, plan: str, data: str, origin: str, name: str = "") -> Run:
        """A new run, `running` in this process from now on.

        Args:
            spec: JSON text of the architecture.
            plan: JSON text of the plan.
            data: What the user called the data.
            origin: JSON text: seed, device, commit and the like.
            name: What the user calls the run.

        Raises:
            RunError: It cannot be written.
        """
        now = time.time()
        stamp = time.strftime("%Y%m%d-%H%M%S", time.localtime(now))
        run_id = f"{stamp}-{secrets.token_hex(3)}"
        run = Run(run_id, now, now, "running", spec, plan, data, origin, "{}", name, owner=this_process())
        values = (run_id, now, now, run.status, spec, plan, data, origin, "{}", name, "", 0, None, run.owner)
        with self._transaction() as connection:
            places = ", ".join("?" * len(values))
            connection.execute(f"INSERT INTO runs ({_COLUMNS}) VALUES ({places})", values)
        return run

    def adopt(self, run: Run, rows: Iterable[MetricRow]) -> None:
        """A run that ended elsewhere, with its metrics. One that is here stays as it is, or is restored.

        Raises:
            RunError: It cannot be written.
        """
        texts = (run.spec, run.plan, run.data, run.origin, run.summary, run.name, run.note)
        values = (run.id, run.created, run.updated, run.status, *texts, 0, None, "")
        places = ", ".join("?" * len(values))
        with self._transaction() as connection:
            insert = f"INSERT OR IGNORE INTO runs ({_COLUMNS}) VALUES ({places})"
            if connection.execute(insert, values).rowcount:
                insert = "INSERT INTO metrics (run, step, name, value) VALUES (?, ?, ?, ?)"
                connection.executemany(insert, [(run.id, *row) for row in rows])
            else:
                connection.execute("UPDATE runs SET deleted = NULL, deleted_by = '' WHERE id = ?", (run.id,))

    def append(self, run_id: str, rows: Iterable[MetricRow]) -> None:
        """Metrics of a run; a row with the same step and name is overwritten, so a redone step is no double.

        All are written or none is. NaN and the infinities are kept.

        Raises:
            RunError: They cannot be written, or there is no such run.
        """
        values = [(run_id, *row) for row in rows]
        if not values:
            return
        with self._transaction() as connection:
            connection.executemany(
                "INSERT INTO metrics (run, step, name, value) VALUES (?, ?, ?, ?) "
                "ON CONFLICT (run, step, name) DO UPDATE SET value = excluded.value",
                values,
            )
            connection.execute("UPDATE runs SET updated = ? WHERE id = ?", (time.time(), run_id))

    def set_status(self, run_id: str, status: Status, summary: str = "{}") -> None:
        """How a run stands now, and what it reached.

        `running` takes the run for this process, as one that is resumed.

        Raises:
            RunError: It cannot be written, there is no such run, or it is to run here while another process
                runs it or after it was deleted.
        """
        with self._transaction() as connection:
            run = self._one(connection, run_id)
            if status == "running":
                self._refuse_going_on(run)
            connection.execute(
                "UPDATE runs SET status = ?, summary = ?, updated = ?, owner = ? WHERE id = ?",
                (status, summary, time.time(), this_process() if status == "running" else "", run_id),
            )

    # What the user says about runs

    def edit(
        self, run_id: str, *, name: str | None = None, note: str | None = None, starred: bool | None = None
    ) -> None:
        """Name, note or star a run; None leaves a part as it is.

        Raises:
            RunError: There is no such run, or it cannot be written.
        """
        changes = {"name": name, "note": note, "starred": starred}
        with self._transaction() as connection:
            self._one(connection, run_id)
            for column, value in changes.items():
                if value is not None:
                    connection.execute(f"UPDATE runs SET {column} = ? WHERE id = ?", (value, run_id))

    def delete(self, run_ids: Sequence[str]) -> None:
        """Mark runs as deleted, all or none; `restore` brings them back until `purge_deleted`.

        Raises:
            RunError: There is no such run, it is being trained, or the store cannot be written.
        """
        with self._transaction() as connection:
            for run_id in run_ids:
                self._refuse_running(self._one(connection, run_id), "be deleted", even_here=True)
                connection.execute(
                    "UPDATE runs SET deleted = ?, deleted_by = ? WHERE id = ? AND deleted IS NULL",
                    (time.time(), this_process(), run_id),
                )

    def restore(self, run_ids: Sequence[str]) -> None:
        """Take the mark of deleted runs away, of all or none.

        Raises:
            RunError: There is no such run (any more), or the store cannot be written.
        """
        with self._transaction() as connection:
            for run_id in run_ids:
                self._one(connection, run_id)
                connection.execute("UPDATE runs SET deleted = NULL, deleted_by = '' WHERE id = ?", (run_id,))

    def purge_deleted(self) -> int:
        """Really delete what is marked, with its files; called when the program ends.

        Runs that a program which is still open has marked stay: its user may want them back.

        Returns:
            How many went. One whose files cannot be deleted stays marked, for the next time.

        Raises:
            RunError: The store cannot be read or written.
        """
        gone = 0
        for run_id, by in self._read("SELECT id, deleted_by FROM runs WHERE deleted IS NOT NULL"):
            if by != this_process() and is_alive(by) is not False:
                continue
            # In one transaction, so that nobody restores a run whose files are half gone. The files go first:
            # what is interrupted here is finished the next time.
            with self._transaction() as connection:
                query = "SELECT 1 FROM runs WHERE id = ? AND deleted IS NOT NULL"
                if connection.execute(query, (run_id,)).fetchone() and _remove_folder(run_id):
                    connection.execute("DELETE FROM runs WHERE id = ?", (run_id,))
                    gone += 1
        return gone

    # Reading

    def runs(self, *, deleted: bool = False) -> list[Run]:
        """Every run, the newest first.

        Args:
            deleted: Those marked as deleted instead of all others.

        Raises:
            RunError: The store cannot be read.
        """
        is_null = "NOT NULL" if deleted else "NULL"
        query = f"SELECT {_COLUMNS} FROM runs WHERE deleted IS {is_null} ORDER BY created DESC, id DESC"
        return [_run(row) for row in self._read(query)]

    def run(self, run_id: str) -> Run:
        """One run, by its id or by a beginning of it that only one has; deleted ones too.

        Raises:
            RunError: There is none or more than one, or the store cannot be read.
        """
        query = f"SELECT {_COLUMNS} FROM runs WHERE substr(id, 1, ?) = ? LIMIT 2"
        rows = self._read(query, (len(run_id), run_id))
        if len(rows) != 1 or not run_id:
            raise _no_run(run_id, is_several=len(rows) > 1 and bool(run_id))
        return _run(rows[0])

    def run_to_resume(self, run_id: str) -> Run:
        """As `run`, where it may go on here; `set_status` takes it, once all is ready.

        Raises:
            RunError: There is none or more than one, it has finished, was deleted or is trained by another
                process, or the store cannot be read.
        """
        run = self.run(run_id)
        if run.is_complete:
            raise RunError(
                "The run {run} has finished.", "Train it on for more epochs (train --extend).", run=run.id
            )
        self._refuse_going_on(run)
        return run

    def metrics(self, run_id: str, name: str | None = None) -> list[MetricRow]:
        """A run's metrics by step, of one name or of all. `OLD_NAMES` are read as those of now.

        Raises:
            RunError: The store cannot be read.
        """
        names = [name, *(old for old, new in OLD_NAMES.items() if new == name)] if name else []
        named = f" AND name IN ({', '.join('?' * len(names))})" if names else ""
        query = (
            f"SELECT step, name, value FROM metrics WHERE run = ?{named} AND (step, name) > (?, ?) "
            "ORDER BY step, name LIMIT ?"
        )
        found: list[MetricRow] = []
        step, last = -(2**63), ""
        while True:
            rows = self._read(query, (run_id, *names, step, last, ROWS_AT_ONCE))
            found += [
                (step, OLD_NAMES.get(name, name), math.nan if value is None else value)
                for step, name, value in rows
            ]
            if len(rows) < ROWS_AT_ONCE:
                return found
            step, last, _ = rows[-1]

    def best(self, name: str) -> dict[str, tuple[int, float | None]]:
        """How often each run has a metric of the epochs, and its largest value.

        Args:
            name: Begins with `epoch.`.

        Returns:
            By the run's id; runs without one are not in it. The value is None where none is a number.

        Raises:
            RunError: The store cannot be read.
        """
        names = [name, *(old for old, new in OLD_NAMES.items() if new == name)]
        query = (
            "SELECT run, COUNT(*), MAX(value) FROM metrics WHERE substr(name, 1, 6) = 'epoch.' "
            f"AND name IN ({', '.join('?' * len(names))}) GROUP BY run"
        )
        return {run: (count, value) for run, count, value in self._read(query, tuple(names))}

    # Inside

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        """Everything inside is written and synced at its end, or none of it is."""
        try:
            with self._lock:
                # At once, not at the first write: what is seen inside must still hold when it is written.
                self._connection.execute("BEGIN IMMEDIATE")
                try:
                    yield self._connection
                    self._connection.commit()
                except BaseException:
                    self._connection.rollback()
                    raise
        except sqlite3.Error as error:
            raise self._error(error) from error

    def _read(self, query: str, arguments: tuple[object, ...] = ()) -> list[Any]:
        try:
            with self._lock:
                return self._connection.execute(query, arguments).fetchall()
        except sqlite3.Error as error:
            raise self._error(error) from error

    def _one(self, connection: sqlite3.Connection, run_id: str) -> Run:
        row = connection.execute(f"SELECT {_COLUMNS} FROM runs WHERE id = ?", (run_id,)).fetchone()
        if row is None:
            raise _no_run(run_id)
        return _run(row)

    def _refuse_going_on(self, run: Run) -> None:
        self._refuse_running(run, "go on")
        if run.deleted is not None:
            raise RunError("The run {run} was deleted.", "Restore it first.", run=run.id)

    def _refuse_running(self, run: Run, what: str, *, even_here: bool = False) -> None:
        """A run that a process trains is left to it."""
        if run.standing == "running" and (even_here or run.owner != this_process()):
            raise RunError(
                "The run {run} cannot {what} while it is being trained.",
                "Stop the training first.",
                run=run.id,
                what=what,
            )

    def _error(self, error: Exception) -> RunError:
        code = getattr(error, "sqlite_errorcode", None)
        hint = {
            sqlite3.SQLITE_FULL: "Make room on the disk; nothing that was written before is lost.",
            sqlite3.SQLITE_BUSY: "Another program holds it for long; close that program and try again.",
        }.get(code or 0, "Check the disk; if the file is damaged, move it away and a new one is made.")
        return RunError(
            "The store of runs {path} cannot be used: {reason}.", hint, path=str(self.path), reason=str(error)
        )


def journal_mode(version: tuple[int, ...] = sqlite3.sqlite_version_info) -> str:
    """The journal that keeps what was acknowledged with this version of SQLite."""
    return "WAL" if version >= FIRST_WITHOUT_WAL_BUG else "DELETE"


def _run(row: tuple[Any, ...]) -> Run:
    run = Run(*row)
    return replace(run, starred=bool(run.starred))


def _no_run(run_id: str, *, is_several: bool = False) -> RunError:
    return RunError(
        "More than one run begins with {run}." if is_several else "There is no run {run}.",
        "It may have been deleted. The list of runs has those that are there (`resnet-explorer runs list`).",
        run=run_id,
    )


def _remove_folder(run_id: str) -> bool:
    """Delete a run's files; whether they are gone."""
    folder = runs_folder() / run_id
    # An id from a damaged store must not lead out of the folder.
    if not run_id or folder.parent != runs_folder() or folder.name in (".", ".."):
        return True
    shutil.rmtree(folder, ignore_errors=True)
    return not folder.exists()
