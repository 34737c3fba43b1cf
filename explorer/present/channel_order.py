"""In which order to show the channels of a node.

Called by the feature view. NumPy only; imports nothing but its room.
"""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from explorer.present.tiles import as_maps

OrderName = Literal["channel", "mean", "variance", "relevance"]


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
        score = _moment(maps, by)
    # NaN sorts last whatever the sign.
    return np.argsort(-score, kind="stable")


def _moment(maps: NDArray[np.floating], by: Literal["mean", "variance"]) -> NDArray[np.float64]:
    """Of each channel, without NaN and infinities; NaN where nothing else is there."""
    flat = maps.reshape(len(maps), -1).astype(np.float64)
    real = np.isfinite(flat)
    n_real = real.sum(1)
    kept = np.where(real, flat, 0.0)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean: NDArray[np.float64] = kept.sum(1) / n_real
        if by == "mean":
            return mean
        variance: NDArray[np.float64] = (np.where(real, kept - mean[:, None], 0.0) ** 2).sum(1) / n_real
    return variance
