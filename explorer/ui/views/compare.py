"""Networks side by side: one picture and one slider through all of them.

Made by `ui/compare_dock.py`, which feeds it facts and turns its signals into actions. Imports neither the
store nor the engine.
"""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, Qt, QTimer, Signal
from PySide6.QtGui import QHideEvent, QKeyEvent, QPalette, QResizeEvent, QShowEvent
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QPushButton,
    QScrollArea,
    QSplitter,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from explorer.ui.theme import HALF, SPACE
from explorer.ui.views.compare_column import CompareColumn
from explorer.ui.views.compare_drawing import CompareDrawing
from explorer.ui.views.compare_facts import ColumnFacts
from explorer.ui.views.compare_frame import LEAST_WIDTH_PX
from explorer.ui.views.compare_head import CompareHead, SaidLine
from explorer.ui.views.compare_maps import CompareMaps
from explorer.ui.views.compare_pair import PairPanel
from explorer.ui.views.compare_row import CompareRow, Wish
from explorer.ui.views.compare_sections import CompareSections
from explorer.ui.views.compare_slider import CompareSlider
from explorer.ui.widgets.empty_state import EmptyState

_ZOOM_STEP = 1.25
_SECTIONS_SHARE = 0.42
_LEAST_SECTION_PX = 230


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
    pair_mode_chosen = Signal(object)
    """The pair is to flicker or to be subtracted."""
    diff_requested = Signal()
    """The pair's architectures are to be compared."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("compare")
        self.setAccessibleName(self.tr("Compare"))
        self._half_pair: str | None = None
        self._pair: tuple[str, str] | None = None
        self.head = CompareHead()
        self.slider = CompareSlider()
        self.row = CompareRow()
        self.pair = PairPanel()
        self.sections = CompareSections()
        self._said = SaidLine()
        self._drawing = CompareDrawing(self, self.head, self.row, self.pair)
        self._stack = QStackedWidget()
        self._lay_out()
        self._connect()

    def _lay_out(self) -> None:
        beside = QWidget()
        self._beside = line = QHBoxLayout(beside)
        line.setContentsMargins(0, 0, 0, 0)
        line.setSpacing(0)
        line.addWidget(self.row, 1)
        self._pair_room = self._room_for_pair()
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

    def _room_for_pair(self) -> QScrollArea:
        """As the columns it is scrolled where the section below leaves it too little height."""
        room = QScrollArea()
        room.setFrameShape(QFrame.Shape.NoFrame)
        room.setWidgetResizable(True)
        room.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        room.setMinimumWidth(LEAST_WIDTH_PX + 2 * SPACE)
        inner = QWidget()
        self._pair_line = QHBoxLayout(inner)
        self._pair_line.addWidget(self.pair)
        room.setWidget(inner)
        room.hide()
        return room

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
        self.slider.share_chosen.connect(self.share_chosen)
        row.share_chosen.connect(self.share_chosen)
        row.moved.connect(self.moved)
        row.dense_changed.connect(pair.set_dense)
        row.dense_changed.connect(lambda _: self._see_maps_soon())
        row.wished.connect(self._on_wish)
        row.horizontalScrollBar().rangeChanged.connect(lambda *_: self._fit_pair())
        self._fit_pair()
        pair.closed.connect(lambda: self.pair_chosen.emit(None))
        pair.swap_requested.connect(self._on_swap)
        pair.mode_chosen.connect(self.pair_mode_chosen)
        pair.diff_requested.connect(self.diff_requested)
        self._said.undo_requested.connect(self.undo_requested)
        self.sections.opened.connect(self._on_section)

    def _fit_pair(self) -> None:
        """The pair ends where the columns end, above their scroll bar."""
        bar = self.row.horizontalScrollBar()
        below = bar.sizeHint().height() if bar.maximum() > bar.minimum() else 0
        self._pair_line.setContentsMargins(SPACE, HALF, SPACE, SPACE + below)

    def add_section(self, name: str, title: str, widget: QWidget) -> None:
        """Put a further view below the columns, behind a tab.

        Args:
            name: Of the tab, as an object.
            title: Of the tab, for people.
            widget: The view; who made it feeds it.
        """
        self.sections.add(name, title, widget)

    # What is shown

    @property
    def columns(self) -> tuple[CompareColumn, ...]:
        """From left to right."""
        return self.row.columns

    @property
    def maps(self) -> CompareMaps:
        """The pictures that are kept."""
        return self._drawing.maps

    def show_columns(self, facts: Sequence[ColumnFacts], share: float, most: int, *, can_twin: bool) -> None:
        """Show these networks.

        Args:
            facts: From left to right.
            share: Where the slider stands.
            most: How many there may be.
            can_twin: Whether the network in view has a plain twin.
        """
        before = {column.name: column.title.text for column in self.row.columns}
        names = [each.name for each in facts]
        gone = before.keys() - set(names)
        if gone and before.keys() >= set(names):
            self._said.say(", ".join(title for name, title in before.items() if name in gone))
        elif list(before) != names:
            # Others came, or they stand in another order: the removal is not the last step of undo any more.
            self._said.say("")
        self.head.show_room(len(facts), most, can_twin=can_twin)
        known = {column.name for column in self.row.columns}
        self.row.show_columns(facts, share)
        for column in self.row.columns:
            if column.name not in known:
                self._drawing.link(column.mosaic)
        self.slider.show_ways([each.way for each in facts])
        self.slider.show_share(share)
        self._stack.setCurrentIndex(1 if facts else 0)
        if self._half_pair not in {each.name for each in facts}:
            self._half_pair = None
        self._show_letters()
        self._show_pair()
        self._drawing.draw_soon()

    def forget_removed(self) -> None:
        """The document was changed otherwise: what was removed is not the last step of undo any more."""
        self._said.say("")

    def show_share(self, share: float) -> None:
        """Put all networks at a share of the way."""
        self.slider.show_share(share)
        for column in self.row.columns:
            column.show_share(share)
        self._drawing.draw()

    def show_pair(self, pair: tuple[str, str] | None) -> None:
        """Show the two that are compared closely, or none."""
        self._pair = pair
        if pair is not None:
            self._half_pair = None
        self._show_letters()
        self._show_pair()
        self._drawing.draw_soon()

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
        self._drawing.set_pair(columns)
        if columns is not None:
            one, other = columns[0].facts, columns[1].facts
            assert one is not None
            assert other is not None
            self.pair.show_facts(one, other)
        # As wide as a column.
        self._beside.setStretch(0, len(self.row.columns))
        self._beside.setStretch(1, 1)
        self._pair_room.setVisible(columns is not None)

    # What the user does

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
        height = self._halves.height()
        own = self.sections.maximumHeight()
        if is_open:
            # The columns keep what they need where the section still gets enough.
            left = height - self.slider.height() - self.row.least_height_px
            own = max(_LEAST_SECTION_PX, min(int(_SECTIONS_SHARE * height), left))
        self._halves.setSizes([height - own, own])
        self._see_maps_soon()

    def _see_maps_soon(self) -> None:
        """After the layout, for columns that fold are low only then."""
        QTimer.singleShot(0, self, self._see_maps)

    def _see_maps(self) -> None:
        """A section gives way where even folded columns would be scrolled down: the maps are at their end."""
        hidden = self.row.hidden_px
        if hidden and self.sections.current is not None:
            upper, lower = self._halves.sizes()
            self._halves.setSizes([upper + hidden, lower - hidden])

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
            self._drawing.zoom(1 / _ZOOM_STEP if says == "-" else _ZOOM_STEP)
        elif key == Qt.Key.Key_0:
            self._drawing.fit()
        else:
            self.slider.keyPressEvent(event)

    def keyReleaseEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_X and not event.isAutoRepeat():
            self.pair.hold(False)
        super().keyReleaseEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._see_maps_soon()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._drawing.draw_soon()

    def hideEvent(self, event: QHideEvent) -> None:
        self.pair.play.setChecked(False)
        super().hideEvent(event)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self._drawing.draw_soon()
