"""What the window and the compute thread say to each other about studies.

Frozen, as all of `engine/messages.py`. Called by `state`, `ui`, `cli` and `engine/handlers`. Must not import
torch or Qt.
"""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from typing import ClassVar, Literal

from explorer.engine.messages import Event, Priority, Request
from explorer.engine.training_messages import MetricRow
from explorer.training.estimate import Estimate, Pace
from explorer.training.study import Cell, Study

CellStatus = Literal["waiting", "running", "paused", "finished", "failed", "refused"]
"""`paused`: it was begun and goes on from its checkpoint, also where it was killed."""

StudyStatus = Literal["waiting", "running", "paused", "finished"]
"""`finished`: no cell is left to be trained; some may have failed."""

STUDY_SUBJECT = "study"
"""There is one study at a time; all requests that train share this subject."""


@dataclass(frozen=True, slots=True)
class CellRow:
    """A cell of a study as its table shows it.

    Attributes:
        cell: What it is.
        status: How it stands.
        run: Its run; empty before the first.
        epochs_done: Epochs that are done.
        validation_accuracy: The best, 0 to 1; None before the first epoch.
        test_accuracy: 0 to 1; None before the end.
        seconds: Of all sittings; None before the end.
        cause: Why it failed or is refused; else empty.
    """

    cell: Cell
    status: CellStatus
    run: str = ""
    epochs_done: int = 0
    validation_accuracy: float | None = None
    test_accuracy: float | None = None
    seconds: float | None = None
    cause: str = ""


@dataclass(frozen=True, slots=True)
class StudyRow:
    """A study as the list shows it.

    Attributes:
        id: Also the name of its file.
        study: What it is.
        status: How it stands.
        cells: Each with how it stands, in the order they are trained.
    """

    id: str
    study: Study
    status: StudyStatus
    cells: tuple[CellRow, ...]

    def counted(self, status: CellStatus) -> int:
        """How many cells stand so."""
        return sum(row.status == status for row in self.cells)


# Requests


@dataclass(frozen=True, slots=True, kw_only=True)
class EstimateStudy(Request):
    """Say what a study will cost: a few steps of its smallest and its largest network are timed."""

    priority: ClassVar[Priority] = Priority.BATCH

    study: Study


@dataclass(frozen=True, slots=True, kw_only=True)
class RunStudy(Request):
    """Train the cells of a study one after another, those that are not finished.

    Attributes:
        study: A new one; None to go on with one that is kept.
        id: Of the one to go on with; empty for a new one.
        retries: Whether cells that failed are tried once more.
        pace: Of the device, where it was measured already.
    """

    priority: ClassVar[Priority] = Priority.TRAINING

    study: Study | None = None
    id: str = ""
    retries: bool = False
    pace: Pace | None = None

    @property
    def subject(self) -> Hashable:
        """What it is about, beside its kind."""
        return STUDY_SUBJECT


@dataclass(frozen=True, slots=True, kw_only=True)
class HaltStudy(Request):
    """Pause the study at the next step of its training; it can go on from there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ListStudies(Request):
    """Read all studies with how their cells stand."""

    on_io_pool: ClassVar[bool] = True


@dataclass(frozen=True, slots=True, kw_only=True)
class DeleteStudy(Request):
    """Forget a study; its runs stay."""

    on_io_pool: ClassVar[bool] = True
    lasts: ClassVar[bool] = True
    replaces: ClassVar[bool] = False

    id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RestoreStudy(Request):
    """Take back a study that was forgotten."""

    on_io_pool: ClassVar[bool] = True
    lasts: ClassVar[bool] = True
    replaces: ClassVar[bool] = False

    id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class WriteStudyReport(Request):
    """Write what a study found as one HTML file.

    Attributes:
        id: The study.
        path: The file.
    """

    priority: ClassVar[Priority] = Priority.BATCH
    replaces: ClassVar[bool] = False

    id: str
    path: str


# Events


@dataclass(frozen=True, slots=True, kw_only=True)
class StudyEstimated(Event):
    """What a study will cost: estimates, all of them.

    Attributes:
        study: Which.
        estimates: Of each cell that is not refused.
        pace: What was measured.
        free_bytes: Of the device's memory; 0 where unknown.
    """

    study: Study
    estimates: tuple[Estimate, ...]
    pace: Pace
    free_bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class StudyBegan(Event):
    """The first cell comes next.

    Attributes:
        row: The study as it stands.
        estimates: Of the cells that are left.
    """

    row: StudyRow
    estimates: tuple[Estimate, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CellBegan(Event):
    """The first step of a cell comes next.

    Attributes:
        study: Its id.
        cell: Its id.
        run: The training in the store.
        first_step: 0, or where it goes on.
        steps: In all.
        epochs: In all.
        precision: Such as `bfloat16 channels-last`.
        device: Where it runs.
    """

    study: str
    cell: str
    run: str
    first_step: int
    steps: int
    epochs: int
    precision: str
    device: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StudyProgress(Event):
    """How far the cell that runs is; a few a second.

    Attributes:
        study: Its id.
        cell: Its id.
        run: The training in the store.
        step: Steps that are done.
        epoch: The epoch that runs, from 0.
        rows: Metrics since the last one.
        images_per_second: Now.
        eta_seconds: Left of the study; None where the cells before it have not yet shown their pace.
    """

    study: str
    cell: str
    run: str
    step: int
    epoch: int
    rows: tuple[MetricRow, ...]
    images_per_second: float
    eta_seconds: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CellEnded(Event):
    """A cell is finished, has failed or waits to go on.

    Attributes:
        study: Its id.
        row: How it stands.
    """

    study: str
    row: CellRow


@dataclass(frozen=True, slots=True, kw_only=True)
class StudyEnded(Event):
    """Nothing of a study is trained any more: all is done, or it waits to go on.

    Attributes:
        row: How it stands.
        cause: Why it waits, as a template; empty where the user asked for it or nothing is left.
        hint: The remedy, likewise.
        arguments: The values of both templates' places.
    """

    row: StudyRow
    cause: str = ""
    hint: str = ""
    arguments: tuple[tuple[str, object], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class StudiesListed(Event):
    """All studies as they are now.

    Attributes:
        rows: The newest first.
        warnings: Why a study is not in the list.
    """

    rows: tuple[StudyRow, ...]
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class StudyReported(Event):
    """What a study found is in a file."""

    id: str
    path: str
