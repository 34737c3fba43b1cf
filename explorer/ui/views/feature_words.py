"""What the feature view says of a node's maps: how many channels, how many of them dead, how many zeros.

Used by `features.py`. Knows nothing of the state or the engine.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QCoreApplication

from explorer.present import text
from explorer.present.channels import dead_share, value_text
from explorer.present.tiles import Tiles


def _tr(words: str) -> str:
    return QCoreApplication.translate("FeatureView", words)


def maps_summary(maps: NDArray[np.float32], n_unreal: int) -> str:
    """A line about all channels: `64 channels · 3 % dead · 41 % zero`."""
    n, height, width = maps.shape
    if height == width == 1:
        parts = [_tr("{n} features").format(n=text.grouped(n))]
    else:
        # Their size is said above.
        parts = [_tr("{n} channels").format(n=text.grouped(n))]
        share = dead_share(maps)
        if share:
            parts.append(_tr("{share} dead").format(share=text.share(share, 1.0)))
        parts.append(_tr("{share} zero").format(share=text.share(float((maps == 0).mean()), 1.0)))
    if n_unreal:
        parts.append(_tr("{n} NaN or infinite").format(n=text.grouped(n_unreal)))
    return " · ".join(parts)


def colour_ends(tiles: Tiles) -> tuple[str, str]:
    """What the low and the high end of the colours mean."""
    if tiles.scale != "per_channel":
        return value_text(tiles.low), value_text(tiles.high)
    if tiles.palette == "diverging":
        return _tr("−max"), _tr("+max")
    return _tr("min"), _tr("max")
