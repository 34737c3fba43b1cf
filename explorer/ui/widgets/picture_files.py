"""Feature maps on their way out: enlarged, and named after their node.

Used by the views that save or copy them. Knows nothing of the state or the engine.
"""

from __future__ import annotations

import re

from PySide6.QtGui import QImage

from explorer.present.tiles import Tiles
from explorer.ui.widgets.picture import to_qimage

# Pictures leave with at least this many pixels on their longer side, in whole steps: 131 pixels are a stamp.
_LEAST_SIDE_PX = 1024


def enlarged(tiles: Tiles, channel: int | None = None) -> QImage:
    """The picture, or one channel of it, with whole-numbered square pixels of a size one can see."""
    picture = tiles.picture
    if channel is not None:
        x, y, width, height = tiles.rect(channel)
        picture = picture[y : y + height, x : x + width]
    image = to_qimage(picture)
    longer = max(image.width(), image.height())
    return image.scaled(image.size() * max(1, -(-_LEAST_SIDE_PX // longer)))


def file_name_for(title: str, channel: int | None = None) -> str:
    """A file name that every system takes: `layer1.0.add channel 17.png`."""
    stem = re.sub(r"[^\w.\- ]+", "_", title).strip(" .") or "feature maps"
    return f"{stem}.png" if channel is None else f"{stem} channel {channel}.png"
