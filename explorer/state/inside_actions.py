"""What the user does to see inside the network, as values that widgets dispatch.

Called by `ui` and `state/reducer`. Must not import torch or Qt.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from explorer.state.actions import Action
from explorer.state.inside import InsideTopic

if TYPE_CHECKING:
    from explorer.engine.sample_messages import EmbeddingMethod
    from explorer.nets.insights import Method


@dataclass(frozen=True, slots=True)
class ChooseOverlay(Action):
    """Show what speaks for a class over the picture; an empty method takes the overlay away."""

    method: Method | Literal[""]
    label: int | None = None


@dataclass(frozen=True, slots=True)
class TuneOverlay(Action):
    """How the overlay is drawn."""

    opacity: float
    threshold: float


@dataclass(frozen=True, slots=True)
class ToggleLesion(Action):
    """Bypass a block's residual branch, or let it work again. A step of undo."""

    block: str


@dataclass(frozen=True, slots=True)
class ExchangeBlocks(Action):
    """Let two blocks of equal shape change places. A step of undo."""

    first: str
    second: str


@dataclass(frozen=True, slots=True)
class HealAll(Action):
    """Take all lesions away. A step of undo."""


@dataclass(frozen=True, slots=True)
class AskNumber(Action):
    """How is this number made? None puts the answer away."""

    key: str
    place: tuple[int, int, int] | None


@dataclass(frozen=True, slots=True)
class AskKernels(Action):
    """Show the selected node's weights."""


@dataclass(frozen=True, slots=True)
class AskRelevance(Action):
    """Sort channels by how much they speak for the picture's likeliest class."""


@dataclass(frozen=True, slots=True)
class ShowTopic(Action):
    """Look at one topic; what it needs is asked for."""

    topic: InsideTopic


@dataclass(frozen=True, slots=True)
class ChooseSample(Action):
    """Use another sample."""

    data: str


@dataclass(frozen=True, slots=True)
class RunTopic(Action):
    """Find, or find again, what a topic shows."""

    topic: InsideTopic


@dataclass(frozen=True, slots=True)
class ChooseEmbedding(Action):
    """Lay the sample out another way, or another block's features of it."""

    method: EmbeddingMethod
    key: str = ""


@dataclass(frozen=True, slots=True)
class KeepWalk(Action):
    """Write a walk through depth: a GIF, or a folder of PNG pictures."""

    path: str
