"""The columns of the comparison beside each other, equally wide; reordered by dragging.

Where they do not fit the row scrolls sideways. Used by `compare.py`. Knows nothing of the store.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QPoint, Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QScrollArea, QWidget

from explorer.ui.theme import HALF, SPACE, Colours
from explorer.ui.views.compare_column import CompareColumn
from explorer.ui.views.compare_facts import ColumnFacts
from explorer.ui.views.compare_frame import LEAST_WIDTH_PX

_MARKER_PX = 3
_NEAR_EDGE_PX = 24


@dataclass(frozen=True, slots=True)
class Wish:
    """What the user wants with a column.

    Attributes:
        kind: `pick`, `remove`, `open`, `depths` or `twin`.
        name: The column's.
    """

    kind: str
    name: str


class _Marker(QWidget):
    """Where a column would be put."""

    def paintEvent(self, event: QPaintEvent) -> None:
        QPainter(self).fillRect(self.rect(), Colours.of(self.palette()).accent)


class CompareRow(QScrollArea):
    """The columns.

    Args:
        parent: As Qt has it.
    """

    wished = Signal(object)
    """The user wants something with a column: a `Wish`."""
    moved = Signal(object, object)
    """The column of this name goes to this place, counted from 0."""
    dense_changed = Signal(object)
    """Whether the columns leave out what can be missed, for want of height."""
    share_chosen = Signal(object)
    """As `MiniGraph.share_chosen`."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("compare.columns")
        self.setAccessibleName(self.tr("Networks side by side"))
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setWidgetResizable(True)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAsNeeded)
        self._content = QWidget()
        self._content.setObjectName("compare.content")
        self._line = QHBoxLayout(self._content)
        self._line.setContentsMargins(SPACE, HALF, SPACE, SPACE)
        self._line.setSpacing(SPACE)
        self._hint = QLabel(self.tr("Pin a second network, add depths or a plain twin to see what differs."))
        self._hint.setObjectName("compare.hint")
        self._hint.setProperty("tone", "muted")
        self._hint.setWordWrap(True)
        self._hint.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._line.addWidget(self._hint, 1)
        self.setWidget(self._content)
        # Without it the corner between two scroll bars is the style's, in the palette's lightest colour.
        self.setCornerWidget(QWidget())
        self._marker = _Marker(self._content)
        self._marker.hide()
        self._columns: dict[str, CompareColumn] = {}
        self._order: tuple[str, ...] = ()
        self._target = 0
        self._is_dense = False
        self._full_px = 0

    @property
    def columns(self) -> tuple[CompareColumn, ...]:
        """From left to right."""
        return tuple(self._columns[name] for name in self._order)

    @property
    def least_height_px(self) -> int:
        """What the columns need to show all, with a scroll bar below them."""
        return self._needed_px() + self.horizontalScrollBar().sizeHint().height()

    @property
    def hidden_px(self) -> int:
        """How much of folded columns is out of sight below; the scroll bar knows it a moment later."""
        missing = self._content.minimumSizeHint().height() - self.viewport().height()
        return max(missing, 0) if self._is_dense else 0

    def _needed_px(self) -> int:
        if not self._is_dense:
            self._full_px = self._content.minimumSizeHint().height()
        return self._full_px

    def _fit_height(self) -> None:
        """Leave out what can be missed rather than scroll downwards: the maps would be out of sight."""
        is_dense = self.viewport().height() < self._needed_px()
        if is_dense != self._is_dense:
            self._is_dense = is_dense
            for column in self.columns:
                column.set_dense(is_dense)
            self.dense_changed.emit(is_dense)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if self._columns:
            self._fit_height()

    def column(self, name: str) -> CompareColumn:
        """The column of a name.

        Raises:
            KeyError: There is none.
        """
        return self._columns[name]

    def show_columns(self, facts: Sequence[ColumnFacts], share: float) -> None:
        """Show these columns, keeping the widgets of those that stand there already."""
        names = tuple(each.name for each in facts)
        for name in [name for name in self._columns if name not in names]:
            gone = self._columns.pop(name)
            # What is hidden under the cursor still says that the cursor left it.
            self._order = tuple(other for other in self._order if other != name)
            self._line.removeWidget(gone)
            # One that goes while it is dragged is never dropped.
            self._marker.hide()
            gone.hide()
            gone.deleteLater()
        came = [name for name in names if name not in self._columns]
        are_more = bool(came and self._columns)
        for name in came:
            self._columns[name] = self._made(name)
        if names != self._order:
            self._order = names
            for place, name in enumerate(names):
                self._line.removeWidget(self._columns[name])
                self._line.insertWidget(place, self._columns[name], 1)
            for before, after in zip(self.columns, self.columns[1:], strict=False):
                QWidget.setTabOrder(before.mosaic, after)
        for place, each in enumerate(facts):
            self._columns[each.name].ink.show_place(place)
            self._columns[each.name].show_facts(each, share)
            self._columns[each.name].show()
        self._hint.setVisible(len(names) == 1)
        if are_more:
            # The content is as wide as they need only after its layout was done.
            QTimer.singleShot(0, self, lambda: self._show_came(came))

    def _show_came(self, names: Sequence[str]) -> None:
        """Scroll to columns that came beside others, so that it is seen that they did."""
        for name in reversed(names):
            if name in self._columns:
                self.ensureWidgetVisible(self._columns[name], SPACE, 0)

    def _made(self, name: str) -> CompareColumn:
        column = CompareColumn(name)
        column.set_dense(self._is_dense)
        for kind, signal in (
            ("pick", column.picked),
            ("remove", column.removed),
            ("open", column.opened),
            ("depths", column.depths_requested),
            ("twin", column.twin_requested),
        ):
            signal.connect(lambda kind=kind: self.wished.emit(Wish(kind, name)))
        column.step_requested.connect(lambda step: self._step(name, step))
        column.share_chosen.connect(self.share_chosen)
        column.grip.dragged.connect(lambda place: self._on_dragged(name, place))
        column.grip.dropped.connect(lambda: self._on_dropped(name))
        return column

    def _step(self, name: str, step: int) -> None:
        place = self._order.index(name) + step
        if 0 <= place < len(self._order):
            self.moved.emit(name, place)
            self._columns[name].setFocus(Qt.FocusReason.OtherFocusReason)
            self.ensureWidgetVisible(self._columns[name], SPACE, 0)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        # Arrows and Page keys are the slider's, not the scroll bar's.
        event.ignore()

    # Dragging

    def _on_dragged(self, name: str, there: QPoint) -> None:
        """Mark the gap that is nearest to the pointer."""
        if name not in self._columns:
            return
        self._columns[name].set_lifted(True)
        self._scroll_near_edge(self.viewport().mapFromGlobal(there).x())
        x = self._content.mapFromGlobal(there).x()
        others = [column for column in self.columns if column.name != name]
        self._target = sum(x > column.geometry().center().x() for column in others)
        rects = [column.geometry() for column in self.columns]
        gaps = [rect.left() - SPACE // 2 for rect in rects] + [rects[-1].right() + 1 + SPACE // 2]
        own = self._order.index(name)
        gap = gaps[self._target if self._target <= own else self._target + 1]
        self._marker.setGeometry(gap - 1, rects[0].top(), _MARKER_PX, rects[0].height())
        self._marker.setVisible(self._target != own)
        self._marker.raise_()

    def _scroll_near_edge(self, x: int) -> None:
        bar = self.horizontalScrollBar()
        if x < _NEAR_EDGE_PX:
            bar.setValue(bar.value() - LEAST_WIDTH_PX // 8)
        elif x > self.viewport().width() - _NEAR_EDGE_PX:
            bar.setValue(bar.value() + LEAST_WIDTH_PX // 8)

    def _on_dropped(self, name: str) -> None:
        self._marker.hide()
        if name not in self._columns:
            return
        self._columns[name].set_lifted(False)
        if self._target != self._order.index(name):
            self.moved.emit(name, self._target)
