"""Weights as pictures: first-layer kernels as colour tiles, others as grey ones.

Called by the weights view. NumPy only; imports nothing but its room.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from explorer.present.tiles import Colour, ScaleName, columns_for

_MIDDLE = 127.5


@dataclass(frozen=True, slots=True, eq=False)
class KernelTiles:
    """Kernels side by side, one pixel a weight; mid grey is zero. Arrays are read-only.

    Attributes:
        picture: sRGB bytes (rows of cells·(cell_h + gap) − gap, columns·(cell_w + gap) − gap, 3).
        n_kernels: How many cells are filled.
        columns: Cells in a row.
        cell_w: Width of a kernel, in weights.
        cell_h: Height of a kernel, in weights.
        gap_px: Pixels between two cells.
        bounds: float32 (kernels,): the weight that is white, or full colour; minus it is black.
    """

    picture: NDArray[np.uint8]
    n_kernels: int
    columns: int
    cell_w: int
    cell_h: int
    gap_px: int
    bounds: NDArray[np.float32]

    def kernel_at(self, x: float, y: float) -> int | None:
        """The kernel under a point of the picture, in its pixels; None on a gap, a hole or outside."""
        column, inner_x = divmod(int(np.floor(x)), self.cell_w + self.gap_px)
        row, inner_y = divmod(int(np.floor(y)), self.cell_h + self.gap_px)
        index = row * self.columns + column
        inside = 0 <= column < self.columns and row >= 0 and index < self.n_kernels
        return index if inside and inner_x < self.cell_w and inner_y < self.cell_h else None


def kernel_tiles(
    weights: NDArray[np.floating],
    *,
    channel: int | None = None,
    scale: ScaleName = "per_channel",
    gap_px: int = 1,
    background: Colour = (0, 0, 0),
) -> KernelTiles:
    """Draw the weights of a convolution or a linear layer.

    Args:
        weights: (outputs, inputs, height, width), or (outputs, inputs) of a linear layer.
        channel: Draw this output's kernels, a grey tile for each of its inputs. None draws all outputs: in
            colour where there are three inputs; else, for kernels of one weight, the outputs by inputs as one
            grey picture; else the mean over the inputs of each.
        scale: `per_channel`: each tile has its own bounds; `shared`: equal greys are equal weights.
        gap_px: Pixels between two cells.
        background: sRGB bytes of gaps and holes.

    Raises:
        IndexError: There is no such output.
        ValueError: `weights` is of another rank or empty.
    """
    if weights.ndim not in (2, 4) or not weights.size:
        raise ValueError(
            f"weights are (outputs, inputs, height, width) or (outputs, inputs), not {weights.shape}"
        )
    kernels = np.asarray(weights, np.float32).reshape(*weights.shape[:2], *(weights.shape[2:] or (1, 1)))
    if channel is not None:
        if not 0 <= channel < len(kernels):
            raise IndexError(channel)
        cells = kernels[channel][..., None]
    elif kernels.shape[1] == 3:
        cells = kernels.transpose(0, 2, 3, 1)
    elif kernels.shape[2:] == (1, 1):
        cells = kernels[None, :, :, 0, 0, None]
    else:
        cells = kernels.mean(1)[..., None]
    return _placed(cells, scale, gap_px, background)


def _placed(cells: NDArray[np.float32], scale: ScaleName, gap_px: int, background: Colour) -> KernelTiles:
    """Cells (kernels, height, width, 1 or 3) on one canvas."""
    n, cell_h, cell_w, _ = cells.shape
    magnitude = np.abs(np.nan_to_num(cells, nan=0.0, posinf=0.0, neginf=0.0))
    bounds = magnitude.max((1, 2, 3))
    if scale == "shared":
        bounds = np.full_like(bounds, bounds.max())
    spans = np.where(bounds > 0, bounds, 1)[:, None, None, None]
    levels = np.nan_to_num(cells / spans, nan=0.0).clip(-1, 1) * _MIDDLE + _MIDDLE
    shades = np.broadcast_to(levels.round().astype(np.uint8), (n, cell_h, cell_w, 3))
    columns = columns_for(n, cell_w + gap_px, cell_h + gap_px, 1.0)
    rows = -(-n // columns)
    picture = np.empty((rows * (cell_h + gap_px), columns * (cell_w + gap_px), 3), np.uint8)
    picture[:] = background
    for index, shade in enumerate(shades):
        row, column = divmod(index, columns)
        top, left = row * (cell_h + gap_px), column * (cell_w + gap_px)
        picture[top : top + cell_h, left : left + cell_w] = shade
    end_y, end_x = (size - gap_px for size in picture.shape[:2])
    trimmed = np.ascontiguousarray(picture[:end_y, :end_x])
    for array in (trimmed, bounds):
        array.setflags(write=False)
    return KernelTiles(trimmed, n, columns, cell_w, cell_h, gap_px, bounds)
