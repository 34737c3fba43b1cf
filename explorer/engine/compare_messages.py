"""What the window and the compute thread say to each other about networks side by side.

Frozen, as all of `engine/messages.py`. Called by `state`, `ui` and `engine/handlers`. Must not import torch
or Qt.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from explorer.engine.messages import ColumnRequest, Event
from explorer.nets.facts import Prediction

if TYPE_CHECKING:
    from explorer.engine.values import Float32Array


@dataclass(frozen=True, slots=True, kw_only=True)
class LookThrough(ColumnRequest):
    """What one picture becomes in a column's network, from input to logits, in one forward pass.

    Attributes:
        image_id: The picture.
        keys: The nodes whose maps are wanted.
    """

    image_id: int
    keys: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class LetColumnGo(ColumnRequest):
    """Give back the memory of a column's network."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LookedThrough(Event):
    """A picture's way through a column's network.

    Attributes:
        column: Whose.
        image_id: The picture.
        predictions: As in `Classified`.
        maps: (key, output) for each key that was asked for: (channels, height, width) or (features,).
        milliseconds: Of the forward pass.
    """

    column: str
    image_id: int
    predictions: tuple[Prediction, ...]
    maps: tuple[tuple[str, Float32Array], ...]
    milliseconds: float
