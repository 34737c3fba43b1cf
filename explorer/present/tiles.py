"""All channels of a node as one tiled picture.

Called by the feature view and the command line's `features`. NumPy only; imports nothing but its own room,
never Qt.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from explorer.present import colour
from explorer.present.colouring import PaletteChoice

ScaleName = Literal["shared", "per_channel"]
Colour = tuple[int, int, int]

# Entries of the colour table behind the palette's own 256.
_MARKED = colour.N_COLOURS
_BACKGROUND = colour.N_COLOURS + 1
# A grid without holes is preferred to a ragged one whose cells are at most this many times as large.
_WHOLE_GRID_WORTH = 1.04


@dataclass(frozen=True, slots=True)
class Tiles:
    """One picture of all channels, one pixel an activation.

    Attributes:
        picture: sRGB bytes (rows·(cell_h + gap) − gap, columns·(cell_w + gap) − gap, 3), contiguous.
        n_channels: How many cells are filled.
        columns: Cells in a row.
        rows: Rows of cells.
        cell_w: Width of a channel's map, in activations.
        cell_h: Height of a channel's map, in activations.
        gap_px: Pixels of background between two cells.
        palette: Whose colours these are.
        scale: Whether channels share one scale.
        lows: The value of the palette's low end, for each channel (channels,).
        highs: The value of the palette's high end, for each channel (channels,).
        order: The channel in each cell, in reading order (channels,).
        n_unreal: How many values are NaN or infinite; they are drawn in `colour.MARKED`.
    """

    picture: NDArray[np.uint8]
    n_channels: int
    columns: int
    rows: int
    cell_w: int
    cell_h: int
    gap_px: int
    palette: colour.PaletteName
    scale: ScaleName
    lows: NDArray[np.float32]
    highs: NDArray[np.float32]
    order: NDArray[np.intp]
    n_unreal: int

    @property
    def low(self) -> float:
        """The lowest value that has a colour of its own; of all channels."""
        return float(self.lows.min())

    @property
    def high(self) -> float:
        """The highest value that has a colour of its own; of all channels."""
        return float(self.highs.max())

    def channel_at(self, x: float, y: float) -> int | None:
        """The channel under a point of the picture, in its pixels; None on a gap, a hole or outside."""
        found = self.activation_at(x, y)
        return None if found is None else found[0]

    def activation_at(self, x: float, y: float) -> tuple[int, int, int] | None:
        """The channel, column and row of the activation under a point of the picture; None where none is."""
        column, inner_x = divmod(int(np.floor(x)), self.cell_w + self.gap_px)
        row, inner_y = divmod(int(np.floor(y)), self.cell_h + self.gap_px)
        cell = row * self.columns + column
        inside = 0 <= column < self.columns and row >= 0 and cell < self.n_channels
        if not inside or inner_x >= self.cell_w or inner_y >= self.cell_h:
            return None
        return int(self.order[cell]), inner_x, inner_y

    def cell_of(self, channel: int) -> int:
        """The place of a channel in reading order.

        Raises:
            IndexError: There is no such channel.
        """
        places = np.flatnonzero(self.order == channel)
        if not places.size:
            raise IndexError(channel)
        return int(places[0])

    def rect(self, channel: int) -> tuple[int, int, int, int]:
        """Left, top, width and height of a channel's cell in the picture.

        Raises:
            IndexError: There is no such channel.
        """
        row, column = divmod(self.cell_of(channel), self.columns)
        return (
            column * (self.cell_w + self.gap_px),
            row * (self.cell_h + self.gap_px),
            self.cell_w,
            self.cell_h,
        )


def as_maps(values: NDArray[np.floating]) -> NDArray[np.float32]:
    """Maps (channels, height, width) of a node's output; a vector (features,) becomes 1 × 1 maps.

    Raises:
        ValueError: The output is of another rank, or empty.
    """
    if values.ndim not in (1, 3) or not values.size:
        raise ValueError(f"maps are (channels, height, width) or (features,), not {values.shape}")
    maps = values if values.ndim == 3 else values[:, None, None]
    return np.asarray(maps, dtype=np.float32)


def columns_for(n: int, cell_w: int, cell_h: int, aspect: float) -> int:
    """The number of columns with which the cells become largest in a frame.

    A grid without holes is taken where it costs little: 16 channels are 4 × 4, not 5 × 4 with holes.

    Args:
        n: How many cells, at least 1.
        cell_w: Width of a cell.
        cell_h: Height of a cell.
        aspect: Width of the frame over its height, above 0.

    Returns:
        1 to n.
    """
    columns = np.arange(1, n + 1)
    rows = -(-n // columns)
    sizes = np.minimum(aspect / (columns * cell_w), 1.0 / (rows * cell_h))
    filled = n / (columns * rows)
    worth = sizes * filled**1.5 * np.where(filled == 1, _WHOLE_GRID_WORTH, 1.0)
    return int(columns[int(worth.argmax())])


def _ends(
    maps: NDArray[np.float32], scale: ScaleName
) -> tuple[NDArray[np.float32], NDArray[np.float32], int]:
    """The least and the greatest finite value of each channel, and how many values are not finite."""
    lows, highs = maps.min(axis=(1, 2)), maps.max(axis=(1, 2))
    n_unreal = 0
    # Both ends finite means every value is: NaN and infinities would have come through.
    if not (np.isfinite(lows).all() and np.isfinite(highs).all()):
        real = np.isfinite(maps)
        n_unreal = int(real.size - real.sum())
        lows = np.where(real, maps, np.inf).min(axis=(1, 2))
        highs = np.where(real, maps, -np.inf).max(axis=(1, 2))
    some = np.isfinite(lows)
    if scale == "shared" and some.any():
        lows, highs = np.full_like(lows, lows[some].min()), np.full_like(highs, highs[some].max())
    # A channel, or all, without one finite value has no scale of its own.
    return np.where(np.isfinite(lows), lows, 0), np.where(np.isfinite(highs), highs, 0), n_unreal


def _coloured(
    lows: NDArray[np.float32], palette: PaletteChoice, symmetric: bool | None
) -> tuple[colour.PaletteName, bool]:
    """The palette, and whether zero is the scale's middle; as `tile` is asked for them."""
    if symmetric is None:
        symmetric = palette == "diverging" or (palette == "auto" and bool((lows < 0).any()))
    if palette == "auto":
        return ("diverging" if symmetric else "sequential"), symmetric
    return palette, symmetric


def _widened(
    lows: NDArray[np.float32], highs: NDArray[np.float32], symmetric: bool
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """The ends of the scale; a constant channel's reaches to zero, so that its sign keeps a colour."""
    if symmetric:
        bounds = np.maximum(np.abs(lows), np.abs(highs))
        return -bounds, bounds
    constant = lows == highs
    return np.where(constant, np.minimum(lows, 0), lows), np.where(constant, np.maximum(highs, 0), highs)


def _entries(
    maps: NDArray[np.float32],
    lows: NDArray[np.float32],
    highs: NDArray[np.float32],
    symmetric: bool,
    clean: bool,
) -> NDArray[np.uint16]:
    """The colour table's entry of every activation."""
    # Halves, because the span of two large float32 values may overflow.
    spans = highs / 2 - lows / 2
    middles = highs / 2 + lows / 2
    # Without any span every value is zero: the middle of a symmetric scale, else its low end.
    empty = spans <= 0
    half = np.float32((colour.N_COLOURS - 1) / 2)
    if not symmetric:
        middles = np.where(empty, np.float32(1), middles)
    spans = np.where(empty, np.float32(1), spans)
    with np.errstate(invalid="ignore", over="ignore"):
        levels = maps - middles[:, None, None]
        levels *= (half / spans)[:, None, None]
        levels += half + np.float32(0.5)
        np.clip(levels, 0, colour.N_COLOURS - 0.5, out=levels)
        if not clean:
            levels[~np.isfinite(maps)] = _MARKED
        return levels.astype(np.uint16)


def _placed(entries: NDArray[np.uint16], columns: int, gap_px: int) -> NDArray[np.uint16]:
    """Entries of all cells on one canvas, background between and behind them."""
    n, cell_h, cell_w = entries.shape
    rows = -(-n // columns)
    pitch_w, pitch_h = cell_w + gap_px, cell_h + gap_px
    canvas = np.full((rows * pitch_h, columns * pitch_w), _BACKGROUND, np.uint16)
    cells = canvas.reshape(rows, pitch_h, columns, pitch_w)[:, :cell_h, :, :cell_w]
    full = n // columns
    cells[:full] = entries[: full * columns].reshape(full, columns, cell_h, cell_w).transpose(0, 2, 1, 3)
    if full < rows:
        cells[full, :, : n - full * columns] = entries[full * columns :].transpose(1, 0, 2)
    return canvas[: rows * pitch_h - gap_px, : columns * pitch_w - gap_px]


def tile(
    maps: NDArray[np.floating],
    *,
    scale: ScaleName = "shared",
    palette: PaletteChoice = "auto",
    symmetric: bool | None = None,
    columns: int | None = None,
    gap_px: int = 1,
    background: Colour = (0, 0, 0),
    order: NDArray[np.intp] | None = None,
    ends: tuple[float, float] | None = None,
) -> Tiles:
    """Draw all channels of a node as one picture, one pixel an activation.

    Args:
        maps: Float values (channels, height, width), or (features,) for one-pixel cells.
        scale: `shared`: equal colours are equal values everywhere; `per_channel`: each channel from its own
            least to its own greatest value.
        palette: `auto` takes `diverging` for a symmetric scale and `sequential` for another.
        symmetric: Whether zero is the scale's middle; None: with `auto` where there are negative values, with
            `diverging` always, else never.
        columns: Cells in a row; None: as near to a square picture as it goes.
        gap_px: Pixels between two cells.
        background: sRGB bytes of gaps and holes.
        order: The channel of each cell, in reading order; None: as they are.
        ends: Least and greatest value of a scale that other pictures share; None: these maps' own.

    Raises:
        ValueError: `maps` is of another rank or empty, or `order` names not every channel once.
    """
    cells = as_maps(maps)
    n, cell_h, cell_w = cells.shape
    places = np.arange(n) if order is None else np.asarray(order, dtype=np.intp)
    if order is not None and not np.array_equal(np.sort(places), np.arange(n)):
        raise ValueError(f"order must name each of the {n} channels once")
    if columns is None:
        columns = columns_for(n, cell_w + gap_px, cell_h + gap_px, 1.0)
    columns = max(1, min(columns, n))
    lows, highs, n_unreal = _ends(cells, scale)
    if ends is not None:
        lows, highs = np.full_like(lows, ends[0]), np.full_like(highs, ends[1])
    name, is_symmetric = _coloured(lows, palette, symmetric)
    lows, highs = _widened(lows, highs, is_symmetric)
    entries = _entries(cells, lows, highs, is_symmetric, clean=n_unreal == 0)
    if order is not None:
        entries = entries[places]
    colours = np.concatenate([colour.table(name), np.array([colour.MARKED, background], np.uint8)])
    return Tiles(
        picture=np.take(colours, _placed(entries, columns, gap_px), axis=0),
        n_channels=n,
        columns=columns,
        rows=-(-n // columns),
        cell_w=cell_w,
        cell_h=cell_h,
        gap_px=gap_px,
        palette=name,
        scale=scale,
        lows=lows,
        highs=highs,
        order=places,
        n_unreal=n_unreal,
    )
