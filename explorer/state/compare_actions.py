"""What the user does with networks side by side.

Dispatched by `ui`; handled by `state/reducer/compare.py`. Must not import torch or Qt.
"""

from __future__ import annotations

from dataclasses import dataclass

from explorer.arch.spec import ArchitectureSpec
from explorer.present.colouring import Colouring
from explorer.state.actions import Action
from explorer.state.compare import PairMode


@dataclass(frozen=True, slots=True)
class PinColumn(Action):
    """Keep the network in view as a column, with its weights."""


@dataclass(frozen=True, slots=True)
class PinSpecs(Action):
    """Keep these networks as columns with their known weights; none is pinned twice."""

    specs: tuple[ArchitectureSpec, ...]


@dataclass(frozen=True, slots=True)
class PinRun(Action):
    """Keep a run's network as a column, with the weights that it ended with."""

    run: str
    spec: ArchitectureSpec


@dataclass(frozen=True, slots=True)
class AddDepths(Action):
    """Pin the published depths of the family of a column, or of the network in view where `name` is empty."""

    name: str = ""


@dataclass(frozen=True, slots=True)
class AddPlainTwin(Action):
    """Pin the counterpart without shortcuts beside a column.

    Where `name` is empty: beside the network in view, which is pinned too.
    """

    name: str = ""


@dataclass(frozen=True, slots=True)
class MoveColumn(Action):
    """Put a column at another place, counted from 0."""

    name: str
    place: int


@dataclass(frozen=True, slots=True)
class RemoveColumns(Action):
    """Take columns away; undo brings them back."""

    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class OpenColumn(Action):
    """Make a column's network the one in view."""

    name: str


@dataclass(frozen=True, slots=True)
class SeeColumns(Action):
    """The view was opened or closed."""

    is_seen: bool


@dataclass(frozen=True, slots=True)
class MoveDepth(Action):
    """Put the slider there: 0 is the input, 1 the logits. Looking is not an edit."""

    share: float


@dataclass(frozen=True, slots=True)
class ChoosePair(Action):
    """The two columns that flicker and are subtracted; None for none."""

    pair: tuple[str, str] | None


@dataclass(frozen=True, slots=True)
class ChoosePairMode(Action):
    """Whether the pair flickers or is subtracted."""

    mode: PairMode


@dataclass(frozen=True, slots=True)
class ChooseColouring(Action):
    """How the maps of all columns are coloured."""

    colouring: Colouring


@dataclass(frozen=True, slots=True)
class WantCurves(Action):
    """Read the metrics of these runs, to draw them over each other; `ShowRun` is about one to look at."""

    runs: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Rewind(Action):
    """Put a run's network, in view and in columns, to the last moment kept at a step; None is now."""

    run: str
    step: int | None
