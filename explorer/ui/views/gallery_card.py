"""One card of the gallery: a thumbnail of the graph, its name, its numbers and a sentence of history.

Used by `gallery.py`. Knows nothing of the store.
"""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QContextMenuEvent, QKeyEvent, QPainter, QPaintEvent, QPen, QPixmap
from PySide6.QtWidgets import QAbstractButton, QMenu, QWidget

from explorer.present.gallery import FIRST_STRIDES, Card, Picture
from explorer.present.layout import WIDTH
from explorer.present.layout_parts import Layout
from explorer.present.text import short
from explorer.ui.theme import HALF, RADIUS, SPACE, Colours, font
from explorer.ui.views.graph_ink import Ink, blend

CARD_PX = QSize(264, 152)
THUMBNAIL_PX = QSize(72, 136)
_LEFT_X, _RIGHT_X = 128.0, 448.0
"""What of a layout's width boxes and skips take."""
_LEAST_BAR_PX = 2.0


def thumbnail(layout: Layout, ink: Ink, ratio: float) -> QPixmap:
    """A layout as coloured bars on their stages' bands, with the skips at the right."""
    made = QPixmap(THUMBNAIL_PX * ratio)
    made.setDevicePixelRatio(ratio)
    made.fill(Qt.GlobalColor.transparent)
    across = THUMBNAIL_PX.width() / (_RIGHT_X - _LEFT_X)
    down = min(0.3, THUMBNAIL_PX.height() / layout.height)
    painter = QPainter(made)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.translate(0, (THUMBNAIL_PX.height() - layout.height * down) / 2)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(blend(ink.band, ink.text, 0.14 if ink.text.lightnessF() > 0.5 else 0.05))
    for band in layout.bands:
        painter.drawRoundedRect(QRectF(0, band.y * down, THUMBNAIL_PX.width(), band.h * down), 2, 2)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    for arc in layout.arcs:
        painter.setPen(ink.projection if arc.style == "projection" else ink.skip)
        painter.drawPolyline([QPointF((x - _LEFT_X) * across, y * down) for x, y in arc.points])
    painter.setPen(Qt.PenStyle.NoPen)
    for box in layout.boxes:
        # Stacks of blocks are as wide as the page, single operations are narrower.
        painter.setBrush(ink.op(box.op))
        left, height = (box.x - _LEFT_X) * across, max(_LEAST_BAR_PX, box.h * down)
        painter.drawRoundedRect(QRectF(left, box.y * down, min(box.w, WIDTH) * across, height), 1, 1)
    painter.end()
    return made


class CardButton(QAbstractButton):
    """A card; a click or Enter opens it.

    Args:
        card: What it shows.
        parent: As Qt has it.
    """

    renaming = Signal()
    """The user wants to give it another name."""
    removed = Signal()
    """The user no longer wants to keep it."""

    def __init__(self, card: Card, parent: QWidget) -> None:
        super().__init__(parent)
        self.card = card
        self._picture: Picture | None = None
        self._thumbnail: QPixmap | None = None
        self._inked = 0
        self._is_current = False
        kind = "own" if card.is_own else "preset"
        self.setObjectName(f"gallery.{kind}.{card.name}")
        self.setAccessibleName(card.title)
        self.setAccessibleDescription(card.history)
        self.setToolTip(f"<p><b>{card.title}</b></p><p>{card.history}</p><p><small>{card.source}</small></p>")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.resize(CARD_PX)

    @property
    def picture(self) -> Picture | None:
        """What was found for it; None until then."""
        return self._picture

    def show_picture(self, picture: Picture) -> None:
        """Take what was found for it."""
        self._picture = picture
        self._thumbnail = None
        if any(FIRST_STRIDES in line for line in picture.papers):
            about = f"{FIRST_STRIDES}: measured with strides on the first 1×1 convolutions, as in 2015."
            self.setToolTip(f"{self.toolTip()}<p><small>{about}</small></p>")
        self.update()

    def set_current(self, is_current: bool) -> None:
        """Whether it is the network in view."""
        if is_current != self._is_current:
            self._is_current = is_current
            self.setAccessibleDescription(
                f"in view. {self.card.history}" if is_current else self.card.history
            )
            self.update()

    @property
    def is_current(self) -> bool:
        """Whether it is marked as the network in view."""
        return self._is_current

    @property
    def numbers(self) -> tuple[str, ...]:
        """Parameters and the published numbers, as far as they are known."""
        if self._picture is None:
            return ()
        return (f"{short(self._picture.parameters)} parameters", *self._picture.papers)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.click()
        elif event.key() == Qt.Key.Key_F2 and self.card.is_own:
            self.renaming.emit()
        elif event.key() == Qt.Key.Key_Delete and self.card.is_own:
            self.removed.emit()
        else:
            super().keyPressEvent(event)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        self.menu().popup(event.globalPos())

    def menu(self) -> QMenu:
        """What a right click offers."""
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.addAction("Open").triggered.connect(lambda _checked=False: self.click())
        if self.card.is_own:
            menu.addAction("Rename…").triggered.connect(lambda _checked=False: self.renaming.emit())
            menu.addAction("Remove").triggered.connect(lambda _checked=False: self.removed.emit())
        return menu

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        colours = Colours.of(self.palette())
        ground = QColor(colours.card)
        if self.underMouse():
            ground = blend(ground, colours.text, 0.05)
        painter.setBrush(ground)
        painter.setPen(colours.accent if self.hasFocus() else colours.hairline)
        if self._is_current:
            painter.setPen(QPen(colours.accent, 2))
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(1, 1, -1, -1), RADIUS, RADIUS)
        self._paint_thumbnail(painter)
        left = THUMBNAIL_PX.width() + 2 * SPACE
        room = QRectF(left, SPACE, self.width() - left - SPACE, self.height() - 2 * SPACE)
        self._paint_texts(painter, room, colours)

    def _paint_thumbnail(self, painter: QPainter) -> None:
        if self._picture is None:
            return
        inked = self.palette().window().color().rgb()
        if self._thumbnail is None or inked != self._inked:
            ink = Ink.of(self.palette())
            self._thumbnail = thumbnail(self._picture.layout, ink, self.devicePixelRatioF())
            self._inked = inked
        painter.drawPixmap(SPACE, SPACE, self._thumbnail)

    def _paint_texts(self, painter: QPainter, room: QRectF, colours: Colours) -> None:
        flags = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop | Qt.TextFlag.TextWordWrap
        for text, face, ink in (
            (self.card.title, font("body", strong=True), colours.text),
            *((line, font("small"), colours.text) for line in self.numbers),
            (self.card.history, font("small"), colours.muted),
            (self.card.source, font("small"), colours.muted),
        ):
            if not text:
                continue
            painter.setFont(face)
            painter.setPen(ink)
            used = painter.boundingRect(room, int(flags), text)
            painter.drawText(room, int(flags), text)
            room.setTop(min(room.bottom(), used.bottom() + (HALF if face.bold() else 1)))
