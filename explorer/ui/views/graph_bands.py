"""The labels of the stages, at the left of their bands; they stay in view while a band is scrolled through.

Used by `graph_canvas.py`, which asks it too which label lies under the pointer. Knows nothing of the store.
"""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QPointF, QRectF, QSizeF
from PySide6.QtGui import QPainter

from explorer.present import text as words
from explorer.present.layout_parts import Band, Layout
from explorer.ui.views.graph_ink import Ink
from explorer.ui.views.graph_lines import LinePainter
from explorer.ui.views.graph_paint import READABLE_ZOOM
from explorer.ui.views.graph_text import Style, TextCache

GUTTER_X, GUTTER_W, LABEL_H = 12.0, 120.0, 72.0
TITLE_H = 20.0
LEAST_SCALE, MOST_SCALE = 0.85, 1.5
GAP = 8.0


class BandLabels:
    """Places and draws the labels.

    Args:
        layout: Whose bands.
        ink: The colours.
        texts: The cache of texts.
    """

    def __init__(self, layout: Layout, ink: Ink, texts: TextCache) -> None:
        self.layout = layout
        self.ink = ink
        self.texts = texts
        self._lines = LinePainter(ink, texts)
        self._boxes_x = min((box.x for box in layout.boxes), default=GUTTER_X + GUTTER_W)

    def placed(self, origin: QPointF, zoom: float, height: float) -> list[tuple[Band, QRectF]]:
        """Every label in view with its place in the widget.

        Args:
            origin: Where the layout's corner lies in the widget.
            zoom: Of the picture; labels stay readable, so that from afar they hang out at the left.
            height: Of the widget.
        """
        scale = min(MOST_SCALE, max(LEAST_SCALE, zoom))
        found: list[tuple[Band, QRectF]] = []
        for band in self.layout.bands:
            top, bottom = origin.y() + band.y * zoom, origin.y() + band.bottom * zoom
            if bottom < 0 or top > height:
                continue
            width, label_h = GUTTER_W * scale, LABEL_H * scale
            left, end = origin.x() + GUTTER_X * zoom, origin.x() + (GUTTER_X + GUTTER_W) * zoom
            if zoom < READABLE_ZOOM:
                left = max(0.0, origin.x() - width - GAP)
                # A narrow view has no room beside the picture: the labels end where the boxes begin.
                width = min(width, max(origin.x() + self._boxes_x * zoom - GAP / 2 - left, 0.0))
            elif zoom < LEAST_SCALE:
                left = max(0.0, end - width)
                # Readable letters must not run into the boxes, which are smaller from here.
                width = min(width, end - left)
            y = max(top, min(GAP, bottom - label_h))
            shown_h = label_h if bottom - y >= label_h * 0.9 else TITLE_H * scale
            found.append((band, QRectF(left, y, width, shown_h)))
        return found

    def at(self, place: QPointF, origin: QPointF, zoom: float, height: float) -> Band | None:
        """The band whose label lies at a place in the widget."""
        for band, rectangle in self.placed(origin, zoom, height):
            if rectangle.contains(place):
                return band
        return None

    def paint(
        self, painter: QPainter, origin: QPointF, zoom: float, height: float, hovered: str | None
    ) -> None:
        """Draw every label in view; the painter stands in the widget's own coordinates."""
        scale = min(MOST_SCALE, max(LEAST_SCALE, zoom))
        for band, rectangle in self.placed(origin, zoom, height):
            painter.save()
            painter.translate(rectangle.topLeft())
            painter.scale(scale, scale)
            self._label(painter, band, rectangle.size() / scale, is_hovered=hovered == band.id)
            painter.restore()

    def _label(self, painter: QPainter, band: Band, size: QSizeF, *, is_hovered: bool) -> None:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        title = self.ink.accent if is_hovered else self.ink.text
        self._lines.chevron(painter, 6, 16, is_open=band.is_open)
        room = size.width() - 17
        # Of a name without room its number is left.
        named = (band.title, band.title.rpartition(" ")[2])
        self.texts.draw(painter, self._fitting(named, "stage", room), "stage", title, 17, 16)
        if size.height() < LABEL_H * 0.9:
            return
        blocks = "1 block" if band.n_blocks == 1 else f"{band.n_blocks} blocks"
        shape = self._fitting((band.shape, band.shape.replace(" × ", "×")), "small", room)
        self.texts.draw(painter, shape, "small", self.ink.muted, 17, 36)
        rest = self._fitting((f"{blocks} · {words.short(band.parameters)}", blocks), "small", room)
        self.texts.draw(painter, rest, "small", self.ink.muted, 17, 52)

    def _fitting(self, texts: Sequence[str], style: Style, room: float) -> str:
        """The first of some texts that has room; none of them is cut, so else none."""
        return next((text for text in texts if self.texts.width(text, style) <= room), "")
