"""What all channels of a node are like, and in which order to show them.

Called by the feature view and the command line's `features`. NumPy only; imports nothing but its room.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from explorer.present.tiles import as_maps

OrderName = Literal["channel", "mean", "variance", "relevance"]


@dataclass(frozen=True, slots=True, eq=False)
class ChannelTable:
    """A row for each channel; arrays (channels,) are read-only. NaN and infinities are left out.

    Attributes:
        mean: NaN where no value is finite, as is `variance`.
        variance: Of the values as a population.
        zero_share: Zeros among all values, 0 to 1: the sparsity.
        dead: Every value is zero.
        counts: int64 (channels, bins): a histogram each, over common edges.
        edges: float64 (bins + 1,).
    """

    mean: NDArray[np.float64]
    variance: NDArray[np.float64]
    zero_share: NDArray[np.float64]
    dead: NDArray[np.bool_]
    counts: NDArray[np.int64]
    edges: NDArray[np.float64]

    @property
    def dead_share(self) -> float:
        """Dead channels among all, 0 to 1."""
        return float(self.dead.mean())

    @property
    def sparsity(self) -> float:
        """Zeros among all values of the node, 0 to 1."""
        return float(self.zero_share.mean())


def channel_table(values: NDArray[np.floating], n_bins: int = 32) -> ChannelTable:
    """What each channel of a node is like.

    Args:
        values: (channels, height, width) or (features,).
        n_bins: Of the histograms.

    Raises:
        ValueError: `values` is of another rank or empty.
    """
    flat = as_maps(values).reshape(len(values), -1).astype(np.float64)
    real = np.isfinite(flat)
    n_real = real.sum(1)
    kept = np.where(real, flat, 0.0)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = kept.sum(1) / n_real
        variance = (np.where(real, kept - mean[:, None], 0.0) ** 2).sum(1) / n_real
    zeros = flat == 0
    counts, edges = _histograms(flat, real, n_bins)
    arrays = (mean, variance, zeros.mean(1), zeros.all(1), counts, edges)
    for array in arrays:
        array.setflags(write=False)
    return ChannelTable(*arrays)


def channel_order(
    values: NDArray[np.floating], by: OrderName, relevance: NDArray[np.floating] | None = None
) -> NDArray[np.intp]:
    """The channels in an order, for `tiles.tile`: the greatest first, equal ones by their number.

    Args:
        values: (channels, height, width) or (features,).
        by: `channel` is their number; `relevance` takes the next argument.
        relevance: (channels,), how much each speaks for a class.

    Raises:
        ValueError: `values` is of another rank or empty, or there is no relevance for each channel.
    """
    maps = as_maps(values)
    if by == "channel":
        return np.arange(len(maps))
    if by == "relevance":
        if relevance is None or relevance.shape != (len(maps),):
            raise ValueError(f"relevance must have one value for each of the {len(maps)} channels")
        score = np.asarray(relevance, np.float64)
    else:
        table = channel_table(values, n_bins=1)
        score = table.mean if by == "mean" else table.variance
    # NaN sorts last whatever the sign.
    return np.argsort(-score, kind="stable")


def _histograms(
    flat: NDArray[np.float64], real: NDArray[np.bool_], n_bins: int
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Counts (channels, bins) between common edges."""
    some = flat[real]
    low, high = (float(some.min()), float(some.max())) if some.size else (0.0, 1.0)
    if low == high:
        low, high = low - 0.5, high + 0.5
    edges = np.linspace(low, high, n_bins + 1)
    # As NumPy's: half-open bins, the last one closed.
    bins = np.searchsorted(edges, np.where(real, flat, low), side="right") - 1
    np.clip(bins, 0, n_bins - 1, out=bins)
    cells = bins + n_bins * np.arange(len(flat))[:, None]
    counts = np.bincount(cells[real], minlength=n_bins * len(flat))
    return counts.reshape(len(flat), n_bins), edges
