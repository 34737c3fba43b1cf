"""The surface on which the graph is drawn: scrolling, zooming, pointing.

Used by `graph.py`, which decides what a click means. Draws through `graph_paint.py` only what is in view.
Knows nothing of the store.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, cast

from PySide6.QtCore import QEvent, QPointF, QRectF, Qt, Signal
from PySide6.QtGui import (
    QContextMenuEvent,
    QHelpEvent,
    QKeyEvent,
    QMouseEvent,
    QNativeGestureEvent,
    QPainter,
    QPaintEvent,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import (
    QAbstractScrollArea,
    QApplication,
    QFrame,
    QGestureEvent,
    QPinchGesture,
    QToolTip,
    QWidget,
)

from explorer.present.layout_parts import Box, Layout
from explorer.ui.views.graph_bands import BandLabels
from explorer.ui.views.graph_hits import Hit, hit_at
from explorer.ui.views.graph_ink import Ink
from explorer.ui.views.graph_paint import GraphPainter, Marks
from explorer.ui.views.graph_text import TextCache

Command = Literal[
    "up",
    "down",
    "right",
    "left",
    "first",
    "last",
    "page_up",
    "page_down",
    "open",
    "in",
    "out",
    "fit",
    "clear",
    "bypass",
]
KEYS: dict[int, Command] = {
    Qt.Key.Key_Up: "up",
    Qt.Key.Key_Down: "down",
    Qt.Key.Key_Right: "right",
    Qt.Key.Key_Left: "left",
    Qt.Key.Key_Home: "first",
    Qt.Key.Key_End: "last",
    Qt.Key.Key_PageUp: "page_up",
    Qt.Key.Key_PageDown: "page_down",
    Qt.Key.Key_Return: "open",
    Qt.Key.Key_Enter: "open",
    Qt.Key.Key_Space: "open",
    Qt.Key.Key_Plus: "in",
    Qt.Key.Key_Equal: "in",
    Qt.Key.Key_Minus: "out",
    Qt.Key.Key_F: "fit",
    Qt.Key.Key_B: "bypass",
    Qt.Key.Key_Escape: "clear",
}

MARGIN_PX = 12
LEAST_ZOOM, MOST_ZOOM = 0.02, 4.0
LEAST_FIT, READING_ZOOM, LARGEST_FIT = 0.56, 0.92, 1.3
"""At 0.92 the smallest text has ten pixels; a wider window enlarges the picture up to 1.3, and in a narrow
one it stays so large that words are drawn."""
WHEEL_STEP = 1.15
"""Zoom by one notch of the wheel (120 units)."""


class GraphCanvas(QAbstractScrollArea):
    """Shows one layout. Positions are the layout's unless a name ends in `_px`.

    Args:
        parent: As Qt has it.
    """

    pressed_on = Signal(object)
    """A `Hit`: what was clicked."""
    double_clicked_on = Signal(object)
    """A `Hit`: what was double-clicked."""
    commanded = Signal(object)
    """A `Command` from the keyboard."""
    menu_requested = Signal(object, object)
    """A `Hit` or None, and the place on the screen: a right click."""
    moved = Signal(object)
    """The heights in view, (top, bottom)."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("graph.canvas")
        self.setAccessibleName(self.tr("Network graph"))
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        # The map at the right edge shows the place and moves it.
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.viewport().setMouseTracking(True)
        self.viewport().grabGesture(Qt.GestureType.PinchGesture)
        self.zoom = 1.0
        self.layout_shown: Layout | None = None
        self.marks = Marks()
        self.stuck: Mapping[str, str] = {}
        """Why blocks have no switch, by key."""
        self.ink = Ink.of(self.palette())
        self.texts = TextCache(QApplication.font())
        self._painter: GraphPainter | None = None
        self._labels: BandLabels | None = None
        self._pressed_at: QPointF | None = None
        self._is_panning = False
        self._is_fitted = True

    def show_layout(self, layout: Layout) -> None:
        """Draw another layout from now on, at the same zoom."""
        self.layout_shown = layout
        self._make_painters()
        self._update_ranges()
        self._tell_moved()

    def refresh_colours(self) -> None:
        """Take the colours from the palette again."""
        self.ink = Ink.of(self.palette())
        self.texts = TextCache(QApplication.font())
        self._make_painters()

    def _make_painters(self) -> None:
        if self.layout_shown is not None:
            self._painter = GraphPainter(self.layout_shown, self.ink, self.texts)
            self._painter.marks = self.marks
            self._labels = BandLabels(self.layout_shown, self.ink, self.texts)
        self.viewport().update()

    @property
    def painter(self) -> GraphPainter | None:
        """What draws the layout; the map and saved pictures use it too."""
        return self._painter

    def origin_px(self) -> QPointF:
        """Where the layout's corner lies in the viewport; a narrow picture stands in the middle."""
        x = MARGIN_PX - self.horizontalScrollBar().value()
        if self.layout_shown is not None:
            spare = self.viewport().width() - self.layout_shown.width * self.zoom
            if spare > 2 * MARGIN_PX:
                x = round(spare / 2)
        return QPointF(x, -self.verticalScrollBar().value())

    def to_layout(self, place_px: QPointF) -> QPointF:
        """A place in the viewport as a place in the layout."""
        return (place_px - self.origin_px()) / self.zoom

    def visible(self) -> tuple[float, float]:
        """The heights in view."""
        top = -self.origin_px().y() / self.zoom
        return top, top + self.viewport().height() / self.zoom

    def _update_ranges(self) -> None:
        layout = self.layout_shown
        if layout is None:
            return
        view = self.viewport().size()
        across, down = self.horizontalScrollBar(), self.verticalScrollBar()
        width = round(layout.width * self.zoom) + 2 * MARGIN_PX
        across.setRange(0, max(0, width - view.width()))
        across.setPageStep(view.width())
        down.setRange(0, max(0, round(layout.height * self.zoom) - view.height()))
        down.setPageStep(view.height())
        across.setSingleStep(24)
        down.setSingleStep(24)

    def fit_zoom(self) -> float:
        """The zoom at which the picture fills the width, or the height where it is still readable then.

        In a narrow pane what stands beside the shortcuts is cut off before any word becomes a bar.
        """
        layout = self.layout_shown
        if layout is None:
            return 1.0
        view = self.viewport()
        across = (view.width() - 2 * MARGIN_PX) / layout.width
        down = view.height() / layout.height
        wanted = min(across, down) if down >= READING_ZOOM else across
        return min(LARGEST_FIT, max(LEAST_FIT, wanted)) if wanted > 0 else 1.0

    def fit(self) -> None:
        """Fill the pane and show the beginning; the picture follows the pane's width from now on."""
        self._is_fitted = True
        self._set_zoom(self.fit_zoom())
        self.horizontalScrollBar().setValue(0)
        self.verticalScrollBar().setValue(0)
        self._tell_moved()

    def zoom_by(self, factor: float, anchor_px: QPointF | None = None) -> None:
        """Zoom so that what lies at the anchor stays there; the middle without one."""
        anchor = anchor_px if anchor_px is not None else QPointF(self.viewport().rect().center())
        place = self.to_layout(anchor)
        self._is_fitted = False
        self._set_zoom(self.zoom * factor)
        self.verticalScrollBar().setValue(round(place.y() * self.zoom - anchor.y()))
        self.horizontalScrollBar().setValue(round(place.x() * self.zoom + MARGIN_PX - anchor.x()))
        self._tell_moved()

    def _set_zoom(self, zoom: float) -> None:
        self.zoom = min(MOST_ZOOM, max(LEAST_ZOOM, zoom))
        self._update_ranges()
        self.viewport().update()

    def hold(self, y: float, at_px: float) -> None:
        """Scroll so that a height of the layout lies at a height of the viewport."""
        self.verticalScrollBar().setValue(round(y * self.zoom - at_px))
        self._tell_moved()

    def height_px(self, y: float) -> float:
        """Where a height of the layout lies in the viewport."""
        return y * self.zoom + self.origin_px().y()

    def reveal(self, box: Box) -> None:
        """Scroll as little as shows a box with some of what surrounds it."""
        view_h = self.viewport().height()
        top, bottom = self.height_px(box.y), self.height_px(box.bottom)
        room = min(72.0, view_h / 4)
        if top < room:
            self.hold(box.y, room)
        elif bottom > view_h - room:
            self.hold(box.bottom, view_h - room)

    def centre_on(self, y: float) -> None:
        """Bring a height of the layout to the middle."""
        self.hold(y, self.viewport().height() / 2)

    def page(self, step: int) -> None:
        """Scroll by most of what is in view: 1 down, −1 up."""
        bar = self.verticalScrollBar()
        bar.setValue(bar.value() + step * bar.pageStep() * 9 // 10)

    def _tell_moved(self) -> None:
        self.viewport().update()
        self.moved.emit(self.visible())

    def scrollContentsBy(self, dx: int, dy: int) -> None:
        # Labels stay where they are while the picture moves, so everything in view is drawn again.
        self._tell_moved()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if self._is_fitted and self.layout_shown is not None:
            top = self.visible()[0]
            self._set_zoom(self.fit_zoom())
            self.verticalScrollBar().setValue(round(top * self.zoom))
        self._update_ranges()
        self._tell_moved()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self.viewport())
        painter.fillRect(event.rect(), self.ink.paper)
        if self._painter is None or self._labels is None:
            return
        origin = self.origin_px()
        painter.save()
        painter.translate(origin)
        painter.scale(self.zoom, self.zoom)
        top = (event.rect().top() - origin.y()) / self.zoom
        bottom = (event.rect().bottom() + 1 - origin.y()) / self.zoom
        self._painter.paint(painter, top, bottom, self.zoom)
        painter.restore()
        height = self.viewport().height()
        self._labels.paint(painter, origin, self.zoom, height, self.marks.hovered)
        painter.end()

    def hit(self, place_px: QPointF) -> Hit | None:
        """What lies at a place in the viewport."""
        if self.layout_shown is None or self._labels is None:
            return None
        band = self._labels.at(place_px, self.origin_px(), self.zoom, self.viewport().height())
        if band is not None:
            return Hit(None, band.id, folds=True)
        place = self.to_layout(place_px)
        switchable = self.marks.lesions.switchable
        return hit_at(self.layout_shown, place.x(), place.y(), self.texts, switchable)

    def box_rect_px(self, box: Box) -> QRectF:
        """Where a box lies in the viewport."""
        origin = self.origin_px()
        return QRectF(
            origin.x() + box.x * self.zoom,
            origin.y() + box.y * self.zoom,
            box.w * self.zoom,
            box.h * self.zoom,
        )

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() in (Qt.MouseButton.LeftButton, Qt.MouseButton.MiddleButton):
            self._pressed_at = event.position()
            self._is_panning = False
        event.accept()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        place = event.position()
        if self._pressed_at is None:
            self._hover(self.hit(place))
            return
        way = place - self._pressed_at
        if not self._is_panning and way.manhattanLength() < QApplication.startDragDistance():
            return
        self._is_panning = True
        self.viewport().setCursor(Qt.CursorShape.ClosedHandCursor)
        self._pressed_at = place
        self.horizontalScrollBar().setValue(self.horizontalScrollBar().value() - round(way.x()))
        self.verticalScrollBar().setValue(self.verticalScrollBar().value() - round(way.y()))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        was_click = self._pressed_at is not None and not self._is_panning
        self._pressed_at, self._is_panning = None, False
        self.viewport().unsetCursor()
        if was_click and event.button() == Qt.MouseButton.LeftButton:
            self.pressed_on.emit(self.hit(event.position()))
        self._hover(self.hit(event.position()))

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        place = self.viewport().mapFromGlobal(event.globalPos())
        self.menu_requested.emit(self.hit(QPointF(place)), event.globalPos())

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self.double_clicked_on.emit(self.hit(event.position()))

    def _hover(self, hit: Hit | None) -> None:
        name = None if hit is None else hit.name
        points = hit is not None and (hit.folds or bool(hit.switch))
        self.viewport().setCursor(Qt.CursorShape.PointingHandCursor if points else Qt.CursorShape.ArrowCursor)
        if name != self.marks.hovered:
            self.marks.hovered = name
            self.viewport().update()

    def wheelEvent(self, event: QWheelEvent) -> None:
        if event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            self.zoom_by(WHEEL_STEP ** (event.angleDelta().y() / 120), event.position())
            event.accept()
            return
        super().wheelEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        command = KEYS.get(event.key())
        held = event.modifiers() & ~(Qt.KeyboardModifier.ShiftModifier | Qt.KeyboardModifier.KeypadModifier)
        if command is None or held:
            event.ignore()
            return
        self.commanded.emit(command)

    def viewportEvent(self, event: QEvent) -> bool:
        kind = event.type()
        if kind == QEvent.Type.NativeGesture:
            native = cast("QNativeGestureEvent", event)
            if native.gestureType() == Qt.NativeGestureType.ZoomNativeGesture:
                self.zoom_by(1 + native.value(), native.position())
                return True
        if kind == QEvent.Type.Gesture:
            pinch = cast("QGestureEvent", event).gesture(Qt.GestureType.PinchGesture)
            if isinstance(pinch, QPinchGesture):
                self.zoom_by(pinch.scaleFactor(), QPointF(self.viewport().mapFromGlobal(pinch.centerPoint())))
                return True
        if kind == QEvent.Type.ToolTip:
            self._show_tip(cast("QHelpEvent", event))
            return True
        if kind == QEvent.Type.Leave:
            self._hover(None)
        return super().viewportEvent(event)

    def _show_tip(self, event: QHelpEvent) -> None:
        hit = self.hit(QPointF(event.pos()))
        if hit is None or hit.box is None:
            QToolTip.hideText()
            return
        box = hit.box
        lines = [box.title, box.id if box.kind == "node" else f"{box.subtitle}\n{box.id}"]
        if hit.switch:
            is_bypassed = hit.switch in self.marks.lesions.bypassed
            lines = [self.tr("Let {block} work again (B)" if is_bypassed else "Bypass {block} (B)")]
            lines[0] = lines[0].format(block=hit.switch)
        elif box.kind == "block" and box.id in self.stuck:
            lines.append(self.stuck[box.id])
        QToolTip.showText(
            event.globalPos(), "\n".join(lines), self.viewport(), self.box_rect_px(box).toRect()
        )
