"""Networks side by side: one picture and one slider through all of them.

Made by `ui/compare_dock.py`, which feeds it facts and turns its signals into actions. Imports neither the
store nor the engine.
"""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QPointF, Qt, QTimer, Signal
from PySide6.QtGui import QHideEvent, QKeyEvent, QPalette, QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QSplitter, QStackedWidget, QVBoxLayout, QWidget

from explorer.present.channels import value_text
from explorer.present.side_by_side import CellGrid, Sight
from explorer.present.tiles import Colour, Tiles
from explorer.ui.theme import HALF, SPACE
from explorer.ui.views.compare_column import CompareColumn
from explorer.ui.views.compare_facts import ColumnFacts
from explorer.ui.views.compare_head import CompareHead, SaidLine
from explorer.ui.views.compare_maps import CompareMaps, Shown
from explorer.ui.views.compare_pair import PairPanel
from explorer.ui.views.compare_row import CompareRow, Wish
from explorer.ui.views.compare_sections import CompareSections
from explorer.ui.views.compare_slider import CompareSlider
from explorer.ui.views.feature_words import colour_ends
from explorer.ui.widgets.empty_state import EmptyState
from explorer.ui.widgets.linked_mosaic import Drawn, LinkedMosaic

_ZOOM_STEP = 1.25
_SECTIONS_SHARE = 0.42


class CompareView(QWidget):
    """The whole page.

    Args:
        parent: As Qt has it.
    """

    pin_requested = Signal()
    four_requested = Signal()
    """The four networks that ship are to be pinned."""
    depths_requested = Signal(object)
    """The depths of this column's family are to be pinned; the empty name is the network in view."""
    twin_requested = Signal(object)
    """The plain twin of this column; the empty name is the network in view."""
    moved = Signal(object, object)
    """The column of this name goes to this place, counted from 0."""
    removed = Signal(object)
    opened = Signal(object)
    """The column of this name is to be the network in view."""
    undo_requested = Signal()
    share_chosen = Signal(object)
    """The slider stands at this share of the way."""
    pair_chosen = Signal(object)
    """The names of A and B, or None."""
    diff_requested = Signal()
    """The pair's architectures are to be compared."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("compare")
        self.setAccessibleName(self.tr("Compare"))
        self._share = 0.5
        self._half_pair: str | None = None
        self._pair: tuple[str, str] | None = None
        self._sight: Sight | None = None
        self._maps = CompareMaps()
        self.head = CompareHead()
        self.slider = CompareSlider()
        self.row = CompareRow()
        self.pair = PairPanel()
        self.sections = CompareSections()
        self._said = SaidLine()
        self._redraw = QTimer(self)
        self._redraw.setSingleShot(True)
        self._redraw.setInterval(0)
        self._redraw.timeout.connect(self._draw)
        self._stack = QStackedWidget()
        self._lay_out()
        self._connect()
        self._link(self.pair.mosaic)

    def _lay_out(self) -> None:
        beside = QWidget()
        line = QHBoxLayout(beside)
        line.setContentsMargins(0, 0, 0, 0)
        line.setSpacing(0)
        line.addWidget(self.row, 1)
        self._pair_room = QWidget()
        room = QHBoxLayout(self._pair_room)
        self._pair_line = room
        room.addWidget(self.pair)
        self._pair_room.hide()
        line.addWidget(self._pair_room)
        upper = QWidget()
        column = QVBoxLayout(upper)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self._said)
        column.addWidget(self.slider)
        column.addWidget(beside, 1)
        self._halves = QSplitter(Qt.Orientation.Vertical)
        self._halves.setChildrenCollapsible(False)
        # The tabs below have a line of their own.
        self._halves.setStyleSheet("QSplitter::handle { background: transparent; }")
        self._halves.addWidget(upper)
        self._halves.addWidget(self.sections)
        self._halves.setStretchFactor(0, 1)
        self._stack.addWidget(self._empty_page())
        self._stack.addWidget(self._halves)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(0)
        whole.addWidget(self.head)
        whole.addWidget(self._stack, 1)

    def _empty_page(self) -> QWidget:
        page = QWidget()
        page.setAutoFillBackground(True)
        page.setBackgroundRole(QPalette.ColorRole.Base)
        empty = EmptyState()
        empty.setObjectName("compare.empty")
        empty.set_message(
            self.tr("See what depth and shortcuts do: networks side by side, one picture through all.")
        )
        self._four = QPushButton(self.tr("Open plain-20, ResNet-20, plain-56 and ResNet-56"))
        self._four.setObjectName("compare.four")
        self._four.setAccessibleName(self._four.text())
        self._four.setDefault(True)
        self._four.clicked.connect(self.four_requested)
        column = QVBoxLayout(page)
        column.setContentsMargins(2 * SPACE, 2 * SPACE, 2 * SPACE, 2 * SPACE)
        column.setSpacing(SPACE)
        column.addStretch(2)
        empty.setFixedHeight(240)
        column.addWidget(empty)
        column.addWidget(self._four, 0, Qt.AlignmentFlag.AlignHCenter)
        column.addStretch(3)
        return page

    def _connect(self) -> None:
        head, row, pair = self.head, self.row, self.pair
        head.pin.clicked.connect(lambda: self.pin_requested.emit())
        head.depths.clicked.connect(lambda: self.depths_requested.emit(""))
        head.twin.clicked.connect(lambda: self.twin_requested.emit(""))
        head.appearance_changed.connect(self._draw)
        head.fit_requested.connect(lambda: self._on_sight(None))
        self.slider.share_chosen.connect(self.share_chosen)
        row.share_chosen.connect(self.share_chosen)
        row.moved.connect(self.moved)
        row.wished.connect(self._on_wish)
        row.horizontalScrollBar().rangeChanged.connect(lambda *_: self._fit_pair())
        self._fit_pair()
        pair.mode_changed.connect(self._draw)
        pair.closed.connect(lambda: self.pair_chosen.emit(None))
        pair.swap_requested.connect(self._on_swap)
        pair.diff_requested.connect(self.diff_requested)
        self._said.undo_requested.connect(self.undo_requested)
        self.sections.opened.connect(self._on_section)

    def _fit_pair(self) -> None:
        """The pair ends where the columns end, above their scroll bar."""
        bar = self.row.horizontalScrollBar()
        below = bar.sizeHint().height() if bar.maximum() > bar.minimum() else 0
        self._pair_line.setContentsMargins(SPACE, HALF, SPACE, SPACE + below)

    def _link(self, mosaic: LinkedMosaic) -> None:
        mosaic.sight_moved.connect(self._on_sight)
        mosaic.room_changed.connect(self._redraw.start)
        mosaic.place_hovered.connect(lambda place: self._on_hovered(mosaic, place))

    def add_section(self, title: str, widget: QWidget) -> None:
        """Put a further view below the columns, behind a tab.

        Args:
            title: Of the tab.
            widget: The view; who made it feeds it.
        """
        self.sections.add(title, widget)

    # What is shown

    @property
    def columns(self) -> tuple[CompareColumn, ...]:
        """From left to right."""
        return self.row.columns

    @property
    def maps(self) -> CompareMaps:
        """The pictures that are kept."""
        return self._maps

    def show_columns(self, facts: Sequence[ColumnFacts], share: float, most: int, *, can_twin: bool) -> None:
        """Show these networks.

        Args:
            facts: From left to right.
            share: Where the slider stands.
            most: How many there may be.
            can_twin: Whether the network in view has a plain twin.
        """
        self._share = share
        before = {column.name: column.title.text for column in self.row.columns}
        gone = before.keys() - {each.name for each in facts}
        came = {each.name for each in facts} - before.keys()
        if gone and not came:
            self._said.say(", ".join(title for name, title in before.items() if name in gone))
        elif came:
            self._said.say("")
        self.head.show_room(len(facts), most, can_twin=can_twin)
        known = {column.name for column in self.row.columns}
        self.row.show_columns(facts, share)
        for column in self.row.columns:
            if column.name not in known:
                self._link(column.mosaic)
        self.slider.show_ways([each.way for each in facts])
        self.slider.show_share(share)
        self._stack.setCurrentIndex(1 if facts else 0)
        if self._half_pair not in {each.name for each in facts}:
            self._half_pair = None
        self._show_letters()
        self._show_pair()
        # Layout first: how much room there is for maps is known only then.
        self._redraw.start()

    def forget_removed(self) -> None:
        """The document was changed otherwise: what was removed is not the last step of undo any more."""
        self._said.say("")

    def show_share(self, share: float) -> None:
        """Put all networks at a share of the way."""
        self._share = share
        self.slider.show_share(share)
        for column in self.row.columns:
            column.show_share(share)
        self._draw()

    def show_pair(self, pair: tuple[str, str] | None) -> None:
        """Show the two that are compared closely, or none."""
        self._pair = pair
        if pair is not None:
            self._half_pair = None
        self._show_letters()
        self._show_pair()
        self._redraw.start()

    def _show_letters(self) -> None:
        chosen = self._pair or ((self._half_pair,) if self._half_pair else ())
        for column in self.row.columns:
            column.show_letter("AB"[chosen.index(column.name)] if column.name in chosen else "")

    def _pair_columns(self) -> tuple[CompareColumn, CompareColumn] | None:
        names = {column.name: column for column in self.row.columns}
        if self._pair is None or not set(self._pair) <= names.keys():
            return None
        return names[self._pair[0]], names[self._pair[1]]

    def _show_pair(self) -> None:
        columns = self._pair_columns()
        if columns is not None:
            one, other = columns[0].facts, columns[1].facts
            assert one is not None
            assert other is not None
            self.pair.show_facts(one, other)
        self._pair_room.setVisible(columns is not None)

    # Maps

    def _background(self) -> Colour:
        base = self.palette().color(QPalette.ColorRole.Base)
        return base.red(), base.green(), base.blue()

    def _shown(self, column: CompareColumn) -> Shown | None:
        """What a column is to show; None while it is not there."""
        facts, stop = column.facts, column.stop
        if facts is None or stop is None or facts.image_id is None or stop.key not in facts.maps:
            return None
        source = facts.name, facts.version, facts.image_id, stop.key
        return Shown(source, facts.maps[stop.key], facts.is_trained)

    def _room(self) -> tuple[float, float]:
        """What the smallest of the mosaics has."""
        rooms = [column.mosaic.room for column in self.row.columns]
        if self._pair is not None and self.pair.isVisible():
            rooms.append(self.pair.mosaic.room)
        return min(width for width, _ in rooms), min(height for _, height in rooms)

    def _draw(self) -> None:
        """Draw every column's maps; pictures that were drawn before are found again."""
        if not self.isVisible() or not self.row.columns:
            return
        shown = {column.name: self._shown(column) for column in self.row.columns}
        there = {name: one for name, one in shown.items() if one is not None}
        if not there:
            for column in self.row.columns:
                column.mosaic.show_drawn(None, (), CellGrid(1, 1, 1.0), None)
            self.head.bar.hide()
            self.pair.show_maps((None, None), (), CellGrid(1, 1, 1.0), None)
            return
        grid = self._maps.grid(list(there.values()), self._room())
        drawn = dict(
            zip(
                there,
                self._maps.draw(
                    list(there.values()),
                    grid,
                    scale=self.head.scale,
                    palette=self.head.palette_choice,
                    background=self._background(),
                ),
                strict=True,
            )
        )
        for column in self.row.columns:
            names = self._names(column)
            column.mosaic.show_drawn(drawn.get(column.name), names, grid, self._sight)
        is_cut = self.head.scale == "all" and self._maps.common(list(there.values())).is_cut
        self._show_key(next(iter(drawn.values())).tiles, is_cut=is_cut)
        self._draw_pair(shown, drawn, grid)

    def _names(self, column: CompareColumn) -> tuple[str, ...]:
        """Of the channels: the logits are classes."""
        facts = column.facts
        is_last = facts is not None and column.place == len(facts.way) - 1
        return facts.classes if facts is not None and is_last else ()

    def _show_key(self, first: Tiles, *, is_cut: bool) -> None:
        """The key to the colours, of which one column tells for all."""
        if self.head.scale == "column":
            low, high = (
                (self.tr("−max"), self.tr("+max")) if first.low < 0 else (self.tr("min"), self.tr("max"))
            )
        else:
            low, high = colour_ends(first)
            if is_cut:
                low, high = f"≤ {low}" if first.low < 0 else low, f"≥ {high}"
        self.head.show_colours(first.palette, low, high)
        self.head.bar.show()

    def _draw_pair(self, shown: dict[str, Shown | None], drawn: dict[str, Drawn], grid: CellGrid) -> None:
        columns = self._pair_columns()
        if columns is None:
            return
        one, other = shown[columns[0].name], shown[columns[1].name]
        names = self._names(columns[0])
        if not self.pair.shows_difference:
            pictures = drawn.get(columns[0].name), drawn.get(columns[1].name)
            self.pair.show_maps(pictures, names, grid, self._sight)
            return
        if one is None or other is None:
            self.pair.show_maps((None, None), (), grid, self._sight, self.tr("Looking…"))
            return
        picture = self._maps.draw_difference(
            one, other, grid, scale=self.head.scale, background=self._background()
        )
        message = "" if picture is not None else self.tr("No difference: the shapes are not the same")
        self.pair.show_maps((picture, None), names, grid, self._sight, message)

    # What the user does

    def _on_sight(self, sight: Sight | None) -> None:
        self._sight = sight
        self._draw()

    def _mosaics(self) -> list[LinkedMosaic]:
        return [*(column.mosaic for column in self.row.columns), self.pair.mosaic]

    def _on_hovered(self, source: LinkedMosaic, place: tuple[int, int, int] | None) -> None:
        """The channel under the cursor is outlined in every network, with its value there."""
        channel = None if place is None else place[0]
        for mosaic in self._mosaics():
            if mosaic is not source:
                mosaic.show_channel(channel)
        for column in self.row.columns:
            column.show_value(None if place is None else _value_at(source, column.mosaic, place))

    def _on_wish(self, wish: Wish) -> None:
        if wish.kind == "pick":
            self._on_picked(wish.name)
        else:
            signal = {
                "remove": self.removed,
                "open": self.opened,
                "depths": self.depths_requested,
                "twin": self.twin_requested,
            }[wish.kind]
            signal.emit(wish.name)

    def _on_picked(self, name: str) -> None:
        """First A, then B; a third takes B's place, and a letter that is pressed is let go."""
        if self._pair is not None:
            one, other = self._pair
            if name in self._pair:
                self._half_pair = other if name == one else one
                self.pair_chosen.emit(None)
            else:
                self.pair_chosen.emit((one, name))
        elif self._half_pair is None:
            self._half_pair = name
        elif self._half_pair == name:
            self._half_pair = None
        else:
            self.pair_chosen.emit((self._half_pair, name))
        self._show_letters()

    def _on_swap(self) -> None:
        if self._pair is not None:
            self.pair_chosen.emit((self._pair[1], self._pair[0]))

    def _on_section(self, is_open: bool) -> None:
        if is_open:
            height = self._halves.height()
            own = max(self.sections.height(), int(_SECTIONS_SHARE * height))
            self._halves.setSizes([height - own, own])

    def flicker(self) -> None:
        """Begin or end the flicker; without a pair the first two columns become one."""
        names = [column.name for column in self.row.columns]
        if self._pair is None and len(names) >= 2:
            other = next(name for name in names if name != (self._half_pair or names[0]))
            self.pair_chosen.emit((self._half_pair or names[0], other))
        if self._pair is not None:
            self.pair.toggle_flicker()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier & ~Qt.KeyboardModifier.ShiftModifier:
            super().keyPressEvent(event)
            return
        key, says = Qt.Key(event.key()), event.text()
        if key == Qt.Key.Key_F:
            self.flicker()
        elif key == Qt.Key.Key_X:
            if not event.isAutoRepeat():
                self.pair.hold(True)
        elif key == Qt.Key.Key_Escape and self._pair is not None:
            self.pair_chosen.emit(None)
        elif says in ("+", "-", "="):
            self._zoom(1 / _ZOOM_STEP if says == "-" else _ZOOM_STEP)
        elif key == Qt.Key.Key_0:
            self._on_sight(None)
        else:
            self.slider.keyPressEvent(event)

    def keyReleaseEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_X and not event.isAutoRepeat():
            self.pair.hold(False)
        super().keyReleaseEvent(event)

    def _zoom(self, factor: float) -> None:
        mosaic = next((each for each in self._mosaics() if each.drawn is not None), None)
        if mosaic is not None:
            mosaic.zoom_at(QPointF(mosaic.width() / 2, mosaic.height() / 2), factor)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._redraw.start()

    def hideEvent(self, event: QHideEvent) -> None:
        self.pair.play.setChecked(False)
        super().hideEvent(event)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self._redraw.start()


def _value_at(source: LinkedMosaic, target: LinkedMosaic, place: tuple[int, int, int]) -> str:
    """The number that another network has at the same place of the same channel, in words."""
    if source.maps is None or target.maps is None:
        return ""
    channel, row, column = place
    n, height, width = target.maps.shape
    if channel >= n:
        return ""
    _, from_height, from_width = source.maps.shape
    value = target.maps[channel, row * height // from_height, column * width // from_width]
    return f"{target.name_of(channel)}: {value_text(float(value))}"
