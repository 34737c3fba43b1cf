"""The queue of a study, on the disk: what it is, and which of its cells failed.

One file a study, written beside, synced and renamed. Which runs belong to which cell is not in it: each run
says so itself (its origin has `study` and `cell`), so that a kill between two writes loses nothing and no
cell is trained twice. Called by `engine/handlers/study.py` and the command line. Must not import torch or Qt.
"""

from __future__ import annotations

import contextlib
import json
import secrets
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from explorer import paths
from explorer.engine.study_messages import CellRow, CellStatus, StudyRow, StudyStatus
from explorer.errors import ExplorerError, RunError
from explorer.files import exclusive, written_whole
from explorer.runs.names import VALIDATION_ACCURACY
from explorer.runs.run import Run
from explorer.runs.store import RunStore
from explorer.training.study import Cell, Study, cells, study_from_json

SCHEMA_VERSION = 1
LOCK_PATIENCE_S = 1.0
"""Who lists studies holds a lock for an instant; who trains holds it for long."""
LOCK_TURN_S = 0.02
LISTING_PATIENCE_S, LISTING_TURN_S = 0.05, 0.002
"""Of one who lists them."""


class _HeldError(Exception):
    """Another process or thread holds the lock."""


@dataclass(slots=True)
class StudyQueue:
    """One study on the disk.

    Attributes:
        id: Also the name of its file.
        created: Seconds since 1970.
        study: What it is.
        failed: Why cells failed, by their ids.
    """

    id: str
    created: float
    study: Study
    failed: dict[str, str] = field(default_factory=dict)

    @property
    def path(self) -> Path:
        """Its file."""
        return studies_folder() / f"{self.id}.json"

    # Reading and writing

    @classmethod
    def create(cls, study: Study) -> StudyQueue:
        """Write a new study.

        Raises:
            RunError: It cannot be written.
        """
        now = time.time()
        stamp = time.strftime("%Y%m%d-%H%M%S", time.localtime(now))
        queue = cls(f"{stamp}-{secrets.token_hex(3)}", now, study)
        queue.write()
        return queue

    @classmethod
    def open(cls, study_id: str) -> StudyQueue:
        """Read a study, by its id or by a beginning of it that only one has.

        Raises:
            RunError: There is none or more than one, or it cannot be read.
            SpecError: Its network cannot be.
        """
        found = [name for name in study_ids() if study_id and name.startswith(study_id)]
        if study_id in found:
            found = [study_id]
        if len(found) != 1:
            raise RunError(
                "More than one study begins with {study}." if found else "There is no study {study}.",
                "The studies are: {known}.",
                study=study_id,
                known=", ".join(study_ids()) or "none yet",
            )
        return _read(studies_folder() / f"{found[0]}.json")

    def write(self) -> None:
        """Write all of it, so that a kill at any instant leaves the old file or the new one.

        Raises:
            RunError: It cannot be written; the file is as it was.
        """
        text = json.dumps(
            {
                "schema": SCHEMA_VERSION,
                "id": self.id,
                "created": self.created,
                "study": json.loads(self.study.to_json()),
                "failed": self.failed,
            },
            indent=2,
        )
        try:
            with written_whole(self.path) as file:
                file.write(text.encode())
        except OSError as error:
            raise RunError(
                "The study {path} cannot be written: {reason}.",
                "Make room on the disk and go on with it.",
                path=str(self.path),
                reason=error.strerror or str(error),
            ) from error

    def delete(self) -> None:
        """Forget the study until `restore`.

        Its runs stay, and so does the lock: who waits for it must find this one.

        Raises:
            RunError: It is being trained, was deleted already, or cannot be deleted.
        """
        with self.held():
            try:
                self.path.replace(_deleted(self.path))
            except OSError as error:
                raise RunError(
                    "The study {path} cannot be deleted: {reason}.",
                    "Check the folder.",
                    path=str(self.path),
                    reason=error.strerror or str(error),
                ) from error

    @staticmethod
    def restore(study_id: str) -> None:
        """Take one back that was deleted.

        Raises:
            RunError: It is not there (any more), or cannot be restored.
        """
        path = studies_folder() / f"{study_id}.json"
        try:
            _deleted(path).replace(path)
        except OSError as error:
            raise RunError(
                "The study {path} cannot be put back: {reason}.",
                "Set it up once more; its runs are in the list of runs.",
                path=str(path),
                reason=error.strerror or str(error),
            ) from error

    # Who trains it

    @contextlib.contextmanager
    def held(self) -> Iterator[None]:
        """Hold the study for this process, as it is now; the system frees it when the process dies.

        What another process wrote before it let go is read: cells that failed there have failed here.

        Raises:
            RunError: Another process trains it, somebody deleted it, it cannot be read, or there can be no
                lock.
        """
        end = time.monotonic() + LOCK_PATIENCE_S

        def wait() -> None:
            if time.monotonic() > end:
                raise RunError(
                    "The study {study} is being trained already.",
                    "Pause it where it runs, or wait until it ends.",
                    study=self.id,
                )
            time.sleep(LOCK_TURN_S)

        with self._locked(wait):
            if not self.path.is_file():
                raise RunError(
                    "The study {study} was deleted.", "Make it again; its runs stay.", study=self.id
                )
            self.failed = _read(self.path).failed
            yield

    @property
    def is_held(self) -> bool:
        """Whether some process trains it now; another that only asks the same is waited for."""
        end = time.monotonic() + LISTING_PATIENCE_S

        def wait() -> None:
            if time.monotonic() > end:
                raise _HeldError
            time.sleep(LISTING_TURN_S)

        try:
            with self._locked(wait):
                return False
        except _HeldError:
            return True

    @property
    def _lock(self) -> Path:
        return self.path.with_suffix(".lock")

    @contextlib.contextmanager
    def _locked(self, wait: Any) -> Iterator[None]:
        with contextlib.ExitStack() as stack:
            try:
                stack.enter_context(exclusive(self._lock, wait))
            except OSError as error:
                raise RunError(
                    "The study {path} cannot be held: {reason}.",
                    "Check the folder's rights.",
                    path=str(self.path),
                    reason=error.strerror or str(error),
                ) from error
            yield

    # How it stands

    def row(self, store: RunStore, *, is_held: bool | None = None) -> StudyRow:
        """All of it as it stands.

        Args:
            store: Where its runs are.
            is_held: Whether it is being trained; looked up where None.

        Raises:
            RunError: The store cannot be read.
        """
        best = store.best(VALIDATION_ACCURACY)
        by_cell = self._runs(store)
        rows = tuple(self._cell_row(cell, by_cell.get(cell.id), best) for cell in cells(self.study))
        is_held = self.is_held if is_held is None else is_held
        return StudyRow(self.id, self.study, _status(rows, is_held), rows)

    def run_of(self, cell: Cell, store: RunStore) -> Run | None:
        """The run of a cell: the newest that says so; None where there is none.

        Raises:
            RunError: The store cannot be read.
        """
        return self._runs(store).get(cell.id)

    def next_cell(self, store: RunStore, passed: Sequence[str] = ()) -> Cell | None:
        """The next cell to train: the first that is neither finished nor failed nor refused.

        Args:
            store: Where its runs are.
            passed: Cells that are left out, by their ids.

        Raises:
            RunError: The store cannot be read.
        """
        for row in self.row(store, is_held=True).cells:
            if row.status in ("waiting", "paused") and row.cell.id not in passed:
                return row.cell
        return None

    def note_failure(self, cell: Cell, error: BaseException) -> None:
        """Say why a cell failed.

        Raises:
            RunError: It cannot be written.
        """
        is_own = isinstance(error, ExplorerError)
        self.failed[cell.id] = str(error) if is_own else f"{type(error).__name__}: {error}"
        self.write()

    def forgive(self) -> None:
        """Let the failed cells wait again.

        Raises:
            RunError: It cannot be written.
        """
        if self.failed:
            self.failed.clear()
            self.write()

    def tags(self, cell: Cell) -> tuple[tuple[str, str], ...]:
        """What a run's origin says, so that it is found again."""
        return (("study", self.id), ("cell", cell.id))

    def _runs(self, store: RunStore) -> dict[str, Run]:
        """The newest run of each cell that is whole, by the cell's id."""
        found: dict[str, Run] = {}
        for run in store.runs():
            if self.id not in run.origin:
                continue
            origin = json.loads(run.origin)
            if origin.get("study") == self.id:
                found.setdefault(str(origin.get("cell")), run)
        return found

    def _cell_row(self, cell: Cell, run: Run | None, best: dict[str, tuple[int, float | None]]) -> CellRow:
        if cell.spec is None:
            return CellRow(cell, "refused", cause=cell.reason)
        if run is None:
            cause = self.failed.get(cell.id, "")
            return CellRow(cell, "failed" if cause else "waiting", cause=cause)
        summary: dict[str, Any] = json.loads(run.summary)
        epochs_done, validation = best.get(run.id, (0, None))
        status = self._cell_status(cell, run)
        return CellRow(
            cell=cell,
            status=status,
            run=run.id,
            epochs_done=epochs_done,
            validation_accuracy=validation,
            test_accuracy=summary.get("test_accuracy"),
            seconds=summary.get("seconds"),
            cause=self.failed.get(cell.id, "") if status == "failed" else "",
        )

    def _cell_status(self, cell: Cell, run: Run) -> CellStatus:
        if run.is_complete:
            return "finished"
        if cell.id in self.failed:
            return "failed"
        if run.standing == "running":
            return "running"
        # One that broke off and of which no failure was noted goes on; so does one that was killed.
        return "paused" if run.has_checkpoint else "waiting"


def studies_folder() -> Path:
    """Where each study has its file."""
    return paths.data_dir() / "studies"


def study_ids() -> list[str]:
    """All studies, the newest first."""
    return sorted((path.stem for path in studies_folder().glob("[!.]*.json")), reverse=True)


def _deleted(path: Path) -> Path:
    """Where a study's file waits to be wanted back: hidden, and a few kilobytes."""
    return path.with_name(f".{path.name}.deleted")


def study_of(run: Run) -> str:
    """The study that a run is a part of; empty where it is of none, or of one that was removed."""
    if '"study"' not in run.origin:
        return ""
    study = str(json.loads(run.origin).get("study", ""))
    return study if study and (studies_folder() / f"{study}.json").is_file() else ""


def list_rows(store: RunStore) -> tuple[tuple[StudyRow, ...], tuple[str, ...]]:
    """Every study, the newest first, and why some cannot be shown.

    Raises:
        RunError: The store cannot be read.
    """
    rows: list[StudyRow] = []
    warnings: list[str] = []
    for name in study_ids():
        try:
            queue = _read(studies_folder() / f"{name}.json")
        except ExplorerError as error:
            warnings.append(f"The study {name} cannot be shown: {error.cause_text}")
        else:
            rows.append(queue.row(store))
    return tuple(rows), tuple(warnings)


def _status(rows: Sequence[CellRow], is_held: bool) -> StudyStatus:
    if is_held:
        return "running"
    if not any(row.status in ("waiting", "paused", "running") for row in rows):
        return "finished"
    return "paused" if any(row.run for row in rows) else "waiting"


def _read(path: Path) -> StudyQueue:
    try:
        data: dict[str, Any] = json.loads(path.read_text("utf-8"))
        version = data["schema"]
        if version <= SCHEMA_VERSION:
            study = study_from_json(json.dumps(data["study"]))
            failed = {str(cell): str(cause) for cell, cause in data["failed"].items()}
            return StudyQueue(path.stem, float(data["created"]), study, failed)
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise RunError(
            "The study {path} cannot be read: {reason}.",
            "Make it again; its runs are in the list of runs.",
            path=str(path),
            reason=f"{type(error).__name__}: {error}",
        ) from error
    raise RunError(
        "The study {path} has schema version {version}; this program reads up to {known}.",
        "Update the program.",
        path=str(path),
        version=version,
        known=SCHEMA_VERSION,
    )
