"""One slider through all networks: relative depth from input to logits, with the deepest one's stages marked.

Used by the comparison's view. Knows nothing of the state or the engine.
"""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen, QWheelEvent
from PySide6.QtWidgets import QAbstractSlider, QSizePolicy, QWidget

from explorer.arch.align import HEAD_SHARE, STEM_SHARE, Stop, place_at
from explorer.ui.theme import SPACE, Colours, font
from explorer.ui.widgets.slider_handle import HANDLE_PX, paint_handle

STEPS = 1000
"""Of the whole way, for screen readers."""
_TRACK_Y_PX = 12
_WORDS_GAP_PX = 6


class CompareSlider(QAbstractSlider):
    """A share of the way, 0 to 1. Arrows go to the deepest network's next stop, Page keys to the next stage.

    Args:
        parent: As Qt has it.
    """

    share_chosen = Signal(object)
    """The user moved to this share of the way."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("compare.depth")
        self.setAccessibleName(self.tr("Relative depth, from input to logits"))
        self.setToolTip(self.tr("Relative depth. ← → next block, Page keys next stage, Home and End"))
        self.setOrientation(Qt.Orientation.Horizontal)
        self.setRange(0, STEPS)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self._small = font("small")
        self._way: tuple[Stop, ...] = ()
        self._borders: tuple[float, ...] = ()
        self._share = 0.0
        self._wheel_angle = 0

    @property
    def share(self) -> float:
        """Where it stands."""
        return self._share

    @property
    def borders(self) -> tuple[float, ...]:
        """Where stages begin and end, as shares of the way."""
        return self._borders

    def show_ways(self, ways: Sequence[tuple[Stop, ...]]) -> None:
        """Take the deepest network's stops for ticks and steps."""
        deepest = max(ways, key=len, default=())
        if deepest is self._way:
            return
        self._way = deepest
        lasts = {stop.stage: stop.share for stop in deepest if stop.stage is not None}
        self._borders = (STEM_SHARE, *lasts.values()) if lasts else ()
        self.update()

    def show_share(self, share: float) -> None:
        """Stand there, without telling."""
        if share == self._share:
            return
        self._share = share
        self.blockSignals(True)
        self.setValue(round(STEPS * share))
        self.blockSignals(False)
        here = next(
            (words for start, stop, words in self._parts() if start < share <= stop), self.tr("Input")
        )
        if here != self.accessibleDescription():
            self.setAccessibleDescription(here)
        self.update()

    def x_of(self, share: float) -> float:
        """The place of a share in pixels from the left."""
        return self._left_px() + share * self._track_px()

    def sizeHint(self) -> QSize:
        return QSize(320, _TRACK_Y_PX + int(HANDLE_PX) + self.fontMetrics().height() + 3)

    def minimumSizeHint(self) -> QSize:
        return QSize(200, self.sizeHint().height())

    def _left_px(self) -> float:
        return SPACE + self.fontMetrics().horizontalAdvance(self.tr("Input")) + _WORDS_GAP_PX + HANDLE_PX

    def _track_px(self) -> float:
        words = self.fontMetrics().horizontalAdvance(self.tr("Logits"))
        right = SPACE + words + _WORDS_GAP_PX + HANDLE_PX
        return max(1.0, self.width() - self._left_px() - right)

    # What the user does

    def _choose(self, share: float) -> None:
        share = min(max(share, 0.0), 1.0)
        if share != self._share:
            self.show_share(share)
            self.share_chosen.emit(share)

    def _step(self, n: int) -> None:
        """Go some stops on along the deepest network."""
        if self._way:
            place = place_at(self._way, self._share) + n
            self._choose(self._way[min(max(place, 0), len(self._way) - 1)].share)

    def _step_stage(self, direction: int) -> None:
        marks = (0.0, *self._borders, 1.0)
        on = [mark for mark in marks if (mark - self._share) * direction > 1e-9]
        if on:
            self._choose(min(on) if direction > 0 else max(on))

    def _follow(self, event: QMouseEvent) -> None:
        self._choose((event.position().x() - self._left_px()) / self._track_px())

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self.setSliderDown(True)
            self._follow(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self.isSliderDown():
            self._follow(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self.setSliderDown(False)
        self.update()

    def wheelEvent(self, event: QWheelEvent) -> None:
        # Touch pads send many small turns; 120 is one notch of a wheel.
        self._wheel_angle += event.angleDelta().y()
        n_steps = int(self._wheel_angle / 120)
        self._wheel_angle -= 120 * n_steps
        if n_steps:
            self._step(n_steps)
        event.accept()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key = Qt.Key(event.key())
        if event.modifiers() & (Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.AltModifier):
            event.ignore()
        elif key in (Qt.Key.Key_Left, Qt.Key.Key_Down):
            self._step(-1)
        elif key in (Qt.Key.Key_Right, Qt.Key.Key_Up):
            self._step(1)
        elif key in (Qt.Key.Key_PageDown, Qt.Key.Key_PageUp):
            self._step_stage(-1 if key == Qt.Key.Key_PageDown else 1)
        elif key in (Qt.Key.Key_Home, Qt.Key.Key_End):
            self._choose(0.0 if key == Qt.Key.Key_Home else 1.0)
        else:
            event.ignore()

    # Drawing

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        colours = Colours.of(self.palette())
        self._paint_track(painter, colours)
        self._paint_words(painter, colours)
        paint_handle(painter, self, QPointF(self.x_of(self._share), _TRACK_Y_PX))

    def _paint_track(self, painter: QPainter, colours: Colours) -> None:
        here = self.x_of(self._share)
        line = QPen(colours.hairline, 4, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap)
        for end, colour in ((self.x_of(1.0), colours.hairline), (here, colours.chosen)):
            line.setColor(colour)
            painter.setPen(line)
            painter.drawLine(QPointF(self.x_of(0.0), _TRACK_Y_PX), QPointF(end, _TRACK_Y_PX))
        painter.setPen(Qt.PenStyle.NoPen)
        room = self._track_px() / max(1, len(self._way))
        for stop in self._way if room >= 5 else ():
            x = self.x_of(stop.share)
            painter.setBrush(colours.on_accent if x <= here else colours.muted)
            painter.drawEllipse(QPointF(x, _TRACK_Y_PX), 1.2, 1.2)
        painter.setPen(QPen(colours.muted, 1))
        for border in self._borders:
            x = round(self.x_of(border)) + 0.5
            painter.drawLine(QPointF(x, _TRACK_Y_PX - 6), QPointF(x, _TRACK_Y_PX + 7))

    def _paint_words(self, painter: QPainter, colours: Colours) -> None:
        painter.setPen(colours.muted)
        painter.setFont(self.font())
        height = self.fontMetrics().height()
        ends = QRectF(SPACE, _TRACK_Y_PX - height / 2, self.width() - 2 * SPACE, height)
        painter.drawText(ends, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, self.tr("Input"))
        painter.drawText(ends, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, self.tr("Logits"))
        painter.setFont(self._small)
        metrics = painter.fontMetrics()
        for start, stop, words in self._parts():
            if metrics.horizontalAdvance(words) + 4 > self.x_of(stop) - self.x_of(start):
                continue
            is_here = start < self._share <= stop
            painter.setPen(colours.accent if is_here else colours.muted)
            left = self.x_of(start)
            room = QRectF(left, _TRACK_Y_PX + HANDLE_PX, self.x_of(stop) - left, metrics.height())
            painter.drawText(room, Qt.AlignmentFlag.AlignCenter, words)

    def _parts(self) -> list[tuple[float, float, str]]:
        """Where the parts of the way begin and end, and what they are called."""
        if not self._borders:
            return []
        parts = [(0.0, STEM_SHARE, self.tr("Stem")), (1.0 - HEAD_SHARE, 1.0, self.tr("Head"))]
        for number, (start, stop) in enumerate(zip(self._borders, self._borders[1:], strict=False), 1):
            parts.append((start, stop, self.tr("Stage {number}").format(number=number)))
        return parts
