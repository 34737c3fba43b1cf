"""The first classes of an answer as bars, to be read at a glance and copied as CSV.

Used by the image panel and wherever one net's answer is shown. Takes plain predictions; knows nothing of the
store and computes nothing.
"""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QPoint, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QContextMenuEvent,
    QFont,
    QFontMetrics,
    QGuiApplication,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
)
from PySide6.QtWidgets import QMenu, QSizePolicy, QWidget

from explorer.present import text as words
from explorer.ui.theme import SPACE, Colours
from explorer.ui.widgets.saving import ask_where, save_text

if TYPE_CHECKING:
    from explorer.nets.facts import Prediction

N_BARS = 5
_BAR_PX = 5
_GAP_PX = 3
_ROW_GAP_PX = SPACE


class ProbabilityBars(QWidget):
    """Up to five rows: class, per cent and a bar; the first stands out.

    Room for five rows is kept whatever is shown, so that nothing below jumps when an answer arrives.

    Args:
        parent: As Qt has it.
    """

    class_chosen = Signal(object)
    """The index of the class whose bar was pressed: explain it."""
    save_failed = Signal(object)
    """The sentence that says why the table could not be written."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("image.bars")
        self.setAccessibleName("Top classes")
        self._predictions: tuple[Prediction, ...] = ()
        self._is_muted = False
        self._is_stale = False
        self._explained: int | None = None
        self._hovered = -1
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    @property
    def predictions(self) -> tuple[Prediction, ...]:
        """What is shown, best first."""
        return self._predictions

    @property
    def is_muted(self) -> bool:
        """Whether the bars are grey because they mean nothing."""
        return self._is_muted

    def show_predictions(
        self, predictions: tuple[Prediction, ...], *, is_muted: bool = False, is_stale: bool = False
    ) -> None:
        """Show an answer.

        Args:
            predictions: Best first; the first five are shown.
            is_muted: Grey: an untrained net's bars are chance.
            is_stale: Fainter: a newer answer is on its way.
        """
        shown = (predictions[:N_BARS], is_muted, is_stale)
        if shown == (self._predictions, self._is_muted, self._is_stale):
            return
        self._predictions, self._is_muted, self._is_stale = shown
        said = [f"{entry.label} {words.share(entry.probability, 1)}" for entry in self._predictions]
        self.setAccessibleDescription("; ".join(said) or "no answer yet")
        self.setToolTip("\n".join([*said, "Press a class to see what speaks for it"]) if said else "")
        self.update()

    def show_explained(self, label: int | None) -> None:
        """Mark the class that the picture's overlay explains; None for none."""
        if label != self._explained:
            self._explained = label
            self.update()

    @property
    def explained(self) -> int | None:
        """The class that is marked."""
        return self._explained

    def row_rect(self, row: int) -> QRect:
        """Where a bar stands, with its words."""
        top = 2 + row * (self._row_px() + _ROW_GAP_PX)
        return QRect(2, top, self.width() - 4, self._row_px())

    def row_at(self, place: QPoint) -> int:
        """The bar under a point; −1 where none is."""
        rows = range(len(self._predictions))
        return next((row for row in rows if self.row_rect(row).contains(place)), -1)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self._hover(self.row_at(event.position().toPoint()))

    def leaveEvent(self, event: QEvent) -> None:
        self._hover(-1)
        super().leaveEvent(event)

    def _hover(self, row: int) -> None:
        if row != self._hovered:
            self._hovered = row
            shape = Qt.CursorShape.ArrowCursor if row < 0 else Qt.CursorShape.PointingHandCursor
            self.setCursor(shape)
            self.update()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        row = self.row_at(event.position().toPoint())
        if event.button() == Qt.MouseButton.LeftButton and row >= 0:
            self.class_chosen.emit(self._predictions[row].index)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """The arrows explain the class above or below."""
        step = {Qt.Key.Key_Up: -1, Qt.Key.Key_Down: 1}.get(Qt.Key(event.key()))
        if step is None or not self._predictions:
            super().keyPressEvent(event)
            return
        labels = [entry.index for entry in self._predictions]
        row = labels.index(self._explained) + step if self._explained in labels else 0
        self.class_chosen.emit(labels[min(max(row, 0), len(labels) - 1)])

    def to_csv(self) -> str:
        """The table shown: a header, then label, index and probability a line."""
        table = io.StringIO()
        writer = csv.writer(table, lineterminator="\n")
        writer.writerow(("label", "index", "probability"))
        writer.writerows(
            (entry.label, entry.index, f"{entry.probability:.6f}") for entry in self._predictions
        )
        return table.getvalue()

    def copy_csv(self) -> None:
        """Put the table on the clipboard."""
        QGuiApplication.clipboard().setText(self.to_csv())

    def save_csv(self, path: Path) -> None:
        """Write the table to a file; `save_failed` says why where that fails."""
        save_text(self.to_csv(), path, self.save_failed.emit)

    def build_menu(self) -> QMenu:
        """The context menu: copy and save."""
        menu = QMenu(self)
        menu.addAction("Copy as CSV", self.copy_csv).setEnabled(bool(self._predictions))
        menu.addAction("Save as CSV…", self._on_save).setEnabled(bool(self._predictions))
        return menu

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        menu = self.build_menu()
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.popup(event.globalPos())

    def _on_save(self) -> None:
        name = ask_where(self, "Save as CSV", "predictions.csv", "CSV (*.csv)")
        if name:
            self.save_csv(Path(name))

    def sizeHint(self) -> QSize:
        return QSize(260, N_BARS * (self._row_px() + _ROW_GAP_PX) - _ROW_GAP_PX + 4)

    def minimumSizeHint(self) -> QSize:
        return QSize(140, self.sizeHint().height())

    def _row_px(self) -> int:
        return self.fontMetrics().height() + _GAP_PX + _BAR_PX

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if self._is_stale:
            painter.setOpacity(0.45)
        for row in range(N_BARS):
            self._paint_row(painter, row, self.row_rect(row))
        if self.hasFocus():
            painter.setOpacity(1)
            painter.setPen(Colours.of(self.palette()).accent)
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), 4, 4)

    def _paint_row(self, painter: QPainter, row: int, area: QRect) -> None:
        if self._predictions and row >= len(self._predictions):
            return  # A net of two classes has two bars; before an answer all five lanes wait.
        track = QColor(Colours.of(self.palette()).text)
        track.setAlpha(20)
        lane = QRectF(area.left(), area.bottom() + 1 - _BAR_PX, area.width(), _BAR_PX)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(track)
        painter.drawRoundedRect(lane, _BAR_PX / 2, _BAR_PX / 2)
        if row >= len(self._predictions):
            return
        entry = self._predictions[row]
        if row == self._hovered or entry.index == self._explained:
            accent = QColor(Colours.of(self.palette()).accent)
            accent.setAlpha(40 if entry.index == self._explained else 18)
            painter.setBrush(accent)
            painter.drawRoundedRect(QRectF(area).adjusted(-2, -2, 2, 3), 4, 4)
        if entry.probability > 0:
            painter.setBrush(self._bar_colour(row))
            filled = QRectF(lane)
            filled.setWidth(max(_BAR_PX, lane.width() * min(1.0, entry.probability)))
            painter.drawRoundedRect(filled, _BAR_PX / 2, _BAR_PX / 2)
        self._paint_words(painter, row, area, entry)

    def _bar_colour(self, row: int) -> QColor:
        colours = Colours.of(self.palette())
        colour = QColor(colours.muted if self._is_muted else colours.accent)
        if row or self._is_muted:
            colour.setAlpha(130)
        return colour

    def _paint_words(self, painter: QPainter, row: int, area: QRect, entry: Prediction) -> None:
        font = QFont(self.font())
        if row == 0 and not self._is_muted:
            font.setWeight(QFont.Weight.DemiBold)
        metrics = QFontMetrics(font)
        painter.setFont(font)
        colours = Colours.of(self.palette())
        painter.setPen(colours.muted if self._is_muted else colours.text)
        percent = words.share(entry.probability, 1)
        percent_px = metrics.horizontalAdvance(percent)
        line = QRect(area.left(), area.top(), area.width(), metrics.height())
        painter.drawText(line, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, percent)
        line.setRight(line.right() - percent_px - 10)
        label = metrics.elidedText(entry.label, Qt.TextElideMode.ElideRight, line.width())
        painter.drawText(line, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, label)
