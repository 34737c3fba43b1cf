"""On what share of the pictures each two networks say the same: a matrix, read under the mouse, clicked on.

Used by the answers section of the comparison. Painted by Qt alone. Knows nothing of the store.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QBrush,
    QColor,
    QContextMenuEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPalette,
    QPen,
)
from PySide6.QtWidgets import QMenu, QSizePolicy, QWidget

from explorer.present.agreement import Agreement
from explorer.ui.theme import HALF, SPACE, Colours, contrast, font
from explorer.ui.widgets.series_colours import series_colour

Cell = tuple[int, int]
Cells = tuple[tuple[Agreement | None, ...], ...]

_MOST_NAME_PX, _LEAST_NAME_PX = 150.0, 24.0
_MOST_CELL_PX, _USUAL_CELL_PX, _LEAST_CELL_PX = 54.0, 26.0, 14.0
_DOT_PX = 4.0
_STRENGTH = 0.8


class AgreementMatrix(QWidget):
    """A row and a column a network, in the networks' colours.

    Args:
        name: Its object name.
        parent: As Qt has it.
    """

    pair_chosen = Signal(object)
    """The user chose these two networks by their places; None for all."""

    png_requested = Signal()
    """The user wants it as a picture."""

    csv_requested = Signal()
    """The user wants it as a table."""

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName(name)
        self.setAccessibleName(self.tr("Agreement"))
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setFont(font("small"))
        self._cells: Cells = ()
        self._names: tuple[str, ...] = ()
        self._pair: Cell | None = None
        self._under: Cell | None = None

    @property
    def cells(self) -> Cells:
        """What is shown."""
        return self._cells

    @property
    def under(self) -> Cell | None:
        """The cell that is read."""
        return self._under

    def show_cells(self, cells: Cells, names: Sequence[str], pair: Cell | None) -> None:
        """Show agreement.

        Args:
            cells: As `present.agreement.agreements` gives them.
            names: Of the networks.
            pair: The two that are chosen; None for all.
        """
        if (cells, tuple(names), pair) == (self._cells, self._names, self._pair):
            return
        self._cells, self._names, self._pair = cells, tuple(names), pair
        if self._under is not None and max(self._under) >= len(cells):
            self._under = None
        self.updateGeometry()
        self.update()

    def reading(self, row: int, column: int) -> str:
        """A cell in words."""
        cell, one, other = self._cells[row][column], self._names[row], self._names[column]
        if row == column:
            if cell is None:
                return self.tr("{one}: no answers").format(one=one)
            return self.tr("{one}: {count} pictures answered").format(one=one, count=f"{cell.both:,}")
        if cell is None:
            return self.tr(
                "{one} and {other}: not comparable, they know other classes or share no picture"
            ).format(one=one, other=other)
        return self.tr("{one} and {other} say the same of {same} of {both}, {share} %").format(
            one=one,
            other=other,
            same=f"{cell.same:,}",
            both=f"{cell.both:,}",
            share=f"{100 * cell.share:.1f}",
        )

    def to_csv(self) -> str:
        """The table: a row two networks."""
        table = io.StringIO()
        writer = csv.writer(table, lineterminator="\n")
        writer.writerow(("network", "other", "same", "both", "share"))
        for row, name in enumerate(self._names):
            for column in range(row):
                cell = self._cells[row][column]
                numbers = ("", "", "") if cell is None else (cell.same, cell.both, f"{cell.share:.6f}")
                writer.writerow((self._names[column], name, *numbers))
        return table.getvalue()

    def build_menu(self) -> QMenu:
        """The context menu."""
        menu = QMenu(self)
        menu.addAction(self.tr("Save as PNG…"), self.png_requested.emit).setEnabled(bool(self._cells))
        menu.addAction(self.tr("Save as CSV…"), self.csv_requested.emit).setEnabled(bool(self._cells))
        return menu

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        menu = self.build_menu()
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.popup(event.globalPos())

    def sizeHint(self) -> QSize:
        side = len(self._cells) * 44
        return QSize(
            int(_MOST_NAME_PX) + side + 2 * SPACE, side + 4 * self.fontMetrics().height() + 2 * SPACE
        )

    def minimumSizeHint(self) -> QSize:
        side = int(len(self._cells) * _LEAST_CELL_PX)
        return QSize(int(_LEAST_NAME_PX) + side + 2 * SPACE, side + 4 * self.fontMetrics().height())

    # Where things are

    def _names_px(self) -> float:
        widest = max((self.fontMetrics().horizontalAdvance(name) for name in self._names), default=0)
        wanted = min(widest + 4 * _DOT_PX + HALF, _MOST_NAME_PX)
        room = self.width() - 2 * SPACE - len(self._names) * _USUAL_CELL_PX
        # A piece of a name says less than its colour, which stands in every column's head.
        return max(wanted, _LEAST_NAME_PX) if wanted <= room else _LEAST_NAME_PX

    def _square(self) -> QRectF:
        """Where the cells are: names at their left, dots above, the reading below."""
        text_px, n = self.fontMetrics().height(), max(len(self._cells), 1)
        names = self._names_px()
        room = min(self.width() - names - 2 * SPACE, self.height() - 3 * text_px - 3 * HALF)
        side = max(min(room, n * _MOST_CELL_PX), n * _LEAST_CELL_PX)
        return QRectF(names + SPACE, text_px + HALF, side, side)

    def place_of(self, row: int, column: int) -> QRectF:
        """Where a cell is."""
        square = self._square()
        side = square.width() / max(len(self._cells), 1)
        return QRectF(square.left() + column * side, square.top() + row * side, side, side)

    def _cell_at(self, position: QPointF) -> Cell | None:
        square = self._square()
        if not self._cells or not square.contains(position):
            return None
        side, last = square.width() / len(self._cells), len(self._cells) - 1
        row, column = int((position.y() - square.top()) / side), int((position.x() - square.left()) / side)
        return min(row, last), min(column, last)

    # Mouse and keys

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self._read(self._cell_at(event.position()))

    def leaveEvent(self, event: QEvent) -> None:
        self._read(None)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        cell = self._cell_at(event.position())
        if event.button() == Qt.MouseButton.LeftButton and cell is not None:
            self._choose(cell)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        steps = {
            Qt.Key.Key_Up: (-1, 0),
            Qt.Key.Key_Down: (1, 0),
            Qt.Key.Key_Left: (0, -1),
            Qt.Key.Key_Right: (0, 1),
        }
        key = Qt.Key(event.key())
        if key in steps and self._cells:
            row, column = self._under if self._under is not None else (0, 0)
            last = len(self._cells) - 1
            down, right = steps[key] if self._under is not None else (0, 0)
            self._read((min(max(row + down, 0), last), min(max(column + right, 0), last)))
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space) and self._under is not None:
            self._choose(self._under)
        elif key == Qt.Key.Key_Escape and self._pair is not None:
            self.pair_chosen.emit(None)
        else:
            super().keyPressEvent(event)

    def _read(self, cell: Cell | None) -> None:
        if cell != self._under:
            self._under = cell
            self.setAccessibleDescription(self.reading(*cell) if cell is not None else "")
            self.update()

    def _choose(self, cell: Cell) -> None:
        """Two networks, or all of them: on the diagonal, and where the two are chosen already."""
        pair = (min(cell), max(cell))
        if cell[0] == cell[1] or pair == self._pair:
            self.pair_chosen.emit(None)
        elif self._cells[cell[0]][cell[1]] is not None:
            self.pair_chosen.emit(pair)

    # Painting

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(self.rect(), self.palette().color(QPalette.ColorRole.Base))
        if not self._cells:
            return
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        colours = Colours.of(self.palette())
        for row, cells in enumerate(self._cells):
            for column, cell in enumerate(cells):
                self._paint_cell(painter, (row, column), cell, colours)
        self._paint_names(painter, colours)
        self._paint_frames(painter, colours)
        square = self._square()
        top = square.bottom() + HALF
        below = QRectF(SPACE, top, self.width() - 2 * SPACE, self.height() - top)
        hint = self.tr("Click a cell to see only the pictures on which these two differ.")
        said = self.reading(*self._under) if self._under is not None else hint
        painter.setPen(colours.text if self._under is not None else colours.muted)
        flags = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop | Qt.TextFlag.TextWordWrap
        fits = painter.boundingRect(below, flags, said).height() <= below.height()
        if fits or self._under is not None:
            painter.drawText(below, flags, said)

    def _paint_cell(self, painter: QPainter, place: Cell, cell: Agreement | None, colours: Colours) -> None:
        rect = self.place_of(*place).adjusted(0, 0, -1, -1)
        ground = self.palette().color(QPalette.ColorRole.Base)
        if place[0] == place[1]:
            painter.fillRect(rect, _mixed(ground, colours.text, 0.05))
            return
        if cell is None:
            painter.fillRect(rect, _mixed(ground, colours.text, 0.03))
            painter.fillRect(rect, QBrush(colours.hairline, Qt.BrushStyle.BDiagPattern))
            return
        tone = _mixed(ground, colours.accent, 0.06 + _STRENGTH * cell.share)
        painter.fillRect(rect, tone)
        widest = next((text for text in ("100 %", "100") if self._fits(text, rect)), "")
        if not widest:
            return
        text = f"{100 * cell.share:.0f}" + " %" * widest.endswith("%")
        inks = (colours.text, QColor("#ffffff"), QColor("#10141a"))
        painter.setPen(max(inks, key=lambda ink: contrast(ink, tone)))
        painter.drawText(rect, Qt.AlignmentFlag.AlignCenter, text)

    def _fits(self, text: str, rect: QRectF) -> bool:
        return self.fontMetrics().horizontalAdvance(text) <= rect.width() - 2

    def _paint_names(self, painter: QPainter, colours: Colours) -> None:
        names, metrics = self._names_px(), painter.fontMetrics()
        for number, name in enumerate(self._names):
            place = self.place_of(number, number)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(series_colour(self.palette(), number))
            painter.drawEllipse(QPointF(SPACE, place.center().y()), _DOT_PX, _DOT_PX)
            painter.drawEllipse(QPointF(place.center().x(), metrics.height() / 2 + 1), _DOT_PX, _DOT_PX)
            is_read = self._under is not None and number in self._under
            painter.setPen(colours.text if is_read else colours.muted)
            room = QRectF(SPACE + 2 * _DOT_PX, place.top(), names - 3 * _DOT_PX, place.height())
            if names <= _LEAST_NAME_PX:
                continue
            text = metrics.elidedText(name, Qt.TextElideMode.ElideMiddle, int(room.width()))
            painter.drawText(room, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, text)

    def _paint_frames(self, painter: QPainter, colours: Colours) -> None:
        painter.setBrush(Qt.BrushStyle.NoBrush)
        if self._under is not None:
            painter.setPen(QPen(colours.text, 1.2))
            painter.drawRect(self.place_of(*self._under).adjusted(0.5, 0.5, -1.5, -1.5))
        if self._pair is not None:
            painter.setPen(QPen(colours.warning, 2.0))
            for cell in (self._pair, self._pair[::-1]):
                painter.drawRect(self.place_of(*cell).adjusted(1, 1, -2, -2))


def _mixed(first: QColor, second: QColor, share: float) -> QColor:
    ends = zip(first.getRgbF()[:3], second.getRgbF()[:3], strict=True)  # type: ignore[index]
    return QColor.fromRgbF(*(one + (other - one) * share for one, other in ends))
