"""A slider over the depths that a family has, with the published ones marked.

Used by the depth control. Knows nothing of the store.
"""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QFocusEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QWheelEvent,
)
from PySide6.QtWidgets import QAbstractSlider, QSizePolicy, QWidget

from explorer.ui.panels.depth_scale import DepthScale
from explorer.ui.panels.gesture import Gesture
from explorer.ui.theme import SPACE, Colours, font
from explorer.ui.widgets.slider_handle import HANDLE_PX, paint_handle

"""Radius of the handle."""
_TRACK_Y_PX = 11
_TICK_GAP_PX = 3


class DepthSlider(QAbstractSlider):
    """Its value is the index of a depth. Arrow keys go by one depth, Page keys to the next published one.

    Args:
        gesture: Joins the edits of one drag or run of keys.
        parent: As Qt has it.
    """

    depth_chosen = Signal(object)
    """The user moved to this depth."""

    def __init__(self, gesture: Gesture, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._gesture = gesture
        self._scale = DepthScale((0,), (0,))
        self._is_exact = True
        self._wheel_angle = 0
        self.setOrientation(Qt.Orientation.Horizontal)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self._small = font("small")

    @property
    def depths(self) -> tuple[int, ...]:
        """Every depth that can be chosen, from shallow to deep."""
        return self._scale.depths

    @property
    def marked(self) -> tuple[int, ...]:
        """The depths with a tick and a number."""
        return self._scale.marked

    def show_depth(self, scale: DepthScale, depth: int, *, is_exact: bool) -> None:
        """Show a depth, without telling.

        Args:
            scale: The family's depths.
            depth: The net's.
            is_exact: Whether its blocks are the family's; else the handle is hollow.
        """
        self._scale = scale
        self._is_exact = is_exact
        self.blockSignals(True)
        self.setRange(0, len(scale.depths) - 1)
        self.setValue(scale.nearest(depth))
        self.blockSignals(False)
        self.update()

    def x_of(self, index: int) -> float:
        """The place of a depth in pixels from the left."""
        return SPACE + self._scale.place(index) * (self.width() - 2 * SPACE)

    def sizeHint(self) -> QSize:
        height = _TRACK_Y_PX + HANDLE_PX + 2 * _TICK_GAP_PX + self.fontMetrics().height()
        return QSize(200, int(height))

    def minimumSizeHint(self) -> QSize:
        return QSize(120, self.sizeHint().height())

    # What the user does

    def _choose(self, index: int) -> None:
        index = max(0, min(len(self._scale.depths) - 1, index))
        if index == self.value() and self._is_exact:
            return
        self.setValue(index)
        self._is_exact = True
        self.update()
        self.depth_chosen.emit(self._scale.depths[index])

    def _follow(self, event: QMouseEvent) -> None:
        place = (event.position().x() - SPACE) / max(1, self.width() - 2 * SPACE)
        self._choose(self._scale.index_at(place))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self._gesture.hold()
            self.setSliderDown(True)
            self._follow(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self.isSliderDown():
            self._follow(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self.setSliderDown(False)
        self._gesture.end()
        self.update()

    def wheelEvent(self, event: QWheelEvent) -> None:
        if not self.hasFocus():
            event.ignore()
            return
        # Touch pads send many small turns; 120 is one notch of a wheel.
        self._wheel_angle += event.angleDelta().y()
        n_steps = int(self._wheel_angle / 120)
        self._wheel_angle -= 120 * n_steps
        if n_steps:
            self._choose(self.value() + n_steps)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        index, last = self.value(), len(self._scale.depths) - 1
        targets = {
            Qt.Key.Key_Left: index - 1,
            Qt.Key.Key_Down: index - 1,
            Qt.Key.Key_Right: index + 1,
            Qt.Key.Key_Up: index + 1,
            Qt.Key.Key_PageDown: self._scale.next_marked(index, -1),
            Qt.Key.Key_PageUp: self._scale.next_marked(index, 1),
            Qt.Key.Key_Home: 0,
            Qt.Key.Key_End: last,
        }
        target = targets.get(Qt.Key(event.key()))
        if target is None:
            event.ignore()
        else:
            self._choose(target)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self._gesture.end()

    # Drawing

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        colours = Colours.of(self.palette())
        here = self.x_of(self.value())
        self._paint_track(painter, colours, here)
        self._paint_numbers(painter, colours)
        paint_handle(painter, self, QPointF(here, _TRACK_Y_PX), is_full=self._is_exact)

    def _paint_track(self, painter: QPainter, colours: Colours, here: float) -> None:
        line = QPen(colours.hairline, 4, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap)
        painter.setPen(line)
        painter.drawLine(QPointF(SPACE, _TRACK_Y_PX), QPointF(self.width() - SPACE, _TRACK_Y_PX))
        line.setColor(colours.chosen)
        painter.setPen(line)
        painter.drawLine(QPointF(SPACE, _TRACK_Y_PX), QPointF(here, _TRACK_Y_PX))
        painter.setPen(Qt.PenStyle.NoPen)
        for depth in self._scale.marked:
            x = self.x_of(self._scale.depths.index(depth))
            painter.setBrush(colours.on_accent if x <= here else colours.muted)
            painter.drawEllipse(QPointF(x, _TRACK_Y_PX), 1.5, 1.5)

    def _paint_numbers(self, painter: QPainter, colours: Colours) -> None:
        painter.setFont(self._small)
        metrics = painter.fontMetrics()
        top = _TRACK_Y_PX + HANDLE_PX + _TICK_GAP_PX
        shown = self._scale.depths[self.value()] if self._is_exact else None
        free_from = 0.0
        for depth in sorted({self._scale.depths[0], *self._scale.marked}):
            width = metrics.horizontalAdvance(str(depth))
            middle = self.x_of(self._scale.depths.index(depth))
            left = max(0.0, min(self.width() - width, middle - width / 2))
            if left < free_from:
                continue
            painter.setPen(colours.accent if depth == shown else colours.muted)
            painter.drawText(
                QRectF(left, top, width + 1, metrics.height()), Qt.AlignmentFlag.AlignCenter, str(depth)
            )
            free_from = left + width + _TICK_GAP_PX
