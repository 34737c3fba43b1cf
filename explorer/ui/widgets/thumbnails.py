"""All pictures that were dropped, small, each with its answer or the reason why there is none.

Used by the image panel. Takes plain items, thousands of them; knows nothing of the store.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import (
    QModelIndex,
    QRect,
    QRectF,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import (
    QColor,
    QContextMenuEvent,
    QKeyEvent,
    QKeySequence,
    QPainter,
    QPainterPath,
    QPen,
    QResizeEvent,
)
from PySide6.QtWidgets import (
    QAbstractItemView,
    QFrame,
    QListView,
    QMenu,
    QStyledItemDelegate,
    QWidget,
)

from explorer.ui.theme import HALF, RADIUS, Colours, font
from explorer.ui.widgets.thumbnail_model import Index, PictureItem, PictureModel

if TYPE_CHECKING:
    from PySide6.QtWidgets import QStyleOptionViewItem

__all__ = ["PictureItem", "ThumbnailStrip"]

CELL_PX = 70
"""Least width of a cell; cells grow to fill a row."""


class _CellPainter(QStyledItemDelegate):
    """Draws a cell: the picture with its label beneath, or a card with the reason."""

    def __init__(self, view: ThumbnailStrip) -> None:
        super().__init__(view)
        self._view = view

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        return self._view.gridSize()

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        # Its hundreds of constants take 5 ms, and there is no picture at the first paint.
        from PySide6.QtWidgets import QStyle

        item: PictureItem = index.data(Qt.ItemDataRole.UserRole)
        colours = Colours.of(self._view.palette())
        cell = QRect(option.rect)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(self._view.small_font)
        side = cell.width() - 2 * HALF
        square = QRectF(cell.left() + HALF, cell.top() + HALF, side, side)
        if item.problem is None:
            self._paint_picture(painter, square, item, colours)
        else:
            _paint_card(painter, square, item.problem, colours)
        state = option.state
        if state & QStyle.StateFlag.State_Selected:
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(colours.accent, 2))
            painter.drawRoundedRect(square.adjusted(-2, -2, 2, 2), RADIUS, RADIUS)
        line = QRect(cell.left() + 2, int(square.bottom()) + 3, cell.width() - 4, self._view.label_px)
        said = item.name if item.problem is not None else item.label or item.name
        painter.setPen(colours.text if item.label and item.problem is None else colours.muted)
        mode = Qt.TextElideMode.ElideRight if item.label else Qt.TextElideMode.ElideMiddle
        said = painter.fontMetrics().elidedText(said, mode, line.width())
        painter.drawText(line, Qt.AlignmentFlag.AlignCenter, said)
        painter.restore()

    def _paint_picture(self, painter: QPainter, square: QRectF, item: PictureItem, colours: Colours) -> None:
        corners = QPainterPath()
        corners.addRoundedRect(square, HALF, HALF)
        ground = QColor(colours.text)
        ground.setAlpha(20)
        painter.fillPath(corners, ground)
        model = self._view.model()
        side = round(square.width() * self._view.devicePixelRatioF())
        pixmap = model.pixmap(item, side) if isinstance(model, PictureModel) else None
        if pixmap is not None:
            painter.setClipPath(corners)
            painter.drawPixmap(square, pixmap, QRectF(pixmap.rect()))
            painter.setClipping(False)


def _paint_card(painter: QPainter, square: QRectF, problem: str, colours: Colours) -> None:
    """A card in place of a picture that cannot be read, with as much of the reason as fits."""
    ground, edge = QColor(colours.danger), QColor(colours.danger)
    ground.setAlpha(24)
    edge.setAlpha(120)
    painter.setBrush(ground)
    painter.setPen(QPen(edge, 1))
    painter.drawRoundedRect(square.adjusted(0.5, 0.5, -0.5, -0.5), HALF, HALF)
    painter.setPen(colours.danger)
    inner = square.adjusted(5, 4, -5, -4)
    metrics = painter.fontMetrics()
    n_lines = max(1, int(inner.height() // metrics.lineSpacing()))
    lines: list[str] = []
    for word in problem.split():
        joined = f"{lines[-1]} {word}" if lines else word
        if lines and metrics.horizontalAdvance(joined) <= inner.width():
            lines[-1] = joined
        else:
            lines.append(word)
    if len(lines) > n_lines:
        lines = [*lines[: n_lines - 1], " ".join(lines[n_lines - 1 :])]
    fitting = [metrics.elidedText(line, Qt.TextElideMode.ElideRight, int(inner.width())) for line in lines]
    painter.drawText(inner, Qt.AlignmentFlag.AlignCenter, "\n".join(fitting))


class ThumbnailStrip(QListView):
    """The pictures as a grid that wraps: arrow keys move, Delete removes.

    Args:
        parent: As Qt has it.
    """

    picture_selected = Signal(object)
    picture_removed = Signal(object)
    cleared = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("image.thumbnails")
        self.setAccessibleName("Dropped pictures")
        self._pictures = PictureModel(self)
        self._is_showing = False
        self.small_font = font("small")
        self.label_px = 0
        self.setModel(self._pictures)
        self.setItemDelegate(_CellPainter(self))
        self.setViewMode(QListView.ViewMode.IconMode)
        self.setMovement(QListView.Movement.Static)
        self.setResizeMode(QListView.ResizeMode.Adjust)
        self.setUniformItemSizes(True)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setDragEnabled(True)
        self.setAcceptDrops(False)
        self.viewport().setAutoFillBackground(False)
        self._fit_cells()
        self.selectionModel().currentChanged.connect(self._on_current_changed)

    @property
    def items(self) -> tuple[PictureItem, ...]:
        """What is shown, in order."""
        return self._pictures.items

    @property
    def current_id(self) -> int | None:
        """The picture that is marked; None where none is."""
        item = self.currentIndex().data(Qt.ItemDataRole.UserRole)
        return item.image_id if isinstance(item, PictureItem) else None

    def show_pictures(self, items: tuple[PictureItem, ...], current: int | None) -> None:
        """Show these pictures and mark one; emits nothing."""
        self._is_showing = True
        try:
            self._pictures.set_items(items)
            row = self._pictures.row_of(current)
            if row != self.currentIndex().row():
                self.setCurrentIndex(self._pictures.index(row) if row >= 0 else QModelIndex())
        finally:
            self._is_showing = False

    def _on_current_changed(self, current: QModelIndex, previous: QModelIndex) -> None:
        item = current.data(Qt.ItemDataRole.UserRole)
        if not self._is_showing and isinstance(item, PictureItem):
            self.picture_selected.emit(item.image_id)

    def build_menu(self) -> QMenu:
        """The context menu of the marked picture."""
        menu = QMenu(self)
        remove = menu.addAction("Remove", self._remove_current)
        remove.setShortcut(QKeySequence(QKeySequence.StandardKey.Delete))
        remove.setEnabled(self.current_id is not None)
        menu.addAction("Clear all", self.cleared.emit).setEnabled(bool(self.items))
        return menu

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        menu = self.build_menu()
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.popup(event.globalPos())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace):
            self._remove_current()
            return
        row = self.currentIndex().row()
        # Left and right go on over the ends of rows, which Qt's grid does not.
        step = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}.get(Qt.Key(event.key()), 0)
        if step and row >= 0:
            self.setCurrentIndex(self._pictures.index(min(max(row + step, 0), len(self.items) - 1)))
            return
        super().keyPressEvent(event)

    def _remove_current(self) -> None:
        image_id = self.current_id
        if image_id is not None:
            self.picture_removed.emit(image_id)

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._fit_cells()
        super().resizeEvent(event)

    def _fit_cells(self) -> None:
        # Room for the scroll bar is kept: cells that resize as it comes and goes would jump.
        bar = self.verticalScrollBar().sizeHint().width()
        width = max(CELL_PX, self.width() - bar - 1)
        side = width // max(1, width // CELL_PX)
        self.label_px = self.fontMetrics().height()
        size = QSize(side, side + self.label_px)
        if size != self.gridSize():
            self.setGridSize(size)

    def sizeHint(self) -> QSize:
        return QSize(4 * CELL_PX, self.gridSize().height() + HALF)

    def minimumSizeHint(self) -> QSize:
        return QSize(CELL_PX, self.gridSize().height() + HALF)
