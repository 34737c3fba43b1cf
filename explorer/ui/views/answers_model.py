"""Answers as Qt's table asks for them, sorted and filtered here, and drawn cell by cell.

Qt's own sorting proxy calls back into Python for every comparison: a second for ten thousand rows, where this
takes a hundredth. Used by the answers view. Knows nothing of the store.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, QPointF, QRect, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPalette, QPen, QPolygonF
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem, QWidget

from explorer.present.text import share
from explorer.ui.theme import HALF, SPACE, Colours
from explorer.ui.views.answer_rows import AnswerRow, Which, kept
from explorer.ui.widgets.squares import Squares

Index = QModelIndex | QPersistentModelIndex
ROW_ROLE = Qt.ItemDataRole.UserRole
PICTURE, FILE, ANSWER, CONFIDENCE, TRUTH, MARK = range(6)
HEADINGS = ("", "File", "Answer", "Confidence", "Truth", "")
ROW_PX = 44
_BAR_PX = 5
_MARKS: dict[bool | None, str] = {True: "right", False: "wrong", None: ""}

_KEYS: dict[int, Callable[[AnswerRow], Any]] = {
    PICTURE: lambda row: row.image_id,
    FILE: lambda row: row.name.lower(),
    ANSWER: lambda row: row.label.lower(),
    CONFIDENCE: lambda row: row.probability,
    TRUTH: lambda row: row.truth.lower(),
    MARK: lambda row: (row.is_right is None, row.is_right),
}


class AnswersModel(QAbstractTableModel):
    """A row a picture that the filter leaves."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._all: tuple[AnswerRow, ...] = ()
        self._shown: list[AnswerRow] = []
        self._rows: dict[int, int] = {}
        self._which: Which = "all"
        self._column, self._order = PICTURE, Qt.SortOrder.AscendingOrder

    @property
    def shown(self) -> list[AnswerRow]:
        """The rows that are left, in the order they stand."""
        return self._shown

    def row_of(self, image_id: int | None) -> int:
        """Where a picture stands; -1 where it does not."""
        return -1 if image_id is None else self._rows.get(image_id, -1)

    def set_rows(self, rows: tuple[AnswerRow, ...]) -> None:
        """Replace the rows."""
        self._all = rows
        self._arrange()

    def set_filter(self, which: Which) -> None:
        """Leave all, those that are wrong, or those that are weak."""
        self._which = which
        self._arrange()

    def sort(self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder) -> None:
        self._column, self._order = column, order
        self._arrange()

    def _arrange(self) -> None:
        shown = kept(self._all, self._which)
        is_down = self._order == Qt.SortOrder.DescendingOrder
        if self._column != PICTURE or is_down:
            shown.sort(key=_KEYS[self._column], reverse=is_down)
        old = self._shown
        if len(old) == len(shown) and all(
            one.image_id == other.image_id for one, other in zip(old, shown, strict=True)
        ):
            changed = [at for at, row in enumerate(shown) if row is not old[at]]
            self._shown = shown
            if changed:
                self.dataChanged.emit(self.index(changed[0], 0), self.index(changed[-1], MARK))
            return
        rows = {row.image_id: at for at, row in enumerate(shown)}
        if rows.keys() == self._rows.keys():
            self._reorder(shown, rows)
            return
        self.beginResetModel()
        self._shown, self._rows = shown, rows
        self.endResetModel()

    def _reorder(self, shown: list[AnswerRow], rows: dict[int, int]) -> None:
        """The same pictures in another order: the selected one stays selected."""
        self.layoutAboutToBeChanged.emit()
        before = self.persistentIndexList()
        after = [self.index(rows[self._shown[index.row()].image_id], index.column()) for index in before]
        self._shown, self._rows = shown, rows
        self.changePersistentIndexList(before, after)
        self.layoutChanged.emit()

    def rowCount(self, parent: Index | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else len(self._shown)

    def columnCount(self, parent: Index | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else len(HEADINGS)

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:
        if orientation == Qt.Orientation.Horizontal and role == Qt.ItemDataRole.DisplayRole:
            return HEADINGS[section]
        return None

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid() or index.row() >= len(self._shown):
            return None
        row = self._shown[index.row()]
        if role == ROW_ROLE:
            return row
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole):
            return _text(row, index.column())
        if role == Qt.ItemDataRole.ToolTipRole:
            return row.problem or row.path or row.name
        return None


def _text(row: AnswerRow, column: int) -> str:
    if column == FILE:
        return row.name
    if column == ANSWER:
        return row.problem or row.label or "not asked yet"
    if column == CONFIDENCE:
        return share(row.probability, 1) if row.label else ""
    return {TRUTH: row.truth, MARK: _MARKS[row.is_right]}.get(column, "")


class AnswerCells(QStyledItemDelegate):
    """Draws pictures, bars and marks; pictures are scaled when they are first seen."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._squares = Squares()
        self.is_meant = True
        """Whether the answers come from a trained net; those of an untrained one are grey."""

    def initStyleOption(self, option: QStyleOptionViewItem, index: Index) -> None:
        super().initStyleOption(option, index)
        option.state &= ~QStyle.StateFlag.State_HasFocus
        row: AnswerRow = index.data(ROW_ROLE)
        colours = Colours.of(option.palette)
        if index.column() in (CONFIDENCE, MARK):
            option.text = ""
        elif index.column() == ANSWER and (row.problem or not row.label or not self.is_meant):
            option.palette.setColor(QPalette.ColorRole.Text, colours.danger if row.problem else colours.muted)
        elif index.column() == TRUTH and row.is_right is None:
            option.palette.setColor(QPalette.ColorRole.Text, colours.muted)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        super().paint(painter, option, index)
        row: AnswerRow = index.data(ROW_ROLE)
        colours = Colours.of(option.palette)
        is_chosen = bool(option.state & QStyle.StateFlag.State_Selected)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        area = QRect(option.rect)
        if index.column() == PICTURE:
            self._paint_picture(painter, area, row)
        elif index.column() == CONFIDENCE and row.label:
            self._paint_confidence(painter, area, row, colours, is_chosen=is_chosen)
        elif index.column() == MARK and row.is_right is not None:
            tone = colours.success if row.is_right else colours.danger
            _paint_mark(painter, area, colours.on_accent if is_chosen else tone, is_right=row.is_right)
        painter.restore()

    def _paint_picture(self, painter: QPainter, area: QRect, row: AnswerRow) -> None:
        side = ROW_PX - 2 * HALF
        ratio = painter.device().devicePixelRatioF()
        pixmap = self._squares.of(row.image_id, row.thumbnail, round(side * ratio))
        if pixmap is None:
            return
        square = QRectF(area.left() + HALF, area.top() + HALF, side, side)
        corners = QPainterPath()
        corners.addRoundedRect(square, 3, 3)
        painter.setClipPath(corners, Qt.ClipOperation.IntersectClip)
        painter.drawPixmap(square, pixmap, QRectF(pixmap.rect()))

    def _paint_confidence(
        self, painter: QPainter, area: QRect, row: AnswerRow, colours: Colours, *, is_chosen: bool
    ) -> None:
        ink = colours.on_accent if is_chosen else colours.text if self.is_meant else colours.muted
        bar = ink if is_chosen else colours.warning if row.is_weak else colours.accent
        if not self.is_meant and not is_chosen:
            bar = colours.muted
        said = share(row.probability, 1)
        metrics = painter.fontMetrics()
        wide = metrics.horizontalAdvance("100 %") + SPACE
        painter.setPen(ink)
        text = QRect(area.left() + SPACE, area.top(), wide - SPACE, area.height())
        painter.drawText(text, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, said)
        lane = QRectF(area.left() + wide + SPACE, area.center().y() - _BAR_PX / 2 + 1, 0, _BAR_PX)
        lane.setRight(area.right() - SPACE)
        track = QColor(ink)
        track.setAlpha(28)
        painter.setPen(Qt.PenStyle.NoPen)
        for colour, part in ((track, 1.0), (bar, min(1.0, row.probability))):
            painter.setBrush(colour)
            filled = QRectF(lane)
            filled.setWidth(max(_BAR_PX, lane.width() * part))
            painter.drawRoundedRect(filled, _BAR_PX / 2, _BAR_PX / 2)


def _paint_mark(painter: QPainter, area: QRect, colour: QColor, *, is_right: bool) -> None:
    """A tick, or a cross."""
    x, y = float(area.center().x()), float(area.center().y())
    pen = QPen(colour, 2)
    pen.setCapStyle(Qt.PenCapStyle.RoundCap)
    painter.setPen(pen)
    if is_right:
        painter.drawPolyline(_points((x - 5, y), (x - 1.5, y + 4), (x + 5, y - 4)))
    else:
        painter.drawPolyline(_points((x - 4, y - 4), (x + 4, y + 4)))
        painter.drawPolyline(_points((x - 4, y + 4), (x + 4, y - 4)))


def _points(*places: tuple[float, float]) -> QPolygonF:
    return QPolygonF([QPointF(*place) for place in places])
