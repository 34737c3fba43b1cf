"""Draws a layout: boxes, frames, bands and skips, as much of each as the zoom shows.

Used by `graph_canvas.py` and for saved pictures. An item a node would be slow for thousands of nodes, so this
goes through the sorted parts of the layout and draws only what is in view. Knows nothing of the store.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol, TypeVar

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen

from explorer.present import text as words
from explorer.present.layout import WIDTH
from explorer.present.layout_parts import Box, Frame, Layout, Link
from explorer.ui.views.graph_ink import Ink, blend
from explorer.ui.views.graph_lines import LinePainter
from explorer.ui.views.graph_switches import (
    FADED,
    SWITCH_W,
    LesionMarks,
    paint_cross,
    paint_switch,
)
from explorer.ui.views.graph_text import TextCache

READABLE_ZOOM = 0.5
"""Below this texts would be under 6 pixels: only coloured bars are drawn."""

CORNER = 6.0
SMALL_CORNER = 4.0
STRIP_MIDDLE = 13.0
HEAT_MOST = 0.6
"""How much of a box's ground the heat colour may take; texts stay readable on it."""


class _Placed(Protocol):
    @property
    def y(self) -> float: ...
    @property
    def bottom(self) -> float: ...


Part = TypeVar("Part", bound=_Placed)


class _Shelf:
    """Parts sorted by their upper edges, from which those in view are taken quickly."""

    def __init__(self, parts: Sequence[_Placed]) -> None:
        self.tops = [part.y for part in parts]
        self.tallest = max((part.bottom - part.y for part in parts), default=0.0)

    def within(self, parts: Sequence[Part], top: float, bottom: float) -> Sequence[Part]:
        """The parts that may be seen between two heights."""
        first = bisect_left(self.tops, top - self.tallest)
        return parts[first : bisect_right(self.tops, bottom)]


@dataclass(slots=True)
class Marks:
    """What is emphasised.

    Attributes:
        selected: The id of the selected box.
        hovered: The id under the pointer.
        found: The ids of boxes that hold what a search found.
        heat: A share from 0 to 1 by box id; None for no heat.
        values: What stands at the right of a heated box or strip, by id.
        lesions: What is bypassed.
    """

    selected: str | None = None
    hovered: str | None = None
    found: frozenset[str] = frozenset()
    heat: dict[str, float] | None = None
    values: dict[str, str] = field(default_factory=dict)
    lesions: LesionMarks = field(default_factory=LesionMarks)


class GraphPainter:
    """Draws one layout with one set of colours.

    Args:
        layout: What to draw.
        ink: In which colours.
        texts: The cache of texts, kept from layout to layout.
    """

    def __init__(self, layout: Layout, ink: Ink, texts: TextCache) -> None:
        self.layout = layout
        self.ink = ink
        self.texts = texts
        self.marks = Marks()
        self._lines = LinePainter(ink, texts)
        self._boxes = _Shelf(layout.boxes)
        self._blocks = tuple(frame for frame in layout.frames if frame.kind == "block")
        self._groups = tuple(frame for frame in layout.frames if frame.kind == "group")
        self._block_shelf = _Shelf(self._blocks)
        self._links = _Shelf(layout.links)
        self._arcs = _Shelf(layout.arcs)

    def paint(self, painter: QPainter, top: float, bottom: float, zoom: float) -> None:
        """Draw everything between two heights; the painter is already moved and scaled.

        Args:
            painter: In the layout's coordinates.
            top: The upper edge of what is in view.
            bottom: Its lower edge.
            zoom: The painter's scale, which decides how much detail is drawn.
        """
        if zoom < READABLE_ZOOM:
            self._paint_bars(painter, top, bottom, zoom)
            return
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self.ink.band)
        for band in self.layout.bands:
            if band.bottom >= top and band.y <= bottom:
                painter.drawRoundedRect(QRectF(0, band.y, WIDTH, band.h), CORNER + 2, CORNER + 2)
        for group in self._groups:
            if group.bottom >= top and group.y <= bottom:
                self._frame(painter, group)
        for frame in self._block_shelf.within(self._blocks, top, bottom):
            self._frame(painter, frame)
        links = self._links.within(self.layout.links, top, bottom)
        self._lines.links(painter, links)
        lit = self.marks.lesions.lit
        self._lines.arcs(painter, self._arcs.within(self.layout.arcs, top, bottom), lit)
        self._link_labels(painter, links)
        for box in self._boxes.within(self.layout.boxes, top, bottom):
            self._box(painter, box)

    def _paint_bars(self, painter: QPainter, top: float, bottom: float, zoom: float) -> None:
        """The picture from afar: bands and coloured bars, without texts or smoothing."""
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        for band in self.layout.bands:
            painter.fillRect(QRectF(0, band.y, WIDTH, band.h), self.ink.band)
        for frame in self._block_shelf.within(self._blocks, top, bottom):
            painter.fillRect(
                QRectF(frame.x, frame.y, frame.w, frame.h), blend(self.ink.band, self.ink.text, 0.06)
            )
        boxes = self._boxes.within(self.layout.boxes, top, bottom)
        by_colour: dict[int, list[QRectF]] = {}
        for box in boxes:
            by_colour.setdefault(self.bar_colour(box).rgba(), []).append(QRectF(box.x, box.y, box.w, box.h))
        painter.setPen(Qt.PenStyle.NoPen)
        for rgba, rectangles in by_colour.items():
            painter.setBrush(QColor.fromRgba(rgba))
            painter.drawRects(rectangles)
        self._lines.bare_arcs(painter, self._arcs.within(self.layout.arcs, top, bottom))
        for box in boxes:
            if box.id == self.marks.selected or box.id in self.marks.found:
                width = (3 if box.id == self.marks.selected else 2) / zoom
                painter.setPen(QPen(self._outline(box), width))
                painter.setBrush(Qt.BrushStyle.NoBrush)
                painter.drawRect(QRectF(box.x - width, box.y - width, box.w + 2 * width, box.h + 2 * width))

    def bar_colour(self, box: Box) -> QColor:
        """The colour of a box from afar: its heat, or its operation."""
        if box.id in self.marks.lesions.silenced:
            return self.ink.border
        if self.marks.heat is not None:
            return blend(self.ink.border, self.ink.heat, self.marks.heat.get(box.id, 0.0))
        return self.ink.op(box.op)

    def _frame(self, painter: QPainter, frame: Frame) -> None:
        """An open block or group: its ground, and the strip that folds it."""
        rectangle = QRectF(frame.x + 0.5, frame.y + 0.5, frame.w - 1, frame.h - 1)
        is_hovered = self.marks.hovered == frame.id
        is_group = frame.kind == "group"
        painter.setPen(QPen(self.ink.line if is_hovered else self.ink.border, 1))
        painter.setBrush(Qt.BrushStyle.NoBrush if is_group else self.ink.frame)
        painter.drawRoundedRect(rectangle, CORNER, CORNER)
        middle = frame.y + STRIP_MIDDLE
        self._lines.chevron(painter, frame.x + 14, middle, is_open=True)
        self.texts.draw(painter, frame.title, "title", self.ink.text, frame.x + 26, middle)
        right = frame.x + frame.w - 12
        lesions = self.marks.lesions
        if frame.id in lesions.switchable:
            paint_switch(painter, frame, self.ink, is_bypassed=frame.id in lesions.bypassed)
            right -= SWITCH_W + 8
        value = self.marks.values.get(frame.id, "" if is_group else words.short(frame.parameters))
        name = " · ".join(part for part in (frame.id, value, lesions.notes.get(frame.id, "")) if part)
        colour = self.ink.match if frame.id in lesions.notes else self.ink.muted
        self.texts.draw(painter, name, "small", colour, right, middle, 250, "right")

    def _link_labels(self, painter: QPainter, links: Sequence[Link]) -> None:
        for link in links:
            if link.label:
                self.texts.draw(
                    painter, link.label, "small", self.ink.muted, link.x - 8, link.label_y, 120, "right"
                )

    def _outline(self, box: Box) -> QColor:
        if box.id == self.marks.selected:
            return self.ink.accent
        if box.id in self.marks.found:
            return self.ink.match
        return self.ink.line if box.id == self.marks.hovered else self.ink.border

    def _ground(self, box: Box) -> QColor:
        ground = self.ink.box
        if self.marks.heat is not None:
            ground = blend(ground, self.ink.heat, HEAT_MOST * self.marks.heat.get(box.id, 0.0))
        if box.id == self.marks.selected:
            ground = blend(ground, self.ink.accent, 0.1)
        return ground

    def _box(self, painter: QPainter, box: Box) -> None:
        outline = self._outline(box)
        is_marked = box.id == self.marks.selected or box.id in self.marks.found
        width = 2.0 if is_marked else 1.0
        inset = width / 2
        rectangle = QRectF(box.x + inset, box.y + inset, box.w - width, box.h - width)
        corner = CORNER if box.kind != "node" else box.h / 2 if box.op == "add" else SMALL_CORNER
        if box.n_blocks > 1:
            self._sheets(painter, box)
        painter.setPen(QPen(outline, width))
        painter.setBrush(self._ground(box))
        painter.drawRoundedRect(rectangle, corner, corner)
        is_silent = box.id in self.marks.lesions.silenced
        painter.setOpacity(FADED if is_silent else 1.0)
        if box.kind == "node":
            self._node_inside(painter, box)
        else:
            self._fold_inside(painter, box)
        painter.setOpacity(1.0)
        if is_silent:
            paint_cross(painter, box, self.ink)
        self._lesion(painter, box)

    def _lesion(self, painter: QPainter, box: Box) -> None:
        """The switch of a folded block, and what is said of lesions inside."""
        lesions = self.marks.lesions
        right = box.right - 12
        if box.id in lesions.switchable:
            paint_switch(painter, box, self.ink, is_bypassed=box.id in lesions.bypassed)
            right -= SWITCH_W + 8
        note = lesions.notes.get(box.id)
        if note:
            self.texts.draw(painter, note, "small", self.ink.match, right, box.y + 33, align="right")

    def _sheets(self, painter: QPainter, box: Box) -> None:
        """Two sheets that look out below: there are more of these."""
        painter.setBrush(self.ink.box)
        for step in (2, 1):
            painter.setPen(QPen(self.ink.border, 1))
            inset = 4.0 * step
            sheet = QRectF(box.x + inset + 0.5, box.y + 3.0 * step, box.w - 2 * inset - 1, box.h - 0.5)
            painter.drawRoundedRect(sheet, CORNER, CORNER)

    def _node_inside(self, painter: QPainter, box: Box) -> None:
        middle = box.middle
        value = self.marks.values.get(box.id)
        if box.op == "add":
            self.texts.draw(
                painter, box.title, "node", self.ink.text, box.x + box.w / 2, middle, align="centre"
            )
            return
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self.ink.op(box.op))
        painter.drawRoundedRect(QRectF(box.x + 6, box.y + 6, 4, box.h - 12), 2, 2)
        used = self.texts.draw(painter, box.title, "node", self.ink.text, box.x + 18, middle, box.w - 24)
        room = box.w - used - 18 - 8 - 12
        aside = value if value is not None else "" if box.lane == "side" else box.subtitle
        colour = self.ink.text if value is not None else self.ink.muted
        if aside and self.texts.width(aside, "small") <= room:
            self.texts.draw(painter, aside, "small", colour, box.right - 8, middle, align="right")

    def _fold_inside(self, painter: QPainter, box: Box) -> None:
        """Title and convolutions, with the operations inside as a small spectrum at the left."""
        painter.setPen(Qt.PenStyle.NoPen)
        step = (box.h - 16) / len(box.ops)
        for index, op in enumerate(box.ops):
            top = box.y + 8 + index * step
            painter.fillRect(QRectF(box.x + 8, top, 4, step - 0.75), self.ink.op(op))
        first, second = box.y + 16, box.y + 33
        self._lines.chevron(painter, box.x + 24, first, is_open=False)
        value = self.marks.values.get(box.id)
        aside = value if value is not None else words.short(box.parameters)
        # On a heated ground only full ink is surely read.
        colour = self.ink.muted if self.marks.heat is None else self.ink.text
        used = self.texts.draw(painter, aside, "small", colour, box.right - 12, first, align="right")
        room = box.w - 36 - 12 - used - 8
        self.texts.draw(painter, box.title, "title", self.ink.text, box.x + 36, first, room)
        room = box.w - 48
        if box.id in self.marks.lesions.switchable:
            room -= SWITCH_W + 8
        note = self.marks.lesions.notes.get(box.id)
        if note:
            room -= self.texts.width(note, "small") + 8
        self.texts.draw(painter, box.subtitle, "small", colour, box.x + 36, second, room)
