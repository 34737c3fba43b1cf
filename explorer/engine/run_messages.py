"""What the window and the IO pool say to each other about the runs in the store.

Frozen, as all of `engine/messages.py`. Called by `state`, `ui` and `engine/handlers`. Must not import torch
or Qt.
"""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from pathlib import PurePath
from typing import TYPE_CHECKING, ClassVar, Literal

from explorer.arch.presets import net_title
from explorer.arch.spec import ArchitectureSpec
from explorer.engine.messages import Event, Request
from explorer.engine.training_messages import MetricRow
from explorer.engine.values import FIRST_VALUES, WeightsChoice
from explorer.training.plan import Plan

if TYPE_CHECKING:
    from explorer.runs.judged import Judged

RunStatus = Literal["running", "finished", "stopped", "failed", "paused", "interrupted"]
"""`interrupted`: the store says it runs, but the process that ran it is gone."""

ExportKind = Literal["csv", "jsonl", "tensorboard"]


@dataclass(frozen=True, slots=True)
class RunRow:
    """A run as the list shows it.

    Attributes:
        id: Also the name of its folder.
        name: The user's, else empty.
        note: The user's, else empty.
        is_starred: Whether the user marked it.
        is_bundled: Whether it ships with the program, and so is only read.
        status: How it stands.
        can_resume: Whether a checkpoint is there to go on from.
        created: Seconds since 1970.
        spec: The network.
        plan: How it is or was trained.
        data: The data's name or path.
        epochs_done: Epochs that are done.
        validation_accuracy: The best, 0 to 1; None before the first epoch.
        test_accuracy: 0 to 1; None before the end.
        seconds: Of all sittings; None before the end.
        has_weights: Whether its trained weights are in a file.
        has_moments: Whether weights of moments of its training are in files, be it a checkpoint.
        twin: The run of the plain twin that learned in lock-step with it; empty where there is none.
        cause: Why it failed; else empty.
        study: The study that it is a part of; empty where it is of none, or of one that was removed.
        start: The weights that it began from.
        extends: The finished run that it went on from; empty where it did from none.
        mark: What tells it from others that would be called the same, from `run_titles`; else empty.
        has_data: Whether its data can be chosen here: a set known by name, or a folder or zip that is there.
    """

    id: str
    name: str
    note: str
    is_starred: bool
    is_bundled: bool
    status: RunStatus
    can_resume: bool
    created: float
    spec: ArchitectureSpec
    plan: Plan
    data: str
    epochs_done: int
    validation_accuracy: float | None
    test_accuracy: float | None
    seconds: float | None
    has_weights: bool
    cause: str = ""
    study: str = ""
    has_moments: bool = False
    twin: str = ""
    start: WeightsChoice = FIRST_VALUES
    extends: str = ""
    mark: str = ""
    has_data: bool = True

    @property
    def title(self) -> str:
        """What people call it: its name, else what learned what, with its mark."""
        learned = f"{net_title(self.spec)} on {self.data_title}"
        return self.name or ", ".join(filter(None, (learned, self.mark)))

    @property
    def data_title(self) -> str:
        """The data's name, or the last part of its path."""
        return PurePath(self.data).name or self.data

    @property
    def can_extend(self) -> bool:
        """Whether it has come to its end, and can be trained on."""
        return self.status == "finished" and self.has_weights and self.epochs_done > 0


@dataclass(frozen=True, slots=True, kw_only=True)
class ListRuns(Request):
    """Read the store, with the runs that ship with the program."""

    on_io_pool: ClassVar[bool] = True


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadCurves(Request):
    """Read a run's metrics."""

    on_io_pool: ClassVar[bool] = True

    run: str

    @property
    def subject(self) -> Hashable:
        """What it is about, beside its kind."""
        return self.run


@dataclass(frozen=True, slots=True, kw_only=True)
class EditRun(Request):
    """Name, note or star a run; None leaves a part as it is."""

    on_io_pool: ClassVar[bool] = True
    lasts: ClassVar[bool] = True
    replaces: ClassVar[bool] = False

    run: str
    name: str | None = None
    note: str | None = None
    is_starred: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DeleteRuns(Request):
    """Hide runs; their files go when the program ends, so that it can be undone until then."""

    on_io_pool: ClassVar[bool] = True
    lasts: ClassVar[bool] = True
    replaces: ClassVar[bool] = False

    runs: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RestoreRuns(Request):
    """Show runs again that were deleted."""

    on_io_pool: ClassVar[bool] = True
    lasts: ClassVar[bool] = True
    replaces: ClassVar[bool] = False

    runs: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportRun(Request):
    """Write a run's metrics.

    Attributes:
        run: Its id.
        path: A file; for TensorBoard a folder.
        kind: Comma-separated values, JSON lines or TensorBoard event files.
    """

    on_io_pool: ClassVar[bool] = True
    replaces: ClassVar[bool] = False

    run: str
    path: str
    kind: ExportKind


@dataclass(frozen=True, slots=True, kw_only=True)
class RunsListed(Event):
    """All runs as they are now.

    Attributes:
        rows: The newest first, those that ship with the program last; deleted ones are not among them.
        warnings: Why a run is not in the list: one that cannot be read, such as a later version's.
        version: Rises with every list of a process; the highest is the newest.
    """

    rows: tuple[RunRow, ...]
    warnings: tuple[str, ...] = ()
    version: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class CurvesRead(Event):
    """A run's metrics by step, and what its last epoch got right and wrong where that was kept."""

    run: str
    rows: tuple[MetricRow, ...]
    judged: Judged | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RunExported(Event):
    """A run's metrics are in a file."""

    run: str
    path: str
