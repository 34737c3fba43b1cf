"""Patch × kernel = products, as small grids with numbers, one row an input channel.

Used by the panel that takes a number apart. Takes plain arithmetic; knows nothing of the store.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from explorer.present import colour
from explorer.present.arithmetic import Windowed
from explorer.present.channels import value_text
from explorer.ui.theme import Colours, font

MOST_ROWS = 12
"""Channels that are drawn; the others are told as one sum."""
_SIGN_PX = 18
_CELL_H_PX = 17.0
_LEAST_WRITTEN_PX = 25.0
_MOST_CELL_PX = 54.0
_ROW_GAP_PX = 10.0
_LINE_PX = 18.0


def brief_text(value: float, digits: int = 2) -> str:
    """A number in as little room as its first digits take: `−.43`, `12`, `4e−3`."""
    if value and 1e-2 <= abs(value) < 1e3:
        written = f"{value:.{digits}g}" if abs(value) < 10 else f"{value:.0f}"
        written = written.replace("0.", ".", 1) if abs(value) < 1 else written
    else:
        written = f"{value:.0e}".replace("e-0", "e-").replace("e+0", "e") if value else "0"
    return written.replace("-", "−")


class NumberGrids(QWidget):
    """The strongest channels of a sum of products.

    Args:
        parent: As Qt has it.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("features.number_grids")
        self.setAccessibleName(self.tr("Patch, kernel and products"))
        self.setFont(font("small"))
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._made: Windowed | None = None
        self._bounds = (1.0, 1.0, 1.0)

    @property
    def channels(self) -> list[int]:
        """The input channels that are drawn, the strongest first."""
        made = self._made
        return [] if made is None else [int(made.channels[place]) for place in made.order[:MOST_ROWS]]

    def show_sum(self, made: Windowed | None) -> None:
        """Show how a sum of products comes about; None shows nothing."""
        self._made = made
        if made is not None:
            shown = made.order[:MOST_ROWS]
            parts = (made.patch[shown], made.kernel[shown], made.products[shown])
            patch, kernel, products = (float(np.nanmax(np.abs(part), initial=0.0)) or 1.0 for part in parts)
            self._bounds = patch, kernel, products
            self.setAccessibleDescription("; ".join(self._said(int(place)) for place in shown))
        self.updateGeometry()
        self.update()

    def _said(self, place: int) -> str:
        assert self._made is not None
        return f"{self._name(place)}: {value_text(float(self._made.sums[place]))}"

    def _name(self, place: int) -> str:
        assert self._made is not None
        channel = int(self._made.channels[place])
        return self.tr("outside") if channel < 0 else self.tr("channel {n}").format(n=channel)

    def _cell(self) -> tuple[float, float]:
        """Width and height of a cell, with which three grids stand side by side."""
        assert self._made is not None
        _, rows, columns = self._made.patch.shape
        width = max(3.0, min(_MOST_CELL_PX, (self.width() - 2 * _SIGN_PX) / (3 * columns)))
        return width, _CELL_H_PX if width >= _LEAST_WRITTEN_PX else min(width, 120.0 / rows, _CELL_H_PX)

    def _row_px(self) -> float:
        """A line of words, the grids, and the gap below."""
        assert self._made is not None
        return _LINE_PX + int(self._made.patch.shape[1]) * self._cell()[1] + _ROW_GAP_PX

    def sizeHint(self) -> QSize:
        if self._made is None:
            return QSize(260, 0)
        return QSize(260, round(2 * _LINE_PX + len(self.channels) * self._row_px()))

    def hasHeightForWidth(self) -> bool:
        return True

    def heightForWidth(self, width: int) -> int:
        return self.sizeHint().height()

    def paintEvent(self, event: QPaintEvent) -> None:
        made = self._made
        if made is None:
            return
        painter = QPainter(self)
        colours = Colours.of(self.palette())
        painter.setFont(self.font())
        cell = self._cell()
        grid_px = cell[0] * made.patch.shape[2]
        lefts = [place * (grid_px + _SIGN_PX) for place in range(3)]
        painter.setPen(colours.muted)
        for left, word in zip(lefts, (self.tr("patch"), self.tr("kernel"), self.tr("products")), strict=True):
            painter.drawText(QPointF(left, _LINE_PX - 5), word)
        top = _LINE_PX
        for place in made.order[:MOST_ROWS]:
            self._row(painter, int(place), top, lefts, cell, colours)
            top += self._row_px()
        others = made.order[MOST_ROWS:]
        if others.size:
            painter.setPen(colours.muted)
            rest = self.tr("{n} weaker channels add {sum}").format(
                n=others.size, sum=value_text(float(made.sums[others].sum()))
            )
            painter.drawText(QPointF(0, top + _LINE_PX - 6), rest)

    def _row(
        self,
        painter: QPainter,
        place: int,
        top: float,
        lefts: list[float],
        cell: tuple[float, float],
        colours: Colours,
    ) -> None:
        """A channel with its sum, and its three grids below."""
        assert self._made is not None
        made = self._made
        painter.setPen(colours.text)
        painter.drawText(QPointF(0, top + _LINE_PX - 6), self._said(place))
        top += _LINE_PX
        grids = (made.patch[place], made.kernel[place], made.products[place])
        for values, left, bound in zip(grids, lefts, self._bounds, strict=True):
            self._grid(painter, values, QPointF(left, top), cell, bound)
        painter.setPen(colours.muted)
        height = cell[1] * made.patch.shape[1]
        for sign, left in zip("×=", lefts[1:], strict=True):
            place_of_sign = QRectF(left - _SIGN_PX, top, _SIGN_PX, height)
            painter.drawText(place_of_sign, Qt.AlignmentFlag.AlignCenter, sign)

    def _grid(
        self,
        painter: QPainter,
        values: NDArray[np.float64],
        corner: QPointF,
        cell: tuple[float, float],
        bound: float,
    ) -> None:
        """One grid, blue below zero and orange above, with the numbers where they find room."""
        width, height = cell
        shades = colour.apply((values / bound + 1) / 2, "diverging")
        metrics = QFontMetricsF(self.font())
        for row, column in np.ndindex(values.shape):
            red, green, blue = (int(part) for part in shades[row, column])
            place = QRectF(corner.x() + column * width, corner.y() + row * height, width, height)
            gap = 1.0 if width >= 6 else 0.0
            painter.fillRect(place.adjusted(0, 0, -gap, -gap), QColor(red, green, blue))
            if width >= _LEAST_WRITTEN_PX:
                value = float(values[row, column])
                written = value_text(value)
                for digits in (2, 1):
                    if metrics.horizontalAdvance(written) > width - 3:
                        written = brief_text(value, digits)
                # Luma of ITU-R BT.601: dark ink on light cells, light ink on dark ones.
                is_light = 0.299 * red + 0.587 * green + 0.114 * blue > 140
                painter.setPen(QColor(20, 20, 24) if is_light else QColor(240, 240, 244))
                painter.drawText(place, Qt.AlignmentFlag.AlignCenter, written)
