"""What the window and the compute thread say to each other about trainings.

Frozen, as all of `engine/messages.py`. Called by `state`, `ui` and `engine/handlers`. Must not import torch
or Qt.
"""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Literal

from explorer.arch.lesions import INTACT, Lesions
from explorer.arch.spec import ArchitectureSpec
from explorer.engine.messages import MAIN_COLUMN, Event, Priority, Request, WeightsChoice
from explorer.engine.values import FIRST_VALUES as FIRST_VALUES  # what a training starts from by default
from explorer.nets.facts import Prediction
from explorer.training.plan import Plan

if TYPE_CHECKING:
    from explorer.engine.values import Float32Array, Uint8Array
    from explorer.runs.judged import Judged

MetricRow = tuple[int, str, float]
"""(step, name, value), as the store of runs has them: `step.loss`, `epoch.validation_accuracy`, …"""

TRAINING_SUBJECT = "training"
"""There is one training at a time; all requests about it share this subject."""


# Requests


@dataclass(frozen=True, slots=True, kw_only=True)
class Train(Request):
    """Train a network as a new run. Its data must have been opened (`OpenData`).

    Attributes:
        spec: The network; its classes and input size are the data's.
        plan: How.
        data: The data's name or path.
        weights: What it starts from; `untrained` starts from first values.
        recipe: The recipe that the plan began as; empty where none.
        name: What the user calls the run.
        tags: What the run's origin says beside what it always does, as (name, value): the study it is of.
        twin: A network that is trained in lock-step, as a run of its own; None for none.
    """

    priority: ClassVar[Priority] = Priority.TRAINING

    spec: ArchitectureSpec
    plan: Plan
    data: str
    weights: WeightsChoice = FIRST_VALUES
    recipe: str = ""
    name: str = ""
    tags: tuple[tuple[str, str], ...] = ()
    twin: ArchitectureSpec | None = None

    @property
    def subject(self) -> Hashable:
        """What it is about, beside its kind."""
        return TRAINING_SUBJECT


@dataclass(frozen=True, slots=True, kw_only=True)
class ResumeTraining(Request):
    """Go on with a run: the one in memory that was paused, else from its last checkpoint.

    Attributes:
        run: Its id.
        epochs: How many in all, to train one on that has finished: a new run that begins as it ended. 0 for
            those of its plan.
        data: What that one learns from, where it is not what the finished run has written down.
    """

    priority: ClassVar[Priority] = Priority.TRAINING

    run: str
    epochs: int = 0
    data: str = ""

    @property
    def subject(self) -> Hashable:
        """What it is about, beside its kind."""
        return TRAINING_SUBJECT


@dataclass(frozen=True, slots=True, kw_only=True)
class HaltTraining(Request):
    """Pause or stop the training at its next step; both leave a checkpoint."""

    how: Literal["pause", "stop"]


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchTraining(Request):
    """What is looked at while the network learns; the training refreshes it now and then.

    Attributes:
        image_id: The picture; None for none.
        key: The node whose maps are shown; empty for none.
        lesions: What is changed in the network that is looked at; the one that learns is intact.
    """

    image_id: int | None
    key: str
    lesions: Lesions = INTACT


@dataclass(frozen=True, slots=True, kw_only=True)
class FindRate(Request):
    """Find a learning rate: one short training with a rising rate. Its data must have been opened."""

    priority: ClassVar[Priority] = Priority.TRAINING

    spec: ArchitectureSpec
    plan: Plan
    data: str
    weights: WeightsChoice = FIRST_VALUES

    @property
    def subject(self) -> Hashable:
        """What it is about, beside its kind."""
        return TRAINING_SUBJECT


# Events


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingBegan(Event):
    """The first step comes next; the network in view is the one that learns.

    Attributes:
        run: Its id.
        spec: The network.
        plan: How it is trained.
        data: The data's name or path.
        classes: By label.
        first_step: 0, or where a resumed run goes on.
        epochs: In all.
        steps_per_epoch: Steps in each.
        precision: Such as `bfloat16 channels-last`.
        rates: Pictures a second of each precision that was measured, by name.
        device: Where it runs.
        n_train: Pictures that are learned from.
        n_validation: Pictures that each epoch is judged by.
        rows: Metrics of the sittings before this one.
        judged: What the last epoch before this sitting got right and wrong; None where there is none.
    """

    column: str = MAIN_COLUMN
    run: str
    spec: ArchitectureSpec
    plan: Plan
    data: str
    classes: tuple[str, ...]
    first_step: int
    epochs: int
    steps_per_epoch: int
    precision: str
    rates: tuple[tuple[str, float], ...]
    device: str
    n_train: int
    n_validation: int
    rows: tuple[MetricRow, ...] = ()
    judged: Judged | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainTick(Event):
    """How far a training is; a few a second.

    Attributes:
        run: Its id.
        step: Steps that are done.
        epoch: The epoch that runs, from 0.
        rows: Metrics since the last tick.
        images_per_second: Now.
        eta_seconds: Left, evaluation included.
        side_share: The part of the time that watching took, 0 to 1.
    """

    run: str
    step: int
    epoch: int
    rows: tuple[MetricRow, ...]
    images_per_second: float
    eta_seconds: float
    side_share: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class EpochEnded(Event):
    """An epoch is done and its checkpoint written.

    Attributes:
        run: Its id.
        is_best: Whether no epoch before was better.
        judged: What it got right and wrong.
    """

    run: str
    is_best: bool
    judged: Judged


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingHalted(Event):
    """A training was paused or stopped; it can go on.

    Attributes:
        run: Its id.
        how: What was done.
        step: Steps that are done.
        cause: Why, as a template; empty where the user asked for it.
        hint: The remedy, likewise.
        arguments: The values of both templates' places.
    """

    run: str
    how: Literal["pause", "stop"]
    step: int
    cause: str = ""
    hint: str = ""
    arguments: tuple[tuple[str, object], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingEnded(Event):
    """A training came to its end; its weights are in a file and in the network in view.

    Attributes:
        run: Its id.
        path: The weights.
        epochs: That were done.
        test_accuracy: 0 to 1, in float32.
        best_epoch: From 0.
        seconds: Of all sittings.
        images_per_second: The mean.
        stopped_early: Whether early stopping ended it.
    """

    run: str
    path: str
    epochs: int
    test_accuracy: float
    best_epoch: int
    seconds: float
    images_per_second: float
    stopped_early: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveAnswer(Event):
    """What the learning network says of the watched picture.

    Attributes:
        image_id: The picture.
        predictions: As in `Classified`.
        seen: As in `Classified`.
        milliseconds: Of the forward pass.
        kept_share: As in `Classified`.
    """

    run: str
    image_id: int
    predictions: tuple[Prediction, ...]
    seen: Uint8Array
    milliseconds: float
    kept_share: float = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveMaps(Event):
    """What the watched node makes of the watched picture now: (channels, height, width) or (features,)."""

    run: str
    image_id: int
    key: str
    maps: Float32Array


@dataclass(frozen=True, slots=True, kw_only=True)
class RateProbed(Event):
    """Some points of the learning-rate finder's curve, all so far: rates and smoothed losses."""

    rates: tuple[float, ...]
    losses: tuple[float, ...]
    share: float


@dataclass(frozen=True, slots=True, kw_only=True)
class RateFound(Event):
    """The finder is done.

    Attributes:
        rates: Learning rates, rising.
        losses: The smoothed loss at each.
        suggested: Where the loss falls fastest; None where it never fell.
    """

    rates: tuple[float, ...]
    losses: tuple[float, ...]
    suggested: float | None
