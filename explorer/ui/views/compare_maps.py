"""The pictures of the comparison: every column's maps at the slider's stop, on one scale and in one layout.

Each is drawn once and kept, so that going back and forth along the way shows it within a frame. Used by
`compare.py`. Knows nothing of the state or the engine.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from explorer.present.colouring import PaletteChoice, ScaleChoice
from explorer.present.side_by_side import (
    CellGrid,
    CommonScale,
    common_grid,
    common_scale,
    difference,
    ends_of,
    gap_px,
)
from explorer.present.tiles import Colour, as_maps, tile
from explorer.ui.widgets.linked_mosaic import Drawn
from explorer.ui.widgets.picture import to_qimage

MOST_BYTES = 64 * 2**20
MOST_ENDS = 4096

Source = tuple[str, int, int, str]
"""A column's name, its network's version, the picture's number, the node."""


@dataclass(frozen=True, slots=True)
class Shown:
    """A node of a column, and what it makes of the picture.

    Attributes:
        source: Where the values come from; equal sources have equal values.
        values: (channels, height, width) or (features,).
        is_trained: Whether the values mean something; those make a shared scale.
    """

    source: Source
    values: NDArray[np.float32]
    is_trained: bool = True


class CompareMaps:
    """Draws maps; the longest unused pictures go where there is no room.

    Args:
        most_bytes: What the pictures may take together.
    """

    def __init__(self, most_bytes: int = MOST_BYTES) -> None:
        self._most_bytes = most_bytes
        self._kept: OrderedDict[tuple[object, ...], Drawn] = OrderedDict()
        self._n_bytes = 0
        self._ends: OrderedDict[Source, tuple[float, float]] = OrderedDict()
        self.n_drawn = 0
        """How many pictures were drawn; those found again are not counted."""

    @property
    def n_bytes(self) -> int:
        """What the kept pictures take, with the maps that they hold on to."""
        return self._n_bytes

    def grid(self, shown: Sequence[Shown], room: tuple[float, float]) -> CellGrid:
        """One layout for all of them.

        Args:
            shown: At least one.
            room: Width and height of a frame, in pixels.
        """
        shapes = [one.values.shape if one.values.ndim == 3 else (*one.values.shape, 1, 1) for one in shown]
        return common_grid(shapes, *room)

    def draw(
        self,
        shown: Sequence[Shown],
        grid: CellGrid,
        *,
        scale: ScaleChoice,
        palette: PaletteChoice,
        background: Colour,
    ) -> list[Drawn]:
        """The pictures of some columns.

        Args:
            shown: What each shows.
            grid: Of all of them.
            scale: Over what equal colours are equal values.
            palette: Whose colours.
            background: Of gaps.
        """
        common = self.common(shown) if scale == "all" else None
        ends = None if common is None else (common.low, common.high)
        return [self._drawn(one, grid.columns, ends, scale, palette, background) for one in shown]

    def draw_difference(
        self, one: Shown, other: Shown, grid: CellGrid, *, scale: ScaleChoice, background: Colour
    ) -> Drawn | None:
        """The second's maps less the first's, zero in the middle of the scale; None where shapes differ."""
        key = ("difference", one.source, other.source, grid.columns, scale == "channel", background)
        if key in self._kept:
            self._kept.move_to_end(key)
            return self._kept[key]
        values = difference(other.values, one.values)
        if values is None:
            return None
        maps = as_maps(values)
        tiles = tile(
            maps,
            scale="per_channel" if scale == "channel" else "shared",
            symmetric=True,
            columns=grid.columns,
            gap_px=gap_px(maps.shape[1], maps.shape[2]),
            background=background,
        )
        return self._keep(key, Drawn(maps, tiles, to_qimage(tiles.picture)))

    def common(self, shown: Sequence[Shown]) -> CommonScale:
        """One scale for all of them; at least one."""
        leading = [self._ends_of(one) for one in shown if one.is_trained]
        return common_scale([self._ends_of(one) for one in shown], leading)

    def _ends_of(self, one: Shown) -> tuple[float, float]:
        if one.source not in self._ends:
            self._ends[one.source] = ends_of(one.values)
            if len(self._ends) > MOST_ENDS:
                self._ends.popitem(last=False)
        return self._ends[one.source]

    def _drawn(
        self,
        one: Shown,
        columns: int,
        ends: tuple[float, float] | None,
        scale: ScaleChoice,
        palette: PaletteChoice,
        background: Colour,
    ) -> Drawn:
        key = (one.source, columns, ends, scale, palette, background)
        if key in self._kept:
            self._kept.move_to_end(key)
            return self._kept[key]
        maps = as_maps(one.values)
        tiles = tile(
            maps,
            scale="per_channel" if scale == "channel" else "shared",
            palette=palette,
            columns=columns,
            gap_px=gap_px(maps.shape[1], maps.shape[2]),
            background=background,
            ends=ends,
        )
        return self._keep(key, Drawn(maps, tiles, to_qimage(tiles.picture)))

    def _keep(self, key: tuple[object, ...], drawn: Drawn) -> Drawn:
        self.n_drawn += 1
        self._kept[key] = drawn
        self._n_bytes += _bytes(drawn)
        while self._n_bytes > self._most_bytes and len(self._kept) > 1:
            _, gone = self._kept.popitem(last=False)
            self._n_bytes -= _bytes(gone)
        return drawn


def _bytes(drawn: Drawn) -> int:
    return drawn.image.sizeInBytes() + drawn.tiles.picture.nbytes + drawn.maps.nbytes
