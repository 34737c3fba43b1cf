"""What every view of curves has: its axes, its scale, its smoothing, and when it draws.

The base of the training's curves and of the comparison's, which are built after the first paint. Draws at
most ten times a second, only while it is seen. Knows nothing of the store.
"""

from __future__ import annotations

from collections.abc import Sequence
from time import monotonic

from PySide6.QtCore import QCoreApplication, Qt, QTimer, Signal
from PySide6.QtGui import QResizeEvent, QShowEvent
from PySide6.QtWidgets import QLabel, QSlider, QWidget

from explorer.ui.panels.segments import Segment, Segments

REDRAW_MS = 100
"""Curves are drawn at most this often."""
_MOST_SMOOTHING, _USUAL_SMOOTHING = 100, 30
"""In thousandths of the curve."""


def _tr(words: str) -> str:
    return QCoreApplication.translate("CurveBoard", words)


class CurveBoard(QWidget):
    """A view of curves; what it draws, and where its tools stand, is its subclass's.

    Args:
        name: Of its tools: `name.axis`, `name.scale` and `name.smoothing`.
        values: What a linear or logarithmic axis is about, for people.
        room_for_label_px: From this width on the smoothing says what it is.
        more_axes: After steps, epochs and time.
        parent: As Qt has it.
    """

    said = Signal(object)
    """What came of saving a file, in words."""

    def __init__(
        self,
        name: str,
        values: str,
        room_for_label_px: int,
        *,
        more_axes: Sequence[Segment] = (),
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._room_for_label_px = room_for_label_px
        self._drawn: object = None
        """What the picture depended on when it was drawn."""
        self._drawn_at_s = 0.0
        self._anew = True
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self._draw)
        axes = (
            Segment("step", _tr("Step"), _tr("<p>Steps along the bottom.</p>")),
            Segment("epoch", _tr("Epoch"), _tr("<p>Epochs along the bottom.</p>")),
            Segment("time", _tr("Time"), _tr("<p>Seconds of training along the bottom.</p>")),
            *more_axes,
        )
        self._kind = Segments(f"{name}.axis", _tr("Axis"), axes)
        self._kind.show_value("epoch")
        linear, logarithmic = (
            _tr("<p>{values} on a linear axis.</p>"),
            _tr("<p>{values} on a logarithmic axis.</p>"),
        )
        scales = (
            Segment("linear", _tr("Lin"), linear.format(values=values)),
            Segment("log", _tr("Log"), logarithmic.format(values=values)),
        )
        self._scale = Segments(f"{name}.scale", _tr("Scale"), scales)
        self._scale.show_value("linear")
        self._smooth = QLabel(_tr("Smooth"))
        self._smooth.setProperty("tone", "muted")
        self._smoothing = QSlider(Qt.Orientation.Horizontal)
        self._smoothing.setObjectName(f"{name}.smoothing")
        self._smoothing.setAccessibleName(_tr("Smoothing"))
        self._smoothing.setRange(0, _MOST_SMOOTHING)
        self._smoothing.setValue(_USUAL_SMOOTHING)
        self._smoothing.setMinimumWidth(36)
        for segments in (self._kind, self._scale):
            segments.chosen.connect(lambda _: self._redraw())
        self._smoothing.valueChanged.connect(lambda _: self._draw_soon())

    @property
    def smoothing(self) -> float:
        """Over what part of the curve single steps are averaged, 0 to 1."""
        return self._smoothing.value() / 1000

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._draw_soon()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._smooth.setVisible(self.width() >= self._room_for_label_px)

    def _draw(self) -> None:
        """Draw, if there is anything new."""
        raise NotImplementedError

    def _draw_soon(self) -> None:
        if self._timer.isActive() or not self.isVisible():
            return
        passed_ms = 1000 * (monotonic() - self._drawn_at_s)
        if passed_ms >= REDRAW_MS:
            self._draw()
        else:
            self._timer.start(int(REDRAW_MS - passed_ms) + 1)

    def _draw_laid_out(self) -> None:
        """Draw once all plots have their width: one that has is pulled along by a linked one that has not."""
        if self.isVisible() and not self._timer.isActive():
            self._timer.start(0)

    def _is_news(self, key: object) -> bool:
        """Whether the picture depends on something else than when it was drawn; then it is drawn now."""
        if key == self._drawn:
            return False
        self._drawn, self._drawn_at_s = key, monotonic()
        return True

    def _redraw(self) -> None:
        self._anew = True
        self._draw()
