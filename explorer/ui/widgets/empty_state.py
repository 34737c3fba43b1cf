"""What a view shows before it has anything to show: a quiet motif of tiles and one sentence.

Used by the feature view. Knows nothing of the state or the engine.
"""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPalette
from PySide6.QtWidgets import QWidget

from explorer.present import colour

_N_TILES = 5
_TILE_PX = 20.0
_PITCH_PX = 25.0
_TEXT_WIDTH_PX = 340.0


def _bump() -> np.ndarray[tuple[int, int], np.dtype[np.float64]]:
    """A soft blob over the motif's tiles, as a feature map would have."""
    y, x = np.mgrid[0:_N_TILES, 0:_N_TILES]
    blob: np.ndarray[tuple[int, int], np.dtype[np.float64]]
    blob = np.exp(-((x - 2.4) ** 2 + (y - 1.7) ** 2) / 3.2)
    return blob


class EmptyState(QWidget):
    """A motif and a message in the middle."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._message = ""
        self._tones = colour.apply(0.12 + 0.8 * _bump(), "sequential")
        self._strengths = 0.3 + 0.7 * _bump()
        self.setObjectName("features.empty")

    @property
    def message(self) -> str:
        """What is said."""
        return self._message

    def set_message(self, message: str) -> None:
        """Say one sentence."""
        self._message = message
        self.setAccessibleName(message)
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.fillRect(self.rect(), self.palette().color(QPalette.ColorRole.Base))
        side_px = (_N_TILES - 1) * _PITCH_PX + _TILE_PX
        font = self.font()
        font.setPointSizeF(font.pointSizeF() * 1.15)
        painter.setFont(font)
        width_px = min(_TEXT_WIDTH_PX, self.width() - 32.0)
        flags = Qt.AlignmentFlag.AlignHCenter | Qt.TextFlag.TextWordWrap
        room = QRectF(0, 0, width_px, self.height())
        text_px = painter.boundingRect(room, flags, self._message).height()
        with_motif = self.height() > side_px + text_px + 24
        top = (self.height() - (side_px + 22 if with_motif else 0) - text_px) / 2
        if with_motif:
            self._paint_motif(painter, (self.width() - side_px) / 2, top)
            top += side_px + 22
        ink = QColor(self.palette().color(QPalette.ColorRole.Text))
        ink.setAlphaF(0.75)
        painter.setPen(ink)
        place = QRectF((self.width() - width_px) / 2, top, width_px, text_px)
        painter.drawText(place, flags, self._message)
        painter.end()

    def _paint_motif(self, painter: QPainter, left: float, top: float) -> None:
        painter.setPen(Qt.PenStyle.NoPen)
        for row in range(_N_TILES):
            for column in range(_N_TILES):
                tone = QColor(*(int(part) for part in self._tones[row, column]))
                tone.setAlphaF(float(self._strengths[row, column]))
                painter.setBrush(tone)
                place = QRectF(left + column * _PITCH_PX, top + row * _PITCH_PX, _TILE_PX, _TILE_PX)
                painter.drawRoundedRect(place, 4, 4)
