"""The centre squares of thumbnails, scaled once for what paints them often.

Used by lists of pictures. Knows nothing of the state or the engine.
"""

from __future__ import annotations

from collections.abc import Container
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtGui import QPixmap

from explorer.ui.widgets.picture import to_qimage

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_MOST_KEPT = 600
"""Squares; what was painted last is kept."""


class Squares:
    """Thumbnails as squares, by the pictures' numbers."""

    def __init__(self) -> None:
        self._kept: dict[int, tuple[NDArray[np.uint8], QPixmap]] = {}

    def __len__(self) -> int:
        return len(self._kept)

    def of(self, image_id: int, thumbnail: NDArray[np.uint8] | None, side: int) -> QPixmap | None:
        """The square of a picture; None where there is no thumbnail.

        Args:
            image_id: The picture's number.
            thumbnail: sRGB bytes (height, width, 3).
            side: The square's side in device pixels.
        """
        if thumbnail is None:
            return None
        known = self._kept.get(image_id)
        if known is not None and known[0] is thumbnail and known[1].width() == side:
            return known[1]
        image = to_qimage(thumbnail)
        cut = min(image.width(), image.height())
        image = image.copy((image.width() - cut) // 2, (image.height() - cut) // 2, cut, cut)
        stretch = Qt.AspectRatioMode.IgnoreAspectRatio
        if cut < side:
            # A small picture's pixels stay what they are.
            times = -(-side // cut)
            image = image.scaled(image.size() * times, stretch, Qt.TransformationMode.FastTransformation)
        image = image.scaled(side, side, stretch, Qt.TransformationMode.SmoothTransformation)
        while len(self._kept) >= _MOST_KEPT:
            del self._kept[next(iter(self._kept))]
        self._kept[image_id] = (thumbnail, QPixmap.fromImage(image))
        return self._kept[image_id][1]

    def keep_only(self, image_ids: Container[int]) -> None:
        """Forget the others: they are no longer in the list."""
        self._kept = {key: value for key, value in self._kept.items() if key in image_ids}
