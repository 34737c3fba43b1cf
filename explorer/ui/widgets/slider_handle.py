"""The handle of a slider that paints itself.

Used by the sliders of depth. Knows nothing of what is chosen.
"""

from __future__ import annotations

from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QColor, QPainter, QPen
from PySide6.QtWidgets import QWidget

from explorer.ui.theme import Colours

HANDLE_PX = 7.0
"""Its radius."""
_HALO_PX = 3.5


def paint_handle(painter: QPainter, slider: QWidget, centre: QPointF, *, is_full: bool = True) -> None:
    """Draw it, with a halo where the slider has the focus or is under the mouse.

    Args:
        painter: On the slider, smooth.
        slider: For its focus and colours.
        centre: Of the handle.
        is_full: Whether it stands on a value, and not between two.
    """
    colours = Colours.of(slider.palette())
    if slider.hasFocus() or slider.underMouse():
        halo = QColor(colours.accent)
        halo.setAlphaF(0.28 if slider.hasFocus() else 0.16)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(halo)
        painter.drawEllipse(centre, HANDLE_PX + _HALO_PX, HANDLE_PX + _HALO_PX)
    painter.setPen(QPen(colours.chosen, 2))
    painter.setBrush(colours.chosen if is_full else colours.card)
    painter.drawEllipse(centre, HANDLE_PX - 1, HANDLE_PX - 1)
