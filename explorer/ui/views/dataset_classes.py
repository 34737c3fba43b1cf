"""The classes of a data set: for each its name, a bar of its pictures, and some of them.

Used by the dataset view. Draws only what is in sight, so that a thousand classes cost no more than ten.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QPoint, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QHelpEvent, QPainter, QPainterPath, QPaintEvent, QPixmap
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from explorer.engine.data_messages import DataFacts
from explorer.present.text import grouped
from explorer.ui.theme import HALF, SPACE, Colours, font
from explorer.ui.widgets.picture import to_qimage

if TYPE_CHECKING:
    from explorer.engine.values import Uint8Array

SAMPLE_PX = 44
_BAR_PX = 6
_NAME_PX = 210
"""What name and bar take where the samples stand beside them."""
_NARROW_PX = 480
_MOST_CACHED = 1_000


def sample_pixmap(pixels: Uint8Array, side: int) -> QPixmap:
    """A square picture in so many device pixels: crisp where it grows, smooth where it shrinks."""
    image = to_qimage(pixels)
    grows = side >= image.width()
    # A whole number of times first, so that all pixels are equally large, then to size.
    if grows and image.width():
        times = -(-side // image.width())
        fast = Qt.TransformationMode.FastTransformation
        image = image.scaled(image.size() * times, Qt.AspectRatioMode.IgnoreAspectRatio, fast)
    smooth = Qt.TransformationMode.SmoothTransformation
    return QPixmap.fromImage(image.scaled(side, side, Qt.AspectRatioMode.IgnoreAspectRatio, smooth))


class ClassRows(QWidget):
    """A row a class, in a widget as high as all rows; meant to stand in a scroll area.

    Args:
        parent: As Qt has it.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("data.classes")
        self.setAccessibleName("Classes")
        self._facts: DataFacts | None = None
        self._largest = 1
        self._pixmaps: dict[tuple[int, int, int], QPixmap] = {}
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    @property
    def row_px(self) -> int:
        """How high a row is: beside its text the samples, or below it where there is no room."""
        text = 2 * self.fontMetrics().height() + _BAR_PX + HALF
        if self._is_narrow():
            return text + SAMPLE_PX + 2 * SPACE + HALF
        return max(text, SAMPLE_PX) + 2 * SPACE

    def show_facts(self, facts: DataFacts | None) -> None:
        """Show the classes of a data set."""
        if facts is self._facts:
            return
        self._facts = facts
        self._pixmaps.clear()
        if facts is not None:
            sizes = zip(facts.train_counts, facts.test_counts, strict=True)
            self._largest = max((train + test for train, test in sizes), default=1) or 1
            said = (f"{name}: {train + test}" for name, train, test in self._counts())
            self.setAccessibleDescription("; ".join(said))
        self._fit()
        self.update()

    def _counts(self) -> Sequence[tuple[str, int, int]]:
        facts = self._facts
        if facts is None:
            return ()
        return tuple(zip(facts.classes, facts.train_counts, facts.test_counts, strict=True))

    def _is_narrow(self) -> bool:
        return self.width() < _NARROW_PX

    def _fit(self) -> None:
        height = self.row_px * (len(self._facts.classes) if self._facts else 0)
        if height != self.minimumHeight():
            self.setFixedHeight(height)

    def sizeHint(self) -> QSize:
        return QSize(_NARROW_PX, self.minimumHeight())

    def resizeEvent(self, event: object) -> None:
        self._fit()

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            rows = self._counts()
            at = event.pos().y() // self.row_px
            if 0 <= at < len(rows):
                name, train, test = rows[at]
                said = f"{name}\n{grouped(train)} for training, {grouped(test)} for testing"
                QToolTip.showText(event.globalPos(), said, self)
            return True
        return super().event(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        rows, high = self._counts(), self.row_px
        if not rows:
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        colours = Colours.of(self.palette())
        first, last = event.rect().top() // high, event.rect().bottom() // high
        for at in range(max(0, first), min(len(rows) - 1, last) + 1):
            area = QRect(0, at * high, self.width(), high)
            if at:
                painter.fillRect(QRect(0, area.top(), area.width(), 1), colours.hairline)
            self._paint_row(painter, at, area, colours)

    def _paint_row(self, painter: QPainter, at: int, area: QRect, colours: Colours) -> None:
        name, train, test = self._counts()[at]
        wide = self.width() if self._is_narrow() else _NAME_PX
        metrics = self.fontMetrics()
        line = QRect(0, area.top() + SPACE, wide - SPACE, metrics.height())
        painter.setFont(font("body", strong=True, base=self.font()))
        painter.setPen(colours.text)
        shown = painter.fontMetrics().elidedText(name, Qt.TextElideMode.ElideRight, line.width())
        painter.drawText(line, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, shown)
        bar = QRectF(0, line.bottom() + HALF, wide - SPACE, _BAR_PX)
        self._paint_bar(painter, bar, train, test, colours)
        line.moveTop(round(bar.bottom()) + HALF // 2)
        painter.setFont(font("small", base=self.font()))
        painter.setPen(colours.muted)
        counts = f"{grouped(train)} + {grouped(test)}"
        painter.drawText(line, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, counts)
        start = (
            QPoint(0, line.bottom() + HALF)
            if self._is_narrow()
            else QPoint(_NAME_PX + SPACE, area.top() + (area.height() - SAMPLE_PX) // 2)
        )
        self._paint_samples(painter, at, start)

    def _paint_bar(self, painter: QPainter, lane: QRectF, train: int, test: int, colours: Colours) -> None:
        track, faint = QColor(colours.text), QColor(colours.accent)
        track.setAlpha(20)
        faint.setAlpha(110)
        shape = QPainterPath()
        shape.addRoundedRect(lane, _BAR_PX / 2, _BAR_PX / 2)
        painter.save()
        painter.setClipPath(shape)
        painter.fillRect(lane, track)
        scale = lane.width() / self._largest
        painter.fillRect(QRectF(lane.left(), lane.top(), train * scale, _BAR_PX), colours.accent)
        painter.fillRect(QRectF(lane.left() + train * scale, lane.top(), test * scale, _BAR_PX), faint)
        painter.restore()

    def _paint_samples(self, painter: QPainter, at: int, start: QPoint) -> None:
        assert self._facts is not None
        samples = self._facts.samples[at] if at < len(self._facts.samples) else ()
        fits = max(0, (self.width() - start.x() + HALF) // (SAMPLE_PX + HALF))
        for place, pixels in enumerate(samples[:fits]):
            square = QRectF(start.x() + place * (SAMPLE_PX + HALF), start.y(), SAMPLE_PX, SAMPLE_PX)
            pixmap = self._pixmap(at, place, pixels)
            corners = QPainterPath()
            corners.addRoundedRect(square, 3, 3)
            painter.save()
            painter.setClipPath(corners)
            painter.drawPixmap(square, pixmap, QRectF(pixmap.rect()))
            painter.restore()

    def _pixmap(self, at: int, place: int, pixels: Uint8Array) -> QPixmap:
        side = round(SAMPLE_PX * self.devicePixelRatioF())
        key = (at, place, side)
        if key not in self._pixmaps:
            while len(self._pixmaps) >= _MOST_CACHED:
                del self._pixmaps[next(iter(self._pixmaps))]
            self._pixmaps[key] = sample_pixmap(pixels, side)
        return self._pixmaps[key]
