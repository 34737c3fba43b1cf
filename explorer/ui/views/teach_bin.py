"""One class that is taught: its name, its pictures, and a place to drop more.

Used by the teach view. Knows nothing of the store.
"""

from __future__ import annotations

from PySide6.QtCore import QEvent, QModelIndex, QPoint, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QDragEnterEvent,
    QDragLeaveEvent,
    QDragMoveEvent,
    QDropEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
)
from PySide6.QtWidgets import QHBoxLayout, QLabel, QLineEdit, QPushButton, QToolButton, QVBoxLayout, QWidget

from explorer.ui.theme import HALF, RADIUS, SPACE, Colours, font
from explorer.ui.views.dataset_cards import Card
from explorer.ui.widgets.drop_area import OWN_DROPS, Dropped, draw_picture_icon, read_drop
from explorer.ui.widgets.drop_reading import is_readable
from explorer.ui.widgets.thumbnail_model import dragged_pictures
from explorer.ui.widgets.thumbnails import PictureItem, ThumbnailStrip

_PICTURES_PX = 184
_CROSS_PX = 18


class BinPictures(ThumbnailStrip):
    """The pictures of a class: a cross on the one under the mouse takes it out, as Delete does.

    Args:
        parent: As Qt has it.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Pictures of the class")
        self.setMouseTracking(True)
        self.setFixedHeight(_PICTURES_PX)
        self._under_mouse = QModelIndex()

    def cross_of(self, index: QModelIndex) -> QRect:
        """Where the cross of a picture is, in the viewport."""
        cell = self.visualRect(index)
        at = QPoint(cell.right() - _CROSS_PX - HALF - 1, cell.top() + HALF + 2)
        return QRect(at, QSize(_CROSS_PX, _CROSS_PX))

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self._hover(self.indexAt(event.position().toPoint()))
        super().mouseMoveEvent(event)

    def leaveEvent(self, event: QEvent) -> None:
        self._hover(QModelIndex())
        super().leaveEvent(event)

    def _hover(self, index: QModelIndex) -> None:
        if index != self._under_mouse:
            self._under_mouse = index
            self.viewport().update()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        at = event.position().toPoint()
        index = self.indexAt(at)
        item = index.data(Qt.ItemDataRole.UserRole)
        if isinstance(item, PictureItem) and self.cross_of(index).contains(at):
            self._hover(QModelIndex())
            self.picture_removed.emit(item.image_id)
            return
        super().mousePressEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if not self._under_mouse.isValid():
            return
        painter = QPainter(self.viewport())
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        colours = Colours.of(self.palette())
        place = QRectF(self.cross_of(self._under_mouse))
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(colours.window)
        painter.drawEllipse(place)
        painter.setPen(QPen(colours.text, 1.6))
        arm = place.adjusted(6, 6, -6, -6)
        painter.drawLine(arm.topLeft(), arm.bottomRight())
        painter.drawLine(arm.topRight(), arm.bottomLeft())


class EmptyBin(QWidget):
    """What a class without pictures shows: where to drop them."""

    clicked = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFixedHeight(_PICTURES_PX)
        self.setCursor(Qt.CursorShape.PointingHandCursor)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton and self.rect().contains(event.position().toPoint()):
            self.clicked.emit()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        colours = Colours.of(self.palette())
        painter.setPen(QPen(colours.muted, 1, Qt.PenStyle.DashLine))
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), RADIUS, RADIUS)
        middle = self.rect().center()
        draw_picture_icon(painter, QRectF(middle.x() - 18, middle.y() - 34, 36, 32), colours.muted)
        painter.setPen(colours.muted)
        below = QRect(0, middle.y() + SPACE, self.width(), 2 * painter.fontMetrics().height())
        painter.drawText(below, Qt.AlignmentFlag.AlignCenter, "Drop pictures here")


class BinCard(Card):
    """A class on a card.

    Args:
        place: Its number among the classes; part of its object name.
        parent: As Qt has it.
    """

    renamed = Signal(object, object)
    """Place and name."""
    removed = Signal(object)
    """Place."""
    filled = Signal(object, object)
    """Place and what was dropped (`Dropped`)."""
    joined = Signal(object, object)
    """Place and the numbers of pictures of this session that were dragged here."""
    picture_removed = Signal(object, object)
    """Place and the picture's number."""
    pictures_requested = Signal(object)
    """Place: choose picture files for it."""

    def __init__(self, place: int, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._place = place
        name = f"teach.bin.{place}"
        self.setObjectName(name)
        self.setAccessibleName(f"Class {place + 1}")
        self.setProperty(OWN_DROPS, True)
        self.setAcceptDrops(True)
        self.name = QLineEdit()
        self.name.setObjectName(f"{name}.name")
        self.name.setAccessibleName("Name of the class")
        self.name.setPlaceholderText("Name of the class")
        self.name.setFont(font("body", strong=True))
        # A picture that is dropped on the name belongs to the class.
        self.name.setAcceptDrops(False)
        self._count = QLabel()
        self._count.setProperty("tone", "muted")
        self._remove = QToolButton()
        self._remove.setObjectName(f"{name}.remove")
        self._remove.setText("✕")
        self._remove.setToolTip("Take this class away; its pictures stay among those that were dropped")
        self._remove.setAccessibleName("Remove the class")
        self._pictures = BinPictures()
        self._pictures.setObjectName(f"{name}.pictures")
        self._empty = EmptyBin()
        self._add = QPushButton("Add pictures…")
        self._add.setObjectName(f"{name}.add")
        self._lay_out()
        self._connect()

    def _lay_out(self) -> None:
        head = QHBoxLayout()
        head.setSpacing(SPACE)
        head.addWidget(self.name, 1)
        head.addWidget(self._remove)
        foot = QHBoxLayout()
        foot.addWidget(self._count, 1)
        foot.addWidget(self._add)
        column = QVBoxLayout(self)
        column.setContentsMargins(SPACE, SPACE, SPACE, SPACE)
        column.setSpacing(SPACE)
        column.addLayout(head)
        column.addWidget(self._pictures)
        column.addWidget(self._empty)
        column.addLayout(foot)

    def _connect(self) -> None:
        self.name.textEdited.connect(lambda text: self.renamed.emit(self._place, text))
        self._remove.clicked.connect(lambda: self.removed.emit(self._place))
        self._pictures.picture_removed.connect(lambda image: self.picture_removed.emit(self._place, image))
        self._add.clicked.connect(lambda: self.pictures_requested.emit(self._place))
        self._empty.clicked.connect(lambda: self.pictures_requested.emit(self._place))

    def show_bin(
        self, name: str, pictures: tuple[PictureItem, ...], *, n_waiting: int, can_edit: bool
    ) -> None:
        """Show the class; emits nothing.

        Args:
            name: Of the class.
            pictures: In the order they came.
            n_waiting: Drops that are still being read.
            can_edit: Whether it can be changed: not while it is learned.
        """
        if name != self.name.text():
            self.name.setText(name)
        self._pictures.show_pictures(pictures, self._pictures.current_id)
        self._pictures.setVisible(bool(pictures))
        self._empty.setVisible(not pictures)
        said = "1 picture" if len(pictures) == 1 else f"{len(pictures):,} pictures"
        self._count.setText("reading…" if n_waiting else said)
        for part in (self.name, self._remove, self._pictures, self._empty, self._add):
            part.setEnabled(can_edit)
        self.setAcceptDrops(can_edit)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if dragged_pictures(event.mimeData()) or is_readable(event.mimeData()):
            self.set_chosen(True)
            event.setDropAction(Qt.DropAction.CopyAction)
            event.accept()

    def dragMoveEvent(self, event: QDragMoveEvent) -> None:
        event.setDropAction(Qt.DropAction.CopyAction)
        event.accept()

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:
        self.set_chosen(False)

    def dropEvent(self, event: QDropEvent) -> None:
        self.set_chosen(False)
        event.setDropAction(Qt.DropAction.CopyAction)
        event.accept()
        numbers = dragged_pictures(event.mimeData())
        dropped = Dropped() if numbers else read_drop(event.mimeData())
        if dropped:
            self.filled.emit(self._place, dropped)
        source = event.source()
        if numbers and source is not self._pictures:
            self.joined.emit(self._place, numbers)
            if isinstance(source, BinPictures):
                # Out of another class: a picture is of one class.
                for number in numbers:
                    source.picture_removed.emit(number)
