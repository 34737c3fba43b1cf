"""A mosaic among others: what it shows, how closely and where is the same in all of them.

Used by the comparison's columns. The pictures are made elsewhere, once for all mosaics. Knows nothing of the
state or the engine.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QSize, Signal
from PySide6.QtGui import QContextMenuEvent, QImage, QMouseEvent, QResizeEvent, QWheelEvent
from PySide6.QtWidgets import QWidget

from explorer.present.side_by_side import CellGrid, Sight
from explorer.present.tiles import Tiles
from explorer.ui.widgets.mosaic import Mosaic

_MARGIN_PX = 6
_GREATEST_CELL_PX = 640.0
_LEAST_SIZE = QSize(96, 96)


@dataclass(frozen=True, slots=True)
class Drawn:
    """Maps that are drawn already.

    Attributes:
        maps: (channels, height, width).
        tiles: How they were drawn.
        image: The same picture for the screen.
    """

    maps: NDArray[np.float32]
    tiles: Tiles
    image: QImage


class LinkedMosaic(Mosaic):
    """The maps of one network's node; the same channel lies at the same place in every linked mosaic.

    Args:
        parent: As Qt has it.
    """

    sight_moved = Signal(object)
    """The user zoomed or panned to this `Sight`; None for all that there is."""
    menu_requested = Signal(object)
    """A context menu is wanted there, on the screen."""
    room_changed = Signal()
    """There is more or less room for the picture."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._grid = CellGrid(1, 1, 1.0)
        self._sight: Sight | None = None
        self._margin_px = _MARGIN_PX
        self._drawn_maps: Drawn | None = None
        self.setMinimumSize(_LEAST_SIZE)

    @property
    def drawn(self) -> Drawn | None:
        """What is shown."""
        return self._drawn_maps

    @property
    def room(self) -> tuple[float, float]:
        """Width and height that a picture may take, in pixels."""
        return self.width() - 2.0 * _MARGIN_PX, self.height() - 2.0 * _MARGIN_PX

    def show_drawn(
        self, drawn: Drawn | None, names: Sequence[str], grid: CellGrid, sight: Sight | None
    ) -> None:
        """Show maps.

        Args:
            drawn: Of the node; None for none.
            names: Of the channels, where they have some.
            grid: Of all linked mosaics.
            sight: What part of the picture; None for all of it.
        """
        is_same = drawn is self._drawn_maps and grid == self._grid and sight == self._sight
        if is_same and names == self._names:
            return
        self._grid, self._sight, self._names = grid, sight, names
        if drawn is not self._drawn_maps:
            self._drawn_maps = drawn
            self._maps = None if drawn is None else drawn.maps
            self._tiles = None if drawn is None else drawn.tiles
            self._image = QImage() if drawn is None else drawn.image
            self._drawn_key = ()
            if drawn is None or (self._hovered is not None and self._hovered >= len(drawn.maps)):
                self._hover(None)
        self._look()

    def show_channel(self, channel: int | None) -> None:
        """Outline the channel that is under the cursor in another mosaic."""
        n = 0 if self._maps is None else len(self._maps)
        channel = channel if channel is not None and channel < n else None
        if channel != self._hovered:
            self._hovered = channel
            self.update()

    def sight(self) -> Sight:
        """What the user sees now, in cells."""
        cell_px = self._scale * self._pitch
        middle = self.to_picture(QPointF(self.width() / 2, self.height() / 2)) / self._pitch
        return Sight(cell_px, middle.x(), middle.y())

    @property
    def _pitch(self) -> int:
        """From one cell to the next, in the picture's pixels."""
        return 1 if self._tiles is None else self._tiles.cell_w + self._tiles.gap_px

    def _look(self) -> None:
        """Place the picture as the grid and the sight say."""
        if self._sight is None:
            self._fits = True
            self._scale = self._grid.cell_px / self._pitch
            self._centre()
        else:
            self._fits = False
            self._scale = self._sight.cell_px / self._pitch
            place = QPointF(self._sight.x, self._sight.y) * self._sight.cell_px
            self._offset = QPointF(self.width() / 2, self.height() / 2) - place
            self._keep_in_view()
        self.update()

    # What the base does with a picture of its own

    def fit(self) -> None:
        """Show all of the picture, as large as the others'."""
        self._sight = None
        self._look()

    def _tile(self) -> None:
        """The pictures are made elsewhere."""

    def _extent(self) -> tuple[float, float]:
        """Width and height that the largest of the linked pictures takes at this scale."""
        cell_px = self._scale * self._pitch
        return self._grid.columns * cell_px, self._grid.rows * cell_px

    def _centre(self) -> None:
        width, height = self._extent()
        self._offset = QPointF(round((self.width() - width) / 2), round((self.height() - height) / 2))

    def _keep_in_view(self) -> None:
        def kept(offset: float, length: float, room: float) -> float:
            if length <= room - 2 * _MARGIN_PX:
                return round((room - length) / 2)
            return round(min(_MARGIN_PX, max(offset, room - length - _MARGIN_PX)))

        width, height = self._extent()
        self._offset = QPointF(
            kept(self._offset.x(), width, self.width()), kept(self._offset.y(), height, self.height())
        )

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.room_changed.emit()

    # The pointer

    def zoom_at(self, point: QPointF, factor: float) -> None:
        """Zoom in all linked mosaics so that what is under a point stays there."""
        if self._tiles is None:
            return
        least = self._grid.cell_px
        cell_px = min(max(self._scale * self._pitch * factor, least), max(_GREATEST_CELL_PX, least))
        if cell_px <= least:
            self.sight_moved.emit(None)
            return
        place = self.to_picture(point)
        self._scale = cell_px / self._pitch
        self._offset = point - place * self._scale
        self._keep_in_view()
        self.sight_moved.emit(self.sight())

    def wheelEvent(self, event: QWheelEvent) -> None:
        # Sideways, the row of columns scrolls.
        if event.angleDelta().y() == 0:
            event.ignore()
            return
        super().wheelEvent(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        before = QPointF(self._offset)
        super().mouseMoveEvent(event)
        if self._offset != before:
            self.sight_moved.emit(self.sight())

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        self.sight_moved.emit(None)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        self.menu_requested.emit(event.globalPos())
