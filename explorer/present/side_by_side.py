"""Maps of several networks drawn for comparison: one scale of values, one layout of channels, a difference.

Called by the comparison's view. NumPy only; imports nothing but its room, never Qt.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from explorer.present.tiles import columns_for

MOST_TIMES_USUAL = 4.0
"""A shared scale reaches this many times as far as the usual network's values, and no farther."""
# A common fit gives up this share of its size for whole screen pixels.
_WHOLE_PIXELS_SHARE = 0.12
# Cells of a grid without holes may be smaller than others by this factor.
_WHOLE_GRID_SHARE = 0.7


@dataclass(frozen=True, slots=True)
class CellGrid:
    """Where channels lie in every picture of a comparison: the same channel at the same place.

    Attributes:
        columns: Cells in a row, of every picture.
        rows: Rows of the picture with the most channels.
        cell_px: Width of a cell on the screen, its gap included, where the pictures fit their frames.
    """

    columns: int
    rows: int
    cell_px: float


@dataclass(frozen=True, slots=True)
class Sight:
    """A part of the pictures that is looked at closely; the same for all of them, whatever their resolution.

    Attributes:
        cell_px: Width of a cell on the screen, its gap included.
        x: The place in the frame's middle, in cells from the left.
        y: The same, from the top.
    """

    cell_px: float
    x: float
    y: float


@dataclass(frozen=True, slots=True)
class ProbabilityChange:
    """What two networks think of one class.

    Attributes:
        index: The class.
        before: The first one's probability, 0 to 1.
        after: The second one's.
    """

    index: int
    before: float
    after: float

    @property
    def gain(self) -> float:
        """How much more the second gives it, −1 to 1."""
        return self.after - self.before


@dataclass(frozen=True, slots=True)
class CommonScale:
    """One scale of values for all networks.

    Attributes:
        low: The value of its low end.
        high: The value of its high end.
        is_cut: Whether a network has values beyond an end; they have the end's colour.
    """

    low: float
    high: float
    is_cut: bool


def ends_of(values: NDArray[np.floating]) -> tuple[float, float]:
    """The least and the greatest finite value; (0, 0) where none is finite."""
    low, high = float(values.min()), float(values.max())
    if not (math.isfinite(low) and math.isfinite(high)):
        real = values[np.isfinite(values)]
        if not real.size:
            return 0.0, 0.0
        low, high = float(real.min()), float(real.max())
    return low, high


def common_scale(
    ends: Sequence[tuple[float, float]], leading: Sequence[tuple[float, float]] = ()
) -> CommonScale:
    """One scale for several networks: equal colours are equal values.

    A single network may have values a thousand times as large as all others (deep residual nets before their
    training do). All others would be black: the scale ends at some times what the usual network reaches.

    Args:
        ends: The least and the greatest value of each; at least one.
        leading: Of those networks whose values mean something, where there are such; they make the scale.
    """
    leading = leading or ends
    reaches = sorted(max(abs(low), abs(high)) for low, high in leading)
    usual = reaches[0] if len(reaches) == 2 else reaches[len(reaches) // 2]
    low, high = min(low for low, _ in leading), max(high for _, high in leading)
    if usual:
        limit = MOST_TIMES_USUAL * usual
        low, high = max(low, -limit), min(high, limit)
    return CommonScale(low, high, is_cut=any(least < low or greatest > high for least, greatest in ends))


def common_grid(shapes: Sequence[tuple[int, int, int]], room_w: float, room_h: float) -> CellGrid:
    """One layout for the channels of several networks.

    The picture with the most channels decides it; cells are squares. Where all maps have one resolution a
    cell takes a whole number of screen pixels an activation, if that costs little.

    Args:
        shapes: (channels, height, width) of each network's maps; at least one.
        room_w: Width of a frame, in pixels.
        room_h: Height of a frame, in pixels.
    """
    most = max(n for n, _, _ in shapes)
    room_w, room_h = max(room_w, 1.0), max(room_h, 1.0)
    columns = _columns(most, room_w, room_h)
    rows = -(-most // columns)
    cell_px = min(room_w / columns, room_h / rows)
    pitches = {width + gap_px(height, width) for _, height, width in shapes}
    if len(pitches) == 1:
        pitch = pitches.pop()
        whole = math.floor(cell_px / pitch) * pitch
        if whole >= (1 - _WHOLE_PIXELS_SHARE) * cell_px:
            cell_px = float(whole)
    return CellGrid(columns, rows, cell_px)


def _columns(n: int, room_w: float, room_h: float) -> int:
    """Cells in a row: without holes where cells stay large, for channel 7 is then easily found again."""

    def cell_px(columns: int) -> float:
        return min(room_w / columns, room_h / -(-n // columns))

    best = columns_for(n, 1, 1, room_w / room_h)
    whole = max((columns for columns in range(1, n + 1) if n % columns == 0), key=cell_px)
    return whole if cell_px(whole) >= _WHOLE_GRID_SHARE * cell_px(best) else best


def gap_px(height: int, width: int) -> int:
    """The gap between maps of a size: none between single activations, which are parted on the screen."""
    return 0 if height == width == 1 else 1


def difference(one: NDArray[np.floating], other: NDArray[np.floating]) -> NDArray[np.float32] | None:
    """The first network's maps less the second's; None where their shapes differ."""
    if one.shape != other.shape:
        return None
    return np.asarray(np.subtract(one, other, dtype=np.float32))


def probabilities(logits: NDArray[np.floating]) -> NDArray[np.float64]:
    """What a network's last numbers (classes,) mean: softmax, 0 to 1, together 1."""
    raised = np.exp(np.asarray(logits, np.float64) - float(logits.max()))
    return np.asarray(raised / raised.sum())


def probability_changes(
    before: NDArray[np.floating], after: NDArray[np.floating], n: int
) -> tuple[ProbabilityChange, ...]:
    """The classes that two networks disagree about most, the greatest difference first.

    Args:
        before: The first network's probabilities (classes,).
        after: The second one's, of the same classes.
        n: How many classes at most.
    """
    gains = np.asarray(after, np.float64) - before
    order = np.argsort(-np.abs(gains), kind="stable")[:n]
    return tuple(ProbabilityChange(int(at), float(before[at]), float(after[at])) for at in order)
