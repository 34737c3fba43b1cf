"""One channel large, with its statistics and the histogram of its values.

Used by the feature view beside its mosaic. Takes the mosaic's tiles, so that equal colours stay equal values.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QPointF, Qt, Signal
from PySide6.QtGui import QColor, QFont, QMouseEvent, QPainter, QPen
from PySide6.QtWidgets import (
    QBoxLayout,
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QSizePolicy,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from explorer.present import text
from explorer.present.channels import Statistics, channel_statistics, value_text
from explorer.present.tiles import Tiles
from explorer.ui.widgets.histogram import Histogram
from explorer.ui.widgets.pixel_view import PixelView


class _ChannelPicture(PixelView):
    """The map of one channel; says which activation is under the cursor."""

    hovered = Signal(object)
    """Column and row of the activation as a tuple; None where none is."""
    pressed = Signal(object)
    """Column and row of the activation that was clicked."""

    def __init__(self, parent: QWidget | None = None, *, margin_px: int = 10) -> None:
        super().__init__(parent, margin_px=margin_px)
        self._marked: tuple[int, int] | None = None
        self.clicked.connect(self._on_clicked)

    def set_marked(self, place: tuple[int, int] | None) -> None:
        """Frame one activation: its column and row."""
        if place != self._marked:
            self._marked = place
            self.update()

    def _on_clicked(self, place: QPointF) -> None:
        column, row = int(np.floor(place.x())), int(np.floor(place.y()))
        if self.image.rect().contains(column, row):
            self.pressed.emit((column, row))

    def paint_over(self, painter: QPainter) -> None:
        """The frame in two tones, so that it stands out from any map."""
        if self._marked is None or not self.image.rect().contains(*self._marked):
            return
        place = self.to_widget((*self._marked, 1, 1)).adjusted(-1, -1, 1, 1)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(QColor(0, 0, 0), 3))
        painter.drawRect(place)
        painter.setPen(QPen(QColor(255, 255, 255), 1))
        painter.drawRect(place)

    def leaveEvent(self, event: QEvent) -> None:
        self.hovered.emit(None)
        super().leaveEvent(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        super().mouseMoveEvent(event)
        place = self.to_picture(event.position())
        inside = self.image.rect().contains(int(np.floor(place.x())), int(np.floor(place.y())))
        self.hovered.emit((int(place.x()), int(place.y())) if inside else None)


class ChannelDetail(QFrame):
    """A channel's picture and numbers; steps to its neighbours."""

    closed = Signal()
    """The user is done with the channel."""
    step_requested = Signal(object)
    """+1 or −1: the next or the previous channel."""
    hovered = Signal(object)
    """The value under the cursor, in words; None where none is."""
    place_hovered = Signal(object)
    """The channel, row and column under the cursor as a tuple; None where none is."""
    place_chosen = Signal(object)
    """The channel, row and column of the activation that was clicked."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("features.channel")
        self.setAccessibleName(self.tr("One channel"))
        self._map: NDArray[np.float32] = np.zeros((1, 1), np.float32)
        self._name = ""
        self._channel = 0
        self._title = QLabel()
        self._title.setObjectName("features.channel_title")
        bold = QFont(self._title.font())
        bold.setWeight(QFont.Weight.DemiBold)
        self._title.setFont(bold)
        self._picture = _ChannelPicture(margin_px=2)
        self._picture.setObjectName("features.channel_picture")
        self._picture.setAccessibleName(self.tr("Map of the channel"))
        self._picture.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._picture.hovered.connect(self._on_hovered)
        self._picture.setToolTip(self.tr("Click a number to see how it is made"))
        self._picture.pressed.connect(lambda at: self.place_chosen.emit((self._channel, at[1], at[0])))
        self._histogram = Histogram()
        self._values: dict[str, QLabel] = {}
        self._statistics = QWidget()
        self._note = QLabel()
        self._note.setWordWrap(True)
        self._body = QBoxLayout(QBoxLayout.Direction.TopToBottom)
        self._lay_out()

    def _button(self, name: str, sign: str, says: str) -> QToolButton:
        button = QToolButton()
        button.setObjectName(name)
        button.setText(sign)
        button.setAutoRaise(True)
        button.setToolTip(says)
        button.setAccessibleName(says)
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        return button

    def _lay_out(self) -> None:
        previous = self._button("features.channel_previous", "‹", self.tr("Previous channel (←)"))
        following = self._button("features.channel_next", "›", self.tr("Next channel (→)"))
        close = self._button("features.channel_close", "✕", self.tr("Close the channel (Esc)"))
        previous.clicked.connect(lambda: self.step_requested.emit(-1))
        following.clicked.connect(lambda: self.step_requested.emit(1))
        close.clicked.connect(self.closed)
        head = QHBoxLayout()
        head.setSpacing(0)
        head.addWidget(self._title, 1)
        for button in (previous, following, close):
            head.addWidget(button)
        numbers = QVBoxLayout()
        numbers.setSpacing(8)
        self._statistics.setLayout(self._statistics_grid())
        numbers.addWidget(self._statistics)
        numbers.addWidget(self._note)
        numbers.addWidget(self._histogram)
        self._body.setSpacing(8)
        self._body.addWidget(self._picture, 1)
        self._body.addLayout(numbers, 0)
        column = QVBoxLayout(self)
        column.setContentsMargins(10, 6, 10, 8)
        column.setSpacing(6)
        column.addLayout(head)
        column.addLayout(self._body, 1)

    def _statistics_grid(self) -> QGridLayout:
        grid = QGridLayout()
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(10)
        grid.setVerticalSpacing(2)
        rows = {
            "minimum": self.tr("min"),
            "maximum": self.tr("max"),
            "mean": self.tr("mean"),
            "std": self.tr("std"),
            "zeros": self.tr("zeros"),
            "size": self.tr("size"),
        }
        for i, (key, title) in enumerate(rows.items()):
            name, value = QLabel(title), QLabel()
            name.setProperty("tone", "muted")
            value.setObjectName(f"features.channel_{key}")
            value.setAccessibleName(title)
            value.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
            value.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
            grid.addWidget(name, i // 2, 2 * (i % 2))
            grid.addWidget(value, i // 2, 2 * (i % 2) + 1)
            self._values[key] = value
        grid.setColumnStretch(1, 1)
        grid.setColumnStretch(3, 1)
        return grid

    def set_wide(self, wide: bool) -> None:
        """Put picture and numbers beside each other, for a low panel; else one above the other."""
        direction = QBoxLayout.Direction.LeftToRight if wide else QBoxLayout.Direction.TopToBottom
        self._body.setDirection(direction)

    def show_channel(self, maps: NDArray[np.float32], tiles: Tiles, channel: int, name: str) -> None:
        """Show one channel.

        Args:
            maps: Of all channels (channels, height, width).
            tiles: The picture of these maps.
            channel: Which one.
            name: What it is called.
        """
        self._map, self._name, self._channel = maps[channel], name, channel
        self._title.setText(name[:1].upper() + name[1:])
        x, y, width, height = tiles.rect(channel)
        self._picture.set_picture(tiles.picture[y : y + height, x : x + width])
        statistics = channel_statistics(self._map)
        self._show_numbers(statistics)
        low, high = float(tiles.lows[channel]), float(tiles.highs[channel])
        if self._map.size == 1:
            # One number has no distribution: it is placed among those of the other features.
            value = float(self._map[0, 0])
            self._note.setText(self._rank_text(maps.ravel(), value))
            counted, marker = channel_statistics(maps), value if np.isfinite(value) else None
        else:
            self._note.setText(self._unreal_text(statistics))
            counted, marker = statistics, statistics.mean
        self._statistics.setVisible(self._map.size > 1)
        self._note.setVisible(bool(self._note.text()))
        self._histogram.set_counts(
            counted.counts, counted.edges, palette=tiles.palette, low=low, high=high, marker=marker
        )

    def _show_numbers(self, statistics: Statistics) -> None:
        height, width = self._map.shape
        written = {
            "minimum": value_text(statistics.minimum),
            "maximum": value_text(statistics.maximum),
            "mean": value_text(statistics.mean),
            "std": value_text(statistics.std),
            "zeros": self.tr("all (dead)") if statistics.dead else text.share(statistics.zero_share, 1.0),
            "size": text.shape((height, width)),
        }
        for key, value in written.items():
            self._values[key].setText(value)

    def _rank_text(self, values: NDArray[np.float32], value: float) -> str:
        if not np.isfinite(value):
            return ""
        rank = 1 + int((values > value).sum())
        return self.tr("{value} · rank {rank} of {n}").format(
            value=value_text(value), rank=rank, n=values.size
        )

    def _unreal_text(self, statistics: Statistics) -> str:
        if not statistics.n_unreal:
            return ""
        return self.tr("{n} values are NaN or infinite").format(n=statistics.n_unreal)

    def set_marked(self, place: tuple[int, int, int] | None) -> None:
        """Frame the number that is taken apart: channel, row and column."""
        is_here = place is not None and place[0] == self._channel
        self._picture.set_marked((place[2], place[1]) if place is not None and is_here else None)

    def _on_hovered(self, place: tuple[int, int] | None) -> None:
        self.place_hovered.emit(None if place is None else (self._channel, place[1], place[0]))
        if place is None:
            self.hovered.emit(None)
            return
        x, y = place
        self.hovered.emit(f"{self._name} · ({x}, {y}) · {value_text(float(self._map[y, x]))}")
