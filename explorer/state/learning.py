"""The parts of the state about training, data and runs.

Held by `state/model.py`; changed only by `state/reducer`. Curves are an append-only buffer held by
reference. Must not import torch or Qt.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal

from explorer.engine.values import FIRST_VALUES, WeightsChoice
from explorer.training.plan import Plan
from explorer.training.recipes import DEFAULT_RECIPE, plan_for

if TYPE_CHECKING:
    from explorer.engine.data_messages import DataCard, DataFacts
    from explorer.engine.run_messages import RunRow
    from explorer.engine.training_messages import TrainingBegan, TrainingEnded
    from explorer.present.curves import CurveBuffer
    from explorer.runs.judged import Judged

TrainingStatus = Literal[
    "idle",
    "opening",
    "preparing",
    "running",
    "pausing",
    "paused",
    "stopping",
    "stopped",
    "finished",
    "failed",
]
"""`opening` reads the data, `preparing` builds the network and measures; `pausing` and `stopping` wait for
the next step."""

TwinStatus = Literal["running", "paused", "stopped", "finished", "failed"]

Purpose = Literal["train", "resume", "find"]

MOST_JUDGED = 16
"""Judgements of runs that are kept in memory: of every column, and then some."""
BUSY: frozenset[str] = frozenset({"opening", "preparing", "running", "pausing", "stopping"})
"""The states in which another training cannot begin."""


FIRST_DATA, FIRST_DATA_IMAGES = "digits", 1437
"""What the form begins with: needs no network and is learned in seconds."""


@dataclass(frozen=True, slots=True)
class TrainingForm:
    """What the user has set up; a training begins with it.

    Attributes:
        data: A data set's name, or the path of a folder or zip.
        recipe: The recipe that the plan began as.
        plan: How; its epochs follow the data until the user sets them.
        chosen: The plan's fields that the user has set; they survive another recipe or data set.
        starts_from: The weights that it starts from.
        refusal: Why the last edit of the plan was refused: field, cause and hint; None where it was not.
        lacks: The data that the plan was made for, where they are not here and others stand in the form;
            empty once some were chosen.
    """

    data: str = FIRST_DATA
    recipe: str = DEFAULT_RECIPE
    plan: Plan = field(default_factory=lambda: plan_for(FIRST_DATA, FIRST_DATA_IMAGES))
    chosen: frozenset[str] = frozenset()
    starts_from: WeightsChoice = FIRST_VALUES
    refusal: tuple[str, str, str] | None = None
    lacks: str = ""


@dataclass(frozen=True, slots=True)
class FinderState:
    """The learning-rate finder.

    Attributes:
        status: Whether it runs.
        rates: Learning rates, rising.
        losses: The smoothed loss at each.
        suggested: Where the loss falls fastest; None until it is found, or where it never fell.
    """

    status: Literal["running", "done"] = "running"
    rates: tuple[float, ...] = ()
    losses: tuple[float, ...] = ()
    suggested: float | None = None


@dataclass(frozen=True, slots=True)
class Curves:
    """A run's metrics: the buffer grows, the version says that it did.

    Attributes:
        run: Whose.
        buffer: Append-only.
        version: Rises with each appending.
    """

    run: str
    buffer: CurveBuffer
    version: int = 0


@dataclass(frozen=True, slots=True)
class TwinState:
    """The plain twin that learns in lock-step with the training.

    Attributes:
        run: Its own.
        curves: Its metrics so far.
        status: How it stands.
        test_accuracy: 0 to 1; None before its end.
    """

    run: str
    curves: Curves
    status: TwinStatus = "running"
    test_accuracy: float | None = None


@dataclass(frozen=True, slots=True)
class TrainingState:
    """The one training that runs or ran last.

    Attributes:
        status: How it stands.
        began: What it is; None before its first step.
        step: Steps that are done.
        epoch: The epoch that runs, from 0.
        images_per_second: Now.
        eta_seconds: Left.
        side_share: The part of the time that watching takes, 0 to 1.
        answered_epoch: Epochs that were done when it was last asked about all pictures.
        curves: Its metrics so far.
        best_epoch: The one with the best validation accuracy, from 0; None before the first ended.
        judged: What the last epoch got right and wrong; None where none has ended or nothing was kept.
        ended: What it reached; None before its end.
        cause: Why it halted or failed, in words; empty where the user asked for it.
        remedy: What helps where it failed, in words.
        finder: The learning-rate finder; None where it was not used.
        purpose: What the data that is being opened is for.
        resumes: The run that goes on once its data is open; empty for a new one.
        extends_to: How many epochs it is to have in all, where that run has finished; else 0.
        waits_for: The data that is opened for it, and the size of its pictures in pixels.
        wants_twin: Whether the plain twin is to learn in lock-step once the data is open.
        is_anew: Whether it is to begin as the run in view did.
        twin: The twin that learns in lock-step or did so last; None where there is none.
        is_earlier: Whether it is a run of another sitting, that is only looked at.
        before: Status, cause and remedy from before what is under way now was asked for: it is so again where
            that comes to nothing.
    """

    status: TrainingStatus = "idle"
    began: TrainingBegan | None = None
    step: int = 0
    epoch: int = 0
    images_per_second: float = 0.0
    eta_seconds: float | None = None
    side_share: float = 0.0
    answered_epoch: int = 0
    curves: Curves | None = None
    best_epoch: int | None = None
    judged: Judged | None = None
    ended: TrainingEnded | None = None
    cause: str = ""
    remedy: str = ""
    finder: FinderState | None = None
    purpose: Purpose = "train"
    resumes: str = ""
    extends_to: int = 0
    waits_for: tuple[str, int] = ("", 0)
    wants_twin: bool = False
    is_anew: bool = False
    twin: TwinState | None = None
    is_earlier: bool = False
    before: tuple[TrainingStatus, str, str] = ("idle", "", "")

    @property
    def can_pause(self) -> bool:
        """Whether it learns, and can wait at its next step."""
        return self.status == "running" and self.purpose != "find"

    @property
    def can_resume(self) -> bool:
        """Whether it can go on where it was."""
        waits = self.status in ("paused", "stopped")
        return waits and self.began is not None and self.ended is None

    @property
    def can_extend(self) -> bool:
        """Whether it has come to its end, and can be trained on."""
        return self.status == "finished" and self.ended is not None

    @property
    def can_stop(self) -> bool:
        """Whether there is something to be ended."""
        return self.status == "paused" or (self.is_busy and self.status != "stopping")

    @property
    def at_rest(self) -> TrainingStatus:
        """How it stands once it learns no more."""
        if self.ended is not None:
            return "finished"
        return "idle" if self.began is None else "stopped"

    @property
    def has_begun(self) -> bool:
        """Whether what is under way takes its steps; a finder's leave nothing."""
        return self.status in ("running", "pausing", "stopping") and self.purpose != "find"

    @property
    def kept_finder(self) -> FinderState | None:
        """The finder once what was begun is over; of a finder that breaks off nothing is kept."""
        return None if self.purpose == "find" else self.finder

    @property
    def as_before(self) -> TrainingState:
        """What was there before that which is under way was asked for, which has come to nothing."""
        status, cause, remedy = self.before
        return replace(self, status=status, cause=cause, remedy=remedy, finder=self.kept_finder)

    def asking(self, status: Literal["opening", "preparing"], purpose: Purpose) -> TrainingState:
        """The same while another, or more of this one, is asked for."""
        before = (self.status, self.cause, self.remedy)
        return replace(self, status=status, purpose=purpose, cause="", remedy="", before=before)

    @property
    def is_busy(self) -> bool:
        """Whether another training cannot begin now."""
        return self.status in BUSY

    @property
    def share(self) -> float:
        """How much is done, 0 to 1."""
        if self.began is None:
            return 0.0
        steps = self.began.epochs * self.began.steps_per_epoch
        return min(self.step / steps, 1.0) if steps else 0.0


@dataclass(frozen=True, slots=True)
class DataState:
    """Labelled data.

    Attributes:
        cards: The sets known by name; empty until they were listed.
        places: Folders and zips of the user's own that can be chosen.
        facts: What is in the set that was opened last; None before the first.
        status: Whether one is being read.
        wanted: The set that is being read, or that a training waits for.
        cause: Why it could not be read and what helps, in words; empty where it could.
        looked_up: The ticket of the last reading that nobody asked for, only to show what the form has.
    """

    cards: tuple[DataCard, ...] = ()
    facts: DataFacts | None = None
    status: Literal["none", "opening", "open", "failed"] = "none"
    wanted: str = ""
    cause: str = ""
    looked_up: int = 0
    places: tuple[str, ...] = ()


def _nothing() -> Mapping[Any, Any]:
    return MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Kept:
    """Where a picture that was taught lies in the program's own folder, and what it was called before."""

    path: str
    name: str


@dataclass(frozen=True, slots=True)
class Bin:
    """A class that the user teaches.

    Attributes:
        name: As the user has it.
        image_ids: The numbers of its pictures.
        unread: Pictures of another session, until they are read again.
    """

    name: str
    image_ids: tuple[int, ...] = ()
    unread: tuple[Kept, ...] = ()


@dataclass(frozen=True, slots=True)
class TeachState:
    """Classes taught by dropping pictures into bins.

    Attributes:
        name: Of the set that they become.
        bins: In the order they were made.
        collecting: Whether they are being copied to be trained on.
        is_reading: Whether pictures of another session are being read again.
        waiting: Tickets of pictures that are being read, each with the place of its bin.
        kept: The pictures that were taught, by number: they outlast the session.
    """

    name: str = "my-classes"
    bins: tuple[Bin, ...] = (Bin("class 1"), Bin("class 2"))
    collecting: bool = False
    is_reading: bool = False
    waiting: tuple[tuple[int, int], ...] = ()
    kept: Mapping[int, Kept] = field(default_factory=_nothing)

    @property
    def is_untaught(self) -> bool:
        """Whether pictures are in a bin that no set holds."""
        return any(image_id not in self.kept for one in self.bins for image_id in one.image_ids)


@dataclass(frozen=True, slots=True)
class RunsState:
    """The runs in the store.

    Attributes:
        rows: The newest first; those deleted are not among them.
        is_listed: Whether the store was read.
        version: Of the list; an older one that comes later is not shown.
        shown: The run whose curves are looked at beside the present one; empty for none.
        curves: The metrics that were read, by run.
        judged: What their last epochs got right and wrong, by run, where it was kept.
        discarded: Runs that were deleted since the program began, and can be brought back.
    """

    rows: tuple[RunRow, ...] = ()
    is_listed: bool = False
    version: int = 0
    shown: str = ""
    curves: Mapping[str, Curves] = field(default_factory=_nothing)
    judged: Mapping[str, Judged] = field(default_factory=_nothing)
    discarded: frozenset[str] = frozenset()

    def with_judged(self, run: str, judged: Judged | None) -> RunsState:
        """The same with one more judgement; of so many only the last are kept, for they hold pictures."""
        if judged is None:
            return self
        others = [(name, each) for name, each in self.judged.items() if name != run]
        newest = dict([*others[1 - MOST_JUDGED :], (run, judged)])
        return replace(self, judged=MappingProxyType(newest))
