"""Short texts on the picture: laid out once, cut to their place, drawn many times.

Used by the graph view's painters. Knows nothing of the store.
"""

from __future__ import annotations

from typing import Literal

from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter, QStaticText

Style = Literal["title", "node", "small", "stage"]
Align = Literal["left", "centre", "right"]

SIZES_PX: dict[Style, int] = {"title": 13, "node": 12, "small": 11, "stage": 14}
STRONG: frozenset[Style] = frozenset({"title", "stage"})
MOST_TEXTS = 8000


class TextCache:
    """Texts ready to be drawn, by text, style and room.

    Args:
        family: The font to take the faces from.
    """

    def __init__(self, family: QFont) -> None:
        self.fonts: dict[Style, QFont] = {}
        self.metrics: dict[Style, QFontMetricsF] = {}
        for style, size in SIZES_PX.items():
            font = QFont(family)
            font.setPixelSize(size)
            # Hinted glyphs would jump while zooming.
            font.setHintingPreference(QFont.HintingPreference.PreferNoHinting)
            if style in STRONG:
                font.setWeight(QFont.Weight.DemiBold)
            self.fonts[style] = font
            self.metrics[style] = QFontMetricsF(font)
        self._made: dict[tuple[str, Style, float], tuple[QStaticText, float, float]] = {}

    def width(self, text: str, style: Style) -> float:
        """The width of a text that is not cut, at zoom 1."""
        return self._get(text, style, 1e6)[1]

    def _get(self, text: str, style: Style, room: float) -> tuple[QStaticText, float, float]:
        key = (text, style, room)
        found = self._made.get(key)
        if found is None:
            if len(self._made) >= MOST_TEXTS:
                self._made.clear()
            shown = self.metrics[style].elidedText(text, Qt.TextElideMode.ElideRight, room)
            made = QStaticText(shown)
            made.setTextFormat(Qt.TextFormat.PlainText)
            made.prepare(font=self.fonts[style])
            found = self._made[key] = (made, made.size().width(), made.size().height())
        return found

    def draw(
        self,
        painter: QPainter,
        text: str,
        style: Style,
        colour: QColor,
        x: float,
        middle: float,
        room: float = 1e6,
        align: Align = "left",
    ) -> float:
        """Draw a text beside or around `x`, vertically around `middle`; returns its width."""
        made, width, height = self._get(text, style, room)
        left = x if align == "left" else x - width if align == "right" else x - width / 2
        painter.setFont(self.fonts[style])
        painter.setPen(colour)
        painter.drawStaticText(QPointF(left, middle - height / 2), made)
        return width
