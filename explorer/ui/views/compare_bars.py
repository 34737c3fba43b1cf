"""A network's first classes in little room, the bar behind the words; or what two networks differ in.

Used by the comparison's columns. Knows nothing of the state or the engine.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontMetrics, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from explorer.ui.theme import Colours, font

N_ROWS, N_DENSE_ROWS = 5, 3
_ROW_GAP_PX = 2
_INSET_PX = 5
_WASH = 0.24
_QUIET_WASH = 0.13


@dataclass(frozen=True, slots=True)
class Bar:
    """A line: its words, its number in words, and how far its bar reaches.

    Attributes:
        label: At the left.
        value: At the right.
        share: From −1 to 1; below 0 the bar reaches to the left of the middle.
    """

    label: str
    value: str
    share: float


class CompactBars(QWidget):
    """Up to five lines; room for five is kept, so that columns stay in line.

    Args:
        name: Its object name.
        label: What it shows, for screen readers.
        is_signed: Whether bars start in the middle.
        parent: As Qt has it.
    """

    def __init__(
        self, name: str, label: str, *, is_signed: bool = False, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setObjectName(name)
        self.setAccessibleName(label)
        self.setFont(font("small"))
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._is_signed = is_signed
        self._bars: tuple[Bar, ...] = ()
        self._is_muted = False
        self._is_stale = False
        self._message = ""
        self._n_rows = N_ROWS

    @property
    def bars(self) -> tuple[Bar, ...]:
        """What is shown."""
        return self._bars

    @property
    def is_muted(self) -> bool:
        """Whether the bars mean nothing."""
        return self._is_muted

    @property
    def is_stale(self) -> bool:
        """Whether a newer answer is on its way."""
        return self._is_stale

    @property
    def message(self) -> str:
        """What is said in place of bars."""
        return self._message

    def show_bars(self, bars: Sequence[Bar], *, is_muted: bool = False, message: str = "") -> None:
        """Show an answer.

        Args:
            bars: The most important first; five are shown.
            is_muted: Grey: an untrained net's bars are chance.
            message: What to say where there are none.
        """
        if self._is_stale:
            self._is_stale = False
            self.update()
        shown = tuple(bars[:N_ROWS]), is_muted, message
        if shown == (self._bars, self._is_muted, self._message):
            return
        self._bars, self._is_muted, self._message = shown
        said = "; ".join(f"{bar.label} {bar.value}" for bar in self._bars) or message
        self.setAccessibleDescription(said)
        self.setToolTip("\n".join(f"{bar.label}  {bar.value}" for bar in self._bars))
        self.update()

    def set_dense(self, is_dense: bool) -> None:
        """Show fewer of them; the tooltip has them all."""
        self._n_rows = N_DENSE_ROWS if is_dense else N_ROWS
        self.updateGeometry()
        self.update()

    def show_stale(self) -> None:
        """A newer answer is on its way: what is shown becomes faint, and does not flash."""
        self._is_stale = True
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(160, self._n_rows * self._pitch_px() - _ROW_GAP_PX)

    def minimumSizeHint(self) -> QSize:
        return QSize(96, self.sizeHint().height())

    def _pitch_px(self) -> int:
        return self.fontMetrics().height() + 2 + _ROW_GAP_PX

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        colours = Colours.of(self.palette())
        if not self._bars:
            painter.setPen(colours.muted)
            flags = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap
            painter.drawText(self.rect(), flags, self._message)
            return
        if self._is_stale:
            painter.setOpacity(0.45)
        for place, bar in enumerate(self._bars[: self._n_rows]):
            top = place * self._pitch_px()
            line = QRectF(0, top, self.width(), self._pitch_px() - _ROW_GAP_PX)
            self._paint_bar(painter, line, bar, colours, is_first=place == 0)
            self._paint_words(painter, line, bar, colours, is_first=place == 0)

    def _paint_bar(
        self, painter: QPainter, line: QRectF, bar: Bar, colours: Colours, *, is_first: bool
    ) -> None:
        track = QColor(colours.text)
        track.setAlphaF(0.05)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(track)
        painter.drawRoundedRect(line, 3, 3)
        share = min(abs(bar.share), 1.0)
        tone = colours.muted if self._is_muted else colours.accent
        if self._is_signed and bar.share > 0 and not self._is_muted:
            # As in maps of a difference: blue is A's, orange B's.
            tone = colours.warning
        colour = QColor(tone)
        colour.setAlphaF(_WASH if is_first or self._is_signed else _QUIET_WASH)
        painter.setBrush(colour)
        filled = QRectF(line)
        if self._is_signed:
            middle = line.center().x()
            reach = share * line.width() / 2
            filled.setLeft(middle - reach if bar.share < 0 else middle)
            filled.setWidth(reach)
        else:
            filled.setWidth(max(3.0, share * line.width()) if share else 0.0)
        painter.drawRoundedRect(filled, 3, 3)
        if self._is_signed:
            painter.setPen(QPen(colours.hairline, 1))
            x = round(line.center().x()) + 0.5
            painter.drawLine(int(x), int(line.top()), int(x), int(line.bottom()))

    def _paint_words(
        self, painter: QPainter, line: QRectF, bar: Bar, colours: Colours, *, is_first: bool
    ) -> None:
        face = QFont(self.font())
        if is_first and not self._is_muted:
            face.setWeight(QFont.Weight.DemiBold)
        metrics = QFontMetrics(face)
        painter.setFont(face)
        painter.setPen(colours.muted if self._is_muted else colours.text)
        room = line.adjusted(_INSET_PX, 0, -_INSET_PX, 0)
        centred = Qt.AlignmentFlag.AlignVCenter
        painter.drawText(room, Qt.AlignmentFlag.AlignRight | centred, bar.value)
        room.setRight(room.right() - metrics.horizontalAdvance(bar.value) - 8)
        label = metrics.elidedText(bar.label, Qt.TextElideMode.ElideRight, int(room.width()))
        painter.drawText(room, Qt.AlignmentFlag.AlignLeft | centred, label)
