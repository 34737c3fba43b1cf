"""What the numbers of a channel say: its statistics, and how they are written.

Called by the views and widgets that show channels. NumPy only; imports nothing but its room, never Qt.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from explorer.present import text
from explorer.present.tiles import as_maps


@dataclass(frozen=True, slots=True)
class Statistics:
    """What the numbers of one channel say; NaN and infinities are left out.

    Attributes:
        minimum: NaN where no value is finite, as are the next three.
        maximum: As `minimum`.
        mean: As `minimum`.
        std: Of the values as a population.
        zero_share: Zeros among all values, 0 to 1.
        counts: Of the histogram (bins,).
        edges: Of the histogram (bins + 1,).
        dead: Every value is zero.
        n_unreal: How many values are NaN or infinite.
    """

    minimum: float
    maximum: float
    mean: float
    std: float
    zero_share: float
    counts: NDArray[np.int64]
    edges: NDArray[np.float64]
    dead: bool
    n_unreal: int


def dead_share(values: NDArray[np.floating]) -> float:
    """The share of channels whose every value is zero, 0 to 1.

    Raises:
        ValueError: As `as_maps`.
    """
    maps = as_maps(values)
    return float(1.0 - (maps != 0).any(axis=(1, 2)).mean())


def channel_statistics(values: NDArray[np.floating], n_bins: int = 32) -> Statistics:
    """What the numbers of one channel say.

    Args:
        values: Of any shape, at least one.
        n_bins: Of the histogram.
    """
    flat = np.asarray(values, dtype=np.float64).ravel()
    real = flat[np.isfinite(flat)]
    if not real.size:
        nan = float("nan")
        edges = np.linspace(0.0, 1.0, n_bins + 1)
        return Statistics(nan, nan, nan, nan, 0.0, np.zeros(n_bins, np.int64), edges, False, flat.size)
    counts, edges = np.histogram(real, bins=n_bins)
    n_zeros = int((flat == 0).sum())
    return Statistics(
        minimum=float(real.min()),
        maximum=float(real.max()),
        mean=float(real.mean()),
        std=float(real.std()),
        zero_share=n_zeros / flat.size,
        counts=counts.astype(np.int64),
        edges=edges,
        dead=n_zeros == flat.size,
        n_unreal=flat.size - real.size,
    )


def value_text(value: float) -> str:
    """A number in three significant digits, with a real minus sign: `−0.427`, `1.23 k`, `∞`, `NaN`."""
    if math.isnan(value):
        return "NaN"
    written = "∞" if math.isinf(value) else text.short(abs(value))
    return f"−{written}" if value < 0 and written != "0" else written
