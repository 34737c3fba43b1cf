"""Which class is taken for which: a matrix, truth down, answer across, read under the mouse.

Used by the training view. Painted by Qt alone. Knows nothing of the store.
"""

from __future__ import annotations

import csv
import io
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QContextMenuEvent, QMouseEvent, QPainter, QPaintEvent, QPalette
from PySide6.QtWidgets import QMenu, QSizePolicy, QWidget

from explorer.runs.judged import Judged
from explorer.ui.theme import HALF, SPACE, Colours, contrast, font
from explorer.ui.views.training_words import NOT_KEPT
from explorer.ui.widgets.picture import to_qimage

_LEAST_NUMBER_PX = 20.0
"""Cells from this side on bear their number."""
_LEAST_GAP_PX = 8.0
"""Smaller cells have no gaps and are drawn as one picture: a thousand classes have a million of them."""
_LEAST_NAME_PX = 11.0
_MOST_NAME_PX = 76


class ConfusionMatrix(QWidget):
    """Counts as cells: right answers on the diagonal in one colour, wrong ones in another.

    Args:
        parent: As Qt has it.
    """

    png_requested = Signal()
    """The user wants it as a picture."""

    csv_requested = Signal()
    """The user wants it as a table."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("train.confusion")
        self.setAccessibleName("Confusion matrix")
        self.setMouseTracking(True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self._counts: NDArray[np.int64] | None = None
        self._classes: tuple[str, ...] = ()
        self._under: tuple[int, int] | None = None
        self._is_earlier = False

    @property
    def counts(self) -> NDArray[np.int64] | None:
        """What is shown: (classes, classes), rows by truth."""
        return self._counts

    def show_judged(self, judged: Judged | None, *, is_earlier: bool = False) -> None:
        """Show the counts of an epoch.

        Args:
            judged: The epoch; None for nothing yet.
            is_earlier: Whether it is a run of another sitting: where nothing was kept nothing will come.
        """
        counts, classes = (None, ()) if judged is None else (judged.confusion, judged.classes)
        if counts is self._counts and is_earlier == self._is_earlier:
            return
        self._is_earlier = is_earlier
        self._counts, self._classes, self._under = counts, classes, None
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(280, 260)

    def minimumSizeHint(self) -> QSize:
        return QSize(160, 140)

    def reading(self, truth: int, answer: int) -> str:
        """A cell in words: `cat taken for dog: 37 (3.7 % of cat)`."""
        assert self._counts is not None
        n, whole = int(self._counts[truth, answer]), int(self._counts[truth].sum())
        share = f"{100 * n / whole:.1f} %" if whole else "none"
        name = self._classes[truth]
        if truth == answer:
            return f"{name} recognised: {n:,} of {whole:,} ({share})"
        return f"{name} taken for {self._classes[answer]}: {n:,} ({share} of {name})"

    def to_csv(self) -> str:
        """The table: a row a truth, a column an answer."""
        table = io.StringIO()
        writer = csv.writer(table, lineterminator="\n")
        writer.writerow(("truth", *self._classes))
        if self._counts is not None:
            writer.writerows(
                (name, *row) for name, row in zip(self._classes, self._counts.tolist(), strict=True)
            )
        return table.getvalue()

    def build_menu(self) -> QMenu:
        """The context menu."""
        menu = QMenu(self)
        menu.addAction("Save as PNG…", self.png_requested.emit).setEnabled(self._counts is not None)
        menu.addAction("Save as CSV…", self.csv_requested.emit).setEnabled(self._counts is not None)
        return menu

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        menu = self.build_menu()
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.popup(event.globalPos())

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        under = self._cell_at(event.position())
        if under != self._under:
            self._under = under
            self.update()

    def leaveEvent(self, event: object) -> None:
        self._under = None
        self.update()

    # Painting

    def _names_px(self) -> float:
        widest = max((self.fontMetrics().horizontalAdvance(name) for name in self._classes), default=0)
        return min(widest * 0.92, _MOST_NAME_PX)

    def _square(self) -> QRectF:
        """Where the cells are; names stand at their left and the reading below."""
        text_px = self.fontMetrics().height()
        names = self._names_px() + HALF
        side = min(self.width() - names - 2 * SPACE, self.height() - text_px * 2 - 2 * SPACE - HALF)
        left = names + SPACE + max(0.0, (self.width() - names - 2 * SPACE - side) / 2)
        return QRectF(left, text_px + SPACE, max(side, 1.0), max(side, 1.0))

    def _cell_at(self, place: QPointF) -> tuple[int, int] | None:
        square = self._square()
        if self._counts is None or not square.contains(place):
            return None
        cell = square.width() / len(self._classes)
        last = len(self._classes) - 1
        row, column = int((place.y() - square.top()) / cell), int((place.x() - square.left()) / cell)
        return min(row, last), min(column, last)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(self.rect(), self.palette().color(QPalette.ColorRole.Base))
        colours = Colours.of(self.palette())
        if self._counts is None or not self._classes:
            painter.setPen(colours.muted)
            room = QRectF(self.rect()).adjusted(SPACE, SPACE, -SPACE, -SPACE)
            flags = int(Qt.AlignmentFlag.AlignCenter) | int(Qt.TextFlag.TextWordWrap)
            soon = "At the end of an epoch: which class is taken for which."
            painter.drawText(room, flags, NOT_KEPT if self._is_earlier else soon)
            return
        square = self._square()
        painter.setFont(font("small"))
        self._paint_cells(painter, square, colours)
        self._paint_names(painter, square, colours)
        painter.setFont(self.font())
        painter.setPen(colours.text if self._under else colours.muted)
        said = self.reading(*self._under) if self._under else self._worst()
        below = QRectF(
            SPACE, square.bottom() + HALF, self.width() - 2 * SPACE, 1.5 * self.fontMetrics().height()
        )
        painter.drawText(
            below,
            Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignVCenter,
            self.fontMetrics().elidedText(said, Qt.TextElideMode.ElideRight, int(below.width())),
        )

    def _worst(self) -> str:
        assert self._counts is not None
        wrong = self._counts.copy()
        np.fill_diagonal(wrong, 0)
        if not wrong.any():
            return "No mistakes"
        truth, answer = np.unravel_index(int(wrong.argmax()), wrong.shape)
        return f"Most often {self.reading(int(truth), int(answer))}"

    def _paint_cells(self, painter: QPainter, square: QRectF, colours: Colours) -> None:
        assert self._counts is not None
        n = len(self._classes)
        cell = square.width() / n
        tones = self._tones(colours, int(square.width()))
        if cell < _LEAST_GAP_PX:
            painter.drawImage(square, to_qimage(tones))
        else:
            for truth, answer in np.ndindex(n, n):
                place = _cell(square, cell, truth, answer)
                tone = QColor(*tones[truth, answer].tolist())
                painter.fillRect(place, tone)
                count = int(self._counts[truth, answer])
                if cell >= _LEAST_NUMBER_PX and count:
                    self._paint_count(painter, place, count, tone, colours)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        if self._under:
            painter.setPen(colours.text)
            painter.drawRect(_cell(square, cell, *self._under))

    def _tones(self, colours: Colours, n_px: int) -> NDArray[np.uint8]:
        """The colour of each cell, (classes, classes, 3) RGB; of the strongest where pixels are fewer."""
        assert self._counts is not None
        shares = self._counts / np.maximum(self._counts.sum(axis=1, keepdims=True), 1)
        is_right = np.eye(len(shares), dtype=bool)
        if len(shares) > n_px:
            shares, is_right = _pooled(shares, n_px), _pooled(is_right, n_px)
        # Few mistakes among many right answers should be seen all the same.
        strength = np.where(is_right, 0.75 * shares, np.minimum(0.85, 1.6 * np.sqrt(shares)))[..., None]
        ground = _rgb(self.palette().color(QPalette.ColorRole.Base))
        ink = np.where(is_right[..., None], _rgb(colours.accent), _rgb(colours.danger))
        none = ground + 0.03 * (_rgb(colours.text) - ground)
        mixed = np.where(shares[..., None] > 0, ground + strength * (ink - ground), none)
        tones: NDArray[np.uint8] = np.rint(255 * mixed).astype(np.uint8)
        return tones

    @staticmethod
    def _paint_count(painter: QPainter, place: QRectF, count: int, tone: QColor, colours: Colours) -> None:
        text = str(count) if count < 10_000 else f"{count // 1000}k"
        if painter.fontMetrics().horizontalAdvance(text) > place.width():
            return
        inks = (colours.text, QColor("#ffffff"), QColor("#10141a"))
        painter.setPen(max(inks, key=lambda ink: contrast(ink, tone)))
        painter.drawText(place, Qt.AlignmentFlag.AlignCenter, text)

    def _paint_names(self, painter: QPainter, square: QRectF, colours: Colours) -> None:
        n = len(self._classes)
        cell = square.width() / n
        painter.setPen(colours.muted)
        painter.drawText(
            QRectF(0, 2, self.width() - SPACE, square.top() - 4),
            Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter,
            "truth ↓   answer →",
        )
        if cell < _LEAST_NAME_PX:
            return
        width = self._names_px()
        metrics = painter.fontMetrics()
        for truth, name in enumerate(self._classes):
            is_under = self._under is not None and self._under[0] == truth
            painter.setPen(colours.text if is_under else colours.muted)
            place = QRectF(square.left() - width - HALF, square.top() + truth * cell, width, cell)
            text = metrics.elidedText(name, Qt.TextElideMode.ElideRight, int(width) + 1)
            painter.drawText(place, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, text)


def _cell(square: QRectF, cell: float, truth: int, answer: int) -> QRectF:
    """A cell on whole pixels, with a gap of one pixel where there is room."""
    left, right = round(square.left() + answer * cell), round(square.left() + (answer + 1) * cell)
    top, bottom = round(square.top() + truth * cell), round(square.top() + (truth + 1) * cell)
    space = 1 if cell >= _LEAST_GAP_PX else 0
    return QRectF(left, top, max(right - left - space, 1), max(bottom - top - space, 1))


def _pooled(cells: NDArray[Any], n_px: int) -> NDArray[Any]:
    """The largest of the cells that fall on each pixel: (n_px, n_px)."""
    starts = np.arange(n_px) * len(cells) // n_px
    pooled: NDArray[Any] = np.maximum.reduceat(np.maximum.reduceat(cells, starts, 0), starts, 1)
    return pooled


def _rgb(colour: QColor) -> NDArray[np.float64]:
    return np.array((colour.redF(), colour.greenF(), colour.blueF()))
