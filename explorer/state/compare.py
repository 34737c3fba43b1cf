"""The parts of the state about networks side by side.

Which columns there are is in `Document` (undo brings them back); what lives and was found in them is here.
Held by `state/model.py`; changed only by `state/reducer/compare*.py`. Must not import torch or Qt.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal

from explorer.engine.values import KNOWN_WEIGHTS, WeightsChoice
from explorer.present.colouring import USUAL_COLOURING, Colouring

if TYPE_CHECKING:
    from explorer.arch.spec import ArchitectureSpec
    from explorer.engine.sample_messages import Decided, ProbesFitted
    from explorer.engine.values import Float32Array
    from explorer.nets.facts import Origin
    from explorer.state.model import Answer

MAX_COLUMNS = 8

ColumnStatus = Literal["building", "ready", "away", "failed"]
"""`away` gave its memory back because nobody looks, and comes back on demand."""

PairMode = Literal["flicker", "difference"]
"""Two networks take turns in one place, or are subtracted."""


@dataclass(frozen=True, slots=True)
class Column:
    """A network that is pinned beside others.

    Attributes:
        name: Its column in the engine; never used again in a session.
        spec: The architecture.
        weights: Which weights it is built with.
        seed: Of first values.
    """

    name: str
    spec: ArchitectureSpec
    weights: WeightsChoice = KNOWN_WEIGHTS
    seed: int = 0


@dataclass(frozen=True, slots=True)
class Looked:
    """What one network makes of one picture, from input to logits.

    Attributes:
        image_id: The picture.
        version: Of the column's network.
        maps: By node, for each stop of the slider: (channels, height, width) or (features,); none while
            the column is away.
        milliseconds: Of the forward pass that made all of it.
    """

    image_id: int
    version: int
    maps: Mapping[str, Float32Array]
    milliseconds: float


def _nothing() -> Mapping[Any, Any]:
    return MappingProxyType({})


@dataclass(frozen=True, slots=True)
class ColumnState:
    """The live network of a column.

    Attributes:
        status: How it stands.
        cause: Why it could not be built; empty where it could.
        origin: Where its weights come from; None before the first.
        classes: The labels it knows.
        version: Another with every network of the column and whenever it has learned on; no two columns,
            also of those that left, have had the same.
        answers: What it says, by picture number.
        looked: The current picture from input to logits; None until it is there.
        probes: Its linear probes: their accuracies; None where there are none yet.
        decided: What its linear probes say of the current picture; None where it has none.
    """

    status: ColumnStatus = "building"
    cause: str = ""
    origin: Origin | None = None
    classes: tuple[str, ...] = ()
    version: int = 0
    answers: Mapping[int, Answer] = field(default_factory=_nothing)
    looked: Looked | None = None
    probes: ProbesFitted | None = None
    decided: Decided | None = None


@dataclass(frozen=True, slots=True)
class CompareState:
    """The comparison.

    Attributes:
        columns: What lives in each of the document's columns, by name.
        is_seen: Whether the view is open; while it is not, columns hold neither device memory nor maps.
        share: Where the slider stands: 0 is the input, 1 the logits.
        chosen_pair: The two columns that flicker and are subtracted, also while one of them is away: undo may
            bring it back. None for none chosen.
        pair_mode: Which of both.
        colouring: How the maps are coloured.
        next_column: For the next column's name.
        last_version: The newest of all columns.
    """

    columns: Mapping[str, ColumnState] = field(default_factory=_nothing)
    is_seen: bool = False
    share: float = 0.5
    chosen_pair: tuple[str, str] | None = None
    pair_mode: PairMode = "flicker"
    colouring: Colouring = USUAL_COLOURING
    next_column: int = 1
    last_version: int = 0

    @property
    def pair(self) -> tuple[str, str] | None:
        """The chosen pair, while both of its columns are there."""
        chosen = self.chosen_pair
        return chosen if chosen is not None and set(chosen) <= self.columns.keys() else None
