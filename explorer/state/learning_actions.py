"""What the user does about training, data and runs, as values that widgets dispatch.

Called by `ui` and `state/reducer`. Must not import torch or Qt.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from explorer.engine.values import WeightsChoice
from explorer.state.actions import Action

if TYPE_CHECKING:
    from explorer.engine.run_messages import ExportKind


@dataclass(frozen=True, slots=True)
class ChooseData(Action):
    """Train on another data set: a name, or the path of a folder or zip. It is read to be shown."""

    data: str


@dataclass(frozen=True, slots=True)
class LookUpData(Action):
    """List the data sets known by name, and read the chosen one, to show them."""


@dataclass(frozen=True, slots=True)
class AllowFetchData(Action):
    """Yes, download this data set."""

    name: str


@dataclass(frozen=True, slots=True)
class ChooseRecipe(Action):
    """Begin from another recipe; fields that the user has set stay."""

    name: str


@dataclass(frozen=True, slots=True)
class EditPlan(Action):
    """Change fields of the plan."""

    changes: tuple[tuple[str, object], ...]


@dataclass(frozen=True, slots=True)
class ResetPlan(Action):
    """Back to the recipe: one field, or all where the name is empty."""

    field: str = ""


@dataclass(frozen=True, slots=True)
class ChooseStart(Action):
    """Start from other weights."""

    weights: WeightsChoice


@dataclass(frozen=True, slots=True)
class StartTraining(Action):
    """Train the net in view as the form says. The net takes the data's classes.

    Attributes:
        with_twin: Whether its plain twin learns beside it, in lock-step.
        batch_size: Of the form from now on; None leaves it.
        is_anew: Whether, where the net in view has learned these data before, it begins from what it began
            from then, not from what it has learned.
    """

    with_twin: bool = False
    batch_size: int | None = None
    is_anew: bool = False


@dataclass(frozen=True, slots=True)
class PauseTraining(Action):
    """Pause at the next step."""


@dataclass(frozen=True, slots=True)
class StopTraining(Action):
    """End at the next step; it can be resumed later."""


@dataclass(frozen=True, slots=True)
class GoOnTraining(Action):
    """Resume a run, or train a finished one on.

    Attributes:
        run: Its id; the one in view where it is empty.
        epochs: How many in all, where it has finished; 0 to resume.
    """

    run: str = ""
    epochs: int = 0


@dataclass(frozen=True, slots=True)
class SeekRate(Action):
    """Run the learning-rate finder."""


@dataclass(frozen=True, slots=True)
class TakeRate(Action):
    """Use the suggested learning rate, or put the finder's curve away (None)."""

    rate: float | None


@dataclass(frozen=True, slots=True)
class TrainOnFolder(Action):
    """Train on a folder or zip that was dropped: choose it as data and show the training view."""

    path: str


@dataclass(frozen=True, slots=True)
class ClassifyFolder(Action):
    """Classify the pictures of a folder or zip that was dropped."""

    path: str


@dataclass(frozen=True, slots=True)
class NameTeaching(Action):
    """Name the set that the bins become."""

    name: str


@dataclass(frozen=True, slots=True)
class AddBin(Action):
    """One more class."""

    name: str = ""


@dataclass(frozen=True, slots=True)
class RenameBin(Action):
    """Name a class."""

    place: int
    name: str


@dataclass(frozen=True, slots=True)
class RemoveBin(Action):
    """Take a class away; its pictures stay among those that were dropped."""

    place: int


@dataclass(frozen=True, slots=True)
class FillBin(Action):
    """Drop files into a class, or pictures that were dropped before, by their numbers."""

    place: int
    paths: tuple[str, ...] = ()
    blobs: tuple[bytes, ...] = ()
    data_uris: tuple[str, ...] = ()
    image_ids: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class TakeFromBin(Action):
    """Take a picture out of a class."""

    place: int
    image_id: int


@dataclass(frozen=True, slots=True)
class Teach(Action):
    """Fine-tune the net in view on the bins."""


@dataclass(frozen=True, slots=True)
class LookUpTaught(Action):
    """Read the pictures again that were taught in another session, to show them in their classes."""


@dataclass(frozen=True, slots=True)
class LookUpRuns(Action):
    """Read the runs, to show them."""


@dataclass(frozen=True, slots=True)
class ShowRun(Action):
    """Look at a run's curves; empty for none."""

    run: str


@dataclass(frozen=True, slots=True)
class OpenRun(Action):
    """Open a run's network with its trained weights, and its plan in the form."""

    run: str


@dataclass(frozen=True, slots=True)
class MarkRun(Action):
    """Name, note or star a run; None leaves a part as it is."""

    run: str
    name: str | None = None
    note: str | None = None
    is_starred: bool | None = None


@dataclass(frozen=True, slots=True)
class DiscardRuns(Action):
    """Delete runs; it can be undone until the program ends."""

    runs: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class BringBackRuns(Action):
    """Undo deleting runs."""

    runs: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class WriteRun(Action):
    """Export a run's metrics."""

    run: str
    path: str
    kind: ExportKind
