"""What the window and the compute thread say to each other.

Requests are imperatives and go in, events are past participles and come out. All are frozen; arrays are
read-only copies. Called by `state`, `ui`, `cli` and the rest of `engine`. Must not import torch or Qt.

Each request has a ticket, and a subject: a newer request of the same kind and subject replaces an older one,
in the mailbox before it runs and in the reducer after.
"""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING, ClassVar

from explorer.arch.lesions import INTACT, Lesions
from explorer.arch.spec import ArchitectureSpec
from explorer.engine.values import KNOWN_WEIGHTS
from explorer.engine.values import FailedPicture as FailedPicture  # with the messages that carry them
from explorer.engine.values import LoadedPicture as LoadedPicture
from explorer.engine.values import WeightsChoice as WeightsChoice
from explorer.engine.values import WeightsOffer as WeightsOffer
from explorer.nets.assumptions import Assumption
from explorer.nets.facts import DeviceInfo, Origin, Prediction

if TYPE_CHECKING:
    from explorer.engine.values import Float32Array, Uint8Array

MAIN_COLUMN = "main"


class Priority(IntEnum):
    """Who goes first on the compute thread; a lower number interrupts a higher between two of its slices.

    A training is not interrupted by long work: the two share the thread, slice by slice.
    """

    INTERACTIVE = 0
    BUILD = 1
    BATCH = 2
    TRAINING = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """Something to be done.

    Attributes:
        ticket: Rises with every request; events carry it back.
    """

    priority: ClassVar[Priority] = Priority.INTERACTIVE
    on_io_pool: ClassVar[bool] = False
    """True where it runs beside the compute thread, because it waits for files or the network."""
    replaces: ClassVar[bool] = True
    """Whether a newer one of the same kind and subject makes this one pointless."""
    lasts: ClassVar[bool] = False
    """Whether it is done also where the program ends before its turn: a moment's work that the user takes for
    done, such as bringing back what was deleted. On the IO pool only."""

    ticket: int

    @property
    def subject(self) -> Hashable:
        """What it is about, beside its kind."""
        return ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnRequest(Request):
    """About one column's network; a newer one of the same kind and column replaces it."""

    column: str = MAIN_COLUMN

    @property
    def subject(self) -> Hashable:
        """What it is about, beside its kind."""
        return self.column


# Requests


@dataclass(frozen=True, slots=True, kw_only=True)
class UseDevice(Request):
    """Move to a device; `auto` chooses.

    Attributes:
        name: As torch takes it.
        reason: Why the engine itself asks for it; empty where the user does.
    """

    name: str
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class BuildModel(ColumnRequest):
    """Make the network of a spec live on the device."""

    priority: ClassVar[Priority] = Priority.BUILD

    spec: ArchitectureSpec
    seed: int = 0
    weights: WeightsChoice = KNOWN_WEIGHTS


@dataclass(frozen=True, slots=True, kw_only=True)
class FetchWeights(Request):
    """Download the weights of a card. The user has said yes."""

    on_io_pool: ClassVar[bool] = True

    name: str

    @property
    def subject(self) -> Hashable:
        return self.name


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadSpec(Request):
    """Read a spec file."""

    on_io_pool: ClassVar[bool] = True

    path: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadWeights(Request):
    """Find out which network a file of weights belongs to.

    Attributes:
        path: The file.
        spec: The network in view, which is kept where the file fits it.
    """

    on_io_pool: ClassVar[bool] = True

    path: str
    spec: ArchitectureSpec


@dataclass(frozen=True, slots=True, kw_only=True)
class SaveWeights(Request):
    """Write a live network's weights with the spec beside them."""

    replaces: ClassVar[bool] = False

    path: str
    column: str = MAIN_COLUMN


@dataclass(frozen=True, slots=True, kw_only=True)
class Classify(ColumnRequest):
    """Say what one picture shows."""

    image_id: int
    lesions: Lesions = INTACT


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassifyMany(ColumnRequest):
    """Say what many pictures show, beside everything else."""

    priority: ClassVar[Priority] = Priority.BATCH

    image_ids: tuple[int, ...]
    lesions: Lesions = INTACT


@dataclass(frozen=True, slots=True, kw_only=True)
class ProbeNode(ColumnRequest):
    """Show what one node makes of one picture."""

    image_id: int
    key: str
    lesions: Lesions = INTACT


@dataclass(frozen=True, slots=True, kw_only=True)
class Cancel(Request):
    """Stop what another ticket asked for, at its next slice."""

    replaces: ClassVar[bool] = False

    cancelled: int


# Events


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Something that happened; `ticket` is the request's, 0 where nobody asked."""

    ticket: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineReady(Event):
    """Torch is imported and a device works."""

    torch_version: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceChosen(Event):
    """The device in use, all there are, and why it is not the one asked for (empty where it is)."""

    device: DeviceInfo
    devices: tuple[DeviceInfo, ...]
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class MemoryRead(Event):
    """The device's memory now."""

    device: DeviceInfo


@dataclass(frozen=True, slots=True, kw_only=True)
class BuildProgress(Event):
    """How much of the network is made, 0 to 1."""

    share: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelBuilt(Event):
    """The network is live.

    Attributes:
        spec: What was built; its classes may follow the weights'.
        origin: Where its weights come from.
        classes: The labels it knows; empty where it has learned none.
        offers: The weights that exist for this spec.
        can_copy: Tensors of the net before that would fit here.
    """

    column: str
    spec: ArchitectureSpec
    origin: Origin
    classes: tuple[str, ...]
    offers: tuple[WeightsOffer, ...]
    can_copy: int


@dataclass(frozen=True, slots=True, kw_only=True)
class FetchProgress(Event):
    """How much of a download is here; the total is None where the server does not say."""

    name: str
    done_bytes: int
    total_bytes: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class WeightsFetched(Event):
    """A card's weights are on this machine, and their hash is right."""

    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SpecRead(Event):
    """A spec file was read."""

    spec: ArchitectureSpec
    path: str


@dataclass(frozen=True, slots=True, kw_only=True)
class WeightsRead(Event):
    """It is known which network a file of weights belongs to.

    Attributes:
        path: The file.
        spec: The network.
        assumed: What the file does not say about it.
    """

    path: str
    spec: ArchitectureSpec
    assumed: tuple[Assumption, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class WeightsSaved(Event):
    """A network's weights are in a file."""

    path: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Classified(Event):
    """What one picture shows.

    Attributes:
        predictions: The likeliest classes, at most five, first the likeliest.
        seen: (size, size, 3), what went into the network, before normalisation.
        milliseconds: Of the forward pass.
        kept_share: How much of the picture's shorter side that is, around its middle: 0 to 1.
    """

    column: str
    image_id: int
    predictions: tuple[Prediction, ...]
    seen: Uint8Array
    milliseconds: float
    kept_share: float = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class ManyClassified(Event):
    """What some of many pictures show; more follow while `done` is below `total`."""

    column: str
    answers: tuple[tuple[int, tuple[Prediction, ...]], ...]
    done: int
    total: int
    images_per_second: float


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeProbed(Event):
    """A node's output for one picture: (channels, height, width) or (features,)."""

    column: str
    image_id: int
    key: str
    maps: Float32Array


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestFinished(Event):
    """A request came to its end, whatever that was. Always the last event of its ticket."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestFailed(Event):
    """A request failed; the texts are templates as in `ExplorerError`.

    Attributes:
        kind: The request's class name.
        message: The cause.
        hint: The remedy.
        arguments: The values of both templates' places.
        is_cancelled: True where the user stopped it.
        detail: All of it, where the message names only the first few; a traceback, where it was not foreseen.
    """

    kind: str
    message: str
    hint: str
    arguments: tuple[tuple[str, object], ...] = ()
    is_cancelled: bool = False
    detail: str = ""
