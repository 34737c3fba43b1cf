"""The tables of the store of runs, and how a store that an older version made becomes one of now.

`PRAGMA user_version` counts the steps below that a file has been through; each program brings what it lacks.
Called by `runs/store.py`. Imports `errors` and the standard library only.
"""

from __future__ import annotations

import sqlite3

from explorer.errors import RunError

_STEPS: tuple[tuple[str, ...], ...] = (
    # As the first version made it, which counted no steps: such a store has these tables already.
    (
        """
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
        )
        """,
        """
        CREATE TABLE IF NOT EXISTS metrics (
            run TEXT NOT NULL REFERENCES runs(id) ON DELETE CASCADE,
            step INTEGER NOT NULL,
            name TEXT NOT NULL,
            value REAL NOT NULL,
            PRIMARY KEY (run, step, name)
        ) WITHOUT ROWID
        """,
    ),
    # Names, notes and stars, runs that are marked as deleted, whose process runs one, and values that are no
    # number: SQLite keeps NaN as NULL, which `NOT NULL` refused, and with it all rows of that moment.
    (
        "ALTER TABLE runs ADD COLUMN name TEXT NOT NULL DEFAULT ''",
        "ALTER TABLE runs ADD COLUMN note TEXT NOT NULL DEFAULT ''",
        "ALTER TABLE runs ADD COLUMN starred INTEGER NOT NULL DEFAULT 0",
        "ALTER TABLE runs ADD COLUMN deleted REAL",
        "ALTER TABLE runs ADD COLUMN deleted_by TEXT NOT NULL DEFAULT ''",
        "ALTER TABLE runs ADD COLUMN owner TEXT NOT NULL DEFAULT ''",
        "ALTER TABLE metrics RENAME TO metrics_before",
        """
        CREATE TABLE metrics (
            run TEXT NOT NULL REFERENCES runs(id) ON DELETE CASCADE,
            step INTEGER NOT NULL,
            name TEXT NOT NULL,
            value REAL,
            PRIMARY KEY (run, step, name)
        ) WITHOUT ROWID
        """,
        "INSERT INTO metrics SELECT run, step, name, value FROM metrics_before",
        "DROP TABLE metrics_before",
        # The list of runs asks for the best epoch of each; there are few such rows among those of steps.
        "CREATE INDEX epochs ON metrics (name, run, value) WHERE substr(name, 1, 6) = 'epoch.'",
    ),
)
SCHEMA_VERSION = len(_STEPS)


def bring_up_to_date(connection: sqlite3.Connection, path: str) -> None:
    """Make the tables of now, in one transaction: a store is changed wholly or not at all.

    Args:
        connection: Without a transaction, and in autocommit mode.
        path: What errors call the file.

    Raises:
        RunError: A newer program made the store, or another program the file.
        sqlite3.Error: The file cannot be read or written, or is no database.
    """
    if _version(connection) == SCHEMA_VERSION:
        return
    connection.execute("BEGIN IMMEDIATE")
    try:
        # Asked again: another process may have been faster.
        version = _version(connection)
        _refuse_foreign(connection, version, path)
        for statements in _STEPS[version:]:
            for statement in statements:
                connection.execute(statement)
        connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
    except BaseException:
        connection.rollback()
        raise
    connection.commit()


def _version(connection: sqlite3.Connection) -> int:
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    return int(version)


def _refuse_foreign(connection: sqlite3.Connection, version: int, path: str) -> None:
    """Change no file that this program does not know."""
    if version > SCHEMA_VERSION:
        raise RunError(
            "The store of runs {path} has version {version}; this program knows up to {known}.",
            "Update the program; the store stays as it is.",
            path=path,
            version=version,
            known=SCHEMA_VERSION,
        )
    tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    if tables and not {"runs", "metrics"} <= tables:
        raise RunError(
            "{path} is a database of another program.",
            "Move it away and a new store is made.",
            path=path,
        )
