"""The pictures on which networks differ, the most disputed first: each with every network's answer.

Used by the answers section of the comparison. Takes plain items, thousands of them; knows nothing of the
store.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from PySide6.QtCore import QModelIndex, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QPainter, QPainterPath, QPen, QResizeEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QFrame,
    QListView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QWidget,
)

from explorer.ui.theme import HALF, RADIUS, SPACE, Colours, font
from explorer.ui.widgets.series_colours import series_colour
from explorer.ui.widgets.thumbnail_model import Index, PictureItem, PictureModel

_PICTURE_PX = 44
_LEAST_ANSWER_PX = 112
_DOT_PX = 4.0


@dataclass(frozen=True, slots=True)
class GivenAnswer:
    """What one network says of a picture.

    Attributes:
        place: Of the network, for its colour.
        label: The first class.
        probability: 0 to 1.
    """

    place: int
    label: str
    probability: float


class _RowPainter(QStyledItemDelegate):
    """Draws a row: the picture, and the answers beside it."""

    def __init__(self, view: DifferenceList) -> None:
        super().__init__(view)
        self._view = view

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        return QSize(self._view.viewport().width(), self._view.row_px)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        item: PictureItem = index.data(Qt.ItemDataRole.UserRole)
        colours = Colours.of(self._view.palette())
        row = QRectF(option.rect)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(self._view.font())
        square = QRectF(row.left() + HALF, row.top() + HALF, _PICTURE_PX, _PICTURE_PX)
        self._paint_picture(painter, square, item)
        if option.state & QStyle.StateFlag.State_Selected:
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(colours.accent, 2))
            painter.drawRoundedRect(square.adjusted(-2, -2, 2, 2), RADIUS, RADIUS)
        self._paint_answers(painter, row, self._view.answers.get(item.image_id, ()), colours)
        painter.restore()

    def _paint_picture(self, painter: QPainter, square: QRectF, item: PictureItem) -> None:
        model = self._view.model()
        side = round(square.width() * self._view.devicePixelRatioF())
        pixmap = model.pixmap(item, side) if isinstance(model, PictureModel) else None
        if pixmap is None:
            return
        corners = QPainterPath()
        corners.addRoundedRect(square, HALF, HALF)
        painter.setClipPath(corners)
        painter.drawPixmap(square, pixmap, QRectF(pixmap.rect()))
        painter.setClipping(False)

    def _paint_answers(
        self, painter: QPainter, row: QRectF, answers: Sequence[GivenAnswer], colours: Colours
    ) -> None:
        counts = Counter(answer.label for answer in answers)
        # What most say is quiet: one looks for the others.
        ranks = counts.most_common(2)
        has_usual = len(ranks) > 1 and ranks[0][1] > ranks[1][1]
        per_line, wide, high = self._view.grid()
        lines = -(-max(len(answers), 1) // per_line)
        top = row.top() + (row.height() - lines * high) / 2
        for number, answer in enumerate(answers):
            line, column = divmod(number, per_line)
            left = row.left() + _PICTURE_PX + 2 * SPACE + column * wide
            cell = QRectF(left, top + line * high, wide - SPACE, high)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(series_colour(self._view.palette(), answer.place))
            painter.drawEllipse(QPointF(cell.left() + _DOT_PX, cell.center().y()), _DOT_PX, _DOT_PX)
            is_usual = has_usual and answer.label == ranks[0][0]
            painter.setPen(colours.muted if is_usual else colours.text)
            share = f"{100 * answer.probability:.0f} %"
            share_px = painter.fontMetrics().horizontalAdvance(share)
            room = cell.adjusted(3 * _DOT_PX, 0, 0, 0)
            label_px = int(room.width()) - share_px - HALF
            label = painter.fontMetrics().elidedText(answer.label, Qt.TextElideMode.ElideRight, label_px)
            flags = Qt.AlignmentFlag.AlignVCenter
            painter.drawText(room, flags | Qt.AlignmentFlag.AlignLeft, label)
            painter.setPen(colours.muted)
            after = room.adjusted(painter.fontMetrics().horizontalAdvance(label) + HALF, 0, 0, 0)
            painter.drawText(after, flags | Qt.AlignmentFlag.AlignLeft, share)


class DifferenceList(QListView):
    """Rows; the arrow keys and a click choose a picture.

    Args:
        name: Its object name.
        parent: As Qt has it.
    """

    picture_chosen = Signal(object)
    """The user chose the picture of this number."""

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName(name)
        self.setAccessibleName(self.tr("Pictures on which networks differ"))
        self.setFont(font("small"))
        self._pictures = PictureModel(self)
        self._n_answers = 1
        self._is_showing = False
        self.answers: Mapping[int, tuple[GivenAnswer, ...]] = {}
        """What each network says, by picture number."""
        self.row_px = _PICTURE_PX + SPACE
        self.setModel(self._pictures)
        self.setItemDelegate(_RowPainter(self))
        self.setUniformItemSizes(True)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setDragEnabled(True)
        self.setMouseTracking(True)
        self.selectionModel().currentChanged.connect(self._on_current_changed)

    @property
    def items(self) -> tuple[PictureItem, ...]:
        """What is shown, in order."""
        return self._pictures.items

    def show_pictures(
        self,
        items: tuple[PictureItem, ...],
        answers: Mapping[int, tuple[GivenAnswer, ...]],
        current: int | None,
    ) -> None:
        """Show pictures and mark one; tells nothing.

        Args:
            items: In order.
            answers: By picture number.
            current: The picture that is looked at.
        """
        self._is_showing = True
        try:
            self.answers = answers
            self._n_answers = max(map(len, answers.values()), default=1)
            self._fit_rows()
            self._pictures.set_items(items)
            row = self._pictures.row_of(current)
            if row != self.currentIndex().row():
                self.setCurrentIndex(self._pictures.index(row) if row >= 0 else QModelIndex())
            self.viewport().update()
        finally:
            self._is_showing = False

    def grid(self) -> tuple[int, float, float]:
        """How answers stand: so many a line, each so wide and high."""
        room = max(self.viewport().width() - _PICTURE_PX - 2 * SPACE, 1)
        per_line = max(1, min(room // _LEAST_ANSWER_PX, self._n_answers))
        return per_line, min(room / per_line, 1.6 * _LEAST_ANSWER_PX), self.fontMetrics().height() + 1.0

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit_rows()

    def sizeHint(self) -> QSize:
        return QSize(420, 4 * self.row_px)

    def minimumSizeHint(self) -> QSize:
        return QSize(_PICTURE_PX + _LEAST_ANSWER_PX + 3 * SPACE, 2 * self.row_px)

    def _fit_rows(self) -> None:
        per_line, _, high = self.grid()
        lines = -(-self._n_answers // per_line)
        row_px = max(_PICTURE_PX + SPACE, int(lines * high) + SPACE)
        if row_px != self.row_px:
            self.row_px = row_px
            self.scheduleDelayedItemsLayout()

    def _on_current_changed(self, current: QModelIndex, previous: QModelIndex) -> None:
        item = current.data(Qt.ItemDataRole.UserRole)
        if not self._is_showing and isinstance(item, PictureItem):
            self.picture_chosen.emit(item.image_id)
