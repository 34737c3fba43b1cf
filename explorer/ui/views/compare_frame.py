"""The frame that all columns of the comparison share, so that each of their lines stands in one line.

Head, lamp, totals, a strip, bars with their caption, the name of what is shown, the mosaic. Used by
`compare_column.py` and `compare_pair.py`. Knows nothing of the state or the engine.
"""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPalette, QPen
from PySide6.QtWidgets import QFrame, QGridLayout, QHBoxLayout, QLabel, QSizePolicy, QVBoxLayout, QWidget

from explorer.ui.theme import HALF, RADIUS, SPACE, Colours, font
from explorer.ui.views.compare_bars import CompactBars
from explorer.ui.views.compare_mini_graph import HEIGHT_PX
from explorer.ui.widgets.elided_label import ElidedLabel
from explorer.ui.widgets.linked_mosaic import LinkedMosaic

LEAST_WIDTH_PX = 186
GREATEST_WIDTH_PX = 440
_HEAD_PX = 24
_LAMP_PX = 18
_SPARE_ROWS = (1, 4)
"""Of the totals: MACs go with the parameters, and the time of one pass is in no question."""
_DENSE_MOSAIC_PX = 76


class ColumnFrame(QFrame):
    """A card with the lines of a column; what stands in them is the subclass's.

    Args:
        name: Its object name, and the beginning of its parts'.
        rows: The names of its totals, with their titles.
        bars: What its bars show, for screen readers.
        is_signed: Whether its bars start in the middle.
        parent: As Qt has it.
    """

    def __init__(
        self,
        name: str,
        rows: Sequence[tuple[str, str]],
        bars: str,
        *,
        is_signed: bool = False,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setObjectName(name)
        self.setMinimumWidth(LEAST_WIDTH_PX)
        self.setMaximumWidth(GREATEST_WIDTH_PX)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        # What tells networks of a family apart, depth and seed, stands at the end of their names.
        self.title = ElidedLabel(mode=Qt.TextElideMode.ElideLeft)
        self.title.setObjectName(f"{name}.title")
        self.title.setFont(font("body", strong=True))
        self.lamp = ElidedLabel("muted")
        self.lamp.setObjectName(f"{name}.lamp")
        self.values = {key: ElidedLabel() for key, _ in rows}
        self.bars = CompactBars(f"{name}.bars", bars, is_signed=is_signed)
        self.caption = ElidedLabel("muted")
        self.caption.setObjectName(f"{name}.caption")
        self.key = ElidedLabel(mode=Qt.TextElideMode.ElideLeft)
        self.key.setObjectName(f"{name}.key")
        self.shape = QLabel()
        self.shape.setObjectName(f"{name}.shape")
        self.shape.setProperty("tone", "muted")
        self.mosaic = LinkedMosaic()
        self._mosaic_px = self.mosaic.minimumHeight()
        self.mosaic.setObjectName(f"{name}.maps")
        self.mosaic.setBackgroundRole(QPalette.ColorRole.Base)
        for label in (self.lamp, self.caption, self.key, self.shape):
            label.setFont(font("small"))
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(SPACE, HALF, SPACE, SPACE)
        self._column.setSpacing(HALF)
        self.shown = QHBoxLayout()
        """The line that names what the mosaic shows."""
        self._is_dense = False
        self._grid = QGridLayout()
        self._fill_grid(name, rows)

    def _fill_grid(self, name: str, rows: Sequence[tuple[str, str]]) -> None:
        self._grid.setHorizontalSpacing(SPACE)
        self._grid.setVerticalSpacing(1)
        self._grid.setColumnStretch(1, 1)
        for row, (key, title) in enumerate(rows):
            label, value = QLabel(title), self.values[key]
            label.setProperty("tone", "muted")
            label.setFont(font("small"))
            value.setFont(font("small"))
            value.setObjectName(f"{name}.{key}")
            value.set_right()
            self._grid.addWidget(label, row, 0)
            self._grid.addWidget(value, row, 1)

    def set_dense(self, is_dense: bool) -> None:
        """Leave out what can be missed, where there is little height."""
        if is_dense == self._is_dense:
            return
        self._is_dense = is_dense
        for row in _SPARE_ROWS:
            for place in (0, 1):
                item = self._grid.itemAtPosition(row, place)
                widget = item.widget() if item is not None else None
                if widget is not None:
                    widget.setVisible(not is_dense)
        self.bars.set_dense(is_dense)
        self.mosaic.setMinimumHeight(_DENSE_MOSAIC_PX if is_dense else self._mosaic_px)

    def lay_out(self, head: QHBoxLayout, lamp: QHBoxLayout, strip: QWidget) -> None:
        """Put the lines below each other.

        Args:
            head: The title's line.
            lamp: The line below it.
            strip: What stands between totals and bars.
        """
        for line, height in ((head, _HEAD_PX), (lamp, _LAMP_PX)):
            holder = QWidget()
            holder.setFixedHeight(height)
            holder.setLayout(line)
            line.setContentsMargins(0, 0, 0, 0)
            line.setSpacing(HALF)
            self._column.addWidget(holder)
        self._column.addLayout(self._grid)
        self._column.addSpacing(2)
        strip.setFixedHeight(HEIGHT_PX)
        self._column.addWidget(strip)
        self._column.addSpacing(2)
        self._column.addWidget(self.caption)
        self._column.addWidget(self.bars)
        self._column.addSpacing(2)
        self.shown.setSpacing(HALF)
        self.shown.addWidget(self.key, 1)
        self.shown.addWidget(self.shape)
        named = QWidget()
        named.setFixedHeight(_LAMP_PX)
        self.shown.setContentsMargins(0, 0, 0, 0)
        named.setLayout(self.shown)
        self._column.addWidget(named)
        self._column.addWidget(self.mosaic, 1)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        colours = Colours.of(self.palette())
        is_focused = self.hasFocus()
        painter.setPen(QPen(colours.accent if is_focused else colours.hairline, 1))
        painter.setBrush(colours.card)
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), RADIUS, RADIUS)
