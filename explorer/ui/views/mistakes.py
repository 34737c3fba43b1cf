"""The surest wrong answers: each picture with what it is and what it was taken for.

Used by the training view. Painted by Qt alone. Knows nothing of the store.
"""

from __future__ import annotations

import csv
import io

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QContextMenuEvent, QImage, QPainter, QPaintEvent, QPalette, QResizeEvent
from PySide6.QtWidgets import QMenu, QSizePolicy, QWidget

from explorer.runs.judged import Judged, JudgedMistake
from explorer.ui.theme import HALF, SPACE, Colours, font
from explorer.ui.views.training_words import NOT_KEPT
from explorer.ui.widgets.picture import to_qimage

_PICTURE_PX = 72
_CARD_PX = 108


class Mistakes(QWidget):
    """Cards in rows, the surest first; for use in a scroll area.

    Args:
        parent: As Qt has it.
    """

    png_requested = Signal()
    """The user wants them as a picture."""

    csv_requested = Signal()
    """The user wants them as a table."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("train.mistakes")
        self.setAccessibleName("Worst mistakes")
        policy = QSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Minimum)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)
        self._mistakes: tuple[JudgedMistake, ...] = ()
        self._classes: tuple[str, ...] = ()
        self._images: list[QImage] = []
        self._judged: Judged | None = None
        self._is_earlier = False

    @property
    def mistakes(self) -> tuple[JudgedMistake, ...]:
        """What is shown."""
        return self._mistakes

    def show_judged(self, judged: Judged | None, *, is_earlier: bool = False) -> None:
        """Show the mistakes of an epoch.

        Args:
            judged: The epoch; None for nothing yet.
            is_earlier: Whether it is a run of another sitting: where nothing was kept nothing will come.
        """
        if judged is self._judged and is_earlier == self._is_earlier:
            return
        self._judged, self._is_earlier = judged, is_earlier
        self._mistakes, self._classes = (judged.mistakes, judged.classes) if judged else ((), ())
        self._images = [to_qimage(mistake.picture) for mistake in self._mistakes]
        self.updateGeometry()
        self.update()

    def to_csv(self) -> str:
        """The table: place among the validation pictures, truth, answer, probability."""
        table = io.StringIO()
        writer = csv.writer(table, lineterminator="\n")
        writer.writerow(("index", "truth", "answer", "probability"))
        for entry in self._mistakes:
            names = (self._classes[entry.truth], self._classes[entry.answer])
            writer.writerow((entry.index, *names, f"{entry.probability:.6f}"))
        return table.getvalue()

    def build_menu(self) -> QMenu:
        """The context menu."""
        menu = QMenu(self)
        menu.addAction("Save as PNG…", self.png_requested.emit).setEnabled(bool(self._mistakes))
        menu.addAction("Save as CSV…", self.csv_requested.emit).setEnabled(bool(self._mistakes))
        return menu

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        menu = self.build_menu()
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.popup(event.globalPos())

    def _columns(self, width: int) -> int:
        return max(1, (width - SPACE) // (_CARD_PX + SPACE))

    def _row_px(self) -> int:
        return _PICTURE_PX + 2 * self.fontMetrics().height() + SPACE + HALF

    def hasHeightForWidth(self) -> bool:
        return True

    def heightForWidth(self, width: int) -> int:
        rows = -(-len(self._mistakes) // self._columns(width))
        return max(rows * self._row_px() + 2 * SPACE, 120)

    def sizeHint(self) -> QSize:
        width = max(self.width(), 2 * _CARD_PX)
        return QSize(2 * (_CARD_PX + SPACE) + SPACE, self.heightForWidth(width))

    def minimumSizeHint(self) -> QSize:
        return QSize(_CARD_PX + 2 * SPACE, self.heightForWidth(self.width()))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.updateGeometry()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(self.rect(), self.palette().color(QPalette.ColorRole.Base))
        colours = Colours.of(self.palette())
        if not self._mistakes:
            said = (
                "No mistakes."
                if self._judged is not None
                else NOT_KEPT
                if self._is_earlier
                else "At the end of an epoch: what it is surely wrong about."
            )
            painter.setPen(colours.muted)
            flags = int(Qt.AlignmentFlag.AlignCenter) | int(Qt.TextFlag.TextWordWrap)
            painter.drawText(QRectF(self.rect()).adjusted(SPACE, 0, -SPACE, 0), flags, said)
            return
        columns = self._columns(self.width())
        pitch = (self.width() - SPACE) / columns
        for place, image in enumerate(self._images):
            row, column = divmod(place, columns)
            card = QRectF(SPACE + column * pitch, SPACE + row * self._row_px(), pitch - SPACE, self._row_px())
            self._paint_card(painter, card, self._mistakes[place], image, colours)

    def _paint_card(
        self, painter: QPainter, card: QRectF, mistake: JudgedMistake, image: QImage, colours: Colours
    ) -> None:
        picture = QRectF(card.center().x() - _PICTURE_PX / 2, card.top(), _PICTURE_PX, _PICTURE_PX)
        painter.drawImage(picture, image)
        metrics = painter.fontMetrics()
        line_px = metrics.height()
        names = f"{self._classes[mistake.truth]} → {self._classes[mistake.answer]}"
        below = QRectF(card.left(), picture.bottom() + 2, card.width(), line_px)
        painter.setFont(self.font())
        painter.setPen(colours.text)
        text = metrics.elidedText(names, Qt.TextElideMode.ElideMiddle, int(card.width()))
        painter.drawText(below, Qt.AlignmentFlag.AlignHCenter, text)
        painter.setFont(font("small"))
        painter.setPen(colours.muted)
        below.translate(0, line_px)
        painter.drawText(below, Qt.AlignmentFlag.AlignHCenter, f"{100 * mistake.probability:.1f} % sure")
        painter.setFont(self.font())
