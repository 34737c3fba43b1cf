"""What lies over the photograph and over what the net sees: an attribution, the frame of what a number sees.

Used by the image panel. Knows nothing of the store.
"""

from __future__ import annotations

from PySide6.QtCore import QObject, QRectF
from PySide6.QtGui import QImage

from explorer.ui.widgets.picture import WHOLE, PictureView, within


class Overlaid(QObject):
    """Keeps two views of one picture under the same overlay.

    Args:
        picture: The large one: the photograph, or what the net sees where it is pixelated.
        seen: What the net sees, small.
    """

    def __init__(self, picture: PictureView, seen: PictureView) -> None:
        super().__init__(picture)
        self._picture = picture
        self._seen = seen
        self._overlay: QImage | None = None
        self._region = WHOLE
        self._field: QRectF | None = None

    def show_region(self, region: QRectF) -> None:
        """The part of the photograph that the net sees, in shares of its sides."""
        if region != self._region:
            self._region = region
            self.refresh()

    def show_overlay(self, overlay: QImage | None) -> None:
        """Lay colours with alpha over what the net sees; None takes them away."""
        if overlay is not self._overlay:
            self._overlay = overlay
            self.refresh()

    def show_field(self, field: QRectF | None) -> None:
        """Frame what a number sees, in shares of the net's input; None for nothing."""
        if field != self._field:
            self._field = field
            self.refresh()

    def refresh(self) -> None:
        """The large view shows another picture: what lies over it is placed again."""
        region = WHOLE if self._picture.is_pixelated else self._region
        self._picture.show_overlay(self._overlay, region)
        self._picture.show_field(None if self._field is None else within(region, self._field))
        self._seen.show_field(self._field)
