"""The whole graph as one picture, for saving and copying.

Used by `graph.py`. Knows nothing of the store.
"""

from __future__ import annotations

from PySide6.QtCore import QPointF
from PySide6.QtGui import QImage, QPainter

from explorer.present.layout_parts import Layout
from explorer.ui.views.graph_bands import BandLabels
from explorer.ui.views.graph_ink import Ink
from explorer.ui.views.graph_paint import GraphPainter, Marks
from explorer.ui.views.graph_text import TextCache

LARGEST_SCALE = 2.0
MOST_SIDE_PX = 32_000
"""Qt's pictures have sides below 32,768 pixels."""
MARGIN = 16.0


def whole_picture(layout: Layout, ink: Ink, texts: TextCache, marks: Marks) -> QImage:
    """Everything, twice as large as on the screen unless that would be too long for a picture.

    Args:
        layout: What to draw.
        ink: In which colours.
        texts: The cache of texts.
        marks: Its heat and lesions are drawn; a saved picture shows no selection.
    """
    scale = min(LARGEST_SCALE, MOST_SIDE_PX / layout.height)
    width, height = round((layout.width + 2 * MARGIN) * scale), round(layout.height * scale)
    image = QImage(width, height, QImage.Format.Format_RGB32)
    image.fill(ink.paper)
    drawn = GraphPainter(layout, ink, texts)
    drawn.marks = Marks(heat=marks.heat, values=marks.values, lesions=marks.lesions)
    origin = QPointF(MARGIN * scale, 0)
    painter = QPainter(image)
    painter.save()
    painter.translate(origin)
    painter.scale(scale, scale)
    drawn.paint(painter, 0.0, layout.height, scale)
    painter.restore()
    BandLabels(layout, ink, texts).paint(painter, origin, scale, height, None)
    painter.end()
    return image
