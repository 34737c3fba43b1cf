"""The feature view: every channel of the selected node as one picture, one channel large on click.

Made by the main window, which feeds it from the state and turns its signals into actions. It takes plain
arrays and texts; it imports neither the state nor the engine.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QPoint, QSize, Qt, Signal
from PySide6.QtGui import QImage, QKeyEvent, QResizeEvent
from PySide6.QtWidgets import QSplitter, QStackedWidget, QVBoxLayout, QWidget

from explorer.present.arithmetic import Number
from explorer.present.channels import value_text
from explorer.ui.views.feature_bars import FeatureFooter, FeatureHeader, FeatureTools
from explorer.ui.views.feature_output import FeatureOutput, mosaic_picture
from explorer.ui.views.feature_words import colour_ends, maps_summary
from explorer.ui.views.number import NumberPanel
from explorer.ui.views.weights import WeightsMosaic
from explorer.ui.widgets.channel_detail import ChannelDetail
from explorer.ui.widgets.empty_state import EmptyState
from explorer.ui.widgets.mosaic import Mosaic

# A window this much wider than high has room for the channel beside the mosaic, else below it.
_BESIDE_ASPECT = 1.1
_OUTPUT_FROM_PX = 300
_STEP_KEYS = {"[": -1, "]": 1}


class FeatureView(QWidget):
    """Shows the maps of a node; remembers how the user likes them shown."""

    channel_selected = Signal(object)
    """The channel the user opened; None when they closed it."""
    step_requested = Signal(object)
    """+1 or −1: the next or the previous node."""
    place_hovered = Signal(object)
    """The channel, row and column under the cursor as a tuple; None where none is."""
    number_wanted = Signal(object)
    """The channel, row and column of the number that is to be taken apart; None puts it away."""
    kernels_wanted = Signal()
    """The node's weights are to be shown."""
    relevance_wanted = Signal()
    """Channels are to be sorted by relevance, which is not there yet."""
    play_toggled = Signal(object)
    """Whether the walk through depth runs."""
    walk_requested = Signal()
    """The walk is to be saved."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("features")
        self.setAccessibleName(self.tr("Feature maps"))
        self._channel: int | None = None
        self._title = ""
        self._summary = ""
        self._relevance: NDArray[np.float32] | None = None
        self._header = FeatureHeader()
        self._tools = FeatureTools()
        self._footer = FeatureFooter()
        self._mosaic = Mosaic()
        self._detail = ChannelDetail()
        self._detail.hide()
        self._empty = EmptyState()
        self._splitter = QSplitter()
        self._splitter.setChildrenCollapsible(False)
        self._weights = WeightsMosaic()
        self._number = NumberPanel()
        self._stack = QStackedWidget()
        self._halves = QSplitter(Qt.Orientation.Vertical)
        self._halves.setChildrenCollapsible(False)
        self._output = FeatureOutput(self, self._picture, lambda: self._title, self._footer.say)
        self._lay_out()
        self._connect()
        self.show_empty(self.tr("Drop a photo to see what this node sees"))

    @property
    def channel(self) -> int | None:
        """The channel that is shown large."""
        return self._channel

    @property
    def mosaic(self) -> Mosaic:
        """The tiled picture."""
        return self._mosaic

    def _lay_out(self) -> None:
        self._splitter.addWidget(self._mosaic)
        self._splitter.addWidget(self._detail)
        self._splitter.setStretchFactor(0, 1)
        self._splitter.setStretchFactor(1, 0)
        self._stack.addWidget(self._splitter)
        self._stack.addWidget(self._weights)
        self._stack.addWidget(self._empty)
        self._halves.addWidget(self._stack)
        self._halves.addWidget(self._number)
        self._halves.setStretchFactor(0, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self._header)
        column.addWidget(self._tools)
        column.addWidget(self._halves, 1)
        column.addWidget(self._footer)
        self._header.add_tools(self._tools.output)
        self.setFocusProxy(self._mosaic)

    def _fit_tools(self) -> None:
        """In a narrow view the node's name needs the room of copy and save; a right click has them too."""
        self._tools.output.setVisible(bool(self._title) and self.width() >= _OUTPUT_FROM_PX)

    def _connect(self) -> None:
        self._header.step_requested.connect(self.step_requested)
        self._tools.appearance_changed.connect(self._on_appearance)
        self._tools.fit_requested.connect(self._mosaic.fit)
        self._tools.one_to_one_requested.connect(self._mosaic.one_to_one)
        self._tools.copy_requested.connect(lambda: self._output.copy())
        self._tools.save_requested.connect(lambda: self._output.save())
        self._tools.order_changed.connect(self._on_order)
        self._tools.content_changed.connect(self._on_content)
        self._tools.play_toggled.connect(self.play_toggled)
        self._tools.walk_requested.connect(self.walk_requested)
        self._weights.hovered.connect(self._on_hovered)
        self._weights.changed.connect(self._on_weights)
        self._number.closed.connect(lambda: self.number_wanted.emit(None))
        self._mosaic.channel_clicked.connect(self._choose)
        self._mosaic.hovered.connect(self._on_hovered)
        self._mosaic.tiles_changed.connect(self._on_tiles)
        self._mosaic.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self._mosaic.customContextMenuRequested.connect(self._on_menu)
        self._detail.closed.connect(lambda: self._choose(None))
        self._detail.step_requested.connect(self._step_channel)
        self._detail.hovered.connect(self._on_hovered)
        self._mosaic.place_hovered.connect(self.place_hovered)
        self._detail.place_hovered.connect(self.place_hovered)
        self._detail.place_chosen.connect(self.number_wanted)

    # What the main window says

    def show_maps(
        self,
        maps: NDArray[np.floating] | None,
        *,
        title: str,
        subtitle: str,
        stale: bool = False,
        names: Sequence[str] = (),
    ) -> None:
        """Show what a node sees.

        Args:
            maps: (channels, height, width) or (features,); None while they are being computed.
            title: The node's key.
            subtitle: What it does, its shape, the picture.
            stale: Newer maps are on their way.
            names: Of the channels, where they have some, such as classes.

        Raises:
            ValueError: The maps are of another rank, or empty.
        """
        self._title = title
        self._header.set_texts(title, subtitle)
        if maps is None:
            self._show_nothing(self.tr("Reading this node…"))
            return
        self._tools.setVisible(True)
        self._fit_tools()
        self._footer.setVisible(True)
        if not self._tools.shows_weights:
            self._stack.setCurrentWidget(self._splitter)
        self._mosaic.set_stale(stale)
        self._mosaic.set_maps(maps, names)

    @property
    def shows_weights(self) -> bool:
        """Whether the user looks at weights."""
        return self._tools.shows_weights

    @property
    def wants_relevance(self) -> bool:
        """Whether channels are sorted by how much they speak for a class."""
        return self._tools.order == "relevance"

    def show_weights(self, weights: NDArray[np.float32] | None, message: str = "") -> None:
        """Show the node's weights where the user looks at weights.

        Args:
            weights: (out, in, rows, columns) or (out, in); None where there are none, or none yet.
            message: What to say then.
        """
        self._weights.show_weights(weights)
        if not self._tools.shows_weights or not self._title:
            return
        self._empty.set_message(message)
        self._stack.setCurrentWidget(self._empty if weights is None else self._weights)
        self._on_weights()

    def show_relevance(self, relevance: NDArray[np.float32] | None) -> None:
        """How much each channel of the node speaks for a class; None while that is not known."""
        self._relevance = relevance
        self._mosaic.set_order(self._tools.order, relevance)

    def show_number(self, number: Number | None) -> None:
        """Take a number of the node apart, or put that away."""
        was_hidden = self._number.isHidden()
        self._number.show_number(number)
        place = None if number is None else (number.channel, number.row, number.column)
        self._detail.set_marked(place)
        if number is not None and was_hidden:
            height = self._halves.height()
            own = min(max(180, int(0.42 * height)), 300)
            self._halves.setSizes([height - own, own])

    def show_playing(self, plays: bool) -> None:
        """Whether the walk through depth runs."""
        self._tools.play.setChecked(plays)

    def show_empty(self, message: str) -> None:
        """Show no maps, and what to do or what is awaited, in one sentence."""
        self._title = ""
        self._header.set_texts("", "")
        self._show_nothing(message)

    def set_channel(self, channel: int | None) -> None:
        """Show a channel large, or none; a channel the node does not have is none."""
        self._channel = channel
        self._show_channel()

    def _show_nothing(self, message: str) -> None:
        self._empty.set_message(message)
        self._tools.setVisible(False)
        self._tools.output.setVisible(False)
        self._footer.setVisible(False)
        self._mosaic.set_maps(None)
        self._stack.setCurrentWidget(self._empty)

    # What is drawn

    def _on_appearance(self) -> None:
        self._mosaic.set_appearance(self._tools.scale, self._tools.palette_choice)
        self._weights.set_scale(self._tools.scale)

    def _on_order(self) -> None:
        self._mosaic.set_order(self._tools.order, self._relevance)
        if self.wants_relevance:
            self.relevance_wanted.emit()

    def _on_content(self) -> None:
        if self._tools.shows_weights:
            self.kernels_wanted.emit()
        else:
            self._stack.setCurrentWidget(self._splitter)
            self._on_tiles()

    def _on_weights(self) -> None:
        tiles = self._weights.tiles
        if not self._tools.shows_weights or tiles is None:
            return
        low, high = (self.tr("−max"), self.tr("+max")) if tiles.bounds.size > 1 else ("−", "+")
        if self._tools.scale == "shared" and tiles.bounds.size:
            bound = float(tiles.bounds.max())
            low, high = value_text(-bound), value_text(bound)
        self._footer.set_colours("grey", low, high, with_zero=True)
        self._summary = self._weights.summary()
        self._footer.set_text(self._summary, marked=False)

    def _on_tiles(self) -> None:
        """The mosaic was drawn anew: its key, its summary and the large channel follow."""
        tiles, maps = self._mosaic.tiles, self._mosaic.maps
        if tiles is None or maps is None:
            self._detail.hide()
            return
        if self._tools.shows_weights:
            return
        low, high = colour_ends(tiles)
        self._footer.set_colours(tiles.palette, low, high, with_zero=tiles.palette == "diverging")
        self._summary = maps_summary(maps, tiles.n_unreal)
        self._footer.set_text(self._summary, marked=tiles.n_unreal > 0)
        self._show_channel()

    def _show_channel(self) -> None:
        tiles, maps, channel = self._mosaic.tiles, self._mosaic.maps, self._channel
        if tiles is None or maps is None or channel is None or not 0 <= channel < tiles.n_channels:
            self._mosaic.set_selected(None)
            self._detail.hide()
            return
        self._mosaic.set_selected(channel)
        self._detail.show_channel(maps, tiles, channel, self._mosaic.name_of(channel))
        if self._detail.isHidden():
            self._detail.show()
            self._arrange()

    def _arrange(self) -> None:
        """Give the large channel its share, beside the mosaic or below it."""
        beside = self.width() >= _BESIDE_ASPECT * self.height()
        orientation = Qt.Orientation.Horizontal if beside else Qt.Orientation.Vertical
        self._splitter.setOrientation(orientation)
        self._detail.set_wide(not beside)
        whole = self._splitter.width() if beside else self._splitter.height()
        own = min(max(230, int(0.36 * whole)), 380) if beside else min(max(190, int(0.36 * whole)), 300)
        self._splitter.setSizes([whole - own, own])

    # What the user does

    def _choose(self, channel: int | None) -> None:
        if channel == self._channel:
            return
        self.set_channel(channel)
        if channel is None:
            self._mosaic.setFocus()
        self.channel_selected.emit(channel)

    def _step_channel(self, step: int) -> None:
        """Go to the channel some places on, as far as there are channels."""
        tiles = self._mosaic.tiles
        if tiles is None:
            return
        if self._channel is None or self._channel >= tiles.n_channels:
            self._choose(int(tiles.order[0]))
            return
        place = tiles.cell_of(self._channel) + step
        if 0 <= place < tiles.n_channels:
            self._choose(int(tiles.order[place]))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if not self._handle_key(event):
            super().keyPressEvent(event)

    def _handle_key(self, event: QKeyEvent) -> bool:
        tiles = self._mosaic.tiles
        with_alt = event.modifiers() == Qt.KeyboardModifier.AltModifier
        node_steps: dict[int, int] = {Qt.Key.Key_Up: -1, Qt.Key.Key_Down: 1} if with_alt else {}
        node_step = node_steps.get(event.key()) or _STEP_KEYS.get(event.text())
        if node_step:
            self.step_requested.emit(node_step)
            return True
        if event.key() == Qt.Key.Key_Escape and not self._number.isHidden():
            self.number_wanted.emit(None)
            return True
        if self._tools.shows_weights:
            return event.key() == Qt.Key.Key_Escape and self._weights.close_output()
        if tiles is None or with_alt:
            return False
        if event.key() == Qt.Key.Key_Escape and self._channel is not None:
            self._choose(None)
            return True
        steps: dict[int, int] = {
            Qt.Key.Key_Left: -1,
            Qt.Key.Key_Right: 1,
            Qt.Key.Key_Up: -tiles.columns,
            Qt.Key.Key_Down: tiles.columns,
        }
        step = steps.get(event.key())
        if step is not None:
            self._step_channel(step)
        elif event.key() == Qt.Key.Key_Home:
            self._choose(int(tiles.order[0]))
        elif event.key() == Qt.Key.Key_End:
            self._choose(int(tiles.order[-1]))
        else:
            return False
        return True

    def _on_hovered(self, readout: str | None) -> None:
        tiles = self._mosaic.tiles
        marked = readout is None and tiles is not None and tiles.n_unreal > 0
        self._footer.set_text(readout or self._summary, marked=marked)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit_tools()
        if not self._detail.isHidden():
            was = event.oldSize().width() >= _BESIDE_ASPECT * event.oldSize().height()
            if was != (self.width() >= _BESIDE_ASPECT * self.height()):
                self._arrange()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self._tools.paint_swatches()

    def sizeHint(self) -> QSize:
        return QSize(620, 500)

    def _on_menu(self, point: QPoint) -> None:
        place = self._mosaic.to_picture(point.toPointF())
        tiles = self._mosaic.tiles
        channel = None if tiles is None else tiles.channel_at(place.x(), place.y())
        name = "" if channel is None else self._mosaic.name_of(channel)
        self._output.open_menu(self._mosaic.mapToGlobal(point), channel, name)

    def _picture(self, channel: int | None) -> QImage:
        """What is shown, to be copied or saved."""
        if self._tools.shows_weights:
            return self._weights.enlarged()
        return mosaic_picture(self._mosaic, channel)
