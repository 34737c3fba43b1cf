"""All channels of a node as one tiled picture, with the channel under the cursor outlined and read out.

Used by the feature view. Works on plain arrays; knows nothing of the state or the engine.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QPoint, QPointF, QRectF, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QFontMetricsF,
    QHelpEvent,
    QMouseEvent,
    QPainter,
    QPalette,
    QPen,
    QResizeEvent,
)
from PySide6.QtWidgets import QToolTip, QWidget

from explorer.present import text
from explorer.present.channel_order import OrderName, channel_order
from explorer.present.channels import Statistics, channel_statistics, value_text
from explorer.present.colouring import PaletteChoice
from explorer.present.tiles import ScaleName, Tiles, as_maps, columns_for, tile
from explorer.ui.widgets.pixel_view import PixelView

# A cell of one activation is written on from this size on.
_LABEL_PX = 34.0
# Cells of one activation are parted by lines drawn on the screen, from this size on.
_PARTED_PX = 5.0


class Mosaic(PixelView):
    """The maps of a node; a click names a channel."""

    channel_clicked = Signal(object)
    """The channel that was clicked."""
    hovered = Signal(object)
    """What is under the cursor, in words; None where nothing is."""
    place_hovered = Signal(object)
    """The channel, row and column under the cursor as a tuple; None where none is."""
    tiles_changed = Signal()
    """The picture, its colours or its scale changed."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._maps: NDArray[np.float32] | None = None
        self._names: Sequence[str] = ()
        self._tiles: Tiles | None = None
        self._scale_name: ScaleName = "shared"
        self._palette_choice: PaletteChoice = "auto"
        self._order_name: OrderName = "channel"
        self._relevance: NDArray[np.float32] | None = None
        self._hovered: int | None = None
        self._selected: int | None = None
        self._stale = False
        self.setObjectName("features.mosaic")
        self.setAccessibleName(self.tr("Feature maps of all channels"))
        self.clicked.connect(self._on_clicked)

    @property
    def tiles(self) -> Tiles | None:
        """What is drawn; None when empty."""
        return self._tiles

    @property
    def maps(self) -> NDArray[np.float32] | None:
        """The maps (channels, height, width); None when empty."""
        return self._maps

    @property
    def hovered_channel(self) -> int | None:
        """The channel under the cursor."""
        return self._hovered

    def set_maps(self, values: NDArray[np.floating] | None, names: Sequence[str] = ()) -> None:
        """Show the maps of a node.

        Args:
            values: (channels, height, width) or (features,); None shows nothing.
            names: Of the channels, where they have some, such as classes.

        Raises:
            ValueError: As `present.tiles.as_maps`.
        """
        maps = None if values is None else as_maps(values)
        if maps is None or self._maps is None or maps.shape != self._maps.shape:
            self._hover(None)
            self._fits = True
        self._maps, self._names = maps, names
        self._tile()

    def set_appearance(self, scale: ScaleName, palette: PaletteChoice) -> None:
        """Choose the scale of values and the colours."""
        self._scale_name, self._palette_choice = scale, palette
        self._tile()

    def set_order(self, order: OrderName, relevance: NDArray[np.float32] | None = None) -> None:
        """Choose the order of channels.

        Args:
            order: The greatest first; `channel` is their own order.
            relevance: How much each channel speaks for a class; where it is missing, or of another node, the
                channels stay in their own order.
        """
        if order != self._order_name or relevance is not self._relevance:
            self._order_name, self._relevance = order, relevance
            self._tile()

    def _places(self) -> NDArray[np.intp] | None:
        """The channel of each cell; None for their own order."""
        maps, relevance = self._maps, self._relevance
        if maps is None or self._order_name == "channel":
            return None
        if self._order_name == "relevance" and (relevance is None or relevance.shape != (len(maps),)):
            return None
        return channel_order(maps, self._order_name, relevance)

    def set_selected(self, channel: int | None) -> None:
        """Mark a channel."""
        self._selected = channel
        self.update()

    def set_stale(self, stale: bool) -> None:
        """Veil a picture that newer maps are on their way for."""
        self._stale = stale
        self.update()

    def name_of(self, channel: int) -> str:
        """What a channel is called."""
        if channel < len(self._names):
            return self._names[channel]
        return self.tr("channel {channel}").format(channel=channel)

    def describe(self, channel: int) -> str:
        """A channel and its statistics in a line: `channel 17 · mean 0.42 · max 3.1 · 31 % zero`."""
        if self._maps is None:
            return ""
        if self._maps[channel].size == 1:
            return f"{self.name_of(channel)} · {value_text(float(self._maps[channel, 0, 0]))}"
        return f"{self.name_of(channel)} · {self._summary(channel_statistics(self._maps[channel]))}"

    def _summary(self, statistics: Statistics) -> str:
        if statistics.dead:
            return self.tr("dead: every value is zero")
        written = self.tr("mean {mean} · max {maximum} · {zeros} zero").format(
            mean=value_text(statistics.mean),
            maximum=value_text(statistics.maximum),
            zeros=text.share(statistics.zero_share, 1.0),
        )
        if statistics.n_unreal:
            written += self.tr(" · {n} NaN or infinite").format(n=statistics.n_unreal)
        return written

    # The picture

    def _background(self) -> tuple[int, int, int]:
        base = self.palette().color(QPalette.ColorRole.Base)
        return base.red(), base.green(), base.blue()

    def _columns(self, gap_px: int) -> int:
        assert self._maps is not None
        n, height, width = self._maps.shape
        return columns_for(n, width + gap_px, height + gap_px, max(1, self.width()) / max(1, self.height()))

    def _tile(self) -> None:
        if self._maps is None:
            self._tiles = None
            self.set_picture(None)
        else:
            # A gap as wide as the cells themselves would leave a grid of dots.
            gap_px = 0 if self._maps[0].size == 1 else 1
            keeps = self._tiles if not self.fits else None
            self._tiles = tile(
                self._maps,
                scale=self._scale_name,
                palette=self._palette_choice,
                columns=self._columns(gap_px) if keeps is None else keeps.columns,
                gap_px=gap_px,
                background=self._background(),
                order=self._places(),
            )
            self.set_picture(self._tiles.picture)
        self.tiles_changed.emit()

    def fit(self) -> None:
        """As the base, with the columns that fill the widget best."""
        super().fit()
        tiles = self._tiles
        if tiles is not None and self._maps is not None and self._columns(tiles.gap_px) != tiles.columns:
            self._tile()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._hover(None)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self._tile()

    # Painting

    def paint_over(self, painter: QPainter) -> None:
        tiles = self._tiles
        if tiles is None:
            return
        if tiles.cell_w == tiles.cell_h == 1:
            self._paint_parted(painter, tiles)
        accent = self.palette().color(QPalette.ColorRole.Highlight)
        if self._hovered is not None and self._hovered != self._selected:
            self._outline(painter, tiles, self._hovered, self.palette().color(QPalette.ColorRole.Text), 1.0)
        if self._selected is not None and self._selected < tiles.n_channels:
            self._outline(painter, tiles, self._selected, accent, 2.0)
        if self._stale:
            self._paint_veil(painter)

    def _outline(self, painter: QPainter, tiles: Tiles, channel: int, tone: QColor, width_px: float) -> None:
        """Frame a cell in two tones, so that it stands out from any map."""
        rect = self.to_widget(tiles.rect(channel))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        grown = width_px / 2 + 0.5
        painter.setPen(QPen(self.palette().color(QPalette.ColorRole.Base), width_px + 2))
        painter.drawRect(rect.adjusted(-grown, -grown, grown, grown))
        painter.setPen(QPen(tone, width_px))
        painter.drawRect(rect.adjusted(-grown, -grown, grown, grown))

    def _paint_parted(self, painter: QPainter, tiles: Tiles) -> None:
        """Lines between cells of one activation, and their values where there is room."""
        if self.scale_px < _PARTED_PX:
            return
        width_px = 1.0 if self.scale_px < 16 else 2.0 if self.scale_px < 48 else 4.0
        painter.setPen(QPen(self.palette().color(QPalette.ColorRole.Base), width_px))
        whole = self.to_widget((0, 0, tiles.columns, tiles.rows))
        for column in range(tiles.columns + 1):
            x = round(whole.left() + column * self.scale_px)
            painter.drawLine(QPointF(x, whole.top()), QPointF(x, whole.bottom()))
        for row in range(tiles.rows + 1):
            y = round(whole.top() + row * self.scale_px)
            painter.drawLine(QPointF(whole.left(), y), QPointF(whole.right(), y))
        if self.scale_px >= _LABEL_PX:
            for channel in range(tiles.n_channels):
                self._paint_value(painter, tiles, channel)

    def _paint_value(self, painter: QPainter, tiles: Tiles, channel: int) -> None:
        assert self._maps is not None
        rect = self.to_widget(tiles.rect(channel))
        x, y, _, _ = tiles.rect(channel)
        red, green, blue = (int(part) for part in tiles.picture[y, x])
        # Luma of ITU-R BT.601: dark ink on light cells, light ink on dark ones.
        light = 0.299 * red + 0.587 * green + 0.114 * blue > 140
        painter.setPen(QColor(20, 20, 24) if light else QColor(240, 240, 244))
        font = self.font()
        font.setPixelSize(int(min(14.0, max(9.0, self.scale_px / 5))))
        painter.setFont(font)
        written = value_text(float(self._maps[channel, 0, 0]))
        if channel < len(self._names) and self.scale_px >= 1.6 * _LABEL_PX:
            room = self.scale_px - 10
            name = QFontMetricsF(font).elidedText(self._names[channel], Qt.TextElideMode.ElideRight, room)
            written = f"{name}\n{written}"
        painter.drawText(rect, Qt.AlignmentFlag.AlignCenter, written)

    def _paint_veil(self, painter: QPainter) -> None:
        veil = self.palette().color(QPalette.ColorRole.Base)
        veil.setAlphaF(0.55)
        painter.fillRect(self.rect(), veil)
        written = self.tr("Updating…")
        width_px = QFontMetricsF(self.font()).horizontalAdvance(written) + 24
        height_px = QFontMetricsF(self.font()).height() + 10
        pill = QRectF((self.width() - width_px) / 2, (self.height() - height_px) / 2, width_px, height_px)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self.palette().color(QPalette.ColorRole.Highlight))
        painter.drawRoundedRect(pill, height_px / 2, height_px / 2)
        painter.setPen(self.palette().color(QPalette.ColorRole.HighlightedText))
        painter.setFont(self.font())
        painter.drawText(pill, Qt.AlignmentFlag.AlignCenter, written)

    # The pointer

    def _hover(self, channel: int | None, readout: str | None = None) -> None:
        if channel is None and self._hovered is None:
            return
        if channel != self._hovered:
            self._hovered = channel
            self.update()
        self.hovered.emit(readout)

    def readout_at(self, point: QPointF) -> str | None:
        """The value under a point of the widget: `channel 17 · (3, 5) · 0.42`; None where none is."""
        place = self.to_picture(point)
        found = None if self._tiles is None else self._tiles.activation_at(place.x(), place.y())
        if found is None or self._maps is None:
            return None
        channel, x, y = found
        value = value_text(float(self._maps[channel, y, x]))
        if self._maps[channel].size == 1:
            return f"{self.name_of(channel)} · {value}"
        return f"{self.name_of(channel)} · ({x}, {y}) · {value}"

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        super().mouseMoveEvent(event)
        place = self.to_picture(event.position())
        channel = None if self._tiles is None else self._tiles.channel_at(place.x(), place.y())
        self._hover(channel, self.readout_at(event.position()))
        self.place_hovered.emit(self._place_at(place))
        if QToolTip.isVisible():
            self._show_tip(event.position().toPoint())

    def _place_at(self, place: QPointF) -> tuple[int, int, int] | None:
        found = None if self._tiles is None else self._tiles.activation_at(place.x(), place.y())
        return None if found is None else (found[0], found[2], found[1])

    def leaveEvent(self, event: QEvent) -> None:
        self._hover(None)
        self.place_hovered.emit(None)
        super().leaveEvent(event)

    def _show_tip(self, point: QPoint) -> None:
        place = self.to_picture(QPointF(point))
        channel = None if self._tiles is None else self._tiles.channel_at(place.x(), place.y())
        if channel is None:
            QToolTip.hideText()
        else:
            QToolTip.showText(self.mapToGlobal(point), self.describe(channel), self)

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            self._show_tip(event.pos())
            return True
        return super().event(event)

    def _on_clicked(self, place: QPointF) -> None:
        channel = None if self._tiles is None else self._tiles.channel_at(place.x(), place.y())
        if channel is not None:
            self.channel_clicked.emit(channel)
