"""What the comparison's view shows of each column, out of the state.

Made by `ui/compare_dock.py`, once a column and change. Imports no Qt.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from explorer.arch.align import Stop, stops
from explorer.arch.cost import Cost, cost_of
from explorer.arch.depths import depth_of
from explorer.arch.expand import expand
from explorer.arch.graph import Graph
from explorer.arch.lamp import Nearest, nearest
from explorer.arch.presets import net_title
from explorer.arch.spec import ArchitectureSpec
from explorer.nets.facts import Origin, Prediction
from explorer.present import text
from explorer.state.compare import Column, ColumnState, ColumnStatus
from explorer.state.model import WEAK_PROBABILITY

if TYPE_CHECKING:
    from explorer.engine.values import Float32Array

_FAMILY = "CIFAR "


@dataclass(frozen=True, slots=True)
class ColumnFacts:
    """A column.

    Attributes:
        name: As in `Column`.
        title: What people call the network, with its depth.
        spec: Its architecture.
        graph: Its nodes.
        way: Its stops from input to logits.
        cost: Its totals.
        near: The published network that it is or is nearest to; None for none.
        status: As in `ColumnState`.
        cause: As in `ColumnState`.
        origin: Where its weights come from; None before the first.
        classes: The labels it knows.
        version: Of its network.
        image_id: The picture in view; None for none.
        predictions: Of that picture; None until they are there.
        milliseconds: Of the forward pass; None until it was taken.
        maps: By node, of that picture; empty until they are there.
    """

    name: str
    title: str
    spec: ArchitectureSpec
    graph: Graph
    way: tuple[Stop, ...]
    cost: Cost
    near: Nearest | None
    status: ColumnStatus
    cause: str
    origin: Origin | None
    classes: tuple[str, ...]
    version: int
    image_id: int | None
    predictions: tuple[Prediction, ...] | None
    milliseconds: float | None
    maps: Mapping[str, Float32Array]

    @property
    def paper_error(self) -> float | None:
        """The published network's own test error in per cent, where the column is that network."""
        near = self.near
        return near.published.error_percent if near is not None and near.is_exact else None

    @property
    def is_trained(self) -> bool:
        """Whether its answer means something."""
        return self.origin is not None and self.origin.is_trained

    @property
    def is_weak(self) -> bool:
        """Whether no class fits well."""
        found = self.predictions
        return found is not None and (not found or found[0].probability < WEAK_PROBABILITY)


def facts_of(column: Column, living: ColumnState, image_id: int | None, title: str) -> ColumnFacts:
    """What the view shows of a column.

    Args:
        column: Of the document.
        living: What lives in it.
        image_id: The picture in view; None for none.
        title: What it is called beside the others.
    """
    graph = expand(column.spec)
    answer = None if image_id is None else living.answers.get(image_id)
    looked = living.looked
    is_current = looked is not None and (looked.image_id, looked.version) == (image_id, living.version)
    return ColumnFacts(
        name=column.name,
        title=title,
        spec=column.spec,
        graph=graph,
        way=stops(graph),
        cost=cost_of(column.spec),
        near=nearest(column.spec),
        status=living.status,
        cause=living.cause,
        origin=living.origin,
        classes=living.classes,
        version=living.version,
        image_id=image_id,
        predictions=None if answer is None else answer.predictions,
        milliseconds=looked.milliseconds if looked is not None and is_current else None,
        maps=looked.maps if looked is not None and is_current else {},
    )


def title_of(spec: ArchitectureSpec) -> str:
    """A short name that tells the depth too: `CIFAR ResNet-20`, `AlexNet, 8 layers`."""
    title, depth = net_title(spec), str(depth_of(spec))
    return title if depth in title else f"{title}, {depth} layers"


def beside_titles(titles: tuple[str, ...], columns: tuple[Column, ...]) -> tuple[str, ...]:
    """The same names, shorter where all networks are of one size of picture.

    `CIFAR` tells two networks apart only where others are not; elsewhere it takes the room of what does.
    """
    sizes = {column.spec.input_size for column in columns}
    return tuple(title.removeprefix(_FAMILY) for title in titles) if len(sizes) == 1 else titles


def weights_text(origin: Origin) -> str:
    """Where weights come from, in two words: `bundled, 91.9 %`; `words.origin_text` says the rest."""
    if origin.kind == "untrained":
        return f"untrained, seed {origin.seed}"
    if origin.kind == "copied":
        return "copied in part"
    if origin.step is not None:
        return f"at step {origin.step:,}"
    kind = "trained" if origin.kind == "run" else origin.kind
    return f"{kind}, {origin.accuracy_percent:.1f} %" if origin.accuracy_percent else kind


def ratio_text(before: float, after: float) -> str:
    """How many times as large: `× 3.2`, `same`."""
    if before == after or not before:
        return "same" if before == after else ""
    times = after / before
    return f"× {times:.2f}" if times < 9.995 else f"× {text.short(times)}"
