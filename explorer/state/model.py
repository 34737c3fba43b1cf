"""Everything the user sees, as one immutable value.

Changed only by `state/reducer`; read by every view. Large arrays are held by reference and never copied.
Must not import torch or Qt.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal

from explorer.arch.budget import Budget
from explorer.arch.lesions import INTACT, Lesions
from explorer.arch.presets import DEFAULT_PRESET, preset
from explorer.arch.spec import ArchitectureSpec
from explorer.engine.values import KNOWN_WEIGHTS, FailedPicture, LoadedPicture, WeightsChoice, WeightsOffer
from explorer.state.compare import Column, CompareState
from explorer.state.inside import InsideState
from explorer.state.learning import DataState, RunsState, TeachState, TrainingForm, TrainingState
from explorer.state.lessons import LessonState
from explorer.state.moments import MomentsState
from explorer.state.settings import Settings
from explorer.state.studies import StudiesState

if TYPE_CHECKING:
    from explorer.arch.own import OwnArchitecture
    from explorer.engine.values import Float32Array, Uint8Array
    from explorer.nets.facts import DeviceInfo, Origin, Prediction
    from explorer.runs.architectures import Unreadable

WEAK_PROBABILITY = 0.5
"""An answer below it is marked weak: no class of the net fits well."""


@dataclass(frozen=True, slots=True)
class Document:
    """What undo brings back.

    Attributes:
        spec: The architecture.
        weights: Which weights the net is built with.
        seed: Of first values.
        selected: The key of the node that is looked at.
        unfolded: The folds of the graph that are open; None is the usual view.
        budget: The cost that edits hold; None where they need not.
        lesions: What is changed in the network for a moment.
        columns: The networks that are pinned side by side, from left to right.
    """

    spec: ArchitectureSpec = field(default_factory=lambda: preset(DEFAULT_PRESET).spec)
    weights: WeightsChoice = KNOWN_WEIGHTS
    seed: int = 0
    selected: str = "act1"
    unfolded: frozenset[str] | None = None
    budget: Budget | None = None
    lesions: Lesions = INTACT
    columns: tuple[Column, ...] = ()


@dataclass(frozen=True, slots=True)
class History:
    """The documents before and after the present one.

    Attributes:
        past: The last is the one before.
        future: The last is the one after.
        gesture: The drag or typing that made the present document; its further edits join it.
    """

    past: tuple[Document, ...] = ()
    future: tuple[Document, ...] = ()
    gesture: str = ""


@dataclass(frozen=True, slots=True)
class Refusal:
    """An edit that the spec refused: the field and what to say beside it."""

    field: str
    cause: str
    hint: str


@dataclass(frozen=True, slots=True)
class NetState:
    """The live network.

    Attributes:
        status: `waiting` until torch is there, then `building`, `ready` or `failed`.
        spec: Of the built network; None before the first.
        origin: Where its weights come from; None before the first.
        classes: The labels it knows.
        offers: Weights that exist for its spec, the best first.
        can_copy: Tensors of the net before that would fit.
        version: Rises with every built network.
    """

    status: Literal["waiting", "building", "ready", "failed"] = "waiting"
    spec: ArchitectureSpec | None = None
    origin: Origin | None = None
    classes: tuple[str, ...] = ()
    offers: tuple[WeightsOffer, ...] = ()
    can_copy: int = 0
    version: int = 0

    @property
    def worth_taking(self) -> tuple[WeightsOffer, ...]:
        """The offers but those in use, and those before which a better one is in use or no harder to get."""
        worth: list[WeightsOffer] = []
        for offer in self.offers:
            if self.origin is not None and offer.name == self.origin.name:
                break
            if all(offer.is_present and not better.is_present for better in worth):
                worth.append(offer)
        return tuple(worth)


@dataclass(frozen=True, slots=True)
class DeviceState:
    """Where networks run.

    Attributes:
        current: None until one was chosen.
        devices: All there are.
        reason: Why it is not the one asked for.
        torch_version: Empty until torch is there.
    """

    current: DeviceInfo | None = None
    devices: tuple[DeviceInfo, ...] = ()
    reason: str = ""
    torch_version: str = ""


@dataclass(frozen=True, slots=True)
class PicturesState:
    """The pictures of this session.

    Attributes:
        items: In the order they came, with those that could not be read.
        current: The number of the picture that is looked at.
        total: Pictures in the current drop.
        sample: The number of the program's own picture, which the first real one replaces.
    """

    items: tuple[LoadedPicture | FailedPicture, ...] = ()
    current: int | None = None
    total: int = 0
    sample: int | None = None

    @property
    def loaded_ids(self) -> list[int]:
        """The numbers of those that were read, in order."""
        return [item.image_id for item in self.items if isinstance(item, LoadedPicture)]

    def loaded(self, image_id: int | None) -> LoadedPicture | None:
        """A picture that was read, by its number."""
        for item in self.items:
            if item.image_id == image_id and isinstance(item, LoadedPicture):
                return item
        return None


@dataclass(frozen=True, slots=True)
class Answer:
    """What the net says of one picture; `milliseconds` is None where it was one of many."""

    predictions: tuple[Prediction, ...]
    milliseconds: float | None = None

    @property
    def is_weak(self) -> bool:
        """Whether no class fits well."""
        return not self.predictions or self.predictions[0].probability < WEAK_PROBABILITY


@dataclass(frozen=True, slots=True)
class MapsState:
    """What one node makes of the current picture.

    Attributes:
        key: The node.
        image_id: The picture.
        version: The network's.
        maps: (channels, height, width) or (features,).
    """

    key: str
    image_id: int
    version: int
    maps: Float32Array


@dataclass(frozen=True, slots=True)
class Seen:
    """What went into the network for one picture.

    Attributes:
        image_id: The picture.
        pixels: (size, size, 3).
        kept_share: How much of the picture's shorter side that is, around its middle: 0 to 1.
    """

    image_id: int
    pixels: Uint8Array
    kept_share: float = 1.0


@dataclass(frozen=True, slots=True)
class OwnState:
    """The user's own architectures.

    Attributes:
        items: By name.
        unreadable: Files beside them that could not be read.
        version: Of the list; 0 before the first.
    """

    items: tuple[OwnArchitecture, ...] = ()
    unreadable: tuple[Unreadable, ...] = ()
    version: int = 0


@dataclass(frozen=True, slots=True)
class NoticeAction:
    """A button on a notice: the action it dispatches and its label."""

    label: str
    action: object


@dataclass(frozen=True, slots=True)
class Notice:
    """A message that stays until it is dismissed; the texts are templates.

    Attributes:
        notice_id: Rises.
        severity: How it looks.
        message: The cause.
        hint: The remedy.
        arguments: The values of both templates' places.
        actions: What can be done about it at once.
        detail: A traceback for a report; empty where the error was foreseen.
    """

    notice_id: int
    severity: Literal["error", "warning", "info", "question"]
    message: str
    hint: str = ""
    arguments: tuple[tuple[str, object], ...] = ()
    actions: tuple[NoticeAction, ...] = ()
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Work:
    """Something under way that the status bar shows.

    Attributes:
        ticket: The request's, for cancel.
        kind: The request's class name.
        share: 0 to 1; None where unknown.
        name: What it is about.
    """

    ticket: int
    kind: str
    share: float | None = None
    name: str = ""


def _nothing() -> Mapping[Any, Any]:
    return MappingProxyType({})


@dataclass(frozen=True, slots=True)
class AppState:
    """The whole.

    Attributes:
        document: What undo brings back.
        history: The documents around it.
        refusal: The last edit, if the spec refused it.
        net: The live network.
        device: Where it runs.
        pictures: What was dropped.
        answers: What the net says, by picture number; of the present net only.
        seen: What went into the network for the current picture.
        maps: What the selected node makes of the current picture.
        channel: The channel shown large.
        own: The architectures that the user keeps.
        form: How the next training is set up.
        training: The training that runs or ran last.
        data: Labelled data.
        teach: Classes that the user teaches.
        runs: The runs in the store.
        inside: What was found inside the network in view.
        compare: Networks side by side.
        lessons: The lesson that is open.
        studies: Several trainings that differ in chosen fields.
        moments: Which moments of trainings are kept, and which runs are rewound.
        notices: Messages that stay.
        work: What is under way, oldest first.
        images_per_second: Of the last batch; None before one.
        tickets: The newest ticket of each kind and subject; older answers are dropped.
        next_ticket: For the next request.
        settings: What is remembered between sessions.
    """

    document: Document = field(default_factory=Document)
    history: History = History()
    refusal: Refusal | None = None
    net: NetState = NetState()
    device: DeviceState = DeviceState()
    pictures: PicturesState = PicturesState()
    answers: Mapping[int, Answer] = field(default_factory=_nothing)
    seen: Seen | None = None
    maps: MapsState | None = None
    channel: int | None = None
    own: OwnState = OwnState()
    form: TrainingForm = field(default_factory=TrainingForm)
    training: TrainingState = field(default_factory=TrainingState)
    data: DataState = field(default_factory=DataState)
    teach: TeachState = field(default_factory=TeachState)
    runs: RunsState = field(default_factory=RunsState)
    inside: InsideState = field(default_factory=InsideState)
    compare: CompareState = field(default_factory=CompareState)
    lessons: LessonState = field(default_factory=LessonState)
    studies: StudiesState = field(default_factory=StudiesState)
    moments: MomentsState = field(default_factory=MomentsState)
    notices: tuple[Notice, ...] = ()
    work: tuple[Work, ...] = ()
    images_per_second: float | None = None
    tickets: Mapping[tuple[str, Hashable], int] = field(default_factory=_nothing)
    next_ticket: int = 1
    settings: Settings = field(default_factory=Settings)
