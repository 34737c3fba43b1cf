"""What the window and the engine say to each other about what happens inside a network.

Frozen, as all of `engine/messages.py`. Called by `state`, `ui` and `engine/handlers`. Must not import torch
or Qt.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from explorer.arch.lesions import INTACT, Lesions
from explorer.engine.messages import ColumnRequest, Event

if TYPE_CHECKING:
    from explorer.engine.values import Float32Array
    from explorer.nets.findings_file import Findings
    from explorer.nets.insights import Attribution, Method, ResidualMeter
    from explorer.present.arithmetic import Number


# Requests


@dataclass(frozen=True, slots=True, kw_only=True)
class Attribute(ColumnRequest):
    """What in a picture speaks for a class.

    Attributes:
        image_id: The picture.
        method: How.
        key: The node, for Grad-CAM; else empty.
        label: The class; None for the likeliest.
        lesions: What is changed in the network meanwhile.
    """

    image_id: int
    method: Method
    key: str = ""
    label: int | None = None
    lesions: Lesions = INTACT


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadNumber(ColumnRequest):
    """How one number of a node is made: channel, row and column on its map."""

    image_id: int
    key: str
    place: tuple[int, int, int]
    lesions: Lesions = INTACT


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadKernels(ColumnRequest):
    """A node's weights, to be drawn."""

    key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RankChannels(ColumnRequest):
    """How much each channel of a node speaks for a class, for one picture."""

    image_id: int
    key: str
    label: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Meter(ColumnRequest):
    """The residual meter of one picture."""

    image_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class WriteWalk(ColumnRequest):
    """Write a walk through depth as an animation.

    Attributes:
        image_id: The picture.
        keys: The nodes, from input to logits.
        path: A GIF, or a folder for PNG pictures.
    """

    replaces: ClassVar[bool] = False

    image_id: int
    keys: tuple[str, ...]
    path: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadFindings(ColumnRequest):
    """What ships with the weights of the column's network: found beforehand on their own test pictures."""


# Events


@dataclass(frozen=True, slots=True, kw_only=True)
class InsideProgress(Event):
    """How much of a request is done, 0 to 1."""

    share: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Attributed(Event):
    """What speaks for a class."""

    image_id: int
    attribution: Attribution
    milliseconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class NumberRead(Event):
    """How a number is made."""

    image_id: int
    key: str
    place: tuple[int, int, int]
    number: Number


@dataclass(frozen=True, slots=True, kw_only=True)
class KernelsRead(Event):
    """A node's weights: (out, in, rows, columns) or (out, in)."""

    key: str
    weights: Float32Array


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelsRanked(Event):
    """How much each channel speaks for a class: (channels,)."""

    image_id: int
    key: str
    label: int
    relevance: Float32Array


@dataclass(frozen=True, slots=True, kw_only=True)
class Metered(Event):
    """What blocks and layers do; `image_id` is None for a sample."""

    image_id: int | None
    meter: ResidualMeter


@dataclass(frozen=True, slots=True, kw_only=True)
class FindingsRead(Event):
    """What was found beforehand; the engine holds its probes.

    Attributes:
        column: Whose network.
        findings: None where nothing ships with the weights.
        twin: The same of the plain twin's weights; None where there are none.
    """

    column: str
    findings: Findings | None
    twin: Findings | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class WalkWritten(Event):
    """An animation is in a file."""

    path: str
