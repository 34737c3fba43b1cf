"""The maps of all columns, drawn, zoomed and read together.

Used by `compare.py`: it says when something changed, this draws what is to be seen then. Knows nothing of
the state or the engine.
"""

from __future__ import annotations

from PySide6.QtCore import QObject, QPointF, QTimer
from PySide6.QtGui import QPalette
from PySide6.QtWidgets import QWidget

from explorer.present.channels import value_text
from explorer.present.side_by_side import CellGrid, Sight
from explorer.present.tiles import Colour, Tiles
from explorer.ui.views.compare_column import CompareColumn
from explorer.ui.views.compare_head import CompareHead
from explorer.ui.views.compare_maps import CompareMaps, Shown
from explorer.ui.views.compare_pair import PairPanel
from explorer.ui.views.compare_row import CompareRow
from explorer.ui.views.feature_words import colour_ends
from explorer.ui.widgets.linked_mosaic import Drawn, LinkedMosaic

_NO_GRID = CellGrid(1, 1, 1.0)
_Two = tuple[CompareColumn, CompareColumn]


class CompareDrawing(QObject):
    """Draws into the mosaics of columns and pair.

    Args:
        page: What they stand on; nothing is drawn while it is not seen.
        head: Says how maps are coloured, and shows the key.
        row: The columns.
        pair: The pair.
    """

    def __init__(self, page: QWidget, head: CompareHead, row: CompareRow, pair: PairPanel) -> None:
        super().__init__(page)
        self._page, self._head, self._row, self._pair = page, head, row, pair
        self._two: _Two | None = None
        self._sight: Sight | None = None
        self.maps = CompareMaps()
        """The pictures that are kept."""
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.setInterval(0)
        self._soon.timeout.connect(self.draw)
        head.appearance_changed.connect(self.draw)
        head.fit_requested.connect(self.fit)
        pair.mode_changed.connect(self.draw)
        self.link(pair.mosaic)

    def link(self, mosaic: LinkedMosaic) -> None:
        """Let a mosaic move and read all others."""
        mosaic.sight_moved.connect(self._on_sight)
        mosaic.room_changed.connect(self.draw_soon)
        mosaic.place_hovered.connect(lambda place: self._on_hovered(mosaic, place))

    def set_pair(self, two: _Two | None) -> None:
        """The two that are compared closely; None for none."""
        self._two = two

    # Drawing

    def draw_soon(self) -> None:
        """Draw once the layout is done: how much room there is for maps is known only then."""
        self._soon.start()

    def draw(self) -> None:
        """Draw every column's maps; pictures that were drawn before are found again."""
        columns = self._row.columns
        if not self._page.isVisible() or not columns:
            return
        shown = {column.name: _shown(column) for column in columns}
        there = {name: one for name, one in shown.items() if one is not None}
        if not there:
            for column in columns:
                _show(column, None, _NO_GRID, None)
            self._head.bar.hide()
            self._pair.show_maps((None, None), (), _NO_GRID, None)
            return
        sources = list(there.values())
        grid = self.maps.grid(sources, self._room())
        pictures = self.maps.draw(
            sources,
            grid,
            scale=self._head.scale,
            palette=self._head.palette_choice,
            background=self._background(),
        )
        drawn = dict(zip(there, pictures, strict=True))
        for column in columns:
            _show(column, drawn.get(column.name), grid, self._sight)
        is_cut = self._head.scale == "all" and self.maps.common(sources).is_cut
        self._show_key(pictures[0].tiles, is_cut=is_cut)
        self._draw_pair(shown, drawn, grid)

    def _draw_pair(self, shown: dict[str, Shown | None], drawn: dict[str, Drawn], grid: CellGrid) -> None:
        if self._two is None:
            return
        a, b = (column.name for column in self._two)
        names, pair, one, other = _names(self._two[0]), self._pair, shown[a], shown[b]
        if not pair.shows_difference:
            pair.show_maps((drawn.get(a), drawn.get(b)), names, grid, self._sight)
            return
        picture, message = None, self.tr("Looking…")
        if one is not None and other is not None:
            message = self.tr("No difference: the shapes are not the same")
            picture = self.maps.draw_difference(
                one, other, grid, scale=self._head.scale, background=self._background()
            )
        pair.show_maps((picture, None), names, grid, self._sight, message)

    def _background(self) -> Colour:
        base = self._page.palette().color(QPalette.ColorRole.Base)
        return base.red(), base.green(), base.blue()

    def _room(self) -> tuple[float, float]:
        """What the smallest of the mosaics has."""
        rooms = [mosaic.room for mosaic in self._mosaics()]
        return min(width for width, _ in rooms), min(height for _, height in rooms)

    def _show_key(self, first: Tiles, *, is_cut: bool) -> None:
        """The key to the colours, of which one column tells for all."""
        low, high = colour_ends(first)
        if self._head.scale == "column":
            low, high = self.tr("min"), self.tr("max")
            if first.low < 0:
                low, high = self.tr("−max"), self.tr("+max")
        elif is_cut:
            low, high = f"≤ {low}" if first.low < 0 else low, f"≥ {high}"
        self._head.show_colours(first.palette, low, high)
        self._head.bar.show()

    # Zoom and cursor

    def fit(self) -> None:
        """Show all channels."""
        self._on_sight(None)

    def zoom(self, factor: float) -> None:
        """Zoom around the middle."""
        mosaic = next((each for each in self._mosaics() if each.drawn is not None), None)
        if mosaic is not None:
            mosaic.zoom_at(QPointF(mosaic.width() / 2, mosaic.height() / 2), factor)

    def _on_sight(self, sight: Sight | None) -> None:
        self._sight = sight
        self.draw()

    def _mosaics(self) -> list[LinkedMosaic]:
        """Those that are seen."""
        beside = [self._pair.mosaic] if self._two is not None and self._pair.isVisible() else []
        return [*(column.mosaic for column in self._row.columns), *beside]

    def _on_hovered(self, source: LinkedMosaic, place: tuple[int, int, int] | None) -> None:
        """The channel under the cursor is outlined in every network, with its value there."""
        channel = None if place is None else place[0]
        for mosaic in self._mosaics():
            if mosaic is not source:
                mosaic.show_channel(channel)
        for column in self._row.columns:
            column.show_value(None if place is None else _value_at(source, column.mosaic, place))


def _shown(column: CompareColumn) -> Shown | None:
    """What a column is to show; None while it is not there."""
    facts, stop = column.facts, column.stop
    if facts is None or stop is None or facts.image_id is None or stop.key not in facts.maps:
        return None
    source = facts.name, facts.version, facts.image_id, stop.key
    return Shown(source, facts.maps[stop.key], facts.is_trained)


def _show(column: CompareColumn, drawn: Drawn | None, grid: CellGrid, sight: Sight | None) -> None:
    """Show maps; while newer ones are on their way, the ones before stay in a veil and do not flash."""
    is_stale = drawn is None and column.mosaic.drawn is not None and column.is_waiting
    column.mosaic.set_stale(is_stale)
    if not is_stale:
        column.mosaic.show_drawn(drawn, _names(column), grid, sight)


def _names(column: CompareColumn) -> tuple[str, ...]:
    """Of the channels: the logits are classes."""
    facts = column.facts
    is_last = facts is not None and column.place == len(facts.way) - 1
    return facts.classes if facts is not None and is_last else ()


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
