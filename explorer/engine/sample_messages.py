"""What the window and the engine say to each other about a sample that a network is looked into with.

Frozen, as all of `engine/messages.py`. Called by `state`, `ui` and `engine/handlers`. Must not import torch
or Qt.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Literal

from explorer.arch.lesions import Lesions
from explorer.arch.spec import ArchitectureSpec
from explorer.engine.messages import ColumnRequest, Event, Priority

if TYPE_CHECKING:
    from explorer.engine.values import Float32Array, Uint8Array
    from explorer.nets.findings import Excitement, Profile
    from explorer.nets.insights import GradientFlow, Knowledge, Sweep

EmbeddingMethod = Literal["pca", "tsne"]


@dataclass(frozen=True, slots=True)
class SampleChoice:
    """A labelled sample that a network is looked into with. Its data must have been opened (`OpenData`).

    Attributes:
        data: The data's name or path.
        input_size: Side of its pictures, as it was opened.
        count: Pictures at most, drawn evenly from the test part.
    """

    data: str
    input_size: int
    count: int = 1000


# Requests


@dataclass(frozen=True, slots=True, kw_only=True)
class MeterSample(ColumnRequest):
    """The residual meter of a sample."""

    priority: ClassVar[Priority] = Priority.BATCH

    sample: SampleChoice


@dataclass(frozen=True, slots=True, kw_only=True)
class FlowGradients(ColumnRequest):
    """Gradient norms by depth for one batch of a sample: the net as it is, and others at their start.

    Attributes:
        sample: The batch is its first pictures.
        others: Titles and specs of networks to be measured at initialisation.
        seed: Of their first values.
    """

    priority: ClassVar[Priority] = Priority.BATCH

    sample: SampleChoice
    others: tuple[tuple[str, ArchitectureSpec], ...] = ()
    seed: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class TestLesions(ColumnRequest):
    """What the network with lesions still knows of a sample."""

    __test__ = False
    priority: ClassVar[Priority] = Priority.BATCH

    lesions: Lesions
    sample: SampleChoice


@dataclass(frozen=True, slots=True, kw_only=True)
class SweepLesions(ColumnRequest):
    """Bypass each block in turn; of the network in the column, and of its plain twin where it has weights.

    Attributes:
        sample: What it is asked.
        twin: The plain twin; None where it is not wanted. Its weights are known ones, or those of a run.
    """

    priority: ClassVar[Priority] = Priority.BATCH

    sample: SampleChoice
    twin: ArchitectureSpec | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PoolSample(ColumnRequest):
    """Pooled features of every block for a sample; kept by the engine for probes and embeddings.

    Attributes:
        sample: Which.
        image_ids: Dropped pictures that are pooled with it, to be placed among it.
    """

    priority: ClassVar[Priority] = Priority.BATCH

    sample: SampleChoice
    image_ids: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class FitProbes(ColumnRequest):
    """Fit a linear probe a block on the pooled sample."""

    on_io_pool: ClassVar[bool] = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Decide(ColumnRequest):
    """What each block's probe says of a picture; its features are kept, to be placed among the sample."""

    image_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Embed(ColumnRequest):
    """Lay the pooled sample out in the plane, with pictures among it.

    Attributes:
        method: PCA, or t-SNE.
        key: The block whose features are laid out.
        image_ids: Dropped pictures to be placed, where `PoolSample` or `Decide` have pooled them.
    """

    on_io_pool: ClassVar[bool] = True

    method: EmbeddingMethod
    key: str
    image_ids: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Excite(ColumnRequest):
    """Which pictures of a sample excite the channels of a node most."""

    priority: ClassVar[Priority] = Priority.BATCH

    key: str
    sample: SampleChoice


@dataclass(frozen=True, slots=True, kw_only=True)
class MeasureCost(ColumnRequest):
    """Time and memory of each block on the device."""

    priority: ClassVar[Priority] = Priority.BATCH

    batch: int = 1


# Events


@dataclass(frozen=True, slots=True, kw_only=True)
class GradientsFlowed(Event):
    """Gradient norms by depth, by title; the first is the net in the column."""

    flows: tuple[tuple[str, GradientFlow], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class LesionsTested(Event):
    """What a network with lesions knows, beside the intact one.

    Attributes:
        lesions: What was changed.
        knowledge: With them.
        intact: Without.
        knows_truth: Whether the sample's classes are the network's, so that accuracy means something.
        images: How many pictures there were.
    """

    lesions: Lesions
    knowledge: Knowledge
    intact: Knowledge
    knows_truth: bool
    images: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Swept(Event):
    """Each block in turn, of the network and of its plain twin.

    Attributes:
        sweep: Of the network; blocks that are done so far.
        twin: Of the plain twin; None where it was not asked for or has no weights.
        knows_truth: Whether the sample's classes are the network's.
        is_done: Whether all blocks are there.
    """

    sweep: Sweep
    twin: Sweep | None
    knows_truth: bool
    is_done: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class SamplePooled(Event):
    """The engine holds the pooled features of a sample.

    Attributes:
        sample: Which.
        keys: Blocks, in the network's order.
        labels: The truth, by picture.
        classes: The sample's.
        thumbnails: (images, side, side, 3).
    """

    sample: SampleChoice
    keys: tuple[str, ...]
    labels: tuple[int, ...]
    classes: tuple[str, ...]
    thumbnails: Uint8Array


@dataclass(frozen=True, slots=True, kw_only=True)
class ProbesFitted(Event):
    """Each block's probe, by its accuracy on pictures that it was not fitted on: 0 to 1."""

    accuracies: tuple[tuple[str, float], ...]
    classes: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Decided(Event):
    """What each block's probe says of a picture: (blocks, classes); no blocks where there are no probes."""

    image_id: int
    keys: tuple[str, ...]
    probabilities: Float32Array


@dataclass(frozen=True, slots=True, kw_only=True)
class Embedded(Event):
    """A sample in the plane.

    Attributes:
        method: How.
        key: The block.
        points: (images, 2).
        placed: Dropped pictures with their places.
    """

    method: EmbeddingMethod
    key: str
    points: Float32Array
    placed: tuple[tuple[int, float, float], ...] = ()


@dataclass(frozen=True, slots=True)
class ExcitingPicture:
    """One of the pictures that excite a channel most.

    Attributes:
        picture: (side, side, 3).
        crop: The part that the number sees; None where it sees nothing of it.
        value: The activation.
    """

    picture: Uint8Array
    crop: Uint8Array | None
    value: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Excited(Event):
    """Which pictures excite the channels of a node most.

    Attributes:
        excitement: Numbers for all channels.
        pictures: By channel, the strongest first.
    """

    excitement: Excitement
    pictures: tuple[tuple[ExcitingPicture, ...], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CostMeasured(Event):
    """Time and memory of each block."""

    profile: Profile
